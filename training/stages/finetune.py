"""`finetune`: weights that exist + a folder of colour photos -> weights that know such photos better.

The photos go through `prepare` with random crops and flips, both stages are trained at once (`joint`),
and the result is blended with the weights it came from as far as the held-out photos say it pays
(weight averaging as in Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
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

from ..data.batches import CacheBatches
from ..data.cache import Cache, CacheSpec
from ..data.prepare import Progress, prepare, spec_of
from ..data.sources import Item
from ..loop.checkpoint import chosen_checkpoint, load_averaged
from ..loop.train import Log, train
from ..metrics import Errors, Figure, ratio_interval
from ..options import FinetuneOptions, PrepareOptions, TrainOptions, VAEOptions
from .joint.network import JointNet
from .joint.task import JointTask, field_errors
from .weights import blend

_BLENDS = (0.25, 0.5, 0.75, 1.0)
# Without rehearsed photos nothing shows what is forgotten; at one half street fashion kept two thirds of
# its gain and photos of other kinds lost 0 to 1.6 % (docs/history.md).
_BLIND_BLEND = 0.5
_ALLOWED_LOSS = 1.02  # of error on rehearsed photos held out
_VALIDATIONS = 20  # looks at held-out photos in a run
_PATIENCE = 8


@dataclass(frozen=True)
class Plan:
    """What will be done: the photos, own ones first, how they are cached, and how many steps follow."""

    items: list[Item]
    own: int
    spec: CacheSpec
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


def _copies(photos: int) -> int:
    # Crops and flips stand in for photos that are not there: of 1,465 photos one copy stopped to gain
    # after 3 minutes at -6.5 %, four went on to -9.6 % (street fashion, eob@5 on val.zip).
    return 4 if photos < 5000 else 2 if photos < 20_000 else 1


def make_plan(own: list[Item], rehearsed: list[Item], net: ColorNet, options: FinetuneOptions) -> Plan:
    """Decide how a fine-tuning goes; UsageError for fewer than 8 photos or another architecture."""
    config = net.config
    if config.architecture != "photo":
        raise UsageError("Only weights of preset photo can be fine-tuned.")
    if len(own) < 8:
        raise UsageError(f"{len(own)} photos are too few: at least 8, better 100, are needed.")
    own = _thinned(own, options.most)
    rehearsed = _thinned(rehearsed, max(500, len(own)))
    items = own + rehearsed
    how = PrepareOptions(
        backbone=config.backbone,
        view=config.view,
        degraded=options.degraded,
        seed=options.seed,
        copies=_copies(len(items)),
        # A quarter of a small set: from six photos nobody can tell whether they came out better.
        hold_out_every=7 if len(own) >= 200 else 4,
        hold_out_block=4 if len(own) >= 200 else 1,
    )
    shown = options.epochs * len(own) * (2 if rehearsed else 1)
    steps = int(np.clip(shown // options.batch_size, 200, options.most_steps))
    return Plan(items, len(own), spec_of(items, how), steps)


@dataclass(frozen=True)
class Split:
    """Rows of the cache: own and rehearsed photos, to train on and held out."""

    own: NDArray[np.int64]
    own_held_out: NDArray[np.int64]
    rehearsed: NDArray[np.int64]
    rehearsed_held_out: NDArray[np.int64]

    def balanced(self) -> NDArray[np.int64]:
        """Training rows in which own and rehearsed photos are about equally many."""
        if not len(self.rehearsed):
            return self.own
        times = max(1, round(len(self.rehearsed) / max(1, len(self.own))))
        return np.concatenate([np.tile(self.own, times), self.rehearsed])


def split_rows(cache: Cache, own: int) -> Split:
    """Rows by set; the first `own` photos are the user's."""
    edge = own * cache.spec.copies
    train_rows, held_out = cache.rows(held_out=False), cache.rows(held_out=True)
    return Split(
        train_rows[train_rows < edge],
        held_out[held_out < edge],
        train_rows[train_rows >= edge],
        held_out[held_out >= edge],
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
    base: JointNet, tuned: JointNet, cache: Cache, rows: Split, net: ColorNet, options: FinetuneOptions
) -> Outcome:
    """Blend as far as it lowers the error on own held-out photos and is kind to the rehearsed ones."""

    def errors(share: float, on: NDArray[np.int64]) -> Errors:
        module = copy.deepcopy(base)
        module.load_state_dict(blend(base, tuned, share))
        return field_errors(module.eval(), cache, on, net.config)

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
    """Fine-tune `net` in place as `plan` says, with cache and checkpoints in `work`; None if stopped.

    Given again with the same arguments it goes on where it was stopped. Raises UsageError if no photo
    is left to train on or to hold out.
    """
    prepare(plan.items, work / "cache", plan.spec, prepared)
    cache = Cache.open(work / "cache")
    rows = split_rows(cache, plan.own)
    if not len(rows.own) or not len(rows.own_held_out):
        raise UsageError("Too few of the photos can be read, or they have no colour (see bad.tsv).")
    base = copy.deepcopy(JointNet(net)).eval()
    task = JointTask(net, cache, VAEOptions(), held_out=rows.own_held_out)
    batches = CacheBatches(cache, rows.balanced(), task.side)
    if not train(task, batches, work, _train_options(plan, options), log, tick=tick):
        return None
    tuned = copy.deepcopy(base)
    load_averaged(tuned, chosen_checkpoint(work, task.name, best=True))
    outcome = _choose_blend(base, tuned, cache, rows, net, options)
    task.module.load_state_dict(blend(base, tuned, outcome.blend))
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
