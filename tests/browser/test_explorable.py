"""The figure that a reader can turn: the same values as the Python model, by mouse or keyboard."""

import functools
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

from claimbook import data, ledger, parameters, paths
from claimbook.analysis import upside
from claimbook.analysis.cashflow import Project, project_npv
from claimbook.outputs import EXPLORABLE_MIME
from claimbook.reports import document, recipe
from claimbook.words import exploring as words

pytestmark = pytest.mark.browser

NOTEBOOK = "03-ai-upside.ipynb"
# Discount rate, capacity, revenue, margin, GPU cost: corners and a middle of what may be set.
GRID = list(product((1.5, 10.0, 30.0), (500.0, 1526.0), (2.0, 9.11), (60.0, 100.0), (0.0, 29.0)))
INPUTS = ("discount_rate_pct", "capacity_mw", "revenue_musd_per_mw_year", "margin_pct",
          "gpu_cost_musd_per_mw")  # fmt: skip
# What the page's model must handle though the defaults do not use it.
ELSEWISE: list[dict[str, Any]] = [
    {"tax_pct": 25.0, "mid_year": True},
    {"terminal_value": True, "terminal_growth_pct": 1.0, "tax_pct": 10.0, "first_year": 2,
     "revenue_growth_pct": -3.0, "forgone_musd_per_mw_year": 0.4},
]  # fmt: skip

# All points in one go: the page computes and draws at each, but is painted once.
SET = """(points) => points.map((values) => {
  const fields = [...document.querySelectorAll(".explorable input[type=number]")];
  fields.forEach((field, i) => {
    if (Number(field.value) === values[i]) return;
    field.value = values[i];
    field.dispatchEvent(new Event("input"));
  });
  return Number(document.querySelector(".explorable").dataset.value);
})"""


def study(changed: dict[str, Any]) -> upside.Study:
    return _study(tuple(changed.items()))


@functools.cache
def _study(changed: tuple[tuple[str, Any], ...]) -> upside.Study:
    claim = ledger.claim("ai-upside")
    chosen = {name: entry.default for name, entry in parameters.of(claim).items()} | dict(changed)
    return upside.study(data.read(claim.tables, "current"), claim.asserted_on, chosen)


def worth(project: Project, at: tuple[float, ...]) -> float:
    inputs: dict[str, Any] = dict(zip(INPUTS, at, strict=True))
    return float(project_npv(replace(project, **inputs)))


def with_model(changed: dict[str, Any], folder: Path) -> str:
    """The address of the report's page, its model made of other parameters than the notebook's."""
    notebook = nbformat.read(paths.notebook(NOTEBOOK), as_version=4)  # type: ignore[no-untyped-call]
    made = recipe.of(ledger.claim("ai-upside"))
    if changed:
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                if EXPLORABLE_MIME in output.get("data", {}):
                    output.data[EXPLORABLE_MIME] = words.explorable(study(changed))
    page = folder / "index.html"
    page.write_bytes(document.make(notebook, made.version, made.ingredients)["index.html"])
    return page.as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return with_model({}, tmp_path_factory.mktemp("page"))


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    faults: list[str] = []
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.on("console", lambda message: faults.append(message.text))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert not faults


@pytest.mark.parametrize("changed", [{}, *ELSEWISE], ids=["defaults", "taxed", "continued"])
def test_the_page_computes_what_python_computes(
    page: Page, tmp_path: Path, changed: dict[str, Any]
) -> None:
    page.goto(with_model(changed, tmp_path))
    starts = words.starts(study(changed))
    for order, project in enumerate(starts.values()):
        page.select_option(".explorable select", str(order))
        shown = page.eval_on_selector(".explorable", "e => Number(e.dataset.value)")
        assert shown == pytest.approx(float(project_npv(project)), abs=1e-9)
        computed = page.evaluate(SET, [list(at) for at in GRID])
        assert len(set(computed)) > len(GRID) / 2
        assert computed == pytest.approx([worth(project, at) for at in GRID], abs=1e-9)


def test_a_discount_rate_too_low_for_a_perpetuity_has_no_value(page: Page, tmp_path: Path) -> None:
    page.goto(with_model({"terminal_value": True, "terminal_growth_pct": 3.0}, tmp_path))
    page.get_by_label("Discount rate, % a year").fill("2")
    expect(page.locator(".explorable-value")).to_have_text("no finite value")


def test_it_is_turned_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(address)
    slider = page.get_by_label("Discount rate", exact=True)
    value = page.locator(".explorable-value")
    before = value.inner_text()
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "10.25 % a year"
    assert page.get_by_label("Discount rate, % a year").input_value() == "10.25"
    expect(value).not_to_have_text(before)
    page.keyboard.press("Tab")  # the same input as a number
    page.keyboard.press("Tab")
    expect(page.get_by_label("Power turned over to AI", exact=True)).to_be_focused()
    page.locator(".explorable select").focus()
    page.keyboard.press("ArrowDown")
    expect(value).not_to_have_text(before)
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Reset").focus()
    page.keyboard.press("Enter")
    expect(value).to_have_text(before)


def test_a_number_out_of_range_is_marked_and_changes_nothing(page: Page, address: str) -> None:
    page.goto(address)
    value = page.locator(".explorable-value")
    before = value.inner_text()
    field = page.get_by_label("Margin, %")
    field.fill("400")
    assert field.get_attribute("aria-invalid") == "true"
    expect(value).to_have_text(before)
    field.blur()
    assert field.get_attribute("aria-invalid") == "false"
    assert field.input_value() == "85"


def test_the_rate_that_it_names_gives_the_published_figure(page: Page, address: str) -> None:
    page.goto(address)
    page.select_option(".explorable select", "2")
    said = page.locator(".explorable-against").inner_text()
    rate = float(said.rpartition("discount rate of ")[2].split("\u00a0")[0])
    starts = words.starts(study({}))
    project = list(starts.values())[2]
    target = study({}).given.npv_busd
    # Shown to a tenth of a percent, so the worth half a tenth either side brackets the target.
    high, low = (float(project_npv(replace(project, discount_rate_pct=r)))
                 for r in (rate - 0.05, rate + 0.05))  # fmt: skip
    assert low <= target <= high


def test_without_a_script_the_still_figure_and_its_table_remain(
    chromium: Browser, address: str
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".explorable")).to_be_hidden()
    figure = page.locator("figure.chart", has=page.locator(".explorable"))
    expect(figure.locator("svg[role=img], img").first).to_be_visible()
    caption = page.locator("figcaption", has_text="Net present value by discount rate from each")
    expect(caption).to_be_visible()
    context.close()
