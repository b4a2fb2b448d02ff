"""A second language is an entry of words.yml: no word of a page stands in template or code."""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2
import made_versions
import pytest
import small_project
import test_pages
import yaml

from claimbook import ledger
from claimbook.errors import LanguageError
from claimbook.reports import (
    claim_page,
    diff_page,
    frame,
    index_page,
    page,
    recipe,
    sweep,
    sweep_page,
)
from claimbook.reports.shelf import Shelf

# Values that are no words of ours, or that a program compares.
KEPT = {"lang", "dir", "publisher"}
# Read aloud or shown on hovering.
SPOKEN = ("aria-label", "title", "alt", "placeholder")


def bracketed(value: Any, key: str = "") -> Any:
    """Every text in brackets; the places for values in it stay."""
    if isinstance(value, Mapping):
        return {
            name: item if name in KEPT else bracketed(item, name) for name, item in value.items()
        }
    if isinstance(value, list):
        return [bracketed(item) for item in value]
    return f"⟦{value}⟧" if isinstance(value, str) else value


class Words(HTMLParser):
    """The texts of a page's body that a reader sees or hears, outside of code and data."""

    VOID = ("meta", "img", "br", "input", "link", "hr")
    SILENT = ("script", "style", "code", "pre", "svg")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.inside.append(tag)
        self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not set(self.SILENT) & set(self.inside):
            self.found += [data.strip()] if re.search(r"[^\W\d_]{2}", data) else []


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All pages in a language of brackets that runs from right to left."""
    english = yaml.safe_load((frame.TEMPLATE / "words.yml").read_text(encoding="utf-8"))["en"]
    spoken = {**bracketed(english), "lang": "qps", "dir": "rtl"}
    # Headings that notebooks are matched by are the notebooks' own words.
    spoken["provenance_heading"] = "Provenance"
    for made in (frame.environment, page._exporter):
        made.cache_clear()
    monkeypatch.setattr(frame, "words", lambda: spoken)
    yield
    for made in (frame.environment, page._exporter):
        made.cache_clear()


def own(html: str, others: str) -> list[str]:
    """Texts of the page that are neither in brackets nor said by ledger, notebook or record."""
    known = re.sub(r"\s+", " ", others)
    return [
        text
        for text in Words(html).found
        if "⟦" not in text and re.sub(r"\s+", " ", text).strip(" .:;,·#") not in known
    ]


def test_a_report_has_no_word_of_its_own(pseudo: None) -> None:
    html = page.render(test_pages.notebook(), test_pages.manifest(), test_pages.results())
    root = re.search(r"<html[^>]*>", html)
    assert root is not None
    assert 'lang="qps"' in root[0]
    assert 'dir="rtl"' in root[0]
    said = repr(
        [
            test_pages.notebook(),
            test_pages.manifest(),
            test_pages.results(),
            ledger.article(),
            test_pages.CSV,
            "claimbook notebook.ipynb results.json manifest.json Provenance modules / show.py",
        ]
    )
    said += re.sub(r"<[^>]+>", " ", test_pages.TABLE) + test_pages.ALT
    assert own(html, said.replace("\\n", " ") + " Prices & moves ") == []


def test_failure_and_catalogue_have_no_word_of_their_own(pseudo: None) -> None:
    claim = ledger.claim(test_pages.CLAIM)
    error = {"cell": 1, "name": "DataError", "message": "no table", "traceback": "x"}
    html = page.render_failure(claim, {"days": 5}, error, test_pages.notebook())
    said = repr([claim, ledger.article(), error, "claimbook"])
    assert own(html, said) == []
    catalogue = test_pages.catalogue()
    html = index_page.render(catalogue)
    verdicts = [v[:1].upper() + v[1:] for v in ledger.VERDICTS]
    assert own(html, repr([catalogue, ledger.VERDICTS, verdicts, "claimbook days = 9"])) == []


def test_the_page_of_a_claim_has_no_word_of_its_own(pseudo: None) -> None:
    shown = test_pages.history()
    html = claim_page.render(shown)
    verdicts = [v[:1].upper() + v[1:] for v in ledger.VERDICTS]
    assert own(html, repr([shown, verdicts, "claimbook days = 9"])) == []


def test_a_comparison_has_no_word_of_its_own(small: Path, pseudo: None) -> None:
    shelf = Shelf(small / "reports")
    for number, verdict in enumerate(("holds", "does not hold"), start=1):
        change = made_versions.module(number)
        made_versions.publish(shelf, number, verdict=verdict, change=change, shade=number)
    new, old = shelf.versions("fell")
    html = diff_page.render(diff_page.of(old, new), old, new)
    verdicts = [v[:1].upper() + v[1:] for v in ledger.VERDICTS]
    said = repr([old, new, verdicts, "claimbook shade → percent"])
    # The words for each picture are its chart's own.
    drawn = " ".join(f"A bar of shade {shade} of 255, as high as the fall." for shade in (1, 2))
    assert own(html, said + drawn) == []


@pytest.mark.filterwarnings("ignore:Glyph")  # a drawing's letters have no such brackets
def test_the_page_of_a_sweep_has_no_word_of_its_own(small: Path, pseudo: None) -> None:
    swept = sweep.Sweep(
        "both",
        "TITLE",
        "ABOUT",
        ledger.claim("fell"),
        {name: recipe.of(ledger.claim("fell"), given) for name, given in (("ONE", {}),
         ("TWO", {"times": 2.0}))},
        (sweep.Compared("change_pct", "LABEL", 1, None, None),),
    )  # fmt: skip
    results = {
        "ONE": {"verdict": "holds", "quantities": {"change_pct": {"value": -10.0, "unit": "1"}}},
        "TWO": None,
    }
    html = sweep_page.render(swept, results)
    said = repr([swept, "claimbook ONE TWO times = 2.0 value low high report"])
    # What the drawing says is the chart's own.
    drawn = "One dot a report Dot plot of lABEL: ONE −10.0; TWO not known"
    assert own(html, said + drawn) == []


def test_the_pages_speak_the_ledgers_language(small: Path) -> None:
    assert frame.words()["lang"] == "en"
    more = "collection: {id: all, title: A, paraphrase: B, notebook: 0.ipynb, language: eo}\n"
    before = recipe.of(ledger.claim("fell")).version
    claims = small / "data" / "claims.yml"
    claims.write_text(small_project.CLAIMS + more, encoding="utf-8")
    with pytest.raises(LanguageError, match=r"'eo', for which .*words.yml has no entry; it has en"):
        frame.words()
    assert recipe.of(ledger.claim("fell")).version != before  # its words are on the page
    claims.write_text("nothing", encoding="utf-8")
    assert frame.words()["lang"] == "en"  # whoever asks for a claim says what is wrong


def test_a_template_needs_no_word_that_the_file_lacks() -> None:
    english = yaml.safe_load((frame.TEMPLATE / "words.yml").read_text(encoding="utf-8"))["en"]
    used = set()
    for file in frame.TEMPLATE.glob("*.j2"):
        used |= set(re.findall(r"\bw\.(\w+)", file.read_text(encoding="utf-8")))
        jinja2.Environment().parse(file.read_text(encoding="utf-8"))
    assert used <= set(english)
    script = (frame.TEMPLATE / "script.js").read_text(encoding="utf-8")
    assert set(re.findall(r"\bwords\.(\w+)", script)) <= set(english["script"])
