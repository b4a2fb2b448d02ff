"""Charts of Microsoft's spending, of two gigawatts in proportion, and of shares on the day."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from claimbook import text
from claimbook.charts import chart
from claimbook.charts.chart import Chart, house_style, new_figure
from claimbook.language import tell, word

# How sure a figure is, in the fill of its bar.
HATCH = {"primary": "", "quoted": "", "second-hand": "////", "derived": "xxxx"}
LIGHT = "#d6e9f4"  # Microsoft's colour where a figure is less sure
LEVELS = (25, 50, 75, 100, 150, 200, 300, 400, 600, 800)
# In the order of `analysis.capex`: Microsoft, AI basket, landlords, miners, the market.
GROUP_COLORS = (chart.MICROSOFT, chart.AI, chart.LANDLORDS, chart.SUBJECT, chart.OTHER)


def by_quarter(
    quarters: pd.DataFrame,
    halves: pd.DataFrame,
    measure: str,
    measure_name: str,
    other_name: str,
    source: str,
) -> Chart:
    """The chosen measure by calendar quarter (bars), the other beside it (dots), half-year sums.

    `quarters`, `halves` as from `analysis.capex`. The second half of 2025 is shaded.
    """
    other = "cash" if measure == "leases" else "leases"
    x = np.arange(len(quarters))
    place = {q: i for i, q in enumerate(quarters.index)}
    values = quarters[measure].to_numpy(dtype=float)
    top = float(np.nanmax(quarters[["leases", "cash"]].to_numpy()))
    with house_style():
        figure = new_figure(4.35)
        ax = figure.subplots()
        late = [place[q] for q in quarters.index if (q.year, q.quarter) in ((2025, 3), (2025, 4))]
        if late:
            ax.axvspan(min(late) - 0.5, max(late) + 0.5, color=chart.BAND, alpha=0.5, linewidth=0)
        for position, (value, sure) in enumerate(zip(values, quarters["certainty"], strict=True)):
            if value != value:
                ax.annotate(
                    tell("not\nfound"),
                    (position - 0.14, 0),
                    xytext=(0, 4),
                    textcoords="offset points",
                    ha="center",
                    fontsize=7.5,
                    color=chart.MUTED,
                )
                continue
            hatch = HATCH.get(str(sure), "")
            ax.bar(
                position - 0.14, value, width=0.56, color=LIGHT if hatch else chart.MICROSOFT,
                edgecolor=chart.MICROSOFT, hatch=hatch, linewidth=0.9,
            )  # fmt: skip
            ax.annotate(
                text.number(value, 1), (position - 0.14, value), xytext=(0, 3),
                textcoords="offset points", ha="center", fontsize=8.5, color=chart.INK,
            )  # fmt: skip
        ax.scatter(
            x + 0.29, quarters[other], s=30, facecolor="white", edgecolor=chart.MUTED,
            linewidth=1.4, zorder=3,
        )  # fmt: skip
        for half, sums in halves.iterrows():
            start = pd.Period(f"{str(half)[:4]}Q{1 if str(half).endswith('1') else 3}", "Q")
            if start in place and start + 1 in place and sums[measure] == sums[measure]:
                _bracket(ax, place[start], top * 1.17, str(half), float(sums[measure]))
        ax.set_xticks(x, [f"{f}\n{q.year} Q{q.quarter}" for q, f in quarters["fiscal"].items()])
        ax.set_xlim(-0.6, len(x) - 0.4)
        ax.set_ylim(0, top * 1.36)
        ax.set_ylabel(tell("bn USD"))
        chart.title(
            figure,
            tell("Microsoft's spending by quarter"),
            tell(
                "bn USD; bars: {measure_name} (solid: quoted; hatched: second-hand; "
                "crossed: derived); rings: {other_name}; brackets: sums of half-years; "
                "shaded: second half of calendar 2025",
                measure_name=word(measure_name),
                other_name=word(other_name),
            ),
        )
        chart.source(figure, source)
    known = [
        f"{q.year} Q{q.quarter} {text.number(v, 1)} ({word(str(s))})"
        for q, v, s in zip(quarters.index, values, quarters["certainty"], strict=True)
        if v == v
    ]
    sums_said = [f"{h} {text.number(float(v), 1)}" for h, v in halves[measure].items() if v == v]
    alt = tell(
        "Bar chart of Microsoft's {measure_name}, bn USD by calendar quarter: "
        "{known}. Sums of half-years: {sums_said}. Rings show {other_name}, from "
        "{lowest} to {highest} bn USD.",
        measure_name=word(measure_name),
        known="; ".join(known),
        sums_said="; ".join(sums_said),
        other_name=word(other_name),
        lowest=text.number(float(quarters[other].min()), 1),
        highest=text.number(float(quarters[other].max()), 1),
    )
    data = quarters[["fiscal", "leases", "cash", "certainty"]].set_axis(
        [str(q) for q in quarters.index]
    )
    return Chart("spending-by-quarter", figure, alt, data.rename_axis("quarter"))


def against_plan(cumulative: pd.DataFrame, plan_busd: float, source: str) -> Chart:
    """Spending added up from July 2024 (bn USD), both measures, with the plan as a line."""
    labels = [tell("start"), *(text.short_month(q.end_time) for q in cumulative.index)]
    x = np.arange(len(labels))
    lines = {
        "leases": (tell("with finance\nleases"), chart.MICROSOFT),
        "cash": (tell("cash"), chart.OTHER),
    }
    with house_style():
        figure = new_figure(3.5)
        ax = figure.subplots()
        ax.axhline(plan_busd, color=chart.PRINTED, linewidth=1.1, linestyle=chart.DASHES)
        ax.annotate(
            tell("the plan, {plan}", plan=text.amount(plan_busd, "bn USD", 0)),
            (0, plan_busd),
            xytext=(0, 4),
            textcoords="offset points",
            fontsize=8,
            color=chart.PRINTED,
        )
        chart.mark_day(ax, 4, tell("fiscal year's end"), left=True)
        ends: list[chart.End] = []
        for measure, (name, color) in lines.items():
            values = np.concatenate([[0.0], cumulative[measure].to_numpy(dtype=float)])
            ax.plot(x, values, color=color, marker="o", markersize=4)
            at, total = chart.last(pd.Series(values))
            ends.append((f"{word(str(name))} {text.number(total, 0)}", at, total, color))
        ceiling = max(float(np.nanmax(cumulative.to_numpy())), plan_busd) * 1.08
        ax.set_ylim(0, ceiling)
        # One label in two, the last among them: a narrow page has no room for all.
        shown = x[(len(x) - 1) % 2 :: 2]
        ax.set_xticks(shown, [labels[i] for i in shown])
        ax.set_xlim(-0.15, len(x) - 0.9)
        ax.set_ylabel(tell("bn USD since 1 July 2024"))
        chart.title(
            figure,
            tell("Spending added up from the start of the fiscal year"),
            tell("bn USD from 1 July 2024 to the end of each quarter, both measures"),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends, plate=True)
    said = [
        f"{name.replace(chr(10), ' ')} {text.amount(float(cumulative[m].iloc[3]), 'bn USD', 1)}"
        for m, (name, _) in lines.items()
        if len(cumulative) > 3
    ]
    alt = tell(
        "Line chart of spending added up from July 2024. At the fiscal year's end, "
        "June 2025: {parts}, against a plan of {plan}.",
        parts="; ".join(said),
        plan=text.amount(plan_busd, "bn USD", 0),
    )
    data = cumulative.set_axis([str(q) for q in cumulative.index]).rename_axis("quarter")
    return Chart("against-plan", figure, alt, data)


def growth(quarters: pd.DataFrame, source: str) -> Chart:
    """Growth on the same quarter of the year before (percent), both measures."""
    columns = {
        "leases_growth": (tell("with finance leases"), chart.MICROSOFT),
        "cash_growth": (tell("cash"), chart.OTHER),
    }
    table = quarters[list(columns)]
    table = table[table.notna().any(axis=1)]
    x = np.arange(len(table))
    with house_style():
        figure = new_figure(3.3)
        ax = figure.subplots()
        for shift, (column, (_, color)) in zip((-0.2, 0.2), columns.items(), strict=True):
            values = table[column].to_numpy(dtype=float)
            ax.bar(x + shift, values, width=0.36, color=color)
            for position, value in zip(x + shift, values, strict=True):
                known = value == value
                ax.annotate(
                    text.amount(value, "percent", 0) if known else tell("not\nknown"),
                    (position, value if known else 0), xytext=(0, 3),
                    textcoords="offset points", ha="center", va="bottom",
                    fontsize=8 if known else 7, color=chart.INK if known else chart.MUTED,
                )  # fmt: skip
        ax.axhline(0, color=chart.INK, linewidth=0.9)
        ax.set_xticks(x, [f"{q.year} Q{q.quarter}" for q in table.index])
        ax.set_xlim(-0.55, len(x) - 0.45)
        chart.numbers(ax.yaxis, "percent", most=6)
        ax.margins(y=0.12)
        chart.title(
            figure,
            tell("Growth on the same quarter of the year before"),
            tell(
                "percent; blue: capital expenditure including finance leases; grey: cash "
                "paid for property and equipment"
            ),
        )
        chart.source(figure, source)
    said = [
        f"{word(str(name))}: "
        + ", ".join(
            f"{q.year} Q{q.quarter} {text.amount(float(v), 'percent', 0)}"
            for q, v in table[column].dropna().items()
        )
        for column, (name, _) in columns.items()
    ]
    alt = tell("Bar chart of growth on the year. {parts}.", parts="; ".join(said))
    data = table.set_axis([str(q) for q in table.index]).rename_axis("quarter")
    return Chart("growth-on-the-year", figure, alt, data)


def proportion(
    groups: pd.DataFrame, contracts: pd.DataFrame, dropped_gw: float, source: str
) -> Chart:
    """What miners ran, planned and had signed, in GW, with the dropped projects as a line."""
    rows = [
        (
            f"{row.company}, {text.short_month(row.as_of)}",
            row.operating_mw / 1000,
            row.planned_mw / 1000,
        )
        for row in groups.itertuples()
    ]
    signed = [
        (tell("Signed for AI {label}", label=word(str(label))), float(mw) / 1000)
        for label, mw in contracts["mw"].items()
    ]
    y = np.arange(len(rows) + len(signed))
    with house_style():
        figure = new_figure(0.42 * len(y) + 1.75)
        ax = figure.subplots()
        for position, (_, operating, planned) in enumerate(rows):
            # Side by side, not stacked: some counts of plans include what runs, others do not.
            for shift, amount, color, name in (
                (-0.19, operating, chart.SUBJECT, tell("run or controlled")),
                (0.19, planned, chart.PALE, tell("planned")),
            ):
                if amount == amount:
                    ax.barh(position + shift, amount, height=0.36, color=color)
                    ax.annotate(
                        f"{text.number(amount, 1)} {word(str(name))}", (amount, position + shift),
                        xytext=(5, 0), textcoords="offset points", va="center", fontsize=8,
                        color=chart.INK,
                    )  # fmt: skip
        for position, (_, amount) in enumerate(signed, start=len(rows)):
            ax.barh(position, amount, height=0.58, color=chart.AI)
            ax.annotate(
                text.number(amount, 1), (max(amount, dropped_gw), position), xytext=(5, 0),
                textcoords="offset points", va="center", fontsize=8, color=chart.INK,
            )  # fmt: skip
        ax.axvline(dropped_gw, color=chart.PRINTED, linewidth=1.4)
        ax.annotate(
            tell(
                "dropped: {dropped_gw}",
                dropped_gw=text.amount(dropped_gw, "GW", 0 if dropped_gw % 1 == 0 else 1),
            ),
            (dropped_gw, -0.55),
            xytext=(4, 0),
            textcoords="offset points",
            fontsize=8,
            color=chart.PRINTED,
            va="bottom",
        )
        chart.across(ax, [label for label, *_ in rows] + [label for label, _ in signed], size=8)
        amounts = [a for _, *pair in rows for a in pair] + [a for _, a in signed] + [dropped_gw]
        ax.set_xlim(0, float(np.nanmax(amounts)) * 1.25)
        ax.set_ylim(len(y) - 0.45, -1.05)
        ax.set_xlabel(tell("GW"))
        chart.title(
            figure,
            tell("The dropped projects beside the miners' power"),
            tell(
                "GW; first bar: in operation or controlled; second: planned or "
                "contracted, as each counted it; purple: signed for AI"
            ),
        )
        chart.source(figure, source)
    said = [
        tell(
            "{label}: {operating} GW run or controlled, {planned} planned",
            label=word(str(label)),
            operating=text.number(operating, 1),
            planned=text.number(planned, 1),
        )
        for label, operating, planned in rows
    ] + [
        tell("{label}: {amount} GW", label=word(str(label)), amount=text.number(amount, 2))
        for label, amount in signed
    ]
    alt = tell(
        "Bar chart of capacity in GW with a line at {dropped_gw} GW. {parts}.",
        dropped_gw=text.number(dropped_gw, 1),
        parts="; ".join(said),
    )
    data = pd.DataFrame(
        [*rows, *((label, amount, np.nan) for label, amount in signed)],
        columns=["counted", "operating_or_signed_gw", "planned_gw"],
    ).set_index("counted")
    return Chart("in-proportion", figure, alt, data)


def on_the_day(day: pd.DataFrame, members: pd.DataFrame, event_date: str, source: str) -> Chart:
    """Each group's change (bar), its shares (dots), and what a market model expects (interval)."""
    y = np.arange(len(day))
    with house_style():
        figure = new_figure(0.62 * len(day) + 1.65)
        ax = figure.subplots()
        ax.barh(y, day["return_pct"], height=0.5, color=GROUP_COLORS[: len(day)])
        for position, (group, row) in enumerate(day.iterrows()):
            own = members.loc[members["group"] == group, "return_pct"]
            if len(own) > 1:
                ax.scatter(
                    own, np.full(len(own), position), s=16, facecolor="white",
                    edgecolor=chart.INK, linewidth=0.9, zorder=3,
                )  # fmt: skip
            normal = row["normal_pct"]
            reach = (row["high_pct"] - row["low_pct"]) / 2
            ax.errorbar(
                normal, position + 0.36, xerr=reach, fmt="o", color=chart.OTHER, markersize=4,
                capsize=3, linewidth=1.2,
            )  # fmt: skip
        chart.across(
            ax,
            [f"{word(str(g))}\n{text.amount(v, 'percent')}" for g, v in day["return_pct"].items()],
        )
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        ax.set_ylim(len(day) - 0.4, -0.5)
        chart.numbers(ax.xaxis, "percent")
        chart.title(
            figure,
            tell("The shares on the day"),
            tell(
                "Change from close to close on {event_date}, percent; bars: mean of the "
                "group; rings: its shares; grey below: what a market model expects, with "
                "its 95 % interval",
                event_date=event_date,
            ),
        )
        chart.source(figure, source)
    said = [
        tell(
            "{group} {change}, expected {normal}",
            group=word(str(group)),
            change=text.amount(float(row["return_pct"]), "percent"),
            normal=text.amount(float(row["normal_pct"]), "percent"),
        )
        for group, row in day.iterrows()
    ]
    alt = tell(
        "Bar chart of changes on {event_date}: {parts}.",
        event_date=event_date,
        parts="; ".join(said),
    )
    return Chart("on-the-day", figure, alt, day)


