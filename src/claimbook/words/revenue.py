"""Sentences and tables of the halving-revenue notebook."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import revenue
from claimbook.analysis.halving import PER_HASH, THRESHOLDS, Study
from claimbook.analysis.revenue import Halving
from claimbook.analysis.windows import Windows, windows_of
from claimbook.language import mark, tell, tell_many, word
from claimbook.ledger import Finding

# From this change on, percent say less than a multiple.
MANY = 400.0

LABELS = {
    "revenue_btc": mark("revenue in BTC"),
    "revenue_usd": mark("revenue in USD"),
    "hashprice": mark("hashprice"),
    "hashrate_ehs": mark("hash rate"),
    "price_usd": mark("price"),
    PER_HASH: mark("bitcoin per unit of hash rate"),
    "fee_share": mark("fee share"),
    "issuance_btc": mark("subsidy alone, in BTC"),
}


def change_words(change: float | str | None, digits: int = 0) -> str:
    """`48 % less`, `5 % more`, from five times on `9.2 times as much`, or `not known`."""
    if change is None or isinstance(change, str) or np.isnan(change):
        return word(text.MISSING)
    if change >= MANY:
        return tell("{multiple} times as much", multiple=text.number(1 + change / 100, 1))
    # A fall to next to nothing must not read as a fall to nothing.
    size = text.amount(abs(change), "percent", digits if change > -99.5 else 4)
    return tell("{size} less", size=size) if change < 0 else tell("{size} more", size=size)


def summary(study: Study, findings: Sequence[Finding]) -> str:
    """What changed, and why the verdict reads as it does, for one who opens only the report."""

    def over(stem: str) -> str:
        values = [study.quantities[f"{stem}.{days}d"].value for days in study.windows]
        known = [v if isinstance(v, float) else None for v in values]
        return f"{text.listed([text.number(v, 0, sign=True) for v in known])} %"

    changes = tell(
        "Over {spans} days from {day}, against as many before, daily revenue changed by {bitcoin} "
        "in bitcoin. In dollars it changed by {dollars}, while the price of a bitcoin changed by "
        "{price}.",
        spans=text.listed([str(days) for days in study.windows]),
        day=text.day(study.halving.day),
        bitcoin=over("revenue_btc_change_pct"),
        dollars=over("revenue_usd_change_pct"),
        price=over("price_change_pct"),
    )
    return text.sentences(changes, reason_words(findings), late_words(study))


def reason_words(findings: Sequence[Finding]) -> str:
    """Which values keep the claim from holding, and whether the size of a fall decides that."""
    deciding = [finding for finding in findings if finding.rule.decides]
    missed = [
        (finding.rule.tolerance, _member_words(name), float(finding.members[name] or 0))
        for finding in deciding
        for name, outcome in finding.outcomes.items()
        if outcome == ledger.FAILS
    ]
    line = text.amount(deciding[0].rule.tolerance, "percent", 0)
    if ledger.verdict(deciding) == ledger.UNTESTED:
        return ""
    if not missed:
        return tell(
            "All of these are falls of more than {line}, the size that counts here.", line=line
        )
    names = text.listed([f"{name} ({text.amount(v, 'percent', 0)})" for _, name, v in missed])
    falls = all(value < 0 for _, _, value in missed)
    counted = tell(
        "A fall counts if it is more than {line}, which leaves out {names}.", line=line, names=names
    )
    any_fall = tell("If any fall counted, the claim would hold in full.") if falls else ""
    return text.sentences(counted, any_fall)


def _member_words(name: str) -> str:
    """`revenue_usd_change_pct.365d` as `revenue in USD over 365 days`."""
    stem, _, tail = name.partition(".")
    labels = {stem: LABELS[measure] for measure, stem in revenue.CHANGES.items()}
    return tell(
        "{measure} over {days} days", measure=word(labels[stem]), days=tail.removesuffix("d")
    )


def late_words(study: Study) -> str:
    """How much of the longest window the author of the claim could not know; empty if none."""
    days, longest = study.to_article, study.windows[-1]
    # Day `days` itself, counted from 0, is the day of the claim.
    if days is None or longest - days - 1 <= 0:
        return ""
    value = study.quantities[f"revenue_usd_change_pct.{revenue.TO_ARTICLE}"].value
    return tell(
        "Over the {days} days that had passed when the article appeared, dollars "
        "changed by {change}.",
        days=days,
        change=text.amount(value, "percent", 0, sign=True),
    )


def length_words(study: Study, threshold: float) -> str:
    """At which lengths of the windows dollar revenue fell, fell by enough, or rose."""
    change = study.by_length["revenue_usd"].dropna()
    if change.empty:
        return tell("No length of the windows can be compared.")
    far = _lengths(change.index[change < -threshold], change.index)
    rose = _lengths(change.index[change > 0], change.index)
    others = [
        tell(
            "{measure} from {lowest} to {highest}",
            measure=word(LABELS[m]),
            lowest=_whole(study.by_length[m].min()),
            highest=text.amount(study.by_length[m].max(), "percent", 0, sign=True),
        )
        for m in ("revenue_btc", "hashprice", PER_HASH)
    ]
    return tell(
        "Revenue in dollars fell by more than {threshold} {far}, and rose {rose}. "
        "Over all lengths the others changed by: {others}.",
        threshold=text.amount(threshold, "percent", 0),
        far=far,
        rose=rose,
        others="; ".join(others),
    )


def _whole(change: float) -> str:
    """A change in whole percent; a fall to next to nothing keeps the digits that tell it so."""
    return text.number(change, 0 if change > -99.5 else 3, sign=True)


def _lengths(found: pd.Index, tried: pd.Index) -> str:
    """Runs of window lengths in words."""
    if not len(found):
        return tell("at no length")
    if len(found) == len(tried):
        return tell("at every length from {first} to {last} days", first=tried[0], last=tried[-1])
    if len(found) == found[-1] - found[0] + 1:
        return tell(
            "at the lengths from {first} to {last} days and at no other",
            first=found[0],
            last=found[-1],
        )
    return tell(
        "at {part} of {all} lengths, in {runs} runs",
        part=len(found),
        all=len(tried),
        runs=spans_of(found),
    )


def spans_of(found: pd.Index) -> int:
    """How many runs of neighbours there are."""
    return int((np.diff(found.to_numpy()) > 1).sum()) + 1


def shown_lengths(study: Study) -> list[int]:
    """The lengths of the windows shown in the table: the declared ones and some beyond."""
    extra = {30, 90, 180, 270, 365, 450, 540, 730} | set(study.windows)
    if study.to_article is not None:
        extra.add(study.to_article)
    return sorted(days for days in extra if days in study.by_length.index)


def length_table(table: pd.DataFrame, to_article: int | None) -> pd.DataFrame:
    """`verdicts_by_length` as shown: one row a length, changes in percent, verdicts in words."""
    out = table.copy()
    out.index = [
        tell("{days} days (to the article)", days=days)
        if days == to_article
        else tell("{days} days", days=days)
        for days in out.index
    ]
    heads = {
        threshold: tell("a fall of more than {threshold:g} %", threshold=threshold)
        for threshold in THRESHOLDS
    }
    return out.rename(columns=LABELS | heads).rename_axis(mark("windows of"))


def threshold_table(table: pd.DataFrame, findings: Sequence[Finding]) -> pd.DataFrame:
    """`verdicts_by_threshold` as shown."""
    stems = {stem: LABELS[measure] for measure, stem in revenue.CHANGES.items()}
    names = {f.rule.id: stems[f.rule.members[0].partition(".")[0]] for f in findings}
    out = table.rename(columns=names)
    out.index = [
        tell("more than {threshold:g} %", threshold=threshold) for threshold in table.index
    ]
    return out.rename_axis(mark("a fall counts from"))


def boundary_words(study: Study) -> str:
    """Where the day boundary falls, why, and what that means for the windows."""
    halving = study.halving
    eve = text.day(halving.eve)
    blocks = tell_many("{count} block", "{count} blocks", halving.early_blocks)
    issued = float(study.second["issuance_btc"].get(halving.eve, float("nan")))
    first = tell(
        "The first day wholly under the new subsidy of {subsidy:g} BTC is {day}.",
        subsidy=halving.new_subsidy,
        day=text.day(halving.day),
    )
    if not halving.at_midnight:
        mixed = tell(
            "In the primary provider's days the halving fell within {eve}, which holds {blocks} at "
            "the new subsidy. That is more than its lag of at most {lag} blocks can account for, "
            "so {eve} is a mixed day by any clock. It belongs to the window before.",
            eve=eve,
            blocks=blocks,
            lag=revenue.MOST_LAGGING,
        )
        return text.sentences(first, mixed)
    lagging = tell(
        "The primary provider cuts days by the median time of the last eleven blocks, which lags "
        "behind the clock by up to {lag} blocks; its {eve} already holds {blocks} after the "
        "halving.",
        lag=revenue.MOST_LAGGING,
        eve=eve,
        blocks=blocks,
    )
    check = ""
    if (issued / halving.old_subsidy).is_integer():
        check = tell(
            "The second provider, which cuts days by the time in each block, has {coins} of new "
            "coins on that day, a whole number ({blocks}) of blocks at the old subsidy.",
            coins=text.amount(issued, "BTC", 2),
            blocks=text.number(issued / halving.old_subsidy, 0),
        )
    before = tell("That day belongs to the window before.")
    return text.sentences(first, lagging, check, before)


def price_words(compared: Mapping[tuple[str, int], pd.DataFrame], windows: Sequence[int]) -> str:
    """What the price did meanwhile, window by window."""
    parts = [
        tell(
            "{change} over {days} days",
            change=text.amount(compared["", days]["change"]["price_usd"], "percent", 0, sign=True),
            days=days,
        )
        for days in sorted(windows)
    ]
    return tell(
        "Between the same windows the mean price of a bitcoin changed by {changes}.",
        changes=text.listed(parts),
    )


def gap_words(second: pd.DataFrame, halving: Halving, windows: Sequence[int]) -> str:
    """The days that the second provider lacks in the longest window."""
    longest = windows_of(halving.day, max(windows))
    missing = revenue.missing_days(second, longest, ["revenue_usd", "hashprice"])
    if not missing:
        return tell("The second provider lacks no day of these windows.")
    return tell(
        "The second provider lacks {count} days of these windows in some column: {spans}.",
        count=len(missing),
        spans=spans_words(missing),
    )


def spans_words(days: Sequence[str]) -> str:
    """ISO dates, runs of neighbours written as `first to last`."""
    stamps = pd.DatetimeIndex(sorted(days))
    new_run = np.r_[True, np.diff(stamps.to_numpy()) != np.timedelta64(1, "D")]
    starts = np.flatnonzero(new_run)
    ends = np.r_[starts[1:] - 1, len(stamps) - 1]
    runs = [
        f"{stamps[int(a)]:%Y-%m-%d}"
        if a == b
        else tell("{first:%Y-%m-%d} to {last:%Y-%m-%d}", first=stamps[int(a)], last=stamps[int(b)])
        for a, b in zip(starts, ends, strict=True)
    ]
    return text.listed(runs)


def to_article_words(study: Study) -> str:
    """The changes over the days that had passed when the claim was made."""
    days = study.to_article
    if days is None:
        return tell("The claim was not made in the two years after this halving.")

    def change(measure: str) -> str:
        return change_words(
            study.quantities[f"{revenue.CHANGES[measure]}.{revenue.TO_ARTICLE}"].value
        )

    return tell(
        "When the claim was made, {days} days had passed. Over these, compared with "
        "the {days} days before, miners earned {bitcoin} a day in bitcoin, {dollars} in dollars "
        "and {per_hash} in dollars per unit of hash rate.",
        days=days,
        bitcoin=change("revenue_btc"),
        dollars=change("revenue_usd"),
        per_hash=change("hashprice"),
    )


def since_words(frame: pd.DataFrame, halving: Halving, days: int = 90) -> str:
    """The last `days` days of the data against as many days before the halving."""
    last = pd.Timestamp(frame.index[-1])
    now = pd.date_range(end=last, periods=days)
    table = revenue.compare(frame, Windows(days, windows_of(halving.day, days).before, now))
    changes = table["change"]
    hashrate = 1 + float(changes["hashrate_ehs"]) / 100
    return tell(
        "In the last {days} days of the data, to {last}, miners earned {bitcoin} a day in bitcoin "
        "than in the {days} days before the halving of {year}, {dollars} in dollars, and "
        "{per_hash} in dollars per unit of hash rate. A bitcoin cost {price}. Hash rate stood at "
        "{hash_rate} times its earlier mean; fees were {fees} of revenue.",
        days=days,
        last=text.day(last),
        bitcoin=change_words(changes["revenue_btc"]),
        year=halving.year,
        dollars=change_words(changes["revenue_usd"]),
        per_hash=change_words(changes["hashprice"]),
        price=change_words(changes["price_usd"]),
        hash_rate=text.number(hashrate, 1 if hashrate < 100 else 0),
        fees=text.amount(table["after"]["fee_share"], "percent", 1),
    )


def means_table(
    compared: Mapping[tuple[str, int], pd.DataFrame],
    windows: Sequence[int],
    measure: str,
    scale: float = 1.0,
) -> pd.DataFrame:
    """One measure's means (divided by `scale`) and change, one row a window, all days."""
    rows = {
        tell("{days} days", days=days): compared["", days].loc[
            measure, ["before", "after", "change"]
        ]
        for days in sorted(windows)
    }
    table = pd.DataFrame(rows).T.rename_axis(mark("window"))
    return table.assign(before=table["before"] / scale, after=table["after"] / scale)


