"""Sentences and tables of the ai-dependence notebook."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from claimbook import ledger, text
from claimbook.analysis.betas import Estimate
from claimbook.analysis.dependence import (
    HOLDERS,
    HOLDERS_AT_END,
    SINCE_HALVING,
    TO_END,
    Comparison,
    Contracts,
    Study,
)
from claimbook.analysis.setting import AI, BITCOIN, MARKET
from claimbook.analysis.varying import Varying
from claimbook.ledger import Claim, Finding, Quantity

FACTOR_NAMES = {MARKET: "market", BITCOIN: "bitcoin", AI: "AI basket"}
JUDGED, DIFFERENCE = (
    "ai_beta_change.year_to_article",
    "ai_beta_difference.with_minus_without_contracts",
)
SHOCK_UNITS = dict.fromkeys(("AI basket", "miners", "with contracts", "without contracts"), "%")


def interval(one: Estimate, unit: str = "1", digits: int = 2) -> str:
    """`0.44 (95 % interval 0.03 to 0.82)`."""
    low, high = (text.amount(v, unit, digits) for v in (one.low, one.high))
    return f"{text.amount(one.value, unit, digits, sign=True)} (95 % interval {low} to {high})"


def decided(one: Estimate) -> str:
    """What an interval lets one say about a change: a rise, a fall, or undecided."""
    return {
        1: "The whole interval lies above zero, so a rise is shown.",
        -1: "The whole interval lies below zero, so a fall is shown.",
        0: "The interval spans zero, so it is undecided whether there was a change.",
    }[one.sign]


def headline(study: Study, findings: Sequence[Finding]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers and the summary of the verdict box."""
    change = study.year.change[AI]
    key = [
        (interval(change), "change of the sensitivity to AI shares in a year (AI beta)"),
    ]
    contracts = study.contracts.difference
    if contracts:
        key.append((interval(contracts), "shares with a signed contract less those without"))
    if study.to_end:
        key.append((interval(study.to_end.change[AI]), f"change from then to {study.end:%Y-%m-%d}"))
    summary = f"{_year_words(study)} {_contract_words(study.contracts)} {_end_words(study)}"
    if findings[0].verdict == ledger.UNTESTED:
        summary += " The article says nothing about these windows."
    return key, summary


def _year_words(study: Study) -> str:
    change = study.year.change[AI]
    moved = "more" if change.value > 0 else "less"
    span = f"In the {study.window} sessions to {study.judged_on:%Y-%m-%d} miners' shares moved"
    if change.sign == 0:
        return (
            f"{span} {moved} with AI shares than in as many before, but the interval of the change "
            f"spans zero: a rise is undecided.{_halving_aside(study)}"
        )
    return f"{span} {moved} with AI shares than in as many before, beyond what chance explains."


def _halving_aside(study: Study) -> str:
    """Whether the article's own boundary says otherwise, for the summary."""
    one = study.since_halving
    if one is None or one.change[AI].sign == 0:
        return ""
    word = "rise" if one.change[AI].sign > 0 else "fall"
    firm, ways = _firm(study, SINCE_HALVING, one.change[AI].sign)
    return (
        f" Counted from the halving instead, a {word} is shown in {firm} of {ways} ways to choose "
        "the factors."
    )


def _firm(study: Study, comparison: str, sign: int) -> tuple[int, int]:
    """In how many choices of factors the interval lies on that side of zero, and of how many."""
    names = study.other_factors.index.get_level_values("comparison")
    table = study.other_factors[names == comparison]
    beyond = table["low"] > 0 if sign > 0 else table["high"] < 0
    return int(beyond.sum()), len(table)


def _contract_words(groups: Contracts) -> str:
    one = groups.difference
    if one is None:
        return "Shares with and without contracts cannot be compared."
    who = (
        f"the one share with a contract ({groups.holders[0]})"
        if len(groups.holders) == 1
        else f"the {len(groups.holders)} shares with contracts"
    )
    if one.sign == 0:
        return f"Whether {who} moved more with AI shares than the others is undecided."
    moved = "more" if one.sign > 0 else "less"
    return f"{who[0].upper()}{who[1:]} moved {moved} with AI shares than the others."


def _end_words(study: Study) -> str:
    if study.to_end is None:
        return "The data end too early for a look at what came after."
    change = study.to_end.change[AI]
    said = {1: "had risen beyond chance", -1: "had fallen beyond chance", 0: "had not changed "
            "beyond chance"}[change.sign]  # fmt: skip
    return (
        f"By {study.end:%Y-%m-%d} the sensitivity {said}, set against {study.judged_on:%Y-%m-%d}."
    )


