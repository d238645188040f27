"""Rows of a frame, one by one."""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from typing import Any

import pandas as pd


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """Give the rows of a frame as named tuples; the columns are known from the docstring of the
    frame, not by type."""
    make = _row_of(tuple(map(str, frame.columns)))._make
    return list(
        map(make, zip(*(frame.iloc[:, place] for place in range(frame.shape[1])), strict=True))
    )


@cache
def _row_of(columns: tuple[str, ...]) -> Any:
    """Make the class of some columns' rows, once: `itertuples` compiles one at every call."""
    return namedtuple("Row", columns, rename=True)
