"""Sentences and tables of the microsoft-pullback notebook."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import capex
from claimbook.analysis.capex import Reaction, Study
from claimbook.ledger import Finding

MICROSOFT = "Microsoft"
MEASURES = {
    "leases": "capital expenditure including finance leases",
    "cash": "cash paid for property and equipment",
}
SPENDING_UNITS = dict.fromkeys(("incl. finance leases", "cash"), "bn USD")
GROWTH_UNITS = dict.fromkeys(("incl. leases, on the year", "cash, on the year"), "%")
HALF_UNITS = SPENDING_UNITS | dict.fromkeys(
    ("incl. leases, on the half before", "cash, on the half before"), "%"
)
SHARE_UNITS = {
    "operating": "MW",
    "planned": "MW",
    "dropped of operating": "%",
    "dropped of planned": "%",
}
DAY_UNITS = dict.fromkeys(("change", "the market's part", "beyond the market", "from", "to"), "%")
SINCE_UNITS = dict.fromkeys(
    ("5 sessions", "21 sessions", "63 sessions", "252 sessions", "to last session"), "%"
)


def groups(
    ai_basket: Sequence[str], landlords: Sequence[str], miners: Sequence[str]
) -> dict[str, list[str]]:
    """The groups of shares that stand beside each other."""
    return {
        MICROSOFT: ["MSFT"],
        "AI basket": list(ai_basket),
        "data-centre landlords": list(landlords),
        "miners": list(miners),
    }


def other(measure: str) -> str:
    """The measure that stands beside the chosen one, in words."""
    return MEASURES["cash" if measure == "leases" else "leases"]


def headline(study: Study, findings: Sequence[Finding]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers and the summary of the verdict box."""
    year = float(study.year["leases"])
    calendar, fiscal = (capex.half_change(study.halves, r, "leases") for r in capex.READINGS)
    key = [
        (text.amount(year, "bn USD", 1), "spent in the fiscal year to June 2025, with leases"),
        (
            text.amount(calendar, "percent", 0, sign=True),
            "July to December 2025 against January to June",
        ),
        (
            text.amount(fiscal, "percent", 0, sign=True),
            "January to June 2025 against July to December 2024",
        ),
    ]
    slowed = [
        name
        for name in ("calendar", "fiscal")
        if ledger.pick(findings, f"slower-{name}-half").verdict == ledger.HOLDS
    ]
    reached = year >= study.plan_busd
    plan = text.amount(study.plan_busd, "bn USD", 0)
    size = text.amount(study.dropped_gw, "GW", _digits(study.dropped_gw))
    summary = (
        (
            "Spending did not slow in the second half of 2025: it was above the first half, "
            "in calendar and in fiscal halves. "
            if not slowed
            else f"Spending was lower in the second half by the {text.listed(slowed)} reading. "
        )
        + f"In the fiscal year to June 2025 it {'reached' if reached else 'did not reach'} {plan}, "
        "all of Microsoft's building and buying counted. "
        + (
            f"That about {size} of projects were dropped cannot be tested: it rests on one "
            "analyst's count, which nothing else here confirms."
            if study.recorded_gw == study.dropped_gw
            else f"The {size} that are held against the miners' power here are a choice; what was "
            "dropped cannot be tested."
        )
    )
    return key, summary


def counted_in(findings: Sequence[Finding]) -> str:
    """What the verdict would read if the programme's sum decided, as it first did."""
    weighed = [
        replace(found, rule=replace(found.rule, decides=True))
        if found.rule.id == "programme-finished"
        else found
        for found in findings
    ]
    now, then = ledger.verdict(findings), ledger.verdict(weighed)
    effect = "the same" if then == now else f"“{then}” instead of “{now}”"
    return (
        "Whether the sum was reached decided the verdict at first, and was taken out with the "
        f"figures known, for the reason given. If it decided, the verdict would read {effect}."
    )


def quarter_table(study: Study) -> pd.DataFrame:
    """Both measures by quarter, with how sure each row is and what its source adds."""
    rows = study.quarters
    return pd.DataFrame(
        {
            "fiscal quarter": rows["fiscal"],
            "incl. finance leases": rows["leases"],
            "cash": rows["cash"],
            "how sure": _sure(rows),
            "note": rows["note"].fillna(""),
        }
    ).rename(index=_quarter)


