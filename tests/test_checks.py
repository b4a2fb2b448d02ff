"""The checks on every table: the frozen ones pass, and each rule finds what it is there for."""

import copy
import dataclasses
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from claimbook import data
from claimbook.data import checks, gaps, market, seal

Edit = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def whole() -> data.Edition:
    return data.read(data.open_edition("shipped")[1], "shipped")


@pytest.fixture(scope="module")
def book(whole: data.Edition) -> data.Edition:
    """The frozen tables; of prices a few shares in half a year, so that each rule is quick."""
    frames = dict(whole)
    for name in checks.SESSIONS:
        frame = whole[name]
        days = gaps.days_of(frame)
        kept = frame["ticker"].isin(TICKERS) & days.between("2025-01-02", "2025-06-30")
        frames[name] = frame[kept].reset_index(drop=True)
    frames["tickers"] = market.listing(whole["tickers"], frames, {})
    return dataclasses.replace(whole, frames=frames)


def problems(book: data.Edition, table: str, edit: Edit) -> list[str]:
    frame = edit(book[table].copy()).reset_index(drop=True)
    return checks.problems(table, frame, book.tables[table].descriptor)


def test_the_frozen_tables_pass_every_check_without_an_exception(whole: data.Edition) -> None:
    assert [problem for _, problem in seal.check("shipped") if problem] == []
    assert not any("exceptions" in table.descriptor for table in whole.tables.values())


def test_the_part_of_them_that_the_rules_are_tried_on_passes_too(book: data.Edition) -> None:
    for table in (*checks.SESSIONS, "network_daily", "bitcoin_daily", "tickers"):
        assert problems(book, table, lambda frame: frame) == []


def test_the_descriptors_types_are_pandera_types_of_every_column(book: data.Edition) -> None:
    """A column of another type is found, whatever its values."""
    said = problems(book, "network_daily", lambda f: f.assign(blocks=f["blocks"].astype(str)))
    assert any("blocks" in sentence for sentence in said)
    said = problems(book, "events", lambda f: f.drop(columns="kind"))
    assert any("kind" in sentence for sentence in said)


def at(frame: pd.DataFrame, **where: str) -> "pd.Series[bool]":
    chosen = pd.Series(True, index=frame.index)
    for column, value in where.items():
        chosen &= frame[column] == (pd.Timestamp(value) if column == "date" else value)
    return chosen


def put(column: str, value: Any, **where: str) -> Edit:
    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[at(frame, **where), column] = value
        return frame

    return edit


def without(**where: str) -> Edit:
    return lambda frame: frame[~at(frame, **where)]


TICKERS = ("MARA", "RIOT", "SPY", "VST")
DAY = {"date": "2025-03-26", "ticker": "MARA"}
FAULTS: list[tuple[str, Edit, str]] = [
    ("adjusted_closes", put("adjusted_close", 0, **DAY), "positive (2025-03-26 MARA)"),
    ("adjusted_closes", without(**DAY), "MARA has no rows from 2025-03-26 to 2025-03-26, which"),
    ("adjusted_closes", lambda f: pd.concat([f, f[at(f, **DAY)]]), "2025-03-26 MARA"),
    ("adjusted_closes", lambda f: f.iloc[::-1], "rows stand in the order of their key"),
    ("adjusted_closes", put("date", pd.Timestamp("2025-03-29"), **DAY), "every date is a session"),
    ("bars_daily", put("high", 1.0, **DAY), "the high is not below the low"),
    ("bars_daily", put("low", 99.0, **DAY), "the low is not above open and close"),
    ("bars_daily", put("close", 99.0, **DAY), "the high is not below open and close"),
    ("bars_daily", put("volume", -1, **DAY), "at least 0"),
    ("bars_hourly", lambda f: f.assign(start_utc=f["start_utc"] - pd.Timedelta(hours=2)),
     "every bar starts in the session's hours"),
    ("bars_hourly", lambda f: f.assign(start_utc=f["start_utc"] + pd.Timedelta(minutes=7)),
     "every bar starts whole hours after the opening"),
    ("bitcoin_daily", without(date="2025-03-26"), "1 missing between its ends, the first 2025-03"),
    ("network_daily", without(date="2024-04-20"), "1 missing between its ends"),
    ("network_daily", put("issuance_btc", 1.0, date="2024-04-20"), "halving schedule's"),
    ("network_daily", put("blocks", 5, date="2010-01-01"), "halving schedule's"),
    ("network_daily", put("revenue_btc", 1.0, date="2024-04-20"), "revenue is issuance plus fees"),
    ("network_daily", put("revenue_usd", 1.0, date="2024-04-20"), "price times revenue in bitcoin"),
    ("network_daily", put("fee_share", 0.1, date="2024-04-20"), "fees over revenue (2024-04-20)"),
    ("network_daily", put("fee_share", 1.1, date="2024-04-20"), "at most 1"),
    ("network_daily", put("hashprice_usd_ph_day", 1.0, date="2024-04-20"), "over hash rate"),
    ("network_daily", put("price_usd", None, date="2024-04-20"), "price times revenue"),
    ("tickers", put("group", "digger", ticker="MARA"), "one of the values allowed"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "edit", "sentence"), FAULTS)
