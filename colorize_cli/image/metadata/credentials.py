"""Content credentials (C2PA): known in a file of any format, for they hold for its own bytes alone."""

from __future__ import annotations

WARNING = "its content credentials (C2PA) will not be in the picture"
# The description box of a manifest store, whose type no format compresses: C2PA, then what all types share.
_STORE = b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"


def credential_warnings(data: bytes) -> tuple[str, ...]:
    """A warning for a file that was signed."""
    return (WARNING,) if _STORE in data else ()
