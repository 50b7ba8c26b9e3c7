"""Round trips that another program writes and another one reads."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from colorize_cli.image.formats import WRITTEN
from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.metadata.source_type import SourceType
from colorize_cli.image.reading import read_photo
from tests.image.conftest import field, scene, written

pytestmark = pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")

SOURCES = ("jpeg", "png", "tiff", "webp", "avif")
EXIF = {
    "EXIF:ImageDescription": "Großmutter, 1912",
    "EXIF:Artist": "Müller",
    "EXIF:DateTimeOriginal": "1912:07:04 10:30:00",
    "EXIF:UserComment": "Größe",
    "EXIF:GPSLatitude": 51.5,
    "EXIF:GPSLatitudeRef": "N",
    "EXIF:XResolution": 600,
    "EXIF:YResolution": 300,
    "EXIF:ResolutionUnit": 2,
}
IPTC = {
    "IPTC:Caption-Abstract": "Am See",
    "IPTC:By-line": "A. Müller",
    "IPTC:CopyrightNotice": "© Archiv",
    "IPTC:City": "Köln",
    "IPTC:Headline": "Sommer",
    "IPTC:Keywords": ["Familie", "See"],
}
XMP = {
    "XMP:Title": "Sommerfrische",
    "XMP:CreatorTool": "Scanner 3",
    "XMP:DocumentID": "xmp.did:scan",
    "XMP:HistoryAction": ["created"],
}
# Where XMP says what IPTC said.
AS_XMP = {
    "XMP:Description": "Am See",
    "XMP:Creator": "A. Müller",
    "XMP:Rights": "© Archiv",
    "XMP:City": "Köln",
    "XMP:Headline": "Sommer",
    "XMP:Subject": ["Familie", "See"],
}


def exiftool(path, *arguments):
    command = ["exiftool", "-q", "-m", "-charset", "filename=utf8", *arguments, str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def tags(path):
    return json.loads(exiftool(path, "-j", "-G", "-n"))[0]


def scan(path, fmt, groups):
    Image.fromarray(scene()).save(path, fmt, icc_profile=gamma_profile(1.8))
    pairs = [
        (k, v) for group in groups for k, vs in group.items() for v in (vs if isinstance(vs, list) else [vs])
    ]
    settings = [f"-{k}={v}" for k, v in pairs]
    utf8 = ["-IPTC:CodedCharacterSet=UTF8", "-codedcharacterset=utf8"] if IPTC in groups else []
    # The orientation of an AVIF is not that of its EXIF, but a property of the picture.
    turned = [] if fmt == "avif" else ["-Orientation=6", "-XMP-tiff:Orientation=6"]
    exiftool(path, "-overwrite_original", "-n", *utf8, *settings, *turned)
    return path


@pytest.mark.parametrize("fmt", WRITTEN)
@pytest.mark.parametrize("source", SOURCES)
def test_what_exiftool_wrote_it_reads_again(tmp_path, provenance, source, fmt):
    has_iptc = source not in ("webp", "avif")
    path = scan(tmp_path / f"scan.{source}", source, (EXIF, XMP, IPTC) if has_iptc else (EXIF, XMP))
    photo = read_photo(path)
    upright = ((60, 80), (600, 300)) if source == "avif" else ((80, 60), (300, 600))
    assert (photo.luma.shape, photo.metadata.dpi, photo.warnings) == (*upright, ())
    out = tmp_path / f"out.{fmt}"
    out.write_bytes(written(photo, field(), provenance, fmt))
    found = tags(out)
    swapped = dict(zip(("EXIF:XResolution", "EXIF:YResolution"), upright[1], strict=True))
    iptc = (AS_XMP if fmt in ("png", "webp", "avif") else IPTC) if has_iptc else {}
    expected = EXIF | swapped | XMP | iptc | {"XMP:HistoryAction": ["created", "derived"]}
    expected |= {"XMP:DocumentID": found["XMP:DocumentID"], "XMP:DerivedFromDocumentID": "xmp.did:scan"}
    expected |= {"XMP:Orientation": None if source == "avif" else 1}
    expected |= {"XMP:DigitalSourceType": SourceType.COMPOSITE.uri}
    expected |= {"XMP:AISystemUsed": f"colorize ({provenance.weights})"}
    assert {name: found.get(name) for name in expected} == expected
    assert found.get("EXIF:Orientation", 1) == 1
    assert found["ICC_Profile:ColorSpaceData"] == "RGB "
    assert found["XMP:Variant"] == provenance.variant and found["XMP:SourceName"] == provenance.source_name


@pytest.mark.parametrize("fmt", WRITTEN)
def test_exiftool_has_no_complaint(tmp_path, provenance, fmt):
    path = scan(tmp_path / "scan.tiff", "tiff", (EXIF, XMP, IPTC))
    out = tmp_path / f"out.{fmt}"
    out.write_bytes(written(read_photo(path), field(), provenance, fmt))
    said = exiftool(out, "-validate", "-warning", "-error", "-a", "-s3")
    # What the scan has not got, or has against the letter of a standard, it is not for us to mend.
    # IPTC in words of four bytes would not keep its length.
    tolerated = re.compile(
        r"OK|\d+ Warnings?.*|.*(Missing required|not allowed in TIFF|tag 0x0103|\(undef\).*IPTC-NAA).*"
    )
    assert [line for line in said.splitlines() if not tolerated.fullmatch(line)] == []


def test_extended_xmp_goes_both_ways(tmp_path, provenance):
    words = "word " * 20_000
    path = tmp_path / "scan.jpeg"
    Image.fromarray(scene()).save(path, "jpeg")
    list_of_arguments = tmp_path / "arguments"
    list_of_arguments.write_text(f"-XMP-photoshop:History={words}\n-XMP-dc:Title=See\n")
    exiftool(path, "-overwrite_original", "-@", str(list_of_arguments))
    photo = read_photo(path)
    out = tmp_path / "out.jpeg"
    out.write_bytes(written(photo, field(), provenance, "jpeg"))
    found = tags(out)
    assert found["XMP:History"].strip() == words.strip() and found["XMP:Title"] == "See"
    assert found["XMP:Seed"] == provenance.seed and not found.get("ExifTool:Warning")


def test_pixels_and_originals_are_left_alone(tmp_path, provenance):
    path = scan(tmp_path / "scan.tiff", "tiff", (EXIF, XMP, IPTC))
    before = path.read_bytes()
    out = tmp_path / "out.tiff"
    out.write_bytes(written(read_photo(path), field() * 0, provenance, "tiff"))
    with Image.open(out) as image:
        np.testing.assert_array_equal(np.asarray(image)[..., 1], np.rot90(scene(), -1))
    assert path.read_bytes() == before


def test_a_face_and_statements_of_grey_as_exiftool_has_them(tmp_path, provenance):
    path = tmp_path / "scan.jpeg"
    Image.fromarray(scene()).save(path, "jpeg")
    region = (
        "-RegionInfo={AppliedToDimensions={W=80,H=60,Unit=pixel},"
        "RegionList=[{Area={X=0.25,Y=0.3,W=0.1,H=0.12,Unit=normalized},Name=Bob,Type=Face}]}"
    )
    grey = ["-XMP-photoshop:ColorMode=1", "-XMP-tiff:SamplesPerPixel=1", "-XMP-crs:ConvertToGrayscale=True"]
    exiftool(path, "-overwrite_original", "-n", "-Orientation=6", region, *grey)
    out = tmp_path / "out.jpeg"
    out.write_bytes(written(read_photo(path), field(), provenance, "jpeg"))
    found = tags(out)
    sides = [found[f"XMP:RegionAppliedToDimensions{side}"] for side in "WH"]
    area = [float(found[f"XMP:RegionArea{part}"]) for part in "XYWH"]
    assert (sides, area) == ([60, 80], [0.7, 0.25, 0.12, 0.1]) and found["XMP:RegionName"] == "Bob"
    assert (found["XMP:ColorMode"], found["XMP:SamplesPerPixel"]) == (3, 3)
    assert "XMP:ConvertToGrayscale" not in found
