"""Charts of a spell of falling prices: bitcoin, mining's revenue, and the miners' shares."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from claimbook import text
from claimbook.analysis.pressure import Shares, Split
from claimbook.charts import chart
from claimbook.charts.chart import Chart, house_style, new_figure

INDEXED = {
    "price_usd": ("bitcoin", chart.BITCOIN),
    "hashprice": ("hashprice", chart.HASHPRICE),
    "difficulty": ("difficulty", chart.OTHER),
}
EFFECTS = {
    "price": ("price", chart.BITCOIN),
    "difficulty": ("difficulty", chart.OTHER),
    "subsidy": ("subsidy", chart.SUBJECT),
    "fees": ("fees", chart.FEES),
}
PER_HASH = "USD per PH/s and day"


def spell(
    frame: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp,
    article: pd.Timestamp,
    source: str,
    *,
    name: str = "spell",
) -> Chart:
    """Bitcoin, hashprice and difficulty by day, the day before `start` = 100.

    `frame` has price_usd, hashprice, difficulty by UTC day. The article's day is marked where it
    lies inside.
    """
    eve = start - pd.Timedelta(days=1)
    index = 100 * frame.loc[eve:end, list(INDEXED)] / frame.loc[eve, list(INDEXED)]
    index.columns = pd.Index([label for label, _ in INDEXED.values()])
    with house_style():
        figure = new_figure(4.0)
        ax = figure.subplots()
        ax.axhline(100, color=chart.INK, linewidth=0.9)
        ends = []
        for label, color in INDEXED.values():
            width = 2.2 if label == "hashprice" else 1.6
            ax.plot(index.index, index[label], color=color, linewidth=width)
            x, y = chart.last(index[label])
            ends.append((f"{label} {text.number(y, 1)}", x, y, color))
        if start <= article <= end:
            chart.mark_day(ax, article, "the article", left=True)
        chart.dates(ax)
        chart.title(
            figure,
            "Bitcoin, hashprice and difficulty",
            f"Index, {eve:%Y-%m-%d} = 100, daily values, UTC; hashprice is revenue per unit of "
            "hash rate",
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends)
    said = []
    for label in index.columns:
        value = index[label]
        at = f", {text.number(float(value[article]), 1)} on the article's day" if (
            start <= article <= end
        ) else ""  # fmt: skip
        said.append(f"{label} between {text.number(float(value.min()), 1)} and "
                    f"{text.number(float(value.max()), 1)}{at}, "
                    f"{text.number(float(value.iloc[-1]), 1)} at the end")  # fmt: skip
    alt = f"Line chart from {eve:%Y-%m-%d}, set to 100, to {end:%Y-%m-%d}: {'; '.join(said)}."
    return Chart(name, figure, alt, index.rename_axis("date"))


def steps(found: Sequence[Split], window: int, source: str) -> Chart:
    """Hashprice at the days between steps (bars from zero) and what each factor did (floating)."""
    rows: list[tuple[str, float, float, str]] = []
    for number, step in enumerate(found):
        if number == 0:
            rows.append((f"{step.first:%d %b %Y}".lstrip("0"), 0.0, step.before, chart.HASHPRICE))
        level = step.before
        for effect, (label, color) in EFFECTS.items():
            change = float(step.table.at[effect, "usd"])
            rows.append((label, level, change, color))
            level += change
        rows.append((f"{step.last:%d %b %Y}".lstrip("0"), 0.0, step.after, chart.HASHPRICE))
    with house_style():
        figure = new_figure(4.0)
        ax = figure.subplots()
        x = np.arange(len(rows))
        for position, (_, base, height, color) in enumerate(rows):
            whole = color == chart.HASHPRICE
            ax.bar(position, height, bottom=base, width=0.72, color=color)
            ax.annotate(
                text.number(height, 1, sign=not whole), (position, max(base, base + height)),
                xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8.5,
                color=chart.INK, fontweight="semibold" if whole else "normal",
            )  # fmt: skip
            if position + 1 < len(rows):
                ax.plot(
                    [position - 0.36, position + 1.36], [base + height] * 2, color=chart.MUTED,
                    linewidth=0.7,
                )  # fmt: skip
        ax.set_xticks(x, [label.replace(" 20", "\n20") for label, *_ in rows])
        for tick, (_, _, _, color) in zip(ax.get_xticklabels(), rows, strict=True):
            tick.set_color(chart.INK if color == chart.HASHPRICE else chart.MUTED)
        ax.set_ylabel(PER_HASH)
        ax.set_ylim(0, 1.1 * max(base + max(height, 0.0) for _, base, height, _ in rows))
        chart.title(
            figure,
            "Hashprice taken apart",
            f"{PER_HASH}; brown: means of {window} days ending on the date (summed revenue over "
            "summed hash rate); between them what each factor did, exact",
        )
        chart.source(figure, source)
    said = [
        f"from {step.first:%Y-%m-%d} to {step.last:%Y-%m-%d} hashprice went from "
        f"{text.number(step.before, 1)} to {text.number(step.after, 1)}: "
        + ", ".join(
            f"{label} {text.number(float(step.table.at[e, 'usd']), 1, sign=True)}"
            for e, (label, _) in EFFECTS.items()
        )
        for step in found
    ]
    alt = f"Waterfall chart, {PER_HASH}: {'; '.join(said)}."
    data = pd.DataFrame(rows, columns=["bar", "from", "change_or_level", "colour"])
    return Chart("steps", figure, alt, data.drop(columns="colour").set_index("bar"))


def effects(daily: pd.DataFrame, article: pd.Timestamp, source: str) -> Chart:
    """What each factor has done to hashprice since the eve, day by day (USD per PH/s and day)."""
    with house_style():
        figure = new_figure(3.7)
        ax = figure.subplots()
        drawn = {e: look for e, look in EFFECTS.items() if (daily[e] != 0).any()}
        drawn["change"] = ("all together", chart.HASHPRICE)
        said, ends = [], []
        for column, (label, color) in drawn.items():
            width = 2.2 if column == "change" else 1.6
            ax.plot(daily.index, daily[column], color=color, linewidth=width)
            x, y = chart.last(daily[column])
            said.append(f"{label} {text.number(y, 1, sign=True)}")
            ends.append((said[-1], x, y, color))
        # No further than the lines: at their ends the labels begin.
        ax.plot(daily.index[[0, -1]], [0, 0], color=chart.INK, linewidth=0.9, zorder=1.9)
        if daily.index[0] < article <= daily.index[-1]:
            chart.mark_day(ax, article, "the article", left=True)
        chart.dates(ax)
        ax.margins(x=0)
        ax.set_ylabel(PER_HASH)
        chart.title(
            figure,
            "What moved hashprice, day by day",
            f"{PER_HASH}, change since {daily.index[0]:%Y-%m-%d}; the parts add up to the thick "
            "line",
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends, plate=True)
    alt = (
        f"Line chart of changes of hashprice since {daily.index[0]:%Y-%m-%d}, {PER_HASH}. On "
        f"{daily.index[-1]:%Y-%m-%d}: {', '.join(said)}."
    )
    return Chart("effects", figure, alt, daily)


def shares(moved: Shares, article: pd.Timestamp, source: str) -> Chart:
    """The basket and bitcoin over the spell (percent), with each share's change at the right."""
    path = moved.path
    with house_style():
        figure = new_figure(3.8)
        left, right = figure.subplots(1, 2, width_ratios=[2.6, 1])
        left.axhline(0, color=chart.INK, linewidth=0.9)
        for column, color in (("basket", chart.SUBJECT), ("bitcoin", chart.BITCOIN)):
            left.plot(path.index, path[column], color=color, linewidth=2.0)
        ends = [
            (
                f"{name} {text.amount(value, 'percent', 1)}",
                path[column].last_valid_index(),
                value,
                color,
            )
            for name, column, value, color in (
                ("basket", "basket", moved.change_pct, chart.SUBJECT),
                ("bitcoin", "bitcoin", moved.bitcoin_change_pct, chart.BITCOIN),
            )
        ]
        if path.index[0] < article <= path.index[-1]:
            chart.mark_day(left, article, "the article", left=True)
        chart.dates(left)
        chart.numbers(left.yaxis, "percent")
        single = moved.single["change_pct"]
        y = np.arange(len(single) + 1)
        values = [*single, moved.bitcoin_change_pct]
        right.barh(y, values, height=0.6, color=[chart.SUBJECT] * len(single) + [chart.BITCOIN])
        reach = max(abs(v) for v in values)
        for position, value in zip(y, values, strict=True):
            right.annotate(
                text.amount(value, "percent", 0), (max(value, 0.0), position), xytext=(4, 0),
                textcoords="offset points", va="center", fontsize=8, color=chart.INK,
            )  # fmt: skip
        right.set_xlim(min(min(values), 0) - 0.03 * reach, max(max(values), 0) + 0.42 * reach)
        chart.across(right, [*map(str, single.index), "bitcoin"], size=8)
        right.axvline(0, color=chart.INK, linewidth=0.9)
        right.grid(visible=False)
        right.set_xticks([])
        right.spines[["bottom", "left"]].set_visible(False)
        chart.title(
            figure,
            "The miners' shares against bitcoin",
            f"Change since the close of {moved.first:%Y-%m-%d}, percent; basket: equal weights at "
            f"each close; right: each share to {moved.last:%Y-%m-%d}",
        )
        chart.source(figure, source)
        chart.end_labels(left, ends)
    alt = (
        f"Left, a line chart from {moved.first:%Y-%m-%d} to {moved.last:%Y-%m-%d}: the basket ends "
        f"at {text.amount(moved.change_pct, 'percent', 1)}, bitcoin at "
        f"{text.amount(moved.bitcoin_change_pct, 'percent', 1)}. Right, each share: "
        + "; ".join(f"{t} {text.amount(float(v), 'percent', 1)}" for t, v in single.items())
        + "."
    )
    return Chart("shares", figure, alt, path)


