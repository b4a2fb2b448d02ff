"""Bitcoin's network figures from Coin Metrics' community API, through its own client.

The community data need no key; their licence is CC BY-NC 4.0 (attribution, no commercial use).
The client's plain rows are read: its frames were written for an older pandas.
"""

import logging
import math
import time
from typing import Any

import pandas as pd
import requests
from coinmetrics.api_client import CoinMetricsClient
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from claimbook.data import network
from claimbook.data.patience import ONCE, OverdueError, Patience
from claimbook.data.yahoo import HINT
from claimbook.errors import DataError

SOURCE = "Coin Metrics"
BAD_REQUEST, TOO_MANY, SERVER_TROUBLE = 400, 429, (500, 502, 503, 504)
PAGE = 10_000  # rows an answer may have: the whole history in one
# Their name, ours, and what ours is in theirs: the hash rate comes in TH/s.
METRICS = {
    "PriceUSD": ("price_usd", 1.0),
    "BlkCnt": ("blocks", 1.0),
    "IssTotNtv": ("issuance_btc", 1.0),
    "FeeTotNtv": ("fees_btc", 1.0),
    "HashRate": ("hashrate_ehs", 1e-6),
}
COPY = "C"  # how `network_daily` marks rows that were fetched


class RefusedError(Exception):
    """An answer with an HTTP status that is an error; no kind that the client asks again after."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class EndlessError(Exception):
    """Pages that lead back to one that was there, or hold more days than were asked for."""


class Session(requests.Session):
    """The client's session with what the client lacks: time limits, and an end to waiting.

    The client itself would wait for as long as an answer says, and ask for ever.
    """

    def __init__(self, patience: Patience = ONCE) -> None:
        super().__init__()
        self.patience = patience
        self.begin()
        waits = patience.waits
        again = Retry(
            total=len(waits),
            connect=min(1, len(waits)),  # no network is said soon
            status=len(waits),
            backoff_factor=waits[0] if waits else 0,
            backoff_max=patience.longest,
            retry_after_max=math.ceil(patience.longest),
            status_forcelist=(TOO_MANY, *SERVER_TROUBLE),
            raise_on_status=False,
        )
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(max_retries=again))

    def begin(self) -> None:
        """A new question: its time starts, and no page was asked for yet."""
        self.until = time.monotonic() + self.patience.whole
        self.pages: set[str] = set()

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        if str(url) in self.pages:
            raise EndlessError
        if time.monotonic() > self.until:
            raise OverdueError
        self.pages.add(str(url))
        kwargs["timeout"] = self.patience.timeout
        answer = super().request(method, url, *args, **kwargs)
        if answer.status_code >= BAD_REQUEST:
            raise RefusedError(
                answer.status_code
            )  # before the client sees it, waits and asks again
        # The last request of a window is a good answer: the client would throw it away and ask on.
        answer.headers.pop("x-ratelimit-remaining", None)
        return answer


def network_daily(
    first: pd.Timestamp,
    last: pd.Timestamp,
    session: Session | None = None,
    patience: Patience = ONCE,
) -> pd.DataFrame:
    """The columns of the table `network_daily`, one row a UTC day from one day to another.

    Days at the end that the provider has not completed are left out. Raises DataError: a network
    that cannot be reached, a refusal, an empty answer, one that cannot be read or does not end, a
    day missing.
    """
    line = session or Session(patience)
    log = logging.getLogger("cm_client")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        rows = line.patience.within(lambda: _rows(line, first, last))
    except RefusedError as error:
        raise DataError(_refused(error.status)) from error
    except OverdueError as error:
        raise DataError(
            f"Coin Metrics' answer was not whole after {line.patience.whole:g} s: try again later; "
            f"{HINT}"
        ) from error
    except EndlessError as error:
        raise DataError(
            f"Coin Metrics' answer does not end: its pages repeat, or hold more days than were "
            f"asked for; its API may have changed; {HINT}"
        ) from error
    except requests.JSONDecodeError as error:
        raise DataError(_unreadable(error)) from error
    except requests.RequestException as error:
        # After its last try the transport calls a time-out a failed connection.
        what = "Timeout" if "timed out" in str(error) else type(error).__name__
        raise DataError(
            f"Coin Metrics could not be reached ({what}): check the network; {HINT}"
        ) from error
    except Exception as error:
        # The client raises whatever a page that is not as it expects makes its own code raise.
        raise DataError(_unreadable(error)) from error
    finally:
        log.setLevel(level)
    return _table(rows, first, last)


def _rows(line: Session, first: pd.Timestamp, last: pd.Timestamp) -> list[dict[str, Any]]:
    """The client's plain rows, all pages of them."""
    line.begin()
    pages = CoinMetricsClient(session=line).get_asset_metrics(
        assets="btc",
        metrics=list(METRICS),
        frequency="1d",
        start_time=f"{first:%Y-%m-%d}",
        end_time=f"{last:%Y-%m-%d}",
        page_size=PAGE,
    )
    most = (last - first).days + 1
    rows = []
    for row in pages:
        rows.append(row)
        if len(rows) > most:
            raise EndlessError
    return rows


