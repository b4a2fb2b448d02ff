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
from claimbook.ledger import Finding

# From this change on, percent say less than a multiple.
MANY = 400.0

LABELS = {
    "revenue_btc": "revenue in BTC",
    "revenue_usd": "revenue in USD",
    "hashprice": "hashprice",
    "hashrate_ehs": "hash rate",
    "price_usd": "price",
    PER_HASH: "bitcoin per unit of hash rate",
    "fee_share": "fee share",
    "issuance_btc": "subsidy alone, in BTC",
}
MEANINGS = {
    "revenue_btc": "Did all miners together earn fewer bitcoin?",
    "revenue_usd": "Did all miners together earn fewer dollars?",
    "hashprice": "Did a unit of hash rate earn fewer dollars?",
    PER_HASH: "Did a unit of hash rate earn fewer bitcoin?",
}
FACTOR_LABELS = {"subsidy": "subsidy per block", "fees": "fees per block"}


def change_words(change: float | str | None, digits: int = 0) -> str:
    """`48 % less`, `5 % more`, from five times on `9.2 times as much`, or `not known`."""
    if change is None or isinstance(change, str) or np.isnan(change):
        return text.MISSING
    if change >= MANY:
        return f"{text.number(1 + change / 100, 1)} times as much"
    # A fall to next to nothing must not read as a fall to nothing.
    size = text.amount(abs(change), "percent", digits if change > -99.5 else 4)
    return f"{size} {'less' if change < 0 else 'more'}"


def summary(study: Study, findings: Sequence[Finding]) -> str:
    """What changed, and why the verdict reads as it does, for one who opens only the report."""

    def over(stem: str) -> str:
        values = [study.quantities[f"{stem}.{days}d"].value for days in study.windows]
        known = [v if isinstance(v, float) else None for v in values]
        return f"{text.listed([text.number(v, 0, sign=True) for v in known])} %"

    spans = text.listed([str(days) for days in study.windows])
    when = f"{study.halving.day:%-d %B %Y}"
    changes = (
        f"Over {spans} days from {when}, against as many before, daily revenue changed by "
        f"{over('revenue_btc_change_pct')} in bitcoin. In dollars it changed by "
        f"{over('revenue_usd_change_pct')}, while the price of a bitcoin changed by "
        f"{over('price_change_pct')}."
    )
    return " ".join(filter(None, [changes, reason_words(findings), late_words(study)]))


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
        return f"All of these are falls of more than {line}, the size that counts here."
    names = text.listed([f"{name} ({text.amount(v, 'percent', 0)})" for _, name, v in missed])
    falls = all(value < 0 for _, _, value in missed)
    rest = "If any fall counted, the claim would hold in full." if falls else ""
    return (f"A fall counts if it is more than {line}, which leaves out {names}. {rest}").strip()


def _member_words(name: str) -> str:
    """`revenue_usd_change_pct.365d` as `revenue in USD over 365 days`."""
    stem, _, tail = name.partition(".")
    labels = {stem: LABELS[measure] for measure, stem in revenue.CHANGES.items()}
    return f"{labels[stem]} over {tail.removesuffix('d')} days"


def late_words(study: Study) -> str:
    """How much of the longest window the author of the claim could not know; empty if none."""
    days, longest = study.to_article, study.windows[-1]
    # Day `days` itself, counted from 0, is the day of the claim.
    if days is None or longest - days - 1 <= 0:
        return ""
    value = study.quantities[f"revenue_usd_change_pct.{revenue.TO_ARTICLE}"].value
    return (
        f"Over the {days} days that had passed when the article appeared, dollars changed by "
        f"{text.amount(value, 'percent', 0, sign=True)}."
    )