def growth_table(study: Study) -> pd.DataFrame:
    """Year-on-year growth by quarter, percent."""
    names = {
        "leases_growth": "incl. leases, on the year",
        "cash_growth": "cash, on the year",
    }
    table = study.quarters[list(names)].rename(columns=names)
    return table[table.notna().any(axis=1)].rename(index=_quarter)


def half_table(study: Study) -> pd.DataFrame:
    """Both measures by half, with growth against the half before."""
    names = {
        "leases": "incl. finance leases",
        "leases_growth": "incl. leases, on the half before",
        "cash": "cash",
        "cash_growth": "cash, on the half before",
    }
    return study.halves[list(names)].rename(columns=names, index=half_name)


def plan_sentence(study: Study) -> str:
    """When each measure passed the plan, and what the year's total rests on."""
    said = []
    for measure, name in MEASURES.items():
        quarter = capex.reached(study.cumulative[measure], study.plan_busd)
        year = text.amount(float(study.year[measure]), "bn USD")
        when = (
            f"passed the plan in {_span(quarter)}"
            if quarter is not None
            else "does not pass the plan in these data"
        )
        said.append(f"{name.capitalize()} was {year} in the fiscal year; added up from July 2024 "
                    f"it {when}.")  # fmt: skip
    return (
        " ".join(said)
        + " The plan was for data centres that serve AI, and both measures hold everything else "
        "that Microsoft builds and buys, so passing the plan does not show that this programme "
        "was complete."
    )


def sums_sentence(study: Study) -> str:
    """Whether the quarters add up to the fiscal year, and where that is no check."""
    year = study.quarters[study.quarters["fiscal"].str.startswith(str(study.year.name))]
    circular = year.index[year["certainty"] == "derived"]
    cash, leases = float(year["cash"].sum()), float(year["leases"].sum())
    said = (
        f"The four quarters add up to {text.amount(cash, 'bn USD')} in cash, where the year's row "
        f"says {text.amount(float(study.year['cash']), 'bn USD')}, and to "
        f"{text.amount(leases, 'bn USD')} with leases, where it says "
        f"{text.amount(float(study.year['leases']), 'bn USD')}."
    )
    if len(circular):
        said += (
            f" The second sum is no check: {text.listed([_quarter(q) for q in circular])} was "
            "derived by difference from the same total."
        )
    return said


def halves_sentence(study: Study, measure: str) -> str:
    """What each reading gives on the chosen measure, and how wrong a figure would have to be."""
    said = f"On {MEASURES[measure]}: "
    parts = []
    for reading, (first, second) in capex.READINGS.items():
        if first not in study.halves.index or second not in study.halves.index:
            parts.append(f"the {reading} halves are not both known")
            continue
        amount, percent = capex.overstatement(study.halves, reading, measure)
        if amount != amount:
            parts.append(f"the {reading} halves are not both known")
            continue
        later, earlier = (float(study.halves.at[h, measure]) for h in (second, first))
        change = capex.half_change(study.halves, reading, measure)
        parts.append(
            f"by the {reading} reading, {half_name(second)} came to "
            f"{text.amount(later, 'bn USD', 1)} against {text.amount(earlier, 'bn USD', 1)} in "
            f"{half_name(first)}, {text.amount(change, 'percent', 1, sign=True)}, and the opposite "
            f"would need the later sum to be {'over' if amount > 0 else 'under'}stated by "
            f"{text.amount(abs(amount), 'bn USD', 1)}, which is "
            f"{text.amount(abs(percent), 'percent', 0)} of it"
        )
    return said + "; ".join(parts) + "."


def certainty_sentence(study: Study) -> str:
    """How many of the quarters that decide were seen at first hand."""
    used = [q for half in ("2024H2", "2025H1", "2025H2") for q in _quarters_of(half)]
    rows = study.quarters.reindex(pd.PeriodIndex(used, freq="Q"))
    kinds = rows["certainty"].value_counts()
    parts = [f"{int(count)} {kind}" for kind, count in kinds.items()]
    return (
        f"Of the {len(used)} quarters that decide, the sources are: {text.listed(parts)}. "
        "Second-hand means that the figure was seen only on another page than the company's or a "
        "known outlet's, and derived that it is our arithmetic from other figures of the table."
    )


