"""Fixtures for the tests of live data: a project of its own, and the two providers it asks."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import little_data
import loopback
import pytest

from claimbook import data, paths
from claimbook.data import coinmetrics, lock, refresh, yahoo
from claimbook.data.refresh import Asked
from claimbook.errors import DataError


@dataclass
class World:
    """A project of its own and the two providers it asks."""

    root: Path
    yahoo: loopback.Yahoo
    coinmetrics: loopback.CoinMetrics
    sources: refresh.Sources

    def refresh(self, asked: Asked = Asked(), **more: Any) -> refresh.Outcome:  # noqa: B008
        return refresh.refresh(asked, self.sources, now=loopback.NOW, **more)

    def refused(self, asked: Asked, sentence: str) -> str:
        """What a refresh says that must fail, with nothing changed by it."""
        with pytest.raises(DataError, match=sentence) as caught:
            self.refresh(asked)
        assert "\n" not in str(caught.value)
        self.untouched()
        return str(caught.value)

    def untouched(self) -> None:
        """No edition is there but the shipped one, and nothing else was left."""
        folder = self.root / "data" / "editions"
        left = [file.name for file in folder.iterdir()] if folder.is_dir() else []
        assert set(left) <= {lock.NAME}
        assert data.read(["tickers"]).name == little_data.NAME

    @property
    def editions(self) -> list[str]:
        """What lies in the folder of editions, but for the lock."""
        folder = self.root / "data" / "editions"
        return sorted(f.name for f in folder.iterdir() if f.name != lock.NAME)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return little_data.write(tmp_path_factory.mktemp("little") / "project")


@pytest.fixture(scope="session")
def providers() -> tuple[loopback.Yahoo, loopback.CoinMetrics]:
    return loopback.Yahoo(little_data.FIRST, "2026-12-31"), loopback.CoinMetrics()


@pytest.fixture
def world(
    template: Path,
    providers: tuple[loopback.Yahoo, loopback.CoinMetrics],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    with made(template, providers, tmp_path, monkeypatch) as new:
        yield new


@contextmanager
def made(
    template: Path,
    providers: tuple[loopback.Yahoo, loopback.CoinMetrics],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """A new world in a folder, which this process takes for its project."""
    root = tmp_path / "project"
    shutil.copytree(template, root)
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(root))
    monkeypatch.delenv(paths.EDITION_VARIABLE, raising=False)
    monkeypatch.setenv(paths.LIVE_VARIABLE, "")  # a process that has met no live edition
    loopback.forget(tmp_path / "cache")
    prices, network = providers[0].again(), providers[1].again()
    with loopback.serving(prices) as one, loopback.serving(network) as two:
        sources = refresh.Sources(
            loopback.QUICK,
            loopback.YahooSession(one),
            loopback.CoinMetricsSession(two, loopback.QUICK),
        )
        # The command line makes its sessions itself: here it makes these.
        monkeypatch.setattr(yahoo, "Session", lambda: loopback.YahooSession(one))
        monkeypatch.setattr(
            coinmetrics, "Session", lambda waits: loopback.CoinMetricsSession(two, loopback.QUICK)
        )
        yield World(root, prices, network, sources)
