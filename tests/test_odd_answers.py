"""Answers that the clients read without a word, and that cannot be what the tables hold.

The real clients ask servers on loopback whose answers a test changes, field by field.
"""

from collections.abc import Callable
from typing import Any

import loopback
import pandas as pd
import pytest
from live_world import World

from claimbook import data
from claimbook.data import drift, edition, refresh, yahoo
from claimbook.data.refresh import Asked

MARA = Asked(tickers=("MARA",), only="market")
NETWORK = Asked(only="network")
OHLC = ["open", "high", "low", "close"]
Result = dict[str, Any]


def answering(monkeypatch: pytest.MonkeyPatch, change: Callable[[Result], Any]) -> None:
    """Every chart of the server, changed."""
    plain = loopback.chart

    def chart(*args: Any, **kwargs: Any) -> dict[str, Any]:
        content = plain(*args, **kwargs)
        change(content["chart"]["result"][0])
        return content

    monkeypatch.setattr(loopback, "chart", chart)


def described(**entries: Any) -> Callable[[Result], Any]:
    return lambda result: result["meta"].update(entries)


def last_day(name: str, value: float) -> Callable[[Result], Any]:
    def change(result: Result) -> None:
        if "timestamp" in result:
            result["indicators"]["quote"][0][name][-1] = value

    return change


def reversed_times(result: Result) -> None:
    if "timestamp" in result:
        result["timestamp"] = result["timestamp"][::-1]


def without_adjusted(result: Result) -> None:
    if "adjclose" in result["indicators"]:
        result["indicators"]["adjclose"] = [{"adjclose": [None] * len(result["timestamp"])}]


def split_over_zero(result: Result) -> None:
    at = result.get("timestamp", [1])[-1]
    entry = {"date": at, "numerator": 2, "denominator": 0, "splitRatio": "2:0"}
    result["events"] = {"splits": {str(at): entry}}


ODD: list[tuple[Callable[[Result], Any], str]] = [
    # yfinance would put raw closes in the place of the adjusted ones.
    (lambda result: result["indicators"].pop("adjclose", None), "has no adjusted closes"),
    (without_adjusted, "has no adjusted closes"),
    (described(currency="JPY"), "has the currency JPY, not USD"),
    (lambda result: result["meta"].pop("currency"), "the currency None, not|could not be read"),
    (described(exchangeTimezoneName="Asia/Tokyo"), "the time zone Asia/Tokyo, not America/New"),
    (described(symbol="NVDA"), "has another security, NVDA"),
    (described(longName=["a"]), "a longName that is no text"),
    (reversed_times, "has times out of order"),
    (split_over_zero, "a split by zero or less|could not be read"),
    (last_day("close", float("inf")), "could not be read"),
    (last_day("close", 1e30), "a close that nothing reaches"),
    (last_day("volume", 1e25), "a volume that nothing reaches"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), ODD)
def test_yahoos_odd_answers_are_one_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch, change: Callable[[Result], Any], sentence: str
) -> None:
    answering(monkeypatch, change)
    said = world.refused(MARA, sentence)
    assert said.startswith("Yahoo Finance's answer for MARA")
    assert "format may have changed; nothing was written" in said
    assert "\n" not in said


def test_bitcoin_has_days_of_universal_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, described(exchangeTimezoneName="America/New_York"))
    coin = Asked(tickers=("BTC-USD",), only="market")
    world.refused(coin, "has the time zone America/New_York, not UTC")


ODD_DAYS: list[tuple[str, float, str]] = [
    ("hashrate_ehs", 0.0, "a day without any hash rate"),
    ("price_usd", float("inf"), "a figure that is not finite"),
    ("blocks", 144.5, "a part of a block"),
]


@pytest.mark.parametrize(("column", "value", "sentence"), ODD_DAYS)
def test_coin_metrics_odd_figures_are_one_sentence(
    world: World,
    column: str,
    value: float,
    sentence: str,
) -> None:
    def change(rows: pd.DataFrame) -> pd.DataFrame:
        last = rows["date"] == rows["date"].max()
        return rows.assign(**{column: rows[column].astype(float).mask(last, value)})

    world.coinmetrics.edit = change
    world.refused(NETWORK, f"Coin Metrics' answer has {sentence}: its format may have changed")


