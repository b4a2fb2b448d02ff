"""What JPMorgan and Coin Metrics published about mining revenue, beside ours of the same days."""

import numpy as np
import pandas as pd

from claimbook import text

QUARTER = "change_on_quarter_pct"


def monthly(frame: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """JPMorgan's monthly figures beside ours, of the same days.

    `frame` as in `claimbook.analysis.revenue`; `published` is the table jpm_mining_economics, where
    `first half` means days 1 to 15. Ours is the summed revenue over the summed hash rate
    (EH/s-days), in USD per EH/s per day. Columns: month, part, published, ours, difference_pct,
    published_hashrate, our_hashrate, certainty, source; rows without a published revenue are left
    out.
    """
    rows = []
    for entry in published.to_dict("records"):
        start = pd.Timestamp(entry["month"])
        ours, hashrate = per_hash(frame, start, half=entry["part"] != "month")
        printed = entry["revenue_usd_per_ehs_day"]
        rows.append({
            "month": f"{start:%Y-%m}", "part": entry["part"], "published": printed, "ours": ours,
            "difference_pct": 100 * (ours / printed - 1),
            "published_hashrate": entry["hashrate_ehs"], "our_hashrate": hashrate,
            "certainty": entry["certainty"], "source": entry["source"],
        })  # fmt: skip
    table = pd.DataFrame(rows)
    return table[table["published"].notna()].reset_index(drop=True)


def per_hash(
    frame: pd.DataFrame, month: pd.Timestamp, *, half: bool = False
) -> tuple[float, float]:
    """Revenue per EH/s and day (USD) and mean hash rate (EH/s) of a month or its first 15 days."""
    end = month + (pd.Timedelta(days=14) if half else pd.offsets.MonthEnd(0))
    sample = frame.reindex(pd.date_range(month, end))[["revenue_usd", "hashrate_ehs"]]
    if sample.isna().any(axis=None):
        return float("nan"), float("nan")
    totals = sample.sum()
    return float(totals["revenue_usd"] / totals["hashrate_ehs"]), float(
        sample["hashrate_ehs"].mean()
    )


def quarterly(frame: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Coin Metrics' quarterly figures beside ours, in the table's order.

    `published` is the table coinmetrics_mining. Items: `revenue_busd`, `change_on_quarter_pct`,
    `fee_share_pct` (fees in revenue, both in BTC), `rank_since_2020` (of the quarter's revenue in
    USD among the quarters from 2020 to it). Columns: quarter, item, published, ours (rounded as
    published), exact, difference (ours rounded less published), certainty, source. A quarter with a
    missing day is NaN.
    """
    quarter = pd.PeriodIndex(frame.index, freq="Q")
    sums = frame[["revenue_usd", "revenue_btc", "fees_btc"]].groupby(quarter).sum(min_count=1)
    whole = frame["revenue_usd"].groupby(quarter).apply(lambda days: bool(days.notna().all()))
    ends = frame.index[-1]
    dollars = sums["revenue_usd"].where(whole)
    rows = []
    for entry in published.to_dict("records"):
        period = pd.Period(entry["quarter"].replace("-", ""), freq="Q")
        if period not in dollars.index or period.end_time.normalize() > ends:
            exact = float("nan")
        elif entry["item"] == QUARTER:
            exact = float(100 * (dollars[period] / dollars[period - 1] - 1))
        elif entry["item"] == "fee_share_pct":
            exact = float(100 * sums["fees_btc"][period] / sums["revenue_btc"][period])
        elif entry["item"] == "rank_since_2020":
            exact = float(
                (dollars[pd.Period("2020Q1", freq="Q") : period] >= dollars[period]).sum()
            )
        else:
            exact = float(dollars[period] / 1e9)
        ours = text.rounded(exact, entry["precision"]) if not np.isnan(exact) else exact
        rows.append({
            "quarter": entry["quarter"], "item": entry["item"], "published": entry["value"],
            "ours": ours, "exact": exact, "difference": ours - entry["value"],
            "certainty": entry["certainty"], "source": entry["source"],
        })  # fmt: skip
    return pd.DataFrame(rows)


def day_reached(frame: pd.DataFrame, quarter: str, busd: float) -> pd.Timestamp | None:
    """The day on which a quarter's running revenue reached a sum (bn USD); None if it did not."""
    period = pd.Period(quarter.replace("-", ""), freq="Q")
    days = pd.date_range(period.start_time, period.end_time.normalize())
    running = frame["revenue_usd"].reindex(days).cumsum() / 1e9
    reached = running[running >= busd]
    return pd.Timestamp(reached.index[0]) if len(reached) else None
