"""What a reports folder offers, for people (`index.html`) and for programs (`catalogue.json`)."""

import json
from collections.abc import Mapping
from typing import Any

from claimbook import ledger
from claimbook.data import open_edition
from claimbook.ledger import Claim
from claimbook.reports import index_page
from claimbook.reports.files import INDEX, as_json
from claimbook.reports.shelf import FAILED, Shelf, Version

PUBLISHED = "published"
FAILED_STATUS = "failed"
NO_NOTEBOOK = "no notebook yet"
NOT_RENDERED = "not rendered"


def write(shelf: Shelf, current: Mapping[str, str]) -> None:
    """Write the index, the catalogue, and each claim's page that leads to its latest version.

    `current` gives, by claim id, the version that the default report has now.
    """
    catalogue = build(shelf, current)
    whole = ledger.collection()
    start = [_entry(whole, shelf, current.get(whole.id) or _stated(shelf))] if whole else []
    for entry in [*catalogue["claims"], *start]:
        failed = next((f["path"] for f in entry["failures"] if f["default"]), None)
        leads_to = entry["latest"] or (failed.removesuffix(f"/{INDEX}") if failed else None)
        if leads_to:
            target = leads_to.removeprefix(f"{entry['id']}/")
            html = index_page.render_latest(entry["id"], entry["title"], target)
            shelf.write(f"{entry['id']}/{INDEX}", html.encode())
    if any(shelf.place(entry["id"], INDEX).is_file() for entry in start):
        catalogue |= {"start": _start(start[0])}
    shelf.write("catalogue.json", as_json(catalogue))
    shelf.write(INDEX, index_page.render(catalogue).encode())


def build(shelf: Shelf, current: Mapping[str, str]) -> dict[str, Any]:
    """The catalogue, from the ledger and from what is on the shelf; no clock, no path of a machine.

    A claim's `latest` is its current default version if that is on the shelf, else the one
    rendered last.
    """
    return {
        "article": {name: str(value) for name, value in ledger.article().items()},
        "edition": open_edition()[0],
        "claims": [_entry(claim, shelf, current.get(claim.id)) for claim in ledger.claims()],
    }


def _start(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The page that shows all claims, as the catalogue leads to it."""
    about = {name: entry[name] for name in ("id", "title", "paraphrase", "latest")}
    return {**about, "address": f"{entry['id']}/{INDEX}"}


def _stated(shelf: Shelf) -> str | None:
    """The version of the start page that the catalogue on the shelf leads to, if it has one."""
    try:
        stated = json.loads((shelf.folder / "catalogue.json").read_text(encoding="utf-8"))
        return str(stated["start"]["latest"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _entry(claim: Claim, shelf: Shelf, current: str | None) -> dict[str, Any]:
    versions = shelf.versions(claim.id)
    default = sorted((v for v in versions if v.default), key=lambda v: v.name != current)
    others = sorted((v for v in versions if not v.default), key=lambda v: v.name)
    failures = [
        {
            "path": f"{claim.id}/{FAILED}/{failure.folder.name}/{INDEX}",
            "default": failure.error["default"],
            "parameters": failure.error["parameters"],
            "cell": failure.error["cell"],
            "name": failure.error["name"],
            "message": failure.error["message"],
        }
        for failure in shelf.failures(claim.id)
    ]
    latest = default[0] if default else None
    if claim.notebook is None:
        status = NO_NOTEBOOK
    elif any(failure["default"] for failure in failures):
        status = FAILED_STATUS
    else:
        status = PUBLISHED if latest else NOT_RENDERED
    shown = latest.results if latest else {}
    return {
        "id": claim.id,
        "title": claim.title,
        "paraphrase": claim.paraphrase,
        "asserted_by": claim.asserted_by,
        "asserted_on": claim.asserted_on,
        "kind": claim.kind,
        "notebook": claim.notebook,
        "status": status,
        "verdict": shown.get("verdict"),
        "summary": shown.get("summary"),
        "key_numbers": shown.get("key_numbers", []),
        "latest": latest.name if latest else None,
        "reports": [_report(claim, version) for version in [*default, *others]],
        "failures": failures,
    }


def _report(claim: Claim, version: Version) -> dict[str, Any]:
    return {
        "version": version.name,
        "default": version.default,
        "parameters": version.manifest["parameters"],
        "verdict": version.results["verdict"],
        "edition": version.manifest["edition"],
        "path": f"{claim.id}/{version.name}/{INDEX}",
    }
