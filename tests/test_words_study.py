"""The event study in words: every sentence follows its figures, and says so when there are none."""

from dataclasses import replace

import pandas as pd
import pytest

from claimbook import data, ledger
from claimbook.analysis import eventstudy, setting
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
    none = pd.DataFrame({"event": [], "place": []})
    question = "that the shares' mean moved beyond the market and bitcoin"
    before = words.conclusion(study, none).splitlines()
    one = study.models[words.PLAIN]
    sure = replace(one, mean=replace(one.mean, p_value=0.001))
    after = words.conclusion(
        replace(study, models={**study.models, words.PLAIN: sure}), none
    ).splitlines()
    assert question in before[1]
    assert question in after[0]


def test_most_is_said_only_where_it_holds_at_the_low_end_and_with_ai_fixed(
    study: EventStudy,
) -> None:
    split, whole = study.explained["market_btc"], study.attribution
    assert whole is not None
    table = whole.table.copy()
    for share, low, sure in ((0.8, 0.6, True), (0.8, 0.4, False), (0.4, 0.6, False)):
        table.loc[["market", "bitcoin"], "contribution"] = share * whole.observed / 2
        made = replace(
            study,
            explained={**study.explained, "market_btc": replace(split, explained_low=low)},
            attribution=replace(whole, table=table),
        )
        assert words.most_explained(made)[0] is sure


def test_what_came_after_the_close_is_no_rival(study: EventStudy) -> None:
    events = data.read(["events"])["events"]
    near = setting.near_events(events, study.setting).set_index("event")["place"]
    places = {name: place for key, place in near.items() for name in [str(key)]}
    after = [name for name, place in places.items() if place == "came after"]
    assert any("first trade" in name for name in after)
    assert any("Mark Palmer" in name for name in after)  # 20:48 UTC is after the close
    assert any("TD Cowen" in name and p == "in the window" for name, p in places.items())
    said = words.conclusion(study, setting.near_events(events, study.setting))
    assert "first trade" not in said.split("Came after")[0]


def test_specifications_that_could_not_be_run_are_counted(study: EventStudy) -> None:
    assert study.curve is not None
    table, left_out = study.curve.table.iloc[:300], study.curve.table.iloc[300:]
    part = replace(study.curve, table=table, left_out=left_out.assign(reason="no price"))
    made = replace(study, curve=part)
    assert "300 of 324 declared specifications" in words.curve(made)
    assert "24 specifications" in words.exclusions(made).index


def test_p_values_are_never_a_bare_zero() -> None:
    assert words.probability(0.0004) == "below 0.001"
    assert words.probability(0.047) == "0.047"


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
