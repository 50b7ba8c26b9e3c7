import pytest

from colorize_cli.hints.beside import hints_of, hints_of_page, is_hint_file, strays, subjects_of


@pytest.mark.parametrize("name", ["aunt.hints.json", "aunt.jpg.hints.png", "Aunt.HINTS.PNG"])
def test_hint_files_are_known_by_their_names(name):
    assert is_hint_file(name)


@pytest.mark.parametrize("name", ["hints.json", "aunt.png", "aunt.hints.jpg", "aunthints.json"])
def test_other_files_are_none(name):
    assert not is_hint_file(name)


def used(photo, page, *names):
    return hints_of_page(photo, page, hints_of(photo, subjects_of(names)))


def test_both_kinds_count_together():
    assert used("aunt.jpg", None, "aunt.hints.png", "aunt.hints.json", "aunts.hints.json") == (
        "aunt.hints.json",
        "aunt.hints.png",
    )


def test_the_photos_whole_name_counts_alone():
    names = ("a.hints.json", "a.jpg.hints.json")
    assert used("a.jpg", None, *names) == ("a.jpg.hints.json",)
    assert used("a.png", None, *names) == ("a.hints.json",)


def test_a_page_has_hints_of_its_own():
    names = ("book.page-2.hints.json", "book.hints.json", "book.page-22.hints.json")
    assert [used("book.tif", page, *names) for page in (1, 2, 3)] == [
        ("book.hints.json",),
        ("book.page-2.hints.json",),
        (),
    ]


def test_a_photo_may_be_called_like_a_page():
    assert used("book.page-2.jpg", None, "book.page-2.hints.json") == ("book.page-2.hints.json",)


def test_strays_are_named():
    subjects = subjects_of(["aunty.hints.json", "boat.hints.png", "book.page-2.hints.json"])
    assert strays(["aunt.jpg", "boat.jpg", "book.tif"], subjects) == ["aunty.hints.json"]
