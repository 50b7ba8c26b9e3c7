"""Imports of the training package lead down the stairs, and never in a circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import colorize_training

ROOT = Path(colorize_training.__file__).parent
STAIRS = (
    {"commands", "cli", "__main__"},
    {"measure"},
    {"stages", "baselines"},
    {"loop", "losses"},
    {"data"},
    {"options", "metrics", "presets", "__init__"},
)


def module(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


MODULES = {module(path): path for path in ROOT.rglob("*.py")}


def imported(name, path):
    """Modules of the package that a module imports, those that wait in functions included."""
    package = name if path.name == "__init__.py" else name[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = (*package[: len(package) - node.level + 1], *(node.module or "").split("."))
            base = tuple(part for part in base if part)
            for alias in node.names:
                yield (*base, alias.name) if (*base, alias.name) in MODULES else base
        elif isinstance(node, ast.ImportFrom):
            assert node.module not in ("colorize_cli.cli", "colorize_training"), path


GRAPH = {name: set(imported(name, path)) & set(MODULES) for name, path in MODULES.items()}


def test_there_is_no_circle():
    assert len(list(TopologicalSorter(GRAPH).static_order())) == len(MODULES)


def test_every_import_leads_down():
    floor = {room: i for i, rooms in enumerate(STAIRS) for room in rooms}
    wrong = [
        (".".join(name), ".".join(target))
        for name, targets in GRAPH.items()
        for target in targets
        if name[0] != target[0] and floor[name[0]] >= floor[target[0]] and name[0] not in STAIRS[0]
    ]
    assert wrong == []
