"""The reader's model of VanEck's plan: its inputs, what reaches the claim, what came after."""

import math
import statistics
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from claimbook import data, ledger, parameters, text
from claimbook.analysis import aftermath, assumptions, reach, upside, valuation
from claimbook.analysis.aftermath import AftermathError
from claimbook.analysis.cashflow import CashFlowError, Project, annuity, project_npv
from claimbook.analysis.uncertainty import Marginal
from claimbook.charts import aftermath as later_charts
from claimbook.charts import uncertainty as range_charts
from claimbook.words import upside as words
from claimbook.words import upside_since as later_words

CLAIM = ledger.claim("ai-upside")


@pytest.fixture(scope="module")
def book() -> data.Edition:
    return data.read(CLAIM.tables)


@pytest.fixture(scope="module")
def defaults() -> dict[str, Any]:
    return {name: entry.default for name, entry in parameters.of(CLAIM).items()}


@pytest.fixture(scope="module")
def study(book: data.Edition, defaults: dict[str, Any]) -> upside.Study:
    return upside.study(book, CLAIM.asserted_on, defaults)


# Inputs


@pytest.mark.parametrize("business", assumptions.BUSINESSES)
def test_documented_inputs_are_the_notebook_s_defaults(
    business: str, defaults: dict[str, Any]
) -> None:
    project = assumptions.project(business, defaults)
    for entry in assumptions.documented(business):
        assert getattr(project, entry.name) == entry.value, entry.name
    table = assumptions.table(business, project)
    assert assumptions.READER not in set(table["rests on"])


def test_published_inputs_are_vaneck_s(book: data.Edition) -> None:
    given = valuation.published(book["vaneck_model"])
    values = {entry.name: entry.value for entry in assumptions.documented("cloud")}
    for name in ("share_pct", "years", "revenue_musd_per_mw_year", "site_cost_musd_per_mw"):
        assert values[name] == getattr(given, name), name
    assert values["ramp_years"] == given.by_year - pd.Timestamp(CLAIM.asserted_on).year


def test_benchmarks_are_in_the_tables(book: data.Edition) -> None:
    contracts = book["ai_contracts"]
    iren = contracts[(contracts["ticker"] == "IREN") & (contracts["customer"] == "Microsoft")]
    note = iren["note"].iloc[0]
    inputs = {entry.name: entry for entry in assumptions.documented("cloud")}
    assert "29m/MW" in note
    assert "85% project EBITDA margin" in note
    assert inputs["gpu_cost_musd_per_mw"].value == 29
    assert inputs["margin_pct"].value == 85
    assert inputs["gpu_life_years"].value == iren["term_years"].iloc[0]
    assert inputs["revenue_musd_per_mw_year"].high == iren["revenue_m_per_mw_year"].iloc[0]
    capacity = book["miner_capacity"].set_index(["company", "as_of"])
    jpm = capacity.loc[("US-listed miners (JPMorgan)", pd.Timestamp("2024-06-05"))]
    assert inputs["capacity_mw"].value == (jpm["operating_mw"] + jpm["contracted_or_pipeline_mw"])
    bernstein = capacity.loc[("Listed miners (Bernstein)", pd.Timestamp("2024-07-10"))]
    assert inputs["capacity_mw"].high == bernstein["contracted_or_pipeline_mw"]


def test_hosting_prices_are_those_signed(book: data.Edition) -> None:
    priced = valuation.hosting_prices(book["ai_contracts"])
    signed = priced.loc[priced["business"] == "hosting", "revenue_m_per_mw_year"].tolist()
    entry = next(
        e for e in assumptions.documented("hosting") if e.name == "revenue_musd_per_mw_year"
    )
    assert entry.value == statistics.median(signed)
    assert (entry.low, entry.high) == (min(signed), max(signed))


def test_the_reader_s_own_input_is_marked_and_widens_its_range(defaults: dict[str, Any]) -> None:
    project = assumptions.project("cloud", defaults | {"gpu_cost_musd_per_mw": 55.0})
    row = assumptions.table("cloud", project).loc["GPU cost"]
    assert row["rests on"] == assumptions.READER
    assert row["range"] == "20 to 55"
    assert assumptions.marginals("cloud", project)["gpu_cost_musd_per_mw"] == Marginal(20, 55, 55)


