"""Where a training runs: device, precision and the processes that share its steps."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch import distributed as dist

from colorize_cli.engine.device import choose_device
from colorize_cli.errors import UsageError

from ..data.batches import Movable
from ..options import TrainOptions

# Of waiting for the first process, which looks at the held-out photos alone; nccl's own limit is 10 minutes.
_WAIT = datetime.timedelta(hours=2)
_DTYPES = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Runtime:
    """A device, the type of autocast (None: float32), and this process's place among `world`."""

    device: torch.device
    dtype: torch.dtype | None = None
    rank: int = 0
    world: int = 1

    def share(self, size: int) -> slice:
        """This process's part of a step of `size` photos; UsageError if it does not divide."""
        if size % self.world:
            raise UsageError(f"--batch-size {size} cannot be shared by {self.world} processes evenly.")
        part = size // self.world
        return slice(self.rank * part, (self.rank + 1) * part)

    def autocast(self) -> torch.autocast:
        """Context of the forward pass."""
        return torch.autocast(self.device.type, dtype=self.dtype, enabled=self.dtype is not None)

    def move(self, batch: Movable) -> Movable:
        """The batch on this device; copies to a GPU overlap with its work."""
        return batch.pinned().to(self.device) if self.device.type == "cuda" else batch.to(self.device)

    def share_weights(self, module: nn.Module) -> None:
        """Give every process the first one's parameters and buffers."""
        if self.world > 1:
            for tensor in module.state_dict().values():
                dist.broadcast(tensor, 0)

    def average_gradients(self, module: nn.Module) -> None:
        """Replace each gradient by its mean over the processes."""
        if self.world > 1:
            _average([p.grad for p in module.parameters() if p.grad is not None], self.world)

    def average_buffers(self, module: nn.Module) -> None:
        """The same for the statistics of batch norms, which each process takes of its own photos."""
        if self.world > 1:
            _average([b for b in module.buffers() if b.is_floating_point()], self.world)

    def mean(self, figures: dict[str, float]) -> dict[str, float]:
        """Each figure's mean over the processes, which must name the same ones."""
        if self.world == 1 or not figures:
            return dict(figures)
        values = torch.tensor(list(figures.values()), dtype=torch.float64, device=self.device)
        dist.all_reduce(values)
        return dict(zip(figures, (values / self.world).tolist(), strict=True))

    def from_first(self, value: float) -> float:
        """The first process's value, in all; they wait for it."""
        if self.world == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64, device=self.device)
        dist.broadcast(shared, 0)
        return float(shared)

    def any(self, *flags: bool) -> list[bool]:
        """Each flag, true if it is true in any process: what must happen at the same step in all."""
        if self.world == 1:
            return list(flags)
        asked = torch.tensor([float(flag) for flag in flags], device=self.device)
        dist.all_reduce(asked, dist.ReduceOp.MAX)
        return [bool(flag) for flag in asked.tolist()]


def device_of(module: nn.Module) -> torch.device:
    """Where the module's weights are."""
    return next(module.parameters()).device


def _average(tensors: list[Tensor], world: int) -> None:
    if not tensors:
        return
    # One message for all: gloo takes 0.1 ms for each, however small.
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    dist.all_reduce(flat)
    flat /= world
    for tensor, part in zip(tensors, torch.split(flat, [t.numel() for t in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))


@contextlib.contextmanager
def open_runtime(options: TrainOptions) -> Iterator[Runtime]:
    """The runtime the options ask for; torchrun's processes join by gloo, or nccl on CUDA."""
    if options.precision not in _DTYPES:
        raise UsageError(f"--precision {options.precision}: fp32, bf16 or fp16.")
    dtype, world = _DTYPES[options.precision], int(os.environ.get("WORLD_SIZE", "1"))
    device = choose_device(options.device)
    if world == 1:
        yield Runtime(device, dtype)
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_WAIT)
    try:
        yield Runtime(device, dtype, dist.get_rank(), world)
    finally:
        dist.destroy_process_group()
