"""Halving-revenue: the step at the halving, the search for breaks, and how sure they are."""

import pandas as pd

from claimbook import text
from claimbook.analysis import revenue
from claimbook.analysis.halving import SUBSIDY, Study, nearest
from claimbook.analysis.steps import MOST_PERSISTENT, NEAR_UNIT_ROOT, Step, at_bound
from claimbook.language import mark, tell, tell_many, word
from claimbook.words.revenue import LABELS


def step_table(study: Study) -> pd.DataFrame:
    """The step at the halving, each series a row; then the same at the other halvings."""
    rows = []
    for name, step in _all_steps(study).items():
        if step is None:
            rows.append([name, *[float("nan")] * 8])
            continue
        rows.append([
            name + (" *" if at_bound(step.errors) else ""), step.percent, step.low, step.high,
            step.least_squares, *step.newey_west, step.errors.persistence, step.errors.noise,
        ])  # fmt: skip
    columns = [
        mark("series"), mark("step"), mark("low"), mark("high"), mark("check"), mark("check: low"),
        mark("check: high"), mark("carry-over"), mark("noise"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index("series")


def _all_steps(study: Study) -> dict[str, Step | None]:
    """Every step by `year: series`, the halving that is studied first."""
    fits = {(study.halving.year, m): step for m, step in study.steps.items()} | dict(study.earlier)
    return {f"{year}: {word(LABELS[measure])}": step for (year, measure), step in fits.items()}


def check_words(study: Study) -> str:
    """How the check by least squares compares with the fitted steps, counted."""
    fits = {name: step for name, step in _all_steps(study).items() if step is not None}
    if not fits:
        return tell("No step could be fitted, so there is nothing to check.")
    narrow = [
        name
        for name, step in fits.items()
        if step.newey_west[1] - step.newey_west[0] < step.high - step.low
    ]
    outside = [
        tell(
            "{series} ({step} against {low} to {high})",
            series=name,
            step=text.amount(step.percent, "percent", 0),
            low=text.number(step.newey_west[0], 0),
            high=text.number(step.newey_west[1], 0),
        )
        for name, step in fits.items()
        if not step.newey_west[0] <= step.percent <= step.newey_west[1]
    ]
    apart = (
        tell(
            "It leaves our step out for {series}: there the two methods disagree.",
            series=text.listed(outside),
        )
        if outside
        else tell("It holds our step in every row.")
    )
    return tell(
        "The check is another estimate, ordinary least squares, with its own interval by "
        "Newey–West errors, so its interval lies about its own step. It is narrower than ours in "
        "{narrower} of {all} rows, and wider in the others. {apart}",
        narrower=len(narrow),
        all=len(fits),
        apart=apart,
    )


def bound_words(study: Study) -> str:
    """Which fitted errors lie at the bound of their carry-over, and what lifting it does."""
    bound = text.number(MOST_PERSISTENT, 3)
    rows = [
        tell(
            "{series}, {low} to {high} becomes {new_low} to {new_high}",
            series=name,
            low=text.number(step.low, 0),
            high=text.number(step.high, 0),
            new_low=text.number(step.near_unit_root[0], 0),
            new_high=text.number(step.near_unit_root[1], 0),
        )
        for name, step in _all_steps(study).items()
        if step is not None and step.near_unit_root is not None
    ]
    if not rows:
        return tell("No carry-over lies at its upper bound of {bound}.", bound=bound)
    return tell(
        "In the rows with a star the carry-over lies at its upper bound of {bound}, so the "
        "interval depends on the bound. With {lifted}, all but a random walk, the intervals (%) "
        "change as follows: {rows}.",
        bound=bound,
        lifted=text.number(NEAR_UNIT_ROOT, 4),
        rows="; ".join(rows),
    )


def step_words(study: Study) -> str:
    """The step of each series, and the burst of fees in the first days."""
    said = []
    for measure, step in study.steps.items():
        if step is not None:
            low, high = (text.number(v, 0) for v in (step.low, step.high))
            said.append(
                tell(
                    "{series} {step} ({low} to {high})",
                    series=word(LABELS[measure]),
                    step=text.amount(step.percent, "percent", 0),
                    low=low,
                    high=high,
                )
            )
    coins = study.steps["revenue_btc"]
    if coins is None:
        return tell("The step cannot be estimated, because a day of the span is missing.")
    first = text.amount(coins.burst[0], "percent", 0, sign=True)
    rest = [text.number(v, 0, sign=True) for v in coins.burst[1:]]
    return tell(
        "The step at the halving, with its 95 % interval: {steps}. The first day lay {first} off "
        "the new level of revenue in bitcoin, the next six days {next} %.",
        steps="; ".join(said),
        first=first,
        next=text.listed(rest),
    )


def placebo_words(study: Study) -> str:
    """How many other dates show a fall as deep."""
    said = []
    for measure, placebos in study.placebos.items():
        step = study.steps[measure]
        if step is not None and len(placebos):
            deeper = int((placebos <= step.percent).sum())
            said.append(
                tell(
                    "{series} {deeper:,} of {dates:,}",
                    series=word(LABELS[measure]),
                    deeper=deeper,
                    dates=len(placebos),
                )
            )
    if not said:
        return tell("No other date has a complete span, so there is nothing to compare with.")
    return tell(
        "Dates at which the same model finds a fall at least as deep: {counts}. Only dates count "
        "whose whole span of {days} days on each side is known and holds no halving. The "
        "carry-over and noise of the errors are those fitted at the halving that is studied. The "
        "spans of neighbouring dates overlap, so these are few independent trials, and the early "
        "years swing more than the late ones.",
        counts="; ".join(said),
        days=study.series_days,
    )


def breaks_table(study: Study) -> pd.DataFrame:
    """What the search found in each series; the last column knows the date of the halving."""
    rows = {}
    for measure, found in study.breaks.items():
        if found is None:
            rows[LABELS[measure]] = [text.MISSING] * 6
            continue
        close = nearest(found, study.halving.day)
        rows[LABELS[measure]] = [
            f"{found.single:%Y-%m-%d}",
            tell("{low:%Y-%m-%d} to {high:%Y-%m-%d}", low=found.low, high=found.high),
            text.number(found.sup_f, 0),
            text.number(found.sup_f_p, 3),
            ", ".join(f"{day:%Y-%m-%d}" for day in found.chosen) or mark("none"),
            text.MISSING if close is None else str((close - study.halving.day).days),
        ]
    columns = [
        mark("one break"), mark("its interval"), mark("sup-F"), mark("p-value"),
        mark("breaks by BIC"), mark("days from halving, of the nearest (picked knowing the date)"),
    ]  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis(mark("series"))


def breaks_words(study: Study) -> str:
    """Where the search puts the single break of each series, and whether that is the halving."""
    day = study.halving.day
    known = {m: found for m, found in study.breaks.items() if found is not None}
    if not known:
        return tell("The search cannot be made, because a day of the span is missing.")
    parts = []
    for measure, found in known.items():
        if measure != SUBSIDY:
            series, off = word(LABELS[measure]), _off(found.single, day)
            parts.append(
                tell("{series}: {off}, and its interval holds the halving", series=series, off=off)
                if found.low <= day <= found.high
                else tell(
                    "{series}: {off}, and its interval does not hold the halving",
                    series=series,
                    off=off,
                )
            )
    said = [tell("The one break lies, for {series}.", series="; ".join(parts))]
    if (subsidy := known.get(SUBSIDY)) is not None:
        said.append(
            tell(
                "The subsidy alone breaks {off}, as the protocol makes it do; that tests the "
                "search, not the claim.",
                off=_off(subsidy.single, day),
            )
        )
    coins = known.get("revenue_btc")
    if coins is not None and 0 < (coins.single - day).days < 30:
        span = pd.date_range(day, periods=study.series_days)
        until = 100 * revenue.fee_share(study.first, span[span < coins.single])
        later = 100 * revenue.fee_share(study.first, span[span >= coins.single])
        if until > later:
            said.append(
                tell(
                    "From the halving to the break of revenue in bitcoin fees were {until} of it, "
                    "and {later} from then to the end of the span: the search counts days of high "
                    "fees to the old level.",
                    until=text.amount(until, "percent", 0),
                    later=text.amount(later, "percent", 0),
                )
            )
    return text.sentences(*said)


def _off(found: pd.Timestamp, day: pd.Timestamp) -> str:
    days = (found - day).days
    if days == 0:
        return tell("on the first whole day")
    if days > 0:
        return tell_many(
            "{count} day after the first whole day ({found:%Y-%m-%d})",
            "{count} days after the first whole day ({found:%Y-%m-%d})",
            days,
            found=found,
        )
    return tell_many(
        "{count} day before the first whole day ({found:%Y-%m-%d})",
        "{count} days before the first whole day ({found:%Y-%m-%d})",
        -days,
        found=found,
    )


def moved_breaks_table(study: Study) -> pd.DataFrame:
    """The single break where the span is moved off the halving or shortened."""
    table = study.moved_breaks.copy()
    table.index = [
        tell(
            "{days} days each side, moved by {offset} days",
            days=days,
            offset=text.number(offset, 0, sign=True),
        )
        for days, offset in table.index
    ]
    return table.rename(columns=LABELS).rename_axis(mark("span"))


def moved_breaks_words(study: Study, within: int = 7) -> str:
    """In how many spans the search finds the halving, series by series."""
    table, day = study.moved_breaks, study.halving.day
    parts = [
        tell(
            "{series} in {near} of {all}",
            series=word(LABELS[m]),
            near=int(((table[m] - day).abs() <= pd.Timedelta(days=within)).sum()),
            all=int(table[m].notna().sum()),
        )
        for m in table.columns
    ]
    return tell(
        "The one break lies within {days} days of the halving for {series} spans.",
        days=within,
        series=text.listed(parts),
    )
