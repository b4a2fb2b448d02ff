"""Do miners' shares move more and more with AI shares? Betas over time, contracts, shocks.

Returns are simple, of adjusted closes on New York sessions, as fractions. The AI basket is an
equal-weighted mean. A beta is a slope beside the market's and bitcoin's, so it says how far the
shares move with what AI shares do by themselves.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from claimbook.analysis import betas, blocklength, calendar, steps
from claimbook.analysis.betas import Array, Estimate, Rows
from claimbook.analysis.dose import signed_megawatts
from claimbook.analysis.models import Model, design, fit
from claimbook.analysis.resampling import block_length
from claimbook.analysis.returns import Kind, basket, bitcoin, change, wide
from claimbook.analysis.setting import (
    AI,
    BITCOIN,
    FUND,
    MARKET,
    Benchmarks,
    Exclusion,
    known_sessions,
)
from claimbook.analysis.varying import LAGS, Varying, varying
from claimbook.errors import AnalysisError
from claimbook.language import mark, tell
from claimbook.ledger import Quantity

SHOCK = "AI demand"
FACTORS = (MARKET, BITCOIN, AI)
# A week: the distance of the points of a rolling line.
STEP = 5
BLOCK_SESSIONS = 63  # a quarter of a year
# Enough that the ends of the deciding intervals hardly depend on the seed.
DRAWS = 9999
OTHER_DRAWS, LINE_DRAWS, SHARE_DRAWS = 1999, 399, 199
SEED = 20250326
# A share whose prices end longer than this before the data do counts as gone.
GONE_DAYS = 45
# Fewer sessions than this on a side say nothing about a beta.
FEWEST = 60
LEVEL = 0.05
# What the comparisons under other factors are called.
SINCE_HALVING, TO_END = mark("since the halving"), mark("to the edition's end")
HOLDERS, HOLDERS_AT_END = (
    mark("holders less others"),
    mark("holders less others at the edition's end"),
)
# Beyond so many ways to hand out contracts, as many are drawn.
MOST_WAYS = 10_000.0


@dataclass(frozen=True)
class Panel:
    """Returns (D x tickers) and factors (D x market, bitcoin, ai) on sessions, as fractions."""

    prices: pd.DataFrame
    returns: pd.DataFrame
    factors: pd.DataFrame

    @property
    def days(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.prices.index)

    def mean(self, tickers: Sequence[str]) -> pd.Series:
        """The equal-weighted return of some shares."""
        return basket(self.returns, tickers)


@dataclass(frozen=True)
class Comparison:
    """Betas of one basket in two windows, and the later less the earlier, by factor.

    `shares`, `before` and `after` name the shares and the sessions of both windows. `blocks` is
    the length of the blocks in which either window's sessions were redrawn, `by_rule` the length
    that Politis and White's rule gives.
    """

    shares: tuple[str, ...]
    before: pd.DatetimeIndex
    after: pd.DatetimeIndex
    earlier: Mapping[str, Estimate]
    later: Mapping[str, Estimate]
    change: Mapping[str, Estimate]
    blocks: tuple[int, int] = (betas.BLOCK, betas.BLOCK)
    by_rule: tuple[int, int] = (betas.BLOCK, betas.BLOCK)


@dataclass(frozen=True)
class Contracts:
    """Shares with a signed contract against those without, over one window of sessions.

    `table`: one row a share with value, low, high (beta on the AI basket) and megawatts signed by
    the window's end. `difference` is the mean beta with less the mean without; `p` the share of all
    ways to hand out the contracts that give as large a difference, and `least_p` the least it could
    be. None where a side is empty.
    """

    until: pd.Timestamp
    table: pd.DataFrame
    holders: tuple[str, ...]
    others: tuple[str, ...]
    difference: Estimate | None
    p: float | None
    least_p: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Signing:
    """Betas on the AI basket before and after each share's first contract.

    `table`: one row a share: `first contract`, before, after, own change, change of the shares
    without a contract over the same sessions, and their difference with low and high. `mean` is the
    mean of the differences.
    """

    table: pd.DataFrame
    others: tuple[str, ...]
    mean: Estimate | None
    excluded: tuple[Exclusion, ...]


@dataclass(frozen=True)
class Study:
    """What the ai-dependence notebook shows."""

    judged_on: pd.Timestamp
    end: pd.Timestamp
    start: pd.Timestamp
    window: int
    sources: str
    excluded: tuple[Exclusion, ...]
    year: Comparison
    to_end: Comparison | None
    since_halving: Comparison | None
    halving: pd.Timestamp
    without_shocks: Comparison | None
    lines: pd.DataFrame
    long_lines: pd.DataFrame
    whole: pd.DataFrame
    whole_at: pd.DataFrame
    long_shares: tuple[str, ...]
    shares_of_variance: pd.DataFrame
    variance: Comparison
    to_article: Varying | None
    to_edition_end: Varying | None
    placebo: pd.Series
    contracts: Contracts
    contracts_further: Contracts
    contracts_at_end: Contracts
    signing: Signing
    shocks: pd.DataFrame
    choices: pd.DataFrame
    other_factors: pd.DataFrame
    left_out: pd.Series


def study(
    book: Mapping[str, pd.DataFrame],
    judged_on: str,
    window: int,
    miners: Sequence[str],
    ai_basket: Sequence[str],
    market: str,
    bitcoin_cut: str,
    start: str,
    further: Sequence[str] = (),
) -> Study:
    """The whole study. `window` is in sessions; `bitcoin_cut` is utc or session.

    `further` are shares known to hold a contract that the table of contracts lacks; they count as
    holders in `contracts_further` alone.

    Raises ParameterError where a date is no session, AnalysisError where the data do not reach two
    windows back from `judged_on`, or fewer than two shares are left.
    """
    if set(ai_basket) == {market}:
        raise AnalysisError(
            f"the AI basket is {market} alone, which is the market; give it another share"
        )
    data = panel(book, ai_basket, market, bitcoin_cut)
    first, row = _row(data, start), _row(data, judged_on)
    if row - 2 * window + 1 < max(first, 1):
        raise AnalysisError(
            f"two windows of {window} sessions before {judged_on} need {2 * window} returns, and "
            f"there are {max(row - max(first, 1) + 1, 0)} from {start} on; "
            "choose a later date or a shorter window"
        )
    end, gone = last_common(data, miners)
    before, after = _span(row - window, window), _span(row, window)
    chosen, bad = listed(data.prices, miners, before[0] - 1, row, mark("the two windows compared"))
    if len(chosen) < 2:
        reasons = "; ".join(f"{e.subject}: {e.reason}" for e in bad)
        raise AnalysisError(f"a comparison needs two shares or more ({reasons})")
    long, _ = listed(data.prices, chosen, first, row, mark("the long line"))
    ends = np.arange(row % STEP, max(end, row) + 1, STEP)
    ends = ends[ends >= first + window]
    shared, lasting = data.mean(chosen), data.mean(long or chosen)
    halving = halving_session(book["events"], data.days)
    since = np.arange(int(data.days.get_loc(halving)), row + 1)
    known = slice(max(first, 1), _last(lasting) + 1)
    whole = betas.expanding(
        data.factors.iloc[known],
        lasting.iloc[known],
        ends[ends < known.stop] - known.start,
    )
    lines = betas.rolling(data.factors, shared, ends, window, LINE_DRAWS, SEED)
    year = compare(data, chosen, before, after)
    others = other_panels(book, data.prices, ai_basket, market, bitcoin_cut)
    return Study(
        judged_on=data.days[row],
        end=data.days[end],
        start=data.days[first],
        window=window,
        sources=_bitcoin_source(bitcoin_cut),
        excluded=(*bad, *gone),
        year=year,
        to_end=_compare_end(data, miners, row, end, window),
        since_halving=_compare_listed(data, miners, since - len(since), since, first),
        halving=halving,
        without_shocks=_compare_listed(
            data,
            chosen,
            _calm(data, before, book["events"]),
            _calm(data, after, book["events"]),
            first,
        ),
        lines=lines,
        long_lines=betas.rolling(data.factors, lasting, ends, window, 1, SEED),
        whole=whole,
        whole_at=expanding_at(data, lasting, known, row),
        long_shares=long,
        shares_of_variance=betas.rolling_variance_shares(data.factors, lasting, ends, window),
        variance=compare_variance(data, chosen, before, after),
        to_article=_varying(data, lasting, first, row),
        to_edition_end=_varying(data, lasting, first, _last(lasting)),
        placebo=yearly_changes(data, lasting, row, first, window, _last(lasting)),
        contracts=contracts(data, book["ai_contracts"], miners, row, window),
        contracts_further=contracts(data, book["ai_contracts"], miners, row, window, further),
        contracts_at_end=contracts(data, book["ai_contracts"], miners, max(end, row), window),
        signing=signing(data, book["ai_contracts"], miners, window // 2, max(end, row)),
        shocks=shocks(data, book, miners, window // 2),
        choices=choices(book["events"], data, others, row, window, year),
        other_factors=other_factors(
            book, {mark("as judged"): data, **others}, miners, first, row, max(end, row), window
        ),
        left_out=without_each(data, year),
    )


def panel(
    book: Mapping[str, pd.DataFrame],
    ai_basket: Sequence[str],
    market: str | None,
    bitcoin_cut: str,
    kind: Kind = "simple",
    prices: pd.DataFrame | None = None,
) -> Panel:
    """Returns and factors of all sessions; without a market factor where `market` is None.

    `prices` are those of the book, if they have been made wide before.

    `bitcoin_cut`: utc takes UTC daily closes throughout; session takes the best price at each
    session's close, which changes its source over the years.
    """
    if prices is None:
        prices = wide(book["adjusted_closes"], "adjusted_close")
    for ticker in (*ai_basket, *([market] if market else [])):
        if ticker not in prices:
            raise AnalysisError(f"there are no prices of {ticker} in adjusted_closes")
    days = pd.DatetimeIndex(prices.index)
    hourly = book["bitcoin_hourly"]
    coin = (
        bitcoin(hourly, prices.get(FUND), book["bitcoin_daily"], days, kind)
        if bitcoin_cut == "session"
        else bitcoin(hourly.iloc[:0], None, book["bitcoin_daily"], days, kind)
    )
    moves = change(prices, kind)
    columns = {MARKET: moves[market]} if market else {}
    columns |= {BITCOIN: coin.returns, AI: basket(moves, ai_basket)}
    return Panel(prices, moves, pd.DataFrame(columns))


def listed(
    prices: pd.DataFrame, tickers: Sequence[str], first: int, last: int, what: str
) -> tuple[tuple[str, ...], list[Exclusion]]:
    """The tickers with a price in every row from `first` to `last`, and why others have not."""
    good, bad = [], []
    span = prices.iloc[first : last + 1]
    for ticker in tickers:
        if ticker not in prices:
            raise AnalysisError(f"there are no prices of {ticker} in adjusted_closes")
        holes = span.index[span[ticker].isna()]
        if not len(holes):
            good.append(ticker)
            continue
        known = prices[ticker].dropna().index
        if known[0] > span.index[0]:
            reason = tell(
                "its prices begin on {day:%Y-%m-%d}, after {edge:%Y-%m-%d}",
                day=known[0],
                edge=span.index[0],
            )
        elif known[-1] < span.index[-1]:
            reason = tell(
                "its prices end on {day:%Y-%m-%d}, before {edge:%Y-%m-%d}",
                day=known[-1],
                edge=span.index[-1],
            )
        else:
            reason = tell("it has no price on {day:%Y-%m-%d}", day=holes[0])
        bad.append(Exclusion(ticker, what, reason))
    return tuple(good), bad


def last_common(data: Panel, miners: Sequence[str]) -> tuple[int, list[Exclusion]]:
    """The last session on which all factors and all miners still listed have a price.

    A share whose prices end more than 45 days before the factors do is named as gone.
    """
    known = data.factors.dropna().index[-1]
    ends, gone = [known], []
    for ticker in miners:
        last = data.prices[ticker].last_valid_index()
        if (known - last).days > GONE_DAYS:
            reason = tell("its prices end on {last:%Y-%m-%d}", last=last)
            gone.append(Exclusion(ticker, mark("the state at the edition's end"), reason))
        else:
            ends.append(last)
    return int(data.days.get_loc(min(ends))), gone


def compare(data: Panel, shares: Sequence[str], before: Rows, after: Rows) -> Comparison:
    """Betas of the shares' mean in two windows; the two windows' sessions are redrawn apart.

    Once singly and once in blocks by Politis and White's rule; the wider interval counts.
    """
    y = data.mean(shares).to_numpy(dtype=float)[:, None]
    return _comparison(data, shares, before, after, y, None, DRAWS)


def without_each(data: Panel, one: Comparison) -> pd.Series:
    """The change of the AI beta when a single session is left out, by session of both windows."""
    x = data.factors.to_numpy(dtype=float)
    y = data.mean(one.shares).to_numpy(dtype=float)[:, None]
    place = list(data.factors.columns).index(AI)
    slopes = []
    for days in (one.before, one.after):
        rows = data.days.get_indexer(days)
        # Row 0 has all sessions; row i + 1 lacks the session i.
        counts = np.vstack([np.ones(len(rows)), 1 - np.eye(len(rows))])
        slopes.append(betas.coefficients(x[rows], y[rows], counts)[:, place, 0])
    early, late = slopes
    changes = np.concatenate([late[0] - early[1:], late[1:] - early[0]])
    return pd.Series(changes, index=one.before.append(one.after), name="change")


def compare_variance(data: Panel, shares: Sequence[str], before: Rows, after: Rows) -> Comparison:
    """The same for the percent of variance that Shapley's value gives each factor."""
    y = data.mean(shares).to_numpy(dtype=float)
    x = data.factors.to_numpy(dtype=float)
    drawn = [
        betas.drawn_variance_shares(
            x[rows], y[rows], betas.day_counts(len(rows), SHARE_DRAWS, SEED + k)
        )
        for k, rows in enumerate((before, after))
    ]
    return _from_draws(data, shares, before, after, drawn)


