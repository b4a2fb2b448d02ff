"""Fixtures that several tests share: a small project to break, and the real reports, made once."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import small_project
from live_world import providers, template, world
from xdist.scheduler import LoadFileScheduling

__all__ = ["providers", "template", "world"]

# Found nowhere else; if it turns up in a report, the environment leaks.
SECRET = "planted-secret-5b1f0e9c"


class Together(LoadFileScheduling):  # type: ignore[misc]
    """The tests of a file stay together, and so do all that need the real reports.

    Rendering those takes longest, so one process does it, once.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        text = (small_project.REPOSITORY / file).read_text(encoding="utf-8")
        return "the real reports" if re.search(r"[(, ]rendered: ", text) else file


# What takes longest comes first, so that no process has it left when the others are done.
LONG = (
    "browser/test_lab.py",
    "test_reports_bytes.py",
    "test_notebooks.py",
    "test_reports_cluster.py",
    "test_bench_render.py",
    "test_kernels.py",
    "browser/test_explorable.py",
    "test_reports_faults.py",
    "test_form.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def order(item: pytest.Item) -> int:
        places = (n for n, file in enumerate(LONG) if item.nodeid.split("::")[0].endswith(file))
        return next(places, len(LONG))

    items.sort(key=order)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """No test reaches beyond this machine: such a connection fails, and so does the test.

    Python's own sockets are guarded here; libcurl, browsers and other processes are sent to a proxy
    that nobody runs. Tests stand on the shipped edition, whichever one is current.
    """
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        outside = isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost")
        # Connecting a datagram socket sends nothing: it is how programs learn their own address.
        if outside and self.type == socket.SOCK_STREAM:
            raise OSError(f"a test wants to connect to {address[0]}; tests stay on loopback")
        connect(self, address)

    nowhere = "http://127.0.0.1:9"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            patch.setenv(name, nowhere)
            patch.setenv(name.upper(), nowhere)
        for name in ("no_proxy", "NO_PROXY"):
            patch.setenv(name, "127.0.0.1,localhost,::1")
        patch.setenv("CLAIMBOOK_EDITION", "shipped")
        # What tests start keeps what it compiles, or each process would compile the package again.
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@dataclass(frozen=True)
class Rendered:
    """A folder of reports and what the command said when it made them."""

    folder: Path
    said: "subprocess.CompletedProcess[str]"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a small project, which this process and its commands take for theirs."""
    root = small_project.write(tmp_path / "small")
    monkeypatch.setenv("CLAIMBOOK_ROOT", str(root))
    return root


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """All reports of this project, rendered with their defaults and a secret in the environment."""
    folder = tmp_path_factory.mktemp("here") / "reports"
    variables = {
        "TZ": "Pacific/Auckland",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "1",
        "API_TOKEN": SECRET,
    }
    said = small_project.claimbook("render", "--out", folder, variables=variables)
    return Rendered(folder, said)


@pytest.fixture(scope="session")
def rendered_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """The same from a copy of the whole project in another folder, zone, locale and hash seed."""
    root = tmp_path_factory.mktemp("elsewhere") / "a copy of it"
    root.mkdir()
    for name in ("data", "notebooks", "src"):
        shutil.copytree(
            small_project.REPOSITORY / name,
            root / name,
            ignore=shutil.ignore_patterns("__pycache__", "editions"),
        )
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(small_project.REPOSITORY / name, root / name)
    variables = {
        "TZ": "America/Los_Angeles",
        "LC_ALL": "tr_TR.UTF-8",
        "LANGUAGE": "tr",
        "PYTHONHASHSEED": "4242",
        "PYTHONPATH": str(root / "src"),
        "COLUMNS": "213",
        "MPLBACKEND": "svg",
        "HOME": str(root),
        "PATH": os.environ.get("PATH", ""),
    }
    said = small_project.claimbook(
        "render", "--workers", "3", root=root, variables=variables, cwd=root
    )
    return Rendered(root / "reports", said)
