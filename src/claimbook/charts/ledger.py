"""The ledger at a glance: claims, their findings, and what became of each. Computes nothing."""

import textwrap
from collections import Counter
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Patch, Rectangle

from claimbook import ledger, text
from claimbook.charts import chart
from claimbook.charts.chart import Chart, house_style, new_figure
from claimbook.language import tell, tell_many, word

# The colours of the page's verdicts. Each comes with a mark of its own, so that none is needed.
COLOURS = {
    ledger.HOLDS: "#17655a",
    ledger.IN_PART: "#9a6a10",
    ledger.FAILS: "#a2371d",
    ledger.UNTESTED: "#4d5760",
}
_MARKS = {ledger.IN_PART: "½", ledger.UNTESTED: "?"}

_ROW = 0.5  # inches a claim takes
_LABEL = 40  # characters of a question in a line
_FIRST = 2.42  # where the findings begin, inches from the left
_STEP = 0.245  # from one finding to the next
_WORD = 6.02  # where the verdict's word begins
_WIDTH = 7.1


def at_a_glance(findings: pd.DataFrame, source: str) -> Chart:
    """A row a claim, a mark a finding: squares decide the verdict, circles are cross-checks.

    `findings` has a row a finding: claim, question, verdict, finding, weight (`decides` or
    `cross-check`, empty where nothing is published) and outcome, one of the ledger's verdicts.
    """
    claims = list(dict.fromkeys(findings["claim"]))
    deciding = findings[findings["weight"] == "decides"].groupby("claim").size()
    others = findings[findings["weight"] == "cross-check"].groupby("claim").size()
    second = _FIRST + _STEP * max(deciding.max() if len(deciding) else 1, 3) + 0.12
    step = min(_STEP, (_WORD - second - 0.1) / max(others.max() if len(others) else 1, 1))
    with house_style():
        figure = new_figure(_ROW * len(claims) + 1.6)
        ax = figure.subplots()
        ax.set_xlim(-0.03, _WIDTH)
        ax.set_ylim(len(claims) * _ROW + 0.32, -0.3)
        ax.set_aspect("equal", anchor="W")
        ax.set_axis_off()
        heads = (_FIRST, tell("decide")), (second, tell("cross-checks")), (_WORD, tell("verdict"))
        for x, head in heads:
            ax.text(x, -0.12, head, fontsize=7.5, color=chart.MUTED, va="center")
        for number, claim in enumerate(claims):
            rows = findings[findings["claim"] == claim]
            _row(ax, rows, (number + 0.5) * _ROW, second, step)
            ax.axhline(number * _ROW, color=chart.GRID, linewidth=0.7)
        ax.axhline(len(claims) * _ROW, color=chart.GRID, linewidth=0.7)
        _key(ax, len(claims) * _ROW + 0.22)
        chart.title(
            figure,
            tell("Every claim and every finding"),
            tell(
                "One mark a finding. Squares decide the verdict; circles are "
                "cross-checks that do not."
            ),
        )
        chart.source(figure, source)
    return Chart("at-a-glance", figure, _alt(findings, claims), findings.set_index("claim"))


def _row(ax: Axes, rows: pd.DataFrame, y: float, second: float, step: float) -> None:
    lines = textwrap.wrap(rows["question"].iloc[0], _LABEL, max_lines=3, placeholder=" …")
    ax.text(0, y, "\n".join(lines), fontsize=7.4, va="center", linespacing=1.18, color=chart.INK)
    for weight, start, apart in (("decides", _FIRST, _STEP), ("cross-check", second, step)):
        outcomes = rows.loc[rows["weight"] == weight, "outcome"]
        for place, outcome in enumerate(outcomes):
            _mark(ax, start + 0.1 + place * apart, y, outcome, decides=weight == "decides")
    verdict = rows["verdict"].iloc[0]
    if verdict in COLOURS:
        ax.text(
            _WORD, y, verdict, fontsize=8.5, va="center", fontweight="semibold",
            color=COLOURS[verdict],
        )  # fmt: skip
    else:
        ax.text(_WORD, y, tell("no verdict here"), fontsize=8, va="center", color=chart.MUTED)


def _mark(ax: Axes, x: float, y: float, outcome: str, *, decides: bool) -> None:
    """A filled shape with the outcome's mark in it, so that it reads without colour."""
    colour = COLOURS[outcome]
    shape: Patch
    if decides:
        shape = Rectangle((x - 0.1, y - 0.1), 0.2, 0.2, facecolor=colour, edgecolor="none")
    else:
        shape = Circle((x, y), 0.085, facecolor=colour, edgecolor="none")
    ax.add_patch(shape)
    size = 0.045 if decides else 0.037
    white: dict[str, Any] = {"color": "white", "linewidth": 1.2, "solid_capstyle": "round"}
    if outcome == ledger.HOLDS:
        ax.plot([x - size, x - size / 4, x + size], [y, y + size * 0.8, y - size * 0.9], **white)
    elif outcome == ledger.FAILS:
        ax.plot([x - size, x + size], [y - size, y + size], **white)
        ax.plot([x - size, x + size], [y + size, y - size], **white)
    else:
        ax.text(
            x, y + 0.004, _MARKS[outcome], fontsize=8 if decides else 7, color="white",
            ha="center", va="center_baseline", fontweight="semibold",
        )  # fmt: skip


def _key(ax: Axes, y: float) -> None:
    x = 0.1
    for outcome in ledger.VERDICTS:
        _mark(ax, x, y, outcome, decides=True)
        ax.text(x + 0.16, y, word(outcome), fontsize=8, va="center", color=chart.INK)
        x += 0.52 + 0.068 * len(outcome)


def _alt(findings: pd.DataFrame, claims: list[str]) -> str:
    known = findings[findings["weight"] != ""]
    parts = []
    for claim in claims:
        rows = findings[findings["claim"] == claim]
        said = [f"{claim}: {word(str(rows['verdict'].iloc[0]))}"]
        for weight in ("decides", "cross-check"):
            outcomes = Counter(rows.loc[rows["weight"] == weight, "outcome"])
            if count := outcomes.total():
                listed = [
                    f"{outcomes[v]} {ledger.said_of(v, outcomes[v])}"
                    for v in ledger.VERDICTS
                    if outcomes[v]
                ]
                counted = (
                    tell_many("{count} finding decides", "{count} findings decide", count)
                    if weight == "decides"
                    else tell_many("{count} cross-check", "{count} cross-checks", count)
                )
                said.append(f"{counted} ({text.listed(listed)})")
        parts.append(", ".join(said))
    return tell(
        "Grid of {claims} claims and {findings} findings. {parts}.",
        claims=len(claims),
        findings=len(known),
        parts="; ".join(parts),
    )
