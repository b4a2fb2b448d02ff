"""What a notebook puts on the page: escaped, described, rounded, machine-readable."""

import base64
import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from claimbook import data, ledger, outputs, show
from claimbook.charts.chart import Chart, house_style, new_figure
from claimbook.ledger import Printed, Quantity
from claimbook.reports import sections

NASTY = "<script>alert('&')</script>"
BY = Printed(
    id="range",
    statement="Each share fell 4 % to 12 %.",
    printed=(-12, -4),
    printed_text="fell 4 % to 12 %",
    unit="percent",
    rule="range",
    members=("r.A", "r.B"),
)
FALLS = {"r.A": Quantity(-11.89, "percent"), "r.B": Quantity(-3.23, "percent")}


def shown(act: Callable[[], None]) -> Any:
    """The one output that `act` displays, through a real IPython shell."""
    InteractiveShell.instance()
    with capture_output() as captured:
        act()
    assert captured.stdout == ""
    assert len(captured.outputs) == 1
    return captured.outputs[0]


class Reader(HTMLParser):
    """Tags in order with their attributes, and the text; fails on tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, words: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(words)

    def classes(self) -> set[str]:
        return {c for _, attrs in self.tags for c in (attrs.get("class") or "").split()}

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


class Tags(HTMLParser):
    """Tags in order with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def html(act: Callable[[], None]) -> Reader:
    output = shown(act)
    assert output.data["text/plain"]
    return Reader(output.data["text/html"])


def test_a_sentence_is_markdown_and_text() -> None:
    output = shown(lambda: show.say("It fell 3 %."))
    assert output.data == {"text/markdown": "It fell 3 %.", "text/plain": "It fell 3 %."}


def test_the_claim_table_has_a_row_a_finding() -> None:
    claim = ledger.claim("miner-drop")
    page = html(lambda: show.claim_table(claim))
    assert page.count("tr") == 1 + len(claim.findings)
    assert page.count("caption") == 1
    words = " ".join(page.words)
    assert f"Asserted by {claim.asserted_by}." in words
    assert "fell 4 % to 12 %" in words
    assert ("decides" in page.words) == ("cross-check" in page.words) is True


def test_coverage_names_edition_span_zone_basis_and_gaps() -> None:
    book = data.read(["bitcoin_hourly", "tickers", "jpm_mining_economics"])
    page = html(lambda: show.coverage(book))
    words = " ".join(page.words)
    assert f"Edition {book.name}." in words
    assert "3,722" in page.words
    assert "2024-11-13 to 2025-04-17" in words
    assert "UTC, start of bar" in words
    assert "none known" in words
    assert page.count("tr") == 4


@pytest.mark.parametrize("verdict", ledger.VERDICTS)
def test_the_verdict_box_says_the_computed_verdict(verdict: str) -> None:
    falls = {
        ledger.HOLDS: (-5.0, -6.0),
        ledger.IN_PART: (-5.0, -3.0),
        ledger.FAILS: (-1.0, -2.0),
        ledger.UNTESTED: (None, None),
    }[verdict]
    quantities = {f"r.{k}": Quantity(v, "percent") for k, v in zip("AB", falls, strict=True)}
    cross = replace(BY, id="cross", decides=False)
    findings = [ledger.judge(rule, quantities, {}) for rule in (BY, cross)]
    claim = ledger.claim("miner-drop")
    page = html(lambda: show.verdict(claim, findings, [("5 %", "largest fall")], f"So {NASTY}."))
    words = " ".join(page.words)
    assert f"verdict-{verdict.replace(' ', '-')}" in page.classes()
    assert f"Computed from 1 deciding finding: 1 {verdict}." in words
    assert NASTY in words
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.count("dt") == page.count("dd") == 1


