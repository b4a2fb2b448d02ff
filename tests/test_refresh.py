"""`claimbook data refresh`: the real clients, and servers on loopback that speak their formats."""

import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import little_data
import loopback
import pandas as pd
import pytest
from live_world import World

from claimbook import cli, data
from claimbook.data import (
    coinmetrics,
    days,
    edition,
    lock,
    patience,
    refresh,
    seal,
    staging,
    yahoo,
)
from claimbook.data.refresh import Asked
from claimbook.errors import DataError

MARKET_OF_TWO = Asked(tickers=("MARA", "RIOT"), only="market")


# -- a new edition


def test_a_refresh_makes_a_new_edition_the_current_one(world: World) -> None:
    outcome = world.refresh()
    assert outcome.name == "2026-08-20"
    assert world.editions == ["2026-08-20", "current"]
    book = data.read(["adjusted_closes", "bars_daily", "network_daily", "tickers", "events"])
    assert book.name == "2026-08-20"
    mara = book["adjusted_closes"].query("ticker == 'MARA'").set_index("date")["adjusted_close"]
    asked = world.yahoo.bars.query("ticker == 'MARA'").set_index("date")["adjusted_close"]
    assert mara.index.max() == pd.Timestamp("2026-08-20")
    pd.testing.assert_series_equal(mara, asked[mara.index[0] :], check_exact=False, rtol=1e-9)
    # Coin Metrics' figures, and what follows from them, are what the frozen table states.
    network = book["network_daily"].drop(columns="copy")
    days_ = world.coinmetrics.days
    frozen = days_[days_["date"] >= little_data.FIRST].drop(columns="copy").reset_index(drop=True)
    pd.testing.assert_frame_equal(network, frozen, check_exact=False, rtol=1e-6)
    assert (book["network_daily"]["copy"] == coinmetrics.COPY).all()
    listed = book["tickers"].set_index("ticker")
    assert listed.loc["MARA", "last_session"] == pd.Timestamp("2026-08-20")
    assert [problem for _, problem in seal.check("current") if problem] == []


def test_the_old_edition_stays_and_can_be_chosen_again(world: World) -> None:
    files = sorted(p for p in (world.root / "data").rglob("*.*") if p.is_file())
    before = {file: file.read_bytes() for file in files}
    world.refresh(MARKET_OF_TWO)
    assert {file: file.read_bytes() for file in files} == before
    old = data.read(["adjusted_closes"], little_data.NAME)
    assert old.name == little_data.NAME
    assert old["adjusted_closes"]["date"].max() == pd.Timestamp(little_data.LAST)
    assert cli.main(["data", "use", "shipped"]) == cli.DONE
    assert data.read(["tickers"]).name == little_data.NAME
    assert cli.main(["data", "use", "2026-08-20"]) == cli.DONE
    assert data.read(["tickers"]).name == "2026-08-20"


def test_an_edition_says_where_it_comes_from(world: World) -> None:
    world.refresh(MARKET_OF_TWO)
    book = data.read(["adjusted_closes", "events"])
    assert book.note.startswith("Fetched 2026-08-25 12:00 UTC from Yahoo Finance; all other")
    about = book.provenance
    assert about["asked"] == {"tickers": ("MARA", "RIOT"), "only": "market"} or about["asked"] == {
        "tickers": ["MARA", "RIOT"],
        "only": "market",
    }
    assert about["base"] == little_data.NAME
    assert about["tools"]["yfinance"]
    closes = book.tables["adjusted_closes"].descriptor
    assert closes["licenses"][0]["title"].startswith("Yahoo Finance terms of service")
    assert closes["fetched"] == "2026-08-25T12:00:00Z"
    assert "fetched" not in book.tables["events"].descriptor


def test_a_second_refresh_of_the_same_day_is_an_edition_of_its_own(world: World) -> None:
    assert world.refresh(MARKET_OF_TWO).name == "2026-08-20"
    assert world.refresh(MARKET_OF_TWO).name == "2026-08-20-2"
    assert edition.current() == "2026-08-20-2"


