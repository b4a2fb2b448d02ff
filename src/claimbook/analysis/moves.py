"""What shares did on one day and around it: returns at the close, through the day, in between.

All returns are simple and in percent. Sessions are New York's (NYSE calendar); bitcoin, which
trades around the clock, is cut at 16:00 New York so that it covers the same hours as the shares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimbook import text
from claimbook.analysis import calendar, returns, setting
from claimbook.errors import AnalysisError
from claimbook.language import mark, tell
from claimbook.ledger import Quantity

NEW_YORK = "America/New_York"
BAR = pd.Timedelta(hours=1)
# The bar end at which the printed range fits: found by looking at all of them, not declared.
FOUND_BAR_END = "15:30"
RETURNS = {
    "close_to_close": "close_to_close_return_pct",
    "open_to_close": "open_to_close_return_pct",
    "gap": "opening_gap_pct",
    "close_to_low": "close_to_low_return_pct",
}


@dataclass(frozen=True)
class BitcoinMove:
    """Bitcoin's change over a session (percent), and how its day was cut."""

    return_pct: float
    basis: str


@dataclass(frozen=True)
class DayStudy:
    """What the miner-drop notebook shows; each frame is what the function of its name returns."""

    event_date: str
    moves: pd.DataFrame
    others: pd.DataFrame
    path: pd.DataFrame
    bitcoin: BitcoinMove
    beside: pd.DataFrame
    around: pd.DataFrame
    printed: pd.DataFrame
    since: pd.DataFrame
    peers: pd.DataFrame
    adjustment_gap_pct: float
    spotlight: str
    spotlight_bars: pd.DataFrame
    spotlight_close_before: float

    @property
    def has_hours(self) -> bool:
        """Whether there are hourly bars for the day."""
        return not self.path.empty


def study(
    book: Mapping[str, pd.DataFrame],
    event_date: str,
    tickers: Sequence[str],
    benchmarks: Sequence[str],
    spotlight: str,
    window: int,
) -> DayStudy:
    """The study of one day, from the tables that the claim names.

    `book` maps table names to frames (see the data codebook). Raises ParameterError where
    `event_date` is no session.
    """
    bars, hourly, adjusted = book["bars_daily"], book["bars_hourly"], book["adjusted_closes"]
    moves = day_moves(bars, tickers, event_date)
    others = day_moves(bars, benchmarks, event_date)
    bitcoin = bitcoin_move(book, event_date)
    listed = book["tickers"]
    miners = [t for t in listed.loc[listed["group"] == "miner", "ticker"] if t not in moves.index]
    printed_tickers = list(book["printed_moves"]["ticker"].unique())
    star = day_moves(bars, [spotlight], event_date)
    return DayStudy(
        event_date=event_date,
        moves=moves,
        others=others,
        path=through_the_day(hourly, moves["previous_close"], event_date),
        bitcoin=bitcoin,
        beside=beside(moves, others, bitcoin),
        around=around(adjusted, tickers, event_date, window),
        printed=against_printed(
            day_moves(bars, printed_tickers, event_date), book["printed_moves"], event_date
        ),
        since=since(adjusted, tickers, event_date),
        peers=close_moves(adjusted, miners, event_date),
        adjustment_gap_pct=adjustment_gap(moves, adjusted, event_date),
        spotlight=spotlight,
        spotlight_bars=session_bars(hourly, spotlight, event_date),
        spotlight_close_before=float(star["previous_close"].iloc[0]),
    )


def adjustment_gap(moves: pd.DataFrame, adjusted: pd.DataFrame, event_date: str) -> float:
    """Largest difference (percentage points) between split-adjusted and adjusted returns."""
    other = close_moves(adjusted, list(moves.index), event_date)["close_to_close"]
    return float((other - moves["close_to_close"]).abs().max())


def measures(study: DayStudy, low: float, high: float) -> pd.DataFrame:
    """How many shares round into [low, high] whole percent, for each way to read the fall."""
    frame = study.moves[["close_to_close", "close_to_low", "open_to_close"]].T
    frame.index = pd.Index(
        [mark("close to close"), mark("close before to the day's low"), mark("opening to close")],
        name="measure",
    )
    hours = study.path.rename(index=lambda end: tell("close before to {time}", time=end))
    return inside(pd.concat([frame, hours]).rename_axis(mark("measure")), low, high)


def close_moves(adjusted: pd.DataFrame, tickers: Sequence[str], event_date: str) -> pd.DataFrame:
    """One row a ticker: adjusted close before and of the session (USD), and the change (percent).

    `adjusted` has date, ticker, adjusted_close. Columns previous_close, close, close_to_close.
    """
    two = [calendar.previous_session(event_date), pd.Timestamp(event_date)]
    closes = (
        adjusted[adjusted["date"].isin(two) & adjusted["ticker"].isin(list(tickers))]
        .pivot(index="ticker", columns="date", values="adjusted_close")
        .reindex(index=list(tickers), columns=two)
    )
    closes.columns = pd.Index(["previous_close", "close"])
    closes["close_to_close"] = _percent(closes["close"], closes["previous_close"])
    return closes.rename_axis("ticker")


