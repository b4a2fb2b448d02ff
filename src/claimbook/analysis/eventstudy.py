"""The whole event study of one date, ready to be shown.

Percent wherever a name ends in `_pct`; elsewhere returns are fractions. Shares' returns are simple
(sums over a window longer than one session), adjusted for splits and dividends, close to close, on
New York sessions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from claimbook.analysis import activity as trading
from claimbook.analysis import attribution as split
from claimbook.analysis import dose as doses
from claimbook.analysis import inference
from claimbook.analysis import intraday as hours
from claimbook.analysis import returns as prices
from claimbook.analysis import specification as spec
from claimbook.analysis.inference import Direction
from claimbook.analysis.models import Array, Model
from claimbook.analysis.modelstudy import LEVEL, ModelStudy, joint_test, model_study, other_starts
from claimbook.analysis.rolling import roll
from claimbook.analysis.setting import (
    AI,
    BITCOIN,
    MARKET,
    Benchmarks,
    Exclusion,
    Setting,
    known_sessions,
    models,
    setting,
    usable,
)
from claimbook.errors import AnalysisError
from claimbook.language import mark, tell
from claimbook.ledger import Quantity

__all__ = [
    "LENGTHS",
    "LEVEL",
    "WINDOWS",
    "Benchmarks",
    "EventStudy",
    "ModelStudy",
    "event_study",
    "quantities",
]

LENGTHS = (60, 120, 250)
WINDOWS = ((0, 0), (0, 1), (-1, 1))
MINER = "miner"
T = TypeVar("T")


@dataclass(frozen=True)
class EventStudy:
    """Everything about one event. Sections that cannot be made are None; `missing` says why.

    `notes` says what a reader must know about the shares' prices and listings.
    """

    event_date: str
    tickers: tuple[str, ...]
    benchmarks: Benchmarks
    estimation: int
    gap: int
    window: tuple[int, int]
    direction: Direction
    setting: Setting
    exclusions: tuple[Exclusion, ...]
    missing: Mapping[str, str]
    return_pct: float
    models: Mapping[str, ModelStudy]
    joint: inference.Test
    attribution: split.Attribution | None
    explained: Mapping[str, split.Attribution]
    bracket: split.Bracket | None
    curve: spec.Curve | None
    dose: Mapping[str, doses.DoseResponse]
    dose_notes: tuple[str, ...]
    activity: tuple[trading.Activity, ...]
    intraday: hours.Intraday | None
    known: pd.DatetimeIndex
    bitcoin_basis: str
    bitcoin_basis_placebo: str
    notes: tuple[str, ...] = ()


def event_study(
    book: Mapping[str, pd.DataFrame],
    event_date: str,
    tickers: Sequence[str],
    benchmarks: Benchmarks | None = None,
    estimation: int = 120,
    gap: int = 10,
    window: tuple[int, int] = (0, 0),
    direction: Direction = "either",
    draws: int = 1999,
    seed: int = 20250326,
) -> EventStudy:
    """Study what the shares did around one date.

    `book` maps table names to frames (an edition does): adjusted_closes, bars_daily, bars_hourly,
    bitcoin_hourly, bitcoin_daily, ai_contracts, events, tickers. `estimation` sessions end `gap`
    sessions before the event window, which is `window` (first, last) counted from the event.
    `direction` is the side that tests look at: either, fall or rise. Raises AnalysisError or
    ParameterError, one sentence each, where the study as a whole cannot be made.
    """
    if direction not in inference.DIRECTIONS:
        raise AnalysisError(
            f"a direction is one of {', '.join(inference.DIRECTIONS)}, not {direction!r}"
        )
    chosen = benchmarks or Benchmarks()
    ground = setting(book, event_date, tickers, chosen, estimation, gap, window)
    known = known_sessions(book["events"], ground.days)
    missing: dict[str, str] = {}
    found = {
        model.name: result
        for model in models(chosen, ground.donors)
        if (result := _try(missing, model.name, model_study, ground, model, known, direction))
    }
    portfolio = _Portfolio.of(ground, draws, seed)
    explained = {
        name: split_up
        for name, factors in (
            ("bitcoin", (BITCOIN,)),
            ("market", (MARKET,)),
            ("market_btc", (MARKET, BITCOIN)),
            ("market_btc_ai", (MARKET, BITCOIN, AI)),
        )
        if (split_up := _try(missing, f"attribution.{name}", portfolio.attribute, factors))
    }
    miners = [str(t) for t in book["tickers"].query("group == @MINER")["ticker"]]
    field, field_exclusions = _field(book, ground, miners)
    exposure, notes = doses.signed_megawatts(
        book["ai_contracts"], field, ground.days[ground.windows.start]
    )
    dose = {
        name: response
        for name in ("market_btc", "market_btc_ai")
        if (
            response := _try(
                missing, f"dose.{name}", _dose, ground, chosen, name, field, exposure, direction
            )
        )
    }
    measured = [
        made
        for measure in ("volume", "range")
        if (made := _try(missing, measure, _activity, ground, book["bars_daily"], measure))
    ]
    return EventStudy(
        event_date=event_date,
        tickers=ground.tickers,
        benchmarks=chosen,
        estimation=estimation,
        gap=gap,
        window=window,
        direction=direction,
        setting=ground,
        exclusions=(
            *ground.exclusions,
            *field_exclusions,
            *(e for _, bad in measured for e in bad),
        ),
        missing=missing,
        return_pct=100 * portfolio.event_return,
        models=found,
        joint=joint_test(ground, models(chosen, ground.donors)[2], draws, seed),
        attribution=explained.get("market_btc_ai"),
        explained=explained,
        bracket=_try(missing, "bracket", portfolio.total_to_direct),
        curve=_try(missing, "curve", _curve, ground, chosen, field, exposure, direction),
        dose=dose,
        dose_notes=tuple(notes),
        activity=tuple(one for one, _ in measured),
        intraday=_try(missing, "intraday", _intraday, ground, book, chosen, event_date, direction),
        known=known,
        bitcoin_basis=ground.bitcoin.described(pd.DatetimeIndex(ground.needed())),
        bitcoin_basis_placebo=ground.bitcoin.described(
            next(iter(found.values())).days.index if found else ground.days[:0]
        ),
        notes=tuple(_notes(ground, book)),
    )


def direct_share(study: EventStudy) -> float | None:
    """The share of the change due to market and bitcoin with the AI basket held fixed (1 = all)."""
    split = study.attribution
    if split is None or not split.observed:
        return None
    return float(split.table.loc[[MARKET, BITCOIN], "contribution"].sum()) / split.observed


def quantities(study: EventStudy) -> dict[str, Quantity]:
    """The named quantities of a study; None where a section could not be made."""
    out: dict[str, Quantity] = {}

    def put(name: str, value: float | None, unit: str) -> None:
        known = value is not None and bool(np.isfinite(value))
        out[name] = Quantity(float(value) if value is not None and known else None, unit)

    for model in models(study.benchmarks, ()):
        one = study.models.get(model.name)
        tests = None if one is None else one.tests.set_index("test")["statistic"]
        for name, test in (
            ("cda_t", "Portfolio (CDA)"),
            ("kp_t", "Kolari–Pynnönen"),
            ("adjusted_patell_z", "Adjusted Patell"),
            ("corrado_z", "Corrado rank"),
        ):
            put(f"{name}.{model.name}", None if tests is None else tests[test], "1")
        for name, unit, value in (
            ("aar_pct", "percent", one.aar_pct if one else None),
            ("aar_low_pct", "percent", one.low_pct if one else None),
            ("aar_high_pct", "percent", one.high_pct if one else None),
            ("placebo_p", "1", one.mean.p_value if one else None),
            ("placebo_p_quiet", "1", one.mean_quiet.p_value if one else None),
            ("placebo_p_median", "1", one.median.p_value if one else None),
            ("mean_residual_correlation", "1", one.correlation if one else None),
            ("effective_shares", "1", one.effective_shares if one else None),
            (
                "minimum_detectable_effect_pct",
                "percent",
                one.minimum_detectable_pct if one else None,
            ),
            ("explained_share_pct", "percent", one.explained_share_pct if one else None),
        ):
            put(f"{name}.{model.name}", value, unit)
    coin = study.explained.get(BITCOIN)
    alone = None if coin is None or coin.explained_share is None else 100 * coin.explained_share
    put(f"explained_share_pct.{BITCOIN}", alone, "percent")
    for factor in (MARKET, BITCOIN, AI):
        table = study.attribution.table if study.attribution else None
        for name, column in (("contribution_pct", "contribution"), ("shapley_pct", "shapley")):
            value = None if table is None else 100 * float(table.at[factor, column])
            put(f"{name}.{factor}", value, "percent")
    put("joint_p", study.joint.p_value, "1")
    put("specification_curve_p", study.curve.p_value if study.curve else None, "1")
    for name in ("market_btc", "market_btc_ai"):
        response = study.dose.get(name)
        put(f"dose_slope_pct.{name}", 100 * response.slope if response else None, "percent")
        put(f"dose_p.{name}", response.placebo.p_value if response else None, "1")
    by_measure = {one.measure: one.placebo.p_value for one in study.activity}
    for measure in ("volume", "range"):
        put(f"{measure}_p", by_measure.get(measure), "1")
    day = study.intraday
    put("intraday_p", day.largest.p_value if day else None, "1")
    put("intraday_abnormal_p", day.largest_abnormal.p_value if day else None, "1")
    return out


def _try(missing: dict[str, str], section: str, make: Callable[..., T], *given: object) -> T | None:
    """A section of the study, or None with the reason noted."""
    try:
        return make(*given)
    except AnalysisError as error:
        missing[section] = str(error)
        return None


def _notes(ground: Setting, book: Mapping[str, pd.DataFrame]) -> list[str]:
    """What is odd about the shares: sessions without trading in the windows, and their listings."""
    bars = book["bars_daily"]
    idle = bars[
        bars["ticker"].isin(list(ground.tickers))
        & bars["date"].isin(ground.needed())
        & (bars["volume"] == 0)
    ]
    notes = [
        tell(
            "{ticker}: no trading is recorded on {date:%Y-%m-%d}, which repeats the last close",
            ticker=row.ticker,
            date=row.date,
        )
        for row in idle.itertuples()
    ]
    listing = book["tickers"].set_index("ticker")["note"].reindex(list(ground.tickers)).dropna()
    return notes + [f"{ticker}: {note}" for ticker, note in listing.items()]


@dataclass(frozen=True)
class _Portfolio:
    """The equal-weighted mean of the shares, and the factors, in the study's windows."""

    returns: Array
    factors: pd.DataFrame
    event_return: float
    event_factors: pd.Series
    length: int
    draws: int
    seed: int

    @staticmethod
    def of(ground: Setting, draws: int, seed: int) -> "_Portfolio":
        w = ground.windows
        mean = ground.returns["simple"][list(ground.tickers)].mean(axis=1, skipna=False).to_numpy()
        factors = ground.factors["simple"]
        return _Portfolio(
            returns=mean[w.estimation_rows],
            factors=factors.iloc[w.estimation_rows],
            event_return=float(mean[w.event_rows].sum()),
            event_factors=factors.iloc[w.event_rows].sum(skipna=False),
            length=w.length,
            draws=draws,
            seed=seed,
        )

    def attribute(self, names: tuple[str, ...]) -> split.Attribution:
        factors, event = self._chosen(names)
        return split.attribute(
            names,
            self.returns,
            factors,
            self.event_return,
            event,
            self.length,
            self.draws,
            self.seed,
        )

    def total_to_direct(self) -> split.Bracket:
        factors, event = self._chosen((MARKET, BITCOIN, AI))
        return split.bracket(
            self.returns, factors, self.event_return, event, 2, self.length, self.draws, self.seed
        )

    def _chosen(self, names: tuple[str, ...]) -> tuple[Array, Array]:
        factors, event = self.factors[list(names)], self.event_factors[list(names)]
        for name in names:
            if factors[name].isna().any() or np.isnan(event[name]):
                raise AnalysisError(f"the factor {name} has no return in every session needed")
        return factors.to_numpy(dtype=float), event.to_numpy(dtype=float)


