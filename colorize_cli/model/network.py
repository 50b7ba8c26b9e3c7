"""The networks that run together: grey encoder, VAE and MDN."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.networks.backbone import GreyEncoder
from colorize_cli.model.networks.grid import GridDecoder, GridEncoder
from colorize_cli.model.networks.mdn import ColorMDN, PooledMDN
from colorize_cli.model.networks.paper import PaperDecoder, PaperEncoder, PaperMDN
from colorize_cli.model.networks.vae import ColorDecoder, ColorEncoder

Encoder = ColorEncoder | GridEncoder | PaperEncoder
Decoder = ColorDecoder | GridDecoder | PaperDecoder
MDN = ColorMDN | PooledMDN | PaperMDN


def build_encoder(config: ModelConfig) -> Encoder:
    """The encoder of a config's architecture."""
    if config.is_paper:
        return PaperEncoder(config)
    return GridEncoder(config) if config.architecture == "grid" else ColorEncoder(config)


def build_decoder(config: ModelConfig) -> Decoder:
    """The decoder of a config's architecture."""
    if config.is_paper:
        return PaperDecoder(config)
    return GridDecoder(config) if config.architecture == "grid" else ColorDecoder(config)


def build_mdn(config: ModelConfig) -> MDN:
    """The mixture density network of a config's architecture."""
    if config.is_paper:
        return PaperMDN(config)
    return PooledMDN(config) if config.architecture == "grid" else ColorMDN(config)


class ColorNet(nn.Module):
    """All parts of a colorizer of one config; `encoder` is used in training and measuring only."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config: ModelConfig = config
        self.backbone = GreyEncoder(config.backbone, config.strides)
        self.encoder = build_encoder(config)
        self.decoder = build_decoder(config)
        self.mdn = build_mdn(config)

    def decode(self, codes: Tensor, skips: list[Tensor]) -> Tensor:
        """Codes (B,n,d) and the skips of B photos -> colour fields (B,n,2,f,g), all in one batch."""
        if isinstance(self.decoder, GridDecoder):
            together: Tensor = self.decoder(codes, skips)
            return together
        b, n, d = codes.shape
        # repeat_interleave forgets the layout, and the convolutions are a fifth slower without it.
        repeated = [
            skip.repeat_interleave(n, dim=0).contiguous(memory_format=torch.channels_last) for skip in skips
        ]
        fields: Tensor = self.decoder(codes.reshape(b * n, d), repeated)
        return fields.reshape(b, n, *fields.shape[1:])
