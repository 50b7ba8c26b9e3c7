"""The cGAN of the paper (sec. 6.3): pix2pix at 64x64, with dropout for noise."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from colorize_cli.model.config import ModelConfig
from colorize_cli.model.networks.paper import PaperDecoder, small_grey

from ..data.batches import Batch
from ..data.cache import Cache
from ..loop.task import Draw
from .discriminator import PatchDiscriminator, fake, judged_by_a_frozen, real
from .options import CGANOptions
from .sampler import Sampler
from .validation import sample_figures


class Noise(nn.Module):
    """Dropout that stays when the network is used: the only noise of pix2pix."""

    def forward(self, x: Tensor) -> Tensor:
        """Half of the values at zero, the others doubled."""
        # Not F.dropout: its mask follows the memory layout, so the same seed gave other pictures.
        return x * (2.0 * (torch.rand(x.shape, device=x.device) < 0.5))


class CGAN(Sampler):
    """Generator, the network with skips whose three coarsest levels drop out, and its judge."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.generator = PaperDecoder(config)
        self.generator.first = nn.Sequential(self.generator.first, Noise())
        for level in range(2):
            self.generator.blocks[level] = nn.Sequential(self.generator.blocks[level], Noise())
        one, two, three, *_ = config.encoder_widths
        self.judge = PatchDiscriminator((one, two, three))

    def colour(self, grey: Tensor, n: int = 1) -> Tensor:
        """Grey views (B,1,v,v) -> n fields each, (B*n,2,f,f); the noise is torch's."""
        skips = [skip.repeat_interleave(n, dim=0) for skip in self.generator.skips(grey, ())]
        everywhere = grey.new_ones(n * len(grey), self.config.z_dim)
        fields: Tensor = self.generator(everywhere, skips)
        return fields

    def sample(self, grey: Tensor, n: int, generator: torch.Generator) -> Tensor:
        """The grey view (1,1,v,v) of one photo -> n fields (n,2,f,f), each with its own dropout."""
        seed = int(torch.randint(2**31, (), generator=generator))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self.colour(grey, n)


class CGANTask:
    """Loss and validation of generator and judge, taught by one optimizer in one backward pass."""

    name, score, needs_features = "cgan", "samples", False

    def __init__(self, config: ModelConfig, cache: Cache, options: CGANOptions) -> None:
        self.module = CGAN(config)
        self.side = config.field
        self.cache, self.options = cache, options

    def loss(self, batch: Batch, step: int, draw: Draw) -> tuple[Tensor, dict[str, float]]:
        """pix2pix: L1 and the wish to be taken for real, and the judge's errors on real and made."""
        module, o = self.module, self.options
        grey = small_grey(batch.grey, self.side)
        made = module.colour(batch.grey)
        l1 = (made - batch.field).abs().mean()
        deceived = real(judged_by_a_frozen(module.judge, grey, made))
        judged = real(module.judge(grey, batch.field)) + fake(module.judge(grey, made.detach()))
        total = o.l1_weight * l1 + o.adversarial_weight * deceived + 0.5 * judged
        return total, {"l1": l1.item(), "deceived": deceived.item(), "judged": judged.item()}

    def validate(self, module: CGAN) -> dict[str, float]:
        """Figures of samples."""
        return sample_figures(module, self.cache)
