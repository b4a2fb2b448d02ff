"""The vocabulary that every room shares: claims, quantities, findings, verdicts.

Claims and the rules that judge them are declared in `data/claims.yml`. A notebook computes
quantities; `judge` compares them with the printed values; `verdict` sums the findings up.
"""

import datetime as dt
import functools
import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import yaml

from claimbook import paths, text
from claimbook.errors import LedgerError
from claimbook.language import mark, tell, word

HOLDS = mark("holds")
IN_PART = mark("holds in part")
FAILS = mark("does not hold")
UNTESTED = mark("cannot be tested")
VERDICTS = (HOLDS, IN_PART, FAILS, UNTESTED)

# Room for the last bit, in which a rounded value and a printed one may differ.
_HAIR = 1e-9

RULES = ("range", "amount", "direction", "at_least", "at_most", "count", "date")

COLLECTION = "collection"


@dataclass(frozen=True)
class Quantity:
    """A number (or an ISO date) that a notebook computed; None where it could not be."""

    value: float | str | None
    unit: str


Quantities = Mapping[str, Quantity]


@dataclass(frozen=True)
class Printed:
    """What must hold for one finding: the printed value, its precision, and the rule.

    `printed` is a number, a pair (low, high), `fall`, `rise` or an ISO date, by rule. `members` are
    the quantities that are compared, each by itself. `decides` says whether the claim's verdict
    rests on it; a finding that does not is a cross-check. `applies_to` gives the parameter values
    under which the printed value means anything.
    """

    id: str
    statement: str
    printed: Any
    printed_text: str
    unit: str
    rule: str
    members: tuple[str, ...]
    precision: float = 1.0
    tolerance: float = 0.0
    decides: bool = True
    why: str = ""
    applies_to: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digits(self) -> int:
        return text.decimals(self.precision)


@dataclass(frozen=True)
class Claim:
    """One checkable statement of the article.

    One entry of the ledger is none: the collection, whose notebook shows all claims together. It
    has no findings, and no verdict is made for it.
    """

    id: str
    title: str
    paraphrase: str
    asserted_by: str
    asserted_on: str
    published_in: str
    kind: str
    notebook: str | None
    tables: tuple[str, ...]
    findings: tuple[Printed, ...]

    @property
    def collects(self) -> bool:
        """Whether this is the collection, which shows the claims' results and asserts nothing."""
        return self.kind == COLLECTION


@dataclass(frozen=True)
class Finding:
    """A printed value, the reproduced quantities, and what the rule made of them."""

    rule: Printed
    members: Mapping[str, float | str | None]
    outcomes: Mapping[str, str]
    verdict: str
    reason: str = ""

    @property
    def reproduced(self) -> float | str | None | list[float]:
        """One value, or [lowest, highest] of several members; None where nothing was computed."""
        known = [value for value in self.members.values() if value is not None]
        if len(self.members) == 1 or len(known) < 2 or isinstance(known[0], str):
            return known[0] if known else None
        numbers = [float(value) for value in known]
        return [min(numbers), max(numbers)]

    @property
    def reproduced_text(self) -> str:
        # One digit more than was printed, so that a reader sees how the rounding went.
        digits = self.rule.digits + 2
        value = self.reproduced
        if isinstance(value, list):
            low, high = (text.amount(v, self.rule.unit, digits) for v in value)
            return tell("{low} to {high}", low=low, high=high)
        return text.amount(value, self.rule.unit, digits)


def claims() -> list[Claim]:
    """All claims of the ledger, in its order. Raises LedgerError where the file says too little."""
    ledger = _ledger()
    article = ledger["article"]
    where = f"{article['publisher']}, “{article['title']}”, {article['date']}"
    return [_claim(entry, where) for entry in ledger["claims"]]


def claim(claim_id: str) -> Claim:
    """One claim by its id; LedgerError names the ids there are."""
    known = {entry.id: entry for entry in claims()}
    if claim_id not in known:
        raise LedgerError(f"no claim {claim_id!r} in the ledger: there are {', '.join(known)}")
    return known[claim_id]


