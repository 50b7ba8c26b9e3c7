import dataclasses
import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from colorize_cli.errors import UsageError
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import describe_weights, load_weights, save_weights
from colorize_training.cli import cli
from colorize_training.data.faces import Face
from colorize_training.data.photo_store import fill_store, store_spec
from colorize_training.data.sources import list_photos
from colorize_training.data.view_batches import Sizes, ViewBatches
from colorize_training.loop.task import Draw
from colorize_training.options import GridOptions
from colorize_training.stages.grid.loss import forward, grid_loss, temperature
from colorize_training.stages.grid.task import GridNet, GridTask, delivered
from tests.conftest import TINY_GRID

PRESET = """[model]
architecture = "grid"
backbone = "lite0"
view = 64
detail = 96
z_dim = 4
encoder_widths = [4, 4]
decoder_widths = [8, 8, 8, 8]
components = 5
mdn_widths = [4, 8]
mdn_pools = 2
grid_width = 8
grid_basis = 4
grid_blocks = 1
"""


@pytest.fixture(scope="module")
def store(photo_folder, tmp_path_factory):
    items = list_photos([photo_folder])
    return fill_store(items, tmp_path_factory.mktemp("store"), store_spec(items, every=4), lambda n: None)


def batches(store, **changes):
    rows = store.rows(held_out=False)
    settings = {"sizes": Sizes(64, 64), "grow": 0, "aged": 0.3} | changes
    return ViewBatches(store, rows, np.ones(len(rows)), **settings)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return ColorNet(dataclasses.replace(TINY_GRID, components=5))


def losses(net, store, steps):
    module = GridNet(net, backbone_rate=0.2).train()
    optimizer = torch.optim.Adam(module.parameters(), 3e-3)
    for step, batch in enumerate(batches(store)(8, 0, range(steps))):
        draw, options = Draw(torch.Generator().manual_seed(step), 0, 8), GridOptions()
        loss, figures = grid_loss(forward(net, batch, draw, options), batch, step, options)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item(), figures


def test_it_learns(net, store):
    found = [loss for loss, _ in losses(net, store, 40)]
    assert np.mean(found[-5:]) < 0.9 * np.mean(found[:5])


def test_every_component_gets_a_gradient(net, store):
    list(losses(net, store, 1))
    means = net.mdn.head.weight.grad[5 : 5 + 5 * 4].reshape(5, -1)
    assert (means.abs().sum(1) > 0).all()


def test_the_backbone_keeps_its_statistics(net, store):
    before = net.backbone.stem[2].running_mean.clone()
    list(losses(net, store, 2))
    assert torch.equal(net.backbone.stem[2].running_mean, before)


def test_the_temperature_falls_and_stays():
    found = [temperature(GridOptions(heat=0.3, cool=0.03, cooling=10), step) for step in (0, 5, 10, 99)]
    assert (
        found[0] == 0.3
        and found[1] == pytest.approx(0.3 * 0.1**0.5)
        and found[2:] == pytest.approx([0.03] * 2)
    )


@torch.no_grad()
def test_delivered_fields_are_those_an_engine_makes(net, store):
    from colorize_cli.engine.colorizer import Colorizer
    from colorize_cli.engine.protocol import Prompt, SampleOptions

    net.config = dataclasses.replace(net.config, temperature=0.0, diversity=0.4)
    batch = next(iter(batches(store)(2, 0, range(1))))
    ours = delivered(net.eval(), batch) * 128
    engine = Colorizer(net, None, torch.device("cpu"))
    theirs = engine.variants(
        batch.code[:, 0].numpy(), [Prompt("a"), Prompt("b")], SampleOptions(5), batch.grey[:, 0].numpy()
    )
    np.testing.assert_allclose(ours.numpy(), theirs.fields, atol=1e-3)


def test_held_out_photos_are_measured(net, store):
    figures = GridTask(net, store, store.rows(held_out=True), Sizes(64, 64), GridOptions()).validate(
        GridNet(net.eval(), backbone_rate=0.0)
    )
    assert figures["eob"] <= figures["top1"] and figures["eob"] <= figures["mean"]
    assert 0 <= figures["cast1"] <= 1


@pytest.fixture
def preset(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(PRESET)
    return path


def run(photo_folder, folder, preset, *more):
    words = ["grid", str(photo_folder), "--run", str(folder), "--preset", str(preset), "--batch-size", "4"]
    words += ["--code-view", "64", "--detail-view", "64", "--validate-every", "2", *more]
    return CliRunner().invoke(cli, words, standalone_mode=False)


def test_photos_become_weights_by_two_commands(photo_folder, preset, tiny_grid_weights, tmp_path):
    net = ColorNet(dataclasses.replace(TINY_GRID, components=5))
    save_weights(tmp_path / "start.safetensors", net, "start")
    start = ("--start", str(tmp_path / "start.safetensors"))
    result = run(photo_folder, tmp_path / "run", preset, "--steps", "4", *start)
    assert result.exception is None, result.output
    output = tmp_path / "mine.safetensors"
    words = ["export", "--run", str(tmp_path / "run"), "-o", str(output), "--name", "mine", "--detail", "192"]
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    assert result.exception is None, result.output
    loaded, info = load_weights(output)
    assert (info.name, loaded.config.detail) == ("mine", 192)
    assert describe_weights(output)["training"]["grid"]["steps"] == 4
    assert json.loads((tmp_path / "run" / "photos" / "store.json").read_text())["photos"] == 16


def test_a_network_of_another_architecture_is_refused(photo_folder, tmp_path):
    (tmp_path / "tiny.toml").write_text(PRESET.replace('"grid"', '"photo"'))
    result = run(photo_folder, tmp_path / "run", tmp_path / "tiny.toml", "--steps", "1")
    assert isinstance(result.exception, UsageError) and "vae" in str(result.exception)


def test_faces_teach_every_hypothesis(net, store):
    faces = {int(row): (Face(0.2, 0.2, 0.6, 0.6),) for row in store.rows(held_out=False)}
    batch = next(iter(batches(store, faces=faces)(8, 0, range(1))))
    made_of = forward(net, batch, Draw(torch.Generator(), 0, 8), GridOptions())
    assert grid_loss(made_of, batch, 0, GridOptions())[1]["loss_skin"] > 0
    assert grid_loss(made_of, batch, 0, GridOptions(skin_weight=0.0))[1]["loss_skin"] == 0
