"""A drawn figure with what a reader who cannot see it needs, and the house style."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import ArrayLike

from claimbook.charts import vector

STYLE = Path(__file__).with_name("house.mplstyle")
FONTS = Path(__file__).with_name("fonts")

# Colours by meaning, readable for colour-blind eyes (Okabe and Ito's palette, darkened for print).
FALL = "#b5472b"  # losses, and what the claim says
RISE = "#1f7a6d"  # gains
SUBJECT = "#12436d"  # the series the page is about
OTHER = "#8a9199"  # comparison series
BITCOIN = "#c98a1b"
AI = "#6b4c9a"
BAND = "#f3d9a4"  # the printed range
INK = "#1d2328"
MUTED = "#5b6670"
GRID = "#dfe3e6"

WIDTH = 7.2  # inches; one column of the page
PIXELS = 100  # of an inch, where a figure is shown at its own size
LEFT = 0.012  # where titles and sources begin, as a share of the width
CHARACTERS_AN_INCH = 15.5  # of the subtitle's size


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
    for font in sorted(FONTS.glob("*.otf")):
        if str(font) not in {entry.fname for entry in font_manager.fontManager.ttflist}:
            font_manager.fontManager.addfont(font)
    # From Matplotlib's own defaults, so that nobody's matplotlibrc shows in a report.
    with mpl.style.context(STYLE, after_reset=True):
        yield


def new_figure(height: float, *, width: float = WIDTH) -> Figure:
    """An empty figure of the page's width (inches). Call inside `house_style`."""
    return Figure(figsize=(width, height), layout="constrained")


def title(figure: Figure, heading: str, subtitle: str = "") -> None:
    """A descriptive title at the left edge, with units and basis below it, wrapped to the width."""
    lines = textwrap.wrap(subtitle, int(figure.get_figwidth() * CHARACTERS_AN_INCH))
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
    """The source and as-of line below the axes."""
    figure.supxlabel(line, x=LEFT, ha="left", fontsize=7.2, color=MUTED, gid="source")


def label_line(ax: Axes, x: float, y: float, label: str, color: str, **kwargs: object) -> None:
    """A direct label at the end of a line, in the line's colour."""
    ax.annotate(
        label,
        (x, y),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        fontsize=8,
        color=color,
        annotation_clip=False,
        **kwargs,  # type: ignore[arg-type]
    )


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
        return vector.lettered(vector.drawn(figure))
