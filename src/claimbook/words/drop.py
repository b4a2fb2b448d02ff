"""Sentences and tables of the miner-drop notebook."""

from collections.abc import Sequence

import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import moves
from claimbook.analysis.moves import DayStudy
from claimbook.ledger import Finding

NO_HOURS = "The data hold no hourly bars for this day, so its path cannot be shown."
PRICE_UNITS = dict.fromkeys(("previous close", "open", "high", "low", "close"), "USD")
RETURN_UNITS = dict.fromkeys(
    ("gap at the opening", "opening to close", "close to close", "to the day's low"), "%"
)


def headline(study: DayStudy, findings: Sequence[Finding]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers and the summary sentence of the verdict box."""
    closes = study.moves["close_to_close"].dropna()
    if closes.empty:
        return [], f"No share of the list has prices for {study.event_date} and the session before."
    deepest, smallest = closes.idxmin(), closes.idxmax()
    if closes.max() < 0:
        names = ("the smallest fall at the close", "the deepest fall at the close")
    else:
        names = ("the highest change at the close", "the lowest change at the close")
    key = [
        (text.amount(closes[smallest], "percent"), f"{smallest}, {names[0]}"),
        (text.amount(closes[deepest], "percent"), f"{deepest}, {names[1]}"),
    ]
    (at_close,), (later,) = named(findings, "range-at-close"), named(findings, "range-at-1530")
    if at_close.verdict == ledger.UNTESTED:
        low, high = text.amount(closes.min(), "percent"), text.amount(closes.max(), "percent")
        return key, (
            f"On {study.event_date} the shares changed by {low} to {high} at the close. "
            "The article prints nothing for this date or these shares."
        )
    inside = _holding(at_close)
    outside = _failing(at_close)
    key.append(
        (
            f"{len(inside)} of {len(at_close.members)}",
            "shares inside the printed range at the close",
        )
    )
    summary = (
        f"{_count(int((closes < 0).sum())).capitalize()} of {_count(len(closes))} shares "
        "closed lower. "
        f"Rounded to a whole percent, {_count(len(inside))} of them lie in the printed range"
        + (
            f"; {text.listed(outside)} {'does' if len(outside) == 1 else 'do'} not"
            if outside
            else ""
        )
        + "."
    )
    if later.verdict == ledger.HOLDS and at_close.verdict != ledger.HOLDS:
        summary += (
            f" At {moves.FOUND_BAR_END} New York all of them lay in it; "
            "that time was found by looking, so it does not count."
        )
    return key, summary


def price_table(study: DayStudy) -> pd.DataFrame:
    """Prices of the day and of the close before, USD."""
    names = {"previous_close": "previous close"}
    return study.moves[["previous_close", "open", "high", "low", "close"]].rename(columns=names)


def return_table(study: DayStudy) -> pd.DataFrame:
    """The four changes of the day, percent."""
    names = {
        "gap": "gap at the opening",
        "open_to_close": "opening to close",
        "close_to_close": "close to close",
        "close_to_low": "to the day's low",
    }
    return study.moves[list(names)].rename(columns=names)


def missing_sentence(study: DayStudy) -> str:
    """Which shares could not be computed, and why."""
    absent = moves.missing(study.moves)
    if not absent:
        return "Every share of the list has prices for the day and for the session before."
    return (
        f"Left out for want of a price on {study.event_date} or on the session before: "
        f"{text.listed(absent)}."
    )


def bar_end_table(study: DayStudy, low: float, high: float) -> pd.DataFrame:
    """Every bar end with all shares and the number that round into the printed range."""
    counted = moves.inside(study.path, low, high)
    return study.path.assign(
        **{
            "shares in the range": counted["inside"].map(str) + " of " + counted["shares"].map(str),
            "rounds to both ends": counted["both_ends"],
        }
    )


def bar_end_sentence(study: DayStudy, low: float, high: float) -> str:
    """At which bar ends the printed range fits, said as what it is: found by looking."""
    if not study.has_hours:
        return NO_HOURS
    counted = moves.inside(study.path, low, high)
    looked = f"Of the {_count(len(counted))} bar ends of the day"
    fits = counted[counted["inside"] == counted["shares"]]
    if fits.empty:
        return f"{looked}, none has all shares in the printed range."
    said = (
        f"{looked}, {_count(len(fits))} {'has' if len(fits) == 1 else 'have'} all shares in the "
        f"printed range: {text.listed([str(end) for end in fits.index])}. "
    )
    exact = fits[fits["both_ends"]]
    for end, row in exact.iterrows():
        said += (
            f"At {end} they stood between {text.amount(row['smallest_fall'], 'percent', 1)} and "
            f"{text.amount(row['deepest_fall'], 'percent', 1)}, which rounds to both printed ends. "
        )
    if exact.empty:
        said += "At none of them do the falls round to both printed ends. "
    return (
        f"{said}This was found by looking at every bar end. It was not declared beforehand, so it "
        "shows when the printed range can have been read and does not decide the verdict."
    )


def beside_sentence(study: DayStudy) -> str:
    """The shares' mean against the market and bitcoin."""
    mean = float(study.moves["close_to_close"].mean())
    falls = study.beside["return_pct"].dropna()
    milder = [
        str(name) for name in falls.index if falls[name] > mean and not str(name).startswith("Mean")
    ]
    return (
        f"The equal-weighted mean of the shares changed by {text.amount(mean, 'percent')}. "
        f"Bitcoin changed by {text.amount(study.bitcoin.return_pct, 'percent')} "
        f"({study.bitcoin.basis}). "
        f"Of the {_count(len(falls) - 1)} others shown, {_count(len(milder))} did better."
    )


def before_sentence(study: DayStudy) -> str:
    """The largest move of the shares' mean in the sessions before, which the day may answer."""
    day, change = largest_before(study)
    if day is None:
        return ""
    return (
        f"In the sessions drawn before the event, the largest move of the shares' mean was "
        f"{text.amount(change, 'percent', 1, sign=True)} on {day:%Y-%m-%d}. A fall that takes back "
        "part of a rise cannot be told from one that the news caused."
    )


def rivals(study: DayStudy) -> list[str]:
    """What else the day's prices cannot be told from: bitcoin, and the move just before."""
    found = [f"bitcoin's own change of {text.amount(study.bitcoin.return_pct, 'percent', 1)}"]
    day, change = largest_before(study)
    if day is not None:
        found.append(
            "the giving back of a move just before "
            f"({text.amount(change, 'percent', 1, sign=True)} on {day:%Y-%m-%d})"
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
            "deepest (%)": counted["deepest_fall"],
            "smallest (%)": counted["smallest_fall"],
            "in the range": counted["inside"].map(str) + " of " + counted["shares"].map(str),
            "rounds to both ends": counted["both_ends"],
        }
    )


