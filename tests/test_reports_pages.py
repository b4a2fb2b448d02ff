"""Hygiene of what is rendered: pages, notebooks, records. The same for what is committed."""

import hashlib
import re
from pathlib import Path

import nbformat
import pytest
import small_project
from conftest import SECRET, Rendered
from hygiene import Page, machine_paths, of_json

from claimbook import cli, ledger, paths
from claimbook.reports import shelf
from claimbook.reports.shelf import Shelf, Version

HEAVY = 700_000  # bytes


def folders(rendered: Rendered) -> list[Path]:
    """The fresh reports, and the committed ones where there are any."""
    committed = paths.reports_folder()
    return [rendered.folder, *([committed] if (committed / "index.html").is_file() else [])]


def pages(rendered: Rendered) -> list[Path]:
    return [page for folder in folders(rendered) for page in sorted(folder.rglob("*.html"))]


def versions(rendered: Rendered) -> list[Version]:
    return [
        version
        for shelf in map(Shelf, folders(rendered))
        for claim_id in shelf.claims()
        for version in shelf.versions(claim_id)
    ]


def test_there_is_a_page_for_every_report_every_claim_and_the_catalogue(rendered: Rendered) -> None:
    with_notebook = [claim.id for claim in ledger.subjects() if claim.notebook]
    assert (rendered.folder / "index.html").is_file()
    for claim_id in with_notebook:
        (version,) = Shelf(rendered.folder).versions(claim_id)
        assert (version.folder / "index.html").is_file()
        leads = (rendered.folder / claim_id / "index.html").read_text(encoding="utf-8")
        assert f"{version.name}/index.html" in leads
    assert len(with_notebook) >= 3


def test_no_page_is_heavy(rendered: Rendered) -> None:
    for page in sorted(rendered.folder.rglob("*.html")):
        assert page.stat().st_size < HEAVY, page


