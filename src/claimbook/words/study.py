"""Sentences and tables of an event study: what is established, what is not, what cannot be told."""

import pandas as pd

from claimbook import text
from claimbook.analysis.eventstudy import LEVEL, EventStudy, ModelStudy

PLAIN = "market_btc"  # the model in front: what the market and bitcoin do not explain
MODEL_COLUMNS = {
    "mean abnormal return": "%",
    "lowest likely": "%",
    "highest likely": "%",
    "explained": "% of the fall",
    "smallest effect that could be seen": "%",
}


def front(study: EventStudy) -> ModelStudy | None:
    """The model that the figures show: market and bitcoin, or the first that could be fitted."""
    return study.models.get(PLAIN) or next(iter(study.models.values()), None)


def lacking(study: EventStudy, section: str) -> str:
    """Why a section cannot be shown."""
    return f"This cannot be shown for {study.event_date}: {study.missing.get(section, 'no data')}."


def model_table(study: EventStudy) -> pd.DataFrame:
    """One row a model: abnormal return with interval, placebo probabilities, power."""
    rows = {}
    for one in study.models.values():
        rows[one.model.label] = {
            "mean abnormal return": one.aar_pct,
            "lowest likely": one.low_pct,
            "highest likely": one.high_pct,
            "explained": one.explained_share_pct,
            "share of other days as far out": text.number(one.mean.p_value, 3),
            "without days of known news": text.number(one.mean_quiet.p_value, 3),
            "mean residual correlation": text.number(one.correlation, 2),
            "effective number of shares": text.number(one.effective_shares, 1),
            "smallest effect that could be seen": one.minimum_detectable_pct,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("expected from")


def test_table(study: EventStudy, one: ModelStudy) -> pd.DataFrame:
    """The tests that hold for correlated shares, with the placebo beside them."""
    rows = {
        "Other days, mean": (one.mean.statistic, one.mean.p_value, f"{len(one.days)} other days"),
        "Other days, median": (
            one.median.statistic,
            one.median.p_value,
            f"{len(one.days)} other days",
        ),
    }
    for test in one.tests.itertuples():
        rows[str(test.test)] = (float(test.statistic), float(test.p_value), str(test.reference))
    joint = study.joint
    rows[joint.name] = (joint.statistic, joint.p_value, joint.reference)
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=["statistic", "p-value", "judged against"]
    )
    return frame.rename_axis("test")


def naive_table(one: ModelStudy) -> pd.DataFrame:
    """The usual tests, with how often each raises a false alarm on other days of these shares."""
    frame = one.naive.set_index("test")[["statistic", "p_value", "alarms_pct"]]
    return frame.rename(
        columns={"p_value": "p-value", "alarms_pct": "false alarms on other days (%)"}
    )


def share_table(one: ModelStudy) -> pd.DataFrame:
    """Each share: return, expected, abnormal, interval, and p-values single and corrected."""
    names = {
        "return_pct": "change (%)",
        "normal_pct": "expected (%)",
        "ar_pct": "beyond it (%)",
        "low_pct": "lowest likely (%)",
        "high_pct": "highest likely (%)",
        "p_placebo": "p-value",
        "p_holm": "p-value, Holm",
        "p_max_t": "p-value, max-T",
    }
    return one.shares[list(names)].rename(columns=names)


def share_digits() -> dict[str, int]:
    """Three decimals for probabilities."""
    return dict.fromkeys(("p-value", "p-value, Holm", "p-value, max-T"), 3)


def part_table(study: EventStudy) -> pd.DataFrame:
    """The attribution: factor moves, betas, parts with intervals."""
    if study.attribution is None:
        return pd.DataFrame()
    table = study.attribution.table
    return pd.DataFrame(
        {
            "factor's change (%)": 100 * table["factor_return"],
            "beta": table["beta"],
            "beta's standard error": table["beta_error"],
            "part by beta (%)": 100 * table["contribution"],
            "its standard error (%)": 100 * table["contribution_error"],
            "part, mean over orders (%)": 100 * table["shapley"],
            "lowest, redrawn days (%)": 100 * table["shapley_low"],
            "highest, redrawn days (%)": 100 * table["shapley_high"],
        }
    ).rename_axis("factor")


def unusual(study: EventStudy) -> str:
    """How unusual the day was, in one sentence a layman can use."""
    one = front(study)
    if one is None:
        return "No model could be fitted, so nothing can be said about how unusual the day was."
    count = len(one.days)
    spans_zero = one.low_pct <= 0 <= one.high_pct
    return (
        f"Beyond what {one.model.label} would lead one to expect, the shares' mean changed by "
        f"{text.amount(one.aar_pct, 'percent', 1)}. The 95 % interval of that figure runs from "
        f"{text.amount(one.low_pct, 'percent', 1)} to {text.amount(one.high_pct, 'percent', 1)}, "
        f"so it {'cannot' if spans_zero else 'can'} be told from zero. "
        f"Of {count} other days, {text.amount(100 * one.mean.p_value, 'percent', 0)} were at least "
        f"as far out. The {len(study.tickers)} shares are not {len(study.tickers)} witnesses: they "
        "move together and count as "
        f"{text.number(one.effective_shares, 1)} independent shares. With this noise, an effect "
        f"smaller than {text.amount(one.minimum_detectable_pct, 'percent', 1)} would more often "
        "than one time in five go unseen."
    )