def test_gpus_that_last_stay_so(defaults: dict[str, Any]) -> None:
    project = assumptions.project("cloud", defaults | {"gpu_life_years": 0})
    found = assumptions.marginals("cloud", project)
    assert not {"gpu_life_years", "renewal_cost_pct"} & set(found)


def test_the_tenant_pays_for_the_gpus(defaults: dict[str, Any]) -> None:
    project = assumptions.project("hosting", defaults)
    assert project.gpu_cost_musd_per_mw == 0
    assert project.revenue_musd_per_mw_year == defaults["hosting_revenue_musd_per_mw_year"]


# What reaches the claim

SIMPLE = Project(1000.0, 20.0, 5.0, 60.0, 7.0, 10.0, 9.0, years=6)


def test_ladder_keeps_each_change() -> None:
    steps = reach.ladder(
        SIMPLE, {"rent": {"revenue_musd_per_mw_year": 6.0}, "all": {"share_pct": 40.0}}
    )
    # 200 MW earn 60 % of 5 m for six years and cost 17 m; then 6 m; then twice the power.
    worth = 0.2 * (3.0 * annuity(9, 6) - 17)
    more = 0.2 * (3.6 * annuity(9, 6) - 17)
    assert steps["npv_busd"].tolist() == pytest.approx([worth, more, 2 * more])
    assert steps["change_busd"].tolist() == pytest.approx([0, more - worth, more])


def test_single_inputs_solve_for_the_target() -> None:
    ranges = {
        "gpu_cost_musd_per_mw": Marginal(0, 10, 12),
        "margin_pct": Marginal(50, 60, 70),
        "gpu_life_years": Marginal(2, 2, 4, whole=True),
    }
    limits = {"gpu_cost_musd_per_mw": (0.0, 30.0), "margin_pct": (1.0, 100.0),
              "gpu_life_years": (1, 6)}  # fmt: skip
    project = replace(SIMPLE, gpu_life_years=2)
    target = float(project_npv(SIMPLE))
    found = reach.single_inputs(project, target, ranges, limits)
    # Five years of life of six are as good as no renewal, which is what the target has.
    assert found.loc["gpu_life_years", "needed"] == 5
    assert not found.loc["gpu_life_years", "in_range"]
    cost = found.loc["gpu_cost_musd_per_mw", "needed"]
    again = replace(project, gpu_cost_musd_per_mw=cost)
    assert float(project_npv(again)) == pytest.approx(target)
    assert found.loc["gpu_cost_musd_per_mw", "in_range"]
    assert math.isnan(reach.single_inputs(project, 1e6, ranges, limits).loc["margin_pct", "needed"])


def test_summary_side_by_side() -> None:
    table = reach.summary({"one": SIMPLE})["one"]
    assert table["capacity, MW"] == pytest.approx(200)
    assert table["site and first GPUs, bn USD"] == pytest.approx(3.4)
    assert table["mean operating flow a year, bn USD"] == pytest.approx(0.6)
    assert table["payback, years"] == pytest.approx(3.4 / 0.6)


# What came after


def _contracts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "company": ["Two", "One", "Count", "Two"],
            "ticker": ["BBB", "AAA", np.nan, "BBB"],
            "customer": "tenant",
            "date": pd.to_datetime(["2025-01-02", "2024-01-02", "2026-01-01", "2025-06-01"]),
            "mw_it": [100.0, 50.0, 999.0, np.nan],
            "term_years": [10.0, 5.0, np.nan, 4.0],
            "value_usd_bn": [2.0, 1.0, 99.0, 0.4],
            "note": ["own GPUs", np.nan, "", "MW basis gross; capex 89.8m (3.6m/MW)"],
        }
    )


TICKERS = pd.DataFrame(
    {"ticker": ["AAA", "BBB", "CCC", "DDD"], "group": ["miner", "other", "miner", "miner"],
     "name": ["One", "Two", "Three", "Four"],
     "first_session": pd.to_datetime("2020-01-02"), "last_session": pd.to_datetime("2026-08-20")}
)  # fmt: skip


