"""The folder of versions, with files made by hand: no notebook runs here."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import small_project

from claimbook.errors import RenderError
from claimbook.reports import recipe, shelf
from claimbook.reports.files import FILES, as_json
from claimbook.reports.shelf import Shelf


def made(number: int, *, default: bool = True) -> tuple[str, dict[str, bytes]]:
    """A version's name and files, as the engine would make them, told apart by a number."""
    manifest: dict[str, Any] = {
        "claim": "fell",
        "edition": "2024-01-03",
        "default": default,
        "parameters": {"number": number},
    }
    name = recipe.version_of(manifest)
    files = {
        "index.html": f"<p>{number}</p>".encode(),
        "notebook.ipynb": b"{}\n",
        "results.json": as_json({"verdict": "holds"}),
    }
    hashes = {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
    return name, {**files, "manifest.json": as_json({"version": name, **manifest, "files": hashes})}


def put(on: Shelf, number: int, *, default: bool = True) -> str:
    name, files = made(number, default=default)
    record = {"started": f"2024-01-04T00:00:{number:02d}+00:00"}
    assert on.publish("fell", name, files, record) == []
    return name


@pytest.fixture
def on(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "reports")


def test_a_version_stands_whole_and_alone(on: Shelf) -> None:
    name = put(on, 1)
    assert sorted(small_project.tree(on.folder)) == sorted(
        f"fell/{name}/{file}" for file in [*FILES, "render.json"]
    )
    assert on.has("fell", name)
    assert shelf.verified(on) == 1


def test_a_published_version_is_not_changed(on: Shelf) -> None:
    name, files = made(1)
    put(on, 1)
    before = small_project.tree(on.folder)
    changed = {**files, "index.html": b"<p>other</p>", "notebook.ipynb": b"{ }\n"}
    assert on.publish("fell", name, changed, {"started": "later"}) == [
        "index.html",
        "notebook.ipynb",
    ]
    assert on.publish("fell", name, files, {"started": "later"}) == []
    assert small_project.tree(on.folder) == before


def test_a_damaged_version_is_replaced(on: Shelf) -> None:
    name = put(on, 1)
    before = small_project.tree(on.folder)
    (on.place("fell", name) / "index.html").write_text("<p>damaged</p>", encoding="utf-8")
    (on.place("fell", name) / "results.json").unlink()
    put(on, 1)
    assert small_project.tree(on.folder) == before


def test_an_interrupted_write_leaves_nothing(on: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    name, files = made(1)

    def full(file: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(shelf, "_write", full)
        with pytest.raises(OSError, match="No space left"):
            on.publish("fell", name, files, {})
    assert small_project.tree(on.folder) == {}
    assert not on.has("fell", name)


def test_parts_of_dead_runs_are_swept_and_those_of_live_ones_left(on: Shelf) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for pid in (ended.pid, os.getpid()):
        (on.folder / f".part-{pid}-x").mkdir(parents=True)
    on.sweep()
    assert [entry.name for entry in on.folder.iterdir()] == [f".part-{os.getpid()}-x"]


def test_a_part_of_an_earlier_process_of_the_same_number_is_swept(on: Shelf) -> None:
    """In a container, every run may have the same number."""
    part = on.folder / f".part-{os.getpid()}-x"
    part.mkdir(parents=True)
    os.utime(part, (1_000_000_000, 1_000_000_000))
    on.sweep()
    assert not part.exists()


def test_a_failure_is_replaced_and_cleared_and_touches_no_version(on: Shelf) -> None:
    name = put(on, 1)
    error = {"name": "ValueError", "message": "no", "cell": 3, "default": True, "parameters": {}}
    on.fail("fell", "0badcafe", {"index.html": b"first", "error.json": as_json(error)})
    on.fail("fell", "0badcafe", {"index.html": b"second", "error.json": as_json(error)})
    (failure,) = on.failures("fell")
    assert failure.error == error
    assert (failure.folder / "index.html").read_bytes() == b"second"
    assert [version.name for version in on.versions("fell")] == [name]
    assert shelf.verified(on) == 1
    on.clear_failure("fell", "00000000")
    assert on.failures("fell")
    on.clear_failure("fell", "0badcafe")
    assert on.failures("fell") == []
    assert not (on.folder / "fell" / "failed").exists()


def damage(folder: Path, how: str) -> None:
    if how == "page":
        with (folder / "index.html").open("ab") as file:
            file.write(b" ")
    elif how == "missing":
        (folder / "notebook.ipynb").unlink()
    elif how == "extra":
        (folder / "notes.txt").write_text("x", encoding="utf-8")
    elif how == "ingredient":
        text = (folder / "manifest.json").read_text(encoding="utf-8")
        (folder / "manifest.json").write_text(text.replace('"number": 1', '"number": 7'), "utf-8")
    elif how == "manifest":
        (folder / "manifest.json").write_text("{", encoding="utf-8")
    elif how == "moved":
        shutil.move(folder, folder.with_name("2024-01-03-00000000"))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("page", "index.html is not the file that manifest.json recorded"),
        ("missing", "notebook.ipynb is missing"),
        ("extra", "notes.txt is no part of a version"),
        ("ingredient", "manifest.json describes 2024-01-03-"),
        ("manifest", "manifest.json cannot be read"),
        ("moved", "manifest.json describes 2024-01-03-"),
    ],
)
def test_verification_names_what_does_not_match(on: Shelf, how: str, said: str) -> None:
    good = put(on, 2)
    name = put(on, 1)
    damage(on.place("fell", name), how)
    with pytest.raises(RenderError, match=said) as raised:
        shelf.verified(on)
    assert good not in str(raised.value)


def test_an_empty_or_absent_folder_has_nothing_to_verify(on: Shelf) -> None:
    assert shelf.verified(on) == 0
    assert on.versions("fell") == []
    assert on.failures("fell") == []
