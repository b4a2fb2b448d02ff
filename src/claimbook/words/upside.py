"""Sentences and tables of the ai-upside notebook."""

from collections.abc import Mapping

import pandas as pd

from claimbook import text
from claimbook.analysis import assumptions, reach, valuation
from claimbook.analysis.aftermath import Moves
from claimbook.analysis.uncertainty import Simulation
from claimbook.analysis.upside import Study
from claimbook.analysis.valuation import GroupValue
from claimbook.ledger import Quantities
from claimbook.parameters import Parameter

BUSINESS = {"cloud": "GPU cloud", "hosting": "hosting"}
# Two figures agree in words where they are no further apart than this.
NEAR = 0.1

OUTCOMES = {
    "p5": "5th percentile",
    "p50": "median",
    "p95": "95th percentile",
    "reach_pct": "reach the claim",
    "error_pct": "error",
    "positive_pct": "above zero",
}
OUTCOME_UNITS = {
    "5th percentile": "bn USD",
    "median": "bn USD",
    "95th percentile": "bn USD",
    "reach the claim": "%",
    "error": "%",
    "above zero": "%",
}
OUTCOME_DIGITS = {
    "5th percentile": 1,
    "median": 1,
    "95th percentile": 1,
    "error": 3,
    "above zero": 1,
}


def busd(value: float) -> str:
    """An amount in bn USD with one digit."""
    return text.amount(value, "bn USD", 1)


def headline(study: Study, quantities: Quantities) -> tuple[list[tuple[str, str]], str]:
    """Key numbers (value, what it is) and the summary for a reader of the report alone."""
    claimed, own = busd(study.given.npv_busd), busd(_value(quantities, "npv_busd"))
    share = _value(quantities, "probability_npv_at_least_claim") * 100
    key_numbers = [
        (claimed, "the published figure: what the turn to AI would be worth today"),
        (
            own,
            f"the same plan as {BUSINESS[study.business]}, with benchmarks and assumptions for "
            "what is not known",
        ),
        (
            text.amount(share, "percent", 1),
            "of simulated sets of inputs reach the published figure, on ranges that are partly "
            "our own",
        ),
    ]
    summary = (
        f"VanEck did publish {claimed}, but the discount rate, GPU cost and margin behind it are "
        "not known, so nobody can recompute it: many sets of inputs give the figure, and none "
        "follows from what was printed. With the inputs that this report sets for the missing "
        f"ones the plan is worth {own}."
    )
    return key_numbers, summary


def seen_gpu_cost() -> dict[str, float]:
    """The GPU cost that a contract shows, with its name, m USD per MW."""
    values = {entry.name: entry.value for entry in assumptions.documented(assumptions.CLOUD)}
    cost = values["gpu_cost_musd_per_mw"]
    return {f"IREN's order, 2025: {text.amount(cost, 'm USD per MW', 0)}": cost}


def reading_table(study: Study) -> pd.DataFrame:
    """GPU cost (m USD per MW) that gives the published figure, by reading and usual rate."""
    rates = [float(rate) for rate in valuation.USUAL_RATES]
    rows = {
        name: valuation.gpu_cost_line(project, study.given.npv_busd, rates).to_list()
        for name, project in study.readings().items()
    }
    heads = [text.amount(rate, "percent", 0) for rate in rates]
    return pd.DataFrame.from_dict(rows, orient="index", columns=heads).rename_axis("reading")


def capacity_words(study: Study) -> str:
    """What capacity the yearly amount implies, and whether the miners' own is near it."""
    given = study.given
    capacity, set_here = valuation.implied_capacity(given), float(study.project.capacity_mw)
    whole = capacity / given.share_pct * 100
    agree = abs(whole / set_here - 1) <= NEAR
    return (
        f"If the {busd(given.yearly_busd)} a year are revenue at the published "
        f"{text.amount(given.revenue_musd_per_mw_year, 'm USD per MW-year')}, they take "
        f"{text.amount(capacity, 'MW', 0)}, which is {text.amount(given.share_pct, 'percent', 0)} "
        f"of {text.amount(whole, 'MW', 0)}. The miners' capacity set here is "
        f"{text.amount(set_here, 'MW', 0)}. "
        + (
            "The two agree within a tenth, so the yearly amount looks like revenue, although it "
            "was quoted as profit."
            if agree
            else "The two differ by more than a tenth."
        )
    )


