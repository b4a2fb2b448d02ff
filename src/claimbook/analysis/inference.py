"""Tests that stay right for a few correlated shares on one common date.

The usual tests take the shares for independent and raise a false alarm several times too often
here; they stand in `claimbook.analysis.naive`, to be shown and not to be trusted.
Functions of standardised abnormal returns take arrays whose last axis is the shares, so that one
call judges one event (n) or many (P x n).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special, stats

from claimbook.analysis.abnormal import Abnormal
from claimbook.analysis.models import Array
from claimbook.errors import AnalysisError
from claimbook.language import mark, tell

Direction = Literal["either", "fall", "rise"]
DIRECTIONS = ("either", "fall", "rise")


@dataclass(frozen=True)
class Test:
    """A test's statistic, its p-value, and the distribution that the p-value comes from."""

    name: str
    statistic: float
    p_value: float
    reference: str


# Keeps pytest from taking the class for a test case.
Test.__test__ = False  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Placebo:
    """A statistic of the event, the same statistic on M other days, and the event's p-value.

    p_value = (1 + how many days are at least as extreme) / (1 + M), which is never below
    1 / (1 + M). `days` and `values` are the other days' (M).
    """

    statistic: float
    values: Array
    p_value: float

    @property
    def count(self) -> int:
        return len(self.values)


def portfolio(study: Abnormal, direction: Direction = "either") -> Test:
    """Portfolio (crude dependence adjustment) test: CAAR over its own standard error, t(T - K).

    The variance comes from the mean residual of each day, so it holds the shares' correlation.
    Jaffe (1974); Brown and Warner (1985); Fama (1998).
    """
    statistic = study.caar / study.caar_error
    return _student("Portfolio (CDA)", statistic, study.portfolio_df, direction)


def kolari_pynnonen(study: Abnormal, direction: Direction = "either") -> Test:
    """Boehmer-Musumeci-Poulsen test adjusted for correlation, t(n - 1).

    Kolari and Pynnönen (2010), equation 14. With few shares the normal distribution rejects too
    often, so Student's t with n - 1 degrees of freedom judges it.
    """
    statistic = float(adjusted_bmp(study.scar, mean_residual_correlation(study.fit.residuals)))
    return _student("Kolari–Pynnönen", statistic, study.fit.shares - 1, direction)


def adjusted_patell(study: Abnormal, direction: Direction = "either") -> Test:
    """Patell's test adjusted for correlation, standard normal (Kolari and Pynnönen 2010)."""
    z = patell_statistic(study.scar, study.fit.df)
    inflation = np.sqrt(
        _design_effect(study.fit.shares, mean_residual_correlation(study.fit.residuals))
    )
    return _normal("Adjusted Patell", float(z / inflation), direction)


def corrado(study: Abnormal, direction: Direction = "either") -> Test:
    """Corrado's (1989) rank test on one day, or on a window of L days, standard normal.

    Residuals and abnormal returns of each share are ranked together, U = rank / (m + 1) - 1/2 over
    m = T + L days. z = sum of the window's mean U over the days, divided by sqrt(L) times the
    standard deviation of the daily mean of U over all m days: correlation is inside it.
    """
    return _normal(
        mark("Corrado rank"), corrado_statistic(study.fit.residuals, study.ar), direction
    )


def placebo(
    event: float, others: Array, direction: Direction = "either", name: str = "statistic"
) -> Placebo:
    """The event's rank among other days, as a p-value (Abadie, Diamond and Hainmueller 2010;
    Gelbach, Helland and Klick 2013). Missing values among the others are left out.
    """
    known = others[np.isfinite(others)]
    if not len(known):
        raise AnalysisError(f"no other day is left to compare the {name} with")
    if direction == "either":
        extreme = np.abs(known) >= abs(event)
    else:
        extreme = known <= event if direction == "fall" else known >= event
    return Placebo(event, known, float((1 + extreme.sum()) / (1 + len(known))))


