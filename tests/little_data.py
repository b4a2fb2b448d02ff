"""A copy of the project's data, cut down to a few shares and months so that tests are quick."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from claimbook import data, paths
from claimbook.data import market, parts, staging

# What can be fetched, and two tables of facts.
TABLES = (*parts.PARTS[parts.MARKET], *parts.PARTS[parts.NETWORK], "events", "shares_outstanding")
TICKERS = ("BITF", "HUT", "MARA", "RIOT", "SDIG", "SPY")
FIRST, LAST = "2024-03-01", "2026-06-30"
HOURS = ("2025-02-03", "2025-04-30")
NAME = "2026-06-30"


def write(root: Path, tickers: Sequence[str] = TICKERS, first: str = FIRST) -> Path:
    """The project's folder, with `data/` alone: the ledger, and an edition that ends in June."""
    shipped = paths.data_folder()
    (root / "data").mkdir(parents=True)
    shutil.copy(shipped / "claims.yml", root / "data" / "claims.yml")
    package = json.loads((shipped / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"] = [about for about in package["resources"] if about["name"] in TABLES]
    book = data.read(TABLES, "shipped")
    frames = {name: cut(name, frame, tickers, first) for name, frame in book.items()}
    frames["tickers"] = market.listing(frames["tickers"], frames, {})
    package["version"] = NAME
    for resource in package["resources"]:
        frame = frames[resource["name"]]
        raw = staging.csv_of(frame, resource["schema"])
        file = root / "data" / resource["path"]
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(raw)
        resource |= {
            "rows": len(frame),
            "bytes": len(raw),
            "hash": f"sha256:{hashlib.sha256(raw).hexdigest()}",
        }
    descriptor = root / "data" / "datapackage.json"
    descriptor.write_text(json.dumps(package), encoding="utf-8")
    return root


def cut(name: str, frame: pd.DataFrame, tickers: Sequence[str], first: str) -> pd.DataFrame:
    if name in market.REMARKS and "ticker" in frame:
        frame = frame[frame["ticker"].isin(tickers)]
    if name == "bars_hourly":
        return frame[frame["start_utc"].between(*(pd.Timestamp(h, tz="UTC") for h in HOURS))]
    if name in ("adjusted_closes", "bars_daily", "bitcoin_daily") or name.startswith("network"):
        return frame[frame["date"].between(first, LAST)]
    return frame
