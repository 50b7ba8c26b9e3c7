import json

import pytest
import torch
from torch import nn

from colorize_training.batches import rows_of_step
from colorize_training.checkpoint import load_checkpoint
from colorize_training.options import TrainOptions
from colorize_training.trainer import learning_rate, train


class LineTask:
    """Fits y = 2x from noise that the loop's generator draws; stands for a stage."""

    name = "line"
    side = 4
    needs_features = False
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


def run(tiny_cache, folder, steps=20, stop_at=None):
    task = LineTask()
    task.stop_at = stop_at
    options = TrainOptions(steps=steps, batch_size=4, warmup=2, validate_every=10)
    return train(task, tiny_cache, folder, options, lambda row: None)


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
    import numpy as np

    rows = np.arange(12)
    epochs = [
        np.concatenate([rows_of_step(rows, 4, 0, step) for step in part]) for part in (range(3), range(3, 6))
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(rows)
    assert list(epochs[0]) != list(epochs[1])