def contracts(
    data: Panel,
    signed: pd.DataFrame,
    miners: Sequence[str],
    row: int,
    window: int,
    further: Sequence[str] = (),
) -> Contracts:
    """Betas on the AI basket over the window that ends with `row`, by signed contract.

    `further` count as holders beside those of the table. The interval of the difference is the
    wider of two, as for `compare`.
    """
    rows = _span(row, window)
    shares, bad = listed(data.prices, miners, rows[0] - 1, row, mark("the contracts' comparison"))
    until = data.days[row]
    megawatts, notes = signed_megawatts(signed, shares, until + pd.Timedelta(days=1))
    first = first_contracts(signed)
    holders = tuple(t for t in shares if t in further or (t in first and first[t] <= until))
    others = tuple(t for t in shares if t not in holders)
    table, difference, p, least = pd.DataFrame(), None, None, None
    if shares:
        drawn = _slopes(data, shares, rows, SEED + 3)
        low, high = np.quantile(drawn[1:], [0.025, 0.975], axis=0)
        table = pd.DataFrame(
            {
                "value": drawn[0],
                "low": low,
                "high": high,
                "megawatts": megawatts.to_numpy(),
                "signed": [t in holders for t in shares],
                mark("first contract"): [first.get(t, pd.NaT) for t in shares],
            },
            index=pd.Index(shares, name="ticker"),
        )
    if holders and others:
        difference = _difference(data, shares, holders, others, rows, drawn)
        p, least = label_p(
            table.loc[list(holders), "value"].to_numpy(),
            table.loc[list(others), "value"].to_numpy(),
        )
    named = tuple(f"{e.subject}: {e.reason}" for e in bad)
    return Contracts(until, table, holders, others, difference, p, least, (*named, *notes))


