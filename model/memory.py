"""Keeps memory that a network has used for its next layer: asking the system for it again costs more than many layers.

glibc gives large buffers back when they are freed, and the system fills every page of a fresh one with zeros.
"""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h
KEPT_BYTES = 1 << 30


def keep_freed_memory() -> bool:
    """Tells the C library to keep what is freed, for the rest of the process; False where it knows no such setting."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    return all(library.mallopt(key, KEPT_BYTES) == 1 for key in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD))
