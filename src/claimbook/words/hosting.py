"""Sentences and tables of the hosting-pivot notebook."""

from collections.abc import Sequence

import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import hosting, prints, segments
from claimbook.analysis.contracts import CLOUD, HOSTING
from claimbook.analysis.hosting import Study
from claimbook.analysis.megawatt import (
    AT_CONTRACT,
    LAST,
    MW_YEAR,
    SINCE,
    YEAR_BEFORE,
    rent_per_mw_year,
)
from claimbook.analysis.modelstudy import ModelStudy
from claimbook.ledger import Finding
from claimbook.words import study as event_words

CONTRACT_UNITS = {
    "size": "MW",
    "term": "years",
    "value": "bn USD",
    "revenue, computed": MW_YEAR,
    "as the table gives it": MW_YEAR,
}
STEP_UNITS = {
    "size": "MW",
    "value": "bn USD",
    "revenue": MW_YEAR,
    "added up": "MW",
    "value added up": "bn USD",
    "total as said": "MW",
    "value as said": "bn USD",
}
SPAN_UNITS = {
    "hashprice": "USD per PH/s per day",
    "mining": MW_YEAR,
    "rent less mining": MW_YEAR,
    "both equal at": "J/TH",
}
REVENUE_UNITS = dict.fromkeys(
    ("mining for itself", "hosting other miners", "hosting AI", "all"), "m USD"
) | {"AI of all": "%"}
PRINTED_UNITS = dict.fromkeys(("at the open", "lowest", "highest", "at the close"), "%")
INCOME_UNITS = {
    "revenue": MW_YEAR,
    "income, low": MW_YEAR,
    "income, high": MW_YEAR,
    "building cost, low": "m USD per MW",
    "building cost, high": "m USD per MW",
}
MINING_UNITS = {
    "revenue": MW_YEAR,
    "the same by our hashprice": MW_YEAR,
    "gross profit": MW_YEAR,
    "margin": "%",
    "cost that this implies": "USD per MWh",
}
TOLERANCE = 1e-9
POWER_UNITS = dict.fromkeys(("signed for AI", "delivered", "operating", "planned"), "MW")
CHOICE_NAMES = {
    "machines": "the best machines of the range",
    "grid": "rent over grid power",
    "year": "hashprice of the year before",
    "credit": "rent less the tenant's part of the cost",
}
SPANS = {
    AT_CONTRACT: "days to the contract",
    YEAR_BEFORE: "the year to the contract",
    SINCE: "from the contract to the end of the data",
    LAST: "the last days of the data",
}


