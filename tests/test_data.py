"""The frozen tables: read as described, refused when changed, and true by closed forms."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import exchange_calendars
import frictionless
import numpy as np
import pandas as pd
import pytest

from claimbook import data, paths
from claimbook.data import schema
from claimbook.errors import ClaimbookError, DataError

MARKET = ("adjusted_closes", "bars_daily", "bars_hourly")
# Shares of the tables that have paid no dividend since 2021: adjusted and unadjusted are one.
NO_DIVIDEND = (
    *("ANET", "APLD", "BTDR", "CIFR", "CLSK", "COIN", "CORZ", "CRWV", "GBTC", "GREE", "HIVE"),
    *("HUT", "IBIT", "IREN", "MARA", "MSTR", "RIOT", "SDIG", "TLN", "WULF", "^GSPC", "^IXIC"),
)


@pytest.fixture(scope="module")
def book() -> data.Edition:
    return data.read(data.open_edition()[1])


@pytest.fixture(scope="module")
def calendar() -> Any:
    return exchange_calendars.get_calendar("XNYS", start="2020-01-01", end="2026-12-31")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project's data in a folder of its own."""
    shutil.copytree(paths.data_folder(), tmp_path / "data")
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    return tmp_path


def change(project: Path, table: str, edit: Callable[[str], str], *, seal: bool = True) -> None:
    """Edit a table's text; with `seal` the descriptor then records the new SHA-256."""
    descriptor = project / "data" / "datapackage.json"
    package = json.loads(descriptor.read_text())
    entry = next(r for r in package["resources"] if r["name"] == table)
    path = project / "data" / entry["path"]
    before = path.read_text()
    after = edit(before)
    assert after != before
    path.write_text(after, newline="")
    if seal:
        entry["hash"] = "sha256:" + hashlib.sha256(after.encode()).hexdigest()
        descriptor.write_text(json.dumps(package))


# -- reading


def test_every_table_reads_with_its_types_and_rows(book: data.Edition) -> None:
    kinds = {"number": "float64", "date": "datetime64[us]", "yearmonth": "datetime64[us]"}
    kinds["datetime"] = "datetime64[us, UTC]"
    assert len(book) == 19
    for name, frame in book.items():
        about = book.tables[name].descriptor
        assert len(frame) == about["rows"]
        for field in about["schema"]["fields"]:
            found = str(frame[field["name"]].dtype)
            assert found == kinds.get(field["type"], found), (name, field["name"])
            if field["type"] == "integer":
                assert found in ("int64", "Int64")
            if field.get("constraints", {}).get("required"):
                assert frame[field["name"]].notna().all(), (name, field["name"])


def test_blank_cells_stay_missing_and_nothing_else_does(book: data.Edition) -> None:
    for name, table in book.tables.items():
        lines = pd.read_csv(table.path, dtype=str, keep_default_na=False)
        assert ((lines == "").to_numpy() == book[name].isna().to_numpy()).all(), name


def test_rows_stand_in_the_order_of_their_key(book: data.Edition) -> None:
    for name, frame in book.items():
        key = list(book.tables[name].descriptor["schema"]["primaryKey"])
        pd.testing.assert_frame_equal(frame, frame.sort_values(key, kind="stable"))


def test_edition_is_named_by_its_last_market_or_network_date(book: data.Edition) -> None:
    days = [book[n]["date"].max() for n in book if n in MARKET[:2] or "daily" in n]
    days.append(book["bars_hourly"]["start_utc"].max().tz_localize(None).normalize())
    assert book.name == f"{max(days):%Y-%m-%d}"


def test_an_edition_can_be_asked_for_by_its_name(book: data.Edition) -> None:
    assert data.read(["tickers"], book.name).name == book.name


def test_frictionless_finds_the_package_valid() -> None:
    report = frictionless.validate(str(paths.data_folder() / "datapackage.json"))
    assert len(report.tasks) == 19
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])[:5]


def test_frictionless_would_find_a_bad_value(project: Path) -> None:
    change(project, "tickers", lambda text: text.replace(",miner,", ",digger,", 1))
    package = frictionless.Package(str(project / "data" / "datapackage.json"))
    package.resources = [r for r in package.resources if r.name == "tickers"]
    report = package.validate()
    assert [row[0] for row in report.flatten(["type"])] == ["constraint-error", "byte-count"]


