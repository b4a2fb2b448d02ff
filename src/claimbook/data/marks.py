"""What an edition's readers must be told of its figures, whatever is built upon it later.

Live and imported figures are marked. An edition made from such a one takes figures over from it,
and so bears its mark too.
"""

from collections.abc import Mapping
from typing import Any

LIVE, IMPORTED = "live", "imported"
MARKED = (LIVE, IMPORTED)


def entries(name: str, kind: str, note: str, base: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance entries `note` and `marks` of a new edition.

    `name`, `kind` and `note` are its own; `base` is the whole descriptor of the edition it is made
    from. `marks` maps the editions whose mark it bears to their notes.
    """
    inherited = _of(base)
    said = [
        note,
        *(f"It builds on edition {of}: {_within(mark)}" for of, mark in inherited.items()),
    ]
    own = {name: note} if kind in MARKED else {}
    return {"note": " ".join(said), "marks": {**own, **inherited}}


def _of(package: Mapping[str, Any]) -> dict[str, str]:
    about = package.get("provenance", {})
    if "marks" in about:
        return dict(about["marks"])
    # An edition from before marks were kept.
    marked = about.get("kind") in MARKED
    return {str(package["version"]): str(about["note"])} if marked else {}


def _within(note: str) -> str:
    """A sentence as it stands after a colon."""
    return note[:1].lower() + note[1:]