def collection() -> Claim | None:
    """The page that shows all claims together; None where the ledger declares none.

    Raises LedgerError where its entry says too little.
    """
    ledger = _ledger()
    entry = ledger.get(COLLECTION)
    if entry is None:
        return None
    article = ledger["article"]
    try:
        return Claim(
            id=entry["id"],
            title=entry["title"],
            paraphrase=" ".join(entry["paraphrase"].split()),
            asserted_by="",
            asserted_on="",
            published_in=f"{article['publisher']}, “{article['title']}”, {article['date']}",
            kind=COLLECTION,
            notebook=entry["notebook"],
            tables=(),
            findings=(),
        )
    except (KeyError, TypeError) as error:
        raise LedgerError(
            f"data/claims.yml: `{COLLECTION}` must have id, title, paraphrase and notebook "
            f"({error})"
        ) from error


def address() -> str | None:
    """Where the reports are published, without a slash at the end; None where nobody says.

    It is `url` of the collection. Raises LedgerError unless it is a whole address of the web.
    """
    stated = (_ledger().get(COLLECTION) or {}).get("url")
    if stated is None:
        return None
    parts = urlsplit(str(stated))
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise LedgerError(
            f"data/claims.yml: `url` of `{COLLECTION}` is where the reports are published, such as "
            f"https://example.org/reports, not {stated!r}"
        )
    return str(stated).rstrip("/")


def subjects() -> list[Claim]:
    """Everything that a notebook is about: the claims, then the collection where there is one."""
    whole = collection()
    return [*claims(), *([whole] if whole else [])]


def subject(subject_id: str) -> Claim:
    """A claim or the collection by its id; LedgerError names the ids there are."""
    known = {entry.id: entry for entry in subjects()}
    if subject_id not in known:
        raise LedgerError(f"no claim {subject_id!r} in the ledger: there are {', '.join(known)}")
    return known[subject_id]


def article() -> Mapping[str, str]:
    """Publisher, title, date and link of the article whose claims these are."""
    return dict(_ledger()["article"])


def language() -> str:
    """The language that reports are made in: what the collection says, else `en`."""
    return str((_ledger().get(COLLECTION) or {}).get("language", "en"))


def judge(rule: Printed, quantities: Quantities, parameters: Mapping[str, Any]) -> Finding:
    """Compare the quantities that a rule names with the printed value.

    Each member is judged by itself: all hold -> holds; some -> holds in part; none -> does not
    hold; none could be computed -> cannot be tested. Nothing is compared when a parameter differs
    from what the printed value is about.
    """
    values = {name: _known(quantities.get(name)) for name in rule.members}
    for name, meant in rule.applies_to.items():
        if name in parameters and _plain(parameters[name]) != _plain(meant):
            reason = tell(
                "the printed value is about {name} = {value}", name=name, value=_plain(meant)
            )
            outcomes = dict.fromkeys(values, UNTESTED)
            return Finding(rule, values, outcomes, UNTESTED, reason)
    outcomes = {
        name: UNTESTED if value is None else HOLDS if _meets(rule, value) else FAILS
        for name, value in values.items()
    }
    absent = [name for name, value in values.items() if value is None]
    reason = tell("not computed: {names}", names=", ".join(absent)) if absent else ""
    if any(name not in quantities for name in absent):
        # The reader did not ask for them, which `why` cannot know.
        reason = ". ".join(part for part in (reason, rule.why) if part)
    else:
        reason = rule.why or reason
    return Finding(rule, values, outcomes, combine(outcomes.values()), reason)


def judge_all(claim: Claim, quantities: Quantities, parameters: Mapping[str, Any]) -> list[Finding]:
    """The findings of a claim, in the ledger's order."""
    return [judge(rule, quantities, parameters) for rule in claim.findings]


def pick(findings: Iterable[Finding], finding_id: str) -> Finding:
    """The finding of that id. Raises LedgerError where there is none."""
    for finding in findings:
        if finding.rule.id == finding_id:
            return finding
    raise LedgerError(f"there is no finding {finding_id!r} among those of this claim")


