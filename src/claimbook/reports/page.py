"""The page of one report version, and the page that stands in for a report that failed.

The page shows what a notebook published and what its manifest says. It computes nothing and knows
no subject: it goes by cell tags, headings, output types and the ledger's words.
"""

import datetime as dt
import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2
from markupsafe import Markup
from nbconvert import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from claimbook import ledger, parameters
from claimbook.errors import LedgerError
from claimbook.language import word
from claimbook.ledger import Claim
from claimbook.reports import frame, sections
from claimbook.reports.files import INDEX
from claimbook.reports.sections import Parts, Section

CATALOGUE = "../../index.html"  # seen from reports/<claim>/<version>/index.html
CATALOGUE_OF_FAILED = "../../../index.html"  # seen from reports/<claim>/failed/<name>/index.html
MACHINE = "parameters-and-data"
CLAIM = "claim"
IN_LINE = 6  # parameters named below the headline; the table has them all
RESERVED = ("verdict", CLAIM, MACHINE, "content", "words", "cite", "citation", "parameters")

_TO_REPORTS = re.compile(r"""(href=["'])\.\./reports/""")

# ClaimReview wants a number beside the words where the verdicts have an order.
RATINGS = {ledger.FAILS: 1, ledger.IN_PART: 2, ledger.HOLDS: 3}


def render(
    notebook: NotebookNode,
    manifest: Mapping[str, Any],
    results: Mapping[str, Any],
) -> str:
    """The complete HTML of one version of a report. The same input gives the same bytes.

    `results` is what `claimbook.ledger.result` made; `manifest` is shown as it is, whatever it
    holds beside `version`. Of other versions the page knows nothing: see `neighbours`.
    Raises RenderError where an image has no alternative text or the page would load something.
    """
    claim = ledger.subject(results["claim"])
    article = ledger.article()
    parts = sections.parts(notebook, reserved=RESERVED, prefix=claim.id)
    version = str(manifest["version"])
    edition = str(manifest.get("edition") or version.rpartition("-")[0] or version)
    title = str(results["title"])
    # None for the collection, which is no claim.
    verdict = word(results["verdict"]) if results["verdict"] else None
    spoken = frame.words()
    judged = "" if verdict else "_unjudged"
    listed = _parameters(parts, results["parameters"])
    ordered, provenance = _ordered(parts)
    facts, records, folded = _provenance(manifest)
    content = {
        "title": spoken[f"title{judged}"].format(title=frame.sentence(title), verdict=verdict),
        "description": results.get("summary") or claim.paraphrase,
        "home": f"{CATALOGUE}#{claim.id}",
        "headline": title,
        "judged": bool(verdict),
        "claim": claim,
        "article": article,
        "standfirst": _standfirst(parts),
        "edition": edition,
        "edition_note": manifest.get("edition_note", ""),
        "version": version,
        "parameters": listed,
        "parameter_line": _line(listed),
        "changed": sum(entry["changed"] for entry in listed),
        "parts": parts,
        "scripts": parts.scripts(),
        "sections": ordered,
        "provenance_anchor": provenance,
        "facts": facts,
        "record_tables": records,
        "folded_tables": folded,
        "citation": spoken[f"cite{judged}"].format(
            publisher=spoken["publisher"],
            title=frame.sentence(title),
            claim=claim.id,
            version=version,
            edition=frame.day(edition),
            verdict=verdict,
        ),
        "review": frame.json_block(_structured(claim, article, results, manifest, edition)),
    }
    html, _ = _exporter().from_notebook_node(notebook, resources={"page": content})
    # A notebook's way to another report, `../reports/…`, is this one from where the page lies.
    html = _TO_REPORTS.sub(r"\1../../", html)
    return frame.finished(html, f"the report {claim.id} {version}")


