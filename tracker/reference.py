"""Finds the data files that are shipped with the product: beside the clone, or inside the installed
wheel.
"""

from __future__ import annotations

from pathlib import Path


def shipped(*parts: str) -> Path:
    """Give the path of a shipped file or folder, such as `shipped("reference", "tet.csv")`."""
    inside = Path(__file__).parent / "_data"
    folder = inside if inside.is_dir() else Path(__file__).parent.parent / "data"
    return folder.joinpath(*parts)