def conflict_table(study: Study) -> pd.DataFrame:
    """Where sources disagree, both sides, and what each would mean."""
    rows = {
        "What “spending” is in fiscal 2025": (
            f"{text.amount(float(study.year['leases']), 'bn USD')} with finance leases",
            f"{text.amount(float(study.year['cash']), 'bn USD')} in cash",
            _against_plan(study),
        )
    }
    implied = capex.guidance_implied(study)
    if study.guidance is not None and implied:
        year = int(study.guidance["year"])
        total = text.amount(float(study.guidance["total_busd"]), "bn USD", 0)
        calendar = text.amount(implied["calendar"], "percent", 0, sign=True)
        fiscal = text.amount(implied["fiscal"], "percent", 0, sign=True)
        rows[f"The year that an announced {total} is for ({study.guidance['certainty']})"] = (
            f"calendar {year}",
            f"fiscal {year}",
            f"{calendar} on calendar {year - 1}, or {fiscal} from the first half of fiscal {year} "
            "to its second",
        )
    guided = study.quarters[study.quarters["note"].fillna("").str.contains("guided")]
    for quarter, row in guided.iterrows():
        rows[f"Spending of {_quarter(quarter)}"] = (
            f"{row['note']} bn USD before the quarter",
            f"{text.amount(float(row['leases']), 'bn USD', 1)} reported after it",
            "what was reported is used",
        )
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["one source says", "another says", "what follows"]
    ).rename_axis("question")


def proportion_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Capacities with the dropped projects as a share of each."""
    return pd.DataFrame(
        {
            "as of": frame["as_of"],
            "operating": frame["operating_mw"],
            "planned": frame["planned_mw"],
            "dropped of operating": frame["share_of_operating"],
            "dropped of planned": frame["share_of_planned"],
            "how sure": _sure(frame),
            "note": frame["note"].fillna(""),
        }
    ).set_axis(pd.Index(frame["company"], name="counted by, or company"))


def proportion_sentence(study: Study) -> str:
    """The dropped projects against the miners' capacity and against what they had signed."""
    event = pd.Timestamp(study.event_date)
    groups = study.groups.dropna(subset=["operating_mw"])
    before, after = groups[groups["as_of"] <= event], groups[groups["as_of"] > event]
    size = text.amount(study.dropped_gw, "GW", _digits(study.dropped_gw))
    said = []
    for label, rows in (("before the day", before), ("after it", after)):
        if len(rows):
            low, high = rows["share_of_operating"].min(), rows["share_of_operating"].max()
            said.append(
                f"{text.amount(low, 'percent', 0)} to {text.amount(high, 'percent', 0)} of what "
                f"listed miners ran or controlled by the {len(rows)} counts made {label}"
            )
    signed = study.contracts
    ratio = float(signed.at["by the event", "ratio"])
    then = text.amount(float(signed.at["by the event", "mw"]), "MW", 0)
    end = text.amount(float(signed.at["by the end of the data", "mw"]), "MW", 0)
    contracted = (
        f"It is {text.number(ratio, 1)} times the {then} that the companies in the contracts table "
        "had signed for AI by that day"
        if ratio == ratio
        else "The companies in the contracts table had signed nothing for AI by that day"
    )
    return (
        (f"The {size} come to {text.listed(said)}. " if said else "")
        + f"{contracted}; by the end of the data they had signed {end}. "
        "The counts disagree with each other and none of them is audited. Whether the dropped "
        "projects were counted in grid power or in power for machines is not known."
    )


def contract_table(study: Study) -> pd.DataFrame:
    """What had been signed for AI by the day and by the end of the data."""
    return study.contracts.rename(
        columns={
            "without_size": "contracts of unknown size",
            "contracts": "contracts of known size",
            "mw": "signed (MW)",
            "last": "latest",
            "ratio": "dropped over signed",
        }
    )


