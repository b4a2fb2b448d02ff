"""The journal of a render: what is planned, running, done and failed, whatever becomes of it.

One JSON line an event, on disk before the render goes on. It lies in the reports folder but is no
part of what is published: no version, page or catalogue is made from it. It holds names and
moments alone: no value of a parameter, no message, no setting of the user's.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimbook.reports import task
from claimbook.reports.files import WORKSHOP
from claimbook.reports.recipe import Recipe

FILE = "journal.jsonl"
PLANNED, SETTLED, RUNNING, AGAIN = "planned", "settled", "running", "again"
DONE, FAILED, END = "done", "failed", "end"

Report = tuple[str, str]  # claim, version


@dataclass(frozen=True)
class Last:
    """The last render of a folder, as far as its journal goes.

    `forced`: it made again what was published. `home` is the folder that its kernels lived in,
    None before there was one.
    """

    process: int
    started: str  # ISO, UTC
    planned: tuple[Report, ...]
    finished: tuple[Report, ...]
    ended: bool
    forced: bool
    home: Path | None


class Journal:
    """The journal of one reports folder. Only a process that holds the folder's lock writes it.

    A disk that is full stops no render: the shelf is what counts, and the journal ends there.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / WORKSHOP / FILE
        self._open = False

    def last(self) -> Last | None:
        """The last render, or None where none has been noted in a way that can be read."""
        try:
            return last_of(self._events())
        except (KeyError, TypeError, ValueError):
            return None

    def begin(self, planned: Iterable[Recipe], *, forced: bool = False) -> None:
        """Begin the journal of a new render, in place of the one before."""
        reports = [[item.claim.id, item.version] for item in planned]
        entry = {"event": PLANNED, "process": os.getpid(), "forced": forced, "reports": reports}
        fresh = self.file.with_suffix(".new")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            self._append(fresh, entry)
            fresh.replace(self.file)
        except OSError:
            return
        self._open = True

    def note(self, event: str, item: Recipe | None = None, **more: Any) -> None:
        """Append one event, on disk when this returns."""
        if not self._open:
            return
        about = {} if item is None else {"claim": item.claim.id, "version": item.version}
        try:
            self._append(self.file, {"event": event, **about, **more})
        except OSError:
            self._open = False

    def end(self) -> None:
        """Note that the render came to its end, whatever became of its reports."""
        self.note(END)

    def _append(self, file: Path, entry: Mapping[str, Any]) -> None:
        line = json.dumps({"at": task.now(), **entry}, ensure_ascii=False) + "\n"
        with file.open("a", encoding="utf-8") as opened:
            opened.write(line)
            opened.flush()
            os.fsync(opened.fileno())

    def _events(self) -> list[dict[str, Any]]:
        try:
            lines = self.file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # torn when its process or its machine ended
            if isinstance(entry, dict):
                found.append(entry)
        return found


def last_of(events: Sequence[Mapping[str, Any]]) -> Last | None:
    """What the events of a journal tell, None where they do not say what was planned."""
    begun = [place for place, entry in enumerate(events) if entry.get("event") == PLANNED]
    if not begun:
        return None
    first, *rest = events[begun[-1] :]
    homes = [str(entry["home"]) for entry in rest if "home" in entry]
    return Last(
        process=int(first["process"]),
        started=str(first["at"]),
        planned=tuple((str(claim), str(version)) for claim, version in first["reports"]),
        finished=tuple(
            dict.fromkeys(
                (str(e["claim"]), str(e["version"]))
                for e in rest
                if e.get("event") in (DONE, FAILED)
            )
        ),
        forced=bool(first["forced"]),
        ended=any(entry.get("event") == END for entry in rest),
        home=Path(homes[-1]) if homes else None,
    )


def sentence(planned: Iterable[Report], finished: Iterable[Report], now: Iterable[Report]) -> str:
    """What became of an interrupted render, given the reports that will be made `now`."""
    planned, finished = set(planned), set(finished)
    left, total = planned - finished, len(planned)
    reports = f"{total} report{'s' if total != 1 else ''}"
    said = f"the last render was interrupted after {total - len(left)} of {reports}"
    going_on = len(left & set(now))
    if not left:
        return f"{said}, before it had written the index"
    if going_on == len(left):
        return f"{said}; going on with the other {going_on}"
    if going_on:
        return f"{said}; going on with {going_on} of the other {len(left)}"
    return f"{said}; this one goes on with none of the other {len(left)}"