def test_each_rule_finds_its_fault(
    book: data.Edition, table: str, edit: Edit, sentence: str
) -> None:
    said = problems(book, table, edit)
    assert any(sentence in one for one in said), said
    assert all(one.startswith(f"table {table}: ") and "\n" not in one for one in said)


@pytest.mark.parametrize("start", ["2012-06-01", "2015-01-01", "2024-04-19"])
def test_issuance_is_checked_without_the_first_block_too(book: data.Edition, start: str) -> None:
    assert problems(book, "network_daily", lambda f: f[f["date"] >= start]) == []
    off = put("issuance_btc", 450.0, date="2025-05-01")
    said = problems(book, "network_daily", lambda f: off(f[f["date"] >= start].copy()))
    assert any("halving schedule's" in one and "2025-05-01" in one for one in said)


def test_a_named_exception_excuses_the_rows_it_names_and_no_others(book: data.Edition) -> None:
    about = copy.deepcopy(dict(book.tables["bars_daily"].descriptor))
    about["exceptions"] = [
        {"check": "the high is not below open and close", "rows": ["2025-03-26"], "why": "a test"}
    ]
    frame = put("close", 99.0, **DAY)(book["bars_daily"].copy())
    assert checks.problems("bars_daily", frame, about) == []
    frame = put("close", 99.0, date="2025-03-27", ticker="RIOT")(frame)
    (said,) = checks.problems("bars_daily", frame, about)
    assert "1 row: the high is not below open and close (2025-03-27 RIOT)" in said


def test_prices_and_the_list_of_tickers_must_agree(book: data.Edition) -> None:
    frames = {name: book[name] for name in (*checks.SESSIONS, "tickers")}
    assert checks.of_edition(frames) == []
    fewer = frames | {"tickers": frames["tickers"].query("ticker != 'MARA'")}
    assert checks.of_edition(fewer) == ["table tickers: MARA has prices but is not listed"]
    late = put("first_session", pd.Timestamp("2021-01-04"), ticker="MARA")
    (said,) = checks.of_edition(frames | {"tickers": late(frames["tickers"].copy())})
    assert said.startswith("table tickers: MARA has prices from 2025-01-02 to ")
    none = {name: frames[name].query("ticker != 'MARA'") for name in checks.SESSIONS}
    (said,) = checks.of_edition(frames | none)
    assert said == "table tickers: MARA is listed without any price"


def test_a_gap_is_listed_only_for_its_own_ticker_and_days() -> None:
    gap = gaps.Gap("VST", pd.Timestamp("2025-06-30"), pd.Timestamp("2025-10-24"), 82)
    said = "VST has no bars from 2024-12-31 to 2025-02-19 and from 2025-06-30 to 2025-10-24."
    assert gap.listed_in([said])
    assert not gap.listed_in([said.replace("VST", "XVST")])
    assert not gap.listed_in([said.replace("2025-10-24", "2025-10-23")])
    assert not gap.listed_in(["VST is short. Others have none from 2025-06-30 to 2025-10-24."])
    index = gaps.Gap("^GSPC", gap.first, gap.last, 82)
    assert index.listed_in([said.replace("VST", "^GSPC")])


def test_pandera_stays_off_the_notebooks_path() -> None:
    """What a notebook imports to read its tables does not bring the checks along."""
    program = (
        "import sys; from claimbook import data, ledger, parameters, show; "
        "data.read(['tickers']); "
        "sys.exit(sum(m in sys.modules for m in ('pandera', 'yfinance', 'coinmetrics')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
