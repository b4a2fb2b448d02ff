"""Every reasonable way to ask the question, declared beforehand, and one p-value for all of them.

A specification is a model, an estimation length, an event window, a kind of return and a set of
shares. Showing all of them sorted tells how far the answer hangs on the choice (Simonsohn, Simmons
and Nelson 2020). They are not independent, so their number proves nothing; the whole curve is run
again on every other day, and the event's curve takes its place among those.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from claimbook.analysis.inference import Direction, Placebo, placebo
from claimbook.analysis.models import Array, Model
from claimbook.analysis.returns import Kind
from claimbook.analysis.rolling import roll
from claimbook.errors import AnalysisError
from claimbook.language import mark


@dataclass(frozen=True)
class Choices:
    """The declared choices; the specifications are all their combinations.

    `windows` are (first, last) sessions counted from the event; `sets` names groups of shares.
    """

    models: tuple[Model, ...]
    lengths: tuple[int, ...]
    windows: tuple[tuple[int, int], ...]
    kinds: tuple[Kind, ...]
    sets: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Curve:
    """The curve of one event.

    `table`: one row a specification that could be run, sorted by estimate: model, estimation,
    window, returns, shares, estimate (mean cumulative abnormal return, fraction), error, t, p_value
    (portfolio test, two-sided), low and high (interval of 1 - `level`, from Student's t).
    `left_out`: those that could not, with the reason.
    `median_t`, `median_estimate` and `significant` (how many specifications are significant at
    `level` in the event's direction) are judged against the same figures of M other days;
    `median_t` is the joint test, since estimates of windows of different length are not alike.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame
    median_t: Placebo
    median_estimate: Placebo
    significant: Placebo
    level: float

    @property
    def p_value(self) -> float:
        """The joint p-value of the whole curve."""
        return self.median_t.p_value


def curve(
    choices: Choices,
    returns: Mapping[Kind, pd.DataFrame],
    factors: Mapping[Kind, pd.DataFrame],
    event: int,
    gap: int,
    excluded: Sequence[int] = (),
    direction: Direction = "either",
    level: float = 0.05,
) -> Curve:
    """The specification curve of the event at row `event`, and its joint p-values.

    `returns` and `factors` are keyed by kind of return: frames on the same sessions, columns shares
    and factors. Rows whose windows would meet the event's, and the rows in `excluded`, are no
    placebo days; nor are rows on which a specification cannot be run.
    """
    days = len(next(iter(returns.values())))
    positions = np.arange(days)
    widest = max(last for _, last in choices.windows) - min(first for first, _ in choices.windows)
    rows: list[tuple[str, int, str, str, str]] = []
    estimates, errors, degrees = [], [], []
    for kind in choices.kinds:
        shares = returns[kind]
        portfolios = np.column_stack(
            [shares[list(names)].mean(axis=1, skipna=False) for names in choices.sets.values()]
        )
        for model in choices.models:
            chosen = factors[kind][list(model.factors)].to_numpy(dtype=float)
            for length in choices.lengths:
                for first, last in choices.windows:
                    usable = positions[
                        (positions + first - gap - length >= 1) & (positions + last < days)
                    ]
                    size = last - first + 1
                    rolled = roll(model, portfolios, chosen, usable + first, length, gap, size)
                    for column, name in enumerate(choices.sets):
                        label = f"{first:+d} to {last:+d}" if last > first else f"{first:+d}"
                        rows.append((model.name, length, label.replace("+0", "0"), kind, name))
                        estimates.append(_on(days, usable, rolled.car[:, column]))
                        errors.append(_on(days, usable, rolled.error[:, column]))
                        degrees.append(rolled.df[0, 0] if len(usable) else np.nan)
    estimate, error = np.column_stack(estimates), np.column_stack(errors)
    names = ["model", "estimation", "window", "returns", "shares"]
    every = pd.DataFrame(rows, columns=names)
    possible = np.isfinite(estimate[event])
    if not possible.any():
        raise AnalysisError("none of the declared specifications can be run on this date")
    left_out = every[~possible].assign(
        reason=mark("a share or factor has no return in every session that it needs")
    )
    statistic = estimate[:, possible] / error[:, possible]
    estimate, df = estimate[:, possible], np.array(degrees)[possible]
    critical = (
        stats.t.ppf(1 - level / 2, df) if direction == "either" else stats.t.ppf(1 - level, df)
    )
    complete = np.isfinite(statistic).all(axis=1)
    apart = np.abs(positions - event) > widest
    others = complete & apart & ~np.isin(positions, list(excluded))
    median_t = np.median(statistic, axis=1)
    median_estimate = np.median(estimate, axis=1)
    falls, rises = (statistic < -critical).sum(axis=1), (statistic > critical).sum(axis=1)
    count = {"fall": falls, "rise": rises, "either": np.maximum(falls, rises)}[direction]
    reach = stats.t.ppf(1 - level / 2, df) * error[event][possible]
    table = every[possible].assign(
        estimate=estimate[event],
        error=error[event][possible],
        t=statistic[event],
        p_value=2 * stats.t.sf(np.abs(statistic[event]), df),
        low=estimate[event] - reach,
        high=estimate[event] + reach,
    )
    return Curve(
        table=table.sort_values("estimate", kind="stable").reset_index(drop=True),
        left_out=left_out.reset_index(drop=True),
        median_t=placebo(float(median_t[event]), median_t[others], direction, "median t"),
        median_estimate=placebo(
            float(median_estimate[event]), median_estimate[others], direction, "median estimate"
        ),
        significant=placebo(
            float(count[event]), count[others].astype(float), "rise", "significant specifications"
        ),
        level=level,
    )


def _on(days: int, rows: np.ndarray[tuple[int], np.dtype[np.intp]], values: Array) -> Array:
    out = np.full(days, np.nan)
    out[rows] = values
    return out
