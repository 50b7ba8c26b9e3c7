"""Time and memory of planning a large archive: before the first run, when all is done, and for one photo.

python benchmarks/planning.py [files] [--on-paper]; the photos are empty files, or on paper none at all: then
the disk is asked for nothing but the manifest. That says of each photo that it has five pictures, and that it
was left out, so that no pictures have to be there.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from colorize_cli.image.formats import Format
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.records import Picture, Source, Standing
from colorize_cli.settings import RunSettings

CHILD = """
import sys, time
from pathlib import Path
from colorize_cli.run.plan import make_plan
from colorize_cli.run.run import _AHEAD
from colorize_cli.settings import RunSettings
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(x.split()[1]) / 1024 for x in lines if x.startswith("VmHWM"))
def spent():
    return f"{time.perf_counter() - began:.2f} s ({time.process_time() - used:.2f} s of CPU)"
if len(sys.argv) > 3:
    sys.path.insert(0, sys.argv[4])
    from benchmarks.planning import imagine
    imagine(int(sys.argv[3]))
before, began, used = peak(), time.perf_counter(), time.process_time()
plan = make_plan(RunSettings((Path(sys.argv[1]),), output=Path(sys.argv[2])), "weights", _AHEAD)
first, memory = spent(), peak() - before
jobs = sum(1 for _ in plan.stream())
planned = spent()
plan.close()
print(f"{jobs} to do, {plan.already_left_out} known\\n  work begins after {first}, {memory:.0f} MB\\n"
      f"  all planned after {planned}, closed after {spent()}, {peak() - before:.0f} MB", flush=True)
"""
FOLDER = 1000  # photos in each


def plan(what: str, scans: Path, out: Path, on_paper: int | None) -> None:
    print(f"{what}: ", end="", flush=True)
    paper = [str(on_paper), str(Path(__file__).parents[1])] if on_paper else []
    subprocess.run([sys.executable, "-c", CHILD, str(scans), str(out), *paper], check=True)


class Entry:
    """What a walk asks of a folder's entry."""

    def __init__(self, folder: str, name: str) -> None:
        self.name, self.path = name, f"{folder}/{name}"

    def is_dir(self, follow_symlinks: bool = True) -> bool:
        return "." not in self.name

    def is_file(self) -> bool:
        return "." in self.name

    def is_symlink(self) -> bool:
        return False


def imagine(count: int) -> None:
    """Let this process find so many photos in folders of a thousand that are nowhere."""
    from colorize_cli.inputs import naming

    @contextlib.contextmanager
    def scandir(path: str) -> Iterator[Iterator[Entry]]:
        number = path.rpartition("box")[2]
        inside = range(int(number) * FOLDER, int(number) * FOLDER + FOLDER) if number.isdigit() else ()
        names = (f"{name(i)[8:]}.jpg" for i in inside)
        yield (
            Entry(path, one) for one in (names if inside else map("box{:04}".format, range(count // FOLDER)))
        )

    real, empty = os.stat, SimpleNamespace(st_size=0, st_mtime_ns=1)
    os.scandir, naming.count_pages = scandir, lambda _: 1
    os.stat = lambda path, **how: empty if str(path).endswith(".jpg") else real(path, **how)


def name(number: int) -> str:
    return f"box{number // FOLDER:04}/scan{number:07}"


def line_of(folder: Path) -> str:
    """A line as a run writes it, with NAME and -1 where photos differ."""
    manifest, digest = Manifest(str(folder)), RunSettings().digest(Format.JPEG)
    standing = Standing(0.2345, -12.34, 5.67)
    made = [
        Picture(f"scan0000000.color-{i}.jpg", i, 1_234_567, "0" * 64, digest, "2" * 64, "1" * 64, standing)
        for i in range(1, 6)
    ]
    manifest.append("NAME", Source("../in/NAME.jpg", 0, -1, "1" * 64), made, "already in colour")
    manifest.close()
    return manifest.path.read_text()


def write(scans: Path, manifest: Path, count: int, on_paper: bool) -> None:
    """The photos, and the manifest that knows them."""
    line, date = line_of(scans.with_name("line")), 1
    with manifest.open("w") as file:
        for i in range(count):
            if not on_paper:
                path = scans / f"{name(i)}.jpg"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
                date = path.stat().st_mtime_ns
            file.write(line.replace("NAME", name(i)).replace(":-1,", f":{date},"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=int, nargs="?", default=100_000)
    parser.add_argument("--on-paper", action="store_true")
    given = parser.parse_args()
    count, imagined = given.files, given.files if given.on_paper else None
    with tempfile.TemporaryDirectory() as root:
        scans, out = Path(root, "in"), Path(root, "out")
        for folder in (scans / "box0000", out / ".colorize"):
            folder.mkdir(parents=True)
        write(scans, out / ".colorize/manifest", count, given.on_paper)
        size = (out / ".colorize/manifest").stat().st_size
        print(
            f"{count} photos, manifest of {size / 1e6:.0f} MB, {size / count:.0f} bytes a photo", flush=True
        )
        one = scans / f"{name(7)}.jpg"
        one.touch()
        plan("before the first run", scans, Path(root, "new"), imagined)
        plan("one photo of it, no index yet", one, out, None)
        index = (out / ".colorize/index").stat().st_size / 1e6
        plan(f"one photo of it, with an index of {index:.0f} MB", one, out, None)
        new = scans / "new.jpg"
        new.touch()
        plan("a photo that is new to it, with the index", new, out, None)
        new.unlink()
        plan("all known", scans, out, imagined)


if __name__ == "__main__":
    main()
