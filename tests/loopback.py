"""Yahoo Finance and Coin Metrics on loopback: servers that speak their formats.

They answer from the frozen tables, changed as a test says. The sessions here are the clients' own
kinds of session and lead every request to the server; nothing else is replaced.
"""

import copy
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd
import requests
import yfinance

from claimbook import data
from claimbook.data import coinmetrics
from claimbook.data import yahoo as yahoo_client
from claimbook.data.patience import ONCE, Patience

Answer = tuple[int, bytes]
Frames = Callable[[pd.DataFrame], pd.DataFrame]
SYMBOLS = {"KEEL": "BITF"}  # asked for by the first, in the tables as the second
# The servers' today: the frozen tables end a few days before it.
NOW = pd.Timestamp("2026-08-25 12:00", tz="UTC")
QUICK = Patience(waits=(0.01, 0.02), longest=2, timeout=5, whole=30)
METRIC_NAMES = {
    "PriceUSD": ("price_usd", 1.0),
    "BlkCnt": ("blocks", 1.0),
    "IssTotNtv": ("issuance_btc", 1.0),
    "FeeTotNtv": ("fees_btc", 1.0),
    "HashRate": ("hashrate_ehs", 1e6),
}


class Server:
    """What both servers share: faults, and a list of what was asked."""

    def __init__(self) -> None:
        self.instead: Callable[[str], Answer | None] = lambda what: None
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.delay = 0.0
        self.cut = False
        self.drops = 0.0  # seconds between two bytes of an answer, if it comes drop by drop
        self.during: Callable[[], Any] = lambda: None  # called while a request is being answered

    def again(self) -> Self:
        """The same tables, no fault, nothing asked yet."""
        fresh = copy.copy(self)
        Server.__init__(fresh)
        fresh.plain()
        return fresh

    def plain(self) -> None:
        """Answer as the tables are."""
        self.edit: Frames = lambda frame: frame
        self.edit_hours: Frames = lambda frame: frame
        self.splits: dict[str, list[tuple[str, int, int]]] = {}

    def answer(self, path: str) -> Answer:
        raise NotImplementedError


class Yahoo(Server):
    """Yahoo's chart format, daily and hourly."""

    def __init__(self, first: str = "2025-01-01", last: str = "2025-06-30") -> None:
        super().__init__()
        book = data.read(
            ["adjusted_closes", "bars_daily", "bars_hourly", "bitcoin_daily"], "shipped"
        )
        whole = book["adjusted_closes"].merge(book["bars_daily"], on=["date", "ticker"], how="left")
        # Some shares have no bars of every session in the tables; Yahoo would.
        for column in ("open", "high", "low", "close"):
            whole[column] = whole[column].fillna(whole["adjusted_close"])
        whole["volume"] = whole["volume"].fillna(1000)
        coin = book["bitcoin_daily"].assign(ticker="BTC-USD", volume=1)
        coin["adjusted_close"] = coin["close"]
        self.bars = pd.concat([whole, coin])
        self.bars = self.bars[self.bars["date"].between(first, last)]
        self.hours = book["bars_hourly"]
        self.plain()

    def answer(self, path: str) -> Answer:
        parts = urlsplit(path)
        self.asked.append(parts.path)
        if parts.path.startswith("/v1/test/getcrumb"):
            return 200, b"crumb"
        if not parts.path.startswith("/v8/finance/chart/"):
            return 404, b""
        symbol = unquote(parts.path.rpartition("/")[2])
        ticker = SYMBOLS.get(symbol, symbol)
        time.sleep(self.delay)
        self.during()
        given = self.instead(ticker)
        if given is not None:
            return given
        query = parse_qs(parts.query)
        hourly = query.get("interval") == ["1h"]
        source, when = (self.hours, "start_utc") if hourly else (self.bars, "date")
        edit = self.edit_hours if hourly else self.edit
        bars = edit(source[source["ticker"] == ticker])
        if bars.empty:
            missing = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return 404, json.dumps({"chart": {"result": None, "error": missing}}).encode()
        if "period1" in query:
            first, last = (pd.Timestamp(int(query[p][0]), unit="s") for p in ("period1", "period2"))
            zone = "UTC" if hourly else None
            first, last = first.tz_localize(zone), last.tz_localize(zone)
            bars = bars[bars[when].between(first if hourly else first.normalize(), last)]
        content = chart(symbol, bars, self.splits.get(ticker, []))
        return 200, json.dumps(content).encode()


