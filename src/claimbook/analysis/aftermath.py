"""What happened after the estimate: contracts signed, and how miners' shares moved."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimbook.analysis.cashflow import annuity
from claimbook.analysis.valuation import OWN_GPUS
from claimbook.errors import ClaimbookError
from claimbook.language import mark

# A count of shares or a capacity stands for a day if it was taken within half a year of it.
NEAR_DAYS = 183
ALL = "ALL"
# How a contract's row says that its MW are of the grid, not of the computers; what its builder says
# a megawatt of the site costs (one figure or a span); and what part of a joint venture is the
# company's own.
GROSS = "MW basis gross"
OWN_COST = r"(?:cost |capex [\d.]+m \()(?P<low>\d+(?:\.\d+)?)(?:-(?P<high>\d+(?:\.\d+)?))?m/MW"
OWNED = r"JV.*\((?P<share>\d+)%"


class AftermathError(ClaimbookError):
    """A comparison over time that the data or its dates do not allow."""


def signed_contracts(ai_contracts: pd.DataFrame, tickers: pd.DataFrame) -> pd.DataFrame:
    """The contracts of named companies by date, with running totals.

    Adds `cumulative_mw`, `cumulative_miners_mw`,
    `cumulative_value_busd` (blank values count as nothing), `yearly_busd`
    (value over term), `is_miner` (the tickers table counts the company as a miner), and from the
    notes: `is_gross` (the MW are of the grid, not of the computers), `own_cost_musd_per_mw` (the
    site cost that the builder states, the middle of a span; missing where none is stated) and
    `owned_pct` (less than 100 for a joint venture). Counts over many companies are left out.
    """
    named = ai_contracts[ai_contracts["ticker"].fillna(ALL).ne(ALL)]
    named = named[named["ticker"].ne("")].sort_values("date", kind="stable").copy()
    miners = set(tickers.loc[tickers["group"] == "miner", "ticker"])
    named["is_miner"] = named["ticker"].isin(miners)
    named["yearly_busd"] = named["value_usd_bn"] / named["term_years"]
    note = named["note"].fillna("")
    named["is_gross"] = note.str.contains(GROSS)
    stated = note.str.extract(OWN_COST).astype(float)
    named["own_cost_musd_per_mw"] = stated.mean(axis=1)
    owned = named["customer"].str.extract(OWNED)["share"].astype(float)
    named["owned_pct"] = owned.fillna(100.0)
    named["cumulative_mw"] = named["mw_it"].fillna(0).cumsum()
    named["cumulative_miners_mw"] = named["mw_it"].fillna(0).where(named["is_miner"], 0).cumsum()
    named["cumulative_value_busd"] = named["value_usd_bn"].fillna(0).cumsum()
    return named.reset_index(drop=True)


def contract_totals(signed: pd.DataFrame, estimate_on: str) -> pd.DataFrame:
    """Contracts, MW, value and yearly value: all, of miners only, and after the estimate's date."""
    later = signed["date"] > pd.Timestamp(estimate_on)
    groups = {
        mark("all named companies"): signed,
        mark("of these, listed miners"): signed[signed["is_miner"]],
        mark("listed miners, after the estimate"): signed[signed["is_miner"] & later],
    }
    rows = {
        name: {
            "contracts": len(part),
            "mw": float(part["mw_it"].sum()),
            "value_busd": float(part["value_usd_bn"].sum()),
            "yearly_busd": float(part["yearly_busd"].sum()),
            "without_mw": int(part["mw_it"].isna().sum()),
            "without_term": int(part["yearly_busd"].isna().sum()),
        }
        for name, part in groups.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("contracts of")


def worth_of_contracts(
    signed: pd.DataFrame,
    *,
    margin_pct: float,
    site_cost_musd_per_mw: float,
    gpu_cost_musd_per_mw: float,
    discount_rate_pct: float,
) -> pd.Series:
    """NPV of each contract on its day, bn USD, over its base term and without extensions.

    The site (and the GPUs, where the note says the miner owns them) is paid at once, revenue comes
    in equal amounts at the end of each year. A site costs what its builder states, else
    `site_cost_musd_per_mw`. Joint ventures count in full. Missing where MW, term or value is not
    known.
    """
    own = signed["note"].fillna("").str.contains(OWN_GPUS)
    site = signed["own_cost_musd_per_mw"].fillna(site_cost_musd_per_mw)
    cost = site + np.where(own, gpu_cost_musd_per_mw, 0.0)
    years = [
        np.nan if pd.isna(term) else annuity(discount_rate_pct, int(term))
        for term in signed["term_years"]
    ]
    income = signed["yearly_busd"] * margin_pct / 100 * np.array(years)
    return (income - signed["mw_it"] * cost / 1e3).rename("npv_busd")


@dataclass(frozen=True)
class Moves:
    """Price moves of the miners between two sessions.

    `shares`: a row a ticker with `since_usd`, `until_usd` (adjusted closes), `change_pct`, `signed`
    (date of the first contract known by the last session; missing: none in the table),
    `shares_millions`, `counted_on`, `value_busd` (at the first session, from the close as traded).
    `absent` are the miners
    without a close on either session.
    """

    since: pd.Timestamp
    until: pd.Timestamp
    shares: pd.DataFrame
    absent: list[str]
    bitcoin_pct: float | None

    def averages(self) -> pd.DataFrame:
        """Mean change by group: equal-weighted, and weighted by market value where it is known."""
        rows = {}
        groups = {
            "with a contract": self.shares["signed"].notna(),
            "without one": self.shares["signed"].isna(),
            "all": pd.Series(True, index=self.shares.index),
        }
        for name, chosen in groups.items():
            part = self.shares[chosen]
            known = part.dropna(subset="value_busd")
            weighted = np.nan
            if len(known):
                weighted = float(np.average(known["change_pct"], weights=known["value_busd"]))
            rows[name] = {
                "shares": len(part),
                "equal_weighted_pct": float(part["change_pct"].mean()),
                "median_pct": float(part["change_pct"].median()),
                "value_known_for": len(known),
                "value_weighted_pct": weighted,
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("miners")


def moves(
    adjusted_closes: pd.DataFrame,
    tickers: pd.DataFrame,
    signed: pd.DataFrame,
    values: pd.DataFrame,
    bitcoin_daily: pd.DataFrame,
    since: str,
    until: str,
) -> Moves:
    """Price moves of all listed miners from the close of one session to that of another.

    Adjusted closes, New York sessions; bitcoin from and to the end of the same UTC days. `values`
    are the market values at `since`, as `market_values` gives them. Raises AftermathError where
    `until` does not lie after `since`.
    """
    check_span(since, until)
    start, end = pd.Timestamp(since), pd.Timestamp(until)
    miners = tickers.loc[tickers["group"] == "miner"].set_index("ticker")["name"]
    wide = adjusted_closes[adjusted_closes["date"].isin([start, end])].pivot(
        index="ticker", columns="date", values="adjusted_close"
    )
    wide = wide.reindex(index=miners.index, columns=[start, end])
    present = wide.notna().all(axis=1)
    first_signed = signed[signed["date"] <= end].groupby("ticker")["date"].min()
    table = pd.DataFrame({"name": miners, "since_usd": wide[start], "until_usd": wide[end]})
    table["change_pct"] = (table["until_usd"] / table["since_usd"] - 1) * 100
    table["signed"] = first_signed.reindex(table.index)
    known = ["shares_millions", "counted_on", "value_busd"]
    table = table.join(values[known])
    shares = table[present].sort_values("change_pct", ascending=False, kind="stable")
    prices = bitcoin_daily.set_index("date")["close"]
    bitcoin = None
    if start in prices.index and end in prices.index:
        bitcoin = float((prices[end] / prices[start] - 1) * 100)
    return Moves(start, end, shares, sorted(miners.index[~present]), bitcoin)


def check_span(since: str, until: str) -> None:
    """Raise AftermathError where the last session does not lie after the first (ISO dates)."""
    if until <= since:
        raise AftermathError(f"until is {until}; it must lie after since ({since})")


def market_values(
    bars_daily: pd.DataFrame, shares_outstanding: pd.DataFrame, tickers: pd.DataFrame, day: str
) -> pd.DataFrame:
    """Market value of each listed miner at the close of a day (ISO date), bn USD, by ticker.

    Shares outstanding (the count nearest to the day, within 183 days) times the close as traded:
    not adjusted for dividends, since a past count goes with the price of its own time. Columns
    `name`, `close_usd`, `shares_millions`, `counted_on`, `value_busd`; blank where not known. One
    row a miner whose sessions in the market tables span the day.
    """
    when = pd.Timestamp(day)
    spans = (tickers["first_session"] <= when) & (when <= tickers["last_session"])
    miners = tickers[(tickers["group"] == "miner") & spans].set_index("ticker")["name"]
    closes = bars_daily[bars_daily["date"] == when].set_index("ticker")["close"]
    counts = nearest(shares_outstanding, "shares_millions", when)
    table = pd.DataFrame({"name": miners, "close_usd": closes.reindex(miners.index)})
    table["shares_millions"] = counts["shares_millions"].reindex(miners.index)
    table["counted_on"] = counts["as_of"].reindex(miners.index)
    table["value_busd"] = table["shares_millions"] * table["close_usd"] / 1e3
    return table


def nearest(table: pd.DataFrame, column: str, day: pd.Timestamp) -> pd.DataFrame:
    """For each ticker the row whose `column` is known and whose `as_of` is nearest to a day.

    Rows more than 183 days away are not used: their tickers stay blank. Indexed by ticker.
    """
    known = table.dropna(subset=column).copy()
    known["away"] = (known["as_of"] - day).abs()
    known = known[known["away"] <= pd.Timedelta(days=NEAR_DAYS)]
    known = known.sort_values(["ticker", "away", "as_of"], kind="stable")
    return known.drop_duplicates("ticker").set_index("ticker").drop(columns="away")


def by_miner(
    values: pd.DataFrame, miner_capacity: pd.DataFrame, share_pct: float, day: str
) -> pd.DataFrame:
    """Each miner's power, what converting a share of it means, and its market value near a day.

    `operating_mw` (as of `capacity_on`), `converted_mw`, `value_busd`, `value_musd_per_mw`; blank
    where no figure within half a year was found. `values` are the market values of that day.
    """
    capacity = nearest(
        miner_capacity[miner_capacity["ticker"] != ALL], "operating_mw", pd.Timestamp(day)
    )
    table = values[["name", "value_busd", "counted_on"]].copy()
    table["operating_mw"] = capacity["operating_mw"].reindex(table.index)
    table["capacity_on"] = capacity["as_of"].reindex(table.index)
    table["converted_mw"] = table["operating_mw"] * share_pct / 100
    table["value_musd_per_mw"] = table["value_busd"] * 1e3 / table["operating_mw"]
    return table.sort_index()
