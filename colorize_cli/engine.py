"""The engine behind command line and Python API: grey views in, colour fields out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from colorize_cli.device import choose_device
from colorize_cli.errors import DeviceError
from colorize_cli.model.fusing import fused
from colorize_cli.model.mixture import Mixture
from colorize_cli.model.modules import channels_last
from colorize_cli.model.network import ColorNet
from colorize_cli.model.sampling import variant_codes, variant_noise
from colorize_cli.model.vae import AB_SCALE
from colorize_cli.model.weights import WeightsInfo, default_weights, load_weights


class Colorizer:
    """A loaded network on a device.

    >>> from colorize_cli import Colorizer
    >>> pictures = Colorizer.load().colorize("grandmother.jpg", n=5)
    """

    net: ColorNet

    def __init__(self, net: ColorNet, info: WeightsInfo, device: torch.device) -> None:
        self.net = channels_last(net.to(device))
        self.info, self.device = info, device

    @classmethod
    def load(cls, weights: Path | str | None = None, device: str = "auto") -> Colorizer:
        """The shipped weights, or those of a file; raises WeightsError or DeviceError."""
        chosen = choose_device(device)
        net, info = load_weights(default_weights() if weights is None else Path(weights))
        return cls(fused(net), info, chosen)

    @property
    def view_size(self) -> int:
        """Side in pixels of the square view that `fields` takes."""
        return self.net.config.view

    def fields(
        self, views: NDArray[np.float32], keys: Sequence[str], n: int, seed: int = 0
    ) -> NDArray[np.float32]:
        """Grey views (B,v,v) in [0,1] -> ab fields (B,n,2,f,f) in CIELAB units, most likely first.

        `keys` name the content of each photo (its sha256): with the seed they fix the noise, so a
        photo gets the same colours in any batch, to within the rounding of float32. If the device
        runs out of memory the batch is halved, down to one photo; then DeviceError is raised.
        """
        try:
            return self._fields(views, keys, n, seed)
        except torch.OutOfMemoryError as error:
            if len(views) == 1:
                raise DeviceError(
                    f"{self.device}: out of memory with a single photo. Use a smaller -n, or --device cpu."
                ) from error
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        half = len(views) // 2
        parts = (slice(None, half), slice(half, None))
        return np.concatenate([self.fields(views[p], keys[p], n, seed) for p in parts])

    @torch.inference_mode()
    def _fields(
        self, views: NDArray[np.float32], keys: Sequence[str], n: int, seed: int
    ) -> NDArray[np.float32]:
        config = self.net.config
        noise = torch.stack([variant_noise(key, seed, n, config.z_dim) for key in keys])
        grey = torch.from_numpy(np.ascontiguousarray(views))[:, None].to(self.device)
        features = self.net.backbone(grey.contiguous(memory_format=torch.channels_last))
        mixture: Mixture = self.net.mdn(features)
        codes = variant_codes(mixture, noise.to(self.device), config.temperature)
        fields = self.net.decode(codes, self.net.decoder.skips(grey, features))
        return np.asarray((fields * (AB_SCALE * config.saturation)).cpu().numpy(), dtype=np.float32)

    def colorize(
        self, photo: Path | str | NDArray[np.uint8] | NDArray[np.uint16], n: int = 5, seed: int = 0
    ) -> list[NDArray[np.uint8] | NDArray[np.uint16]]:
        """A photo, or its grey (H,W) array -> n colour pictures (H,W,3) RGB of the same depth and size.

        Samples are sRGB, or, if a file has another colour profile, encoded as that says. Raises PhotoError
        if a file cannot be read.
        """
        from colorize_cli.image import Canvas, Metadata, Photo, colour_picture, read_photo

        if isinstance(photo, (str, Path)):
            source = read_photo(Path(photo))
        else:
            key = hashlib.sha256(np.ascontiguousarray(photo).tobytes()).hexdigest()
            source = Photo(Path(), photo, None, "", Metadata(), key, 0.0)
        canvas = Canvas(source)
        fields = self.fields(canvas.view(self.view_size)[None], [source.digest], n, seed)[0]
        return [colour_picture(source.luma, field, canvas.space) for field in fields]