def length_words(study: Study, threshold: float) -> str:
    """At which lengths of the windows dollar revenue fell, fell by enough, or rose."""
    change = study.by_length["revenue_usd"].dropna()
    if change.empty:
        return "No length of the windows can be compared."
    far = _lengths(change.index[change < -threshold], change.index)
    rose = _lengths(change.index[change > 0], change.index)
    others = [
        f"{LABELS[m]} from {_whole(study.by_length[m].min())} to "
        f"{text.amount(study.by_length[m].max(), 'percent', 0, sign=True)}"
        for m in ("revenue_btc", "hashprice", PER_HASH)
    ]
    return (
        f"Revenue in dollars fell by more than {text.amount(threshold, 'percent', 0)} {far}, and "
        f"rose {rose}. Over all lengths the others changed by: {'; '.join(others)}."
    )


def _whole(change: float) -> str:
    """A change in whole percent; a fall to next to nothing keeps the digits that tell it so."""
    return text.number(change, 0 if change > -99.5 else 3, sign=True)


def _lengths(found: pd.Index, tried: pd.Index) -> str:
    """Runs of window lengths in words."""
    if not len(found):
        return "at no length"
    if len(found) == len(tried):
        return f"at every length from {tried[0]} to {tried[-1]} days"
    if len(found) == found[-1] - found[0] + 1:
        return f"at the lengths from {found[0]} to {found[-1]} days and at no other"
    runs = spans_of(found)
    return f"at {len(found)} of {len(tried)} lengths, in {runs} runs"


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
        f"{days} days{' (to the article)' if days == to_article else ''}" for days in out.index
    ]
    heads = {threshold: f"a fall of more than {threshold:g} %" for threshold in THRESHOLDS}
    return out.rename(columns=LABELS | heads).rename_axis("windows of")


def threshold_table(table: pd.DataFrame, findings: Sequence[Finding]) -> pd.DataFrame:
    """`verdicts_by_threshold` as shown."""
    stems = {stem: LABELS[measure] for measure, stem in revenue.CHANGES.items()}
    names = {f.rule.id: stems[f.rule.members[0].partition(".")[0]] for f in findings}
    out = table.rename(columns=names)
    out.index = [f"more than {threshold:g} %" for threshold in table.index]
    return out.rename_axis("a fall counts from")


def boundary_words(study: Study) -> str:
    """Where the day boundary falls, why, and what that means for the windows."""
    halving = study.halving
    eve, day = f"{halving.eve:%-d %B %Y}", f"{halving.day:%-d %B %Y}"
    blocks = f"{halving.early_blocks} block{'s' if halving.early_blocks != 1 else ''}"
    issued = float(study.second["issuance_btc"].get(halving.eve, float("nan")))
    head = f"The first day wholly under the new subsidy of {halving.new_subsidy:g} BTC is {day}."
    if not halving.at_midnight:
        return (
            f"{head} In the primary provider's days the halving fell within {eve}, which holds "
            f"{blocks} at the new subsidy. That is more than its lag of at most "
            f"{revenue.MOST_LAGGING} blocks can account for, so {eve} is a mixed day by any clock. "
            "It belongs to the window before."
        )
    check = (
        f" The second provider, which cuts days by the time in each block, has "
        f"{text.amount(issued, 'BTC', 2)} of new coins on that day, a whole number "
        f"({text.number(issued / halving.old_subsidy, 0)}) of blocks at the old subsidy."
        if (issued / halving.old_subsidy).is_integer()
        else ""
    )
    return (
        f"{head} The primary provider cuts days by the median time of the last eleven blocks, "
        f"which lags behind the clock by up to {revenue.MOST_LAGGING} blocks; its {eve} already "
        f"holds {blocks} after the halving.{check} That day belongs to the window before."
    )


def price_words(compared: Mapping[tuple[str, int], pd.DataFrame], windows: Sequence[int]) -> str:
    """What the price did meanwhile, window by window."""
    parts = [
        f"{text.amount(compared['', days]['change']['price_usd'], 'percent', 0, sign=True)} "
        f"over {days} days"
        for days in sorted(windows)
    ]
    return f"Between the same windows the mean price of a bitcoin changed by {text.listed(parts)}."


