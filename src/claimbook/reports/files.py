"""The names of a version's files, and how JSON is written in them."""

import json
from typing import Any

INDEX = "index.html"
NOTEBOOK = "notebook.ipynb"
RESULTS = "results.json"
MANIFEST = "manifest.json"
WORKSHOP = ".render"  # of a reports folder: its lock and journal; nothing of it is published
FILES = (INDEX, NOTEBOOK, RESULTS, MANIFEST)


def as_json(value: Any) -> bytes:
    """JSON for people and programs: indented, in the order given, a newline at the end."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
