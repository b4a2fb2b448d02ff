"""Sessions, exclusions, bitcoin's cut, and the whole study on the frozen tables."""

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from claimbook import data
from claimbook.analysis import calendar, eventstudy, intraday, returns
from claimbook.analysis import setting as ground
from claimbook.errors import AnalysisError, ClaimbookError, ParameterError

SIX = ("BITF", "CLSK", "CORZ", "HUT", "MARA", "RIOT")
MODELS = ("mean", "market", "market_btc", "market_btc_ai", "synthetic")
TABLES = (
    *("adjusted_closes", "bars_daily", "bars_hourly", "bitcoin_hourly", "bitcoin_daily"),
    *("ai_contracts", "events", "tickers"),
)
DATE = "2025-03-26"


@lru_cache(maxsize=1)
def _book() -> data.Edition:
    return data.read(TABLES)


@lru_cache(maxsize=1)
def _study() -> eventstudy.EventStudy:
    return eventstudy.event_study(_book(), DATE, SIX, draws=299)


def _days(count: int = 300) -> pd.DatetimeIndex:
    return calendar.sessions(pd.Timestamp("2024-01-02"), pd.Timestamp("2026-01-30"))[:count]


def _closes(holes: dict[str, slice | list[int]] | None = None) -> dict[str, pd.DataFrame]:
    """A small book: shares A to C, the default benchmarks, and bitcoin by the day."""
    days = _days()
    rng = np.random.default_rng(1)
    names = ["A", "B", "C", *ground.Benchmarks().tickers]
    steps = 0.02 * rng.standard_normal((len(days), len(names)))
    wide = pd.DataFrame(100 * np.exp(steps.cumsum(axis=0)), index=days, columns=names)
    for name, rows in (holes or {}).items():
        wide.iloc[rows, names.index(name)] = np.nan
    tidy = wide.rename_axis("date").reset_index().melt("date", None, "ticker", "adjusted_close")
    coin = pd.DataFrame({"date": days, "close": 5e4 + 100 * rng.standard_normal(len(days))})
    hourly = pd.DataFrame({"start_utc": pd.DatetimeIndex([], tz="UTC"), "close": []})
    return {
        "adjusted_closes": tidy.dropna().reset_index(drop=True),
        "bitcoin_daily": coin,
        "bitcoin_hourly": hourly,
    }


def _setting(
    book: dict[str, pd.DataFrame],
    event: int = 250,
    tickers: tuple[str, ...] = ("A", "B", "C"),
    window: tuple[int, int] = (0, 0),
    estimation: int = 120,
) -> ground.Setting:
    date = f"{_days()[event]:%Y-%m-%d}"
    return ground.setting(book, date, tickers, ground.Benchmarks(), estimation, 10, window)


