"""Everything that the report on VanEck's estimate computes, from its tables and parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from claimbook.analysis import aftermath, assumptions, reach, uncertainty, valuation
from claimbook.analysis.aftermath import Moves
from claimbook.analysis.cashflow import Project, cash_flows, payback_years, project_npv
from claimbook.analysis.uncertainty import Marginal, Simulation
from claimbook.analysis.valuation import GroupValue, Published
from claimbook.ledger import Quantity

# The day of the estimate; any fixed number would do.
SEED = 20240816
# Draws of a full simulation and of one that only checks another choice.
DRAWS, FEWER_DRAWS = 2**17, 2**14


@dataclass(frozen=True)
class Study:
    """The published model turned around, the reader's own model, and what came afterwards."""

    given: Published
    priced: pd.DataFrame
    group: GroupValue
    business: str
    projects: Mapping[str, Project]
    marginals: Mapping[str, Mapping[str, Marginal]]
    simulations: Mapping[str, Simulation]
    sobol: pd.DataFrame
    shapley: pd.DataFrame
    signed: pd.DataFrame
    totals: pd.DataFrame
    moves: Moves

    @property
    def project(self) -> Project:
        return self.projects[self.business]

    def outcomes(self) -> pd.DataFrame:
        return uncertainty.outcomes(self.simulations, self.given.npv_busd)

    def histograms(self) -> pd.DataFrame:
        return uncertainty.histograms(self.simulations, self.given.npv_busd)

    def tornado(self) -> pd.DataFrame:
        return uncertainty.tornado(
            assumptions.model(self.project),
            assumptions.base(self.business, self.project),
            self.marginals[self.business],
        )

    def ladder(self) -> pd.DataFrame:
        """From the reader's cloud project to VanEck's words, one change after another."""
        start = self.projects[assumptions.CLOUD]
        rate = f"{start.discount_rate_pct:g} %"
        return reach.ladder(
            start,
            {
                "GPUs never renewed": {"gpu_life_years": 0},
                "all built at once": {"ramp_years": 1, "first_year": 1},
                "the whole yearly amount is profit": {
                    "margin_pct": 100.0,
                    "forgone_musd_per_mw_year": 0.0,
                },
                f"on the implied capacity, at {rate}": {
                    "capacity_mw": valuation.implied_capacity(self.given),
                    "share_pct": 100.0,
                },
            },
        )

    def choices(self) -> pd.DataFrame:
        """Percent of draws that reach the claim under other choices than the stated ones."""
        own, ranges = self.project, self.marginals[self.business]
        lasting = replace(own, gpu_life_years=0)
        tries: dict[str, tuple[Project, Mapping[str, Marginal], uncertainty.RankCorrelation]] = {
            "as stated": (own, ranges, assumptions.RANKS),
            "inputs independent": (own, ranges, {}),
            "every range twice as wide": (own, wider(ranges), assumptions.RANKS),
            "no price change": (
                replace(own, revenue_growth_pct=0.0),
                _without(ranges, "revenue_growth_pct"),
                assumptions.RANKS,
            ),
            "all built at once": (replace(own, ramp_years=1), ranges, assumptions.RANKS),
            "value after the last year counts": (
                replace(own, terminal_value=True, terminal_growth_pct=0.0),
                ranges,
                assumptions.RANKS,
            ),
        }
        if own.gpu_life_years:
            tries["GPUs never renewed"] = (
                lasting,
                assumptions.marginals(self.business, lasting),
                assumptions.RANKS,
            )
        simulations = {
            name: uncertainty.simulate(
                assumptions.model(project), chosen, ranks, draws=FEWER_DRAWS, seed=SEED
            )
            for name, (project, chosen, ranks) in tries.items()
        }
        return uncertainty.outcomes(simulations, self.given.npv_busd).rename_axis("choice")

    def quantities(self) -> dict[str, Quantity]:
        """All quantities of the report, by name."""
        found = valuation.quantities(self.given, self.priced, self.group)
        flows = cash_flows(self.project)
        found["npv_busd"] = Quantity(float(project_npv(self.project)), "bn USD")
        found["irr_pct"] = Quantity(flows.irr(), "percent")
        found["payback_years"] = Quantity(payback_years(flows.total), "years")
        outcomes = self.outcomes()
        for business, project in self.projects.items():
            found[f"npv_busd.{business}"] = Quantity(float(project_npv(project)), "bn USD")
            share = float(outcomes.loc[business, "reach_pct"]) / 100
            found[f"probability_npv_at_least_claim.{business}"] = Quantity(share, "1")
        found["probability_npv_at_least_claim"] = found[
            f"probability_npv_at_least_claim.{self.business}"
        ]
        for name, row in self.sobol.iterrows():
            found[f"sobol_first.{name}"] = Quantity(float(row["first"]), "1")
            found[f"sobol_total.{name}"] = Quantity(float(row["total"]), "1")
        for name, effect in self.shapley["effect"].items():
            found[f"shapley_effect.{name}"] = Quantity(float(effect), "1")
        for suffix, row in zip(("", ".listed_miners"), self.totals.index[:2], strict=True):
            for column, unit in (
                ("mw", "MW"),
                ("value_busd", "bn USD"),
                ("yearly_busd", "bn USD"),
            ):
                value = float(self.totals.loc[row, column])
                found[f"signed_{column}{suffix}"] = Quantity(value, unit)
        means = self.moves.averages()["equal_weighted_pct"]
        for suffix, group in (("with_contract", "with a contract"), ("without", "without one")):
            mean = means[group]
            known = None if pd.isna(mean) else float(mean)
            found[f"price_move_pct.{suffix}"] = Quantity(known, "percent")
        found["price_move_pct.bitcoin"] = Quantity(self.moves.bitcoin_pct, "percent")
        return found


