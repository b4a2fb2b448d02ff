"""A user's own prices: a CSV or Parquet file becomes an edition, if every row of it is in order.

Two forms are read. The documented one has the columns of `COLUMNS`, one row a session and ticker
(`HOURLY_COLUMNS` for hourly bars). Yahoo's download form has those of `YAHOO`, one ticker, which
the caller names. Daily rows of a ticker replace all its daily rows, and its hourly bars are left
out: they may be on another basis. Hourly rows replace its hourly bars alone. The other tickers and
tables are those of the current edition. A share that has two symbols (`yahoo.RENAMED`) is one.
"""

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from claimbook import text
from claimbook.analysis import calendar
from claimbook.data import (
    days,
    drift,
    edition,
    gaps,
    lock,
    market,
    marks,
    refresh,
    staging,
    symbols,
    yahoo,
)
from claimbook.data.staging import Replacement
from claimbook.errors import DataError

IMPORTED = marks.IMPORTED
PRICES = ("open", "high", "low", "close", "adjusted_close")
COLUMNS = ("date", "ticker", *PRICES, "volume")
HOURLY_COLUMNS = ("start_utc", "ticker", *PRICES[:4], "volume")
YAHOO = {"Date": "date", **yahoo.BARS}
TABLES = ("adjusted_closes", "bars_daily", "bars_hourly", "bitcoin_daily", "tickers")
SHOWN = 20  # bad rows that are listed
HOUR = pd.Timedelta(hours=1)
_ISO = re.compile(r"^\d{4}-\d\d-\d\d($|[T ])")


