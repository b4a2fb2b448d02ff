"""A spell of falling prices: what it did to mining's revenue, and what it explains of the shares.

The network's figures are those of UTC days; a change "from a day" starts at the end of the day
before it. Hashprice is revenue per unit of hash rate, USD per PH/s and day. It is taken apart
exactly (LMDI-I, `analysis.decomposition`) into price, difficulty, subsidy and fees. Difficulty is
hash rate per block found: both estimates carry the same luck of the day, which cancels in it.

The shares' fall is split in logarithms, which add up over days: log change = market's part +
bitcoin's part + rest, with sensitivities from a regression on both.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from claimbook.analysis import attribution, calendar, decomposition, returns, revenue
from claimbook.analysis.setting import known_sessions
from claimbook.errors import AnalysisError, ParameterError
from claimbook.language import mark, tell
from claimbook.ledger import Quantity

EFFECTS = ("price", "difficulty", "subsidy", "fees")
INDEXED = {"price_usd": "bitcoin", "hashprice": "hashprice", "difficulty": "difficulty"}
HALVING = 2024
DRAWS = 1999
SEED = 20250326
FACTORS = ("market", "bitcoin")
FUND = "WGMI"
# A count of shares may be this far from the month's first day; none is interpolated.
COUNT_DAYS = 180
ENDS = (1, 7, 14, 28, 60)  # days averaged at each end, for the table of choices
WORST_DAYS = 6
WHOLE_APRIL = mark("whole April 2024, with fees")
BEFORE_HALVING = mark("April 2024 before the halving, subsidy alone")
# "52% below April 2024", "43% and 52% (revenue; gross profit) below pre-halving"
BELOW_APRIL = re.compile(r"^(\d+)% .*?below (?:April 2024|pre-halving)")


@dataclass(frozen=True)
class Split:
    """Hashprice between two days, taken apart; USD per PH/s and day.

    `table`: one row an effect with usd (sums to after − before), percent (of `before`), share
    (percent of the change), shapley, lowest, highest (USD, over the orders of the factors).
    """

    first: pd.Timestamp
    last: pd.Timestamp
    before: float
    after: float
    table: pd.DataFrame

    @property
    def change_pct(self) -> float:
        return 100 * (self.after / self.before - 1)


@dataclass(frozen=True)
class Shares:
    """The basket's fall over the sessions of the period, and what the coin explains of it.

    `path`: basket and bitcoin, change since the session before the period (percent). `single`: one
    row a share, change over the period (percent). `parts`: rows market, bitcoin, rest; columns
    beta, factor_pct (its own change), log_points, low, high (95 %, from redrawn days), percent
    (the part by itself), share, share_low, share_high (percent of the log change).
    `choices`: bitcoin's share under other fits. `worst`: the sessions with the lowest rest.
    `coverage`: where bitcoin's prices are from.
    """

    first: pd.Timestamp
    last: pd.Timestamp
    sessions: int
    change_pct: float
    bitcoin_change_pct: float
    path: pd.DataFrame
    single: pd.DataFrame
    parts: pd.DataFrame
    choices: pd.DataFrame
    worst: pd.DataFrame
    left_out: tuple[str, ...]
    coverage: str


@dataclass(frozen=True)
class Study:
    """What the price-pressure notebook shows. `shares` is None where it cannot be made.

    `steps` are hashprice's splits: from before the halving to the eve of the spell, where the spell
    comes after it, and from the eve to the article's day, or to the spell's end where that day lies
    outside. `to_article` is None where that day lies outside: the printed direction ends on it.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    article: pd.Timestamp
    window: int
    frame: pd.DataFrame
    changes: pd.DataFrame
    ends: pd.DataFrame
    starts: pd.DataFrame
    to_article: Split | None
    to_end: Split
    steps: tuple[Split, ...]
    daily: pd.DataFrame
    to_last: Split
    bases: pd.DataFrame
    monthly: pd.DataFrame
    groups: pd.DataFrame
    counts: pd.DataFrame
    shares: Shares | None
    no_shares: str
    since: pd.DataFrame | None


