"""Everything that the report on VanEck's estimate computes, from its tables and parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from claimbook import text
from claimbook.analysis import aftermath, assumptions, reach, uncertainty, valuation
from claimbook.analysis.aftermath import Moves
from claimbook.analysis.cashflow import Flows, Project, cash_flows, payback_years, project_npv
from claimbook.analysis.uncertainty import Marginal, Simulation
from claimbook.analysis.valuation import GroupValue, Published
from claimbook.language import mark, tell
from claimbook.ledger import Quantity

# The day of the estimate; any fixed number would do.
SEED = 20240816
# Draws of a full simulation and of one that only checks another choice.
DRAWS, FEWER_DRAWS = 2**17, 2**14
# What the map of readings spans: discount rates (percent) and GPU costs (m USD per MW).
MAP_RATES = np.arange(6, 20.01, 0.25)
MAP_COSTS = np.arange(10, 50.01, 0.5)
# Cells along a side of the smaller maps.
CELLS = 21

# How the yearly amount may be read, from the least to the most favourable to the claim.
REVENUE, LASTING, PROFIT = "revenue", "revenue_gpus_last", "profit"
# What may be joined to each reading: built at once, flows after the last year, or both.
AS_SET, AT_ONCE, CONTINUED = "as_set", "built_at_once", "continued"
BOTH = f"{AT_ONCE}_{CONTINUED}"


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
    alike: pd.DataFrame
    shapley: pd.DataFrame
    joint: pd.DataFrame
    signed: pd.DataFrame
    totals: pd.DataFrame
    moves: Moves
    miners: pd.DataFrame

    @property
    def project(self) -> Project:
        return self.projects[self.business]

    def flows(self) -> Flows:
        return cash_flows(self.project)

    def readings(self) -> dict[str, Project]:
        """The published inputs under each reading of the yearly amount, by its name."""
        own = self.projects[assumptions.CLOUD]
        profit = valuation.as_project(self.given, float(own.discount_rate_pct))
        revenue = replace(profit, margin_pct=own.margin_pct)
        kept = text.amount(float(own.margin_pct), "percent", 0)
        found = {
            mark("if the yearly amount is profit"): profit,
            tell("if it is revenue, {kept} kept", kept=kept): revenue,
        }
        if own.gpu_life_years:
            found[
                tell("… and GPUs are renewed every {years:g} years", years=own.gpu_life_years)
            ] = replace(
                revenue, gpu_life_years=own.gpu_life_years, renewal_cost_pct=own.renewal_cost_pct
            )
        return found

    def lines(self) -> dict[str, pd.Series]:
        """For each reading the GPU cost by discount rate that gives the published figure."""
        return {
            name: valuation.gpu_cost_line(project, self.given.npv_busd, MAP_RATES)
            for name, project in self.readings().items()
        }

    def map_of_rates(self) -> pd.DataFrame:
        """NPV over discount rate and GPU cost if the yearly amount is profit, bn USD."""
        profit = next(iter(self.readings().values()))
        return valuation.value_grid(
            profit, ("discount_rate_pct", MAP_RATES), ("gpu_cost_musd_per_mw", MAP_COSTS)
        )

    @property
    def spent(self) -> str:
        """The cost that the second small map varies: GPUs, or the site where there are none."""
        cloud = self.business == assumptions.CLOUD
        return "gpu_cost_musd_per_mw" if cloud else "site_cost_musd_per_mw"

    def small_maps(self) -> list[pd.DataFrame]:
        """NPV over capacity and revenue, and over margin and the chief cost, bn USD."""
        own = self.project
        least, most = (10.0, 50.0) if self.business == assumptions.CLOUD else (4.0, 14.0)
        cost = float(getattr(own, self.spent))
        capacity, revenue = float(own.capacity_mw), float(own.revenue_musd_per_mw_year)
        return [
            valuation.value_grid(
                own,
                ("capacity_mw", np.linspace(0.25, 2, CELLS) * capacity),
                ("revenue_musd_per_mw_year", np.linspace(0.5, 1.6, CELLS) * revenue),
            ),
            valuation.value_grid(
                own,
                ("margin_pct", np.linspace(min(50.0, float(own.margin_pct)), 100, CELLS)),
                (self.spent, np.linspace(min(least, cost), max(most, cost), CELLS)),
            ),
        ]

    def worth_of_contracts(self) -> pd.Series:
        """NPV of each signed contract on its day with the reader's own inputs, bn USD."""
        own = self.projects[assumptions.CLOUD]
        return aftermath.worth_of_contracts(
            self.signed,
            margin_pct=float(own.margin_pct),
            site_cost_musd_per_mw=float(own.site_cost_musd_per_mw),
            gpu_cost_musd_per_mw=float(own.gpu_cost_musd_per_mw),
            discount_rate_pct=float(own.discount_rate_pct),
        )

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
                mark("GPUs never renewed"): {"gpu_life_years": 0},
                mark("all built at once"): {"ramp_years": 1, "first_year": 1},
                mark("the whole yearly amount is profit"): {
                    "margin_pct": 100.0,
                    "forgone_musd_per_mw_year": 0.0,
                },
                tell("on the implied capacity, at {rate}", rate=rate): {
                    "capacity_mw": valuation.implied_capacity(self.given),
                    "share_pct": 100.0,
                },
            },
        )

    def choices(self) -> pd.DataFrame:
        """Percent of draws that reach the claim under other choices than the stated ones."""
        own, ranges = self.project, self.marginals[self.business]
        tries: dict[str, tuple[Project, Mapping[str, Marginal], uncertainty.RankCorrelation]] = {
            mark("as stated"): (own, ranges, assumptions.RANKS),
            mark("inputs independent"): (own, ranges, {}),
            mark("every range twice as wide"): (own, wider(ranges, own), assumptions.RANKS),
            mark("no price change"): (
                replace(own, revenue_growth_pct=0.0),
                _without(ranges, "revenue_growth_pct"),
                assumptions.RANKS,
            ),
            mark("all built at once"): (replace(own, ramp_years=1), ranges, assumptions.RANKS),
        }
        on = assumptions.continued(own)
        if on is not None:
            tries[mark("value after the last year counts")] = (
                on, assumptions.marginals(self.business, on), assumptions.RANKS,
            )  # fmt: skip
        if own.gpu_life_years:
            lasting = replace(own, gpu_life_years=0)
            tries[mark("GPUs never renewed")] = (
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
        for reading, row in self.joint.iterrows():
            for joined, percent in row.items():
                name = str(reading) if joined == AS_SET else f"{reading}.{joined}"
                found[f"probability_npv_at_least_claim.{name}"] = Quantity(
                    None if pd.isna(percent) else float(percent) / 100, "1"
                )
        for name, row in self.alike.iterrows():
            found[f"sobol_total_alike.{name}"] = Quantity(float(row["total"]), "1")
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
        gross = self.signed["is_gross"]
        found["signed_mw.without_gross"] = Quantity(
            float(self.signed.loc[~gross, "mw_it"].sum()), "MW"
        )
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
    assumptions.check(chosen)
    aftermath.check_span(chosen["since"], chosen["until"])
    given = valuation.published(tables["vaneck_model"])
    projects = {name: assumptions.project(name, chosen) for name in assumptions.BUSINESSES}
    marginals = {name: assumptions.marginals(name, p) for name, p in projects.items()}
    signed = aftermath.signed_contracts(tables["ai_contracts"], tables["tickers"])
    moves = aftermath.moves(
        tables["adjusted_closes"],
        tables["tickers"],
        signed,
        _values(tables, chosen["since"]),
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
        alike=uncertainty.sobol(
            model, assumptions.alike(business, projects[business]), count=2**10, seed=SEED
        ),
        joint=joint(business, projects[business], given.npv_busd),
        shapley=uncertainty.shapley(model, marginals[business], assumptions.RANKS, seed=SEED),
        signed=signed,
        totals=aftermath.contract_totals(signed, estimate_on),
        moves=moves,
        miners=aftermath.by_miner(
            _values(tables, estimate_on),
            tables["miner_capacity"],
            chosen["share_pct"],
            estimate_on,
        ),
    )


def readings(own: Project) -> dict[str, Project]:
    """The reader's project under each reading of the yearly amount, by name.

    `revenue`: as it is, with a margin and GPUs that are renewed; `revenue_gpus_last`: GPUs never
    renewed (only where they are otherwise); `profit`: nothing goes off what a megawatt brings in,
    neither running costs nor renewals, as the quoted word has it.
    """
    found = {REVENUE: own}
    if own.gpu_life_years:
        found[LASTING] = replace(own, gpu_life_years=0)
    found[PROFIT] = replace(own, margin_pct=100.0, gpu_life_years=0, forgone_musd_per_mw_year=0.0)
    return found


def joint(business: str, own: Project, target_busd: float) -> pd.DataFrame:
    """Percent of draws that reach a target: a row a reading, a column what is joined to it.

    Columns `as_set`, `built_at_once`, `continued` (flows after the last year count) and both
    together; missing where the discount rate is too near to the growth after the last year.
    """
    rows: dict[str, dict[str, float]] = {}
    for reading, project in readings(own).items():
        at_once = replace(project, ramp_years=1)
        variants = {
            AS_SET: project,
            AT_ONCE: at_once,
            CONTINUED: assumptions.continued(project),
            BOTH: assumptions.continued(at_once),
        }
        rows[reading] = {
            name: np.nan
            if variant is None
            else _reach_pct(business, variant, target_busd, all_kept=reading == PROFIT)
            for name, variant in variants.items()
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("reading")


def _reach_pct(business: str, project: Project, target_busd: float, *, all_kept: bool) -> float:
    ranges = assumptions.marginals(business, project)
    if all_kept:
        # A margin of 100 percent is then the reading itself, not an uncertain input.
        ranges = _without(ranges, "margin_pct")
    drawn = uncertainty.simulate(
        assumptions.model(project), ranges, assumptions.RANKS, draws=FEWER_DRAWS, seed=SEED
    )
    return drawn.at_least(target_busd)[0] * 100


def wider(marginals: Mapping[str, Marginal], own: Project) -> dict[str, Marginal]:
    """Ranges twice as wide, by half of their width at each end, inside what the inputs can be.

    A range that runs to one side of its peak so widens to both. With a terminal value the discount
    rate stays clear of the growth.
    """
    limits = {
        "margin_pct": (0.0, 100.0),
        "gpu_life_years": (1.0, 40.0),
        "revenue_growth_pct": (-100.0, float("inf")),
        "discount_rate_pct": (assumptions.lowest_rate(own), float("inf")),
    }
    found = {}
    for name, old in marginals.items():
        least, most = limits.get(name, (0.0, float("inf")))
        half = (old.high - old.low) / 2
        if old.whole:
            half = np.ceil(half)
        low, high = max(least, old.low - half), min(most, old.high + half)
        found[name] = Marginal(min(low, old.peak), old.peak, max(high, old.peak), old.whole)
    return found


def _values(tables: Mapping[str, pd.DataFrame], day: str) -> pd.DataFrame:
    return aftermath.market_values(
        tables["bars_daily"], tables["shares_outstanding"], tables["tickers"], day
    )


def _without(marginals: Mapping[str, Marginal], name: str) -> dict[str, Marginal]:
    return {key: value for key, value in marginals.items() if key != name}
