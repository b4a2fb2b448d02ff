"""Sentences and tables of the halving-revenue notebook."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import decomposition, published, resampling, revenue
from claimbook.analysis.halving import MEANINGS as MEANT
from claimbook.analysis.halving import PER_HASH, SUBSIDY, THRESHOLDS, Study, nearest
from claimbook.analysis.revenue import Halving
from claimbook.analysis.steps import MOST_PERSISTENT, NEAR_UNIT_ROOT, Step, at_bound
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
MEANINGS = {
    "revenue_btc": mark("Did all miners together earn fewer bitcoin?"),
    "revenue_usd": mark("Did all miners together earn fewer dollars?"),
    "hashprice": mark("Did a unit of hash rate earn fewer dollars?"),
    PER_HASH: mark("Did a unit of hash rate earn fewer bitcoin?"),
}
FACTOR_LABELS = {"subsidy": mark("subsidy per block"), "fees": mark("fees per block")}


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


def account_words(study: Study) -> str:
    """The account of the longest window in one sentence."""
    longest = study.windows[-1]
    found = study.accounts[longest]
    if found is None:
        return tell("The change cannot be taken apart, because a day of the windows is missing.")
    change = found.after - found.before
    digits = 1 if found.before > 1e9 else 3
    parts = [
        f"{word(FACTOR_LABELS.get(factor, factor))} {text.number(effect / 1e9, digits, sign=True)}"
        for factor, effect in found.additive.items()
    ]
    alone = text.amount(100 * found.alone["subsidy"] / found.before, "percent", 0, sign=True)
    return tell(
        "Over {days} days revenue changed by {change}. Of this, in billions of dollars: {parts}. "
        "Had the subsidy alone changed, at the price, blocks and fees of the window before, "
        "revenue would have changed by {alone}.",
        days=longest,
        change=text.amount(change / 1e9, "bn USD", digits, sign=True),
        parts=text.listed(parts),
        alone=alone,
    )


def hash_account_words(study: Study) -> str:
    """What more hash rate did to hashprice, in the longest window."""
    longest = study.windows[-1]
    found = study.hash_accounts[longest]
    if found is None:
        return tell("The change cannot be taken apart, because a day of the windows is missing.")
    unit = "USD per PH/s and day"
    return tell(
        "Over {days} days hashprice changed by {change}: the price did {price} of it, hash rate "
        "{hash_rate}. Hashprice is here the window's summed revenue over its summed hash rate, "
        "which differs a little from the mean of the daily values above.",
        days=longest,
        change=text.amount(found.after - found.before, unit, 1, sign=True),
        price=text.number(found.additive["price"], 1, sign=True),
        hash_rate=text.number(found.additive[decomposition.HASH_RATE], 1, sign=True),
    )


def account_tables(study: Study) -> dict[str, pd.DataFrame]:
    """The accounts of revenue that could be made, by caption."""
    return {
        tell(
            "Change of revenue over {days} days, taken apart (bn USD; column 2: factor)", days=days
        ): account_table(found)
        for days, found in study.accounts.items()
        if found is not None
    }


def account_table(found: decomposition.Account) -> pd.DataFrame:
    """One account in bn USD; the extreme orders in one column."""
    table = decomposition.table(found, 1e9).rename(index=FACTOR_LABELS)
    low, high = table.pop("lowest order"), table.pop("highest order")
    table[mark("range of orders")] = [
        tell("{low} to {high}", low=text.number(lowest, 2), high=text.number(highest, 2))
        for lowest, highest in zip(low, high, strict=True)
    ]
    return table


def hash_rate_tables(study: Study) -> dict[str, tuple[pd.DataFrame, str]]:
    """What hashprice rests on: mean price and hash rate by window, by caption, with the unit."""
    named = {
        mark("Mean price of a bitcoin"): ("price_usd", "USD"),
        mark("Mean hash rate of all miners"): ("hashrate_ehs", "EH/s"),
    }
    return {
        tell("{name}, primary provider", name=word(name)): (
            means_table(study.compared, study.windows, measure),
            unit,
        )
        for name, (measure, unit) in named.items()
    }


def coins_per_hash_words(study: Study) -> str:
    """What the same hash rate earned in bitcoin, and why that is more than the halving."""
    changes = [study.compared["", days]["change"] for days in study.windows]
    coins = [text.number(float(c[PER_HASH]), 0) for c in changes]
    rate = [text.number(float(c["hashrate_ehs"]), 0, sign=True) for c in changes]
    spans = text.listed([str(days) for days in study.windows])
    halved = 100 * study.halving.new_subsidy / study.halving.old_subsidy - 100
    return tell(
        "What the same hash rate earned in bitcoin changed by {changes} % over {spans} days. The "
        "cut of the subsidy by itself is {cut}. The rest of the difference comes with hash rate, "
        "which changed by {hash_rate} %, and with blocks and fees. These are means of daily "
        "values, like those of hashprice.",
        changes=text.listed(coins),
        spans=spans,
        cut=text.amount(halved, "percent", 0),
        hash_rate=text.listed(rate),
    )


def meanings_table(study: Study, findings: Sequence[Finding]) -> pd.DataFrame:
    """One row a meaning of the claim: the change with its interval at each window, the verdict."""
    verdicts = {
        measure: next(
            (f.verdict for f in findings if f.rule.members[0].startswith(f"{stem}.")),
            ledger.UNTESTED,
        )
        for measure, stem in revenue.CHANGES.items()
        if measure in MEANT
    }
    rows = {}
    for measure, question in MEANINGS.items():
        cells = {}
        for days in study.windows:
            row = study.intervals.loc[(measure, days)]
            low, high = (text.number(float(row[side]), 0, sign=True) for side in ("low", "high"))
            cells[tell("{days} days", days=days)] = tell(
                "{change} ({low} to {high})",
                change=text.amount(float(row["change"]), "percent", 0, sign=True),
                low=low,
                high=high,
            )
        rows[question] = cells | {mark("verdict"): verdicts[measure]}
    return pd.DataFrame(rows).T.rename_axis(mark("meaning of “revenue”"))


def interval_words(study: Study) -> str:
    """Which dollar intervals reach beyond zero, and how long the blocks were."""
    table = study.intervals.loc["revenue_usd"]
    unclear = [
        tell("{days} days", days=days)
        for days, row in table.iterrows()
        if row["low"] < 0 < row["high"]
    ]
    used = [
        tell(
            "{length} for {days} days",
            length=resampling.block_length(days, study.block_days),
            days=days,
        )
        for days in study.windows
    ]
    clear = (
        tell(
            "In dollars the interval over {windows} holds zero: days like these could have shown a "
            "rise as well.",
            windows=text.listed(unclear),
        )
        if unclear
        else tell("In dollars none of the intervals holds zero.")
    )
    return tell(
        "In brackets: the middle 95 % of the changes that come out when blocks of neighbouring "
        "days are drawn anew from each window ({lengths}). {zero} The intervals say how much "
        "chance among days matters; they are too narrow where the price drifts for months, and "
        "they say nothing about the cause.",
        lengths=text.listed(used),
        zero=clear,
    )


def step_table(study: Study) -> pd.DataFrame:
    """The step at the halving, each series a row; then the same at the other halvings."""
    rows = []
    for name, step in _all_steps(study).items():
        if step is None:
            rows.append([name, *[float("nan")] * 8])
            continue
        rows.append([
            name + (" *" if at_bound(step.errors) else ""), step.percent, step.low, step.high,
            step.least_squares, *step.newey_west, step.errors.persistence, step.errors.noise,
        ])  # fmt: skip
    columns = [
        mark("series"), mark("step"), mark("low"), mark("high"), mark("check"), mark("check: low"),
        mark("check: high"), mark("carry-over"), mark("noise"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index("series")


def _all_steps(study: Study) -> dict[str, Step | None]:
    """Every step by `year: series`, the halving that is studied first."""
    fits = {(study.halving.year, m): step for m, step in study.steps.items()} | dict(study.earlier)
    return {f"{year}: {word(LABELS[measure])}": step for (year, measure), step in fits.items()}


def check_words(study: Study) -> str:
    """How the check by least squares compares with the fitted steps, counted."""
    fits = {name: step for name, step in _all_steps(study).items() if step is not None}
    if not fits:
        return tell("No step could be fitted, so there is nothing to check.")
    narrow = [
        name
        for name, step in fits.items()
        if step.newey_west[1] - step.newey_west[0] < step.high - step.low
    ]
    outside = [
        tell(
            "{series} ({step} against {low} to {high})",
            series=name,
            step=text.amount(step.percent, "percent", 0),
            low=text.number(step.newey_west[0], 0),
            high=text.number(step.newey_west[1], 0),
        )
        for name, step in fits.items()
        if not step.newey_west[0] <= step.percent <= step.newey_west[1]
    ]
    apart = (
        tell(
            "It leaves our step out for {series}: there the two methods disagree.",
            series=text.listed(outside),
        )
        if outside
        else tell("It holds our step in every row.")
    )
    return tell(
        "The check is another estimate, ordinary least squares, with its own interval by "
        "Newey–West errors, so its interval lies about its own step. It is narrower than ours in "
        "{narrower} of {all} rows, and wider in the others. {apart}",
        narrower=len(narrow),
        all=len(fits),
        apart=apart,
    )


def bound_words(study: Study) -> str:
    """Which fitted errors lie at the bound of their carry-over, and what lifting it does."""
    bound = text.number(MOST_PERSISTENT, 3)
    rows = [
        tell(
            "{series}, {low} to {high} becomes {new_low} to {new_high}",
            series=name,
            low=text.number(step.low, 0),
            high=text.number(step.high, 0),
            new_low=text.number(step.near_unit_root[0], 0),
            new_high=text.number(step.near_unit_root[1], 0),
        )
        for name, step in _all_steps(study).items()
        if step is not None and step.near_unit_root is not None
    ]
    if not rows:
        return tell("No carry-over lies at its upper bound of {bound}.", bound=bound)
    return tell(
        "In the rows with a star the carry-over lies at its upper bound of {bound}, so the "
        "interval depends on the bound. With {lifted}, all but a random walk, the intervals (%) "
        "change as follows: {rows}.",
        bound=bound,
        lifted=text.number(NEAR_UNIT_ROOT, 4),
        rows="; ".join(rows),
    )


def step_words(study: Study) -> str:
    """The step of each series, and the burst of fees in the first days."""
    said = []
    for measure, step in study.steps.items():
        if step is not None:
            low, high = (text.number(v, 0) for v in (step.low, step.high))
            said.append(
                tell(
                    "{series} {step} ({low} to {high})",
                    series=word(LABELS[measure]),
                    step=text.amount(step.percent, "percent", 0),
                    low=low,
                    high=high,
                )
            )
    coins = study.steps["revenue_btc"]
    if coins is None:
        return tell("The step cannot be estimated, because a day of the span is missing.")
    first = text.amount(coins.burst[0], "percent", 0, sign=True)
    rest = [text.number(v, 0, sign=True) for v in coins.burst[1:]]
    return tell(
        "The step at the halving, with its 95 % interval: {steps}. The first day lay {first} off "
        "the new level of revenue in bitcoin, the next six days {next} %.",
        steps="; ".join(said),
        first=first,
        next=text.listed(rest),
    )


def placebo_words(study: Study) -> str:
    """How many other dates show a fall as deep."""
    said = []
    for measure, placebos in study.placebos.items():
        step = study.steps[measure]
        if step is not None and len(placebos):
            deeper = int((placebos <= step.percent).sum())
            said.append(
                tell(
                    "{series} {deeper:,} of {dates:,}",
                    series=word(LABELS[measure]),
                    deeper=deeper,
                    dates=len(placebos),
                )
            )
    if not said:
        return tell("No other date has a complete span, so there is nothing to compare with.")
    return tell(
        "Dates at which the same model finds a fall at least as deep: {counts}. Only dates count "
        "whose whole span of {days} days on each side is known and holds no halving. The "
        "carry-over and noise of the errors are those fitted at the halving that is studied. The "
        "spans of neighbouring dates overlap, so these are few independent trials, and the early "
        "years swing more than the late ones.",
        counts="; ".join(said),
        days=study.series_days,
    )


def breaks_table(study: Study) -> pd.DataFrame:
    """What the search found in each series; the last column knows the date of the halving."""
    rows = {}
    for measure, found in study.breaks.items():
        if found is None:
            rows[LABELS[measure]] = [text.MISSING] * 6
            continue
        close = nearest(found, study.halving.day)
        rows[LABELS[measure]] = [
            f"{found.single:%Y-%m-%d}",
            tell("{low:%Y-%m-%d} to {high:%Y-%m-%d}", low=found.low, high=found.high),
            text.number(found.sup_f, 0),
            text.number(found.sup_f_p, 3),
            ", ".join(f"{day:%Y-%m-%d}" for day in found.chosen) or mark("none"),
            text.MISSING if close is None else str((close - study.halving.day).days),
        ]
    columns = [
        mark("one break"), mark("its interval"), mark("sup-F"), mark("p-value"),
        mark("breaks by BIC"), mark("days from halving, of the nearest (picked knowing the date)"),
    ]  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis(mark("series"))


def breaks_words(study: Study) -> str:
    """Where the search puts the single break of each series, and whether that is the halving."""
    day = study.halving.day
    known = {m: found for m, found in study.breaks.items() if found is not None}
    if not known:
        return tell("The search cannot be made, because a day of the span is missing.")
    parts = []
    for measure, found in known.items():
        if measure != SUBSIDY:
            series, off = word(LABELS[measure]), _off(found.single, day)
            parts.append(
                tell("{series}: {off}, and its interval holds the halving", series=series, off=off)
                if found.low <= day <= found.high
                else tell(
                    "{series}: {off}, and its interval does not hold the halving",
                    series=series,
                    off=off,
                )
            )
    said = [tell("The one break lies, for {series}.", series="; ".join(parts))]
    if (subsidy := known.get(SUBSIDY)) is not None:
        said.append(
            tell(
                "The subsidy alone breaks {off}, as the protocol makes it do; that tests the "
                "search, not the claim.",
                off=_off(subsidy.single, day),
            )
        )
    coins = known.get("revenue_btc")
    if coins is not None and 0 < (coins.single - day).days < 30:
        span = pd.date_range(day, periods=study.series_days)
        until = 100 * revenue.fee_share(study.first, span[span < coins.single])
        later = 100 * revenue.fee_share(study.first, span[span >= coins.single])
        if until > later:
            said.append(
                tell(
                    "From the halving to the break of revenue in bitcoin fees were {until} of it, "
                    "and {later} from then to the end of the span: the search counts days of high "
                    "fees to the old level.",
                    until=text.amount(until, "percent", 0),
                    later=text.amount(later, "percent", 0),
                )
            )
    return text.sentences(*said)


def _off(found: pd.Timestamp, day: pd.Timestamp) -> str:
    days = (found - day).days
    if days == 0:
        return tell("on the first whole day")
    if days > 0:
        return tell_many(
            "{count} day after the first whole day ({found:%Y-%m-%d})",
            "{count} days after the first whole day ({found:%Y-%m-%d})",
            days,
            found=found,
        )
    return tell_many(
        "{count} day before the first whole day ({found:%Y-%m-%d})",
        "{count} days before the first whole day ({found:%Y-%m-%d})",
        -days,
        found=found,
    )


def moved_breaks_table(study: Study) -> pd.DataFrame:
    """The single break where the span is moved off the halving or shortened."""
    table = study.moved_breaks.copy()
    table.index = [
        tell(
            "{days} days each side, moved by {offset} days",
            days=days,
            offset=text.number(offset, 0, sign=True),
        )
        for days, offset in table.index
    ]
    return table.rename(columns=LABELS).rename_axis(mark("span"))


def moved_breaks_words(study: Study, within: int = 7) -> str:
    """In how many spans the search finds the halving, series by series."""
    table, day = study.moved_breaks, study.halving.day
    parts = [
        tell(
            "{series} in {near} of {all}",
            series=word(LABELS[m]),
            near=int(((table[m] - day).abs() <= pd.Timedelta(days=within)).sum()),
            all=int(table[m].notna().sum()),
        )
        for m in table.columns
    ]
    return tell(
        "The one break lies within {days} days of the halving for {series} spans.",
        days=within,
        series=text.listed(parts),
    )


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


def coin_metrics_table(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Coin Metrics' published figures beside ours."""
    items = {
        "revenue_busd": mark("revenue (bn USD)"),
        published.QUARTER: mark("change on the quarter before (%)"),
        "fee_share_pct": mark("fee share (%)"),
        "rank_since_2020": mark("rank of the quarter since 2020"),
    }
    beside = published.quarterly(study.first, table)
    named = {item: word(name) for item, name in items.items()}
    beside["figure"] = beside["quarter"] + ": " + beside["item"].map(named)
    beside["exact difference"] = beside["exact"] - beside["published"]
    kept = [
        mark("figure"), mark("published"), mark("ours"), mark("difference"), mark("exact"),
        mark("exact difference"), mark("certainty"),
    ]  # fmt: skip
    return beside[kept].set_index("figure")


