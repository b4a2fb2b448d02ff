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
from claimbook.language import mark
from claimbook.ledger import Quantity

# Conventions of the question, not results: the first years of profit that are tried, and the rates
# (percent) at which data centres are usually valued.
FIRST_YEARS = (1, 3, 4)
USUAL_RATES = (8, 10, 12)

NOT_PUBLISHED = mark("not published")
# The rows of `vaneck_model` without which no value of today follows, and their plain names.
DECIDING_INPUTS = {
    "discount rate": "discount rate",
    "GPU capex per MW": mark("GPU cost"),
    "EBITDA or profit margin": mark("margin"),
}
# Half of the last digit of a percentage that is given in whole percent.
HALF_PERCENT = 0.5
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
    discount_rate_pct: float | None = None  # percent a year; None: not published
    gpu_cost_musd_per_mw: float | None = None  # m USD per MW; None: not published
    margin_pct: float | None = None  # percent of revenue; None: not published
    miner_value_musd_per_mw: float | None = None  # market value per MW installed, average

    @property
    def missing(self) -> list[str]:
        """Plain names of the inputs without which no value follows."""
        known = (self.discount_rate_pct, self.gpu_cost_musd_per_mw, self.margin_pct)
        return [
            name
            for name, value in zip(DECIDING_INPUTS.values(), known, strict=True)
            if value is None
        ]


def published(vaneck_model: pd.DataFrame) -> Published:
    """The numbers that were published. CashFlowError names one that the table lacks."""
    values = vaneck_model.set_index("item")["value"]

    def number(item: str) -> float:
        if item not in values.index or pd.isna(values[item]):
            raise CashFlowError(f"table vaneck_model: no published value for {item!r}")
        return float(values[item])

    def if_known(item: str) -> float | None:
        return number(item) if item in values.index and not pd.isna(values[item]) else None

    rate, gpus, margin = (if_known(item) for item in DECIDING_INPUTS)
    return Published(
        discount_rate_pct=rate,
        gpu_cost_musd_per_mw=gpus,
        margin_pct=margin,
        miner_value_musd_per_mw=if_known("miner valuation"),
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
            mark("as published"): [
                _as_published(value, unit, said)
                for value, unit, said in zip(
                    rows["value"], rows["unit"], rows["published"], strict=True
                )
            ],
            "source": rows["certainty"].to_numpy(),
            "note": rows["note"].fillna("").to_numpy(),
        },
        index=pd.Index(rows["item"], name=mark("input or result")),
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
    return pd.DataFrame(values, index=pd.Index(rates, name=mark("discount rate, percent")))


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


def recomputed(given: Published) -> dict[str, float | None]:
    """NPV (bn USD) of the published inputs by reading of the yearly amount; None while any lacks.

    `yearly_amount_is_profit`: the capacity is the one whose revenue less running costs is the
    amount; `yearly_amount_is_revenue`: the amount is the revenue, and the margin of it is kept.
    All costs at year 0, no renewal (none is published), the first amount a year later.
    """
    rate, gpus, margin = given.discount_rate_pct, given.gpu_cost_musd_per_mw, given.margin_pct
    if rate is None or gpus is None or margin is None:
        return {"yearly_amount_is_profit": None, "yearly_amount_is_revenue": None}
    revenue = replace(as_project(given, rate, gpus), margin_pct=margin)
    profit = replace(revenue, capacity_mw=revenue.capacity_mw * 100 / margin)
    return {
        "yearly_amount_is_profit": float(project_npv(profit)),
        "yearly_amount_is_revenue": float(project_npv(revenue)),
    }