# -- refusing


def test_a_changed_file_is_refused_with_the_way_to_mend_it(project: Path) -> None:
    change(project, "events", lambda text: text.replace("2024-04-20", "2024-04-19", 1), seal=False)
    with pytest.raises(DataError) as caught:
        data.read(["events"])
    for part in ("table events", "SHA-256", "git checkout -- data/facts/events.csv", "data seal"):
        assert part in str(caught.value)


def test_one_changed_table_does_not_bar_the_others(project: Path) -> None:
    change(project, "events", lambda text: text + "x", seal=False)
    assert len(data.read(["tickers"])["tickers"]) == 45


def test_a_missing_file_is_refused_with_the_way_to_mend_it(project: Path) -> None:
    (project / "data/market/tickers.csv").unlink()
    with pytest.raises(
        DataError, match=r"table tickers: data/market/tickers\.csv is missing; .*git"
    ):
        data.read(["tickers"])


BAD: list[tuple[str, Callable[[str], str], str]] = [
    (
        "printed_moves",
        lambda text: text.replace("change_pct", "change", 1),
        r"table printed_moves: columns are date, ticker, change, .* schema says .*change_pct",
    ),
    (
        "printed_moves",
        lambda text: text.replace("-5.06", "five"),
        r"table printed_moves: change_pct in line 3 is 'five', not a number",
    ),
    (
        "printed_moves",
        lambda text: text.replace("-5.06", ""),
        r"table printed_moves: change_pct is blank in line 3 but is required",
    ),
    (
        "printed_moves",
        lambda text: text.replace("2025-03-26,BTBT", "26.3.2025,BTBT"),
        r"table printed_moves: date in line 3 is '26\.3\.2025', not a date",
    ),
    (
        "printed_moves",
        lambda text: text.replace("2025-03-26,BTBT", "2025-03-26,BITF"),
        r"table printed_moves: line 3 repeats the key \(date, ticker\)",
    ),
    (
        "printed_moves",
        lambda text: text.replace("quoted", "rumoured", 1),
        r"table printed_moves: certainty in line 2 is 'rumoured' but must be one of primary",
    ),
    (
        "network_daily",
        lambda text: text.replace("2009-01-09,,19,950.0", "2009-01-09,,19,-950.0"),
        r"table network_daily: issuance_btc in line 2 is '-950\.0' but must be at least 0",
    ),
    (
        "network_daily",
        lambda text: text.replace("2009-01-09,,19,", "2009-01-09,,19.5,"),
        r"table network_daily: blocks in line 2 is '19\.5', not an integer",
    ),
    (
        "network_daily",
        lambda text: re.sub(r"(2024-04-20,.*,)0\.7\d+(,)", r"\g<1>1.7\2", text),
        r"table network_daily: fee_share in line 5582 is '1\.7' but must be from 0 to 1",
    ),
    (
        "bitcoin_hourly",
        lambda text: text.replace("2024-11-13T22:00:00Z", "2024-11-13 22:00"),
        r"table bitcoin_hourly: start_utc in line 2 is '2024-11-13 22:00', not a datetime",
    ),
    ("tickers", lambda text: "", r"table tickers: the file is empty"),
    (
        "tickers",
        lambda text: text.replace("Broadcom,ai", "Broadcom,ai,extra", 1),
        r"table tickers: line 4 has 7 cells, not 6",
    ),
    (
        "tickers",
        lambda text: text.replace("AVGO,Broadcom,ai,", "AVGO,Broadcom", 1),
        r"table tickers: line 4 has 4 cells, not 6",
    ),
    (
        "tickers",
        lambda text: text.replace("Arista Networks,ai", "Arista Networks,ai,extra", 1),
        r"table tickers: line 2 has 7 cells, not 6",
    ),
]


@pytest.mark.parametrize(("table", "edit", "sentence"), BAD)
def test_a_table_off_its_schema_is_refused_by_name_and_line(
    project: Path, table: str, edit: Callable[[str], str], sentence: str
) -> None:
    change(project, table, edit)
    with pytest.raises(DataError, match=sentence):
        data.read([table])


