"""Charts of a spell of falling prices: bitcoin, mining's revenue, and the miners' shares."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from claimbook import text
from claimbook.analysis.pressure import Shares, Split
from claimbook.charts import chart
from claimbook.charts.chart import Chart, house_style, new_figure

INDEXED = {
    "price_usd": ("bitcoin", chart.BITCOIN),
    "hashprice": ("hashprice", chart.SUBJECT),
    "difficulty": ("difficulty", chart.OTHER),
}
EFFECTS = {
    "price": ("price", chart.BITCOIN),
    "difficulty": ("difficulty", chart.OTHER),
    "subsidy": ("subsidy", chart.AI),
    "fees": ("fees", chart.RISE),
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
        ends = {}
        for label, color in INDEXED.values():
            width = 2.2 if label == "hashprice" else 1.6
            ax.plot(index.index, index[label], color=color, linewidth=width)
            ends[label] = (float(index[label].iloc[-1]), color)
        _labels(ax, index.index[-1], ends)
        if start <= article <= end:
            _mark(ax, article, "the article")
        _dates(ax)
        chart.title(
            figure,
            "Bitcoin, hashprice and difficulty",
            f"{eve:%Y-%m-%d} = 100, daily values, UTC; hashprice is revenue per unit of hash rate",
        )
        chart.source(figure, source)
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
            rows.append((f"{step.first:%d %b %Y}".lstrip("0"), 0.0, step.before, chart.SUBJECT))
        level = step.before
        for effect, (label, color) in EFFECTS.items():
            change = float(step.table.at[effect, "usd"])
            rows.append((label, level, change, color))
            level += change
        rows.append((f"{step.last:%d %b %Y}".lstrip("0"), 0.0, step.after, chart.SUBJECT))
    with house_style():
        figure = new_figure(4.0)
        ax = figure.subplots()
        x = np.arange(len(rows))
        for position, (_, base, height, color) in enumerate(rows):
            whole = base == 0.0 and color == chart.SUBJECT
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
            tick.set_color(chart.INK if color == chart.SUBJECT else chart.MUTED)
        ax.set_ylabel(PER_HASH)
        ax.set_ylim(0, 1.1 * max(base + max(height, 0.0) for _, base, height, _ in rows))
        chart.title(
            figure,
            "Hashprice taken apart",
            f"{PER_HASH}; dark: means of {window} days ending on the date (summed revenue over "
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
        ends = {}
        for effect, (label, color) in EFFECTS.items():
            if (daily[effect] == 0).all():
                continue
            ax.plot(daily.index, daily[effect], color=color, linewidth=1.6)
            ends[label] = (float(daily[effect].iloc[-1]), color)
        ax.plot(daily.index, daily["change"], color=chart.SUBJECT, linewidth=2.2)
        ends["all together"] = (float(daily["change"].iloc[-1]), chart.SUBJECT)
        ax.axhline(0, color=chart.INK, linewidth=0.9)
        _labels(ax, daily.index[-1], ends, digits=1, sign=True)
        if daily.index[0] < article <= daily.index[-1]:
            _mark(ax, article, "the article")
        _dates(ax)
        ax.set_ylabel(PER_HASH)
        chart.title(
            figure,
            "What moved hashprice, day by day",
            f"{PER_HASH}, change since {daily.index[0]:%Y-%m-%d}; the parts add up to the dark "
            "line",
        )
        chart.source(figure, source)
    said = [f"{label} {text.number(value, 1, sign=True)}" for label, (value, _) in ends.items()]
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
        ends = {
            "basket": (moved.change_pct, chart.SUBJECT),
            "bitcoin": (moved.bitcoin_change_pct, chart.BITCOIN),
        }
        _labels(left, path.index[-1], ends)
        if path.index[0] < article <= path.index[-1]:
            _mark(left, article, "the article")
        _dates(left)
        left.yaxis.set_major_formatter(lambda v, _: text.amount(v, "percent", 0))
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
        right.set_yticks(y, [*map(str, single.index), "bitcoin"])
        right.tick_params(axis="y", labelcolor=chart.INK)
        right.axvline(0, color=chart.INK, linewidth=0.9)
        right.grid(visible=False)
        right.set_xticks([])
        right.spines["bottom"].set_visible(False)
        right.invert_yaxis()
        chart.title(
            figure,
            "The miners' shares against bitcoin",
            f"Change since the close of {moved.first:%Y-%m-%d}, percent; basket: equal weights at "
            "each close; right: each share over the whole span",
        )
        chart.source(figure, source)
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
        ax.set_yticks(y, [names[str(p)] for p in table.index])
        ax.tick_params(axis="y", labelsize=9, labelcolor=chart.INK)
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        span = np.nanmax(np.abs(table[["log_points", "low", "high"]].to_numpy(dtype=float)))
        ax.set_xlim(
            min(0.0, float(np.nanmin(table[["log_points", "low"]].to_numpy(dtype=float))))
            - 0.05 * span,
            max(0.0, float(np.nanmax(table[["log_points", "high"]].to_numpy(dtype=float))))
            + 0.28 * span,
        )
        ax.grid(axis="y", visible=False)
        ax.grid(axis="x", visible=True)
        ax.invert_yaxis()
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
        "fund": ("the fund WGMI", "s", chart.OTHER),
        "equal": ("all listed miners, equal weights", "^", chart.RISE),
        "by_value": ("weighted by known value", "o", chart.SUBJECT),
        "published": ("JPMorgan", "D", chart.FALL),
    }
    x = np.arange(len(groups))
    with house_style():
        figure = new_figure(3.9)
        ax = figure.subplots()
        ax.axhline(0, color=chart.INK, linewidth=0.9)
        for shift, (column, (label, marker, color)) in zip(
            (0.27, 0.09, -0.09, -0.27), marks.items(), strict=True
        ):
            ax.scatter(x + shift, groups[column], s=34, marker=marker, color=color, label=label)
        for position, value in zip(x, groups["published"], strict=True):
            ax.annotate(
                text.number(float(value), 0), (position - 0.27, float(value)), xytext=(0, 7),
                textcoords="offset points", ha="center", fontsize=8, color=chart.FALL,
            )  # fmt: skip
        ax.set_xticks(x, [str(m) for m in groups.index])
        ax.set_xlim(-0.6, len(x) - 0.4)
        ax.yaxis.set_major_formatter(lambda v, _: text.amount(v, "percent", 0))
        ax.set_ylim(top=float(np.nanmax(groups[list(marks)].to_numpy(dtype=float))) + 9)
        handles, labels = ax.get_legend_handles_labels()
        ax.legend(
            handles[::-1], labels[::-1], loc="upper center", bbox_to_anchor=(0.45, 1.0),
            handletextpad=0.3,
        )  # fmt: skip
        chart.title(
            figure,
            "JPMorgan's monthly figure and three stand-ins",
            "Change of the miners' market value over the month, percent; stand-ins from closes "
            "alone",
        )
        chart.source(figure, source)
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
        ax.axvline(printed, color="#8a5a00", linewidth=1.3)
        ax.annotate(
            f"printed {text.amount(printed, 'percent', 0)}", (printed, -0.6), xytext=(4, 0),
            textcoords="offset points", fontsize=8, color="#8a5a00", va="center",
        )  # fmt: skip
        for position, value in zip(y, bases["change"], strict=True):
            ax.annotate(
                text.amount(float(value), "percent", 1), (0, position), xytext=(5, 0),
                textcoords="offset points", va="center", fontsize=8.5, color=chart.INK,
            )  # fmt: skip
        ax.set_yticks(y, [str(label) for label in bases.index])
        ax.tick_params(axis="y", labelcolor=chart.INK)
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        ax.set_xlim(float(min(bases["change"].min(), printed)) * 1.06, 7)
        ax.set_ylim(len(bases) - 0.45, -1.0)
        ax.xaxis.set_major_formatter(lambda v, _: text.amount(v, "percent", 0))
        ax.grid(axis="y", visible=False)
        ax.grid(axis="x", visible=True)
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
        ends = {}
        for column, label, color in (
            ("basket", "shares", chart.SUBJECT),
            ("bitcoin", "bitcoin", chart.BITCOIN),
        ):
            ax.plot(index.index, index[column], color=color, linewidth=1.7)
            ends[label] = (float(index[column].dropna().iloc[-1]), color)
        _labels(ax, index.index[-1], ends, digits=0)
        _dates(ax)
        chart.title(
            figure,
            "The shares and bitcoin since",
            f"Close of {index.index[0]:%Y-%m-%d} = 100; equal amounts held in each share; bitcoin: "
            "UTC daily closes",
        )
        chart.source(figure, source)
    said = [
        f"{label} {text.number(float(index[c].dropna().iloc[-1]), 0)} on "
        f"{index[c].last_valid_index():%Y-%m-%d}"
        for c, label in (("basket", "the shares"), ("bitcoin", "bitcoin"))
    ]
    alt = f"Line chart from {index.index[0]:%Y-%m-%d}, set to 100: {'; '.join(said)}."
    return Chart("since", figure, alt, index.rename_axis("date"))


def _mark(ax: Axes, day: pd.Timestamp, label: str) -> None:
    ax.axvline(day, color=chart.FALL, linewidth=0.9, linestyle=(0, (4, 3)))  # type: ignore[arg-type]
    ax.annotate(
        label, (day, 1), xycoords=("data", "axes fraction"), xytext=(-4, -3),  # type: ignore[arg-type]
        textcoords="offset points", ha="right", va="top", fontsize=8, color=chart.FALL,
    )  # fmt: skip


def _dates(ax: Axes) -> None:
    locator = AutoDateLocator(minticks=3, maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    ax.margins(x=0.01)


def _labels(
    ax: Axes, x: object, ends: dict[str, tuple[float, str]], *, digits: int = 1, sign: bool = False
) -> None:
    """Direct labels at the right end, pushed apart so that none covers another."""
    low, high = ax.get_ylim()
    step = (high - low) * 0.062
    placed: list[tuple[str, float]] = []
    for name, (value, _) in sorted(ends.items(), key=lambda item: item[1][0]):
        placed.append((name, max(value, placed[-1][1] + step) if placed else value))
    for name, y in placed:
        color = ends[name][1]
        chart.label_line(
            ax, x, y, f"{name} {text.number(ends[name][0], digits, sign=sign)}",  # type: ignore[arg-type]
            chart.MUTED if color == chart.OTHER else color,
        )  # fmt: skip
