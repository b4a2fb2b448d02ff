"""`edition = "live"`, and one edition from a render's start to its end."""

import json
import os
import shutil
from pathlib import Path
from textwrap import dedent

import little_data
import loopback
import nbclient
import nbformat
import pandas as pd
import pytest
import small_project
from live_world import World

from claimbook import cli, data, ledger, parameters, paths
from claimbook.data import edition, live, lock, refresh
from claimbook.errors import DataError, ParameterError
from claimbook.reports import recipe

TABLES = ["adjusted_closes", "tickers"]
CLAIMS = f"""\
article:
  publisher: The Daily Example
  title: Shares moved
  date: 2025-03-26
  link: https://example.org/
claims:
  - id: last
    title: Was the share traded?
    paraphrase: The share was traded.
    asserted_by: The Daily Example
    asserted_on: 2025-03-26
    kind: amount
    notebook: 01-last.ipynb
    tables: {TABLES}
    findings:
      - id: some
        statement: It closed above nothing.
        printed: 0
        printed_text: more than nothing
        unit: USD
        precision: 1
        rule: at_least
        quantity: close
"""
CELLS = [
    ("markdown", "title", "# Was the share traded?\n\nThe Daily Example."),
    (
        "code",
        "parameters",
        dedent("""\
            ticker: str = "MARA"  # the share; a ticker in adjusted_closes
            edition: str = "current"  # state of the data; current, live or an edition's name"""),
    ),
    (
        "code",
        "setup",
        dedent("""\
            from claimbook import data, ledger, parameters, show
            from claimbook.ledger import Quantity

            claim = ledger.claim("last")
            chosen = parameters.check(claim, vars(), whole=True)
            book = data.read(claim.tables, edition)"""),
    ),
    ("code", "coverage", "show.coverage(book)"),
    ("code", "", "# (another process does something here)"),
    (
        "code",
        "verdict",
        dedent("""\
            closes = data.read(["adjusted_closes"], edition)["adjusted_closes"]
            close = closes[closes["ticker"] == ticker].iloc[-1]
            quantities = {"close": Quantity(float(close["adjusted_close"]), "USD")}
            findings = ledger.judge_all(claim, quantities, chosen)
            key_numbers = [(f"{close['date']:%Y-%m-%d}", "the last close")]
            summary = f"{ticker} last closed on {close['date']:%Y-%m-%d}."
            show.verdict(claim, findings, key_numbers, summary)"""),
    ),
    ("markdown", "", "## Provenance\n\nWhat this was made from."),
    (
        "code",
        "publish",
        "show.publish(claim, chosen, findings, quantities, key_numbers, summary)",
    ),
]


@pytest.fixture
def claim(world: World) -> ledger.Claim:
    """A claim of one notebook on the world's prices."""
    (world.root / "data" / "claims.yml").write_text(CLAIMS, encoding="utf-8")
    (world.root / "notebooks").mkdir()
    write_notebook(world, "")
    for name in ("requirements.lock", "pyproject.toml"):
        (world.root / name).write_bytes((small_project.REPOSITORY / name).read_bytes())
    return ledger.claim("last")


def write_notebook(world: World, between: str) -> Path:
    cells = [(k, t, between if between and s.startswith("# (another") else s) for k, t, s in CELLS]
    path = world.root / "notebooks" / "01-last.ipynb"
    small_project.write_notebook(path, cells)
    return path


def led_to_loopback(world: World) -> str:
    """What a kernel must run so that its sessions ask the servers, no more."""
    ports = f"{world.sources.yahoo.port}, {world.sources.coinmetrics.port}"
    tests = str(Path(__file__).parent)
    return f"import sys\n\nsys.path.insert(0, {tests!r})\nimport loopback\n\nloopback.lead({ports})"


def fetched(world: World, *tables: str) -> str:
    return live.edition(list(tables), world.sources, loopback.NOW)


def another_process() -> None:
    """From here on as a process that has met no live edition."""
    os.environ[paths.LIVE_VARIABLE] = ""


TOMORROW = loopback.NOW + pd.Timedelta(hours=25)


# -- one live edition a process: all cells of a kernel, all of a render


