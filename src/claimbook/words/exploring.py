"""What the explorable figure of the ai-upside report says, and the data that it turns."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from claimbook import text
from claimbook.analysis import exploring
from claimbook.analysis.cashflow import Project
from claimbook.analysis.upside import Study
from claimbook.language import mark, tell, word
from claimbook.words.upside import BUSINESS

SCRIPT = "cashflow"
# Label, unit and decimals of what a reader may set, by the field of `Project`.
INPUTS = {
    "discount_rate_pct": (mark("Discount rate"), mark("% a year"), 2),
    "capacity_mw": (mark("Power turned over to AI"), "MW", 0),
    "revenue_musd_per_mw_year": (mark("Revenue"), "m USD per MW-year", 2),
    "margin_pct": (mark("Margin"), "%", 1),
    "gpu_cost_musd_per_mw": (mark("GPU cost"), "m USD per MW", 1),
}


def starts(study: Study) -> dict[str, Project]:
    """What a reader may start from, the report's own business first."""
    order = sorted(study.projects, key=lambda name: name != study.business)
    own = {
        tell("this report, {business}", business=word(BUSINESS[name])): study.projects[name]
        for name in order
    }
    cloud = study.projects["cloud"]
    names = (
        tell("published, read as profit"),
        tell(
            "published, read as revenue, {kept} kept",
            kept=text.amount(float(cloud.margin_pct), "percent", 0),
        ),
        tell("published, GPUs renewed every {years:g} years", years=cloud.gpu_life_years),
    )
    # The last reading is there only where GPUs wear out.
    published = dict(zip(names, study.readings().values(), strict=False))
    return exploring.starts(own, published, float(cloud.gpu_cost_musd_per_mw))


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
            "heading": tell("Turn the model yourself"),
            "start": tell("Start from"),
            "reset": tell("Reset"),
            "value": tell("Net present value"),
            "amount": tell("{amount}\u00a0bn\u00a0USD"),
            "none": tell("no finite value"),
            "below": tell("That is {gap} bn USD below the published {target} bn USD."),
            "above": tell("That is {gap} bn USD above the published {target} bn USD."),
            "rate_found": tell(
                "These inputs give the published figure at a discount rate of {rate}\u00a0%."
            ),
            "rate_none": tell(
                "No discount rate from {low}\u00a0% to {high}\u00a0% gives the published figure."
            ),
            "axis": tell("discount rate, percent a year"),
            "target": tell("published: {target}", target=text.amount(target, "bn USD", 1)),
            "inputs": {
                name: {"label": word(label), "unit": word(unit), "digits": digits}
                for name, (label, unit, digits) in INPUTS.items()
            },
        },
    }


def curves(study: Study, rates: Sequence[float] = exploring.RATES) -> pd.DataFrame:
    """Net present value by discount rate (percent) from each start, bn USD."""
    return exploring.curves(starts(study), rates)
