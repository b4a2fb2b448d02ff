"""Window means and changes: closed forms, the protocol's arithmetic, the second provider."""

import numpy as np
import pandas as pd
import pytest

from claimbook import data, ledger
from claimbook.analysis import published, revenue
from claimbook.analysis.windows import windows_of
from claimbook.charts import revenue as charts
from claimbook.errors import DataError
from claimbook.words import revenue as words

BLOCKS_PER_HALVING = 210_000


@pytest.fixture(scope="module")
def book() -> data.Edition:
    return data.read(ledger.claim("halving-revenue").tables)


@pytest.fixture(scope="module")
def first(book: data.Edition) -> pd.DataFrame:
    return revenue.daily(book["network_daily"])


@pytest.fixture(scope="module")
def second(book: data.Edition) -> pd.DataFrame:
    return revenue.daily_second(book["network_daily_second"])


@pytest.fixture(scope="module")
def found(book: data.Edition) -> dict[int, revenue.Halving]:
    return revenue.halvings(book["network_daily"])


def test_halvings_fall_where_the_protocol_puts_them(
    book: data.Edition, found: dict[int, revenue.Halving]
) -> None:
    # Blocks up to the eve, less the early ones, are 210,000 a halving. The table starts with
    # block 1, so the genesis block is missing from the count.
    blocks = book["network_daily"].set_index("date")["blocks"].cumsum()
    assert list(found) == [2012, 2016, 2020, 2024]
    for number, halving in enumerate(found.values(), start=1):
        assert blocks[halving.eve] - halving.early_blocks == number * BLOCKS_PER_HALVING - 1
        assert halving.old_subsidy == 50 / 2 ** (number - 1)
        assert halving.new_subsidy == 50 / 2**number
    assert found[2024].early_blocks == 4


def test_the_clock_says_which_days_are_mixed(found: dict[int, revenue.Halving]) -> None:
    # The times in the headers of blocks 210,000, 420,000, 630,000 and 840,000 (UTC).
    headers = {2012: "2012-11-28 15:24", 2016: "2016-07-09 16:46", 2020: "2020-05-11 19:23",
               2024: "2024-04-20 00:09"}  # fmt: skip
    for year, time in headers.items():
        on_the_first_whole_day = pd.Timestamp(time).normalize() == found[year].day
        assert found[year].at_midnight == on_the_first_whole_day
        if not on_the_first_whole_day:
            assert pd.Timestamp(time).normalize() == found[year].eve


def test_changes_by_length_are_the_comparisons(
    first: pd.DataFrame, second: pd.DataFrame, found: dict[int, revenue.Halving]
) -> None:
    # The second provider's hash rate ends in the span: the longest windows lack too many days.
    for frame, lengths in ((first, [14, 90, 365, 730]), (second, [90, 660, 675, 730])):
        table = revenue.changes_by_length(frame, found[2024].day, lengths)
        for days in lengths:
            expected = revenue.compare(frame, windows_of(found[2024].day, days))["change"]
            for measure in table.columns:
                assert table.at[days, measure] == pytest.approx(expected[measure], nan_ok=True)
    assert np.isnan(table.at[730, "hashprice"])
    assert not np.isnan(table.at[675, "hashprice"])


def test_medians_in_closed_form() -> None:
    days = pd.date_range("2020-01-01", periods=6)
    frame = _frame(days, issuance_btc=[1, 2, 9, 1, 4, 40], fees_btc=0, price_usd=1, hashrate_ehs=1)
    table = revenue.compare(frame, windows_of(days[3], 3), median=True)
    assert table.loc["revenue_btc"].tolist() == pytest.approx([2, 4, 100])


def test_weekly_points_keep_the_halving_and_four_digits() -> None:
    frame = pd.DataFrame({"days_from_halving": range(-365, 366), "x": 12345.678})
    kept = charts.weekly(frame)
    assert 0 in kept["days_from_halving"].tolist()
    assert set(np.diff(kept["days_from_halving"])) == {7}
    assert set(kept["x"]) == {12350.0}


def test_issuance_that_no_subsidy_explains_is_refused() -> None:
    days = pd.date_range("2012-11-27", periods=3)
    network = pd.DataFrame(
        {"date": days, "blocks": [100, 100, 100], "issuance_btc": [5000.0, 4001.0, 2500.0]}
    )
    with pytest.raises(DataError, match="2012-11-28 is no sum of block subsidies of 50 and 25"):
        revenue.halvings(network)


