"""Figures as drawings: where their words stand, which lines cross them, and which colours they use.

Read from the SVG that a notebook holds, so that what is tested is what a reader sees.
"""

import base64
import html
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from fontTools.ttLib import TTFont
from matplotlib.path import Path
from numpy.typing import NDArray

from claimbook import paths, svg
from claimbook.charts import chart

# What a group says for all within it.
HANDED_DOWN = ("fill", "stroke", "stroke-width", "font-size", "font-weight", "text-anchor",
               "clip-path")  # fmt: skip
# Heights of letters as shares of the type's size: lower-case letters, and all but descenders.
LOWER, UPPER = 0.52, 0.73


@dataclass(frozen=True)
class Words:
    """One line of words: what it says, its corners, and how many shapes were drawn before it."""

    said: str
    corners: Path
    size: float
    color: str
    after: int


@dataclass(frozen=True)
class Shape:
    """A path as drawn, with curves as short straight pieces."""

    outline: Path
    stroke: str
    fill: str
    within: str  # the id of the window that it is cut to, if any


@dataclass(frozen=True)
class Picture:
    """One figure of a notebook."""

    name: str
    svg: str
    alt: str
    csv: str

    @cached_property
    def root(self) -> ET.Element:
        return ET.fromstring(svg.unlettered(self.svg))

    @cached_property
    def frame(self) -> tuple[float, float, float, float]:
        left, top, width, height = (float(n) for n in self.root.attrib["viewBox"].split())
        return left, top, left + width, top + height

    @cached_property
    def around(self) -> dict[str, str]:
        """Title, subtitle and source."""
        return svg.words(self.svg)

    @cached_property
    def drawn(self) -> tuple[list[Words], list[Shape]]:
        words: list[Words] = []
        shapes: list[Shape] = []
        kept = {e.attrib["id"]: e for d in _all(self.root, "defs") for e in d if "id" in e.attrib}
        for element, look in _walk(self.root, {}):
            tag = element.tag.rpartition("}")[2]
            if tag == "text":
                words.append(_words(element, look, len(shapes)))
            elif tag == "path":
                shapes.append(_shape(element, look, (0.0, 0.0)))
            elif tag == "use" and element.get("href", "")[1:] in kept:
                shape = kept[element.get("href", "")[1:]]
                if shape.tag.endswith("path"):
                    at = (float(element.get("x", 0)), float(element.get("y", 0)))
                    shapes.append(_shape(shape, {**look, **shape.attrib}, at))
        return words, shapes

    @property
    def words(self) -> list[Words]:
        return self.drawn[0]

    @property
    def colors(self) -> set[str]:
        words, shapes = self.drawn
        used = {w.color for w in words}
        used |= {color for s in shapes for color in (s.stroke, s.fill)}
        return {color for color in used if color != "none" and not color.startswith("url(")}

    def struck(self) -> Iterator[tuple[str, str]]:
        """Words that a line of the figure crosses, with the line's colour; grid lines are faint."""
        words, shapes = self.drawn
        windows = {
            cut.attrib["id"]: _window(part)
            for cut in _all(self.root, "clipPath")
            for part in cut
            if part.tag.endswith("rect")
        }
        for one in words:
            inside = _shrunk(one.corners)
            for number, shape in enumerate(shapes):
                if shape.stroke in ("none", "#ffffff", chart.GRID) or shape.fill != "none":
                    continue
                reach = [shape.outline, *filter(None, [windows.get(shape.within)])]
                if any(_apart(part, inside) for part in reach):
                    continue
                hidden = any(
                    plate.fill == "#ffffff" and plate.outline.contains_points(_at(inside)).all()
                    for plate in shapes[number + 1 : one.after]
                )
                if not hidden and shape.outline.intersects_path(inside, filled=False):
                    yield one.said, shape.stroke