def test_signed_contracts_add_up_by_date() -> None:
    signed = aftermath.signed_contracts(_contracts(), TICKERS)
    assert signed["ticker"].tolist() == ["AAA", "BBB", "BBB"]
    assert signed["cumulative_mw"].tolist() == [50, 150, 150]
    assert signed["cumulative_miners_mw"].tolist() == [50, 50, 50]
    assert signed["cumulative_value_busd"].tolist() == pytest.approx([1, 3, 3.4])
    totals = aftermath.contract_totals(signed, "2024-08-16")
    assert totals["mw"].tolist() == [150, 50, 0]
    assert totals["yearly_busd"].tolist() == pytest.approx([0.5, 0.2, 0])
    assert totals["without_mw"].tolist() == [1, 0, 0]
    assert signed["is_gross"].tolist() == [False, False, True]
    assert signed["own_cost_musd_per_mw"].dropna().tolist() == [3.6]


def test_notes_give_basis_cost_and_ownership(book: data.Edition) -> None:
    # Rows of the table read by eye.
    signed = aftermath.signed_contracts(book["ai_contracts"], book["tickers"])
    named = signed.set_index(["ticker", signed["date"].dt.strftime("%Y-%m-%d")])
    assert list(named.index[named["is_gross"]]) == [("CIFR", "2025-11-03")]
    assert named["own_cost_musd_per_mw"].dropna().to_dict() == {
        ("WULF", "2025-08-14"): 9.0, ("CIFR", "2025-09-25"): 10.0, ("RIOT", "2026-01-16"): 3.6,
    }  # fmt: skip
    shared = named.loc[named["owned_pct"] < 100, "owned_pct"]
    assert shared.to_dict() == {("WULF", "2025-10-28"): 51.0}


def test_a_contract_s_own_site_cost_is_charged(study: upside.Study) -> None:
    worth = study.worth_of_contracts()
    riot = study.signed["ticker"] == "RIOT"
    # 311 m over ten years, 85 % of it kept, and 3.6 m for each of 25 MW.
    expected = 0.0311 * 0.85 * annuity(10, 10) - 25 * 3.6 / 1e3
    assert worth[riot].tolist() == pytest.approx([expected])


def test_market_values_are_the_estimate_s_whatever_is_compared(
    book: data.Edition, defaults: dict[str, Any], study: upside.Study
) -> None:
    other = upside.study(book, CLAIM.asserted_on, defaults | {"since": "2025-12-15"})
    pd.testing.assert_frame_equal(other.miners, study.miners)
    assert later_words.covered_words(other) == later_words.covered_words(study)
    # 267.64 million shares at 16.24 dollars: the rows of both tables.
    assert study.miners.loc["MARA", "value_busd"] == pytest.approx(0.26764 * 16.24, abs=5e-4)
    assert "of the 6 with a contract 1 had" in later_words.moves_words(study.moves)


def test_worth_of_contracts_is_the_annuity_less_the_cost() -> None:
    signed = aftermath.signed_contracts(_contracts(), TICKERS)
    worth = aftermath.worth_of_contracts(
        signed, margin_pct=80, site_cost_musd_per_mw=7.0, gpu_cost_musd_per_mw=3.0,
        discount_rate_pct=10.0,
    )  # fmt: skip
    assert worth[0] == pytest.approx(0.2 * 0.8 * annuity(10, 5) - 50 * 7 / 1e3)
    # The note says that the miner owns the GPUs.
    assert worth[1] == pytest.approx(0.2 * 0.8 * annuity(10, 10) - 100 * 10 / 1e3)
    assert math.isnan(worth[2])


def _moves(until: str = "2025-08-18") -> aftermath.Moves:
    days = pd.to_datetime(["2024-08-16", "2025-08-18"])
    closes = pd.DataFrame(
        {
            "date": [*days, *days, days[0]],
            "ticker": ["AAA", "AAA", "CCC", "CCC", "DDD"],
            "adjusted_close": [10.0, 15.0, 4.0, 3.0, 1.0],
        }
    )
    shares = pd.DataFrame(
        {
            "ticker": ["AAA", "AAA", "CCC"],
            "as_of": pd.to_datetime(["2024-09-01", "2024-05-01", "2025-08-18"]),
            "shares_millions": [300.0, 200.0, 50.0],
        }
    )
    bitcoin = pd.DataFrame({"date": days, "close": [50.0, 60.0]})
    signed = aftermath.signed_contracts(_contracts(), TICKERS)
    # As traded: a dividend since makes the adjusted close of AAA lower than what was paid then.
    traded = pd.DataFrame({"date": days[0], "ticker": ["AAA", "CCC", "DDD"], "close": [11.0, 4, 1]})
    values = aftermath.market_values(traded, shares, TICKERS, "2024-08-16")
    return aftermath.moves(closes, TICKERS, signed, values, bitcoin, "2024-08-16", until)


