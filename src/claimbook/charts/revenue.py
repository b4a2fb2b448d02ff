"""Figures of miner revenue around a halving. Frames from `claimbook.analysis.revenue` in."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from claimbook import text
from claimbook.analysis.revenue import Halving
from claimbook.charts.chart import (
    BITCOIN,
    DASHES,
    FALL,
    FEES,
    HASHPRICE,
    INK,
    MUTED,
    OTHER,
    SUBJECT,
    Chart,
    across,
    end_labels,
    house_style,
    ink,
    last,
    mark_day,
    new_figure,
    numbers,
    source,
    title,
)
from claimbook.language import mark, tell, word

NAMES = {
    "revenue_btc": mark("Bitcoin earned a day"),
    "revenue_usd": mark("Dollars earned a day"),
    "hashprice": mark("Dollars per unit of hash rate"),
}
UNITS = {"revenue_btc": "BTC", "revenue_usd": "m USD", "hashprice": mark("USD per PH/s and day")}
SCALE = {"revenue_btc": 1.0, "revenue_usd": 1e6, "hashprice": 1.0}
COLOURS = {"revenue_btc": BITCOIN, "revenue_usd": SUBJECT, "hashprice": HASHPRICE}


def verdict(
    smooth: pd.DataFrame,
    changes: pd.DataFrame,
    halving: Halving,
    smoothing: int,
    threshold: float,
    source_line: str,
) -> Chart:
    """Left: the three revenues through the year; right: their change at each window.

    `smooth` as from `around`; `changes` has one row a window (days) and one column a measure, in
    percent; `threshold` is the smallest fall, in percent, that counts.
    """
    with house_style():
        figure = new_figure(6.0)
        axes = figure.subplots(3, 2, width_ratios=[2.5, 1])
        for row, measure in enumerate(NAMES):
            left, right = axes[row]
            _line(left, smooth, measure)
            left.set_title(
                f"{word(NAMES[measure])} ({word(UNITS[measure])})", loc="left", color=INK
            )
            _bars(right, changes[measure], threshold)
            if row < 2:
                left.tick_params(labelbottom=False)
        axes[2, 0].set_xlabel(day_zero(halving))
        axes[0, 1].set_title(tell("Change of the mean (%)"), loc="left", color=INK)
        title(
            figure,
            tell("What miners earned before and after the halving of {year}", year=halving.year),
            tell(
                "Lines: trailing means of {smoothing} days; bars: change of the mean, "
                "grey where it is no fall of more than {threshold} % (dotted)",
                smoothing=smoothing,
                threshold=text.number(threshold, 0),
            ),
        )
        source(figure, source_line)
    said = []
    for measure, name in NAMES.items():
        values = [
            tell(
                "{change} over {days} days", change=text.amount(v, "percent", 0, sign=True), days=d
            )
            for d, v in changes[measure].items()
        ]
        said.append(f"{word(str(name))}: {text.listed(values)}")
    lines = tell(
        "Three lines from {days} days before to as many days after the halving of {year}, with "
        "bars for the change of the mean.",
        days=abs(int(smooth["days_from_halving"].iloc[0])),
        year=halving.year,
    )
    alt = text.sentences(lines, f"{'; '.join(said)}.")
    return Chart("revenue-verdict", figure, alt, weekly(smooth[["days_from_halving", *NAMES]]))


def steps(frame: pd.DataFrame, halving: Halving, currency: str, source_line: str) -> Chart:
    """Subsidy and fees in steps of thirty days, stacked, twelve before and twelve after."""
    unit = tell("m USD") if currency == "USD" else "BTC"
    with house_style():
        figure = new_figure(3.6)
        ax = figure.subplots()
        x, width = frame["days_from_halving"] + 15, 26
        ax.bar(x, frame["subsidy"], width, color=SUBJECT)
        ax.bar(x, frame["fees"], width, bottom=frame["subsidy"], color=FEES)
        ax.axvline(0, color=INK, linewidth=0.9, linestyle=DASHES)
        top = (frame["subsidy"] + frame["fees"]).max()
        ax.set_ylim(0, top * 1.16)
        ax.text(4, top * 1.14, tell("halving"), fontsize=8, color=INK, va="top")
        end, right = frame.iloc[-1], float(x.iloc[-1]) + width / 2
        ends = [
            ("subsidy", right, float(end["subsidy"]) / 2, SUBJECT),
            ("fees", right, float(end["subsidy"] + end["fees"] / 2), FEES),
        ]
        ax.margins(x=0.01)
        ax.set_xlabel(day_zero(halving))
        ax.set_xticks(range(-360, 361, 60))
        ax.xaxis.set_major_formatter(FuncFormatter(_signed))
        title(
            figure,
            tell(
                "What miners earned a day in the year before and after, {year}", year=halving.year
            ),
            tell("{unit} a day, mean of each 30 days", unit=unit),
        )
        source(figure, source_line)
        end_labels(ax, ends)
    before, after = frame[frame["days_from_halving"] < 0], frame[frame["days_from_halving"] >= 0]
    spans = [
        tell(
            "{when} the halving between {lowest} and {highest} {unit} a day",
            when=when,
            lowest=text.number(total.min(), 1),
            highest=text.number(total.max(), 1),
            unit=unit,
        )
        for when, total in (
            ("before", before["subsidy"] + before["fees"]),
            ("after", after["subsidy"] + after["fees"]),
        )
    ]
    alt = tell(
        "Stacked bars of subsidy and fees in steps of 30 days: {spans}.", spans=text.listed(spans)
    )
    return Chart("revenue-year", figure, alt, frame.set_index("start"))


def hashprice(smooth: pd.DataFrame, halving: Halving, smoothing: int, source_line: str) -> Chart:
    """Hashprice above, price and hash rate below, each as an index of its first value."""
    with house_style():
        figure = new_figure(4.6)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1.3, 1])
        _line(above, smooth, "hashprice")
        above.set_title(tell("Hashprice (USD per PH/s and day)"), loc="left", color=INK)
        x = smooth["days_from_halving"]
        at_halving = smooth[["price_usd", "hashrate_ehs"]].loc[halving.eve]
        drawn = {"price_usd": (BITCOIN, "price"), "hashrate_ehs": (OTHER, tell("hash rate"))}
        labels, ends = [], {}
        for column, (colour, name) in drawn.items():
            index = 100 * smooth[column] / at_halving[column]
            below.plot(x, index, color=colour)
            ends[column] = float(index.iloc[-1])
            labels.append((name, float(x.iloc[-1]), ends[column], colour))
        below.axvline(0, color=INK, linewidth=0.9, linestyle=DASHES)
        below.set_title(
            tell("Price and hash rate (day before the halving = 100)"), loc="left", color=INK
        )
        below.set_xlabel(day_zero(halving))
        below.xaxis.set_major_formatter(FuncFormatter(_signed))
        title(
            figure,
            tell("Hashprice, and the two things that move it, {year}", year=halving.year),
            tell("Trailing means of {smoothing} days", smoothing=smoothing),
        )
        source(figure, source_line)
        end_labels(below, labels)
    price = smooth["hashprice"]
    alt = tell(
        "Hashprice stood at {before} USD per PH/s and day the day before the halving "
        "and at {last} at the end of the span; by then price was at {price} and hash "
        "rate at {hash_rate}, where the day before the halving is 100.",
        before=text.number(price.loc[halving.eve], 1),
        last=text.number(price.iloc[-1], 1),
        price=text.number(ends["price_usd"], 0),
        hash_rate=text.number(ends["hashrate_ehs"], 0),
    )
    return Chart(
        "hashprice", figure, alt, weekly(smooth[["days_from_halving", "hashprice", *ends]])
    )


def four_halvings(
    index: pd.DataFrame, changes: pd.DataFrame, found: Mapping[int, Halving], days: int,
    smoothing: int, source_line: str,
) -> Chart:  # fmt: skip
    """One panel a halving: revenue in bitcoin and in dollars, mean of the days before = 100."""
    drawn = {
        "revenue_btc": (tell("in bitcoin"), BITCOIN),
        "revenue_usd": (tell("in dollars"), SUBJECT),
    }
    with house_style():
        figure = new_figure(5.2)
        axes = figure.subplots(2, 2, sharex=True, sharey=True)
        for ax, (year, halving) in zip(axes.flat, found.items(), strict=False):
            panel = index[index["year"] == year]
            for measure, (name, colour) in drawn.items():
                ax.plot(panel["days_from_halving"], panel[measure], color=colour, linewidth=1.3)
                if ax is axes.flat[0]:
                    end = panel[measure].iloc[-1]
                    ax.annotate(
                        name, (days, end), xytext=(-14, 0 if measure == "revenue_usd" else -14),
                        textcoords="offset points", ha="right", va="center", fontsize=8,
                        color=ink(colour),
                    )  # fmt: skip
            ax.axhline(100, color=MUTED, linewidth=0.8)
            ax.axvline(0, color=INK, linewidth=0.9, linestyle=DASHES)
            ax.set_title(text.day(halving.day), loc="left", color=INK)
        axes.flat[0].set_yscale("log", base=2)
        axes.flat[0].yaxis.set_minor_locator(NullLocator())
        low = np.nanmin(index[list(drawn)].to_numpy())
        high = np.nanmax(index[list(drawn)].to_numpy())
        ticks = [
            v for v in (12.5, 25, 50, 100, 200, 400, 800, 1600, 3200) if low / 2 < v < high * 2
        ]
        axes.flat[0].set_yticks(ticks, [text.number(v, 1 if v == 12.5 else 0) for v in ticks])
        for ax in axes[1]:
            ax.set_xlabel(tell("Days from the halving"))
            ax.xaxis.set_major_formatter(FuncFormatter(_signed))
        title(
            figure,
            tell("Miner revenue around all four halvings"),
            tell(
                "Index, mean of the {days} days before = 100, trailing means of "
                "{smoothing} days, log scale",
                days=days,
                smoothing=smoothing,
            ),
        )
        source(figure, source_line)
    parts = [
        tell(
            "{year}: {revenue_btc} in bitcoin, {revenue} in dollars",
            year=year,
            revenue_btc=text.amount(row["revenue_btc"], "percent", 0),
            revenue=text.amount(row["revenue_usd"], "percent", 0, sign=True),
        )
        for year, row in changes.iterrows()
    ]
    alt = tell(
        "Four panels, change of mean daily revenue over {days} days. {parts}.",
        days=days,
        parts="; ".join(parts),
    )
    kept = index[index["days_from_halving"] % 7 == 0].set_index(["year", "date"])
    return Chart("four-halvings", figure, alt, short(kept[["days_from_halving", *drawn]]))


def against_published(table: pd.DataFrame, source_line: str) -> Chart:
    """How far our monthly revenue per EH/s lies from JPMorgan's, month by month, in percent."""
    with house_style():
        figure = new_figure(4.4)
        ax = figure.subplots()
        places = np.arange(len(table))
        gap = table["difference_pct"]
        ax.axvline(0, color=INK, linewidth=0.8)
        ax.hlines(places, 0, gap, color=OTHER, linewidth=1.2)
        quoted = table["certainty"] != "second-hand"
        ax.plot(gap[quoted], places[quoted], "o", color=SUBJECT, markersize=5)
        ax.plot(gap[~quoted], places[~quoted], "o", color=SUBJECT, markersize=5, fillstyle="none")
        names = [
            f"{month}{'' if part == 'month' else ', first half'}"
            for month, part in zip(table["month"], table["part"], strict=True)
        ]
        across(ax, names, size=8)
        numbers(ax.xaxis, "percent")
        reach = float(gap.abs().max()) * 1.15
        ax.set_xlim(-reach, reach)
        title(
            figure,
            tell("Revenue per unit of hash rate: ours against JPMorgan's"),
            tell(
                "Ours less the published figure, in percent of the published one; "
                "filled: quoted by a known outlet, hollow: second-hand"
            ),
        )
        source(figure, source_line)
    alt = tell(
        "{count} points from {first} to {last}; ours differ from the published ones "
        "by {lowest} to {highest}.",
        count=len(table),
        first=table["month"].iloc[0],
        last=table["month"].iloc[-1],
        lowest=text.amount(gap.min(), "percent", 1),
        highest=text.amount(gap.max(), "percent", 1, sign=True),
    )
    return Chart("against-jpmorgan", figure, alt, table.set_index("month"))


