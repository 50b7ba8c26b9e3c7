import torch

from colorize_cli.model.networks.fusion import fused
from colorize_cli.model.weights import load_weights
from tests.conftest import TINY_GRID


def skips_of(net, grey):
    return net.decoder.skips(grey, net.backbone(grey))


def test_fields_are_a_quarter_of_a_view_of_any_shape(tiny_grid):
    fields = tiny_grid.decode(torch.randn(2, 3, 4), skips_of(tiny_grid, torch.rand(2, 1, 64, 96)))
    assert fields.shape == (2, 3, 2, 16, 24)


def test_the_mixture_takes_views_of_any_shape(tiny_grid):
    mixture = tiny_grid.mdn(tiny_grid.backbone(torch.rand(2, 1, 96, 64)))
    assert mixture.mu.shape == (2, 3, 4) and mixture.log_pi.exp().sum(1).allclose(torch.ones(2))


def test_a_code_decodes_alike_whatever_others_there_are(tiny_grid):
    codes, skips = torch.randn(1, 3, 4), skips_of(tiny_grid, torch.rand(1, 1, 64, 64))
    torch.testing.assert_close(tiny_grid.decode(codes, skips)[:, 1:2], tiny_grid.decode(codes[:, 1:2], skips))


def test_fields_are_a_linear_map_of_the_pixels_with_enlarged_coefficients(tiny_grid):
    codes, skips = torch.randn(2, 3, 4), skips_of(tiny_grid, torch.rand(2, 1, 64, 96))
    coefficients = tiny_grid.decoder.coefficients(codes, skips)
    fine = torch.nn.functional.interpolate(coefficients.flatten(0, 1), size=(16, 24), mode="bilinear")
    slope, offset = fine.reshape(2, 3, 2, -1, 16, 24).split([TINY_GRID.grid_basis, 1], 3)
    expected = 0.15 * ((slope * skips[1][:, None, None]).sum(3) + offset[:, :, :, 0])
    torch.testing.assert_close(tiny_grid.decode(codes, skips), expected)


def test_coarse_fields_are_like_the_fine_ones(tiny_grid):
    codes, skips = torch.randn(1, 2, 4), skips_of(tiny_grid, torch.rand(1, 1, 64, 96))
    fine = tiny_grid.decode(codes, skips)
    coarse = tiny_grid.decode(codes, tiny_grid.decoder.coarse(skips, 0))
    assert coarse.shape == (1, 2, 2, 4, 6)
    small = torch.nn.functional.avg_pool2d(fine[0], 4)
    assert torch.corrcoef(torch.stack([coarse.flatten(), small.flatten()]))[0, 1] > 0.95


def test_the_encoder_sees_the_grey_that_belongs_to_the_colours(tiny_grid):
    field, dark = torch.rand(1, 2, 16, 24) / 10, torch.zeros(1, 1, 64, 96)
    mu, log_var = tiny_grid.encoder(field, dark)
    assert mu.shape == log_var.shape == (1, 4)
    assert not tiny_grid.encoder(field, dark + 1)[0].allclose(mu)


def test_weights_survive_a_file_and_fusion(tiny_grid, tiny_grid_weights):
    loaded, _ = load_weights(tiny_grid_weights)
    assert loaded.config == TINY_GRID
    codes, grey = torch.randn(1, 2, 4), torch.rand(1, 1, 64, 64)
    expected = tiny_grid.decode(codes, skips_of(tiny_grid, grey))
    for net in (loaded, fused(loaded)):
        torch.testing.assert_close(net.decode(codes, skips_of(net, grey)), expected, atol=2e-2, rtol=2e-2)