def parts(moved: Shares, source: str) -> Chart:
    """The parts of the basket's log change: market, bitcoin, everything else, with intervals."""
    names = {"market": "the market", "bitcoin": "bitcoin", "rest": "everything else"}
    colors = {"market": chart.OTHER, "bitcoin": chart.BITCOIN, "rest": chart.SUBJECT}
    table = moved.parts
    y = np.arange(len(table))
    with house_style():
        figure = new_figure(2.75)
        ax = figure.subplots()
        values = table["log_points"].to_numpy(dtype=float)
        ax.barh(y, values, height=0.55, color=[colors[str(p)] for p in table.index])
        for position, (_, row) in enumerate(table.iterrows()):
            if pd.notna(row["low"]):
                ax.plot(
                    [row["low"], row["high"]], [position, position], color=chart.INK, linewidth=1.3
                )
            ax.annotate(
                f"{text.amount(float(row['share']), 'percent', 0)} of the change",
                (max(0.0, float(np.nanmax([row["log_points"], row["high"]]))), position),
                xytext=(6, 0), textcoords="offset points", va="center", fontsize=8.5,
                color=chart.INK,
            )  # fmt: skip
        chart.across(ax, [names[str(p)] for p in table.index])
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        span = np.nanmax(np.abs(table[["log_points", "low", "high"]].to_numpy(dtype=float)))
        ax.set_xlim(
            min(0.0, float(np.nanmin(table[["log_points", "low"]].to_numpy(dtype=float))))
            - 0.05 * span,
            max(0.0, float(np.nanmax(table[["log_points", "high"]].to_numpy(dtype=float))))
            + 0.28 * span,
        )
        ax.set_xlabel("log points (100 × the logarithm), which add up")
        chart.title(
            figure,
            "What the shares' change is made of",
            f"{moved.first:%Y-%m-%d} to {moved.last:%Y-%m-%d}; lines: 95 % intervals from redrawn "
            "days of the sessions before",
        )
        chart.source(figure, source)
    said = [
        f"{names[str(p)]} {text.number(float(row['log_points']), 1)} log points, "
        f"{text.amount(float(row['share']), 'percent', 0)}"
        for p, row in table.iterrows()
    ]
    alt = f"Bar chart of the parts of the basket's log change: {'; '.join(said)}."
    return Chart("parts", figure, alt, table)


