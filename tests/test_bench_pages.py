"""The benchmark of pages: what it opens, what it holds against the limits, what it needs."""

import importlib
import os
from pathlib import Path
from typing import Any

import made_versions
import pytest

from claimbook import cli
from claimbook.bench import pages
from claimbook.bench.pages import Opened
from claimbook.reports import catalogue
from claimbook.reports.shelf import Shelf


def test_every_published_page_is_opened_and_none_of_unfinished_work(tmp_path: Path) -> None:
    names = ("index.html", "a/index.html", "a/2024-01-01-00000000/index.html", "sweeps/s.html")
    for name in (*names, ".part-1/index.html", "a/.part-1/x.html", "a/notebook.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [page.relative_to(tmp_path).as_posix() for page in pages.published(tmp_path)]
    assert sorted(found) == sorted(names)


def test_each_page_is_held_against_both_limits() -> None:
    found = [
        Opened("slow/index.html", 1_000, (0.4, 0.6, 0.9)),
        Opened("heavy/index.html", 700_001, (0.1, 0.1, 9.0)),
        Opened("good/index.html", 700_000, (0.1, 0.5, 0.7)),
    ]
    assert [opened.good for opened in found] == [False, False, True]
    _, _, slow, heavy, good, last = pages.described(found).splitlines()
    assert slow.split() == ["slow/index.html", "0.60", "0.90", "1", "slow"]
    assert heavy.split() == ["heavy/index.html", "0.10", "9.00", "700", "heavy"]
    assert good.split() == ["good/index.html", "0.50", "0.70", "700"]
    assert last == "beyond a limit: 2"
    assert pages.described(found[2:]).endswith("all within the limits")


def test_without_playwright_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "index.html").touch()

    def missing(name: str, *more: Any) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    assert cli.main(["bench", "pages", "--out", str(tmp_path)]) == cli.UNUSABLE
    said = capsys.readouterr().err
    assert "pip install -r requirements-dev.lock" in said
    assert said.count("\n") == 1


def test_a_folder_without_a_page_is_a_slip(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["bench", "pages", "--out", str(tmp_path)]) == cli.UNUSABLE
    assert "holds no page" in capsys.readouterr().err


@pytest.mark.browser
def test_it_measures_what_the_browser_painted(small: Path) -> None:
    shelf = Shelf(small / "reports")
    name = made_versions.publish(shelf, 1)
    catalogue.write(shelf, {"fell": name})
    try:
        found = pages.run(shelf.folder, times=1)
    except pages.BrowserMissingError:
        if os.environ.get("CI"):
            raise
        pytest.skip("no Chromium here")
    assert {opened.page for opened in found} == {
        "index.html",
        "fell/index.html",
        f"fell/{name}/index.html",
    }
    for opened in found:
        assert opened.size == (shelf.folder / opened.page).stat().st_size
        assert 0 < opened.paint < 60  # it was painted at all


@pytest.mark.browser
def test_a_page_that_is_never_painted_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>Nothing</title>")
    monkeypatch.setattr(pages, "NEVER", 1)
    with pytest.raises((pages.UnpaintedError, pages.BrowserMissingError)) as caught:
        pages.run(tmp_path, times=1)
    if caught.type is pages.BrowserMissingError and not os.environ.get("CI"):
        pytest.skip("no Chromium here")
    said = f"the browser painted nothing of {tmp_path}/index.html in 1 seconds"
    assert str(caught.value) == said
