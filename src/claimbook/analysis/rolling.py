"""The same study on every other day: abnormal returns for many event windows at once.

A placebo distribution re-estimates the model before every day. Sums of products over a window are
differences of running sums, so that all windows together cost little more than one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claimbook.analysis.models import Array, Model, design, fit

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Rolling:
    """Cumulative abnormal returns of m columns for P event windows (fractions).

    starts (P): first row of each window; car, error (P x m), missing where a return or a factor is
    missing in the window or in its estimation window; df (P x m); correlation (P): the
    mean pairwise correlation of the residuals of the first `shares` columns.
    """

    starts: Rows
    car: Array
    error: Array
    df: Array
    correlation: Array

    @property
    def scar(self) -> Array:
        """Standardised cumulative abnormal returns (P x m)."""
        return self.car / self.error

    def at(self, rows: NDArray[np.bool_]) -> "Rolling":
        """Only the windows that are flagged."""
        return Rolling(
            self.starts[rows],
            self.car[rows],
            self.error[rows],
            self.df[rows],
            self.correlation[rows],
        )


def every_start(days: int, estimation: int, gap: int, length: int) -> Rows:
    """First rows of all event windows that `days` rows have room for; row 0 has no return."""
    return np.arange(estimation + gap + 1, days - length + 1)


def roll(
    model: Model,
    returns: Array,
    factors: Array,
    starts: Rows,
    estimation: int,
    gap: int,
    length: int = 1,
    shares: int | None = None,
) -> Rolling:
    """The study of `abnormal.study` for each start, column by column.

    returns (D x m) may have missing values: a column is then missing for the windows that touch
    them, and no other column is. factors (D x k). `shares` counts the leading columns that the
    mean correlation is about (all of them by default); others may be portfolios.
    """
    count = returns.shape[1] if shares is None else shares
    if model.kind == "synthetic":
        return _roll_synthetic(model, returns, factors, starts, estimation, gap, length, count)
    if model.kind == "adjusted":
        # The residuals' variance is taken about their mean, as if a constant had been fitted.
        returns, regressors = returns - factors, np.ones((len(returns), 1))
    else:
        regressors = design(model, factors)
    width = regressors.shape[1]
    everything = np.hstack([regressors, returns])
    missing: NDArray[np.bool_] = np.logical_not(np.isfinite(everything))
    filled = np.where(missing, 0.0, everything)
    before = starts - gap
    products = _window(filled[:, :, None] * filled[:, None, :], before - estimation, before)
    sums = _window(filled, starts, starts + length)
    holes = _window(missing.astype(float), before - estimation, before) + _window(
        missing.astype(float), starts, starts + length
    )
    unusable: NDArray[np.bool_] = np.logical_or(
        holes[:, width:] > 0.5, (holes[:, :width] > 0.5).any(axis=1, keepdims=True)
    )
    xx = products[:, :width, :width]
    xy = products[:, :width, width:]
    # A window that cannot be used gets a harmless system; its answers are set to missing below.
    empty: NDArray[np.bool_] = np.asarray(unusable.all(axis=1))
    xx = np.where(empty[:, None, None], np.eye(width), xx)
    day = sums[:, :width, None]
    solved = np.linalg.solve(xx, np.concatenate([xy, day], axis=2))
    coefficients, leverage = solved[:, :, :-1], (day * solved[:, :, -1:]).sum(axis=(1, 2))
    squares = products[:, width:, width:] - np.swapaxes(xy, 1, 2) @ coefficients
    variance = np.diagonal(squares, axis1=1, axis2=2) / (estimation - width)
    if model.kind == "adjusted":
        car, spread = sums[:, width:], np.full(len(starts), float(length))
    else:
        car = sums[:, width:] - (day * coefficients).sum(axis=1)
        spread = length + leverage
    error = np.sqrt(np.maximum(variance, 0.0) * spread[:, None])
    return Rolling(
        starts,
        np.where(unusable, np.nan, car),
        np.where(unusable, np.nan, error),
        np.full(car.shape, float(estimation - width)),
        _mean_correlation(np.where(unusable[:, :count, None], np.nan, squares[:, :count, :count])),
    )


def _roll_synthetic(
    model: Model,
    returns: Array,
    donors: Array,
    starts: Rows,
    estimation: int,
    gap: int,
    length: int,
    shares: int,
) -> Rolling:
    columns = returns.shape[1]
    car = np.full((len(starts), columns), np.nan)
    error, df = car.copy(), car.copy()
    correlation = np.full(len(starts), np.nan)
    for row, start in enumerate(starts):
        fitting = slice(start - gap - estimation, start - gap)
        event = slice(start, start + length)
        seen = np.vstack([returns[fitting], returns[event]])
        whole: NDArray[np.bool_] = np.asarray(np.isfinite(seen).all(axis=0))
        usable = np.isfinite(donors[fitting]).all() and np.isfinite(donors[event]).all()
        if not (usable and whole.any()):
            continue
        fitted = fit(model, returns[fitting][:, whole], donors[fitting])
        car[row, whole] = (returns[event][:, whole] - fitted.predict(donors[event])).sum(axis=0)
        spread = fitted.spread(donors[event]).sum(axis=(1, 2))
        error[row, whole] = np.sqrt(fitted.variance * spread)
        df[row, whole] = fitted.df
        if whole[:shares].all():
            residuals = fitted.residuals[:, :shares]
            correlation[row] = _mean_correlation((residuals.T @ residuals)[None])[0]
    return Rolling(starts, car, error, df, correlation)


def _window(values: Array, first: Rows, last: Rows) -> Array:
    """Sums over rows [first, last) by differences of running sums."""
    total = np.zeros((values.shape[0] + 1, *values.shape[1:]))
    np.cumsum(values, axis=0, out=total[1:])
    return np.asarray(total[last] - total[first])


def _mean_correlation(squares: Array) -> Array:
    """Mean off-diagonal correlation of matrices of cross products (P x n x n)."""
    shares = squares.shape[1]
    if shares < 2:
        return np.full(len(squares), np.nan)
    scale = np.sqrt(np.diagonal(squares, axis1=1, axis2=2))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlations = squares / (scale[:, :, None] * scale[:, None, :])
    return np.asarray((correlations.sum(axis=(1, 2)) - shares) / (shares * (shares - 1)))