def since(path: pd.DataFrame, event_date: str, source: str) -> Chart:
    """Groups and the market since the close before the event (100 = that close, log scale)."""
    index = 100 + path
    with house_style():
        figure = new_figure(3.9)
        ax = figure.subplots()
        ends: list[chart.End] = []
        for name, color in zip(index.columns, GROUP_COLORS, strict=True):
            ax.plot(index.index, index[name], color=color, linewidth=1.7)
            when, value = chart.last(index[name])
            ends.append((f"{word(str(name))} {text.number(value, 0)}", when, value, color))
        ax.axhline(100, color=chart.INK, linewidth=0.9)
        low, high = float(index.min().min()), float(index.max().max())
        chart.logarithmic(ax, "y", LEVELS, low * 0.9, high * 1.1)
        chart.dates(ax)
        chart.title(
            figure,
            tell("The shares since"),
            tell(
                "Index, close before {event_date} = 100, equal amounts held in each "
                "group, adjusted closes, logarithmic scale",
                event_date=event_date,
            ),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends, plate=True)
    said = [
        tell("{label} on {day:%Y-%m-%d}", label=word(str(label)), day=day)
        for label, day, _, _ in ends
    ]
    alt = tell(
        "Line chart from the close before {event_date}, set to 100: {parts}.",
        event_date=event_date,
        parts="; ".join(said),
    )
    return Chart("since", figure, alt, index.rename_axis("date"))


def _bracket(ax: Axes, first: int, height: float, half: str, total: float) -> None:
    """A bracket over two quarters with the half-year's sum."""
    left, right, drop = first - 0.42, first + 1.42, height * 0.025
    ax.plot(
        [left, left, right, right], [height - drop, height, height, height - drop],
        color=chart.MUTED, linewidth=0.9,
    )  # fmt: skip
    year = half[:4]
    first = half.endswith("1")
    name = tell("Jan–Jun {year}", year=year) if first else tell("Jul–Dec {year}", year=year)
    ax.annotate(
        f"{name}\n{text.number(total, 1)}", ((left + right) / 2, height), xytext=(0, 3),
        textcoords="offset points", ha="center", va="bottom", fontsize=8.5, color=chart.INK,
    )  # fmt: skip
