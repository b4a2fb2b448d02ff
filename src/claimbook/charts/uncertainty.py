"""Figures of the reader's own valuation: yearly flows, steps, ranges, and what moves the value."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from claimbook import text
from claimbook.charts.chart import (
    AI,
    CLOUD,
    FALL,
    GRID,
    INK,
    MUTED,
    OTHER,
    PALE,
    PRINTED,
    RISE,
    SUBJECT,
    TINT,
    Chart,
    house_style,
    new_figure,
    source,
    title,
)
from claimbook.charts.valuation import cells, heatmap, ticks
from claimbook.language import mark, tell, word

FLOWS = {
    "operating": (mark("revenue less running costs and tax"), RISE),
    "site": (mark("sites"), OTHER),
    "gpus": (mark("first GPUs"), FALL),
    "renewals": (mark("renewed GPUs"), "#d98a6f"),
}
BUSINESS = {"cloud": CLOUD, "hosting": AI}


def yearly_flows(frame: pd.DataFrame, cumulative: pd.Series, source_line: str) -> Chart:
    """Flows by year as stacked bars, and their running present value as a line (both bn USD).

    `frame` has years as rows and the columns of `FLOWS`; `cumulative` is the running value.
    """
    with house_style():
        figure = new_figure(3.8)
        ax = figure.subplots()
        below = np.zeros(len(frame))
        for column, (label, color) in FLOWS.items():
            values = frame[column].to_numpy()
            if not values.any():
                continue
            bottom = np.zeros(len(frame)) if column == "operating" else below
            ax.bar(frame.index, values, bottom=bottom, color=color, width=0.72, label=word(label))
            below = below + np.minimum(values, 0)
        ax.plot(cumulative.index, cumulative, color=INK, marker="o", markersize=3.5,
                label=tell("running net present value"))  # fmt: skip
        ax.axhline(0, color=MUTED, linewidth=0.8)
        ax.set(xlabel=tell("year after August 2024"), ylabel=tell("bn USD"))
        ax.set_xticks(list(frame.index))
        ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.22), ncols=3)
        title(
            figure,
            tell("Cash flows by year with the inputs set above"),
            tell("bn USD a year, nominal; line: all flows so far, discounted to year 0"),
        )
        source(figure, source_line)
    lowest, last = (
        text.amount(float(v), "bn USD", 1) for v in (cumulative.min(), cumulative.iloc[-1])
    )
    alt = tell(
        "Stacked bars of yearly cash flows over {count} years. The lowest running "
        "net present value is {lowest}, the last {last}.",
        count=len(frame) - 1,
        lowest=lowest,
        last=last,
    )
    return Chart("yearly-flows", figure, alt, frame.assign(running_npv=cumulative))


def steps_to_target(steps: pd.DataFrame, target_busd: float, source_line: str) -> Chart:
    """NPV after each change of the inputs (rows of `steps`, `npv_busd`), against the target."""
    with house_style():
        figure = new_figure(0.9 + 0.42 * len(steps))
        ax = figure.subplots()
        places = np.arange(len(steps))[::-1]
        values = steps["npv_busd"].to_numpy()
        ax.barh(places, values, color=[SUBJECT, *[TINT] * (len(steps) - 1)], height=0.62)
        _bar_labels(ax, places, values)
        ax.axvline(target_busd, color=PRINTED, linewidth=1.4)
        ax.axvline(0, color=MUTED, linewidth=0.8)
        ax.annotate(
            tell("claimed: {target}", target=text.amount(target_busd, "bn USD", 1)),
            (target_busd, places[0] + 0.42),
            xytext=(-4, 0),
            textcoords="offset points",
            color=PRINTED,
            fontsize=8,
            ha="right",
            va="center",
        )
        ax.set_yticks(places, labels=[word(str(name)) for name in steps.index])
        ax.set(xlabel=tell("net present value, bn USD"))
        ax.margins(x=0.13)
        ax.grid(visible=False, axis="y")
        title(
            figure,
            tell("From benchmarked inputs towards the claim, one change after another"),
            tell("net present value, bn USD; each row keeps the changes of those above it"),
        )
        source(figure, source_line)
    listed = "; ".join(
        f"{word(str(name))}: {text.amount(float(value), 'bn USD', 1)}"
        for name, value in steps["npv_busd"].items()
    )
    claimed = text.amount(target_busd, "bn USD", 1)
    alt = tell(
        "Bars of net present value: {listed}. The claim is {claimed}.",
        listed=listed,
        claimed=claimed,
    )
    return Chart("steps-to-target", figure, alt, steps)


def distributions(
    heights: pd.DataFrame, outcomes: pd.DataFrame, target_busd: float, source_line: str
) -> Chart:
    """Histograms of simulated values, one panel a business, with the target as a line.

    `heights` has lower bin edges as rows (the last is the upper edge) and percent of draws by
    business; `outcomes` has a row a business with `p5`, `p50`, `p95` and `reach_pct`.
    """
    edges = heights.index.to_numpy()
    with house_style():
        figure = new_figure(3.7)
        axes = figure.subplots(len(heights.columns), 1, sharex=True, squeeze=False)[:, 0]
        for order, (ax, name) in enumerate(zip(axes, heights.columns, strict=True)):
            height = heights[name].to_numpy()[:-1]
            top = float(height.max())
            ax.stairs(height, edges, fill=True, color=BUSINESS.get(name, OTHER), alpha=0.85)
            ax.axvline(target_busd, color=PRINTED, linewidth=1.4)
            ax.axvline(0, color=MUTED, linewidth=0.8)
            ax.annotate(
                f"{word(str(name))}: {reach_in_words(float(outcomes.loc[name, 'reach_pct']))}",
                (target_busd, top), xytext=(-6, -2),
                textcoords="offset points", fontsize=8, ha="right", va="top", color=INK,
            )  # fmt: skip
            if order == 0:
                ax.annotate(
                    tell("claimed:\n{target}", target=text.amount(target_busd, "bn USD", 1)),
                    (target_busd, top),
                    xytext=(4, -2),
                    textcoords="offset points",
                    fontsize=8,
                    color=PRINTED,
                    va="top",
                )
            ax.set(ylabel=tell("% of draws"), ylim=(0, None))
        axes[-1].set_xlabel(tell("net present value, bn USD"))
        title(
            figure,
            tell("What the project may be worth when its inputs are uncertain"),
            tell("percent of simulated sets of inputs, by net present value in bn USD"),
        )
        source(figure, source_line)
    said = "; ".join(
        tell(
            "{business}: 5th, 50th and 95th percentile {values}, {share} % of draws reach the "
            "claim",
            business=word(str(name)),
            values=text.listed(
                [text.amount(float(row[p]), "bn USD", 1) for p in ("p5", "p50", "p95")]
            ),
            share=text.number(float(row["reach_pct"]), 2),
        )
        for name, row in outcomes.iterrows()
    )
    alt = tell(
        "Histograms of simulated net present value with a line at the claim. {parts}.", parts=said
    )
    return Chart("distributions", figure, alt, heights)


def shares_by_reading(table: pd.DataFrame, source_line: str) -> Chart:
    """Percent of draws that reach the claim: a row a reading, a dot a column, named in a legend."""
    shades = [INK, SUBJECT, TINT, MUTED]
    markers = ["o", "s", "D", "^"]
    with house_style():
        figure = new_figure(1.9 + 0.46 * len(table))
        ax = figure.subplots()
        places = np.arange(len(table))[::-1]
        for color, marker, (name, shares) in zip(shades, markers, table.items(), strict=False):
            ax.plot(shares, places, marker, color=color, markersize=7, label=word(str(name)))
        for place, (_, row) in zip(places, table.iterrows(), strict=True):
            known = row.dropna()
            ax.hlines(place, known.min(), known.max(), color=GRID, linewidth=1.4, zorder=0)
        ax.set_yticks(places, labels=[word(str(name)) for name in table.index])
        ax.set(xlabel=tell("share of draws that reach the claim, percent"), xlim=(-2, 102))
        ax.set_ylim(-0.6, len(table) - 0.4)
        ax.grid(visible=True, axis="x")
        ax.grid(visible=False, axis="y")
        ax.legend(loc="upper center", bbox_to_anchor=(0.35, -0.24), ncols=4)
        title(
            figure,
            tell("Share of draws that reach the claim, by reading of the yearly amount"),
            tell("percent; each mark is a simulation; the joined choices are named below"),
        )
        source(figure, source_line)
    said = "; ".join(
        f"{word(str(reading))}: "
        + text.listed(
            [
                f"{text.amount(float(v), 'percent', 1)} ({word(str(name))})"
                for name, v in row.dropna().items()
            ]
        )
        for reading, row in table.iterrows()
    )
    alt = tell(
        "Dot chart of the share of draws that reach the claim, by reading. {parts}.", parts=said
    )
    return Chart("shares-by-reading", figure, alt, table)


def tornado(
    table: pd.DataFrame,
    names: Mapping[str, str],
    base_busd: float,
    target_busd: float,
    source_line: str,
) -> Chart:
    """Each input from its 10th to its 90th percentile, the others unchanged: the value's span."""
    with house_style():
        figure = new_figure(1.1 + 0.34 * len(table))
        ax = figure.subplots()
        places = np.arange(len(table))[::-1]
        for place, row in zip(places, table.itertuples(), strict=True):
            ends = [(row.at_low, row.low_input, PALE), (row.at_high, row.high_input, SUBJECT)]
            for value, _, color in ends:
                ax.barh(place, value - base_busd, left=base_busd, color=color, height=0.6)
            # The smaller value is labelled on the left of the bar, the greater on the right.
            smaller, greater = sorted(ends, key=lambda end: float(end[0]))
            for (value, end, _), side, shift in ((smaller, "right", -3), (greater, "left", 3)):
                at = min(value, base_busd) if side == "right" else max(value, base_busd)
                ax.annotate(
                    _plain(end), (at, place), xytext=(shift, 0), textcoords="offset points",
                    fontsize=7.5, color=MUTED, va="center", ha=side,
                )  # fmt: skip
        ax.axvline(base_busd, color=INK, linewidth=0.9)
        ax.axvline(target_busd, color=PRINTED, linewidth=1.4)
        ax.annotate(
            tell("claimed"), (target_busd, places[0]), xytext=(-4, 0), textcoords="offset points",
            fontsize=8, color=PRINTED, ha="right", va="center",
        )  # fmt: skip
        ax.set_yticks(places, labels=[word(names[name]) for name in table.index])
        ax.set(xlabel=tell("net present value, bn USD"))
        ax.margins(x=0.09)
        ax.grid(visible=False, axis="y")
        title(
            figure,
            tell("One input at a time, from a low to a high value"),
            tell(
                "net present value, bn USD; pale: the input at its 10th percentile, "
                "strong: at its 90th; others unchanged"
            ),
        )
        source(figure, source_line)
    widest = table.iloc[0]
    alt = tell(
        "Tornado chart around {base}. The widest bar is {names}: {at_low} to "
        "{at_high}. The claim is {target}.",
        base=text.amount(base_busd, "bn USD", 1),
        names=names[str(table.index[0])],
        at_low=text.amount(float(widest["at_low"]), "bn USD", 1),
        at_high=text.amount(float(widest["at_high"]), "bn USD", 1),
        target=text.amount(target_busd, "bn USD", 1),
    )
    return Chart("tornado", figure, alt, table)


