"""Two versions compared: names, findings that turned, every quantity, the page and its bytes."""

import base64
import csv
import dataclasses
import hashlib
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import made_versions
import matplotlib.figure
import pytest
import small_project
from hygiene import Page

from claimbook import cli
from claimbook.charts import vector
from claimbook.errors import ParameterError
from claimbook.reports import diff, diff_page, diff_text, naming, sections
from claimbook.reports import shelf as shelf_module
from claimbook.reports.sections import Figure
from claimbook.reports.shelf import Shelf, Version

ALT = "A line that rises from 0 to what the version says."
OLD_FINDINGS = {
    "by-a-tenth": ("holds", "−10.00 %"),
    "the-second": ("holds", "−9.00 %"),
    "cross-check": ("holds", "1"),
    "steady": ("holds", "2"),
    "gone": ("holds", "3"),
}
NEW_FINDINGS = {
    "steady": ("holds", "2"),
    "the-second": ("holds", "−9.50 %"),
    "cross-check": ("does not hold", "7"),
    "by-a-tenth": ("does not hold", "−20.00 %"),
}
OLD_QUANTITIES = {
    "change_pct": (-10.0, "percent"),
    "steady": (4.0, "1"),
    "value": (200.0, "bn USD"),
    "first_day": ("2024-01-02", "date"),
    "only_old": (1.0, "1"),
    "unknown_now": (3.0, "MW"),
    "other_unit": (1.0, "MW"),
}
NEW_QUANTITIES = {
    "change_pct": (-20.0, "percent"),
    "steady": (4.0, "1"),
    "value": (201.0, "bn USD"),
    "first_day": ("2024-01-09", "date"),
    "only_new": (2.0, "1"),
    "unknown_now": (None, "MW"),
    "other_unit": (1.0, "GW"),
}


@pytest.fixture
def shelf(small: Path) -> Shelf:
    """Two versions of the article's own report and one with other parameters."""
    made = Shelf(small / "reports")
    made_versions.publish(
        made,
        1,
        change=made_versions.module(1),
        findings=OLD_FINDINGS,
        quantities=OLD_QUANTITIES,
        shade=10,
    )
    made_versions.publish(
        made,
        2,
        verdict="does not hold",
        findings=NEW_FINDINGS,
        quantities=NEW_QUANTITIES,
        shade=200,
    )
    made_versions.publish(made, 3, given={"times": 2.0}, shade=200)
    return made


def names(shelf: Shelf) -> tuple[str, str, str]:
    other, new, old = (version.name for version in shelf.versions("fell"))
    return old, new, other


def compared(shelf: Shelf) -> diff.Difference:
    _, new, old = shelf.versions("fell")
    return diff_page.of(old, new)


def test_a_planted_changed_verdict_comes_first(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compared(shelf)
    # Deciding before cross-checks, then what one side lacks, then other numbers, then the rest.
    assert [pair.id for pair in found.turned] == ["by-a-tenth", "gone", "cross-check"]
    assert [pair.id for pair in found.moved] == ["the-second"]
    assert [pair.id for pair in found.findings][-1] == "steady"
    assert cli.main(["diff", "fell", "--no-page"]) == cli.DONE
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "Verdict: holds → does not hold"
    assert said[3:5] == [
        "Findings whose verdict changed",
        "  by-a-tenth: holds → does not hold; reproduced: −10.00 % → −20.00 %",
    ]
    text = "\n".join(said)
    assert "cross-check (cross-check): holds → does not hold" in text
    assert "gone: holds → not in this version" in text
    assert "src module claimbook/ledger.py changed" in text
    assert not (shelf.folder / "fell" / "diffs").exists()


def test_every_quantity_has_both_sides_and_the_difference(shelf: Shelf) -> None:
    found = {pair.name: pair for pair in compared(shelf).quantities}
    assert sorted(found) == sorted({**OLD_QUANTITIES, **NEW_QUANTITIES})
    rows = {
        name: (
            diff_text.side(pair, new=False),
            diff_text.side(pair, new=True),
            diff_text.difference(pair),
        )
        for name, pair in found.items()
    }
    assert rows == {
        "change_pct": ("−10\u00a0%", "−20\u00a0%", "−10 percentage points"),
        "steady": ("4", "4", "none"),
        "value": ("200\u00a0bn USD", "201\u00a0bn USD", "+1\u00a0bn USD"),
        "first_day": ("2024-01-02", "2024-01-09", "+7 days"),
        "only_old": ("1", "not in this version", "–"),
        "only_new": ("not in this version", "2", "–"),
        "unknown_now": ("3 MW", "not known", "–"),
        "other_unit": ("1 MW", "1 GW", "two units"),
    }
    order = [pair.name for pair in compared(shelf).quantities]
    # What has no difference first, then by size: a date, a half, a two-hundredth; equal ones last.
    assert order[4:] == ["first_day", "change_pct", "value", "steady"]


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (0.1, 0.3, "+0.2"),  # 0.19999999999999998 as floats
        (1.0, 1.0 + 1e-13, "none"),  # below the ten digits that are kept
        (1234567.0, 1234568.0, "+1"),
        (0.0, 0.00012, "+0.00012"),
        (5.0, -5.0, "−10"),
        (1.0, 1.000000001, "+0.000000001"),  # the tenth digit
        (0.5, 1e-30, "−0.5"),
        (2e-30, 1e-30, "−1e−30"),
    ],
)
def test_a_difference_is_of_the_figures_and_not_of_the_arithmetic(
    old: float, new: float, shown: str
) -> None:
    sides = ({"quantities": {"q": {"value": value, "unit": "1"}}} for value in (old, new))
    (pair,) = diff.quantities(*sides)
    assert diff_text.difference(pair) == shown


