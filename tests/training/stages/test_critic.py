import pytest
import torch

from colorize_training.data.view_batches import ViewBatch
from colorize_training.loop.task import Draw
from colorize_training.options import GridOptions
from colorize_training.stages.grid.critic import (
    Critic,
    _within,
    by_chance,
    critic_loss,
    deceived,
    discerning,
    unlike,
)
from colorize_training.stages.grid.loss import Hypotheses

WIDTHS = (40, 112, 320)


def seen(seed):
    draw = torch.Generator().manual_seed(seed)
    sizes = (8, 4, 2)
    return [torch.randn(4, w, s, s, generator=draw) for w, s in zip(WIDTHS, sizes, strict=True)]


@pytest.fixture
def critic():
    torch.manual_seed(0)
    return Critic()


def test_it_learns_what_is_a_photo(critic):
    optimizer = torch.optim.Adam(critic.parameters(), 1e-3)
    made, photo = seen(1), [maps + 1 for maps in seen(1)]
    for _ in range(60):
        loss, _ = discerning(critic, made, photo)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert discerning(critic, made, photo)[1] > 0.9


def test_pictures_learn_and_the_critic_does_not(critic):
    made = [maps.requires_grad_() for maps in seen(1)]
    deceived(critic, made, seen(2)).backward()
    assert all(maps.grad.abs().sum() > 0 for maps in made)
    assert all(weight.grad is None for weight in critic.parameters())


def test_the_critic_learns_and_pictures_do_not(critic):
    made = [maps.requires_grad_() for maps in seen(1)]
    discerning(critic, made, seen(2))[0].backward()
    assert all(maps.grad is None for maps in made)
    assert all(weight.grad is not None for weight in critic.parameters())


def test_the_same_is_like_itself():
    assert unlike(seen(1), seen(1)).tolist() == [0] * 4
    assert (unlike(seen(1), seen(2)) > 0.5).all()


class Blobs:
    """Stands for ImageNet's eyes, whose package may be missing: what it sees is the colours themselves."""

    def __call__(self, grey, field):
        planes = [torch.nn.functional.avg_pool2d(field, size) for size in (2, 4, 8)]
        return [p.repeat(1, w // 2, 1, 1) for p, w in zip(planes, WIDTHS, strict=True)]


def made_of(field, hypotheses=3):
    """Fields of hypotheses: the photo's own, then the first grey, the second right, the third wrong."""
    return torch.stack([field, 0 * field, field + 0.01, field + 0.5], 1)[:, : hypotheses + 1].requires_grad_()


def test_it_looks_at_the_nearest_of_every_other_photo_and_at_one_by_chance(critic):
    batch = ViewBatch(
        torch.rand(8, 1, 64, 64),
        torch.rand(8, 1, 64, 64),
        torch.rand(8, 2, 16, 16) - 0.5,
        torch.rand(8, 1, 16, 16),
    )
    fields = made_of(batch.field)
    hypotheses = Hypotheses(fields, None, None, None, None)
    draw = Draw(torch.Generator().manual_seed(0), 0, 8)
    loss, figures = critic_loss(critic, Blobs(), hypotheses, batch, draw, GridOptions(critic_photos=6))
    loss.backward()
    touched = fields.grad.abs().sum((2, 3, 4)) > 0
    assert touched.sum(1).tolist() == [1] * 6 + [0] * 2
    assert touched[:6:2, 2].all() and not touched[:, 0].any()
    assert 0 <= figures["critic_right"] <= 1


def test_chance_takes_every_hypothesis_and_the_first_most():
    found = by_chance(torch.linspace(0, 0.999, 1000), 8).bincount()
    assert found.tolist() == pytest.approx([300] + [100] * 7, abs=2)


def test_a_large_view_is_seen_smaller():
    assert _within(torch.rand(1, 1, 256, 384), 160).shape == (1, 1, 128, 192)
    assert _within(torch.rand(1, 1, 128, 160), 160).shape == (1, 1, 128, 160)
