"""Document -> web page that works offline and prints on A4; Plotly's script lies beside all pages.

A page mailed without that script still shows every chart as a picture, with its numbers in a table.
Every number links to its line in the annex of origins. The page forbids every outside host, and
every script but Plotly's and its own, whose digest it names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from tracker.charts import AnyChart, figure_json, picture, plotly_script
from tracker.tables import Cell, Column, Table, cell_text, is_unknown, lines_below, set_right, spans
from tracker.text import slug
from tracker.text.printable import whole
from tracker.writers import MOTTO_VI, STATE_VI, Block, Document, Heading, Paragraph, lying
from tracker.writers.chart_data import chart_table

SCRIPT_FOLDER = "tep"
FOLDER = Path(__file__).parent
LONGEST_WORD = 30
LONG = ' class="long"'


@dataclass(frozen=True, slots=True)
class Listed:
    """One report in the list of reports: locality, its files (title, file name), a note."""

    name: str
    files: tuple[tuple[str, str], ...]
    note: str = ""


@cache
def _templates() -> Environment:
    """Open the templates; autoescape is on, and every text is cleaned on its way out."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: whole(value) if type(value) is str else value,
    )
    made.filters["address"] = lambda name: quote(whole(name))
    made.globals |= {"draw": _draw(), "policy": _policy()}
    return made


@cache
def _template(name: str) -> Template:
    return _templates().get_template(name)


@cache
def _draw() -> str:
    return (FOLDER / "draw.js.j2").read_text(encoding="utf-8")


