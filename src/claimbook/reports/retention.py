"""Which versions stay and which go: the last few of each report, and whatever a link leads to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from claimbook import text
from claimbook.errors import ParameterError
from claimbook.reports import changes, links
from claimbook.reports.shelf import Shelf, Version


@dataclass(frozen=True)
class Kept:
    """A version beyond the last few that stays, and what leads to it."""

    version: Version
    by: str


@dataclass(frozen=True)
class Plan:
    """What goes and what stays although it is old, each the last rendered first."""

    gone: tuple[Version, ...]
    kept: tuple[Kept, ...]


def plan(
    shelf: Shelf,
    claim_ids: Iterable[str],
    keep: int,
    current: Mapping[str, str],
    *,
    others: bool = False,
) -> Plan:
    """Which versions of some claims are beyond the last `keep` of their report; nothing is done.

    `current` gives, by claim id, the version that the catalogue calls the latest; it never goes.
    With `others`, reports with other parameters than the article's are counted as well, each set
    of parameters by itself.
    """
    old = [
        version
        for claim_id in claim_ids
        for report in _reports(shelf.versions(claim_id))
        if report[0].default or others
        for version in _beyond(report, keep, current.get(claim_id))
    ]
    by = links.held(shelf, [_place(version) for version in old])
    return Plan(
        tuple(version for version in old if _place(version) not in by),
        tuple(Kept(version, by[_place(version)]) for version in old if _place(version) in by),
    )


def carry_out(shelf: Shelf, planned: Plan) -> None:
    """Take away what a plan says goes."""
    for version in planned.gone:
        shelf.remove(version)


def claims(shelf: Shelf, asked: Iterable[str]) -> list[str]:
    """The claims asked for, or all; ParameterError where one has no published version."""
    there = [claim_id for claim_id in shelf.claims() if shelf.versions(claim_id)]
    for claim_id in (wanted := list(dict.fromkeys(asked))):
        if claim_id not in there:
            known = f"there are {text.listed(there)}" if there else "nothing is published"
            raise ParameterError(f"{claim_id!r} has no published version: {known}")
    return wanted or there


def lines(planned: Plan, *, done: bool) -> list[str]:
    """A line for each version that went or that a link kept, and how many."""
    went, stays = ("removed", "kept") if done else ("would be removed", "would be kept")
    said = [f"{'/'.join(_place(version))}: {went}" for version in planned.gone]
    said += [f"{'/'.join(_place(k.version))}: {stays}, {k.by} links to it" for k in planned.kept]
    said.append(f"{len(planned.gone)} {went}, {len(planned.kept)} older {stays} for a link")
    return said


def _reports(versions: Iterable[Version]) -> list[list[Version]]:
    """The versions by report, in their order."""
    reports: list[list[Version]] = []
    for version in versions:
        for report in reports:
            if changes.same_report(report[0].manifest, version.manifest):
                report.append(version)
                break
        else:
            reports.append([version])
    return reports


def _beyond(report: list[Version], keep: int, current: str | None) -> list[Version]:
    # The current one counts as the last, whenever it was rendered.
    ordered = sorted(report, key=lambda version: version.name != current)
    return ordered[keep:]


def _place(version: Version) -> links.Place:
    return str(version.folder.parent.name), version.name
