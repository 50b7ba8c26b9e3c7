"""Time and memory of planning a hundred thousand files, before the first run and when all is done.

python benchmarks/planning.py [files]
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from colorize_cli.image.formats import Format
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.records import Picture, Source
from colorize_cli.settings import RunSettings

CHILD = """
import sys, time
from pathlib import Path
from colorize_cli.run.plan import make_plan
from colorize_cli.settings import RunSettings
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(x.split()[1]) / 1024 for x in lines if x.startswith("VmHWM"))
before, began = peak(), time.perf_counter()
plan = make_plan(RunSettings((Path(sys.argv[1]),)), "weights")
seconds = time.perf_counter() - began
print(f"{len(plan.jobs)} to do, {plan.already_done} done: {seconds:.1f} s, {peak() - before:.0f} MB")
"""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as root:
        scans, out = Path(root, "in"), Path(root, "in-colorized")
        for i in range(count):
            folder = scans / f"box{i // 1000:04}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"scan{i:06}.{'tif' if i % 4 == 0 else 'jpg'}").touch()
        subprocess.run([sys.executable, "-c", CHILD, str(scans)], check=True)
        settings, manifest, began = RunSettings(), Manifest(str(out)), time.perf_counter()
        for path in sorted(scans.rglob("scan*")):
            kind = Format.TIFF if path.suffix == ".tif" else Format.JPEG
            target, state = str(path.relative_to(scans).with_suffix("")), path.stat()
            made = []
            for variant in range(1, 6):
                picture = out / f"{target}.color-{variant}{path.suffix}"
                picture.parent.mkdir(parents=True, exist_ok=True)
                picture.touch()
                made.append(
                    Picture(picture.name, variant, 0, "0" * 64, settings.digest(kind), "weights", "1" * 64)
                )
            source = Source(f"../in/{target}", state.st_size, state.st_mtime_ns, "1" * 64)
            manifest.append(target, source, made)
        manifest.close()
        size, seconds = manifest.path.stat().st_size / 1e6, time.perf_counter() - began
        print(f"manifest: {size:.0f} MB, made in {seconds:.0f} s")
        subprocess.run([sys.executable, "-c", CHILD, str(scans)], check=True)


if __name__ == "__main__":
    main()
