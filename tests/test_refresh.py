"""`claimbook data refresh`: the real clients, and servers on loopback that speak their formats."""

import json
from pathlib import Path
from types import SimpleNamespace

import little_data
import loopback
import pandas as pd
import pytest
from live_world import World, made

from claimbook import cli, data
from claimbook.analysis import calendar
from claimbook.data import (
    coinmetrics,
    days,
    drift,
    edition,
    gaps,
    imported,
    market,
    patience,
    refresh,
    seal,
    staging,
    yahoo,
)
from claimbook.data.refresh import Asked
from claimbook.errors import DataError

# A few sessions of MARA before the little tables begin, made up.
BEFORE = pd.DataFrame(
    {"date": pd.bdate_range("2024-02-20", "2024-02-29"), "ticker": "MARA", "volume": 100}
    | dict.fromkeys(("open", "high", "low", "close", "adjusted_close"), 25.0)
)
KEY = ["date"]
MARA = Asked(tickers=("MARA",), only="market")
MARKET_OF_TWO = Asked(tickers=("MARA", "RIOT"), only="market")


@pytest.fixture(scope="module")
def refreshed(
    template: Path,
    providers: tuple[loopback.Yahoo, loopback.CoinMetrics],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[data.Edition, list[str]]:
    """The edition of a refresh of two shares that met no surprise, and its drift; to look at."""
    folder = tmp_path_factory.mktemp("refreshed")
    with pytest.MonkeyPatch.context() as patch, made(template, providers, folder, patch) as world:
        said = world.refresh(MARKET_OF_TWO).drift
        book = data.read(["adjusted_closes", "events"])
    return book, said


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


def test_an_edition_says_where_it_comes_from(
    refreshed: tuple[data.Edition, list[str]],
) -> None:
    book, _ = refreshed
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
    first = world.refresh(Asked(only="network")).name
    assert world.refresh(Asked(only="network")).name == edition.current() != first
    assert edition.names() == [first, edition.current()]


def test_only_what_is_asked_for_is_fetched(world: World) -> None:
    world.refresh(Asked(only="network"))
    assert world.yahoo.asked == []
    assert len(world.coinmetrics.asked) == 1
    world.refresh(MARA)
    assert len(world.coinmetrics.asked) == 1
    charts = {path.rpartition("/")[2] for path in world.yahoo.asked if "chart" in path}
    assert charts == {"MARA"}


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


def test_days_before_the_tables_first_one_are_fetched_too(world: World) -> None:
    earlier = pd.concat([world.yahoo.bars, BEFORE])
    world.yahoo.bars = earlier.sort_values(["ticker", "date"])
    world.refresh(Asked(tickers=("MARA",), start="2024-02-20", end="2026-06-30", only="market"))
    book = data.read(["adjusted_closes", "bars_daily", "tickers"])
    for table in ("adjusted_closes", "bars_daily"):
        assert book[table].query("ticker == 'MARA'")["date"].min() == pd.Timestamp("2024-02-20")
    listed = book["tickers"].set_index("ticker")["first_session"]
    assert listed["MARA"] == pd.Timestamp("2024-02-20")
    assert [problem for _, problem in seal.check("current") if problem] == []


def test_shares_listed_after_the_days_asked_for_keep_their_rows_and_are_named(
    world: World,
) -> None:
    """HUT begins here in 2025; the others are fetched."""
    late_listing(world, "HUT", "2025-03-28")
    said = world.refresh(Asked(start="2024-03-01", end="2025-01-31", only="market")).drift
    (sentence,) = (line for line in said if "HUT" in line and line.startswith("Left out"))
    assert sentence == (
        "Left out, because their rows begin after the days asked for: HUT (2025-03-28); their rows "
        "are those of the old edition."
    )
    book, old = data.read(["adjusted_closes"]), data.read(["adjusted_closes"], "shipped")
    rows = [one["adjusted_closes"].query("ticker == 'HUT'").reset_index(drop=True)
            for one in (book, old)]  # fmt: skip
    pd.testing.assert_frame_equal(*rows)
    assert any("not fetched: HUT" in gap for gap in book.tables["adjusted_closes"].gaps)
    charts = {path.rpartition("/")[2] for path in world.yahoo.asked if "chart" in path}
    assert charts == {"KEEL", "MARA", "RIOT", "SDIG", "SPY", "BTC-USD"}
    with pytest.raises(DataError, match=r"HUT: its rows begin 2025-03-28, after the days asked fo"):
        world.refresh(Asked(tickers=("HUT",), start="2024-03-01", end="2025-01-31", only="market"))


def late_listing(world: World, ticker: str, first: str) -> None:
    """The shipped edition without a ticker's earlier rows."""
    descriptor = world.root / "data" / "datapackage.json"
    package = json.loads(descriptor.read_text(encoding="utf-8"))
    book = data.read(["adjusted_closes", "bars_daily", "bars_hourly", "tickers"], "shipped")
    frames = {
        name: frame[(frame["ticker"] != ticker) | (gaps.days_of(frame) >= first)]
        for name, frame in book.items()
        if name != "tickers"
    }
    frames["tickers"] = market.listing(book["tickers"], frames, {})
    for about in package["resources"]:
        if about["name"] in frames:
            raw = staging.csv_of(frames[about["name"]], about["schema"])
            (world.root / "data" / about["path"]).write_bytes(raw)
    descriptor.write_text(json.dumps(package), encoding="utf-8")
    seal.seal()


def test_shares_on_another_basis_keep_their_rows_among_others_and_are_named(world: World) -> None:
    def dividend(bars: pd.DataFrame) -> pd.DataFrame:
        spy = (bars["ticker"] == "SPY").map({True: 0.99, False: 1.0})
        return bars.assign(adjusted_close=bars["adjusted_close"] * spy)

    world.yahoo.edit = dividend
    said = world.refresh(Asked(start="2026-03-02", only="market")).drift
    (sentence,) = (line for line in said if line.startswith("Left out, because the days asked"))
    assert "(a dividend or split since)" in sentence
    assert sentence.endswith("fetched whole: SPY; their rows are those of the old edition.")
    closes = data.read(["adjusted_closes"])["adjusted_closes"]
    last = closes.groupby("ticker")["date"].max()
    assert last["SPY"] == pd.Timestamp(little_data.LAST)
    assert last["MARA"] == pd.Timestamp("2026-08-20")


def test_a_renamed_share_is_known_by_its_new_symbol_too(world: World) -> None:
    said = world.refresh(Asked(tickers=("KEEL",), only="market")).drift
    assert "BITF: renamed; Yahoo Finance lists it as KEEL." in said
    book = data.read(["tickers", "adjusted_closes"])
    assert set(book["tickers"]["ticker"]) == set(little_data.TICKERS)  # no second Bitfarms
    last = book["adjusted_closes"].query("ticker == 'BITF'")["date"].max()
    assert last > pd.Timestamp(little_data.LAST)


def test_adjusted_closes_of_two_bases_are_not_joined(world: World) -> None:
    # A dividend of 1 % since lowers all earlier adjusted closes.
    world.yahoo.edit = lambda bars: bars.assign(adjusted_close=bars["adjusted_close"] * 0.99)
    asked = Asked(tickers=("MARA",), start="2026-03-02", only="market")
    with pytest.raises(DataError, match=r"on another basis .* leave out --from and --to"):
        world.refresh(asked)
    world.refresh(MARA)  # the whole series is no seam
    assert world.editions == ["2026-08-20", "current"]


def test_hourly_bars_beyond_yahoos_reach_stay(world: World) -> None:
    old = data.read(["bars_hourly"])["bars_hourly"].query("ticker == 'MARA'")
    later = loopback.NOW + pd.Timedelta(days=200)  # 730 days back is in the middle of the table
    reach = later.normalize() - pd.Timedelta(days=yahoo.HOURLY_DAYS)
    assert old["start_utc"].min() < reach
    refresh.refresh(MARA, world.sources, now=later)
    new = data.read(["bars_hourly"])["bars_hourly"].query("ticker == 'MARA'")
    kept = new[new["start_utc"] < reach].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, old[old["start_utc"] < reach].reset_index(drop=True))
    assert new["start_utc"].max() == world.yahoo.hours["start_utc"].max()


