"""A notebook's parameters: read from its `parameters` cell, checked before anything runs.

The cell is the one schema, for the command line, sweeps, forms and the notebook itself. Each line
is one typed assignment, and its comment says what the parameter is and what is allowed:

    days: int = 90  # days on each side of the event; from 10 to 400 days
    business: str = "cloud"  # which business is valued; one of cloud, hosting
    event_date: str = "2025-03-26"  # the session studied; a session in bars_daily
    tickers: list[str] = ["MARA", "RIOT"]  # the shares; tickers in bars_daily
    windows: list[int] = [90, 180]  # days on each side; from 10 to 400 days

After a comma, what is allowed may say how the value stands to another parameter (`before`, `after`,
`at least`, `at most`) or how many values a list needs (`two or more`):

    start: str = "2025-01-01"  # first day; a day in network_daily, before end
    end: str = "2025-03-31"  # last day; a day in network_daily
    tickers: list[str] = ["MARA", "RIOT"]  # the shares; tickers in bars_daily, two or more
"""

import ast
import contextlib
import datetime as dt
import functools
import io
import operator
import re
import tokenize
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from claimbook import notebook, paths, text
from claimbook.data import edition as editions
from claimbook.errors import LedgerError, ParameterError
from claimbook.ledger import Claim

TYPES = ("bool", "int", "float", "str", "list[str]", "list[int]", "list[float]")
EDITION, SOURCE = "edition", "source"

_RANGE = re.compile(r"^from (?P<low>-?[\d.]+) to (?P<high>-?[\d.]+)(?: (?P<unit>.+))?$")
_CHOICE = re.compile(r"^one of (?P<choices>.+)$")
_DAY = re.compile(r"^an? (?P<kind>session|day) in (?P<table>\w+)$")
_DAYS = re.compile(r"^(?P<kind>sessions|days) in (?P<table>\w+)$")
_TICKERS = re.compile(r"^(?:a ticker|tickers) in (?P<table>\w+)$")
_YES = re.compile(r"^true or false$")
_EDITION = re.compile(r"^current(?:, live)? or an edition's (?:date|name)$")
_CLAUSE = re.compile(
    r", (?:(?P<relation>before|after|at least|at most) (?P<other>[a-z]\w*)|(?P<many>two or more))$"
)
_RELATIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "before": operator.lt,
    "after": operator.gt,
    "at least": operator.ge,
    "at most": operator.le,
}
# `source=live` is another way to write `edition=live`, as `source=frozen` is for the shipped one.
_SOURCES = {"live": editions.LIVE, "frozen": editions.SHIPPED}

Column = Callable[[str, str], "set[str]"]


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, type, default, and what the comment allows."""

    name: str
    type: str
    default: Any
    help: str
    allowed: str

    @property
    def single(self) -> str:
        """What is allowed of the value by itself, without the clause about other parameters."""
        return _CLAUSE.sub("", self.allowed)

    @property
    def unit(self) -> str:
        match = _RANGE.match(self.single)
        return (match["unit"] or "") if match else ""

    @property
    def choices(self) -> list[str]:
        match = _CHOICE.match(self.single)
        return [choice.strip() for choice in match["choices"].split(",")] if match else []

    @property
    def limits(self) -> tuple[float, float] | None:
        match = _RANGE.match(self.single)
        return (float(match["low"]), float(match["high"])) if match else None


def of_source(source: str, where: str) -> dict[str, Parameter]:
    """The parameters that a cell's source declares, by name, in order.

    Raises LedgerError where a line is not one typed assignment with an explained, readable range.
    """
    found: dict[str, Parameter] = {}
    try:
        lines = ast.parse(source).body
    except SyntaxError as error:
        raise LedgerError(
            f"{where}: the parameters cell is not Python (line {error.lineno}: {error.msg})"
        ) from error
    comments = {
        token.start[0]: token.string.removeprefix("#").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    for node in lines:
        if meant := _meant_edition(node):
            raise LedgerError(f"{where}: {meant}")
        if not (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.value is not None
        ):
            raise LedgerError(
                f"{where}: line {node.lineno} of the parameters cell must read "
                "`name: type = value  # what it is; what is allowed`"
            )
        name, kind = node.target.id, ast.unparse(node.annotation)
        explained, _, allowed = comments.get(node.end_lineno or 0, "").rpartition("; ")
        try:
            default = ast.literal_eval(node.value)
        except ValueError as error:
            raise LedgerError(
                f"{where}: the default of {name} must be a plain value, not "
                f"`{ast.unparse(node.value)}`"
            ) from error
        parameter = Parameter(name, kind, default, explained, allowed)
        if kind not in TYPES:
            raise LedgerError(f"{where}: {name} has the type {kind}; there are {', '.join(TYPES)}")
        if not explained or not _readable(parameter.single):
            raise LedgerError(
                f"{where}: the comment of {name} must end in `; ` and what is allowed, such as "
                "`from 1 to 9 days`, `one of a, b`, `a session in TABLE`, `tickers in TABLE`"
            )
        found[name] = parameter
    for parameter in found.values():
        other = (_CLAUSE.search(parameter.allowed) or {"other": None})["other"]
        if other is not None and other not in found:
            raise LedgerError(f"{where}: {parameter.name} names {other}, which is no parameter")
    return found


def _meant_edition(line: ast.stmt) -> str:
    """What to write in place of a line `source = "live"`; nothing for any other line."""
    targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
    named = any(isinstance(target, ast.Name) and target.id == SOURCE for target in targets)
    value = getattr(line, "value", None)
    written = value.value if named and isinstance(value, ast.Constant) else None
    return _say_edition(str(written)) if written in _SOURCES else ""


def _say_edition(source: str) -> str:
    return f'write edition = "{_SOURCES[source]}", not source = "{source}"'


def of(claim: Claim) -> dict[str, Parameter]:
    """The parameters of a claim's notebook. Raises LedgerError where it has no notebook or cell."""
    if claim.notebook is None:
        raise LedgerError(f"{claim.id} has no notebook yet, so it takes no parameters")
    path = paths.notebook(claim.notebook)
    try:
        cells = notebook.read(path).tagged("parameters")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LedgerError(f"notebooks/{claim.notebook} cannot be read: {error}") from error
    if len(cells) != 1:
        raise LedgerError(
            f"notebooks/{claim.notebook} must have one cell tagged `parameters`, not {len(cells)}"
        )
    return of_source(cells[0], f"notebooks/{claim.notebook}")


