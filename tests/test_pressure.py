"""A spell of falling prices: closed forms, the protocol's arithmetic, and JPMorgan's figures."""

import math
import re

import numpy as np
import pandas as pd
import pytest

from claimbook import data, ledger
from claimbook.analysis import pressure
from claimbook.charts import pressure as charts
from claimbook.data import Edition
from claimbook.errors import AnalysisError, ParameterError
from claimbook.words import pressure as words

SIX = ["BITF", "CLSK", "CORZ", "HUT", "MARA", "RIOT"]
START, END, ARTICLE = "2025-01-01", "2025-03-31", "2025-03-26"
EVE = pd.Timestamp("2024-12-31")


@pytest.fixture(scope="module")
def claim() -> ledger.Claim:
    return ledger.claim("price-pressure")


@pytest.fixture(scope="module")
def book(claim: ledger.Claim) -> Edition:
    return data.read(claim.tables)


@pytest.fixture(scope="module")
def study(book: Edition) -> pressure.Study:
    return pressure.study(book, START, END, ARTICLE, 7, SIX, "SPY", 120)


def network(count: int, *, price: float, difficulty: float, fees: float) -> pd.DataFrame:
    """Days of 100 blocks at 2 coins each, then as many with these three multiplied."""
    late = np.arange(2 * count) >= count
    blocks = 100.0
    frame = pd.DataFrame(index=pd.date_range("2025-01-01", periods=2 * count))
    frame["price_usd"] = np.where(late, price, 1.0) * 10.0
    frame["blocks"] = blocks
    frame["issuance_btc"] = 2 * blocks
    frame["fees_btc"] = np.where(late, fees, 1.0) * 0.5 * blocks
    frame["hashrate_ehs"] = np.where(late, difficulty, 1.0) * 3.0
    return frame


def ends_of(frame: pd.DataFrame, window: int) -> pressure.Split:
    whole = pressure._window_factors(frame, window)
    return pressure.split(whole, frame.index[window - 1], frame.index[-1])


def test_one_factor_alone_takes_the_whole_change() -> None:
    by_price = ends_of(network(7, price=0.8, difficulty=1, fees=1), 7)
    assert by_price.change_pct == pytest.approx(-20)
    assert by_price.table["share"].to_dict() == pytest.approx(
        {"price": 100, "difficulty": 0, "subsidy": 0, "fees": 0}, abs=1e-9
    )
    by_hash = ends_of(network(7, price=1, difficulty=2, fees=1), 7)
    assert by_hash.change_pct == pytest.approx(-50)
    assert by_hash.table.at["difficulty", "share"] == pytest.approx(100)


def test_price_and_difficulty_share_by_their_logarithms() -> None:
    # With constant coins per block hashprice is a product, so LMDI's shares are ln over ln.
    found = ends_of(network(7, price=0.9, difficulty=1.05, fees=1), 7)
    whole = math.log(0.9 / 1.05)
    assert found.table.at["price", "share"] == pytest.approx(100 * math.log(0.9) / whole)
    assert found.table.at["difficulty", "share"] == pytest.approx(-100 * math.log(1.05) / whole)


def test_parts_add_up_exactly_and_lie_within_the_orders(study: pressure.Study) -> None:
    for found in (*study.steps, study.to_end, study.to_last):
        assert found.table["usd"].sum() == pytest.approx(found.after - found.before, rel=1e-9)
        assert found.table["shapley"].sum() == pytest.approx(found.after - found.before, rel=1e-9)
        slack = 1e-9 * found.before
        assert (found.table["usd"] >= found.table["lowest"] - slack).all()
        assert (found.table["usd"] <= found.table["highest"] + slack).all()
    daily = study.daily
    assert daily.iloc[0].abs().max() == 0
    assert daily["change"].iloc[-1] == pytest.approx(study.to_end.after - study.to_end.before)


def test_hashprice_of_a_window_is_summed_revenue_over_summed_hash_rate(
    book: Edition, study: pressure.Study
) -> None:
    table = book["network_daily"].set_index("date")
    week = table.loc["2024-12-25":"2024-12-31"]  # type: ignore[misc]
    by_hand = week["revenue_usd"].sum() / (1000 * week["hashrate_ehs"].sum())
    assert study.to_end.before == pytest.approx(by_hand, rel=1e-9)


