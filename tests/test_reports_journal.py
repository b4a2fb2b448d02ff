"""What the journal tells the next render, and that a folder belongs to one render at a time."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import small_project

from claimbook import ledger
from claimbook.errors import RenderError
from claimbook.reports import journal, lock, recipe
from claimbook.reports.files import WORKSHOP
from claimbook.reports.journal import Journal

A, B, C = ("fell", "v1"), ("fell-too", "v2"), ("fell", "v3")


@pytest.mark.parametrize(
    ("finished", "now", "said"),
    [
        ([A], [B, C], "after 1 of 3 reports; going on with the other 2"),
        ([], [A, B, C], "after 0 of 3 reports; going on with the other 3"),
        ([A], [B], "after 1 of 3 reports; going on with 1 of the other 2"),
        ([A, B], [A], "after 2 of 3 reports; this one goes on with none of the other 1"),
        ([A, B, C], [], "after 3 of 3 reports, before it had written the index"),
    ],
)
def test_one_sentence_says_what_happened(
    finished: list[journal.Report], now: list[journal.Report], said: str
) -> None:
    assert journal.sentence([A, B, C], finished, now) == f"the last render was interrupted {said}"


def test_events_come_back_and_a_torn_line_does_no_harm(small: Path, tmp_path: Path) -> None:
    first, second = (recipe.of(ledger.claim(name)) for name in ("fell", "fell-too"))
    kept = Journal(tmp_path)
    assert kept.last() is None
    kept.begin([first, second])
    kept.note(journal.SETTLED, home="/somewhere/cb-1")
    kept.note(journal.RUNNING, first)
    kept.note(journal.DONE, first)
    with kept.file.open("a", encoding="utf-8") as opened:
        opened.write('{"event": "done", "claim": "fell-to')
    last = Journal(tmp_path).last()
    assert last is not None
    assert last.planned == (("fell", first.version), ("fell-too", second.version))
    assert last.finished == (("fell", first.version),)
    assert last.home == Path("/somewhere/cb-1")
    assert last.process == os.getpid()
    assert not last.ended
    assert not last.forced
    # One event a line, each a moment and a name.
    for line in kept.file.read_text(encoding="utf-8").splitlines()[:-1]:
        assert json.loads(line)["at"].endswith("+00:00")

    # The next one takes its place, and an end is an end.
    kept.begin([second], forced=True)
    kept.note(journal.FAILED, second)
    kept.end()
    last = Journal(tmp_path).last()
    assert last is not None
    assert last.finished == last.planned == (("fell-too", second.version),)
    assert last.ended
    assert last.forced


@pytest.mark.parametrize("content", ["", "\n", "[]\n", '{"event": "planned"}\n', "\x00\xff{"])
def test_a_journal_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    kept = Journal(tmp_path)
    kept.file.parent.mkdir()
    kept.file.write_text(content, encoding="latin-1")
    assert kept.last() is None


HOLD = """\
import sys, time
from pathlib import Path
from claimbook.reports import lock
with lock.held(Path(sys.argv[1]), print):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def hold(folder: Path, seconds: float) -> "subprocess.Popen[str]":
    """A process that holds a folder's lock; it does when this returns."""
    command = [sys.executable, "-c", HOLD, str(folder), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_render_waits_says_so_and_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    with hold(tmp_path, 1.0) as other:
        Journal(tmp_path).begin([])
        with lock.held(tmp_path, said.append):
            assert other.wait() == 0  # it is over
            with lock.held(tmp_path, said.append):
                pass  # what a process holds, it may hold again
    (line,) = said
    assert line.startswith(f"another render (process {os.getpid()}, begun ")
    assert line.endswith(f"is writing to {tmp_path.name}/; this one goes on when it is done")


def test_a_dead_process_leaves_no_lock(tmp_path: Path) -> None:
    said: list[str] = []
    with hold(tmp_path, 60) as other:
        other.kill()
        other.wait()
        with lock.held(tmp_path, said.append):
            pass
    assert said == []


def test_a_folder_that_cannot_be_written_is_refused(small: Path) -> None:
    (small / "file").write_text("no folder", encoding="utf-8")
    with (
        pytest.raises(RenderError, match=r"reports folder .*file/reports cannot be written"),
        lock.held(small / "file" / "reports", print),
    ):
        pass
    done = small_project.claimbook("render", "--out", small / "file" / "reports", root=small)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot be written (Not a directory)" in done.stderr


def test_the_journal_and_the_lock_are_no_part_of_the_collection(tmp_path: Path) -> None:
    from claimbook.reports.shelf import Shelf

    with lock.held(tmp_path, print):
        Journal(tmp_path).begin([])
    assert (tmp_path / WORKSHOP / "journal.jsonl").is_file()
    assert Shelf(tmp_path).claims() == []
    ignored = (small_project.REPOSITORY / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"/reports/{WORKSHOP}/" in ignored


def test_time_is_read_in_one_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    from claimbook.reports import task

    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert task.now().endswith("+00:00")
    finally:
        monkeypatch.undo()
        time.tzset()
