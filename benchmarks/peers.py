"""A variant of ours beside a picture of two well-known colorizers, the networks alone, on the same cores.

The networks of DDColor-tiny and DeOldify "artistic" are rebuilt with random weights, for the time does not
depend on them; `peer_ddcolor.py` and `peer_deoldify.py` say from what, and what is assumed. Each makes one
picture of one photo at its own default size, in float32. Ours makes five variants of a photo, chosen among
its candidates, at the default detail. All take turns, each after a picture that does not count, one thread
each: in a run every core has a photo of its own. Reading, resizing and writing are left out for all.
"""

import argparse
import statistics
from collections.abc import Callable

import peer_ddcolor
import peer_deoldify
import torch
from common import in_turn, machine, random_views
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from colorize_cli import Colorizer
from colorize_cli.engine.protocol import Prompt, SampleOptions

VARIANTS = 5
PHOTOS = 5  # of ours in a round, for they are short
PEERS = {
    "DDColor-tiny": (peer_ddcolor.DDColorTiny, peer_ddcolor.SIDE),
    "DeOldify artistic": (peer_deoldify.DeOldifyArtistic, peer_deoldify.SIDE),
}


def picture(network: nn.Module, side: int, dtype: torch.dtype | None) -> Callable[[], object]:
    """One picture of a peer's: a grey one as RGB, convolutions in the layout that they are fastest in."""
    network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    grey = torch.rand(1, 1, side, side).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def make() -> object:
        with torch.autocast("cpu", dtype, enabled=dtype is not None):
            return network(grey)

    return make


def variants(colorizer: Colorizer, photos: int) -> Callable[[], object]:
    """Five variants each of photos, one after another."""
    given = random_views(colorizer, 1)

    def make() -> None:
        for _ in range(photos):
            colorizer.variants(given[0], [Prompt("photo")], SampleOptions(VARIANTS), *given[1:])

    return make


def multiply_adds(make: Callable[[], object]) -> float:
    """Of one call, in convolutions and products of matrices."""
    # What the fused attention of processors does is not counted: plain products, this once.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counted:
        make()
    make()  # as it will be timed, once before it counts
    return counted.get_total_flops() / 2


def ratios(peer: list[float], ours: list[float]) -> str:
    """The median and the range over the rounds."""
    all_ = [a / b for a, b in zip(peer, ours, strict=True)]
    return f"{statistics.median(all_):6.1f} x  ({min(all_):.1f} to {max(all_):.1f})"


def milliseconds(name: str, seconds: list[float], unit: str) -> str:
    ms = [1e3 * x for x in seconds]
    return f"{name:24} {statistics.median(ms):9.1f} ms a {unit}  ({min(ms):.1f} to {max(ms):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bf16", action="store_true", help="the other networks in bf16, too")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    print(f"{machine()}, {options.threads} threads, {options.rounds} rounds", flush=True)

    measured = {}
    for name, (build, side) in PEERS.items():
        network = build()
        millions = sum(x.numel() for x in network.parameters()) / 1e6
        dtype = torch.bfloat16 if options.bf16 else None
        measured[name] = picture(network, side, dtype)
        work = multiply_adds(measured[name]) / 1e9
        print(f"{name}: {side} x {side}, {millions:.1f} M parameters, {work:.1f} G multiply-adds a picture")
    ours = {}
    for precision in ("auto", "fp32"):
        colorizer = Colorizer.load(precision=precision)
        name = f"ours, {colorizer.precision}"
        if name not in ours:
            ours[name] = variants(colorizer, PHOTOS)
            work = multiply_adds(variants(colorizer, 1)) / 1e9
            millions = sum(x.numel() for x in colorizer.net.parameters()) / 1e6
            size = f"detail {colorizer.detail}, {millions:.1f} M parameters"
            print(f"{name}: {size}, {work:.2f} G multiply-adds a photo, {work / VARIANTS:.2f} a variant")

    times = in_turn(options.rounds, {**measured, **ours})
    for name in ours:
        times[name] = [x / PHOTOS / VARIANTS for x in times[name]]
    for name, seconds in times.items():
        print(milliseconds(name, seconds, "variant" if name in ours else "picture"))
    for peer in measured:
        for name in ours:
            photo = [x * VARIANTS for x in times[name]]
            print(f"{peer} / a variant of {name}: {ratios(times[peer], times[name])}")
            print(f"{peer} / all {VARIANTS} of {name}: {ratios(times[peer], photo)}")


if __name__ == "__main__":
    main()
