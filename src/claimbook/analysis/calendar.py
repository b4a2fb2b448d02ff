"""The New York Stock Exchange's sessions, from exchange_calendars."""

from dataclasses import dataclass
from functools import lru_cache

import exchange_calendars
import pandas as pd

from claimbook.errors import AnalysisError, ParameterError

NEW_YORK = "America/New_York"
# Fewer sessions than this say nothing about a variance.
SHORTEST = 30


@lru_cache(maxsize=1)
def _exchange() -> exchange_calendars.ExchangeCalendar:
    # Built once: making the calendar costs more than every question asked of it.
    return exchange_calendars.get_calendar("XNYS", start="2010-01-04", end="2030-12-31")


def session(day: str) -> pd.Timestamp:
    """The session of that date. ParameterError names the nearest ones where there is none."""
    date = pd.Timestamp(day)
    if not _exchange().is_session(date):
        before = _exchange().date_to_session(date, direction="previous")
        after = _exchange().date_to_session(date, direction="next")
        raise ParameterError(
            f"{day} is no session of the New York Stock Exchange; "
            f"the nearest are {before:%Y-%m-%d} and {after:%Y-%m-%d}"
        )
    return date


def previous_session(day: str) -> pd.Timestamp:
    """The session before that session."""
    return pd.Timestamp(_exchange().previous_session(session(day)))


def session_close(day: str) -> pd.Timestamp:
    """When that session's regular trading ends, New York time (16:00, earlier on short days)."""
    return pd.Timestamp(_exchange().session_close(session(day))).tz_convert(NEW_YORK)


def sessions_around(day: str, window: int) -> pd.DatetimeIndex:
    """That session with `window` sessions on each side."""
    date = session(day)
    before = _exchange().sessions_window(date, -(window + 1))
    after = _exchange().sessions_window(date, window + 1)
    return pd.DatetimeIndex(before.union(after))


def sessions(first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    """All sessions from one day to another, both included."""
    return pd.DatetimeIndex(_exchange().sessions_in_range(first, last), name="date", freq=None)


def closes(days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """When each of these sessions ends, in UTC."""
    return pd.DatetimeIndex(_exchange().closes.loc[days])


def opens(days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """When each of these sessions begins, in UTC."""
    return pd.DatetimeIndex(_exchange().opens.loc[days])


@dataclass(frozen=True)
class Windows:
    """Where a study's windows lie, as positions in an index of sessions.

    The event window runs from `start`, `length` sessions long; the estimation window is the
    `estimation` sessions that end `gap` sessions before it.
    """

    start: int
    length: int
    estimation: int
    gap: int

    @property
    def event_rows(self) -> slice:
        return slice(self.start, self.start + self.length)

    @property
    def estimation_rows(self) -> slice:
        return slice(self.start - self.gap - self.estimation, self.start - self.gap)


def windows(
    days: pd.DatetimeIndex,
    event_date: str,
    estimation: int,
    gap: int,
    window: tuple[int, int] = (0, 0),
) -> Windows:
    """The windows of a study around an event, among the sessions of the data.

    `window` gives the first and last session of the event window, counted from the event: (0, 0) is
    the event's session alone, (-1, 1) one more on each side. Raises AnalysisError where a number
    makes no sense or the data do not reach; ParameterError where the date is no session.
    """
    event = session(event_date)
    first, last = window
    if first > last:
        raise AnalysisError(f"the window {window} ends before it begins; write (first, last)")
    if estimation < SHORTEST:
        raise AnalysisError(
            f"an estimation window of {estimation} sessions is too short: "
            f"at least {SHORTEST} are needed"
        )
    if gap < 0:
        raise AnalysisError(f"a gap of {gap} sessions makes no sense; it must be 0 or more")
    if event not in days:
        raise AnalysisError(
            f"{event_date} is outside the data, which run from {days[0]:%Y-%m-%d} "
            f"to {days[-1]:%Y-%m-%d}"
        )
    start = int(days.get_loc(event)) + first
    if start + last - first >= len(days):
        raise AnalysisError(
            f"the event window ends {last} sessions after {event_date}, "
            f"but the data end on {days[-1]:%Y-%m-%d}"
        )
    # The first session of the data has a price but no return.
    if start - gap - estimation < 1:
        raise AnalysisError(
            f"the estimation window needs {estimation + gap} sessions before the event window, "
            f"but the data have {max(start - 1, 0)}: they begin on {days[0]:%Y-%m-%d}"
        )
    return Windows(start, last - first + 1, estimation, gap)
