"""Parameters: the cell is the schema, and every refusal is one sentence."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import papermill
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook import ledger, parameters, paths
from claimbook.errors import DataError, LedgerError, ParameterError
from claimbook.ledger import Claim

SOURCE = """
event_date: str = "2025-03-26"  # the session; a session in bars_daily
days_off: list[str] = ["2024-04-20"]  # days left out; days in network_daily
tickers: list[str] = ["MARA", "RIOT"]  # the shares; tickers in bars_daily
spotlight: str = "CORZ"  # one share; a ticker in bars_daily
window: int = 90  # days on each side; beware: both sides; from 10 to 400 days
windows: list[int] = [90, 180]  # several; from 10 to 400 days
rate: float = 10.0  # discount rate; from -5.5 to 60 percent a year
rates: list[float] = [8.0, 10.0]  # several; from 0 to 60 percent a year
business: str = "cloud"  # what is valued; one of cloud, hosting
strict: bool = False  # leave the day out; true or false
edition: str = "current"  # frozen state of the data; current or an edition's date
"""

Reads = Callable[..., dict[str, Any]]


def cell(source: str, tags: list[str]) -> dict[str, Any]:
    return {
        **{"cell_type": "code", "execution_count": None, "id": "a", "outputs": []},
        **{"metadata": {"tags": tags}, "source": source.strip().splitlines(keepends=True)},
    }


def notebook(*cells: dict[str, Any]) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps(
        {
            "cells": list(cells),
            "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


KEPT = {
    "bars_daily": re.compile(r"date|2021-01-04|2025-0[34]|2026-08-21"),
    "network_daily": re.compile(r"date|2024-04|2026-06-01"),
}


@pytest.fixture(scope="module")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real data with fewer rows, so that a hundred checks take no time."""
    folder = tmp_path_factory.mktemp("small") / "data"
    folder.mkdir()
    shutil.copy(paths.data_folder() / "claims.yml", folder)
    package = json.loads((paths.data_folder() / "datapackage.json").read_text())
    package["resources"] = [r for r in package["resources"] if r["name"] in KEPT]
    for resource in package["resources"]:
        lines = (paths.data_folder() / resource["path"]).read_text().splitlines(keepends=True)
        raw = "".join(line for line in lines if KEPT[resource["name"]].match(line)).encode()
        resource["hash"] = "sha256:" + hashlib.sha256(raw).hexdigest()
        (folder / resource["path"]).parent.mkdir()
        (folder / resource["path"]).write_bytes(raw)
    (folder / "datapackage.json").write_text(json.dumps(package))
    return folder


@pytest.fixture
def claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_data: Path) -> Claim:
    """A claim whose notebook declares a parameter of every type."""
    (tmp_path / "data").symlink_to(small_data)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "all.ipynb").write_text(notebook(cell(SOURCE, ["parameters"])))
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    return replace(ledger.claim("miner-drop"), notebook="all.ipynb")


@pytest.fixture
def reads(claim: Claim) -> Reads:
    """Check texts such as `window=30`, as the command line does."""
    declared = parameters.of(claim)
    return lambda *texts: parameters.check(claim, parameters.parse(texts, declared))


# -- the schema


def test_the_cell_is_read_in_order_with_types_defaults_and_meaning() -> None:
    declared = parameters.of_source(SOURCE, "here")
    assert list(declared)[:3] == ["event_date", "days_off", "tickers"]
    window = declared["window"]
    assert (window.type, window.default, window.unit) == ("int", 90, "days")
    assert window.help == "days on each side; beware: both sides"
    assert window.limits == (10.0, 400.0)
    assert declared["rate"].limits == (-5.5, 60.0)
    assert declared["rate"].unit == "percent a year"
    assert declared["business"].choices == ["cloud", "hosting"]
    assert declared["tickers"].default == ["MARA", "RIOT"]
    assert declared["strict"].limits is None
    assert parameters.described(window) == (
        "window (int, default 90): days on each side; beware: both sides; from 10 to 400 days"
    )
    assert "default MARA and RIOT" in parameters.described(declared["tickers"])


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("x = 1  # a; from 1 to 2 days", "line 1 of the parameters cell must read"),
        ("x: int  # a; from 1 to 2 days", "line 1 of the parameters cell must read"),
        ("print(1)", "line 1 of the parameters cell must read"),
        ("x: dict = {}  # a; from 1 to 2 days", r"x has the type dict; there are bool, int"),
        ("x: int | None = 1  # a; from 1 to 2 days", r"x has the type int \| None"),
        ("x: int = 1", "the comment of x must end in"),
        ("x: int = 1  # from 1 to 2 days", "the comment of x must end in"),
        ("x: int = 1  # a; somewhat", "the comment of x must end in"),
        (
            "x: int = 2 * 3  # a; from 1 to 9 days",
            r"the default of x must be a plain.*2 \* 3",
        ),
        ("x: int = (", r"the parameters cell is not Python \(line 1"),
    ],
)
def test_a_cell_that_is_no_schema_is_one_sentence(line: str, sentence: str) -> None:
    with pytest.raises(LedgerError, match=f"here: .*{sentence}"):
        parameters.of_source(line, "here")


