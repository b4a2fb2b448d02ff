"""Execute one notebook with papermill, in the surroundings this process lives in."""

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbformat import NotebookNode

from claimbook.reports import normal, surroundings

LIMIT = 600.0  # seconds that a notebook may take


class NotebookError(Exception):
    """A notebook did not run to its end.

    `error` has `cell` (its position from 1 in the executed notebook; 0 where no single cell is at
    fault), `name`, `message` and `traceback`, all without machine paths. `notebook` is what there
    is of the executed notebook, in normal form.
    """

    def __init__(self, error: dict[str, Any], notebook: NotebookNode | None = None) -> None:
        super().__init__(error, notebook)
        self.error = error
        self.notebook = notebook


def execute(
    source: str,
    parameters: Mapping[str, Any],
    limit: float = LIMIT,
    memory: int | None = None,
) -> NotebookNode:
    """A notebook, executed from the top with the given parameters, in normal form.

    `source` is the text of its file. `parameters` are those that differ from the defaults;
    papermill injects them in a cell of their own. `limit` is in seconds for the whole notebook,
    `memory` in bytes for its kernel. The process must live in `surroundings.prepared`. Raises
    NotebookError.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    from claimbook.reports import engine

    logging.getLogger("papermill").setLevel(logging.ERROR)
    with TemporaryDirectory(prefix="run-", dir=Path.home()) as place:
        output = Path(place) / "executed.ipynb"
        transport = Config()
        if sys.platform != "win32":
            # Sockets in a folder of its own: no two kernels can be given the same address.
            transport.KernelManager.transport = "ipc"
            transport.KernelManager.ip = str(Path(place) / "k")
        try:
            done = papermill.execute_notebook(
                nbformat.reads(source, as_version=4),  # type: ignore[no-untyped-call]
                str(output),
                parameters=dict(parameters),
                engine_name=engine.NAME,
                kernel_name=surroundings.KERNEL,
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                execution_timeout=limit,
                memory=memory,
                record_timing=False,
                cwd=str(surroundings.work_folder()),
                config=transport,
            )
        except PapermillExecutionError as failure:
            partly = normal.normalised(nbformat.read(output, as_version=4))  # type: ignore[no-untyped-call]
            lines = "\n".join(failure.traceback)
            error = described(failure.ename, failure.evalue, lines, failure.cell_index + 1)
            raise NotebookError(error, partly) from failure
        except engine.StoppedError as failure:
            error = described(failure.name, failure.said, cell=failure.cell)
            raise NotebookError(error, normal.normalised(failure.notebook)) from failure
        except Exception as failure:
            # A kernel that does not start, say: what Jupyter says, as it says it.
            error = described(type(failure).__name__, str(failure))
            raise NotebookError(error) from failure
    return normal.normalised(done)


def described(name: str, message: str, traceback: str = "", cell: int = 0) -> dict[str, Any]:
    """An error as a page and a catalogue state it."""
    return {
        "cell": cell,
        "name": name,
        "message": normal.scrubbed(message),
        "traceback": normal.scrubbed(traceback),
    }
