"""A whole run on two cores against one."""

import argparse
import os
import tempfile
from pathlib import Path

from common import in_turn, line, machine, make_scans, ratio
from run_vs_floor import run

from colorize_cli import Colorizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--mpixels", type=float, default=12.0)
    options = parser.parse_args()
    print(machine())
    colorizer, cores = Colorizer.load(), sorted(os.sched_getaffinity(0))[:2]

    with tempfile.TemporaryDirectory() as name:
        folder, output = Path(name) / "scans", Path(name) / "out"
        make_scans(folder, options.photos, options.mpixels)

        def on(count: int) -> None:
            # The threads of a run are born in it and inherit what their parent may use.
            os.sched_setaffinity(0, cores[:count])
            run(colorizer, folder, output)

        on(2)
        times = in_turn(options.rounds, {"one core": lambda: on(1), "two cores": lambda: on(2)})
    print(f"{options.photos} grey JPEG scans of {options.mpixels:g} MP, five variants each")
    for key, values in times.items():
        print(line(key, values))
    print(f"one core / two cores: {ratio(times, 'one core', 'two cores'):.2f}")


if __name__ == "__main__":
    main()
