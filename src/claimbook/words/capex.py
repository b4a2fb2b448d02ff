"""Sentences and tables of the microsoft-pullback notebook."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import capex
from claimbook.analysis.capex import Reaction, Study
from claimbook.language import mark, tell, tell_many, word
from claimbook.ledger import Finding
from claimbook.words.certainty import sure

MICROSOFT = "Microsoft"
MEASURES = {
    "leases": mark("capital expenditure including finance leases"),
    "cash": mark("cash paid for property and equipment"),
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
# Headings that the analysis names as the reader sees them.
SINCE = (mark("5 sessions"), mark("21 sessions"), mark("63 sessions"), mark("252 sessions"))
SINCE_UNITS = dict.fromkeys((*SINCE, "to last session"), "%")


def groups(
    ai_basket: Sequence[str], landlords: Sequence[str], miners: Sequence[str]
) -> dict[str, list[str]]:
    """The groups of shares that stand beside each other."""
    return {
        MICROSOFT: ["MSFT"],
        mark("AI basket"): list(ai_basket),
        mark("data-centre landlords"): list(landlords),
        mark("miners"): list(miners),
    }


def other(measure: str) -> str:
    """The measure that stands beside the chosen one, in words."""
    return word(MEASURES["cash" if measure == "leases" else "leases"])


def headline(study: Study, findings: Sequence[Finding]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers and the summary of the verdict box."""
    year = float(study.year["leases"])
    calendar, fiscal = (capex.half_change(study.halves, r, "leases") for r in capex.READINGS)
    key = [
        (
            text.amount(year, "bn USD", 1),
            tell("spent in the fiscal year to June 2025, with leases"),
        ),
        (
            text.amount(calendar, "percent", 0, sign=True),
            tell("July to December 2025 against January to June"),
        ),
        (
            text.amount(fiscal, "percent", 0, sign=True),
            tell("January to June 2025 against July to December 2024"),
        ),
    ]
    slowed = [
        name
        for name in (mark("calendar"), mark("fiscal"))
        if ledger.pick(findings, f"slower-{name}-half").verdict == ledger.HOLDS
    ]
    reached = year >= study.plan_busd
    plan = text.amount(study.plan_busd, "bn USD", 0)
    size = text.amount(study.dropped_gw, "GW", _digits(study.dropped_gw))
    pace = (
        tell(
            "Spending was lower in the second half by the {readings} reading.",
            readings=text.listed([word(name) for name in slowed]),
        )
        if slowed
        else tell(
            "Spending did not slow in the second half of 2025: it was above the first half, in "
            "calendar and in fiscal halves."
        )
    )
    whole = (
        tell(
            "In the fiscal year to June 2025 it reached {plan}, all of Microsoft's building and "
            "buying counted.",
            plan=plan,
        )
        if reached
        else tell(
            "In the fiscal year to June 2025 it did not reach {plan}, all of Microsoft's building "
            "and buying counted.",
            plan=plan,
        )
    )
    dropped = (
        tell(
            "That about {size} of projects were dropped cannot be tested: it rests on one "
            "analyst's count, which nothing else here confirms.",
            size=size,
        )
        if study.recorded_gw == study.dropped_gw
        else tell(
            "The {size} that are held against the miners' power here are a choice; what was "
            "dropped cannot be tested.",
            size=size,
        )
    )
    return key, text.sentences(pace, whole, dropped)


def counted_in(findings: Sequence[Finding]) -> str:
    """What the verdict would read if the programme's sum decided, as it first did."""
    weighed = [
        replace(found, rule=replace(found.rule, decides=True))
        if found.rule.id == "programme-finished"
        else found
        for found in findings
    ]
    now, then = ledger.verdict(findings), ledger.verdict(weighed)
    effect = (
        tell("the same")
        if then == now
        else tell("“{then}” instead of “{now}”", then=word(then), now=word(now))
    )
    return tell(
        "Whether the sum was reached decided the verdict at first, and was taken out "
        "with the figures known, for the reason given. If it decided, the verdict "
        "would read {effect}.",
        effect=effect,
    )


def quarter_table(study: Study) -> pd.DataFrame:
    """Both measures by quarter, with how sure each row is and what its source adds."""
    rows = study.quarters
    return pd.DataFrame(
        {
            mark("fiscal quarter"): rows["fiscal"],
            mark("incl. finance leases"): rows["leases"],
            mark("cash"): rows["cash"],
            mark("how sure"): sure(rows),
            mark("note"): rows["note"].fillna(""),
        }
    ).rename(index=_quarter)


def growth_table(study: Study) -> pd.DataFrame:
    """Year-on-year growth by quarter, percent."""
    names = {
        "leases_growth": mark("incl. leases, on the year"),
        "cash_growth": mark("cash, on the year"),
    }
    table = study.quarters[list(names)].rename(columns=names)
    return table[table.notna().any(axis=1)].rename(index=_quarter)


