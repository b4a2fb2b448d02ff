"""Run one report away from the kernel's own thread, in the surroundings that reports are made in.

Nothing is published: the version that comes out is looked at and forgotten. A failure, of whatever
kind, is a sentence.
"""

import contextlib
import contextvars
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from claimbook.errors import ClaimbookError
from claimbook.language import mark, tell, word
from claimbook.ledger import Claim
from claimbook.reports import recipe, surroundings, workers
from claimbook.reports.files import NOTEBOOK, RESULTS
from claimbook.reports.recipe import Recipe
from claimbook.reports.task import Limits, Made

STOPPED = mark("The run was stopped.")


@dataclass(frozen=True)
class Outcome:
    """What became of a run: its results and main figures (HTML), or the sentence of an error."""

    claim: Claim
    changed: Mapping[str, Any]
    results: Mapping[str, Any] = field(default_factory=dict)
    figures: tuple[str, ...] = ()
    error: str = ""
    seconds: float = 0.0


class Trial:
    """A run of one claim's notebook. `tick` is told the seconds that have gone by, about once a
    second; `done` is told the outcome. Both are called from the run's own thread.
    """  # fmt: skip

    def __init__(
        self,
        claim: Claim,
        changed: Mapping[str, Any],
        *,
        tick: Callable[[float], None],
        done: Callable[[Outcome], None],
    ) -> None:
        self.claim, self.changed = claim, dict(changed)
        self._tick, self._done = tick, done
        self._stopping = threading.Event()
        self._began = time.monotonic()
        # In the context of whoever asked, so that what is shown goes to that front end.
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; `done` is told when it has."""
        self._stopping.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Whether it ended within the time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            outcome = self._outcome(self._made(recipe.of(self.claim, self.changed)))
        except _StopError:
            outcome = Outcome(self.claim, self.changed, error=word(STOPPED))
        except ClaimbookError as error:
            outcome = Outcome(self.claim, self.changed, error=str(error))
        except Exception as error:
            # Nobody sees what a thread raises; the form must say it, and be ready for another run.
            said = f"{type(error).__name__}: {error}"
            outcome = Outcome(self.claim, self.changed, error=said)
        self._done(outcome)

    def _made(self, item: Recipe) -> Made:
        with surroundings.prepared() as environment:
            reports = workers.run([item], environment, count=1, limits=Limits(), watch=self)
            with contextlib.closing(reports):  # type: ignore[type-var]
                return next(iter(reports))[1]

    def _outcome(self, made: Made) -> Outcome:
        if made.error is not None:
            return Outcome(
                self.claim, self.changed, error=sentence(made.error), seconds=made.seconds
            )
        results = json.loads(made.files[RESULTS])
        figures = main_figures(json.loads(made.files[NOTEBOOK]))
        return Outcome(self.claim, self.changed, results, figures, seconds=made.seconds)

    # What a run of workers tells whoever looks on.

    def settled(self, home: str) -> None:
        self.tick()

    def started(self, item: Recipe) -> None:
        self.tick()

    def again(self, item: Recipe, why: str) -> None:
        self.tick()

    def tick(self) -> None:
        """Pass on the time, and end the run by an exception where that was asked for."""
        if self._stopping.is_set():
            raise _StopError
        self._tick(time.monotonic() - self._began)


class _StopError(Exception):
    """Somebody asked the run to end."""


def sentence(error: Mapping[str, Any]) -> str:
    """A failure as the failure page names it, in one line."""
    first, *_ = str(error.get("message", "")).splitlines() or [""]
    name = error.get("name") or tell("an error")
    if error.get("cell"):
        return tell(
            "The run failed: in cell {cell} of the notebook, {error}: {message}",
            cell=error["cell"],
            error=name,
            message=first,
        )
    return tell("The run failed: {error}: {message}", error=name, message=first)


def main_figures(notebook: Mapping[str, Any]) -> tuple[str, ...]:
    """What the cell tagged `main-figure` shows, as HTML, from the JSON of an executed notebook."""
    outputs = [
        output
        for cell in notebook["cells"]
        if "main-figure" in cell["metadata"].get("tags", [])
        for output in cell.get("outputs", [])
    ]
    return tuple(shown for output in outputs if (shown := _html(output)))


def _html(output: Mapping[str, Any]) -> str:
    """An output as HTML: as it is, an image with the words for it, or a sentence."""
    data = {kind: "".join(value) for kind, value in output.get("data", {}).items()}
    if "text/html" in data:
        return data["text/html"]
    if "image/png" in data:
        alt = escape(str(output["metadata"].get("image/png", {}).get("alt", "")))
        return f"<img alt='{alt}' src='data:image/png;base64,{''.join(data['image/png'].split())}'>"
    return f"<p>{escape(data['text/plain'])}</p>" if "text/plain" in data else ""