def parse(assignments: Iterable[str], declared: Mapping[str, Parameter]) -> dict[str, Any]:
    """Values from `name=value` texts, read by the declared type (lists: commas).

    Raises ParameterError for an unknown name, a missing `=`, or a text that is not of the type.
    """
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, raw = assignment.partition("=")
        if not equals:
            raise ParameterError(f"-p {assignment}: write it as name=value")
        if name == SOURCE and SOURCE not in declared and EDITION in declared:
            if raw not in _SOURCES:
                raise ParameterError(f"source is {raw!r}; it must be one of {', '.join(_SOURCES)}")
            name, raw = EDITION, _SOURCES[raw]
        if name in values:
            raise ParameterError(f"{name} is given twice; give it once")
        values[name] = _read(_declared(name, declared), raw)
    return values


def check(
    claim: Claim,
    given: Mapping[str, Any],
    *,
    whole: bool = False,
    column: Column | None = None,
) -> dict[str, Any]:
    """The complete parameters of a claim's notebook: what is given, defaults for the rest.

    `whole=True` takes `given` for a notebook's namespace and looks only at the declared names:
    `parameters.check(claim, vars(), whole=True)` is the notebook's own check, so that papermill and
    JupyterLab refuse the same values with the same sentence as the command line. `column` is a
    `columns` that was kept, for a form that checks with every change. `edition="live"` fetches what
    the claim's tables need, once, and becomes the name of the edition that this made.
    Raises ParameterError for an unknown name, a wrong type, or a value that is not allowed.
    """
    declared = of(claim)
    if whole:
        if SOURCE not in declared and given.get(SOURCE) in _SOURCES:
            raise ParameterError(_say_edition(given[SOURCE]))
        given = {name: given[name] for name in declared if name in given}
    for name in given:
        _declared(name, declared)
    values = {name: given.get(name, parameter.default) for name, parameter in declared.items()}
    if values.get(EDITION) == editions.LIVE:
        # Fetched here, once, and from here on called by its name.
        values[EDITION] = editions.resolve(editions.LIVE, claim.tables)
    column = column or columns(str(values.get(EDITION, editions.CURRENT)))
    for name, parameter in declared.items():
        _check_type(parameter, values[name])
        _check_allowed(parameter, values[name], column)
    for name, parameter in declared.items():
        _check_clause(parameter, values[name], values)
    return {name: _one_form(declared[name], value) for name, value in values.items()}


