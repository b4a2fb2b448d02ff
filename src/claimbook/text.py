"""How numbers read in sentences, tables and figures: signs, separators, units."""

import math
from decimal import ROUND_HALF_UP, Decimal

MINUS = "\N{MINUS SIGN}"
MISSING = "not known"

# How a unit of the ledger is written after a number.
UNITS = {
    "percent": "\N{NO-BREAK SPACE}%",
    "percentage points": " percentage points",
    "bn USD": "\N{NO-BREAK SPACE}bn USD",
    "1": "",
    "date": "",
}


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
        return MISSING
    near = rounded(value, 10.0**-digits)
    return (MINUS if near < 0 else "+" if sign and near > 0 else "") + f"{abs(near):,.{digits}f}"


def amount(value: float | str | None, unit: str, digits: int = 2, *, sign: bool = False) -> str:
    """A number with its unit, as in `−11.89 %`; text such as a date passes through."""
    if isinstance(value, str):
        return value
    text = number(value, digits, sign=sign)
    return text if text == MISSING else text + UNITS.get(unit, f" {unit}")


def listed(items: list[str], last: str = "and") -> str:
    """`a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
