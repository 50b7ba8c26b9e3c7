import numpy as np
import pytest

from colorize_cli.image.metadata.statements import drop_companions, restate
from colorize_cli.image.metadata.upright import upright_metadata
from colorize_cli.image.metadata.xmp import DC, PHOTOSHOP, TIFF, Packet
from colorize_cli.image.photo import Metadata
from colorize_cli.image.reading import read_photo
from tests.image.conftest import field, photo, written

HEAD = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    f'<rdf:Description xmlns:photoshop="{PHOTOSHOP}" xmlns:tiff="{TIFF}" xmlns:dc="{DC}" '
    'xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" '
    'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" '
    'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" '
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
)
TAIL = "</rdf:Description></rdf:RDF></x:xmpmeta>"
GREY = (
    'photoshop:ColorMode="1" tiff:SamplesPerPixel="1" tiff:PhotometricInterpretation="1" '
    'crs:ConvertToGrayscale="True" crs:Exposure="1" photoshop:ICCProfile="Dot Gain 20%" '
    'dc:format="image/tiff"><tiff:BitsPerSample><rdf:Seq><rdf:li>16</rdf:li></rdf:Seq></tiff:BitsPerSample>'
)


def packet(body):
    return (HEAD + body + TAIL).encode()


def bits(found):
    return [item.text for item in found.rdf.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li")]


@pytest.mark.parametrize(("fmt", "depth"), [("jpeg", "8"), ("png", "16")])
def test_a_picture_does_not_say_that_it_is_grey(make, provenance, fmt, depth):
    scan = photo(np.zeros((8, 9), np.uint16), metadata=Metadata(xmp=packet(GREY)))
    found = Packet.parse(read_photo(make(written(scan, field(), provenance, fmt))).metadata.xmp)
    said = [found.get(f"{{{TIFF}}}{name}") for name in ("SamplesPerPixel", "PhotometricInterpretation")]
    assert said == ["3", "2"] and found.get(f"{{{PHOTOSHOP}}}ColorMode") == "3"
    assert not found.has(f"{{{PHOTOSHOP}}}ICCProfile")
    assert b"ConvertToGrayscale" not in found.to_bytes() and b"Exposure" in found.to_bytes()
    assert found.get(f"{{{DC}}}format") == f"image/{fmt}"
    assert bits(found)[:3] == [depth] * 3


def test_a_grey_one_does_not_say_that_it_has_colour():
    found = Packet.parse(packet(GREY))
    restate(found, 3, 16, "png", same_profile=False)
    assert restate(found, 1, 16, "png", same_profile=False)
    assert found.get(f"{{{PHOTOSHOP}}}ColorMode") == "1" and bits(found) == ["16"]


def test_a_profile_that_stays_keeps_its_name():
    found = Packet.parse(packet('photoshop:ICCProfile="Adobe RGB (1998)">'))
    assert not restate(found, 3, 8, "jpeg", same_profile=True)


GAIN_MAP = 'hdrgm:Version="1.0" dc:rights="c"><Container:Directory><rdf:Seq/></Container:Directory>'


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        (GAIN_MAP, ("gain map",)),
        ('GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1">', ("motion video",)),
        ("><Container:Directory/>", ("further pictures",)),
        ('dc:rights="c">', ()),
    ],
)
def test_what_describes_other_pictures_of_the_file_goes(body, kinds):
    found = Packet.parse(packet(body))
    assert drop_companions(found) == kinds
    upright, warnings = upright_metadata(Metadata(xmp=packet(body)), 1, (9, 9))
    assert [kind in said for kind, said in zip(kinds, warnings, strict=True)] == [True] * len(kinds)
    assert not any(name in upright.xmp for name in (b"hdrgm:", b"GCamera:", b"Directory"))
    assert (b"rights" in upright.xmp) == ("rights" in body)
