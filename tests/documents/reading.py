"""What the repository says in words: its documents, and the docstrings and comments of its code."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Where code and documents are; whatever else lies in a clone (.venv, runs) is not looked into.
FOLDERS = ("colorize_cli", "training", "pretrained", "tests", "benchmarks", "docs", "examples", ".ci")
IMPORTED_AS = {"training": "colorize_training", "pretrained": "colorize_pretrained"}


@cache
def files() -> frozenset[str]:
    """All files of the repository that a text can name, relative to its root."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    paths = [
        path for path in (*ROOT.iterdir(), *inside) if path.is_file() and "__pycache__" not in path.parts
    ]
    return frozenset(path.relative_to(ROOT).as_posix() for path in paths)


@cache
def folders() -> frozenset[str]:
    """All folders with a file in them, relative to the root."""
    return frozenset(str(parent) for file in files() for parent in Path(file).parents)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def python_files(*among: str) -> list[str]:
    return sorted(f for f in files() if f.endswith(".py") and f.startswith(tuple(f"{a}/" for a in among)))


@cache
def words_in(name: str) -> str:
    """Docstrings and comments of a Python file."""
    code = read(name)
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    said = [ast.get_docstring(node) for node in ast.walk(ast.parse(code)) if isinstance(node, kinds)]
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    comments = [token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT]
    return "\n".join(filter(None, said)) + "\n\n" + "\n".join(comments)


@cache
def names_in(name: str) -> frozenset[str]:
    """Identifiers of a Python file, with the words of its strings: options, keys and lists of names."""
    found = set()
    for token in tokenize.generate_tokens(io.StringIO(read(name)).readline):
        if token.type in (tokenize.NAME, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)):
            alone = token.type == tokenize.NAME or not token.string.lstrip("rfb").startswith('"""')
            found |= set(re.findall(r"\w+", token.string)) if alone else set()
    return frozenset(found)


@cache
def modules() -> dict[str, str]:
    """Dotted names of our modules and packages, as they are imported, with their files."""
    found = {}
    for file in python_files("colorize_cli", "training", "pretrained", "benchmarks", "tests"):
        first, *rest = file.removesuffix(".py").split("/")
        parts = [IMPORTED_AS.get(first, first), *rest]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def defines(file: str, name: str) -> bool:
    """Whether a Python file has a function, class, constant or field of that name."""
    line = rf"\b(?:def|class)\s+{name}\b|^\s*(?:self\.)?{name}\b\s*(?::|=|,|\))"
    return bool(re.search(line, read(file), re.M))


def anchors(markdown: str) -> set[str]:
    """The anchors that GitHub gives the headings of a document."""
    found = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *$", without_blocks(markdown), re.M):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def without_blocks(markdown: str) -> str:
    return re.sub(r"^```.*?^```", "", markdown, flags=re.M | re.S)


def command_lines(markdown: str) -> list[list[str]]:
    """The commands that a document gives, as words; `\\` at their ends and `$X` of `X="..."` are resolved."""
    joined = re.sub(r"\\\n\s*", " ", markdown)
    blocks = re.findall(r"^```.*?\n(.*?)^```", joined, re.M | re.S)
    fenced = [line for block in blocks for line in block.splitlines()]
    lines = [*fenced, *re.findall(r"^ {4}(.+)$", joined, re.M), *re.findall(r"`(colorize[^`\n]*)`", joined)]
    short: dict[str, str] = {}
    commands = []
    for line in (part.strip() for whole in lines for part in re.split(r"&&|\|", whole)):
        if given := re.fullmatch(r'(\w+)="(.*)"', line):
            short[given[1]] = given[2]
        elif line:
            line = re.sub(r"^\$(\w+)", lambda found: short.get(found[1], found[0]), line)
            commands.append(re.split(r"\s+", line.split("  #")[0]))
    return commands


DOCUMENTS = sorted(file for file in files() if file.endswith(".md"))
CODE = python_files("colorize_cli", "training", "benchmarks", "pretrained")
TEXTS = {**{name: read(name) for name in DOCUMENTS}, **{name: words_in(name) for name in CODE}}
# What is gone may still be named where the change log says that it went.
TEXTS["CHANGELOG.md"] = re.sub(r"^### Removed.*?(?=^##)", "", TEXTS["CHANGELOG.md"], flags=re.M | re.S)


def expect_nothing(check: Callable[[str, str], Iterable[str]], among: Iterable[str] = tuple(TEXTS)) -> None:
    """Fail with all that `check(name, text)` finds wrong, a line each, with the file that says it."""
    found = [f"{name}: {wrong}" for name in sorted(among) for wrong in check(name, TEXTS[name])]
    assert not found, "\n".join(found)