def test_windows_share_the_boundary_and_nothing_else() -> None:
    day = pd.Timestamp("2024-04-20")
    whole = windows_of(day, 90)
    assert (whole.before[0], whole.before[-1]) == (
        pd.Timestamp("2024-01-21"),
        pd.Timestamp("2024-04-19"),
    )
    assert (whole.after[0], whole.after[-1]) == (day, pd.Timestamp("2024-07-18"))
    without = windows_of(day, 90, without_day=True)
    assert without.after[0] == day + pd.Timedelta(days=1)
    assert (len(without.before), len(without.after)) == (90, 89)
    around = windows_of(day, 90, each_side=7)
    assert (len(around.before), len(around.after)) == (83, 83)
    assert (around.after[0] - around.before[-1]).days == 15


def _frame(days: pd.DatetimeIndex, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame(columns, index=days, dtype=float)
    frame["revenue_btc"] = frame["issuance_btc"] + frame["fees_btc"]
    frame["revenue_usd"] = frame["revenue_btc"] * frame["price_usd"]
    frame["hashprice"] = frame["revenue_usd"] / frame["hashrate_ehs"] / 1000
    frame["btc_per_ehs"] = frame["revenue_btc"] / frame["hashrate_ehs"]
    return frame


def test_changes_in_closed_form() -> None:
    # Subsidy halves, price triples, hash rate doubles: coins -50 %, dollars +50 %, hashprice -25 %,
    # and the same hash rate earns a quarter of the coins.
    days = pd.date_range("2020-01-01", periods=40)
    after = np.arange(40) >= 20
    frame = _frame(
        days,
        issuance_btc=np.where(after, 50, 100),
        fees_btc=0,
        price_usd=np.where(after, 30, 10),
        hashrate_ehs=np.where(after, 2, 1),
    )
    table = revenue.compare(frame, windows_of(days[20], 20))
    assert table["change"].to_dict() == pytest.approx(
        {"revenue_btc": -50, "revenue_usd": 50, "hashprice": -25, "btc_per_ehs": -75,
         "hashrate_ehs": 100, "price_usd": 200, "fee_share": 0}
    )  # fmt: skip


def test_fee_share_weighs_coins_not_days() -> None:
    days = pd.date_range("2020-01-01", periods=2)
    frame = _frame(days, issuance_btc=[90, 0], fees_btc=[10, 900], price_usd=1, hashrate_ehs=1)
    assert revenue.fee_share(frame, days) == pytest.approx(910 / 1000)


def test_missing_days_are_not_filled() -> None:
    days = pd.date_range("2020-01-01", periods=100)
    series = pd.Series(1.0, index=days)
    series.iloc[:5] = np.nan
    assert revenue.mean(series, days) == 1.0
    series.iloc[5] = np.nan
    assert np.isnan(revenue.mean(series, days))
    assert np.isnan(revenue.mean(series, days + pd.Timedelta(days=1000)))


def test_price_snapshot_closes_the_day_before() -> None:
    table = pd.DataFrame(
        {
            "date": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]),
            "market_price_usd": [10.0, 20.0, np.nan],
            "issuance_btc": 3.0,
            "fees_btc": [1.0, np.nan, 1.0],
            "hashrate_ehs": 2.0,
        }
    )
    out = revenue.daily_second(table)
    assert out["revenue_usd"].iloc[0] == 20 * 4
    assert out["hashprice"].iloc[0] == 80 / 2000
    assert out["revenue_usd"].iloc[1:].isna().all()


def test_missing_days_of_the_second_provider_are_listed(second: pd.DataFrame) -> None:
    windows = windows_of(pd.Timestamp("2025-11-20"), 30)
    assert revenue.missing_days(second, windows, ["revenue_usd"]) == [
        "2025-11-13", "2025-11-14", "2025-11-15",
    ]  # fmt: skip
    assert words.spans_words(["2025-11-13", "2025-11-14", "2025-11-15", "2025-12-01"]) == (
        "2025-11-13 to 2025-11-15 and 2025-12-01"
    )


def test_article_windows_come_out_as_published_elsewhere(
    first: pd.DataFrame, second: pd.DataFrame, found: dict[int, revenue.Halving]
) -> None:
    # Whole percents that were worked out from the provider's file by other means.
    compared = revenue.comparisons(first, second, found[2024], [90, 180, 365], 7)
    quantities = revenue.change_quantities(compared)
    for stem, expected in {
        "revenue_btc_change_pct": [-48, -53, -52],
        "revenue_usd_change_pct": [-43, -39, -5],
    }.items():
        values = [quantities[f"{stem}.{days}d"].value for days in (90, 180, 365)]
        assert [round(float(v)) for v in values if v is not None] == expected
    assert quantities["price_change_pct.365d"].value == pytest.approx(100, abs=3)


def test_both_providers_agree(
    first: pd.DataFrame, second: pd.DataFrame, found: dict[int, revenue.Halving]
) -> None:
    compared = revenue.comparisons(first, second, found[2024], [90, 180, 365], 7)
    quantities = revenue.change_quantities(compared)
    for stem in (*revenue.CHANGES.values(), revenue.FEE_SHARE):
        for days in (90, 180, 365):
            ours = quantities[f"{stem}.{days}d"].value
            theirs = quantities[f"{stem}.{days}d.second_provider"].value
            assert ours == pytest.approx(theirs, abs=0.3), (stem, days)


