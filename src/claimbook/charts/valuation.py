"""Figures of the valuation: which inputs reach the claimed value, at what rate, and what came."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.ticker import MaxNLocator

from claimbook import text
from claimbook.analysis.valuation import GroupValue
from claimbook.charts.chart import (
    DASHES,
    GRID,
    INK,
    MUTED,
    OTHER,
    PRINTED,
    SUBJECT,
    TINT,
    Chart,
    dates,
    end_labels,
    house_style,
    last,
    new_figure,
    source,
    title,
)
from claimbook.language import tell, word

# Below nothing reddish, above it bluish, white where a project is worth what it costs.
WORTH = LinearSegmentedColormap.from_list("worth", ["#d98a6f", "#ffffff", "#8fb3cf"])


def reachable_map(
    grid: pd.DataFrame,
    lines: Mapping[str, pd.Series],
    target_busd: float,
    benchmarks: Mapping[str, float],
    source_line: str,
) -> Chart:
    """NPV over discount rate (columns, percent) and GPU cost (rows, m USD per MW).

    `lines` are, for each reading of the inputs, the GPU cost by rate at which the value is
    `target_busd`; the first belongs to the shading. `benchmarks` are GPU costs seen in contracts.
    """
    with house_style():
        figure = new_figure(4.9)
        ax = figure.subplots()
        heatmap(ax, grid, target_busd)
        to_x, to_y = cells(grid.columns), cells(grid.index)
        styles = [(INK, "-"), (SUBJECT, "--"), (MUTED, ":")]
        for order, (name, line) in enumerate(lines.items()):
            color, style = styles[order % len(styles)]
            inside = line[(line >= grid.index[0]) & (line <= grid.index[-1])]
            if inside.empty:
                continue
            x, y = to_x(inside.index.to_numpy()), to_y(inside.to_numpy())
            ax.plot(x, y, color=color, linestyle=style, linewidth=2.2)
            # The label runs along its line, a little above it, where no benchmark crosses it.
            at = next(
                (
                    begin
                    for begin in (len(x) // 5, 2 * len(x) // 5, len(x) // 2, len(x) // 10)
                    if not any(
                        y[begin + len(x) // 4] < to_y(cost) < y[begin] + 0.06 * len(grid)
                        for cost in benchmarks.values()
                    )
                ),
                len(x) // 5,
            )
            slope = np.degrees(np.arctan2(y[-1] - y[at], x[-1] - x[at]))
            ax.text(
                x[at],
                y[at] + 0.024 * len(grid),
                name,
                rotation=slope,
                rotation_mode="anchor",
                transform_rotates_text=True,
                fontsize=8,
                color=color,
                fontweight="semibold",
            )
        for name, cost in benchmarks.items():
            ax.axhline(float(to_y(cost)), color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
            ax.annotate(
                name, (grid.shape[1], float(to_y(cost))), xytext=(-4, 3),
                textcoords="offset points", fontsize=7.5, color=MUTED, ha="right",
            )  # fmt: skip
        ticks(ax, grid, to_x, to_y)
        ax.set(xlabel=tell("discount rate, percent a year"), ylabel=tell("GPU cost, m USD per MW"))
        title(
            figure,
            tell("Discount rates and GPU costs that together give VanEck's figure"),
            tell(
                "on each line the project is worth {target}; shading: its value if the "
                "yearly amount is profit",
                target=text.amount(target_busd, "bn USD", 1),
            ),
        )
        source(figure, source_line)
    alt = (
        (tell("Map of net present value over discount rate and GPU cost.") + " ")
        + " ".join(_line_in_words(name, line, grid, target_busd) for name, line in lines.items())
        + (
            " "
            + tell(
                "The shading runs from {lowest} to {highest}.",
                lowest=text.amount(float(grid.to_numpy().min()), "bn USD", 0),
                highest=text.amount(float(grid.to_numpy().max()), "bn USD", 0),
            )
        )
    )
    data = pd.DataFrame(lines).rename_axis("discount_rate_pct")
    return Chart("reachable-map", figure, alt, data)


def value_against_rate(
    values: pd.DataFrame,
    target_busd: float,
    crossings: Mapping[int, float],
    usual: tuple[float, float],
    source_line: str,
) -> Chart:
    """Value of the yearly amounts by discount rate, one line a first year of profit.

    `values` has rates (percent) as rows and first years as columns, bn USD; `crossings` are the
    rates at which each is worth `target_busd`; `usual` is the band of usual rates.
    """
    with house_style():
        figure = new_figure(3.9)
        ax = figure.subplots()
        ax.axvspan(*usual, color=GRID, alpha=0.8, linewidth=0, zorder=0)
        ax.axhline(target_busd, color=PRINTED, linewidth=1.2)
        shades = [SUBJECT, TINT, OTHER]
        ends = []
        for (first, line), color in zip(values.items(), shades, strict=False):
            ax.plot(line.index, line, color=color)
            rate = crossings[int(str(first))]
            ax.plot([rate], [target_busd], "o", color=color, markersize=5)
            ends.append(
                (
                    tell("year {first}: {rate}", first=first, rate=text.amount(rate, "percent", 1)),
                    *last(line),
                    color,
                )
            )
        top = float(values.to_numpy().max())
        low = values.index[0]
        ax.annotate(
            tell("claimed: {target}", target=text.amount(target_busd, 'bn USD', 1)),
            (low, target_busd), xytext=(4, 4), textcoords="offset points", fontsize=8,
            color=PRINTED,
        )  # fmt: skip
        ax.annotate(
            tell("usual\nrates"), (sum(usual) / 2, top), xytext=(0, -2), textcoords="offset points",
            fontsize=8, color=MUTED, ha="center", va="top",
        )  # fmt: skip
        ax.set(
            xlim=(low, values.index[-1]), ylim=(0, None),
            xlabel=tell("discount rate, percent a year"), ylabel=tell("value at year 0, bn USD"),
        )  # fmt: skip
        title(
            figure,
            tell("What the published yearly amounts are worth, by discount rate"),
            tell(
                "bn USD before any cost; at the ends: the first year of profit, and the "
                "rate at which the line meets the claim"
            ),
        )
        source(figure, source_line)
        end_labels(ax, ends)
    met = text.listed(
        [
            tell(
                "{rate} with the first in year {first}",
                rate=text.amount(rate, "percent", 1),
                first=first,
            )
            for first, rate in crossings.items()
        ]
    )
    alt = tell(
        "Line chart: the value of the published yearly amounts falls as the discount "
        "rate rises. It equals {target} at {met}; rates from {first:g} to {usual:g} "
        "percent are shaded as usual.",
        target=text.amount(target_busd, "bn USD", 1),
        met=met,
        first=usual[0],
        usual=usual[1],
    )
    return Chart("value-against-rate", figure, alt, values)


def group_against_line(group: GroupValue, source_line: str) -> Chart:
    """Market value of JPMorgan's group by date, derived levels hollow, against base plus claim."""
    levels = group.levels
    with house_style():
        figure = new_figure(3.9)
        ax = figure.subplots()
        days = [group.base_date, *levels.index]
        values = [group.base_busd, *levels["market_cap_usd_bn"]]
        ax.plot(days, values, color=SUBJECT, linewidth=1.2, alpha=0.7)
        said = levels["certainty"] != "derived"
        ax.plot(
            levels.index[said], levels["market_cap_usd_bn"][said], "o", color=SUBJECT, markersize=5
        )
        hollow = [group.base_date, *levels.index[~said]]
        ax.plot(
            hollow, [group.base_busd, *levels["market_cap_usd_bn"][~said]], "o",
            markerfacecolor="white", markeredgecolor=SUBJECT, markersize=5, linestyle="none",
        )  # fmt: skip
        ax.axhline(group.base_busd, color=OTHER, linewidth=0.9, linestyle=DASHES)
        ax.axhline(group.line_busd, color=PRINTED, linewidth=1.3)
        ax.annotate(
            tell(
                "base + {target} = {line}",
                target=text.amount(group.target_busd, "bn USD", 1),
                line=text.amount(group.line_busd, "bn USD", 1),
            ),
            (group.base_date, group.line_busd),
            xytext=(0, 4),
            textcoords="offset points",
            fontsize=8,
            color=PRINTED,
        )
        ax.annotate(
            tell(
                "base, {base_date:%Y-%m-%d}: {base}",
                base_date=group.base_date,
                base=text.amount(group.base_busd, "bn USD", 1),
            ),
            (levels.index[-1], group.base_busd),
            xytext=(0, -4),
            textcoords="offset points",
            fontsize=8,
            color=MUTED,
            va="top",
            ha="right",
        )
        if group.passed_on is not None:
            level = float(levels.loc[group.passed_on, "market_cap_usd_bn"])
            ax.annotate(
                f"{group.passed_on:%Y-%m-%d}: {text.amount(level, 'bn USD', 1)}",
                (group.passed_on, level), xytext=(-6, 4), textcoords="offset points", fontsize=8,
                color=SUBJECT, ha="right", fontweight="semibold",
            )  # fmt: skip
        dates(ax)
        ax.set(ylim=(0, None), ylabel=tell("market value, bn USD"))
        ax.margins(y=0.12)
        title(
            figure,
            tell("Market value of JPMorgan's group of listed miners"),
            tell("bn USD; filled: level as reported, hollow: level derived from reported changes"),
        )
        source(figure, source_line)
    passed = (
        tell("It never reaches it.")
        if group.passed_on is None
        else tell(
            "The first level above it is that of {passed_on:%Y-%m-%d}.", passed_on=group.passed_on
        )
    )
    last = float(levels["market_cap_usd_bn"].iloc[-1])
    alt = tell(
        "Line chart of the group's market value from {base_date:%Y-%m-%d} ({base}) "
        "to {last_day:%Y-%m-%d} ({last}), with a line at {line}. {passed}",
        base_date=group.base_date,
        base=text.amount(group.base_busd, "bn USD", 1),
        last_day=levels.index[-1],
        last=text.amount(last, "bn USD", 1),
        line=text.amount(group.line_busd, "bn USD", 1),
        passed=passed,
    )
    columns = ["market_cap_usd_bn", "gain_busd", "n_companies", "certainty"]
    return Chart("group-value", figure, alt, levels[columns])