def test_difficulty_effect_is_the_protocols(study: pressure.Study) -> None:
    # Hash rate is difficulty × blocks × 2^32 / 86400 s, so blocks over hash rate is 1 / difficulty
    # and with single days the effect's ratio to price's is that of the logarithms.
    frame = study.frame
    whole = pressure._window_factors(frame, 1)
    found = pressure.split(whole, EVE, pd.Timestamp(END))
    price = math.log(frame["price_usd"][END] / frame["price_usd"][EVE])
    difficulty = -math.log(frame["difficulty"][END] / frame["difficulty"][EVE])
    ratio = found.table.at["difficulty", "usd"] / found.table.at["price", "usd"]
    assert ratio == pytest.approx(difficulty / price, rel=1e-6)


def test_subsidy_alone_changes_at_the_halving(study: pressure.Study) -> None:
    before, spell = study.steps
    assert before.first == pd.Timestamp("2024-04-18")
    assert spell.table.at["subsidy", "usd"] == pytest.approx(0, abs=1e-9)
    # Whatever else moves, the halving's effect is L(a, b) · ln(1/2) of the subsidy's revenue.
    a, b = (
        pressure.per_hash(study.frame, day - pd.Timedelta(days=6), day, fees=False) / 1000
        for day in (before.first, before.last)
    )
    expected = (b - a) / math.log(b / a) * math.log(0.5)
    assert before.table.at["subsidy", "usd"] == pytest.approx(expected, rel=1e-9)


def test_a_missing_day_refuses_the_split() -> None:
    frame = network(7, price=0.9, difficulty=1, fees=1)
    frame.iloc[3, 0] = np.nan
    whole = pressure._window_factors(frame, 7)
    with pytest.raises(AnalysisError, match="a day of the windows is missing"):
        pressure.split(whole, frame.index[6], frame.index[-1])


def test_two_sources_agree_on_bitcoin(study: pressure.Study) -> None:
    for column in ("to_article", "to_end"):
        ours, second = (study.changes.at[r, column] for r in ("bitcoin", "bitcoin, second source"))
        assert ours == pytest.approx(second, abs=0.1)


def test_jpmorgans_figures_are_near_ours(study: pressure.Study) -> None:
    table = study.monthly
    assert len(table) == 16
    assert table[["with_fees_off", "subsidy_alone_off"]].abs().max().max() < 8
    early = table[table["month"].between("2025-01", "2025-03")]
    assert early["subsidy_alone_off"].abs().max() < 1.5


def test_printed_distances_imply_our_level_before_the_halving(study: pressure.Study) -> None:
    # 48,300 is 52 % below it and 57,100 is 43 % below it: two figures of different months.
    implied = study.monthly.set_index("month")["implied_base"].dropna()
    assert implied.to_dict() == pytest.approx(
        {"2024-12": 57_100 / 0.57, "2025-03": 48_300 / 0.48}, rel=1e-9
    )
    ours = study.bases.at[pressure.BEFORE_HALVING, "base"]
    assert implied.to_numpy() == pytest.approx(ours, rel=0.01)


def test_the_group_falls_as_jpmorgan_says(study: pressure.Study) -> None:
    groups = study.groups
    signs = np.sign(groups[["published", "by_value", "equal", "fund"]])
    assert (signs.nunique(axis=1) == 1).all()
    assert groups.at["2025-02", "value_busd"] == pytest.approx(-6, abs=1)
    assert groups.at["2025-03", "value_busd"] == pytest.approx(-6, abs=1)


def test_nearest_count_is_taken_and_none_is_made_up() -> None:
    shares = pd.DataFrame(
        {
            "ticker": ["A", "A", "B", "C"],
            "as_of": pd.to_datetime(["2025-01-10", "2025-02-20", "2024-06-01", "2025-02-01"]),
            "shares_millions": [1.0, 2.0, 3.0, np.nan],
            "certainty": "quoted",
            "note": ["", "rounded", "", ""],
        }
    )
    found = pressure.nearest_counts(shares, ["A", "B", "C"], pd.Timestamp("2025-02-01"))
    # A: 19 days after beats 22 before; B is eight months old; C has no figure.
    assert found["shares_millions"].to_dict() == {"A": 2.0}
    assert found["note"].to_dict() == {"A": "rounded"}


def test_parts_of_the_shares_add_up_to_their_change(study: pressure.Study) -> None:
    moved = study.shares
    assert moved is not None
    points = moved.parts["log_points"].sum()
    assert 100 * math.expm1(points / 100) == pytest.approx(moved.change_pct)
    assert moved.parts["share"].sum() == pytest.approx(100)
    bitcoin = moved.parts.loc["bitcoin"]
    assert bitcoin["share_low"] < bitcoin["share"] < bitcoin["share_high"]


