"""What of a `ColorNet` is trained, with the part of the backbone that can learn while the rest is cached."""

from __future__ import annotations

from typing import Self

from torch import Tensor, nn

from colorize_cli.errors import UsageError
from colorize_cli.model.network import ColorNet
from colorize_cli.model.networks.backbone import GreyEncoder
from colorize_cli.model.networks.grid import GridDecoder
from colorize_cli.model.networks.paper import PaperDecoder
from colorize_cli.model.networks.vae import ColorDecoder

_FIRST = 5  # the stage behind the features at stride 16, which the cache holds


class LateStages(nn.Module):
    """The backbone's stages behind the features at stride 16, under the names they have in it.

    They hold half of its weights and take a tenth of its time. Batch norms keep the statistics of
    ImageNet: those of a batch of 32 are noise at 5x5 places a photo.
    """

    def __init__(self, backbone: GreyEncoder, *, trained: bool) -> None:
        super().__init__()
        later = {str(i): stage for i, stage in enumerate(backbone.stages) if i >= _FIRST}
        self.stages = nn.ModuleDict(later)
        self.requires_grad_(trained)

    def train(self, mode: bool = True) -> Self:
        """Stays as in use, whatever is asked for."""
        return super().train(False)

    def forward(self, features: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Cached features at strides 8, 16 and 32 -> the same with those at stride 32 made anew."""
        stride8, stride16, _ = features
        x = stride16
        for stage in self.stages.values():
            x = stage(x)
        return stride8, stride16, x


class JointNet(nn.Module):
    """The parts of a `ColorNet` that are trained, under the same names.

    The backbone's late stages learn at `backbone_rate` times the learning rate of the others.
    """

    def __init__(self, net: ColorNet, *, backbone_rate: float = 0.0) -> None:
        super().__init__()
        if isinstance(net.decoder, GridDecoder):
            raise UsageError("Networks of architecture grid are trained by: colorize-train grid.")
        self.encoder, self.mdn = net.encoder, net.mdn
        self.decoder: ColorDecoder | PaperDecoder = net.decoder
        self.backbone = LateStages(net.backbone, trained=backbone_rate > 0.0)
        self.rates = {"backbone.": backbone_rate} if backbone_rate > 0.0 else {}
