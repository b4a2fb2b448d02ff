"""What the explorable figure of the ai-upside report says, and the data that it turns."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from claimbook import text
from claimbook.analysis import exploring
from claimbook.analysis.cashflow import Project
from claimbook.analysis.upside import Study
from claimbook.words.upside import BUSINESS

SCRIPT = "cashflow"
# Label, unit and decimals of what a reader may set, by the field of `Project`.
INPUTS = {
    "discount_rate_pct": ("Discount rate", "% a year", 2),
    "capacity_mw": ("Power turned over to AI", "MW", 0),
    "revenue_musd_per_mw_year": ("Revenue", "m USD per MW-year", 2),
    "margin_pct": ("Margin", "%", 1),
    "gpu_cost_musd_per_mw": ("GPU cost", "m USD per MW", 1),
}


def starts(study: Study) -> dict[str, Project]:
    """What a reader may start from, the report's own business first."""
    order = sorted(study.projects, key=lambda name: name != study.business)
    own = {f"this report, {BUSINESS[name]}": study.projects[name] for name in order}
    published = {
        f"published, {_reading(name)}": project for name, project in study.readings().items()
    }
    cost = float(study.projects["cloud"].gpu_cost_musd_per_mw)
    return exploring.starts(own, published, cost)


def explorable(study: Study) -> dict[str, Any]:
    """The model, what may be set, and all words, as the page's script takes them."""
    target = study.given.npv_busd
    return {
        "script": SCRIPT,
        "target": target,
        "sliders": [
            {"name": name, "low": low, "high": high, "step": step}
            for name, (low, high, step) in exploring.SLIDERS.items()
        ],
        "starts": [
            {"name": name, **exploring.model(project)} for name, project in starts(study).items()
        ],
        "words": {
            "heading": "Turn the model yourself",
            "start": "Start from",
            "reset": "Reset",
            "value": "Net present value",
            "amount": "{amount}\u00a0bn\u00a0USD",
            "none": "no finite value",
            "below": "That is {gap} bn USD below the published {target} bn USD.",
            "above": "That is {gap} bn USD above the published {target} bn USD.",
            "rate_found": "These inputs give the published figure at a discount rate of "
            "{rate}\u00a0%.",
            "rate_none": "No discount rate from {low}\u00a0% to {high}\u00a0% gives the published "
            "figure.",
            "axis": "discount rate, percent a year",
            "target": f"published: {text.amount(target, 'bn USD', 1)}",
            "inputs": {
                name: {"label": label, "unit": unit, "digits": digits}
                for name, (label, unit, digits) in INPUTS.items()
            },
        },
    }


def curves(study: Study, rates: Sequence[float] = exploring.RATES) -> pd.DataFrame:
    """Net present value by discount rate (percent) from each start, bn USD."""
    return exploring.curves(starts(study), rates)


def _reading(name: str) -> str:
    """`read as profit` of `if the yearly amount is profit`."""
    for words in ("if the yearly amount is ", "if it is "):
        name = name.replace(words, "read as ")
    return name.replace("… and GPUs are renewed", "GPUs renewed")