def test_moves_by_contract() -> None:
    moves = _moves()
    assert moves.shares["change_pct"].to_dict() == pytest.approx({"AAA": 50, "CCC": -25})
    assert moves.absent == ["DDD"]
    assert moves.bitcoin_pct == pytest.approx(20)
    # 300 million shares were counted nearest to the day, at 11 dollars; CCC's count is too far.
    assert moves.shares.loc["AAA", "value_busd"] == pytest.approx(3.3)
    assert math.isnan(moves.shares.loc["CCC", "value_busd"])
    means = moves.averages()
    assert means["equal_weighted_pct"].tolist() == pytest.approx([50, -25, 12.5])
    assert means["value_weighted_pct"].iloc[0] == pytest.approx(50)
    assert math.isnan(means["value_weighted_pct"].iloc[1])
    assert means["value_known_for"].tolist() == [1, 0, 1]


def test_moves_need_a_later_end() -> None:
    with pytest.raises(AftermathError, match="must lie after"):
        _moves("2024-08-16")


def test_by_miner_leaves_blanks_blank() -> None:
    capacity = pd.DataFrame(
        {
            "ticker": ["AAA", "ALL", "CCC"],
            "as_of": pd.to_datetime(["2024-07-01", "2024-08-16", "2023-01-01"]),
            "operating_mw": [600.0, 5000.0, 90.0],
        }
    )
    values = pd.DataFrame(
        {"name": ["One", "Three"], "value_busd": [3.0, math.nan], "counted_on": pd.NaT},
        index=pd.Index(["AAA", "CCC"], name="ticker"),
    )
    table = aftermath.by_miner(values, capacity, 20.0, "2024-08-16")
    assert table.loc["AAA", "converted_mw"] == pytest.approx(120)
    assert table.loc["AAA", "value_musd_per_mw"] == pytest.approx(5)
    assert math.isnan(table.loc["CCC", "operating_mw"])
    assert list(table.index) == ["AAA", "CCC"]


# All of it


def test_study_names_every_quantity(study: upside.Study) -> None:
    found = study.quantities()
    for rule in CLAIM.findings:
        assert set(rule.members) <= set(found)
    assert found["npv_busd"] == found["npv_busd.cloud"]
    # Rows of the table added by hand: 3,371 MW, 92.066 bn.
    assert found["signed_mw"].value == pytest.approx(3371)
    assert found["signed_value_busd"].value == pytest.approx(92.066)
    share = found["probability_npv_at_least_claim"].value
    assert share == study.simulations["cloud"].at_least(study.given.npv_busd)[0]
    totals = [q.value for name, q in found.items() if name.startswith("sobol_total.")]
    firsts = [q.value for name, q in found.items() if name.startswith("sobol_first.")]
    effects = [q.value for name, q in found.items() if name.startswith("shapley_effect.")]
    assert len(totals) == len(firsts) == len(effects) == 9
    assert sum(float(e) for e in effects if e is not None) == pytest.approx(1)
    assert sum(float(t) for t in totals if t is not None) >= sum(
        float(f) for f in firsts if f is not None
    )


def test_base_case_by_hand(study: upside.Study) -> None:
    # 500 MW a year from year 0; 36.5 m a MW; 9.11 m at 85 %; GPUs renewed at half after 5 and 10.
    v, worth = 1 / 1.1, 0.0
    for step in range(3):
        income = 9.11 * 0.85 * (annuity(10, 13) - annuity(10, step))
        # The last step serves eleven years, so its second renewal would serve one: left out.
        renewals = 14.5 * (v ** (5 + step) + (v ** (10 + step) if step < 2 else 0))
        worth += 0.5 * (income - 36.5 * v**step - renewals)
    assert study.quantities()["npv_busd"].value == pytest.approx(worth, rel=1e-12)


