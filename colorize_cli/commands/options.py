"""The options of a run, in groups; names and defaults are those of `RunSettings`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click

from colorize_cli.config_file import read_config
from colorize_cli.image.metadata.source_type import SourceType
from colorize_cli.settings import Chroma, Format, Hinting, IfColor, IfExists, Precision, RunSettings

Function = TypeVar("Function", bound=Callable[..., Any])
_DEFAULTS = RunSettings()
_FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


def _choice(kind: type[StrEnum], flag: str, text: str) -> Callable[[Function], Function]:
    name = flag.removeprefix("--").replace("-", "_")
    return click.option(
        flag,
        name,
        type=click.Choice([value.value for value in kind]),
        default=getattr(_DEFAULTS, name).value,
        show_default=True,
        help=text,
    )


_COLOURS = (
    click.option(
        "-n",
        "--variants",
        default=_DEFAULTS.variants,
        show_default=True,
        type=click.IntRange(1, 100),
        help="Different colourings of each photo.",
    ),
    click.option("--seed", default=0, show_default=True, help="Another seed, other less likely variants."),
    _choice(
        Hinting,
        "--hints",
        "Colours that are known, in NAME.hints.json or NAME.hints.png beside NAME.jpg: met, approached, "
        "or not looked for.",
    ),
    click.option("--palette", type=_FILE, help="Colours to prefer, a line each (#5b6470), JSON or .gpl."),
    click.option(
        "--palette-strength",
        default=_DEFAULTS.palette_strength,
        show_default=True,
        type=click.FloatRange(0.0, 10.0),
        help="How much they are preferred.",
    ),
    click.option(
        "--diversity",
        type=click.FloatRange(0.0, 1.0),
        help="0: the likeliest variants; 1: as different from each other as can be.  [default: what the "
        "weights ask for]",
    ),
    click.option(
        "--group",
        metavar="folder|REGEX",
        help="Photos that are to look like one series: those of a folder, or those of whose names the "
        "expression takes the same text ('roll[0-9]+').",
    ),
    click.option("--weights", type=_FILE, help="Weights file of your own training."),
    click.option(
        "--device",
        default="auto",
        show_default=True,
        help="auto, cpu, mps, cuda, cuda:1; several cards: cuda:0,cuda:1 or all.",
    ),
    _choice(Precision, "--precision", "On CUDA; auto takes bf16 or fp16 where the card is made for it."),
    click.option(
        "--batch-size", type=click.IntRange(1), help="Photos to a model call.  [default: 4, 32 on a GPU]"
    ),
)
_SELECTION = (
    click.option(
        "--files-from", type=_FILE, help="Also the photos listed in a file, a line each; - reads stdin."
    ),
    click.option("-0", "--null", is_flag=True, help="The list is separated by NUL: find … -print0."),
    click.option("--include", multiple=True, metavar="GLOB", help="Only photos that match. May be repeated."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out what matches. May be repeated."),
    click.option(
        "--follow-symlinks", is_flag=True, help="Take symbolic links in folders for what they point to."
    ),
    click.option(
        "--page",
        "pages",
        multiple=True,
        type=click.IntRange(1),
        help="Only this page of multi-page TIFFs. May be repeated.  [default: all]",
    ),
    click.option(
        "--max-mpixels",
        default=_DEFAULTS.max_mpixels,
        show_default=True,
        type=click.FloatRange(0.0, min_open=True),
        help="Refuse larger pictures, unread.",
    ),
    _choice(IfColor, "--if-color", "When a photo is in colour already."),
    click.option(
        "--trust-mtime/--no-trust-mtime",
        default=_DEFAULTS.trust_mtime,
        show_default=True,
        help="Take a photo of the same size and date for unchanged, or compare its digest.",
    ),
)
_OUTPUTS = (
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, file_okay=False),
        help="Output folder.  [default: FOLDER-colorized for a folder, beside it for a file]",
    ),
    click.option(
        "--uncertainty",
        is_flag=True,
        help="Also NAME.uncertainty.png, how unsure the colours are at each pixel, and worth-a-look.csv, "
        "the photos by how unsure they are.",
    ),
    _choice(Format, "--format", "File format of the pictures."),
    click.option(
        "--quality",
        default=_DEFAULTS.quality,
        show_default=True,
        type=click.IntRange(1, 100),
        help="Of JPEG, WebP and AVIF.",
    ),
    _choice(Chroma, "--chroma", "Size of a JPEG's colour planes, half or full."),
    click.option(
        "--lossless-luma", is_flag=True, help="JPEG from JPEG: carry the scan's own grey over, bit for bit."
    ),
    click.option(
        "--interleaved",
        is_flag=True,
        help="JPEG with grey and colour in one scan, for simple devices (picture frames); slower.",
    ),
    _choice(SourceType, "--source-type", "What pictures say of themselves (IPTC DigitalSourceType)."),
    click.option("--keep-times", is_flag=True, help="Give pictures the date of their photo's file."),
    click.option("--durable", is_flag=True, help="Wait until every picture is safely on the disk."),
    _choice(IfExists, "--if-exists", "When a file that no run has written is in the place of a picture."),
)


def option_groups(function: Function) -> Function:
    """All options of a run, in the order in which help shows them."""
    for option in reversed((*_COLOURS, *_SELECTION, *_OUTPUTS)):
        function = option(function)
    return function


def _configure(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Defaults from the config file; click asks them after command line and environment."""
    known = {str(p.name) for p in context.command.params if isinstance(p, click.Option)} - {"config", "help"}
    context.default_map = read_config(path, known)


config_option = click.option(
    "--config",
    type=_FILE,
    is_eager=True,
    expose_value=False,
    callback=_configure,
    help="Defaults for these options, in TOML.  [default: ~/.config/colorize/config.toml]",
)
