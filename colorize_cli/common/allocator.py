"""What the C library does with memory that is freed."""

from __future__ import annotations

import contextlib
import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_MMAP_AT, _TRIM_AT = 32 << 20, 128 << 20  # where glibc's own rule ends up in a run


def keep_freed_memory() -> None:
    """Undo a small MALLOC_TRIM_THRESHOLD_ of the environment, where the C library has such a thing.

    Dask starts its workers with 64 kB: then every tensor and every plane is asked of the kernel, cleared and
    given back, and a photo takes the network 244 ms of processor time instead of 125.
    """
    if "MALLOC_TRIM_THRESHOLD_" in os.environ:
        with contextlib.suppress(OSError, AttributeError, TypeError):
            library = ctypes.CDLL(None)
            library.mallopt(_MMAP_THRESHOLD, _MMAP_AT)
            library.mallopt(_TRIM_THRESHOLD, _TRIM_AT)
