"""Signed scans of every container: the manifest store lies in a place of its own in each."""

import io
import struct
import zlib

import cv2
import pytest
import tifffile
from PIL import Image

from colorize_cli.image.jpeg.scans import pack_segment
from colorize_cli.image.reading import read_photo
from tests.image.conftest import scene

LABEL = b"\x03c2pa\0"
UUID = bytes.fromhex("6332706100110010800000aa00389b71")
DESCRIPTION = struct.pack(">I", 8 + len(UUID) + len(LABEL)) + b"jumd" + UUID + LABEL
STORE = struct.pack(">I", 8 + len(DESCRIPTION)) + b"jumb" + DESCRIPTION


def encoded(suffix):
    return cv2.imencode(suffix, scene())[1].tobytes()


def png():
    data, body = encoded(".png"), b"caBX" + STORE
    chunk = struct.pack(">I", len(STORE)) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]


def jpeg():
    data = encoded(".jpg")
    return data[:20] + pack_segment(0xEB, b"JP\0\1\0\0\0\1" + STORE) + data[20:]


def webp():
    file = io.BytesIO()
    Image.fromarray(scene()).convert("RGB").save(file, "webp", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
    data = file.getvalue() + b"C2PA" + struct.pack("<I", len(STORE)) + STORE + b"\0" * (len(STORE) % 2)
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def tiff():
    file = io.BytesIO()
    tags = [(0xCD41, 7, len(STORE), STORE, True)]
    tifffile.imwrite(file, scene(), photometric="minisblack", extratags=tags)
    return file.getvalue()


def avif():
    file = io.BytesIO()
    Image.fromarray(scene()).convert("RGB").save(file, "avif")
    box = b"uuid" + bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + bytes(4) + b"manifest\0" + bytes(8)
    return file.getvalue() + struct.pack(">I", 4 + len(box) + len(STORE)) + box + STORE


@pytest.mark.parametrize("signed", [jpeg, png, webp, tiff, avif])
def test_credentials_that_stay_behind_are_named_once(make, signed):
    warnings = [text for text in read_photo(make(signed())).warnings if "C2PA" in text]
    assert warnings == ["its content credentials (C2PA) will not be in the picture"]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_nothing_is_said_of_a_scan_without(make, suffix):
    assert not any("C2PA" in text for text in read_photo(make(encoded(suffix))).warnings)
