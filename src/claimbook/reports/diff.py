"""What differs between two versions of a claim's report: inputs, findings, quantities.

Pure: manifests and results in, plain values out. `diff_text` prints them, `diff_page` shows them.
"""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from claimbook.reports import changes
from claimbook.reports.changes import Change
from claimbook.reports.shelf import DIFFS

CONTENT = "diff.json"  # the comparison for programs, beside its page
BETWEEN = ".."  # between the two names, as git has it

NOT_THERE = "not there"  # this side has no such finding or quantity
UNKNOWN = "not known"  # it is there, and could not be computed
_HAIR = 1e-12  # parts of the value that are the last bit of a file's ten digits

Value = float | str | None


@dataclass(frozen=True)
class FindingPair:
    """A finding on both sides; the texts and verdicts are None where a side does not have it."""

    id: str
    statement: str
    decides: bool
    old_verdict: str | None
    new_verdict: str | None
    old_reproduced: str | None
    new_reproduced: str | None
    old_printed: str | None
    new_printed: str | None
    reweighed: bool = False  # decides on one side and is a cross-check on the other

    @property
    def turned(self) -> bool:
        """Whether the verdict is another one, or one side has none."""
        return self.old_verdict != self.new_verdict

    @property
    def same(self) -> bool:
        texts = (self.old_reproduced, self.old_printed), (self.new_reproduced, self.new_printed)
        return not self.turned and not self.reweighed and texts[0] == texts[1]


@dataclass(frozen=True)
class QuantityPair:
    """A quantity on both sides.

    `difference` is new less old, in the unit (in days for dates); None where it has no meaning:
    a side without the quantity or its value, a text, or two units. The states say which: `there`,
    `not known` or `not there`.
    """

    name: str
    old: Value
    new: Value
    old_unit: str | None
    new_unit: str | None
    difference: float | None

    @property
    def old_state(self) -> str:
        return _state(self.old, self.old_unit)

    @property
    def new_state(self) -> str:
        return _state(self.new, self.new_unit)

    @property
    def same(self) -> bool:
        return (self.old, self.old_unit) == (self.new, self.new_unit)

    @property
    def is_date(self) -> bool:
        return isinstance(self.old, str) and isinstance(self.new, str)

    @property
    def relative(self) -> float:
        """Size of the difference against the larger value; infinite where it has no meaning."""
        if self.same:
            return 0.0
        if self.difference is None or isinstance(self.old, str) or isinstance(self.new, str):
            return math.inf if self.difference is None else 1.0
        return abs(self.difference) / max(abs(self.old or 0.0), abs(self.new or 0.0))


@dataclass(frozen=True)
class Difference:
    """All that differs between an old and a new version, the findings that turned first.

    The page that shows all claims has None for its verdict.
    """

    claim: str
    old: str
    new: str
    old_verdict: str | None
    new_verdict: str | None
    changes: tuple[Change, ...]
    findings: tuple[FindingPair, ...]
    quantities: tuple[QuantityPair, ...]

    @property
    def turned(self) -> tuple[FindingPair, ...]:
        return tuple(pair for pair in self.findings if pair.turned)

    @property
    def moved(self) -> tuple[FindingPair, ...]:
        """Findings with the same verdict and another number, printed value or weight."""
        return tuple(pair for pair in self.findings if not pair.turned and not pair.same)

    @property
    def differing(self) -> tuple[QuantityPair, ...]:
        return tuple(pair for pair in self.quantities if not pair.same)


def between(
    old_manifest: Mapping[str, Any],
    old_results: Mapping[str, Any],
    new_manifest: Mapping[str, Any],
    new_results: Mapping[str, Any],
) -> Difference:
    """The difference of two versions of one claim, given their manifests and results."""
    return Difference(
        claim=str(new_manifest["claim"]),
        old=str(old_manifest["version"]),
        new=str(new_manifest["version"]),
        old_verdict=old_results.get("verdict"),
        new_verdict=new_results.get("verdict"),
        changes=tuple(changes.between(old_manifest, new_manifest)),
        findings=tuple(findings(old_results, new_results)),
        quantities=tuple(quantities(old_results, new_results)),
    )


def findings(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FindingPair]:
    """The findings of both: those that turned first, deciding ones before cross-checks."""
    before, after = ({f["id"]: f for f in side.get("findings", [])} for side in (old, new))
    pairs = [
        _finding(name, before.get(name, {}), after.get(name, {})) for name in {**after, **before}
    ]
    return sorted(pairs, key=lambda p: (not p.turned, p.same, not p.decides))


def quantities(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[QuantityPair]:
    """The quantities of both: what one side lacks first, then by size of the difference."""
    before, after = (side.get("quantities", {}) for side in (old, new))
    pairs = [
        _quantity(name, before.get(name), after.get(name)) for name in sorted({**before, **after})
    ]
    return sorted(pairs, key=lambda p: (p.same, -p.relative))


def judged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What two versions' results say differently, as plain JSON values."""
    return {
        "verdict": {"old": old.get("verdict"), "new": new.get("verdict")},
        "findings": [asdict(pair) | {"turned": pair.turned} for pair in findings(old, new)],
        "quantities": [asdict(pair) | {"same": pair.same} for pair in quantities(old, new)],
    }


def place(claim: str, old: str, new: str) -> str:
    """The folder of a comparison's page, below the reports folder."""
    return f"{claim}/{DIFFS}/{old}{BETWEEN}{new}"


def _finding(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> FindingPair:
    known = new or old
    return FindingPair(
        id=name,
        statement=str(known.get("statement", name)),
        decides=bool(known.get("decides", True)),
        old_verdict=old.get("verdict"),
        new_verdict=new.get("verdict"),
        old_reproduced=old.get("reproduced_text"),
        new_reproduced=new.get("reproduced_text"),
        old_printed=old.get("printed_text"),
        new_printed=new.get("printed_text"),
        reweighed=bool(old and new) and old.get("decides", True) != new.get("decides", True),
    )


def _quantity(
    name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> QuantityPair:
    before, after = (_known(side["value"]) if side else None for side in (old, new))
    was, now = (str(side["unit"]) if side else None for side in (old, new))
    apart = _apart(before, after) if was == now else None
    return QuantityPair(name, before, after, was, now, apart)


def _known(value: Value) -> Value:
    """The value; None for what is no number, which an arithmetic that failed may have left."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _apart(old: Value, new: Value) -> float | None:
    if isinstance(old, str) and isinstance(new, str):
        try:
            return float((dt.date.fromisoformat(new) - dt.date.fromisoformat(old)).days)
        except ValueError:
            return None
    if old is None or new is None or isinstance(old, str) or isinstance(new, str):
        return None
    apart = float(new) - float(old)
    # Ten digits are kept; what subtraction adds below them is no difference of the figures.
    return float(f"{apart:.6g}") if abs(apart) > _HAIR * max(abs(old), abs(new)) else 0.0


def _state(value: Value, unit: str | None) -> str:
    return NOT_THERE if unit is None else UNKNOWN if value is None else "there"