def method_sentence(study: Study, ai_basket: Sequence[str], market: str) -> str:
    """Shares, windows and factors of this run."""
    one = study.year
    return (
        f"Compared are {one.after[0]:%Y-%m-%d} to {one.after[-1]:%Y-%m-%d} and "
        f"{one.before[0]:%Y-%m-%d} to {one.before[-1]:%Y-%m-%d}, {len(one.after)} and "
        f"{len(one.before)} sessions, for the mean of {text.listed(list(one.shares))}. The AI "
        f"basket is the mean of {text.listed(list(ai_basket))}, the market {market}, and bitcoin "
        f"is cut by {study.sources}."
    )


def excluded_sentence(study: Study) -> str:
    """Which shares were left out of the comparison, and why."""
    if not study.excluded:
        return "No share of the list was left out."
    named = [f"{e.subject} ({e.reason}; left out of {e.left_out_of})" for e in study.excluded]
    return f"Left out: {text.listed(named)}."


def beta_table(study: Study) -> pd.DataFrame:
    """Each factor's beta in both windows and its change, with intervals."""
    return _comparison_table(study.year)


def end_table(study: Study) -> pd.DataFrame:
    """The same for the window to the edition's end."""
    return pd.DataFrame() if study.to_end is None else _comparison_table(study.to_end)


def change_sentence(study: Study) -> str:
    """The deciding change in words, with what could have been seen."""
    change = study.year.change[AI]
    half = (change.high - change.low) / 2
    return (
        f"The AI beta changed by {interval(change)}. {decided(change)} Half the interval's width "
        f"is {text.number(half)}: a change smaller than that could hardly be told from none. "
        f"{_level_words(study.year.later[AI])} {_halving_words(study)}"
    )


def _level_words(one: Estimate) -> str:
    """Whether the later window's beta itself is more than none."""
    side = {1: "lies above zero", -1: "lies below zero", 0: "spans zero"}[one.sign]
    return f"The later beta itself, {interval(one)}, {side}" + (
        ", so it is undecided whether there was any dependence at all." if one.sign == 0 else "."
    )


def single_sentence(study: Study) -> str:
    """How far one session alone carries the change."""
    changes = study.left_out
    low, high = changes.idxmin(), changes.idxmax()
    return (
        f"Without {low:%Y-%m-%d} alone the change is {text.number(changes[low], sign=True)}, the "
        f"least that leaving out one session gives; without {high:%Y-%m-%d} it is "
        f"{text.number(changes[high], sign=True)}, the most."
    )


def _halving_words(study: Study) -> str:
    if study.since_halving is None:
        return "The halving does not lie between two windows that could be compared."
    one = study.since_halving
    return (
        f"From the halving ({one.after[0]:%Y-%m-%d}, {len(one.after)} sessions, against as many "
        f"before) it changed by {interval(one.change[AI])}. {decided(one.change[AI])}"
    )


def redraw_sentence(study: Study) -> str:
    """In what blocks the sessions of the deciding change were redrawn, and why so."""
    one = study.year
    rule = " and ".join(_sessions(length) for length in one.by_rule)
    return (
        f"For the change judged the rule gives blocks of {rule} (the earlier window and the "
        f"later). The wider interval is that with {_redrawn(one.blocks)} redrawn; it is judged."
    )


def _redrawn(blocks: tuple[int, int]) -> str:
    if set(blocks) == {1}:
        return "single sessions"
    return f"blocks of {' and '.join(_sessions(length) for length in blocks)}"


def _sessions(length: int) -> str:
    return f"{length} session{'s' if length != 1 else ''}"


