"""A project in small: one table of four rows, two claims with notebooks, one without.

The prices and the printed values are made up, so that each outcome follows by mental arithmetic:
ACME closes at 100 and then at 90, so it fell by 10 %; BOLT closes at 50 and then at 55.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import nbformat

REPOSITORY = Path(__file__).resolve().parents[1]
FOUR = ("index.html", "notebook.ipynb", "results.json", "manifest.json")

PRICES = (
    "date,ticker,close\n2024-01-02,ACME,100\n2024-01-02,BOLT,50\n"
    "2024-01-03,ACME,90\n2024-01-03,BOLT,55\n"
)

CLAIMS = """\
article:
  publisher: The Daily Example
  title: Shares moved
  date: 2024-01-03
  link: https://example.org/
claims:
  - id: fell
    title: Did the share fall by a tenth?
    paraphrase: The share fell by a tenth in a day.
    asserted_by: The Daily Example
    asserted_on: 2024-01-03
    kind: amount
    notebook: 01-fell.ipynb
    tables: [prices]
    findings: &findings
      - id: by-a-tenth
        statement: The share closed a tenth lower.
        printed: -10
        printed_text: fell 10 %
        unit: percent
        precision: 1
        rule: amount
        quantity: change_pct
  - id: fell-too
    title: Did it fall in the second notebook as well?
    paraphrase: The share fell by a tenth in a day, it is said again.
    asserted_by: The Daily Example
    asserted_on: 2024-01-03
    kind: amount
    notebook: 02-fell-too.ipynb
    tables: [prices]
    findings: *findings
  - id: untested
    title: Will it fall again?
    paraphrase: The share will fall again.
    asserted_by: The Daily Example
    asserted_on: 2024-01-03
    kind: direction
    tables: [prices]
    findings: []
"""


def write(root: Path) -> Path:
    """The small project in a folder, which is returned."""
    (root / "data").mkdir(parents=True)
    (root / "notebooks").mkdir()
    (root / "data" / "claims.yml").write_text(CLAIMS, encoding="utf-8")
    write_prices(root, PRICES)
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, root / name)
    titles = {"fell": "Did the share fall by a tenth?"}
    titles["fell-too"] = "Did it fall in the second notebook as well?"
    for number, (claim, title) in enumerate(titles.items(), start=1):
        write_notebook(root / "notebooks" / f"{number:02d}-{claim}.ipynb", cells(claim, title))
    return root


def write_prices(root: Path, text: str) -> None:
    """The table, and the descriptor that records it."""
    (root / "data" / "prices.csv").write_text(text, encoding="utf-8")
    descriptor = {
        "name": "small",
        "version": "2024-01-03",
        "resources": [
            {
                "name": "prices",
                "path": "prices.csv",
                "title": "Prices",
                "description": "Closes of two made-up shares.",
                "basis": "not adjusted",
                "timezone": "New York sessions",
                "rows": text.count("\n") - 1,
                "bytes": len(text),
                "hash": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}",
                "licenses": [{"name": "CC0-1.0"}],
                "schema": {
                    "fields": [
                        {"name": "date", "type": "date", "constraints": {"required": True}},
                        {"name": "ticker", "type": "string", "constraints": {"required": True}},
                        {"name": "close", "type": "number", "constraints": {"minimum": 0}},
                    ],
                    "primaryKey": ["date", "ticker"],
                },
            }
        ],
    }
    path = root / "data" / "datapackage.json"
    path.write_text(json.dumps(descriptor, indent=2) + "\n", encoding="utf-8")


def cells(claim: str, title: str) -> list[tuple[str, str, str]]:
    """The notebook's cells: type, tag, source."""
    return [
        ("markdown", "title", f"# {title}\n\nThe Daily Example, “Shares moved”, 2024-01-03."),
        (
            "code",
            "parameters",
            dedent("""\
                ticker: str = "ACME"  # the share; a ticker in prices
                day: str = "2024-01-03"  # the session; a session in prices
                times: float = 1.0  # multiplies the change; from 0.5 to 2 times
                edition: str = "current"  # state of the data; current or an edition's date"""),
        ),
        (
            "code",
            "setup",
            dedent(f"""\
                from claimbook import data, ledger, parameters, show
                from claimbook.ledger import Quantity

                claim = ledger.claim("{claim}")
                chosen = parameters.check(claim, vars(), whole=True)
                book = data.read(claim.tables, edition)"""),
        ),
        ("code", "coverage", "show.coverage(book)"),
        ("code", "claim", "show.claim_table(claim)"),
        (
            "code",
            "verdict",
            dedent("""\
                closes = book["prices"].set_index("ticker").loc[ticker, "close"]
                change = 100 * times * (closes.iloc[1] / closes.iloc[0] - 1)
                quantities = {"change_pct": Quantity(float(change), "percent")}
                findings = ledger.judge_all(claim, quantities, chosen)
                key_numbers = [(f"{change:.1f} %", f"change of {ticker}")]
                summary = f"{ticker} changed by {change:.1f} %."
                show.verdict(claim, findings, key_numbers, summary)"""),
        ),
        ("markdown", "", "## Provenance\n\nWhat this was made from."),
        (
            "code",
            "publish",
            "show.publish(claim, chosen, findings, quantities, key_numbers, summary)",
        ),
    ]


def write_notebook(path: Path, content: Sequence[tuple[str, str, str]]) -> None:
    """A notebook without outputs, in normal form."""
    made = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        }
    )
    for number, (kind, tag, source) in enumerate(content, start=1):
        new: Any = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        cell = new(source, id=f"cell-{number:02d}", metadata={"tags": [tag]} if tag else {})
        made.cells.append(cell)
    nbformat.write(made, path)


def change_cell(path: Path, tag: str, source: str) -> None:
    """Give the cell with a tag another source."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if tag in cell.metadata.get("tags", []):
            cell.source = source
    nbformat.write(notebook, path)


def claimbook(
    *arguments: str | Path,
    root: Path | None = None,
    variables: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run the command line in a process of its own."""
    environment = {**os.environ, **(variables or {})}
    if root is not None:
        environment["CLAIMBOOK_ROOT"] = str(root)
    return subprocess.run(
        [sys.executable, "-m", "claimbook", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=cwd or Path.home(),
        check=False,
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path in it, but for a reports folder's own workshop."""
    if not folder.exists():
        return {}
    every = (file for file in sorted(folder.rglob("*")) if file.is_file())
    files = (file for file in every if ".render" not in file.relative_to(folder).parts)
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
