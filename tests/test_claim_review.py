"""The fact check that machines read, against schema.org's own definition of its types."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import small_project
from test_pages import manifest, notebook, results

from claimbook import ledger
from claimbook.errors import LedgerError
from claimbook.reports import changes, page, recipe

TYPES = json.loads(
    (Path(__file__).parent / "reference" / "schema_org" / "types.json").read_text(encoding="utf-8")
)


def ancestors(name: str) -> list[str]:
    """The type itself and all that it is a kind of."""
    found = [name]
    while found[-1] in TYPES["parents"]:
        found.append(TYPES["parents"][found[-1]])
    return found


def fits(value: Any, kind: str) -> bool:
    if isinstance(value, dict):
        return kind in ancestors(value.get("@type", ""))
    if kind == "Number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str) or not value.strip():
        return False
    if kind == "Date":
        return re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None and bool(
            dt.date.fromisoformat(value)
        )
    if kind == "URL":
        # A search engine takes no address that is not whole.
        parts = urlsplit(value)
        return parts.scheme in ("https", "http") and bool(parts.netloc) and " " not in value
    return kind == "Text"


def faults(thing: dict[str, Any], where: str = "") -> Iterator[str]:
    """What schema.org does not know of a thing, and what a fact check must not lack."""
    kind = thing.get("@type", "")
    if kind not in TYPES["parents"]:
        yield f"{where}: no type {kind!r}"
        return
    known = {
        name: kinds
        for ancestor in ancestors(kind)
        for name, kinds in TYPES["properties"].get(ancestor, {}).items()
    }
    for name, value in thing.items():
        if name.startswith("@"):
            continue
        if name not in known:
            yield f"{where}{kind} has no property {name!r}"
            continue
        if not any(fits(value, allowed) for allowed in known[name]):
            yield f"{where}{name} must be one of {known[name]}, not {value!r}"
        if isinstance(value, dict):
            yield from faults(value, f"{where}{name}.")
    for name in TYPES["required"].get(kind, []):
        if name not in thing:
            yield f"{where}{kind} needs {name!r}"


ADDRESS = "https://example.org/reports"


def rendered(**changes: Any) -> str:
    return page.render(notebook(), manifest(address=ADDRESS), results(**changes))


def review(html: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    return dict(json.loads(text))


@pytest.mark.parametrize("verdict", ledger.VERDICTS)
def test_the_review_of_every_verdict_is_valid(verdict: str) -> None:
    found = review(rendered(verdict=verdict))
    assert list(faults(found)) == []
    assert found["@context"] == "https://schema.org"
    rating = found["reviewRating"]
    if "ratingValue" in rating:
        assert rating["worstRating"] <= rating["ratingValue"] <= rating["bestRating"]


@pytest.mark.parametrize("claim", [c.id for c in ledger.claims() if c.notebook and not c.collects])
def test_the_review_of_every_claim_is_valid(claim: str) -> None:
    about = ledger.claim(claim)
    made = manifest(claim=claim, address=ADDRESS)
    found = review(page.render(notebook(), made, results(claim=claim, title=about.title)))
    assert list(faults(found)) == []
    assert found["itemReviewed"]["author"]["name"] == about.asserted_by
    # Before the check, and after nothing: the claim is older than the data it is checked with.
    assert found["itemReviewed"]["datePublished"] <= found["datePublished"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"claimReviewed": None}, "claimReviewed must be"),
        ({"verdict": "holds"}, "no property 'verdict'"),
        ({"datePublished": "yesterday"}, "datePublished must be"),
        ({"author": {"@type": "Rating", "alternateName": "x"}}, "author must be"),
        ({"reviewRating": {"@type": "Rating"}}, "needs 'alternateName'"),
        ({"url": "a b"}, "url must be"),
    ],
)
def test_the_check_can_fail(change: dict[str, Any], said: str) -> None:
    assert any(said in fault for fault in faults(review(rendered()) | change))


def test_the_check_misses_what_is_missing() -> None:
    found = review(rendered())
    del found["url"]
    assert list(faults(found)) == ["ClaimReview needs 'url'"]


def test_the_address_is_whole_or_not_there() -> None:
    """Where nobody says where the reports are published, the page knows no address of its own."""
    made = manifest()
    found = review(rendered())
    assert found["url"] == f"{ADDRESS}/{made['claim']}/{made['version']}/index.html"
    without = review(page.render(notebook(), made, results()))
    assert list(faults(without)) == ["ClaimReview needs 'url'"]
    relative = found | {"url": "index.html"}
    assert any("url must be" in fault for fault in faults(relative))


def test_the_ledger_says_where_the_reports_are_published(small: Path) -> None:
    before = recipe.of(ledger.claim("fell"))
    assert ledger.address() is None
    assert "address" not in before.ingredients
    collection = (
        "collection: {id: all, title: All, paraphrase: All., notebook: 00.ipynb, url: %s}\n"
    )
    claims = small / "data" / "claims.yml"
    claims.write_text(small_project.CLAIMS + collection % f"{ADDRESS}/", encoding="utf-8")
    after = recipe.of(ledger.claim("fell"))
    # It is on the page, so it is in the version's name.
    assert after.ingredients["address"] == ADDRESS
    assert after.version != before.version
    (said,) = changes.between(before.ingredients, after.ingredients)
    assert said.said == "Published at is recorded now"
    for wrong in ("reports", "ftp://example.org/", "https:///x", "https://example.org/?a=b"):
        claims.write_text(small_project.CLAIMS + collection % wrong, encoding="utf-8")
        with pytest.raises(LedgerError, match="where the reports are published"):
            recipe.of(ledger.claim("fell"))
