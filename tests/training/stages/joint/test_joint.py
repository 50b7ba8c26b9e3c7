import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mixture import modes
from colorize_cli.model.network import ColorNet
from colorize_training.data.batches import CacheBatches, load_batch
from colorize_training.loop.state import parameter_groups
from colorize_training.loop.task import Draw
from colorize_training.loop.train import train
from colorize_training.options import JointOptions, TrainOptions, VAEOptions
from colorize_training.stages.joint.loss import (
    KINDS,
    Recipe,
    choose_codes,
    decode_kinds,
    deliver,
    variant_codes,
    variants_of,
)
from colorize_training.stages.joint.network import JointNet
from colorize_training.stages.joint.task import JointTask, field_errors

CONFIG = ModelConfig(
    backbone="lite0", view=64, encoder_widths=(4, 8), decoder_widths=(8, 8, 8, 8), mdn_widths=(4, 8)
)

WEIGHTS = dict.fromkeys(KINDS, torch.ones(676))


def draw_of(photos, seed=0):
    return Draw(torch.Generator().manual_seed(seed), 0, photos)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return ColorNet(CONFIG).eval()


def seen(net, cache):
    """Skips as the best variant is looked for, and all modes."""
    batch = load_batch(cache, np.arange(4), 16)
    skips = net.decoder.coarse(net.decoder.skips(batch.grey, batch.features), 1)
    return skips, modes(net.mdn(batch.features))[0]


def test_the_best_variant_is_the_one_that_is_nearest_to_the_truth_as_delivered(net, colourful_cache):
    skips, codes = seen(net, colourful_cache)
    config = replace(CONFIG, first_saturation=1.5)
    for rank, factor in ((0, 1.5), (3, 1.0)):
        truth = net.decoder(codes[:, rank], skips).detach() * factor
        made = variant_codes(*choose_codes(net.decoder, codes, skips, truth, config), draw_of(4))
        torch.testing.assert_close(made["best"], (codes[:, rank], torch.full((4,), factor)))
        torch.testing.assert_close(made["first"], (codes[:, 0], torch.full((4,), 1.5)))


@pytest.mark.parametrize("diversity", [0.0, 1.0])
def test_what_is_trained_is_what_would_be_chosen(net, colourful_cache, diversity):
    skips, codes = seen(net, colourful_cache)
    config = replace(CONFIG, diversity=diversity)
    taken = variants_of(deliver(net.decoder, codes, skips, config)[0].detach(), config)
    chosen = choose_codes(net.decoder, codes, skips, torch.zeros(4, 2, 16, 16), config)[0]
    torch.testing.assert_close(chosen, torch.take_along_dim(codes, taken[:, :, None], 1))
    assert (taken.tolist() == 4 * [[0, 1, 2, 3, 4]]) == (diversity == 0.0)


def test_the_best_is_looked_for_at_stride_16_of_the_view(net, colourful_cache):
    batch = load_batch(colourful_cache, np.arange(4), 16)
    coarse = net.decoder.coarse(net.decoder.skips(batch.grey, batch.features), 1)
    assert [skip.shape[-1] for skip in coarse] == [2, 4, 4, 4]
    assert net.decoder(torch.zeros(4, CONFIG.z_dim), coarse).shape == (4, 2, 4, 4)
    codes, truths = modes(net.mdn(batch.features))[0], (batch.field, F.avg_pool2d(batch.field, 4))
    fine, averaged = (choose_codes(net.decoder, codes, coarse, truth, CONFIG)[1] for truth in truths)
    torch.testing.assert_close(fine, averaged)


def test_the_best_may_have_weights_of_its_own(net, colourful_cache):
    def weights(**joint):
        return JointTask(net, colourful_cache, VAEOptions(), JointOptions(**joint)).recipe.weights

    assert torch.equal(weights()["best"], weights()["first"])
    own = weights(best_hist_strength=0.0)
    assert torch.equal(own["best"], torch.ones(676)) and not torch.equal(own["first"], own["best"])


