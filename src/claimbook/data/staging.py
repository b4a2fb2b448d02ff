"""Write a new edition whole, check it, and only then let it be seen.

All files go into a folder beside the editions; when every table has been read back and checked,
the folder gets its name in one step, and in another the edition becomes current. Whatever fails
before leaves the current edition as it was.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from claimbook.data import edition
from claimbook.errors import DataError, DiskError

PART = ".part-"
LISTED = 5  # problems that a refusal names


@dataclass(frozen=True)
class Replacement:
    """A table that the new edition does not take over: its rows, and what its descriptor changes.

    `about` replaces entries of the table's descriptor: gaps, sources, licences, schema.
    """

    frame: pd.DataFrame
    about: Mapping[str, Any] = field(default_factory=dict)


def free_name(wanted: str) -> str:
    """The name, or with a number behind it where an edition has it already."""
    taken = {*edition.names(), edition.open_edition(edition.SHIPPED)[0]}
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(n for n in numbered if n not in taken)


def publish(
    name: str,
    base: str,
    replaced: Mapping[str, Replacement],
    provenance: Callable[[], Mapping[str, Any]],
    *,
    current: bool,
) -> None:
    """Make the edition `name` from the tables of `base`, some of them replaced.

    `base` is an edition's folder name (`edition.resolve`). The caller holds `lock.writing`.
    `provenance` is asked for when all tables have passed their checks: what it says of them need
    not bear with figures that cannot be. With `current` it becomes the current edition. Raises
    DataError where a table fails a check and DiskError where the disk cannot take it; then nothing
    is left of it.
    """
    folder = edition.editions_folder()
    for left in folder.glob(f"{PART}*"):
        shutil.rmtree(left, ignore_errors=True)  # of a process that was killed
    unfinished: Path | None = None
    try:
        unfinished = Path(tempfile.mkdtemp(prefix=PART, dir=folder))
        package = _write(unfinished, name, base, replaced)
        _check(unfinished, package)
        package[edition.PROVENANCE] = dict(provenance())
        text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
        (unfinished / edition.DESCRIPTOR).write_text(text, encoding="utf-8", newline="\n")
        unfinished.chmod(0o755)
        unfinished = unfinished.rename(folder / name)
        if current:
            edition.point_at(name)
        unfinished = None
    except OSError as error:
        stays = "nothing was changed, the current edition stays"
        if unfinished is not None and not _taken_away(unfinished):
            stays = f"data/editions/{unfinished.name} is left over; the current edition stays"
        raise DiskError(
            f"edition {name} could not be written ({error.strerror or error}): free some space or "
            f"mend the folder data/editions; {stays}"
        ) from error
    finally:
        if unfinished is not None:
            _taken_away(unfinished)


def _taken_away(folder: Path) -> bool:
    """Whether the folder is gone now; one that is current already is left alone."""
    with suppress(OSError):
        if edition.pointer().read_text(encoding="utf-8").strip() == folder.name:
            return False
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def csv_of(frame: pd.DataFrame, schema: Mapping[str, Any]) -> bytes:
    """A table's bytes: columns and their forms as the schema has them, missing cells blank."""
    fields = schema["fields"]
    shown = pd.DataFrame(index=frame.index)
    for about in fields:
        column = frame[about["name"]]
        if about["type"] in ("date", "yearmonth"):
            column = column.dt.strftime("%Y-%m-%d" if about["type"] == "date" else "%Y-%m")
        elif about["type"] == "datetime":
            column = column.dt.strftime(about["format"])
        shown[about["name"]] = column
    text: str = shown.to_csv(index=False, lineterminator="\n")
    return text.encode()


def _write(
    part: Path,
    name: str,
    base: str,
    replaced: Mapping[str, Replacement],
) -> dict[str, Any]:
    package = edition.package_of(base)
    _, tables = edition.open_edition(base)
    package |= {"version": name}
    package.pop(edition.PROVENANCE, None)
    for resource in package["resources"]:
        table = tables[resource["name"]]
        file = part / resource["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        given = replaced.get(table.name)
        if given is None:
            raw = table.path.read_bytes()
        else:
            resource |= given.about
            raw = csv_of(given.frame, resource["schema"])
            resource |= {
                "rows": len(given.frame),
                "bytes": len(raw),
                "hash": f"sha256:{hashlib.sha256(raw).hexdigest()}",
            }
        file.write_bytes(raw)
    return package


def _check(part: Path, package: Mapping[str, Any]) -> None:
    """Read everything back and check it; DataError names the first problems."""
    from claimbook.data import checks  # only here, for what it takes to import

    tables = edition.tables_in(part, package)
    frames, problems = {}, []
    for name, table in tables.items():
        try:
            frames[name] = table.read()
        except DataError as error:
            problems.append(str(error))
            continue
        problems += checks.problems(name, frames[name], table.descriptor)
    problems += checks.of_edition(frames)
    if problems:
        more = f"; and {len(problems) - LISTED} more" if len(problems) > LISTED else ""
        raise DataError(
            f"the new tables fail their checks, so nothing was changed: "
            f"{'; '.join(problems[:LISTED])}{more}"
        )
