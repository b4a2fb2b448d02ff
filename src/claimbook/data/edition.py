"""An edition: one frozen state of all tables, named by its last date."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from claimbook import paths
from claimbook.data import schema
from claimbook.errors import DataError

CURRENT = "current"
DESCRIPTOR = "datapackage.json"


@dataclass(frozen=True)
class Table:
    """One table as the descriptor states it, and where it lies."""

    name: str
    path: Path
    descriptor: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """The SHA-256 that the file must have, as 64 hexadecimal digits."""
        return str(self.descriptor["hash"]).removeprefix("sha256:")

    @property
    def licence(self) -> str:
        return ", ".join(entry["name"] for entry in self.descriptor["licenses"])

    @property
    def gaps(self) -> list[str]:
        return list(self.descriptor.get("gaps", []))

    def read(self) -> pd.DataFrame:
        """The table as a frame, one column a field, rows in file order.

        Dates become datetime64 without a zone, datetimes become UTC; numbers float64, counts Int64
        (int64 where required), text object. Raises DataError when the file is missing, its SHA-256
        differs, or a column, type, constraint or key does not match the schema.
        """
        relative = f"data/{self.descriptor['path']}"
        mend = (
            f"restore it with `git checkout -- {relative}`, or, if the change is meant, "
            "record it with `claimbook data seal`"
        )
        if not self.path.is_file():
            raise DataError(f"table {self.name}: {relative} is missing; {mend}")
        raw = self.path.read_bytes()
        found = hashlib.sha256(raw).hexdigest()
        if found != self.sha256:
            raise DataError(
                f"table {self.name}: {relative} has SHA-256 {found[:12]}… where the edition "
                f"recorded {self.sha256[:12]}…; {mend}"
            )
        return schema.parse(self.name, raw, self.descriptor["schema"])


@dataclass(frozen=True)
class Edition(Mapping[str, pd.DataFrame]):
    """The tables a notebook asked for, read and checked: `edition["network_daily"]` is a frame."""

    name: str
    tables: Mapping[str, Table]
    frames: Mapping[str, pd.DataFrame]

    def __getitem__(self, table: str) -> pd.DataFrame:
        if table not in self.frames:
            raise DataError(
                f"table {table} was not read: it is not among this claim's tables in "
                f"data/claims.yml ({', '.join(sorted(self.frames)) or 'none'})"
            )
        return self.frames[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)


def folder_of(edition: str) -> Path:
    """The folder of an edition: `data/` for the shipped one, `data/editions/NAME/` for others."""
    base = paths.data_folder()
    return base if edition == CURRENT else base / "editions" / edition


def open_edition(edition: str = CURRENT) -> tuple[str, dict[str, Table]]:
    """An edition's name and its tables, nothing read yet.

    `edition` is `current` or a name. Raises DataError where there is no such edition or its
    descriptor cannot be read.
    """
    folder = folder_of(edition)
    if edition != CURRENT and not (folder / DESCRIPTOR).is_file():
        name, tables = open_edition(CURRENT)
        if name == edition:
            return name, tables
        raise DataError(f"no edition {edition!r}: the current one is {name}")
    try:
        package = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
        tables = {
            resource["name"]: Table(resource["name"], folder / resource["path"], resource)
            for resource in package["resources"]
        }
        return str(package["version"]), tables
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"data/{DESCRIPTOR} cannot be read ({error}); "
            f"restore it with `git checkout -- data/{DESCRIPTOR}`"
        ) from error


def read(names: Iterable[str], edition: str = CURRENT) -> Edition:
    """Read tables of one edition, each checked against its hash and schema.

    Raises DataError for an unknown table and for what `Table.read` and `open_edition` raise.
    """
    name, known = open_edition(edition)
    wanted = list(names)
    for table in wanted:
        if table not in known:
            raise DataError(
                f"no table {table!r} in edition {name}: there are {', '.join(sorted(known))}"
            )
    chosen = {table: known[table] for table in wanted}
    return Edition(name, chosen, {table: entry.read() for table, entry in chosen.items()})
