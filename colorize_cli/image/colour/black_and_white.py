"""Telling pixels that can take colour from those that cannot: black and white stay black and white."""

from __future__ import annotations

import cv2
import numpy as np

from colorize_cli.image.photo import Grey

# Levels of 255 next to black and white: as far as JPEG rings around edges at the quality of scanners.
_NEAR = 10
_SHARE = 0.98
WARNING = (
    "its pixels are black or white, as in a halftone or line drawing, and take no colour; scan it in grey"
)


def takes_no_colour(luma: Grey) -> bool:
    """Whether (H,W) is nearly all black and white, and has some of both."""
    deep = luma.dtype == np.uint16
    # 256 levels: whole bytes of 8 bits, the high ones of 16.
    counts = cv2.calcHist([luma], [0], None, [256], [0, 65536 if deep else 256]).ravel()
    black, white = counts[:_NEAR].sum(), counts[-_NEAR:].sum()
    return bool(black + white >= _SHARE * luma.size and min(black, white) > (1 - _SHARE) * luma.size)
