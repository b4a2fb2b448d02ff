"""An executed notebook as the parts of a page: what goes to the top, and the sections in order.

Works on tags, headings and output types only. Everything here is plain data for the template.
"""

import csv
import hashlib
import io
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from nbformat import NotebookNode

from claimbook import svg, text
from claimbook.errors import RenderError
from claimbook.outputs import EXPLORABLE_MIME, LAB, RESULT_MIME
from claimbook.reports import frame

ROWS_SHOWN = 12

# Cells that the page puts in places of its own, by tag.
PLACED = (
    "title",
    "parameters",
    "injected-parameters",
    "setup",
    "coverage",
    "claim",
    "verdict",
    "main-figure",
    "publish",
)

_TABLE = re.compile(r"<table(?P<attributes>[^>]*)>(?P<body>.*?)</table>", re.S)
_CAPTION = re.compile(r"<caption[^>]*>(.*?)</caption>", re.S)
_EMPTY_HEAD = re.compile(r"<th scope='col'[^>]*>\s*</th>")
_TAG = re.compile(r"<[^>]+>")
_PERCENT = re.compile(r"(?<=\d) %")
_IMAGE = re.compile(
    r'<img alt="(?P<alt>[^"]*)".*?src="data:image/svg\+xml;base64,(?P<svg>[^"]+)"', re.S
)
_FENCE = re.compile(r"^\s*(```|~~~)")


@dataclass(frozen=True)
class Figure:
    """An image, the words for it, and the data behind it (`csv`, None where there is none).

    `image` is SVG text, whose title, subtitle and source are set in the page's own type, or the
    data address of a picture in pixels.
    """

    name: str
    image: str
    alt: str
    csv: str | None = None
    title: str = ""
    subtitle: str = ""
    source: str = ""
    width: int | None = None
    height: int | None = None
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    total: int = 0
    numeric: tuple[bool, ...] = ()
    # What lets a reader turn the figure: the name of a script, and its model as JSON.
    script: str | None = None
    model: str = ""

    @property
    def drawing(self) -> Markup | None:
        """The figure as SVG for the page, with ids of its own; None for a picture in pixels."""
        if not self.image.startswith("<svg"):
            return None
        # Short, since a drawing says it thousands of times.
        prefix = "i" + hashlib.sha256(self.name.encode()).hexdigest()[:5]
        return Markup(svg.inline(self.image, prefix, self.alt))

    @property
    def csv_address(self) -> str:
        return "data:text/csv;charset=utf-8," + quote(self.csv or "", safe=",;:@=$-_.!~*'()/+")


@dataclass(frozen=True)
class Piece:
    """One thing on the page: `kind` is markdown, html, figure, text, stream or error."""

    kind: str
    content: Any


class Tables:
    """Puts each table in a box of its own that scrolls, and names it for its download."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.count = 0
        self.figures = 0

    def next_figure(self) -> str:
        self.figures += 1
        return f"{self.prefix}-figure-{self.figures}"

    def boxed(self, html: str) -> str:
        return _TABLE.sub(self._box, html.replace(LAB, ""))

    def _box(self, match: re.Match[str]) -> str:
        self.count += 1
        spoken = frame.words()
        name = f"{self.prefix}-table-{self.count}"
        caption = _CAPTION.search(match["body"])
        body = _EMPTY_HEAD.sub("<td></td>", _CAPTION.sub("", match["body"], count=1))
        # A narrow column would else put the sign of percent on a line of its own.
        body = _PERCENT.sub("\u00a0%", body)
        title = unescape(_TAG.sub("", caption[1])).strip() if caption else ""
        label = _escaped(spoken["table_of"].format(name=title or spoken["table_unnamed"]))
        above = f"<figcaption>{caption[1]}</figcaption>" if caption else ""
        return (
            f'<figure class="table" data-name="{_escaped(name)}" data-title="{_escaped(title)}">'
            f'{above}<div class="table-box" tabindex="0" role="group" aria-label="{label}">'
            f"<table{match['attributes']}>{body}</table></div></figure>"
        )


@dataclass
class Section:
    """A heading, what stands below it until the next one, and the code that made it."""

    heading: str
    anchor: str = ""
    pieces: list[Piece] = field(default_factory=list)
    code: list[str] = field(default_factory=list)


@dataclass
class Parts:
    """A notebook's content by its place on the page."""

    placed: dict[str, list[Piece]]
    sources: dict[str, list[str]]
    sections: list[Section]

    def of(self, tag: str) -> list[Piece]:
        return self.placed.get(tag, [])

    def scripts(self) -> list[str]:
        """The names of the scripts that let a reader turn a figure, each once."""
        pieces = [piece for placed in self.placed.values() for piece in placed]
        pieces += [piece for section in self.sections for piece in section.pieces]
        figures = [piece.content for piece in pieces if piece.kind == "figure"]
        return sorted({figure.script for figure in figures if figure.script})


def parts(notebook: NotebookNode, *, reserved: Iterable[str] = (), prefix: str = "table") -> Parts:
    """Take a notebook apart.

    `reserved` are anchors that the page uses itself; `prefix` begins the file names of tables.
    Raises RenderError for an image without alternative text.
    """
    made = Parts({}, {}, [])
    tables = Tables(prefix)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        tag = next((t for t in PLACED if t in tags), None)
        if tag:
            made.placed.setdefault(tag, []).extend(_placed(cell, tables))
            if cell.cell_type == "code":
                made.sources.setdefault(tag, []).append(cell.source)
        elif cell.cell_type == "markdown":
            for heading, body in headed(cell.source):
                if heading is not None or not made.sections:
                    made.sections.append(Section(heading or ""))
                if body:
                    made.sections[-1].pieces.append(Piece("markdown", body))
        elif cell.cell_type == "code":
            if not made.sections:
                made.sections.append(Section(""))
            made.sections[-1].pieces.extend(outputs(cell, tables))
            if cell.source.strip():
                made.sections[-1].code.append(cell.source)
    _anchor(made.sections, reserved)
    return made


