"""Where a series changed, without being told: least-squares breaks in a regression.

Bai and Perron (2003): for each number of breaks, the dates that leave the smallest sum of squared
residuals, found exactly by dynamic programming; the number of breaks by BIC, counted as the R
package strucchange counts it. Whether there is a break at all: the sup-F statistic of Andrews
(1993), with a p-value by drawn blocks, since days resemble each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claimbook.errors import ClaimbookError

Array = NDArray[np.float64]


class SegmentError(ClaimbookError):
    """A series too short for the segments that were asked for."""


@dataclass(frozen=True)
class Breaks:
    """The best breaks for one number of them.

    `last` holds, for each break, the position of the last observation of the old regime; `rss` the
    sum of squared residuals over all segments; `bic` the criterion (smaller is better).
    """

    last: tuple[int, ...]
    rss: float
    bic: float

    @property
    def first_new(self) -> tuple[int, ...]:
        """Positions of the first observation of each new regime."""
        return tuple(place + 1 for place in self.last)


def segment_rss(y: Array, x: Array | None = None) -> Array:
    """Sums of squared residuals of every segment, shape (n, n): entry [i, j] covers i…j inclusive.

    `y` has shape (n,); `x` (n, k) holds the regressors, a constant alone where it is None. A
    segment with fewer than k observations is NaN, as is i > j.
    """
    y = np.asarray(y, dtype=float)
    n = len(y)
    if x is None:
        # About the mean, so that the differences of cumulated sums lose no digits.
        centred = y - y.mean()
        sums = np.concatenate([[0.0], np.cumsum(centred)])
        squares = np.concatenate([[0.0], np.cumsum(centred**2)])
        start, stop = np.arange(n)[:, None], np.arange(1, n + 1)[None, :]
        length = np.where(stop > start, stop - start, np.nan)
        within = squares[stop] - squares[start] - (sums[stop] - sums[start]) ** 2 / length
        return np.asarray(np.maximum(within, 0.0))
    rss = np.full((n, n), np.nan)
    k = x.shape[1]
    for i in range(n - k + 1):
        for j in range(i + k - 1, n):
            beta = np.linalg.lstsq(x[i : j + 1], y[i : j + 1])[0]
            rss[i, j] = float(((y[i : j + 1] - x[i : j + 1] @ beta) ** 2).sum())
    return rss


def search(
    y: Array, x: Array | None = None, *, most: int = 5, shortest: int | None = None
) -> list[Breaks]:
    """The best breaks for 0, 1, … `most` of them.

    `shortest` is the least length of a segment (default: 15 % of the series). Numbers of breaks
    for which the segments do not fit are left out. Raises SegmentError where not even one break
    fits.
    """
    n = len(y)
    k = 1 if x is None else x.shape[1]
    h = int(np.floor(0.15 * n)) if shortest is None else shortest
    if h < k or 2 * h > n:
        raise SegmentError(
            f"a series of {n} observations cannot be cut into segments of {h}; "
            f"the shortest segment must be from {k} to {n // 2}"
        )
    rss = segment_rss(y, x)
    cost = rss.copy()
    i, j = np.indices((n, n))
    cost[j - i + 1 < h] = np.inf
    cost[np.isnan(cost)] = np.inf
    # best[j]: least cost of 0…j with the breaks so far; came[m][j]: last break of the best path.
    best, came = cost[0].copy(), []
    found = [Breaks((), float(rss[0, -1]), _bic(float(rss[0, -1]), n, k, 0))]
    for number in range(1, most + 1):
        if (number + 1) * h > n:
            break
        # path[l, j]: break after l, last segment l+1…j.
        path = best[:-1, None] + cost[1:, :]
        place = path.argmin(axis=0)
        best = path[place, np.arange(n)]
        came.append(place)
        last, end = [], n - 1
        for step in reversed(came):
            end = int(step[end])
            last.append(end)
        total = float(best[-1])
        found.append(Breaks(tuple(reversed(last)), total, _bic(total, n, k, number)))
    return found


def chosen(found: Sequence[Breaks]) -> Breaks:
    """The number of breaks that BIC prefers."""
    return min(found, key=lambda breaks: breaks.bic)


def single_break(y: Array, shortest: int) -> NDArray[np.int64]:
    """The last position before the best single break of the mean, of each row of `y` (…, n)."""
    return np.asarray(_gain(y, shortest).argmax(axis=-1))


def sup_f(y: Array, shortest: int) -> Array:
    """The greatest F statistic of one break in the mean, over all dates, of each row of `y` (…, n).

    F = (RSS without break − RSS with it) / (RSS with it / (n − 2)), as R's strucchange has it.
    """
    n = y.shape[-1]
    gain = _gain(y, shortest).max(axis=-1)
    whole = ((y - y.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    return np.asarray(gain / ((whole - gain) / (n - 2)))


def sup_f_share(
    y: Array, last: int, *, shortest: int, block: int, draws: int = 1000, seed: int
) -> float:
    """The p-value of `sup_f`: how often a series without a break, drawn in blocks, reaches it.

    (1 + the draws at least as large) over (1 + draws). Drawn are the residuals about the two means
    of the best break, so that a true break does not widen what chance is taken to do.
    """
    drawn = _drawn(_two_means(y, last)[1], block, draws, seed)
    return float((1 + (sup_f(drawn, shortest) >= sup_f(y, shortest)).sum()) / (1 + draws))


def single_break_interval(
    y: Array, last: int, *, shortest: int, block: int, draws: int = 1000, seed: int
) -> tuple[int, int]:
    """A 95 % interval of the best single break's last old position.

    The two means stay, blocks of `block` neighbouring residuals are drawn anew (circular block
    bootstrap), and the break is sought again in each drawn series.
    """
    means, residuals = _two_means(y, last)
    found = single_break(means + _drawn(residuals, block, draws, seed), shortest)
    low, high = np.quantile(found, [0.025, 0.975], method="inverted_cdf")
    return int(low), int(high)


def _two_means(y: Array, last: int) -> tuple[Array, Array]:
    """The step function of the two means, and what is left of the series."""
    means = np.where(np.arange(len(y)) <= last, y[: last + 1].mean(), y[last + 1 :].mean())
    return means, y - means


def _drawn(residuals: Array, block: int, draws: int, seed: int) -> Array:
    """`draws` series of blocks of neighbours, drawn around the circle; shape (draws, n)."""
    n = len(residuals)
    starts = np.random.default_rng(seed).integers(0, n, (draws, -(-n // block)))
    places = ((starts[:, :, None] + np.arange(block)) % n).reshape(draws, -1)[:, :n]
    return np.asarray(residuals[places])


def _gain(y: Array, shortest: int) -> Array:
    """What one break takes off the sum of squares, by its last old position; −1 where too near."""
    n = y.shape[-1]
    sums = np.cumsum(y - y.mean(axis=-1, keepdims=True), axis=-1)[..., :-1]
    length = np.arange(1, n)
    gain = sums**2 * n / (length * (n - length))
    gain[..., : shortest - 1] = -1
    gain[..., n - shortest :] = -1
    return np.asarray(gain)


def _bic(rss: float, n: int, k: int, number: int) -> float:
    """Gaussian BIC: k coefficients a segment, a date a break, and one variance for all."""
    likelihood = -n / 2 * (np.log(rss / n) + 1 + np.log(2 * np.pi))
    return float(-2 * likelihood + (k + 1) * (number + 1) * np.log(n))
