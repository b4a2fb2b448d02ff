"""How far a series stepped at a known date, apart from its trend: interrupted time series.

ln y = a + b·t + c·D + d·t·D + weekday + first seven days + u, with D = 1 from the date on.
The step is c: how far the series lay above or below its own earlier trend, at once. Each of the
first seven days has a term of its own, so that a short burst does not pass for a step.

The errors u are what one day passes on to the next (an autoregressive part, φ to the power of the
days apart) plus what is gone the next day (noise, such as luck with blocks), both fitted by
restricted maximum likelihood, since plain or Newey-West errors tend to be too small where days
resemble each other (Turner et al. 2021).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg, optimize, special

Array = NDArray[np.float64]

TREND, STEP, TREND_CHANGE = 1, 2, 3
BURST_DAYS = 7
DAYS_PER_YEAR = 365.0
# A month: what the errors of revenue pass on is gone by then.
NEWEY_WEST_LAGS = 30
# Beyond these the errors could not be told from a trend, or from pure noise.
MOST_PERSISTENT, MOST_NOISE = 0.995, 0.99
# All but a random walk: what the interval would be if the bound were (nearly) lifted.
NEAR_UNIT_ROOT = 0.9999


@dataclass(frozen=True)
class Errors:
    """The errors' persistence φ from day to day, and the share of their variance that is noise."""

    persistence: float
    noise: float


@dataclass(frozen=True)
class Step:
    """A fitted step: in percent with a 95 % interval, and what the check and the terms say.

    `least_squares` is the step by ordinary least squares, in percent, and `newey_west` the interval
    about it with Newey-West errors. `near_unit_root` is the interval with a persistence of 0.9999
    where the fitted one lies at its upper bound, else None.
    `burst` says how far each of the first seven days lay above the new level, in percent;
    `trends` is the yearly growth before and after, in percent; `level` the fitted logarithm of the
    series at the date, had there been no step.
    """

    percent: float
    low: float
    high: float
    least_squares: float
    newey_west: tuple[float, float]
    near_unit_root: tuple[float, float] | None
    burst: tuple[float, ...]
    level: float
    trends: tuple[float, float]
    errors: Errors
    observations: int


def design(offsets: NDArray[np.int64], weekday: NDArray[np.int64]) -> Array:
    """The regressors, shape (n, 17): constant, trend, step, change of trend, six weekdays, burst.

    `offsets` are days from the date (0 is the date itself), `weekday` 0 (Monday) to 6; weekdays
    are coded as differences from their mean. The trends are per year.
    """
    t = offsets / DAYS_PER_YEAR
    after = (offsets >= 0).astype(float)
    days = [(weekday == k).astype(float) - (weekday == 6) for k in range(6)]
    burst = [(offsets == k).astype(float) for k in range(BURST_DAYS)]
    columns = [np.ones(len(t)), t, after, t * after, *days, *burst]
    return np.column_stack(columns)


def precise(columns: Array, errors: Errors) -> tuple[Array, float]:
    """Σ⁻¹ · columns and ln det Σ, for errors of unit variance; `columns` has shape (n, k).

    Σ = S + w·I with S the covariance of an AR(1) of variance 1 − w. S⁻¹ is tridiagonal, so
    Σ⁻¹ = (I + w·S⁻¹)⁻¹ · S⁻¹ costs a banded solve.
    """
    n = len(columns)
    phi, noise = errors.persistence, errors.noise
    scale = 1 / ((1 - noise) * (1 - phi**2))
    diagonal = np.full(n, scale * (1 + phi**2))
    diagonal[[0, -1]] = scale
    beside = -scale * phi
    product = diagonal[:, None] * columns
    product[:-1] += beside * columns[1:]
    product[1:] += beside * columns[:-1]
    banded = np.zeros((2, n))
    banded[0, 1:] = noise * beside
    banded[1] = 1 + noise * diagonal
    factor = linalg.cholesky_banded(banded)
    solved = linalg.cho_solve_banded((factor, False), product)
    log_det_s = n * np.log(1 - noise) + (n - 1) * np.log(1 - phi**2)
    return solved, float(2 * np.log(factor[1]).sum() + log_det_s)


