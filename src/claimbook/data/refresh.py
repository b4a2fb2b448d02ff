"""A new edition from today's answers of Yahoo Finance and Coin Metrics: on request only.

Prices that are asked for are fetched whole, because adjusted closes of two days cannot be joined
once a dividend lies between them. Tables that no source here brings are taken over unchanged.
"""

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from typing import Any

import pandas as pd

from claimbook import text
from claimbook.data import (
    coinmetrics,
    days,
    drift,
    edition,
    lock,
    market,
    marks,
    staging,
    symbols,
    yahoo,
)
from claimbook.data.joining import joined
from claimbook.data.parts import MARKET, NETWORK, PARTS
from claimbook.data.patience import PATIENT, Patience
from claimbook.data.staging import Replacement
from claimbook.errors import DataError

FETCHED, LIVE = "fetched", marks.LIVE
COUNTS = "shares_outstanding"
# Tables whose last day names an edition.
DATED = ("adjusted_closes", "bars_daily", "bitcoin_daily", "network_daily", "network_daily_second")

Say = Callable[[str], Any]


@dataclass(frozen=True)
class Asked:
    """What to fetch: tickers and days (ISO; both ends included) as given, None for all there are.

    `only` is `market`, `network` or None for both. A ticker's blanks and case do not matter.
    """

    tickers: tuple[str, ...] | None = None
    start: str | None = None
    end: str | None = None
    only: str | None = None


@dataclass(frozen=True)
class Sources:
    """How the providers are reached: the clients' sessions, and how long to wait for them."""

    patience: Patience = PATIENT
    yahoo: Any = None
    coinmetrics: Any = None


@dataclass(frozen=True)
class Outcome:
    """The new edition's name, and how it differs from the old one, a sentence each."""

    name: str
    drift: list[str] = field(default_factory=list)


def refresh(
    asked: Asked,
    sources: Sources | None = None,
    *,
    now: pd.Timestamp | None = None,
    kind: str = FETCHED,
    say: Say = lambda line: None,
) -> Outcome:
    """Fetch, check, keep as a new edition, and make that the current one (unless it is `live`).

    `now` (UTC) says which sessions and days are over; by default the clock does. Raises DataError
    for what cannot be asked, for every failure of a source, and where a check fails; the current
    edition then stays as it is, and nothing is left behind.
    """
    with lock.writing():
        return fetch(asked, sources, now=now, kind=kind, say=say)


def fetch(
    asked: Asked,
    sources: Sources | None = None,
    *,
    now: pd.Timestamp | None = None,
    kind: str = FETCHED,
    say: Say = lambda line: None,
    base: str = edition.CURRENT,
    held: Collection[str] = (),
) -> Outcome:
    """What `refresh` does, for a caller that holds the lock.

    `base` is the edition to build upon, `held` are its parts that count as fetched.
    """
    now = now or pd.Timestamp.now("UTC")
    base = edition.resolve(base)  # once: what others choose meanwhile is not for us
    base_name, tables = edition.open_edition(base)
    parts = _parts(asked, base_name, set(tables))
    if asked.tickers is not None:
        asked = replace(asked, tickers=symbols.given(asked.tickers))
    span = _span(asked, parts, now)
    wanted = {*DATED, *(table for part in parts for table in PARTS[part])}
    old = dict(edition.read(sorted(wanted.intersection(tables)), base))
    sources = sources or Sources(yahoo=yahoo.Session())
    notes: list[str] = []
    replaced: dict[str, Replacement] = {}
    moment = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    network_days = _network_days(old, span, now) if NETWORK in parts else None
    if MARKET in parts:
        found = market.fetch(
            old,
            asked.tickers,
            span,
            now,
            session=sources.yahoo,
            patience=sources.patience,
            say=say,
        )
        notes += found.notes
        for name, frame in found.tables.items():
            about = dict(market.about(name, frame, tables[name].descriptor, found, base_name))
            replaced[name] = Replacement(frame, about | {"fetched": moment})
        if COUNTS in tables:
            frame, said = without_split(tables[COUNTS].read(), found.splits)
            if said:
                stated = list(tables[COUNTS].descriptor.get("gaps", []))
                replaced[COUNTS] = Replacement(frame, {"gaps": [*stated, *said]})
            notes += said
    if network_days is not None:
        say("Coin Metrics: asking for the network's days")
        frame, lost = _network(old["network_daily"], network_days, sources)
        notes += lost
        about = _network_about(tables["network_daily"].descriptor, moment)
        replaced["network_daily"] = Replacement(frame, about)
    new = {name: table.frame for name, table in replaced.items() if name != COUNTS}
    keys = {name: tables[name].descriptor["schema"]["primaryKey"] for name in new}
    name = staging.free_name(_name(old | new, kind, now))
    lines = [*notes]

    def provenance() -> dict[str, Any]:
        lines.extend(drift.between(old, new, keys))
        said = _provenance(name, kind, moment, base, asked, parts, lines)
        return said | {"parts": sorted({*held, *parts})}

    staging.publish(name, base, replaced, provenance, current=kind != LIVE)
    return Outcome(name, lines)


def without_split(
    counts: pd.DataFrame, splits: Mapping[str, pd.Series]
) -> tuple[pd.DataFrame, list[str]]:
    """Counts of shares without those that a split followed, and a sentence a ticker on these.

    Yahoo restates all earlier closes for a split. A count from before it times such a close would
    be no market value. `splits` are new shares for an old one, by session.
    """
    stale = pd.Series(False, index=counts.index)
    said = []
    for ticker, ratios in splits.items():
        if not len(ratios):
            continue
        gone = (counts["ticker"] == ticker) & (counts["as_of"] < ratios.index.max())
        if gone.any():
            said.append(
                f"{COUNTS}: {gone.sum()} counts of {ticker} left out, because a split on "
                f"{ratios.index.max():%Y-%m-%d} followed, for which its closes are restated."
            )
        stale |= gone
    return counts[~stale].reset_index(drop=True), said