def _policy() -> str:
    """Say what a page may load: Plotly's script beside it, its own script, pictures inside it."""
    digest = base64.b64encode(hashlib.sha256(_draw().encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'self' file: 'sha256-{digest}'; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def write_page(document: Document, path: Path) -> None:
    """Write a document as .html, and Plotly's script beside it if the page has charts.

    The same document gives the same bytes; ids inside the page come from the codes of its tables.
    """
    names = _names()
    pages, contents = _pages(document.blocks, document.mark, names)
    annex, _ = _pages(document.annex, document.mark, names)
    contents += [("dinh-nghia", "Định nghĩa"), ("nguon-goc", "Nguồn gốc số liệu")]
    text = _template("page.html.j2").render(
        document=document,
        title=document.title,
        mark=document.mark,
        pages=pages,
        annex=annex,
        contents=contents,
        definitions=_shown_table(document.definitions, names),
        passport=_shown_table(document.passport, names, origins=True),
        state=STATE_VI,
        motto=MOTTO_VI,
        script=_script_name() if document.charts else "",
    )
    path.write_text(text, encoding="utf-8")
    if document.charts:
        put_script(path.parent)


def write_study(title: str, blocks: Sequence[Block], path: Path, mark: str) -> None:
    """Write headings, paragraphs, tables and charts of any kind as one page for analysts."""
    has_charts = any(isinstance(block, AnyChart) for block in blocks)
    pages, contents = _pages(blocks, mark, _names())
    text = _template("study.html.j2").render(
        title=title,
        pages=pages,
        contents=contents,
        mark=mark,
        script=_script_name() if has_charts else "",
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
    """Put Plotly's script into a folder of pages, once for all of them."""
    name, content = plotly_script()
    target = folder / SCRIPT_FOLDER / name
    if not target.exists() or target.stat().st_size != len(content):
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)


def _script_name() -> str:
    return f"{SCRIPT_FOLDER}/{plotly_script()[0]}"


def _names() -> Callable[[str, str], str]:
    """Give a function that makes ids of one page: a prefix and a key, a number where it repeats."""
    taken: dict[str, int] = {}

    def name(prefix: str, key: str) -> str:
        wanted = "-".join(filter(None, (prefix, slug(key)[:60])))
        taken[wanted] = taken.get(wanted, 0) + 1
        return wanted if taken[wanted] == 1 else f"{wanted}--{taken[wanted]}"

    return name


def _pages(
    blocks: Sequence[Block], mark: str, names: Callable[[str, str], str]
) -> tuple[list[tuple[bool, list[dict[str, Any]]]], list[tuple[str, str]]]:
    """Turn blocks into what the template needs, by upright and lying paper; and list sections."""
    shown = [_shown(block, mark, names) for block in blocks]
    pairs = zip(lying(tuple(blocks)), shown, strict=True)
    pages = [
        (lies, [block for _, block in group])
        for lies, group in groupby(pairs, key=lambda pair: pair[0])
    ]
    contents = [
        (one["id"], one["text"]) for one in shown if one["what"] == "heading" and one["level"] == 2
    ]
    return pages, contents


def _shown(block: Block, mark: str, names: Callable[[str, str], str]) -> dict[str, Any]:
    """Turn a block into what the template needs; `what` names the kind."""
    if isinstance(block, Heading):
        level = min(block.level, 3) + 1
        text = whole(block.text)
        return {"what": "heading", "level": level, "text": text, "id": names("muc", text)}
    if isinstance(block, Paragraph):
        return {"what": "paragraph", "kind": block.kind, "lines": whole(block.text).split("\n")}
    if isinstance(block, AnyChart):
        numbers = chart_table(block)
        return {
            "what": "chart",
            "id": names("bieu-do", block.key),
            "title": block.title,
            "alt": block.alt_text,
            "picture": base64.b64encode(picture(block, mark)).decode("ascii"),
            "figure": figure_json(block, mark),
            "numbers": _numbers(numbers),
            "numbers_title": numbers.title,
        }
    return {"what": "table", "table": _shown_table(block, names)}


def _numbers(table: Table) -> str:
    """Write the numbers of a chart as a table; a template would take five times as long."""
    heads = "".join(
        f'<th scope="col"{LONG if _is_long(column.heading) else ""}>{_safe(column.heading)}</th>'
        for column in table.columns
    )
    rows = []
    for row in table.rows:
        first, *others = [
            _safe(cell_text(cell, column)) for cell, column in zip(row, table.columns, strict=True)
        ]
        cells = "".join(f'<td class="number">{text}</td>' for text in others)
        rows.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return (
        f"<table><caption>{_safe(table.title)}</caption><thead><tr>{heads}</tr></thead>\n"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _is_long(text: str) -> bool:
    """Say whether a text has a word that must be broken: it would push its column off the page."""
    return len(text) > LONGEST_WORD and max(map(len, text.split()), default=0) > LONGEST_WORD


def _safe(text: str) -> str:
    return escape(whole(text))


def _origin(cell: Cell, column: Column) -> str:
    """Write the id of a number as a way back to it."""
    text = escape(cell_text(cell, column))
    return f'<th scope="row"><a href="#{text}">{text}</a></th>'


def _cell(cell: Cell, column: Column, covered: tuple[int, int], *, leads: bool) -> str:
    """Write one cell as HTML: with its id, or as heading of its row, or plain. In Python, because a
    report has thousands of them and a template looks each name up."""
    down, across = covered
    plain = cell_text(cell, column)
    text = escape(plain)
    if cell.id:
        one = escape(cell.id)
        link = f'<a href="#nguon-{one}" title="Nguồn gốc: {one}">{text}</a>'
        return f'<td class="number" id="{one}">{link}</td>'
    right = set_right(cell)
    wide = f' colspan="{across}"' if across > 1 else ""
    if down > 1 or (leads and not right):
        scope = f'rowgroup" rowspan="{down}' if down > 1 else "row"
        long = ' class="long"' if _is_long(plain) else ""
        return f'<th scope="{scope}"{long}{wide}>{text}</th>'
    look = "number" if right else "long" if _is_long(plain) else "unknown" * is_unknown(cell)
    named = f' class="{look}"' if look else ""
    return f"<td{wide}{named}>{text}</td>"


def _shown_table(
    table: Table, names: Callable[[str, str], str], *, origins: bool = False
) -> dict[str, Any]:
    """Make a table ready for its template. `origins`: it is that of origins, whose rows are led to
    by the ids of the numbers."""
    covered = spans(table)
    rows = []
    for number, row in enumerate(table.rows):
        cells = [
            _cell(cell, column, covered[number][index], leads=index <= max(0, table.merged - 1))
            if index or not origins
            else _origin(cell, column)
            for index, (cell, column) in enumerate(zip(row, table.columns, strict=True))
            if all(covered[number][index])
        ]
        anchor = f' id="nguon-{_safe(row[0].text)}"' if origins else ""
        rows.append(Markup(f"<tr{anchor}>{''.join(cells)}</tr>"))
    return {
        "id": names("bang", table.code or table.title),
        "title": table.title,
        "heads": [column.heading for column in table.columns],
        "rows": rows,
        "notes": lines_below(table),
    }
