import dataclasses
import json

import pytest
import torch

from colorize_cli.errors import WeightsError
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import log_prob
from colorize_cli.model.network import ColorNet, build_mdn
from colorize_cli.model.weights import load_weights, save_weights

CONFIG = ModelConfig(backbone="lite0", view=64, z_dim=4, mdn_widths=(8, 16))


def features(photos: int, scale: float = 7.0) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    sizes = zip(CONFIG.features, (8, 4, 2), strict=True)
    return tuple(scale * torch.randn(photos, channels, side, side) for channels, side in sizes)


def test_one_mixture_for_each_photo():
    mixture = build_mdn(CONFIG).eval()(features(3))
    assert mixture.mu.shape == (3, 8, 4)
    torch.testing.assert_close(mixture.log_pi.exp().sum(1), torch.ones(3))


def test_photos_keep_mixtures_of_their_own_at_a_rate_that_kills_or_blows_up_plain_units():
    torch.manual_seed(1)
    mdn, seen = build_mdn(CONFIG), features(32)
    optimizer = torch.optim.AdamW(mdn.parameters(), lr=0.3)
    for _ in range(60):
        optimizer.zero_grad()
        (-log_prob(mdn(seen), torch.randn(32, 4)).mean()).backward()
        optimizer.step()
    assert 0.01 < mdn.eval()(seen).mu.std(0).mean() < 1.0


def test_a_config_that_names_its_kind_of_mdn_is_read():
    values = json.loads(CONFIG.to_json())
    assert ModelConfig.from_json(json.dumps(values | {"mdn_trunk": "normed"})) == CONFIG


@pytest.mark.parametrize("named", [{"mdn_trunk": "plain"}, {}])
def test_weights_whose_mdn_has_no_norms_are_refused_as_older(tmp_path, monkeypatch, named):
    net = ColorNet(dataclasses.replace(CONFIG, encoder_widths=(4, 4), decoder_widths=(8, 8, 8, 8)))
    del net.mdn.norm
    text = json.dumps(json.loads(net.config.to_json()) | named)
    monkeypatch.setattr(ModelConfig, "to_json", lambda config: text)
    save_weights(tmp_path / "old.safetensors", net, "old")
    with pytest.raises(WeightsError, match=r"old\.safetensors: weights of an older layout.*train these anew"):
        load_weights(tmp_path / "old.safetensors")


def test_a_fixed_variance_leaves_out_its_outputs():
    mdn = build_mdn(dataclasses.replace(CONFIG, mdn_variance=0.1))
    assert mdn.head.out_features == 8 * (1 + 4)
