"""Files that commands read and keep, as their manual pages list them."""

from __future__ import annotations

CONFIG = (
    "~/.config/colorize/config.toml",
    "Defaults for options in TOML, see ENVIRONMENT; --config names another file.",
)
HINTS = (
    "NAME.hints.json, NAME.hints.png",
    "Colours that you know, beside NAME.jpg: a list of places, or dots painted over the photo.",
)
OWN = (
    "OUT/.colorize/",
    "What is known of the pictures in OUT: of which scan, with which settings and weights. With it a second "
    "run does nothing, and verify and pick know what is theirs.",
)
GALLERY = ("OUT/gallery.html", "The page to compare and choose on.")
REVIEW_LIST = ("OUT/worth-a-look.csv", "With --uncertainty: the photos, those with the least certain first.")
PICKS = ("OUT/picks.json", "What was chosen in the gallery.")
OTHERS = ("OUT/other-variants/", "Where variants go that were not chosen.")
