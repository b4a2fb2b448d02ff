"""Miner revenue around a halving: windows before and after, and what changed between them.

Daily frames here are indexed by UTC day and carry, under the same names for both providers,
`price_usd` (USD per BTC at the end of the day), `issuance_btc`, `fees_btc`, `revenue_btc` (BTC per
day), `revenue_usd` (USD per day), `hashrate_ehs` (EH/s), `hashprice` (USD per PH/s per day) and
`btc_per_ehs` (BTC per EH/s per day: what the same hash rate earned). A day that a provider lacks
stays missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from claimbook.analysis.windows import Windows, windows_of
from claimbook.errors import DataError
from claimbook.language import mark, tell
from claimbook.ledger import Quantity

FIRST_SUBSIDY_BTC = 50.0
PH_PER_EH = 1000.0

# A mean over a window stands only where at least this share of its days is known.
ENOUGH = 0.95

# What is compared, with the stem of its quantity's name.
CHANGES = {
    "revenue_btc": "revenue_btc_change_pct",
    "revenue_usd": "revenue_usd_change_pct",
    "hashprice": "hashprice_change_pct",
    "btc_per_ehs": "revenue_btc_per_hash_change_pct",
    "hashrate_ehs": "hashrate_change_pct",
    "price_usd": "price_change_pct",
}
FEE_SHARE = "fee_share_change_pp"
WITHOUT_HALVING_DAY = "excluding_halving_day"
MEDIAN = "median"
TO_ARTICLE = "to_article"
# The median of eleven blocks is the sixth, so up to five blocks after midnight count to the eve.
MOST_LAGGING = 5
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

    @property
    def at_midnight(self) -> bool:
        """Whether the lag of the provider's days alone can have put the early blocks on the eve.

        If not, the halving fell within the eve, and that day is mixed by any clock.
        """
        return self.early_blocks <= MOST_LAGGING


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
    out["btc_per_ehs"] = _ratio(out["revenue_btc"], out["hashrate_ehs"])
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
    out["btc_per_ehs"] = _ratio(out["revenue_btc"], out["hashrate_ehs"])
    return out


def mean(series: pd.Series, days: pd.DatetimeIndex, *, median: bool = False) -> float:
    """The mean (or median) over the days that are known; NaN where fewer than 95 % of them are."""
    known = series.reindex(days).dropna()
    if not len(known) or len(known) < ENOUGH * len(days):
        return float("nan")
    return float(known.median() if median else known.mean())


def fee_share(frame: pd.DataFrame, days: pd.DatetimeIndex) -> float:
    """Summed fees over summed revenue, both in BTC, of the known days; NaN as in `mean`.

    A share of sums, not a mean of daily shares: every bitcoin counts once, and a single odd day
    weighs no more than its coins.
    """
    known = frame.reindex(days)[["fees_btc", "revenue_btc"]].dropna()
    if not len(known) or len(known) < ENOUGH * len(days):
        return float("nan")
    return float(known["fees_btc"].sum() / known["revenue_btc"].sum())


def compare(frame: pd.DataFrame, windows: Windows, *, median: bool = False) -> pd.DataFrame:
    """Means (or medians) before and after and their change, one row a measure.

    Rows: the measures of `CHANGES`, then `fee_share` (in percent; a share of sums in either case).
    Columns: `before`, `after` (in the measure's unit), `change` (percent; percentage points for the
    fee share).
    """
    sides = [frame.reindex(days) for days in (windows.before, windows.after)]
    rows: dict[str, list[float]] = {}
    for measure in CHANGES:
        before, after = (
            mean(side[measure], pd.DatetimeIndex(side.index), median=median) for side in sides
        )
        rows[measure] = [before, after, 100 * (after / before - 1)]
    before, after = (100 * fee_share(side, pd.DatetimeIndex(side.index)) for side in sides)
    rows["fee_share"] = [before, after, after - before]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["before", "after", "change"])


def changes_by_length(
    frame: pd.DataFrame, day: pd.Timestamp, lengths: Sequence[int]
) -> pd.DataFrame:
    """The change of the mean (percent) for every length of the windows, one column a measure.

    The same means as `compare` with all days, summed once for all lengths: index `window` (days),
    columns the measures of `CHANGES`; NaN where fewer than 95 % of a window's days are known.
    """
    longest = windows_of(day, max(lengths))
    sides = []
    for days in (longest.before[::-1], longest.after):
        part = frame.reindex(days)[list(CHANGES)]
        known = part.notna().cumsum().to_numpy()
        enough = known >= ENOUGH * np.arange(1, len(days) + 1)[:, None]
        sums = part.fillna(0.0).cumsum().to_numpy()
        sides.append(np.divide(sums, known, out=np.full(sums.shape, np.nan), where=enough))
    places = np.asarray(lengths) - 1
    change = 100 * (sides[1] / sides[0] - 1)[places]
    index = pd.Index(list(lengths), name="window")
    return pd.DataFrame(change, index=index, columns=list(CHANGES))


def days_to(halving: Halving, asserted_on: str) -> int | None:
    """Whole days from the boundary to the eve of the claim; None unless within two years."""
    days = (pd.Timestamp(asserted_on) - halving.day).days
    return days if 0 < days <= 2 * 365 else None


def missing_days(frame: pd.DataFrame, windows: Windows, columns: Iterable[str]) -> list[str]:
    """The days of both windows on which one of the columns is missing, as ISO dates."""
    span = windows.before.append(windows.after)
    gaps = frame.reindex(span)[list(columns)].isna().any(axis=1)
    return [f"{day:%Y-%m-%d}" for day in span[gaps.to_numpy()]]


def reckonings(excluded_days: int) -> dict[str, str]:
    """The ways each change is reckoned: the suffix of the quantity's name -> what it is."""
    return {
        "": mark("all days, primary provider"),
        MEDIAN: mark("medians instead of means, primary provider"),
        WITHOUT_HALVING_DAY: mark("without the first whole day"),
        around_suffix(excluded_days): tell(
            "without {days} days on each side of the boundary", days=excluded_days
        ),
        SECOND_PROVIDER: mark("all days, second provider"),
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
        out[MEDIAN, days] = compare(first, whole, median=True)
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
        if suffix != MEDIAN:
            share = table.at["fee_share", "change"]
            quantities[f"{FEE_SHARE}.{tail}"] = _quantity(share, "percentage points")
    return quantities


def smoothed(frame: pd.DataFrame, days: int) -> pd.DataFrame:
    """Trailing means over `days` days; a day is missing where one of its days is.

    Trailing, not centred, so that no day before the halving looks ahead to one after it.
    """
    return frame.rolling(days, min_periods=days).mean()


def smoother(days: int) -> int:
    """The trailing mean (days) for four halvings in one figure: at least two weeks."""
    return max(days, 14)


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


def changes_by_window(
    compared: Mapping[tuple[str, int], pd.DataFrame], windows: Sequence[int]
) -> pd.DataFrame:
    """Changes of all measures, all days, primary provider: one row a window (days)."""
    rows = {days: compared["", days]["change"] for days in sorted(windows)}
    return pd.DataFrame(rows).T.rename_axis("window")


def _ratio(above: pd.Series, below: pd.Series) -> pd.Series:
    """Elementwise; missing where the divisor is zero or missing."""
    return above / below.where(below > 0)


def _quantity(value: Any, unit: str) -> Quantity:
    number = float(value)
    return Quantity(None if np.isnan(number) else number, unit)
