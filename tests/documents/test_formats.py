"""docs/formats.md says what the code does: its tables are those that trying gives."""

import numpy as np
import pytest

from colorize_cli.errors import PhotoError
from colorize_cli.image.formats import FORMATS
from colorize_cli.image.reading import read_photo
from colorize_cli.image.tiff.layout import COMPRESSIONS
from tests.image.tiff.raw import SHORT, page, raw_tiff

from .reading import read

TEXT = read("docs/formats.md")
SIDE = 16
# The TIFF kinds of the table, with the number of their tag and the samples that they need.
KINDS = {
    "grey, black is 0": (1, 1),
    "grey, white is 0": (0, 1),
    "RGB": (2, 3),
    "palette": (3, 1),
    "CMYK": (5, 4),
    "YCbCr": (6, 3),
    "CIELab": (8, 3),
    "ICCLab": (9, 3),
    "transparency mask": (4, 1),
    "camera's raw colours": (32803, 1),
    "LogL": (32844, 1),
}
UNSIGNED, SIGNED, FLOATING = 1, 2, 3


def is_read(path, kind, samples, bits, sample_format=UNSIGNED, compression=1):
    """Whether a page is not refused; what its strip holds does not matter."""
    tags = page(SIDE, SIDE, [bits] * samples, kind, compression) | {339: (SHORT, [sample_format] * samples)}
    if kind == 3 and bits <= 12:
        tags[320] = (SHORT, [7] * (3 * 2**bits))
    path.write_bytes(raw_tiff(tags, [bytes(SIDE * SIDE * samples * -(-bits // 8))]))
    try:
        read_photo(path)
    except PhotoError as error:
        return "not supported" not in str(error)
    return True


def ranges(numbers):
    """[1, 2, 3, 8] -> "1-3, 8"."""
    runs = np.split(numbers, np.where(np.diff(numbers) != 1)[0] + 1) if numbers else []
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs) or "-"


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_and_depths_of_tiff(tmp_path, kind):
    number, samples = KINDS[kind]
    path = tmp_path / "scan.tif"
    cells = [
        ranges([bits for bits in (*range(1, 33), 64) if is_read(path, number, samples, bits, given)])
        for given in (UNSIGNED, SIGNED, FLOATING)
    ]
    assert f"| {kind} | {' | '.join(cells)} |" in TEXT


def test_compressions_of_tiff(tmp_path):
    path = tmp_path / "scan.tif"
    candidates = {
        *range(1, 12),
        *range(32766, 32774),
        *range(34661, 34934),
        32946,
        33003,
        33005,
        50000,
        50001,
    }
    found = {number for number in candidates | {50002, 34712} if is_read(path, 1, 1, 8, compression=number)}
    assert found == {*COMPRESSIONS}
    named = TEXT.split("Compressions that are read: ")[1].split(".\n")[0]
    assert " ".join(named.split()).split(", ") == sorted(set(COMPRESSIONS.values()))


@pytest.mark.parametrize("name", FORMATS)
def test_formats(name):
    row = FORMATS[name]
    suffixes = " ".join(row.suffixes)
    written = f"`{row.written}`" if row.written else "-"
    bits = ("8, 16" if row.deep else "8") if row.written else "-"
    alpha = ("yes" if row.alpha else "no") if row.written else "-"
    blocks = ", ".join(row.blocks) if row.written else "-"
    assert f"| {row.title} | {suffixes} | {written} | {bits} | {alpha} | {blocks} |" in TEXT