def joint_bootstrap(
    study: Abnormal, regressors: Array, event_regressors: Array, draws: int, seed: int
) -> Test:
    """Are all shares' abnormal returns zero together? Judged by redrawing whole days.

    The statistic is the F form of the multivariate regression model, CAR' S^-1 CAR / spread
    (Schipper and Thompson 1983; Binder 1985). Its own F distribution fails for fat tails, so the
    residuals of whole days, all shares together, are drawn with replacement for the estimation
    window and the event window, the model is fitted again, and the statistic is taken from each
    draw (Hein and Westfall 2004). regressors (T x K), event_regressors (L x K), as in `models.fit`;
    for models that are not fitted by least squares the coefficients are kept.
    """
    residuals, length = study.fit.residuals, study.ar.shape[0]
    days, shares = residuals.shape
    if shares >= days - regressors.shape[1]:
        raise AnalysisError("the joint test needs more sessions than shares")
    fixed = study.fit.model.kind in ("adjusted", "synthetic")
    x = np.zeros((days, 0)) if fixed else regressors
    event_x = np.zeros(0) if fixed else event_regressors.sum(axis=0)
    projection = np.linalg.pinv(x)  # K x T
    df = days - x.shape[1]
    observed = _quadratic(study.car[None], (residuals.T @ residuals)[None] / df)[0]
    # Least squares makes residuals smaller than errors; sqrt(T / df) puts the size back.
    errors = residuals * np.sqrt(days / df)
    if fixed:
        errors = errors - errors.mean(axis=0)
    rng = np.random.default_rng(seed)
    drawn = errors[rng.integers(0, days, size=(draws, days))]  # B x T x n
    window = errors[rng.integers(0, days, size=(draws, length))].sum(axis=1)
    coefficients = projection @ drawn  # B x K x n
    car = window - event_x @ coefficients
    squares = np.swapaxes(drawn, 1, 2) @ drawn
    if x.shape[1]:
        squares = squares - np.swapaxes(coefficients, 1, 2) @ (x.T @ x) @ coefficients
    values = _quadratic(car, squares / df)
    p_value = float((1 + (values >= observed).sum()) / (1 + draws))
    return Test(
        "Joint (bootstrap)",
        float(observed / shares),
        p_value,
        tell("{draws} redrawn samples", draws=draws),
    )


def holm(p_values: Sequence[float]) -> Array:
    """Holm's (1979) step-down p-values for several tests at once, in the order given."""
    given = np.asarray(p_values, dtype=float)
    order = np.argsort(given, kind="stable")
    stepped = np.maximum.accumulate((len(given) - np.arange(len(given))) * given[order])
    out = np.empty(len(given))
    out[order] = np.minimum(stepped, 1.0)
    return out


def max_t(event: Array, others: Array, direction: Direction = "either") -> Array:
    """Step-down max-T p-values of n shares from M other days (Westfall and Young 1993; Romano and
    Wolf 2005).

    event (n), others (M x n). The largest statistic of each day carries the shares' correlation,
    so this is less strict than Holm where they move together.
    """
    size, field = _sided(event, direction), _sided(others, direction)
    field = field[np.isfinite(field).all(axis=1)]
    order = np.argsort(-size, kind="stable")
    # Row by row: the largest statistic among the share in question and all less extreme ones.
    running = np.maximum.accumulate(field[:, order[::-1]], axis=1)[:, ::-1]
    raw = (1 + (running >= size[order]).sum(axis=0)) / (1 + len(field))
    out = np.empty(len(size))
    out[order] = np.maximum.accumulate(raw)
    return out


def mean_residual_correlation(residuals: Array) -> float:
    """Mean pairwise correlation of the shares' residuals in the estimation window (T x n)."""
    shares = residuals.shape[1]
    if shares < 2:
        raise AnalysisError("a correlation between shares needs two shares or more")
    return float((np.corrcoef(residuals.T).sum() - shares) / (shares * (shares - 1)))


