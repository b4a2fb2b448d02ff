"""Which published pages lead to which versions, so that none is taken away under a link.

A link is an address in a page that somebody published on purpose: a sweep's page, a comparison of
two versions, a report that shows another, a failure page, and the project's own texts and
notebooks. The catalogue and the pages of the claims list whatever there is and are written anew
when something goes, so what they list is no link. `pinned.txt` in the reports folder names
versions to keep, `claim/version` a line.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from claimbook import paths
from claimbook.errors import RenderError
from claimbook.reports.files import INDEX
from claimbook.reports.shelf import DIFFS, FAILED, Shelf

PINNED = "pinned.txt"

Place = tuple[str, str]  # claim and version

_HREF = re.compile(r"""\shref=(?:"([^"]*)"|'([^']*)')""")
# An edition is named by a date, or by whoever imported it.
_VERSION = r"[A-Za-z0-9][\w.-]*-[0-9a-f]{8}"
_PAIR = re.compile(rf"(?<![\w-])([a-z0-9][a-z0-9-]*)/(?=({_VERSION})(?![\w-]))")
_ANCHOR = re.compile(rf"^v-({_VERSION})$")


@dataclass(frozen=True)
class Source:
    """Something that leads to versions: its name, and the version it is itself part of, if any."""

    name: str
    part_of: Place | None
    targets: frozenset[Place]


def sources(shelf: Shelf) -> Iterator[Source]:
    """All pages and texts that may lead to a version, each with the versions it leads to."""
    versions = [folder for claim in shelf.claims() for folder in shelf.version_folders(claim)]
    for folder in versions:
        place = (folder.parent.name, folder.name)
        if (folder / INDEX).is_file():
            found = _page(shelf, folder / INDEX)
            yield Source(f"{place[0]}/{place[1]}", place, found.targets - {place})
    derived = (f"*/{DIFFS}/*/{INDEX}", f"*/{FAILED}/*/{INDEX}", "*/*.html", "*.html")
    for pattern in derived:
        for file in sorted(shelf.folder.glob(pattern)):
            if not _is_list(shelf, file):
                yield _page(shelf, file)
    yield Source(PINNED, None, frozenset(pinned(shelf)))
    if shelf.folder.resolve() == paths.reports_folder().resolve():
        yield from _texts()


def pinned(shelf: Shelf) -> list[Place]:
    """The versions that `pinned.txt` names, in its order; what follows a `#` is a remark.

    An entry is `claim/version`, or a path or an address of a version or of its page. Raises
    RenderError where the file cannot be read, so that nothing goes that it may name.
    """
    try:
        # Editors on Windows put a mark before the first line.
        lines = (shelf.folder / PINNED).read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise RenderError(f"{PINNED} cannot be read; write it as UTF-8 text ({error})") from error
    entries = (line.partition("#")[0].strip().replace("\\", "/") for line in lines)
    parts = [entry.removesuffix(INDEX).strip("/").split("/") for entry in entries if entry]
    return [(entry[-2] if entry[1:] else "", entry[-1]) for entry in parts]


def held(shelf: Shelf, candidates: Iterable[Place]) -> dict[Place, str]:
    """Which of some versions must stay, and the name of what leads there.

    A link counts only on a page that stays itself, so two candidates that lead to each other may
    both go, and one that a kept candidate leads to may not.
    """
    waiting = set(candidates)
    kept: dict[Place, str] = {}
    if not waiting:
        return kept
    leads = list(sources(shelf))
    while True:
        found = {
            target: source.name
            for source in reversed(leads)
            if source.part_of not in waiting
            for target in source.targets & waiting
        }
        if not found:
            return kept
        kept |= found
        waiting -= set(found)


def addresses(html: str) -> list[str]:
    """The addresses of all links of a page, as a browser would read them."""
    return [unescape(one or other) for one, other in _HREF.findall(html)]


def resolved(file: str, address: str) -> tuple[str, str] | None:
    """Path below the reports folder and fragment of a relative link; None for any other one.

    `file` is the page's own path below the reports folder.
    """
    path, _, fragment = address.partition("#")
    if ":" in path.partition("/")[0] or path.startswith("/"):
        return None
    path = unquote(path.partition("?")[0])
    whole = posixpath.normpath(posixpath.join(posixpath.dirname(file), path)) if path else file
    return whole, unquote(fragment)


def _page(shelf: Shelf, file: Path) -> Source:
    name = file.relative_to(shelf.folder).as_posix()
    targets: set[Place] = set()
    for address in addresses(file.read_text(encoding="utf-8", errors="replace")):
        targets.update((claim, version) for claim, version in _PAIR.findall(unquote(address)))
        if (found := resolved(name, address)) is not None:
            claim, _, rest = found[0].partition("/")
            anchor = _ANCHOR.match(found[1]) if rest == INDEX else None
            targets.add((claim, anchor[1] if anchor else rest.partition("/")[0]))
    return Source(name, None, frozenset(targets))


def _is_list(shelf: Shelf, file: Path) -> bool:
    """Whether a page lists the versions there are: the catalogue, or a claim's own page."""
    place = file.relative_to(shelf.folder).parts
    return (file.name == INDEX and len(place) <= 2) or any(part.startswith(".") for part in place)


def _texts() -> Iterator[Source]:
    root = paths.root()
    patterns = ("*.md", "*.cff", "data/*.md", "notebooks/*.ipynb", "notebooks/**/*.yml")
    for file in sorted({f for pattern in patterns for f in root.glob(pattern)}):
        found = _PAIR.findall(file.read_text(encoding="utf-8", errors="replace"))
        yield Source(file.relative_to(root).as_posix(), None, frozenset(found))
