"""Kernels that never answer: the engine says so, and waits no longer than it was told."""

import json
import sys
from pathlib import Path

import nbformat
import pytest
from papermill.engines import NotebookExecutionManager

from claimbook.reports.engine import Engine


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit(3)", "the kernel died before it was ready"),
        ("import time; time.sleep(60)", "the kernel was not ready within 2 s"),
    ],
    ids=["ends", "is silent"],
)
def test_a_kernel_that_does_not_answer_is_named(
    code: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kernels" / "odd"
    folder.mkdir(parents=True)
    spec = {"argv": [sys.executable, "-c", code, "{connection_file}"], "display_name": "odd"}
    (folder / "kernel.json").write_text(json.dumps({**spec, "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])  # type: ignore[no-untyped-call]
    with pytest.raises(RuntimeError, match=said):
        Engine.execute_managed_notebook(NotebookExecutionManager(notebook), "odd", start_timeout=2)