def test_only_what_is_asked_for_is_fetched(world: World) -> None:
    world.refresh(Asked(only="network"))
    assert world.yahoo.asked == []
    assert len(world.coinmetrics.asked) == 1
    world.refresh(MARKET_OF_TWO)
    assert len(world.coinmetrics.asked) == 1
    charts = {path.rpartition("/")[2] for path in world.yahoo.asked if "chart" in path}
    assert charts == {"MARA", "RIOT"}


def test_the_network_comes_page_by_page(world: World) -> None:
    world.coinmetrics.page = 250
    world.refresh(Asked(only="network"))
    assert len(world.coinmetrics.asked) == 4
    assert len(data.read(["network_daily"])["network_daily"]) == len(
        world.coinmetrics.days.query("date >= @little_data.FIRST")
    )


def test_a_share_that_the_tables_lack_is_added(world: World) -> None:
    world.refresh(Asked(tickers=("CLSK",), only="market"))
    book = data.read(["tickers", "bars_daily", "bars_hourly", "adjusted_closes"])
    row = book["tickers"].set_index("ticker").loc["CLSK"]
    assert (row["name"], row["group"]) == ("CLSK Incorporated", "other")
    assert (book["bars_hourly"]["ticker"] == "CLSK").any()
    assert set(book["bars_daily"]["ticker"]) == {*little_data.TICKERS, "CLSK"}


def test_days_asked_for_join_with_the_rows_there_are(world: World) -> None:
    world.refresh(Asked(tickers=("MARA",), start="2026-03-02", end="2026-07-15", only="market"))
    closes = data.read(["adjusted_closes"])["adjusted_closes"].query("ticker == 'MARA'")
    assert closes["date"].min() == pd.Timestamp(little_data.FIRST)
    assert closes["date"].max() == pd.Timestamp("2026-07-15")


def test_adjusted_closes_of_two_bases_are_not_joined(world: World) -> None:
    # A dividend of 1 % since lowers all earlier adjusted closes.
    world.yahoo.edit = lambda bars: bars.assign(adjusted_close=bars["adjusted_close"] * 0.99)
    asked = Asked(tickers=("MARA",), start="2026-03-02", only="market")
    with pytest.raises(DataError, match=r"on another basis .* leave out --from and --to"):
        world.refresh(asked)
    world.refresh(Asked(tickers=("MARA",), only="market"))  # the whole series is no seam
    assert world.editions == ["2026-08-20", "current"]


def test_hourly_bars_beyond_yahoos_reach_stay(world: World) -> None:
    old = data.read(["bars_hourly"])["bars_hourly"].query("ticker == 'MARA'")
    later = loopback.NOW + pd.Timedelta(days=200)  # 730 days back is in the middle of the table
    reach = later.normalize() - pd.Timedelta(days=yahoo.HOURLY_DAYS)
    assert old["start_utc"].min() < reach
    refresh.refresh(Asked(tickers=("MARA",), only="market"), world.sources, now=later)
    new = data.read(["bars_hourly"])["bars_hourly"].query("ticker == 'MARA'")
    kept = new[new["start_utc"] < reach].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, old[old["start_utc"] < reach].reset_index(drop=True))
    assert new["start_utc"].max() == world.yahoo.hours["start_utc"].max()


def test_a_session_that_is_not_over_is_not_asked_for() -> None:
    tuesday = pd.Timestamp("2026-08-25", tz="UTC")
    assert days.last_session(tuesday + pd.Timedelta(hours=20, minutes=30)) == pd.Timestamp(
        "2026-08-24"
    )
    assert days.last_session(tuesday + pd.Timedelta(hours=21)) == pd.Timestamp("2026-08-25")
    assert days.last_day(tuesday) == pd.Timestamp("2026-08-24")


# -- the drift


