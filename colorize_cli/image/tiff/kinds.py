"""What the samples of a TIFF mean: each kind turned into grey or RGB of 8 or 16 bits, and transparency."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from colorize_cli.errors import PhotoError
from colorize_cli.image.icc.profile import image_in_srgb
from colorize_cli.image.photo import Grey, Pixels
from colorize_cli.image.tiff.layout import JPEG, OLD_JPEG, SAVE, Kind, Layout
from colorize_cli.image.tiff.ycbcr import rgb_of

_COLOR_MAP = 320
_RELATIVE = 1  # colorimetric intent
_BEYOND = 1e-3  # what floating-point samples may leave 0 to 1 by, as they do after resampling


class Meaning:
    """Turns the samples of one page into pixels."""

    def __init__(self, page: Any, layout: Layout, profile: bytes | None) -> None:
        self.page, self.layout, self.profile = page, layout, profile
        self._dtype: np.dtype[Any] = np.dtype(np.uint16 if layout.deep else np.uint8)
        self._top = 65535 if layout.deep else 255

    def pixels(self, samples: NDArray[Any]) -> tuple[Pixels, Grey | None]:
        """(rows,W,S) samples of `Layout.kept` -> (rows,W,1) grey or (rows,W,3) RGB, and straight alpha."""
        layout = self.layout
        colours, alpha = samples[..., : layout.colours], None
        if layout.alpha is not None:
            alpha = self._scaled(samples[..., -1], layout.bits)
        if layout.kind not in _RAW:
            colours = self._scaled(colours, layout.bits)
            if alpha is not None and layout.associated:
                colours = _straight(colours, alpha, self._top)
        return _MEANINGS[layout.kind](self, colours), alpha

    def _scaled(self, samples: NDArray[Any], bits: int) -> Pixels:
        """Samples of `bits` bits, or floating-point ones of 0 to 1, in the depth of the picture."""
        if self.layout.floating:
            return self._from_floats(samples)
        most = 2**bits - 1
        if most == self._top:
            return self._in_depth(samples)
        if most < self._top:
            wide = samples.astype(np.uint32) * np.uint32(self._top) + np.uint32(most // 2)
            return self._in_depth((wide // np.uint32(most)).clip(0, self._top))
        return self._in_depth(np.rint(samples * (self._top / most)).clip(0, self._top))

    def _from_floats(self, samples: NDArray[Any]) -> Pixels:
        if not bool(((samples >= -_BEYOND) & (samples <= 1 + _BEYOND)).all()):
            raise PhotoError(f"floating-point TIFF with values outside 0 to 1 is not supported; {SAVE}")
        wide = samples.astype(np.float32, copy=False) * np.float32(self._top)
        return self._in_depth(np.rint(wide).clip(0, self._top))

    def _in_depth(self, samples: NDArray[Any]) -> Pixels:
        found: Pixels = samples.astype(self._dtype, copy=False)
        return found

    def as_they_are(self, colours: Pixels) -> Pixels:
        """Grey whose black is 0, and RGB."""
        return colours

    def inverted(self, colours: Pixels) -> Pixels:
        """Grey whose white is 0."""
        return self._in_depth(self._top - colours)

    def from_palette(self, places: NDArray[Any]) -> Pixels:
        """RGB of 8 bits by the page's colour map."""
        return np.asarray(_palette(self.page, self.layout.bits)[places[..., 0]], np.uint8)

    def from_cmyk(self, colours: Pixels) -> Pixels:
        """RGB by the profile; without one as Pillow does it."""
        if self._dtype == np.uint8:
            image = Image.fromarray(np.ascontiguousarray(colours), "CMYK")
            return np.asarray(image_in_srgb(image, self.profile).convert("RGB"), np.uint8)
        if self.profile is not None and self.profile[16:20] == b"CMYK":
            return _transformed(colours, self.profile, "cmyk", self._dtype)
        wide = np.uint32(self._top) - colours.astype(np.uint32)
        return self._in_depth((wide[..., :3] * wide[..., 3:] + self._top // 2) // self._top)

    def from_ycbcr(self, colours: Pixels) -> Pixels:
        """RGB; the codec of JPEG has given it."""
        planar = self.page.planarconfig == 2
        given = self.page.compression in (JPEG, OLD_JPEG) and not planar
        return colours if given else rgb_of(np.asarray(colours, np.uint8), self.page)

    def from_lab(self, samples: NDArray[Any]) -> Pixels:
        """RGB of CIELAB under D50; a and b are signed in CIELab and have an offset in ICCLab."""
        bits, signed = self.layout.bits, self.layout.kind is Kind.CIELAB
        unit = 1 if bits == 8 else 256
        light = samples[..., :1].astype(np.float64) * (100 / (2**bits - 1 if signed or bits == 8 else 65280))
        ab = samples[..., 1:].astype(np.float64)
        ab = np.where(ab >= 2 ** (bits - 1), ab - 2**bits, ab) if signed else ab - 2 ** (bits - 1)
        lab = np.concatenate([light, ab / unit], axis=-1)
        return _transformed(lab, _lab_profile(), "lab", self._dtype)


_RAW = (Kind.PALETTE, Kind.CIELAB, Kind.ICCLAB)  # what may be neither scaled nor divided
_MEANINGS: dict[Kind, Callable[[Meaning, Any], Pixels]] = {
    Kind.GREY: Meaning.as_they_are,
    Kind.WHITE: Meaning.inverted,
    Kind.RGB: Meaning.as_they_are,
    Kind.PALETTE: Meaning.from_palette,
    Kind.CMYK: Meaning.from_cmyk,
    Kind.YCBCR: Meaning.from_ycbcr,
    Kind.CIELAB: Meaning.from_lab,
    Kind.ICCLAB: Meaning.from_lab,
}


def _straight(colours: Pixels, alpha: Grey, top: int) -> Pixels:
    """Colours that were multiplied by alpha as they were before, rounded as Pillow does it."""
    divisor = np.where(alpha == 0, top, alpha).astype(np.uint32)[..., None]
    wide = colours.astype(np.uint32) * np.uint32(top) // divisor
    found: Pixels = wide.clip(0, top).astype(colours.dtype)  # type: ignore[assignment]
    return found


def _palette(page: Any, bits: int) -> NDArray[np.uint8]:
    """(n,3) colours; a map without a value above 255 was written with 8 bits, as libtiff takes it."""
    found = np.asarray(page.tags.valueof(_COLOR_MAP, default=())).ravel()
    if len(found) != 3 * 2**bits:
        raise ValueError("its colour map is not of the right size")
    levels = found.reshape(3, -1).T
    return (levels if levels.max() < 256 else levels // 256).astype(np.uint8)


@cache
def _lab_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


@cache
def _srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _transformed(samples: NDArray[Any], profile: bytes, space: str, dtype: np.dtype[Any]) -> Pixels:
    """Samples of a profile in sRGB."""
    found = imagecodecs.cms_transform(
        np.ascontiguousarray(samples),
        profile,
        _srgb_profile(),
        colorspace=space,
        outcolorspace="rgb",
        outdtype="uint16",
        intent=_RELATIVE,
    )
    if dtype == np.uint16:
        return np.asarray(found, np.uint16)
    return np.asarray((found + np.uint32(128)) // 257, np.uint8)