def headline(study: Study, findings: Sequence[Finding]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers and the summary of the verdict box."""
    at = study.windows.loc[AT_CONTRACT]
    size = text.amount(float(study.chosen["mw"]), "MW", 0)
    key = [
        (size, f"{study.name}'s contract of {study.contract_date}"),
        (text.amount(study.rent, MW_YEAR), "rent under that contract"),
        (
            text.amount(float(at["mining"]), MW_YEAR),
            f"mining at the time with machines of {jth(study.efficiency)}, {whose(study)}",
        ),
    ]
    known = study.chosen["mw"] == study.chosen["mw"]
    summary = (
        f"{study.name}'s contract of {study.contract_date} is "
        f"{f'for {size}' if known else 'of unknown size'}. "
    )
    if study.rent != study.rent:
        return key, summary + (
            "It has no rent that could be held against mining: it is for cloud computing, or its "
            "size, term or value is not known."
        )
    more = ledger.pick(findings, "widens-revenue").verdict == ledger.HOLDS
    strict = ledger.pick(findings, "widens-revenue-strictly")
    survived = sum(outcome == ledger.HOLDS for outcome in strict.outcomes.values())
    equal = float(at["break_even"])
    summary += (
        f"A megawatt brings in {text.amount(study.rent, 'm USD')} a year rented out, which is "
        f"{'more' if more else 'not more'} than the {text.amount(float(at['mining']), 'm USD')} "
        f"that it would have mined. Machines better than {text.amount(equal, 'J/TH', 1)} would "
        f"have mined more, or better than {text.amount(equal * study.grid_per_it, 'J/TH', 1)} if "
        f"the power for cooling counts; of {len(strict.outcomes)} sets of choices that favour "
        f"mining, {survived} leave rent ahead. "
    )
    return key, summary + (revenue_headline(study) or "These are promises, not what was paid.")


def whose(study: Study) -> str:
    """Where the efficiency is from: the company's own figure, or an assumption."""
    own = segments.fleet_at(study.fleet, study.contract_date)
    if own is None or abs(float(own["j_per_th"]) - study.efficiency) > TOLERANCE:
        return "an assumption"
    return f"its own average for {own.name:%B %Y}"


def revenue_headline(study: Study) -> str:
    """One sentence on the company's own revenue, or nothing where it is not known."""
    first = pd.Timestamp(study.contract_date).to_period("Q")
    known = study.revenue.dropna(subset=["ai_hosting", "total"])
    if first not in known.index or known.index[-1] <= first:
        return ""
    then, last = known.loc[first], known.iloc[-1]
    rose = "rose" if last["total"] > then["total"] else "fell"
    return (
        f"From {quarter(first)} to {quarter(known.index[-1])} its revenue a quarter from AI "
        f"went from {text.amount(float(then['ai_hosting']), 'm USD', 1)} "
        f"to {text.number(float(last['ai_hosting']), 1)}, while all its revenue {rose} from "
        f"{text.number(float(then['total']), 1)} to {text.number(float(last['total']), 1)}."
    )


def contract_table(study: Study) -> pd.DataFrame:
    """The contract as three places give it; blanks were not found there."""
    one, second = study.chosen, study.second_source
    first = (study.ticker, study.contract_date) == hosting.FIRST
    yearly = 1000 * float(one["busd"]) / float(one["years"])
    rows = {
        "size (MW)": (one["mw"], second["mw"] if first else None, None),
        "base term (years)": (one["years"], second["years"] if first else None, None),
        "value (bn USD)": (one["busd"], second["busd"] if first else None, None),
        "revenue a year (m USD)": (yearly, None, one["yearly_musd"]),
        "tenant's part of the building cost (m USD)": (None, None, one["credit_musd"]),
    }
    named = f"contracts table ({_sure_one(one)})"
    columns = [named, "texts on VanEck's estimate (second-hand)", "the table's note"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return frame.astype(float).rename_axis("what")


def step_table(study: Study) -> pd.DataFrame:
    """The contract and what was added to it, with running totals, ours and as said."""
    rows = study.steps
    return pd.DataFrame(
        {
            "with": rows["customer"],
            "size": rows["mw"],
            "value": rows["busd"],
            "revenue": rows["rent"],
            "added up": rows["sum_mw"],
            "value added up": rows["sum_busd"],
            "total as said": rows["said_mw"],
            "value as said": rows["said_busd"],
            "how sure": sure(rows),
        }
    ).set_axis(pd.Index(announced(rows.reset_index()), name="date"))


def step_sentence(study: Study) -> str:
    """Whether the steps add up to the totals that sources gave, and what explains the gap."""
    rows = study.steps
    unknown = int(rows["mw"].isna().sum())
    said = (
        f"From {study.contract_date} on, {study.name} signed {counted(len(rows), 'contract')} of "
        f"{text.amount(float(rows['mw'].sum()), 'MW', 0)} and "
        f"{text.amount(float(rows['busd'].sum()), 'bn USD', 2)} in all"
        + (f"; {unknown} of them without a known size." if unknown else ".")
    )
    gaps = rows.dropna(subset=["said_mw"])
    gaps = gaps[(gaps["sum_mw"] - gaps["said_mw"]).abs() >= 1]
    for day, row in gaps.iterrows():
        off = float(row["said_mw"] - row["sum_mw"])
        said += (
            f" On {day:%Y-%m-%d} a source's total is {text.amount(abs(off), 'MW', 0)} "
            f"{'above' if off > 0 else 'below'} our sum"
        )
        early = float(row["earlier_mw"])
        if early and abs(off - early) < abs(off):
            said += f"; {text.amount(early, 'MW', 0)} signed before may be in it"
        said += "."
    return said


def front(study: Study) -> ModelStudy | None:
    """The event study's model that is shown, or None where there is none."""
    return None if study.reaction is None else event_words.front(study.reaction)


def day_sentence(study: Study) -> str:
    """What the share did on the day, beyond the market and bitcoin, against other days."""
    one = hosting.day_row(study)
    if study.reaction is None:
        return f"The shares of the day cannot be studied: {study.no_reaction}."
    if one is None:
        why = [e.reason for e in study.reaction.exclusions if e.subject == study.ticker]
        return f"{study.ticker} itself cannot be studied: {'; '.join(why[:1]) or 'no model fits'}."
    model = study.reaction.models[hosting.PLAIN]
    return (
        f"{study.ticker} changed by {text.amount(float(one['return_pct']), 'percent')} on "
        f"{study.event_date}. The market and bitcoin would lead one to expect "
        f"{text.amount(float(one['normal_pct']), 'percent')}, which leaves "
        f"{text.amount(float(one['ar_pct']), 'percent')}, with a 95 % interval from "
        f"{text.amount(float(one['low_pct']), 'percent', 1)} to "
        f"{text.amount(float(one['high_pct']), 'percent', 1)}. Of {len(model.days)} other days, "
        f"the share that were at least as unusual is "
        f"{text.amount(100 * float(one['p_placebo']), 'percent', 1)}, the event counted in. "
        f"The models are fitted on {study.reaction.estimation} sessions"
        + (
            f"; the share's first session in the data is {study.first_session:%Y-%m-%d}."
            if study.first_session is not None
            else "."
        )
    )


def bitcoin_sentence(study: Study) -> str:
    """From which prices bitcoin's returns are."""
    if study.reaction is None:
        return "Bitcoin's returns are not needed where no share is studied."
    return (
        f"Bitcoin in these windows: {study.reaction.bitcoin_basis}. On the other days: "
        f"{study.reaction.bitcoin_basis_placebo}."
    )


def other_miners_sentence(study: Study) -> str:
    """Whether the other miners moved with the share."""
    found = None if study.reaction is None else study.reaction.dose.get(hosting.PLAIN)
    if found is None:
        return "The other miners of that day cannot be compared."
    others = 100 * found.table["ar"].drop(study.ticker, errors="ignore")
    up = int((others > 0).sum())
    top = str(others.idxmax())
    return (
        f"Of {len(others)} other listed miners, {up} also rose by more than the market and bitcoin "
        f"explain; the middle one changed by {text.amount(float(others.median()), 'percent', 1)} "
        f"beyond that, the most {top} with {text.amount(float(others.max()), 'percent', 1)}."
    )


def same_day_sentence(study: Study) -> str:
    """What else the record of that day holds about the company."""
    day = pd.Timestamp(study.event_date)
    seen = study.bids.events
    same = seen[(seen["date"] - day).dt.days.between(-1, 0)]
    if same.empty:
        return f"No dated event of that day or the day before names {study.name}."
    listed = [f"{r.event} ({r.date:%Y-%m-%d}; {r.certainty})" for r in same.itertuples()]
    said = f"On record for that day and the day before: {'; '.join(listed)}."
    if len(same) > 1:
        said += (
            " One day's change cannot tell these apart, and the time at which the second became "
            "known is not in the record."
        )
    return said


def all_contracts_table(study: Study) -> pd.DataFrame:
    """Every contract with its computed revenue a megawatt and year beside the table's column."""
    rows = study.contracts
    return pd.DataFrame(
        {
            "customer": rows["customer"],
            "announced": announced(rows),
            "size": rows["mw"],
            "MW of": rows["basis"],
            "term": rows["years"],
            "value": rows["busd"],
            "revenue, computed": rows["rent"],
            "as the table gives it": rows["printed"],
            "business": rows["kind"],
            "how sure": sure(rows),
        }
    ).set_axis(pd.Index(rows["company"], name="company"))


def all_contracts_sentence(study: Study) -> str:
    """The range of rents, the cloud contract beside them, and whether our column agrees."""
    rows = study.contracts
    both = rows.dropna(subset=["rent", "printed"])
    off = (both["rent"] - both["printed"]).abs()
    rents = rows.loc[rows["kind"] == HOSTING, "rent"].dropna()
    cloud = rows[rows["kind"] == CLOUD].dropna(subset=["rent"])
    unknown = int(rows["rent"].isna().sum())
    said = (
        f"{len(rents)} hosting contracts bring in {text.number(float(rents.min()))} to "
        f"{text.amount(float(rents.max()), MW_YEAR)}, the middle one "
        f"{text.number(float(rents.median()))}. "
    )
    if len(cloud):
        names = [f"{r.company} {text.number(r.rent)}" for r in cloud.itertuples()]
        paid = cloud["cost_low"].dropna()
        said += (
            f"In the cloud business, where the miner owns the machines, it is {text.listed(names)}"
        )
        if len(paid):
            said += (
                f", but the machines cost {text.amount(float(paid.iloc[0]), 'm USD', 0)} a megawatt"
            )
        said += ", so the two cannot be compared as they stand. "
    said += (
        f"Our quotient agrees with the table's column for {int((off <= 0.005 + 1e-9).sum())} of "
        f"{len(both)} contracts, to the last digit printed"
    )
    said += f"; {unknown} lack a size, a term or both." if unknown else "."
    gross = rows[rows["basis"] == "gross"]
    for row in gross.itertuples():
        said += (
            f" {row.company}'s of {row.date:%Y-%m-%d} counts gross megawatts, so its revenue is "
            "lower than on the basis of the others."
        )
    return said


def span_table(study: Study) -> pd.DataFrame:
    """Hashprice over several spans, and what a megawatt mined at it."""
    rows = study.windows
    return pd.DataFrame(
        {
            "from": rows["first"],
            "to": rows["last"],
            "hashprice": rows["hashprice"],
            "mining": rows["mining"],
            "rent less mining": rows["difference"],
            "both equal at": rows["break_even"],
        }
    ).rename(index=SPANS)


def efficiency_table(study: Study) -> pd.DataFrame:
    """Rent less mining over the range of efficiencies and the spans of hashprice."""
    table = study.by_efficiency.rename(columns=SPANS)
    table.index = pd.Index([jth(float(e)) for e in table.index], name="machines that need")
    return table


def mining_sentence(study: Study) -> str:
    """How a megawatt's mining revenue comes about, and where rent and mining are equal."""
    at, before = study.windows.loc[AT_CONTRACT], study.windows.loc[YEAR_BEFORE]
    drive = 1000 / study.efficiency
    said = (
        f"At {jth(study.efficiency)} a megawatt drives {text.number(drive, 1)} PH/s. Hashprice "
        f"stood at {text.number(float(at['hashprice']), 1)} USD per PH/s and day on average in the "
        f"{study.days} days to the contract, so the megawatt mined "
        f"{text.amount(float(at['mining']), 'm USD')} a year"
    )
    if study.rent == study.rent:
        said += (
            f", against a rent of {text.number(study.rent)}. The two are equal at "
            f"{text.amount(float(at['break_even']), 'J/TH', 1)} with that hashprice, and at "
            f"{text.amount(float(before['break_even']), 'J/TH', 1)} with the mean of the year "
            "before; better machines than that earn more by mining"
        )
    return f"{said}. {fleet_sentence(study)}"


def fleet_sentence(study: Study) -> str:
    """What the company said of its machines, and whether that is what is used."""
    known = study.fleet["j_per_th"]
    if known.empty:
        return "The efficiency is our assumption: no table gives that of the company's machines."
    months = (
        f"{study.name} gave {text.number(float(known.min()))} to "
        f"{text.amount(float(known.max()), 'J/TH')} as the average of its own machines, by month "
        f"from {known.index[0]:%B %Y} to {known.index[-1]:%B %Y}"
    )
    if whose(study) == "an assumption":
        return f"{months}; the efficiency here is another, so it is an assumption."
    return (
        f"{months}; the last of them is used. It is an average, so the machines at the sites that "
        "were given up may have been better or worse."
    )


def revenue_table(study: Study) -> pd.DataFrame:
    """The company's revenue by business and quarter."""
    rows = study.revenue
    return pd.DataFrame(
        {
            "mining for itself": rows["self_mining"],
            "hosting other miners": rows["hosted_mining"],
            "hosting AI": rows["ai_hosting"],
            "all": rows["total"],
            "AI of all": rows["ai_share"],
            "how sure": sure(rows),
        }
    ).rename(index=quarter)


def revenue_sentence(study: Study) -> str:
    """How revenue went by business, against the contract's quarter and the next."""
    known = study.revenue.dropna(subset=["ai_hosting", "total"])
    first = pd.Timestamp(study.contract_date).to_period("Q")
    if known.empty:
        return (
            f"{study.name}'s own revenue from hosting and from mining by quarter was not found, so "
            "this report cannot say how much of it came from hosting."
        )
    last, end = known.iloc[-1], known.index[-1]
    said = (
        f"In {quarter(end)} hosting AI brought {text.amount(float(last['ai_hosting']), 'm USD', 1)}"
        f", {text.amount(float(last['ai_share']), 'percent', 0)} of all revenue."
    )
    for base in (first, first + 1):
        if base not in known.index or base >= end:
            continue
        then = known.loc[base]
        parts = {
            "hosting AI": float(last["ai_hosting"] - then["ai_hosting"]),
            "mining, its own and hosted": float(
                last["self_mining"] + last["hosted_mining"]
                - then["self_mining"] - then["hosted_mining"]
            ),
            "all revenue": float(last["total"] - then["total"]),
        }  # fmt: skip
        told = [f"{n} {text.number(v, 1, sign=True)}" for n, v in parts.items()]
        said += f" Against {quarter(base)}, in m USD a quarter: {text.listed(told)}."
    low = known.loc[known.index >= first, "total"]
    return said + (
        f" The lowest quarter from the contract on was {quarter(low.idxmin())} with "
        f"{text.amount(float(low.min()), 'm USD', 1)}. Mining revenue moves with bitcoin and the "
        "network as well, so not all of its change comes from sites that were given over to AI."
    )


def printed_table(study: Study) -> pd.DataFrame:
    """Moves that sources printed beside contracts, and the prices of the day."""
    rows = study.printed
    wording = [
        f"{text.amount(r.low, 'percent', 0, sign=True)}"
        + (f" to {text.amount(r.high, 'percent', 0, sign=True)}" if r.high > r.low else "")
        + (", early" if r.early else "")
        for r in rows.itertuples()
    ]
    frame = pd.DataFrame(
        {
            "share": rows["ticker"],
            "as printed": wording,
            "how sure": rows["certainty"],
            "at the open": rows["open"],
            "lowest": rows["lowest"],
            "highest": rows["highest"],
            "at the close": rows["close"],
            "so the print agrees": rows["agrees"].fillna(text.MISSING),
        }
    )
    return frame.set_index(pd.Index(rows["date"].dt.strftime("%Y-%m-%d"), name="session"))


def printed_sentence(study: Study) -> str:
    """How many printed moves agree with the close, with the day's range, or with neither."""
    found = study.printed["agrees"].value_counts()
    return (
        f"Of {counted(len(study.printed), 'move')} that the facts print, "
        f"{int(found.get(prints.AT_CLOSE, 0))} agree with the close, "
        f"{int(found.get(prints.WITHIN, 0))} with a price within the day only, "
        f"{int(found.get(prints.OUTSIDE, 0))} with neither, and "
        f"{int(study.printed['agrees'].isna().sum())} cannot be checked. A move within the day may "
        "have been read off while the market was open."
    )


def harder_table(study: Study) -> pd.DataFrame:
    """Rent less mining under every set of the choices that favour mining."""
    values = hosting.harder(study)
    rows = {
        " + ".join(CHOICE_NAMES[part] for part in name.split("_")): value
        for name, value in values.items()
    }
    frame = pd.DataFrame({f"rent less mining ({MW_YEAR})": rows})
    return frame.rename_axis("counted in favour of mining")


def grid_sentence(study: Study) -> str:
    """How much grid power a megawatt of critical IT load takes in the contracts that say both."""
    rows = study.contracts
    ratio = (rows["gross_mw"] / rows["mw"]).dropna()
    return (
        "Contracts are for critical IT load; cooling and losses come on top. "
        f"{counted(len(ratio), 'contract')} state both: "
        f"{text.number(float(ratio.min()))} to {text.number(float(ratio.max()))} MW of "
        f"grid power for one of load, the median {text.number(study.grid_per_it)}."
        + (
            ""
            if rows.loc[ratio.index, "company"].eq(study.name).any()
            else f" The ratio of {study.name} is not in the tables."
        )
    )


def income_table(study: Study) -> pd.DataFrame:
    """What hosting contracts leave after running costs, as the notes state it."""
    rows = study.hosting_income
    return pd.DataFrame(
        {
            "announced": rows["date"],
            "revenue": rows["rent"],
            "income, low": rows["income_low"],
            "income, high": rows["income_high"],
            "building cost, low": rows["cost_low"],
            "building cost, high": rows["cost_high"],
            "years of income that repay it": _span_text(rows["years_low"], rows["years_high"]),
            "how sure": sure(rows),
        }
    )


def mining_income_table(study: Study) -> pd.DataFrame:
    """JPMorgan's revenue and gross profit, a megawatt and year, at the assumed efficiency."""
    rows = study.mining_income
    return pd.DataFrame(
        {
            "revenue": rows["revenue"],
            "the same by our hashprice": rows["ours"],
            "gross profit": rows["income"],
            "margin": rows["margin"],
            "cost that this implies": rows["power_price"],
            "how sure": sure(rows),
        }
    ).rename(index=lambda month: f"{month:%Y-%m}")


def income_sentence(study: Study) -> str:
    """The least that the facts leave between the two after running costs."""
    hosts = study.hosting_income
    hosts = hosts[hosts["kind"] == HOSTING]
    gap = hosting.least_income_gap(study)
    if gap != gap:
        return "The two cannot be compared after running costs: one side is not known."
    mined = study.mining_income
    mined = mined[mined.index >= pd.Timestamp(study.contract_date).replace(day=1)]
    off = 100 * (study.mining_income["ours"] / study.mining_income["revenue"] - 1)
    low, high = float(hosts["income_low"].min()), float(hosts["income_high"].max())
    least, most = float(mined["income"].min()), float(mined["income"].max())
    whose = (
        f"None of these contracts is {study.name}'s, whose costs are not in the tables, and the"
        if study.name not in hosts.index
        else "The"
    )
    return (
        f"After running costs the hosting contracts that state it leave {text.number(low)} to "
        f"{text.amount(high, MW_YEAR)}; mining left {text.number(least)} to {text.number(most)} in "
        f"the months known since {study.contract_date[:7]}, by JPMorgan's figures at that "
        "efficiency, which need not be that of all miners. The lowest of the one less the highest "
        "of the other is "
        f"{text.number(gap, 2, sign=True)}. {whose} cost of new buildings is not taken off. "
        "Mining revenue by our hashprice differs from JPMorgan's by "
        f"{text.amount(float(off.min()), 'percent', 1, sign=True)} to "
        f"{text.amount(float(off.max()), 'percent', 1, sign=True)} in single months."
    )


def power_table(study: Study) -> pd.DataFrame:
    """The company's power: signed, delivered, operating and planned."""
    rows = study.power
    return pd.DataFrame(
        {
            "signed for AI": rows["signed"],
            "delivered": rows["delivered"],
            "operating": rows["operating"],
            "planned": rows["planned"],
            "how sure": sure(rows),
            "note": rows["note"].fillna(""),
        }
    ).rename(index=lambda day: f"{day:%Y-%m-%d}")


def power_sentence(study: Study) -> str:
    """What share of its power the company had signed away, and what is not known."""
    known = study.power.dropna(subset=["operating"])
    if known.empty:
        said = f"No table gives the power that {study.name} had in operation. "
    else:
        last = known.iloc[-1]
        said = (
            f"On {known.index[-1]:%Y-%m-%d} {study.name} had signed "
            f"{text.amount(float(last['signed']), 'MW', 0)} of critical IT load, against "
            f"{text.amount(float(last['operating']), 'MW', 0)} of power by its own count. "
        )
    handed = study.power.dropna(subset=["delivered"])
    if handed.empty:
        return said + "What had been delivered to tenants by any date is not in the tables."
    told = [
        f"{text.amount(float(r.delivered), 'MW', 0)} by {day:%Y-%m-%d} ({r.note})"
        for day, r in zip(handed.index, handed.itertuples(), strict=True)
    ]
    return (
        f"{said}Delivered to tenants, each figure in its own sense: {'; '.join(told)}. These "
        "differ in what they count and cannot be read as a series."
    )


def conflict_table(study: Study) -> pd.DataFrame:
    """Where sources disagree, both sides, and what each would mean."""
    rows: dict[str, tuple[str, str, str]] = {}
    for row in study.contracts.dropna(subset=["other_busd"]).itertuples():
        sides = [rent_per_mw_year(v, row.mw, row.years) for v in (row.busd, row.other_busd)]
        rows[f"{row.company}, contract of {row.date:%Y-%m-%d}"] = (
            f"{text.amount(row.busd, 'bn USD', 1)}, the difference of two totals ({row.certainty})",
            f"{text.amount(row.other_busd, 'bn USD', 1)}, the company's press by way of a summary",
            f"{text.number(sides[0])} or {text.amount(sides[1], MW_YEAR)}",
        )
    one = study.chosen
    if one["yearly_musd"] == one["yearly_musd"]:
        yearly = 1000 * float(one["busd"]) / float(one["years"])
        rows["A year's revenue of the contract"] = (
            f"{text.amount(yearly, 'm USD', 1)}, value over term",
            f"{text.amount(float(one['yearly_musd']), 'm USD', 0)}, the table's note",
            f"{text.amount(100 * (yearly / float(one['yearly_musd']) - 1), 'percent', 1)} apart",
        )
    beside = study.printed[study.printed["agrees"].isin([prints.WITHIN, prints.OUTSIDE])]
    for move in beside.itertuples():
        span = (
            f"to {text.amount(move.high, 'percent', 0, sign=True)} " if move.high > move.low else ""
        )
        rows[f"{move.ticker} on {move.date:%Y-%m-%d}"] = (
            f"{text.amount(move.close, 'percent', 1, sign=True)}, close to close",
            f"{text.amount(move.low, 'percent', 0, sign=True)} {span}({move.certainty})",
            f"prices of the day went from {text.amount(move.lowest, 'percent', 1, sign=True)} to "
            f"{text.amount(move.highest, 'percent', 1, sign=True)}",
        )
    for who, count in study.counts.iterrows():
        rows[f"All contracts by {count['date']:%Y-%m-%d}, counted by {who}"] = (
            f"{_over(count['note'])}{text.amount(float(count['busd']), 'bn USD', 0)}, "
            f"{_megawatts(count['mw'])} ({count['certainty']})",
            f"{text.amount(float(count['our_busd']), 'bn USD', 1)}, {_megawatts(count['our_mw'])}, "
            "sum of the contracts table",
            "which contracts the other count holds is not known",
        )
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["one source says", "another says", "what follows"]
    ).rename_axis("question")


def certainty_sentence(study: Study) -> str:
    """How sure the contracts' figures are."""
    kinds = study.contracts["certainty"].value_counts()
    parts = [f"{int(n)} {kind}" for kind, n in kinds.items()]
    return (
        f"The {len(study.contracts)} contracts by how sure their figures are: "
        f"{text.listed(parts)}. "
        "Second-hand means that the figure was seen only on another page than the company's or a "
        "known outlet's, and derived that it is arithmetic from other figures."
    )


def mined(study: Study) -> float:
    """What a megawatt mined in a year at the contract's date (m USD)."""
    return float(study.windows.at[AT_CONTRACT, "mining"])


def levels(study: Study) -> dict[str, float]:
    """The rents that mining is drawn against."""
    return {
        "rent per MW of critical IT load": study.rent,
        "rent per MW of grid power": study.rent / study.grid_per_it,
    }


def span_names(study: Study) -> dict[str, str]:
    """Short names of hashprice's spans, for the ends of lines."""
    return {
        AT_CONTRACT: f"{study.days} days to it",
        YEAR_BEFORE: "year to the contract",
        SINCE: "since",
    }


def efficiency_ends(study: Study) -> tuple[float, float, float]:
    """The assumed efficiency and the ends of its range (J/TH)."""
    return study.efficiency, study.efficiencies[0], study.efficiencies[-1]


def other_rents(study: Study) -> pd.Series:
    """Rents of the other hosting contracts by date."""
    rows = study.contracts
    rows = rows[(rows["kind"] == HOSTING) & rows["rent"].notna()]
    rows = rows.drop(index=study.chosen.name, errors="ignore")
    return rows.set_index("date")["rent"]


def labelled(study: Study) -> pd.DataFrame:
    """The contracts with the label that stands beside each dot."""
    rows = study.contracts
    label = rows["company"] + ", " + rows["date"].dt.strftime("%b %Y")
    return rows[["company", "date", "mw", "rent", "kind", "certainty"]].assign(label=label)


def source(edition: str, publisher: str) -> str:
    """The source and as-of line under the figures."""
    return f"Source: {publisher}; claimbook edition {edition}"


def _span_text(low: pd.Series, high: pd.Series) -> list[str]:
    return [
        text.MISSING
        if a != a
        else text.number(a, 1) + ("" if a == b else f" to {text.number(b, 1)}")
        for a, b in zip(low, high, strict=True)
    ]


def counted(number: int, noun: str) -> str:
    """`1 contract`, `5 contracts`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def sure(frame: pd.DataFrame) -> pd.Series:
    """`quoted, CoinDesk`; a page that is not named stays second-hand."""
    named = ~frame["source"].fillna("").str.contains("unnamed|^$")
    return frame["certainty"].where(~named, frame["certainty"] + ", " + frame["source"].fillna(""))


def _sure_one(row: pd.Series) -> str:
    return str(sure(row.to_frame().T).iloc[0])


def announced(rows: pd.DataFrame) -> list[str]:
    """Days of announcement, with `about` where the note says that the date is approximate."""
    about = rows["note"].fillna("").str.contains("date approximate")
    return [
        f"{'about ' if rough else ''}{day:%Y-%m-%d}"
        for day, rough in zip(rows["date"], about, strict=True)
    ]


def quarter(period: pd.Period) -> str:
    """`2024 Q2`."""
    return f"{period.year} Q{period.quarter}"


def jth(efficiency: float) -> str:
    """An efficiency with as many decimals as it has, two at most."""
    digits = next(d for d in (0, 1, 2) if d == 2 or round(efficiency, d) == round(efficiency, 2))
    return text.amount(efficiency, "J/TH", digits)


def _over(note: str) -> str:
    return "over " if note.startswith("over ") else ""


def _megawatts(value: float) -> str:
    return "size not known" if value != value else text.amount(float(value), "MW", 0)
