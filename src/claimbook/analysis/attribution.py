"""What moved the shares: a window's mean return split among factors, and how sure the split is.

With R = a + sum of b_k F_k + e, the part of factor k is b_k F_kE and the parts, the constant and
the abnormal return add up to the return. Where factors move together the split among them depends
on the order in which they enter. Shapley's value averages over all orders: with v(S) the return
predicted by the factors S alone, phi_k is the mean of v(S + k) - v(S) over the orders (Lindeman,
Merenda and Gold 1980 apply the same to R squared). The range over orders is shown beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimbook.analysis.models import Array
from claimbook.errors import AnalysisError

MOST_FACTORS = 8


@dataclass(frozen=True)
class Attribution:
    """The split of a window's return; all returns are fractions, `level` the intervals' level.

    `table`: one row a factor, with beta, beta_error, factor_return, contribution,
    contribution_error, contribution_low, contribution_high (redrawn days), shapley, shapley_low,
    shapley_high, order_low, order_high (range over the orders).
    `constant` is the model's constant over the window; observed = constant + contributions +
    abnormal, and also constant_alone + Shapley values + abnormal.
    """

    table: pd.DataFrame
    observed: float
    constant: float
    constant_alone: float
    abnormal: float
    abnormal_low: float
    abnormal_high: float
    explained_share: float | None
    explained_low: float | None
    explained_high: float | None
    draws: int
    level: float


@dataclass(frozen=True)
class Bracket:
    """The abnormal return without and with the factors that the news may itself have moved.

    `total` leaves them out, `direct` holds them fixed; `between` = total - direct is what went
    along with them. Intervals come from redrawn days, and hold the model's uncertainty only.
    """

    total: float
    direct: float
    between: float
    between_low: float
    between_high: float


def attribute(
    names: Sequence[str],
    returns: Array,
    factors: Array,
    event_return: float,
    event_factors: Array,
    length: int = 1,
    draws: int = 1999,
    seed: int = 0,
    level: float = 0.95,
) -> Attribution:
    """Split a window's return among factors.

    returns (T), factors (T x k) of the estimation window; event_return and event_factors (k) are
    sums over the event window's `length` sessions. Raises AnalysisError for no or too many factors.
    """
    count = len(names)
    if not 1 <= count <= MOST_FACTORS:
        raise AnalysisError(f"an attribution needs 1 to {MOST_FACTORS} factors, not {count}")
    days = len(returns)
    data = np.column_stack([np.ones(days), factors, returns])
    whole = np.ones((1, days))
    beta, value = _fits(data, whole, event_factors, length)
    inverse = np.linalg.inv(data[:, :-1].T @ data[:, :-1])
    residual = returns - data[:, :-1] @ beta[0]
    variance = float(residual @ residual) / (days - count - 1)
    beta_error = np.sqrt(variance * np.diag(inverse))[1:]

    beta_drawn, value_drawn = _fits(data, _counts(days, draws, seed), event_factors, length)
    parts, parts_drawn = beta[0, 1:] * event_factors, beta_drawn[:, 1:] * event_factors
    ends = [50 * (1 - level), 50 * (1 + level)]
    part_low, part_high = np.percentile(parts_drawn, ends, axis=0)
    shapley_low, shapley_high = np.percentile(shapley(value_drawn), ends, axis=0)
    order_low, order_high = order_range(value[0])
    predicted, predicted_drawn = float(value[0, -1]), value_drawn[:, -1]
    predicted_low, predicted_high = np.percentile(predicted_drawn, ends)
    shares = (
        sorted((predicted_low / event_return, predicted_high / event_return))
        if (event_return)
        else (None, None)
    )
    table = pd.DataFrame(
        {
            "beta": beta[0, 1:],
            "beta_error": beta_error,
            "factor_return": event_factors,
            "contribution": parts,
            "contribution_error": np.abs(event_factors) * beta_error,
            "contribution_low": part_low,
            "contribution_high": part_high,
            "shapley": shapley(value[0]),
            "shapley_low": shapley_low,
            "shapley_high": shapley_high,
            "order_low": order_low,
            "order_high": order_high,
        },
        index=pd.Index(list(names), name="factor"),
    )
    return Attribution(
        table=table,
        observed=event_return,
        constant=float(beta[0, 0]) * length,
        constant_alone=float(value[0, 0]),
        abnormal=event_return - predicted,
        abnormal_low=event_return - float(predicted_high),
        abnormal_high=event_return - float(predicted_low),
        explained_share=predicted / event_return if event_return else None,
        explained_low=shares[0],
        explained_high=shares[1],
        draws=draws,
        level=level,
    )


def bracket(
    returns: Array,
    factors: Array,
    event_return: float,
    event_factors: Array,
    kept: int,
    length: int = 1,
    draws: int = 1999,
    seed: int = 0,
    level: float = 0.95,
) -> Bracket:
    """Abnormal return with the first `kept` factors only (total) and with all of them (direct)."""
    days = len(returns)
    data = np.column_stack([np.ones(days), factors, returns])
    some = (1 << kept) - 1
    _, value = _fits(data, np.ones((1, days)), event_factors, length)
    _, drawn = _fits(data, _counts(days, draws, seed), event_factors, length)
    low, high = np.percentile(drawn[:, -1] - drawn[:, some], [50 * (1 - level), 50 * (1 + level)])
    total, direct = event_return - float(value[0, some]), event_return - float(value[0, -1])
    return Bracket(total, direct, total - direct, float(low), float(high))


def shapley(values: Array) -> Array:
    """Shapley values (... x k) of a game given by its values of all subsets (... x 2**k).

    Position S of the last axis holds v(S), where bit j of S says that player j is in.
    """
    count = _players(values)
    out = np.zeros((*values.shape[:-1], count))
    for player in range(count):
        for subset in _without(player, count):
            size = subset.bit_count()
            weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
            out[..., player] += weight * (values[..., subset | 1 << player] - values[..., subset])
    return out


def order_range(values: Array) -> tuple[Array, Array]:
    """Each player's smallest and largest marginal contribution over all orders (k, k)."""
    count = _players(values)
    steps = [
        [values[subset | 1 << player] - values[subset] for subset in _without(player, count)]
        for player in range(count)
    ]
    return np.array([min(s) for s in steps]), np.array([max(s) for s in steps])


