"""How sure a change of means is, when neighbouring days resemble each other."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# No block is longer than this share of its window; fewer than four blocks say nothing of spread.
LONGEST_BLOCK = 0.25


def block_length(days: int, wanted: int) -> int:
    """The block that is used for a window: `wanted` days, at most a quarter of the window."""
    return max(1, min(wanted, int(LONGEST_BLOCK * days)))


def change_interval(
    before: Array, after: Array, *, block: int, draws: int = 2000, level: float = 0.95, seed: int
) -> tuple[float, float]:
    """The interval of the change of means, in percent, by a circular block bootstrap.

    Whole blocks of `block` neighbouring days are drawn with replacement from each window (Politis
    and Romano 1992: the end of a window runs on into its start), so that the likeness of
    neighbouring days is kept within a block; drawn anew, the ratio of the means spreads; the
    interval holds the middle `level` of it. NaN where a day is missing.
    """
    if np.isnan(before).any() or np.isnan(after).any():
        return float("nan"), float("nan")
    random = np.random.default_rng(seed)
    means = [_drawn_means(x, block_length(len(x), block), draws, random) for x in (before, after)]
    tail = (1 - level) / 2
    low, high = np.quantile(100 * (means[1] / means[0] - 1), [tail, 1 - tail])
    return float(low), float(high)


def _drawn_means(x: Array, block: int, draws: int, random: np.random.Generator) -> Array:
    """Means of `draws` series of len(x) days, each put together from blocks; the last is cut."""
    n = len(x)
    around = np.concatenate([[0.0], np.cumsum(np.concatenate([x, x[: block - 1]]))])
    whole, rest = divmod(n, block)
    starts = random.integers(0, n, (draws, whole + (rest > 0)))
    total = (around[starts[:, :whole] + block] - around[starts[:, :whole]]).sum(axis=1)
    if rest:
        total += around[starts[:, -1] + rest] - around[starts[:, -1]]
    return np.asarray(total / n)
