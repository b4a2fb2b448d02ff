"""Worker processes that make reports, one at a time each, and that never outlive this process.

`concurrent.futures` gives up all tasks when one worker dies, and cannot stop one that hangs. Here
each worker is alone: when it dies its report is tried once more by a new one, and when it is over
its time it is killed with its kernel.
"""

import contextlib
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

import psutil

from claimbook.kernels import workers as start
from claimbook.reports import surroundings, task
from claimbook.reports.ending import ended
from claimbook.reports.recipe import Recipe
from claimbook.reports.task import Limits, Made

MOST = 20  # reports that one worker makes before another takes its place: it gives its memory back
GRACE = 30.0  # seconds over its limit in which a worker may still say what happened
_LEAVE = 10.0  # seconds for a worker with nothing to do to end by itself
_GONE = 0.1  # seconds in which all a dead process held is closed
_LOOK = 1.0  # seconds between two looks at the clock

Make = Callable[[Recipe, Limits], Made]


class Watch(Protocol):
    """What is told how a run goes on; each call comes from the driver's own thread."""

    def settled(self, home: str) -> None: ...
    def started(self, item: Recipe) -> None: ...
    def again(self, item: Recipe, why: str) -> None: ...
    def tick(self) -> None: ...


@dataclass
class Worker:
    """A process, the pipe to it, and what it is at."""

    process: BaseProcess
    pipe: Connection
    item: Recipe | None = None
    since: float = 0.0  # time.monotonic()
    made: int = 0  # reports


def run(
    items: Sequence[Recipe],
    environment: Mapping[str, str] | None,
    *,
    count: int,
    limits: Limits,
    watch: Watch,
    make: Make = task.make,
    grace: float = GRACE,
    team: list[Worker] | None = None,
    context: BaseContext | None = None,
) -> Iterator[tuple[Recipe, Made]]:
    """Make every recipe in up to `count` processes that live in `environment`; each as it is done.

    Processes rather than threads: papermill changes the working directory. One that dies costs
    its own report one more try, and no other anything. Without an `environment` each prepares its
    own. Those of a `team` are used first, and kept for the next run; the caller dismisses them.
    `context` is multiprocessing's way to start them, by default the fastest there is.
    """
    waiting, tried = deque(items), set[int]()
    keep = team is not None
    team = [] if team is None else team
    context = context or start.context()

    def begin() -> Worker:
        return _start(environment, context)

    try:
        while waiting or any(worker.item for worker in team):
            for worker in _idle(team, min(count, len(items)), len(waiting), begin):
                worker.item, worker.since = waiting.popleft(), time.monotonic()
                watch.started(worker.item)
                with contextlib.suppress(OSError):  # one that has died is found out below
                    worker.pipe.send((make, worker.item, limits))
            wait([*(w.pipe for w in team), *(w.process.sentinel for w in team)], timeout=_LOOK)
            watch.tick()
            for worker in [w for w in team if w.item]:
                item = worker.item
                assert item is not None
                try:
                    made = _answer(worker)
                except EOFError:
                    team.remove(worker)
                    why = f"its worker process {_end(worker)}"
                    if id(item) in tried:
                        yield item, task.stopped(item, f"{why}, twice")
                    else:
                        tried.add(id(item))
                        waiting.appendleft(item)
                        watch.again(item, why)
                    continue
                if made is not None:
                    worker.item, worker.made = None, worker.made + 1
                    if worker.made >= MOST:
                        team.remove(worker)
                        dismiss([worker])
                    yield item, made
                elif time.monotonic() - worker.since > limits.seconds + grace:
                    team.remove(worker)
                    _end(worker)
                    said = (
                        f"the report was not done within its limit of {limits.seconds:g} s, and "
                        "its process had to be stopped; --limit SECONDS allows it more"
                    )
                    yield item, task.stopped(item, said)
    finally:
        for worker in [w for w in team if w.item]:
            team.remove(worker)
            _end(worker)
        if not keep:
            dismiss(team)


def dismiss(team: list[Worker]) -> None:
    """Let workers with nothing to do end by themselves, and see that they have."""
    for worker in team:
        worker.pipe.close()
    for worker in team:
        worker.process.join(_LEAVE)
        _end(worker)
    team.clear()


def clear(home: Path) -> None:
    """End what a killed run left alive in its surroundings, and remove them."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("HOME") == str(home) and process.pid != os.getpid():
                process.kill()
    shutil.rmtree(home, ignore_errors=True)


def _idle(team: list[Worker], most: int, wanted: int, begin: Callable[[], Worker]) -> list[Worker]:
    """Workers that have nothing to do, as many as are wanted, new ones where there may be more."""
    idle = [worker for worker in team if worker.item is None and worker.process.is_alive()]
    team[:] = [worker for worker in team if worker.item or worker in idle]
    while len(idle) < wanted and len(team) < most:
        team.append(begin())
        idle.append(team[-1])
    return idle[:wanted]


def _start(environment: Mapping[str, str] | None, context: BaseContext) -> Worker:
    here, there = context.Pipe()
    process = context.Process(  # type: ignore[attr-defined]
        target=_work, args=(there, environment), daemon=False
    )
    process.start()
    there.close()  # so that the pipe is closed when the process is gone
    return Worker(process, here)


def _answer(worker: Worker) -> Made | None:
    """What a worker has brought back by now. Raises EOFError if it never will."""
    try:
        if worker.pipe.poll():
            return worker.pipe.recv()  # type: ignore[no-any-return]
        if not worker.process.is_alive() and not worker.pipe.poll():
            raise EOFError
    except OSError as error:
        raise EOFError from error
    return None


def _end(worker: Worker) -> str:
    """Make sure that a worker and all it started are gone; how it ended."""
    _kill_started_by(worker.process.pid)
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()
    return ended(worker.process.exitcode or 0)


def _kill_started_by(pid: int | None) -> None:
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.kill()


def _work(pipe: Connection, environment: Mapping[str, str] | None) -> None:
    """The life of a worker process: make what comes through the pipe until it is closed."""
    with contextlib.ExitStack() as stack:
        environment = environment or stack.enter_context(surroundings.prepared())
        surroundings.adopt(environment)
        # An interrupt at the terminal is for the driver, which then ends its workers.
        signal.signal(signal.SIGINT, lambda *_: None)
        threading.Thread(target=_die_with_parent, args=(environment["HOME"],), daemon=True).start()
        while True:
            # Only the pipe's end is the driver's; what `make` raises is this worker's own.
            try:
                make, item, limits = pipe.recv()
            except (EOFError, OSError):
                break
            made = make(item, limits)
            try:
                pipe.send(made)
            except OSError:
                break
        parent = multiprocessing.parent_process()
        assert parent is not None
        parent.join(_GONE)
        if not parent.is_alive():
            _leave(environment["HOME"])


def _die_with_parent(home: str) -> None:
    """Wait for the driver's end. No report is wanted after it, so no kernel either."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    _leave(home)


def _leave(home: str) -> None:
    """End at once with all that this process started, and with where it lived."""
    _kill_started_by(os.getpid())
    shutil.rmtree(home, ignore_errors=True)
    os._exit(1)