def singles(study: EventStudy) -> str:
    """Which single shares stand out, before and after allowing for the number of shares."""
    one = front(study)
    if one is None:
        return ""
    alone = [str(t) for t in one.shares.index[one.shares["p_placebo"] < LEVEL]]
    kept = [str(t) for t in one.shares.index[one.shares["p_max_t"] < LEVEL]]
    nearest = str(one.shares["p_placebo"].idxmin())
    said = (
        f"Taken alone, {text.listed(alone)} stood out at the 5 % level. "
        if alone
        else f"Taken alone, no share stood out at the 5 % level; {nearest} came nearest "
        f"(p = {text.number(one.shares.loc[nearest, 'p_placebo'], 3)}). "
    )
    return said + (
        f"Allowing for {len(one.shares)} shares being looked at, {text.listed(kept)} still did."
        if kept
        else f"Allowing for {len(one.shares)} shares being looked at, none did."
    )


def explained(study: EventStudy) -> str:
    """How much of the fall the market and bitcoin explain, with interval, and the AI basket."""
    split = study.explained.get("market_btc")
    if split is None or split.explained_share is None:
        return lacking(study, "attribution.market_btc")
    said = (
        f"The market and bitcoin together account for "
        f"{text.amount(100 * split.explained_share, 'percent', 0)} of the mean change of "
        f"{text.amount(study.return_pct, 'percent', 1)}"
    )
    if split.explained_low is not None and split.explained_high is not None:
        said += (
            f" (redrawing the days: {text.amount(100 * split.explained_low, 'percent', 0)} to "
            f"{text.amount(100 * split.explained_high, 'percent', 0)})"
        )
    said += "."
    coin = study.explained.get("bitcoin")
    if coin is not None and coin.explained_share is not None:
        said += (
            f" Bitcoin alone accounts for {text.amount(100 * coin.explained_share, 'percent', 0)}."
        )
    return said


def bracket(study: EventStudy) -> str:
    """The bracket from the total to the direct effect, and what the difference may mean."""
    found = study.bracket
    if found is None:
        return lacking(study, "bracket")
    total = text.amount(100 * found.total, "percent", 1)
    direct = text.amount(100 * found.direct, "percent", 1)
    between = text.amount(100 * found.between, "percent", 1)
    return (
        f"Without the AI basket {total} of the mean change is left over; with it {direct}. "
        f"The {between} between them went along with AI shares. The news may itself have moved AI "
        "shares, so that part may belong to the news or to whatever else moved them. Only what is "
        "left over in both counts can be told apart from AI shares in general."
    )


def curve(study: EventStudy) -> str:
    """What the whole specification curve says."""
    found = study.curve
    if found is None:
        return lacking(study, "curve")
    estimates = 100 * found.table["estimate"]
    falls = int((estimates < 0).sum())
    count = int(found.significant.statistic)
    return (
        f"All {len(estimates)} declared specifications were run; {falls} give a fall. They range "
        f"from {text.amount(float(estimates.min()), 'percent', 1)} to "
        f"{text.amount(float(estimates.max()), 'percent', 1)}, and {count} differ from zero at the "
        f"5 % level. Run on {len(found.median_t.values)} other days, "
        f"{text.amount(100 * found.p_value, 'percent', 0)} of the curves lie at least as far out."
    )


def dose(study: EventStudy) -> str:
    """Whether miners with more AI contracts fell more, and what that rests on."""
    found = study.dose.get(PLAIN)
    if found is None:
        return lacking(study, f"dose.{PLAIN}")
    if not found.holders:
        return (
            "No miner of the list had a signed AI contract before the day, so this has no answer."
        )
    slope = text.amount(abs(100 * found.slope), "percentage points", 2)
    way = "more" if found.slope < 0 else "less"
    said = (
        f"For each 100 MW of signed AI load a miner fell {slope} {way}. On "
        f"{text.amount(100 * found.placebo.p_value, 'percent', 0)} of other days the slope was at "
        "least as steep."
    )
    if len(found.holders) == 1:
        said += (
            f" Only {found.holders[0]} had such contracts, so the slope is that share against all "
            "others and cannot tell its contracts from anything else about it."
        )
    return said + "".join(f" {note}." for note in study.dose_notes)


def trading(study: EventStudy) -> str:
    """Volume and range against other days."""
    if not study.activity:
        return lacking(study, "volume")
    names = {"volume": "Trading volume", "range": "The day's range"}
    said = [
        f"{names[one.measure]} was at least as high on "
        f"{text.amount(100 * one.placebo.p_value, 'percent', 0)} of other days"
        for one in study.activity
    ]
    return ". ".join(said) + "."


