"""The form: parameters as fields and back, the same check as everywhere, and real runs.

The widgets are driven as a person drives them: values are set, buttons are clicked. No browser.
"""

import datetime as dt
import shlex
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest
import small_project

from claimbook import cli, ledger, parameters, show
from claimbook.errors import ParameterError
from claimbook.form import door, fields, trial, view
from claimbook.form.panel import Panel
from claimbook.reports import recipe

CLAIMS = [claim for claim in ledger.claims() if claim.notebook]
LONG = 240  # seconds that a run may take on a slow machine; none is expected to

each_claim = pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)


def of(claim: Any) -> list[fields.Field]:
    return fields.of(claim, parameters.columns("current"))


# -- parameters as fields, and back


@each_claim
def test_untouched_fields_are_the_articles_parameters(claim: Any) -> None:
    made = of(claim)
    assert [field.name for field in made] == list(parameters.of(claim))
    held = {field.name: field.default for field in made}
    assert fields.given(made, held) == {}
    assert fields.problem(claim, {}) == ""


def test_each_parameter_has_the_field_that_suits_it() -> None:
    source = "\n".join(
        [
            'day: str = "2024-01-03"  # a day; a session in bars_daily',
            'share: str = "CORZ"  # a share; a ticker in bars_daily',
            'shares: list[str] = ["CORZ", "MARA"]  # shares; tickers in bars_daily',
            'side: str = "up"  # which side; one of up, down',
            "year: int = 2024  # the halving; one of 2020, 2024",
            "days: int = 9  # how many; from 1 to 90 days",
            "share_pct: float = 2.5  # how much; from 0 to 100 percent",
            "windows: list[int] = [30, 60]  # days; from 1 to 90 days",
            "sure: bool = False  # whether; true or false",
            'edition: str = "current"  # state; current or an edition\'s date',
        ]
    )
    column = parameters.columns("current")
    declared = parameters.of_source(source, "a test")
    made = {name: fields._field(parameter, column) for name, parameter in declared.items()}
    assert {name: field.kind for name, field in made.items()} == {
        "day": fields.DAY,
        "share": fields.CHOICE,
        "shares": fields.CHOICES,
        "side": fields.CHOICE,
        "year": fields.CHOICE,
        "days": fields.WHOLE,
        "share_pct": fields.NUMBER,
        "windows": fields.TEXT,
        "sure": fields.YES_NO,
        "edition": fields.CHOICE,
    }
    assert made["side"].options == ("up", "down")
    assert made["year"].options == (2020, 2024)  # numbers, as the parameter's type has it
    assert "CORZ" in made["share"].options
    assert made["day"].options[0] < "2024-01-03" < made["day"].options[-1]
    assert made["edition"].options[0] == "current"
    assert "live" not in made["edition"].options  # no table that a provider has
    of_prices = fields._field(declared["edition"], column, ["events", "bars_daily"])
    assert of_prices.options[:2] == ("current", "live")
    assert made["days"].explained == "how many; from 1 to 90 days"
    held = {
        "day": dt.date(2024, 2, 5),
        "share": "RIOT",
        "shares": ("RIOT", "CORZ"),
        "side": "down",
        "year": 2020,
        "days": 12,
        "share_pct": 3.0,
        "windows": "7, 14",
        "sure": True,
        "edition": "current",
    }
    assert fields.given(list(made.values()), held) == {
        "day": "2024-02-05",
        "share": "RIOT",
        "shares": ["RIOT", "CORZ"],
        "side": "down",
        "year": 2020,
        "days": 12,
        "share_pct": 3.0,
        "windows": [7, 14],
        "sure": True,
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"event_date": "2025-03-22"}, "which is no session; the nearest are"),
        ({"event_date": ""}, "write a date as YYYY-MM-DD"),
        ({"estimation": 3}, "it must be from 40 to 500 sessions"),
        ({"tickers": ["CORK"]}, "'CORK' is not in the data"),
        ({"tickers": []}, "tickers is empty"),
        ({"tickers": ["MARA", "MARA"]}, "names a value twice"),
    ],
)
def test_what_is_refused_is_refused_in_the_command_lines_words(
    changed: dict[str, Any], said: str
) -> None:
    claim = ledger.claim("miner-drop")
    with pytest.raises(ParameterError) as refused:
        parameters.check(claim, changed)
    assert fields.problem(claim, changed) == str(refused.value)
    assert said in fields.problem(claim, changed)
    assert fields.problem(claim, changed, parameters.columns("current")) == str(refused.value)


