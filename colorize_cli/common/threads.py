"""Sharing the cores: one photo to a thread, and no threads inside the libraries."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import cv2
import torch


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Let torch and OpenCV work in the calling thread alone, until the block ends.

    With a photo in every worker their own threads have no core to run on; they wait for each other.
    """
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