def test_a_hash_in_a_text_is_no_comment() -> None:
    declared = parameters.of_source('x: str = "a#b"  # which; one of a#b, c', "here")
    assert declared["x"].default == "a#b"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (notebook(), "must have one cell tagged `parameters`, not 0"),
        (
            notebook(cell(SOURCE, ["parameters"]), cell(SOURCE, ["parameters"])),
            "must have one cell tagged `parameters`, not 2",
        ),
        ("{", r"notebooks/all\.ipynb cannot be read"),
        ("[]", r"notebooks/all\.ipynb cannot be read"),
    ],
)
def test_a_notebook_without_one_such_cell(claim: Claim, text: str, sentence: str) -> None:
    paths.notebook("all.ipynb").write_text(text)
    with pytest.raises(LedgerError, match=sentence):
        parameters.of(claim)


def test_a_claim_without_a_notebook_takes_no_parameters(claim: Claim) -> None:
    with pytest.raises(LedgerError, match="has no notebook yet"):
        parameters.of(replace(claim, notebook=None))
    with pytest.raises(LedgerError, match=r"notebooks/gone\.ipynb cannot be read"):
        parameters.of(replace(claim, notebook="gone.ipynb"))


# -- values that are taken


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("event_date=2025-04-03", "event_date", "2025-04-03"),
        ("days_off=2024-04-19,2024-04-20", "days_off", ["2024-04-19", "2024-04-20"]),
        ("tickers=CORZ", "tickers", ["CORZ"]),
        ("tickers=CORZ, HUT", "tickers", ["CORZ", "HUT"]),
        ("tickers=[CORZ,HUT]", "tickers", ["CORZ", "HUT"]),
        ("tickers=['CORZ', \"^GSPC\"]", "tickers", ["CORZ", "^GSPC"]),
        ("spotlight=^GSPC", "spotlight", "^GSPC"),
        ("window=10", "window", 10),
        ("window=400", "window", 400),
        ("window=010", "window", 10),  # not an octal 8
        ("windows=30,60", "windows", [30, 60]),
        ("rate=-5.5", "rate", -5.5),
        ("rate=1e1", "rate", 10.0),
        ("rate=7", "rate", 7.0),
        ("rates=[8,12.5]", "rates", [8.0, 12.5]),
        ("business=hosting", "business", "hosting"),
        ("strict=true", "strict", True),
        ("strict=False", "strict", False),
        ("edition=current", "edition", "current"),
    ],
)
def test_a_text_is_read_by_the_declared_type(
    reads: Reads, text: str, name: str, value: object
) -> None:
    found = reads(text)[name]
    # repr tells 10 from 10.0 and True from 1.
    assert repr(found) == repr(value)


def test_what_is_not_given_keeps_its_default(reads: Reads) -> None:
    values = reads("window=30")
    declared = parameters.of_source(SOURCE, "here")
    assert values == {name: p.default for name, p in declared.items()} | {"window": 30}
    assert list(values) == list(declared)


def test_a_whole_number_for_a_float_makes_no_other_version(claim: Claim) -> None:
    assert type(parameters.check(claim, {"rate": 10})["rate"]) is float
    assert parameters.check(claim, {"rate": 10}) == parameters.check(claim, {})


