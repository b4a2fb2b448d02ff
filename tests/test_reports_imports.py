"""Following imports statically, on a package of five files whose answer can be read off."""

import os
from pathlib import Path

import pytest

from claimbook import remembered
from claimbook.reports import imports


@pytest.fixture
def base(tmp_path: Path) -> Path:
    files = {
        "__init__.py": "",
        "one.py": "import json\nfrom claimbook import two\n",
        "two.py": "def late():\n    from claimbook.deep.three import value\n    return value\n",
        "deep/__init__.py": "from . import four\n",
        "deep/three.py": "value = 3\n",
        "deep/four.py": "from ..one import json\n",
        "deep/five.py": "",
        "deep/style.css": "p {}",
        "deep/fonts/a.otf": "font",
        "deep/inner/code.py": "",
        "deep/inner/data.txt": "",
        "deep/__pycache__/three.pyc": "",
        "alone.py": "",
    }
    for name, text in files.items():
        path = tmp_path / "claimbook" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def names(files: list[Path], base: Path) -> list[str]:
    return [file.relative_to(base / "claimbook").as_posix() for file in files]


def test_imports_are_followed_into_functions_parents_and_relative_names(base: Path) -> None:
    found = names(imports.reached(["claimbook.one"], base), base)
    assert found == [
        "__init__.py",
        "deep/__init__.py",
        "deep/four.py",
        "deep/three.py",
        "one.py",
        "two.py",
    ]


def test_what_is_not_imported_is_not_reached(base: Path) -> None:
    assert names(imports.reached(["claimbook.alone"], base), base) == ["__init__.py", "alone.py"]


def test_a_name_that_is_no_module_counts_for_nothing(base: Path) -> None:
    code = "from claimbook.alone import Thing\nimport numpy as np\nimport claimbooklet\n"
    assert imports.of_code(code) == ("claimbook.alone", "claimbook.alone.Thing")
    assert names(imports.reached(imports.of_code(code), base), base) == ["__init__.py", "alone.py"]


def test_files_beside_a_module_come_along_but_not_those_of_other_packages(base: Path) -> None:
    modules = imports.reached(["claimbook.deep.three"], base)
    assert names(imports.companions(modules), base) == ["deep/fonts/a.otf", "deep/style.css"]


def test_code_that_is_no_python_says_so() -> None:
    with pytest.raises(SyntaxError):
        imports.of_code("from claimbook import (")


def test_what_is_remembered_is_never_old(tmp_path: Path) -> None:
    """Written, read again, and no longer believed when the code is another."""
    file = tmp_path / "kept" / "imports.json"
    first = remembered.Imports(file)
    assert first.get(b"import a", "p") is None
    first.keep(b"import a", "p", ("a",))
    first.write()
    again = remembered.Imports(file)
    assert again.get(b"import a", "p") == ("a",)
    assert again.get(b"import a", "q") is None
    assert again.get(b"import b", "p") is None
    file.write_text("{ no json", encoding="utf-8")
    assert remembered.Imports(file).get(b"import a", "p") is None


def test_a_file_is_read_again_when_it_is_another(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_bytes(b"one")
    before = remembered.sha256(file)
    # Same size, and the time of change put back: a replaced file is another inode.
    about = file.stat()
    other = tmp_path / "other.py"
    other.write_bytes(b"two")
    os.utime(other, ns=(about.st_atime_ns, about.st_mtime_ns))
    other.replace(file)
    assert remembered.content(file) == b"two"
    assert remembered.sha256(file) != before
    # Written in place, same size.
    file.write_bytes(b"six")
    assert remembered.content(file) == b"six"