def _by_hand(
    rng: np.random.Generator, margin: float | None, *, renewed: bool, steps: int
) -> np.ndarray:  # type: ignore[type-arg]
    """NPV of many plain random draws, step by step and year by year, without the package."""
    n = 150_000

    def drawn(low: float, peak: float, high: float, normal: Any = None) -> Any:
        p = rng.random(n) if normal is None else special.ndtr(normal)
        return stats.triang.ppf(p, (peak - low) / (high - low), low, high - low)

    def pair(rank: float) -> Any:
        one, other = rng.standard_normal((2, n))
        r = 2 * math.sin(math.pi * rank / 6)
        return one, r * one + math.sqrt(1 - r * r) * other

    dear, rent = pair(0.5)
    kept, trend = pair(0.3)
    gpus, price = drawn(20, 29, 40, dear), drawn(9.11, 9.11, 9.7, rent)
    share = drawn(60, 85, 90, kept) / 100 if margin is None else margin / 100
    growth, rate = drawn(-5, 0, 2, trend) / 100, drawn(8, 10, 12) / 100
    gw, site = drawn(5000, 7500, 12000) * 0.2 / 1e3, drawn(7.5, 7.5, 11)
    again, life = drawn(30, 50, 100) / 100, rng.integers(4, 9, n)
    worth = np.zeros(n)
    for step in range(steps):
        worth -= (site + gpus) / (1 + rate) ** step
        for year in range(step + 1, 14):
            worth += price * share * (1 + growth) ** (year - 1) / (1 + rate) ** year
        for k in (1, 2, 3) if renewed else ():
            bought = k * life
            due = 13 - step - bought >= 2
            worth -= np.where(due, gpus * again / (1 + rate) ** (step + bought), 0)
    return np.asarray(gw * worth / steps)


@pytest.mark.parametrize(
    ("reading", "joined", "margin", "renewed", "steps"),
    [
        ("revenue", "as_set", None, True, 3),
        ("revenue_gpus_last", "as_set", None, False, 3),
        ("profit", "as_set", 100.0, False, 3),
        ("profit", "built_at_once", 100.0, False, 1),
    ],
)
def test_share_of_each_reading_against_plain_random_draws(
    study: upside.Study, reading: str, joined: str, margin: float | None, renewed: bool, steps: int
) -> None:
    values = _by_hand(np.random.default_rng(11), margin, renewed=renewed, steps=steps)
    expected = 100 * float((values >= 37.6).mean())
    # Four standard errors of the plain draws, and as much for the 16,384 of the package.
    error = 100 * math.sqrt(expected / 100 * (1 - expected / 100)) / math.sqrt(16_384)
    assert study.joint.loc[reading, joined] == pytest.approx(expected, abs=4 * error)
    name = "" if joined == "as_set" else f".{joined}"
    published = study.quantities()[f"probability_npv_at_least_claim.{reading}{name}"].value
    assert published == pytest.approx(study.joint.loc[reading, joined] / 100)


def test_readings_favour_the_claim_more_and_more(study: upside.Study) -> None:
    table = study.joint
    assert list(table.index) == [upside.REVENUE, upside.LASTING, upside.PROFIT]
    assert (table.diff().dropna() > 0).all(axis=None)
    assert (table[upside.BOTH] > table[[upside.AT_ONCE, upside.CONTINUED]].max(axis=1)).all()


def test_hosting_has_no_reading_with_renewals(book: data.Edition, defaults: dict[str, Any]) -> None:
    own = assumptions.project("hosting", defaults)
    assert list(upside.readings(own)) == [upside.REVENUE, upside.PROFIT]


@pytest.mark.parametrize(("rate", "growth"), [(12.0, 5.0), (20.0, 1.0), (8.0, 5.0), (0.5, -10.0)])
def test_terminal_values_stay_finite(defaults: dict[str, Any], rate: float, growth: float) -> None:
    chosen = defaults | {
        "terminal_value": True, "discount_rate_pct": rate, "terminal_growth_pct": growth,
    }  # fmt: skip
    assumptions.check(chosen)
    own = assumptions.project("cloud", chosen)
    for ranges in (assumptions.marginals("cloud", own), assumptions.alike("cloud", own)):
        for some in (ranges, upside.wider(ranges, own)):
            assert some["discount_rate_pct"].low >= max(0.0, growth + assumptions.LEAST_GAP)
            ends = {name: np.array([m.low, m.high]) for name, m in some.items()}
            assert np.isfinite(assumptions.model(own)(ends)).all()


def test_needed_inputs_of_a_terminal_value(defaults: dict[str, Any], study: upside.Study) -> None:
    chosen = defaults | {"terminal_value": True, "terminal_growth_pct": 5.0}
    own = assumptions.project("cloud", chosen)
    ranges = {"cloud": assumptions.marginals("cloud", own)}
    other = replace(study, projects={**study.projects, "cloud": own}, marginals=ranges)
    limits = words.limits(parameters.of(CLAIM), "cloud", 13)
    needed = words.needed_table(other, limits).loc["discount rate", "needed"]
    at = replace(own, discount_rate_pct=float(needed))
    assert float(project_npv(at)) == pytest.approx(study.given.npv_busd, abs=0.1)


