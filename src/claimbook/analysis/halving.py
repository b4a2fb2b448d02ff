"""The whole study of one halving: changes, their accounts, the step, breaks, and their spread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from claimbook import ledger
from claimbook.analysis import breaks, decomposition, resampling, revenue, steps
from claimbook.analysis.decomposition import Account
from claimbook.analysis.revenue import Halving
from claimbook.analysis.steps import Step
from claimbook.analysis.windows import windows_of
from claimbook.language import mark
from claimbook.ledger import Claim, Quantity

# What is judged; the subsidy alone is added to the search for breaks.
SERIES = ("revenue_btc", "revenue_usd", "hashprice")
PER_HASH = "btc_per_ehs"
MEANINGS = (*SERIES, PER_HASH)
SUBSIDY = "issuance_btc"
SHORTEST_SEGMENT = 0.15
# Days by which the span of the search is moved off the halving, to see what it finds then.
OFFSETS = (-100, -50, 0, 50, 100)
SHORTER = 0.8
# Smallest falls, in percent, under which the verdict is read beside the ledger's own.
THRESHOLDS = (0.0, 5.0, 10.0)
SHORTEST_WINDOW, LONGEST_WINDOW = 14, 730
SEED = 20240420

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """What the search for breaks found in one series, as first days of the new level.

    `single` is the one break that explains most, `low` and `high` its 95 % interval; `chosen` are
    the breaks that BIC prefers, `means` the mean of each of their segments, in the series' unit
    (geometric, since logarithms are searched). `sup_f` is the greatest F statistic over all dates
    and `sup_f_p` its p-value by drawn blocks.
    """

    single: pd.Timestamp
    low: pd.Timestamp
    high: pd.Timestamp
    chosen: tuple[pd.Timestamp, ...]
    means: tuple[float, ...]
    sup_f: float
    sup_f_p: float


@dataclass(frozen=True)
class Study:
    """Everything that the notebook shows of one halving."""

    halving: Halving
    all_halvings: Mapping[int, Halving]
    first: pd.DataFrame
    second: pd.DataFrame
    windows: tuple[int, ...]
    excluded_days: int
    block_days: int
    series_days: int
    to_article: int | None
    compared: Mapping[tuple[str, int], pd.DataFrame]
    by_length: pd.DataFrame
    intervals: pd.DataFrame
    accounts: Mapping[int, Account | None]
    hash_accounts: Mapping[int, Account | None]
    steps: Mapping[str, Step | None]
    earlier: Mapping[tuple[int, str], Step | None]
    placebos: Mapping[str, pd.Series]
    breaks: Mapping[str, Found | None]
    moved_breaks: pd.DataFrame
    quantities: Mapping[str, Quantity]


def study(
    network: pd.DataFrame,
    second_network: pd.DataFrame,
    *,
    year: int,
    windows: Sequence[int],
    excluded_days: int,
    block_days: int,
    series_days: int,
    asserted_on: str,
) -> Study:
    """The study of the halving of `year` from the two providers' tables.

    `windows` are days before and after; `excluded_days` are left out on each side in one of the
    reckonings; `block_days` is the block of the bootstrap; `series_days` the span on each side for
    the step and the search for breaks; `asserted_on` is the day of the claim.
    """
    found = revenue.halvings(network)
    halving = found[year]
    first, second = revenue.daily(network), revenue.daily_second(second_network)
    lengths = tuple(sorted(windows))
    compared = revenue.comparisons(first, second, halving, lengths, excluded_days)
    intervals = change_intervals(first, halving, lengths, block_days)
    spans = {days: windows_of(halving.day, days) for days in lengths}
    accounts = {d: decomposition.account(first, spans[d]) for d in lengths}
    hash_accounts = {d: decomposition.account(first, spans[d], per_hash=True) for d in lengths}
    fitted = {m: steps.fit(first[m], halving.day, series_days) for m in SERIES}
    earlier = {
        (other, m): steps.fit(first[m], found[other].day, series_days)
        for other in found
        if other != year
        for m in SERIES
    }
    clear = [each.day for each in found.values()]
    placebos = {
        m: steps.placebo(first[m], series_days, step.errors, clear)
        for m, step in fitted.items()
        if step is not None
    }
    broken = {
        m: find_breaks(first[m], halving.day, series_days, block_days) for m in (*SERIES, SUBSIDY)
    }
    to_article = revenue.days_to(halving, asserted_on)
    by_length = revenue.changes_by_length(
        first, halving.day, range(SHORTEST_WINDOW, LONGEST_WINDOW + 1)
    )
    quantities = {
        **revenue.change_quantities(compared),
        **_article_quantities(first, halving, to_article),
        **_interval_quantities(intervals),
        **_account_quantities(accounts, hash_accounts),
        **_step_quantities(fitted, placebos),
        **_break_quantities(broken, halving),
    }
    return Study(
        halving, found, first, second, lengths, excluded_days, block_days, series_days, to_article,
        compared, by_length, intervals, accounts, hash_accounts, fitted, earlier, placebos, broken,
        moved_breaks(first, halving, series_days), quantities,
    )  # fmt: skip


def change_intervals(
    frame: pd.DataFrame,
    halving: Halving,
    windows: Sequence[int],
    block_days: int,
    measures: Sequence[str] = MEANINGS,
) -> pd.DataFrame:
    """Each change in percent with its 95 % interval; index (measure, window in days)."""
    rows = {}
    for measure in measures:
        for days in windows:
            span = windows_of(halving.day, days)
            before = frame[measure].reindex(span.before).to_numpy(dtype=float)
            after = frame[measure].reindex(span.after).to_numpy(dtype=float)
            low, high = resampling.change_interval(before, after, block=block_days, seed=SEED)
            rows[measure, days] = [100 * (after.mean() / before.mean() - 1), low, high]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["change", "low", "high"])
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["measure", "window"])
    return table


def find_breaks(series: pd.Series, day: pd.Timestamp, days: int, block: int) -> Found | None:
    """Breaks in the mean of the logarithm of a series, `days` days on each side of `day`.

    The search is not told where `day` is, other than that the span is centred on it;
    `moved_breaks` shows what it finds in other spans. `block` neighbouring days are drawn together.
    None where a day is missing.
    """
    span, logs = _logs(series, day, days)
    if logs is None:
        return None
    shortest = int(SHORTEST_SEGMENT * len(logs))
    last = int(breaks.single_break(logs, shortest))
    how = {"shortest": shortest, "block": block, "seed": SEED}
    low, high = breaks.single_break_interval(logs, last, **how)
    chosen = breaks.chosen(breaks.search(logs, shortest=shortest)).first_new
    edges = [0, *chosen, len(logs)]
    means = [float(np.exp(logs[a:b].mean())) for a, b in pairwise(edges)]
    return Found(
        single=pd.Timestamp(span[last + 1]),
        low=pd.Timestamp(span[low + 1]),
        high=pd.Timestamp(span[high + 1]),
        chosen=tuple(pd.Timestamp(span[place]) for place in chosen),
        means=tuple(means),
        sup_f=float(breaks.sup_f(logs, shortest)),
        sup_f_p=breaks.sup_f_share(logs, last, **how),
    )


def moved_breaks(frame: pd.DataFrame, halving: Halving, days: int) -> pd.DataFrame:
    """The single break of each series where the span is moved or shortened.

    One row a span: its `days` on each side and the days from the halving to its middle (`offset`);
    one column a series, the first day of the new level; NaT where a day of the span is missing.
    """
    rows = {}
    for length in (days, int(SHORTER * days)):
        for offset in OFFSETS:
            middle = halving.day + pd.Timedelta(days=offset)
            rows[length, offset] = {m: _single(frame[m], middle, length) for m in SERIES}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(SERIES))
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["days", "offset"])
    return table


def _single(series: pd.Series, middle: pd.Timestamp, days: int) -> pd.Timestamp | None:
    span, logs = _logs(series, middle, days)
    if logs is None:
        return None
    last = int(breaks.single_break(logs, int(SHORTEST_SEGMENT * len(logs))))
    return pd.Timestamp(span[last + 1])


def _logs(
    series: pd.Series, middle: pd.Timestamp, days: int
) -> tuple[pd.DatetimeIndex, Array | None]:
    """The days on both sides of `middle`, and the logarithms there; None where one is missing."""
    span = pd.date_range(middle - pd.Timedelta(days=days), periods=2 * days)
    values = series.reindex(span).to_numpy(dtype=float)
    return span, np.log(values) if (values > 0).all() else None


def verdicts_by_threshold(
    claim: Claim, study: Study, parameters: Mapping[str, object]
) -> pd.DataFrame:
    """How the claim reads if a fall counts from other sizes on, with the ledger's windows.

    One row a threshold (percent), one column a deciding finding, and `claim`.
    """
    rows = {}
    for threshold in THRESHOLDS:
        rules = [replace(rule, tolerance=threshold) for rule in claim.findings if rule.decides]
        judged = [ledger.judge(rule, study.quantities, parameters) for rule in rules]
        rows[threshold] = {each.rule.id: each.verdict for each in judged}
        rows[threshold]["claim"] = ledger.verdict(judged)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("threshold")


def verdicts_by_length(study: Study, lengths: Sequence[int]) -> pd.DataFrame:
    """How the claim would read with windows of one length alone: a row a length (days).

    Columns: the change of each judged series in percent, then the verdict for each threshold in
    percent, by the ledger's own way of combining them.
    """
    rows = {}
    for length in lengths:
        changes = study.by_length.loc[length, list(SERIES)]
        rows[length] = dict(changes) | {
            threshold: ledger.combine(_fell(float(change), threshold) for change in changes)
            for threshold in THRESHOLDS
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("window")


def _fell(change: float, threshold: float) -> str:
    if np.isnan(change):
        return ledger.UNTESTED
    return ledger.HOLDS if -change > threshold else ledger.FAILS


def nearest(found: Found, day: pd.Timestamp) -> pd.Timestamp | None:
    """The one of BIC's breaks that lies nearest to a day; None where BIC prefers no break."""
    return min(found.chosen, key=lambda each: abs(each - day)) if found.chosen else None


