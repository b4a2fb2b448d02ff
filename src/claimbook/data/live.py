"""`edition = "live"`: today's figures, fetched once and kept as an edition of their own.

What was fetched less than a day ago for the same tables is used again. A process stays with the
edition that it met first, however long it lives and whatever others fetch or choose meanwhile: all
cells of a notebook, and all of a render, see the same figures. The live editions lie in
`data/editions/live-…` and can be asked for by that name later; fetching one does not make it the
current edition.
"""

import os
from collections.abc import Sequence

import pandas as pd

from claimbook import paths
from claimbook.data import edition as editions
from claimbook.data import lock, parts, refresh
from claimbook.errors import DataError

FRESH = pd.Timedelta(days=1)
PIN = paths.LIVE_VARIABLE
PATIENCE = 900  # seconds to wait for another process that is fetching the same


def edition(
    tables: Sequence[str],
    sources: refresh.Sources | None = None,
    now: pd.Timestamp | None = None,
) -> str:
    """The name of a live edition that holds the tables, fetched now if there is none of today.

    Its other tables are those of the current edition. Where this process has a live edition that
    lacks some of the tables, or another process has fetched some today, the others are fetched on
    top of those. Raises DataError where none of the tables can be fetched, and for every failure of
    a source.
    """
    now = now or pd.Timestamp.now("UTC")
    wanted = parts.of(tables)
    if not wanted:
        raise DataError(
            "none of these tables can be fetched live: prices come from Yahoo Finance, network "
            "figures from Coin Metrics; leave the edition at `current`"
        )
    own = _own()
    if own is not None and wanted <= _parts(own):
        return own
    os.environ[PIN] = _found(wanted, own, sources, now)
    return os.environ[PIN]


def _own() -> str | None:
    """The live edition that this process has met, if it is still there."""
    name = os.environ.get(PIN)
    if name not in editions.names():
        return None
    try:
        editions.package_of(name)
    except DataError:
        return None
    return name


def _found(
    wanted: set[str], own: str | None, sources: refresh.Sources | None, now: pd.Timestamp
) -> str:
    """A fresh live edition with these parts: kept, or fetched now."""
    if own is None and (kept := _kept(wanted, now)):
        return kept
    with lock.writing(PATIENCE):
        # Another process may have fetched while this one waited.
        if own is None and (kept := _kept(wanted, now)):
            return kept
        # What others have met today is completed, not fetched anew: all then see the same figures.
        own = own or next(filter(None, (_kept({part}, now) for part in parts.PARTS)), None)
        base, held = (own, _parts(own)) if own else (editions.CURRENT, set())
        lacking = wanted - held
        asked = refresh.Asked(only=next(iter(lacking)) if len(lacking) == 1 else None)
        kind = refresh.LIVE
        return refresh.fetch(asked, sources, now=now, kind=kind, base=base, held=held).name


def _parts(name: str) -> set[str]:
    """Which parts of a live edition are live."""
    return set(editions.package_of(name).get(editions.PROVENANCE, {}).get("parts", ()))


def _kept(wanted: set[str], now: pd.Timestamp) -> str | None:
    """The newest live edition that is fresh, of the same base, and holds these parts."""
    base, _ = editions.open_edition(editions.CURRENT)
    found: dict[pd.Timestamp, str] = {}
    for name in editions.names():
        try:
            about = editions.package_of(name).get(editions.PROVENANCE, {})
        except DataError:
            continue  # one that is broken is no reason not to fetch; `data editions` names it
        if about.get("kind") != refresh.LIVE or about.get("root", about.get("base")) != base:
            continue
        # As old as its oldest part: later ones may have been fetched on top of it.
        begun = pd.Timestamp(about.get("begun", about["fetched"]))
        if wanted <= set(about.get("parts", ())) and pd.Timedelta(0) <= now - begun < FRESH:
            found[pd.Timestamp(about["fetched"])] = name
    return found[max(found)] if found else None