def peers_table(study: DayStudy) -> pd.DataFrame:
    """The other listed miners of the day, deepest fall first."""
    known = study.peers[["previous_close", "close", "close_to_close"]].dropna()
    names = {
        "previous_close": "previous close (USD)",
        "close": "close (USD)",
        "close_to_close": "change (%)",
    }
    return known.rename(columns=names).sort_values("change (%)")


def peers_sentence(study: DayStudy) -> str:
    """What the named shares' choice leaves out, and what adjusting for dividends changes."""
    known = study.peers["close_to_close"].dropna()
    absent = [str(t) for t in study.peers.index if t not in known.index]
    low, high = study.moves["close_to_close"].min(), study.moves["close_to_close"].max()
    deeper = [str(t) for t in known.index[known < low]]
    milder = [str(t) for t in known.index[known > high]]
    said = f"Among {_count(len(known))} other miners with prices, "
    said += f"{_count(len(deeper))} fell further than any named share"
    said += f" ({text.listed(deeper)})" if deeper else ""
    said += f" and {_count(len(milder))} less than any" + (
        f" ({text.listed(milder)})" if milder else ""
    )
    said += f". No price: {text.listed(absent)}." if absent else "."
    return (
        f"{said} The two tables of closes, one adjusted for splits only and one for dividends as "
        f"well, give changes that differ by at most "
        f"{text.amount(study.adjustment_gap_pct, 'percentage points')}. The miners paid none, so "
        "this is rounding."
    )


def named(findings: Sequence[Finding], finding_id: str) -> list[Finding]:
    """The finding of that id, or none where the ledger has no such rule."""
    return [finding for finding in findings if finding.rule.id == finding_id]


def cross_checks(findings: Sequence[Finding]) -> list[Finding]:
    """The comparisons with another outlet's list."""
    return [finding for finding in findings if finding.rule.id.startswith("cross-check-")]


def source(edition: str, study: DayStudy) -> str:
    """The source and as-of line under the figures."""
    return (
        f"Source: Yahoo Finance, split-adjusted prices of {study.event_date}; "
        f"claimbook edition {edition}"
    )


def _holding(finding: Finding) -> list[str]:
    return [n.rpartition(".")[2] for n, o in finding.outcomes.items() if o == ledger.HOLDS]


def _failing(finding: Finding) -> list[str]:
    return [n.rpartition(".")[2] for n, o in finding.outcomes.items() if o == ledger.FAILS]


def _count(number: int) -> str:
    words = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[number] if number < len(words) else str(number)
