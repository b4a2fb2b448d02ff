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
from claimbook.language import mark, tell, tell_many, word
from claimbook.ledger import Claim, Finding, Quantity

FACTOR_NAMES = {MARKET: mark("market"), BITCOIN: mark("bitcoin"), AI: mark("AI basket")}
JUDGED, DIFFERENCE = (
    "ai_beta_change.year_to_article",
    "ai_beta_difference.with_minus_without_contracts",
)
SHOCK_UNITS = dict.fromkeys(("AI basket", "miners", "with contracts", "without contracts"), "%")


def interval(one: Estimate, unit: str = "1", digits: int = 2) -> str:
    """`0.44 (95 % interval 0.03 to 0.82)`."""
    low, high = (text.amount(v, unit, digits) for v in (one.low, one.high))
    return tell(
        "{value} (95 % interval {low} to {high})",
        value=text.amount(one.value, unit, digits, sign=True),
        low=low,
        high=high,
    )


def decided(one: Estimate) -> str:
    """What an interval lets one say about a change: a rise, a fall, or undecided."""
    return {
        1: tell("The whole interval lies above zero, so a rise is shown."),
        -1: tell("The whole interval lies below zero, so a fall is shown."),
        0: tell("The interval spans zero, so it is undecided whether there was a change."),
    }[one.sign]


