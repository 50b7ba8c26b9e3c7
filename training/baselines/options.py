"""Options of the baselines; their fields become the flags of the command line, name for name."""

from __future__ import annotations

from dataclasses import dataclass

from ..options import VAEOptions, option


@dataclass(frozen=True)
class CVAEOptions:
    """Weights of the CVAE's loss: the paper's terms, as for our own rows, but for the KL."""

    hist_weight: float = option(1.0, "Of the colourfulness loss.")
    mahalanobis_weight: float = option(0.1, "Of the error along principal components.")
    gradient_weight: float = option(1e-3, "Of the gradient loss.")
    # What is sampled is the prior, so the posterior must stay near it. The paper's 0.01 put 600 nats between
    # them in 200 steps. After 1,500 steps with 0.3 and 1: 14 and 6 nats, 34 and 8 dimensions in use, best of
    # five centres 0.86 and 0.81 of grey. With 3, only 3 dimensions were left after 600 steps.
    kl_weight: float = option(1.0, "Of KL(Q(z|C,G) || N(0,1)), per nat.")
    kl_ramp: int = option(2000, "Steps until the KL term has its full weight.")

    def reconstruction(self) -> VAEOptions:
        """The terms but for the KL."""
        return VAEOptions(
            objective="paper",
            hist_weight=self.hist_weight,
            mahalanobis_weight=self.mahalanobis_weight,
            gradient_weight=self.gradient_weight,
        )


@dataclass(frozen=True)
class CGANOptions:
    """Weights of the cGAN's loss."""

    l1_weight: float = option(100.0, "Of the L1 distance to the true colours, as in pix2pix.")
    adversarial_weight: float = option(1.0, "Of the generator's wish to be taken for real.")
