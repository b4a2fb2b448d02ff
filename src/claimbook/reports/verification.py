"""Whether what lies in a reports folder agrees with itself: versions, and the pages made of them.

Versions are checked file by file against their manifests. The pages that list or compare them are
checked against the versions: what they say of them, their own recorded hashes, and that each of
their links leads to a file. Nothing is rendered, so a template that changed since is no fault.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from claimbook.errors import RenderError
from claimbook.reports import claim_page, diff, links
from claimbook.reports.catalogue import SWEEPS
from claimbook.reports.shelf import CATALOGUE, DIFFS, Shelf, Version

Versions = Mapping[links.Place, Version]


def verified(shelf: Shelf) -> tuple[int, int]:
    """How many versions and derived files there are, all as they must be.

    Raises RenderError with a line for each that is not: what it is, and what does not match.
    """
    versions, derived = shelf.problems(), problems(shelf)
    found = {**versions, **derived}
    wrong = [f"{name}: {'; '.join(said)}" for name, said in found.items() if said]
    if wrong:
        raise RenderError("\n".join(wrong))
    return len(versions), len(derived)


def problems(shelf: Shelf) -> dict[str, list[str]]:
    """One sentence for each thing that does not match, by path, for all that is made of versions.

    A folder whose catalogue records no hashes was written before there were any; of its pages only
    the links are checked.
    """
    versions = {
        (claim_id, version.name): version
        for claim_id in shelf.claims()
        for version in shelf.versions(claim_id)
    }
    found: dict[str, list[str]] = {}
    checks: dict[str, Callable[[Mapping[str, Any], Versions, Path], list[str]]] = {
        CATALOGUE: _catalogue,
        f"*/{claim_page.HISTORY}": _history,
        f"*/{DIFFS}/*/{diff.CONTENT}": _difference,
        f"{SWEEPS}/*.json": _sweep,
    }
    for pattern, check in checks.items():
        for file in _visible(shelf, pattern):
            try:
                content = json.loads(file.read_text(encoding="utf-8"))
                said = [*check(content, versions, file), *_pages(content, file.parent)]
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                said = [f"cannot be read ({type(error).__name__}: {error})"]
            found[file.relative_to(shelf.folder).as_posix()] = said
    for pattern in ("*.html", "*/*.html", f"*/{DIFFS}/*/*.html"):
        for file in _visible(shelf, pattern):
            name = file.relative_to(shelf.folder).as_posix()
            found.setdefault(name, []).extend(_links(shelf, name, file))
    found |= {
        name: ["cannot be read, so the catalogue leaves it out"] for name in shelf.unreadable()
    }
    gone = [place for place in links.pinned(shelf) if place not in versions]
    if gone or (shelf.folder / links.PINNED).is_file():
        found[links.PINNED] = [f"{'/'.join(place)} is not published" for place in gone]
    return found


def _catalogue(content: Mapping[str, Any], versions: Versions, _: Path) -> list[str]:
    said = []
    entries = content["claims"]
    listed = set()
    for entry in entries:
        for report in entry["reports"]:
            place = (entry["id"], report["version"])
            listed.add(place)
            said += _statement(report, versions, place)
        latest = (entry["id"], entry["latest"])
        if entry["latest"] and latest not in versions:
            said.append(f"calls {'/'.join(latest)} the latest, which is not published")
        elif entry["latest"] and entry["verdict"] != versions[latest].results.get("verdict"):
            said.append(f"says {entry['verdict']!r} of {entry['id']}, which its report does not")
    if start := content.get("start"):
        entries = [*entries, start]
        if start["latest"] and (start["id"], start["latest"]) not in versions:
            said.append(f"leads to {start['id']}/{start['latest']}, which is not published")
    known = {entry["id"] for entry in entries if "reports" in entry}
    said += [
        f"does not list {'/'.join(place)}"
        for place in sorted(versions)
        if place[0] in known and place not in listed
    ]
    return said


def _history(content: Mapping[str, Any], versions: Versions, _: Path) -> list[str]:
    said = []
    listed = set()
    for report in content["versions"]:
        place = (content["id"], report["version"])
        listed.add(place)
        said += _statement(report, versions, place)
        if place in versions and report["rendered"] != versions[place].rendered:
            said.append(f"says that {place[1]} was rendered {report['rendered']}")
    said += [
        f"does not list {place[1]}"
        for place in sorted(versions)
        if place[0] == content["id"] and place not in listed
    ]
    return said


def _difference(content: Mapping[str, Any], versions: Versions, file: Path) -> list[str]:
    places = [(content["claim"], content[side]) for side in ("old", "new")]
    missing = [f"compares {place[1]}, which is not published" for place in places]
    missing = [s for s, place in zip(missing, places, strict=True) if place not in versions]
    if missing:
        return missing
    old, new = (versions[place] for place in places)
    if file.parent.name != Path(diff.place(content["claim"], old.name, new.name)).name:
        return [f"compares {old.name} with {new.name}"]
    now = diff.judged(old.results, new.results)
    return [
        f"has another {name} than the two versions give"
        for name, value in now.items()
        if content[name] != value
    ]


def _sweep(content: Mapping[str, Any], versions: Versions, file: Path) -> list[str]:
    said = []
    for report in content["reports"]:
        place = (content["claim"], report["version"])
        if report["failed"]:
            continue
        if place not in versions:
            said.append(f"lists {place[1]}, which is not published")
            continue
        results = versions[place].results
        if report["verdict"] != results["verdict"]:
            said.append(f"says {report['verdict']!r} of {place[1]}, which its report does not")
        said += [
            f"has another {name} than {place[1]}"
            for name, quantity in report["quantities"].items()
            if quantity != results["quantities"].get(name)
        ]
    if not file.with_suffix(".html").is_file():
        said.append(f"{file.stem}.html is missing")
    return said


def _statement(report: Mapping[str, Any], versions: Versions, place: links.Place) -> list[str]:
    """What a list says of one version, against the version itself."""
    name = "/".join(place)
    if place not in versions:
        return [f"lists {name}, which is not published"]
    manifest, results = versions[place].manifest, versions[place].results
    true = {
        "verdict": results.get("verdict") or None,
        "edition": manifest["edition"],
        "parameters": manifest["parameters"],
        "default": manifest["default"],
    }
    return [
        f"says {field} {report[field]!r} of {name}, where it is {value!r}"
        for field, value in true.items()
        if report[field] != value
    ]


def _pages(content: Mapping[str, Any], folder: Path) -> list[str]:
    """The pages whose hash a file records: its own page, beside it."""
    said = []
    for name, recorded in {**content.get("pages", {}), **content.get("page", {})}.items():
        file = folder / name
        if not file.is_file():
            said.append(f"{name} is missing")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != recorded:
            said.append(f"{name} is not the page that was written with it")
    return said


def _links(shelf: Shelf, name: str, file: Path) -> list[str]:
    """Links of a page to files that are not there."""
    html = file.read_text(encoding="utf-8", errors="replace")
    found = (links.resolved(name, address) for address in links.addresses(html))
    paths = dict.fromkeys(path for path, _ in (f for f in found if f is not None))
    return [
        f"links to {path}, which is not there"
        for path in paths
        if not path.startswith("..") and not (shelf.folder / path).exists()
    ]


def _visible(shelf: Shelf, pattern: str) -> list[Path]:
    """Files that match, but for those in folders that begin with a dot (work that goes on)."""
    return sorted(
        file
        for file in shelf.folder.glob(pattern)
        if not any(part.startswith(".") for part in file.relative_to(shelf.folder).parts)
    )
