"""Put newly fetched rows of one security, or of the network, in the place of old ones."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from claimbook.errors import DataError

# Of the rows that the old edition has, this share may be gone without the answer being partial.
LOSS = 0.005
# Two series are on one basis where, beside the seam, their prices differ by no more than this
# (relative): more than rounding to four decimals, less than a dividend.
SAME_BASIS = 3e-5
SPLIT = 0.01  # no split moves prices by less (relative)
BESIDE = 5  # rows that are looked at on each side of the seam


class PartialError(DataError):
    """An answer lacks rows that the current edition has."""


class BasisError(DataError):
    """Old rows and new ones are on different bases, and so cannot stand in one series."""


@dataclass(frozen=True)
class Joined:
    """The rows to keep, in order; and the old ones that are not among them.

    `lost` are old rows in the span fetched that the answer no longer has; `dropped` are old rows
    outside the span that are on another basis (a split since). `apart` says by how much, relative,
    prices beside a seam differ where the old rows were kept all the same; else 0.
    """

    rows: pd.DataFrame
    lost: pd.DataFrame
    dropped: pd.DataFrame
    apart: float = 0.0


def joined(
    old: pd.DataFrame,
    new: pd.DataFrame,
    span: tuple[pd.Timestamp, pd.Timestamp],
    *,
    key: str,
    value: str | None,
    what: str,
    split_after: Callable[[pd.DataFrame], bool] | None = None,
    alike: bool = False,
) -> Joined:
    """New rows in the span, old rows outside it.

    `old` and `new` have the column `key` (dates or moments) and stand for one series, named `what`
    in sentences; `span` is what was fetched, both ends included. Where `value` names a price,
    old rows outside are kept on the basis of the new ones. On another one BasisError is raised,
    unless `split_after` is given: it says whether a split is known after some rows, which are then
    dropped; without a split they stay, and `apart` tells the difference. Where no row is in both,
    `alike` says whether the basis is known to be one. Raises PartialError where the answer lacks
    more of the old rows than `LOSS`.
    """
    inside = old[key].between(*span)
    new = new[new[key].between(*span)]
    lost = old[inside & ~old[key].isin(new[key])]
    if len(lost) > LOSS * int(inside.sum()):
        raise PartialError(
            f"{what}: the answer lacks {len(lost):,} of the {int(inside.sum()):,} rows that the "
            f"current edition has there, the first of {lost[key].min():%Y-%m-%d}: a partial "
            "answer; nothing was written, try again later"
        )
    outside = old[~inside]
    nothing, apart = old.iloc[:0], 0.0
    if value is not None:
        for side in (outside[outside[key] < span[0]], outside[outside[key] > span[1]]):
            if side.empty:
                continue
            ratio = _ratio(old, new, side, key, value)
            if alike if ratio is None else abs(ratio - 1) <= SAME_BASIS:
                continue
            if split_after is None:
                raise BasisError(
                    f"{what}: the rows outside the days asked for are on another basis than "
                    "what is fetched now (a dividend or split since, or no day in common): "
                    "leave out --from and --to, so that the whole series is fetched anew; "
                    "nothing was written"
                )
            if ratio is None or (abs(ratio - 1) > SPLIT and split_after(side)):
                outside = outside.drop(side.index)
                nothing = pd.concat([nothing, side]) if len(nothing) else side
            else:
                apart = max(apart, abs(ratio - 1))
    rows = pd.concat([part for part in (outside, new) if len(part)] or [new])
    return Joined(rows.sort_values(key).reset_index(drop=True), lost, nothing, apart)


def _ratio(
    old: pd.DataFrame, new: pd.DataFrame, side: pd.DataFrame, key: str, value: str
) -> float | None:
    """New price over old one beside the seam; None where no row is in both."""
    both = old[[key, value]].merge(new[[key, value]], on=key, suffixes=("_old", "_new"))
    both = both.sort_values(key)
    earlier = side[key].max() < new[key].min() if len(new) else True
    beside = both.head(BESIDE) if earlier else both.tail(BESIDE)
    if beside.empty:
        return None
    return float((beside[f"{value}_new"] / beside[f"{value}_old"]).median())
