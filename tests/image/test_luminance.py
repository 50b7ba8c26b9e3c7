import io

import numpy as np
import pytest

from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.icc.profile import space_of
from colorize_cli.image.luminance import luminance_of, write_grey
from colorize_cli.image.photo import Metadata
from colorize_cli.image.reading import read_photo
from tests.image.conftest import field, photo, scene, written
from tests.image.icc.test_profile import SRGB
from tests.image.metadata.test_iptc import IIM


@pytest.mark.parametrize("fmt", ["png", "tiff"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("icc", [None, gamma_profile(1.8)])
def test_the_grey_comes_back_with_its_tone(make, provenance, fmt, dtype, icc):
    scan = photo(scene(dtype=dtype), metadata=Metadata(icc=icc, iptc=IIM, dpi=(300.0, 300.0)))
    path = make(written(scan, field(), provenance, fmt))
    picture = read_photo(path)
    grey = luminance_of(path, picture)
    np.testing.assert_array_equal(grey, scan.luma)
    file = io.BytesIO()
    write_grey(file, grey, fmt, picture.metadata)
    again = read_photo(make(file.getvalue(), "grey"))
    np.testing.assert_array_equal(again.luma, scan.luma)
    assert again.metadata.iptc == IIM and b"colorized" not in again.metadata.xmp
    if icc is None:
        assert again.metadata.icc is None
    else:
        assert again.metadata.icc[16:20] == b"GRAY"
        np.testing.assert_array_equal(space_of(again.metadata.icc).light, space_of(icc).light)


def test_a_grey_of_srgb_says_so(make, provenance):
    picture = read_photo(make(written(photo(metadata=Metadata(icc=SRGB)), field(), provenance, "png")))
    file = io.BytesIO()
    write_grey(file, picture.luma, "png", picture.metadata)
    icc = read_photo(make(file.getvalue())).metadata.icc
    assert icc[16:20] == b"GRAY" and space_of(icc).is_srgb
