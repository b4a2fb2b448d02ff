"""A refresh that fails: one sentence, nothing changed, nothing left over.

The real clients ask servers on loopback; the disk is a real one that is full or read-only.
"""

import itertools
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import little_data
import loopback
import pandas as pd
import pytest
import yfinance
from live_world import World

from claimbook import cli, data
from claimbook.data import coinmetrics, days, edition, lock, patience, refresh, staging, yahoo
from claimbook.data.refresh import Asked
from claimbook.errors import DataError, DiskError

# As they are before any fixture puts one that is led to loopback in their place.
RealYahoo, RealCoinMetrics = yahoo.Session, coinmetrics.Session
ONE = Asked(tickers=("MARA",), only="market")
NETWORK = Asked(only="network")


# -- what a provider may answer


NOT_FOUND = json.dumps({"chart": {"result": None, "error": {"code": "Not Found",
                        "description": "No data found, symbol may be gone"}}}).encode()  # fmt: skip
EMPTY_CHART = json.dumps({"chart": {"result": [], "error": None}}).encode()
YAHOO_FAULTS: list[tuple[int, bytes, str]] = [
    (429, b"Too Many Requests", "Yahoo Finance limits the requests .* try again in an hour"),
    (999, b"Request denied", "Yahoo Finance limits the requests"),
    (500, b"<html>Internal Server Error</html>", r"in trouble \(HTTP 500, asked for MARA\)"),
    (503, b"", r"in trouble \(HTTP 503, asked for MARA\)"),
    (502, NOT_FOUND, r"in trouble \(HTTP 502, asked for MARA\)"),
    (401, b'{"finance": {"error": {"code": "Unauthorized"}}}', r"refused .* \(HTTP 401\)"),
    (404, b"<html>no such page</html>", r"refused .* \(HTTP 404\)"),
    (200, EMPTY_CHART, "could not be read"),
    (200, b"", "could not be read"),
    (200, b"<html>captcha</html>", "could not be read"),
    (200, b'{"chart": {"result": [{"meta": {', "could not be read"),
    (200, b'{"finance": {"prices": []}}', "could not be read"),
    (200, b'{"chart": {"result": [{"meta": {}, "indicators": {}}], "error": null}}',
     "could not be read"),
    (200, b'[]', "could not be read"),
]  # fmt: skip
FIRST_PAGE = (
    "/v4/timeseries/asset-metrics?assets=btc&frequency=1d&start_time=2024-03-01&end_time=2026-06-30"
    f"&metrics={','.join(loopback.METRIC_NAMES)}"
)
COINMETRICS_FAULTS: list[tuple[int, bytes, str]] = [
    (429, b'{"error": {"type": "too_many"}}', "Coin Metrics limits the requests"),
    (500, b"<html>oops</html>", r"Coin Metrics is in trouble \(HTTP 500\)"),
    (503, b"", r"Coin Metrics is in trouble \(HTTP 503\)"),
    (403, b'{"error": {"type": "forbidden"}}', r"refused the request \(HTTP 403\)"),
    (200, b"", "could not be read"),
    (200, b"<html>captcha</html>", "could not be read"),
    (200, b'{"data": [{"asset": "btc", "ti', "could not be read"),
    (200, b'{"rows": []}', "could not be read"),
    (200, b'{"error": {"type": "odd"}}', "could not be read"),
    (200, b'{"data": []}', "returned no days"),
    (200, b'{"data": [{"asset": "btc", "time": "2026-06-01T00:00:00Z"}]}', "has no PriceUSD"),
    (200, b'{"data": [{"asset": "btc", "time": "soon", "PriceUSD": "1", "BlkCnt": "1", '
          b'"IssTotNtv": "1", "FeeTotNtv": "1", "HashRate": "1"}]}', "could not be read"),
]  # fmt: skip


def prices(world: World, ticker: str = "MARA") -> yahoo.History | None:
    """What a refresh asks Yahoo for first."""
    span = pd.Timestamp(little_data.FIRST), pd.Timestamp("2026-08-20")
    return yahoo.daily(ticker, *span, world.sources.yahoo, world.sources.patience)


