"""The page that compares the reports of a sweep, and the same for programs."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pandas as pd

from claimbook import text
from claimbook.charts import chart
from claimbook.charts import sweep as charts
from claimbook.reports import frame, sections
from claimbook.reports.sweep import Compared, Sweep

Results = Mapping[str, Mapping[str, Any] | None]


def content(sweep: Sweep, results: Results) -> dict[str, Any]:
    """What the sweep found, for programs: one entry a report, in the file's order.

    `results` maps a report's name to its results.json, or None where it failed.
    """
    return {
        "sweep": sweep.name,
        "title": sweep.title,
        "claim": sweep.claim.id,
        "reports": [
            {
                "name": name,
                "version": made.version,
                "parameters": dict(made.changed),
                "verdict": found["verdict"] if found else None,
                "failed": found is None,
                "quantities": {
                    q: (found or {}).get("quantities", {}).get(q)
                    for column in sweep.compare
                    for q in (column.quantity, column.low, column.high)
                    if q
                },
            }
            for (name, made), found in zip(sweep.reports.items(), results.values(), strict=True)
        ],
    }


def render(sweep: Sweep, results: Results) -> str:
    """The comparing page, `reports/sweeps/NAME.html`."""
    spoken = frame.words()
    first = sweep.compare[0]
    edition = next(iter(sweep.reports.values())).ingredients["edition"]
    source = spoken["sweep_source"].format(edition=edition)
    values = pd.DataFrame(
        {
            name: {
                key: _value(found, quantity)
                for key, quantity in (
                    ("value", first.quantity),
                    ("low", first.low),
                    ("high", first.high),
                )
            }
            for name, found in results.items()
        }
    ).T.rename_axis("report")
    drawn = charts.compared(values, first.label, _unit(results, first), first.digits, source)
    page = {
        "title": f"{frame.sentence(sweep.title)} {spoken['sweep_kicker']}",
        "description": sweep.about,
        "home": f"../index.html#{sweep.claim.id}",
        "name": sweep.name,
        "heading": sweep.title,
        "about": sweep.about,
        "claim": sweep.claim.title,
        "edition": edition,
        "figure": sections.figure_of(
            chart.svg(drawn.figure),
            drawn.alt,
            drawn.name,
            drawn.data.to_csv(lineterminator="\n"),
        ),
        "head": [_head(results, column) for column in sweep.compare],
        "rows": [_row(sweep, name, results[name]) for name in sweep.reports],
        "json": f"{quote(sweep.name)}.json",
    }
    html = frame.environment().get_template("sweep.html.j2").render(page=page)
    return frame.finished(html, f"the page of the sweep {sweep.name}")


def _row(sweep: Sweep, name: str, found: Mapping[str, Any] | None) -> dict[str, Any]:
    made = sweep.reports[name]
    changed = "; ".join(f"{key} = {frame.brief(value)}" for key, value in made.changed.items())
    return {
        "name": name,
        "address": f"../{quote(sweep.claim.id)}/{quote(made.version)}/index.html"
        if found
        else None,
        "parameters": changed,
        "cells": [
            text.number(_value(found, column.quantity), column.digits) for column in sweep.compare
        ],
    }


def _head(results: Results, column: Compared) -> str:
    unit = text.UNITS.get(_unit(results, column), f" {_unit(results, column)}").strip()
    return f"{column.label} ({unit})" if unit else column.label


def _unit(results: Results, column: Compared) -> str:
    for found in results.values():
        entry = ((found or {}).get("quantities") or {}).get(column.quantity)
        if entry:
            return str(entry["unit"])
    return "1"


def _value(found: Mapping[str, Any] | None, quantity: str | None) -> float:
    entry = ((found or {}).get("quantities") or {}).get(quantity) if quantity else None
    value = entry["value"] if entry else None
    return float(value) if isinstance(value, int | float) else float("nan")
