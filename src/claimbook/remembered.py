"""What was found out about files before, kept so that an unchanged render takes no time.

Nothing here is trusted beyond what identifies it: a file's content is kept under its path, time of
change and size, and what a piece of code imports under that code's own hash.
"""

import contextlib
import functools
import hashlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path

PLACE = Path(sys.prefix) / "var" / "cache" / "claimbook"  # of this interpreter's installation

_SETTLED = 2_000_000_000  # nanoseconds
_FORM = "imports-1"  # changes with the meaning of what is kept


def content(file: Path) -> bytes:
    """The bytes of a small file, read again when its time of change, inode or size is another."""
    about = file.stat()
    if time.time_ns() - about.st_mtime_ns < _SETTLED:
        return file.read_bytes()  # it might be written again before the clock of files moves on
    times = (about.st_mtime_ns, about.st_ctime_ns)
    return _read(str(file), times, about.st_ino, about.st_size)


def sha256(file: Path) -> str:
    """The SHA-256 of such a file, as 64 hexadecimal digits."""
    return digest(content(file))


@functools.lru_cache(maxsize=2048)
def _read(file: str, changed: tuple[int, int], inode: int, size: int) -> bytes:
    return Path(file).read_bytes()


@functools.lru_cache(maxsize=2048)
def digest(given: bytes) -> str:
    """The SHA-256 of some bytes."""
    return hashlib.sha256(given).hexdigest()


class Imports:
    """The names that pieces of code import, by the hash of the code, kept in one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.found: dict[str, list[str]] = {}
        self.new = False
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(kept, dict):
                self.found = kept

    def get(self, code: bytes, within: str) -> tuple[str, ...] | None:
        """What the code of a module in package `within` imports, if it is known."""
        names = self.found.get(f"{digest(code)} {within}")
        return None if names is None else tuple(names)

    def keep(self, code: bytes, within: str, names: tuple[str, ...]) -> None:
        self.found[f"{digest(code)} {within}"] = list(names)
        self.new = True

    def write(self) -> None:
        """Keep what is new for the next process, where that is possible."""
        if not self.new:
            return
        self.new = False
        with contextlib.suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.file.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump(self.found, out)
            Path(name).replace(self.file)


@functools.cache
def imports() -> Imports:
    """What this interpreter's installation remembers."""
    return Imports(PLACE / f"{_FORM}.json")