def test_every_kind_of_code_is_decoded_at_its_factor_for_a_share_of_the_photos(net, colourful_cache):
    batch = load_batch(colourful_cache, np.arange(8), 16)
    skips = net.decoder.skips(batch.grey, batch.features)
    codes = modes(net.mdn(batch.features))[0]
    factors = {"own": 1.0, "best": 1.5, "first": 2.0}
    kinds = {name: (codes[:, i], torch.full((8,), factors[name])) for i, name in enumerate(factors)}
    recipe = Recipe(VAEOptions(), JointOptions(first_weight=1.0), WEIGHTS, CONFIG)
    made = decode_kinds(JointNet(net), batch, skips, kinds, draw_of(8), recipe)
    assert {name: len(one.rows) for name, one in made.items()} == {"own": 3, "best": 8, "first": 2}
    for name, one in made.items():
        wanted = net.decoder(kinds[name][0][one.rows], [skip[one.rows] for skip in skips]) * factors[name]
        torch.testing.assert_close(one.field, wanted)


def test_a_mixture_of_three_components_has_three_variants(colourful_cache):
    task = JointTask(ColorNet(replace(CONFIG, components=3)).eval(), colourful_cache, VAEOptions())
    loss, _ = task.loss(load_batch(colourful_cache, np.arange(4), 16), 0, draw_of(4))
    assert torch.isfinite(loss) and task.validate(task.module)["eob"] > 0


def test_likelihood_does_not_pull_at_the_encoder(net, colourful_cache):
    task = JointTask(net, colourful_cache, VAEOptions(hist_weight=0, gradient_weight=0, kl_weight=0))
    loss, _ = task.loss(load_batch(colourful_cache, np.arange(4), 16), 0, draw_of(4))
    loss.backward()
    assert all(p.grad is None or not p.grad.any() for p in net.encoder.parameters())
    assert any(p.grad is not None and p.grad.any() for p in net.mdn.parameters())


def test_errors_are_ordered_and_those_of_the_delivered_saturation(net, colourful_cache):
    rows = np.arange(6)
    errors = field_errors(JointNet(net), colourful_cache, rows, CONFIG)
    assert (errors.best <= errors.first).all() and (errors.best <= errors.mean).all()
    truth = load_batch(colourful_cache, rows, 16).field
    np.testing.assert_allclose(errors.grey, truth.abs().mean((1, 2, 3)), rtol=1e-5)


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_late_stages_learn_if_asked_and_their_statistics_never(net, colourful_cache, tmp_path, rate):
    before = copy.deepcopy(net.backbone.state_dict())
    task = JointTask(net, colourful_cache, VAEOptions(), JointOptions(backbone_rate=rate))
    batches = CacheBatches(colourful_cache, colourful_cache.rows(held_out=False), task.side)
    train(task, batches, tmp_path, TrainOptions(steps=2, batch_size=4, warmup=0), lambda row: None)
    moved = {
        name for name, value in net.backbone.state_dict().items() if not torch.equal(value, before[name])
    }
    assert bool(moved) == (rate > 0.0)
    assert all(name.startswith(("stages.5.", "stages.6.")) and "running" not in name for name in moved)


def test_slower_parts_have_a_share_of_the_rate(net, colourful_cache):
    task = JointTask(net, colourful_cache, VAEOptions(), JointOptions(backbone_rate=0.5))
    groups = {group["share"]: len(group["params"]) for group in parameter_groups(task.module)}
    assert groups[0.5] == len(list(task.module.backbone.parameters()))
    assert groups[1.0] + groups[0.5] == len(list(task.module.parameters()))


def test_validation_tells_a_mixture_that_is_the_same_for_all_photos(net, colourful_cache):
    task = JointTask(net, colourful_cache, VAEOptions(), held_out=np.arange(6))
    assert task.validate(task.module.eval())["mu_std"] > 0
    torch.nn.init.zeros_(net.mdn.head.weight)
    assert task.validate(task.module)["mu_std"] == pytest.approx(0, abs=1e-6)
