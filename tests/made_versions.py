"""Versions of the small project's first claim, made by hand: no notebook runs.

Each has a real recipe's manifest, the finding and the quantities asked for, and a notebook with one
main figure, so that everything made of versions can be tested without a kernel.
"""

import base64
import copy
import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import nbformat

from claimbook import ledger
from claimbook.reports import page, recipe
from claimbook.reports.files import as_json
from claimbook.reports.shelf import Shelf

QUANTITIES: Mapping[str, tuple[Any, str]] = {
    "change_pct": (-10.0, "percent"),
    "count": (4.0, "1"),
    "first_day": ("2024-01-02", "date"),
}


def publish(
    shelf: Shelf,
    minute: int,
    *,
    given: Mapping[str, Any] | None = None,
    change: Callable[[dict[str, Any]], None] = lambda manifest: None,
    verdict: str | None = "holds",
    findings: Mapping[str, tuple[str, str]] | None = None,
    quantities: Mapping[str, tuple[Any, str]] = QUANTITIES,
    shade: int = 0,
    extra_html: str = "",
    whole: bool = False,
) -> str:
    """Put a version on a shelf, rendered at a minute of a made-up hour; its name.

    `change` alters the manifest of the recipe with the parameters `given`; `findings` gives the
    verdict and the reproduced text by id; `shade` (0 to 255) makes the figure another one;
    `extra_html` goes into its page, which is as short as can be unless it is to be `whole`.
    """
    made = recipe.of(ledger.claim("fell"), given)
    manifest = copy.deepcopy(dict(made.ingredients))
    change(manifest)
    name = recipe.version_of(manifest)
    results = {
        "claim": "fell",
        "title": manifest["title"],
        "verdict": verdict,
        "summary": f"It says: {verdict}.",
        "key_numbers": [{"value": "−10 %", "label": "the fall"}],
        "parameters": manifest["parameters"],
        "findings": [
            {
                "id": key,
                "statement": f"The statement of {key}.",
                "printed_text": "fell 10 %",
                "reproduced_text": reproduced,
                "decides": key != "cross-check",
                "verdict": said,
            }
            for key, (said, reproduced) in (
                {"by-a-tenth": (verdict, "−10.00 %")} if findings is None else findings
            ).items()
        ],
        "quantities": {key: {"value": v, "unit": unit} for key, (v, unit) in quantities.items()},
    }
    html = f"<p>{name}</p>{extra_html}"
    if whole:
        drawn = nbformat.reads(notebook(shade), as_version=4)  # type: ignore[no-untyped-call]
        html = page.render(drawn, {"version": name, **manifest}, results)
    files = {
        "index.html": html.encode(),
        "notebook.ipynb": notebook(shade).encode(),
        "results.json": as_json(results),
    }
    hashes = {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
    files["manifest.json"] = as_json({"version": name, **manifest, "files": hashes})
    record = {"version": name, "started": f"2024-01-04T12:{minute:02d}:00+00:00", "seconds": 1.0}
    assert shelf.publish("fell", name, files, record) == []
    return name


def notebook(shade: int) -> str:
    """A notebook with a main figure of one grey pixel and words for it."""
    data = {
        "image/png": base64.b64encode(pixel(shade)).decode("ascii"),
        "text/csv": f"shade\n{shade}\n",
    }
    about = {"image/png": {"alt": f"A bar of shade {shade} of 255, as high as the fall."}}
    output = nbformat.v4.new_output(  # type: ignore[no-untyped-call]
        "display_data", data=data, metadata=about
    )
    cell = nbformat.v4.new_code_cell(  # type: ignore[no-untyped-call]
        "show.figure(…)", id="cell-01", metadata={"tags": ["main-figure"]}, outputs=[output]
    )
    made = nbformat.v4.new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
    return json.dumps(made)


def pixel(shade: int) -> bytes:
    """A PNG of one grey pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + sum_

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes([0, shade]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def module(number: int) -> Callable[[dict[str, Any]], None]:
    """A change of one module, another one for each number."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["hashes"]["modules"]["claimbook/ledger.py"] = f"{number:064x}"

    return change
