"""The house: which room may know which, by the imports of every module, those in functions included."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# From top to bottom: a room knows only those further down.
FLOORS = (
    ("__main__",),
    ("cli",),
    ("commands",),
    ("run", "gallery"),
    ("engine", "inputs", "output"),
    ("config_file", "settings"),
    ("hints",),
    ("image", "model"),
    ("common",),
    ("errors",),
)
# The same inside image: the parts of a format stand on those of all formats.
IMAGE_FLOORS = (
    ("given", "header", "luminance", "uncertainty_map", "writing"),
    ("reading",),
    ("codecs", "delivery", "signing"),
    ("bmp", "jpeg", "others", "png", "psd", "tiff"),
    ("canvas", "planes"),
    ("metadata",),
    ("icc",),
    ("colour",),
    ("certificates", "encoding", "formats", "photo"),
)


def _is_for_types_only(node):
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _names(node):
    """Dotted names that a piece of code imports."""
    for child in ast.iter_child_nodes(node):
        if _is_for_types_only(child):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0
            yield child.module
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from _names(child)


def _imports():
    """Names imported by each module of the product."""
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in (ROOT / "colorize_cli").rglob("*.py")
    }
    return {
        name.removesuffix(".__init__"): set(_names(ast.parse(p.read_text()))) for name, p in files.items()
    }


IMPORTS = _imports()
# The package itself is its version and, on first use, its one class.
MODULES = {
    name: {i for i in found if i in IMPORTS} - {name, "colorize_cli"} for name, found in IMPORTS.items()
}


def between(part_of):
    """Which parts of the house import which, and by which modules."""
    pairs = {}
    for name, found in MODULES.items():
        for other in found:
            ends = part_of(name), part_of(other)
            if None not in ends and ends[0] != ends[1]:
                pairs.setdefault(ends, []).append(f"{name} -> {other}")
    return pairs


def room(name):
    return name.split(".")[1] if "." in name else None


def image_room(name):
    parts = name.split(".")
    return parts[2] if parts[1:2] == ["image"] and len(parts) > 2 else None


def circle(graph):
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def upwards(floors, pairs):
    floor_of = {name: i for i, names in enumerate(floors) for name in names}
    return {pair: found for pair, found in pairs.items() if floor_of[pair[0]] >= floor_of[pair[1]]}


def test_no_module_imports_itself_by_way_of_others():
    assert circle(MODULES) is None


@pytest.mark.parametrize(("part_of", "floors"), [(room, FLOORS), (image_room, IMAGE_FLOORS)])
def test_every_room_knows_only_those_below(part_of, floors):
    pairs = between(part_of)
    assert {name for pair in pairs for name in pair} <= {name for floor in floors for name in floor}
    assert upwards(floors, pairs) == {}


def test_only_the_command_line_knows_click():
    users = {name for name, found in IMPORTS.items() if any(i.split(".")[0] == "click" for i in found)}
    assert {room(name) for name in users} == {"cli", "commands"}


@pytest.mark.parametrize("module", ["colorize_cli.settings", "colorize_cli.image.formats"])
def test_what_help_needs_is_light(module):
    code = f"import sys, {module}; print({{'numpy', 'cv2', 'PIL', 'torch'}} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout == "set()\n"
