"""Sentences and tables of the ai-upside notebook on what came after the estimate."""

import pandas as pd

from claimbook import text
from claimbook.analysis import aftermath, assumptions, valuation
from claimbook.analysis.aftermath import Moves
from claimbook.analysis.upside import Study
from claimbook.analysis.valuation import GroupValue
from claimbook.language import mark, tell
from claimbook.ledger import Quantities
from claimbook.words.upside import busd, value_of


def passed_words(group: GroupValue) -> str:
    """When the group's value passed the line, how surely, whether it stayed, and what that says."""
    low, high = group.base_range_busd
    least, most = (text.number(v, 1) for v in group.line_range_busd)
    caution = tell(
        "The base is a derived level: the rounding of the figures behind it allows "
        "{low} to {high}, so the line may lie anywhere from {least} to {most}. The "
        "levels are second-hand or derived too. A group's market value also grows "
        "when firms issue shares, and with the price of bitcoin: passing the line "
        "does not say that AI was the reason.",
        low=text.number(low, 1),
        high=busd(high),
        least=least,
        most=most,
    )
    if group.passed_on is None or group.last_below is None:
        return text.sentences(tell("No level since then reaches the line."), caution)
    before = group.base_busd
    if group.last_below in group.levels.index:
        before = float(group.levels.loc[group.last_below, "market_cap_usd_bn"])
    # The level before is itself rounded, to half of its last digit at best.
    sure = valuation.rounding(before)[1] < group.line_range_busd[0]
    crossing = (
        tell("so the group crossed it between the two")
        if sure
        else tell("less than the figures are good for, so the group may have crossed it by then")
    )
    passed = tell(
        "The first level above the line is that of {day:%Y-%m-%d}; the one before it "
        "({day_before:%Y-%m-%d}) stood {gap} short, {crossing}.",
        day=group.passed_on,
        day_before=group.last_below,
        gap=busd(group.line_busd - before),
        crossing=crossing,
    )
    return text.sentences(passed, _fall_words(group), caution)


def _fall_words(group: GroupValue) -> str:
    """Whether the group stayed above the line."""
    last, day = float(group.levels["market_cap_usd_bn"].iloc[-1]), group.levels.index[-1]
    end = (
        tell(
            "The last level, {level} on {day:%Y-%m-%d}, is above the line.",
            level=busd(last),
            day=day,
        )
        if last >= group.line_busd
        else tell(
            "The last level, {level} on {day:%Y-%m-%d}, is below the line.",
            level=busd(last),
            day=day,
        )
    )
    below = group.back_below
    if below.empty:
        return text.sentences(tell("No later level is below the line."), end)
    falls = [
        tell("{level} on {day:%Y-%m-%d}", level=busd(float(level)), day=when)
        for when, level in below["market_cap_usd_bn"].items()
    ]
    fell = tell("It fell back below the line since: {levels}.", levels=text.listed(falls))
    return text.sentences(fell, end)


def firms_words(group: GroupValue) -> str:
    """How many firms the group has."""
    counts = sorted({int(n) for n in group.levels["n_companies"].dropna()})
    if not counts:
        return tell("How many firms the group has is not known.")
    return tell(
        "The group has {counts} firms, by date.", counts=text.listed([str(n) for n in counts], "or")
    )


def group_source(group: GroupValue) -> str:
    """The source line of the group's figure."""
    last = f"{group.levels.index[-1]:%Y-%m-%d}" if len(group.levels) else tell("now")
    return tell(
        "Source: JPMorgan's monthly notes as the press reported them, some second-hand; to {last}",
        last=last,
    )


def levels_table(group: GroupValue) -> pd.DataFrame:
    """The group's levels since the base, with plain heads."""
    heads = {
        "market_cap_usd_bn": mark("market value"),
        "gain_busd": mark("gain"),
        "n_companies": mark("firms"),
        "certainty": mark("level is"),
        "note": mark("note"),
    }
    return group.levels[list(heads)].fillna({"note": ""}).rename(columns=heads)