def half_table(study: Study) -> pd.DataFrame:
    """Both measures by half, with growth against the half before."""
    names = {
        "leases": mark("incl. finance leases"),
        "leases_growth": mark("incl. leases, on the half before"),
        "cash": mark("cash"),
        "cash_growth": mark("cash, on the half before"),
    }
    return study.halves[list(names)].rename(columns=names, index=half_name)


def plan_sentence(study: Study) -> str:
    """When each measure passed the plan, and what the year's total rests on."""
    said = []
    for measure, name in MEASURES.items():
        quarter = capex.reached(study.cumulative[measure], study.plan_busd)
        year = text.amount(float(study.year[measure]), "bn USD")
        spending = word(name).capitalize()
        said.append(
            tell(
                "{spending} was {year} in the fiscal year; added up from July 2024 it passed the "
                "plan in {months}.",
                spending=spending,
                year=year,
                months=_span(quarter),
            )
            if quarter is not None
            else tell(
                "{spending} was {year} in the fiscal year; added up from July 2024 it does not "
                "pass the plan in these data.",
                spending=spending,
                year=year,
            )
        )
    everything = tell(
        "The plan was for data centres that serve AI, and both measures hold everything else that "
        "Microsoft builds and buys, so passing the plan does not show that this programme was "
        "complete."
    )
    return text.sentences(*said, everything)


def sums_sentence(study: Study) -> str:
    """Whether the quarters add up to the fiscal year, and where that is no check."""
    year = study.quarters[study.quarters["fiscal"].str.startswith(str(study.year.name))]
    circular = year.index[year["certainty"] == "derived"]
    cash, leases = float(year["cash"].sum()), float(year["leases"].sum())
    said = tell(
        "The four quarters add up to {cash} in cash, where the year's row says {cash_of_year}, and "
        "to {leases} with leases, where it says {leases_of_year}.",
        cash=text.amount(cash, "bn USD"),
        cash_of_year=text.amount(float(study.year["cash"]), "bn USD"),
        leases=text.amount(leases, "bn USD"),
        leases_of_year=text.amount(float(study.year["leases"]), "bn USD"),
    )
    if not len(circular):
        return said
    no_check = tell(
        "The second sum is no check: {quarters} was derived by difference from the same total.",
        quarters=text.listed([_quarter(q) for q in circular]),
    )
    return text.sentences(said, no_check)


def halves_sentence(study: Study, measure: str) -> str:
    """What each reading gives on the chosen measure, and how wrong a figure would have to be."""
    parts = []
    for reading, (first, second) in capex.READINGS.items():
        if first not in study.halves.index or second not in study.halves.index:
            parts.append(tell("the {reading} halves are not both known", reading=word(reading)))
            continue
        amount, percent = capex.overstatement(study.halves, reading, measure)
        if amount != amount:
            parts.append(tell("the {reading} halves are not both known", reading=word(reading)))
            continue
        later, earlier = (float(study.halves.at[h, measure]) for h in (second, first))
        change = capex.half_change(study.halves, reading, measure)
        parts.append(
            tell(
                "by the {reading} reading, {later_half} came to {later} against {earlier} in "
                "{earlier_half}, {change}, and the opposite would need the later sum to be "
                "{misstated} by {amount}, which is {percent} of it",
                reading=word(reading),
                later_half=half_name(second),
                later=text.amount(later, "bn USD", 1),
                earlier=text.amount(earlier, "bn USD", 1),
                earlier_half=half_name(first),
                change=text.amount(change, "percent", 1, sign=True),
                misstated=tell("overstated") if amount > 0 else tell("understated"),
                amount=text.amount(abs(amount), "bn USD", 1),
                percent=text.amount(abs(percent), "percent", 0),
            )
        )
    return tell("On {measure}: {parts}.", measure=word(MEASURES[measure]), parts="; ".join(parts))


def certainty_sentence(study: Study) -> str:
    """How many of the quarters that decide were seen at first hand."""
    used = [q for half in ("2024H2", "2025H1", "2025H2") for q in _quarters_of(half)]
    rows = study.quarters.reindex(pd.PeriodIndex(used, freq="Q"))
    kinds = rows["certainty"].value_counts()
    parts = [f"{int(count)} {word(kind)}" for kind, count in kinds.items()]
    return tell(
        "Of the {count} quarters that decide, the sources are: {parts}. Second-hand "
        "means that the figure was seen only on another page than the company's or a "
        "known outlet's, and derived that it is our arithmetic from other figures of "
        "the table.",
        count=len(used),
        parts=text.listed(parts),
    )


