"""The gallery in a real Chromium, from file:// and from its server."""

import json
import os
import threading
import time
from pathlib import Path

import pytest

from colorize_cli.cli import cli, run_guarded
from colorize_cli.errors import ExitCode
from colorize_cli.gallery.building import build
from colorize_cli.gallery.serving import serve
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.picks import Choice, read_picks, write_picks
from colorize_cli.output.records import Picture
from tests.folders import coloured

HOSTILE = [
    "<script>document.title='owned'</script>.jpg",
    "<img src=x onerror=\"document.title='owned'\">.jpg",
    'quote\'s "here" & there.jpg',
    "two\nlines.jpg",
    "odd\udcff.jpg",
    "100% #1?.jpg",
]
HOSTILE = [name.replace("/script", "\u2215script") for name in HOSTILE] + ["{{script}}.jpg", "--><!--.jpg"]


def paged(out):
    build(out).write()
    return (out / "gallery.html").as_uri()


@pytest.fixture
def out(tmp_path):
    return coloured(tmp_path, ["aunt.jpg", "boat.png", "sub/crowd.jpg", "sub/deep.tif"])


def row(page, name):
    return page.locator(".photo", has=page.get_by_role("heading", name=name, exact=True))


def radio(page, name, number):
    return row(page, name).get_by_role("radio").nth(number - 1)


def is_chosen(page, name, number):
    return radio(page, name, number).get_attribute("aria-checked") == "true"


def exported(page, tmp_path):
    with page.expect_download() as download:
        page.get_by_role("button", name="Export picks.json").click()
    assert download.value.suggested_filename == "picks.json"
    download.value.save_as(tmp_path / "exported.json")
    return tmp_path / "exported.json"


def soon(page, check, wanted=True, patience=10):
    """A check that comes to give what is wanted: rows are filled when the browser has time for it."""
    end = time.monotonic() + patience
    while (found := check()) != wanted:
        assert time.monotonic() < end, found
        page.wait_for_timeout(50)


def until(page, script):
    """Playwright's own way evaluates text, which the page forbids."""
    soon(page, lambda: bool(page.evaluate(script)))


def names(page):
    return page.locator("h3").all_inner_texts()


# Pictures far below are not fetched until they are near the window.
ALL_THERE = """() => {
  const shown = [...document.images].filter((i) => i.src && i.closest("main"));
  const missing = shown.find((i) => !(i.complete && i.naturalWidth));
  missing?.scrollIntoView();
  return !missing;
}"""


def all_pictures_are_there(page):
    until(page, ALL_THERE)


def test_every_picture_is_shown(browse, out):
    page = browse(paged(out))
    soon(page, page.locator(".photo").count, 4)
    assert page.locator("main img").count() == 16
    all_pictures_are_there(page)


def test_choosing_by_mouse_is_there_after_a_reload(browse, out):
    page = browse(paged(out))
    radio(page, "aunt", 2).click()
    row(page, "boat").get_by_role("button", name="None is good").click()
    assert page.locator("#done").inner_text() == "2 of 4 decided"
    page.reload()
    assert is_chosen(page, "aunt", 2) and not is_chosen(page, "aunt", 1)
    assert (
        row(page, "boat").get_by_role("button", name="None is good").get_attribute("aria-pressed") == "true"
    )
    radio(page, "aunt", 2).click()
    assert not is_chosen(page, "aunt", 2)


def test_choosing_by_keyboard(browse, out):
    page = browse(paged(out))
    for key in ("ArrowDown", "2", "ArrowDown", "0", "ArrowDown", "ArrowRight", "ArrowRight", "Space"):
        page.keyboard.press(key)
    assert is_chosen(page, "aunt", 2)
    assert row(page, "boat").locator(".none").get_attribute("aria-pressed") == "true"
    assert is_chosen(page, "crowd", 3)
    page.keyboard.press("u")
    soon(page, lambda: names(page), ["deep"])
    page.keyboard.press("u")
    soon(page, page.locator(".photo").count, 4)


def test_export_and_pick_keep_what_was_chosen(browse, out, tmp_path):
    page = browse(paged(out))
    radio(page, "aunt", 2).click()
    row(page, "boat").get_by_role("button", name="None is good").click()
    picks = exported(page, tmp_path)
    record = json.loads(picks.read_text())["picks"][0]
    assert (record["photo"], record["variant"], len(record["sha256"])) == ("aunt", 2, 64)
    assert run_guarded(cli, "colorize", ["pick", str(out), str(picks), "-q"]) == ExitCode.OK
    assert (out / "aunt.jpg").exists()
    page.reload()
    assert is_chosen(page, "aunt", 2)
    all_pictures_are_there(page)