def _field(
    book: Mapping[str, pd.DataFrame], ground: Setting, miners: Sequence[str]
) -> tuple[tuple[str, ...], list[Exclusion]]:
    """All miners that can be studied in the same windows, and the others with the reason."""
    closes = prices.wide(book["adjusted_closes"], "adjusted_close")
    present = [t for t in miners if t in closes]
    good, bad = usable(closes, present, ground.windows, mark("the comparison of all miners"))
    return tuple(dict.fromkeys((*ground.tickers, *good))), bad


def _dose(
    ground: Setting,
    benchmarks: Benchmarks,
    name: str,
    field: Sequence[str],
    exposure: pd.Series,
    direction: Direction,
) -> doses.DoseResponse:
    model = next(m for m in models(benchmarks, ()) if m.name == name)
    w = ground.windows
    shares = ground.returns["simple"][list(field)].to_numpy(dtype=float)
    factors = ground.factors["simple"][list(model.factors)].to_numpy(dtype=float)
    starts = np.concatenate([[w.start], other_starts(ground)])
    car = roll(model, shares, factors, starts, w.estimation, w.gap, w.length).car
    if not np.isfinite(car[0]).all():
        raise AnalysisError("a factor has no return in every session needed")
    whole = car[1:][np.isfinite(car[1:]).all(axis=1)]
    amount = exposure.reindex(list(field)).to_numpy(dtype=float) / doses.UNIT_MW
    return doses.dose_response(field, car[0], whole, amount, direction)