def by_rate_table(study: Study) -> pd.DataFrame:
    """Value of the yearly amounts (bn USD) at the usual rates, by first year."""
    table = valuation.value_by_rate(study.given, [float(r) for r in valuation.USUAL_RATES])
    return table.rename(columns=lambda first: f"first in year {first}")


def price_table(study: Study) -> pd.DataFrame:
    """Prices of signed contracts by business, and the implied capacity's revenue at them."""
    by_business = study.priced.groupby("business")["revenue_m_per_mw_year"]
    table = by_business.agg(contracts="count", lowest="min", median="median", highest="max")
    capacity = valuation.implied_capacity(study.given)
    table["lowest a year"] = table["lowest"] * capacity / 1e3
    table["highest a year"] = table["highest"] * capacity / 1e3
    return table


def price_words(study: Study) -> str:
    """What the implied capacity would earn by hosting, against the published amount."""
    low, high = valuation.price_range(study.priced, assumptions.HOSTING)
    capacity = valuation.implied_capacity(study.given)
    return (
        f"At the prices of signed hosting contracts the implied capacity earns "
        f"{busd(low * capacity / 1e3)} to {busd(high * capacity / 1e3)} a year, where VanEck's "
        f"average is {busd(study.given.yearly_busd)}."
    )


def worth_words(study: Study, quantities: Quantities) -> str:
    """What the plan is worth in both businesses, and what it takes, against the group's value."""
    gap = _value(quantities, "npv_busd") - study.given.npv_busd
    flows = study.flows()
    group = study.group
    cloud, hosting = (_value(quantities, f"npv_busd.{name}") for name in ("cloud", "hosting"))
    spans = [
        f"{busd(float(row['p5']))} and {busd(float(row['p95']))} for {BUSINESS[str(name)]}"
        for name, row in study.outcomes().iterrows()
    ]
    return (
        f"With these inputs the plan is worth {busd(_value(quantities, 'npv_busd'))}, "
        f"{busd(abs(gap))} {'below' if gap < 0 else 'above'} the published figure. Sites and first "
        f"GPUs take {busd(float(-(flows.site + flows.gpus).sum()))}; the whole group of listed "
        f"miners was worth {busd(group.base_busd)} on the market on {group.base_date:%Y-%m-%d}. "
        f"GPU cloud comes to {busd(cloud)} and hosting to {busd(hosting)}; nine in ten simulated "
        f"sets of inputs lie between {text.listed(spans)}."
    )


def limits(
    declared: Mapping[str, Parameter], business: str, years: int
) -> dict[str, tuple[float, float]]:
    """The limits of the parameters by input of the project; GPUs last as long as the project."""
    found = {
        name.removeprefix(f"{business}_"): entry.limits
        for name, entry in declared.items()
        if entry.limits is not None
    }
    return found | {"gpu_life_years": (1.0, float(years))}


def units(business: str) -> dict[str, str]:
    """The unit of each input by field name."""
    return {entry.name: entry.unit for entry in assumptions.documented(business)}


def names_with_units(business: str) -> dict[str, str]:
    """`GPU cost, m USD per MW` by field name."""
    names = assumptions.labels(business)
    return {name: f"{names[name]}, {unit}" for name, unit in units(business).items()}


