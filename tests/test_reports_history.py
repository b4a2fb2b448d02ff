"""What is made of many versions: a claim's page, the catalogue, pruning, and their verification."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import made_versions
import pytest
import small_project
from hygiene import Page
from made_versions import module
from test_reports_render import Worker, worker  # noqa: F401  (a fixture)

from claimbook import cli
from claimbook.reports import catalogue, links, render, retention, verification, version_text
from claimbook.reports.files import as_json
from claimbook.reports.shelf import Shelf

COVERAGE = "show.coverage(book)"


@pytest.fixture
def shelf(small: Path) -> Shelf:
    return Shelf(small / "reports")


def many(shelf: Shelf, count: int, *, first: int = 1, **more: Any) -> list[str]:
    """The article's own report, so many times, each with another module; oldest first."""
    return [
        made_versions.publish(shelf, number, change=module(number), **more)
        for number in range(first, first + count)
    ]


def history(shelf: Shelf) -> tuple[dict[str, Any], str]:
    folder = shelf.folder / "fell"
    content = small_project.read_json(folder / "history.json")
    return content, (folder / "index.html").read_text(encoding="utf-8")


# A claim's page, and the catalogue.


def test_a_claims_page_lists_every_version_and_what_it_changed(shelf: Shelf) -> None:
    one, two = many(shelf, 2)
    three = made_versions.publish(shelf, 3, verdict="does not hold", change=module(3))
    other = made_versions.publish(shelf, 4, given={"times": 2.0})
    catalogue.write(shelf, {"fell": three})
    content, html = history(shelf)
    assert [v["version"] for v in content["versions"]] == [other, three, two, one]
    assert [v["since"] for v in content["versions"]] == [None, two, one, None]
    assert content["versions"][1]["changes"] == ["src module claimbook/ledger.py changed"]
    (turned,) = content["versions"][1]["findings"]
    assert turned["verdict"] == {"old": "holds", "new": "does not hold"}
    assert content["versions"][0]["altered"] == {"times": 2.0}
    page = Page(html)
    assert {f"v-{name}" for name in (one, two, three, other)} <= set(page.ids)
    assert page.requests == []
    # The latest at once: the first link to a report, above the list.
    hrefs = re.findall(r'href="([^"]+)"', html.partition("<main")[2])
    assert hrefs[0] == f"{three}/index.html"
    assert "4 January 2024, 12:03 UTC" in html
    assert "by-a-tenth" in html
    assert "times = 2.0" in html
    assert 'http-equiv="refresh"' not in html


def test_one_version_alone_is_no_history_to_speak_of(shelf: Shelf) -> None:
    (name,) = many(shelf, 1)
    catalogue.write(shelf, {"fell": name})
    _, html = history(shelf)
    assert "Versions of this report (1)" in html
    assert "Changed since" not in html.partition("<main")[2].partition("<script")[0]
    assert "Other parameters" not in html


def test_pages_that_compare_are_linked_where_they_exist(shelf: Shelf) -> None:
    one, two, three = many(shelf, 3)
    catalogue.write(shelf, {"fell": three})
    assert "diffs/" not in history(shelf)[1]
    assert cli.main(["diff", "fell"]) == cli.DONE
    assert cli.main(["diff", "fell", one, three]) == cli.DONE
    content, html = history(shelf)
    assert content["versions"][0]["compared"] == f"fell/diffs/{two}..{three}/index.html"
    for old in (one, two):  # one beside its version, the other in the list of comparisons
        assert html.count(f'href="diffs/{old}..{three}/index.html"') == 1