def study(
    book: Mapping[str, pd.DataFrame],
    start: str,
    end: str,
    article: str,
    window: int,
    miners: Sequence[str],
    market: str,
    estimation: int,
) -> Study:
    """The whole study, from the tables that the claim names.

    `start` is the first day of the spell, `end` its last, `article` the day that the printed
    direction is about; `window` days are averaged at each end of a decomposition. Raises
    ParameterError where the days are out of order or lie outside the data.
    """
    network = book["network_daily"]
    frame = days(network)
    first, last, written = pd.Timestamp(start), pd.Timestamp(end), pd.Timestamp(article)
    if first >= last:
        raise ParameterError(f"start is {start} and end is {end}; start must lie before end")
    eve, priced = _eve(first), frame["price_usd"].first_valid_index()
    if eve - pd.Timedelta(days=window) < priced:
        raise ParameterError(
            f"start is {start}, but prices begin on {priced:%Y-%m-%d}; "
            f"{window + 1} days are needed before the start"
        )
    follows = first <= written <= last
    focus = written if follows else last
    whole = _window_factors(frame, window)
    before_halving = last_whole_day_before_halving(network)
    steps = []
    if before_halving < eve:
        steps.append(split(whole, before_halving, eve))
    steps.append(split(whole, eve, focus))
    shares, why = None, ""
    try:
        shares = share_study(book, first, last, miners, market, estimation)
    except AnalysisError as error:
        why = str(error)
    counts, groups = group_changes(book)
    return Study(
        start=first,
        end=last,
        article=written,
        window=window,
        frame=frame,
        changes=changes(frame, book["bitcoin_daily"], eve, written if follows else None, last),
        ends=by_window(frame, eve, focus),
        starts=by_start(frame, first, focus),
        to_article=split(whole, eve, written) if follows else None,
        to_end=split(whole, eve, last),
        steps=tuple(steps),
        daily=daily_effects(whole, eve, last),
        to_last=split(whole, eve, frame.index[-1]),
        bases=against_april(frame, before_halving),
        monthly=monthly(frame, book["jpm_mining_economics"]),
        groups=groups,
        counts=counts,
        shares=shares,
        no_shares=why,
        since=since(book, shares) if shares else None,
    )


def days(network: pd.DataFrame) -> pd.DataFrame:
    """The primary provider's days: those of `revenue.daily`, and `difficulty`."""
    frame = revenue.daily(network)
    frame["difficulty"] = network.set_index("date")["difficulty"]
    return frame


def last_whole_day_before_halving(network: pd.DataFrame) -> pd.Timestamp:
    """The last UTC day whose blocks all carried the old subsidy, before the halving of 2024."""
    halving = revenue.halvings(network)[HALVING]
    return halving.eve - pd.Timedelta(days=1 if halving.early_blocks else 0)