def test_a_summary_of_nothing_reached(study: upside.Study) -> None:
    none = replace(study, joint=study.joint * 0)
    assert "No simulated set" in words.headline(none, study.quantities())[1]
    few = replace(study, joint=study.joint / 1e4)
    assert "less than 0.1\N{NO-BREAK SPACE}%" in words.headline(few, study.quantities())[1]
    assert "less than 0.1\N{NO-BREAK SPACE}%" in words.joint_words(few)


def test_a_rate_too_near_to_growth_is_refused(defaults: dict[str, Any]) -> None:
    near = {"terminal_value": True, "discount_rate_pct": 6.0, "terminal_growth_pct": 5.0}
    with pytest.raises(CashFlowError, match="at least 3 percentage points above"):
        assumptions.check(defaults | near)
    with pytest.raises(CashFlowError, match="ramp_years"):
        assumptions.check(defaults | {"ramp_years": 10, "years": 5})


def test_what_leans_is_computed(defaults: dict[str, Any], study: upside.Study) -> None:
    assert assumptions.one_sided("cloud", study.project) == ["site cost", "revenue"]
    said = words.leaning_words(study)
    assert "no tax" in said.split("Against")[0]
    taxed = assumptions.project("cloud", defaults | {"tax_pct": 30.0, "revenue_growth_pct": -5.0})
    towards, against = assumptions.leaning(taxed)
    assert "no tax" not in towards
    assert {"tax", "prices that fall"} <= set(against)


def test_alike_ranges_are_as_wide_in_percent(study: upside.Study) -> None:
    ranges = assumptions.alike("cloud", study.project)
    gpus = ranges["gpu_cost_musd_per_mw"]
    assert (gpus.low, gpus.peak, gpus.high) == pytest.approx((29 * 0.8, 29, 29 * 1.2))
    assert ranges["margin_pct"].high == 100
    assert ranges["gpu_life_years"] == Marginal(4, 5, 6, whole=True)
    assert "revenue_growth_pct" not in ranges


def test_ladder_ends_in_vaneck_s_words(study: upside.Study) -> None:
    end = study.ladder()["npv_busd"].iloc[-1]
    words = valuation.as_project(study.given, 10.0, 29.0)
    assert end == pytest.approx(float(project_npv(words)), rel=1e-12)


def test_choices_start_with_the_stated_one(study: upside.Study) -> None:
    table = study.choices()
    assert table.index[0] == "as stated"
    whole = study.outcomes().loc["cloud"]
    assert table.loc["as stated", "p50"] == pytest.approx(whole["p50"], abs=0.5)
    assert table.loc["GPUs never renewed", "p50"] > whole["p50"]


def test_wider_ranges_stay_possible() -> None:
    ranges = {"margin_pct": Marginal(60, 85, 95), "revenue_growth_pct": Marginal(-5, 0, 2)}
    own = Project(1000.0, 20.0, 5.0, 85.0, 7.5, 10.0, 9.0)
    found = upside.wider(ranges, own)
    # By half of the width at each end: 17.5 and 3.5, and no margin above 100 %.
    assert found["margin_pct"] == Marginal(42.5, 85, 100)
    assert found["revenue_growth_pct"] == Marginal(-8.5, 0, 5.5)
    one_sided = {"site_cost_musd_per_mw": Marginal(7.5, 7.5, 11)}
    assert upside.wider(one_sided, own)["site_cost_musd_per_mw"] == Marginal(5.75, 7.5, 12.75)


def test_charts_say_what_they_show(study: upside.Study) -> None:
    names = assumptions.labels("cloud")
    target = study.given.npv_busd
    drawn = range_charts.distributions(study.histograms(), study.outcomes(), target, "source")
    assert "cloud: 5th" in drawn.alt
    assert "GPU cost" in range_charts.tornado(study.tornado(), names, 2.4, target, "s").alt
    shares = range_charts.shares_of_uncertainty(study.sobol, study.shapley, names, "s")
    assert "Shapley" in shares.alt
    assert "as set above" in range_charts.steps_to_target(study.ladder(), target, "s").alt
    assert "3,371 MW" in later_charts.contracts_by_date(study.signed, 1526, "2024-08-16", "s").alt
    assert "HUT" in later_charts.price_moves(study.moves, "s").alt
    by_reading = range_charts.shares_by_reading(words.joint_table(study), "s")
    assert "profit, all of it kept" in by_reading.alt
    assert range_charts.reach_in_words(0) == "no draw\nreaches the claim"


