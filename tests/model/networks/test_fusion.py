import pytest
import torch
from torch import nn

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.fusion import fused

PAPER_SKIP = ModelConfig(
    architecture="paper-skip",
    backbone="lite0",
    encoder_widths=(4, 6, 8, 10),
    decoder_widths=(10, 8, 6, 4),
    mdn_widths=(4, 4, 4, 4, 4, 8),
)


def lived_in(net):
    """Batch norms with statistics of their own, or folding them would be folding nothing."""
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.running_mean, -0.5, 0.5)
            nn.init.uniform_(part.running_var, 0.5, 2.0)
            nn.init.uniform_(part.weight, 0.5, 2.0)
            nn.init.uniform_(part.bias, -0.5, 0.5)
    return net.eval()


def outputs(net, grey, z):
    features = net.backbone(grey)
    return [*features, net.mdn(features).mu, net.decode(z, net.decoder.skips(grey, features))]


@pytest.mark.parametrize("architecture", ["photo", "paper-skip"])
@torch.inference_mode()
def test_a_fused_network_computes_the_same(architecture):
    torch.manual_seed(0)
    config = {"photo": ModelConfig(backbone="lite0", view=64), "paper-skip": PAPER_SKIP}[architecture]
    net = lived_in(ColorNet(config))
    grey, z = torch.rand(2, 1, config.view, config.view), torch.randn(2, 3, config.z_dim)
    before = outputs(net, grey, z)
    for found, wanted in zip(outputs(fused(net), grey, z), before, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3 * wanted.abs().max().item())


def test_no_norm_stays_behind_a_convolution():
    net = fused(ColorNet(ModelConfig(backbone="lite0", view=64)).eval())
    assert not any(
        isinstance(part, nn.BatchNorm2d) for part in (*net.backbone.modules(), *net.decoder.modules())
    )


def test_a_network_in_training_is_refused():
    with pytest.raises(ValueError, match="training"):
        fused(nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)))
