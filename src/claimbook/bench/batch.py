"""Make a batch of reports in this process and its workers, and print how long each took.

    python -m claimbook.bench.batch < {"reports": [[CLAIM, {NAME: VALUE}], ...], "out": DIR,
                                       "way": "forked" | "started" | "own", "workers": N}

`own` executes the notebooks and tells what processor time their cells took, makes no page and
publishes nothing. A process of its own, so that all it costs can be told from outside.
"""

import json
import sys
from pathlib import Path
from typing import Any

from claimbook import ledger
from claimbook.bench import cells
from claimbook.reports import crew, recipe, render, surroundings, workers
from claimbook.reports.recipe import Recipe
from claimbook.reports.shelf import Shelf
from claimbook.reports.task import Limits

OWN, STARTED = "own", "started"


def main() -> None:
    asked = json.load(sys.stdin)
    recipes = [recipe.of(ledger.claim(name), changed) for name, changed in asked["reports"]]
    if asked["way"] == OWN:
        print(json.dumps(_own(recipes, asked["workers"])))
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


def _own(recipes: list[Recipe], count: int) -> dict[str, Any]:
    """Processor seconds of each notebook's cells, as many at a time as reports are made."""
    taken = []
    with surroundings.prepared() as environment:
        limits = Limits()
        for item, made in workers.run(
            recipes, environment, count=count, limits=limits, watch=_Nobody(), make=cells.make
        ):
            if made.error is not None:
                sys.exit(f"{item.claim.id}: {made.error['message']}")
            taken.append(made.seconds)
    return {"seconds": taken, "memory": ""}


class _Nobody:
    """Watches nothing."""

    def settled(self, home: str) -> None: ...
    def started(self, item: Recipe) -> None: ...
    def again(self, item: Recipe, why: str) -> None: ...
    def tick(self) -> None: ...


if __name__ == "__main__":
    main()
