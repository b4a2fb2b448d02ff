"""Sentences and tables of the ai-upside notebook."""

from collections.abc import Mapping

import pandas as pd

from claimbook import text
from claimbook.analysis import assumptions, cashflow, reach, upside, valuation
from claimbook.analysis.uncertainty import Simulation
from claimbook.analysis.upside import Study
from claimbook.language import mark, tell, tell_many, word
from claimbook.ledger import Quantities
from claimbook.parameters import Parameter

BUSINESS = {"cloud": mark("GPU cloud"), "hosting": mark("hosting")}
READINGS = {
    upside.REVENUE: mark("revenue, part of it kept"),
    upside.LASTING: mark("revenue, and GPUs are never renewed"),
    upside.PROFIT: mark("profit, all of it kept, no renewals"),
}
JOINED = {
    upside.AS_SET: mark("as set above"),
    upside.AT_ONCE: mark("built at once"),
    upside.CONTINUED: mark("value after the last year"),
    upside.BOTH: mark("both"),
}
# Two figures agree in words where they are no further apart than this.
NEAR = 0.1
# Shares below this many percent are called less than it.
FEW = 0.1

OUTCOMES = {
    "p5": mark("5th percentile"),
    "p50": mark("median"),
    "p95": mark("95th percentile"),
    "reach_pct": mark("reach the claim"),
    "error_pct": mark("Monte Carlo error"),
    "positive_pct": mark("above zero"),
}
OUTCOME_UNITS = {
    "5th percentile": "bn USD",
    "median": "bn USD",
    "95th percentile": "bn USD",
    "reach the claim": "%",
    "Monte Carlo error": "%",
    "above zero": "%",
}
OUTCOME_DIGITS = {
    "5th percentile": 1,
    "median": 1,
    "95th percentile": 1,
    "Monte Carlo error": 3,
    "above zero": 1,
}


def busd(value: float) -> str:
    """An amount in bn USD with one digit."""
    return text.amount(value, "bn USD", 1)


def headline(study: Study, quantities: Quantities) -> tuple[list[tuple[str, str]], str]:
    """Key numbers (value, what it is) and the summary for a reader of the report alone."""
    claimed, own = busd(study.given.npv_busd), busd(value_of(quantities, "npv_busd"))
    shares = share_range(study)
    key_numbers = [
        (claimed, tell("the reported figure: what the turn to AI would be worth today")),
        (
            own,
            tell(
                "the same plan as {business}, with benchmarks and assumptions for what is not "
                "known",
                business=word(BUSINESS[study.business]),
            ),
        ),
        (
            shares,
            tell(
                "of simulated sets of inputs reach the reported figure, by how the yearly amount "
                "is read; the ranges are partly our own"
            ),
        ),
    ]
    summary = tell(
        "VanEck is reported to have published {claimed}. {recomputed} With the "
        "inputs that this report sets the plan is worth {own}. {reached}",
        claimed=claimed,
        recomputed=recomputed_words(study),
        own=own,
        reached=_reached_words(study),
    )
    return key_numbers, summary


def _reached_words(study: Study) -> str:
    """The share of draws that reach the figure, by reading, and at most."""
    most = float(study.joint.max().max())
    if most == 0:
        return tell("No simulated set of inputs reaches the figure under any reading.")
    if most < FEW:
        return tell(
            "Under any reading less than {few} of simulated sets of inputs reach the figure.",
            few=text.amount(FEW, "percent", 1),
        )
    return tell(
        "Of simulated sets of inputs {shares} reach the figure, by how the yearly amount is read, "
        "and up to {most} with further choices that favour it.",
        shares=share_range(study),
        most=text.amount(most, "percent", 1),
    )


def recomputed_words(study: Study) -> str:
    """Whether the published inputs give a value, and which."""
    missing = study.given.missing
    if missing:
        return tell_many(
            "Its {missing} is not known to us, so we cannot recompute it from its own inputs.",
            "Its {missing} are not known to us, so we cannot recompute it from its own inputs.",
            len(missing),
            missing=text.listed([word(name) for name in missing]),
        )
    profit, revenue = (
        text.amount(worth, "bn USD", 1) for worth in valuation.recomputed(study.given).values()
    )
    return tell(
        "Its own inputs give {profit} if the yearly amount is profit, {revenue} if it is revenue.",
        profit=profit,
        revenue=revenue,
    )


