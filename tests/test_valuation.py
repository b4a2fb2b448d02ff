"""VanEck's estimate turned around, against closed forms and the table's own rows."""

import math

import numpy as np
import numpy_financial
import pandas as pd
import pytest

from claimbook import data, ledger
from claimbook.analysis import valuation
from claimbook.analysis.cashflow import CashFlowError, annuity, project_npv
from claimbook.charts import valuation as charts

GIVEN = valuation.Published(37.6, 13.9, 13, 9.11, 7.5, 20.0, 2027, miner_value_musd_per_mw=4.5)


@pytest.fixture(scope="module")
def book() -> data.Edition:
    return data.read(["vaneck_model", "ai_contracts", "jpm_market_cap"])


def _group(**levels: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": pd.to_datetime([day.removeprefix("d").replace("_", "-") for day in levels]),
            "market_cap_usd_bn": list(levels.values()),
            "n_companies": 14,
            "certainty": "quoted",
        }
    )


def test_published_inputs_are_the_table_s(book: data.Edition) -> None:
    assert valuation.published(book["vaneck_model"]) == GIVEN


def test_a_missing_published_input_is_named(book: data.Edition) -> None:
    table = book["vaneck_model"]
    with pytest.raises(CashFlowError, match="number of years"):
        valuation.published(table[table["item"] != "number of years"])


def test_unpublished_inputs_are_shown_as_not_published(book: data.Edition) -> None:
    shown = valuation.published_table(book["vaneck_model"])["as published"]
    assert set(shown[shown == valuation.NOT_PUBLISHED].index) == {
        "EBITDA or profit margin",
        "GPU capex per MW",
        "MW per company 2024 and 2027",
        "NPV / market cap / uplift per company",
        "discount rate",
        "power price",
    }
    assert shown["year by which moved"] == "2027"


@pytest.mark.parametrize(("first", "printed"), [(1, 36.3), (3, 22.8)])
def test_implied_discount_rate(first: int, printed: float) -> None:
    rate = valuation.implied_discount_rate(GIVEN, first)
    flows = [0.0] * first + [13.9] * 13
    assert numpy_financial.npv(rate / 100, flows) == pytest.approx(37.6, abs=1e-8)
    assert rate == pytest.approx(printed, abs=0.05)


def _filled(table: pd.DataFrame, values: dict[str, float]) -> pd.DataFrame:
    filled = table.copy()
    for item, value in values.items():
        filled.loc[filled["item"] == item, "value"] = value
    return filled


KNOWN = {"discount rate": 12.0, "GPU capex per MW": 20.0, "EBITDA or profit margin": 80.0}


def test_the_original_s_inputs_would_give_a_value(book: data.Edition) -> None:
    given = valuation.published(_filled(book["vaneck_model"], KNOWN))
    assert given.missing == []
    worth = numpy_financial.npv(0.12, [0.0] + [13.9] * 13)
    # Revenue: 13.9 bn at 9.11 m a MW, 80 % kept, 27.5 m a MW spent. Profit: on 1/0.8 of the MW.
    capacity = 13.9 / 9.11
    found = valuation.recomputed(given)
    assert found["yearly_amount_is_revenue"] == pytest.approx(0.8 * worth - 27.5 * capacity)
    assert found["yearly_amount_is_profit"] == pytest.approx(worth - 27.5 * capacity / 0.8)


@pytest.mark.parametrize("item", KNOWN)
def test_no_value_follows_while_one_input_lacks(book: data.Edition, item: str) -> None:
    some = {name: value for name, value in KNOWN.items() if name != item}
    given = valuation.published(_filled(book["vaneck_model"], some))
    assert given.missing == [valuation.DECIDING_INPUTS[item]]
    assert set(valuation.recomputed(given).values()) == {None}