@dataclass(frozen=True)
class _File:
    """The cells of a file as text, and the number by which a person finds each row."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]
    unit: str  # line or row


def read_file(file: Path, ticker: str | None = None) -> pd.DataFrame:
    """The file's prices: the columns of `COLUMNS` or `HOURLY_COLUMNS`, typed, sorted by key.

    Raises DataError where the file cannot be read or has other columns, and one that lists the bad
    rows by line: dates that are no session or lie ahead, prices that are not positive or not
    within low and high, days given twice.
    """
    now = days.now()
    ticker = None if ticker is None else yahoo.known_here(ticker)
    cells = _cells(file)
    columns = _columns(cells.columns, ticker, file.name)
    found: list[dict[str, Any]] = []
    problems: list[str] = []
    seen: dict[tuple[Any, str], int] = {}
    for number, row in cells.rows:
        where = f"{cells.unit} {number}"
        if len(row) != len(cells.columns):
            problems.append(f"{where}: {len(row)} cells, not {len(cells.columns)}")
            continue
        values = {name: row[place].strip() for name, place in columns.items()}
        values.setdefault("ticker", ticker or "")
        values["ticker"] = yahoo.known_here(values["ticker"].upper())
        if ticker is not None and values["ticker"] != ticker:
            continue
        typed, wrong = _row(values, now)
        key = (typed.get("date") or typed.get("start_utc"), values["ticker"])
        if not wrong and key in seen:
            wrong = [f"repeats {values['ticker']} of {cells.unit} {seen[key]}"]
        if wrong:
            problems.append(f"{where}: {'; '.join(wrong)}")
        seen.setdefault(key, number)
        found.append(typed)
    if problems:
        shown = "\n  ".join(problems[:SHOWN])
        more = f"\n  and {len(problems) - SHOWN:,} more" if len(problems) > SHOWN else ""
        many = f"{len(problems):,} row{'s' * (len(problems) != 1)}"
        raise DataError(
            f"{file.name}: {many} cannot be used, so nothing was imported:\n  {shown}{more}"
        )
    if not found:
        raise DataError(f"{file.name} has no rows to import{f' of {ticker}' if ticker else ''}")
    frame = pd.DataFrame(found)
    when = "start_utc" if "start_utc" in frame else "date"
    kind = "datetime64[us, UTC]" if when == "start_utc" else "datetime64[us]"
    frame = frame.astype({when: kind, "volume": "int64"})
    return frame.sort_values([when, "ticker"]).reset_index(drop=True)


def bring(file: Path, *, name: str | None = None, ticker: str | None = None) -> refresh.Outcome:
    """Make an edition of the file's prices and the current edition's other tables.

    `name` is the edition's, by default the file's without its ending. It does not become current:
    it is asked for with `edition=NAME`. Raises DataError for what `read_file` raises, a name that
    is taken or cannot be one, and tables that fail their checks.
    """
    wanted = name or file.stem
    if not edition.usable_name(wanted):
        raise DataError(
            f"{wanted!r} cannot name an edition: use letters, digits, `_`, `.` and `-`, beginning "
            f"with a letter or digit, and none of {', '.join(edition.RESERVED)} (--name)"
        )
    fresh = read_file(file, None if ticker is None else symbols.given([ticker])[0])
    with lock.writing():
        if staging.free_name(wanted) != wanted:
            raise DataError(f"there is an edition {wanted} already; give another --name")
        base = edition.resolve(edition.CURRENT)
        base_name, tables = edition.open_edition(base)
        if missing := [table for table in TABLES if table not in tables]:
            raise DataError(f"edition {base_name} has no table {missing[0]} to put prices into")
        old = dict(edition.read(TABLES, base))
        new, listed = _put(old, fresh), set(old["tickers"]["ticker"])
        replaced = {
            table: Replacement(
                frame, _about(table, frame, tables[table].descriptor, fresh, listed, file)
            )
            for table, frame in new.items()
            if not frame.equals(old[table])
        }
        keys = {table: tables[table].descriptor["schema"]["primaryKey"] for table in replaced}
        lines = _remarks(old, new, fresh)
        now = days.now()

        def provenance() -> dict[str, Any]:
            lines.extend(drift.between(old, {table: new[table] for table in replaced}, keys))
            return _provenance(wanted, file, fresh, edition.package_of(base), now, lines)

        staging.publish(wanted, base, replaced, provenance, current=False)
    return refresh.Outcome(wanted, lines)


def _cells(file: Path) -> _File:
    try:
        if _is_parquet(file):
            frame = pd.read_parquet(file)
            if isinstance(frame.index, pd.DatetimeIndex):
                frame = frame.reset_index()
            rows = frame.astype(object).where(frame.notna(), "").to_numpy().tolist()
            written = [[_written(value) for value in row] for row in rows]
            columns = [str(c) for c in frame.columns]
            return _File(columns, list(enumerate(written, start=1)), "row")
        raw = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"there is no file {file.name}; name a CSV or Parquet file") from None
    except (OSError, ValueError) as error:
        raise DataError(
            f"{file.name} cannot be read as {'Parquet' if _is_parquet(file) else 'UTF-8 text'} "
            f"({type(error).__name__}); give a CSV file in UTF-8 or a Parquet file"
        ) from error
    reader = csv.reader(io.StringIO(raw, newline=""))
    try:
        columns = next(reader, [])
        rows_with_lines = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise DataError(f"{file.name} is no CSV file: {error} (line {reader.line_num})") from error
    return _File([column.strip() for column in columns], rows_with_lines, "line")


def _is_parquet(file: Path) -> bool:
    return file.suffix.lower() in (".parquet", ".pq")


def _written(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        whole = value == value.normalize() and value.tz is None
        return f"{value:%Y-%m-%d}" if whole else value.isoformat()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return repr(value) if isinstance(value, float) else str(value)


def _columns(columns: Sequence[str], ticker: str | None, name: str) -> dict[str, int]:
    """Where each column of ours stands in the file."""
    places = {column: place for place, column in enumerate(columns)}
    if len(places) != len(columns):
        raise DataError(f"{name} names a column twice: {', '.join(columns)}")
    if set(YAHOO) <= set(places):
        if ticker is None:
            raise DataError(
                f"{name} is in Yahoo's download form, which does not say whose prices they are: "
                "add --ticker"
            )
        return {ours: places[theirs] for theirs, ours in YAHOO.items()}
    for form in (COLUMNS, HOURLY_COLUMNS):
        needed = [c for c in form if c != "ticker" or ticker is None]
        if set(needed) <= set(places):
            return {c: places[c] for c in form if c in places}
    raise DataError(
        f"{name} has the columns {', '.join(columns) or '(none)'}; it needs "
        f"{', '.join(COLUMNS)} (daily), {', '.join(HOURLY_COLUMNS)} (hourly), or Yahoo's "
        f"{', '.join(YAHOO)} with --ticker"
    )


def _row(values: Mapping[str, str], now: pd.Timestamp) -> tuple[dict[str, Any], list[str]]:
    """A row's typed values, and what is wrong with them."""
    typed: dict[str, Any] = {}
    wrong = list(_when(values, typed, now))
    if not values["ticker"]:
        wrong.append("no ticker")
    elif not symbols.known(values["ticker"]):
        wrong.append(f"{values['ticker']!r} is no ticker")
    typed["ticker"] = values["ticker"]
    for name in (*PRICES, "volume"):
        if name not in values:
            continue
        number = _number(values[name])
        if number is None:
            wrong.append(
                f"{name} is {values[name]!r}, not a number" if values[name] else f"no {name}"
            )
        elif name == "volume" and (number < 0 or number % 1):
            wrong.append(f"volume is {values[name]}, not a whole number of shares")
        elif name == "volume" and number > yahoo.BUSIEST:
            wrong.append(f"volume is {values[name]}, more than anything trades")
        elif name != "volume" and number <= 0:
            wrong.append(f"{name} is {values[name]}; prices are positive")
        elif name != "volume" and number > yahoo.HIGHEST:
            wrong.append(f"{name} is {values[name]}, more than anything costs")
        else:
            typed[name] = number
    if not wrong:
        low, high = typed["low"], typed["high"]
        if low > high:
            wrong.append(f"the low {low:g} is above the high {high:g}")
        wrong += [
            f"{name} {typed[name]:g} is not between low {low:g} and high {high:g}"
            for name in ("open", "close")
            if low <= high and not low <= typed[name] <= high
        ]
    return typed, wrong


