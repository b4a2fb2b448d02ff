"""What a megawatt brings in within a year: rented out, or mining bitcoin.

Rent is a contract's value over its megawatts and years. Mining revenue is hashprice (USD per PH/s
per day) x the hash rate that a megawatt drives: one megawatt at e J/TH drives 1000 / e PH/s. Both
are in millions of US dollars per MW-year. A year has 365 days, and the machines are taken to run
all of it. Nothing is taken off for power, staff, buildings or machines.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from claimbook.errors import AnalysisError

DAYS_A_YEAR = 365
MW_YEAR = "m USD per MW-year"
AT_CONTRACT, YEAR_BEFORE, SINCE, LAST = "to the contract", "year before", "since", "last days"
FIRST_DRAWN = "2021-01-01"


def rent_per_mw_year(value_busd: float, mw: float, years: float) -> float:
    """A contract's value over its megawatts and years: m USD per MW-year."""
    return 1000 * value_busd / (mw * years)


def mining_per_mw_year(hashprice: float, efficiency: float) -> float:
    """What a megawatt mines in a year (m USD) at `hashprice` USD per PH/s per day and J/TH."""
    return hashprice * (1000 / efficiency) * DAYS_A_YEAR / 1e6


def break_even(hashprice: float, rent: float) -> float:
    """The J/TH at which mining revenue equals `rent`; machines that need less earn more mining."""
    return hashprice * 1000 * DAYS_A_YEAR / 1e6 / rent


def windows(
    hashprice: pd.Series, contract_date: str, days: int, efficiency: float, rent: float
) -> pd.DataFrame:
    """Hashprice's mean over several spans, and what a megawatt mined at it.

    Index: to the contract (`days` days that end with it), year before (365 days), since (from the
    next day to the end of the data), last days (`days`). Columns first, last, days, hashprice
    (USD per PH/s per day), mining, difference (rent less mining; both m USD per MW-year),
    break_even (J/TH). A span with a missing day has no mean. AnalysisError where hashprice does
    not reach the contract.
    """
    day = pd.Timestamp(contract_date)
    known = hashprice.dropna()
    if known.empty or not known.index[0] <= day <= known.index[-1]:
        raise AnalysisError(
            f"there is no hashprice for {contract_date}; it is known from "
            f"{hashprice.first_valid_index():%Y-%m-%d} to {hashprice.last_valid_index():%Y-%m-%d}"
        )
    end, one = known.index[-1], pd.Timedelta(days=1)
    spans = {
        AT_CONTRACT: (day - (days - 1) * one, day),
        YEAR_BEFORE: (day - (DAYS_A_YEAR - 1) * one, day),
        SINCE: (day + one, end),
        LAST: (end - (days - 1) * one, end),
    }
    rows = {}
    for name, (first, last) in spans.items():
        span = hashprice.reindex(pd.date_range(first, last, freq="D"))
        mean = float(span.mean(skipna=False)) if len(span) else float("nan")
        mining = mining_per_mw_year(mean, efficiency)
        rows[name] = {
            "first": first,
            "last": last,
            "days": len(span),
            "hashprice": mean,
            "mining": mining,
            "difference": rent - mining,
            "break_even": break_even(mean, rent),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("span")


def by_efficiency(
    hashprices: pd.Series, rent: float, efficiencies: Sequence[float]
) -> pd.DataFrame:
    """Rent less mining (m USD per MW-year): rows efficiencies (J/TH), columns hashprice's spans."""
    rows = {
        float(e): {str(s): rent - mining_per_mw_year(float(p), e) for s, p in hashprices.items()}
        for e in efficiencies
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("J/TH")


def curve(hashprices: pd.Series, efficiencies: Sequence[float]) -> pd.DataFrame:
    """What a megawatt mines in a year (m USD): rows J/TH one apart, columns hashprice's spans."""
    grid = np.arange(np.floor(min(efficiencies)) - 3, np.ceil(max(efficiencies)) + 4)
    grid = grid[grid > 0]
    rows = {str(s): mining_per_mw_year(float(p), 1.0) / grid for s, p in hashprices.items()}
    return pd.DataFrame(rows, index=pd.Index(grid, name="J/TH"))


def over_time(
    hashprice: pd.Series,
    days: int,
    efficiency: float,
    efficiencies: Sequence[float],
    contract_date: str,
) -> pd.DataFrame:
    """What a megawatt mined in a year at hashprice's trailing mean, week by week (m USD).

    Columns: chosen (at `efficiency`), best and worst (at the ends of the range). It starts in 2021,
    or a year before the contract where that is earlier.
    """
    start = min(pd.Timestamp(FIRST_DRAWN), pd.Timestamp(contract_date) - pd.Timedelta(days=365))
    mean = hashprice.rolling(days).mean().loc[start:].dropna().iloc[::-7].iloc[::-1]
    ends = {"chosen": efficiency, "best": min(efficiencies), "worst": max(efficiencies)}
    return pd.DataFrame({n: mining_per_mw_year(1.0, e) * mean for n, e in ends.items()})
