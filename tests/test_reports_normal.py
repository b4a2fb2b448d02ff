"""The normal form of a notebook."""

import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
import small_project
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from claimbook.reports import normal


def untidy() -> Any:
    """A notebook as papermill leaves one, run twice and out of order."""
    streams = [
        new_output("stream", name="stderr", text="a\n"),
        new_output("stream", name="stderr", text="b\n"),
        new_output("stream", name="stdout", text="c\n"),
        new_output("execute_result", data={"text/plain": "1"}, execution_count=12),
    ]
    banner = new_markdown_cell("An error", metadata={"tags": [normal.ERROR_BANNER]})
    notebook = new_notebook(
        cells=[
            banner,
            new_markdown_cell("# Title", metadata={"tags": ["title"], "collapsed": True}),
            new_code_cell(
                "1",
                execution_count=12,
                outputs=streams,
                metadata={
                    "tags": ["a"],
                    "papermill": {"duration": 1.5},
                    "execution": {"iopub.status.busy": "2024-01-01T00:00:00Z"},
                },
            ),
            new_code_cell("", execution_count=None),
            new_code_cell("2", execution_count=30, metadata={"ExecuteTime": {}}),
        ],
        metadata={
            "kernelspec": {"name": "mine", "display_name": "Mine", "language": "python"},
            "language_info": {"name": "python", "version": "3.11.7"},
            "papermill": {"input_path": "/somewhere/in.ipynb"},
            "widgets": {},
        },
    )
    return notebook


def test_nothing_of_the_run_is_left() -> None:
    tidy = normal.normalised(untidy())
    assert tidy.metadata == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    assert [cell.id for cell in tidy.cells] == ["cell-01", "cell-02", "cell-03", "cell-04"]
    assert [cell.metadata for cell in tidy.cells] == [{"tags": ["title"]}, {"tags": ["a"]}, {}, {}]
    assert [cell.get("execution_count") for cell in tidy.cells] == [None, 1, None, 2]
    outputs = tidy.cells[1].outputs
    assert [o.get("text") for o in outputs] == ["a\nb\n", "c\n", None]
    assert outputs[2].execution_count == 1
    nbformat.validate(tidy)


def test_the_normal_form_of_the_normal_form_is_itself() -> None:
    before = untidy()
    once = normal.normalised(before)
    assert normal.written(normal.normalised(once)) == normal.written(once)
    assert before.cells[2].execution_count == 12  # the argument is left as it was


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"{small_project.REPOSITORY}/src/claimbook/text.py:3", "claimbook/text.py:3"),
        (f"{sys.prefix}/lib/thing.py", "lib/thing.py"),
        (f"in {Path.home()}/notes", "in notes"),
        ("File /tmp/ipykernel_71/123456.py:1", "File cell:1"),
        ("/opt/strange place/x", "place/x"),
        ("File /opt/strange/place/module.py, line 3", "File module.py, line 3"),
        (r"C:\Users\someone\project\module.py", "module.py"),
        ("\x1b[0;31mValueError\x1b[0m: no", "ValueError: no"),
    ],
)
def test_paths_and_colours_go(text: str, clean: str) -> None:
    scrubbed = normal.scrubbed(text)
    assert clean in scrubbed
    assert "\x1b" not in scrubbed
    assert "/opt/strange/" not in scrubbed
    assert "Users" not in scrubbed


@pytest.mark.parametrize(
    "text", ["https://example.org/a/b/c", "3 / 4", "and/or", "2024/01/03", "USD/MW-year", "/"]
)
def test_what_is_no_path_stays(text: str) -> None:
    assert normal.scrubbed(text) == text


def test_errors_and_streams_are_scrubbed() -> None:
    path = f"{small_project.REPOSITORY}/notebooks/x.py"
    error = new_output(
        "error", ename="E", evalue=f"no {path}", traceback=[f"\x1b[31m{path}\x1b[0m"]
    )
    stream = new_output("stream", name="stderr", text=f"{path}: warning\n")
    cell = new_code_cell("x", execution_count=1, outputs=[error, stream])
    tidy = normal.normalised(new_notebook(cells=[cell])).cells[0].outputs
    assert tidy[0].evalue == "no notebooks/x.py"
    assert tidy[0].traceback == ["notebooks/x.py"]
    assert tidy[1].text == "notebooks/x.py: warning\n"
