"""The tools beside the package: comparing reports, and the check that a stranger runs."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from claimbook import paths

ROOT = paths.root()
FILES = ("index.html", "notebook.ipynb", "results.json", "manifest.json")


def version(folder: Path, name: str = "miner-drop/2026-08-21-1a2b3c4d") -> Path:
    place = folder / name
    place.mkdir(parents=True)
    for file in FILES:
        (place / file).write_text(f"the {file}")
    return place


def compare(fresh: Path, committed: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(ROOT / "tools/compare.py"), str(fresh), str(committed)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_equal_reports_are_equal(tmp_path: Path) -> None:
    version(tmp_path / "fresh")
    (version(tmp_path / "old") / "render.json").write_text("when and where")
    version(tmp_path / "old", "miner-drop/2026-01-01-00000000")
    done = compare(tmp_path / "fresh", tmp_path / "old")
    assert (done.returncode, done.stdout) == (
        0,
        "1 reports are the committed ones, byte for byte\n",
    )


@pytest.mark.parametrize("file", FILES)
def test_one_byte_more_is_found(tmp_path: Path, file: str) -> None:
    version(tmp_path / "fresh")
    with (version(tmp_path / "old") / file).open("a") as stream:
        stream.write(" ")
    done = compare(tmp_path / "fresh", tmp_path / "old")
    assert done.returncode == 1
    assert f"2026-08-21-1a2b3c4d/{file} differs from the committed one" in done.stdout


def test_a_lost_file_and_a_version_not_committed_are_found(tmp_path: Path) -> None:
    version(tmp_path / "fresh")
    version(tmp_path / "fresh", "ai-upside/2026-08-21-aaaaaaaa")
    (version(tmp_path / "old") / "results.json").unlink()
    version(tmp_path / "old", "ai-upside/2026-08-21-bbbbbbbb")
    done = compare(tmp_path / "fresh", tmp_path / "old")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "ai-upside/2026-08-21-aaaaaaaa is not committed (there: 2026-08-21-bbbbbbbb): "
        "something changed since; run `make reports` and commit reports/",
        "miner-drop/2026-08-21-1a2b3c4d/results.json differs from the committed one: "
        "the render does not repeat itself here",
    ]


def test_nothing_rendered_is_no_success(tmp_path: Path) -> None:
    done = compare(tmp_path, tmp_path)
    assert done.returncode == 1
    assert "no report was rendered" in done.stdout


def test_the_check_of_a_stranger_is_a_sound_script() -> None:
    for script in (ROOT / ".ci/run", ROOT / "tools/chromium.sh"):
        assert os.access(script, os.X_OK)
        assert stat.S_ISREG(script.stat().st_mode)
        lines = [line for line in script.read_text().splitlines() if line[:1] != "#"]
        assert lines[0] == "set -euo pipefail", script
        subprocess.run(["bash", "-n", str(script)], check=True)


def test_chromium_is_found_or_asked_for(tmp_path: Path) -> None:
    script = [shutil.which("bash") or "bash", str(ROOT / "tools/chromium.sh")]
    for name in ("bash", "env"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    lacking = subprocess.run(
        script, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert lacking.returncode == 1
    assert lacking.stderr == (
        "no Chromium found, and no apt-get to install one with: put chromium on PATH\n"
    )
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    found = subprocess.run(
        script, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert found.stdout == f"{browser}\n"


def test_without_a_new_enough_python_it_says_so(tmp_path: Path) -> None:
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    done = subprocess.run(
        [str(tmp_path / "bash"), str(ROOT / ".ci/run")],
        env={"PATH": str(tmp_path)},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "no Python 3.11 or newer found: put one on PATH, or set PYTHON=/path/to/python3\n"
    )


def test_the_workflow_does_what_the_check_does() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    (job,) = workflow["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs == [".ci/run"]


def test_the_site_is_published_from_checked_reports() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text())
    steps = workflow["jobs"]["publish"]["steps"]
    runs = [step["run"] for step in steps if "run" in step]
    assert runs == [
        "make reports",
        ".venv/bin/claimbook sweep notebooks/sweeps/ai-shocks.yml",
        ".venv/bin/claimbook verify",
        "rm -rf reports/.render",
    ]
    (upload,) = [step for step in steps if "upload-pages-artifact" in step.get("uses", "")]
    assert upload["with"] == {"path": "reports"}
    assert (ROOT / "reports/index.html").is_file()
    # Publishing needs these rights and no others.
    assert workflow["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}
