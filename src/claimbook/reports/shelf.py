"""The folder of published versions: what is there, what goes in, what goes out."""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from claimbook.errors import RenderError
from claimbook.reports import recipe
from claimbook.reports.files import FILES, MANIFEST, RESULTS, as_json

RECORD = "render.json"  # what differs from run to run; nothing hashes it
FAILED = "failed"
DIFFS = "diffs"  # pages that compare two versions of a claim
ERROR = "error.json"
CATALOGUE = "catalogue.json"
_PART = ".part-"
_OF_A_FAILURE = {"default", "parameters", "cell", "name", "message"}
_SAID = {"claim", "version", "edition", "default", "parameters"}  # by each manifest there ever was


@dataclass(frozen=True)
class Version:
    """One published version: its folder, manifest, results, and when it was rendered (ISO, UTC)."""

    folder: Path
    manifest: Mapping[str, Any]
    results: Mapping[str, Any]
    rendered: str

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def default(self) -> bool:
        return bool(self.manifest["default"])


@dataclass(frozen=True)
class Failure:
    """One report that failed and has not succeeded since."""

    folder: Path
    error: Mapping[str, Any]


class Shelf:
    """A reports folder: `<claim>/<version>/` for versions, `<claim>/failed/<key>/` for failures.

    What is made from them lies beside: `<claim>/diffs/<old>..<new>/`, `sweeps/`, the catalogue.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, claim_id: str, version: str) -> Path:
        return self.folder / claim_id / version

    def has(self, claim_id: str, version: str) -> bool:
        return (self.place(claim_id, version) / MANIFEST).is_file()

    def claims(self) -> list[str]:
        """Ids of the claims that have a folder."""
        if not self.folder.is_dir():
            return []
        return sorted(f.name for f in self.folder.iterdir() if f.is_dir() and f.name[0] != ".")

    def versions(self, claim_id: str) -> list[Version]:
        """The published versions of a claim, the last rendered first.

        One that cannot be read is left out here; `problems` names it.
        """
        found = []
        for folder in self.version_folders(claim_id):
            try:
                manifest, results = _read(folder / MANIFEST), _read(folder / RESULTS)
            except (OSError, ValueError, TypeError):
                continue
            if manifest.keys() >= _SAID and "verdict" in results:
                found.append(Version(folder, manifest, results, _rendered(folder)))
        return sorted(found, key=lambda v: (v.rendered, v.name), reverse=True)

    def seconds(self, claim_id: str) -> list[float]:
        """How long the renders of a claim's published versions took, where that is recorded."""
        found = []
        for folder in self.version_folders(claim_id):
            try:
                found.append(float(_read(folder / RECORD)["seconds"]))
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return found

    def files(self, claim_id: str, version: str) -> dict[str, bytes]:
        """The four files of a published version. Raises OSError where one is missing."""
        place = self.place(claim_id, version)
        return {name: (place / name).read_bytes() for name in FILES}

    def failures(self, claim_id: str) -> list[Failure]:
        """The reports of a claim that failed. One whose record cannot be read is left out here."""
        found = [(file.parent, _error(file)) for file in self._errors(claim_id)]
        return [Failure(folder, error) for folder, error in found if error is not None]

    def unreadable(self) -> list[str]:
        """The records of failures that cannot be read, as paths below the folder."""
        files = [file for claim_id in self.claims() for file in self._errors(claim_id)]
        return [f.relative_to(self.folder).as_posix() for f in files if _error(f) is None]

    def _errors(self, claim_id: str) -> list[Path]:
        return sorted((self.folder / claim_id / FAILED).glob(f"*/{ERROR}"))

    def publish(
        self, claim_id: str, version: str, files: Mapping[str, bytes], record: Mapping[str, Any]
    ) -> list[str]:
        """Put a version in its place, whole or not at all. A version that is there stays as it is.

        Returns the names of the files in which the one that is there differs. One that does not
        match its own manifest was damaged, and is replaced.
        """
        target = self.place(claim_id, version)
        if not target.exists() or problems_of(target):
            try:
                self._put(target, {**files, RECORD: as_json(record)})
            except OSError:
                if problems_of(target):  # else another run has just published the same version
                    raise
        return [name for name in FILES if (target / name).read_bytes() != files[name]]

    def fail(self, claim_id: str, key: str, files: Mapping[str, bytes]) -> Path:
        """Put a failure in its place, instead of an earlier one of the same report."""
        target = self.folder / claim_id / FAILED / key
        self._put(target, files)
        return target

    def clear_failure(self, claim_id: str, key: str) -> bool:
        """Take the failure of a report away, now that it has succeeded; whether there was one."""
        place = self.folder / claim_id / FAILED
        there = (place / key).exists()
        shutil.rmtree(place / key, ignore_errors=True)
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
        return there

    def remove(self, version: Version) -> None:
        """Take a version away, in one step for whoever reads the folder."""
        with self._part() as part:
            version.folder.rename(part / version.name)

    def write(self, name: str, content: bytes) -> None:
        """One file of the folder itself, replaced at once; left alone where it is the same."""
        target = self.folder / name
        if target.is_file() and target.read_bytes() == content:
            return
        with self._part() as part:
            _write(part / target.name, content)
            target.parent.mkdir(parents=True, exist_ok=True)
            (part / target.name).replace(target)

    def put(self, name: str, files: Mapping[str, bytes]) -> None:
        """A folder of files made together, replaced as one; left alone where they are the same."""
        target = self.folder / name
        there = {f.name: f.read_bytes() for f in target.iterdir()} if target.is_dir() else {}
        if there != files:
            self._put(target, files)

    def problems(self) -> dict[str, list[str]]:
        """What does not match, by `claim/version`, for every published version."""
        found = {}
        for claim_id in self.claims():
            for folder in self.version_folders(claim_id):
                said = problems_of(folder)
                if not said and (of := _read(folder / MANIFEST)["claim"]) != claim_id:
                    said = [f"{MANIFEST} is of {of}"]
                found[f"{claim_id}/{folder.name}"] = said
        return found

    def sweep(self) -> None:
        """Remove what interrupted runs left. Parts of a run that is still going are left alone."""
        for part in self.folder.glob(f"{_PART}*"):
            pid = part.name.removeprefix(_PART).partition("-")[0]
            if not pid.isdigit() or not _is_of(part, int(pid)):
                shutil.rmtree(part, ignore_errors=True)

    def version_folders(self, claim_id: str) -> list[Path]:
        """The folders of a claim's versions, whatever state they are in, by name."""
        place = self.folder / claim_id
        if not place.is_dir():
            return []
        return sorted(f for f in place.iterdir() if f.is_dir() and f.name not in (FAILED, DIFFS))

    def _put(self, target: Path, files: Mapping[str, bytes]) -> None:
        with self._part() as part:
            made = part / target.name
            made.mkdir()
            for name, content in files.items():
                _write(made / name, content)
            _settle(made)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                target.rename(part / "replaced")
            made.rename(target)
            _settle(target.parent)

    @contextmanager
    def _part(self) -> Iterator[Path]:
        """A temporary folder on the same disk, so that a rename is one step."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f"{_PART}{os.getpid()}-", dir=self.folder))
        try:
            yield part
        finally:
            shutil.rmtree(part, ignore_errors=True)


def problems_of(folder: Path) -> list[str]:
    """One sentence for each thing in a version's folder that is not as its manifest says."""
    try:
        manifest = _read(folder / MANIFEST)
        named = recipe.version_of(manifest)
        files = dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{MANIFEST} cannot be read ({type(error).__name__}: {error})"]
    problems = []
    if not folder.name == manifest.get("version") == named:
        problems.append(f"{MANIFEST} describes {named}, not {folder.name}")
    for name in FILES:
        if name == MANIFEST:
            continue
        if not (folder / name).is_file():
            problems.append(f"{name} is missing")
        elif hashlib.sha256((folder / name).read_bytes()).hexdigest() != files.get(name):
            problems.append(f"{name} is not the file that {MANIFEST} recorded")
    extra = sorted({f.name for f in folder.iterdir()} - {*FILES, RECORD})
    return problems + [f"{name} is no part of a version" for name in extra]


