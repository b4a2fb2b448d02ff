"""A drawn figure with what a reader who cannot see it needs, and the house style."""

import functools
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_hex, to_rgb
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Annotation
from matplotlib.ticker import Formatter, MaxNLocator
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from claimbook import text
from claimbook.charts import vector
from claimbook.language import word

# Where a point stands along an axis: a number or a date.
Place: TypeAlias = Any
# What a label at the end of a line says, where it stands, and the line's colour.
End: TypeAlias = tuple[str, Place, float, str]

STYLE = Path(__file__).with_name("house.mplstyle")
FONTS = Path(__file__).with_name("fonts")

# Colours by meaning, one for each in the whole collection. Those that meet in a figure can be told
# apart by colour-blind eyes, and each line, bar or dot has a name beside it all the same.
SUBJECT = "#12436d"  # what the collection is about: the miners, their shares, what they earn
OTHER = "#7f878f"  # what something is compared with: the market, other spans, ordinary days
BITCOIN = "#c8750a"  # bitcoin and its price
AI = "#6b4c9a"  # AI: its shares, hosting for it, contracts on it
CLOUD = "#b06fc4"  # AI sold by the hour on one's own machines
HASHPRICE = "#6b3a12"  # dollars per unit of hash rate
FEES = "#7482e0"  # fees, beside the subsidy, which is SUBJECT
MICROSOFT = "#0090d8"
LANDLORDS = "#596b12"  # owners of data centres
PRINTED = "#7a5c00"  # what is printed or claimed
FALL = "#b5472b"  # less than before, money that goes out
RISE = "#1f7a6d"  # more than before, money that comes in
BAND = "#f3d9a4"  # the printed range
TINT = "#44729f"  # SUBJECT's second: the other miners, another way to count them
PALE = "#9fb6c9"  # SUBJECT's area: planned, partial, a range
INK = "#1d2328"
MUTED = "#5b6670"
GRID = "#dfe3e6"

WIDTH = 6.4  # inches; one column of the page
PIXELS = 100  # of an inch, where a figure is shown at its own size
LEFT = 0.012  # where titles and sources begin, as a share of the width
CHARACTERS_AN_INCH = 16.2  # of the subtitle's size
READABLE = 4.5  # contrast of small words with the page, WCAG 2.2
APART = 1.5  # points between labels
UNNAMED = "unnamed"  # the id of what would be an axis's name
DASHES = (0, (4, 3))  # of a line that marks a day or a value
# Behind a label that stands on a line.
PLATE = {"facecolor": "white", "edgecolor": "none", "boxstyle": "square,pad=0.1"}


@dataclass(frozen=True)
class Chart:
    """One figure: what it shows in words with numbers (`alt`), and the figures behind it (`data`).

    `name` is the stem of downloads and anchors, unique in a notebook.
    """

    name: str
    figure: Figure
    alt: str
    data: pd.DataFrame


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside this context: the house style and the shipped fonts, whatever the machine has."""
    # Each time, for Matplotlib forgets them where it looks for the system's anew.
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for font in vector.CUTS.values():
        if str(FONTS / font) not in known:
            font_manager.fontManager.addfont(FONTS / font)
    # From Matplotlib's own defaults, so that nobody's matplotlibrc shows in a report.
    with mpl.style.context(_settings(), after_reset=True):
        yield


@functools.cache
def _settings() -> dict[str, Any]:
    """What the house style sets; a process reads it once."""
    return dict(mpl.rc_params_from_file(STYLE, use_default_template=False).items())


def new_figure(height: float, *, width: float = WIDTH) -> Figure:
    """An empty figure of the page's width (inches). Call inside `house_style`."""
    figure = Figure(figsize=(width, height), layout="constrained")
    vector.Canvas(figure)
    return figure