def reckonings_table(
    compared: Mapping[tuple[str, int], pd.DataFrame],
    windows: Sequence[int],
    excluded_days: int,
    measure: str,
) -> pd.DataFrame:
    """One measure's change, one row a reckoning, one column a window."""
    rows = {
        name: {
            tell("{days} days", days=days): compared[suffix, days].loc[measure, "change"]
            for days in windows
        }
        for suffix, name in revenue.reckonings(excluded_days).items()
    }
    return pd.DataFrame(rows).T.rename_axis(mark("reckoning"))


def median_words(study: Study) -> str:
    """Where the change of dollars has another sign by medians than by means."""
    pairs = {
        days: [
            float(study.compared[suffix, days].at["revenue_usd", "change"])
            for suffix in (revenue.MEDIAN, "")
        ]
        for days in study.windows
    }
    unlike = [
        tell(
            "{median} over {days} days (mean {mean})",
            median=text.amount(median, "percent", 0, sign=True),
            days=days,
            mean=text.number(mean, 0, sign=True),
        )
        for days, (median, mean) in pairs.items()
        if median * mean < 0
    ]
    if not unlike:
        return tell("In dollars medians and means change in the same direction over every window.")
    return tell(
        "In dollars medians and means change in opposite directions: {changes} by medians. The "
        "claim is judged by means, because a mean counts every dollar.",
        changes=text.listed(unlike),
    )


