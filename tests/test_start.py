"""The start page: what it says of published results, and that it is made of them and after them."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import small_project

from claimbook import cli, ledger, overview, paths
from claimbook.charts import chart
from claimbook.charts import ledger as charts
from claimbook.errors import LedgerError
from claimbook.reports import published, recipe, render
from claimbook.reports.published import Entry
from claimbook.reports.shelf import Shelf
from claimbook.words import start as words

COLLECTION = """\
collection:
  id: start
  title: How much of it holds?
  paraphrase: All that was said.
  notebook: 00-start.ipynb
"""
CELLS = [
    ("markdown", "title", "# How much of it holds?"),
    ("code", "parameters", 'edition: str = "current"  # state; current or an edition\'s date'),
    (
        "code",
        "setup",
        dedent("""\
            from claimbook import ledger, overview, parameters, show
            from claimbook.reports import published
            from claimbook.words import start as words

            whole = ledger.collection()
            chosen = parameters.check(whole, vars(), whole=True)
            entries = published.read(edition=edition).entries"""),
    ),
    ("code", "", "overview.cards(entries)"),
    ("code", "publish", "show.publish(whole, chosen, [], words.quantities(entries), [], 'All.')"),
]


@pytest.fixture
def start(small: Path) -> Path:
    """The small project with a page that shows its claims."""
    ledger_file = small / "data" / "claims.yml"
    ledger_file.write_text(COLLECTION + ledger_file.read_text(encoding="utf-8"), encoding="utf-8")
    small_project.write_notebook(small / "notebooks" / "00-start.ipynb", CELLS)
    return small


def finding(name: str, verdict: str, *, decides: bool = True) -> dict[str, Any]:
    return {"id": name, "statement": f"{name} is so.", "decides": decides, "verdict": verdict}


def entry(
    number: int,
    verdict: str | None,
    findings: Sequence[Mapping[str, Any]] = (),
    state: str = published.AS_NOW,
) -> Entry:
    claim = ledger.claims()[number]
    if verdict is None:
        return Entry(claim, state)
    results = {
        "verdict": verdict,
        "summary": "It fell <much>.",
        "key_numbers": [{"value": "−10 %", "label": "the fall"}],
        "findings": list(findings),
    }
    return Entry(claim, state, f"2024-01-03-0000000{number}", results, "ab" * 32)


@pytest.fixture
def three() -> list[Entry]:
    """Two claims that hold, with three deciding findings and a cross-check, and one unpublished."""
    return [
        entry(
            0, "holds", [finding("aside", "does not hold", decides=False), finding("a", "holds")]
        ),
        entry(1, "holds", [finding("b", "holds"), finding("c", "holds")]),
        entry(2, None, state=published.MISSING),
    ]


# -- what is said


def test_claims_and_findings_are_counted(three: list[Entry]) -> None:
    key, summary = words.headline(three)
    assert key == [("2 of 3", "claims that hold")]
    assert summary == (
        "Of 3 claims, 2 hold and for 1 there is no verdict here. Behind them stand 4 findings, "
        "3 of them deciding."
    )
    counts = {name: quantity.value for name, quantity in words.quantities(three).items()}
    assert counts == {
        "claims.holds": 2,
        "claims.holds_in_part": 0,
        "claims.does_not_hold": 0,
        "claims.cannot_be_tested": 0,
        "claims.all": 3,
        "claims.without_a_verdict": 1,
        "findings.deciding": 3,
        "findings.cross_checks": 1,
    }


def test_nothing_published_is_no_verdict() -> None:
    key, summary = words.headline([entry(0, None, state=published.MISSING)])
    assert key == []
    assert "no verdict can be shown" in summary


@pytest.mark.parametrize(
    ("verdict", "one", "several"),
    [
        ("holds", "holds", "hold"),
        ("holds in part", "holds in part", "hold in part"),
        ("does not hold", "does not hold", "do not hold"),
        ("cannot be tested", "cannot be tested", "cannot be tested"),
    ],
)
def test_a_verdict_is_said_of_one_and_of_several(verdict: str, one: str, several: str) -> None:
    assert ledger.said_of(verdict, 1) == one
    assert ledger.said_of(verdict, 2) == several


def test_every_state_but_the_best_has_a_note_that_says_how_to_mend_it() -> None:
    for state in (published.OTHER, published.DAMAGED, published.MISSING):
        said = words.note(entry(0, "holds", state=state))
        assert "`claimbook render miner-drop" in said
    assert words.note(entry(0, "holds")) == ""
    assert "--force`" in words.note(entry(0, "holds", state=published.DAMAGED))
    assert "Nobody has written" in words.note(entry(0, None, state=published.NO_NOTEBOOK))


def test_whether_all_is_as_now_is_one_sentence(three: list[Entry]) -> None:
    assert words.currency(three[:2]).startswith("All 2 reports were made from the code")
    assert "1 of 3 reports are missing, damaged, or made from other" in words.currency(three)


def test_the_table_behind_the_figure_has_deciding_findings_first(three: list[Entry]) -> None:
    grid = words.findings(three)
    assert list(grid["finding"]) == ["a", "aside", "b", "c", ""]
    assert list(grid["weight"]) == ["decides", "cross-check", "decides", "decides", ""]
    assert grid["verdict"].iloc[-1] == "not known"


def test_the_figure_says_each_claim_in_words_and_numbers(three: list[Entry]) -> None:
    drawn = charts.at_a_glance(words.findings(three), "Source: none.")
    assert drawn.alt == (
        "Grid of 3 claims and 4 findings. "
        "miner-drop: holds, 1 finding decides (1 holds), 1 cross-check (1 does not hold); "
        "halving-revenue: holds, 2 findings decide (2 hold); ai-upside: not known."
    )
    texts = [text.get_text() for text in drawn.figure.axes[0].texts]
    for verdict in ledger.VERDICTS:
        assert verdict in texts  # the key names every mark, so that colour is not needed
    assert texts.count("no verdict here") == 1


def test_each_outcome_has_a_shape_of_its_own_and_ink_that_can_be_read() -> None:
    """Without colour the marks differ; on white, each colour has a contrast of 4.5 or more."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for colour in charts.COLOURS.values():
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5, colour
    pictures = set()
    for verdict in ledger.VERDICTS:
        rows = words.findings([entry(0, "holds", [finding("a", verdict)])])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(charts, "COLOURS", dict.fromkeys(ledger.VERDICTS, "#000000"))
            drawn = charts.at_a_glance(rows, "Source: none.")
        pictures.add(chart.svg(drawn.figure))
    assert len(pictures) == len(ledger.VERDICTS)


