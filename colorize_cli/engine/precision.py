"""How exactly the network computes: the numbers of its decoder, and those of convolutions on a card."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import torch

from colorize_cli.engine.device import kind_of
from colorize_cli.errors import DeviceError, UsageError
from colorize_cli.settings import Precision

_DTYPES = {torch.bfloat16: Precision.BF16, torch.float16: Precision.FP16}
# The first cards with each; older ones compute in it, too, but slower than in float32.
_BF16_SINCE, _FP16_SINCE = (8, 0), (7, 0)

# cuDNN's switch belongs to the process: two threads that save and restore it in turn would leave it wrong.
_switch = threading.Lock()


def choose_precision(asked: Precision, device: torch.device) -> torch.dtype | None:
    """The type the decoder computes in on `device`; None: float32.

    "auto" takes bf16 or fp16 where a card is made for it. Raises UsageError for either on anything but
    CUDA, DeviceError for a card that has no bf16.
    """
    if asked is Precision.FP32 or (asked is Precision.AUTO and not kind_of(device).half):
        return None
    if not kind_of(device).half:
        raise UsageError(f"--precision {asked} is for CUDA cards; on {device} leave it out, or use fp32.")
    capability = torch.cuda.get_device_capability(device)
    if asked is Precision.BF16 and capability < _BF16_SINCE:
        name = torch.cuda.get_device_name(device)
        raise DeviceError(f"--precision bf16: {device} ({name}) does not have it. Use fp16, fp32 or auto.")
    if asked is Precision.FP16 or (asked is Precision.AUTO and _FP16_SINCE <= capability < _BF16_SINCE):
        return torch.float16
    return torch.bfloat16 if capability >= _BF16_SINCE else None


def name_of(dtype: torch.dtype | None) -> Precision:
    """The name of what `choose_precision` has chosen."""
    return Precision.FP32 if dtype is None else _DTYPES[dtype]


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
