"""What differs between the manifests of two versions, in short sentences, the most telling first.

Pure: manifests in, sentences out. `render` says with it why a report is rendered, `diff` and the
history what changed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimbook import text
from claimbook.reports import frame

SHOWN = 3  # sentences of one line; more are counted
_SHORT = 20  # signs of a value that is said

PARAMETERS, DATA, CLAIM, CODE, PACKAGES, PAGE, OTHER = (
    "parameters",
    "data",
    "claim",
    "code",
    "packages",
    "page",
    "other",
)
KINDS = (PARAMETERS, DATA, CLAIM, CODE, PACKAGES, PAGE, OTHER)

# What a manifest says beside what it was made from, and what follows from other entries.
_NO_CAUSE = ("version", "files", "default", "title", "parameters", "edition", "tables", "packages")
_NO_CAUSE_HASHES = ("notebook", "claim", "article", "lock", "descriptions")
_FILES = {"modules": (CODE, "module"), "template": (PAGE, "template"), "styles": (PAGE, "style")}

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One thing that differs: which kind of thing (one of `KINDS`), its name, and the sentence."""

    kind: str
    name: str
    said: str


def between(old: Manifest, new: Manifest) -> list[Change]:
    """All that differs between two manifests of one claim, by kind and then by name.

    Empty only where nothing that a version is named by differs. What a change makes change with
    it is not said again: a table's description with its figures, the lock with its packages.
    """
    hashes = old.get("hashes", {}), new.get("hashes", {})
    return [
        *_parameters(old, new),
        *_data(old, new, *hashes),
        *_single(*hashes, "claim", CLAIM),
        *_single(*hashes, "article", CLAIM),
        *_single(*hashes, "notebook", CODE),
        *_files(*hashes, "modules"),
        *_packages(old, new, *hashes),
        *_files(*hashes, "template"),
        *_files(*hashes, "styles"),
        *_rest(old, new, _NO_CAUSE, nested=("hashes",)),
        *_rest(*hashes, (*_NO_CAUSE_HASHES, *_FILES), nested=()),
    ]


def same_report(one: Manifest, other: Manifest) -> bool:
    """Whether two manifests are of the same report: the same claim and the same parameters.

    The defaults stay one report when the notebook's author changes a default or adds a parameter.
    """
    if one["claim"] != other["claim"] or one["default"] != other["default"]:
        return False
    if one["default"]:
        return True
    here, there = one["parameters"], other["parameters"]
    if len(here) == len(there):  # quick, since each of a thousand versions is asked about each
        return bool(here == there)
    fewer, more = sorted((here, there), key=len)
    return all(name in more and more[name] == value for name, value in fewer.items())


def predecessor(manifests: Iterable[Manifest], new: Manifest) -> Manifest | None:
    """The first of `manifests` (the newest first) that is of the same report, or None.

    One with exactly the same parameters goes before one whose notebook had fewer or more.
    """
    itself = new.get("version")
    alike = None
    for other in manifests:
        if not same_report(other, new) or (itself is not None and other["version"] == itself):
            continue
        if new["default"] or other["parameters"] == new["parameters"]:
            return other
        alike = alike or other
    return alike


def why(manifests: Iterable[Manifest], new: Manifest) -> str:
    """Why a version is made: what differs from the newest one of its report, or the first time.

    `manifests` are those of the published versions of the claim, the newest first.
    """
    before = predecessor(manifests, new)
    if before is None:
        spoken = frame.words()["changes"]
        return str(spoken["first"] if new["default"] else spoken["first_with"])
    return summary(between(before, new))


def summary(found: Sequence[Change], room: int = SHOWN) -> str:
    """The sentences of one line: the first few, and how many more there are."""
    spoken = frame.words()["changes"]
    if not found:
        return str(spoken["nothing"])
    said = [change.said for change in found[:room]]
    if len(found) > room:
        said.append(spoken["more"].format(count=len(found) - room))
    return "; ".join(said)


def _parameters(old: Manifest, new: Manifest) -> list[Change]:
    before, after = old["parameters"], new["parameters"]
    found = []
    for name in {**after, **before}:
        was, now = before.get(name), after.get(name)
        if name in before and name in after and _same(was, now):
            continue
        # `1, 2` may be two values or one text; where both read so, as a program writes them.
        alike = frame.shown(was) == frame.shown(now)
        sides = {"old": was, "new": now}
        said = {k: _plain(v) if alike else frame.shown(v) for k, v in sides.items()}
        found.append(
            _said(PARAMETERS, name, _side("parameter", name in before, name in after), **said)
        )
    return found


