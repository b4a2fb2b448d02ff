"""The rules at, inside and outside their boundaries; verdicts; the ledger file itself."""

import itertools
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook import data, ledger, paths, text
from claimbook.errors import LedgerError
from claimbook.ledger import FAILS, HOLDS, IN_PART, UNTESTED, Finding, Printed, Quantity

Edit = Callable[[str], str]


def rule(kind: str, printed: Any, **changes: Any) -> Printed:
    base = Printed(
        id="a",
        statement="It is so.",
        printed=printed,
        printed_text=str(printed),
        unit="percent",
        rule=kind,
        members=("x",),
    )
    return replace(base, **changes)


def outcome(by: Printed, value: float | str | None) -> str:
    return ledger.judge(by, {"x": Quantity(value, by.unit)}, {}).verdict


RANGE = rule("range", (-12.0, -4.0))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-11.89, HOLDS),  # rounds to −12
        (-3.23, FAILS),  # rounds to −3
        (-12.0, HOLDS),
        (-12.49999, HOLDS),
        (-12.5, FAILS),  # a half goes away from zero, to −13
        (-4.0, HOLDS),
        (-3.5, HOLDS),  # a half goes away from zero, to −4
        (-3.49999, FAILS),
        (-8.0, HOLDS),
        (4.0, FAILS),
        (0.0, FAILS),
    ],
)
def test_range_rounds_to_the_printed_precision_first(value: float, expected: str) -> None:
    assert outcome(RANGE, value) == expected


def test_range_with_tolerance_reaches_as_far_as_it_says() -> None:
    wide = rule("range", (0.8, 1.2), precision=0.1, tolerance=0.1)
    # 0.8 − 0.1 is a hair above 0.7 in floats; the rule means 0.7.
    assert [outcome(wide, v) for v in (0.64, 0.65, 0.7, 1.3, 1.34, 1.35)] == [
        *(FAILS, HOLDS, HOLDS, HOLDS, HOLDS, FAILS)
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-6.87, HOLDS), (-6.865, HOLDS), (-6.8749, HOLDS), (-6.8649, FAILS), (-6.875, FAILS)],
)
def test_amount_equals_after_rounding(value: float, expected: str) -> None:
    assert outcome(rule("amount", -6.87, precision=0.01), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(36.0, HOLDS), (38.04, HOLDS), (38.05, FAILS), (35.95, HOLDS)]
)
def test_amount_within_its_tolerance(value: float, expected: str) -> None:
    assert outcome(rule("amount", 37, precision=0.1, tolerance=1.0), value) == expected


@pytest.mark.parametrize(("value", "expected"), [(200.0, HOLDS), (200.4, FAILS), (199, FAILS)])
def test_count_is_exact(value: float, expected: str) -> None:
    assert outcome(rule("count", 200), value) == expected


@pytest.mark.parametrize(
    ("printed", "tolerance", "value", "expected"),
    [
        ("fall", 10, -10.0, FAILS),
        ("fall", 10, -10.01, HOLDS),
        ("fall", 10, 10.01, FAILS),
        ("rise", 10, 10.01, HOLDS),
        ("rise", 10, 10.0, FAILS),
        ("rise", 0, 0.0, FAILS),
        ("fall", 0, 0.0, FAILS),
        ("fall", 0, -0.0004, HOLDS),  # unrounded: a small fall is a fall
    ],
)
def test_direction_asks_for_more_than_the_tolerance(
    printed: str, tolerance: float, value: float, expected: str
) -> None:
    assert outcome(rule("direction", printed, tolerance=tolerance), value) == expected


@pytest.mark.parametrize(
    ("kind", "below", "at", "above"),
    [("at_least", FAILS, HOLDS, HOLDS), ("at_most", HOLDS, HOLDS, FAILS)],
)
def test_bounds_are_compared_unrounded(kind: str, below: str, at: str, above: str) -> None:
    by = rule(kind, 37.6, precision=0.1)
    assert [outcome(by, v) for v in (37.59, 37.6, 37.61)] == [below, at, above]


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2025-06-28", HOLDS), ("2025-07-02", HOLDS), ("2025-06-27", FAILS), ("2025-07-03", FAILS)],
)
def test_date_within_days(day: str, expected: str) -> None:
    assert outcome(rule("date", "2025-06-30", tolerance=2.0), day) == expected


