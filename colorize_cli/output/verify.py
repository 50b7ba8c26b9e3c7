"""Verifying an output folder against its manifest: every picture there, unchanged, and of its scan."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np

from colorize_cli.common.digests import sha256_of
from colorize_cli.common.regular import reading
from colorize_cli.errors import NoInputError, PhotoError, UsageError
from colorize_cli.image.certificates import require_c2pa
from colorize_cli.image.formats import FORMATS
from colorize_cli.image.luminance import luminance_of
from colorize_cli.image.metadata.credentials import WARNING
from colorize_cli.image.metadata.provenance import provenance_in
from colorize_cli.image.photo import Grey, Photo
from colorize_cli.image.reading import read_photo
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.records import Entry, Picture
from colorize_cli.settings import UNCERTAINTY

# Largest mean difference of luminance, in levels of 255. A JPEG keeps the plane it was given as well as
# its quality allows: 0.8 at quality 92, 2.7 at 50, 7.5 at 10 on old_bw; of two different scans of
# one size it is 40 and more.
_LOSSY_MOST = 10.0


@dataclass(frozen=True)
class PictureCheck:
    """A picture that was looked at, and what is wrong with it; `unseen`: its scan could not be compared."""

    path: Path
    problems: tuple[str, ...] = ()
    unseen: str | None = None


@dataclass(frozen=True)
class Scope:
    """What is looked at. quick: digests alone; scans: where the scans are now, None: where they were;
    without_scans: pictures alone.
    """

    quick: bool = False
    scans: Path | None = None
    without_scans: bool = False


def verify(root: Path, scope: Scope = Scope()) -> Iterator[PictureCheck]:
    """Check every picture that the manifest of `root` knows, in its order.

    That it is there with the digest it was written with; unless quick, also that it can be decoded, that
    it says what it is in its metadata, and that its luminance is the scan's. NoInputError without a manifest.
    """
    manifest = Manifest(str(root))
    if not manifest:
        raise NoInputError(f"{root}: no manifest of colorize there ({manifest.path}).")
    work = joblib.Parallel(n_jobs=joblib.cpu_count(), prefer="threads", return_as="generator")
    for checked in work(joblib.delayed(_photo)(root, entry, scope) for entry in manifest.entries()):
        yield from checked
    manifest.close()
    for target, lines in manifest.damaged.items():
        problem = f"has {lines} damaged lines about {target}: what they say of its pictures is not known"
        yield PictureCheck(manifest.path, (problem,))


def _photo(root: Path, entry: Entry, scope: Scope) -> list[PictureCheck]:
    """All pictures of a scan, which is read once."""
    places = [(entry.path(made), made) for made in entry.pictures.values()]
    pictures = [(root / path, made) for path, made in places if path is not None]
    found = [_digest(path, made) for path, made in pictures]
    if scope.quick or all(checked.problems for checked in found):
        return found
    scan, unseen = (None, None) if scope.without_scans else _scan(root, entry, scope.scans)
    return [
        checked if checked.problems else _content(checked.path, made, scan, unseen)
        for checked, (_, made) in zip(found, pictures, strict=True)
    ]


def _digest(path: Path, made: Picture) -> PictureCheck:
    try:
        if sha256_of(path) == made.sha256:
            return PictureCheck(path)
        return PictureCheck(path, ("is not the file that was written: its digest differs",))
    except FileNotFoundError:
        return PictureCheck(path, ("is missing",))
    except OSError as error:
        return PictureCheck(path, (f"cannot be read ({error.strerror})",))


def _scan(root: Path, entry: Entry, scans: Path | None) -> tuple[Photo | None, str | None]:
    """The photo that pictures were made from, if it is still there and the same."""
    unseen = f"its scan {Path(entry.source.path).name} is not in {scans}"
    for path in _places(root, entry, scans):
        try:
            photo = read_photo(path, max_mpixels=1e6, page=(entry.source.page or 1) - 1)
        except PhotoError:
            unseen = f"its scan {path} cannot be read"
            continue
        if photo.digest == entry.source.sha256:
            return photo, None
        unseen = f"its scan {path} has changed"
    return None, unseen


def _places(root: Path, entry: Entry, scans: Path | None) -> list[Path]:
    """Where a scan may be: where it was, or below `scans` with as many of its folders as are there."""
    if scans is None:
        return [Path(os.path.normpath(root / entry.source.path))]
    parts = [part for part in Path(entry.source.path).parts if part != os.pardir]
    places = [scans.joinpath(*parts[i:]) for i in range(len(parts))]
    return [path for path in places if path.is_file()]


def _content(path: Path, made: Picture, scan: Photo | None, unseen: str | None) -> PictureCheck:
    if made.kind == UNCERTAINTY:  # a map shows no scan; its digest is right
        return PictureCheck(path)
    try:
        picture = read_photo(path, max_mpixels=1e6)
        problems = _labels(picture, made)
        signed, unchecked = _credentials(path, picture)
        problems += signed
        if scan is not None and made.source_sha256 == scan.digest:
            problems += _luminance(luminance_of(path, picture), scan.luma, picture)
    except PhotoError as error:
        return PictureCheck(path, (f"cannot be decoded ({error})",))
    return PictureCheck(path, tuple(problems), unseen or unchecked)


def _credentials(path: Path, picture: Photo) -> tuple[list[str], str | None]:
    """What is wrong with the credentials of a signed picture, and why they could not be looked at."""
    if WARNING not in picture.warnings:
        return [], None
    try:
        require_c2pa()
    except UsageError as error:
        return [], str(error)
    from colorize_cli.image.signing import fault_of

    with reading(path) as file:
        fault = fault_of(file, picture.format)
    return [fault] if fault else [], None


def _labels(picture: Photo, made: Picture) -> list[str]:
    said = provenance_in(picture.metadata.xmp) if picture.metadata.xmp else None
    if said is None:
        return ["does not say in its metadata that it was colorized"]
    true = (made.kind, made.weights, made.source_sha256)
    if (said.variant, said.weights_sha256, said.source_sha256) != true:
        return ["says in its metadata that it was made of something else than the manifest does"]
    return []


def _luminance(found: Grey, scan: Grey, picture: Photo) -> list[str]:
    if found.shape != scan.shape:
        return [f"has {found.shape[1]} x {found.shape[0]} pixels, its scan {scan.shape[1]} x {scan.shape[0]}"]
    levels = [plane.astype(np.float32) / (np.iinfo(plane.dtype).max / 255) for plane in (found, scan)]
    difference = np.abs(levels[0] - levels[1])
    if FORMATS[picture.format].exact and found.dtype == scan.dtype:
        wrong = int((found != scan).sum())
        return [f"differs from its scan in the luminance of {wrong} pixels"] if wrong else []
    if picture.alpha is not None:  # encoders change the colours of pixels that nobody sees
        difference = difference[picture.alpha > 0]
    mean = float(difference.mean()) if difference.size else 0.0
    return (
        [f"differs from its scan by {mean:.1f} levels of luminance on average"] if mean > _LOSSY_MOST else []
    )
