"""Yahoo Finance's daily and hourly prices, through yfinance: on request only.

Yahoo restates its history: adjusted closes move with every dividend, raw closes with every split,
and renamed shares disappear. yfinance is used under Yahoo's terms of service: for your own
research. Every failure is one sentence (DataError); what passes with time is asked for again.
"""

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any

import pandas as pd
import yfinance
from curl_cffi.requests import Session as CurlSession
from curl_cffi.requests.exceptions import ConnectionError as CurlConnectionError
from curl_cffi.requests.exceptions import ProxyError

from claimbook.data.patience import ONCE, Patience
from claimbook.errors import DataError, DiskError

SOURCE = "Yahoo Finance"
BAD_REQUEST, NOT_FOUND, UNPROCESSABLE, TOO_MANY, SERVER = 400, 404, 422, 429, 500
DENIED = 999  # Yahoo's own status for an address that asks too often
CHART = "/v8/finance/chart/"
DIGITS = 6  # Yahoo's prices are single-precision numbers; more digits would be noise
HOURLY_DAYS = 729  # Yahoo keeps hourly bars for 730 days
# What no share, fund or coin has ever reached: dollars a share, and shares (dollars of coin) a day.
HIGHEST, BUSIEST = 1e7, 1e13
NEW_YORK, UTC, COINS = "America/New_York", "UTC", "-USD"
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
    """yfinance's own kind of session; it remembers Yahoo's last answer to a request for prices.

    yfinance takes a server in trouble, or a page in the place of data, for a share that is gone;
    the answer itself tells them apart.
    """

    def __init__(self) -> None:
        super().__init__(impersonate="chrome")
        self.forget()

    def forget(self) -> None:
        """A new try: no answer yet."""
        self.advised: float | None = None
        self.answer: Any = None

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
        answer = super().request(method, url, *args, **kwargs)
        self.advised = seconds(answer.headers.get("Retry-After"))
        if CHART in url:
            self.answer = answer
        return answer

    @property
    def status(self) -> int:
        """The HTTP status of the last answer with prices or without; 0 where there is none."""
        return int(self.answer.status_code) if self.answer is not None else 0

    @property
    def says_none(self) -> bool:
        """Whether Yahoo's last answer is its statement that there are no such prices."""
        try:
            chart = self.answer.json()["chart"]
            if self.status in (BAD_REQUEST, NOT_FOUND, UNPROCESSABLE):
                return chart["error"] is not None
            return self.status < BAD_REQUEST and bool(chart["result"]) and not chart["error"]
        except (AttributeError, ValueError, KeyError, TypeError):
            return False

    def get(self, url: str, **kwargs: Any) -> Any:
        return self.request("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> Any:
        return self.request("POST", url, **kwargs)


def daily(
    ticker: str,
    first: pd.Timestamp,
    last: pd.Timestamp,
    session: Session | None = None,
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
    if not (splits >= 0).all() or not all(math.isfinite(ratio) for ratio in splits):
        raise _changed(symbol, "a split by zero or less")
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
    session: Session | None = None,
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


def known_here(symbol: str) -> str:
    """What these tables call a security that Yahoo lists under `symbol` now."""
    here = {theirs: ours for ours, theirs in RENAMED.items()}
    return here.get(symbol, symbol)


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
    for name in table.columns.drop(when):
        most = BUSIEST if name == "volume" else HIGHEST
        if not (table[name].dropna().astype(float).abs() <= most).all():
            raise _changed(symbol, f"a {name.replace('_', ' ')} that nothing reaches")
    if (table["volume"].isna() | (table["volume"] % 1 != 0)).any():
        table = table[table["volume"].notna()]
    table[prices] = table[prices].astype(float).round(DIGITS)
    return table.astype({"volume": "int64"})


def _history(
    symbol: str,
    first: pd.Timestamp,
    last: pd.Timestamp,
    interval: str,
    session: Session | None,
    patience: Patience,
) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """yfinance's bars and what Yahoo says about the security; None where it has no prices."""
    after = last + pd.Timedelta(days=1)  # Yahoo's end is excluded
    line = session or Session()

    def asked() -> tuple[pd.DataFrame, dict[str, Any]]:
        # yfinance remembers answers for the life of the process, the bad ones too.
        yfinance.data.YfData.cache_get.cache_clear()
        line.forget()
        ticker = yfinance.Ticker(symbol, session=line)
        bars = ticker.history(
            start=f"{first:%Y-%m-%d}",
            end=f"{after:%Y-%m-%d}",
            interval=interval,
            auto_adjust=False,
            actions=True,
            timeout=patience.timeout,
        )
        return bars, _sound(symbol, line.answer, bars, interval)

    with _raising():
        try:
            bars, about = patience.ask(
                asked, lambda error, tries: _passes(error, tries, line), lambda: line.advised
            )
        except _ChangedError as error:
            raise _changed(symbol, str(error)) from None
        except Exception as error:
            # yfinance lets through whatever its transport and its parser meet, of many types.
            if _none(error, line):
                return None
            raise _failure(symbol, error, line) from error
    if "Close" not in bars or bars["Close"].notna().sum() == 0:
        return None
    return bars, about


class _ChangedError(Exception):
    """What an answer holds that it cannot mean, or lacks: its format has changed."""


def _sound(symbol: str, answer: Any, bars: pd.DataFrame, interval: str) -> dict[str, Any]:
    """What Yahoo says about the security, of an answer that can be what these tables hold.

    yfinance makes something of an answer whose parts are missing: raw closes in the place of
    adjusted ones, another currency, another security. Raises _ChangedError for each of them.
    """
    if bars.empty:
        return {}
    result = answer.json()["chart"]["result"][0]
    about: dict[str, Any] = result["meta"]
    if not isinstance(about, dict):
        raise _ChangedError("no description")
    for name in ("symbol", "longName", "shortName"):
        if not isinstance(about.get(name), str | None):
            raise _ChangedError(f"a {name} that is no text")
    if (given := about.get("symbol") or symbol).upper() != symbol.upper():
        raise _ChangedError(f"another security, {given}")
    if about.get("currency") != "USD":
        raise _ChangedError(f"the currency {about.get('currency')}, not USD")
    zone = UTC if symbol.endswith(COINS) else NEW_YORK
    if about.get("exchangeTimezoneName") != zone:
        raise _ChangedError(f"the time zone {about.get('exchangeTimezoneName')}, not {zone}")
    times = result["timestamp"]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise _ChangedError("times out of order")
    without = not result["indicators"].get("adjclose") or bars["Adj Close"].isna().all()
    if interval == "1d" and without and bars["Close"].notna().any():
        raise _ChangedError("no adjusted closes")
    return about


def _changed(symbol: str, what: str) -> DataError:
    return DataError(
        f"Yahoo Finance's answer for {symbol} has {what}: its format may have changed; {HINT}"
    )


def _none(error: Exception, line: Session) -> bool:
    """Whether the error means that there are no such prices, and nothing else."""
    missing = isinstance(error, yfinance.exceptions.YFTickerMissingError)
    return (missing or line.status >= BAD_REQUEST) and line.says_none


def _passes(error: Exception, tries: int, line: Session) -> bool:
    """Whether asking again may help: limits, servers in trouble, cut-off answers, the network."""
    if _none(error, line) or isinstance(error, _ChangedError):
        return False
    if _transport(error, line):
        unreached = isinstance(error, CurlConnectionError | ProxyError)
        return tries == 1 or not unreached  # no network is said soon
    status = _status(error, line)
    down = isinstance(error, yfinance.exceptions.YFDataException)
    garbled = isinstance(error, ValueError)  # cut off, empty, or a page for people
    return _limited(error, line) or status >= SERVER or (not status and (down or garbled))


def _limited(error: Exception, line: Session) -> bool:
    limited = isinstance(error, yfinance.exceptions.YFRateLimitError)
    return limited or _status(error, line) in (TOO_MANY, DENIED)


def _status(error: Exception, line: Session) -> int:
    """The HTTP status that was the trouble; 0 where none was."""
    if line.status >= BAD_REQUEST:
        return line.status
    return int(getattr(getattr(error, "response", None), "status_code", 0))


def _transport(error: Exception, line: Session) -> bool:
    odd = isinstance(error, ValueError | KeyError | TypeError | IndexError | AttributeError)
    met = any("curl_cffi" in kind.__module__ for kind in type(error).__mro__)
    return (met or isinstance(error, OSError)) and not odd and _status(error, line) < BAD_REQUEST


def _failure(symbol: str, error: Exception, line: Session) -> DataError:
    status = _status(error, line)
    if any(kind.__module__.startswith(("peewee", "sqlite3")) for kind in type(error).__mro__):
        return DiskError(
            f"yfinance could not write its cache ({error}): free some space on the disk where it "
            f"keeps it; {HINT}"
        )
    if _limited(error, line):
        return DataError(
            f"Yahoo Finance limits the requests from this address; try again in an hour; {HINT}"
        )
    if status >= SERVER:
        return DataError(
            f"Yahoo Finance is in trouble (HTTP {status}, asked for {symbol}): try again later; "
            f"{HINT}"
        )
    if status >= BAD_REQUEST:
        return DataError(
            f"Yahoo Finance refused the request for {symbol} (HTTP {status}): its API may have "
            f"changed; {HINT}"
        )
    if _transport(error, line):
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
