"""The networks that run together: grey encoder, VAE and MDN."""

from __future__ import annotations

from torch import Tensor, nn

from colorize_cli.model.backbone import GreyEncoder
from colorize_cli.model.config import ModelConfig
from colorize_cli.model.mdn import ColorMDN
from colorize_cli.model.vae import ColorDecoder, ColorEncoder


class ColorNet(nn.Module):
    """All parts of a colorizer of one config; `encoder` is used in training and measuring only."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config: ModelConfig = config
        self.backbone = GreyEncoder(config.backbone)
        self.encoder = ColorEncoder(config)
        self.decoder = ColorDecoder(config)
        self.mdn = ColorMDN(config)

    def decode(self, codes: Tensor, skips: list[Tensor]) -> Tensor:
        """Codes (B,n,d) and the skips of B photos -> colour fields (B,n,2,f,f), all in one batch."""
        b, n, d = codes.shape
        repeated = [skip.repeat_interleave(n, dim=0) for skip in skips]
        fields: Tensor = self.decoder(codes.reshape(b * n, d), repeated)
        return fields.reshape(b, n, *fields.shape[1:])
