"""How a new edition differs from the one it was made from, in plain sentences."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from claimbook import text
from claimbook.data import gaps

# A value is revised where it moved by more than this, relative to what it was; and where it was
# zero or missing and is no longer, or is missing now.
REVISED = 0.0005
ADJUSTED = "adjusted_close"
VOLUME = "volume"  # a count that is restated for days: said by itself
DERIVED = ("difficulty",)  # moves with what it is derived from
SHOWN = 5
# A step into an added row is wild where its size (the logarithm of new over old) is more than WILD
# times that of every earlier step of the series, of which there are at least EARLIER, and the value
# moves by more than half: to more than 1.5 times, or to less than two thirds.
WILD, EARLIER, HALF = 3, 20, 1.5
STEPPED = ("adjusted_close", "close", "price_usd", "hashrate_ehs")
LARGEST = 1_000_000  # percent; more is said to be more


def between(
    old: Mapping[str, pd.DataFrame],
    new: Mapping[str, pd.DataFrame],
    keys: Mapping[str, Sequence[str]],
) -> list[str]:
    """What changed, a sentence each: rows added and gone, values revised, sessions missing.

    `new` are the tables that were replaced, `old` the same tables before, `keys` their primary
    keys. Adjusted closes are compared by their returns: their level moves with every dividend.
    """
    said = []
    for name, frame in new.items():
        if name != "tickers":
            said += list(_table(name, old[name], frame, list(keys[name])))
    return said


def splits(found: Mapping[str, pd.Series], old: pd.DataFrame) -> list[str]:
    """Splits (new shares for an old one, by session) after a ticker's last session in `old`."""
    last = old.groupby("ticker")["date"].max()
    said = []
    for ticker, ratios in found.items():
        for day, ratio in ratios.items():
            if ticker in last.index and day > last[ticker]:
                said.append(f"{ticker}: split on {day:%Y-%m-%d}, {ratio:g} for 1.")
    return said


def _table(name: str, old: pd.DataFrame, new: pd.DataFrame, key: list[str]) -> Iterator[str]:
    both = old.merge(new, on=key, suffixes=("_old", "_new"))
    added, gone = len(new) - len(both), len(old) - len(both)
    yield f"{name}: {added:,} rows added, {gone:,} gone, {len(both):,} in both."
    if steps := _wild(old, new, key):
        yield (
            f"{name}: steps into added rows that are more than {WILD} times every earlier one: "
            f"{_some(steps)}; look whether they can be."
        )
    if ADJUSTED in new:
        yield from _adjusted(name, both)
    else:
        values = [c for c in new.select_dtypes("number") if c not in (*key, VOLUME, *DERIVED)]
        yield _revised(name, both, values, key) or (
            f"{name}: no value revised by more than {_tolerance()}."
        )
        if VOLUME in new and (said := _revised(f"{name}, volume", both, [VOLUME], key)):
            yield said
    if "ticker" in new:
        known = gaps.found(old)
        fresh = [gap for gap in gaps.found(new) if gap not in known]
        if fresh:
            runs = [f"{gap.ticker} {gap.text}" for gap in fresh]
            yield f"{name}: sessions of the exchange that are missing now: {_some(runs)}."


def _revised(name: str, both: pd.DataFrame, values: Sequence[str], key: Sequence[str]) -> str:
    """How values changed that stand in both, in one sentence; nothing where none did."""
    old = both[[f"{v}_old" for v in values]].set_axis(list(values), axis=1).astype(float)
    new = both[[f"{v}_new" for v in values]].set_axis(list(values), axis=1).astype(float)
    given, stayed = old.isna() & new.notna(), old.notna() & new.notna()
    gone, off_zero = old.notna() & new.isna(), stayed & old.eq(0) & new.ne(0)
    relative = (new / old.where(old != 0) - 1).abs()
    relative = relative.where(~np.isinf(relative), np.finfo(float).max)
    moved = relative > REVISED
    rows = int((moved | given | gone | off_zero).any(axis=1).sum())
    if not rows:
        return ""
    parts = []
    if moved.any(axis=None):
        size = _size(float(relative.max(axis=None)), "percent")
        column, place = _place(relative == relative.max(axis=None), both, key)
        parts.append(f"at most {size} ({column}, {place})")
    for cells, what in (
        (off_zero, "no longer zero"),
        (given, "no longer missing"),
        (gone, "missing now"),
    ):
        if count := int(cells.sum(axis=None)):
            column, place = _place(cells, both, key)
            first = "" if count == 1 else "the first "
            parts.append(f"{count:,} {what} ({first}{column}, {place})")
    many = f"{rows:,} row{'s' * (rows != 1)}"
    return f"{name}: values revised by more than {_tolerance()} in {many}: {'; '.join(parts)}."


