"""Charts of rent against mining revenue a megawatt, of signed contracts, and of shares since."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.dates import MonthLocator, num2date

from claimbook import text
from claimbook.charts import chart
from claimbook.charts.chart import Chart, house_style, new_figure
from claimbook.language import tell, word

MW_YEAR = "m USD per MW-year"
FIRM = ("primary", "quoted")  # what the company or a known outlet said
LEVELS = (25, 50, 100, 200, 400, 800, 1600)
TICKS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


def over_time(
    mining: pd.DataFrame,
    rents: pd.Series,
    contract: tuple[str, float],
    efficiencies: tuple[float, float, float],
    source: str,
) -> Chart:
    """A megawatt's mining revenue by week (line; band: range of efficiencies) against rents.

    `mining` has chosen, best and worst (m USD per MW-year, by date); `rents` other hosting
    contracts' rent by date; `contract` is its date and rent; `efficiencies` are chosen, best and
    worst in J/TH.
    """
    day, rent = pd.Timestamp(contract[0]), contract[1]
    end = mining.index[-1]
    chosen, best, worst = efficiencies
    with house_style():
        figure = new_figure(4.1)
        ax = figure.subplots()
        ax.fill_between(mining.index, mining["worst"], mining["best"], color=chart.PALE, alpha=0.45,
                        linewidth=0)  # fmt: skip
        ax.plot(mining.index, mining["chosen"], color=chart.SUBJECT, linewidth=1.8)
        ends: list[chart.End] = []
        if rent == rent:
            ax.hlines(rent, day, end, color=chart.AI, linewidth=2.2)
            ax.scatter([day], [rent], s=38, color=chart.AI, zorder=4)
            ends.append(
                (tell("the contract's\nrent: {rent}", rent=text.number(rent)), end, rent, chart.AI)
            )
        ax.scatter(
            rents.index, rents, s=20, facecolor="white", edgecolor=chart.AI, linewidth=1, zorder=3
        )
        low, high = float(mining["worst"].min()) * 0.9, float(mining["best"].max()) * 1.1
        chart.logarithmic(ax, "y", TICKS, low, high)
        ax.set_ylim(low, high)
        chart.mark_day(ax, day, tell("contract, {day}", day=text.short_month(day)))
        for column, name in (("best", best), ("chosen", chosen), ("worst", worst)):
            value = float(mining[column].iloc[-1])
            label = tell(
                "mining at\n{efficiency}: {value}", efficiency=_jth(name), value=text.number(value)
            )
            ends.append((label, end, value, chart.SUBJECT if column == "chosen" else chart.MUTED))
        chart.dates(ax)
        ax.margins(x=0)
        ax.set_ylabel(MW_YEAR)
        chart.title(
            figure,
            tell("What a megawatt earns in a year: rented out for AI, or mining bitcoin"),
            tell(
                "{unit}, logarithmic scale; line and band: mining at hashprice's "
                "trailing mean; rings: other hosting contracts on the day they were "
                "announced; revenue, not profit",
                unit=word(MW_YEAR),
            ),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends)
    low, high = (float(mining[c].iloc[-1]) for c in ("worst", "best"))
    alt = tell(
        "Line chart from {first_day:%Y-%m-%d} to {end:%Y-%m-%d}. Mining at {efficiency} "
        "between {lowest} and {highest} {unit}; at the end between {low} and "
        "{high} over the range of efficiencies. The contract of {first} stands at "
        "{rent}; {count} other hosting contracts.",
        first_day=mining.index[0],
        end=end,
        efficiency=_jth(chosen),
        lowest=text.number(float(mining["chosen"].min())),
        highest=text.number(float(mining["chosen"].max())),
        unit=word(MW_YEAR),
        low=text.number(low),
        high=text.number(high),
        first=contract[0],
        rent=text.number(rent),
        count=len(rents),
    )
    return Chart("rent-and-mining", figure, alt, mining.rename_axis("date"))


def by_efficiency(
    curve: pd.DataFrame,
    levels: Mapping[str, float],
    efficiency: float,
    names: Mapping[str, str],
    source: str,
) -> Chart:
    """Mining revenue of a megawatt against the machines' J/TH, one line a span of hashprice.

    `levels` are rents to compare with, by name (m USD per MW-year); `names` say what the columns of
    `curve` are.
    """
    shown = curve[list(names)].dropna(axis=1)
    # One thing over three spans: one colour, three ways to draw it.
    looks = ((chart.SUBJECT, "-"), (chart.SUBJECT, (0, (5, 2))), (chart.OTHER, "-"))
    inside = curve.index.to_numpy()
    with house_style():
        figure = new_figure(3.9)
        ax = figure.subplots()
        ends: list[chart.End] = []
        for column, (color, style) in zip(shown.columns, looks, strict=False):
            ax.plot(inside, shown[column], color=color, linestyle=style)  # type: ignore[arg-type]
            ends.append((names[column], *chart.last(shown[column]), color))
        known = {n: v for n, v in levels.items() if v == v}
        for place, (name, value) in enumerate(known.items()):
            ax.axhline(value, color=chart.AI, linewidth=1.6, linestyle="-" if place == 0 else "--")
            ax.annotate(
                f"{word(str(name))}, {text.number(value)}", (inside[-1], value), xytext=(0, 3),
                textcoords="offset points", ha="right", fontsize=8, color=chart.AI,
            )  # fmt: skip
        ax.set_xlim(inside[0], inside[-1])
        ax.set_ylim(0, None)
        chart.mark_day(ax, efficiency, tell("chosen: {efficiency}", efficiency=_jth(efficiency)))
        ax.set_xlabel(tell("energy a machine needs, J/TH (lower is better)"), labelpad=2)
        ax.set_ylabel(MW_YEAR)
        chart.title(
            figure,
            tell("A megawatt's mining revenue by the efficiency of its machines"),
            tell(
                "{unit}; curves: mining at hashprice's mean over three spans; purple: rent",
                unit=word(MW_YEAR),
            ),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends)
    near = shown.iloc[int(np.abs(inside - efficiency).argmin())]
    said = [f"{names[str(c)]} {text.number(float(v))}" for c, v in near.items()]
    alt = (
        (
            tell(
                "Falling curves of mining revenue against J/TH. At {efficiency}: {parts} {unit}. "
                "Rents:",
                efficiency=_jth(efficiency),
                parts="; ".join(said),
                unit=word(MW_YEAR),
            )
            + " "
        )
        + ("; ".join(f"{n} {text.number(v)}" for n, v in known.items()) or tell("not known"))
        + "."
    )
    data = shown.rename(columns=dict(names))
    return Chart("by-efficiency", figure, alt, data)


def contracts(table: pd.DataFrame, mining: float, source: str) -> Chart:
    """Rent or cloud revenue of every contract (dots, logarithmic), mining's as a line.

    `table` has company, date, mw, rent (m USD per MW-year), kind, certainty, label. Rows without a
    rent are listed as not known.
    """
    y = np.arange(len(table))
    known = table["rent"].notna().to_numpy()
    with house_style():
        figure = new_figure(0.235 * len(table) + 1.75)
        ax = figure.subplots()
        ax.axvline(mining, color=chart.SUBJECT, linewidth=1.6)
        for position, row in zip(y, table.itertuples(), strict=True):
            if row.rent != row.rent:
                ax.annotate(
                    tell("not known"),
                    (mining, position),
                    xytext=(6, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=7.5,
                    color=chart.MUTED,
                )
                continue
            cloud = row.kind == "cloud"
            color = chart.CLOUD if cloud else chart.AI
            firm = row.certainty in FIRM
            ax.scatter(
                row.rent, position, s=34, facecolor=color if firm else "white", edgecolor=color,
                linewidth=1.3, zorder=3, marker="s" if cloud else "o",
            )  # fmt: skip
            rent = text.number(row.rent)
            ax.annotate(
                tell("{rent}, cloud", rent=rent) if cloud else rent,
                (row.rent, position), xytext=(7, 0), textcoords="offset points", va="center",
                fontsize=8, color=chart.INK,
            )  # fmt: skip
        chart.across(ax, list(table["label"]), size=7.8)
        ax.set_ylim(len(table) - 0.4, -1.3)
        left, right = min(mining, 0.6) * 0.9, float(np.nanmax(table["rent"])) * 1.6
        chart.logarithmic(ax, "x", TICKS, left, right)
        ax.set_xlim(left, right)
        ax.annotate(
            tell("mining at the contract's date: {mining}", mining=text.number(mining)),
            (mining, -0.75),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=chart.SUBJECT,
        )
        ax.set_xlabel(MW_YEAR)
        chart.title(
            figure,
            tell("Revenue a megawatt and year of every signed contract"),
            tell(
                "Value over megawatts and base term, {unit}, logarithmic scale; "
                "filled: company or known outlet; open: second-hand or derived; square: "
                "cloud with own machines",
                unit=word(MW_YEAR),
            ),
        )
        chart.source(figure, source)
    hosting = table.loc[known & (table["kind"] == "hosting").to_numpy(), "rent"]
    cloud = table.loc[known & (table["kind"] == "cloud").to_numpy(), "rent"]
    alt = tell(
        "Dot plot of {known} contracts: hosting from {lowest} to {highest} "
        "{unit}; cloud {clouds}; mining at {mining}; {unknown} not known.",
        known=int(known.sum()),
        lowest=text.number(hosting.min()),
        highest=text.number(hosting.max()),
        unit=word(MW_YEAR),
        clouds=text.listed([text.number(float(v)) for v in cloud]) or tell("none"),
        mining=text.number(mining),
        unknown=int((~known).sum()),
    )
    data = table[["company", "date", "mw", "rent", "kind", "certainty"]].set_index("company")
    return Chart("contracts", figure, alt, data)


def signed(
    sums: pd.DataFrame, counts: pd.DataFrame, name: str, asserted_on: str, source: str
) -> Chart:
    """Running totals of signed MW and value by date, with the totals that others counted.

    `sums` as from `analysis.hosting.signed`; `counts` has date, mw and busd, by who counted.
    """
    panels = {"mw": tell("MW signed"), "busd": tell("bn USD, base terms")}
    lines = {
        "all": (chart.OTHER, tell("with cloud")),
        "hosting": (chart.AI, "hosting"),
        "company": (chart.SUBJECT, name),
    }
    end = max(sums.index[-1], counts["date"].max()) + pd.Timedelta(days=14)
    day = pd.Timestamp(asserted_on)
    with house_style():
        figure = new_figure(3.9)
        axes = figure.subplots(1, 2)
        named = []
        for ax, (unit, heading) in zip(axes, panels.items(), strict=True):
            ends: list[chart.End] = []
            for line, (color, label) in lines.items():
                values = sums[f"{line}_{unit}"]
                x = [*sums.index, end]
                ax.step(x, [*values, values.iloc[-1]], where="post", color=color)
                total = float(values.iloc[-1])
                ends.append((f"{word(str(label))}\n{text.number(total, 0)}", end, total, color))
            seen = counts[counts[unit].notna()]
            ax.scatter(
                seen["date"], seen[unit], s=30, marker="D", facecolor="white",
                edgecolor=chart.INK, linewidth=1.2, zorder=4, clip_on=False,
            )  # fmt: skip
            counted = text.listed([text.number(v, 0) for v in seen[unit]])
            ax.set_title(
                tell("{heading}; others: {counted}", heading=word(heading), counted=counted),
                fontsize=8.5,
            )
            highest = max(float(sums[f"all_{unit}"].max()), float(seen[unit].max()))
            ax.set_ylim(0, highest * 1.08)
            ax.yaxis.set_major_formatter(lambda v, _: text.number(v, 0))
            chart.mark_day(ax, day, tell("article,\n{day}", day=text.short_month(day)), left=True)
            named.append((ax, ends))
            ax.xaxis.set_major_locator(MonthLocator((1, 7)))
            ax.xaxis.set_major_formatter(_month)
            ax.set_xlim(sums.index[0] - pd.Timedelta(days=14), end)
        chart.title(
            figure,
            tell("AI contracts signed by date"),
            tell(
                "Running totals of the contracts found, signed and not built; diamonds: "
                "counts by others, second-hand"
            ),
        )
        chart.source(figure, source)
        for ax, ends in named:
            chart.end_labels(ax, ends)
    last = sums.iloc[-1]
    said = [
        tell(
            "{label} {size} and {value}",
            label=word(str(label)),
            size=text.amount(float(last[f"{line}_mw"]), "MW", 0),
            value=text.amount(float(last[f"{line}_busd"]), "bn USD", 1),
        )
        for line, (_, label) in lines.items()
    ]
    others = [
        f"{who}: {text.amount(row['mw'], 'MW', 0)}, {text.amount(row['busd'], 'bn USD', 0)}"
        for who, row in counts.iterrows()
    ]
    alt = tell(
        "Two step charts to {last_day:%Y-%m-%d}: {parts}. Counted by others: {others}.",
        last_day=sums.index[-1],
        parts="; ".join(said),
        others="; ".join(others) or tell("none"),
    )
    return Chart("signed", figure, alt, sums)


def revenue(quarters: pd.DataFrame, name: str, contract_date: str, source: str) -> Chart:
    """The company's revenue by business and quarter (stacked bars, m USD), the contract marked.

    `quarters` has self_mining, hosted_mining, ai_hosting, total, certainty, by quarter.
    """
    parts = {
        "self_mining": (chart.SUBJECT, tell("mining for itself")),
        "hosted_mining": (chart.PALE, tell("hosting other\nminers")),
        "ai_hosting": (chart.AI, tell("hosting AI")),
    }
    x = np.arange(len(quarters))
    day = pd.Timestamp(contract_date)
    with house_style():
        figure = new_figure(3.6)
        ax = figure.subplots()
        bottom = np.zeros(len(quarters))
        for column, (color, _) in parts.items():
            values = quarters[column].fillna(0).to_numpy(dtype=float)
            ax.bar(x, values, bottom=bottom, width=0.66, color=color)
            bottom = bottom + values
        for position, (total, top) in enumerate(zip(quarters["total"], bottom, strict=True)):
            ax.annotate(
                text.number(float(total), 1), (position, top), xytext=(0, 3),
                textcoords="offset points", ha="center", fontsize=8.5, color=chart.INK,
            )  # fmt: skip
        ax.set_ylim(0, float(bottom.max()) * 1.16)
        last, y = quarters.iloc[-1], 0.0
        ends: list[chart.End] = []
        for column, (color, label) in parts.items():
            value = float(last[column]) if last[column] == last[column] else 0.0
            said = f"{word(str(label))} {text.number(last[column], 1)}"
            ends.append((said, float(x[-1]) + 0.36, y + value / 2, color))
            y += value
        start = day.to_period("Q")
        if start in quarters.index:
            at = int(quarters.index.get_loc(start))
            ax.annotate(
                tell("contract,\n{day}", day=text.short_month(day)),
                (at, bottom[at]),
                xytext=(0, 15),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=chart.MUTED,
            )
        marks = ["*" if c in ("second-hand", "derived") else "" for c in quarters["certainty"]]
        ax.set_xticks(
            x, [f"{q.year}\nQ{q.quarter}{m}" for q, m in zip(quarters.index, marks, strict=True)]
        )
        ax.grid(axis="x", visible=False)
        ax.set_ylabel(tell("m USD a quarter"))
        chart.title(
            figure,
            tell("{name}'s revenue by business", name=word(str(name))),
            tell(
                "m USD by calendar quarter, as the company gave it; above the bars: its "
                "own totals; *: partly second-hand"
            ),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends)
    told = [
        tell(
            "{year} Q{quarter} {all} (AI {ai})",
            year=q.year,
            quarter=q.quarter,
            all=text.number(float(t), 1),
            ai=text.number(a, 1),
        )
        for q, t, a in zip(quarters.index, quarters["total"], quarters["ai_hosting"], strict=True)
    ]
    alt = tell(
        "Stacked bars of {name}'s revenue, m USD a quarter, all and from AI: {told}.",
        name=word(str(name)),
        told="; ".join(told),
    )
    return Chart("revenue-by-business", figure, alt, quarters.drop(columns="source"))


def since(path: pd.DataFrame, marks: Mapping[str, str], event_date: str, source: str) -> Chart:
    """The share, other miners and the market since the close before (100, log), events marked.

    `path` is the change in percent, by date; `marks` map dates to short names.
    """
    index = 100 + path
    looks = ((chart.SUBJECT, 2.0), (chart.TINT, 1.5), (chart.OTHER, 1.5))
    with house_style():
        figure = new_figure(4.1)
        ax = figure.subplots()
        ends: list[chart.End] = []
        for name, (color, width) in zip(index.columns, looks, strict=False):
            ax.plot(index.index, index[name], color=color, linewidth=width)
            x, y = chart.last(index[name])
            ends.append((f"{word(str(name))} {text.number(y, 0)}", x, y, color))
        ax.axhline(100, color=chart.INK, linewidth=0.9)
        low, high = float(index.min().min()), float(index.max().max())
        chart.logarithmic(ax, "y", LEVELS, low * 0.9, high * 1.1)
        ax.set_ylim(low * 0.93, high * 1.55)
        for place, (day, name) in enumerate(marks.items()):
            when = pd.Timestamp(day)
            if not index.index[0] <= when <= index.index[-1]:
                continue
            chart.mark_day(ax, when, f"{name}\n{day}", drop=2 if place % 2 == 0 else 26)
        chart.dates(ax)
        chart.title(
            figure,
            tell("The shares since"),
            tell(
                "Index, close before {event_date} = 100, adjusted closes, log scale; "
                "other miners: equal amounts held",
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
    return Chart("shares-since", figure, alt, index.rename_axis("date"))


def _jth(efficiency: float) -> str:
    digits = next(d for d in (0, 1, 2) if d == 2 or round(efficiency, d) == round(efficiency, 2))
    return text.amount(efficiency, "J/TH", digits)


def _month(place: float, _: int) -> str:
    """`Jul` above `2024`, for a tick of dates."""
    return text.short_month(num2date(place)).replace(" ", "\n")
