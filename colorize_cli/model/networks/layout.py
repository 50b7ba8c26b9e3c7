"""Two things done to any module: its memory layout and its freezing."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

Module = TypeVar("Module", bound=nn.Module)


def channels_last(module: Module) -> Module:
    """Lay the convolutions' weights out channels-last, twice as fast on a CPU; returns `module`."""
    # torch's stubs know `memory_format` only together with a device and a dtype.
    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def freeze(module: Module) -> Module:
    """Stop training of `module` and of its batch-norm statistics; returns `module`."""
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    return module.eval()
