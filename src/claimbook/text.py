"""How numbers and dates read in sentences, tables and figures: signs, separators, units, months."""

import datetime as dt
import math
from decimal import ROUND_HALF_UP, Decimal

from claimbook.language import mark, tell, tell_as, word, written

MINUS = "\N{MINUS SIGN}"
MISSING = mark("not known")
MONTHS = (
    mark("January"),
    mark("February"),
    mark("March"),
    mark("April"),
    mark("May"),
    mark("June"),
    mark("July"),
    mark("August"),
    mark("September"),
    mark("October"),
    mark("November"),
    mark("December"),
)

SHORT_MONTHS = (
    mark("Jan"),
    mark("Feb"),
    mark("Mar"),
    mark("Apr"),
    mark("May"),
    mark("Jun"),
    mark("Jul"),
    mark("Aug"),
    mark("Sep"),
    mark("Oct"),
    mark("Nov"),
    mark("Dec"),
)

# How a unit of the ledger is written after a number.
UNITS = {
    "percent": "\N{NO-BREAK SPACE}%",
    "percentage points": " percentage points",
    "bn USD": "\N{NO-BREAK SPACE}bn USD",
    "1": "",
    "date": "",
}
# Units in words, as the ledger and the notebooks name them.
SPOKEN = (
    mark("percentage points"),
    mark("percentage point"),
    mark("bn USD"),
    mark("m USD"),
    mark("m USD per MW"),
    mark("m USD per MW-year"),
    mark("USD per PH/s and day"),
    mark("USD per PH/s per day"),
    mark("USD per EH/s and day"),
    mark("USD per MWh"),
    mark("USD a share"),
    mark("log points"),
    mark("years"),
)


def rounded(value: float, precision: float) -> float:
    """`value` to the nearest multiple of `precision`, halves away from zero.

    Works on the shortest decimal that gives the float, so 2.675 to 0.01 is 2.68, as expected.
    """
    step = Decimal(repr(precision))
    return float((Decimal(repr(float(value))) / step).quantize(0, ROUND_HALF_UP) * step)


def decimals(precision: float) -> int:
    """Digits after the point that a precision such as 0.01 needs."""
    exponent = Decimal(repr(float(precision))).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def number(value: float | None, digits: int = 2, *, sign: bool = False) -> str:
    """A number with thousands separators and a true minus sign; `not known` for a missing one."""
    if value is None or math.isnan(value):
        return word(MISSING)
    near = rounded(value, 10.0**-digits)
    size = written(f"{abs(near):,.{digits}f}")
    return (MINUS if near < 0 else "+" if sign and near > 0 else "") + size


def amount(value: float | str | None, unit: str, digits: int = 2, *, sign: bool = False) -> str:
    """A number with its unit, as in `−11.89 %`; text such as a date passes through."""
    if isinstance(value, str):
        return value
    shown = number(value, digits, sign=sign)
    return shown if value is None or math.isnan(value) else shown + after(unit)


def after(unit: str) -> str:
    """What stands after a number of that unit, its space included."""
    sign = UNITS.get(unit, f" {unit}")
    return sign[:1] + word(sign[1:])


def day(date: dt.date) -> str:
    """`26 March 2025`."""
    return tell("{day} {month} {year}", day=date.day, month=month_name(date), year=date.year)


def month(date: dt.date) -> str:
    """`March 2025`."""
    return tell("{month} {year}", month=month_name(date), year=date.year)


def short_month(date: dt.date) -> str:
    """`Mar 2025`."""
    return tell("{month} {year}", month=short_month_name(date), year=date.year)


def short_day(date: dt.date) -> str:
    """`26 Mar 2025`."""
    return tell("{day} {month} {year}", day=date.day, month=short_month_name(date), year=date.year)


def short_month_name(date: dt.date) -> str:
    """`Mar`."""
    return word(SHORT_MONTHS[date.month - 1])


def month_name(date: dt.date) -> str:
    """`March`."""
    return word(MONTHS[date.month - 1])


def sentences(*said: str) -> str:
    """Sentences one after the other; an empty one leaves no gap."""
    return " ".join(filter(None, said))


def listed(items: list[str], last: str = "and") -> str:
    """`a, b and c`; `a, b or c` where `last` is `or`."""
    if len(items) < 2:
        return "".join(items)
    first = tell_as("between items of a list", ", ").join(items[:-1])
    if last == "or":
        return tell("{first} or {last}", first=first, last=items[-1])
    return tell("{first} and {last}", first=first, last=items[-1])