def test_hourly_bars_off_the_grid_are_left_out_and_named(world: World) -> None:
    moved = pd.Timestamp("2025-03-26 14:30", tz="UTC")

    def late(hours: pd.DataFrame) -> pd.DataFrame:
        at = hours["start_utc"] == moved
        return hours.assign(start_utc=hours["start_utc"].mask(at, moved + pd.Timedelta(minutes=12)))

    world.yahoo.edit_hours = late
    said = world.refresh(MARA).drift
    assert (
        "MARA: left out, because they start off the session's hours: 1 hourly bar, the first at "
        "2025-03-26 14:42 UTC."
    ) in said
    book = data.read(["bars_hourly"])
    starts = book["bars_hourly"].query("ticker == 'MARA'")["start_utc"]
    assert moved not in set(starts)
    assert any("Bars missing within sessions that are there: MARA" in gap
               for gap in book.tables["bars_hourly"].gaps)  # fmt: skip


def test_the_first_day_that_can_be_asked_for_is_the_calendars_first() -> None:
    assert list(calendar.sessions(days.FIRST, days.FIRST)) == [days.FIRST]
    with pytest.raises(ValueError, match="earl"):
        calendar.sessions(days.FIRST - pd.Timedelta(days=1), days.FIRST)


def test_a_session_that_is_not_over_is_not_asked_for() -> None:
    tuesday = pd.Timestamp("2026-08-25", tz="UTC")
    assert days.last_session(tuesday + pd.Timedelta(hours=20, minutes=30)) == pd.Timestamp(
        "2026-08-24"
    )
    assert days.last_session(tuesday + pd.Timedelta(hours=21)) == pd.Timestamp("2026-08-25")
    assert days.last_day(tuesday) == pd.Timestamp("2026-08-24")


