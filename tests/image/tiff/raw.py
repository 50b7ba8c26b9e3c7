"""TIFF byte by byte, for what no library writes."""

import struct

BYTE, ASCII, SHORT, LONG, RATIONAL = 1, 2, 3, 4, 5
CODES = {BYTE: "B", ASCII: "B", SHORT: "H", LONG: "I"}
WIDTH, HEIGHT, BITS, COMPRESSION, KIND, OFFSETS, SAMPLES, ROWS, COUNTS = (
    256,
    257,
    258,
    259,
    262,
    273,
    277,
    278,
    279,
)


def raw_tiff(tags, strips, order="<"):
    """A TIFF of one page; tags: {number: (type, values)}, those of the strips are added."""
    data, places = bytearray(struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 0)), []
    for strip in strips:
        places.append(len(data))
        data += strip + bytes(len(strip) % 2)
    tags = {**tags, OFFSETS: (LONG, places), COUNTS: (LONG, [len(strip) for strip in strips])}
    fields = b""
    for number, (kind, values) in sorted(tags.items()):
        values = [values] if isinstance(values, int) else list(values)
        if kind == RATIONAL:
            packed, count = struct.pack(f"{order}{len(values)}I", *values), len(values) // 2
        else:
            packed, count = struct.pack(f"{order}{len(values)}{CODES[kind]}", *values), len(values)
        if len(packed) > 4:
            place = len(data)
            data += packed + bytes(len(packed) % 2)
            packed = struct.pack(f"{order}I", place)
        fields += struct.pack(f"{order}HHI", number, kind, count) + packed.ljust(4, b"\0")
    struct.pack_into(f"{order}I", data, 4, len(data))
    return bytes(data + struct.pack(f"{order}H", len(tags)) + fields + bytes(4))


def page(width, height, bits, kind, compression=1, **more):
    """The tags that every page has; `more` by name of the constants here."""
    samples = len(bits)
    return {
        WIDTH: (SHORT, width),
        HEIGHT: (SHORT, height),
        BITS: (SHORT, bits),
        COMPRESSION: (SHORT, compression),
        KIND: (SHORT, kind),
        SAMPLES: (SHORT, samples),
        ROWS: (SHORT, height),
    }