def shares_of_uncertainty(
    sobol: pd.DataFrame, shapley: pd.DataFrame, names: Mapping[str, str], source_line: str
) -> Chart:
    """First-order and total Sobol indices and Shapley effects by input, with their intervals."""
    table = sobol.join(shapley).sort_values("total", kind="stable")
    series = {
        "first": (tell("alone (Sobol first-order)"), OTHER, "o", 0.2),
        "total": (tell("with others (Sobol total)"), SUBJECT, "s", 0.0),
        "effect": (tell("fair share if correlated (Shapley)"), TINT, "D", -0.2),
    }
    with house_style():
        figure = new_figure(1.3 + 0.38 * len(table))
        ax = figure.subplots()
        places = np.arange(len(table))
        for column, (label, color, marker, shift) in series.items():
            ax.hlines(places + shift, table[f"{column}_low"], table[f"{column}_high"], color=color,
                      linewidth=1.6)  # fmt: skip
            ax.plot(table[column], places + shift, marker, color=color, markersize=4.5, label=label)
        ax.axvline(0, color=MUTED, linewidth=0.8)
        ax.set_yticks(places, labels=[word(names[str(name)]) for name in table.index])
        ax.set(xlabel=tell("share of the variance of the net present value"))
        ax.grid(visible=True, axis="x")
        ax.grid(visible=False, axis="y")
        ax.legend(loc="lower right")
        title(
            figure,
            tell("Which input the uncertainty of the value comes from"),
            tell("share of the variance, 0 to 1; lines: 95 % intervals over repeated simulations"),
        )
        source(figure, source_line)
    top = table.iloc[::-1]
    said = "; ".join(
        tell(
            "{input}: first {first}, total {total}, Shapley {effect}",
            input=word(names[str(name)]),
            first=text.number(row["first"], 2),
            total=text.number(row["total"], 2),
            effect=text.number(row["effect"], 2),
        )
        for name, row in top.iterrows()
    )
    alt = tell("Dot chart of shares of variance by input, largest first. {parts}.", parts=said)
    return Chart("shares-of-uncertainty", figure, alt, top)


