"""VanEck's estimate of August 2024: what follows from the inputs that were published.

The published model is a handful of numbers: so many billions a year, for so many years, worth so
much today. Each function turns the missing one around. Flows are yearly, at the end of the year, in
nominal US dollars, and discounted to year 0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import optimize

from claimbook import text
from claimbook.analysis.cashflow import (
    HIGHEST_RATE,
    CashFlowError,
    FloatArray,
    Project,
    annuity,
    project_npv,
)
from claimbook.ledger import Quantity

# Conventions of the question, not results: the first years of profit that are tried, and the rates
# (percent) at which data centres are usually valued.
FIRST_YEARS = (1, 3, 4)
USUAL_RATES = (8, 10, 12)

NOT_PUBLISHED = "not published"
# How a contract's note says that the miner, not the tenant, owns the GPUs.
OWN_GPUS = "own GPUs"


@dataclass(frozen=True)
class Published:
    """The inputs and the result of VanEck's model that were published, from `vaneck_model`."""

    npv_busd: float  # the result, bn USD
    yearly_busd: float  # extra profit a year on average, bn USD; several outlets say revenue
    years: int  # years of it
    revenue_musd_per_mw_year: float  # m USD per MW and year
    site_cost_musd_per_mw: float  # m USD per MW, without GPUs
    share_pct: float  # percent of the power capacity
    by_year: int  # calendar year by which it is converted


def published(vaneck_model: pd.DataFrame) -> Published:
    """The numbers that were published. CashFlowError names one that the table lacks."""
    values = vaneck_model.set_index("item")["value"]

    def number(item: str) -> float:
        if item not in values.index or pd.isna(values[item]):
            raise CashFlowError(f"table vaneck_model: no published value for {item!r}")
        return float(values[item])

    return Published(
        npv_busd=number("NPV"),
        yearly_busd=number("extra yearly profit (average)"),
        years=int(number("number of years")),
        revenue_musd_per_mw_year=number("AI/HPC revenue per MW and year"),
        site_cost_musd_per_mw=number("site upgrade capex"),
        share_pct=number("share of power capacity moved to AI/HPC"),
        by_year=int(number("year by which moved")),
    )


def published_table(vaneck_model: pd.DataFrame) -> pd.DataFrame:
    """Every input and result by item: value with unit or `not published`, how certain, the note."""
    rows = vaneck_model.sort_values(["published", "item"], ascending=[False, True])
    return pd.DataFrame(
        {
            "as published": [
                _as_published(value, unit, said)
                for value, unit, said in zip(
                    rows["value"], rows["unit"], rows["published"], strict=True
                )
            ],
            "source": rows["certainty"].to_numpy(),
            "note": rows["note"].fillna("").to_numpy(),
        },
        index=pd.Index(rows["item"], name="input or result"),
    )


def annuity_value(given: Published, rate_pct: float, first_year: int = 1) -> float:
    """What the published yearly amount is worth at year 0 and a rate, bn USD, with no cost."""
    return given.yearly_busd * annuity(rate_pct, given.years, first_year)


def implied_discount_rate(given: Published, first_year: int = 1) -> float:
    """The rate (percent a year) at which the published yearly amounts are worth the published NPV.

    `years` flows in each case, the first at the end of `first_year`. Raises CashFlowError where the
    flows are worth less than the NPV even undiscounted.
    """
    if given.yearly_busd * given.years <= given.npv_busd:
        raise CashFlowError("the yearly amounts sum to less than the NPV: no positive rate exists")
    return float(
        optimize.brentq(
            lambda rate: annuity_value(given, rate, first_year) - given.npv_busd,
            0,
            HIGHEST_RATE,
            xtol=1e-12,
        )
    )


