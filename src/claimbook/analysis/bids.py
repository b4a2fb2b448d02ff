"""Take-over offers and votes on them, read from the dated events and held against prices."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

CASH = r"bids ([\d.]+) USD a share"
SHARES = r"\(([\d.]+) (\w+) per (\w+); about ([\d.]+) USD"
VOTES = r"for ([\d,]+); against ([\d,]+); abstain ([\d,]+)"


@dataclass(frozen=True)
class Bids:
    """What happened to a company's ownership, as far as the dated events name it.

    `events`: date, time, event, figures, certainty, source. `offers`: one row a date: paid_in,
    ratio, printed (USD a share), worth (USD a share at the bidder's close before), close_before,
    close (USD, adjusted), premium (percent over close_before). `votes`: one row a date: votes_for,
    against, abstain, against_pct (of votes cast for or against), worth (USD a share that the last
    offer in shares came to at the close before), close_before (USD). `figures` and `units`: the
    same as named numbers.
    """

    events: pd.DataFrame
    offers: pd.DataFrame
    votes: pd.DataFrame
    figures: Mapping[str, float]
    units: Mapping[str, str]


def bids(events: pd.DataFrame, prices: pd.DataFrame, ticker: str, name: str) -> Bids:
    """Offers and votes among the events that name the company.

    `events` has date, time, event, figures, certainty, source; `prices` is wide: sessions by
    tickers, adjusted closes (USD).
    """
    named = events[events["event"].str.contains(name, regex=False)].sort_values("date")
    offers, votes = [], []
    last_ratio: tuple[float, str] | None = None
    for row in named.itertuples():
        before = _before(prices, ticker, row.date)
        cash = pd.Series([row.event]).str.extract(CASH, expand=False).iloc[0]
        swap = pd.Series([row.event]).str.extract(SHARES).iloc[0]
        cast = pd.Series([str(row.figures)]).str.extract(VOTES).iloc[0]
        offer: dict[str, object] = {"date": row.date, "close_before": before}
        offer["close"] = _on(prices, ticker, row.date)
        if pd.notna(cash):
            price = float(cash)
            offers.append(offer | {"paid_in": "cash", "printed": price, "worth": price})
        elif swap.notna().all() and swap[2] == ticker:
            last_ratio = (float(swap[0]), str(swap[1]))
            worth = last_ratio[0] * _before(prices, last_ratio[1], row.date)
            offers.append(
                offer
                | {"paid_in": f"{swap[1]} shares", "ratio": last_ratio[0]}
                | {"printed": float(swap[3]), "worth": worth}
            )
        if cast.notna().all():
            yes, no, none = (float(part.replace(",", "")) for part in cast)
            then = np.nan
            if last_ratio is not None:
                then = last_ratio[0] * _before(prices, last_ratio[1], row.date)
            votes.append(
                {"date": row.date, "votes_for": yes, "against": no, "abstain": none}
                | {"against_pct": 100 * no / (yes + no), "worth": then, "close_before": before}
            )
    columns = ["date", "paid_in", "ratio", "printed", "worth", "close_before", "close"]
    offered = pd.DataFrame(offers, columns=columns).set_index("date")
    offered["premium"] = 100 * (offered["worth"] / offered["close_before"] - 1)
    shape = ["date", "votes_for", "against", "abstain", "against_pct", "worth", "close_before"]
    voted = pd.DataFrame(votes, columns=shape).set_index("date")
    figures: dict[str, float] = {}
    units: dict[str, str] = {}
    for day, one in offered.iterrows():
        figures[f"offer_usd.{day:%Y-%m-%d}"] = float(one["worth"])
        figures[f"offer_premium_pct.{day:%Y-%m-%d}"] = float(one["premium"])
        units |= {f"offer_usd.{day:%Y-%m-%d}": "USD a share"}
        units |= {f"offer_premium_pct.{day:%Y-%m-%d}": "percent"}
    for day, one in voted.iterrows():
        figures[f"votes_against_pct.{day:%Y-%m-%d}"] = float(one["against_pct"])
        units[f"votes_against_pct.{day:%Y-%m-%d}"] = "percent"
    shown = named[["date", "time", "event", "figures", "certainty", "source"]]
    return Bids(shown.reset_index(drop=True), offered, voted, figures, units)


def _on(prices: pd.DataFrame, ticker: str, day: pd.Timestamp) -> float:
    known = ticker in prices and day in prices.index
    return float(prices.at[day, ticker]) if known else float("nan")


def _before(prices: pd.DataFrame, ticker: str, day: pd.Timestamp) -> float:
    """The close of the session before; missing where the share had none."""
    place = int(prices.index.searchsorted(day)) - 1
    return float(prices[ticker].iloc[place]) if ticker in prices and place >= 0 else float("nan")