# Words


def test_headline_says_what_is_not_known(study: upside.Study) -> None:
    key_numbers, summary = words.headline(study, study.quantities())
    assert key_numbers[0][0] == "37.6\N{NO-BREAK SPACE}bn USD"
    low, high = (text.amount(float(v), "percent", 1) for v in study.joint["as_set"].iloc[[0, -1]])
    assert key_numbers[2][0] == f"{low} to {high}"
    assert "discount rate, GPU cost and margin are not known to us" in summary
    filled = replace(
        study.given, discount_rate_pct=12.0, gpu_cost_musd_per_mw=20.0, margin_pct=80.0
    )
    said = words.headline(replace(study, given=filled), study.quantities())[1]
    assert "not known" not in said
    # 13 amounts of 13.9 bn at 12 %, less 27.5 m a MW on 1,526 MW and on 1/0.8 of it.
    assert "36.8" in said


def test_words_on_capacity_follow_the_numbers(study: upside.Study) -> None:
    said = words.capacity_words(study)
    assert "Within a tenth of it lies JPMorgan, in use and within reach." in said
    # The reader's own capacity says nothing of VanEck's.
    small = replace(study.project, capacity_mw=3000.0)
    other = replace(study, projects={**study.projects, "cloud": small})
    assert words.capacity_words(other) == said
    # 13.9 bn at 12 m are 1,158 MW, a fifth of 5,792 MW: no estimate is as near.
    dearer = replace(study, given=replace(study.given, revenue_musd_per_mw_year=12.0))
    assert "None of these" in words.capacity_words(dearer)


def test_words_on_the_group_follow_the_levels(study: upside.Study) -> None:
    # 56.9 less the 56.0 of the end of September.
    said = later_words.passed_words(study.group)
    assert "0.9" in said
    # The base may be 18.6 to 20.0, so 56.0 may lie above the line; 48.0 lies below it again.
    assert "may have crossed it by then" in said
    assert "fell back below the line since: 48.0" in said
    sure = replace(study.group, base_range_busd=(19.3, 19.3), target_busd=50.0)
    assert "crossed it between the two" in later_words.passed_words(sure)
    never = replace(study.group, target_busd=1000.0)
    assert later_words.passed_words(never).startswith("No level since")
    low = study.group.levels.assign(gain_busd=[50.0] * len(study.group.levels))
    at_once = replace(study.group, levels=low)
    assert f"({at_once.base_date:%Y-%m-%d})" in later_words.passed_words(at_once)


def test_words_on_choices_that_all_fail() -> None:
    none = pd.DataFrame({"reach_pct": [0.0, 0.0]}, index=["one", "two"])
    assert words.choices_words(none).startswith("Under none")
    some = pd.DataFrame({"reach_pct": [0.0, 2.5]}, index=["one", "two"])
    assert "most under “two”" in words.choices_words(some)


def test_tables_in_words_keep_every_row(study: upside.Study) -> None:
    limits = words.limits(parameters.of(CLAIM), "cloud", 13)
    needed = words.needed_table(study, limits)
    assert set(needed.index) == {
        entry.label for entry in assumptions.documented("cloud") if entry.low is not None
    }
    assert needed.loc["site cost", "needed"] == "no value"
    # By itself: 29 m less the gap of 35.2 bn over 1.5 GW and its discounted share of the cost.
    worth = replace(study.project, gpu_cost_musd_per_mw=float(needed.loc["GPU cost", "needed"]))
    assert float(project_npv(worth)) == pytest.approx(study.given.npv_busd, abs=0.05)
    assert len(later_words.contracts_table(study)) == len(study.signed)
    assert len(words.shares_table(study)) == 9
    assert len(later_words.levels_table(study.group)) == len(study.group.levels)
    hosting = words.sets_table(study.simulations["hosting"], study.given.npv_busd, "hosting")
    assert set(hosting["draws that reach the claim"]) == {"no draw reaches it"}
