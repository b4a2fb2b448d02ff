"""Pages in a real browser: nothing asked of anyone, reachable by all, whole without a script."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import small_project
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page

from claimbook import ledger
from claimbook.reports import page as report_page
from claimbook.reports.shelf import Shelf

pytestmark = pytest.mark.browser

CLAIMS = [claim.id for claim in ledger.claims() if claim.notebook]
KINDS = ("start-here", "catalogue", "history", "sweep", "failure")
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# What a keyboard should come to, unless it is hidden or folded away.
STOPS = "a[href], button, input, select, textarea, summary, [tabindex]"

SWEEP = """\
title: Two shares
about: The same day for both shares.
claim: fell
reports:
  - name: The first
    parameters: {ticker: ACME}
  - name: The second
    parameters: {ticker: BOLT}
compare:
  - {quantity: change_pct, label: Change, digits: 1}
"""


@pytest.fixture(scope="module")
def places(rendered: Any, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A page of every kind, by name: all reports of this project and one each of the rest."""
    shelf = Shelf(rendered.folder)
    found = {name: shelf.versions(name)[0].folder / "index.html" for name in CLAIMS}
    found["start-here"] = shelf.versions("start-here")[0].folder / "index.html"
    found["catalogue"] = rendered.folder / "index.html"
    found["history"] = rendered.folder / CLAIMS[-1] / "index.html"
    small = small_project.write(tmp_path_factory.mktemp("browser") / "small")
    (small / "notebooks" / "both.yml").write_text(SWEEP, encoding="utf-8")
    done = small_project.claimbook("sweep", small / "notebooks" / "both.yml", root=small)
    assert done.returncode == 0, done.stderr
    found["sweep"] = small / "reports" / "sweeps" / "both.html"
    found["failure"] = small / "reports" / "fell" / "failed" / "x" / "index.html"
    found["failure"].parent.mkdir(parents=True)
    error = {"cell": 1, "name": "DataError", "message": "no such table", "traceback": "a\nb" * 40}
    html = report_page.render_failure(ledger.claim(CLAIMS[0]), {"days": 5}, error, None)
    found["failure"].write_text(html, encoding="utf-8")
    return found


Open = Callable[..., Page]


@pytest.fixture
def show(chromium: Browser, places: Mapping[str, Path]) -> Iterator[Open]:
    """Opens a page by name; any request beside it, any error or refused style fails the test."""
    faults: list[str] = []
    contexts = []

    def opened(name: str, viewport: Mapping[str, int] = DESKTOP, **options: Any) -> Page:
        context = chromium.new_context(viewport=dict(viewport), **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        address = places[name].as_uri()
        page.on("console", lambda m: faults.append(f"{m.type}: {m.text}"))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda r: (
                None if r.url.startswith((address, "data:", "blob:")) else faults.append(r.url)
            ),
        )
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(box => { box.open = true })")


each_page = pytest.mark.parametrize("name", [*CLAIMS, *KINDS])
each_report = pytest.mark.parametrize("name", CLAIMS)


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")],
    ids=["light", "dark", "phone"],
)
@each_page
def test_axe_finds_nothing_folded_or_unfolded(
    show: Open, name: str, viewport: Mapping[str, int], scheme: str
) -> None:
    page = show(name, viewport, color_scheme=scheme)
    # A drawing is one image to whoever listens, and the rows of a table are alike, as are the
    # listings of code: their thousands only take axe minutes.
    page.locator(".card svg[role=img]").evaluate_all("all => all.map(one => one.replaceChildren())")
    page.locator("tbody").evaluate_all(
        "all => all.map(body => [...body.rows].slice(4).forEach(row => row.remove()))"
    )
    page.locator(".highlight").evaluate_all("all => all.slice(4).forEach(one => one.remove())")
    # Unfolded it is the same page with more of it, so folded it is looked at once.
    for step in (
        ("folded", "unfolded") if scheme == "light" and viewport == DESKTOP else ["unfolded"]
    ):
        if step == "unfolded":
            unfold(page)
        found = Axe().run(page).response["violations"]
        said = [(v["id"], v["nodes"][0]["html"][:200], len(v["nodes"])) for v in found]
        assert said == [], step


@each_page
def test_the_page_asks_nothing_of_anyone_and_says_its_language(show: Open, name: str) -> None:
    page = show(name)  # the fixture fails on any request
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        "en",
        "ltr",
    ]
    policy = page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert "default-src 'none'" in str(policy)


