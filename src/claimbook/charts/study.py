"""Charts of an event study: how unusual a day was, what moved it, how far the choices matter."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from claimbook import text
from claimbook.analysis.activity import Activity
from claimbook.analysis.attribution import Attribution
from claimbook.analysis.dose import DoseResponse
from claimbook.analysis.eventstudy import ModelStudy
from claimbook.analysis.intraday import Intraday
from claimbook.analysis.specification import Curve
from claimbook.charts import chart
from claimbook.charts.chart import Chart, house_style, new_figure
from claimbook.language import mark, tell, word

MARK = 0.3  # height of a mark below the specification curve, in rows
FACTOR_NAMES = {"market": mark("Market"), "bitcoin": mark("Bitcoin"), "ai": mark("AI basket")}
FACTOR_COLORS = {"market": chart.OTHER, "bitcoin": chart.BITCOIN, "ai": chart.AI}


def other_days(one: ModelStudy, event_date: str, source: str) -> Chart:
    """The shares' mean abnormal return on every other day (histogram) and on the event (line).

    `one.days` has aar_pct by day.
    """
    values = one.days["aar_pct"]
    with house_style():
        figure = new_figure(3.2)
        ax = figure.subplots()
        sns.histplot(values, bins=40, color=chart.OTHER, alpha=0.75, edgecolor="white", ax=ax)
        ax.axvline(one.aar_pct, color=chart.SUBJECT, linewidth=2)
        top = ax.get_ylim()[1]
        ax.annotate(
            f"{event_date}: {text.amount(one.aar_pct, 'percent', 1)}", (one.aar_pct, top),
            xytext=(-5, -4), textcoords="offset points", ha="right", va="top", fontsize=8.5,
            color=chart.SUBJECT, bbox=chart.PLATE,
        )  # fmt: skip
        chart.numbers(ax.xaxis, "percent")
        ax.set_xlabel("")
        ax.set_ylabel(tell("days"))
        chart.title(
            figure,
            tell("The day among all other days"),
            tell(
                "Mean change of the shares beyond what the model expects, percent; each "
                "day judged by a model fitted before it ({model})",
                model=one.model.label,
            ),
        )
        chart.source(figure, source)
    deeper = int((values <= one.aar_pct).sum())
    alt = tell(
        "Histogram of the mean abnormal return on {count} other days, from {lowest} "
        "to {highest}. The event stands at {event}; {deeper} other days were as low or "
        "lower.",
        count=len(values),
        lowest=text.amount(float(values.min()), "percent"),
        highest=text.amount(float(values.max()), "percent"),
        event=text.amount(one.aar_pct, "percent"),
        deeper=deeper,
    )
    return Chart("other-days", figure, alt, one.days[["aar_pct"]].rename_axis("date"))


def single_shares(one: ModelStudy, event_date: str, source: str) -> Chart:
    """Each share's abnormal return (dot) with its 95 % prediction interval around zero (bar)."""
    table = one.shares.sort_values("ar_pct", ascending=False)
    half = (table["high_pct"] - table["low_pct"]) / 2
    y = np.arange(len(table))
    with house_style():
        figure = new_figure(0.42 * len(table) + 1.5)
        ax = figure.subplots()
        ax.use_sticky_edges = False  # room beyond the widest bar
        ax.barh(y, 2 * half, left=-half, height=0.5, color=chart.GRID)
        colors = [
            chart.SUBJECT if abs(v) <= h else chart.RISE if v > 0 else chart.FALL
            for v, h in zip(table["ar_pct"], half, strict=True)
        ]
        ax.scatter(table["ar_pct"], y, s=44, color=colors, zorder=3)
        for position, value in zip(y, table["ar_pct"], strict=True):
            ax.annotate(
                text.amount(value, "percent", 1), (value, position), xytext=(0, 12.5),
                textcoords="offset points", ha="center", va="center", fontsize=8,
                color=chart.INK, bbox=chart.PLATE,
            )  # fmt: skip
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        chart.across(ax, [str(t) for t in table.index], size=9)
        chart.numbers(ax.xaxis, "percent")
        ax.set_ylim(len(table) - 0.5, -0.75)
        chart.title(
            figure,
            tell("Each share beyond what the market and bitcoin explain"),
            tell(
                "Percent on {event_date}; grey: where 95 of 100 ordinary days of that "
                "share would lie",
                event_date=event_date,
            ),
        )
        chart.source(figure, source)
    alt = (tell("Dot plot of abnormal returns:") + " ") + "; ".join(
        tell(
            "{share} {change} (ordinary: ± {ordinary})",
            share=t,
            change=text.amount(v, "percent", 1),
            ordinary=text.amount(h, "percent", 1),
        )
        for t, v, h in zip(table.index, table["ar_pct"], half, strict=True)
    )
    data = table[["return_pct", "normal_pct", "ar_pct", "low_pct", "high_pct"]]
    return Chart("single-shares", figure, f"{alt}.", data)