@pytest.mark.parametrize(("status", "body", "sentence"), YAHOO_FAULTS)
def test_yahoos_faults(world: World, status: int, body: bytes, sentence: str) -> None:
    world.yahoo.instead = lambda ticker: (status, body)
    with pytest.raises(DataError, match=sentence) as caught:
        prices(world)
    assert "\n" not in str(caught.value)
    # Where the time zone is known, yfinance calls each of these a share that is gone.
    zone_known()
    with pytest.raises(DataError, match=sentence):
        prices(world)


@pytest.mark.parametrize(("status", "body", "sentence"), COINMETRICS_FAULTS)
def test_coin_metrics_faults(world: World, status: int, body: bytes, sentence: str) -> None:
    world.coinmetrics.instead = lambda _: (status, body)
    with pytest.raises(DataError, match=sentence) as caught:
        coinmetrics.network_daily(
            pd.Timestamp(little_data.FIRST),
            pd.Timestamp("2026-08-24"),
            world.sources.coinmetrics,
        )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("zone", ["known", "unknown"])
def test_a_fault_at_one_of_several_leaves_everything_as_it_was(world: World, zone: str) -> None:
    """RIOT is asked for when MARA has been answered."""
    if zone == "known":
        yfinance.cache.get_tz_cache().store("RIOT", "America/New_York")
    world.yahoo.instead = lambda ticker: (
        (200, b"<html>captcha</html>") if ticker == "RIOT" else None
    )
    asked = Asked(tickers=("MARA", "RIOT"), only="market")
    world.refused(asked, "answer for RIOT could not be read")
    world.coinmetrics.instead = lambda _: (503, b"")
    world.refused(Asked(tickers=("MARA",)), "Coin Metrics is in trouble")  # Yahoo has answered


@pytest.mark.parametrize("status", [404, 400, 422])
def test_a_share_that_yahoo_says_it_has_not_is_none(world: World, status: int) -> None:
    """Its own statement, whatever the status it comes with; with the time zone known or not."""
    world.yahoo.instead = lambda ticker: (status, NOT_FOUND)
    assert prices(world) is None
    zone_known()
    assert prices(world) is None


def zone_known() -> None:
    """As to a process on a machine where yfinance asked for the share before."""
    yfinance.cache.get_tz_cache().store("MARA", "America/New_York")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, b""),
        (500, NOT_FOUND),
        (502, b"<html>Bad Gateway</html>"),
        (200, b""),
        (200, b"Will be right back"),
        (200, b'{"chart": {"result": [{"meta": {'),
    ],
)
def test_trouble_that_passes_is_asked_about_again(
    world: World, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes
) -> None:
    """In one process: yfinance remembers a bad answer, and would give it again."""
    paused: list[float] = []
    monkeypatch.setattr(patience, "time", SimpleNamespace(sleep=paused.append))
    troubles: list[loopback.Answer] = []
    world.yahoo.instead = lambda ticker: troubles.pop() if troubles else None
    for _ in range(2):  # where the time zone is asked for, and where it is known
        paused.clear()
        # yfinance itself asks at once a second time where the status is an error.
        troubles += [(status, body)] * (2 if status >= 500 else 1)
        found = prices(world)
        assert found is not None
        assert found.bars["date"].max() == pd.Timestamp("2026-08-20")
        assert paused == [loopback.QUICK.waits[0]]


def test_a_bad_answer_is_not_remembered(world: World) -> None:
    """The first refresh is refused; the next one, in the same process, asks anew."""
    world.yahoo.instead = lambda ticker: (200, b"<html>captcha</html>")
    world.refused(ONE, "could not be read")
    world.yahoo.instead = lambda ticker: None
    assert world.refresh(ONE).name == "2026-08-20"


@pytest.mark.parametrize("asked", [ONE, NETWORK], ids=lambda a: a.only)
def test_slow_cut_off_and_absent_answers(world: World, asked: Asked) -> None:
    server = world.yahoo if asked is ONE else world.coinmetrics
    server.cut = True
    world.refused(asked, "could not be reached")
    server.cut, server.delay = False, 0.6
    patient, world.sources = world.sources, hasty(world, timeout=0.2)
    world.refused(asked, r"could not be reached .*Timeout.* check the network")
    world.sources = patient
    patient.yahoo.port = patient.coinmetrics.port = 9  # nothing listens there
    world.refused(asked, "could not be reached .* check the network")