def verdict(findings: Iterable[Finding]) -> str:
    """The verdict of a claim: that of its deciding findings together."""
    return combine(finding.verdict for finding in findings if finding.rule.decides)


def combine(verdicts: Iterable[str]) -> str:
    """One verdict from several.

    All alike -> that one. Failures and untestable ones without a success -> does not hold.
    Anything else -> holds in part. None at all -> cannot be tested.
    """
    found = set(verdicts)
    if not found:
        return UNTESTED
    if len(found) == 1:
        return found.pop()
    return FAILS if found == {FAILS, UNTESTED} else IN_PART


def said_of(verdict: str, count: int) -> str:
    """A verdict as it is said of one (`does not hold`) or of several (`do not hold`)."""
    many = {
        HOLDS: mark("hold"),
        IN_PART: mark("hold in part"),
        FAILS: mark("do not hold"),
    }
    return word(verdict if count == 1 else many.get(verdict, verdict))


def result(
    claim: Claim,
    parameters: Mapping[str, Any],
    findings: Sequence[Finding],
    quantities: Quantities,
    key_numbers: Sequence[tuple[str, str]] = (),
    summary: str = "",
) -> dict[str, Any]:
    """What a notebook publishes: the content of `results.json`, as plain JSON values.

    `key_numbers` (value with unit, what it is) and `summary` are what the verdict box shows. The
    collection, which is no claim, has None for its verdict.
    Numbers keep 10 significant digits: more than any printed value needs, fewer than would let the
    last bit of a processor's arithmetic into the file.
    """
    return {
        "claim": claim.id,
        "title": claim.title,
        "verdict": None if claim.collects else verdict(findings),
        "summary": summary,
        "key_numbers": [{"value": value, "label": label} for value, label in key_numbers],
        "parameters": {name: _plain(value) for name, value in parameters.items()},
        "findings": [
            {
                "id": finding.rule.id,
                "statement": finding.rule.statement,
                "printed": _json(finding.rule.printed),
                "printed_text": finding.rule.printed_text,
                "reproduced": _json(finding.reproduced),
                "reproduced_text": finding.reproduced_text,
                "members": {name: _json(value) for name, value in finding.members.items()},
                "unit": finding.rule.unit,
                "rule": finding.rule.rule,
                "precision": finding.rule.precision,
                "tolerance": finding.rule.tolerance,
                "decides": finding.rule.decides,
                "verdict": finding.verdict,
                "reason": finding.reason,
            }
            for finding in findings
        ],
        "quantities": {
            name: {"value": _json(quantity.value), "unit": quantity.unit}
            for name, quantity in sorted(quantities.items())
        },
    }


def rule_text(rule: Printed) -> str:
    """The rule in words, for the claim table."""
    each = tell("each value") if len(rule.members) > 1 else tell("the value")
    if rule.rule == "date":
        date = tell("{value} is the printed date", value=each)
        if not rule.tolerance:
            return date
        return tell("{is_date}, at most {days:g} days off", is_date=date, days=rule.tolerance)
    grain = text.amount(rule.precision, rule.unit, rule.digits)
    within = f", ± {_slack(rule)}" if rule.tolerance else ""
    return {
        "range": tell(
            "{value}, rounded to {grain}, lies in the printed range{within}",
            value=each,
            grain=grain,
            within=within,
        ),
        "amount": tell(
            "{value}, rounded to {grain}, equals the printed one{within}",
            value=each,
            grain=grain,
            within=within,
        ),
        "count": tell("{value} equals the printed number", value=each),
        "direction": tell("{value} is {change}", value=each, change=direction_text(rule)),
        "at_least": tell("{value} is at least the printed one", value=each),
        "at_most": tell("{value} is at most the printed one", value=each),
    }[rule.rule]


def direction_text(rule: Printed) -> str:
    """`a fall of more than 5 %`, as a rule of direction asks for."""
    if not rule.tolerance:
        return tell("a fall") if rule.printed == "fall" else tell("a rise")
    if rule.printed == "fall":
        return tell("a fall of more than {size}", size=_slack(rule))
    return tell("a rise of more than {size}", size=_slack(rule))


