"""`--profile`: where the time of a run went, as a table."""

from __future__ import annotations

from rich.table import Table

from colorize_cli.common.stopwatch import STAGES, Stopwatch

_MEANING = {
    "read": "decoding scans and their metadata",
    "view": "making them small for the model",
    "model": "the network",
    "colour": "bringing its colours to full size",
    "write": "encoding and writing pictures",
    "waiting": "threads without work",
}


def shares(watch: Stopwatch, threads: int, seconds: float) -> dict[str, float]:
    """Seconds by stage, and of waiting: what `threads` threads had in `seconds` by the clock beside it."""
    worked = {name: watch.seconds[name] for name in STAGES}
    return worked | {"waiting": max(0.0, threads * seconds - sum(worked.values()))}


def profile_table(watch: Stopwatch, threads: int, photos: int, seconds: float) -> Table:
    """The table of a run that took `seconds` by the clock."""
    table = Table(title=f"{seconds:.1f} s by the clock, {threads} threads")
    for title in ("stage", "what it is"):
        table.add_column(title)
    for title in ("seconds", "ms a photo", "share"):
        table.add_column(title, justify="right")
    found = shares(watch, threads, seconds)
    whole = max(sum(found.values()), 1e-9)
    for name, spent in found.items():
        each = spent / max(1, photos) * 1e3
        table.add_row(name, _MEANING[name], f"{spent:.2f}", f"{each:.1f}", f"{spent / whole:.0%}")
    return table
