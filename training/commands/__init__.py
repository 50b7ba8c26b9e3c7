"""The commands of `colorize-train`, a file for each room of the package; torch is imported when they run."""
