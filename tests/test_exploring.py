"""The model that a reader turns: where it starts, and that its data say what the model says."""

import json
from dataclasses import replace

import numpy as np
import numpy_financial
import pytest

from claimbook import data, ledger, parameters
from claimbook.analysis import exploring, upside
from claimbook.analysis.cashflow import Project, project_npv
from claimbook.analysis.upside import Study
from claimbook.words import exploring as words

PLAIN = Project(
    capacity_mw=1000.0,
    share_pct=100.0,
    revenue_musd_per_mw_year=9.0,
    margin_pct=80.0,
    site_cost_musd_per_mw=8.0,
    gpu_cost_musd_per_mw=20.0,
    discount_rate_pct=10.0,
    years=10,
)


@pytest.fixture(scope="module")
def study() -> Study:
    claim = ledger.claim("ai-upside")
    chosen = {name: entry.default for name, entry in parameters.of(claim).items()}
    return upside.study(data.read(claim.tables, "current"), claim.asserted_on, chosen)


def test_the_curve_is_what_a_spreadsheet_gives() -> None:
    curve = exploring.curves({"plain": PLAIN}, [5.0, 10.0])["plain"]
    flows = [-28.0] + 10 * [9.0 * 0.8]  # bn USD: 1 GW at m USD per MW
    for rate, worth in curve.items():
        assert worth == pytest.approx(numpy_financial.npv(float(str(rate)) / 100, flows))


def test_a_perpetuity_without_a_finite_worth_is_missing() -> None:
    endless = replace(PLAIN, terminal_value=True, terminal_growth_pct=4.0)
    curve = exploring.curves({"endless": endless}, [3.0, 4.0, 5.0])["endless"]
    assert list(curve.isna()) == [True, True, False]


def test_the_model_is_plain_data_that_gives_the_same_value() -> None:
    project = replace(PLAIN, ramp_years=3, gpu_life_years=4, renewal_cost_pct=50.0, years=13)
    model = json.loads(json.dumps(exploring.model(project)))
    by, at, fixed = model["by_year"], model["at"], model["fixed"]
    assert len(by["serving"]) == project.last_year + 1
    # The same sum, written from the data alone.
    worth = 0.0
    gw = at["capacity_mw"] * fixed["share_pct"] / 1e5
    for year, serving in enumerate(by["serving"]):
        income = gw * at["revenue_musd_per_mw_year"] * serving * at["margin_pct"] / 100
        first = fixed["site_cost_musd_per_mw"] + at["gpu_cost_musd_per_mw"]
        renewal = at["gpu_cost_musd_per_mw"] * fixed["renewal_cost_pct"] / 100
        spent = gw * (first * by["paid"][year] + renewal * by["renewed"][year])
        worth += (income - spent) / (1 + at["discount_rate_pct"] / 100) ** year
    assert worth == pytest.approx(float(project_npv(project)))
    assert sum(by["paid"]) == pytest.approx(1)
    assert sum(by["site_written_off"]) == pytest.approx(1)


def test_the_starts_are_the_reports_own_projects_and_the_published_readings(study: Study) -> None:
    starts = words.starts(study)
    assert len(starts) == len(study.projects) + len(study.readings())
    own = float(project_npv(study.project))
    assert float(project_npv(next(iter(starts.values())))) == pytest.approx(own)
    for project in starts.values():
        assert project.share_pct == 100
        assert all(np.isfinite(value) for value in exploring.model(project)["at"].values())
    published = [project for name, project in starts.items() if name.startswith("published")]
    # The published inputs come without a GPU cost; free GPUs would flatter the claim.
    cost = study.projects["cloud"].gpu_cost_musd_per_mw
    assert {float(np.asarray(p.gpu_cost_musd_per_mw)) for p in published} == {cost}


def test_every_word_and_slider_of_the_figure_is_there(study: Study) -> None:
    explorable = words.explorable(study)
    names = [slider["name"] for slider in explorable["sliders"]]
    assert names == list(explorable["words"]["inputs"]) == list(explorable["starts"][0]["at"])
    assert explorable["target"] == study.given.npv_busd
    for slider in explorable["sliders"]:
        assert slider["low"] < slider["high"]
