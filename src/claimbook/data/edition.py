"""An edition: one frozen state of all tables, in a folder that never changes.

The shipped edition is `data/` itself, named by its last date. Others lie in `data/editions/NAME/`:
fetched (`claimbook data refresh`), imported (`claimbook data import`), or live. Which of them is
the current one is the one line of `data/editions/current`; without that file it is the shipped one.
"""

import csv
import functools
import importlib
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimbook import paths, remembered
from claimbook.errors import DataError, DiskError

if TYPE_CHECKING:  # names and hashes of tables are wanted where no table is read
    import pandas as pd

CURRENT, SHIPPED, LIVE = "current", "shipped", "live"
RESERVED = (CURRENT, SHIPPED, LIVE)  # words of the parameter, and so no names
DESCRIPTOR = "datapackage.json"
PROVENANCE = "provenance"  # the descriptor's entry that a fetched or imported edition has
PIN = paths.EDITION_VARIABLE

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,79}")


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
    def relative(self) -> str:
        """Where the file lies, seen from the project's folder."""
        root = paths.root()
        inside = self.path.is_relative_to(root)
        return self.path.relative_to(root).as_posix() if inside else self.path.name

    @property
    def gaps(self) -> list[str]:
        return list(self.descriptor.get("gaps", []))

    def read(self) -> "pd.DataFrame":
        """The table as a frame, one column a field, rows in file order.

        Dates become datetime64 without a zone, datetimes become UTC; numbers float64, counts Int64
        (int64 where required), text object. Raises DataError when the file is missing, its SHA-256
        differs, or a column, type, constraint or key does not match the schema.
        """
        rules = json.dumps(self.descriptor["schema"], sort_keys=True)
        return _parsed(self.name, self.raw(), rules).copy()

    def values(self, column: str) -> set[str]:
        """What stands in a column of text or dates, blanks left out, each once, as written.

        For checks of single values: no frame is made. Raises DataError for a file that is not the
        recorded one, KeyError for a column of another kind.
        """
        kinds = {field["name"]: field["type"] for field in self.descriptor["schema"]["fields"]}
        if kinds.get(column) not in ("string", "date"):
            raise KeyError(column)
        return set(_cells(self.raw(), column))

    def raw(self) -> bytes:
        """The file's bytes. Raises DataError when it is missing or its SHA-256 differs."""
        relative = self.relative
        mend = (
            f"restore it with `git checkout -- {relative}`, or, if the change is meant, "
            "record it with `claimbook data seal`"
            if self.path == folder_of(SHIPPED) / self.descriptor["path"]
            else "an edition must not change: make it anew, or go back to another one with "
            "`claimbook data use`"
        )
        if not self.path.is_file():
            raise DataError(f"table {self.name}: {relative} is missing; {mend}")
        raw = remembered.content(self.path)
        found = remembered.digest(raw)  # of the very bytes that are parsed
        if found != self.sha256:
            raise DataError(
                f"table {self.name}: {relative} has SHA-256 {found[:12]}… where the edition "
                f"recorded {self.sha256[:12]}…; {mend}"
            )
        return raw


@functools.lru_cache(maxsize=64)
def _parsed(name: str, raw: bytes, schema: str) -> "pd.DataFrame":
    from claimbook.data.schema import parse

    return parse(name, raw, json.loads(schema))


@functools.lru_cache(maxsize=64)
def _cells(raw: bytes, column: str) -> frozenset[str]:
    text = raw.decode("utf-8")
    if '"' in text:
        first, *rows = csv.reader(io.StringIO(text, newline=""))
        at = first.index(column)
        return frozenset({row[at] for row in rows} - {""})
    # Nothing is quoted, so every comma parts two cells.
    head, *lines = text.splitlines()
    at = head.split(",").index(column)
    return frozenset({line.split(",", at + 1)[at] for line in lines} - {""})


@dataclass(frozen=True)
class Edition(Mapping[str, "pd.DataFrame"]):
    """The tables a notebook asked for, read and checked: `edition["network_daily"]` is a frame."""

    name: str
    tables: Mapping[str, Table]
    frames: "Mapping[str, pd.DataFrame]"
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """Where the edition comes from, if it is not the shipped one: a sentence, or nothing."""
        return str(self.provenance.get("note", ""))

    def __getitem__(self, table: str) -> "pd.DataFrame":
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


def editions_folder() -> Path:
    return paths.data_folder() / "editions"


def pointer() -> Path:
    """The file whose one line names the current edition."""
    return editions_folder() / CURRENT


def current() -> str:
    """The name that `current` stands for: the process's pin, the pointer's line, or `shipped`."""
    if pinned := os.environ.get(PIN):
        return pinned
    try:
        return pointer().read_text(encoding="utf-8").strip() or SHIPPED
    except FileNotFoundError:
        return SHIPPED
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"data/editions/{CURRENT} cannot be read ({error}); delete it, or choose an edition "
            "with `claimbook data use`"
        ) from error


@contextmanager
def pinned() -> Iterator[str]:
    """What is current now stays current for this process and its children: one edition a render."""
    before, name = os.environ.get(PIN), current()
    os.environ[PIN] = name
    try:
        yield name
    finally:
        if before is None:
            os.environ.pop(PIN, None)
        else:
            os.environ[PIN] = before


def folder_of(edition: str) -> Path:
    """The folder of an edition: `data/` for the shipped one, `data/editions/NAME/` for others."""
    name = current() if edition == CURRENT else edition
    return paths.data_folder() if name == SHIPPED else editions_folder() / name


