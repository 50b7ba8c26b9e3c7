"""The devices the network runs on: a row for each kind, and the choice of one or several by name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch

from colorize_cli.engine.batch_size import is_out_of_memory
from colorize_cli.errors import DeviceError, UsageError


@dataclass(frozen=True)
class DeviceKind:
    """What the engine has to know of a kind of device; the name is torch's.

    available, count: what is there. missing: what to say where one is not, after "--device NAME: ".
    calls: model calls at the same time that make sense. streams: copies run beside work, from pinned memory
    (`transfer.CudaLane`). halves: those of bf16 and fp16 that a device is made for, the best
    first. empty_cache, finish: of a device. failures: what torch calls it when it fails; anything else is a
    fault of the program.
    """

    name: str
    available: Callable[[], bool]
    count: Callable[[], int]
    missing: Callable[[], str]
    calls: int = 1
    streams: bool = False
    halves: Callable[[torch.device], tuple[torch.dtype, ...]] = lambda device: ()
    empty_cache: Callable[[torch.device], None] = lambda device: None
    finish: Callable[[torch.device], None] = lambda device: None
    failures: tuple[str, ...] = ()


_ADVICE = "Use --device cpu, or install the CUDA build of PyTorch and the driver."
_CHOICES = "choose auto, cpu, cuda, cuda:0, cuda:1 ... or mps."


def _empty_cuda_cache(device: torch.device) -> None:
    # Not on the current card: it would take memory on the first one just to be asked.
    with torch.cuda.device(device):
        torch.cuda.empty_cache()


def _cuda_halves(capability: tuple[int, int]) -> tuple[torch.dtype, ...]:
    """By the first cards with each; older ones compute in it, too, but slower than in float32."""
    if capability >= (8, 0):
        return torch.bfloat16, torch.float16
    return (torch.float16,) if capability >= (7, 0) else ()


def _cpu_halves() -> tuple[torch.dtype, ...]:
    """bf16 where the processor multiplies in it; others would only imitate it, slower than in float32."""
    # Older versions of torch do not say; get_capabilities came after 2.6, the oldest that may be installed.
    able: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return (torch.bfloat16,) if able.get("avx512_bf16") or able.get("amx_bf16") else ()


# In the order in which "auto" takes them. torch is asked anew each time: tests stand in for cards.
KINDS = {
    "cuda": DeviceKind(
        "cuda",
        lambda: torch.cuda.is_available(),
        lambda: torch.cuda.device_count(),
        lambda: f"PyTorch sees {torch.cuda.device_count()} CUDA devices. {_ADVICE}",
        calls=2,  # one copies, one computes
        streams=True,
        halves=lambda device: _cuda_halves(torch.cuda.get_device_capability(device)),
        empty_cache=_empty_cuda_cache,
        finish=lambda device: torch.cuda.synchronize(device),
        failures=("CUDA", "cuDNN", "CUDNN", "CUBLAS", "NVIDIA"),
    ),
    "mps": DeviceKind(
        "mps",
        lambda: torch.backends.mps.is_available(),
        lambda: int(torch.backends.mps.is_available()),
        lambda: "PyTorch finds no Apple GPU here. Use --device cpu.",
        empty_cache=lambda device: torch.mps.empty_cache(),
    ),
    "cpu": DeviceKind("cpu", lambda: True, lambda: 1, lambda: "", halves=lambda device: _cpu_halves()),
}


def kind_of(device: torch.device) -> DeviceKind:
    """The row of a device that was chosen."""
    return KINDS[device.type]


def choose_devices(name: str) -> list[torch.device]:
    """What `choose_device` takes, or several CUDA cards: "cuda:0,cuda:1", or "all" that are there.

    Raises like `choose_device`, and UsageError for a card named twice or a list of anything but cards.
    """
    if name == "all":
        count = KINDS["cuda"].count()
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
        return torch.device(next(kind.name for kind in KINDS.values() if kind.available()))
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"--device {name}: {_CHOICES}") from error
    if device.type not in KINDS:
        raise UsageError(f"--device {name}: {_CHOICES}")
    kind = kind_of(device)
    if kind.name != "cpu" and (device.index or 0) >= kind.count():
        raise DeviceError(f"--device {name}: {kind.missing()}")
    return device


@contextlib.contextmanager
def card_failures(device: torch.device) -> Iterator[None]:
    """Inside, the failure of a card or its driver becomes a DeviceError; out of memory passes."""
    try:
        yield
    except RuntimeError as error:
        text = str(error).partition("\n")[0]
        if is_out_of_memory(error) or not any(word in text for word in kind_of(device).failures):
            raise
        raise DeviceError(
            f"{device}: the card has failed ({text}). Run the same command again; if it happens again, "
            "look at the card (nvidia-smi), or use --device cpu."
        ) from error