@pytest.mark.parametrize(
    ("claim_id", "changed"),
    [
        ("miner-drop", {"event_date": "2025-01-27", "tickers": ["MARA", "RIOT"]}),
        ("halving-revenue", {"windows": [30, 60], "halving": 2020}),
        ("ai-upside", {"capacity_mw": 1200.5, "mid_year": True}),
        ("ai-dependence", {"market": "^GSPC"}),
    ],
)
def test_the_command_offered_makes_the_same_report(claim_id: str, changed: dict[str, Any]) -> None:
    claim = ledger.claim(claim_id)
    program, *rest = shlex.split(fields.command(claim, changed))
    assert program == "claimbook"
    chosen = cli.parser().parse_args(rest)
    assert chosen.claims == [claim_id]
    assert parameters.parse(chosen.parameters, parameters.of(claim)) == changed
    assert recipe.of(claim, changed).changed == changed


# -- where the form is offered


def test_where_nobody_sits_the_commands_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(show, "say", said.append)
    assert not door.attended()  # no kernel at all
    door.offer()
    for claim in CLAIMS:
        assert f"`claimbook show {claim.id}`" in said[0]


@pytest.mark.parametrize("asks", [True, False])
def test_a_front_end_that_can_ask_a_person_gets_the_form(
    monkeypatch: pytest.MonkeyPatch, asks: bool
) -> None:
    """papermill and nbval run every cell with `allow_stdin` false, JupyterLab with true."""
    message = {"content": {"allow_stdin": asks}}
    kernel = SimpleNamespace(get_parent=lambda channel: message)
    monkeypatch.setattr(door, "get_ipython", lambda: SimpleNamespace(kernel=kernel))
    assert door.attended() is asks


# -- the widgets


@each_claim
def test_every_claim_can_be_chosen(claim: Any) -> None:
    panel = Panel()
    panel.choice.value = claim.id
    assert list(panel.inputs) == list(parameters.of(claim))
    assert panel.changed == {}
    assert "refused" not in panel.refusal.value
    assert claim.title in panel.about.value.replace("&#x27;", "'")
    for name, parameter in parameters.of(claim).items():
        assert parameter.help in panel.inputs[name].tooltip


def test_the_widgets_suit_the_parameters() -> None:
    panel = Panel()
    panel.choice.value = "miner-drop"
    kinds = {name: type(widget) for name, widget in panel.inputs.items()}
    assert kinds["event_date"] is ipywidgets.DatePicker
    assert kinds["tickers"] is ipywidgets.SelectMultiple
    assert kinds["direction"] is ipywidgets.Dropdown
    assert kinds["estimation"] is ipywidgets.IntText
    panel.choice.value = "ai-upside"
    kinds = {name: type(widget) for name, widget in panel.inputs.items()}
    assert kinds["capacity_mw"] is ipywidgets.FloatText
    assert kinds["mid_year"] is ipywidgets.Checkbox


def test_a_refused_value_says_why_and_cannot_be_run() -> None:
    panel = Panel()
    panel.choice.value = "miner-drop"
    panel.inputs["event_date"].value = dt.date(2025, 3, 22)
    assert "which is no session; the nearest are 2025-03-21" in panel.refusal.value
    assert panel.run.disabled
    assert panel.command.value == ""
    panel.run.click()  # even then
    assert panel.trial is None
    panel.inputs["event_date"].value = dt.date(2025, 3, 21)
    assert not panel.run.disabled
    assert "-p event_date=2025-03-21" in panel.command.value
    panel.reset.click()
    assert panel.changed == {}


def finished(panel: Panel) -> str:
    assert panel.wait(LONG)
    assert not panel.run.disabled
    assert panel.stop.disabled
    return str(panel.outcome.value)


