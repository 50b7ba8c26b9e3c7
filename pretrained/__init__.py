"""The weights that ship with colorize; README.md beside this file is their model card."""
