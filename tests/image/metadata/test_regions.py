import pytest

from colorize_cli.image.metadata.regions import turn_regions
from colorize_cli.image.metadata.xmp import RDF, Packet

HEAD = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:m="http://www.metadataworkinggroup.com/schemas/regions/" '
    'xmlns:a="http://ns.adobe.com/xmp/sType/Area#" xmlns:d="http://ns.adobe.com/xap/1.0/sType/Dimensions#" '
    'xmlns:p="http://ns.microsoft.com/photo/1.2/t/Region#" '
    'xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
)
TAIL = "</rdf:Description></rdf:RDF></x:xmpmeta>"
AREA = "{http://ns.adobe.com/xmp/sType/Area#}"
SIDES = "{http://ns.adobe.com/xap/1.0/sType/Dimensions#}"
PLAIN = (
    '<m:Regions rdf:parseType="Resource"><m:AppliedToDimensions rdf:parseType="Resource"><d:w>320</d:w>'
    "<d:h>233</d:h></m:AppliedToDimensions><m:RegionList><rdf:Bag><rdf:li rdf:parseType='Resource'>"
    "<m:Area rdf:parseType='Resource'><a:x>0.25</a:x><a:y>0.30</a:y><a:w>0.10</a:w><a:h>0.12</a:h>"
    "<a:unit>normalized</a:unit></m:Area></rdf:li></rdf:Bag></m:RegionList></m:Regions>"
)
# As Lightroom writes them: attributes, in descriptions inside.
ATTRIBUTES = (
    '<m:Regions><rdf:Description><m:AppliedToDimensions d:w="320" d:h="233" d:unit="pixel"/><m:RegionList>'
    '<rdf:Bag><rdf:li><rdf:Description m:Type="Face"><m:Area a:x="0.25" a:y="0.30" a:w="0.10" a:h="0.12"/>'
    "</rdf:Description></rdf:li></rdf:Bag></m:RegionList></rdf:Description></m:Regions>"
)


def packet(body):
    return Packet.parse((HEAD + body + TAIL).encode())


def values(found, names):
    parts = [
        (tag, value)
        for e in found.rdf.iter()
        for tag, value in [(e.tag, e.text), *e.attrib.items()]
        if tag in names
    ]
    return [float(dict(parts)[name]) for name in names]


@pytest.mark.parametrize("body", [PLAIN, ATTRIBUTES])
def test_a_face_turns_with_the_picture(body):
    found = packet(body)
    assert turn_regions(found, 6, 233, 320)
    assert values(found, [f"{AREA}{part}" for part in "xywh"]) == [0.70, 0.25, 0.12, 0.10]
    assert values(found, [f"{SIDES}{side}" for side in "wh"]) == [233, 320]


def test_what_holds_for_the_upright_picture_is_left_alone():
    found = packet(PLAIN.replace("320", "W").replace("233", "320").replace("W", "233"))
    before = found.to_bytes()
    assert not turn_regions(found, 6, 233, 320) and found.to_bytes() == before


def test_half_a_turn_changes_no_sides():
    found = packet(PLAIN)
    turn_regions(found, 3, 320, 233)
    assert values(found, [f"{AREA}{part}" for part in "xywh"]) == [0.75, 0.70, 0.10, 0.12]
    assert values(found, [f"{SIDES}{side}" for side in "wh"]) == [320, 233]


@pytest.mark.parametrize("form", ["<p:Rectangle>{}</p:Rectangle>", '<m:x p:Rectangle="{}"/>'])
def test_rectangles_of_windows(form):
    found = packet(form.format("0.2, 0.24, 0.1, 0.12"))
    turn_regions(found, 6, 233, 320)
    assert "0.64, 0.2, 0.12, 0.1" in found.to_bytes().decode()
    assert not turn_regions(packet(form.format("0.2\\")), 6, 233, 320)


def test_regions_of_the_iptc():
    form = '<i:RegionBoundary i:rbUnit="{}" i:rbX="{}" i:rbY="{}" i:rbW="{}" i:rbH="{}"/>'
    names = ["{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}rb" + part for part in "XYWH"]
    found = packet(form.format("relative", 0.2, 0.24, 0.1, 0.12))
    turn_regions(found, 8, 233, 320)
    assert values(found, names) == [0.24, 0.7, 0.12, 0.1]
    found = packet(form.format("pixel", 32, 0, 64, 100))
    turn_regions(found, 6, 233, 320)
    assert values(found, names) == [133, 32, 100, 64]


@pytest.mark.parametrize("name", ["SubjectArea", "SubjectLocation"])
def test_the_subject_of_exif_turns_in_xmp(name):
    seq = "<rdf:Seq><rdf:li>80</rdf:li><rdf:li>50</rdf:li><rdf:li>32</rdf:li></rdf:Seq>"
    found = packet(f'<e:{name} xmlns:e="http://ns.adobe.com/exif/1.0/">{seq}</e:{name}>')
    assert turn_regions(found, 6, 233, 320)
    assert [item.text for item in found.rdf.iter(f"{{{RDF}}}li")] == ["183", "80", "32"]
