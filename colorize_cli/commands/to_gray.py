"""`colorize to-gray FILES`: the grey scan back from coloured pictures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorize_cli.commands.documented import DocumentedCommand
from colorize_cli.commands.paths import LocalPath
from colorize_cli.common.printing import printable
from colorize_cli.errors import ExitCode, OutputError, PhotoError

if TYPE_CHECKING:
    from colorize_cli.image.formats import FileFormat


@click.command(
    "to-gray",
    cls=DocumentedCommand,
    short_help="Get the grey scan back from a coloured picture.",
    examples=(("colorize to-gray aunt.color-1.tif", "Write aunt.color-1.gray.tif, the grey of the scan."),),
)
@click.argument("files", nargs=-1, required=True, type=LocalPath(dir_okay=False))
@click.option(
    "-o",
    "--output",
    type=LocalPath(file_okay=False),
    help="Folder.  [default: beside each file]",
)
def to_gray_command(files: tuple[Path, ...], output: Path | None) -> ExitCode:
    """Write the grey of pictures that colorize has made, as NAME.gray.png or NAME.gray.tif.

    From PNG and TIFF it is the scan's own grey, level for level, 8 or 16 bits. A JPEG gives the
    luminance that it holds: the scan's own with --lossless-luma, else as its quality has kept it.
    """
    failed = 0
    for path in files:
        try:
            target, exact = _to_gray(path, output)
            click.echo(printable(f"{path} -> {target} ({exact})"), err=True)
        except PhotoError as error:
            failed += 1
            click.echo(printable(f"failed: {error}"), err=True)
    if not failed:
        return ExitCode.OK
    return ExitCode.NO_USABLE_INPUT if failed == len(files) else ExitCode.SOME_INPUTS_FAILED


def _to_gray(path: Path, folder: Path | None) -> tuple[Path, str]:
    from colorize_cli.common.atomic import replace_file
    from colorize_cli.image.formats import FORMATS
    from colorize_cli.image.luminance import luminance_of, write_grey
    from colorize_cli.image.metadata.provenance import provenance_in
    from colorize_cli.image.reading import read_photo

    photo = read_photo(path, max_mpixels=1e6)
    if photo.metadata.xmp is None or provenance_in(photo.metadata.xmp) is None:
        raise PhotoError(f"{path}: colorize has not made this picture, or its metadata is gone")
    own = FORMATS[photo.format]
    fmt = own if own.exact else FORMATS["png"]
    target = (folder or path.parent) / f"{path.stem}.gray{fmt.written}"
    data = io.BytesIO()
    write_grey(data, luminance_of(path, photo), fmt.name, photo.metadata)
    if target.exists():
        raise OutputError(f"{target} exists already; move it, or choose another folder with -o.")
    replace_file(target, data.getvalue())
    return target, "exact" if own.exact else _as_held(own)


def _as_held(fmt: FileFormat) -> str:
    """A picture does not say whether its luminance was carried over, so the command that made it decides."""
    exact = "; exact if --lossless-luma made it" if fmt.name == "jpeg" else ""
    return f"as the {fmt.title} holds it{exact}"
