"""The committed notebooks: executed from the top, normal in form, equal to what a run gives."""

import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
import small_project
from conftest import Rendered
from hygiene import machine_paths, of_json

from claimbook import cli, ledger, parameters, paths
from claimbook.reports import normal, surroundings
from claimbook.reports.shelf import Shelf

CLAIMS = {claim.notebook: claim for claim in ledger.subjects() if claim.notebook}
FILES = sorted((small_project.REPOSITORY / "notebooks").glob("*.ipynb"))
TAGS = ("title", "parameters", "setup", "coverage", "claim", "verdict", "main-figure", "publish")

each_notebook = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def read(file: Path) -> Any:
    return nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_notebook_belongs_to_a_claim_or_to_all_of_them_and_is_there() -> None:
    assert {file.name for file in FILES} == set(CLAIMS)


@each_notebook
def test_the_title_is_the_claims(file: Path) -> None:
    first = read(file).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.splitlines()[0] == f"# {CLAIMS[file.name].title}"


@each_notebook
def test_the_skeleton_is_there_in_order(file: Path) -> None:
    tags = [tag for cell in read(file).cells for tag in cell.metadata.get("tags", [])]
    # The page that shows all claims is no claim: it has no printed values of its own.
    due = [tag for tag in TAGS if tag != "claim" or not CLAIMS[file.name].collects]
    assert [tag for tag in tags if tag in TAGS] == due
    assert "injected-parameters" not in tags
    assert list(parameters.of(CLAIMS[file.name]))[-1] == parameters.EDITION


@each_notebook
def test_no_line_ends_in_a_semicolon_and_no_warning_is_silenced(file: Path) -> None:
    for cell in code(read(file)):
        assert not [line for line in cell.source.splitlines() if line.rstrip().endswith(";")]
        assert "filterwarnings" not in cell.source
        assert "simplefilter" not in cell.source


@each_notebook
def test_it_ran_once_from_the_top_without_error_or_warning(file: Path) -> None:
    cells = code(read(file))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert kinds <= {"display_data"}  # no stray value, warning or error


@each_notebook
def test_it_is_in_normal_form_and_names_no_machine(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert normal.written(normal.normalised(read(file))) == text
    assert machine_paths(of_json(file)) == []


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="the committed pictures were drawn on Linux x86-64; others draw a few pixels otherwise",
)
@each_notebook
def test_it_is_what_a_run_gives_now_pictures_included(file: Path, rendered: Rendered) -> None:
    (version,) = Shelf(rendered.folder).versions(CLAIMS[file.name].id)
    same = (version.folder / "notebook.ipynb").read_bytes() == file.read_bytes()
    assert same, f"{file.name} is not what its code gives: run `claimbook notebooks`"


def nbval(
    *arguments: str | Path, reports: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run nbval strictly, in the surroundings that notebooks are always executed in.

    `reports` is the reports folder that the notebooks see, if not the project's own.
    """
    stated = {paths.REPORTS_VARIABLE: str(reports)} if reports else {}
    with surroundings.prepared() as environment:
        command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider"]
        limits = ["--nbval-cell-timeout", "300", "--nbval-kernel-name", surroundings.KERNEL]
        return subprocess.run(
            [*command, *limits, *map(str, arguments)],
            capture_output=True,
            text=True,
            env={**environment, **stated},
            cwd=paths.root(),
            check=False,
        )


def test_nbval_finds_every_output_as_it_is_stored(rendered: Rendered) -> None:
    done = nbval("-n", "2", "--dist", "loadscope", *FILES, reports=rendered.folder)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "failed" not in done.stdout


def test_execution_in_place_is_kept_repeats_itself_and_is_what_nbval_compares(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = small / "notebooks" / "01-fell.ipynb"
    assert cli.main(["notebooks", file.name]) == cli.DONE
    assert "executed, outputs written" in capsys.readouterr().out
    once = file.read_bytes()
    notebook = read(file)
    assert [cell.execution_count for cell in code(notebook)] == [1, 2, 3, 4, 5, 6]
    assert notebook.metadata.language_info == {"name": "python"}
    assert "papermill" not in once.decode()
    assert code(notebook)[4].outputs

    # A failing run leaves the file as it was.
    small_project.change_cell(file, "coverage", "raise ValueError('no')")
    broken = file.read_bytes()
    assert cli.main(["notebooks", file.name]) == cli.FAILED
    said = capsys.readouterr()
    assert "01-fell.ipynb: failed in cell 4: ValueError: no" in said.out
    assert "claimbook: failed: 01-fell.ipynb" in said.err
    assert file.read_bytes() == broken
    assert not list(file.parent.glob(".*"))

    # A stored number that the code does not give is found by nbval, in the verdict and in the
    # published result; the rest is as stored.
    file.write_bytes(
        once.replace("−10.0 %".encode(), "−11.0 %".encode()).replace(b"-10.0 %", b"-11.0 %")
    )
    assert file.read_bytes() != once
    (small / "pyproject.toml").unlink()  # its pytest settings are for this project's tests
    done = nbval(file)
    assert done.returncode == 1
    assert "2 failed, 4 passed" in done.stdout.replace("\n", " ")
    file.write_bytes(once)
    assert cli.main(["notebooks", file.name]) == cli.DONE
    assert "outputs unchanged" in capsys.readouterr().out
    assert file.read_bytes() == once
