import numpy as np
import pytest
import torch

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.engine.precision import choose_precision, exact_convolutions
from colorize_cli.errors import DeviceError
from colorize_cli.model.networks.fusion import fused
from colorize_cli.model.weights import load_weights
from colorize_cli.settings import Precision, RunSettings

CARD, CPU = torch.device("cuda:0"), torch.device("cpu")
BF16, FP16 = torch.bfloat16, torch.float16


@pytest.mark.parametrize(
    ("capability", "asked", "dtype"),
    [
        ((9, 0), "auto", BF16),
        ((8, 0), "auto", BF16),
        ((7, 5), "auto", FP16),
        ((6, 1), "auto", None),
        ((9, 0), "fp16", FP16),
        ((9, 0), "bf16", BF16),
        ((6, 1), "fp16", FP16),
        ((9, 0), "fp32", None),
    ],
)
def test_a_card_gets_what_it_is_made_for(capability, asked, dtype, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert choose_precision(Precision(asked), CARD) is dtype


def test_a_card_without_bf16_says_so(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    with pytest.raises(DeviceError, match=r"bf16: cuda:0 \(Tesla T4\) is not made for it"):
        choose_precision(Precision.BF16, CARD)


@pytest.mark.parametrize(
    ("able", "dtype"),
    [({"avx512_bf16": True}, BF16), ({"amx_bf16": True}, BF16), ({"avx512_bf16": False, "avx2": True}, None)],
)
def test_a_processor_gets_what_it_is_made_for(able, dtype, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able, raising=False)
    assert choose_precision(Precision.AUTO, CPU) is dtype
    assert choose_precision(Precision.FP32, CPU) is None


def test_a_torch_that_does_not_say_what_the_processor_can_do_computes_in_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert choose_precision(Precision.AUTO, CPU) is None


@pytest.mark.parametrize(("device", "asked"), [("cpu", "fp16"), ("mps", "fp16"), ("mps", "bf16")])
def test_what_a_device_is_not_made_for_is_refused(device, asked):
    assert choose_precision(Precision.FP32, torch.device(device)) is None
    with pytest.raises(DeviceError, match=f"--precision {asked}: {device} is not made for it"):
        choose_precision(Precision(asked), torch.device(device))


def test_precision_does_not_make_old_pictures_stale():
    recipes = {RunSettings(precision=p).digest("jpeg") for p in Precision}
    assert len(recipes) == 1


@pytest.fixture(scope="module")
def views():
    return np.random.default_rng(0).random((6, 64, 64), dtype=np.float32)


def colorizer(weights, dtype):
    net, info = load_weights(weights)
    return Colorizer(fused(net), info, CPU, dtype)


def colours(weights, dtype, views, n=5):
    return colorizer(weights, dtype).fields(views, list("abcdef"), n)


@pytest.mark.parametrize(("dtype", "error"), [(BF16, 0.02), (FP16, 0.0025)])
def test_low_precision_changes_little_but_something(dtype, error, tiny_weights, views):
    exact, rounded = (colours(tiny_weights, kind, views) for kind in (None, dtype))
    assert rounded.dtype == np.float32
    assert 0.0 < np.abs(rounded - exact).mean() < error * np.abs(exact).mean()


@pytest.mark.parametrize("dtype", [BF16, FP16])
def test_codes_are_those_of_float32_to_the_bit(dtype, tiny_weights, views, monkeypatch):
    """Neither the order of the variants nor their noise may hang on the precision of the decoder."""
    seen = {None: [], dtype: []}
    for kind, codes in seen.items():
        engine = colorizer(tiny_weights, kind)
        decode = engine.net.decode
        # Bound in the default, or both engines would note in the second one's list.
        monkeypatch.setattr(
            engine.net, "decode", lambda z, *more, c=codes, d=decode: c.append(z) or d(z, *more)
        )
        engine.fields(views, list("abcdef"), 5)
    assert seen[dtype][0].dtype == torch.float32
    torch.testing.assert_close(seen[dtype][0], seen[None][0], rtol=0.0, atol=0.0)


def test_a_field_that_overflows_is_computed_again_in_float32(tiny_weights, views):
    """A decoder that goes up to 1e6 inside and comes down again."""
    engines = [colorizer(tiny_weights, kind) for kind in (None, FP16)]
    for engine in engines:
        narrow, head = engine.net.decoder.laterals[-1], engine.net.decoder.head
        with torch.no_grad():
            narrow.weight.mul_(1e6)
            head.weight.mul_(1e-6)
    exact, rounded = (engine.fields(views, list("abcdef"), 2) for engine in engines)
    np.testing.assert_array_equal(rounded, exact)


def test_convolutions_are_exact_inside_and_as_before_outside():
    cudnn = torch.backends.cudnn
    before = cudnn.conv.fp32_precision
    with pytest.raises(ZeroDivisionError), exact_convolutions(CARD):
        assert cudnn.conv.fp32_precision == "ieee"
        # Reads the switch on the CPU, too, and fails if torch finds its old and new names at odds.
        torch.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3))
        raise ZeroDivisionError
    assert cudnn.conv.fp32_precision == before != "ieee"