def boundary(study: Study) -> pd.DataFrame:
    """The change of revenue in BTC (%) under other cuts of the day, one column a window.

    Where only the provider's lagging clock put blocks on the eve, their subsidy is moved to the
    first whole day (their fees are not known from daily figures). Where the halving fell within the
    eve, that mixed day is counted to the window after instead.
    """
    halving, day = study.halving, study.halving.day
    coins = study.first["revenue_btc"]
    moved = coins.copy()
    early = halving.early_blocks * halving.new_subsidy
    moved[halving.eve] -= early
    moved[day] += early
    other = study.second["revenue_btc"]
    rows: dict[str, dict[str, float]] = {}
    for days in study.windows:
        span = windows_of(day, days)
        whole, short = span.before, span.before[:-1]
        cuts = {
            mark("as the primary provider cuts days"): (coins, whole, span.after),
            mark("the day before left out"): (coins, short, span.after),
            mark("second provider, days cut by block time"): (other, whole, span.after),
        }
        if halving.at_midnight:
            name = mark("the early blocks' subsidy moved to the first whole day")
            cuts[name] = (moved, whole, span.after)
        else:
            after = span.after.union(span.before[-1:])
            cuts[mark("the mixed day counted to the window after")] = (coins, short, after)
        for name, (series, before, after) in cuts.items():
            ratio = revenue.mean(series, after) / revenue.mean(series, before)
            rows.setdefault(name, {})[f"{days} days"] = 100 * (ratio - 1)
    return pd.DataFrame(rows).T.rename_axis("cut")