def test_a_notebooks_namespace_is_checked_by_its_declared_names(claim: Claim) -> None:
    namespace = {"window": 30, "pd": object(), "_": 1}
    assert parameters.check(claim, namespace, whole=True)["window"] == 30
    with pytest.raises(ParameterError, match="window is 5; it must be from 10 to 400 days"):
        parameters.check(claim, {"window": 5, "pd": object()}, whole=True)


def test_the_editions_own_date_is_an_edition(reads: Reads) -> None:
    from claimbook import data

    name = data.open_edition()[0]
    assert reads(f"edition={name}")["edition"] == name


# -- values that are refused


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["window"], "-p window: write it as name=value"),
        (["window=30", "window=40"], "window is given twice"),
        (["windw=30"], "there is no parameter 'windw': this notebook takes event_date, days_off"),
        (["window=soon"], "window must be of type int, not 'soon': write for example window=90"),
        (["window=30.5"], "window must be of type int, not '30.5'"),
        (["window=1:30"], "window must be of type int, not '1:30'"),
        (["window="], "window must be of type int, not ''"),
        (["window=9"], "window is 9; it must be from 10 to 400 days"),
        (["window=401"], "window is 401; it must be from 10 to 400 days"),
        (["windows=30,soon"], "windows must be of type list[int], not [30, 'soon']"),
        (["windows=30,9"], "windows is 9; it must be from 10 to 400 days"),
        (["windows=30,30"], "windows names a value twice: 30,30"),
        (["windows="], "windows is empty; give at least one value"),
        (["rate=nan"], "rate is nan; it must be from -5.5 to 60 percent a year"),
        (["rate=inf"], "rate is inf; it must be from -5.5 to 60 percent a year"),
        (["rate=-5.6"], "rate is -5.6; it must be"),
        (["rate=ten"], "rate must be of type float, not 'ten': write for example rate=10.0"),
        (["rates=8,x"], "rates must be of type list[float]"),
        (["strict=maybe"], "strict must be of type bool, not 'maybe': write for example strict=F"),
        (["strict=1"], "strict must be of type bool, not '1'"),
        (["business=mining"], "business is 'mining'; it must be one of cloud, hosting"),
        (["business=Cloud"], "business is 'Cloud'; it must be one of cloud, hosting"),
        (["tickers=MARA,NOPE"], "tickers: 'NOPE' is not in the data; there are ANET, APLD"),
        (["tickers=mara"], "tickers: 'mara' is not in the data"),
        (["tickers=MARA,MARA"], "tickers names a value twice: MARA,MARA"),
        (["tickers=[]"], "tickers is empty"),
        (["spotlight="], "spotlight: '' is not in the data"),
        (
            ["event_date=2025-03-29"],  # a Saturday
            "event_date is 2025-03-29, which is no session; "
            "the nearest are 2025-03-28 and 2025-03-31",
        ),
        (
            ["event_date=2025-04-18"],  # Good Friday
            "which is no session; the nearest are 2025-04-17 and 2025-04-21",
        ),
        (
            ["event_date=2020-12-31"],
            "event_date is 2020-12-31, outside the data, which runs from 2021-01-04 to 2026-08-21",
        ),
        (["event_date=2030-01-01"], "outside the data"),
        (["event_date=26.3.2025"], "event_date is '26.3.2025'; write a date as YYYY-MM-DD"),
        (["event_date=20250326"], "write a date as YYYY-MM-DD"),
        (["event_date=2025-W13-3"], "write a date as YYYY-MM-DD"),
        (["event_date=2025-02-30"], "write a date as YYYY-MM-DD"),
        (["days_off=2024-04-20,2008-01-01"], "days_off is 2008-01-01, outside the data"),
    ],
)
def test_a_bad_value_is_one_sentence(reads: Reads, texts: list[str], sentence: str) -> None:
    with pytest.raises(ParameterError) as caught:
        reads(*texts)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_edition_is_refused_even_if_nothing_else_reads_it(claim: Claim) -> None:
    source = "edition: str = 'current'  # state of the data; current or an edition's date"
    paths.notebook("all.ipynb").write_text(notebook(cell(source, ["parameters"])))
    with pytest.raises(DataError, match="no edition '1999-12-31': the current one is"):
        parameters.check(claim, {"edition": "1999-12-31"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", True),  # Python counts True as 1; a person does not
        ("window", 90.0),
        ("window", "90"),
        ("strict", 0),
        ("rate", "10"),
        ("rate", True),
        ("event_date", 20250326),
        ("tickers", "MARA"),
        ("tickers", ("MARA",)),
        ("tickers", [1]),
        ("windows", 90),
    ],
)
def test_a_value_of_another_type_is_refused(claim: Claim, name: str, value: object) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be of type .* write for example"):
        parameters.check(claim, {name: value})


