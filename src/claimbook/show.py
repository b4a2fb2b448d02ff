"""What a notebook puts on the page: verdict, figures, tables, sentences.

Every function displays and returns None, so a cell never ends in a stray value. All text is made
from computed values; the HTML is plain and semantic, styled by the report's page and readable
without it (JupyterLab, GitHub).
"""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import display

from claimbook import ledger, text
from claimbook.charts import chart as charts
from claimbook.charts.chart import Chart
from claimbook.data import Edition
from claimbook.language import mark, tell, tell_many, word
from claimbook.ledger import Claim, Finding, Printed, Quantities
from claimbook.outputs import EXPLORABLE_MIME, LAB, RESULT_MIME


def say(sentence: str) -> None:
    """One computed sentence or paragraph (Markdown); a marked one is told here."""
    told = word(sentence)
    _display({"text/markdown": told, "text/plain": told})


def claim_table(claim: Claim) -> None:
    """The printed values of a claim, with unit, precision and rule, from the ledger."""
    rows = [
        [
            rule.statement,
            rule.printed_text,
            ledger.rule_text(rule),
            _weight(rule),
        ]
        for rule in claim.findings
    ]
    head = [
        tell("What would have to be true"),
        tell("As printed"),
        tell("Rule"),
        tell("Weight"),
    ]
    caption = tell(
        "Asserted by {who}. Published in {where}.",
        who=claim.asserted_by,
        where=claim.published_in,
    )
    _html(_table(head, rows, caption, kind="claim-table"), caption)


def coverage(edition: Edition) -> None:
    """The edition, and for each table read: rows, first and last date, zone, basis, known gaps."""
    rows = []
    for name, frame in edition.items():
        about = edition.tables[name].descriptor
        when = next((c for c in ("date", "start_utc", "as_of", "month") if c in frame), None)
        span = (
            "–"
            if when is None
            else tell(
                "{first:%Y-%m-%d} to {last:%Y-%m-%d}",
                first=frame[when].min(),
                last=frame[when].max(),
            )
        )
        rows.append(
            [name, text.number(len(frame), 0), span, about["timezone"], about["basis"],
             " ".join(about.get("gaps", [])) or tell("none known")]
        )  # fmt: skip
    head = [
        tell("Table"),
        tell("Rows"),
        tell("From, to"),
        tell("Time zone"),
        tell("Basis"),
        tell("Known gaps"),
    ]
    caption = text.sentences(
        tell("Edition {name}.", name=edition.name),
        edition.note,
        tell("Every table matched its recorded SHA-256 and schema."),
    )
    _html(_table(head, rows, caption, kind="coverage"), caption)


def verdict(
    claim: Claim, findings: Sequence[Finding], key_numbers: Sequence[tuple[str, str]], summary: str
) -> None:
    """The verdict box: the computed verdict, two or three key numbers, one computed sentence.

    `key_numbers` are pairs (number with unit, what it is).
    """
    outcome = ledger.verdict(findings)
    decided = [f for f in findings if f.rule.decides]
    counts = ", ".join(
        f"{sum(f.verdict == v for f in decided)} {word(v)}"
        for v in ledger.VERDICTS
        if any(f.verdict == v for f in decided)
    )
    numbers = "".join(
        f"<div class='key-number'><dt>{escape(label)}</dt>"
        f"<dd><strong>{escape(value)}</strong></dd></div>"
        for value, label in key_numbers
    )
    slug = outcome.replace(" ", "-")
    basis = tell_many(
        "Computed from {count} deciding finding: {verdicts}.",
        "Computed from {count} deciding findings: {verdicts}.",
        len(decided),
        verdicts=counts,
    )
    html = (
        f"<section class='verdict verdict-{slug}' aria-label='{escape(tell('Verdict'))}'>"
        f"<p class='verdict-word'><span>{escape(tell('Verdict:'))}</span> "
        f"<strong>{escape(word(outcome))}</strong></p>"
        f"<p class='verdict-summary'>{escape(summary)}</p>"
        f"<dl class='key-numbers'>{numbers}</dl>"
        f"<p class='verdict-basis'>{escape(basis)}</p>"
        "</section>"
    )
    said = f"{tell('Verdict:')} {word(outcome)}. {summary} "
    plain = said + "; ".join(f"{n}: {v}" for v, n in key_numbers)
    _html(html, plain)