def hasty(world: World, **limits: float) -> refresh.Sources:
    """The same servers, asked once and with less time."""
    short = patience.Patience(waits=(), **limits)
    session = loopback.CoinMetricsSession(world.sources.coinmetrics.port, short)
    return refresh.Sources(short, world.sources.yahoo, session)


def test_an_answer_that_comes_drop_by_drop_is_given_up(world: World) -> None:
    """Each byte comes in time, the answer does not."""
    zone_known()  # yfinance waits longer for it than for prices
    world.yahoo.drops = world.coinmetrics.drops = 0.05
    world.sources = hasty(world, timeout=0.4)
    world.refused(ONE, r"could not be reached for MARA \(Timeout\)")
    world.sources = hasty(world, timeout=60, whole=0.6)
    world.refused(NETWORK, r"Coin Metrics' answer was not whole after 0.6 s: try again later")
    world.coinmetrics.drops = 0  # the rest of it at once, to nobody


def test_pages_that_lead_back_to_themselves(world: World) -> None:
    row = json.loads(world.coinmetrics.answer(FIRST_PAGE)[1])["data"][0]
    page = {"data": [row], "next_page_token": "again"}
    world.coinmetrics.asked.clear()
    world.coinmetrics.instead = lambda _: (200, json.dumps(page).encode())
    world.refused(NETWORK, "Coin Metrics' answer does not end: its pages repeat")
    assert len(world.coinmetrics.asked) == 2


def test_pages_without_end(world: World) -> None:
    """Always another page, each with days that were not asked for."""
    rows = json.loads(world.coinmetrics.answer(FIRST_PAGE)[1])["data"]
    tokens = itertools.count()
    world.coinmetrics.asked.clear()
    world.coinmetrics.instead = lambda _: (
        200,
        json.dumps({"data": rows[:300], "next_page_token": str(next(tokens))}).encode(),
    )
    world.refused(NETWORK, "does not end: .* more days than were asked for")
    asked_for = (days.last_day(loopback.NOW) - pd.Timestamp(little_data.FIRST)).days + 1
    assert len(world.coinmetrics.asked) == asked_for // 300 + 1


def test_many_small_pages_take_no_more_time_than_there_is(world: World) -> None:
    before = set(threading.enumerate())
    world.coinmetrics.page, world.coinmetrics.delay = 1, 0.05
    world.sources = hasty(world, timeout=60, whole=0.3)
    world.refused(NETWORK, "was not whole after 0.3 s")
    for thread in set(threading.enumerate()) - before:
        if thread.name == patience.ASKING:
            thread.join(60)
            assert not thread.is_alive()
    assert len(world.coinmetrics.asked) < 100  # nobody went on asking