def test_a_page_with_far_more_to_show_is_not_heavy_either(tmp_path: Path) -> None:
    # Seven windows where the article's report has three, four years of days where it has two.
    options = ["smoothing=1", "series_days=730", "windows=30,90,180,270,365,545,730"]
    given = [word for option in options for word in ("-p", option)]
    done = small_project.claimbook("render", "halving-revenue", *given, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (version,) = Shelf(tmp_path / "out").versions("halving-revenue")
    assert (version.folder / "index.html").stat().st_size < HEAVY


def test_no_page_asks_anything_of_anyone(rendered: Rendered) -> None:
    for page in pages(rendered):
        assert Page(page.read_text(encoding="utf-8")).requests == [], page


def test_every_image_says_what_it_shows(rendered: Rendered) -> None:
    for version in versions(rendered):
        alts = Page((version.folder / "index.html").read_text(encoding="utf-8")).alts
        assert alts, version.folder
        for alt in alts:
            assert alt, version.folder
            # In words, and with numbers: what a reader would see.
            assert len(alt.split()) >= 8, alt
            assert re.search(r"\d", alt), alt
            assert "Figure size" not in alt
        assert len(set(alts)) == len(alts)


def test_every_page_has_a_language_one_title_one_main_and_unique_anchors(
    rendered: Rendered,
) -> None:
    for path in pages(rendered):
        page = Page(path.read_text(encoding="utf-8"))
        assert page.language == "en", path
        assert (page.titles, page.mains) == (1, 1), path
        assert len(set(page.ids)) == len(page.ids), path


def test_no_page_notebook_or_record_names_a_machine(rendered: Rendered) -> None:
    for folder in folders(rendered):
        # The journal's folder is no part of what is published.
        published = (p for p in folder.rglob("*.*") if ".render" not in p.parts and p.is_file())
        for path in sorted(published):
            plain = path.suffix in (".html", ".js")
            text = path.read_text(encoding="utf-8") if plain else of_json(path)
            assert machine_paths(text) == [], path


def test_no_secret_of_the_environment_is_anywhere(rendered: Rendered) -> None:
    for name, content in small_project.tree(rendered.folder).items():
        assert SECRET.encode() not in content, name
    assert SECRET not in rendered.said.stdout + rendered.said.stderr


def test_published_notebooks_ran_from_top_to_bottom_without_error(rendered: Rendered) -> None:
    for version in versions(rendered):
        notebook = nbformat.read(version.folder / "notebook.ipynb", as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source]
        assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
        kinds = {output.output_type for cell in code for output in cell.outputs}
        assert kinds <= {"display_data"}, version.folder  # no stray value, warning or error


def test_manifests_match(rendered: Rendered) -> None:
    for folder in folders(rendered):
        assert shelf.verified(Shelf(folder)) > 0
        assert cli.main(["verify", "--out", str(folder)]) == cli.DONE


def test_manifests_say_what_the_report_was_made_from(rendered: Rendered) -> None:
    root = paths.root()
    for claim in ledger.claims():
        for version in Shelf(rendered.folder).versions(claim.id):
            manifest = version.manifest
            assert [table["name"] for table in manifest["tables"]] == sorted(claim.tables)
            for table in manifest["tables"]:
                content = (root / table["path"]).read_bytes()
                assert hashlib.sha256(content).hexdigest() == table["sha256"]
                assert table["licence"]
            for kind in ("modules", "template", "styles"):
                assert manifest["hashes"][kind]
                for name, recorded in manifest["hashes"][kind].items():
                    content = (root / "src" / name).read_bytes()
                    assert hashlib.sha256(content).hexdigest() == recorded, name
            assert manifest["packages"]["pandas"]
            assert manifest["python"].startswith(">=")
            assert manifest["default"] is True
            assert version.results["parameters"] == manifest["parameters"]
            assert version.name in (version.folder / "index.html").read_text(encoding="utf-8")


def test_the_catalogue_agrees_with_the_reports(rendered: Rendered) -> None:
    catalogue = small_project.read_json(rendered.folder / "catalogue.json")
    shown = {entry["id"]: entry for entry in catalogue["claims"]}
    assert list(shown) == [claim.id for claim in ledger.claims()]
    for claim in ledger.claims():
        entry = shown[claim.id]
        if claim.notebook is None:
            assert (entry["status"], entry["latest"]) == ("no notebook yet", None)
            continue
        (version,) = Shelf(rendered.folder).versions(claim.id)
        assert entry["status"] == "published"
        assert entry["latest"] == version.name
        assert entry["verdict"] == version.results["verdict"]
        assert (rendered.folder / entry["reports"][0]["path"]).is_file()


@pytest.mark.parametrize(
    ("html", "wrong"),
    [
        ('<img src="https://example.org/a.png" alt="x">', True),
        ('<link rel="stylesheet" href="//example.org/a.css">', True),
        ('<script src="a.js"></script>', True),
        ("<script>fetch('a')</script>", True),
        ('<script>x.src = "../versions.js";</script>', False),
        ('<script>x.src = "../other.js";</script>', True),
        ('<script>x.src = "../versions.js" + y;</script>', True),
        ("<style>@import 'a.css';</style>", True),
        ("<style>p { background: url(https://example.org/a.png) }</style>", True),
        ('<p style="background: url(a.png)">x</p>', True),
        ('<meta http-equiv="refresh" content="0; url=https://example.org/">', True),
        ('<a href="https://example.org/">x</a>', False),
        ('<img src="data:image/png;base64,AAAA" alt="x">', False),
        ("<style>@font-face { src: url(data:font/woff2;base64,AAAA) }</style>", False),
        ('<meta http-equiv="refresh" content="0; url=2024-01-03-00000000/index.html">', False),
    ],
)
def test_the_check_for_requests_can_fail(html: str, wrong: bool) -> None:
    assert bool(Page(html).requests) is wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('File "/home/someone/x.py"', True),
        (str(small_project.REPOSITORY / "data"), True),
        (r"C:\\Users\\someone", True),
        ("data:font/woff2;base64,AAAA/home/AAAA", False),
        ("https://example.org/home/news", False),
        ("data/market/bars_daily.csv", False),
    ],
)
def test_the_check_for_machine_paths_can_fail(text: str, wrong: bool) -> None:
    assert bool(machine_paths(text)) is wrong
