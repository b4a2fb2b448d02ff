"""The hosting-pivot study: one contract held against mining, and what came of it.

Revenue is what `analysis.megawatt` computes; nothing is taken off for costs, except where a frame
is named income. A figure that no source gives stays missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from claimbook.analysis import bids, capex, eventstudy, megawatt, prints, returns, segments
from claimbook.analysis import contracts as contracted
from claimbook.analysis.bids import Bids
from claimbook.analysis.contracts import HOSTING
from claimbook.analysis.eventstudy import EventStudy
from claimbook.analysis.megawatt import AT_CONTRACT, DAYS_A_YEAR, MW_YEAR, YEAR_BEFORE
from claimbook.errors import AnalysisError
from claimbook.language import mark
from claimbook.ledger import Quantity

FIRST = ("CORZ", "2024-06-03")  # the contract that the article names
DIFFERENCE = "hosting_minus_mining_revenue_musd_per_mw_year"
PLAIN = "market_btc"  # what the market and bitcoin do not explain
MARKET = "SPY"
# Choices that favour mining, in the order in which their names are joined.
CHOICES = ("machines", "grid", "year", "credit")
DRAWS = 99  # of the parts of an event study that this report does not show


@dataclass(frozen=True)
class Study:
    """What the hosting-pivot notebook shows.

    Frames are what the functions so named return, here, in `contracts` and in `megawatt`.
    `chosen` is the row of `contracts` that is held against mining, `rent` its m USD per MW-year
    (missing for a cloud contract). `grid_per_it` is the median of megawatts of grid power for one
    of critical IT load over the contracts that state both. `reaction` is None where the event
    study cannot be made; `no_reaction` then says why. `revenue` is the company's own by business
    and quarter, `fleet` the efficiency that it gave for its machines, `delivered` the power for AI
    that it said to have delivered; empty for a company without such rows. `printed` holds the moves
    of shares that sources printed beside contracts. `first_session` is the share's first one.
    """

    ticker: str
    name: str
    event_date: str
    contract_date: str
    efficiency: float
    efficiencies: tuple[float, ...]
    days: int
    contracts: pd.DataFrame
    chosen: pd.Series
    rent: float
    grid_per_it: float
    steps: pd.DataFrame
    windows: pd.DataFrame
    by_efficiency: pd.DataFrame
    curve: pd.DataFrame
    over_time: pd.DataFrame
    hosting_income: pd.DataFrame
    mining_income: pd.DataFrame
    power: pd.DataFrame
    signed: pd.DataFrame
    counts: pd.DataFrame
    second_source: Mapping[str, float]
    reaction: EventStudy | None
    no_reaction: str
    path: pd.DataFrame
    bids: Bids
    revenue: pd.DataFrame
    fleet: pd.DataFrame
    delivered: pd.DataFrame
    printed: pd.DataFrame
    first_session: pd.Timestamp | None


def study(
    book: Mapping[str, pd.DataFrame],
    ticker: str,
    contract_date: str,
    event_date: str,
    tickers: Sequence[str],
    efficiency: float,
    efficiencies: Sequence[float],
    days: int,
    estimation: int,
    gap: int,
) -> Study:
    """The whole study, from the tables that the claim names.

    `ticker` and `contract_date` choose the contract; `efficiency` (J/TH) and the range
    `efficiencies` are assumptions; `days` is the length of hashprice's mean before the contract.
    Raises ParameterError where the company announced no contract on that day, and AnalysisError
    where there is no hashprice for it.
    """
    table = contracted.contracts(book["ai_contracts"])
    chosen = contracted.choose(table, ticker, contract_date)
    name = str(chosen["company"])
    rent = float(chosen["rent"]) if chosen["kind"] == HOSTING else float("nan")
    hashprice = book["network_daily"].set_index("date")["hashprice_usd_ph_day"]
    spans = megawatt.windows(hashprice, contract_date, days, efficiency, rent)
    reaction, why = None, ""
    shares = list(dict.fromkeys([ticker, *tickers]))
    try:
        # Only the model of the market and bitcoin is shown: no donors and few draws save time.
        plain = eventstudy.Benchmarks(donors=())
        reaction = eventstudy.event_study(
            book, event_date, shares, plain, estimation, gap, draws=DRAWS
        )
    except AnalysisError as error:
        why = str(error)
    prices = returns.wide(book["adjusted_closes"], "adjusted_close")
    reports = book["miner_reports"]
    delivered = segments.delivered(reports, ticker)
    return Study(
        ticker=ticker,
        name=name,
        event_date=event_date,
        contract_date=contract_date,
        efficiency=efficiency,
        efficiencies=tuple(sorted(efficiencies)),
        days=days,
        contracts=table,
        chosen=chosen,
        rent=rent,
        grid_per_it=float((table["gross_mw"] / table["mw"]).median()),
        steps=contracted.steps(table, ticker, contract_date),
        windows=spans,
        by_efficiency=megawatt.by_efficiency(spans["hashprice"], rent, sorted(efficiencies)),
        curve=megawatt.curve(spans["hashprice"], sorted(efficiencies)),
        over_time=megawatt.over_time(
            hashprice, days, efficiency, sorted(efficiencies), contract_date
        ),
        hosting_income=hosting_income(table),
        mining_income=mining_income(book["jpm_mining_economics"], hashprice, efficiency),
        power=power(book["miner_capacity"], table, ticker, delivered),
        signed=contracted.signed(table, ticker),
        counts=contracted.counts(book["ai_contracts"], table),
        second_source=second_source(book["vaneck_model"]),
        reaction=reaction,
        no_reaction=why,
        path=path(prices, ticker, [t for t in shares if t != ticker], event_date),
        bids=bids.bids(book["events"], prices, ticker, name),
        revenue=segments.by_quarter(reports, ticker),
        fleet=segments.fleet(reports, ticker),
        delivered=delivered,
        printed=prints.printed(table, book["events"], book["bars_daily"]),
        first_session=prices[ticker].first_valid_index() if ticker in prices else None,
    )


def hosting_income(table: pd.DataFrame) -> pd.DataFrame:
    """What contracts leave after running costs, where a note says so (m USD per MW-year).

    Index company. Columns date, kind, rent, income_low, income_high, cost_low, cost_high (m USD to
    build a megawatt), years_low, years_high (of income that repay it), certainty, source. Income is
    the stated yearly amount over the megawatts, or the stated margin of the rent.
    """
    stated = table["income_musd"] / table["mw"]
    low = stated.fillna(table["rent"] * table["margin_low"] / 100)
    high = stated.fillna(table["rent"] * table["margin_high"] / 100)
    out = table[["company", "date", "kind", "rent"]].assign(income_low=low, income_high=high)
    # What the tenant pays does not have to be earned back by the miner.
    own = table["credit_musd"].isna()
    out["cost_low"], out["cost_high"] = table["cost_low"].where(own), table["cost_high"].where(own)
    out["years_low"], out["years_high"] = out["cost_low"] / high, out["cost_high"] / low
    out[["certainty", "source"]] = table[["certainty", "source"]]
    return out[low.notna()].set_index("company")


def mining_income(economics: pd.DataFrame, hashprice: pd.Series, efficiency: float) -> pd.DataFrame:
    """JPMorgan's monthly revenue and gross profit per EH/s made into m USD per MW-year.

    Index month. Columns revenue, ours (from the month's mean of `hashprice`, USD per PH/s per day,
    all days known), income, margin (percent), power_price (USD per MWh: the cost that
    the two figures imply at `efficiency`), certainty, source. Months with both figures only.
    """
    both = economics.dropna(subset=["revenue_usd_per_ehs_day", "gross_profit_usd_per_ehs_day"])
    revenue, profit = both["revenue_usd_per_ehs_day"], both["gross_profit_usd_per_ehs_day"]
    means = [
        float(hashprice.reindex(pd.date_range(m, m + pd.offsets.MonthEnd())).mean(skipna=False))
        for m in both["month"]
    ]
    # One EH/s at e J/TH draws e megawatts.
    year = DAYS_A_YEAR / efficiency / 1e6
    return pd.DataFrame(
        {
            "revenue": revenue * year,
            "ours": megawatt.mining_per_mw_year(1.0, efficiency) * np.array(means),
            "income": profit * year,
            "margin": 100 * profit / revenue,
            "power_price": (revenue - profit) / (24 * efficiency),
            "certainty": both["certainty"],
            "source": both["source"],
        }
    ).set_index(both["month"].rename("month"))


def power(
    capacity: pd.DataFrame, table: pd.DataFrame, ticker: str, delivered: pd.DataFrame
) -> pd.DataFrame:
    """A company's power by date (MW): signed for AI by then, delivered, operating, planned.

    A row for each day of the capacities and of `delivered` (as `segments.delivered` gives it);
    `note` says in which sense a megawatt is delivered. Blanks stay blank.
    """
    own = capacity[capacity["ticker"] == ticker].set_index("as_of")
    held = table[table["ticker"] == ticker]
    stated = pd.DataFrame(
        {
            "delivered": float("nan"),
            "operating": own["operating_mw"].astype(float),
            "planned": own["contracted_or_pipeline_mw"].astype(float),
            "certainty": own["certainty"],
            "source": own["source"],
            "note": own["note"],
        }
    )
    handed = delivered[["certainty", "source", "note"]].assign(
        delivered=delivered["mw"], operating=float("nan"), planned=float("nan")
    )
    both = pd.concat([part for part in (stated, handed[stated.columns]) if len(part)] or [stated])
    both = both.sort_index().rename_axis("as of")
    both.insert(0, "signed", [float(held.loc[held["date"] <= d, "mw"].sum()) for d in both.index])
    return both


def second_source(model: pd.DataFrame) -> dict[str, float]:
    """Megawatts, years and bn USD of the contract `FIRST` as texts on VanEck gave them."""
    names = {"mw": f"{FIRST[0]}-CoreWeave MW", "busd": f"{FIRST[0]}-CoreWeave revenue"}
    rows = model.set_index("item")
    out = {key: float(rows["value"].get(item, np.nan)) for key, item in names.items()}
    note = pd.Series([str(rows["note"].get(names["mw"], ""))])
    out["years"] = float(note.str.extract(r"(\d+) years", expand=False).astype(float).iloc[0])
    return out


def path(prices: pd.DataFrame, ticker: str, others: Sequence[str], event_date: str) -> pd.DataFrame:
    """Change since the close before the event (percent): the share, the other miners held in equal
    amounts, the market. Empty where the share has no price for that close.
    """
    before = int(prices.index.searchsorted(pd.Timestamp(event_date))) - 1
    if ticker not in prices or before < 0 or pd.isna(prices[ticker].iloc[before]):
        return pd.DataFrame()
    present = [t for t in others if t in prices and pd.notna(prices[t].iloc[before])]
    groups = {ticker: [ticker], mark("other miners"): present, "S&P 500 (SPY)": [MARKET]}
    return capex.held(prices, {n: g for n, g in groups.items() if g}, before)


def quantities(study: Study) -> dict[str, Quantity]:
    """The named quantities of the hosting-pivot claim; None where a figure is missing."""
    out: dict[str, Quantity] = {}

    def put(name: str, value: float, unit: str) -> None:
        out[name] = Quantity(float(value) if np.isfinite(value) else None, unit)

    for row in study.contracts.itertuples():
        key = f"{row.ticker}.{row.date:%Y-%m-%d}"
        put(f"contract_mw.{key}", row.mw, "MW")
        put(f"contract_years.{key}", row.years, "years")
        put(f"contract_busd.{key}", row.busd, "bn USD")
        put(f"revenue_musd_per_mw_year.{key}", row.rent, MW_YEAR)
    put("contract_mw.second_source", study.second_source["mw"], "MW")
    put("contract_busd.second_source", study.second_source["busd"], "bn USD")
    put("hosting_revenue_musd_per_mw_year", study.rent, MW_YEAR)
    spans = study.windows
    at = spans.loc[AT_CONTRACT]
    put("hashprice_usd_ph_day", at["hashprice"], "USD per PH/s per day")
    put("mining_revenue_musd_per_mw_year", at["mining"], MW_YEAR)
    put(DIFFERENCE, at["difference"], MW_YEAR)
    put("break_even_j_per_th", at["break_even"], "J/TH")
    put("grid_mw_per_it_mw", study.grid_per_it, "1")
    put("break_even_j_per_th.grid", at["break_even"] * study.grid_per_it, "J/TH")
    own = segments.fleet_at(study.fleet, study.contract_date)
    put("fleet_efficiency_j_per_th", float("nan") if own is None else own["j_per_th"], "J/TH")
    for name, value in segments.changes(study.revenue, study.contract_date).items():
        put(f"revenue_change_musd.{name}", value, "m USD")
    put("extra_revenue_musd_a_year", at["difference"] * study.chosen["mw"], "m USD a year")
    for member, value in harder(study).items():
        put(f"{DIFFERENCE}.{member}", value, MW_YEAR)
    put("hosting_minus_mining_income_musd_per_mw_year.least", least_income_gap(study), MW_YEAR)
    last = study.signed.iloc[-1]
    for name in ("company", "hosting", "all"):
        put(f"signed_mw.{name}", float(last[f"{name}_mw"]), "MW")
        put(f"signed_busd.{name}", float(last[f"{name}_busd"]), "bn USD")
    put("companies_with_contracts", float(last["companies"]), "companies")
    one = day_row(study)
    for name, column in (("return_pct", "return_pct"), ("abnormal_return_pct", "ar_pct")):
        put(f"{name}.{study.ticker}", float("nan") if one is None else one[column], "percent")
    put(f"placebo_p.{study.ticker}", float("nan") if one is None else one["p_placebo"], "1")
    for name, value in study.bids.figures.items():
        put(name, value, study.bids.units[name])
    return out


def harder(study: Study) -> dict[str, float]:
    """Rent less mining (m USD per MW-year) under every set of the choices that favour mining.

    machines: the best machines of the range; grid: rent over the grid power that the load needs;
    year: hashprice's mean of the year before; credit: what the tenant paid for and takes off the
    rent is taken off, as far as the contract's note gives it. Each alone and all together in every
    way, so that none is picked: the names of a set are joined by `_`, in the order of `CHOICES`.
    """
    at, before = (float(study.windows.at[s, "hashprice"]) for s in (AT_CONTRACT, YEAR_BEFORE))
    one = study.chosen
    credit = float(one["credit_musd"]) if study.rent == study.rent else float("nan")
    less = study.rent - credit / (float(one["mw"]) * float(one["years"]))
    out = {}
    for size in range(1, len(CHOICES) + 1):
        for chosen in combinations(CHOICES, size):
            rent = less if "credit" in chosen else study.rent
            rent = rent / study.grid_per_it if "grid" in chosen else rent
            mining = megawatt.mining_per_mw_year(
                before if "year" in chosen else at,
                study.efficiencies[0] if "machines" in chosen else study.efficiency,
            )
            out["_".join(chosen)] = rent - mining
    return out


def least_income_gap(study: Study) -> float:
    """The lowest stated income of a hosting contract less mining's highest since the contract.

    m USD per MW-year, after running costs, before the cost of buildings and machines.
    """
    hosts = study.hosting_income
    rows = hosts.loc[hosts["kind"] == HOSTING, "income_low"]
    since = study.mining_income[
        study.mining_income.index >= pd.Timestamp(study.contract_date).replace(day=1)
    ]
    return float(rows.min() - since["income"].max())


def day_row(study: Study) -> pd.Series | None:
    """The share's own row of the event study against the market and bitcoin, or None."""
    model = None if study.reaction is None else study.reaction.models.get(PLAIN)
    if model is None or study.ticker not in model.shares.index:
        return None
    return model.shares.loc[study.ticker]