@pytest.mark.parametrize(
    ("date", "nearest"),
    [
        ("2025-03-29", "2025-03-28 and 2025-03-31"),
        ("2025-01-09", "2025-01-08 and 2025-01-10"),
        ("2025-07-04", "2025-07-03 and 2025-07-07"),
    ],
)
def test_a_day_without_trading_is_refused(date: str, nearest: str) -> None:
    with pytest.raises(ParameterError, match=f"{date} is no session .* {nearest}"):
        eventstudy.event_study(_book(), date, SIX)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"estimation": 20}, "20 sessions is too short: at least 30"),
        ({"estimation": 2000}, "needs 2010 sessions before the event window"),
        ({"gap": -1}, "gap of -1"),
        ({"window": (2, 0)}, "ends before it begins"),
        ({"event_date": "2030-03-26"}, "outside the data"),
        ({"event_date": "2026-08-21", "window": (0, 5)}, "the data end on"),
        ({"tickers": ("MARA", "NOSUCH")}, "no prices of NOSUCH"),
        ({"tickers": ("MARA", "MARA")}, "named twice"),
        ({"tickers": ("MARA", "CRWV")}, "two shares or more, and has 1 .CRWV: its prices begin"),
        ({"direction": "down"}, "one of either, fall, rise"),
    ],
)
def test_what_makes_no_study_is_one_sentence(change: dict[str, object], message: str) -> None:
    given = {"event_date": DATE, "tickers": SIX, **change}
    with pytest.raises(ClaimbookError, match=message) as caught:
        eventstudy.event_study(_book(), **given)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_a_whole_setting_leaves_nothing_out() -> None:
    whole = _setting(_closes())
    assert whole.exclusions == ()
    assert whole.tickers == ("A", "B", "C")
    assert len(whole.needed()) == 121
    assert whole.needed()[-1] == _days()[250]
    assert whole.needed()[-2] == _days()[239]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (slice(0, 150), "its prices begin on .* leaves 99 of the 130 returns"),
        (slice(200, 300), "its prices end on"),
        ([180], "it has no price on 2024-09-19"),
        ([250], "it has no price on"),
        ([119], "it has no price on"),
        (slice(0, 300), None),
    ],
)
def test_a_share_that_lacks_prices_is_left_out_with_its_reason(
    rows: slice | list[int], reason: str | None
) -> None:
    book = _closes({"B": rows})
    if reason is None:
        with pytest.raises(AnalysisError, match="no prices of B"):
            _setting(book)
        return
    found = _setting(book)
    assert found.tickers == ("A", "C")
    assert [e.subject for e in found.exclusions] == ["B"]
    pd.testing.assert_series_equal(
        pd.Series(found.exclusions[0].reason).str.contains(reason), pd.Series([True])
    )


@pytest.mark.parametrize("row", [118, 245, 251, 20])
def test_a_gap_outside_the_windows_does_no_harm(row: int) -> None:
    # Row 118 is two sessions before the first return needed; 245 lies in the gap of ten sessions.
    assert _setting(_closes({"B": [row]})).tickers == ("A", "B", "C")


def test_a_basket_member_and_a_donor_are_left_out_with_their_reason() -> None:
    found = _setting(_closes({"NVDA": [200]}))
    assert "NVDA" not in found.ai
    assert "NVDA" not in found.donors
    assert [(e.subject, e.left_out_of) for e in found.exclusions] == [
        ("NVDA", "the AI basket"),
        ("NVDA", "the synthetic control"),
    ]
    with pytest.raises(AnalysisError, match="SPY cannot be the market"):
        _setting(_closes({"SPY": [200]}))


def test_prices_on_a_day_without_trading_are_refused() -> None:
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(["2025-01-08", "2025-01-09", "2025-01-10"]),
            "ticker": "A",
            "close": 1.0,
        }
    )
    with pytest.raises(AnalysisError, match="2025-01-09 is no session"):
        returns.wide(frame, "close")
    with pytest.raises(AnalysisError, match="two rows for 2025-01-08"):
        returns.wide(pd.concat([frame.iloc[:1], frame.iloc[:1]]), "close")


def test_returns_do_not_bridge_a_gap() -> None:
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(["2025-01-06", "2025-01-07", "2025-01-10", "2025-01-13"]),
            "ticker": "A",
            "close": [100.0, 110.0, 121.0, 60.5],
        }
    )
    simple = returns.change(returns.wide(frame, "close"))["A"]
    # 2025-01-08 and the two sessions after a missing close have no return; the 9th is no session.
    assert list(simple.index.strftime("%d")) == ["06", "07", "08", "10", "13"]
    np.testing.assert_allclose(simple, [np.nan, 0.1, np.nan, np.nan, -0.5])
    log = returns.change(returns.wide(frame, "close"), "log")["A"]
    np.testing.assert_allclose(log.iloc[[1, 4]], np.log([1.1, 0.5]))


