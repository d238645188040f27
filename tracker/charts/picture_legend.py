"""The legend of a picture: a sample and a name for everything drawn, below the axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tracker.charts.picture_parts import Style, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_legend(
    axes: Axes,
    entries: Sequence[tuple[str, Style]],
    *,
    top: float = -0.14,
    apart: float = 0.065,
    left: float = 0.0,
    wide: float = 1.0,
) -> None:
    """Draw samples and names: two to a row, three where there are many.

    `top` is the height of the first row, `apart` the distance between two rows, `left` and `wide`
    where the rows begin and how wide they are: all as shares of the plot.
    """
    columns, longest = (2, 44) if len(entries) <= 4 else (3, 27)
    for number, (name, style) in enumerate(entries):
        row, column = divmod(number, columns)
        at, height = left + wide * column / columns, top - apart * row
        _sample(axes, style, at, height, wide, apart)
        axes.text(
            at + 0.05 * wide,
            height,
            plain(name, longest),
            va="center",
            fontsize=7,
            transform=axes.transAxes,
        )


def _sample(
    axes: Axes, style: Style, left: float, height: float, wide: float, apart: float
) -> None:
    if style.fill:
        from matplotlib.patches import Rectangle

        corner, thick = (left, height - 0.3 * apart), 0.6 * apart
        patch = Rectangle(corner, 0.04 * wide, thick, **style.area)
        patch.set_transform(axes.transAxes)
        patch.set_clip_on(False)
        axes.add_patch(patch)
        return
    middle = [left, left + 0.02 * wide, left + 0.04 * wide]
    look = {**style.line, "markevery": [1]} if style.marker else style.line
    axes.plot(middle, [height] * 3, **look, transform=axes.transAxes, clip_on=False)