def effective_shares(shares: int, correlation: float) -> float:
    """How many independent shares would tell as much: n / (1 + (n - 1) r)."""
    return float(shares / (1 + (shares - 1) * correlation))


def minimum_detectable_effect(
    error: float, df: float, level: float = 0.05, power: float = 0.8
) -> float:
    """The smallest true mean effect that a two-sided test would find with that power.

    (t at 1 - level / 2 plus t at power) times the standard error of the mean abnormal return.
    """
    return float((stats.t.ppf(1 - level / 2, df) + stats.t.ppf(power, df)) * error)


def bmp_statistic(scar: Array) -> Array:
    """sqrt(n) mean / standard deviation of standardised abnormal returns over the last axis."""
    shares = scar.shape[-1]
    return np.asarray(np.sqrt(shares) * scar.mean(axis=-1) / scar.std(axis=-1, ddof=1))


def adjusted_bmp(scar: Array, correlation: float | Array) -> Array:
    """The BMP statistic times sqrt((1 - r) / (1 + (n - 1) r)) (Kolari and Pynnönen 2010)."""
    shares = scar.shape[-1]
    return np.asarray(
        bmp_statistic(scar) * np.sqrt((1 - correlation) / _design_effect(shares, correlation))
    )


def patell_statistic(scar: Array, df: Array | float) -> Array:
    """Sum of standardised abnormal returns over the root of their summed variances (Patell 1976).

    The variance of a standardised return with df degrees of freedom is df / (df - 2).
    """
    degrees = np.broadcast_to(np.asarray(df, dtype=float), scar.shape)
    return np.asarray(scar.sum(axis=-1) / np.sqrt((degrees / (degrees - 2)).sum(axis=-1)))


def corrado_daily(residuals: Array, ar: Array) -> Array:
    """Corrado's z of each day of a window: residuals (T x n), abnormal returns (L x n)."""
    together = np.vstack([residuals, ar])
    ranks = stats.rankdata(together, axis=0) / (len(together) + 1) - 0.5
    daily = ranks.mean(axis=1)
    return np.asarray(daily[len(residuals) :] / np.sqrt(np.mean(daily**2)))


def corrado_statistic(residuals: Array, ar: Array) -> float:
    """Corrado's z of a whole window: the days' z summed, over the root of their number."""
    daily = corrado_daily(residuals, ar)
    return float(daily.sum() / np.sqrt(len(daily)))


def tail(statistic: float | Array, df: float | Array | None, direction: Direction) -> Array:
    """p-values of statistics under Student's t with df degrees of freedom, or the normal (None)."""
    if direction not in DIRECTIONS:
        raise AnalysisError(f"a direction is one of {', '.join(DIRECTIONS)}, not {direction!r}")
    values = np.asarray(statistic, dtype=float)
    # The lower tail of -|x| keeps small p-values exact, where 1 - p would not.
    at = {"either": -np.abs(values), "fall": values, "rise": -values}[direction]
    below = special.ndtr(at) if df is None else special.stdtr(df, at)
    return np.asarray(2 * below if direction == "either" else below)


def _student(name: str, statistic: float, df: float, direction: Direction) -> Test:
    p = float(tail(statistic, df, direction))
    return Test(
        name, float(statistic), p, tell("Student's t, {degrees:g} degrees of freedom", degrees=df)
    )


def _normal(name: str, statistic: float, direction: Direction) -> Test:
    return Test(name, statistic, float(tail(statistic, None, direction)), mark("standard normal"))


def _design_effect(shares: int, correlation: float | Array) -> float | Array:
    return 1 + (shares - 1) * correlation


def _sided(values: Array, direction: Direction) -> Array:
    if direction == "either":
        return np.abs(values)
    return -values if direction == "fall" else values


def _quadratic(car: Array, covariance: Array) -> Array:
    """CAR' S^-1 CAR for each draw. The spread is the same for all draws and cancels."""
    solved = np.linalg.solve(covariance, car[:, :, None])
    return np.asarray((car[:, :, None] * solved).sum(axis=(1, 2)))