def test_bitcoin_is_cut_when_the_session_ends() -> None:
    # Around the change of clocks (9 March 2025): 16:00 New York is 21:00 UTC, then 20:00 UTC.
    # On 24 December 2024 the session ends at 13:00, which is 18:00 UTC.
    hours = pd.date_range("2024-12-20", "2025-03-12", freq="h", tz="UTC")
    hourly = pd.DataFrame({"start_utc": hours, "close": np.arange(len(hours), dtype=float) + 1000})
    daily = pd.DataFrame({"date": pd.to_datetime(["2025-03-12", "2025-03-13"]), "close": [1.0, 2]})
    days = calendar.sessions(pd.Timestamp("2024-12-23"), pd.Timestamp("2025-03-13"))
    found = returns.bitcoin(hourly, None, daily, days)

    def price(stamp: str) -> float:
        return float(hourly.set_index("start_utc").loc[pd.Timestamp(stamp, tz="UTC"), "close"])

    for day, before, end in (
        ("2024-12-24", "2024-12-23 20:00", "2024-12-24 17:00"),
        ("2025-03-10", "2025-03-07 20:00", "2025-03-10 19:00"),
    ):
        assert found.returns[day] == pytest.approx(price(end) / price(before) - 1)
        assert found.source[day] == returns.SPOT
    assert found.source["2025-03-13"] == returns.UTC
    assert found.returns["2025-03-13"] == pytest.approx(1.0)
    # The 12th has an hourly price on one side only, and a daily one on one side only.
    assert np.isnan(found.returns["2025-03-12"])
    assert "1 sessions from UTC daily closes" in found.described(days)


def test_a_fund_bridges_hourly_bitcoin_better_than_utc_closes() -> None:
    book = _book()
    closes = returns.wide(book["adjusted_closes"], "adjusted_close")
    days = pd.DatetimeIndex(closes.loc["2024-11-15":"2025-04-16"].index)  # type: ignore[misc]
    nothing = book["bitcoin_hourly"].iloc[:0]
    hourly = returns.bitcoin(book["bitcoin_hourly"], None, book["bitcoin_daily"], days)
    fund = returns.bitcoin(nothing, closes["IBIT"], book["bitcoin_daily"], days)
    utc = returns.bitcoin(nothing, None, book["bitcoin_daily"], days)
    spot = hourly.returns[hourly.source == returns.SPOT]
    assert len(spot) > 95
    assert spot.corr(fund.returns) > 0.998
    assert spot.corr(utc.returns) < 0.95


def test_listed_events_fall_on_the_session_they_could_move() -> None:
    events = pd.DataFrame(
        {
            "date": pd.to_datetime(
                ["2024-06-03", "2025-02-21", "2025-03-08", "2025-03-26", "2025-03-27"]
            ),
            "time": ["after close", "Friday evening", None, "US session / evening", "20:48 UTC"],
        }
    )
    days = calendar.sessions(pd.Timestamp("2024-01-02"), pd.Timestamp("2025-12-31"))
    found = [f"{day:%Y-%m-%d}" for day in ground.known_sessions(events, days)]
    assert found == [
        *("2024-06-04", "2025-02-24", "2025-03-10", "2025-03-26", "2025-03-27", "2025-03-28"),
    ]


def test_the_study_has_every_named_quantity() -> None:
    found = eventstudy.quantities(_study())
    names = (
        *("aar_pct", "placebo_p", "cda_t", "kp_t", "adjusted_patell_z", "corrado_z"),
        *("mean_residual_correlation", "effective_shares", "minimum_detectable_effect_pct"),
        "explained_share_pct",
    )
    wanted = {f"{name}.{model}" for name in names for model in MODELS}
    wanted |= {f"contribution_pct.{factor}" for factor in ("market", "bitcoin", "ai")}
    wanted |= {"specification_curve_p"}
    assert wanted <= set(found)
    assert all(isinstance(found[name].value, float) for name in wanted)
    assert found["aar_pct.market"].unit == "percent"