def verdict_sentence(
    study: Study, claim: Claim, quantities: Mapping[str, Quantity], chosen: Mapping[str, Any]
) -> str:
    """What the verdict would read by the estimates alone, from the halving, and by each choice.

    Only the change of the year is exchanged; the other deciding finding stays as it is.
    """

    def read(found: Mapping[str, Quantity]) -> str:
        return ledger.verdict(ledger.judge_all(claim, {**quantities, **found}, chosen))

    if read({}) == ledger.UNTESTED:
        return "There is no verdict on these windows that a choice could turn."
    alone = {f"{name}.low": quantities[name] for name in (JUDGED, DIFFERENCE)}
    ways = [read(_judged(row.value, row.low)) for row in study.choices.itertuples()]
    said = (
        f"By the estimates alone, whatever their intervals, the verdict would read “{read(alone)}”."
    )
    if study.since_halving is not None:
        change = study.since_halving.change[AI]
        halved = read(_judged(change.value, change.low))
        said += f" With the halving for the year it would read “{halved}”."
    counts = pd.Series(ways).value_counts()
    told = [f"“{verdict}” in {count}" for verdict, count in counts.items()]
    return (
        f"{said} With each of the {len(ways)} changes in the figure it reads {text.listed(told)}."
    )


def _judged(value: float, low: float) -> dict[str, Quantity]:
    return {JUDGED: Quantity(float(value), "1"), f"{JUDGED}.low": Quantity(float(low), "1")}


def other_factors_table(study: Study) -> pd.DataFrame:
    """The other comparisons under other factors."""
    table = study.other_factors.reset_index().set_index("choice")
    return table.rename(columns={"low": "from", "high": "to"})


def other_factors_sentence(study: Study) -> str:
    """In how many choices of factors each of them lies above zero."""
    said = []
    for comparison in (SINCE_HALVING, TO_END, HOLDERS, HOLDERS_AT_END):
        above, ways = _firm(study, comparison, 1)
        if ways:
            said.append(f"{comparison}: {above} of {ways}")
    if not said:
        return "None of the other comparisons can be made in these windows."
    return f"Ways in which the whole interval lies above zero: {'; '.join(said)}."


def expanding_table(study: Study) -> pd.DataFrame:
    """The AI beta over all sessions from the first, by year, with its band."""
    table = study.whole_at.rename(columns={"value": "AI beta", "low": "from", "high": "to"})
    return table.astype({"sessions": int}) if len(table) else table


def further_sentence(study: Study) -> str:
    """The difference with those counted as holders whose contract the table lacks."""
    one = study.contracts_further
    added = [t for t in one.holders if t not in study.contracts.holders]
    if not added or one.difference is None:
        return "No further share of the list can be counted as a holder in this window."
    return (
        f"With {text.listed(added)} counted as holding a contract too, the difference is "
        f"{interval(one.difference)}. {_difference_words(one.difference)}"
    )


def shock_free_sentence(study: Study) -> str:
    """What is left of the change without the sessions of news on AI demand."""
    one = study.without_shocks
    if one is None:
        return "Too few sessions are left without those of news on AI demand."
    dropped = len(study.year.after) - len(one.after)
    earlier = len(study.year.before) - len(one.before)
    if not dropped + earlier:
        return "No session of news on AI demand falls into either window."
    return (
        f"Without the {_sessions(earlier + dropped)} of news on AI demand, {dropped} of them in "
        f"the later window, the change is "
        f"{interval(one.change[AI])}. {decided(one.change[AI])}"
    )


def placebo_sentence(study: Study) -> str:
    """How usual such a change was at other dates."""
    values = study.placebo
    if study.judged_on not in values.index or len(values) < 2:
        return "Such a change cannot be set beside those at other dates."
    here = float(values[study.judged_on])
    others = values.drop(study.judged_on)
    large = int((others.abs() >= abs(here)).sum())
    return (
        f"For the shares listed all along ({text.listed(list(study.long_shares))}) the change at "
        f"{study.judged_on:%Y-%m-%d} was {text.number(here, sign=True)}. At {large} of "
        f"{len(others)} other weeks it was as large, up or down. "
        "Neighbouring weeks share most of their sessions, "
        "so this shows what is usual and is not a test."
    )


def level_sentence(study: Study) -> str:
    """The level on the date against the highest before."""
    line = study.long_lines[(AI, "value")]
    past = line[line.index <= study.judged_on]
    if past.empty:
        return ""
    peak = past.idxmax()
    now = float(past.iloc[-1])
    said = (
        f"Among shares listed all along, the AI beta stood at {text.number(now)} on "
        f"{past.index[-1]:%Y-%m-%d}. Its highest value until then was "
        f"{text.number(float(past.max()))}, in the window to {peak:%Y-%m-%d}."
    )
    table = study.contracts_at_end.table
    first = table["first contract"].min() if len(table) else pd.NaT
    if pd.notna(first) and peak < first:
        said += (
            " No contract in the table had been signed by then, so a high AI beta need not come "
            "from contracts: AI shares may have stood for technology shares at large."
        )
    return said


