"""The pages a reader opens: structure, words for images, policy, escaping, determinism."""

import base64
import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jinja2
import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

from claimbook import ledger, remembered
from claimbook.errors import RenderError
from claimbook.outputs import RESULT_MIME
from claimbook.reports import claim_page, frame, index_page, page, sections

CLAIM = "miner-drop"
VERSION = "2026-07-31-0a1b2c3d"
# The smallest PNG there is: one pixel.
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ALT = "Bars of six falls; the largest is 11.9 percent, the smallest 3.2 percent."
CSV = "ticker,return_pct\n" + "".join(f"T{i:02},{-i / 4}\n" for i in range(40))
HOSTILE = "Is <script>alert(1)</script> & \"this\" a 'title'?"
PARAMETERS = (
    'event_date: str = "2025-03-26"  # the session studied; a session in bars_daily\n'
    "days: int = 5  # sessions on each side; from 2 to 20 sessions"
)
TABLE = (
    "<table class='data'><caption>Prices &amp; moves</caption><thead><tr>"
    "<th scope='col'>ticker</th><th scope='col' class='number'>move (%)</th></tr></thead><tbody>"
    "<tr><th scope='row'>AAA</th><td class='number'>−1.5</td></tr>"
    "<tr><th scope='row'>BBB</th><td class='number'>2.0</td></tr></tbody></table>"
)


