"""How soon published pages are painted, opened from disk in Chromium, and how heavy they are.

Each page is opened several times in a window of its own, so that none is helped by what the one
before it left. The first paint with anything of the page in it is what Chromium itself reports
(first contentful paint, since the navigation began).
"""

import importlib
import shutil
import statistics
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimbook import paths
from claimbook.errors import ClaimbookError, ParameterError

TIMES = 5
SOON = 0.5  # seconds to the first paint
HEAVY = 700_000  # bytes
NEVER = 30  # seconds after which a page counts as not painted
NEEDED = "pip install -r requirements-dev.lock"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
_WINDOW = {"width": 1280, "height": 800}
_PAINTED = """(limit) => new Promise((told) => {
    setTimeout(() => told(null), 1000 * limit);
    new PerformanceObserver((list) => {
        const painted = list.getEntriesByName('first-contentful-paint')[0];
        if (painted) told(painted.startTime);
    }).observe({ type: 'paint', buffered: true });
})"""


class BrowserMissingError(ClaimbookError):
    """What the pages would be opened with is not installed."""


class UnpaintedError(ClaimbookError):
    """The browser showed nothing of a page."""


@dataclass(frozen=True)
class Opened:
    """A page by its path below the reports folder: its size, and seconds to each first paint."""

    page: str
    size: int
    paints: tuple[float, ...]

    @property
    def paint(self) -> float:
        return statistics.median(self.paints)

    @property
    def good(self) -> bool:
        return self.paint <= SOON and self.size <= HEAVY


def run(folder: Path | None = None, times: int = TIMES) -> list[Opened]:
    """Open every published page `times` times; the slowest to be painted first.

    `folder` is the reports folder, by default the project's own. Raises ParameterError where it
    holds no page, BrowserMissingError where Playwright or Chromium is missing, UnpaintedError where
    a page is not painted at all.
    """
    folder = (folder or paths.reports_folder()).resolve()
    pages = published(folder)
    if not pages:
        raise ParameterError(f"{folder.name} holds no page; run claimbook render")
    with _chromium() as browser:
        _paint(browser, pages[0])  # the browser's own first time
        found = [
            Opened(
                page.relative_to(folder).as_posix(),
                page.stat().st_size,
                tuple(_paint(browser, page) for _ in range(times)),
            )
            for page in pages
        ]
    return sorted(found, key=lambda opened: (-opened.paint, opened.page))


def published(folder: Path) -> list[Path]:
    """Every page of a reports folder, but for those of work that still goes on."""
    return [
        page
        for page in sorted(folder.rglob("*.html"))
        if not any(part.startswith(".") for part in page.relative_to(folder).parts)
    ]


def described(found: Sequence[Opened]) -> str:
    """The measurements as lines of text, each page against both limits."""
    widest = max(len(opened.page) for opened in found)
    lines = [
        f"{len(found)} pages from disk, {len(found[0].paints)} times each; limits: first paint "
        f"{SOON:.2f} s (median), {HEAVY / 1000:,.0f} kB",
        f"{'':{widest}s}  {'paint (s)':>9s}  {'slowest':>7s}  {'kB':>5s}",
    ]
    for opened in found:
        over = ["slow"] * (opened.paint > SOON) + ["heavy"] * (opened.size > HEAVY)
        lines.append(
            f"{opened.page:{widest}s}  {opened.paint:9.2f}  {max(opened.paints):7.2f}  "
            f"{opened.size / 1000:5,.0f}{'  ' if over else ''}{', '.join(over)}"
        )
    beyond = sum(not opened.good for opened in found)
    lines.append(f"beyond a limit: {beyond}" if beyond else "all within the limits")
    return "\n".join(lines)


@contextmanager
def _chromium() -> Any:
    """Headless Chromium, as the system or Playwright installed it."""
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ModuleNotFoundError as error:
        raise BrowserMissingError(
            f"bench pages needs Playwright, which only development needs: {NEEDED}"
        ) from error
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with playwright.sync_playwright() as started:
        try:
            browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except playwright.Error as error:
            raise BrowserMissingError(
                "bench pages needs Chromium: install the system's `chromium`, or run "
                "playwright install chromium"
            ) from error
        yield browser
        browser.close()


def _paint(browser: Any, page: Path) -> float:
    """Seconds from the navigation to the first paint, in a window of its own."""
    context = browser.new_context(viewport=_WINDOW)
    try:
        opened = context.new_page()
        opened.goto(page.as_uri())
        painted = opened.evaluate(_PAINTED, NEVER)
    finally:
        context.close()
    if painted is None:
        raise UnpaintedError(f"the browser painted nothing of {page} in {NEVER} seconds")
    return float(painted) / 1000
