"""The files that one note is kept in: one of the folder's own, and one of each run of a shard.

Every file has a single writer, whatever machine that is on, so nothing is lost where locks do not work.
"""

from __future__ import annotations

from colorize_cli.output.own_folder import OwnFolder


def segment_name(stem: str, segment: str) -> str:
    """The file that a run writes to; `segment` as of `Shard.segment`, "" for a run of everything."""
    return f"{stem}.{segment}" if segment else stem


def segments(folder: OwnFolder, stem: str) -> list[str]:
    """The files that are there, the folder's own first."""
    return sorted(name for name in folder.names() if name == stem or name.startswith(f"{stem}."))
