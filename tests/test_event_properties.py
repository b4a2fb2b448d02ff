"""What must hold whatever the data: jumps found, gaps contained, sums that add up."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from claimbook.analysis import (
    abnormal,
    activity,
    attribution,
    dose,
    inference,
    naive,
    rolling,
    specification,
)
from claimbook.analysis.models import Array, Model, design, fit, simplex_weights
from claimbook.analysis.returns import Kind
from claimbook.errors import AnalysisError

T, N, EVENT = 120, 6, 150
MODELS = [
    Model("mean", "its mean", "mean"),
    Model("adjusted", "the market itself", "adjusted", ("a",)),
    Model("market", "the market", "factors", ("a",)),
    Model("three", "three factors", "factors", ("a", "b", "c")),
    Model("synthetic", "a synthetic control", "synthetic", ("a", "b", "c")),
]
FACTORS = {"mean": 0, "adjusted": 1, "market": 1, "three": 3, "synthetic": 3}


def _panel(days: int = 260, seed: int = 7) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    factors = 0.01 * rng.standard_normal((days, 3)) + 0.004 * rng.standard_normal((days, 1))
    loadings = rng.uniform(0.2, 1.5, (3, N))
    common = rng.standard_t(4, (days, 1))
    returns = factors @ loadings + 0.02 * (common + rng.standard_t(4, (days, N)))
    return returns, factors


def _study(model: Model, returns: Array, factors: Array, length: int = 1) -> abnormal.Abnormal:
    chosen = factors[:, : FACTORS[model.name]]
    fitting, event = slice(EVENT - T, EVENT), slice(EVENT, EVENT + length)
    return abnormal.study(model, returns[fitting], chosen[fitting], returns[event], chosen[event])


def _names(model: Model) -> str:
    return model.name


@pytest.mark.parametrize("model", MODELS, ids=_names)
def test_an_injected_jump_is_recovered(model: Model) -> None:
    returns, factors = _panel()
    jumped = returns.copy()
    jumped[EVENT] -= 0.25
    before, after = _study(model, returns, factors), _study(model, jumped, factors)
    np.testing.assert_allclose(after.ar, before.ar - 0.25, atol=1e-14)
    np.testing.assert_allclose(after.car_error, before.car_error, atol=1e-14)
    assert inference.portfolio(after).p_value < 0.01
    assert inference.adjusted_patell(after).p_value < 0.01
    assert inference.kolari_pynnonen(after).p_value < 0.05


@pytest.mark.parametrize("model", [m for m in MODELS if m.name != "synthetic"], ids=_names)
def test_a_constant_added_to_all_returns(model: Model) -> None:
    returns, factors = _panel()
    before, after = _study(model, returns, factors), _study(model, returns + 0.01, factors)
    # A fitted constant takes it up; the market-adjusted return has none and shows it.
    shown = 0.01 if model.kind == "adjusted" else 0.0
    np.testing.assert_allclose(after.ar, before.ar + shown, atol=1e-14)
    np.testing.assert_allclose(after.car_error, before.car_error, atol=1e-14)


@pytest.mark.parametrize("model", MODELS, ids=_names)
def test_the_order_of_shares_changes_nothing(model: Model) -> None:
    returns, factors = _panel()
    order = np.array([3, 0, 5, 1, 4, 2])
    one, other = _study(model, returns, factors), _study(model, returns[:, order], factors)
    np.testing.assert_allclose(other.scar, one.scar[order], atol=1e-12)
    for test in (
        inference.portfolio,
        inference.kolari_pynnonen,
        inference.adjusted_patell,
        inference.corrado,
    ):
        assert test(other).statistic == pytest.approx(test(one).statistic, abs=1e-10)


@pytest.mark.parametrize("model", MODELS, ids=_names)
def test_scaling_returns_and_factors_scales_only_returns(model: Model) -> None:
    returns, factors = _panel()
    one, other = _study(model, returns, factors), _study(model, 100 * returns, 100 * factors)
    np.testing.assert_allclose(other.ar, 100 * one.ar, rtol=1e-9)
    np.testing.assert_allclose(other.scar, one.scar, rtol=1e-9)


@pytest.mark.parametrize("length", [1, 3])
@pytest.mark.parametrize("model", MODELS, ids=_names)
def test_rolling_equals_the_single_study(model: Model, length: int) -> None:
    returns, factors = _panel()
    chosen = factors[:, : FACTORS[model.name]]
    starts = np.array([EVENT - 5, EVENT, EVENT + 40])
    rolled = rolling.roll(model, returns, chosen, starts, T, 4, length)
    for row, start in enumerate(starts):
        fitting, event = slice(start - 4 - T, start - 4), slice(start, start + length)
        one = abnormal.study(
            model, returns[fitting], chosen[fitting], returns[event], chosen[event]
        )
        np.testing.assert_allclose(rolled.car[row], one.car, atol=1e-12)
        np.testing.assert_allclose(rolled.error[row], one.car_error, atol=1e-12)
        np.testing.assert_allclose(rolled.df[row], one.fit.df)


@pytest.mark.parametrize("model", MODELS, ids=_names)
def test_a_gap_in_another_share_changes_nothing(model: Model) -> None:
    returns, factors = _panel()
    chosen = factors[:, : FACTORS[model.name]]
    starts = rolling.every_start(len(returns), T, 5, 1)
    whole = rolling.roll(model, returns, chosen, starts, T, 5)
    holed = returns.copy()
    holed[140, 2] = np.nan
    other = rolling.roll(model, holed, chosen, starts, T, 5)
    rest = [0, 1, 3, 4, 5]
    np.testing.assert_allclose(other.scar[:, rest], whole.scar[:, rest], atol=1e-12)
    # The share itself is missing exactly where a window touches the gap.
    touched = ((starts - 5 - T <= 140) & (starts - 5 > 140)) | (starts == 140)
    np.testing.assert_array_equal(np.isnan(other.scar[:, 2]), touched)


def test_a_gap_in_a_factor_takes_all_shares_out() -> None:
    returns, factors = _panel()
    factors[140, 0] = np.nan
    starts = rolling.every_start(len(returns), T, 0, 1)
    rolled = rolling.roll(MODELS[2], returns, factors[:, :1], starts, T, 0)
    touched = (starts - T <= 140) & (starts >= 140)
    np.testing.assert_array_equal(np.isnan(rolled.car).all(axis=1), touched)
    assert np.isfinite(rolled.car[~touched]).all()


@pytest.mark.parametrize("estimation", [30, 120])
def test_windows_need_the_covariance_across_days(estimation: int) -> None:
    # A ten-day window: with the shared error of the coefficients the standardised sum has Student's
    # variance; without it the variance is far larger after a short estimation window.
    rng = np.random.default_rng(11)
    draws, length = 4000, 10
    returns = rng.standard_normal((estimation + length, draws))
    market = rng.standard_normal((estimation + length, 1))
    one = abnormal.study(
        MODELS[2],
        returns[:estimation],
        market[:estimation],
        returns[estimation:],
        market[estimation:],
    )
    df = estimation - 2
    expected = df / (df - 2)
    slack = 5 * expected * np.sqrt(2 / draws)
    assert one.scar.var() == pytest.approx(expected, abs=slack)
    without = one.car / np.sqrt(one.fit.variance * length)
    assert without.var() > expected + (slack if estimation == 30 else 0)


def test_errors_of_one_factor_have_the_closed_form() -> None:
    returns, factors = _panel()
    window = _study(MODELS[2], returns, factors, length=5)
    market = factors[:, 0]
    fitting, event = market[EVENT - T : EVENT], market[EVENT : EVENT + 5]
    centred = fitting - fitting.mean()
    spread = 5 + 25 / T + (event - fitting.mean()).sum() ** 2 / (centred @ centred)
    np.testing.assert_allclose(window.car_error, np.sqrt(window.fit.variance * spread), rtol=1e-10)


@pytest.mark.parametrize(
    ("model", "days", "message"),
    [
        (MODELS[3], 5, "too few for 4 coefficients"),
        (MODELS[4], 2, "at least 3"),
    ],
)
def test_too_few_days_are_refused(model: Model, days: int, message: str) -> None:
    returns, factors = _panel()
    with pytest.raises(AnalysisError, match=message):
        fit(model, returns[:days], design(model, factors[:days]))


def test_missing_and_collinear_regressors_are_refused() -> None:
    returns, factors = _panel()
    factors[:, 2] = 2 * factors[:, 1]
    with pytest.raises(AnalysisError, match="collinear"):
        fit(MODELS[3], returns[:T], design(MODELS[3], factors[:T]))
    returns[3, 1] = np.nan
    with pytest.raises(AnalysisError, match="missing in the estimation window"):
        fit(MODELS[2], returns[:T], design(MODELS[2], factors[:T, :1]))


@pytest.mark.parametrize("seed", range(5))
def test_simplex_weights_equal_a_general_solver(seed: int) -> None:
    rng = np.random.default_rng(seed)
    donors, target = rng.standard_normal((80, 7)), rng.standard_normal(80)
    target += donors @ rng.dirichlet(np.full(7, 0.4))
    ours = simplex_weights(target, donors)
    assert ours.min() >= 0
    assert ours.sum() == pytest.approx(1, abs=1e-12)
    theirs = optimize.minimize(
        lambda w: float(((target - donors @ w) ** 2).sum()),
        np.full(7, 1 / 7),
        jac=lambda w: -2 * donors.T @ (target - donors @ w),
        method="SLSQP",
        bounds=[(0, 1)] * 7,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    np.testing.assert_allclose(ours, theirs.x, atol=1e-5)
    assert ((target - donors @ ours) ** 2).sum() <= theirs.fun + 1e-9


def test_a_share_that_is_a_mixture_is_found_exactly() -> None:
    _, factors = _panel()
    mixed = factors @ np.array([0.2, 0.0, 0.8])
    np.testing.assert_allclose(simplex_weights(mixed, factors), [0.2, 0, 0.8], atol=1e-9)


def test_placebo_counts_by_hand() -> None:
    others = np.array([-3.0, -1.0, 0.5, 2.0, np.nan])
    assert inference.placebo(-2.0, others).p_value == pytest.approx(3 / 5)
    assert inference.placebo(-2.0, others, "fall").p_value == pytest.approx(2 / 5)
    assert inference.placebo(-2.0, others, "rise").p_value == pytest.approx(4 / 5)
    assert inference.placebo(-9.0, others).p_value == pytest.approx(1 / 5)
    with pytest.raises(AnalysisError, match="no other day"):
        inference.placebo(1.0, np.array([np.nan]))


def test_holm_by_hand() -> None:
    np.testing.assert_allclose(inference.holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_max_t_by_hand() -> None:
    others = np.array([[3.0, 0.0], [0.0, 1.5], [0.5, 0.5], [1.0, 2.5]])
    # Share 0 (|2|): the largest of both exceeds it on two days. Share 1 (|1|) alone: on two days.
    np.testing.assert_allclose(inference.max_t(np.array([-2.0, 1.0]), others), [3 / 5, 3 / 5])
    # With independent repeats the step-down never lies below the single p-value nor above Holm.
    rng = np.random.default_rng(5)
    field = rng.standard_normal((999, 4))
    event = np.array([2.9, -2.2, 0.3, 1.0])
    single = [inference.placebo(float(event[i]), field[:, i]).p_value for i in range(4)]
    stepped = inference.max_t(event, field)
    assert (stepped >= np.array(single) - 1e-12).all()
    assert (stepped <= inference.holm(single) + 0.02).all()


def test_one_effective_share_where_all_move_together() -> None:
    assert inference.effective_shares(6, 1.0) == pytest.approx(1)
    assert inference.effective_shares(6, 0.0) == pytest.approx(6)
    assert inference.effective_shares(6, 0.6) == pytest.approx(1.5)
    # Residual s.d. 4.5 %, correlation 0.6: a standard error of 3.7 % and 10 % detectable.
    error = 4.5 * np.sqrt((1 + 5 * 0.6) / 6)
    assert error == pytest.approx(3.7, abs=0.05)
    assert inference.minimum_detectable_effect(error, 248) == pytest.approx(10.3, abs=0.1)


def test_the_detectable_effect_is_detected_with_that_power() -> None:
    rng = np.random.default_rng(3)
    draws, df = 20_000, 60
    errors = np.sqrt(rng.chisquare(df, draws) / df)
    effect = inference.minimum_detectable_effect(1.0, df)
    t = (rng.standard_normal(draws) + effect) / errors
    power = float(np.mean(inference.tail(t, df, "either") < 0.05))
    assert power == pytest.approx(0.8, abs=0.01)


def test_tails_of_known_distributions() -> None:
    assert float(inference.tail(1.959963984540054, None, "either")) == pytest.approx(0.05)
    assert float(inference.tail(-2.570581835636314, 5.0, "fall")) == pytest.approx(0.025)
    assert float(inference.tail(-2.570581835636314, 5.0, "rise")) == pytest.approx(0.975)


def test_naive_sign_test_counts() -> None:
    assert float(naive.sign(np.array([-1.0, -2.0, -3.0, -4.0, -5.0, -6.0]))) == pytest.approx(
        -np.sqrt(6)
    )


def test_shapley_of_all_orders_by_enumeration() -> None:
    rng = np.random.default_rng(2)
    values = rng.standard_normal(8)
    values[0] = 0
    steps = np.zeros((6, 3))
    for row, order in enumerate(itertools.permutations(range(3))):
        inside = 0
        for player in order:
            steps[row, player] = values[inside | 1 << player] - values[inside]
            inside |= 1 << player
    np.testing.assert_allclose(attribution.shapley(values), steps.mean(axis=0), atol=1e-14)
    low, high = attribution.order_range(values)
    np.testing.assert_allclose(low, steps.min(axis=0))
    np.testing.assert_allclose(high, steps.max(axis=0))


@pytest.mark.parametrize("length", [1, 3])
def test_attribution_adds_up(length: int) -> None:
    returns, factors = _panel()
    portfolio = returns.mean(axis=1)
    fitting, event = slice(EVENT - T, EVENT), slice(EVENT, EVENT + length)
    split = attribution.attribute(
        ["a", "b", "c"],
        portfolio[fitting],
        factors[fitting],
        float(portfolio[event].sum()),
        factors[event].sum(axis=0),
        length,
        draws=200,
    )
    table = split.table
    assert split.constant + table["contribution"].sum() + split.abnormal == pytest.approx(
        split.observed, abs=1e-14
    )
    assert split.constant_alone + table["shapley"].sum() + split.abnormal == pytest.approx(
        split.observed, abs=1e-14
    )
    one = _study(MODELS[3], returns, factors, length)
    assert split.abnormal == pytest.approx(one.caar, abs=1e-12)
    assert (table["order_low"] <= table["shapley"]).all()
    assert (table["shapley"] <= table["order_high"]).all()
    assert (table["contribution_low"] <= table["contribution_high"]).all()


def test_redrawn_days_give_the_textbook_error() -> None:
    # Homoscedastic normal errors: the spread of redrawn contributions is the standard error.
    rng = np.random.default_rng(9)
    factors = rng.standard_normal((600, 2))
    returns = factors @ np.array([1.0, -0.5]) + rng.standard_normal(600)
    split = attribution.attribute(
        ["a", "b"], returns, factors, 0.0, np.array([2.0, 1.0]), draws=4000
    )
    width = split.table["contribution_high"] - split.table["contribution_low"]
    np.testing.assert_allclose(width / (2 * 1.96), split.table["contribution_error"], rtol=0.1)


def test_the_bracket_is_the_difference_of_two_studies() -> None:
    returns, factors = _panel()
    portfolio = returns.mean(axis=1)
    fitting = slice(EVENT - T, EVENT)
    between = attribution.bracket(
        portfolio[fitting], factors[fitting], float(portfolio[EVENT]), factors[EVENT], 1, draws=100
    )
    assert between.direct == pytest.approx(_study(MODELS[3], returns, factors).caar, abs=1e-12)
    assert between.total == pytest.approx(_study(MODELS[2], returns, factors).caar, abs=1e-12)
    assert between.between == pytest.approx(between.total - between.direct, abs=1e-15)


def test_the_same_seed_gives_the_same_draws() -> None:
    returns, factors = _panel()
    one = _study(MODELS[2], returns, factors)
    x = design(MODELS[2], factors[:, :1])
    arguments = (one, x[EVENT - T : EVENT], x[EVENT : EVENT + 1], 199)
    assert inference.joint_bootstrap(*arguments, 1) == inference.joint_bootstrap(*arguments, 1)
    jumped = returns.copy()
    jumped[EVENT, 0] += 0.6
    found = inference.joint_bootstrap(_study(MODELS[2], jumped, factors), *arguments[1:], 1)
    assert found.p_value == pytest.approx(1 / 200)


def test_dose_recovers_a_slope_and_judges_it_by_other_days() -> None:
    rng = np.random.default_rng(8)
    exposure = np.array([5.0, 2, 0, 0, 1, 0, 0, 3, 0, 0, 0])
    others = rng.standard_t(4, (300, 11))
    names = [f"S{i}" for i in range(11)]
    exact = dose.dose_response(names, 1 - 2 * exposure, others / 9, exposure)
    assert exact.slope == pytest.approx(-2)
    assert exact.intercept == pytest.approx(1)
    assert exact.placebo.p_value == pytest.approx(1 / 301)
    assert exact.holders == ("S0", "S1", "S4", "S7")
    ordinary = dose.dose_response(names, others[0], others[1:], exposure)
    assert ordinary.slope == pytest.approx(np.polyfit(exposure, others[0], 1)[0])
    with pytest.raises(AnalysisError, match="same exposure"):
        dose.dose_response(names, others[0], others, np.ones(11))


def test_contracts_count_only_when_signed_before() -> None:
    contracts = pd.DataFrame(
        {
            "ticker": ["AAA", "AAA", "BBB", "AAA", "CCC"],
            "customer": ["x", "y", "z", "w", "v"],
            "date": pd.to_datetime(
                ["2024-01-02", "2025-03-25", "2025-03-26", "2024-05-01", "2024-01-02"]
            ),
            "mw_it": [100.0, 50.0, 70.0, np.nan, 9.0],
        }
    )
    amounts, notes = dose.signed_megawatts(contracts, ["AAA", "BBB"], pd.Timestamp("2025-03-26"))
    assert amounts.to_dict() == {"AAA": 150.0, "BBB": 0.0}
    assert notes == ["AAA: the contract with w of 2024-05-01 has no megawatts"]


def test_a_busy_day_is_found() -> None:
    rng = np.random.default_rng(6)
    volume = pd.DataFrame(np.exp(rng.standard_normal((200, 3)) * 0.3 + 10), columns=list("ABC"))
    volume.iloc[150] *= 20
    starts = np.setdiff1d(rolling.every_start(200, 60, 5, 1), [150])
    found = activity.activity("volume", activity.log_volume(volume), 150, starts, 60, 5)
    assert found.placebo.p_value == pytest.approx(1 / (1 + len(starts)))
    level = np.log(volume.iloc[85:145]).mean()
    np.testing.assert_allclose(found.table["ratio"], volume.iloc[150] / np.exp(level), rtol=1e-10)


def test_range_is_parkinsons_variance() -> None:
    high, low = pd.DataFrame({"A": [11.0, 5.0]}), pd.DataFrame({"A": [10.0, 5.0]})
    values = activity.log_range(high, low)["A"]
    assert values[0] == pytest.approx(np.log(np.log(1.1) ** 2 / (4 * np.log(2))))
    assert np.isnan(values[1])


def _choices() -> specification.Choices:
    return specification.Choices(
        models=(MODELS[0], MODELS[2]),
        lengths=(40, 60),
        windows=((0, 0), (-1, 1)),
        kinds=("simple", "log"),
        sets={"all": ("A", "B", "C"), "two": ("A", "C")},
    )


def test_the_curve_holds_every_specification_and_its_own_study() -> None:
    rng = np.random.default_rng(12)
    shares = pd.DataFrame(0.03 * rng.standard_normal((200, 3)), columns=list("ABC"))
    factors = pd.DataFrame({"a": 0.01 * rng.standard_normal(200)})
    shares.iloc[150] -= 0.4
    returns: dict[Kind, pd.DataFrame] = {"simple": shares, "log": np.log1p(shares)}
    curve = specification.curve(
        _choices(), returns, {"simple": factors, "log": np.log1p(factors)}, 150, 5
    )
    assert len(curve.table) == 2 * 2 * 2 * 2 * 2
    assert curve.left_out.empty
    assert curve.p_value == pytest.approx(1 / (1 + curve.median_t.count))
    one = curve.table.query(
        "model == 'market' and estimation == 60 and window == '-1 to +1' and returns == 'simple'"
        " and shares == 'two'"
    ).iloc[0]
    portfolio = shares[["A", "C"]].mean(axis=1).to_numpy()[:, None]
    fitting, event = slice(149 - 65, 149 - 5), slice(149, 152)
    market = factors.to_numpy()
    study = abnormal.study(
        MODELS[2], portfolio[fitting], market[fitting], portfolio[event], market[event]
    )
    assert one["estimate"] == pytest.approx(study.caar, abs=1e-12)
    assert one["t"] == pytest.approx(study.caar / study.caar_error, abs=1e-9)


def test_a_specification_that_cannot_be_run_is_listed() -> None:
    rng = np.random.default_rng(12)
    shares = pd.DataFrame(0.03 * rng.standard_normal((200, 3)), columns=list("ABC"))
    shares.loc[:100, "B"] = np.nan
    factors = pd.DataFrame({"a": 0.01 * rng.standard_normal(200)})
    curve = specification.curve(
        _choices(),
        {"simple": shares, "log": np.log1p(shares)},
        {"simple": factors, "log": np.log1p(factors)},
        150,
        5,
    )
    assert set(curve.left_out["shares"]) == {"all"}
    assert set(curve.left_out["estimation"]) == {60}
    assert len(curve.left_out) + len(curve.table) == 32
