"""`finetune`: weights that exist + a folder of colour photos -> weights that know such photos better.

All networks are trained on as `grid` trains them, on crops of the photos, and the result is blended with the
weights it came from as far as the held-out photos say it pays (weight averaging as in Wortsman et al. 2022,
"Robust fine-tuning of zero-shot models").
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorize_cli.errors import UsageError
from colorize_cli.model.network import ColorNet

from ..data.photo_store import PhotoStore, StoreSpec, fill_store, store_spec
from ..data.prepare import Progress
from ..data.sources import Item
from ..data.view_batches import Sizes, ViewBatches
from ..loop.checkpoint import chosen_checkpoint, load_averaged
from ..loop.train import Log, train
from ..metrics import Errors, Figure, ratio_interval
from ..options import FinetuneOptions, GridOptions, TrainOptions
from .grid.task import GridNet, GridTask, field_errors
from .weights import blend

_BLENDS = (0.25, 0.5, 0.75, 1.0)
# Without rehearsed photos nothing shows what is forgotten; at one half street fashion kept two thirds of
# its gain and photos of other kinds lost 0 to 1.6 % (docs/history.md).
_BLIND_BLEND = 0.5
_ALLOWED_LOSS = 1.02  # of error on rehearsed photos held out
_VALIDATIONS = 20  # looks at held-out photos in a run
_PATIENCE = 8
# What a network that has been trained need not do again: look for components that start apart.
LOSS = GridOptions(heat=0.02, cool=0.02)


@dataclass(frozen=True)
class Plan:
    """What will be done: the photos, own ones first, how they are kept and seen, how many steps follow."""

    items: list[Item]
    own: int
    spec: StoreSpec
    sizes: Sizes
    steps: int

    @property
    def rehearsed(self) -> int:
        """Photos that are shown to keep old skills."""
        return len(self.items) - self.own


def _thinned(items: list[Item], most: int) -> list[Item]:
    """At most `most` of the items, evenly spaced."""
    if len(items) <= most:
        return items
    return [items[int(i)] for i in np.linspace(0, len(items) - 1, most)]


def make_plan(own: list[Item], rehearsed: list[Item], net: ColorNet, options: FinetuneOptions) -> Plan:
    """Decide how a fine-tuning goes; UsageError for fewer than 8 photos or another architecture."""
    config = net.config
    if config.architecture != "grid":
        raise UsageError("Only weights of preset grid, such as those that ship, can be fine-tuned.")
    if len(own) < 8:
        raise UsageError(f"{len(own)} photos are too few: at least 8, better 100, are needed.")
    own = _thinned(own, options.most)
    rehearsed = _thinned(rehearsed, max(500, len(own)))
    items = own + rehearsed
    # A quarter of a small set: from six photos nobody can tell whether they came out better.
    spec = store_spec(items, every=7, block=4) if len(own) >= 200 else store_spec(items, every=4)
    sizes = Sizes(min(options.view, config.view), options.view)
    shown = options.epochs * len(own) * (2 if rehearsed else 1)
    steps = int(np.clip(shown // options.batch_size, 200, options.most_steps))
    return Plan(items, len(own), spec, sizes, steps)


@dataclass(frozen=True)
class Split:
    """Photos of the store: own and rehearsed ones, to train on and held out."""

    own: NDArray[np.int64]
    own_held_out: NDArray[np.int64]
    rehearsed: NDArray[np.int64]
    rehearsed_held_out: NDArray[np.int64]

    @property
    def rows(self) -> NDArray[np.int64]:
        """All that are trained on."""
        return np.concatenate([self.own, self.rehearsed])

    def balanced(self) -> NDArray[np.float64]:
        """Weights of `rows` by which own and rehearsed photos are drawn equally often."""
        parts = [np.full(len(part), 1.0 / len(part)) for part in (self.own, self.rehearsed) if len(part)]
        return np.concatenate(parts)


def split_rows(store: PhotoStore, own: int) -> Split:
    """Photos by set; the first `own` ones are the user's."""
    train_rows, held_out = store.rows(held_out=False), store.rows(held_out=True)
    return Split(
        train_rows[train_rows < own],
        held_out[held_out < own],
        train_rows[train_rows >= own],
        held_out[held_out >= own],
    )


