"""A sweep: one notebook × many parameter sets, declared in a file and checked as a whole.

    title: What the sweep is
    about: One paragraph.
    claim: an id of the ledger
    parameters: {name: value}          # of every report, may be left out
    reports:
      - name: What this one is
        parameters: {name: value}      # on top of those above
    compare:                           # columns of the comparing page
      - {quantity: NAME, label: Words, digits: 1, low: NAME, high: NAME}

`low` and `high` name the ends of an interval and may be left out. The first entry of `compare` is
drawn.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from claimbook import ledger, parameters, paths
from claimbook.errors import ClaimbookError, ParameterError
from claimbook.ledger import Claim
from claimbook.reports import catalogue, lock, recipe, render
from claimbook.reports.files import RESULTS, as_json
from claimbook.reports.recipe import Recipe
from claimbook.reports.render import Way
from claimbook.reports.shelf import Shelf

KEYS = {"title", "about", "claim", "parameters", "reports", "compare"}
NEEDED = ("title", "about", "claim", "reports", "compare")


@dataclass(frozen=True)
class Compared:
    """One quantity that the comparing page shows, with the quantities of its interval if any."""

    quantity: str
    label: str
    digits: int
    low: str | None
    high: str | None


@dataclass(frozen=True)
class Sweep:
    """A checked sweep: `reports` gives each name its recipe, in the file's order."""

    name: str
    title: str
    about: str
    claim: Claim
    reports: Mapping[str, Recipe]
    compare: tuple[Compared, ...]


def read(path: Path) -> Sweep:
    """The sweep that a file declares, every report of it checked; nothing is run.

    Raises ParameterError, one sentence that names the file and the entry, for anything that is
    missing, unknown, given twice, or not allowed.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(f"{path.name} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ParameterError(f"{path.name} is not YAML: {error}") from error
    try:
        return _checked(path.stem, content)
    except ClaimbookError as error:
        raise ParameterError(f"{path.name}: {error}") from error


def run(
    sweep: Sweep,
    *,
    out: Path | None = None,
    way: Way | None = None,
    say: render.Say = print,
) -> render.Outcome:
    """Render what is not yet published of a sweep, and the page that compares its reports.

    The page is `sweeps/NAME.html` in the reports folder, with `NAME.json` for programs beside it.
    A report that fails keeps its place in the comparison, empty.
    """
    from claimbook.reports import sweep_page

    shelf = Shelf(out or paths.reports_folder())
    missing = [
        made for made in sweep.reports.values() if not shelf.has(sweep.claim.id, made.version)
    ]
    way = way or Way()
    render.check(way, missing)
    with lock.held(shelf.folder, say):
        outcome = render.publish(list(sweep.reports.values()), out=out, way=way, say=say)
        results = {
            name: _results(shelf, sweep.claim.id, made.version)
            for name, made in sweep.reports.items()
        }
        try:
            shelf.write(f"sweeps/{sweep.name}.json", as_json(sweep_page.content(sweep, results)))
            shelf.write(f"sweeps/{sweep.name}.html", sweep_page.render(sweep, results).encode())
            catalogue.refresh(shelf)  # it lists the sweeps
        except OSError as error:
            outcome.problems.append(
                f"the sweep's page could not be written ({error.strerror or error})"
            )
    return outcome


def _results(shelf: Shelf, claim_id: str, version: str) -> dict[str, Any] | None:
    if not shelf.has(claim_id, version):
        return None
    try:
        found: dict[str, Any] = json.loads((shelf.place(claim_id, version) / RESULTS).read_bytes())
    except (OSError, ValueError):
        return None  # `claimbook verify` says what is wrong with it
    return found


def _checked(name: str, content: Any) -> Sweep:
    if not isinstance(content, dict):
        raise ParameterError(f"a sweep has the entries {', '.join(NEEDED)}")
    _only(content, KEYS, "a sweep")
    for key in NEEDED:
        if not content.get(key):
            raise ParameterError(f"the entry `{key}` is missing; a sweep has {', '.join(NEEDED)}")
    claim = ledger.claim(str(content["claim"]))
    common = _mapping(content.get("parameters") or {}, "parameters")
    reports: dict[str, Recipe] = {}
    for place, entry in enumerate(_list(content["reports"], "reports"), start=1):
        what = f"report {place}"
        _only(_mapping(entry, what), {"name", "parameters"}, what)
        title = str(entry.get("name") or "")
        if not title:
            raise ParameterError(f"{what} has no name")
        if title in reports:
            raise ParameterError(f"two reports have the name {title!r}")
        own = _mapping(entry.get("parameters") or {}, what)
        try:
            made = recipe.of(claim, parameters.plain({**common, **own}))
        except ClaimbookError as error:
            raise ParameterError(f"report {title!r}: {error}") from error
        for other, earlier in reports.items():
            if earlier.version == made.version:
                raise ParameterError(f"reports {other!r} and {title!r} have the same parameters")
        reports[title] = made
    columns = tuple(_compared(entry) for entry in _list(content["compare"], "compare"))
    about = " ".join(str(content["about"]).split())
    return Sweep(name, str(content["title"]), about, claim, reports, columns)


def _compared(entry: Any) -> Compared:
    keys = {"quantity", "label", "digits", "low", "high"}
    _only(_mapping(entry, "an entry of compare"), keys, "an entry of compare")
    if not entry.get("quantity") or not entry.get("label"):
        raise ParameterError("each entry of compare needs `quantity` and `label`")
    digits = entry.get("digits", 2)
    if not isinstance(digits, int) or not 0 <= digits <= 6:
        raise ParameterError(f"digits of {entry['quantity']} must be a whole number from 0 to 6")
    low, high = entry.get("low"), entry.get("high")
    return Compared(str(entry["quantity"]), str(entry["label"]), digits, low, high)


def _only(content: Mapping[str, Any], known: set[str], what: str) -> None:
    for key in content:
        if key not in known:
            raise ParameterError(
                f"{what} has no entry `{key}`; there are {', '.join(sorted(known))}"
            )


def _mapping(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ParameterError(f"{what} must be a mapping of names to values")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ParameterError(f"`{what}` must be a list")
    return value
