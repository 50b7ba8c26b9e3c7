"""Weights files: fp16 safetensors that carry their config and a checksum; no pickle is ever opened."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.overrides import TorchFunctionMode

from colorize_cli.errors import WeightsError
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights_file import default_weights

__all__ = ["WeightsInfo", "default_weights", "describe_weights", "load_weights", "save_weights"]

FORMAT = "colorize-weights"
VERSION = "1"
_LARGEST = 65536  # of any number in a config


@dataclass(frozen=True)
class WeightsInfo:
    """What a weights file says of itself: its name for people and the sha256 of the whole file."""

    name: str
    sha256: str


def _digest(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def save_weights(path: Path, net: ColorNet, name: str, training: dict[str, Any] | None = None) -> None:
    """Write all parts of `net` to `path`, floats as fp16, with config and checksum inside.

    `training` says how they were made, for `describe_weights`.
    """
    tensors = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in net.state_dict().items()
        # Counts batches of training; nothing at run time reads it.
        if not key.endswith("num_batches_tracked")
    }
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "name": name,
        "config": net.config.to_json(),
        "sha256": _digest(tensors),
        "training": json.dumps(training or {}, sort_keys=True),
    }
    save_file(tensors, path, metadata)
    # safetensors writes for the owner alone; weights are shared like any other file.
    umask = os.umask(0)
    os.umask(umask)
    path.chmod(0o666 & ~umask)


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            return metadata, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError) as error:
        raise WeightsError(
            f"{path}: not a readable weights file ({error}). "
            "Install colorize again, or name another file with --weights."
        ) from error


def describe_weights(path: Path) -> dict[str, Any]:
    """What a weights file says of itself: name, config, training, sha256 of the file; WeightsError."""
    net, info = load_weights(path)
    metadata, _ = _read(path)
    return {
        "name": info.name,
        "sha256": info.sha256,
        "config": json.loads(net.config.to_json()),
        "training": json.loads(metadata.get("training", "{}")),
    }


def _check(path: Path, metadata: dict[str, str], tensors: dict[str, Tensor]) -> ModelConfig:
    if metadata.get("format") != FORMAT:
        raise WeightsError(f"{path}: a safetensors file, but not weights of colorize.")
    if metadata.get("version") != VERSION:
        raise WeightsError(
            f"{path}: weights of version {metadata.get('version')}; this colorize reads version {VERSION}. "
            "Upgrade colorize, or use the weights that came with it."
        )
    if metadata.get("sha256") != _digest(tensors):
        raise WeightsError(f"{path}: damaged, its checksum does not match. Copy or install it again.")
    try:
        config = ModelConfig.from_json(metadata["config"])
        _check_numbers(config, tensors)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: its description of the network cannot be read ({error}).") from error
    # By the tensors: the oldest files do not say in their config which MDN they hold.
    if config.architecture == "photo" and "mdn.hidden.weight" in tensors and "mdn.norm.weight" not in tensors:
        raise WeightsError(
            f"{path}: weights of an older layout, whose MDN has no norms. "
            "Use the weights that came with colorize, or train these anew with colorize-train."
        )
    return config


def _check_numbers(config: ModelConfig, tensors: dict[str, Tensor]) -> None:
    """ValueError for settings and tensors that would give colours that are none."""
    for name, value in asdict(config).items():
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, (int, float)) and not 0 <= number <= _LARGEST:
                raise ValueError(f"{name} is {str(number)[:20]}")
    for name, tensor in tensors.items():
        # A sum is finite if all of it is, and takes a fifth of the time of asking each.
        if tensor.is_floating_point() and not bool(tensor.sum(dtype=torch.float64).isfinite()):
            raise ValueError(f"{name} holds values that are no numbers")


class _NoFirstValues(TorchFunctionMode):
    """Inside, `torch.nn.init` does nothing: a tenth of a second for values that the file's replace."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def load_weights(path: Path) -> tuple[ColorNet, WeightsInfo]:
    """Build the network that `path` describes, with its weights, in evaluation mode on the CPU.

    Raises WeightsError if the file is missing, damaged, of another version, or if any name or shape
    differs from what its config asks for.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no weights there. Reinstall colorize, or name a file with --weights.")
    metadata, tensors = _read(path)
    config = _check(path, metadata, tensors)
    try:
        with _NoFirstValues():
            net = ColorNet(config)
        result = net.load_state_dict({k: v.float() for k, v in tensors.items()}, strict=False)
    except (
        KeyError,
        RuntimeError,
        TypeError,
        ValueError,
        ArithmeticError,
        AttributeError,
        IndexError,
    ) as error:
        raise WeightsError(f"{path}: its weights do not fit its description ({error}).") from error
    missing = [k for k in result.missing_keys if not k.endswith("num_batches_tracked")]
    if missing or result.unexpected_keys:
        names = ", ".join([*missing, *result.unexpected_keys][:5])
        raise WeightsError(f"{path}: parts are missing or unknown ({names}).")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return net.eval(), WeightsInfo(metadata.get("name", path.stem), sha256)