def test_table(study: Study) -> pd.DataFrame:
    """Tests of a trend and of a break, to the date judged and to the end."""
    rows = {
        f"to {found.table['last'].iloc[-1]:%Y-%m-%d}": {
            "trend a year": found.slope.value,
            "from": found.slope.low,
            "to": found.slope.high,
            "trend of the blocks": found.block_slope,
            "its p": text.number(found.slope_p, 3),
            "likeliest break": found.break_at,
            "step there": found.gap,
            "break's p": text.number(found.break_p, 3),
            "breaks by BIC": text.listed([f"{day:%Y-%m}" for day in found.bic_breaks]) or "none",
        }
        for found in (study.to_article, study.to_edition_end)
        if found is not None
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("sessions")


def test_sentence(study: Study) -> str:
    """Trend and break in words."""
    said = [
        _tested(found, when)
        for found, when in (
            (study.to_article, f"Up to {study.judged_on:%Y-%m-%d}"),
            (study.to_edition_end, "Up to the last session"),
        )
        if found is not None
    ]
    if not said:
        return "There are too few sessions for a test of a trend or a break."
    return " ".join(said) + (
        " BIC takes the blocks for independent and equally sure, so its breaks are a description; "
        "the p-values stand on the wild bootstrap."
    )


def _tested(found: Varying, when: str) -> str:
    level = 0.05
    trend = "can be" if found.slope_p <= level else "cannot be"
    step = "can be" if found.break_p <= level else "cannot be"
    return (
        f"{when} a trend {trend} told from chance "
        f"(blocks: {text.number(found.block_slope, sign=True)} a year, p "
        f"{text.number(found.slope_p, 3)}), and a break {step} "
        f"(p {text.number(found.break_p, 3)})."
    )


def variance_sentence(study: Study) -> str:
    """AI's share of variance in both windows."""
    one = study.variance
    change = one.change[AI]
    low, high = (text.number(v, 1) for v in (change.low, change.high))
    return (
        f"Shapley's value gives the AI basket {text.amount(one.earlier[AI].value, 'percent', 1)} "
        f"of the variance in the earlier window and "
        f"{text.amount(one.later[AI].value, 'percent', 1)} in the later, a change of "
        f"{text.amount(change.value, 'percentage points', 1, sign=True)} (95 % interval {low} to "
        f"{high}). {decided(change)} Shapley's value shares out what factors have in common, and "
        "it also grows when AI shares themselves move more, so it is no measure of sensitivity."
    )


def contract_table(groups: Contracts) -> pd.DataFrame:
    """Shares with beta, interval and signed megawatts, highest first."""
    if groups.table.empty:
        return groups.table
    table = groups.table.sort_values("value", ascending=False)
    return pd.DataFrame(
        {
            "AI beta": table["value"],
            "from": table["low"],
            "to": table["high"],
            "contract signed": table["signed"].astype(bool),
            "megawatts": table["megawatts"],
            "first contract": [
                "none" if pd.isna(day) else f"{day:%Y-%m-%d}" for day in table["first contract"]
            ],
        }
    )


def contract_sentence(groups: Contracts) -> str:
    """The difference in words, with what the labels allow."""
    if groups.difference is None:
        side = "without" if groups.holders else "with"
        return f"By {groups.until:%Y-%m-%d} no share {side} a signed contract is left to compare."
    said = (
        f"In the window to {groups.until:%Y-%m-%d} the AI beta of "
        f"{text.listed(list(groups.holders))} "
        f"differed from the mean of {text.listed(list(groups.others))} by "
        f"{interval(groups.difference)}. {_difference_words(groups.difference)} "
    )
    if len(groups.holders) == 1:
        said += (
            "With one share on a side, what is due to the contract cannot be told from what is due "
            "to that company. "
        )
    if groups.p is not None and groups.least_p is not None:
        said += (
            f"Of all ways to hand out the contracts, a share of {text.number(groups.p, 3)} gives "
            f"as large a difference; the least possible is {text.number(groups.least_p, 3)}."
        )
    return said + _notes(groups)


def _notes(groups: Contracts) -> str:
    return f" Not counted: {'; '.join(groups.notes)}." if groups.notes else ""


def _difference_words(one: Estimate) -> str:
    return {
        1: "The whole interval lies above zero.",
        -1: "The whole interval lies below zero.",
        0: "The interval spans zero, so the difference is undecided.",
    }[one.sign]


def signing_table(study: Study) -> pd.DataFrame:
    """Before and after each first contract."""
    return study.signing.table.rename(columns={"low": "from", "high": "to"})


def signing_sentence(study: Study) -> str:
    """The mean of the differences, and who was left out."""
    found = study.signing
    said = "No first contract has enough sessions on both sides."
    if found.mean is not None:
        said = (
            f"On average over {len(found.table)} first contracts the AI beta changed by "
            f"{interval(found.mean)} against that of the others. {_difference_words(found.mean)} "
            f"The others are those of {text.listed(list(found.others))} listed at the time."
        )
    if found.excluded:
        named = [f"{e.subject} ({e.reason})" for e in found.excluded]
        said += f" Left out: {text.listed(named)}."
    return said


def shock_table(study: Study) -> pd.DataFrame:
    """Each session of news on AI demand."""
    names = {
        "news": "news",
        "ai": "AI basket",
        "all": "miners",
        "with": "with contracts",
        "without": "without contracts",
        "per ai percent": "miners per AI percent",
        "subjects": "left out",
    }
    table = study.shocks[list(names)].rename(columns=names)
    return table.set_axis([f"{day:%Y-%m-%d}" for day in table.index]).rename_axis("session")


def shock_sentence(study: Study) -> str:
    """How many shocks moved the basket or the miners beyond the usual."""
    table = study.shocks
    if table.empty:
        return "No session of news on AI demand has enough sessions before it."
    basket = int((table["ai"].abs() > table["ai usual"]).sum())
    miners = int((table["all"].abs() > table["all usual"]).sum())
    both = table.dropna(subset=["with", "without"])
    falls = both[both["ai"] < 0]
    deeper = int((falls["with"] < falls["without"]).sum())
    return (
        f"On {basket} of {len(table)} such sessions the AI basket left its usual range, on "
        f"{miners} the miners' mean did. "
        f"Of the {len(falls)} sessions on which the basket fell and both "
        f"groups can be formed, the holders of contracts fell further on {deeper}. The sessions "
        "were chosen because something happened on them, so they say more about holders against "
        "others than about what is usual."
    )


def choice_sentence(study: Study) -> str:
    """How many choices decide the change."""
    table = study.choices
    up, down = int((table["low"] > 0).sum()), int((table["high"] < 0).sum())
    rose = int((table["value"] > 0).sum())
    return (
        f"Of {len(table)} ways to measure the same change, {rose} show a rise in the estimate. In "
        f"{up} of them the whole interval lies above zero, in {down} below. "
        + (
            "The choice does not matter for what is decided."
            if max(up, down) in (0, len(table))
            else "So the outcome turns on the choice and is not firm."
        )
    )


def since_sentence(study: Study) -> str:
    """What is true at the edition's end."""
    if study.to_end is None:
        return "The data end less than a window after the date judged, so there is no later window."
    one = study.to_end
    return (
        f"In the {len(one.after)} sessions to {study.end:%Y-%m-%d} the AI beta was "
        f"{text.number(one.later[AI].value)}, against {text.number(one.earlier[AI].value)} in the "
        f"window to {study.judged_on:%Y-%m-%d}: {interval(one.change[AI])}. "
        f"{decided(one.change[AI])}"
    )


def source(edition: str) -> str:
    """The source and as-of line under the figures."""
    return (
        "Source: Yahoo Finance, adjusted closes; contracts and events as listed; own calculation; "
        f"claimbook edition {edition}"
    )


def points(study: Study) -> dict[pd.Timestamp, Estimate]:
    """The AI betas of the two windows compared, by each window's last session."""
    one = study.year
    return {one.before[-1]: one.earlier[AI], one.after[-1]: one.later[AI]}


def latest_test(study: Study) -> Varying | None:
    """The test over the most sessions, for the figure."""
    return study.to_edition_end or study.to_article


def _comparison_table(one: Comparison) -> pd.DataFrame:
    rows = {}
    for factor, change in one.change.items():
        rows[FACTOR_NAMES[factor]] = {
            f"to {one.before[-1]:%Y-%m-%d}": one.earlier[factor].value,
            f"to {one.after[-1]:%Y-%m-%d}": one.later[factor].value,
            "change": change.value,
            "from": change.low,
            "to": change.high,
            "decided": {1: "rise", -1: "fall", 0: "undecided"}[change.sign],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("beta on")
