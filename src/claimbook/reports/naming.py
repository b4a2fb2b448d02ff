"""Which two versions a person means: `claimbook diff` takes names in several forms.

    claim/version claim/version    claim version version    claim version    claim
    folder folder

A version is its whole name, the beginning of one, its eight digits at the end, `latest` (the
report as the article has it, now), `previous` (the one of the same report before), or parameters
such as `days=9;ticker=MARA` (the newest version with these, and defaults else).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from claimbook import ledger, parameters, text
from claimbook.errors import ClaimbookError, ParameterError
from claimbook.reports import catalogue, changes, recipe
from claimbook.reports.files import MANIFEST
from claimbook.reports.shelf import Shelf, Version

LATEST, PREVIOUS = "latest", "previous"
FORMS = "CLAIM, CLAIM OLD, CLAIM OLD NEW, CLAIM/OLD CLAIM/NEW, or two folders"


def pair(shelf: Shelf, given: Sequence[str]) -> tuple[Version, Version]:
    """The old and the new version that the words mean.

    Raises ParameterError, one sentence that lists what there is, where they mean no two versions
    of one claim.
    """
    words = list(given)
    if len(words) == 4 and words[0] == words[2] and words[0] in shelf.claims():
        words = [words[0], words[1], words[3]]
    if 1 <= len(words) <= 3 and words[0] in _published(shelf):
        old, new = ([PREVIOUS, LATEST], [words[-1], LATEST], words[1:])[len(words) - 1]
        found = (version(shelf, words[0], old), version(shelf, words[0], new))
    elif len(words) == 2:
        found = (_alone(shelf, words[0]), _alone(shelf, words[1]))
    elif len(words) in (1, 3) and "/" not in words[0]:
        raise ParameterError(_no_claim(shelf, words[0]))
    else:
        raise ParameterError(f"two versions are compared: name them as {FORMS}")
    one, other = (v.manifest["claim"] for v in found)
    if one != other:
        raise ParameterError(
            f"{one} and {other} are two claims; what is compared are two versions of one"
        )
    if found[0].folder.resolve() == found[1].folder.resolve():
        raise ParameterError(f"{words[-1]} is {found[0].name}, and so is the other one")
    return found


def version(shelf: Shelf, claim_id: str, word: str) -> Version:
    """The version of a claim that a word means; ParameterError lists those there are."""
    there = shelf.versions(claim_id)
    if word in (LATEST, PREVIOUS):
        newest = latest(shelf, claim_id)
        if newest is None:
            raise ParameterError(f"{claim_id} has no version yet; run claimbook render {claim_id}")
        if word == LATEST:
            return newest
        # As the history has it; where nothing was rendered before, what it took the place of.
        earlier = [v for v in there if _before(v, newest)]
        before = _like(earlier, newest) or _like(there, newest)
        if before is None:
            raise ParameterError(
                f"{claim_id} has no version of the same report before {newest.name}: "
                f"{_listed(shelf, claim_id)}"
            )
        return before
    if "=" in word:
        return _with(shelf, claim_id, word)
    for fits in (str.__eq__, str.startswith, _by_digits):
        found = [v for v in there if fits(v.name, word)]
        if len(found) == 1:
            return found[0]
        if found:
            names = text.listed([v.name for v in found], "or")
            raise ParameterError(f"{word!r} may mean {names} of {claim_id}; write more of it")
    raise ParameterError(f"{claim_id} has no version {word!r}: {_listed(shelf, claim_id)}")


def latest(shelf: Shelf, claim_id: str) -> Version | None:
    """The version that the catalogue calls the latest, or else the newest, defaults first."""
    there = shelf.versions(claim_id)
    named = catalogue.stated(shelf).get(claim_id)
    order = sorted(there, key=lambda v: (v.name != named, not v.default))
    return next(iter(order), None)


def _alone(shelf: Shelf, word: str) -> Version:
    """A version named without its claim before it: by `claim/version` or by its folder."""
    claim_id, slash, name = word.partition("/")
    if slash and claim_id in _published(shelf) and "/" not in name.rstrip("/"):
        return version(shelf, claim_id, name.rstrip("/"))
    folder = Path(word)
    if folder.name == "index.html":
        folder = folder.parent
    if (folder / MANIFEST).is_file():
        place = folder.resolve()
        for found in Shelf(place.parent.parent).versions(place.parent.name):
            if found.folder.resolve() == place:
                return found
        raise ParameterError(f"{word} is no version that can be read; claimbook verify tells more")
    if slash:
        raise ParameterError(
            f"there is no version {word!r}, and no folder with a {MANIFEST}: "
            f"{text.listed(_published(shelf)) or 'nothing'} can be compared"
        )
    raise ParameterError(_no_claim(shelf, word))


def _with(shelf: Shelf, claim_id: str, word: str) -> Version:
    """The newest version with some parameters changed, and the others at their defaults."""
    claim = ledger.subject(claim_id)
    assignments = [part.strip() for part in word.split(";") if part.strip()]
    try:
        wanted = recipe.of(claim, parameters.parse(assignments, parameters.of(claim))).ingredients
    except ClaimbookError as error:
        raise ParameterError(f"{word!r} means no report of {claim_id}: {error}") from error
    for found in shelf.versions(claim_id):
        if changes.same_report(found.manifest, wanted):
            return found
    raise ParameterError(
        f"{claim_id} has no version with {word}; make it with claimbook render {claim_id} "
        + " ".join(f"-p {part}" for part in assignments)
    )


def _like(versions: Sequence[Version], newest: Version) -> Version | None:
    """The first of the same report as `newest`, other than itself."""
    found = changes.predecessor([v.manifest for v in versions], newest.manifest)
    return next((v for v in versions if v.manifest is found), None)


def _before(one: Version, other: Version) -> bool:
    return (one.rendered, one.name) < (other.rendered, other.name)


def _by_digits(name: str, word: str) -> bool:
    return len(word) >= 4 and name.rpartition("-")[2].startswith(word)


def _published(shelf: Shelf) -> list[str]:
    return [claim_id for claim_id in shelf.claims() if shelf.versions(claim_id)]


def _listed(shelf: Shelf, claim_id: str) -> str:
    names: list[Any] = [
        v.name if v.default else f"{v.name} (other parameters)" for v in shelf.versions(claim_id)
    ]
    return f"there are {text.listed(names)}" if names else "nothing is published"


def _no_claim(shelf: Shelf, word: str) -> str:
    there = _published(shelf)
    known = f"there are {text.listed(there)}" if there else "nothing is published yet"
    return f"no published claim {word!r}: {known}; name versions as {FORMS}"
