"""Charts of how far miners' shares move with AI shares: over time, by share, by shock."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, YearLocator

from claimbook import text
from claimbook.analysis.betas import Estimate
from claimbook.analysis.dependence import Contracts
from claimbook.analysis.varying import Varying
from claimbook.charts import chart
from claimbook.charts.chart import Chart, house_style, new_figure
from claimbook.errors import AnalysisError
from claimbook.language import mark, tell, word

NAMES = {
    "ai": mark("AI basket"),
    "bitcoin": mark("Bitcoin"),
    "market": mark("Market"),
    "unexplained": mark("Not explained"),
}
COLORS = {"ai": chart.AI, "bitcoin": chart.BITCOIN, "market": chart.OTHER}


def over_time(
    lines: pd.DataFrame,
    long_lines: pd.DataFrame,
    whole: pd.DataFrame,
    judged: pd.Timestamp,
    points: dict[pd.Timestamp, Estimate],
    window: int,
    source: str,
) -> Chart:
    """Rolling betas with bands, one panel a factor; the AI panel is the largest.

    `lines` and `long_lines` have columns (factor, value | low | high) by date; `whole` the betas
    from the first session on, by factor; `points` the AI betas of the windows compared, by the
    windows' last session.
    """
    factors = [f for f in ("ai", "bitcoin", "market") if f in whole]
    with house_style():
        figure = new_figure(6.3)
        axes = figure.subplots(
            len(factors), 1, sharex=True, gridspec_kw={"height_ratios": [2.2, 1, 1]}
        )
        for ax, factor in zip(axes, factors, strict=True):
            color = COLORS[factor]
            part = lines[factor]
            ax.fill_between(
                part.index, part["low"], part["high"], color=color, alpha=0.2, linewidth=0
            )
            ax.plot(long_lines.index, long_lines[(factor, "value")], color=chart.MUTED,
                    linewidth=0.9, linestyle=(0, (1, 1.2)))  # fmt: skip
            ax.plot(whole.index, whole[factor], color=chart.INK, linewidth=1.0,
                    linestyle=(0, (5, 2)))  # fmt: skip
            ax.plot(part.index, part["value"], color=color, linewidth=2)
            ax.axhline(0, color=chart.INK, linewidth=0.8)
            ax.set_ylabel(word(NAMES[factor]), color=chart.ink(color))
            ax.set_xlim(whole.index[0], whole.index[-1])
            chart.mark_day(ax, judged, f"{judged:%Y-%m-%d}" if ax is axes[0] else "")
        top = axes[0]
        for end, one in points.items():
            top.errorbar(
                [end], [one.value], yerr=[[one.value - one.low], [one.high - one.value]],
                fmt="o", color=chart.INK, markersize=5, linewidth=1.3, capsize=3, zorder=5,
            )  # fmt: skip
        _years(axes[-1])
        chart.title(
            figure,
            tell("How far miners' shares move with AI shares, bitcoin and the market"),
            tell(
                "Beta: change of the shares, in percent, per percent of each factor, the "
                "others held fixed; {window} sessions that end on the date. Band: 95 % "
                "of redrawn sessions. Dots: the windows compared. Dotted: shares listed "
                "since the first session only. Dashed: all sessions from the first to "
                "the date",
                window=window,
            ),
        )
        chart.source(figure, source)
    said = [
        tell(
            "{factor} {first} on {first_day:%Y-%m-%d}, lowest {lowest}, highest "
            "{highest}, {last} on {last_day:%Y-%m-%d}",
            factor=word(NAMES[f]),
            first=text.number(float(lines[f, "value"].iloc[0])),
            first_day=lines.index[0],
            lowest=text.number(float(lines[f, "value"].min())),
            highest=text.number(float(lines[f, "value"].max())),
            last=text.number(float(lines[f, "value"].iloc[-1])),
            last_day=lines.index[-1],
        )
        for f in factors
    ]
    dots = [
        tell(
            "{end:%Y-%m-%d} {beta} ({low} to {high})",
            end=end,
            beta=text.number(p.value),
            low=text.number(p.low),
            high=text.number(p.high),
        )
        for end, p in points.items()
    ]
    alt = tell(
        "Three line charts of rolling betas over {window} sessions: {parts}. AI betas "
        "of the windows compared, with 95 % intervals: {dots}.",
        window=window,
        parts="; ".join(said),
        dots="; ".join(dots),
    )
    data = lines.copy()
    data.columns = [f"{factor}_{part}" for factor, part in data.columns]
    for factor in factors:
        data[f"{factor}_long_listed"] = long_lines[(factor, "value")]
        data[f"{factor}_expanding"] = whole[factor]
    return Chart("over-time", figure, alt, data)


def by_quarter(test: Varying, judged: pd.Timestamp, source: str) -> Chart:
    """The AI beta of each block of sessions with its interval, and the levels between breaks."""
    table = test.table
    x = np.arange(len(table))
    with house_style():
        figure = new_figure(3.5)
        ax = figure.subplots()
        ax.errorbar(
            x, table["value"], yerr=[table["value"] - table["low"], table["high"] - table["value"]],
            fmt="o", color=chart.AI, markersize=4.5, linewidth=1.2,
        )  # fmt: skip
        edges = [0, *(int(np.flatnonzero(table.index == day)[0]) for day in test.bic_breaks)]
        for first, last in zip(edges, [*edges[1:], len(table)], strict=True):
            ax.plot([first - 0.45, last - 0.55], [table["level"].iloc[first]] * 2,
                    color=chart.INK, linewidth=1.5)  # fmt: skip
        ax.axhline(0, color=chart.INK, linewidth=0.8)
        place = float((pd.DatetimeIndex(table["last"]) < judged).sum())
        if place < len(table):
            chart.mark_day(
                ax, place, tell("block with {judged:%Y-%m-%d}", judged=judged), left=True
            )
        ax.set_xticks(x[::2], [_short(day) for day in table["last"].iloc[::2]])
        chart.title(
            figure,
            tell("Sensitivity to AI shares in blocks that do not overlap"),
            tell(
                "AI beta of each {length} days or so, by the block's last month; bars: "
                "95 % of the wild bootstrap; level lines: means between the breaks that "
                "BIC picks",
                length=int(_length(table)),
            ),
        )
        chart.source(figure, source)
    alt = (tell("Dot plot of the AI beta by block of sessions:") + " ") + "; ".join(
        tell("to {last:%Y-%m-%d} {beta}", last=row.last, beta=text.number(row.value))
        for row in table.itertuples()
    )
    return Chart("by-quarter", figure, f"{alt}.", table)


def variance(shares: pd.DataFrame, judged: pd.Timestamp, window: int, source: str) -> Chart:
    """Percent of variance by factor (areas), from rolling windows."""
    order = [f for f in ("ai", "bitcoin", "market") if f in shares]
    with house_style():
        figure = new_figure(3.4)
        ax = figure.subplots()
        level = np.zeros(len(shares))
        ends: list[chart.End] = []
        for factor in order:
            upper = level + shares[factor].to_numpy()
            ax.fill_between(shares.index, level, upper, color=COLORS[factor], alpha=0.75,
                            linewidth=0)  # fmt: skip
            if len(shares):
                middle = float((level[-1] + upper[-1]) / 2)
                share = text.amount(float(shares[factor].iloc[-1]), "percent", 0)
                ends.append(
                    (f"{word(NAMES[factor])} {share}", shares.index[-1], middle, COLORS[factor])
                )
            level = upper
        ax.set_ylim(0, 100)
        ax.margins(x=0)
        chart.mark_day(ax, judged, f"{judged:%Y-%m-%d}")
        chart.numbers(ax.yaxis, "percent")
        _years(ax)
        chart.title(
            figure,
            tell("What the variance of miners' shares goes with"),
            tell(
                "Percent of the variance of their mean daily return over {window} "
                "sessions, by Shapley's value of R²; the empty part: not explained",
                window=window,
            ),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends)
    alt = (tell("Area chart of the share of variance:") + " ") + "; ".join(
        tell(
            "{factor} between {lowest} and {highest}, at the end {last}",
            factor=word(NAMES[f]),
            lowest=text.amount(float(shares[f].min()), "percent", 1),
            highest=text.amount(float(shares[f].max()), "percent", 1),
            last=text.amount(float(shares[f].iloc[-1]), "percent", 1),
        )
        for f in order
    )
    return Chart("variance", figure, f"{alt}.", shares)


def by_share(first: Contracts, second: Contracts, source: str) -> Chart:
    """Each share's AI beta with its interval, contract holders in colour; two windows."""
    panels = [first] if second.until == first.until else [first, second]
    panels = [p for p in panels if not p.table.empty]
    if not panels:
        raise AnalysisError(tell("no share has a price in every session of the window"))
    height = max(len(p.table) for p in panels)
    with house_style():
        figure = new_figure(0.27 * height + 1.9)
        axes = np.atleast_1d(figure.subplots(1, len(panels), sharex=True))
        for ax, panel in zip(axes, panels, strict=True):
            table = panel.table.sort_values(["signed", "value"])
            y = np.arange(len(table))
            for position, row in zip(y, table.itertuples(), strict=True):
                color = chart.SUBJECT if row.signed else chart.OTHER
                ax.plot([row.low, row.high], [position] * 2, color=color, linewidth=1.6)
                ax.plot([row.value], [position], "o", color=color, markersize=5)
            chart.across(ax, [str(t) for t in table.index], size=8)
            ax.set_ylim(-0.6, len(table) - 0.4)
            for tick, signed in zip(ax.get_yticklabels(), table["signed"], strict=True):
                tick.set_color(chart.SUBJECT if signed else chart.MUTED)
                tick.set_fontweight("semibold" if signed else "normal")
            ax.axvline(0, color=chart.INK, linewidth=0.9)
            chart.numbers(ax.xaxis, most=5)
            ax.set_title(tell("to {until:%Y-%m-%d}", until=panel.until))
        chart.title(
            figure,
            tell("Sensitivity to AI shares, share by share"),
            tell(
                "AI beta beside the market and bitcoin, with 95 % interval; blue: a "
                "contract on AI was signed by the window's last session"
            ),
        )
        chart.source(figure, source)
    alt = (tell("Dot plots of AI betas.") + " ") + " ".join(
        tell("To {last:%Y-%m-%d}:", last=p.until)
        + " "
        + "; ".join(
            tell("{share} {beta} (contract)", share=row.Index, beta=text.number(row.value))
            if row.signed
            else f"{row.Index} {text.number(row.value)}"
            for row in p.table.itertuples()
        )
        + "."
        for p in panels
    )
    data = pd.concat({f"{p.until:%Y-%m-%d}": p.table for p in panels}, names=["until", "ticker"])
    return Chart("by-share", figure, alt, data)