def totals_table(study: Study) -> pd.DataFrame:
    """Signed contracts in sum, against the implied capacity and the published yearly amount."""
    totals = study.totals
    capacity = valuation.implied_capacity(study.given)
    return pd.DataFrame(
        {
            mark("contracts"): totals["contracts"],
            mark("MW signed"): totals["mw"],
            mark("of implied capacity"): totals["mw"] / capacity * 100,
            mark("value"): totals["value_busd"],
            mark("value a year"): totals["yearly_busd"],
            mark("of yearly amount"): totals["yearly_busd"] / study.given.yearly_busd * 100,
            mark("MW not known"): totals["without_mw"],
            mark("term not known"): totals["without_term"],
        }
    )


def contracts_table(study: Study) -> pd.DataFrame:
    """Every signed contract with its terms and its rough worth."""
    signed = study.signed
    return pd.DataFrame(
        {
            mark("date"): signed["date"],
            mark("customer"): signed["customer"],
            "MW": signed["mw_it"],
            mark("MW are"): _bases(signed),
            mark("owned"): signed["owned_pct"],
            mark("term"): signed["term_years"],
            mark("value"): signed["value_usd_bn"],
            mark("price"): signed["revenue_m_per_mw_year"],
            mark("own site cost"): signed["own_cost_musd_per_mw"],
            mark("net present value"): study.worth_of_contracts(),
            mark("seen"): signed["certainty"],
        }
    ).set_index(signed["company"].rename(mark("company")))


def _bases(signed: pd.DataFrame) -> list[str]:
    """What the MW of each contract are of; blank MW are of nothing."""
    return [
        text.MISSING if pd.isna(row.mw_it) else mark("gross") if row.is_gross else mark("IT load")
        for row in signed.itertuples()
    ]


def signed_words(study: Study, quantities: Quantities) -> str:
    """What has been signed, a year against VanEck's average, and what it is roughly worth."""
    worth = study.worth_of_contracts()
    miners = float(worth[study.signed["is_miner"]].sum())
    load = text.amount(value_of(quantities, "signed_mw"), "MW", 0)
    said = tell(
        "By {day:%Y-%m-%d} the named companies had signed {load} worth {value} over their terms, "
        "or {yearly} a year; VanEck's average was {average} a year. Valued one by one, the {known} "
        "contracts with known terms come to {worth} after the cost of sites and own GPUs, {miners} "
        "of it for listed miners.",
        day=study.signed["date"].iloc[-1],
        load=load,
        value=busd(value_of(quantities, "signed_value_busd")),
        yearly=busd(value_of(quantities, "signed_yearly_busd")),
        average=busd(study.given.yearly_busd),
        known=worth.notna().sum(),
        worth=busd(float(worth.sum())),
        miners=busd(miners),
    )
    return text.sentences(said, basis_words(study))


def basis_words(study: Study) -> str:
    """Contracts whose MW are of the grid, and joint ventures: what they do to the sums."""
    signed, said = study.signed, []
    gross = signed[signed["is_gross"]]
    for row in gross.itertuples():
        said.append(
            tell(
                "{company} with {customer} states {size} of grid power, not of IT load; without it "
                "the sum is {rest}",
                company=row.company,
                customer=row.customer,
                size=text.amount(float(row.mw_it), "MW", 0),
                rest=text.amount(float(signed["mw_it"].sum() - row.mw_it), "MW", 0),
            )
        )
    hosting = study.priced[study.priced["business"] == assumptions.HOSTING]
    clean = hosting[~hosting["note"].fillna("").str.contains(aftermath.GROSS)]
    if len(clean) and len(clean) < len(hosting):
        low = float(hosting["revenue_m_per_mw_year"].min())
        other = float(clean["revenue_m_per_mw_year"].min())
        said.append(
            tell(
                "the lowest hosting price is {low} with such rows and {other} without",
                low=text.number(low),
                other=text.amount(other, "m USD per MW-year"),
            )
        )
    shared = signed[signed["owned_pct"] < 100]
    for row in shared.itertuples():
        value = float(row.value_usd_bn)
        said.append(
            tell(
                "{company} owns {share} of the venture of {date:%Y-%m-%d}, which counts in full: "
                "{value}, of which its part is {part}",
                company=row.company,
                share=text.amount(float(row.owned_pct), "percent", 0),
                date=row.date,
                value=busd(value),
                part=busd(value * float(row.owned_pct) / 100),
            )
        )
    if not said:
        return tell("All contracts state IT load, and none is a joint venture.")
    body = "; ".join(said)
    return text.sentences(tell("The sums mix bases."), f"{body[0].upper()}{body[1:]}.")


