"""pyproject.toml, both locks and environment.yml agree, and nothing is declared for show."""

import ast
import functools
import json
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from claimbook import paths

ROOT = paths.root()
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
DEV = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
CLUSTER = [Requirement(line) for line in PROJECT["optional-dependencies"]["cluster"]]
LOCKS = ("requirements.lock", "requirements-dev.lock")

# Dependencies that are run, or needed by another one, rather than imported: where and how.
RUN = {
    "jupyterlab": ("Makefile", "jupyter lab"),
    "nbval": ("tests", '"--nbval"'),
    "mypy": ("Makefile", "$(BIN)/mypy"),
    "ruff": ("Makefile", "$(BIN)/ruff"),
    "pytest-xdist": ("Makefile", "--numprocesses"),
    "types-pyyaml": ("pyproject.toml", "strict = true"),  # the types of pyyaml, for mypy
    "flit-core": ("pyproject.toml", 'build-backend = "flit_core.buildapi"'),
    "ipykernel": ("notebooks", '"name": "python3"'),  # the kernel that every notebook names
    "pyarrow": ("src/claimbook/data/imported.py", "pd.read_parquet("),  # how pandas reads Parquet
}
IMPORTED_AS = {
    "pillow": "PIL",
    "pyyaml": "yaml",
    "coinmetrics-api-client": "coinmetrics",
    "fonttools": "fontTools",
}
# Later releases refuse pandas 3 or want polars beside it; ours reads the plain rows alone.
CEILINGS = {"coinmetrics-api-client"}
PIP_ONLY = {"axe-playwright-python", "coinmetrics-api-client", "uharfbuzz"}


def locked(name: str) -> dict[str, Requirement]:
    """The requirements of a lock file by name; one line each after joining continued lines."""
    lines = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
    found = [Requirement(line.partition("--hash")[0]) for line in lines if line.strip()]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def pinned(requirement: Requirement) -> str:
    (only,) = requirement.specifier
    assert only.operator == "=="
    return only.version


@functools.cache
def imports(folder: Path) -> set[str]:
    """The top-level modules that the Python files and the notebooks below a folder import."""
    sources = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    for path in folder.rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources += ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    found = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_locks_hold_hashed_pins_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"://|--index|--find-links|git\+", text)
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[\w.\-]+==[^\s;]+", entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


@pytest.mark.parametrize(("name", "declared"), [(LOCKS[0], RUNTIME), (LOCKS[1], RUNTIME + DEV)])
def test_every_direct_dependency_is_locked_above_its_floor(
    name: str, declared: list[Requirement]
) -> None:
    lock = locked(name)
    for requirement in declared:
        entry = lock[canonicalize_name(requirement.name)]
        assert entry.marker is None, entry
        assert Version(pinned(entry)) in requirement.specifier, requirement
        # A floor, so that a fix is taken; no ceiling without a reason, so that the lock decides.
        allowed = {">=", "<"} if requirement.name in CEILINGS else {">="}
        assert {s.operator for s in requirement.specifier} == allowed, requirement


def test_the_development_lock_extends_the_runtime_lock() -> None:
    runtime, development = (locked(name) for name in LOCKS)
    assert set(runtime) < set(development)
    for name, entry in runtime.items():
        assert pinned(development[name]) == pinned(entry), name


def test_environment_yml_pins_the_locked_versions() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["name"] == PROJECT["name"]
    listed = environment["dependencies"]
    *by_pip, itself = listed[-1]["pip"]
    assert itself == "--editable ."
    words = listed[:-1]
    assert words[0] == f"python{PROJECT['requires-python']}"
    assert words[1] == "pip"
    lock = locked(LOCKS[1])
    due = {
        canonicalize_name(r.name): pinned(lock[canonicalize_name(r.name)]) for r in RUNTIME + DEV
    }
    pinned_by_pip = dict(word.split("==") for word in by_pip)
    assert set(pinned_by_pip) == PIP_ONLY
    assert dict(word.split("=") for word in words[2:]) | pinned_by_pip == due


def test_what_is_installed_is_what_is_locked() -> None:
    lock = locked(LOCKS[1])
    for requirement in RUNTIME + DEV:
        name = canonicalize_name(requirement.name)
        assert metadata.version(name) == pinned(lock[name]), name


@pytest.mark.parametrize("requirement", RUNTIME + DEV, ids=lambda r: str(r.name))
def test_every_dependency_is_used(requirement: Requirement) -> None:
    name = canonicalize_name(requirement.name)
    folders = ("src", "notebooks") if requirement in RUNTIME else ("src", "notebooks", "tests")
    used = set().union(*(imports(ROOT / folder) for folder in folders))
    if IMPORTED_AS.get(name, name.replace("-", "_")) in used:
        return
    assert name in RUN, f"{name} is declared but neither imported nor run"
    place, words = RUN[name]
    here = Path(__file__)
    files = [ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*.*")
    texts = (p.read_text() for p in files if p.suffix in ("", ".py", ".toml", ".ipynb"))
    own = here.read_text()
    assert any(words in text for text in texts if text != own), f"{name}: {words} not in {place}"


def test_every_import_of_the_package_is_declared() -> None:
    declared = {
        IMPORTED_AS.get(name, name.replace("-", "_"))
        for name in (canonicalize_name(r.name) for r in RUNTIME)
    }
    # Parts of Jupyter and of Jinja: they come with ipykernel, nbconvert and jinja2.
    brought = {"IPython", "jupyter_client", "traitlets", "markupsafe"}
    # What runs notebooks, and papermill's own line of progress.
    brought |= {"jupyter_core", "nbclient", "tqdm"}
    # What yfinance and the Coin Metrics client ask with: their sessions are made by us.
    brought |= {"curl_cffi", "requests", "urllib3"}
    # An extra: only the module that is asked for a cluster imports it.
    optional = {canonicalize_name(r.name) for r in CLUSTER}
    foreign = (imports(ROOT / "src") | imports(ROOT / "notebooks")) - sys.stdlib_module_names
    assert foreign - {"claimbook"} <= declared | brought | optional
