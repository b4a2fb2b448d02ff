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
from claimbook.words import revenue_parts as parts
from claimbook.words import revenue_steps as stepped

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
        asserted_on="2025-03-26",
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
def test_the_search_finds_the_step_of_the_protocol(year: int) -> None:
    network = data.read(["network_daily"])["network_daily"]
    halving, frame = revenue.halvings(network)[year], revenue.daily(network)
    # Off-centre too, so that the middle of the span cannot be what it finds.
    for offset, days in ((0, 365), (100, 300), (-100, 300)):
        middle = halving.day + pd.Timedelta(days=offset)
        subsidy = analysis.find_breaks(frame["issuance_btc"], middle, days, 30)
        assert subsidy is not None
        assert subsidy.single == halving.day


@pytest.mark.parametrize("series", ["revenue_btc", "revenue_usd", "hashprice"])
def test_single_breaks_leave_the_least_squares(study: analysis.Study, series: str) -> None:
    # Every cut tried one by one, in the centred span and in all that are moved or shortened.
    spans = {(365, 0): study.breaks[series]} | {
        place: study.moved_breaks.at[place, series] for place in study.moved_breaks.index
    }
    for (days, offset), found in spans.items():
        middle = study.halving.day + pd.Timedelta(days=offset)
        logs = np.log(study.first[series][middle - pd.Timedelta(days=days) :][: 2 * days])
        room = int(0.15 * len(logs))
        cuts = range(room, len(logs) - room + 1)
        rss = [c * logs[:c].var(ddof=0) + (len(logs) - c) * logs[c:].var(ddof=0) for c in cuts]
        best = logs.index[cuts[int(np.argmin(rss))]]
        assert getattr(found, "single", found) == best, (series, days, offset)


def test_words_on_breaks_say_which_series_misses_the_halving(study: analysis.Study) -> None:
    said = stepped.breaks_words(study)
    for measure in analysis.SERIES:
        found = study.breaks[measure]
        assert found is not None
        assert f"({found.single:%Y-%m-%d})" in said
        holds = found.low <= study.halving.day <= found.high
        label = words.LABELS[measure]
        part = next(each for each in said.split("; ") if label in each)
        assert ("does not hold the halving" in part) == (not holds)
    near = (study.moved_breaks["revenue_usd"] - study.halving.day).abs() <= pd.Timedelta(days=7)
    assert f"revenue in USD in {near.sum()} of {len(near)}" in stepped.moved_breaks_words(study)


def test_the_step_of_the_subsidy_is_the_protocol_s(study: analysis.Study) -> None:
    # The subsidy is halved by rule, so the interval of its step must hold -50 %.
    for halving in study.all_halvings.values():
        step = steps.fit(study.first["issuance_btc"], halving.day, 365)
        assert step is not None
        assert step.low < -50 < step.high
    assert {year for year, _ in study.earlier} == {2012, 2016, 2020}
    placebos = study.placebos["revenue_btc"]
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
    row = "the early blocks' subsidy moved to the first whole day"
    assert table.at[row, "90 days"] == pytest.approx(moved)


def test_a_mixed_day_is_said_to_be_one(study: analysis.Study) -> None:
    assert "median time" in words.boundary_words(study)
    for year in (2012, 2016, 2020):
        other = _study(year, [90])
        said = words.boundary_words(other)
        assert "mixed day by any clock" in said
        assert "median time" not in said
        assert f"{other.halving.eve:%-d %B %Y}" in said
        assert "the mixed day counted to the window after" in analysis.boundary(other).index


def test_changes_to_the_article_stop_at_its_eve(study: analysis.Study) -> None:
    dollars = study.first["revenue_usd"]
    after = dollars["2024-04-20":"2025-03-25"]
    before = dollars[:"2024-04-19"].iloc[-len(after) :]
    assert len(after) == study.to_article == 340
    value = study.quantities["revenue_usd_change_pct.to_article"].value
    by_hand = float(100 * (after.mean() / before.mean() - 1))
    assert value == pytest.approx(by_hand)
    said = words.late_words(study)
    assert "Over the 340 days that had passed when the article appeared" in said
    assert f"{abs(by_hand):.0f}\N{NO-BREAK SPACE}%" in said


def test_the_size_of_a_fall_decides_as_the_page_says(
    study: analysis.Study, findings: list[ledger.Finding]
) -> None:
    claim = ledger.claim("halving-revenue")
    table = analysis.verdicts_by_threshold(claim, study, {"halving": 2024})
    declared = claim.findings[0].tolerance
    assert table.at[declared, "claim"] == ledger.verdict(findings)
    changes = [
        [float(study.compared["", days].at[m, "change"]) for days in (90, 180, 365)]
        for m in analysis.SERIES
    ]
    for threshold, row in table.iterrows():
        fell = np.array(changes) < -threshold
        assert (row["claim"] == ledger.HOLDS) == fell.all()
        assert (row["revenue-in-dollars"] == ledger.HOLDS) == fell[1].all()
    by_length = analysis.verdicts_by_length(study, [365, 730])
    assert by_length.at[365, declared] == ledger.IN_PART
    assert by_length.at[365, "revenue_usd"] == pytest.approx(changes[1][2])
    said = words.reason_words(findings)
    assert "more than 10" in said
    assert "revenue in USD over 365 days" in said
    assert ("If any fall counted" in said) == (table.at[0.0, "claim"] == ledger.HOLDS)
    assert words.reason_words(ledger.judge_all(claim, study.quantities, {"halving": 2012})) == ""
    # Where a value rose, no size of a fall makes the claim hold.
    risen = dict(study.quantities) | {
        "revenue_usd_change_pct.365d": ledger.Quantity(5.0, "percent")
    }
    rest = words.reason_words(ledger.judge_all(claim, risen, {"halving": 2024}))
    assert "If any fall counted" not in rest


