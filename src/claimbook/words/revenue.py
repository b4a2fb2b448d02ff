"""Sentences and tables of the halving-revenue notebook."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import decomposition, published, resampling, revenue
from claimbook.analysis.halving import SERIES, SUBSIDY, Study, nearest
from claimbook.analysis.revenue import Halving
from claimbook.analysis.windows import Windows, windows_of
from claimbook.ledger import Finding, Quantity

# From this change on, percent say less than a multiple.
MANY = 400.0

LABELS = {
    "revenue_btc": "revenue in BTC",
    "revenue_usd": "revenue in USD",
    "hashprice": "hashprice",
    "hashrate_ehs": "hash rate",
    "price_usd": "price",
    "fee_share": "fee share",
    "issuance_btc": "subsidy alone, in BTC",
}
MEANINGS = {
    "revenue_btc": "Did all miners together earn fewer bitcoin?",
    "revenue_usd": "Did all miners together earn fewer dollars?",
    "hashprice": "Did a unit of hash rate earn fewer dollars?",
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


def summary(quantities: Mapping[str, Quantity], halving: Halving, windows: Sequence[int]) -> str:
    """Three sentences for a reader who opens only the report."""

    def over(stem: str) -> str:
        values = [quantities[f"{stem}.{days}d"].value for days in windows]
        known = [v if isinstance(v, float) else None for v in values]
        return f"{text.listed([text.number(v, 0, sign=True) for v in known])} %"

    spans = text.listed([str(days) for days in windows])
    when = f"{halving.day.day} {halving.day:%B %Y}"
    return (
        f"In the {spans} days from {when}, against as many days before, mean daily revenue changed "
        f"by {over('revenue_btc_change_pct')} in bitcoin and by "
        f"{over('revenue_usd_change_pct')} in dollars. "
        f"Dollars per unit of hash rate changed by {over('hashprice_change_pct')}. "
        f"The price of a bitcoin changed by {over('price_change_pct')} meanwhile."
    )


def boundary_words(halving: Halving) -> str:
    """Where the day boundary falls, and what that means for the windows."""
    eve = f"{halving.eve:%-d %B %Y}"
    blocks = f"{halving.early_blocks} block{'s' if halving.early_blocks != 1 else ''}"
    return (
        f"The first day wholly under the new subsidy of {halving.new_subsidy:g} BTC is "
        f"{halving.day:%-d %B %Y}. The primary provider cuts days by the median time of the last "
        f"eleven blocks, which lags behind the clock, so its {eve} already holds {blocks} after "
        f"the halving. That day belongs to the window before."
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


def to_article_words(frame: pd.DataFrame, halving: Halving, asserted_on: str) -> str:
    """The changes over the days that had passed when the claim was made."""
    days = (pd.Timestamp(asserted_on) - halving.day).days
    if not 0 < days <= 2 * 365:
        return "The claim was not made in the two years after this halving."
    changes = revenue.compare(frame, windows_of(halving.day, days))["change"]
    return (
        f"When the claim was made, on {asserted_on}, {days} days had passed. Over these, compared "
        f"with the {days} days before the halving, miners earned "
        f"{change_words(changes['revenue_btc'])} a day in bitcoin, "
        f"{change_words(changes['revenue_usd'])} in dollars and "
        f"{change_words(changes['hashprice'])} in dollars per unit of hash rate."
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


def headline(study: Study) -> tuple[list[tuple[str, str]], str]:
    """Key numbers and the summary sentence of the verdict box, for the longest window."""
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
    return key, summary(study.quantities, study.halving, study.windows)


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


def account_table(study: Study, days: int, *, per_hash: bool = False) -> pd.DataFrame | None:
    """The account of one window as a table; None where it could not be made."""
    found = (study.hash_accounts if per_hash else study.accounts)[days]
    if found is None:
        return None
    table = decomposition.table(found, 1.0 if per_hash else 1e9)
    columns = {"lowest order": "lowest of orders", "highest order": "highest of orders"}
    return table.rename(index=FACTOR_LABELS, columns=columns)


def meanings_table(study: Study, findings: Sequence[Finding]) -> pd.DataFrame:
    """One row a meaning of the claim: the change with its interval at each window, the verdict."""
    verdicts = {
        measure: next(
            (f.verdict for f in findings if f.rule.members[0].startswith(f"{stem}.")),
            ledger.UNTESTED,
        )
        for measure, stem in revenue.CHANGES.items()
        if measure in SERIES
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
    fits = {(study.halving.year, m): step for m, step in study.steps.items()} | dict(study.earlier)
    for (year, measure), step in fits.items():
        if step is None:
            rows.append([f"{year}: {LABELS[measure]}", *[float("nan")] * 7])
            continue
        rows.append([
            f"{year}: {LABELS[measure]}", step.percent, step.low, step.high, *step.newey_west,
            step.errors.persistence, step.errors.noise,
        ])  # fmt: skip
    columns = ["series", "step", "low", "high", "check: low", "check: high", "carry-over", "noise"]
    return pd.DataFrame(rows, columns=columns).set_index("series")


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
        "Dates whose span holds a halving are left out. The spans of neighbouring dates overlap, "
        "so these are few independent trials, and the early years swing more than the late ones."
    )


def breaks_table(study: Study) -> pd.DataFrame:
    """What the search found in each series, and how many days from the halving it lies."""
    rows = {}
    for measure, found in study.breaks.items():
        if found is None:
            rows[LABELS[measure]] = [text.MISSING] * 4
            continue
        close = nearest(found, study.halving.day)
        rows[LABELS[measure]] = [
            f"{found.single:%Y-%m-%d}",
            f"{found.low:%Y-%m-%d} to {found.high:%Y-%m-%d}",
            ", ".join(f"{day:%Y-%m-%d}" for day in found.chosen) or "none",
            text.MISSING if close is None else str((close - study.halving.day).days),
        ]
    columns = ["one break", "its interval", "breaks by BIC", "nearest: days from halving"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("series")


def breaks_words(study: Study) -> str:
    """Where the search puts the break of revenue in bitcoin and of the subsidy alone."""
    coins, subsidy = study.breaks["revenue_btc"], study.breaks[SUBSIDY]
    if coins is None or subsidy is None:
        return "The search cannot be made, because a day of the span is missing."

    def off(day: pd.Timestamp) -> str:
        days = (day - study.halving.day).days
        if days == 0:
            return "on the halving day itself"
        return (
            f"{abs(days)} day{'s' if abs(days) != 1 else ''} {'after' if days > 0 else 'before'} it"
        )

    fees = ": fees in the first days count towards the old level"
    return (
        f"The subsidy alone breaks {off(subsidy.single)}. All revenue in bitcoin, fees included, "
        f"breaks {off(coins.single)}{fees if coins.single > subsidy.single else ''}."
    )


def boundary_size_words(study: Study) -> str:
    """How far the two providers' days differ at the boundary."""
    eve, day = study.halving.eve, study.halving.day
    first, second = study.first["revenue_btc"], study.second["revenue_btc"]
    moved = study.halving.early_blocks * study.halving.new_subsidy
    return (
        f"The early blocks carried {text.amount(moved, 'BTC', 1)} of subsidy. With their fees, the "
        f"second provider, which cuts days by the time in each block, shows "
        f"{text.amount(float(second[eve] - first[eve]), 'BTC', 1, sign=True)} on the day before "
        f"the halving and {text.amount(float(second[day] - first[day]), 'BTC', 1, sign=True)} on "
        "the halving day."
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
    kept = ["figure", "published", "ours", "exact", "difference", "certainty"]
    return beside[kept].set_index("figure")


def coin_metrics_words(study: Study, table: pd.DataFrame) -> str:
    """Why the last quarter differs: on which day our running total reached the published one."""
    last = table[table["item"] == "revenue_busd"].iloc[-1]
    day = published.day_reached(study.first, last["quarter"], float(last["value"]))
    value = text.amount(float(last["value"]), "bn USD", 1)
    if day is None:
        return f"Our revenue of {last['quarter']} did not reach the published {value}."
    left = (pd.Period(last["quarter"].replace("-", ""), freq="Q").end_time.normalize() - day).days
    return (
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