def hours(study: EventStudy) -> str:
    """The path through the day against other days' paths."""
    day = study.intraday
    if day is None:
        return lacking(study, "intraday")
    return (
        f"The path was compared with those of {day.others} other complete sessions"
        + (
            f" ({day.left_out} were left out for missing bars or a short session)"
            if day.left_out
            else ""
        )
        + f". {text.amount(100 * day.largest.p_value, 'percent', 0)} of them strayed at least as "
        f"far from the close before; allowing for the market, "
        f"{text.amount(100 * day.largest_abnormal.p_value, 'percent', 0)}. "
        f"The gap at the opening was as large on "
        f"{text.amount(100 * day.overnight.p_value, 'percent', 0)} of them."
    )


def naive(study: EventStudy) -> str:
    """Why the usual tests are not used, with their own record on these shares."""
    one = front(study)
    if one is None:
        return ""
    alarms = one.naive["alarms_pct"].dropna()
    if alarms.empty:
        return ""
    return (
        "The usual tests take the shares for independent witnesses. On the other days of these "
        f"very shares they call {text.amount(float(alarms.min()), 'percent', 0)} to "
        f"{text.amount(float(alarms.max()), 'percent', 0)} of days unusual where 5 % would be "
        "right. They stand here only so that nobody is misled by them elsewhere."
    )


def conclusion(study: EventStudy, confounders: pd.DataFrame) -> str:
    """What is established, what is not, and what could not be told apart, as a Markdown list.

    `confounders` are the dated events of the day and its neighbours (date, event).
    """
    one = front(study)
    if one is None:
        return "Nothing is established: no model could be fitted."
    way = "fell" if study.return_pct < 0 else "rose"
    size = text.amount(abs(study.return_pct), "percent", 1)
    established = [f"the shares {way} by {size} on average"]
    doubtful: list[str] = []
    tests = {
        "that the shares' mean moved beyond the market and bitcoin": one.mean.p_value,
        "that it did under the whole set of declared specifications": (
            study.curve.p_value if study.curve else None
        ),
        "that it moved beyond the market, bitcoin and AI shares": (
            study.models["market_btc_ai"].mean.p_value if "market_btc_ai" in study.models else None
        ),
        "that miners with more AI contracts moved more": (
            study.dose[PLAIN].placebo.p_value if PLAIN in study.dose else None
        ),
    }
    for what, p_value in tests.items():
        if p_value is not None:
            place = established if p_value < LEVEL else doubtful
            place.append(f"{what} (p = {text.number(p_value, 2)})")
    split = study.explained.get("market_btc")
    if split is not None and split.explained_share is not None:
        share = text.amount(100 * split.explained_share, "percent", 0)
        side = "most" if split.explained_share >= 0.5 else "less than half"
        established.append(
            f"the market and bitcoin, as they usually move these shares, account for {side} of it "
            f"({share})"
        )
    same_day = [str(event) for event in confounders["event"]]
    lines = [
        f"- **Established:** {'; '.join(established)}.",
        f"- **Not established:** {'; '.join(doubtful) or 'none of the questions asked here'}.",
        "- **Cannot be told apart by one day's prices:** "
        + ("; ".join(same_day) if same_day else "whatever else happened on the day")
        + ".",
    ]
    return "\n".join(lines)


def near_events(events: pd.DataFrame, event_date: str, days: int = 2) -> pd.DataFrame:
    """The dated events from `days` before the event to `days` after it: date, time, event, kind."""
    apart = (events["date"] - pd.Timestamp(event_date)).dt.days.abs()
    return events.loc[apart <= days, ["date", "time", "event", "kind"]].reset_index(drop=True)


def exclusions(study: EventStudy) -> pd.DataFrame:
    """What was left out, of what, and why; sections that could not be made as well."""
    rows = [(e.subject, e.left_out_of, e.reason) for e in study.exclusions]
    rows += [("section", name, reason) for name, reason in study.missing.items()]
    return pd.DataFrame(rows, columns=["left out", "of", "reason"]).set_index("left out")


def notes(study: EventStudy) -> str:
    """What a reader must know about the shares' prices and listings."""
    if not study.notes:
        return "Nothing is odd about the prices and listings of these shares."
    return "About the prices and listings: " + "; ".join(study.notes) + "."


def basis(study: EventStudy) -> str:
    """How bitcoin's day was cut, and which benchmarks were used."""
    chosen = study.benchmarks
    return (
        f"The market is {chosen.market}. The AI basket is the equal-weighted mean of "
        f"{text.listed(list(study.setting.ai))}; Microsoft is not in it, because the news is about "
        f"Microsoft. Bitcoin in these windows: {study.bitcoin_basis}. Bitcoin on the other days: "
        f"{study.bitcoin_basis_placebo}. Models are fitted on {study.estimation} sessions that end "
        f"{study.gap} sessions before the event window."
    )
