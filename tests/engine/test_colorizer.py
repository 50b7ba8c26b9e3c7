import dataclasses

import numpy as np
import pytest
import torch

from colorize_cli import Colorizer
from colorize_cli.engine.batch_size import BatchLimit
from colorize_cli.engine.device import choose_device, choose_devices
from colorize_cli.engine.protocol import Prompt, SampleOptions
from colorize_cli.errors import DeviceError, UsageError
from colorize_cli.hints.hint import Hint
from colorize_cli.model.mixture import log_prob
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.model.variants.steering import Spot, Wish
from tests.conftest import grey_scene


@pytest.fixture(scope="module")
def colorizer(tiny_weights):
    return Colorizer.load(tiny_weights, "cpu", "fp32")


def views(colorizer, count):
    rng = np.random.default_rng(0)
    return rng.random((count, colorizer.view_size, colorizer.view_size), dtype=np.float32)


def prompts(keys):
    return [Prompt(key) for key in keys]


def test_fields_have_the_promised_shape_and_unit(colorizer):
    fields = colorizer.fields(views(colorizer, 2), ["a", "b"], n=3)
    assert fields.shape == (2, 3, 2, 16, 16)
    assert fields.dtype == np.float32
    assert np.abs(fields).max() > 1.0  # CIELAB units, not their 128th part


def test_a_photo_gets_the_same_colours_in_any_batch(colorizer):
    many = views(colorizer, 5)
    together = colorizer.fields(many, list("abcde"), n=6, seed=4)
    alone = colorizer.fields(many[3:4], ["d"], n=6, seed=4)
    np.testing.assert_array_equal(together[3], alone[0])


def test_fewer_variants_are_the_first_of_more(colorizer):
    few, many = (colorizer.fields(views(colorizer, 1), ["a"], n) for n in (2, 5))
    np.testing.assert_allclose(few[0], many[0, :2], atol=1e-2)


def test_colorize_takes_an_array_or_a_file(colorizer, album):
    from_array = colorizer.colorize(grey_scene(50, 70), n=2)
    assert [p.shape for p in from_array] == [(50, 70, 3)] * 2
    assert from_array[0].dtype == np.uint8
    assert [p.shape for p in colorizer.colorize(album / "boat.png", n=1)] == [(101, 67, 3)]


@pytest.fixture
def scarce(colorizer, monkeypatch):
    """The sizes that a device which holds two photos was given."""
    monkeypatch.setattr(colorizer, "_limit", BatchLimit(colorizer.device, lambda device: None))
    sizes = []

    def check(module, inputs):
        sizes.append(len(inputs[0]))
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("too much")

    hook = colorizer.net.backbone.register_forward_pre_hook(check)
    yield sizes
    hook.remove()


def test_running_out_of_memory_changes_no_colour(colorizer, scarce):
    many = views(colorizer, 5)
    alone = [colorizer.fields(many[i : i + 1], ["abcde"[i]], n=6)[0] for i in range(5)]
    scarce.clear()
    np.testing.assert_allclose(colorizer.fields(many, list("abcde"), n=6), alone, atol=1e-2)
    assert scarce == [5, 2, 2, 1]