def shown(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> NotebookNode:
    made: NotebookNode = new_output("display_data", data=data, metadata=metadata or {})
    return made


def picture(alt: str | None = ALT, name: str = "falls", table: str | None = CSV) -> NotebookNode:
    about: dict[str, Any] = {"width": 720, "height": 390, "name": name}
    if alt is not None:
        about["alt"] = alt
    data = {"image/png": PIXEL, "text/plain": "a figure"}
    if table is not None:
        data["text/csv"] = table
    return shown(data, {"image/png": about})


def code(source: str, tag: str = "", outputs: list[NotebookNode] | None = None) -> NotebookNode:
    metadata = {"tags": [tag]} if tag else {}
    made: NotebookNode = new_code_cell(
        source, metadata=metadata, outputs=outputs or [], execution_count=1
    )
    return made


def words(source: str, tag: str = "") -> NotebookNode:
    made: NotebookNode = new_markdown_cell(source, metadata={"tags": [tag]} if tag else {})
    return made


def results(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "claim": CLAIM,
        "title": "Did six shares fall 4 to 12 % with the news?",
        "verdict": "holds in part",
        "summary": "Five of six fell as printed.",
        "key_numbers": [{"value": "5 of 6", "label": "in the printed range"}],
        "parameters": {"event_date": "2025-03-26", "days": 5},
        "findings": [],
        "quantities": {},
    }
    return made | changes


def manifest(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "version": VERSION,
        "claim": CLAIM,
        "edition": "2026-07-31",
        "parameters": {"event_date": "2025-03-26", "days": 5},
        "python": "3.11",
        "tables": [{"name": "bars_daily", "sha256": "a1" * 32, "licence": "facts <none>"}],
        "packages": {"pandas": "3.0.0"},
        "hashes": {"notebook": "b2" * 32, "modules": {"show.py": "c3" * 32}},
    }
    return made | changes


def notebook(*extra: NotebookNode, main: NotebookNode | None = None) -> NotebookNode:
    verdict = (
        "<section class='verdict verdict-holds-in-part' aria-label='Verdict'>"
        "<p class='verdict-word'><span>Verdict:</span> <strong>holds in part</strong></p></section>"
    )
    made: NotebookNode = new_notebook(
        cells=[
            words("# Anything\n\nWho said it, where.\n\nWhat was said.", "title"),
            code(PARAMETERS, "parameters"),
            code("import pandas", "setup"),
            code("show.coverage(book)", "coverage", [shown({"text/html": "<p>COVERAGE</p>"})]),
            code("show.claim_table(claim)", "claim", [shown({"text/html": TABLE})]),
            code("show.verdict()", "verdict", [shown({"text/html": verdict})]),
            code("show.figure()", "main-figure", [main or picture()]),
            words("## Method\n\nWhy *before* how.\n\n## Method\n\nOnce more."),
            words("## What fell?"),
            code(
                "compute(1 < 2)",
                outputs=[
                    shown({"text/markdown": "A **computed** sentence, 1 < 2."}),
                    shown({"text/html": TABLE}),
                ],
            ),
            *extra,
            words("## Provenance\n\nFrom the manifest."),
            code(
                "show.publish()", "publish", [shown({RESULT_MIME: results(), "text/plain": "P!"})]
            ),
        ]
    )
    return made


def rendered(book: NotebookNode | None = None, **changes: Any) -> str:
    return page.render(book or notebook(), manifest(), results(**changes))


class Outline(HTMLParser):
    """Tags with their attributes and the text inside them, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in ("meta", "img", "link", "input", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def text(self, tag: str) -> str:
        return "".join(data for name, data in self.texts if name == tag)


def catalogue(**changes: Any) -> dict[str, Any]:
    def claim(name: str, status: str, **more: Any) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "id": name,
            "title": f"Is {name} so?",
            "paraphrase": f"They say {name}.",
            "asserted_by": "Someone",
            "asserted_on": "2025-03-26",
            "kind": "range",
            "notebook": None,
            "status": status,
            "verdict": None,
            "summary": None,
            "key_numbers": [],
            "latest": None,
            "reports": [],
        }
        return entry | more

    report = {
        "version": VERSION,
        "default": True,
        "parameters": {},
        "verdict": "does not hold",
        "edition": "2026-07-31",
        "path": f"a/{VERSION}/index.html",
    }
    other = report | {
        "version": "2026-07-31-ffffffff",
        "default": False,
        "parameters": {"days": 9},
        "verdict": "cannot be tested",
        "path": "a/2026-07-31-ffffffff/index.html",
    }
    failure = {
        "path": "b/failed/x/index.html",
        "default": True,
        "parameters": {},
        "cell": 3,
        "name": "DataError",
        "message": "no <such> table",
    }
    made: dict[str, Any] = {
        "article": {
            "publisher": "The Paper",
            "title": "News & <views>",
            "date": "2025-03-26",
            "link": "https://example.org/",
        },
        "edition": "2026-07-31",
        "claims": [
            claim(
                "a",
                "published",
                verdict="does not hold",
                summary="It fell by less.",
                key_numbers=[{"value": "−3 %", "label": "the fall"}],
                latest=VERSION,
                reports=[report, other],
            ),
            claim("b", "failed", failures=[failure]),
            claim("c", "no notebook yet"),
            claim("d", "not rendered"),
        ],
    }
    return made | changes


def history(**changes: Any) -> dict[str, Any]:
    """What the page of the claim `a` shows: its own report and one with other parameters."""
    whole = catalogue()
    report, other = whole["claims"][0]["reports"]
    nothing: dict[str, Any] = {"since": None, "changes": [], "findings": [], "compared": None}
    reports = [{**report, **nothing, "altered": {}}, {**other, **nothing, "altered": {"days": 9}}]
    entry = whole["claims"][0] | {"reports": reports, "failures": []} | changes
    return claim_page.content(entry, {VERSION: "2026-08-02T10:00:00+00:00"}, [], whole)


def all_pages() -> dict[str, str]:
    error = {"cell": 3, "name": "DataError", "message": "no table", "traceback": "line 1\nline 2"}
    return {
        "report": rendered(),
        "failure": page.render_failure(ledger.claim(CLAIM), {"days": 5}, error, notebook()),
        "catalogue": index_page.render(catalogue()),
        "claim": claim_page.render(history()),
    }


@pytest.mark.parametrize("kind", ["report", "failure", "catalogue", "claim"])
def test_every_page_is_one_complete_accessible_document(kind: str) -> None:
    html = all_pages()[kind]
    outline = Outline(html)
    assert html.startswith("<!DOCTYPE html>")
    assert outline.all("html") == [{"lang": "en", "dir": "ltr"}]
    for tag in ("main", "h1", "title", "footer"):
        assert len(outline.all(tag)) == 1, tag
    names = {a.get("name") for a in outline.all("meta")}
    assert {"viewport", "description"} <= names
    skip = next(a for a in outline.all("a") if a.get("class") == "skip")
    assert skip["href"] == "#content"
    assert outline.all("main")[0]["id"] == "content"
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    inside = {a["href"][1:] for a in outline.all("a") if a.get("href", "").startswith("#")}
    assert inside <= set(ids)


@pytest.mark.parametrize("kind", ["report", "failure", "catalogue", "claim"])
def test_policy_allows_the_one_style_and_script_and_nothing_else(kind: str) -> None:
    html = all_pages()[kind]
    policy = next(
        a["content"]
        for a in Outline(html).all("meta")
        if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.S)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    # A script with a type that is data does not run, so the policy need not name it.
    typed = {a.get("type", "") for a in Outline(html).all("script")}
    assert typed <= {"", "application/json", "application/ld+json"}
    # Inline styles and handlers would be refused, so none may be there.
    for _, attributes in Outline(html).tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("kind", ["report", "failure", "catalogue", "claim"])
def test_no_page_loads_anything(kind: str) -> None:
    html = all_pages()[kind]
    for tag, attributes in Outline(html).tags:
        for name in ("src", "srcset", "data", "poster"):
            assert attributes.get(name, "data:").startswith("data:"), (tag, attributes)
        assert tag not in ("link", "iframe", "object", "embed", "base")
    assert set(re.findall(r"url\(\"?([a-z]+:)", html)) == {"data:"}
    assert "@import" not in html


def test_verdict_numbers_and_main_figure_come_before_everything_else() -> None:
    html = rendered()
    order = [
        "data to 31 July 2026",
        "<h1>",
        "Who said it, where.",
        "verdict-holds-in-part",
        'id="figure-falls"',
        VERSION,
        "The claim, and what would make it true",
        'id="method"',
        'id="what-fell"',
        'id="parameters-and-data"',
        'id="provenance"',
    ]
    places = [html.index(text, html.index("<main")) for text in order]
    assert places == sorted(places)
    outline = Outline(html)
    title = outline.text("title")
    assert "Did six shares fall 4 to 12 % with the news?" in title
    assert "holds in part" in title
    headline = re.search(r"<h1>(.*?)</h1>", html, re.S)
    assert headline is not None
    assert re.sub("<[^>]+>", "", headline[1]) == results()["title"]


def test_contents_list_every_section_and_repeated_headings_get_their_own_anchor() -> None:
    html = rendered()
    contents = html[html.index('class="contents"') :]
    contents = contents[: contents.index("</nav>")]
    targets = re.findall(r'href="#([^"]+)"', contents)
    assert targets == [
        "verdict", "claim", "method", "method-2", "what-fell", "parameters-and-data", "provenance",
    ]  # fmt: skip
    for target in targets:
        assert f'id="{target}"' in html


def test_all_code_is_there_and_folded() -> None:
    html = rendered()
    for source in ("show.verdict", "show.figure", "show.claim_table", "compute", "show.publish"):
        name = source.rpartition(".")[2]
        assert name in html
    opened = [a for a in Outline(html).all("details") if "open" in a]
    assert len(opened) == 1  # the contents
    assert html.count("<pre>") == len(re.findall('class=" *highlight', html))
    for block in re.split(r'<div class=" *highlight', html)[1:]:
        before = html[: html.index(block)]
        assert before.count("<details") > before.count("</details")


def test_coverage_and_parameters_are_folded_below() -> None:
    html = rendered()
    room = html[html.index('id="parameters-and-data"') : html.index('id="provenance"')]
    fold = room[room.index("<details") : room.index("</details>")]
    for text in ("COVERAGE", "event_date", "sessions on each side", "from 2 to 20 sessions"):
        assert text in fold


def test_changed_parameters_are_marked() -> None:
    assert "changed-value" not in rendered().partition("<main")[2]
    html = rendered(parameters={"event_date": "2025-04-03", "days": 5}).partition("<main")[2]
    assert "1 of 2 parameters are not the defaults" in html
    marked = re.findall(r'class="changed-value"><code>([^<]*)</code>', html)
    assert marked == ["event_date = 2025-04-03"]


def test_an_image_has_its_words_its_data_and_its_downloads() -> None:
    html = rendered()
    (image,) = Outline(html).all("img")
    assert image["alt"] == ALT
    assert image["src"] == f"data:image/png;base64,{PIXEL}"
    assert html.count(ALT) == 2  # once for machines that read aloud, once for everyone
    link = next(a for a in Outline(html).all("a") if a.get("download") == "falls.csv")
    kind, _, data = link["href"].partition(",")
    assert kind == "data:text/csv;charset=utf-8"
    assert unquote(data) == CSV
    # The table on the page is cut, and says so; the download is whole.
    assert f"The first {sections.ROWS_SHOWN} of 40 rows" in html
    assert "T11" in html.partition("<main")[2].split('href="data:')[0]
    body = re.search(r"<tbody>\s*<tr><th scope=\"row\">T00.*?</tbody>", html, re.S)
    assert body is not None
    assert body[0].count("<tr>") == sections.ROWS_SHOWN
    assert "−2.75" in body[0]


def test_a_column_that_only_counts_is_not_shown_but_downloaded() -> None:
    table = ",day,value\n0,2025-01-01,1.5\n1,2025-01-02,2.5\n"
    html = rendered(notebook(main=picture(table=table)))
    figure = html[html.index('id="figure-falls"') :]
    head = re.search(r"<thead>(.*?)</thead>", figure, re.S)
    assert head is not None
    assert re.findall(r">([^<>]+)</th>", head[1]) == ["day", "value"]
    link = next(a for a in Outline(html).all("a") if a.get("download") == "falls.csv")
    rows = list(csv.reader(io.StringIO(unquote(link["href"].partition(",")[2]))))
    assert rows[1] == ["0", "2025-01-01", "1.5"]


@pytest.mark.parametrize("alt", [None, "", "   ", "<Figure size 640x480 with 1 Axes>", "a chart"])
def test_an_image_without_real_words_is_refused(alt: str | None) -> None:
    with pytest.raises(RenderError, match="'falls' has no text that says what it shows"):
        rendered(notebook(main=picture(alt=alt)))


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (f"<img src='data:image/png;base64,{PIXEL}'>", "no text that says"),
        ("<img src='https://example.org/a.png' alt='four words of text'>", "would load"),
        ("<script src='https://example.org/a.js'></script>", "would load"),
        ("<link rel='stylesheet' href='//example.org/a.css'>", "would load"),
        ("<iframe src='https://example.org/'></iframe>", "would load"),
    ],
)
def test_html_that_would_load_or_hide_something_is_refused(html: str, reason: str) -> None:
    with pytest.raises(RenderError, match=reason):
        rendered(notebook(code("x", outputs=[shown({"text/html": html})])))


def test_a_markdown_image_from_elsewhere_is_refused() -> None:
    with pytest.raises(RenderError, match="would load"):
        rendered(notebook(words("![four words of text](https://example.org/a.png)")))


def test_an_object_shown_by_its_address_is_refused() -> None:
    stray = shown({"text/plain": "<object at 0x7f00deadbeef>"})
    with pytest.raises(RenderError, match="without a text of its own"):
        rendered(notebook(code("x", outputs=[stray])))


def test_hostile_text_stays_text() -> None:
    evil = "<img src=x onerror=alert(1)>"
    book = notebook(
        words(f"## {HOSTILE}\n\n{evil}"),
        code(
            f"# {evil}", outputs=[shown({"text/markdown": evil}), new_output("stream", text=evil)]
        ),
        main=picture(alt=f'Words "and" more {evil}', table=f"{evil},b\n{evil},1\n"),
    )
    facts = manifest(python=evil, tables=[{"name": evil}], packages={evil: evil})
    html = page.render(book, facts, results(title=HOSTILE, summary=evil, verdict="holds"))
    outline = Outline(html)
    assert len(outline.all("img")) == 1
    assert len(outline.all("script")) == 3
    for block in re.findall(r'<script type="[^"]*json"[^>]*>(.*?)</script>', html, re.S):
        assert "<" not in block
    for _, attributes in outline.tags:
        assert "onerror" not in attributes
    assert HOSTILE in outline.text("title")
    claims = catalogue()["claims"]
    claims[0] |= {"title": HOSTILE, "paraphrase": evil, "summary": evil, "asserted_by": evil}
    listing = Outline(index_page.render(catalogue(claims=claims)))
    assert listing.all("img") == []
    assert len(listing.all("script")) == 2


def test_published_result_and_plain_forms_are_not_shown() -> None:
    html = rendered().partition("<main")[2]
    assert "P!" not in html
    assert "vnd.claimbook" not in html
    assert "a figure" not in html
    assert "<strong>computed</strong> sentence, 1 &lt; 2." in html


def test_tables_scroll_in_a_box_of_their_own_with_a_name() -> None:
    html = rendered()
    boxes = [a for a in Outline(html).all("div") if a.get("class") == "table-box"]
    assert len(boxes) == len(Outline(html).all("table"))
    assert all(box["aria-label"] and box["tabindex"] == "0" for box in boxes)
    assert "<figcaption>Prices &amp; moves</figcaption>" in html
    names = [a["data-name"] for a in Outline(html).all("figure") if "data-name" in a]
    assert len(names) == len(set(names))


def test_a_number_in_a_table_keeps_its_sign_of_percent() -> None:
    table = TABLE.replace("−1.5", "4 % to 12 %")
    html = rendered(notebook(code("x", outputs=[shown({"text/html": table})])))
    assert "4\u00a0% to 12\u00a0%" in html


def test_claim_review_is_valid_json_of_schema_org() -> None:
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', rendered(), re.S)
    review = json.loads(text)
    claim = ledger.claim(CLAIM)
    assert review["@context"] == "https://schema.org"
    assert review["@type"] == "ClaimReview"
    assert review["claimReviewed"] == claim.paraphrase
    assert review["author"]["name"] == "claimbook"
    assert review["datePublished"] == "2026-07-31"
    assert review["itemReviewed"]["@type"] == "Claim"
    assert review["itemReviewed"]["author"]["name"] == claim.asserted_by
    assert review["reviewRating"]["alternateName"] == "holds in part"
    rating = review["reviewRating"]
    assert rating["worstRating"] < rating["ratingValue"] < rating["bestRating"]


def test_a_verdict_without_an_order_has_no_number() -> None:
    html = rendered(verdict="cannot be tested")
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    assert json.loads(text)["reviewRating"] == {
        "@type": "Rating",
        "alternateName": "cannot be tested",
    }


def test_provenance_shows_whatever_the_manifest_holds() -> None:
    facts = manifest(
        lock="d4" * 32,
        note=None,
        sources=[{"name": "x", "of": ["a", "b"]}],
        flags=[1],
        default=True,
    )
    html = page.render(notebook(), facts, results())
    part = html[html.index('id="provenance"') :]
    for text in ("From the manifest.", "a1" * 32, "facts &lt;none&gt;", "pandas", "c3" * 32,
                 "modules / show.py", "d4" * 32, "a, b", "3.11", "<dd>yes"):  # fmt: skip
        assert text in part, text
    assert f"version {VERSION}" in part[part.index("Cite this version") :]
    bare = page.render(notebook(), {"version": VERSION}, results())
    assert "31 July 2026" in bare


def test_provenance_is_appended_where_the_notebook_has_no_heading_for_it() -> None:
    book = notebook()
    book.cells = [c for c in book.cells if not c.source.startswith("## Provenance")]
    html = rendered(book)
    assert "a1" * 32 in html[html.index('id="provenance"') :]


def test_a_report_leads_to_its_place_in_the_history_and_names_no_other_version() -> None:
    html = rendered()
    (turn,) = [a for a in Outline(html).all("nav") if a.get("class") == "turn"]
    assert (turn["data-claim"], turn["data-version"]) == (CLAIM, VERSION)
    assert f'<a href="../index.html#v-{VERSION}">' in html
    assert "rel=" not in html.partition("<main")[2].partition("<script")[0]


def test_only_a_report_may_read_a_script_beside_it_and_it_reads_that_one() -> None:
    def policy(html: str) -> str:
        metas = Outline(html).all("meta")
        return next(m["content"] for m in metas if "http-equiv" in m)

    for kind, html in all_pages().items():
        assert ("'self'" in policy(html)) is (kind == "report")
    assert "script-src" in policy(rendered()).partition("'self'")[0].rpartition(";")[2]
    assert re.findall(r"\.src = (.*);", frame.script())[0] == '"../versions.js"'


def test_same_input_gives_same_bytes_in_any_process(tmp_path: Path) -> None:
    book = tmp_path / "book.ipynb"
    nbformat.write(notebook(), book)  # type: ignore[no-untyped-call]
    given = tmp_path / "given.json"
    given.write_text(json.dumps([manifest(), results(), catalogue()]))
    script = (
        "import hashlib, json, sys, nbformat\n"
        "from claimbook.reports import index_page, page\n"
        "m, r, c = json.load(open(sys.argv[2]))\n"
        "html = page.render(nbformat.read(sys.argv[1], 4), m, r) + index_page.render(c)\n"
        "print(hashlib.sha256(html.encode()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script, str(book), str(given)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    here = page.render(notebook(), manifest(), results()) + index_page.render(catalogue())
    assert digests == {hashlib.sha256(here.encode()).hexdigest() + "\n"}


def test_failure_page_says_what_went_wrong_and_gives_no_verdict() -> None:
    error = {
        "cell": 3,
        "name": "DataError",
        "message": "no <table> here",
        "traceback": "first\nlast",
    }
    html = page.render_failure(ledger.claim(CLAIM), {"days": 5}, error, notebook())
    text = html.partition("<main")[2]
    for part in ("This report could not be made", "DataError", "no &lt;table&gt; here",
                 "first\nlast", "Cell 3 of the notebook", "import pandas", "days"):  # fmt: skip
        assert part in text, part
    assert "holds in part" not in text
    alone = page.render_failure(ledger.claim(CLAIM), {}, error | {"cell": 0}, None)
    assert "Cell 0" not in alone


def test_catalogue_shows_every_claim_in_every_state() -> None:
    html = index_page.render(catalogue()).partition("<main")[2]
    items = dict(zip("abcd", html.split('<li class="claim')[1:], strict=True))
    assert "Does not hold" in items["a"]
    assert "It fell by less." in items["a"]
    assert "−3 %" in items["a"]
    assert f'href="a/{VERSION}/index.html"' in items["a"]
    assert 'href="a/2026-07-31-ffffffff/index.html"' in items["a"]
    assert "days = 9" in items["a"]
    assert "Report failed" in items["b"]
    assert 'href="b/failed/x/index.html"' in items["b"]
    assert "no &lt;such&gt; table" in items["b"]
    assert "No notebook yet" in items["c"]
    assert "<a " not in items["c"]
    assert "Not rendered" in items["d"]
    assert "News &amp; &lt;views&gt;" in html
    assert "26 March 2025" in html
    wanted = re.findall(r'<button[^>]* data-verdict="([^"]*)"', html)
    assert wanted == ["", "does not hold", "failed", "no notebook yet", "not rendered"]


def test_only_the_page_of_a_claim_calls_itself_a_claim_check() -> None:
    def kicker(html: str) -> str:
        found = re.search(r'<p class="kicker">([^<]*)', html)
        assert found is not None
        return found[1]

    assert kicker(rendered()) == "Claim check"
    whole = ledger.collection()
    assert whole is not None
    start = page.render(notebook(), manifest(claim=whole.id), results(claim=whole.id, verdict=None))
    assert kicker(start) == kicker(index_page.render(catalogue())) == "The whole article"


def test_catalogue_is_complete_without_scripts() -> None:
    html = index_page.render(catalogue())
    outline = Outline(html)
    claims = [a for a in outline.all("li") if a.get("class", "").startswith("claim")]
    assert len(claims) == 4
    assert not any("hidden" in a for a in claims)
    # The filter needs the script, which takes the `hidden` away.
    filters = [a for a in outline.all("div") if a.get("class") == "filter"]
    assert all("hidden" in a for a in filters)


def test_a_claims_page_leads_to_the_latest_in_one_click_and_does_not_turn_away() -> None:
    html = claim_page.render(history(title=HOSTILE))
    assert not [a for a in Outline(html).all("meta") if a.get("http-equiv") == "refresh"]
    links = [a["href"] for a in Outline(html).all("a") if a.get("href", "").endswith("index.html")]
    assert links[0] == f"{VERSION}/index.html"
    ids = [attributes["id"] for _, attributes in Outline(html).tags if "id" in attributes]
    assert {f"v-{VERSION}", "v-2026-07-31-ffffffff"} <= set(ids)
    assert "2 August 2026, 10:00 UTC" in html
    assert "when is not recorded" in html  # of the other version
    assert "days = 9" in html


def test_fonts_style_and_script_stay_small() -> None:
    assert len(frame.style()) + len(frame.script()) < 120_000


def test_every_word_of_the_templates_is_in_the_one_file() -> None:
    spoken = frame.words()
    for template in sorted(frame.TEMPLATE.glob("*.j2")):
        source = template.read_text(encoding="utf-8")
        for name in re.findall(r"\bw\.(\w+)", source):
            assert name in spoken, f"{template.name} wants the word {name!r}"
        # A key that is also a method of dict would print the method.
        assert not re.findall(r"\bw\.(?:\w+\.)?(?:copy|keys|values|pop|update)\b", source)
        plain = re.sub(r"\{[{%#].*?[}%#]\}|<[^>]+>", "", source, flags=re.S)
        assert not re.findall(r"[A-Za-z]{4,}", plain), template.name


def test_headings_inside_code_fences_are_no_sections() -> None:
    source = "before\n\n```\n## not a heading\n```\n\n## A heading ##\n\nafter"
    assert sections.headed(source) == [
        (None, "before\n\n```\n## not a heading\n```"),
        ("A heading", "after"),
    ]


def test_no_place_for_compiled_templates_costs_time_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "PLACE", tmp_path / "kept")
    cache = frame.compiled()
    assert cache is not None
    environment = jinja2.Environment(
        loader=jinja2.DictLoader({"one": "{{ a }}", "two": "{{ a }}!"}), bytecode_cache=cache
    )
    assert environment.get_template("one").render(a=1) == "1"
    assert list((tmp_path / "kept").rglob("*.cache"))
    # What a full disk does as well: nothing can be written there any more.
    shutil.rmtree(tmp_path / "kept")
    assert environment.get_template("two").render(a=1) == "1!"
    (tmp_path / "kept").write_text("a file where the folder should be", encoding="utf-8")
    assert frame.compiled() is None
