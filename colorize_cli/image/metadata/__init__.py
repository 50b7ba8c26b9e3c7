"""Blocks that travel with a picture: EXIF, IPTC, XMP, and its provenance."""
