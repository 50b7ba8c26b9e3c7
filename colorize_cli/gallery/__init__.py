"""Gallery room: a page to choose variants on, the file of choices, and the server that saves them."""

from colorize_cli.gallery.building import PAGE, Gallery, build
from colorize_cli.gallery.picks import NAME as PICKS
from colorize_cli.gallery.picks import Choice, read_picks

__all__ = ["PAGE", "PICKS", "Choice", "Gallery", "build", "read_picks"]
