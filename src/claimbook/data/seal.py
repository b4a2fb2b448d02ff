"""Check all tables of an edition against their record, or record the shipped ones anew."""

import hashlib
import json
from collections.abc import Iterator

from claimbook.data import schema
from claimbook.data.edition import DESCRIPTOR, SHIPPED, folder_of, open_edition
from claimbook.errors import DataError


def check(edition: str = SHIPPED) -> Iterator[tuple[str, str | None]]:
    """Each table's name, and what is wrong with it (None where nothing is).

    Right means: its SHA-256, size in bytes, number of rows and schema are those of the descriptor,
    and its figures pass `claimbook.data.checks`. Raises DataError where the descriptor cannot be
    read.
    """
    from claimbook.data import checks  # only here, for what it takes to import

    _, tables = open_edition(edition)
    frames = {}
    for name, table in tables.items():
        try:
            frame = frames[name] = table.read()
        except DataError as error:
            yield name, str(error)
            continue
        recorded = {"rows": len(frame), "bytes": table.path.stat().st_size}
        wrong = [
            f"{what} are {found:,} where the descriptor says {table.descriptor.get(what)}"
            for what, found in recorded.items()
            if table.descriptor.get(what) != found
        ]
        problems = checks.problems(name, frame, table.descriptor)
        if wrong:
            problems.append(f"table {name}: {'; '.join(wrong)}: run `claimbook data seal`")
        yield name, "; ".join(problems) or None
    for problem in checks.of_edition(frames):
        yield "tickers", problem


def seal() -> list[str]:
    """Record SHA-256, bytes and rows of every table in the descriptor; names of those that changed.

    Every table is read against its schema first: where one does not match, DataError is raised and
    nothing is written.
    """
    file = folder_of(SHIPPED) / DESCRIPTOR
    open_edition(SHIPPED)  # a readable descriptor, or one clear sentence
    package = json.loads(file.read_text(encoding="utf-8"))
    changed = []
    for resource in package["resources"]:
        name, path = resource["name"], file.parent / resource["path"]
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise DataError(
                f"table {name}: data/{resource['path']} cannot be read ({error.strerror}); put the "
                f"table there or take it out of data/{DESCRIPTOR}"
            ) from error
        rows = len(schema.parse(name, raw, resource["schema"]))
        record = {
            "rows": rows,
            "bytes": len(raw),
            "hash": f"sha256:{hashlib.sha256(raw).hexdigest()}",
        }
        if any(resource.get(key) != value for key, value in record.items()):
            resource.update(record)
            changed.append(name)
    if changed:
        part = file.with_name(f".{DESCRIPTOR}.part")
        text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(file)
    return changed
