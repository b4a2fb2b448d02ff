"""A notebook's file as far as it is source: what is hashed, asked for parameters and executed."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimbook import remembered


@dataclass(frozen=True)
class Source:
    """`text` is the notebook as JSON without what it put out; `cells` are type, source, tags."""

    text: str
    cells: tuple[tuple[str, str, tuple[str, ...]], ...]

    def tagged(self, tag: str) -> list[str]:
        """The sources of the cells that have a tag."""
        return [source for _, source, tags in self.cells if tag in tags]


def read(file: Path) -> Source:
    """The source of a notebook's file, parsed again only when the file is another.

    Raises OSError, ValueError, KeyError or TypeError for what is no notebook of format 4.
    """
    return _source(remembered.content(file))


@functools.lru_cache(maxsize=64)
def _source(raw: bytes) -> Source:
    # Plain JSON: nbformat would take longer to import than all that is done with this.
    notebook: dict[str, Any] = json.loads(raw)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    cells = tuple(
        (cell["cell_type"], _written(cell), tuple(cell["metadata"].get("tags", [])))
        for cell in notebook["cells"]
    )
    return Source(json.dumps(notebook, ensure_ascii=False), cells)


def _written(cell: dict[str, Any]) -> str:
    """What is written in a cell, and the pictures that its words have with them."""
    attached = cell.get("attachments")
    text = "".join(cell["source"])
    return f"{text}\n{json.dumps(attached, sort_keys=True)}" if attached else text