def parts(split: Attribution, event_date: str, source: str) -> Chart:
    """The mean return split among factors and the rest: Shapley values, range over orders."""
    table = split.table
    # The constant and the rest hold in every order, so that all parts add up to the change.
    fixed = [100 * split.constant_alone, 100 * split.abnormal]
    names = [FACTOR_NAMES.get(str(f), str(f)) for f in table.index]
    names += [tell("Usual daily drift"), tell("Not explained")]
    values = [*(100 * table["shapley"]), *fixed]
    low = [*(100 * table["order_low"]), *fixed]
    high = [*(100 * table["order_high"]), *fixed]
    y = np.arange(len(names))
    with house_style():
        figure = new_figure(0.5 * len(names) + 1.5)
        ax = figure.subplots()
        colors = [FACTOR_COLORS.get(str(f), chart.OTHER) for f in table.index]
        colors += [chart.PALE, chart.SUBJECT]
        ax.barh(y, values, height=0.55, color=colors)
        ax.hlines(y, low, high, color=chart.INK, linewidth=1.2)
        for position, value in zip(y, values, strict=True):
            ax.annotate(
                text.amount(value, "percent", 1), (max(value, 0), position), xytext=(6, 0),
                textcoords="offset points", va="center", fontsize=8.5, color=chart.INK,
            )  # fmt: skip
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        chart.across(ax, names, size=9)
        chart.numbers(ax.xaxis, "percent")
        ax.set_ylim(len(names) - 0.4, -0.6)
        span = max(map(abs, [*low, *high]))
        ax.set_xlim(min(*low, 0) - 0.05 * span, max(*high, 0) + 0.22 * span)
        chart.title(
            figure,
            tell("What moved the shares' mean"),
            tell(
                "Percent on {event_date}; bars: mean over all orders in which the "
                "factors can be counted, thin lines: smallest and largest part over "
                "these orders",
                event_date=event_date,
            ),
        )
        chart.source(figure, source)
    alt = (
        (
            tell(
                "Bar chart splitting the mean change of {observed}:",
                observed=text.amount(100 * split.observed, "percent"),
            )
            + " "
        )
        + "; ".join(
            f"{word(n)} {text.amount(v, 'percent')}"
            + (
                " "
                + tell(
                    "(from {low} to {high})",
                    low=text.amount(a, "percent"),
                    high=text.amount(b, "percent"),
                )
                if a < b
                else ""
            )
            for n, v, a, b in zip(names, values, low, high, strict=True)
        )
        + "."
    )
    data = pd.DataFrame({"part_pct": values, "lowest_pct": low, "highest_pct": high}, index=names)
    return Chart("parts", figure, alt, data.rename_axis("factor"))


def specification_curve(curve: Curve, event_date: str, source: str) -> Chart:
    """All declared ways to ask, sorted by estimate, with the choices that each makes."""
    table = curve.table
    low, high = 100 * table["low"], 100 * table["high"]
    x = np.arange(len(table))
    choices = {"window": "window", "model": "model", "shares": "shares"}
    rows: list[tuple[str, np.ndarray]] = []
    for column in choices:
        for value in dict.fromkeys(sorted(table[column])):
            rows.append(
                (
                    str(value).replace("_", " + ").replace("-", text.MINUS),
                    (table[column] == value).to_numpy(),
                )
            )
    with house_style():
        figure = new_figure(5.2)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2.4))
        chart.strokes(above, x, low, high, chart.GRID, 0.9)
        significant = (table["p_value"] < curve.level).to_numpy()
        for which, color in ((significant, chart.SUBJECT), (~significant, chart.OTHER)):
            above.scatter(
                x[which], 100 * table["estimate"][which], s=5, color=color, linewidth=0, zorder=3
            )
        above.axhline(0, color=chart.INK, linewidth=0.9)
        chart.numbers(above.yaxis, "percent")
        for position, (_, flags) in enumerate(rows):
            middle = np.full(flags.sum(), float(position))
            chart.strokes(below, x[flags], middle - MARK / 2, middle + MARK / 2, chart.INK, 0.5)
        below.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=7)
        below.set_ylim(len(rows) - 0.5, -0.5)
        below.grid(visible=False)
        below.set_xticks([])
        below.set_xlabel(tell("specifications, sorted by estimate"))
        chart.title(
            figure,
            tell("Every declared way to ask the question"),
            tell(
                "Mean change beyond the model around {event_date}, percent, with "
                "intervals of {level} %; blue: differs from zero; marks below: the "
                "window, model and set of shares of each",
                event_date=event_date,
                level=text.number(100 * (1 - curve.level), 0),
            ),
        )
        chart.source(figure, source)
    estimate = 100 * table["estimate"]
    alt = tell(
        "Specification curve of {count} estimates from {lowest} to {highest}, median "
        "{median}. {significant} differ from zero at the {level} % level.",
        count=len(table),
        lowest=text.amount(float(estimate.min()), "percent", 1),
        highest=text.amount(float(estimate.max()), "percent", 1),
        median=text.amount(float(estimate.median()), "percent", 1),
        significant=int(significant.sum()),
        level=text.number(100 * curve.level, 0),
    )
    shown = ["estimate", "error", "low", "high"]
    data = table.drop(columns=shown).join((100 * table[shown]).add_suffix("_pct"))
    return Chart("specification-curve", figure, alt, data)