def headline(study: Study, findings: Sequence[Finding]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers and the summary of the verdict box."""
    change = study.year.change[AI]
    key = [
        (interval(change), tell("change of the sensitivity to AI shares in a year (AI beta)")),
    ]
    contracts = study.contracts.difference
    if contracts:
        key.append((interval(contracts), tell("shares with a signed contract less those without")))
    if study.to_end:
        later = tell("change from then to {end:%Y-%m-%d}", end=study.end)
        key.append((interval(study.to_end.change[AI]), later))
    silent = ""
    if findings[0].verdict == ledger.UNTESTED:
        silent = tell("The article says nothing about these windows.")
    return key, text.sentences(
        _year_words(study), _contract_words(study.contracts), _end_words(study), silent
    )


def _year_words(study: Study) -> str:
    change = study.year.change[AI]
    moved = tell("more") if change.value > 0 else tell("less")
    if change.sign:
        return tell(
            "In the {window} sessions to {last:%Y-%m-%d} miners' shares moved {more} with AI "
            "shares than in as many before, beyond what chance explains.",
            window=study.window,
            last=study.judged_on,
            more=moved,
        )
    undecided = tell(
        "In the {window} sessions to {last:%Y-%m-%d} miners' shares moved {more} with AI shares "
        "than in as many before, but the interval of the change spans zero: a rise is undecided.",
        window=study.window,
        last=study.judged_on,
        more=moved,
    )
    return text.sentences(undecided, _halving_aside(study))


def _halving_aside(study: Study) -> str:
    """Whether the article's own boundary says otherwise, for the summary."""
    one = study.since_halving
    if one is None or one.change[AI].sign == 0:
        return ""
    firm, ways = _firm(study, SINCE_HALVING, one.change[AI].sign)
    if one.change[AI].sign > 0:
        return tell(
            "Counted from the halving instead, a rise is shown in {firm} of {ways} ways to choose "
            "the factors.",
            firm=firm,
            ways=ways,
        )
    return tell(
        "Counted from the halving instead, a fall is shown in {firm} of {ways} ways to choose the "
        "factors.",
        firm=firm,
        ways=ways,
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
        return tell("Shares with and without contracts cannot be compared.")
    who = (
        tell("the one share with a contract ({share})", share=groups.holders[0])
        if len(groups.holders) == 1
        else tell("the {count} shares with contracts", count=len(groups.holders))
    )
    if one.sign == 0:
        return tell(
            "Whether {who} moved more with AI shares than the others is undecided.", who=who
        )
    return tell(
        "{Who} moved {more} with AI shares than the others.",
        Who=who[0].upper() + who[1:],
        more=tell("more") if one.sign > 0 else tell("less"),
    )


def _end_words(study: Study) -> str:
    if study.to_end is None:
        return tell("The data end too early for a look at what came after.")
    changed = {
        1: tell("had risen beyond chance"),
        -1: tell("had fallen beyond chance"),
        0: tell("had not changed beyond chance"),
    }[study.to_end.change[AI].sign]
    return tell(
        "By {end:%Y-%m-%d} the sensitivity {changed}, set against {judged_on:%Y-%m-%d}.",
        end=study.end,
        changed=changed,
        judged_on=study.judged_on,
    )


def method_sentence(study: Study, ai_basket: Sequence[str], market: str) -> str:
    """Shares, windows and factors of this run."""
    one = study.year
    return tell(
        "Compared are {later_from:%Y-%m-%d} to {later_to:%Y-%m-%d} and {earlier_from:%Y-%m-%d} to "
        "{earlier_to:%Y-%m-%d}, {later} and {earlier} sessions, for the mean of {shares}. The AI "
        "basket is the mean of {ai_basket}, the market {market}, and bitcoin is cut by {sources}.",
        later_from=one.after[0],
        later_to=one.after[-1],
        earlier_from=one.before[0],
        earlier_to=one.before[-1],
        later=len(one.after),
        earlier=len(one.before),
        shares=text.listed(list(one.shares)),
        ai_basket=text.listed(list(ai_basket)),
        market=market,
        sources=word(study.sources),
    )


def excluded_sentence(study: Study) -> str:
    """Which shares were left out of the comparison, and why."""
    if not study.excluded:
        return tell("No share of the list was left out.")
    named = [
        tell(
            "{subject} ({reason}; left out of {left_out_of})",
            subject=e.subject,
            reason=word(e.reason),
            left_out_of=word(e.left_out_of),
        )
        for e in study.excluded
    ]
    return tell("Left out: {names}.", names=text.listed(named))


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
    return tell(
        "The AI beta changed by {interval}. {decided} Half the interval's width is "
        "{half}: a change smaller than that could hardly be told from none. {level} "
        "{halving}",
        interval=interval(change),
        decided=decided(change),
        half=text.number(half),
        level=_level_words(study.year.later[AI]),
        halving=_halving_words(study),
    )


def _level_words(one: Estimate) -> str:
    """Whether the later window's beta itself is more than none."""
    shown = interval(one)
    return {
        1: tell("The later beta itself, {interval}, lies above zero.", interval=shown),
        -1: tell("The later beta itself, {interval}, lies below zero.", interval=shown),
        0: tell(
            "The later beta itself, {interval}, spans zero, so it is undecided whether there was "
            "any dependence at all.",
            interval=shown,
        ),
    }[one.sign]


def single_sentence(study: Study) -> str:
    """How far one session alone carries the change."""
    changes = study.left_out
    low, high = changes.idxmin(), changes.idxmax()
    return tell(
        "Without {lowest_on:%Y-%m-%d} alone the change is {lowest}, the least that leaving out one "
        "session gives; without {highest_on:%Y-%m-%d} it is {highest}, the most.",
        lowest_on=low,
        lowest=text.number(changes[low], sign=True),
        highest_on=high,
        highest=text.number(changes[high], sign=True),
    )


def _halving_words(study: Study) -> str:
    if study.since_halving is None:
        return tell("The halving does not lie between two windows that could be compared.")
    one = study.since_halving
    return tell(
        "From the halving ({first:%Y-%m-%d}, {count} sessions, against as many before) it changed "
        "by {interval}. {decided}",
        first=one.after[0],
        count=len(one.after),
        interval=interval(one.change[AI]),
        decided=decided(one.change[AI]),
    )


def redraw_sentence(study: Study) -> str:
    """In what blocks the sessions of the deciding change were redrawn, and why so."""
    one = study.year
    rule = text.listed([_sessions(length) for length in one.by_rule])
    return tell(
        "For the change judged the rule gives blocks of {rule} (the earlier window "
        "and the later). The wider interval is that with {redrawn} redrawn; it is "
        "judged.",
        rule=rule,
        redrawn=_redrawn(one.blocks),
    )


def _redrawn(blocks: tuple[int, int]) -> str:
    if set(blocks) == {1}:
        return tell("single sessions")
    lengths = text.listed([_sessions(length) for length in blocks])
    return tell("blocks of {lengths}", lengths=lengths)


def _sessions(count: int) -> str:
    return tell_many("{count} session", "{count} sessions", count)


def verdict_sentence(
    study: Study, claim: Claim, quantities: Mapping[str, Quantity], chosen: Mapping[str, Any]
) -> str:
    """What the verdict would read by the estimates alone, from the halving, and by each choice.

    Only the change of the year is exchanged; the other deciding finding stays as it is.
    """

    def read(found: Mapping[str, Quantity]) -> str:
        return ledger.verdict(ledger.judge_all(claim, {**quantities, **found}, chosen))

    if read({}) == ledger.UNTESTED:
        return tell("There is no verdict on these windows that a choice could turn.")
    alone = {f"{name}.low": quantities[name] for name in (JUDGED, DIFFERENCE)}
    ways = [read(_judged(row.value, row.low)) for row in study.choices.itertuples()]
    by_estimates = tell(
        "By the estimates alone, whatever their intervals, the verdict would read “{verdict}”.",
        verdict=word(read(alone)),
    )
    by_halving = ""
    if study.since_halving is not None:
        change = study.since_halving.change[AI]
        halved = read(_judged(change.value, change.low))
        by_halving = tell(
            "With the halving for the year it would read “{verdict}”.", verdict=word(halved)
        )
    counts = pd.Series(ways).value_counts()
    told = [
        tell("“{verdict}” in {count}", verdict=word(verdict), count=count)
        for verdict, count in counts.items()
    ]
    by_choice = tell(
        "With each of the {count} changes in the figure it reads {verdicts}.",
        count=len(ways),
        verdicts=text.listed(told),
    )
    return text.sentences(by_estimates, by_halving, by_choice)


def _judged(value: float, low: float) -> dict[str, Quantity]:
    return {JUDGED: Quantity(float(value), "1"), f"{JUDGED}.low": Quantity(float(low), "1")}


def other_factors_table(study: Study) -> pd.DataFrame:
    """The other comparisons under other factors."""
    table = study.other_factors.reset_index().set_index("choice")
    return table.rename(columns={"low": mark("from"), "high": mark("to")})


def other_factors_sentence(study: Study) -> str:
    """In how many choices of factors each of them lies above zero."""
    said = []
    for comparison in (SINCE_HALVING, TO_END, HOLDERS, HOLDERS_AT_END):
        above, ways = _firm(study, comparison, 1)
        if ways:
            part = tell("{part} of {all}", part=above, all=ways)
            said.append(f"{word(comparison)}: {part}")
    if not said:
        return tell("None of the other comparisons can be made in these windows.")
    return tell("Ways in which the whole interval lies above zero: {ways}.", ways="; ".join(said))


def expanding_table(study: Study) -> pd.DataFrame:
    """The AI beta over all sessions from the first, by year, with its band."""
    table = study.whole_at.rename(
        columns={"value": mark("AI beta"), "low": mark("from"), "high": mark("to")}
    )
    return table.astype({"sessions": int}) if len(table) else table


def further_sentence(study: Study) -> str:
    """The difference with those counted as holders whose contract the table lacks."""
    one = study.contracts_further
    added = [t for t in one.holders if t not in study.contracts.holders]
    if not added or one.difference is None:
        return tell("No further share of the list can be counted as a holder in this window.")
    return tell(
        "With {added} counted as holding a contract too, the difference is "
        "{interval}. {difference}",
        added=text.listed(added),
        interval=interval(one.difference),
        difference=_difference_words(one.difference),
    )


def shock_free_sentence(study: Study) -> str:
    """What is left of the change without the sessions of news on AI demand."""
    one = study.without_shocks
    if one is None:
        return tell("Too few sessions are left without those of news on AI demand.")
    dropped = len(study.year.after) - len(one.after)
    earlier = len(study.year.before) - len(one.before)
    if not dropped + earlier:
        return tell("No session of news on AI demand falls into either window.")
    return tell(
        "Without the {sessions} of news on AI demand, {later} of them in the later window, the "
        "change is {interval}. {decided}",
        sessions=_sessions(earlier + dropped),
        later=dropped,
        interval=interval(one.change[AI]),
        decided=decided(one.change[AI]),
    )


def placebo_sentence(study: Study) -> str:
    """How usual such a change was at other dates."""
    values = study.placebo
    if study.judged_on not in values.index or len(values) < 2:
        return tell("Such a change cannot be set beside those at other dates.")
    here = float(values[study.judged_on])
    others = values.drop(study.judged_on)
    large = int((others.abs() >= abs(here)).sum())
    return tell(
        "For the shares listed all along ({shares}) the change at {judged_on:%Y-%m-%d} was "
        "{change}. At {as_large} of {others} other weeks it was as large, up or down. Neighbouring "
        "weeks share most of their sessions, so this shows what is usual and is not a test.",
        shares=text.listed(list(study.long_shares)),
        judged_on=study.judged_on,
        change=text.number(here, sign=True),
        as_large=large,
        others=len(others),
    )


def level_sentence(study: Study) -> str:
    """The level on the date against the highest before."""
    line = study.long_lines[(AI, "value")]
    past = line[line.index <= study.judged_on]
    if past.empty:
        return ""
    peak = past.idxmax()
    now = float(past.iloc[-1])
    said = tell(
        "Among shares listed all along, the AI beta stood at {now} on {day:%Y-%m-%d}. Its highest "
        "value until then was {highest}, in the window to {peak:%Y-%m-%d}.",
        now=text.number(now),
        day=past.index[-1],
        highest=text.number(float(past.max())),
        peak=peak,
    )
    table = study.contracts_at_end.table
    first = table["first contract"].min() if len(table) else pd.NaT
    if pd.notna(first) and peak < first:
        before = tell(
            "No contract in the table had been signed by then, so a high AI beta need not come "
            "from contracts: AI shares may have stood for technology shares at large."
        )
        return text.sentences(said, before)
    return said


def test_table(study: Study) -> pd.DataFrame:
    """Tests of a trend and of a break, to the date judged and to the end."""
    rows = {
        tell("to {last:%Y-%m-%d}", last=found.table["last"].iloc[-1]): {
            mark("trend a year"): found.slope.value,
            mark("from"): found.slope.low,
            mark("to"): found.slope.high,
            mark("trend of the blocks"): found.block_slope,
            mark("its p"): text.number(found.slope_p, 3),
            mark("likeliest break"): found.break_at,
            mark("step there"): found.gap,
            mark("break's p"): text.number(found.break_p, 3),
            mark("breaks by BIC"): text.listed([f"{day:%Y-%m}" for day in found.bic_breaks])
            or mark("none"),
        }
        for found in (study.to_article, study.to_edition_end)
        if found is not None
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(mark("sessions"))


def test_sentence(study: Study) -> str:
    """Trend and break in words."""
    to_article = tell("Up to {last:%Y-%m-%d}", last=study.judged_on)
    to_end = tell("Up to the last session")
    said = [
        _tested(found, when)
        for found, when in ((study.to_article, to_article), (study.to_edition_end, to_end))
        if found is not None
    ]
    if not said:
        return tell("There are too few sessions for a test of a trend or a break.")
    by_bic = tell(
        "BIC takes the blocks for independent and equally sure, so its breaks are a description; "
        "the p-values stand on the wild bootstrap."
    )
    return text.sentences(*said, by_bic)


def _tested(found: Varying, when: str) -> str:
    level = 0.05
    slope = text.number(found.block_slope, sign=True)
    slope_p, break_p = text.number(found.slope_p, 3), text.number(found.break_p, 3)
    trend = (
        tell(
            "{when} a trend can be told from chance (blocks: {slope} a year, p {p_value})",
            when=when,
            slope=slope,
            p_value=slope_p,
        )
        if found.slope_p <= level
        else tell(
            "{when} a trend cannot be told from chance (blocks: {slope} a year, p {p_value})",
            when=when,
            slope=slope,
            p_value=slope_p,
        )
    )
    if found.break_p <= level:
        return tell("{trend}, and a break can be (p {p_value}).", trend=trend, p_value=break_p)
    return tell("{trend}, and a break cannot be (p {p_value}).", trend=trend, p_value=break_p)


def variance_sentence(study: Study) -> str:
    """AI's share of variance in both windows."""
    one = study.variance
    change = one.change[AI]
    low, high = (text.number(v, 1) for v in (change.low, change.high))
    return tell(
        "Shapley's value gives the AI basket {earlier} of the variance in the earlier window and "
        "{later} in the later, a change of {change} (95 % interval {low} to {high}). {decided} "
        "Shapley's value shares out what factors have in common, and it also grows when AI shares "
        "themselves move more, so it is no measure of sensitivity.",
        earlier=text.amount(one.earlier[AI].value, "percent", 1),
        later=text.amount(one.later[AI].value, "percent", 1),
        change=text.amount(change.value, "percentage points", 1, sign=True),
        low=low,
        high=high,
        decided=decided(change),
    )


def contract_table(groups: Contracts) -> pd.DataFrame:
    """Shares with beta, interval and signed megawatts, highest first."""
    if groups.table.empty:
        return groups.table
    table = groups.table.sort_values("value", ascending=False)
    return pd.DataFrame(
        {
            mark("AI beta"): table["value"],
            mark("from"): table["low"],
            mark("to"): table["high"],
            mark("contract signed"): table["signed"].astype(bool),
            mark("megawatts"): table["megawatts"],
            mark("first contract"): [
                mark("none") if pd.isna(day) else f"{day:%Y-%m-%d}"
                for day in table["first contract"]
            ],
        }
    )


def contract_sentence(groups: Contracts) -> str:
    """The difference in words, with what the labels allow."""
    if groups.difference is None:
        if groups.holders:
            return tell(
                "By {until:%Y-%m-%d} no share without a signed contract is left to compare.",
                until=groups.until,
            )
        return tell(
            "By {until:%Y-%m-%d} no share with a signed contract is left to compare.",
            until=groups.until,
        )
    differed = tell(
        "In the window to {until:%Y-%m-%d} the AI beta of {holders} differed from the mean of "
        "{others} by {interval}.",
        until=groups.until,
        holders=text.listed(list(groups.holders)),
        others=text.listed(list(groups.others)),
        interval=interval(groups.difference),
    )
    alone = ways = ""
    if len(groups.holders) == 1:
        alone = tell(
            "With one share on a side, what is due to the contract cannot be told from what is due "
            "to that company."
        )
    if groups.p is not None and groups.least_p is not None:
        ways = tell(
            "Of all ways to hand out the contracts, a share of {share} gives as large a "
            "difference; the least possible is {least}.",
            share=text.number(groups.p, 3),
            least=text.number(groups.least_p, 3),
        )
    return text.sentences(
        differed, _difference_words(groups.difference), alone, ways, _notes(groups)
    )


def _notes(groups: Contracts) -> str:
    if not groups.notes:
        return ""
    return tell("Not counted: {notes}.", notes="; ".join(map(word, groups.notes)))


def _difference_words(one: Estimate) -> str:
    return {
        1: tell("The whole interval lies above zero."),
        -1: tell("The whole interval lies below zero."),
        0: tell("The interval spans zero, so the difference is undecided."),
    }[one.sign]


def signing_table(study: Study) -> pd.DataFrame:
    """Before and after each first contract."""
    return study.signing.table.rename(columns={"low": mark("from"), "high": mark("to")})


def signing_sentence(study: Study) -> str:
    """The mean of the differences, and who was left out."""
    found = study.signing
    said = tell("No first contract has enough sessions on both sides.")
    if found.mean is not None:
        said = tell(
            "On average over {count} first contracts the AI beta changed by "
            "{interval} against that of the others. {difference} The others are "
            "those of {others} listed at the time.",
            count=len(found.table),
            interval=interval(found.mean),
            difference=_difference_words(found.mean),
            others=text.listed(list(found.others)),
        )
    if not found.excluded:
        return said
    named = [f"{e.subject} ({word(e.reason)})" for e in found.excluded]
    return text.sentences(said, tell("Left out: {names}.", names=text.listed(named)))


def shock_table(study: Study) -> pd.DataFrame:
    """Each session of news on AI demand."""
    names = {
        "news": mark("news"),
        "ai": mark("AI basket"),
        "all": mark("miners"),
        "with": mark("with contracts"),
        "without": mark("without contracts"),
        "per ai percent": mark("miners per AI percent"),
        "subjects": mark("left out"),
    }
    table = study.shocks[list(names)].rename(columns=names)
    return table.set_axis([f"{day:%Y-%m-%d}" for day in table.index]).rename_axis(mark("session"))


def shock_sentence(study: Study) -> str:
    """How many shocks moved the basket or the miners beyond the usual."""
    table = study.shocks
    if table.empty:
        return tell("No session of news on AI demand has enough sessions before it.")
    basket = int((table["ai"].abs() > table["ai usual"]).sum())
    miners = int((table["all"].abs() > table["all usual"]).sum())
    both = table.dropna(subset=["with", "without"])
    falls = both[both["ai"] < 0]
    deeper = int((falls["with"] < falls["without"]).sum())
    return tell(
        "On {basket} of {all} such sessions the AI basket left its usual range, on {miners} the "
        "miners' mean did. Of the {falls} sessions on which the basket fell and both groups can be "
        "formed, the holders of contracts fell further on {deeper}. The sessions were chosen "
        "because something happened on them, so they say more about holders against others than "
        "about what is usual.",
        basket=basket,
        all=len(table),
        miners=miners,
        falls=len(falls),
        deeper=deeper,
    )


def choice_sentence(study: Study) -> str:
    """How many choices decide the change."""
    table = study.choices
    up, down = int((table["low"] > 0).sum()), int((table["high"] < 0).sum())
    rose = int((table["value"] > 0).sum())
    counted = tell(
        "Of {count} ways to measure the same change, {rose} show a rise in the estimate. In "
        "{above} of them the whole interval lies above zero, in {below} below.",
        count=len(table),
        rose=rose,
        above=up,
        below=down,
    )
    firm = (
        tell("The choice does not matter for what is decided.")
        if max(up, down) in (0, len(table))
        else tell("So the outcome turns on the choice and is not firm.")
    )
    return text.sentences(counted, firm)


def since_sentence(study: Study) -> str:
    """What is true at the edition's end."""
    if study.to_end is None:
        return tell(
            "The data end less than a window after the date judged, so there is no later window."
        )
    one = study.to_end
    return tell(
        "In the {count} sessions to {end:%Y-%m-%d} the AI beta was {later}, against {earlier} in "
        "the window to {judged_on:%Y-%m-%d}: {interval}. {decided}",
        count=len(one.after),
        end=study.end,
        later=text.number(one.later[AI].value),
        earlier=text.number(one.earlier[AI].value),
        judged_on=study.judged_on,
        interval=interval(one.change[AI]),
        decided=decided(one.change[AI]),
    )


def source(edition: str) -> str:
    """The source and as-of line under the figures."""
    return tell(
        "Source: Yahoo Finance, adjusted closes; contracts and events as listed; own "
        "calculation; claimbook edition {edition}",
        edition=edition,
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
            tell("to {last:%Y-%m-%d}", last=one.before[-1]): one.earlier[factor].value,
            tell("to {last:%Y-%m-%d}", last=one.after[-1]): one.later[factor].value,
            mark("change"): change.value,
            mark("from"): change.low,
            mark("to"): change.high,
            mark("decided"): {1: mark("rise"), -1: mark("fall"), 0: mark("undecided")}[change.sign],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(mark("beta on"))
