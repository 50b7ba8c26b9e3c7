"""What engines are asked and what they answer; arrays only, so that it goes through pipes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.model.variants.steering import Wish
from colorize_cli.model.weights import WeightsInfo

_NUMBERS = 3  # of each variant, in front of its field

NO_WISH = Wish()


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """What is asked for all photos of a call.

    n: variants. seed: with a photo's key it fixes the noise. diversity: 0..1 trades likelihood for distance
    (`choosing.choose`); None: as much as the weights ask for. uncertainty: whether a map of it
    is wanted, too.
    """

    n: int
    seed: int = 0
    diversity: float | None = None
    uncertainty: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked for one photo.

    key: names its content (its sha256), or the group whose noise it shares: a photo gets the same colours
    in any batch, to within the rounding of the precision. wish: what its colours are to be; photos with an
    empty one get the same bits as without. look: of its group.
    """

    key: str
    wish: Wish = NO_WISH
    look: GroupLook | None = None


@dataclass(frozen=True)
class Variants:
    """The variants of B photos, and what the mixture thinks of them; arrays of float32.

    fields: (B,n,2,f,g) ab in CIELAB units, f x g a quarter of the view that was coloured. weights: (B,n) in
    [0,1], of the component that a variant is of. log_likelihoods: (B,n), log P(z | grey) in nats. distances:
    (B,n) mean distance in ab to variant 1. uncertainty: (B,f,g) in CIELAB units, how far the mixture is from
    one opinion; None unless asked for.
    """

    fields: NDArray[np.float32]
    weights: NDArray[np.float32]
    log_likelihoods: NDArray[np.float32]
    distances: NDArray[np.float32]
    uncertainty: NDArray[np.float32] | None = None

    def one(self, i: int) -> Variants:
        """Those of the i-th photo, still with the axis of photos."""
        uncertainty, i_ = self.uncertainty, slice(i, i + 1)
        numbers = self.weights[i_], self.log_likelihoods[i_], self.distances[i_]
        return Variants(self.fields[i_], *numbers, None if uncertainty is None else uncertainty[i_])


class Engine(Protocol):
    """What a run needs of the networks, wherever they are: `Colorizer` is one, `ColorizerPool` the other."""

    @property
    def info(self) -> WeightsInfo:
        """Name of the weights for people, and sha256 of their file."""

    @property
    def view_size(self) -> int:
        """Side in pixels of the square views that `variants` takes."""

    @property
    def detail(self) -> int | None:
        """See `ModelConfig.detail`: the size of the view that is coloured unless another one is asked for."""

    @property
    def device(self) -> torch.device:
        """Its kind; of several cards "cuda"."""

    @property
    def device_name(self) -> str:
        """For people: cpu, cuda, or cuda:0,cuda:1."""

    @property
    def precision(self) -> str:
        """For people: what the decoder computes in."""

    @property
    def slots(self) -> int:
        """How many calls of `variants` at the same time are faster than one after another."""

    def variants(
        self,
        views: NDArray[np.float32],
        prompts: Sequence[Prompt],
        options: SampleOptions,
        colour_views: NDArray[np.float32] | None = None,
    ) -> Variants:
        """See `Colorizer.variants`; safe to call from several threads."""

    def look(self, views: NDArray[np.float32]) -> GroupLook:
        """See `Colorizer.look`; safe to call from several threads."""


def pack_variants(
    made: tuple[torch.Tensor, ...], fields: torch.Tensor, uncertainty: torch.Tensor | None
) -> torch.Tensor:
    """Numbers (B,n) of variants, their fields (B,n,2,f,g) and a map (B,f,g) as one array (B,n or n+1,·).

    Lanes carry one array. The map of uncertainty is a row of its own behind the variants.
    """
    rows = torch.cat([torch.stack(made, 2), fields.flatten(2)], 2)
    if uncertainty is None:
        return rows
    last = rows.new_zeros(len(rows), 1, rows.shape[2])
    last[:, 0, _NUMBERS : _NUMBERS + uncertainty[0].numel()] = uncertainty.flatten(1)
    return torch.cat([rows, last], 1)


def unpack_variants(rows: NDArray[np.float32], n: int, field: tuple[int, int]) -> Variants:
    """What `pack_variants` has packed, of n variants with fields of f x g."""
    fields = rows[:, :n, _NUMBERS:].reshape(len(rows), n, 2, *field)
    weights, likelihoods, distances = (rows[:, :n, i] for i in range(_NUMBERS))
    uncertainty = None
    if rows.shape[1] > n:
        uncertainty = rows[:, n, _NUMBERS : _NUMBERS + field[0] * field[1]].reshape(-1, *field)
    return Variants(fields, weights, likelihoods, distances, uncertainty)