def restricted_likelihood(y: Array, x: Array, errors: Errors) -> float:
    """The restricted log-likelihood at its best coefficients and variance (Harville 1974)."""
    fit = _generalised(y, x, errors)
    n, k = x.shape
    log_det_x = np.linalg.slogdet(x.T @ x)[1]
    log_det = fit.log_det + np.linalg.slogdet(fit.information)[1] - log_det_x
    return float(-0.5 * ((n - k) * (np.log(2 * np.pi * fit.variance) + 1) + log_det))


def fit_errors(y: Array, x: Array) -> Errors:
    """The errors with the greatest restricted likelihood: the best of a grid, then refined."""
    bounds = [(0.0, MOST_PERSISTENT), (0.0, MOST_NOISE)]

    def loss(at: Array) -> float:
        return -restricted_likelihood(y, x, Errors(float(at[0]), float(at[1])))

    grid = [(phi, noise) for phi in (0.3, 0.8, 0.95, 0.985) for noise in (0.02, 0.2, 0.6)]
    start = min(grid, key=lambda at: loss(np.array(at)))
    best = optimize.minimize(
        loss, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40}
    ).x
    return Errors(float(best[0]), float(best[1]))


def at_bound(errors: Errors) -> bool:
    """Whether the persistence lies at its upper bound, so that an interval depends on the bound."""
    return errors.persistence > MOST_PERSISTENT - 1e-6


def fit_noise(y: Array, x: Array, persistence: float) -> Errors:
    """The errors with the greatest restricted likelihood at a given persistence.

    The share of noise is sought by its logarithm: near a random walk it is small, because the
    variance of the other part is that of all its wanderings.
    """

    def loss(log_noise: float) -> float:
        return -restricted_likelihood(y, x, Errors(persistence, float(np.exp(log_noise))))

    best = optimize.minimize_scalar(
        loss, bounds=(np.log(1e-8), np.log(MOST_NOISE)), method="bounded"
    )
    return Errors(persistence, float(np.exp(best.x)))


def fit(series: pd.Series, day: pd.Timestamp, days: int) -> Step | None:
    """The step of a positive daily series at `day`, from `days` days before to as many after.

    None where a day is missing or not positive: a gap would break the chain of the errors.
    """
    span = pd.date_range(day - pd.Timedelta(days=days), periods=2 * days)
    values = series.reindex(span).to_numpy(dtype=float)
    if not (values > 0).all():
        return None
    y = np.log(values)
    x = design(np.arange(-days, days), span.day_of_week.to_numpy())
    errors = fit_errors(y, x)
    fitted = _generalised(y, x, errors)
    step, half = fitted.beta[STEP], _half_width(fitted, x)
    wandering = None
    if at_bound(errors):
        other = _generalised(y, x, fit_noise(y, x, NEAR_UNIT_ROOT))
        centre, room = other.beta[STEP], _half_width(other, x)
        wandering = (_percent(centre - room), _percent(centre + room))
    plain, covariance = newey_west(y, x, NEWEY_WEST_LAGS)
    wide = 1.96 * float(np.sqrt(covariance[STEP, STEP]))
    trend, change = fitted.beta[TREND], fitted.beta[TREND_CHANGE]
    return Step(
        percent=_percent(step),
        low=_percent(step - half),
        high=_percent(step + half),
        least_squares=_percent(plain[STEP]),
        newey_west=(_percent(plain[STEP] - wide), _percent(plain[STEP] + wide)),
        near_unit_root=wandering,
        burst=tuple(_percent(each) for each in fitted.beta[-BURST_DAYS:]),
        level=float(fitted.beta[0]),
        trends=(_percent(trend), _percent(trend + change)),
        errors=errors,
        observations=len(y),
    )


def newey_west(y: Array, x: Array, lags: int) -> tuple[Array, Array]:
    """Ordinary least squares and the Newey-West (1987) covariance of its coefficients.

    Bartlett weights over `lags` lags, no prewhitening, no small-sample correction: what R's
    sandwich calls NeweyWest(lag = lags, prewhite = FALSE, adjust = FALSE).
    """
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ (x.T @ y)
    scores = x * (y - x @ beta)[:, None]
    middle = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (lags + 1)) * (cross + cross.T)
    return beta, inverse @ middle @ inverse


