"""Fixtures: a tiny random network that stands for the weights, and photos made on the spot."""

import contextlib
import dataclasses
import hashlib
import os

import cv2
import numpy as np
import pytest
import torch

from colorize_cli.inputs.output_names import OUR_OUTPUT
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import save_weights

# Two threads on a tiny network mostly wait for each other: 82 s instead of 4 beside another program.
torch.set_num_threads(1)

TINY = ModelConfig(
    backbone="lite0",
    view=64,
    z_dim=4,
    encoder_widths=(4, 4),
    decoder_widths=(8, 8, 8, 8),
    components=3,
    mdn_widths=(4, 8),
)


def saved(net, name, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / f"{name}.safetensors"
    save_weights(path, net, name)
    return path


@pytest.fixture(scope="session")
def tiny_net():
    torch.manual_seed(0)
    net = ColorNet(TINY).eval()
    # A fresh head gives nearly the same colour everywhere; tests want variants that differ.
    with torch.no_grad():
        net.decoder.head.weight.mul_(20)
        net.mdn.head.weight.mul_(20)
    return net


TINY_GRID = dataclasses.replace(
    TINY, architecture="grid", detail=96, mdn_pools=2, grid_width=8, grid_basis=4, grid_blocks=1
)


@pytest.fixture(scope="session")
def tiny_grid():
    torch.manual_seed(0)
    net = ColorNet(TINY_GRID).eval()
    with torch.no_grad():
        net.decoder.head.weight.mul_(50)
    return net


@pytest.fixture(scope="session")
def tiny_grid_weights(tiny_grid, tmp_path_factory):
    return saved(tiny_grid, "grid", tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_weights(tiny_net, tmp_path_factory):
    return saved(tiny_net, "tiny", tmp_path_factory)


def grey_scene(height, width, seed=0):
    """A smooth grey picture with edges, uint8."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 216, (5, 7)).astype(np.uint8)
    picture = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    cv2.circle(picture, (width // 2, height // 2), min(height, width) // 4, 200, -1)
    return picture


def colour_scene():
    """A picture in patches of colour, uint8 BGR."""
    patches = np.random.default_rng(0).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    return cv2.resize(patches, (80, 60))


def touch(folder, *names):
    """Make empty files below a folder; the folder."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def _digest(path):
    # Tests of unreadable files replace how the tool opens them.
    with os.fdopen(os.open(path, os.O_RDONLY), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _originals(folder):
    paths = (p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    return {p: _digest(p) for p in paths if ".colorize" not in p.parts and not OUR_OUTPUT.search(p.name)}


@contextlib.contextmanager
def originals_untouched(folder):
    """Around every run of a test: whatever was there and is not ours is the same bytes afterwards."""
    before = _originals(folder)
    yield
    after = _originals(folder)
    assert {path: after.get(path) for path in before} == before


@pytest.fixture
def album(tmp_path):
    """Three grey photos in a folder with a sub-folder."""
    folder = tmp_path / "album"
    (folder / "1912").mkdir(parents=True)
    cv2.imwrite(str(folder / "aunt.jpg"), grey_scene(90, 120, 1))
    cv2.imwrite(str(folder / "boat.png"), grey_scene(101, 67, 2))
    cv2.imwrite(str(folder / "1912" / "crowd.jpg"), grey_scene(64, 64, 3))
    return folder
