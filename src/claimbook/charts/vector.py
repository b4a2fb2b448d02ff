"""A figure as SVG: small, sharp at any size, equal bytes for equal figures, its words as text.

Matplotlib's own SVG is rewritten: numbers to a hundredth of a point, styles as attributes (a strict
content policy forbids style attributes), no dates, no names but those referred to.
"""

import functools
import io
import re
import xml.etree.ElementTree as ET
from base64 import b64encode
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Literal

import matplotlib as mpl
import uharfbuzz as harfbuzz
from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from claimbook.svg import FAMILY, REFERENCE, SVG, WORDS

FONTS = Path(__file__).with_name("fonts")
CUTS = {"400": "ClaimbookSans-Regular.otf", "600": "ClaimbookSans-SemiBold.otf"}  # by weight

LONG = 100  # steps of a line that is written with fewer digits
POINTS = 72  # of an inch, in which an SVG of Matplotlib's counts
RASTER = 144  # pixels of an inch, for what is drawn as a picture of cells
ABOVE, BELOW = 3.0, 10.0  # points between the words and the plot without them

_HREF = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?")
_STEP = re.compile(r"([MLQCz])([^MLQCz]*)")
_NO_TURN = re.compile(r"rotate\(-?0(?:\.0+)?[ )]")
_MOVED = re.compile(r"translate\(([-\d.]+)[ ,]([-\d.]+)\)")
_ROUNDED = ("x", "y", "width", "height", "transform", "stroke-width", "stroke-dasharray",
            "stroke-dashoffset")  # fmt: skip
_PLAIN = {
    "stroke-dashoffset": "0",
    "text-anchor": "start",
    "font-style": "normal",
    "stroke-linecap": "butt",
    "stroke-linejoin": "round",
    "font-family": f"'{FAMILY}'",
}
_AXIS = {"defs": 0, "path": 1, "use": 2, "text": 3}
_SHARED = ("fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap",
           "stroke-linejoin", "stroke-dasharray", "font-size", "font-weight", "text-anchor",
           "clip-path", "href")  # fmt: skip


class Canvas(FigureCanvasSVG):
    """What a figure is laid out for: words are measured as they will be drawn."""

    def get_renderer(self) -> RendererSVG:
        """A renderer to measure with; what it draws is lost."""
        width, height = self.figure.get_size_inches() * POINTS
        return _Measuring(width, height, io.StringIO())  # type: ignore[no-untyped-call]

    def draw(self) -> None:
        """Nothing to be done: nobody sees a figure before `drawn` writes it.

        seaborn asks for it, and would else draw every cell of a heatmap as a shape.
        """
        self.figure.stale = False


def drawn(figure: Figure) -> str:
    """The figure as SVG text; its ids are `s1`, `s2`, …

    The root's `data-plot` is the part of the picture without the words around it, as a viewBox.
    Letters need the font Claimbook Sans where the SVG is shown; see `lettered`.
    """
    out = io.StringIO()
    figure.set_dpi(RASTER)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": FAMILY}):
        Canvas(figure).print_svg(out, metadata={"Date": None})  # type: ignore[no-untyped-call]
    found = ET.fromstring(out.getvalue())
    root = ET.Element(
        "svg",
        {
            "xmlns": SVG,
            "viewBox": _rounded(found.attrib["viewBox"]),
            "data-plot": "",
            "fill": "none",
            "font-family": f"'{FAMILY}', sans-serif",
            "stroke-linejoin": "round",
        },
    )
    root.extend(_grouped([kept for child in found for kept in _kept(child)]))
    for element in root.iter():
        if element is not root and element.get("fill") == "none":
            del element.attrib["fill"]  # as the root says for all
    _renamed(root)
    root.set("data-plot", _plot(root))
    return ET.tostring(root, encoding="unicode").replace(" />", "/>")


def lettered(svg: str) -> str:
    """The same with the letters it uses embedded, for places that do not have the font."""
    texts = {weight: set[str]() for weight in CUTS}
    for element, weight in _texts(ET.fromstring(svg), "400"):
        texts[weight if weight in texts else "400"].update("".join(element.itertext()))
    faces = "".join(
        f"@font-face{{font-family:'{FAMILY}';font-weight:{weight};src:url(data:font/otf;base64,"
        f"{_letters(file, ''.join(sorted(texts[weight])))})}}"
        for weight, file in CUTS.items()
        if texts[weight]
    )
    start = svg.index(">") + 1
    return f"{svg[:start]}<style>{faces}</style>{svg[start:]}"