@pytest.mark.parametrize("wrong", ["inf", "-inf", "nan", "NaN", "1e999", "0x10", "1_000"])
def test_only_plain_decimal_numbers_are_numbers(wrong: str) -> None:
    fields = {"fields": [{"name": "x", "type": "number"}]}
    with pytest.raises(DataError, match=f"x in line 2 is '{wrong}', not a number"):
        schema.parse("t", f"x\n{wrong}\n".encode(), fields)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(DataError, match=r"table t: .*UTF-8"):
        schema.parse("t", b"x\n\xff\xfe\n", {"fields": [{"name": "x", "type": "string"}]})


def test_an_unknown_table_or_edition_names_what_there_is(book: data.Edition) -> None:
    with pytest.raises(DataError, match=r"no table 'prices' .* adjusted_closes"):
        data.read(["prices"])
    with pytest.raises(DataError, match=f"no edition '1999-12-31': the current one is {book.name}"):
        data.read(["tickers"], "1999-12-31")
    with pytest.raises(DataError, match="no edition"):
        data.read(["tickers"], "../../elsewhere")


def test_a_table_the_claim_did_not_name_is_not_at_hand() -> None:
    with pytest.raises(DataError, match=r"table events was not read.*claims\.yml \(tickers\)"):
        data.read(["tickers"])["events"]


def test_a_broken_descriptor_is_one_sentence(project: Path) -> None:
    (project / "data/datapackage.json").write_text("{")
    with pytest.raises(DataError, match=r"datapackage\.json cannot be read .*git checkout"):
        data.read(["tickers"])


def test_a_folder_without_a_ledger_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    with pytest.raises(ClaimbookError, match=r"no ledger at data/claims\.yml .*CLAIMBOOK_ROOT"):
        data.read(["tickers"])


# -- the network's figures against closed forms


