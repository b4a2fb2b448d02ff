"""What a miner reported of itself: revenue by business and quarter, machines, power delivered.

All from the table miner_reports, as the company gave it. A quarter or a business that was not found
stays missing.
"""

import pandas as pd

from claimbook.language import mark

BUSINESSES = {
    "self_mining": "self_mining_revenue_musd",
    "hosted_mining": "hosted_mining_revenue_musd",
    "ai_hosting": "ai_hosting_revenue_musd",
    "total": "total_revenue_musd",
}
EFFICIENCY = "fleet_efficiency_j_per_th"
POWER = {
    "delivered_mw": mark("handed over"),
    "energised_mw": mark("switched on"),
    "billing_mw": mark("paid for"),
}
LEAST_SURE = ("second-hand", "derived", "quoted", "primary")


def by_quarter(reports: pd.DataFrame, ticker: str) -> pd.DataFrame:
    """Revenue by business, one row a calendar quarter (m USD).

    Columns self_mining, hosted_mining (for other miners), ai_hosting, total (the company's own sum,
    not ours), ai_share (percent of the total), certainty (the least sure figure of the row),
    source (of that figure). Empty for a company without rows.
    """
    own = reports[(reports["ticker"] == ticker) & reports["item"].isin(BUSINESSES.values())]
    own = own.assign(quarter=pd.PeriodIndex(own["as_of"], freq="Q"))
    wide = own.pivot(index="quarter", columns="item", values="value").reindex(
        columns=list(BUSINESSES.values())
    )
    table = wide.set_axis(list(BUSINESSES), axis=1).astype(float)
    table["ai_share"] = 100 * table["ai_hosting"] / table["total"]
    sure, source = [], []
    for quarter in table.index:
        rows = own[own["quarter"] == quarter]
        rank = rows["certainty"].map({kind: n for n, kind in enumerate(LEAST_SURE)})
        weakest = rows.loc[rank.idxmin()]
        sure.append(weakest["certainty"])
        source.append(weakest["source"])
    table["certainty"] = pd.Series(sure, index=table.index, dtype="str")
    table["source"] = pd.Series(source, index=table.index, dtype="str")
    return table


def changes(quarters: pd.DataFrame, contract_date: str) -> dict[str, float]:
    """The last known quarter less an earlier one (m USD), for hosting for AI and for all revenue.

    `ai`, `total`: against the quarter of the contract. `ai_next`, `total_next`: against the quarter
    after it. Missing where a quarter is, or where no later quarter is known.
    """
    first = pd.Timestamp(contract_date).to_period("Q")
    out = {}
    for name, column in (("ai", "ai_hosting"), ("total", "total")):
        known = quarters[column].dropna()
        for tail, base in (("", first), ("_next", first + 1)):
            later = len(known) > 0 and base in known.index and known.index[-1] > base
            out[name + tail] = float(known.iloc[-1] - known[base]) if later else float("nan")
    return out


def fleet(reports: pd.DataFrame, ticker: str) -> pd.DataFrame:
    """The machines' average efficiency by month: columns j_per_th, certainty, source."""
    own = reports[(reports["ticker"] == ticker) & (reports["item"] == EFFICIENCY)]
    own = own.sort_values("as_of")
    out = own.set_index(pd.PeriodIndex(own["as_of"], freq="M", name="month"))
    return out[["value", "certainty", "source"]].rename(columns={"value": "j_per_th"})


def fleet_at(fleet: pd.DataFrame, contract_date: str) -> pd.Series | None:
    """The last month's row that ended by the contract's date, or None."""
    ended = fleet[fleet.index.end_time <= pd.Timestamp(contract_date)]
    return None if ended.empty else ended.iloc[-1]


def delivered(reports: pd.DataFrame, ticker: str) -> pd.DataFrame:
    """Power for AI, delivered in some sense, by day: mw, meaning, certainty, source, note."""
    own = reports[(reports["ticker"] == ticker) & reports["item"].isin(POWER)].sort_values("as_of")
    return pd.DataFrame(
        {
            "mw": own["value"].to_numpy(dtype=float),
            "meaning": own["item"].map(POWER).to_numpy(),
            "certainty": own["certainty"].to_numpy(),
            "source": own["source"].to_numpy(),
            "note": own["note"].to_numpy(),
        },
        index=pd.DatetimeIndex(own["as_of"], name="as of"),
    )