def test_the_catalogue_says_what_changed_in_short(shelf: Shelf) -> None:
    one, two = many(shelf, 2)
    three = made_versions.publish(shelf, 3, verdict="does not hold", change=module(3))
    for number in range(20):
        made_versions.publish(shelf, 10 + number, given={"times": 1.01 + number / 100})
    catalogue.write(shelf, {"fell": three})
    entry = small_project.read_json(shelf.folder / "catalogue.json")["claims"][0]
    assert len(entry["reports"]) == 23
    by_name = {report["version"]: report for report in entry["reports"]}
    assert by_name[three]["since"] == two
    assert by_name[three]["changes"] == ["src module claimbook/ledger.py changed"]
    assert by_name[one]["since"] is None
    html = (shelf.folder / "index.html").read_text(encoding="utf-8")
    assert f"Changed since {two}: findings with another verdict: 1; src module" in html
    assert html.count("times = ") == 12
    assert "8 more with other parameters" in html
    assert 'href="fell/index.html"' in html


def test_the_catalogue_has_no_clock_and_the_current_one_stays_latest(shelf: Shelf) -> None:
    one, two = many(shelf, 2)
    catalogue.write(shelf, {"fell": one})  # taken back to the first state
    text = (shelf.folder / "catalogue.json").read_text(encoding="utf-8")
    assert "12:01" not in text
    assert catalogue.stated(shelf) == {"fell": one}
    catalogue.refresh(shelf)
    assert catalogue.stated(shelf) == {"fell": one}
    assert json.loads(text)["claims"][0]["reports"][0]["version"] == one
    assert two in text


def test_a_failure_is_said_above_the_last_good_report(shelf: Shelf) -> None:
    (name,) = many(shelf, 1)
    error = {"default": True, "parameters": {}, "cell": 4, "name": "E", "message": "no <table>"}
    shelf.fail("fell", "0badcafe", {"index.html": b"<p>failed</p>", "error.json": as_json(error)})
    catalogue.write(shelf, {"fell": name})
    _, html = history(shelf)
    assert html.index("The last run of this report failed") < html.index("The latest report")
    assert html.count('href="failed/0badcafe/index.html"') == 2
    assert "E: no &lt;table&gt;" in html


