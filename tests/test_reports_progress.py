"""How far a render is: the estimate by mental arithmetic, and the line on a real terminal."""

import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from claimbook import ledger
from claimbook.reports import progress, recipe
from claimbook.reports.progress import Progress


@pytest.mark.parametrize(
    ("waiting", "running", "workers", "seconds"),
    [
        ([10, 10, 10], [], 1, 30),
        ([10, 10], [], 2, 10),
        ([5], [(10, 4)], 2, 6),  # the running one ends last
        ([10, 10], [(10, 4), (10, 4)], 2, 16),  # 6 + 6 + 10 + 10, on two
        ([], [(10, 25)], 2, 0),  # over its time: as if it ended now
        ([30, 1], [], 2, 30),  # no sooner than the longest
        ([], [], 2, 0),
    ],
)
def test_the_time_left(
    waiting: list[float], running: list[tuple[float, float]], workers: int, seconds: float
) -> None:
    assert progress.left(waiting, running, workers) == seconds


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "time left not known yet"),
        (0, "about 5 s left"),
        (42, "about 40 s left"),
        (120, "about 2 min left"),
        (9000, "about 2.5 h left"),
    ],
)
def test_in_words(seconds: float | None, said: str) -> None:
    assert progress.in_words(seconds) == said


def test_the_estimate_uses_what_earlier_renders_took(small: Path) -> None:
    now = [0.0]
    first, second = (recipe.of(ledger.claim(name)) for name in ("fell", "fell-too"))
    said: list[str] = []
    shown = Progress([first, second], {"fell": [8, 10, 90]}, 1, said.append, lambda: now[0])
    assert shown.seconds_left() == 20  # its median for the one, and for want of better the other
    shown.started(first)
    now[0] = 4.0
    assert shown.seconds_left() == 16
    shown.again(first, "its worker process was killed (SIGKILL)")
    assert said == ["fell: its worker process was killed (SIGKILL); it is tried once more"]
    assert shown.seconds_left() == 20
    shown.started(first)
    shown.finished(first, 6.0, "fell: published")
    assert shown.seconds_left() == 6  # what this run has taken counts before other claims' past
    shown.started(second)
    shown.finished(second, 5.0, "fell-too: published")
    assert shown.seconds_left() == 0
    assert said[1:] == ["fell: published", "fell-too: published"]
    shown.close()


def test_nothing_is_made_up_where_nothing_is_known(small: Path) -> None:
    shown = Progress([recipe.of(ledger.claim("fell"))], {"fell": []}, 1, print)
    assert shown.seconds_left() is None
    shown.close()


SHOW = """\
import sys
from claimbook import ledger
from claimbook.reports import recipe
from claimbook.reports.progress import Progress
items = [recipe.of(ledger.claim(name)) for name in ("fell", "fell-too")]
shown = Progress(items, {"fell": [40]}, 1, lambda line: print(line, flush=True))
for item in items:
    shown.started(item)
    shown.finished(item, 20.0, f"{item.claim.id}: published in 20.0 s")
shown.close()
"""


def test_on_a_terminal_one_line_is_updated_below_the_others(small: Path) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with subprocess.Popen(
        [sys.executable, "-c", SHOW],
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    ) as process:
        os.close(theirs)
        text = ""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:
                break
            if not piece:
                break
            text += piece.decode()
        assert process.wait() == 0
    os.close(ours)
    assert "0/2 reports |" in text
    assert "about 80 s left" in text
    assert re.search(r"1/2 reports \|█+.*\| about 20 s left", text)
    # A terminal that has carried out the carriage returns shows the lines whole.
    lines = [line.rpartition("\r")[2].strip() for line in text.split("\r\n")]
    assert [line for line in lines if line] == [
        "fell: published in 20.0 s",
        "fell-too: published in 20.0 s",
    ]


def test_elsewhere_there_are_only_the_lines(small: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "fell: published in 20.0 s",
        "fell-too: published in 20.0 s",
    ]
