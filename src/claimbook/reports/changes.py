"""What differs between the manifests of two versions, in short sentences, the most telling first.

Pure: manifests in, sentences out. `render` says with it why a report is rendered, `diff` and the
history what changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimbook import text
from claimbook.reports import frame

SHOWN = 3  # sentences of one line; more are counted

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
    return all(here[name] == there[name] for name in here.keys() & there.keys()) and (
        here.keys() <= there.keys() or there.keys() <= here.keys()
    )


def predecessor(manifests: Iterable[Manifest], new: Manifest) -> Manifest | None:
    """The first of `manifests` (the newest first) that is of the same report, or None.

    One with exactly the same parameters goes before one whose notebook had fewer or more.
    """
    itself = new.get("version")
    alike = [
        m for m in manifests if same_report(m, new) and (itself is None or m["version"] != itself)
    ]
    exactly = [m for m in alike if m["parameters"] == new["parameters"]]
    return next(iter([] if new["default"] else exactly), next(iter(alike), None))


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
    return [
        _said(
            PARAMETERS,
            name,
            _side("parameter", name in before, name in after),
            old=frame.shown(before.get(name)),
            new=frame.shown(after.get(name)),
        )
        for name in {**after, **before}
        if name not in before or name not in after or before[name] != after[name]
    ]


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
        if name in (*known, *nested) or before == after:
            continue
        reports = _reports(before, after)
        found += reports or [
            _said(OTHER, _named(name), "other", old=_short(before), new=_short(after))
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


def _short(value: Any) -> str:
    if isinstance(value, str | int | float) and len(str(value)) <= 20:
        return str(value)
    return text.MISSING if value is None else str(frame.words()["changes"]["another"])
