"""Take a change apart into its factors, exactly: what each of them did, with nothing left over.

A total is a sum over categories of products of factors: V = Σ_c x_c1 · x_c2 · …. LMDI-I (Ang 2005,
2015) gives each factor the share L(V_c1, V_c0) · ln(x_c1 / x_c0), with the logarithmic mean
L(a, b) = (a − b) / (ln a − ln b); the shares sum to the change. Where a factor is zero on one side,
the limit of Ang, Zhang and Choi (1998) holds. Shapley's form is a second exact account: the mean of
a factor's contribution over all orders in which the factors could have changed.

Revenue is price × blocks × (subsidy + fees) per block, in two categories: subsidy and fees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from claimbook.analysis.windows import Windows
from claimbook.errors import ClaimbookError
from claimbook.language import mark

Array = NDArray[np.float64]

FACTORS = ("price", "blocks", "subsidy", "fees")
HASH_RATE = mark("hash rate")


class FactorError(ClaimbookError):
    """Factors of the wrong shape or sign."""


@dataclass(frozen=True)
class Account:
    """A change and what each factor did, in the total's unit and as a multiple.

    `additive` sums to `after` − `before`; the product of `multiplicative` is `after` / `before`.
    `chained` sums to the same change along the path of all windows between, moved on by one day
    each; `daily` along the path of single days (None for hashprice, which is no sum of days);
    `shapley` is the mean
    over all orders, `lowest` and `highest` the extreme orders; `alone` is the change if this
    factor had changed and no other, so it does not sum to the change.
    """

    before: float
    after: float
    additive: Mapping[str, float]
    multiplicative: Mapping[str, float]
    chained: Mapping[str, float]
    daily: Mapping[str, float] | None
    shapley: Mapping[str, float]
    lowest: Mapping[str, float]
    highest: Mapping[str, float]
    alone: Mapping[str, float]


def logarithmic_mean(a: Array, b: Array) -> Array:
    """L(a, b), elementwise; L(a, a) = a and L(a, 0) = 0. Both must not be negative."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    both = (a > 0) & (b > 0)
    ratio = np.divide(a, b, out=np.ones_like(a), where=both)
    log = np.log(ratio)
    # Near equality (a − b) / ln(a / b) loses digits; √(ab)·(1 + ln²/24) is L to fourth order.
    near = np.abs(log) < 1e-4
    far = np.divide(a - b, log, out=np.zeros_like(a), where=both & ~near)
    close = np.sqrt(np.where(both, a * b, 0.0)) * (1 + log**2 / 24)
    return np.asarray(np.where(both, np.where(near, close, far), 0.0))


def terms(before: Array, after: Array) -> Array:
    """LMDI-I terms, shape (…, categories, factors), of two factor arrays of that shape.

    Their sum over categories and factors is the change of Σ_c Π_f x. A category that a zero factor
    switches on or off gives its whole change to the factors that are zero, in equal parts. Raises
    FactorError for negative factors or unlike shapes.
    """
    x0, x1 = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if x0.shape != x1.shape or x0.ndim < 2:
        raise FactorError("factors before and after must both have shape (categories, factors)")
    if (x0 < 0).any() or (x1 < 0).any():
        raise FactorError("a factor is negative; LMDI takes factors of zero or more")
    v0, v1 = x0.prod(axis=-1), x1.prod(axis=-1)
    positive = (x0 > 0) & (x1 > 0)
    logs = np.log(np.divide(x1, x0, out=np.ones_like(x0), where=positive))
    smooth = logarithmic_mean(v1, v0)[..., None] * logs
    # A product that is zero on one side only: the factors that are zero there did it.
    switched = ((v0 == 0) != (v1 == 0))[..., None]
    zero = np.where((v0 == 0)[..., None], x0 == 0, x1 == 0)
    count = np.maximum(zero.sum(axis=-1, keepdims=True), 1)
    whole = np.where(zero, (v1 - v0)[..., None] / count, 0.0)
    return np.asarray(np.where(switched, whole, smooth))


def additive(before: Array, after: Array) -> Array:
    """What each factor did to the total, shape (factors,); sums to the change."""
    return np.asarray(terms(before, after).sum(axis=-2))


def multiplicative(before: Array, after: Array) -> Array:
    """By what each factor multiplied the total, shape (factors,); the product is the ratio.

    NaN where the total is zero on one side.
    """
    v0, v1 = (np.asarray(x, dtype=float).prod(axis=-1).sum(axis=-1) for x in (before, after))
    weight = logarithmic_mean(np.asarray(v1), np.asarray(v0))
    known = np.where(weight > 0, weight, np.nan)
    return np.exp(additive(before, after) / known[..., None])


def by_order(before: Array, after: Array) -> tuple[Array, Array, Array]:
    """Shapley's mean, the lowest and the highest contribution of each factor over all orders.

    For few factors: the work doubles with each.
    """
    x0, x1 = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    count = x0.shape[-1]

    def total(switched: tuple[int, ...]) -> float:
        x = x0.copy()
        x[..., list(switched)] = x1[..., list(switched)]
        return float(x.prod(axis=-1).sum())

    mean, low, high = np.zeros(count), np.full(count, np.inf), np.full(count, -np.inf)
    for factor in range(count):
        others = [other for other in range(count) if other != factor]
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for first in combinations(others, size):
                gain = total((*first, factor)) - total(first)
                mean[factor] += weight * gain
                low[factor] = min(low[factor], gain)
                high[factor] = max(high[factor], gain)
    return mean, low, high


