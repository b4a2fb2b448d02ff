"""What the reports folder holds on each claim of the ledger: the start page is made from it.

The page does not compute the claims again. It shows the results that were published, each with its
version, and says where a version is missing, damaged, or made from something else than what lies
here now. So its own version is a function of theirs: `Whole.ingredients` goes into its recipe, and
`Whole.files` into the folder that its notebook reads while it is rendered.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from claimbook import ledger, parameters, paths
from claimbook.data import CURRENT
from claimbook.errors import ClaimbookError
from claimbook.ledger import Claim
from claimbook.outputs import RESULT_MIME
from claimbook.reports import recipe, shelf
from claimbook.reports.files import INDEX, MANIFEST, RESULTS, as_json

AS_NOW = "as now"  # made from the code, data and ledger that lie here
OTHER = "made from other code or data"
DAMAGED = "damaged"
MISSING = "missing"
NO_NOTEBOOK = "no notebook yet"


@dataclass(frozen=True)
class Entry:
    """One claim and what was published on it.

    `state` is one of the five above. `results` are the content of its results.json, only where
    there is one to be trusted; `sha256` is that file's hash; `seconds` is how long its last
    rendering took, where that is recorded.
    """

    claim: Claim
    state: str
    version: str | None = None
    results: Mapping[str, Any] = field(default_factory=dict)
    sha256: str | None = None
    seconds: float | None = None

    @property
    def verdict(self) -> str | None:
        return self.results.get("verdict")

    @property
    def address(self) -> str | None:
        """The report's page, seen from notebooks/; a published page turns it (see `page`)."""
        return f"../reports/{self.claim.id}/{self.version}/{INDEX}" if self.results else None


@dataclass(frozen=True)
class Whole:
    """All claims of the ledger in its order, and the files that hold their results."""

    entries: tuple[Entry, ...]
    files: Mapping[str, bytes]

    @property
    def ingredients(self) -> list[dict[str, Any]]:
        """What a manifest says of them, one row a claim."""
        return [
            {"claim": e.claim.id, "version": e.version, "state": e.state, "sha256": e.sha256}
            for e in self.entries
        ]


def read(
    folder: Path | None = None,
    edition: str = CURRENT,
    known: Mapping[str, recipe.Recipe] | None = None,
) -> Whole:
    """The published results of every claim, under the article's parameters and one edition.

    Of several versions of a claim, the one that a rendering would give now counts, else the one
    rendered last. `folder` is the reports folder, by default the project's own. `known` are recipes
    of that edition, by claim, that need not be found out again. Raises LedgerError where the ledger
    cannot be read; a claim's own trouble is its entry's state.
    """
    place = shelf.Shelf(folder or paths.reports_folder())
    files: dict[str, bytes] = {}
    entries = []
    for claim in ledger.claims():
        entry, kept = _entry(claim, place, edition, (known or {}).get(claim.id))
        entries.append(entry)
        files.update(kept)
    return Whole(tuple(entries), files)


def of_notebooks() -> Whole:
    """The same from the results in the notebooks' stored outputs, as if they had been rendered.

    A notebook is executed in place with its defaults, so what it stores is what its report would
    publish; that lets the start notebook be executed in place before anything is rendered.
    """
    files: dict[str, bytes] = {}
    entries = []
    for claim in ledger.claims():
        try:
            made = recipe.of(claim)
            content = _stored(paths.notebook(str(claim.notebook)).read_text(encoding="utf-8"))
        except (ClaimbookError, OSError, ValueError, KeyError):
            entries.append(Entry(claim, NO_NOTEBOOK if claim.notebook is None else MISSING))
            continue
        digest = hashlib.sha256(content).hexdigest()
        manifest = {"version": made.version, **made.ingredients, "files": {RESULTS: digest}}
        base = f"{claim.id}/{made.version}"
        files |= {f"{base}/{RESULTS}": content, f"{base}/{MANIFEST}": as_json(manifest)}
        entries.append(Entry(claim, AS_NOW, made.version, json.loads(content), digest))
    return Whole(tuple(entries), files)


@contextmanager
def before_it(item: recipe.Recipe) -> Iterator[None]:
    """Let this process, and the kernels it starts, find the results that a recipe holds.

    Whatever has become of the reports folder since, and on whichever machine this is. For a claim,
    whose report is made from no other, nothing is done.
    """
    if not item.claim.collects:
        yield
        return
    with laid_out(item.published):
        yield


@contextmanager
def laid_out(files: Mapping[str, bytes]) -> Iterator[None]:
    """The same for files by their place in the reports folder."""
    before = os.environ.get(paths.REPORTS_VARIABLE)
    with TemporaryDirectory(prefix="reports-", dir=Path.home()) as place:
        for name, content in files.items():
            target = Path(place) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        os.environ[paths.REPORTS_VARIABLE] = place
        try:
            yield
        finally:
            if before is None:
                del os.environ[paths.REPORTS_VARIABLE]
            else:
                os.environ[paths.REPORTS_VARIABLE] = before


def _entry(
    claim: Claim, place: shelf.Shelf, edition: str, now: recipe.Recipe | None
) -> tuple[Entry, dict[str, bytes]]:
    if claim.notebook is None:
        return Entry(claim, NO_NOTEBOOK), {}
    # What lies here may give no report, so none can be as now.
    with suppress(ClaimbookError):
        now = now or recipe.of(claim, {parameters.EDITION: edition})
    known = [v for v in place.versions(claim.id) if _is_meant(v, now)]
    if not known:
        return Entry(claim, MISSING), {}
    current = now.version if now else None
    version = min(known, key=lambda v: v.name != current)  # stable: else the last rendered
    content = (version.folder / RESULTS).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    base = f"{claim.id}/{version.name}"
    files = {
        f"{base}/{RESULTS}": content,
        f"{base}/{MANIFEST}": (version.folder / MANIFEST).read_bytes(),
    }
    if digest != version.manifest.get("files", {}).get(RESULTS):
        return Entry(claim, DAMAGED, version.name, sha256=digest), files
    state = AS_NOW if version.name == current else OTHER
    seconds = _seconds(version.folder)
    return Entry(claim, state, version.name, json.loads(content), digest, seconds), files


def _is_meant(version: shelf.Version, now: recipe.Recipe | None) -> bool:
    """Whether a version is the article's own report, in the edition that is meant."""
    if now is None or now.default:
        return version.default
    return version.manifest.get("parameters") == now.parameters


def _stored(notebook: str) -> bytes:
    """What a notebook's stored outputs published, as its results.json would be."""
    cells = json.loads(notebook)["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    found = [o["data"][RESULT_MIME] for o in outputs if RESULT_MIME in o.get("data", {})]
    if len(found) != 1:
        raise KeyError(RESULT_MIME)
    return as_json(found[0])


def _seconds(folder: Path) -> float | None:
    try:
        return float(json.loads((folder / shelf.RECORD).read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
