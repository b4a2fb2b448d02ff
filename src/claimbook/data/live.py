"""Compare the frozen prices with what Yahoo Finance says today: on request only, writing nothing.

Yahoo restates its history: adjusted closes move with every dividend, raw closes with every split,
and renamed shares disappear. `drift` says by how much the frozen edition differs from today's
answer. It uses yfinance, under Yahoo's terms of service: for your own research.
"""

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import yfinance

from claimbook import text
from claimbook.data.edition import CURRENT, read
from claimbook.errors import DataError

BAD_REQUEST, NOT_FOUND = 400, 404
TIMEOUT = 20  # seconds a request may take
COMPARED, NOTHING = "compared", "Yahoo returned nothing"
HINT = "nothing was written; the frozen edition stays as it is"


def drift(
    tickers: Sequence[str],
    start: str,
    end: str,
    edition: str = CURRENT,
    *,
    session: Any = None,
    timeout: float = TIMEOUT,
) -> pd.DataFrame:
    """How Yahoo's daily closes of today differ from the frozen ones, one row a ticker.

    `start` and `end` are ISO dates, both included. Columns: `outcome` (compared, or Yahoo returned
    nothing), `rows_both`, `rows_frozen_only`, `rows_live_only` (sessions of adjusted closes),
    `close_pct` and `adjusted_return_pp`: the largest relative difference of raw closes in percent,
    and the largest difference of adjusted daily returns in percentage points, each with the date
    it stands on; missing where nothing could be compared. `session` is handed to yfinance.
    Raises DataError for a ticker or span that is not in the edition, for a network that cannot be
    reached, a refusal, an unreadable answer, and when Yahoo returns nothing for any ticker.
    """
    first, last = _day("the first day", start), _day("the last day", end)
    if first > last:
        raise DataError(f"the span {start} to {end} is empty: give the earlier day first")
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
        live = _history(ticker, first, last, session, timeout)
        frozen = raw[ticker] if ticker in raw else pd.Series(dtype=float)
        rows[ticker] = _compared(adjusted[ticker].dropna(), frozen.dropna(), live)
    found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("ticker")
    if (found["outcome"] == NOTHING).all():
        raise DataError(
            f"Yahoo Finance returned no prices for {', '.join(tickers)} from {start} to {end}: "
            f"the symbols may be gone or the answer was empty; {HINT}"
        )
    return found


def asked(
    tickers: Sequence[str] | None, start: str | None, end: str | None
) -> tuple[list[str], str, str]:
    """What the command asks for where nothing is named: the miners, the edition's last year."""
    book = read(["adjusted_closes", "tickers"])
    closes, listed = book["adjusted_closes"], book["tickers"]
    end = end or f"{closes['date'].max():%Y-%m-%d}"
    start = start or f"{_day('the last day', end) - pd.DateOffset(years=1):%Y-%m-%d}"
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
    prices = (live["Close"].reindex(raw.index) / raw - 1).abs() * 100
    # Returns over the sessions that both have, so that a missing row is not a price move.
    moves = live["Adj Close"].loc[both].pct_change() - adjusted.loc[both].pct_change()
    for name, off in (("close_pct", prices), ("adjusted_return_pp", moves.abs() * 100)):
        known = off.dropna()
        row[name] = known.max() if len(known) else None
        row[f"{name}_on"] = known.idxmax() if len(known) else None
    return row


def _history(
    ticker: str, first: pd.Timestamp, last: pd.Timestamp, session: Any, timeout: float
) -> pd.DataFrame | None:
    """Yahoo's `Close` (split-adjusted) and `Adj Close` by session; None where it has no prices."""
    after = last + pd.Timedelta(days=1)  # Yahoo's end is excluded
    with _raising():
        try:
            bars = yfinance.Ticker(ticker, session=session).history(
                start=f"{first:%Y-%m-%d}",
                end=f"{after:%Y-%m-%d}",
                auto_adjust=False,
                actions=False,
                timeout=timeout,
            )
            closes = bars[["Close", "Adj Close"]].dropna(how="all")
            days = pd.DatetimeIndex(closes.index).tz_localize(None).normalize()
            closes = closes.set_index(days.astype("datetime64[us]").rename("date"))
        except yfinance.exceptions.YFRateLimitError as error:
            raise DataError(
                f"Yahoo Finance limits the requests from this address; try again in an hour; {HINT}"
            ) from error
        except yfinance.exceptions.YFTickerMissingError:
            return None
        except Exception as error:
            # yfinance lets through whatever its transport and its parser meet, of many types.
            if _status(error) == NOT_FOUND:
                return None
            raise DataError(_sentence(ticker, error)) from error
    return None if closes.empty else closes


def _status(error: Exception) -> int:
    """The HTTP status that an error carries; 0 where it carries none."""
    return int(getattr(getattr(error, "response", None), "status_code", 0))


def _sentence(ticker: str, error: Exception) -> str:
    if _status(error) >= BAD_REQUEST:
        return (
            f"Yahoo Finance refused the request for {ticker} (HTTP {_status(error)}): "
            f"it may be down; {HINT}"
        )
    transport = any("curl_cffi" in kind.__module__ for kind in type(error).__mro__)
    garbled = isinstance(error, ValueError | KeyError | TypeError | IndexError | AttributeError)
    if (transport or isinstance(error, OSError)) and not garbled:
        return (
            f"Yahoo Finance could not be reached for {ticker} ({type(error).__name__}): "
            f"check the network; {HINT}"
        )
    return (
        f"Yahoo Finance's answer for {ticker} could not be read ({type(error).__name__}): "
        f"it may be down or its format may have changed; {HINT}"
    )


@contextmanager
def _raising() -> Iterator[None]:
    """yfinance raises instead of logging, and keeps its own messages to itself."""
    debug, log = yfinance.config.debug, logging.getLogger("yfinance")
    hidden, level = debug.hide_exceptions, log.level
    debug.hide_exceptions = False
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        debug.hide_exceptions = hidden
        log.setLevel(level)


def _day(what: str, written: str) -> pd.Timestamp:
    try:
        return pd.Timestamp(dt.date.fromisoformat(written))
    except ValueError:
        raise DataError(f"{what} is {written!r}; write a date as YYYY-MM-DD") from None


def _wide(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.pivot(index="date", columns="ticker", values=column)