def gap_words(second: pd.DataFrame, halving: Halving, windows: Sequence[int]) -> str:
    """The days that the second provider lacks in the longest window."""
    longest = windows_of(halving.day, max(windows))
    missing = revenue.missing_days(second, longest, ["revenue_usd", "hashprice"])
    if not missing:
        return "The second provider lacks no day of these windows."
    return (
        f"The second provider lacks {len(missing)} days of these windows in some column: "
        f"{spans_words(missing)}."
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
        else f"{stamps[int(a)]:%Y-%m-%d} to {stamps[int(b)]:%Y-%m-%d}"
        for a, b in zip(starts, ends, strict=True)
    ]
    return text.listed(runs)


def to_article_words(study: Study) -> str:
    """The changes over the days that had passed when the claim was made."""
    days = study.to_article
    if days is None:
        return "The claim was not made in the two years after this halving."

    def change(measure: str) -> str:
        return change_words(
            study.quantities[f"{revenue.CHANGES[measure]}.{revenue.TO_ARTICLE}"].value
        )

    return (
        f"When the claim was made, {days} days had passed. Over these, compared with the {days} "
        f"days before, miners earned {change('revenue_btc')} a day in bitcoin, "
        f"{change('revenue_usd')} in dollars and {change('hashprice')} in dollars per unit of hash "
        "rate."
    )


def since_words(frame: pd.DataFrame, halving: Halving, days: int = 90) -> str:
    """The last `days` days of the data against as many days before the halving."""
    last = pd.Timestamp(frame.index[-1])
    now = pd.date_range(end=last, periods=days)
    table = revenue.compare(frame, Windows(days, windows_of(halving.day, days).before, now))
    changes = table["change"]
    hashrate = 1 + float(changes["hashrate_ehs"]) / 100
    return (
        f"In the last {days} days of the data, to {last:%-d %B %Y}, miners earned "
        f"{change_words(changes['revenue_btc'])} a day in bitcoin than in the {days} days before "
        f"the halving of {halving.year}, {change_words(changes['revenue_usd'])} in dollars, and "
        f"{change_words(changes['hashprice'])} in dollars per unit of hash rate. A bitcoin cost "
        f"{change_words(changes['price_usd'])}. Hash rate stood at "
        f"{text.number(hashrate, 1 if hashrate < 100 else 0)} times its earlier mean; fees were "
        f"{text.amount(table['after']['fee_share'], 'percent', 1)} of revenue."
    )


def means_table(
    compared: Mapping[tuple[str, int], pd.DataFrame],
    windows: Sequence[int],
    measure: str,
    scale: float = 1.0,
) -> pd.DataFrame:
    """One measure's means (divided by `scale`) and change, one row a window, all days."""
    rows = {
        f"{days} days": compared["", days].loc[measure, ["before", "after", "change"]]
        for days in sorted(windows)
    }
    table = pd.DataFrame(rows).T.rename_axis("window")
    return table.assign(before=table["before"] / scale, after=table["after"] / scale)


def reckonings_table(
    compared: Mapping[tuple[str, int], pd.DataFrame],
    windows: Sequence[int],
    excluded_days: int,
    measure: str,
) -> pd.DataFrame:
    """One measure's change, one row a reckoning, one column a window."""
    rows = {
        name: {f"{days} days": compared[suffix, days].loc[measure, "change"] for days in windows}
        for suffix, name in revenue.reckonings(excluded_days).items()
    }
    return pd.DataFrame(rows).T.rename_axis("reckoning")


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
        f"{text.amount(median, 'percent', 0, sign=True)} over {days} days (mean "
        f"{text.number(mean, 0, sign=True)})"
        for days, (median, mean) in pairs.items()
        if median * mean < 0
    ]
    if not unlike:
        return "In dollars medians and means change in the same direction over every window."
    return (
        f"In dollars medians and means change in opposite directions: {text.listed(unlike)} by "
        "medians. The claim is judged by means, because a mean counts every dollar."
    )


