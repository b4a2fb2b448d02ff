"""Betas over time, contracts and shocks: against known truths, other libraries, second sources."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from claimbook import data, ledger
from claimbook.analysis import attribution, betas, blocklength, dependence
from claimbook.analysis.betas import Estimate
from claimbook.analysis.setting import AI, BITCOIN, MARKET
from claimbook.analysis.varying import trend, varying
from claimbook.charts import dependence as charts
from claimbook.data import Edition
from claimbook.errors import AnalysisError, ParameterError
from claimbook.words import dependence as words

DAY = "2025-03-26"
START = "2021-01-04"
MINERS = ["BITF", "BTBT", "BTDR", "CIFR", "CLSK", "CORZ"]
MINERS += ["HIVE", "HUT", "IREN", "MARA", "RIOT", "WULF"]
BASKET = ["ANET", "AVGO", "NVDA", "ORCL", "SMCI", "VRT"]


@pytest.fixture(scope="module")
def claim() -> ledger.Claim:
    return ledger.claim("ai-dependence")


@pytest.fixture(scope="module")
def book(claim: ledger.Claim) -> Edition:
    return data.read(claim.tables)


@pytest.fixture(scope="module")
def panel(book: Edition) -> dependence.Panel:
    return dependence.panel(book, BASKET, "SPY", "utc")


@pytest.fixture(scope="module")
def study(book: Edition) -> dependence.Study:
    return dependence.study(book, DAY, 252, MINERS, BASKET, "SPY", "utc", START, ["WULF"])


def plain(book: Edition, market: str | None = "SPY") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns of all shares and the factors, straight from the tables: no function of ours."""
    closes = book["adjusted_closes"].pivot(index="date", columns="ticker", values="adjusted_close")
    moves = closes.pct_change(fill_method=None)
    coin = book["bitcoin_daily"].set_index("date")["close"].reindex(closes.index)
    x = pd.DataFrame({"b": coin.pct_change(fill_method=None), "a": moves[BASKET].mean(axis=1)})
    if market:
        x["m"] = moves[market]
    return moves, sm.add_constant(x)


def slope(y: pd.Series, x: pd.DataFrame, days: pd.DatetimeIndex) -> float:
    return float(sm.OLS(y[days], x.loc[days]).fit().params["a"])


