"""How a photo's outputs are called, and how a walk knows them again."""

import re

from colorize_cli.settings import UNCERTAINTY, OutputKind

OUR_OUTPUT = re.compile(r"\.(color-\d+(~\d+)?\.[A-Za-z0-9]+|uncertainty(~\d+)?\.png)$")


def output_name(stem: str, kind: OutputKind, suffix: str) -> str:
    """File name of an output, without folder; a map is a PNG whatever the suffix of the variants."""
    return f"{stem}.uncertainty.png" if kind == UNCERTAINTY else f"{stem}.color-{kind}{suffix}"