def test_names_in_every_form(shelf: Shelf) -> None:
    old, new, other = names(shelf)
    folder = shelf.folder / "fell"
    for words, expected in {
        ("fell",): (old, new),
        ("fell", "previous"): (old, new),
        ("fell", old): (old, new),
        ("fell", new, old): (new, old),
        ("fell", "previous", "latest"): (old, new),
        (f"fell/{old}", "fell/latest"): (old, new),
        ("fell", old, "fell", new): (old, new),
        ("fell", old.rpartition("-")[2], new[:16]): (old, new),
        (str(folder / old), str(folder / new / "index.html")): (old, new),
        ("fell", "latest", "times=2"): (new, other),
        ("fell", "ticker=ACME; times=2", "latest"): (other, new),
    }.items():
        assert tuple(v.name for v in naming.pair(shelf, words)) == expected, words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["felt"], "no published claim 'felt': there are fell"),
        (["fell", "2024-01-03-00000000"], "fell has no version '2024-01-03-00000000': there are "),
        (["fell", "2024"], "may mean .* or .* of fell"),
        (["fell", "latest", "latest"], "latest is .*, and so is the other one"),
        (["fell", "times=3"], "'times=3' means no report of fell: .*times.* 2"),
        (["fell", "times=1.5"], "make it with claimbook render fell -p times=1.5"),
        (["fell", "tims=2"], "there is no parameter 'tims'"),
        (["a", "b", "c", "d", "e"], "name them as CLAIM"),
        (["fell/x", "nowhere/y"], "fell has no version 'x'"),
        (["nowhere/y", "fell/latest"], "no version 'nowhere/y'"),
    ],
)
def test_a_bad_name_gives_one_sentence_that_lists_what_there_is(
    shelf: Shelf, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = small_project.tree(shelf.folder)
    with pytest.raises(ParameterError, match=said):
        naming.pair(shelf, words)
    assert cli.main(["diff", *words]) == cli.UNUSABLE
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert small_project.tree(shelf.folder) == before


def test_the_latest_is_what_the_catalogue_says(shelf: Shelf) -> None:
    """The current report may have been rendered before another state of the project was."""
    old, new, _ = names(shelf)
    (shelf.folder / "catalogue.json").write_text(
        json.dumps({"claims": [{"id": "fell", "latest": old}]}), encoding="utf-8"
    )
    assert naming.version(shelf, "fell", "latest").name == old
    # Nothing was rendered before it; the one that it took the place of is the other one.
    assert naming.version(shelf, "fell", "previous").name == new


def test_where_there_is_no_previous_one_a_sentence_says_so(small: Path) -> None:
    alone = Shelf(small / "reports")
    made_versions.publish(alone, 1)
    made_versions.publish(alone, 2, given={"times": 2.0})
    with pytest.raises(ParameterError, match="no version of the same report before"):
        naming.pair(alone, ["fell"])


def page(shelf: Shelf) -> tuple[Path, str]:
    assert cli.main(["diff", "fell"]) == cli.DONE
    (path,) = shelf.folder.glob("fell/diffs/*/index.html")
    return path, path.read_text(encoding="utf-8")


def test_the_page_shows_it_all_and_loads_nothing(shelf: Shelf) -> None:
    old, new, _ = names(shelf)
    path, html = page(shelf)
    assert path.parent.name == f"{old}..{new}"
    seen = Page(html)
    assert seen.requests == []
    assert (seen.language, seen.titles, seen.mains) == ("en", 1, 1)
    assert len(set(seen.ids)) == len(seen.ids)
    assert "default-src &#39;none&#39;" in html
    # Both figures, each with the words it was published with and a heading that says whose it is.
    assert seen.alts == [f"A bar of shade {n} of 255, as high as the fall." for n in (10, 200)]
    pictures = [base64.b64encode(made_versions.pixel(n)).decode() for n in (10, 200)]
    places = [html.index(picture) for picture in pictures]
    assert html.index(f"Old: {old}") < places[0] < html.index(f"New: {new}") < places[1]
    # The order of what matters.
    order = ["The old version says “holds”, the new one “does not hold”.", "by-a-tenth",
             "The main figure, old and new", "What went into them", "change_pct"]  # fmt: skip
    found = [html.index(words) for words in order]
    assert found == sorted(found)
    for address in re.findall(r'<a[^>]* href="([^"#]+)', html):
        if not address.startswith(("data:", "../../index", "../../../index")):
            assert (path.parent / unquote(address)).exists(), address


def test_all_quantities_can_be_downloaded_with_all_digits(shelf: Shelf) -> None:
    _, html = page(shelf)
    address = re.search(r'href="data:text/csv;charset=utf-8,([^"]+)" aria-label="[^"]*digits', html)
    assert address is not None
    rows = list(csv.DictReader(io.StringIO(unquote(address[1]))))
    assert {row["quantity"] for row in rows} == {*OLD_QUANTITIES, *NEW_QUANTITIES}
    change = next(row for row in rows if row["quantity"] == "change_pct")
    assert change == {
        "quantity": "change_pct",
        "old": "-10.0",
        "old_unit": "percent",
        "new": "-20.0",
        "new_unit": "percent",
        "new_less_old": "-10.0",
    }
    unknown = next(row for row in rows if row["quantity"] == "unknown_now")
    assert (unknown["new"], unknown["new_less_old"]) == ("", "")


def test_the_same_for_programs_and_the_same_bytes_again(shelf: Shelf) -> None:
    path, html = page(shelf)
    content = json.loads(path.with_name("diff.json").read_text(encoding="utf-8"))
    assert content["verdict"] == {"old": "holds", "new": "does not hold"}
    assert content["findings"][0]["id"] == "by-a-tenth"
    assert content["page"]["index.html"] == hashlib.sha256(html.encode()).hexdigest()
    before = small_project.tree(shelf.folder)
    for file in path.parent.iterdir():
        file.unlink()
    variables = {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    again = small_project.claimbook(
        "diff", "fell", root=shelf.folder.parent, variables=variables, cwd=shelf.folder
    )
    assert again.returncode == 0, again.stderr
    after = small_project.tree(shelf.folder)
    assert {n: c for n, c in after.items() if ".render" not in n} == {
        n: c for n, c in before.items() if ".render" not in n
    }


def test_a_figure_that_is_the_same_is_shown_once(shelf: Shelf) -> None:
    _, new, other = names(shelf)
    versions = {version.name: version for version in shelf.versions("fell")}
    html = diff_page.render(
        diff_page.of(versions[new], versions[other]), versions[new], versions[other]
    )
    assert "The main figure is the same in both" in html
    assert len(Page(html).alts) == 1
    assert "times = 2.0" in html


def test_two_drawings_on_one_page_share_no_id(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vector figure refers to its parts by id; with shared ids, one would be cut as the other."""
    _, new, old = shelf.versions("fell")

    def drawn(version: Version) -> list[Figure]:
        picture = matplotlib.figure.Figure(figsize=(2, 2))
        picture.subplots().plot([0, 1], [0, 1 if version is old else 2])
        return [sections.figure_of(vector.drawn(picture), ALT, "line", None)]

    monkeypatch.setattr(diff_page, "main_figures", drawn)
    seen = diff_page.render(diff_page.of(old, new), old, new)
    ids, used = Page(seen).ids, re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', seen)
    assert len(set(ids)) == len(ids)
    assert {one or other for one, other in used} <= set(ids)
    assert seen.count("clip-path=") > 1
    assert Page(seen).alts == [ALT] * 2


def test_versions_elsewhere_are_compared_and_get_no_page(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, _ = names(shelf)
    folder = shelf.folder / "fell"
    arguments: list[Any] = ["diff", str(folder / old), str(folder / new)]
    assert cli.main([*arguments, "--out", str(tmp_path / "empty")]) == cli.DONE
    assert "no page: " in capsys.readouterr().out
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (1.0, 1.000000001, ("1.000000000", "1.000000001")),
        (0.5, 1e-30, ("0.5 MW", "1e−30 MW")),
        (1e15, 1e-13, ("1e+15 MW", "1e−13 MW")),
        (float("nan"), 5.0, ("not known", "5 MW")),
        (5.0, float("-inf"), ("5 MW", "not known")),
    ],
)
def test_two_values_that_differ_never_read_the_same(
    old: float, new: float, shown: tuple[str, str]
) -> None:
    sides = ({"quantities": {"q": {"value": value, "unit": "MW"}}} for value in (old, new))
    (pair,) = diff.quantities(*sides)
    assert not pair.same
    read = diff_text.side(pair, new=False), diff_text.side(pair, new=True)
    assert read[0] != read[1]
    assert [r.removesuffix(" MW") for r in read] == [r.removesuffix(" MW") for r in shown]
    if "not known" in shown:
        assert diff_text.difference(pair) == "–"


def test_a_finding_that_decides_now_is_no_finding_that_is_the_same() -> None:
    finding = {"id": "f", "statement": "F.", "verdict": "holds", "reproduced_text": "1"}
    sides = ({"findings": [finding | {"decides": decides}]} for decides in (False, True))
    (pair,) = diff.findings(*sides)
    assert not pair.same
    assert diff_text.notes(pair) == ["decides the verdict now, was a cross-check"]


def test_two_versions_without_a_verdict_are_compared(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page that shows all claims has none."""
    made = Shelf(small / "reports")
    for number in (1, 2):
        made_versions.publish(
            made, number, verdict=None, findings={}, change=made_versions.module(number)
        )
    _, html = page(made)
    assert "Neither version has a verdict." in capsys.readouterr().out
    assert "Neither version has a verdict." in html
    assert html.count(">No verdict<") == 2
    assert ">None<" not in html
    assert cli.main(["verify"]) == cli.DONE


def test_the_previous_one_is_of_the_same_report_whatever_was_rendered_between(small: Path) -> None:
    made = Shelf(small / "reports")
    other = made_versions.publish(made, 1, given={"times": 2.0})
    current = made_versions.publish(made, 2, change=made_versions.module(1))
    later = made_versions.publish(made, 3, change=made_versions.module(2))
    made.write(
        "catalogue.json", json.dumps({"claims": [{"id": "fell", "latest": current}]}).encode()
    )
    assert naming.version(made, "fell", "previous").name == later
    assert other in {version.name for version in made.versions("fell")}


def test_a_version_that_was_altered_proves_nothing(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    _, new, _ = names(shelf)
    results = shelf.place("fell", new) / "results.json"
    results.write_text(results.read_text("utf-8").replace("does not hold", "holds"), "utf-8")
    assert cli.main(["diff", "fell"]) == cli.FAILED
    said = capsys.readouterr()
    assert f"{new}: results.json is not the file that manifest.json recorded" in said.err
    assert not (shelf.folder / "fell" / "diffs").exists()


@pytest.mark.parametrize("entry", ["claim", "version"])
def test_a_manifest_cannot_choose_where_the_page_goes(
    shelf: Shelf, entry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its claim and version become part of a path; one made to lead elsewhere gets no page."""
    before = small_project.tree(shelf.folder.parent)
    versions = [
        dataclasses.replace(v, manifest={**v.manifest, entry: f"../../{v.manifest[entry]}"})
        for v in shelf.versions("fell")[1:]
    ]
    assert not diff_page.can_stand(shelf, *versions)
    assert diff_page.can_stand(shelf, *shelf.versions("fell"))
    elsewhere = shelf.folder.parent / "elsewhere" / "fell"
    shutil.copytree(shelf.folder / "fell", elsewhere)
    moved = Shelf(elsewhere.parent).versions("fell")
    assert not diff_page.can_stand(shelf, *moved)
    shutil.rmtree(elsewhere.parent)
    assert small_project.tree(shelf.folder.parent) == before


def test_a_comparison_that_is_interrupted_leaves_nothing(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list without its page would hold neither version, and miss them when they are pruned."""
    write = shelf_module._write

    def stopped(file: Path, content: bytes) -> None:
        if file.name == "index.html":
            raise KeyboardInterrupt
        write(file, content)

    with monkeypatch.context() as patched:
        patched.setattr(shelf_module, "_write", stopped)
        assert cli.main(["diff", "fell"]) == cli.INTERRUPTED
    assert not list(shelf.folder.glob("fell/diffs/*"))
    assert cli.main(["diff", "fell"]) == cli.DONE
    assert cli.main(["verify"]) == cli.DONE


def test_strange_names_of_quantities_and_parameters_are_text(small: Path) -> None:
    made = Shelf(small / "reports")
    name = '<img src="x" onerror=alert(1)>{0}%s'

    def parameter(manifest: dict[str, Any]) -> None:
        manifest["parameters"] = {**manifest["parameters"], name: name}

    made_versions.publish(made, 1, quantities={name: (1.0, name)})
    made_versions.publish(made, 2, quantities={name: (2.0, name)}, change=parameter)
    path, html = page(made)
    claim = (made.folder / "fell" / "index.html").read_text(encoding="utf-8")
    for shown in (html, claim):
        assert "<img" not in shown.partition("<main")[2].replace('<img src="data:', "")
        assert "&lt;img src=" in shown
    assert Page(html).requests == []
    (row,) = json.loads(path.with_name("diff.json").read_text(encoding="utf-8"))["quantities"]
    assert row["name"] == name
