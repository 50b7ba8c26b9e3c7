"""An output folder as a run leaves it, without a model: scans, variants and their manifest."""

import hashlib
import os
from pathlib import Path

import cv2
import numpy as np

from colorize_cli.output.manifest import Manifest
from colorize_cli.output.records import Picture, Source
from tests.conftest import grey_scene

TINTS = ((40, 0, -40), (-40, 20, 40), (0, -30, 30), (30, 30, -30), (-20, -20, 50))


def encoded(name, pixels):
    return cv2.imencode(Path(name).suffix, pixels)[1].tobytes()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def tinted(grey, variant):
    return np.clip(grey[..., None].astype(int) + TINTS[(variant - 1) % len(TINTS)], 0, 255).astype(np.uint8)


def coloured(base, names, variants=3, size=(60, 80)):
    """`base/in` with grey photos and `base/out` with variants of them; the latter."""
    out = base / "out"
    manifest = Manifest(str(out))
    for i, name in enumerate(names):
        grey = grey_scene(*size, i)
        scan = put(base / "in" / name, encoded(name, grey))
        target = Path(name).with_suffix("")
        sha = digest(scan.read_bytes())
        state = scan.stat()
        source = Source(os.path.relpath(scan, out), state.st_size, state.st_mtime_ns, sha)
        made = []
        for variant in range(1, variants + 1):
            own = f"{target.name}.color-{variant}{scan.suffix}"
            data = encoded(name, tinted(grey, variant))
            put(out / target.parent / own, data)
            made.append(Picture(own, variant, len(data), digest(data), "r", "w", sha))
        manifest.append(str(target), source, made)
    manifest.close()
    return out


def tree(folder):
    """Digests of all files below a folder by name, those of the program's own bookkeeping aside."""
    found = (p for p in sorted(folder.rglob("*")) if p.is_file() and ".colorize" not in p.parts)
    return {str(p.relative_to(folder)): digest(p.read_bytes()) for p in found}
