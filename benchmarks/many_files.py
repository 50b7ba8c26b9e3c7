"""Memory and time of a run by the number of its photos, and of a second run with nothing left to do.

python benchmarks/many_files.py [--photos 10000] [--rounds 5] [--folder FOLDER]

Whole runs of the command line, each in a process of its own, over small grey JPEGs. What a photo costs
is taken without start and end of the process, for which a run over one photo stands: the few runs over 100
photos lie before and after the long one, because a machine can become slower meanwhile. Seconds of
the processor stand beside those of the clock: other programs disturb them less.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import child, machine, make_scans

FEW, MPIXELS = 100, 320 * 240 / 1e6
# Not getrusage: a child's peak begins with the memory of its parent.
CODE = """
import json, sys, time
from pathlib import Path
from colorize_cli.cli import cli, run_guarded
calls, counted = [], sys.argv[1] == "count"
if counted:
    from colorize_cli.engine.colorizer import Colorizer
    variants = Colorizer.variants
    Colorizer.variants = lambda *given: calls.append(1) or variants(*given)
began = time.perf_counter() - time.process_time()  # the imports above count, too
code = run_guarded(cli, "colorize", [*sys.argv[2:], "-n", "1", "--device", "cpu", "-q"])
status = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
found = {"peak": peak, "clock": time.perf_counter() - began, "processor": time.process_time()}
print(json.dumps(found | {"calls": len(calls), "torch": "torch" in sys.modules}))
sys.exit(code)
"""


@dataclass(frozen=True)
class Run:
    """What a process has used: bytes at its peak, seconds by two clocks, calls of the model."""

    peak: int
    clock: float
    processor: float
    calls: int
    torch: bool  # whether it was imported


def run(scans: Path, output: Path, *extra: str, count: bool = True) -> Run:
    mode = "count" if count else "plain"
    return Run(**json.loads(child(CODE, mode, str(scans), "-o", str(output), *extra)))


def fresh(scans: Path) -> Run:
    """A first run over the photos, into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=scans.parent) as output:
        return run(scans, Path(output))


def middle(runs: Sequence[Run], what: str) -> float:
    return statistics.median(getattr(one, what) for one in runs)


def show_growth(one: list[Run], few: list[Run], many: Run, photos: int) -> None:
    peaks = sorted(x.peak / 1e6 for x in few)
    print(
        f"peak: {statistics.median(peaks):.0f} MB with {FEW} photos ({peaks[0]:.0f} to {peaks[-1]:.0f}), "
        f"{many.peak / 1e6:.0f} MB with {photos}"
    )
    print(f"peak with {photos} / peak with {FEW}: {many.peak / middle(few, 'peak'):.3f}")
    for what in ("clock", "processor"):
        each = sorted((getattr(x, what) - middle(one, what)) / (FEW - 1) * 1e3 for x in few)
        less, more = statistics.median(each), (getattr(many, what) - middle(one, what)) / (photos - 1) * 1e3
        spread = f"({each[0]:.2f} to {each[-1]:.2f}, {len(each)} runs)"
        print(f"{what}: {less:.2f} ms a photo of {FEW} {spread}, {more:.2f} of {photos}: {more / less:.3f}")


def show_second(name: str, made: Run, photos: int) -> None:
    print(
        f"{name}: {made.clock:.2f} s, {made.clock * 1e3 / photos:.3f} ms a photo, {made.calls} model calls, "
        f"torch {'imported' if made.torch else 'not imported'}, peak {made.peak / 1e6:.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument(
        "--rounds", type=int, default=5, help="of the short runs, before and after the long one"
    )
    parser.add_argument("--folder", help="for photos and pictures: about 50 kB a photo")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        counts = {"one": 1, "few": FEW, "many": options.photos}
        for kind, count in counts.items():
            make_scans(Path(name, kind), count, MPIXELS)
        many, output = Path(name, "many"), Path(name, "out")
        short: dict[str, list[Run]] = {"one": [], "few": []}
        long: Run | None = None
        for _ in range(2):
            for _ in range(options.rounds):
                for kind, runs in short.items():
                    runs.append(fresh(Path(name, kind)))
            long = long or run(many, output)
        assert long is not None
        print(
            f"{machine()}\n{options.photos} grey JPEGs of 320x240, one variant each, {long.calls} model calls"
        )
        show_growth(short["one"], short["few"], long, options.photos)
        show_second("second run", run(many, output, count=False), options.photos)
        show_second("the same, calls counted", run(many, output), options.photos)
        show_second("by digest", run(many, output, "--no-trust-mtime"), options.photos)


if __name__ == "__main__":
    main()
