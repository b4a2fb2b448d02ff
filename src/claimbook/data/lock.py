"""One writer of editions at a time. Readers need no lock: an edition never changes."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from claimbook.data import edition
from claimbook.errors import DataError, DiskError

NAME = ".lock"


@contextmanager
def writing(wait: float = 0) -> Iterator[None]:
    """Be the only one that adds or chooses an edition; `wait` seconds at most for another one.

    Raises DataError where another process is still at it, DiskError where the folder cannot be
    written.
    """
    folder = edition.editions_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / NAME)
        lock.acquire(timeout=wait)
    except Timeout:
        raise DataError(
            "another refresh or import is writing an edition: wait until it is done, then try "
            "again; nothing was written"
        ) from None
    except OSError as error:
        raise DiskError(
            f"data/editions cannot be written ({error.strerror}): nothing was written"
        ) from error
    try:
        yield
    finally:
        lock.release()
