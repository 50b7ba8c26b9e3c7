"""Modules, classes and functions that documents, docstrings and comments name exist."""

import re
from collections.abc import Iterable
from importlib.util import find_spec

import pytest

from . import reading
from .reading import CODE, expect_nothing, read


def missing_modules(name: str, text: str) -> Iterable[str]:
    known = reading.modules()
    for dotted in re.findall(r"(?<![\w./-])(?:colorize_\w+|benchmarks|tests)(?:\.[a-zA-Z_]\w*)+", text):
        parts = dotted.split(".")
        n = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in known), 0)
        if not n or (parts[n:] and not reading.defines(known[".".join(parts[:n])], parts[n])):
            yield dotted


def test_every_module_that_is_named_exists():
    expect_nothing(missing_modules)


ALL_NAMES = frozenset().union(*map(reading.names_in, CODE))
FILES = re.compile(r"\.(?:py|md|toml|html|jpg|png|tif|json|jsonl|tsv|csv|pt|safetensors)$")


def exists(dotted: str, beside: str) -> bool:
    """Whether `x`, `module.x`, `Class.x` or `parameter.x` is a name of the code, or `x.y` of a library."""
    first, *rest = dotted.split(".")
    if not rest:
        return first in ALL_NAMES
    if any(module.endswith(f".{dotted}") for module in reading.modules()):
        return True
    files = [file for module, file in reading.modules().items() if module.split(".")[-1] == first]
    files += [file for file in CODE if re.search(rf"^class {first}\b", read(file), re.M)]
    if any(reading.defines(file, rest[0]) for file in files):
        return True
    of_a_parameter = first in reading.names_in(beside) and rest[0] in ALL_NAMES
    return of_a_parameter or (not files and find_spec(first) is not None)


def missing_names(name: str, text: str) -> Iterable[str]:
    quoted = set(re.findall(r"`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?:\(\))?`", text))
    names = (n for n in sorted(quoted) if not FILES.search(n) and not n.startswith("colorize_"))
    return (dotted for dotted in names if not exists(dotted, name))


def test_every_name_in_a_docstring_exists():
    expect_nothing(missing_names, among=CODE)


@pytest.mark.parametrize(
    ("check", "wrong", "right"),
    [
        (missing_modules, "colorize_cli.nowhere.x", "colorize_cli.settings.RunSettings"),
        (missing_modules, "colorize_cli.settings.Nobody", "colorize_training.metrics"),
        (missing_names, "`Nobody`", "`RunSettings`"),
        (missing_names, "`metrics.nothing`", "`metrics.eob`"),
        (missing_names, "`nowhere.nothing`", "`torch.compile`"),
    ],
)
def test_what_is_missing_is_found(check, wrong, right):
    assert list(check("colorize_cli/cli.py", wrong)) == [wrong.strip("`")]
    assert list(check("colorize_cli/cli.py", right)) == []
