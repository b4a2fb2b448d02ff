"""What a version is made from, and so what it is called.

A recipe is everything that can change a byte of a report. Its hash is the version's name: the same
recipe gives the same name in any directory, and a change to anything else gives no new one.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import claimbook
from claimbook import ledger, notebook, parameters, paths, remembered
from claimbook.data import CURRENT, edition
from claimbook.errors import RenderError
from claimbook.language import ENGLISH
from claimbook.ledger import Claim
from claimbook.reports import imports

# The modules that make a version's files; the rest of this folder only drives, keeps and lists.
MAKERS = (
    "claimbook.kernels.server",
    "claimbook.reports.document",
    "claimbook.reports.execution",
    "claimbook.reports.page",
    "claimbook.reports.surroundings",
)
FONTS = "charts/fonts/-"  # what lies there is in every page, whether its notebook draws or not
LOCK = "requirements.lock"

Cells = Iterable[tuple[str, str, Iterable[str]]]  # type, source, tags

_LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[^\s;\\]+)\s*(?P<marker>;)?")


@dataclass(frozen=True)
class Recipe:
    """One notebook with one set of parameters, and all that goes into its version.

    `parameters` are complete and checked; `changed` those that differ from the defaults. `source`
    is the notebook as JSON, without what it put out when it was last executed in place.
    `ingredients` is the manifest but for `version`, `files`. `published` are the results that the
    collection's page is made from, by their place in the reports folder; no claim's report has any.
    """

    claim: Claim
    parameters: Mapping[str, Any]
    changed: Mapping[str, Any]
    source: str
    ingredients: Mapping[str, Any]
    published: Mapping[str, bytes] = field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        return version_of(self.ingredients)

    @property
    def default(self) -> bool:
        return not self.changed

    @property
    def key(self) -> str:
        return key_of(self.claim, self.changed)


def of(
    claim: Claim,
    given: Mapping[str, Any] | None = None,
    *,
    package: Path | None = None,
    reports: Path | None = None,
    known: Iterable["Recipe"] = (),
) -> Recipe:
    """The recipe of a claim's report. `given` are parameters to change; the rest are defaults.

    `package` is the folder that holds the package's folder, by default that of the running one.
    `reports` is the folder whose results the collection's page shows, by default the project's own;
    `known` are recipes of claims that need not be found out again for it.
    Raises ParameterError for a parameter that cannot be taken, LedgerError where the claim has no
    readable notebook, DataError where the edition or a table is not there, RenderError where the
    lock or the project file is not.
    """
    declared = parameters.of(claim)
    checked = parameters.check(claim, given or {})
    values = {name: _canonical(declared[name], value) for name, value in checked.items()}
    changed = {
        name: value
        for name, value in values.items()
        if value != _canonical(declared[name], declared[name].default)
    }
    assert claim.notebook is not None  # parameters.of has raised otherwise
    source = notebook.read(paths.notebook(claim.notebook))
    chosen = edition.resolve(str(values.get(parameters.EDITION, CURRENT)), claim.tables)
    name, tables = edition.open_edition(chosen)
    note = edition.package_of(chosen).get(edition.PROVENANCE, {}).get("note")
    missing = [table for table in claim.tables if table not in tables]
    if missing:
        raise RenderError(f"claim {claim.id} needs the table {missing[0]}, not in edition {name}")
    base = package or Path(claimbook.__file__).resolve().parents[1]
    used = {table: tables[table] for table in sorted(claim.tables)}
    ingredients = {
        "claim": claim.id,
        "title": claim.title,
        "edition": name,
        **({"edition_note": note} if note else {}),
        "default": not changed,
        "parameters": values,
        "notebook": f"notebooks/{claim.notebook}",
        **({"language": spoken} if (spoken := ledger.language()) != ENGLISH else {}),
        **({"address": published_at} if (published_at := ledger.address()) else {}),
        "tables": [
            {
                "name": table,
                "path": about.relative,
                "licence": about.licence,
                "sha256": about.sha256,
            }
            for table, about in used.items()
        ],
        "hashes": {
            "notebook": digest(source.cells),
            "claim": digest(asdict(claim)),
            "article": digest(dict(ledger.article())),
            "lock": hashlib.sha256(_project_file(LOCK)).hexdigest(),
            "descriptions": {
                table: digest(dict(about.descriptor)) for table, about in used.items()
            },
            **_code(source.cells, base),
        },
        "packages": locked(),
        "python": required_python(),
    }
    if not claim.collects:
        return Recipe(claim, values, changed, source.text, ingredients)
    from claimbook.reports import published  # which asks for the recipes of the claims

    meant = str(values.get(parameters.EDITION, CURRENT))
    same = {item.claim.id: item for item in known if item.default} if meant == CURRENT else {}
    whole = published.read(reports, meant, same)
    shown = {**ingredients, "reports": whole.ingredients}
    return Recipe(claim, values, changed, source.text, shown, whole.files)


def version_of(ingredients: Mapping[str, Any]) -> str:
    """`<edition>-<8 hex>` for a manifest's content (`version` and `files` do not count)."""
    counted = {k: v for k, v in ingredients.items() if k not in ("version", "files")}
    return f"{ingredients['edition']}-{digest(counted)[:8]}"