def test_a_limit_that_passes_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two refusals, then the answer: for each provider, within the waits allowed."""
    paused: list[float] = []
    monkeypatch.setattr(patience, "time", SimpleNamespace(sleep=paused.append))
    refusals = iter([(429, b"Too Many Requests")] * 4)  # yfinance itself asks twice each time
    world.yahoo.instead = lambda ticker: next(refusals, None)
    world.refresh(ONE)
    assert paused == list(loopback.QUICK.waits)
    troubles = iter([(503, b""), (429, b"")])
    world.coinmetrics.instead = lambda _: next(troubles, None)
    world.refresh(NETWORK)
    assert len(world.coinmetrics.asked) == 3


def test_retry_after_is_honoured_up_to_a_limit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []
    monkeypatch.setattr(patience, "time", SimpleNamespace(sleep=paused.append))
    world.yahoo.headers["Retry-After"] = "2"
    refusals = iter([(429, b"")] * 2)
    world.yahoo.instead = lambda ticker: next(refusals, None)
    world.refresh(ONE)
    assert paused == [2.0]
    # Longer than anybody would wait: said at once, and not asked again.
    paused.clear()
    world.yahoo.headers["Retry-After"] = "3600"
    world.yahoo.instead = lambda ticker: (429, b"")
    with pytest.raises(DataError, match="limits the requests"):
        world.refresh(ONE)
    assert paused == []
    assert yahoo.seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert yahoo.seconds("soon") is None


def test_coin_metrics_last_request_of_a_window_is_an_answer(world: World) -> None:
    world.coinmetrics.headers["x-ratelimit-remaining"] = "0"
    world.coinmetrics.headers["x-ratelimit-reset"] = "3600"
    world.refresh(NETWORK)
    assert len(world.coinmetrics.asked) == 1


def test_a_ticker_that_does_not_exist(world: World) -> None:
    asked = Asked(tickers=("MARA", "NOPE"), only="market")
    world.refused(asked, "no prices of 'NOPE' .* symbol may be wrong, renamed or delisted")


def test_a_provider_without_most_securities_is_down(world: World) -> None:
    world.yahoo.edit = lambda bars: bars[bars["ticker"].isin(["MARA", "SPY", "BTC-USD"])]
    world.refused(Asked(only="market"), "returned no prices, or not all, for 4 of 7 securities")


def test_a_partial_answer_is_refused(world: World) -> None:
    world.yahoo.edit = lambda bars: bars[bars["date"] < "2026-03-01"]
    world.refused(ONE, r"MARA.* lacks \d+ of the .* a partial answer")
    world.coinmetrics.edit = lambda rows: rows[rows["date"] < "2026-03-01"]
    world.refused(NETWORK, "ends 2026-02-28, before days .* partial answer")
    world.coinmetrics.edit = lambda rows: rows[rows["date"] != "2025-03-01"].assign(
        fees_btc=rows["fees_btc"].where(rows["date"] != "2025-05-01")
    )
    world.refused(NETWORK, "incomplete on 1 days .* 2025-05-01: a partial answer")


FAULTY: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    ("market", lambda f: f.assign(high=f["low"] * 0.9), "the high is not below the low"),
    ("market", lambda f: f.assign(adjusted_close=0.0), "prices are positive"),
    ("network", lambda f: f.assign(issuance_btc=f["issuance_btc"] * 1.1), "halving schedule"),
    ("network", lambda f: f[f["date"] != "2026-04-01"], "1 missing between its ends"),
]


@pytest.mark.parametrize(("part", "edit", "sentence"), FAULTY)
def test_figures_that_fail_a_check_never_become_an_edition(
    world: World, part: str, edit: Callable[[pd.DataFrame], pd.DataFrame], sentence: str
) -> None:
    (world.yahoo if part == "market" else world.coinmetrics).edit = edit
    asked = ONE if part == "market" else NETWORK
    world.refused(asked, f"fail their checks, so nothing was changed: .*{sentence}")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Asked(start="2025-05-01", end="2025-04-01"), "give the earlier day first"),
        (Asked(start="1 May"), "the first day is '1 May'; write a date as YYYY-MM-DD"),
        (Asked(start=""), "the first day is ''; write a date as YYYY-MM-DD"),
        (Asked(start="20250501"), "the first day is '20250501'; write a date as YYYY-MM-DD"),
        (Asked(end="2025-02-30"), "the last day is '2025-02-30'; write a date as YYYY-MM-DD"),
        (Asked(start="1800-01-01"), "the first day is 1800-01-01; there are no prices of that"),
        (Asked(tickers=("MARA",), start="2005-01-01"),
         "2005-01-01 lies before the exchange's calendar here, which begins 2010-01-04"),
        (Asked(tickers=("MARA",), end="2009-06-01"), "2009-06-01 lies before the exchange's"),
        (Asked(only="network", start="2005-01-01"),
         "2005-01-01 lies before the network figures, which begin 2024-03-01"),
        (Asked(only="network", end="2024-02-01"), "2024-02-01 lies before the network figures"),
        (Asked(start="2020-01-02"), "2020-01-02 lies before the network figures.* --only market"),
        (Asked(end="2030-01-01"),
         "2030-01-01 is not over yet; the last day that is over is 2026-08-24: .* earlier --to"),
        (Asked(only="market", end="2031-06-02"), "2031-06-02 is not over yet"),
        (Asked(tickers=("MARA",), start="2027-01-04"), "the last day that is over is 2026-08-24"),
        (Asked(only="network", start="2027-01-04"), "2027-01-04 is not over yet"),
        (Asked(tickers=("MARA",), start="2026-08-22", end="2026-08-23", only="market"),
         "MARA: no session from 2026-08-22 to 2026-08-23 is there to fetch"),
        (Asked(only="market", start="2026-08-22", end="2026-08-23"), "no session from 2026-08-22"),
        (Asked(tickers=("MARA",), only="network"), "tickers belong to the market"),
        (Asked(tickers=()), "no ticker is named"),
        (Asked(tickers=("MARA", "")), "a ticker is empty; name one or more"),
        (Asked(tickers=("MARA", "mara ")), "MARA is named twice"),
        (Asked(tickers=("../MARA",)), "'../MARA' is no ticker"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_before_any_request(
    world: World, asked: Asked, sentence: str
) -> None:
    world.refused(asked, sentence)
    assert world.yahoo.asked == world.coinmetrics.asked == []


# -- the disk


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes: the disk takes no more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def disk(world: World) -> Iterator[Path]:
    """The folder of editions as a small file system of its own."""
    folder = world.root / "data" / "editions"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here; the limit on a file's size is tested as well")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, left: int) -> Path:
    """A file that leaves so many bytes of a disk."""
    about = os.statvfs(folder)
    filler = folder / "filler"
    filler.write_bytes(b"x" * (about.f_bavail * about.f_bsize - left))
    return filler


def test_a_file_that_cannot_be_written_whole(world: World) -> None:
    with files_limited_to(20_000):  # less than the largest table
        said = world.refused(NETWORK, r"could not be written \(File too large\): free some space")
    assert said.endswith("nothing was changed, the current edition stays")


def test_a_cache_of_yfinance_that_cannot_be_written(world: World) -> None:
    with files_limited_to(0), pytest.raises(DiskError, match="yfinance could not write its cache"):
        prices(world)
    assert prices(world) is not None


def test_a_disk_that_is_full(
    world: World, disk: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    filler = fill(disk, left=100_000)  # room for a part of an edition
    sentence = r"could not be written \(No space left on device\): free some space"
    with pytest.raises(DiskError, match=sentence):
        world.refresh(NETWORK)
    assert sorted(file.name for file in disk.iterdir()) == [lock.NAME, "filler"]
    bars = tmp_path / "own.csv"
    bars.write_text(
        "date,ticker,open,high,low,close,adjusted_close,volume\n2026-07-01,MARA,9,9,9,9,9,1\n"
    )
    assert cli.main(["data", "import", str(bars)]) == cli.FAILED
    assert capsys.readouterr().err.startswith("claimbook: edition own could not be written (No sp")
    assert sorted(file.name for file in disk.iterdir()) == [lock.NAME, "filler"]
    filler.unlink()
    world.refresh(NETWORK)  # and then there is room


def test_another_edition_cannot_be_chosen_on_a_full_disk(
    world: World, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = world.refresh(NETWORK).name
    edition.use("shipped")
    fill(disk, left=0)
    assert cli.main(["data", "use", name]) == cli.FAILED
    said = capsys.readouterr().err
    assert said == (
        f"claimbook: edition {name} could not be made the current one (No space left on device): "
        "free some space or mend the folder data/editions; the current edition stays\n"
    )
    assert sorted(file.name for file in disk.iterdir()) == [lock.NAME, name, "filler"]
    assert edition.current() == edition.SHIPPED


def test_another_edition_cannot_be_chosen_on_a_read_only_disk(
    world: World, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = world.refresh(NETWORK).name
    before = sorted(file.name for file in disk.iterdir())
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    for command in (["use", "shipped"], ["use", name], ["refresh", "--only", "network"]):
        assert cli.main(["data", *command]) == cli.FAILED
        said = capsys.readouterr().err
        assert "claimbook: data/editions cannot be written (Read-only file system)" in said
        assert said.count("\n") == 1
    assert sorted(file.name for file in disk.iterdir()) == before
    assert data.read(["network_daily"]).name == name


def test_a_choice_that_cannot_be_written_whole(world: World) -> None:
    name = world.refresh(NETWORK).name
    edition.use("shipped")
    with files_limited_to(4), pytest.raises(DiskError, match=r"File too large.* stays$"):
        edition.use(name)
    assert world.editions == [name]


def test_an_edition_that_cannot_become_current_does_not_stay(world: World) -> None:
    """The tables are written and checked, then the last step fails: nothing is left of them."""
    obstacle = world.root / "data" / "editions" / f".{edition.CURRENT}.part"
    obstacle.mkdir(parents=True)
    with pytest.raises(DiskError, match="nothing was changed, the current edition stays"):
        world.refresh(NETWORK)
    assert world.editions == [obstacle.name]
    assert edition.names() == []
    assert data.read(["tickers"]).name == little_data.NAME


def test_an_edition_that_is_current_already_is_not_taken_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody stops the run just after the choice was written."""
    chosen = edition.point_at

    def stopped(name: str) -> None:
        chosen(name)
        raise KeyboardInterrupt

    monkeypatch.setattr(edition, "point_at", stopped)
    with pytest.raises(KeyboardInterrupt):
        world.refresh(NETWORK)
    assert data.read(["network_daily"]).name == edition.current() != edition.SHIPPED


