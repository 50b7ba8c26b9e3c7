"""TIFF: pages, tags, reading and writing."""
