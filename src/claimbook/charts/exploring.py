"""The still picture of the explorable valuation: worth by discount rate, one line a start."""

import pandas as pd

from claimbook import text
from claimbook.charts.chart import (
    AI,
    FALL,
    GRID,
    MUTED,
    OTHER,
    RISE,
    SUBJECT,
    Chart,
    house_style,
    label_line,
    new_figure,
    source,
    title,
)

# A curve that starts far above the claim would flatten the others.
CEILING = 4


def value_curves(curves: pd.DataFrame, target_busd: float, source_line: str) -> Chart:
    """Net present value (bn USD) by discount rate (the index, percent); one column a line."""
    colors = (SUBJECT, OTHER, AI, RISE, MUTED)
    with house_style():
        figure = new_figure(4.2)
        ax = figure.subplots()
        ax.axhline(0, color=GRID, linewidth=1.2)
        ax.axhline(target_busd, color=FALL, linewidth=1.2)
        low, high = float(curves.min().min()), float(curves.max().max())
        top = min(CEILING * target_busd, high * 1.05)
        ends = _apart(curves.iloc[-1], (top - low) / 19)
        for (name, line), color in zip(curves.items(), colors, strict=False):
            shown = line[line <= top]
            ax.plot(shown.index, shown, color=color)
            label_line(ax, float(curves.index[-1]), ends[str(name)], str(name), color)
        ax.annotate(
            f"published: {text.amount(target_busd, 'bn USD', 1)}",
            (curves.index[-1], target_busd), xytext=(0, 3), textcoords="offset points",
            fontsize=8, color=FALL, ha="right",
        )  # fmt: skip
        ax.set(
            xlim=(curves.index[0], curves.index[-1]), ylim=(None, top),
            xlabel="discount rate, percent a year", ylabel="net present value, bn USD",
        )  # fmt: skip
        title(
            figure,
            "What the same plan is worth under each set of inputs, by discount rate",
            "net present value, bn USD; the tables above hold the inputs",
        )
        source(figure, source_line)
    parts = [
        f"{name}: {text.amount(float(line.iloc[0]), 'bn USD', 1)} at {curves.index[0]:g} percent, "
        f"{text.amount(float(line.iloc[-1]), 'bn USD', 1)} at {curves.index[-1]:g} percent"
        for name, line in curves.items()
    ]
    alt = (
        "Line chart of net present value by discount rate against the published "
        f"{text.amount(target_busd, 'bn USD', 1)}. {'; '.join(parts)}."
    )
    return Chart("value-by-inputs", figure, alt, curves)


def _apart(ends: pd.Series, gap: float) -> dict[str, float]:
    """Heights of the labels at the lines' ends, in the lines' order, at least `gap` apart."""
    placed: dict[str, float] = {}
    last = float("-inf")
    for name, end in ends.sort_values().items():
        last = max(float(end), last + gap)
        placed[str(name)] = last
    return placed
