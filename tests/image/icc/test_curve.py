import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from colorize_cli.image.icc.build import grey_profile
from colorize_cli.image.icc.curve import gamma_curve, light_of, sampled_curve, srgb_curve


def para(kind, *numbers):
    return b"para" + struct.pack(f">IHH{len(numbers)}i", 0, kind, 0, *(round(n * 65536) for n in numbers))


CURVES = {
    "identity": sampled_curve([]),
    "power": gamma_curve(1.8),
    "table": sampled_curve([round(65535 * x**2.4) for x in np.linspace(0, 1, 256)]),
    "type 0": para(0, 2.2),
    "type 1": para(1, 2.0, 1.25, -0.25),
    "type 2": para(2, 2.0, 1.0, -0.125, 0.125),
    "type 3": srgb_curve(),
    "type 4": para(4, 2.0, 0.875, 0.125, 0.125, 0.0625, -0.0156, 0.0),
}


@pytest.mark.parametrize("name", CURVES)
def test_light_is_what_lcms_makes_of_it(name):
    source, target = (
        ImageCms.ImageCmsProfile(io.BytesIO(grey_profile(curve)))
        for curve in (CURVES[name], gamma_curve(1.0))
    )
    exact = ImageCms.Flags.NOOPTIMIZE
    transform = ImageCms.buildTransform(source, target, "I;16", "I;16", 1, exact)
    ramp = Image.frombytes("I;16", (256, 256), np.arange(65536, dtype="<u2").tobytes())
    found = np.asarray(ImageCms.applyTransform(ramp, transform)).ravel() / 65535
    np.testing.assert_allclose(light_of(CURVES[name]), found, atol=1e-4)


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        (b"curv", "cut short"),
        (gamma_curve(1.8)[:-1], "cannot be read"),
        (para(3, 1.0)[:20], "cut short"),
        (para(9, 1.0), "cut short"),
        (sampled_curve([65535, 0]), "does not rise"),
        (sampled_curve([7, 7]), "does not rise"),
        (sampled_curve([0, 60000, 30000, 65535]), "does not rise"),
    ],
)
def test_damage_is_named(damaged, said):
    with pytest.raises(ValueError, match=said):
        light_of(damaged)


@given(st.sampled_from(sorted(CURVES)), st.integers(0, 60), st.binary(min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise_anything_but_value_error(name, at, noise):
    data = bytearray(CURVES[name])
    data[at : at + len(noise)] = noise
    try:
        light = light_of(bytes(data))
    except ValueError as error:
        assert str(error)
    else:
        assert light.shape == (65536,) and 0 <= light[0] <= light[-1] <= 1
