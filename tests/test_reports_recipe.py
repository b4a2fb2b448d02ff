"""A version's name changes with everything that can change a byte, and with nothing else."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
import small_project

from claimbook import ledger
from claimbook.errors import DataError, LedgerError, ParameterError
from claimbook.reports import recipe

Change = Callable[[Path, Path], None]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package's source that a test may change."""
    source = tmp_path / "copied" / "src"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(
        small_project.REPOSITORY / "src" / "claimbook", source / "claimbook", ignore=ignored
    )
    return source


def version(package: Path, **given: Any) -> str:
    return recipe.of(ledger.claim("fell"), given, package=package).version


def append(name: str, text: str = "\n# changed\n") -> Change:
    """Change one file of the package, if it is there."""

    def change(root: Path, package: Path) -> None:
        path = package / "claimbook" / name
        path.write_bytes(path.read_bytes() + text.encode())

    return change


def replace(name: str, old: str, new: str) -> Change:
    """Change one file of the project."""

    def change(root: Path, package: Path) -> None:
        path = root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def add_tag(root: Path, package: Path) -> None:
    path = root / "notebooks" / "01-fell.ipynb"
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    notebook.cells[3].metadata["tags"] = ["coverage", "folded"]
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def attach_picture(root: Path, package: Path) -> None:
    path = root / "notebooks" / "01-fell.ipynb"
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    notebook.cells[0].attachments = {"a.png": {"image/png": "iVBORw0KGgo="}}
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def add_output_and_count(root: Path, package: Path) -> None:
    path = root / "notebooks" / "01-fell.ipynb"
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    shown = nbformat.v4.new_output("stream", name="stdout", text="hello\n")  # type: ignore[no-untyped-call]
    notebook.cells[3].outputs = [shown]
    notebook.cells[3].execution_count = 7
    notebook.cells[3].metadata["execution"] = {"iopub.status.busy": "2024-01-01T00:00:00Z"}
    notebook.metadata["language_info"]["version"] = "3.99"
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def add_price(root: Path, package: Path) -> None:
    small_project.write_prices(root, small_project.PRICES.replace(",90", ",91"))


MATTERS: dict[str, Change] = {
    "a module that the notebook imports": append("show.py"),
    "a module that such a module imports": append("text.py"),
    "a parent package": append("__init__.py"),
    "the maker of the page": append("reports/page.py"),
    "the maker of the normal form": append("reports/normal.py"),
    "how a warm kernel comes about": append("kernels/server.py"),
    "the kernel's surroundings": append("reports/surroundings.py"),
    "the page's template": append("reports/template/report.html.j2", "\n<!-- changed -->\n"),
    "the figures' style": append("charts/house.mplstyle", "\n# changed\n"),
    "a font": append("charts/fonts/ClaimbookSans-Regular.otf", "\0"),
    "a value in a table": add_price,
    "a table's description": replace("data/datapackage.json", "not adjusted", "adjusted"),
    "the claim in the ledger": replace("data/claims.yml", "precision: 1", "precision: 0.1"),
    "the article in the ledger": replace("data/claims.yml", "Shares moved", "Shares fell"),
    "a cell's source": replace("notebooks/01-fell.ipynb", "changed by", "moved by"),
    "a cell's tags": add_tag,
    "a picture attached to a cell's words": attach_picture,
    "the lock": replace("requirements.lock", "pandas==", "pandas==1."),
}

MATTERS_NOT: dict[str, Change] = {
    "the command line": append("cli.py"),
    "what drives the rendering": append("reports/render.py"),
    "the shelf": append("reports/shelf.py"),
    "the catalogue's page": append("reports/index_page.py"),
    "the sealing of tables": append("data/seal.py"),
    "outputs, counts and run metadata of the notebook": add_output_and_count,
    "another notebook": replace("notebooks/02-fell-too.ipynb", "changed by", "moved by"),
    "another claim in the ledger": replace("data/claims.yml", "said again", "said once more"),
}


@pytest.mark.parametrize("change", MATTERS.values(), ids=MATTERS.keys())
def test_a_change_that_can_show_gives_a_new_version(
    small: Path, package: Path, change: Change
) -> None:
    before = version(package)
    change(small, package)
    assert version(package) != before


@pytest.mark.parametrize("change", MATTERS_NOT.values(), ids=MATTERS_NOT.keys())
def test_a_change_that_cannot_show_gives_none(small: Path, package: Path, change: Change) -> None:
    before = version(package)
    change(small, package)
    assert version(package) == before


def test_the_name_is_the_edition_and_eight_hexadecimal_digits(small: Path) -> None:
    assert re.fullmatch(r"2024-01-03-[0-9a-f]{8}", recipe.of(ledger.claim("fell")).version)


def test_the_same_in_another_directory(
    small: Path, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = version(package)
    other = shutil.copytree(small, tmp_path / "moved" / "to another place")
    monkeypatch.setenv("CLAIMBOOK_ROOT", str(other))
    monkeypatch.chdir(other)
    assert version(shutil.copytree(package, tmp_path / "moved" / "src")) == here


def test_parameters_make_versions_and_spellings_do_not(small: Path) -> None:
    claim = ledger.claim("fell")
    default = recipe.of(claim)
    same: list[dict[str, Any]] = [
        {"ticker": "ACME"},
        {"times": 1},
        {"edition": "2024-01-03"},
        {"edition": "current", "times": 1.0, "day": "2024-01-03"},
    ]
    for given in same:
        assert recipe.of(claim, given).version == default.version
        assert recipe.of(claim, given).default
    other = recipe.of(claim, {"ticker": "BOLT"})
    assert other.version != default.version
    assert other.changed == {"ticker": "BOLT"}
    assert not other.default
    assert recipe.of(claim, {"times": 2}).version == recipe.of(claim, {"times": 2.0}).version


def test_the_ingredients_name_no_machine_and_no_moment(small: Path) -> None:
    text = json.dumps(recipe.of(ledger.claim("fell")).ingredients)
    assert str(small) not in text
    assert str(small_project.REPOSITORY) not in text
    assert "files" not in recipe.of(ledger.claim("fell")).ingredients


def test_packages_are_those_of_the_lock_without_a_marker(small: Path) -> None:
    (small / "requirements.lock").write_text(
        "Alpha==1.2.3 \\\n    --hash=sha256:00\nbeta==4.5 ; sys_platform == 'win32' \\\n"
        "    --hash=sha256:00\ngamma-delta==6.0rc1 \\\n    --hash=sha256:00\n",
        encoding="utf-8",
    )
    assert recipe.locked() == {"alpha": "1.2.3", "gamma-delta": "6.0rc1"}
    assert recipe.not_as_locked()[0] == (
        "alpha is not installed where requirements.lock says 1.2.3"
    )
    assert recipe.required_python() == ">=3.11"


def test_what_cannot_be_made_says_why(small: Path) -> None:
    with pytest.raises(LedgerError, match="no notebook yet"):
        recipe.of(ledger.claim("untested"))
    with pytest.raises(ParameterError, match="no parameter 'size'"):
        recipe.of(ledger.claim("fell"), {"size": 1})
    with pytest.raises(DataError, match="no edition '1999-01-01'"):
        recipe.of(ledger.claim("fell"), {"edition": "1999-01-01"})
