"""Rendering the small project: what is published, what fails, what is said.

Two tests run real kernels. In the others, `worker` brings files made by hand, so that what the
driver does with them can be tested without one.
"""

import hashlib
import json
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
import small_project

from claimbook import cli, ledger
from claimbook.errors import RenderError
from claimbook.outputs import RESULT_MIME
from claimbook.reports import catalogue, document, recipe, render, shelf, task
from claimbook.reports.files import as_json
from claimbook.reports.recipe import Recipe
from claimbook.reports.render import Way
from claimbook.reports.shelf import Shelf
from claimbook.reports.task import Made
from claimbook.reports.workers import Watch

FELL, FELL_TOO = "01-fell.ipynb", "02-fell-too.ipynb"
GOOD = "show.coverage(book)"
# `_dh` is IPython's list of working directories: a path of this machine in the message.
BAD = "show.coverage(book)\nraise ValueError(f'no such thing in {_dh}')"


class Worker:
    """Stands in for the worker processes. `page` is what it makes; `fails` names claims."""

    def __init__(self) -> None:
        self.page = "<p>made</p>"
        self.fails: set[str] = set()
        self.asked: list[str] = []

    def run(
        self, recipes: Sequence[Recipe], way: Way, watch: Watch
    ) -> Generator[tuple[Recipe, Made], None, None]:
        for item in recipes:
            watch.started(item)
            self.asked.append(item.claim.id)
            error = {"cell": 4, "name": "ValueError", "message": "no", "traceback": "no"}
            if item.claim.id in self.fails:
                yield item, Made({"index.html": b"<p>failed</p>"}, error, now(self), 0.1)
            else:
                yield item, Made(self.files(item), None, now(self), 0.1)

    def files(self, item: Recipe) -> dict[str, bytes]:
        made = {
            "index.html": self.page.encode(),
            "notebook.ipynb": b"{}\n",
            "results.json": as_json(
                {"verdict": "holds", "summary": "So it is.", "parameters": dict(item.parameters)}
            ),
        }
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
        manifest = {"version": item.version, **item.ingredients, "files": hashes}
        return {**made, "manifest.json": as_json(manifest)}


def now(worker: Worker) -> str:
    """A later moment with each report, as seconds of one made-up minute."""
    return f"2024-01-04T00:00:{len(worker.asked):02d}+00:00"


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    made = Worker()
    monkeypatch.setattr(render, "run", made.run)
    return made


def versions(root: Path, claim_id: str) -> list[str]:
    return [version.name for version in Shelf(root / "reports").versions(claim_id)]


def entry(root: Path, claim_id: str) -> dict[str, Any]:
    claims = small_project.read_json(root / "reports" / "catalogue.json")["claims"]
    return dict(next(claim for claim in claims if claim["id"] == claim_id))


