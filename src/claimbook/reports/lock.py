"""One render at a time in one reports folder; the next waits for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from claimbook.errors import RenderError
from claimbook.reports.files import WORKSHOP
from claimbook.reports.journal import Journal, Last

FILE = "lock"


@contextmanager
def held(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold a reports folder for this process; a line says so when another one must end first.

    The operating system gives the lock back when its process dies, so none is ever left over. A
    process that holds it may take it again. Raises RenderError where the folder cannot be written.
    """
    try:
        (folder / WORKSHOP).mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / WORKSHOP / FILE, is_singleton=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(_sentence(folder, Journal(folder).last()))
            lock.acquire()
    except OSError as error:
        raise RenderError(
            f"the reports folder {folder} cannot be written ({error.strerror or error})"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _sentence(folder: Path, last: Last | None) -> str:
    who = "another render"
    if last is not None and not last.ended:
        who += f" (process {last.process}, begun {last.started[11:16]} UTC)"
    return f"{who} is writing to {folder.name}/; this one goes on when it is done"
