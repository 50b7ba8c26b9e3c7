"""How a photo's outputs are called, and how a walk knows them again."""

import re
from collections.abc import Iterable

from colorize_cli.settings import UNCERTAINTY, OutputKind

OUR_OUTPUT = re.compile(r"\.(color-\d+(~\d+)?\.[A-Za-z0-9]+|uncertainty(~\d+)?\.png)$")


_NUMBER = re.compile(r"\.color-(\d+)(~\d+)?\.[A-Za-z0-9]+$")


def output_name(stem: str, kind: OutputKind, suffix: str, digits: int = 1) -> str:
    """File name of an output, without folder; a map is a PNG whatever the suffix of the variants.

    digits: at least so many in the number of a variant, so that names sort like numbers.
    """
    return f"{stem}.uncertainty.png" if kind == UNCERTAINTY else f"{stem}.color-{kind:0{digits}}{suffix}"


def digits_in(names: Iterable[str], variants: int) -> int:
    """Digits in the numbers of so many variants: as in pictures of the photo that are there, or as needed."""
    there = [found[1] for name in names if (found := _NUMBER.search(name))]
    return min(map(len, there)) if there else len(str(variants))