def conflict_table(study: Study) -> pd.DataFrame:
    """Where sources disagree, both sides, and what each would mean."""
    rows = {
        mark("What “spending” is in fiscal 2025"): (
            tell(
                "{leases} with finance leases",
                leases=text.amount(float(study.year["leases"]), "bn USD"),
            ),
            tell("{cash} in cash", cash=text.amount(float(study.year["cash"]), "bn USD")),
            _against_plan(study),
        )
    }
    implied = capex.guidance_implied(study)
    if study.guidance is not None and implied:
        year = int(study.guidance["year"])
        total = text.amount(float(study.guidance["total_busd"]), "bn USD", 0)
        calendar = text.amount(implied["calendar"], "percent", 0, sign=True)
        fiscal = text.amount(implied["fiscal"], "percent", 0, sign=True)
        question = tell(
            "The year that an announced {total} is for ({certainty})",
            total=total,
            certainty=word(study.guidance["certainty"]),
        )
        rows[question] = (
            tell("calendar {year}", year=year),
            tell("fiscal {year}", year=year),
            tell(
                "{calendar} on calendar {year_before}, or {fiscal} from the first half of fiscal "
                "{year} to its second",
                calendar=calendar,
                year_before=year - 1,
                fiscal=fiscal,
                year=year,
            ),
        )
    guided = study.quarters[study.quarters["note"].fillna("").str.contains("guided")]
    for quarter, row in guided.iterrows():
        rows[tell("Spending of {quarter}", quarter=_quarter(quarter))] = (
            tell("{note} bn USD before the quarter", note=row["note"]),
            tell(
                "{amount} reported after it", amount=text.amount(float(row["leases"]), "bn USD", 1)
            ),
            tell("what was reported is used"),
        )
    columns = [mark("one source says"), mark("another says"), mark("what follows")]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return frame.rename_axis(mark("question"))


def proportion_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Capacities with the dropped projects as a share of each."""
    return pd.DataFrame(
        {
            mark("as of"): frame["as_of"],
            mark("operating"): frame["operating_mw"],
            mark("planned"): frame["planned_mw"],
            mark("dropped of operating"): frame["share_of_operating"],
            mark("dropped of planned"): frame["share_of_planned"],
            mark("how sure"): sure(frame),
            mark("note"): frame["note"].fillna(""),
        }
    ).set_axis(pd.Index(frame["company"], name=mark("counted by, or company")))


def proportion_sentence(study: Study) -> str:
    """The dropped projects against the miners' capacity and against what they had signed."""
    event = pd.Timestamp(study.event_date)
    groups = study.groups.dropna(subset=["operating_mw"])
    before, after = groups[groups["as_of"] <= event], groups[groups["as_of"] > event]
    size = text.amount(study.dropped_gw, "GW", _digits(study.dropped_gw))
    said = []
    for label, rows in ((mark("before the day"), before), (mark("after it"), after)):
        if len(rows):
            low, high = rows["share_of_operating"].min(), rows["share_of_operating"].max()
            said.append(
                tell(
                    "{low} to {high} of what listed miners ran or controlled by the {count} counts "
                    "made {when}",
                    low=text.amount(low, "percent", 0),
                    high=text.amount(high, "percent", 0),
                    count=len(rows),
                    when=word(label),
                )
            )
    signed = study.contracts
    ratio = float(signed.at["by the event", "ratio"])
    then = text.amount(float(signed.at["by the event", "mw"]), "MW", 0)
    end = text.amount(float(signed.at["by the end of the data", "mw"]), "MW", 0)
    held = ""
    if said:
        held = tell("The {size} come to {shares}.", size=size, shares=text.listed(said))
    contracted = (
        tell(
            "It is {ratio} times the {signed} that the companies in the contracts table had signed "
            "for AI by that day; by the end of the data they had signed {signed_at_end}.",
            ratio=text.number(ratio, 1),
            signed=then,
            signed_at_end=end,
        )
        if ratio == ratio
        else tell(
            "The companies in the contracts table had signed nothing for AI by that day; by the "
            "end of the data they had signed {signed_at_end}.",
            signed_at_end=end,
        )
    )
    unsure = tell(
        "The counts disagree with each other and none of them is audited. Whether the dropped "
        "projects were counted in grid power or in power for machines is not known."
    )
    return text.sentences(held, contracted, unsure)


def contract_table(study: Study) -> pd.DataFrame:
    """What had been signed for AI by the day and by the end of the data."""
    return study.contracts.rename(
        columns={
            "without_size": mark("contracts of unknown size"),
            "contracts": mark("contracts of known size"),
            "mw": mark("signed (MW)"),
            "last": mark("latest"),
            "ratio": mark("dropped over signed"),
        }
    )