def test_the_verdict_follows_from_the_deciding_inputs(book: data.Edition) -> None:
    claim = ledger.claim("ai-upside")
    group = valuation.group_value(book["jpm_market_cap"], claim.asserted_on, 37.6)
    priced = valuation.hosting_prices(book["ai_contracts"])

    def verdict(values: dict[str, float]) -> str:
        given = valuation.published(_filled(book["vaneck_model"], values))
        return ledger.verdict(
            ledger.judge_all(claim, valuation.quantities(given, priced, group), {})
        )

    assert verdict({}) == ledger.UNTESTED
    # 36.8 if the amount is profit, 29.4 if it is revenue: one reading only.
    assert verdict(KNOWN) == ledger.IN_PART
    assert verdict(KNOWN | {"discount rate": 20.0}) == ledger.FAILS
    # The published amounts less nothing but sites: 10 % and 35.4 m a MW for both, at full margin.
    cost = (13.9 * annuity(10, 13) - 37.0) / (13.9 / 9.11) - 7.5
    full = {"discount rate": 10.0, "GPU capex per MW": cost, "EBITDA or profit margin": 100.0}
    assert verdict(full) == ledger.HOLDS


def test_implied_discount_rate_is_the_return_on_paying_the_npv() -> None:
    expected = 100 * numpy_financial.irr([-37.6, 0, 0, 0, *[13.9] * 13])
    assert valuation.implied_discount_rate(GIVEN, 4) == pytest.approx(expected, abs=1e-6)


def test_no_rate_where_the_amounts_are_too_small() -> None:
    small = valuation.Published(37.6, 2.0, 13, 9.11, 7.5, 20.0, 2027)
    with pytest.raises(CashFlowError, match="less than the NPV"):
        valuation.implied_discount_rate(small)


def test_implied_capacity() -> None:
    assert valuation.implied_capacity(GIVEN) == pytest.approx(13_900 / 9.11)


@pytest.mark.parametrize("rate", valuation.USUAL_RATES)
def test_breakeven_gpu_cost_is_the_closed_form(rate: int) -> None:
    v = 1 / (1 + rate / 100)
    worth = 13.9 * (v - v**14) / (1 - v)
    expected = (worth - 37.6) * 1e3 / (13_900 / 9.11) - 7.5
    project = valuation.as_project(GIVEN, rate)
    cost = valuation.breakeven_gpu_cost(project, 37.6)
    assert cost == pytest.approx(expected, rel=1e-12)
    again = project_npv(valuation.as_project(GIVEN, rate, expected))
    assert float(again) == pytest.approx(37.6, rel=1e-12)


def test_no_gpu_cost_reaches_what_free_gpus_do_not() -> None:
    project = valuation.as_project(GIVEN, 60)
    assert valuation.breakeven_gpu_cost(project, 37.6) is None
    line = valuation.gpu_cost_line(project, 37.6, [8.0, 60.0])
    assert line[8.0] > 0
    assert math.isnan(line[60.0])


def test_grid_and_line_agree() -> None:
    project = valuation.as_project(GIVEN, 10)
    line = valuation.gpu_cost_line(project, 37.6, [9.0, 11.0])
    grid = valuation.value_grid(
        project, ("discount_rate_pct", [9.0, 11.0]), ("gpu_cost_musd_per_mw", line.to_list())
    )
    assert np.diag(grid) == pytest.approx([37.6, 37.6])


def test_contracts_with_own_gpus_are_cloud(book: data.Edition) -> None:
    priced = valuation.hosting_prices(book["ai_contracts"])
    assert list(priced.loc[priced["business"] == "cloud", "ticker"]) == ["IREN"]
    low, high = valuation.price_range(priced, "hosting")
    assert (round(low, 1), round(high, 1)) == (1.2, 2.3)
    assert "ALL" not in set(priced["ticker"])
    with pytest.raises(CashFlowError, match="steel"):
        valuation.price_range(priced, "steel")


def test_prices_are_value_over_megawatts_and_years(book: data.Edition) -> None:
    priced = valuation.hosting_prices(book["ai_contracts"])
    full = priced.dropna(subset=["mw_it", "term_years", "value_usd_bn"])
    again = full["value_usd_bn"] * 1e3 / full["mw_it"] / full["term_years"]
    assert again.to_numpy() == pytest.approx(full["revenue_m_per_mw_year"].to_numpy(), abs=0.012)


