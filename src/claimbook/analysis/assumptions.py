"""The inputs of the valuation, each with its unit, its range, and what it rests on.

`published` inputs are VanEck's own (second-hand); `benchmarked` ones come from a contract, company
or bank; `assumed` ones are ours. Some values lean towards the claim (no tax, no mining forgone),
others against it (GPUs that fetch nothing when they are renewed), and some ranges run to one side
of their value only: `leaning` and `one_sided` say which.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from claimbook import text
from claimbook.analysis.cashflow import CashFlowError, FloatArray, Project, project_npv
from claimbook.analysis.uncertainty import Marginal, Model, RankCorrelation
from claimbook.language import mark, tell

PUBLISHED, BENCHMARKED = mark("published"), mark("benchmarked")
ASSUMED, READER = mark("assumed"), mark("set by the reader")
CLOUD, HOSTING = "cloud", "hosting"
BUSINESSES = (CLOUD, HOSTING)


@dataclass(frozen=True)
class Input:
    """One input: its documented value, what it rests on, and the range it may lie in.

    `name` is the field of `Project`. An input without a range is held fixed in every simulation.
    """

    name: str
    label: str
    unit: str
    value: float
    status: str
    source: str
    low: float | None = None
    high: float | None = None
    whole: bool = False


_SHARED = (
    Input("capacity_mw", "power capacity", "MW", 7500, BENCHMARKED,
          "JPMorgan, June 2024: 5,000 MW used, 2,500 MW more within reach; high end: Bernstein's "
          "12,000 MW by 2027", 5000, 12000),
    Input("share_pct", "share converted", "percent", 20, PUBLISHED, "VanEck, by 2027"),
    Input("years", "years with revenue", "years", 13, PUBLISHED, "VanEck"),
    Input("first_year", "first year of revenue", "year", 1, ASSUMED, "earliest possible"),
    Input("ramp_years", "steps of conversion", "years", 3, PUBLISHED,
          "VanEck: done by 2027, so three yearly steps"),
    Input("revenue_growth_pct", "price change", "percent a year", 0, ASSUMED,
          "flat in nominal dollars; range assumed, from falling to slightly rising", -5, 2),
    Input("forgone_musd_per_mw_year", "mining profit forgone", "m USD per MW-year", 0, ASSUMED,
          "VanEck calls its amount extra, so nothing is taken off"),
    Input("site_cost_musd_per_mw", "site cost", "m USD per MW", 7.5, PUBLISHED,
          "VanEck; high end: Cipher's 9 to 11 m USD per MW", 7.5, 11),
    Input("discount_rate_pct", "discount rate", "percent a year", 10, ASSUMED,
          "rates usual for data centres, 8 % to 12 %", 8, 12),
    Input("tax_pct", "tax", "percent", 0, ASSUMED, "none; VanEck's treatment is not known"),
)  # fmt: skip
_CLOUD = (
    Input("margin_pct", "margin", "percent", 85, BENCHMARKED,
          "IREN's own 85 % for its contract with Microsoft; high end: Galaxy's about 90 %; low end "
          "assumed", 60, 90),
    Input("revenue_musd_per_mw_year", "revenue", "m USD per MW-year", 9.11, PUBLISHED,
          "VanEck; high end: IREN's contract with Microsoft", 9.11, 9.7),
    Input("gpu_cost_musd_per_mw", "GPU cost", "m USD per MW", 29, BENCHMARKED,
          "IREN's order with Dell, 5.8 bn USD for 200 MW; range assumed", 20, 40),
    Input("gpu_life_years", "life of GPUs", "years", 5, BENCHMARKED,
          "length of IREN's contract; range assumed", 4, 8, whole=True),
    Input("renewal_cost_pct", "cost of renewal", "percent of the first set", 50, ASSUMED,
          "no source found", 30, 100),
)  # fmt: skip
_HOSTING = (
    Input("margin_pct", "margin", "percent", 85, BENCHMARKED,
          "TeraWulf's 85 %; range: Cipher's 80 % to Galaxy's about 90 %", 80, 90),
    Input("revenue_musd_per_mw_year", "revenue", "m USD per MW-year", 1.79, BENCHMARKED,
          "median of the signed hosting contracts; range: their lowest and highest", 1.22, 2.26),
    Input("gpu_cost_musd_per_mw", "GPU cost", "m USD per MW", 0, BENCHMARKED,
          "the tenant brings the GPUs"),
    Input("gpu_life_years", "life of GPUs", "years", 0, BENCHMARKED, "the tenant renews them"),
    Input("renewal_cost_pct", "cost of renewal", "percent of the first set", 0, BENCHMARKED,
          "the tenant renews them"),
)  # fmt: skip
# Ranks that move together, assumed: dearer GPUs rent for more, and prices that hold keep margins.
RANKS: RankCorrelation = {
    ("gpu_cost_musd_per_mw", "revenue_musd_per_mw_year"): 0.5,
    ("margin_pct", "revenue_growth_pct"): 0.3,
}


# Percentage points by which a discount rate must exceed the growth of a terminal value, so that no
# draw divides by next to nothing.
LEAST_GAP = 3.0


def documented(business: str) -> tuple[Input, ...]:
    """The documented inputs of a business, `cloud` or `hosting`."""
    return _SHARED + {CLOUD: _CLOUD, HOSTING: _HOSTING}[business]


def project(business: str, chosen: Mapping[str, Any]) -> Project:
    """The project that a notebook's parameters describe, for one business.

    Prices are taken from `cloud_revenue_…` or `hosting_revenue_…`; with hosting the tenant pays for
    the GPUs. Raises CashFlowError for inputs that contradict one another.
    """
    named = {name: value for name, value in chosen.items() if name in Project.__dataclass_fields__}
    named["revenue_musd_per_mw_year"] = chosen[f"{business}_revenue_musd_per_mw_year"]
    if business == HOSTING:
        named |= {"gpu_cost_musd_per_mw": 0.0, "gpu_life_years": 0, "renewal_cost_pct": 0.0}
    return Project(**named)


def check(chosen: Mapping[str, Any]) -> None:
    """Parameters that are allowed singly but contradict one another: CashFlowError says which."""
    for business in BUSINESSES:
        project(business, chosen)
    rate, growth = float(chosen["discount_rate_pct"]), float(chosen["terminal_growth_pct"])
    if chosen["terminal_value"] and rate < growth + LEAST_GAP:
        raise CashFlowError(
            f"discount_rate_pct is {rate:g}; with a terminal value it must be at least "
            f"{LEAST_GAP:g} percentage points above terminal_growth_pct ({growth:g})"
        )


def lowest_rate(chosen: Project) -> float:
    """The lowest discount rate (percent) that a simulation of a project may draw."""
    return max(0.0, chosen.terminal_growth_pct + LEAST_GAP) if chosen.terminal_value else 0.0


def continued(chosen: Project) -> Project | None:
    """The project with its flows after the last year; None where its rate is too near to growth.

    Growth as in the project if it has a terminal value already, else none.
    """
    if chosen.terminal_value:
        return chosen
    if float(np.min(chosen.discount_rate_pct)) < LEAST_GAP:
        return None
    return replace(chosen, terminal_value=True, terminal_growth_pct=0.0)


def leaning(chosen: Project) -> tuple[list[str], list[str]]:
    """What of a project's inputs leans towards a high value, and what against it, in words."""
    towards = {
        mark("no tax"): not chosen.tax_pct,
        mark("no mining profit given up"): not chosen.forgone_musd_per_mw_year,
        mark("prices that do not fall"): float(np.min(chosen.revenue_growth_pct)) >= 0,
        mark("the earliest start"): chosen.first_year == 1,
        mark("GPUs that never wear out"): not chosen.gpu_life_years
        and chosen.gpu_cost_musd_per_mw != 0,
        mark("value after the last year"): chosen.terminal_value,
    }
    against = {
        mark("tax"): bool(chosen.tax_pct),
        mark("mining profit given up"): bool(chosen.forgone_musd_per_mw_year),
        mark("prices that fall"): float(np.min(chosen.revenue_growth_pct)) < 0,
        mark("a late start"): chosen.first_year > 1,
        mark("GPUs that fetch nothing when they are renewed"): bool(chosen.gpu_life_years),
        mark("nothing after the last year"): not chosen.terminal_value,
    }
    return ([k for k, yes in towards.items() if yes], [k for k, yes in against.items() if yes])


