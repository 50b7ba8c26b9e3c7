"""The model stage against its multiply-adds at the machine's GEMM rate, and what further variants cost.

One thread, for in a run every core has a photo of its own.
"""

import argparse
import statistics

import torch
from common import in_turn, line, machine, random_views, ratio
from torch.utils.flop_counter import FlopCounterMode

from colorize_cli import Colorizer
from colorize_cli.engine.protocol import Prompt, SampleOptions

SIDE = 1024  # of the matrices whose product sets the rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(machine())
    colorizer = Colorizer.load()
    given = random_views(colorizer, 1)

    def variants(n: int) -> None:
        colorizer.variants(given[0], [Prompt("photo")], SampleOptions(n), *given[1:])

    a = torch.rand(SIDE, SIDE)
    with FlopCounterMode(display=False) as counted:
        variants(5)
    work = counted.get_total_flops()
    times = in_turn(
        options.rounds,
        {
            "product of matrices": lambda: a @ a,
            "one variant": lambda: variants(1),
            "five variants": lambda: variants(5),
        },
    )
    for name, seconds in times.items():
        print(line(name, seconds))
    rate = 2 * SIDE**3 / statistics.median(times["product of matrices"])
    spent = statistics.median(times["five variants"])
    print(f"{work / 2e6:.0f} million multiply-adds a photo; GEMM {rate / 1e9:.0f} GFLOP/s")
    print(f"five variants: {spent * 1e3:.1f} ms a photo, {spent / (work / rate):.2f} x the GEMM's time")
    print(f"second to fifth variant / first: {ratio(times, 'five variants', 'one variant') - 1:.2f}")


if __name__ == "__main__":
    main()
