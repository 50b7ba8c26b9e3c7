import hashlib

import pytest
from PIL import Image

from colorize_cli.image.delivery import delivered_metadata, lost_blocks
from colorize_cli.image.formats import FORMATS
from colorize_cli.image.icc.build import gamma_profile
from colorize_cli.image.metadata.exif import exif_dpi
from colorize_cli.image.metadata.xmp import DC, PHOTOSHOP, Packet
from colorize_cli.image.photo import Metadata
from tests.image.metadata.test_exif import block
from tests.image.metadata.test_iptc import IIM, dataset
from tests.image.metadata.test_photoshop import DPI, PRINT
from tests.image.metadata.test_provenance import EXISTING

DIGEST, CREATOR = f"{{{PHOTOSHOP}}}LegacyIPTCDigest", f"{{{DC}}}creator"
TEXTS = (("Title", "other"), ("Author", "Müller"), ("Comment", "by hand"))


def with_digest(iptc):
    packet = Packet.parse(EXISTING)
    packet.put({DIGEST: hashlib.md5(iptc).hexdigest().upper()})
    return packet.to_bytes()


@pytest.mark.parametrize("fmt", ["jpeg", "tiff"])
def test_iptc_has_a_home(provenance, fmt):
    found = delivered_metadata(Metadata(xmp=EXISTING, iptc=IIM, photoshop=PRINT), FORMATS[fmt], provenance)
    assert (found.iptc, found.photoshop) == (IIM, PRINT)
    assert not Packet.parse(found.xmp).has(CREATOR)


@pytest.mark.parametrize("fmt", ["png", "webp", "avif"])
def test_xmp_says_what_iptc_said(provenance, fmt):
    found = delivered_metadata(Metadata(xmp=EXISTING, iptc=IIM, photoshop=PRINT), FORMATS[fmt], provenance)
    assert (found.iptc is None) is (fmt != "png")
    text = found.xmp.decode()
    assert "<rdf:Bag><rdf:li>lake</rdf:li><rdf:li>Großmutter</rdf:li></rdf:Bag>" in text
    assert "<dc:creator><rdf:Seq><rdf:li>Müller" in text
    assert Packet.parse(found.xmp).get(f"{{{PHOTOSHOP}}}DateCreated") == "1912-07-04T10:30:00+01:00"


@pytest.mark.parametrize(
    ("fmt", "digest_of", "kept"),
    [("jpeg", IIM, True), ("jpeg", b"other", False), ("webp", IIM, False)],
)
def test_a_digest_stays_while_it_is_true(provenance, fmt, digest_of, kept):
    found = delivered_metadata(Metadata(xmp=with_digest(digest_of), iptc=IIM), FORMATS[fmt], provenance)
    assert Packet.parse(found.xmp).has(DIGEST) is kept


def test_texts_become_properties_where_they_have_no_home(provenance):
    text = delivered_metadata(Metadata(xmp=EXISTING, texts=TEXTS), FORMATS["webp"], provenance).xmp.decode()
    assert "<rdf:li>Müller" in text and "other" not in text
    assert (
        CREATOR.partition("}")[2]
        not in delivered_metadata(Metadata(texts=TEXTS), FORMATS["png"], provenance).xmp.decode()
    )


@pytest.mark.parametrize("fmt", ["webp", "avif"])
def test_a_resolution_without_a_home_goes_into_exif(provenance, fmt):
    for exif in (None, block(1)):
        found = delivered_metadata(Metadata(exif, dpi=(300.0, 200.0)), FORMATS[fmt], provenance)
        assert exif_dpi(found.exif) == (300.0, 200.0)
    read = Image.Exif()
    read.load(found.exif)
    assert read[0x010E] == "a summer in 1912, by the lake"


def test_what_has_no_place_is_said():
    found = Metadata(iptc=IIM + dataset(131, b"L"), photoshop=PRINT + DPI, texts=TEXTS)
    assert lost_blocks(found, FORMATS["jpeg"]) == lost_blocks(found, FORMATS["png"]) == ()
    lost = lost_blocks(found, FORMATS["webp"])
    assert ["2:131" in lost[0], "Photoshop" in lost[1], "(Comment)" in lost[2]] == [True] * 3
    assert len(lost_blocks(found, FORMATS["tiff"])) == 1
    assert lost_blocks(Metadata(iptc=IIM, photoshop=DPI, icc=gamma_profile(1.8)), FORMATS["webp"]) == ()


def test_blocks_that_are_too_long_for_jpeg_are_said():
    long = Metadata(exif=bytes(70_000), icc=bytes(17_000_000))
    assert [
        "EXIF" in lost_blocks(long, FORMATS["jpeg"])[0],
        "profile" in lost_blocks(long, FORMATS["jpeg"])[1],
    ] == [True, True]
    assert lost_blocks(long, FORMATS["png"]) == ()
