import torch

from tests.conftest import TINY


def grey_batch(b=2):
    return torch.rand(b, 1, TINY.view, TINY.view, generator=torch.Generator().manual_seed(2))


def test_encoder_gives_bounded_codes(tiny_net):
    mu, log_var = tiny_net.encoder(torch.full((2, 2, TINY.field, TINY.field), 100.0))
    assert mu.shape == log_var.shape == (2, TINY.z_dim)
    assert log_var.max() <= 4.0


def test_decoder_gives_fields_of_the_promised_size(tiny_net):
    grey = grey_batch()
    skips = tiny_net.decoder.skips(grey, tiny_net.backbone(grey))
    assert tiny_net.decoder(torch.zeros(2, TINY.z_dim), skips).shape == (2, 2, TINY.field, TINY.field)


def test_decoding_many_codes_equals_decoding_each(tiny_net):
    grey = grey_batch()
    with torch.inference_mode():
        skips = tiny_net.decoder.skips(grey, tiny_net.backbone(grey))
        codes = torch.randn(2, 3, TINY.z_dim)
        together = tiny_net.decode(codes, skips)
        for i in range(3):
            torch.testing.assert_close(
                together[:, i], tiny_net.decoder(codes[:, i], skips), atol=1e-5, rtol=1e-4
            )


def test_the_code_changes_the_colours(tiny_net):
    grey = grey_batch(1)
    with torch.inference_mode():
        skips = tiny_net.decoder.skips(grey, tiny_net.backbone(grey))
        one, two = tiny_net.decode(torch.tensor([[[3.0] * 4, [-3.0] * 4]]), skips)[0]
    assert (one - two).abs().mean() > 1e-3