def test_out_of_memory_with_one_photo_is_a_device_error(colorizer, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("too much")

    monkeypatch.setattr(colorizer.net.decoder, "forward", full)
    with pytest.raises(DeviceError, match="single photo"):
        colorizer.fields(views(colorizer, 3), list("abc"), n=1)


def test_a_device_too_full_for_the_weights_is_a_device_error(tiny_net, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("too much")

    monkeypatch.setattr(tiny_net, "to", full)
    with pytest.raises(DeviceError, match="no memory left even for the network"):
        Colorizer(tiny_net, None, torch.device("cpu"))


def test_devices():
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(UsageError, match="toaster"):
        choose_device("toaster")
    with pytest.raises(DeviceError, match="CUDA devices"):
        choose_device("cuda:99")


def test_a_driver_that_does_not_start_is_a_device_error(tiny_weights, monkeypatch):
    def fails(device):
        raise RuntimeError("CUDA driver initialization failed, you might not have a CUDA gpu.")

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_capability", fails)
    with pytest.raises(DeviceError, match="driver initialization failed"):
        Colorizer.load(tiny_weights, "cuda")


def test_several_cards(monkeypatch):
    cards = [torch.device("cuda", i) for i in range(3)]
    with pytest.raises(DeviceError, match="no CUDA device"):
        choose_devices("all")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert choose_devices("all") == cards
    assert choose_devices("cuda:2, cuda") == [cards[2], cards[0]]
    assert choose_devices("cuda") == [torch.device("cuda")]


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("cuda:0,cuda:3", DeviceError, "sees 3"),
        ("cuda:0,cuda:0", UsageError, "every card once"),
        ("cuda,cuda:0", UsageError, "every card once"),
        ("cpu,cpu", UsageError, "a list is for CUDA"),
        ("cuda:0,", UsageError, "a list is for CUDA"),
        ("cuda:0,cuda:x", UsageError, "choose auto"),
    ],
)
def test_cards_that_are_not_there_or_no_cards(name, error, text, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    with pytest.raises(error, match=text):
        choose_devices(name)


def test_saturation_scales_the_fields(colorizer, monkeypatch):
    plain = colorizer.fields(views(colorizer, 1), ["a"], n=2)
    richer = dataclasses.replace(colorizer.net.config, saturation=1.5)
    monkeypatch.setattr(colorizer.net, "config", richer)
    np.testing.assert_allclose(colorizer.fields(views(colorizer, 1), ["a"], n=2), 1.5 * plain, rtol=1e-5)


def test_the_first_variant_may_have_a_saturation_of_its_own_also_when_it_is_steered(colorizer, monkeypatch):
    plain = colorizer.fields(views(colorizer, 1), ["a"], n=3)
    # Leveling at its lower bound: the tiny network's colours are beyond measure.
    leveled = {"first_saturation": 2.0, "first_leveling": 9.0}
    richer = dataclasses.replace(colorizer.net.config, saturation=1.5, **leveled)
    monkeypatch.setattr(colorizer.net, "config", richer)
    wanted = np.array([1.2, 1.5, 1.5], np.float32)[:, None, None, None] * plain
    for wishes in ((), [Wish(palette=((5.0, 5.0),), strength=1e-9)]):
        made = colorizer.fields(views(colorizer, 1), ["a"], n=3, wishes=wishes)
        np.testing.assert_allclose(made, wanted, rtol=1e-3, atol=1e-3)


def test_a_variant_is_told_with_its_weight_likelihood_and_distance(colorizer):
    made = colorizer.variants(views(colorizer, 3), prompts("abc"), SampleOptions(4))
    assert made.weights.shape == made.log_likelihoods.shape == made.distances.shape == (3, 4)
    assert (made.weights[:, 0] >= made.weights[:, 1]).all()
    expected = np.linalg.norm(made.fields - made.fields[:, :1], axis=2).mean((2, 3))
    np.testing.assert_allclose(made.distances, expected, rtol=1e-4)


def test_the_likelihood_of_a_variant_is_that_of_its_code(colorizer):
    views_ = views(colorizer, 1)
    told = colorizer.variants(views_, prompts("a"), SampleOptions(1)).log_likelihoods[0, 0]
    with torch.inference_mode():
        mixture = colorizer.net.mdn(colorizer.net.backbone(torch.from_numpy(views_)[:, None]))
        best = mixture.mu[0, mixture.log_pi[0].argmax()][None]
        assert told == pytest.approx(log_prob(mixture, best).item(), rel=1e-4)


def test_variants_are_the_same_however_many_are_asked_for(colorizer):
    few, many = (colorizer.fields(views(colorizer, 1), ["a"], n, diversity=0.7) for n in (3, 8))
    np.testing.assert_allclose(many[:, :3], few, atol=1e-2)


def test_diversity_is_that_of_the_weights_unless_it_is_given(colorizer, monkeypatch):
    many, own = views(colorizer, 6), dataclasses.replace(colorizer.net.config, diversity=1.0)
    likely, diverse = (colorizer.fields(many, "abcdef", n=2, diversity=d) for d in (None, 1.0))
    monkeypatch.setattr(colorizer.net, "config", own)
    assert np.array_equal(colorizer.fields(many, "abcdef", n=2), diverse)
    assert np.array_equal(colorizer.fields(many, "abcdef", n=2, diversity=0.0), likely)
    assert not np.array_equal(diverse, likely)


def test_diversity_keeps_the_first_variant_and_moves_the_others_apart(colorizer):
    def spread(fields):
        return np.linalg.norm(fields[0][:, None] - fields[0][None], axis=2).mean()

    likely, diverse = (colorizer.fields(views(colorizer, 1), ["a"], n=4, diversity=d) for d in (0.0, 1.0))
    np.testing.assert_allclose(diverse[0, 0], likely[0, 0], atol=1e-3)
    assert spread(diverse) > spread(likely)


WISH = Wish((Spot(0.3, 0.4, 0.05, 0.05, 12.0, -9.0),))


def test_a_wish_changes_its_photo_and_no_bit_of_the_others(colorizer):
    many = views(colorizer, 3)
    plain = colorizer.variants(many, prompts("abc"), SampleOptions(1))
    wanted = plain.fields[1, 0, :, 6, 4] + [8.0, -6.0]
    wish = Wish((Spot(4.5 / 16, 6.5 / 16, 1e-3, 1e-3, *map(float, wanted)),))
    asked = colorizer.variants(many, [Prompt("a"), Prompt("b", wish), Prompt("c")], SampleOptions(1))
    assert np.array_equal(asked.fields[::2], plain.fields[::2])
    assert np.linalg.norm(asked.fields[1, 0, :, 6, 4] - wanted) < 9.5  # of 10, where fields are of ±1000
    assert asked.log_likelihoods[1] != plain.log_likelihoods[1]


def test_a_wish_is_granted_alike_alone_and_among_fewer_variants(colorizer):
    many = views(colorizer, 2)
    among = colorizer.fields(many, list("ab"), n=3, wishes=[Wish(), WISH])
    alone = colorizer.fields(many[1:], ["b"], n=2, wishes=[WISH])
    np.testing.assert_allclose(among[1, :2], alone[0], atol=0.5)


def test_a_wish_starts_from_the_variants_that_were_chosen(colorizer):
    one = views(colorizer, 1)
    faint = Wish(palette=((5.0, 5.0),), strength=1e-9)
    plain, asked = (colorizer.fields(one, ["a"], 3, 0, 1.0, w) for w in ([], [faint]))
    np.testing.assert_allclose(plain, asked, atol=1e-2)


def test_colorize_takes_hints(colorizer):
    (picture,) = colorizer.colorize(np.full((60, 80), 120, np.uint8), 1, hints=[Hint(0.5, 0.5, 35.0, 20.0)])
    red, green, blue = (int(level) for level in picture[30, 40])
    assert red > green + 30 and red > blue + 30


def test_photos_of_a_group_take_its_order_and_go_half_way_to_its_means(colorizer):
    many = views(colorizer, 3)
    look = colorizer.look(many)
    made = colorizer.variants(many, [Prompt("g", look=look)] * 3, SampleOptions(4))
    assert (made.weights == made.weights[:1]).all()
    alone = colorizer.variants(many[1:2], [Prompt("g", look=look)], SampleOptions(4))
    np.testing.assert_allclose(alone.fields[0], made.fields[1], atol=1e-2)


def test_a_look_moves_its_photos_and_no_bit_of_the_others(colorizer):
    many = views(colorizer, 3)
    look = GroupLook(np.log(np.array([0.2, 0.5, 0.3], np.float32)), np.ones((3, 4), np.float32))
    plain = colorizer.variants(many, prompts("abc"), SampleOptions(2))
    made = colorizer.variants(many, [Prompt("a"), Prompt("b", look=look), Prompt("c")], SampleOptions(2))
    assert np.array_equal(made.fields[::2], plain.fields[::2])
    assert not np.allclose(made.fields[1], plain.fields[1], atol=0.1)


def test_a_look_is_the_mean_over_its_photos_whatever_the_device_can_hold(colorizer, monkeypatch):
    many = views(colorizer, 5)
    whole = colorizer.look(many)
    monkeypatch.setattr(colorizer._limit, "_limit", 2)
    np.testing.assert_allclose(colorizer.look(many).mu, whole.mu, atol=1e-4)
    assert np.exp(whole.log_pi).sum() == pytest.approx(1, abs=1e-4)


def test_photos_of_a_group_get_the_likeliest_variants_whatever_the_diversity(colorizer):
    many = views(colorizer, 6)
    look = colorizer.look(many)
    grouped, alone = [Prompt(key, look=look) for key in "abcdef"], prompts("abcdef")
    likely, diverse = (
        colorizer.variants(
            np.concatenate([many, many]), grouped + alone, SampleOptions(2, diversity=d)
        ).fields
        for d in (0.0, 1.0)
    )
    np.testing.assert_allclose(diverse[:6], likely[:6], atol=1e-2)
    assert np.abs(diverse[6:] - likely[6:]).max() > 1.0


@pytest.mark.parametrize("asked", [SampleOptions(3), SampleOptions(3, diversity=1.0)])
def test_a_spread_is_that_of_all_components_and_changes_no_variant(colorizer, asked):
    many = views(colorizer, 2)
    plain = colorizer.variants(many, prompts("ab"), asked)
    made = colorizer.variants(many, prompts("ab"), dataclasses.replace(asked, uncertainty=True))
    assert (
        plain.uncertainty is None and made.uncertainty.shape == (2, 16, 16) and (made.uncertainty > 0).all()
    )
    np.testing.assert_allclose(made.fields, plain.fields, atol=1e-2)


def test_a_photo_with_a_wish_has_the_spread_it_has_without(colorizer):
    one, asked = views(colorizer, 1), SampleOptions(1, uncertainty=True)
    plain, steered = (colorizer.variants(one, [Prompt("a", w)], asked).uncertainty for w in (Wish(), WISH))
    np.testing.assert_allclose(steered, plain, rtol=1e-3)
