"""The one way from a photo to its colours, for run, preview and Python API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorize_cli.engine.protocol import Engine, Prompt, SampleOptions, Variants
from colorize_cli.hints.apply import PhotoHints
from colorize_cli.hints.hint import Hint, HintResult
from colorize_cli.hints.palette import Palette
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.view import view_shape
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.model.variants.steering import Wish

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ViewSizes:
    """How large the networks see photos.

    code: side of the square that the mixture sees. detail: side of a square with as many pixels as the view
    that is coloured, which has the photo's shape; None: the first view serves for both.
    """

    code: int
    detail: int | None

    @classmethod
    def of(cls, engine: Engine, detail: int | None = None) -> ViewSizes:
        """Those of an engine, with another detail if one is asked for."""
        wanted = engine.detail if detail is None else detail
        # Weights that were made for one view see what they always saw if its size is asked for.
        return cls(engine.view_size, None if engine.detail is None and wanted == engine.view_size else wanted)


class ColourTask:
    """A photo on its canvas, with what people say of its colours.

    view, colour_view: what the networks see, in [0,1]. key: fixes the noise; it is the content of the file
    and, for a page of one, its number.
    """

    def __init__(
        self,
        canvas: Canvas,
        sizes: ViewSizes,
        hints: Sequence[Hint] = (),
        palette: Palette | None = None,
        palette_strength: float = 1.0,
        page: int | None = None,
    ) -> None:
        self.canvas = canvas
        self.key = canvas.photo.digest if page is None else f"{canvas.photo.digest}:{page}"
        self.hints = PhotoHints(hints, canvas) if hints else None
        self.wish = Wish(
            self.hints.spots if self.hints else (), palette.colours if palette else (), palette_strength
        )
        self.view = canvas.view(sizes.code)
        self.colour_view: Floats | None = None
        if sizes.detail is not None:
            height, width = canvas.photo.luma.shape
            self.colour_view = canvas.view(view_shape(height, width, sizes.detail))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the view that is coloured; photos of one shape can be coloured in one call."""
        return (self.view if self.colour_view is None else self.colour_view).shape

    def prompt(self, look: GroupLook | None = None, group: str | None = None) -> Prompt:
        """What an engine is asked; photos with the look of a group share its noise."""
        return Prompt(self.key if look is None else f"group:{group}", self.wish, look)

    def variants(self, engine: Engine, options: SampleOptions) -> Variants:
        """The variants of this photo alone."""
        return variants_of([self], [self.prompt()], engine, options)[0]

    def corrected(self, fields: Floats, *, hard: bool = True) -> tuple[Floats, tuple[HintResult, ...]]:
        """Fields (n,2,f,g) of the engine -> fields in which hints are met, and how well they are."""
        if self.hints is None:
            return fields, ()
        correction = self.hints.corrected(fields, hard=hard)
        return correction.fields, self.hints.results(correction)


def variants_of(
    tasks: Sequence[ColourTask], prompts: Sequence[Prompt], engine: Engine, options: SampleOptions
) -> list[Variants]:
    """The variants of each photo, in calls of all those of one shape."""
    found: dict[int, Variants] = {}
    for shape in dict.fromkeys(task.shape for task in tasks):
        places = [i for i, task in enumerate(tasks) if task.shape == shape]
        views = np.stack([tasks[i].view for i in places])
        finer = [view for i in places if (view := tasks[i].colour_view) is not None]
        colour_views = np.stack(finer) if finer else None
        made = engine.variants(views, [prompts[i] for i in places], options, colour_views)
        found |= {place: made.one(i) for i, place in enumerate(places)}
    return [found[i] for i in range(len(tasks))]
