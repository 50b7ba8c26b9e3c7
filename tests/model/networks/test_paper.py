import pytest
import torch

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import modes
from colorize_cli.model.network import ColorNet, build_decoder, build_encoder, build_mdn
from colorize_cli.model.networks.paper import small_grey
from colorize_cli.model.weights import load_weights, save_weights

FULL = {
    "encoder_widths": (128, 256, 512, 1024),
    "decoder_widths": (1024, 512, 256, 128),
    "mdn_widths": (384, 320, 288, 256, 128, 4096),
    "mdn_variance": 0.1,
}
TINY = {
    "backbone": "lite0",
    "encoder_widths": (4, 6, 8, 10),
    "decoder_widths": (10, 8, 6, 4),
    "mdn_widths": (4, 4, 4, 4, 4, 8),
    "mdn_variance": 0.1,
    "temperature": 0.0,
}

FIRST, LAST = slice(None, 16), slice(-16, None)


def parameters(module):
    return sum(p.numel() for p in module.parameters()) / 1e6


def tiny(architecture):
    torch.manual_seed(0)
    return ModelConfig(architecture=architecture, **TINY)


def test_sizes_are_those_of_the_paper():
    with torch.device("meta"):
        plain, skip = (ModelConfig(architecture=a, **FULL) for a in ("paper", "paper-skip"))
        encoder = parameters(build_encoder(plain))
        assert encoder == pytest.approx(14.59, abs=0.01)
        assert parameters(build_decoder(plain)) == pytest.approx(18.26, abs=0.01)
        assert encoder + parameters(build_decoder(skip)) == pytest.approx(46.1, abs=0.1)


@pytest.mark.parametrize("architecture", ["paper", "paper-skip"])
def test_fields_are_64_by_64_within_one(architecture):
    decoder = build_decoder(tiny(architecture)).eval()
    field = decoder(torch.randn(3, 64), decoder.skips(torch.rand(3, 1, 160, 160), ()))
    assert field.shape == (3, 2, 64, 64) and field.abs().max() < 1


def test_without_skips_the_code_alone_decides():
    decoder = build_decoder(tiny("paper")).eval()
    assert decoder.skips(torch.rand(1, 1, 160, 160), ()) == []


def test_skips_are_aligned_with_the_picture():
    """The reference code's loader interleaved the channels, so that its skips were not.

    The corner lies off the diagonal, where rows and columns cannot be swapped unseen.
    """
    decoder, grey = build_decoder(tiny("paper-skip")).eval(), torch.rand(1, 1, 160, 160)
    changed = grey.clone()
    changed[..., :20, -20:] = 1 - changed[..., :20, -20:]
    z = torch.randn(1, 64)
    change = (decoder(z, decoder.skips(grey, ())) - decoder(z, decoder.skips(changed, ()))).abs().sum(1)[0]
    corners = [change[rows, columns].mean() for rows in (FIRST, LAST) for columns in (FIRST, LAST)]
    assert corners[1] > 5 * max(corners[0], corners[2], corners[3])


def test_z_is_multiplied_with_the_coarsest_grey_map():
    decoder, codes = build_decoder(tiny("paper-skip")).eval(), torch.randn(2, 1, 64)
    skips = decoder.skips(torch.rand(1, 1, 160, 160), ())
    assert not torch.allclose(decoder(codes[0], skips), decoder(codes[1], skips))
    skips[0].zero_()
    torch.testing.assert_close(decoder(codes[0], skips), decoder(codes[1], skips))


def test_grey_is_brought_to_minus_one_to_one():
    grey = torch.stack([torch.zeros(1, 160, 160), torch.ones(1, 160, 160)])
    expected = torch.stack([-torch.ones(1, 64, 64), torch.ones(1, 64, 64)])
    torch.testing.assert_close(small_grey(grey, 64), expected)


def test_batch_norm_stands_after_the_activation():
    layer, x = build_encoder(tiny("paper")).layers[0], torch.randn(4, 2, 64, 64)
    # Before training batch norm lets through what the activation gives; in training it centres it.
    assert layer.eval()(x).min() == 0
    torch.testing.assert_close(layer.train()(x).mean((0, 2, 3)), torch.zeros(4), atol=1e-5, rtol=0)


def test_the_encoder_sees_every_pixel():
    encoder, field = build_encoder(tiny("paper")).eval(), torch.zeros(1, 2, 64, 64, requires_grad=True)
    encoder(field)[0].square().sum().backward()
    assert (field.grad.abs().sum(1) > 0).all()


def test_fixed_variance_is_the_one_of_the_config():
    features = tuple(torch.rand(2, c, s, s) for c, s in zip((40, 112, 320), (20, 10, 5), strict=True))
    mixture = build_mdn(tiny("paper")).eval()(features)
    torch.testing.assert_close(mixture.log_sigma.exp() ** 2, torch.full((2, 8, 64), 0.1))
    torch.testing.assert_close(mixture.log_pi.exp().sum(1), torch.ones(2))


@pytest.mark.parametrize("architecture", ["paper", "paper-skip"])
def test_weights_are_saved_and_colour(architecture, tmp_path):
    save_weights(tmp_path / "w.safetensors", ColorNet(tiny(architecture)).eval(), "paper")
    net, _ = load_weights(tmp_path / "w.safetensors")
    assert net.config == tiny(architecture)
    colorizer = Colorizer.load(tmp_path / "w.safetensors", "cpu", "fp32")
    assert len(colorizer.colorize(torch.zeros(30, 40, dtype=torch.uint8).numpy(), n=2)) == 2


def test_no_other_architecture_is_known():
    with pytest.raises(ValueError, match="unet"):
        ModelConfig(architecture="unet")


@pytest.mark.parametrize("architecture", ["paper", "paper-skip"])
def test_widths_may_be_odd(architecture):
    odd = TINY | {"encoder_widths": (3, 5, 7, 9), "decoder_widths": (9, 7, 5, 3)}
    config = ModelConfig(architecture=architecture, **odd | {"mdn_widths": (3, 5, 7, 5, 3, 9)})
    net, grey = ColorNet(config).eval(), torch.rand(2, 1, 160, 160)
    features = net.backbone(grey)
    assert net.encoder(torch.rand(2, 2, 64, 64))[0].shape == (2, 64)
    assert net.decoder(net.mdn(features).mu[:, 0], net.decoder.skips(grey, features)).shape == (2, 2, 64, 64)


@pytest.mark.parametrize("architecture", ["paper", "paper-skip"])
def test_fields_are_the_decoded_means_by_weight(architecture, tmp_path):
    """The paper decodes the means sorted by pi, without noise; a port of its code sorts them upwards."""
    save_weights(tmp_path / "w.safetensors", ColorNet(tiny(architecture)).eval(), "paper")
    colorizer, grey = Colorizer.load(tmp_path / "w.safetensors", "cpu", "fp32"), torch.rand(1, 1, 160, 160)
    with torch.inference_mode():
        features = colorizer.net.backbone(grey)
        codes, _ = modes(colorizer.net.mdn(features))
        expected = colorizer.net.decode(codes, colorizer.net.decoder.skips(grey, features)) * 128
    fields = colorizer.fields(grey[:, 0].numpy(), ["photo"], n=8)
    torch.testing.assert_close(torch.from_numpy(fields), expected, atol=1e-3, rtol=1e-4)
