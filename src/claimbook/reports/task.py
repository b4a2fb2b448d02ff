"""One report as one task: made in whatever process it is given to, and never raising."""

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claimbook import ledger
from claimbook.errors import ClaimbookError, RenderError
from claimbook.kernels import memory
from claimbook.ledger import Claim
from claimbook.reports import published, recipe
from claimbook.reports.files import INDEX, NOTEBOOK
from claimbook.reports.recipe import Recipe

LIMIT = 600.0  # seconds


@dataclass(frozen=True)
class Limits:
    """What one report may take: `seconds` in all, and `memory` (bytes) of its kernel, if bound."""

    seconds: float = LIMIT
    memory: int | None = None


@dataclass(frozen=True)
class Made:
    """What a task brings back: the files of a version, or an error and its page."""

    files: Mapping[str, bytes]
    error: Mapping[str, Any] | None
    started: str  # ISO, UTC
    seconds: float
    peak: int = 0  # bytes of memory that this process and the largest of its kernels have had


def make(item: Recipe, limits: Limits | None = None) -> Made:
    """Execute a recipe's notebook and make the files of its version, in this process.

    The process must live in `surroundings.prepared`. Whatever goes wrong is in what it returns.
    """
    from claimbook.reports import document, execution

    limits = limits or Limits()
    began, clock = now(), time.perf_counter()
    notebook = None
    try:
        with published.before_it(item):
            notebook = execution.execute(item.source, item.changed, limits.seconds, limits.memory)
            files = document.make(notebook, item.version, item.ingredients)
            if recipe.of(ledger.subject(item.claim.id), item.changed).version != item.version:
                # The files may be made of the old state, the new one, or both.
                raise RenderError("the project's files changed while it was made; render it again")
        return Made(files, None, began, time.perf_counter() - clock, memory.peak())
    except execution.NotebookError as failure:
        error, notebook = failure.error, failure.notebook
    except Exception as failure:
        # Whatever is wrong with one report's page must not stop the other reports.
        error = error_of(failure)
    seconds = time.perf_counter() - clock
    return failed(item.claim, item.parameters, error, notebook, began, seconds)


def failed(
    claim: Claim,
    values: Mapping[str, Any],
    error: Mapping[str, Any],
    notebook: Any = None,
    began: str | None = None,
    seconds: float = 0.0,
) -> Made:
    """A failure and its page. `notebook` is what there is of the executed one, if anything."""
    from claimbook.reports import normal, page

    files = {INDEX: page.render_failure(claim, dict(values), dict(error), notebook).encode()}
    if notebook is not None:
        files[NOTEBOOK] = normal.written(notebook).encode()
    return Made(files, error, began or now(), seconds)


def stopped(item: Recipe, said: str) -> Made:
    """The failure of a report that could not speak for itself any more: one sentence why."""
    return failed(item.claim, item.parameters, error_of(RenderError(said)))


def error_of(failure: Exception) -> dict[str, Any]:
    """An exception as a failure page and the catalogue state it."""
    import traceback

    from claimbook.reports import execution

    lines = (
        "" if isinstance(failure, ClaimbookError) else "".join(traceback.format_exception(failure))
    )
    return execution.described(type(failure).__name__, str(failure), lines)


def now() -> str:
    """This moment: ISO, UTC, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
