"""All reports, rendered twice: here, and from a copy elsewhere with other settings all round."""

import platform
import subprocess
import sys

import pytest
import small_project
from conftest import Rendered

from claimbook import ledger


def test_the_same_bytes_in_another_place_zone_locale_and_seed(
    rendered: Rendered, rendered_elsewhere: Rendered
) -> None:
    here, there = (small_project.tree(r.folder) for r in (rendered, rendered_elsewhere))
    assert rendered.said.returncode == 0, rendered.said.stdout + rendered.said.stderr
    assert rendered_elsewhere.said.returncode == 0, rendered_elsewhere.said.stderr
    assert sorted(here) == sorted(there)
    records = {name for name in here if name.endswith("/render.json")}
    # A claim's own page and its history say when each version was rendered, as render.json does.
    tell_when = {n for n in here if n.endswith("/history.json")} | {
        n for n in here if n.endswith("/index.html") and n.count("/") == 1
    }
    unequal = [name for name in here if here[name] != there[name]]
    assert [name for name in unequal if name not in records | tell_when] == []
    # Not equal by being empty: every claim with a notebook has the four files.
    with_notebook = [claim.id for claim in ledger.subjects() if claim.notebook]
    for claim_id in with_notebook:
        for file in small_project.FOUR:
            assert [n for n in here if n.startswith(f"{claim_id}/") and n.endswith(f"/{file}")]
    assert len(records) == len(with_notebook)


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="the committed pictures were drawn on Linux x86-64; others draw a few pixels otherwise",
)
def test_the_committed_reports_are_what_the_code_gives_now(rendered: Rendered) -> None:
    root = small_project.REPOSITORY
    tool, committed = str(root / "tools/compare.py"), str(root / "reports")
    command = [sys.executable, tool, str(rendered.folder), committed]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_record_beside_them_does_tell_the_runs_apart(
    rendered: Rendered, rendered_elsewhere: Rendered
) -> None:
    """What differs from run to run is kept, but apart: the copy is no git checkout."""
    for name in small_project.tree(rendered.folder):
        if name.endswith("/render.json"):
            there = small_project.read_json(rendered_elsewhere.folder / name)
            assert there["commit"] is None
            assert there["version"] == name.split("/")[1]


@pytest.mark.parametrize("word", ["published in"])
def test_one_line_a_report(rendered: Rendered, word: str) -> None:
    lines = rendered.said.stdout.splitlines()
    assert sum(word in line for line in lines) == sum(bool(c.notebook) for c in ledger.subjects())