def render_failure(
    claim: Claim,
    parameters: Mapping[str, Any],
    error: Mapping[str, Any],
    notebook: NotebookNode | None = None,
) -> str:
    """The page that stands where a report would have stood, had its notebook run to the end.

    `error` has `cell` (counted from 1; 0 where no single cell is at fault), `name`, `message` and
    `traceback`.
    """
    spoken = frame.words()
    number = int(error.get("cell") or 0)
    cells = notebook.cells if notebook is not None else []
    content = {
        "title": spoken["failure_title"].format(title=frame.sentence(claim.title)),
        "description": spoken["failure_text"],
        "home": f"{CATALOGUE_OF_FAILED}#{claim.id}",
        "claim": claim,
        "article": ledger.article(),
        "parameters": parameters,
        "error": {name: error.get(name, "") for name in ("cell", "name", "message", "traceback")},
        "source": cells[number - 1].source if 0 < number <= len(cells) else "",
    }
    html = frame.environment().get_template("failure.html.j2").render(page=content)
    return frame.finished(html, f"the failure page of {claim.id}")


class _Exporter(HTMLExporter):  # type: ignore[misc]
    """nbconvert's exporter, with this project's template and escaping by default."""

    def _create_environment(self) -> jinja2.Environment:
        made: jinja2.Environment = super()._create_environment()  # type: ignore[no-untyped-call]
        made.bytecode_cache = frame.compiled()
        frame.configure(made)
        made.filters["prose"] = prose
        return made

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """As nbconvert's own, but for what it mends in the page when it is made.

        It reads the whole page once more to give images a text and cells a place in the order of
        the keyboard, which this template has given them.
        """
        lexer = nb.metadata.get("language_info", {}).get("name")
        self.register_filter("highlight_code", Highlight2HTML(pygments_lexer=lexer, parent=self))  # type: ignore[no-untyped-call]
        made: tuple[str, dict[str, Any]] = TemplateExporter.from_notebook_node(
            self, nb, resources, **kw
        )
        return made


@functools.cache
def _exporter() -> _Exporter:
    # Made once a process: reading templates and highlighters takes longer than a page does.
    return _Exporter(  # type: ignore[no-untyped-call]
        extra_template_basedirs=[str(frame.TEMPLATE.parent)],
        template_name=frame.TEMPLATE.name,
        template_file="report.html.j2",
        default_preprocessors=[],
    )


def prose(text: str) -> Markup:
    """Markdown as HTML. HTML inside it is shown as text, so a `<` in a sentence stays a `<`."""
    renderer = IPythonRenderer(escape=True, exclude_anchor_links=True)
    html: str = MarkdownWithMath(renderer=renderer).render(text)
    return Markup(html)


def _standfirst(parts: Parts) -> list[str]:
    """What the title cell says below its heading."""
    texts = [piece.content for piece in parts.of("title") if piece.kind == "markdown"]
    kept = [[line for line in text.splitlines() if not line.startswith("# ")] for text in texts]
    return [body for lines in kept if (body := "\n".join(lines).strip())]