# -- the drift


def test_equal_answers_are_no_drift_but_for_rows_added(
    refreshed: tuple[data.Edition, list[str]],
) -> None:
    _, said = refreshed
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
    assert "revised by more than 0.05\N{NO-BREAK SPACE}% in 1 row: at most" in said
    assert "7.10\N{NO-BREAK SPACE}% (high, 2025-03-26 RIOT)" in said  # 1.02 × 1.05 − 1
    assert "2 returns of RIOT revised by more than 0.05 percentage points" in said


def frame_of(**columns: list[float | None]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    return pd.DataFrame({"date": pd.date_range("2025-01-01", periods=count), **columns})


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ([1.0, 2.0], [1.0, 2.0], "no value revised by more than 0.05 %."),
        ([1.0, None], [1.0, None], "no value revised by more than 0.05 %."),
        ([0.0, 2.0], [0.0, 2.0009], "no value revised by more than 0.05 %."),
        ([0.0, 2.0], [9.0, 2.0], "values revised by more than 0.05 % in 1 row: "
                                 "1 no longer zero (fees_btc, 2025-01-01)."),
        ([None, 2.0], [5.0, 2.0], "values revised by more than 0.05 % in 1 row: "
                                  "1 no longer missing (fees_btc, 2025-01-01)."),
        ([1.0, 2.0], [1.0, None], "values revised by more than 0.05 % in 1 row: "
                                  "1 missing now (fees_btc, 2025-01-02)."),
        ([2.0, 2.0], [0.0, 2.0], "values revised by more than 0.05 % in 1 row: "
                                 "at most 100.00 % (fees_btc, 2025-01-01)."),
        ([0.0, None, 4.0, 2.0, 0.0], [1.0, 1.0, 5.0, None, 1.0],
         "values revised by more than 0.05 % in 5 rows: at most 25.00 % (fees_btc, 2025-01-03); "
         "2 no longer zero (the first fees_btc, 2025-01-01); "
         "1 no longer missing (fees_btc, 2025-01-02); 1 missing now (fees_btc, 2025-01-04)."),
    ],
)  # fmt: skip
def test_zero_and_missing_count_as_revised(
    before: list[float | None], now: list[float | None], said: str
) -> None:
    old, new = frame_of(fees_btc=before), frame_of(fees_btc=now)
    lines = drift.between({"network_daily": old}, {"network_daily": new}, {"network_daily": KEY})
    assert lines[1].replace("\N{NO-BREAK SPACE}", " ") == f"network_daily: {said}"


