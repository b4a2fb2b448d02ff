"""The whole study of a halving, its words and figures, on the real tables."""

import numpy as np
import pandas as pd
import pytest

from claimbook import data, ledger
from claimbook.analysis import halving as analysis
from claimbook.analysis import published, revenue, steps
from claimbook.charts import halving as charts
from claimbook.charts.chart import Chart
from claimbook.charts.revenue import source_text
from claimbook.words import revenue as words

TABLES = ledger.claim("halving-revenue").tables


def _study(year: int, windows: list[int], series_days: int = 365) -> analysis.Study:
    book = data.read(TABLES)
    return analysis.study(
        book["network_daily"],
        book["network_daily_second"],
        year=year,
        windows=windows,
        excluded_days=7,
        block_days=30,
        series_days=series_days,
    )


@pytest.fixture(scope="module")
def study() -> analysis.Study:
    return _study(2024, [365, 90, 180])


@pytest.fixture(scope="module")
def findings(study: analysis.Study) -> list[ledger.Finding]:
    claim = ledger.claim("halving-revenue")
    return ledger.judge_all(claim, study.quantities, {"halving": 2024})


def test_every_promised_quantity_is_there(study: analysis.Study) -> None:
    promised = {
        f"revenue_effect_busd.{factor}.{days}d"
        for factor in ("price", "blocks", "subsidy", "fees")
        for days in (90, 180, 365)
    }
    for series in ("revenue_btc", "revenue_usd", "hashprice"):
        promised |= {f"level_change_pct.{series}", f"break_date.{series}"}
    for claimed in ledger.claim("halving-revenue").findings:
        promised |= set(claimed.members)
    assert {name for name in promised if study.quantities[name].value is None} == set()


def test_effects_sum_to_the_published_change(study: analysis.Study) -> None:
    for days in study.windows:
        table = study.compared["", days]
        change = days * float(table["after"]["revenue_usd"] - table["before"]["revenue_usd"]) / 1e9
        effects = [
            study.quantities[f"revenue_effect_busd.{factor}.{days}d"].value
            for factor in ("price", "blocks", "subsidy", "fees")
        ]
        assert sum(float(e) for e in effects if e is not None) == pytest.approx(change, abs=1e-6)


@pytest.mark.parametrize("year", [2012, 2016, 2020, 2024])
def test_the_search_finds_each_halving_without_being_told(year: int) -> None:
    network = data.read(["network_daily"])["network_daily"]
    halving, frame = revenue.halvings(network)[year], revenue.daily(network)
    subsidy = analysis.find_breaks(frame["issuance_btc"], halving.day, 365)
    coins = analysis.find_breaks(frame["revenue_btc"], halving.day, 365)
    assert subsidy is not None
    assert coins is not None
    assert subsidy.single == halving.day
    assert 0 <= (coins.single - halving.day).days <= 5
    assert analysis.nearest(coins, halving.day) == coins.single
    # Off-centre, so that the middle of the span cannot be what it finds.
    moved = analysis.find_breaks(frame["issuance_btc"], halving.day + pd.Timedelta(days=100), 300)
    assert moved is not None
    assert moved.single == halving.day


def test_the_step_is_about_the_halving_at_each_of_the_four(study: analysis.Study) -> None:
    fits = {2024: study.steps["revenue_btc"]} | {
        year: step for (year, series), step in study.earlier.items() if series == "revenue_btc"
    }
    assert sorted(fits) == [2012, 2016, 2020, 2024]
    for step in fits.values():
        assert step is not None
        assert -57 < step.percent < -43
        assert step.low < step.percent < step.high < -40
    placebos = study.placebos["revenue_btc"]
    assert (placebos > -43).all()
    for halving in study.all_halvings.values():
        assert np.abs((placebos.index - halving.day).days).min() >= 365


def test_intervals_surround_their_changes(study: analysis.Study) -> None:
    table = study.intervals
    assert ((table["low"] < table["change"]) & (table["change"] < table["high"])).all()
    for (measure, days), row in table.iterrows():
        stem = revenue.CHANGES[measure]
        assert row["change"] == pytest.approx(study.quantities[f"{stem}.{days}d"].value)


def test_day_boundary_moves_the_change_by_tenths_of_a_point(study: analysis.Study) -> None:
    table = analysis.boundary(study)
    assert (table - table.iloc[0]).abs().max(axis=None) < 0.3
    # Moving 12.5 BTC from the eve to the halving day, in closed form.
    before = study.compared["", 90]["before"]["revenue_btc"]
    after = study.compared["", 90]["after"]["revenue_btc"]
    moved = 100 * ((90 * after + 12.5) / (90 * before - 12.5) - 1)
    assert table["90 days"].iloc[1] == pytest.approx(moved)


