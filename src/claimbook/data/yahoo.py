"""Yahoo Finance's daily and hourly prices, through yfinance: on request only.

Yahoo restates its history: adjusted closes move with every dividend, raw closes with every split,
and renamed shares disappear. yfinance is used under Yahoo's terms of service: for your own
research. Every failure is one sentence (DataError); what passes with time is asked for again.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import pandas as pd
import yfinance
from curl_cffi.requests import Session as CurlSession

from claimbook.data.patience import ONCE, Patience
from claimbook.errors import DataError

SOURCE = "Yahoo Finance"
BAD_REQUEST, NOT_FOUND, TOO_MANY, SERVER = 400, 404, 429, 500
DIGITS = 6  # Yahoo's prices are single-precision numbers; more digits would be noise
HOURLY_DAYS = 729  # Yahoo keeps hourly bars for 730 days
HINT = "nothing was written; the current edition stays as it is"
# Shares that Yahoo lists under another symbol than these tables do.
RENAMED = {"BITF": "KEEL"}

BARS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Adj Close": "adjusted_close",
    "Volume": "volume",
}


@dataclass(frozen=True)
class History:
    """A security's daily bars and splits, and what Yahoo calls it now.

    `bars` has date, open, high, low, close (split-adjusted), adjusted_close (for dividends too)
    and volume, one row a session. `splits` are new shares for an old one, by session.
    """

    symbol: str
    name: str
    bars: pd.DataFrame
    splits: pd.Series


class Session(CurlSession[Any]):
    """yfinance's own kind of session; it remembers how long Yahoo last asked to wait."""

    def __init__(self) -> None:
        super().__init__(impersonate="chrome")
        self.advised: float | None = None

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
        answer = super().request(method, url, *args, **kwargs)
        self.advised = seconds(answer.headers.get("Retry-After"))
        return answer

    def get(self, url: str, **kwargs: Any) -> Any:
        return self.request("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> Any:
        return self.request("POST", url, **kwargs)


def daily(
    ticker: str,
    first: pd.Timestamp,
    last: pd.Timestamp,
    session: Any = None,
    patience: Patience = ONCE,
) -> History | None:
    """A ticker's daily history from one day to another, both included; None where Yahoo has none.

    Raises DataError: a network that cannot be reached, a refusal, an answer that cannot be read.
    """
    symbol = RENAMED.get(ticker, ticker)
    found = _history(symbol, first, last, "1d", session, patience)
    if found is None:
        return None
    bars, about = found
    days = pd.DatetimeIndex(bars.index).tz_localize(None).normalize()
    splits = bars["Stock Splits"].set_axis(days)
    return History(
        str(about.get("symbol") or symbol),
        str(about.get("longName") or about.get("shortName") or symbol),
        _table(symbol, bars, "date", days.astype("datetime64[us]")),
        splits[splits > 0],
    )


def hourly(
    ticker: str,
    first: pd.Timestamp,
    last: pd.Timestamp,
    session: Any = None,
    patience: Patience = ONCE,
) -> pd.DataFrame | None:
    """A ticker's one-hour bars of the regular session: start_utc (UTC), open … close, volume.

    Yahoo has them for the last 730 days. None where it has none. Raises what `daily` raises.
    """
    symbol = RENAMED.get(ticker, ticker)
    found = _history(symbol, first, last, "1h", session, patience)
    if found is None:
        return None
    bars = found[0].drop(columns="Adj Close")
    starts = pd.DatetimeIndex(bars.index).tz_convert("UTC").astype("datetime64[us, UTC]")
    return _table(symbol, bars, "start_utc", starts)


def seconds(header: str | None) -> float | None:
    """A Retry-After header in seconds from now; None where there is none, or none to be read."""
    if not header:
        return None
    try:
        return max(float(header), 0.0)
    except ValueError:
        pass
    try:
        until = pd.Timestamp(parsedate_to_datetime(header))
    except ValueError:
        return None
    return max(float((until - pd.Timestamp.now(until.tz)).total_seconds()), 0.0)


def _table(symbol: str, bars: pd.DataFrame, when: str, moments: pd.DatetimeIndex) -> pd.DataFrame:
    """Yahoo's columns under our names, rows without a price left out."""
    names = {theirs: ours for theirs, ours in BARS.items() if theirs in bars or ours != "volume"}
    if "Adj Close" not in bars:
        names.pop("Adj Close")
    try:
        table = bars[list(names)].rename(columns=names).set_axis(moments)
    except KeyError as error:
        raise _unreadable(symbol, error) from error
    prices = [name for name in names.values() if name != "volume"]
    table = table.dropna(subset=prices).rename_axis(when).reset_index()
    if (table["volume"].isna() | (table["volume"] % 1 != 0)).any():
        table = table[table["volume"].notna()]
    table[prices] = table[prices].astype(float).round(DIGITS)
    return table.astype({"volume": "int64"})


def _history(
    symbol: str,
    first: pd.Timestamp,
    last: pd.Timestamp,
    interval: str,
    session: Any,
    patience: Patience,
) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """yfinance's bars and what Yahoo says about the security; None where it has no prices."""
    after = last + pd.Timedelta(days=1)  # Yahoo's end is excluded

    def asked() -> tuple[pd.DataFrame, dict[str, Any]]:
        ticker = yfinance.Ticker(symbol, session=session)
        bars = ticker.history(
            start=f"{first:%Y-%m-%d}",
            end=f"{after:%Y-%m-%d}",
            interval=interval,
            auto_adjust=False,
            actions=True,
            timeout=patience.timeout,
        )
        about = ticker.history_metadata or {}
        return bars, {
            key: about[key] for key in ("symbol", "longName", "shortName") if key in about
        }

    with _raising():
        try:
            bars, about = patience.ask(asked, _passes, lambda: getattr(session, "advised", None))
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
            raise _failure(symbol, error) from error
    if "Close" not in bars or bars["Close"].notna().sum() == 0:
        return None
    return bars, about


def _passes(error: Exception) -> bool:
    """Whether asking again may help: limits, servers in trouble, a network that hiccups."""
    limited = isinstance(error, yfinance.exceptions.YFRateLimitError)
    return limited or _status(error) in (TOO_MANY, *range(SERVER, 600)) or _transport(error)


def _status(error: Exception) -> int:
    """The HTTP status that an error carries; 0 where it carries none."""
    return int(getattr(getattr(error, "response", None), "status_code", 0))


def _transport(error: Exception) -> bool:
    garbled = isinstance(error, ValueError | KeyError | TypeError | IndexError | AttributeError)
    met = any("curl_cffi" in kind.__module__ for kind in type(error).__mro__)
    return (met or isinstance(error, OSError)) and not garbled and _status(error) < BAD_REQUEST


def _failure(symbol: str, error: Exception) -> DataError:
    if _status(error) >= BAD_REQUEST:
        return DataError(
            f"Yahoo Finance refused the request for {symbol} (HTTP {_status(error)}): "
            f"it may be down; {HINT}"
        )
    if _transport(error):
        return DataError(
            f"Yahoo Finance could not be reached for {symbol} ({type(error).__name__}): "
            f"check the network; {HINT}"
        )
    return _unreadable(symbol, error)


def _unreadable(symbol: str, error: Exception) -> DataError:
    return DataError(
        f"Yahoo Finance's answer for {symbol} could not be read ({type(error).__name__}): "
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
        with warnings.catch_warnings():
            # What pandas has to say to yfinance's authors is not for our readers.
            warnings.simplefilter("ignore")
            yield
    finally:
        debug.hide_exceptions = hidden
        log.setLevel(level)
