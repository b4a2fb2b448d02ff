"""A claim's own page, `<claim>/index.html`: the latest report first, then every version there is.

It does not turn the reader away to the latest by itself: reports link to their place in this list
(`#v-<version>`), and the latest is the first link of the page. Unlike the catalogue it says when
each version was rendered, so its bytes are not the same on two machines; they follow from what
lies on the shelf, `render.json` included.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from claimbook.reports import changes, frame, history, neighbours, version_text
from claimbook.reports.files import INDEX, as_json
from claimbook.reports.shelf import Shelf

HISTORY = "history.json"

Entry = Mapping[str, Any]


def write(shelf: Shelf, entry: Entry, catalogue: Mapping[str, Any]) -> None:
    """Write a claim's page, what its reports read of each other, and the same for programs.

    The last records the SHA-256 of the others, for `verify`. `entry` is the claim's in the
    catalogue (see `claimbook.reports.catalogue`).
    """
    rendered = {version.name: version.rendered for version in shelf.versions(entry["id"])}
    shown = content(entry, rendered, history.comparisons(shelf, entry["id"]), catalogue)
    files = {
        INDEX: render(shown).encode(),
        neighbours.VERSIONS: neighbours.script(shown["versions"], shown["latest"]),
    }
    hashes = {name: hashlib.sha256(made).hexdigest() for name, made in files.items()}
    shelf.write(f"{entry['id']}/{HISTORY}", as_json({**shown, "page": hashes}))
    for name, made in files.items():
        shelf.write(f"{entry['id']}/{name}", made)


def content(
    entry: Entry,
    rendered: Mapping[str, str],
    comparisons: Sequence[str],
    catalogue: Mapping[str, Any],
) -> dict[str, Any]:
    """The content of history.json: the claim, and its versions, the last rendered first.

    `rendered` gives when by version (ISO, UTC); `comparisons` are paths of pages that compare two.
    """
    about = ("id", "title", "paraphrase", "asserted_by", "asserted_on", "status", "verdict")
    versions = [
        {**report, "rendered": rendered.get(report["version"], "")} for report in entry["reports"]
    ]
    versions.sort(key=lambda v: (v["rendered"], v["version"]), reverse=True)
    return {
        **{name: entry[name] for name in about},
        "summary": entry["summary"],
        "key_numbers": entry["key_numbers"],
        "latest": entry["latest"],
        "article": catalogue["article"],
        "versions": versions,
        "failures": entry["failures"],
        "comparisons": list(comparisons),
        "sweeps": [s for s in catalogue.get("sweeps", []) if s["claim"] == entry["id"]],
    }


def render(shown: Mapping[str, Any]) -> str:
    """The page, from the content of history.json."""
    spoken = frame.words()
    latest = next((v for v in shown["versions"] if v["version"] == shown["latest"]), None)
    failed = next((f for f in shown["failures"] if f["default"]), None)
    own = [v for v in shown["versions"] if v["default"]]
    others = [v for v in shown["versions"] if not v["default"]]
    between_neighbours = {v["compared"] for v in shown["versions"]}
    page = {
        "title": spoken["claim_page"]["title"].format(title=frame.sentence(shown["title"])),
        "description": shown["paraphrase"],
        "home": f"../{INDEX}#{shown['id']}",
        "claim": shown,
        "latest": _version(latest, shown) if latest else None,
        "failed": _failure(failed, shown) if failed else None,
        "own": [_version(v, shown) for v in own],
        "others": [_version(v, shown) for v in others],
        "failures": [_failure(f, shown) for f in shown["failures"]],
        "sweeps": [
            {**s, "address": f"../{quote(s['path'])}", "count": s["reports"]}
            for s in shown["sweeps"]
        ],
        "comparisons": [
            {"address": _below(path, shown), "name": path.split("/")[-2].replace("..", " → ")}
            for path in shown["comparisons"]
            if path not in between_neighbours
        ],
        "json": HISTORY,
    }
    html = frame.environment().get_template("claim.html.j2").render(page=page)
    return frame.finished(html, f"the page of {shown['id']}")


def _version(report: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    name = str(report["version"])
    differing = version_text.findings(report)
    return {
        **version_text.badge(report["verdict"]),
        "version": name,
        "anchor": f"v-{name}",
        "edition": report["edition"],
        "address": f"{quote(name)}/{INDEX}",
        "is_latest": name == shown["latest"],
        "rendered": report["rendered"],
        "moment": version_text.moment(report["rendered"]),
        "altered": version_text.altered(report),
        "since": report["since"],
        "since_address": f"#v-{report['since']}" if report["since"] else None,
        "changes": report["changes"],
        "shown": report["changes"][: changes.SHOWN],
        "more": report["changes"][changes.SHOWN :],
        "turned": [line for line in differing if line["turned"]],
        "moved": [line for line in differing if not line["turned"]],
        "compared": _below(report["compared"], shown) if report["compared"] else None,
    }


def _failure(failure: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "address": _below(failure["path"], shown),
        "default": failure["default"],
        "said": ": ".join(str(failure[k]) for k in ("name", "message") if failure.get(k)),
        "parameters": version_text.altered(failure),
    }


def _below(path: str, shown: Mapping[str, Any]) -> str:
    """A path below the reports folder as this page links to it."""
    return quote(path.removeprefix(f"{shown['id']}/"))