def one_sided(business: str, chosen: Project) -> list[str]:
    """Labels of the inputs whose range lies on one side of their value."""
    names = labels(business)
    ranges = marginals(business, chosen)
    return [names[name] for name, m in ranges.items() if m.peak in (m.low, m.high)]


def alike(business: str, chosen: Project, percent: float = 20.0) -> dict[str, Marginal]:
    """Ranges that are alike: each uncertain input by as many percent to both sides of its value.

    Shares stop at 100 percent, whole numbers are rounded. An input at zero has no such range.
    """
    found = {}
    for name, old in marginals(business, chosen).items():
        width = abs(old.peak) * percent / 100
        if not width:
            continue
        low, high = old.peak - width, old.peak + width
        if name == "margin_pct":
            high = min(high, 100.0)
        if name == "discount_rate_pct":
            low = max(low, min(old.peak, lowest_rate(chosen)))
        if old.whole:
            low, high = max(1.0, round(low)), max(1.0, round(high))
        found[name] = Marginal(low, old.peak, high, old.whole)
    return found


def table(business: str, chosen: Project) -> pd.DataFrame:
    """Every input as text: value, range, unit and what it rests on; the reader's own are marked."""
    ranges = marginals(business, chosen)
    rows = []
    for entry in documented(business):
        value = float(getattr(chosen, entry.name))
        own = value != entry.value
        drawn = ranges.get(entry.name)
        rows.append(
            {
                mark("input"): entry.label,
                mark("value"): _short(value),
                mark("range"): _range(drawn) if drawn else mark("held fixed"),
                mark("unit"): entry.unit,
                mark("rests on"): READER if own else entry.status,
                mark("source"): mark("parameter of this report") if own else entry.source,
            }
        )
    return pd.DataFrame(rows).set_index("input")


