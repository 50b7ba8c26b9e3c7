"""What to type to get what an extra of the package brings, wherever and however the package was installed."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

DISTRIBUTION = "colorize-photos"
_NAME = re.compile(r"[\w.-]*")
_EXTRA = re.compile(r"(.+?)\s*;\s*extra\s*==\s*['\"]([\w-]+)['\"]")


@cache
def install_command(extra: str) -> str:
    """The command that installs an extra's packages, which names them: from a clone, a wheel or an index.

    It asks no index for the package itself, and reaches the environment that it runs in.
    """
    packages = " ".join(f"'{wanted}'" for wanted in packages_of(extra)) or f"'.[{extra}]' in the clone"
    prefix = Path(sys.prefix)
    if (prefix / "uv-receipt.toml").exists():
        return f"uv pip install --python {sys.executable} {packages}"
    if (prefix / "pipx_metadata.json").exists():
        return f"pipx inject {DISTRIBUTION} {packages}"
    return f"pip install {packages}"


def packages_of(extra: str | None = None) -> list[str]:
    """The requirements of an extra, or of the package itself, as its installed metadata has them."""
    try:
        wanted = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return []
    if extra is None:
        return [line for line in wanted if ";" not in line]
    matches = (_EXTRA.fullmatch(line) for line in wanted)
    return [found[1] for found in matches if found and found[2] == extra]


def name_of(requirement: str) -> str:
    """The package that a requirement names."""
    return _NAME.match(requirement)[0]  # type: ignore[index]


def installed(requirement: str) -> str | None:
    """The version that is there of a package that a requirement names, None if it is not."""
    try:
        return version(name_of(requirement))
    except PackageNotFoundError:
        return None
