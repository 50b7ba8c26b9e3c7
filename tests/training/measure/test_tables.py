"""The paper's tables in kind, on four small photos and tiny random networks."""

import json

import numpy as np
import pytest
import torch

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.errors import NoInputError
from colorize_cli.model.weights import WeightsInfo
from colorize_training.data.sources import Item, list_photos
from colorize_training.measure.harness import no_progress
from colorize_training.measure.methods import ColorizerMethod
from colorize_training.measure.published import published_diverse, published_losses
from colorize_training.measure.references import reference_of
from colorize_training.measure.report import as_json
from colorize_training.measure.tables import (
    diverse_table,
    loss_figures,
    losses_table,
    markdown,
    render_diverse,
    render_losses,
)


def ones(truth):
    return np.ones(truth.shape[:2], np.float32)


@pytest.fixture
def items(photo_folder):
    return list_photos([photo_folder])[:4]


@pytest.fixture
def method(tiny_net):
    return ColorizerMethod(Colorizer(tiny_net, WeightsInfo("tiny", "0" * 64), torch.device("cpu")))


def cells(text, start):
    """The cells of the row of a Markdown table that starts with `start`."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_four_errors_of_a_photo_by_hand():
    truth = np.zeros((64, 64, 2), np.float32)
    delivered, weights = truth.copy(), np.ones((64, 64), np.float32)
    delivered[0, 0] = 128.0  # outside the grid
    delivered[18, 22, 0] = 64.0  # on the grid
    weights[18, 22] = 10.0
    expected = {
        "MAE All": 2.5 / 8192,
        "MAE Grid": 0.5 / 128,
        "weighted All": 7.0 / 8192,
        "weighted Grid": 5.0 / 128,
    }
    assert loss_figures(delivered, truth, weights) == pytest.approx(expected)


def test_losses_have_a_row_of_grey_and_one_a_network(items, method):
    rows = losses_table([reference_of(method)], items, ones, no_progress)
    assert [(r.name, r.photos) for r in rows] == [("grey", 4), ("tiny", 4)]
    assert rows[0].figures["MAE All"].ratio.value == 1.0
    assert rows[1].figures["MAE All"].figure.value > 0.0
    # With weights of one the weighted error is the plain one.
    for row in rows:
        values = {name: figure.figure.value for name, figure in row.figures.items()}
        assert values["weighted All"] == pytest.approx(values["MAE All"])
        assert values["weighted Grid"] == pytest.approx(values["MAE Grid"])


def test_losses_as_markdown_keep_the_published_apart(items, method):
    text = render_losses(losses_table([reference_of(method)], items, ones, no_progress))
    assert cells(text, "loss")[5] == "weighted All, median photo"
    assert cells(text, "grey")[6].startswith("1.00")
    assert cells(text, "Mah+Color+Grad, LFW (published")[1:5] == [".029", ".029", "2.65", "2.83"]
    assert cells(text, "L2, ImageNet-Val (published")[1:5] == [".031", ".031", "10.02", "9.21"]
    assert len({line.count("|") for line in text.splitlines()[2:]}) == 1
    assert "4 photos" in text.splitlines()[0]


def test_diverse_rows_are_measured_as_evaluate_does(items, method):
    rows = diverse_table([method], items, variants=2, seed=1, timed=2, progress=no_progress)
    assert [row.report.weights for row in rows] == ["grey", "tiny"]
    assert rows[0].report.rows["eob@2"].ratio.value == pytest.approx(1.0, abs=0.05)
    assert rows[1].report.rows["var"].figure.value > 0.0
    assert all(row.seconds > 0.0 for row in rows)
    text = render_diverse(rows)
    assert cells(text, "method")[1:3] == ["eob@2", "var"]
    assert cells(text, "Ours+skip, Church (published")[1:3] == [".036", "2.9e-4"]
    assert len(json.loads(as_json(rows))) == 2


def test_photos_that_cannot_be_read_are_left_out_and_none_is_an_error(items, method, tmp_path):
    broken = Item(tmp_path / "gone.jpg", "")
    rows = losses_table([], [broken, *items], ones, no_progress)
    assert rows[0].photos == 4
    with pytest.raises(NoInputError):
        losses_table([], [broken], ones, no_progress)


def test_every_published_row_says_so():
    assert all("published" in row[0] for row in (*published_losses(), *published_diverse()))


def test_short_rows_are_filled():
    assert markdown(("a", "b"), [("1",)]) == "| a | b |\n| --- | ---: |\n| 1 |  |"