def notes_table(study: Study) -> pd.DataFrame:
    """The dated statements about Microsoft's projects."""
    frame = study.notes.assign(sure=sure(study.notes), time=study.notes["time"].fillna(""))
    frame = frame.set_index(frame["date"].dt.strftime("%Y-%m-%d").rename("date"))
    return frame[["time", "event", "sure"]].rename(
        columns={"event": mark("what was said or happened"), "sure": mark("how sure")}
    )


def day_table(moved: Reaction) -> pd.DataFrame:
    """The groups' day against the market, percent."""
    day = moved.day
    return pd.DataFrame(
        {
            mark("shares"): day["members"],
            mark("change"): day["return_pct"],
            mark("the market's part"): day["normal_pct"],
            mark("beyond the market"): day["ar_pct"],
            mark("from"): day["low_pct"],
            mark("to"): day["high_pct"],
            mark("share of other days at least as unusual"): day["p_placebo"],
            mark("other days"): day["other_days"],
        }
    )


def day_sentence(study: Study) -> str:
    """Whether Microsoft and the groups moved beyond the market on the day."""
    moved = study.reaction
    if moved is None:
        return tell(
            "The shares of the day cannot be studied: {reason}.", reason=word(study.no_reaction)
        )
    day = moved.day
    beyond = [
        word(str(group))
        for group in day.index
        if not day.at[group, "low_pct"] <= 0 <= day.at[group, "high_pct"]
    ]
    parts = [
        tell(
            "{group} {change} where the market alone gives {normal}",
            group=word(str(group)),
            change=text.amount(float(row["return_pct"]), "percent"),
            normal=text.amount(float(row["normal_pct"]), "percent"),
        )
        for group, row in day.iterrows()
    ]
    changes = tell("The changes of the day: {parts}.", parts="; ".join(parts))
    unusual = (
        tell_many(
            "{groups} lies outside what the model calls an ordinary day.",
            "{groups} lie outside what the model calls an ordinary day.",
            len(beyond),
            groups=text.listed(beyond),
        )
        if beyond
        else tell("None of them lies outside what the model calls an ordinary day.")
    )
    left_out = ""
    if moved.left_out:
        left_out = tell(
            "Left out for want of prices: {shares}.", shares=text.listed(list(moved.left_out))
        )
    return text.sentences(changes, unusual, left_out)


def since_sentence(study: Study) -> str:
    """Where spending and the shares stood at the end of the data."""
    growth = study.quarters[["leases_growth", "cash_growth"]]
    said = []
    for measure, name in MEASURES.items():
        known = growth[f"{measure}_growth"].dropna()
        last = known.index[-1]
        said.append(
            tell(
                "{spending} was {amount} in {months}, {growth} on the year before",
                spending=word(name),
                amount=text.amount(float(study.quarters.at[last, measure]), "bn USD", 1),
                months=_span(last),
                growth=text.amount(float(known.iloc[-1]), "percent", 0, sign=True),
            )
        )
    spoken = tell("The last known figures: {figures}.", figures="; ".join(said))
    if study.reaction is None:
        return spoken
    since = study.reaction.since
    moves = [
        f"{word(str(name))} {text.amount(float(v), 'percent', 0, sign=True)}"
        for name, v in since["to last session"].items()
    ]
    moved = tell(
        "From the close of {event_date} to the last session known: {moves}.",
        event_date=study.event_date,
        moves=", ".join(moves),
    )
    return text.sentences(spoken, moved)


def source(edition: str, publisher: str) -> str:
    """The source and as-of line under the figures."""
    return tell(
        "Source: {publisher}; claimbook edition {edition}", publisher=publisher, edition=edition
    )


def half_name(half: str) -> str:
    """`January to June 2025` for 2025H1."""
    if half.endswith("1"):
        return tell("January to June {year}", year=half[:4])
    return tell("July to December {year}", year=half[:4])


def _against_plan(study: Study) -> str:
    plan = text.amount(study.plan_busd, "bn USD", 0)
    sides = []
    for measure, label in (("leases", mark("with leases")), ("cash", mark("in cash"))):
        above = float(study.year[measure]) >= study.plan_busd
        sides.append(
            tell("at or above {plan} {measure}", plan=plan, measure=word(label))
            if above
            else tell("below {plan} {measure}", plan=plan, measure=word(label))
        )
    return ", ".join(sides)


def _quarter(quarter: pd.Period) -> str:
    return f"{quarter.year} Q{quarter.quarter}"


def _span(quarter: pd.Period) -> str:
    first, last = quarter.start_time, quarter.end_time
    return tell("{first} to {last}", first=text.month_name(first), last=text.month(last))


def _quarters_of(half: str) -> list[str]:
    start = 1 if half.endswith("1") else 3
    return [f"{half[:4]}Q{start}", f"{half[:4]}Q{start + 1}"]


def _digits(value: float) -> int:
    return 0 if float(value).is_integer() else 1