def issued(first: int, last: int) -> float:
    """New coins of the blocks first…last: 50 BTC a block, halved every 210,000 blocks."""
    coins = 0.0
    for era in range(first // 210_000, last // 210_000 + 1):
        start, end = max(first, era * 210_000), min(last, (era + 1) * 210_000 - 1)
        coins += (end - start + 1) * 50 / 2**era
    return coins


def test_issuance_is_the_halving_schedule_block_by_block(book: data.Edition) -> None:
    network = book["network_daily"]
    # The genesis block is of 2009-01-03; the first row's first block has the height 1.
    last = network["blocks"].cumsum()
    first = last - network["blocks"] + 1
    due = [issued(a, b) for a, b in zip(first, last, strict=True)]
    np.testing.assert_allclose(network["issuance_btc"], due, rtol=0, atol=1e-8)


def test_the_day_before_the_clean_halving_day_holds_four_blocks_after_it(
    book: data.Edition,
) -> None:
    network = book["network_daily"].set_index("date")
    last = int(network["blocks"].loc[:"2024-04-19"].sum())
    assert last - 840_000 + 1 == 4
    day = network.loc["2024-04-19"]
    assert day["issuance_btc"] == (day["blocks"] - 4) * 6.25 + 4 * 3.125
    after = network.loc["2024-04-20"]
    assert after["issuance_btc"] == after["blocks"] * 3.125


def test_derived_columns_follow_from_the_others(book: data.Edition) -> None:
    n = book["network_daily"]
    np.testing.assert_allclose(n["revenue_btc"], n["issuance_btc"] + n["fees_btc"], atol=1e-8)
    np.testing.assert_allclose(n["fee_share"], n["fees_btc"] / n["revenue_btc"], atol=6e-7)
    priced = n[n["price_usd"].notna()]
    dollars = priced["price_usd"] * priced["revenue_btc"]
    # Early prices are fractions of a cent and keep few digits.
    np.testing.assert_allclose(priced["revenue_usd"], dollars, rtol=2e-5)
    per_hash = priced["revenue_usd"] / (priced["hashrate_ehs"] * 1000)
    np.testing.assert_allclose(priced["hashprice_usd_ph_day"], per_hash, rtol=2e-5)
    assert (n["price_usd"].isna() == (n["date"] < "2010-07-18")).all()


def test_hash_rate_is_what_blocks_and_difficulty_imply(book: data.Edition) -> None:
    n = book["network_daily"]
    # A block takes difficulty × 2^32 hashes on average.
    implied = n["difficulty"] * n["blocks"] * 2**32 / 86_400 / 1e18
    np.testing.assert_allclose(n["hashrate_ehs"], implied, rtol=1e-8)


def test_days_have_no_gap(book: data.Edition) -> None:
    for name in ("network_daily", "network_daily_second", "bitcoin_daily"):
        days = book[name]["date"]
        assert len(days) == (days.max() - days.min()).days + 1, name
    hours = book["bitcoin_hourly"]["start_utc"]
    assert len(hours) == (hours.max() - hours.min()) / pd.Timedelta(hours=1) + 1


def test_the_two_providers_agree(book: data.Edition) -> None:
    first = book["network_daily"].set_index("date")
    second = book["network_daily_second"].set_index("date")
    # The second provider's price of a day is the snapshot at 00:00 UTC: it closes the day before.
    price = second["market_price_usd"].shift(-1)
    both = pd.DataFrame(
        {
            "first": first["revenue_usd"],
            "second": price * (second["issuance_btc"] + second["fees_btc"]),
        }
    ).dropna()
    means = both.loc["2023-03-01":].rolling(90).mean().loc["2023-06-01":]
    assert len(means) > 1000
    assert (means["second"] / means["first"] - 1).abs().max() < 0.006
    # Without the shift they would not: the test can fail.
    fees = second["fees_btc"].loc["2012":"2025-10"].sum()
    assert fees == pytest.approx(first["fees_btc"].loc["2012":"2025-10"].sum(), rel=1e-6)


def test_bitcoin_prices_of_three_providers_agree(book: data.Edition) -> None:
    daily = book["bitcoin_daily"].set_index("date")["close"]
    other = (daily / book["network_daily"].set_index("date")["price_usd"] - 1).abs().dropna()
    assert len(other) > 4000
    assert other.median() < 0.002
    assert other.loc["2023":].max() < 0.035
    hours = book["bitcoin_hourly"].set_index("start_utc")["close"]
    midnight = hours[hours.index.hour == 23]
    midnight.index = midnight.index.tz_localize(None).normalize()
    assert (midnight / daily - 1).abs().dropna().max() < 0.004


# -- market prices


@pytest.mark.parametrize("table", ["bars_daily", "bars_hourly", "bitcoin_daily", "bitcoin_hourly"])
def test_high_and_low_enclose_open_and_close(book: data.Edition, table: str) -> None:
    bars = book[table]
    assert (bars["high"] >= bars[["open", "close", "low"]].max(axis=1)).all()
    assert (bars["low"] <= bars[["open", "close", "high"]].min(axis=1)).all()
    assert (bars[["open", "high", "low", "close"]] > 0).all(axis=None)


def runs(days: pd.DatetimeIndex, sessions: pd.DatetimeIndex) -> Iterator[tuple[str, str]]:
    """First and last of each unbroken run of sessions among `days`."""
    places = sessions.get_indexer(days)
    for _, run in pd.Series(days).groupby(places - np.arange(len(places))):
        yield f"{run.iloc[0]:%Y-%m-%d}", f"{run.iloc[-1]:%Y-%m-%d}"


@pytest.mark.parametrize("table", MARKET)
def test_sessions_are_those_of_the_exchange_and_missing_runs_are_listed(
    book: data.Edition, calendar: Any, table: str
) -> None:
    frame = book[table]
    if table == "bars_hourly":
        local = frame["start_utc"].dt.tz_convert("America/New_York")
        frame = frame.assign(date=local.dt.tz_localize(None).dt.normalize().astype("<M8[us]"))
    gaps = " ".join(book.tables[table].gaps)
    found = set()
    for ticker, rows in frame.groupby("ticker"):
        days = pd.DatetimeIndex(rows["date"].unique())
        sessions = calendar.sessions_in_range(days.min(), days.max()).astype("<M8[us]")
        assert not len(days.difference(sessions)), ticker
        found |= {(str(ticker), *run) for run in runs(sessions.difference(days), sessions)}
    for ticker, first, last in found:
        assert re.search(rf"\b{ticker}\b[^.]*{first} to {last}", gaps), (ticker, first, last)
    expected = {"adjusted_closes": 0, "bars_daily": 2, "bars_hourly": 2}
    assert len(found) == expected[table]


def test_hourly_bars_cover_each_session_but_the_listed_half_hours(
    book: data.Edition, calendar: Any
) -> None:
    bars, gaps = book["bars_hourly"], " ".join(book.tables["bars_hourly"].gaps)
    hours = calendar.schedule.loc["2024-11-25":"2025-12-31"]
    due = pd.DatetimeIndex(
        [
            start
            for opened, closed in zip(hours["open"], hours["close"], strict=True)
            for start in pd.date_range(opened, closed, freq="h", inclusive="left")
        ]
    )
    early = [f"{day:%Y-%m-%d}" for day in calendar.early_closes if day in hours.index]
    assert len(early) == 5
    assert all(day in gaps for day in early)
    for ticker, rows in bars.groupby("ticker"):
        starts = pd.DatetimeIndex(rows["start_utc"])
        assert not len(starts.difference(due)), ticker
        absent = due[due <= starts.max()].difference(starts)
        if ticker == "VST":
            away = (absent >= "2024-12-31") & (absent < "2025-02-20")
            away |= (absent >= "2025-06-30") & (absent < "2025-10-25")
            absent = absent[~away]
        days = absent.tz_convert("America/New_York").strftime("%Y-%m-%d %H:%M")
        listed = [f"{day} 12:30" for day in early]
        assert set(days) <= set(listed), ticker


def hourly_with_official_close(book: data.Edition) -> pd.DataFrame:
    bars = book["bars_hourly"].sort_values("start_utc")
    local = bars["start_utc"].dt.tz_convert("America/New_York")
    bars = bars.assign(date=local.dt.tz_localize(None).dt.normalize().astype("<M8[us]"))
    bars["hour"] = local.dt.strftime("%H:%M")
    last = bars[bars["hour"] == "15:30"]
    return last.merge(book["bars_daily"], on=["date", "ticker"], suffixes=("", "_official"))


def test_the_last_hourly_bar_ends_near_the_official_close(book: data.Edition) -> None:
    last = hourly_with_official_close(book)
    off = (last["close"] / last["close_official"] - 1).abs()
    assert len(off) > 6000
    assert off.max() < 0.03
    assert off.groupby(last["ticker"]).median().max() < 0.0037


def test_the_rows_that_are_summed_up_from_hourly_bars_are_those_named(book: data.Edition) -> None:
    last = hourly_with_official_close(book)
    same = (last["close"] == last["close_official"]).groupby(last["ticker"]).mean()
    assert sorted(same[same == 1].index) == ["BTBT", "CAN"]
    gaps = " ".join(book.tables["bars_daily"].gaps)
    assert "BTBT and CAN have no rows" in gaps
    assert "hourly bars summed up" in gaps
    closes = book["bars_daily"].merge(book["adjusted_closes"], on=["date", "ticker"])
    summed = closes[closes["ticker"].isin(["BTBT", "CAN"])]
    off = (summed["adjusted_close"] / summed["close"] - 1).abs()
    before = summed["date"] < "2024-11-25"
    assert off[before].max() == 0
    assert 0.02 < off[~before].max() < 0.025


@pytest.mark.parametrize("ticker", NO_DIVIDEND)
def test_without_dividends_both_closes_are_one(book: data.Edition, ticker: str) -> None:
    closes = book["bars_daily"].merge(book["adjusted_closes"], on=["date", "ticker"])
    own = closes[closes["ticker"] == ticker]
    assert len(own) > 250
    np.testing.assert_allclose(own["adjusted_close"], own["close"], rtol=1e-9)


def test_bitfarms_closes_agree_to_the_rounding_below_one_dollar(book: data.Edition) -> None:
    closes = book["bars_daily"].merge(book["adjusted_closes"], on=["date", "ticker"])
    own = closes[closes["ticker"] == "BITF"]
    returns = own["adjusted_close"].pct_change() - own["close"].pct_change()
    assert returns.median() == 0
    assert returns.abs().max() < 0.0025


@pytest.mark.parametrize("ticker", ["MSFT", "SPY", "QQQ", "NVDA", "AVGO", "ORCL", "VST"])
def test_dividends_only_ever_lower_earlier_adjusted_closes(book: data.Edition, ticker: str) -> None:
    closes = book["bars_daily"].merge(book["adjusted_closes"], on=["date", "ticker"])
    own = closes[closes["ticker"] == ticker]
    ratio = own["adjusted_close"] / own["close"]
    assert ratio.iloc[0] < 0.997
    assert (ratio.diff().dropna() > -2e-5).all()


def test_first_and_last_sessions_of_the_tickers_are_true(book: data.Edition) -> None:
    hourly = book["bars_hourly"]
    local = hourly["start_utc"].dt.tz_convert("America/New_York").dt.tz_localize(None)
    days = pd.concat(
        [
            book["adjusted_closes"][["ticker", "date"]],
            book["bars_daily"][["ticker", "date"]],
            pd.DataFrame({"ticker": hourly["ticker"], "date": local.dt.normalize()}),
        ]
    )
    span = days.groupby("ticker")["date"].agg(["min", "max"])
    stated = book["tickers"].set_index("ticker").sort_index()
    assert list(span.index) == list(stated.index)
    assert (span["min"] == stated["first_session"]).all()
    assert (span["max"] == stated["last_session"]).all()


def test_moves_that_another_outlet_printed_agree_but_for_mara(book: data.Edition) -> None:
    printed = book["printed_moves"].set_index("ticker")["change_pct"]
    closes = book["bars_daily"].pivot(index="date", columns="ticker", values="close")
    # BTBT's daily bars are summed up from hourly ones, so its official close is the adjusted one.
    own = book["adjusted_closes"].query("ticker == 'BTBT'").set_index("date")["adjusted_close"]
    closes["BTBT"] = own
    change = closes.pct_change(fill_method=None).loc["2025-03-26"] * 100
    off = (change[printed.index].round(2) - printed).abs().round(2)
    assert off[off > 0].to_dict() == {"MARA": 0.09}


# -- facts


def test_second_hand_facts_carry_no_link_and_links_are_https(book: data.Edition) -> None:
    for name, frame in book.items():
        if "certainty" not in frame:
            continue
        second = frame[frame["certainty"] == "second-hand"]
        unnamed = frame["source"].fillna("").str.contains("unnamed")
        assert frame.loc[unnamed, "link"].isna().all(), name
        assert (second["link"].isna() | ~second["source"].str.contains("unnamed")).all(), name
        assert frame["link"].dropna().str.startswith("https://").all(), name
        assert not frame["link"].dropna().str.contains(r"github|githubusercontent").any(), name


def test_contract_arithmetic_is_right(book: data.Edition) -> None:
    rows = book["ai_contracts"].dropna(
        subset=["revenue_m_per_mw_year", "value_usd_bn", "mw_it", "term_years"]
    )
    assert len(rows) > 5
    due = rows["value_usd_bn"] * 1000 / rows["mw_it"] / rows["term_years"]
    np.testing.assert_allclose(rows["revenue_m_per_mw_year"], due, atol=0.06)


def test_every_ticker_of_the_facts_is_a_listed_one_or_explained(book: data.Edition) -> None:
    known = set(book["tickers"]["ticker"])
    assert set(book["printed_moves"]["ticker"]) <= known


def test_revenue_by_business_adds_up_to_the_total_that_the_company_gave() -> None:
    """Business by business against another line of the same release: rounding apart, they agree."""
    rows = data.read(["miner_reports"])["miner_reports"]
    revenue = rows[rows["item"].str.endswith("revenue_musd")]
    table = revenue.pivot(index="as_of", columns="item", values="value")
    parts = table.drop(columns="total_revenue_musd").sum(axis=1)
    assert len(table) == 9
    # Four figures rounded to 0.1 can be 0.2 apart.
    assert (parts - table["total_revenue_musd"]).abs().max() < 0.2


def test_revenue_by_business_agrees_with_another_outlets_printed_changes() -> None:
    """Percent that press pages printed: first quarter of 2025 on the year, and of 2026."""
    rows = data.read(["miner_reports"])["miner_reports"]
    total = rows[rows["item"] == "total_revenue_musd"].set_index("as_of")["value"]
    assert 100 * (total["2025-03-31"] / total["2024-03-31"] - 1) == pytest.approx(-55.7, abs=0.05)
    assert 100 * (total["2025-06-30"] / total["2024-06-30"] - 1) == pytest.approx(-44.3, abs=0.05)
    assert 100 * (total["2026-03-31"] / total["2025-03-31"] - 1) == pytest.approx(45, abs=0.5)
