"""Colour profiles: which a scan may have, what its samples mean by it, and which the picture gets."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from colorize_cli.image.colour import srgb
from colorize_cli.image.colour.space import Space
from colorize_cli.image.icc.build import SRGB_COLORANTS, grey_profile, profile_tag, rgb_profile
from colorize_cli.image.icc.curve import light_of, sampled_curve, srgb_curve

Matrix = NDArray[np.float64]

_KINDS = (b"GRAY", b"RGB ", b"CMYK")
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
# lcms else takes shortcuts through 8-bit tables.
_EXACT = ImageCms.Flags.NOOPTIMIZE | ImageCms.Flags.NOCACHE
# Rounding in the colorants of real profiles; beyond it a primary of sRGB lies outside the profile.
_SAME_COLOUR = 0.005
_SAMPLED_NAME = "Tone of the scan's profile, sRGB primaries"


def check_icc(profile: bytes) -> None:
    """ValueError unless the block is a profile of grey, RGB or CMYK that can be used."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        raise ValueError("not an ICC profile")
    if int.from_bytes(profile[:4], "big") > len(profile):
        raise ValueError("it is cut short")
    if profile[16:20] not in _KINDS:
        raise ValueError("it is not for grey, RGB or CMYK")
    space_of(profile)


@lru_cache(maxsize=8)
def space_of(profile: bytes | None) -> Space | None:
    """The space of a scan with this profile, None where it is sRGB: untagged or converted from CMYK.

    ValueError where the profile cannot be used.
    """
    if profile is None or profile[16:20] == b"CMYK":
        if profile is not None:
            _open(profile)
        return None
    curve = _neutral_curve(profile)
    light, matrix = light_of(curve), _matrix(profile, curve)
    if matrix is None:
        return Space(light, None, rgb_profile(curve, _SAMPLED_NAME))
    same = bool((abs(matrix - np.eye(3)) < 2 * _SAME_COLOUR).all())
    return Space(light, None if same else matrix, profile)


def grey_icc(profile: bytes | None) -> bytes | None:
    """The profile of the grey in a picture with this one; None for untagged sRGB."""
    return None if space_of(profile) is None else grey_profile(_neutral_curve(profile or b""))


def delivered_icc(profile: bytes | None) -> bytes | None:
    """The profile of the colour picture, None for untagged sRGB; never one for grey or CMYK."""
    space = space_of(profile)
    return None if space is None else space.delivered


def to_srgb(rgb: NDArray[np.uint8], profile: bytes | None) -> NDArray[np.uint8]:
    """(h,w,3) samples of a scan -> the same colours in sRGB."""
    return np.asarray(image_in_srgb(Image.fromarray(rgb), profile), dtype=np.uint8)


def image_in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A CMYK or RGB picture in 8-bit sRGB by its profile; as it is where that is not possible.

    A profile for other colours than the picture's is damage that is told of elsewhere.
    """
    fits = profile is not None and profile[16:20].strip() == image.mode.encode()
    if not fits or profile is None:
        return image
    try:
        changed = ImageCms.profileToProfile(
            image, _open(profile), ImageCms.createProfile("sRGB"), renderingIntent=_INTENT, outputMode="RGB"
        )
    except (ValueError, ImageCms.PyCMSError):
        return image
    return image if changed is None else changed


def _open(profile: bytes) -> ImageCms.ImageCmsProfile:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ImageCms.PyCMSError):
        raise ValueError("it cannot be read") from None


def _neutral_curve(profile: bytes) -> bytes:
    """The tone curve of neutral samples, the profile's own bytes where it has but one."""
    names = (b"kTRC",) if profile[16:20] == b"GRAY" else (b"rTRC", b"gTRC", b"bTRC")
    own, *others = {profile_tag(profile, name) for name in names}
    _open(profile)
    if own and not others and not any(profile_tag(profile, name) for name in (b"A2B0", b"A2B1")):
        return own
    return _sampled(profile)


def _sampled(profile: bytes) -> bytes:
    """The curve through 256 neutral samples, seen through lcms."""
    ramp = np.arange(256, dtype=np.uint8)
    grey = profile[16:20] == b"GRAY"
    image = Image.fromarray(ramp[None] if grey else np.repeat(ramp[None, :, None], 3, axis=2))
    try:
        transform = ImageCms.buildTransform(
            _open(profile), _open(grey_profile(srgb_curve())), image.mode, "I;16", _INTENT, _EXACT
        )
        found = ImageCms.applyTransform(image, transform)
    except (OSError, ImageCms.PyCMSError):
        raise ValueError("it cannot be applied") from None
    # Codes of sRGB's curve, which spends them evenly.
    linear = srgb.light_of(np.asarray(found, dtype=np.float64).ravel() / 65535)
    return sampled_curve([round(value * 65535) for value in linear])


def _matrix(profile: bytes, curve: bytes) -> Matrix | None:
    """Linear sRGB -> linear RGB of a profile of three primaries and one curve that hold sRGB, else None."""
    if profile[16:20] != b"RGB " or profile_tag(profile, b"rTRC") != curve:
        return None
    tags = [profile_tag(profile, name) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    if any(tag is None or len(tag) < 20 for tag in tags):
        return None
    colorants = np.array([np.frombuffer(tag or b"", ">i4", 3, 8) / 65536 for tag in tags]).T
    own = np.array(SRGB_COLORANTS).T
    if abs(np.linalg.det(colorants)) < 1e-3 or abs(colorants.sum(1) - own.sum(1)).max() > _SAME_COLOUR:
        return None
    matrix: Matrix = np.linalg.solve(colorants, own)
    return matrix if matrix.min() > -_SAME_COLOUR else None