def test_a_card_leads_to_its_report_and_escapes_what_it_shows(
    three: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Mapping[str, Any]] = []
    monkeypatch.setattr(overview, "display", lambda bundle, raw: shown.append(bundle))
    overview.cards(three)
    (html,) = (bundle["text/html"] for bundle in shown)
    assert "href='../reports/miner-drop/2024-01-03-00000000/index.html'" in html
    assert "It fell &lt;much&gt;." in html
    assert html.count("<strong class='badge badge-holds'>holds</strong>") == 2
    assert "<code>claimbook render ai-upside</code>" in html
    assert html.count("href=") == 4  # two ways to each published report, none to the other


# -- the ledger's entry


def test_the_collection_is_no_claim() -> None:
    whole = ledger.collection()
    assert whole is not None
    assert whole.collects
    assert whole.findings == ()
    assert whole not in ledger.claims()
    assert ledger.subjects() == [*ledger.claims(), whole]
    assert ledger.subject(whole.id) == whole
    assert ledger.result(whole, {}, [], {})["verdict"] is None
    with pytest.raises(LedgerError, match="no claim 'start-here'"):
        ledger.claim("start-here")
    with pytest.raises(LedgerError, match=r"no claim 'nope' .* start-here"):
        ledger.subject("nope")


def test_a_ledger_need_not_have_one(small: Path) -> None:
    assert ledger.collection() is None
    assert ledger.subjects() == ledger.claims()


def test_an_entry_that_says_too_little_is_one_sentence(start: Path) -> None:
    file = start / "data" / "claims.yml"
    file.write_text(file.read_text("utf-8").replace("  paraphrase: All that was said.\n", "", 1))
    with pytest.raises(LedgerError, match="`collection` must have id, title, paraphrase"):
        ledger.collection()


# -- what is read from the shelf, and the page that is made of it