def block_lengths(study: Study, lengths: Sequence[int] = (7, 14, 30, 60)) -> pd.DataFrame:
    """The interval of the dollar change for several block lengths, one row a window and length."""
    rows = []
    for length in lengths:
        table = change_intervals(study.first, study.halving, study.windows, length, ["revenue_usd"])
        for days in study.windows:
            row = table.loc[("revenue_usd", days)]
            used = resampling.block_length(days, length)
            rows.append([f"{days} days", used, row["low"], row["high"]])
    table = pd.DataFrame(rows, columns=["window", "block", "low", "high"])
    return table.drop_duplicates().sort_values("window", key=_days, kind="stable")


def _days(labels: pd.Series) -> pd.Series:
    return labels.str.removesuffix(" days").astype(int)


def _article_quantities(
    frame: pd.DataFrame, halving: Halving, days: int | None
) -> dict[str, Quantity]:
    """The changes over the days that had passed when the claim was made; None if not applicable."""
    names = {m: f"{stem}.{revenue.TO_ARTICLE}" for m, stem in revenue.CHANGES.items()}
    if days is None:
        return {name: Quantity(None, "percent") for name in names.values()}
    change = revenue.compare(frame, windows_of(halving.day, days))["change"]
    return {name: _quantity(float(change[m]), "percent") for m, name in names.items()}