@pytest.mark.parametrize("record", [b"{", b"[]", b'{"cell": 4}', b"\xff", b"null"])
def test_a_failure_whose_record_is_damaged_stops_nothing_and_is_named(
    shelf: Shelf, record: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (name,) = many(shelf, 1)
    error = {"default": False, "parameters": {}, "cell": 4, "name": "E", "message": "no table"}
    good = {"index.html": b"<p>failed</p>", "error.json": as_json(error)}
    shelf.fail("fell", "0badcafe", good)
    shelf.fail("fell", "1badcafe", {**good, "error.json": record})
    said: list[str] = []
    render.publish([], out=shelf.folder, say=said.append)
    assert said == [
        "fell/failed/1badcafe/error.json cannot be read, so the catalogue leaves it out; "
        "remove its folder"
    ]
    (entry, *_) = small_project.read_json(shelf.folder / "catalogue.json")["claims"]
    assert [failure["path"] for failure in entry["failures"]] == ["fell/failed/0badcafe/index.html"]
    assert entry["latest"] == name
    assert cli.main(["verify"]) == cli.FAILED
    assert "fell/failed/1badcafe/error.json: cannot be read" in capsys.readouterr().err


def test_a_finding_with_another_weight_or_printed_value_says_so(shelf: Shelf) -> None:
    pair = {
        "statement": "S.",
        "verdict": {"old": "holds", "new": "holds"},
        "reproduced": {"old": "1", "new": "1"},
        "notes": ["printed: 1, now 2"],
    }
    (line,) = version_text.findings({"findings": [pair]})
    assert line == {"statement": "S.", "said": "printed: 1, now 2", "turned": False}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("manifest.json", b"{}"),
        ("manifest.json", b"5"),
        ("manifest.json", b'{"claim": "fell", "default": true}'),
        ("manifest.json", b"\xff"),
        ("results.json", b"[]"),
        ("results.json", b"{}"),
        ("results.json", None),
    ],
)
def test_a_version_that_cannot_be_read_is_left_out_and_named(
    shelf: Shelf, file: str, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, three = many(shelf, 3)
    path = shelf.place("fell", two) / file
    path.unlink() if content is None else path.write_bytes(content)
    catalogue.write(shelf, {"fell": three})
    shown, _ = history(shelf)
    assert [v["version"] for v in shown["versions"]] == [three, one]
    assert shown["versions"][0]["since"] == one
    assert cli.main(["prune", "--keep", "2"]) == cli.DONE
    capsys.readouterr()
    assert cli.main(["verify"]) == cli.FAILED
    assert f"fell/{two}: " in capsys.readouterr().err


# What a report reads of the versions before and after it.


def beside(shelf: Shelf) -> dict[str, Any]:
    text = (shelf.folder / "fell" / "versions.js").read_text(encoding="utf-8")
    (content,) = re.findall(r"^globalThis\.claimbookVersions = (.*);\n$", text)
    return dict(json.loads(content))


def test_a_version_reads_which_came_before_and_after_it_and_keeps_its_bytes(shelf: Shelf) -> None:
    (one,) = many(shelf, 1)
    catalogue.write(shelf, {"fell": one})
    assert beside(shelf) == {}  # alone, it has nothing to show
    before = small_project.tree(shelf.place("fell", one))
    two = made_versions.publish(shelf, 2, verdict="does not hold", change=module(2))
    other = made_versions.publish(shelf, 3, given={"times": 2.0})
    three = made_versions.publish(shelf, 4, verdict="does not hold", change=module(4))
    catalogue.write(shelf, {"fell": three})
    found = beside(shelf)
    assert other not in found  # the only one of its report
    assert {name: (v["before"], v["after"], v["newest"]) for name, v in found.items()} == {
        one: (None, two, three),
        two: (one, three, three),
        three: (two, None, None),
    }
    assert found[one]["changed"] == ""
    assert found[two]["changed"].startswith("findings with another verdict: 1; src module")
    assert small_project.tree(shelf.place("fell", one)) == before
    assert cli.main(["diff", "fell"]) == cli.DONE
    assert beside(shelf)[three]["compared"] == f"../diffs/{two}..{three}/index.html"
    assert beside(shelf)[two]["compared"] is None
    # With other parameters, the last rendered of the same is the one to read.
    again = made_versions.publish(shelf, 5, given={"times": 2.0}, change=module(5))
    catalogue.refresh(shelf)
    assert (beside(shelf)[other]["newest"], beside(shelf)[again]["newest"]) == (again, None)


def test_what_went_is_no_neighbour_any_more(shelf: Shelf) -> None:
    _, two, three = many(shelf, 3)
    catalogue.write(shelf, {"fell": three})
    assert cli.main(["prune", "--keep", "2"]) == cli.DONE
    assert set(beside(shelf)) == {two, three}
    assert beside(shelf)[two]["before"] is None
    assert beside(shelf)[three]["before"] == two


def test_the_state_that_was_taken_back_is_the_one_to_read(shelf: Shelf) -> None:
    one, two = many(shelf, 2)
    catalogue.write(shelf, {"fell": one})
    assert (beside(shelf)[one]["newest"], beside(shelf)[two]["newest"]) == (None, one)


@pytest.mark.parametrize("content", [None, b"globalThis.claimbookVersions = {};\n"])
def test_verify_knows_the_file_beside_the_versions(
    shelf: Shelf, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    names = many(shelf, 2)
    catalogue.write(shelf, {"fell": names[1]})
    assert cli.main(["verify"]) == cli.DONE
    file = shelf.folder / "fell" / "versions.js"
    file.unlink() if content is None else file.write_bytes(content)
    assert cli.main(["verify"]) == cli.FAILED
    assert "versions.js is" in capsys.readouterr().err


# Pruning.


def test_the_last_few_stay_and_the_latest_whenever_it_was_rendered(shelf: Shelf) -> None:
    names = many(shelf, 5)
    other = made_versions.publish(shelf, 9, given={"times": 2.0})
    planned = retention.plan(shelf, ["fell"], 3, {"fell": names[0]})
    assert [version.name for version in planned.gone] == [names[2], names[1]]
    assert planned.kept == ()
    retention.carry_out(shelf, planned)
    left = {version.name for version in shelf.versions("fell")}
    assert left == {names[0], names[3], names[4], other}
    assert retention.plan(shelf, ["fell"], 3, {"fell": names[0]}).gone == ()


def a_comparison(shelf: Shelf, name: str, newest: str) -> str:
    assert cli.main(["diff", "fell", name, newest]) == cli.DONE
    return f"fell/diffs/{name}..{newest}/index.html"


def a_sweep(shelf: Shelf, name: str, newest: str) -> str:
    shelf.write("sweeps/s.html", f'<a href="../fell/{name}/index.html">x</a>'.encode())
    return "sweeps/s.html"


def an_anchor(shelf: Shelf, name: str, newest: str) -> str:
    shelf.write("sweeps/s.html", f'<a href="../fell/index.html#v-{name}">x</a>'.encode())
    return "sweeps/s.html"


def an_address(shelf: Shelf, name: str, newest: str) -> str:
    shelf.write("sweeps/s.html", f'<a href="https://example.org/r/fell/{name}/">x</a>'.encode())
    return "sweeps/s.html"


def another_report(shelf: Shelf, name: str, newest: str) -> str:
    link = f'<a href="../{name}/index.html">x</a>'
    made = made_versions.publish(shelf, 30, given={"times": 2.0}, extra_html=link)
    return f"fell/{made}"


def a_pin(shelf: Shelf, name: str, newest: str) -> str:
    shelf.write("pinned.txt", f"# cited in a talk\nfell/{name}  # slide 3\n".encode())
    return "pinned.txt"


def the_readme(shelf: Shelf, name: str, newest: str) -> str:
    readme = shelf.folder.parent / "README.md"
    readme.write_text(f"See [it](reports/fell/{name}/index.html).", encoding="utf-8")
    return "README.md"


@pytest.mark.parametrize("edition", ["2024-01-03", "my_own.prices-2"])
@pytest.mark.parametrize(
    "link", [a_comparison, a_sweep, an_anchor, an_address, another_report, a_pin, the_readme]
)
def test_a_version_that_something_links_to_is_never_pruned(
    shelf: Shelf,
    link: Callable[[Shelf, str, str], str],
    edition: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def of_edition(number: int) -> Callable[[dict[str, Any]], None]:
        def change(manifest: dict[str, Any]) -> None:
            module(number)(manifest)
            manifest["edition"] = edition

        return change

    names = [made_versions.publish(shelf, n, change=of_edition(n)) for n in range(1, 5)]
    catalogue.write(shelf, {"fell": names[3]})
    by = link(shelf, names[0], names[3])
    capsys.readouterr()
    assert cli.main(["prune", "--keep", "1"]) == cli.DONE
    said = capsys.readouterr().out.splitlines()
    assert f"fell/{names[0]}: kept, {by} links to it" in said
    assert f"fell/{names[1]}: removed" in said
    assert f"fell/{names[2]}: removed" in said
    left = {version.name for version in shelf.versions("fell") if version.default}
    assert left == {names[0], names[3]}
    assert cli.main(["verify"]) == cli.DONE


@pytest.mark.parametrize(
    "line",
    [
        "\ufefffell/{}",
        "reports/fell/{}/",
        "reports\\fell\\{}\\index.html",
        "https://example.org/fell/{}/index.html # cited",
    ],
)
def test_a_pin_is_understood_in_every_form_it_may_be_pasted_in(shelf: Shelf, line: str) -> None:
    names = many(shelf, 2)
    shelf.write("pinned.txt", line.format(names[0]).encode())
    assert links.pinned(shelf) == [("fell", names[0])]
    assert retention.plan(shelf, ["fell"], 1, {}).gone == ()


def test_nothing_goes_while_the_pins_cannot_be_read(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    names = many(shelf, 3)
    shelf.write("pinned.txt", f"fell/{names[0]}\n".encode("utf-16"))
    assert cli.main(["prune", "--keep", "1"]) == cli.UNUSABLE
    assert "pinned.txt cannot be read; write it as UTF-8" in capsys.readouterr().err
    assert len(shelf.versions("fell")) == 3


def test_pruning_that_was_interrupted_is_mended_by_the_next(shelf: Shelf) -> None:
    names = many(shelf, 3)
    catalogue.write(shelf, {"fell": names[2]})
    # As it is when the process is killed after the last removal.
    retention.carry_out(shelf, retention.plan(shelf, ["fell"], 1, {}))
    assert cli.main(["verify"]) == cli.FAILED
    assert cli.main(["prune", "--keep", "1"]) == cli.DONE
    assert cli.main(["verify"]) == cli.DONE


@pytest.mark.parametrize("words", [["verify"], ["prune", "--keep", "1"], ["diff", "fell"]])
def test_a_folder_that_is_not_there_is_a_slip_and_is_not_made(
    shelf: Shelf, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*words, "--out", str(tmp_path / "typo")]) == cli.UNUSABLE
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "typo").exists()


def test_a_link_on_a_page_that_goes_holds_nothing(shelf: Shelf) -> None:
    """Old pages that lead to each other would else keep one another for ever."""
    first = made_versions.publish(shelf, 1, change=module(1))
    link = f'<a href="../{first}/index.html">before</a><a href="#x">here</a>'
    second = made_versions.publish(shelf, 2, change=module(2), extra_html=link)
    many(shelf, 2, first=3)
    old = [("fell", first), ("fell", second)]
    assert links.held(shelf, old) == {}
    assert links.held(shelf, old[:1]) == {("fell", first): f"fell/{second}"}
    # Held from outside, the second one holds the first.
    shelf.write("pinned.txt", f"fell/{second}\n".encode())
    assert links.held(shelf, old) == {
        ("fell", second): "pinned.txt",
        ("fell", first): f"fell/{second}",
    }


def test_a_dry_run_says_the_same_and_writes_nothing(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    names = many(shelf, 3)
    before = small_project.tree(shelf.folder.parent)
    assert cli.main(["prune", "--keep", "2", "--dry-run"]) == cli.DONE
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"fell/{names[0]}: would be removed",
        "1 would be removed, 0 older would be kept for a link",
    ]
    assert small_project.tree(shelf.folder.parent) == before
    assert cli.main(["prune", "--keep", "2", "fell"]) == cli.DONE
    assert [version.name for version in shelf.versions("fell")] == [names[2], names[1]]


def test_other_parameters_only_when_asked_each_set_by_itself(shelf: Shelf) -> None:
    many(shelf, 1)
    twice = many(shelf, 2, first=10, given={"times": 2.0})
    thrice = many(shelf, 2, first=20, given={"times": 1.5})
    assert cli.main(["prune", "--keep", "1"]) == cli.DONE
    assert len(shelf.versions("fell")) == 5
    assert cli.main(["prune", "--keep", "1", "--all-parameters"]) == cli.DONE
    left = {version.name for version in shelf.versions("fell") if not version.default}
    assert left == {twice[1], thrice[1]}


@pytest.mark.parametrize("words", [["nope", "--keep", "1"], ["fell-too", "--keep", "1"]])
def test_a_claim_without_versions_cannot_be_pruned(
    shelf: Shelf, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    many(shelf, 1)
    assert cli.main(["prune", *words]) == cli.UNUSABLE
    assert "has no published version: there are fell" in capsys.readouterr().err


def test_rendering_prunes_by_the_same_rule(
    small: Path,
    worker: Worker,  # noqa: F811
) -> None:
    names = []
    for number in range(5):
        source = f"{COVERAGE}  # {number}"
        small_project.change_cell(small / "notebooks" / "01-fell.ipynb", "coverage", source)
        assert cli.main(["render", "fell"]) == cli.DONE
        names.append(catalogue.stated(Shelf(small / "reports"))["fell"])
        if number == 0:
            a_pin(Shelf(small / "reports"), names[0], "")
    left = {version.name for version in Shelf(small / "reports").versions("fell")}
    assert left == {names[0], *names[2:]}


# Verification.


@pytest.fixture
def whole(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> Shelf:
    """Two versions, a comparison, a sweep's list and a pin, all of which agree."""
    _, two = many(shelf, 2)
    results = small_project.read_json(shelf.place("fell", two) / "results.json")
    entry = {
        "name": "one",
        "version": two,
        "verdict": "holds",
        "failed": False,
        "quantities": {"change_pct": results["quantities"]["change_pct"]},
    }
    sweep = {"sweep": "s", "title": "S", "claim": "fell", "reports": [entry]}
    shelf.write("sweeps/s.json", as_json(sweep))
    a_sweep(shelf, two, "")
    a_pin(shelf, two, "")
    catalogue.write(shelf, {"fell": two})
    assert cli.main(["diff", "fell"]) == cli.DONE
    assert cli.main(["verify"]) == cli.DONE
    assert "2 published versions match" in capsys.readouterr().out
    return shelf


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("index.html", "Did the share", "Did no share", "index.html is not the page that was"),
        ("catalogue.json", '"verdict": "holds"', '"verdict": "fails"', "says verdict 'fails' of"),
        ("catalogue.json", '"edition": "2024-01-03"', '"edition": "2025-01-03"', "says edition"),
        ("fell/index.html", "Holds", "Does not hold", "index.html is not the page that was"),
        ("fell/history.json", "T12:01:00", "T13:01:00", "was rendered 2024-01-04T13:01:00"),
        ("fell/diffs/*/index.html", "Holds", "Fails", "index.html is not the page that was"),
        ("fell/diffs/*/diff.json", '"old": -10.0', '"old": -11.0', "has another quantities than"),
        ("sweeps/s.json", '"verdict": "holds"', '"verdict": "no"', "says 'no' of"),
        ("sweeps/s.json", '"value": -10.0', '"value": -9.0', "has another change_pct than"),
        ("sweeps/s.html", "/index.html", "/indx.html", "which is not there"),
        ("pinned.txt", "fell/2024", "fell/2023", "is not published"),
        ("catalogue.json", "{", "[", "cannot be read"),
    ],
)
def test_what_does_not_match_is_named(
    whole: Shelf, file: str, old: str, new: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = whole.folder.glob(file)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert cli.main(["verify"]) == cli.FAILED
    wrong = capsys.readouterr().err
    assert said in wrong
    named = path.relative_to(whole.folder).as_posix()
    parents = {"fell/index.html": "fell/history.json", "index.html": "catalogue.json"}
    assert parents.get(named, named.replace("index.html", "diff.json")) in wrong


def test_a_version_taken_away_by_hand_is_missed_everywhere(whole: Shelf) -> None:
    newest, _ = whole.versions("fell")
    whole.remove(newest)
    found = {name: said for name, said in verification.problems(whole).items() if said}
    assert {"catalogue.json", "fell/history.json", "sweeps/s.json", "pinned.txt"} <= set(found)
    assert any(name.endswith("/diff.json") for name in found)
    assert any("links to fell/" in sentence for sentence in found["index.html"])


def test_a_report_among_those_of_another_claim_is_named(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its four files match each other, so only its place is wrong."""
    (name,) = many(shelf, 1)
    shutil.copytree(shelf.place("fell", name), shelf.place("fell-too", name))
    assert cli.main(["verify"]) == cli.FAILED
    assert capsys.readouterr().err == f"fell-too/{name}: manifest.json is of fell\n"


def test_a_start_page_that_was_taken_away_is_missed(whole: Shelf) -> None:
    path = whole.folder / "catalogue.json"
    content = small_project.read_json(path) | {"start": {"id": "start", "latest": "gone"}}
    path.write_bytes(as_json(content))
    said = verification.problems(whole)["catalogue.json"]
    assert said == ["leads to start/gone, which is not published"]


def test_a_folder_from_before_these_pages_is_checked_by_its_versions(shelf: Shelf) -> None:
    many(shelf, 2)
    assert verification.verified(shelf) == (2, 0)