def _activity(
    ground: Setting, bars: pd.DataFrame, measure: str
) -> tuple[trading.Activity, list[Exclusion]]:
    """Volume or range of the day, and the shares whose bars do not allow it."""
    chosen = bars[bars["ticker"].isin(list(ground.tickers))]
    # The sessions of the returns, so that rows mean the same days everywhere.
    wide = {
        column: prices.wide(chosen, column).reindex(index=ground.days, columns=list(ground.tickers))
        for column in ("volume", "high", "low")
    }
    values = (
        trading.log_volume(wide["volume"])
        if measure == "volume"
        else trading.log_range(wide["high"], wide["low"])
    )
    w = ground.windows
    good = [str(t) for t in values if values[t].iloc[w.estimation_rows].notna().all()]
    good = [t for t in good if values[t].iloc[w.event_rows].notna().all()]
    bad = []
    for ticker in [str(t) for t in values if t not in good]:
        needed = values[ticker].loc[ground.needed()]
        gaps = needed.index[needed.isna()]
        reason = tell("no trading is recorded on {count} of the sessions needed", count=len(gaps))
        bad.append(
            Exclusion(
                ticker,
                tell("the volume") if measure == "volume" else tell("the range"),
                tell("{reason}, first on {first:%Y-%m-%d}", reason=reason, first=gaps[0]),
            )
        )
    if not good:
        raise AnalysisError(
            f"no share has daily bars for the whole windows, so the {measure} fails"
        )
    found = trading.activity(
        measure, values[good], w.start, other_starts(ground), w.estimation, w.gap, w.length
    )
    return found, bad