def test_equal_answers_are_no_drift_but_for_rows_added(world: World) -> None:
    said = world.refresh(MARKET_OF_TWO).drift
    assert any(line.startswith("adjusted_closes: 72 rows added, 0 gone") for line in said), said
    assert "bars_daily: no value revised by more than 0.05\N{NO-BREAK SPACE}%." in said
    assert "adjusted_closes: no return revised by more than 0.05 percentage points." in said
    assert not any("split" in line or "Gone" in line or "missing" in line for line in said)


def test_a_revised_value_is_counted_with_its_size_and_place(world: World) -> None:
    def revise(bars: pd.DataFrame) -> pd.DataFrame:
        bars = bars.copy()
        at = (bars["date"] == "2025-03-26") & (bars["ticker"] == "RIOT")
        bars.loc[at, ["high", "close", "adjusted_close"]] *= 1.02
        bars.loc[at, "high"] *= 1.05
        return bars

    world.yahoo.edit = revise
    said = " ".join(world.refresh(MARKET_OF_TWO).drift)
    assert "revised by more than 0.05\N{NO-BREAK SPACE}% in 1 rows" in said
    assert "7.10\N{NO-BREAK SPACE}% (high, 2025-03-26 RIOT)" in said  # 1.02 × 1.05 − 1
    assert "2 returns of RIOT revised by more than 0.05 percentage points" in said


def test_a_dividend_restates_adjusted_closes_and_is_no_revision(world: World) -> None:
    def dividend(bars: pd.DataFrame) -> pd.DataFrame:
        before = bars["date"] < "2026-07-15"
        factor = before.map({True: 0.98, False: 1.0})
        return bars.assign(adjusted_close=bars["adjusted_close"] * factor)

    world.yahoo.edit = dividend
    said = " ".join(world.refresh(MARKET_OF_TWO).drift)
    assert "closes of 2 tickers restated" in said
    assert "that is no error: every later dividend or split moves them" in said
    assert "adjusted_closes: no return revised" in said


def test_a_split_since_is_named(world: World) -> None:
    world.yahoo.splits["MARA"] = [("2026-07-20", 2, 1)]
    halves = ["open", "high", "low", "close", "adjusted_close"]
    world.yahoo.edit = lambda bars: bars.assign(**{name: bars[name] / 2 for name in halves})
    world.yahoo.edit_hours = lambda bars: bars.assign(**{n: bars[n] / 2 for n in halves[:4]})
    said = world.refresh(Asked(tickers=("MARA",), only="market")).drift
    assert "MARA: split on 2026-07-20, 2 for 1." in said


def test_old_hourly_bars_of_a_share_split_since_do_not_stand_beside_new_daily_ones(
    world: World,
) -> None:
    halves = ["open", "high", "low", "close", "adjusted_close"]
    world.yahoo.edit = lambda bars: bars.assign(**{name: bars[name] / 2 for name in halves})
    world.yahoo.edit_hours = lambda bars: bars[bars["ticker"] != "MARA"]
    world.yahoo.splits["MARA"] = [("2026-08-21", 2, 1)]
    said = world.refresh(Asked(tickers=("MARA",), only="market")).drift
    assert any("the old ones are left out, because the share was split" in line for line in said)
    assert data.read(["bars_hourly"])["bars_hourly"].query("ticker == 'MARA'").empty


def test_renamed_and_gone_shares_are_named_and_their_rows_stay(world: World) -> None:
    world.yahoo.edit = lambda bars: bars[bars["ticker"] != "SDIG"]
    said = world.refresh(Asked(only="market")).drift
    assert "BITF: renamed; Yahoo Finance lists it as KEEL." in said
    assert any(line.startswith("Gone from Yahoo Finance") and "SDIG" in line for line in said)
    book = data.read(["adjusted_closes", "bars_daily"])
    old = data.read(["adjusted_closes", "bars_daily"], "shipped")
    for name in old:
        rows = [one[name].query("ticker == 'SDIG'").reset_index(drop=True) for one in (book, old)]
        pd.testing.assert_frame_equal(*rows)
    gaps = " ".join(book.tables["bars_daily"].gaps)
    assert f"Taken over from edition {little_data.NAME}, not fetched: SDIG." in gaps