def test_exact_date_without_tolerance() -> None:
    assert outcome(rule("date", "2025-06-30"), "2025-06-30") == HOLDS
    assert outcome(rule("date", "2025-06-30"), "2025-07-01") == FAILS


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf, np.float64("nan")])
def test_what_could_not_be_computed_cannot_be_tested(missing: float | None) -> None:
    for by in (RANGE, rule("direction", "fall"), rule("at_most", 1), rule("amount", 1)):
        found = ledger.judge(by, {"x": Quantity(missing, "percent")}, {})
        assert found.verdict == UNTESTED
        assert found.reason == "not computed: x"
        assert found.reproduced is None


def test_a_quantity_the_notebook_never_computed_cannot_be_tested() -> None:
    found = ledger.judge(RANGE, {}, {})
    assert (found.verdict, found.reason) == (UNTESTED, "not computed: x")


def test_each_member_is_judged_by_itself() -> None:
    by = replace(RANGE, members=("m.A", "m.B", "m.C"))
    values = {"m.A": Quantity(-5.0, "percent"), "m.B": Quantity(-3.0, "percent")}
    found = ledger.judge(by, values, {})
    assert found.outcomes == {"m.A": HOLDS, "m.B": FAILS, "m.C": UNTESTED}
    assert found.verdict == IN_PART
    assert found.reproduced == [-5.0, -3.0]
    assert found.reason == "not computed: m.C"


def test_nothing_is_compared_under_other_parameters() -> None:
    by = replace(RANGE, applies_to={"event_date": "2025-03-26"})
    values = {"x": Quantity(-8.0, "percent")}
    assert ledger.judge(by, values, {"event_date": "2025-03-26"}).verdict == HOLDS
    assert ledger.judge(by, values, {"days": 5}).verdict == HOLDS
    found = ledger.judge(by, values, {"event_date": "2025-01-27"})
    assert found.verdict == UNTESTED
    assert found.reason == "the printed value is about event_date = 2025-03-26"
    assert found.members == {"x": -8.0}


# -- verdicts of several


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], UNTESTED),
        ([HOLDS], HOLDS),
        ([HOLDS, HOLDS], HOLDS),
        ([HOLDS, FAILS], IN_PART),
        ([HOLDS, UNTESTED], IN_PART),
        ([FAILS, UNTESTED], FAILS),
        ([UNTESTED, UNTESTED], UNTESTED),
        ([IN_PART, FAILS], IN_PART),
        ([IN_PART, UNTESTED], IN_PART),
        ([HOLDS, FAILS, UNTESTED], IN_PART),
    ],
)
def test_combine(verdicts: list[str], expected: str) -> None:
    assert ledger.combine(verdicts) == expected


@given(st.lists(st.sampled_from(ledger.VERDICTS), min_size=1, max_size=6))
def test_combine_knows_no_order_and_no_repetition(verdicts: list[str]) -> None:
    combined = ledger.combine(verdicts)
    assert combined in ledger.VERDICTS
    assert combined == ledger.combine(reversed(verdicts)) == ledger.combine(verdicts * 2)
    assert (combined == HOLDS) == (set(verdicts) == {HOLDS})
    assert combined != FAILS or not {HOLDS, IN_PART} & set(verdicts)


def test_only_deciding_findings_make_the_verdict() -> None:
    def found(verdict: str, *, decides: bool) -> Finding:
        return Finding(replace(RANGE, decides=decides), {}, {}, verdict)

    assert ledger.verdict([found(HOLDS, decides=True), found(FAILS, decides=False)]) == HOLDS
    assert ledger.verdict([found(FAILS, decides=True), found(HOLDS, decides=False)]) == FAILS
    assert ledger.verdict([found(HOLDS, decides=False)]) == UNTESTED


# -- properties of the rules


cents = st.integers(-1_000_000, 1_000_000).map(lambda n: n / 100)


