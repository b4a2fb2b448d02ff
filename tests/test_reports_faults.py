"""Faults that are really caused: killed drivers, workers and kernels, a full disk, no memory.

Whatever happens, a version on the shelf is whole, what is done stays done, the other reports are
made, and a sentence says what happened.
"""

import contextlib
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import faults
import psutil
import pytest
import small_project

from claimbook.reports import catalogue, recipe, render, shelf, surroundings, workers
from claimbook.reports.journal import Journal
from claimbook.reports.recipe import Recipe
from claimbook.reports.render import Way
from claimbook.reports.shelf import Shelf
from claimbook.reports.task import Limits, Made

COUNT = 5


def names(on: Shelf) -> set[str]:
    return {version.name for version in on.versions("fell")}


def whole(on: Shelf) -> None:
    """Nothing half there: every version is as its manifest says."""
    assert [said for said in on.problems().values() if said] == []


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


# --- the driver is killed ---------------------------------------------------------------------


def killed_at(step: int, items: Sequence[Recipe], out: Path) -> bool:
    """Render in a child that kills itself before its n-th change of the disk; whether it did."""
    pid = os.fork()
    if not pid:
        left = step

        def look(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & 3
            if writes or event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir"):
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(look)
        render.publish(items, out=out, say=lambda _: None)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def test_a_driver_killed_before_any_change_of_the_disk(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "run", faults.in_this_process)
    # What reads the project, and only reads, need not be done a hundred times.
    monkeypatch.setattr(render, "_current_versions", lambda _: {})
    monkeypatch.setattr(render, "_commit", dict)
    monkeypatch.setattr(recipe, "not_as_locked", list)
    monkeypatch.setattr(catalogue, "write", lambda on, _: on.write("index.html", b"the index"))
    items = faults.recipes(2)
    planned = {item.version for item in items}
    kept_after: list[int] = []
    for step in range(1, 200):
        out = tmp_path / f"reports-{step}"
        if not killed_at(step, items, out):
            break
        on = Shelf(out)
        whole(on)
        before = small_project.tree(out)
        kept = names(on)
        said: list[str] = []
        assert render.publish(items, out=out, say=said.append).good
        whole(on)
        assert names(on) == planned
        assert not list(out.glob(".part-*"))
        # What was done is not done again, and not another.
        for name in kept:
            assert any(f"{name} is already published" in line for line in said)
            for file in small_project.FOUR:
                place = f"fell/{name}/{file}"
                assert small_project.tree(out)[place] == before[place]
        interrupted = [line for line in said if line.startswith("the last render was interrupted")]
        if kept and len(kept) < 2:
            assert interrupted == [
                "the last render was interrupted after 1 of 2 reports; going on with the other 1"
            ]
        kept_after.append(len(kept))
        shutil.rmtree(out)
    # The moments really lay before, between and after the two reports, and none gave one back.
    assert set(kept_after) == {0, 1, 2}
    assert kept_after == sorted(kept_after)
    assert len(kept_after) > 20


def test_a_driver_killed_with_its_workers_at_work(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "reports"
    done = random.choice([1, 2, 3])
    command = [sys.executable, "-m", "faults", str(out), str(COUNT), "0.4"]
    with subprocess.Popen(
        command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    ) as driver:
        assert driver.stdout is not None
        while done:
            done -= " published in " in driver.stdout.readline()
        last = Journal(out).last()
        assert last is not None
        assert last.home is not None
        team = psutil.Process(driver.pid).children(recursive=True)
        assert len(team) >= 2
        driver.kill()
        driver.wait()
    # Its workers go with it, and with them where they lived.
    _, alive = psutil.wait_procs(team, timeout=20)
    assert alive == []
    assert not last.home.exists()
    on = Shelf(out)
    whole(on)
    kept = len(names(on))
    assert 0 < kept < COUNT

    lines: list[str] = []
    monkeypatch.setattr(render, "run", faults.in_this_process)
    assert render.publish(faults.recipes(COUNT), out=out, say=lines.append).good
    assert lines[0] == (
        f"the last render was interrupted after {kept} of {COUNT} reports; "
        f"going on with the other {COUNT - kept}"
    )
    assert sum(" is already published" in line for line in lines) == kept
    assert sum(" published in " in line for line in lines) == COUNT - kept
    whole(on)
    assert names(on) == {item.version for item in faults.recipes(COUNT)}


def test_two_renders_at_once_make_each_report_once(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "reports"
    command = [sys.executable, "-m", "faults", str(out), "2", "1.0"]
    with subprocess.Popen(
        command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    ) as first:
        until(lambda: Journal(out).last() is not None)
        said: list[str] = []
        assert render.publish(faults.recipes(2), out=out, say=said.append).good
        assert first.stdout is not None
        assert first.stdout.read().count(" published in ") == 2
        assert first.wait() == 0
    assert said[0].startswith(f"another render (process {first.pid}, begun ")
    assert sum(" is already published" in line for line in said) == 2
    assert len(said) == 3  # and no word of an interruption
    whole(Shelf(out))


# --- a worker is killed or hangs --------------------------------------------------------------


class Told:
    """A watch that keeps what it is told."""

    def __init__(self) -> None:
        self.tries: list[str] = []

    def settled(self, home: str) -> None: ...
    def started(self, item: Recipe) -> None: ...
    def tick(self) -> None: ...

    def again(self, item: Recipe, why: str) -> None:
        self.tries.append(f"{item.parameters['times']}: {why}")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Surroundings without kernels."""
    with surroundings.prepared(warm=False) as environment:
        yield {**environment, "TMPDIR": str(tmp_path_factory.mktemp("marks"))}


def made_by(
    make: workers.Make, home: dict[str, str], limit: float = 60
) -> tuple[dict[float, Made], list[str]]:
    told = Told()
    items = faults.recipes(COUNT)
    limits = Limits(limit)
    came = workers.run(
        items,
        home,
        count=2,
        limits=limits,
        watch=told,
        make=make,
        grace=1.0,
        context=get_context("spawn"),  # nothing to preload
    )
    return {item.parameters["times"]: made for item, made in came}, told.tries


def test_a_killed_worker_costs_one_more_try(small: Path, home: dict[str, str]) -> None:
    made, tries = made_by(faults.killed_once, home)
    assert len(made) == COUNT
    assert [m.error for m in made.values() if m.error] == []
    assert tries == ["0.52: its worker process was killed (SIGKILL, as when memory runs out)"]


def test_a_worker_that_dies_twice_or_hangs_is_that_reports_failure_alone(
    small: Path, home: dict[str, str]
) -> None:
    made, tries = made_by(faults.killed_always_or_never_ending, home, limit=6)
    assert len(tries) == 1
    assert {times for times, m in made.items() if m.error} == {0.52, 0.53}
    assert len(made) == COUNT
    assert made[0.52].error is not None
    said = "its worker process was killed (SIGKILL, as when memory runs out), twice"
    assert made[0.52].error["message"] == said
    assert said in made[0.52].files["index.html"].decode()
    assert made[0.53].error is not None
    assert "not done within its limit of 6 s" in made[0.53].error["message"]


def test_what_outlived_a_killed_run_is_cleared(tmp_path: Path) -> None:
    """Where workers were killed with their driver, so that nobody was left to clear up."""
    place = tmp_path / "cb-home"
    (place / "work").mkdir(parents=True)
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with (
        subprocess.Popen(command, env={**os.environ, "HOME": str(place)}) as theirs,
        subprocess.Popen(command) as another,
    ):
        until(lambda: bool(living_in(place)))
        workers.clear(place)
        assert theirs.wait(20) == -signal.SIGKILL
        assert another.poll() is None
        another.kill()
    assert not place.exists()


# --- the disk is full -------------------------------------------------------------------------


def test_a_file_that_cannot_be_written_to_its_end(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file may grow beyond 50 kB: the system itself refuses, in the midst of a page."""

    def big(item: Recipe) -> dict[str, bytes]:
        page = "x" * 100_000 if item.parameters["times"] == 0.52 else "<p>small</p>"
        return faults.files(item, page)

    def run(items: Any, way: Way, watch: workers.Watch) -> Iterator[tuple[Recipe, Made]]:
        for item in items:
            yield item, Made(big(item), None, "2024-01-04T00:00:00+00:00", 0.1)

    monkeypatch.setattr(render, "run", run)
    out = tmp_path / "reports"
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        with os.fdopen(write, "w") as said:
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
            outcome = render.publish(
                faults.recipes(COUNT), out=out, say=lambda s: print(s, file=said)
            )
            print(outcome.failed, outcome.problems, file=said)
        os._exit(0 if outcome.good else 1)
    os.close(write)
    with os.fdopen(read) as told:
        lines = told.read().splitlines()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    # The failure's own page, fonts and all, is larger than that as well.
    (line,) = [line for line in lines if "failed" in line and line.startswith("fell: ")]
    assert "the version could not be written (File too large)" in line
    assert "(its page could not be written: File too large)" in line
    on = Shelf(out)
    whole(on)
    bad = faults.recipes(COUNT)[2].version
    assert names(on) == {item.version for item in faults.recipes(COUNT)} - {bad}
    assert not list(out.glob(".part-*"))
    assert not on.place("fell", bad).exists()
    # The index is larger still; it comes with the next run that has room.
    assert "the index could not be written (File too large); the next render" in lines[-1]
    assert render.publish(faults.recipes(COUNT), out=out, say=lambda _: None).good
    assert (out / "index.html").is_file()
    assert len(names(on)) == COUNT


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB, where this process may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        # The test above makes real writes fail everywhere; this one needs the right to mount.
        pytest.skip("no right to mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(small: Path, tiny_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "run", faults.in_this_process)
    monkeypatch.setattr(faults, "files", lambda item, make=faults.files: make(item, "x" * 600_000))
    said: list[str] = []
    outcome = render.publish(faults.recipes(COUNT), out=tiny_disk, say=said.append)
    assert not outcome.good
    on = Shelf(tiny_disk)
    whole(on)
    kept = names(on)
    assert 1 <= len(kept) < COUNT
    assert len(outcome.failed) == COUNT - len(kept)
    assert sum("could not be written (No space left on device)" in line for line in said) == len(
        outcome.failed
    )
    subprocess.run(["mount", "-o", "remount,size=30m", str(tiny_disk)], check=True)
    said.clear()
    assert render.publish(faults.recipes(COUNT), out=tiny_disk, say=said.append).good
    assert sum(" is already published" in line for line in said) == len(kept)
    assert len(names(on)) == COUNT
    assert on.failures("fell") == []


# --- the kernel dies, hangs, or has no memory: real notebooks ---------------------------------

CELLS = {
    "ends": "import os\nos._exit(3)",
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "hungry": "taken = bytearray(40_000_000_000)",
}
ENDLESS = {
    "endless": "while True:\n    pass",
    "stubborn": (
        "import signal\n"
        "for number in (signal.SIGINT, signal.SIGTERM):\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "while True:\n"
        "    try:\n"
        "        while True:\n"
        "            pass\n"
        "    except BaseException:\n"
        "        pass"
    ),
}
SAID = {
    "ends": (
        "DeadKernelError",
        "the kernel ended itself with exit code 3 while cell 4 was running",
    ),
    "killed": (
        "DeadKernelError",
        "the kernel was killed (SIGKILL, as when memory runs out) while cell 4 was running",
    ),
    "hungry": ("MemoryError", ""),
    "endless": ("TimeoutError", "the report was not done within its limit of 10 s, and cell "),
    "stubborn": ("TimeoutError", "the report was not done within its limit of 10 s, and cell "),
}


def with_claims(root: Path, cells: dict[str, str]) -> Path:
    """The small project with one more claim for each, whose coverage cell is the given one."""
    ledger_file = root / "data" / "claims.yml"
    text = ledger_file.read_text(encoding="utf-8")
    start = text.index("  - id: fell-too")
    entry = text[start : text.index("  - id: untested")]
    for claim, cell in cells.items():
        title = f"Did it fall, {claim}?"
        new = entry.replace("id: fell-too", f"id: {claim}").replace("02-fell-too", f"05-{claim}")
        text += re.sub("title: Did it .*", f"title: {title}", new)
        path = root / "notebooks" / f"05-{claim}.ipynb"
        small_project.write_notebook(path, small_project.cells(claim, title))
        small_project.change_cell(path, "coverage", cell)
    ledger_file.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def harmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """One render of reports whose kernels come to harm beside two that do not."""
    root = with_claims(small_project.write(tmp_path_factory.mktemp("harmed") / "small"), CELLS)
    with_claims(root, ENDLESS)
    done = small_project.claimbook(
        "render", "fell", "fell-too", *CELLS, "--memory", "4000", root=root
    )
    assert done.returncode == 1
    last = small_project.claimbook("render", *ENDLESS, "--limit", "10", root=root)
    assert last.returncode == 1
    return root, done.stdout + last.stdout, done.stderr + last.stderr


@pytest.mark.parametrize("claim", [*CELLS, *ENDLESS])
def test_a_kernel_that_comes_to_harm_is_a_page(harmed: tuple[Path, str, str], claim: str) -> None:
    root, out, err = harmed
    name, message = SAID[claim]
    (line,) = [line for line in out.splitlines() if line.startswith(f"{claim}: ")]
    assert re.match(rf"{claim}: failed in cell \d: {name}: {re.escape(message)}", line)
    assert claim in err
    (failure,) = Shelf(root / "reports").failures(claim)
    assert failure.error["name"] == name
    page = (failure.folder / "index.html").read_text(encoding="utf-8")
    assert message in page
    assert "ACME" in page  # its parameters
    if claim not in ENDLESS:  # those may not have come that far on a busy machine
        assert failure.error["cell"] == 4
        executed = small_project.read_json(failure.folder / "notebook.ipynb")["cells"]
        assert [c.get("execution_count") for c in executed[:3]] == [None, 1, 2]
        assert executed[5]["execution_count"] is None


def test_the_others_are_made_all_the_same(harmed: tuple[Path, str, str]) -> None:
    root, out, err = harmed
    for claim in ("fell", "fell-too"):
        assert re.search(rf"^{claim}: \S+ published in ", out, re.MULTILINE)
        assert claim not in re.split("[ ,\n]+", err)
    assert shelf.verified(Shelf(root / "reports")) == 2


def test_a_driver_killed_in_the_midst_of_a_cell_leaves_no_kernel(
    harmed: tuple[Path, str, str],
) -> None:
    root = harmed[0]
    environment = {**os.environ, "CLAIMBOOK_ROOT": str(root)}
    command = [sys.executable, "-m", "claimbook", "render", "stubborn", "fell"]
    cell = "from pathlib import Path\nPath('here').touch()\n" + ENDLESS["stubborn"]
    small_project.change_cell(root / "notebooks" / "05-stubborn.ipynb", "coverage", cell)
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as driver:

        def at_work() -> bool:
            last = Journal(root / "reports").last()
            return bool(last and last.home and (last.home / "work" / "here").exists())

        until(at_work)
        last = Journal(root / "reports").last()
        assert last is not None
        assert last.home is not None
        there = living_in(last.home)
        assert len(there) >= 2  # a worker and a kernel at least
        driver.kill()
        driver.wait()
    place = last.home
    until(lambda: not living_in(place))
    until(lambda: not place.exists())


def living_in(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("HOME") == str(home):
                found.append(process)
    return found
