"""Hints placed on the served gallery in a real Chromium, down to the delivered pictures."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from colorize_cli.gallery.building import build
from colorize_cli.gallery.serving import serve
from colorize_cli.output.lock import locked
from colorize_cli.output.picks import Choice, write_picks
from colorize_cli.run.again import Again
from colorize_cli.settings import RunSettings
from tests.conftest import grey_scene
from tests.e2e.test_gallery_in_browser import CONTRAST, UNNAMED, is_chosen, radio, row, soon, until
from tests.folders import coloured
from tests.gallery.test_hinting import Painter
from tests.gallery.test_serving import Asker

RED = "#8a2020"


@pytest.fixture
def scans(tmp_path):
    """A photo larger than the window, one that EXIF turns, and pages; the middle of each is bright."""
    folder = tmp_path / "album"
    folder.mkdir()
    cv2.imwrite(str(folder / "aunt.jpg"), grey_scene(1500, 2000, 1))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    Image.fromarray(grey_scene(120, 200, 2)).save(folder / "turned.jpg", exif=exif, quality=95)
    cv2.imwritemulti(str(folder / "book.tif"), [grey_scene(100, 140, i) for i in range(2)])
    return folder


@pytest.fixture
def out(scans, colorize, tiny_weights):
    assert colorize(scans, "-n", 2, "--weights", tiny_weights, "--device", "cpu", "-q") == 0
    return scans.with_name("album-colorized")


@contextlib.contextmanager
def serving(out, colouring):
    server = serve(build(out), 0, colouring)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
        server.finish()


@pytest.fixture
def served(out):
    again = Again(out, RunSettings(device="cpu"))
    with serving(out, again) as server:
        yield server
    again.close()


@pytest.fixture
def rerun(scans, colorize, tiny_weights, capsys):
    """What a later run over the folder has to do."""

    def run():
        capsys.readouterr()
        assert colorize(scans, "-n", 2, "--weights", tiny_weights, "--device", "cpu", "--json") == 0
        return [
            line
            for line in map(json.loads, capsys.readouterr().out.splitlines())
            if line["message_type"] == "photo"
        ]

    return run


def hinting(page, name):
    """The large view of a photo, with its hints."""
    row(page, name).get_by_role("radio").first.focus()
    page.keyboard.press("h")
    soon(page, lambda: page.locator("#hint-anew").is_visible() and "choose the colour" in text(page))
    width = "document.getElementById('after').naturalWidth"
    until(
        page,
        f"document.getElementById('after').wanted === document.getElementById('after').shown && {width} > 0",
    )


def text(page):
    return page.locator("#hint-text").inner_text()


def click(page, x, y):
    box = page.locator("#frame").bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def choose(page, color):
    """The browser's own dialog for colours cannot be driven; this is what it does when it is closed."""
    page.locator("#hint-colour").fill(color)


def says(page, words):
    """The page comes to say so; the first photo waits for the network to be loaded."""
    soon(page, lambda: words in page.locator("#hint-said").inner_text(), patience=120)


def coloured_anew(page):
    page.locator("#hint-anew").click()
    says(page, "made anew")


def there(path, x, y):
    """Mean blue, green, red around a place."""
    picture = cv2.imread(str(path)).astype(int)
    height, width = picture.shape[:2]
    row, column, r = round(y * height), round(x * width), max(2, round(0.005 * max(height, width)))
    return picture[row - r : row + r, column - r : column + r].mean(axis=(0, 1))


def is_red(path, x, y):
    blue, green, red = there(path, x, y)
    return bool(red > green + 15 and red > blue + 5)


def written(scans, name):
    return json.loads((scans / name).read_text())["hints"]


