"""Put newly fetched rows of one security, or of the network, in the place of old ones."""

from dataclasses import dataclass

import pandas as pd

from claimbook.errors import DataError

# Of the rows that the old edition has, this share may be gone without the answer being partial.
LOSS = 0.005
# Two series are on one basis where, beside the seam, their prices differ by no more than this
# (relative): more than rounding to four decimals, less than a dividend.
SAME_BASIS = 3e-5
BESIDE = 5  # rows that are looked at on each side of the seam


class PartialError(DataError):
    """An answer lacks rows that the current edition has."""


class BasisError(DataError):
    """Old rows and new ones are on different bases, and so cannot stand in one series."""


@dataclass(frozen=True)
class Joined:
    """The rows to keep, in order; and the old ones that are not among them.

    `lost` are old rows in the span fetched that the answer no longer has; `dropped` are old rows
    outside the span that are on another basis (a split since).
    """

    rows: pd.DataFrame
    lost: pd.DataFrame
    dropped: pd.DataFrame


def joined(
    old: pd.DataFrame,
    new: pd.DataFrame,
    span: tuple[pd.Timestamp, pd.Timestamp],
    *,
    key: str,
    value: str | None,
    what: str,
    drop: bool = False,
    alike: bool = False,
) -> Joined:
    """New rows in the span, old rows outside it.

    `old` and `new` have the column `key` (dates or moments) and stand for one series, named `what`
    in sentences; `span` is what was fetched, both ends included. Where `value` names a price,
    old rows outside are kept only on the basis of the new ones: else they are dropped with `drop`,
    and without it BasisError is raised. Where no row is in both, `alike` says whether the basis is
    known to be one. Raises PartialError where the answer lacks more of the old rows than `LOSS`.
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
    nothing = old.iloc[:0]
    if value is not None:
        for side in (outside[outside[key] < span[0]], outside[outside[key] > span[1]]):
            if len(side) and not _one_basis(old, new, side, key, value, alike):
                if not drop:
                    raise BasisError(
                        f"{what}: the rows outside the days asked for are on another basis than "
                        "what is fetched now (a dividend or split since, or no day in common): "
                        "leave out --from and --to, so that the whole series is fetched anew; "
                        "nothing was written"
                    )
                outside = outside.drop(side.index)
                nothing = pd.concat([nothing, side]) if len(nothing) else side
    rows = pd.concat([part for part in (outside, new) if len(part)] or [new])
    return Joined(rows.sort_values(key).reset_index(drop=True), lost, nothing)


def _one_basis(
    old: pd.DataFrame, new: pd.DataFrame, side: pd.DataFrame, key: str, value: str, alike: bool
) -> bool:
    both = old[[key, value]].merge(new[[key, value]], on=key, suffixes=("_old", "_new"))
    both = both.sort_values(key)
    earlier = side[key].max() < new[key].min() if len(new) else True
    beside = both.head(BESIDE) if earlier else both.tail(BESIDE)
    if beside.empty:
        return alike
    ratio = (beside[f"{value}_new"] / beside[f"{value}_old"]).median()
    return bool(abs(ratio - 1) <= SAME_BASIS)
