"""Plan reports, have them made, publish what was made, and say so.

How they are made is `workers` (processes here) or `cluster` (a Dask cluster); what may happen to a
run that is killed is in `journal` and `lock`.
"""

import contextlib
import os
import platform
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import claimbook
from claimbook import ledger, parameters, paths, text
from claimbook.errors import ClaimbookError, DataError, LedgerError, ParameterError, RenderError
from claimbook.ledger import Claim
from claimbook.reports import (
    catalogue,
    copies,
    crew,
    history,
    journal,
    lock,
    recipe,
    retention,
    task,
    workers,
)
from claimbook.reports.crew import Crew
from claimbook.reports.ending import MEMORY_CAN_BE_LIMITED
from claimbook.reports.files import INDEX, as_json
from claimbook.reports.journal import Journal
from claimbook.reports.progress import Progress
from claimbook.reports.recipe import Recipe
from claimbook.reports.shelf import ERROR, Shelf
from claimbook.reports.task import Limits, Made

KEEP = 3  # default versions of a claim that stay in the project's own reports folder

Say = Callable[[str], None]


@dataclass(frozen=True)
class Way:
    """How reports are made: in how many processes (None: one a processor), within what limits.

    `scheduler` is the address of a Dask cluster that makes them instead. `copy_to` is an address
    that published versions are copied to. `crew` is what this run shares with others.
    """

    workers: int | None = None
    limits: Limits = field(default_factory=Limits)
    scheduler: str | None = None
    copy_to: str | None = None
    crew: Crew | None = None


