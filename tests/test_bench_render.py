"""The benchmark of rendering: what it measures, and that what it prints follows from that."""

import re
import shutil
import statistics
from pathlib import Path

import pytest
import small_project

from claimbook import ledger
from claimbook.bench import cells, render
from claimbook.bench.render import Measured
from claimbook.errors import ParameterError
from claimbook.reports import recipe, surroundings, workers
from claimbook.reports.task import Limits

HAND = [
    Measured("papermill, then nbconvert", 2, 20.0, 18.0, (9.0, 11.0)),
    Measured("claimbook, kernels started", 4, 8.0, 12.0, (1.0, 2.0, 3.0, 10.0), "memory: more"),
    Measured("claimbook, kernels forked", 4, 4.0, 6.0, (1.0, 1.0, 1.0, 1.0), "memory: little"),
    Measured("claimbook, nothing changed", 4, 0.5, 0.4),
    Measured("the notebooks' cells alone", 2, 3.0, 3.0, (0.5, 0.7)),
]


def test_what_is_printed_follows_from_what_was_measured() -> None:
    lines = render.described(HAND, 2).splitlines()
    rows = {line[:28].strip(): line[28:].split() for line in lines}
    assert rows["papermill, then nbconvert"][:3] == ["10.00", "10.00", "9.00"]
    assert rows["claimbook, kernels started"] == (
        ["2.00", "2.50", "3.00", "5.0", "(wall)", "3.0", "(processor)"]
    )
    assert rows["claimbook, kernels forked"][3::2] == ["10.0", "6.0"]
    assert rows["claimbook, nothing changed"][:2] == ["0.12", "0.10"]  # 0.5 / 4, to even
    assert rows["the notebooks' cells alone"] == ["0.60"]
    assert "on 2 of them, the cells alone on 2" in lines[0] + lines[1]
    assert "the usual recipe, in the order of this run: 9.0, 11.0 s" in lines
    # 6 s for four reports are 1.5 each; the cells take 0.6 of that.
    assert "beyond the notebooks' cells, forked: 0.90 processor seconds a report" in lines
    assert "nothing changed, all 4: 0.50 s" in lines
    assert lines[-1] == "memory: little"


def test_cells_that_fail_say_why(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_project.change_cell(
        small / "notebooks" / "01-fell.ipynb", "coverage", "raise ValueError('no figures')"
    )
    with surroundings.prepared() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(small)
        made = cells.make(recipe.of(ledger.claim("fell")), Limits())
    assert made.error is not None
    assert (made.error["name"], made.error["message"]) == ("ValueError", "no figures")


def test_a_sweep_goes_evenly_through_the_first_number(small: Path) -> None:
    assert render.cases(None) == [("fell", {}), ("fell-too", {})]
    # From 0.5 to 2 in three equal parts, the middle of each.
    assert render.cases(3, "fell") == [
        ("fell", {"times": 0.75}), ("fell", {"times": 1.25}), ("fell", {"times": 1.75})
    ]  # fmt: skip
    with pytest.raises(ParameterError, match="fewer than"):
        render.cases(10_000_000, "fell")


def test_a_small_run_measures_every_way(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of a copy of the package, which nobody changes meanwhile.
    source = small_project.REPOSITORY / "src" / "claimbook"
    shutil.copytree(source, tmp_path / "source" / "claimbook")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "source"))
    found = render.run(1, "fell", workers=1)
    assert [way.name for way in found] == [way.name for way in HAND]
    assert [way.count for way in found] == [1, 1, 1, 1, 1]
    assert [len(way.each) for way in found] == [1, 1, 1, 0, 1]
    assert all(way.wall > 0 and way.processor > 0 for way in found)
    said = render.described(found, 1)
    usual, forked = found[0], found[2]
    (line,) = (line for line in said.splitlines() if line.startswith(forked.name))
    assert f"{statistics.median(forked.each):.2f}" in line
    assert f"{(usual.wall / usual.count) / (forked.wall / forked.count):.1f} (wall)" in line
    memory = re.search(r"at most ([\d,]+) MiB for a worker and its kernel, 1 at a time", said)
    assert memory is not None
    assert f"a worker {workers.MOST} at most" in said
