"""What the tests of faults run: reports made by hand, in workers and drivers that come to harm.

`python -m faults FOLDER COUNT SECONDS` renders COUNT reports of the small project, each of which
takes SECONDS, in real worker processes that run no kernel.
"""

import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Sequence
from multiprocessing import get_context
from pathlib import Path

from claimbook import ledger
from claimbook.reports import recipe, render, surroundings, task, workers
from claimbook.reports.files import as_json
from claimbook.reports.recipe import Recipe
from claimbook.reports.render import Way
from claimbook.reports.task import Limits, Made
from claimbook.reports.workers import Make, Watch


def recipes(count: int) -> list[Recipe]:
    """As many reports of the small project, told apart by a parameter."""
    claim = ledger.claim("fell")
    return [recipe.of(claim, {"times": round(0.5 + number / 100, 2)}) for number in range(count)]


def files(item: Recipe, page: str = "<p>made</p>") -> dict[str, bytes]:
    """The four files of a version, made by hand."""
    made = {
        "index.html": page.encode(),
        "notebook.ipynb": b"{}\n",
        "results.json": as_json(
            {"verdict": "holds", "summary": "So it is.", "parameters": dict(item.parameters)}
        ),
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
    manifest = {"version": item.version, **item.ingredients, "files": hashes}
    return {**made, "manifest.json": as_json(manifest)}


def quick(item: Recipe, limits: Limits) -> Made:
    return Made(files(item), None, task.now(), 0.1)


def lasting(item: Recipe, limits: Limits) -> Made:
    time.sleep(limits.seconds)
    return quick(item, limits)


def killed_once(item: Recipe, limits: Limits) -> Made:
    """The worker is killed with the third report, the first time it is made."""
    mark = Path(os.environ["TMPDIR"]) / "killed-once"
    if item.parameters["times"] == 0.52 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(item, limits)


def killed_always_or_never_ending(item: Recipe, limits: Limits) -> Made:
    """The worker dies with the third report; with the fourth it hangs, and does not listen."""
    if item.parameters["times"] == 0.52:
        os.kill(os.getpid(), signal.SIGKILL)
    if item.parameters["times"] == 0.53:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(1)
    return quick(item, limits)


def run_with(make: Make, count: int = 2) -> Callable[..., object]:
    """What `render.run` would do, with another `make` and without kernels."""

    def run(
        items: Sequence[Recipe], way: Way, watch: Watch
    ) -> Generator[tuple[Recipe, Made], None, None]:
        if not items:
            return
        with surroundings.prepared(warm=False) as environment:
            watch.settled(environment["HOME"])
            yield from workers.run(
                items,
                environment,
                count=count,
                limits=way.limits,
                watch=watch,
                make=make,
                context=get_context("spawn"),  # nothing to preload
            )

    return run


def in_this_process(
    items: Sequence[Recipe], way: Way, watch: Watch
) -> Generator[tuple[Recipe, Made], None, None]:
    """What `render.run` would do, with no other process at all."""
    for item in items:
        watch.started(item)
        yield item, quick(item, way.limits)


if __name__ == "__main__":
    out, number, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    import faults  # the module that workers find by its name

    render.run = faults.run_with(faults.lasting)  # type: ignore[assignment]
    render.publish(
        faults.recipes(number),
        out=out,
        way=Way(limits=Limits(seconds)),
        say=lambda s: print(s, flush=True),
    )
