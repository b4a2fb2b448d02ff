"""The difference of two versions in words: for the terminal, and cells for the page."""

import math
from collections.abc import Iterable

from claimbook import text
from claimbook.language import word
from claimbook.reports import changes, frame
from claimbook.reports.diff import NOT_THERE, UNKNOWN, Difference, FindingPair, QuantityPair, Value

DIGITS, KEPT = 6, 10  # significant ones of a value that are shown; what the files have
LONGEST = 12  # digits after the point; a number that needs more is written with a power of ten
DAYS = "days"


def lines(found: Difference, *, everything: bool = False) -> list[str]:
    """The whole difference as plain lines; unchanged quantities only with `everything`."""
    w = frame.words()["diff"]
    said = [f"{found.claim}: {found.old} → {found.new}", verdict(found)]
    said += _block(w["turned"], [_finding(pair) for pair in found.turned])
    said += _block(w["moved"], [_finding(pair) for pair in found.moved])
    for kind in changes.KINDS:
        names = frame.words()["changes"]["kinds"]
        said += _block(names[kind], [c.said for c in found.changes if c.kind == kind])
    shown = found.quantities if everything else found.differing
    rows = [
        (pair.name, side(pair, new=False), side(pair, new=True), difference(pair)) for pair in shown
    ]
    if rows:
        head = (w["quantity"], w["old"], w["new"], w["difference"])
        said += ["", w["quantities"], *_table([head, *rows])]
    same = len(found.quantities) - len(found.differing)
    if same and not everything:
        said += ["", w["same_count"].format(count=same, all=len(found.quantities))]
    return said


def side(pair: QuantityPair, *, new: bool) -> str:
    """One side's value with its unit, or why there is none."""
    value, unit, state = (
        (pair.new, pair.new_unit, pair.new_state)
        if new
        else (pair.old, pair.old_unit, pair.old_state)
    )
    w = frame.words()["diff"]
    if state == NOT_THERE:
        return str(w["not_there"])
    if state == UNKNOWN:
        return str(w["not_known"])
    # Both sides to the same place, so that they can be read against each other.
    places = max(_needed(pair.old), _needed(pair.new))
    if not pair.same and _number(pair.old, places) == _number(pair.new, places):
        places = max(_needed(pair.old, KEPT), _needed(pair.new, KEPT))
    return _amount(value, unit or "", places)


def difference(pair: QuantityPair) -> str:
    """New less old, sign and unit; `none` where they are equal, a dash where it means nothing."""
    w = frame.words()["diff"]
    if pair.same or pair.difference == 0:
        return str(w["none"])
    if pair.difference is None:
        return str(w["two_units"]) if _two_units(pair) else "–"
    unit = DAYS if pair.is_date else pair.new_unit or ""
    # A difference of percentages is in points.
    unit = "percentage points" if unit == "percent" else unit
    return _amount(pair.difference, unit, _needed(pair.difference), sign=True)


def verdicts(pair: FindingPair) -> str:
    """`holds → does not hold`, or the one verdict that both have."""
    none = str(frame.words()["diff"]["not_there"])
    if not pair.turned:
        return word(str(pair.new_verdict))
    return f"{word(pair.old_verdict or none)} → {word(pair.new_verdict or none)}"


def reproduced(pair: FindingPair) -> str:
    """What was reproduced, `old → new` where it differs."""
    none = str(frame.words()["diff"]["not_there"])
    old, new = pair.old_reproduced or none, pair.new_reproduced or none
    return new if old == new else f"{old} → {new}"


def notes(pair: FindingPair) -> list[str]:
    """What else is to be said of a finding: its weight, and another weight or printed value."""
    w = frame.words()["diff"]
    said = [] if pair.decides or pair.reweighed else [str(w["cross_check"])]
    if pair.reweighed:
        said.append(str(w["decides_now" if pair.decides else "cross_check_now"]))
    if None not in (pair.old_printed, pair.new_printed) and pair.old_printed != pair.new_printed:
        said.append(w["printed"].format(old=pair.old_printed, new=pair.new_printed))
    return said


def verdict(found: Difference, *, lead: bool = False) -> str:
    """Both verdicts in a line, or as the `lead` of a page."""
    w = frame.words()["diff"]
    kind = "lead" if lead else "verdict"
    old, new = (word(side or w["not_there"]) for side in (found.old_verdict, found.new_verdict))
    if found.old_verdict != found.new_verdict:
        return str(w[f"{kind}_turned"].format(old=old, new=new))
    return str(w[f"{kind}_same"].format(verdict=new) if found.new_verdict else w["lead_none"])


def _finding(pair: FindingPair) -> str:
    w = frame.words()["diff"]
    said = [verdicts(pair), w["reproduced"].format(value=reproduced(pair))]
    others = notes(pair)
    weight = f" ({others.pop(0)})" if others[:1] == [w["cross_check"]] else ""
    return f"{pair.id}{weight}: {'; '.join([*said, *others])}"


def _needed(value: Value, significant: int = DIGITS) -> int:
    """Digits after the point that show a number's first ones, zeros at the end left out."""
    if not isinstance(value, int | float) or value == 0:
        return 0
    digits = max(0, significant - 1 - math.floor(math.log10(abs(value))))
    shown = text.number(float(value), digits)
    return len(shown.rstrip("0").partition(".")[2]) if "." in shown else 0


def _number(value: Value, places: int, *, sign: bool = False) -> str:
    """A number to a place after the point; one that would be too long, with a power of ten."""
    if not isinstance(value, int | float):
        return str(value)
    if places <= LONGEST:
        return text.number(float(value), places, sign=sign)
    before = text.MINUS if value < 0 else "+" if sign and value > 0 else ""
    return before + f"{abs(value):.{DIGITS}g}".replace("e-", f"e{text.MINUS}")


def _amount(value: Value, unit: str, places: int, *, sign: bool = False) -> str:
    """The same with its unit; a text such as a date passes through."""
    if isinstance(value, str):
        return value
    return _number(value, places, sign=sign) + text.UNITS.get(unit, f" {unit}")


def _two_units(pair: QuantityPair) -> bool:
    return None not in (pair.old_unit, pair.new_unit) and pair.old_unit != pair.new_unit


def _block(heading: str, entries: Iterable[str]) -> list[str]:
    listed = [f"  {entry}" for entry in entries]
    return ["", heading, *listed] if listed else []


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Columns as wide as they must be: the name to the left, the values to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
