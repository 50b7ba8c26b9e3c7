"""Files of trained baselines: safetensors with the config inside, read by the tables, not by `colorize`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from colorize_cli.errors import WeightsError
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.networks.layout import channels_last
from colorize_cli.model.weights import WeightsInfo

from .cgan import CGAN
from .cvae import CVAE
from .sampler import SamplerMethod

FORMAT = "colorize-baseline"
KINDS: dict[str, type[CVAE] | type[CGAN]] = {"cvae": CVAE, "cgan": CGAN}


def save_baseline(path: Path, kind: str, module: CVAE | CGAN) -> None:
    """Write a trained baseline; `kind` is a key of `KINDS`."""
    tensors = {name: value.contiguous() for name, value in module.state_dict().items()}
    save_file(tensors, path, {"format": FORMAT, "kind": kind, "config": module.config.to_json()})


def is_baseline(path: Path) -> bool:
    """Whether `path` is a file that `save_baseline` wrote."""
    try:
        with safe_open(path, "pt") as file:
            return (file.metadata() or {}).get("format") == FORMAT
    except (OSError, SafetensorError):
        return False


def load_baseline(path: Path) -> SamplerMethod:
    """A trained baseline as something to measure; WeightsError if the file cannot be read as one."""
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        module = KINDS[metadata["kind"]](ModelConfig.from_json(metadata["config"]))
        module.load_state_dict(tensors)
    except (OSError, SafetensorError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise WeightsError(f"{path}: not a readable baseline ({error}). Train it again.") from error
    info = WeightsInfo(metadata["kind"], hashlib.sha256(path.read_bytes()).hexdigest())
    return SamplerMethod(channels_last(module.eval()), info)