def test_a_share_with_a_partial_answer_keeps_its_rows_among_others(world: World) -> None:
    world.yahoo.edit = lambda bars: bars[(bars["ticker"] != "HUT") | (bars["date"] > "2026-01-01")]
    said = world.refresh(Asked(only="market")).drift
    sentence = "Yahoo Finance lacks rows that there are of HUT; their rows are those of the old "
    assert any(line.startswith(sentence) for line in said), said
    old, new = (data.read(["adjusted_closes"], name) for name in ("shipped", "current"))
    rows = [one["adjusted_closes"].query("ticker == 'HUT'").reset_index(drop=True)
            for one in (old, new)]  # fmt: skip
    pd.testing.assert_frame_equal(*rows)


def test_days_that_coin_metrics_has_not_completed_are_left_out(world: World) -> None:
    world.coinmetrics.edit = lambda rows: rows.assign(
        price_usd=rows["price_usd"].where(rows["date"] < "2026-06-01"),
        fees_btc=rows["fees_btc"].where(rows["date"] < "2026-05-31"),
    )
    frozen = data.read(["network_daily"])["network_daily"]["date"].max()
    assert frozen == pd.Timestamp("2026-06-01")
    with pytest.raises(DataError, match="ends 2026-05-30, before days that the current edition"):
        world.refresh(Asked(only="network"))
    world.refresh(Asked(only="network", end="2026-05-30"))
    kept = data.read(["network_daily"])["network_daily"]
    assert kept["copy"].iloc[-3:].tolist() == [coinmetrics.COPY, "B", "B"]


def test_a_missing_session_is_reported_and_listed_as_a_gap(world: World) -> None:
    world.yahoo.edit = lambda bars: bars[bars["date"] != "2026-07-08"]
    said = " ".join(world.refresh(MARKET_OF_TWO).drift)
    book = data.read(["adjusted_closes"])
    assert any("MARA has no rows from 2026-07-08 to 2026-07-08" in gap
               for gap in book.tables["adjusted_closes"].gaps)  # fmt: skip
    assert "sessions of the exchange that are missing now: MARA 2026-07-08 to 2026-07-08" in said


def test_securities_that_end_early_are_named(world: World) -> None:
    said = world.refresh(MARKET_OF_TWO).drift
    assert "No prices yet of the session 2026-08-24, or none any more: MARA and RIOT." in said


# -- faults: one sentence, nothing changed, nothing left behind


def nothing_happened(world: World) -> None:
    folder = world.root / "data" / "editions"
    left = [file.name for file in folder.iterdir()] if folder.is_dir() else []
    assert set(left) <= {lock.NAME}
    assert data.read(["tickers"]).name == little_data.NAME


def refused(world: World, asked: Asked, sentence: str) -> str:
    with pytest.raises(DataError, match=sentence) as caught:
        world.refresh(asked)
    assert "\n" not in str(caught.value)
    nothing_happened(world)
    return str(caught.value)


EMPTY_CHART = json.dumps({"chart": {"result": [], "error": None}}).encode()
YAHOO_FAULTS: list[tuple[int, bytes, str]] = [
    (429, b"Too Many Requests", "Yahoo Finance limits the requests .* try again in an hour"),
    (500, b"<html>Internal Server Error</html>", "Yahoo Finance's answer|Yahoo Finance refused"),
    (503, b"", "Yahoo Finance's answer|Yahoo Finance refused"),
    (200, EMPTY_CHART, "could not be read"),
    (200, b"", "could not be read"),
    (200, b"<html>captcha</html>", "could not be read"),
    (200, b'{"chart": {"result": [{"meta": {', "could not be read"),
    (200, b'{"finance": {"prices": []}}', "could not be read"),
]
COINMETRICS_FAULTS: list[tuple[int, bytes, str]] = [
    (429, b'{"error": {"type": "too_many"}}', "Coin Metrics limits the requests"),
    (500, b"<html>oops</html>", r"Coin Metrics is in trouble \(HTTP 500\)"),
    (503, b"", r"Coin Metrics is in trouble \(HTTP 503\)"),
    (403, b'{"error": {"type": "forbidden"}}', r"refused the request \(HTTP 403\)"),
    (200, b"", "could not be read"),
    (200, b"<html>captcha</html>", "could not be read"),
    (200, b'{"data": [{"asset": "btc", "ti', "could not be read"),
    (200, b'{"rows": []}', "could not be read"),
    (200, b'{"error": {"type": "odd"}}', "could not be read"),
    (200, b'{"data": []}', "returned no days"),
    (200, b'{"data": [{"asset": "btc", "time": "2026-06-01T00:00:00Z"}]}', "has no PriceUSD"),
    (200, b'{"data": [{"asset": "btc", "time": "soon", "PriceUSD": "1", "BlkCnt": "1", '
          b'"IssTotNtv": "1", "FeeTotNtv": "1", "HashRate": "1"}]}', "could not be read"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "sentence"), YAHOO_FAULTS)