def _slack(rule: Printed) -> str:
    return text.amount(rule.tolerance, rule.unit, text.decimals(rule.tolerance or 1))


def _known(quantity: Quantity | None) -> float | str | None:
    """The value; None where there is none, or where the arithmetic gave no number."""
    value = None if quantity is None else quantity.value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _meets(rule: Printed, value: float | str) -> bool:
    if rule.rule == "date":
        apart = dt.date.fromisoformat(str(value)) - dt.date.fromisoformat(str(rule.printed))
        return abs(apart.days) <= rule.tolerance
    exact = float(value)
    near = text.rounded(exact, rule.precision)
    if rule.rule == "direction":
        change = -exact if rule.printed == "fall" else exact
        return change > rule.tolerance
    if rule.rule == "range":
        low, high = map(float, rule.printed)
        return low - rule.tolerance - _HAIR <= near <= high + rule.tolerance + _HAIR
    printed = float(rule.printed)
    if rule.rule == "count":
        return exact == printed
    if rule.rule == "at_least":
        return exact >= printed
    if rule.rule == "at_most":
        return exact <= printed
    return abs(near - printed) <= rule.tolerance + _HAIR


def _ledger() -> Mapping[str, Any]:
    path = paths.data_folder() / "claims.yml"
    try:
        ledger = _parsed(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise LedgerError(f"data/claims.yml cannot be read: {error}") from error
    if not isinstance(ledger, dict) or not {"article", "claims"} <= set(ledger):
        raise LedgerError("data/claims.yml must have the entries `article` and `claims`")
    return ledger


@functools.lru_cache(maxsize=4)
def _parsed(text: str) -> Any:
    # Asked for with every report; libyaml's parser, where it is there, gives the same in a tenth.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _claim(entry: Mapping[str, Any], where: str) -> Claim:
    try:
        findings = tuple(_printed(entry["id"], item) for item in entry["findings"])
        return Claim(
            id=entry["id"],
            title=entry["title"],
            paraphrase=" ".join(entry["paraphrase"].split()),
            asserted_by=entry["asserted_by"],
            asserted_on=_plain(entry["asserted_on"]),
            published_in=entry.get("published_in", where),
            kind=entry["kind"],
            notebook=entry.get("notebook"),
            tables=tuple(entry.get("tables", ())),
            findings=findings,
        )
    except KeyError as error:
        raise LedgerError(
            f"data/claims.yml: claim {entry.get('id', '?')} lacks the entry {error}"
        ) from error


def _printed(claim_id: str, item: Mapping[str, Any]) -> Printed:
    if item["rule"] not in RULES:
        raise LedgerError(
            f"data/claims.yml: {claim_id}/{item['id']} has the rule {item['rule']!r}; "
            f"there are {', '.join(RULES)}"
        )
    members = item.get("members")
    names = tuple(f"{item['quantity']}.{m}" for m in members) if members else (item["quantity"],)
    printed = item["printed"]
    return Printed(
        id=item["id"],
        statement=" ".join(item["statement"].split()),
        printed=tuple(printed) if isinstance(printed, list) else _plain(printed),
        printed_text=item["printed_text"],
        unit=item["unit"],
        rule=item["rule"],
        members=names,
        precision=float(item.get("precision", 1)),
        tolerance=float(item.get("tolerance", 0)),
        decides=bool(item.get("decides", True)),
        why=" ".join(item.get("why", "").split()),
        applies_to={name: _plain(value) for name, value in item.get("applies_to", {}).items()},
    )


def _plain(value: Any) -> Any:
    """Dates as ISO text, tuples as lists: what JSON and YAML can both say."""
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if isinstance(value, numbers.Integral):
        return bool(value) if isinstance(value, bool) else int(value)
    if isinstance(value, numbers.Real):
        return float(f"{float(value):.10g}") if math.isfinite(value) else None
    return value
