import io

import numpy as np
import pytest
from PIL import Image

from colorize_cli.image.reading import read_photo
from tests.image.conftest import scene


def saved(image, fmt, **options):
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


HALFTONE = Image.fromarray(scene(240, 320)).convert("1")
FILES = {
    "one bit": saved(HALFTONE, "PNG"),
    "one bit, compressed": saved(HALFTONE, "TIFF", compression="group4"),
    "eight bits": saved(HALFTONE.convert("L"), "PNG"),
    "jpeg": saved(HALFTONE.convert("L"), "JPEG", quality=95),
    "sixteen bits": saved(Image.fromarray(np.asarray(HALFTONE, np.uint16) * 65535), "PNG"),
}


@pytest.mark.parametrize("kind", FILES)
def test_halftones_say_that_they_take_no_colour(make, kind):
    assert any("take no colour" in warning for warning in read_photo(make(FILES[kind])).warnings)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_greys_and_empty_pages_do_not(make, dtype):
    for pixels in (scene(dtype=dtype), np.full((30, 40), np.iinfo(dtype).max), np.zeros((30, 40), dtype)):
        data = saved(Image.fromarray(pixels.astype(dtype)), "PNG")
        assert read_photo(make(data)).warnings == ()
