"""How fast the gallery of a large folder is built, opened and scrolled, in Chromium.

PYTHONPATH=. python benchmarks/gallery.py [photos]
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from colorize_cli.gallery.building import build
from tests.folders import coloured

VARIANTS, ALIKE = 5, 100
# A screen every tenth of a second for ten seconds, and how long each frame took.
SCROLL = """() => new Promise((done) => {
  const frames = [];
  let last = performance.now();
  const began = last;
  const step = (now) => {
    frames.push(now - last);
    last = now;
    window.scrollTo(0, (now - began) * 8);
    now - began < 10_000 ? requestAnimationFrame(step) : done(frames);
  };
  requestAnimationFrame(step);
})"""


def opened(page: Page, address: str) -> float:
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(".photo img")
    return time.perf_counter() - began


def main(photos: int = 5000) -> None:
    folder = Path(tempfile.mkdtemp())
    names = [f"roll{i // ALIKE:03}/{i:05}.jpg" for i in range(photos)]
    out = coloured(folder, names, variants=VARIANTS, size=(450, 600))
    began = time.perf_counter()
    build(out).write()
    first = time.perf_counter() - began
    began = time.perf_counter()
    build(out).write()
    again = time.perf_counter() - began
    size = (out / "gallery.html").stat().st_size / 1e6
    print(f"{photos} photos of {VARIANTS} variants: thumbnails and page {first:.0f} s, "
          f"page alone {again:.1f} s, {size:.1f} MB")  # fmt: skip
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        seconds = opened(page, (out / "gallery.html").as_uri())
        frames = sorted(page.evaluate(SCROLL))
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        began = time.perf_counter()
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        page.get_by_role("heading", name=Path(names[-1]).stem, exact=True).wait_for()
        end = time.perf_counter() - began
        print(f"first photo after {seconds:.2f} s; scrolling ten screens a second: median frame "
              f"{frames[len(frames) // 2]:.0f} ms, 95 % {frames[int(len(frames) * 0.95)]:.0f} ms, longest "
              f"{frames[-1]:.0f} ms; heap {heap:.0f} MB; last photo after {end:.2f} s")  # fmt: skip
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
