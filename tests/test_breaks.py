"""Unknown breaks: R's strucchange, brute force, and series with a known break."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from claimbook.analysis import breaks

REFERENCE = Path(__file__).parent / "reference" / "strucchange"


def test_nile_as_strucchange_has_it() -> None:
    nile = pd.read_csv(REFERENCE / "nile.csv")
    expected = pd.read_csv(REFERENCE / "nile_expected.csv")
    found = breaks.search(nile["flow"].to_numpy(float))
    assert [each.rss for each in found] == pytest.approx(expected["rss"].tolist(), rel=1e-8)
    assert [each.bic for each in found] == pytest.approx(expected["bic"].tolist(), rel=1e-10)
    best = breaks.chosen(found)
    assert nile["year"].iloc[list(best.last)].tolist() == [1898]
    assert nile["year"].iloc[list(best.first_new)].tolist() == [1899]


def test_uk_drivers_as_strucchange_has_them() -> None:
    drivers = pd.read_csv(REFERENCE / "uk_drivers.csv")
    expected = pd.read_csv(REFERENCE / "uk_drivers_expected.csv")
    x = np.column_stack([np.ones(len(drivers)), drivers[["ylag1", "ylag12"]]])
    found = breaks.search(drivers["y"].to_numpy(float), x)
    assert [each.rss for each in found] == pytest.approx(expected["rss"].tolist(), rel=1e-8)
    assert [each.bic for each in found] == pytest.approx(expected["bic"].tolist(), rel=1e-8)
    # October 1973 and July 1982 close a regime: oil crisis, and before the seat-belt law.
    assert drivers["t"].iloc[list(found[1].last)].tolist() == pytest.approx([1973.75])


def test_dynamic_programming_equals_brute_force() -> None:
    random = np.random.default_rng(3)
    y = random.normal(size=15)

    def rss(*cuts: int) -> float:
        edges = [0, *cuts, len(y)]
        return sum(float(((y[a:b] - y[a:b].mean()) ** 2).sum()) for a, b in zip(edges, edges[1:]))  # noqa: B905, RUF007

    found = breaks.search(y, most=3, shortest=2)
    for number in (1, 2, 3):
        trials = [
            cuts
            for cuts in combinations(range(2, 14), number)
            if all(b - a >= 2 for a, b in zip((0, *cuts), (*cuts, 15), strict=True))
        ]
        best = min(trials, key=lambda cuts: rss(*cuts))
        assert found[number].first_new == best
        assert found[number].rss == pytest.approx(rss(*best))


def test_single_break_is_the_search_for_one() -> None:
    random = np.random.default_rng(5)
    y = random.normal(size=(20, 60))
    y[:, 25:] += 0.8
    for row, last in zip(y, breaks.single_break(y, 9), strict=True):
        assert breaks.search(row, most=1, shortest=9)[1].last == (int(last),)


def test_sup_f_as_strucchange_has_it() -> None:
    # Fstats(Nile ~ 1) in R prints sup.F = 75.93; its residual sums of squares give the same.
    flow = pd.read_csv(REFERENCE / "nile.csv")["flow"].to_numpy(float)
    whole, split = pd.read_csv(REFERENCE / "nile_expected.csv")["rss"].iloc[:2]
    found = float(breaks.sup_f(flow, 15))
    assert found == pytest.approx((whole - split) / (split / (len(flow) - 2)), rel=1e-8)
    assert round(found, 2) == 75.93


def test_sup_f_of_noise_has_the_tabulated_tail() -> None:
    # Andrews (2003, corrected table): 8.68 is the 5 % point for one coefficient and 15 % trimming.
    noise = np.random.default_rng(17).normal(size=(4000, 500))
    assert np.quantile(breaks.sup_f(noise, 75), 0.95) == pytest.approx(8.68, abs=0.5)


def test_p_value_is_small_for_a_break_and_even_without_one() -> None:
    random = np.random.default_rng(19)
    how = {"shortest": 30, "block": 1, "draws": 199, "seed": 1}
    noise = random.normal(size=(200, 200))
    shares = [breaks.sup_f_share(row, int(breaks.single_break(row, 30)), **how) for row in noise]
    # 5 % of 200 is 10; more than 24 or fewer than 2 is a chance of one in ten thousand.
    assert 2 <= sum(share <= 0.05 for share in shares) <= 24
    broken = noise[0] + 3 * (np.arange(200) >= 90)
    last = int(breaks.single_break(broken, 30))
    assert breaks.sup_f_share(broken, last, **how) == pytest.approx(1 / 200)


def test_interval_holds_the_break_and_narrows_with_its_size() -> None:
    random = np.random.default_rng(11)
    noise = random.normal(size=200)
    after = np.arange(200) >= 120
    small, large = noise + 0.7 * after, noise + 8 * after
    low, high = breaks.single_break_interval(
        small, int(breaks.single_break(small, 30)), shortest=30, block=5, seed=1
    )
    assert low <= 119 <= high
    assert high - low > 0
    assert breaks.single_break_interval(large, 119, shortest=30, block=5, seed=1) == (119, 119)


def test_a_constant_series_with_noise_has_no_break() -> None:
    y = np.random.default_rng(13).normal(size=150)
    assert breaks.chosen(breaks.search(y)).last == ()


def test_segments_must_fit() -> None:
    with pytest.raises(breaks.SegmentError, match="cannot be cut into segments of 6"):
        breaks.search(np.arange(10.0), shortest=6)