def test_a_finding_shows_how_each_value_was_rounded_and_how_far_off_it_is() -> None:
    found = ledger.judge(BY, FALLS, {})
    page = html(lambda: show.finding(found))
    words = " ".join("".join(page.words).split())
    assert "Reproduced: −11.89 % to −3.23 %. Printed: fell 4 % to 12 %." in words
    assert re.search(r"Rounded to 1 %: A −12 %; B −3 %, 1 [%a-z ]+ off\.", words)
    assert "Finding: holds in part." in words
    assert page.tags[0][1]["id"] == "finding-range"
    assert "finding-holds-in-part" in page.classes()


def test_a_cross_check_says_so_and_an_untested_finding_says_why() -> None:
    found = ledger.judge(replace(BY, decides=False), {}, {})
    words = "".join(html(lambda: show.finding(found)).words)
    assert "This cannot be tested: not computed: r.A, r.B." in words
    assert "(a cross-check; it does not decide the verdict)" in words


@pytest.mark.parametrize(
    ("rule", "value", "detail"),
    [
        (replace(BY, rule="amount", printed=37, unit="bn USD", precision=0.1), 35.04,
         "Rounded to 0.1 bn USD: 35.0 bn USD, 2.0 bn USD off."),
        (replace(BY, rule="amount", printed=-6.87, precision=0.01), -6.868,
         "Rounded to 0.01 %: −6.87 %."),
        (replace(BY, rule="direction", printed="fall"), -3.0, "Reproduced: −3.00 %."),
        (replace(BY, rule="date", printed="2025-06-30", unit="date"), "2025-06-30",
         "Reproduced: 2025-06-30."),
    ],
)  # fmt: skip
def test_the_detail_of_a_single_value(rule: Printed, value: float | str, detail: str) -> None:
    single = replace(rule, members=("x",))
    found = ledger.judge(single, {"x": Quantity(value, single.unit)}, {})
    words = " ".join("".join(html(lambda: show.finding(found)).words).split())
    assert detail in words


def test_a_direction_of_several_counts_those_that_went_that_way() -> None:
    rule = replace(BY, rule="direction", printed="fall", tolerance=10.0)
    found = ledger.judge(rule, FALLS, {})
    words = " ".join("".join(html(lambda: show.finding(found)).words).split())
    assert "1 of 2 values show a fall of more than 10 %." in words


def test_findings_stand_side_by_side() -> None:
    findings = [ledger.judge(BY, FALLS, {}), ledger.judge(replace(BY, decides=False), {}, {})]
    page = html(lambda: show.findings_table(findings))
    assert page.count("tr") == 3
    assert {"holds in part", "cannot be tested", "cross-check"} <= set(page.words)


def test_all_text_is_escaped() -> None:
    rule = replace(BY, statement=NASTY, printed_text=NASTY, members=("x",))
    claim = replace(
        ledger.claim("miner-drop"), findings=(rule,), asserted_by=NASTY, published_in=NASTY
    )
    found = ledger.judge(rule, {"x": Quantity(-5.0, "percent")}, {})
    frame = pd.DataFrame({NASTY: [NASTY]}, index=pd.Index([NASTY], name=NASTY))
    for act in (
        lambda: show.claim_table(claim),
        lambda: show.finding(found),
        lambda: show.findings_table([found]),
        lambda: show.verdict(claim, [found], [(NASTY, NASTY)], NASTY),
        lambda: show.table(frame, NASTY, units={NASTY: NASTY}),
    ):
        page = html(act)
        assert "script" not in {tag for tag, _ in page.tags}
        assert NASTY in " ".join(page.words)


