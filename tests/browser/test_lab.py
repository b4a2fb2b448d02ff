"""JupyterLab as a person opens it: run the start notebook, use its form, see a verdict.

The server runs on a copy of the project, since JupyterLab saves what it has open.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import small_project
from playwright.sync_api import Browser, BrowserContext, Page, expect

from claimbook import ledger, paths

pytestmark = pytest.mark.browser

SLOW = 120_000  # milliseconds that a step may take on a busy machine; none is expected to
TOKEN = "only-for-this-test"
# Asks whether it may fetch news; nothing is fetched here.
QUIET = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}


class Lab(NamedTuple):
    """A server: the address that `make lab` opens, and the copy of the project behind it."""

    address: str
    root: Path


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab as `make lab` opens it, on a copy of the project."""
    place = tmp_path_factory.mktemp("lab")
    root = place / "project"
    for name in ("data", "notebooks", "reports", "src"):
        shutil.copytree(
            small_project.REPOSITORY / name, root / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )  # fmt: skip
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(small_project.REPOSITORY / name, root / name)
    (place / "config" / "labconfig").mkdir(parents=True)
    (place / "config" / "labconfig" / "page_config.json").write_text(json.dumps(QUIET))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        paths.ROOT_VARIABLE: str(root),
        "PYTHONPATH": str(root / "src"),
        "HOME": str(place),
        "JUPYTER_CONFIG_DIR": str(place / "config"),
        "JUPYTER_DATA_DIR": str(place / "data"),
        "JUPYTER_RUNTIME_DIR": str(place / "run"),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"),
        *(f"--IdentityProvider.token={TOKEN}", f"--notebook-dir={root}", _opens_at()),
    ]
    log = place / "log"
    with log.open("wb") as written:
        server = subprocess.Popen(command, env=environment, stdout=written, stderr=written)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/status?token={TOKEN}", server, log)
        yield Lab(f"http://127.0.0.1:{port}/?token={TOKEN}", root)
    finally:
        server.terminate()
        server.wait(60)


def _opens_at() -> str:
    """Where `make lab` opens JupyterLab, as the Makefile says it."""
    makefile = (small_project.REPOSITORY / "Makefile").read_text(encoding="utf-8")
    (found,) = (word for word in makefile.split() if word.startswith("--LabApp.default_url="))
    return found


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + SLOW / 1000
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"JupyterLab does not answer: {log.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[BrowserContext]:
    """One for all tests, as a person has: what JupyterLab is made of is fetched and read once."""
    opened = chromium.new_context(viewport={"width": 1400, "height": 1000})
    opened.set_default_timeout(SLOW)
    yield opened
    opened.close()


@pytest.fixture
def page(window: BrowserContext) -> Iterator[Page]:
    opened = window.new_page()
    yield opened
    opened.close()