def chart(
    symbol: str, bars: pd.DataFrame, splits: list[tuple[str, int, int]] | None = None
) -> dict[str, Any]:
    """Yahoo's answer to a chart request."""
    hourly = "start_utc" in bars
    zone = "UTC" if symbol == "BTC-USD" else "America/New_York"
    if hourly:
        opening = bars["start_utc"]
    else:
        hours = pd.Timedelta(0) if zone == "UTC" else pd.Timedelta(hours=9, minutes=30)
        opening = (bars["date"] + hours).dt.tz_localize(zone)
    names = ("open", "high", "low", "close", "volume")
    quote = {name: [None if v != v else v for v in bars[name].tolist()] for name in names}
    result: dict[str, Any] = {
        "meta": {
            "currency": "USD",
            "symbol": symbol,
            "longName": f"{symbol} Incorporated",
            "instrumentType": "EQUITY",
            "exchangeTimezoneName": zone,
            "timezone": "EDT",
            "gmtoffset": -14400,
            "dataGranularity": "1h" if hourly else "1d",
            "validRanges": ["1d", "max"],
        },
        "indicators": {"quote": [quote if len(bars) else {}]},
    }
    if hourly and len(bars):
        days = opening.dt.tz_convert(zone).dt.normalize().drop_duplicates()
        open_, close = pd.Timedelta(hours=9, minutes=30), pd.Timedelta(hours=16)
        spans = [(int((d + open_).timestamp()), int((d + close).timestamp())) for d in days]
        periods = [
            [{"timezone": "EDT", "start": a, "end": b, "gmtoffset": -14400}] for a, b in spans
        ]
        result["meta"]["tradingPeriods"] = periods
    if not hourly:
        result["indicators"]["adjclose"] = [{"adjclose": bars["adjusted_close"].tolist()}]
    if len(bars):
        result["timestamp"] = [int(moment.timestamp()) for moment in opening]
    if splits:
        events = {}
        for day, new, old in splits:
            at = int((pd.Timestamp(day, tz=zone) + pd.Timedelta(hours=9, minutes=30)).timestamp())
            ratio = f"{new}:{old}"
            events[str(at)] = {
                "date": at,
                "numerator": new,
                "denominator": old,
                "splitRatio": ratio,
            }
        result["events"] = {"splits": events}
    return {"chart": {"result": [result], "error": None}}


class CoinMetrics(Server):
    """Coin Metrics' `timeseries/asset-metrics`, page by page."""

    def __init__(self) -> None:
        super().__init__()
        self.days = data.read(["network_daily"], "shipped")["network_daily"]
        self.page = 4000
        self.plain()

    def answer(self, path: str) -> Answer:
        parts = urlsplit(path)
        self.asked.append(parts.path)
        time.sleep(self.delay)
        self.during()
        given = self.instead("btc")
        if given is not None:
            return given
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert parts.path == "/v4/timeseries/asset-metrics", parts.path
        assert (query["assets"], query["frequency"]) == ("btc", "1d")
        days = self.edit(self.days)
        days = days[days["date"].between(query["start_time"], query["end_time"])]
        start = int(query.get("next_page_token", 0))
        rows: list[dict[str, Any]] = [
            {"asset": "btc", "time": f"{day['date']:%Y-%m-%d}T00:00:00.000000000Z"}
            | {
                name: metric(day[METRIC_NAMES[name][0]], METRIC_NAMES[name][1])
                for name in query["metrics"].split(",")
            }
            for day in days.iloc[start : start + self.page].to_dict("records")
        ]
        content: dict[str, Any] = {"data": rows}
        if start + self.page < len(days):
            content["next_page_token"] = str(start + self.page)
        return 200, json.dumps(content).encode()


def metric(value: float, factor: float) -> str | None:
    """A figure as Coin Metrics writes it: a decimal in quotes, null where there is none."""
    return None if value != value else f"{value * factor:.12g}"


@contextmanager
def serving(what: Server) -> Iterator[int]:
    """A server on a free port of loopback; the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = what.answer(self.path)
            if what.drops and len(body) > len(b"crumb"):
                self.drip(b"HTTP/1.0 200 OK\r\n\r\n" + body)
                return
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            for name, value in what.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) * (2 if what.cut else 1)))
            self.end_headers()
            self.wfile.write(body)

        def drip(self, answer: bytes) -> None:
            with suppress(OSError):  # whoever asked has gone
                for byte in answer:
                    self.wfile.write(bytes([byte]))
                    time.sleep(what.drops)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            # Whoever asked has gone; another test may be listening to what is printed.
            if not isinstance(sys.exception(), OSError):
                super().handle_error(request, client_address)

    server = Quiet(("127.0.0.1", 0), Handler)
    # Looks for the end often: each test waits for it.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def led(url: str, port: int) -> str:
    """An address with its host replaced by the local server."""
    return urlsplit(url)._replace(scheme="http", netloc=f"127.0.0.1:{port}").geturl()


class YahooSession(yahoo_client.Session):
    """yfinance's session, whose every request goes to the local server."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
        return super().request(method, led(url, self.port), *args, **kwargs)


class CoinMetricsSession(coinmetrics.Session):
    """The Coin Metrics client's session, likewise."""

    def __init__(self, port: int, patience: Patience = ONCE) -> None:
        super().__init__(patience)
        self.port = port

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(method, led(str(url), self.port), *args, **kwargs)


def lead(yahoo_port: int, coinmetrics_port: int) -> None:
    """Lead every session that this process makes from now on to the servers."""
    setattr(yahoo_client, "Session", lambda: YahooSession(yahoo_port))  # noqa: B010
    setattr(coinmetrics, "Session", lambda _: CoinMetricsSession(coinmetrics_port, QUICK))  # noqa: B010


def forget(cache: Path) -> None:
    """No time zone is known, as to a process that never asked for a security.

    The answers that yfinance keeps for the life of a process stay: `yahoo` must not trip over them.
    """
    yfinance.set_tz_cache_location(str(cache))
    yfinance.base._tz_info_fetch_ctr = 0
    yfinance.cache.get_tz_cache().lookup("")  # opens the cache
    yfinance.cache._TZ_KV.delete().execute()
