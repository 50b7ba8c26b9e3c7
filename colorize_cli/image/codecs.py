"""Who reads and writes the bytes of each format of the table, by the name of its row."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    PngImagePlugin,
    WebPImagePlugin,
)

from colorize_cli.image import others
from colorize_cli.image.bmp import decode_bmp, open_bmp
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.colour.cielab import Floats
from colorize_cli.image.encoding import Encoding
from colorize_cli.image.formats import FORMATS
from colorize_cli.image.jpeg.reading import decode_jpeg
from colorize_cli.image.jpeg.writing import write_jpeg
from colorize_cli.image.photo import Metadata, Pixels
from colorize_cli.image.planes import Colours, Scan, scan_of
from colorize_cli.image.png.reading import decode_png
from colorize_cli.image.png.writing import write_png
from colorize_cli.image.psd import decode_psd, open_psd
from colorize_cli.image.tiff.reading import decode_tiff, tiff_colours
from colorize_cli.image.tiff.writing import write_tiff

# A file's bytes, the limit in megapixels, and a page from 0 -> what it holds. PhotoError, without the file's
# name, where it is too large or of a kind that is not supported; damaged bytes raise what the decoder raises.
Decoder = Callable[[bytes, float, int], Scan]
Encoder = Callable[[BinaryIO, Canvas, Floats, Encoding, Metadata], None]
StripWriter = Callable[[BinaryIO, Iterable[Pixels], tuple[int, int, int], bool, Metadata], None]


@dataclass(frozen=True)
class Codec:
    """encode: a picture into an empty file that can be read, too; None for what is only read.

    open_image: all of a file's pixels in their colours, as Pillow has them; colours: those of a page that is
    not grey, for a format that Pillow does not read. Neither where only the grey is had.
    """

    decode: Decoder
    encode: Encoder | None = None
    open_image: Callable[[io.BytesIO], Image.Image] | None = None
    colours: Callable[[bytes, int], Colours | None] | None = None


def _whole(open_image: Callable[[io.BytesIO], Image.Image]) -> Decoder:
    """A decoder of files that Pillow reads whole."""
    return lambda data, max_mpixels, page: scan_of(open_image(io.BytesIO(data)), max_mpixels)


def _by_strips(write: StripWriter) -> Encoder:
    def encode(file: BinaryIO, canvas: Canvas, ab: Floats, encoding: Encoding, metadata: Metadata) -> None:
        deep = canvas.photo.depth == 16 and FORMATS[encoding.format].deep
        write(file, canvas.strips(ab, deep=deep), canvas.shape, deep, metadata)

    return encode


# Formats of which a picture is written strip after strip, grey ones included.
STRIP_WRITERS: dict[str, StripWriter] = {"png": write_png, "tiff": write_tiff}
CODECS = {
    "jpeg": Codec(decode_jpeg, write_jpeg),
    "png": Codec(decode_png, _by_strips(write_png), PngImagePlugin.PngImageFile),
    "tiff": Codec(decode_tiff, _by_strips(write_tiff), colours=tiff_colours),
    "webp": Codec(_whole(WebPImagePlugin.WebPImageFile), others.write_webp, WebPImagePlugin.WebPImageFile),
    "avif": Codec(others.decode_avif, others.write_avif, AvifImagePlugin.AvifImageFile),
    "heic": Codec(others.decode_heic),
    "jpeg2000": Codec(others.decode_jpeg2000),
    "bmp": Codec(decode_bmp, open_image=open_bmp),
    "gif": Codec(_whole(GifImagePlugin.GifImageFile), open_image=GifImagePlugin.GifImageFile),
    "psd": Codec(decode_psd, open_image=open_psd),
    "pnm": Codec(others.decode_pnm),
}
