import csv

import pytest

from colorize_cli.errors import OutputError
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.records import Picture, Source
from colorize_cli.output.review_list import has_review_list, write_review_list


@pytest.fixture
def root(tmp_path):
    manifest = Manifest(str(tmp_path))
    for name, page, unsure in (("a", None, 3.0), ("s/b\udcff", 2, 9.5), ("c", None, None), ("d", None, 3.0)):
        source = Source(f"../{name}.jpg", 1, 1, "s", page)
        stem = name.rpartition("/")[2]
        made = [Picture(f"{stem}.color-1.jpg", 1, 1, "x", "r", "w", "s")]
        if unsure is not None:
            made.append(
                Picture(f"{stem}.uncertainty.png", "uncertainty", 1, "y", "r", "w", "s", uncertainty=unsure)
            )
        manifest.append(name, source, made, pale_skin=2 if name == "a" else None)
    manifest.close()
    return tmp_path


def test_the_least_sure_come_first_and_photos_without_a_map_not_at_all(root):
    path, found = write_review_list(str(root))
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["source"] for line in lines] == ["../s/b\udcff.jpg", "../a.jpg", "../d.jpg"]
    assert lines[0]["map"] == "s/b\udcff.uncertainty.png" and lines[0]["page"] == "2"
    assert (lines[1]["first_variant"], lines[1]["uncertainty"]) == ("a.color-1.jpg", "3.0")
    assert [line["pale_skin"] for line in lines] == ["", "2", ""]
    assert len(found) == 3


def test_a_list_of_an_older_version_is_written_anew(root):
    (root / "worth-a-look.csv").write_text("uncertainty,source,page,first_variant,map\n")
    assert has_review_list(str(root))
    path, _ = write_review_list(str(root))
    assert path.read_text(errors="surrogateescape").startswith(
        "uncertainty,source,page,first_variant,map,pale"
    )


def test_a_list_that_cannot_be_written_is_named(root):
    (root / "worth-a-look.csv").mkdir()
    with pytest.raises(OutputError, match=r"worth-a-look\.csv: is there already"):
        write_review_list(str(root))
