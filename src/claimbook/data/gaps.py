"""Sessions that a price table lacks, ticker by ticker, against the exchange's calendar."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimbook.analysis import calendar

# How the sentences begin that are made anew of every table's rows.
_MADE = ("Not all reach ", "No security has the bars ", "Bars missing within sessions ")
_MADE_GAP = re.compile(r"\S+ has no rows from [-0-9]+ to [-0-9]+( and from [-0-9]+ to [-0-9]+)*\.")
_SINCE = " (replaced since: "


@dataclass(frozen=True)
class Gap:
    """An unbroken run of sessions without rows: between a ticker's first and last one."""

    ticker: str
    first: pd.Timestamp
    last: pd.Timestamp
    sessions: int

    @property
    def text(self) -> str:
        return f"{self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}"

    def listed_in(self, sentences: Iterable[str]) -> bool:
        """Whether one sentence names the ticker and then these two dates."""
        name = rf"(?<![\w^]){re.escape(self.ticker)}(?!\w)"
        pattern = re.compile(rf"{name}[^.]*(?<!\d){self.text}")
        return any(pattern.search(sentence) for sentence in sentences)


def days_of(frame: pd.DataFrame) -> pd.Series:
    """The New York date of each row: its `date`, or the day on which its hourly bar starts."""
    if "date" in frame:
        return frame["date"]
    local = frame["start_utc"].dt.tz_convert(calendar.NEW_YORK).dt.tz_localize(None)
    return local.dt.normalize().astype("datetime64[us]")


def found(frame: pd.DataFrame) -> list[Gap]:
    """All gaps of a table with `ticker` and `date` or `start_utc`, by ticker and date."""
    rows = pd.DataFrame({"ticker": frame["ticker"], "day": days_of(frame)}).drop_duplicates()
    if rows.empty:
        return []
    sessions = calendar.sessions(rows["day"].min(), rows["day"].max()).astype("<M8[us]")
    gaps = []
    for ticker, days in rows.groupby("ticker")["day"]:
        places = np.flatnonzero(
            ~sessions.isin(days) & (sessions > days.min()) & (sessions < days.max())
        )
        # Positions that follow each other are one run.
        for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1):
            if len(run):
                gaps.append(Gap(str(ticker), sessions[run[0]], sessions[run[-1]], len(run)))
    return gaps


def spans(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """First and last session (columns `first`, `last`) of each ticker, over price tables."""
    days = [
        pd.DataFrame({"ticker": frame["ticker"], "day": days_of(frame)})
        for frame in frames.values()
    ]
    together = pd.concat(days).groupby("ticker")["day"].agg(["min", "max"])
    return together.rename(columns={"min": "first", "max": "last"})


def sentences(frame: pd.DataFrame) -> list[str]:
    """What a table's coverage leaves out, as a descriptor lists it: gaps, and where each ends."""
    if frame.empty:
        return []
    said = []
    by_ticker: dict[str, list[str]] = {}
    for gap in found(frame):
        by_ticker.setdefault(gap.ticker, []).append(gap.text)
    for ticker, runs in by_ticker.items():
        said.append(f"{ticker} has no rows from {' and from '.join(runs)}.")
    last = pd.Series(days_of(frame).to_numpy(), index=frame["ticker"]).groupby(level=0).max()
    latest = last.max()
    early = last[last < latest]
    if len(early):
        ends = [
            f"{', '.join(str(t) for t in names.index)} end{'s' * (len(names) == 1)} {day:%Y-%m-%d}"
            for day, names in early.groupby(early)
        ]
        said.append(f"Not all reach {latest:%Y-%m-%d}: {'; '.join(ends)}.")
    return said


def carried(said: Iterable[str], kept: Collection[str], fresh: Collection[str]) -> list[str]:
    """An older edition's sentences that still hold: those that name tickers whose rows are `kept`.

    A sentence that names `fresh` tickers too says which. Sentences that are made anew of the rows
    (`sentences`, `hours`) are left out.
    """
    found = []
    for sentence in said:
        if sentence.startswith(_MADE) or _MADE_GAP.fullmatch(sentence):
            continue
        plain, _, before = sentence.removesuffix(").").partition(_SINCE)
        anew = {*before.split(", "), *fresh} & _named(plain, {*before.split(", "), *fresh})
        if _named(plain, kept) - anew:
            since = f"{_SINCE}{', '.join(sorted(anew))})." if anew else ""
            found.append(f"{plain.removesuffix('.')}{since}" if since else sentence)
    return found


def _named(sentence: str, tickers: Iterable[str]) -> set[str]:
    return {t for t in tickers if t and re.search(rf"(?<![\w^-]){re.escape(t)}(?![\w-])", sentence)}


def hours(frame: pd.DataFrame) -> list[str]:
    """Bars that an hourly table lacks in sessions it has: those that no security has, and others.

    Half an hour at the end of a short session is what providers most often leave out.
    """
    if frame.empty:
        return []
    starts = pd.Index(frame["start_utc"].unique())
    sessions = calendar.sessions(days_of(frame).min(), days_of(frame).max())
    due = pd.DatetimeIndex(
        [
            start
            for opened, closed in zip(
                calendar.opens(sessions), calendar.closes(sessions), strict=True
            )
            for start in pd.date_range(opened, closed, freq="h", inclusive="left")
        ]
    )
    covered = pd.DatetimeIndex(days_of(frame).unique())
    local = due.tz_convert(calendar.NEW_YORK)
    due = due[local.tz_localize(None).normalize().isin(covered)]
    nobody = due.difference(pd.DatetimeIndex(starts))
    said = []
    if len(nobody):
        listed = ", ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in nobody)
        said.append(f"No security has the bars that start (UTC) {listed}.")
    held = due.difference(nobody)
    local = pd.DatetimeIndex(held.tz_convert(calendar.NEW_YORK).tz_localize(None).normalize())
    per_day = pd.Series(local).value_counts()
    rows = pd.DataFrame({"ticker": frame["ticker"], "day": days_of(frame)})
    counted = rows.value_counts(["ticker", "day"]).reset_index(name="bars")
    short = counted["day"].map(per_day) - counted["bars"]
    by_ticker = short[short > 0].groupby(counted["ticker"]).sum().astype(int)
    if len(by_ticker):
        listed = ", ".join(f"{ticker} {count}" for ticker, count in by_ticker.items())
        said.append(f"Bars missing within sessions that are there: {listed}.")
    return said