def test_sensitivities_are_least_squares_by_another_routine(
    book: Edition, study: pressure.Study
) -> None:
    closes = book["adjusted_closes"].pivot(index="date", columns="ticker", values="adjusted_close")
    at = closes.index.get_loc(EVE)
    past = closes.iloc[at - 120 : at + 1]
    simple = past[[*SIX, "SPY", "IBIT"]].pct_change().iloc[1:]
    y = np.log1p(simple[SIX].mean(axis=1))
    # The fund's close stands in for the hours here: nearly the same cut, another price.
    x = np.column_stack([np.ones(120), np.log1p(simple["SPY"]), np.log1p(simple["IBIT"])])
    expected = np.linalg.lstsq(x, y, rcond=None)[0]
    assert study.shares is not None
    beta = study.shares.parts["beta"]
    assert beta["market"] == pytest.approx(expected[1], abs=0.1)
    assert beta["bitcoin"] == pytest.approx(expected[2], abs=0.05)


def test_a_basket_that_is_bitcoin_is_explained_by_it(book: Edition) -> None:
    moved = pressure.share_study(book, pd.Timestamp(START), pd.Timestamp(END), ["IBIT"], "SPY", 120)
    assert moved.parts.at["bitcoin", "beta"] == pytest.approx(1, abs=0.02)
    assert moved.parts.at["bitcoin", "share"] == pytest.approx(100, abs=4)


def test_bitcoin_is_cut_at_the_shares_close_and_says_so(study: pressure.Study) -> None:
    assert study.shares is not None
    assert "hourly prices" in study.shares.coverage
    # The fund holds bitcoin: over the spell the two must agree but for its fee.
    assert study.shares.bitcoin_change_pct == pytest.approx(-11.8, abs=0.3)


def test_the_deepseek_session_leads_the_rest(study: pressure.Study) -> None:
    assert study.shares is not None
    first = study.shares.worst.iloc[0]
    assert study.shares.worst.index[0] == pd.Timestamp("2025-01-27")
    assert "DeepSeek" in first["event"]


def test_every_finding_of_the_ledger_finds_its_quantity(
    claim: ledger.Claim, study: pressure.Study
) -> None:
    found = pressure.quantities(study)
    for rule in claim.findings:
        for member in rule.members:
            assert found[member].value is not None
            assert found[member].unit == rule.unit


def test_the_deciding_changes_are_those_of_two_rows_of_the_table(
    book: Edition, study: pressure.Study
) -> None:
    rows = book["network_daily"].set_index("date").loc[[EVE, pd.Timestamp(ARTICLE)]]
    earned = rows["blocks"] * 3.125 + rows["fees_btc"]
    # 2^32 hashes a block and unit of difficulty: revenue per hash without the provider's hash rate.
    per_hash = rows["price_usd"] * earned / (rows["blocks"] * rows["difficulty"])
    found = pressure.quantities(study)
    for name, series in (("bitcoin", rows["price_usd"]), ("hashprice", per_hash)):
        value = found[f"{name}_change_pct.year_to_article"].value
        assert value == pytest.approx(100 * (series.iloc[1] / series.iloc[0] - 1), rel=1e-6)


def test_bitcoins_part_is_about_that_of_the_funds_own_closes(
    book: Edition, study: pressure.Study
) -> None:
    closes = book["adjusted_closes"].pivot(index="date", columns="ticker", values="adjusted_close")
    simple = closes[[*SIX, "SPY", "IBIT"]].pct_change(fill_method=None)
    at = closes.index.get_loc(EVE)
    logs = np.log1p(simple[["SPY", "IBIT"]]).assign(y=np.log1p(simple[SIX].mean(axis=1)), one=1.0)
    past, spell = logs.iloc[at - 119 : at + 1], logs.loc["2025-01-02":"2025-03-31"]  # type: ignore[misc]
    beta = np.linalg.lstsq(past[["one", "SPY", "IBIT"]], past["y"], rcond=None)[0]
    expected = 100 * beta[2] * spell["IBIT"].sum() / spell["y"].sum()
    assert study.shares is not None
    assert study.shares.parts.at["bitcoin", "share"] == pytest.approx(expected, abs=1)
    assert study.shares.parts.at["market", "share"] == pytest.approx(
        100 * beta[1] * spell["SPY"].sum() / spell["y"].sum(), abs=1
    )


