"""Dates as a person writes them, and the last ones that are complete."""

import datetime as dt

import pandas as pd

from claimbook.analysis import calendar
from claimbook.errors import DataError

SETTLING = pd.Timedelta(hours=1)  # closing prices are final some time after the close


def day(what: str, written: str) -> pd.Timestamp:
    """A date from YYYY-MM-DD; DataError names `what` it was to be."""
    try:
        return pd.Timestamp(dt.date.fromisoformat(written))
    except ValueError:
        raise DataError(f"{what} is {written!r}; write a date as YYYY-MM-DD") from None


def last_session(now: pd.Timestamp) -> pd.Timestamp:
    """The last session of the New York Stock Exchange whose prices are final at `now` (UTC)."""
    today = now.tz_convert(None).normalize()
    recent = calendar.sessions(today - pd.Timedelta(days=14), today)
    return pd.Timestamp(recent[calendar.closes(recent) + SETTLING <= now][-1])


def last_day(now: pd.Timestamp) -> pd.Timestamp:
    """The last UTC day that is over at `now` (UTC)."""
    return pd.Timestamp(now.tz_convert(None).normalize() - pd.Timedelta(days=1))