def _when(values: Mapping[str, str], typed: dict[str, Any], now: pd.Timestamp) -> Iterator[str]:
    name = "start_utc" if "start_utc" in values else "date"
    written = values[name]
    try:
        # Year, month, day and nothing else: 03/04/2025 is March to some and April to others.
        if not _ISO.match(written):
            raise ValueError
        moment = pd.Timestamp(dt.datetime.fromisoformat(written))
    except ValueError:
        form = "YYYY-MM-DD" if name == "date" else "YYYY-MM-DDTHH:MM:SSZ"
        yield f"{name} is {written!r}; write {form}"
        return
    if name == "start_utc":
        typed[name] = moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")
        local = typed[name].tz_convert(calendar.NEW_YORK)
        day = local.tz_localize(None).normalize()
    else:
        typed[name] = day = moment.tz_localize(None).normalize()
    if (typed[name] if name == "start_utc" else day.tz_localize("UTC")) > now:
        yield f"{written} is not there yet; today is {now:%Y-%m-%d}"
        return
    coin = values.get("ticker") == market.BITCOIN_SYMBOL
    if coin:
        return
    try:
        held = len(calendar.sessions(day, day)) > 0
    except (ValueError, OverflowError):
        yield f"{written} lies outside the exchange's calendar"
        return
    if not held:
        yield f"{day:%Y-%m-%d} is no session of the New York Stock Exchange"
    elif name == "start_utc":
        yield from _off_hours(typed[name], pd.DatetimeIndex([day]))


def _off_hours(start: pd.Timestamp, day: pd.DatetimeIndex) -> Iterator[str]:
    """What is wrong with the time of an hourly bar in a session."""
    opened, closed = calendar.opens(day)[0], calendar.closes(day)[0]
    if not opened <= start < closed:
        yield (
            f"{start:%H:%M:%S} UTC lies outside that session's hours, {opened:%H:%M} to "
            f"{closed:%H:%M} UTC"
        )
    elif (start - opened) % HOUR:
        first, second = f"{opened:%H:%M}", f"{opened + HOUR:%H:%M}"
        yield f"{start:%H:%M:%S} UTC is no start of a bar; that day's start {first}, {second}, …"