def test_live_figures_are_offered_and_not_fetched_before_the_run() -> None:
    """Choosing them asks nobody: a request would fail here, and the form would say so."""
    panel = Panel()
    panel.choice.value = "miner-drop"
    panel.inputs["edition"].value = "live"
    assert not panel.run.disabled
    assert "-p edition=live" in panel.command.value


def test_a_run_shows_its_verdict_its_numbers_and_its_findings(small: Path) -> None:
    """50 to 55 is a rise of a tenth; twice that is 20 %, and no fall of a tenth."""
    panel = Panel()
    assert [value for _, value in panel.choice.options] == ["fell", "fell-too"]
    panel.inputs["ticker"].value = "BOLT"
    panel.inputs["times"].value = 2.0
    assert "claimbook render fell -p ticker=BOLT -p times=2.0" in panel.command.value
    panel.run.click()
    assert panel.run.disabled  # and the form is alive while it runs
    assert not panel.stop.disabled
    shown = finished(panel)
    assert "Does not hold" in shown
    assert "20.0 %" in shown
    assert "change of BOLT" in shown
    assert "With ticker = BOLT, times = 2.0." in shown
    assert "The share closed a tenth lower." in shown
    assert "× does not hold" in shown
    assert "Done in " in panel.status.value
    assert not (small / "reports").exists()  # nothing is published

    # The same with the article's values: 100 to 90 is the tenth that was printed.
    panel.reset.click()
    panel.run.click()
    assert ">Holds<" in finished(panel).replace("</span>", ">")


def test_a_notebook_that_fails_is_one_sentence(small: Path) -> None:
    file = small / "notebooks" / "01-fell.ipynb"
    small_project.change_cell(file, "coverage", "raise ValueError('no such <thing>')")
    panel = Panel()
    panel.run.click()
    assert (
        "The run failed: in cell 4 of the notebook, ValueError: no such &lt;thing&gt;"
        in finished(panel)
    )


def test_a_run_can_be_stopped(small: Path) -> None:
    file = small / "notebooks" / "01-fell.ipynb"
    small_project.change_cell(file, "coverage", "import time\ntime.sleep(3600)")
    panel = Panel()
    panel.run.click()
    until = time.monotonic() + LONG
    while "Running for" not in panel.status.value and time.monotonic() < until:
        time.sleep(0.1)
    panel.stop.click()
    assert trial.STOPPED in finished(panel)


def test_data_that_changed_since_the_form_was_opened_is_a_sentence(small: Path) -> None:
    panel = Panel()
    (small / "data" / "prices.csv").write_text("date,ticker,close\n", encoding="utf-8")
    panel.run.click()
    assert "table prices: data/prices.csv has SHA-256" in finished(panel)


# -- what is taken from an executed notebook


def test_the_main_figure_is_taken_as_the_notebook_shows_it() -> None:
    def cell(tag: str, **data: Any) -> dict[str, Any]:
        kinds = {name.replace("_", "/"): value for name, value in data.items()}
        output = {"data": kinds, "metadata": {"image/png": {"alt": 'a "figure"'}}}
        return {"metadata": {"tags": [tag]}, "outputs": [output]}

    notebook = {
        "cells": [
            cell("coverage", text_html="<p>not this</p>"),
            cell("main-figure", text_html="<img alt='as it is'>", text_plain="words"),
            cell("main-figure", image_png=["AA\n", "BB"], text_plain="words"),
            cell("main-figure", text_plain="a <sentence>"),
        ]
    }
    assert trial.main_figures(notebook) == (
        "<img alt='as it is'>",
        "<img alt='a &quot;figure&quot;' src='data:image/png;base64,AABB'>",
        "<p>a &lt;sentence&gt;</p>",
    )


@pytest.mark.parametrize("verdict", ledger.VERDICTS)
def test_a_verdict_is_a_word_with_a_mark_of_its_own(verdict: str) -> None:
    made = trial.Outcome(ledger.claims()[0], {}, {"title": "Is it?", "verdict": verdict})
    html = view.outcome(made)
    assert f"</span>{verdict[0].upper()}{verdict[1:]}</p>" in html
    marks = {view._MARKS[v][0] for v in ledger.VERDICTS}
    assert len(marks) == len(ledger.VERDICTS)
    assert f"aria-hidden='true'>{view._MARKS[verdict][0]}<" in html
