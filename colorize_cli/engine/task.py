"""The one way from a photo to its colours, for run, preview and Python API."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from colorize_cli.engine.protocol import Prompt
from colorize_cli.hints.apply import PhotoHints
from colorize_cli.hints.hint import Hint, HintResult
from colorize_cli.hints.palette import Palette
from colorize_cli.image.canvas import Canvas
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.model.variants.steering import Wish

Floats = NDArray[np.float32]


class ColourTask:
    """A photo on its canvas, with what people say of its colours.

    key: names its content, and so fixes its noise; view: (v,v) in [0,1], what the networks see.
    """

    def __init__(
        self,
        canvas: Canvas,
        view_size: int,
        key: str,
        hints: Sequence[Hint] = (),
        palette: Palette | None = None,
        palette_strength: float = 1.0,
    ) -> None:
        self.canvas, self.key = canvas, key
        self.hints = PhotoHints(hints, canvas) if hints else None
        self.wish = Wish(
            self.hints.spots if self.hints else (), palette.colours if palette else (), palette_strength
        )
        self.view = canvas.view(view_size)

    def prompt(self, look: GroupLook | None = None, group: str | None = None) -> Prompt:
        """What an engine is asked; photos with the look of a group share its noise."""
        return Prompt(self.key if look is None else f"group:{group}", self.wish, look)

    def corrected(self, fields: Floats, *, hard: bool = True) -> tuple[Floats, tuple[HintResult, ...]]:
        """Fields (n,2,f,f) of the engine -> fields in which hints are met, and how well they are."""
        if self.hints is None:
            return fields, ()
        correction = self.hints.corrected(fields, hard=hard)
        return correction.fields, self.hints.results(correction)
