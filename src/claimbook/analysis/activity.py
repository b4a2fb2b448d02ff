"""Trading on the day: was more traded, and was the day's range wider, than on other days?

Volume is the logarithm of shares traded; range is the logarithm of Parkinson's (1980) variance,
ln(high / low)**2 / (4 ln 2). Each is taken against its own mean and standard deviation over the
estimation window, and the mean over the shares against the same mean on every other day.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimbook.analysis.inference import Direction, Placebo, placebo
from claimbook.analysis.models import Array, Model
from claimbook.analysis.rolling import Rows, roll

LEVEL = Model("mean", "mean-adjusted", "mean")


@dataclass(frozen=True)
class Activity:
    """One measure of trading: `table` has, for each share, ratio (to the usual level, geometric),
    z (standardised) and p_value (rank among other days); `placebo` judges the mean z."""

    measure: str
    table: pd.DataFrame
    placebo: Placebo


def log_volume(volume: pd.DataFrame) -> pd.DataFrame:
    """Logarithm of shares traded; a session without trades is missing."""
    return np.log(volume.where(volume > 0))


def log_range(high: pd.DataFrame, low: pd.DataFrame) -> pd.DataFrame:
    """Logarithm of Parkinson's variance of a session; missing where high equals low."""
    spread = np.log(high / low)
    return np.log(spread.where(spread > 0) ** 2 / (4 * np.log(2)))


def activity(
    measure: str,
    values: pd.DataFrame,
    event: int,
    starts: Rows,
    estimation: int,
    gap: int,
    length: int = 1,
    direction: Direction = "rise",
) -> Activity:
    """A measure of trading in the window from row `event`, against the windows from rows `starts`.

    values (D x n, logarithms, columns tickers).
    """
    array: Array = values.to_numpy(dtype=float)
    rows = np.concatenate([[event], starts])
    # The mean level uses no factor, so any array with the right number of rows will do.
    rolled = roll(LEVEL, array, array[:, :0], rows, estimation, gap, length)
    scores = rolled.scar
    shares = [
        placebo(float(scores[0, i]), scores[1:, i], direction, measure)
        for i in range(array.shape[1])
    ]
    table = pd.DataFrame(
        {
            "ratio": np.exp(rolled.car[0] / length),
            "z": scores[0],
            "p_value": [share.p_value for share in shares],
        },
        index=pd.Index(values.columns, name="ticker"),
    )
    mean = scores.mean(axis=1)
    return Activity(measure, table, placebo(float(mean[0]), mean[1:], direction, measure))
