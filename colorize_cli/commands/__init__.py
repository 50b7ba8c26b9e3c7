"""The commands of `colorize`, one file each."""