def r_squared(response: Array, regressors: Array) -> Array:
    """R squared of the regression on every subset of regressors, with a constant (2**k)."""
    both = np.column_stack([regressors, response])
    centred = both - both.mean(axis=0)
    return r_squared_of(centred.T @ centred)


def r_squared_of(spread: Array) -> Array:
    """The same (..., 2**k) from sums of squares and products about the means (..., k + 1, k + 1).

    The response is last. With s the regressors' products with it, R squared is s' S^-1 s by the
    response's own sum of squares.
    """
    width = spread.shape[-1] - 1
    out = np.zeros((*spread.shape[:-2], 1 << width))
    for subset in range(1, 1 << width):
        members = _members(subset)
        among = spread[..., members, :][..., members]
        own = spread[..., members, width]
        solved = np.linalg.solve(among, own[..., None])[..., 0]
        out[..., subset] = (own * solved).sum(axis=-1) / spread[..., width, width]
    return out


def _fits(data: Array, counts: Array, event: Array, length: int) -> tuple[Array, Array]:
    """Coefficients (B x k + 1) and every subset's prediction (B x 2**k), by row of day counts."""
    days, width = data.shape
    products = (counts @ (data[:, :, None] * data[:, None, :]).reshape(days, -1)).reshape(
        -1, width, width
    )
    factors = width - 2
    value = np.empty((len(counts), 1 << factors))
    coefficients: Array = np.empty((len(counts), 0))
    for subset in range(1 << factors):
        members = _members(subset)
        columns = [0, *(j + 1 for j in members)]
        solved = np.linalg.solve(
            products[:, columns][:, :, columns], products[:, columns, -1][:, :, None]
        )
        coefficients = np.asarray(solved[:, :, 0])
        value[:, subset] = coefficients @ np.array([length, *event[members]])
    return coefficients, value


def _counts(days: int, draws: int, seed: int) -> Array:
    """How often each day is drawn, whole days with replacement (draws x days)."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(days, np.full(days, 1 / days), size=draws).astype(float)


def _members(subset: int) -> list[int]:
    return [j for j in range(subset.bit_length()) if subset >> j & 1]


def _without(player: int, count: int) -> list[int]:
    return [subset for subset in range(1 << count) if not subset >> player & 1]


def _players(values: Array) -> int:
    count = int(values.shape[-1]).bit_length() - 1
    if values.shape[-1] != 1 << count:
        raise AnalysisError("a game needs the value of every subset: 2**k of them")
    return count
