"""How long blocks of neighbouring sessions must be, by a rule that leaves nothing to choose.

Politis and White (2004), as corrected by Patton, Politis and White (2009): the length at which the
circular block bootstrap of a mean errs least, estimated from the series' own autocovariances.
"""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Autocorrelations count as none where this many in a row lie within the bound.
FEWEST_IN_A_ROW = 5
BOUND = 2.0


def automatic(series: Array) -> int:
    """The length of blocks in sessions, at least 1, for a series of shape (T,) without gaps.

    The first lag from which on five autocorrelations in a row lie within ±2·sqrt(log10(T)/T) gives
    the bandwidth; the length follows from the flat-top spectrum at zero and its slope. At most
    min(3·sqrt(T), T/3), as the authors advise.
    """
    n = len(series)
    apart = series - series.mean()
    in_a_row = max(FEWEST_IN_A_ROW, int(math.log10(n)))
    most = min(math.ceil(math.sqrt(n)) + in_a_row, n - 1)
    covariance = np.array([apart[lag:] @ apart[: n - lag] for lag in range(most + 1)]) / n
    if covariance[0] == 0:
        return 1
    within = np.abs(covariance / covariance[0]) < BOUND * math.sqrt(math.log10(n) / n)
    calm = [lag for lag in range(1, most - in_a_row + 2) if within[lag : lag + in_a_row].all()]
    bandwidth = min(2 * calm[0], most) if calm else most
    lags = np.arange(1, bandwidth + 1)
    # Flat up to half the bandwidth, then falling to zero at the bandwidth itself.
    weight = np.minimum(1.0, 2 * (1 - lags / bandwidth)) * covariance[1 : bandwidth + 1]
    spectrum = covariance[0] + 2 * weight.sum()
    slope = 2 * (weight * lags).sum()
    length = (1.5 * (slope / spectrum) ** 2 * n) ** (1 / 3)
    most_advised = math.ceil(min(3 * math.sqrt(n), n / 3))
    return max(1, math.ceil(min(float(length), most_advised)))


def scores(factors: Array, returns: Array, place: int) -> Array:
    """What each session adds to the least-squares slope on one factor, shape (T,).

    Factors (T, k), returns (T,). The slope's error is the sum of these, so it is their likeness
    from session to session, not that of the returns, that blocks have to keep.
    """
    x = np.column_stack([np.ones(len(factors)), factors])
    inverse = np.linalg.inv(x.T @ x)
    residuals = returns - x @ (inverse @ (x.T @ returns))
    return np.asarray((x * residuals[:, None]) @ inverse[:, place + 1])
