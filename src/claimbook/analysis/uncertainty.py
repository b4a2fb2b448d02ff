"""What a value may be when its inputs are uncertain, and which input matters most.

An input is uncertain between a low and a high value with a peak between them (a triangular
distribution), or is one of several whole numbers, each as likely. Ranks of inputs may be correlated
through a Gaussian copula. Draws are quasi-random (scrambled Sobol points): repeated scramblings
with fixed seeds give the same numbers each time and an honest error, since each repeat is an
independent estimate.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
from scipy import special, stats
from scipy.stats import qmc

from claimbook.analysis.cashflow import FloatArray
from claimbook.errors import ClaimbookError
from claimbook.language import mark

# From named inputs (each an array of draws) to one value a draw.
Model = Callable[[Mapping[str, FloatArray]], FloatArray]
RankCorrelation = Mapping[tuple[str, str], float]


class UncertaintyError(ClaimbookError):
    """A range or a correlation is one that no distribution has."""


@dataclass(frozen=True)
class Marginal:
    """The distribution of one input: triangular, or even over whole numbers from low to high."""

    low: float
    peak: float
    high: float
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.peak <= self.high:
            raise UncertaintyError(
                f"a range must rise: low {self.low:g}, peak {self.peak:g}, high {self.high:g}"
            )

    def ppf(self, probability: FloatArray) -> FloatArray:
        """The value below which the input lies with that probability."""
        p = np.asarray(probability, dtype=float)
        width = self.high - self.low
        if self.whole:
            return np.asarray(np.minimum(self.low + np.floor(p * (width + 1)), self.high))
        if width == 0:
            return np.full_like(p, self.low)
        turn = (self.peak - self.low) / width
        rising = self.low + np.sqrt(p * width * (self.peak - self.low))
        falling = self.high - np.sqrt((1 - p) * width * (self.high - self.peak))
        return np.where(p < turn, rising, falling)


@dataclass(frozen=True)
class Simulation:
    """All draws of the inputs and the value of each; `repeat` numbers the scrambling of a draw."""

    inputs: pd.DataFrame
    values: FloatArray
    repeat: FloatArray

    def at_least(self, threshold: float) -> tuple[float, float]:
        """Share of draws at or above a value, and its standard error over the repeats."""
        reached = self.values >= threshold
        shares = [float(reached[self.repeat == r].mean()) for r in np.unique(self.repeat)]
        return float(np.mean(shares)), float(np.std(shares, ddof=1) / np.sqrt(len(shares)))

    def percentiles(self, percents: Sequence[float]) -> pd.Series:
        """Values below which that many percent of the draws lie."""
        found = np.percentile(self.values, percents)
        return pd.Series(found, index=pd.Index(percents, name="percentile"))

    def inputs_of(self, threshold: float) -> pd.DataFrame:
        """Median of each input over all draws, and over those at or above a value (if any)."""
        reached = self.inputs[self.values >= threshold]
        return pd.DataFrame({mark("all draws"): self.inputs.median(), "reach": reached.median()})


def points(count: int, dimensions: int, seed: Sequence[int]) -> FloatArray:
    """`count` (a power of two) scrambled Sobol points strictly inside the unit cube."""
    if count < 2 or count & (count - 1):
        raise UncertaintyError(f"{count} draws: the number must be a power of two")
    cube = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(list(seed)))
    return np.asarray(np.clip(cube.random(count), 1e-12, 1 - 1e-12))


def copula_correlation(names: Sequence[str], ranks: RankCorrelation) -> FloatArray:
    """The normal correlation matrix whose ranks are correlated as stated (2 sin(pi rho / 6)).

    Pairs not named are uncorrelated; pairs with a name that is not among `names` are left out.
    Raises UncertaintyError where no joint distribution has these correlations.
    """
    matrix = np.eye(len(names))
    for (first, second), rank in ranks.items():
        if first in names and second in names:
            i, j = names.index(first), names.index(second)
            matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi * rank / 6)
    if np.linalg.eigvalsh(matrix).min() <= 1e-10:
        raise UncertaintyError("the rank correlations contradict one another")
    return matrix


def simulate(
    model: Model,
    marginals: Mapping[str, Marginal],
    ranks: RankCorrelation,
    *,
    draws: int = 2**17,
    repeats: int = 8,
    seed: int,
) -> Simulation:
    """Value `draws` draws of the inputs, in `repeats` independent scramblings."""
    names = list(marginals)
    root = np.linalg.cholesky(copula_correlation(names, ranks))
    blocks, values = [], []
    for repeat in range(repeats):
        normal = special.ndtri(points(draws // repeats, len(names), (seed, repeat))) @ root.T
        columns = _columns(normal, marginals)
        blocks.append(pd.DataFrame(columns))
        values.append(model(columns))
    repeat_of = np.repeat(np.arange(repeats, dtype=float), draws // repeats)
    return Simulation(pd.concat(blocks, ignore_index=True), np.concatenate(values), repeat_of)


def outcomes(simulations: Mapping[str, Simulation], threshold: float) -> pd.DataFrame:
    """One row a simulation: percentiles `p5`, `p50`, `p95`, and `reach_pct` with `error_pct`.

    `reach_pct` is the percent of draws at or above the threshold.
    """
    rows = {}
    for name, simulation in simulations.items():
        low, middle, high = simulation.percentiles([5, 50, 95])
        share, error = simulation.at_least(threshold)
        rows[name] = {
            "p5": low,
            "p50": middle,
            "p95": high,
            "reach_pct": share * 100,
            "error_pct": error * 100,
            "positive_pct": simulation.at_least(0.0)[0] * 100,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def histograms(
    simulations: Mapping[str, Simulation], threshold: float, *, bins: int = 120
) -> pd.DataFrame:
    """Percent of draws by value: rows are the lower edges of equal bins, columns simulations.

    The bins span the inner 99 % of all draws, zero and the threshold; the last row is the upper
    edge and empty.
    """
    ends = [s.percentiles([0.5, 99.5]) for s in simulations.values()]
    low, high = min(float(e.iloc[0]) for e in ends), max(float(e.iloc[1]) for e in ends)
    edges = np.linspace(min(low, 0.0), max(high, threshold * 1.08), bins + 1)
    heights = {
        name: np.append(np.histogram(s.values, edges)[0] / len(s.values) * 100, np.nan)
        for name, s in simulations.items()
    }
    return pd.DataFrame(heights, index=pd.Index(edges, name="from_busd"))


def tornado(
    model: Model, base: Mapping[str, float], marginals: Mapping[str, Marginal]
) -> pd.DataFrame:
    """Each input by itself from its 10th to its 90th percentile, the others at their base.

    One row an input, widest first: `low_input`, `high_input`, and the values at both.
    """
    rows = {}
    for name, marginal in marginals.items():
        ends = [float(marginal.ppf(np.array(p))) for p in (0.1, 0.9)]
        at = {key: np.full(2, value) for key, value in base.items() if key in marginals}
        at[name] = np.array(ends)
        low, high = (float(value) for value in model(at))
        rows[name] = {"low_input": ends[0], "high_input": ends[1], "at_low": low, "at_high": high}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("input")
    widest = (table["at_high"] - table["at_low"]).abs().sort_values(ascending=False, kind="stable")
    return table.loc[widest.index]


def sobol(
    model: Model,
    marginals: Mapping[str, Marginal],
    *,
    count: int = 2**11,
    repeats: int = 8,
    seed: int,
) -> pd.DataFrame:
    """Sobol indices of independent inputs (Saltelli et al. 2010, as scipy computes them).

    `first` is the share of the variance that would go if the input were known; `total` adds all in
    which it takes part together with others. With `_low` and `_high`, a 95 % interval from the
    repeats (Student's t). One row an input.
    """
    names = list(marginals)
    found = [
        stats.sobol_indices(
            func=lambda x: model(dict(zip(names, x, strict=True))),
            n=count,
            dists=list(marginals.values()),
            rng=np.random.default_rng([seed, repeat]),
        )
        for repeat in range(repeats)
    ]
    first = np.array([entry.first_order for entry in found])
    total = np.array([entry.total_order for entry in found])
    return pd.concat(
        [_interval(first, names, "first"), _interval(total, names, "total")], axis=1
    ).rename_axis("input")


def shapley(
    model: Model,
    marginals: Mapping[str, Marginal],
    ranks: RankCorrelation,
    *,
    count: int = 2**9,
    repeats: int = 4,
    seed: int,
) -> pd.DataFrame:
    """Shapley effects: shares of the variance, fairly divided among correlated inputs.

    Song, Nelson and Staum (2016), summed over all subsets of inputs rather than sampled orders. The
    variance that a subset explains is the covariance of two values that share the subset and draw
    the rest anew from its conditional normal distribution. Shares sum to 1. `effect` with a 95 %
    interval from the repeats.
    """
    names = list(marginals)
    normal = copula_correlation(names, ranks)
    effects = [
        _shapley_once(model, marginals, normal, points(count, 2 * len(names), (seed, repeat)))
        for repeat in range(repeats)
    ]
    return _interval(np.array(effects), names, "effect").rename_axis("input")


def _shapley_once(
    model: Model, marginals: Mapping[str, Marginal], normal: FloatArray, cube: FloatArray
) -> FloatArray:
    size = len(marginals)
    draws = special.ndtri(cube)
    shared = draws[:, :size] @ np.linalg.cholesky(normal).T
    fresh = draws[:, size:]
    values = model(_columns(shared, marginals))
    subsets = [kept for length in range(1, size) for kept in combinations(range(size), length)]
    # One call of the model for all subsets: it is the number of calls that takes the time.
    again = np.concatenate([_redraw(shared, fresh, normal, list(kept)) for kept in subsets])
    others = model(_columns(again, marginals)).reshape(len(subsets), len(values))
    centre = (values.mean() + others.mean(axis=1, keepdims=True)) / 2
    shares = ((values - centre) * (others - centre)).mean(axis=1)
    explained: dict[tuple[int, ...], float] = dict(zip(subsets, shares.tolist(), strict=True))
    explained |= {(): 0.0, tuple(range(size)): float(values.var())}
    effect = np.zeros(size)
    for kept, variance in explained.items():
        for member in range(size):
            if member not in kept:
                more = explained[tuple(sorted((*kept, member)))]
                effect[member] += (more - variance) / (size * comb(size - 1, len(kept)))
    total = explained[tuple(range(size))]
    return effect / total if total > 0 else np.zeros(size)


def _redraw(
    shared: FloatArray, fresh: FloatArray, normal: FloatArray, kept: list[int]
) -> FloatArray:
    """Normal draws with the kept columns as they are, the others new given the kept ones."""
    rest = [i for i in range(len(normal)) if i not in kept]
    slope = np.linalg.solve(normal[np.ix_(kept, kept)], normal[np.ix_(kept, rest)])
    spread = normal[np.ix_(rest, rest)] - normal[np.ix_(rest, kept)] @ slope
    again = shared.copy()
    again[:, rest] = shared[:, kept] @ slope + fresh[:, rest] @ np.linalg.cholesky(spread).T
    return again


def _columns(normal: FloatArray, marginals: Mapping[str, Marginal]) -> dict[str, FloatArray]:
    uniform = special.ndtr(normal)
    return {
        name: marginal.ppf(uniform[:, i]) for i, (name, marginal) in enumerate(marginals.items())
    }


def _interval(samples: FloatArray, names: Sequence[str], label: str) -> pd.DataFrame:
    """Mean over repeats (rows) and its 95 % interval by Student's t."""
    repeats = len(samples)
    middle = samples.mean(axis=0)
    error = samples.std(axis=0, ddof=1) / np.sqrt(repeats) * stats.t.ppf(0.975, repeats - 1)
    return pd.DataFrame(
        {label: middle, f"{label}_low": middle - error, f"{label}_high": middle + error},
        index=pd.Index(names),
    )