def _parts(asked: Asked, base: str, tables: set[str]) -> list[str]:
    if asked.only == NETWORK and asked.tickers is not None:
        raise DataError("tickers belong to the market: leave out --tickers, or --only network")
    wanted = [asked.only] if asked.only else [MARKET, NETWORK]
    parts = [part for part in wanted if set(PARTS.get(part, ())) <= tables and part in PARTS]
    if not parts:
        raise DataError(f"edition {base} has no table that can be fetched anew")
    return parts


def _span(asked: Asked, parts: Sequence[str], now: pd.Timestamp) -> days.Span:
    """The days asked for; DataError where the exchange or the clock rules one out."""
    first, last = days.span(asked.start, asked.end)
    over = days.last_day(now)
    for what, day in (("--from", first), ("--to", last)):
        if day is not None and day > over:
            raise DataError(
                f"{day:%Y-%m-%d} is not over yet; the last day that is over is {over:%Y-%m-%d}: "
                f"give an earlier {what}"
            )
        if day is not None and MARKET in parts and day < days.FIRST:
            raise DataError(
                f"{day:%Y-%m-%d} lies before the exchange's calendar here, which begins "
                f"{days.FIRST:%Y-%m-%d}: give a later {what}"
            )
    return first, last


def _network_days(
    old: Mapping[str, pd.DataFrame], span: days.Span, now: pd.Timestamp
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The days to ask for; DataError where the table begins later."""
    start = old["network_daily"]["date"].min()
    for what, day in zip(("--from", "--to"), span, strict=True):
        if day is not None and day < start:
            raise DataError(
                f"{day:%Y-%m-%d} lies before the network figures, which begin {start:%Y-%m-%d}: "
                f"give a later {what}, or --only market"
            )
    return span[0] or start, span[1] or days.last_day(now)


def _network(
    old: pd.DataFrame, span: tuple[pd.Timestamp, pd.Timestamp], sources: Sources
) -> tuple[pd.DataFrame, list[str]]:
    first, last = span
    new = coinmetrics.network_daily(first, last, sources.coinmetrics, sources.patience)
    # The span that was answered: days not complete yet stay as the old edition has them.
    answered = (first, new["date"].max())
    found = joined(old, new, answered, key="date", value=None, what="Coin Metrics, network_daily")
    late = old["date"].between(first, last) & (old["date"] > answered[1])
    if late.any():
        raise DataError(
            f"Coin Metrics' answer ends {answered[1]:%Y-%m-%d}, before days that the current "
            "edition has: a partial answer; nothing was written, try again later"
        )
    lost = [f"network_daily: {len(found.lost)} days that Coin Metrics no longer has."]
    return found.rows, lost if len(found.lost) else []


def _network_about(descriptor: Mapping[str, Any], moment: str) -> dict[str, Any]:
    """The descriptor's entries that change: the mark of the rows fetched, and when."""
    schema = copy.deepcopy(dict(descriptor["schema"]))
    for about in schema["fields"]:
        if about["name"] == "copy":
            about["constraints"]["enum"] = ["A", "B", coinmetrics.COPY]
            about["description"] = (
                "A and B: copies of the provider's data in the shipped edition; "
                f"{coinmetrics.COPY}: fetched from the provider's API"
            )
    return {"schema": schema, "fetched": moment}


def _root(package: Mapping[str, Any], moment: str) -> dict[str, str]:
    """What a live edition rests on beneath all live ones, and when its oldest part was fetched."""
    below = package.get(edition.PROVENANCE, {})
    if below.get("kind") != LIVE:
        return {"root": package["version"], "begun": moment}
    return {
        "root": below.get("root", below.get("base")),
        "begun": below.get("begun", below["fetched"]),
    }


def _name(tables: dict[str, pd.DataFrame], kind: str, now: pd.Timestamp) -> str:
    if kind == LIVE:
        return f"live-{now:%Y-%m-%dT%H%MZ}"
    last = max(tables[name]["date"].max() for name in DATED if name in tables)
    return f"{last:%Y-%m-%d}"


def _provenance(
    name: str,
    kind: str,
    moment: str,
    base: str,
    asked: Asked,
    parts: Sequence[str],
    lines: list[str],
) -> dict[str, Any]:
    package = edition.package_of(base)
    who = {MARKET: yahoo.SOURCE, NETWORK: coinmetrics.SOURCE}
    sources = text.listed([who[part] for part in parts])
    when = f"{moment[:10]} {moment[11:16]} UTC"
    rest = f"from {sources}; all other figures are those of edition {package['version']}"
    note = (
        f"Live data, fetched {when}; not reproducible: {rest}, and the providers restate theirs."
        if kind == LIVE
        else f"Fetched {when} {rest}. It is kept on the machine that fetched it."
    )
    packages = ("yfinance", "coinmetrics-api-client")
    return {
        "kind": kind,
        "fetched": moment,
        **marks.entries(name, kind, note, package),
        "base": package["version"],
        **(_root(package, moment) if kind == LIVE else {}),
        "asked": {name: value for name, value in asdict(asked).items() if value is not None},
        "tools": {package: metadata.version(package) for package in packages},
        "drift": lines,
    }