def test_yahoos_faults(world: World, status: int, body: bytes, sentence: str) -> None:
    world.yahoo.instead = lambda ticker: (status, body) if ticker == "RIOT" else None
    refused(world, MARKET_OF_TWO, sentence)


@pytest.mark.parametrize(("status", "body", "sentence"), COINMETRICS_FAULTS)
def test_coin_metrics_faults(world: World, status: int, body: bytes, sentence: str) -> None:
    world.coinmetrics.instead = lambda _: (status, body)
    refused(world, Asked(only="network"), sentence)


@pytest.mark.parametrize("asked", [MARKET_OF_TWO, Asked(only="network")], ids=lambda a: a.only)
def test_slow_cut_off_and_absent_answers(
    world: World, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = world.yahoo if asked.only == "market" else world.coinmetrics
    server.cut = True
    refused(world, asked, "could not be reached")
    server.cut, server.delay = False, 1.5
    short = patience.Patience(waits=(), timeout=0.3)
    port = world.sources.coinmetrics.port
    impatient = loopback.CoinMetricsSession(port, short)
    world.sources = refresh.Sources(short, world.sources.yahoo, impatient)
    refused(world, asked, r"could not be reached .*Timeout.* check the network")
    world.sources.yahoo.port = world.sources.coinmetrics.port = 9  # nothing listens there
    refused(world, asked, "could not be reached .* check the network")


def test_a_limit_that_passes_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two refusals, then the answer: for each provider, within the waits allowed."""
    paused: list[float] = []
    monkeypatch.setattr(patience, "time", SimpleNamespace(sleep=paused.append))
    refusals = iter([(429, b"Too Many Requests")] * 4)  # yfinance itself asks twice each time
    world.yahoo.instead = lambda ticker: next(refusals, None)
    world.refresh(Asked(tickers=("MARA",), only="market"))
    assert paused == list(loopback.QUICK.waits)
    troubles = iter([(503, b""), (429, b"")])
    world.coinmetrics.instead = lambda _: next(troubles, None)
    world.refresh(Asked(only="network"))
    assert len(world.coinmetrics.asked) == 3


def test_retry_after_is_honoured_up_to_a_limit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []
    monkeypatch.setattr(patience, "time", SimpleNamespace(sleep=paused.append))
    world.yahoo.headers["Retry-After"] = "2"
    refusals = iter([(429, b"")] * 2)
    world.yahoo.instead = lambda ticker: next(refusals, None)
    world.refresh(Asked(tickers=("MARA",), only="market"))
    assert paused == [2.0]
    # Longer than anybody would wait: said at once, and not asked again.
    paused.clear()
    world.yahoo.headers["Retry-After"] = "3600"
    world.yahoo.instead = lambda ticker: (429, b"")
    loopback.forget(world.root / "cache")
    with pytest.raises(DataError, match="limits the requests"):
        world.refresh(MARKET_OF_TWO)
    assert paused == []
    assert yahoo.seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert yahoo.seconds("soon") is None


def test_coin_metrics_last_request_of_a_window_is_an_answer(world: World) -> None:
    world.coinmetrics.headers["x-ratelimit-remaining"] = "0"
    world.coinmetrics.headers["x-ratelimit-reset"] = "3600"
    world.refresh(Asked(only="network"))
    assert len(world.coinmetrics.asked) == 1


def test_a_ticker_that_does_not_exist(world: World) -> None:
    asked = Asked(tickers=("MARA", "NOPE"), only="market")
    refused(world, asked, "no prices of 'NOPE' .* symbol may be wrong, renamed or delisted")


def test_a_provider_without_most_securities_is_down(world: World) -> None:
    world.yahoo.edit = lambda bars: bars[bars["ticker"].isin(["MARA", "SPY", "BTC-USD"])]
    refused(world, Asked(only="market"), "returned no prices, or not all, for 4 of 7 securities")


def test_a_partial_answer_is_refused(world: World) -> None:
    world.yahoo.edit = lambda bars: bars[bars["date"] < "2026-03-01"]
    refused(world, MARKET_OF_TWO, r"MARA.* lacks \d+ of the .* a partial answer")
    world.coinmetrics.edit = lambda rows: rows[rows["date"] < "2026-03-01"]
    refused(world, Asked(only="network"), "ends 2026-02-28, before days .* partial answer")
    world.coinmetrics.edit = lambda rows: rows[rows["date"] != "2025-03-01"].assign(
        fees_btc=rows["fees_btc"].where(rows["date"] != "2025-05-01")
    )
    refused(world, Asked(only="network"), "incomplete on 1 days .* 2025-05-01: a partial answer")


FAULTY: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    ("market", lambda f: f.assign(high=f["low"] * 0.9), "the high is not below the low"),
    ("market", lambda f: f.assign(adjusted_close=0.0), "prices are positive"),
    ("network", lambda f: f.assign(issuance_btc=f["issuance_btc"] * 1.1), "halving schedule"),
    ("network", lambda f: f[f["date"] != "2026-04-01"], "1 missing between its ends"),
]


@pytest.mark.parametrize(("part", "edit", "sentence"), FAULTY)
def test_figures_that_fail_a_check_never_become_an_edition(
    world: World, part: str, edit: Callable[[pd.DataFrame], pd.DataFrame], sentence: str
) -> None:
    (world.yahoo if part == "market" else world.coinmetrics).edit = edit
    asked = MARKET_OF_TWO if part == "market" else Asked(only="network")
    refused(world, asked, f"fail their checks, so nothing was changed: .*{sentence}")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Asked(start="2025-05-01", end="2025-04-01"), "give the earlier day first"),
        (Asked(start="1 May"), "the first day is '1 May'; write a date as YYYY-MM-DD"),
        (Asked(tickers=("MARA",), only="network"), "tickers belong to the market"),
        (Asked(tickers=("MARA",), start="2027-01-04"), "the last one that is over is 2026-08-24"),
        (Asked(only="network", start="2027-01-04"), "no day from 2027-01-04 on is over yet"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_request(
    world: World, asked: Asked, sentence: str
) -> None:
    refused(world, asked, sentence)
    assert world.yahoo.asked == world.coinmetrics.asked == []


# -- the disk


CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
import loopback
from claimbook.data import refresh
from claimbook.errors import DataError
sources = refresh.Sources(loopback.QUICK, None, loopback.CoinMetricsSession(int(sys.argv[2])))
try:
    refresh.refresh(refresh.Asked(only="network"), sources, now=loopback.NOW)
except DataError as error:
    sys.exit(str(error))
"""


def child(world: World, **more: Any) -> "subprocess.CompletedProcess[str]":
    arguments = [str(Path(__file__).parent), str(world.sources.coinmetrics.port)]
    return subprocess.run(
        [sys.executable, "-c", CHILD, *arguments],
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


def test_a_file_that_cannot_be_written_whole(world: World) -> None:
    limit = 30_000  # bytes a file may have: less than the largest table

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = child(world, preexec_fn=limited)
    assert done.returncode == 1
    assert "could not be written (File too large): free some space" in done.stderr
    assert done.stderr.count("\n") == 1
    nothing_happened(world)


def test_a_disk_that_is_full(world: World) -> None:
    """A file system of its own that has room for half of an edition."""
    folder = world.root / "data" / "editions"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here; the file-size limit is tested above")
    try:
        done = child(world)
        assert done.returncode == 1
        assert "could not be written (No space left on device): free some space" in done.stderr
        nothing_happened(world)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_what_a_killed_refresh_left_is_cleared_away(world: World) -> None:
    left = world.root / "data" / "editions" / f"{staging.PART}killed"
    left.mkdir(parents=True)
    (left / "datapackage.json").write_text("{")
    assert data.read(["tickers"]).name == little_data.NAME
    assert edition.names() == []
    world.refresh(Asked(only="network"))
    assert world.editions == ["2026-08-16", "current"] or not left.exists()


# -- two at once


def test_two_refreshes_at_once(world: World) -> None:
    """While one is asking, another is refused at once; the first is not disturbed."""
    met: list[str] = []

    def second() -> None:
        if not met:
            met.append("")
            try:
                world.refresh(Asked(only="network"))
            except DataError as error:
                met[0] = str(error)

    world.coinmetrics.during = lambda: on_a_thread(second)
    outcome = world.refresh(Asked(only="network"))
    assert met == [
        "another refresh or import is writing an edition: wait until it is done, then try again; "
        "nothing was written"
    ]
    assert world.editions == sorted([outcome.name, "current"])


def on_a_thread(run: Callable[[], None]) -> None:
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_another_process_is_kept_out_too(world: World) -> None:
    with lock.writing():
        done = child(world)
    assert done.returncode == 1
    assert done.stderr.startswith("another refresh or import is writing an edition")


# -- the command line


def test_the_command(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    span = ["--from", "2026-03-02", "--to", "2026-07-15"]
    assert cli.main(["data", "refresh", "--tickers", "MARA", "--only", "market", *span]) == cli.DONE
    said = capsys.readouterr().out
    assert "adjusted_closes: 10 rows added, 0 gone" in said
    assert "edition 2026-07-15 is the current one" in said
    assert cli.main(["data", "editions"]) == cli.DONE
    said = capsys.readouterr().out
    assert f"{little_data.NAME}: shipped with the repository\n" in said
    assert "2026-07-15 (current): Fetched " in said
    assert cli.main(["data", "check", "2026-07-15"]) == cli.DONE
    assert "bars_daily: as recorded" in capsys.readouterr().out
    world.yahoo.instead = lambda ticker: (200, b"")
    assert cli.main(["data", "refresh", "--tickers", "HUT", "--only", "market"]) == cli.UNUSABLE
    said = capsys.readouterr().err
    assert said.startswith("claimbook: Yahoo Finance's answer for HUT could not be read")
    assert said.count("\n") == 1
    assert cli.main(["data", "use", "2020-02-02"]) == cli.UNUSABLE
    assert "no edition '2020-02-02': the current one is 2026-07-15" in capsys.readouterr().err


def test_without_a_network_the_command_says_so(world: World) -> None:
    """The real addresses, behind a proxy that nobody runs: the command cannot leave loopback."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_WAITS],
        env=os.environ | {"NO_PROXY": "", "no_proxy": "", "HOME": str(world.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == cli.UNUSABLE, done.stderr
    said = done.stderr.splitlines()
    assert len(said) == 2, said
    assert said[0].startswith("claimbook: Yahoo Finance could not be reached"), said
    assert said[1].startswith("claimbook: Coin Metrics could not be reached"), said
    nothing_happened(world)


WITHOUT_WAITS = """
import sys
from claimbook import cli
from claimbook.data import patience, refresh
refresh.Sources.__init__.__defaults__ = (patience.ONCE, None, None)
codes = {cli.main(["data", "refresh", "--only", part]) for part in ("market", "network")}
sys.exit(codes.pop() if len(codes) == 1 else 99)
"""