def crossings(given: Published) -> dict[int, float]:
    """The implied discount rate (percent) by first year of profit, for the years that are tried."""
    return {first: implied_discount_rate(given, first) for first in FIRST_YEARS}


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
    (derived or not), `gain_busd` over the base. `base_range_busd` is what the rounding of the
    figures behind the base allows; see `base_range`.
    """

    base_date: pd.Timestamp
    base_busd: float
    target_busd: float
    levels: pd.DataFrame
    base_range_busd: tuple[float, float]

    @property
    def line_range_busd(self) -> tuple[float, float]:
        """The line if the base lies at either end of what its rounded inputs allow."""
        low, high = self.base_range_busd
        return low + self.target_busd, high + self.target_busd

    @property
    def back_below(self) -> pd.DataFrame:
        """Levels below the line after it was passed."""
        if self.passed_on is None:
            return self.levels.iloc[:0]
        later = self.levels[self.levels.index > self.passed_on]
        return later[later["gain_busd"] < self.target_busd]

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
    span = base_range(jpm_market_cap, before.index[-1])
    return GroupValue(before.index[-1], base, target_busd, after, span)


def base_range(jpm_market_cap: pd.DataFrame, day: pd.Timestamp) -> tuple[float, float]:
    """Lowest and highest level (bn USD) that the rounded figures behind a day's level allow.

    Percentages are good to half a percent, levels to half of their last digit. A level derived from
    a change since an earlier day, itself derived from the change over the month that follows, takes
    both roundings along. A level without such a row behind it has its own rounding only.
    """
    rows = jpm_market_cap.set_index("date").sort_index()
    row = rows.loc[day]
    own = rounding(float(row["market_cap_usd_bn"]))
    since = str(row["period_of_change"]) if "period_of_change" in row else ""
    if (
        row["certainty"] != "derived"
        or not since.startswith("since ")
        or pd.isna(row["change_pct"])
    ):
        return own
    start = pd.Timestamp(since.removeprefix("since "))
    if start not in rows.index:
        return own
    low, high = rounding(float(rows.loc[start, "market_cap_usd_bn"]))
    month_end = start + pd.offsets.MonthEnd(1)
    month = rows.loc[month_end] if month_end in rows.index else None
    if (
        month is not None
        and rows.loc[start, "certainty"] == "derived"
        and month["period_of_change"] == "month"
    ):
        end_low, end_high = rounding(float(month["market_cap_usd_bn"]))
        low = end_low / _grown(month["change_pct"] + HALF_PERCENT)
        high = end_high / _grown(month["change_pct"] - HALF_PERCENT)
    return (
        low * _grown(row["change_pct"] - HALF_PERCENT),
        high * _grown(row["change_pct"] + HALF_PERCENT),
    )


def _grown(percent: float) -> float:
    return 1 + float(percent) / 100


def rounding(level: float) -> tuple[float, float]:
    """A printed level less and plus half of its last digit."""
    half = 0.5 * 10.0 ** -text.decimals(level)
    return level - half, level + half


def quantities(given: Published, priced: pd.DataFrame, group: GroupValue) -> dict[str, Quantity]:
    """What follows from the published inputs, by quantity name."""
    found = {
        "published_npv_busd": Quantity(given.npv_busd, "bn USD"),
        "implied_capacity_mw": Quantity(implied_capacity(given), "MW"),
        "largest_group_gain_busd": Quantity(group.largest_gain_busd, "bn USD"),
        "group_value_base_busd": Quantity(group.base_busd, "bn USD"),
        "claim_passed_on": Quantity(
            None if group.passed_on is None else f"{group.passed_on:%Y-%m-%d}", "date"
        ),
    }
    for reading, worth in recomputed(given).items():
        found[f"npv_from_published_inputs_busd.{reading}"] = Quantity(worth, "bn USD")
    for first, rate in crossings(given).items():
        found[f"implied_discount_rate_pct.first_profit_year_{first}"] = Quantity(rate, "percent")
    for usual in USUAL_RATES:
        cost = breakeven_gpu_cost(as_project(given, usual), given.npv_busd)
        name = f"breakeven_gpu_cost_musd_per_mw.{usual}pct"
        found[name] = Quantity(cost, "m USD per MW")
    low, high = price_range(priced, "hosting")
    for end, price in {"lowest": low, "highest": high}.items():
        found[f"hosting_revenue_busd_per_year.{end}"] = Quantity(
            implied_capacity(given) * price / 1e3, "bn USD"
        )
    return found


def _as_published(value: float, unit: object, said: str) -> str:
    if pd.isna(value):
        return mark("in words only") if said == "yes" else NOT_PUBLISHED
    if unit == "year":
        return f"{value:.0f}"
    return text.amount(value, str(unit), text.decimals(value))
