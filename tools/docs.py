"""Write the generated parts of README.md and data/README.md, so that they cannot drift.

`python tools/docs.py` writes: the verdicts in README.md, from the notebooks' published results, and
the codebook in data/README.md, from data/datapackage.json and the tables. With `--check` it writes
nothing and fails where a part is out of date. A part stands between two comment lines:

    <!-- NAME: written by tools/docs.py -->
    <!-- end of NAME -->
"""

import sys
from collections.abc import Mapping
from typing import Any

import nbformat
import pandas as pd

from claimbook import data, ledger, paths
from claimbook.data import Table
from claimbook.outputs import RESULT_MIME


def main() -> int:
    check = sys.argv[1:] == ["--check"]
    stale = []
    for place, name, body in (
        ("README.md", "verdicts", verdicts()),
        ("data/README.md", "codebook", codebook()),
    ):
        path = paths.root() / place
        before = path.read_text(encoding="utf-8")
        after = replaced(before, name, body)
        if after != before:
            stale.append(f"{place} ({name})")
            if not check:
                path.write_text(after, encoding="utf-8")
    if check and stale:
        print(f"out of date: {', '.join(stale)}; run `python tools/docs.py`")
    return 1 if check and stale else 0


def replaced(page: str, name: str, body: str) -> str:
    """`page` with `body` between the part's two comment lines. Raises ValueError without them."""
    start, end = f"<!-- {name}: written by tools/docs.py -->\n", f"<!-- end of {name} -->"
    head, opened, rest = page.partition(start)
    _, closed, tail = rest.partition(end)
    if not (opened and closed):
        raise ValueError(f"the page lacks the lines {start.strip()} and {end}")
    return f"{head}{start}\n{body}\n\n{end}{tail}"


def verdicts() -> str:
    """One line a claim: the question, the verdict, and where to read and to run it."""
    rows = []
    for claim in ledger.claims():
        published = result(claim)
        if published is None:
            rows.append([claim.title, "not examined yet", "", ""])
            continue
        rows.append(
            [
                claim.title,
                f"**{published['verdict']}**",
                f"[report](reports/{claim.id}/index.html)",
                f"[notebook](notebooks/{claim.notebook})",
            ]
        )
    return table(["The article's claim", "Verdict", "To read", "To run"], rows)


def result(claim: ledger.Claim) -> Mapping[str, Any] | None:
    """What the claim's notebook published; None where there is none, or it was never run."""
    if claim.notebook is None or not paths.notebook(claim.notebook).is_file():
        return None
    notebook = nbformat.read(paths.notebook(claim.notebook), as_version=4)  # type: ignore[no-untyped-call]
    published = [
        output.data[RESULT_MIME]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if RESULT_MIME in output.get("data", {})
    ]
    return published[-1] if published else None


def codebook() -> str:
    """Every table and every column of the current edition."""
    edition, tables = data.open_edition()
    return "\n\n".join(
        [f"Edition {edition}, {len(tables)} tables.", *map(described, tables.values())]
    )


def described(entry: Table) -> str:
    about, frame = entry.descriptor, entry.read()
    facts = {
        "File": f"`data/{about['path']}`, {len(frame):,} rows",
        "Covers": covered(frame),
        "One row a": ", ".join(f"`{column}`" for column in about["schema"]["primaryKey"]),
        "Prices": about["basis"],
        "Time": about["timezone"],
        "Source": "; ".join(linked(source) for source in about["sources"]),
        "Licence": "; ".join(linked(licence) for licence in about["licenses"]),
        "Known gaps": " ".join(about["gaps"]) or "None known.",
    }
    if facts["Prices"] == "not applicable":
        del facts["Prices"]
    lines = "\n".join(f"- {name}: {fact}" for name, fact in facts.items())
    columns = [
        [f"`{f['name']}`", f["description"], f.get("unit", ""), kind(f)]
        for f in about["schema"]["fields"]
    ]
    head = ["Column", "Definition", "Unit", "Type"]
    return (
        f"### `{entry.name}`: {about['title']}\n\n"
        f"{about['description']}\n\n{lines}\n\n{table(head, columns)}"
    )


def covered(frame: pd.DataFrame) -> str:
    """First and last day of the table's own time column, where it has one."""
    column = next((c for c in ("date", "start_utc", "as_of", "month") if c in frame), None)
    if column is None:
        return "no dates of its own"
    form = "%Y-%m" if column == "month" else "%Y-%m-%d"
    return f"{frame[column].min():{form}} to {frame[column].max():{form}}"


def kind(field: Mapping[str, Any]) -> str:
    needed = field.get("constraints", {}).get("required", False)
    return f"{field['type']}{'' if needed else ', may be blank'}"


def linked(entry: Mapping[str, str]) -> str:
    return f"[{entry['title']}]({entry['path']})" if "path" in entry else entry["title"]


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', '/') for c in line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
