"""Small ICC profiles made on the spot: grey and RGB ones with a given tone curve."""

from __future__ import annotations

import struct

from colorize_cli.image.icc.curve import gamma_curve

_D50 = (0.9642, 1.0, 0.8249)
# sRGB's primaries adapted to D50 (IEC 61966-2-1, Bradford), as every sRGB profile has them.
SRGB_COLORANTS = (
    (0.4360, 0.2225, 0.0139),
    (0.3851, 0.7169, 0.0971),
    (0.1431, 0.0606, 0.7141),
)
_COPYRIGHT = b"No copyright, use freely"


def gamma_profile(gamma: float) -> bytes:
    """A grey profile of a power."""
    return grey_profile(gamma_curve(gamma), f"Gray Gamma {gamma:.2f}")


def grey_profile(curve: bytes, name: str = "Grey") -> bytes:
    """A grey profile with a tone curve, given as the whole tag."""
    return _profile(b"GRAY", name, {b"kTRC": curve})


def rgb_profile(curve: bytes, name: str) -> bytes:
    """A profile of sRGB's primaries with a tone curve: neutral samples look as under the grey profile."""
    tags = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, SRGB_COLORANTS), strict=True))
    return _profile(b"RGB ", name, tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def profile_tag(profile: bytes, signature: bytes) -> bytes | None:
    """The whole data of a tag, None where the profile has none."""
    count = int.from_bytes(profile[128:132], "big")
    table = profile[132 : 132 + 12 * count]
    for name, start, length in struct.iter_unpack(">4sII", table[: len(table) // 12 * 12]):
        if name == signature:
            return profile[start : start + length]
    return None


def _profile(space: bytes, name: str, tags: dict[bytes, bytes]) -> bytes:
    """A display profile of ICC 2.4, or of 4.3 where its curve is of the kind that came with 4."""
    four = any(data[:4] == b"para" for data in tags.values())
    text = _text_v4 if four else _text_v2
    tags = {
        b"desc": text(name.encode("ascii", "replace")),
        b"cprt": _text_v4(_COPYRIGHT) if four else b"text\0\0\0\0" + _COPYRIGHT + b"\0",
        b"wtpt": _xyz(_D50),
    } | tags
    table, body, places = [], bytearray(), dict[bytes, int]()
    start = 128 + 4 + 12 * len(tags)
    for signature, data in tags.items():
        # Tags of the same content share it.
        if data not in places:
            places[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table.append(struct.pack(">4sII", signature, places[data], len(data)))
    version = 0x04300000 if four else 0x02400000
    head = struct.pack(">I4xI4s4s4s12x", start + len(body), version, b"mntr", space, b"XYZ ")
    head += b"acsp" + bytes(28) + struct.pack(">3i", *map(_fixed, _D50)) + bytes(48)
    return head + struct.pack(">I", len(tags)) + b"".join(table) + bytes(body)


def _fixed(value: float) -> int:
    return round(value * 65536)


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *map(_fixed, values))


def _text_v2(text: bytes) -> bytes:
    """A description: ASCII, then empty Unicode and Macintosh forms."""
    return b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0" + bytes(4 + 4 + 2 + 1 + 67)


def _text_v4(text: bytes) -> bytes:
    wide = text.decode("ascii").encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(wide), 28) + wide
