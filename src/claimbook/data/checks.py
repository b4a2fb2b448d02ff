"""What must hold of every table, frozen or fetched, beyond its columns and its types.

Each rule is a pandera check, so that all rows at fault are found at once. A table may break a rule
for a real reason: then its descriptor names the rule, the rows and the reason under `exceptions`.
pandera takes a while to import; only what checks a whole edition imports this module.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from claimbook import text
from claimbook.analysis import calendar
from claimbook.data import gaps
from claimbook.data.network import ERA, FIRST_SUBSIDY

PRICES = ("open", "high", "low", "close", "adjusted_close", "price_usd", "market_price_usd")
SESSIONS = ("adjusted_closes", "bars_daily", "bars_hourly")
EVERY_DAY = ("bitcoin_daily", "network_daily", "network_daily_second")
FIRST_BLOCK_DAY = pd.Timestamp("2009-01-09")  # the day of block 1
SHOWN = 3  # rows that a sentence names
# Dollar amounts carry two decimals and early prices are fractions of a cent: relative slack.
DOLLARS = 2e-5
# Coins are counted in units of 1e-8.
COINS = 1e-8

_DTYPES = {
    "number": "float64",
    "date": "datetime64[us]",
    "yearmonth": "datetime64[us]",
    "datetime": "datetime64[us, UTC]",
}
Rows = Callable[[pd.DataFrame], "pd.Series"]


def problems(name: str, frame: pd.DataFrame, descriptor: Mapping[str, Any]) -> list[str]:
    """What is wrong with one table, a sentence a rule, rows named; empty where all is well.

    `frame` is as `claimbook.data.read` gives it, `descriptor` the table's entry in the descriptor.
    """
    excused = {entry["check"]: entry for entry in descriptor.get("exceptions", [])}
    schema = _schema(name, frame, descriptor, excused)
    found = []
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        for rule, rows in cases.groupby("check", sort=False):
            found.append(_sentence(name, str(rule), rows, frame, descriptor))
    found += [f"table {name}: {said}" for said in _absent(name, frame, descriptor)]
    return found


def of_edition(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """What is wrong between tables: every share that has prices is listed with its true span."""
    if "tickers" not in frames:
        return []
    priced = gaps.spans({name: frames[name] for name in SESSIONS if name in frames})
    listed = frames["tickers"].set_index("ticker")[["first_session", "last_session"]]
    found = []
    for ticker, (first, last) in priced.iterrows():
        if ticker not in listed.index:
            found.append(f"table tickers: {ticker} has prices but is not listed")
        elif tuple(listed.loc[ticker]) != (first, last):
            found.append(
                f"table tickers: {ticker} has prices from {first:%Y-%m-%d} to {last:%Y-%m-%d}, "
                "not as listed"
            )
    gone = sorted(set(listed.index) - set(priced.index))
    return [*found, *(f"table tickers: {ticker} is listed without any price" for ticker in gone)]


def _schema(
    name: str,
    frame: pd.DataFrame,
    descriptor: Mapping[str, Any],
    excused: Mapping[str, Mapping[str, Any]],
) -> pa.DataFrameSchema:
    fields = descriptor["schema"]["fields"]
    key = list(descriptor["schema"].get("primaryKey", []))
    columns = {field["name"]: _column(field, frame) for field in fields}
    rules = {**(_in_order(key) if key else {}), **_bars(frame), **_network(frame, name)}
    if name in SESSIONS:
        rules |= _trading(frame)
    rows_of = {rule: _excusing(rows, excused.get(rule), key) for rule, rows in rules.items()}
    wide = [pa.Check(rows, name=rule, error=rule) for rule, rows in rows_of.items()]
    return pa.DataFrameSchema(columns, checks=wide, unique=key or None, strict=True, ordered=True)


def _column(field: Mapping[str, Any], frame: pd.DataFrame) -> pa.Column:
    name = field["name"]
    dtype = _DTYPES.get(field["type"])
    if field["type"] == "integer":
        dtype = "Int64" if name in frame and frame[name].isna().any() else "int64"
    rules = field.get("constraints", {})
    checks = []
    if "enum" in rules:
        checks.append(pa.Check.isin(list(rules["enum"]), error="one of the values allowed"))
    if "minimum" in rules:
        checks.append(pa.Check.ge(rules["minimum"], error=f"at least {rules['minimum']}"))
    if "maximum" in rules:
        checks.append(pa.Check.le(rules["maximum"], error=f"at most {rules['maximum']}"))
    if field["name"] in PRICES:
        checks.append(pa.Check.gt(0, error="prices are positive"))
    return pa.Column(dtype, checks, nullable=not rules.get("required", False))


def _in_order(key: Sequence[str]) -> dict[str, Rows]:
    def sorted_rows(frame: pd.DataFrame) -> pd.Series:
        index = pd.MultiIndex.from_frame(frame[list(key)])
        if index.is_monotonic_increasing:
            return pd.Series(True, index=frame.index)
        place = frame.sort_values(list(key), kind="stable").index
        return pd.Series(place == frame.index, index=frame.index)

    return {"rows stand in the order of their key": sorted_rows}


def _bars(frame: pd.DataFrame) -> dict[str, Rows]:
    """High and low enclose the bar's other prices."""
    if not {"open", "high", "low", "close"} <= set(frame.columns):
        return {}
    ends = ["open", "close"]
    return {
        "the high is not below the low": lambda f: f["high"] >= f["low"],
        "the high is not below open and close": lambda f: f["high"] >= f[ends].max(axis=1),
        "the low is not above open and close": lambda f: f["low"] <= f[ends].min(axis=1),
    }


