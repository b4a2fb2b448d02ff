"""`claimbook data import`: a user's own prices as an edition, or every bad row by its line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import little_data
import numpy as np
import pandas as pd
import pytest
import small_project
from live_world import World

from claimbook import cli, data, paths
from claimbook.analysis import calendar
from claimbook.data import days, edition, imported, refresh, seal
from claimbook.errors import DataError

ARTICLE = ["BITF", "CLSK", "CORZ", "HUT", "MARA", "RIOT"]
BESIDE = ["SPY", "QQQ", "MSFT", "NVDA", "SMH"]
AI = ["ANET", "AVGO", "ORCL", "SMCI", "VRT"]
EVENT = "2027-02-01"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day on which all the prices here are there."""
    monkeypatch.setattr(days, "now", lambda: pd.Timestamp("2027-04-01 12:00", tz="UTC"))


def prices(
    tickers: list[str], first: str = "2026-07-01", last: str = "2026-08-31", seed: int = 1
) -> pd.DataFrame:
    """Made-up prices in the documented columns: a walk from 100 dollars with a steady range."""
    sessions = calendar.sessions(pd.Timestamp(first), pd.Timestamp(last))
    draws = np.random.default_rng(seed)
    frames = []
    for ticker in tickers:
        close = (100 * np.exp(np.cumsum(draws.normal(0, 0.02, len(sessions))))).round(4)
        open_ = np.concatenate([[100.0], close[:-1]])
        frames.append(
            pd.DataFrame(
                {
                    "date": sessions.strftime("%Y-%m-%d"),
                    "ticker": ticker,
                    "open": open_,
                    "high": np.maximum(open_, close) + 1,
                    "low": np.minimum(open_, close) - 1,
                    "close": close,
                    "adjusted_close": close,
                    "volume": 1000,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def yahoo_form(ticker: str) -> pd.DataFrame:
    names = {ours: theirs for theirs, ours in imported.YAHOO.items()}
    return prices([ticker]).drop(columns="ticker").rename(columns=names)


def test_a_file_in_the_documented_columns(world: World, tmp_path: Path) -> None:
    file = tmp_path / "summer.csv"
    given = prices(["MARA", "NEW"])
    given.to_csv(file, index=False)
    outcome = imported.bring(file)
    assert outcome.name == "summer"
    assert edition.current() == edition.SHIPPED  # asked for by name, never by itself
    book = data.read(["adjusted_closes", "bars_daily", "tickers", "events"], "summer")
    for table in ("adjusted_closes", "bars_daily"):
        found = book[table][book[table]["ticker"].isin(["MARA", "NEW"])]
        due = given.assign(date=pd.to_datetime(given["date"]).astype("<M8[us]"))
        due = due.sort_values(["date", "ticker"])[list(found.columns)]
        pd.testing.assert_frame_equal(
            found.reset_index(drop=True), due.reset_index(drop=True), check_dtype=False
        )
    assert "Prices of MARA and NEW were imported from summer.csv on " in book.note
    listed = book["tickers"].set_index("ticker")
    assert listed.loc["NEW", "group"] == "other"
    assert listed.loc["NEW", "first_session"] == pd.Timestamp("2026-07-01")
    assert "the terms of whoever gave summer.csv" in book.tables["bars_daily"].descriptor[
        "licenses"
    ][-1]["title"]  # fmt: skip
    old = data.read(["bars_daily"])["bars_daily"].query("ticker == 'RIOT'")
    kept = book["bars_daily"].query("ticker == 'RIOT'")
    pd.testing.assert_frame_equal(kept.reset_index(drop=True), old.reset_index(drop=True))
    assert [problem for _, problem in seal.check("summer") if problem] == []


def test_parquet_and_yahoos_download_form_are_the_same_prices(world: World, tmp_path: Path) -> None:
    csv, parquet = tmp_path / "mara.csv", tmp_path / "mara.parquet"
    yahoo_form("MARA").to_csv(csv, index=False)
    own = prices(["MARA"])
    own.assign(date=pd.to_datetime(own["date"])).to_parquet(parquet)
    first = imported.read_file(csv, "MARA")
    second = imported.read_file(parquet)
    pd.testing.assert_frame_equal(first[list(second.columns)], second)
    assert cli.main(["data", "import", str(csv), "--ticker", "MARA", "--name", "own"]) == cli.DONE
    assert edition.names() == ["own"]


def test_hourly_bars_and_bitcoin(world: World, tmp_path: Path) -> None:
    hours = tmp_path / "hours.csv"
    hours.write_text(
        "start_utc,ticker,open,high,low,close,volume\n"
        "2026-07-01T13:30:00Z,MARA,10,11,9,10.5,100\n2026-07-01T14:30:00Z,MARA,10.5,11,9,10,100\n"
    )
    imported.bring(hours)
    bars = data.read(["bars_hourly"], "hours")["bars_hourly"].query("ticker == 'MARA'")
    assert bars["close"].tolist() == [10.5, 10]
    coin = tmp_path / "coin.csv"
    coin.write_text(
        "date,ticker,open,high,low,close,adjusted_close,volume\n"
        "2026-07-04,BTC-USD,10,11,9,10,10,1\n2026-07-05,BTC-USD,10,11,9,10.5,10.5,1\n"
    )
    imported.bring(coin)
    assert data.read(["bitcoin_daily"], "coin")["bitcoin_daily"]["close"].tolist() == [10, 10.5]


BAD_ROWS = """\
date,ticker,open,high,low,close,adjusted_close,volume
2026-07-01,MARA,10,11,9,10,10,100
2026-07-04,MARA,10,11,9,10,10,100
1.7.2026,MARA,10,11,9,10,10,100
2026-07-02,MARA,10,11,9,12,12,100
2026-07-06,MARA,10,9,11,10,10,100
2026-07-07,MARA,-10,11,9,10,,100
2026-07-08,MARA,10,11,9,10,10,many
2026-07-01,MARA,10,11,9,10,10,100
2026-07-09,,10,11,9,10,10,1.5
2026-07-10,MARA,10,11
"""
SAID = [
    "line 3: 2026-07-04 is no session of the New York Stock Exchange",
    "line 4: date is '1.7.2026'; write YYYY-MM-DD",
    "line 5: close 12 is not between low 9 and high 11",
    "line 6: the low 11 is above the high 9",
    "line 7: open is -10; prices are positive; no adjusted_close",
    "line 8: volume is 'many', not a number",
    "line 9: repeats MARA of line 2",
    "line 10: no ticker; volume is 1.5, not a whole number of shares",
    "line 11: 4 cells, not 8",
]


def test_bad_rows_are_listed_by_line_and_nothing_is_imported(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(BAD_ROWS)
    assert cli.main(["data", "import", str(file)]) == cli.UNUSABLE
    head, *lines = capsys.readouterr().err.rstrip("\n").split("\n")
    assert head == "claimbook: bad.csv: 9 rows cannot be used, so nothing was imported:"
    assert [line.strip() for line in lines] == SAID
    assert edition.names() == []


BAD_HOURS = """\
start_utc,ticker,open,high,low,close,volume
2026-07-01T13:30:00Z,mara,10,11,9,10,100
2026-07-01T13:00:00Z,MARA,10,11,9,10,100
2026-07-01T20:00:00Z,MARA,10,11,9,10,100
2026-07-01T14:00:00Z,MARA,10,11,9,10,100
2026-07-01T14:30:01Z,MARA,10,11,9,10,100
2026-07-01T11:30:00-04:00,MARA,10,11,9,10,100
2026-11-27T18:30:00Z,MARA,10,11,9,10,100
2026-07-03T14:30:00Z,MARA,10,11,9,10,100
2026-07-01T16:30:00Z,MARA,10,11,9,10,1e30
2026-07-01T17:30:00Z,MARA,10,1e30,9,10,100
2026-07-01T18:30:00Z,MA RA,10,11,9,10,100
2026-07-01T13:30:00Z,MARA,10,11,9,10,100
"""
SAID_OF_HOURS = [
    "line 3: 13:00:00 UTC lies outside that session's hours, 13:30 to 20:00 UTC",
    "line 4: 20:00:00 UTC lies outside that session's hours, 13:30 to 20:00 UTC",
    "line 5: 14:00:00 UTC is no start of a bar; that day's start 13:30, 14:30, …",
    "line 6: 14:30:01 UTC is no start of a bar; that day's start 13:30, 14:30, …",
    # A short session: the day after Thanksgiving ends at 13:00 New York time.
    "line 8: 18:30:00 UTC lies outside that session's hours, 14:30 to 18:00 UTC",
    "line 9: 2026-07-03 is no session of the New York Stock Exchange",
    "line 10: volume is 1e30, more than anything trades",
    "line 11: high is 1e30, more than anything costs",
    "line 12: 'MA RA' is no ticker",
    "line 13: repeats MARA of line 2",
]


def test_bad_hours_are_listed_by_line(world: World, tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_text(BAD_HOURS)
    with pytest.raises(DataError, match="10 rows cannot be used, so nothing was imported") as said:
        imported.bring(file)
    assert [line.strip() for line in str(said.value).split("\n")[1:]] == SAID_OF_HOURS
    assert edition.names() == []


def test_an_absurd_volume_is_refused_by_line(world: World, tmp_path: Path) -> None:
    file = tmp_path / "daily.csv"
    given = prices(["MARA"]).astype({"volume": float})
    given.loc[2, "volume"] = 1e30
    given.to_csv(file, index=False)
    with pytest.raises(DataError, match=r"line 4: volume is 1e\+30, more than anything trades"):
        imported.bring(file)


def test_a_ticker_in_small_letters_is_the_same_ticker(world: World, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    yahoo_form("MARA").to_csv(file, index=False)
    assert cli.main(["data", "import", str(file), "--ticker", " mara "]) == cli.DONE
    book = data.read(["tickers"], "own")
    assert set(book["tickers"]["ticker"]) == set(little_data.TICKERS)
    assert "Prices of MARA were imported" in book.note
    assert cli.main(["data", "import", str(file), "--ticker", ""]) == cli.UNUSABLE


def test_a_long_list_of_bad_rows_ends(world: World, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    prices(["MARA"]).assign(close=0).to_csv(file, index=False)
    with pytest.raises(DataError) as caught:
        imported.bring(file)
    lines = str(caught.value).split("\n")
    assert len(lines) == imported.SHOWN + 2
    rows = len(prices(["MARA"]))
    assert lines[-1].strip() == f"and {rows - imported.SHOWN} more"


REFUSED: list[tuple[Callable[[Path], object], str, str | None, str]] = [
    (lambda f: f.write_text("a,b\n1,2\n"), "x.csv", None, "has the columns a, b; it needs date, "),
    (lambda f: f.write_text(""), "x.csv", None, r"has the columns \(none\)"),
    (lambda f: f.write_bytes(b"\xff\xfe\x00"), "x.csv", None, "cannot be read as UTF-8 text"),
    (lambda f: f.write_bytes(b"PAR1 no"), "x.parquet", None, "cannot be read as Parquet"),
    (lambda f: None, "x.csv", None, "there is no file x.csv"),
    (lambda f: yahoo_form("MARA").to_csv(f, index=False), "x.csv", None, "add --ticker"),
    (lambda f: prices(["MARA"]).head(0).to_csv(f, index=False), "x.csv", None, "has no rows"),
    (lambda f: prices(["MARA"]).to_csv(f, index=False), "x.csv", "RIOT", "no rows .* of RIOT"),
    (lambda f: prices(["MARA"]).to_csv(f, index=False), "live.csv", None, "cannot name an edition"),
    (lambda f: prices(["MARA"]).to_csv(f, index=False), f"{little_data.NAME}.csv", None,
     "there is an edition 2026-06-30 already"),
]  # fmt: skip


@pytest.mark.parametrize(("write", "name", "ticker", "sentence"), REFUSED)
def test_what_cannot_be_imported_is_one_sentence(
    world: World,
    tmp_path: Path,
    write: Callable[[Path], object],
    name: str,
    ticker: str | None,
    sentence: str,
) -> None:
    write(tmp_path / name)
    with pytest.raises(DataError, match=sentence) as caught:
        imported.bring(tmp_path / name, ticker=ticker)
    assert "\n" not in str(caught.value)
    assert edition.names() == []


def test_a_gap_in_the_file_is_listed_with_the_table(world: World, tmp_path: Path) -> None:
    file = tmp_path / "gap.csv"
    given = prices(["MARA"])
    given[given["date"] != "2026-07-08"].to_csv(file, index=False)
    outcome = imported.bring(file)
    gaps = data.read(["bars_daily"], "gap").tables["bars_daily"].gaps
    assert "MARA has no rows from 2026-07-08 to 2026-07-08." in gaps
    assert any("MARA 2026-07-08 to 2026-07-08" in line for line in outcome.drift)


def test_miner_drop_runs_for_another_event_on_imported_prices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made-up prices of a time that the frozen tables do not reach, through the whole notebook."""
    root, file = tmp_path / "project", tmp_path / "winter.csv"
    for part in ("data", "notebooks"):
        shutil.copytree(
            small_project.REPOSITORY / part,
            root / part,
            ignore=shutil.ignore_patterns("editions", ".ipynb_checkpoints"),
        )
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(small_project.REPOSITORY / name, root / name)
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(root))
    monkeypatch.delenv(paths.EDITION_VARIABLE)
    prices([*ARTICLE, *BESIDE, *AI, "IBIT"], "2026-01-02", "2027-03-01").to_csv(file, index=False)
    assert cli.main(["data", "import", str(file)]) == cli.DONE
    given = ["-p", "edition=winter", "-p", f"event_date={EVENT}"]
    assert cli.main(["render", "miner-drop", *given, "--out", str(tmp_path / "out")]) == cli.DONE
    (folder,) = (tmp_path / "out" / "miner-drop").glob("winter-*")
    result = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    close = prices([*ARTICLE, *BESIDE, *AI, "IBIT"], "2026-01-02", "2027-03-01")
    mara = close[close["ticker"] == "MARA"].set_index("date")["close"]
    move = 100 * (mara[EVENT] / mara.shift()[EVENT] - 1)
    found = [q["value"] for name, q in result["quantities"].items() if name.endswith(".MARA")]
    assert any(value == pytest.approx(move) for value in found), (move, result["quantities"])
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "were imported from winter.csv on" in page


HEAD = "date,ticker,open,high,low,close,adjusted_close,volume\n"


def hourly(name: str, ticker: str = "MARA") -> pd.DataFrame:
    return data.read(["bars_hourly"], name)["bars_hourly"].query("ticker == @ticker")


def test_old_hourly_bars_do_not_stand_beside_imported_daily_prices(
    world: World, tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"
    prices(["MARA"]).to_csv(file, index=False)
    said = imported.bring(file).drift
    assert len(hourly("shipped"))
    assert hourly("mine").empty
    assert len(hourly("mine", "RIOT")) == len(hourly("shipped", "RIOT"))
    assert any(line.startswith("MARA: the hourly bars are left out") for line in said)
    gaps = data.read(["bars_hourly"], "mine").tables["bars_hourly"].gaps
    assert "No bars of MARA: daily prices were imported from mine.csv." in gaps
    assert not any("Imported from" in gap for gap in gaps)
    edition.use("mine")
    prices(["RIOT"]).to_csv(file, index=False)
    imported.bring(file, name="next")
    gaps = data.read(["bars_hourly"], "next").tables["bars_hourly"].gaps
    assert "No bars of MARA: daily prices were imported from mine.csv." in gaps


def test_rows_that_are_not_there_yet_are_refused_by_line(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "now", lambda: pd.Timestamp("2026-07-02 14:00", tz="UTC"))
    file = tmp_path / "future.csv"
    rows = ("2026-07-02,MARA", "2026-07-06,MARA", "2026-07-02,BTC-USD", "2026-07-03,BTC-USD")
    file.write_text(HEAD + "".join(f"{row},9,9,9,9,9,1\n" for row in rows))
    with pytest.raises(DataError) as caught:
        imported.bring(file)
    assert [line.strip() for line in str(caught.value).split("\n")[1:]] == [
        "line 3: 2026-07-06 is not there yet; today is 2026-07-02",
        "line 5: 2026-07-03 is not there yet; today is 2026-07-02",
    ]
    file.write_text(
        "start_utc,ticker,open,high,low,close,volume\n"
        "2026-07-02T13:30:00Z,MARA,9,9,9,9,1\n2026-07-02T14:30:00Z,MARA,9,9,9,9,1\n"
    )
    with pytest.raises(DataError, match="line 3: 2026-07-02T14:30:00Z is not there yet") as caught:
        imported.bring(file)
    assert "line 2" not in str(caught.value)


@pytest.mark.parametrize("name", ["prices.txt", "PRICES.CSV"])
def test_what_is_no_parquet_file_is_not_called_one(world: World, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes("date,ticker,é".encode("latin-1"))
    with pytest.raises(DataError, match=f"{name} cannot be read as UTF-8 text"):
        imported.bring(tmp_path / name)


def test_a_share_under_its_new_symbol_is_the_same_share(world: World, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(f"{HEAD}2026-06-01,KEEL,9,9,9,9,9,1\n")
    said = imported.bring(file).drift
    assert "BITF: Yahoo Finance lists it as KEEL; both mean the same share here." in said
    book = data.read(["tickers", "bars_daily"], "mine")
    assert set(book["tickers"]["ticker"]) == set(little_data.TICKERS)
    assert book["bars_daily"].query("ticker == 'BITF'")["close"].tolist() == [9]
    imported.bring(file, name="named", ticker="KEEL")
    assert data.read(["bars_daily"], "named")["bars_daily"].equals(book["bars_daily"])


def test_what_was_said_of_rows_that_stay_is_still_said(world: World, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    prices(["RIOT", "MARA"], last="2026-08-20").to_csv(file, index=False)
    imported.bring(file)
    edition.use("mine")
    asked = refresh.Asked(tickers=("MARA",), only="market")
    name = world.refresh(asked).name
    gaps = data.read(["bars_daily"], name).tables["bars_daily"].gaps
    assert "Imported from mine.csv: MARA and RIOT (replaced since: MARA)." in gaps
    # Another one on top of it, and the other way round: then nothing of the file is left.
    again = world.refresh(refresh.Asked(tickers=("SPY",), only="market")).name
    gaps = data.read(["bars_daily"], again).tables["bars_daily"].gaps
    assert "Imported from mine.csv: MARA and RIOT (replaced since: MARA)." in gaps
    last = world.refresh(refresh.Asked(tickers=("RIOT",), only="market")).name
    gaps = data.read(["bars_daily"], last).tables["bars_daily"].gaps
    assert not any("mine.csv" in gap for gap in gaps)


def test_reasons_that_the_shipped_tables_give_survive_an_import(
    world: World, tmp_path: Path
) -> None:
    before = data.read(["bars_daily"], "shipped").tables["bars_daily"].gaps
    (reason,) = (gap for gap in before if gap.startswith("Most securities end between"))
    file = tmp_path / "mine.csv"
    prices(["MARA"]).to_csv(file, index=False)
    imported.bring(file)
    after = data.read(["bars_daily"], "mine").tables["bars_daily"].gaps
    assert f"{reason.removesuffix('.')} (replaced since: MARA)." in after
