"""Pages in a real browser: nothing asked of anyone, reachable by all, whole without a script."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import small_project
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from browser import looks
from browser.looks import DESKTOP, PHONE
from claimbook import ledger
from claimbook.reports import frame
from claimbook.reports import page as report_page
from claimbook.reports.shelf import Shelf

pytestmark = pytest.mark.browser

CLAIMS = [claim.id for claim in ledger.claims() if claim.notebook]
KINDS = ("start-here", "catalogue", "history", "sweep", "failure")
PAPER = {"width": 680, "height": 960}  # A4 between its margins
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


def watched(page: Page, place: Path) -> list[str]:
    """What a page does that it must not: any request beside it, any error, any refused style.

    A report may read the list of its versions, which lies beside its folder.
    """
    faults: list[str] = []
    allowed = (place.as_uri(), "data:", "blob:", (place.parents[1] / "versions.js").as_uri())
    page.on("console", lambda m: faults.append(f"{m.type}: {m.text}"))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(allowed) else faults.append(r.url))
    return faults


@pytest.fixture
def show(chromium: Browser, places: Mapping[str, Path]) -> Iterator[Open]:
    """Opens a page by name in a window of its own."""
    faults = []
    contexts = []

    def opened(name: str, viewport: Mapping[str, int] = DESKTOP, **options: Any) -> Page:
        context = chromium.new_context(viewport=dict(viewport), **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        faults.append(watched(page, places[name]))
        page.goto(places[name].as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [fault for found in faults for fault in found] == []


@dataclass(frozen=True)
class Standing:
    """A page that several tests look at one after the other, each from the same state."""

    name: str
    page: Page
    faults: list[str]


@pytest.fixture(scope="module")
def opened_once(
    request: pytest.FixtureRequest, chromium: Browser, places: Mapping[str, Path]
) -> Iterator[Standing]:
    context = chromium.new_context(reduced_motion="reduce")  # or going somewhere takes a while
    page = context.new_page()
    standing = Standing(request.param, page, watched(page, places[request.param]))
    page.goto(places[request.param].as_uri())
    yield standing
    context.close()


@pytest.fixture
def standing(opened_once: Standing) -> Iterator[Standing]:
    page = opened_once.page
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(media="screen", color_scheme="light")
    page.evaluate(
        "document.querySelectorAll('details').forEach((box) => {"
        " box.open = !!box.closest('.contents'); }); scrollTo(0, 0)"
    )
    looks.drawn(page)
    yield opened_once
    assert opened_once.faults == []


def unfold(page: Page) -> None:
    """Open all that is folded, and let the page hear of it."""
    page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
    looks.drawn(page)


NAMES = [*CLAIMS, *KINDS]
each_page = pytest.mark.parametrize("opened_once", NAMES, indirect=True, scope="module")
each_report = pytest.mark.parametrize("opened_once", CLAIMS, indirect=True, scope="module")


@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_in_any_look(show: Open, name: str) -> None:
    assert list(looks.faults(show(name))) == []


def test_axe_finds_what_only_one_look_has(show: Open) -> None:
    """The same looks, on a page with a fault that is there on a phone in the dark alone."""
    page = show("failure")
    page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync('@media (prefers-color-scheme: dark) and (max-width: 40rem)'
                + '{ .foot p { color: #333; } }');
            document.adoptedStyleSheets = [sheet];
            document.querySelector('main').append(document.createElement('button'));
        }"""
    )
    found = [(look, rule) for look, rule, *_ in looks.faults(page)]
    assert found == [("all", "button-name"), ("dark, 390 pixels wide", "color-contrast")]


@each_page
def test_the_page_asks_nothing_of_anyone_and_says_its_language(standing: Standing) -> None:
    page = standing.page  # the fixture fails on any request
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        "en",
        "ltr",
    ]
    policy = page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert "default-src 'none'" in str(policy)


@each_page
def test_nothing_is_wider_than_a_phone(standing: Standing) -> None:
    page = standing.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_skip_link_leads_past_the_masthead(show: Open) -> None:
    page = show(CLAIMS[0])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@each_report
def test_claim_verdict_numbers_and_figure_are_on_the_first_screen(standing: Standing) -> None:
    page = standing.page
    tall = DESKTOP["height"]
    for part in ("h1", ".standfirst", ".verdict-word", ".key-numbers .key-number:nth-child(2)"):
        box = page.locator(part).first.bounding_box()
        assert box is not None, part
        assert box["y"] + box["height"] <= tall, part
    drawing = page.locator(".hero .card svg").first.bounding_box()
    assert drawing is not None
    assert tall - drawing["y"] >= 0.6 * drawing["height"]
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    box = page.locator(".verdict-word").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE["height"]


