import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from colorize_cli.errors import UsageError
from colorize_cli.model.config import ModelConfig
from colorize_training.data.batches import CacheBatches, rows_of_step
from colorize_training.loop.checkpoint import chosen_checkpoint, load_averaged, load_checkpoint, read_ranking
from colorize_training.loop.train import learning_rate, train
from colorize_training.options import TrainOptions, VAEOptions
from colorize_training.stages.vae import VAETask


class LineTask:
    """Fits y = 2x from noise that the loop's generator draws; stands for a stage."""

    name = "line"
    score = "slope"

    def __init__(self):
        torch.manual_seed(3)
        self.module = nn.Linear(1, 1)
        self.stop_at = None

    def loss(self, batch, step, draw):
        if step == self.stop_at:
            import os
            import signal

            os.kill(os.getpid(), signal.SIGTERM)
        x = draw.normal(4, 1)
        return (self.module(x) - 2 * x).square().mean(), {"x": float(x.mean())}

    def validate(self, module):
        return {"slope": module.weight.item()}


def batches_of(cache, rows=None):
    return CacheBatches(cache, cache.rows(held_out=False) if rows is None else rows, 4, features=False)


def run(tiny_cache, folder, steps=20, stop_at=None, task=None, **options):
    task = task or LineTask()
    task.stop_at = stop_at
    settings = {"steps": steps, "batch_size": 4, "warmup": 2, "validate_every": 10} | options
    return train(task, batches_of(tiny_cache), folder, TrainOptions(**settings), lambda row: None)


def test_it_learns_and_logs(tiny_cache, tmp_path):
    assert run(tiny_cache, tmp_path, steps=300)
    rows = [json.loads(line) for line in (tmp_path / "line.jsonl").read_text().splitlines()]
    assert abs(rows[-1]["val_slope"] - 2) < abs(rows[0]["val_slope"] - 2)
    assert rows[-1]["step"] == 300


def test_stopped_and_resumed_equals_undisturbed(tiny_cache, tmp_path):
    assert run(tiny_cache, tmp_path / "whole")
    assert not run(tiny_cache, tmp_path / "parts", stop_at=7)
    assert run(tiny_cache, tmp_path / "parts")
    whole, parts = (load_checkpoint(tmp_path / name / "line.pt") for name in ("whole", "parts"))
    assert parts["step"] == whole["step"] == 20
    for key in ("module", "average"):
        for name, value in whole[key].items():
            assert torch.equal(value, parts[key][name]), name


def test_rate_rises_holds_and_falls():
    options = TrainOptions(steps=100, warmup=10, lr=1.0, decay=0.5)
    rates = [learning_rate(options, step) for step in (0, 9, 40, 75, 100)]
    assert rates == pytest.approx([0.1, 1.0, 1.0, 0.5, 0.0])


def test_every_epoch_sees_every_row_once_in_a_new_order():
    rows = np.arange(12)
    epochs = [
        np.concatenate([rows_of_step(rows, 4, 0, step) for step in part]) for part in (range(3), range(3, 6))
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(rows)
    assert list(epochs[0]) != list(epochs[1])


class BrokenTask(LineTask):
    """Every loss from `broken_from` on is not a number."""

    broken_from = 10
    broken_to = 12

    def loss(self, batch, step, draw):
        loss, figures = super().loss(batch, step, draw)
        return loss * (float("nan") if self.broken_from <= step < self.broken_to else 1.0), figures


class StuckTask(LineTask):
    """Its score never changes."""

    def validate(self, module):
        return {"slope": 1.0}


def rows(folder):
    return [json.loads(line) for line in (folder / "line.jsonl").read_text().splitlines()]


def test_a_step_without_a_finite_gradient_is_left_out_and_counted(tiny_cache, tmp_path):
    assert run(tiny_cache, tmp_path, task=BrokenTask())
    assert rows(tmp_path)[-1]["skipped"] == 2
    assert all(torch.isfinite(v).all() for v in load_checkpoint(tmp_path / "line.pt")["module"].values())


def test_a_hundred_such_steps_end_the_run_with_advice(tiny_cache, tmp_path):
    task = BrokenTask()
    task.broken_to = 1000
    with pytest.raises(UsageError, match="--lr"):
        run(tiny_cache, tmp_path, steps=300, task=task)


def test_patience_ends_a_run_for_good(tiny_cache, tmp_path):
    assert run(tiny_cache, tmp_path, steps=500, task=StuckTask(), patience=3)
    assert rows(tmp_path)[-1]["step"] == 40
    assert run(tiny_cache, tmp_path, steps=500, task=StuckTask(), patience=3)
    assert rows(tmp_path)[-1]["step"] == 40


def test_the_best_weights_are_kept_and_found(tiny_cache, tmp_path):
    assert run(tiny_cache, tmp_path, steps=100, keep=2, lr=0.1)
    scores = sorted((row["val_slope"], row["step"]) for row in rows(tmp_path))[:2]
    assert [(round(score, 6), step) for score, step in read_ranking(tmp_path, "line")] == scores
    module = nn.Linear(1, 1)
    load_averaged(module, chosen_checkpoint(tmp_path, "line", best=True))
    assert module.weight.item() == pytest.approx(scores[0][0], abs=1e-5)


class LostTask(LineTask):
    """Its score is not a number."""

    def validate(self, module):
        return {"slope": float("nan")}


def test_a_score_that_is_no_number_is_never_best(tiny_cache, tmp_path):
    assert run(tiny_cache, tmp_path, steps=500, task=LostTask(), patience=3)
    assert rows(tmp_path)[-1]["step"] == 30
    assert rows(tmp_path)[-1]["val_slope"] is None
    assert read_ranking(tmp_path, "line") == []


def test_a_finished_run_goes_on_when_it_is_given_more_steps(tiny_cache, tmp_path):
    assert run(tiny_cache, tmp_path, steps=20)
    assert run(tiny_cache, tmp_path, steps=30)
    assert load_checkpoint(tmp_path / "line.pt")["step"] == 30


class NormTask(LineTask):
    """A batch norm that meets a broken value once."""

    def __init__(self):
        super().__init__()
        self.module = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))

    def loss(self, batch, step, draw):
        x = draw.normal(4, 1) * (float("inf") if step == 3 else 1.0)
        return self.module(x).square().mean(), {}

    def validate(self, module):
        return {"slope": module(torch.ones(1, 1)).item()}