def test_a_report_is_published_and_a_failing_one_stops_it_not(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small_project.change_cell(small / "notebooks" / FELL_TOO, "coverage", BAD)
    assert cli.main(["render", "--workers", "2"]) == cli.FAILED
    said = capsys.readouterr()

    # The good one.
    (name,) = versions(small, "fell")
    assert name == recipe.of(ledger.claim("fell")).version
    assert f"fell: {name} published in " in said.out
    folder = small / "reports" / "fell" / name
    results = small_project.read_json(folder / "results.json")
    assert results["verdict"] == "holds"  # 100 to 90 is a tenth, as printed
    assert results["quantities"] == {"change_pct": {"value": -10.0, "unit": "percent"}}
    manifest = small_project.read_json(folder / "manifest.json")
    assert manifest["parameters"] == results["parameters"]
    assert manifest["default"] is True
    record = small_project.read_json(folder / "render.json")
    assert record["version"] == name
    assert record["commit"] is None  # the small project is no git repository
    assert entry(small, "fell")["status"] == "published"
    assert name in (small / "reports" / "fell" / "index.html").read_text(encoding="utf-8")

    # The bad one.
    assert "claimbook: failed: fell-too\n" in said.err
    assert "fell-too: failed in cell 4: ValueError: no such thing" in said.out
    assert versions(small, "fell-too") == []
    (failure,) = Shelf(small / "reports").failures("fell-too")
    assert failure.error["cell"] == 4
    for file in ("index.html", "notebook.ipynb", "error.json"):
        text = (failure.folder / file).read_text(encoding="utf-8")
        assert "no such thing" in text
        assert "/tmp/" not in text
        assert str(small) not in text
    page = (failure.folder / "index.html").read_text(encoding="utf-8")
    assert "Did it fall in the second notebook as well?" in page
    assert entry(small, "fell-too")["status"] == "failed"
    leads = (small / "reports" / "fell-too" / "index.html").read_text(encoding="utf-8")
    assert f"failed/{failure.folder.name}/index.html" in leads
    assert not list((small / "reports").glob(".part-*"))


def test_parameters_reach_the_notebook_and_change_the_verdict(small: Path) -> None:
    assert cli.main(["render", "fell", "-p", "ticker=BOLT", "-p", "times=2"]) == cli.DONE
    (version,) = Shelf(small / "reports").versions("fell")
    assert not version.default
    assert version.manifest["parameters"]["ticker"] == "BOLT"
    # 50 to 55 is a rise of a tenth; twice that is 20 %, and no fall.
    assert version.results["quantities"]["change_pct"]["value"] == 20.0
    assert version.results["verdict"] == "does not hold"
    assert version.results["parameters"] == version.manifest["parameters"]
    shown = entry(small, "fell")
    assert shown["latest"] is None  # the default report has not been rendered
    assert [(r["default"], r["verdict"]) for r in shown["reports"]] == [(False, "does not hold")]


def test_what_is_published_is_not_rendered_again(
    small: Path, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["render"]) == cli.DONE
    assert worker.asked == ["fell", "fell-too"]
    before = small_project.tree(small / "reports")
    assert cli.main(["render"]) == cli.DONE
    assert worker.asked == ["fell", "fell-too"]
    assert capsys.readouterr().out.count(" is already published") == 2
    assert small_project.tree(small / "reports") == before


def test_force_compares_and_changes_nothing_that_is_whole(
    small: Path, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["render", "fell"]) == cli.DONE
    before = small_project.tree(small / "reports")
    assert cli.main(["render", "fell", "--force"]) == cli.DONE
    assert "rendered again, the same bytes" in capsys.readouterr().out
    assert small_project.tree(small / "reports") == before

    worker.page = "<p>made by chance</p>"
    assert cli.main(["render", "fell", "--force"]) == cli.FAILED
    said = capsys.readouterr()
    assert "index.html and manifest.json came out different" in said.out
    assert "claimbook: not the same bytes: fell\n" in said.err
    assert small_project.tree(small / "reports") == before

    # One that is not what its own manifest says is mended.
    (name,) = versions(small, "fell")
    worker.page = "<p>made</p>"
    (small / "reports" / "fell" / name / "index.html").write_bytes(b"damaged")
    assert cli.main(["verify"]) == cli.FAILED
    assert f"fell/{name}: index.html is not the file" in capsys.readouterr().err
    assert cli.main(["render", "fell", "--force"]) == cli.DONE
    assert cli.main(["verify"]) == cli.DONE
    assert "1 published versions match" in capsys.readouterr().out


def test_a_failure_goes_with_the_next_success_and_never_takes_a_version(
    small: Path, worker: Worker
) -> None:
    worker.fails = {"fell"}
    assert cli.main(["render"]) == cli.FAILED
    (failure,) = Shelf(small / "reports").failures("fell")
    assert entry(small, "fell")["failures"][0]["default"] is True

    # Mended by a change of the notebook, so under another version.
    small_project.change_cell(small / "notebooks" / FELL, "coverage", f"{GOOD}  # mended")
    worker.fails = set()
    assert cli.main(["render"]) == cli.DONE
    assert not failure.folder.exists()
    assert entry(small, "fell")["status"] == "published"

    # Failing again with a good version there: that stays, and stays the latest.
    (good,) = versions(small, "fell")
    small_project.change_cell(small / "notebooks" / FELL, "coverage", f"{GOOD}  # broken")
    worker.fails = {"fell"}
    assert cli.main(["render", "fell"]) == cli.FAILED
    assert versions(small, "fell") == [good]
    assert entry(small, "fell")["latest"] == good
    assert entry(small, "fell")["status"] == "failed"

    # The change taken back: the good version is the current one, and nothing has failed.
    small_project.change_cell(small / "notebooks" / FELL, "coverage", f"{GOOD}  # mended")
    assert cli.main(["render"]) == cli.DONE
    assert entry(small, "fell")["status"] == "published"


def test_another_set_of_parameters_fails_by_itself(small: Path, worker: Worker) -> None:
    assert cli.main(["render"]) == cli.DONE
    worker.fails = {"fell"}
    assert cli.main(["render", "fell", "-p", "ticker=BOLT"]) == cli.FAILED
    assert entry(small, "fell")["status"] == "published"
    assert entry(small, "fell")["failures"][0]["parameters"]["ticker"] == "BOLT"
    assert entry(small, "fell")["failures"][0]["default"] is False


def test_failed_ones_are_rendered_again_with_their_parameters(
    small: Path, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["render", "--failed"]) == cli.DONE
    assert "no report has a failure page" in capsys.readouterr().out
    assert worker.asked == []
    assert cli.main(["render", "fell-too"]) == cli.DONE
    worker.fails = {"fell"}
    assert cli.main(["render", "fell"]) == cli.FAILED
    assert cli.main(["render", "fell", "-p", "ticker=BOLT"]) == cli.FAILED
    assert len(Shelf(small / "reports").failures("fell")) == 2
    worker.asked.clear()

    # Still failing: the pages stay. Then one claim's alone, and none of another's.
    assert cli.main(["render", "--failed"]) == cli.FAILED
    assert worker.asked == ["fell", "fell"]
    worker.fails = set()
    assert cli.main(["render", "fell-too", "--failed"]) == cli.DONE
    assert worker.asked == ["fell", "fell"]
    assert cli.main(["render", "--failed"]) == cli.DONE
    assert Shelf(small / "reports").failures("fell") == []
    made = Shelf(small / "reports").versions("fell")
    assert {version.manifest["parameters"]["ticker"] for version in made} == {"ACME", "BOLT"}
    capsys.readouterr()
    assert cli.main(["render", "--failed"]) == cli.DONE
    assert "no report has a failure page" in capsys.readouterr().out


def test_a_failure_whose_parameters_are_taken_no_more_stays_one(
    small: Path, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    worker.fails = {"fell"}
    assert cli.main(["render", "fell", "-p", "times=2"]) == cli.FAILED
    path = small / "notebooks" / FELL
    path.write_text(path.read_text("utf-8").replace("from 0.5 to 2 times", "from 0.5 to 1.5 times"))
    worker.fails = set()
    worker.asked.clear()
    capsys.readouterr()
    assert cli.main(["render", "--failed"]) == cli.FAILED
    assert worker.asked == []
    assert "fell: failed: ParameterError: times" in capsys.readouterr().out
    (failure,) = Shelf(small / "reports").failures("fell")
    assert failure.error["changed"] == {"times": 2.0}


@pytest.mark.parametrize("other", [["--force"], ["-p", "ticker=BOLT"]])
def test_what_goes_not_with_failed_is_refused(small: Path, other: list[str]) -> None:
    assert cli.main(["render", "fell", "--failed", *other]) == cli.UNUSABLE
    assert not (small / "reports").exists()


@pytest.mark.parametrize("option", ["--limit", "--memory"])
@pytest.mark.parametrize("value", ["0", "-5", "much", "inf", "nan"])
def test_limits_are_numbers_above_zero(option: str, value: str) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["render", option, value])
    assert ended.value.code == cli.UNUSABLE


def test_old_versions_go_from_the_projects_folder_alone(
    small: Path, tmp_path: Path, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    names = []
    for number in range(5):
        small_project.change_cell(small / "notebooks" / FELL, "coverage", f"{GOOD}  # {number}")
        assert cli.main(["render", "fell"]) == cli.DONE
        assert cli.main(["render", "fell", "--out", str(tmp_path / "kept")]) == cli.DONE
        names.append(entry(small, "fell")["latest"])
    assert versions(small, "fell") == names[:1:-1]
    out = capsys.readouterr().out
    assert f"fell: {names[0]} removed; the last 3 are kept" in out
    assert f"fell: {names[1]} removed; the last 3 are kept" in out
    assert len(Shelf(tmp_path / "kept").versions("fell")) == 5

    # Back at the second state kept: that one is the latest again.
    small_project.change_cell(small / "notebooks" / FELL, "coverage", f"{GOOD}  # 3")
    assert cli.main(["render", "fell"]) == cli.DONE
    assert entry(small, "fell")["latest"] == names[3]
    assert entry(small, "fell")["reports"][0]["version"] == names[3]


def test_one_unusable_claim_does_not_stop_the_others(
    small: Path, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    (small / "notebooks" / FELL).write_text("no notebook", encoding="utf-8")
    assert cli.main(["render", "fell"]) == cli.UNUSABLE  # named: refused, nothing written
    assert not (small / "reports").exists()
    assert cli.main(["render"]) == cli.FAILED
    assert "fell: failed: LedgerError: notebooks/01-fell.ipynb cannot be read" in (
        capsys.readouterr().out
    )
    assert len(versions(small, "fell-too")) == 1
    assert entry(small, "fell")["status"] == "failed"


def test_the_catalogue_lists_every_claim(small: Path) -> None:
    built = catalogue.build(Shelf(small / "reports"), {})
    assert [(claim["id"], claim["status"]) for claim in built["claims"]] == [
        ("fell", "not rendered"),
        ("fell-too", "not rendered"),
        ("untested", "no notebook yet"),
    ]
    assert built["edition"] == "2024-01-03"
    assert built["article"]["date"] == "2024-01-03"


def published(*results: dict[str, Any]) -> Any:
    """A notebook in which one cell published the given results."""
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    outputs = [new_output("display_data", data={RESULT_MIME: result}) for result in results]
    return new_notebook(cells=[new_code_cell("show.publish(…)", outputs=outputs)])


@pytest.mark.parametrize("count", [0, 2])
def test_a_notebook_must_publish_once(count: int) -> None:
    notebook = published(*[{"verdict": "holds", "parameters": {}}] * count)
    with pytest.raises(RenderError, match=f"published {count} results"):
        document.result_of(notebook)


def test_a_result_of_other_parameters_is_refused() -> None:
    notebook = published({"verdict": "holds", "parameters": {"days": 5}})
    with pytest.raises(RenderError, match=r"was given .*9.* but published a result for .*5"):
        document.make(notebook, "2024-01-03-00000000", {"parameters": {"days": 9}})


def test_a_version_made_while_the_project_changed_is_refused(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from claimbook.reports import execution, page

    item = recipe.of(ledger.claim("fell"))
    results = {"verdict": "holds", "parameters": dict(item.parameters)}
    monkeypatch.setattr(execution, "execute", lambda *_: published(results))
    monkeypatch.setattr(page, "render", lambda *_, **__: "<p>page</p>")
    assert task.make(item).error is None
    small_project.change_cell(small / "notebooks" / FELL, "coverage", f"{GOOD}  # changed")
    error = task.make(item).error
    assert error is not None
    assert "files changed while it was made" in error["message"]


def test_a_forged_manifest_is_what_verify_is_for(small: Path, worker: Worker) -> None:
    """Page and manifest changed together agree with each other; a new rendering tells."""
    assert cli.main(["render", "fell"]) == cli.DONE
    (name,) = versions(small, "fell")
    folder = small / "reports" / "fell" / name
    (folder / "index.html").write_bytes(b"<p>forged</p>")
    manifest = small_project.read_json(folder / "manifest.json")
    manifest["files"]["index.html"] = hashlib.sha256(b"<p>forged</p>").hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert shelf.problems_of(folder) == []
    assert cli.main(["render", "fell", "--force"]) == cli.FAILED