def two_maps(
    grids: Sequence[pd.DataFrame],
    axes_labels: Sequence[tuple[str, str]],
    target_busd: float,
    here: Sequence[tuple[float, float]],
    source_line: str,
) -> Chart:
    """NPV over pairs of inputs, side by side, with the contour of the target.

    The present inputs (`here`) are a point. `axes_labels` are (across, down) with units.
    """
    with house_style():
        figure = new_figure(3.7)
        axes = figure.subplots(1, len(grids))
        reached = []
        for ax, grid, (across, down), (x, y) in zip(axes, grids, axes_labels, here, strict=True):
            heatmap(ax, grid, target_busd, bar_label="bn USD")
            to_x, to_y = cells(grid.columns), cells(grid.index)
            values = grid.to_numpy()
            reached.append(bool((values >= target_busd).any()))
            if reached[-1]:
                ax.contour(
                    np.arange(values.shape[1]) + 0.5, np.arange(values.shape[0]) + 0.5, values,
                    levels=[target_busd], colors=[INK], linewidths=2,
                )  # fmt: skip
            ax.plot([float(to_x(x))], [float(to_y(y))], "o", color=INK, markersize=6,
                    markeredgecolor="white")  # fmt: skip
            ticks(ax, grid, to_x, to_y, count=5)
            ax.set(xlabel=across, ylabel=down)
            ax.tick_params(color=GRID)
        title(
            figure,
            tell("Pairs of inputs and the value they give"),
            tell("line: pairs that give the claim; point: inputs set above; shading: bn USD"),
        )
        source(figure, source_line)
    said = []
    for grid, (across, down), yes in zip(grids, axes_labels, reached, strict=True):
        values = grid.to_numpy()
        said.append(
            (
                tell(
                    "{down} over {across}: from {lowest} to {highest},",
                    down=down,
                    across=across,
                    lowest=text.amount(float(values.min()), "bn USD", 0),
                    highest=text.amount(float(values.max()), "bn USD", 0),
                )
                + " "
            )
            + (
                tell("part of the map reaches the claim")
                if yes
                else tell("nothing on it reaches the claim")
            )
        )
    alt = tell("Two maps of net present value. {parts}.", parts="; ".join(said))
    data = pd.concat(
        {tell("map {i}", i=i + 1): grid.stack().rename("npv_busd") for i, grid in enumerate(grids)}
    ).reset_index()
    data.columns = pd.Index(["map", "down", "across", "npv_busd"])
    return Chart("two-maps", figure, alt, data.set_index("map"))


def reach_in_words(percent: float) -> str:
    """How many draws reach the claim, on two short lines."""
    if percent == 0:
        return tell("no draw\nreaches the claim")
    return tell("{percent} % of draws\nreach the claim", percent=text.number(percent, 2))


def _bar_labels(ax: Axes, places: np.ndarray, values: np.ndarray) -> None:  # type: ignore[type-arg]
    for place, value in zip(places, values, strict=True):
        ax.annotate(
            text.number(float(value), 1), (max(value, 0.0), place), xytext=(4, 0),
            textcoords="offset points", fontsize=8, va="center", color=INK, fontweight="semibold",
        )  # fmt: skip


def _plain(value: float) -> str:
    return text.number(value, 0 if abs(value) >= 100 or value == int(value) else 1)