def finding(found: Finding) -> None:
    """The sentence a finding ends in: reproduced, printed, difference, how it was rounded."""
    rule = found.rule
    if found.verdict == ledger.UNTESTED:
        reason = (found.reason or tell("no value was computed")).rstrip(".")
        body = tell("This cannot be tested: {reason}.", reason=reason)
    else:
        reproduced = tell(
            "Reproduced: {reproduced}. Printed: {printed}.",
            reproduced=found.reproduced_text,
            printed=rule.printed_text,
        )
        body = f"{reproduced} {_detail(found)}"
        if found.reason:
            body += f" {found.reason}"
    weight = "" if rule.decides else f" {tell('(a cross-check; it does not decide the verdict)')}"
    heading, outcome = tell("Finding:"), word(found.verdict)
    html = (
        f"<p class='finding finding-{found.verdict.replace(' ', '-')}' id='finding-{rule.id}'>"
        f"<strong>{escape(rule.statement)}</strong> {escape(body)} "
        f"<span class='outcome'>{escape(heading)} <strong>{escape(outcome)}</strong>"
        f"{escape(weight)}.</span></p>"
    )
    _html(html, f"{rule.statement} {body} {heading} {outcome}{weight}.")


def findings_table(findings: Sequence[Finding]) -> None:
    """All findings of a claim side by side."""
    rows = [
        [f.rule.statement, f.rule.printed_text, f.reproduced_text, word(f.verdict), _weight(f.rule)]
        for f in findings
    ]
    head = [
        tell("Finding"),
        tell("Printed"),
        tell("Reproduced"),
        tell("Outcome"),
        tell("Weight"),
    ]
    plain = tell_many("{count} finding", "{count} findings", len(rows))
    _html(_table(head, rows, "", kind="findings"), plain)


def figure(chart: Chart, explorable: Mapping[str, Any] | None = None) -> None:
    """A figure with its alternative text, and the data behind it as CSV in the same output.

    `explorable` is what a script of the page needs to let a reader turn the figure: `script` names
    a file in `claimbook/charts/explorables`, the rest is its model. Elsewhere the figure stands
    still.
    """
    width, height = charts.size(chart.figure)
    image = base64.b64encode(charts.svg(chart.figure).encode()).decode("ascii")
    # An image element rather than an SVG output: JupyterLab would not show that one in a notebook
    # that nobody has run yet, and says no alternative text for it.
    bundle: dict[str, Any] = {
        "text/html": f'<img alt="{escape(chart.alt)}" width="{width}" height="{height}" '
        f'src="data:image/svg+xml;base64,{image}">',
        "text/plain": chart.alt,
        "text/csv": _rounded(chart.data).to_csv(lineterminator="\n"),
    }
    if explorable is not None:
        bundle[EXPLORABLE_MIME] = dict(explorable)
    _display(bundle, {"text/html": {"figure": chart.name}})


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    units: Mapping[str, str] | None = None,
    digits: int | Mapping[str, int] = 2,
) -> None:
    """A frame as a table: its index as row headings, its columns with units in the heads.

    `digits` are decimals for float columns, one number or by column. Missing cells say `not known`.
    Marked words (see `claimbook.language`) are told here: until now they are the frame's keys.
    """
    units = units or {}
    head = [word(str(frame.index.name or ""))]
    for column in map(str, frame.columns):
        heading = word(column)
        head.append(f"{heading} ({word(units[column])})" if column in units else heading)
    rows = []
    for label, row in zip(frame.index, frame.itertuples(index=False), strict=True):
        cells = [str(label) if isinstance(label, int) else _cell(label, 0)]
        for column, value in zip(frame.columns, row, strict=True):
            places = digits if isinstance(digits, int) else digits.get(str(column), 2)
            cells.append(_cell(value, places))
        rows.append(cells)
    numeric = [False] + [
        pd.api.types.is_numeric_dtype(t) and not pd.api.types.is_bool_dtype(t) for t in frame.dtypes
    ]
    _html(_table(head, rows, caption, kind="data", numeric=numeric), caption)


