"""Workers that several runs share, and that give their memory back."""

import os
from pathlib import Path

import pytest

from claimbook import ledger
from claimbook.kernels import preload
from claimbook.reports import crew, recipe, workers
from claimbook.reports.recipe import Recipe
from claimbook.reports.task import Limits, Made


class Quiet:
    """Nobody looks on."""

    def started(self, item: Recipe) -> None: ...
    def again(self, item: Recipe, why: str) -> None: ...
    def tick(self) -> None: ...
    def settled(self, home: str) -> None: ...


def telling(item: Recipe, limits: Limits) -> Made:
    """In place of a report: which process was to make it."""
    return Made({"pid": str(os.getpid()).encode()}, None, "", 0.0, 1)


def pids(items: list[Recipe], shared: crew.Crew) -> list[bytes]:
    made = workers.run(
        items, shared.surroundings(), count=1, limits=Limits(), watch=Quiet(), make=telling,
        team=shared.at_hand(),
    )  # fmt: skip
    return [answer.files["pid"] for _, answer in made]


def test_a_worker_makes_so_many_reports_and_no_more(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "MOST", 2)
    with crew.gathered(warm=False) as shared:
        made = pids([recipe.of(ledger.claim("fell"))] * 5, shared)
    assert [made.count(pid) for pid in dict.fromkeys(made)] == [2, 2, 1]


def test_the_next_run_finds_the_same_worker_unless_the_package_was_edited(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = {"module": (1, 1)}
    monkeypatch.setattr(preload, "state", lambda: dict(state))
    items = [recipe.of(ledger.claim("fell"))]
    with crew.gathered(warm=False) as shared:
        first, second = pids(items, shared), pids(items, shared)
        state["module"] = (2, 1)
        third = pids(items, shared)
    assert first == second != third
