"""A white border or mount takes no colour, wherever the photo in it is as light."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from colorize_cli.hints.apply import PhotoHints
from colorize_cli.hints.hint import Hint
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.mount import colour_share
from colorize_cli.image.colour.upsample import Upsampler, guide
from colorize_cli.image.photo import Metadata, Photo

SHAPE = (300, 400)
RED = np.full((20, 20, 2), 30, np.float32)


def opening(kind):
    """(H,W) where the photo shows through."""
    mask = np.zeros(SHAPE, np.uint8)
    if kind == "oval":
        cv2.ellipse(mask, (200, 150), (120, 90), 0, 0, 360, 1, -1)
    elif kind == "arch":
        cv2.rectangle(mask, (80, 150), (320, 250), 1, -1)
        cv2.ellipse(mask, (200, 150), (120, 90), 0, 180, 360, 1, -1)
    elif kind == "narrow":
        mask[8:-8, 8:-8] = 1
    else:
        mask[60:240, 80:320] = 1
    return mask > 0


def scan(mask, *, paper=235, writing=True):
    """Something grey on paper with grain, uneven light and a line of writing."""
    rng = np.random.default_rng(0)
    rough = rng.uniform(30, 200, (6, 8)).astype(np.float32)
    photo = cv2.resize(rough, SHAPE[::-1], interpolation=cv2.INTER_CUBIC).clip(10, 205)
    sheet = paper + np.linspace(-4, 4, SHAPE[1]) + rng.normal(0, 3, SHAPE)
    whole = np.where(mask, photo, sheet).clip(0, 255).astype(np.uint8)
    if writing and not mask[270:].any():
        cv2.putText(whole, "Anna 1912", (150, 285), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 0.6, 60, 1)
    return whole


@pytest.mark.parametrize("kind", ["plain", "oval", "arch", "narrow"])
@pytest.mark.parametrize("paper", [205, 252])
def test_paper_gets_no_colour_and_the_photo_all_of_its_own(kind, paper):
    mask = opening(kind)
    share = colour_share(guide(scan(mask, paper=paper)))
    inside = cv2.erode(mask.astype(np.uint8), np.ones((9, 9))) > 0
    outside = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9))) == 0
    assert (share[outside] < 0.01).mean() > 0.98
    assert (share[inside] > 0.99).mean() > 0.95


def test_three_white_edges_are_a_border():
    whole = scan(opening("plain"))[:, 80:]
    assert colour_share(guide(whole))[150, 300] == 0


def test_a_sky_is_no_border():
    whole = scan(np.ones(SHAPE, bool))
    whole[:120] = 235
    assert colour_share(guide(whole)) is None


def test_a_white_backdrop_is_no_border():
    whole = scan(opening("plain"))
    for centre in ((80, 60), (320, 60), (80, 240), (320, 240)):
        cv2.circle(whole, centre, 70, 235, -1)
    assert colour_share(guide(whole)) is None


def test_what_runs_into_a_straight_border_leaves_the_border_white():
    whole = scan(opening("plain"), writing=False)
    cv2.rectangle(whole, (180, 50), (220, 200), 235, -1)
    share = colour_share(guide(whole))
    assert share[30, 200] == 0
    assert share[150, 200] == pytest.approx(1)


@pytest.mark.parametrize("level", [20, 150, 255])
def test_no_border_where_there_is_nothing_else_or_it_is_not_white(level):
    assert colour_share(guide(np.full(SHAPE, level, np.uint8))) is None


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (7, 5)])
def test_tiny_pictures_have_none(shape):
    assert colour_share(guide(np.full(shape, 250, np.uint8))) is None


def canvas(luma):
    return Canvas(Photo(Path("a.png"), luma, None, "png", Metadata(), "aa", 0.0))


def test_delivered_borders_are_neutral():
    mask = opening("plain")
    strips = canvas(scan(mask)).strips(np.moveaxis(RED, -1, 0), deep=False)
    spread = np.ptp(np.concatenate(list(strips)).astype(int), axis=2)
    assert spread[:50].max() == 0
    assert spread[70:230, 90:310].min() > 3


def test_a_smaller_guide_has_the_same_border():
    whole = canvas(scan(opening("plain"))).upsampler
    small = whole.onto(np.ascontiguousarray(whole.guide[::2, ::2]))
    assert small(RED)[10, 10].max() == 0
    assert small(RED)[75, 100].min() > 20


def test_a_hint_on_the_mount_colours_it():
    hinted = canvas(scan(opening("plain")))
    hint = Hint(0.05, 0.05, 8.0, 14.0)
    touched = PhotoHints([hint], hinted).corrected(np.zeros((1, 2, 20, 20), np.float32))
    assert isinstance(hinted.upsampler, Upsampler) and hinted.upsampler.share is None
    assert touched.left.max() < 3
