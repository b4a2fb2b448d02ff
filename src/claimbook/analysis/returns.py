"""Returns on New York sessions, from tidy frames.

A return of a session needs the close of that session and of the one before: a missing close gives
two missing returns, and nothing is bridged or filled. All returns are fractions, not percent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from claimbook.analysis import calendar
from claimbook.errors import AnalysisError
from claimbook.language import mark, tell, word

Kind = Literal["simple", "log"]

SPOT = mark("bitcoin at the session's close, from hourly prices")
FUND = mark("a bitcoin fund's close")
UTC = mark("UTC daily closes")
BAR = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class BitcoinReturns:
    """Bitcoin's return for each session (fraction), and from which prices: SPOT, FUND or UTC."""

    returns: pd.Series
    source: pd.Series

    def described(self, sessions: pd.DatetimeIndex) -> str:
        """How many of those sessions rest on which prices, in one clause."""
        counts = self.source.reindex(sessions).dropna().value_counts()
        return "; ".join(
            tell("{count} sessions from {source}", count=number, source=word(str(source)))
            for source, number in counts.items()
        )


def wide(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """One column a ticker, one row a session, from the first to the last day in the frame.

    `frame` has date, ticker and `column`. Raises AnalysisError where a row is on a day that is no
    session, or a date and ticker stand twice.
    """
    if frame.empty:
        return pd.DataFrame(index=pd.DatetimeIndex([], name="date"))
    if frame.duplicated(["date", "ticker"]).any():
        twice = frame[frame.duplicated(["date", "ticker"])].iloc[0]
        raise AnalysisError(
            f"{column}: {twice['ticker']} has two rows for {twice['date']:%Y-%m-%d}; "
            "each share has one price a session"
        )
    table = frame.pivot(index="date", columns="ticker", values=column)
    sessions = calendar.sessions(table.index[0], table.index[-1])
    strays = table.index.difference(sessions)
    if len(strays):
        raise AnalysisError(
            f"{column}: {strays[0]:%Y-%m-%d} is no session of the New York Stock Exchange; "
            "prices must be those of sessions"
        )
    return table.reindex(sessions).astype("float64")


def change(prices: pd.DataFrame, kind: Kind = "simple") -> pd.DataFrame:
    """Return of each row against the row before, simple or logarithmic (fractions)."""
    return _series(prices, kind)


def basket(returns: pd.DataFrame, tickers: Sequence[str]) -> pd.Series:
    """The equal-weighted mean return of a basket; missing where any member's return is missing."""
    return returns[list(tickers)].mean(axis=1, skipna=False)


def bitcoin(
    hourly: pd.DataFrame,
    fund: pd.Series | None,
    daily: pd.DataFrame,
    sessions: pd.DatetimeIndex,
    kind: Kind = "simple",
) -> BitcoinReturns:
    """Bitcoin's return over each session, from the session's close before to its own close.

    The close is 16:00 New York (13:00 on short days), so that bitcoin and the shares cover the same
    hours. For each session the first of these that has both ends is taken, never a mixture:
    1. `hourly` (start_utc, close): the close of the bar that ends with the session;
    2. `fund`: the session closes of a bitcoin fund, which are cut at the same minute;
    3. `daily` (date, close): UTC daily closes, which end three or four hours later.
    """
    ends = calendar.closes(sessions) - BAR
    spot = hourly.set_index("start_utc")["close"].reindex(ends).set_axis(sessions)
    candidates = [(SPOT, spot)]
    if fund is not None:
        candidates.append((FUND, fund.reindex(sessions)))
    candidates.append((UTC, daily.set_index("date")["close"].reindex(sessions)))
    returns = pd.Series(np.nan, index=sessions)
    source = pd.Series(None, index=sessions, dtype="object")
    for name, prices in candidates:
        found = _series(prices.to_frame(), kind).iloc[:, 0]
        here = returns.isna() & found.notna()
        returns[here] = found[here]
        source[here] = name
    return BitcoinReturns(returns, source)


def _series(prices: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    if kind == "log":
        return np.log(prices).diff()
    if kind == "simple":
        return prices / prices.shift(1) - 1
    raise AnalysisError(f"returns are simple or log, not {kind!r}")