def shocks(table: pd.DataFrame, source: str) -> Chart:
    """What each AI-demand shock did beyond the market and bitcoin: basket and both groups."""
    groups = {
        "ai": (tell("AI basket"), chart.AI, -0.24),
        "with": (tell("miners with contracts"), chart.SUBJECT, 0.0),
        "without": (tell("miners without"), chart.OTHER, 0.24),
    }
    y = np.arange(len(table))
    with house_style():
        figure = new_figure(0.55 * len(table) + 1.9)
        ax = figure.subplots()
        for name, (_, color, shift) in groups.items():
            half = table[f"{name} usual"]
            ax.barh(y + shift, 2 * half, left=-half, height=0.2, color=chart.GRID)
            ax.plot(table[name], y + shift, "o", color=color, markersize=5)
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        chart.across(ax, [f"{day:%Y-%m-%d}" for day in table.index])
        ax.set_ylim(len(table) - 0.5, -0.6)
        chart.numbers(ax.xaxis, "percent", most=7)
        # The names stand where all three are known, at the right of the ordinary sessions.
        told = table[[*groups, *(f"{name} usual" for name in groups)]].dropna()
        if len(told):
            at = int(np.flatnonzero(table.index == told.index[0])[0])
            for name, (label, color, shift) in groups.items():
                right = float(max(told[f"{name} usual"].iloc[0], told[name].iloc[0]))
                ax.annotate(
                    label, (right, at + shift), xytext=(5, 0), textcoords="offset points",
                    va="center", fontsize=8, color=chart.ink(color), bbox=chart.PLATE, zorder=1.5,
                )  # fmt: skip
        chart.title(
            figure,
            tell("The sessions of news on AI demand"),
            tell(
                "Change beyond what the market and bitcoin explain, percent; grey: where "
                "95 of 100 ordinary sessions would lie; shares that the news is about "
                "are left out"
            ),
        )
        chart.source(figure, source)
    alt = (tell("Dot plot by session:") + " ") + "; ".join(
        f"{day:%Y-%m-%d} "
        + ", ".join(
            f"{word(str(label))} {text.amount(float(row[name]), 'percent', 1)}"
            for name, (label, _, _) in groups.items()
        )
        for day, row in table.iterrows()
    )
    data = table[[c for n in groups for c in (n, f"{n} usual")]]
    return Chart("shocks", figure, f"{alt}.", data)


