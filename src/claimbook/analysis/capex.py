"""Microsoft's spending by quarter, half and fiscal year, and two gigawatts in proportion.

Amounts are billions of US dollars, on two bases that must not be mixed: `leases` (capital
expenditure including finance leases, which the company names first) and `cash` (cash paid for
property and equipment). Microsoft's fiscal years end on 30 June: fiscal 2025 runs from July 2024
to June 2025, so the second half of calendar 2025 is the first half of fiscal 2026.
A quarter that no source gives stays missing, and so does every sum that needs it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimbook.analysis import abnormal, calendar, inference, returns
from claimbook.analysis.models import Model
from claimbook.analysis.rolling import every_start, roll
from claimbook.errors import AnalysisError, DataError
from claimbook.language import mark
from claimbook.ledger import Quantity

MEASURES = {
    "leases": "capex_incl_finance_leases_usd_bn",
    "cash": "cash_ppe_usd_bn",
}
PROGRAMME = pd.Period("2024Q3", "Q")  # fiscal 2025 begins in July 2024
PROGRAMME_QUARTERS = 4
CALENDAR_HALVES = ("2025H1", "2025H2")
FISCAL_HALVES = ("2024H2", "2025H1")
READINGS = {"calendar": CALENDAR_HALVES, "fiscal": FISCAL_HALVES}
MARKET = "SPY"
GAP = 10  # sessions between the estimation window and the event
HORIZONS = (5, 21, 63, 252)  # sessions after the event
MODEL = Model("market", "the market", "factors", (MARKET,))


@dataclass(frozen=True)
class Reaction:
    """What groups of shares did on the day and since.

    `day`: one row a group: members, return_pct, normal_pct (market model), ar_pct, low_pct and
    high_pct (its 95 % prediction interval), p_placebo, other_days. `members`: one row a share:
    group, return_pct. `since`: rows groups, change from the day's close (percent) at
    horizons and at the group's last session. `path`: rows sessions from the close before, columns
    groups and the market, change since that close (percent). `left_out`: shares without the prices.
    """

    day: pd.DataFrame
    members: pd.DataFrame
    since: pd.DataFrame
    path: pd.DataFrame
    left_out: tuple[str, ...]
    estimation: int


@dataclass(frozen=True)
class Study:
    """What the microsoft-pullback notebook shows; frames are what the functions so named return.

    `reported_gw` is of the event's day, `recorded_gw` of any. `reaction` is None where the shares'
    study cannot be made; `no_reaction` then says why.
    """

    event_date: str
    dropped_gw: float
    plan_busd: float
    reported_gw: float | None
    recorded_gw: float | None
    quarters: pd.DataFrame
    halves: pd.DataFrame
    year: pd.Series
    cumulative: pd.DataFrame
    guidance: pd.Series | None
    groups: pd.DataFrame
    companies: pd.DataFrame
    contracts: pd.DataFrame
    notes: pd.DataFrame
    reaction: Reaction | None
    no_reaction: str


def study(
    book: Mapping[str, pd.DataFrame],
    event_date: str,
    dropped_gw: float,
    plan_busd: float,
    groups: Mapping[str, Sequence[str]],
    estimation: int,
) -> Study:
    """The whole study, from the tables that the claim names.

    `groups` maps a group's name to the shares in it. Raises DataError where the table of quarters
    contradicts itself.
    """
    spending = book["microsoft_capex"]
    by_quarter = quarters(spending)
    moved, why = None, ""
    try:
        moved = reaction(book["adjusted_closes"], groups, event_date, estimation)
    except AnalysisError as error:
        why = str(error)
    capacity, events = book["miner_capacity"], book["events"]
    return Study(
        event_date=event_date,
        dropped_gw=dropped_gw,
        plan_busd=plan_busd,
        reported_gw=reported_gigawatts(events, event_date),
        recorded_gw=reported_gigawatts(events),
        quarters=by_quarter,
        halves=halves(by_quarter),
        year=fiscal_year(spending, 2025),
        cumulative=cumulative(by_quarter, PROGRAMME),
        guidance=guidance(spending),
        groups=in_proportion(capacity[capacity["ticker"] == "ALL"], dropped_gw),
        companies=in_proportion(capacity[capacity["ticker"] != "ALL"], dropped_gw),
        contracts=signed(book["ai_contracts"], event_date, dropped_gw),
        notes=pullback_notes(events),
        reaction=moved,
        no_reaction=why,
    )


def quarters(capex: pd.DataFrame) -> pd.DataFrame:
    """One row a calendar quarter: fiscal, leases, cash (bn USD), certainty, source, note, and
    growth on the same quarter of the year before (percent, `leases_growth`, `cash_growth`).

    `capex` is the table microsoft_capex. Raises DataError where a fiscal quarter does not belong to
    the calendar quarter beside it.
    """
    parts = capex["fiscal_period"].str.extract(r"^FY(?P<year>\d\d)Q(?P<number>[1-4])$")
    rows = capex[parts["year"].notna()]
    index = pd.PeriodIndex(rows["calendar_period"], freq="Q", name="quarter")
    fiscal = parts.dropna().astype(int)
    meant = [_calendar_quarter(2000 + y, n) for y, n in fiscal.itertuples(index=False)]
    for said, due, name in zip(index, meant, rows["fiscal_period"], strict=True):
        if said != due:
            raise DataError(f"microsoft_capex: {name} is the calendar quarter {due}, not {said}")
    table = pd.DataFrame({"fiscal": rows["fiscal_period"].to_numpy()}, index=index)
    for measure, column in MEASURES.items():
        table[measure] = rows[column].to_numpy(dtype=float)
    for column in ("certainty", "source", "note"):
        table[column] = rows[column].to_numpy()
    table = table.sort_index()
    for measure in MEASURES:
        table[f"{measure}_growth"] = _growth(table[measure], 4)
    return table


def halves(by_quarter: pd.DataFrame) -> pd.DataFrame:
    """One row a calendar half, such as 2025H2: leases, cash (bn USD) and their growth against the
    half before (percent, `leases_growth`, `cash_growth`); missing where a quarter is.
    """
    rows: dict[str, dict[str, float]] = {}
    first, last = by_quarter.index[0], by_quarter.index[-1]
    full = by_quarter.reindex(pd.period_range(first, last, freq="Q"))
    for year in range(first.year, last.year + 1):
        for half in (1, 2):
            pair = [pd.Period(f"{year}Q{2 * half - 1}"), pd.Period(f"{year}Q{2 * half}")]
            known = full[list(MEASURES)].reindex(pair)
            if known.isna().all(axis=None):
                continue
            rows[f"{year}H{half}"] = known.sum(skipna=False).to_dict()
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(mark("half"))
    table = table[table.notna().any(axis=1)]
    for measure in MEASURES:
        table[f"{measure}_growth"] = _half_growth(table[measure])
    return table


def fiscal_year(capex: pd.DataFrame, year: int) -> pd.Series:
    """A fiscal year as published: leases, cash (bn USD), certainty, source, note.

    Raises DataError where the table has no row for it.
    """
    name = f"FY{year % 100:02d}"
    found = capex[capex["fiscal_period"] == name]
    if found.empty:
        raise DataError(f"microsoft_capex has no row {name}; it must hold the fiscal year's total")
    row = found.iloc[0]
    amounts = {measure: float(row[column]) for measure, column in MEASURES.items()}
    return pd.Series(amounts | {k: row[k] for k in ("certainty", "source", "note")}, name=name)


def guidance(capex: pd.DataFrame) -> pd.Series | None:
    """The row of spending announced for a whole year to come: total_busd, year, certainty, note.

    None where there is no such row.
    """
    found = capex[capex["fiscal_period"].str.contains("guidance")]
    if found.empty:
        return None
    row = found.iloc[0]
    return pd.Series(
        {
            "total_busd": float(row[MEASURES["leases"]]),
            "year": int(row["calendar_period"]),
            "certainty": row["certainty"],
            "note": row["note"],
        }
    )


def cumulative(by_quarter: pd.DataFrame, first: pd.Period) -> pd.DataFrame:
    """Spending added up from the quarter `first` on (bn USD): leases, cash; missing from the first
    missing quarter on.
    """
    span = by_quarter.reindex(pd.period_range(first, by_quarter.index[-1], freq="Q"))
    added = span[list(MEASURES)].astype(float).cumsum(skipna=True)
    holes = span[list(MEASURES)].isna().cummax()
    return added.mask(holes).rename_axis(mark("quarter"))


def reached(added: pd.Series, plan_busd: float) -> pd.Period | None:
    """The quarter in which a sum first stood at the plan or above, or None."""
    there = added[added >= plan_busd]
    return None if there.empty else there.index[0]


def half_change(table: pd.DataFrame, reading: str, measure: str) -> float:
    """How much the second half lay above the first (percent); `reading` is calendar or fiscal."""
    first, second = READINGS[reading]
    if first not in table.index or second not in table.index:
        return float("nan")
    return 100 * float(table.at[second, measure] / table.at[first, measure] - 1)


def growth_change(table: pd.DataFrame, reading: str, measure: str) -> float:
    """How growth against the half before changed between the two halves (percentage points)."""
    first, second = READINGS[reading]
    column = f"{measure}_growth"
    if first not in table.index or second not in table.index:
        return float("nan")
    return float(table.at[second, column] - table.at[first, column])


def overstatement(table: pd.DataFrame, reading: str, measure: str) -> tuple[float, float]:
    """By how much the second half must be overstated for its rise to vanish: bn USD and percent."""
    first, second = READINGS[reading]
    if first not in table.index or second not in table.index:
        return float("nan"), float("nan")
    amount = float(table.at[second, measure] - table.at[first, measure])
    return amount, 100 * amount / float(table.at[second, measure])


def guidance_implied(study: Study) -> dict[str, float]:
    """What the announced total means in each of the two readings that sources give (percent).

    `calendar`: change of that calendar year against the one before. `fiscal`: change of the fiscal
    year's second half against its first. Both including finance leases; missing where a half is.
    """
    if study.guidance is None:
        return {}
    year, total = int(study.guidance["year"]), float(study.guidance["total_busd"])
    sums = study.halves["leases"]
    first, second = (float(sums.get(f"{year - 1}H{half}", np.nan)) for half in (1, 2))
    return {
        "calendar": 100 * (total / (first + second) - 1),
        "fiscal": 100 * ((total - second) / second - 1),
    }


def reported_gigawatts(events: pd.DataFrame, event_date: str | None = None) -> float | None:
    """The gigawatts that the record (of one day, if given) says Microsoft dropped, or None."""
    told = events if event_date is None else events[events["date"] == pd.Timestamp(event_date)]
    for text in told["event"]:
        match = re.search(r"Microsoft dropped (\d+(?:\.\d+)?) GW", text)
        if match:
            return float(match[1])
    return None


def pullback_notes(events: pd.DataFrame) -> pd.DataFrame:
    """The events that name Microsoft, oldest first: date, time, event, certainty, source."""
    found = events[events["event"].str.contains("Microsoft")]
    return found.sort_values("date")[["date", "time", "event", "certainty", "source"]]


def in_proportion(capacity: pd.DataFrame, dropped_gw: float) -> pd.DataFrame:
    """Capacities (MW) with the dropped projects as a share of each (percent).

    Rows by date; columns company, ticker, as_of, operating_mw, planned_mw, share_of_operating,
    share_of_planned, certainty, source, note. Rows without any figure are kept: they are gaps.
    """
    kept = ["company", "ticker", "as_of", "operating_mw", "contracted_or_pipeline_mw"]
    table = capacity[[*kept, "certainty", "source", "note"]].rename(
        columns={"contracted_or_pipeline_mw": "planned_mw"}
    )
    dropped_mw = 1000 * dropped_gw
    table.insert(5, "share_of_operating", 100 * dropped_mw / table["operating_mw"])
    table.insert(6, "share_of_planned", 100 * dropped_mw / table["planned_mw"])
    return table.sort_values(["as_of", "company"]).reset_index(drop=True)


def signed(contracts: pd.DataFrame, event_date: str, dropped_gw: float) -> pd.DataFrame:
    """Megawatts that miners had signed for AI by the event and by the end of the data.

    Index: by the event, by the end. Columns: contracts (with a known size), without_size, mw,
    last (date of the last contract), ratio (dropped over signed). Totals that others counted are
    left out, so nothing counts twice.
    """
    own = contracts[contracts["ticker"].notna() & ~contracts["company"].str.startswith("ALL")]
    rows = {}
    for label, known in (
        (mark("by the event"), own[own["date"] <= pd.Timestamp(event_date)]),
        (mark("by the end of the data"), own),
    ):
        total = float(known["mw_it"].sum())
        rows[label] = {
            "contracts": int(known["mw_it"].notna().sum()),
            "without_size": int(known["mw_it"].isna().sum()),
            "mw": total,
            "last": known["date"].max(),
            "ratio": 1000 * dropped_gw / total if total else float("nan"),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(mark("signed"))


def reaction(
    adjusted: pd.DataFrame,
    groups: Mapping[str, Sequence[str]],
    event_date: str,
    estimation: int,
) -> Reaction:
    """Each group's return on the day against a market model, and what it did since.

    `adjusted` has date, ticker, adjusted_close. A group's return is the equal-weighted mean of its
    shares'; shares without every price needed are left out and named. The market is SPY. Raises
    AnalysisError where the windows do not fit or no share of a group is left.
    """
    prices = returns.wide(adjusted, "adjusted_close")
    windows = calendar.windows(prices.index, event_date, estimation, GAP)
    needed = prices.iloc[windows.estimation_rows.start - 1 : windows.start + 1]
    whole = set(needed.columns[needed.notna().all()])
    left_out = tuple(t for tickers in groups.values() for t in tickers if t not in whole)
    used = {name: [t for t in tickers if t in whole] for name, tickers in groups.items()}
    for name, tickers in used.items():
        if not tickers:
            raise AnalysisError(
                f"no share of the group “{name}” has prices from {needed.index[0]:%Y-%m-%d} to "
                f"{event_date}; choose others or a later date"
            )
    change = returns.change(prices)
    series = pd.DataFrame({name: returns.basket(change, tickers) for name, tickers in used.items()})
    values, market = series.to_numpy(dtype=float), change[[MARKET]].to_numpy(dtype=float)
    fitting, event = windows.estimation_rows, windows.event_rows
    one = abnormal.study(MODEL, values[fitting], market[fitting], values[event], market[event])
    low, high = one.interval()
    starts = every_start(len(prices), estimation, GAP, 1)
    others = roll(MODEL, values, market, starts[starts != windows.start], estimation, GAP)
    placebos = [
        inference.placebo(float(one.scar[i]), others.scar[:, i], "either", name)
        for i, name in enumerate(series.columns)
    ]
    day = pd.DataFrame(
        {
            "members": [len(tickers) for tickers in used.values()],
            "return_pct": 100 * one.observed[0],
            "normal_pct": 100 * one.normal[0],
            "ar_pct": 100 * one.car,
            "low_pct": 100 * low,
            "high_pct": 100 * high,
            "p_placebo": [p.p_value for p in placebos],
            "other_days": [p.count for p in placebos],
        },
        index=pd.Index(series.columns, name=mark("group")),
    )
    members = pd.DataFrame(
        [(t, name, 100 * float(change[t].iloc[windows.start]))
         for name, tickers in used.items() for t in tickers],
        columns=["ticker", "group", "return_pct"],
    ).set_index("ticker")  # fmt: skip
    sets = {**used, "S&P 500 (SPY)": [MARKET]}
    path = held(prices, sets, windows.start - 1)
    return Reaction(day, members, _since(prices, sets, windows.start), path, left_out, estimation)


def held(prices: pd.DataFrame, groups: Mapping[str, Sequence[str]], start: int) -> pd.DataFrame:
    """Equal amounts bought at row `start` and held: change since (percent), from that row on.

    Missing where any share of a group has no price.
    """
    after = prices.iloc[start:]
    relative = after / after.iloc[0]
    table = {n: relative[list(tickers)].mean(axis=1, skipna=False) for n, tickers in groups.items()}
    return 100 * (pd.DataFrame(table) - 1)


def quantities(study: Study) -> dict[str, Quantity]:
    """The named quantities of the microsoft-pullback claim; None where a figure is missing."""
    out: dict[str, Quantity] = {}

    def put(name: str, value: float | None, unit: str) -> None:
        known = value is not None and np.isfinite(value)
        out[name] = Quantity(float(value) if known and value is not None else None, unit)

    for measure, tail in (("leases", ""), ("cash", "_cash")):
        put(f"capex_busd.fiscal_2025{tail}", study.year[measure], "bn USD")
        for reading in READINGS:
            change = half_change(study.halves, reading, measure)
            put(f"capex_second_half_change_pct.{reading}{tail}", change, "percent")
            slower = growth_change(study.halves, reading, measure)
            put(f"capex_half_growth_change_pp.{reading}{tail}", slower, "percentage points")
        for half, value in study.halves[measure].items():
            put(f"capex_busd.{half}{tail}", float(value), "bn USD")
    # No count of the projects but the analyst's own is known, so this stays empty.
    put("dropped_gw.counted", None, "GW")
    put("dropped_gw.reported", study.reported_gw, "GW")
    for row in study.groups.itertuples():
        put(
            f"dropped_share_of_operating_pct.{row.as_of:%Y-%m-%d}",
            row.share_of_operating,
            "percent",
        )
    for label, name in ((mark("by the event"), "event"), (mark("by the end of the data"), "end")):
        put(f"signed_ai_mw.{name}", float(study.contracts.at[label, "mw"]), "MW")
        put(f"dropped_over_signed.{name}", float(study.contracts.at[label, "ratio"]), "1")
    for reading, value in guidance_implied(study).items():
        put(f"guidance_implied_change_pct.{reading}", value, "percent")
    if study.reaction is not None:
        for group, row in study.reaction.day.iterrows():
            slug = str(group).lower().replace(" ", "_")
            put(f"return_on_the_day_pct.{slug}", float(row["return_pct"]), "percent")
            put(f"abnormal_return_pct.{slug}", float(row["ar_pct"]), "percent")
            put(f"placebo_p.{slug}", float(row["p_placebo"]), "1")
    return out


def _calendar_quarter(fiscal_year: int, number: int) -> pd.Period:
    """The calendar quarter of a fiscal one: fiscal years begin in July of the year before."""
    return pd.Period(f"{fiscal_year - 1}Q3", "Q") + (number - 1)


def _growth(series: pd.Series, periods: int) -> pd.Series:
    return _percent(series, series.reindex(series.index - periods))


def _half_growth(series: pd.Series) -> pd.Series:
    before = [f"{int(h[:4]) - 1}H2" if h.endswith("1") else f"{h[:4]}H1" for h in series.index]
    return _percent(series, series.reindex(before))


def _percent(later: pd.Series, earlier: pd.Series) -> pd.Series:
    # Nine decimals: the amounts have two, and 74.5 must not become 74.49999999999999.
    return (100 * (later / earlier.to_numpy() - 1)).round(9)


def _since(prices: pd.DataFrame, groups: Mapping[str, Sequence[str]], start: int) -> pd.DataFrame:
    path = held(prices, groups, start)
    table = pd.DataFrame(index=pd.Index(list(groups), name=mark("group")))
    for sessions in HORIZONS:
        there = len(path) > sessions
        table[f"{sessions} sessions"] = path.iloc[sessions] if there else np.nan
    known = {name: path[name].dropna() for name in groups}
    table[mark("to last session")] = [float(known[n].iloc[-1]) for n in groups]
    table[mark("last session")] = [known[n].index[-1] for n in groups]
    return table
