"""Paths, folders and lists become photos and the names of their pictures."""