def daily_mean(around: pd.DataFrame) -> pd.Series:
    """The mean of the shares' one-session returns (percent), from changes since a common base."""
    return ((1 + around / 100).pct_change() * 100).mean(axis=1).dropna()


def day_moves(bars: pd.DataFrame, tickers: Sequence[str], event_date: str) -> pd.DataFrame:
    """One row a ticker: the prices of a session and its returns against the close before.

    `bars` has date, ticker, open, high, low, close (USD, split-adjusted). Columns of the answer:
    previous_close, open, high, low, close (USD); gap (previous close to open), open_to_close,
    close_to_close, close_to_low, close_to_high (previous close to the day's extremes), in percent.
    A share without a bar on the session, or on the one before, keeps missing values.
    """
    before = calendar.previous_session(event_date)
    chosen = bars[bars["ticker"].isin(list(tickers))]
    day = chosen[chosen["date"] == pd.Timestamp(event_date)].set_index("ticker")
    previous = chosen[chosen["date"] == before].set_index("ticker")["close"]
    moves = day[["open", "high", "low", "close"]].reindex(list(tickers))
    moves.insert(0, "previous_close", previous.reindex(list(tickers)))
    base = moves["previous_close"]
    moves["gap"] = _percent(moves["open"], base)
    moves["open_to_close"] = _percent(moves["close"], moves["open"])
    moves["close_to_close"] = _percent(moves["close"], base)
    moves["close_to_low"] = _percent(moves["low"], base)
    moves["close_to_high"] = _percent(moves["high"], base)
    return moves.rename_axis("ticker")


def missing(moves: pd.DataFrame) -> list[str]:
    """The tickers whose return at the close could not be computed."""
    return [str(t) for t in moves.index[moves["close_to_close"].isna()]]


def through_the_day(
    hourly: pd.DataFrame, previous_close: pd.Series, event_date: str
) -> pd.DataFrame:
    """Return since the close before (percent): rows bar ends, columns shares.

    `hourly` has start_utc (UTC, start of bar), ticker, close; `previous_close` is by ticker.
    Row labels are New York times such as 15:30, when the bar ends; the last bar of a session ends
    with the session. Empty where there are no hourly bars for the day.
    """
    start = hourly["start_utc"].dt.tz_convert(NEW_YORK)
    day = hourly[
        (start.dt.strftime("%Y-%m-%d") == event_date) & hourly["ticker"].isin(previous_close.index)
    ]
    if day.empty:
        return pd.DataFrame(columns=list(previous_close.index), dtype=float).rename_axis("bar_end")
    end = (start.loc[day.index] + BAR).clip(upper=calendar.session_close(event_date))
    closes = day.assign(bar_end=end.dt.strftime("%H:%M")).pivot(
        index="bar_end", columns="ticker", values="close"
    )
    closes = closes.reindex(columns=list(previous_close.index))
    return (closes / previous_close - 1) * 100


def session_bars(hourly: pd.DataFrame, ticker: str, event_date: str) -> pd.DataFrame:
    """One share's hourly bars of a session: start, end (New York), open, high, low, close (USD)."""
    start = hourly["start_utc"].dt.tz_convert(NEW_YORK)
    chosen = (hourly["ticker"] == ticker) & (start.dt.strftime("%Y-%m-%d") == event_date)
    bars = hourly.loc[chosen, ["open", "high", "low", "close"]].copy()
    bars.insert(0, "start", start[chosen])
    bars.insert(1, "end", (start[chosen] + BAR).clip(upper=calendar.session_close(event_date)))
    return bars.sort_values("start").reset_index(drop=True)


def whole_percent(values: pd.Series) -> pd.Series:
    """Each value to a whole percent, as the ledger rounds it; missing stays missing."""
    return values.map(lambda value: text.rounded(value, 1), na_action="ignore")


def inside(path: pd.DataFrame, low: float, high: float) -> pd.DataFrame:
    """For each bar end: the smallest and largest fall, and how many shares round into the range.

    `low` and `high` are whole percent (negative for falls); a value counts when it rounds to a
    whole percent inside them. `both_ends` says whether the deepest and the smallest fall round to
    the two ends of the range, which is what a printed range says.
    """
    whole = path.apply(whole_percent)
    return pd.DataFrame(
        {
            "deepest_fall": path.min(axis=1),
            "smallest_fall": path.max(axis=1),
            "inside": ((whole >= low) & (whole <= high)).sum(axis=1),
            "shares": path.notna().sum(axis=1),
            "both_ends": (whole.min(axis=1) == low) & (whole.max(axis=1) == high),
        }
    )


