"""`colorize-train finetune`: a folder of one's own colour photos -> weights of one's own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from colorize_cli.errors import ExitCode

from ..options import FinetuneOptions
from .options import PATH, flags, pick
from .progress import Watch, console, counting


@click.command()
@click.argument("photos", nargs=-1, required=True, type=PATH)
@click.option("-o", "--output", required=True, type=PATH, help="Weights file to write.")
@click.option("--weights", type=PATH, help="Weights to start from.  [default: those that ship]")
@click.option(
    "--rehearse",
    multiple=True,
    type=PATH,
    help="Photos of other kinds, shown beside, so that the weights stay good at them. May be repeated.",
)
@click.option(
    "--keep-work/--no-keep-work", default=False, help="Keep decoded photos and checkpoints (OUTPUT.work)."
)
@flags(FinetuneOptions)
def finetune(
    photos: tuple[Path, ...],
    output: Path,
    weights: Path | None,
    rehearse: tuple[Path, ...],
    keep_work: bool,
    **values: Any,
) -> ExitCode:
    """Teach the weights the kind of colour PHOTOS you have (folders, zips, tars, lists).

    A part of the photos is held out and shows whether it helped. Then:
    colorize --weights OUTPUT old-scans/
    """
    from colorize_cli.model.weights import default_weights, load_weights, save_weights

    from ..data.sources import list_photos
    from ..stages.finetune import finetune as run
    from ..stages.finetune import make_plan, training_record

    options = pick(FinetuneOptions, values)
    net, info = load_weights(default_weights() if weights is None else weights)
    plan = make_plan(list_photos(photos), list_photos(rehearse) if rehearse else [], net, options)
    _announce(plan, net, options)
    work = output.with_name(output.name + ".work")
    with counting("preparing", len(plan.items)) as prepared, Watch("training", plan.steps) as watch:
        outcome = run(plan, net, work, options, prepared=prepared, log=watch.log, tick=watch.tick)
    if outcome is None:
        console.print("Stopped and saved. The same command goes on from here.")
        return ExitCode.INTERRUPTED
    save_weights(output, net, output.stem, training_record(outcome, plan, options) | {"base": info.sha256})
    _conclude(outcome, output)
    if not keep_work:
        shutil.rmtree(work)
    return ExitCode.OK


def _announce(plan: Any, net: Any, options: FinetuneOptions) -> None:
    """Say what will be done and how long it takes on this machine."""
    from ..stages.speed import step_rate

    train = plan.steps / step_rate(net, plan.sizes, options.batch_size) / 60
    beside = f", {plan.rehearsed:,} more to rehearse" if plan.rehearsed else ""
    console.print(
        f"{plan.own:,} photos{beside}; one in {plan.spec.held_out_every} is held out.\n"
        f"At most about {train:.0f} minutes on this machine ({plan.steps:,} steps).\n"
        f"It needs {max(0.1, len(plan.items) * 265e3 / 1e9):.1f} GB beside the output while it runs.\n"
        "Ctrl-C stops it; the same command goes on from there.",
        highlight=False,
    )


def _conclude(outcome: Any, output: Path) -> None:
    """Print the figures before and after, and whether it helped."""
    from ..measure.report import comparison

    pairs = [("own photos, held out", outcome.before, outcome.after)]
    if outcome.kept_before is not None:
        pairs.append(("rehearsed photos, held out", outcome.kept_before, outcome.kept_after))
    console.print(comparison(pairs))
    console.print(_verdict(outcome, output), highlight=False, soft_wrap=True)


def _verdict(outcome: Any, output: Path) -> str:
    change = outcome.change
    fell, least, most = (100 * (1 - ratio) for ratio in (change.value, change.high, change.low))
    text = f"the error of the best of five variants fell by {fell:.1f} % (95 %: {least:.1f} to {most:.1f} %)"
    if outcome.improved:
        return f"It helped: {text}.\nUse it: colorize --weights {output} FOLDER"
    if outcome.blend > 0.0:
        held_out = len(outcome.before.best)
        return f"Whether it helped cannot be told from {held_out} held-out photos: {text}."
    return (
        f"It did not help: {output} holds the weights it started from. More photos, or more of one kind, may."
    )
