"""The same reports on a Dask cluster: `claimbook render --scheduler ADDRESS`.

Each of the cluster's workers needs claimbook's checkout in the same state, and the packages of the
lock; one that differs refuses, and says so. A notebook runs in processes of its own there as it
does here, and what it makes comes back to the driver, which alone writes to the reports folder.
When a worker of the cluster dies, Dask gives its report to another one.
"""

import contextlib
import multiprocessing
import queue
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import distributed

from claimbook import ledger
from claimbook.errors import ClaimbookError, RenderError
from claimbook.reports import published, recipe, task, workers
from claimbook.reports.recipe import Recipe
from claimbook.reports.task import Limits, Made
from claimbook.reports.workers import Watch, Worker

ANSWER = 10.0  # seconds for a scheduler to answer
DESERTED = 60.0  # seconds without any worker after which nothing more is waited for
_LOOK = 1.0


def check(address: str) -> None:
    """Raise RenderError unless a scheduler answers at the address and has a worker."""
    with _client(address) as client:
        if not client.nthreads():
            raise RenderError(
                f"the scheduler at {address} has no workers; start some: dask worker {address}"
            )


def run(
    items: Sequence[Recipe], address: str, *, limits: Limits, watch: Watch
) -> Iterator[tuple[Recipe, Made]]:
    """Have every recipe made on the cluster; yield each as it comes back."""
    hands = Hands(f"claimbook-{uuid.uuid4().hex}")
    with _client(address) as client:
        client.register_plugin(hands, name=hands.name)
        try:
            waiting = {}
            for item in items:
                future = client.submit(_make, item, limits, hands.name, pure=False)
                waiting[future] = item
                watch.started(item)
            alone = 0.0
            while waiting:
                try:
                    with client.as_current():
                        done = distributed.wait(  # type: ignore[no-untyped-call]
                            list(waiting), timeout=_LOOK, return_when="FIRST_COMPLETED"
                        ).done
                except TimeoutError:
                    done = set()
                watch.tick()
                for future in done:
                    item = waiting.pop(future)
                    yield item, _brought(future, item)
                alone = 0.0 if done or _has_workers(client) else alone + _LOOK
                if alone >= DESERTED:
                    for item in waiting.values():
                        yield item, task.stopped(item, "the cluster has no workers any more")
                    return
        finally:
            # Fresh processes for each run, so that none renders with modules read for another.
            with contextlib.suppress(OSError):  # a cluster that is gone has none of them
                client.unregister_worker_plugin(hands.name)


class Hands(distributed.WorkerPlugin):  # type: ignore[misc]
    """What each worker of the cluster gets: processes of ours, for as long as one run lasts."""

    def __init__(self, name: str) -> None:
        self.name = name

    def setup(self, worker: Any) -> None:
        # Dask's nanny starts workers as daemons, which may have no children. Ours end with them.
        multiprocessing.current_process().daemon = False
        self.teams: queue.SimpleQueue[list[Worker]] = queue.SimpleQueue()

    def teardown(self, worker: Any) -> None:
        while not self.teams.empty():
            workers.dismiss(self.teams.get())

    def make(self, item: Recipe, limits: Limits) -> Made:
        """Have one report made by a process that has nothing to do, or by a new one."""
        try:
            team = self.teams.get_nowait()
        except queue.Empty:
            team = []
        try:
            made = workers.run(
                [item],
                None,
                count=1,
                limits=limits,
                watch=_Nobody(),
                make=make,
                team=team,
                # Not forked from a process that may have read modules for an earlier run.
                context=multiprocessing.get_context("spawn"),
            )
            return next(made)[1]
        finally:
            self.teams.put(team)


def make(item: Recipe, limits: Limits) -> Made:
    """Make a report, if this machine has the project and the packages that the driver has."""
    try:
        # The start page's recipe holds its results; this machine may have none or others.
        with published.before_it(item):
            here = recipe.of(ledger.subject(item.claim.id), item.changed).version
        wrong = recipe.not_as_locked()
    except ClaimbookError as error:
        return task.stopped(item, f"the cluster's worker cannot make it: {error}")
    if here != item.version:
        wrong = [f"there the report's version is {here}, here it is {item.version}"]
    if wrong:
        said = "the cluster's worker has another state of the project or its packages"
        return task.stopped(item, f"{said}: {wrong[0]}")
    return task.make(item, limits)


def _make(item: Recipe, limits: Limits, name: str) -> Made:
    hands = distributed.get_worker().plugins[name]
    assert isinstance(hands, Hands)
    return hands.make(item, limits)


def _brought(future: Any, item: Recipe) -> Made:
    try:
        made: Made = future.result()
    except Exception as error:
        # A worker that died over and over, a scheduler that is gone: Dask's own words.
        first, *_ = str(error).splitlines() or [""]
        return task.stopped(item, f"the cluster gave it up: {type(error).__name__}: {first}")
    return made


def _has_workers(client: Any) -> bool:
    try:
        return bool(client.nthreads())
    except OSError:
        return False  # nor a scheduler, as far as can be told


def _client(address: str) -> Any:
    try:
        return distributed.Client(  # type: ignore[no-untyped-call]
            address, timeout=ANSWER, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise RenderError(
            f"no Dask scheduler answers at {address!r}; it is such as tcp://host:8786"
        ) from error


class _Nobody:
    def settled(self, home: str) -> None: ...
    def started(self, item: Recipe) -> None: ...
    def again(self, item: Recipe, why: str) -> None: ...
    def tick(self) -> None: ...