@dataclass(frozen=True)
class Outcome:
    """What came of it: held-out errors before and after, on own and on rehearsed photos (None without)."""

    blend: float  # 0: the weights are as they were, because no blend was better
    before: Errors
    after: Errors
    kept_before: Errors | None = None
    kept_after: Errors | None = None

    @property
    def change(self) -> Figure:
        """Ratio of eob@5 after to before, with its 95 % interval over the held-out photos."""
        return ratio_interval(self.after.best, self.before.best)

    @property
    def improved(self) -> bool:
        """Whether the held-out photos came out better beyond chance."""
        return self.blend > 0.0 and self.change.high < 1.0


def _choose_blend(
    base: ColorNet, tuned: ColorNet, store: PhotoStore, rows: Split, sizes: Sizes, options: FinetuneOptions
) -> Outcome:
    """Blend as far as it lowers the error on own held-out photos and is kind to the rehearsed ones."""

    def errors(share: float, on: NDArray[np.int64]) -> Errors:
        module = copy.deepcopy(base)
        module.load_state_dict(blend(base, tuned, share))
        return field_errors(module.eval(), store, on, sizes)

    before = errors(0.0, rows.own_held_out)
    keeps = len(rows.rehearsed_held_out) > 0
    kept_before = errors(0.0, rows.rehearsed_held_out) if keeps else None
    if options.blend is not None:
        shares: tuple[float, ...] = (options.blend,)
    else:
        shares = _BLENDS if keeps else (_BLIND_BLEND,)
    best = Outcome(0.0, before, before, kept_before, kept_before)
    for share in shares:
        kept = errors(share, rows.rehearsed_held_out) if keeps else None
        outcome = Outcome(share, before, errors(share, rows.own_held_out), kept_before, kept)
        forgotten = kept is not None and kept_before is not None and options.blend is None
        if forgotten and kept.best.mean() > _ALLOWED_LOSS * kept_before.best.mean():  # type: ignore[union-attr]
            continue
        if outcome.after.best.mean() < best.after.best.mean():
            best = outcome
    return best


def finetune(
    plan: Plan,
    net: ColorNet,
    work: Path,
    options: FinetuneOptions,
    *,
    prepared: Progress,
    log: Log,
    tick: Callable[[int], None],
) -> Outcome | None:
    """Fine-tune `net` in place as `plan` says, with photos and checkpoints in `work`; None if stopped.

    Given again with the same arguments it goes on where it was stopped. Raises UsageError if no photo
    is left to train on or to hold out.
    """
    store = fill_store(plan.items, work / "photos", plan.spec, prepared)
    rows = split_rows(store, plan.own)
    if not len(rows.own) or not len(rows.own_held_out):
        raise UsageError("Too few of the photos can be read, or they have no colour.")
    base = copy.deepcopy(net).eval()
    task = GridTask(net, store, rows.own_held_out, plan.sizes, LOSS)
    batches = ViewBatches(store, rows.rows, rows.balanced(), plan.sizes, 0, options.degraded)
    if not train(task, batches, work, _train_options(plan, options), log, tick=tick):
        return None
    tuned = copy.deepcopy(base)
    load_averaged(GridNet(tuned, backbone_rate=0.0), chosen_checkpoint(work, task.name, best=True))
    outcome = _choose_blend(base, tuned, store, rows, plan.sizes, options)
    net.load_state_dict(blend(base, tuned, outcome.blend))
    net.eval()
    return outcome


def _train_options(plan: Plan, options: FinetuneOptions) -> TrainOptions:
    every = max(10, plan.steps // _VALIDATIONS)
    return TrainOptions(
        steps=plan.steps,
        batch_size=options.batch_size,
        lr=options.lr,
        warmup=50,
        decay=0.5,
        ema=0.99,
        seed=options.seed,
        validate_every=every,
        keep=1,
        patience=_PATIENCE,
        device=options.device,
        save_every=60.0,
    )


def training_record(outcome: Outcome, plan: Plan, options: FinetuneOptions) -> dict[str, Any]:
    """The record that is kept inside the weights file."""
    return {
        "finetune": {
            "photos": plan.own,
            "rehearsed": plan.rehearsed,
            "steps": plan.steps,
            "blend": outcome.blend,
            "options": vars(options),
        }
    }
