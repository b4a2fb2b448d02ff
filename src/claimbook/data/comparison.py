"""Compare an edition's prices with what Yahoo Finance says today: on request, writing nothing.

Yahoo restates its history: adjusted closes move with every dividend, raw closes with every split,
and renamed shares disappear. `drift` says by how much the frozen edition differs from today's
answer. It uses yfinance, under Yahoo's terms of service: for your own research.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from claimbook import text
from claimbook.data import days, yahoo
from claimbook.data.edition import CURRENT, read
from claimbook.data.patience import PATIENT, Patience
from claimbook.errors import DataError

COMPARED, NOTHING = "compared", "Yahoo returned nothing"


def drift(
    tickers: Sequence[str],
    start: str,
    end: str,
    edition: str = CURRENT,
    *,
    session: yahoo.Session | None = None,
    patience: Patience = PATIENT,
) -> pd.DataFrame:
    """How Yahoo's daily closes of today differ from the frozen ones, one row a ticker.

    `start` and `end` are ISO dates, both included. Columns: `outcome` (compared, or Yahoo returned
    nothing), `rows_both`, `rows_frozen_only`, `rows_live_only` (sessions of adjusted closes),
    `close_pct` and `adjusted_return_pp`: the largest relative difference of raw closes in percent,
    and the largest difference of adjusted daily returns in percentage points, each with the date
    it stands on; missing where nothing could be compared. `session` is handed to yfinance, and
    `patience` says how long to wait for it. A share is also known by the symbol it has at Yahoo.
    Raises DataError for a ticker or span that is not in the edition, for a network that cannot be
    reached, a refusal, an unreadable answer, and when Yahoo returns nothing for any ticker.
    """
    first, last = days.day("the first day", start), days.day("the last day", end)
    if first > last:
        raise DataError(f"the span {start} to {end} is empty: give the earlier day first")
    tickers = [yahoo.known_here(ticker) for ticker in tickers]
    session = session or yahoo.Session()
    book = read(["adjusted_closes", "bars_daily"], edition)
    adjusted = _wide(book["adjusted_closes"], "adjusted_close").loc[first:last]
    raw = _wide(book["bars_daily"], "close").loc[first:last]
    for ticker in tickers:
        if ticker not in adjusted or adjusted[ticker].notna().sum() == 0:
            raise DataError(
                f"edition {book.name} has no closes of {ticker!r} from {start} to {end}; "
                "`data/market/tickers.csv` lists the tickers and their sessions"
            )
    rows = {}
    for ticker in tickers:
        live = _closes(ticker, first, last, session, patience)
        frozen = raw[ticker] if ticker in raw else pd.Series(dtype=float)
        rows[ticker] = _compared(adjusted[ticker].dropna(), frozen.dropna(), live)
    found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("ticker")
    if (found["outcome"] == NOTHING).all():
        raise DataError(
            f"Yahoo Finance returned no prices for {', '.join(tickers)} from {start} to {end}: "
            f"the symbols may be gone or the answer was empty; {yahoo.HINT}"
        )
    return found


def asked(
    tickers: Sequence[str] | None, start: str | None, end: str | None
) -> tuple[list[str], str, str]:
    """What the command asks for where nothing is named: the miners, the edition's last year."""
    book = read(["adjusted_closes", "tickers"])
    closes, listed = book["adjusted_closes"], book["tickers"]
    if end is None:
        end = f"{closes['date'].max():%Y-%m-%d}"
    if start is None:
        start = f"{days.day('the last day', end) - pd.DateOffset(years=1):%Y-%m-%d}"
    if tickers is None:
        traded = set(closes.loc[closes["date"].between(start, end), "ticker"])
        miners = listed.loc[listed["group"] == "miner", "ticker"]
        tickers = [ticker for ticker in miners if ticker in traded]
    return list(tickers), start, end


def described(found: pd.DataFrame) -> str:
    """The result of `drift` as plain lines, one a ticker."""
    lines = []
    for ticker, row in found.iterrows():
        if row["outcome"] == NOTHING:
            lines.append(f"{ticker}: {NOTHING}; {row['rows_frozen_only']} frozen sessions")
            continue
        closes = _largest("raw closes", row["close_pct"], "%", row["close_pct_on"])
        returns = _largest(
            "adjusted returns",
            row["adjusted_return_pp"],
            "percentage points",
            row["adjusted_return_pp_on"],
        )
        lines.append(
            f"{ticker}: {row['rows_both']} sessions in both, {row['rows_frozen_only']} only "
            f"frozen, {row['rows_live_only']:.0f} only at Yahoo; {closes}; {returns}"
        )
    return "\n".join(lines)


def _largest(what: str, size: float, unit: str, on: pd.Timestamp) -> str:
    if pd.isna(size):
        return f"{what} cannot be compared"
    return f"{what} differ by at most {text.amount(size, unit, 4)} ({on:%Y-%m-%d})"


def _compared(adjusted: pd.Series, raw: pd.Series, live: pd.DataFrame | None) -> dict[str, Any]:
    if live is None:
        return {"outcome": NOTHING, "rows_frozen_only": len(adjusted), "rows_both": 0}
    both = adjusted.index.intersection(live.index)
    row = {
        "outcome": COMPARED,
        "rows_both": len(both),
        "rows_frozen_only": len(adjusted.index.difference(live.index)),
        "rows_live_only": len(live.index.difference(adjusted.index)),
    }
    prices = (live["close"].reindex(raw.index) / raw - 1).abs() * 100
    # Returns over the sessions that both have, so that a missing row is not a price move.
    moves = live["adjusted_close"].loc[both].pct_change() - adjusted.loc[both].pct_change()
    for name, off in (("close_pct", prices), ("adjusted_return_pp", moves.abs() * 100)):
        known = off.dropna()
        row[name] = known.max() if len(known) else None
        row[f"{name}_on"] = known.idxmax() if len(known) else None
    return row


def _closes(
    ticker: str,
    first: pd.Timestamp,
    last: pd.Timestamp,
    session: yahoo.Session,
    patience: Patience,
) -> pd.DataFrame | None:
    found = yahoo.daily(ticker, first, last, session, patience)
    return None if found is None or found.bars.empty else found.bars.set_index("date")


def _wide(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.pivot(index="date", columns="ticker", values=column)