def _table(rows: list[dict[str, Any]], first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    if not rows:
        raise DataError(
            f"Coin Metrics returned no days from {first:%Y-%m-%d} to {last:%Y-%m-%d}; {HINT}"
        )
    absent = [name for name in METRICS if not any(name in row for row in rows)]
    if absent:
        raise DataError(
            f"Coin Metrics' answer has no {', '.join(absent)}: its metrics may have changed; {HINT}"
        )
    try:
        given = pd.DataFrame(rows)
        days = pd.to_datetime(given["time"], utc=True, format="ISO8601").dt.tz_localize(None)
        table = pd.DataFrame({"date": days.astype("datetime64[us]")})
        for theirs, (ours, factor) in METRICS.items():
            values = pd.to_numeric(given[theirs]).astype(float)
            # Significant digits as the provider gives them: the factor must not add noise.
            table[ours] = [v if v != v else float(f"{v * factor:.12g}") for v in values]
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(_unreadable(error)) from error
    figures = table.drop(columns="date")
    if not figures.map(lambda v: v != v or abs(v) < math.inf).all(axis=None):
        raise DataError(_absurd("a figure that is not finite"))
    if (table["blocks"] % 1 > 0).any():
        raise DataError(_absurd("a part of a block"))
    if (table["hashrate_ehs"] <= 0).any():
        raise DataError(_absurd("a day without any hash rate"))
    complete = table.dropna(subset=["blocks", "issuance_btc", "fees_btc", "hashrate_ehs"])
    if complete.empty:
        raise DataError(f"Coin Metrics returned no complete day; {HINT}")
    # The day's price comes last: a last day without one is not complete either.
    end = complete.loc[complete["price_usd"].notna(), "date"].max()
    last_day = complete["date"].max() if pd.isna(end) else end
    table, complete = (frame[frame["date"] <= last_day] for frame in (table, complete))
    if len(complete) != len(table):
        away = table.loc[~table["date"].isin(complete["date"]), "date"]
        raise DataError(
            f"Coin Metrics' figures are incomplete on {len(away)} days before the last, the first "
            f"{away.iloc[0]:%Y-%m-%d}: a partial answer; {HINT}"
        )
    made = network.derived(table.reset_index(drop=True)).astype({"blocks": "int64"})
    return made.assign(copy=COPY)


def _absurd(what: str) -> str:
    return f"Coin Metrics' answer has {what}: its format may have changed; {HINT}"


def _refused(status: int) -> str:
    if status == TOO_MANY:
        return f"Coin Metrics limits the requests from this address; try again later; {HINT}"
    if status >= min(SERVER_TROUBLE):
        return f"Coin Metrics is in trouble (HTTP {status}): try again later; {HINT}"
    return f"Coin Metrics refused the request (HTTP {status}): its API may have changed; {HINT}"


def _unreadable(error: Exception) -> str:
    return (
        f"Coin Metrics' answer could not be read ({type(error).__name__}): it may be down or its "
        f"format may have changed; {HINT}"
    )
