"""Charts of a spell of falling prices: bitcoin, mining's revenue, and the miners' shares."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from claimbook import text
from claimbook.analysis.pressure import Shares, Split
from claimbook.charts import chart
from claimbook.charts.chart import Chart, house_style, new_figure
from claimbook.language import mark, tell, word

INDEXED = {
    "price_usd": (mark("bitcoin"), chart.BITCOIN),
    "hashprice": (mark("hashprice"), chart.HASHPRICE),
    "difficulty": (mark("difficulty"), chart.OTHER),
}
EFFECTS = {
    "price": (mark("price"), chart.BITCOIN),
    "difficulty": (mark("difficulty"), chart.OTHER),
    "subsidy": (mark("subsidy"), chart.SUBJECT),
    "fees": (mark("fees"), chart.FEES),
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
            ends.append((f"{word(str(label))} {text.number(y, 1)}", x, y, color))
        if start <= article <= end:
            chart.mark_day(ax, article, tell("the article"), left=True)
        chart.dates(ax)
        chart.title(
            figure,
            tell("Bitcoin, hashprice and difficulty"),
            tell(
                "Index, {eve:%Y-%m-%d} = 100, daily values, UTC; hashprice is revenue "
                "per unit of hash rate",
                eve=eve,
            ),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends)
    said = []
    for label in index.columns:
        value = index[label]
        at = (
            tell(", {value} on the article's day", value=text.number(float(value[article]), 1))
            if (start <= article <= end)
            else ""
        )
        said.append(
            tell(
                "{label} between {lowest} and {highest}{at}, {last} at the end",
                label=word(str(label)),
                lowest=text.number(float(value.min()), 1),
                highest=text.number(float(value.max()), 1),
                at=at,
                last=text.number(float(value.iloc[-1]), 1),
            )
        )
    alt = tell(
        "Line chart from {eve:%Y-%m-%d}, set to 100, to {end:%Y-%m-%d}: {parts}.",
        eve=eve,
        end=end,
        parts="; ".join(said),
    )
    return Chart(name, figure, alt, index.rename_axis("date"))


def steps(found: Sequence[Split], window: int, source: str) -> Chart:
    """Hashprice at the days between steps (bars from zero) and what each factor did (floating)."""
    rows: list[tuple[str, float, float, str]] = []
    for number, step in enumerate(found):
        if number == 0:
            rows.append((text.short_day(step.first), 0.0, step.before, chart.HASHPRICE))
        level = step.before
        for effect, (label, color) in EFFECTS.items():
            change = float(step.table.at[effect, "usd"])
            rows.append((label, level, change, color))
            level += change
        rows.append((text.short_day(step.last), 0.0, step.after, chart.HASHPRICE))
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
        ax.set_xticks(x, [word(label).replace(" 20", "\n20") for label, *_ in rows])
        for tick, (_, _, _, color) in zip(ax.get_xticklabels(), rows, strict=True):
            tick.set_color(chart.INK if color == chart.HASHPRICE else chart.MUTED)
        ax.set_ylabel(word(PER_HASH))
        ax.set_ylim(0, 1.1 * max(base + max(height, 0.0) for _, base, height, _ in rows))
        chart.title(
            figure,
            tell("Hashprice taken apart"),
            tell(
                "{unit}; brown: means of {window} days ending on the date (summed "
                "revenue over summed hash rate); between them what each factor did, exact",
                unit=word(PER_HASH),
                window=window,
            ),
        )
        chart.source(figure, source)
    said = [
        (
            tell(
                "from {first:%Y-%m-%d} to {last:%Y-%m-%d} hashprice went from {before} to {after}:",
                first=step.first,
                last=step.last,
                before=text.number(step.before, 1),
                after=text.number(step.after, 1),
            )
            + " "
        )
        + ", ".join(
            f"{word(str(label))} {text.number(float(step.table.at[e, 'usd']), 1, sign=True)}"
            for e, (label, _) in EFFECTS.items()
        )
        for step in found
    ]
    alt = tell("Waterfall chart, {unit}: {parts}.", unit=word(PER_HASH), parts="; ".join(said))
    data = pd.DataFrame(rows, columns=["bar", "from", "change_or_level", "colour"])
    return Chart("steps", figure, alt, data.drop(columns="colour").set_index("bar"))


def effects(daily: pd.DataFrame, article: pd.Timestamp, source: str) -> Chart:
    """What each factor has done to hashprice since the eve, day by day (USD per PH/s and day)."""
    with house_style():
        figure = new_figure(3.7)
        ax = figure.subplots()
        drawn = {e: look for e, look in EFFECTS.items() if (daily[e] != 0).any()}
        drawn["change"] = (tell("all together"), chart.HASHPRICE)
        said, ends = [], []
        for column, (label, color) in drawn.items():
            width = 2.2 if column == "change" else 1.6
            ax.plot(daily.index, daily[column], color=color, linewidth=width)
            x, y = chart.last(daily[column])
            said.append(f"{word(str(label))} {text.number(y, 1, sign=True)}")
            ends.append((said[-1], x, y, color))
        # No further than the lines: at their ends the labels begin.
        ax.plot(daily.index[[0, -1]], [0, 0], color=chart.INK, linewidth=0.9, zorder=1.9)
        if daily.index[0] < article <= daily.index[-1]:
            chart.mark_day(ax, article, tell("the article"), left=True)
        chart.dates(ax)
        ax.margins(x=0)
        ax.set_ylabel(word(PER_HASH))
        chart.title(
            figure,
            tell("What moved hashprice, day by day"),
            tell(
                "{unit}, change since {first_day:%Y-%m-%d}; the parts add up to the thick line",
                unit=word(PER_HASH),
                first_day=daily.index[0],
            ),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends, plate=True)
    alt = tell(
        "Line chart of changes of hashprice since {first_day:%Y-%m-%d}, {unit}. "
        "On {last_day:%Y-%m-%d}: {parts}.",
        first_day=daily.index[0],
        unit=word(PER_HASH),
        last_day=daily.index[-1],
        parts=", ".join(said),
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
                f"{word(str(name))} {text.amount(value, 'percent', 1)}",
                path[column].last_valid_index(),
                value,
                color,
            )
            for name, column, value, color in (
                (tell("basket"), "basket", moved.change_pct, chart.SUBJECT),
                (tell("bitcoin"), "bitcoin", moved.bitcoin_change_pct, chart.BITCOIN),
            )
        ]
        if path.index[0] < article <= path.index[-1]:
            chart.mark_day(left, article, tell("the article"), left=True)
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
            tell("The miners' shares against bitcoin"),
            tell(
                "Change since the close of {first:%Y-%m-%d}, percent; basket: equal "
                "weights at each close; right: each share to {last:%Y-%m-%d}",
                first=moved.first,
                last=moved.last,
            ),
        )
        chart.source(figure, source)
        chart.end_labels(left, ends)
    alt = (
        (
            tell(
                "Left, a line chart from {first:%Y-%m-%d} to {last:%Y-%m-%d}: the basket "
                "ends at {change}, bitcoin at {bitcoin_change}. Right, each share:",
                first=moved.first,
                last=moved.last,
                change=text.amount(moved.change_pct, "percent", 1),
                bitcoin_change=text.amount(moved.bitcoin_change_pct, "percent", 1),
            )
            + " "
        )
        + "; ".join(f"{t} {text.amount(float(v), 'percent', 1)}" for t, v in single.items())
        + "."
    )
    return Chart("shares", figure, alt, path)


def parts(moved: Shares, source: str) -> Chart:
    """The parts of the basket's log change: market, bitcoin, everything else, with intervals."""
    names = {"market": tell("the market"), "bitcoin": "bitcoin", "rest": tell("everything else")}
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
                tell("{share} of the change", share=text.amount(float(row['share']), 'percent', 0)),
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
        ax.set_xlabel(tell("log points (100 × the logarithm), which add up"))
        chart.title(
            figure,
            tell("What the shares' change is made of"),
            tell(
                "{first:%Y-%m-%d} to {last:%Y-%m-%d}; lines: 95 % intervals from redrawn "
                "days of the sessions before",
                first=moved.first,
                last=moved.last,
            ),
        )
        chart.source(figure, source)
    said = [
        tell(
            "{names} {log_points} log points, {share}",
            names=names[str(p)],
            log_points=text.number(float(row["log_points"]), 1),
            share=text.amount(float(row["share"]), "percent", 0),
        )
        for p, row in table.iterrows()
    ]
    alt = tell("Bar chart of the parts of the basket's log change: {parts}.", parts="; ".join(said))
    return Chart("parts", figure, alt, table)