def share_range(study: Study) -> str:
    """Lowest and highest share of draws that reach the figure over the readings, as set above."""
    shares = study.joint[upside.AS_SET]
    ends = [text.amount(float(shares.agg(end)), "percent", 1) for end in ("min", "max")]
    low, high = ends
    return low if low == high else tell("{low} to {high}", low=low, high=high)


def seen_gpu_cost() -> dict[str, float]:
    """The GPU cost that a contract shows, with its name, m USD per MW."""
    values = {entry.name: entry.value for entry in assumptions.documented(assumptions.CLOUD)}
    cost = values["gpu_cost_musd_per_mw"]
    return {tell("IREN's order, 2025: {cost}", cost=text.amount(cost, "m USD per MW", 0)): cost}


def reading_table(study: Study) -> pd.DataFrame:
    """GPU cost (m USD per MW) that gives the published figure, by reading and usual rate."""
    rates = [float(rate) for rate in valuation.USUAL_RATES]
    rows = {
        name: valuation.gpu_cost_line(project, study.given.npv_busd, rates).to_list()
        for name, project in study.readings().items()
    }
    heads = [text.amount(rate, "percent", 0) for rate in rates]
    return pd.DataFrame.from_dict(rows, orient="index", columns=heads).rename_axis(mark("reading"))


def capacity_words(study: Study) -> str:
    """What capacity the yearly amount implies, and whether estimates of the miners' are near it."""
    given = study.given
    capacity = valuation.implied_capacity(given)
    whole = capacity / given.share_pct * 100
    entry = next(e for e in assumptions.documented(study.business) if e.name == "capacity_mw")
    estimates = {
        mark("JPMorgan, in use and within reach"): entry.value,
        mark("JPMorgan, in use"): entry.low,
        mark("Bernstein, by 2027"): entry.high,
    }
    known = {name: mw for name, mw in estimates.items() if mw is not None}
    near = [name for name, mw in known.items() if abs(whole / mw - 1) <= NEAR]
    apart = {
        name: text.amount(100 * (mw / whole - 1), "percent", 0, sign=True)
        for name, mw in known.items()
    }
    compared = text.listed(
        [f"{text.amount(mw, 'MW', 0)} ({word(name)}: {apart[name]})" for name, mw in known.items()]
    )
    looks = (
        tell("None of these lies within a tenth of it.")
        if not near
        else tell(
            "Within a tenth of it lies {near}. On that capacity the yearly amount looks "
            "like revenue, although it was quoted as profit; on the others it does not, "
            "and VanEck's own capacity is not known.",
            near=text.listed([word(name) for name in near]),
        )
    )
    said = tell(
        "If the {yearly} a year are revenue at the published {price}, they take {capacity}, which "
        "is {share} of {whole}. Estimates of the miners' capacity, and their distance from that: "
        "{estimates}.",
        yearly=busd(given.yearly_busd),
        price=text.amount(given.revenue_musd_per_mw_year, "m USD per MW-year"),
        capacity=text.amount(capacity, "MW", 0),
        share=text.amount(given.share_pct, "percent", 0),
        whole=text.amount(whole, "MW", 0),
        estimates=compared,
    )
    return text.sentences(said, looks)


