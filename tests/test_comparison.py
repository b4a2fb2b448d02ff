"""The comparison with Yahoo Finance, through the real yfinance and a server on loopback.

The server speaks Yahoo's chart format and answers from the frozen tables, changed as each test
says. The session handed to yfinance leads every request to it; nothing else is replaced.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd
import pytest
import yfinance
from curl_cffi.requests import Session

from claimbook import cli, data, paths
from claimbook.data import comparison as live
from claimbook.data.patience import Patience
from claimbook.errors import DataError

START, END = "2025-03-03", "2025-03-31"
Answer = tuple[int, bytes]


class Yahoo:
    """What the server answers, and what it was asked."""

    def __init__(self) -> None:
        book = data.read(["adjusted_closes", "bars_daily"])
        bars = book["bars_daily"].merge(book["adjusted_closes"], on=["date", "ticker"])
        self.bars = bars[bars["date"].between("2025-01-01", "2025-06-30")]
        self.edit: Callable[[pd.DataFrame], pd.DataFrame] = lambda bars: bars
        self.instead: Callable[[str], Answer | None] = lambda ticker: None
        self.asked: list[str] = []
        self.delay = 0.0
        self.cut = False

    def answer(self, path: str) -> Answer:
        parts = urlsplit(path)
        self.asked.append(parts.path)
        if parts.path.startswith("/v1/test/getcrumb"):
            return 200, b"crumb"
        if not parts.path.startswith("/v8/finance/chart/"):
            return 404, b""
        symbol = unquote(parts.path.rpartition("/")[2])
        ticker = {"KEEL": "BITF"}.get(symbol, symbol)
        time.sleep(self.delay)
        given = self.instead(ticker)
        if given is not None:
            return given
        query = parse_qs(parts.query)
        bars = self.edit(self.bars[self.bars["ticker"] == ticker])
        if bars.empty:
            missing = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return 404, json.dumps({"chart": {"result": None, "error": missing}}).encode()
        if "period1" in query:
            first = pd.Timestamp(int(query["period1"][0]), unit="s")
            last = pd.Timestamp(int(query["period2"][0]), unit="s")
            bars = bars[bars["date"].between(first.normalize(), last)]
        return 200, json.dumps(chart(ticker, bars)).encode()


def chart(ticker: str, bars: pd.DataFrame) -> dict[str, Any]:
    """Yahoo's answer to a chart request for daily bars."""
    opening = (bars["date"] + pd.Timedelta(hours=9, minutes=30)).dt.tz_localize("America/New_York")
    quote = {name: bars[name].tolist() for name in ("open", "high", "low", "close", "volume")}
    result: dict[str, Any] = {
        "meta": {
            "currency": "USD",
            "symbol": ticker,
            "instrumentType": "EQUITY",
            "exchangeTimezoneName": "America/New_York",
            "timezone": "EDT",
            "gmtoffset": -14400,
            "dataGranularity": "1d",
            "validRanges": ["1d", "max"],
        },
        "indicators": {
            "quote": [quote if len(bars) else {}],
            "adjclose": [{"adjclose": bars["adjusted_close"].tolist()}],
        },
    }
    if len(bars):
        result["timestamp"] = [int(moment.timestamp()) for moment in opening]
    return {"chart": {"result": [result], "error": None}}