def test_group_value_is_measured_from_the_last_level_before() -> None:
    levels = _group(d2024_07_31=30.0, d2024_08_15=20.0, d2025_01_01=50.0, d2025_02_01=61.0,
                    d2025_03_01=70.0, d2025_04_01=10.0)  # fmt: skip
    group = valuation.group_value(levels, "2024-08-16", 41.0)
    assert group.base_busd == 20.0
    assert group.line_busd == 61.0
    assert group.largest_gain_busd == 50.0
    assert group.largest_on == pd.Timestamp("2025-03-01")
    assert group.passed_on == pd.Timestamp("2025-02-01")
    assert group.last_below == pd.Timestamp("2025-01-01")


def test_group_value_that_never_passes() -> None:
    levels = _group(d2024_08_15=20.0, d2025_01_01=math.nan, d2025_02_01=21.0)
    group = valuation.group_value(levels, "2024-08-16", 5.0)
    assert group.passed_on is None
    assert len(group.levels) == 1
    with pytest.raises(CashFlowError, match="on or before 2024-01-01"):
        valuation.group_value(levels, "2024-01-01", 5.0)


def test_quantities_of_the_ledger_are_all_there(book: data.Edition) -> None:
    claim = ledger.claim("ai-upside")
    group = valuation.group_value(book["jpm_market_cap"], claim.asserted_on, 37.6)
    priced = valuation.hosting_prices(book["ai_contracts"])
    found = valuation.quantities(GIVEN, priced, group)
    for rule in claim.findings:
        assert set(rule.members) <= set(found)
    unknown = [name for name in found if name.startswith("npv_from_published_inputs_busd.")]
    assert [found[name].value for name in unknown] == [None, None]
    # 79.0 less 19.3, and the first level above 56.9: rows of the table, read by eye.
    assert found["largest_group_gain_busd"].value == pytest.approx(59.7)
    assert found["claim_passed_on"].value == "2025-10-15"


def test_the_base_is_as_good_as_the_figures_behind_it(book: data.Edition) -> None:
    # 20 bn at the end of August after 15 % less in the month, and 18 % less in its first half,
    # each rounded: 19.5 / 0.855 * 0.815 and 20.5 / 0.845 * 0.825.
    group = valuation.group_value(book["jpm_market_cap"], "2024-08-16", 37.6)
    assert group.base_range_busd == pytest.approx((19.5 / 0.855 * 0.815, 20.5 / 0.845 * 0.825))
    assert group.base_range_busd[0] < group.base_busd < group.base_range_busd[1]
    # Rows read by eye: below 56.9 again at the end of 2025 only.
    assert [f"{day:%Y-%m-%d}" for day in group.back_below.index] == ["2025-12-31"]
    quoted = valuation.base_range(book["jpm_market_cap"], pd.Timestamp("2024-08-31"))
    assert quoted == pytest.approx((19.5, 20.5))


def test_charts_say_what_they_show(book: data.Edition) -> None:
    project = valuation.as_project(GIVEN, 10)
    rates, costs = np.arange(6, 20.01, 1), np.arange(10, 50.01, 2)
    lines = {"profit": valuation.gpu_cost_line(project, 37.6, rates)}
    grid = valuation.value_grid(
        project, ("discount_rate_pct", rates), ("gpu_cost_musd_per_mw", costs)
    )
    chart = charts.reachable_map(grid, lines, 37.6, {"seen": 29.0}, "source")
    assert "37.6" in chart.alt
    values = valuation.value_by_rate(GIVEN, [0.0, 10.0, 40.0])
    assert values.loc[0.0, 1] == pytest.approx(13 * 13.9)
    crossings = {first: valuation.implied_discount_rate(GIVEN, first) for first in values}
    assert "36.3" in charts.value_against_rate(values, 37.6, crossings, (8, 12), "source").alt
    group = valuation.group_value(book["jpm_market_cap"], "2024-08-16", 37.6)
    assert "2025-10-15" in charts.group_against_line(group, "source").alt