def test_a_process_stays_with_its_live_edition_for_as_long_as_it_lives(world: World) -> None:
    first = fetched(world, "network_daily")
    assert live.edition(["network_daily"], world.sources, TOMORROW) == first
    assert len(world.coinmetrics.asked) == 1


def test_what_others_fetch_or_choose_does_not_move_a_process(world: World) -> None:
    first = fetched(world, "network_daily")
    mine = os.environ[paths.LIVE_VARIABLE]
    another_process()
    soon = loopback.NOW + pd.Timedelta(hours=1)
    newer = refresh.refresh(
        refresh.Asked(only="network"), world.sources, now=soon, kind=refresh.LIVE
    ).name
    assert live.edition(["network_daily"], world.sources, soon) == newer  # the other's
    chosen = world.refresh(refresh.Asked(only="network")).name
    assert edition.current() == chosen
    os.environ[paths.LIVE_VARIABLE] = mine
    assert live.edition(["network_daily"], world.sources, soon) == first


def test_tables_of_another_provider_come_on_top_of_what_a_process_has(world: World) -> None:
    """A later cell needs more: what the earlier cells have seen stays as it was."""
    first = fetched(world, "network_daily")
    # The provider restates its figures between the two cells.
    world.coinmetrics.edit = lambda rows: rows.assign(price_usd=rows["price_usd"] * 2)
    second = live.edition(["adjusted_closes", "network_daily"], world.sources, TOMORROW)
    assert second != first
    both = [data.read(["network_daily"], name) for name in (first, second)]
    assert both[0].tables["network_daily"].sha256 == both[1].tables["network_daily"].sha256
    assert len(world.coinmetrics.asked) == 1
    assert both[1].provenance["parts"] == ["market", "network"]
    assert f"It builds on edition {first}: live data, fetched" in both[1].note
    assert live.edition(["network_daily"], world.sources, TOMORROW) == second


def test_a_live_edition_that_was_taken_away_is_fetched_anew(world: World) -> None:
    first = fetched(world, "network_daily")
    shutil.rmtree(world.root / "data" / "editions" / first)
    assert fetched(world, "network_daily") == first
    assert len(world.coinmetrics.asked) == 2


# -- fetched once, kept, named


def test_live_figures_are_fetched_once_and_kept_as_an_edition(world: World) -> None:
    name = fetched(world, "adjusted_closes", "events")
    assert name == "live-2026-08-25T1200Z"
    asked = len(world.yahoo.asked)
    assert world.coinmetrics.asked == []  # no table of theirs is needed
    later = loopback.NOW + pd.Timedelta(hours=20)
    assert live.edition(["bars_daily"], world.sources, later) == name
    assert len(world.yahoo.asked) == asked
    assert edition.current() == edition.SHIPPED  # live is never what `current` means
    book = data.read(["adjusted_closes"], name)
    assert book["adjusted_closes"]["date"].max() == pd.Timestamp("2026-08-20")
    assert book.note.startswith("Live data, fetched 2026-08-25 12:00 UTC; not reproducible")
    assert book.provenance["asked"] == {"only": "market"}


def test_another_process_fetches_anew_the_day_after(world: World) -> None:
    first = fetched(world, "network_daily")
    assert fetched(world, "network_daily") == first
    another_process()
    assert fetched(world, "network_daily") == first  # of the same day: kept
    another_process()
    second = live.edition(["network_daily"], world.sources, TOMORROW)
    assert second != first
    assert len(world.coinmetrics.asked) == 2
    with pytest.raises(DataError, match="none of these tables can be fetched live"):
        fetched(world, "events")


def test_a_failing_provider_leaves_nothing(world: World) -> None:
    world.yahoo.instead = lambda ticker: (429, b"Too Many Requests")
    with pytest.raises(DataError, match="Yahoo Finance limits the requests"):
        fetched(world, "adjusted_closes")
    assert edition.names() == []