def known(parameter: Parameter, column: Column) -> list[str]:
    """What the table that a parameter's comment names holds: its tickers or its days, in order.

    Empty where the comment names no table. Raises DataError where the table cannot be read.
    """
    if match := _TICKERS.match(parameter.single):
        return sorted(column(match["table"], "ticker"))
    if match := _DAY.match(parameter.single) or _DAYS.match(parameter.single):
        return sorted(column(match["table"], "date"))
    return []


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a YAML file gives them, with its dates as ISO text."""
    return {n: v.isoformat() if isinstance(v, dt.date) else v for n, v in values.items()}


def _declared(name: str, declared: Mapping[str, Parameter]) -> Parameter:
    if name not in declared:
        raise ParameterError(
            f"there is no parameter {name!r}: this notebook takes {', '.join(declared)}"
        )
    return declared[name]


def _readable(allowed: str) -> bool:
    forms = (_RANGE, _CHOICE, _DAY, _DAYS, _TICKERS, _YES, _EDITION)
    return any(form.match(allowed) for form in forms)


def _read(parameter: Parameter, raw: str) -> Any:
    if parameter.type == "str":
        return raw
    if not parameter.type.startswith("list"):
        return _read_one(parameter.type, raw.strip())
    single = parameter.type.removeprefix("list[").removesuffix("]")
    items = raw.strip().removeprefix("[").removesuffix("]").split(",")
    return [_read_one(single, item.strip().strip("'\"")) for item in items if item.strip()]


def _read_one(kind: str, raw: str) -> Any:
    """The value a text stands for; the text itself where it is no such value (refused later)."""
    if kind == "bool":
        return {"true": True, "false": False}.get(raw.lower(), raw)
    if kind == "str":
        return raw
    try:
        return int(raw) if kind == "int" else float(raw)
    except ValueError:
        return raw


def _one_form(parameter: Parameter, value: Any) -> Any:
    """Numbers of float parameters as floats, so that 10 and 10.0 make the same version."""
    if parameter.type == "float":
        return float(value)
    return [float(item) for item in value] if parameter.type == "list[float]" else value


def _check_type(parameter: Parameter, value: Any) -> None:
    kind = parameter.type
    items = value if isinstance(value, list) and kind.startswith("list") else [value]
    single = kind.removeprefix("list[").removesuffix("]")
    fits = {
        "bool": lambda v: type(v) is bool,
        "int": lambda v: type(v) is int,
        "float": lambda v: type(v) in (int, float),
        "str": lambda v: type(v) is str,
    }[single]
    if (kind.startswith("list") and not isinstance(value, list)) or not all(map(fits, items)):
        example = f"{parameter.name}={_shown(parameter.default)}"
        raise ParameterError(
            f"{parameter.name} must be of type {kind}, not {value!r}: write for example {example}"
        )
    if kind.startswith("list") and not value:
        raise ParameterError(f"{parameter.name} is empty; give at least one value")
    if len({str(item) for item in items}) != len(items):
        raise ParameterError(f"{parameter.name} names a value twice: {_shown(value)}")


def _check_allowed(parameter: Parameter, value: Any, column: Column) -> None:
    name, allowed = parameter.name, parameter.single
    items = value if isinstance(value, list) else [value]
    if limits := parameter.limits:
        for item in items:
            if not limits[0] <= item <= limits[1]:
                raise ParameterError(f"{name} is {item:g}; it must be {allowed}")
    elif choices := parameter.choices:
        for item in items:
            if str(item) not in choices:
                raise ParameterError(f"{name} is {item!r}; it must be one of {', '.join(choices)}")
    elif match := _TICKERS.match(allowed):
        known = column(match["table"], "ticker")
        for item in items:
            if item not in known:
                raise ParameterError(
                    f"{name}: {item!r} is not in the data; there are {', '.join(sorted(known))}"
                )
    elif match := _DAY.match(allowed) or _DAYS.match(allowed):
        known = column(match["table"], "date")
        for item in items:
            _check_day(name, item, known, match["kind"].rstrip("s"))
    elif _EDITION.match(allowed):
        editions.open_edition(value)


def _check_clause(parameter: Parameter, value: Any, values: Mapping[str, Any]) -> None:
    match = _CLAUSE.search(parameter.allowed)
    if match and match["many"] and len(value) < 2:
        raise ParameterError(f"{parameter.name} is {_shown(value)}; give two values or more")
    if match and match["other"]:
        relation, other = match["relation"], values[match["other"]]
        if not _RELATIONS[relation](value, other):
            raise ParameterError(
                f"{parameter.name} is {value} and {match['other']} is {other}; "
                f"{parameter.name} must be {relation} {match['other']}"
            )


def _check_day(name: str, value: str, known: set[str], kind: str) -> None:
    written: str | None = None
    with contextlib.suppress(ValueError):
        written = dt.date.fromisoformat(value).isoformat()
    if written != value:
        raise ParameterError(f"{name} is {value!r}; write a date as YYYY-MM-DD")
    first, last = min(known), max(known)
    if not first <= value <= last:
        raise ParameterError(
            f"{name} is {value}, outside the data, which runs from {first} to {last}"
        )
    if value not in known:
        after = min(day for day in known if day > value)
        before = max(day for day in known if day < value)
        raise ParameterError(
            f"{name} is {value}, which is no {kind}; the nearest are {before} and {after}"
        )


def columns(edition: str) -> Column:
    """Look up the values of a table's column (table, column), reading each column once."""

    @functools.cache
    def values(table: str, column: str) -> set[str]:
        return editions.table(table, edition).values(column)

    return values


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def described(parameter: Parameter) -> str:
    """One line for `claimbook show`: name, type, default, meaning and what is allowed."""
    default = (
        text.listed([str(v) for v in parameter.default])
        if isinstance(parameter.default, list)
        else str(parameter.default)
    )
    return (
        f"{parameter.name} ({parameter.type}, default {default}): "
        f"{parameter.help}; {parameter.allowed}"
    )