def _curve(
    ground: Setting,
    benchmarks: Benchmarks,
    field: Sequence[str],
    exposure: pd.Series,
    direction: Direction,
) -> spec.Curve:
    named = ground.tickers
    sets = {"named": named, "all miners": tuple(field)}
    without = tuple(t for t in named if exposure.get(t, 0.0) == 0)
    if 2 <= len(without) < len(named):
        sets["named, without AI contracts"] = without
    market, semis = benchmarks.other_market, benchmarks.other_ai
    declared = [m for m in models(benchmarks, ()) if m.kind == "factors"] + [
        Model(
            f"market_{market}", tell("the market ({market})", market=market), "factors", (market,)
        ),
        Model(
            f"market_{market}_btc",
            tell("{market} and bitcoin", market=market),
            "factors",
            (market, BITCOIN),
        ),
        Model(
            f"market_btc_{semis}",
            tell("the market, bitcoin and {basket}", basket=semis),
            "factors",
            (MARKET, BITCOIN, semis),
        ),
    ]
    choices = spec.Choices(tuple(declared), LENGTHS, WINDOWS, ("simple", "log"), sets)
    return spec.curve(
        choices, ground.returns, ground.factors, ground.event, ground.windows.gap, (), direction
    )


def _intraday(
    ground: Setting,
    book: Mapping[str, pd.DataFrame],
    benchmarks: Benchmarks,
    event_date: str,
    direction: Direction,
) -> hours.Intraday:
    hourly = book["bars_hourly"]
    if benchmarks.market not in set(hourly["ticker"]):
        raise AnalysisError(f"there are no hourly bars of {benchmarks.market}")
    return hours.intraday(
        hourly, ground.tickers, (benchmarks.market,), event_date, direction=direction
    )