def plausible_words(study: Study) -> str:
    """Which readings give the figure at a usual rate with a GPU cost that has been seen."""
    table = reading_table(study)
    seen = next(iter(seen_gpu_cost().values()))
    parts = []
    for name, row in table.iterrows():
        known = row.dropna()
        if known.empty:
            parts.append(tell("“{reading}” takes a negative GPU cost", reading=word(str(name))))
            continue
        low, high = float(known.min()), float(known.max())
        inside = low <= seen <= high
        parts.append(
            tell(
                "“{reading}” takes a GPU cost of {low} to {high}, and the cost that has been seen "
                "{lies}",
                reading=word(str(name)),
                low=text.number(low, 1),
                high=text.amount(high, "m USD per MW", 1),
                lies=tell("lies inside") if inside else tell("lies outside"),
            )
        )
    rates = [text.amount(float(r), "percent", 0) for r in valuation.USUAL_RATES]
    return tell(
        "At discount rates from {lowest} to {highest}: {readings}. The cost seen is {cost} "
        "({where}).",
        lowest=rates[0],
        highest=rates[-1],
        readings="; ".join(parts),
        cost=text.amount(seen, "m USD per MW", 0),
        where=next(iter(seen_gpu_cost())),
    )


def by_rate_table(study: Study) -> pd.DataFrame:
    """Value of the yearly amounts (bn USD) at the usual rates, by first year."""
    table = valuation.value_by_rate(study.given, [float(r) for r in valuation.USUAL_RATES])
    return table.rename(columns=lambda year: tell("first in year {year}", year=year))


def price_table(study: Study) -> pd.DataFrame:
    """Prices of signed contracts by business, and the implied capacity's revenue at them."""
    by_business = study.priced.groupby("business")["revenue_m_per_mw_year"]
    table = by_business.agg(contracts="count", lowest="min", median="median", highest="max")
    capacity = valuation.implied_capacity(study.given)
    table[mark("lowest a year")] = table["lowest"] * capacity / 1e3
    table[mark("highest a year")] = table["highest"] * capacity / 1e3
    return table


def price_words(study: Study) -> str:
    """What the implied capacity would earn by hosting, against the published amount."""
    low, high = valuation.price_range(study.priced, assumptions.HOSTING)
    capacity = valuation.implied_capacity(study.given)
    of = study.priced["business"].value_counts()
    return tell(
        "Of the {all} signed contracts with a price {hosting} are hosting. At their prices the "
        "implied capacity earns {low} to {high} a year, where VanEck's average is {average}.",
        all=len(study.priced),
        hosting=of[assumptions.HOSTING],
        low=busd(low * capacity / 1e3),
        high=busd(high * capacity / 1e3),
        average=busd(study.given.yearly_busd),
    )


def worth_words(study: Study, quantities: Quantities) -> str:
    """What the plan is worth in both businesses, and what it takes, against the group's value."""
    gap = value_of(quantities, "npv_busd") - study.given.npv_busd
    flows = study.flows()
    group = study.group
    cloud, hosting = (value_of(quantities, f"npv_busd.{name}") for name in ("cloud", "hosting"))
    spans = [
        tell(
            "{low} and {high} for {business}",
            low=busd(float(row["p5"])),
            high=busd(float(row["p95"])),
            business=word(BUSINESS[str(name)]),
        )
        for name, row in study.outcomes().iterrows()
    ]
    own, apart = busd(value_of(quantities, "npv_busd")), busd(abs(gap))
    worth = (
        tell(
            "With these inputs the plan is worth {own}, {gap} below the published figure.",
            own=own,
            gap=apart,
        )
        if gap < 0
        else tell(
            "With these inputs the plan is worth {own}, {gap} above the published figure.",
            own=own,
            gap=apart,
        )
    )
    takes = tell(
        "Sites and first GPUs take {cost}; the whole group of listed miners was worth {group} on "
        "the market on {day:%Y-%m-%d}. GPU cloud comes to {cloud} and hosting to {hosting}; nine "
        "in ten simulated sets of inputs lie between {spans}.",
        cost=busd(float(-(flows.site + flows.gpus).sum())),
        group=busd(group.base_busd),
        day=group.base_date,
        cloud=busd(cloud),
        hosting=busd(hosting),
        spans=text.listed(spans),
    )
    return text.sentences(worth, takes)


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
    return {name: f"{word(names[name])}, {word(unit)}" for name, unit in units(business).items()}


