"""CVAE and cGAN: what makes them what they are, on tiny random networks."""

import numpy as np
import pytest
import torch

from colorize_cli.errors import WeightsError
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.weights import load_weights
from colorize_training.baselines.cgan import CGAN
from colorize_training.baselines.cvae import CVAE
from colorize_training.baselines.discriminator import judged_by_a_frozen, real
from colorize_training.baselines.files import is_baseline, load_baseline, save_baseline
from colorize_training.baselines.sampler import SamplerMethod, draw_fields
from tests.conftest import grey_scene

TINY = ModelConfig(
    architecture="paper-skip", backbone="lite0", view=64, encoder_widths=(4,) * 4, decoder_widths=(8, 4, 4, 4)
)
KINDS = {"cvae": CVAE, "cgan": CGAN}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def module(kind):
    torch.manual_seed(0)
    return KINDS[kind](TINY).eval()


def views(count):
    return np.random.default_rng(0).random((count, 64, 64), np.float32)


def generator():
    return torch.Generator().manual_seed(1)


def test_samples_differ_and_are_fixed_by_the_generator(module):
    grey = torch.from_numpy(views(1))[None]
    one, again = (draw_fields(module, grey, 6, generator()) for _ in range(2))
    assert one.shape == (6, 2, 64, 64)
    assert np.array_equal(one, again)
    assert all(np.abs(one[0] - other).max() > 1e-4 for other in one[1:])


def test_sampling_leaves_torchs_own_noise_alone(module):
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    draw_fields(module, torch.from_numpy(views(1))[None], 2, generator())
    assert torch.equal(torch.rand(1), expected)


def test_a_photo_has_the_same_colours_in_any_batch(module):
    colors = SamplerMethod(module, None, samples=8)
    greys = [grey_scene(70, 90, seed) for seed in range(2)]
    together = colors.fields(greys, ["a", "b"], 3, seed=1)
    alone = colors.fields(greys[1:], ["b"], 3, seed=1)
    assert together[0].shape == (3, 2, 64, 64)
    np.testing.assert_array_equal(together[1], alone[0])
    assert not np.array_equal(alone[0], colors.fields(greys[1:], ["b"], 3, seed=2)[0])


def test_a_file_holds_all_of_a_baseline_and_colorize_refuses_it(kind, module, tmp_path):
    path = tmp_path / "baseline.safetensors"
    save_baseline(path, kind, module)
    assert is_baseline(path)
    loaded = load_baseline(path)
    assert (loaded.info.name, loaded.sampler.config.view) == (kind, 64)
    grey = torch.from_numpy(views(1))[None]
    one, two = (draw_fields(sampler, grey, 3, generator()) for sampler in (module, loaded.sampler))
    np.testing.assert_allclose(one, two, atol=1e-5)
    with pytest.raises(WeightsError, match="not weights of colorize"):
        load_weights(path)


def test_what_is_no_baseline_is_said_to_be_none(tiny_weights, tmp_path):
    (tmp_path / "text").write_text("nothing")
    assert not is_baseline(tmp_path / "text")
    assert not is_baseline(tmp_path / "gone")
    assert not is_baseline(tiny_weights)
    with pytest.raises(WeightsError, match="not a readable baseline"):
        load_baseline(tiny_weights)


def test_the_encoder_of_the_cvae_sees_the_grey_photo():
    torch.manual_seed(0)
    cvae = CVAE(TINY).eval()
    field = torch.zeros(1, 2, 64, 64)
    one, two = (cvae.encode(torch.full((1, 1, 64, 64), level), field)[0] for level in (0.2, 0.8))
    assert (one - two).abs().max() > 1e-4


def test_the_wish_to_deceive_teaches_the_generator_and_not_the_judge():
    torch.manual_seed(0)
    cgan = CGAN(TINY)
    grey = torch.from_numpy(views(2))[:, None]
    real(judged_by_a_frozen(cgan.judge, grey, cgan.colour(grey))).backward()
    assert all(parameter.grad is None for parameter in cgan.judge.parameters())
    assert cgan.generator.head[1].weight.grad.abs().max() > 0