@given(cents, cents, cents)
def test_a_wider_range_never_fails_what_a_narrower_one_passes(
    value: float, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    if outcome(rule("range", (low, high), precision=0.01), value) == HOLDS:
        assert outcome(rule("range", (low - 1, high + 1), precision=0.01), value) == HOLDS


@given(cents, st.sampled_from([0.01, 0.1, 1.0, 5.0]))
def test_an_amount_always_holds_against_its_own_rounding(value: float, precision: float) -> None:
    printed = text.rounded(value, precision)
    assert outcome(rule("amount", printed, precision=precision), value) == HOLDS


@given(cents, st.floats(0, 100))
def test_nothing_both_rises_and_falls(value: float, tolerance: float) -> None:
    both = [outcome(rule("direction", d, tolerance=tolerance), value) for d in ("rise", "fall")]
    assert both.count(HOLDS) <= 1
    if abs(value) > tolerance:
        assert both.count(HOLDS) == 1


# -- what is published


def test_result_is_plain_json_with_no_nan() -> None:
    claim = ledger.claim("miner-drop")
    odd: list[Any] = [np.float64(-1 / 3), np.int64(-5), math.nan, None, math.inf]
    quantities = {
        name: Quantity(value, "percent")
        for name, value in zip(
            (m for f in claim.findings for m in f.members),
            itertools.cycle(odd),
            strict=False,
        )
    }
    findings = ledger.judge_all(claim, quantities, {})
    content = ledger.result(claim, {"tickers": ("A", "B")}, findings, quantities, [("1 %", "x")])
    again = json.loads(json.dumps(content, allow_nan=False))
    assert again["parameters"] == {"tickers": ["A", "B"]}
    assert set(again) == {
        *("claim", "title", "verdict", "summary", "key_numbers", "parameters"),
        *("findings", "quantities"),
    }
    assert {q["value"] for q in again["quantities"].values()} == {-0.3333333333, -5, None}
    assert list(again["quantities"]) == sorted(again["quantities"])
    for entry in again["findings"]:
        assert entry["verdict"] in ledger.VERDICTS
        assert {"id", "statement", "printed", "reproduced", "unit", "rule"} <= set(entry)


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (RANGE, "rounded to 1\N{NO-BREAK SPACE}%, lies in the printed range"),
        (
            rule("amount", 37, unit="bn USD", precision=0.1, tolerance=1.0),
            "± 1",
        ),
        (rule("direction", "fall", tolerance=10.0), "fall of more than 10\N{NO-BREAK SPACE}%"),
        (rule("date", "2025-06-30", tolerance=2.0), "the printed date, at most 2 days off"),
        (rule("count", 200, unit="MW"), "equals the printed number"),
        (rule("at_least", 80), "at least the printed one"),
        (rule("at_most", 80), "at most the printed one"),
    ],
)
def test_the_rule_in_words(by: Printed, words: str) -> None:
    assert words in ledger.rule_text(by)
    assert ledger.rule_text(by).startswith("the value")
    assert ledger.rule_text(replace(by, members=("a", "b"))).startswith("each value")


# -- the ledger file


def test_the_ledger_holds_the_seven_claims() -> None:
    assert [claim.id for claim in ledger.claims()] == [
        *("miner-drop", "halving-revenue", "ai-upside", "ai-dependence", "price-pressure"),
        *("hosting-pivot", "microsoft-pullback"),
    ]


def test_every_claim_says_enough() -> None:
    _, tables = data.open_edition()
    for claim in ledger.claims():
        assert claim.title.endswith("?")
        assert claim.asserted_by
        assert claim.paraphrase.endswith(".")
        assert claim.tables
        assert set(claim.tables) <= set(tables)
        ids = [finding.id for finding in claim.findings]
        assert len(set(ids)) == len(ids)
        assert any(finding.decides for finding in claim.findings)
        assert claim.kind in ("range", "direction", "amount", "count", "date")
        for finding in claim.findings:
            assert finding.statement.endswith(".")
            assert ledger.rule_text(finding)
            assert "  " not in finding.statement


def test_the_article_is_named() -> None:
    article = ledger.article()
    assert article["publisher"] == "Cointelegraph"
    assert str(article["date"]) == "2025-03-26"


def test_an_unknown_claim_names_those_there_are() -> None:
    with pytest.raises(LedgerError, match=r"no claim 'nope' .* miner-drop, halving-revenue"):
        ledger.claim("nope")


def drop_line(start: str) -> Edit:
    def edit(source: str) -> str:
        lines = source.splitlines(keepends=True)
        first = next(i for i, line in enumerate(lines) if line.lstrip().startswith(start))
        return "".join(lines[:first] + lines[first + 1 :])

    return edit


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            lambda source: source.replace("rule: range", "rule: roughly", 1),
            r"miner-drop/range-at-close has the rule 'roughly'; there are range, amount",
        ),
        (drop_line("title: Did six"), "miner-drop lacks the entry 'title'"),
        (drop_line("printed_text:"), "miner-drop lacks the entry 'printed_text'"),
        (drop_line("rule: range"), "miner-drop lacks the entry 'rule'"),
        (lambda source: "claims: [", "cannot be read"),
        (lambda source: "- a\n- b\n", "must have the entries `article` and `claims`"),
        (lambda source: "", "must have the entries `article` and `claims`"),
    ],
)
def test_a_ledger_that_says_too_little_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: Edit, sentence: str
) -> None:
    (tmp_path / "data").mkdir()
    copy = tmp_path / "data" / "claims.yml"
    shutil.copy(paths.data_folder() / "claims.yml", copy)
    copy.write_text(edit(copy.read_text()))
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    with pytest.raises(LedgerError, match=sentence):
        ledger.claims()
