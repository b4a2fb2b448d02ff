"""The day's moves, against prices worked by hand and against what another outlet printed."""

import numpy as np
import pandas as pd
import pytest

from claimbook import data, ledger
from claimbook.analysis import calendar, moves
from claimbook.data import Edition
from claimbook.errors import ParameterError
from claimbook.words import drop as words

SIX = ["BITF", "CLSK", "CORZ", "HUT", "MARA", "RIOT"]
DAY = "2025-03-26"


@pytest.fixture(scope="module")
def book() -> Edition:
    return data.read(ledger.claim("miner-drop").tables)


@pytest.fixture(scope="module")
def study(book: Edition) -> moves.DayStudy:
    return moves.study(book, DAY, SIX, ["SPY", "QQQ", "MSFT", "NVDA", "SMH"], "CORZ", 5)


def bars(rows: list[tuple[str, str, float, float, float, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["date", "ticker", "open", "high", "low", "close"])
    return frame.assign(date=pd.to_datetime(frame["date"]))


def test_returns_of_a_day_worked_by_hand() -> None:
    frame = bars(
        [
            ("2025-03-25", "AAA", 9.0, 11.0, 8.0, 10.0),
            ("2025-03-26", "AAA", 9.5, 10.5, 8.5, 9.0),
        ]
    )
    row = moves.day_moves(frame, ["AAA"], DAY).loc["AAA"]
    assert row["gap"] == pytest.approx(-5.0)
    assert row["open_to_close"] == pytest.approx(100 * (9.0 / 9.5 - 1))
    assert row["close_to_close"] == pytest.approx(-10.0)
    assert row["close_to_low"] == pytest.approx(-15.0)
    assert row["close_to_high"] == pytest.approx(5.0)


def test_gap_and_session_compound_to_the_close() -> None:
    frame = bars(
        [
            ("2025-03-25", "AAA", 9.0, 11.0, 8.0, 10.0),
            ("2025-03-26", "AAA", 9.7, 10.5, 8.5, 9.1),
        ]
    )
    row = moves.day_moves(frame, ["AAA"], DAY).loc["AAA"]
    assert (1 + row["gap"] / 100) * (1 + row["open_to_close"] / 100) == pytest.approx(
        1 + row["close_to_close"] / 100
    )


def test_a_share_without_the_session_before_stays_missing_and_is_listed() -> None:
    # 2025-03-24 is a session, but not the one before: a stale close must not be taken for it.
    frame = bars(
        [
            ("2025-03-24", "GAP", 1.0, 1.0, 1.0, 1.0),
            ("2025-03-26", "GAP", 2.0, 2.0, 2.0, 2.0),
            ("2025-03-25", "FULL", 1.0, 1.0, 1.0, 1.0),
            ("2025-03-26", "FULL", 1.0, 1.0, 1.0, 1.0),
        ]
    )
    found = moves.day_moves(frame, ["GAP", "FULL", "ABSENT"], DAY)
    assert moves.missing(found) == ["GAP", "ABSENT"]
    assert found.loc["FULL", "close_to_close"] == 0


def test_a_date_that_is_no_session_is_refused_with_its_neighbours() -> None:
    with pytest.raises(ParameterError, match=r"no session.*2025-03-21 and 2025-03-24"):
        moves.day_moves(bars([]), ["AAA"], "2025-03-22")


def test_named_shares_equal_the_moves_another_outlet_printed(book: Edition) -> None:
    # An independent list, printed that day; MARA is the one that differs, by transposed digits.
    printed = book["printed_moves"].set_index("ticker")["change_pct"]
    ours = moves.day_moves(book["bars_daily"], SIX, DAY)["close_to_close"].round(2)
    off = {t for t in SIX if ours[t] != printed[t]}
    assert off == {"MARA"}


def test_split_adjusted_and_adjusted_closes_agree(study: moves.DayStudy) -> None:
    # Two tables of different origin; below one dollar the adjusted ones are rounded.
    assert study.adjustment_gap_pct < 0.05


def test_bar_ends_are_new_york_times_in_summer_and_winter(book: Edition) -> None:
    for day in (DAY, "2025-01-27"):
        base = moves.day_moves(book["bars_daily"], SIX, day)["previous_close"]
        path = moves.through_the_day(book["bars_hourly"], base, day)
        assert list(path.index) == [
            "10:30", "11:30", "12:30", "13:30", "14:30", "15:30", "16:00",
        ]  # fmt: skip


def test_last_bar_is_near_the_official_close(study: moves.DayStudy) -> None:
    gap = (study.path.iloc[-1] - study.moves["close_to_close"]).abs()
    assert gap.max() < 0.5


def test_an_early_close_has_no_1530_bar(book: Edition) -> None:
    base = moves.day_moves(book["bars_daily"], SIX, "2025-07-03")["previous_close"]
    path = moves.through_the_day(book["bars_hourly"], base, "2025-07-03")
    assert "15:30" not in path.index
    assert calendar.session_close("2025-07-03").strftime("%H:%M") == "13:00"


def test_range_counts_by_rounded_whole_percent() -> None:
    path = pd.DataFrame({"A": [-3.5, -3.49], "B": [-12.49, -12.5]}, index=["a", "b"])
    counted = moves.inside(path, -12, -4)
    assert list(counted["inside"]) == [2, 0]
    assert list(counted["both_ends"]) == [True, False]


def bitcoin_book(hourly: pd.DataFrame) -> dict[str, pd.DataFrame]:
    days = pd.to_datetime(["2025-03-25", DAY])
    return {
        "bitcoin_hourly": hourly,
        "bitcoin_daily": pd.DataFrame({"date": days, "close": [1.0, 2.0]}),
        "adjusted_closes": pd.DataFrame({"date": days, "ticker": "SPY", "adjusted_close": 1.0}),
    }


def test_bitcoin_is_cut_at_four_in_new_york() -> None:
    hours = pd.date_range("2025-03-25 00:00", "2025-03-27 00:00", freq="h", tz="UTC")
    frame = pd.DataFrame({"start_utc": hours, "close": np.nan})
    # 16:00 New York is 20:00 UTC in March, the end of the bar that starts at 19:00.
    frame.loc[frame["start_utc"] == "2025-03-25 19:00Z", "close"] = 100.0
    frame.loc[frame["start_utc"] == "2025-03-26 19:00Z", "close"] = 90.0
    move = moves.bitcoin_move(bitcoin_book(frame), DAY)
    assert move.return_pct == pytest.approx(-10)
    assert "session's close" in move.basis


def test_bitcoin_falls_back_to_utc_days_and_says_so() -> None:
    empty = pd.DataFrame({"start_utc": pd.DatetimeIndex([], tz="UTC"), "close": []})
    move = moves.bitcoin_move(bitcoin_book(empty), DAY)
    assert move.return_pct == pytest.approx(100)
    assert "UTC" in move.basis


def test_the_mean_of_daily_returns_has_equal_weights_every_day() -> None:
    # One share doubles and then halves, the other stands still: +50 %, then -25 % on average.
    around = pd.DataFrame({"A": [0.0, 100.0, 0.0], "B": [0.0, 0.0, 0.0]})
    assert list(moves.daily_mean(around)) == pytest.approx([50, -25])


def test_the_rise_before_is_that_of_the_six_closes(study: moves.DayStudy, book: Edition) -> None:
    closes = book["adjusted_closes"].pivot(index="date", columns="ticker", values="adjusted_close")
    by_hand = 100 * (closes.loc["2025-03-24", SIX] / closes.loc["2025-03-21", SIX] - 1).mean()
    day, change = words.largest_before(study)
    assert f"{day:%Y-%m-%d}" == "2025-03-24"
    assert change == pytest.approx(by_hand)


def test_the_days_around_are_zero_at_the_close_before(study: moves.DayStudy) -> None:
    assert len(study.around) == 11
    assert (study.around.loc["2025-03-25"] == 0).all()
    assert study.around.loc[DAY].to_numpy() == pytest.approx(
        study.moves["close_to_close"].to_numpy(), abs=0.05
    )


def test_quantities_carry_the_names_of_the_ledger(study: moves.DayStudy) -> None:
    found = moves.quantities(study)
    of_the_study = {"unusual-day", "market-and-bitcoin", "bitcoin-alone", "contracts-fell-more"}
    for rule in ledger.claim("miner-drop").findings:
        if rule.id in of_the_study:
            continue
        for member in rule.members:
            assert found[member].value is not None
            assert found[member].unit == rule.unit
    for name in ("opening_gap_pct", "open_to_close_return_pct", "close_to_low_return_pct"):
        assert {f"{name}.{t}" for t in SIX} <= set(found)


def test_words_for_a_day_without_hourly_bars(book: Edition) -> None:
    early = moves.study(book, "2024-06-04", SIX, ["SPY"], "CORZ", 3)
    assert not early.has_hours
    assert words.bar_end_sentence(early, -12, -4) == words.NO_HOURS
    claim = ledger.claim("miner-drop")
    findings = ledger.judge_all(claim, moves.quantities(early), {"event_date": "2024-06-04"})
    assert ledger.verdict(findings) == ledger.UNTESTED
    _, summary = words.headline(early, findings)
    assert "prints nothing for this date" in summary


def test_words_name_the_share_that_is_outside(study: moves.DayStudy) -> None:
    claim = ledger.claim("miner-drop")
    findings = ledger.judge_all(claim, moves.quantities(study), {"event_date": DAY})
    key, summary = words.headline(study, findings)
    outside = [name for name, outcome in findings[0].outcomes.items() if outcome == ledger.FAILS]
    assert len(outside) == 1
    assert outside[0].rpartition(".")[2] in summary
    assert len(key) == 3