def coin_metrics_words(study: Study, table: pd.DataFrame) -> str:
    """How many figures agree; on which day our running total of the last quarter reached theirs."""
    beside = published.quarterly(study.first, table)
    equal = int((beside["difference"].abs() < 1e-9).sum())
    agree = tell(
        "Rounded as published, {equal} of {all} of our figures equal Coin Metrics' and {others} do "
        "not.",
        equal=equal,
        all=len(beside),
        others=len(beside) - equal,
    )
    last = table[table["item"] == "revenue_busd"].iloc[-1]
    day = published.day_reached(study.first, last["quarter"], float(last["value"]))
    value = text.amount(float(last["value"]), "bn USD", 1)
    if day is None:
        short = tell(
            "Our revenue of {quarter} did not reach the published {amount}.",
            quarter=last["quarter"],
            amount=value,
        )
        return text.sentences(agree, short)
    left = (pd.Period(last["quarter"].replace("-", ""), freq="Q").end_time.normalize() - day).days
    reached = tell(
        "Our running total of {quarter} reached {amount} on {day}, {left} days before the quarter "
        "ended. The published figure may be that of an unfinished quarter.",
        quarter=last["quarter"],
        amount=value,
        day=text.day(day),
        left=left,
    )
    return text.sentences(agree, reached)


def jpmorgan_words(study: Study, table: pd.DataFrame) -> str:
    """JPMorgan's own comparison with April 2024, quoted from the facts, beside ours."""
    noted = table[table["note"].fillna("").str.contains("below April 2024")]
    if noted.empty:
        return tell("The facts hold no comparison by JPMorgan with April 2024.")
    entry = noted.iloc[0]
    half = entry["part"] != "month"
    later, _ = published.per_hash(study.first, pd.Timestamp(entry["month"]), half=half)
    base, _ = published.per_hash(study.first, pd.Timestamp("2024-04-01"))
    month = text.month(pd.Timestamp(entry["month"]))
    return tell(
        "JPMorgan on {when}: revenue per EH/s {note}. Ours: {change} against April 2024.",
        when=tell("the first half of {month}", month=month) if half else month,
        note=entry["note"],
        change=text.amount(100 * (later / base - 1), "percent", 1),
    )