def _range(drawn: Marginal) -> str:
    return tell("{low} to {high}", low=_short(drawn.low), high=_short(drawn.high))


def marginals(business: str, chosen: Project) -> dict[str, Marginal]:
    """The distributions of the uncertain inputs, peaked at the project's own values.

    A value outside the documented range widens the range to itself. GPUs that are never renewed
    stay so.
    """
    found = {}
    for entry in documented(business):
        value = float(getattr(chosen, entry.name))
        never = entry.name in ("gpu_life_years", "renewal_cost_pct") and not chosen.gpu_life_years
        if entry.low is None or entry.high is None or never:
            continue
        low = entry.low
        if entry.name == "discount_rate_pct":
            low = max(low, lowest_rate(chosen))
        found[entry.name] = Marginal(min(low, value), value, max(entry.high, value), entry.whole)
    return found


def model(chosen: Project) -> Model:
    """From draws of some inputs to the NPV of each, bn USD; all other inputs as in the project."""

    def value(columns: Mapping[str, FloatArray]) -> FloatArray:
        inputs: dict[str, Any] = dict(columns)
        return project_npv(replace(chosen, **inputs))

    return value


def labels(business: str) -> dict[str, str]:
    """Plain names of the inputs by field name."""
    return {entry.name: entry.label for entry in documented(business)}


def base(business: str, chosen: Project) -> dict[str, float]:
    """The project's own values of the uncertain inputs."""
    return {name: float(getattr(chosen, name)) for name in marginals(business, chosen)}


def _short(value: float) -> str:
    return text.number(value, text.decimals(value))
