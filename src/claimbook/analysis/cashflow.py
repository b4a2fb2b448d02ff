"""A project's cash flows by year, and what they are worth: NPV, IRR, payback.

Year 0 is the day of the valuation. Amounts are nominal US dollars, rates are nominal and in percent
a year. Operating flows fall at the end of their year (or its middle, where that is asked for);
investment is paid one year before it earns. An input may be a number or an array of draws; arrays
broadcast, so one call values a whole sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize

from claimbook.errors import ClaimbookError

FloatArray = npt.NDArray[np.float64]
Number = float | FloatArray

# Rates between which a return is looked for, in percent a year.
LOWEST_RATE, HIGHEST_RATE = -99.0, 10_000.0


class CashFlowError(ClaimbookError):
    """An input of a valuation is one that no cash flow follows from."""


@dataclass(frozen=True)
class Project:
    """Part of the miners' power capacity turned over to AI: every input, with its unit.

    The converted capacity is built in `ramp_years` equal yearly steps; the first step earns in
    `first_year`, and all of it earns until `years` years have passed since then. GPUs are renewed
    each `gpu_life_years` of service while service goes on (0: never). Whoever rents out space only
    (hosting) has no GPU cost. Tax is on revenue less running costs and straight-line depreciation;
    losses are carried forward. The terminal value continues the last year's flow, less a yearly
    provision for the renewal of GPUs and after its tax, with constant growth.
    """

    capacity_mw: Number  # MW of power of the whole group
    share_pct: Number  # percent of it that is converted
    revenue_musd_per_mw_year: Number  # m USD per MW and year, in the first year
    margin_pct: Number  # percent of revenue left after power, staff and other running costs
    site_cost_musd_per_mw: Number  # m USD per MW, building and cooling, once
    gpu_cost_musd_per_mw: Number  # m USD per MW, first set of GPUs
    discount_rate_pct: Number  # percent a year, nominal
    years: int = 13  # years with revenue
    gpu_life_years: Number = 0  # years of service of one set of GPUs; 0: never renewed
    renewal_cost_pct: Number = 100.0  # percent of the first GPU cost, for each renewal
    revenue_growth_pct: Number = 0.0  # percent a year, revenue per MW
    forgone_musd_per_mw_year: Number = 0.0  # m USD per MW and year that mining would have earned
    tax_pct: Number = 0.0  # percent of taxable profit
    first_year: int = 1  # year of the first revenue
    ramp_years: int = 1  # yearly steps in which the capacity is built
    mid_year: bool = False  # operating flows in the middle of their year
    terminal_value: bool = False  # whether flows after the last year count
    terminal_growth_pct: float = 0.0  # percent a year, after the last year

    def __post_init__(self) -> None:
        if not 1 <= self.ramp_years <= self.years:
            raise CashFlowError(
                f"ramp_years is {self.ramp_years}; it must lie between 1 and years ({self.years})"
            )
        if self.first_year < 1:
            raise CashFlowError(f"first_year is {self.first_year}; it must be 1 or later")
        if self.terminal_value and np.any(
            np.asarray(self.discount_rate_pct) <= self.terminal_growth_pct
        ):
            raise CashFlowError(
                "a terminal value needs a discount rate above terminal_growth_pct "
                f"({self.terminal_growth_pct} percent)"
            )

    @property
    def converted_mw(self) -> Number:
        return self.capacity_mw * self.share_pct / 100

    @property
    def last_year(self) -> int:
        return self.first_year + self.years - 1


@dataclass(frozen=True)
class Flows:
    """The flows of a project by year, each of shape (..., years + 1), bn USD; outflows negative.

    `operating_years` are the moments of the operating flows, `year` those of the rest.
    """

    year: FloatArray
    operating_years: FloatArray
    capacity_mw: FloatArray
    revenue: FloatArray
    running_costs: FloatArray
    site: FloatArray
    gpus: FloatArray
    renewals: FloatArray
    tax: FloatArray
    terminal: FloatArray

    @property
    def operating(self) -> FloatArray:
        return self.revenue + self.running_costs + self.tax

    @property
    def investment(self) -> FloatArray:
        return self.site + self.gpus + self.renewals

    @property
    def total(self) -> FloatArray:
        return self.operating + self.investment + self.terminal

    def npv(self, rate_pct: Number) -> FloatArray:
        """Net present value at year 0, bn USD."""
        return npv(rate_pct, self.operating, self.operating_years) + npv(
            rate_pct, self.investment + self.terminal, self.year
        )

    def irr(self) -> float | None:
        """Internal rate of return, percent a year; see `irr`. For one project, not a sample."""
        amounts = np.concatenate([self.operating, self.investment + self.terminal])
        return irr(amounts, np.concatenate([self.operating_years, self.year]))

    def frame(self) -> pd.DataFrame:
        """One row a year, bn USD (capacity in MW). For one project, not a sample."""
        columns = [f.name for f in fields(self) if f.name not in ("year", "operating_years")]
        table = pd.DataFrame({name: getattr(self, name) for name in columns})
        table["total"] = self.total
        table.index = pd.Index(self.year.astype(int), name="year")
        return table


def annuity(rate_pct: float, years: int, first_year: int = 1) -> float:
    """What 1 a year for `years` years is worth at year 0, the first at the end of `first_year`."""
    if rate_pct == 0:
        return float(years)
    rate = rate_pct / 100
    return float((1 - (1 + rate) ** -years) / rate * (1 + rate) ** (1 - first_year))


def npv(
    rate_pct: Number, flows: npt.ArrayLike, years: Sequence[float] | FloatArray | None = None
) -> FloatArray:
    """Net present value at year 0 of flows at given years, in the flows' unit.

    `flows` has shape (..., n). `years` are the n moments in years after year 0; without it they are
    0, 1, 2 … (so the first flow is not discounted). `rate_pct` may be an array of the flows'
    leading shape. Years of 365 days from the first date give what spreadsheets call XNPV.
    """
    amounts = np.asarray(flows, dtype=float)
    when = np.arange(amounts.shape[-1]) if years is None else np.asarray(years, dtype=float)
    growth = 1 + np.asarray(rate_pct, dtype=float)[..., np.newaxis] / 100
    return np.asarray((amounts / growth**when).sum(axis=-1))


def returns(flows: npt.ArrayLike, years: Sequence[float] | FloatArray | None = None) -> list[float]:
    """All rates (percent a year) at which the flows are worth nothing, rising.

    Flows that change sign more than once can have several; flows that never do have none. Looked
    for between -99 % and 10,000 %.
    """
    amounts = np.asarray(flows, dtype=float)
    grid = 100 * (np.geomspace(1 + LOWEST_RATE / 100, 1 + HIGHEST_RATE / 100, 4001) - 1)
    values = npv(grid, np.broadcast_to(amounts, (grid.size, amounts.size)), years)
    found = [float(rate) for rate, value in zip(grid, values, strict=True) if value == 0]
    for left in np.flatnonzero(values[:-1] * values[1:] < 0):
        found.append(
            optimize.brentq(
                lambda rate: float(npv(rate, amounts, years)),
                grid[left],
                grid[left + 1],
                xtol=1e-12,
                rtol=1e-14,
            )
        )
    return sorted(found)


def irr(flows: npt.ArrayLike, years: Sequence[float] | FloatArray | None = None) -> float | None:
    """The internal rate of return in percent a year; None where there is none.

    Of several the one nearest to zero, as spreadsheets and numpy-financial report. Years of 365
    days from the first date give what spreadsheets call XIRR.
    """
    found = returns(flows, years)
    return min(found, key=abs) if found else None


def payback_years(flows: npt.ArrayLike) -> float | None:
    """Years until the undiscounted flows have first paid back what was spent; None if never.

    Flows at years 0, 1, 2 …; within the year of payback the flow is taken as even.
    """
    running = np.cumsum(np.asarray(flows, dtype=float))
    spent = np.flatnonzero(running < 0)
    if not spent.size:
        return 0.0
    after = [year for year in range(int(spent[0]) + 1, running.size) if running[year] >= 0]
    if not after:
        return None
    year = after[0]
    return year - 1 + float(-running[year - 1] / (running[year] - running[year - 1]))


def cash_flows(project: Project) -> Flows:
    """The cash flows of a project, or of a sample of projects, by year."""
    shape = np.broadcast_shapes(
        *(np.shape(getattr(project, entry.name)) for entry in fields(project))
    )
    year = np.arange(project.last_year + 1, dtype=float)
    ones = np.ones((*shape, year.size))
    step_mw = _column(project.converted_mw) / project.ramp_years
    mw, site, gpus, renewals, written_off = (np.zeros_like(ones) for _ in range(5))
    site_cost = _column(project.site_cost_musd_per_mw) * step_mw / 1e3
    gpu_cost = _column(project.gpu_cost_musd_per_mw) * step_mw / 1e3
    renewal = gpu_cost * _column(project.renewal_cost_pct) / 100
    life = _column(project.gpu_life_years)
    for step in range(project.ramp_years):
        start = project.first_year + step
        serves = np.where(year >= start, ones, 0.0)
        mw += step_mw * serves
        paid = np.where(year == start - 1, ones, 0.0)
        site -= site_cost * paid
        gpus -= gpu_cost * paid
        # Years of service that a flow at the end of this year has behind it.
        served = np.clip(year - start + 1, 0, None)
        served_in_all = project.years - step
        due = (life > 0) & (np.mod(served, np.where(life > 0, life, 1)) == 0)
        due &= (served > 0) & (served < served_in_all)
        renewals -= renewal * due
        if np.any(project.tax_pct):
            written_off += _depreciation(
                serves, served, served_in_all, life, site_cost, gpu_cost, renewal
            )
    price = _column(project.revenue_musd_per_mw_year) * (
        1 + _column(project.revenue_growth_pct) / 100
    ) ** np.clip(year - project.first_year, 0, None)
    revenue = mw * price / 1e3
    running = -revenue * (1 - _column(project.margin_pct) / 100)
    running = running - mw * _column(project.forgone_musd_per_mw_year) / 1e3
    tax = -_tax(revenue + running - written_off, _column(project.tax_pct) / 100)
    terminal = np.zeros_like(ones)
    if project.terminal_value:
        terminal[..., -1] = _terminal(project, revenue + running)
    shift = 0.5 if project.mid_year else 0.0
    return Flows(
        year, np.clip(year - shift, 0, None), mw, revenue, running, site, gpus, renewals, tax,
        terminal,
    )  # fmt: skip


def project_npv(project: Project) -> FloatArray:
    """Net present value at year 0, bn USD, of a project or of each project of a sample."""
    return cash_flows(project).npv(project.discount_rate_pct)


def _column(value: Number) -> FloatArray:
    return np.asarray(value, dtype=float)[..., np.newaxis]


def _depreciation(
    serves: FloatArray,
    served: FloatArray,
    served_in_all: int,
    life: FloatArray,
    site_cost: FloatArray,
    gpu_cost: FloatArray,
    renewal: FloatArray,
) -> FloatArray:
    """Straight line over the years that each payment serves, so that it is all written off."""
    cycle = np.where(life > 0, life, served_in_all)
    # The set of GPUs in service during the year, counted from 0, and how long it serves.
    current = np.floor((np.clip(served, 1, None) - 1) / cycle)
    serving = np.minimum(cycle, served_in_all - current * cycle)
    bought = np.where(current == 0, gpu_cost, renewal)
    per_year = site_cost / served_in_all + bought / np.clip(serving, 1, None)
    return np.asarray(per_year * serves)


def _tax(profit: FloatArray, rate: FloatArray) -> FloatArray:
    """Tax by year on positive profit after losses carried forward without limit."""
    tax = np.zeros_like(profit)
    if not np.any(rate):
        return tax
    losses = np.zeros(profit.shape[:-1])
    for year in range(profit.shape[-1]):
        taxable = profit[..., year] - losses
        losses = np.clip(-taxable, 0, None)
        tax[..., year] = np.clip(taxable, 0, None) * rate[..., 0]
    return tax


def _terminal(project: Project, before_tax: FloatArray) -> FloatArray:
    """Growing perpetuity of the last year's flow after renewals and tax, at the last year."""
    rate = np.asarray(project.discount_rate_pct) / 100
    growth = project.terminal_growth_pct / 100
    life = np.asarray(project.gpu_life_years, dtype=float)
    renewal = (
        np.asarray(project.converted_mw)
        * np.asarray(project.gpu_cost_musd_per_mw)
        * np.asarray(project.renewal_cost_pct)
        / 1e5
    )
    yearly = before_tax[..., -1] - np.where(life > 0, renewal / np.where(life > 0, life, 1), 0)
    after_tax = yearly - np.clip(yearly, 0, None) * np.asarray(project.tax_pct) / 100
    return np.asarray(after_tax * (1 + growth) / (rate - growth))
