"""Betas over time, contracts and shocks: against known truths, other libraries, second sources."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from claimbook import data, ledger
from claimbook.analysis import attribution, betas, dependence
from claimbook.analysis.betas import Estimate
from claimbook.analysis.setting import AI, BITCOIN, MARKET
from claimbook.analysis.varying import trend, varying
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
    return dependence.study(book, DAY, 252, MINERS, BASKET, "SPY", "utc", START)


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
    closes = book["adjusted_closes"].pivot(index="date", columns="ticker", values="adjusted_close")
    moves = closes.pct_change(fill_method=None)
    coin = book["bitcoin_daily"].set_index("date")["close"].reindex(closes.index)
    x = pd.DataFrame(
        {"m": moves["SPY"], "b": coin.pct_change(fill_method=None), "a": moves[BASKET].mean(axis=1)}
    )
    y = moves[list(study.year.shares)].mean(axis=1)
    slopes = [
        sm.OLS(y[days], sm.add_constant(x.loc[days])).fit().params["a"]
        for days in (study.year.before, study.year.after)
    ]
    assert study.year.change[AI].value == pytest.approx(slopes[1] - slopes[0], rel=1e-8)


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
    finding = words.pick(findings, "sensitivity-rose")
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