@given(st.integers(-1000, 1000))
def test_limits_are_what_they_say(value: int) -> None:
    declared = parameters.of_source("x: int = 90  # a; from 10 to 400 days", "here")["x"]
    low, high = declared.limits or (0, 0)
    if low <= value <= high:
        parameters._check_allowed(declared, value, lambda table, column: set())
    else:
        with pytest.raises(ParameterError):
            parameters._check_allowed(declared, value, lambda table, column: set())


# -- papermill reads the same


def agrees_with_papermill(path: Path, declared: dict[str, parameters.Parameter]) -> None:
    seen = papermill.inspect_notebook(str(path))
    assert list(seen) == list(declared)
    for name, entry in seen.items():
        assert entry["inferred_type_name"] == declared[name].type
        assert eval(entry["default"], {}) == declared[name].default
        assert entry["help"].endswith(declared[name].allowed)


def test_papermill_reads_the_same_names_types_and_defaults(claim: Claim) -> None:
    agrees_with_papermill(paths.notebook("all.ipynb"), parameters.of(claim))


@pytest.mark.parametrize(
    "claim_id", [claim.id for claim in ledger.claims() if claim.notebook is not None]
)
def test_every_notebooks_parameters_hold_and_papermill_reads_them(claim_id: str) -> None:
    claim = ledger.claim(claim_id)
    assert claim.notebook is not None
    declared = parameters.of(claim)
    agrees_with_papermill(paths.notebook(claim.notebook), declared)
    assert list(declared)[-1] == parameters.EDITION
    assert parameters.check(claim, {}) == {n: p.default for n, p in declared.items()}
    # A printed value can only be about a parameter that the notebook has.
    for finding in claim.findings:
        assert set(finding.applies_to) <= set(declared), finding.id
        for name, meant in finding.applies_to.items():
            assert declared[name].default == meant, finding.id


CLAUSES = """\
first: int = 0  # first session; from -5 to 5 sessions, at most last
last: int = 2  # last session; from -5 to 10 sessions
start: str = "2025-01-02"  # first day; a day in network_daily, before end
end: str = "2025-03-31"  # last day; a day in network_daily
names: list[str] = ["a", "b"]  # names; one of a, b, c, two or more
"""


@pytest.mark.parametrize(
    ("claim", "changed", "said"),
    [
        (
            "miner-drop",
            {"window_first": 3},
            "window_first is 3 and window_last is 0; window_first must be at most window_last",
        ),
        ("miner-drop", {"tickers": ["MARA"]}, "tickers is MARA; give two values or more"),
        (
            "ai-upside",
            {"since": "2026-07-31"},
            "since is 2026-07-31 and until is 2026-07-31; since must be before until",
        ),
        ("ai-upside", {"ramp_years": 10, "years": 10}, None),
    ],
)
def test_how_parameters_stand_to_one_another_is_checked(
    claim: str, changed: dict[str, Any], said: str | None
) -> None:
    if said is None:
        checked = parameters.check(ledger.claim(claim), changed)
        assert {name: checked[name] for name in changed} == changed
        return
    with pytest.raises(ParameterError, match=re.escape(said)):
        parameters.check(ledger.claim(claim), changed)


def test_a_clause_does_not_hide_range_unit_or_choices() -> None:
    declared = parameters.of_source(CLAUSES, "the notebook")
    assert (declared["first"].limits, declared["first"].unit) == ((-5.0, 5.0), "sessions")
    assert declared["names"].choices == ["a", "b", "c"]


def test_a_clause_about_no_parameter_is_refused() -> None:
    with pytest.raises(LedgerError, match="names nothing, which is no parameter"):
        parameters.of_source("a: int = 1  # a; from 1 to 9 days, before nothing", "the notebook")
