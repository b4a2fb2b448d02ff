"""One quantity over the reports of a sweep. Knows nothing of what the quantity means."""

import numpy as np
import pandas as pd

from claimbook import text
from claimbook.charts import chart
from claimbook.charts.chart import Chart, house_style, new_figure
from claimbook.language import tell, word


def compared(values: pd.DataFrame, heading: str, unit: str, digits: int, source: str) -> Chart:
    """A dot for each report, with its interval where there is one.

    `values` is indexed by the report's name, with value, low and high; missing where unknown.
    """
    y = np.arange(len(values))
    has_interval = values["low"].notna().any()
    with house_style():
        figure = new_figure(0.42 * len(values) + 1.5)
        ax = figure.subplots()
        ax.hlines(y, values["low"], values["high"], color=chart.GRID, linewidth=9)
        ax.scatter(values["value"], y, s=46, color=chart.SUBJECT, zorder=3)
        for place, value in zip(y, values["value"], strict=True):
            if pd.notna(value):
                ax.annotate(
                    text.amount(value, unit, digits), (value, place), xytext=(0, 12.5),
                    textcoords="offset points", ha="center", va="center", fontsize=8,
                    color=chart.INK, bbox=chart.PLATE,
                )  # fmt: skip
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        chart.across(ax, [str(name) for name in values.index], size=8)
        ax.set_ylim(len(values) - 0.5, -0.8)
        chart.numbers(ax.xaxis, unit, most=6)
        dots = (
            tell("One dot a report; grey: its 95 % interval")
            if has_interval
            else tell("One dot a report")
        )
        chart.title(figure, heading, dots)
        chart.source(figure, source)
    of_what = heading[:1].lower() + heading[1:]
    alt = (tell("Dot plot of {heading}:", heading=of_what) + " ") + "; ".join(
        f"{word(str(name))} {text.amount(row.value, unit, digits)}"
        + (
            " "
            + tell(
                "({low} to {high})",
                low=text.amount(row.low, unit, digits),
                high=text.amount(row.high, unit, digits),
            )
            if pd.notna(row.low)
            else ""
        )
        for name, row in values.iterrows()
    )
    return Chart("compared", figure, f"{alt}.", values)