def test_the_page_is_made_of_what_the_claims_published_and_after_them(
    start: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["render", "--workers", "2"]) == cli.DONE
    shelf = Shelf(start / "reports")
    (version,) = shelf.versions("start")
    (fell,), (too,) = shelf.versions("fell"), shelf.versions("fell-too")
    # 100 to 90 is the tenth that was printed: both claims hold; the third has no notebook.
    counts = {n: q["value"] for n, q in version.results["quantities"].items()}
    assert (counts["claims.holds"], counts["claims.without_a_verdict"]) == (2, 1)
    assert version.results["verdict"] is None
    rows = version.manifest["reports"]
    assert [(row["claim"], row["version"], row["state"]) for row in rows] == [
        ("fell", fell.name, "as now"),
        ("fell-too", too.name, "as now"),
        ("untested", None, "no notebook yet"),
    ]
    assert rows[0]["sha256"] == fell.manifest["files"]["results.json"]

    # Its links lead to those very versions, from where the page lies.
    page = (version.folder / "index.html").read_text(encoding="utf-8")
    for other in (fell, too):
        link = f"../../{other.folder.parent.name}/{other.name}/index.html"
        assert re.search(rf"href=[\"']{re.escape(link)}[\"']", page)
        assert (version.folder / link).resolve().is_file()
    assert "../reports/" not in page
    assert "ClaimReview" not in page
    catalogue = small_project.read_json(start / "reports" / "catalogue.json")
    assert catalogue["start"]["latest"] == version.name
    assert [claim["id"] for claim in catalogue["claims"]] == ["fell", "fell-too", "untested"]
    assert 'href="start/index.html"' in (start / "reports" / "index.html").read_text("utf-8")
    assert cli.main(["verify"]) == cli.DONE

    # Again, nothing is to be done; the same in place, and under nobody's eyes.
    assert cli.main(["render"]) == cli.DONE
    assert f"start: {version.name} is already published" in capsys.readouterr().out
    assert cli.main(["notebooks", "00-start.ipynb"]) == cli.DONE

    # Another folder has its own results: there are none of fell-too in this one.
    assert cli.main(["render", "fell", "start", "--out", str(tmp_path / "other")]) == cli.DONE
    (elsewhere,) = Shelf(tmp_path / "other").versions("start")
    assert elsewhere.name != version.name
    assert [row["state"] for row in elsewhere.manifest["reports"]] == [
        *("as now", "missing", "no notebook yet"),
    ]
    assert elsewhere.results["quantities"]["claims.without_a_verdict"]["value"] == 2


def test_the_index_shows_the_others_where_the_last_page_cannot_be_made(start: Path) -> None:
    """Its notebook goes while the claims' reports are made."""
    notebook = start / "notebooks" / "00-start.ipynb"
    assert notebook.is_file()

    def say(line: str) -> None:
        if " published in " in line:
            notebook.unlink(missing_ok=True)

    with pytest.raises(LedgerError):
        render.render(way=render.Way(workers=1), say=say)
    listed(start)


def listed(start: Path) -> None:
    """The index shows the reports of both claims that have a notebook."""
    catalogue = small_project.read_json(start / "reports" / "catalogue.json")
    assert [bool(claim["reports"]) for claim in catalogue["claims"]] == [True, True, False]
    index = (start / "reports" / "index.html").read_text(encoding="utf-8")
    assert 'href="fell/' in index
    assert 'href="fell-too/' in index


