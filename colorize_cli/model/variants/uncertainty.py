"""How far the mixture is from one opinion of a photo's colours."""

from __future__ import annotations

from torch import Tensor


def uncertainty(fields: Tensor, log_pi: Tensor) -> Tensor:
    """Means of all components decoded, (B,M,2,f,f) ab, and their log weights (B,M) -> (B,f,f).

    The standard deviation of colour over the mixture, as a distance in ab: sqrt of the weighted mean of the
    squared distances to the mean colour.
    """
    weights = log_pi.exp()[:, :, None, None, None]
    mean = (weights * fields).sum(1, keepdim=True)
    squared: Tensor = (weights * (fields - mean).square()).sum((1, 2))
    return squared.sqrt()
