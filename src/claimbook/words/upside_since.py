"""Sentences and tables of the ai-upside notebook on what came after the estimate."""

import pandas as pd

from claimbook import text
from claimbook.analysis import aftermath, assumptions, valuation
from claimbook.analysis.aftermath import Moves
from claimbook.analysis.upside import Study
from claimbook.analysis.valuation import GroupValue
from claimbook.ledger import Quantities
from claimbook.words.upside import busd, value_of


def passed_words(group: GroupValue) -> str:
    """When the group's value passed the line, how surely, whether it stayed, and what that says."""
    low, high = group.base_range_busd
    least, most = (text.number(v, 1) for v in group.line_range_busd)
    caution = (
        f"The base is a derived level: the rounding of the figures behind it allows "
        f"{text.number(low, 1)} to {busd(high)}, so the line may lie anywhere from "
        f"{least} to {most}. The levels are second-hand or derived too. A group's market value "
        "also grows when firms issue shares, and with the price of bitcoin: passing the line does "
        "not say that AI was the reason."
    )
    if group.passed_on is None or group.last_below is None:
        return f"No level since then reaches the line. {caution}"
    before = group.base_busd
    if group.last_below in group.levels.index:
        before = float(group.levels.loc[group.last_below, "market_cap_usd_bn"])
    # The level before is itself rounded, to half of its last digit at best.
    sure = valuation.rounding(before)[1] < group.line_range_busd[0]
    crossing = (
        "so the group crossed it between the two"
        if sure
        else "less than the figures are good for, so the group may have crossed it by then"
    )
    return (
        f"The first level above the line is that of {group.passed_on:%Y-%m-%d}; the one before it "
        f"({group.last_below:%Y-%m-%d}) stood {busd(group.line_busd - before)} short, {crossing}. "
        f"{_fall_words(group)} {caution}"
    )


def _fall_words(group: GroupValue) -> str:
    """Whether the group stayed above the line."""
    last, day = float(group.levels["market_cap_usd_bn"].iloc[-1]), group.levels.index[-1]
    stands = "above" if last >= group.line_busd else "below"
    end = f"The last level, {busd(last)} on {day:%Y-%m-%d}, is {stands} the line."
    below = group.back_below
    if below.empty:
        return f"No later level is below the line. {end}"
    falls = [
        f"{busd(float(level))} on {when:%Y-%m-%d}"
        for when, level in below["market_cap_usd_bn"].items()
    ]
    return f"It fell back below the line since: {text.listed(falls)}. {end}"


def firms_words(group: GroupValue) -> str:
    """How many firms the group has."""
    counts = sorted({int(n) for n in group.levels["n_companies"].dropna()})
    if not counts:
        return "How many firms the group has is not known."
    return f"The group has {text.listed([str(n) for n in counts], 'or')} firms, by date."


def group_source(group: GroupValue) -> str:
    """The source line of the group's figure."""
    last = f"{group.levels.index[-1]:%Y-%m-%d}" if len(group.levels) else "now"
    return f"JPMorgan's monthly notes as the press reported them, some second-hand; to {last}"


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
            "MW signed": totals["mw"],
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
            "MW": signed["mw_it"],
            "MW are": _bases(signed),
            "owned": signed["owned_pct"],
            "term": signed["term_years"],
            "value": signed["value_usd_bn"],
            "price": signed["revenue_m_per_mw_year"],
            "own site cost": signed["own_cost_musd_per_mw"],
            "net present value": study.worth_of_contracts(),
            "seen": signed["certainty"],
        }
    ).set_index(signed["company"].rename("company"))


def _bases(signed: pd.DataFrame) -> list[str]:
    """What the MW of each contract are of; blank MW are of nothing."""
    return [
        text.MISSING if pd.isna(row.mw_it) else "gross" if row.is_gross else "IT load"
        for row in signed.itertuples()
    ]


