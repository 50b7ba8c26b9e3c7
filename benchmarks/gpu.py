"""CUDA cards: photos a second by batch and precision, a whole run against the codecs, one card against all.

Exits with 7 where there is no card. Everything is taken in turn, several rounds, and the medians are divided.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from common import in_turn, line, machine, make_scans, random_views, ratio
from run_vs_floor import VARIANTS, jpeg_floors, run

from colorize_cli import Colorizer
from colorize_cli.engine.device import choose_devices
from colorize_cli.engine.pool import ColorizerPool
from colorize_cli.engine.protocol import Engine, Prompt, SampleOptions
from colorize_cli.errors import ColorizeError

PRECISIONS = ("fp32", "bf16", "fp16")
Times = dict[str, list[float]]


def color_all(engine: Engine, views: np.ndarray, finer: np.ndarray | None, batch: int) -> None:
    """All views in batches, as many calls at a time as the engine has slots."""
    prompts = [Prompt(str(i)) for i in range(len(views))]
    starts = range(0, len(views), batch)

    def one(i: int) -> None:
        part = slice(i, i + batch)
        coloured = None if finer is None else finer[part]
        engine.variants(views[part], prompts[part], SampleOptions(VARIANTS), coloured)

    with ThreadPoolExecutor(engine.slots) as threads:
        list(threads.map(one, starts))


def coloured_in_turn(engines: dict[str, Engine], photos: int, batch: int, rounds: int) -> Times:
    views = random_views(next(iter(engines.values())), photos)
    for engine in engines.values():
        color_all(engine, *views, batch)  # memory and kernels are found at the first call
    return in_turn(rounds, {k: lambda e=e: color_all(e, *views, batch) for k, e in engines.items()})


def by_batch(device: torch.device, photos: int, largest: int, rounds: int) -> None:
    """A table of photos a second: precisions beside each other, batch sizes below each other."""
    engines = {}
    for precision in PRECISIONS:
        try:
            engines[precision] = Colorizer.load(device=str(device), precision=precision)
        except ColorizeError as error:
            print(error)
    print(f"\nphotos/s of `fields` on {device}, {VARIANTS} variants, {rounds} rounds of {photos} photos")
    print("batch " + "".join(f"{name:>10}" for name in engines))
    for batch in (2**i for i in range(largest.bit_length())):
        count = max(photos, 2 * batch)
        times = coloured_in_turn(engines, count, batch, rounds)
        rates = [count / statistics.median(times[name]) for name in engines]
        print(f"{batch:5} " + "".join(f"{rate:10.0f}" for rate in rates), flush=True)
    if device.type == "cuda":
        print(f"most memory at a time: {torch.cuda.max_memory_allocated(device) / 1e6:.0f} MB")


def whole_run(engines: dict[str, Engine], photos: int, mpixels: float, rounds: int) -> None:
    """Runs on each engine in turn with what the codecs alone take."""
    with tempfile.TemporaryDirectory() as name:
        folder, output = Path(name) / "scans", Path(name) / "out"
        output.mkdir()
        scans = make_scans(folder, photos, mpixels)
        first = next(iter(engines.values()))
        floors = jpeg_floors(first, scans, output)
        runs = {f"run on {key}": lambda e=e: run(e, folder, output) for key, e in engines.items()}
        for function in runs.values():
            function()
        times = in_turn(rounds, {**runs, **floors})
        print(f"\n{photos} grey JPEG scans of {mpixels:g} MP, {VARIANTS} variants each")
        for key, values in times.items():
            print(line(key, values))
        for key in runs:
            print(f"{key}: " + ", ".join(f"{ratio(times, key, below):.2f} of {below}" for below in floors))


def cards(engines: dict[str, Engine], photos: int, batch: int, rounds: int) -> None:
    """`fields` alone on one card in this process, the same card in a worker, and all cards in workers."""
    first = next(iter(engines))
    times = coloured_in_turn(engines, photos, batch, rounds)
    print(f"\n{photos} photos, batches of {batch}, `fields` alone")
    for key, values in times.items():
        print(line(key, values) + f"  {ratio(times, first, key):.2f} times as fast as {first}")


def measure(devices: Sequence[torch.device], options: argparse.Namespace) -> None:
    names = [str(device) for device in devices]
    print(f"{machine()}, torch {torch.__version__}")
    for device in devices:
        about = torch.cuda.get_device_properties(device) if device.type == "cuda" else "for want of a card"
        print(f"{device}: {about}")
    by_batch(devices[0], options.views, options.largest, options.rounds)
    alone = Colorizer.load(device=names[0])
    with ColorizerPool(names[:1]) as worker, ColorizerPool(names) as pool:
        engines: dict[str, Engine] = {names[0]: alone, "one worker": worker}
        if len(names) > 1:
            engines[f"{len(names)} workers"] = pool
        cards(engines, options.views, min(32, options.largest), options.rounds)
        whole_run(engines, options.photos, options.mpixels, options.rounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--views", type=int, default=512, help="photos of the measurements without files")
    parser.add_argument("--largest", type=int, default=128, help="batch size")
    parser.add_argument("--photos", type=int, default=48, help="scans of the whole run")
    parser.add_argument("--mpixels", type=float, default=12.0)
    # To try the program itself where there is no card; "cpu,cpu" for two workers.
    parser.add_argument("--device", default="all", help=argparse.SUPPRESS)
    options = parser.parse_args()
    try:
        if set(options.device.split(",")) == {"cpu"}:
            devices = [torch.device("cpu")] * len(options.device.split(","))
        else:
            devices = choose_devices(options.device)
    except ColorizeError as error:
        print(f"There is nothing to measure: {error}", file=sys.stderr)
        return int(error.exit_code)
    measure(devices, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
