"""Plan reports, run them in worker processes, publish what they make, and say so."""

import datetime as dt
import multiprocessing
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import claimbook
from claimbook import ledger, parameters, paths, text
from claimbook.errors import ClaimbookError, DataError, LedgerError, ParameterError, RenderError
from claimbook.ledger import Claim
from claimbook.reports import catalogue, recipe, surroundings
from claimbook.reports.files import INDEX, NOTEBOOK, as_json
from claimbook.reports.recipe import Recipe
from claimbook.reports.shelf import ERROR, Shelf

KEEP = 3  # default versions of a claim that stay in the project's own reports folder

Say = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    """What a worker brings back: the files of a version, or an error and its page."""

    files: Mapping[str, bytes]
    error: Mapping[str, Any] | None
    started: str  # ISO, UTC
    seconds: float


@dataclass
class Outcome:
    """What became of a render, by claim id."""

    published: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.failed and not self.differing


def render(
    claim_ids: Sequence[str] = (),
    assignments: Sequence[str] = (),
    *,
    out: Path | None = None,
    workers: int | None = None,
    force: bool = False,
    say: Say = print,
) -> Outcome:
    """Render the reports of the named claims, or of all that have a notebook.

    `assignments` are `name=value` texts for the one named claim. `out` is the reports folder, by
    default the project's own, where default versions but the last three are removed.
    Raises ParameterError, LedgerError, DataError, RenderError before anything runs or is written;
    a notebook that fails is an outcome, with a page of its own.
    """
    if assignments and len(claim_ids) != 1:
        raise ParameterError("-p needs exactly one claim: name the one whose parameters are meant")
    claims = [ledger.claim(name) for name in dict.fromkeys(claim_ids)] or ledger.claims()
    ready, broken = plan(claims, assignments, strict=bool(claim_ids))
    return publish(ready, broken, out=out, workers=workers, force=force, say=say)


def publish(
    ready: Sequence[Recipe],
    broken: Sequence[tuple[Claim, ClaimbookError]] = (),
    *,
    out: Path | None = None,
    workers: int | None = None,
    force: bool = False,
    say: Say = print,
) -> Outcome:
    """Make and publish the reports of some recipes, and a failure page for each broken one."""
    shelf = Shelf(out or paths.reports_folder())
    outcome = Outcome()
    done = [r for r in ready if shelf.has(r.claim.id, r.version) and not force]
    waiting = [r for r in ready if not shelf.has(r.claim.id, r.version) or force]
    if waiting and (wrong := recipe.not_as_locked()):
        raise RenderError(
            f"{wrong[0]}{f' (and {len(wrong) - 1} more)' if wrong[1:] else ''}; a report states "
            f"the versions of the lock, so install it: pip install -r {recipe.LOCK}"
        )
    shelf.sweep()
    for item in done:
        shelf.clear_failure(item.claim.id, item.key)
        outcome.unchanged.append(item.claim.id)
        say(f"{item.claim.id}: {item.version} is already published")
    for claim, error in broken:
        made = _failure(claim, {}, _error(error))
        say(_keep_failure(shelf, claim, {}, {}, made))
        outcome.failed.append(claim.id)
    commit = _commit()
    for item, made in run(waiting, workers or _usable_workers()):
        claim_id = item.claim.id
        if made.error is not None:
            say(_keep_failure(shelf, item.claim, item.parameters, item.changed, made))
            outcome.failed.append(claim_id)
            continue
        differing, line = _publish(shelf, item, made, commit)
        (outcome.differing if differing else outcome.published).append(claim_id)
        say(line)
    current = _current_versions(ready)
    if out is None or out.resolve() == paths.reports_folder():
        for item in ready:
            for gone in shelf.prune(item.claim.id, KEEP, current.get(item.claim.id)):
                say(f"{item.claim.id}: {gone.name} removed; the last {KEEP} are kept")
    catalogue.write(shelf, current)
    return outcome


def plan(
    claims: Iterable[Claim], assignments: Sequence[str] = (), *, strict: bool = True
) -> tuple[list[Recipe], list[tuple[Claim, ClaimbookError]]]:
    """Recipes of the claims' reports, and the claims for which there can be none.

    With `strict`, the first error is raised. Without, claims that have no notebook yet are passed
    over, and one claim's error does not stop the others.
    """
    ready: list[Recipe] = []
    broken: list[tuple[Claim, ClaimbookError]] = []
    for claim in claims:
        if claim.notebook is None and not strict:
            continue
        try:
            given = parameters.parse(assignments, parameters.of(claim)) if assignments else {}
            ready.append(recipe.of(claim, given))
        except (DataError, LedgerError, ParameterError) as error:
            if strict:
                raise
            broken.append((claim, error))
    return ready, broken