def test_the_study_agrees_with_least_squares_done_by_hand() -> None:
    closes = _book()["adjusted_closes"].pivot(
        index="date", columns="ticker", values="adjusted_close"
    )
    simple = closes / closes.shift(1) - 1
    event = int(simple.index.get_loc(pd.Timestamp(DATE)))
    fitting = simple.iloc[event - 130 : event - 10]
    abnormal = []
    for ticker in SIX:
        slope, constant = np.polyfit(fitting["SPY"], fitting[ticker], 1)
        abnormal.append(simple[ticker].iloc[event] - constant - slope * simple["SPY"].iloc[event])
    market = _study().models["market"]
    np.testing.assert_allclose(market.shares["ar_pct"], 100 * np.array(abnormal), atol=1e-9)
    assert market.aar_pct == pytest.approx(100 * np.mean(abnormal), abs=1e-9)
    mean = _study().models["mean"]
    plain = simple[list(SIX)].iloc[event] - fitting[list(SIX)].mean()
    np.testing.assert_allclose(mean.shares["ar_pct"], 100 * plain, atol=1e-9)
    explained = 100 * (1 - np.mean(abnormal) / simple[list(SIX)].iloc[event].mean())
    assert market.explained_share_pct == pytest.approx(explained, abs=1e-8)


def test_the_placebo_days_are_all_other_days() -> None:
    study = _study()
    for name, one in study.models.items():
        assert pd.Timestamp(DATE) not in one.days.index, name
        assert one.mean.count == len(one.days) >= 250
        assert one.mean_quiet.count == len(one.days) - one.days["known"].sum()
        event = one.shares["t"].mean()
        extreme = (one.days["mean"].abs() >= abs(event)).sum()
        assert one.mean.p_value == pytest.approx((1 + extreme) / (1 + len(one.days)))
    known = study.models["market"].days.query("known").index
    assert pd.Timestamp("2025-01-27") in known
    # CORZ was listed on 2024-01-24: its first return is the day after, then 120 and 10 sessions.
    first = study.models["market"].days.index[0]
    since = calendar.sessions(pd.Timestamp("2024-01-24"), first)
    assert len(since) - 1 == 1 + 120 + 10


def test_one_study_says_the_same_thing_everywhere() -> None:
    study = _study()
    assert study.attribution is not None
    assert study.bracket is not None
    direct, total = study.models["market_btc_ai"], study.models["market_btc"]
    assert 100 * study.attribution.abnormal == pytest.approx(direct.aar_pct, abs=1e-9)
    assert 100 * study.bracket.direct == pytest.approx(direct.aar_pct, abs=1e-9)
    assert 100 * study.bracket.total == pytest.approx(total.aar_pct, abs=1e-9)
    by_share = study.dose["market_btc"].table.loc[list(SIX), "ar"]
    np.testing.assert_allclose(100 * by_share, total.shares["ar_pct"], atol=1e-9)
    assert study.curve is not None
    own = study.curve.table.query(
        "model == 'market_btc' and estimation == 120 and window == '0'"
        " and returns == 'simple' and shares == 'named'"
    )
    assert 100 * own["estimate"].iloc[0] == pytest.approx(total.aar_pct, abs=1e-9)
    weights = study.models["synthetic"].coefficients
    np.testing.assert_allclose(weights.sum(), 1, atol=1e-12)
    assert (weights >= 0).all(axis=None)
    assert "MSFT" not in weights.index


def test_odd_prices_are_said() -> None:
    notes = _study().notes
    assert any("CLSK" in note and "2024-11-08" in note for note in notes)
    assert any(note.startswith("CORZ: Relisted") for note in notes)
    assert {e.left_out_of for e in _study().exclusions if e.subject == "CLSK"} == {
        "the volume",
        "the range",
    }


