"""A real browser for the tests in this folder: Chromium, as Debian or Playwright installs it."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
MISSING = "no Chromium here: install Debian's `chromium`, or run `playwright install chromium`"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Headless Chromium. Without one the tests are skipped, but not where `CI` is set."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    # Ended with the file's tests: other tests in this process run event loops of their own.
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error:
            if os.environ.get("CI"):
                raise
            pytest.skip(MISSING)
        yield browser
        browser.close()
