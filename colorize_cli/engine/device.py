"""Choosing the devices the network runs on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from colorize_cli.engine.batch_limit import is_out_of_memory
from colorize_cli.errors import DeviceError, UsageError

_ADVICE = "Use --device cpu, or install the CUDA build of PyTorch and the driver."
_CHOICES = "choose auto, cpu, cuda, cuda:0, cuda:1 ... or mps."
# What torch calls itself in the errors of a card or its driver; anything else is a fault of the program.
_CARD = ("CUDA", "cuDNN", "CUDNN", "CUBLAS", "NVIDIA")


def choose_devices(name: str) -> list[torch.device]:
    """What `choose_device` takes, or several CUDA cards: "cuda:0,cuda:1", or "all" that are there.

    Raises like `choose_device`, and UsageError for a card named twice or a list of anything but cards.
    """
    if name == "all":
        count = torch.cuda.device_count()
        if count == 0:
            raise DeviceError(f"--device all: PyTorch sees no CUDA device. {_ADVICE}")
        return [torch.device("cuda", index) for index in range(count)]
    names = [part.strip() for part in name.split(",")]
    if len(names) == 1:
        return [choose_device(name)]
    if any(part.partition(":")[0] != "cuda" for part in names):
        raise UsageError(f"--device {name}: a list is for CUDA cards, like cuda:0,cuda:1.")
    # "cuda" in a list is the first card, as it is alone.
    devices = [torch.device("cuda", choose_device(part).index or 0) for part in names]
    if len(set(devices)) < len(devices):
        raise UsageError(f"--device {name}: name every card once.")
    return devices


def choose_device(name: str) -> torch.device:
    """ "auto", "cpu", "cuda", "cuda:1", "mps" -> a device that is there.

    Raises DeviceError for one that is not, UsageError for a name that is no device. "auto" takes CUDA,
    then MPS, then the CPU.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"--device {name}: {_CHOICES}") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceError(
            f"--device {name}: PyTorch sees {torch.cuda.device_count()} CUDA devices. {_ADVICE}"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("--device mps: PyTorch finds no Apple GPU here. Use --device cpu.")
    if device.type not in ("cpu", "cuda", "mps"):
        raise UsageError(f"--device {name}: {_CHOICES}")
    return device


@contextlib.contextmanager
def card_failures(device: torch.device) -> Iterator[None]:
    """Inside, the failure of a CUDA card or its driver becomes a DeviceError; out of memory passes."""
    try:
        yield
    except RuntimeError as error:
        text = str(error).partition("\n")[0]
        if device.type != "cuda" or is_out_of_memory(error) or not any(name in text for name in _CARD):
            raise
        raise DeviceError(
            f"{device}: the card has failed ({text}). Run the same command again; if it happens again, "
            "look at the card (nvidia-smi), or use --device cpu."
        ) from error