def test_a_hint_placed_on_the_page_is_in_the_picture(served, browse, scans, out, rerun):
    assert not any(is_red(out / f"aunt.color-{i}.jpg", 0.5, 0.5) for i in (1, 2))
    page = browse(served.url)
    hinting(page, "aunt")
    before = page.locator("#after").get_attribute("src")
    click(page, 0.5, 0.5)
    choose(page, RED)
    page.locator("#hint-label").fill("coat")
    coloured_anew(page)
    assert all(is_red(out / f"aunt.color-{i}.jpg", 0.5, 0.5) for i in (1, 2))
    (hint,) = written(scans, "aunt.hints.json")
    assert (hint["color"], hint["label"]) == (RED, "coat")
    assert abs(hint["x"] - 0.5) < 0.002 and abs(hint["y"] - 0.5) < 0.002
    # The page shows the new picture, under another address, without being loaded again.
    soon(page, lambda: page.locator("#after").get_attribute("src") != before)
    until(page, "document.getElementById('after').wanted === document.getElementById('after').shown")
    red, green, blue = page.evaluate(SEEN)
    assert red > green + 15 and red > blue + 5
    page.keyboard.press("Escape")
    thumbnail = radio(page, "aunt", 1).locator("img").get_attribute("src")
    assert (out / thumbnail).is_file() and is_red(out / thumbnail, 0.5, 0.5)
    assert rerun() == []