def placebo(
    series: pd.Series, days: int, errors: Errors, keep_clear: Sequence[pd.Timestamp]
) -> pd.Series:
    """The step, in percent, at dates with no break near: what chance alone brings about.

    The same model with the same errors, which are not fitted anew, at each date whose span of
    `days` on both sides is complete and holds none of the days in `keep_clear`. Indexed by date;
    spans of neighbouring dates overlap, so the steps are far from independent.
    """
    values = series.asfreq("D")
    logs = np.log(values.where(values > 0).to_numpy(dtype=float))
    if len(logs) < 2 * days:
        return pd.Series(dtype=float)
    spans = np.lib.stride_tricks.sliding_window_view(logs, 2 * days)
    dates = pd.DatetimeIndex(values.index[days : len(logs) - days + 1])
    offsets = np.arange(-days, days)
    clear = ~np.isnan(spans).any(axis=1)
    for day in keep_clear:
        apart = (day - dates).days.to_numpy()
        clear &= ~((apart >= -days) & (apart < days))
    steps = np.full(len(dates), np.nan)
    first_weekday = dates.day_of_week.to_numpy()
    for phase in range(7):
        x = design(offsets, (phase + offsets) % 7)
        weighted, _ = precise(x, errors)
        weights = np.linalg.solve(x.T @ weighted, weighted.T)[STEP]
        rows = clear & (first_weekday == phase)
        steps[rows] = spans[rows] @ weights
    return pd.Series(100 * np.expm1(steps[clear]), index=dates[clear])


def share_as_large(placebos: pd.Series, step: float) -> float:
    """(1 + the placebo falls at least as deep) over (1 + their number); NaN where there are none.

    Falls, because a fall is claimed. The smallest possible share is one over their number plus one.
    """
    if not len(placebos):
        return float("nan")
    return float((1 + (placebos <= step).sum()) / (1 + len(placebos)))


def trend_lines(step: Step, days: int, ahead: int) -> pd.DataFrame:
    """The fitted trends without weekdays and burst, in the series' unit; index: days from the date.

    Columns: `fitted` over all days, and `without step`, the earlier trend led on for `ahead` days.
    """
    offsets = np.arange(-days, days)
    t = offsets / DAYS_PER_YEAR
    before, after = (np.log1p(trend / 100) for trend in step.trends)
    earlier = step.level + before * t
    later = step.level + np.log1p(step.percent / 100) + after * t
    lines = pd.DataFrame({"fitted": np.exp(np.where(offsets < 0, earlier, later))}, index=offsets)
    lines["without step"] = np.where((offsets >= 0) & (offsets < ahead), np.exp(earlier), np.nan)
    return lines.rename_axis("days_from_halving")


def all_trend_lines(
    fits: Mapping[str, Step | None], days: int, ahead: int
) -> dict[str, pd.DataFrame]:
    """`trend_lines` of every step that could be fitted."""
    return {name: trend_lines(fit, days, ahead) for name, fit in fits.items() if fit is not None}


@dataclass(frozen=True)
class _Fit:
    beta: Array
    variance: float
    information: Array
    log_det: float


def _generalised(y: Array, x: Array, errors: Errors) -> _Fit:
    """Generalised least squares with known errors; `information` is X'Σ⁻¹X at unit variance."""
    weighted, log_det = precise(np.column_stack([x, y]), errors)
    information = x.T @ weighted[:, :-1]
    beta: Array = np.asarray(np.linalg.solve(information, x.T @ weighted[:, -1]))
    rest = float(y @ weighted[:, -1] - beta @ (x.T @ weighted[:, -1]))
    n, k = x.shape
    return _Fit(beta, max(rest, 0.0) / (n - k), information, log_det)


def _half_width(fitted: _Fit, x: Array) -> float:
    """Half the 95 % interval of the logarithmic step, by the t distribution."""
    n, k = x.shape
    spread = np.sqrt(fitted.variance * np.linalg.inv(fitted.information)[STEP, STEP])
    return float(special.stdtrit(n - k, 0.975) * spread)


def _percent(log: float) -> float:
    return float(100 * np.expm1(log))
