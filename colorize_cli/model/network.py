"""The networks that run together: grey encoder, VAE and MDN."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.networks.backbone import GreyEncoder
from colorize_cli.model.networks.mdn import ColorMDN
from colorize_cli.model.networks.paper import PaperDecoder, PaperEncoder, PaperMDN
from colorize_cli.model.networks.vae import ColorDecoder, ColorEncoder


def build_encoder(config: ModelConfig) -> ColorEncoder | PaperEncoder:
    """The encoder of a config's architecture."""
    return ColorEncoder(config) if config.architecture == "photo" else PaperEncoder(config)


def build_decoder(config: ModelConfig) -> ColorDecoder | PaperDecoder:
    """The decoder of a config's architecture."""
    return ColorDecoder(config) if config.architecture == "photo" else PaperDecoder(config)


def build_mdn(config: ModelConfig) -> ColorMDN | PaperMDN:
    """The mixture density network of a config's architecture."""
    return ColorMDN(config) if config.architecture == "photo" else PaperMDN(config)


class ColorNet(nn.Module):
    """All parts of a colorizer of one config; `encoder` is used in training and measuring only."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config: ModelConfig = config
        self.backbone = GreyEncoder(config.backbone)
        self.encoder = build_encoder(config)
        self.decoder = build_decoder(config)
        self.mdn = build_mdn(config)

    def decode(self, codes: Tensor, skips: list[Tensor]) -> Tensor:
        """Codes (B,n,d) and the skips of B photos -> colour fields (B,n,2,f,f), all in one batch."""
        b, n, d = codes.shape
        # repeat_interleave forgets the layout, and the convolutions are a fifth slower without it.
        repeated = [
            skip.repeat_interleave(n, dim=0).contiguous(memory_format=torch.channels_last) for skip in skips
        ]
        fields: Tensor = self.decoder(codes.reshape(b * n, d), repeated)
        return fields.reshape(b, n, *fields.shape[1:])
