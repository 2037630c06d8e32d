"""Writes tiny neural networks as ONNX files, byte by byte, after the fields of ONNX's onnx.proto."""

import struct
from collections.abc import Mapping, Sequence

FLOAT = 1  # of TensorProto.DataType
_IR, _OPSET = 8, 17


def mean_net(side: int = 8, *, layout: str = "nchw", weights: Sequence[Sequence[float]] | None = None) -> bytes:
    """A net whose numbers are `weights` times the means of the three channels of a picture of `side` pixels.

    Without weights they are the means themselves. Input `picture`, output `scores`.
    """
    rows = weights or [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    axes = [2, 3] if layout == "nchw" else [1, 2]
    shape = [1, 3, side, side] if layout == "nchw" else [1, side, side, 3]
    matrix = [value for column in zip(*rows, strict=True) for value in column]
    nodes = [
        _node("ReduceMean", ["picture"], ["means"], {"axes": axes, "keepdims": 0}),
        _node("MatMul", ["means", "weights"], ["scores"], {}),
    ]
    graph = b"".join(_bytes(1, node) for node in nodes) + _bytes(2, b"tiny")
    graph += _bytes(5, _tensor("weights", [3, len(rows)], matrix))
    graph += _bytes(11, _value("picture", shape)) + _bytes(12, _value("scores", [1, len(rows)]))
    return _number(1, _IR) + _bytes(7, graph) + _bytes(8, _bytes(1, b"") + _number(2, _OPSET))


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[str], attributes: Mapping[str, int | list[int]]) -> bytes:
    named = [_bytes(1, name.encode()) for name in inputs] + [_bytes(2, name.encode()) for name in outputs]
    given = [_bytes(5, _attribute(name, value)) for name, value in attributes.items()]
    return b"".join([*named, _bytes(4, kind.encode()), *given])


def _attribute(name: str, value: int | list[int]) -> bytes:
    if isinstance(value, int):
        return _bytes(1, name.encode()) + _number(3, value) + _number(20, 2)
    return _bytes(1, name.encode()) + b"".join(_number(8, one) for one in value) + _number(20, 7)


def _tensor(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    sides = b"".join(_number(1, side) for side in shape)
    return sides + _number(2, FLOAT) + _bytes(8, name.encode()) + _bytes(9, struct.pack(f"<{len(values)}f", *values))


def _value(name: str, shape: Sequence[int]) -> bytes:
    sides = b"".join(_bytes(1, _number(1, side)) for side in shape)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, sides)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    value &= 2**64 - 1
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])
