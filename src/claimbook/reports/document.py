"""From an executed notebook to the files of a version, equal bytes wherever they are made."""

import hashlib
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode

from claimbook.errors import RenderError
from claimbook.outputs import RESULT_MIME
from claimbook.reports import normal, page
from claimbook.reports.files import INDEX, MANIFEST, NOTEBOOK, RESULTS, as_json


def make(notebook: NotebookNode, version: str, ingredients: Mapping[str, Any]) -> dict[str, bytes]:
    """The four files of a version, by name, from a notebook executed and in normal form.

    The page is given the manifest without `files`, which it cannot know its own hash from.
    Raises RenderError where the notebook published no result or one of other parameters.
    """
    results = result_of(notebook)
    asked, used = ingredients["parameters"], results.get("parameters")
    if used != asked:
        raise RenderError(f"the notebook was given {asked} but published a result for {used}")
    manifest = {"version": version, **ingredients}
    files = {
        INDEX: page.render(notebook, manifest, results).encode(),
        NOTEBOOK: normal.written(notebook).encode(),
        RESULTS: as_json(results),
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return {**files, MANIFEST: as_json({**manifest, "files": hashes})}


def result_of(notebook: NotebookNode) -> dict[str, Any]:
    """What the notebook published. Raises RenderError unless it did so exactly once."""
    found = [
        output.data[RESULT_MIME]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if RESULT_MIME in output.get("data", {})
    ]
    if len(found) != 1:
        raise RenderError(
            f"the notebook published {len(found)} results; its last code cell must call "
            "show.publish, once"
        )
    return dict(found[0])