def group(groups: pd.DataFrame, source: str) -> Chart:
    """JPMorgan's monthly change of the group (diamonds) beside three stand-ins (percent)."""
    marks = {
        "published": ("JPMorgan", "D", chart.PRINTED, -0.27),
        "by_value": (tell("weighted by\nknown value"), "o", chart.SUBJECT, -0.09),
        "equal": (tell("all listed miners,\nequal weights"), "^", chart.TINT, 0.09),
        "fund": (tell("the fund WGMI"), "s", chart.OTHER, 0.27),
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
            tell("JPMorgan's monthly figure and three stand-ins"),
            tell(
                "Change of the miners' market value over the month, percent; diamonds: "
                "JPMorgan; dots: by value; triangles: equal weights; squares: the fund; "
                "stand-ins from closes alone"
            ),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends)
    said = [
        tell(
            "{month} JPMorgan {published}, weighted by value {by_value}",
            month=month,
            published=text.amount(float(row["published"]), "percent", 0),
            by_value=text.amount(float(row["by_value"]), "percent", 0),
        )
        for month, row in groups.iterrows()
    ]
    alt = tell("Dot chart of monthly changes: {parts}.", parts="; ".join(said))
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
            tell("printed {printed}", printed=text.amount(printed, "percent", 0)),
            (printed, -0.6),
            xytext=(4, 0),
            textcoords="offset points",
            fontsize=8,
            color=chart.PRINTED,
            va="center",
        )
        for position, value in zip(y, bases["change"], strict=True):
            ax.annotate(
                text.amount(float(value), "percent", 1), (0, position), xytext=(5, 0),
                textcoords="offset points", va="center", fontsize=8.5, color=chart.INK,
            )  # fmt: skip
        chart.across(ax, [word(str(label)) for label in bases.index], size=8)
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        ax.set_xlim(float(min(bases["change"].min(), printed)) * 1.06, 9)
        ax.set_ylim(len(bases) - 0.45, -1.0)
        chart.numbers(ax.xaxis, "percent", most=6)
        chart.title(
            figure,
            tell("Revenue per hash in March 2025 against April 2024"),
            tell("First half of March 2025, percent, by what is taken for April and for revenue"),
        )
        chart.source(figure, source)
    said = [
        f"{word(str(label))}: {text.amount(float(v), 'percent', 1)}"
        for label, v in bases["change"].items()
    ]
    alt = tell(
        "Bar chart by reading, with the printed {printed}: {parts}.",
        printed=text.amount(printed, "percent", 0),
        parts="; ".join(said),
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
            ("basket", mark("shares"), chart.SUBJECT),
            ("bitcoin", mark("bitcoin"), chart.BITCOIN),
        ):
            ax.plot(index.index, index[column], color=color, linewidth=1.7)
            x, y = chart.last(index[column])
            ends.append((f"{word(str(label))} {text.number(y, 0)}", x, y, color))
        chart.dates(ax)
        chart.title(
            figure,
            tell("The shares and bitcoin since"),
            tell(
                "Index, close of {first_day:%Y-%m-%d} = 100; equal amounts held in each "
                "share; bitcoin: UTC daily closes",
                first_day=index.index[0],
            ),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends, plate=True)
    said = [
        tell(
            "{label} {last} on {day:%Y-%m-%d}",
            label=word(str(label)),
            last=text.number(float(index[c].dropna().iloc[-1]), 0),
            day=index[c].last_valid_index(),
        )
        for c, label in (("basket", tell("the shares")), ("bitcoin", tell("bitcoin")))
    ]
    alt = tell(
        "Line chart from {first_day:%Y-%m-%d}, set to 100: {parts}.",
        first_day=index.index[0],
        parts="; ".join(said),
    )
    return Chart("since", figure, alt, index.rename_axis("date"))
