import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from colorize_cli.image.icc.build import SRGB_COLORANTS, gamma_profile, grey_profile, profile_tag, rgb_profile
from colorize_cli.image.icc.curve import gamma_curve, sampled_curve, srgb_curve
from colorize_cli.image.icc.profile import check_icc, delivered_icc, image_in_srgb, space_of
from colorize_cli.image.reading import read_photo
from tests.image.test_reading import encoded

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# Colorants adapted to D50.
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
PROPHOTO = ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491))
ECI = ((0.65020, 0.32027, 0.0), (0.17804, 0.60202, 0.06776), (0.13593, 0.07771, 0.75713))
DOT_GAIN = sampled_curve([round(65535 * max(0.0, x - 0.8 * x * (1 - x))) for x in np.linspace(0, 1, 256)])


def matrix_profile(colorants, curve):
    profile = rgb_profile(curve, "wide")
    for old, new in zip(SRGB_COLORANTS, colorants, strict=True):
        pack = [struct.pack(">3i", *(round(v * 65536) for v in values)) for values in (old, new)]
        profile = profile.replace(*pack)
    return profile


def cmyk_profile():
    """An output profile whose only colour is black ink that darkens half as much as it should."""
    grid = [(255 - round(127 * k), 128, 128) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)]
    ramp = bytes(range(256))
    table = (
        b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    )
    table += ramp * 4 + bytes(v for row in grid for v in row) + ramp * 3
    profile = bytearray(grey_profile(table))
    profile[12:16], profile[16:20], profile[20:24] = b"prtr", b"CMYK", b"Lab "
    return bytes(profile).replace(b"kTRC", b"A2B0")


GREYS = {
    "gamma 1.8": gamma_profile(1.8),
    "gamma 2.2": gamma_profile(2.2),
    "linear": gamma_profile(1.0),
    "dot gain": grey_profile(DOT_GAIN),
    "srgb tone": grey_profile(srgb_curve()),
}


@pytest.mark.parametrize("name", GREYS)
def test_a_grey_profile_gives_an_rgb_one_that_looks_the_same(name):
    grey, rgb = GREYS[name], delivered_icc(GREYS[name])
    check_icc(rgb)
    assert rgb[16:20] == b"RGB " and profile_tag(rgb, b"gTRC") == profile_tag(grey, b"kTRC")
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    target = ImageCms.createProfile("LAB")
    seen = [
        np.asarray(ImageCms.profileToProfile(image, io.BytesIO(icc), target, outputMode="LAB"), dtype=int)
        for image, icc in ((ramp, grey), (ramp.convert("RGB"), rgb))
    ]
    difference = seen[0].astype(np.uint8).view(np.int8).astype(int) - seen[1].astype(np.uint8).view(np.int8)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(("name", "same"), [("srgb tone", True), ("gamma 2.2", False), ("linear", False)])
def test_only_a_tone_that_is_srgb_is_taken_for_it(name, same):
    assert space_of(GREYS[name]).is_srgb is same


def test_the_tone_of_a_power():
    codes = space_of(gamma_profile(1.8)).to_srgb / 65535
    linear = (np.arange(65536) / 65535) ** (round(1.8 * 256) / 256)
    expected = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(codes, expected, atol=2 / 65535)


def test_srgb_and_wide_profiles_are_kept_as_they_are():
    wide = matrix_profile(ADOBE, gamma_curve(2.2))
    assert delivered_icc(SRGB) == SRGB and space_of(SRGB).is_srgb
    assert delivered_icc(wide) == wide
    np.testing.assert_allclose(space_of(wide).matrix[0], [0.715, 0.285, 0], atol=0.001)


def test_a_profile_that_does_not_hold_srgb_gives_its_tone_only():
    for odd in (matrix_profile(ECI, gamma_curve(1.8)), several_curves()):
        assert delivered_icc(odd) != odd and space_of(odd).matrix is None
        assert delivered_icc(odd)[16:20] == b"RGB "


def several_curves():
    profile = bytearray(matrix_profile(ADOBE, gamma_curve(2.2)) + gamma_curve(1.0) + bytes(2))
    at = profile.index(b"gTRC", 128)
    struct.pack_into(">I", profile, at + 4, len(profile) - 16)
    struct.pack_into(">I", profile, 0, len(profile))
    return bytes(profile)


def test_nothing_stays_nothing():
    assert delivered_icc(None) is space_of(None) is None


def test_a_cmyk_profile_is_applied_and_not_delivered(make):
    image = Image.new("CMYK", (20, 10), (0, 0, 0, 255))
    assert delivered_icc(cmyk_profile()) is None
    for fmt in ("JPEG", "TIFF"):
        photo = read_photo(make(encoded(image, fmt, icc_profile=cmyk_profile())))
        assert photo.warnings == () and np.abs(photo.luma.astype(int) - 119).max() <= 2
    assert image_in_srgb(image, None) is image and image_in_srgb(image, SRGB) is image


def test_a_wide_photo_is_seen_in_its_colours(make):
    rng = np.random.default_rng(1)
    rgb = rng.integers(60, 200, (4, 5, 3), dtype=np.uint8).repeat(12, 0).repeat(12, 1)
    plain, wide = (
        read_photo(make(encoded(Image.fromarray(rgb), "PNG", **options))).chroma
        for options in ({}, {"icc_profile": matrix_profile(ADOBE, gamma_curve(2.2))})
    )
    assert wide > 1.1 * plain


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        bytes(200),
        gamma_profile(1.8)[:150],
        b"\xff" + SRGB[1:],
        SRGB.replace(b"RGB ", b"Lab ", 1),
        gamma_profile(1.8).replace(b"curv", b"oops"),
        grey_profile(sampled_curve([65535, 0])),
        grey_profile(sampled_curve([500, 500])),
    ],
)
def test_what_cannot_be_used_is_refused(damaged):
    with pytest.raises(ValueError):
        check_icc(damaged)


@given(st.sampled_from([SRGB, gamma_profile(1.8), cmyk_profile()]), st.data())
@settings(max_examples=200, deadline=None)
def test_no_bytes_raise_anything_but_value_error(profile, data):
    spoilt = bytearray(profile)
    at, noise = data.draw(st.integers(0, 500)), data.draw(st.binary(min_size=1, max_size=6))
    spoilt[at : at + len(noise)] = noise
    try:
        check_icc(bytes(spoilt))
        assert (delivered_icc(bytes(spoilt)) or SRGB)[16:20] == b"RGB "
        image_in_srgb(Image.new("CMYK", (2, 2)), bytes(spoilt))
    except ValueError as error:
        assert str(error)
