"""From a notebook's parameters to the fields of a form, and from what is in them back again.

Nothing here knows of widgets: `kind` says what a field holds, `value_of` reads what somebody put
there. What is allowed is decided by `claimbook.parameters` alone, as for the command line.
"""

import datetime as dt
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimbook import parameters
from claimbook.data import CURRENT, parts
from claimbook.data import edition as editions
from claimbook.errors import ClaimbookError
from claimbook.ledger import Claim
from claimbook.parameters import EDITION, Column, Parameter

YES_NO = "yes or no"
WHOLE = "a whole number"
NUMBER = "a number"
DAY = "a day"
CHOICE = "one of several"
CHOICES = "several of many"
TEXT = "text"  # as on the command line: lists with commas


@dataclass(frozen=True)
class Field:
    """One parameter as a form asks for it.

    `options` are what can be chosen: all there is for CHOICE and CHOICES, first and last day for
    DAY; else empty.
    """

    parameter: Parameter
    kind: str
    options: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        return self.parameter.name

    @property
    def default(self) -> Any:
        """What the field holds at first: a date for DAY, text for TEXT, else the value itself."""
        value = self.parameter.default
        if self.kind == DAY:
            return dt.date.fromisoformat(value)
        if self.kind == TEXT:
            return written(value)
        return tuple(value) if self.kind == CHOICES else value

    @property
    def explained(self) -> str:
        """The parameter's own comment: what it is; what is allowed."""
        return f"{self.parameter.help}; {self.parameter.allowed}"


def of(claim: Claim, column: Column) -> list[Field]:
    """The fields of a claim's form, in the notebook's order; `column` as `parameters.columns`.

    Raises LedgerError where its notebook cannot be read, DataError where a table cannot.
    """
    declared = parameters.of(claim).values()
    return [_field(parameter, column, claim.tables) for parameter in declared]


def value_of(field: Field, held: Any) -> Any:
    """A parameter's value, from what its field holds. Whether it is allowed is not asked here."""
    if field.kind == DAY:
        return held.isoformat() if isinstance(held, dt.date) else ""
    if field.kind == CHOICES:
        return list(held)
    if field.kind == TEXT:
        declared = {field.name: field.parameter}
        return parameters.parse([f"{field.name}={held}"], declared)[field.name]
    return held


def given(fields: Sequence[Field], held: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that differ from the defaults, from what the fields hold."""
    values = {field.name: value_of(field, held[field.name]) for field in fields}
    return {f.name: values[f.name] for f in fields if values[f.name] != f.parameter.default}


def problem(claim: Claim, changed: Mapping[str, Any], column: Column | None = None) -> str:
    """The sentence with which the command line would refuse these parameters; empty if none."""
    try:
        parameters.check(claim, changed, column=column)
    except ClaimbookError as error:
        return str(error)
    return ""


def command(claim: Claim, changed: Mapping[str, Any]) -> str:
    """The command line that makes the same report."""
    words = ["claimbook", "render", claim.id]
    for name, value in changed.items():
        words += ["-p", f"{name}={written(value)}"]
    return shlex.join(words)


def written(value: Any) -> str:
    """A value as the command line reads it."""
    if isinstance(value, list):
        return ",".join(map(written, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _field(parameter: Parameter, column: Column, tables: Sequence[str] = ()) -> Field:
    single = parameter.type.removeprefix("list[").removesuffix("]")
    several = single != parameter.type
    if parameter.name == EDITION:
        live = (editions.LIVE,) if parts.of(tables) else ()
        return Field(parameter, CHOICE, (CURRENT, *live, *_editions()))
    if parameter.choices and not several:
        return Field(parameter, CHOICE, tuple(_typed(single, c) for c in parameter.choices))
    if " day in " in f" {parameter.allowed}" or " session in " in f" {parameter.allowed}":
        days = parameters.known(parameter, column)
        return Field(parameter, DAY, (days[0], days[-1]) if days else ())
    if single == "str" and (tickers := parameters.known(parameter, column)):
        # The article's own come first, in its order, which is that of the default.
        first = parameter.default if several else []
        rest = [ticker for ticker in tickers if ticker not in first]
        return Field(parameter, CHOICES if several else CHOICE, (*first, *rest))
    if several:
        return Field(parameter, TEXT)
    kinds = {"bool": YES_NO, "int": WHOLE, "float": NUMBER}
    return Field(parameter, kinds.get(single, TEXT))


def _typed(kind: str, text: str) -> Any:
    return {"int": int, "float": float}.get(kind, str)(text)


def _editions() -> list[str]:
    """Other frozen states of the data that lie here, the newest first."""
    return sorted(editions.names(), reverse=True)
