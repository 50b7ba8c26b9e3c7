"""The default JPEG shows the same in every reader: those here always, the others where they are installed."""

import base64
import io
import shutil
import subprocess

import cv2
import numpy as np
import pytest
import simplejpeg
from PIL import Image

from colorize_cli.image.canvas import Canvas
from colorize_cli.image.encoding import Encoding
from colorize_cli.image.jpeg.scans import parse
from tests.image.conftest import coded, field, photo, scene

SIZE = HEIGHT, WIDTH = 61, 83
_SIDES = f'width="{WIDTH}" height="{HEIGHT}"'
_SVG = f'<svg xmlns="http://www.w3.org/2000/svg" {_SIDES}><image {_SIDES} href="%s"/></svg>'


def by_ffmpeg(data, folder):
    program = shutil.which("ffmpeg") or pytest.skip("ffmpeg is not installed")
    command = [program, "-v", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    out = subprocess.run(command, input=data, capture_output=True, check=True).stdout
    return np.frombuffer(out, np.uint8).reshape(*SIZE, 3)


def by_chromium(data, folder):
    browsers = pytest.importorskip("playwright.sync_api")
    found = shutil.which("chromium") or pytest.skip("Chromium is not installed")
    with browsers.sync_playwright() as play, play.chromium.launch(executable_path=found) as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_content(f'<body style="margin:0"><img src="{_url(data)}">')
        page.wait_for_function("document.images[0].complete")
        return _png(page.screenshot())


def by_typst(data, folder):
    typst = pytest.importorskip("typst")
    (folder / "photo.jpg").write_bytes(data)
    page = f"width: {WIDTH}pt, height: {HEIGHT}pt"
    (folder / "photo.typ").write_text(f'#set page({page}, margin: 0pt)\n#image("photo.jpg", {page})')
    return _png(typst.compile(folder / "photo.typ", format="png", ppi=72))


def by_resvg(data, folder):
    resvg = pytest.importorskip("resvg_py")
    return _png(bytes(resvg.svg_to_bytes(svg_string=_SVG % _url(data))))


def by_kornia(data, folder):
    kornia = pytest.importorskip("kornia_rs")
    (folder / "photo.jpg").write_bytes(data)
    return np.asarray(kornia.io.read_image(str(folder / "photo.jpg")))


READERS = {
    "turbo": lambda data, folder: simplejpeg.decode_jpeg(data, "RGB"),
    "opencv": lambda data, folder: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1],
    "ffmpeg": by_ffmpeg,
    "chromium": by_chromium,
    "typst": by_typst,
    "resvg": by_resvg,
    "kornia": by_kornia,
}


def _png(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def _url(data):
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


def test_all_components_are_in_one_baseline_scan():
    found = parse(coded(Canvas(photo(scene(*SIZE))), field(), Encoding("jpeg")))
    assert found.frame == 0xC0
    assert [part.components for part in found.parts if part.components] == [(1, 2, 3)]


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_sees_what_pillow_sees(reader, tmp_path):
    data = coded(Canvas(photo(scene(*SIZE))), field(), Encoding("jpeg"))
    expected = np.asarray(Image.open(io.BytesIO(data))).astype(int)
    assert np.ptp(expected.mean((0, 1))) > 3  # there is colour
    # They smooth the halved chroma in ways of their own.
    assert np.abs(READERS[reader](data, tmp_path).astype(int) - expected).mean() < 3