def _interval_quantities(intervals: pd.DataFrame) -> dict[str, Quantity]:
    out = {}
    for measure in MEANINGS:
        for days, row in intervals.loc[measure].iterrows():
            stem = f"{revenue.CHANGES[measure]}.{days}d.interval"
            for side in ("low", "high"):
                out[f"{stem}_{side}"] = _quantity(float(row[side]), "percent")
    return out


def _account_quantities(
    accounts: Mapping[int, Account | None], hash_accounts: Mapping[int, Account | None]
) -> dict[str, Quantity]:
    out = {}
    for days, found in accounts.items():
        for factor in decomposition.FACTORS:
            value = None if found is None else found.additive[factor] / 1e9
            out[f"revenue_effect_busd.{factor}.{days}d"] = Quantity(value, "bn USD")
            value = None if found is None else found.chained[factor] / 1e9
            out[f"revenue_effect_busd.{factor}.{days}d.chained"] = Quantity(value, "bn USD")
            value = None if found is None or not found.daily else found.daily[factor] / 1e9
            out[f"revenue_effect_busd.{factor}.{days}d.chained_daily"] = Quantity(value, "bn USD")
        alone = None if found is None else 100 * found.alone["subsidy"] / found.before
        name = f"revenue_usd_change_subsidy_alone_pct.{days}d"
        out[name] = Quantity(alone, "percent")
    for days, found in hash_accounts.items():
        for factor in (*decomposition.FACTORS, decomposition.HASH_RATE):
            name = f"hashprice_effect_usd_ph_day.{factor.replace(' ', '_')}.{days}d"
            value = None if found is None else found.additive[factor]
            out[name] = Quantity(value, "USD per PH/s per day")
    return out


def _step_quantities(
    fitted: Mapping[str, Step | None], placebos: Mapping[str, pd.Series]
) -> dict[str, Quantity]:
    out = {}
    for measure, step in fitted.items():
        stem = f"level_change_pct.{measure}"
        out[stem] = Quantity(None if step is None else step.percent, "percent")
        out[f"{stem}.interval_low"] = Quantity(None if step is None else step.low, "percent")
        out[f"{stem}.interval_high"] = Quantity(None if step is None else step.high, "percent")
        share = (
            float("nan") if step is None else steps.share_as_large(placebos[measure], step.percent)
        )
        out[f"placebo_share.{measure}"] = _quantity(share, "1")
    return out


def _break_quantities(broken: Mapping[str, Found | None], halving: Halving) -> dict[str, Quantity]:
    out = {}
    for measure, found in broken.items():
        single = close = None
        if found is not None:
            single, close = found.single, nearest(found, halving.day)
        out[f"break_date.{measure}"] = _date(single)
        out[f"break_date.{measure}.interval_low"] = _date(None if found is None else found.low)
        out[f"break_date.{measure}.interval_high"] = _date(None if found is None else found.high)
        out[f"break_date.{measure}.nearest_of_several"] = _date(close)
        out[f"sup_f.{measure}"] = Quantity(None if found is None else found.sup_f, "1")
        out[f"sup_f_p.{measure}"] = Quantity(None if found is None else found.sup_f_p, "1")
    return out


def _date(day: pd.Timestamp | None) -> Quantity:
    return Quantity(None if day is None else f"{day:%Y-%m-%d}", "date")


def _quantity(value: float, unit: str) -> Quantity:
    return Quantity(None if np.isnan(value) else value, unit)
