import cv2
import numpy as np
import pytest
import torch

from colorize_cli.image.colour.cielab import into_gamut, lab_to_rgb
from colorize_training.losses.perceptual import Perceptual, rgb


@pytest.fixture(scope="module")
def perceptual():
    return Perceptual()


def test_colours_are_those_of_the_tool():
    rng = np.random.default_rng(0)
    luma = rng.integers(0, 256, (32, 32), np.uint8)
    ab = into_gamut(luma, rng.normal(0, 25, (2, 32, 32)).astype(np.float32))
    made = rgb(torch.from_numpy(luma)[None, None] / 255, torch.from_numpy(ab)[None] / 128)
    np.testing.assert_allclose(made[0].permute(1, 2, 0), lab_to_rgb(luma, ab).clip(0, 1), atol=0.01)


def test_it_is_zero_for_equal_fields_and_grows_with_the_difference(perceptual):
    grey, truth = torch.rand(2, 1, 64, 64), torch.rand(2, 2, 16, 16) / 4
    near, far = (perceptual(grey, truth * share, truth) for share in (0.9, 0.0))
    assert perceptual(grey, truth, truth) == 0 < near < far


def test_misplaced_colours_count_more_than_paler_ones(perceptual):
    grey = torch.from_numpy(cv2.circle(np.zeros((64, 64), np.float32), (20, 32), 12, 1.0, -1))[None, None]
    truth = torch.zeros(1, 2, 16, 16)
    truth[..., 5:11, 2:8] = 0.3
    paler, misplaced = truth * 0.5, truth.flip(3)
    assert perceptual(grey, paler, truth) < perceptual(grey, misplaced, truth)


def test_black_and_extreme_colours_have_finite_gradients(perceptual):
    grey = torch.zeros(1, 1, 64, 64)
    field = torch.full((1, 2, 16, 16), -1.0, requires_grad=True)
    perceptual(grey, field, torch.ones(1, 2, 16, 16)).backward()
    assert field.grad.isfinite().all()