def changes(
    frame: pd.DataFrame,
    second: pd.DataFrame,
    eve: pd.Timestamp,
    article: pd.Timestamp | None,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """Change of single days (percent): rows bitcoin, bitcoin by the second source, hashprice,
    difficulty, hash rate (seven-day means, because a day's estimate holds luck); columns
    to_article, to_end.
    """
    closes = second.set_index("date")["close"]
    series = {
        "bitcoin": frame["price_usd"],
        mark("bitcoin, second source"): closes,
        "hashprice": frame["hashprice"],
        "difficulty": frame["difficulty"],
        mark("hash rate, 7-day means"): frame["hashrate_ehs"].rolling(7).mean(),
    }
    rows = {
        name: {
            "to_article": _change(values, eve, article) if article is not None else np.nan,
            "to_end": _change(values, eve, end),
        }
        for name, values in series.items()
    }
    return pd.DataFrame(rows).T.rename_axis(mark("measure"))


def by_window(frame: pd.DataFrame, eve: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Change (percent) of trailing means over 1 to 60 days at both ends, and price_share: price's
    part of hashprice's change (percent), taken apart over as many days. Windows that would begin
    before the prices do are left out.
    """
    rows = {}
    priced = pd.Timestamp(frame["price_usd"].first_valid_index())
    for width in (w for w in ENDS if eve - pd.Timedelta(days=w) >= priced):
        smooth = frame[list(INDEXED)].rolling(width, min_periods=width).mean()
        rows[width] = {name: _change(smooth[c], eve, last) for c, name in INDEXED.items()}
        parts = split(
            _window_factors(frame.loc[eve - pd.Timedelta(days=width) : last], width), eve, last
        )
        rows[width]["price_share"] = float(parts.table.at["price", "share"])
    return pd.DataFrame(rows).T.rename_axis(mark("days averaged at each end"))


def by_start(frame: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Change (percent) of single days from other beginnings: the eve, the first day, the first
    day's week, the highest price of the spell; rows say which, with the day.
    """
    price = frame["price_usd"].loc[first:last]
    choices = {
        mark("the close before the first day"): _eve(first),
        mark("the close of the first day"): first,
        mark("a week into the spell"): first + pd.Timedelta(days=7),
        mark("the highest close of the spell"): price.idxmax(),
    }
    rows = []
    for label, day in choices.items():
        if day < last:
            found = {name: _change(frame[c], day, last) for c, name in INDEXED.items()}
            rows.append({"from": label, mark("day"): day, **found})
    return pd.DataFrame(rows).set_index("from")


def split(whole: pd.Series, first: pd.Timestamp, last: pd.Timestamp) -> Split:
    """Hashprice at the end of two windows, and what each factor did between them.

    `whole` is from `_window_factors`. Raises AnalysisError where a window has a missing day.
    """
    ends = [whole.get(day) for day in (first, last)]
    if any(end is None for end in ends):
        raise AnalysisError(
            f"hashprice cannot be taken apart from {first:%Y-%m-%d} to {last:%Y-%m-%d}: "
            "a day of the windows is missing"
        )
    before, after = (np.asarray(end) for end in ends)
    effect = decomposition.additive(before, after)
    mean, low, high = decomposition.by_order(before, after)
    start, end = float(before.prod(axis=-1).sum()), float(after.prod(axis=-1).sum())
    table = pd.DataFrame(
        {
            "usd": effect,
            "percent": 100 * effect / start,
            "share": 100 * effect / (end - start) if end != start else np.full(4, np.nan),
            "shapley": mean,
            "lowest": low,
            "highest": high,
        },
        index=pd.Index(EFFECTS, name="effect"),
    )
    return Split(first, last, start, end, table)


def daily_effects(whole: pd.Series, eve: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """For each day of the spell: what each factor has done to hashprice since the eve (USD).

    Columns are the effects and `change`, their sum.
    """
    span = whole.loc[eve:last]
    path = np.stack(span.to_list())
    effects = decomposition.terms(np.broadcast_to(path[0], path.shape), path).sum(axis=-2)
    table = pd.DataFrame(effects, index=span.index, columns=list(EFFECTS))
    return table.assign(change=table.sum(axis=1)).rename_axis("date")


def against_april(frame: pd.DataFrame, before_halving: pd.Timestamp) -> pd.DataFrame:
    """Revenue per EH/s and day in the first half of March 2025 against April 2024.

    Rows: ways to read April and revenue. Columns: first, last (days of April), with_fees, base,
    march (USD per EH/s per day), change (percent).
    """
    april, after = pd.Timestamp("2024-04-01"), before_halving + pd.Timedelta(days=2)
    month_end = pd.Timestamp("2024-04-30")
    readings = [
        (WHOLE_APRIL, april, month_end, True),
        (mark("whole April 2024, subsidy alone"), april, month_end, False),
        (mark("April 2024 before the halving, with fees"), april, before_halving, True),
        (BEFORE_HALVING, april, before_halving, False),
        (mark("April 2024 after the halving, with fees"), after, month_end, True),
    ]
    rows = []
    for label, first, last, fees in readings:
        base = per_hash(frame, first, last, fees=fees)
        march = per_hash(frame, pd.Timestamp("2025-03-01"), pd.Timestamp("2025-03-15"), fees=fees)
        rows.append([label, first, last, fees, base, march, 100 * (march / base - 1)])
    columns = ["reading", "first", "last", "with_fees", "base", "march", "change"]
    return pd.DataFrame(rows, columns=columns).set_index("reading")


def per_hash(frame: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp, *, fees: bool) -> float:
    """Revenue per EH/s and day (USD): summed dollars over summed hash rate; NaN if a day lacks."""
    sample = frame.reindex(pd.date_range(first, last))
    coins = sample["revenue_btc"] if fees else sample["issuance_btc"]
    dollars = (coins * sample["price_usd"]).sum(skipna=False)
    return float(dollars / sample["hashrate_ehs"].sum(skipna=False))


def monthly(frame: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """JPMorgan's revenue per EH/s beside ours, of the same days (USD per EH/s per day).

    Columns: month, part, published, with_fees, subsidy_alone, with_fees_off, subsidy_alone_off
    (percent), implied_base (the level of April 2024 before the halving that follows where a note
    says how far below it the figure is), certainty, source, note. Rows without a published revenue
    are left out.
    """
    rows = []
    for entry in published[published["revenue_usd_per_ehs_day"].notna()].to_dict("records"):
        first = pd.Timestamp(entry["month"])
        last = first + (
            pd.offsets.MonthEnd(0) if entry["part"] == "month" else pd.Timedelta(days=14)
        )
        printed = float(entry["revenue_usd_per_ehs_day"])
        ours = {k: per_hash(frame, first, last, fees=k == "with_fees")
                for k in ("with_fees", "subsidy_alone")}  # fmt: skip
        below = BELOW_APRIL.search(str(entry["note"]))
        base = printed / (1 - float(below[1]) / 100) if below else np.nan
        off = {f"{k}_off": 100 * (v / printed - 1) for k, v in ours.items()}
        rows.append(
            {"month": f"{first:%Y-%m}", "part": entry["part"], "published": printed, **ours, **off,
             "implied_base": base, **{k: entry[k] for k in ("certainty", "source", "note")}}
        )  # fmt: skip
    return pd.DataFrame(rows)


def group_changes(book: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """JPMorgan's monthly changes of the group's value beside ours (percent).

    First frame, one row a month: published, by_value (share counts × closes, counts held fixed, so
    that only prices change), valued (how many shares have a count), equal (mean of all miners with
    closes), members, fund (WGMI), published_busd, value_busd (change of the valued, bn USD),
    certainty, note. Second frame: the counts used: month, ticker, as_of, shares_millions,
    start_busd (value at the month's start), certainty, note.
    """
    closes = _wide_closes(book["adjusted_closes"])
    listed = book["tickers"]
    miners = [t for t in listed.loc[listed["group"] == "miner", "ticker"] if t in closes.columns]
    printed = book["jpm_market_cap"]
    printed = printed[(printed["period_of_change"] == "month") & printed["change_pct"].notna()]
    rows, counts = [], []
    for entry in printed.to_dict("records"):
        month = pd.Period(entry["date"], "M")
        bounds = ((month - 1).end_time, month.end_time)
        ends = closes.reindex([_last_session(closes.index, day) for day in bounds])
        known = ends[miners].notna().all()
        ratio = (ends.iloc[1] / ends.iloc[0])[miners][known]
        used = nearest_counts(book["shares_outstanding"], ratio.index, month.start_time)
        used["start_busd"] = used["shares_millions"] * ends.iloc[0].reindex(used.index) / 1000
        value = used["start_busd"]
        after = value * ratio.reindex(value.index)
        rows.append(
            {
                "month": str(month),
                "published": float(entry["change_pct"]),
                "by_value": 100 * float(after.sum() / value.sum() - 1) if len(value) else np.nan,
                "valued": len(value),
                "equal": 100 * float(ratio.mean() - 1),
                "members": len(ratio),
                "fund": 100 * float(ends[FUND].iloc[1] / ends[FUND].iloc[0] - 1),
                "published_busd": entry["change_usd_bn"],
                "value_busd": float((after - value).sum()) if len(value) else np.nan,
                "certainty": entry["certainty"],
                "note": entry["note"],
            }
        )
        counts.append(used.reset_index().assign(month=str(month)))
    return pd.concat(counts, ignore_index=True), pd.DataFrame(rows).set_index("month")


def nearest_counts(
    shares: pd.DataFrame, tickers: Sequence[str] | pd.Index, day: pd.Timestamp
) -> pd.DataFrame:
    """For each ticker the count of shares dated nearest to `day`, at most COUNT_DAYS away.

    Indexed by ticker: as_of, shares_millions, certainty, note. Tickers without one are left out.
    """
    known = shares[shares["ticker"].isin(list(tickers)) & shares["shares_millions"].notna()]
    apart = (known["as_of"] - day).abs()
    known = known.assign(apart=apart)[apart <= pd.Timedelta(days=COUNT_DAYS)]
    nearest = known.sort_values(["apart", "as_of"]).drop_duplicates("ticker").set_index("ticker")
    return nearest[["as_of", "shares_millions", "certainty", "note"]].sort_index()


def share_study(
    book: Mapping[str, pd.DataFrame],
    first: pd.Timestamp,
    last: pd.Timestamp,
    miners: Sequence[str],
    market: str,
    estimation: int,
) -> Shares:
    """The basket over the sessions of the spell, split among market, bitcoin and the rest.

    The basket is rebalanced to equal weights at each close. Bitcoin is cut at the shares' close
    where prices by the hour or a fund's close allow it. Sensitivities come from the `estimation`
    sessions before the spell, so that the spell does not explain itself. Raises AnalysisError
    where the data do not reach.
    """
    prices = _wide_closes(book["adjusted_closes"])
    sessions = prices.index
    inside = sessions[(sessions >= first) & (sessions <= last)]
    if len(inside) < calendar.SHORTEST:
        raise AnalysisError(
            f"from {first:%Y-%m-%d} to {last:%Y-%m-%d} the data hold {len(inside)} sessions; "
            f"at least {calendar.SHORTEST} are needed"
        )
    begin = int(sessions.get_loc(inside[0]))
    if begin < estimation + 1:
        raise AnalysisError(
            f"{estimation} sessions before {inside[0]:%Y-%m-%d} are needed, "
            f"but the data begin on {sessions[0]:%Y-%m-%d}"
        )
    needed = prices.iloc[begin - estimation - 1 : begin + len(inside)]
    used = [t for t in miners if needed[t].notna().all()]
    if not used:
        raise AnalysisError(
            f"no share of the list has every close from {needed.index[0]:%Y-%m-%d} to "
            f"{needed.index[-1]:%Y-%m-%d}"
        )
    simple = returns.change(needed[[*used, market]])
    coin = returns.bitcoin(
        book["bitcoin_hourly"], needed["IBIT"], book["bitcoin_daily"], needed.index, "log"
    )
    log = pd.DataFrame(
        {
            "basket": np.log1p(returns.basket(simple, used)),
            "market": np.log1p(simple[market]),
            "bitcoin": coin.returns,
        }
    ).iloc[1:]
    if log.isna().any(axis=None):
        raise AnalysisError("a close of the market or of bitcoin is missing in the windows")
    before, spell = log.iloc[:estimation], log.iloc[estimation:]
    path = 100 * (np.exp(spell[["basket", "bitcoin"]].cumsum()) - 1)
    start = pd.DataFrame(0.0, index=needed.index[[estimation]], columns=path.columns)
    over = needed.iloc[[estimation, -1]]
    single = 100 * (over[used].iloc[1] / over[used].iloc[0] - 1)
    fitted = _attribute(before, spell)
    return Shares(
        first=needed.index[estimation],
        last=inside[-1],
        sessions=len(spell),
        change_pct=float(path["basket"].iloc[-1]),
        bitcoin_change_pct=float(path["bitcoin"].iloc[-1]),
        path=pd.concat([start, path]).rename_axis("date"),
        single=single.sort_values().rename("change_pct").to_frame().rename_axis("ticker"),
        parts=parts(fitted, spell),
        choices=_choices(log, estimation),
        worst=_worst(fitted, spell, book["events"]),
        left_out=tuple(t for t in miners if t not in used),
        coverage=coin.described(log.index),
    )


def parts(found: attribution.Attribution, spell: pd.DataFrame) -> pd.DataFrame:
    """The parts of the basket's log change (see `Shares.parts`); they add up exactly."""
    table = found.table
    total = found.observed
    rows = {}
    for name, row in table.iterrows():
        ends = sorted([row["contribution_low"], row["contribution_high"]])
        shares = sorted(100 * end / total for end in ends) if total else [np.nan, np.nan]
        rows[name] = {
            "beta": row["beta"],
            "factor_pct": 100 * float(np.expm1(spell[name].sum())),
            "log_points": 100 * row["contribution"],
            "low": 100 * ends[0],
            "high": 100 * ends[1],
            "percent": 100 * float(np.expm1(row["contribution"])),
            "share": 100 * row["contribution"] / total if total else np.nan,
            "share_low": shares[0],
            "share_high": shares[1],
        }
    rest = total - float(table["contribution"].sum())
    rows["rest"] = {
        "log_points": 100 * rest,
        "percent": 100 * float(np.expm1(rest)),
        "share": 100 * rest / total if total else np.nan,
    }
    return pd.DataFrame(rows).T.rename_axis("part")


def since(book: Mapping[str, pd.DataFrame], shares: Shares) -> pd.DataFrame:
    """The basket (equal amounts held) and bitcoin from the session before the spell to the end of
    the data, change since then (percent). Bitcoin: UTC daily closes, because there are no hours.
    """
    prices = _wide_closes(book["adjusted_closes"])
    tickers = list(shares.single.index)
    after = prices.loc[shares.first :, tickers]
    held = (after / after.iloc[0]).mean(axis=1, skipna=False)
    coin = book["bitcoin_daily"].set_index("date")["close"].reindex(after.index)
    table = pd.DataFrame({"basket": held, "bitcoin": coin / coin.iloc[0]})
    return 100 * (table - 1)


def quantities(study: Study) -> dict[str, Quantity]:
    """The named quantities of the price-pressure claim; None where a figure is missing."""
    out: dict[str, Quantity] = {}

    def put(name: str, value: Any, unit: str = "percent") -> None:
        known = value is not None and np.isfinite(value)
        out[name] = Quantity(float(value) if known else None, unit)

    for row, name in (
        ("bitcoin", "bitcoin_change_pct"),
        (mark("bitcoin, second source"), "bitcoin_second_source_change_pct"),
        ("hashprice", "hashprice_change_pct"),
        ("difficulty", "difficulty_change_pct"),
        (mark("hash rate, 7-day means"), "hashrate_change_pct"),
    ):
        put(f"{name}.year_to_article", study.changes.at[row, "to_article"])
        put(f"{name}.start_to_end", study.changes.at[row, "to_end"])
    for label, found in (("year_to_article", study.to_article), ("start_to_end", study.to_end)):
        for effect in EFFECTS:
            value = found and found.table.at[effect, "percent"]
            put(f"hashprice_effect_pct.{effect}.{label}", value)
        put(f"hashprice_price_share_pct.{label}", found and found.table.at["price", "share"])
    bases = study.bases["change"]
    put("hashprice_vs_april_2024_pct", bases[WHOLE_APRIL])
    put("subsidy_per_hash_vs_before_halving_pct", bases[BEFORE_HALVING])
    for month, row in study.groups.iterrows():
        put(f"group_change_pct.{month}", row["by_value"])
        put(f"group_change_equal_pct.{month}", row["equal"])
        put(f"group_change_fund_pct.{month}", row["fund"])
    moved = study.shares
    put("shares_change_pct", moved and moved.change_pct)
    for part in (*FACTORS, "rest"):
        put(f"shares_explained_pct.{part}", moved and moved.parts.at[part, "share"])
    put("shares_explained_low_pct.bitcoin", moved and moved.parts.at["bitcoin", "share_low"])
    put("shares_explained_high_pct.bitcoin", moved and moved.parts.at["bitcoin", "share_high"])
    put("shares_beta.bitcoin", moved and moved.parts.at["bitcoin", "beta"], "1")
    put("hashprice_change_pct.start_to_last_day", study.to_last.change_pct)
    return out


def _eve(day: pd.Timestamp) -> pd.Timestamp:
    return day - pd.Timedelta(days=1)


def _change(series: pd.Series, first: pd.Timestamp, last: pd.Timestamp) -> float:
    ends = series.reindex([first, last])
    return 100 * float(ends.iloc[1] / ends.iloc[0] - 1)


def _window_factors(frame: pd.DataFrame, window: int) -> pd.Series:
    """For each day the factors of hashprice over the window that ends with it, (2, 4) each.

    Rows subsidy and fees; columns price, 1 / difficulty (blocks found per hash rate), subsidy and
    fees per block. Days whose window has a missing day are left out.
    """
    sums = decomposition.totals(frame).rolling(window).sum().dropna()
    one = decomposition.factors(sums, per_hash=True)
    merged = np.stack([one[..., 0], one[..., 1] * one[..., 4], one[..., 2], one[..., 3]], axis=-1)
    return pd.Series(list(merged), index=sums.index)


def _wide_closes(adjusted: pd.DataFrame) -> pd.DataFrame:
    return returns.wide(adjusted, "adjusted_close")


def _last_session(sessions: pd.DatetimeIndex, day: pd.Timestamp) -> pd.Timestamp:
    return pd.Timestamp(sessions[sessions <= day][-1])


def _attribute(
    fitting: pd.DataFrame, spell: pd.DataFrame, factors: Sequence[str] = FACTORS
) -> attribution.Attribution:
    names = list(factors)
    return attribution.attribute(
        names,
        fitting["basket"].to_numpy(),
        fitting[names].to_numpy(),
        float(spell["basket"].sum()),
        spell[names].sum().to_numpy(),
        length=len(spell),
        draws=DRAWS,
        seed=SEED,
    )


def _choices(log: pd.DataFrame, estimation: int) -> pd.DataFrame:
    """Bitcoin's share of the fall (percent, with interval) under other fits and factors."""
    before, spell = log.iloc[:estimation], log.iloc[estimation:]
    half = estimation // 2
    rows = {}
    for label, fitting, factors in (
        (
            tell("market and bitcoin, {sessions} sessions before", sessions=estimation),
            before,
            FACTORS,
        ),
        (
            tell("market and bitcoin, the last {sessions} of these", sessions=half),
            before.iloc[-half:],
            FACTORS,
        ),
        (mark("market and bitcoin, the spell itself"), spell, FACTORS),
        (
            tell("bitcoin alone, {sessions} sessions before", sessions=estimation),
            before,
            FACTORS[1:],
        ),
        (mark("bitcoin alone, the spell itself"), spell, FACTORS[1:]),
    ):
        row = parts(_attribute(fitting, spell, factors), spell).loc["bitcoin"]
        rows[label] = row[["beta", "share", "share_low", "share_high"]]
    return pd.DataFrame(rows).T.rename_axis(mark("model and sessions it is fitted on"))


def _worst(
    found: attribution.Attribution, spell: pd.DataFrame, events: pd.DataFrame
) -> pd.DataFrame:
    """The sessions on which the basket lost most beyond market and bitcoin, with listed events.

    Columns: change_pct, rest (log points), event. The constant of the fit is in the rest.
    """
    beta = found.table["beta"]
    rest = spell["basket"] - spell[list(FACTORS)] @ beta.reindex(list(FACTORS)).to_numpy()
    lowest = rest.nsmallest(WORST_DAYS)
    said: dict[pd.Timestamp, list[str]] = {}
    for number in range(len(events)):
        one = events.iloc[[number]]
        if spell.index[0] <= one["date"].iloc[0] <= spell.index[-1]:
            for session in known_sessions(one, spell.index):
                said.setdefault(session, []).append(str(one["event"].iloc[0]))
    return pd.DataFrame(
        {
            "change_pct": 100 * np.expm1(spell["basket"].reindex(lowest.index)),
            "rest": 100 * lowest,
            "event": ["; ".join(said.get(day, [])) for day in lowest.index],
        },
        index=lowest.index,
    ).rename_axis("session")