def verified(shelf: Shelf) -> int:
    """The number of published versions, all as recorded. Raises RenderError naming the others."""
    found = shelf.problems()
    wrong = [f"{name}: {'; '.join(said)}" for name, said in found.items() if said]
    if wrong:
        raise RenderError("\n".join(wrong))
    return len(found)


def _read(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8")))


def _error(file: Path) -> dict[str, Any] | None:
    """A failure's record; None where it does not say what a failure's record says."""
    try:
        read = _read(file)
    except (OSError, ValueError, TypeError):
        return None
    return read if read.keys() >= _OF_A_FAILURE else None


def _rendered(folder: Path) -> str:
    try:
        return str(_read(folder / RECORD)["started"])
    except (OSError, ValueError, KeyError):
        return ""


def _write(file: Path, content: bytes) -> None:
    """Write a file that is on the disk when this returns."""
    with file.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _settle(folder: Path) -> None:
    """See that a folder's list of names is on the disk, where the system lets a program ask."""
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _is_of(part: Path, pid: int) -> bool:
    """Whether a part belongs to a process that runs now, and not to an earlier one of its number.

    In a container, every run may have the same number.
    """
    try:
        began: float = psutil.Process(pid).create_time()
        return began <= part.stat().st_mtime + 1  # two clocks
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, OSError):
        return True