def _trading(frame: pd.DataFrame) -> dict[str, Rows]:
    """Every row lies in a session of the New York Stock Exchange; hourly bars in its hours."""

    def in_sessions(f: pd.DataFrame) -> pd.Series:
        days = gaps.days_of(f)
        return days.isin(calendar.sessions(days.min(), days.max()).astype("<M8[us]"))

    def in_hours(f: pd.DataFrame) -> pd.Series:
        days = gaps.days_of(f)
        sessions = calendar.sessions(days.min(), days.max())
        opens = pd.Series(calendar.opens(sessions), index=sessions)
        closes = pd.Series(calendar.closes(sessions), index=sessions)
        return (f["start_utc"] >= days.map(opens)) & (f["start_utc"] < days.map(closes))

    def on_the_grid(f: pd.DataFrame) -> pd.Series:
        days = gaps.days_of(f)
        sessions = calendar.sessions(days.min(), days.max())
        opens = pd.Series(calendar.opens(sessions), index=sessions)
        return (f["start_utc"] - days.map(opens)) % pd.Timedelta(hours=1) == pd.Timedelta(0)

    rules: dict[str, Rows] = {"every date is a session of the exchange": in_sessions}
    if "start_utc" in frame:
        rules["every bar starts in the session's hours"] = in_hours
        rules["every bar starts whole hours after the opening"] = on_the_grid
    return rules


def _network(frame: pd.DataFrame, name: str) -> dict[str, Rows]:
    """The closed forms that Bitcoin's daily figures obey."""
    if name != "network_daily":
        return {}
    return {
        "issuance is the halving schedule's": lambda f: (
            (f["issuance_btc"] - _due(f)).abs() <= COINS
        ),
        "revenue is issuance plus fees": lambda f: (
            (f["revenue_btc"] - f["issuance_btc"] - f["fees_btc"]).abs() <= 2 * COINS
        ),
        "revenue in dollars is price times revenue in bitcoin": lambda f: _near(
            f["revenue_usd"], f["price_usd"] * f["revenue_btc"]
        ),
        "the fee share is fees over revenue": lambda f: (
            (f["fee_share"] - f["fees_btc"] / f["revenue_btc"]).abs().fillna(0) <= 1e-6
        ),
        "hashprice is revenue in dollars over hash rate": lambda f: _near(
            f["hashprice_usd_ph_day"], f["revenue_usd"] / (f["hashrate_ehs"] * 1000)
        ),
    }


def _near(stated: pd.Series, due: pd.Series) -> pd.Series:
    both_missing = stated.isna() & due.isna()
    return both_missing | ((stated - due).abs() <= DOLLARS * due.abs())