def value_by_rate(
    given: Published, rates_pct: Iterable[float], first_years: Sequence[int] = FIRST_YEARS
) -> pd.DataFrame:
    """Value at year 0, bn USD, of the yearly amounts: a row a rate, a column a first year."""
    rates = list(rates_pct)
    values = {first: [annuity_value(given, r, first) for r in rates] for first in first_years}
    return pd.DataFrame(values, index=pd.Index(rates, name="discount rate, percent"))


def implied_capacity(given: Published) -> float:
    """MW that earn the published yearly amount if it is revenue at the published price."""
    return given.yearly_busd * 1e3 / given.revenue_musd_per_mw_year


def as_project(given: Published, rate_pct: float, gpu_cost_musd_per_mw: float = 0.0) -> Project:
    """The published inputs read as cash: all of the yearly amount from year 1, all cost at year 0.

    On the implied capacity, which is why the margin is 100 %; no renewal, no tax.
    """
    return Project(
        capacity_mw=implied_capacity(given) * 100 / given.share_pct,
        share_pct=given.share_pct,
        revenue_musd_per_mw_year=given.revenue_musd_per_mw_year,
        margin_pct=100.0,
        site_cost_musd_per_mw=given.site_cost_musd_per_mw,
        gpu_cost_musd_per_mw=gpu_cost_musd_per_mw,
        discount_rate_pct=rate_pct,
        years=given.years,
    )


def breakeven_gpu_cost(project: Project, target_busd: float) -> float | None:
    """The GPU cost (m USD per MW) at which a project is worth `target_busd`.

    The value is linear in the GPU cost, so two points give it. None where it would be negative:
    the project does not reach the target even with free GPUs.
    """
    free = float(project_npv(replace(project, gpu_cost_musd_per_mw=0.0)))
    per_unit = free - float(project_npv(replace(project, gpu_cost_musd_per_mw=1.0)))
    cost = (free - target_busd) / per_unit
    return cost if cost >= 0 else None


def gpu_cost_line(project: Project, target_busd: float, rates_pct: Iterable[float]) -> pd.Series:
    """The break-even GPU cost (m USD per MW) by discount rate (percent); missing where negative."""
    rates = list(rates_pct)
    costs = [breakeven_gpu_cost(replace(project, discount_rate_pct=r), target_busd) for r in rates]
    values = [np.nan if cost is None else cost for cost in costs]
    return pd.Series(values, index=pd.Index(rates, name="discount_rate_pct"), name="gpu_cost")


def value_grid(
    project: Project,
    across: tuple[str, Sequence[float] | FloatArray],
    down: tuple[str, Sequence[float] | FloatArray],
) -> pd.DataFrame:
    """NPV in bn USD over two inputs of a project: columns `across`, rows `down` (name, values)."""
    (x, xs), (y, ys) = across, down
    grid_x, grid_y = np.meshgrid(np.asarray(xs, dtype=float), np.asarray(ys, dtype=float))
    values = project_npv(replace(project, **{x: grid_x, y: grid_y}))  # type: ignore[arg-type]
    return pd.DataFrame(values, index=pd.Index(ys, name=y), columns=pd.Index(xs, name=x))


def hosting_prices(ai_contracts: pd.DataFrame) -> pd.DataFrame:
    """Signed contracts with a price in m USD per MW-year, split into GPU cloud and hosting.

    A contract is GPU cloud where the note says that the miner owns the GPUs; in all others the
    tenant brings them. Totals over many companies are left out.
    """
    named = ai_contracts[ai_contracts["ticker"].notna()]
    priced = named[named["revenue_m_per_mw_year"].notna()].copy()
    own = priced["note"].fillna("").str.contains(OWN_GPUS)
    priced["business"] = np.where(own, "cloud", "hosting")
    return priced


def price_range(priced: pd.DataFrame, business: str) -> tuple[float, float]:
    """Lowest and highest price of a business, m USD per MW-year. CashFlowError if none is known."""
    prices = priced.loc[priced["business"] == business, "revenue_m_per_mw_year"]
    if prices.empty:
        raise CashFlowError(f"table ai_contracts: no priced contract of the business {business!r}")
    return float(prices.min()), float(prices.max())