def _place(cells: pd.DataFrame, both: pd.DataFrame, key: Sequence[str]) -> tuple[str, str]:
    """The column and the key of the first cell that is flagged."""
    row = cells.any(axis=1).idxmax()
    at = both.loc[row]
    place = " ".join(str(at[k]) if k == "ticker" else _moment(at[k]) for k in key)
    return str(cells.loc[row].idxmax()), place


def _moment(when: pd.Timestamp) -> str:
    return f"{when:%Y-%m-%d}" if when.tz is None else f"{when:%Y-%m-%d %H:%M} UTC"


def _adjusted(name: str, both: pd.DataFrame) -> Iterator[str]:
    both = both.sort_values(["ticker", "date"])
    level = both[f"{ADJUSTED}_new"] / both[f"{ADJUSTED}_old"] - 1
    restated = both.loc[level.abs() > REVISED, "ticker"]
    if len(restated):
        yield (
            f"{name}: {len(restated):,} closes of {restated.nunique()} tickers restated by more "
            f"than {_tolerance()}; that is no error: every later dividend or split moves them."
        )
    by_ticker = both.groupby("ticker")
    moves = [by_ticker[f"{ADJUSTED}_{which}"].pct_change() for which in ("new", "old")]
    off = (
        (moves[0] - moves[1]).abs().replace(np.inf, np.finfo(float).max)
    )  # closes are required, positive: every return is there
    rows = int((off > REVISED).sum())
    if not rows:
        yield f"{name}: no return revised by more than {_tolerance('percentage points')}."
        return
    at = both.loc[off.idxmax()]
    size = _size(float(off.max()), "percentage points")
    tickers = sorted(both.loc[off > REVISED, "ticker"].unique())
    yield (
        f"{name}: {rows:,} return{'s' * (rows != 1)} of {_some(tickers)} revised by more than "
        f"{_tolerance('percentage points')}, at most {size} ({at['date']:%Y-%m-%d} {at['ticker']})."
    )


def _wild(old: pd.DataFrame, new: pd.DataFrame, key: Sequence[str]) -> list[str]:
    """The wild steps into (and out of) added rows: column, key, and by what the value grew."""
    by = ["ticker"] if "ticker" in key else []
    when = next(k for k in key if k != "ticker")
    rows = new.sort_values([*by, when]).reset_index(drop=True)
    series = rows["ticker"] if by else pd.Series(0, index=rows.index)
    known = pd.MultiIndex.from_frame(old[list(key)])
    added = pd.Series(~pd.MultiIndex.from_frame(rows[list(key)]).isin(known), index=rows.index)
    into = added | added.groupby(series).shift(fill_value=False)
    found = []
    for column in (c for c in STEPPED if c in rows):
        value = rows[column].astype(float)
        step = np.log(value.where(value > 0)).groupby(series).diff()
        size = step.abs()
        earlier = size.groupby(series).cummax().groupby(series).ffill().groupby(series).shift()
        count = size.notna().astype(int).groupby(series).cumsum().groupby(series).shift()
        wild = into & (count >= EARLIER) & (size > WILD * earlier) & (size > np.log(HALF))
        for row in rows.index[wild]:
            place = " ".join(
                str(rows.at[row, k]) if k == "ticker" else _moment(rows.at[row, k])
                for k in (*by, when)
            )
            found.append(f"{column} {place}, times {np.exp(step[row]):.3g}")
    return found


def _size(share: float, unit: str) -> str:
    """A size that can be said: beyond `LARGEST` its digits mean nothing."""
    if share * 100 > LARGEST:
        return f"more than {text.amount(LARGEST, unit, 0)}"
    return text.amount(100 * share, unit, 2)


def _tolerance(unit: str = "percent") -> str:
    return text.amount(100 * REVISED, unit, 2)


def _some(items: Sequence[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more