def test_verdicts_by_meaning_are_the_findings_own(
    study: analysis.Study, findings: list[ledger.Finding]
) -> None:
    table = words.meanings_table(study, findings)
    assert table["verdict"].tolist() == [finding.verdict for finding in findings[:3]]
    assert table["verdict"].tolist() == [ledger.HOLDS, ledger.IN_PART, ledger.HOLDS]


def test_coin_metrics_quarters(study: analysis.Study) -> None:
    facts = data.read(["coinmetrics_mining"])["coinmetrics_mining"]
    table = published.quarterly(study.first, facts).set_index(["quarter", "item"])
    assert table["difference"]["2024-Q4", "revenue_busd"] == 0
    assert table["difference"]["2024-Q2", "rank_since_2020"] == 0
    assert abs(table["difference"]["2025-Q1", "fee_share_pct"]) <= 0.02
    # The published 3.6 bn of 2025-Q1 was reached within the quarter, not at its end.
    day = published.day_reached(study.first, "2025-Q1", 3.6)
    assert day is not None
    assert day < pd.Timestamp("2025-03-31")
    assert published.day_reached(study.first, "2025-Q1", 99) is None
    later = facts.assign(quarter="2026-Q2")
    assert published.quarterly(study.first, later)["exact"].isna().all()


def test_monthly_figures_of_an_empty_month_are_missing(study: analysis.Study) -> None:
    ours, hashrate = published.per_hash(study.first, pd.Timestamp("2030-01-01"))
    assert np.isnan(ours)
    assert np.isnan(hashrate)


def _charts(study: analysis.Study) -> list[Chart]:
    line = source_text(["Coin Metrics"], study.first.index[-1])
    observed = revenue.around(study.first, study.halving.day, study.series_days)
    lines = {
        m: steps.trend_lines(step, study.series_days, 90)
        for m, step in study.steps.items()
        if step is not None
    }
    year = study.halving.year
    return [
        charts.account(study.accounts, study.halving, line, per_hash=False),
        charts.account(study.hash_accounts, study.halving, line, per_hash=True),
        charts.intervals(study.intervals, 10, line),
        charts.step_lines(observed, lines, study.steps, study.halving, line),
        charts.placebos(study.placebos, study.steps, study.earlier, year, line),
        charts.breaks(observed, study.breaks, study.halving, line),
    ]


def _sentences(study: analysis.Study) -> list[str]:
    book = data.read(TABLES)
    return [
        words.headline(study)[1],
        words.boundary_words(study.halving),
        words.price_words(study.compared, study.windows),
        words.account_words(study),
        words.hash_account_words(study),
        words.interval_words(study),
        words.step_words(study),
        words.placebo_words(study),
        words.breaks_words(study),
        words.gap_words(study.second, study.halving, study.windows),
        words.to_article_words(study.first, study.halving, "2025-03-26"),
        words.boundary_size_words(study),
        words.jpmorgan_words(study, book["jpm_mining_economics"]),
        words.coin_metrics_words(study, book["coinmetrics_mining"]),
        words.since_words(study.first, study.halving),
    ]


@pytest.mark.parametrize(("year", "windows", "days"), [(2024, [14], 180), (2012, [30, 365], 365)])
def test_other_parameters_give_figures_and_sentences(
    year: int, windows: list[int], days: int
) -> None:
    study = _study(year, windows, days)
    drawn = _charts(study)
    assert len({chart.name for chart in drawn}) == len(drawn)
    for said in [*_sentences(study), *(chart.alt for chart in drawn)]:
        assert "nan" not in said
        assert "None" not in said
        assert said.endswith(".")


def test_sentences_carry_the_numbers_they_are_about(
    study: analysis.Study, findings: list[ledger.Finding]
) -> None:
    key, summary = words.headline(study)
    assert len(key) == 3
    year = study.quantities["revenue_usd_change_pct.365d"].value
    assert isinstance(year, float)
    assert f"and \N{MINUS SIGN}{abs(year):.0f} % in dollars" in summary
    assert "365 days" in words.interval_words(study)  # the one interval that holds zero
    account = study.accounts[365]
    assert account is not None
    assert f"+{account.additive['price'] / 1e9:.1f}" in words.account_words(study)
    assert "5 days after it" in words.breaks_words(study)
    step = study.steps["revenue_btc"]
    assert step is not None
    assert f"{abs(step.percent):.0f}" in words.step_words(study)
    assert words.step_table(study).shape == (12, 7)
    assert len(words.breaks_table(study)) == 4