@dataclass(frozen=True)
class GroupValue:
    """JPMorgan's group of listed miners since the estimate, against the estimate's gain.

    `levels` has a row a published or derived level: `market_cap_usd_bn`, `n_companies`, `certainty`
    (derived or not), `gain_busd` over the base.
    """

    base_date: pd.Timestamp
    base_busd: float
    target_busd: float
    levels: pd.DataFrame

    @property
    def line_busd(self) -> float:
        return self.base_busd + self.target_busd

    @property
    def largest_gain_busd(self) -> float | None:
        return float(self.levels["gain_busd"].max()) if len(self.levels) else None

    @property
    def largest_on(self) -> pd.Timestamp | None:
        return self.levels["gain_busd"].idxmax() if len(self.levels) else None

    @property
    def passed_on(self) -> pd.Timestamp | None:
        """Date of the first level at or above the line; None if there is none."""
        above = self.levels.index[self.levels["gain_busd"] >= self.target_busd]
        return above[0] if len(above) else None

    @property
    def last_below(self) -> pd.Timestamp | None:
        """Date of the last level before it was passed."""
        if self.passed_on is None:
            return None
        earlier = self.levels.index[self.levels.index < self.passed_on]
        return earlier[-1] if len(earlier) else self.base_date


def group_value(jpm_market_cap: pd.DataFrame, as_of: str, target_busd: float) -> GroupValue:
    """Levels after the last known one on or before `as_of` (ISO date), and the gains over it.

    Dates without a level are left out. Raises CashFlowError where no level is that early.
    """
    known = jpm_market_cap.dropna(subset="market_cap_usd_bn").set_index("date").sort_index()
    before = known[known.index <= pd.Timestamp(as_of)]
    if before.empty:
        raise CashFlowError(f"table jpm_market_cap: no level on or before {as_of}")
    base = float(before["market_cap_usd_bn"].iloc[-1])
    after = known[known.index > before.index[-1]].copy()
    after["gain_busd"] = after["market_cap_usd_bn"] - base
    return GroupValue(before.index[-1], base, target_busd, after)


def quantities(given: Published, priced: pd.DataFrame, group: GroupValue) -> dict[str, Quantity]:
    """What follows from the published inputs, by quantity name."""
    found = {
        "published_npv_busd": Quantity(given.npv_busd, "bn USD"),
        # Discount rate, GPU cost and margin were not published: no number follows, by any formula.
        "npv_from_published_inputs_busd": Quantity(None, "bn USD"),
        "implied_capacity_mw": Quantity(implied_capacity(given), "MW"),
        "largest_group_gain_busd": Quantity(group.largest_gain_busd, "bn USD"),
        "group_value_base_busd": Quantity(group.base_busd, "bn USD"),
        "claim_passed_on": Quantity(
            None if group.passed_on is None else f"{group.passed_on:%Y-%m-%d}", "date"
        ),
    }
    for first in FIRST_YEARS:
        rate = implied_discount_rate(given, first)
        found[f"implied_discount_rate_pct.first_profit_year_{first}"] = Quantity(rate, "percent")
    for rate in USUAL_RATES:
        cost = breakeven_gpu_cost(as_project(given, rate), given.npv_busd)
        name = f"breakeven_gpu_cost_musd_per_mw.{rate}pct"
        found[name] = Quantity(cost, "m USD per MW")
    low, high = price_range(priced, "hosting")
    for end, price in {"lowest": low, "highest": high}.items():
        found[f"hosting_revenue_busd_per_year.{end}"] = Quantity(
            implied_capacity(given) * price / 1e3, "bn USD"
        )
    return found


def _as_published(value: float, unit: object, said: str) -> str:
    if pd.isna(value):
        return "in words only" if said == "yes" else NOT_PUBLISHED
    if unit == "year":
        return f"{value:.0f}"
    return text.amount(value, str(unit), text.decimals(value))
