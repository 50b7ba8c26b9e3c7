"""Regions that people have marked in a scan, faces above all: turned with the picture."""

from __future__ import annotations

from colorize_cli.image.metadata.subject import turned_point, turned_subject
from colorize_cli.image.metadata.xmp import EXIF, RDF, Element, Packet

_AREA, _DIMENSIONS = "http://ns.adobe.com/xmp/sType/Area#", "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
_MWG = "http://www.metadataworkinggroup.com/schemas/regions/"
_ACDSEE = "http://ns.acdsee.com/regions/"
_MICROSOFT = "http://ns.microsoft.com/photo/1.2/t/Region#"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_APPLIED = tuple(f"{{{uri}}}AppliedToDimensions" for uri in (_MWG, _ACDSEE))
_RECTANGLE = f"{{{_MICROSOFT}}}Rectangle"
_SUBJECTS = tuple(f"{{{EXIF}}}Subject{part}" for part in ("Area", "Location"))
_RELATIVE = ("normalized", "relative", "", None)


def turn_regions(packet: Packet, orientation: int, width: int, height: int) -> bool:
    """Turn the regions of a packet with a picture that is (width, height) upright; whether there were any.

    By the schemes of the MWG (and ACDSee), Microsoft, the IPTC and EXIF. Those said to hold for a picture
    that is upright already are left alone.
    """
    turner = _Turner(orientation, width, height)
    # A list, for the tree is changed on the way.
    changed = [turner.turn(element) for element in list(packet.rdf.iter()) if isinstance(element.tag, str)]
    return any(changed)


class _Turner:
    def __init__(self, orientation: int, width: int, height: int) -> None:
        self._orientation, self._swaps = orientation, orientation >= 5
        self._upright = (width, height)
        self._stored = (height, width) if self._swaps else (width, height)
        self._settled: set[int] = set()  # by identity: elements of regions that are upright

    def turn(self, element: Element) -> bool:
        """Whether the element had something to turn."""
        if element.tag.endswith("}Regions") and self._is_upright(element):
            self._settled |= {id(inner) for inner in element.iter()}
        if id(element) in self._settled:
            return False
        turns = (self._area, self._applied, self._rectangle, self._iptc, self._subject)
        return any(turn(element) for turn in turns)

    def _is_upright(self, regions: Element) -> bool:
        for name in _APPLIED:
            for applied in regions.iter(name):
                size = _numbers(_holder(applied), [f"{{{_DIMENSIONS}}}{side}" for side in "wh"])
                return self._swaps and size == [*self._upright] and self._upright != self._stored
        return False

    def _applied(self, element: Element) -> bool:
        if element.tag not in _APPLIED or not self._swaps:
            return False
        holder = _holder(element)
        names = [f"{{{_DIMENSIONS}}}{side}" for side in "wh"]
        values = [_text(holder, name) for name in names]
        for name, value in zip(names, reversed(values), strict=True):
            if value is not None:
                _put(holder, name, value)
        return None not in values

    def _area(self, element: Element) -> bool:
        """x and y are those of the middle."""
        names = [f"{{{_AREA}}}{part}" for part in "xy"]
        values = _numbers(element, names)
        if values is None or _text(element, f"{{{_AREA}}}unit") not in _RELATIVE:
            return False
        for name, value in zip(names, turned_point(values[0], values[1], self._orientation), strict=True):
            _put(element, name, _said(value))
        self._swap(element, [f"{{{_AREA}}}{part}" for part in "wh"])
        return True

    def _rectangle(self, element: Element) -> bool:
        """Microsoft's: left, top, width, height in one text."""
        text = element.text if element.tag == _RECTANGLE else element.get(_RECTANGLE)
        try:
            x, y, w, h = (float(part) for part in (text or "").split(","))
        except ValueError:
            return False
        said = ", ".join(map(_said, self._box(x, y, w, h)))
        if element.tag == _RECTANGLE:
            element.text = said
        else:
            element.set(_RECTANGLE, said)
        return True

    def _iptc(self, element: Element) -> bool:
        """Left and top of a rectangle, the middle of a circle, or one corner of a polygon."""
        names = [f"{{{_IPTC}}}rb{part}" for part in ("X", "Y", "W", "H")]
        place = _numbers(element, names[:2])
        if place is None:
            return False
        size = _numbers(element, names[2:]) or [0.0, 0.0]
        # Corners of a polygon have no unit of their own.
        pixels = _text(element, f"{{{_IPTC}}}rbUnit") == "pixel" or max(place) > 1
        scale = self._stored if pixels else (1, 1)
        box = self._box(*(v / s for v, s in zip((*place, *size), (*scale, *scale), strict=True)))
        scale = self._upright if pixels else (1, 1)
        for name, value, side in zip(names, box, (*scale, *scale), strict=True):
            if _text(element, name) is not None:
                _put(element, name, _said(value * side))
        return True

    def _subject(self, element: Element) -> bool:
        """EXIF's SubjectArea and SubjectLocation, lists of whole pixels."""
        items = list(element.iter(f"{{{RDF}}}li")) if element.tag in _SUBJECTS else []
        try:
            values = [int(item.text or "") for item in items]
        except ValueError:
            return False
        for item, value in zip(items, turned_subject(values, self._orientation, *self._upright), strict=True):
            item.text = str(value)
        return bool(items)

    def _box(self, x: float, y: float, w: float, h: float) -> tuple[float, float, float, float]:
        """Left, top, width and height in shares of the sides, upright."""
        middle = turned_point(x + w / 2, y + h / 2, self._orientation)
        w, h = (h, w) if self._swaps else (w, h)
        return middle[0] - w / 2, middle[1] - h / 2, w, h

    def _swap(self, element: Element, names: list[str]) -> None:
        values = [_text(element, name) for name in names]
        if self._swaps and None not in values:
            for name, value in zip(names, reversed(values), strict=True):
                _put(element, name, value or "")


def _holder(element: Element) -> Element:
    """Where the parts of a structure stand: in it, or in a description inside."""
    inner = element.find(f"{{{RDF}}}Description")
    return element if inner is None else inner


def _text(element: Element, name: str) -> str | None:
    """A part, as an attribute or an element."""
    return element.get(name) or element.findtext(name)


def _put(element: Element, name: str, value: str) -> None:
    child = element.find(name)
    if child is None:
        element.set(name, value)
    else:
        child.text = value


def _numbers(element: Element, names: list[str]) -> list[float] | None:
    try:
        return [float(_text(element, name) or "") for name in names]
    except ValueError:
        return None


def _said(value: float) -> str:
    return f"{value:.8f}".rstrip("0").rstrip(".")