def group(groups: pd.DataFrame, source: str) -> Chart:
    """JPMorgan's monthly change of the group (diamonds) beside three stand-ins (percent)."""
    marks = {
        "published": ("JPMorgan", "D", chart.PRINTED, -0.27),
        "by_value": ("weighted by\nknown value", "o", chart.SUBJECT, -0.09),
        "equal": ("all listed miners,\nequal weights", "^", chart.TINT, 0.09),
        "fund": ("the fund WGMI", "s", chart.OTHER, 0.27),
    }
    x = np.arange(len(groups))
    with house_style():
        figure = new_figure(3.9)
        ax = figure.subplots()
        ax.axhline(0, color=chart.INK, linewidth=0.9)
        ends = []
        for column, (label, marker, color, shift) in marks.items():
            ax.scatter(x + shift, groups[column], s=34, marker=marker, color=color)
            if pd.notna(groups[column].iloc[-1]):
                ends.append((label, x[-1] + 0.36, float(groups[column].iloc[-1]), color))
        for position, value in zip(x, groups["published"], strict=True):
            ax.annotate(
                text.number(float(value), 0), (position - 0.27, float(value)), xytext=(0, 7),
                textcoords="offset points", ha="center", fontsize=8, color=chart.PRINTED,
            )  # fmt: skip
        ax.set_xticks(x, [str(m) for m in groups.index])
        ax.set_xlim(-0.6, len(x) - 0.4)
        chart.numbers(ax.yaxis, "percent")
        ax.margins(y=0.09)
        chart.title(
            figure,
            "JPMorgan's monthly figure and three stand-ins",
            "Change of the miners' market value over the month, percent; diamonds: JPMorgan; dots: "
            "by value; triangles: equal weights; squares: the fund; stand-ins from closes alone",
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends)
    said = [
        f"{month} JPMorgan {text.amount(float(row['published']), 'percent', 0)}, weighted by value "
        f"{text.amount(float(row['by_value']), 'percent', 0)}"
        for month, row in groups.iterrows()
    ]
    alt = f"Dot chart of monthly changes: {'; '.join(said)}."
    kept = [*marks, "valued", "members"]
    return Chart("group", figure, alt, groups[kept])


