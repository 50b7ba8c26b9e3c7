"""Content credentials (C2PA 2.2): pictures signed, with the scan as what they were made of, and checked.

By c2pa-python, the library of the standard's own project. Everything stays in the picture's file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

from colorize_cli.common.regular import reading
from colorize_cli.errors import PhotoError
from colorize_cli.image.certificates import Signing
from colorize_cli.image.metadata.provenance import WHAT_WAS_DONE, Provenance

_SCAN = "scan"  # what the actions call the ingredient
# Thumbnails would be pictures of the scan in every variant, decoded and encoded once more.
_SETTINGS = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": False}}
# Not about the picture but about the signer: no list of trusted ones is shipped, and certificates grow old.
_OF_TRUST = ("signingCredential.untrusted", "signingCredential.expired", "claimSignature.outsideValidity")


def sign(
    signing: Signing,
    fmt: str,
    scan: tuple[Path, str],
    provenance: Provenance,
    unsigned: BinaryIO,
    signed: BinaryIO,
) -> None:
    """Copy a picture into an empty file, with credentials that say what `provenance` says.

    scan: the file that was coloured, and its format, both by the names of `FORMATS`; credentials of its own
    become part of the picture's. Random numbers are part of it, so that no two signed files are the same.
    PhotoError where the library refuses.
    """
    import c2pa

    path, kind = scan
    try:
        signer = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(signing.algorithm.encode(), signing.certificates, signing.key, None)
        )
        builder = c2pa.Builder(_claim(provenance), c2pa.Context(settings=c2pa.Settings.from_dict(_SETTINGS)))
        ingredient = {"title": provenance.source_name, "relationship": "parentOf", "label": _SCAN}
        with reading(path) as file:
            builder.add_ingredient(ingredient, f"image/{kind}", file)
        builder.sign(signer, f"image/{fmt}", unsigned, signed)
    except c2pa.C2paError as error:
        raise PhotoError(f"{path}: its picture cannot be signed ({error})") from error


def _claim(provenance: Provenance) -> dict[str, Any]:
    tool = {"name": "colorize", "version": provenance.tool_version}
    said = {
        "weights": provenance.weights,
        "weights_sha256": provenance.weights_sha256,
        "seed": provenance.seed,
        "variant": provenance.variant,
        "source_sha256": provenance.source_sha256,
        "page": provenance.page,
        "guidance": provenance.guidance,
    }
    actions = [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": [_SCAN]}},
        {
            "action": "c2pa.color_adjustments",
            "softwareAgent": tool,
            "digitalSourceType": provenance.source_type.uri,
            "description": WHAT_WAS_DONE,
            "parameters": {f"colorize.{name}": value for name, value in said.items() if value is not None},
        },
    ]
    return {
        "claim_generator_info": [tool],
        "title": f"{provenance.source_name}, variant {provenance.variant}",
        "assertions": [{"label": "c2pa.actions", "data": {"actions": actions}}],
    }


def credentials_of(file: BinaryIO, fmt: str) -> dict[str, Any] | None:
    """What the library's reader says of a file's credentials, None for one without."""
    import c2pa

    try:
        with c2pa.Reader(f"image/{fmt}", file) as reader:
            found: dict[str, Any] = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return None
    return found


def fault_of(file: BinaryIO, fmt: str) -> str | None:
    """What is wrong with the credentials of a picture, None where they hold, whoever has signed."""
    import c2pa

    try:
        found = credentials_of(file, fmt)
    except c2pa.C2paError as error:
        return f"has content credentials that cannot be read ({error})"
    if found is None:
        return "has lost its content credentials"
    codes = [status["code"] for status in found.get("validation_status", [])]
    codes = [code for code in codes if code not in _OF_TRUST]
    return f"has content credentials that do not hold ({', '.join(codes)})" if codes else None
