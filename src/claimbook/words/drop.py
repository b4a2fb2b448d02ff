"""Sentences and tables of the miner-drop notebook."""

from collections.abc import Sequence

import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import moves
from claimbook.analysis.moves import DayStudy
from claimbook.language import mark, tell, tell_many, word
from claimbook.ledger import Finding

NO_HOURS = mark("The data hold no hourly bars for this day, so its path cannot be shown.")
PRICE_UNITS = dict.fromkeys(("previous close", "open", "high", "low", "close"), "USD")
RETURN_UNITS = dict.fromkeys(
    ("gap at the opening", "opening to close", "close to close", "to the day's low"), "%"
)


def headline(study: DayStudy, findings: Sequence[Finding]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers and the summary sentence of the verdict box."""
    closes = study.moves["close_to_close"].dropna()
    if closes.empty:
        return [], tell(
            "No share of the list has prices for {event_date} and the session before.",
            event_date=study.event_date,
        )
    deepest, smallest = closes.idxmin(), closes.idxmax()
    if closes.max() < 0:
        names = (tell("the smallest fall at the close"), tell("the deepest fall at the close"))
    else:
        names = (tell("the highest change at the close"), tell("the lowest change at the close"))
    key = [
        (text.amount(closes[smallest], "percent"), f"{smallest}, {names[0]}"),
        (text.amount(closes[deepest], "percent"), f"{deepest}, {names[1]}"),
    ]
    (at_close,), (later,) = named(findings, "range-at-close"), named(findings, "range-at-1530")
    if at_close.verdict == ledger.UNTESTED:
        low, high = text.amount(closes.min(), "percent"), text.amount(closes.max(), "percent")
        return key, (
            tell(
                "On {event_date} the shares changed by {low} to {high} at the close. The "
                "article prints nothing for this date or these shares.",
                event_date=study.event_date,
                low=low,
                high=high,
            )
        )
    inside = _holding(at_close)
    outside = _failing(at_close)
    key.append(
        (
            tell("{part} of {all}", part=len(inside), all=len(at_close.members)),
            tell("shares inside the printed range at the close"),
        )
    )
    lower = tell(
        "{lower} of {all} shares closed lower.",
        lower=_count(int((closes < 0).sum())).capitalize(),
        all=_count(len(closes)),
    )
    inside_words = tell(
        "Rounded to a whole percent, {inside} of them lie in the printed range.",
        inside=_count(len(inside)),
    )
    if outside:
        inside_words = tell_many(
            "Rounded to a whole percent, {inside} of them lie in the printed range; {outside} does "
            "not.",
            "Rounded to a whole percent, {inside} of them lie in the printed range; {outside} do "
            "not.",
            len(outside),
            inside=_count(len(inside)),
            outside=text.listed(outside),
        )
    found_later = ""
    if later.verdict == ledger.HOLDS and at_close.verdict != ledger.HOLDS:
        found_later = tell(
            "At {time} New York all of them lay in it; that time was found by looking, so it does "
            "not count.",
            time=moves.FOUND_BAR_END,
        )
    return key, text.sentences(lower, inside_words, found_later)


def price_table(study: DayStudy) -> pd.DataFrame:
    """Prices of the day and of the close before, USD."""
    names = {"previous_close": mark("previous close")}
    return study.moves[["previous_close", "open", "high", "low", "close"]].rename(columns=names)


def return_table(study: DayStudy) -> pd.DataFrame:
    """The four changes of the day, percent."""
    names = {
        "gap": mark("gap at the opening"),
        "open_to_close": mark("opening to close"),
        "close_to_close": mark("close to close"),
        "close_to_low": mark("to the day's low"),
    }
    return study.moves[list(names)].rename(columns=names)


def missing_sentence(study: DayStudy) -> str:
    """Which shares could not be computed, and why."""
    absent = moves.missing(study.moves)
    if not absent:
        return tell("Every share of the list has prices for the day and for the session before.")
    return tell(
        "Left out for want of a price on {event_date} or on the session before: {absent}.",
        event_date=study.event_date,
        absent=text.listed(absent),
    )


def bar_end_table(study: DayStudy, low: float, high: float) -> pd.DataFrame:
    """Every bar end with all shares and the number that round into the printed range."""
    counted = moves.inside(study.path, low, high)
    return study.path.assign(
        **{
            mark("shares in the range"): _of(counted),
            mark("rounds to both ends"): counted["both_ends"],
        }
    )


def bar_end_sentence(study: DayStudy, low: float, high: float) -> str:
    """At which bar ends the printed range fits, said as what it is: found by looking."""
    if not study.has_hours:
        return word(NO_HOURS)
    counted = moves.inside(study.path, low, high)
    looked = _count(len(counted))
    fits = counted[counted["inside"] == counted["shares"]]
    if fits.empty:
        return tell(
            "Of the {looked} bar ends of the day, none has all shares in the printed range.",
            looked=looked,
        )
    fitting = tell_many(
        "Of the {looked} bar ends of the day, {fitting} has all shares in the printed range: "
        "{times}.",
        "Of the {looked} bar ends of the day, {fitting} have all shares in the printed range: "
        "{times}.",
        len(fits),
        looked=looked,
        fitting=_count(len(fits)),
        times=text.listed([str(end) for end in fits.index]),
    )
    exact = fits[fits["both_ends"]]
    rounded = [
        tell(
            "At {time} they stood between {smallest} and {deepest}, which rounds to both printed "
            "ends.",
            time=end,
            smallest=text.amount(row["smallest_fall"], "percent", 1),
            deepest=text.amount(row["deepest_fall"], "percent", 1),
        )
        for end, row in exact.iterrows()
    ]
    if exact.empty:
        rounded = [tell("At none of them do the falls round to both printed ends.")]
    by_looking = tell(
        "This was found by looking at every bar end. It was not declared beforehand, so it shows "
        "when the printed range can have been read and does not decide the verdict."
    )
    return text.sentences(fitting, *rounded, by_looking)


def beside_sentence(study: DayStudy) -> str:
    """The shares' mean against the market and bitcoin."""
    mean = float(study.moves["close_to_close"].mean())
    falls = study.beside["return_pct"].dropna()
    milder = falls[falls > mean]
    return tell(
        "The equal-weighted mean of the shares changed by {mean}. Bitcoin changed by "
        "{change} ({basis}). Of the {others} others shown, {better} did better.",
        mean=text.amount(mean, "percent"),
        change=text.amount(study.bitcoin.return_pct, "percent"),
        basis=word(study.bitcoin.basis),
        others=_count(len(falls) - 1),
        better=_count(len(milder)),
    )


def before_sentence(study: DayStudy) -> str:
    """The largest move of the shares' mean in the sessions before, which the day may answer."""
    day, change = largest_before(study)
    if day is None:
        return ""
    return tell(
        "In the sessions drawn before the event, the largest move of the shares' "
        "mean was {change} on {day:%Y-%m-%d}. A fall that takes back part of a rise "
        "cannot be told from one that the news caused.",
        change=text.amount(change, "percent", 1, sign=True),
        day=day,
    )


def rivals(study: DayStudy) -> list[str]:
    """What else the day's prices cannot be told from: bitcoin, and the move just before."""
    found = [
        tell(
            "bitcoin's own change of {change}",
            change=text.amount(study.bitcoin.return_pct, "percent", 1),
        )
    ]
    day, change = largest_before(study)
    if day is not None:
        found.append(
            tell(
                "the giving back of a move just before ({change} on {day:%Y-%m-%d})",
                change=text.amount(change, "percent", 1, sign=True),
                day=day,
            )
        )
    return found


def largest_before(study: DayStudy) -> tuple[pd.Timestamp | None, float]:
    """The largest one-session move of the shares' mean before the event, with its session."""
    change = moves.daily_mean(study.around)
    earlier = change[change.index < pd.Timestamp(study.event_date)]
    if earlier.empty:
        return None, float("nan")
    day = earlier.abs().idxmax()
    return day, float(earlier[day])


def choice_table(study: DayStudy, low: float, high: float) -> pd.DataFrame:
    """The printed range judged against every way to read the fall."""
    counted = moves.measures(study, low, high)
    return pd.DataFrame(
        {
            mark("deepest (%)"): counted["deepest_fall"],
            mark("smallest (%)"): counted["smallest_fall"],
            mark("in the range"): _of(counted),
            mark("rounds to both ends"): counted["both_ends"],
        }
    )


def peers_table(study: DayStudy) -> pd.DataFrame:
    """The other listed miners of the day, deepest fall first."""
    known = study.peers[["previous_close", "close", "close_to_close"]].dropna()
    names = {
        "previous_close": mark("previous close (USD)"),
        "close": mark("close (USD)"),
        "close_to_close": mark("change (%)"),
    }
    return known.rename(columns=names).sort_values("change (%)")


def peers_sentence(study: DayStudy) -> str:
    """What the named shares' choice leaves out, and what adjusting for dividends changes."""
    known = study.peers["close_to_close"].dropna()
    absent = [str(t) for t in study.peers.index if t not in known.index]
    low, high = study.moves["close_to_close"].min(), study.moves["close_to_close"].max()
    deeper = [str(t) for t in known.index[known < low]]
    milder = [str(t) for t in known.index[known > high]]
    compared = tell(
        "Among {others} other miners with prices, {deeper} fell further than any named "
        "share{deeper_names} and {milder} less than any{milder_names}.",
        others=_count(len(known)),
        deeper=_count(len(deeper)),
        deeper_names=_aside(deeper),
        milder=_count(len(milder)),
        milder_names=_aside(milder),
    )
    without = tell("No price: {absent}.", absent=text.listed(absent)) if absent else ""
    adjusted = tell(
        "The two tables of closes, one adjusted for splits only and one for dividends as well, "
        "give changes that differ by at most {gap}. The miners paid none, so this is rounding.",
        gap=text.amount(study.adjustment_gap_pct, "percentage points"),
    )
    return text.sentences(compared, without, adjusted)


def named(findings: Sequence[Finding], finding_id: str) -> list[Finding]:
    """The finding of that id, or none where the ledger has no such rule."""
    return [finding for finding in findings if finding.rule.id == finding_id]


def cross_checks(findings: Sequence[Finding]) -> list[Finding]:
    """The comparisons with another outlet's list."""
    return [finding for finding in findings if finding.rule.id.startswith("cross-check-")]


def source(edition: str, study: DayStudy) -> str:
    """The source and as-of line under the figures."""
    return tell(
        "Source: Yahoo Finance, split-adjusted prices of {event_date}; claimbook edition {edition}",
        event_date=study.event_date,
        edition=edition,
    )


def _holding(finding: Finding) -> list[str]:
    return [n.rpartition(".")[2] for n, o in finding.outcomes.items() if o == ledger.HOLDS]


def _failing(finding: Finding) -> list[str]:
    return [n.rpartition(".")[2] for n, o in finding.outcomes.items() if o == ledger.FAILS]


def _count(number: int) -> str:
    words = (
        mark("none"),
        mark("one"),
        mark("two"),
        mark("three"),
        mark("four"),
        mark("five"),
        mark("six"),
        mark("seven"),
        mark("eight"),
        mark("nine"),
        mark("ten"),
    )
    return word(words[number]) if number < len(words) else str(number)


def _aside(tickers: list[str]) -> str:
    """` (IREN and WULF)`, with the space before it; empty for none."""
    return f" ({text.listed(tickers)})" if tickers else ""


def _of(counted: pd.DataFrame) -> list[str]:
    """`3 of 6`: the shares inside, of those with a price."""
    return [
        tell("{part} of {all}", part=row.inside, all=row.shares) for row in counted.itertuples()
    ]
