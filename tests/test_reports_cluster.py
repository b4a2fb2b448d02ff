"""Reports made on a real Dask cluster on loopback: a scheduler and two workers, one killed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import small_project

from claimbook import ledger
from claimbook.errors import RenderError
from claimbook.reports import cluster, recipe, render
from claimbook.reports.shelf import Shelf, verified
from claimbook.reports.task import Limits

COUNT = 3

SWEEP = """\
title: Three times
about: The same change, multiplied.
claim: fell
reports:
  - name: Once
    parameters: {times: 1.0}
  - name: Half
    parameters: {times: 0.5}
  - name: More
    parameters: {times: 1.5}
compare:
  - {quantity: change_pct, label: Change, digits: 1}
"""


def killed(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and all it started, at once."""
    try:
        family = [*psutil.Process(process.pid).children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for member in family:
        member.kill()
    process.wait()


def dask(*words: str, environment: dict[str, str], stack: ExitStack) -> "subprocess.Popen[bytes]":
    """A Dask command in a process of its own, killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *words],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stack.callback(killed, process)
    return process


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = small_project.write(tmp_path_factory.mktemp("cluster") / "small")
    (root / "notebooks" / "times.yml").write_text(SWEEP, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as kept:
        yield kept


@pytest.fixture(scope="module")
def environment(project: Path) -> dict[str, str]:
    return {**os.environ, "CLAIMBOOK_ROOT": str(project)}


@pytest.fixture(scope="module")
def address(project: Path, environment: dict[str, str], stack: ExitStack) -> str:
    """The address of a scheduler that has no workers yet."""
    about = project.parent / "scheduler.json"
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
    dask("scheduler", *words, "--scheduler-file", str(about), environment=environment, stack=stack)
    end = time.monotonic() + 60
    while not about.exists():
        assert time.monotonic() < end
        time.sleep(0.1)
    return str(small_project.read_json(about)["address"])


def test_a_scheduler_without_workers_is_refused(address: str) -> None:
    with pytest.raises(RenderError, match=r"has no workers; start some: dask worker tcp://127"):
        cluster.check(address)


def test_the_same_bytes_though_a_worker_is_killed(
    address: str, project: Path, environment: dict[str, str], stack: ExitStack, tmp_path: Path
) -> None:
    words = ("worker", address, "--nthreads", "1", "--no-dashboard")
    place = ("--local-directory", str(tmp_path))
    team = [dask(*words, *place, environment=environment, stack=stack) for _ in range(2)]
    with cluster._client(address) as client:
        client.wait_for_workers(2, timeout=60)
    out = tmp_path / "there"
    command = ["claimbook", "sweep", str(project / "notebooks" / "times.yml")]
    with subprocess.Popen(
        [sys.executable, "-m", *command, "--out", str(out), "--scheduler", address],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as driver:
        assert driver.stdout is not None
        said = driver.stdout.readline()
        if " published in " not in said:
            pytest.fail(said + driver.stdout.read())
        killed(team[0])
        said += driver.stdout.read()
        assert driver.wait() == 0, said
    assert said.count(" published in ") == COUNT
    assert verified(Shelf(out)) == COUNT

    here = small_project.claimbook(*command[1:], "--out", tmp_path / "here", root=project)
    assert here.returncode == 0, here.stdout + here.stderr
    made, local = (
        {
            # Every file of a version, and the page that compares them; what tells of the runs
            # themselves (render.json, the history in the order of publication) is left out.
            name: content
            for name, content in small_project.tree(folder).items()
            if name.startswith(("sweeps/", "fell/20")) and not name.endswith("/render.json")
        }
        for folder in (out, tmp_path / "here")
    )
    assert len(local) == COUNT * len(small_project.FOUR) + 2
    assert made == local


def test_an_address_where_nobody_answers(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ANSWER", 0.5)
    for nobody in ("tcp://127.0.0.1:9", "nonsense://"):
        with pytest.raises(RenderError, match=rf"no Dask scheduler answers at '{nobody}'; it is"):
            render.render(["fell"], way=render.Way(scheduler=nobody))
    assert not (small / "reports").exists()


def test_without_the_extra_a_sentence_says_what_to_install(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "claimbook.reports.cluster")
    monkeypatch.delattr("claimbook.reports.cluster")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RenderError, match=r"pip install claimbook\[cluster\]"):
        render.render(["fell"], way=render.Way(scheduler="tcp://127.0.0.1:8786"))


def test_a_worker_with_another_state_of_the_project_refuses(small: Path) -> None:
    item = recipe.of(ledger.claim("fell"))
    small_project.change_cell(small / "notebooks" / "01-fell.ipynb", "coverage", "x = 1")
    error = cluster.make(item, Limits()).error
    assert error is not None
    assert "the cluster's worker has another state of the project" in error["message"]
    assert item.version in error["message"]
    (small / "requirements.lock").unlink()
    error = cluster.make(item, Limits()).error
    assert error is not None
    assert (
        "the cluster's worker cannot make it: requirements.lock cannot be read" in error["message"]
    )