def test_figures_that_cannot_be_are_refused_before_their_drift_is_told(world: World) -> None:
    """A price that can be said, but with no such high: the check speaks, and nothing else."""
    world.yahoo.edit = lambda bars: bars.assign(close=bars["close"] * 1000)
    world.refused(MARA, "fail their checks, so nothing was changed: .*the high is not below open")


def test_a_size_beyond_all_sense_is_still_a_sentence() -> None:
    days = pd.to_datetime(["2026-01-01", "2026-01-02"])
    old = pd.DataFrame({"date": days, "price_usd": [1.0, 2.0]})
    for value in (1e30, float("inf")):
        new = old.assign(price_usd=[1.0, value])
        keys = {"network_daily": ["date"]}
        lines = drift.between({"network_daily": old}, {"network_daily": new}, keys)
        assert any("at most more than 1,000,000\N{NO-BREAK SPACE}%" in line for line in lines), (
            lines
        )


# -- hourly bars that Yahoo no longer reaches


LATER = loopback.NOW + pd.Timedelta(days=200)  # 730 days back is in the middle of the table
REACH = LATER.normalize() - pd.Timedelta(days=yahoo.HOURLY_DAYS)


def times(factor: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda bars: bars.assign(**{name: bars[name] * factor for name in OHLC})


def older(name: str = "current") -> pd.DataFrame:
    bars = data.read(["bars_hourly"], name)["bars_hourly"]
    return bars[(bars["ticker"] == "MARA") & (bars["start_utc"] < REACH)].reset_index(drop=True)


def test_older_hourly_bars_stay_where_no_split_is_reported(world: World) -> None:
    world.yahoo.edit_hours = times(1.0001)
    said = refresh.refresh(MARA, world.sources, now=LATER).drift
    assert len(older("shipped"))
    pd.testing.assert_frame_equal(older(), older("shipped"))
    (line,) = (line for line in said if "outside Yahoo Finance's reach" in line)
    assert "closes differ by 0.010\N{NO-BREAK SPACE}% now, which no split that it reports" in line


def test_older_hourly_bars_go_where_a_split_is_reported(world: World) -> None:
    def halved(bars: pd.DataFrame) -> pd.DataFrame:
        return bars.assign(**{name: bars[name] / 2 for name in [*OHLC, "adjusted_close"]})

    world.yahoo.edit, world.yahoo.edit_hours = halved, times(0.5)
    world.yahoo.splits["MARA"] = [("2026-07-20", 2, 1)]
    said = refresh.refresh(MARA, world.sources, now=LATER).drift
    assert older().empty
    assert any("left out, because the share was split since" in line for line in said)


# -- what the drift tells


def test_a_wild_step_into_an_added_row_is_told(world: World) -> None:
    def wild(bars: pd.DataFrame) -> pd.DataFrame:
        last = bars["date"] == bars["date"].max()
        grown = {name: bars[name].mask(last, bars[name] * 100) for name in OHLC}
        return bars.assign(**grown)

    assert not any("steps into added rows" in line for line in world.refresh(MARA).drift)
    edition.use("shipped")
    world.yahoo.edit = wild
    said = world.refresh(MARA).drift
    day = world.yahoo.bars.query("ticker == 'MARA'")["date"].max()
    (line,) = (line for line in said if "steps into added rows" in line)
    assert line.startswith("bars_daily: steps into added rows that are more than 3 times every")
    assert f"close MARA {day:%Y-%m-%d}, times " in line


def test_bitcoin_that_ends_early_is_named(world: World) -> None:
    world.yahoo.edit = lambda bars: bars[
        (bars["ticker"] != "BTC-USD") | (bars["date"] <= "2026-07-15")
    ]
    said = world.refresh(Asked(tickers=("BTC-USD",), only="market")).drift
    assert any(
        line.startswith("BTC-USD: the prices fetched end 2026-07-15; the last day") for line in said
    )
