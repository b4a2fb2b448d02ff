"""A claim's history, the catalogue of many versions and a comparison, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made_versions
import pytest
from playwright.sync_api import Browser, Page, expect

from browser import looks
from claimbook import cli
from claimbook.reports import catalogue
from claimbook.reports.shelf import Shelf

pytestmark = pytest.mark.browser

DESK: dict[str, Any] = {"viewport": looks.DESKTOP}


@pytest.fixture
def shelf(small: Path) -> Shelf:
    made = Shelf(small / "reports")
    for number, verdict in enumerate(("holds", "holds", "does not hold"), start=1):
        name = made_versions.publish(
            made, number, verdict=verdict, change=made_versions.module(number), shade=number
        )
    made_versions.publish(made, 4, given={"times": 2.0}, verdict="cannot be tested")
    catalogue.write(made, {"fell": name})
    assert cli.main(["diff", "fell"]) == cli.DONE
    return made


@pytest.fixture
def faults() -> list[str]:
    return []


def opened(chromium: Browser, shelf: Shelf, pattern: str, faults: list[str], look: Any) -> Page:
    (file,) = shelf.folder.glob(pattern)
    page = chromium.new_context(**look).new_page()
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(file.as_uri())
    return page


@pytest.fixture
def contexts(chromium: Browser) -> Iterator[None]:
    yield
    for context in chromium.contexts:
        context.close()


@pytest.mark.usefixtures("contexts")
@pytest.mark.parametrize("pattern", ["index.html", "fell/index.html", "fell/diffs/*/index.html"])
def test_axe_finds_nothing_and_nothing_runs_over(
    chromium: Browser, shelf: Shelf, faults: list[str], pattern: str
) -> None:
    page = opened(chromium, shelf, pattern, faults, DESK)
    for viewport in (looks.DESKTOP, looks.PHONE):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.evaluate("document.querySelectorAll('details').forEach((fold) => fold.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert list(looks.faults(page)) == []
    assert faults == []


@pytest.mark.usefixtures("contexts")
def test_from_the_history_to_a_version_and_to_the_latest(
    chromium: Browser, shelf: Shelf, faults: list[str]
) -> None:
    latest = catalogue.stated(shelf)["fell"]
    oldest = shelf.versions("fell")[-1].name
    page = opened(chromium, shelf, "fell/index.html", faults, DESK)
    # A link from an old report leads to its own place, and stays there.
    page.goto(f"{page.url}#v-{oldest}")
    expect(page.locator(f"[id='v-{oldest}']")).to_be_in_viewport()
    # The keyboard's first stop of the page's own is the latest report.
    page.goto(page.url.partition("#")[0])
    page.locator("main").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{latest}/index.html")
    assert faults == []


@pytest.mark.usefixtures("contexts")
def test_a_report_shows_the_versions_before_and_after_it(
    chromium: Browser, small: Path, faults: list[str], tmp_path: Path
) -> None:
    made = Shelf(small / "reports")
    one, two, three = (
        made_versions.publish(made, n, change=made_versions.module(n), whole=True)
        for n in (1, 2, 3)
    )
    catalogue.write(made, {"fell": three})
    assert cli.main(["diff", "fell", one, two, "--no-page"]) == cli.DONE
    assert cli.main(["diff", "fell", two, three]) == cli.DONE
    page = opened(chromium, made, f"fell/{two}/index.html", faults, DESK)
    turn = page.get_by_role("navigation", name="Versions of this report")
    expect(turn.get_by_role("link")).to_have_text(
        ["Previous version", "Next version", "Other versions, and what changed"]
    )
    expect(page.locator(".since")).to_have_text(
        f"Changed since {one}: src module claimbook/ledger.py changed."
    )
    expect(page.locator(".superseded")).to_contain_text("not the latest version")
    # By the keyboard, to the next one; that is the latest and knows the page that compares them.
    turn.get_by_role("link", name="Next version").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{three}/index.html")
    expect(turn.get_by_role("link", name="Previous version")).to_be_visible()
    expect(turn.get_by_role("link", name="Next version")).to_have_count(0)
    expect(page.locator(".superseded")).to_have_count(0)
    page.get_by_role("link", name="Compare the two").click()
    page.wait_for_url(f"**/diffs/{two}..{three}/index.html")
    page.go_back()
    turn.get_by_role("link", name="Previous version").click()
    page.wait_for_url(f"**/{two}/index.html")
    # Without a script the way to the history is there.
    plain = opened(chromium, made, f"fell/{two}/index.html", faults, {"java_script_enabled": False})
    expect(plain.locator(".turn a")).to_have_text(["Other versions, and what changed"])
    # Alone, somewhere else, a page asks for nothing: not even where such a file lies.
    alone = tmp_path / "mail" / "index.html"
    alone.parent.mkdir()
    alone.write_bytes((made.place("fell", two) / "index.html").read_bytes())
    (tmp_path / "versions.js").write_text("document.title = 'read'", encoding="utf-8")
    page.goto(alone.as_uri())
    page.wait_for_load_state("networkidle")
    assert page.title() != "read"
    assert faults == []


@pytest.mark.usefixtures("contexts")
def test_the_catalogue_is_searched_and_filtered_from_disk(
    chromium: Browser, shelf: Shelf, faults: list[str]
) -> None:
    page = opened(chromium, shelf, "index.html", faults, DESK)
    expect(page.locator(".claim:visible")).to_have_count(3)
    page.get_by_label("Search the claims").fill("ledger.py")  # only in the history
    expect(page.locator(".claim:visible")).to_have_count(1)
    page.get_by_label("Search the claims").fill("")
    page.get_by_role("button", name="Does not hold").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".claim:visible")).to_have_count(1)
    assert faults == []


@pytest.mark.usefixtures("contexts")
def test_the_quantities_are_sorted_by_a_click(
    chromium: Browser, shelf: Shelf, faults: list[str]
) -> None:
    page = opened(chromium, shelf, "fell/diffs/*/index.html", faults, DESK)
    page.get_by_text("Quantities that are the same (3)").click()
    table = page.locator("section", has=page.locator("#quantities")).locator("table")
    table.get_by_role("button", name="Quantity").click()
    table.get_by_role("button", name="Quantity").click()
    assert table.locator("tbody th").all_inner_texts() == ["first_day", "count", "change_pct"]
    assert faults == []
