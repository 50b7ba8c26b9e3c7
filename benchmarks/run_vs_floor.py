"""A whole run against the codecs alone: `make bench`.

The RGB floor decodes every scan once and encodes N colour JPEGs each from ready RGB pixels; the plane
floor encodes them from ready YUV planes. Both use all cores and no model (design.md, section 7). The
three are timed in turn, several rounds, and the medians are divided.
"""

import argparse
import platform
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import joblib
import numpy as np
import simplejpeg

from colorize_cli import Colorizer
from colorize_cli.pipeline import Pipeline
from colorize_cli.planning import make_plan
from colorize_cli.settings import IfExists, RunSettings

QUALITY = 92


def make_scans(folder: Path, count: int, mpixels: float) -> None:
    """Grey JPEGs with texture and grain, so that the codecs have the work that a scan gives them."""
    height = round((mpixels * 1e6 * 3 / 4) ** 0.5)
    width = height * 4 // 3
    for i in range(count):
        rng = np.random.default_rng(i)
        coarse = rng.integers(0, 255, (24, 32)).astype(np.uint8)
        scene = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        grain = rng.normal(0, 6, (height // 2, width // 2)).astype(np.float32)
        grain = cv2.resize(grain, (width, height))
        cv2.imwrite(str(folder / f"{i}.jpg"), np.clip(scene + grain, 0, 255).astype(np.uint8))


def floor(scans: list[Path], output: Path, variants: int, encode) -> float:
    def one(path: Path) -> None:
        grey = simplejpeg.decode_jpeg(path.read_bytes(), "GRAY")[..., 0]
        ready = encode(grey)
        for i in range(variants):
            (output / f"{path.stem}-{i}.jpg").write_bytes(ready())

    began = time.perf_counter()
    with ThreadPoolExecutor(joblib.cpu_count()) as pool:
        list(pool.map(one, scans))
    return time.perf_counter() - began


def from_rgb(grey):
    rgb = np.dstack([grey] * 3)
    return lambda: simplejpeg.encode_jpeg(rgb, quality=QUALITY, colorsubsampling="420")


def from_planes(grey):
    chroma = np.full((-(-grey.shape[0] // 2), -(-grey.shape[1] // 2)), 120, np.uint8)
    return lambda: simplejpeg.encode_jpeg_yuv_planes(grey, chroma, chroma, quality=QUALITY)


def run(colorizer: Colorizer, scans: Path, output: Path, variants: int) -> float:
    settings = RunSettings(
        (scans,), variants=variants, output=output, quality=QUALITY, if_exists=IfExists.OVERWRITE
    )
    began = time.perf_counter()
    Pipeline(colorizer, settings).run(make_plan(settings, colorizer.info.sha256), lambda result: None)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=12)
    parser.add_argument("--mpixels", type=float, default=12.0)
    parser.add_argument("--variants", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    colorizer = Colorizer.load()
    times: dict[str, list[float]] = {"run": [], "RGB floor": [], "plane floor": []}
    with tempfile.TemporaryDirectory() as name:
        scans, output = Path(name) / "scans", Path(name) / "out"
        scans.mkdir()
        output.mkdir()
        make_scans(scans, options.photos, options.mpixels)
        files = sorted(scans.iterdir())
        for _ in range(options.rounds):
            times["run"].append(run(colorizer, scans, output, options.variants))
            times["RGB floor"].append(floor(files, output, options.variants, from_rgb))
            times["plane floor"].append(floor(files, output, options.variants, from_planes))
    print(
        f"{platform.processor() or platform.machine()}, {joblib.cpu_count()} cores, device {colorizer.device}"
    )
    print(f"{options.photos} grey JPEGs of {options.mpixels:g} MP, {options.variants} variants each")
    for key, values in times.items():
        spread = f"{min(values):.2f} to {max(values):.2f}"
        print(f"{key:12} {statistics.median(values):6.2f} s  ({spread}, {options.rounds} rounds)")
    median = statistics.median(times["run"])
    for key in ("RGB floor", "plane floor"):
        print(f"run / {key}: {median / statistics.median(times[key]):.2f}")


if __name__ == "__main__":
    main()
