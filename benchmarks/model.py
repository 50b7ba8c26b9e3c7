"""The model stage against its multiply-adds at the machine's GEMM rate, and what further variants cost.

One thread, for in a run every core has a photo of its own.
"""

import argparse
import statistics

import torch
from common import in_turn, line, machine, random_views, ratio
from torch.utils.flop_counter import FlopCounterMode

from colorize_cli import Colorizer
from colorize_cli.engine.batch_size import default_batch_size
from colorize_cli.engine.protocol import Prompt, SampleOptions

SIDE = 1024  # of the matrices whose product sets the rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(machine())
    colorizer = Colorizer.load()
    photos = default_batch_size(colorizer.device)
    views, finer = random_views(colorizer, photos)
    prompts = [Prompt(str(i)) for i in range(photos)]

    def colour(n: int) -> None:
        colorizer.variants(views, prompts, SampleOptions(n), finer)

    a = torch.rand(SIDE, SIDE)
    with FlopCounterMode(display=False) as counted:
        colour(5)
    work = counted.get_total_flops() / photos
    times = in_turn(
        options.rounds,
        {
            "product of matrices": lambda: a @ a,
            "one variant": lambda: colour(1),
            "five variants": lambda: colour(5),
        },
    )
    for name, seconds in times.items():
        print(line(name, seconds))
    rate = 2 * SIDE**3 / statistics.median(times["product of matrices"])
    spent = statistics.median(times["five variants"]) / photos
    print(f"{work / 2e6:.0f} million multiply-adds a photo; GEMM {rate / 1e9:.0f} GFLOP/s")
    print(f"five variants: {spent * 1e3:.1f} ms a photo, {spent / (work / rate):.2f} x the GEMM's time")
    print(f"second to fifth variant / first: {ratio(times, 'five variants', 'one variant') - 1:.2f}")


if __name__ == "__main__":
    main()
