"""Paths on a command line: of this computer, for nothing else is read or written."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

# Two letters at least: C:/ is a drive.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


class LocalPath(click.Path):
    """A path of this computer, as a `Path`; an address is refused, or it would become a folder `s3:`.

    stores: addresses of object stores are taken, too; `store_url` of common/store tells them.
    """

    def __init__(self, *, stores: bool = False, **options: Any) -> None:
        super().__init__(path_type=Path, **options)
        self._stores = stores

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """The path; `click.BadParameter`."""
        if isinstance(value, str) and _ADDRESS.match(value) and not self._stores:
            self.fail(
                f"{value} is an address, and colorize reads and writes files of this computer. "
                "Mount it or copy it, and name that folder.",
                param,
                ctx,
            )
        return super().convert(_with_home(value, param, ctx), param, ctx)


def _with_home(
    value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
) -> str | os.PathLike[str]:
    """A value with `~` for the user's home where no shell has seen it."""
    if not isinstance(value, str) or param is None or ctx is None or param.name is None:
        return value
    unseen = (ParameterSource.DEFAULT_MAP, ParameterSource.ENVIRONMENT)
    return os.path.expanduser(value) if ctx.get_parameter_source(param.name) in unseen else value  # noqa: PTH111
