"""Lanes: how the arrays of one model call get to a device and its result comes back."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorize_cli.engine.device import kind_of

log = logging.getLogger(__name__)

Compute = Callable[..., Tensor]


class Lane(Protocol):
    """For one call at a time; calls that overlap take a lane each."""

    def run(self, inputs: Sequence[Tensor], compute: Compute) -> NDArray[np.float32]:
        """`compute` of all inputs on the device; float32 tensors in, an array of its own out."""


class DirectLane:
    """Plain copies, for the CPU (where they cost nothing) and MPS."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def run(self, inputs: Sequence[Tensor], compute: Compute) -> NDArray[np.float32]:
        """See `Lane`."""
        return np.asarray(compute(*(values.to(self.device) for values in inputs)).cpu().numpy())


class CudaLane:
    """A stream of its own and pinned buffers that are used again.

    Copies from and to pinned memory run beside the work of other streams: while one lane computes,
    another one moves its arrays. The calling thread sleeps meanwhile, which leaves its core to the codecs.
    """

    def __init__(self, device: torch.device) -> None:
        self.stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        self._inputs: list[PinnedBuffer] = []
        self._fields = PinnedBuffer()
        self._device = device

    def run(self, inputs: Sequence[Tensor], compute: Compute) -> NDArray[np.float32]:
        """See `Lane`; errors of the card may come from here as late as its work is waited for."""
        self._inputs += [PinnedBuffer() for _ in inputs[len(self._inputs) :]]
        with torch.cuda.stream(self.stream):
            there = compute(*map(self._sent, self._inputs, inputs))
            here = self._fields.room(there.shape)
            here.copy_(there, non_blocking=True)
            self._done.record()
        self._done.synchronize()
        # A copy: the buffer belongs to the next call.
        return here.numpy().copy()

    def _sent(self, buffer: PinnedBuffer, values: Tensor) -> Tensor:
        return buffer.room(values.shape).copy_(values).to(self._device, non_blocking=True)


class PinnedBuffer:
    """Host memory that the card reads and writes by itself; grows to the largest call."""

    def __init__(self) -> None:
        self._memory = torch.empty(0)

    def room(self, shape: torch.Size) -> Tensor:
        """An uninitialised float32 tensor; it is the same memory at every call."""
        count = math.prod(shape)
        if self._memory.numel() < count:
            self._memory = _host_memory(count)
        return self._memory[:count].view(shape)


def _host_memory(count: int) -> Tensor:
    try:
        return torch.empty(count, pin_memory=True)
    except RuntimeError as error:
        # Pinned memory is what the system can do without paging, less than all of it when other
        # programs pin, too. Copies of ordinary memory wait, but arrive.
        log.info("no pinned memory (%s); copies are slower", error)
        return torch.empty(count)


def open_lane(device: torch.device) -> Lane:
    """The fastest lane to a device."""
    return CudaLane(device) if kind_of(device).streams else DirectLane(device)
