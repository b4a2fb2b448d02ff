"""A project's cash flows by year, and what they are worth: NPV, IRR, payback.

Year 0 is the day of the valuation. Amounts are nominal US dollars, rates are nominal and in percent
a year. Operating flows fall at the end of their year (or its middle, where that is asked for);
investment is paid one year before it earns. An input may be a number or an array of draws; arrays
broadcast, so one call values a whole sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize

from claimbook.errors import ClaimbookError

FloatArray = npt.NDArray[np.float64]
Number = float | FloatArray

# Rates between which a return is looked for, in percent a year.
LOWEST_RATE, HIGHEST_RATE = -99.0, 10_000.0
# Years that a renewal of GPUs must serve, if a life is that long, to be bought near the end.
LAST_STRETCH = 2


class CashFlowError(ClaimbookError):
    """An input of a valuation is one that no cash flow follows from."""


@dataclass(frozen=True)
class Project:
    """Part of the miners' power capacity turned over to AI: every input, with its unit.

    The converted capacity is built in `ramp_years` equal yearly steps; the first step earns in
    `first_year`, and all of it earns until `years` years have passed since then. GPUs are renewed
    each `gpu_life_years` of service while service goes on (0: never), except for a last stretch
    that is shorter than a life and than `LAST_STRETCH` years: nobody buys a full set for it, the
    old one is kept running. With a terminal value service goes on, so none is left out. Whoever
    rents out space only (hosting) has no GPU cost. Tax is on revenue less running costs and
    straight-line depreciation;
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
        if np.any(np.mod(self.gpu_life_years, 1)) or np.any(np.asarray(self.gpu_life_years) < 0):
            raise CashFlowError("gpu_life_years must be whole years, or 0 for never renewed")
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
        if np.array_equal(self.operating_years, self.year):
            return npv(rate_pct, self.total)
        return npv(rate_pct, self.operating, self.operating_years) + npv(
            rate_pct, self.investment + self.terminal, self.year
        )

    def running_npv(self, rate_pct: float) -> pd.Series:
        """Present value of all flows up to each year, bn USD. For one project, not a sample."""
        worth = self.operating / (1 + rate_pct / 100) ** self.operating_years
        worth = worth + (self.investment + self.terminal) / (1 + rate_pct / 100) ** self.year
        index = pd.Index(self.year.astype(int), name="year")
        return pd.Series(np.cumsum(worth), index=index, name="running_npv")

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
    growth = 1 + np.asarray(rate_pct, dtype=float)[..., np.newaxis] / 100
    if years is None:
        # From the last year back, each year's worth a year earlier: Horner's rule, no powers.
        worth = np.zeros(np.broadcast_shapes(growth.shape[:-1], amounts.shape[:-1]))
        for year in range(amounts.shape[-1] - 1, -1, -1):
            worth = worth / growth[..., 0] + amounts[..., year]
        return np.asarray(worth)
    return np.asarray((amounts / growth ** np.asarray(years, dtype=float)).sum(axis=-1))


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
    lives, which = np.unique(np.asarray(project.gpu_life_years, dtype=float), return_inverse=True)
    schedules = [_schedule(project, int(life)) for life in lives]
    # Shares of the project by year; only those of renewals differ from draw to draw.
    serving, paid = schedules[0].serving, schedules[0].paid
    renewed = np.stack([schedule.renewed for schedule in schedules])[which]
    gw = _column(project.converted_mw) / 1e3
    site_cost = gw * _column(project.site_cost_musd_per_mw)
    gpu_cost = gw * _column(project.gpu_cost_musd_per_mw)
    renewal_cost = gpu_cost * _column(project.renewal_cost_pct) / 100
    price = _column(project.revenue_musd_per_mw_year)
    if np.any(project.revenue_growth_pct):
        passed = np.clip(year - project.first_year, 0, None)
        price = price * (1 + _column(project.revenue_growth_pct) / 100) ** passed
    revenue = np.broadcast_to(gw * price * serving, (*shape, year.size))
    running = -revenue * (1 - _column(project.margin_pct) / 100)
    running = running - gw * _column(project.forgone_musd_per_mw_year) * serving
    tax = np.zeros_like(revenue)
    if np.any(project.tax_pct):
        written_off = (
            site_cost * schedules[0].site_written_off
            + gpu_cost * np.stack([entry.gpus_written_off for entry in schedules])[which]
            + renewal_cost * np.stack([entry.renewals_written_off for entry in schedules])[which]
        )
        tax = -_tax(revenue + running - written_off, np.asarray(project.tax_pct) / 100)
    terminal = np.zeros_like(revenue)
    if project.terminal_value:
        terminal[..., -1] = _terminal(project, revenue + running)
    return Flows(
        year=year,
        operating_years=np.clip(year - (0.5 if project.mid_year else 0.0), 0, None),
        capacity_mw=np.broadcast_to(gw * 1e3 * serving, revenue.shape),
        revenue=revenue,
        running_costs=running,
        site=np.broadcast_to(-site_cost * paid, revenue.shape),
        gpus=np.broadcast_to(-gpu_cost * paid, revenue.shape),
        renewals=np.broadcast_to(-renewal_cost * renewed, revenue.shape),
        tax=tax,
        terminal=terminal,
    )


