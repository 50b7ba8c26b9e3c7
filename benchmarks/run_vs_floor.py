"""A whole run against the codecs alone, five variants a photo.

The RGB floor decodes every scan once and encodes the variants, as the tool makes them, from ready RGB pixels;
the plane floor encodes them from ready YUV planes. Both write their files, use all cores and no model
(docs/performance.md). The floor of TIFF writes the RGB pixels with the same compression.
"""

import argparse
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import joblib
import numpy as np
import simplejpeg
import tifffile
from common import QUALITY, in_turn, line, machine, make_scans, ratio, scan

from colorize_cli import Colorizer
from colorize_cli.engine.protocol import SampleOptions
from colorize_cli.engine.task import ColourTask, ViewSizes
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.rgb import STRIP_ROWS, colour_picture
from colorize_cli.image.jpeg.writing import chroma_planes
from colorize_cli.image.photo import Metadata
from colorize_cli.image.reading import read_photo
from colorize_cli.image.tiff.writing import write_tiff
from colorize_cli.run.pipeline import Pipeline
from colorize_cli.run.plan import make_plan
from colorize_cli.settings import IfExists, RunSettings

VARIANTS = 5
Write = Callable[[Path, int, np.ndarray], None]  # a path without suffix, the variant, the decoded grey


def run(colorizer: Colorizer, scans: Path, output: Path, separate: bool = False) -> Pipeline:
    settings = RunSettings(
        (scans,),
        variants=VARIANTS,
        output=output,
        quality=QUALITY,
        separate_scans=separate,
        if_exists=IfExists.OVERWRITE,
    )
    # Every round makes all pictures anew.
    (output / ".colorize" / "manifest").unlink(missing_ok=True)
    pipeline = Pipeline(colorizer, settings, make_plan(settings, colorizer.info.sha256))
    pipeline.run(lambda result: None)
    return pipeline


def floor(scans: list[Path], output: Path, write: Write) -> None:
    def one(path: Path) -> None:
        jpeg = path.suffix == ".jpg"
        grey = simplejpeg.decode_jpeg(path.read_bytes(), "GRAY")[..., 0] if jpeg else tifffile.imread(path)
        for i in range(VARIANTS):
            write(output / path.stem, i, grey)

    cv2.setNumThreads(1)
    with ThreadPoolExecutor(joblib.cpu_count()) as pool:
        list(pool.map(one, scans))
    cv2.setNumThreads(-1)


def colours(colorizer: Colorizer, path: Path) -> list[np.ndarray]:
    task = ColourTask(Canvas(read_photo(path)), ViewSizes.of(colorizer))
    return list(task.variants(colorizer, SampleOptions(VARIANTS)).fields[0])


def jpeg_floors(colorizer: Colorizer, scans: list[Path], output: Path) -> dict[str, Callable[[], None]]:
    canvas, fields = Canvas(read_photo(scans[0])), colours(colorizer, scans[0])
    planes = [chroma_planes(canvas, field, 2) for field in fields]
    pictures = [np.asarray(colour_picture(canvas.photo.luma, field)) for field in fields]

    def rgb(path: Path, i: int, grey: np.ndarray) -> None:
        data = simplejpeg.encode_jpeg(pictures[i], quality=QUALITY, colorsubsampling="420")
        path.with_name(f"{path.name}-{i}.jpg").write_bytes(data)

    def plane(path: Path, i: int, grey: np.ndarray) -> None:
        data = simplejpeg.encode_jpeg_yuv_planes(grey, *planes[i], quality=QUALITY)
        path.with_name(f"{path.name}-{i}.jpg").write_bytes(data)

    return {
        "RGB floor": lambda: floor(scans, output, rgb),
        "plane floor": lambda: floor(scans, output, plane),
    }


def tiff_floor(colorizer: Colorizer, scans: list[Path], output: Path) -> dict[str, Callable[[], None]]:
    luma, fields = read_photo(scans[0]).luma, colours(colorizer, scans[0])
    pictures = [np.asarray(colour_picture(luma, field)) for field in fields]

    def rgb(path: Path, i: int, grey: np.ndarray) -> None:
        strips = (pictures[i][top : top + STRIP_ROWS] for top in range(0, len(grey), STRIP_ROWS))
        with path.with_name(f"{path.name}-{i}.tif").open("w+b") as file:
            write_tiff(file, strips, pictures[i].shape, False, Metadata())

    return {"RGB floor": lambda: floor(scans, output, rgb)}


def tiff_scans(folder: Path, count: int, mpixels: float) -> list[Path]:
    folder.mkdir()
    pixels = scan(0, mpixels)
    for i in range(count):
        tifffile.imwrite(folder / f"{i}.tif", pixels, compression="zlib", predictor=True, description=f"{i}")
    return sorted(folder.iterdir())


def compare(colorizer: Colorizer, kind: str, photos: int, mpixels: float, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, output = Path(name) / "scans", Path(name) / "out"
        output.mkdir()
        scans = (make_scans if kind == "JPEG" else tiff_scans)(folder, photos, mpixels)
        floors = (jpeg_floors if kind == "JPEG" else tiff_floor)(colorizer, scans, output)
        if kind == "JPEG":
            floors["three scans"] = lambda: run(colorizer, folder, output, separate=True)
        run(colorizer, folder, output)
        times = in_turn(rounds, {"run": lambda: run(colorizer, folder, output), **floors})
        print(f"\n{photos} grey {kind} scans of {mpixels:g} MP, {VARIANTS} variants each")
        for key, values in times.items():
            print(line(key, values))
        for key in floors:
            print(f"run / {key}: {ratio(times, 'run', key):.2f}")
        spent = run(colorizer, folder, output).watch.seconds
        print("ms a photo: " + ", ".join(f"{k} {v / photos * 1e3:.0f}" for k, v in spent.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    colorizer = Colorizer.load()
    compare(colorizer, "JPEG", 48, 12.0, options.rounds)
    compare(colorizer, "JPEG", 80, 2.0, options.rounds)
    compare(colorizer, "TIFF", 8, 24.0, min(3, options.rounds))


if __name__ == "__main__":
    main()