def source_text(what: str, edition: str) -> str:
    """The source and as-of line under a figure."""
    return tell("Source: {what}; claimbook edition {edition}", what=word(what), edition=edition)


def heatmap(
    ax: Axes,
    grid: pd.DataFrame,
    target_busd: float,
    *,
    bar_label: str = tell("net present value, bn USD"),
) -> None:
    """NPV over two inputs as shading (seaborn), white at the target; rows rise upwards."""
    low, high = float(grid.to_numpy().min()), float(grid.to_numpy().max())
    norm = TwoSlopeNorm(target_busd, min(low, target_busd - 1), max(high, target_busd + 1))
    sns.heatmap(
        grid,
        ax=ax,
        cmap=WORTH,
        norm=norm,
        xticklabels=False,
        yticklabels=False,
        rasterized=True,  # one picture of cells, not thousands of shapes with seams
        cbar_kws={"label": bar_label, "pad": 0.02, "aspect": 30},
    )
    ax.invert_yaxis()
    bar = ax.collections[0].colorbar
    if bar is not None:
        bar.outline.set_visible(False)  # type: ignore[operator]
    ax.grid(visible=False)


def cells(values: Sequence[float] | pd.Index) -> "np.poly1d":
    """From a value to a heatmap's coordinate: cells are one wide, their centres at 0.5, 1.5 …"""
    step = float(values[1]) - float(values[0])
    return np.poly1d([1 / step, 0.5 - float(values[0]) / step])