def of_notebook(name: str) -> list[Picture]:
    """The figures that the committed notebook shows."""
    notebook = json.loads(
        (paths.root() / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
    )
    found = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            figure = output.get("metadata", {}).get("text/html", {}).get("figure")
            if figure:
                data = {kind: "".join(part) for kind, part in output["data"].items()
                        if isinstance(part, str | list)}  # fmt: skip
                image = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', data["text/html"])
                alt = re.search(r'alt="([^"]*)"', data["text/html"])
                assert image is not None
                assert alt is not None
                drawn = base64.b64decode(image[1]).decode()
                found.append(Picture(figure, drawn, html.unescape(alt[1]), data["text/csv"]))
    return found


def touch(one: Path, other: Path) -> bool:
    """Whether two lines of words cover one another, by more than a hair."""
    a, b = _shrunk(one), _shrunk(other)
    return not _apart(a, b) and bool(a.intersects_path(b, filled=True))


def extent(words: Words) -> tuple[float, float, float, float]:
    """Left, top, right and bottom."""
    (left, top), (right, bottom) = _at(words.corners).min(axis=0), _at(words.corners).max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _at(path: Path) -> NDArray[np.float64]:
    return np.asarray(path.vertices, dtype=float)


def _apart(one: Path, other: Path) -> bool:
    a, b = _at(one), _at(other)
    return bool((a.max(axis=0) < b.min(axis=0)).any() or (b.max(axis=0) < a.min(axis=0)).any())


def _all(root: ET.Element, tag: str) -> Iterator[ET.Element]:
    return (e for e in root.iter() if e.tag.rpartition("}")[2] == tag)


def _walk(
    element: ET.Element, above: Mapping[str, str]
) -> Iterator[tuple[ET.Element, dict[str, str]]]:
    look = dict(above) | {k: v for k, v in element.attrib.items() if k in HANDED_DOWN}
    yield element, look
    for child in element:
        if child.tag.rpartition("}")[2] not in ("defs", "style"):
            yield from _walk(child, look)


def _words(element: ET.Element, look: Mapping[str, str], after: int) -> Words:
    said = "".join(element.itertext())
    size = float(look.get("font-size", 10))
    width = _width(said, look.get("font-weight", "400")) * size
    x, y = float(element.get("x", 0)), float(element.get("y", 0))
    left = x - {"start": 0.0, "middle": width / 2, "end": width}[look.get("text-anchor", "start")]
    corners = np.array([(left, y), (left + width, y), (left + width, y - UPPER * size),
                        (left, y - UPPER * size)])  # fmt: skip
    turn = re.search(r"rotate\(([-\d.]+) ([-\d.]+) ([-\d.]+)\)", element.get("transform", ""))
    if turn:
        angle, about = np.radians(float(turn[1])), np.array([float(turn[2]), float(turn[3])])
        cos, sin = np.cos(angle), np.sin(angle)
        corners = (corners - about) @ np.array([[cos, sin], [-sin, cos]]) + about
    return Words(said, Path([*corners, corners[0]]), size, look.get("fill", "#000000"), after)


def _shape(element: ET.Element, look: Mapping[str, str], at: tuple[float, float]) -> Shape:
    pen = RecordingPen()
    parse_path(element.get("d", ""), pen)
    points: list[tuple[float, float]] = []
    codes: list[np.uint8] = []
    start = (0.0, 0.0)
    for command, given in pen.value:
        if command == "endPath":
            continue
        # A bend is taken for the straight pieces between the points that steer it.
        here = [start] if command == "closePath" else [(float(x), float(y)) for x, y in given]
        start = here[0] if command == "moveTo" else start
        points += here
        codes += [Path.MOVETO if command == "moveTo" else Path.LINETO] * len(here)
    outline = Path(np.array(points).reshape(-1, 2) + at, codes)
    return Shape(
        outline,
        look.get("stroke", "none"),
        look.get("fill", "none"),
        look.get("clip-path", "")[5:-1],
    )


def _window(rect: ET.Element) -> Path:
    x, y, width, height = (float(rect.attrib[k]) for k in ("x", "y", "width", "height"))
    return Path([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])


def _shrunk(corners: Path) -> Path:
    """The middle of words: what must not be covered, a hair off their edges."""
    foot, end, _, head, _ = _at(corners)
    up = (head - foot) / UPPER
    length = float(np.hypot(*(end - foot))) or 1.0
    along = (end - foot) * max(1 - 1.2 / length, 0.1)
    start = foot + (end - foot - along) / 2 + up * 0.06
    square = np.array([start, start + along, start + along + up * LOWER, start + up * LOWER])
    return Path([*square, square[0]])


@cache
def _width(said: str, weight: str) -> float:
    """Of words in the shipped font, in its size."""
    lengths, unit = _lengths("SemiBold" if weight == "600" else "Regular")
    return sum(lengths[letter] for letter in said) / unit


@cache
def _lengths(cut: str) -> tuple[dict[str, int], int]:
    font = TTFont(io.BytesIO((chart.FONTS / f"ClaimbookSans-{cut}.otf").read_bytes()))
    names = font.getBestCmap()
    return {chr(c): font["hmtx"][name][0] for c, name in names.items()}, font["head"].unitsPerEm
