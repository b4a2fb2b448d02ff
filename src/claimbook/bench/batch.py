"""Make a batch of reports in this process and its workers, and print how long each took.

    python -m claimbook.bench.batch < {"reports": [[CLAIM, {NAME: VALUE}], ...], "out": DIR,
                                       "way": "forked" | "started" | "own", "workers": N}

`own` executes the notebooks and tells what processor time their cells took, makes no page and
publishes nothing. A process of its own, so that all it costs can be told from outside.
"""

import json
import statistics
import sys
from pathlib import Path
from typing import Any

from claimbook import ledger
from claimbook.reports import crew, recipe, render, surroundings
from claimbook.reports.recipe import Recipe
from claimbook.reports.shelf import Shelf

OWN, STARTED = "own", "started"
_BEGIN = "import time as _time\n_began = _time.process_time()"
_END = "print(_time.process_time() - _began)"


def main() -> None:
    asked = json.load(sys.stdin)
    recipes = [recipe.of(ledger.claim(name), changed) for name, changed in asked["reports"]]
    if asked["way"] == OWN:
        print(json.dumps(_own(recipes)))
        return
    said: list[str] = []
    out = Path(asked["out"])
    with crew.gathered(warm=asked["way"] != STARTED) as shared:
        way = render.Way(workers=asked["workers"], crew=shared)
        outcome = render.publish(recipes, out=out, way=way, say=said.append)
    if not outcome.good:
        sys.exit("\n".join(said))
    shelf = Shelf(out)
    seconds = [_seconds(shelf, item) for item in recipes] if outcome.published else []
    memory = next((line for line in said if line.startswith("memory:")), "")
    print(json.dumps({"seconds": seconds, "memory": memory}))


def _seconds(shelf: Shelf, item: Recipe) -> float:
    record = shelf.place(item.claim.id, item.version) / "render.json"
    return float(json.loads(record.read_bytes())["seconds"])


def _own(recipes: list[Recipe]) -> dict[str, Any]:
    """Processor seconds of each notebook's cells, in a kernel that has everything imported."""
    taken = []
    with surroundings.prepared() as environment:
        surroundings.adopt(environment)
        # Not sooner: what is measured otherwise needs none of it.
        import nbformat

        from claimbook.reports import execution

        for item in recipes:
            notebook = nbformat.reads(item.source, as_version=4)  # type: ignore[no-untyped-call]
            begin, end = (nbformat.v4.new_code_cell(code) for code in (_BEGIN, _END))  # type: ignore[no-untyped-call]
            notebook.cells = [begin, *notebook.cells, end]
            text = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
            done = execution.execute(text, item.changed)
            taken.append(float(done.cells[-1].outputs[0].text))
    return {"seconds": taken, "memory": "", "median": statistics.median(taken)}


if __name__ == "__main__":
    main()