def headed(source: str) -> list[tuple[str | None, str]]:
    """A Markdown text, cut at its second-level headings; the first part may have none (None)."""
    found: list[tuple[str | None, list[str]]] = [(None, [])]
    fenced = False
    for line in source.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        if line.startswith("## ") and not fenced:
            found.append((line[3:].strip().rstrip("#").strip(), []))
        else:
            found[-1][1].append(line)
    joined = [(heading, "\n".join(lines).strip()) for heading, lines in found]
    return [(heading, body) for heading, body in joined if heading is not None or body]


def outputs(cell: NotebookNode, tables: Tables) -> list[Piece]:
    """What a code cell shows, richest form first."""
    pieces: list[Piece] = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            pieces.append(Piece("stream", _text(output.text)))
        elif output.output_type == "error":
            trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.get("traceback", [])))
            pieces.append(Piece("error", trace or f"{output.ename}: {output.evalue}"))
        else:
            pieces.extend(_rich(output, tables))
    return pieces


def _rich(output: NotebookNode, tables: Tables) -> list[Piece]:
    data = output.data
    if RESULT_MIME in data:
        return []
    if name := output.metadata.get("text/html", {}).get("figure"):
        return [Piece("figure", _shown(data, str(name)))]
    if "image/png" in data:
        about = output.metadata.get("image/png", {})
        image = "data:image/png;base64," + _text(data["image/png"]).replace("\n", "")
        figure = figure_of(
            image,
            str(about.get("alt", "")),
            str(about.get("name") or tables.next_figure()),
            _table(data),
            size=(about.get("width"), about.get("height")),
        )
        return [Piece("figure", figure)]
    if "text/html" in data:
        return [Piece("html", tables.boxed(_text(data["text/html"])))]
    if "text/markdown" in data:
        return [Piece("markdown", _text(data["text/markdown"]))]
    if "text/plain" in data:
        return [Piece("text", _text(data["text/plain"]))]
    return []


def figure_of(
    image: str,
    alt: str,
    name: str,
    table: str | None = None,
    *,
    size: tuple[int | None, int | None] = (None, None),
    explorable: Mapping[str, Any] | None = None,
) -> Figure:
    """A figure from its image (SVG text or a data address), its words and its data as CSV.

    Raises RenderError where `alt` does not say what the figure shows.
    """
    alt, name = alt.strip(), frame.slug(name)
    if not frame.real_alt(alt):
        raise RenderError(
            f"the figure {name!r} has no text that says what it shows (its alt is {alt!r}): "
            "give the chart an `alt` with what a reader would see, in numbers"
        )
    head, rows = _read(table) if table else ((), [])
    numeric = tuple(_numeric(row[i] for row in rows) for i in range(len(head)))
    model = dict(explorable or {})
    drawn = image.startswith("<svg")
    return Figure(
        name=name,
        image=svg.unlettered(image) if drawn else image,
        alt=alt,
        csv=table,
        **(svg.words(image) if drawn else {}),
        width=size[0],
        height=size[1],
        head=head,
        rows=tuple(_signed(row, numeric) for row in rows[:ROWS_SHOWN]),
        total=len(rows),
        numeric=numeric,
        script=model.pop("script", None),
        model=frame.json_block(model),
    )


def _shown(data: Mapping[str, Any], name: str) -> Figure:
    """The figure that `show.figure` displayed."""
    image = _IMAGE.search(_text(data["text/html"]))
    if image is None:
        raise RenderError(f"the figure {name!r} has no image: show it with `show.figure`")
    drawn = b64decode(image["svg"]).decode("utf-8")
    alt = unescape(image["alt"])
    return figure_of(drawn, alt, name, _table(data), explorable=data.get(EXPLORABLE_MIME))


def _table(data: Mapping[str, Any]) -> str | None:
    return _text(data["text/csv"]) if "text/csv" in data else None


def _read(table: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows; a column that only counts the rows and has no name is left out."""
    lines = [tuple(line) for line in csv.reader(io.StringIO(table)) if line]
    if not lines:
        return (), []
    head, rows = lines[0], lines[1:]
    if not head[0]:
        head = (frame.words()["data_row"], *head[1:])
    if not lines[0][0] and [row[0] for row in rows] == [str(i) for i in range(len(rows))]:
        return head[1:], [row[1:] for row in rows]
    return head, rows


def _numeric(values: Iterable[str]) -> bool:
    known = [value for value in values if value]
    try:
        return bool(known) and all(float(value) == float(value) for value in known)
    except ValueError:
        return False


def _signed(row: tuple[str, ...], numeric: tuple[bool, ...]) -> tuple[str, ...]:
    """Numbers with the minus sign that the rest of the page has."""
    signs = zip(row, numeric, strict=True)
    return tuple(re.sub("^-", text.MINUS, cell) if number else cell for cell, number in signs)


def _placed(cell: NotebookNode, tables: Tables) -> list[Piece]:
    if cell.cell_type == "markdown":
        return [Piece("markdown", cell.source)]
    return outputs(cell, tables)


def _anchor(sections: list[Section], reserved: Iterable[str]) -> None:
    taken = set(reserved)
    for section in sections:
        base = frame.slug(section.heading)
        anchor, number = base, 2
        while anchor in taken:
            anchor, number = f"{base}-{number}", number + 1
        taken.add(anchor)
        section.anchor = anchor


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
