"""From mixtures to the look of a group, and from a look to mixtures that share it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorize_cli.model.mixture import Mixture
from colorize_cli.model.variants.group_look import GroupLook

# How far each photo's means go to those of its group, measured with weights N of docs/history.md. Four
# overlapping crops of each of 119 photos of val.zip stand for a roll of one scene; the variance of their mean
# colour (true: 15.5) and eob@5 to grey: no group 63 and .621; the order of components alone 17 and .619; half
# way 9.6 and .618; all the way 5.5 and .620. Of seven sources of photos that have no more in common than the
# kind of subject, half way takes it from 79 to 46 (true: 121); all the way costs .016 of eob@5, .02 of top-1.
_PULL = 0.5


def pack_mixture(mixture: Mixture) -> Tensor:
    """Mixtures of B photos -> (B,M,1+d): weight and mean of each component."""
    return torch.cat([mixture.log_pi.exp()[..., None], mixture.mu], dim=2)


def look_of(packed: NDArray[np.float32]) -> GroupLook:
    """What the photos of a group share: of their mixtures as of `pack_mixture`, (B,M,1+d), the mean."""
    weights, means = np.split(packed.mean(0, dtype=np.float64).astype(np.float32), [1], axis=1)
    return GroupLook(np.log(weights[:, 0].clip(1e-12)), np.ascontiguousarray(means))


def shared(mixture: Mixture, looks: Sequence[GroupLook | None]) -> Mixture:
    """The mixtures of B photos, turned to the look of their group where there is one.

    Weights, and so the order of variants, are those of the look; means go half way to its means.
    """
    photos = [i for i, look in enumerate(looks) if look is not None]
    if not photos:
        return mixture
    log_pi, mu = mixture.log_pi.clone(), mixture.mu.clone()
    found = [look for look in looks if look is not None]
    log_pi[photos] = torch.from_numpy(np.stack([look.log_pi for look in found])).to(log_pi)
    means = torch.from_numpy(np.stack([look.mu for look in found])).to(mu)
    mu[photos] = torch.lerp(mu[photos], means, _PULL)
    return Mixture(log_pi, mu, mixture.log_sigma)
