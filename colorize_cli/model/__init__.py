"""Model room: the networks, their mixture and their weights files; it knows nothing of files of photos."""