def study(tables: Mapping[str, pd.DataFrame], estimate_on: str, chosen: Mapping[str, Any]) -> Study:
    """Compute all of it. `chosen` are the notebook's parameters, `estimate_on` an ISO date.

    Raises CashFlowError or AftermathError where parameters contradict one another.
    """
    given = valuation.published(tables["vaneck_model"])
    projects = {name: assumptions.project(name, chosen) for name in assumptions.BUSINESSES}
    marginals = {name: assumptions.marginals(name, p) for name, p in projects.items()}
    signed = aftermath.signed_contracts(tables["ai_contracts"], tables["tickers"])
    moves = aftermath.moves(
        tables["adjusted_closes"],
        tables["tickers"],
        signed,
        tables["shares_outstanding"],
        tables["bitcoin_daily"],
        chosen["since"],
        chosen["until"],
    )
    business = chosen["business"]
    model = assumptions.model(projects[business])
    return Study(
        given=given,
        priced=valuation.hosting_prices(tables["ai_contracts"]),
        group=valuation.group_value(tables["jpm_market_cap"], estimate_on, given.npv_busd),
        business=business,
        projects=projects,
        marginals=marginals,
        simulations={
            name: uncertainty.simulate(
                assumptions.model(project),
                marginals[name],
                assumptions.RANKS,
                draws=DRAWS,
                seed=SEED,
            )
            for name, project in projects.items()
        },
        sobol=uncertainty.sobol(model, marginals[business], seed=SEED),
        shapley=uncertainty.shapley(model, marginals[business], assumptions.RANKS, seed=SEED),
        signed=signed,
        totals=aftermath.contract_totals(signed, estimate_on),
        moves=moves,
    )


def wider(marginals: Mapping[str, Marginal]) -> dict[str, Marginal]:
    """Ranges twice as wide about their peaks, inside what the inputs can be."""
    limits = {"margin_pct": (0.0, 100.0), "gpu_life_years": (1.0, 40.0)}
    found = {}
    for name, old in marginals.items():
        least, most = limits.get(name, (0.0, float("inf")))
        if name == "revenue_growth_pct":
            least = -100.0
        found[name] = Marginal(
            max(least, 2 * old.low - old.peak), old.peak, min(most, 2 * old.high - old.peak),
            old.whole,
        )  # fmt: skip
    return found


def _without(marginals: Mapping[str, Marginal], name: str) -> dict[str, Marginal]:
    return {key: value for key, value in marginals.items() if key != name}
