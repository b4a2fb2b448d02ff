"""The still picture of the explorable valuation: worth by discount rate, one line a start."""

import textwrap

import pandas as pd

from claimbook import text
from claimbook.charts.chart import (
    INK,
    PRINTED,
    SUBJECT,
    TINT,
    Chart,
    Place,
    end_labels,
    house_style,
    last,
    new_figure,
    source,
    title,
)
from claimbook.language import tell, word

# A curve that starts far above the claim would flatten the others.
CEILING = 4


def value_curves(curves: pd.DataFrame, target_busd: float, source_line: str) -> Chart:
    """Net present value (bn USD) by discount rate (the index, percent); one column a line."""
    # This report's two starts in blue, the readings of what is published in its own colour.
    looks = (
        (SUBJECT, "-"),
        (TINT, "-"),
        (PRINTED, "-"),
        (PRINTED, (0, (5, 2))),
        (PRINTED, (0, (1, 1.2))),
    )
    with house_style():
        figure = new_figure(4.4)
        ax = figure.subplots()
        ax.axhline(0, color=INK, linewidth=0.9)
        ax.axhline(target_busd, color=PRINTED, linewidth=1.2)
        top = min(CEILING * target_busd, float(curves.max().max()) * 1.05)
        ends: list[tuple[str, Place, float, str]] = []
        for (name, line), (color, style) in zip(curves.items(), looks, strict=False):
            shown = line[line <= top]
            ax.plot(shown.index, shown, color=color, linestyle=style)  # type: ignore[arg-type]
            ends.append((textwrap.fill(str(name), 26), *last(line), color))
        ax.annotate(
            tell("published: {target}", target=text.amount(target_busd, 'bn USD', 1)),
            (curves.index[-1], target_busd), xytext=(0, 3), textcoords="offset points",
            fontsize=8, color=PRINTED, ha="right",
        )  # fmt: skip
        ax.set(
            xlim=(curves.index[0], curves.index[-1]), ylim=(None, top),
            xlabel=tell("discount rate, percent a year"), ylabel=tell("net present value, bn USD"),
        )  # fmt: skip
        title(
            figure,
            tell("What the same plan is worth under each set of inputs, by discount rate"),
            tell("net present value, bn USD; the tables above hold the inputs"),
        )
        source(figure, source_line)
        end_labels(ax, ends)
    parts = [
        tell(
            "{name}: {first} at {first_day:g} percent, {last} at {last_day:g} percent",
            name=word(str(name)),
            first=text.amount(float(line.iloc[0]), "bn USD", 1),
            first_day=curves.index[0],
            last=text.amount(float(line.iloc[-1]), "bn USD", 1),
            last_day=curves.index[-1],
        )
        for name, line in curves.items()
    ]
    alt = tell(
        "Line chart of net present value by discount rate against the published {target}. {parts}.",
        target=text.amount(target_busd, "bn USD", 1),
        parts="; ".join(parts),
    )
    return Chart("value-by-inputs", figure, alt, curves)
