"""Exact accounts of a change: LMDIR's figures, closed forms, and the real windows."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from claimbook import data
from claimbook.analysis import decomposition, revenue
from claimbook.analysis.windows import windows_of

REFERENCE = Path(__file__).parent / "reference" / "lmdi" / "expected.json"
LMDIR = json.loads(REFERENCE.read_text(encoding="utf-8"))
STEPS = {"1971-72": ("1971", "1972"), "1972-73": ("1972", "1973"), "1973-74": ("1973", "1974")}


def _pair(step: str) -> tuple[np.ndarray, np.ndarray]:
    before, after = STEPS[step]
    return np.array(LMDIR["factors"][before], float), np.array(LMDIR["factors"][after], float)


@pytest.mark.parametrize("step", STEPS)
def test_lmdir_figures(step: str) -> None:
    before, after = _pair(step)
    terms = decomposition.terms(before, after)
    assert terms == pytest.approx(np.array(LMDIR["terms"][step]), rel=1e-7, abs=1e-8)
    effects = decomposition.additive(before, after)
    assert effects == pytest.approx(np.array(LMDIR["additive"][step]), rel=1e-7)
    assert effects.sum() == pytest.approx(LMDIR["additive_total"][step], rel=1e-12)
    multiples = decomposition.multiplicative(before, after)
    assert multiples == pytest.approx(np.array(LMDIR["multiplicative"][step]), rel=1e-7)
    assert multiples.prod() == pytest.approx(LMDIR["multiplicative_total"][step], rel=1e-8)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([0, 42 / 9999], [9999, 42 / 9999], [42, 0]),  # the factor appears: all of it
        ([9999, 42 / 9999], [0, 42 / 9999], [-42, 0]),  # it disappears: all of it
        ([9999, 0], [9999, 2], [0, 9999 * 2]),  # another one appears: nothing
        ([0, 7], [0, 9], [0, 0]),  # nothing before, nothing after
        ([0, 0], [6, 7], [21, 21]),  # two appear together: in equal parts
    ],
)
def test_zero_factors_take_their_limits(
    before: list[float], after: list[float], expected: list[float]
) -> None:
    terms = decomposition.terms(np.array([before], float), np.array([after], float))
    assert terms[0] == pytest.approx(expected)


def test_logarithmic_mean() -> None:
    mean = decomposition.logarithmic_mean
    assert mean(np.array([8.0]), np.array([2.0]))[0] == pytest.approx(6 / np.log(4))
    assert mean(np.array([3.0, 0.0, 5.0]), np.array([3.0, 0.0, 0.0])).tolist() == [3.0, 0.0, 0.0]
    # Where the two ways of computing it meet they must agree.
    near, far = 1 + 0.99e-4, 1 + 1.01e-4
    for value in (near, far):
        exact = np.expm1(np.log(value)) / np.log(value)
        assert mean(np.array([value]), np.array([1.0]))[0] == pytest.approx(exact, rel=1e-11)


def test_negative_factors_are_refused() -> None:
    with pytest.raises(decomposition.FactorError, match="negative"):
        decomposition.terms(np.array([[1.0, -1]]), np.array([[1.0, 1]]))
    with pytest.raises(decomposition.FactorError, match="shape"):
        decomposition.terms(np.ones((1, 2)), np.ones((2, 2)))


def test_every_account_is_exact_for_any_factors() -> None:
    random = np.random.default_rng(7)
    before, after = random.lognormal(0, 2, (50, 3, 4)), random.lognormal(0, 2, (50, 3, 4))
    change = after.prod(-1).sum(-1) - before.prod(-1).sum(-1)
    assert decomposition.additive(before, after).sum(-1) == pytest.approx(change, rel=1e-9)
    ratio = after.prod(-1).sum(-1) / before.prod(-1).sum(-1)
    assert decomposition.multiplicative(before, after).prod(-1) == pytest.approx(ratio, rel=1e-9)
    mean, low, high = decomposition.by_order(before[0], after[0])
    assert mean.sum() == pytest.approx(change[0], rel=1e-9)
    assert ((low <= mean + 1e-9) & (mean <= high + 1e-9)).all()


def test_shapley_of_two_factors_in_closed_form() -> None:
    # p·q from 2·3 to 5·7: the mean of both orders is Δp·(q0+q1)/2 and Δq·(p0+p1)/2.
    before, after = np.array([[2.0, 3.0]]), np.array([[5.0, 7.0]])
    mean, low, high = decomposition.by_order(before, after)
    assert mean == pytest.approx([3 * 5, 4 * 3.5])
    assert low == pytest.approx([3 * 3, 4 * 2])
    assert high == pytest.approx([3 * 7, 4 * 5])
    assert decomposition.alone(before, after) == pytest.approx([3 * 3, 4 * 2])


def _days(n: int, **columns: object) -> pd.DataFrame:
    index = pd.date_range("2020-01-01", periods=n)
    return pd.DataFrame(columns, index=index, dtype=float)


def test_a_pure_halving_is_all_subsidy() -> None:
    after = np.arange(40) >= 20
    frame = _days(
        40,
        blocks=144,
        issuance_btc=144 * np.where(after, 3.125, 6.25),
        fees_btc=90,
        price_usd=50_000,
        hashrate_ehs=600,
    )
    found = decomposition.account(frame, windows_of(frame.index[20], 20))
    assert found is not None
    cut = 20 * 144 * 3.125 * 50_000
    assert found.additive["subsidy"] == pytest.approx(-cut, rel=1e-12)
    assert found.chained["subsidy"] == pytest.approx(-cut, rel=1e-9)
    assert (found.lowest["subsidy"], found.highest["subsidy"]) == pytest.approx((-cut, -cut))
    for other in ("price", "blocks", "fees"):
        assert found.additive[other] == pytest.approx(0, abs=1e-3)


def test_hash_rate_alone_moves_hashprice_by_its_inverse() -> None:
    after = np.arange(40) >= 20
    frame = _days(
        40, blocks=144, issuance_btc=900, fees_btc=100, price_usd=10_000,
        hashrate_ehs=np.where(after, 1000, 500),
    )  # fmt: skip
    found = decomposition.account(frame, windows_of(frame.index[20], 20), per_hash=True)
    assert found is not None
    assert found.before == pytest.approx(1000 * 10_000 / 500_000)
    assert found.multiplicative["hash rate"] == pytest.approx(0.5)
    assert found.additive["hash rate"] == pytest.approx(-found.before / 2)


def test_missing_days_leave_no_account() -> None:
    frame = _days(40, blocks=144, issuance_btc=9, fees_btc=1, price_usd=1, hashrate_ehs=1)
    frame.iloc[3, 3] = np.nan
    assert decomposition.account(frame, windows_of(frame.index[20], 20)) is None


@pytest.mark.parametrize("year", [2012, 2016, 2020, 2024])
@pytest.mark.parametrize("per_hash", [False, True])
def test_real_windows_add_up(year: int, per_hash: bool) -> None:
    network = data.read(["network_daily"])["network_daily"]
    halving = revenue.halvings(network)[year]
    frame = revenue.daily(network)
    for days in (90, 365):
        windows = windows_of(halving.day, days)
        found = decomposition.account(frame, windows, per_hash=per_hash)
        assert found is not None
        change = found.after - found.before
        scale = max(abs(found.before), abs(found.after))
        for effects in (found.additive, found.chained, found.shapley):
            assert abs(sum(effects.values()) - change) <= 1e-9 * scale
        product = np.prod(list(found.multiplicative.values()))
        assert product == pytest.approx(found.after / found.before, rel=1e-9)
        totals = frame["revenue_usd"].reindex(windows.after).sum()
        if per_hash:
            totals /= 1000 * frame["hashrate_ehs"].reindex(windows.after).sum()
        # The table's revenue is rounded to cents.
        assert found.after == pytest.approx(totals, rel=1e-8)
        # The subsidy's multiple, on revenue without fees, is the ratio of subsidies per block.
        assert found.multiplicative["subsidy"] == pytest.approx(0.5, abs=0.06)


def test_table_names_factors_and_their_sum() -> None:
    frame = _days(40, blocks=144, issuance_btc=900, fees_btc=100, price_usd=1e4, hashrate_ehs=1)
    found = decomposition.account(frame, windows_of(frame.index[20], 20))
    assert found is not None
    table = decomposition.table(found, 1e9)
    assert list(table.index) == ["price", "blocks", "subsidy", "fees", "all together"]
    assert float(table["effect"]["all together"]) == pytest.approx(0)


def test_day_by_day_is_the_chain_of_every_pair_of_days() -> None:
    # Each day after against the day as far into the window before, chained day by day, added up.
    random, length = np.random.default_rng(21), 6
    days = pd.DataFrame(
        {name: random.uniform(1, 9, 2 * length)
         for name in ("blocks", "issuance_btc", "fees_btc", "issuance_usd", "fees_usd",
                      "hashrate_ehs")}
    )  # fmt: skip
    path = decomposition.factors(days)
    expected = sum(
        decomposition.additive(path[s - 1], path[s])
        for start in range(length)
        for s in range(start + 1, start + length + 1)
    )
    found = decomposition.day_by_day(days, length)
    assert found == pytest.approx(expected)
    dollars = (days["issuance_usd"] + days["fees_usd"]).to_numpy()
    assert found.sum() == pytest.approx(dollars[length:].sum() - dollars[:length].sum())
