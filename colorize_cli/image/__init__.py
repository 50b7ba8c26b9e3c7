"""Image room: reading scans, colour arithmetic and writing pictures; it knows nothing of models."""

from colorize_cli.image.jpeg import Subsampling
from colorize_cli.image.photo import Metadata, Photo
from colorize_cli.image.pixels import colour_picture
from colorize_cli.image.provenance import Provenance
from colorize_cli.image.reading import read_photo
from colorize_cli.image.tone import is_colour
from colorize_cli.image.view import view
from colorize_cli.image.writing import encode_picture, losses, write_atomic

__all__ = [
    "Metadata",
    "Photo",
    "Provenance",
    "Subsampling",
    "colour_picture",
    "encode_picture",
    "is_colour",
    "losses",
    "read_photo",
    "view",
    "write_atomic",
]
