"""Dates as a person writes them, and the last ones that are complete."""

import datetime as dt

import pandas as pd

from claimbook.analysis import calendar
from claimbook.errors import DataError

SETTLING = pd.Timedelta(hours=1)  # closing prices are final some time after the close
FIRST = pd.Timestamp("2010-01-04")  # the first session that the exchange's calendar knows here
YEARS = range(1900, 2100)  # years that a clock or a price can mean

Span = tuple[pd.Timestamp | None, pd.Timestamp | None]


def now() -> pd.Timestamp:
    """This moment, in UTC."""
    return pd.Timestamp.now("UTC")


def day(what: str, written: str) -> pd.Timestamp:
    """A date from YYYY-MM-DD; DataError names `what` it was to be."""
    try:
        found = dt.date.fromisoformat(written)
    except ValueError:
        found = None
    if found is None or found.isoformat() != written:
        raise DataError(f"{what} is {written!r}; write a date as YYYY-MM-DD")
    if found.year not in YEARS:
        raise DataError(f"{what} is {written}; there are no prices of that year")
    return pd.Timestamp(found)


def span(start: str | None, end: str | None) -> Span:
    """The two dates of a span, None where one is not given; DataError where it is empty."""
    first = None if start is None else day("the first day", start)
    last = None if end is None else day("the last day", end)
    if first is not None and last is not None and first > last:
        raise DataError(f"the span {start} to {end} is empty: give the earlier day first")
    return first, last


def last_session(now: pd.Timestamp) -> pd.Timestamp:
    """The last session of the New York Stock Exchange whose prices are final at `now` (UTC)."""
    today = now.tz_convert(None).normalize()
    recent = calendar.sessions(today - pd.Timedelta(days=14), today)
    return pd.Timestamp(recent[calendar.closes(recent) + SETTLING <= now][-1])


def last_day(now: pd.Timestamp) -> pd.Timestamp:
    """The last UTC day that is over at `now` (UTC)."""
    return pd.Timestamp(now.tz_convert(None).normalize() - pd.Timedelta(days=1))
