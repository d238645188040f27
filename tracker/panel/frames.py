"""Rows of a frame, one by one."""

from __future__ import annotations

from typing import Any

import pandas as pd


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """Give the rows of a frame as named tuples; the columns are known from the docstring of the
    frame, not by type."""
    return list(frame.itertuples(index=False))