def killed(start: Path, when: str) -> None:
    """Render, and be killed where `when`, a piece of code, has put `killed`."""
    code = (
        "import os, signal\n"
        "from claimbook import cli\n"
        "from claimbook.reports import render\n"
        "def killed(*_, **__):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{when}\n"
        "cli.main(['render'])\n"
    )
    environment = {**os.environ, "CLAIMBOOK_ROOT": str(start)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not Shelf(start / "reports").versions("start")


BEFORE_THE_LAST_PAGE = (
    "publish = render.publish\n"
    "def one(*given, **named):\n"
    "    render.publish = killed\n"
    "    return publish(*given, **named)\n"
    "render.publish = one"
)
BEFORE_THE_INDEX = "render._list = killed"
posix = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")


@posix
def test_the_index_shows_the_others_where_the_driver_is_killed_before_the_last_page(
    start: Path,
) -> None:
    killed(start, BEFORE_THE_LAST_PAGE)
    listed(start)


@posix
def test_an_index_that_a_killed_driver_left_unwritten_is_written_before_the_last_page(
    start: Path,
) -> None:
    """Nothing changes in the second run, for all that it would make is there, but not listed."""
    killed(start, BEFORE_THE_INDEX)
    assert not (start / "reports" / "catalogue.json").exists()
    killed(start, BEFORE_THE_LAST_PAGE)
    listed(start)


def publish(root: Path, claim_id: str, *, change: float = -10.0, **other: Any) -> Path:
    """Put a made-up version of a claim on the shelf, named as its recipe is."""
    item = recipe.of(ledger.claim(claim_id))
    results = {"verdict": "holds", "quantities": {"change_pct": change}, "findings": []}
    made = {
        "index.html": b"<p>page</p>",
        "notebook.ipynb": b"{}",
        "results.json": json.dumps(results).encode(),
    }
    import hashlib

    files = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
    ingredients = {**item.ingredients, **other}
    name = recipe.version_of(ingredients)
    made["manifest.json"] = json.dumps({"version": name, **ingredients, "files": files}).encode()
    Shelf(root / "reports").publish(claim_id, name, made, {"started": "2024-01-04", "seconds": 7})
    return root / "reports" / claim_id / name


def states() -> dict[str, str]:
    return {entry.claim.id: entry.state for entry in published.read().entries}


def test_the_state_of_a_report(start: Path) -> None:
    assert states() == {
        "fell": published.MISSING,
        "fell-too": published.MISSING,
        "untested": published.NO_NOTEBOOK,
    }
    folder = publish(start, "fell")
    assert states()["fell"] == published.AS_NOW
    small_project.change_cell(
        start / "notebooks" / "01-fell.ipynb", "coverage", "show.coverage(book)  # other"
    )
    assert states()["fell"] == published.OTHER
    (folder / "results.json").write_bytes(b'{"verdict": "does not hold"}')
    damaged = published.read().entries[0]
    assert (damaged.state, damaged.verdict, damaged.address) == (published.DAMAGED, None, None)


def test_a_changed_result_makes_another_version_of_the_page(start: Path) -> None:
    whole = ledger.subject("start")
    before = recipe.of(whole).version
    assert recipe.of(whole).version == before
    folder = publish(start, "fell")
    shown = recipe.of(whole)
    assert shown.version != before
    assert sorted(shown.published) == [
        f"fell/{folder.name}/manifest.json",
        f"fell/{folder.name}/results.json",
    ]
    import shutil

    shutil.rmtree(folder)
    publish(start, "fell", change=-11.0)
    assert recipe.of(whole).version not in (before, shown.version)
    # A claim's own report is made from no other.
    assert recipe.of(ledger.claim("fell")).published == {}
    assert "reports" not in recipe.of(ledger.claim("fell")).ingredients


def test_a_notebook_sees_the_results_of_its_recipe_and_no_later_ones(
    start: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    publish(start, "fell")
    item = recipe.of(ledger.subject("start"))
    publish(start, "fell-too")
    with published.before_it(item):
        assert paths.reports_folder() != start / "reports"
        assert states() == {
            "fell": published.AS_NOW,
            "fell-too": published.MISSING,
            "untested": published.NO_NOTEBOOK,
        }
        assert recipe.of(ledger.subject("start")).version == item.version
    assert paths.reports_folder() == start / "reports"
    assert states()["fell-too"] == published.AS_NOW


def test_in_place_the_page_sees_what_the_other_notebooks_hold(start: Path) -> None:
    """Before anything is rendered: as if it had been."""
    assert cli.main(["notebooks", "01-fell.ipynb"]) == cli.DONE
    found = {entry.claim.id: entry for entry in published.of_notebooks().entries}
    assert (found["fell"].state, found["fell"].verdict) == (published.AS_NOW, "holds")
    assert found["fell"].version == recipe.of(ledger.claim("fell")).version
    assert found["fell-too"].state == published.MISSING  # it was never executed
    assert found["untested"].state == published.NO_NOTEBOOK
    assert not (start / "reports").exists()


def test_a_page_that_cannot_be_made_is_refused_by_name(
    start: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["render", "start", "-p", "edition=1999-01-01"]) == cli.UNUSABLE
    assert "no edition '1999-01-01'" in capsys.readouterr().err
    assert not (start / "reports").exists()