def dose(response: DoseResponse, event_date: str, source: str) -> Chart:
    """Abnormal return of each miner against its signed AI contracts, with the fitted line."""
    table = response.table
    x, y = 100 * table["exposure"], 100 * table["ar"]
    with house_style():
        figure = new_figure(3.7)
        ax = figure.subplots()
        ends = np.array([float(x.min()), float(x.max())])
        ax.plot(
            ends,
            100 * (response.intercept + response.slope * ends / 100),
            color=chart.SUBJECT,
            linewidth=1.4,
        )
        held = table["exposure"] > 0
        ax.scatter(x, y, s=34, color=[chart.SUBJECT if h else chart.OTHER for h in held], zorder=3)
        ax.axhline(0, color=chart.INK, linewidth=0.9)
        chart.numbers(ax.yaxis, "percent")
        ax.set_xlabel(tell("MW of AI load under signed contracts before the day"))
        ax.margins(x=0.12)
        for ticker in table.index[held]:
            _name(ax, float(x[ticker]), float(y[ticker]), str(ticker), chart.SUBJECT, "left")
        _names_apart(ax, {str(t): (float(x[t]), float(y[t])) for t in table.index[~held]})
        chart.title(
            figure,
            tell("The fall against AI contracts"),
            tell(
                "Change beyond the market and bitcoin on {event_date}, percent, by "
                "miner; blue: with contracts, and the fitted line",
                event_date=event_date,
            ),
        )
        chart.source(figure, source)
    alt = (
        (tell("Scatter plot of {count} miners. With contracts:", count=len(table)) + " ")
        + (
            "; ".join(
                f"{t} {text.number(x[t], 0)} MW, {text.amount(y[t], 'percent', 1)}"
                for t in table.index[held]
            )
            or tell("none")
        )
        + tell(
            ". Without: from {lowest} to {highest}. The line changes by {slope} "
            "percentage points for 100 MW.",
            lowest=text.amount(float(y[~held].min()), "percent", 1),
            highest=text.amount(float(y[~held].max()), "percent", 1),
            slope=text.number(100 * response.slope, 2, sign=True),
        )
    )
    data = pd.DataFrame({"signed_mw": x, "abnormal_return_pct": y})
    return Chart("dose", figure, alt, data)


