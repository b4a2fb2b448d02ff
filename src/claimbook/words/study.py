"""Sentences and tables of an event study: what is established, what is not, what cannot be told."""

from collections.abc import Sequence

import pandas as pd

from claimbook import text
from claimbook.analysis.eventstudy import LEVEL, EventStudy, ModelStudy, direct_share
from claimbook.analysis.inference import Placebo
from claimbook.analysis.modelstudy import days_before

HALF = 0.5
PLAIN = "market_btc"  # the model in front: what the market and bitcoin do not explain
ALARMS = "false alarms on other days (%)"
MODEL_UNITS = {
    "beyond it": "%",
    "lowest likely": "%",
    "highest likely": "%",
    "explained": "% of the change",
    "smallest effect that could be seen": "%",
    "error of the fit": "%",
}
TEST_DIGITS = {"statistic": 3, "p-value": 3, ALARMS: 1}


def front(study: EventStudy) -> ModelStudy | None:
    """The model that the figures show: market and bitcoin, or the first that could be fitted."""
    return study.models.get(PLAIN) or next(iter(study.models.values()), None)


def lacking(study: EventStudy, section: str) -> str:
    """Why a section cannot be shown."""
    return f"This cannot be shown for {study.event_date}: {study.missing.get(section, 'no data')}."