def test_figures_that_were_zero_or_missing_are_reported_as_revised(world: World) -> None:
    """Through the client: a day's price that the old edition lacks, and fees it has as zero."""
    table = world.root / "data" / "bitcoin" / "network_daily.csv"
    frame = data.read(["network_daily"], "shipped")["network_daily"]
    frame.loc[100, "fees_btc"] = 0.0
    frame.loc[200, ["price_usd", "revenue_usd", "hashprice_usd_ph_day"]] = None
    schema = data.open_edition("shipped")[1]["network_daily"].descriptor["schema"]
    table.write_bytes(staging.csv_of(frame, schema))
    seal.seal()
    said = " ".join(world.refresh(Asked(only="network")).drift)
    assert f"1 no longer zero (fees_btc, {frame.loc[100, 'date']:%Y-%m-%d})" in said
    day = f"{frame.loc[200, 'date']:%Y-%m-%d}"
    assert f"3 no longer missing (the first price_usd, {day})" in said


def test_revised_volumes_are_said_by_themselves(world: World) -> None:
    world.yahoo.edit = lambda bars: bars.assign(
        volume=bars["volume"].where(bars["date"] != "2026-03-26", 2 * bars["volume"])
    )
    said = world.refresh(MARA).drift
    assert "bars_daily: no value revised by more than 0.05\N{NO-BREAK SPACE}%." in said
    assert any(
        line.startswith("bars_daily, volume: values revised") and "in 1 row: at most 100" in line
        for line in said
    ), said


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
    before = data.read(["shares_outstanding"])["shares_outstanding"]
    said = world.refresh(MARA).drift
    assert "MARA: split on 2026-07-20, 2 for 1." in said

    # Closes are restated for it and counts from before it are not, so these go, and it is said.
    after = data.read(["shares_outstanding"])
    old = (before["ticker"] == "MARA") & (before["as_of"] < "2026-07-20")
    assert old.any()
    assert not (~old).all()
    pd.testing.assert_frame_equal(after["shares_outstanding"], before[~old].reset_index(drop=True))
    (line,) = (line for line in said if line.startswith("shares_outstanding: "))
    assert line.startswith(f"shares_outstanding: {old.sum()} counts of MARA left out, because a ")
    assert line in after.tables["shares_outstanding"].gaps


def test_old_hourly_bars_of_a_share_split_since_do_not_stand_beside_new_daily_ones(
    world: World,
) -> None:
    halves = ["open", "high", "low", "close", "adjusted_close"]
    world.yahoo.edit = lambda bars: bars.assign(**{name: bars[name] / 2 for name in halves})
    world.yahoo.edit_hours = lambda bars: bars[bars["ticker"] != "MARA"]
    world.yahoo.splits["MARA"] = [("2026-08-21", 2, 1)]
    said = world.refresh(MARA).drift
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
    sentence = "Yahoo Finance lacks rows that there are: HUT; their rows are those of the old "
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
    said = " ".join(world.refresh(MARA).drift)
    book = data.read(["adjusted_closes"])
    assert any("MARA has no rows from 2026-07-08 to 2026-07-08" in gap
               for gap in book.tables["adjusted_closes"].gaps)  # fmt: skip
    assert "sessions of the exchange that are missing now: MARA 2026-07-08 to 2026-07-08" in said