@dataclass(frozen=True)
class Broken:
    """A report for which there can be no recipe: its claim, why, and the parameters asked for."""

    claim: Claim
    error: ClaimbookError
    changed: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of a render, by claim id; `problems` are sentences about anything else.

    `cleared` are claims whose failure page went because the report is published after all.
    """

    published: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.failed and not self.differing and not self.problems

    @property
    def changed(self) -> bool:
        """Whether the shelf may hold something else than before."""
        return bool(self.published or self.failed or self.cleared)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.published + other.published,
            self.unchanged + other.unchanged,
            self.failed + other.failed,
            self.differing + other.differing,
            self.cleared + other.cleared,
            self.problems + other.problems,
        )


def render(
    claim_ids: Sequence[str] = (),
    assignments: Sequence[str] = (),
    *,
    out: Path | None = None,
    way: Way = Way(),
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
    chosen = [ledger.subject(name) for name in dict.fromkeys(claim_ids)] or ledger.subjects()
    strict = bool(claim_ids)
    # What collects the others' results is made after them; what is wrong with it is said before.
    claims, whole = (
        [claim for claim in chosen if claim.collects is late] for late in (False, True)
    )
    ready, broken = plan(claims, assignments, strict=strict, out=out)
    last, unusable = plan(whole, assignments, strict=strict, out=out, known=ready)
    outcome = Outcome()
    with crew.gathered() as shared:
        way = replace(way, crew=shared)
        if ready or broken or not last:
            listed = not (last or unusable)
            outcome += publish(ready, broken, out=out, way=way, force=force, listed=listed, say=say)
        if last or unusable:
            last = [recipe.of(item.claim, item.changed, reports=out, known=ready) for item in last]
            outcome += publish(last, unusable, out=out, way=way, force=force, known=ready, say=say)
    return outcome


def render_failed(
    claim_ids: Sequence[str] = (),
    *,
    out: Path | None = None,
    way: Way = Way(),
    say: Say = print,
) -> Outcome:
    """Render again, with their parameters, the reports that have a failure page.

    Those of the named claims, or of all. One whose parameters the notebook takes no more stays
    failed. Raises LedgerError for a claim that there is not.
    """
    shelf = Shelf(out or paths.reports_folder())
    claims = [ledger.subject(name) for name in dict.fromkeys(claim_ids)] or ledger.subjects()
    failures = [(claim, failure) for claim in claims for failure in shelf.failures(claim.id)]
    if not failures:
        say("no report has a failure page, so there is none to render again")
        return Outcome()
    ready: list[Recipe] = []
    broken: list[Broken] = []
    for claim, failure in failures:
        changed = dict(failure.error["changed"])
        try:
            ready.append(recipe.of(claim, parameters.plain(changed), reports=out))
        except (DataError, LedgerError, ParameterError) as error:
            broken.append(Broken(claim, error, changed))
    return publish(ready, broken, out=out, way=way, say=say)


def publish(
    ready: Sequence[Recipe],
    broken: Sequence[Broken] = (),
    *,
    out: Path | None = None,
    way: Way = Way(),
    force: bool = False,
    listed: bool = True,
    known: Sequence[Recipe] = (),
    say: Say = print,
) -> Outcome:
    """Make and publish the reports of some recipes, and a failure page for each broken one.

    Then the shelf's index is written. Where another run follows and it need not be `listed` yet,
    it is written only if something changed, for the next run may be killed, or if the last render
    was killed before it had written it. `known` are the recipes of the run before. One run at a
    time writes to a reports folder; another one waits. Raises RenderError, before anything runs or
    is written, where nothing can be made or kept the way it is asked for.
    """
    folder = out or paths.reports_folder()
    shelf = Shelf(folder)
    check(way, [item for item in ready if force or not shelf.has(item.claim.id, item.version)])
    with lock.held(folder, say):
        waiting = [r for r in ready if force or not shelf.has(r.claim.id, r.version)]
        kept, interrupted = _go_on(shelf, waiting, force, say)
        outcome = _publish_all(shelf, ready, waiting, broken, way, kept, say)
        due = listed or outcome.changed or interrupted
        if not due or _list(shelf, [*known, *ready], outcome, say):
            kept.end()
        return outcome


def _publish_all(
    shelf: Shelf,
    ready: Sequence[Recipe],
    waiting: Sequence[Recipe],
    broken: Sequence[Broken],
    way: Way,
    kept: Journal,
    say: Say,
) -> Outcome:
    outcome = Outcome()
    making = {(item.claim.id, item.version) for item in waiting}
    for item in (r for r in ready if (r.claim.id, r.version) not in making):
        if shelf.clear_failure(item.claim.id, item.key):
            outcome.cleared.append(item.claim.id)
        outcome.unchanged.append(item.claim.id)
        say(f"{item.claim.id}: {item.version} is already published")
    for lost in broken:
        made = task.failed(lost.claim, {}, task.error_of(lost.error))
        say(_keep_failure(shelf, lost.claim, {}, lost.changed, made))
        outcome.failed.append(lost.claim.id)
    _make_all(shelf, waiting, way, kept, outcome, say)
    if way.copy_to:
        _copy(shelf, ready, way.copy_to, outcome, say)
    return outcome


def _list(shelf: Shelf, ready: Sequence[Recipe], outcome: Outcome, say: Say) -> bool:
    """Remove old versions from the project's own folder, and write the index of what is left.

    Whether that could be done.
    """
    try:
        current = _current_versions(ready)
        if shelf.folder.resolve() == paths.reports_folder():
            claims = dict.fromkeys(item.claim.id for item in ready)
            old = retention.plan(shelf, claims, KEEP, current)
            retention.carry_out(shelf, old)
            for gone in old.gone:
                claim_id = gone.folder.parent.name
                say(f"{claim_id}: {gone.name} removed; the last {KEEP} are kept")
        catalogue.write(shelf, current)
        for name in shelf.unreadable():
            say(f"{name} cannot be read, so the catalogue leaves it out; remove its folder")
    except (OSError, RenderError) as error:
        why = getattr(error, "strerror", None) or error
        outcome.problems.append(
            f"the index could not be written ({why}); the next render writes it"
        )
        return False
    return True


def check(way: Way, waiting: Sequence[Recipe]) -> None:
    """Raise RenderError where the reports cannot be made or kept this way."""
    if waiting and (wrong := recipe.not_as_locked()):
        raise RenderError(
            f"{wrong[0]}{f' (and {len(wrong) - 1} more)' if wrong[1:] else ''}; a report states "
            f"the versions of the lock, so install it: pip install -r {recipe.LOCK}"
        )
    if way.limits.memory and not MEMORY_CAN_BE_LIMITED:
        raise RenderError("--memory needs Linux: no other system holds a process to it")
    if way.copy_to:
        copies.check(way.copy_to)
    if way.scheduler:
        _cluster().check(way.scheduler)


def _go_on(
    shelf: Shelf, waiting: Sequence[Recipe], force: bool, say: Say
) -> tuple[Journal, bool]:
    """Clear up after a render that was killed, say what became of it, and begin the journal.

    The journal, and whether there was such a render.
    """
    kept = Journal(shelf.folder)
    last = kept.last()
    shelf.sweep()
    interrupted = last is not None and not last.ended
    if last is not None and interrupted:
        if last.home is not None:
            workers.clear(last.home)
        finished = (
            last.finished
            if last.forced
            else {r for r in last.planned if r in last.finished or shelf.has(*r)}
        )
        now = {(item.claim.id, item.version) for item in waiting}
        say(journal.sentence(last.planned, finished, now))
    kept.begin(waiting, forced=force)
    return kept, interrupted


def _make_all(
    shelf: Shelf,
    waiting: Sequence[Recipe],
    way: Way,
    kept: Journal,
    outcome: Outcome,
    say: Say,
) -> None:
    """Make what is waiting, and put each report on the shelf as it comes."""
    if not waiting:
        return
    commit = _commit()
    why = history.reasons(shelf, waiting)
    earlier = {item.claim.id: shelf.seconds(item.claim.id) for item in waiting}
    count = min(way.workers or _usable_workers(), len(waiting))
    progress, peak = Progress(waiting, earlier, count, say), 0
    watch = _Watch(kept, progress)
    with contextlib.closing(progress), contextlib.closing(run(waiting, way, watch)) as reports:
        for item, made in reports:
            line = _keep(shelf, item, made, commit, outcome)
            failed = outcome.failed[-1:] == [item.claim.id]
            kept.note(journal.FAILED if failed else journal.DONE, item)
            said = line if failed else f"{line} ({why[item.claim.id, item.version]})"
            progress.finished(item, made.seconds, said)
            peak = max(peak, made.peak)
    if peak:
        say(
            f"memory: at most {peak / 2**20:,.0f} MiB for a worker and its kernel, {count} at a "
            f"time; a kernel makes one report, a worker {workers.MOST} at most"
        )


@dataclass(frozen=True)
class _Watch:
    """Passes on how a run goes on to the journal and to whoever looks on."""

    journal: Journal
    progress: Progress

    def settled(self, home: str) -> None:
        self.journal.note(journal.SETTLED, home=home)

    def started(self, item: Recipe) -> None:
        self.journal.note(journal.RUNNING, item)
        self.progress.started(item)

    def again(self, item: Recipe, why: str) -> None:
        self.journal.note(journal.AGAIN, item)
        self.progress.again(item, why)

    def tick(self) -> None:
        self.progress.tick()


def plan(
    claims: Iterable[Claim],
    assignments: Sequence[str] = (),
    *,
    strict: bool = True,
    out: Path | None = None,
    known: Iterable[Recipe] = (),
) -> tuple[list[Recipe], list[Broken]]:
    """Recipes of the claims' reports, and the claims for which there can be none.

    `out` is the reports folder whose results the collection's page shows, `known` the recipes of
    claims that it need not find out again.

    With `strict`, the first error is raised. Without, claims that have no notebook yet are passed
    over, and one claim's error does not stop the others.
    """
    ready: list[Recipe] = []
    broken: list[Broken] = []
    for claim in claims:
        if claim.notebook is None and not strict:
            continue
        try:
            given = parameters.parse(assignments, parameters.of(claim)) if assignments else {}
            ready.append(recipe.of(claim, given, reports=out, known=known))
        except (DataError, LedgerError, ParameterError) as error:
            if strict:
                raise
            broken.append(Broken(claim, error))
    return ready, broken


def run(
    items: Sequence[Recipe], way: Way, watch: _Watch
) -> Generator[tuple[Recipe, Made], None, None]:
    """Have every recipe made, here or on a cluster; yield each as it is done."""
    if way.scheduler:
        yield from _cluster().run(items, way.scheduler, limits=way.limits, watch=watch)
        return
    with contextlib.ExitStack() as stack:
        shared = way.crew or stack.enter_context(crew.gathered())
        try:
            environment = shared.surroundings()
        except OSError as error:
            raise RenderError(
                f"no folder for the kernels could be made in {tempfile.gettempdir()} "
                f"({error.strerror or error})"
            ) from error
        watch.settled(environment["HOME"])
        count = min(way.workers or _usable_workers(), len(items))
        yield from workers.run(
            items,
            environment,
            count=count,
            limits=way.limits,
            watch=watch,
            team=shared.at_hand(),
        )


def _cluster() -> Any:
    """The module `cluster`, which needs an extra."""
    try:
        from claimbook.reports import cluster
    except ModuleNotFoundError as error:
        raise RenderError(
            "--scheduler needs Dask's distributed: pip install claimbook[cluster]"
        ) from error
    return cluster


def _keep(
    shelf: Shelf, item: Recipe, made: Made, commit: Mapping[str, Any], outcome: Outcome
) -> str:
    """Put what was made on the shelf, a version or a failure; a line that says so."""
    claim_id = item.claim.id
    if made.error is None:
        try:
            differing, line = _publish(shelf, item, made, commit)
            if shelf.clear_failure(claim_id, item.key):
                outcome.cleared.append(claim_id)
        except OSError as error:
            said = f"the version could not be written ({error.strerror or error})"
            made = task.stopped(item, said)
        else:
            (outcome.differing if differing else outcome.published).append(claim_id)
            return line
    outcome.failed.append(claim_id)
    return _keep_failure(shelf, item.claim, item.parameters, item.changed, made)


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
    about = {
        "claim": claim.id,
        "default": not changed,
        "parameters": dict(values),
        "changed": dict(changed),
        **error,
    }
    where = f" in cell {error['cell']}" if error["cell"] else ""
    first, *_ = str(error["message"]).splitlines() or [""]
    line = f"{claim.id}: failed{where}: {error['name']}: {first}"
    key = recipe.key_of(claim, changed)
    try:
        folder = shelf.fail(claim.id, key, {**made.files, ERROR: as_json(about)})
    except OSError as unwritten:
        return f"{line} (its page could not be written: {unwritten.strerror or unwritten})"
    page_at = folder.relative_to(shelf.folder) / INDEX
    return f"{line} (see {page_at.as_posix()})"


def _copy(shelf: Shelf, ready: Sequence[Recipe], address: str, outcome: Outcome, say: Say) -> None:
    """Copy the run's published versions, those that were there before as well."""
    there = [item for item in ready if shelf.has(item.claim.id, item.version)]
    for item in there:
        claim_id, version = item.claim.id, item.version
        if wrong := copies.write(address, claim_id, version, shelf.files(claim_id, version)):
            say(f"{claim_id}: {version} not copied: {wrong}")
            outcome.problems.append(f"not copied: {claim_id}/{version}")
        else:
            say(f"{claim_id}: {version} copied to {copies.shown(address)}")


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
