"""`edition = "live"`: today's figures, fetched once and kept as an edition of their own.

What was fetched less than a day ago for the same tables is used again, so that all notebooks and
all cells of one see the same figures. The live editions lie in `data/editions/live-…` and can be
asked for by that name later; fetching one does not make it the current edition.
"""

from collections.abc import Sequence

import pandas as pd

from claimbook.data import edition as editions
from claimbook.data import lock, refresh
from claimbook.errors import DataError

FRESH = pd.Timedelta(days=1)
PATIENCE = 900  # seconds to wait for another process that is fetching the same


def edition(
    tables: Sequence[str],
    sources: refresh.Sources | None = None,
    now: pd.Timestamp | None = None,
) -> str:
    """The name of a live edition that holds the tables, fetched now if there is none of today.

    Its other tables are those of the current edition. Raises DataError where none of the tables can
    be fetched, and for every failure of a source.
    """
    now = now or pd.Timestamp.now("UTC")
    parts = {
        part for part, brought in refresh.PARTS.items() if any(table in brought for table in tables)
    }
    if not parts:
        raise DataError(
            "none of these tables can be fetched live: prices come from Yahoo Finance, network "
            "figures from Coin Metrics; leave the edition at `current`"
        )
    if kept := _kept(parts, now):
        return kept
    with lock.writing(PATIENCE):
        # Another process may have fetched while this one waited.
        if kept := _kept(parts, now):
            return kept
        only = next(iter(parts)) if len(parts) == 1 else None
        asked = refresh.Asked(only=only)
        return refresh.fetch(asked, sources, now=now, kind=refresh.LIVE).name


def _kept(parts: set[str], now: pd.Timestamp) -> str | None:
    """The newest live edition that is fresh, of the same base, and holds these parts."""
    base, _ = editions.open_edition(editions.CURRENT)
    found: dict[pd.Timestamp, str] = {}
    for name in editions.names():
        about = editions.package_of(name).get(editions.PROVENANCE, {})
        if about.get("kind") != refresh.LIVE or about.get("base") != base:
            continue
        fetched = pd.Timestamp(about["fetched"])
        if parts <= set(about["parts"]) and pd.Timedelta(0) <= now - fetched < FRESH:
            found[fetched] = name
    return found[max(found)] if found else None