@each_page
def test_nothing_is_wider_than_a_phone(show: Open, name: str) -> None:
    page = show(name, PHONE)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@each_page
def test_the_keyboard_alone_reaches_everything_and_sees_where_it_is(show: Open, name: str) -> None:
    page = show(name, reduced_motion="reduce")  # or the way there takes a while
    unfold(page)
    page.evaluate(
        """(stops) => {
            const due = [...document.querySelectorAll(stops)].filter((box) =>
                box.tabIndex >= 0 && !box.disabled && box.checkVisibility());
            due.forEach((box, i) => { box.dataset.stop = i; });
            scrollTo(0, 0);
        }""",
        STOPS,
    )
    due = page.evaluate(
        "[...document.querySelectorAll('[data-stop]')].map(box => box.dataset.stop)"
    )
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip')")
    assert page.locator(".skip").evaluate("box => box.getBoundingClientRect().top") >= 0
    reached, hidden = [], []
    for _ in range(len(due) + 1):
        stop, seen = page.evaluate(
            """() => {
                const box = document.activeElement;
                const { outlineStyle, outlineWidth } = getComputedStyle(box);
                const place = box.getBoundingClientRect();
                return [box.dataset.stop, outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
                    && place.width > 0 && place.bottom > 0 && place.top < innerHeight];
            }"""
        )
        if stop is None:
            break
        reached.append(stop)
        if not seen:
            hidden.append(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
        page.keyboard.press("Tab")
    assert sorted(reached, key=int) == sorted(due, key=int)
    assert reached == sorted(reached, key=int)  # in the order of reading
    assert hidden == []


def test_the_skip_link_leads_past_the_masthead(show: Open) -> None:
    page = show(CLAIMS[0])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@each_report
def test_claim_verdict_numbers_and_figure_are_on_the_first_screen(show: Open, name: str) -> None:
    page = show(name)
    tall = DESKTOP["height"]
    for part in ("h1", ".standfirst", ".verdict-word", ".key-numbers .key-number:nth-child(2)"):
        box = page.locator(part).first.bounding_box()
        assert box is not None, part
        assert box["y"] + box["height"] <= tall, part
    drawing = page.locator(".hero .card svg").first.bounding_box()
    assert drawing is not None
    assert tall - drawing["y"] >= 0.6 * drawing["height"]
    page = show(name, PHONE)
    box = page.locator(".verdict-word").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE["height"]


@each_report
def test_every_drawing_has_its_words_its_table_and_its_size(show: Open, name: str) -> None:
    page = show(name)
    figures = page.locator("figure.chart").all()
    assert len(figures) >= 5
    for figure in figures:
        drawing = figure.locator(".card svg[role=img]")
        alt = drawing.get_attribute("aria-label") or ""
        assert re.search(r"\d", alt), alt
        assert len(figure.locator(".about-title").inner_text()) > 8
        assert figure.locator(".source-line").count() == 1, alt
        assert figure.locator(".behind table").count() == 1, alt
        assert figure.locator("a[download$='.csv']").count() == 1, alt
        box = drawing.bounding_box()
        assert box is not None
        assert box["height"] > 80


def test_tables_sort_by_their_columns_and_are_saved_as_they_are(show: Open) -> None:
    page = show("miner-drop")
    table = page.locator("main .section figure.table:has(th.number)").first
    button = table.locator("th.number button").first
    head = button.inner_text()
    column = table.locator("thead th").evaluate_all(
        "(heads, name) => heads.findIndex(h => h.textContent.trim() === name)", head
    )

    def values() -> list[float]:
        cells = table.locator(f"tbody tr > :nth-child({column + 1})").all_inner_texts()
        return [float(c.replace("−", "-").replace(",", "")) for c in cells if c != "not known"]

    button.focus()
    page.keyboard.press("Enter")
    assert values() == sorted(values())
    assert table.locator("th[aria-sort=ascending]").inner_text() == head
    page.keyboard.press("Enter")
    assert values() == sorted(values(), reverse=True)
    with page.expect_download() as saved:
        table.locator("button.tool").click()
    rows = list(csv.reader(io.StringIO(saved.value.path().read_text(encoding="utf-8"))))
    assert rows[0][column] == head
    assert len(rows) == 1 + table.locator("tbody tr").count()


def test_a_figure_is_saved_whole_in_three_forms(show: Open) -> None:
    page = show("miner-drop", accept_downloads=True)
    figure = page.locator("figure.chart").first
    title = figure.locator(".about-title").inner_text()

    def saved(button: str) -> bytes:
        with page.expect_download() as got:
            figure.locator(button).click()
        return got.value.path().read_bytes()

    image = Image.open(io.BytesIO(saved("button[data-png]")))
    drawing = saved("button[data-svg]").decode()
    assert drawing.count("<svg") == 1
    # The words that the page sets around the plot are in the picture again, in its own font.
    assert title in drawing
    assert "@font-face" in drawing
    width, height = map(float, re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing)[0])
    assert image.size == (round(width) * 4, round(height) * 4)
    colours = image.convert("RGB").getcolors(1 << 24) or []
    assert len(colours) > 20
    assert max(colours)[1] == (255, 255, 255)
    rows = list(csv.reader(io.StringIO(saved("a[download$='.csv']").decode())))
    assert len(rows) > 3


