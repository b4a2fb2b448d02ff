"""Distributions, simulation, Sobol indices and Shapley effects against closed forms."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import comb, pi
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from claimbook.analysis import uncertainty
from claimbook.analysis.cashflow import FloatArray
from claimbook.analysis.uncertainty import Marginal, UncertaintyError

REFERENCE = json.loads((Path(__file__).parent / "reference/sobol/expected.json").read_text())
NEAR = REFERENCE["tolerance"]


@dataclass(frozen=True)
class Flat(Marginal):
    """Uniform between low and high: the references are for uniform inputs."""

    def ppf(self, probability: FloatArray) -> FloatArray:
        return self.low + (self.high - self.low) * np.asarray(probability)


@dataclass(frozen=True)
class Normal(Marginal):
    """Standard normal: the closed forms of Shapley effects are for normal inputs."""

    def ppf(self, probability: FloatArray) -> FloatArray:
        return np.asarray(special.ndtri(probability))


def _ishigami(x: Mapping[str, FloatArray]) -> FloatArray:
    waves = np.sin(x["a"]) + 7 * np.sin(x["b"]) ** 2 + 0.1 * x["c"] ** 4 * np.sin(x["a"])
    return np.asarray(waves)


def _sobol_g(x: Mapping[str, FloatArray]) -> FloatArray:
    product: FloatArray = np.ones_like(next(iter(x.values())))
    for value, a in zip(x.values(), [0, 1, 4.5, 9, 99, 99, 99, 99], strict=True):
        product *= (np.abs(4 * value - 2) + a) / (1 + a)
    return product


WAVES = {name: Flat(-pi, 0, pi) for name in "abc"}


@given(st.floats(0, 1), st.floats(1e-6, 1 - 1e-6), st.floats(-50, 50), st.floats(0.1, 90))
def test_triangular_quantiles_are_scipy_s(
    turn: float, probability: float, low: float, width: float
) -> None:
    peak = min(low + turn * width, low + width)
    found = float(Marginal(low, peak, low + width).ppf(np.array(probability)))
    expected = stats.triang.ppf(probability, min((peak - low) / width, 1.0), low, width)
    assert found == pytest.approx(expected, abs=1e-9 * max(1, abs(low) + width))


def test_whole_numbers_are_equally_likely() -> None:
    drawn = Marginal(4, 5, 8, whole=True).ppf((np.arange(1000) + 0.5) / 1000)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [4, 5, 6, 7, 8]
    assert set(counts) == {200}


def test_a_range_without_width_is_constant() -> None:
    assert Marginal(3, 3, 3).ppf(np.array([0.1, 0.9])).tolist() == [3, 3]


@pytest.mark.parametrize("bad", [(2, 1, 3), (1, 4, 3), (5, 4, 3)])
def test_a_range_must_rise(bad: tuple[float, float, float]) -> None:
    with pytest.raises(UncertaintyError, match="must rise"):
        Marginal(*bad)


def test_ranks_are_correlated_as_stated() -> None:
    ranges = {"a": Marginal(0, 1, 9), "b": Marginal(2, 8, 8), "c": Marginal(0, 1, 2)}
    ranks = {("a", "b"): 0.5, ("b", "c"): -0.3, ("a", "elsewhere"): 0.9}
    drawn = uncertainty.simulate(lambda x: x["a"], ranges, ranks, draws=2**15, seed=3).inputs
    found = drawn.rank().corr()
    assert found.loc["a", "b"] == pytest.approx(0.5, abs=0.01)
    assert found.loc["b", "c"] == pytest.approx(-0.3, abs=0.01)
    assert found.loc["a", "c"] == pytest.approx(0, abs=0.01)


def test_contradicting_ranks_are_refused() -> None:
    ranks = {("a", "b"): 0.95, ("b", "c"): 0.95, ("a", "c"): -0.95}
    with pytest.raises(UncertaintyError, match="contradict"):
        uncertainty.copula_correlation(["a", "b", "c"], ranks)


def test_draws_must_be_a_power_of_two() -> None:
    with pytest.raises(UncertaintyError, match="power of two"):
        uncertainty.points(100, 2, (1,))


def test_probability_of_a_sum_is_the_closed_form() -> None:
    # Two uniforms: P(sum >= 1.5) = 1/8.
    ranges = {"a": Flat(0, 0, 1), "b": Flat(0, 0, 1)}
    drawn = uncertainty.simulate(lambda x: x["a"] + x["b"], ranges, {}, seed=5)
    share, error = drawn.at_least(1.5)
    assert len(drawn.values) == 2**17
    assert share == pytest.approx(0.125, abs=5e-4)
    assert 0 < error < 5e-4
    assert abs(share - 0.125) < 4 * error
    assert drawn.percentiles([50]).iloc[0] == pytest.approx(1, abs=1e-3)
    reached = drawn.inputs_of(1.5)
    assert (reached["reach"] > reached["all draws"]).all()


def test_the_same_seed_gives_the_same_draws() -> None:
    ranges = {"a": Flat(0, 0, 1), "b": Flat(0, 0, 1)}
    one, two, other = (
        uncertainty.simulate(lambda x: x["a"] * x["b"], ranges, {}, draws=2**10, seed=seed).values
        for seed in (7, 7, 8)
    )
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_outcomes_and_histogram_count_every_draw() -> None:
    ranges = {"a": Flat(0, 0, 1)}
    drawn = uncertainty.simulate(lambda x: 10 * x["a"], ranges, {}, draws=2**12, seed=1)
    table = uncertainty.outcomes({"one": drawn}, 9.0)
    assert table.loc["one", "reach_pct"] == pytest.approx(10, abs=0.1)
    assert table.loc["one", "positive_pct"] == 100
    bars = uncertainty.histograms({"one": drawn}, 9.0)["one"]
    assert bars.sum() == pytest.approx(99.5, abs=0.2)
    assert np.isnan(bars.iloc[-1])


def test_tornado_of_a_sum() -> None:
    ranges = {"small": Flat(0, 0, 1), "large": Flat(0, 0, 10)}
    table = uncertainty.tornado(
        lambda x: x["small"] - x["large"], {"small": 0.5, "large": 5.0, "fixed": 1.0}, ranges
    )
    assert list(table.index) == ["large", "small"]
    assert table.loc["large"].tolist() == pytest.approx([1, 9, -0.5, -8.5])
    assert table.loc["small"].tolist() == pytest.approx([0.1, 0.9, -4.9, -4.1])


def test_sobol_indices_of_ishigami() -> None:
    repeats = 8
    table = uncertainty.sobol(_ishigami, WAVES, count=2**12, repeats=repeats, seed=1)
    expected = REFERENCE["ishigami"]
    assert table["first"].to_numpy() == pytest.approx(expected["first"], abs=NEAR)
    assert table["total"].to_numpy() == pytest.approx(expected["total"], abs=NEAR)
    # Six intervals at 95 % need not all hold the truth; at 99.9 % they should.
    wider = stats.t.ppf(0.9995, repeats - 1) / stats.t.ppf(0.975, repeats - 1)
    for label in ("first", "total"):
        half = (table[f"{label}_high"] - table[f"{label}_low"]) / 2
        assert (half > 0).all()
        assert ((table[label] - expected[label]).abs() <= half * wider).all()


def test_sobol_indices_of_sobol_g() -> None:
    ranges = {f"x{i}": Flat(0, 0, 1) for i in range(8)}
    table = uncertainty.sobol(_sobol_g, ranges, count=2**12, repeats=4, seed=1)
    assert table["first"].to_numpy() == pytest.approx(REFERENCE["sobol_g"]["first"], abs=NEAR)
    assert table["total"].to_numpy() == pytest.approx(REFERENCE["sobol_g"]["total"], abs=NEAR)


def test_shapley_effects_of_independent_inputs_split_interactions() -> None:
    # Ishigami's only interaction is of a and c: each takes half of it.
    first, total = REFERENCE["ishigami"]["first"], REFERENCE["ishigami"]["total"]
    expected = [(f + t) / 2 for f, t in zip(first, total, strict=True)]
    table = uncertainty.shapley(_ishigami, WAVES, {}, count=2**13, seed=1)
    assert table["effect"].to_numpy() == pytest.approx(expected, abs=NEAR)
    assert table["effect"].sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.8])
def test_shapley_effects_of_two_correlated_normals(rho: float) -> None:
    # Owen and Prieur (2017), y = b1 x1 + b2 x2, unit variances:
    # var = b1^2 + b2^2 + 2 rho b1 b2; Sh1 = b1^2 (1 - rho^2/2) + rho b1 b2 + b2^2 rho^2/2.
    b1, b2 = 2.0, 1.0
    variance = b1**2 + b2**2 + 2 * rho * b1 * b2
    one = (b1**2 * (1 - rho**2 / 2) + rho * b1 * b2 + b2**2 * rho**2 / 2) / variance
    ranges = {"x1": Normal(0, 0, 1), "x2": Normal(0, 0, 1)}
    # The rank correlation whose normal correlation is rho.
    ranks = {("x1", "x2"): 6 / pi * np.arcsin(rho / 2)}
    table = uncertainty.shapley(
        lambda x: b1 * x["x1"] + b2 * x["x2"], ranges, ranks, count=2**13, seed=2
    )
    assert table["effect"].to_numpy() == pytest.approx([one, 1 - one], abs=NEAR)


def test_shapley_effects_of_three_correlated_normals() -> None:
    # Linear in normals: the variance a subset explains is c' V c with c the regression of y on it.
    b = np.array([1.0, 2.0, -1.5])
    v = np.array([[1, 0.5, 0.2], [0.5, 1, 0.0], [0.2, 0.0, 1]])

    def explained(kept: list[int]) -> float:
        if not kept:
            return 0.0
        cross = v[:, kept].T @ b
        return float(cross @ np.linalg.solve(v[np.ix_(kept, kept)], cross))

    expected = []
    for member in range(3):
        others = [i for i in range(3) if i != member]
        subsets: list[list[int]] = [[], [others[0]], [others[1]], others]
        expected.append(
            sum(
                (explained(sorted([*kept, member])) - explained(kept)) / (3 * comb(2, len(kept)))
                for kept in subsets
            )
        )
    ranks = {
        (f"x{i}", f"x{j}"): 6 / pi * np.arcsin(v[i, j] / 2) for i, j in ((0, 1), (0, 2), (1, 2))
    }
    table = uncertainty.shapley(
        lambda x: b[0] * x["x0"] + b[1] * x["x1"] + b[2] * x["x2"],
        {f"x{i}": Normal(0, 0, 1) for i in range(3)},
        ranks,
        count=2**13,
        seed=4,
    )
    total = np.array(expected) / (b @ v @ b)
    assert table["effect"].to_numpy() == pytest.approx(total, abs=NEAR)


def test_a_value_that_never_varies_has_no_shares() -> None:
    ranges = {"a": Flat(0, 0, 1), "b": Flat(0, 0, 1)}
    table = uncertainty.shapley(lambda x: np.ones_like(x["a"]), ranges, {}, count=64, seed=1)
    assert table["effect"].tolist() == [0, 0]


def test_percentiles_rise() -> None:
    ranges = {"a": Marginal(0, 1, 4)}
    drawn = uncertainty.simulate(lambda x: x["a"], ranges, {}, draws=2**12, seed=1)
    found = drawn.percentiles([5, 50, 95])
    assert isinstance(found, pd.Series)
    assert all(low < high for low, high in pairwise(found))
    expected = stats.triang.ppf([0.05, 0.5, 0.95], 0.25, 0, 4)
    assert found.to_numpy() == pytest.approx(expected, abs=5e-3)
