"""Document -> web page that works offline and prints on A4; Plotly's script lies beside all pages.

A page mailed without that script still shows every chart as a picture. Every number links to its
line in the annex of origins.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template

from tracker.charts import AnyChart, figure_json, picture, plotly_script
from tracker.tables import Table, cell_text, is_unknown, set_right, spans
from tracker.text.printable import clean
from tracker.writers import MOTTO_VI, STATE_VI, Block, Document, Heading, Paragraph


@dataclass(frozen=True, slots=True)
class Listed:
    """One report in the list of reports: locality, its files (title, file name), a note."""

    name: str
    files: tuple[tuple[str, str], ...]
    note: str = ""


@cache
def _templates() -> Environment:
    """Open the templates; autoescape is on, and every text is cleaned on its way out."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )


@cache
def _template(name: str) -> Template:
    return _templates().get_template(name)


def write_page(document: Document, path: Path) -> None:
    """Write a document as .html, and Plotly's script beside it if the page has charts."""
    text = _template("page.html.j2").render(
        document=document,
        blocks=[_shown(block, document.mark) for block in document.blocks],
        definitions=_shown_table(document.definitions),
        passport=_shown_table(document.passport),
        state=STATE_VI,
        motto=MOTTO_VI,
        script=plotly_script()[0] if document.charts else "",
    )
    path.write_text(text, encoding="utf-8")
    if document.charts:
        put_script(path.parent)


def write_study(title: str, blocks: Sequence[Block], path: Path, mark: str) -> None:
    """Write headings, paragraphs, tables and charts of any kind as one page for analysts."""
    has_charts = any(isinstance(block, AnyChart) for block in blocks)
    text = _template("study.html.j2").render(
        title=title,
        blocks=[_shown(block, mark) for block in blocks],
        mark=mark,
        script=plotly_script()[0] if has_charts else "",
    )
    path.write_text(text, encoding="utf-8")
    if has_charts:
        put_script(path.parent)


def write_list(
    title: str, reports: Sequence[Listed], notes: Sequence[str], path: Path, mark: str
) -> None:
    """Write the page that lists the reports of a folder. `notes` stand above the list."""
    text = _template("list.html.j2").render(title=title, reports=reports, notes=notes, mark=mark)
    path.write_text(text, encoding="utf-8")


def put_script(folder: Path) -> None:
    """Put Plotly's script into a folder of pages, once."""
    name, content = plotly_script()
    target = folder / name
    if not target.exists() or target.stat().st_size != len(content):
        target.write_bytes(content)


def _shown(block: Block, mark: str) -> dict[str, Any]:
    """Turn a block into what the template needs; `what` names the kind."""
    if isinstance(block, Heading):
        return {"what": "heading", "level": min(block.level, 3) + 1, "text": block.text}
    if isinstance(block, Paragraph):
        return {"what": "paragraph", "kind": block.kind, "lines": clean(block.text).split("\n")}
    if isinstance(block, AnyChart):
        return {
            "what": "chart",
            "title": block.title,
            "alt": block.alt_text,
            "picture": base64.b64encode(picture(block, mark)).decode("ascii"),
            "figure": figure_json(block, mark),
        }
    return {"what": "table", "table": _shown_table(block)}


def _shown_table(table: Table) -> dict[str, Any]:
    covered = spans(table)
    rows = [
        [
            {
                "text": cell_text(cell, column),
                "id": cell.id,
                "right": set_right(cell),
                "down": covered[number][index][0],
                "across": covered[number][index][1],
                "unknown": is_unknown(cell),
            }
            for index, (cell, column) in enumerate(zip(row, table.columns, strict=True))
            if all(covered[number][index])
        ]
        for number, row in enumerate(table.rows)
    ]
    return {
        "title": table.title,
        "heads": [column.heading for column in table.columns],
        "rows": rows,
        "notes": [*table.notes, *(f"Nguồn: {source}" for source in table.sources)],
        "passport": table.title == PASSPORT_TITLE,
    }


PASSPORT_TITLE = "Nguồn gốc từng số liệu"
