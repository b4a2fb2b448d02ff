"""The step at a known date: dense algebra, R's sandwich, and simulated series."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, stats

from claimbook.analysis import resampling, steps
from claimbook.analysis.steps import Errors

REFERENCE = Path(__file__).parent / "reference" / "sandwich"
DAY = pd.Timestamp("2024-04-20")


def _covariance(n: int, errors: Errors) -> np.ndarray:
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    carried = (1 - errors.noise) * errors.persistence**apart
    return np.asarray(carried + errors.noise * np.eye(n))


def _design(days: int) -> np.ndarray:
    offsets = np.arange(-days, days)
    return steps.design(offsets, (offsets + 5) % 7)


@pytest.mark.parametrize("errors", [Errors(0.9, 0.4), Errors(0.0, 0.3), Errors(0.97, 0.0)])
def test_banded_solution_equals_the_dense_one(errors: Errors) -> None:
    columns = np.random.default_rng(1).normal(size=(40, 3))
    solved, log_det = steps.precise(columns, errors)
    dense = _covariance(40, errors)
    assert solved == pytest.approx(np.linalg.solve(dense, columns), rel=1e-9, abs=1e-10)
    assert log_det == pytest.approx(np.linalg.slogdet(dense)[1], rel=1e-9, abs=1e-10)


def test_restricted_likelihood_is_that_of_the_contrasts() -> None:
    # REML is the density of the contrasts K'y, with K an orthonormal basis off the regressors.
    x = _design(30)
    y = np.random.default_rng(2).normal(size=60).cumsum() / 5
    errors = Errors(0.85, 0.3)
    basis = linalg.null_space(x.T)
    contrasts = basis.T @ y
    inner = basis.T @ _covariance(60, errors) @ basis
    variance = contrasts @ np.linalg.solve(inner, contrasts) / len(contrasts)
    expected = stats.multivariate_normal(cov=variance * inner).logpdf(contrasts)
    assert steps.restricted_likelihood(y, x, errors) == pytest.approx(expected, rel=1e-8)


def test_newey_west_as_sandwich_has_it() -> None:
    investment = pd.read_csv(REFERENCE / "investment.csv")
    expected = pd.read_csv(REFERENCE / "standard_errors.csv").set_index("estimator")
    x = np.column_stack([np.ones(len(investment)), investment[["RealGNP", "RealInt"]]])
    y = investment["RealInv"].to_numpy(float)
    for name, lags in (("NW4", 4), ("HC0", 0)):
        _, covariance = steps.newey_west(y, x, lags)
        errors = np.sqrt(np.diag(covariance))
        assert errors == pytest.approx(expected.loc[name].to_numpy(float), rel=1e-9)


def _series(log: np.ndarray, days: int) -> pd.Series:
    start = DAY - pd.Timedelta(days=days)
    return pd.Series(np.exp(log), index=pd.date_range(start, periods=2 * days))


def test_a_step_without_errors_is_found_exactly() -> None:
    days = 100
    offsets = np.arange(-days, days)
    log = 3 + 0.4 * offsets / 365 + (offsets >= 0) * (np.log(0.5) + 0.2 * offsets / 365)
    log[days] += 1.1  # a burst on the day must not pass for a step
    log[days + 3] += 0.6
    log += 1e-6 * np.random.default_rng(3).normal(size=2 * days)
    found = steps.fit(_series(log, days), DAY, days)
    assert found is not None
    assert found.percent == pytest.approx(-50, abs=1e-3)
    assert found.low < found.percent < found.high
    assert found.burst[0] == pytest.approx(100 * np.expm1(1.1), abs=1e-2)
    assert found.burst[3] == pytest.approx(100 * np.expm1(0.6), abs=1e-2)
    assert found.trends == pytest.approx((100 * np.expm1(0.4), 100 * np.expm1(0.6)), abs=1e-2)
    lines = steps.trend_lines(found, days, 20)
    assert float(lines["fitted"][0] / lines["without step"][0]) == pytest.approx(0.5, abs=1e-5)
    assert lines["without step"].notna().sum() == 20


@pytest.mark.parametrize("carried", [0.0, 0.6, 0.85, 0.95])
def test_intervals_hold_the_truth_about_as_often_as_they_say(carried: float) -> None:
    random = np.random.default_rng(4)
    days, truth, held, plain = 90, -0.3, 0, 0
    offsets = np.arange(-days, days)
    root = np.linalg.cholesky(_covariance(2 * days, Errors(carried, 0.3)))
    for _ in range(40):
        log = truth * (offsets >= 0) + 0.2 * root @ random.normal(size=2 * days)
        found = steps.fit(_series(log, days), DAY, days)
        assert found is not None
        percent = 100 * np.expm1(truth)
        held += found.low <= percent <= found.high
        plain += found.newey_west[0] <= percent <= found.newey_west[1]
    # 95 % of 40 is 38; fewer than 32 would be a chance of one in ten thousand.
    assert held >= 32
    if carried >= 0.85:
        assert plain < held  # where days resemble each other the check is too narrow


def test_noise_at_a_given_persistence_is_the_likeliest() -> None:
    x = _design(60)
    y = np.random.default_rng(8).normal(size=120).cumsum() / 10
    found = steps.fit_noise(y, x, 0.9999)
    best = steps.restricted_likelihood(y, x, found)
    for noise in np.geomspace(1e-8, 0.9, 60):
        assert steps.restricted_likelihood(y, x, Errors(0.9999, float(noise))) <= best + 1e-4


def test_only_a_step_at_the_bound_says_what_lifting_it_does() -> None:
    days, random = 120, np.random.default_rng(9)
    walk = steps.fit(_series(random.normal(size=2 * days).cumsum() / 20, days), DAY, days)
    calm = steps.fit(_series(random.normal(size=2 * days) / 20, days), DAY, days)
    assert walk is not None
    assert calm is not None
    assert calm.near_unit_root is None
    assert not steps.at_bound(calm.errors)
    assert steps.at_bound(walk.errors) == (walk.near_unit_root is not None)
    # Least squares, the centre of the check, lies in the middle of it on the log scale.
    for step in (walk, calm):
        middle = np.log1p(np.array(step.newey_west) / 100).mean()
        assert step.least_squares == pytest.approx(100 * np.expm1(middle))


def test_a_missing_day_leaves_no_step() -> None:
    series = _series(np.zeros(100), 50)
    series.iloc[10] = np.nan
    assert steps.fit(series, DAY, 50) is None
    assert steps.fit(_series(np.zeros(100), 50), DAY, 60) is None


def test_placebo_steps_are_the_model_at_each_date() -> None:
    random = np.random.default_rng(5)
    series = _series(random.normal(size=200).cumsum() / 10, 100)
    errors = Errors(0.9, 0.2)
    clear = DAY + pd.Timedelta(days=60)
    found = steps.placebo(series, 30, errors, [clear])
    assert len(found)
    assert all(not -30 <= (clear - date).days < 30 for date in found.index)
    date = found.index[17]
    span = pd.date_range(date - pd.Timedelta(days=30), periods=60)
    x = steps.design(np.arange(-30, 30), span.day_of_week.to_numpy())
    inverse = np.linalg.inv(_covariance(60, errors))
    beta = np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ np.log(series[span].to_numpy()))
    assert found.iloc[17] == pytest.approx(100 * np.expm1(beta[steps.STEP]), rel=1e-8)
    assert steps.placebo(series, 150, errors, []).empty


def test_share_as_large_counts_falls_only() -> None:
    placebos = pd.Series([-60.0, -20.0, 0.0, 90.0])
    assert steps.share_as_large(placebos, -50) == pytest.approx(2 / 5)
    assert np.isnan(steps.share_as_large(pd.Series(dtype=float), -50))


def test_interval_of_independent_days_is_the_textbook_one() -> None:
    random = np.random.default_rng(6)
    before, after = random.normal(100, 10, 400), random.normal(60, 9, 400)
    low, high = resampling.change_interval(before, after, block=1, draws=4000, seed=1)
    ratio = after.mean() / before.mean()
    relative = np.hypot(after.std() / after.mean() / 20, before.std() / before.mean() / 20)
    assert (high - low) / 2 == pytest.approx(100 * 1.96 * ratio * relative, rel=0.06)
    assert (high + low) / 2 == pytest.approx(100 * (ratio - 1), abs=0.15)


def test_blocks_widen_the_interval_where_days_resemble_each_other() -> None:
    random = np.random.default_rng(7)
    root = np.linalg.cholesky(_covariance(300, Errors(0.9, 0.0)))
    before, after = (np.exp(root @ random.normal(size=300) / 5) for _ in range(2))
    widths = {
        block: np.subtract(*resampling.change_interval(before, after, block=block, seed=1))
        for block in (1, 30)
    }
    assert abs(widths[30]) > 2 * abs(widths[1])
    again = resampling.change_interval(before, after, block=30, seed=1)
    assert again == resampling.change_interval(before, after, block=30, seed=1)


def test_blocks_stay_short_of_their_window() -> None:
    assert resampling.block_length(365, 30) == 30
    assert resampling.block_length(90, 30) == 22
    assert resampling.block_length(2, 30) == 1
    assert np.isnan(resampling.change_interval(np.array([1, np.nan]), np.ones(2), block=1, seed=1))[
        0
    ]
