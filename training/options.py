"""Options of the training stages; their fields become the flags of the command line, name for name."""

from __future__ import annotations

from dataclasses import dataclass, field


def option(default: float, text: str) -> float:
    """A dataclass field with its default and its help text."""
    value: float = field(default=default, metadata={"help": text})
    return value


@dataclass(frozen=True)
class TrainOptions:
    """Options of the loop that both stages share."""

    steps: int
    batch_size: int = field(default=32, metadata={"help": "Photos to a step."})
    lr: float = option(2e-3, "Highest learning rate.")
    weight_decay: float = option(1e-4, "Of AdamW.")
    warmup: int = field(default=300, metadata={"help": "Steps in which the rate rises."})
    decay: float = option(0.3, "Share of the steps, at the end, in which the rate falls to zero.")
    ema: float = option(0.999, "Decay of the averaged weights, which are the ones exported.")
    clip: float = option(1.0, "Largest norm of the gradient.")
    seed: int = field(default=0, metadata={"help": "Of start values, order and noise."})
    validate_every: int = field(default=1000, metadata={"help": "Steps between looks at held-out photos."})
    save_every: float = option(180.0, "Seconds between checkpoints.")


@dataclass(frozen=True)
class VAEOptions:
    """Weights of the loss terms of stage 1."""

    hist_strength: float = option(0.5, "0 weighs all colours alike, 1 by the inverse of their frequency.")
    gradient_weight: float = option(1.0, "Of the multi-scale gradient loss.")
    kl_weight: float = option(1e-4, "Of KL(Q(z|C) || N(0,1)), per nat.")
    kl_ramp: int = field(default=2000, metadata={"help": "Steps until the KL term has its full weight."})
    zero_code: float = option(0.1, 'Share of photos decoded from z = 0, so that zero means "no wish".')


@dataclass(frozen=True)
class MDNOptions:
    """Settings of stage 2."""

    variants: int = field(default=5, metadata={"help": "Decoded per held-out photo when validating."})
