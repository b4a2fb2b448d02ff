"""The comparison with Yahoo Finance, through the real yfinance and a server on loopback.

The server speaks Yahoo's chart format and answers from the frozen tables, changed as each test
says. The session handed to yfinance leads every request to it; nothing else is replaced.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import little_data
import loopback
import pandas as pd
import pytest
import yfinance
from loopback import Yahoo
from loopback import YahooSession as Line

from claimbook import cli, paths
from claimbook.data import comparison as live
from claimbook.data import patience
from claimbook.data import yahoo as client
from claimbook.data.patience import Patience
from claimbook.errors import DataError

START, END = "2025-03-03", "2025-03-31"
Answer = loopback.Answer


@pytest.fixture(scope="module")
def tables() -> Yahoo:
    return Yahoo("2025-01-01", "2025-06-30")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few shares of the shipped edition: it is read anew for each comparison."""
    tickers = ("BITF", "CLSK", "CORZ", "HUT", "MARA", "RIOT", "SDIG", "SPY", "^GSPC")
    return little_data.write(tmp_path_factory.mktemp("compared") / "project", tickers)


@pytest.fixture
def yahoo(tables: Yahoo, project: Path, monkeypatch: pytest.MonkeyPatch) -> Yahoo:
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(project))
    return tables.again()


@pytest.fixture
def session(yahoo: Yahoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    loopback.forget(tmp_path / "cache")
    with loopback.serving(yahoo) as port:
        # The command line makes its session itself: here it makes this one.
        monkeypatch.setattr(client, "Session", lambda: Line(port))
        yield Line(port)


def compared(session: Line, *tickers: str) -> pd.DataFrame:
    return live.drift(tickers, START, END, session=session, patience=Patience((), timeout=5))


def test_equal_prices_show_no_drift(yahoo: Yahoo, session: Line) -> None:
    found = compared(session, "MARA", "SPY", "^GSPC")
    assert list(found.index) == ["MARA", "SPY", "^GSPC"]
    assert (found["outcome"] == live.COMPARED).all()
    assert (found["rows_both"] == 21).all()  # the sessions of March 2025 from the 3rd on
    assert (found[["rows_frozen_only", "rows_live_only"]] == 0).all(axis=None)
    assert found["close_pct"].max() < 1e-9
    assert found["adjusted_return_pp"].max() < 1e-9
    assert any(path.endswith("/v8/finance/chart/MARA") for path in yahoo.asked)


def test_a_revised_close_is_found_with_its_size_and_date(yahoo: Yahoo, session: Line) -> None:
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


def test_a_split_moves_prices_but_no_returns(yahoo: Yahoo, session: Line) -> None:
    yahoo.edit = lambda bars: bars.assign(
        close=bars["close"] / 2, adjusted_close=bars["adjusted_close"] / 2
    )
    row = compared(session, "HUT").loc["HUT"]
    assert row["close_pct"] == pytest.approx(50)
    assert row["adjusted_return_pp"] < 1e-9


def test_missing_and_added_sessions_are_counted(yahoo: Yahoo, session: Line) -> None:
    def shift(bars: pd.DataFrame) -> pd.DataFrame:
        bars = bars[~bars["date"].isin(pd.to_datetime(["2025-03-12", "2025-03-13"]))]
        sunday = bars.iloc[:1].assign(date=pd.Timestamp("2025-03-16"))
        return pd.concat([bars, sunday]).sort_values("date")

    yahoo.edit = shift
    row = compared(session, "CLSK").loc["CLSK"]
    counts = row[["rows_both", "rows_frozen_only", "rows_live_only"]].tolist()
    assert counts == [19, 2, 1]


def test_a_gone_ticker_is_named_and_the_others_are_compared(yahoo: Yahoo, session: Line) -> None:
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
    (500, b"<html>Internal Server Error</html>", r"is in trouble \(HTTP 500, asked for MARA\)"),
    (503, b"", r"is in trouble \(HTTP 503, asked for MARA\)"),
    (403, b"<html>Forbidden</html>", r"refused the request for MARA \(HTTP 403\)"),
    (999, b"Request denied", "limits the requests"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "sentence"), FAILURES)
def test_every_odd_answer_is_one_sentence(
    yahoo: Yahoo,
    session: Line,
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


def test_a_span_without_prices_at_yahoo_is_one_sentence(yahoo: Yahoo, session: Line) -> None:
    yahoo.edit = lambda bars: bars[bars["date"] > "2025-05-01"]
    with pytest.raises(DataError, match="returned no prices for MARA from 2025-03-03"):
        compared(session, "MARA")


def test_a_cut_off_answer_is_one_sentence(yahoo: Yahoo, session: Line) -> None:
    yahoo.cut = True
    with pytest.raises(DataError, match="could not be reached for MARA"):
        compared(session, "MARA")


def test_a_slow_answer_is_given_up(yahoo: Yahoo, session: Line) -> None:
    found = compared(session, "MARA")  # the time zone is known from here on
    assert len(found) == 1
    yahoo.delay = 1.5
    with pytest.raises(DataError, match=r"could not be reached for MARA \(.*Timeout.*\)"):
        live.drift(["MARA"], START, END, session=session, patience=Patience((), timeout=0.3))


def test_nobody_listening_is_one_sentence(session: Line) -> None:
    session.port = 9  # the discard port: nothing listens on it
    with pytest.raises(DataError, match=r"could not be reached for MARA .* check the network"):
        compared(session, "MARA")


def test_yfinance_is_left_as_it_was(yahoo: Yahoo, session: Line) -> None:
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
        (["MARA"], "1800-01-01", END, "the first day is 1800-01-01; there are no prices of that"),
        (["MARA"], "2005-01-03", "2005-02-01", "no closes of 'MARA' from 2005-01-03"),
    ],
)
def test_what_the_edition_does_not_hold_is_refused_before_any_request(
    yahoo: Yahoo, session: Line, tickers: list[str], start: str, end: str, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        live.drift(tickers, start, end, session=session)
    assert yahoo.asked == []


def test_the_command_prints_a_table(
    yahoo: Yahoo, session: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    yahoo.edit = lambda bars: bars[bars["ticker"] != "BITF"]
    drift = ["data", "drift", "--from", START, "--to", END, "--tickers"]
    assert cli.main([*drift, "MARA,RIOT"]) == cli.DONE
    shown = capsys.readouterr().out
    assert "MARA" in shown
    assert "RIOT" in shown
    assert cli.main([*drift, " mara, keel"]) == cli.FAILED
    shown = capsys.readouterr().out
    assert shown.startswith("MARA: 21 sessions in both")
    assert "BITF: Yahoo returned nothing" in shown


@pytest.mark.parametrize("written", ["", " ", "MARA,,RIOT", "MARA,", "MARA RIOT", "MARA,mara"])
def test_the_command_refuses_tickers_that_are_none(
    yahoo: Yahoo, session: Line, capsys: pytest.CaptureFixture[str], written: str
) -> None:
    assert cli.main(["data", "drift", "--tickers", written]) == cli.UNUSABLE
    said = capsys.readouterr().err
    assert said.startswith("claimbook: ")
    assert said.count("\n") == 1
    assert yahoo.asked == []


def test_the_command_without_a_network_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real address, behind a proxy that nobody runs: nothing can leave loopback."""
    monkeypatch.setattr(patience, "time", SimpleNamespace(sleep=lambda _: None))
    assert cli.main(["data", "drift", "--tickers", "MARA"]) == cli.UNUSABLE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("claimbook: Yahoo Finance could not be reached for MARA")
    assert shown.err.count("\n") == 1