def test_naive_tests_cry_wolf_on_ordinary_days() -> None:
    one = _study().models["market_btc"]
    naive = one.naive.set_index("test")["alarms_pct"]
    trusted = one.tests.set_index("test")["alarms_pct"]
    assert naive[["Cross-sectional t", "Patell", "BMP"]].min() > 15
    assert trusted[["Portfolio (CDA)", "Adjusted Patell", "Kolari–Pynnönen"]].max() < 10


def test_a_date_without_hourly_bars_says_so() -> None:
    study = eventstudy.event_study(_book(), "2024-06-04", SIX, draws=99)
    assert study.intraday is None
    assert "no complete path through 2024-06-04" in study.missing["intraday"]
    assert "CORZ" not in study.tickers
    assert any(e.subject == "CORZ" and "2024-01-24" in e.reason for e in study.exclusions)
    found = eventstudy.quantities(study)
    assert found["intraday_p"].value is None
    assert "UTC daily closes" in study.bitcoin_basis


def test_a_window_and_a_direction() -> None:
    study = eventstudy.event_study(
        _book(), DATE, SIX, estimation=60, window=(-1, 1), direction="fall", draws=99
    )
    closes = _book()["adjusted_closes"].pivot(
        index="date", columns="ticker", values="adjusted_close"
    )
    simple = (closes / closes.shift(1) - 1)[list(SIX)]
    event = int(simple.index.get_loc(pd.Timestamp(DATE)))
    total = simple.iloc[event - 1 : event + 2].sum().mean()
    assert study.return_pct == pytest.approx(100 * total, abs=1e-9)
    days = study.models["market"].days
    values = days["mean"]
    event_value = study.models["market"].shares["t"].mean()
    assert study.models["market"].mean.p_value == pytest.approx(
        (1 + (values <= event_value).sum()) / (1 + len(values))
    )
    # Windows that share a session with the event's are no placebo.
    apart = (days.index - pd.Timestamp(DATE)).days
    assert np.abs(apart).min() >= 3


def test_paths_start_from_the_session_before() -> None:
    hourly = _book()["bars_hourly"]
    path = intraday.paths(hourly, ["CORZ"])
    assert list(path.columns) == list(intraday.LABELS)
    bars = hourly[hourly["ticker"] == "CORZ"].set_index("start_utc")
    before = bars.loc[pd.Timestamp("2025-03-25 19:30", tz="UTC"), "close"]
    row = path.loc[(pd.Timestamp(DATE), "CORZ")]
    first = bars.loc[pd.Timestamp("2025-03-26 13:30", tz="UTC")]
    assert row["09:30"] == pytest.approx(first["open"] / before - 1)
    assert row["10:30"] == pytest.approx(first["close"] / before - 1)
    last = bars.loc[pd.Timestamp("2025-03-26 19:30", tz="UTC"), "close"]
    assert row["16:00"] == pytest.approx(last / before - 1)
    # The short session of 29 November 2024 has no whole path.
    assert pd.Timestamp("2024-11-29") not in path.index.get_level_values("session")


def test_the_event_is_not_among_the_other_paths() -> None:
    found = _study().intraday
    assert found is not None
    assert found.largest.count == found.others == found.overnight.count
    assert found.others > 250
    total = (1 + found.overnight.statistic) * (1 + found.session.statistic) - 1
    assert total == pytest.approx(found.table.loc["16:00", "mean"])


def test_intervals_of_the_curve_are_students() -> None:
    curve = _study().curve
    assert curve is not None
    table = curve.table
    reach = table["estimate"] - table["low"]
    np.testing.assert_allclose(reach, table["high"] - table["estimate"])
    # Zero is outside the interval exactly where the two-sided test says so, as duality wants.
    outside = (table["low"] > 0) | (table["high"] < 0)
    assert (outside == (table["p_value"] < 0.05)).all()
    # Student's quantile is wider than the normal one.
    assert (reach > 1.96 * table["error"]).all()
