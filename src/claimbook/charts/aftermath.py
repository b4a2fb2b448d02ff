"""Figures of what came after the estimate: contracts by date, and the shares of the miners."""

import numpy as np
import pandas as pd

from claimbook import text
from claimbook.analysis.aftermath import Moves
from claimbook.charts.chart import (
    AI,
    BITCOIN,
    INK,
    MUTED,
    OTHER,
    PRINTED,
    SUBJECT,
    Chart,
    across,
    dates,
    house_style,
    ink,
    mark_day,
    new_figure,
    source,
    title,
)
from claimbook.language import tell, word


def contracts_by_date(
    signed: pd.DataFrame, target_mw: float, estimate_on: str, source_line: str
) -> Chart:
    """Running total of signed MW by date, against the capacity that the estimate implies.

    The lower line counts listed miners only; the estimate's date is marked.
    """
    day = pd.Timestamp(estimate_on)
    mine = signed["cumulative_miners_mw"]
    end = signed["date"].iloc[-1] + pd.Timedelta(days=30)
    with house_style():
        figure = new_figure(3.8)
        ax = figure.subplots()
        for days, totals, color, label in (
            (
                signed["date"],
                signed["cumulative_mw"],
                OTHER,
                tell("all named companies"),
            ),
            (signed["date"], mine, AI, tell("listed miners")),
        ):
            ax.step([*days, end], [*totals, totals.iloc[-1]], where="post", color=color)
            ax.annotate(
                f"{word(str(label))}: {text.amount(float(totals.iloc[-1]), 'MW', 0)}",
                (end, float(totals.iloc[-1])), xytext=(0, 4), textcoords="offset points",
                fontsize=8, color=ink(color), ha="right", fontweight="semibold",
            )  # fmt: skip
        ax.axhline(target_mw, color=PRINTED, linewidth=1.3)
        ax.annotate(
            tell(
                "implied by VanEck's\nyearly amount: {target_mw}",
                target_mw=text.amount(target_mw, "MW", 0),
            ),
            (day, target_mw),
            xytext=(6, 4),
            textcoords="offset points",
            fontsize=8,
            color=PRINTED,
        )
        dates(ax)
        mark_day(ax, day, tell("estimate"))  # type: ignore[arg-type]
        ax.set(ylabel=tell("MW signed"), ylim=(0, None))
        ax.margins(y=0.1)
        title(
            figure,
            tell("Signed AI contracts of Bitcoin miners by date"),
            tell(
                "running total of MW as the contracts state them, mostly IT load; "
                "signed, not built; a contract without a published MW adds none"
            ),
        )
        source(figure, source_line)
    alt = tell(
        "Step chart of signed MW from {first:%Y-%m-%d} to {last:%Y-%m-%d}: all named "
        "companies reach {all_named}, listed miners {miners}; a line stands at "
        "{target}.",
        first=signed["date"].iloc[0],
        last=signed["date"].iloc[-1],
        all_named=text.amount(float(signed["cumulative_mw"].iloc[-1]), "MW", 0),
        miners=text.amount(float(mine.iloc[-1]), "MW", 0),
        target=text.amount(target_mw, "MW", 0),
    )
    columns = [
        "date",
        "ticker",
        "mw_it",
        "value_usd_bn",
        "is_miner",
        "cumulative_mw",
        "cumulative_miners_mw",
    ]
    return Chart("contracts-by-date", figure, alt, signed[columns].set_index("date"))


def price_moves(moves: Moves, source_line: str) -> Chart:
    """Each miner's price move as a bar: with a contract or without, and bitcoin's own as a line."""
    shares = moves.shares
    with house_style():
        figure = new_figure(1.2 + 0.28 * len(shares))
        ax = figure.subplots()
        places = np.arange(len(shares))[::-1]
        colors = [SUBJECT if pd.notna(day) else OTHER for day in shares["signed"]]
        ax.barh(places, shares["change_pct"], color=colors, height=0.66)
        for place, change in zip(places, shares["change_pct"], strict=True):
            ax.annotate(
                text.number(change, 0, sign=True), (change, place),
                xytext=(4 if change >= 0 else -4, 0), textcoords="offset points", fontsize=7.5,
                color=INK, va="center", ha="left" if change >= 0 else "right",
            )  # fmt: skip
        ax.axvline(0, color=MUTED, linewidth=0.8)
        if moves.bitcoin_pct is not None:
            ax.axvline(moves.bitcoin_pct, color=BITCOIN, linewidth=1.5)
            ax.annotate(
                tell(
                    "bitcoin: {bitcoin}",
                    bitcoin=text.amount(moves.bitcoin_pct, "percent", 1, sign=True),
                ),
                (moves.bitcoin_pct, places[-1] - 0.75),
                xytext=(4, 0),
                textcoords="offset points",
                fontsize=8,
                color=ink(BITCOIN),
                va="center",
                fontweight="semibold",
            )
        ax.annotate(
            tell("blue: with an AI contract\ngrey: without one in the table"), (0.99, 0.03),
            xycoords="axes fraction", fontsize=8, ha="right", va="bottom", color=MUTED,
        )  # fmt: skip
        across(ax, list(shares.index), size=8)
        ax.set_yticks(places, labels=list(shares.index))
        ax.set(xlabel=tell("change of the adjusted close, percent"))
        ax.set_ylim(-1.2, len(shares) - 0.4)
        ax.margins(x=0.06)
        title(
            figure,
            tell("Price moves of listed miners, and of bitcoin"),
            tell(
                "adjusted closes, {since:%Y-%m-%d} to {until:%Y-%m-%d}, percent",
                since=moves.since,
                until=moves.until,
            ),
        )
        source(figure, source_line)
    means = moves.averages()["equal_weighted_pct"]
    alt = (
        (
            tell(
                "Bars of price moves from {since:%Y-%m-%d} to {until:%Y-%m-%d}:",
                since=moves.since,
                until=moves.until,
            )
            + " "
        )
        + "; ".join(
            f"{word(str(name))} {text.amount(float(change), 'percent', 0, sign=True)}"
            for name, change in shares["change_pct"].items()
        )
        + (tell(". Means:") + " ")
        + "; ".join(
            f"{word(str(name))} {text.amount(float(value), 'percent', 0, sign=True)}"
            for name, value in means.items()
        )
        + "."
    )
    columns = ["name", "since_usd", "until_usd", "change_pct", "signed"]
    return Chart("price-moves", figure, alt, shares[columns])
