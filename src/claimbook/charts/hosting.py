"""Charts of rent against mining revenue a megawatt, of signed contracts, and of shares since."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, DateFormatter, MonthLocator

from claimbook import text
from claimbook.charts import chart
from claimbook.charts.chart import Chart, house_style, new_figure

MW_YEAR = "m USD per MW-year"
RANGE = "#e7dcc3"  # mining revenue over the assumed range of efficiencies
FIRM = ("primary", "quoted")  # what the company or a known outlet said
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
        ax.fill_between(mining.index, mining["worst"], mining["best"], color=RANGE, linewidth=0)
        ax.plot(mining.index, mining["chosen"], color=chart.BITCOIN, linewidth=1.8)
        if rent == rent:
            ax.hlines(rent, day, end, color=chart.AI, linewidth=2.2)
            ax.scatter([day], [rent], s=38, color=chart.AI, zorder=4)
            label = f"the contract's rent: {text.number(rent)}"
            chart.label_line(ax, end, rent, label, chart.AI)  # type: ignore[arg-type]
        ax.scatter(
            rents.index, rents, s=20, facecolor="white", edgecolor=chart.AI, linewidth=1, zorder=3
        )
        ax.axvline(day, color=chart.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
        _log_axis(ax, float(mining["worst"].min()), float(mining["best"].max()))
        ax.annotate(
            f"contract, {day:%b %Y}", (day, ax.get_ylim()[1]), xytext=(4, -2),
            textcoords="offset points", va="top", fontsize=8, color=chart.MUTED,
        )  # fmt: skip
        for column, name in (("best", best), ("chosen", chosen), ("worst", worst)):
            value = float(mining[column].iloc[-1])
            label = f"mining at {_jth(name)}: {text.number(value)}"
            color = chart.BITCOIN if column == "chosen" else chart.MUTED
            chart.label_line(ax, end, value, label, color)  # type: ignore[arg-type]
        _date_axis(ax)
        ax.set_ylabel(MW_YEAR)
        chart.title(
            figure,
            "What a megawatt earns in a year: rented out for AI, or mining bitcoin",
            f"{MW_YEAR}, logarithmic scale; line and band: mining at hashprice's trailing mean; "
            "rings: other hosting contracts on the day they were announced; revenue, not profit",
        )
        chart.source(figure, source)
    low, high = (float(mining[c].iloc[-1]) for c in ("worst", "best"))
    alt = (
        f"Line chart from {mining.index[0]:%Y-%m-%d} to {end:%Y-%m-%d}. Mining at "
        f"{_jth(chosen)} between {text.number(float(mining['chosen'].min()))} and "
        f"{text.number(float(mining['chosen'].max()))} {MW_YEAR}; at the end between "
        f"{text.number(low)} and {text.number(high)} over the range of efficiencies. The contract "
        f"of {contract[0]} stands at {text.number(rent)}; {len(rents)} other hosting contracts."
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
    colors = (chart.BITCOIN, chart.SUBJECT, chart.OTHER)
    inside = curve.index.to_numpy()
    with house_style():
        figure = new_figure(3.9)
        ax = figure.subplots()
        ends = {}
        for column, color in zip(shown.columns, colors, strict=False):
            ax.plot(inside, shown[column], color=color)
            ends[names[column]] = (float(shown[column].iloc[-1]), color)
        known = {n: v for n, v in levels.items() if v == v}
        for place, (name, value) in enumerate(known.items()):
            ax.axhline(value, color=chart.AI, linewidth=1.6, linestyle="-" if place == 0 else "--")
            ax.annotate(
                f"{name}, {text.number(value)}", (inside[-1], value), xytext=(0, 3),
                textcoords="offset points", ha="right", fontsize=8, color=chart.AI,
            )  # fmt: skip
        ax.axvline(efficiency, color=chart.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
        ax.set_xlim(inside[0], inside[-1])
        ax.set_ylim(0, None)
        ax.annotate(
            f"chosen: {_jth(efficiency)}", (efficiency, ax.get_ylim()[1]),
            xytext=(4, -2), textcoords="offset points", va="top", fontsize=8, color=chart.MUTED,
        )  # fmt: skip
        _labels(ax, float(inside[-1]), ends)
        ax.set_xlabel("energy a machine needs, J/TH (lower is better)", labelpad=2)
        ax.set_ylabel(MW_YEAR)
        chart.title(
            figure,
            "A megawatt's mining revenue by the efficiency of its machines",
            f"{MW_YEAR}; curves: mining at hashprice's mean over three spans; purple: rent",
        )
        chart.source(figure, source)
    near = shown.iloc[int(np.abs(inside - efficiency).argmin())]
    said = [f"{names[str(c)]} {text.number(float(v))}" for c, v in near.items()]
    alt = (
        f"Falling curves of mining revenue against J/TH. At {_jth(efficiency)}: "
        f"{'; '.join(said)} {MW_YEAR}. Rents: "
        + ("; ".join(f"{n} {text.number(v)}" for n, v in known.items()) or "not known")
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
        ax.axvline(mining, color=chart.BITCOIN, linewidth=1.6)
        for position, row in zip(y, table.itertuples(), strict=True):
            if row.rent != row.rent:
                ax.annotate(
                    "not known", (mining, position), xytext=(6, 0), textcoords="offset points",
                    va="center", fontsize=7.5, color=chart.MUTED,
                )  # fmt: skip
                continue
            color = chart.SUBJECT if row.kind == "cloud" else chart.AI
            firm = row.certainty in FIRM
            ax.scatter(
                row.rent, position, s=34, facecolor=color if firm else "white", edgecolor=color,
                linewidth=1.3, zorder=3,
            )  # fmt: skip
            ax.annotate(
                f"{text.number(row.rent)}{', cloud' if row.kind == 'cloud' else ''}",
                (row.rent, position), xytext=(7, 0), textcoords="offset points", va="center",
                fontsize=8, color=chart.INK,
            )  # fmt: skip
        ax.set_yticks(y, table["label"])
        ax.tick_params(axis="y", labelsize=7.8, labelcolor=chart.INK)
        ax.set_ylim(len(table) - 0.4, -1.3)
        ax.set_xscale("log")
        ax.set_xlim(min(mining, 0.6) * 0.9, float(np.nanmax(table["rent"])) * 1.6)
        left, right = ax.get_xlim()
        shown = [t for t in TICKS if left <= t <= right]
        ax.set_xticks(shown, [f"{t:g}" for t in shown])
        ax.minorticks_off()
        ax.annotate(
            f"mining at the contract's date: {text.number(mining)}", (mining, -0.75),
            xytext=(5, 0), textcoords="offset points", va="center", fontsize=8,
            color=chart.BITCOIN,
        )  # fmt: skip
        ax.grid(axis="y", visible=False)
        ax.grid(axis="x", visible=True)
        ax.set_xlabel(MW_YEAR)
        chart.title(
            figure,
            "Revenue a megawatt and year of every signed contract",
            f"Value over megawatts and base term, {MW_YEAR}, logarithmic scale; filled: company or "
            "known outlet; open: second-hand or derived; blue: cloud with own machines",
        )
        chart.source(figure, source)
    hosting = table.loc[known & (table["kind"] == "hosting").to_numpy(), "rent"]
    cloud = table.loc[known & (table["kind"] == "cloud").to_numpy(), "rent"]
    alt = (
        f"Dot plot of {int(known.sum())} contracts: hosting from {text.number(hosting.min())} to "
        f"{text.number(hosting.max())} {MW_YEAR}; cloud "
        f"{text.listed([text.number(float(v)) for v in cloud]) or 'none'}; mining at "
        f"{text.number(mining)}; {int((~known).sum())} not known."
    )
    data = table[["company", "date", "mw", "rent", "kind", "certainty"]].set_index("company")
    return Chart("contracts", figure, alt, data)


def signed(
    sums: pd.DataFrame, counts: pd.DataFrame, name: str, asserted_on: str, source: str
) -> Chart:
    """Running totals of signed MW and value by date, with the totals that others counted.

    `sums` as from `analysis.hosting.signed`; `counts` has date, mw and busd, by who counted.
    """
    panels = {"mw": "MW signed", "busd": "bn USD, base terms"}
    lines = {
        "all": (chart.OTHER, "with cloud"),
        "hosting": (chart.AI, "hosting"),
        "company": (chart.SUBJECT, name),
    }
    end = max(sums.index[-1], counts["date"].max()) + pd.Timedelta(days=14)
    day = pd.Timestamp(asserted_on)
    with house_style():
        figure = new_figure(3.9)
        axes = figure.subplots(1, 2)
        for ax, (unit, heading) in zip(axes, panels.items(), strict=True):
            ends = {}
            for line, (color, label) in lines.items():
                values = sums[f"{line}_{unit}"]
                x = [*sums.index, end]
                ax.step(x, [*values, values.iloc[-1]], where="post", color=color)
                ends[f"{label}\n{text.number(float(values.iloc[-1]), 0)}"] = (
                    float(values.iloc[-1]),
                    color,
                )
            seen = counts[counts[unit].notna()]
            ax.scatter(
                seen["date"], seen[unit], s=30, marker="D", facecolor="white",
                edgecolor=chart.INK, linewidth=1.2, zorder=4, clip_on=False,
            )  # fmt: skip
            counted = text.listed([text.number(v, 0) for v in seen[unit]])
            ax.axvline(day, color=chart.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
            ax.set_title(f"{heading}; others: {counted}", fontsize=8.5)
            highest = max(float(sums[f"all_{unit}"].max()), float(seen[unit].max()))
            ax.set_ylim(0, highest * 1.08)
            ax.yaxis.set_major_formatter(lambda v, _: text.number(v, 0))
            ax.annotate(
                f"article, {day:%b %Y}", (day, ax.get_ylim()[1]), xytext=(-4, -2),
                textcoords="offset points", ha="right", va="top", fontsize=7.5, color=chart.MUTED,
            )  # fmt: skip
            _labels(ax, end, ends, gap=0.13)
            ax.xaxis.set_major_locator(MonthLocator((1, 7)))
            ax.xaxis.set_major_formatter(DateFormatter("%b\n%Y"))
            ax.set_xlim(sums.index[0] - pd.Timedelta(days=14), end)
        chart.title(
            figure,
            "AI contracts signed by date",
            "Running totals of the contracts found, signed and not built; diamonds: counts by "
            "others, second-hand",
        )
        chart.source(figure, source)
    last = sums.iloc[-1]
    said = [
        f"{label} {text.amount(float(last[f'{line}_mw']), 'MW', 0)} and "
        f"{text.amount(float(last[f'{line}_busd']), 'bn USD', 1)}"
        for line, (_, label) in lines.items()
    ]
    others = [
        f"{who}: {text.amount(row['mw'], 'MW', 0)}, {text.amount(row['busd'], 'bn USD', 0)}"
        for who, row in counts.iterrows()
    ]
    alt = (
        f"Two step charts to {sums.index[-1]:%Y-%m-%d}: {'; '.join(said)}. Counted by others: "
        f"{'; '.join(others) or 'none'}."
    )
    return Chart("signed", figure, alt, sums)


def revenue(quarters: pd.DataFrame, name: str, contract_date: str, source: str) -> Chart:
    """The company's revenue by business and quarter (stacked bars, m USD), the contract marked.

    `quarters` has self_mining, hosted_mining, ai_hosting, total, certainty, by quarter.
    """
    parts = {
        "self_mining": (chart.BITCOIN, "mining for itself"),
        "hosted_mining": (RANGE, "hosting other miners"),
        "ai_hosting": (chart.AI, "hosting AI"),
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
        last, y, ends = quarters.iloc[-1], 0.0, {}
        for column, (color, label) in parts.items():
            value = float(last[column]) if last[column] == last[column] else 0.0
            ink = chart.MUTED if color == RANGE else color
            ends[f"{label} {text.number(last[column], 1)}"] = (y + value / 2, ink)
            y += value
        _labels(ax, x[-1] + 0.36, ends, gap=0.08)
        start = day.to_period("Q")
        if start in quarters.index:
            at = int(quarters.index.get_loc(start))
            ax.annotate(
                f"contract,\n{day:%b %Y}", (at, bottom[at]), xytext=(0, 15),
                textcoords="offset points", ha="center", fontsize=8, color=chart.MUTED,
            )  # fmt: skip
        marks = ["*" if c in ("second-hand", "derived") else "" for c in quarters["certainty"]]
        ax.set_xticks(
            x, [f"{q.year}\nQ{q.quarter}{m}" for q, m in zip(quarters.index, marks, strict=True)]
        )
        ax.grid(axis="x", visible=False)
        ax.set_ylabel("m USD a quarter")
        chart.title(
            figure,
            f"{name}'s revenue by business",
            "m USD by calendar quarter, as the company gave it; above the bars: its own "
            "totals; *: partly second-hand",
        )
        chart.source(figure, source)
    said = [
        f"{q.year} Q{q.quarter} {text.number(float(t), 1)} (AI {text.number(a, 1)})"
        for q, t, a in zip(quarters.index, quarters["total"], quarters["ai_hosting"], strict=True)
    ]
    alt = f"Stacked bars of {name}'s revenue, m USD a quarter, all and from AI: {'; '.join(said)}."
    return Chart("revenue-by-business", figure, alt, quarters.drop(columns="source"))


def since(path: pd.DataFrame, marks: Mapping[str, str], event_date: str, source: str) -> Chart:
    """The share, other miners and the market since the close before (100, log), events marked.

    `path` is the change in percent, by date; `marks` map dates to short names.
    """
    index = 100 + path
    colors = (chart.SUBJECT, chart.BITCOIN, chart.OTHER)
    with house_style():
        figure = new_figure(4.1)
        ax = figure.subplots()
        ends = {}
        for name, color in zip(index.columns, colors, strict=False):
            ax.plot(index.index, index[name], color=color, linewidth=1.5)
            ends[str(name)] = (float(index[name].dropna().iloc[-1]), color)
        ax.axhline(100, color=chart.INK, linewidth=0.9)
        ax.set_yscale("log")
        low, high = float(index.min().min()), float(index.max().max())
        ax.set_ylim(low * 0.93, high * 1.55)
        ticks = [t for t in (25, 50, 100, 200, 400, 800, 1600) if low * 0.9 < t < high * 1.1]
        ax.set_yticks(ticks, [text.number(t, 0) for t in ticks])
        ax.minorticks_off()
        for place, (day, name) in enumerate(marks.items()):
            when = pd.Timestamp(day)
            if not index.index[0] <= when <= index.index[-1]:
                continue
            ax.axvline(when, color=chart.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
            ax.annotate(
                f"{name}\n{day}", (when, high * 1.5), xytext=(4, 0 if place % 2 == 0 else -24),
                textcoords="offset points", va="top", fontsize=7.5, color=chart.MUTED,
            )  # fmt: skip
        _labels(ax, index.index[-1], {f"{n} {text.number(v, 0)}": (v, c)
                                      for n, (v, c) in ends.items()}, gap=0.05)  # fmt: skip
        _date_axis(ax)
        chart.title(
            figure,
            "The shares since",
            f"Close before {event_date} = 100, adjusted closes, log scale; other miners: equal "
            "amounts held",
        )
        chart.source(figure, source)
    said = [
        f"{name} {text.number(value, 0)} on {index[name].last_valid_index():%Y-%m-%d}"
        for name, (value, _) in ends.items()
    ]
    alt = f"Line chart from the close before {event_date}, set to 100: {'; '.join(said)}."
    return Chart("shares-since", figure, alt, index.rename_axis("date"))


def _jth(efficiency: float) -> str:
    digits = next(d for d in (0, 1, 2) if d == 2 or round(efficiency, d) == round(efficiency, 2))
    return text.amount(efficiency, "J/TH", digits)


def _log_axis(ax: Axes, low: float, high: float) -> None:
    ax.set_yscale("log")
    ax.set_ylim(low * 0.9, high * 1.1)
    ticks = [t for t in TICKS if low * 0.9 <= t <= high * 1.1]
    ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()


def _date_axis(ax: Axes) -> None:
    locator = AutoDateLocator(minticks=3, maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    ax.margins(x=0.01)


def _labels(ax: Axes, x: object, ends: Mapping[str, tuple[float, str]], gap: float = 0.06) -> None:
    """Direct labels at the right end, pushed apart by `gap` of the axis."""
    log = ax.get_yscale() == "log"
    low, high = (float(np.log(v)) if log else float(v) for v in ax.get_ylim())
    step = (high - low) * gap
    below = -np.inf
    for name, (value, color) in sorted(ends.items(), key=lambda item: item[1][0]):
        y = max(float(np.log(value)) if log else value, below + step)
        below = y
        shown = chart.MUTED if color == chart.OTHER else color
        chart.label_line(ax, x, float(np.exp(y)) if log else y, name, shown)  # type: ignore[arg-type]