@each_report
def test_every_drawing_has_its_words_its_table_and_its_size(standing: Standing) -> None:
    figures = standing.page.locator("figure.chart").evaluate_all(
        """(figures) => figures.map((figure) => {
            const count = (selector) => figure.querySelectorAll(selector).length;
            const drawing = figure.querySelector('.card svg[role=img]');
            return {
                alt: drawing.getAttribute('aria-label'),
                title: figure.querySelector('.about-title').textContent,
                link: figure.querySelector('figcaption .anchor').hash,
                id: figure.id,
                height: drawing.getBoundingClientRect().height,
                each: ['.source-line', '.behind table', "a[download$='.csv']",
                    'button[data-svg]:not([hidden])', 'button[data-png]:not([hidden])'].map(count),
            };
        })"""
    )
    assert len(figures) >= 5
    for figure in figures:
        assert re.search(r"\d", figure["alt"]), figure
        assert len(figure["title"]) > 8, figure
        assert figure["link"] == f"#{figure['id']}"
        assert figure["each"] == [1] * 5, figure
        assert figure["height"] > 80, figure


@each_page
def test_every_table_sorts_and_is_saved_where_there_is_something_to(standing: Standing) -> None:
    tables = standing.page.locator("main table").evaluate_all(
        """(tables) => tables.map((table) => {
            const heads = [...table.querySelectorAll('thead th')].filter((h) => h.innerText);
            const box = table.closest('figure');
            return {
                html: table.outerHTML.slice(0, 200),
                rows: table.tBodies[0].rows.length,
                unsortable: heads.filter((head) => !head.querySelector('button')).length,
                saved: box.querySelectorAll(".tools [download$='.csv'], .tools button.tool").length,
            };
        })"""
    )
    for table in tables:
        assert table["saved"] >= 1, table
        assert table["rows"] < 2 or table["unsortable"] == 0, table


@each_report
def test_on_a_phone_a_figure_says_that_there_is_more_of_it(standing: Standing) -> None:
    page = standing.page
    card = page.locator("figure.chart .card").first
    hint = page.locator(".swipe").first
    assert not hint.is_visible()
    assert card.get_attribute("tabindex") is None  # all of it is there
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    looks.drawn(page)
    expect(card).to_contain_class("more-after")
    assert hint.is_visible()
    assert (card.get_attribute("role"), card.get_attribute("tabindex")) == ("group", "0")
    assert str(card.get_attribute("aria-label")).startswith("Figure: ")
    assert "gradient" in card.evaluate("box => getComputedStyle(box).maskImage")
    # The smallest letters can be read: they are not scaled down with the screen.
    small = card.locator("svg").evaluate(
        "svg => Math.min(...[...svg.querySelectorAll('text')].map(t => svg.clientWidth"
        " / svg.viewBox.baseVal.width * parseFloat(getComputedStyle(t).fontSize)))"
    )
    assert small >= 7
    card.focus()
    assert card.evaluate("box => getComputedStyle(box).maskImage") == "none"
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(card).not_to_contain_class("more-after")
    end = card.evaluate("box => box.scrollLeft + box.clientWidth - box.scrollWidth")
    assert abs(end) <= 1


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


def test_dates_sort_as_dates_and_what_is_not_known_stays_at_the_end(
    chromium: Browser, tmp_path: Path
) -> None:
    rows = ["9 March 2025", "not known", "10 February 2025", "2 October 2024"]
    iso = ["2025-03-09", "", "2025-02-10", "2024-10-02"]
    numbers = ["−2.5 %", "not known", "10 %", "−10 %"]
    body = "".join(
        f"<tr><th>{f'<time datetime={d}>{r}</time>' if d else r}</th><td>{n}</td></tr>"
        for r, d, n in zip(rows, iso, numbers, strict=True)
    )
    table = (
        f"<table><thead><tr><th>day</th><th>change</th></tr></thead><tbody>{body}</tbody></table>"
    )
    source = '{% extends "frame.html.j2" %}{% block main %}' + table + "{% endblock %}"
    page = {"title": "t", "description": "d", "home": None}
    file = tmp_path / "index.html"
    html = frame.environment().from_string(source).render(page=page)
    file.write_text(html, encoding="utf-8")
    context = chromium.new_context()
    opened = context.new_page()
    opened.goto(file.as_uri())

    def sorted_by(name: str) -> list[str]:
        opened.get_by_role("button", name=name).click()
        column = ["day", "change"].index(name) + 1
        return opened.locator(f"tbody tr > :nth-child({column})").all_inner_texts()

    ascending = ["2 October 2024", "10 February 2025", "9 March 2025"]
    assert sorted_by("day") == [*ascending, "not known"]
    assert sorted_by("day")[:3] == ascending[::-1]
    assert sorted_by("change") == ["−10 %", "−2.5 %", "10 %", "not known"]
    assert sorted_by("change") == ["10 %", "−2.5 %", "−10 %", "not known"]
    context.close()


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


@pytest.mark.parametrize("name", NAMES)
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


WIDER = """() => [...document.querySelectorAll('pre, .table-box, .card, table')]
    .filter((box) => box.checkVisibility() && (box.scrollWidth > box.clientWidth + 2
        || box.getBoundingClientRect().right > innerWidth + 1))
    .map((box) => box.textContent.slice(0, 60))"""


