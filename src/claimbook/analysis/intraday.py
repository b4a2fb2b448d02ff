"""The path through the day, against the paths of other days.

Returns are simple, against the close of the last hourly bar of the session before, at the open and
at the end of every hourly bar. News before the open shows in the first point; news during the
session later. The bands are quantiles of the other full sessions at the same time of day.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimbook.analysis import calendar
from claimbook.analysis.inference import Direction, Placebo, placebo
from claimbook.analysis.models import Array
from claimbook.errors import AnalysisError

BAR = pd.Timedelta(hours=1)
FULL_DAY = pd.Timedelta(hours=6, minutes=30)
LABELS = ("09:30", "10:30", "11:30", "12:30", "13:30", "14:30", "15:30", "16:00")


@dataclass(frozen=True)
class Intraday:
    """The event's mean path over the shares (fractions), beside M other full sessions.

    `table`: one row a time (New York), with mean, low, median, high (quantiles of the other
    sessions) and p_value (rank at that time alone). `abnormal`: the same for the part of the path
    that the benchmarks' paths do not explain. `shares`: each share's path.
    `largest` judges the path as a whole: its largest standardised distance from zero, `largest_
    abnormal` the same of the abnormal path. `overnight` and `session` judge the two halves of the
    day: the gap at the open, and the open to the close.
    """

    table: pd.DataFrame
    abnormal: pd.DataFrame
    shares: pd.DataFrame
    largest: Placebo
    largest_abnormal: Placebo
    overnight: Placebo
    session: Placebo
    others: int
    left_out: int


def paths(hourly: pd.DataFrame, tickers: Sequence[str]) -> pd.DataFrame:
    """Return since the last bar of the session before (fractions), by session, ticker and time.

    `hourly` has start_utc (UTC, start of bar), ticker, open, close. Rows (session, ticker), columns
    `LABELS`. Sessions that are short, lack a bar, or follow one that does, are missing.
    """
    bars = hourly[hourly["ticker"].isin(list(tickers))]
    if bars.empty:
        return pd.DataFrame(columns=list(LABELS), dtype=float)
    day = bars["start_utc"].dt.tz_convert(calendar.NEW_YORK).dt.tz_localize(None).dt.normalize()
    days = calendar.sessions(day.min(), day.max())
    opens = pd.Series(calendar.opens(days), index=days)
    number = ((bars["start_utc"] - day.map(opens)) / BAR).round().astype(int)
    keyed = bars.assign(session=day, bar=number)
    closes = keyed.pivot(index=["session", "ticker"], columns="bar", values="close")
    first = keyed[keyed["bar"] == 0].set_index(["session", "ticker"])["open"]
    index = pd.MultiIndex.from_product([days, list(tickers)], names=["session", "ticker"])
    prices = closes.reindex(index=index, columns=range(len(LABELS) - 1))
    prices.insert(0, "open", first.reindex(index))
    last = closes.ffill(axis=1).iloc[:, -1].reindex(index)
    before = last.groupby(level="ticker").shift(1)
    full = pd.Series(calendar.closes(days) - calendar.opens(days) == FULL_DAY, index=days)
    whole = prices.notna().all(axis=1) & full.reindex(index.get_level_values(0)).to_numpy()
    path = prices.div(before, axis=0) - 1
    path.columns = list(LABELS)
    return path[whole]


def intraday(
    hourly: pd.DataFrame,
    tickers: Sequence[str],
    benchmarks: Sequence[str],
    event_date: str,
    excluded: Sequence[pd.Timestamp] = (),
    direction: Direction = "either",
    level: float = 0.95,
) -> Intraday:
    """The event's path against other sessions' paths; `excluded` sessions are not among these.

    The abnormal path is what remains at each time after a regression, over the other sessions, of
    the mean path on the benchmarks' paths at that time. Raises AnalysisError where the event's
    session has no complete path or fewer than 30 others do.
    """
    event = calendar.session(event_date)
    path = paths(hourly, [*tickers, *benchmarks])
    wide = path.unstack("ticker")  # columns (time, ticker)
    needed = [(time, ticker) for time in LABELS for ticker in (*tickers, *benchmarks)]
    complete = wide.reindex(columns=pd.MultiIndex.from_tuples(needed)).dropna()
    if event not in complete.index:
        raise AnalysisError(
            f"there is no complete path through {event_date}: hourly bars of every share and "
            "benchmark are needed for the whole session and for the end of the one before"
        )
    others = complete.index.drop(event).difference(pd.DatetimeIndex(excluded))
    if len(others) < calendar.SHORTEST:
        raise AnalysisError(
            f"only {len(others)} other sessions have complete hourly paths; "
            f"{calendar.SHORTEST} are needed"
        )
    rows = complete.loc[[event, *others]]
    mean = np.column_stack([rows[time][list(tickers)].mean(axis=1) for time in LABELS])
    rest = np.column_stack(
        [
            _unexplained(mean[:, t], rows[time][list(benchmarks)].to_numpy(dtype=float))
            for t, time in enumerate(LABELS)
        ]
    )
    shares = pd.DataFrame({t: [wide.loc[event, (time, t)] for time in LABELS] for t in tickers})
    shares.index = pd.Index(LABELS, name="time")
    gap, through = mean[:, 0], (1 + mean[:, -1]) / (1 + mean[:, 0]) - 1
    all_days = hourly["start_utc"].dt.tz_convert(calendar.NEW_YORK).dt.date.nunique()
    return Intraday(
        table=_bands(mean, direction, level),
        abnormal=_bands(rest, direction, level),
        shares=shares,
        largest=_largest(mean, direction),
        largest_abnormal=_largest(rest, direction),
        overnight=placebo(float(gap[0]), gap[1:], direction, "gap"),
        session=placebo(float(through[0]), through[1:], direction, "session's return"),
        others=len(others),
        left_out=int(all_days) - 1 - len(others),
    )


def _unexplained(values: Array, benchmarks: Array) -> Array:
    # The first row is the event; the regression knows only the others.
    regressors = np.column_stack([np.ones(len(values)), benchmarks])
    coefficients = np.linalg.lstsq(regressors[1:], values[1:], rcond=None)[0]
    return np.asarray(values - regressors @ coefficients)


def _bands(values: Array, direction: Direction, level: float) -> pd.DataFrame:
    ends = [50 * (1 - level), 50.0, 50 * (1 + level)]
    low, median, high = np.percentile(values[1:], ends, axis=0)
    return pd.DataFrame(
        {
            "mean": values[0],
            "low": low,
            "median": median,
            "high": high,
            "p_value": [
                placebo(float(column[0]), column[1:], direction, "path").p_value
                for column in values.T
            ],
        },
        index=pd.Index(LABELS, name="time"),
    )


def _largest(values: Array, direction: Direction) -> Placebo:
    """The largest distance from zero, at each time in units of the other days' spread."""
    scaled = values / values[1:].std(axis=0, ddof=1)
    if direction == "either":
        farthest = np.abs(scaled).max(axis=1)
    else:
        farthest = (-scaled if direction == "fall" else scaled).max(axis=1)
    return placebo(float(farthest[0]), farthest[1:], "rise", "path")