def simulated(
    days: int, later: float, seed: int, earlier: float = 0.2
) -> tuple[pd.DataFrame, pd.Series]:
    """Correlated factors with fat tails; the AI beta goes from `earlier` to `later` half-way."""
    rng = np.random.default_rng(seed)
    common = rng.standard_t(5, days) * 0.01
    index = pd.bdate_range("2021-01-04", periods=days, name="date")
    factors = pd.DataFrame(
        {
            MARKET: common,
            BITCOIN: 0.5 * common + rng.standard_t(4, days) * 0.03,
            AI: 1.2 * common + rng.standard_t(5, days) * 0.012,
        },
        index=index,
    )
    beta = np.where(np.arange(days) < days // 2, earlier, later)
    y = 1.5 * factors[MARKET] + 0.8 * factors[BITCOIN] + beta * factors[AI]
    return factors, y + rng.standard_t(5, days) * 0.015


def test_known_betas_lie_in_the_rolling_bands_and_follow_the_change() -> None:
    factors, returns = simulated(1000, 1.2, 1)
    ends = np.array([299, 499, 799, 999])
    line = betas.rolling(factors, returns, ends, 300, 399, 7)
    for date, truth in ((factors.index[499], 0.2), (factors.index[999], 1.2)):
        row = line.loc[date]
        assert row[(AI, "low")] < truth < row[(AI, "high")]
        assert row[(MARKET, "low")] < 1.5 < row[(MARKET, "high")]
        assert row[(BITCOIN, "low")] < 0.8 < row[(BITCOIN, "high")]
    assert line.loc[factors.index[999], (AI, "low")] > line.loc[factors.index[499], (AI, "high")]


def test_the_slopes_and_their_spread_are_those_of_statsmodels() -> None:
    factors, returns = simulated(500, 0.2, 2)
    counts = betas.day_counts(500, 1999, 3)
    drawn = betas.coefficients(factors.to_numpy(), returns.to_numpy()[:, None], counts)[:, :, 0]
    reference = sm.OLS(returns.to_numpy(), sm.add_constant(factors.to_numpy())).fit()
    np.testing.assert_allclose(drawn[0], reference.params[1:], rtol=1e-9)
    # Redrawn pairs give White's errors, up to the noise of drawing.
    robust = reference.get_robustcov_results("HC1").bse[1:]
    np.testing.assert_allclose(drawn[1:].std(axis=0), robust, rtol=0.12)
    # A drawn sample is a weighted regression.
    weighted = sm.WLS(
        returns.to_numpy(), sm.add_constant(factors.to_numpy()), weights=counts[5]
    ).fit()
    np.testing.assert_allclose(drawn[5], weighted.params[1:], rtol=1e-8)


def test_intervals_of_a_change_cover_the_truth_about_as_often_as_they_say() -> None:
    hits, samples = 0, 120
    for seed in range(samples):
        factors, returns = simulated(400, 0.7, 100 + seed)
        sides = [
            betas.coefficients(
                factors.to_numpy()[part], returns.to_numpy()[part, None],
                betas.day_counts(200, 299, seed + k),
            )[:, 2, 0]
            for k, part in enumerate((slice(0, 200), slice(200, 400)))
        ]  # fmt: skip
        found = betas.estimate(sides[1] - sides[0])
        hits += found.low < 0.5 < found.high
    # Binomial: at 95 % fewer than 105 or all of 120 would be a sign of a wrong width.
    assert 105 <= hits <= 119


@pytest.mark.parametrize("block", [1, 10, 21])
def test_every_draw_has_as_many_sessions_in_whole_blocks(block: int) -> None:
    counts = betas.day_counts(250, 50, 5, block)
    assert counts.shape == (51, 250)
    assert (counts.sum(axis=1) == 250).all()
    assert (counts[0] == 1).all()
    # With longer blocks, neighbours are drawn together.
    alike = np.mean(counts[1:, :-1] == counts[1:, 1:])
    assert alike > 0.75 if block > 1 else alike < 0.5


def drawn_by_rule(days: int, carried: float) -> np.ndarray:
    """A series that any language can make again: a linear congruence, carried over by an AR(1)."""
    state, last, out = 12345, 0.0, []
    for _ in range(days):
        state = (1103515245 * state + 12345) % 2**31
        last = carried * last + state / 2**31 - 0.5
        out.append(last)
    return np.array(out)


@pytest.mark.parametrize(
    ("days", "carried", "length"),
    [
        (252, 0.0, 1.0355541460141946),
        (252, 0.3, 3.3743831412262173),
        (252, 0.7, 10.854844650747767),
        (1000, 0.5, 12.770246131623091),
        (500, -0.5, 3.1702661051551977),
        (126, 0.9, 12.807826958683775),
    ],
)
def test_blocks_are_as_long_as_another_library_says(
    days: int, carried: float, length: float
) -> None:
    """`length` is from arch 8.0.0 (NCSA licence), bootstrap.optimal_block_length, circular."""
    assert blocklength.automatic(drawn_by_rule(days, carried)) == math.ceil(length)


def test_a_series_that_does_not_move_needs_no_blocks() -> None:
    assert blocklength.automatic(np.zeros(100)) == 1


def test_scores_make_the_slopes_error() -> None:
    factors, returns = simulated(300, 0.2, 12)
    found = blocklength.scores(factors.to_numpy(), returns.to_numpy(), 2)
    reference = sm.OLS(returns.to_numpy(), sm.add_constant(factors.to_numpy())).fit()
    assert found.sum() == pytest.approx(0, abs=1e-12)
    robust = reference.get_robustcov_results("HC0").bse[3]
    assert math.sqrt((found**2).sum()) == pytest.approx(robust, rel=1e-9)


def test_the_wider_of_both_intervals_is_judged(
    study: dependence.Study, panel: dependence.Panel
) -> None:
    for one in (study.year, study.to_end):
        assert one is not None
        before, after = (panel.days.get_indexer(days) for days in (one.before, one.after))
        y = panel.mean(one.shares).to_numpy()[:, None]
        widths = []
        for lengths in ((1, 1), one.by_rule):
            way = dependence._comparison(
                panel, one.shares, before, after, y, lengths, dependence.DRAWS
            )
            widths.append(way.change[AI].high - way.change[AI].low)
        judged = one.change[AI].high - one.change[AI].low
        assert judged == pytest.approx(max(widths), rel=1e-9)


def test_the_wider_interval_counts_between_holders_and_others_too(
    study: dependence.Study, panel: dependence.Panel
) -> None:
    found = study.contracts_at_end
    assert found.difference is not None
    last = int(panel.days.get_loc(found.until))
    rows = np.arange(last - 251, last + 1)
    shares = [*found.holders, *found.others]
    apart = panel.mean(found.holders) - panel.mean(found.others)
    length = dependence._block_by_rule(panel, rows, apart.to_numpy())
    assert length > 1
    widths = []
    for block in (1, length):
        counts = betas.day_counts(252, dependence.OTHER_DRAWS, dependence.SEED + 3, block)
        slopes = dependence._slopes_drawn(panel, shares, rows, counts)
        groups = np.split(slopes, [len(found.holders)], axis=1)
        one = betas.estimate(groups[0].mean(axis=1) - groups[1].mean(axis=1))
        widths.append(one.high - one.low)
    judged = found.difference.high - found.difference.low
    assert judged == pytest.approx(max(widths), rel=1e-9)
    assert max(widths) > 1.001 * min(widths)


def test_intervals_on_real_days_are_somewhat_too_narrow_however_drawn(
    study: dependence.Study, panel: dependence.Panel
) -> None:
    """The page says so: days drawn from both windows, whose own slopes are then the truth."""
    rng, samples = np.random.default_rng(5), 250
    y = panel.mean(study.year.shares).to_numpy()
    x = panel.factors.to_numpy()
    truth = study.year.change[AI].value
    hits = {1: 0, 21: 0}
    windows = [panel.days.get_indexer(d) for d in (study.year.before, study.year.after)]
    for sample in range(samples):
        days = [rng.choice(rows, len(rows)) for rows in windows]
        for block in hits:
            early, late = (
                betas.coefficients(
                    x[rows], y[rows, None], betas.day_counts(252, 199, 2 * sample + k, block)
                )[:, 2, 0]
                for k, rows in enumerate(days)
            )
            found = betas.estimate(late - early)
            hits[block] += found.low < truth < found.high
    for block in hits:
        assert 0.86 * samples < hits[block] < 0.95 * samples


def test_expanding_ends_in_the_regression_on_all_sessions() -> None:
    factors, returns = simulated(300, 0.2, 4)
    found = betas.expanding(factors, returns, np.array([100, 299]))
    reference = sm.OLS(returns, sm.add_constant(factors)).fit().params[1:]
    np.testing.assert_allclose(found.iloc[-1], reference, rtol=1e-8)


def test_shapley_shares_add_up_to_r_squared() -> None:
    factors, returns = simulated(400, 0.2, 5)
    shares = betas.variance_shares(factors.to_numpy(), returns.to_numpy())
    reference = sm.OLS(returns, sm.add_constant(factors)).fit().rsquared
    assert shares.sum() == pytest.approx(100 * reference, rel=1e-9)
    rolled = betas.rolling_variance_shares(factors, returns, np.array([399]), 400)
    np.testing.assert_allclose(rolled[[MARKET, BITCOIN, AI]].iloc[0], shares)
    assert rolled.sum(axis=1).iloc[0] == pytest.approx(100)
    # With one factor alone there is nothing to share out.
    alone = betas.variance_shares(factors[[AI]].to_numpy(), returns.to_numpy())
    assert alone[0] == pytest.approx(100 * np.corrcoef(factors[AI], returns)[0, 1] ** 2)


def test_a_break_is_found_where_it_is_and_none_where_none_is() -> None:
    factors, returns = simulated(1260, 1.4, 6)
    broken = varying(factors, returns, AI, 63, 999, 8)
    assert broken.break_p < 0.01
    assert abs((broken.break_at - factors.index[630]).days) < 95
    assert broken.gap == pytest.approx(1.2, abs=0.3)
    assert broken.slope.low > 0
    assert len(broken.table) == 20


def test_without_a_change_the_tests_seldom_raise_an_alarm() -> None:
    alarms = {"trend": 0, "break": 0, "hac": 0}
    for seed in range(60):
        factors, returns = simulated(756, 0.2, 300 + seed)
        found = varying(factors, returns, AI, 63, 199, seed)
        alarms["trend"] += found.slope_p <= 0.05
        alarms["break"] += found.break_p <= 0.05
        alarms["hac"] += found.slope.sign != 0
    # Three expected of 60; ten or more would happen once in a thousand times.
    assert max(alarms.values()) < 10


def test_the_tests_hold_where_days_carry_over_and_wildness_clusters() -> None:
    """Factor and errors carry 0.6 over to the next day, and calm and wild months take turns.

    With signs drawn day by day, not for a fortnight together, the break raises too many alarms.
    """
    alarms = {"trend": 0, "break": 0, "hac": 0}
    for seed in range(60):
        rng = np.random.default_rng(700 + seed)
        days = 1008
        wild = np.repeat(np.exp(rng.normal(0, 0.4, days // 21)), 21)
        shocks = rng.standard_t(5, (days, 2))
        carried = np.zeros((days, 2))
        for t in range(1, days):
            carried[t] = 0.6 * carried[t - 1] + wild[t] * shocks[t]
        index = pd.bdate_range("2021-01-04", periods=days, name="date")
        factors = pd.DataFrame(
            {MARKET: rng.standard_t(5, days) * 0.01, AI: carried[:, 0] * 0.012}, index=index
        )
        returns = 1.5 * factors[MARKET] + 0.3 * factors[AI] + carried[:, 1] * 0.02
        found = varying(factors, returns, AI, 63, 199, seed)
        alarms["trend"] += found.slope_p <= 0.05
        alarms["break"] += found.break_p <= 0.05
        alarms["hac"] += found.slope.sign != 0
    # Three expected of 60; ten or more would happen once in a thousand times.
    assert max(alarms.values()) < 10


def test_the_change_by_formula_has_the_errors_of_statsmodels() -> None:
    factors, returns = simulated(400, 0.7, 13)
    later = (np.arange(400) >= 200).astype(float)[:, None]
    f = factors.to_numpy()
    x = np.column_stack([np.ones(400), f, later, later * f])
    fitted = sm.OLS(returns.to_numpy(), x).fit()
    robust = {
        None: fitted.get_robustcov_results("HC3"),
        21: fitted.get_robustcov_results("HAC", maxlags=21, use_correction=False),
    }
    for lags, reference in robust.items():
        found = dependence.step_in_slope(factors, returns, 200, lags)
        assert found.value == pytest.approx(reference.params[7], rel=1e-8)
        assert (found.high - found.low) / 3.92 == pytest.approx(reference.bse[7], rel=1e-6)


def test_the_trends_error_is_that_of_statsmodels() -> None:
    factors, returns = simulated(600, 0.9, 9)
    found = trend(factors, returns, AI)
    t = np.arange(600) / 252
    t = t - t.mean()
    f = factors.to_numpy()
    x = np.column_stack([np.ones(600), t, f, f * t[:, None]])
    reference = sm.OLS(returns.to_numpy(), x).fit(
        cov_type="HAC", cov_kwds={"maxlags": 21, "use_correction": False}
    )
    assert found.value == pytest.approx(reference.params[7], rel=1e-8)
    assert (found.high - found.value) / 1.96 == pytest.approx(reference.bse[7], rel=1e-6)


def test_too_few_sessions_are_refused_in_a_sentence() -> None:
    factors, returns = simulated(200, 0.2, 10)
    with pytest.raises(AnalysisError, match="make 3 blocks of 63"):
        varying(factors, returns, AI, 63, 99, 1)
    with pytest.raises(AnalysisError, match="a return is missing"):
        betas.coefficients(
            factors.to_numpy(), np.full((200, 1), np.nan), betas.day_counts(200, 9, 1)
        )


def test_labels_are_handed_out_in_all_ways() -> None:
    p, least = dependence.label_p(np.array([5.0, 6.0]), np.array([1.0, 2.0, 3.0]))
    assert [p, least] == pytest.approx([0.1, 0.1])
    p, least = dependence.label_p(np.array([2.5]), np.array([1.0, 2.0, 3.0]))
    assert [p, least] == pytest.approx([0.5, 0.25])


def test_a_share_listed_late_is_left_out_with_its_reason(study: dependence.Study) -> None:
    assert {e.subject: e.reason for e in study.excluded} == {
        "BTDR": "its prices begin on 2023-04-14, after 2023-03-22",
        "CORZ": "its prices begin on 2024-01-24, after 2023-03-22",
    }
    assert not {"BTDR", "CORZ"} & set(study.year.shares)
    assert "CORZ" in study.contracts.table.index


def test_the_windows_do_not_overlap_and_end_on_the_day(study: dependence.Study) -> None:
    one = study.year
    assert len(one.before) == len(one.after) == 252
    assert one.before[-1] < one.after[0]
    assert one.after[-1] == pd.Timestamp(DAY)
    assert study.since_halving is not None
    assert study.since_halving.after[0] == pd.Timestamp("2024-04-22")


def test_the_deciding_change_is_that_of_two_plain_regressions(
    study: dependence.Study, book: Edition
) -> None:
    moves, x = plain(book)
    for one in (study.year, study.since_halving, study.to_end, study.without_shocks):
        assert one is not None
        y = moves[list(one.shares)].mean(axis=1)
        expected = slope(y, x, one.after) - slope(y, x, one.before)
        assert one.change[AI].value == pytest.approx(expected, rel=1e-8)


def test_the_deciding_difference_is_that_of_plain_regressions(
    study: dependence.Study, book: Edition
) -> None:
    moves, x = plain(book)
    days = study.year.after
    alone = {ticker: slope(moves[ticker], x, days) for ticker in MINERS}
    for found, holders in (
        (study.contracts, ["CORZ"]),
        (study.contracts_further, ["CORZ", "WULF"]),
    ):
        assert found.difference is not None
        others = np.mean([alone[t] for t in MINERS if t not in holders])
        expected = np.mean([alone[t] for t in holders]) - others
        assert found.difference.value == pytest.approx(expected, rel=1e-8)


def test_single_sessions_are_left_out_by_a_plain_regression(
    study: dependence.Study, book: Edition
) -> None:
    moves, x = plain(book)
    y = moves[list(study.year.shares)].mean(axis=1)
    both = {"before": study.year.before, "after": study.year.after}
    for day, side in (("2023-06-01", "before"), ("2025-01-27", "after")):
        kept = {**both, side: both[side].drop(pd.Timestamp(day))}
        expected = slope(y, x, kept["after"]) - slope(y, x, kept["before"])
        assert study.left_out[pd.Timestamp(day)] == pytest.approx(expected, rel=1e-8)
    assert len(study.left_out) == 504


def test_other_factors_are_those_of_plain_regressions(
    study: dependence.Study, book: Edition
) -> None:
    moves, x = plain(book, None)
    one = study.since_halving
    assert one is not None
    y = moves[list(one.shares)].mean(axis=1)
    found = study.other_factors.loc[
        (dependence.SINCE_HALVING, "bitcoin and AI alone, no market"), "value"
    ]
    assert found == pytest.approx(slope(y, x, one.after) - slope(y, x, one.before), rel=1e-8)


def test_expanding_betas_are_those_of_all_sessions_to_the_date(
    study: dependence.Study, book: Edition
) -> None:
    moves, x = plain(book)
    y = moves[list(study.long_shares)].mean(axis=1)
    for date, row in study.whole_at.iterrows():
        days = x.loc["2021-01-04":date].index
        assert row["sessions"] == len(days)
        assert row["value"] == pytest.approx(slope(y, x, days), rel=1e-8)
        assert row["low"] < row["value"] < row["high"]
    assert pd.Timestamp(DAY) in study.whole_at.index


def test_the_fund_of_miners_tells_the_same_story(study: dependence.Study, book: Edition) -> None:
    """WGMI holds miners by its own weights: another source for what miners' shares did."""
    panel = dependence.panel(book, BASKET, "SPY", "utc")
    rows = [panel.days.get_indexer(days) for days in (study.year.before, study.year.after)]
    fund = dependence.compare(panel, ["WGMI"], *rows)
    ours = study.year
    together = panel.mean(ours.shares).loc[ours.after].corr(panel.returns["WGMI"].loc[ours.after])
    assert together > 0.9
    assert np.sign(fund.change[AI].value) == np.sign(ours.change[AI].value)
    assert ours.change[AI].low < fund.change[AI].value < ours.change[AI].high


def test_the_shock_of_january_2025_is_the_one_that_was_reported(study: dependence.Study) -> None:
    """The Edge: Core Scientific fell by 29 %, Nvidia by 17 %, bitcoin by about 3 %."""
    day = study.shocks.loc[pd.Timestamp("2025-01-27")]
    assert day["holders"] == 1
    assert day["with"] == pytest.approx(-29, abs=5)
    assert day["ai return"] == pytest.approx(-17, abs=5)
    assert abs(day["ai"]) > day["ai usual"]


def test_shares_that_the_news_is_about_are_in_neither_group(study: dependence.Study) -> None:
    june, november = (study.shocks.loc[pd.Timestamp(d)] for d in ("2024-06-04", "2025-11-03"))
    assert june["subjects"] == "CORZ"
    assert math.isnan(june["with"])
    assert november["subjects"] == "CIFR, IREN"


def test_the_expected_move_of_a_shock_is_a_plain_prediction(panel: dependence.Panel) -> None:
    row = int(panel.days.get_loc(pd.Timestamp("2025-01-27")))
    span = np.arange(row - 126, row)
    x = sm.add_constant(panel.factors[[MARKET, BITCOIN]])
    reference = sm.OLS(panel.factors[AI].iloc[span], x.iloc[span]).fit()
    told = reference.get_prediction(x.iloc[[row]]).summary_frame(alpha=0.05)
    beyond, usual = dependence._beyond(
        panel.factors[[MARKET, BITCOIN]], panel.factors[[AI]], span, row
    )
    expected = panel.factors[AI].iloc[row] - told["mean"].iloc[0]
    assert beyond[AI] == pytest.approx(100 * expected, rel=1e-8)
    half = (told["obs_ci_upper"] - told["obs_ci_lower"]).iloc[0] / 2
    assert usual[AI] == pytest.approx(100 * half, rel=1e-8)


def test_contracts_count_from_the_day_they_were_signed(book: Edition) -> None:
    first = dependence.first_contracts(book["ai_contracts"])
    assert first["CORZ"] == pd.Timestamp("2024-03-06")
    panel = dependence.panel(book, BASKET, "SPY", "utc")
    day = int(panel.days.get_loc(pd.Timestamp("2025-08-14")))
    before, on = (
        dependence.contracts(panel, book["ai_contracts"], MINERS, row, 120)
        for row in (day - 1, day)
    )
    assert set(on.holders) - set(before.holders) == {"WULF"}


def test_one_holder_makes_no_test_of_labels(study: dependence.Study) -> None:
    assert study.contracts.holders == ("CORZ",)
    assert dependence.quantities(study)["contract_label_p.at_article"].value is None
    assert "cannot be told" in words.contract_sentence(study.contracts)


def test_undecided_is_said_where_the_interval_spans_zero(
    study: dependence.Study, claim: ledger.Claim
) -> None:
    assert "undecided" in words.decided(Estimate(0.4, -0.1, 0.9))
    assert "rise is shown" in words.decided(Estimate(0.4, 0.1, 0.9))
    assert "fall is shown" in words.decided(Estimate(-0.4, -0.9, -0.1))
    findings = ledger.judge_all(claim, dependence.quantities(study), {})
    finding = ledger.pick(findings, "sensitivity-rose")
    spans = study.year.change[AI].low <= 0
    assert (finding.verdict == ledger.IN_PART) == (spans and study.year.change[AI].value > 0)
    _, summary = words.headline(study, findings)
    assert ("a rise is undecided" in summary) == (study.year.change[AI].sign == 0)


@pytest.mark.parametrize(
    ("estimate", "low", "verdict"),
    [(0.4, 0.1, ledger.HOLDS), (0.4, -0.1, ledger.IN_PART), (-0.4, -0.9, ledger.FAILS)],
)
def test_the_rule_counts_a_change_in_full_only_beyond_chance(
    claim: ledger.Claim, estimate: float, low: float, verdict: str
) -> None:
    quantities: Mapping[str, ledger.Quantity] = {
        "ai_beta_change.year_to_article": ledger.Quantity(estimate, "1"),
        "ai_beta_change.year_to_article.low": ledger.Quantity(low, "1"),
    }
    rule = next(f for f in claim.findings if f.id == "sensitivity-rose")
    assert ledger.judge(rule, quantities, {}).verdict == verdict


def test_every_quantity_that_the_ledger_names_is_there(
    study: dependence.Study, claim: ledger.Claim
) -> None:
    quantities = dependence.quantities(study)
    assert {name for rule in claim.findings for name in rule.members} <= set(quantities)


def test_dates_that_cannot_be_are_refused_in_a_sentence(book: Edition) -> None:
    with pytest.raises(AnalysisError, match="choose a later date or a shorter window"):
        dependence.study(book, "2022-06-01", 252, MINERS, BASKET, "SPY", "utc", START)
    with pytest.raises(ParameterError, match="no session"):
        dependence.study(book, "2025-03-23", 252, MINERS, BASKET, "SPY", "utc", START)
    with pytest.raises(AnalysisError, match="two shares or more"):
        dependence.study(book, DAY, 252, ["CORZ", "MARA"], BASKET, "SPY", "utc", START)


def test_the_library_s_game_is_the_one_used() -> None:
    factors, returns = simulated(200, 0.2, 11)
    game = attribution.r_squared(returns.to_numpy(), factors.to_numpy())
    by_hand = 0.0
    # The market's value by hand: mean over the six orders of what it adds.
    for without, weight in ((0, 2), (2, 1), (4, 1), (6, 2)):
        by_hand += weight / 6 * (game[without | 1] - game[without])
    assert betas.variance_shares(factors.to_numpy(), returns.to_numpy())[0] == pytest.approx(
        100 * by_hand
    )


def test_a_start_that_leaves_no_test_still_makes_a_page(book: Edition) -> None:
    late = dependence.study(book, "2026-07-15", 90, MINERS, BASKET, "SPY", "utc", "2025-09-02")
    assert words.latest_test(late) is None
    assert "too few sessions" in words.test_sentence(late)
    claim = ledger.claim("ai-dependence")
    quantities = dependence.quantities(late)
    chosen = {"judged_on": "2026-07-15", "window": 90}
    findings = ledger.judge_all(claim, quantities, chosen)
    assert ledger.verdict(findings) == ledger.UNTESTED
    _, summary = words.headline(late, findings)
    assert "says nothing about these windows" in summary
    said = [
        summary,
        words.shock_free_sentence(late),
        words.verdict_sentence(late, claim, quantities, chosen),
        words.other_factors_sentence(late),
        words.further_sentence(late),
        words.redraw_sentence(late),
        words.since_sentence(late),
    ]
    assert not any(re.search(r"\bnan\b|\b0 sessions\b", sentence) for sentence in said)
    drawn = charts.over_time(
        late.lines, late.long_lines, late.whole, late.judged_on, words.points(late), 90, "Source"
    )
    assert not re.search(r"\bnan\b", drawn.alt)


def test_windows_without_news_on_ai_demand_say_so(study: dependence.Study) -> None:
    calm = replace(study, without_shocks=study.year)
    assert words.shock_free_sentence(calm).startswith("No session of news")
    assert words.shock_free_sentence(study).startswith("Without the 5 sessions of news")


def test_the_verdict_under_other_choices_is_judged_anew(
    study: dependence.Study, claim: ledger.Claim
) -> None:
    quantities = dependence.quantities(study)
    said = words.verdict_sentence(study, claim, quantities, {})
    ways = len(study.choices)
    # Both estimates rise, so the direction alone holds; the difference's interval spans zero.
    assert study.contracts.difference is not None
    assert study.contracts.difference.value > 0 > study.contracts.difference.low
    assert "whatever their intervals, the verdict would read “holds”." in said
    assert f"each of the {ways} changes in the figure it reads “holds in part” in {ways}." in said
    # Were the difference beyond chance, the choice would turn the verdict.
    sure = {**quantities, f"{words.DIFFERENCE}.low": ledger.Quantity(0.1, "1")}
    firm = int((study.choices["low"] > 0).sum())
    assert 0 < firm < ways
    said = words.verdict_sentence(study, claim, sure, {})
    assert f"“holds” in {firm}" in said
    assert f"“holds in part” in {ways - firm}" in said
