"""What a run says to people, on standard error."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorize_cli.common.printing import printable
from colorize_cli.errors import NoInputError

if TYPE_CHECKING:
    from rich.console import Console

    from colorize_cli.engine.protocol import Engine
    from colorize_cli.run.plan import Plan
    from colorize_cli.run.results import Summary
    from colorize_cli.settings import RunSettings


def say(console: Console, text: str) -> None:
    """A line, with whatever file names may hold."""
    console.print(printable(text), highlight=False, markup=False, soft_wrap=True)


def show_passed_over(console: Console, plan: Plan) -> None:
    """What was found and is not coloured."""
    found = plan.selection
    for text in found.unreadable:
        click.echo(printable(f"failed: {text}"), err=True)
    if found.links:
        say(console, f"{found.links} symbolic links passed over (--follow-symlinks takes them).")
    for path in found.strays:
        say(
            console,
            f"{path}: belongs to no photo here; it must be called like one: NAME.hints.json for NAME.jpg.",
        )
    if found.special:
        say(console, f"{found.special} pipes, sockets or devices passed over.")


def show_start(console: Console, engine: Engine, plan: Plan, settings: RunSettings, batch_size: int) -> None:
    """What is going to be done, with what."""
    info = engine.info
    say(
        console,
        f"{len(plan.jobs)} photos, {settings.variants} variants each; weights {info.name} "
        f"({info.sha256[:12]}), device {engine.device_name} in {engine.precision}, batch size {batch_size}.",
    )


def show_nothing_to_do(console: Console, plan: Plan) -> None:
    """That all is there already."""
    left_out = f", {plan.already_left_out} were left out" if plan.already_left_out else ""
    say(console, f"Nothing to do: {plan.already_done} photos have their variants already{left_out}.")


def show_end(console: Console, summary: Summary) -> None:
    """What was done, and what failed."""
    rate = summary.photos / max(summary.seconds, 1e-9)
    left_out = summary.left_out + summary.already_left_out
    maps = f" and {summary.maps} maps" if summary.maps else ""
    say(
        console,
        f"{summary.pictures} pictures{maps} of {summary.photos} photos in {summary.seconds:.1f} s "
        f"({rate:.1f} photos/s); {summary.already_done} done before, {left_out} left out, "
        f"{summary.failed} failed.",
    )
    if summary.interrupted:
        say(console, "Stopped before the end. The same command goes on from here.")
    if summary.warned:
        say(console, f"{summary.warned} photos with warnings, named above.")
    # Failures are errors: they are named even under --quiet.
    for result in summary.failures:
        click.echo(printable(f"failed: {result.failure}"), err=True)
    if summary.failed > len(summary.failures):
        click.echo(f"... and {summary.failed - len(summary.failures)} more", err=True)


def write_review_lists(plan: Plan, console: Console) -> None:
    """Write the lists of photos worth a look, and name the first of each."""
    from colorize_cli.output.review_list import write_list

    for root in plan.manifests:
        path, found = write_list(root)
        if found:
            worst = ", ".join(f"{Path(photo.source).name} ({photo.uncertainty:.1f})" for photo in found[:3])
            say(console, f"Most worth a look: {worst}; all in {path}.")


def show_gallery(plan: Plan, summary: Summary, console: Console, wanted: bool) -> list[Path]:
    """Say where pictures can be looked at and chosen: the pages that were asked for, or the command."""
    roots = [Path(root) for root, manifest in plan.manifests.items() if summary.pictures or len(manifest)]
    if not wanted or summary.interrupted:
        if summary.pictures:
            say(console, f"To look and choose: colorize gallery {roots[0] if len(roots) == 1 else 'OUT'}")
        return []
    from colorize_cli.commands.gallery import written_gallery

    pages = []
    for root in roots:
        try:
            pages.append(written_gallery(root, console).path)
            say(console, f"Gallery: {pages[-1]}")
        except NoInputError as error:
            say(console, f"No gallery: {error}")
    return pages
