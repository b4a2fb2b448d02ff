"""Rent against mining: closed forms, the facts' own printed numbers, and a second source."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from claimbook import data, ledger, parameters, text
from claimbook.analysis import bids, contracts, hosting, megawatt, prints, segments
from claimbook.analysis.hosting import Study
from claimbook.charts import chart
from claimbook.charts import hosting as charts
from claimbook.charts import study as study_charts
from claimbook.data import Edition
from claimbook.errors import AnalysisError, ParameterError
from claimbook.ledger import Claim, Finding
from claimbook.words import hosting as words
from claimbook.words import hosting_facts as facts
from claimbook.words import hosting_since as since

NAMED = ["BITF", "CLSK", "CORZ", "HUT", "MARA", "RIOT"]
RANGE = [15.0, 20.0, 25.0, 30.0, 35.0]


@pytest.fixture(scope="module")
def claim() -> Claim:
    return ledger.claim("hosting-pivot")


@pytest.fixture(scope="module")
def book(claim: Claim) -> Edition:
    return data.read(claim.tables)


def make(book: Edition, company: str, contract: str, event: str, efficiency: float) -> Study:
    return hosting.study(book, company, contract, event, NAMED, efficiency, RANGE, 30, 70, 10)


@pytest.fixture(scope="module")
def study(book: Edition) -> Study:
    return make(book, "CORZ", "2024-06-03", "2024-06-04", 25.0)


@pytest.fixture(scope="module")
def cloud(book: Edition) -> Study:
    """A contract that cannot be held against mining, on a day without a study of shares."""
    return make(book, "IREN", "2025-11-03", "2020-01-10", 15.5)


@pytest.fixture(scope="module")
def findings(claim: Claim, study: Study) -> list[Finding]:
    return ledger.judge_all(claim, hosting.quantities(study), {})


def flat(price: float, days: int = 800) -> pd.Series:
    """Hashprice that never moves, from 2023-01-01 on."""
    return pd.Series(price, index=pd.date_range("2023-01-01", periods=days, freq="D"))


def contract(note: str = "", **cells: object) -> pd.DataFrame:
    row = {
        "company": "A Miner", "ticker": "AAA", "customer": "T", "date": pd.Timestamp("2024-01-02"),
        "mw_it": 100.0, "term_years": 10.0, "value_usd_bn": 2.0,
        "value_with_extensions_usd_bn": np.nan, "revenue_m_per_mw_year": 2.0, "note": note,
        "certainty": "quoted", "source": "X", "link": None,
    }  # fmt: skip
    return pd.DataFrame([row | cells])


def test_a_megawatt_by_energy_and_time() -> None:
    # 1 MW for a year is 8760 MWh = 3.1536e13 J; at 25 J/TH that is 1.26144e12 TH of work.
    # At 50 USD per PH/s and day a terahash pays 50 / (1000 x 86400) USD.
    terahash = 1e6 * 365 * 86_400 / 25
    assert megawatt.mining_per_mw_year(50.0, 25.0) == pytest.approx(
        terahash * 50 / (1000 * 86_400) / 1e6
    )
    assert megawatt.mining_per_mw_year(50.0, 25.0) == pytest.approx(0.73)


def test_rent_and_the_efficiency_at_which_mining_equals_it() -> None:
    assert megawatt.rent_per_mw_year(3.5, 200, 12) == pytest.approx(35 / 24)
    equal = megawatt.break_even(50.0, 0.73)
    assert equal == pytest.approx(25.0)
    assert megawatt.mining_per_mw_year(50.0, equal) == pytest.approx(0.73)


def test_spans_lie_where_they_say_and_a_hole_empties_them() -> None:
    prices = flat(40.0)
    prices.loc[:"2023-12-31"] = 80.0
    spans = megawatt.windows(prices, "2024-12-30", 30, 20.0, 1.0)
    assert list(spans["days"]) == [
        30,
        365,
        int((prices.index[-1] - pd.Timestamp("2024-12-30")).days),
        30,
    ]
    assert (spans["hashprice"] == 40.0).all()  # 365 days to 2024-12-30 begin on 2024-01-01
    assert spans.at[megawatt.YEAR_BEFORE, "first"] == pd.Timestamp("2024-01-01")
    at = spans.loc[megawatt.AT_CONTRACT]
    assert (at["first"], at["last"]) == (pd.Timestamp("2024-12-01"), pd.Timestamp("2024-12-30"))
    one_back = megawatt.windows(prices, "2024-12-29", 30, 20.0, 1.0)
    assert one_back.at[megawatt.YEAR_BEFORE, "hashprice"] == pytest.approx((364 * 40 + 80) / 365)
    prices.loc["2024-12-15"] = np.nan
    spans = megawatt.windows(prices, "2024-12-30", 30, 20.0, 1.0)
    assert math.isnan(spans.at[megawatt.AT_CONTRACT, "difference"])
    with pytest.raises(AnalysisError, match="there is no hashprice for 2030-01-01"):
        megawatt.windows(prices, "2030-01-01", 30, 20.0, 1.0)


def test_over_time_ends_with_the_data_and_keeps_its_order() -> None:
    line = megawatt.over_time(flat(50.0), 30, 25.0, [10.0, 50.0], "2024-06-03")
    assert line.index[-1] == flat(50.0).index[-1]
    assert set(np.diff(line.index) / np.timedelta64(1, "D")) == {7}
    assert line.iloc[-1].to_dict() == pytest.approx({"chosen": 0.73, "best": 1.825, "worst": 0.365})


def test_notes_are_read_for_what_the_columns_do_not_hold() -> None:
    note = "NOI margin 80-85%; cost 9-11m/MW; 150 MW gross; total about 400 MW and 6.5bn"
    row = contracts.contracts(contract(note)).iloc[0]
    assert (row["gross_mw"], row["said_mw"], row["said_busd"]) == (150, 400, 6.5)
    assert (row["margin_low"], row["margin_high"]) == (80, 85)
    assert (row["cost_low"], row["cost_high"]) == (9, 11)
    assert math.isnan(row["yearly_musd"])
    assert (row["kind"], row["basis"], row["rent"]) == ("hosting", "critical IT load", 2.0)
    other = contracts.contracts(contract("NOI 25m a year; MW basis gross")).iloc[0]
    assert other["income_musd"] == 25
    assert math.isnan(other["yearly_musd"])
    assert other["basis"] == "gross"
    income = hosting.hosting_income(contracts.contracts(contract(note))).iloc[0]
    assert (income["income_low"], income["income_high"]) == pytest.approx((1.6, 1.7))
    assert (income["years_low"], income["years_high"]) == pytest.approx((9 / 1.7, 11 / 1.6))


def test_blanks_stay_blank() -> None:
    blank = contracts.contracts(contract(mw_it=np.nan)).iloc[0]
    assert math.isnan(blank["rent"])
    assert blank["kind"] == "not stated"
    assert contracts.contracts(contract("cloud with own GPUs"))["kind"].iloc[0] == "cloud"
    assert contracts.contracts(contract(ticker=None)).empty


def test_every_printed_price_follows_from_the_other_columns(study: Study) -> None:
    both = study.contracts.dropna(subset=["printed"])
    assert len(both) == 18
    assert both["rent"].notna().all()
    near = [text.rounded(float(v), 0.01) for v in both["rent"].round(9)]
    assert near == list(both["printed"])


def test_the_contract_is_what_three_places_give(study: Study) -> None:
    one = study.chosen
    assert (one["mw"], one["years"], one["busd"]) == (200, 12, 3.5)
    assert study.second_source == {"mw": 200, "busd": 3.5, "years": 12}
    # The announcement's 290 m USD a year, to the ten millions that it gives.
    assert 1000 * one["busd"] / one["years"] == pytest.approx(one["yearly_musd"], abs=5)


def test_steps_add_up_to_the_totals_that_sources_printed(study: Study) -> None:
    steps = study.steps.dropna(subset=["said_mw"])
    assert len(steps) == 4
    assert (steps["sum_busd"] - steps["said_busd"]).abs().max() <= 0.05
    off = steps["sum_mw"] - steps["said_mw"]
    assert off.iloc[:2].tolist() == [0, 0]
    assert abs(off.iloc[2]) <= 5  # "about 500"
    # "About 590" needs the 16 MW signed in March 2024, which the other totals leave out.
    assert abs(off.iloc[3] + 16) <= 5
    assert study.steps["earlier_mw"].eq(16).all()


def test_other_companies_running_totals_agree_as_well(study: Study) -> None:
    own = study.contracts[study.contracts["said_mw"].notna()]
    for row in own[own["ticker"] != "CORZ"].itertuples():
        held = study.contracts[
            (study.contracts["ticker"] == row.ticker) & (study.contracts["date"] <= row.date)
        ]
        assert held["mw"].sum() == row.said_mw
        assert held["busd"].sum() == pytest.approx(row.said_busd, abs=0.05)


def test_hashprice_agrees_with_jpmorgans_revenue_per_eh(study: Study) -> None:
    # A second source for mining: monthly block-reward revenue per EH/s, made by another house.
    # Months differ because the two estimate the network's hash rate differently.
    off = study.mining_income["ours"] / study.mining_income["revenue"] - 1
    assert len(off) == 9
    assert abs(off.median()) < 0.02
    assert off.abs().max() < 0.1


def test_jpmorgans_figures_made_into_a_megawatt_by_hand() -> None:
    economics = pd.DataFrame(
        {
            "month": pd.to_datetime(["2024-08-01", "2024-09-01"]),
            "revenue_usd_per_ehs_day": [50_000.0, 40_000.0],
            "gross_profit_usd_per_ehs_day": [20_000.0, np.nan],
            "certainty": "quoted",
            "source": "X",
        }
    )
    (row,) = hosting.mining_income(economics, flat(48.0), 25.0).itertuples()
    # 1 EH/s draws 25 MW and 600 MWh a day; 30,000 USD of cost are 50 USD per MWh.
    assert row.power_price == pytest.approx(50.0)
    assert (row.revenue, row.income) == pytest.approx((0.73, 0.292))
    assert row.ours == pytest.approx(0.73 * 48 / 50)
    assert row.margin == pytest.approx(40.0)


def test_counts_in_favour_of_mining_by_hand(study: Study) -> None:
    price = float(study.windows.at[megawatt.AT_CONTRACT, "hashprice"])
    rent, ratio = 35 / 24, np.median([244 / 168, 56 / 39, 800 / 526, 330 / 245])
    harder = hosting.harder(study)
    assert study.grid_per_it == pytest.approx(ratio)
    assert harder["machines"] == pytest.approx(rent - price * 0.365 / 15)
    assert harder["machines_grid"] == pytest.approx(rent / ratio - price * 0.365 / 15)
    assert harder["credit"] == pytest.approx(3200 / 2400 - price * 0.365 / 25)
    assert harder["machines_grid_year_credit"] == min(harder.values())
    # Every set once: each choice favours mining, so adding one never helps rent.
    assert len(harder) == 2**4 - 1
    for name, value in harder.items():
        held = set(name.split("_"))
        assert all(value < v for n, v in harder.items() if set(n.split("_")) < held)


def test_the_least_income_against_the_most_by_hand(study: Study) -> None:
    # Riot's 25 m USD a year over 25 MW; JPMorgan's 32,400 USD of January 2025 at 25 J/TH.
    least, most = 25 / 25, 32_400 * 365 / 25 / 1e6
    assert hosting.least_income_gap(study) == pytest.approx(least - most)


def test_the_headline_says_where_the_lines_cross_and_what_came_in(
    study: Study, findings: list[Finding]
) -> None:
    said = words.headline(study, findings)[1].replace("\N{NO-BREAK SPACE}", " ")
    hashprice = float(study.windows.at[megawatt.AT_CONTRACT, "hashprice"])
    # Rent x efficiency = hashprice x 0.365; per grid megawatt the rent is less and machines count.
    equal = hashprice * 0.365 / (3500 / 2400)
    assert f"better than {equal:.1f} J/TH" in said
    ratio = np.median([244 / 168, 56 / 39, 800 / 526, 330 / 245])
    assert f"better than {equal * ratio:.1f} J/TH if the power for cooling" in said
    assert "all its revenue fell from 141.1 to 115.2" in said


def test_colours_say_what_they_mean(study: Study) -> None:
    front = words.front(study)
    assert front is not None
    drawn = study_charts.single_shares(front, "2024-06-04", "s")
    dots = drawn.figure.axes[0].collections[-1].get_facecolor()
    colors = [to_hex((color[0], color[1], color[2], color[3])) for color in np.asarray(dots)]
    assert str(drawn.data.index[0]) == "CORZ"
    assert colors == [chart.RISE] + [chart.SUBJECT] * 5


def test_the_difference_changes_sign_at_the_break_even(book: Edition, study: Study) -> None:
    equal = float(study.windows.at[megawatt.AT_CONTRACT, "break_even"])
    table = megawatt.by_efficiency(
        study.windows["hashprice"], study.rent, [0.99 * equal, equal, 1.01 * equal]
    )[megawatt.AT_CONTRACT]
    below, at, above = table
    assert below < 0 < above
    assert at == pytest.approx(0)


def test_offers_and_the_vote_against_prices(study: Study) -> None:
    offers, (vote,) = study.bids.offers, study.bids.votes.itertuples()
    # The ratio times the bidder's close before is the value that was printed.
    assert offers["worth"].iloc[1] == pytest.approx(offers["printed"].iloc[1], abs=0.005)
    assert offers["premium"].iloc[0] == pytest.approx(100 * (5.75 / 4.87 - 1))
    cast = 20_752_327 + 203_451_498
    assert vote.against_pct == pytest.approx(100 * 203_451_498 / cast)
    assert vote.worth < vote.close_before
    nobody = bids.bids(pd.DataFrame(study.bids.events), pd.DataFrame(), "ZZZ", "No Such Company")
    assert nobody.offers.empty
    assert nobody.figures == {}


def test_the_share_on_the_day_is_the_closes_quotient(book: Edition, study: Study) -> None:
    closes = book["bars_daily"].query("ticker == 'CORZ'").set_index("date")["close"]
    change = 100 * (closes["2024-06-04"] / closes["2024-06-03"] - 1)
    row = hosting.day_row(study)
    assert row is not None
    assert row["return_pct"] == pytest.approx(change, abs=0.01)
    assert row["normal_pct"] + row["ar_pct"] == pytest.approx(row["return_pct"])
    assert row["low_pct"] > 0


def test_running_totals_and_other_peoples_counts(study: Study) -> None:
    last = study.signed.iloc[-1]
    assert last["all_mw"] == study.contracts["mw"].sum()
    assert last["all_busd"] == pytest.approx(study.contracts["busd"].sum())
    assert last["companies"] == study.contracts["company"].nunique()
    assert study.signed.index.is_unique
    assert list(study.counts["busd"]) == [90, 70]
    assert list(study.counts.index) == ["Bernstein", "spotedcrypto"]


def test_what_was_delivered_is_never_filled_in(book: Edition, study: Study) -> None:
    assert study.power["delivered"].dropna().tolist() == [16, 350, 243]
    assert study.power.loc[study.power["operating"].notna(), "delivered"].isna().all()
    # 16; + 200 + 70; + 112 + 120; + 70, and nothing after.
    assert list(study.power["signed"]) == [16, 286, 518, 588, 588]
    nobody = hosting.power(
        book["miner_capacity"], study.contracts, "RIOT", study.delivered.iloc[:0]
    )
    assert nobody["delivered"].isna().all()
    assert len(nobody) == 2


def reports() -> pd.DataFrame:
    """Two quarters of one miner by hand, with a hole in the first."""
    rows = [
        ("2024-06-30", "self_mining_revenue_musd", 80.0, "primary"),
        ("2024-06-30", "total_revenue_musd", 100.0, "second-hand"),
        ("2024-09-30", "self_mining_revenue_musd", 30.0, "primary"),
        ("2024-09-30", "hosted_mining_revenue_musd", 10.0, "derived"),
        ("2024-09-30", "ai_hosting_revenue_musd", 10.0, "primary"),
        ("2024-09-30", "total_revenue_musd", 50.0, "primary"),
        ("2024-05-31", "fleet_efficiency_j_per_th", 24.0, "primary"),
        ("2024-06-30", "fleet_efficiency_j_per_th", 20.0, "primary"),
    ]
    table = pd.DataFrame(rows, columns=["as_of", "item", "value", "certainty"])
    return table.assign(as_of=pd.to_datetime(table["as_of"]), ticker="AAA", source="X", note="")


def test_revenue_by_business_keeps_its_holes_and_its_weakest_source() -> None:
    table = segments.by_quarter(reports(), "AAA")
    assert [str(q) for q in table.index] == ["2024Q2", "2024Q3"]
    assert math.isnan(table["ai_hosting"].iloc[0])
    assert table["ai_share"].iloc[1] == pytest.approx(20)
    assert list(table["certainty"]) == ["second-hand", "derived"]
    moved = segments.changes(table, "2024-06-03")
    assert moved["total"] == -50
    assert math.isnan(moved["ai"])  # the earlier quarter has none
    assert math.isnan(moved["total_next"])  # the next quarter is the last one known
    nobody = segments.by_quarter(reports(), "ZZZ")
    assert nobody.empty
    assert all(math.isnan(v) for v in segments.changes(nobody, "2024-06-03").values())


def test_the_machines_are_those_of_the_last_month_before_the_contract() -> None:
    fleet = segments.fleet(reports(), "AAA")
    known = segments.fleet_at(fleet, "2024-06-30")  # June has not ended before its last day is over
    assert known is not None
    assert known["j_per_th"] == 24
    later = segments.fleet_at(fleet, "2024-07-01")
    assert later is not None
    assert later["j_per_th"] == 20
    assert segments.fleet_at(fleet, "2024-05-30") is None


def test_the_notebook_starts_from_the_companys_own_efficiency(book: Edition, claim: Claim) -> None:
    own = segments.fleet_at(segments.fleet(book["miner_reports"], "CORZ"), "2024-06-03")
    assert own is not None
    assert parameters.of(claim)["efficiency"].default == own["j_per_th"]


def test_whose_efficiency_it_is_is_said(book: Edition, study: Study) -> None:
    assert words.whose(study) == "an assumption"  # 25, where the company said 24.23
    exact = make(book, "CORZ", "2024-06-03", "2024-06-04", 24.23)
    assert words.whose(exact) == "its own average for May 2024"
    assert "another" in words.fleet_sentence(study)
    assert "24.23" in words.mining_sentence(exact)


def test_printed_moves_are_held_against_the_day() -> None:
    bars = pd.DataFrame(
        {
            "ticker": "AAA",
            "date": pd.to_datetime(["2024-01-02", "2024-01-03"]),
            "open": [10.0, 12.0], "high": [10.0, 15.0], "low": [10.0, 11.0], "close": [10.0, 14.0],
        }
    )  # fmt: skip
    notes = ["AAA +40%", "AAA +12 to +20% on the day", "AAA about +49%", "AAA +60%", "BBB +5%"]
    table = pd.DataFrame({"note": notes, "certainty": "quoted", "date": pd.Timestamp("2024-01-03")})
    events = pd.DataFrame(
        {
            "date": pd.to_datetime(["2024-01-02", "2024-01-03"]),
            "kind": ["AI demand positive", "confounder"],
            "figures": ["AAA +30% on 01-03", "AAA +41%"],
            "certainty": "quoted",
        }
    )
    found = prints.printed(table, events, bars).set_index(["ticker", "low"])
    assert len(found) == 6  # the confounder's is not about a contract
    near = found.loc[("AAA", 40.0)]
    assert list(near[["open", "lowest", "highest", "close"]]) == pytest.approx([20, 10, 50, 40])
    assert near["agrees"] == prints.AT_CLOSE
    assert found.loc[("AAA", 12.0), "agrees"] == prints.WITHIN
    assert found.loc[("AAA", 49.0), "agrees"] == prints.WITHIN
    assert found.loc[("AAA", 60.0), "agrees"] == prints.OUTSIDE
    assert found.loc[("AAA", 30.0), "date"] == pd.Timestamp("2024-01-03")
    assert pd.isna(found.loc[("BBB", 5.0), "agrees"])


def test_terawulfs_printed_range_lies_within_its_day(study: Study) -> None:
    rows = study.printed.set_index("ticker")
    assert tuple(rows.loc["WULF", ["low", "high"]]) == (27, 40)
    # 5.46 to 8.71, by the closes as traded.
    assert rows.loc["WULF", "close"] == pytest.approx(100 * (8.71 / 5.46 - 1), abs=0.05)
    assert rows.loc["WULF", "agrees"] == prints.WITHIN
    assert "WULF on 2025-08-14" in facts.conflict_table(study).index


def test_findings_rest_on_the_quantities_that_are_declared(
    claim: Claim, study: Study, findings: list[Finding]
) -> None:
    named = {name for rule in claim.findings for name in rule.members}
    assert named <= set(hosting.quantities(study))
    assert not [f.rule.id for f in findings if f.verdict == ledger.UNTESTED]
    total = ledger.pick(findings, "total-revenue-rose")
    # From the company's releases: 115.2 against 141.1 in the contract's quarter and 95.4 after it.
    assert list(total.members.values()) == pytest.approx([115.2 - 141.1, 115.2 - 95.4])
    assert not total.rule.decides
    strict = ledger.pick(findings, "widens-revenue-strictly")
    ahead = [o for o in strict.outcomes.values() if o == ledger.HOLDS]
    assert len(ahead) == sum(v > 0 for v in hosting.harder(study).values())


def test_a_day_without_a_contract_is_refused_with_the_days_there_are(book: Edition) -> None:
    with pytest.raises(
        ParameterError, match=r"RIOT announced no contract on 2024-06-03.*2026-01-16"
    ):
        make(book, "RIOT", "2024-06-03", "2024-06-04", 25.0)


def test_a_cloud_contract_is_not_held_against_mining(
    book: Edition, claim: Claim, cloud: Study
) -> None:
    judged = ledger.judge_all(claim, hosting.quantities(cloud), {})
    assert ledger.pick(judged, "widens-revenue").verdict == ledger.UNTESTED
    assert ledger.pick(judged, "contract-size").verdict == ledger.HOLDS
    _, summary = words.headline(cloud, judged)
    assert "no rent that could be held against mining" in summary
    assert words.front(cloud) is None
    assert cloud.path.empty
    assert "cannot be studied" in words.day_sentence(cloud)
    assert "No vote" in since.vote_sentence(cloud)
    assert cloud.revenue.empty
    assert "was not found" in words.revenue_sentence(cloud)
    other = {"company": "IREN", "contract_date": "2025-11-03"}
    elsewhere = ledger.judge_all(claim, hosting.quantities(cloud), other)
    assert ledger.pick(elsewhere, "total-revenue-rose").verdict == ledger.UNTESTED
    # The printed 200 MW are of another contract, so nothing about this one was tested.
    assert ledger.verdict(elsewhere) == ledger.UNTESTED
    unknown = make(book, "IREN", "2026-05-07", "2020-01-10", 15.5)
    assert "of unknown size" in words.headline(unknown, judged)[1]


@pytest.mark.parametrize("which", ["study", "cloud"])
def test_every_sentence_table_and_figure_can_be_made(
    which: str, claim: Claim, request: pytest.FixtureRequest
) -> None:
    one: Study = request.getfixturevalue(which)
    said = [
        words.step_sentence(one), words.day_sentence(one), words.other_miners_sentence(one),
        words.same_day_sentence(one), facts.all_contracts_sentence(one), words.mining_sentence(one),
        words.grid_sentence(one), facts.income_sentence(one), facts.power_sentence(one),
        facts.certainty_sentence(one), since.signed_sentence(one, claim.asserted_on),
        since.since_sentence(one), since.vote_sentence(one), words.revenue_sentence(one),
        facts.printed_sentence(one), words.fleet_sentence(one), words.bitcoin_sentence(one),
        since.gap_sentence(["One gap."]),
    ]  # fmt: skip
    assert not [s for s in said if re.search(r"\bnan\b|\bNone\b(?! of)", s) or s[-1] != "."]
    tables = [
        words.contract_table(one), words.step_table(one), facts.all_contracts_table(one),
        words.span_table(one), words.efficiency_table(one), words.harder_table(one),
        facts.income_table(one), facts.mining_income_table(one), facts.power_table(one),
        facts.conflict_table(one), since.signed_table(one, claim.asserted_on),
        since.count_table(one), since.event_table(one), since.offer_table(one),
        words.revenue_table(one), facts.printed_table(one),
    ]  # fmt: skip
    assert all(isinstance(t, pd.DataFrame) for t in tables)
    drawn = [
        charts.over_time(
            one.over_time, words.other_rents(one), (one.contract_date, one.rent),
            words.efficiency_ends(one), "s",
        ),
        charts.by_efficiency(
            one.curve, words.levels(one), one.efficiency, words.span_names(one), "s"
        ),
        charts.contracts(words.labelled(one), words.mined(one), "s"),
        charts.signed(one.signed, one.counts, one.name, claim.asserted_on, "s"),
    ]  # fmt: skip
    if len(one.revenue):
        drawn.append(charts.revenue(one.revenue, one.name, one.contract_date, "s"))
    if len(one.path):
        drawn.append(charts.since(one.path, since.marks(one), one.event_date, "s"))
    assert len({c.name for c in drawn}) == len(drawn)
    assert not [c.name for c in drawn if re.search(r"\bnan\b", c.alt) or c.data.empty]


def test_contradictions_stand_with_both_sides(study: Study) -> None:
    table = facts.conflict_table(study)
    denton = table.loc["Core Scientific, contract of 2025-02-26"]
    assert "1.5 bn" in denton.iloc[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "1.2 bn" in denton.iloc[1].replace("\N{NO-BREAK SPACE}", " ")
    assert "1.79 or 1.43" in denton.iloc[2]
    assert "CORZ on 2024-06-04" in table.index
    assert facts.all_contracts_table(study)["announced"].str.startswith("about ").sum() == 4
    assert sum("counted by" in str(name) for name in table.index) == 2