def averages_table(moves: Moves) -> pd.DataFrame:
    """Mean price moves by group, percent, with plain heads."""
    heads = {
        "shares": mark("shares"),
        "equal_weighted_pct": mark("equal-weighted"),
        "median_pct": mark("median"),
        "value_known_for": mark("market value known for"),
        "value_weighted_pct": mark("by market value"),
    }
    return moves.averages()[list(heads)].rename(columns=heads)


def moves_table(moves: Moves) -> pd.DataFrame:
    """Each miner's closes, move, first contract and count of shares, with plain heads."""
    heads = {
        "name": mark("name"),
        "since_usd": mark("first close"),
        "until_usd": mark("last close"),
        "change_pct": mark("change"),
        "signed": mark("first contract"),
        "shares_millions": mark("shares"),
        "counted_on": mark("counted on"),
    }
    shown = moves.shares[list(heads)].rename(columns=heads)
    dates = [
        mark("none in the table") if pd.isna(day) else f"{day:%Y-%m-%d}"
        for day in shown["first contract"]
    ]
    return shown.assign(**{"first contract": dates})


def moves_words(moves: Moves) -> str:
    """The two groups and bitcoin in one sentence, and who is left out."""
    means = moves.averages()["equal_weighted_pct"]

    def percent(value: float | None, digits: int) -> str:
        return text.amount(value, "percent", digits, sign=True)

    groups = [
        f"{moved} {percent(float(means[group]), 0)}"
        for group, moved in (
            (mark("with a contract"), tell("miners with a contract moved")),
            (mark("without one"), tell("miners without one in our table")),
        )
        if not pd.isna(means[group])
    ]
    itself = f"{tell('bitcoin itself')} {percent(moves.bitcoin_pct, 1)}"
    signed = moves.shares["signed"].dropna()
    before = int((signed < moves.since).sum())
    return tell(
        "On average (equal weights) {moves}. “Without one” means that our table holds none, so "
        "both averages depend on how complete it is; of the {with_contract} with a contract "
        "{before} had one before the first session. Left out for want of a close on one of the two "
        "sessions: {absent}.",
        moves=text.listed([*groups, itself]),
        with_contract=len(signed),
        before=before,
        absent=text.listed(moves.absent) or tell("none"),
    )


def miners_table(study: Study) -> pd.DataFrame:
    """Power, converted share and market value by miner, with plain heads; blanks stay."""
    heads = {
        "name": mark("name"),
        "operating_mw": mark("power"),
        "capacity_on": mark("power as of"),
        "converted_mw": mark("converted"),
        "value_busd": mark("market value"),
        "counted_on": mark("shares counted on"),
        "value_musd_per_mw": mark("value per MW"),
    }
    return study.miners[list(heads)].rename(columns=heads)


def covered_words(study: Study) -> str:
    """What part of JPMorgan's totals near the estimate's date the known figures cover."""
    table, group = study.miners, study.group
    power, value = float(table["operating_mw"].sum()), float(table["value_busd"].sum())
    entry = next(e for e in assumptions.documented(study.business) if e.name == "capacity_mw")
    used = float(entry.value if entry.low is None else entry.low)
    put = study.given.miner_value_musd_per_mw
    known = tell(
        "Power is known for {power_known} of {miners} miners: {power}, {power_share} of the {used} "
        "that JPMorgan's miners used in June 2024. Market value is known for {value_known}: "
        "{value}, {value_share} of JPMorgan's group on {day:%Y-%m-%d}.",
        power_known=table["operating_mw"].notna().sum(),
        miners=len(table),
        power=text.amount(power, "MW", 0),
        power_share=text.amount(power / used * 100, "percent", 0),
        used=text.amount(used, "MW", 0),
        value_known=table["value_busd"].notna().sum(),
        value=busd(value),
        value_share=text.amount(value / group.base_busd * 100, "percent", 0),
        day=group.base_date,
    )
    if put is None:
        return known
    average = tell(
        "VanEck's average was {value} of installed power.",
        value=text.amount(put, "m USD per MW", 1),
    )
    return text.sentences(known, average)
