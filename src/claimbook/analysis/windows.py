"""Windows of days on both sides of a day."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Windows:
    """The days compared: `before` ends the day before a boundary day, `after` starts with it."""

    days: int
    before: pd.DatetimeIndex
    after: pd.DatetimeIndex


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
