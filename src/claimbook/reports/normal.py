"""A notebook's normal form: what a reader and a comparison need, and nothing of the run.

No timings, no papermill record, no interpreter version, no machine path; cell ids by position,
execution counts 1…N.
"""

import copy
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import claimbook
from claimbook import paths

ERROR_BANNER = "papermill-error-cell-tag"

_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_KERNEL_FILE = re.compile(r"\S*ipykernel_\d+[/\\]\d+\.py")
# An absolute path of two or more folders that is not part of an address.
_ABSOLUTE = re.compile(r"(?<![\w:/.])(?:/[\w.+@~-]+){2,}/(?=[\w.+@~-])")
_ABSOLUTE_WINDOWS = re.compile(r"(?<!\w)[A-Za-z]:\\(?:[\w.+@~ -]+\\)+")


def normalised(notebook: NotebookNode) -> NotebookNode:
    """A copy in normal form; sources, tags and outputs stay as they are."""
    kept = copy.deepcopy(notebook)
    cells = [c for c in kept.cells if ERROR_BANNER not in c.metadata.get("tags", [])]
    count = 0
    for position, cell in enumerate(cells, start=1):
        cell.id = f"cell-{position:02d}"
        tags = cell.metadata.get("tags")
        cell.metadata = NotebookNode({"tags": list(tags)} if tags else {})
        if cell.cell_type != "code":
            continue
        ran = cell.execution_count is not None
        count += ran
        cell.execution_count = count if ran else None
        cell.outputs = [_output(o, cell.execution_count) for o in _joined(cell.outputs)]
    plain = {
        "cells": cells,
        "metadata": {"kernelspec": _KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    made: NotebookNode = nbformat.from_dict(plain)
    return made


def written(notebook: NotebookNode) -> str:
    """The text of a notebook's file."""
    text: str = nbformat.writes(notebook, version=4)
    return text if text.endswith("\n") else text + "\n"


def scrubbed(text: str) -> str:
    """Text without terminal colours and without paths of this machine."""
    text = _KERNEL_FILE.sub("cell", _ANSI.sub("", text))
    for place in _places():
        text = text.replace(f"{place}/", "").replace(f"{place}\\", "").replace(place, "")
    return _ABSOLUTE_WINDOWS.sub("", _ABSOLUTE.sub("", text))


def _places() -> list[str]:
    """This machine's own folders, the longest first."""
    package = Path(claimbook.__file__).resolve().parents[1]
    libraries = [entry for entry in sys.path if entry.endswith("-packages")]
    known = [paths.root(), package, sys.prefix, sys.base_prefix, Path.home(), *libraries]
    known.append(tempfile.gettempdir())
    texts = {str(place) for place in known}
    return sorted((t for t in texts if len(Path(t).parts) > 1), key=len, reverse=True)


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Neighbouring pieces of one stream as one, however the kernel happened to flush them."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == "stream" == last.output_type and last.name == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _output(output: NotebookNode, count: int | None) -> NotebookNode:
    if output.output_type == "stream":
        output.text = scrubbed(output.text)
    elif output.output_type == "error":
        output.traceback = [scrubbed(line) for line in output.traceback]
        output.evalue = scrubbed(output.evalue)
    elif output.output_type == "execute_result":
        output.execution_count = count
    output.pop("transient", None)
    return output
