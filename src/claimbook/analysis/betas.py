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

from claimbook.analysis.attribution import r_squared_of, shapley
from claimbook.analysis.resampling import block_length
from claimbook.errors import AnalysisError

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
Counts = NDArray[np.uint16]

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


@lru_cache(maxsize=48)  # a study asks for some forty; 10,000 draws of a year take 5 MB
def day_counts(days: int, draws: int, seed: int, block: int = BLOCK) -> Counts:
    """How often each session is drawn, shape (1 + draws, days); row 0 has each of them once.

    In circular blocks of `block` neighbouring sessions (Politis and Romano 1992), the last one cut;
    a block is at most a quarter of the window. The array is shared by all who ask for the same
    draws, so it cannot be written to.
    """
    length = block_length(days, block)
    random = np.random.default_rng(seed)
    starts = random.integers(0, days, (draws, -(-days // length)))
    out = np.empty((1 + draws, days), dtype=np.uint16)
    out[0] = 1
    # How often a day begins a whole block; a day is drawn with each block that begins at most
    # `length - 1` days before it. What is left of the draw is the first part of one more block.
    whole, rest = divmod(days, length)
    out[1:] = _covered(_begun(starts[:, :whole], days), length)
    if rest:
        out[1:] += _covered(_begun(starts[:, whole:], days), rest)
    out.setflags(write=False)
    return out


def _begun(starts: Rows, days: int) -> Counts:
    """How often each day is among the starts, row by row."""
    draws = len(starts)
    flat = (starts + days * np.arange(draws)[:, None]).ravel()
    return np.bincount(flat, minlength=draws * days).reshape(draws, days).astype(np.uint16)


def _covered(begun: Counts, length: int) -> Counts:
    """How many of the blocks hold each day, round the circle."""
    if length == 1:
        return begun
    around = np.cumsum(np.hstack([begun[:, 1 - length :], begun]), axis=1, dtype=np.uint16)
    around[:, length:] -= around[:, :-length].copy()
    return around[:, length - 1 :]


def coefficients(factors: Array, returns: Array, counts: Array | Counts) -> Array:
    """Slopes of each draw, shape (draws, k, n): factors (T, k), returns (T, n), counts (draws, T).

    Raises AnalysisError where a value is missing, a factor is the same as others together, or there
    are fewer sessions than coefficients plus three.
    """
    days, width = factors.shape
    if days < width + 4:
        raise AnalysisError(f"{days} sessions are too few for {width + 1} coefficients")
    if not (np.isfinite(factors).all() and np.isfinite(returns).all()):
        raise AnalysisError("a return is missing in the window; leave the share or factor out")
    return _slopes(_sums(_terms(factors, returns), counts), width, returns.shape[1])


def _terms(factors: Array, returns: Array) -> Array:
    """What the sums of a regression are made of, day by day: products of regressors, then with y.

    Shape (T, (k + 1) (k + 2) / 2 + (k + 1) n); the products of regressors without repetition.
    """
    x = np.column_stack([np.ones(len(factors)), factors])
    upper = np.triu_indices(x.shape[1])
    products = x[:, upper[0]] * x[:, upper[1]]
    return np.hstack([products, (x[:, :, None] * returns[:, None, :]).reshape(len(x), -1)])


def _sums(terms: Array, counts: Array | Counts) -> Array:
    """Terms (…, T, m) added up with how often each day is drawn (draws, T): (…, draws, m)."""
    return np.asarray(counts.astype(float) @ terms)


def _slopes(sums: Array, width: int, shares: int) -> Array:
    """Slopes (…, k, n) from the sums (…, m) of `_terms`."""
    count = width + 1
    xx, xy = _products(sums, count)
    try:
        solved = np.linalg.solve(xx, xy.reshape(*xx.shape[:-1], shares))
    except np.linalg.LinAlgError as error:
        raise AnalysisError(
            "two of the factors are the same in the window; leave one out"
        ) from error
    return np.asarray(solved[..., 1:, :])


def _products(sums: Array, count: int) -> tuple[Array, Array]:
    """The matrices X'X (…, count, count), and what is left of the sums."""
    upper = np.triu_indices(count)
    xx = np.empty((*sums.shape[:-1], count, count))
    xx[..., upper[0], upper[1]] = xx[..., upper[1], upper[0]] = sums[..., : len(upper[0])]
    return xx, sums[..., len(upper[0]) :]


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
    places, terms = _windows(factors, returns, ends, window)
    slopes = _slopes(_sums(terms, day_counts(window, draws, seed)), factors.shape[1], 1)[..., 0]
    tail = (1 - LEVEL) / 2
    band = np.quantile(slopes[:, 1:], [tail, 1 - tail], axis=1)
    rows = np.stack([slopes[:, 0], *band], axis=-1)  # windows x factors x parts
    names = [(str(factor), part) for factor in factors.columns for part in ("value", "low", "high")]
    return pd.DataFrame(
        rows.reshape(len(rows), len(names)),
        index=pd.DatetimeIndex(factors.index[places], name="date"),
        columns=pd.MultiIndex.from_tuples(names, names=["factor", "part"]),
    )


def _windows(
    factors: pd.DataFrame, returns: pd.Series, ends: Rows, window: int
) -> tuple[Rows, Array]:
    """The ends of the windows that miss no return, and their terms (windows, T, m)."""
    x, y = factors.to_numpy(dtype=float), returns.to_numpy(dtype=float)[:, None]
    known = np.concatenate([[0], np.cumsum(np.isfinite(np.hstack([x, y])).all(axis=1))])
    ends = ends[ends >= window - 1]
    ends = ends[known[ends + 1] - known[ends + 1 - window] == window]
    return ends, _terms(x, y)[ends[:, None] + np.arange(1 - window, 1)]


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
    shares: Array = drawn_variance_shares(factors, returns, np.ones((1, len(returns))))[0]
    return shares


def rolling_variance_shares(
    factors: pd.DataFrame, returns: pd.Series, ends: Rows, window: int
) -> pd.DataFrame:
    """Percent of variance by factor over the windows of `rolling`, and `unexplained`."""
    x, y = factors.to_numpy(dtype=float), returns.to_numpy(dtype=float)
    both = pd.DataFrame(np.column_stack([x, y]), factors.index)
    places, terms = _windows(both, returns, ends, window)
    index = pd.DatetimeIndex(factors.index[places])
    table = pd.DataFrame(_variance_shares(terms.sum(axis=1), x.shape[1]), index, factors.columns)
    table["unexplained"] = 100 - table.sum(axis=1)
    return table.rename_axis("date")


def drawn_variance_shares(factors: Array, returns: Array, counts: Array | Counts) -> Array:
    """`variance_shares` of each draw of sessions, shape (draws, k)."""
    both = np.column_stack([factors, returns])
    return _variance_shares(_sums(_terms(both, returns[:, None]), counts), factors.shape[1])


def _variance_shares(sums: Array, width: int) -> Array:
    """Percent of variance by factor (…, k) from the sums (…, m) of factors and returns as one."""
    xx, _ = _products(sums, width + 2)
    days = xx[..., 0, 0]
    means = xx[..., 0, 1:] / days[..., None]
    spread = xx[..., 1:, 1:] - days[..., None, None] * means[..., :, None] * means[..., None, :]
    return 100 * shapley(r_squared_of(spread))


def group_difference(slopes: Array, first: Sequence[int], second: Sequence[int]) -> Array:
    """Mean slope of some shares less that of others, draw by draw: slopes (draws, n)."""
    return np.asarray(slopes[:, list(first)].mean(axis=1) - slopes[:, list(second)].mean(axis=1))
