"""The event study in words: every sentence follows its figures, and says so when there are none."""

from dataclasses import replace

import pandas as pd
import pytest

from claimbook import data, ledger
from claimbook.analysis import eventstudy
from claimbook.analysis.eventstudy import EventStudy
from claimbook.charts import study as charts
from claimbook.words import study as words

SIX = ["BITF", "CLSK", "CORZ", "HUT", "MARA", "RIOT"]
DAY = "2025-03-26"


@pytest.fixture(scope="module")
def study() -> EventStudy:
    book = data.read(ledger.claim("miner-drop").tables)
    return eventstudy.event_study(book, DAY, SIX)


def test_quantities_carry_the_names_of_the_ledger(study: EventStudy) -> None:
    found = eventstudy.quantities(study)
    rules = {rule.id: rule for rule in ledger.claim("miner-drop").findings}
    for name in ("unusual-day", "market-and-bitcoin", "bitcoin-alone", "contracts-fell-more"):
        for member in rules[name].members:
            assert found[member].value is not None
            assert found[member].unit == rules[name].unit


def test_an_interval_that_spans_zero_is_called_so(study: EventStudy) -> None:
    assert "cannot be told from zero" in words.unusual(study)
    one = study.models[words.PLAIN]
    far = replace(one, low_pct=-9.0, high_pct=-1.0)
    moved = replace(study, models={words.PLAIN: far})
    assert "can be told from zero" in words.unusual(moved)


def test_the_conclusion_moves_with_the_p_values(study: EventStudy) -> None:
    none = pd.DataFrame({"event": []})
    question = "that the shares' mean moved beyond the market and bitcoin"
    before = words.conclusion(study, none).splitlines()
    one = study.models[words.PLAIN]
    sure = replace(one, mean=replace(one.mean, p_value=0.001))
    after = words.conclusion(
        replace(study, models={**study.models, words.PLAIN: sure}), none
    ).splitlines()
    assert question in before[1]
    assert question in after[0]


def test_single_shares_that_stand_out_are_named(study: EventStudy) -> None:
    one = study.models[words.PLAIN]
    table = one.shares.copy()
    table.loc["RIOT", ["p_placebo", "p_max_t"]] = 0.001
    said = words.singles(replace(study, models={words.PLAIN: replace(one, shares=table)}))
    assert said.count("RIOT") == 2


def test_a_section_without_data_gives_its_reason(study: EventStudy) -> None:
    bare = replace(
        study, curve=None, dose={}, intraday=None, missing={"curve": "no day is left to compare"}
    )
    assert "no day is left to compare" in words.curve(bare)
    assert "cannot be shown" in words.dose(bare)
    assert "cannot be shown" in words.hours(bare)


def test_parts_add_up_to_the_change(study: EventStudy) -> None:
    assert study.attribution is not None
    drawn = charts.parts(study.attribution, DAY, "").data
    assert drawn["part_pct"].sum() == pytest.approx(study.return_pct, abs=1e-9)


def test_every_chart_says_its_figures(study: EventStudy) -> None:
    front = words.front(study)
    assert front is not None
    assert study.curve is not None
    made = [
        charts.other_days(front, DAY, "s"),
        charts.single_shares(front, DAY, "s"),
        charts.specification_curve(study.curve, DAY, "s"),
        charts.dose(study.dose[words.PLAIN], DAY, "s"),
        charts.trading(study.activity, DAY, "s"),
    ]
    for chart in made:
        assert any(character.isdigit() for character in chart.alt)
        assert len(chart.data)
