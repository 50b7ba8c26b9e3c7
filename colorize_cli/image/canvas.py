"""What all variants of a photo share, computed once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.common.stopwatch import Stopwatch
from colorize_cli.errors import PhotoError, UsageError
from colorize_cli.image.colour.chroma import grey_rows
from colorize_cli.image.colour.samples import view_of
from colorize_cli.image.colour.space import Space
from colorize_cli.image.colour.upsample import Upsampler, guide, resize
from colorize_cli.image.icc.profile import space_of
from colorize_cli.image.jpeg.lossless import hindrance, luma_at, luma_of
from colorize_cli.image.jpeg.scans import Jpeg
from colorize_cli.image.photo import Grey, Photo

Bytes = NDArray[np.uint8]


class Canvas:
    """A photo to be coloured: its luminance in the forms that outputs need."""

    def __init__(self, photo: Photo, watch: Stopwatch | None = None) -> None:
        self.photo = photo
        self.watch = Stopwatch() if watch is None else watch
        self._room: dict[int, Bytes] = {}
        self._guides: dict[int, tuple[Upsampler, NDArray[np.intp]]] = {}
        self._coded: dict[int, Jpeg] = {}

    @cached_property
    def space(self) -> Space | None:
        """What the samples mean by the scan's profile, None for sRGB."""
        return space_of(self.photo.metadata.icc)

    @cached_property
    def upsampler(self) -> Upsampler:
        """What brings colour to the size of the guide."""
        return Upsampler(guide(self.photo.luma))

    def view(self, size: int) -> NDArray[np.float32]:
        """(size,size) in [0,1]: what the model sees, made from the guide."""
        return view_of(self.upsampler.guide, self.space, size)

    @cached_property
    def luma8(self) -> Bytes:
        """(H,W) the luminance in 8 bits."""
        return eight_bits(self.photo.luma)

    @cached_property
    def luma8_to_halve(self) -> Bytes:
        """`luma8` for an encoder with chroma of half the size: its edges repeated in the memory behind.

        At odd sizes libjpeg-turbo reads a row and a column more than there are. What it found there was in
        the last blocks: up to 22 levels at quality 92, and other bytes in every run.
        """
        height, width = self.luma8.shape
        if height % 2 == 0 and width % 2 == 0:
            return self.luma8
        even = cv2.copyMakeBorder(self.luma8, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        return np.asarray(even, dtype=np.uint8)[:height, :width]

    def chroma_guide(self, step: int) -> tuple[Upsampler, NDArray[np.intp]]:
        """For chroma samples of step x step pixels: what brings colour to the size of the guide, or to
        theirs where that is smaller, and the greys there as `chroma.chroma` takes them.
        """
        if step not in self._guides:
            whole, samples = self.upsampler.guide, self._samples(step)
            small = resize(whole, *(min(sides) for sides in zip(whole.shape, samples, strict=True)))
            upsampler = self.upsampler if small.shape == whole.shape else Upsampler(small)
            self._guides[step] = upsampler, grey_rows(small)
        return self._guides[step]

    @cached_property
    def scan_luma(self) -> Jpeg | None:
        """The scan's luminance if it can be carried over as it stands; PhotoError if the file has changed."""
        path, data = self.photo.path, self.photo.jpeg
        if data is None or hindrance(data) is not None:
            return None
        try:
            return luma_of(data)
        except (PhotoError, UsageError) as error:
            raise PhotoError(f"{path}: {error}") from None

    def coded_luma(self, quality: int) -> Jpeg:
        """The luminance as a grey JPEG, the same in all variants; the scan's own if that is coarse enough."""
        if quality not in self._coded:
            # What libjpeg complained of in the scan is not handed on.
            sound = None if self.photo.warnings else self.photo.jpeg
            self._coded[quality] = luma_at(quality, self.luma8, sound)
        return self._coded[quality]

    def room(self, step: int) -> Bytes:
        """(h,w,2) how far the pixels under each chroma sample of step x step pixels are from white, and
        from black.
        """
        if step not in self._room:
            darkest, brightest = (
                _of_fours(self.luma8, f) if step == 2 else self.luma8 for f in (cv2.min, cv2.max)
            )
            self._room[step] = np.asarray(cv2.merge((255 - brightest, darkest)), dtype=np.uint8)
        return self._room[step]

    def _samples(self, step: int) -> tuple[int, int]:
        height, width = self.photo.luma.shape
        return -(-height // step), -(-width // step)


def _of_fours(plane: Bytes, choose: Callable[[Any, Any], Any]) -> Bytes:
    """(H,W) -> for each 2x2 samples the one chosen, (ceil(H/2),ceil(W/2))."""
    height, width = plane.shape
    if height % 2 or width % 2:
        even = cv2.copyMakeBorder(plane, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        plane = np.asarray(even, dtype=np.uint8)
    # Two neighbours as one number: a third of the time that strided access takes.
    pairs = np.ascontiguousarray(choose(plane[::2], plane[1::2])).view("<u2")
    return np.asarray(choose((pairs & 255).astype(np.uint8), (pairs >> 8).astype(np.uint8)), dtype=np.uint8)


def eight_bits(grey: Grey) -> Bytes:
    """Grey or alpha at 8 bits, rounded; 8-bit planes come back as they are."""
    if grey.dtype == np.uint8:
        return np.asarray(grey, dtype=np.uint8)
    # (x + 128) // 257 without the three temporaries of 32 bits.
    return np.asarray(cv2.convertScaleAbs(grey, alpha=1 / 257), dtype=np.uint8)