@each_page
def test_on_paper_tools_are_gone_and_nothing_is_cut(standing: Standing) -> None:
    page = standing.page
    page.set_viewport_size(PAPER)  # type: ignore[arg-type]
    page.emulate_media(media="print", color_scheme="light")
    assert page.locator(".tools:visible, nav:visible, button.tool:visible").count() == 0
    assert page.locator(".swipe:visible").count() == 0
    for drawing in page.locator(".card svg").all()[:1]:
        assert drawing.is_visible()
        assert drawing.evaluate("box => getComputedStyle(box).filter") == "none"
    assert page.evaluate(WIDER) == []
    if standing.name in CLAIMS:
        assert_all_is_on_paper(page)


def assert_all_is_on_paper(page: Page) -> None:
    """Parameters, coverage and hashes are there, though nobody unfolded them."""
    assert page.locator("details[open]:not(.contents *)").count() == 0
    for part in ("#parameters", "table.coverage", "#provenance code.hash >> nth=-1"):
        assert page.locator(part).is_visible(), part
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["height"] > 4, part
    assert page.locator("details.code pre:visible").count() == 0


def test_all_is_on_paper_without_a_script_too(show: Open) -> None:
    page = show(CLAIMS[0], PAPER, java_script_enabled=False)
    page.emulate_media(media="print")
    assert_all_is_on_paper(page)


def test_printing_opens_what_is_folded_for_browsers_without_the_style(show: Open) -> None:
    page = show(CLAIMS[0])
    folded = "[...document.querySelectorAll('details.fold')].map(box => box.open)"
    assert not any(page.evaluate(folded))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert all(page.evaluate(folded))
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not any(page.evaluate(folded))


def test_a_static_host_serves_the_same_and_the_citation_says_where(
    chromium: Browser, places: Mapping[str, Path]
) -> None:
    root = places["catalogue"].parent
    host = "http://reports.example"
    context = chromium.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))

    def served(route: Route) -> None:
        path = route.request.url.removeprefix(f"{host}/")
        file = root / path
        route.fulfill(path=file / "index.html" if file.is_dir() else file)

    context.route("**", served)
    version = places[CLAIMS[0]].parent
    page.goto(f"{host}/{CLAIMS[0]}/{version.name}/")
    assert page.evaluate("typeof claimbookVersions") == "object"
    said = page.locator("#citation").text_content() or ""
    assert said.endswith(f" {host}/{CLAIMS[0]}/{version.name}/")
    context.close()
    assert refused == []


@each_report
def test_what_machines_read_says_what_the_page_says(standing: Standing) -> None:
    page = standing.page
    review = json.loads(page.locator("script[type='application/ld+json']").inner_text())
    verdict = page.locator(".verdict-word strong").text_content()
    assert review["reviewRating"]["alternateName"] == verdict


def test_the_catalogue_is_searched_and_filtered(show: Open) -> None:
    page = show("catalogue")
    every = page.locator(".claim").count()
    assert page.locator(".claim:visible").count() == every
    page.locator("#search").fill("halving")
    assert 0 < page.locator(".claim:visible").count() < every
    page.locator("#search").fill("no such word anywhere")
    assert page.locator(".claim:visible").count() == 0
    assert page.locator(".none-found").is_visible()


@each_page
def test_the_keyboard_alone_reaches_everything_and_sees_where_it_is(standing: Standing) -> None:
    page = standing.page
    # The last that is done with this page: what nobody can stop at only makes every step slow.
    page.locator(".card svg path, .highlight pre > *").evaluate_all(
        "all => all.forEach((one) => one.remove())"
    )
    unfold(page)
    due = page.evaluate(
        """(stops) => {
            const due = [...document.querySelectorAll(stops)].filter((box) =>
                box.tabIndex >= 0 && !box.disabled && box.checkVisibility());
            due.forEach((box, i) => { box.dataset.stop = i; });
            document.body.tabIndex = -1; // so that the way begins at the top
            document.body.focus();
            globalThis.reached = [];
            document.addEventListener('focusin', ({ target }) => {
                const { outlineStyle, outlineWidth } = getComputedStyle(target);
                const place = target.getBoundingClientRect();
                const seen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
                    && place.width > 0 && place.bottom > 0 && place.top < innerHeight;
                reached.push([Number(target.dataset.stop), seen, target.outerHTML.slice(0, 120)]);
            });
            scrollTo(0, 0);
            return due.length;
        }""",
        STOPS,
    )
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip')")
    assert page.locator(".skip").evaluate("box => box.getBoundingClientRect().top") >= 0
    for _ in range(due - 1):
        page.keyboard.press("Tab")
    reached = page.evaluate("reached")
    assert [stop for stop, *_ in reached] == list(range(due))  # all, in the order of reading
    assert [html for _, seen, html in reached if not seen] == []
