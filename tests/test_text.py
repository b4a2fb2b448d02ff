"""How numbers read: rounding, signs, separators, units."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook import text


@pytest.mark.parametrize(
    ("value", "precision", "expected"),
    [
        (-11.89, 1, -12),
        (-3.23, 1, -3),
        (2.5, 1, 3),  # halves away from zero, not to even
        (-2.5, 1, -3),
        (0.5, 1, 1),
        (2.675, 0.01, 2.68),  # the decimal that was written, not the float below it
        (1.005, 0.01, 1.01),
        (-6.865, 0.01, -6.87),
        (0.1 + 0.2, 0.1, 0.3),
        (1234.5, 5, 1235),
        (7.5, 5, 10),
        (1e15 + 0.5, 1, 1e15 + 1),
        (0, 1, 0),
    ],
)
def test_rounded(value: float, precision: float, expected: float) -> None:
    assert text.rounded(value, precision) == expected


@given(st.decimals(-(10**6), 10**6, places=4), st.integers(0, 3))
def test_rounded_agrees_with_decimal_arithmetic(value: Decimal, places: int) -> None:
    due = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert text.rounded(float(value), 10.0**-places) == float(due)


@given(st.floats(-1e9, 1e9), st.sampled_from([0.001, 0.01, 0.1, 1.0, 5.0]))
def test_rounded_is_near_and_settled(value: float, precision: float) -> None:
    near = text.rounded(value, precision)
    assert abs(near - value) <= precision / 2 * (1 + 1e-6)
    assert text.rounded(near, precision) == near


@pytest.mark.parametrize(
    ("precision", "digits"), [(1, 0), (0.1, 1), (0.01, 2), (5, 0), (10, 0), (0.25, 2), (1e-6, 6)]
)
def test_decimals(precision: float, digits: int) -> None:
    assert text.decimals(precision) == digits


@pytest.mark.parametrize(
    ("value", "digits", "sign", "shown"),
    [
        (1234567.891, 2, False, "1,234,567.89"),
        (-11.894, 2, False, "−11.89"),
        (-0.004, 2, False, "0.00"),  # no minus before nothing
        (-0.004, 2, True, "0.00"),
        (3.2, 1, True, "+3.2"),
        (0.0, 1, True, "0.0"),
        (-3.2, 1, True, "−3.2"),
        (999.5, 0, False, "1,000"),
        (5, 0, False, "5"),
        (None, 2, False, "not known"),
        (float("nan"), 2, False, "not known"),
    ],
)
def test_number(value: float | None, digits: int, sign: bool, shown: str) -> None:
    assert text.number(value, digits, sign=sign) == shown


def test_no_plus_before_a_number_that_rounds_to_nothing() -> None:
    assert text.number(0.004, 2, sign=True) == "0.00"


@pytest.mark.parametrize(
    ("value", "unit", "digits", "shown"),
    [
        (-11.89, "percent", 2, "−11.89\N{NO-BREAK SPACE}%"),
        (37.6, "bn USD", 1, "37.6\N{NO-BREAK SPACE}bn USD"),
        (3, "percentage points", 0, "3 percentage points"),
        (0.25, "1", 2, "0.25"),
        (1526, "MW", 0, "1,526 MW"),
        ("2025-10-01", "date", 2, "2025-10-01"),
        (None, "MW", 0, "not known"),
    ],
)
def test_amount(value: float | str | None, unit: str, digits: int, shown: str) -> None:
    assert text.amount(value, unit, digits) == shown


@pytest.mark.parametrize(
    ("items", "shown"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_listed(items: list[str], shown: str) -> None:
    assert text.listed(items) == shown


def test_listed_with_another_last_word() -> None:
    assert text.listed(["a", "b"], "or") == "a or b"