SEEN = """() => {
  const image = document.getElementById("after");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  context.drawImage(image, image.naturalWidth / 2, image.naturalHeight / 2, 4, 4, 0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


@pytest.mark.parametrize(
    ("name", "file", "picture", "place"),
    [
        ("turned", "turned.hints.json", "turned.color-1.jpg", (0.2, 0.7)),
        ("book.page-2", "book.page-2.hints.json", "book.page-2.color-1.tif", (0.6, 0.4)),
    ],
)
def test_places_are_those_of_the_upright_page(served, browse, scans, out, rerun, name, file, picture, place):
    page = browse(served.url)
    hinting(page, name)
    click(page, *place)
    choose(page, RED)
    coloured_anew(page)
    (hint,) = written(scans, file)
    assert abs(hint["x"] - place[0]) < 0.01 and abs(hint["y"] - place[1]) < 0.01
    assert is_red(out / picture, *place)
    assert rerun() == []


def test_places_are_right_pixel_for_pixel(served, browse, scans):
    page = browse(served.url)
    hinting(page, "aunt")
    page.keyboard.press("z")
    frame, stage = (page.locator(name).bounding_box() for name in ("#frame", "#stage"))
    assert frame["width"] == 2000
    x, y = stage["x"] + 200, stage["y"] + 100
    # A drag moves the picture and places nothing.
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 80, y - 40, steps=4)
    page.mouse.up()
    assert page.locator("button.hint-mark").count() == 0
    moved = page.locator("#frame").bounding_box()
    assert (moved["x"], moved["y"]) == (frame["x"] - 80, frame["y"] - 40)
    page.mouse.click(x, y)
    mark = page.locator("button.hint-mark").bounding_box()
    assert abs(mark["x"] + mark["width"] / 2 - x) < 1.5 and abs(mark["y"] + mark["height"] / 2 - y) < 1.5
    page.locator("#hint-anew").click()
    soon(page, lambda: (scans / "aunt.hints.json").exists())
    (hint,) = written(scans, "aunt.hints.json")
    assert abs(hint["x"] * 2000 - (x - moved["x"])) < 1.5 and abs(hint["y"] * 1500 - (y - moved["y"])) < 1.5


def test_marks_are_moved_and_removed_and_those_of_the_file_are_kept(served, browse, scans, rerun):
    label = "<img src=x onerror=\"document.title='owned'\">"
    old = {"x": 0.25, "y": 0.25, "color": "navy", "radius": 0.02, "label": label}
    (scans / "turned.hints.json").write_text(json.dumps({"version": 1, "hints": [old, old | {"x": 0.75}]}))
    page = browse(served.url)
    hinting(page, "turned")
    marks = page.locator("button.hint-mark")
    assert marks.count() == 2 and f"({label}), #000080" in marks.first.get_attribute("aria-label")
    box, frame = marks.last.bounding_box(), page.locator("#frame").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(frame["x"] + 0.5 * frame["width"], frame["y"] + 0.7 * frame["height"], steps=5)
    page.mouse.up()
    assert marks.count() == 2
    coloured_anew(page)
    first, second = written(scans, "turned.hints.json")
    assert (first, second | {"x": 0, "y": 0}) == (old, old | {"x": 0, "y": 0})
    assert abs(second["x"] - 0.5) < 0.01 and abs(second["y"] - 0.7) < 0.01
    marks.first.focus()
    page.keyboard.press("Delete")
    coloured_anew(page)
    assert written(scans, "turned.hints.json") == [second]
    marks.first.focus()
    page.keyboard.press("Backspace")
    coloured_anew(page)
    assert (written(scans, "turned.hints.json"), marks.count()) == ([], 0)
    assert page.locator("#hint-anew").is_enabled() and "owned" not in page.title()
    assert rerun() == []


def test_all_of_it_by_keyboard(served, browse, scans):
    page = browse(served.url)
    hinting(page, "turned")
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.className") == "hint-mark"
    for key in ("Shift+ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    width, height = (page.locator("#frame").bounding_box()[side] for side in ("width", "height"))
    page.get_by_role("button", name="Colour: sky").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("c")
    says(page, "made anew")
    (hint,) = written(scans, "turned.hints.json")
    assert hint["color"] == "#8db4da"
    assert abs((hint["x"] - 0.5) * width - 11) < 1.5 and abs((hint["y"] - 0.5) * height + 2) < 1.5
    page.keyboard.press("h")
    assert not page.locator("#hints").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#zoom").is_visible()


def test_colours_are_taken_from_the_variants_and_the_picture(served, browse, out):
    page = browse(served.url)
    hinting(page, "turned")
    click(page, 0.5, 0.5)
    page.get_by_role("button", name="Colour: as in variant 2").click()
    found = np.array(list(bytes.fromhex(page.locator("#hint-colour").input_value()[1:])))
    assert np.abs(found - there(out / "turned.color-2.jpg", 0.5, 0.5)[::-1]).max() < 12
    page.keyboard.press("t")
    click(page, 0.3, 0.8)
    assert page.locator("button.hint-mark").count() == 1
    found = np.array(list(bytes.fromhex(page.locator("#hint-colour").input_value()[1:])))
    assert np.abs(found - there(out / "turned.color-1.jpg", 0.3, 0.8)[::-1]).max() < 12


def test_a_choice_does_not_outlive_its_picture_and_another_photo_can_be_looked_at(served, browse, out):
    page = browse(served.url)
    radio(page, "turned", 2).click()
    hinting(page, "turned")
    click(page, 0.5, 0.5)
    choose(page, RED)
    page.locator("#hint-anew").click()
    page.keyboard.press("ArrowUp")
    soon(page, lambda: not is_chosen(page, "turned", 2), patience=120)
    assert page.locator("#zoom-title").inner_text() == "book.page-2"
    page.keyboard.press("ArrowDown")
    says(page, "choose again")
    soon(page, lambda: "sha256" not in (out / "picks.json").read_text())


def test_whoever_holds_the_folder_is_named_and_the_hints_are_kept(served, browse, scans, out, rerun):
    page = browse(served.url)
    hinting(page, "turned")
    click(page, 0.5, 0.5)
    with locked([str(out)]):
        page.locator("#hint-anew").click()
        says(page, "another colorize is writing there")
    assert "hints are saved in turned.hints.json" in page.locator("#hint-said").inner_text()
    assert [photo["source"].rpartition("/")[2] for photo in rerun()] == ["turned.jpg"]


def test_hints_that_are_not_understood_are_named(served, browse, scans):
    (scans / "turned.hints.json").write_text("{")
    page = browse(served.url, fails=True)
    row(page, "turned").get_by_role("radio").first.focus()
    page.keyboard.press("h")
    soon(page, lambda: "turned.hints.json: is not JSON" in text(page))
    assert not page.locator("#hint-anew").is_visible()
    click(page, 0.5, 0.5)
    assert page.locator("button.hint-mark").count() == 0


def test_a_picked_photo_says_how_to_take_the_pick_back(served, browse, out, colorize, tmp_path):
    write_picks(tmp_path / "picks.json", [Choice("turned", variant=2)])
    assert colorize("pick", out, tmp_path / "picks.json", "-q") == 0
    page = browse(served.url)
    row(page, "turned").get_by_role("radio").first.focus()
    page.keyboard.press("h")
    soon(page, lambda: "colorize pick" in text(page) and "--undo" in text(page))
    assert page.locator("#hint-anew").is_disabled() and page.locator("#hint-add").is_disabled()


def test_a_page_that_is_not_served_says_how_to_get_hints(browse, out):
    build(out).write()
    page = browse((out / "gallery.html").as_uri())
    row(page, "turned").get_by_role("radio").first.focus()
    page.keyboard.press("h")
    assert "colorize gallery --serve" in text(page)
    assert not page.locator("#hint-tools").is_visible()
    click(page, 0.25, 0.5)
    assert page.locator("#slider").input_value() == "25"


def test_a_page_that_is_loaded_again_still_hears_how_it_ends(browse, tmp_path):
    painter = Painter()
    painter.may.clear()
    with serving(coloured(tmp_path, ["aunt.jpg"]), painter) as server:
        page = browse(server.url)
        hinting(page, "aunt")
        click(page, 0.5, 0.5)
        page.locator("#hint-anew").click()
        soon(page, lambda: page.locator("#hint-said").inner_text() == "Colouring …")
        page.reload()
        hinting(page, "aunt")
        soon(page, lambda: page.locator("#hint-said").inner_text() == "Colouring …")
        assert page.locator("#hint-anew").is_disabled() and page.locator("button.hint-mark").count() == 1
        painter.may.set()
        soon(page, lambda: page.locator("#hint-said").inner_text() == painter.said)
        assert page.locator("#hint-anew").is_enabled()


def test_hints_that_are_not_saved_are_kept_on_the_page_and_told(browse, tmp_path):
    with serving(coloured(tmp_path, ["aunt.jpg"]), Painter()) as server:
        page = browse(server.url)
        hinting(page, "aunt")
        click(page, 0.5, 0.5)
        page.keyboard.press("Escape")
        page.get_by_role("alert").filter(has_text="Hints on aunt are not saved yet").wait_for()
        hinting(page, "aunt")
        assert page.locator("button.hint-mark").count() == 1
        coloured_anew(page)
        page.keyboard.press("Escape")
        page.get_by_role("alert").wait_for(state="hidden")


def test_a_server_that_does_not_answer_is_named_and_the_hints_stay_on_the_page(browse, tmp_path):
    with serving(coloured(tmp_path, ["aunt.jpg"]), Painter()) as server:
        page = browse(server.url, fails=True)
        hinting(page, "aunt")
        click(page, 0.5, 0.5)
        page.route("**/hints", lambda route: route.abort())
        page.locator("#hint-anew").click()
        soon(page, lambda: "The server does not answer" in page.locator("#hint-said").inner_text())
        assert page.locator("button.hint-mark").count() == 1
        page.unroute("**/hints")
        coloured_anew(page)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_photo_that_is_begun_is_finished_at_the_end(scans, out, rerun):
    command = [
        sys.executable,
        "-m",
        "colorize_cli",
        "gallery",
        out,
        "--serve",
        "--no-open",
        "--device",
        "cpu",
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            asker = Asker(process.stdout.readline().strip())
            hint = {"x": 0.5, "y": 0.5, "color": RED}
            told = {"photo": "turned", "hints": [hint], "digest": ""}
            assert asker.tell("hints", told)[0] == 200
            while b"working" not in asker.ask("hints/progress")[1]:
                pass
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, "is finished first" in said) == (0, True)
    assert is_red(out / "turned.color-1.jpg", 0.5, 0.5)
    assert rerun() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_contrast_and_controls_have_names(served, browse, scheme):
    page = browse(served.url, color_scheme=scheme)
    hinting(page, "turned")
    click(page, 0.5, 0.5)
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNNAMED) == []


@pytest.mark.skipif("COLORIZE_SCREENSHOTS" not in os.environ, reason="for the documents, of real pictures")
def test_screenshot(browse):
    """A picture for docs/ of the first photo in the output folder that COLORIZE_SCREENSHOTS names."""
    root = Path(os.environ["COLORIZE_SCREENSHOTS"])
    with serving(root, Again(root, RunSettings())) as server:
        page = browse(server.url, color_scheme="dark")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("h")
        soon(page, lambda: page.locator("#hint-anew").is_visible() and "choose the colour" in text(page))
        for x, y in ((0.2, 0.62), (0.3, 0.57), (0.59, 0.6), (0.19, 0.8)):
            click(page, x, y)
            choose(page, "#c4622d")
        page.locator("#hint-anew").click()
        says(page, "made anew")
        page.locator("button.hint-mark").first.focus()
        page.wait_for_timeout(800)
        page.screenshot(path="docs/gallery-hints.jpg", type="jpeg", quality=85)
