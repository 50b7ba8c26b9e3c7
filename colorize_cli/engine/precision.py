"""How exactly the network computes: the numbers that colours are made of, and convolutions on a card."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import torch

from colorize_cli.engine.device import kind_of
from colorize_cli.errors import DeviceError
from colorize_cli.settings import Precision

_NAMES = {torch.bfloat16: Precision.BF16, torch.float16: Precision.FP16}

# cuDNN's switch belongs to the process: two threads that save and restore it in turn would leave it wrong.
_switch = threading.Lock()


def choose_precision(asked: Precision, device: torch.device) -> torch.dtype | None:
    """The type that colours are computed in on `device`; None: float32.

    "auto" takes bf16 or fp16 where the device is made for it. Raises DeviceError for one that it is not
    made for; only old CUDA cards do fp16 all the same.
    """
    if asked is Precision.FP32:
        return None
    halves = kind_of(device).halves(device)
    if asked is Precision.AUTO:
        return halves[0] if halves else None
    found = next(dtype for dtype, name in _NAMES.items() if name is asked)
    if found in halves or (device.type == "cuda" and found is torch.float16):
        return found
    name = f" ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else ""
    raise DeviceError(f"--precision {asked}: {device}{name} is not made for it. Leave it out, or use fp32.")


def name_of(dtype: torch.dtype | None) -> Precision:
    """The name of what `choose_precision` has chosen."""
    return Precision.FP32 if dtype is None else _NAMES[dtype]


@contextlib.contextmanager
def exact_convolutions(device: torch.device) -> Iterator[None]:
    """Inside, convolutions on CUDA keep all 24 bits of float32; threads enter one after another.

    Left alone, cuDNN computes float32 in TF32, which has 11 bits, as few as fp16. Only what is put on
    the card's queue inside is meant: nothing has to be finished before it is left.
    """
    if device.type != "cuda":
        yield
        return
    with _switch:
        before = _set_tf32(None)
        try:
            yield
        finally:
            _set_tf32(before)


def _set_tf32(value: str | bool | None) -> str | bool:
    """Set cuDNN's switch for convolutions (None: exact); what it was before."""
    cudnn = torch.backends.cudnn
    before: str | bool
    # Since torch 2.9 the old name is deprecated, and mixing the two is an error.
    if hasattr(cudnn, "conv"):
        before = cudnn.conv.fp32_precision
        cudnn.conv.fp32_precision = "ieee" if value is None else value
    else:
        before = cudnn.allow_tf32
        cudnn.allow_tf32 = False if value is None else value  # type: ignore[assignment]
    return before