def against_april(bases: pd.DataFrame, printed: float, source: str) -> Chart:
    """The fall of revenue per hash since April 2024 by reading, with the printed value."""
    y = np.arange(len(bases))
    with house_style():
        figure = new_figure(0.42 * len(bases) + 1.5)
        ax = figure.subplots()
        ax.barh(y, bases["change"], height=0.58, color=chart.SUBJECT)
        ax.axvline(printed, color=chart.PRINTED, linewidth=1.3)
        ax.annotate(
            f"printed {text.amount(printed, 'percent', 0)}", (printed, -0.6), xytext=(4, 0),
            textcoords="offset points", fontsize=8, color=chart.PRINTED, va="center",
        )  # fmt: skip
        for position, value in zip(y, bases["change"], strict=True):
            ax.annotate(
                text.amount(float(value), "percent", 1), (0, position), xytext=(5, 0),
                textcoords="offset points", va="center", fontsize=8.5, color=chart.INK,
            )  # fmt: skip
        chart.across(ax, [str(label) for label in bases.index], size=8)
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        ax.set_xlim(float(min(bases["change"].min(), printed)) * 1.06, 9)
        ax.set_ylim(len(bases) - 0.45, -1.0)
        chart.numbers(ax.xaxis, "percent", most=6)
        chart.title(
            figure,
            "Revenue per hash in March 2025 against April 2024",
            "First half of March 2025, percent, by what is taken for April and for revenue",
        )
        chart.source(figure, source)
    said = [
        f"{label}: {text.amount(float(v), 'percent', 1)}" for label, v in bases["change"].items()
    ]
    alt = (
        f"Bar chart by reading, with the printed {text.amount(printed, 'percent', 0)}: "
        f"{'; '.join(said)}."
    )
    return Chart("against-april", figure, alt, bases[["base", "march", "change"]])


def since(path: pd.DataFrame, source: str) -> Chart:
    """The shares (equal amounts held) and bitcoin since the spell began, 100 = that close."""
    index = 100 + path
    with house_style():
        figure = new_figure(3.5)
        ax = figure.subplots()
        ax.axhline(100, color=chart.INK, linewidth=0.9)
        ends = []
        for column, label, color in (
            ("basket", "shares", chart.SUBJECT),
            ("bitcoin", "bitcoin", chart.BITCOIN),
        ):
            ax.plot(index.index, index[column], color=color, linewidth=1.7)
            x, y = chart.last(index[column])
            ends.append((f"{label} {text.number(y, 0)}", x, y, color))
        chart.dates(ax)
        chart.title(
            figure,
            "The shares and bitcoin since",
            f"Index, close of {index.index[0]:%Y-%m-%d} = 100; equal amounts held in each share; "
            "bitcoin: UTC daily closes",
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends, plate=True)
    said = [
        f"{label} {text.number(float(index[c].dropna().iloc[-1]), 0)} on "
        f"{index[c].last_valid_index():%Y-%m-%d}"
        for c, label in (("basket", "the shares"), ("bitcoin", "bitcoin"))
    ]
    alt = f"Line chart from {index.index[0]:%Y-%m-%d}, set to 100: {'; '.join(said)}."
    return Chart("since", figure, alt, index.rename_axis("date"))