def ticks(
    ax: Axes, grid: pd.DataFrame, to_x: "np.poly1d", to_y: "np.poly1d", *, count: int = 8
) -> None:
    """Round numbers, at most `count` + 1, on both axes of a heatmap."""
    for axis, values, place in ((ax.xaxis, grid.columns, to_x), (ax.yaxis, grid.index, to_y)):
        low, high = float(values[0]), float(values[-1])
        marks = [
            m
            for m in MaxNLocator(count, steps=[1, 2, 5, 10]).tick_values(low, high)
            if low <= m <= high
        ]
        axis.set_ticks([float(place(mark)) for mark in marks], labels=[f"{m:g}" for m in marks])
    ax.tick_params(axis="both", length=3, color=GRID)


def _line_in_words(name: str, line: pd.Series, grid: pd.DataFrame, target_busd: float) -> str:
    known = line.dropna()
    if known.empty:
        return tell(
            "{name}: no GPU cost gives {target}.",
            name=word(str(name)),
            target=text.amount(target_busd, "bn USD", 1),
        )
    return tell(
        "{name}: {target} is met from {first} at {first_day} to {last} at {last_day}.",
        name=word(str(name)),
        target=text.amount(target_busd, "bn USD", 1),
        first=text.amount(float(known.iloc[0]), "m USD per MW", 1),
        first_day=text.amount(float(known.index[0]), "percent", 0),
        last=text.amount(float(known.iloc[-1]), "m USD per MW", 1),
        last_day=text.amount(float(known.index[-1]), "percent", 0),
    )
