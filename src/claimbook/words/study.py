"""Sentences and tables of an event study: what is established, what is not, what cannot be told."""

from collections.abc import Sequence

import pandas as pd

from claimbook import text
from claimbook.analysis.eventstudy import LEVEL, EventStudy, ModelStudy, direct_share
from claimbook.analysis.inference import Placebo
from claimbook.analysis.modelstudy import days_before
from claimbook.language import mark, tell, word

HALF = 0.5
PLAIN = "market_btc"  # the model in front: what the market and bitcoin do not explain
ALARMS = mark("false alarms on other days (%)")
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
    return tell(
        "This cannot be shown for {event_date}: {reason}.",
        event_date=study.event_date,
        reason=word(study.missing.get(section, mark("no data"))),
    )


def model_table(study: EventStudy) -> pd.DataFrame:
    """One row a model: abnormal return with interval, part explained, placebo probabilities."""
    rows = {
        one.model.label: {
            mark("beyond it"): one.aar_pct,
            mark("lowest likely"): one.low_pct,
            mark("highest likely"): one.high_pct,
            mark("explained"): one.explained_share_pct,
            mark("p-value"): probability(one.mean),
            mark("p-value, days without known news"): probability(one.mean_quiet),
        }
        for one in study.models.values()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(mark("expected from"))


def power_table(study: EventStudy) -> pd.DataFrame:
    """One row a model: how alike the shares are, and how large an effect would have to be."""
    rows = {
        one.model.label: {
            mark("mean correlation of the rest"): one.correlation,
            mark("effective number of shares"): one.effective_shares,
            mark("smallest effect that could be seen"): one.minimum_detectable_pct,
            mark("error of the fit"): float(one.shares["pre_fit_error_pct"].mean()),
        }
        for one in study.models.values()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(mark("expected from"))


def test_table(study: EventStudy, one: ModelStudy) -> pd.DataFrame:
    """The tests that hold for correlated shares: the placebo, four classical ones, the joint one.

    The last column is the record of the same test on the other days of these shares, where 5 %
    would be right; blank where it was not run on them.
    """
    none = float("nan")
    days, joint = tell("{count} other days", count=len(one.days)), study.joint
    rows: dict[str, tuple[float, float, str, float]] = {
        mark("Other days, mean"): (one.mean.statistic, one.mean.p_value, days, none),
        mark("Other days, median"): (one.median.statistic, one.median.p_value, days, none),
    }
    for test in one.tests.itertuples():
        figures = float(test.statistic), float(test.p_value)
        rows[str(test.test)] = (*figures, str(test.reference), float(test.alarms_pct))
    rows[joint.name] = (joint.statistic, joint.p_value, joint.reference, none)
    columns = [mark("statistic"), mark("p-value"), mark("judged against"), ALARMS]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return frame.rename_axis(mark("test"))


def naive_table(one: ModelStudy) -> pd.DataFrame:
    """The usual tests, with how often each raises a false alarm on other days of these shares."""
    frame = one.naive.set_index("test")[["statistic", "p_value", "alarms_pct"]]
    return frame.rename(columns={"p_value": "p-value", "alarms_pct": ALARMS})


def share_table(one: ModelStudy) -> pd.DataFrame:
    """Each share: return, expected, abnormal, interval, and p-values single and corrected."""
    names = {
        "return_pct": mark("change (%)"),
        "normal_pct": mark("expected (%)"),
        "ar_pct": mark("beyond it (%)"),
        "low_pct": mark("lowest likely (%)"),
        "high_pct": mark("highest likely (%)"),
        "p_placebo": mark("p-value"),
        "p_holm": mark("p-value, Holm"),
        "p_max_t": mark("p-value, max-T"),
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
            mark("factor's change (%)"): 100 * table["factor_return"],
            mark("beta"): table["beta"],
            mark("beta's standard error"): table["beta_error"],
            mark("part by beta (%)"): 100 * table["contribution"],
            mark("its standard error (%)"): 100 * table["contribution_error"],
            mark("part, mean over orders (%)"): 100 * table["shapley"],
            mark("lowest, redrawn days (%)"): 100 * table["shapley_low"],
            mark("highest, redrawn days (%)"): 100 * table["shapley_high"],
        }
    ).rename_axis(mark("factor"))


def unusual(study: EventStudy) -> str:
    """How unusual the day was, in sentences a layman can use."""
    one = front(study)
    if one is None:
        return tell(
            "No model could be fitted, so nothing can be said about how unusual the day was."
        )
    spans_zero = one.low_pct <= 0 <= one.high_pct
    rare = one.mean.p_value < LEVEL
    beyond = tell(
        "Beyond what {model} would lead one to expect, the shares' mean changed by {change} "
        "{window}.",
        model=word(one.model.label),
        change=text.amount(one.aar_pct, "percent", 1),
        window=over(study),
    )
    low, high = (text.amount(end, "percent", 1) for end in (one.low_pct, one.high_pct))
    interval = (
        tell(
            "The 95 % interval of that figure runs from {low} to {high}, so it cannot be told from "
            "zero.",
            low=low,
            high=high,
        )
        if spans_zero
        else tell(
            "The 95 % interval of that figure runs from {low} to {high}, so it can be told from "
            "zero.",
            low=low,
            high=high,
        )
    )
    place = f"{among_days(one.mean)}."
    disagree = ""
    if rare == spans_zero:
        disagree = tell(
            "The two disagree because the interval takes returns for normal and the other days do "
            "not; near the border neither is certain."
        )
    earlier = days_before(one, study.event_date, study.direction)
    before = ""
    if earlier is not None:
        before = tell(
            "Against the days before the event only: {place}.", place=among_days(earlier).lower()
        )
    witnesses = tell(
        "The other days run from {first:%Y-%m-%d} to {last:%Y-%m-%d}, as far as all these shares "
        "and the sessions before have prices. The {shares} shares are not {shares} witnesses: they "
        "move together and count as {independent} independent shares. With this noise, an effect "
        "smaller than {smallest} would more often than one time in five go unseen.",
        first=one.days.index[0],
        last=one.days.index[-1],
        shares=len(study.tickers),
        independent=text.number(one.effective_shares, 1),
        smallest=text.amount(one.minimum_detectable_pct, "percent", 1),
    )
    return text.sentences(beyond, interval, place, disagree, before, witnesses)


def among_days(found: Placebo) -> str:
    """Where the event stands among other days, with the p-value that counts the event itself."""
    others = len(found.values)
    as_far = round(found.p_value * (others + 1)) - 1
    return tell(
        "Of {others} other days {as_far} were at least as far out (p = {p_value})",
        others=others,
        as_far=as_far,
        p_value=probability(found),
    )


def probability(found: Placebo | float) -> str:
    """A p-value to three decimals, never a bare zero."""
    value = found if isinstance(found, float) else found.p_value
    return tell("below 0.001") if value < 0.001 else text.number(value, 3)


def over(study: EventStudy) -> str:
    """The event window in words."""
    first, last = study.window
    if first == last == 0:
        return tell("on the day")
    return tell(
        "over the sessions from {first} to {last}",
        first=text.number(first, 0),
        last=text.number(last, 0),
    )


def singles(study: EventStudy) -> str:
    """Which single shares stand out, before and after allowing for the number of shares."""
    one = front(study)
    if one is None:
        return ""
    alone = [str(t) for t in one.shares.index[one.shares["p_placebo"] < LEVEL]]
    kept = [str(t) for t in one.shares.index[one.shares["p_max_t"] < LEVEL]]
    nearest = str(one.shares["p_placebo"].idxmin())
    singly = (
        tell("Taken alone, {alone} stood out at the 5 % level.", alone=text.listed(alone))
        if alone
        else tell(
            "Taken alone, no share stood out at the 5 % level; {nearest} came nearest (p = "
            "{p_value}).",
            nearest=nearest,
            p_value=text.number(one.shares.loc[nearest, "p_placebo"], 3),
        )
    )
    together = (
        tell(
            "Allowing for {count} shares being looked at, {kept} still did.",
            count=len(one.shares),
            kept=text.listed(kept),
        )
        if kept
        else tell("Allowing for {count} shares being looked at, none did.", count=len(one.shares))
    )
    return text.sentences(singly, together)


def explained(study: EventStudy) -> str:
    """How much of the change the market, bitcoin and AI shares account for, one after the other."""
    parts = []
    for name, what in (
        ("market", mark("the market alone")),
        ("bitcoin", mark("bitcoin alone")),
        ("market_btc", mark("the market and bitcoin")),
        ("market_btc_ai", mark("these and the AI basket")),
    ):
        split = study.explained.get(name)
        if split is None or split.explained_share is None:
            continue
        part = f"{word(what)} {text.amount(100 * split.explained_share, 'percent', 0)}"
        if split.explained_low is not None and split.explained_high is not None:
            part += " " + tell(
                "({low} to {high})",
                low=text.amount(100 * split.explained_low, "percent", 0),
                high=text.amount(100 * split.explained_high, "percent", 0),
            )
        parts.append(part)
    if not parts:
        return lacking(study, "attribution.market_btc")
    change = text.amount(study.return_pct, "percent", 1)
    said = tell(
        "The mean change was {change} {window}. These parts of it would have been expected from "
        "{parts}. The ranges come from redrawing the days of the estimation; they hold the "
        "uncertainty of the coefficients and nothing else.",
        change=change,
        window=over(study),
        parts=text.listed(parts),
    )
    direct = direct_share(study)
    held = ""
    if direct is not None:
        held = tell(
            "With the AI basket held fixed, the market and bitcoin account for {share}.",
            share=text.amount(100 * direct, "percent", 0),
        )
    without = tell("Mining difficulty, which the analyst also named, is not in any model.")
    return text.sentences(said, held, without)


def bracket(study: EventStudy) -> str:
    """The bracket from the total to the direct effect, and what the difference may mean."""
    found = study.bracket
    if found is None:
        return lacking(study, "bracket")
    total = text.amount(100 * found.total, "percent", 1)
    direct = text.amount(100 * found.direct, "percent", 1)
    between = text.amount(100 * found.between, "percent", 1)
    return tell(
        "Without the AI basket {total} of the mean change is left over; with it "
        "{direct}. The {between} between them went along with AI shares. The news "
        "may itself have moved AI shares, so that part may belong to the news or to "
        "whatever else moved them. Only what is left over in both counts can be told "
        "apart from AI shares in general.",
        total=total,
        direct=direct,
        between=between,
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
        tell("All {declared} declared specifications were run", declared=declared)
        if run == declared
        else tell(
            "{run} of {declared} declared specifications could be run; the others lack a "
            "share or a factor in a session that they need",
            run=run,
            declared=declared,
        )
    )
    return tell(
        "{ran}. {falls} of them give a fall. They range from {lowest} to {highest}, and "
        "{significant} differ from zero at the 5 % level. The whole curve was run on other days as "
        "well. {place}.",
        ran=ran,
        falls=falls,
        lowest=text.amount(float(estimates.min()), "percent", 1),
        highest=text.amount(float(estimates.max()), "percent", 1),
        significant=count,
        place=among_days(found.median_t),
    )


def dose(study: EventStudy) -> str:
    """Whether miners with more AI contracts moved more, and what that rests on."""
    found = study.dose.get(PLAIN)
    if found is None:
        return lacking(study, f"dose.{PLAIN}")
    if not found.holders:
        return tell("In the table of contracts no miner had one before the day: no answer.")
    slope = text.amount(abs(100 * found.slope), "percentage points", 2)
    by_load = (
        tell("For each 100 MW of signed AI load a miner's change was {slope} lower.", slope=slope)
        if found.slope < 0
        else tell(
            "For each 100 MW of signed AI load a miner's change was {slope} higher.", slope=slope
        )
    )
    alone = ""
    if len(found.holders) == 1:
        alone = tell(
            "In the table of contracts only {share} has one before the day, so the slope is that "
            "share against all others and cannot tell its contracts from anything else about it.",
            share=found.holders[0],
        )
    unlisted = tell(
        "Contracts that the table does not list count as none; its known gaps stand with it."
    )
    noted = [f"{word(note)}." for note in study.dose_notes]
    return text.sentences(by_load, f"{among_days(found.placebo)}.", alone, unlisted, *noted)


def trading(study: EventStudy) -> str:
    """Volume and range against other days."""
    if not study.activity:
        return lacking(study, "volume")
    names = {"volume": mark("Trading volume"), "range": mark("The day's range")}
    said = [
        f"{word(names[one.measure])}: {among_days(one.placebo).lower()}" for one in study.activity
    ]
    return ". ".join(said) + "."


def hours(study: EventStudy) -> str:
    """The path through the day against other days' paths."""
    day = study.intraday
    if day is None:
        return lacking(study, "intraday")
    compared = (
        tell(
            "The path was compared with those of {others} other complete sessions ({left_out} lack "
            "bars or are short, and were left out).",
            others=day.others,
            left_out=day.left_out,
        )
        if day.left_out
        else tell(
            "The path was compared with those of {others} other complete sessions.",
            others=day.others,
        )
    )
    placed = tell(
        "By its largest distance from the close before: {largest}. Allowing for the market: "
        "{beyond_market}. The gap at the opening: {overnight}.",
        largest=among_days(day.largest).lower(),
        beyond_market=among_days(day.largest_abnormal).lower(),
        overnight=among_days(day.overnight).lower(),
    )
    return text.sentences(compared, placed)


def naive(study: EventStudy) -> str:
    """Why the usual tests are not used, with their own record on these shares."""
    one = front(study)
    if one is None:
        return ""
    alarms = one.naive["alarms_pct"].dropna()
    if alarms.empty:
        return ""
    return tell(
        "The usual tests take the shares for independent witnesses. On the other "
        "days of these very shares they call {lowest} to {highest} of days unusual "
        "where 5 % would be right. They stand here only so that nobody is misled by "
        "them elsewhere.",
        lowest=text.amount(float(alarms.min()), "percent", 0),
        highest=text.amount(float(alarms.max()), "percent", 0),
    )


def conclusion(study: EventStudy, near: pd.DataFrame, also: Sequence[str] = ()) -> str:
    """What is established, what is not, and what could not be told apart, as a Markdown list.

    `near` are dated events with their place (see `setting.near_events`); `also` are other things
    that prices cannot be told from.
    """
    one = front(study)
    if one is None:
        return tell("Nothing is established: no model could be fitted.")
    size = text.amount(abs(study.return_pct), "percent", 1)
    established = [
        tell("the shares fell by {size} on average {window}", size=size, window=over(study))
        if study.return_pct < 0
        else tell("the shares rose by {size} on average {window}", size=size, window=over(study))
    ]
    doubtful: list[str] = []
    tests = {
        mark("that the shares' mean moved beyond the market and bitcoin"): one.mean.p_value,
        mark("that it did under the whole set of declared specifications"): (
            study.curve.p_value if study.curve else None
        ),
        mark("that it moved beyond the market, bitcoin and AI shares"): (
            study.models["market_btc_ai"].mean.p_value if "market_btc_ai" in study.models else None
        ),
        mark("that miners with more AI contracts moved more"): (
            study.dose[PLAIN].placebo.p_value if PLAIN in study.dose else None
        ),
    }
    for what, p_value in tests.items():
        if p_value is not None:
            place = established if p_value < LEVEL else doubtful
            place.append(f"{word(what)} (p = {probability(p_value)})")
    sure, sentence = most_explained(study)
    if sentence:
        (established if sure else doubtful).append(sentence)
    rivals = [str(event) for event in near.loc[near["place"] != "came after", "event"]]
    later = [str(event) for event in near.loc[near["place"] == "came after", "event"]]
    lines = [
        tell("- **Established:** {established}.", established="; ".join(established)),
        tell(
            "- **Not established:** {doubtful}.",
            doubtful="; ".join(doubtful) or tell("none of the questions asked here"),
        ),
        tell(
            "- **Cannot be told apart by one day's prices:** {rivals}.",
            rivals="; ".join([*rivals, *also]) or tell("whatever else happened on the day"),
        ),
    ]
    if later:
        lines.append(
            tell("- **Came after, so not a cause of the close:** {later}.", later="; ".join(later))
        )
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
    sure = split.explained_low > HALF and (direct is None or direct > HALF)
    if direct is None:
        return sure, tell(
            "that the market and bitcoin account for most of the change ({share} without AI "
            "shares)",
            share=share,
        )
    return sure, tell(
        "that the market and bitcoin account for most of the change ({share} without AI shares, "
        "{direct} with AI shares fixed)",
        share=share,
        direct=text.amount(100 * direct, "percent", 0),
    )


def exclusions(study: EventStudy) -> pd.DataFrame:
    """What was left out, of what, and why; sections that could not be made as well."""
    rows = [(e.subject, e.left_out_of, e.reason) for e in study.exclusions]
    rows += [(tell("section"), name, reason) for name, reason in study.missing.items()]
    if study.curve is not None and len(study.curve.left_out):
        reasons = study.curve.left_out["reason"].value_counts()
        rows += [
            (
                tell("{count} specifications", count=count),
                tell("the specification curve"),
                str(reason),
            )
            for reason, count in reasons.items()
        ]
    columns = [mark("left out"), mark("of"), mark("reason")]
    return pd.DataFrame(rows, columns=columns).set_index("left out")


def source(edition: str, study: EventStudy) -> str:
    """The source and as-of line under the study's figures."""
    return tell(
        "Source: Yahoo Finance, closes adjusted for splits and dividends, to "
        "{last:%Y-%m-%d}; claimbook edition {edition}",
        last=study.setting.days[-1],
        edition=edition,
    )


def notes(study: EventStudy) -> str:
    """What a reader must know about the shares' prices and listings."""
    if not study.notes:
        return tell("Nothing is odd about the prices and listings of these shares.")
    return tell("About the prices and listings: {notes}.", notes="; ".join(study.notes))


def basis(study: EventStudy) -> str:
    """How bitcoin's day was cut, and which benchmarks were used."""
    chosen = study.benchmarks
    factors = tell(
        "The market is {market}. The AI basket is the equal-weighted mean of {ai}.",
        market=chosen.market,
        ai=text.listed(list(study.setting.ai)),
    )
    apart = ""
    if "MSFT" not in study.setting.ai:
        apart = tell("Microsoft is not in it, because the claim is about news of Microsoft.")
    bitcoin = tell(
        "Bitcoin in these windows: {here}. Bitcoin on the other days: {elsewhere}. Models are "
        "fitted on {estimation} sessions that end {gap} sessions before the event window.",
        here=word(study.bitcoin_basis),
        elsewhere=word(study.bitcoin_basis_placebo),
        estimation=study.estimation,
        gap=study.gap,
    )
    return text.sentences(factors, apart, bitcoin)
