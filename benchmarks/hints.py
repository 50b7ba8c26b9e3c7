"""How well hints and palettes are obeyed, and what they do to the rest of the picture.

    python benchmarks/hints.py val.zip [photos]        # or a folder of colour photographs

True hints: the true colour at random places whose truth has chroma over 10; does the rest come nearer to
the truth? Invented hints: another colour for one even region; does the region take it, and nothing else?
Palettes: the eight colours that a photo really has.
"""

import hashlib
import sys
from pathlib import Path

import cv2
import numpy as np

from colorize_cli import Colorizer
from colorize_cli.engine.protocol import NO_WISH, Prompt, SampleOptions
from colorize_cli.engine.task import ColourTask, ViewSizes, variants_of
from colorize_cli.hints.apply import CLOSE, PhotoHints
from colorize_cli.hints.hint import Hint
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.upsample import resize
from colorize_cli.image.photo import Metadata, Photo
from colorize_cli.model.variants.steering import Wish
from colorize_training.data.sources import list_photos

VARIANTS, SIDE = 5, 64
RADIUS = 0.012


def photo_of(data: bytes) -> tuple[Photo, np.ndarray]:
    """A grey photo with the L* of a colour one, and the Lab of that."""
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    lab = cv2.cvtColor(bgr.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
    digest = hashlib.sha256(data).hexdigest()
    light = lab.copy()
    light[..., 1:] = 0
    grey = np.rint(cv2.cvtColor(light, cv2.COLOR_Lab2BGR)[..., 0] * 255).clip(0, 255).astype(np.uint8)
    return Photo(Path("photo"), grey, None, "webp", Metadata(), digest, 0.0), lab


def disc(lab: np.ndarray, x: float, y: float, radius: float = RADIUS) -> np.ndarray:
    rows, columns = lab.shape[:2]
    v, u = np.mgrid[:rows, :columns] + 0.5
    return np.hypot(u - x * columns, v - y * rows) <= max(1.0, radius * max(rows, columns))


def true_hints(lab: np.ndarray, count: int, rng: np.random.Generator) -> list[Hint] | None:
    places = np.argwhere(np.hypot(lab[..., 1], lab[..., 2]) > 10)
    if len(places) < 20 * count:
        return None
    chosen = (places[rng.integers(len(places), size=count)] + 0.5) / lab.shape[:2]
    colours = [lab[disc(lab, x, y)][:, 1:].mean(0) for y, x in chosen]
    return [Hint(x, y, float(a), float(b), RADIUS) for (y, x), (a, b) in zip(chosen, colours, strict=True)]


def delivered(canvas: Canvas, fields: np.ndarray) -> np.ndarray:
    """(n,64,64,2) of what is delivered, but for the gamut."""
    full = [canvas.upsampler(np.ascontiguousarray(np.moveaxis(f, 0, -1))) for f in fields]
    return np.stack([resize(f, SIDE, SIDE) for f in full])


def fields_of(engine: Colorizer, canvas: Canvas, wish: Wish) -> np.ndarray:
    """The fields (n,2,f,g) of the variants that do as a wish says."""
    task = ColourTask(canvas, ViewSizes.of(engine), canvas.photo.digest)
    options, prompt = SampleOptions(VARIANTS), Prompt(task.key, wish)
    return variants_of([task], [prompt], engine, options)[0].fields[0]


def ways(engine: Colorizer, photo: Photo, hints: list[Hint]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Delivered ab, and ΔE at the hints, by way."""
    canvas = Canvas(photo)
    hinted = PhotoHints(hints, canvas)
    own, codes = (fields_of(engine, canvas, wish) for wish in (NO_WISH, Wish(hinted.spots)))
    made = {
        "no hints": hinted.measured(own),
        "codes alone": hinted.measured(codes),
        "surface alone": hinted.corrected(own),
        "soft": hinted.corrected(codes, hard=False),
        "hard": hinted.corrected(codes),
    }
    return {name: (delivered(canvas, touched.fields), touched.left) for name, touched in made.items()}


def report(name: str, left: list[np.ndarray], rest: list[np.ndarray]) -> None:
    """rest: (P,n) mean absolute errors elsewhere."""
    away, errors = np.concatenate([x.ravel() for x in left]), np.asarray(rest)
    middle, most, met = np.median(away), np.percentile(away, 95), 100 * (away <= CLOSE).mean()
    print(
        f"  {name:14} ΔE at the hint median {middle:5.1f}, 95 % {most:5.1f}, within {CLOSE:g}: {met:5.1f} %; "
        f"elsewhere top-1 {errors[:, 0].mean():.4f}, eob@5 {errors.min(1).mean():.4f}, "
        f"mean-of-5 {errors.mean(1).mean():.4f}",
        flush=True,
    )


def with_true_hints(engine: Colorizer, photos: list[tuple[Photo, np.ndarray]], count: int) -> None:
    rng, found = np.random.default_rng(count), {}
    for photo, lab in photos:
        hints = true_hints(lab, count, rng)
        if hints is None:
            continue
        truth = cv2.resize(lab[..., 1:], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        small = np.zeros((SIDE, SIDE, 1))
        elsewhere = ~np.logical_or.reduce([disc(small, h.x, h.y, 2 * RADIUS) for h in hints])
        for name, (ab, left) in ways(engine, photo, hints).items():
            error = np.abs(ab - truth)[:, elsewhere].mean((1, 2)) / 128
            found.setdefault(name, ([], []))
            found[name][0].append(left)
            found[name][1].append(error)
    print(f"{count} true hints, {len(found['hard'][0])} photos")
    for name, (left, rest) in found.items():
        report(name, left, rest)


def region(lab: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float, float] | None:
    """An even region of a twentieth to a third of the picture, (64,64), and a place in it."""
    small = cv2.resize(lab, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(small[..., 1:], (0, 0), 1)
    for _ in range(40):
        y, x = rng.integers(3, SIDE - 3, 2)
        near = (np.linalg.norm(smooth - smooth[y, x], axis=-1) < 9).astype(np.uint8)
        _, labels = cv2.connectedComponents(near, connectivity=4)
        inside = labels == labels[y, x]
        if 25 < small[y, x, 0] < 80 and 0.05 < inside.mean() < 0.33:
            return inside, (x + 0.5) / SIDE, (y + 0.5) / SIDE
    return None


def with_invented_hints(engine: Colorizer, photos: list[tuple[Photo, np.ndarray]]) -> None:
    rng, found = np.random.default_rng(7), {}
    for photo, lab in photos:
        if (place := region(lab, rng)) is None:
            continue
        inside, x, y = place
        hue = np.arctan2(*lab[disc(lab, x, y)][:, :0:-1].mean(0)) + rng.uniform(np.pi / 2, 1.5 * np.pi)
        chroma = rng.uniform(25, 45)
        hint = Hint(x, y, chroma * np.cos(hue), chroma * np.sin(hue), RADIUS)
        done = ways(engine, photo, [hint])
        own = done["no hints"][0]
        want = PhotoHints([hint], Canvas(photo)).reachable[0]
        for name, (ab, left) in done.items():
            there = np.linalg.norm(ab - want, axis=-1)[:, inside].mean()
            beyond = np.linalg.norm(ab - own, axis=-1)[:, ~inside].mean()
            found.setdefault(name, []).append((left.mean(), there, beyond))
    print(f"An invented colour for one region, {len(found['hard'])} photos")
    for name, rows in found.items():
        left, there, beyond = np.mean(rows, axis=0)
        print(
            f"  {name:14} ΔE at the hint {left:.1f}, in its region {there:.1f}, change elsewhere {beyond:.1f}"
        )


def with_palettes(engine: Colorizer, photos: list[tuple[Photo, np.ndarray]]) -> None:
    rows = []
    for photo, lab in photos:
        truth = cv2.resize(lab[..., 1:], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        cells = truth.reshape(-1, 2)
        cv2.setRNGSeed(0)
        criteria = (cv2.TERM_CRITERIA_MAX_ITER, 30, 0.0)
        _, _, colours = cv2.kmeans(cells, 8, None, criteria, 1, cv2.KMEANS_PP_CENTERS)
        canvas = Canvas(photo)
        row = []
        for strength in (0.0, 1.0, 4.0):
            wish = Wish((), tuple(map(tuple, colours.tolist())), strength)
            ab = delivered(canvas, fields_of(engine, canvas, wish))
            error = np.abs(ab - truth).mean((1, 2, 3)) / 128
            away = np.linalg.norm(ab.reshape(-1, 1, 2) - colours, axis=-1).min(1).mean()
            row.append((error[0], error.min(), error.mean(), away))
        rows.append(row)
    print(f"The eight colours of the photo as a palette, {len(rows)} photos")
    for strength, (first, best, mean, away) in zip((0, 1, 4), np.mean(rows, axis=0), strict=True):
        print(
            f"  strength {strength}: distance to the palette {away:.1f}; "
            f"top-1 {first:.4f}, eob@5 {best:.4f}, mean-of-5 {mean:.4f}"
        )


def main() -> None:
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    items = list_photos([Path(sys.argv[1])])
    photos = [photo_of(item.read()) for item in items[:: max(1, len(items) // count)][:count]]
    engine = Colorizer.load(precision="fp32")
    print(f"{len(photos)} photos, {VARIANTS} variants, {engine.info.name} on {engine.device}")
    for number in (1, 3, 10):
        with_true_hints(engine, photos, number)
    with_invented_hints(engine, photos)
    with_palettes(engine, photos[::2])


if __name__ == "__main__":
    main()
