"""A finished or half-finished output folder: its manifest, lock, picks and lists."""
