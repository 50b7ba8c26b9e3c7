"""How long people wait: for help and version, for the first picture of a run, and for its parts.

python benchmarks/start.py [--rounds 7] [--photos 24] [--mpixels 12] [--variants 5]

Every figure is that of a process of its own, from its start on, files in the page cache. The first picture
is there when its file has its final name; the run is killed then. All are measured in turn.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.common import in_turn, line, machine, make_scans, ratio

COLORIZE = [sys.executable, "-m", "colorize_cli"]


def waits(*command: str) -> Callable[[], object]:
    """Running a command to its end."""
    return lambda: subprocess.run(command, check=True, capture_output=True)


def first_picture(scans: Path, variants: int) -> None:
    """A run from its start to its first picture."""
    with tempfile.TemporaryDirectory(dir=scans.parent) as name:
        command = [*COLORIZE, str(scans), "-n", str(variants), "-o", name, "--device", "cpu", "-q"]
        process = subprocess.Popen(command)
        try:
            while not any(entry.name.endswith(".jpg") for entry in os.scandir(name)):
                if process.poll() is not None:
                    raise SystemExit("the run made no picture")
                time.sleep(0.005)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--mpixels", type=float, default=12.0)
    parser.add_argument("--variants", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        small, large = Path(name, "small"), Path(name, "large")
        make_scans(small, options.photos, 0.3)
        make_scans(large, options.photos, options.mpixels)
        measured: dict[str, Callable[[], object]] = {
            "python": waits(sys.executable, "-c", ""),
            "--version": waits(*COLORIZE, "--version"),
            "--help": waits(*COLORIZE, "--help"),
            "import torch": waits(sys.executable, "-c", "import torch"),
            "first picture, 0.3 MP": lambda: first_picture(small, options.variants),
            f"first picture, {options.mpixels:g} MP": lambda: first_picture(large, options.variants),
        }
        times = in_turn(options.rounds, measured)
    print(f"{machine()}; {options.photos} grey JPEGs, {options.variants} variants each")
    for key, seconds in times.items():
        print(line(key, seconds))
    # The clock follows whatever else the machine does; torch by itself waits for the same.
    for key in [key for key in times if key.startswith("first picture")]:
        print(f"{key} / import torch: {ratio(times, key, 'import torch'):.2f}")


if __name__ == "__main__":
    main()
