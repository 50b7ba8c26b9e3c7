"""How many photos go to a model call: by default, and where a device's memory holds fewer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

import torch

from colorize_cli.errors import DeviceError

log = logging.getLogger(__name__)
T = TypeVar("T")

# Not every allocation that fails is a torch.OutOfMemoryError: those of the CUDA runtime (which may come
# as late as at a synchronisation), of cuDNN and cuBLAS, of MPS and of the CPU have only their text.
_TEXTS = ("out of memory", "_STATUS_ALLOC_FAILED", "can't allocate memory", "not enough memory")


def default_batch_size(device: torch.device) -> int:
    """Photos to a model call unless the settings say how many."""
    return largest_batch(device) or 32


def largest_batch(device: torch.device) -> int | None:
    """Photos to a call of the network whatever the settings say, None: as many as they say.

    On a CPU one: a larger batch gains nothing there (docs/design.md), and a photo's bytes hang on no other.
    """
    return 1 if device.type == "cpu" else None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a smaller batch may help."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _TEXTS)


class BatchLimit:
    """The largest batch that a device has turned out to hold; shared by the threads that use it.

    It never grows again: a run whose every batch is tried in vain first takes longer than one with
    small batches.
    """

    def __init__(
        self, device: torch.device, empty_cache: Callable[[torch.device], None], limit: int | None = None
    ) -> None:
        self.device, self._empty_cache = device, empty_cache
        self._limit = limit  # None: nothing was too large yet
        self._lock = threading.Lock()

    def in_parts(self, total: int, compute: Callable[[slice], T]) -> list[T]:
        """`compute` of 0:total, in as few parts as the memory holds; DeviceError if it holds no photo."""
        results: list[T] = []
        done = 0
        while done < total:
            size = min(self._limit or total, total - done)
            try:
                results.append(compute(slice(done, done + size)))
                done += size
                continue
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._halve(size, error)
            # Only here: the traceback of the error holds the tensors of the batch that was too large.
            self._empty_cache(self.device)
        return results

    def _halve(self, size: int, error: BaseException) -> None:
        if size == 1:
            raise DeviceError(
                f"{self.device}: out of memory with a single photo. Close other programs that use the "
                "device, use a smaller -n, or --device cpu."
            ) from error
        with self._lock:
            if self._limit is None or self._limit > size // 2:
                self._limit = size // 2
                log.info(
                    "%s: out of memory with %d photos; continuing with %d at a time",
                    self.device,
                    size,
                    size // 2,
                )
