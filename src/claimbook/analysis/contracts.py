"""Signed AI contracts of miners: what each brings in, how they add up, what others counted.

Numbers that the table's columns do not hold are read from its notes (`SAYS`). A figure that no
source gives stays missing.
"""

import numpy as np
import pandas as pd

from claimbook.analysis.valuation import OWN_GPUS
from claimbook.errors import ParameterError
from claimbook.language import mark

HOSTING, CLOUD, NOT_STATED = mark("hosting"), mark("cloud"), mark("not stated")
# How a note says what the columns do not hold; each group is one number.
SAYS = {
    "gross_mw": r"([\d.]+) MW gross",
    "said_mw": r"total (?:about )?([\d.]+) MW and",
    "said_busd": r"total (?:about )?[\d.]+ MW and (?:about )?([\d.]+)bn",
    "yearly_musd": r"(?<!NOI )\b([\d.]+)m a year",
    "income_musd": r"NOI ([\d.]+)m a year",
    "credit_musd": r"([\d.]+)m capex paid by \w+ .*netted against rent",
    "cost_low": r"(?:cost |\()([\d.]+)(?:-[\d.]+)?m/MW",
    "cost_high": r"(?:cost |\()(?:[\d.]+-)?([\d.]+)m/MW",
    "margin_low": r"(?:NOI margin |EBITDA about )([\d.]+)(?:-[\d.]+)?%",
    "margin_high": r"(?:NOI margin |EBITDA about )(?:[\d.]+-)?([\d.]+)%",
    "other_busd": r"company press said ([\d.]+)bn",
}


def contracts(table: pd.DataFrame) -> pd.DataFrame:
    """One row a signed contract, oldest first; counts over many companies are left out.

    company, ticker, customer, date, mw, years, busd, rent (computed, m USD per MW-year), printed
    (the same as the table gives it), kind (hosting; cloud where the note says that the miner owns
    the GPUs; not stated where there are no megawatts), basis (critical IT load, or gross where the
    note says so), the numbers that notes hold (`SAYS`), certainty, source, note.
    """
    rows = table[table["ticker"].fillna("").ne("")].sort_values(["date", "ticker"], kind="stable")
    note = rows["note"].fillna("")
    out = rows[["company", "ticker", "customer", "date"]].copy()
    out["mw"], out["years"], out["busd"] = rows["mw_it"], rows["term_years"], rows["value_usd_bn"]
    out["rent"] = 1000 * out["busd"] / (out["mw"] * out["years"])
    out["printed"] = rows["revenue_m_per_mw_year"]
    own = note.str.contains(OWN_GPUS)
    out["kind"] = np.where(own, CLOUD, np.where(out["mw"].notna(), HOSTING, NOT_STATED))
    gross = note.str.contains("MW basis gross")
    out["basis"] = np.where(
        out["mw"].isna(), "", np.where(gross, mark("gross"), mark("critical IT load"))
    )
    for column, pattern in SAYS.items():
        out[column] = note.str.extract(pattern, expand=False).astype(float)
    for column in ("certainty", "source", "note"):
        out[column] = rows[column]
    return out.reset_index(drop=True)


def choose(table: pd.DataFrame, ticker: str, contract_date: str) -> pd.Series:
    """The company's contract of that day. ParameterError names the days there are."""
    own = table[table["ticker"] == ticker]
    found = own[own["date"] == pd.Timestamp(contract_date)]
    if found.empty:
        days = ", ".join(f"{d:%Y-%m-%d}" for d in own["date"].unique())
        raise ParameterError(
            f"{ticker} announced no contract on {contract_date}; its contracts are of {days}"
        )
    return found.iloc[0]


def steps(table: pd.DataFrame, ticker: str, first: str) -> pd.DataFrame:
    """A company's contracts from `first` on, added up, beside the totals that sources gave.

    Index date. Columns customer, mw, years, busd, rent, sum_mw, sum_busd, said_mw, said_busd,
    earlier_mw (signed before `first`, in no sum), certainty, source, note.
    """
    own = table[table["ticker"] == ticker]
    later = own[own["date"] >= pd.Timestamp(first)].copy()
    later["sum_mw"], later["sum_busd"] = later["mw"].cumsum(), later["busd"].cumsum()
    later["earlier_mw"] = float(own.loc[own["date"] < pd.Timestamp(first), "mw"].sum())
    kept = ["customer", "mw", "years", "busd", "rent", "sum_mw", "sum_busd", "said_mw", "said_busd"]
    return later.set_index("date")[[*kept, "earlier_mw", "certainty", "source", "note"]]


def signed(table: pd.DataFrame, ticker: str) -> pd.DataFrame:
    """Running totals by date: MW and bn USD of the company, of hosting, of all contracts.

    Columns company_mw, hosting_mw, all_mw, company_busd, hosting_busd, all_busd, companies (that
    had signed by then). A blank adds nothing. Values are those of the base term.
    """
    groups = {
        "company": table["ticker"] == ticker,
        mark("hosting"): table["kind"] == HOSTING,
        "all": pd.Series(True, index=table.index),
    }
    sums = pd.DataFrame(
        {
            f"{name}_{column}": table[column].where(inside, 0).fillna(0).cumsum()
            for column in ("mw", "busd")
            for name, inside in groups.items()
        }
    )
    sums["companies"] = (~table["ticker"].duplicated()).cumsum()
    return sums.set_index(pd.DatetimeIndex(table["date"], name="date")).groupby(level=0).last()


def counts(raw: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Totals that others counted, with the sum of our rows to the same day.

    Index who counted. Columns date, mw, busd, our_mw, our_busd, certainty, note.
    """
    others = raw[raw["ticker"].fillna("").eq("")].sort_values("date")
    before = [table[table["date"] <= day] for day in others["date"]]
    return pd.DataFrame(
        {
            "date": others["date"].to_numpy(),
            "mw": others["mw_it"].to_numpy(dtype=float),
            "busd": others["value_usd_bn"].to_numpy(dtype=float),
            "our_mw": [float(part["mw"].sum()) for part in before],
            "our_busd": [float(part["busd"].sum()) for part in before],
            "certainty": others["certainty"].to_numpy(),
            "note": others["note"].fillna("").to_numpy(),
        },
        index=pd.Index(
            others["company"].str.extract(r"\((.+) count\)")[0], name=mark("counted by")
        ),
    )
