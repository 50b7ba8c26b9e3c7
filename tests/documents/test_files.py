"""Files, headings and tests that documents, docstrings and comments name are there."""

import os.path
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from . import reading
from .reading import DOCUMENTS, ROOT, expect_nothing, read

SUFFIXES = r"(?:md|py|toml|css|js|html)"
# Files that lie on users' disks or in other projects.
NOT_OURS = {"config.toml", "_fetchers.py"}


def paths_in(text: str) -> set[str]:
    """Words that look like files or folders of the repository; OUT/x and FILE.toml stand for any."""
    words = re.findall(r"(?<![\w/.~$*-])[\w.*-]+(?:/[\w.*-]*)*", re.sub(r"\w+://\S+", "", text))
    ours = tuple(f"{folder}/" for folder in reading.FOLDERS)
    named = {w for w in (word.rstrip(".") for word in words) if w.startswith(ours) or FILE.search(w)}
    return {w for w in named if not STANDS_FOR_ANY.search(w) and Path(w).name not in NOT_OURS}


FILE = re.compile(rf"\w\.{SUFFIXES}$")
STANDS_FOR_ANY = re.compile(r"^(?:OUT|FOLDER)/|^FILE\.")


def is_there(path: str, beside: str) -> bool:
    """A path from the root, from where it is named, or from a package; a file's name alone is enough."""
    starts = [".", beside, "colorize_cli", "training", "tests"]
    if "*" in path:
        return any(True for start in starts for _ in (ROOT / start).glob(path))
    whole = {os.path.normpath(f"{start}/{path}") for start in starts}
    known = reading.files() | reading.folders()
    return bool(whole & known) or (
        "/" not in path and any(Path(file).name == path for file in reading.files())
    )


def missing_files(name: str, text: str) -> Iterable[str]:
    return (path for path in sorted(paths_in(text)) if not is_there(path, str(Path(name).parent)))


def test_every_file_that_is_named_exists():
    expect_nothing(missing_files)


def test_nothing_points_into_the_workplace():
    workplace = re.compile(r"\S*\bshared/\S*|\bdata/(?:old_bw|val|train|people)\S*|/work/\S*")
    expect_nothing(lambda name, text: workplace.findall(text))


def broken_links(name: str, text: str) -> Iterable[str]:
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        target = ROOT / name if not path else (ROOT / name).parent / path
        if "://" in link:
            continue
        if not target.exists() or (anchor and anchor not in reading.anchors(target.read_text("utf-8"))):
            yield link


def test_every_link_leads_somewhere():
    expect_nothing(broken_links, among=DOCUMENTS)


def missing_sections(name: str, text: str) -> Iterable[str]:
    numbered = re.findall(r"([\w/]+\.md)\W{1,3}(?:section |sec\. ?|§ ?)(\d+)", text)
    numbered += [pair[::-1] for pair in re.findall(r"(?:section |§ ?)(\d+) of ([\w/]+\.md)", text)]
    for document, number in numbered:
        found = [read(file) for file in DOCUMENTS if file.endswith(document)]
        if not any(re.search(rf"^#+ {number}\b", other, re.M) for other in found):
            yield f"section {number} of {document}"


def test_every_section_that_is_named_exists():
    expect_nothing(missing_sections)


def missing_tests(name: str, text: str) -> Iterable[str]:
    for path, function in re.findall(r"\b((?:\w+/)*(?:test_\w+|conftest)\.py)(?:::(\w+))?", text):
        file = ROOT / "tests" / path.removeprefix("tests/")
        if not file.exists() or (function and f"def {function}(" not in file.read_text("utf-8")):
            yield f"{path}::{function}"


def test_every_test_that_is_named_exists():
    expect_nothing(missing_tests)


def test_every_promise_to_archives_names_its_test():
    promises = read("docs/archive.md").split("## Colour profiles")[0]
    rows = [row for row in re.findall(r"^\| (.+) \|$", promises, re.M) if "promise |" not in row]
    assert len(rows) > 15
    assert [row for row in rows if not re.search(r"(?:test_\w+|conftest)\.py", row)] == []


@pytest.mark.parametrize(
    ("check", "wrong", "right"),
    [
        (missing_files, "see docs/nowhere.md.", "see `image/reading.py`, docs/*.md and docs/examples.jpg."),
        (missing_files, "nowhere.py", "OUT/gallery.html and ~/.config/colorize/config.toml"),
        (broken_links, "[a](nowhere.md)", "[a](docs/paper.md), [b](https://example.org/nowhere.md#x)"),
        (broken_links, "[a](README.md#nowhere)", "[a](README.md#use)"),
        (missing_sections, "docs/paper.md, section 7", "the paper, section 7"),
        (missing_tests, "`test_cli.py::test_nothing`", "`conftest.py::originals_untouched`"),
    ],
)
def test_what_is_missing_is_found(check, wrong, right):
    assert len(list(check("README.md", wrong))) == 1
    assert list(check("README.md", right)) == []
