"""The valuation as a reader may turn it: where to start from, and the model as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from claimbook.analysis.cashflow import Project, project_npv, timetable

# Rates of the still picture's table and, finer, of its curves, percent a year.
RATES = (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0)
FINE = tuple(rate / 2 for rate in range(4, 61))
# What a reader may set, by the field of `Project`: lowest, highest, step. A starting value beyond
# them widens them.
SLIDERS: Mapping[str, tuple[float, float, float]] = {
    "discount_rate_pct": (0.5, 30.0, 0.25),
    "capacity_mw": (100.0, 5000.0, 10.0),
    "revenue_musd_per_mw_year": (0.5, 15.0, 0.05),
    "margin_pct": (10.0, 100.0, 1.0),
    "gpu_cost_musd_per_mw": (0.0, 60.0, 0.5),
}


def starts(
    own: Mapping[str, Project], readings: Mapping[str, Project], gpu_cost_musd_per_mw: float
) -> dict[str, Project]:
    """Projects to start from, all of their capacity converted, by name.

    `own` are the reader's projects by business, `readings` the published inputs by reading, which
    come without a GPU cost and take the one given.
    """
    published = {
        name: replace(project, gpu_cost_musd_per_mw=gpu_cost_musd_per_mw)
        for name, project in readings.items()
    }
    return {name: _converted(project) for name, project in {**own, **published}.items()}


def curves(projects: Mapping[str, Project], rates: Sequence[float] = RATES) -> pd.DataFrame:
    """Net present value (bn USD): a row a discount rate (percent), a column a project.

    Missing where a terminal value has no finite worth.
    """
    return pd.DataFrame(
        {
            name: [
                float("nan")
                if project.terminal_value and rate <= project.terminal_growth_pct
                else float(project_npv(replace(project, discount_rate_pct=rate)))
                for rate in rates
            ]
            for name, project in projects.items()
        },
        index=pd.Index(rates, name="discount rate, percent"),
    )


def model(project: Project) -> dict[str, Any]:
    """One project as plain numbers: `at` (what a reader may set), `fixed`, and shares by year.

    `value_at` of the page's script computes the same net present value from it as `project_npv`.
    """
    fixed = (
        "share_pct", "first_year", "site_cost_musd_per_mw", "renewal_cost_pct", "gpu_life_years",
        "revenue_growth_pct", "forgone_musd_per_mw_year", "tax_pct", "terminal_growth_pct",
    )  # fmt: skip
    return {
        "at": {name: float(getattr(project, name)) for name in SLIDERS},
        "fixed": {name: float(getattr(project, name)) for name in fixed}
        | {"mid_year": project.mid_year, "terminal_value": project.terminal_value},
        "by_year": timetable(project),
    }


def _converted(project: Project) -> Project:
    return replace(project, capacity_mw=float(project.converted_mw), share_pct=100.0)