def by_length(
    table: pd.DataFrame, windows: Sequence[int], to_article: int | None,
    thresholds: Sequence[float], halving: Halving, source_line: str,
) -> Chart:  # fmt: skip
    """The change of each revenue by length of the windows, with the sizes from which a fall counts.

    `table` as from `revenue.changes_by_length`; dots mark the ledger's `windows` (days).
    """
    colours = COLOURS | {"btc_per_ehs": OTHER}
    names = NAMES | {"btc_per_ehs": tell("Bitcoin per unit of hash rate")}
    with house_style():
        figure = new_figure(4.4)
        ax = figure.subplots()
        for threshold in thresholds:
            ax.axhline(-threshold, color=INK, linewidth=0.8, linestyle=":" if threshold else "-")
        for measure, colour in colours.items():
            ax.plot(table.index, table[measure], color=colour)
            dots = table[measure].reindex([d for d in windows if d in table.index])
            ax.plot(dots.index, dots, "o", color=colour, markersize=5)
        if to_article is not None:
            mark_day(ax, to_article, tell("to the article"), left=True)
        ends = []
        for measure, colour in colours.items():
            if table[measure].notna().any():
                ends.append((word(names[measure]), *last(table[measure]), colour))
        ax.set_xlim(0, table.index[-1])
        ax.set_xlabel(tell("Length of the window before and of the window after (days)"))
        numbers(ax.yaxis, "percent")
        levels = text.listed([text.number(each, 0) for each in thresholds if each], "or")
        title(
            figure,
            tell(
                "Change of the mean by length of the windows, halving of {year}", year=halving.year
            ),
            tell(
                "Percent of the mean before; dotted: a fall of {levels} %; dots: the "
                "windows chosen",
                levels=levels,
            ),
        )
        source(figure, source_line)
        end_labels(ax, ends)
    said = [
        tell(
            "{measure} {first} at {first_day} days and {last} at {last_day}",
            measure=word(names[m]),
            first=text.amount(values.iloc[0], "percent", 0, sign=True),
            first_day=values.index[0],
            last=text.amount(values.iloc[-1], "percent", 0, sign=True),
            last_day=values.index[-1],
        )
        for m in colours
        if len(values := table[m].dropna())
    ]
    alt = tell(
        "Four lines by length of the windows. {parts}.",
        parts="; ".join(said) or tell("None is known"),
    )
    return Chart("change-by-length", figure, alt, short(table.loc[::7, list(colours)]))


