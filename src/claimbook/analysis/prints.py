"""Moves of shares that sources printed beside contracts, held against the day's prices.

The facts hold such moves in words: `CIFR +22%`, `WULF +27 to +40% on the day`. `MOVE` reads them.
"""

import numpy as np
import pandas as pd

from claimbook.language import mark

MOVE = (
    r"\b(?P<ticker>[A-Z]{3,5}) (?:about )?\+(?P<low>\d+)(?: to \+(?P<high>\d+))?%"
    r"(?P<early> early)?(?: on (?P<day>\d\d-\d\d))?"
)
AT_CLOSE, WITHIN, OUTSIDE = mark("at the close"), mark("within the day"), mark("outside the day")


def printed(contracts: pd.DataFrame, events: pd.DataFrame, bars: pd.DataFrame) -> pd.DataFrame:
    """One row a printed move: date, ticker, low, high (percent, as printed), wording, certainty,
    open, lowest, highest, close (percent on the close before) and `agrees`.

    `contracts` has date and note, `events` date, kind and figures, `bars` date, ticker, open, high,
    low, close. Only events about AI demand count. `agrees`: at the close (the close, rounded to a
    full percent, is inside the printed range), within the day (the range between the day's lowest
    and highest price meets the printed one), outside the day; missing where the session has no
    prices. A move printed by two tables stands once.
    """
    told = events["kind"].fillna("").str.startswith("AI demand")
    texts = pd.concat(
        [
            contracts[["date", "note", "certainty"]].rename(columns={"note": "words"}),
            events.loc[told, ["date", "figures", "certainty"]].rename(columns={"figures": "words"}),
        ],
        ignore_index=True,
    )
    rows = []
    for row in texts.itertuples():
        for match in pd.Series([str(row.words)]).str.extractall(MOVE).itertuples():
            day = row.date
            if isinstance(match.day, str):
                day = pd.Timestamp(f"{row.date.year}-{match.day}")
            low = float(match.low)
            high = float(match.high) if isinstance(match.high, str) else low
            rows.append(
                {"date": day, "ticker": match.ticker, "low": low, "high": high,
                 "early": isinstance(match.early, str), "certainty": row.certainty}
            )  # fmt: skip
    columns = ["date", "ticker", "low", "high", "early", "certainty"]
    table = pd.DataFrame(rows, columns=columns).drop_duplicates(["date", "ticker", "low", "high"])
    table = table.sort_values(["date", "ticker"]).reset_index(drop=True)
    prices = {name: part.set_index("date").sort_index() for name, part in bars.groupby("ticker")}
    moves = [_moves(prices.get(r.ticker), r.date) for r in table.itertuples()]
    names = ["open", "lowest", "highest", "close"]
    table[names] = pd.DataFrame(moves, columns=names, index=table.index, dtype=float)
    table["agrees"] = [_agrees(r) for r in table.itertuples()]
    return table


def _moves(prices: pd.DataFrame | None, day: pd.Timestamp) -> list[float]:
    """Open, low, high and close in percent on the close before; missing without either session."""
    if prices is None or day not in prices.index:
        return [np.nan] * 4
    place = int(prices.index.get_loc(day))
    if place == 0:
        return [np.nan] * 4
    before = float(prices["close"].iloc[place - 1])
    return [
        100 * (float(prices[c].iloc[place]) / before - 1) for c in ("open", "low", "high", "close")
    ]


def _agrees(row: object) -> str | None:
    low, high, close = row.low, row.high, row.close  # type: ignore[attr-defined]
    if close != close:
        return None
    if low <= round(close) <= high:
        return AT_CLOSE
    met = row.lowest <= high + 0.5 and row.highest >= low - 0.5  # type: ignore[attr-defined]
    return WITHIN if met else OUTSIDE
