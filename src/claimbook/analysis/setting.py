"""What an event study stands on: which shares and factors can be used, and why others cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from claimbook.analysis import calendar
from claimbook.analysis.models import Model
from claimbook.analysis.returns import BitcoinReturns, Kind, basket, bitcoin, change, wide
from claimbook.errors import AnalysisError
from claimbook.language import mark, tell

KINDS: tuple[Kind, ...] = ("simple", "log")
MARKET, BITCOIN, AI = "market", "bitcoin", "ai"
FUND = "IBIT"


@dataclass(frozen=True)
class Benchmarks:
    """The declared benchmarks: tickers in adjusted_closes.

    `ai` is an equal-weighted basket; Microsoft is not in it, because the news is about Microsoft.
    `donors` of the synthetic control are neither miners nor companies that rent out AI capacity.
    `other_market` and `other_ai` serve the specification curve only.
    """

    market: str = "SPY"
    ai: tuple[str, ...] = ("ANET", "AVGO", "NVDA", "ORCL", "SMCI", "VRT")
    donors: tuple[str, ...] = (
        *("SPY", "QQQ", "SMH", "GBTC", "COIN", "MSTR", "ANET", "AVGO", "NVDA", "ORCL", "SMCI"),
        *("VRT", "DLR", "EQIX", "CEG", "TLN", "VST"),
    )
    other_market: str = "QQQ"
    other_ai: str = "SMH"

    @property
    def tickers(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys((self.market, self.other_market, self.other_ai, *self.ai, *self.donors))
        )


@dataclass(frozen=True)
class Exclusion:
    """What was left out, of what, and why."""

    subject: str
    left_out_of: str
    reason: str


@dataclass(frozen=True)
class Setting:
    """Returns and windows of one study.

    days: sessions of the data; returns (D x all tickers) and factors (D x market, bitcoin, ai and
    the other benchmarks), both by kind of return, as fractions; tickers, ai, donors: those that
    have a return in every session that the study needs; the rest is in `exclusions`.
    """

    days: pd.DatetimeIndex
    windows: calendar.Windows
    event: int
    tickers: tuple[str, ...]
    ai: tuple[str, ...]
    donors: tuple[str, ...]
    returns: Mapping[Kind, pd.DataFrame]
    factors: Mapping[Kind, pd.DataFrame]
    bitcoin: BitcoinReturns
    exclusions: tuple[Exclusion, ...] = field(default=())

    def needed(self) -> list[pd.Timestamp]:
        """The sessions of the estimation window and of the event window."""
        w = self.windows
        return [*self.days[w.estimation_rows], *self.days[w.event_rows]]


def setting(
    book: Mapping[str, pd.DataFrame],
    event_date: str,
    tickers: Sequence[str],
    benchmarks: Benchmarks,
    estimation: int,
    gap: int,
    window: tuple[int, int],
) -> Setting:
    """Prices made into returns and factors, and everything that cannot be used named.

    `book` has adjusted_closes, bitcoin_hourly, bitcoin_daily. Raises AnalysisError for an unknown
    or repeated ticker, fewer than two usable shares, a market without returns, or windows that the
    data do not reach; ParameterError for a date that is no session.
    """
    if len(set(tickers)) != len(tickers):
        raise AnalysisError(f"a share is named twice in {', '.join(tickers)}; name each once")
    prices = wide(book["adjusted_closes"], "adjusted_close")
    for ticker in (*tickers, *benchmarks.tickers):
        if ticker not in prices:
            raise AnalysisError(f"there are no prices of {ticker} in adjusted_closes")
    days = pd.DatetimeIndex(prices.index)
    windows = calendar.windows(days, event_date, estimation, gap, window)
    chosen, bad = usable(prices, tickers, windows, mark("the shares"))
    if len(chosen) < 2:
        reasons = "; ".join(f"{e.subject}: {e.reason}" for e in bad)
        raise AnalysisError(
            f"a study needs two shares or more, and has {len(chosen)}"
            + (f" ({reasons})" if reasons else "; name another")
        )
    ai, bad_ai = usable(prices, benchmarks.ai, windows, mark("the AI basket"))
    donors, bad_donors = usable(
        prices,
        [d for d in benchmarks.donors if d not in tickers],
        windows,
        mark("the synthetic control"),
    )
    market, bad_market = usable(prices, [benchmarks.market], windows, mark("the market"))
    if not market:
        raise AnalysisError(f"{benchmarks.market} cannot be the market: {bad_market[0].reason}")
    fund = prices.get(FUND)
    coin = {
        kind: bitcoin(book["bitcoin_hourly"], fund, book["bitcoin_daily"], days, kind)
        for kind in KINDS
    }
    by_kind = {kind: change(prices, kind) for kind in KINDS}
    factors = {
        kind: pd.DataFrame(
            {
                MARKET: frame[benchmarks.market],
                BITCOIN: coin[kind].returns,
                AI: basket(frame, ai) if ai else float("nan"),
                benchmarks.other_market: frame[benchmarks.other_market],
                benchmarks.other_ai: frame[benchmarks.other_ai],
            }
        )
        for kind, frame in by_kind.items()
    }
    return Setting(
        days=days,
        windows=windows,
        event=int(days.get_loc(calendar.session(event_date))),
        tickers=chosen,
        ai=ai,
        donors=donors,
        returns=by_kind,
        factors=factors,
        bitcoin=coin["simple"],
        exclusions=(*bad, *bad_ai, *bad_donors),
    )


def models(benchmarks: Benchmarks, donors: Sequence[str]) -> tuple[Model, ...]:
    """The study's models of a normal day, from the plainest on."""
    basket = "an AI basket"
    return (
        Model("mean", mark("its own mean"), "mean"),
        Model(
            "market", tell("the market ({market})", market=benchmarks.market), "factors", (MARKET,)
        ),
        Model("market_btc", mark("the market and bitcoin"), "factors", (MARKET, BITCOIN)),
        Model(
            "market_btc_ai",
            tell("the market, bitcoin and {basket}", basket=basket),
            "factors",
            (MARKET, BITCOIN, AI),
        ),
        Model("synthetic", mark("a synthetic control"), "synthetic", tuple(donors)),
    )


