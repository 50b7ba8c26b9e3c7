"""What bf16 and fp16 change of the colours of photos, in the decoder alone and in the backbone, too.

    python benchmarks/precision.py val.zip        # or a folder

Autocast against float32, on a card if there is one.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from colorize_cli import Colorizer
from colorize_cli.model.variants.sampling import variant_codes, variant_noise
from colorize_cli.model.variants.saturation import saturated, saturations
from colorize_training.data.sources import list_photos

PHOTOS, BATCH, VARIANTS = 96, 16, 5


def views_of(path: Path, side: int) -> Tensor:
    items = list_photos([path])
    photos = [cv2.imdecode(np.frombuffer(i.read(), np.uint8), 0) for i in items[:: len(items) // PHOTOS]]
    small = [cv2.resize(p, (side, side), interpolation=cv2.INTER_AREA) for p in photos[:PHOTOS]]
    return torch.from_numpy(np.stack(small).astype(np.float32) / 255.0)[:, None]


@torch.inference_mode()
def colours(
    engine: Colorizer,
    views: Tensor,
    finer: Tensor | None,
    backbone: torch.dtype | None,
    decoder: torch.dtype | None,
):
    """Fields (B,n,2,f,f) in CIELAB units, and the components behind them, (B,n)."""

    def cast(dtype):
        return torch.autocast(engine.device.type, dtype=dtype, enabled=dtype is not None)

    net, fields, orders = engine.net, [], []
    for start in range(0, len(views), BATCH):
        grey = views[start : start + BATCH].to(engine.device)
        keys = range(start, start + len(grey))
        noise = torch.stack([variant_noise(str(key), 0, VARIANTS, net.config.z_dim) for key in keys])
        with cast(backbone):
            features = tuple(x.float() for x in net.backbone(grey))
        mixture = net.mdn(features)
        codes = variant_codes(mixture, noise.to(grey), net.config.temperature)
        if finer is not None:
            grey = finer[start : start + BATCH].to(engine.device)
            with cast(backbone):
                features = tuple(x.float() for x in net.backbone(grey))
        with cast(decoder):
            fields.append(net.decode(codes, net.decoder.skips(grey, features)).float().cpu())
        order = mixture.log_pi.argsort(dim=1, descending=True, stable=True)
        orders.append(order[:, :VARIANTS].cpu())
    ab = torch.cat(fields) * 128.0
    return saturated(ab, saturations(ab, net.config)), torch.cat(orders)


def main() -> None:
    engine = Colorizer.load(precision="fp32")
    torch.backends.cudnn.allow_tf32 = False
    views, finer = views_of(Path(sys.argv[1]), engine.view_size), None
    if engine.detail is not None:
        finer = views_of(Path(sys.argv[1]), engine.detail)
    exact, order = colours(engine, views, finer, None, None)
    print(f"{len(views)} photos, {VARIANTS} variants, {engine.info.name} on {engine.device}")
    for dtype in (torch.bfloat16, torch.float16):
        for where, backbone in (("decoder", None), ("backbone, decoder", dtype)):
            fields, new = colours(engine, views, finer, backbone, dtype)
            error, moved = (fields - exact).abs(), new != order
            print(
                f"{dtype} in {where:18} ab off by {error.mean():.4f} on average, {error.max():.1f} at most; "
                f"other order {100 * moved.any(1).float().mean():.1f} % of photos, "
                f"other first variant {100 * moved[:, 0].float().mean():.1f} %",
                flush=True,
            )


if __name__ == "__main__":
    main()