def model_table(study: EventStudy) -> pd.DataFrame:
    """One row a model: abnormal return with interval, part explained, placebo probabilities."""
    rows = {
        one.model.label: {
            "beyond it": one.aar_pct,
            "lowest likely": one.low_pct,
            "highest likely": one.high_pct,
            "explained": one.explained_share_pct,
            "p-value": probability(one.mean),
            "p-value, days without known news": probability(one.mean_quiet),
        }
        for one in study.models.values()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("expected from")


def power_table(study: EventStudy) -> pd.DataFrame:
    """One row a model: how alike the shares are, and how large an effect would have to be."""
    rows = {
        one.model.label: {
            "mean correlation of the rest": one.correlation,
            "effective number of shares": one.effective_shares,
            "smallest effect that could be seen": one.minimum_detectable_pct,
            "error of the fit": float(one.shares["pre_fit_error_pct"].mean()),
        }
        for one in study.models.values()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("expected from")


def test_table(study: EventStudy, one: ModelStudy) -> pd.DataFrame:
    """The tests that hold for correlated shares: the placebo, four classical ones, the joint one.

    The last column is the record of the same test on the other days of these shares, where 5 %
    would be right; blank where it was not run on them.
    """
    none = float("nan")
    days, joint = f"{len(one.days)} other days", study.joint
    rows: dict[str, tuple[float, float, str, float]] = {
        "Other days, mean": (one.mean.statistic, one.mean.p_value, days, none),
        "Other days, median": (one.median.statistic, one.median.p_value, days, none),
    }
    for test in one.tests.itertuples():
        figures = float(test.statistic), float(test.p_value)
        rows[str(test.test)] = (*figures, str(test.reference), float(test.alarms_pct))
    rows[joint.name] = (joint.statistic, joint.p_value, joint.reference, none)
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=["statistic", "p-value", "judged against", ALARMS]
    )
    return frame.rename_axis("test")


def naive_table(one: ModelStudy) -> pd.DataFrame:
    """The usual tests, with how often each raises a false alarm on other days of these shares."""
    frame = one.naive.set_index("test")[["statistic", "p_value", "alarms_pct"]]
    return frame.rename(columns={"p_value": "p-value", "alarms_pct": ALARMS})


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
    """How unusual the day was, in sentences a layman can use."""
    one = front(study)
    if one is None:
        return "No model could be fitted, so nothing can be said about how unusual the day was."
    spans_zero = one.low_pct <= 0 <= one.high_pct
    rare = one.mean.p_value < LEVEL
    said = (
        f"Beyond what {one.model.label} would lead one to expect, the shares' mean changed by "
        f"{text.amount(one.aar_pct, 'percent', 1)} {over(study)}. The 95 % interval of that figure "
        f"runs from {text.amount(one.low_pct, 'percent', 1)} to "
        f"{text.amount(one.high_pct, 'percent', 1)}, so it {'cannot' if spans_zero else 'can'} be "
        f"told from zero. {among_days(one.mean)}. "
    )
    if rare == spans_zero:
        said += (
            "The two disagree because the interval takes returns for normal and the other days "
            "do not; near the border neither is certain. "
        )
    earlier = days_before(one, study.event_date, study.direction)
    if earlier is not None:
        said += f"Against the days before the event only: {among_days(earlier).lower()}. "
    return said + (
        f"The other days run from {one.days.index[0]:%Y-%m-%d} to {one.days.index[-1]:%Y-%m-%d}, "
        "as far as all these shares and the sessions before have prices. "
        f"The {len(study.tickers)} shares are not {len(study.tickers)} witnesses: they move "
        f"together and count as {text.number(one.effective_shares, 1)} independent shares. With "
        f"this noise, an effect smaller than "
        f"{text.amount(one.minimum_detectable_pct, 'percent', 1)} would more often than one time "
        "in five go unseen."
    )


def among_days(found: Placebo) -> str:
    """Where the event stands among other days, with the p-value that counts the event itself."""
    others = len(found.values)
    as_far = round(found.p_value * (others + 1)) - 1
    return f"Of {others} other days {as_far} were at least as far out (p = {probability(found)})"


def probability(found: Placebo | float) -> str:
    """A p-value to three decimals, never a bare zero."""
    value = found if isinstance(found, float) else found.p_value
    return "below 0.001" if value < 0.001 else text.number(value, 3)


def over(study: EventStudy) -> str:
    """The event window in words."""
    first, last = study.window
    if first == last == 0:
        return "on the day"
    return f"over the sessions from {text.number(first, 0)} to {text.number(last, 0)}"


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
    """How much of the change the market, bitcoin and AI shares account for, one after the other."""
    parts = []
    for name, what in (
        ("market", "the market alone"),
        ("bitcoin", "bitcoin alone"),
        ("market_btc", "the market and bitcoin"),
        ("market_btc_ai", "these and the AI basket"),
    ):
        split = study.explained.get(name)
        if split is None or split.explained_share is None:
            continue
        part = f"{what} {text.amount(100 * split.explained_share, 'percent', 0)}"
        if split.explained_low is not None and split.explained_high is not None:
            part += (
                f" ({text.amount(100 * split.explained_low, 'percent', 0)} to "
                f"{text.amount(100 * split.explained_high, 'percent', 0)})"
            )
        parts.append(part)
    if not parts:
        return lacking(study, "attribution.market_btc")
    change = text.amount(study.return_pct, "percent", 1)
    said = (
        f"The mean change was {change} {over(study)}. "
        f"These parts of it would have been expected from {text.listed(parts)}. "
        "The ranges come from redrawing the days of the estimation; "
        "they hold the uncertainty of the coefficients and nothing else."
    )
    direct = direct_share(study)
    if direct is not None:
        said += (
            " With the AI basket held fixed, the market and bitcoin account for "
            f"{text.amount(100 * direct, 'percent', 0)}."
        )
    return said + " Mining difficulty, which the analyst also named, is not in any model."


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
    run, declared = len(estimates), len(estimates) + len(found.left_out)
    falls = int((estimates < 0).sum())
    count = int(found.significant.statistic)
    ran = (
        f"All {declared} declared specifications were run"
        if run == declared
        else f"{run} of {declared} declared specifications could be run; the others lack a share "
        "or a factor in a session that they need"
    )
    return (
        f"{ran}. {falls} of them give a fall. They range from "
        f"{text.amount(float(estimates.min()), 'percent', 1)} to "
        f"{text.amount(float(estimates.max()), 'percent', 1)}, and {count} differ from zero at the "
        f"5 % level. The whole curve was run on other days as well. {among_days(found.median_t)}."
    )


def dose(study: EventStudy) -> str:
    """Whether miners with more AI contracts moved more, and what that rests on."""
    found = study.dose.get(PLAIN)
    if found is None:
        return lacking(study, f"dose.{PLAIN}")
    if not found.holders:
        return "In the table of contracts no miner had one before the day: no answer."
    slope = text.amount(abs(100 * found.slope), "percentage points", 2)
    way = "lower" if found.slope < 0 else "higher"
    said = (
        f"For each 100 MW of signed AI load a miner's change was {slope} {way}. "
        f"{among_days(found.placebo)}."
    )
    if len(found.holders) == 1:
        said += (
            f" In the table of contracts only {found.holders[0]} has one before the day, so the "
            "slope is that share against all others and cannot tell its contracts from anything "
            "else about it."
        )
    said += " Contracts that the table does not list count as none; its known gaps stand with it."
    return said + "".join(f" {note}." for note in study.dose_notes)


def trading(study: EventStudy) -> str:
    """Volume and range against other days."""
    if not study.activity:
        return lacking(study, "volume")
    names = {"volume": "Trading volume", "range": "The day's range"}
    said = [f"{names[one.measure]}: {among_days(one.placebo).lower()}" for one in study.activity]
    return ". ".join(said) + "."


def hours(study: EventStudy) -> str:
    """The path through the day against other days' paths."""
    day = study.intraday
    if day is None:
        return lacking(study, "intraday")
    left_out = f" ({day.left_out} lack bars or are short, and were left out)" * bool(day.left_out)
    return (
        f"The path was compared with those of {day.others} other complete sessions{left_out}. "
        f"By its largest distance from the close before: {among_days(day.largest).lower()}. "
        f"Allowing for the market: {among_days(day.largest_abnormal).lower()}. "
        f"The gap at the opening: {among_days(day.overnight).lower()}."
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


def conclusion(study: EventStudy, near: pd.DataFrame, also: Sequence[str] = ()) -> str:
    """What is established, what is not, and what could not be told apart, as a Markdown list.

    `near` are dated events with their place (see `setting.near_events`); `also` are other things
    that prices cannot be told from.
    """
    one = front(study)
    if one is None:
        return "Nothing is established: no model could be fitted."
    way = "fell" if study.return_pct < 0 else "rose"
    size = text.amount(abs(study.return_pct), "percent", 1)
    established = [f"the shares {way} by {size} on average {over(study)}"]
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
            place.append(f"{what} (p = {probability(p_value)})")
    sure, sentence = most_explained(study)
    if sentence:
        (established if sure else doubtful).append(sentence)
    rivals = [str(event) for event in near.loc[near["place"] != "came after", "event"]]
    later = [str(event) for event in near.loc[near["place"] == "came after", "event"]]
    lines = [
        f"- **Established:** {'; '.join(established)}.",
        f"- **Not established:** {'; '.join(doubtful) or 'none of the questions asked here'}.",
        "- **Cannot be told apart by one day's prices:** "
        + ("; ".join([*rivals, *also]) or "whatever else happened on the day")
        + ".",
    ]
    if later:
        lines.append(f"- **Came after, so not a cause of the close:** {'; '.join(later)}.")
    return "\n".join(lines)


def most_explained(study: EventStudy) -> tuple[bool, str]:
    """Whether the market and bitcoin account for most of the change, and the sentence part.

    Sure only where more than half holds at the low end of the interval and also with the AI basket
    held fixed.
    """
    split = study.explained.get("market_btc")
    if split is None or split.explained_share is None or split.explained_low is None:
        return False, ""
    direct = direct_share(study)
    share = text.amount(100 * split.explained_share, "percent", 0)
    held = (
        ""
        if direct is None
        else f", {text.amount(100 * direct, 'percent', 0)} with AI shares fixed"
    )
    sure = split.explained_low > HALF and (direct is None or direct > HALF)
    return sure, (
        f"that the market and bitcoin account for most of the change ({share} without AI shares"
        f"{held})"
    )


def exclusions(study: EventStudy) -> pd.DataFrame:
    """What was left out, of what, and why; sections that could not be made as well."""
    rows = [(e.subject, e.left_out_of, e.reason) for e in study.exclusions]
    rows += [("section", name, reason) for name, reason in study.missing.items()]
    if study.curve is not None and len(study.curve.left_out):
        reasons = study.curve.left_out["reason"].value_counts()
        rows += [
            (f"{count} specifications", "the specification curve", str(reason))
            for reason, count in reasons.items()
        ]
    return pd.DataFrame(rows, columns=["left out", "of", "reason"]).set_index("left out")


def source(edition: str, study: EventStudy) -> str:
    """The source and as-of line under the study's figures."""
    return (
        f"Source: Yahoo Finance, closes adjusted for splits and dividends, to "
        f"{study.setting.days[-1]:%Y-%m-%d}; claimbook edition {edition}"
    )


def notes(study: EventStudy) -> str:
    """What a reader must know about the shares' prices and listings."""
    if not study.notes:
        return "Nothing is odd about the prices and listings of these shares."
    return "About the prices and listings: " + "; ".join(study.notes) + "."


def basis(study: EventStudy) -> str:
    """How bitcoin's day was cut, and which benchmarks were used."""
    chosen = study.benchmarks
    claimed = "MSFT" not in study.setting.ai
    apart = "Microsoft is not in it, because the claim is about news of Microsoft. " * claimed
    return (
        f"The market is {chosen.market}. The AI basket is the equal-weighted mean of "
        f"{text.listed(list(study.setting.ai))}. {apart}Bitcoin in these "
        f"windows: {study.bitcoin_basis}. Bitcoin on the other days: "
        f"{study.bitcoin_basis_placebo}. Models are fitted on {study.estimation} sessions that end "
        f"{study.gap} sessions before the event window."
    )
