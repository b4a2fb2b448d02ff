"""How much a return moves with each factor: least squares on windows of sessions, days redrawn.

R = a + b1 F1 + … + e by ordinary least squares. For the bands whole sessions (all shares and
factors together) are drawn anew, singly or in blocks of neighbouring sessions: that keeps how
shares move together and how wild a day was. A day is drawn c times, so each draw is a weighted
regression, and all draws are solved at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from claimbook.analysis.attribution import r_squared, shapley
from claimbook.analysis.resampling import block_length
from claimbook.errors import AnalysisError

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

# Daily returns hardly carry over to the next day, so sessions are drawn singly; blocks of a
# fortnight and of a month are tried beside it.
BLOCK = 1
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval, all in the number's own unit."""

    value: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 or -1 where the whole interval lies on one side of zero; 0 where it spans zero."""
        return int(self.low > 0) - int(self.high < 0)


@lru_cache(maxsize=6)
def day_counts(days: int, draws: int, seed: int, block: int = BLOCK) -> Array:
    """How often each session is drawn, shape (1 + draws, days); row 0 has each of them once.

    In circular blocks of `block` neighbouring sessions (Politis and Romano 1992), the last one cut;
    a block is at most a quarter of the window. The array is shared by all who ask for the same
    draws, so it cannot be written to.
    """
    length = block_length(days, block)
    random = np.random.default_rng(seed)
    starts = random.integers(0, days, (draws, -(-days // length)))
    places = ((starts[:, :, None] + np.arange(length)) % days).reshape(draws, -1)[:, :days]
    flat = (places + days * np.arange(draws)[:, None]).ravel()
    counts = np.bincount(flat, minlength=draws * days).reshape(draws, days)
    out: Array = np.vstack([np.ones(days), counts]).astype(float)
    out.setflags(write=False)
    return out


def coefficients(factors: Array, returns: Array, counts: Array) -> Array:
    """Slopes of each draw, shape (draws, k, n): factors (T, k), returns (T, n), counts (draws, T).

    Raises AnalysisError where a value is missing or there are fewer sessions than coefficients
    plus three.
    """
    days, width = factors.shape
    if days < width + 4:
        raise AnalysisError(f"{days} sessions are too few for {width + 1} coefficients")
    if not (np.isfinite(factors).all() and np.isfinite(returns).all()):
        raise AnalysisError("a return is missing in the window; leave the share or factor out")
    x = np.column_stack([np.ones(days), factors])
    count, shares = x.shape[1], returns.shape[1]
    xx = counts @ (x[:, :, None] * x[:, None, :]).reshape(days, -1)
    xy = counts @ (x[:, :, None] * returns[:, None, :]).reshape(days, -1)
    solved = np.linalg.solve(
        xx.reshape(-1, count, count), xy.reshape(-1, count, shares)
    )  # draws x k + 1 x n
    return np.asarray(solved[:, 1:])


def estimate(draws: Array) -> Estimate:
    """The first of the draws as the value, the middle 95 % of the others as its interval."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(draws[1:], [tail, 1 - tail])
    return Estimate(float(draws[0]), float(low), float(high))


def rolling(
    factors: pd.DataFrame, returns: pd.Series, ends: Rows, window: int, draws: int, seed: int
) -> pd.DataFrame:
    """Slopes over the `window` sessions that end with each row of `ends`.

    One row an end (its date), columns (factor, value | low | high). The same draws of places serve
    all windows, so that the band moves with the data and not with chance. Windows with a missing
    return are left out.
    """
    counts = day_counts(window, draws, seed)
    x, y = factors.to_numpy(dtype=float), returns.to_numpy(dtype=float)[:, None]
    whole = np.isfinite(np.hstack([x, y])).all(axis=1)
    rows, dates = [], []
    tail = (1 - LEVEL) / 2
    for end in ends:
        span = slice(end - window + 1, end + 1)
        if span.start < 0 or not whole[span].all():
            continue
        slopes = coefficients(x[span], y[span], counts)[:, :, 0]
        rows.append(np.vstack([slopes[0], np.quantile(slopes[1:], [tail, 1 - tail], axis=0)]).T)
        dates.append(factors.index[end])
    names = [(str(factor), part) for factor in factors.columns for part in ("value", "low", "high")]
    return pd.DataFrame(
        np.array(rows).reshape(len(rows), len(names)),
        index=pd.DatetimeIndex(dates, name="date"),
        columns=pd.MultiIndex.from_tuples(names, names=["factor", "part"]),
    )


def expanding(factors: pd.DataFrame, returns: pd.Series, ends: Rows) -> pd.DataFrame:
    """Slopes over all sessions from the first row to each end; columns factors."""
    x = np.column_stack([np.ones(len(factors)), factors.to_numpy(dtype=float)])
    y = returns.to_numpy(dtype=float)
    xx = np.cumsum(x[:, :, None] * x[:, None, :], axis=0)[ends]
    xy = np.cumsum(x * y[:, None], axis=0)[ends]
    slopes = np.linalg.solve(xx, xy[:, :, None])[:, 1:, 0]
    return pd.DataFrame(slopes, index=factors.index[ends], columns=factors.columns)


def variance_shares(factors: Array, returns: Array) -> Array:
    """Percent of the variance of returns (T) that Shapley's value of R² gives each factor (k)."""
    return 100 * shapley(r_squared(returns, factors))


def rolling_variance_shares(
    factors: pd.DataFrame, returns: pd.Series, ends: Rows, window: int
) -> pd.DataFrame:
    """Percent of variance by factor over the windows of `rolling`, and `unexplained`."""
    x, y = factors.to_numpy(dtype=float), returns.to_numpy(dtype=float)
    whole = np.isfinite(np.column_stack([x, y])).all(axis=1)
    rows = {}
    for end in ends:
        span = slice(end - window + 1, end + 1)
        if span.start >= 0 and whole[span].all():
            rows[factors.index[end]] = variance_shares(x[span], y[span])
    table = pd.DataFrame.from_dict(rows, orient="index", columns=factors.columns)
    table["unexplained"] = 100 - table.sum(axis=1)
    return table.rename_axis("date")


def drawn_variance_shares(factors: Array, returns: Array, counts: Array) -> Array:
    """`variance_shares` of each draw of sessions, shape (draws, k)."""
    days = np.arange(len(returns))
    rows = [np.repeat(days, count.astype(int)) for count in counts]
    return np.array([variance_shares(factors[row], returns[row]) for row in rows])


def group_difference(slopes: Array, first: Sequence[int], second: Sequence[int]) -> Array:
    """Mean slope of some shares less that of others, draw by draw: slopes (draws, n)."""
    return np.asarray(slopes[:, list(first)].mean(axis=1) - slopes[:, list(second)].mean(axis=1))