def resolve(edition: str, tables: Iterable[str] = ()) -> str:
    """The folder name that a parameter's `edition` stands for: `shipped`, or one in data/editions.

    `current` is looked up; the shipped edition's date is `shipped`; `live` fetches what can be
    fetched of the tables, once (see `claimbook.data.live`). Raises DataError where there is none.
    """
    if edition == LIVE:
        # By name: the modules that fetch are no part of what makes a report from its tables, so
        # they must not be found among a version's ingredients.
        live = importlib.import_module("claimbook.data.live")
        return str(live.edition(list(tables)))
    name = current() if edition == CURRENT else edition
    if name == SHIPPED:
        return SHIPPED
    if _NAME.fullmatch(name) and (editions_folder() / name / DESCRIPTOR).is_file():
        return name
    shipped = str(package_of(SHIPPED).get("version"))
    if name == shipped:
        return SHIPPED
    if edition == CURRENT:
        raise DataError(
            f"the current edition, {name}, is not there any more: choose another one with "
            f"`claimbook data use`; the shipped one is {shipped}"
        )
    others = [other for other in names() if other != name]
    also = f"; there are also {', '.join(others)}" if others else ""
    now = current()
    raise DataError(
        f"no edition {name!r}: the current one is {shipped if now == SHIPPED else now}{also}"
    )


def names() -> list[str]:
    """The editions beside the shipped one, by name."""
    return sorted(
        place.parent.name
        for place in editions_folder().glob(f"*/{DESCRIPTOR}")
        if _NAME.fullmatch(place.parent.name)
    )


def usable_name(name: str) -> bool:
    """Whether an edition may bear that name: letters, digits, `_`, `.` and `-`, no word in use."""
    return bool(_NAME.fullmatch(name)) and name not in RESERVED


def use(edition: str) -> str:
    """Make an edition the current one, in one step; its name as the descriptor has it.

    Raises DataError where there is no such edition, DiskError where the choice cannot be written;
    the current edition then stays as it is.
    """
    chosen = resolve(edition)
    name, _ = open_edition(chosen)
    try:
        point_at(chosen)
    except OSError as error:
        raise DiskError(
            f"edition {name} could not be made the current one ({error.strerror or error}): free "
            "some space or mend the folder data/editions; the current edition stays"
        ) from error
    return name


def point_at(chosen: str) -> None:
    """Write which edition (`resolve`) is current, in one step. Raises OSError, nothing left."""
    if chosen == SHIPPED:
        pointer().unlink(missing_ok=True)
        return
    part = pointer().with_name(f".{CURRENT}.part")
    try:
        part.write_text(f"{chosen}\n", encoding="utf-8")
        part.replace(pointer())
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def package_of(edition: str) -> dict[str, Any]:
    """An edition's descriptor, as it stands. Raises DataError where it cannot be read."""
    folder = folder_of(edition)
    try:
        package = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
        if not isinstance(package, dict):
            raise TypeError("it is no object")
        return package
    except (OSError, ValueError, TypeError) as error:
        raise _unreadable(folder, error) from error


def open_edition(edition: str = CURRENT) -> tuple[str, dict[str, Table]]:
    """An edition's name and its tables, nothing read yet.

    `edition` is `current` or a name. Raises DataError where there is no such edition or its
    descriptor cannot be read.
    """
    return _opened(resolve(edition))[:2]


def read(names: Iterable[str], edition: str = CURRENT) -> Edition:
    """Read tables of one edition, each checked against its hash and schema.

    `edition` is `current`, a name, or `live`: then what can be fetched is fetched, once, and kept.
    Raises DataError for an unknown table and for what `Table.read` and `open_edition` raise.
    """
    wanted = list(names)
    name, known, provenance = _opened(resolve(edition, wanted))
    chosen = {table: _known(table, known, name) for table in wanted}
    frames = {table: entry.read() for table, entry in chosen.items()}
    return Edition(name, chosen, frames, provenance)


def table(name: str, edition: str = CURRENT) -> Table:
    """One table of an edition, not read yet. Raises DataError as `read` does."""
    found, known, _ = _opened(resolve(edition, [name]))
    return _known(name, known, found)


def _known(name: str, known: Mapping[str, Table], edition: str) -> Table:
    if name not in known:
        raise DataError(
            f"no table {name!r} in edition {edition}: there are {', '.join(sorted(known))}"
        )
    return known[name]


def tables_in(folder: Path, package: Mapping[str, Any]) -> dict[str, Table]:
    """The tables that a descriptor lists, by name."""
    return {
        resource["name"]: Table(resource["name"], folder / resource["path"], resource)
        for resource in package["resources"]
    }


def _opened(edition: str) -> tuple[str, dict[str, Table], dict[str, Any]]:
    folder, package = folder_of(edition), package_of(edition)
    try:
        tables = tables_in(folder, package)
        return str(package["version"]), tables, dict(package.get(PROVENANCE, {}))
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(folder, error) from error


def _unreadable(folder: Path, error: Exception) -> DataError:
    if folder == paths.data_folder():
        mend = f"restore it with `git checkout -- data/{DESCRIPTOR}`"
        return DataError(f"data/{DESCRIPTOR} cannot be read ({error}); {mend}")
    return DataError(
        f"data/editions/{folder.name}/{DESCRIPTOR} cannot be read ({error}); "
        "go back to another edition with `claimbook data use`"
    )