def trading(measures: tuple[Activity, ...], event_date: str, source: str) -> Chart:
    """Shares traded and the day's range against each share's usual level (1 = as usual)."""
    names = {"volume": tell("Shares traded"), "range": tell("Variance from the day's range")}
    tickers = list(dict.fromkeys(str(t) for one in measures for t in one.table.index))
    with house_style():
        figure = new_figure(0.36 * len(tickers) + 1.6)
        axes = np.atleast_1d(figure.subplots(1, len(measures), sharey=True))
        y = np.arange(len(tickers))
        for ax, one in zip(axes, measures, strict=True):
            ratio = one.table["ratio"].reindex(tickers)
            ax.hlines(y, 1, ratio, color=chart.GRID, linewidth=5)
            ax.scatter(ratio, y, s=38, color=chart.SUBJECT, zorder=3)
            ax.axvline(1, color=chart.INK, linewidth=0.9)
            for position, value in zip(y, ratio, strict=True):
                if pd.notna(value):
                    ax.annotate(
                        f"{text.number(value, 1)}×", (value, position), xytext=(0, 6),
                        textcoords="offset points", ha="center", fontsize=8, color=chart.INK,
                    )  # fmt: skip
            ax.set_title(names.get(one.measure, one.measure), fontsize=8.5)
            ax.grid(axis="y", visible=False)
            ax.grid(axis="x", visible=True)
            ax.margins(x=0.12)
            ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
            ax.xaxis.set_major_formatter(lambda v, _: f"{text.number(v, 1)}×")
        axes[0].set_yticks(y, tickers)
        axes[0].set_ylim(len(tickers) - 0.5, -0.75)
        chart.title(
            figure,
            tell("Trading on the day"),
            tell(
                "{event_date} against the estimation window's usual level (1×)",
                event_date=event_date,
            ),
        )
        chart.source(figure, source)
    alt = (tell("Dot plots against the usual level:") + " ") + ". ".join(
        f"{word(names.get(one.measure, one.measure))}: "
        + ", ".join(
            tell("{share} {ratio} times", share=t, ratio=text.number(v, 1))
            for t, v in one.table["ratio"].items()
        )
        for one in measures
    )
    data = pd.DataFrame({f"{one.measure}_ratio": one.table["ratio"] for one in measures})
    return Chart("trading", figure, f"{alt}.", data.rename_axis("ticker"))


def hours(day: Intraday, event_date: str, source: str) -> Chart:
    """The shares' mean through the day against the band of all other days' paths."""
    panels = {
        tell("Change since the close before"): 100 * day.table[["mean", "low", "median", "high"]],
        tell("The same beyond the market"): 100 * day.abnormal[["mean", "low", "median", "high"]],
    }
    with house_style():
        figure = new_figure(3.5)
        axes = figure.subplots(1, 2, sharey=True)
        for ax, (name, table) in zip(axes, panels.items(), strict=True):
            x = np.arange(len(table))
            ax.fill_between(x, table["low"], table["high"], color=chart.GRID, linewidth=0)
            ax.plot(x, table["median"], color=chart.OTHER, linewidth=1)
            ax.plot(x, table["mean"], color=chart.SUBJECT, linewidth=2.2, marker="o", markersize=3)
            ax.axhline(0, color=chart.INK, linewidth=0.9)
            ax.set_xticks(x[::2], [str(t) for t in table.index[::2]])
            ax.set_title(name, fontsize=8.5)
            chart.numbers(ax.yaxis, "percent")
        chart.title(
            figure,
            tell("The path through the day among other days' paths"),
            tell(
                "Mean of the shares on {event_date}, percent, New York time; grey: 95 of "
                "100 other days, thin: their median",
                event_date=event_date,
            ),
        )
        chart.source(figure, source)
    both = pd.concat(panels, axis=1)
    kinds = {name: "abnormal" if "beyond" in name else "change" for name in panels}
    both.columns = [
        tell("{kinds}_{column}_pct", kinds=kinds[panel], column=column)
        for panel, column in both.columns
    ]
    last = both.iloc[-1]

    def shown(column: str) -> str:
        return text.amount(float(last[column]), "percent", 1)

    alt = tell(
        "Two line charts. At the last bar the shares' mean stood at {mean}; on 95 "
        "of 100 other days it lay between {low} and {high}. Beyond the "
        "market: {beyond}, between {beyond_low} and {beyond_high}.",
        mean=shown("change_mean_pct"),
        low=shown("change_low_pct"),
        high=shown("change_high_pct"),
        beyond=shown("abnormal_mean_pct"),
        beyond_low=shown("abnormal_low_pct"),
        beyond_high=shown("abnormal_high_pct"),
    )
    return Chart("hours", figure, alt, both)


def _name(ax: Axes, x: float, y: float, name: str, color: str, side: str) -> None:
    ax.annotate(
        name, (x, y), xytext=(-7 if side == "right" else 7, 0), textcoords="offset points",
        ha=side, va="center", fontsize=8, color=color, annotation_clip=False,
        bbox=chart.PLATE, zorder=2.5,
    )  # fmt: skip


def _names_apart(ax: Axes, points: dict[str, tuple[float, float]]) -> None:
    """Names beside points that stand in a column, on both sides in turn, to keep them apart."""
    low, high = ax.get_ylim()
    step = 0.055 * (high - low)
    lowest = {"left": -np.inf, "right": -np.inf}
    for place, (name, (x, y)) in enumerate(sorted(points.items(), key=lambda item: item[1][1])):
        side = "left" if place % 2 else "right"
        height = max(y, lowest[side] + step)
        lowest[side] = height
        _name(ax, x, height, name, chart.MUTED, side)
