"""The versions of a claim in the order in which they were rendered, and what each one changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from claimbook import parameters
from claimbook.errors import ClaimbookError
from claimbook.ledger import Claim
from claimbook.reports import changes, diff, frame
from claimbook.reports.changes import Change
from claimbook.reports.diff import FindingPair
from claimbook.reports.files import INDEX
from claimbook.reports.recipe import Recipe
from claimbook.reports.shelf import DIFFS, Shelf, Version


@dataclass(frozen=True)
class Entry:
    """One version, and what it changed against the one of the same report rendered before it.

    `before` is None for the first one there is; then nothing is said to have changed. `altered`
    are the parameters that are not the article's. `compared` is the path, below the reports
    folder, of the page that compares it with the one before, where somebody had that made.
    """

    version: Version
    before: Version | None
    changes: tuple[Change, ...]
    findings: tuple[FindingPair, ...]
    altered: Mapping[str, Any]
    compared: str | None

    @property
    def verdict(self) -> str | None:
        return self.version.results.get("verdict") or None

    @property
    def differing(self) -> tuple[FindingPair, ...]:
        """Findings that are not the same as before, those whose verdict turned first."""
        return tuple(pair for pair in self.findings if not pair.same)


def of(shelf: Shelf, claim: Claim) -> list[Entry]:
    """Every published version of a claim, the last rendered first."""
    versions = shelf.versions(claim.id)
    usual = _defaults(claim, versions)
    manifests = [version.manifest for version in versions]
    by_name = {version.name: version for version in versions}
    entries = []
    for place, version in enumerate(versions, start=1):
        found = changes.predecessor(islice(manifests, place, None), version.manifest)
        before = by_name.get(str(found["version"])) if found else None
        entries.append(_entry(shelf, version, before, usual))
    return entries


def reasons(shelf: Shelf, items: Iterable[Recipe]) -> dict[tuple[str, str], str]:
    """Why each report is rendered, in one line, by claim id and version.

    Against what is on the shelf when this is called.
    """
    published: dict[str, list[Mapping[str, Any]]] = {}
    why = {}
    for item in items:
        claim_id = item.claim.id
        if claim_id not in published:
            published[claim_id] = [version.manifest for version in shelf.versions(claim_id)]
        if shelf.has(claim_id, item.version):
            why[claim_id, item.version] = str(frame.words()["changes"]["forced"])
        else:
            why[claim_id, item.version] = changes.why(published[claim_id], item.ingredients)
    return why


def comparisons(shelf: Shelf, claim_id: str) -> list[str]:
    """Paths, below the reports folder, of the pages that compare two versions of a claim."""
    found = (shelf.folder / claim_id / DIFFS).glob(f"*/{INDEX}")
    return sorted(file.relative_to(shelf.folder).as_posix() for file in found)


def _entry(
    shelf: Shelf, version: Version, before: Version | None, usual: Mapping[str, Any]
) -> Entry:
    altered = {
        name: value
        for name, value in version.manifest["parameters"].items()
        if not version.default and (name not in usual or usual[name] != value)
    }
    if before is None:
        return Entry(version, None, (), (), altered, None)
    page = f"{diff.place(version.manifest['claim'], before.name, version.name)}/{INDEX}"
    return Entry(
        version,
        before,
        tuple(changes.between(before.manifest, version.manifest)),
        tuple(diff.findings(before.results, version.results)),
        altered,
        page if (shelf.folder / page).is_file() else None,
    )


def _defaults(claim: Claim, versions: Sequence[Version]) -> Mapping[str, Any]:
    """The article's parameters: as last published, else as the notebook has them."""
    for version in versions:
        if version.default:
            return dict(version.manifest["parameters"])
    try:
        return {name: declared.default for name, declared in parameters.of(claim).items()}
    except ClaimbookError:
        return {}
