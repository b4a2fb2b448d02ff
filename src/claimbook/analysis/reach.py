"""Which sets of inputs reach a claimed value: step by step, and one input at a time."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize

from claimbook.analysis.cashflow import (
    FloatArray,
    Number,
    Project,
    cash_flows,
    payback_years,
    project_npv,
)
from claimbook.analysis.uncertainty import Marginal
from claimbook.language import mark


def ladder(start: Project, steps: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """NPV (bn USD) of a project as named changes are made one after another.

    Each step keeps the changes of those before it. One row a step, the first being the project as
    it is: `npv_busd` and `change_busd`.
    """
    current, rows = start, {mark("as set above"): float(project_npv(start))}
    for name, change in steps.items():
        current = replace(current, **change)
        rows[name] = float(project_npv(current))
    table = pd.DataFrame({"npv_busd": rows})
    table["change_busd"] = table["npv_busd"].diff().fillna(0.0)
    return table.rename_axis("step")


def single_inputs(
    project: Project,
    target_busd: float,
    marginals: Mapping[str, Marginal],
    limits: Mapping[str, tuple[float, float]],
) -> pd.DataFrame:
    """For each input the value that by itself makes the project worth a target.

    Looked for between `limits` (by input); the one nearest to the project's own value. One row an
    input: `value` now, `needed` (missing where no value does it), and whether that lies in the
    range of its distribution (`in_range`).
    """
    rows = {}
    for name, marginal in marginals.items():
        now = float(getattr(project, name))
        low, high = limits[name]
        tried = np.arange(low, high + 1) if marginal.whole else np.linspace(low, high, 401)
        worth = _worth(project, name, tried) - target_busd
        found: list[float] = []
        if marginal.whole:
            found = [float(value) for value in tried[worth >= 0]]
        else:
            for left in np.flatnonzero(worth[:-1] * worth[1:] <= 0):
                found.append(
                    optimize.brentq(
                        lambda value, key=name: float(_worth(project, key, value)) - target_busd,
                        tried[left],
                        tried[left + 1],
                    )
                )
        needed = min(found, key=lambda value: abs(value - now), default=np.nan)
        rows[name] = {
            "value": now,
            "needed": needed,
            "in_range": bool(marginal.low <= needed <= marginal.high),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("input")


def summary(projects: Mapping[str, Project]) -> pd.DataFrame:
    """Side by side: capacity (MW), first cost, mean yearly flows, NPV (bn USD), IRR, payback."""
    rows = {}
    for name, project in projects.items():
        flows = cash_flows(project)
        earning = flows.capacity_mw > 0
        rows[name] = {
            mark("capacity, MW"): float(np.max(flows.capacity_mw)),
            mark("site and first GPUs, bn USD"): float(-(flows.site + flows.gpus).sum()),
            mark("renewals, bn USD"): float(-flows.renewals.sum()),
            mark("mean revenue a year, bn USD"): float(flows.revenue[earning].mean()),
            mark("mean operating flow a year, bn USD"): float(flows.operating[earning].mean()),
            mark("net present value, bn USD"): float(project_npv(project)),
            mark("internal rate of return, percent"): flows.irr(),
            mark("payback, years"): payback_years(flows.total),
        }
    return pd.DataFrame(rows).astype(float).rename_axis("result")


def _worth(project: Project, name: str, value: Number) -> FloatArray:
    changed: dict[str, Any] = {name: value}
    return project_npv(replace(project, **changed))
