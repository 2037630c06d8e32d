"""How large a picture claims to be, from the beginning of its file: enough to stop a download that cannot be used."""

from ..dataset.headers import claimed_size

_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # the JPEG markers that state a size
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


def size_of(kind: str, head: bytes) -> tuple[int, int] | None:
    """(width, height) as the first bytes say; None where they do not reach that far, or the format hides it."""
    if kind == "PNG" and len(head) >= 24:
        return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    if kind == "GIF" and len(head) >= 10:
        return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    if kind == "BMP" and len(head) >= 26 and head[14] >= 40:
        return _signed(head[18:22]), _signed(head[22:26])
    if kind == "JPEG":
        return _jpeg(head)
    return claimed_size(kind, head[:30])


def _signed(four: bytes) -> int:
    return abs(int.from_bytes(four, "little", signed=True))  # a negative height means: from top to bottom


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """Walks the segments up to the frame header (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker in _FRAMES:
            return int.from_bytes(head[at + 7 : at + 9], "big"), int.from_bytes(head[at + 5 : at + 7], "big")
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        else:
            at += 2 + max(2, int.from_bytes(head[at + 2 : at + 4], "big"))
    return None