def signed_words(study: Study, quantities: Quantities) -> str:
    """What has been signed, a year against VanEck's average, and what it is roughly worth."""
    worth = study.worth_of_contracts()
    miners = float(worth[study.signed["is_miner"]].sum())
    load = text.amount(value_of(quantities, "signed_mw"), "MW", 0)
    return (
        f"By {study.signed['date'].iloc[-1]:%Y-%m-%d} the named companies had signed {load} worth "
        f"{busd(value_of(quantities, 'signed_value_busd'))} over their terms, or "
        f"{busd(value_of(quantities, 'signed_yearly_busd'))} a year; VanEck's average was "
        f"{busd(study.given.yearly_busd)} a year. Valued one by one, the {worth.notna().sum()} "
        f"contracts with known terms come to {busd(float(worth.sum()))} after the cost of sites "
        f"and own GPUs, {busd(miners)} of it for listed miners. {basis_words(study)}"
    )


def basis_words(study: Study) -> str:
    """Contracts whose MW are of the grid, and joint ventures: what they do to the sums."""
    signed, said = study.signed, []
    gross = signed[signed["is_gross"]]
    for row in gross.itertuples():
        said.append(
            f"{row.company} with {row.customer} states {text.amount(float(row.mw_it), 'MW', 0)} "
            "of grid power, not of IT load; without it the sum is "
            f"{text.amount(float(signed['mw_it'].sum() - row.mw_it), 'MW', 0)}"
        )
    hosting = study.priced[study.priced["business"] == assumptions.HOSTING]
    clean = hosting[~hosting["note"].fillna("").str.contains(aftermath.GROSS)]
    if len(clean) and len(clean) < len(hosting):
        low = float(hosting["revenue_m_per_mw_year"].min())
        other = float(clean["revenue_m_per_mw_year"].min())
        said.append(
            f"the lowest hosting price is {text.number(low)} with such rows and "
            f"{text.amount(other, 'm USD per MW-year')} without"
        )
    shared = signed[signed["owned_pct"] < 100]
    for row in shared.itertuples():
        value = float(row.value_usd_bn)
        said.append(
            f"{row.company} owns {text.amount(float(row.owned_pct), 'percent', 0)} of the venture "
            f"of {row.date:%Y-%m-%d}, which counts in full: {busd(value)}, of which its part is "
            f"{busd(value * float(row.owned_pct) / 100)}"
        )
    if not said:
        return "All contracts state IT load, and none is a joint venture."
    body = "; ".join(said)
    return f"The sums mix bases. {body[0].upper()}{body[1:]}."


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
            ("without one", "miners without one in our table"),
        )
        if not pd.isna(means[group])
    ]
    signed = moves.shares["signed"].dropna()
    before = int((signed < moves.since).sum())
    return (
        f"On average (equal weights) {text.listed([*groups, 'bitcoin itself'])} "
        f"{percent(moves.bitcoin_pct, 1)}. “Without one” means that our table holds none, so both "
        f"averages depend on how complete it is; of the {len(signed)} with a contract {before} had "
        "one before the first session. Left out for want of a close on one of the two "
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
    """What part of JPMorgan's totals near the estimate's date the known figures cover."""
    table, group = study.miners, study.group
    power, value = float(table["operating_mw"].sum()), float(table["value_busd"].sum())
    entry = next(e for e in assumptions.documented(study.business) if e.name == "capacity_mw")
    used = float(entry.value if entry.low is None else entry.low)
    put = study.given.miner_value_musd_per_mw
    said = (
        ""
        if put is None
        else (f" VanEck's average was {text.amount(put, 'm USD per MW', 1)} of installed power.")
    )
    return (
        f"Power is known for {table['operating_mw'].notna().sum()} of {len(table)} miners: "
        f"{text.amount(power, 'MW', 0)}, {text.amount(power / used * 100, 'percent', 0)} of the "
        f"{text.amount(used, 'MW', 0)} that JPMorgan's miners used in June 2024. Market value is "
        f"known for {table['value_busd'].notna().sum()}: {busd(value)}, "
        f"{text.amount(value / group.base_busd * 100, 'percent', 0)} of JPMorgan's group on "
        f"{group.base_date:%Y-%m-%d}.{said}"
    )