def _difference(
    data: Panel,
    shares: Sequence[str],
    holders: Sequence[str],
    others: Sequence[str],
    rows: Rows,
    drawn: Array,
) -> Estimate:
    """The difference of mean slopes; `drawn` are the slopes with single sessions redrawn."""
    first, second = ([list(shares).index(t) for t in group] for group in (holders, others))
    apart = (data.mean(holders) - data.mean(others)).to_numpy(dtype=float)
    length = _block_by_rule(data, rows, apart)
    ways = [drawn]
    if length > betas.BLOCK:
        counts = betas.day_counts(len(rows), OTHER_DRAWS, SEED + 3, length)
        ways.append(_slopes_drawn(data, shares, rows, counts))
    found = [betas.estimate(betas.group_difference(slopes, first, second)) for slopes in ways]
    return max(found, key=_width)


def label_p(first: Array, second: Array) -> tuple[float, float]:
    """Exact one-sided permutation p of mean(first) - mean(second), and the least it could be."""
    everyone = np.concatenate([first, second])
    least = 1 / min(float(math.comb(len(everyone), len(first))), MOST_WAYS)
    # With one share on a side its place among all says the same.
    if len(first) == 1:
        return float((everyone >= first[0]).mean()), least
    if len(second) == 1:
        return float((everyone <= second[0]).mean()), least
    found = stats.permutation_test(
        (first, second),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        alternative="greater",
        n_resamples=int(MOST_WAYS),
        vectorized=True,
        rng=np.random.default_rng(SEED),
    )
    return float(found.pvalue), least