def test_a_notebook_in_jupyter_reads_live_figures(world: World, claim: ledger.Claim) -> None:
    """A kernel as JupyterLab starts one; its sessions are led to the servers, no more."""
    notebook = nbformat.read(world.root / "notebooks" / "01-last.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    notebook.cells[1].source = notebook.cells[1].source.replace('"current"', '"live"')
    notebook.cells.insert(0, nbformat.v4.new_code_cell(led_to_loopback(world)))  # type: ignore[no-untyped-call]
    for _ in range(2):
        done = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    (coverage,) = (c for c in done.cells if "coverage" in c.metadata.get("tags", []))
    assert "Live data, fetched " in coverage.outputs[0]["data"]["text/html"]
    assert "; not reproducible" in coverage.outputs[0]["data"]["text/html"]
    (published,) = (c for c in done.cells if "publish" in c.metadata.get("tags", []))
    result = published.outputs[0]["data"]["application/vnd.claimbook.result+json"]
    (kept,) = edition.names()
    assert result["parameters"]["edition"] == kept
    assert result["key_numbers"][0]["value"] == "2026-08-20"
    charts = [path for path in world.yahoo.asked if path.endswith("/chart/MARA")]
    assert len(charts) <= 3  # time zone, days, hours: of the first run alone


def test_another_process_finds_what_was_fetched_on_top(world: World) -> None:
    fetched(world, "adjusted_closes")
    both = fetched(world, "adjusted_closes", "network_daily")
    asked = len(world.yahoo.asked), len(world.coinmetrics.asked)
    another_process()
    assert fetched(world, "adjusted_closes", "network_daily") == both
    assert (len(world.yahoo.asked), len(world.coinmetrics.asked)) == asked
    about = data.read(["tickers"], both).provenance
    assert about["root"] == little_data.NAME


def test_another_process_completes_what_there_is_of_today(world: World) -> None:
    """Several reports, each in a process of its own: no figure is fetched twice."""
    first = fetched(world, "network_daily")
    another_process()
    second = fetched(world, "adjusted_closes")
    both = [data.read(["network_daily"], name) for name in (first, second)]
    assert both[0].tables["network_daily"].sha256 == both[1].tables["network_daily"].sha256
    another_process()
    assert fetched(world, "adjusted_closes", "network_daily") == second
    assert len(world.coinmetrics.asked) == 1


def test_an_edition_is_as_old_as_its_oldest_part(world: World) -> None:
    first = fetched(world, "network_daily")
    evening = loopback.NOW + pd.Timedelta(hours=20)
    second = live.edition(["adjusted_closes", "network_daily"], world.sources, evening)
    assert second != first
    another_process()
    third = live.edition(["network_daily"], world.sources, TOMORROW)
    assert third not in (first, second)


def test_a_broken_edition_blocks_no_other(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    broken = world.refresh(refresh.Asked(only="network")).name
    edition.use("shipped")
    (world.root / "data" / "editions" / broken / "datapackage.json").write_text("{")
    assert fetched(world, "network_daily").startswith("live-")
    assert cli.main(["data", "editions"]) == cli.DONE
    said = capsys.readouterr().out
    assert f"{broken}: data/editions/{broken}/datapackage.json cannot be read" in said
    assert f"{little_data.NAME} (current): shipped" in said


# -- the report says so


def test_a_report_of_live_figures_bears_the_mark(world: World, claim: ledger.Claim) -> None:
    assert cli.main(["render", "last", "-p", "source=live"]) == cli.DONE
    (kept,) = edition.names()
    (folder,) = (world.root / "reports" / "last").glob(f"{kept}-*")
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert '<p class="notice" id="edition-note">Live data, fetched ' in page
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert "; not reproducible" in manifest["edition_note"]
    assert manifest["edition"] == manifest["parameters"]["edition"] == kept
    assert manifest["default"] is False
    (closes,) = (t for t in manifest["tables"] if t["name"] == "adjusted_closes")
    assert closes["path"] == f"data/editions/{kept}/market/adjusted_closes.csv"


def test_the_shipped_edition_bears_no_mark(world: World, claim: ledger.Claim) -> None:
    made = recipe.of(claim)
    assert made.ingredients["edition"] == little_data.NAME
    assert "edition_note" not in made.ingredients
    for spelt in (little_data.NAME, "shipped", "current"):
        assert recipe.of(claim, {"edition": spelt}).version == made.version


def test_a_new_current_edition_gives_a_new_version(world: World, claim: ledger.Claim) -> None:
    before = recipe.of(claim)
    world.refresh(refresh.Asked(tickers=("MARA",), only="market"))
    after = recipe.of(claim)
    assert after.version.startswith("2026-08-20-")
    assert after.default
    assert recipe.of(claim, {"edition": "2026-08-20"}).version == after.version
    old = recipe.of(claim, {"edition": "shipped"})
    assert old.changed == {"edition": little_data.NAME}
    assert old.ingredients["tables"] == before.ingredients["tables"]
    edition.use("shipped")
    assert recipe.of(claim).version == before.version


@pytest.mark.parametrize(("written", "meant"), [("live", "live"), ("frozen", "shipped")])
def test_source_is_another_way_to_name_the_edition(
    world: World, claim: ledger.Claim, written: str, meant: str
) -> None:
    declared = parameters.of(claim)
    assert parameters.parse([f"source={written}"], declared) == {"edition": meant}
    with pytest.raises(ParameterError, match="edition is given twice"):
        parameters.parse([f"source={written}", "edition=current"], declared)
    with pytest.raises(ParameterError, match="source is 'cached'; it must be one of live, frozen"):
        parameters.parse(["source=cached"], declared)
    with pytest.raises(ParameterError, match=f'write edition = "{meant}", not source'):
        parameters.check(claim, {"source": written, "edition": "current"}, whole=True)


@pytest.mark.parametrize("line", ['source = "live"', 'source: str = "live"  # where; live'])
def test_a_source_written_in_the_notebook_is_answered_by_what_to_write(
    world: World, claim: ledger.Claim, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """JupyterLab saves the cell that somebody changed: the file then has the line, too."""
    path = world.root / "notebooks" / "01-last.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    (cell,) = (c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", []))
    cell["source"] = ["".join(cell["source"]), "\n", line]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert cli.main(["render", "last"]) == cli.UNUSABLE
    said = capsys.readouterr().err
    assert 'notebooks/01-last.ipynb: write edition = "live", not source = "live"' in said
    assert said.count("\n") == 1


# -- one edition a render


def test_a_render_sees_one_edition_from_start_to_end(world: World, claim: ledger.Claim) -> None:
    """Halfway through the notebook a refresh makes another edition current: it is not seen."""
    cell = """\
        from claimbook.data import refresh

        asked = refresh.Asked(tickers=("MARA",), only="market")
        refresh.refresh(asked, now=loopback.NOW)"""
    write_notebook(world, f"{led_to_loopback(world)}\n\n{dedent(cell)}")
    assert cli.main(["render", "last"]) == cli.DONE
    assert edition.current() == "2026-08-20"  # it did become current
    (folder,) = (world.root / "reports" / "last").glob(f"{little_data.NAME}-*")
    result = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    frozen = data.read(["adjusted_closes"], "shipped")["adjusted_closes"]
    last = frozen[frozen["ticker"] == "MARA"].iloc[-1]
    assert result["key_numbers"][0]["value"] == f"{last['date']:%Y-%m-%d}"
    assert result["quantities"]["close"]["value"] == pytest.approx(last["adjusted_close"])


def test_a_live_fetch_waits_for_another_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 0.2)
    with lock.writing(), pytest.raises(DataError, match="another refresh or import is writing"):
        fetched(world, "network_daily")
    assert fetched(world, "network_daily").startswith("live-")


# -- going astray


def test_a_current_edition_that_is_gone_is_one_sentence(world: World) -> None:
    edition.editions_folder().mkdir()
    edition.pointer().write_text("2030-01-01\n")
    with pytest.raises(DataError, match=r"the current edition, 2030-01-01, is not there any more"):
        data.read(["tickers"])
    edition.use("shipped")
    assert data.read(["tickers"]).name == little_data.NAME


def test_an_edition_that_was_changed_is_refused(world: World) -> None:
    world.refresh(refresh.Asked(only="network"))
    table = next((world.root / "data" / "editions").glob("*/bitcoin/network_daily.csv"))
    table.write_bytes(table.read_bytes() + b"\n")
    with pytest.raises(DataError, match="an edition must not change: make it anew, or go back"):
        data.read(["network_daily"])


def test_a_pinned_edition_stays_for_this_process_and_its_children(world: World) -> None:
    world.refresh(refresh.Asked(only="network"))
    with edition.pinned() as name:
        edition.use("shipped")
        assert edition.resolve("current") == name
    assert edition.resolve("current") == edition.SHIPPED
