"""What not to trust: tests that take the shares of one date for independent.

Six shares of one trade move together. On one common date the tests below then raise a false alarm
three to eight times as often as they promise. They are here because readers meet them elsewhere,
and to show on the data's own ordinary days how often they would have cried wolf.
"""

import numpy as np
from scipy import stats

from claimbook.analysis.abnormal import Abnormal
from claimbook.analysis.inference import (
    Direction,
    Test,
    bmp_statistic,
    patell_statistic,
    tail,
)
from claimbook.analysis.models import Array
from claimbook.language import mark


def all_tests(study: Abnormal, direction: Direction = "either") -> list[Test]:
    """The naive tests of one event's cumulative abnormal returns, in a fixed order."""
    shares = study.fit.shares
    few = shares - 1.0
    signed = np.asarray([study.fit.residuals > 0]).mean(axis=(0, 1))
    found = [
        ("Cross-sectional t", float(cross_sectional(study.car)), few),
        ("Patell", float(patell_statistic(study.scar, study.fit.df)), None),
        ("BMP", float(bmp_statistic(study.scar)), few),
        ("Sign", float(sign(study.car)), None),
        (mark("Generalised sign"), float(sign(study.car, float(signed.mean()))), None),
        (mark("Independent shares (Brown–Warner 1980)"), brown_warner_1980(study), None),
    ]
    wilcoxon = stats.wilcoxon(
        study.car, alternative={"either": "two-sided", "fall": "less", "rise": "greater"}[direction]
    )
    return [
        Test(name, value, float(tail(value, df, direction)), mark("shares taken for independent"))
        for name, value, df in found
    ] + [
        Test(
            mark("Wilcoxon signed rank"),
            float(wilcoxon_plus(study.car)),
            float(wilcoxon.pvalue),
            mark("shares taken for independent"),
        )
    ]


def cross_sectional(car: Array) -> Array:
    """sqrt(n) mean / standard deviation of abnormal returns over the last axis."""
    return bmp_statistic(car)


def sign(car: Array, expected: float = 0.5) -> Array:
    """Sign test; generalised (Cowan 1992) with the share of positive residuals as `expected`."""
    shares = car.shape[-1]
    positive = (car > 0).sum(axis=-1)
    return np.asarray((positive - shares * expected) / np.sqrt(shares * expected * (1 - expected)))


def brown_warner_1980(study: Abnormal) -> float:
    """Sum of abnormal returns over the root of their summed variances: correlation is left out."""
    return float(study.car.sum() / np.sqrt((study.car_error**2).sum()))


def wilcoxon_plus(car: Array) -> Array:
    """Sum of the ranks of |abnormal return| over the shares with a positive one (last axis)."""
    ranks = stats.rankdata(np.abs(car), axis=-1)
    return np.asarray((ranks * (car > 0)).sum(axis=-1))


def corrado_zivney_sign(residuals: Array, ar: Array) -> Array:
    """Corrado and Zivney's (1992) sign test of each day of a window (L).

    Signs about each share's median over estimation and event window, and the spread of their daily
    mean: correlation is inside it, but with few shares the mean takes few values.
    """
    together = np.vstack([residuals, ar])
    signs = np.sign(together - np.median(together, axis=0)).mean(axis=1)
    return np.asarray(signs[len(residuals) :] / np.sqrt(np.mean(signs**2)))