def headline(study: Study, findings: Sequence[Finding]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers (for the longest window) and the summary of the verdict box."""
    longest = study.windows[-1]
    key = [
        (
            text.amount(
                study.quantities[f"{revenue.CHANGES[m]}.{longest}d"].value, "percent", 0, sign=True
            ),
            f"{what}, {longest} days",
        )
        for m, what in (
            ("revenue_btc", "bitcoin earned a day"),
            ("revenue_usd", "dollars earned a day"),
            ("hashprice", "dollars earned per unit of hash rate"),
        )
    ]
    return key, summary(study, findings)


def account_words(study: Study) -> str:
    """The account of the longest window in one sentence."""
    longest = study.windows[-1]
    found = study.accounts[longest]
    if found is None:
        return "The change cannot be taken apart, because a day of the windows is missing."
    change = found.after - found.before
    digits = 1 if found.before > 1e9 else 3
    parts = [
        f"{FACTOR_LABELS.get(factor, factor)} {text.number(effect / 1e9, digits, sign=True)}"
        for factor, effect in found.additive.items()
    ]
    alone = text.amount(100 * found.alone["subsidy"] / found.before, "percent", 0, sign=True)
    all_of_it = text.amount(change / 1e9, "bn USD", digits, sign=True)
    return (
        f"Over {longest} days revenue changed by {all_of_it}. Of this, in billions of dollars: "
        f"{text.listed(parts)}. Had the subsidy alone changed, at the price, blocks and fees of "
        f"the window before, revenue would have changed by {alone}."
    )


def hash_account_words(study: Study) -> str:
    """What more hash rate did to hashprice, in the longest window."""
    longest = study.windows[-1]
    found = study.hash_accounts[longest]
    if found is None:
        return "The change cannot be taken apart, because a day of the windows is missing."
    unit = "USD per PH/s and day"
    price = text.number(found.additive["price"], 1, sign=True)
    hash_rate = text.number(found.additive[decomposition.HASH_RATE], 1, sign=True)
    change = text.amount(found.after - found.before, unit, 1, sign=True)
    return (
        f"Over {longest} days hashprice changed by {change}: the price did {price} of it, hash "
        f"rate {hash_rate}. Hashprice is here the window's summed revenue over its summed hash "
        f"rate, which differs a little from the mean of the daily values above."
    )


def account_tables(study: Study) -> dict[str, pd.DataFrame]:
    """The accounts of revenue that could be made, by caption."""
    caption = "Change of revenue over {} days, taken apart (bn USD; column 2: factor)"
    return {
        caption.format(days): account_table(found)
        for days, found in study.accounts.items()
        if found is not None
    }


def account_table(found: decomposition.Account) -> pd.DataFrame:
    """One account in bn USD; the extreme orders in one column."""
    table = decomposition.table(found, 1e9).rename(index=FACTOR_LABELS)
    low, high = table.pop("lowest order"), table.pop("highest order")
    table["range of orders"] = [
        f"{text.number(a, 2)} to {text.number(b, 2)}" for a, b in zip(low, high, strict=True)
    ]
    return table


def hash_rate_tables(study: Study) -> dict[str, tuple[pd.DataFrame, str]]:
    """What hashprice rests on: mean price and hash rate by window, by caption, with the unit."""
    named = {
        "Mean price of a bitcoin": ("price_usd", "USD"),
        "Mean hash rate of all miners": ("hashrate_ehs", "EH/s"),
    }
    return {
        f"{name}, primary provider": (means_table(study.compared, study.windows, measure), unit)
        for name, (measure, unit) in named.items()
    }


def coins_per_hash_words(study: Study) -> str:
    """What the same hash rate earned in bitcoin, and why that is more than the halving."""
    changes = [study.compared["", days]["change"] for days in study.windows]
    coins = [text.number(float(c[PER_HASH]), 0) for c in changes]
    rate = [text.number(float(c["hashrate_ehs"]), 0, sign=True) for c in changes]
    spans = text.listed([str(days) for days in study.windows])
    halved = 100 * study.halving.new_subsidy / study.halving.old_subsidy - 100
    return (
        f"What the same hash rate earned in bitcoin changed by {text.listed(coins)} % over {spans} "
        f"days. The cut of the subsidy by itself is {text.amount(halved, 'percent', 0)}. The rest "
        f"of the difference comes with hash rate, which changed by {text.listed(rate)} %, and with "
        "blocks and fees. These are means of daily values, like those of hashprice."
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
            cells[f"{days} days"] = (
                f"{text.amount(float(row['change']), 'percent', 0, sign=True)} ({low} to {high})"
            )
        rows[question] = cells | {"verdict": verdicts[measure]}
    return pd.DataFrame(rows).T.rename_axis("meaning of “revenue”")


def interval_words(study: Study) -> str:
    """Which dollar intervals reach beyond zero, and how long the blocks were."""
    table = study.intervals.loc["revenue_usd"]
    unclear = [f"{days} days" for days, row in table.iterrows() if row["low"] < 0 < row["high"]]
    used = [
        f"{resampling.block_length(days, study.block_days)} for {days} days"
        for days in study.windows
    ]
    clear = (
        f"In dollars the interval over {text.listed(unclear)} holds zero: days like these could "
        "have shown a rise as well."
        if unclear
        else "In dollars none of the intervals holds zero."
    )
    return (
        f"In brackets: the middle 95 % of the changes that come out when blocks of neighbouring "
        f"days are drawn anew from each window ({text.listed(used)}). {clear} The intervals say "
        "how much chance among days matters; they are too narrow where the price drifts for "
        "months, and they say nothing about the cause."
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
        "series", "step", "low", "high", "check", "check: low", "check: high", "carry-over", "noise"
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index("series")


def _all_steps(study: Study) -> dict[str, Step | None]:
    """Every step by `year: series`, the halving that is studied first."""
    fits = {(study.halving.year, m): step for m, step in study.steps.items()} | dict(study.earlier)
    return {f"{year}: {LABELS[measure]}": step for (year, measure), step in fits.items()}


def check_words(study: Study) -> str:
    """How the check by least squares compares with the fitted steps, counted."""
    fits = {name: step for name, step in _all_steps(study).items() if step is not None}
    if not fits:
        return "No step could be fitted, so there is nothing to check."
    narrow = [
        name
        for name, step in fits.items()
        if step.newey_west[1] - step.newey_west[0] < step.high - step.low
    ]
    outside = [
        f"{name} ({text.amount(step.percent, 'percent', 0)} against "
        f"{text.number(step.newey_west[0], 0)} to {text.number(step.newey_west[1], 0)})"
        for name, step in fits.items()
        if not step.newey_west[0] <= step.percent <= step.newey_west[1]
    ]
    apart = (
        f"It leaves our step out for {text.listed(outside)}: there the two methods disagree."
        if outside
        else "It holds our step in every row."
    )
    return (
        "The check is another estimate, ordinary least squares, with its own interval by "
        "Newey–West errors, so its interval lies about its own step. It is narrower than ours in "
        f"{len(narrow)} of {len(fits)} rows, and wider in the others. {apart}"
    )


def bound_words(study: Study) -> str:
    """Which fitted errors lie at the bound of their carry-over, and what lifting it does."""
    bound = text.number(MOST_PERSISTENT, 3)
    rows = [
        f"{name}, {text.number(step.low, 0)} to {text.number(step.high, 0)} becomes "
        f"{text.number(step.near_unit_root[0], 0)} to {text.number(step.near_unit_root[1], 0)}"
        for name, step in _all_steps(study).items()
        if step is not None and step.near_unit_root is not None
    ]
    if not rows:
        return f"No carry-over lies at its upper bound of {bound}."
    return (
        f"In the rows with a star the carry-over lies at its upper bound of {bound}, so the "
        f"interval depends on the bound. With {text.number(NEAR_UNIT_ROOT, 4)}, all but a random "
        f"walk, the intervals (%) change as follows: {'; '.join(rows)}."
    )


def step_words(study: Study) -> str:
    """The step of each series, and the burst of fees in the first days."""
    said = []
    for measure, step in study.steps.items():
        if step is not None:
            low, high = (text.number(v, 0) for v in (step.low, step.high))
            said.append(
                f"{LABELS[measure]} {text.amount(step.percent, 'percent', 0)} ({low} to {high})"
            )
    coins = study.steps["revenue_btc"]
    if coins is None:
        return "The step cannot be estimated, because a day of the span is missing."
    first = text.amount(coins.burst[0], "percent", 0, sign=True)
    rest = [text.number(v, 0, sign=True) for v in coins.burst[1:]]
    return (
        f"The step at the halving, with its 95 % interval: {'; '.join(said)}. The first day lay "
        f"{first} off the new level of revenue in bitcoin, the next six days {text.listed(rest)} %."
    )


def placebo_words(study: Study) -> str:
    """How many other dates show a fall as deep."""
    said = []
    for measure, placebos in study.placebos.items():
        step = study.steps[measure]
        if step is not None and len(placebos):
            deeper = int((placebos <= step.percent).sum())
            said.append(f"{LABELS[measure]} {deeper:,} of {len(placebos):,}")
    if not said:
        return "No other date has a complete span, so there is nothing to compare with."
    return (
        f"Dates at which the same model finds a fall at least as deep: {'; '.join(said)}. "
        f"Only dates count whose whole span of {study.series_days} days on each side is known and "
        "holds no halving. The carry-over and noise of the errors are those fitted at the halving "
        "that is studied. The spans of neighbouring dates overlap, so these are few independent "
        "trials, and the early years swing more than the late ones."
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
            f"{found.low:%Y-%m-%d} to {found.high:%Y-%m-%d}",
            text.number(found.sup_f, 0),
            text.number(found.sup_f_p, 3),
            ", ".join(f"{day:%Y-%m-%d}" for day in found.chosen) or "none",
            text.MISSING if close is None else str((close - study.halving.day).days),
        ]
    columns = [
        "one break", "its interval", "sup-F", "p-value", "breaks by BIC",
        "days from halving, of the nearest (picked knowing the date)",
    ]  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("series")


def breaks_words(study: Study) -> str:
    """Where the search puts the single break of each series, and whether that is the halving."""
    day = study.halving.day
    known = {m: found for m, found in study.breaks.items() if found is not None}
    if not known:
        return "The search cannot be made, because a day of the span is missing."
    parts = [
        f"{LABELS[m]}: {_off(found.single, day)}, and its interval "
        f"{'holds' if found.low <= day <= found.high else 'does not hold'} the halving"
        for m, found in known.items()
        if m != SUBSIDY
    ]
    said = f"The one break lies, for {'; '.join(parts)}."
    if (subsidy := known.get(SUBSIDY)) is not None:
        said += (
            f" The subsidy alone breaks {_off(subsidy.single, day)}, as the protocol makes it do; "
            "that tests the search, not the claim."
        )
    coins = known.get("revenue_btc")
    if coins is not None and 0 < (coins.single - day).days < 30:
        span = pd.date_range(day, periods=study.series_days)
        until = 100 * revenue.fee_share(study.first, span[span < coins.single])
        later = 100 * revenue.fee_share(study.first, span[span >= coins.single])
        said += (
            " From the halving to the break of revenue in bitcoin fees were "
            f"{text.amount(until, 'percent', 0)} of it, and {text.amount(later, 'percent', 0)} "
            "from then to the end of the span: the search counts days of high fees to the old "
            "level."
            if until > later
            else ""
        )
    return said


def _off(found: pd.Timestamp, day: pd.Timestamp) -> str:
    days = (found - day).days
    if days == 0:
        return "on the first whole day"
    apart = f"{abs(days)} day{'s' if abs(days) != 1 else ''} {'after' if days > 0 else 'before'}"
    return f"{apart} the first whole day ({found:%Y-%m-%d})"


def moved_breaks_table(study: Study) -> pd.DataFrame:
    """The single break where the span is moved off the halving or shortened."""
    table = study.moved_breaks.copy()
    table.index = [
        f"{days} days each side, moved by {text.number(offset, 0, sign=True)} days"
        for days, offset in table.index
    ]
    return table.rename(columns=LABELS).rename_axis("span")


def moved_breaks_words(study: Study, within: int = 7) -> str:
    """In how many spans the search finds the halving, series by series."""
    table, day = study.moved_breaks, study.halving.day
    parts = [
        f"{LABELS[m]} in {int(((table[m] - day).abs() <= pd.Timedelta(days=within)).sum())} of "
        f"{int(table[m].notna().sum())}"
        for m in table.columns
    ]
    return f"The one break lies within {within} days of the halving for {text.listed(parts)} spans."


def boundary_size_words(study: Study) -> str:
    """How far the two providers' days differ at the boundary."""
    halving = study.halving
    first, second = study.first["revenue_btc"], study.second["revenue_btc"]
    apart = [
        text.amount(float(second.get(each, np.nan) - first[each]), "BTC", 1, sign=True)
        for each in (halving.eve, halving.day)
    ]
    moved = text.amount(halving.early_blocks * halving.new_subsidy, "BTC", 1)
    which = "early blocks" if halving.at_midnight else "blocks of the eve after the halving"
    return (
        f"The {which} carried {moved} of subsidy. The second provider, which cuts days by the "
        f"time in each block, differs in revenue by {apart[0]} on the day before the first whole "
        f"day and by {apart[1]} on that day."
    )


def coin_metrics_table(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Coin Metrics' published figures beside ours."""
    items = {
        "revenue_busd": "revenue (bn USD)",
        published.QUARTER: "change on the quarter before (%)",
        "fee_share_pct": "fee share (%)",
        "rank_since_2020": "rank of the quarter since 2020",
    }
    beside = published.quarterly(study.first, table)
    beside["figure"] = beside["quarter"] + ": " + beside["item"].map(items)
    beside["exact difference"] = beside["exact"] - beside["published"]
    kept = [
        "figure", "published", "ours", "difference", "exact", "exact difference", "certainty"
    ]  # fmt: skip
    return beside[kept].set_index("figure")


def coin_metrics_words(study: Study, table: pd.DataFrame) -> str:
    """How many figures agree; on which day our running total of the last quarter reached theirs."""
    beside = published.quarterly(study.first, table)
    equal = int((beside["difference"].abs() < 1e-9).sum())
    said = (
        f"Rounded as published, {equal} of {len(beside)} of our figures equal Coin Metrics' and "
        f"{len(beside) - equal} do not. "
    )
    last = table[table["item"] == "revenue_busd"].iloc[-1]
    day = published.day_reached(study.first, last["quarter"], float(last["value"]))
    value = text.amount(float(last["value"]), "bn USD", 1)
    if day is None:
        return said + f"Our revenue of {last['quarter']} did not reach the published {value}."
    left = (pd.Period(last["quarter"].replace("-", ""), freq="Q").end_time.normalize() - day).days
    return said + (
        f"Our running total of {last['quarter']} reached {value} on {day:%-d %B %Y}, {left} days "
        "before the quarter ended. The published figure may be that of an unfinished quarter."
    )


def jpmorgan_words(study: Study, table: pd.DataFrame) -> str:
    """JPMorgan's own comparison with April 2024, quoted from the facts, beside ours."""
    noted = table[table["note"].fillna("").str.contains("below April 2024")]
    if noted.empty:
        return "The facts hold no comparison by JPMorgan with April 2024."
    entry = noted.iloc[0]
    half = entry["part"] != "month"
    later, _ = published.per_hash(study.first, pd.Timestamp(entry["month"]), half=half)
    base, _ = published.per_hash(study.first, pd.Timestamp("2024-04-01"))
    when = f"{'the first half of ' if half else ''}{pd.Timestamp(entry['month']):%B %Y}"
    return (
        f"JPMorgan on {when}: revenue per EH/s {entry['note']}. Ours: "
        f"{text.amount(100 * (later / base - 1), 'percent', 1)} against April 2024."
    )