def test_a_broken_value_does_not_stay_in_a_batch_norm(tiny_cache, tmp_path):
    assert run(tiny_cache, tmp_path, task=NormTask())
    state = load_checkpoint(tmp_path / "line.pt")
    assert state["skipped"] == 1
    assert (
        state["module"]["1.running_mean"].isfinite() and state["average"]["module.1.running_mean"].isfinite()
    )


def test_fewer_photos_than_a_batch_holds_are_repeated():
    assert sorted(rows_of_step(np.arange(3), 6, 0, 5)) == [0, 0, 1, 1, 2, 2]
    with pytest.raises(UsageError, match="no photo"):
        rows_of_step(np.arange(0), 6, 0, 5)


def test_tensorboard_gets_the_figures_of_a_line(tiny_cache, tmp_path, monkeypatch):
    written = []

    class Writer(SimpleNamespace):
        def add_scalar(self, name, value, step):
            written.append((name, float(value), step))

    module = SimpleNamespace(SummaryWriter=lambda folder: Writer(flush=lambda: None))
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    run(tiny_cache, tmp_path, steps=10, tensorboard=True)
    assert ("line/val_slope", pytest.approx(rows(tmp_path)[-1]["val_slope"], abs=1e-6), 10) in written


def test_fp16_finds_a_scale_and_learns(tiny_cache, tmp_path):
    assert run(tiny_cache, tmp_path, steps=300, precision="fp16")
    assert abs(rows(tmp_path)[-1]["val_slope"] - 2) < abs(rows(tmp_path)[0]["val_slope"] - 2)


def test_bfloat16_learns_on_the_cpu(tiny_cache, tmp_path):
    assert run(tiny_cache, tmp_path, steps=300, precision="bf16")
    assert abs(rows(tmp_path)[-1]["val_slope"] - 2) < abs(rows(tmp_path)[0]["val_slope"] - 2)


def test_an_unknown_precision_is_refused(tiny_cache, tmp_path):
    with pytest.raises(UsageError, match="fp16"):
        run(tiny_cache, tmp_path, precision="fp8")


def test_tensorboard_that_is_missing_is_named_with_the_remedy(tiny_cache, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UsageError, match="pip install"):
        run(tiny_cache, tmp_path, tensorboard=True)


def test_only_the_given_rows_are_trained_on(tiny_cache, tmp_path):
    seen = set()

    class Watching(LineTask):
        def loss(self, batch, step, draw):
            seen.update(batch.grey[:, 0, 0, 0].mul(255).round().int().tolist())
            return super().loss(batch, step, draw)

    tiny_cache.arrays["grey"][:] = np.arange(16, dtype=np.uint8)[:, None, None]
    options = TrainOptions(steps=10, batch_size=4, warmup=2)
    batches = batches_of(tiny_cache, np.arange(3, 9))
    train(Watching(), batches, tmp_path, options, lambda row: None)
    assert seen == set(range(3, 9))


def test_the_real_vae_resumes_to_the_same_bits(colourful_cache, tmp_path):
    config = ModelConfig(
        backbone="lite0", view=64, encoder_widths=(4, 8), decoder_widths=(8, 8, 8, 8), z_dim=8
    )

    def vae(folder, *lengths):
        for steps in lengths:
            torch.manual_seed(0)
            task = VAETask(config, colourful_cache, VAEOptions())
            # A constant rate: the schedule of a shorter run would fall earlier.
            options = TrainOptions(steps=steps, batch_size=4, warmup=1, decay=0.0)
            batches = CacheBatches(colourful_cache, colourful_cache.rows(held_out=False), task.side)
            assert train(task, batches, folder, options, lambda row: None)
        return load_checkpoint(folder / "vae.pt")

    whole, parts = vae(tmp_path / "whole", 9), vae(tmp_path / "parts", 5, 9)
    for name, value in whole["average"].items():
        assert torch.equal(value, parts["average"][name]), name