def test_an_edition_that_cannot_be_taken_away_again_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.root / "data" / "editions" / f".{edition.CURRENT}.part").mkdir(parents=True)
    monkeypatch.setattr(staging, "shutil", SimpleNamespace(rmtree=lambda *_, **__: None))
    with pytest.raises(DiskError, match=r"data/editions/2026-06-30-2 is left over; the current"):
        world.refresh(NETWORK)
    assert data.read(["tickers"]).name == little_data.NAME


def test_what_a_killed_refresh_left_is_cleared_away(world: World) -> None:
    left = world.root / "data" / "editions" / f"{staging.PART}killed"
    left.mkdir(parents=True)
    (left / "datapackage.json").write_text("{")
    assert data.read(["tickers"]).name == little_data.NAME
    assert edition.names() == []
    world.refresh(NETWORK)
    assert world.editions == ["2026-08-16", "current"] or not left.exists()


# -- two at once


def test_two_refreshes_at_once(world: World) -> None:
    """While one is asking, another is refused at once; the first is not disturbed."""
    met: list[str] = []

    def second() -> None:
        if not met:
            met.append("")
            try:
                world.refresh(NETWORK)
            except DataError as error:
                met[0] = str(error)

    world.coinmetrics.during = lambda: on_a_thread(second)
    outcome = world.refresh(NETWORK)
    assert met == [
        "another refresh or import is writing an edition: wait until it is done, then try again; "
        "nothing was written"
    ]
    assert world.editions == sorted([outcome.name, "current"])


