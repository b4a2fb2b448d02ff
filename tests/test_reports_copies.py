"""Copies of versions in remote storage, through a handler that papermill finds by entry point."""

import os
from pathlib import Path

import pytest
import small_project

from claimbook.errors import RenderError
from claimbook.reports import copies

HANDLER = """\
import os
from pathlib import Path

class Shelves:
    '''Storage for papermill: `shelves://place/…` is a folder below SHELVES.'''

    @classmethod
    def read(cls, path):
        return cls.file(path).read_text(encoding="utf-8")

    @classmethod
    def listdir(cls, path):
        raise NotImplementedError

    @classmethod
    def write(cls, buf, path):
        if "no-room" in path and path.partition("?")[0].endswith("results.json"):
            raise OSError(f"no room for {path}")
        file = cls.file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(buf, encoding="utf-8", newline="")
        with (Path(os.environ["SHELVES"]) / "order.txt").open("a") as order:
            order.write(file.name + "\\n")

    @classmethod
    def pretty_path(cls, path):
        return path

    @classmethod
    def file(cls, path):
        base, mark, query = path.removeprefix("shelves://").partition("?")
        assert not mark or query == "token=very-secret"
        return Path(os.environ["SHELVES"]) / base.rpartition("@")[2]
"""


@pytest.fixture
def shelves(tmp_path: Path) -> dict[str, str]:
    """A package that papermill finds storage in, as any package would offer it."""
    package = tmp_path / "package"
    about = package / "shelves-1.0.dist-info"
    about.mkdir(parents=True)
    (package / "shelves.py").write_text(HANDLER, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shelves\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[papermill.io]\nshelves:// = shelves:Shelves\n")
    (tmp_path / "storage").mkdir()
    search = os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")]))
    return {"PYTHONPATH": search, "SHELVES": str(tmp_path / "storage")}


def test_versions_are_copied_the_manifest_last(
    small: Path, tmp_path: Path, shelves: dict[str, str]
) -> None:
    address = "shelves://somebody:pass-word@place/kept?token=very-secret"
    done = small_project.claimbook(
        "render", "fell", "--copy-to", address, root=small, variables=shelves
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " copied to shelves://place/kept\n" in done.stdout
    assert "secret" not in done.stdout + done.stderr
    assert "pass-word" not in done.stdout + done.stderr
    (version,) = (v for v in (small / "reports" / "fell").iterdir() if v.name.startswith("20"))
    here = small_project.tree(version)
    there = small_project.tree(tmp_path / "storage" / "place" / "kept" / "fell" / version.name)
    assert there == {name: here[name] for name in small_project.FOUR}
    order = (tmp_path / "storage" / "order.txt").read_text(encoding="utf-8").split()
    assert order[-1] == "manifest.json"
    assert len(order) == 4

    # What was published before is copied as well; what cannot be is named, and nothing else hurt.
    address = "shelves://place/no-room?token=very-secret"
    again = small_project.claimbook(
        "render", "fell", "--copy-to", address, root=small, variables=shelves
    )
    assert again.returncode == 1
    assert f"{version.name} is already published" in again.stdout
    assert f"fell: {version.name} not copied: OSError: no room for " in again.stdout
    assert f"claimbook: not copied: fell/{version.name}\n" == again.stderr
    assert "very-secret" not in again.stdout + again.stderr
    place = tmp_path / "storage" / "place" / "no-room" / "fell" / version.name
    assert "manifest.json" not in small_project.tree(place)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("some/folder", "takes an address such as s3://bucket/folder, not 'some/folder'; for"),
        ("ftp://host/reports", "papermill knows no storage ftp://; it has s3://"),
        ("https://host/reports", "cannot write to https://"),
        ("https://github.com/some/repository", "cannot write to https://"),
        ("s3://bucket/reports", "--copy-to s3://: The boto3 optional dependency is missing"),
    ],
)
def test_what_papermill_cannot_write_to_is_refused(address: str, said: str) -> None:
    with pytest.raises(RenderError) as error:
        copies.check(address)
    assert said in str(error.value)


def test_secrets_in_an_address_are_not_shown() -> None:
    assert copies.shown("abs://me:pw@host/box/a?sig=123") == "abs://host/box/a"
    assert copies.shown("s3://bucket/folder") == "s3://bucket/folder"
