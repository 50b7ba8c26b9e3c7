"""Image room: reading scans, colour arithmetic and writing pictures; it knows nothing of models."""

from colorize_cli.image.canvas import Canvas
from colorize_cli.image.encoding import Encoding, Subsampling, Written
from colorize_cli.image.icc import space_of
from colorize_cli.image.photo import Metadata, Photo
from colorize_cli.image.pixels import colour_picture
from colorize_cli.image.provenance import Provenance
from colorize_cli.image.provenance_reading import read_provenance
from colorize_cli.image.reading import read_photo
from colorize_cli.image.spread_map import write_map
from colorize_cli.image.tone import is_colour
from colorize_cli.image.view import view
from colorize_cli.image.writing import losses, write_picture

__all__ = [
    "Canvas",
    "Encoding",
    "Metadata",
    "Photo",
    "Provenance",
    "Subsampling",
    "Written",
    "colour_picture",
    "is_colour",
    "losses",
    "read_photo",
    "read_provenance",
    "space_of",
    "view",
    "write_map",
    "write_picture",
]
