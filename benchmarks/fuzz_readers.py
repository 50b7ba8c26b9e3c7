"""Feed damaged files to the readers for as long as one likes (`make fuzz`).

    python benchmarks/fuzz_readers.py [seconds]

atheris mutates small real files of every kind, guided by the branches of our own code. Whatever is no
Photo and no PhotoError, takes more than ten seconds or a gigabyte ends the run and is kept as crash-*.
"""

import logging
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["colorize_cli"]):
    from colorize_cli.errors import PhotoError
    from colorize_cli.image.reading import read_photo
    from colorize_cli.image.tiff.pages import count_pages

from tests.image.test_fuzz_reading import FILES

SCAN = Path(tempfile.mkdtemp()) / "scan"


def one(data: bytes) -> None:
    SCAN.write_bytes(data)
    count_pages(SCAN)
    try:
        read_photo(SCAN, max_mpixels=2)
    except PhotoError:
        return


def main() -> None:
    seconds = sys.argv[1] if len(sys.argv) > 1 else "600"
    logging.disable()
    warnings.simplefilter("ignore")
    seeds = Path(tempfile.mkdtemp())
    for i, make in enumerate(FILES.values()):
        (seeds / str(i)).write_bytes(make())
    limits = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1500", "-max_len=20000"]
    atheris.Setup([sys.argv[0], str(seeds), *limits], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
