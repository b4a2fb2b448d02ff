"""Cash flows, NPV, IRR and payback against documented examples and closed forms."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy_financial
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.analysis import cashflow
from claimbook.analysis.cashflow import CashFlowError, Project

REFERENCE = json.loads((Path(__file__).parent / "reference/dcf/expected.json").read_text())

PLAIN = Project(1000.0, 20.0, 5.0, 60.0, 7.0, 10.0, 9.0, years=6)
FULL = replace(
    PLAIN, gpu_life_years=2, renewal_cost_pct=40.0, revenue_growth_pct=-3.0, ramp_years=3,
    first_year=2, forgone_musd_per_mw_year=0.2, tax_pct=25.0,
)  # fmt: skip


@pytest.mark.parametrize("case", REFERENCE["npv"], ids=lambda case: case["from"])
def test_npv_of_reference(case: dict[str, Any]) -> None:
    worth = cashflow.npv(case["rate_pct"], case["flows"])
    assert float(worth) == pytest.approx(case["expected"], abs=1e-7)


@pytest.mark.parametrize("case", REFERENCE["irr"], ids=lambda case: case["from"])
def test_irr_of_reference(case: dict[str, Any]) -> None:
    assert cashflow.irr(case["flows"]) == pytest.approx(case["expected_pct"], abs=1e-8)


def test_flows_on_dates_as_spreadsheets_value_them() -> None:
    case = REFERENCE["dated"]
    days = [dt.date.fromisoformat(day) for day in case["dates"]]
    years = [(day - days[0]).days / 365 for day in days]
    worth = cashflow.npv(case["rate_pct"], case["flows"], years)
    assert float(worth) == pytest.approx(case["npv"], abs=1e-8)
    assert float(worth) == pytest.approx(case["npv_printed"], abs=0.005)
    assert cashflow.irr(case["flows"], years) == pytest.approx(case["irr_pct"], abs=1e-8)


def test_present_value_of_an_annuity_as_documented() -> None:
    case = REFERENCE["annuity"]
    rate, periods = case["rate_pct"], case["periods"]
    final = case["final"] * (cashflow.annuity(rate, 1, periods))
    worth = -(case["payment"] * cashflow.annuity(rate, periods) + final)
    assert worth == pytest.approx(case["expected"], abs=1e-6)


@given(st.floats(0.1, 60), st.integers(1, 40), st.integers(1, 8))
def test_annuity_is_the_npv_of_its_flows(rate: float, years: int, first: int) -> None:
    flows = [0.0] * first + [1.0] * years
    expected = numpy_financial.npv(rate / 100, flows)
    assert cashflow.annuity(rate, years, first) == pytest.approx(expected, rel=1e-9)


def test_annuity_at_zero_is_the_count() -> None:
    assert cashflow.annuity(0, 13, 4) == 13


def test_returns_finds_all_of_several() -> None:
    # (1 + r) is 1.1 and 1.3: -1 + 2.4 v - 1.43 v^2 = 0.
    assert cashflow.returns([-1, 2.4, -1.43]) == pytest.approx([10, 30])
    assert cashflow.irr([-1, 2.4, -1.43]) == pytest.approx(10)
    assert cashflow.irr([1.0, 2.0]) is None


def test_payback() -> None:
    assert cashflow.payback_years([-10, 4, 4, 4]) == pytest.approx(2.5)
    assert cashflow.payback_years([-10, 4, 4]) is None
    assert cashflow.payback_years([1, 1]) == 0.0
    assert cashflow.payback_years([0, -10, 10]) == pytest.approx(2)


def test_one_step_project_is_the_closed_form() -> None:
    # 200 MW, 5 m a MW-year, 60 % kept, 17 m a MW paid today, six years at 9 %.
    v = 1 / 1.09
    expected = 0.2 * (5 * 0.6 * (v - v**7) / (1 - v) - 17)
    assert float(cashflow.project_npv(PLAIN)) == pytest.approx(expected, rel=1e-12)


def test_ramp_is_the_sum_of_its_steps() -> None:
    whole = float(cashflow.project_npv(replace(PLAIN, ramp_years=3)))
    steps = [
        float(
            cashflow.project_npv(
                replace(PLAIN, capacity_mw=1000 / 3, first_year=1 + step, years=6 - step)
            )
        )
        for step in range(3)
    ]
    assert whole == pytest.approx(sum(steps), rel=1e-12)


def test_renewals_fall_due_while_service_goes_on() -> None:
    flows = cashflow.cash_flows(replace(PLAIN, gpu_life_years=2, renewal_cost_pct=50.0))
    # 200 MW at 10 m: 2 bn first, then half of it after years 2 and 4, none at the end (6).
    assert flows.gpus.tolist() == [-2, 0, 0, 0, 0, 0, 0]
    assert flows.renewals.tolist() == [0, 0, -1, 0, -1, 0, 0]
    never = cashflow.cash_flows(PLAIN)
    assert not never.renewals.any()


@pytest.mark.parametrize(
    ("life", "years", "due"),
    # A last stretch of one year keeps the old set; one of two years, or of a whole life, is bought.
    [(4, 13, [4, 8]), (6, 13, [6]), (5, 12, [5, 10]), (3, 8, [3, 6]), (1, 3, [1, 2]), (2, 5, [2])],
)
def test_no_set_is_bought_for_one_last_year(life: int, years: int, due: list[int]) -> None:
    project = replace(PLAIN, gpu_life_years=life, years=years, renewal_cost_pct=100.0)
    renewals = cashflow.cash_flows(project).renewals
    assert np.flatnonzero(renewals).tolist() == due
    assert renewals[due].tolist() == [-2.0] * len(due)
    # Where service goes on after the last year, so do renewals.
    on = cashflow.cash_flows(replace(project, terminal_value=True)).renewals
    assert np.flatnonzero(on).tolist() == list(range(life, years, life))


def test_a_set_kept_longer_is_written_off_over_its_longer_service() -> None:
    # 13 years, life 4: the third set serves years 9 to 13, five instead of four.
    project = replace(PLAIN, gpu_life_years=4, years=13, tax_pct=100.0, site_cost_musd_per_mw=0.0,
                      revenue_musd_per_mw_year=50.0, margin_pct=100.0)  # fmt: skip
    flows = cashflow.cash_flows(project)
    written_off = flows.revenue + flows.tax
    assert written_off[1:].tolist() == pytest.approx([0.5] * 8 + [0.4] * 5)


def test_growth_and_forgone_mining() -> None:
    flows = cashflow.cash_flows(
        replace(PLAIN, revenue_growth_pct=-10.0, forgone_musd_per_mw_year=0.5)
    )
    assert flows.revenue.tolist() == pytest.approx([0, *(0.9**k for k in range(6))])
    assert flows.running_costs[1:] == pytest.approx(-0.4 * flows.revenue[1:] - 0.1)


def test_tax_over_life_is_on_profit_less_everything_spent() -> None:
    rich = cashflow.cash_flows(
        replace(FULL, revenue_musd_per_mw_year=50.0, forgone_musd_per_mw_year=0.0)
    )
    profit = rich.revenue.sum() + rich.running_costs.sum() + rich.investment.sum()
    # No year makes a loss, so tax is the rate times profit after all that was written off.
    assert rich.tax.sum() == pytest.approx(-0.25 * profit, rel=1e-12)


def test_losses_are_carried_forward() -> None:
    # Written off 17/6 a year of 200 MW; a price that falls, so that late years lose.
    flows = cashflow.cash_flows(replace(PLAIN, tax_pct=30.0, revenue_musd_per_mw_year=4.0,
                                        revenue_growth_pct=30.0))  # fmt: skip
    profit = flows.revenue + flows.running_costs - np.array([0.0, *[0.2 * 17 / 6] * 6])
    assert profit[1] < 0 < profit[-1]
    assert flows.tax[1] == 0
    assert flows.tax.sum() == pytest.approx(-0.3 * profit.sum(), rel=1e-12)


def test_terminal_value_is_a_growing_perpetuity() -> None:
    project = replace(PLAIN, terminal_value=True, terminal_growth_pct=2.0)
    extra = float(cashflow.project_npv(project)) - float(cashflow.project_npv(PLAIN))
    expected = 0.2 * 5 * 0.6 * 1.02 / (0.09 - 0.02) / 1.09**6
    assert extra == pytest.approx(expected, rel=1e-12)


def test_terminal_value_pays_for_renewals() -> None:
    project = replace(PLAIN, gpu_life_years=4, renewal_cost_pct=50.0)
    extra = float(cashflow.project_npv(replace(project, terminal_value=True))) - float(
        cashflow.project_npv(project)
    )
    expected = 0.2 * (5 * 0.6 - 10 * 0.5 / 4) / 0.09 / 1.09**6
    assert extra == pytest.approx(expected, rel=1e-12)


def test_middle_of_the_year_moves_operating_flows_only() -> None:
    end, middle = cashflow.cash_flows(FULL), cashflow.cash_flows(replace(FULL, mid_year=True))
    operating = float(cashflow.npv(9.0, end.operating))
    gain = float(middle.npv(9.0)) - float(end.npv(9.0))
    assert gain == pytest.approx(operating * (1.09**0.5 - 1), rel=1e-12)


def test_a_sample_is_valued_as_its_members() -> None:
    rng = np.random.default_rng(1)
    n = 25
    columns: dict[str, Any] = {
        "capacity_mw": rng.uniform(500, 900, n),
        "gpu_life_years": rng.integers(0, 5, n).astype(float),
        "tax_pct": rng.uniform(0, 40, n),
        "margin_pct": rng.uniform(20, 90, n),
        "discount_rate_pct": rng.uniform(5, 20, n),
    }
    together = cashflow.project_npv(replace(FULL, **columns))
    members: list[dict[str, Any]] = [
        {name: float(column[i]) for name, column in columns.items()} for i in range(n)
    ]
    singly = [float(cashflow.project_npv(replace(FULL, **member))) for member in members]
    assert together == pytest.approx(singly, rel=1e-12)


@pytest.mark.parametrize("mid_year", [False, True])
def test_short_form_equals_the_table_of_flows(mid_year: bool) -> None:
    rng = np.random.default_rng(2)
    columns: dict[str, Any] = {
        "gpu_life_years": rng.integers(0, 7, 40).astype(float),
        "revenue_growth_pct": rng.uniform(-9, 9, 40),
        "discount_rate_pct": rng.uniform(1, 30, 40),
        "site_cost_musd_per_mw": rng.uniform(1, 9, 40),
    }
    project = replace(FULL, tax_pct=0.0, mid_year=mid_year, **columns)
    table = cashflow.cash_flows(project).npv(project.discount_rate_pct)
    assert cashflow.project_npv(project) == pytest.approx(table, rel=1e-11)


def test_irr_of_a_project_is_where_it_is_worth_nothing() -> None:
    flows = cashflow.cash_flows(replace(FULL, mid_year=True, revenue_musd_per_mw_year=20.0))
    rate = flows.irr()
    assert rate is not None
    assert float(flows.npv(rate)) == pytest.approx(0, abs=1e-9)


def test_frame_adds_up() -> None:
    frame = cashflow.cash_flows(FULL).frame()
    parts = ["revenue", "running_costs", "site", "gpus", "renewals", "tax", "terminal"]
    assert frame[parts].sum(axis=1).to_numpy() == pytest.approx(frame["total"].to_numpy())
    assert list(frame.index) == list(range(8))
    assert frame["capacity_mw"].tolist() == pytest.approx([0, 0, 200 / 3, 400 / 3, *[200] * 4])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"ramp_years": 7}, "ramp_years"),
        ({"ramp_years": 0}, "ramp_years"),
        ({"first_year": 0}, "first_year"),
        ({"terminal_value": True, "terminal_growth_pct": 9.0}, "terminal"),
    ],
)
def test_bad_inputs_are_named(change: dict[str, Any], word: str) -> None:
    with pytest.raises(CashFlowError, match=word):
        replace(PLAIN, **change)
