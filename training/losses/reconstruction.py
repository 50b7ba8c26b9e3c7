"""The two objectives of stage 1, weighed sums of terms: `photo`, which ships, and `paper`."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from colorize_cli.errors import UsageError

from ..data.cache import Cache
from ..data.statistics import field_histogram, field_statistics
from ..options import VAEOptions
from . import paper, photo

Reconstruction = Callable[[Tensor, Tensor], tuple[Tensor, dict[str, float]]]


def photo_reconstruction(cache: Cache, options: VAEOptions) -> Reconstruction:
    """Objective `photo`: smooth-L1 hist with softened weights and gradients at several scales."""
    weights = photo.hist_weights(field_histogram(cache), options.hist_strength)

    def loss(out: Tensor, truth: Tensor) -> tuple[Tensor, dict[str, float]]:
        hist, gradient = photo.hist(out, truth, weights.to(out)), photo.gradient(out, truth)
        total = options.hist_weight * hist + options.gradient_weight * gradient
        return total, {"hist": hist.item(), "gradient": gradient.item()}

    return loss


def paper_reconstruction(cache: Cache, options: VAEOptions) -> Reconstruction:
    """Objective `paper`: the terms of sec. 3.1 with a weight above zero, added."""
    fitted = field_statistics(cache)
    terms: dict[str, tuple[float, Callable[[Tensor, Tensor], Tensor]]] = {
        "l2": (options.l2_weight, paper.l2),
        "hist": (options.hist_weight, lambda f, c: paper.hist(f, c, fitted.prior)),
        "mahalanobis": (options.mahalanobis_weight, lambda f, c: paper.mahalanobis(f, c, fitted)),
        "gradient": (options.gradient_weight, paper.gradient),
    }

    def loss(out: Tensor, truth: Tensor) -> tuple[Tensor, dict[str, float]]:
        values = {name: term(out, truth) for name, (weight, term) in terms.items() if weight > 0.0}
        total = sum((terms[name][0] * value for name, value in values.items()), out.new_zeros(()))
        return total, {name: value.item() for name, value in values.items()}

    return loss


_OBJECTIVES = {"photo": photo_reconstruction, "paper": paper_reconstruction}


def reconstruction(cache: Cache, options: VAEOptions) -> Reconstruction:
    """The objective that the options name; UsageError if there is none of that name."""
    if options.objective not in _OBJECTIVES:
        raise UsageError(f"No objective is called {options.objective!r}: photo or paper.")
    return _OBJECTIVES[options.objective](cache, options)