def test_a_table_has_units_headings_and_missing_cells() -> None:
    frame = pd.DataFrame(
        {
            "close": [1234.567, np.nan],
            "blocks": [7, 8],
            "share": [0.12345, -0.5],
            "day": pd.to_datetime(["2025-03-26", None]),
            "time": pd.to_datetime(["2025-03-26 15:30", "2025-03-26 16:00"]),
            "known": [True, False],
            "count": pd.array([1, None], dtype="Int64"),
            "note": ["a", None],
        },
        index=pd.Index(["MARA", "RIOT"], name="Share"),
    )
    page = html(
        lambda: show.table(frame, "Closes", units={"close": "USD"}, digits={"share": 1, "close": 2})
    )
    heads = [attrs for tag, attrs in page.tags if tag == "th"]
    assert [h["scope"] for h in heads] == ["col"] * 9 + ["row"] * 2
    assert page.words[:4] == ["Closes", "Share", "close (USD)", "blocks"]
    cells = page.words[-18:]
    assert cells == [
        *("MARA", "1,234.57", "7", "0.1", "2025-03-26", "2025-03-26 15:30", "yes", "1", "a"),
        *("RIOT", "not known", "8", "−0.5", "not known", "2025-03-26 16:00", "no"),
        *("not known", "not known"),
    ]
    numeric = [tag for tag, attrs in page.tags if attrs.get("class") == "number"]
    assert numeric.count("th") == 4  # close, blocks, share, count


def test_a_figure_carries_its_words_its_size_and_its_data() -> None:
    values = pd.DataFrame(
        {"return": [-11.8912345678, 0.1 + 0.2, np.nan], "n": [1, 2, 3]},
        index=pd.Index(["CORZ", "MARA", "HUT"], name="ticker"),
    )
    with house_style():
        figure = new_figure(2.0)
        figure.subplots().plot([1, 2, 3])
    alt = "A line that rises from 1 to 3."
    output = shown(lambda: show.figure(Chart("rise", figure, alt, values)))
    assert output.metadata["text/html"] == {"figure": "rise"}
    ((tag, image),) = Tags(output.data["text/html"]).found
    assert tag == "img"
    assert image["alt"] == output.data["text/plain"] == alt
    assert (image["width"], image["height"]) == ("640", "200")
    kind, _, content = str(image["src"]).partition(",")
    assert kind == "data:image/svg+xml;base64"
    svg = base64.b64decode(content).decode()
    assert svg.startswith("<svg ")
    assert "Matplotlib" not in svg  # no software
    assert not re.search(r"20\d\d-\d\d", svg)  # no date
    rows = list(csv.reader(io.StringIO(output.data["text/csv"])))
    assert rows == [
        ["ticker", "return", "n"],
        ["CORZ", "-11.8912", "1"],
        ["MARA", "0.3", "2"],
        ["HUT", "", "3"],
    ]


def test_equal_figures_give_equal_bytes() -> None:
    def drawn() -> str:
        with house_style():
            figure = new_figure(2.0)
            figure.subplots().plot([1, 3, 2])
        frame = pd.DataFrame({"y": [1.0]})
        output = shown(lambda: show.figure(Chart("a", figure, "alt", frame)))
        return str(output.data["text/html"])

    assert drawn() == drawn()


def test_the_result_is_published_for_programs() -> None:
    claim = replace(ledger.claim("miner-drop"), findings=(BY,))
    findings = ledger.judge_all(claim, FALLS, {})
    numbers = [("11.89 %", "largest fall")]
    output = shown(
        lambda: show.publish(claim, {"days": 5}, findings, FALLS, numbers, "In a sentence.")
    )
    content = output.data[outputs.RESULT_MIME]
    assert content == json.loads(json.dumps(content))
    assert content == ledger.result(claim, {"days": 5}, findings, FALLS, numbers, "In a sentence.")
    assert content["verdict"] == ledger.IN_PART
    assert output.data["text/plain"] == "Published: holds in part, 1 findings, 2 quantities."


def test_tables_are_set_for_jupyterlab_and_the_page_takes_that_off() -> None:
    frame = pd.DataFrame({"n": [1]}, index=pd.Index(["a"], name="letter"))
    html = shown(lambda: show.table(frame, "Letters")).data["text/html"]
    assert html.startswith(outputs.LAB)
    assert "<style" not in sections.Tables("x").boxed(html)
