import io
import time

import cv2
import numpy as np
import pytest

from colorize_cli.image import certificates
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.certificates import Signing, trial_certificate
from colorize_cli.image.encoding import Encoding
from colorize_cli.image.metadata.credentials import WARNING
from colorize_cli.image.reading import read_photo
from colorize_cli.image.signing import credentials_of, fault_of
from colorize_cli.image.writing import write_picture
from tests.image.conftest import field, scene
from tests.image.test_others import pillow

pytest.importorskip("c2pa")
WRITTEN = ["jpeg", "png", "tiff", "webp", "avif"]


@pytest.fixture(scope="module")
def signing():
    return Signing(*trial_certificate(), "es256")


@pytest.fixture
def picture(signing, provenance, tmp_path):
    """Colours a scan's bytes and signs."""

    def write(scan, fmt="jpeg"):
        (tmp_path / "scan").write_bytes(scan)
        out = tmp_path / f"{len(list(tmp_path.iterdir()))}.{fmt}"
        canvas = Canvas(read_photo(tmp_path / "scan"))
        write_picture(out, canvas, field(), Encoding(fmt), provenance, signing=signing)
        return out

    return write


def said(path, fmt="jpeg"):
    with path.open("rb") as file:
        return credentials_of(file, fmt)


def faults(data, fmt):
    return fault_of(io.BytesIO(data), fmt)


@pytest.mark.parametrize("fmt", WRITTEN)
def test_every_format_holds_credentials_and_the_same_pixels(picture, provenance, fmt, tmp_path):
    path = picture(pillow(scene(), "png"), fmt)
    plain = tmp_path / "plain"
    write_picture(plain, Canvas(read_photo(tmp_path / "scan")), field(), Encoding(fmt), provenance)
    signed = read_photo(path)
    assert faults(path.read_bytes(), fmt) is None and WARNING in signed.warnings
    np.testing.assert_array_equal(signed.luma, read_photo(plain).luma)
    assert signed.metadata == read_photo(plain).metadata


def test_they_say_what_was_done_and_with_what(picture, provenance):
    found = said(picture(pillow(scene(), "jpeg")))
    claim = found["manifests"][found["active_manifest"]]
    (scan,) = claim["ingredients"]
    assert (scan["title"], scan["relationship"]) == (provenance.source_name, "parentOf")
    opened, done = claim["assertions"][0]["data"]["actions"]
    assert opened["action"] == "c2pa.opened" and "c2pa.ingredient" in str(opened["parameters"])
    assert done["action"] == "c2pa.color_adjustments"
    assert done["digitalSourceType"].endswith("compositeWithTrainedAlgorithmicMedia")
    told = {"weights_sha256": "ab" * 32, "seed": 7, "variant": 2, "source_sha256": "cd" * 32}
    assert {f"colorize.{name}": value for name, value in told.items()}.items() <= done["parameters"].items()
    assert "TEST CERTIFICATE" in claim["signature_info"]["common_name"]


@pytest.mark.parametrize("kind", [".bmp", ".jp2", ".pgm"])
def test_a_scan_of_any_format_can_be_the_ingredient(picture, kind):
    data = cv2.imencode(kind, scene())[1].tobytes()
    assert faults(picture(data).read_bytes(), "jpeg") is None


def test_the_credentials_of_the_scan_are_kept_inside(picture):
    signed_scan = picture(pillow(scene(), "jpeg")).read_bytes()
    before = said(picture(signed_scan))
    assert len(before["manifests"]) == 2 and faults(picture(signed_scan).read_bytes(), "jpeg") is None


def test_a_changed_picture_is_found_out(picture):
    data = bytearray(picture(pillow(scene(), "png"), "png").read_bytes())
    at = data.rindex(b"IDAT") + 30
    data[at] ^= 255
    assert "dataHash.mismatch" in faults(bytes(data), "png")
    assert faults(pillow(scene(), "png"), "png") == "has lost its content credentials"


def test_a_certificate_that_has_grown_old_is_no_fault_of_the_picture(provenance, tmp_path, monkeypatch):
    monkeypatch.setattr(certificates, "_TRIAL_DAYS", 3 / 86400)
    (tmp_path / "scan").write_bytes(pillow(scene(), "png"))
    out, canvas = tmp_path / "out.jpg", Canvas(read_photo(tmp_path / "scan"))
    brief = Signing(*trial_certificate(), "es256")
    write_picture(out, canvas, field(), Encoding("jpeg"), provenance, signing=brief)
    time.sleep(4)
    assert "signingCredential" in str(said(out)["validation_status"])
    assert faults(out.read_bytes(), "jpeg") is None
