"""What a report's page cannot say of itself: which versions stand before and after it.

A published version never changes a byte, so it cannot name the one that comes after it. Its page
reads that from one file that does change, `<claim>/versions.js`, written anew with the claim's own
page whenever a version comes or goes. It is a script, and no JSON, since a page that was opened
from a disk may read nothing else beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from claimbook.reports import frame, version_text

VERSIONS = "versions.js"

Entry = Mapping[str, Any]


def script(versions: Sequence[Entry], latest: str | None) -> bytes:
    """The file's content; see `of`."""
    known = of(versions, latest)
    return f"globalThis.claimbookVersions = {frame.json_block(known)};\n".encode()


def of(versions: Sequence[Entry], latest: str | None) -> dict[str, dict[str, Any]]:
    """By version, what its page shows of others; a version with nothing to show is left out.

    `versions` are those of history.json, the last rendered first; `latest` is the current one with
    the article's parameters. Each entry has `before` and `after` (versions of the same report, or
    None), `newest` (the one to read instead of it, or None), `changed` (a line that says what it
    changed) and `compared` (the page that compares it with `before`, seen from a version, or None).
    """
    after: dict[str, str] = {}
    newest: dict[str, str] = {}
    for version in versions:
        name, before = version["version"], version["since"]
        if version["default"] and latest:
            newest[name] = latest
        newest.setdefault(name, name)
        if before:
            # Of several that follow one, the last to be seen is the first that was rendered.
            after[before] = name
            newest.setdefault(before, newest[name])
    found = {}
    for version in versions:
        name, before = version["version"], version["since"]
        if before or name in after or newest[name] != name:
            found[name] = {
                "before": before,
                "after": after.get(name),
                "newest": newest[name] if newest[name] != name else None,
                "changed": version_text.changed(version) if before else "",
                "compared": f"../{_within_claim(version['compared'])}"
                if version["compared"]
                else None,
            }
    return found


def _within_claim(path: str) -> str:
    """A path below the reports folder as one below the claim's own folder."""
    return quote(path.partition("/")[2])
