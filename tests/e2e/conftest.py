"""Commands that leave originals alone, and a real browser for the gallery: Chromium, driven by playwright."""

import os
import shutil

import pytest

from colorize_cli.cli import cli, run_guarded
from tests.conftest import originals_untouched

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def missing(reason):
    """Without a browser the tests are skipped, but not where they have to run (.ci/run)."""
    if os.environ.get("COLORIZE_BROWSER") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        missing("no Chromium here; on Debian: apt-get install chromium")
    with api.sync_playwright() as playwright:
        # Its own sandbox cannot be set up in a container or as root; the pages are ours.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium):
    """Opens an address in a window of its own.

    A script error fails the test, and so does a message of the console unless a request `fails` on purpose.
    """
    contexts, said = [], []

    def opened(url, *, fails=False, **options):
        context = chromium.new_context(viewport={"width": 1200, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: fails or said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(str(url))
        page.wait_for_selector(".photo img")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture
def colorize(tmp_path):
    """Runs a command; whatever lies beside and is not ours is the same bytes afterwards."""

    def run(*arguments):
        with originals_untouched(tmp_path):
            return run_guarded(cli, "colorize", [str(a) for a in arguments])

    return run
