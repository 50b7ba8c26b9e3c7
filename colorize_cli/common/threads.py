"""Sharing the cores: one photo to a thread, and no threads inside the libraries."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import cv2


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Let OpenCV, and torch where it is loaded, work in the calling thread alone, until the block ends.

    With a photo in every worker their own threads have no core to run on; they wait for each other.
    """
    torch: Any = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 1, cv2.getNumThreads()
    _set_threads(torch, 1, 1)
    try:
        yield
    finally:
        _set_threads(torch, *before)


def _set_threads(torch: Any, of_torch: int, of_cv2: int) -> None:
    if torch:
        torch.set_num_threads(of_torch)
    cv2.setNumThreads(of_cv2)
