"""Miner revenue around a halving: windows before and after, and what changed between them.

Daily frames here are indexed by UTC day and carry, under the same names for both providers,
`price_usd` (USD per BTC at the end of the day), `issuance_btc`, `fees_btc`, `revenue_btc` (BTC per
day), `revenue_usd` (USD per day), `hashrate_ehs` (EH/s) and `hashprice` (USD per PH/s per day).
A day that a provider lacks stays missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from claimbook import text
from claimbook.errors import DataError
from claimbook.ledger import Quantity

FIRST_SUBSIDY_BTC = 50.0
PH_PER_EH = 1000.0

# A mean over a window stands only where at least this share of its days is known.
ENOUGH = 0.95

# From this change on, percent say less than a multiple.
MANY = 400.0

# What is compared, with the stem of its quantity's name.
CHANGES = {
    "revenue_btc": "revenue_btc_change_pct",
    "revenue_usd": "revenue_usd_change_pct",
    "hashprice": "hashprice_change_pct",
    "hashrate_ehs": "hashrate_change_pct",
    "price_usd": "price_change_pct",
}
FEE_SHARE = "fee_share_change_pp"
LABELS = {
    "revenue_btc": "revenue in BTC",
    "revenue_usd": "revenue in USD",
    "hashprice": "hashprice",
    "hashrate_ehs": "hash rate",
    "price_usd": "price",
    "fee_share": "fee share",
}
WITHOUT_HALVING_DAY = "excluding_halving_day"
SECOND_PROVIDER = "second_provider"


@dataclass(frozen=True)
class Halving:
    """One halving as the primary provider's days show it.

    `day` is the first UTC day that lies wholly under the new subsidy (BTC per block). The day
    before may already hold `early_blocks` of the new ones, because the halving falls inside a day.
    """

    year: int
    day: pd.Timestamp
    old_subsidy: float
    new_subsidy: float
    early_blocks: int

    @property
    def eve(self) -> pd.Timestamp:
        """The day before, the last of the before-window."""
        return self.day - pd.Timedelta(days=1)


@dataclass(frozen=True)
class Windows:
    """The days compared: `before` ends on the eve, `after` starts with the halving day."""

    days: int
    before: pd.DatetimeIndex
    after: pd.DatetimeIndex


def halvings(network: pd.DataFrame) -> dict[int, Halving]:
    """Every halving in the primary provider's table, by year, found in its issuance and blocks.

    `network` has the columns date, blocks, issuance_btc. Raises DataError where a day's issuance is
    no mixture of the subsidies before and after.
    """
    found: dict[int, Halving] = {}
    subsidy = FIRST_SUBSIDY_BTC
    days, blocks = network["date"], network["blocks"].to_numpy(dtype=float)
    issuance = network["issuance_btc"].to_numpy(dtype=float)
    while True:
        new = subsidy / 2
        wholly_new = (blocks > 0) & (issuance <= blocks * new * (1 + 1e-9))
        if not wholly_new.any():
            return found
        first = int(wholly_new.argmax())
        # The day before: x blocks at the new subsidy, the rest at the old one.
        early = (blocks[first - 1] * subsidy - issuance[first - 1]) / new
        if abs(early - round(early)) > 1e-6:
            raise DataError(
                f"the issuance of {days.iloc[first - 1]:%Y-%m-%d} is no sum of block subsidies of "
                f"{subsidy:g} and {new:g} BTC; it must be one on the eve of a halving"
            )
        day = pd.Timestamp(days.iloc[first])
        found[day.year] = Halving(day.year, day, subsidy, new, round(early))
        subsidy = new


def daily(network: pd.DataFrame) -> pd.DataFrame:
    """The primary provider's days (see the module's head), plus `blocks`."""
    frame = network.set_index("date")
    kept = ["price_usd", "blocks", "issuance_btc", "fees_btc", "revenue_btc", "revenue_usd"]
    out = frame[[*kept, "hashrate_ehs"]].copy()
    out["hashprice"] = frame["hashprice_usd_ph_day"]
    return out


def daily_second(second: pd.DataFrame) -> pd.DataFrame:
    """The second provider's days (see the module's head).

    Its price of day t is the snapshot at 00:00 UTC, so it closes day t − 1. Revenue is that price
    times issuance and fees; the provider's own revenue in USD covers part of the span only and is
    not used.
    """
    frame = second.set_index("date").asfreq("D")
    out = pd.DataFrame(index=frame.index)
    out["price_usd"] = frame["market_price_usd"].shift(-1)
    out["issuance_btc"] = frame["issuance_btc"]
    out["fees_btc"] = frame["fees_btc"]
    out["revenue_btc"] = out["issuance_btc"] + out["fees_btc"]
    out["revenue_usd"] = out["revenue_btc"] * out["price_usd"]
    out["hashrate_ehs"] = frame["hashrate_ehs"]
    out["hashprice"] = out["revenue_usd"] / (out["hashrate_ehs"] * PH_PER_EH)
    return out


def windows_of(
    day: pd.Timestamp, days: int, *, without_day: bool = False, each_side: int = 0
) -> Windows:
    """`days` days before `day` and `days` days from it on.

    `without_day` drops the day itself; `each_side` drops that many days next to the boundary on
    both sides. What is dropped is not replaced, so the windows get shorter, not longer ago.
    """
    before = pd.date_range(end=day - pd.Timedelta(days=1), periods=days)
    after = pd.date_range(start=day, periods=days)
    if each_side:
        before, after = before[:-each_side], after[each_side:]
    elif without_day:
        after = after[1:]
    return Windows(days, before, after)


def mean(series: pd.Series, days: pd.DatetimeIndex) -> float:
    """The mean over the days that are known; NaN where fewer than 95 % of them are."""
    known = series.reindex(days).dropna()
    return float(known.mean()) if len(known) and len(known) >= ENOUGH * len(days) else float("nan")


def fee_share(frame: pd.DataFrame, days: pd.DatetimeIndex) -> float:
    """Summed fees over summed revenue, both in BTC, of the known days; NaN as in `mean`.

    A share of sums, not a mean of daily shares: every bitcoin counts once, and a single odd day
    weighs no more than its coins.
    """
    known = frame.reindex(days)[["fees_btc", "revenue_btc"]].dropna()
    if not len(known) or len(known) < ENOUGH * len(days):
        return float("nan")
    return float(known["fees_btc"].sum() / known["revenue_btc"].sum())


def compare(frame: pd.DataFrame, windows: Windows) -> pd.DataFrame:
    """Means before and after and their change, one row a measure.

    Rows: the measures of `CHANGES`, then `fee_share` (in percent). Columns: `before`, `after` (in
    the measure's unit), `change` (percent; percentage points for the fee share), `days_before`,
    `days_after` (days that are known).
    """
    rows: dict[str, list[float]] = {}
    for measure in CHANGES:
        before, after = (mean(frame[measure], d) for d in (windows.before, windows.after))
        rows[measure] = [before, after, 100 * (after / before - 1)]
    before, after = (100 * fee_share(frame, d) for d in (windows.before, windows.after))
    rows["fee_share"] = [before, after, after - before]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["before", "after", "change"])
    columns = {m: [m] for m in CHANGES} | {"fee_share": ["fees_btc", "revenue_btc"]}
    for side, days in (("days_before", windows.before), ("days_after", windows.after)):
        known = {
            m: int(frame.reindex(days)[c].notna().all(axis=1).sum()) for m, c in columns.items()
        }
        table[side] = pd.Series(known)
    return table


def missing_days(frame: pd.DataFrame, windows: Windows, columns: Iterable[str]) -> list[str]:
    """The days of both windows on which one of the columns is missing, as ISO dates."""
    span = windows.before.append(windows.after)
    gaps = frame.reindex(span)[list(columns)].isna().any(axis=1)
    return [f"{day:%Y-%m-%d}" for day in span[gaps.to_numpy()]]


def reckonings(excluded_days: int) -> dict[str, str]:
    """The ways each change is reckoned: the suffix of the quantity's name -> what it is."""
    return {
        "": "all days, primary provider",
        WITHOUT_HALVING_DAY: "without the halving day",
        around_suffix(excluded_days): f"without {excluded_days} days on each side of the halving",
        SECOND_PROVIDER: "all days, second provider",
    }


def around_suffix(excluded_days: int) -> str:
    return f"excluding_{excluded_days}_days_each_side"


def comparisons(
    first: pd.DataFrame, second: pd.DataFrame, halving: Halving, windows: Sequence[int],
    excluded_days: int,
) -> dict[tuple[str, int], pd.DataFrame]:  # fmt: skip
    """`compare` for every reckoning (suffix) and every window (days)."""
    out = {}
    for days in windows:
        whole = windows_of(halving.day, days)
        out["", days] = compare(first, whole)
        short = windows_of(halving.day, days, without_day=True)
        out[WITHOUT_HALVING_DAY, days] = compare(first, short)
        around = windows_of(halving.day, days, each_side=excluded_days)
        out[around_suffix(excluded_days), days] = compare(first, around)
        out[SECOND_PROVIDER, days] = compare(second, whole)
    return out


def change_quantities(
    compared: Mapping[tuple[str, int], pd.DataFrame],
) -> dict[str, Quantity]:
    """`revenue_usd_change_pct.90d`, `….90d.excluding_halving_day` and so on; None if unknown."""
    quantities = {}
    for (suffix, days), table in compared.items():
        tail = f"{days}d" + (f".{suffix}" if suffix else "")
        for measure, stem in CHANGES.items():
            quantities[f"{stem}.{tail}"] = _quantity(table.at[measure, "change"], "percent")
        share = table.at["fee_share", "change"]
        quantities[f"{FEE_SHARE}.{tail}"] = _quantity(share, "percentage points")
    return quantities


def smoothed(frame: pd.DataFrame, days: int) -> pd.DataFrame:
    """Trailing means over `days` days; a day is missing where one of its days is.

    Trailing, not centred, so that no day before the halving looks ahead to one after it.
    """
    return frame.rolling(days, min_periods=days).mean()


def around(frame: pd.DataFrame, day: pd.Timestamp, days: int) -> pd.DataFrame:
    """The rows from `days` before `day` to `days` after; first column `days_from_halving`."""
    span = pd.date_range(day - pd.Timedelta(days=days), day + pd.Timedelta(days=days))
    out = frame.reindex(span)
    out.insert(0, "days_from_halving", np.arange(-days, days + 1))
    return out


def in_steps(frame: pd.DataFrame, halving: Halving, currency: str, step: int = 30) -> pd.DataFrame:
    """Mean daily subsidy and fees in steps of `step` days, twelve before and twelve after.

    `currency` is USD or BTC. Columns: start (first day of the step), days_from_halving (of that
    day), subsidy, fees (million USD or BTC a day; missing where a day of the step is).
    """
    price = frame["price_usd"] / 1e6 if currency == "USD" else 1.0
    parts = pd.DataFrame(
        {"subsidy": frame["issuance_btc"] * price, "fees": frame["fees_btc"] * price}
    )
    rows = []
    for number in range(-12, 12):
        start = halving.day + pd.Timedelta(days=step * number)
        means = parts.reindex(pd.date_range(start, periods=step)).mean(skipna=False)
        rows.append([start, step * number, means["subsidy"], means["fees"]])
    return pd.DataFrame(rows, columns=["start", "days_from_halving", "subsidy", "fees"])


def four_halvings(
    frame: pd.DataFrame, found: Mapping[int, Halving], days: int, smoothing: int
) -> pd.DataFrame:
    """Revenue and hashprice of every halving, as an index: mean of the `days` days before = 100.

    Long: year, date, days_from_halving, revenue_btc, revenue_usd, hashprice, each a trailing mean
    over `smoothing` days.
    """
    measures = ["revenue_btc", "revenue_usd", "hashprice"]
    parts = []
    for year, halving in found.items():
        base = pd.Series(
            {m: mean(frame[m], windows_of(halving.day, days).before) for m in measures}
        )
        index = around(smoothed(100 * frame[measures] / base, smoothing), halving.day, days)
        index.insert(0, "year", year)
        parts.append(index.rename_axis("date").reset_index())
    return pd.concat(parts, ignore_index=True)


def four_halvings_changes(
    frame: pd.DataFrame, found: Mapping[int, Halving], days: int
) -> pd.DataFrame:
    """What changed at each halving over `days` days: percent, one row a halving."""
    rows = {
        year: compare(frame, windows_of(halving.day, days))["change"]
        for year, halving in found.items()
    }
    return pd.DataFrame(rows).T.rename_axis("halving")


def against_published(frame: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """JPMorgan's monthly figures beside ours, of the same days.

    `published` is the table jpm_mining_economics. `first half` means days 1 to 15. Ours is the
    month's summed revenue over its summed hash rate (EH/s-days), in USD per EH/s per day. Columns
    of the result: month, part, published, ours, difference_pct, published_hashrate, our_hashrate,
    certainty, source; rows without any published figure we could compare are left out.
    """
    rows = []
    for entry in published.to_dict("records"):
        start = pd.Timestamp(entry["month"])
        end = start + (
            pd.offsets.MonthEnd(0) if entry["part"] == "month" else pd.Timedelta(days=14)
        )
        sample = frame.reindex(pd.date_range(start, end))[["revenue_usd", "hashrate_ehs"]]
        known = not sample.isna().any(axis=None)
        totals = sample.sum()
        ours = totals["revenue_usd"] / totals["hashrate_ehs"] if known else float("nan")
        printed = entry["revenue_usd_per_ehs_day"]
        rows.append({
            "month": f"{start:%Y-%m}", "part": entry["part"], "published": printed, "ours": ours,
            "difference_pct": 100 * (ours / printed - 1),
            "published_hashrate": entry["hashrate_ehs"],
            "our_hashrate": sample["hashrate_ehs"].mean(skipna=False),
            "certainty": entry["certainty"], "source": entry["source"],
        })  # fmt: skip
    table = pd.DataFrame(rows)
    return table[table["published"].notna()].reset_index(drop=True)


def change_words(change: float | str | None, digits: int = 0) -> str:
    """`48 % less`, `5 % more`, from five times on `9.2 times as much`, or `not known`."""
    if change is None or isinstance(change, str) or np.isnan(change):
        return text.MISSING
    if change >= MANY:
        return f"{text.number(1 + change / 100, 1)} times as much"
    size = text.amount(abs(change), "percent", digits)
    return f"{size} {'less' if change < 0 else 'more'}"


def summary(quantities: Mapping[str, Quantity], halving: Halving, windows: Sequence[int]) -> str:
    """Two sentences for a reader who opens only the report."""

    def over(stem: str) -> str:
        words = [change_words(quantities[f"{stem}.{days}d"].value) for days in windows]
        return text.listed(words)

    spans = text.listed([str(days) for days in windows])
    when = f"{halving.day.day} {halving.day:%B %Y}"
    return (
        f"Over the {spans} days from {when}, compared with as many days before, miners earned "
        f"{over('revenue_btc_change_pct')} a day in bitcoin and "
        f"{over('revenue_usd_change_pct')} in dollars. "
        f"Per unit of hash rate they earned {over('hashprice_change_pct')} in dollars."
    )


def changes_by_window(
    compared: Mapping[tuple[str, int], pd.DataFrame], windows: Sequence[int]
) -> pd.DataFrame:
    """Changes of all measures, all days, primary provider: one row a window (days)."""
    rows = {days: compared["", days]["change"] for days in sorted(windows)}
    return pd.DataFrame(rows).T.rename_axis("window")


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
        for suffix, name in reckonings(excluded_days).items()
    }
    return pd.DataFrame(rows).T.rename_axis("reckoning")


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
    missing = missing_days(second, longest, ["revenue_usd", "hashprice"])
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
    changes = compare(frame, windows_of(halving.day, days))["change"]
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
    table = compare(frame, Windows(days, windows_of(halving.day, days).before, now))
    changes = table["change"]
    return (
        f"In the last {days} days of the data, to {last:%-d %B %Y}, miners earned "
        f"{change_words(changes['revenue_btc'])} a day in bitcoin than in the {days} days before "
        f"the halving of {halving.year}, {change_words(changes['revenue_usd'])} in dollars, and "
        f"{change_words(changes['hashprice'])} in dollars per unit of hash rate. A bitcoin cost "
        f"{change_words(changes['price_usd'])}, and hash rate was "
        f"{change_words(changes['hashrate_ehs'])}; fees were "
        f"{text.amount(table['after']['fee_share'], 'percent', 1)} of revenue."
    )


def _quantity(value: Any, unit: str) -> Quantity:
    number = float(value)
    return Quantity(None if np.isnan(number) else number, unit)
