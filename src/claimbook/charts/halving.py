"""Figures of the halving study: accounts, intervals, steps, placebo dates, breaks."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from claimbook import text
from claimbook.analysis.decomposition import Account
from claimbook.analysis.halving import MEANINGS, PER_HASH, SERIES, Found
from claimbook.analysis.revenue import Halving
from claimbook.analysis.steps import Step
from claimbook.charts.chart import (
    DASHES,
    FALL,
    GRID,
    INK,
    MUTED,
    OTHER,
    RISE,
    Chart,
    across,
    house_style,
    ink,
    new_figure,
    numbers,
    source,
    title,
)
from claimbook.charts.revenue import COLOURS, NAMES, SCALE, UNITS, day_zero, short
from claimbook.language import mark, tell, word

ALL_NAMES = NAMES | {PER_HASH: mark("Bitcoin per unit of hash rate")}
ALL_COLOURS = COLOURS | {PER_HASH: OTHER}


def account(
    accounts: Mapping[int, Account | None], halving: Halving, source_line: str, *, per_hash: bool
) -> Chart:
    """One panel a window: from the mean before to the mean after, one bar a factor.

    The whiskers span all orders in which the factors could have changed. Revenue in m USD a day,
    or, `per_hash`, hashprice in USD per PH/s and day.
    """
    known = {days: found for days, found in accounts.items() if found is not None}
    unit = tell("USD per PH/s and day") if per_hash else tell("m USD a day")
    rows, tops = [], []
    with house_style():
        figure = new_figure(4.1)
        axes = np.atleast_1d(figure.subplots(1, max(len(known), 1), sharey=True))
        for ax, (days, found) in zip(axes, known.items(), strict=False):
            scale = 1.0 if per_hash else 1e6 * days
            level = found.before / scale
            digits = 0 if level >= 20 else 2
            labels = [tell("before"), *map(word, found.additive), tell("after")]
            ax.bar(0, level, color=OTHER, width=0.66)
            _write(ax, 0, level, text.number(level, digits))
            for place, (factor, effect) in enumerate(found.additive.items(), start=1):
                size = effect / scale
                ax.bar(place, size, bottom=level, width=0.66, color=FALL if size < 0 else RISE)
                low, high = (e[factor] / scale for e in (found.lowest, found.highest))
                ax.plot([place, place], [level + low, level + high], color=INK, linewidth=1)
                top = max(level, level + size, level + high)
                _write(ax, place, top, text.number(size, digits, sign=True))
                rows.append([days, factor, size, low, high])
                ax.plot(
                    [place - 0.33, place + 1.33], [level + size] * 2, color=MUTED, linewidth=0.6
                )
                level += size
            ax.bar(len(labels) - 1, found.after / scale, color=OTHER, width=0.66)
            _write(
                ax, len(labels) - 1, found.after / scale, text.number(found.after / scale, digits)
            )
            ax.set_xticks(
                range(len(labels)), labels, rotation=55, ha="right", rotation_mode="anchor"
            )
            ax.set_title(tell("{days} days", days=days), loc="left", color=INK)
            tops.append(ax.get_ylim()[1])
        axes[0].set_ylim(0, 1.06 * max(tops, default=1.0))
        what = mark("Hashprice") if per_hash else mark("Revenue")
        title(
            figure,
            tell(
                "{what} before and after the halving of {year}, taken apart",
                what=word(what),
                year=halving.year,
            ),
            tell(
                "{unit}; bars: the share credited to each factor (LMDI); whiskers: all "
                "orders in which they could have changed",
                unit=unit,
            ),
        )
        source(figure, source_line)
    data = pd.DataFrame(rows, columns=["window", "factor", "effect", "lowest", "highest"])
    said = [
        (tell("{days} days:", days=days) + " ")
        + ", ".join(
            f"{word(str(row.factor))} {text.number(float(row.effect), 2, sign=True)}"
            for row in data[data["window"] == days].itertuples()
        )
        for days in known
    ]
    alt = tell(
        "What each factor did, in {unit}. {parts}.",
        unit=unit,
        parts="; ".join(said) or tell("No window could be taken apart"),
    )
    return Chart("account-hashprice" if per_hash else "account", figure, alt, data)


def intervals(table: pd.DataFrame, threshold: float, source_line: str) -> Chart:
    """The change of each measure and window with its 95 % interval."""
    with house_style():
        figure = new_figure(0.9 + 0.3 * len(table))
        ax = figure.subplots()
        place, ticks, labels = 0.0, [], []
        for measure in MEANINGS:
            for days, row in table.loc[measure].iterrows():
                ax.plot([row["low"], row["high"]], [place, place], color=ALL_COLOURS[measure])
                ax.plot(row["change"], place, "o", color=ALL_COLOURS[measure], markersize=5)
                ticks.append(place)
                labels.append(
                    tell("{measure}, {days} days", measure=word(ALL_NAMES[measure]), days=days)
                )
                place += 1
            place += 0.5
        ax.axvline(0, color=INK, linewidth=0.8)
        ax.axvline(-threshold, color=INK, linewidth=0.8, linestyle=":")
        across(ax, labels, size=8)
        ax.set_yticks(ticks, labels)
        numbers(ax.xaxis, "percent")
        title(
            figure,
            tell("Change of the mean after the halving, with intervals"),
            tell(
                "Percent of the mean before; lines: 95 % intervals; dotted: a fall of "
                "{threshold} %",
                threshold=text.number(threshold, 0),
            ),
        )
        source(figure, source_line)
    said = [
        tell(
            "{measure}, {days} days: {change} ({low} to {high})",
            measure=word(ALL_NAMES[str(measure)]),
            days=days,
            change=text.amount(row["change"], "percent", 0),
            low=text.number(row["low"], 0),
            high=text.number(row["high"], 0),
        )
        for (measure, days), row in table.iterrows()
    ]
    return Chart(
        "change-intervals",
        figure,
        tell("Dots with intervals. {parts}.", parts="; ".join(said)),
        short(table),
    )


def step_lines(
    observed: pd.DataFrame, lines: Mapping[str, pd.DataFrame], steps: Mapping[str, Step | None],
    halving: Halving, source_line: str,
) -> Chart:  # fmt: skip
    """One panel a series: days, fitted trends, and the earlier trend led on without the step.

    `observed` has days_from_halving and the series; `lines` as from `steps.trend_lines`.
    """
    with house_style():
        figure = new_figure(6.2)
        axes = figure.subplots(3, 1, sharex=True)
        for ax, measure in zip(axes, SERIES, strict=True):
            x, scale = observed["days_from_halving"], SCALE[measure]
            ax.plot(x, observed[measure] / scale, color=COLOURS[measure], alpha=0.35, linewidth=0.8)
            if measure in lines:
                line = lines[measure]
                before, after = line[line.index < 0], line[line.index >= 0]
                for part in (before, after):
                    ax.plot(part.index, part["fitted"] / scale, color=COLOURS[measure])
                ax.plot(
                    line.index, line["without step"] / scale, color=INK, linestyle=(0, (1, 1.4))
                )
            ax.axvline(0, color=INK, linewidth=0.9, linestyle=DASHES)
            ax.set_title(f"{word(NAMES[measure])} ({word(UNITS[measure])})", loc="left", color=INK)
            _from_zero(ax, observed[measure] / scale)
        axes[2].set_xlabel(day_zero(halving))
        axes[2].xaxis.set_major_formatter(FuncFormatter(lambda v, _: text.number(v, 0)))
        title(
            figure,
            tell("Each series and its trends before and after the halving"),
            tell("Thin: days; thick: fitted trends; dotted: the earlier trend without a step"),
        )
        source(figure, source_line)
    said = [
        tell(
            "{measure}: a step of {percent}, 95 % interval {low} to {high}",
            measure=word(NAMES[m]),
            percent=text.amount(step.percent, "percent", 0),
            low=text.number(step.low, 0),
            high=text.number(step.high, 0),
        )
        for m, step in steps.items()
        if step is not None
    ]
    alt = tell(
        "Three series with fitted trends. {parts}.",
        parts="; ".join(said) or tell("No step could be fitted"),
    )
    return Chart("step", figure, alt, short(observed[list(SERIES)].rename_axis("date")))


def placebos(
    drawn: Mapping[str, pd.Series], steps: Mapping[str, Step | None],
    earlier: Mapping[tuple[int, str], Step | None], year: int, source_line: str,
) -> Chart:  # fmt: skip
    """One panel a series: the steps at all other dates, and those at the halvings."""
    counted, bars = [], []
    with house_style():
        figure = new_figure(5.0)
        axes = figure.subplots(3, 1, sharex=True)
        edges = np.arange(-75, 105, 5)
        for ax, measure in zip(axes, SERIES, strict=True):
            values = drawn.get(measure, pd.Series(dtype=float))
            counts, _ = np.histogram(values.clip(edges[0], edges[-1] - 1e-9), edges)
            bars += [[measure, int(e), int(c)] for e, c in zip(edges, counts, strict=False)]
            ax.bar(edges[:-1], counts, width=5, align="edge", color=OTHER, edgecolor="white")
            tall = max(int(counts.max()), 1)
            marks = [(y, s) for (y, m), s in earlier.items() if m == measure and s is not None]
            for other, step in marks:
                ax.plot([step.percent] * 2, [0, 0.42 * tall], color=MUTED, linewidth=1)
                ax.plot(step.percent, 0.42 * tall, "o", color=MUTED, markersize=3.5)
                counted.append([measure, str(other), step.percent])
            here = steps.get(measure)
            if here is not None:
                ax.plot([here.percent] * 2, [0, 0.75 * tall], color=COLOURS[measure], linewidth=2)
                ax.text(
                    here.percent, 0.79 * tall, f"{year}", color=ink(COLOURS[measure]), ha="center",
                    fontsize=8.5,
                    weight="semibold",
                )  # fmt: skip
                counted.append([measure, str(year), here.percent])
            ax.set_title(
                tell("{measure}: number of dates", measure=word(NAMES[measure])),
                loc="left",
                color=INK,
            )
            ax.set_xlim(edges[0], edges[-1])
            ax.set_ylim(0, 1.08 * tall)
        axes[2].set_xlabel(tell("Step that the model finds (%); the last bars hold all beyond"))
        axes[2].xaxis.set_major_formatter(FuncFormatter(lambda v, _: text.number(v, 0)))
        title(
            figure,
            tell("The step at the halving among steps at dates with no halving near"),
            tell(
                "Number of dates by the step that the model finds there; thin pins: the "
                "other halvings"
            ),
        )
        source(figure, source_line)
    # What is drawn: the bars, and the pins of the halvings (a year instead of a count).
    data = pd.DataFrame(bars, columns=["series", "step_from_pct", "dates"])
    pins = pd.DataFrame(counted, columns=["series", "halving", "step_pct"])
    data = short(pd.concat([data, pins], ignore_index=True)).set_index("series")
    said = [
        tell(
            "{measure}: {percent} at the halving, and at {count:,} other dates from "
            "{lowest} to {highest}",
            measure=word(NAMES[m]),
            percent=text.amount(s.percent, "percent", 0),
            count=len(drawn[m]),
            lowest=text.amount(drawn[m].min(), "percent", 0),
            highest=text.amount(drawn[m].max(), "percent", 0, sign=True),
        )
        for m, s in steps.items()
        if s is not None and len(drawn.get(m, []))
    ]
    return Chart(
        "placebo",
        figure,
        tell("Three histograms. {parts}.", parts="; ".join(said) or tell("No dates")),
        data,
    )


def breaks(
    observed: pd.DataFrame, found: Mapping[str, Found | None], halving: Halving, source_line: str
) -> Chart:
    """One panel a series: days, the levels between BIC's breaks, and the single best break.

    `data` holds the levels; the days are those of `step_lines`.
    """
    levels = []
    with house_style():
        figure = new_figure(6.2)
        axes = figure.subplots(3, 1, sharex=True)
        for ax, measure in zip(axes, SERIES, strict=True):
            x, scale = observed.index, SCALE[measure]
            ax.plot(x, observed[measure] / scale, color=COLOURS[measure], alpha=0.4, linewidth=0.8)
            here = found.get(measure)
            if here is not None:
                edges = [x[0], *here.chosen, x[-1]]
                for start, end, mean in zip(edges, edges[1:], here.means, strict=False):
                    ax.plot([start, end], [mean / scale] * 2, color=COLOURS[measure], linewidth=2)
                    levels.append([measure, f"{start:%Y-%m-%d}", f"{end:%Y-%m-%d}", mean])
                ax.axvspan(here.low, here.high, color=GRID, alpha=0.8, linewidth=0, zorder=0)
                ax.axvline(here.single, color=INK, linewidth=1.4)
            ax.axvline(halving.day, color=INK, linewidth=0.9, linestyle=DASHES)
            ax.set_title(f"{word(NAMES[measure])} ({word(UNITS[measure])})", loc="left", color=INK)
            _from_zero(ax, observed[measure] / scale)
        title(
            figure,
            tell("Levels and breaks that a search finds in a span about the halving"),
            tell(
                "Thick: levels by BIC; upright line: the one break that explains most, "
                "with its 95 % interval (grey); dashed: the halving"
            ),
        )
        source(figure, source_line)
    said = [
        tell(
            "{measure}: {single:%Y-%m-%d} ({low:%Y-%m-%d} to {high:%Y-%m-%d})",
            measure=word(NAMES[m]),
            single=here.single,
            low=here.low,
            high=here.high,
        )
        for m in SERIES
        if (here := found.get(m)) is not None
    ]
    alt = tell(
        "The break that explains most. {parts}.",
        parts="; ".join(said) or tell("No search could be made"),
    )
    # The days themselves are the data of the figure of steps; here the levels between the breaks.
    data = pd.DataFrame(levels, columns=["series", "from", "to", "level"]).set_index("series")
    return Chart("breaks", figure, alt, short(data))


def _from_zero(ax: Axes, values: pd.Series) -> None:
    """A scale from zero that a few single days may leave."""
    ax.set_ylim(0, float(np.nanquantile(values, 0.995)) * 1.25)
    numbers(ax.yaxis, most=5)


def _write(ax: Axes, place: float, height: float, words: str) -> None:
    ax.annotate(
        words, (place, height), xytext=(0, 3), textcoords="offset points", ha="center",
        fontsize=7.5, color=INK,
    )  # fmt: skip