def test_import_takes_the_picks_of_somebody_else(browse, out, tmp_path):
    write_picks(
        tmp_path / "hers.json", [Choice("aunt", variant=3, note="her coat"), Choice("else", variant=1)]
    )
    page = browse(paged(out))
    page.locator("#import-file").set_input_files(tmp_path / "hers.json")
    row(page, "aunt").get_by_text("her coat").wait_for()
    assert is_chosen(page, "aunt", 3)
    page.locator("#import-file").set_input_files(__file__)
    page.get_by_role("alert").filter(has_text="cannot be used").wait_for()
    page.reload()
    assert is_chosen(page, "aunt", 3)


def test_a_note_is_kept_by_keyboard(browse, out, tmp_path):
    page = browse(paged(out))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("n")
    page.keyboard.type("<b>blue</b>, 9 u z")
    page.keyboard.press("Control+Enter")
    soon(page, row(page, "aunt").locator(".said").inner_text, "<b>blue</b>, 9 u z")
    page.keyboard.press("n")
    page.keyboard.type("never")
    page.keyboard.press("Escape")
    assert read_picks(exported(page, tmp_path)) == {
        "aunt": Choice(
            "aunt", note="<b>blue</b>, 9 u z", at=read_picks(tmp_path / "exported.json")["aunt"].at
        )
    }


def test_a_variant_that_was_made_anew_is_undecided_again(browse, out):
    url = paged(out)
    page = browse(url)
    radio(page, "aunt", 2).click()
    old = json.loads(page.evaluate("document.getElementById('data').textContent"))["photos"][0]["variants"][1]
    html = out / "gallery.html"
    html.write_text(html.read_text().replace(f'"sha256":"{old["sha256"]}"', f'"sha256":"{"0" * 64}"'))
    page.reload()
    assert page.locator("#done").inner_text() == "0 of 4 decided"


def test_the_large_view_compares_at_full_size(browse, tmp_path):
    page = browse(paged(coloured(tmp_path, ["aunt.jpg", "deep.tif"], size=(900, 1200))))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    full = "['before', 'after'].every(name => document.getElementById(name).naturalWidth == 1200)"
    until(page, full)
    box = page.locator("#frame").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    assert page.locator("#slider").input_value() == "25"
    page.locator("#slider").press("ArrowRight")
    assert page.locator("#slider").input_value() == "26"
    page.locator("#zoom-choose").focus()
    page.keyboard.press("z")
    assert page.locator("#frame").bounding_box()["width"] == 1200
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator("#zoom-what").inner_text() == "Variant 3 of 3"
    page.keyboard.press("ArrowDown")
    until(page, full)  # a TIFF, by its copy
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    assert is_chosen(page, "aunt", 3) and is_chosen(page, "deep", 2)
    assert page.evaluate("document.activeElement.closest('.photo').photo.name") == "deep"


def test_a_scan_that_is_gone_is_replaced_by_the_grey_of_a_variant(browse, out, tmp_path):
    url = paged(out)
    for path in (tmp_path / "in").rglob("*.jpg"):
        path.unlink()
    page = browse(url, fails=True)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("z")
    page.get_by_text("the scan is not there").wait_for()
    until(page, "document.getElementById('before').naturalWidth == 80")


def test_hostile_names_are_names(browse, tmp_path):
    page = browse(paged(coloured(tmp_path, HOSTILE, variants=2)))
    page.wait_for_timeout(200)
    assert "owned" not in page.title()
    found = page.evaluate("[...document.querySelectorAll('h3')].map(h => h.textContent).sort()")
    assert sorted(found) == sorted(name.removesuffix(".jpg") for name in HOSTILE)
    all_pictures_are_there(page)
    for i in range(len(HOSTILE)):
        page.locator("[role=radio]").nth(2 * i + 1).click()
    picks = exported(page, tmp_path)
    assert {choice.photo + ".jpg" for choice in read_picks(picks).values()} == set(HOSTILE)
    assert run_guarded(cli, "colorize", ["pick", str(tmp_path / "out"), str(picks), "-q"]) == ExitCode.OK


def test_folders_can_be_folded_and_names_found(browse, out):
    page = browse(paged(out))
    fold = page.get_by_role("button", name="sub 2 photos")
    fold.click()
    assert fold.get_attribute("aria-expanded") == "false"
    assert not page.get_by_role("heading", name="crowd").is_visible()
    page.get_by_role("searchbox").fill("BOAT")
    soon(page, lambda: names(page), ["boat"])
    page.get_by_role("searchbox").fill("nothing of the kind")
    page.get_by_role("button", name="Show all", exact=True).click()
    soon(page, lambda: page.locator(".photo").count() >= 2)


def test_the_least_sure_come_first_if_asked(browse, out):
    manifest = Manifest(str(out))
    for target, unsure in (("boat", 7.25), ("sub/deep", 12.0)):
        source = manifest.entry(target).source
        drawn = Picture("map.png", "uncertainty", 1, "x", "r", "w", source.sha256, uncertainty=unsure)
        manifest.append(target, source, [drawn])
    manifest.close()
    page = browse(paged(out))
    page.get_by_label("Order").select_option("uncertainty")
    soon(page, lambda: names(page)[:2], ["deep", "boat"])
    assert row(page, "deep").locator(".unsure").inner_text() == "unsure 12.0"
    assert row(page, "aunt").locator(".unsure").count() == 0
    assert row(page, "boat").get_by_role("radio").count() == 3


