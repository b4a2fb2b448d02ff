"""Sentences and tables of the hosting-pivot notebook."""

from collections.abc import Sequence

import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import hosting, segments
from claimbook.analysis.contracts import HOSTING
from claimbook.analysis.hosting import Study
from claimbook.analysis.megawatt import (
    AT_CONTRACT,
    LAST,
    MW_YEAR,
    SINCE,
    YEAR_BEFORE,
)
from claimbook.analysis.modelstudy import ModelStudy
from claimbook.language import mark, tell, tell_as, tell_many, word
from claimbook.ledger import Finding
from claimbook.words import study as event_words
from claimbook.words.certainty import sure

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
TOLERANCE = 1e-9
CHOICE_NAMES = {
    "machines": mark("the best machines of the range"),
    "grid": mark("rent over grid power"),
    "year": mark("hashprice of the year before"),
    "credit": mark("rent less the tenant's part of the cost"),
}
SPANS = {
    AT_CONTRACT: mark("days to the contract"),
    YEAR_BEFORE: mark("the year to the contract"),
    SINCE: mark("from the contract to the end of the data"),
    LAST: mark("the last days of the data"),
}


def headline(study: Study, findings: Sequence[Finding]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers and the summary of the verdict box."""
    at = study.windows.loc[AT_CONTRACT]
    size = text.amount(float(study.chosen["mw"]), "MW", 0)
    key = [
        (
            size,
            tell("{name}'s contract of {date}", name=study.name, date=study.contract_date),
        ),
        (text.amount(study.rent, MW_YEAR), tell("rent under that contract")),
        (
            text.amount(float(at["mining"]), MW_YEAR),
            tell(
                "mining at the time with machines of {efficiency}, {whose}",
                efficiency=jth(study.efficiency),
                whose=whose(study),
            ),
        ),
    ]
    known = study.chosen["mw"] == study.chosen["mw"]
    contract = (
        tell(
            "{name}'s contract of {date} is for {size}.",
            name=study.name,
            date=study.contract_date,
            size=size,
        )
        if known
        else tell(
            "{name}'s contract of {date} is of unknown size.",
            name=study.name,
            date=study.contract_date,
        )
    )
    if study.rent != study.rent:
        no_rent = tell(
            "It has no rent that could be held against mining: it is for cloud computing, or its "
            "size, term or value is not known."
        )
        return key, text.sentences(contract, no_rent)
    more = ledger.pick(findings, "widens-revenue").verdict == ledger.HOLDS
    strict = ledger.pick(findings, "widens-revenue-strictly")
    survived = sum(outcome == ledger.HOLDS for outcome in strict.outcomes.values())
    equal = float(at["break_even"])
    rent, mined_then = text.amount(study.rent, "m USD"), text.amount(float(at["mining"]), "m USD")
    compared = (
        tell(
            "A megawatt brings in {rent} a year rented out, which is more than the {mining} that "
            "it would have mined.",
            rent=rent,
            mining=mined_then,
        )
        if more
        else tell(
            "A megawatt brings in {rent} a year rented out, which is not more than the {mining} "
            "that it would have mined.",
            rent=rent,
            mining=mined_then,
        )
    )
    turned = tell(
        "Machines better than {equal} would have mined more, or better than {equal_on_grid} if the "
        "power for cooling counts; of {sets} sets of choices that favour mining, {survived} leave "
        "rent ahead.",
        equal=text.amount(equal, "J/TH", 1),
        equal_on_grid=text.amount(equal * study.grid_per_it, "J/TH", 1),
        sets=len(strict.outcomes),
        survived=survived,
    )
    paid = revenue_headline(study) or tell("These are promises, not what was paid.")
    return key, text.sentences(contract, compared, turned, paid)


def whose(study: Study) -> str:
    """Where the efficiency is from: the company's own figure, or an assumption."""
    own = own_month(study)
    if own is None:
        return tell("an assumption")
    return tell("its own average for {month}", month=text.month(own))


def own_month(study: Study) -> pd.Period | None:
    """The month for which the company gave the efficiency that is used; None if it gave none."""
    own = segments.fleet_at(study.fleet, study.contract_date)
    if own is None or abs(float(own["j_per_th"]) - study.efficiency) > TOLERANCE:
        return None
    return own.name


def revenue_headline(study: Study) -> str:
    """One sentence on the company's own revenue, or nothing where it is not known."""
    first = pd.Timestamp(study.contract_date).to_period("Q")
    known = study.revenue.dropna(subset=["ai_hosting", "total"])
    if first not in known.index or known.index[-1] <= first:
        return ""
    then, last = known.loc[first], known.iloc[-1]
    return tell(
        "From {first} to {last} its revenue a quarter from AI went from {ai_then} to {ai_last}, "
        "while all its revenue {rose} from {all_then} to {all_last}.",
        first=quarter(first),
        last=quarter(known.index[-1]),
        ai_then=text.amount(float(then["ai_hosting"]), "m USD", 1),
        ai_last=text.number(float(last["ai_hosting"]), 1),
        rose=(
            tell_as("all its revenue", "rose")
            if last["total"] > then["total"]
            else tell_as("all its revenue", "fell")
        ),
        all_then=text.number(float(then["total"]), 1),
        all_last=text.number(float(last["total"]), 1),
    )


def contract_table(study: Study) -> pd.DataFrame:
    """The contract as three places give it; blanks were not found there."""
    one, second = study.chosen, study.second_source
    first = (study.ticker, study.contract_date) == hosting.FIRST
    yearly = 1000 * float(one["busd"]) / float(one["years"])
    rows = {
        mark("size (MW)"): (one["mw"], second["mw"] if first else None, None),
        mark("base term (years)"): (one["years"], second["years"] if first else None, None),
        mark("value (bn USD)"): (one["busd"], second["busd"] if first else None, None),
        mark("revenue a year (m USD)"): (yearly, None, one["yearly_musd"]),
        mark("tenant's part of the building cost (m USD)"): (None, None, one["credit_musd"]),
    }
    named = tell("contracts table ({certainty})", certainty=_sure_one(one))
    columns = [named, mark("texts on VanEck's estimate (second-hand)"), mark("the table's note")]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return frame.astype(float).rename_axis(mark("what"))


def step_table(study: Study) -> pd.DataFrame:
    """The contract and what was added to it, with running totals, ours and as said."""
    rows = study.steps
    return pd.DataFrame(
        {
            mark("with"): rows["customer"],
            mark("size"): rows["mw"],
            mark("value"): rows["busd"],
            mark("revenue"): rows["rent"],
            mark("added up"): rows["sum_mw"],
            mark("value added up"): rows["sum_busd"],
            mark("total as said"): rows["said_mw"],
            mark("value as said"): rows["said_busd"],
            mark("how sure"): sure(rows),
        }
    ).set_axis(pd.Index(announced(rows.reset_index()), name=mark("date")))


def step_sentence(study: Study) -> str:
    """Whether the steps add up to the totals that sources gave, and what explains the gap."""
    rows = study.steps
    unknown = int(rows["mw"].isna().sum())
    signed = tell(
        "From {date} on, {name} signed {contracts} of {size} and {value} in all",
        date=study.contract_date,
        name=study.name,
        contracts=contracts_counted(len(rows)),
        size=text.amount(float(rows["mw"].sum()), "MW", 0),
        value=text.amount(float(rows["busd"].sum()), "bn USD", 2),
    )
    if unknown:
        signed = tell(
            "{signed}; {unknown} of them without a known size", signed=signed, unknown=unknown
        )
    said = [f"{signed}."]
    gaps = rows.dropna(subset=["said_mw"])
    gaps = gaps[(gaps["sum_mw"] - gaps["said_mw"]).abs() >= 1]
    for day, row in gaps.iterrows():
        off = float(row["said_mw"] - row["sum_mw"])
        size = text.amount(abs(off), "MW", 0)
        gap = (
            tell("On {day:%Y-%m-%d} a source's total is {size} above our sum", day=day, size=size)
            if off > 0
            else tell(
                "On {day:%Y-%m-%d} a source's total is {size} below our sum", day=day, size=size
            )
        )
        early = float(row["earlier_mw"])
        if early and abs(off - early) < abs(off):
            gap = tell(
                "{gap}; {size} signed before may be in it",
                gap=gap,
                size=text.amount(early, "MW", 0),
            )
        said.append(f"{gap}.")
    return text.sentences(*said)


def front(study: Study) -> ModelStudy | None:
    """The event study's model that is shown, or None where there is none."""
    return None if study.reaction is None else event_words.front(study.reaction)


def day_sentence(study: Study) -> str:
    """What the share did on the day, beyond the market and bitcoin, against other days."""
    one = hosting.day_row(study)
    if study.reaction is None:
        return tell(
            "The shares of the day cannot be studied: {reason}.", reason=word(study.no_reaction)
        )
    if one is None:
        why = [word(e.reason) for e in study.reaction.exclusions if e.subject == study.ticker]
        return tell(
            "{ticker} itself cannot be studied: {reason}.",
            ticker=study.ticker,
            reason="; ".join(why[:1]) or tell("no model fits"),
        )
    model = study.reaction.models[hosting.PLAIN]
    changed = tell(
        "{ticker} changed by {change} on {day}. The market and bitcoin would lead one to expect "
        "{expected}, which leaves {rest}, with a 95 % interval from {low} to {high}. Of {others} "
        "other days, the share that were at least as unusual is {unusual}, the event counted in.",
        ticker=study.ticker,
        change=text.amount(float(one["return_pct"]), "percent"),
        day=study.event_date,
        expected=text.amount(float(one["normal_pct"]), "percent"),
        rest=text.amount(float(one["ar_pct"]), "percent"),
        low=text.amount(float(one["low_pct"]), "percent", 1),
        high=text.amount(float(one["high_pct"]), "percent", 1),
        others=len(model.days),
        unusual=text.amount(100 * float(one["p_placebo"]), "percent", 1),
    )
    fitted = (
        tell(
            "The models are fitted on {estimation} sessions; the share's first session in the data "
            "is {first:%Y-%m-%d}.",
            estimation=study.reaction.estimation,
            first=study.first_session,
        )
        if study.first_session is not None
        else tell(
            "The models are fitted on {estimation} sessions.", estimation=study.reaction.estimation
        )
    )
    return text.sentences(changed, fitted)


def bitcoin_sentence(study: Study) -> str:
    """From which prices bitcoin's returns are."""
    if study.reaction is None:
        return tell("Bitcoin's returns are not needed where no share is studied.")
    return tell(
        "Bitcoin in these windows: {here}. On the other days: {elsewhere}.",
        here=word(study.reaction.bitcoin_basis),
        elsewhere=word(study.reaction.bitcoin_basis_placebo),
    )


def other_miners_sentence(study: Study) -> str:
    """Whether the other miners moved with the share."""
    found = None if study.reaction is None else study.reaction.dose.get(hosting.PLAIN)
    if found is None:
        return tell("The other miners of that day cannot be compared.")
    others = 100 * found.table["ar"].drop(study.ticker, errors="ignore")
    up = int((others > 0).sum())
    top = str(others.idxmax())
    return tell(
        "Of {others} other listed miners, {up} also rose by more than the market and bitcoin "
        "explain; the middle one changed by {median} beyond that, the most {top} with {highest}.",
        others=len(others),
        up=up,
        median=text.amount(float(others.median()), "percent", 1),
        top=top,
        highest=text.amount(float(others.max()), "percent", 1),
    )


def same_day_sentence(study: Study) -> str:
    """What else the record of that day holds about the company."""
    day = pd.Timestamp(study.event_date)
    seen = study.bids.events
    same = seen[(seen["date"] - day).dt.days.between(-1, 0)]
    if same.empty:
        return tell("No dated event of that day or the day before names {name}.", name=study.name)
    listed = [f"{r.event} ({r.date:%Y-%m-%d}; {word(r.certainty)})" for r in same.itertuples()]
    said = tell("On record for that day and the day before: {events}.", events="; ".join(listed))
    apart = ""
    if len(same) > 1:
        apart = tell(
            "One day's change cannot tell these apart, and the time at which the second became "
            "known is not in the record."
        )
    return text.sentences(said, apart)


def span_table(study: Study) -> pd.DataFrame:
    """Hashprice over several spans, and what a megawatt mined at it."""
    rows = study.windows
    return pd.DataFrame(
        {
            mark("from"): rows["first"],
            mark("to"): rows["last"],
            mark("hashprice"): rows["hashprice"],
            mark("mining"): rows["mining"],
            mark("rent less mining"): rows["difference"],
            mark("both equal at"): rows["break_even"],
        }
    ).rename(index=SPANS)


def efficiency_table(study: Study) -> pd.DataFrame:
    """Rent less mining over the range of efficiencies and the spans of hashprice."""
    table = study.by_efficiency.rename(columns=SPANS)
    table.index = pd.Index([jth(float(e)) for e in table.index], name=mark("machines that need"))
    return table


def mining_sentence(study: Study) -> str:
    """How a megawatt's mining revenue comes about, and where rent and mining are equal."""
    at, before = study.windows.loc[AT_CONTRACT], study.windows.loc[YEAR_BEFORE]
    drive = 1000 / study.efficiency
    said = tell(
        "At {efficiency} a megawatt drives {drive} PH/s. Hashprice stood at {hashprice} USD per "
        "PH/s and day on average in the {days} days to the contract, so the megawatt mined "
        "{mining} a year",
        efficiency=jth(study.efficiency),
        drive=text.number(drive, 1),
        hashprice=text.number(float(at["hashprice"]), 1),
        days=study.days,
        mining=text.amount(float(at["mining"]), "m USD"),
    )
    if study.rent == study.rent:
        said = tell(
            "{mined}, against a rent of {rent}. The two are equal at {equal} with that hashprice, "
            "and at {equal_before} with the mean of the year before; better machines than that "
            "earn more by mining",
            mined=said,
            rent=text.number(study.rent),
            equal=text.amount(float(at["break_even"]), "J/TH", 1),
            equal_before=text.amount(float(before["break_even"]), "J/TH", 1),
        )
    return text.sentences(f"{said}.", fleet_sentence(study))


def fleet_sentence(study: Study) -> str:
    """What the company said of its machines, and whether that is what is used."""
    known = study.fleet["j_per_th"]
    if known.empty:
        return tell(
            "The efficiency is our assumption: no table gives that of the company's machines."
        )
    months = tell(
        "{name} gave {lowest} to {highest} as the average of its own machines, by month from "
        "{first} to {last}",
        name=study.name,
        lowest=text.number(float(known.min())),
        highest=text.amount(float(known.max()), "J/TH"),
        first=text.month(known.index[0]),
        last=text.month(known.index[-1]),
    )
    if own_month(study) is None:
        return tell(
            "{months}; the efficiency here is another, so it is an assumption.", months=months
        )
    return tell(
        "{months}; the last of them is used. It is an average, so the machines at "
        "the sites that were given up may have been better or worse.",
        months=months,
    )


def revenue_table(study: Study) -> pd.DataFrame:
    """The company's revenue by business and quarter."""
    rows = study.revenue
    return pd.DataFrame(
        {
            mark("mining for itself"): rows["self_mining"],
            mark("hosting other miners"): rows["hosted_mining"],
            mark("hosting AI"): rows["ai_hosting"],
            mark("all"): rows["total"],
            mark("AI of all"): rows["ai_share"],
            mark("how sure"): sure(rows),
        }
    ).rename(index=quarter)


def revenue_sentence(study: Study) -> str:
    """How revenue went by business, against the contract's quarter and the next."""
    known = study.revenue.dropna(subset=["ai_hosting", "total"])
    first = pd.Timestamp(study.contract_date).to_period("Q")
    if known.empty:
        return tell(
            "{name}'s own revenue from hosting and from mining by quarter was not "
            "found, so this report cannot say how much of it came from hosting.",
            name=study.name,
        )
    last, end = known.iloc[-1], known.index[-1]
    said = tell(
        "In {quarter} hosting AI brought {amount}, {share} of all revenue.",
        quarter=quarter(end),
        amount=text.amount(float(last["ai_hosting"]), "m USD", 1),
        share=text.amount(float(last["ai_share"]), "percent", 0),
    )
    against = []
    for base in (first, first + 1):
        if base not in known.index or base >= end:
            continue
        then = known.loc[base]
        parts = {
            mark("hosting AI"): float(last["ai_hosting"] - then["ai_hosting"]),
            mark("mining, its own and hosted"): float(
                last["self_mining"] + last["hosted_mining"]
                - then["self_mining"] - then["hosted_mining"]
            ),
            mark("all revenue"): float(last["total"] - then["total"]),
        }  # fmt: skip
        told = [f"{word(n)} {text.number(v, 1, sign=True)}" for n, v in parts.items()]
        against.append(
            tell(
                "Against {quarter}, in m USD a quarter: {changes}.",
                quarter=quarter(base),
                changes=text.listed(told),
            )
        )
    low = known.loc[known.index >= first, "total"]
    lowest = tell(
        "The lowest quarter from the contract on was {quarter} with {amount}. Mining revenue moves "
        "with bitcoin and the network as well, so not all of its change comes from sites that were "
        "given over to AI.",
        quarter=quarter(low.idxmin()),
        amount=text.amount(float(low.min()), "m USD", 1),
    )
    return text.sentences(said, *against, lowest)


def harder_table(study: Study) -> pd.DataFrame:
    """Rent less mining under every set of the choices that favour mining."""
    values = hosting.harder(study)
    rows = {
        " + ".join(word(CHOICE_NAMES[part]) for part in name.split("_")): value
        for name, value in values.items()
    }
    frame = pd.DataFrame({tell("rent less mining ({unit})", unit=word(MW_YEAR)): rows})
    return frame.rename_axis(mark("counted in favour of mining"))


def grid_sentence(study: Study) -> str:
    """How much grid power a megawatt of critical IT load takes in the contracts that say both."""
    rows = study.contracts
    ratio = (rows["gross_mw"] / rows["mw"]).dropna()
    said = tell(
        "Contracts are for critical IT load; cooling and losses come on top. {contracts} state "
        "both: {lowest} to {highest} MW of grid power for one of load, the median {median}.",
        contracts=contracts_counted(len(ratio)),
        lowest=text.number(float(ratio.min())),
        highest=text.number(float(ratio.max())),
        median=text.number(study.grid_per_it),
    )
    if rows.loc[ratio.index, "company"].eq(study.name).any():
        return said
    return text.sentences(said, tell("The ratio of {name} is not in the tables.", name=study.name))


def mined(study: Study) -> float:
    """What a megawatt mined in a year at the contract's date (m USD)."""
    return float(study.windows.at[AT_CONTRACT, "mining"])


def levels(study: Study) -> dict[str, float]:
    """The rents that mining is drawn against."""
    return {
        tell("rent per MW of critical IT load"): study.rent,
        tell("rent per MW of grid power"): study.rent / study.grid_per_it,
    }


def span_names(study: Study) -> dict[str, str]:
    """Short names of hashprice's spans, for the ends of lines."""
    return {
        AT_CONTRACT: tell("{days} days to it", days=study.days),
        YEAR_BEFORE: tell("year to the contract"),
        SINCE: tell("since"),
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
    label = rows["company"] + ", " + rows["date"].map(text.short_month)
    return rows[["company", "date", "mw", "rent", "kind", "certainty"]].assign(label=label)


def source(edition: str, publisher: str) -> str:
    """The source and as-of line under the figures."""
    return tell(
        "Source: {publisher}; claimbook edition {edition}", publisher=publisher, edition=edition
    )


def contracts_counted(count: int) -> str:
    """`1 contract`, `5 contracts`."""
    return tell_many("{count} contract", "{count} contracts", count)


def _sure_one(row: pd.Series) -> str:
    return str(sure(row.to_frame().T).iloc[0])


def announced(rows: pd.DataFrame) -> list[str]:
    """Days of announcement, with `about` where the note says that the date is approximate."""
    about = rows["note"].fillna("").str.contains("date approximate")
    return [
        tell("about {day:%Y-%m-%d}", day=day) if rough else f"{day:%Y-%m-%d}"
        for day, rough in zip(rows["date"], about, strict=True)
    ]


def quarter(period: pd.Period) -> str:
    """`2024 Q2`."""
    return f"{period.year} Q{period.quarter}"


def jth(efficiency: float) -> str:
    """An efficiency with as many decimals as it has, two at most."""
    digits = next(d for d in (0, 1, 2) if d == 2 or round(efficiency, d) == round(efficiency, 2))
    return text.amount(efficiency, "J/TH", digits)
