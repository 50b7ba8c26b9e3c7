"""Choosing the device the network runs on."""

from __future__ import annotations

import torch

from colorize_cli.errors import DeviceError, UsageError


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
        raise UsageError(f"--device {name}: choose auto, cpu, cuda, cuda:0, cuda:1 ... or mps.") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceError(
            f"--device {name}: PyTorch sees {torch.cuda.device_count()} CUDA devices. Use --device cpu, or "
            "install the CUDA build of PyTorch and the driver."
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("--device mps: PyTorch finds no Apple GPU here. Use --device cpu.")
    if device.type not in ("cpu", "cuda", "mps"):
        raise UsageError(f"--device {name}: choose auto, cpu, cuda, cuda:0, cuda:1 ... or mps.")
    return device