def test_contents_follow_the_scroll_and_links_open_what_is_folded(show: Open) -> None:
    page = show("miner-drop")
    links = page.locator(".contents a").all()
    assert page.locator(".contents a[aria-current]").inner_text() == links[0].inner_text()
    section = links[3].get_attribute("href") or ""
    page.evaluate(
        "(id) => document.querySelector(id).scrollIntoView({behavior: 'instant'})", section
    )
    page.wait_for_function(
        "(id) => document.querySelector('.contents a[aria-current]').hash === id", arg=section
    )
    assert not page.locator("#parameters").is_visible()
    page.evaluate("location.hash = '#parameters'")
    page.wait_for_function("document.querySelector('#parameters').checkVisibility()")


def test_code_is_folded_for_each_section(show: Open) -> None:
    page = show("miner-drop")
    folds = page.locator("details.code")
    assert folds.count() >= 5
    assert not folds.first.locator("pre").first.is_visible()
    folds.first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert folds.first.locator("pre").first.is_visible()


@each_page
def test_without_a_script_the_page_is_whole(show: Open, name: str) -> None:
    page = show(name, java_script_enabled=False)
    buttons = page.locator("button:visible")
    assert buttons.count() == 0  # nothing that would not answer
    assert page.locator("h1").is_visible()
    if name in CLAIMS:
        assert page.locator(".contents a").first.is_visible()
        assert page.locator("figure.chart .card svg").first.is_visible()
        assert page.locator("a[download$='.csv']").count() >= 5


def test_still_for_readers_who_asked_for_it(show: Open) -> None:
    for motion, scroll in (("reduce", "auto"), ("no-preference", "smooth")):
        page = show("miner-drop", reduced_motion=motion)
        style = "getComputedStyle(document.documentElement).scrollBehavior"
        assert page.evaluate(style) == scroll


def test_dark_turns_light_and_dark_of_a_drawing(show: Open) -> None:
    filters = {
        scheme: show("miner-drop", color_scheme=scheme)
        .locator(".card svg")
        .first.evaluate("box => getComputedStyle(box).filter")
        for scheme in ("light", "dark")
    }
    assert filters["light"] == "none"
    assert "invert" in filters["dark"]


@each_report
def test_on_paper_tools_are_gone_and_nothing_is_cut(show: Open, name: str) -> None:
    page = show(name, {"width": 680, "height": 960}, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="light")
    assert page.locator(".tools:visible, nav:visible, button.tool:visible").count() == 0
    assert page.locator(".card svg").first.is_visible()
    assert page.locator(".card svg").first.evaluate("b => getComputedStyle(b).filter") == "none"
    cut = page.locator("pre, .table-box, .card").evaluate_all(
        "boxes => boxes.filter(b => b.checkVisibility() && b.scrollWidth > b.clientWidth + 2)"
        ".map(b => b.textContent.slice(0, 60))"
    )
    assert cut == []


@each_report
def test_what_machines_read_says_what_the_page_says(show: Open, name: str) -> None:
    page = show(name)
    review = json.loads(page.locator("script[type='application/ld+json']").inner_text())
    assert (
        review["reviewRating"]["alternateName"] == page.locator(".verdict-word strong").inner_text()
    )


def test_the_catalogue_is_searched_and_filtered(show: Open) -> None:
    page = show("catalogue")
    every = page.locator(".claim").count()
    assert page.locator(".claim:visible").count() == every
    page.locator("#search").fill("halving")
    assert 0 < page.locator(".claim:visible").count() < every
    page.locator("#search").fill("no such word anywhere")
    assert page.locator(".claim:visible").count() == 0
    assert page.locator(".none-found").is_visible()