def test_lengths_in_words() -> None:
    tried = pd.Index(range(14, 21))
    assert words._lengths(tried[:0], tried) == "at no length"
    assert words._lengths(tried, tried) == "at every length from 14 to 20 days"
    assert words._lengths(tried[:3], tried).startswith("at the lengths from 14 to 16 days")
    assert words._lengths(tried[[0, 3, 4]], tried) == "at 3 of 7 lengths, in 2 runs"


def test_sentence_on_the_check_counts_its_own_table(study: analysis.Study) -> None:
    table, said = stepped.step_table(study), stepped.check_words(study)
    narrower = (table["check: high"] - table["check: low"]) < (table["high"] - table["low"])
    assert f"in {narrower.sum()} of {len(table)} rows" in said
    outside = (table["step"] < table["check: low"]) | (table["step"] > table["check: high"])
    for name in table.index:
        assert (name.removesuffix(" *") + " (" in said) == bool(outside[name])
    starred = table.index.str.endswith("*")
    assert (table["carry-over"][starred] > 0.99499).all()
    assert (table["carry-over"][~starred] < 0.99499).all()
    for name in table.index[starred]:
        assert name.removesuffix(" *") in stepped.bound_words(study)


def test_verdicts_by_meaning_are_the_findings_own(
    study: analysis.Study, findings: list[ledger.Finding]
) -> None:
    table = parts.meanings_table(study, findings)
    assert table["verdict"].tolist() == [finding.verdict for finding in findings[:4]]
    assert findings[3].rule.id == "coins-per-hash"
    assert not findings[3].rule.decides


def test_coin_metrics_quarters(study: analysis.Study) -> None:
    facts = data.read(["coinmetrics_mining"])["coinmetrics_mining"]
    table = published.quarterly(study.first, facts).set_index(["quarter", "item"])
    assert table["difference"]["2024-Q4", "revenue_busd"] == 0
    assert table["difference"]["2024-Q2", "rank_since_2020"] == 0
    assert abs(table["difference"]["2025-Q1", "fee_share_pct"]) <= 0.02
    said = parts.coin_metrics_words(study, facts)
    unequal = int((table["ours"] != table["published"]).sum())
    assert f"and {unequal} do not" in said
    shown = parts.coin_metrics_table(study, facts)["exact difference"]
    assert shown.to_numpy() == pytest.approx((table["exact"] - table["published"]).to_numpy())
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


def _findings(study: analysis.Study) -> list[ledger.Finding]:
    claim = ledger.claim("halving-revenue")
    return ledger.judge_all(claim, study.quantities, {"halving": study.halving.year})


def _charts(study: analysis.Study) -> list[Chart]:
    line = source_text(["Coin Metrics"], study.first.index[-1])
    observed = revenue.around(study.first, study.halving.day, study.series_days)
    lines = steps.all_trend_lines(study.steps, study.series_days, 90)
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
        words.headline(study, _findings(study))[1],
        words.boundary_words(study),
        words.length_words(study, 10),
        parts.coins_per_hash_words(study),
        stepped.check_words(study),
        stepped.bound_words(study),
        stepped.moved_breaks_words(study),
        words.median_words(study),
        words.price_words(study.compared, study.windows),
        parts.account_words(study),
        parts.hash_account_words(study),
        parts.interval_words(study),
        stepped.step_words(study),
        stepped.placebo_words(study),
        stepped.breaks_words(study),
        words.gap_words(study.second, study.halving, study.windows),
        words.to_article_words(study),
        words.boundary_size_words(study),
        parts.jpmorgan_words(study, book["jpm_mining_economics"]),
        parts.coin_metrics_words(study, book["coinmetrics_mining"]),
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
    key, summary = words.headline(study, findings)
    assert len(key) == 3
    year = study.quantities["revenue_usd_change_pct.365d"].value
    assert isinstance(year, float)
    in_dollars = summary.partition("In dollars it changed by ")[2]
    assert f" and \N{MINUS SIGN}{abs(year):.0f} %, while" in in_dollars
    assert all(each in summary for each in (words.reason_words(findings), words.late_words(study)))
    assert "365 days" in parts.interval_words(study)  # the one interval that holds zero
    account = study.accounts[365]
    assert account is not None
    assert f"+{account.additive['price'] / 1e9:.1f}" in parts.account_words(study)
    step = study.steps["revenue_btc"]
    assert step is not None
    assert f"{abs(step.percent):.0f}" in stepped.step_words(study)
    assert stepped.step_table(study).shape == (12, 8)
    assert len(stepped.breaks_table(study)) == 4
    assert sum(len(chart.data.to_csv()) for chart in _charts(study)) < 60_000
    assert list(parts.account_tables(study)) != []
