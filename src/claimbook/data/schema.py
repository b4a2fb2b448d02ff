"""Turn the bytes of a CSV file into a typed frame, or say in one sentence why not."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import pandas as pd

from claimbook.errors import DataError


def parse(name: str, raw: bytes, schema: Mapping[str, Any]) -> pd.DataFrame:
    """The frame of a table's bytes under a Frictionless Table Schema.

    Raises DataError naming the table, the column and the first row at fault (line of the file).
    """
    fields = schema["fields"]
    expected = [field["name"] for field in fields]
    text = _cells(name, raw)
    if list(text.columns) != expected:
        raise DataError(
            f"table {name}: columns are {', '.join(text.columns)} where the schema says "
            f"{', '.join(expected)}"
        )
    frame = pd.DataFrame({f["name"]: _column(name, text[f["name"]], f) for f in fields})
    key = list(schema.get("primaryKey", []))
    if key:
        repeated = frame.duplicated(key)
        if repeated.any():
            raise DataError(
                f"table {name}: line {_line(repeated)} repeats the key ({', '.join(key)}) "
                "of an earlier one; each must stand once"
            )
    return frame


def _cells(table: str, raw: bytes) -> pd.DataFrame:
    """The cells as text; DataError where the bytes are no rectangle of UTF-8 text."""
    try:
        written = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"table {table}: the file is not UTF-8 text ({error})") from error
    # pandas would fill short lines and shift long ones; a table is a rectangle.
    widths = _widths(written)
    if not widths:
        raise DataError(f"table {table}: the file is empty; it needs a line of column names")
    for line, width in enumerate(widths, start=1):
        if width != widths[0]:
            raise DataError(f"table {table}: line {line} has {width} cells, not {widths[0]}")
    return pd.read_csv(io.StringIO(written, newline=""), dtype=str, keep_default_na=False)


def _widths(written: str) -> list[int]:
    """How many cells each line has."""
    if not written or any(sign in written for sign in ('"', "\r", "\n\n")):
        return [len(cells) for cells in csv.reader(io.StringIO(written, newline=""))]
    # Nothing is quoted, so every comma parts two cells.
    return [line.count(",") + 1 for line in written.removesuffix("\n").split("\n")]


def _column(table: str, text: pd.Series, field: Mapping[str, Any]) -> pd.Series:
    name, kind = field["name"], field["type"]
    rules = field.get("constraints", {})
    blank = text == ""
    if rules.get("required") and blank.any():
        raise DataError(f"table {table}: {name} is blank in line {_line(blank)} but is required")
    if kind in ("number", "integer"):
        values = pd.to_numeric(text.where(~blank), errors="coerce")
        bad = values.isna() & ~blank | values.abs().eq(float("inf"))
        if kind == "integer":
            bad |= values.notna() & (values % 1 != 0)
    elif kind in ("date", "yearmonth"):
        form = "%Y-%m-%d" if kind == "date" else "%Y-%m"
        values = pd.to_datetime(text.where(~blank), format=form, errors="coerce").astype(
            "datetime64[us]"
        )
        bad = values.isna() & ~blank
    elif kind == "datetime":
        values = pd.to_datetime(
            text.where(~blank), format=field["format"], errors="coerce", utc=True
        ).astype("datetime64[us, UTC]")
        bad = values.isna() & ~blank
    else:
        values, bad = text.where(~blank), blank & False
    if bad.any():
        raise DataError(
            f"table {table}: {name} in line {_line(bad)} is {text[bad].iloc[0]!r}, "
            f"not {'an' if kind == 'integer' else 'a'} {kind}"
        )
    _check_range(table, name, values, text, rules)
    if kind == "integer":
        return values.astype("int64" if not blank.any() else "Int64")
    return values.astype("float64") if kind == "number" else values


def _check_range(
    table: str, name: str, values: pd.Series, text: pd.Series, rules: Mapping[str, Any]
) -> None:
    allowed = rules.get("enum")
    if allowed is not None:
        wrong = values.notna() & ~values.isin(allowed)
        meant = f"one of {', '.join(map(str, allowed))}"
    elif "minimum" in rules or "maximum" in rules:
        low, high = rules.get("minimum", float("-inf")), rules.get("maximum", float("inf"))
        wrong = values.notna() & ~values.between(low, high)
        meant = f"at least {low}" if high == float("inf") else f"from {low} to {high}"
    else:
        return
    if wrong.any():
        raise DataError(
            f"table {table}: {name} in line {_line(wrong)} is {text[wrong].iloc[0]!r} "
            f"but must be {meant}"
        )


def _line(flags: pd.Series) -> int:
    """The file's line number (the header is line 1) of the first row that is flagged."""
    return int(flags.to_numpy().argmax()) + 2