def alone(before: Array, after: Array) -> Array:
    """The change of the total if one factor changes and the others stay, shape (factors,)."""
    x0, x1 = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    gains = np.zeros(x0.shape[-1])
    for factor in range(x0.shape[-1]):
        x = x0.copy()
        x[..., factor] = x1[..., factor]
        gains[factor] = x.prod(axis=-1).sum() - x0.prod(axis=-1).sum()
    return gains


def factors(sums: pd.DataFrame, *, per_hash: bool = False) -> Array:
    """The factor array (…, 2, 4 or 5) of totals of periods; rows are subsidy and fees.

    `sums` has the columns of `totals`, one row a period. The price of a category is the mean price
    at which its coins were earned, weighted by the coins; so price × blocks × coins per block is
    exactly the category's revenue in USD. `per_hash` adds one over the summed hash rate, which
    turns revenue (USD) into hashprice (USD per PH/s and day).
    """
    blocks = sums["blocks"].to_numpy(dtype=float)
    one = np.ones(len(sums))
    rows = []
    for coins, dollars in (("issuance_btc", "issuance_usd"), ("fees_btc", "fees_usd")):
        amount = sums[coins].to_numpy(dtype=float)
        price = np.divide(sums[dollars], amount, out=np.zeros(len(sums)), where=amount > 0)
        each = amount / blocks
        columns = [price, blocks, each if coins == "issuance_btc" else one,
                   each if coins == "fees_btc" else one]  # fmt: skip
        if per_hash:
            columns.append(1 / (1000.0 * sums["hashrate_ehs"].to_numpy(dtype=float)))
        rows.append(np.stack(columns, axis=-1))
    return np.stack(rows, axis=-2)


def totals(frame: pd.DataFrame) -> pd.DataFrame:
    """What each day adds to a period's totals: coins, dollars, blocks, hash rate (EH/s-days)."""
    out = frame[["blocks", "issuance_btc", "fees_btc", "hashrate_ehs"]].astype(float)
    out["issuance_usd"] = frame["issuance_btc"] * frame["price_usd"]
    out["fees_usd"] = frame["fees_btc"] * frame["price_usd"]
    return out


def account(frame: pd.DataFrame, windows: Windows, *, per_hash: bool = False) -> Account | None:
    """The account of revenue (USD over the window) or, `per_hash`, of hashprice, for one window.

    End to end: the window before against the window after. Chained: through all windows of the
    same length between them, shifted by one day each, so that the path of the factors counts. None
    where a day of the windows is missing.
    """
    names = (*FACTORS, HASH_RATE) if per_hash else FACTORS
    span = windows.before.append(windows.after)
    days = totals(frame).reindex(span)
    if days.isna().any(axis=None) or len(windows.before) != len(windows.after):
        return None
    length = len(windows.before)
    path = factors(days.rolling(length).sum().iloc[length - 1 :], per_hash=per_hash)
    # The rolling sums drift in the last digits; the two ends are summed anew.
    path[0] = factors(days.iloc[:length].sum().to_frame().T, per_hash=per_hash)[0]
    path[-1] = factors(days.iloc[length:].sum().to_frame().T, per_hash=per_hash)[0]
    first, last = path[0], path[-1]
    mean, low, high = by_order(first, last)
    return Account(
        before=float(first.prod(axis=-1).sum()),
        after=float(last.prod(axis=-1).sum()),
        additive=_named(names, additive(first, last)),
        multiplicative=_named(names, multiplicative(first, last)),
        chained=_named(names, additive(path[:-1], path[1:]).sum(axis=0)),
        daily=None if per_hash else _named(names, day_by_day(days, length)),
        shapley=_named(names, mean),
        lowest=_named(names, low),
        highest=_named(names, high),
        alone=_named(names, alone(first, last)),
    )


def day_by_day(days: pd.DataFrame, length: int) -> Array:
    """What each factor did to a window's revenue, chained from each day to the next.

    `days` holds 2 · `length` days of `totals`. Day i after less day i before is the sum of the
    `length` daily changes between them; summed over i, the change into day s counts as often as a
    pair spans it: 1, 2, …, `length`, …, 2, 1 times.
    """
    path = factors(days)
    steps = additive(path[:-1], path[1:])
    rising = np.arange(1, length + 1)
    return np.asarray(np.concatenate([rising, rising[-2::-1]]) @ steps)


def table(found: Account, scale: float = 1.0) -> pd.DataFrame:
    """An account as a table, one row a factor and one for the change, divided by `scale`."""
    daily = found.daily if found.daily is not None else dict.fromkeys(found.additive, np.nan)
    out = pd.DataFrame(
        {
            "effect": pd.Series(found.additive) / scale,
            mark("multiplied by"): pd.Series(found.multiplicative),
            mark("window by window"): pd.Series(found.chained) / scale,
            mark("day by day"): pd.Series(daily) / scale,
            mark("mean of orders"): pd.Series(found.shapley) / scale,
            mark("lowest order"): pd.Series(found.lowest) / scale,
            mark("highest order"): pd.Series(found.highest) / scale,
        }
    )
    change = (found.after - found.before) / scale
    # Every order ends at the same total.
    out.loc[mark("all together")] = [change, found.after / found.before, *[change] * 5]
    return out.rename_axis("factor")


def _named(names: Sequence[str], values: Array) -> dict[str, float]:
    return {name: float(value) for name, value in zip(names, values, strict=True)}
