"""The event under one model of a normal day: shares, mean, tests, and all other days.

Percent wherever a name ends in `_pct`; elsewhere returns are fractions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimbook.analysis import abnormal, inference, naive
from claimbook.analysis.inference import Direction, Placebo
from claimbook.analysis.models import Array, Model, design
from claimbook.analysis.rolling import Rolling, Rows, every_start, roll
from claimbook.analysis.setting import Setting
from claimbook.errors import AnalysisError

LEVEL = 0.05


@dataclass(frozen=True)
class ModelStudy:
    """The event under one model.

    `shares`: one row a share: return_pct, normal_pct, ar_pct, low_pct, high_pct (prediction
    interval), t, p_value, p_placebo, p_holm, p_max_t (the last two from p_placebo's days),
    pre_fit_error_pct. `coefficients`: rows regressors (or donors), columns shares.
    `tests` and `naive`: test, statistic, p_value, reference, and alarms_pct, the percent of other
    days on which the same test would have rejected at 5 % (missing where it was not run on them).
    `mean` and `median` compare the mean and median standardised abnormal return with all other
    days, `mean_quiet` and `median_quiet` with those without a listed event. `days`: these other
    days: mean, median, aar_pct, known.
    """

    model: Model
    shares: pd.DataFrame
    coefficients: pd.DataFrame
    aar_pct: float
    low_pct: float
    high_pct: float
    tests: pd.DataFrame
    naive: pd.DataFrame
    mean: Placebo
    median: Placebo
    mean_quiet: Placebo
    median_quiet: Placebo
    days: pd.DataFrame
    correlation: float
    effective_shares: float
    minimum_detectable_pct: float
    explained_share_pct: float | None


def days_before(one: ModelStudy, event_date: str, direction: Direction) -> Placebo | None:
    """The mean compared with the other days before the event only; None with fewer than 30."""
    earlier = one.days.loc[one.days.index < pd.Timestamp(event_date), "mean"].to_numpy()
    if len(earlier) < 30:
        return None
    return inference.placebo(one.mean.statistic, earlier, direction, "mean")


def model_study(
    ground: Setting, model: Model, known: pd.DatetimeIndex, direction: Direction
) -> ModelStudy:
    """Everything about the event under one model.

    `known` are sessions of listed events. Raises AnalysisError where the model cannot be fitted.
    """
    one = _measure(ground, model)
    w = ground.windows
    shares, factors = _arrays(ground, model)
    count = len(ground.tickers)
    columns = shares
    if model.kind != "synthetic":
        columns = np.column_stack([shares, shares.mean(axis=1)])
    starts = other_starts(ground)
    rolled = roll(model, columns, factors, starts, w.estimation, w.gap, w.length, count)
    rolled = rolled.at(np.asarray(np.isfinite(rolled.scar).all(axis=1)))
    scores = rolled.scar[:, :count]
    days = pd.DataFrame(
        {
            "mean": scores.mean(axis=1),
            "median": np.median(scores, axis=1),
            "aar_pct": 100 * rolled.car[:, :count].mean(axis=1),
        },
        index=ground.days[rolled.starts - (w.start - ground.event)],
    )
    listed = ground.days.isin(known)
    touched = [bool(listed[start : start + w.length].any()) for start in rolled.starts]
    days["known"] = touched
    quiet = days[~days["known"]]
    mean, median = float(one.scar.mean()), float(np.median(one.scar))
    single = [
        inference.placebo(float(one.scar[i]), scores[:, i], direction, "abnormal return").p_value
        for i in range(count)
    ]
    low, high = one.interval()
    mean_low, mean_high = one.mean_interval()
    table = pd.DataFrame(
        {
            "return_pct": 100 * one.observed.sum(axis=0),
            "normal_pct": 100 * one.normal.sum(axis=0),
            "ar_pct": 100 * one.car,
            "low_pct": 100 * low,
            "high_pct": 100 * high,
            "t": one.scar,
            "p_value": inference.tail(one.scar, one.fit.df, direction),
            "p_placebo": single,
            "p_holm": inference.holm(single),
            "p_max_t": inference.max_t(one.scar, scores, direction),
            "pre_fit_error_pct": 100 * one.fit.pre_fit_error,
        },
        index=pd.Index(ground.tickers, name="ticker"),
    )
    correlation = inference.mean_residual_correlation(one.fit.residuals)
    observed, left = float(one.observed.sum(axis=0).mean()), one.caar
    trusted = [
        inference.portfolio(one, direction),
        inference.kolari_pynnonen(one, direction),
        inference.adjusted_patell(one, direction),
        inference.corrado(one, direction),
    ]
    return ModelStudy(
        model=model,
        shares=table,
        coefficients=_coefficients(one, ground.tickers),
        aar_pct=100 * one.caar,
        low_pct=100 * mean_low,
        high_pct=100 * mean_high,
        tests=_with_alarms(trusted, rolled, count, direction),
        naive=_with_alarms(naive.all_tests(one, direction), rolled, count, direction),
        mean=inference.placebo(mean, days["mean"].to_numpy(), direction, "mean"),
        median=inference.placebo(median, days["median"].to_numpy(), direction, "median"),
        mean_quiet=inference.placebo(mean, quiet["mean"].to_numpy(), direction, "mean"),
        median_quiet=inference.placebo(median, quiet["median"].to_numpy(), direction, "median"),
        days=days,
        correlation=correlation,
        effective_shares=inference.effective_shares(count, correlation),
        minimum_detectable_pct=100
        * inference.minimum_detectable_effect(one.caar_error, one.portfolio_df),
        explained_share_pct=100 * (observed - left) / observed if observed else None,
    )


def _coefficients(one: abnormal.Abnormal, tickers: Sequence[str]) -> pd.DataFrame:
    model = one.fit.model
    rows = list(model.factors) if model.kind == "synthetic" else ["constant", *model.factors]
    return pd.DataFrame(one.fit.coefficients, index=rows, columns=list(tickers))


def _with_alarms(
    tests: Sequence[inference.Test], rolled: Rolling, count: int, direction: Direction
) -> pd.DataFrame:
    """The tests as a table, with how often each rejects on the other days."""
    scores, cars = rolled.scar[:, :count], rolled.car[:, :count]
    df = rolled.df[:, :count]
    design_effect = np.sqrt(1 + (count - 1) * rolled.correlation)
    patell = inference.patell_statistic(scores, df)
    few: float | Array = count - 1.0
    on_other_days: dict[str, tuple[Array, float | Array | None]] = {
        "Kolari–Pynnönen": (inference.adjusted_bmp(scores, rolled.correlation), few),
        "Adjusted Patell": (patell / design_effect, None),
        "Cross-sectional t": (naive.cross_sectional(cars), few),
        "Patell": (patell, None),
        "BMP": (inference.bmp_statistic(scores), few),
        "Sign": (naive.sign(cars), None),
    }
    if rolled.scar.shape[1] > count:
        on_other_days["Portfolio (CDA)"] = (rolled.scar[:, count], rolled.df[:, count])
    rows = []
    for test in tests:
        alarms = float("nan")
        if test.name in on_other_days:
            values, freedom = on_other_days[test.name]
            alarms = 100 * float(np.mean(inference.tail(values, freedom, direction) < LEVEL))
        rows.append((test.name, test.statistic, test.p_value, test.reference, alarms))
    return pd.DataFrame(rows, columns=["test", "statistic", "p_value", "reference", "alarms_pct"])


def joint_test(ground: Setting, model: Model, draws: int, seed: int) -> inference.Test:
    """Are all shares\' abnormal returns zero together, under one model?"""
    one = _measure(ground, model)
    regressors = design(model, _arrays(ground, model)[1])
    w = ground.windows
    return inference.joint_bootstrap(
        one, regressors[w.estimation_rows], regressors[w.event_rows], draws, seed
    )


def other_starts(ground: Setting) -> Rows:
    """First rows of all event windows that do not meet the event's own."""
    w = ground.windows
    starts = every_start(len(ground.days), w.estimation, w.gap, w.length)
    return starts[np.abs(starts - w.start) >= w.length]


def _arrays(ground: Setting, model: Model) -> tuple[Array, Array]:
    """Returns of the shares and factors (or donors) of a model, over all sessions."""
    frame = ground.returns if model.kind == "synthetic" else ground.factors
    if model.kind == "synthetic" and not model.factors:
        raise AnalysisError("no share is left that a synthetic control could be made of")
    return (
        ground.returns["simple"][list(ground.tickers)].to_numpy(dtype=float),
        frame["simple"][list(model.factors)].to_numpy(dtype=float),
    )


def _measure(ground: Setting, model: Model) -> abnormal.Abnormal:
    shares, factors = _arrays(ground, model)
    fitting, event = ground.windows.estimation_rows, ground.windows.event_rows
    return abnormal.study(model, shares[fitting], factors[fitting], shares[event], factors[event])
