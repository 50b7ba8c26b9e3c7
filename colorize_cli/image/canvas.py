"""What all variants of a photo share, computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import cached_property
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from colorize_cli.common.stopwatch import Stopwatch
from colorize_cli.image.colour.cielab import Floats
from colorize_cli.image.colour.mount import upsampler_of
from colorize_cli.image.colour.rgb import colour_strips
from colorize_cli.image.colour.samples import view_of
from colorize_cli.image.colour.space import Space
from colorize_cli.image.colour.upsample import Upsampler
from colorize_cli.image.icc.profile import space_of
from colorize_cli.image.photo import Grey, Photo, Pixels

Bytes = NDArray[np.uint8]
T = TypeVar("T")


class Canvas:
    """A photo to be coloured: its luminance in the forms that outputs need."""

    def __init__(self, photo: Photo, watch: Stopwatch | None = None) -> None:
        self.photo = photo
        self.watch = Stopwatch() if watch is None else watch
        self._shared: dict[Hashable, Any] = {}

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, for all variants: it is called once for a key.

        By two threads at once perhaps twice, and then both get the same.
        """
        if key not in self._shared:
            self._shared.setdefault(key, make())
        found: T = self._shared[key]
        return found

    @cached_property
    def space(self) -> Space | None:
        """What the samples mean by the scan's profile, None for sRGB."""
        return space_of(self.photo.metadata.icc)

    @cached_property
    def upsampler(self) -> Upsampler:
        """What brings colour to the size of the guide, and none to a white border."""
        return upsampler_of(self.photo.luma)

    def colour_border(self) -> None:
        """Give a white border colour like the rest, as a hint on it asks for."""
        self.upsampler = Upsampler(self.upsampler.guide)

    def view(self, size: int | tuple[int, int]) -> NDArray[np.float32]:
        """A square or (h,w) of this size in [0,1]: what the model sees, made from the guide."""
        return view_of(self.upsampler.guide, self.space, size)

    @cached_property
    def luma8(self) -> Bytes:
        """(H,W) the luminance in 8 bits."""
        return eight_bits(self.photo.luma)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H,W,3), or (H,W,4) with the photo's alpha."""
        return *self.photo.luma.shape, 3 if self.photo.alpha is None else 4

    def strips(self, ab: Floats, *, deep: bool) -> Iterator[Pixels]:
        """The picture with ab (2,h,w), a view of all of it, in strips of (rows,W,3 or 4) from top to bottom.

        Of 16 bits if it is to be `deep`, which the photo has to be; else of 8.
        """
        photo = self.photo
        luma = photo.luma if deep else self.luma8
        alpha = photo.alpha if photo.alpha is None or deep else eight_bits(photo.alpha)
        row = 0
        for rgb in self.watch.each("colour", colour_strips(luma, self.upsampler, ab, self.space)):
            rows = slice(row, row + len(rgb))
            yield rgb if alpha is None else np.concatenate([rgb, alpha[rows, :, None]], axis=2)
            row += len(rgb)


def eight_bits(grey: Grey) -> Bytes:
    """Grey or alpha at 8 bits, rounded; 8-bit planes come back as they are."""
    if grey.dtype == np.uint8:
        return np.asarray(grey, dtype=np.uint8)
    # (x + 128) // 257 without the three temporaries of 32 bits.
    return np.asarray(cv2.convertScaleAbs(grey, alpha=1 / 257), dtype=np.uint8)
