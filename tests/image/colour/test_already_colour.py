import numpy as np
import pytest

from colorize_cli.image.colour.already_colour import COLOUR_THRESHOLD, chroma_spread, photo_chroma
from tests.image.conftest import scene


def toned(dark, light, gamma=1.0):
    grey = (scene() / 255)[..., None] ** gamma
    return np.rint(np.array(dark) + (np.array(light) - dark) * grey).astype(np.uint8)


def test_grey_has_no_spread():
    assert chroma_spread(np.repeat(scene()[..., None], 3, axis=2)) < 0.5


@pytest.mark.parametrize(
    ("dark", "light"),
    [
        ((40, 26, 13), (255, 240, 214)),
        ((0, 30, 70), (220, 235, 245)),
        ((70, 20, 20), (240, 220, 200)),
    ],
)
def test_sepia_cyanotype_and_red_chalk_are_not_colour(dark, light):
    assert chroma_spread(toned(dark, light)) < COLOUR_THRESHOLD


def test_a_few_hues_are_colour():
    rgb = np.repeat(scene()[..., None], 3, axis=2) // 2
    rgb[:30, :, 2] += 80
    rgb[30:, :40, 1] += 60
    rgb[40:, 40:, 0] += 60
    assert chroma_spread(rgb) > COLOUR_THRESHOLD


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (3, 400)])
def test_any_size_is_judged(size):
    assert chroma_spread(np.full((*size, 3), 200, np.uint8)) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("tone", [((0, 0, 0), (255, 255, 255)), ((40, 26, 13), (255, 240, 214))])
def test_what_surrounds_a_grey_photo_is_not_its_colour(tone):
    photo = toned(*tone)
    strip = np.random.default_rng(0).integers(0, 256, (8, 80, 3), dtype=np.uint8)
    page = np.full((100, 140, 3), (60, 150, 70), np.uint8)
    page[20:80, 30:110] = photo
    for scan in (np.concatenate([photo, strip]), page):
        assert photo_chroma(scan) < COLOUR_THRESHOLD < chroma_spread(scan)


def test_colour_in_the_middle_is_colour():
    rgb = np.repeat(scene()[..., None], 3, axis=2) // 2
    rgb[15:45, 20:60] += np.random.default_rng(0).integers(0, 120, (30, 40, 3), dtype=np.uint8)
    assert photo_chroma(rgb) == chroma_spread(rgb) > COLOUR_THRESHOLD


@pytest.mark.parametrize("size", [(1, 1), (2, 3)])
def test_the_smallest_have_a_middle(size):
    assert photo_chroma(np.full((*size, 3), 200, np.uint8)) == pytest.approx(0, abs=0.5)
