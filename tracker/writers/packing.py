"""Zip packages (.docx) that are the same bytes for the same content."""

from __future__ import annotations

import io
import zipfile

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip file can name; every entry bears it."""
PACKED = (".png", ".jpeg", ".gif")
"""Files that are compressed already are stored as they are."""


def same_bytes(package: bytes) -> bytes:
    """Write a zip package again with fixed times and rights, its entries in the given order."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(target, "w") as made:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.compress_type = (
                zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
            )
            entry.create_system = 0
            made.writestr(entry, source.read(name))
    return target.getvalue()
