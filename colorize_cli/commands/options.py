"""The options of a run, in groups; names and defaults are those of `RunSettings`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click

from colorize_cli.commands.guard import CONFIG
from colorize_cli.commands.paths import LocalPath
from colorize_cli.config_file import config_path, read_config
from colorize_cli.image.encoding import Subsampling
from colorize_cli.image.formats import Format, titles
from colorize_cli.image.metadata.source_type import SourceType
from colorize_cli.settings import (
    DETAIL,
    DIVERSITY,
    PALETTE_STRENGTH,
    QUALITY,
    VARIANTS,
    Hinting,
    IfColor,
    IfExists,
    Precision,
    RunSettings,
)

Function = TypeVar("Function", bound=Callable[..., Any])
_DEFAULTS = RunSettings()
# What only one of the commands that read the config file has.
_OF_OTHERS = {"dry", "profile", "settle", "every", "serve", "port", "opened"}
_FILE = LocalPath(dir_okay=False, allow_dash=True)
# Under which heading help and manual show an option of a run, a watch or a preview.
HEADINGS = {
    "Variants": ("variants", "seed", "diversity", "detail", "group"),
    "Colours that you know": ("hints", "palette", "reference", "palette_strength"),
    "Which photos": (
        *("files_from", "null", "include", "exclude", "follow_symlinks", "pages", "max_mpixels"),
        *("shard", "if_color", "trust_mtime", "settle", "every"),
    ),
    "Pictures": (
        *("output", "base", "format", "quality", "chroma", "lossless_luma", "separate_scans"),
        *("uncertainty", "gallery", "if_exists", "keep_times", "durable"),
    ),
    "What pictures say of themselves": ("source_type", "sign_with", "key"),
    "Network and machine": ("weights", "device", "precision", "cluster", "batch_size"),
    "What is said": ("dry", "protocol", "report", "as_json", "profile", "quiet", "verbose"),
    "This command": ("config", "help"),
}


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


# What a variant looks like, and what it is computed with: the same for a run and for a preview of one.
_DRAWN = (
    click.option(
        "-n",
        "--variants",
        default=_DEFAULTS.variants,
        show_default=True,
        type=click.IntRange(*VARIANTS),
        help="Different colourings of each photo.",
    ),
    click.option(
        "--seed",
        default=0,
        show_default=True,
        help="Draws other variants; the most likely one stays the same.",
    ),
    _choice(
        Hinting,
        "--hints",
        "Use the colours in NAME.hints.json or NAME.hints.png beside NAME.jpg: hard meets them, soft goes "
        "part of the way, off ignores the files.",
    ),
    click.option(
        "--palette",
        type=_FILE,
        help="File of colours to prefer: text with one on each line (#5b6470), JSON, or GIMP's .gpl.",
    ),
    click.option(
        "--reference",
        type=LocalPath(dir_okay=False),
        help="Picture in colour whose main colours are a palette; together with --palette, both count.",
    ),
    click.option(
        "--palette-strength",
        default=_DEFAULTS.palette_strength,
        show_default=True,
        type=click.FloatRange(*PALETTE_STRENGTH),
        help="How much they are preferred.",
    ),
    click.option(
        "--diversity",
        type=click.FloatRange(*DIVERSITY),
        help="0: the likeliest variants; 1: as different from each other as can be.  [default: what the "
        "weights ask for]",
    ),
    click.option(
        "--detail",
        type=click.IntRange(*DETAIL),
        help="How finely a photo is looked at, in pixels. More gives small faces their colours, and takes "
        "longer: twice as much, four times as long.  [default: what the weights ask for]",
    ),
)
_ON_THIS = (
    click.option("--weights", type=_FILE, help="Weights file of your own training."),
    click.option(
        "--device",
        default="auto",
        show_default=True,
        help="auto, cpu, mps, cuda, cuda:1; several cards: cuda:0,cuda:1 or all.",
    ),
    _choice(Precision, "--precision", "auto takes bf16 or fp16 where card or processor is made for it."),
)
_ENGINE = (
    *_ON_THIS,
    click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Let the workers of a Dask cluster do the work: tcp://HOST:8786. They have to see photos and "
        "output under the same paths.",
    ),
)
_GROUP = click.option(
    "--group",
    metavar="folder|REGEX",
    help="Colour photos as one series: those of a folder, or those whose path matches the expression "
    "with the same text ('roll[0-9]+').",
)
_BATCH = click.option(
    "--batch-size",
    type=click.IntRange(1),
    help="Photos in one call of the network.  [default: 1, 32 on a GPU]",
)
_READ = (
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
        help="Refuse larger pictures without decoding them.",
    ),
    click.option(
        "--shard",
        metavar="K/N|auto",
        help="Take only share K of N, on this computer; auto asks a Slurm array or an indexed job of "
        "Kubernetes. Shards may run at once into one output folder.",
    ),
    _choice(IfColor, "--if-color", "What to do with photos that are in colour already."),
)
_SELECTION = (
    click.option(
        "--files-from", type=_FILE, help="Also the photos listed in a file, a line each; - reads stdin."
    ),
    click.option("-0", "--null", is_flag=True, help="Names in the list end with NUL: find … -print0."),
    click.option("--include", multiple=True, metavar="GLOB", help="Only photos that match. May be repeated."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out what matches. May be repeated."),
    click.option(
        "--follow-symlinks", is_flag=True, help="Take symbolic links in folders for what they point to."
    ),
    *_READ,
    click.option(
        "--trust-mtime/--no-trust-mtime",
        default=_DEFAULTS.trust_mtime,
        show_default=True,
        help="Whether a photo with the same size and date counts as unchanged, or its digest is compared.",
    ),
)
_OUTPUTS = (
    click.option(
        "-o",
        "--output",
        type=LocalPath(file_okay=False, stores=True),
        help="Output folder.  [default: FOLDER-colorized for a folder, beside it for a file]",
    ),
    click.option(
        "--base",
        type=LocalPath(file_okay=False),
        help="With -o: a picture's place in the output folder is its photo's place below this one.  "
        "[default: the innermost folder that has all photos]",
    ),
    click.option(
        "--uncertainty",
        is_flag=True,
        help="Also write NAME.uncertainty.png, a map of how uncertain the colours are, and "
        "worth-a-look.csv, the least certain photos first.",
    ),
    _choice(Format, "--format", "File format of the pictures."),
    click.option(
        "--quality",
        default=_DEFAULTS.quality,
        show_default=True,
        type=click.IntRange(*QUALITY),
        help=f"Quality of {titles(lambda fmt: fmt.lossy)}.",
    ),
    _choice(Subsampling, "--chroma", "Size of a JPEG's colour planes, half or full."),
    click.option(
        "--lossless-luma", is_flag=True, help="JPEG from JPEG: carry the scan's own grey over, bit for bit."
    ),
    click.option(
        "--separate-scans",
        is_flag=True,
        help="JPEG with grey and colour in scans of their own: faster, but some viewers show green stripes.",
    ),
    _choice(SourceType, "--source-type", "IPTC DigitalSourceType that the pictures state."),
    click.option(
        "--sign-with",
        type=LocalPath(dir_okay=False),
        metavar="CERTIFICATES",
        help="Content credentials (C2PA): sign every picture with this PEM chain. Needs --key.",
    ),
    click.option("--key", type=LocalPath(dir_okay=False), help="The signer's key, PEM."),
    click.option("--keep-times", is_flag=True, help="Give pictures the date of their photo's file."),
    click.option("--durable", is_flag=True, help="Wait until every picture is safely on the disk."),
    _choice(IfExists, "--if-exists", "What to do when a file that no run has written is in the way."),
)


def option_groups(function: Function) -> Function:
    """All options of a run, in the order in which help shows them."""
    return _with(function, *_DRAWN, _GROUP, *_ENGINE, _BATCH, *_SELECTION, *_OUTPUTS)


def report_options(function: Function) -> Function:
    """Where a run tells programs what happens."""
    report = click.option("--report", type=LocalPath(dir_okay=False), help="Write a JSON Lines report.")
    as_json = click.option("--json", "as_json", is_flag=True, help="The same report on standard output.")
    return _with(function, report, as_json)


def preview_options(function: Function) -> Function:
    """Those of a run that decide what variants look like."""
    return _with(function, *_DRAWN, *_ENGINE, *_READ)


def anew_options(function: Function) -> Function:
    """What photos are coloured anew with; the rest is that of the last run."""
    return _with(function, *_ON_THIS)


def _with(function: Function, *options: Callable[[Function], Function]) -> Function:
    for option in reversed(options):
        function = option(function)
    return function


def _configure(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Defaults from the config file; click asks them after command line and environment."""
    commands = [context.command]
    if context.parent is not None and isinstance(context.parent.command, click.Group):
        commands.append(context.parent.command.commands["run"])  # the file is for all commands
    context.meta[CONFIG] = config_path() if path is None else path
    context.default_map = read_config(path, _OF_OTHERS | config_keys(commands))


def config_keys(commands: Iterable[click.Command]) -> set[str]:
    """What the config file may set of these commands; the environment sets the same."""
    options = [p for command in commands for p in command.params if isinstance(p, click.Option)]
    return {str(p.name) for p in options} - {"config", "help"}


config_option = click.option(
    "--config",
    type=_FILE,
    is_eager=True,
    expose_value=False,
    callback=_configure,
    help="Defaults for these options, in TOML.  [default: ~/.config/colorize/config.toml]",
)