def notes_table(study: Study) -> pd.DataFrame:
    """The dated statements about Microsoft's projects."""
    frame = study.notes.assign(sure=_sure(study.notes), time=study.notes["time"].fillna(""))
    frame = frame.set_index(frame["date"].dt.strftime("%Y-%m-%d").rename("date"))
    return frame[["time", "event", "sure"]].rename(
        columns={"event": "what was said or happened", "sure": "how sure"}
    )


def day_table(moved: Reaction) -> pd.DataFrame:
    """The groups' day against the market, percent."""
    day = moved.day
    return pd.DataFrame(
        {
            "shares": day["members"],
            "change": day["return_pct"],
            "the market's part": day["normal_pct"],
            "beyond the market": day["ar_pct"],
            "from": day["low_pct"],
            "to": day["high_pct"],
            "share of other days at least as unusual": day["p_placebo"],
            "other days": day["other_days"],
        }
    )


def day_sentence(study: Study) -> str:
    """Whether Microsoft and the groups moved beyond the market on the day."""
    moved = study.reaction
    if moved is None:
        return f"The shares of the day cannot be studied: {study.no_reaction}."
    day = moved.day
    beyond = [str(g) for g in day.index if not day.at[g, "low_pct"] <= 0 <= day.at[g, "high_pct"]]
    parts = [
        f"{group} {text.amount(float(row['return_pct']), 'percent')} where the market alone gives "
        f"{text.amount(float(row['normal_pct']), 'percent')}"
        for group, row in day.iterrows()
    ]
    verb = "lies" if len(beyond) < 2 else "lie"
    said = (
        f"The changes of the day: {'; '.join(parts)}. {text.listed(beyond) or 'None of them'} "
        f"{verb} outside what the model calls an ordinary day."
    )
    if moved.left_out:
        said += f" Left out for want of prices: {text.listed(list(moved.left_out))}."
    return said


def since_sentence(study: Study) -> str:
    """Where spending and the shares stood at the end of the data."""
    growth = study.quarters[["leases_growth", "cash_growth"]]
    said = []
    for measure, name in MEASURES.items():
        known = growth[f"{measure}_growth"].dropna()
        last = known.index[-1]
        said.append(
            f"{name} was {text.amount(float(study.quarters.at[last, measure]), 'bn USD', 1)} in "
            f"{_span(last)}, {text.amount(float(known.iloc[-1]), 'percent', 0, sign=True)} on the "
            "year before"
        )
    spoken = f"The last known figures: {'; '.join(said)}."
    if study.reaction is None:
        return spoken
    since = study.reaction.since
    moves = [
        f"{name} {text.amount(float(v), 'percent', 0, sign=True)}"
        for name, v in since["to last session"].items()
    ]
    return (
        f"{spoken} From the close of {study.event_date} to the last session known: "
        f"{', '.join(moves)}."
    )


def source(edition: str, publisher: str) -> str:
    """The source and as-of line under the figures."""
    return f"Source: {publisher}; claimbook edition {edition}"


def half_name(half: str) -> str:
    """`January to June 2025` for 2025H1."""
    return f"{'January to June' if half.endswith('1') else 'July to December'} {half[:4]}"


def _against_plan(study: Study) -> str:
    plan = text.amount(study.plan_busd, "bn USD", 0)
    sides = [
        f"{'at or above' if float(study.year[m]) >= study.plan_busd else 'below'} {plan} {label}"
        for m, label in (("leases", "with leases"), ("cash", "in cash"))
    ]
    return ", ".join(sides)


def _sure(frame: pd.DataFrame | Mapping[str, pd.Series]) -> pd.Series:
    """`quoted, The Register`; a page that is not named stays second-hand."""
    named = ~frame["source"].fillna("").str.contains("unnamed|^$")
    return frame["certainty"].where(~named, frame["certainty"] + ", " + frame["source"].fillna(""))


def _quarter(quarter: pd.Period) -> str:
    return f"{quarter.year} Q{quarter.quarter}"


def _span(quarter: pd.Period) -> str:
    first, last = quarter.start_time, quarter.end_time
    return f"{first:%B} to {last:%B %Y}"


def _quarters_of(half: str) -> list[str]:
    start = 1 if half.endswith("1") else 3
    return [f"{half[:4]}Q{start}", f"{half[:4]}Q{start + 1}"]


def _digits(value: float) -> int:
    return 0 if float(value).is_integer() else 1