def test_a_spell_that_ends_before_the_article_is_not_judged(
    book: Edition, claim: ledger.Claim
) -> None:
    """Else the verdict would be about days that the page's summary does not speak of."""
    early = pressure.study(book, START, "2025-01-06", ARTICLE, 7, SIX, "SPY", 120)
    found = pressure.quantities(early)
    findings = ledger.judge_all(claim, found, {"start": START, "end": "2025-01-06"})
    assert ledger.verdict(findings) == ledger.UNTESTED
    _, summary = words.headline(early, findings)
    assert summary.startswith("From 2025-01-01 to 2025-01-06 bitcoin rose")
    assert summary.endswith("The article says nothing about this span.")


def test_windows_before_the_first_price_are_left_out(book: Edition) -> None:
    first = pressure.study(book, "2010-08-20", "2010-09-20", ARTICLE, 7, SIX, "SPY", 120)
    assert list(first.ends.index) == [1, 7, 14, 28]


def test_what_the_ledger_allows_is_said(claim: ledger.Claim) -> None:
    value = {"hashprice_vs_april_2024_pct": ledger.Quantity(-49.6, "percent")}
    said = words.allowance_sentence(ledger.judge_all(claim, value, {}))
    assert "2 of 3 percentage points for “52 % below April 2024”" in said
    assert said.count("percentage points") == 1
    assert words.allowance_sentence([]) == ""


@pytest.mark.parametrize(
    ("share", "alone", "said"),
    [(26.4, -11.5, "explains 26\u00a0% of that fall"), (305.0, -9.0, "changed by −9\u00a0%"),
     (-26.0, 17.0, "changed by +17\u00a0%")],
)  # fmt: skip
def test_a_share_of_the_fall_is_given_only_where_it_is_one(
    share: float, alone: float, said: str
) -> None:
    assert words._coin_part(pd.Series({"share": share, "percent": alone})).endswith(said)


def test_days_out_of_order_are_refused(book: Edition) -> None:
    with pytest.raises(ParameterError, match="start must lie before end"):
        pressure.study(book, END, START, ARTICLE, 7, SIX, "SPY", 120)
    with pytest.raises(ParameterError, match="prices begin on 2010-07-18"):
        pressure.study(book, "2010-07-20", START, ARTICLE, 7, SIX, "SPY", 120)


@pytest.mark.parametrize(
    ("start", "end"),
    [("2022-01-01", "2022-06-30"), ("2024-10-01", "2024-12-31"), ("2026-04-01", "2026-04-20"),
     ("2014-01-01", "2015-01-01")],
)  # fmt: skip
def test_other_spells_make_a_page(book: Edition, claim: ledger.Claim, start: str, end: str) -> None:
    # CORZ was relisted in January 2024; in 2014 no share of the list had prices.
    study = pressure.study(book, start, end, ARTICLE, 1, SIX, "SPY", 60)
    found = pressure.quantities(study)
    findings = ledger.judge_all(claim, found, {"start": start, "end": end})
    assert ledger.pick(findings, "bitcoin-fell").verdict == ledger.UNTESTED
    _, summary = words.headline(study, findings)
    assert "says nothing about this span" in summary
    sentences = [
        summary,
        words.halving_sentence(study),
        words.share_sentence(study),
        words.choices_sentence(study),
        words.since_sentence(study),
        words.split_sentence(study.to_end),
    ]
    assert not any(re.search(r"\bnan\b", sentence) for sentence in sentences)
    drawn = [
        charts.spell(study.frame, study.start, study.end, study.article, "Source"),
        charts.effects(study.daily, study.article, "Source"),
    ]
    assert not any(re.search(r"\bnan\b", one.alt) for one in drawn)


def test_figures_say_what_they_show(study: pressure.Study) -> None:
    moved = study.shares
    assert moved is not None
    assert study.since is not None
    drawn = [
        charts.spell(study.frame, study.start, study.end, study.article, "Source"),
        charts.steps(study.steps, 7, "Source"),
        charts.effects(study.daily, study.article, "Source"),
        charts.against_april(study.bases, -52, "Source"),
        charts.group(study.groups, "Source"),
        charts.shares(moved, study.article, "Source"),
        charts.parts(moved, "Source"),
        charts.since(study.since, "Source"),
    ]
    assert len({one.name for one in drawn}) == len(drawn)
    for one in drawn:
        assert not re.search(r"\bnan\b", one.alt)
        assert any(character.isdigit() for character in one.alt)
        assert len(one.data)
    share = moved.parts.at["bitcoin", "share"]
    assert f"bitcoin −{abs(moved.parts.at['bitcoin', 'log_points']):.1f}" in drawn[6].alt
    assert f"{share:.0f}" in drawn[6].alt