def weekly(frame: pd.DataFrame) -> pd.DataFrame:
    """Every seventh day, day 0 among them, to four digits: what a line over two years can show."""
    return short(frame[frame["days_from_halving"] % 7 == 0])


def short(frame: pd.DataFrame) -> pd.DataFrame:
    """Four significant digits in every float column."""
    kept = frame.copy()
    for column in kept.select_dtypes("float").columns:
        kept[column] = [float(f"{v:.4g}") if v == v else v for v in kept[column]]
    return kept


def day_zero(halving: Halving) -> str:
    """The label of an axis of days."""
    return tell(
        "Days from the first day wholly under the new subsidy ({day} is 0)",
        day=text.day(halving.day),
    )


def _line(ax: Axes, smooth: pd.DataFrame, measure: str) -> None:
    x, y = smooth["days_from_halving"], smooth[measure] / SCALE[measure]
    ax.plot(x, y, color=COLOURS[measure])
    ax.axvline(0, color=INK, linewidth=0.9, linestyle=DASHES)
    top = float(np.nanmax(y)) * 1.08
    ax.set_ylim(0, top)
    numbers(ax.yaxis, most=5)
    ax.xaxis.set_major_formatter(FuncFormatter(_signed))


def _bars(ax: Axes, changes: pd.Series, threshold: float) -> None:
    """One bar a window, longest window lowest, with the change written at its end."""
    places = np.arange(len(changes))
    values = changes.to_numpy(dtype=float)
    ax.barh(places, values, color=[FALL if v < -threshold else OTHER for v in values], height=0.62)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.axvline(-threshold, color=INK, linewidth=0.8, linestyle=":")
    reach = max(float(np.nanmax(np.abs(values))), 20.0)
    ax.set_xlim(
        min(-reach * 1.1, float(np.nanmin(values))) * 1.12, max(reach * 0.42, values.max() * 1.5)
    )
    for place, value in zip(places, values, strict=True):
        side = max(value, 0.0)
        ax.annotate(
            text.amount(value, "percent", 0, sign=True), (side, place), xytext=(4, 0),
            textcoords="offset points", va="center", fontsize=8, color=INK, weight="semibold",
        )  # fmt: skip
    ax.set_yticks(places, [tell("{days} days", days=days) for days in changes.index])
    ax.invert_yaxis()
    ax.grid(False)
    ax.set_xticks([])
    ax.spines[["bottom", "left"]].set_visible(False)


def _signed(value: float, _: int | None = None) -> str:
    return text.number(value, 0)


def source_text(providers: Sequence[str], last_day: pd.Timestamp) -> str:
    """The source and as-of line of a figure."""
    return tell(
        "Source: {providers}; data to {last_day:%Y-%m-%d}; UTC days.",
        providers=text.listed(list(providers)),
        last_day=last_day,
    )