def publish(
    claim: Claim,
    parameters: Mapping[str, Any],
    findings: Sequence[Finding],
    quantities: Quantities,
    key_numbers: Sequence[tuple[str, str]],
    summary: str,
) -> None:
    """Write the result into the executed notebook, for `results.json`; always last."""
    content = ledger.result(claim, parameters, findings, quantities, key_numbers, summary)
    plain = (
        f"Published: {content['verdict'] or 'no verdict'}, {len(findings)} findings, "
        f"{len(quantities)} quantities."
    )
    _display({RESULT_MIME: content, "text/plain": plain})


def _detail(found: Finding) -> str:
    """How far off, and how the rounding went, member by member where there are several."""
    rule = found.rule
    if rule.rule == "direction":
        changed = sum(outcome == ledger.HOLDS for outcome in found.outcomes.values())
        if len(found.members) == 1:
            return ""
        return tell(
            "{part} of {all} values show {change}.",
            part=changed,
            all=len(found.members),
            change=ledger.direction_text(rule),
        )
    if rule.rule in ("date", "at_least", "at_most") or any(
        isinstance(v, str) for v in found.members.values()
    ):
        return ""
    grain = text.amount(rule.precision, rule.unit, rule.digits)
    apart = mark("percentage points") if rule.unit == "percent" else rule.unit
    parts = []
    for name, value in found.members.items():
        label = name.rpartition(".")[2] if len(found.members) > 1 else ""
        if value is None:
            parts.append(tell("{member} was not computed", member=label).strip())
            continue
        near = text.rounded(float(value), rule.precision)
        shown = text.amount(near, rule.unit, rule.digits)
        if rule.rule == "range":
            low, high = rule.printed
            off = min(near - low, 0) or max(near - high, 0)
        else:
            off = near - float(rule.printed)
        outside = found.outcomes[name] != ledger.HOLDS
        one = apart.replace("points", "point") if abs(off) == 1 else apart
        if outside and off:
            size = text.amount(abs(off), one, rule.digits)
            shown = tell("{value}, {size} off", value=shown, size=size)
        parts.append(f"{label} {shown}".strip())
    return tell("Rounded to {grain}: {values}.", grain=grain, values="; ".join(parts))


def _weight(rule: Printed) -> str:
    return tell("decides") if rule.decides else tell("cross-check")


def _cell(value: Any, digits: int) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return word(text.MISSING)
    if value is pd.NA:
        return word(text.MISSING)
    if isinstance(value, bool | np.bool_):
        return tell("yes") if value else tell("no")
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value == value.normalize() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return text.number(value, digits)
    if isinstance(value, int):
        return text.number(value, 0)
    return word(str(value))


def _table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    *,
    kind: str,
    numeric: Sequence[bool] | None = None,
) -> str:
    flags = numeric or [False] * len(head)
    mark = [" class='number'" if flag else "" for flag in flags]
    heads = "".join(f"<th scope='col'{m}>{escape(h)}</th>" for h, m in zip(head, mark, strict=True))
    body = "".join(
        "<tr>"
        + f"<th scope='row'>{escape(row[0])}</th>"
        + "".join(f"<td{m}>{escape(c)}</td>" for c, m in zip(row[1:], mark[1:], strict=True))
        + "</tr>"
        for row in rows
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f"{LAB}<table class='{kind}'>{title}<thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Six significant digits: what a figure can show, and equal on every processor."""
    kept = frame.copy()
    for column in kept.select_dtypes("float").columns:
        kept[column] = [float(f"{v:.6g}") if v == v else v for v in kept[column]]
    return kept


def _html(html: str, plain: str) -> None:
    _display({"text/html": html, "text/plain": plain})


def _display(bundle: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> None:
    display(dict(bundle), raw=True, metadata=dict(metadata or {}))  # type: ignore[no-untyped-call]