def _data(old: Manifest, new: Manifest, old_hashes: Manifest, new_hashes: Manifest) -> list[Change]:
    found = []
    if old.get("edition") != new.get("edition"):
        found.append(
            _said(DATA, "edition", "edition", old=old.get("edition"), new=new.get("edition"))
        )
    before, after = ({t["name"]: t for t in m.get("tables", [])} for m in (old, new))
    was, now = (h.get("descriptions", {}) for h in (old_hashes, new_hashes))
    for name in sorted({**before, **after}):
        path = (after.get(name) or before[name])["path"]
        if name not in before or name not in after:
            found.append(_said(DATA, path, _side("data", name in before, name in after)))
        elif before[name]["sha256"] != after[name]["sha256"]:
            found.append(_said(DATA, path, "data"))
        elif before[name] != after[name] or was.get(name) != now.get(name):
            # The description holds the hash of the figures, so it tells nothing where they differ.
            found.append(_said(DATA, path, "description"))
    return found


def _packages(
    old: Manifest, new: Manifest, old_hashes: Manifest, new_hashes: Manifest
) -> list[Change]:
    before, after = old.get("packages", {}), new.get("packages", {})
    found = [
        _said(
            PACKAGES,
            name,
            _side("package", name in before, name in after),
            old=before.get(name),
            new=after.get(name),
        )
        for name in sorted({**before, **after})
        if before.get(name) != after.get(name)
    ]
    return found or _single(old_hashes, new_hashes, "lock", PACKAGES)


def _files(old_hashes: Manifest, new_hashes: Manifest, kind: str) -> list[Change]:
    before, after = old_hashes.get(kind, {}), new_hashes.get(kind, {})
    sort, word = _FILES[kind]
    return [
        _said(sort, _within(name), _side(word, name in before, name in after))
        for name in sorted({**before, **after})
        if before.get(name) != after.get(name)
    ]


def _single(old_hashes: Manifest, new_hashes: Manifest, name: str, kind: str) -> list[Change]:
    differs = old_hashes.get(name) != new_hashes.get(name)
    return [_said(kind, name, name)] if differs else []


def _rest(
    old: Manifest, new: Manifest, known: Sequence[str], nested: Sequence[str]
) -> list[Change]:
    """Entries that no other function reads: a manifest may say more than this module knows."""
    found = []
    for name in sorted({**old, **new}):
        before, after = old.get(name), new.get(name)
        if name in (*known, *nested) or (name in old and name in new and _same(before, after)):
            continue
        sentence = _side("other", name in old, name in new)
        if sentence == "other" and not (_is_short(before) and _is_short(after)):
            sentence = "other_changed"
        found += _reports(before, after) or [
            _said(OTHER, _named(name), sentence, old=before, new=after)
        ]
    return found


def _reports(old: Any, new: Any) -> list[Change]:
    """What differs between two lists of the reports that a page was made of, if they are such."""
    before, after = (
        {row["claim"]: row for row in side or []} if _lists_reports(side or []) else None
        for side in (old, new)
    )
    if before is None or after is None:
        return []
    found = []
    for claim in {**after, **before}:
        was, now = (side.get(claim, {}).get("version") for side in (before, after))
        if before.get(claim) != after.get(claim):
            sentence = "report" if was != now else "report_state"
            sides = {"old": was or text.MISSING, "new": now or text.MISSING}
            found.append(_said(DATA, claim, sentence, **sides))
    return found


def _lists_reports(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, Mapping) and {"claim", "version"} <= row.keys() for row in value
    )


def _side(word: str, before: bool, after: bool) -> str:
    return word if before and after else f"{word}_new" if after else f"{word}_gone"


def _said(kind: str, name: str, sentence: str, **values: Any) -> Change:
    return Change(kind, name, frame.words()["changes"][sentence].format(name=name, **values))


def _within(path: str) -> str:
    """A template's file by its path among the templates, any other by its path in the source."""
    return path.rpartition("/reports/template/")[2] or path


def _named(name: str) -> str:
    return str(frame.words()["manifest_names"].get(name, name))


def _is_short(value: Any) -> bool:
    return isinstance(value, str | int | float) and len(str(value)) <= _SHORT


def _same(one: Any, other: Any) -> bool:
    """Whether two values give the same name of a version: `1`, `1.0` and `true` are three."""
    return bool(one == other) and _plain(one) == _plain(other)


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
