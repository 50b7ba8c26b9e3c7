"""Options of the training stages; their fields become the flags of the command line, name for name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from colorize_cli.errors import UsageError

Value = TypeVar("Value")


def option(default: Value, text: str, **more: Any) -> Value:
    """A dataclass field with its default, its help text and the `range` or `choices` of its values."""
    value: Value = field(default=default, metadata={"help": text, **more})
    return value


@dataclass(frozen=True)
class PrepareOptions:
    """What `prepare` makes of the photos."""

    backbone: str = option("lite1", "Whose features are kept.", choices=("lite0", "lite1", "lite2"))
    degraded: float = option(0.3, "Share that is aged.", range=(0, 1))
    copies: int = option(1, "Views of a photo: 1 whole, the others crops.", range=(1, None))
    hold_out_every: int = option(50, "1 block in so many.", range=(2, None))
    hold_out_block: int = option(
        1,
        "Neighbouring photos held out together; more than 1 where they are of one house or sitting.",
        range=(1, None),
    )
    view: int = option(160, "Side of the model's view, a multiple of 32.")
    seed: int = option(0, "Of crops and ageing.")


@dataclass(frozen=True)
class TrainOptions:
    """Options of the loop that both stages share."""

    steps: int
    batch_size: int = option(32, "Photos to a step.")
    lr: float = option(2e-3, "Highest learning rate.")
    weight_decay: float = option(1e-4, "Of AdamW.")
    warmup: int = option(300, "Steps in which the rate rises.")
    decay: float = option(0.3, "Share of the steps, at the end, in which the rate falls to zero.")
    ema: float = option(0.999, "Decay of the averaged weights, which are the ones exported.")
    clip: float = option(1.0, "Largest norm of the gradient.")
    seed: int = option(0, "Of start values, order and noise.")
    validate_every: int = option(1000, "Steps between looks at held-out photos.")
    save_every: float = option(180.0, "Seconds between checkpoints.")
    keep: int = option(3, "Best weights kept beside the last checkpoint.")
    patience: int = option(0, "End after so many looks at held-out photos without a better score; 0: never.")
    device: str = option("auto", "auto, cpu, cuda, cuda:1, mps.")
    precision: str = option("fp32", "fp32; bf16 or fp16 on a GPU.")
    compile: bool = option(False, "Compile the networks first (torch.compile).")
    tensorboard: bool = option(False, "Log for tensorboard, too.")

    def __post_init__(self) -> None:
        if min(self.batch_size, self.validate_every) < 1:
            raise UsageError("--batch-size and --validate-every begin at 1.")


@dataclass(frozen=True)
class VAEOptions:
    """Weights of the loss terms of stage 1."""

    objective: str = option("photo", "Form of the terms: photo, or paper (sec. 3.1).")
    l2_weight: float = option(0.0, "Of the plain norm of the error; objective paper only.")
    mahalanobis_weight: float = option(0.0, "Of the error along principal components; objective paper only.")
    hist_weight: float = option(1.0, "Of the colourfulness loss.")
    hist_strength: float = option(
        0.5, "0: all colours weigh alike; 1: by the inverse of their frequency; photo only."
    )
    gradient_weight: float = option(1.0, "Of the gradient loss.")
    kl_weight: float = option(1e-4, "Of KL(Q(z|C) || N(0,1)), per nat.")
    kl_ramp: int = option(2000, "Steps until the KL term has its full weight.")
    zero_code: float = option(0.1, 'Share of photos decoded from z = 0, so that zero means "no wish".')


@dataclass(frozen=True)
class GridOptions:
    """The views of a grid network in training, and the weights of its loss terms."""

    code_view: int = option(160, "Side of the view that the mixture sees, in the end.")
    detail_view: int = option(256, "Side of the view that is coloured, in the end.")
    grow: float = option(0.6, "Share of the steps in which views grow to that, from 0.6 of it.", range=(0, 1))
    degraded: float = option(0.3, "Share that is aged.", range=(0, 1))
    backbone_rate: float = option(0.25, "Learning rate of the backbone, as a share of --lr.")
    own_weight: float = option(1.0, "Of the error with the photo's own code.")
    best_weight: float = option(1.0, "Of the error of the nearest hypotheses.")
    every_weight: float = option(0.2, "Of the mean error of all hypotheses.")
    first_weight: float = option(0.25, "Of the error of the first one.")
    first_looks: float = option(0.2, "Of how colourful the first one is, beside its error.")
    gradient_weight: float = option(0.8, "Of changes of colour, within every error.")
    unasked_weight: float = option(0.5, "Of changes of colour where luminance has none, within every error.")
    chroma_weight: float = option(0.25, "Of the error of chroma, whatever the hue, within every error.")
    colourfulness_weight: float = option(0.4, "Of how far colourfulness is from the truth's.")
    cast_weight: float = option(0.3, "Of how far a cast exceeds that of the truth.")
    skin_weight: float = option(0.4, "Of the error on the skin of known faces, which no hypothesis may miss.")
    kl_weight: float = option(1e-3, "Of KL(Q(z|C) || N(0,1)), per nat.")
    nll_weight: float = option(0.02, "Of the code's likelihood; it teaches the MDN alone.")
    rank_weight: float = option(0.05, "Of which hypotheses are near, taught to the weights of the mixture.")
    lead: float = option(0.3, "Of that, for the first one whoever is near.", range=(0, 1))
    zero_code: float = option(0.1, 'Share of photos decoded from z = 0, so that zero means "no wish".')
    critic_photos: int = option(0, "Photos of each batch that a critic sees in colour; 0: no critic.")
    realism_weight: float = option(0.05, "Of how easily the critic tells the pictures from the photos.")
    likeness_weight: float = option(0.1, "Of how unlike the photos they look to the critic's eyes.")
    heat: float = option(0.3, "Temperature of the choice among hypotheses, at first.")
    cool: float = option(0.02, "And after --cooling steps.")
    cooling: int = option(2500, "Steps in which it falls.")


@dataclass(frozen=True)
class FinetuneOptions:
    """Settings of fine-tuning."""

    epochs: int = option(15, "Times each photo is shown, at most.")
    lr: float = option(3e-4, "Highest learning rate.")
    view: int = option(160, "Side of the views that are trained on.", range=(64, 640))
    batch_size: int = option(32, "Photos to a step.")
    degraded: float = option(0.3, "Share of photos that are aged.")
    blend: float | None = option(
        None, "How far to go from the old weights (0) to the new ones (1).  [default: measured]"
    )
    most: int = option(20_000, "Photos that are used at most, evenly spaced.")
    most_steps: int = option(20_000, "Steps at most.")
    seed: int = option(0, "Of crops, ageing, order and noise.")
    device: str = option("auto", "auto, cpu, cuda, cuda:1, mps.")


@dataclass(frozen=True)
class MDNOptions:
    """Settings of stage 2."""

    loss: str = option("likelihood", "likelihood, or the paper's min-component.")
    variants: int = option(5, "Decoded per held-out photo when validating.")


@dataclass(frozen=True)
class VariantOptions:
    """How variants are made of the mixture: fields of a network's config that no weight depends on.

    None leaves what the config says.
    """

    detail: int | None = option(None, "Of colorize --detail.  [default: the preset's]", range=(160, 640))
    temperature: float | None = option(None, "Noise of variants 2 to 8.  [default: the preset's]")
    saturation: float | None = option(None, "Factor on all colours.  [default: the preset's]")
    first_saturation: float | None = option(None, "The same for variant 1.  [default: the preset's]")
    first_leveling: float | None = option(
        None, "By which pale photos gain more in variant 1 than strong ones.  [default: the preset's]"
    )
    diversity: float | None = option(
        None,
        "How much variants unlike each other count, unless colorize is told.  [default: the preset's]",
        range=(0, 1),
    )
