"""Damaged files of every kind: a photo or a PhotoError, never anything else."""

import functools
import io

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from colorize_cli.errors import PhotoError
from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.photo import Photo
from colorize_cli.image.reading import read_photo
from colorize_cli.image.tiff.pages import count_pages
from tests.image.conftest import scene
from tests.image.metadata.test_exif import block

DEEP = scene(24, 31, dtype=np.uint16)


def by_pillow(fmt, pixels=None, mode=None, **options):
    out = io.BytesIO()
    image = Image.fromarray(scene(24, 31) if pixels is None else pixels)
    (image.convert(mode) if mode else image).save(out, fmt, **options)
    return out.getvalue()


def by_tifffile(pixels, **options):
    out = io.BytesIO()
    with tifffile.TiffWriter(out, bigtiff=options.pop("bigtiff", False)) as tiff:
        for _ in range(2):
            tiff.write(pixels, contiguous=False, **options)
    return out.getvalue()


BLOCKS = {"exif": b"Exif\0\0" + block(6), "icc_profile": gamma_profile(1.8)}
RGB = np.dstack([scene(24, 31, i) for i in range(3)])
FILES = {
    "jpeg": lambda: by_pillow("JPEG", **BLOCKS, comment=b"x"),
    "jpeg progressive": lambda: by_pillow("JPEG", RGB, progressive=True),
    "jpeg cmyk": lambda: by_pillow("JPEG", RGB, mode="CMYK"),
    "png": lambda: by_pillow("PNG", **BLOCKS),
    "png 16": lambda: cv2.imencode(".png", np.dstack([DEEP] * 3))[1].tobytes(),
    "webp": lambda: by_pillow("WEBP", **BLOCKS),
    "tiff": lambda: by_pillow("TIFF", RGB, compression="tiff_lzw"),
    "tiff 16": lambda: by_tifffile(DEEP, compression="zlib", predictor=True),
    "tiff jpeg": lambda: by_tifffile(RGB, compression="jpeg", photometric="rgb"),
    "tiff tiles": lambda: by_tifffile(RGB, compression="lzw", photometric="rgb", tile=(16, 16)),
    "tiff fax": lambda: by_pillow("TIFF", mode="1", compression="group4"),
    "bigtiff": lambda: by_tifffile(RGB, bigtiff=True, photometric="rgb"),
    "jpeg2000": lambda: by_pillow("JPEG2000"),
    "avif": lambda: by_pillow("AVIF", **BLOCKS),
    "bmp": lambda: by_pillow("BMP"),
    "pnm": lambda: by_pillow("PPM", RGB),
    "pnm 16": lambda: cv2.imencode(".pgm", DEEP)[1].tobytes(),
}
real = functools.cache(lambda kind: FILES[kind]())
damage = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from(["flip", "cut", "insert", "zero", "ff"]),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=4,
)


def damaged(data, changes):
    out = bytearray(data)
    for place, how, extra in changes:
        # Half of the damage goes into the first bytes, where sizes and offsets stand.
        at = int(place * len(out)) if extra[0] & 1 else int(place * min(len(out), 300))
        if how == "cut":
            del out[max(16, at) :]
        elif how == "insert":
            out[at:at] = extra
        else:
            filler = {"flip": extra, "zero": bytes(len(extra)), "ff": b"\xff" * len(extra)}[how]
            out[at : at + len(extra)] = filler
    return bytes(out)


@pytest.mark.parametrize("kind", FILES)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=damage)
def test_damage_gives_a_photo_or_a_photo_error(tmp_path, kind, changes):
    path = tmp_path / "scan"
    path.write_bytes(damaged(real(kind), changes))
    assert count_pages(path) >= 1
    try:
        photo = read_photo(path, max_mpixels=2)
    except PhotoError as error:
        assert str(path) in str(error)
    else:
        assert isinstance(photo, Photo)
        assert 0 < photo.luma.size <= 2_000_000


@pytest.mark.parametrize("kind", FILES)
def test_the_undamaged_file_is_read(make, kind):
    assert read_photo(make(real(kind))).luma.size == 24 * 31