def title(figure: Figure, heading: str, subtitle: str = "") -> None:
    """A descriptive title at the left edge, with units and basis below it, wrapped to the width."""
    lines = textwrap.wrap(
        subtitle, int(figure.get_figwidth() * CHARACTERS_AN_INCH), break_on_hyphens=False
    )
    height = figure.get_figheight()
    figure.text(
        LEFT, 1 - 0.08 / height, heading, va="top", fontsize=11.5, fontweight="semibold",
        color=INK, gid="title",
    )  # fmt: skip
    figure.text(
        LEFT, 1 - 0.33 / height, "\n".join(lines), va="top", fontsize=8.5, color=MUTED,
        linespacing=1.35, gid="subtitle",
    )  # fmt: skip
    # The axes keep clear of the words above them.
    taken = 0.36 + 0.165 * len(lines)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0, 0, 1, 1 - taken / height))


def source(figure: Figure, line: str) -> None:
    """The source and as-of line below the axes; it begins with `Source:`."""
    figure.supxlabel(line, x=LEFT, ha="left", fontsize=7.2, color=MUTED, gid="source")


def label_line(ax: Axes, x: Place, y: float, label: str, color: str) -> Annotation:
    """A direct label at the end of a line, in the line's colour."""
    return ax.annotate(
        label,
        (x, y),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        fontsize=8,
        color=ink(color),
        annotation_clip=False,
        gid="end",
    )


def end_labels(ax: Axes, ends: Iterable[End], *, plate: bool = False) -> None:
    """Labels (words, x, y, colour), each at the end of its own line, none on another.

    Where two would touch, both give way, so that the squares of the steps add up to the least.
    Call after `title`, `source` and the names of axes, which decide how much room there is. `plate`
    hides the grid behind labels that stand inside of the axes.
    """
    listed = list(ends)
    notes = [label_line(ax, x, y, label, color) for label, x, y, color in listed]
    for note in notes if plate else ():
        note.set_bbox(PLATE)
        note.set_zorder(1.5)  # above the grid, below the lines
    figure = ax.get_figure(root=True)
    if not notes or figure is None:
        return
    _quieten(figure)
    usual = figure.dpi
    figure.set_dpi(vector.POINTS)  # in which the canvas measures
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
    places = [(ax.convert_xunits(x), y) for _, x, y, _ in listed]  # type: ignore[no-untyped-call]
    heights = ax.transData.transform(places)[:, 1]
    # From the lowest up; of equal ones, the first in the list goes on top.
    order = sorted(range(len(notes)), key=lambda i: (heights[i], -i))
    tall = np.array([notes[i].get_window_extent().height for i in order])
    steps = np.concatenate([[0.0], np.cumsum((tall[1:] + tall[:-1]) / 2 + APART)])
    # A stack stays beside the axes, as far as it fits there.
    box = ax.get_window_extent()
    lowest, highest = box.y0 + tall[0] / 2, box.y1 - tall[-1] / 2 - steps[-1]
    placed = isotonic_regression(heights[order] - steps).x
    placed = np.clip(placed, min(lowest, highest), highest) + steps
    for i, shift in zip(order, placed - heights[order], strict=True):
        notes[i].set_position((4, round(float(shift), 2)))
    figure.set_dpi(usual)


def last(values: pd.Series) -> tuple[Place, float]:
    """Where a line ends: its last known value, after the place of it."""
    known = values.dropna()
    return known.index[-1], float(known.iloc[-1])


def mark_day(ax: Axes, x: Place, label: str, *, left: bool = False, drop: float = 2) -> None:
    """A dashed upright line at a day, with its name at the top, on its right or `left`."""
    ax.axvline(x, color=MUTED, linewidth=0.9, linestyle=DASHES, zorder=1)  # type: ignore[arg-type]
    ax.annotate(
        label,
        (x, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if left else 4, -drop),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top",
        fontsize=8,
        color=MUTED,
    )


def across(ax: Axes, names: Sequence[str], *, size: float = 8.5) -> None:
    """An axes of rows: their names at the left, grid lines upright, the first row on top.

    Marked names are told here.
    """
    ax.set_yticks(range(len(names)), [word(name) for name in names])
    ax.tick_params(axis="y", labelsize=size, labelcolor=INK)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    if not ax.yaxis_inverted():
        ax.invert_yaxis()