def project_npv(project: Project) -> FloatArray:
    """Net present value at year 0, bn USD, of a project or of each project of a sample.

    Without tax and terminal value each cost and income is a polynomial in the discount factor, so
    that no table of flows by year is needed: far quicker for samples, and equal to it.
    """
    if np.any(project.tax_pct) or project.terminal_value:
        return cash_flows(project).npv(project.discount_rate_pct)
    factor = 1 / (1 + np.asarray(project.discount_rate_pct, dtype=float) / 100)
    growth = 1 + np.asarray(project.revenue_growth_pct, dtype=float) / 100
    life = np.asarray(project.gpu_life_years, dtype=float)
    plain = _schedule(project, 0)
    earning = plain.serving[project.first_year :]
    until_first = factor ** (project.first_year - (0.5 if project.mid_year else 0.0))
    income = (
        np.asarray(project.revenue_musd_per_mw_year)
        * np.asarray(project.margin_pct)
        / 100
        * _polynomial(earning, growth * factor)
    )
    if np.any(project.forgone_musd_per_mw_year):
        income = income - project.forgone_musd_per_mw_year * _polynomial(earning, factor)
    paid = _polynomial(plain.paid, factor)
    renewed = np.zeros(np.broadcast_shapes(life.shape, factor.shape))
    for years in np.unique(life[life > 0]):
        worth = _polynomial(_schedule(project, int(years)).renewed, factor)
        renewed = np.where(life == years, worth, renewed)
    gpus = paid + renewed * np.asarray(project.renewal_cost_pct) / 100
    per_mw = (
        income * until_first
        - project.site_cost_musd_per_mw * paid
        - project.gpu_cost_musd_per_mw * gpus
    )
    return np.asarray(project.converted_mw * per_mw / 1e3)


def timetable(project: Project) -> dict[str, list[float]]:
    """Shares of one project by year (0 to the last): when it serves, is paid, renewed, written off.

    `serving` is the share of the capacity that earns; `paid` and `renewed` the shares whose first
    cost and whose renewal fall in the year; the rest are the shares of each cost written off.
    """
    schedule = _schedule(project, int(project.gpu_life_years))
    return {f.name: getattr(schedule, f.name).tolist() for f in fields(schedule)}


def _polynomial(coefficients: FloatArray, at: FloatArray) -> FloatArray:
    """Sum of coefficients[k] * at**k by Horner's rule."""
    value = np.zeros_like(at)
    for coefficient in coefficients[::-1]:
        value = value * at + coefficient
    return value


def _column(value: Number) -> FloatArray:
    return np.asarray(value, dtype=float)[..., np.newaxis]


@dataclass(frozen=True)
class _Schedule:
    """Shares of the whole project by year, shape (years + 1,), for one life of the GPUs."""

    serving: FloatArray  # share of the capacity that earns
    paid: FloatArray  # share of the first site and GPU cost that is paid
    renewed: FloatArray  # share of the capacity whose GPUs are renewed
    site_written_off: FloatArray  # shares of each cost that are written off
    gpus_written_off: FloatArray
    renewals_written_off: FloatArray


def _schedule(project: Project, life: int) -> _Schedule:
    """When each step of the project is paid, serves, is renewed and written off.

    Each payment is written off in a straight line over the years it serves, so that in the end all
    of it is.
    """
    serving, paid, renewed, site, gpus, renewals = np.zeros((6, project.last_year + 1))
    share = 1 / project.ramp_years
    for step in range(project.ramp_years):
        start, served = project.first_year + step, project.years - step
        end = start + served
        serving[start:] += share
        paid[start - 1] += share
        site[start:] += share / served
        bought_in = _bought(start, end, life or served, skip=not project.terminal_value)
        for bought, next_bought in pairwise([*bought_in, end]):
            serves = next_bought - bought
            if bought == start:
                gpus[bought : bought + serves] += share / serves
            else:
                renewed[bought - 1] += share
                renewals[bought : bought + serves] += share / serves
    return _Schedule(serving, paid, renewed, site, gpus, renewals)


def _bought(start: int, end: int, life: int, *, skip: bool) -> list[int]:
    """First years of service of each set of GPUs; a short last stretch keeps the old set."""
    least = min(LAST_STRETCH, life) if skip else 1
    return [year for year in range(start, end, life) if year == start or end - year >= least]


def _tax(profit: FloatArray, rate: FloatArray) -> FloatArray:
    """Tax by year on positive profit after losses carried forward without limit."""
    tax = np.zeros_like(profit)
    if not np.any(rate):
        return tax
    losses = np.zeros(profit.shape[:-1])
    for year in range(profit.shape[-1]):
        taxable = profit[..., year] - losses
        losses = np.clip(-taxable, 0, None)
        tax[..., year] = np.clip(taxable, 0, None) * rate
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