def around(
    adjusted: pd.DataFrame, tickers: Sequence[str], event_date: str, window: int
) -> pd.DataFrame:
    """Change since the last close before the event (percent): rows sessions, columns shares.

    `adjusted` has date, ticker, adjusted_close. Sessions run from `window` before the event to
    `window` after it, as far as the data reach; missing closes stay missing.
    """
    sessions = calendar.sessions_around(event_date, window)
    wide = (
        adjusted[adjusted["ticker"].isin(list(tickers)) & adjusted["date"].isin(sessions)]
        .pivot(index="date", columns="ticker", values="adjusted_close")
        .reindex(index=sessions, columns=list(tickers))
    )
    base = wide.loc[calendar.previous_session(event_date)]
    return (wide[wide.notna().any(axis=1)] / base - 1) * 100


def bitcoin_move(book: Mapping[str, pd.DataFrame], event_date: str) -> BitcoinMove:
    """Bitcoin's change from the close of the session before to the session's own close (percent).

    `book` has bitcoin_hourly, bitcoin_daily and adjusted_closes. The source is the first that has
    both ends: hourly prices, a bitcoin fund's closes, UTC daily closes (see `returns.bitcoin`).
    """
    sessions = pd.DatetimeIndex([calendar.previous_session(event_date), pd.Timestamp(event_date)])
    closes = book["adjusted_closes"]
    fund = closes[closes["ticker"] == setting.FUND].set_index("date")["adjusted_close"]
    found = returns.bitcoin(book["bitcoin_hourly"], fund, book["bitcoin_daily"], sessions)
    source = found.source.iloc[-1]
    return BitcoinMove(100 * float(found.returns.iloc[-1]), str(source or mark("no source")))


def beside(moves: pd.DataFrame, others: pd.DataFrame, bitcoin: BitcoinMove) -> pd.DataFrame:
    """The shares' mean (equal weights), benchmarks and bitcoin: return at the close (percent)."""
    label = tell("Mean of the {count} shares", count=moves["close_to_close"].notna().sum())
    rows = {label: float(moves["close_to_close"].mean())}
    rows |= {str(t): float(v) for t, v in others["close_to_close"].items()}
    rows["Bitcoin"] = bitcoin.return_pct
    return pd.DataFrame({"return_pct": rows}).rename_axis("asset").sort_values("return_pct")


def against_printed(moves: pd.DataFrame, printed: pd.DataFrame, event_date: str) -> pd.DataFrame:
    """Our return at the close beside the one another outlet printed for that day (percent).

    `printed` has date, ticker, change_pct. Columns: printed, reproduced, difference. Empty where
    nothing was printed for the day.
    """
    day = printed[printed["date"] == pd.Timestamp(event_date)].set_index("ticker")["change_pct"]
    both = pd.DataFrame({"printed": day, "reproduced": moves["close_to_close"].reindex(day.index)})
    both["difference"] = both["reproduced"] - both["printed"]
    return both.rename_axis("ticker").sort_values("printed")


def since(adjusted: pd.DataFrame, tickers: Sequence[str], event_date: str) -> pd.DataFrame:
    """Change from the event's close to later dates (percent): rows shares, columns horizons.

    Horizons: 5, 21, 63 and 252 sessions after the event, and the last session of each share in the
    data, whose date stands in `last session`. Adjusted closes.
    """
    wide = adjusted[adjusted["ticker"].isin(list(tickers))].pivot(
        index="date", columns="ticker", values="adjusted_close"
    )
    after = wide.loc[pd.Timestamp(event_date) :].reindex(columns=list(tickers))
    if after.empty:
        raise AnalysisError(f"the adjusted closes of these shares end before {event_date}")
    base = after.iloc[0]
    table = pd.DataFrame(index=pd.Index(list(tickers), name="ticker"))
    for sessions in (5, 21, 63, 252):
        column = f"{sessions} sessions"
        table[column] = (after.iloc[sessions] / base - 1) * 100 if len(after) > sessions else np.nan
    last = after.ffill().iloc[-1] / base - 1
    table["to last session"] = last * 100
    table["last session"] = [after[t].last_valid_index() for t in tickers]
    return table


def quantities(study: DayStudy) -> dict[str, Quantity]:
    """The named quantities of the miner-drop claim, all in percent; None where data are missing."""
    found: dict[str, Quantity] = {}
    for column, name in RETURNS.items():
        for ticker, value in study.moves[column].items():
            found[f"{name}.{ticker}"] = _quantity(value)
    for end, row in study.path.iterrows():
        for ticker, value in row.items():
            found[f"return_to_{str(end).replace(':', '')}_pct.{ticker}"] = _quantity(value)
    for ticker, value in study.others["close_to_close"].items():
        found.setdefault(f"close_to_close_return_pct.{ticker}", _quantity(value))
    found["mean_close_to_close_return_pct"] = _quantity(study.moves["close_to_close"].mean())
    found["bitcoin_return_pct"] = _quantity(study.bitcoin.return_pct)
    return found


def _percent(later: pd.Series, earlier: pd.Series) -> pd.Series:
    return (later / earlier - 1) * 100


def _quantity(value: float) -> Quantity:
    return Quantity(float(value) if pd.notna(value) else None, "percent")