def test_securities_that_end_early_are_named(
    refreshed: tuple[data.Edition, list[str]],
) -> None:
    _, said = refreshed
    assert "No prices yet of the session 2026-08-24, or none any more: MARA and RIOT." in said


# -- the command line


@pytest.mark.parametrize("written", ["", " ", "MARA,,RIOT", ",MARA", "MARA RIOT"])
def test_tickers_that_are_none_are_refused(
    world: World, capsys: pytest.CaptureFixture[str], written: str
) -> None:
    assert cli.main(["data", "refresh", "--tickers", written]) == cli.UNUSABLE
    said = capsys.readouterr().err
    assert said.startswith("claimbook: ")
    assert said.count("\n") == 1
    world.untouched()
    assert world.yahoo.asked == world.coinmetrics.asked == []


def test_blanks_and_small_letters_name_the_same_tickers(world: World) -> None:
    refreshed = ["data", "refresh", "--only", "market", "--tickers", " mara, Riot "]
    assert cli.main(refreshed) == cli.DONE
    book = data.read(["tickers"])
    assert book.provenance["asked"]["tickers"] == ["MARA", "RIOT"]
    assert set(book["tickers"]["ticker"]) == set(little_data.TICKERS)


def test_days_that_cannot_be_asked_for_are_one_sentence(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["data", "refresh", "--tickers", "MARA", "--from", "2005-01-01"]
    assert cli.main(asked) == cli.UNUSABLE
    said = capsys.readouterr().err
    assert said.startswith("claimbook: 2005-01-01 lies before the exchange's calendar")
    assert said.count("\n") == 1
    world.untouched()


# -- what is built upon live or imported figures bears their mark


def test_the_marks_of_live_and_imported_figures_are_inherited(world: World, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(
        "date,ticker,open,high,low,close,adjusted_close,volume\n2026-07-01,MARA,9,9,9,9,9,1\n"
    )
    live = world.refresh(Asked(only="network"), kind=refresh.LIVE).name
    edition.use(live)
    imported.bring(file)
    edition.use("mine")
    both = world.refresh(Asked(tickers=("RIOT",), only="market")).name
    note = data.read(["tickers"], both).note
    assert note.startswith("Fetched 2026-08-25 12:00 UTC from Yahoo Finance; all other figures are")
    assert ("It builds on edition mine: prices of MARA were imported from mine.csv on ") in note
    assert f"It builds on edition {live}: live data, fetched 2026-08-25 12:00 UTC; not repr" in note
    # However often another is built upon it, each mark stands once; and no mark comes from none.
    again = world.refresh(Asked(only="network")).name
    assert data.read(["tickers"], again).note.count("It builds on") == 2
    edition.use("shipped")
    clean = world.refresh(Asked(only="network")).name
    assert "It builds on" not in data.read(["tickers"], clean).note


def test_an_edition_from_before_marks_were_kept_passes_its_own_on(world: World) -> None:
    live = world.refresh(Asked(only="network"), kind=refresh.LIVE).name
    descriptor = world.root / "data" / "editions" / live / "datapackage.json"
    package = json.loads(descriptor.read_text(encoding="utf-8"))
    del package["provenance"]["marks"]
    descriptor.write_text(json.dumps(package), encoding="utf-8")
    edition.use(live)
    note = data.read(["tickers"], world.refresh(Asked(only="network")).name).note
    assert f"It builds on edition {live}: live data, fetched" in note


# -- the command line: one whole run


def test_the_command(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "time", SimpleNamespace(sleep=lambda _: None))
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