def choices(table: pd.DataFrame, source: str) -> Chart:
    """The change of the AI beta with its interval under each choice."""
    y = np.arange(len(table))
    with house_style():
        figure = new_figure(0.3 * len(table) + 1.6)
        ax = figure.subplots()
        for position, row in zip(y, table.itertuples(), strict=True):
            beyond = row.low > 0 or row.high < 0
            color = chart.SUBJECT if beyond else chart.OTHER
            ax.plot([row.low, row.high], [position] * 2, color=color, linewidth=1.8)
            ax.plot([row.value], [position], "o", color=color, markersize=5.5)
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        chart.across(ax, [str(name) for name in table.index], size=8)
        ax.set_ylim(len(table) - 0.5, -0.6)
        chart.numbers(ax.xaxis)
        chart.title(
            figure,
            tell("The change of the sensitivity under other choices"),
            tell(
                "AI beta of the later window less the earlier one, 95 % interval; grey: "
                "the interval spans zero"
            ),
        )
        chart.source(figure, source)
    alt = (tell("Interval plot of the change of the AI beta:") + " ") + "; ".join(
        tell(
            "{choice} {change} ({low} to {high})",
            choice=word(str(row.Index)),
            change=text.number(row.value),
            low=text.number(row.low),
            high=text.number(row.high),
        )
        for row in table.itertuples()
    )
    return Chart("choices", figure, f"{alt}.", table)


def _years(ax: Axes) -> None:
    ax.xaxis.set_major_locator(YearLocator())
    ax.xaxis.set_major_formatter(DateFormatter("%Y"))


def _length(table: pd.DataFrame) -> float:
    """Calendar days from one block to the next, the median."""
    return float(pd.Series(table.index).diff().dt.days.median())


def _short(day: pd.Timestamp) -> str:
    """`Mar 25`."""
    return tell("{month} {year:%y}", month=text.short_month_name(day), year=day)
