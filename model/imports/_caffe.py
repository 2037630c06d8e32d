"""Reads the layers of a .caffemodel: Protocol Buffers by their wire format alone, so nothing but bytes is trusted.

Of caffe.proto: NetParameter.layers = 2 (old form) or .layer = 100; in an old layer name = 4 and blobs = 6, in a new one
name = 1 and blobs = 7; BlobProto: num, channels, height, width = 1-4, data = 5, shape = 7 with dim = 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lcpipe.pipeline.dataset.errors import WeightsError

OLD, NEW = 2, 100
NAME_AND_BLOBS = {OLD: (4, 6), NEW: (1, 7)}
FIXED_BYTES = {1: 8, 5: 4}  # wire types of fixed size

Field = tuple[int, int | memoryview]


@dataclass(frozen=True)
class Layer:
    """A layer that learns: weight first, bias second."""

    name: str
    blobs: tuple[Tensor, ...]


def read_layers(path: Path) -> list[Layer]:
    """The layers with weights, in the network's order. Raises WeightsError for a file that is none or cut short."""
    try:
        data = memoryview(path.read_bytes())
        found = [(number, value) for number, value in fields(data) if number in NAME_AND_BLOBS]
        layers = [layer(number, value) for number, value in found if isinstance(value, memoryview)]
    except (ValueError, IndexError, OSError) as error:
        hint = "fetch the file again"
        raise WeightsError(f"cannot read the Caffe model: {error}", where=str(path), hint=hint) from None
    return [entry for entry in layers if entry.blobs]


def fields(data: memoryview) -> Iterator[Field]:
    """(number, value) of every field of a message: an integer, or bytes. Raises ValueError, IndexError."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, place = varint(data, place)
            yield number, value
            continue
        if kind == 2:
            length, place = varint(data, place)
        elif kind in FIXED_BYTES:
            length = FIXED_BYTES[kind]
        else:
            raise ValueError(f"a field of wire type {kind}")
        if place + length > len(data):
            raise ValueError("it is cut short")
        yield number, data[place : place + length]
        place += length


def varint(data: memoryview, place: int) -> tuple[int, int]:
    """An integer of seven bits a byte, and the place behind it."""
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")


def layer(form: int, message: memoryview) -> Layer:
    """One layer from its message."""
    name_field, blobs_field = NAME_AND_BLOBS[form]
    name, blobs = "", []
    for number, value in fields(message):
        if number == name_field and isinstance(value, memoryview):
            name = bytes(value).decode(errors="replace")
        elif number == blobs_field and isinstance(value, memoryview):
            blobs.append(blob(value))
    return Layer(name, tuple(blobs))


def blob(message: memoryview) -> Tensor:
    """A tensor float32 from a BlobProto; numbers may come packed or one by one."""
    sizes, shape, data = [1, 1, 1, 1], None, bytearray()
    for number, value in fields(message):
        if number in (1, 2, 3, 4) and isinstance(value, int):
            sizes[number - 1] = value
        elif number == 5 and isinstance(value, memoryview):
            data += value
        elif number == 7 and isinstance(value, memoryview):
            shape = list(dimensions(value))
    values = np.frombuffer(bytes(data), "<f4").astype(np.float32)
    return torch.from_numpy(values).reshape(sizes if shape is None else shape)


def dimensions(message: memoryview) -> Iterator[int]:
    """The sizes of a BlobShape."""
    for number, value in fields(message):
        if number == 1 and isinstance(value, int):
            yield value
        elif number == 1 and isinstance(value, memoryview):
            place = 0
            while place < len(value):
                size, place = varint(value, place)
                yield size