def _run_all(page: Page) -> None:
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def test_run_all_then_change_a_parameter_run_and_see_figure_and_verdict(
    lab: Lab, page: Page
) -> None:
    expect.set_options(timeout=SLOW)
    page.goto(lab.address)
    expect(page.locator(".jp-Notebook h1").first).to_contain_text("What did the article claim")
    assert page.url.endswith("/notebooks/00-start-here.ipynb")

    _run_all(page)
    form = page.locator(".jp-OutputArea-output:has(.widget-dropdown)").first
    failed = page.locator("[data-mime-type='application/vnd.jupyter.error']").first
    form.or_(failed).first.wait_for(state="attached")
    assert failed.count() == 0, failed.inner_text()
    form.scroll_into_view_if_needed()
    expect(page.locator(".ledger-claim")).to_have_count(7)

    # A claim is chosen, and a value that cannot be is refused before anything runs.
    form.locator("select").first.select_option(
        label=f"miner-drop: {ledger.claim('miner-drop').title}"
    )
    day = form.locator("input[type=date]").first
    run = form.get_by_role("button", name="Run", exact=True)
    day.fill("2025-03-22")
    day.press("Tab")
    expect(form.locator(".refused")).to_contain_text("which is no session; the nearest are")
    expect(run).to_be_disabled()

    # One that can be: the command line says the same, and the run shows what it gives.
    day.fill("2025-01-27")
    day.press("Tab")
    command = "claimbook render miner-drop -p event_date=2025-01-27"
    expect(form.locator(".command")).to_have_text(command)
    expect(form.locator(".refused")).to_have_count(0)
    run.click()
    expect(form.get_by_role("button", name="Stop")).to_be_enabled()
    expect(form.locator(".outcome .word")).to_contain_text("Cannot be tested")
    expect(form.locator(".outcome")).to_contain_text("With event_date = 2025-01-27.")
    picture = form.locator(".outcome img").first
    expect(picture).to_have_attribute("alt", re.compile("on 2025-01-27"))
    # It is decoded, and as wide as a figure; Chromium rejects the promise for a broken image.
    picture.evaluate("image => image.decode()")
    assert (picture.bounding_box() or {"width": 0})["width"] > 300
    expect(form.locator(".outcome tbody tr").first).to_be_attached()
    expect(run).to_be_enabled()
    expect(page.get_by_text("Failed to display")).to_have_count(0)

    # Several of a list, and back to the article's.
    form.locator("select[multiple]").first.select_option(["MARA", "RIOT"])
    expect(form.locator(".command")).to_have_text(f"{command} -p tickers=MARA,RIOT")
    form.get_by_role("button", name="Article's values").click()
    expect(form.locator(".command")).to_have_text("claimbook render miner-drop")


@pytest.mark.parametrize("claim", ledger.claims(), ids=lambda claim: str(claim.id))
def test_every_notebook_runs_from_the_top_in_a_fresh_kernel(
    lab: Lab, page: Page, claim: ledger.Claim
) -> None:
    expect.set_options(timeout=SLOW)
    assert claim.notebook is not None
    file = lab.root / "notebooks" / claim.notebook
    committed = _code(file)
    server, _, token = lab.address.partition("/?")
    page.goto(f"{server}/lab/workspaces/{claim.id}/tree/notebooks/{claim.notebook}?{token}")
    expect(page.locator(".jp-Notebook h1").first).to_have_text(re.compile(re.escape(claim.title)))
    # The headings make a contents panel that leads through the notebook.
    page.get_by_role("tab", name=re.compile("Table of Contents")).first.click()
    entries = page.locator(".jp-TableOfContents-tree .jp-tocItem-content")
    for heading in ("Method", "What this does not show", "What happened since", "Provenance"):
        expect(entries.filter(has_text=re.compile(rf"^(\d+(\.\d+)*\.? )?{heading}"))).to_have_count(
            1
        )

    _run_all(page)  # opening the notebook has started its kernel
    # JupyterLab draws only the cells in view, so the end is looked for in what it saves.
    until = time.monotonic() + SLOW / 1000
    while True:
        assert time.monotonic() < until, "not every cell has run"
        page.wait_for_timeout(500)
        if not _idle(lab, claim.notebook):
            continue
        page.locator(".jp-Notebook").first.press("Control+s")
        page.wait_for_timeout(500)
        cells = []
        with contextlib.suppress(ValueError):  # it is being written
            cells = _code(file)
        if [cell["execution_count"] for cell in cells] == list(range(1, len(committed) + 1)):
            break
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [o for o in outputs if o["output_type"] in ("error", "stream")]
    expected = [len(cell["outputs"]) for cell in committed]
    assert [len(cell["outputs"]) for cell in cells] == expected


def _idle(lab: Lab, notebook: str) -> bool:
    """Whether the notebook's kernel has nothing to do at the moment; the server knows it."""
    server, _, token = lab.address.partition("/?")
    with urllib.request.urlopen(f"{server}/api/sessions?{token}", timeout=60) as answer:
        sessions = json.load(answer)
    states = [s["kernel"]["execution_state"] for s in sessions if s["path"].endswith(notebook)]
    return states == ["idle"]


def _code(file: Path) -> list[dict[str, Any]]:
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]