def shortened(data: str) -> str:
    """A path in steps from point to point, which are short; no error adds up on the way.

    `data` has Matplotlib's commands: M, L, Q, C with points, and z.
    """
    parts: list[str] = []
    here = (0, 0)
    begun = (0, 0)
    moves = _STEP.findall(data)
    # A tenth of a point in long lines: a seventh of a pixel where pages show them.
    grain = 10 if len(moves) > LONG else 1
    for command, numbers in moves:
        if command == "z":
            parts.append("z")
            here = begun
            continue
        # A little more than nothing, so that exact halves round alike on every processor.
        values = [round(float(n) * 100 / grain + 1e-4) * grain for n in _NUMBER.findall(numbers)]
        points = list(zip(values[::2], values[1::2], strict=True))
        steps = [n - here[i % 2] for i, n in enumerate(v for point in points for v in point)]
        here = points[-1]
        if command == "M":
            begun = here
            parts.append("M" + _run(values))
        elif command == "L" and steps == [0, 0]:
            continue
        elif command == "L" and steps[1] == 0:
            parts.append("h" + _short(steps[0]))
        elif command == "L" and steps[0] == 0:
            parts.append("v" + _short(steps[1]))
        else:
            # The letter of the step before holds on.
            follows = parts and parts[-1][0] == command.lower() and command == "L"
            run = _run(steps)
            parts.append((command.lower() if not follows else "") + run)
            if follows:
                parts[-2:] = [parts[-2] + ("" if run[0] == "-" else " ") + run]
    return "".join(parts)


class _Measuring(RendererSVG):
    """Matplotlib's, but the same words are measured once, not anew for every layout."""

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: bool | Literal["TeX"]
    ) -> tuple[float, float, float]:
        return _measured(s, prop, ismath)


# Matplotlib gives a copy of the font's properties, so nobody changes what is kept here.
@functools.lru_cache(maxsize=4096)
def _measured(
    words: str, font: FontProperties, formula: bool | Literal["TeX"]
) -> tuple[float, float, float]:
    return text_to_path.get_text_width_height_descent(words, font, formula)


def _kept(element: ET.Element, *, defined: bool = False) -> Iterator[ET.Element]:
    """An element in short form, without wrappers that say nothing."""
    tag = element.tag.rpartition("}")[2]
    if tag in ("metadata", "style", "title"):
        return
    attributes = _attributes(element, tag)
    if tag in ("path", "use", "text") and not defined and "fill" not in attributes:
        attributes["fill"] = "#000"  # which Matplotlib leaves unsaid
    defined = defined or tag == "defs"
    children = [kept for child in element for kept in _kept(child, defined=defined)]
    label = element.get("id", "")
    if label.startswith("matplotlib.axis"):
        # Grid lines, ticks and labels, each kind together, so that their looks are said once.
        children.sort(key=lambda child: (_AXIS.get(child.tag, 4), _look(child) or ()))
    children = _grouped(children)
    if tag == "g" and label in WORDS:
        attributes["class"] = label
    if tag in ("g", "defs") and not children:
        return
    if tag == "g" and not attributes:
        yield from children
        return
    made = ET.Element(tag, attributes)
    made.text = element.text if element.text and element.text.strip() else None
    made.extend(children)
    yield made


def _attributes(element: ET.Element, tag: str) -> dict[str, str]:
    given = dict(element.attrib)
    style = given.pop("style", "")
    if _HREF in given:
        given["href"] = given.pop(_HREF).replace("\n", "")
    if tag == "g":
        given.pop("id", None)
    for rule in filter(None, (rule.strip() for rule in style.split(";"))):
        key, _, value = rule.partition(":")
        given[key.strip()] = value.strip().removesuffix("px")
    turned = given.get("transform", "")
    if _NO_TURN.match(turned):
        del given["transform"]
    elif tag == "text" and (moved := _MOVED.fullmatch(turned)):
        del given["transform"]
        given |= {"x": moved[1], "y": moved[2]}
    if "d" in given:
        given["d"] = shortened(given["d"])
    for key in _ROUNDED:
        if key in given:
            given[key] = _rounded(given[key])
    return {key: value for key, value in given.items() if _PLAIN.get(key) != value}