def headline(study: Study, findings: Sequence[Finding]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers (for the longest window) and the summary of the verdict box."""
    longest = study.windows[-1]
    key = [
        (
            text.amount(
                study.quantities[f"{revenue.CHANGES[m]}.{longest}d"].value, "percent", 0, sign=True
            ),
            tell("{what}, {days} days", what=what, days=longest),
        )
        for m, what in (
            ("revenue_btc", tell("bitcoin earned a day")),
            ("revenue_usd", tell("dollars earned a day")),
            ("hashprice", tell("dollars earned per unit of hash rate")),
        )
    ]
    return key, summary(study, findings)


def boundary_size_words(study: Study) -> str:
    """How far the two providers' days differ at the boundary."""
    halving = study.halving
    first, second = study.first["revenue_btc"], study.second["revenue_btc"]
    apart = [
        text.amount(float(second.get(each, np.nan) - first[each]), "BTC", 1, sign=True)
        for each in (halving.eve, halving.day)
    ]
    moved = text.amount(halving.early_blocks * halving.new_subsidy, "BTC", 1)
    carried = (
        tell("The early blocks carried {coins} of subsidy.", coins=moved)
        if halving.at_midnight
        else tell(
            "The blocks of the eve after the halving carried {coins} of subsidy.", coins=moved
        )
    )
    differs = tell(
        "The second provider, which cuts days by the time in each block, differs in revenue by "
        "{eve} on the day before the first whole day and by {day} on that day.",
        eve=apart[0],
        day=apart[1],
    )
    return text.sentences(carried, differs)
