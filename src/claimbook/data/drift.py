"""How a new edition differs from the one it was made from, in plain sentences."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from claimbook import text
from claimbook.data import gaps

# A value is revised where it moved by more than this, relative to what it was.
REVISED = 0.0005
ADJUSTED = "adjusted_close"
UNCOMPARED = ("volume", "difficulty", "copy")  # counts restated daily; derived; a mark
SHOWN = 5


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
    if ADJUSTED in new:
        yield from _adjusted(name, both)
    else:
        values = [c for c in new.select_dtypes("number") if c not in (*key, *UNCOMPARED)]
        yield from _revised(name, both, values, key)
    if "ticker" in new:
        known = gaps.found(old)
        fresh = [gap for gap in gaps.found(new) if gap not in known]
        if fresh:
            runs = [f"{gap.ticker} {gap.text}" for gap in fresh]
            yield f"{name}: sessions of the exchange that are missing now: {_some(runs)}."


def _revised(
    name: str, both: pd.DataFrame, values: Sequence[str], key: Sequence[str]
) -> Iterator[str]:
    moved = pd.DataFrame(
        {v: (both[f"{v}_new"] / both[f"{v}_old"] - 1).abs() for v in values}, index=both.index
    ).replace(float("inf"), float("nan"))
    largest = moved.max(axis=1)
    rows = int((largest > REVISED).sum())
    if not rows:
        yield f"{name}: no value revised by more than {_tolerance()}."
        return
    at = both.loc[largest.idxmax()]
    place = " ".join(f"{at[k]:%Y-%m-%d}" if k != "ticker" else str(at[k]) for k in key)
    size = text.amount(100 * float(largest.max()), "percent", 2)
    yield (
        f"{name}: values revised by more than {_tolerance()} in {rows:,} rows, at most {size} "
        f"({moved.loc[largest.idxmax()].idxmax()}, {place})."
    )


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
    off = (moves[0] - moves[1]).abs()
    rows = int((off > REVISED).sum())
    if not rows:
        yield f"{name}: no return revised by more than {_tolerance('percentage points')}."
        return
    at = both.loc[off.idxmax()]
    size = text.amount(100 * float(off.max()), "percentage points", 2)
    tickers = sorted(both.loc[off > REVISED, "ticker"].unique())
    yield (
        f"{name}: {rows:,} returns of {_some(tickers)} revised by more than "
        f"{_tolerance('percentage points')}, at most {size} ({at['date']:%Y-%m-%d} {at['ticker']})."
    )


def _tolerance(unit: str = "percent") -> str:
    return text.amount(100 * REVISED, unit, 2)


def _some(items: Sequence[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more