def key_of(claim: Claim, changed: Mapping[str, Any]) -> str:
    """What a report's failure is filed under: claim and changed parameters, whatever the code."""
    return digest([claim.id, dict(changed)])[:8]


def digest(value: Any) -> str:
    """SHA-256, as 64 hexadecimal digits, of a value's canonical JSON."""
    plain = json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
    )
    return hashlib.sha256(plain.encode()).hexdigest()


def locked() -> dict[str, str]:
    """Packages and versions of the lock that every platform installs (those without a marker)."""
    return {
        match["name"].lower(): match["version"]
        for line in _project_file(LOCK).decode().splitlines()
        if (match := _LOCKED.match(line)) and not match["marker"]
    }


def required_python() -> str:
    """The Python that the project asks for, such as `>=3.11`."""
    return str(
        tomllib.loads(_project_file("pyproject.toml").decode())["project"]["requires-python"]
    )


def not_as_locked() -> list[str]:
    """A sentence for each installed package whose version is not the lock's."""
    from importlib import metadata

    problems = []
    for name, version in locked().items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            found = "not installed"
        if found != version:
            problems.append(f"{name} is {found} where {LOCK} says {version}")
    return problems


def _code(cells: Cells, base: Path) -> dict[str, dict[str, str]]:
    """SHA-256 of the modules the notebook and the page are made by, and of what lies with them."""
    names = [*MAKERS, *_imported_by(cells)]
    modules = imports.reached(names, base)
    beside = imports.companions([*modules, base / imports.PACKAGE / FONTS])
    template = base / imports.PACKAGE / "reports"
    return {
        "modules": _hashes(modules, base),
        "template": _hashes((f for f in beside if f.is_relative_to(template)), base),
        "styles": _hashes((f for f in beside if not f.is_relative_to(template)), base),
    }


def _imported_by(cells: Cells) -> list[str]:
    names: list[str] = []
    for kind, code, _ in cells:
        if kind != "code":
            continue
        # IPython's own lines are no Python; they import nothing of ours.
        lines = [line for line in code.splitlines() if not line.startswith(("%", "!"))]
        try:
            names += imports.of_code("\n".join(lines))
        except SyntaxError:
            continue  # the cell will fail when it is executed, and says so there
    return names


def _hashes(files: Iterable[Path], base: Path) -> dict[str, str]:
    return {file.relative_to(base).as_posix(): remembered.sha256(file) for file in files}


def _project_file(name: str) -> bytes:
    try:
        return (paths.root() / name).read_bytes()
    except OSError as error:
        raise RenderError(
            f"{name} cannot be read ({error.strerror}); a report states the packages that it lists"
        ) from error


def _canonical(declared: parameters.Parameter, value: Any) -> Any:
    """One spelling for the current edition, `current`, so that its name gives no other version."""
    if declared.name == parameters.EDITION and value != CURRENT:
        chosen = edition.resolve(str(value))
        if chosen == edition.resolve(CURRENT):
            return CURRENT
        return edition.open_edition(chosen)[0]
    return value