def _number(written: str) -> float | None:
    try:
        # Python takes 1_0 for ten; a table of prices does not mean that.
        number = float(written.replace("_", "?"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _put(old: Mapping[str, pd.DataFrame], fresh: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables with the file's tickers replaced; hourly bars beside new daily ones left out."""
    new = dict(old)
    if "start_utc" in fresh:
        new["bars_hourly"] = _replaced(old["bars_hourly"], fresh, "start_utc")
    else:
        coin = fresh["ticker"] == market.BITCOIN_SYMBOL
        if coin.any():
            new["bitcoin_daily"] = fresh.loc[coin, list(old["bitcoin_daily"].columns)].reset_index(
                drop=True
            )
        for table in ("adjusted_closes", "bars_daily"):
            new[table] = _replaced(old[table], fresh[~coin], "date")
        hours = old["bars_hourly"]
        new["bars_hourly"] = hours[~hours["ticker"].isin(fresh["ticker"])].reset_index(drop=True)
    new["tickers"] = market.listing(old["tickers"], new, {})
    return new


def _remarks(
    old: Mapping[str, pd.DataFrame], new: Mapping[str, pd.DataFrame], fresh: pd.DataFrame
) -> list[str]:
    """What a reader of the drift must know of the file's tickers."""
    given = set(fresh["ticker"])
    said = [
        f"{ours}: Yahoo Finance lists it as {theirs}; both mean the same share here."
        for ours, theirs in yahoo.RENAMED.items()
        if ours in given
    ]
    if left := _left_out(old["bars_hourly"], new["bars_hourly"]):
        said.append(
            f"{text.listed(left)}: the hourly bars are left out, because the daily prices are "
            "imported and may be on another basis."
        )
    return said


def _left_out(old: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """Tickers of the old table that the new one has no rows of."""
    return sorted(set(old["ticker"]) - set(new["ticker"]))


def _replaced(old: pd.DataFrame, fresh: pd.DataFrame, when: str) -> pd.DataFrame:
    others = old[~old["ticker"].isin(fresh["ticker"])]
    both = pd.concat([others, fresh[list(old.columns)]], ignore_index=True)
    return both.sort_values([when, "ticker"]).reset_index(drop=True)


def _about(
    table: str,
    frame: pd.DataFrame,
    descriptor: Mapping[str, Any],
    fresh: pd.DataFrame,
    listed: set[str],
    file: Path,
) -> dict[str, Any]:
    if table == "tickers":
        return {"schema": market.with_other(descriptor["schema"])}
    # `listed` are the tickers that the current edition has: what it says of the others' rows stays.
    given = set(fresh["ticker"])
    own_rows = set() if table == "bars_hourly" and "start_utc" not in fresh else given
    said = list(market.REMARKS[table])
    if "ticker" in frame:
        own_rows = own_rows & set(frame["ticker"])
    changed: dict[str, Any] = {"gaps": said}
    if own_rows:
        said.append(f"Imported from {file.name}: {text.listed(sorted(own_rows))}.")
        terms = f"Imported rows: the terms of whoever gave {file.name}"
        changed["licenses"] = [*descriptor["licenses"], {"name": "other-closed", "title": terms}]
    else:
        without = text.listed(sorted(given - {market.BITCOIN_SYMBOL}))
        said.append(f"No bars of {without}: daily prices were imported from {file.name}.")
    if "ticker" in frame:
        said += gaps.carried(descriptor.get("gaps", []), listed - given, given)
        said += gaps.sentences(frame)
    if table == "bars_hourly":
        said += gaps.hours(frame)
    return changed


def _provenance(
    name: str,
    file: Path,
    fresh: pd.DataFrame,
    package: Mapping[str, Any],
    now: pd.Timestamp,
    lines: list[str],
) -> dict[str, Any]:
    tickers = sorted(set(fresh["ticker"]))
    note = (
        f"Prices of {text.listed(tickers)} were imported from {file.name} on {now:%Y-%m-%d}, "
        f"unchecked against any provider; all other figures are those of edition "
        f"{package['version']}."
    )
    return {
        "kind": IMPORTED,
        "fetched": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        **marks.entries(name, IMPORTED, note, package),
        "base": package["version"],
        "file": file.name,
        "tickers": tickers,
        "drift": lines,
    }
