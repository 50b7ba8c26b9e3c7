"""A share of a run: every computer of several takes its own photos, and none has to ask another."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from colorize_cli.errors import UsageError

_MOST = 1_000_000
_EXPLICIT = re.compile(r"(\d{1,7})/(\d{1,7})")


@dataclass(frozen=True)
class Shard:
    """Share `number` (from 1) of `count`; `run` tells a run of it from any other one, on whatever machine."""

    number: int
    count: int
    run: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def segment(self) -> str:
        """What the files of this run are called after: no two runs ever write to one file."""
        return f"{self.number}-of-{self.count}.{self.run}"

    def holds(self, name: str) -> bool:
        """Whether something of this name belongs to the share; whatever else there is does not matter."""
        digest = hashlib.sha256(os.fsencode(name)).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1


def parse_shard(text: str, environ: Mapping[str, str]) -> Shard:
    """The shard of `3/8`, or of `auto` what a Slurm array or indexed job of Kubernetes says; UsageError."""
    if text == "auto":
        return _of_scheduler(environ)
    found = _EXPLICIT.fullmatch(text)
    if found is None:
        raise UsageError(f"--shard {text}: neither a share like 3/8 (the third of eight) nor auto.")
    return _checked(int(found[1]), int(found[2]), f"--shard {text}")


def _of_scheduler(environ: Mapping[str, str]) -> Shard:
    if "SLURM_ARRAY_TASK_ID" in environ:
        return _of_slurm(environ)
    if "JOB_COMPLETION_INDEX" in environ:
        if not environ.get("JOB_COMPLETIONS"):
            raise UsageError(
                "--shard auto: Kubernetes gives JOB_COMPLETION_INDEX, but not of how many. Set "
                "JOB_COMPLETIONS in the container's env to what the job has as completions."
            )
        index, count = (_number(environ, name) for name in ("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS"))
        return _checked(index + 1, count, f"JOB_COMPLETION_INDEX {index}, JOB_COMPLETIONS {count}")
    raise UsageError(
        "--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; say it as in --shard 3/8."
    )


def _of_slurm(environ: Mapping[str, str]) -> Shard:
    index, count, least, most, step = (
        _number(environ, f"SLURM_ARRAY_TASK_{name}", default)
        for name, default in (("ID", ""), ("COUNT", ""), ("MIN", "1"), ("MAX", ""), ("STEP", "1"))
    )
    # Of a list like 3,5 nobody knows how many shards there were when they were counted.
    if step < 1 or (most - least) // step + 1 != count or (count == 1 and least > 1):
        raise UsageError(
            f"--shard auto: tasks {least} to {most} of this Slurm array are not {count} in a row. To repeat "
            "some of its tasks, say how many there are in all: --shard $SLURM_ARRAY_TASK_ID/8"
        )
    return _checked((index - least) // step + 1, count, f"SLURM_ARRAY_TASK_ID {index}")


def _number(environ: Mapping[str, str], name: str, default: str = "") -> int:
    try:
        return int(environ.get(name, default))
    except ValueError:
        raise UsageError(f"--shard auto: {name} is no number ({environ.get(name, 'not set')}).") from None


def _checked(number: int, count: int, said: str) -> Shard:
    if not 1 <= number <= count < _MOST:
        raise UsageError(f"{said}: there is no such share; the first of eight is --shard 1/8.")
    return Shard(number, count)