def test_leaving_out_the_halving_day_matters_as_much_as_the_day_does(
    first: pd.DataFrame, second: pd.DataFrame, found: dict[int, revenue.Halving]
) -> None:
    compared = revenue.comparisons(first, second, found[2024], [90], 7)
    with_day, without = compared["", 90], compared[revenue.WITHOUT_HALVING_DAY, 90]
    day = first["revenue_usd"][found[2024].day]
    total = float(with_day["after"]["revenue_usd"]) * 90
    assert float(without["after"]["revenue_usd"]) == pytest.approx((total - day) / 89)
    assert float(without["before"]["revenue_usd"]) == float(with_day["before"]["revenue_usd"])


def test_jpmorgan_monthly_figures_are_near_ours(book: data.Edition, first: pd.DataFrame) -> None:
    table = published.monthly(first, book["jpm_mining_economics"])
    gaps = table["difference_pct"].abs()
    assert len(table) >= 10
    assert gaps.notna().all()
    assert gaps.max() < 8
    assert gaps.median() < 3
    # The hash rate is the same network's: within 1 %.
    assert (table["our_hashrate"] / table["published_hashrate"] - 1).abs().max() < 0.01


def test_windows_not_asked_for_cannot_be_tested(
    first: pd.DataFrame, second: pd.DataFrame, found: dict[int, revenue.Halving]
) -> None:
    claim = ledger.claim("halving-revenue")
    compared = revenue.comparisons(first, second, found[2024], [30], 7)
    findings = ledger.judge_all(claim, revenue.change_quantities(compared), {"halving": 2024})
    assert {finding.verdict for finding in findings} == {ledger.UNTESTED}
    for finding in findings:
        assert finding.reason.startswith("not computed"), finding.reason


def test_trailing_mean_does_not_look_ahead() -> None:
    days = pd.date_range("2020-01-01", periods=6)
    frame = pd.DataFrame({"x": [0.0, 0, 0, 9, 9, 9]}, index=days)
    smooth = revenue.smoothed(frame, 3)["x"]
    assert smooth.iloc[:2].isna().all()
    assert smooth.iloc[2:].tolist() == [0, 3, 6, 9]


def test_steps_of_thirty_days_add_up(
    first: pd.DataFrame, found: dict[int, revenue.Halving]
) -> None:
    steps = revenue.in_steps(first, found[2024], "BTC")
    after = steps[steps["days_from_halving"] >= 0]
    whole = first["revenue_btc"].reindex(pd.date_range(found[2024].day, periods=360))
    assert 30 * (after["subsidy"] + after["fees"]).sum() == pytest.approx(whole.sum())
    assert len(steps) == 24


@pytest.mark.parametrize("year", [2012, 2016, 2020, 2024])
def test_charts_say_what_they_show(
    year: int, book: data.Edition, first: pd.DataFrame, second: pd.DataFrame,
    found: dict[int, revenue.Halving],
) -> None:  # fmt: skip
    halving = found[year]
    compared = revenue.comparisons(first, second, halving, [30, 90], 7)
    smooth = revenue.around(revenue.smoothed(first, 7), halving.day, 90)
    changes = revenue.changes_by_window(compared, [30, 90])
    line = charts.source_text(["Coin Metrics"], first.index[-1])
    drawn = [
        charts.verdict(smooth, changes, halving, 7, 10, line),
        charts.steps(revenue.in_steps(first, halving, "USD"), halving, "USD", line),
        charts.hashprice(smooth, halving, 7, line),
        charts.by_length(
            revenue.changes_by_length(first, halving.day, range(14, 731)),
            [30, 90],
            60,
            [0, 5, 10],
            halving,
            line,
        ),
        charts.against_published(published.monthly(first, book["jpm_mining_economics"]), line),
    ]
    assert len({chart.name for chart in drawn}) == len(drawn)
    for chart in drawn:
        assert "nan" not in chart.alt
        assert any(character.isdigit() for character in chart.alt)
        assert len(chart.data)
        assert len(chart.data.to_csv()) < 10_000
    change = abs(float(changes["revenue_usd"][90]))
    assert f"{change:,.0f}" in drawn[0].alt


def test_words_follow_the_sign() -> None:
    assert words.change_words(-48.4) == "48\N{NO-BREAK SPACE}% less"
    assert words.change_words(5.2) == "5\N{NO-BREAK SPACE}% more"
    assert words.change_words(822.4) == "9.2 times as much"
    assert words.change_words(float("nan")) == "not known"
    assert words.change_words(None) == "not known"