def first_contracts(signed: pd.DataFrame) -> dict[str, pd.Timestamp]:
    """The date of each share's first contract."""
    return {str(t): pd.Timestamp(d) for t, d in signed.groupby("ticker")["date"].min().items()}


def signing(
    data: Panel, signed: pd.DataFrame, miners: Sequence[str], half: int, end: int
) -> Signing:
    """Betas over `half` sessions before and after each first contract, against the others'.

    The others are the shares that had no contract by `end`. The day of the signing and the session
    after it, on which the news itself moved the share, belong to neither side.
    """
    first = {t: d for t, d in first_contracts(signed).items() if t in miners}
    others_known, _ = listed(data.prices, [t for t in miners if t not in first], end, end, "")
    rows, drawn_all, excluded, used = {}, [], [], set(others_known)
    # Windows of different shares share sessions, so one draw of all sessions serves them all.
    counts = betas.day_counts(end + 1, OTHER_DRAWS, SEED + 20)
    for ticker, day in sorted(first.items(), key=lambda item: item[1]):
        place = int(data.days.searchsorted(day))
        if place + 1 + half > end:
            reason = tell(
                "first contract on {day:%Y-%m-%d}: fewer than {sessions} sessions follow",
                day=day,
                sessions=half,
            )
            excluded.append(Exclusion(ticker, mark("before and after"), reason))
            continue
        before, after = _span(place - 1, half), np.arange(place + 2, place + 2 + half)
        good, bad = listed(
            data.prices, [ticker], before[0] - 1, after[-1], mark("before and after")
        )
        control, _ = listed(data.prices, others_known, before[0] - 1, after[-1], "")
        used &= set(control)
        if bad or not control:
            excluded += bad or [
                Exclusion(ticker, mark("before and after"), mark("no share to compare with"))
            ]
            continue
        shares = (*good, *control)
        sides = [_slopes_drawn(data, shares, r, counts[:, r]) for r in (before, after)]
        own = sides[1][:, 0] - sides[0][:, 0]
        theirs = (sides[1][:, 1:] - sides[0][:, 1:]).mean(axis=1)
        found = betas.estimate(own - theirs)
        drawn_all.append(own - theirs)
        rows[ticker] = {
            mark("first contract"): day,
            "before": float(sides[0][0, 0]),
            "after": float(sides[1][0, 0]),
            mark("own change"): float(own[0]),
            mark("change of the others"): float(theirs[0]),
            "difference": found.value,
            "low": found.low,
            "high": found.high,
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("ticker")
    mean = betas.estimate(np.mean(drawn_all, axis=0)) if drawn_all else None
    return Signing(table, tuple(t for t in others_known if t in used), mean, tuple(excluded))


def shocks(
    data: Panel, book: Mapping[str, pd.DataFrame], miners: Sequence[str], estimation: int
) -> pd.DataFrame:
    """What the AI basket and the miners did on each session of AI-demand news, in percent.

    One row a session and what the market and bitcoin do not explain, by a model fitted on the
    `estimation` sessions before: ai, with, without (means of the shares with and without a contract
    signed before the day), each with `usual` (half the 95 % prediction interval). Shares that the
    news is about are in neither group. `per ai percent` is the mean of all others over the
    basket's, where the basket left its usual range. Missing where there is no such share.
    """
    first = first_contracts(book["ai_contracts"])
    names = dict(zip(book["tickers"]["ticker"], book["tickers"]["name"], strict=True))
    controls = [f for f in data.factors.columns if f != AI]
    rows = {}
    for day, news in _shock_days(book["events"], data.days).items():
        row = int(data.days.get_loc(day))
        span = _span(row - 1, estimation)
        if span[0] < 1:
            continue
        since = data.days[row - 1]
        contracts_now = book["ai_contracts"]
        fresh = set(contracts_now.loc[contracts_now["date"].between(since, day), "ticker"].dropna())
        subjects = [t for t in miners if t in fresh or _short(names.get(t, t)) in news]
        known, _ = listed(
            data.prices,
            [t for t in miners if t not in subjects],
            span[0] - 1,
            row,
            mark("the shock"),
        )
        groups = {
            "with": [t for t in known if t in first and first[t] < day],
            "without": [t for t in known if t not in first or first[t] >= day],
            "all": list(known),
        }
        columns = {AI: data.factors[AI]}
        columns |= {name: data.mean(group) for name, group in groups.items() if group}
        frame = pd.DataFrame(columns)
        found, usual = _beyond(data.factors[controls], frame, span, row)
        line: dict[str, object] = {"news": news, "subjects": ", ".join(subjects) or "none"}
        line["ai return"] = 100 * float(data.factors[AI].iloc[row])
        for name in (AI, "all", "with", "without"):
            line[name] = found.get(name, np.nan)
            line[f"{name} usual"] = usual.get(name, np.nan)
        outside = abs(found[AI]) > usual[AI]
        line["per ai percent"] = found.get("all", np.nan) / found[AI] if outside else np.nan
        line["holders"] = len(groups["with"])
        rows[day] = line
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("session")


def yearly_changes(
    data: Panel, returns: pd.Series, row: int, first: int, window: int, end: int
) -> pd.Series:
    """The change of the AI beta between neighbouring windows, every week, `row` being one of them.

    Neighbouring values share most of their sessions, so this shows what is usual and is no sample
    of independent draws.
    """
    ends = np.arange(row % STEP, end + 1, STEP)
    ends = ends[ends >= max(first, 1) + 2 * window - 1]
    if not len(ends):
        return pd.Series(dtype=float)
    places = np.unique(np.concatenate([ends, ends - window]))
    line = betas.rolling(data.factors, returns, places, window, 1, SEED)[(AI, "value")]
    later = line.reindex(data.days[ends]).to_numpy()
    earlier = line.reindex(data.days[ends - window]).to_numpy()
    return pd.Series(later - earlier, index=data.days[ends], name="change").dropna()


def choices(
    events: pd.DataFrame,
    data: Panel,
    others: Mapping[str, Panel],
    row: int,
    window: int,
    year: Comparison,
) -> pd.DataFrame:
    """The change of the AI beta under other choices, one at a time: value, low, high.

    `year` is the comparison as declared, whose shares all others use; `others` are `other_panels`.
    """
    chosen = year.shares
    before, after = _span(row - window, window), _span(row, window)
    y = data.mean(chosen).to_numpy(dtype=float)[:, None]
    found = {mark("as judged"): year}
    for name, lengths in {
        mark("sessions redrawn singly"): (betas.BLOCK, betas.BLOCK),
        mark("blocks by Politis and White's rule"): year.by_rule,
        mark("sessions redrawn by the fortnight"): (10, 10),
        mark("sessions redrawn by the month"): (21, 21),
    }.items():
        # The way that was judged is there already.
        if lengths != year.blocks:
            found[name] = _comparison(data, chosen, before, after, y, lengths, DRAWS)
    for name, one in others.items():
        y = one.mean(chosen).to_numpy(dtype=float)[:, None]
        found[name] = _comparison(one, chosen, before, after, y, None, OTHER_DRAWS)
    half = window // 2
    if half >= FEWEST:
        found[mark("windows half as long")] = compare(
            data, chosen, _span(row - half, half), _span(row, half)
        )
    named = [t for t in ("BITF", "CLSK", "CORZ", "HUT", "MARA", "RIOT") if t in chosen]
    if len(named) > 1:
        found[mark("only shares that the article names")] = compare(data, named, before, after)
    changes = {name: comparison.change[AI] for name, comparison in found.items()}
    both = slice(before[0], row + 1)
    step = (data.factors.iloc[both], data.mean(chosen).iloc[both], window)
    # The same windows as judged, so the same value; only the errors differ.
    changes[tell("Newey–West errors over {lags} sessions", lags=LAGS)] = step_in_slope(*step)
    changes[mark("errors for unequal variance (HC3)")] = step_in_slope(*step, lags=None)
    calm_rows = [_calm(data, rows, events) for rows in (before, after)]
    changes[mark("without the days of news on AI demand")] = compare(
        data, chosen, *calm_rows
    ).change[AI]
    table = {
        name: {"value": one.value, "low": one.low, "high": one.high}
        for name, one in changes.items()
    }
    return pd.DataFrame.from_dict(table, orient="index").rename_axis(mark("choice"))


def other_panels(
    book: Mapping[str, pd.DataFrame],
    prices: pd.DataFrame,
    ai_basket: Sequence[str],
    market: str,
    bitcoin_cut: str,
) -> dict[str, Panel]:
    """The same data with one choice of factors changed at a time, by what was changed."""

    def changed(
        basket: Sequence[str], benchmark: str | None, cut: str, kind: Kind = "simple"
    ) -> Panel:
        return panel(book, basket, benchmark, cut, kind, prices)

    other = Benchmarks()
    cut = "session" if bitcoin_cut == "utc" else "utc"
    rest = other.other_market if market != other.other_market else other.market
    clock = (
        mark("bitcoin at the session's close")
        if cut == "session"
        else mark("bitcoin at UTC closes")
    )
    return {
        clock: changed(ai_basket, market, cut),
        tell("{rest} as the market", rest=rest): changed(ai_basket, rest, bitcoin_cut),
        mark("bitcoin and AI alone, no market"): changed(ai_basket, None, bitcoin_cut),
        tell("{share} as the AI basket", share=other.other_ai): changed(
            [other.other_ai], market, bitcoin_cut
        ),
        mark("logarithmic returns"): changed(ai_basket, market, bitcoin_cut, "log"),
    }


def other_factors(
    book: Mapping[str, pd.DataFrame],
    panels: Mapping[str, Panel],
    miners: Sequence[str],
    first: int,
    row: int,
    end: int,
    window: int,
) -> pd.DataFrame:
    """The other comparisons under other factors: are they any firmer than the one judged?

    One row a comparison and choice (a MultiIndex), columns value, low, high.
    """
    days = next(iter(panels.values())).days
    halving = int(days.get_loc(halving_session(book["events"], days)))
    since = np.arange(halving, row + 1)
    rows: dict[tuple[str, str], Estimate | None] = {}
    for name, one in panels.items():
        halved = _compare_listed(one, miners, since - len(since), since, first)
        later = _compare_end(one, miners, row, end, window)
        rows[(SINCE_HALVING, name)] = halved.change[AI] if halved else None
        rows[(TO_END, name)] = later.change[AI] if later else None
        for label, last in ((HOLDERS, row), (HOLDERS_AT_END, end)):
            found = contracts(one, book["ai_contracts"], miners, last, window)
            rows[(label, name)] = found.difference
    table = {
        key: {"value": one.value, "low": one.low, "high": one.high}
        for key, one in rows.items()
        if one is not None
    }
    index = pd.MultiIndex.from_tuples(list(table), names=[mark("comparison"), mark("choice")])
    return pd.DataFrame(list(table.values()), index, columns=["value", "low", "high"])


def expanding_at(data: Panel, returns: pd.Series, known: slice, row: int) -> pd.DataFrame:
    """The AI beta of all sessions from the first to the end of each year, `row` and the last.

    One row a date; columns sessions, value, low, high (95 % of redrawn sessions). Dates with fewer
    than 60 sessions before them are left out.
    """
    days = data.days[known]
    lasts = pd.Series(days, days).groupby(days.year).last()
    dates = sorted({*lasts, data.days[row]} & set(days))
    place = list(data.factors.columns).index(AI)
    rows = {}
    for date in dates:
        span = np.arange(known.start, int(data.days.get_loc(date)) + 1)
        if len(span) < FEWEST:
            continue
        drawn = betas.coefficients(
            data.factors.to_numpy(dtype=float)[span],
            returns.to_numpy(dtype=float)[span, None],
            betas.day_counts(len(span), LINE_DRAWS, SEED),
        )
        one = betas.estimate(drawn[:, place, 0])
        rows[date] = {
            "sessions": len(span), "value": one.value, "low": one.low, "high": one.high,
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("to")


def step_in_slope(
    factors: pd.DataFrame, returns: pd.Series, window: int, lags: int | None = LAGS
) -> Estimate:
    """The change of the AI slope for the last `window` sessions, by formula instead of redrawing.

    One regression over both windows in which the constant and every slope may step. Errors are
    Newey and West's over `lags` sessions, or HC3 (MacKinnon and White 1985) where `lags` is None.
    """
    f = factors.to_numpy(dtype=float)
    y = returns.to_numpy(dtype=float)
    later = (np.arange(len(f)) >= len(f) - window).astype(float)[:, None]
    x = np.column_stack([np.ones(len(f)), f, later, later * f])
    beta, covariance = steps.newey_west(y, x, lags or 0)
    if lags is None:
        inverse = np.linalg.inv(x.T @ x)
        leverage = np.einsum("ij,jk,ik->i", x, inverse, x)
        weighted = x * ((y - x @ beta) / (1 - leverage))[:, None]
        covariance = inverse @ weighted.T @ weighted @ inverse
    place = 2 + f.shape[1] + list(factors.columns).index(AI)
    half = 1.96 * float(np.sqrt(covariance[place, place]))
    return Estimate(float(beta[place]), float(beta[place]) - half, float(beta[place]) + half)


def halving_session(events: pd.DataFrame, days: pd.DatetimeIndex) -> pd.Timestamp:
    """The first session on or after the halving. Raises AnalysisError where none is recorded."""
    dates = events.loc[events["kind"] == "halving", "date"]
    if dates.empty:
        raise AnalysisError("the events table has no row of the kind halving")
    return days[int(days.searchsorted(dates.max()))]


def quantities(study: Study) -> dict[str, Quantity]:
    """The named quantities of the ai-dependence claim; None where the data do not reach."""
    found: dict[str, Quantity] = {}

    def put(name: str, value: Estimate | float | None, unit: str = "1") -> None:
        if isinstance(value, Estimate):
            found[name] = Quantity(value.value, unit)
            found[f"{name}.low"] = Quantity(value.low, unit)
            found[f"{name}.high"] = Quantity(value.high, unit)
        else:
            found[name] = Quantity(value, unit)
            if value is None and name.startswith("ai_beta"):
                found[f"{name}.low"] = found[f"{name}.high"] = Quantity(None, unit)

    comparisons = {
        "year_to_article": study.year,
        "since_halving": study.since_halving,
        "year_to_article_without_shocks": study.without_shocks,
        "to_edition_end": study.to_end,
    }
    for name, one in comparisons.items():
        put(f"ai_beta_change.{name}", one.change[AI] if one else None)
    for factor in study.year.later:
        put(f"{factor}_beta.year_before", study.year.earlier[factor])
        put(f"{factor}_beta.year_to_article", study.year.later[factor])
    put("ai_beta.year_to_edition_end", study.to_end.later[AI] if study.to_end else None)
    put("bitcoin_beta_change.year_to_article", study.year.change[BITCOIN])
    put("ai_variance_share_pct.year_before", study.variance.earlier[AI], "percent")
    put("ai_variance_share_pct.year_to_article", study.variance.later[AI], "percent")
    put("ai_variance_share_change_pp.year_to_article", study.variance.change[AI],
        "percentage points")  # fmt: skip
    put("ai_beta_difference.with_minus_without_contracts", study.contracts.difference)
    put("ai_beta_difference.further_holders", study.contracts_further.difference)
    put("ai_beta_difference.edition_end", study.contracts_at_end.difference)
    put("ai_beta_difference.after_minus_before_contract", study.signing.mean)
    put("contract_label_p.at_article", _testable_p(study.contracts))
    put("contract_label_p.edition_end", _testable_p(study.contracts_at_end))
    for name, test in (("to_article", study.to_article), ("to_edition_end", study.to_edition_end)):
        put(f"ai_beta_trend_per_year.{name}", test.slope if test else None)
        put(f"trend_p.{name}", test.slope_p if test else None)
        put(f"break_p.{name}", test.break_p if test else None)
    return found


def _testable_p(groups: Contracts) -> float | None:
    """None where even the most extreme outcome could not fall below 5 %: no test at all."""
    return groups.p if groups.least_p is not None and groups.least_p <= LEVEL else None


def _compare_end(
    data: Panel, miners: Sequence[str], row: int, end: int, window: int
) -> Comparison | None:
    """The window to the edition's end against the window to the date judged, if apart."""
    if end - window < row:
        return None
    shares, _ = listed(data.prices, miners, row - window, end, "")
    if len(shares) < 2:
        return None
    return compare(data, shares, _span(row, window), _span(end, window))


def _compare_listed(
    data: Panel, miners: Sequence[str], before: Rows, after: Rows, first: int
) -> Comparison | None:
    if min(len(before), len(after)) < FEWEST or before[0] < max(first, 1):
        return None
    shares, _ = listed(data.prices, miners, before[0] - 1, after[-1], "")
    return compare(data, shares, before, after) if len(shares) > 1 else None


def _varying(data: Panel, returns: pd.Series, first: int, last: int) -> Varying | None:
    rows = slice(max(first, 1), last + 1)
    try:
        return varying(
            data.factors.iloc[rows], returns.iloc[rows], AI, BLOCK_SESSIONS, OTHER_DRAWS, SEED + 7
        )
    except AnalysisError:
        # Too few quarters for a test; the page says so.
        return None


def _comparison(
    data: Panel,
    shares: Sequence[str],
    before: Rows,
    after: Rows,
    y: Array,
    blocks: tuple[int, int] | None,
    draws: int,
) -> Comparison:
    """Sessions redrawn in blocks of these lengths (before, after); see `compare` where None."""
    x = data.factors.to_numpy(dtype=float)
    sides = (before, after)
    by_rule = (_block_by_rule(data, before, y[:, 0]), _block_by_rule(data, after, y[:, 0]))
    # Without a repetition: where the rule says one session, both ways are the same.
    ways = [blocks] if blocks else list(dict.fromkeys([(betas.BLOCK, betas.BLOCK), by_rule]))
    found = []
    for lengths in ways:
        counts = [
            betas.day_counts(len(rows), draws, SEED + k, lengths[k]) for k, rows in enumerate(sides)
        ]
        drawn = [
            betas.coefficients(x[rows], y[rows], c)[:, :, 0]
            for rows, c in zip(sides, counts, strict=True)
        ]
        found.append(_from_draws(data, shares, before, after, drawn, lengths, by_rule))
    return max(found, key=lambda one: _width(one.change[AI]))


def _block_by_rule(data: Panel, rows: Rows, returns: Array) -> int:
    """Politis and White's length for the slope of returns (D) on the AI basket in one window."""
    x = data.factors.to_numpy(dtype=float)[rows]
    place = list(data.factors.columns).index(AI)
    length = blocklength.automatic(blocklength.scores(x, returns[rows], place))
    return block_length(len(rows), length)


def _width(one: Estimate) -> float:
    return one.high - one.low


def _from_draws(
    data: Panel,
    shares: Sequence[str],
    before: Rows,
    after: Rows,
    drawn: Sequence[Array],
    blocks: tuple[int, int] = (betas.BLOCK, betas.BLOCK),
    by_rule: tuple[int, int] = (betas.BLOCK, betas.BLOCK),
) -> Comparison:
    names = [str(f) for f in data.factors.columns]
    earlier, later, apart = (
        {name: betas.estimate(values[:, k]) for k, name in enumerate(names)}
        for values in (drawn[0], drawn[1], drawn[1] - drawn[0])
    )
    days = data.days
    return Comparison(
        tuple(shares), days[before], days[after], earlier, later, apart, blocks, by_rule
    )


def _slopes(data: Panel, shares: Sequence[str], rows: Rows, seed: int) -> Array:
    """Slopes on the AI basket of single shares, draw by draw (1 + draws, n)."""
    return _slopes_drawn(data, shares, rows, betas.day_counts(len(rows), OTHER_DRAWS, seed))


def _slopes_drawn(data: Panel, shares: Sequence[str], rows: Rows, counts: betas.Counts) -> Array:
    place = list(data.factors.columns).index(AI)
    drawn = betas.coefficients(
        data.factors.to_numpy(dtype=float)[rows],
        data.returns[list(shares)].to_numpy(dtype=float)[rows],
        counts,
    )
    return np.asarray(drawn[:, place])


def _beyond(
    controls: pd.DataFrame, frame: pd.DataFrame, span: Rows, row: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return beyond the controls on one day, and half its 95 % prediction interval (percent)."""
    model = Model("controls", mark("the market and bitcoin"), "factors", tuple(controls.columns))
    x = design(model, controls.to_numpy(dtype=float))
    y = frame.to_numpy(dtype=float)
    found = fit(model, y[span], x[span])
    beyond = 100 * (y[row] - found.predict(x[[row]])[0])
    error = np.sqrt(found.variance * found.spread(x[[row]])[:, 0, 0])
    half = 100 * stats.t.ppf(0.975, found.df) * error
    names = list(frame.columns)
    return dict(zip(names, map(float, beyond), strict=True)), dict(
        zip(names, map(float, half), strict=True)
    )


def _shocks(events: pd.DataFrame) -> pd.DataFrame:
    return events[events["kind"].str.startswith(SHOCK)]


def _calm(data: Panel, rows: Rows, events: pd.DataFrame) -> Rows:
    """The rows without the sessions that news on AI demand could move."""
    moved = data.days.isin(known_sessions(_shocks(events), data.days))
    return np.asarray(rows[~moved[rows]])


def _shock_days(events: pd.DataFrame, days: pd.DatetimeIndex) -> dict[pd.Timestamp, str]:
    """News of AI demand by the session it could move; news of one session stands together."""
    told: dict[pd.Timestamp, list[str]] = {}
    found = _shocks(events)
    for place in range(len(found)):
        one = found.iloc[[place]]
        for day in known_sessions(one, days):
            told.setdefault(day, []).append(str(one["event"].iloc[0]))
    return {day: "; ".join(news) for day, news in sorted(told.items())}


def _short(name: str) -> str:
    """How news name a company: `Core Scientific`, `Cipher Mining`, `MARA Holdings`."""
    return name.partition(" (")[0]


def _row(data: Panel, day: str) -> int:
    date = calendar.session(day)
    if date not in data.days:
        raise AnalysisError(
            f"{day} is outside the data, which run from {data.days[0]:%Y-%m-%d} "
            f"to {data.days[-1]:%Y-%m-%d}"
        )
    return int(data.days.get_loc(date))


def _span(last: int, length: int) -> Rows:
    return np.arange(last - length + 1, last + 1)


def _last(returns: pd.Series) -> int:
    """Position of the last session with a return."""
    return int(np.flatnonzero(returns.notna().to_numpy())[-1])


def _bitcoin_source(cut: str) -> str:
    if cut == "session":
        return mark("the best bitcoin price at each session's close")
    return mark("bitcoin's UTC daily closes throughout")