def test_pale_faces_come_first_if_asked(browse, out):
    manifest = Manifest(str(out))
    for target, spots in (("boat", 2), ("sub/deep", 5), ("sub/crowd", 0)):
        entry = manifest.entry(target)
        manifest.append(target, entry.source, list(entry.pictures.values()), pale_skin=spots)
    manifest.close()
    page = browse(paged(out))
    order = page.get_by_label("Order")
    assert order.locator("option").all_inner_texts() == ["by folder", "pale faces first"]
    assert not row(page, "deep").locator(".pale").is_visible()
    order.select_option("pale_skin")
    soon(page, lambda: names(page), ["deep", "boat", "crowd", "aunt"])
    assert row(page, "deep").locator(".pale").inner_text() == "pale skin 5"
    assert "perhaps faces" in row(page, "boat").locator(".pale").get_attribute("title")
    assert [row(page, name).locator(".pale").count() for name in ("crowd", "aunt")] == [0, 0]
    order.select_option("folder")
    soon(page, lambda: names(page)[:2], ["aunt", "boat"])


def test_without_figures_there_is_one_order(browse, out):
    assert not browse(paged(out)).get_by_label("Order").is_visible()


@pytest.fixture
def served(out):
    server = serve(build(out))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join()


def test_served_picks_are_on_the_disk_and_in_the_next_window(served, browse, out):
    page = browse(served.url)
    all_pictures_are_there(page)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        radio(page, "aunt", 3).click()
    assert read_picks(out / "picks.json")["aunt"].variant == 3
    page.keyboard.press("z")
    until(page, "document.getElementById('before').naturalWidth == 80")
    other = browse(served.url)
    assert is_chosen(other, "aunt", 3)


def test_picks_that_cannot_be_saved_are_said_and_saved_later(served, browse, out):
    page = browse(served.url, fails=True)
    page.route("**/picks", lambda route: route.fulfill(status=507, body="disk full"))
    radio(page, "aunt", 1).click()
    page.get_by_role("alert").filter(has_text="disk full").wait_for()
    page.unroute("**/picks")
    page.get_by_role("alert").wait_for(state="hidden")
    assert read_picks(out / "picks.json")["aunt"].variant == 1


def test_thousands_of_photos_have_few_elements_and_all_can_be_reached(browse, tmp_path):
    out = coloured(tmp_path, ["a.jpg"], variants=5)
    html = build(out)
    html.write()
    text = (out / "gallery.html").read_text()
    start, end = text.index('"photos":['), text.index('],"picks"')
    one = text[start + len('"photos":[') : end]
    many = ",".join(
        one.replace('"photo":"a"', f'"photo":"a{i}"').replace('"name":"a"', f'"name":"a{i}"')
        for i in range(3000)
    )
    (out / "gallery.html").write_text(text[: start + len('"photos":[')] + many + text[end:])
    page = browse((out / "gallery.html").as_uri())
    assert page.locator(".photo").count() < 60
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.get_by_role("heading", name="a2999", exact=True).wait_for()
    assert page.locator(".photo").count() < 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_contrast_and_controls_have_names(browse, out, scheme):
    page = browse(paged(out), color_scheme=scheme)
    radio(page, "aunt", 1).click()
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNNAMED) == []


UNNAMED = """() => [...document.querySelectorAll("button,input,select,textarea")]
  .filter((e) => e.checkVisibility() && !e.ariaLabel && !e.labels?.length && !e.textContent.trim())
  .filter((e) => !e.querySelector("img[alt]:not([alt=''])"))
  .map((e) => e.outerHTML)"""

# Texts with less than 4.5:1 against the nearest background that is not transparent.
CONTRAST = """() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = numbers(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0.7) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility({ opacityProperty: true })) continue;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${element.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


@pytest.mark.skipif("COLORIZE_SCREENSHOTS" not in os.environ, reason="for the documents, of real pictures")
@pytest.mark.parametrize(("name", "scheme"), [("gallery", "light"), ("gallery-compare", "dark")])
def test_screenshots(browse, name, scheme):
    """Pictures for docs/ of the output folder that COLORIZE_SCREENSHOTS names."""
    root = Path(os.environ["COLORIZE_SCREENSHOTS"])
    page = browse(paged(root), color_scheme=scheme)
    all_pictures_are_there(page)
    page.evaluate("window.scrollTo(0, 0)")
    for key in ("ArrowDown", "2", "ArrowDown", "1") + (("z",) if name == "gallery-compare" else ()):
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    page.screenshot(path=f"docs/{name}.jpg", type="jpeg", quality=85)
