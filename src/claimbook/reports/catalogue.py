"""What a reports folder offers, for people (`index.html`) and for programs (`catalogue.json`)."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from claimbook import ledger
from claimbook.data import open_edition
from claimbook.ledger import Claim
from claimbook.reports import claim_page, diff_text, history, index_page
from claimbook.reports.files import INDEX, as_json
from claimbook.reports.history import Entry
from claimbook.reports.shelf import CATALOGUE, FAILED, Shelf

PUBLISHED = "published"
FAILED_STATUS = "failed"
NO_NOTEBOOK = "no notebook yet"
NOT_RENDERED = "not rendered"

SWEEPS = "sweeps"  # folder of the pages that compare the reports of a sweep


def write(shelf: Shelf, current: Mapping[str, str]) -> None:
    """Write the index, the catalogue, and each claim's page with its versions.

    `current` gives, by claim id, the version that the default report has now; for a claim that it
    does not have, what the catalogue on the shelf said before stays.
    """
    current = {**stated(shelf), **current}
    catalogue = build(shelf, current)
    whole = ledger.collection()
    start = [_entry(whole, shelf, current.get(whole.id))] if whole else []
    for entry in [*catalogue["claims"], *start]:
        if entry["reports"] or entry["failures"]:
            claim_page.write(shelf, entry, catalogue)
    if any(shelf.place(entry["id"], INDEX).is_file() for entry in start):
        catalogue |= {"start": _start(start[0])}
    html = index_page.render(catalogue).encode()
    # With the page's hash, so that `claimbook verify` can check it.
    shelf.write(CATALOGUE, as_json(catalogue | {"pages": {INDEX: _sha256(html)}}))
    shelf.write(INDEX, html)


def refresh(shelf: Shelf) -> None:
    """Write the same anew after something else than a render changed the shelf."""
    write(shelf, {})


def stated(shelf: Shelf) -> dict[str, str]:
    """By claim, the version that the catalogue on the shelf calls the latest."""
    try:
        read = json.loads((shelf.folder / CATALOGUE).read_text(encoding="utf-8"))
        entries = [*read["claims"], *([read["start"]] if read.get("start") else [])]
        return {entry["id"]: entry["latest"] for entry in entries if entry["latest"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def build(shelf: Shelf, current: Mapping[str, str]) -> dict[str, Any]:
    """The catalogue, from the ledger and from what is on the shelf; no clock, no path of a machine.

    A claim's `latest` is its current default version if that is on the shelf, else the one
    rendered last.
    """
    return {
        "article": {name: str(value) for name, value in ledger.article().items()},
        "edition": open_edition()[0],
        "claims": [_entry(claim, shelf, current.get(claim.id)) for claim in ledger.claims()],
        "sweeps": _sweeps(shelf),
    }


def _start(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The page that shows all claims, as the catalogue leads to it."""
    about = {name: entry[name] for name in ("id", "title", "paraphrase", "latest")}
    return {**about, "address": f"{entry['id']}/{INDEX}"}


def _entry(claim: Claim, shelf: Shelf, current: str | None) -> dict[str, Any]:
    entries = history.of(shelf, claim)
    default = sorted(
        (e for e in entries if e.version.default), key=lambda e: e.version.name != current
    )
    others = sorted((e for e in entries if not e.version.default), key=lambda e: e.version.name)
    failures = [
        {
            "path": f"{claim.id}/{FAILED}/{failure.folder.name}/{INDEX}",
            "default": failure.error["default"],
            "parameters": failure.error["parameters"],
            "altered": failure.error.get("changed", failure.error["parameters"]),
            "cell": failure.error["cell"],
            "name": failure.error["name"],
            "message": failure.error["message"],
        }
        for failure in shelf.failures(claim.id)
    ]
    latest = default[0].version if default else None
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
        "reports": [_report(claim, entry) for entry in [*default, *others]],
        "failures": failures,
    }


def _report(claim: Claim, entry: Entry) -> dict[str, Any]:
    version = entry.version
    return {
        "version": version.name,
        "default": version.default,
        "parameters": version.manifest["parameters"],
        "altered": dict(entry.altered),
        "verdict": entry.verdict,
        "edition": version.manifest["edition"],
        "path": f"{claim.id}/{version.name}/{INDEX}",
        "since": entry.before.name if entry.before else None,
        "changes": [change.said for change in entry.changes],
        "findings": [
            {
                "id": pair.id,
                "statement": pair.statement,
                "decides": pair.decides,
                "verdict": {"old": pair.old_verdict, "new": pair.new_verdict},
                "reproduced": {"old": pair.old_reproduced, "new": pair.new_reproduced},
                "notes": diff_text.notes(pair),
            }
            for pair in entry.differing
        ],
        "compared": entry.compared,
    }


def _sweeps(shelf: Shelf) -> list[dict[str, Any]]:
    """The sweeps whose page lies on the shelf, by name; one that cannot be read is left out."""
    found = []
    for file in sorted((shelf.folder / SWEEPS).glob("*.json")):
        try:
            read = json.loads(file.read_text(encoding="utf-8"))
            reports = read["reports"]
            about = {
                "name": file.stem,
                "title": read["title"],
                "claim": read["claim"],
                "path": f"{SWEEPS}/{file.stem}.html",
                "reports": len(reports),
                "failed": sum(bool(report["failed"]) for report in reports),
            }
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if file.with_suffix(".html").is_file():
            found.append(about)
    return found


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
