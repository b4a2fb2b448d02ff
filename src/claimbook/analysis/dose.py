"""Did the shares with more AI business fall more? The slope, judged against other days' slopes.

On one day the shares' returns are neither independent nor of equal variance, so the slope's own
standard error means nothing. The same slope, on the same exposures, is taken on every other day;
the event's place among them is the p-value (Cohn, Johnson, Liu and Wardlaw 2026).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from claimbook.analysis.inference import Direction, Placebo, placebo
from claimbook.analysis.models import Array
from claimbook.errors import AnalysisError
from claimbook.language import tell

UNIT_MW = 100.0


@dataclass(frozen=True)
class DoseResponse:
    """Abnormal return on exposure over n shares.

    `table`: one row a share, with exposure and ar (fraction). `slope` is the change of the abnormal
    return for one unit of exposure; `placebo` holds the other days' slopes. `holders` are the
    shares with any exposure: with only one of them the slope is that share against all others.
    """

    table: pd.DataFrame
    slope: float
    intercept: float
    placebo: Placebo
    holders: tuple[str, ...]


def signed_megawatts(
    contracts: pd.DataFrame, tickers: Sequence[str], before: pd.Timestamp
) -> tuple[pd.Series, list[str]]:
    """Megawatts of AI and HPC contracts that each share had signed before a day.

    `contracts` has ticker, date, mw_it, customer (one row a contract). A share without a contract
    has 0. Contracts without megawatts are not counted and are named in the second answer.
    """
    signed = contracts[
        contracts["ticker"].isin(list(tickers)) & (contracts["date"] < pd.Timestamp(before))
    ]
    unknown = signed[signed["mw_it"].isna()]
    notes = [
        tell(
            "{ticker}: the contract with {customer} of {date:%Y-%m-%d} has no megawatts",
            ticker=row.ticker,
            customer=row.customer,
            date=row.date,
        )
        for row in unknown.itertuples()
    ]
    megawatts = signed.groupby("ticker")["mw_it"].sum()
    return megawatts.reindex(list(tickers)).fillna(0.0).rename("exposure"), notes


def dose_response(
    tickers: Sequence[str],
    event: Array,
    others: Array,
    exposure: Array,
    direction: Direction = "either",
) -> DoseResponse:
    """The slope of abnormal returns on exposure, and its rank among other days' slopes.

    event (n), others (M x n), exposure (n). Days with a missing abnormal return are left out.
    Raises AnalysisError where there are fewer than 4 shares or the exposures are all alike.
    """
    if len(tickers) < 4:
        raise AnalysisError(f"a slope over {len(tickers)} shares says nothing; 4 are needed")
    centred = exposure - exposure.mean()
    size = float(centred @ centred)
    if size == 0:
        raise AnalysisError("the shares have all the same exposure, so there is no slope")
    slope = float(event @ centred) / size
    found = placebo(slope, others @ centred / size, direction, "slope")
    table = pd.DataFrame(
        {"exposure": exposure, "ar": event}, index=pd.Index(tickers, name="ticker")
    )
    holders = tuple(str(t) for t in table.index[table["exposure"] > 0])
    intercept = float(event.mean() - slope * exposure.mean())
    return DoseResponse(table, slope, intercept, found, holders)