def usable(
    prices: pd.DataFrame, tickers: Sequence[str], windows: calendar.Windows, what: str
) -> tuple[tuple[str, ...], list[Exclusion]]:
    """The tickers that have a price in every session needed, and the others with the reason."""
    good, bad = [], []
    for ticker in tickers:
        reason = _lacks(prices[ticker], windows)
        if reason is None:
            good.append(ticker)
        else:
            bad.append(Exclusion(ticker, what, reason))
    return tuple(good), bad


def _lacks(prices: pd.Series, windows: calendar.Windows) -> str | None:
    """Why a share cannot be studied in these windows, or None."""
    fitting, event = windows.estimation_rows, windows.event_rows
    # Each return also needs the price of the session before.
    first = prices.iloc[fitting.start - 1 : fitting.stop]
    second = prices.iloc[event.start - 1 : event.stop]
    holes = first.index[first.isna()].union(second.index[second.isna()])
    if not len(holes):
        return None
    known = prices.dropna()
    if known.empty:
        return mark("it has no prices at all")
    begin, end = known.index[0], known.index[-1]
    if begin > first.index[0]:
        before = int((known.index < second.index[1]).sum()) - 1
        return tell(
            "its prices begin on {begin:%Y-%m-%d}, which leaves {left} of the {needed} returns "
            "needed before the event window",
            begin=begin,
            left=max(before, 0),
            needed=windows.estimation + windows.gap,
        )
    if end < second.index[-1]:
        return tell("its prices end on {end:%Y-%m-%d}, before the event window does", end=end)
    dates = ", ".join(f"{day:%Y-%m-%d}" for day in holes[:3])
    if len(holes) > 3:
        dates = tell("{dates} and {count} more", dates=dates, count=len(holes) - 3)
    return tell("it has no price on {dates}, which the windows need", dates=dates)


def known_sessions(events: pd.DataFrame, days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The sessions on which the listed events could move prices.

    `events` has date and time (text). What came after the close, in the evening, or later than
    20:00 UTC counts for the next session; `US session / evening` for both; a day without trading
    for the next session.
    """
    found = [
        session
        for date, time in zip(events["date"], events["time"], strict=True)
        for session in sessions_of(date, time, days)
    ]
    return pd.DatetimeIndex(sorted(set(found)))


def sessions_of(date: pd.Timestamp, time: object, days: pd.DatetimeIndex) -> list[pd.Timestamp]:
    """The sessions on which one event could move prices, by the rule of `known_sessions`."""
    when = str(time).lower()
    late = "after close" in when or "evening" in when or _late_utc(when)
    found = []
    if not late or "session" in when:
        same_day = int(days.searchsorted(date))
        found += [days[same_day]] if same_day < len(days) else []
    if late:
        following = int(days.searchsorted(date, side="right"))
        found += [days[following]] if following < len(days) else []
    return found


def near_events(events: pd.DataFrame, ground: "Setting", before: int = 1) -> pd.DataFrame:
    """Dated events near the event window, and whether they could have moved its prices.

    Columns date, time, event, kind, place: `in the window`, `just before` (at most `before`
    sessions), or `came after` (up to two sessions). Others are left out.
    """
    window = ground.windows.event_rows
    rows = []
    for row in events.itertuples():
        places = [int(ground.days.get_loc(d)) for d in sessions_of(row.date, row.time, ground.days)]
        spans = {
            mark("in the window"): range(window.start, window.stop),
            mark("just before"): range(window.start - before, window.start),
            mark("came after"): range(window.stop, window.stop + 2),
        }
        for name, span in spans.items():
            if any(place in span for place in places):
                rows.append((row.date, row.time, row.event, row.kind, name))
                break
    return pd.DataFrame(rows, columns=["date", "time", "event", "kind", "place"])


def _late_utc(when: str) -> bool:
    clock, _, zone = when.partition(" ")
    return zone == "utc" and clock >= "20:00"
