"""Text chunks of PNG, and the other blocks that ImageMagick and exiftool keep in them."""

from __future__ import annotations

import zlib

TEXTS = (b"tEXt", b"zTXt", b"iTXt")
XMP_KEYWORD = "XML:com.adobe.xmp"
# The other blocks stand in hexadecimal digits behind their kind and length.
RAW = "Raw profile type "
_LINE = 72


class TooLongError(ValueError):
    """A compressed block that grows to more than there is room for."""


def inflate(packed: bytes, most: int) -> bytes:
    """ValueError where the data is damaged, TooLongError where it is longer than `most`."""
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(packed, most + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(data) > most:
        raise TooLongError
    if not inflater.eof:
        raise ValueError("it is cut short")
    return data


def unpack_text(name: bytes, body: bytes, most: int) -> tuple[str, bytes]:
    """The body of a text chunk -> its keyword and its text in UTF-8; ValueError as of `inflate`."""
    keyword, found, rest = body.partition(b"\0")
    if not found:
        raise ValueError("it has no keyword")
    if name == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:].partition(b"\0")[2].partition(b"\0")[2]
        text = inflate(rest, most) if packed else rest
    else:
        text = (inflate(rest[1:], most) if name == b"zTXt" else rest).decode("latin-1").encode()
    return keyword.decode("latin-1"), text


def pack_text(keyword: str, text: str) -> bytes:
    """The body of an iTXt chunk: not compressed, no language, no translated keyword."""
    try:
        data = text.encode("utf-8", "surrogateescape")
        data.decode("utf-8")
    except UnicodeDecodeError:
        data = data.decode("latin-1").encode()
    name = keyword.encode("latin-1", "replace").replace(b"\0", b" ")[:79]
    return name + b"\0\0\0\0\0" + data.replace(b"\0", b" ")


def unpack_raw(text: bytes) -> bytes:
    """The block in such a text; ValueError where it is damaged."""
    lines = text.strip().split(b"\n", 2)
    if len(lines) < 3:
        raise ValueError("it is empty")
    try:
        data, length = bytes.fromhex(lines[2].decode("ascii", "replace")), int(lines[1])
    except ValueError:
        raise ValueError("its digits make no sense") from None
    if len(data) != length:
        raise ValueError("it is cut short")
    return data


def pack_raw(kind: str, block: bytes) -> bytes:
    """The body of a zTXt chunk that holds a block."""
    digits = block.hex()
    lines = [digits[i : i + _LINE] for i in range(0, len(digits), _LINE)]
    text = "\n".join([f"\n{kind}", f"{len(block):8d}", *lines, ""])
    return f"{RAW}{kind}\0\0".encode() + zlib.compress(text.encode())