def numbers(axis: Axis, unit: str = "", *, most: int = 8) -> None:
    """Round steps, and tick labels with as many decimals as the steps have."""
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(Even(unit))


def logarithmic(
    ax: Axes, which: Literal["x", "y"], steps: Iterable[float], low: float, high: float
) -> None:
    """A logarithmic scale with those of `steps` as ticks that lie from `low` to `high`."""
    ax.set(**{f"{which}scale": "log"})
    shown = [step for step in steps if low <= step <= high]
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_ticks(shown, [f"{step:g}" for step in shown])
    axis.minorticks_off()


def dates(ax: Axes) -> None:
    """Months and years along the foot, the year where it begins."""
    locator = AutoDateLocator(minticks=3, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    formatter = _Dates(locator, show_offset=False)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(formatter)
    ax.margins(x=0.01)


class _Dates(ConciseDateFormatter):
    """Matplotlib's dates, with the months of the reader's language."""

    def format_ticks(self, values: ArrayLike) -> list[str]:
        labels = super().format_ticks(values)  # type: ignore[no-untyped-call]
        return [re.sub(r"[A-Z][a-z]{2}", lambda month: word(month[0]), label) for label in labels]


class Even(Formatter):
    """Tick labels of one axis with the same number of decimals: as many as any of them needs."""

    def __init__(self, unit: str = "") -> None:
        self.unit = unit
        self.digits = 0

    def format_ticks(self, values: ArrayLike) -> list[str]:
        places = np.asarray(values, dtype=float)
        self.digits = next(
            (d for d in range(4) if np.allclose(places, places.round(d), rtol=0, atol=1e-9)), 4
        )
        return [self(float(place)) for place in places]

    def __call__(self, x: float, pos: int | None = None) -> str:
        # A tick that is nothing but rounding away from zero is zero.
        value = round(x, self.digits) + 0.0
        if not self.unit:
            return text.number(value, self.digits)
        return text.amount(value, self.unit, self.digits)


def ink(color: str) -> str:
    """A colour for small words: its own, or as much darker as words need on white."""
    shade = np.array(to_rgb(color))
    while contrast(to_hex(shade)) < READABLE:  # type: ignore[arg-type]
        shade *= 0.97
    return to_hex(shade)  # type: ignore[arg-type]


def contrast(color: str) -> float:
    """Of a colour with white, by the formula of WCAG 2.2: 1 for white, 21 for black."""
    parts = np.array(to_rgb(color))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ (0.2126, 0.7152, 0.0722) + 0.05))


def strokes(
    ax: Axes, x: ArrayLike, low: ArrayLike, high: ArrayLike, color: str, width: float
) -> None:
    """Many upright strokes as one path, which a page can carry; with `vlines` each is a shape."""
    ends = np.column_stack([low, high, np.full(np.size(x), np.nan)])
    ax.plot(np.repeat(x, 3), ends.ravel(), color=color, linewidth=width, solid_capstyle="butt")


def size(figure: Figure) -> tuple[int, int]:
    """Width and height in pixels at the figure's own size."""
    width, height = figure.get_size_inches() * PIXELS
    return round(width), round(height)


def svg(figure: Figure) -> str:
    """The figure as SVG, equal for equal figures, with the letters it needs in it."""
    with house_style():  # ticks are made, and some settings read, only while drawing
        _quieten(figure)
        return vector.lettered(vector.drawn(figure))


def _quieten(figure: Figure) -> None:
    """Keep what takes no room out of the layout, which would seek a place for it several times.

    Raises ValueError where an axis was given a name after the layout: it would stand anywhere.
    """
    for ax in figure.axes:
        for spine in ax.spines.values():
            spine.set_in_layout(False)
        for axis in (ax.xaxis, ax.yaxis):
            if not axis.get_label_text():
                axis.set_label_coords(0.5, 0.5)
                axis.label.set_gid(UNNAMED)
            elif axis.label.get_gid() == UNNAMED:
                raise ValueError(
                    f"the axis {axis.get_label_text()!r} got its name after the figure was laid "
                    "out; give it before `end_labels`"
                )
