"""Did a coefficient change over time? A trend and a break, judged under autocorrelation.

Rolling windows overlap, so their line wanders even where nothing changes. Here the sessions are cut
into blocks that do not overlap, with a coefficient of their own for each. What chance alone brings
about is found by the wild bootstrap: one common coefficient is put in place of the blocks' own, and
the residuals of neighbouring sessions change sign together (Wu 1986; Shao 2010), so that wild days
stay where they were and neighbouring days keep their likeness.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from claimbook.analysis import breaks, steps
from claimbook.analysis.betas import Estimate
from claimbook.errors import AnalysisError

Array = NDArray[np.float64]

SESSIONS_PER_YEAR = 252.0
FEWEST_BLOCKS = 6
# A fortnight of residuals changes sign together.
TOGETHER = 10
# A month of sessions: what the residuals pass on is gone by then.
LAGS = 21


@dataclass(frozen=True)
class Varying:
    """A coefficient by block of sessions, and what the tests make of it.

    `table`: one row a block, with first and last session, value, low, high (95 % of the wild
    draws around it) and `level`, the mean between the breaks that BIC chose. `slope` per year is
    of daily returns with Newey-West errors; `slope_p` and `break_p` come from the wild bootstrap of
    the blocks. `break_at` is the first session after the best single break, `gap` the difference
    of means across it; `bic_breaks` the first sessions after the breaks that BIC prefers.
    """

    table: pd.DataFrame
    slope: Estimate
    block_slope: float
    slope_p: float
    break_at: pd.Timestamp
    gap: float
    break_p: float
    bic_breaks: tuple[pd.Timestamp, ...]
    draws: int


def varying(
    factors: pd.DataFrame, returns: pd.Series, factor: str, length: int, draws: int, seed: int
) -> Varying:
    """The slope of `returns` on one of the factors by blocks of `length` sessions.

    Blocks are counted from the last session back; what is left at the beginning is not used. Raises
    AnalysisError where there are fewer than 6 blocks or a return is missing.
    """
    count = len(factors) // length
    if count < FEWEST_BLOCKS:
        raise AnalysisError(
            f"{len(factors)} sessions make {count} blocks of {length}; a test of a trend needs "
            f"at least {FEWEST_BLOCKS}"
        )
    kept = factors.iloc[-count * length :]
    y = returns.loc[kept.index].to_numpy(dtype=float).reshape(count, length)
    own = kept[factor].to_numpy(dtype=float).reshape(count, length)
    others = kept.drop(columns=factor).to_numpy(dtype=float).reshape(count, length, -1)
    if not np.isfinite(y).all() or not np.isfinite(kept.to_numpy(dtype=float)).all():
        raise AnalysisError("a return is missing among the sessions; leave the share out")
    # Frisch, Waugh and Lovell: what the other factors of the block leave of both.
    rest = np.array([_left(np.column_stack([own[j], y[j]]), others[j]) for j in range(count)])
    x, z = rest[:, :, 0], rest[:, :, 1]
    size = (x**2).sum(axis=1)
    values = (x * z).sum(axis=1) / size
    common = float((x * z).sum() / size.sum())
    drawn = _wild(x, z - common * x, size, others.shape[2] + 2, draws, seed)
    spread = _wild(x, z - values[:, None] * x, size, others.shape[2] + 2, draws, seed + 1)

    years = np.arange(count) * length / SESSIONS_PER_YEAR
    block_slope = float(_slopes(values[None], years)[0])
    shortest = max(2, int(0.15 * count))
    place, gain, gap = _best_break(values[None], shortest)
    chosen = breaks.chosen(breaks.search(values, most=3, shortest=shortest))
    firsts = kept.index[::length]
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    table = pd.DataFrame(
        {
            "last": kept.index[length - 1 :: length],
            "value": values,
            "low": values + low,
            "high": values + high,
            "level": _levels(values, chosen.first_new),
        },
        index=pd.DatetimeIndex(firsts, name="first"),
    )
    return Varying(
        table=table,
        slope=trend(kept, returns.loc[kept.index], factor),
        block_slope=block_slope,
        slope_p=_p(np.abs(_slopes(drawn, years)), abs(block_slope)),
        break_at=pd.Timestamp(firsts[int(place[0]) + 1]),
        gap=float(gap[0]),
        break_p=_p(_best_break(drawn, shortest)[1], float(gain[0])),
        bic_breaks=tuple(pd.Timestamp(firsts[new]) for new in chosen.first_new),
        draws=draws,
    )


def trend(factors: pd.DataFrame, returns: pd.Series, factor: str) -> Estimate:
    """By how much the slope on a factor rises in a year (252 sessions), from daily returns.

    R = a + a' t + sum of (b + b' t) F + e: every slope may drift. The interval is Newey and West's
    (1987) with 21 lags.
    """
    t = np.arange(len(factors)) / SESSIONS_PER_YEAR
    t = t - t.mean()
    f = factors.to_numpy(dtype=float)
    x = np.column_stack([np.ones(len(t)), t, f, f * t[:, None]])
    beta, covariance = steps.newey_west(returns.to_numpy(dtype=float), x, LAGS)
    place = 2 + f.shape[1] + list(factors.columns).index(factor)
    half = 1.96 * float(np.sqrt(covariance[place, place]))
    return Estimate(float(beta[place]), float(beta[place]) - half, float(beta[place]) + half)


def _left(columns: Array, others: Array) -> Array:
    x = np.column_stack([np.ones(len(others)), others])
    return np.asarray(columns - x @ np.linalg.lstsq(x, columns, rcond=None)[0])


def _wild(x: Array, errors: Array, size: Array, width: int, draws: int, seed: int) -> Array:
    """What errors alone add to each block's coefficient, shape (draws, blocks)."""
    length = x.shape[1]
    # Least squares makes residuals smaller than errors; this puts the size back.
    weighted = x * errors * np.sqrt(length / (length - width)) / size[:, None]
    groups = np.add.reduceat(weighted, np.arange(0, length, TOGETHER), axis=1)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, *groups.shape))
    return np.asarray((signs * groups).sum(axis=2))


def _slopes(values: Array, years: Array) -> Array:
    centred = years - years.mean()
    return np.asarray(values @ centred / (centred @ centred))


def _best_break(values: Array, shortest: int) -> tuple[NDArray[np.int64], Array, Array]:
    """Last place before the best single break, what it explains (sum of squares), the step."""
    n = values.shape[1]
    place = breaks.single_break(values, shortest)
    before = np.arange(n) <= place[:, None]
    left = place + 1.0
    first = np.where(before, values, 0).sum(axis=1) / left
    second = np.where(before, 0, values).sum(axis=1) / (n - left)
    return place, left * (n - left) / n * (second - first) ** 2, second - first


def _levels(values: Array, first_new: tuple[int, ...]) -> Array:
    edges = [0, *first_new, len(values)]
    return np.concatenate([np.full(b - a, values[a:b].mean()) for a, b in pairwise(edges)])


def _p(drawn: Array, observed: float) -> float:
    return float((1 + (drawn >= observed).sum()) / (1 + len(drawn)))