class Loopback(Session[Any]):
    """yfinance's own kind of session, whose every request goes to the local server."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        local = parts._replace(scheme="http", netloc=f"127.0.0.1:{self.port}").geturl()
        return super().request(method, local, *args, **kwargs)

    def get(self, url: str, **kwargs: Any) -> Any:
        return self.request("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> Any:
        return self.request("POST", url, **kwargs)


@pytest.fixture
def yahoo() -> Yahoo:
    return Yahoo()


@pytest.fixture
def session(yahoo: Yahoo, tmp_path: Path) -> Iterator[Loopback]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = yahoo.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body) * (2 if yahoo.cut else 1)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yfinance.set_tz_cache_location(str(tmp_path / "cache"))
    # yfinance remembers answers for the life of the process; each test is a new one to it.
    yfinance.data.YfData.cache_get.cache_clear()
    yfinance.base._tz_info_fetch_ctr = 0
    for ticker in set(yahoo.bars["ticker"]):
        yfinance.cache.get_tz_cache().store(ticker, None)
    # The command line hands on no session: yfinance then keeps the one it has.
    yfinance.data.YfData(session=Loopback(server.server_port))
    yield Loopback(server.server_port)
    server.shutdown()
    server.server_close()
    serving.join()


def compared(session: Loopback, *tickers: str) -> pd.DataFrame:
    return live.drift(tickers, START, END, session=session, patience=Patience((), timeout=5))


def test_equal_prices_show_no_drift(yahoo: Yahoo, session: Loopback) -> None:
    found = compared(session, "MARA", "SPY", "^GSPC")
    assert list(found.index) == ["MARA", "SPY", "^GSPC"]
    assert (found["outcome"] == live.COMPARED).all()
    assert (found["rows_both"] == 21).all()  # the sessions of March 2025 from the 3rd on
    assert (found[["rows_frozen_only", "rows_live_only"]] == 0).all(axis=None)
    assert found["close_pct"].max() < 1e-9
    assert found["adjusted_return_pp"].max() < 1e-9
    assert any(path.endswith("/v8/finance/chart/MARA") for path in yahoo.asked)


def test_a_revised_close_is_found_with_its_size_and_date(yahoo: Yahoo, session: Loopback) -> None:
    def revise(bars: pd.DataFrame) -> pd.DataFrame:
        bars = bars.copy()
        bars.loc[bars["date"] == "2025-03-26", ["close", "adjusted_close"]] *= 1.02
        return bars

    yahoo.edit = revise
    row = compared(session, "RIOT").loc["RIOT"]
    assert row["close_pct"] == pytest.approx(2)
    assert row["close_pct_on"] == pd.Timestamp("2025-03-26")
    # A close 2 % higher moves that day's return by 0.02 × (1 + return): Riot fell 7.17 %.
    # The next day's return falls from higher up, by (1 + r) × (1 − 1/1.02).
    assert row["adjusted_return_pp"] == pytest.approx(2 * (1 - 0.0717), abs=0.1)


def test_a_split_moves_prices_but_no_returns(yahoo: Yahoo, session: Loopback) -> None:
    yahoo.edit = lambda bars: bars.assign(
        close=bars["close"] / 2, adjusted_close=bars["adjusted_close"] / 2
    )
    row = compared(session, "HUT").loc["HUT"]
    assert row["close_pct"] == pytest.approx(50)
    assert row["adjusted_return_pp"] < 1e-9


def test_missing_and_added_sessions_are_counted(yahoo: Yahoo, session: Loopback) -> None:
    def shift(bars: pd.DataFrame) -> pd.DataFrame:
        bars = bars[~bars["date"].isin(pd.to_datetime(["2025-03-12", "2025-03-13"]))]
        sunday = bars.iloc[:1].assign(date=pd.Timestamp("2025-03-16"))
        return pd.concat([bars, sunday]).sort_values("date")

    yahoo.edit = shift
    row = compared(session, "CLSK").loc["CLSK"]
    counts = row[["rows_both", "rows_frozen_only", "rows_live_only"]].tolist()
    assert counts == [19, 2, 1]


def test_a_gone_ticker_is_named_and_the_others_are_compared(
    yahoo: Yahoo, session: Loopback
) -> None:
    yahoo.edit = lambda bars: bars[bars["ticker"] != "BITF"]
    found = compared(session, "BITF", "CORZ")
    assert found.loc["BITF", "outcome"] == live.NOTHING
    assert found.loc["BITF", "rows_frozen_only"] == 21
    assert found.loc["CORZ", "rows_both"] == 21


def chart_error(status: int, body: bytes) -> Callable[[str], Answer]:
    return lambda ticker: (status, body)


EMPTY = json.dumps({"chart": {"result": [], "error": None}}).encode()
FAILURES: list[tuple[int, bytes, str]] = [
    (429, b"Too Many Requests", "Yahoo Finance limits the requests"),
    (404, json.dumps({"chart": {"result": None, "error": {"description": "gone"}}}).encode(),
     "returned no prices for MARA"),
    (200, EMPTY, "could not be read"),
    (200, b"", "could not be read"),
    (200, b"<html>captcha</html>", "could not be read"),
    (200, b'{"chart": {"result": [{"meta": {', "could not be read"),
    (200, b'{"finance": {"prices": []}}', "could not be read"),
    (200, b"Will be right back", "could not be read"),
    (500, b"<html>Internal Server Error</html>", "could not be read"),
    (503, b"", "could not be read"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "sentence"), FAILURES)
def test_every_odd_answer_is_one_sentence(
    yahoo: Yahoo,
    session: Loopback,
    capsys: pytest.CaptureFixture[str],
    status: int,
    body: bytes,
    sentence: str,
) -> None:
    yahoo.instead = chart_error(status, body)
    with pytest.raises(DataError, match=sentence) as caught:
        compared(session, "MARA")
    assert "nothing was written" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capsys.readouterr() == ("", "")


def test_a_span_without_prices_at_yahoo_is_one_sentence(yahoo: Yahoo, session: Loopback) -> None:
    yahoo.edit = lambda bars: bars[bars["date"] > "2025-05-01"]
    with pytest.raises(DataError, match="returned no prices for MARA from 2025-03-03"):
        compared(session, "MARA")


def test_a_cut_off_answer_is_one_sentence(yahoo: Yahoo, session: Loopback) -> None:
    yahoo.cut = True
    with pytest.raises(DataError, match="could not be reached for MARA"):
        compared(session, "MARA")


def test_a_slow_answer_is_given_up(yahoo: Yahoo, session: Loopback) -> None:
    found = compared(session, "MARA")  # the time zone is known from here on
    assert len(found) == 1
    yfinance.data.YfData.cache_get.cache_clear()
    yahoo.delay = 3
    with pytest.raises(DataError, match=r"could not be reached for MARA \(.*Timeout.*\)"):
        live.drift(["MARA"], START, END, session=session, patience=Patience((), timeout=0.5))


def test_nobody_listening_is_one_sentence(session: Loopback) -> None:
    session.port = 9  # the discard port: nothing listens on it
    with pytest.raises(DataError, match=r"could not be reached for MARA .* check the network"):
        compared(session, "MARA")


def test_yfinance_is_left_as_it_was(yahoo: Yahoo, session: Loopback) -> None:
    before = yfinance.config.debug.hide_exceptions
    compared(session, "MARA")
    assert yfinance.config.debug.hide_exceptions == before


@pytest.mark.parametrize(
    ("tickers", "start", "end", "sentence"),
    [
        (["NOPE"], START, END, "no closes of 'NOPE'"),
        (["SDIG"], START, END, "no closes of 'SDIG' from 2025-03-03"),
        (["MARA"], "3 March", END, "the first day is '3 March'; write a date as YYYY-MM-DD"),
        (["MARA"], END, START, "give the earlier day first"),
    ],
)
def test_what_the_edition_does_not_hold_is_refused_before_any_request(
    yahoo: Yahoo, session: Loopback, tickers: list[str], start: str, end: str, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        live.drift(tickers, start, end, session=session)
    assert yahoo.asked == []


def test_the_command_prints_a_table(
    yahoo: Yahoo, session: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    yahoo.edit = lambda bars: bars[bars["ticker"] != "BITF"]
    drift = ["data", "drift", "--from", START, "--to", END, "--tickers"]
    assert cli.main([*drift, "MARA,RIOT"]) == cli.DONE
    shown = capsys.readouterr().out
    assert "MARA" in shown
    assert "RIOT" in shown
    assert cli.main([*drift, "MARA,BITF"]) == cli.FAILED
    assert "Yahoo returned nothing" in capsys.readouterr().out


def test_the_command_without_a_network_exits_2_with_one_sentence(tmp_path: Path) -> None:
    # A proxy that nobody runs: the command cannot leave loopback, whatever the machine's network.
    nowhere = "http://127.0.0.1:9"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "NO_PROXY": "", "no_proxy": ""}
    done = subprocess.run(
        [sys.executable, "-m", "claimbook", "data", "drift", "--tickers", "MARA"],
        cwd=paths.root(),
        env=os.environ | dict.fromkeys(names, nowhere) | home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == cli.UNUSABLE
    assert done.stdout == ""
    assert done.stderr.startswith("claimbook: Yahoo Finance could not be reached for MARA")
    assert done.stderr.count("\n") == 1
