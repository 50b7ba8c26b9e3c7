import numpy as np
import torch

from colorize_cli.image.colour.cielab import lab_to_rgb
from colorize_training.losses.srgb import rgb_of


def test_colours_are_those_of_opencv_inside_the_gamut():
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (64, 64)).astype(np.uint8)
    ab = (rng.standard_normal((2, 64, 64)) * 12).astype(np.float32)
    wanted = lab_to_rgb(grey, ab)
    found = rgb_of(torch.from_numpy(grey)[None, None] / 255, torch.from_numpy(ab)[None] / 128)[0]
    inside = (wanted > 0.01).all(-1) & (wanted < 0.99).all(-1)
    assert inside.mean() > 0.7
    np.testing.assert_allclose(found.permute(1, 2, 0).numpy()[inside], wanted[inside], atol=1e-3)


def test_a_small_field_is_enlarged():
    assert rgb_of(torch.rand(2, 1, 16, 24), torch.zeros(2, 2, 4, 6)).shape == (2, 3, 16, 24)


def test_a_gradient_passes_and_is_finite_for_black_white_and_wild_colours():
    grey = torch.tensor([0.0, 0.001, 0.5, 1.0]).reshape(1, 1, 2, 2)
    field = torch.tensor([[0.0, 0.0, 0.1, 0.0], [1.0, -1.0, 0.1, 0.0]]).reshape(1, 2, 2, 2).requires_grad_()
    rgb_of(grey, field).sum().backward()
    assert torch.isfinite(field.grad).all() and field.grad[0, :, 1, 0].abs().min() > 0