def run(recipes: Sequence[Recipe], workers: int) -> Iterator[tuple[Recipe, Made]]:
    """Make every recipe in worker processes; yield each as it is done.

    Processes rather than threads: papermill changes the working directory, and each worker lives
    in surroundings of its own.
    """
    if not recipes:
        return
    with surroundings.prepared() as environment:
        pool = ProcessPoolExecutor(
            min(workers, len(recipes)),
            multiprocessing.get_context("spawn"),
            surroundings.adopt,
            (environment,),
        )
        try:
            futures: dict[Future[Made], Recipe] = {pool.submit(make, r): r for r in recipes}
            for future in as_completed(futures):
                item = futures[future]
                try:
                    yield item, future.result()
                except BrokenProcessPool:
                    said = "the worker process ended before the report was done (out of memory?)"
                    yield item, _failure(item.claim, item.parameters, _error(RenderError(said)))
        finally:
            pool.shutdown(cancel_futures=True)


def make(item: Recipe) -> Made:
    """Execute a recipe's notebook and make the files of its version, in this process."""
    from claimbook.reports import document, execution

    began, clock = _now(), time.perf_counter()
    notebook = None
    try:
        notebook = execution.execute(item.source, item.changed)
        files = document.make(notebook, item.version, item.ingredients)
        if recipe.of(ledger.claim(item.claim.id), item.changed).version != item.version:
            # The files may be made of the old state, the new one, or both.
            raise RenderError("the project's files changed while it was made; render it again")
        return Made(files, None, began, time.perf_counter() - clock)
    except execution.NotebookError as failure:
        error, notebook = failure.error, failure.notebook
    except Exception as failure:
        # Whatever is wrong with one report's page must not stop the other reports.
        error = _error(failure)
    return _failure(item.claim, item.parameters, error, notebook, began, clock)


def _failure(
    claim: Claim,
    values: Mapping[str, Any],
    error: Mapping[str, Any],
    notebook: Any = None,
    began: str | None = None,
    clock: float | None = None,
) -> Made:
    from claimbook.reports import normal, page

    files = {INDEX: page.render_failure(claim, dict(values), dict(error), notebook).encode()}
    if notebook is not None:
        files[NOTEBOOK] = normal.written(notebook).encode()
    seconds = time.perf_counter() - clock if clock is not None else 0.0
    return Made(files, error, began or _now(), seconds)


def _error(failure: Exception) -> dict[str, Any]:
    import traceback

    from claimbook.reports import execution

    lines = (
        "" if isinstance(failure, ClaimbookError) else "".join(traceback.format_exception(failure))
    )
    return execution.described(type(failure).__name__, str(failure), lines)


def _publish(
    shelf: Shelf, item: Recipe, made: Made, commit: Mapping[str, Any]
) -> tuple[list[str], str]:
    """Put a version on the shelf: the files that came out different, and a line that says so."""
    claim_id = item.claim.id
    again = shelf.has(claim_id, item.version)
    record = {
        "version": item.version,
        "started": made.started,
        "seconds": round(made.seconds, 3),
        **commit,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": f"{platform.system()} {platform.machine()}",
        "claimbook": claimbook.__version__,
    }
    differing = shelf.publish(claim_id, item.version, made.files, record)
    shelf.clear_failure(claim_id, item.key)
    took = f"in {made.seconds:.1f} s"
    if differing:
        return differing, (
            f"{claim_id}: {item.version} rendered again {took}, but {text.listed(differing)} came "
            "out different; the published version is kept (render into another folder with "
            "--out to compare)"
        )
    done = "rendered again, the same bytes," if again else "published"
    return [], f"{claim_id}: {item.version} {done} {took}"


def _keep_failure(
    shelf: Shelf,
    claim: Claim,
    values: Mapping[str, Any],
    changed: Mapping[str, Any],
    made: Made,
) -> str:
    """Put a failure on the shelf, where its report would stand; a line that says so."""
    error = dict(made.error or {})
    about = {"claim": claim.id, "default": not changed, "parameters": dict(values), **error}
    key = recipe.key_of(claim, changed)
    folder = shelf.fail(claim.id, key, {**made.files, ERROR: as_json(about)})
    where = f" in cell {error['cell']}" if error["cell"] else ""
    first, *_ = str(error["message"]).splitlines() or [""]
    page_at = folder.relative_to(shelf.folder) / INDEX
    return f"{claim.id}: failed{where}: {error['name']}: {first} (see {page_at.as_posix()})"


def _current_versions(ready: Sequence[Recipe]) -> dict[str, str]:
    """The version that each claim's default report has now, where it can be told."""
    current = {item.claim.id: item.version for item in ready if item.default}
    others = [claim for claim in ledger.claims() if claim.id not in current]
    return current | {item.claim.id: item.version for item in plan(others, strict=False)[0]}


def _commit() -> dict[str, Any]:
    """The commit that is checked out and whether anything differs from it; None outside git."""

    def git(*words: str) -> str | None:
        command = ["git", "-C", str(paths.root()), *words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", ".", ":!reports")
    return {"commit": git("rev-parse", "HEAD"), "clean": None if changed is None else not changed}


def _usable_workers() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