def _due(frame: pd.DataFrame) -> pd.Series:
    """New coins that the blocks of each day may create, where every block since the first counts.

    A table that starts later gives no heights: there the day's rate must be a subsidy, or lie
    between two that follow each other, and the coins stated are then taken as due.
    """
    blocks = frame["blocks"].astype(float)
    if frame["date"].min() == FIRST_BLOCK_DAY:
        last = blocks.cumsum()
        return _issued(last) - _issued(last - blocks)
    rate = frame["issuance_btc"] / blocks.where(blocks > 0)
    eras = np.log2(FIRST_SUBSIDY / rate)
    # One day an era may hold blocks of two eras; all others are at a whole number of halvings.
    whole = (eras - eras.round()).abs() < 1e-9
    before, after = eras.where(whole).ffill(), eras.where(whole).bfill()
    before, after = before.fillna(after - 1), after.fillna(before + 1)  # the table's own ends
    turning = (after - before - 1).abs() < 1e-9
    allowed = blocks.eq(0) | whole | (turning & eras.between(before, after))
    return frame["issuance_btc"].where(allowed, 0.0)


def _issued(height: pd.Series) -> pd.Series:
    """Coins of the blocks 1 … height; the first era's first block, 0, came before the table."""
    total = pd.Series(0.0, index=height.index)
    for era in range(int(height.max() // ERA) + 1):
        start = era * ERA
        blocks = (height.clip(upper=start + ERA - 1) - start + 1).clip(lower=0)
        total += blocks * FIRST_SUBSIDY / 2**era
    return total


def _excusing(rows: Rows, exception: Mapping[str, Any] | None, key: Sequence[str]) -> Rows:
    """The same rule, but rows that the descriptor names (dates of the first key column) pass."""
    if exception is None:
        return rows
    named = set(exception["rows"])

    def excused(frame: pd.DataFrame) -> pd.Series:
        return rows(frame) | frame[key[0]].astype(str).str.slice(0, 10).isin(named)

    return excused


def _absent(name: str, frame: pd.DataFrame, descriptor: Mapping[str, Any]) -> Iterator[str]:
    """Days that should be there, are not, and are not among the descriptor's gaps."""
    said = list(descriptor.get("gaps", []))
    if frame.empty:
        yield "it has no rows"
    elif name in EVERY_DAY or name == "bitcoin_hourly":
        column = "start_utc" if "start_utc" in frame else "date"
        step = "h" if "start_utc" in frame else "D"
        due = pd.date_range(frame[column].min(), frame[column].max(), freq=step)
        away = due.difference(pd.DatetimeIndex(frame[column]))
        if len(away):
            yield f"{len(away)} missing between its ends, the first {away[0]:%Y-%m-%d %H:%M} UTC"
    elif name in SESSIONS:
        unlisted = [gap for gap in gaps.found(frame) if not gap.listed_in(said)]
        for ticker, group in groupby(unlisted, key=lambda gap: gap.ticker):
            runs = [gap.text for gap in group]
            yield (
                f"{ticker} has no rows from {text.listed(runs[:SHOWN])}"
                f"{_more(len(runs))}, which its known gaps do not list"
            )


def _sentence(
    name: str,
    rule: str,
    rows: pd.DataFrame,
    frame: pd.DataFrame,
    descriptor: Mapping[str, Any],
) -> str:
    places = list(dict.fromkeys(int(i) for i in rows["index"].dropna()))
    column = rows["column"].iloc[0]
    about = f"{column}: " if rows["schema_context"].iloc[0] == "Column" else ""
    if not places:
        cases = ", ".join(str(case) for case in rows["failure_case"].head(SHOWN))
        return f"table {name}: {about}not so: {rule} ({cases})"
    key = list(descriptor["schema"].get("primaryKey", [])) or list(frame.columns[:1])
    shown = [" ".join(_written(frame.loc[place, part]) for part in key) for place in places[:SHOWN]]
    many = f"{len(places):,} row{'s' * (len(places) != 1)}"
    return f"table {name}: {about}not so in {many}: {rule} ({'; '.join(shown)}{_more(len(places))})"


def _more(count: int) -> str:
    return f" and {count - SHOWN:,} more" if count > SHOWN else ""


def _written(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value == value.normalize() else f"{value:%Y-%m-%d %H:%M}"
    return str(value)