def needed_table(study: Study, within: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """The value of each input that by itself gives the published figure."""
    low, high = within["discount_rate_pct"]
    # A rate near the growth of a terminal value would reach anything.
    rates = (max(low, assumptions.lowest_rate(study.project)), high)
    found = reach.single_inputs(
        study.project,
        study.given.npv_busd,
        study.marginals[study.business],
        {**within, "discount_rate_pct": rates},
    )
    found.insert(0, mark("unit"), found.index.map(units(study.business)))
    found[mark("needed")] = [
        mark("no value") if pd.isna(value) else text.number(value) for value in found["needed"]
    ]
    return found.rename(
        index=assumptions.labels(study.business), columns={"in_range": mark("inside its range")}
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


def leaning_words(study: Study) -> str:
    """What of the inputs leans towards a high value and against it, and which ranges do."""
    towards, against = assumptions.leaning(study.project)
    sides = assumptions.one_sided(study.business, study.project)
    ranges = (
        tell(
            "The ranges of these inputs run to one side of their value only: {sides}.",
            sides=text.listed([word(name) for name in sides]),
        )
        if sides
        else tell("Every range runs to both sides of its value.")
    )
    none = tell("none of the inputs set")
    lean = tell(
        "Towards a high value lean: {towards}. Against it: {against}.",
        towards=text.listed([word(name) for name in towards]) or none,
        against=text.listed([word(name) for name in against]) or none,
    )
    return text.sentences(lean, ranges)


def renewal_words(study: Study) -> str:
    """The convention for renewals near the end."""
    least = text.number(float(cashflow.LAST_STRETCH), 0)
    if not study.project.gpu_life_years:
        return tell("No GPUs are renewed in this business with these inputs.")
    if study.project.terminal_value:
        return tell(
            "Service goes on after the last year, so a worn-out set of GPUs is "
            "renewed up to the end, at full cost."
        )
    return tell(
        "A set of GPUs is renewed at the end of its life, at full cost, unless less "
        "than {least} years of service are left: then the old set is kept to the "
        "end. A set that is replaced fetches nothing, and neither does one that is "
        "left at the end.",
        least=least,
    )


def ranks_words(study: Study) -> str:
    """Which uncertain inputs move together, and how strongly."""
    names, ranges = assumptions.labels(study.business), study.marginals[study.business]
    pairs = [
        tell(
            "{one} and {other} (rank correlation {rank})",
            one=word(names[one]),
            other=word(names[other]),
            rank=text.number(rank, 1),
        )
        for (one, other), rank in assumptions.RANKS.items()
        if one in ranges and other in ranges
    ]
    if not pairs:
        return tell("All inputs of this business are drawn independently.")
    return tell(
        "These move together, as we assume: {pairs}. All other inputs are drawn independently.",
        pairs=text.listed(pairs),
    )


def joint_table(study: Study) -> pd.DataFrame:
    """Percent of draws that reach the figure: a row a reading, a column what is joined to it."""
    return study.joint.rename(index=READINGS, columns=JOINED).rename_axis(
        mark("the yearly amount is")
    )


def joint_words(study: Study) -> str:
    """How far the share hangs on the reading and on what is joined to it."""
    table = study.joint
    least, most = float(table.min().min()), float(table.max().max())
    if most == 0:
        return tell("Under no reading does a draw reach the reported figure.")
    if most < FEW:
        return tell(
            "Under any reading, and with all that is joined to it, less than {few} "
            "of the draws reach the reported figure.",
            few=text.amount(FEW, "percent", 1),
        )
    reading, joined = table.stack().idxmax()
    return tell(
        "As set above {shares} of the draws reach the reported figure, by reading. Over all "
        "combinations the share runs from {least} to {most}, the most under “{reading}”, {joined}. "
        "The reading decides more than the draws do: these shares are no probability that VanEck "
        "was right.",
        shares=share_range(study),
        least=text.amount(least, "percent", 1),
        most=text.amount(most, "percent", 1),
        reading=word(READINGS[str(reading)]),
        joined=word(JOINED[str(joined)]),
    )


def outcome_table(outcomes: pd.DataFrame, name: str) -> pd.DataFrame:
    """Simulated outcomes with plain heads; see OUTCOME_UNITS and OUTCOME_DIGITS."""
    return outcomes.rename_axis(name).rename(columns=OUTCOMES)


def reach_words(study: Study) -> str:
    """How many draws reach the published figure."""
    share, error = study.simulations[study.business].at_least(study.given.npv_busd)
    business = word(BUSINESS[study.business])
    if share == 0:
        return tell(
            "No draw of the {business} business reaches {figure}.",
            business=business,
            figure=busd(study.given.npv_busd),
        )
    return tell(
        "{share} of the draws of the {business} business reach {figure} (standard error {error}). "
        "The table sets the medians of their inputs beside those of all draws.",
        share=text.amount(share * 100, "percent", 2),
        business=business,
        figure=busd(study.given.npv_busd),
        error=text.amount(error * 100, "percent", 3),
    )


def sets_table(simulation: Simulation, target_busd: float, business: str) -> pd.DataFrame:
    """Median of each input over all draws and over those that reach the target, as text."""
    table = simulation.inputs_of(target_busd)
    none = mark("no draw reaches it")
    shown = pd.DataFrame(
        {
            mark("unit"): table.index.map(units(business)),
            mark("all draws"): [text.number(value) for value in table["all draws"]],
            mark("draws that reach the claim"): [
                none if pd.isna(value) else text.number(value) for value in table["reach"]
            ],
        },
        index=table.index,
    )
    return shown.rename(index=assumptions.labels(business)).rename_axis(mark("input"))


def shares_table(study: Study) -> pd.DataFrame:
    """Shares of the variance by input with their intervals, as text, largest total first."""
    alike = study.alike.add_suffix("_alike")
    table = study.sobol.join(study.shapley).join(alike)
    table = table.sort_values("total", ascending=False, kind="stable")
    table = table.rename(columns=_alike_bounds())
    heads = {
        "first": mark("first-order"),
        "total": mark("total"),
        "effect": mark("Shapley effect"),
        "alike": mark("total, ranges alike"),
    }
    shown = {
        head: [
            mark("no range")
            if pd.isna(middle)
            else tell(
                "{share} ({low} to {high})",
                share=text.number(middle, 3),
                low=text.number(low, 3),
                high=text.number(high, 3),
            )
            for middle, low, high in zip(
                table[key], table[f"{key}_low"], table[f"{key}_high"], strict=True
            )
        ]
        for key, head in heads.items()
    }
    frame = pd.DataFrame(shown, index=table.index)
    return frame.rename(index=assumptions.labels(study.business))


def _alike_bounds() -> dict[str, str]:
    return {f"total{end}_alike": f"alike{end}" for end in ("", "_low", "_high")}


def widths_words(study: Study) -> str:
    """Which input matters most on the ranges set and on ranges that are alike."""
    names = assumptions.labels(study.business)
    own, alike = study.sobol["total"], study.alike["total"]
    return tell(
        "Shares of the variance depend on how wide each range is. On the ranges of the table the "
        "largest total is that of {input} ({share}); where every input may differ by as many "
        "percent to both sides of its value it is that of {input_alike} ({share_alike}). An input "
        "at zero has no such range.",
        input=word(names[str(own.idxmax())]),
        share=text.number(float(own.max()), 2),
        input_alike=word(names[str(alike.idxmax())]),
        share_alike=text.number(float(alike.max()), 2),
    )


def choices_words(choices: pd.DataFrame) -> str:
    """The span of the share over the other choices."""
    least, most = (float(choices["reach_pct"].agg(end)) for end in ("min", "max"))
    if most == 0:
        return tell("Under none of these choices does a draw reach the published figure.")
    return tell(
        "Over these choices between {least} and {most} of the draws reach the published figure; "
        "most under “{choice}”. One choice is changed at a time here, under the first reading of "
        "the yearly amount; the table before joins them.",
        least=text.amount(least, "percent", 2),
        most=text.amount(most, "percent", 2),
        choice=word(str(choices["reach_pct"].idxmax())),
    )


def value_of(quantities: Quantities, name: str) -> float:
    value = quantities[name].value
    return float("nan") if value is None else float(value)