def needed_table(study: Study, within: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """The value of each input that by itself gives the published figure."""
    found = reach.single_inputs(
        study.project, study.given.npv_busd, study.marginals[study.business], within
    )
    found.insert(0, "unit", found.index.map(units(study.business)))
    found["needed"] = [
        "no value" if pd.isna(value) else text.number(value) for value in found["needed"]
    ]
    return found.rename(
        index=assumptions.labels(study.business), columns={"in_range": "inside its range"}
    )


def map_labels(study: Study) -> list[tuple[str, str]]:
    """Across and down of the two small maps."""
    names = names_with_units(study.business)
    return [
        (names["capacity_mw"], names["revenue_musd_per_mw_year"]),
        (names["margin_pct"], names[study.spent]),
    ]


def map_points(study: Study) -> list[tuple[float, float]]:
    """Where the inputs stand on the two small maps."""
    own = study.project
    return [
        (float(own.capacity_mw), float(own.revenue_musd_per_mw_year)),
        (float(own.margin_pct), float(getattr(own, study.spent))),
    ]


def outcome_table(outcomes: pd.DataFrame, name: str) -> pd.DataFrame:
    """Simulated outcomes with plain heads; see OUTCOME_UNITS and OUTCOME_DIGITS."""
    return outcomes.rename_axis(name).rename(columns=OUTCOMES)


def reach_words(study: Study) -> str:
    """How many draws reach the published figure."""
    share, error = study.simulations[study.business].at_least(study.given.npv_busd)
    name = BUSINESS[study.business]
    if share == 0:
        return f"No draw of the {name} business reaches {busd(study.given.npv_busd)}."
    return (
        f"{text.amount(share * 100, 'percent', 2)} of the draws of the {name} business reach "
        f"{busd(study.given.npv_busd)} (standard error {text.amount(error * 100, 'percent', 3)}). "
        "The table sets the medians of their inputs beside those of all draws."
    )


def sets_table(simulation: Simulation, target_busd: float, business: str) -> pd.DataFrame:
    """Median of each input over all draws and over those that reach the target, as text."""
    table = simulation.inputs_of(target_busd)
    none = "no draw reaches it"
    shown = pd.DataFrame(
        {
            "unit": table.index.map(units(business)),
            "all draws": [text.number(value) for value in table["all draws"]],
            "draws that reach the claim": [
                none if pd.isna(value) else text.number(value) for value in table["reach"]
            ],
        },
        index=table.index,
    )
    return shown.rename(index=assumptions.labels(business)).rename_axis("input")


def shares_table(study: Study) -> pd.DataFrame:
    """Shares of the variance by input with their intervals, as text, largest total first."""
    table = study.sobol.join(study.shapley).sort_values("total", ascending=False, kind="stable")
    heads = {"first": "first-order", "total": "total", "effect": "Shapley effect"}
    shown = {
        head: [
            f"{text.number(middle, 3)} ({text.number(low, 3)} to {text.number(high, 3)})"
            for middle, low, high in zip(
                table[key], table[f"{key}_low"], table[f"{key}_high"], strict=True
            )
        ]
        for key, head in heads.items()
    }
    frame = pd.DataFrame(shown, index=table.index)
    return frame.rename(index=assumptions.labels(study.business))


def choices_words(choices: pd.DataFrame) -> str:
    """The span of the share over the other choices."""
    least, most = (float(choices["reach_pct"].agg(end)) for end in ("min", "max"))
    if most == 0:
        return "Under none of these choices does a draw reach the published figure."
    return (
        f"Over these choices between {text.amount(least, 'percent', 2)} and "
        f"{text.amount(most, 'percent', 2)} of the draws reach the published figure; most under "
        f"“{choices['reach_pct'].idxmax()}”."
    )


def passed_words(group: GroupValue) -> str:
    """When the group's value passed the line, and what that does not say."""
    caution = (
        "The base is a derived level. A group's market value also grows when firms issue shares, "
        "and with the price of bitcoin: passing the line does not say that AI was the reason."
    )
    if group.passed_on is None or group.last_below is None:
        return f"No level since then reaches the line. {caution}"
    before = group.base_busd
    if group.last_below in group.levels.index:
        before = float(group.levels.loc[group.last_below, "market_cap_usd_bn"])
    return (
        f"The first level above the line is that of {group.passed_on:%Y-%m-%d}; the one before it "
        f"({group.last_below:%Y-%m-%d}) stood {busd(group.line_busd - before)} short, so the group "
        f"crossed it between the two. {caution}"
    )


def levels_table(group: GroupValue) -> pd.DataFrame:
    """The group's levels since the base, with plain heads."""
    heads = {
        "market_cap_usd_bn": "market value",
        "gain_busd": "gain",
        "n_companies": "firms",
        "certainty": "level is",
        "note": "note",
    }
    return group.levels[list(heads)].fillna({"note": ""}).rename(columns=heads)


def totals_table(study: Study) -> pd.DataFrame:
    """Signed contracts in sum, against the implied capacity and the published yearly amount."""
    totals = study.totals
    capacity = valuation.implied_capacity(study.given)
    return pd.DataFrame(
        {
            "contracts": totals["contracts"],
            "IT load": totals["mw"],
            "of implied capacity": totals["mw"] / capacity * 100,
            "value": totals["value_busd"],
            "value a year": totals["yearly_busd"],
            "of yearly amount": totals["yearly_busd"] / study.given.yearly_busd * 100,
            "MW not known": totals["without_mw"],
            "term not known": totals["without_term"],
        }
    )


def contracts_table(study: Study) -> pd.DataFrame:
    """Every signed contract with its terms and its rough worth."""
    signed = study.signed
    return pd.DataFrame(
        {
            "date": signed["date"],
            "customer": signed["customer"],
            "IT load": signed["mw_it"],
            "term": signed["term_years"],
            "value": signed["value_usd_bn"],
            "price": signed["revenue_m_per_mw_year"],
            "net present value": study.worth_of_contracts(),
            "seen": signed["certainty"],
        }
    ).set_index(signed["company"].rename("company"))


def signed_words(study: Study, quantities: Quantities) -> str:
    """What has been signed, a year against VanEck's average, and what it is roughly worth."""
    worth = study.worth_of_contracts()
    miners = float(worth[study.signed["is_miner"]].sum())
    load = text.amount(_value(quantities, "signed_mw"), "MW", 0)
    return (
        f"By {study.signed['date'].iloc[-1]:%Y-%m-%d} the named companies had signed {load} worth "
        f"{busd(_value(quantities, 'signed_value_busd'))} over their terms, or "
        f"{busd(_value(quantities, 'signed_yearly_busd'))} a year; VanEck's average was "
        f"{busd(study.given.yearly_busd)} a year. Valued one by one, the {worth.notna().sum()} "
        f"contracts with known terms come to {busd(float(worth.sum()))} after the cost of sites "
        f"and own GPUs, {busd(miners)} of it for listed miners."
    )


def averages_table(moves: Moves) -> pd.DataFrame:
    """Mean price moves by group, percent, with plain heads."""
    heads = {
        "shares": "shares",
        "equal_weighted_pct": "equal-weighted",
        "median_pct": "median",
        "value_known_for": "market value known for",
        "value_weighted_pct": "by market value",
    }
    return moves.averages()[list(heads)].rename(columns=heads)


def moves_table(moves: Moves) -> pd.DataFrame:
    """Each miner's closes, move, first contract and count of shares, with plain heads."""
    heads = {
        "name": "name",
        "since_usd": "first close",
        "until_usd": "last close",
        "change_pct": "change",
        "signed": "first contract",
        "shares_millions": "shares",
        "counted_on": "counted on",
    }
    shown = moves.shares[list(heads)].rename(columns=heads)
    dates = [
        "none in the table" if pd.isna(day) else f"{day:%Y-%m-%d}"
        for day in shown["first contract"]
    ]
    return shown.assign(**{"first contract": dates})


def moves_words(moves: Moves) -> str:
    """The two groups and bitcoin in one sentence, and who is left out."""
    means = moves.averages()["equal_weighted_pct"]

    def percent(value: float | None, digits: int) -> str:
        return text.amount(value, "percent", digits, sign=True)

    groups = [
        f"{words} {percent(float(means[group]), 0)}"
        for group, words in (
            ("with a contract", "miners with a contract moved"),
            ("without one", "miners without one"),
        )
        if not pd.isna(means[group])
    ]
    return (
        f"On average (equal weights) {text.listed([*groups, 'bitcoin itself'])} "
        f"{percent(moves.bitcoin_pct, 1)}. Left out for want of a close on one of the two "
        f"sessions: {text.listed(moves.absent) or 'none'}."
    )


def miners_table(study: Study) -> pd.DataFrame:
    """Power, converted share and market value by miner, with plain heads; blanks stay."""
    heads = {
        "name": "name",
        "operating_mw": "power",
        "capacity_on": "power as of",
        "converted_mw": "converted",
        "value_busd": "market value",
        "counted_on": "shares counted on",
        "value_musd_per_mw": "value per MW",
    }
    return study.miners[list(heads)].rename(columns=heads)


def covered_words(study: Study) -> str:
    """What part of the totals the known figures cover."""
    table, group = study.miners, study.group
    power, value = float(table["operating_mw"].sum()), float(table["value_busd"].sum())
    capacity = float(study.project.capacity_mw)
    return (
        f"Power is known for {table['operating_mw'].notna().sum()} of {len(table)} miners: "
        f"{text.amount(power, 'MW', 0)}, {text.amount(power / capacity * 100, 'percent', 0)} of "
        f"the capacity set above. Market value is known for {table['value_busd'].notna().sum()}: "
        f"{busd(value)}, {text.amount(value / group.base_busd * 100, 'percent', 0)} of JPMorgan's "
        f"group on {group.base_date:%Y-%m-%d}."
    )


def _value(quantities: Quantities, name: str) -> float:
    value = quantities[name].value
    return float("nan") if value is None else float(value)