def on_a_thread(run: Callable[[], None]) -> None:
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


# Another process that writes an edition, as far as the lock goes.
HOLDER = """
import fcntl, sys
held = open(sys.argv[1], "w")
fcntl.flock(held, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_another_process_is_kept_out_too(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    folder = world.root / "data" / "editions"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder / lock.NAME)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        world.refused(NETWORK, "another refresh or import is writing an edition")
        assert cli.main(["data", "use", "shipped"]) == cli.UNUSABLE
        assert "another refresh or import is writing" in capsys.readouterr().err
        other.kill()  # a process that dies holds nothing any more
    world.refresh(NETWORK)


def test_a_failing_refresh_leaves_the_lock_free(world: World) -> None:
    world.coinmetrics.instead = lambda _: (200, b"")
    world.refused(NETWORK, "could not be read")
    world.coinmetrics.instead = lambda _: None
    assert world.refresh(NETWORK).name == "2026-06-30-2"


# -- no network


def test_no_network_is_one_sentence(world: World) -> None:
    """The real addresses, behind a proxy that nobody runs: nothing can leave loopback."""
    world.sources = refresh.Sources(patience.ONCE, RealYahoo(), RealCoinMetrics(patience.ONCE))
    world.refused(ONE, "Yahoo Finance could not be reached for MARA .*: check the network")
    world.refused(NETWORK, "Coin Metrics could not be reached .*: check the network")
    assert world.yahoo.asked == world.coinmetrics.asked == []


def test_no_network_is_said_soon(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked once more, not as often as a provider in trouble."""
    paused: list[float] = []
    monkeypatch.setattr(patience, "time", SimpleNamespace(sleep=paused.append))
    world.sources.yahoo.port = 9
    world.refused(ONE, "could not be reached")
    assert paused == [loopback.QUICK.waits[0]]