def _rounded(text: str) -> str:
    return _NUMBER.sub(lambda found: _short(round(float(found[0]) * 100)), text)


def _short(hundredths: int) -> str:
    """`.5` for 50, `-3.07` for -307."""
    whole, rest = divmod(abs(hundredths), 100)
    digits = f"{rest:02d}".rstrip("0")
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{whole or ('' if digits else '0')}{'.' + digits if digits else ''}"


def _run(values: Iterable[int]) -> str:
    text = ""
    for value in values:
        number = _short(value)
        text += number if not text or number[0] == "-" else " " + number
    return text


def _grouped(elements: list[ET.Element]) -> list[ET.Element]:
    """Neighbours of one look under one group that says it once."""
    made: list[ET.Element] = []
    for key, run in groupby(elements, _look):
        members = list(run)
        if key is None or len(members) < 3:
            made.extend(members)
            continue
        group = ET.Element("g", dict(key))
        for member in members:
            for name, _ in key:
                del member.attrib[name]
        group.extend(members)
        made.append(group)
    return made


def _look(element: ET.Element) -> tuple[tuple[str, str], ...] | None:
    if element.tag not in ("path", "use", "text"):
        return None
    skipped = {"href"} | ({"clip-path"} if "transform" in element.attrib else set())
    look = tuple((k, v) for k, v in element.attrib.items() if k in _SHARED and k not in skipped)
    return look or None


def _renamed(root: ET.Element) -> None:
    """Ids in order of first use; those nobody refers to are dropped."""
    used: dict[str, str] = {}

    def new(old: str) -> str:
        return used.setdefault(old, f"s{len(used) + 1}")

    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "href" and value.startswith("#"):
                element.set(key, "#" + new(value[1:]))
            elif value.startswith("url(#"):
                element.set(key, REFERENCE.sub(lambda m: f"url(#{new(m[1])})", value))
    shared = {}
    for element in root.iter():
        if (old := element.attrib.pop("id", None)) in used:
            element.set("id", used[old])
            shared[used[old]] = set(element.attrib)
    for element in root.iter("use"):
        # What the shape itself says is not said again where it is used.
        for key in shared.get(element.get("href", "")[1:], set()) & set(element.attrib) - {"id"}:
            del element.attrib[key]


def _plot(root: ET.Element) -> str:
    """The viewBox without the words around the plot."""
    left, top, width, height = (float(n) for n in root.attrib["viewBox"].split())
    bottom = top + height
    for group in root.iter("g"):
        heights = [float(text.get("y", 0)) for text in group.iter("text")]
        if group.get("class") in ("title", "subtitle"):
            top = max(top, *heights) if heights else top
        elif group.get("class") == "source" and heights:
            bottom = min(bottom, *heights)
    top += ABOVE if top else 0
    bottom -= BELOW if bottom < height else 0
    return _rounded(f"{left} {top} {width} {bottom - top}")


def _texts(element: ET.Element, weight: str) -> Iterator[tuple[ET.Element, str]]:
    """Every text with its weight, which a group may have said."""
    weight = element.get("font-weight", weight)
    if element.tag == f"{{{SVG}}}text":
        yield element, weight
        return
    for child in element:
        yield from _texts(child, weight)


@functools.lru_cache(maxsize=64)
def _letters(file: str, letters: str) -> str:
    """A cut of the font with these letters only, in base64."""
    wanted = harfbuzz.SubsetInput()
    wanted.unicode_set.update(ord(letter) for letter in letters)
    wanted.flags = harfbuzz.SubsetFlags.NO_HINTING
    wanted.name_id_set.clear()
    wanted.layout_feature_tag_set.clear()
    # Kerning, which is hardly seen, is longer than the letters.
    wanted.drop_table_tag_set.update(
        int.from_bytes(table, "big") for table in (b"GSUB", b"GPOS", b"GDEF")
    )
    return b64encode(harfbuzz.subset(_face(file), wanted).blob.data).decode("ascii")


@functools.cache
def _face(file: str) -> harfbuzz.Face:
    return harfbuzz.Face(harfbuzz.Blob.from_file_path(FONTS / file))