def _parameters(parts: Parts, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Name, value here, default, meaning, what is allowed, and whether it was changed."""
    try:
        declared = {
            name: parameter
            for source in parts.sources.get("parameters", [])
            for name, parameter in parameters.of_source(source, "the notebook").items()
        }
    except LedgerError:
        declared = {}
    listed = []
    order = [*(n for n in declared if n in values), *(n for n in values if n not in declared)]
    for name in order:
        value = values[name]
        known = declared.get(name)
        listed.append(
            {
                "name": name,
                "value": value,
                "default": known.default if known else "",
                "help": known.help if known else "",
                "allowed": known.allowed if known else "",
                "changed": known is not None and value != known.default,
            }
        )
    return listed


def _line(listed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parameters for the line below the headline: the changed ones, and the first few."""
    room = IN_LINE - sum(entry["changed"] for entry in listed)
    plain = [entry for entry in listed if not entry["changed"]][: max(room, 0)]
    return [entry for entry in listed if entry["changed"] or entry in plain]


def _ordered(parts: Parts) -> tuple[list[Section], str]:
    """The sections below the first screen, and the anchor of the one that ends in the manifest.

    The claim table comes first, then the notebook's sections in order, with parameters, set-up and
    coverage just before the provenance.
    """
    spoken = frame.words()
    claim = Section(
        spoken["claim_heading"], CLAIM, parts.of("claim"), parts.sources.get("claim", [])
    )
    machine = Section(
        spoken["machine_heading"],
        MACHINE,
        parts.of("coverage"),
        [
            source
            for tag in ("parameters", "injected-parameters", "setup", "coverage", "publish")
            for source in parts.sources.get(tag, [])
        ],
    )
    own = [
        Section(s.heading or spoken["introduction"], s.anchor, s.pieces, s.code)
        for s in parts.sections
    ]
    last = [s for s in own if s.heading == spoken["provenance_heading"]][:1]
    ending = last or [
        Section(spoken["provenance_heading"], frame.slug(spoken["provenance_heading"]))
    ]
    first = [claim] if claim.pieces else []
    return [*first, *(s for s in own if s not in last), machine, *ending], ending[0].anchor


def _provenance(
    manifest: Mapping[str, Any],
) -> tuple[list[tuple[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """The manifest, whatever it holds: single facts, tables to show, tables to fold."""
    names = frame.words()["manifest_names"]
    facts: list[tuple[str, Any]] = []
    records: list[dict[str, Any]] = []
    folded: list[dict[str, Any]] = []
    for name, value in manifest.items():
        caption = names.get(name, name)
        if name == "parameters":
            continue  # they have a table of their own
        if isinstance(value, Mapping):
            rows = [{"name": key, "value": item} for key, item in _flat(value)]
            folded.append({"caption": caption, "columns": ["name", "value"], "rows": rows})
        elif isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value):
            columns = list(dict.fromkeys(key for row in value for key in row))
            records.append({"caption": caption, "columns": columns, "rows": value})
        else:
            facts.append((name, value))
    return facts, records, folded


def _flat(value: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Nested names joined by a slash."""
    flat: list[tuple[str, Any]] = []
    for key, item in value.items():
        if isinstance(item, Mapping):
            flat.extend(_flat(item, f"{before}{key} / "))
        else:
            flat.append((f"{before}{key}", item))
    return flat


def _structured(
    claim: Claim,
    article: Mapping[str, Any],
    results: Mapping[str, Any],
    manifest: Mapping[str, Any],
    edition: str,
) -> dict[str, Any]:
    """What a search engine reads: the review of a claim, or that the page collects reviews.

    It has the page's own address where the manifest says where the reports are published.
    """
    place = manifest.get("address")
    here = {"url": f"{place}/{claim.id}/{manifest['version']}/{INDEX}"} if place else {}
    if not claim.collects:
        return {**_review(claim, article, results, edition), **here}
    page: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "CollectionPage",
        "name": str(results["title"]),
        "description": results.get("summary") or claim.paraphrase,
        "inLanguage": frame.words()["lang"],
        "author": {"@type": "Organization", "name": frame.words()["publisher"]},
        "about": {"@type": "NewsArticle", "headline": str(article["title"])},
        **here,
    }
    return page | ({"datePublished": edition} if _is_date(edition) else {})


def _review(
    claim: Claim, article: Mapping[str, Any], results: Mapping[str, Any], edition: str
) -> dict[str, Any]:
    """The schema.org ClaimReview of a verdict."""
    verdict = str(results["verdict"])
    rating: dict[str, Any] = {"@type": "Rating", "alternateName": word(verdict)}
    if verdict in RATINGS:
        rating |= {"ratingValue": RATINGS[verdict], "worstRating": 1, "bestRating": 3}
    appearance = {
        "@type": "NewsArticle",
        "headline": str(article["title"]),
        "datePublished": str(article["date"]),
        "publisher": {"@type": "Organization", "name": str(article["publisher"])},
    }
    if article.get("link"):
        appearance["url"] = str(article["link"])
    review = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "claimReviewed": claim.paraphrase,
        "name": str(results["title"]),
        "inLanguage": frame.words()["lang"],
        "author": {"@type": "Organization", "name": frame.words()["publisher"]},
        "itemReviewed": {
            "@type": "Claim",
            "author": {"@type": "Organization", "name": claim.asserted_by},
            "datePublished": str(claim.asserted_on),
            "appearance": appearance,
        },
        "reviewRating": rating,
    }
    if results.get("summary"):
        review["reviewBody"] = results["summary"]
    if _is_date(edition):
        review["datePublished"] = edition
    return review


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True
