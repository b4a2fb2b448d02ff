"""Fetch the price tables from Yahoo Finance, security by security."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from claimbook import text
from claimbook.analysis import calendar
from claimbook.data import days, drift, gaps, yahoo
from claimbook.data.joining import BasisError, PartialError, joined
from claimbook.data.patience import Patience
from claimbook.errors import DataError

ADJUSTED, BARS, HOURLY, BITCOIN = "adjusted_closes", "bars_daily", "bars_hourly", "bitcoin_daily"
BITCOIN_SYMBOL = "BTC-USD"
OTHER = "other"  # the group of a share that the shipped tables do not have
OHLC = ["open", "high", "low", "close"]
# More securities without an answer than this share are no delistings but a failing provider.
GONE = 0.25
EVERY = 10  # securities between two lines of progress

# What stays true of a table, whatever was fetched.
REMARKS = {
    ADJUSTED: ["Shell-company rows before a miner's listing are left out."],
    BARS: [],
    HOURLY: [
        "The last bar ends with the last trade before the closing auction, so it differs from the "
        "official close.",
        "No bars shorter than one hour.",
    ],
    BITCOIN: ["None between the first and the last day."],
    "tickers": [],
}


@dataclass
class Found:
    """The price tables as they are to be, and what a reader of the drift must know.

    `gone` are tickers that Yahoo no longer answers for, `partial` those of which it lacks rows that
    the old edition has, `apart` those whose old rows are on another basis, `later` those that were
    not listed yet; `kept` are all whose rows are the old edition's. `splits` are those that Yahoo
    reports of the others: new shares for an old one, by session.
    """

    tables: dict[str, pd.DataFrame]
    notes: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    splits: dict[str, pd.Series] = field(default_factory=dict)


def fetch(
    old: Mapping[str, pd.DataFrame],
    tickers: Sequence[str] | None,
    span: days.Span,
    now: pd.Timestamp,
    *,
    session: Any,
    patience: Patience,
    say: Callable[[str], Any],
) -> Found:
    """The price tables with the named tickers' rows fetched anew, by default with all of them.

    `old` holds adjusted_closes, bars_daily, bars_hourly, bitcoin_daily and tickers. Rows of other
    tickers are taken over. Tickers that are not named and cannot be fetched for the days asked for
    keep their rows, and a note says so. Raises DataError where a ticker that was named has no
    prices at Yahoo, where too many others have none, and for what `yahoo` and `joining` raise.
    """
    listed = old["tickers"].set_index("ticker")
    if tickers is not None:
        symbols = list(dict.fromkeys(yahoo.known_here(ticker) for ticker in tickers))
    else:
        symbols = [*listed.index, BITCOIN_SYMBOL]
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in (ADJUSTED, BARS, HOURLY)}
    found = Found({})
    names: dict[str, str] = {}
    bitcoin = old[BITCOIN]
    for number, ticker in enumerate(symbols):
        if number % EVERY == 0:
            say(f"Yahoo Finance: {ticker}, {number + 1} of {len(symbols)}")
        within = _daily_span(ticker, old, listed, span, now)
        if within is None:
            begins = f"{listed.loc[ticker, 'first_session']:%Y-%m-%d}"
            if tickers is not None:
                raise DataError(
                    f"{ticker}: its rows begin {begins}, after the days asked for; give a later "
                    "--to, or leave it out"
                )
            found.later.append(f"{ticker} ({begins})")
            continue
        first, last = within
        history = yahoo.daily(ticker, first, last, session, patience)
        if history is None or history.bars.empty:
            if tickers is not None:
                raise DataError(
                    f"Yahoo Finance has no prices of {ticker!r} from {first:%Y-%m-%d} to "
                    f"{last:%Y-%m-%d}: the symbol may be wrong, renamed or delisted; {yahoo.HINT}"
                )
            found.gone.append(ticker)
            continue
        if ticker == BITCOIN_SYMBOL:
            bitcoin = _bitcoin(bitcoin, history.bars, (first, last))
            if (end := history.bars["date"].max()) < last:
                found.notes.append(
                    f"{ticker}: the prices fetched end {end:%Y-%m-%d}; the last day asked for that "
                    f"is over is {last:%Y-%m-%d}."
                )
            continue
        try:
            explicit = span[0] is not None
            rows = _daily(ticker, history.bars, (first, last), old, explicit=explicit)
            if ticker not in listed.index or (old[HOURLY]["ticker"] == ticker).any():
                rows[HOURLY] = _hourly(
                    ticker, (first, last), now, old, found, history, session, patience
                )
        except (PartialError, BasisError) as error:
            if tickers is not None:
                raise
            (found.partial if isinstance(error, PartialError) else found.apart).append(ticker)
            continue
        for name, frame in rows.items():
            parts[name].append(frame.assign(ticker=ticker))
        if history.symbol != ticker:
            found.notes.append(f"{ticker}: renamed; Yahoo Finance lists it as {history.symbol}.")
        found.splits[ticker], names[ticker] = history.splits, history.name
    _told(found, len(symbols) - len(found.later), spanned=span != (None, None))
    answered = [ticker for ticker in symbols if ticker in found.splits]
    found.kept = [t for t in listed.index if t not in answered]
    for name, fresh in parts.items():
        others = old[name][~old[name]["ticker"].isin(answered)]
        key = [moment_column(name), "ticker"]
        whole = pd.concat([others, *fresh], ignore_index=True)[list(old[name].columns)]
        found.tables[name] = whole.sort_values(key).reset_index(drop=True)
    found.notes += _behind(found.tables[ADJUSTED], answered, span, now)
    found.tables[BITCOIN] = bitcoin
    found.tables["tickers"] = listing(old["tickers"], found.tables, names)
    found.notes += drift.splits(found.splits, old[ADJUSTED])
    return found


def _told(found: Found, asked: int, *, spanned: bool) -> None:
    """Notes on the securities whose rows stay; DataError where they are too many to be believed.

    `asked` counts the securities that Yahoo was asked for.
    """
    without = [*found.gone, *found.partial]
    if len(without) > GONE * asked:
        raise DataError(
            f"Yahoo Finance returned no prices, or not all, for {len(without)} of {asked} "
            f"securities ({text.listed(without[:3])}, …): it may be down; {yahoo.HINT}"
        )
    gone = (
        "No prices at Yahoo Finance on the days asked for (renamed, delisted, or not traded then)"
        if spanned
        else "Gone from Yahoo Finance (renamed or delisted)"
    )
    for why, tickers in (
        ("Yahoo Finance lacks rows that there are", found.partial),
        (gone, found.gone),
        ("Left out, because their rows begin after the days asked for", found.later),
        (
            "Left out, because the days asked for are on another basis than the rest (a dividend "
            "or split since) or have no day in common with it; without --from and --to they are "
            "fetched whole",
            found.apart,
        ),
    ):
        if tickers:
            rows = "their rows are those of the old edition"
            found.notes.append(f"{why}: {text.listed(tickers)}; {rows}.")


def moment_column(table: str) -> str:
    """The column that says when, of a price table."""
    return "start_utc" if table == HOURLY else "date"


def about(
    name: str,
    frame: pd.DataFrame,
    descriptor: Mapping[str, Any],
    found: Found,
    base: str,
) -> dict[str, Any]:
    """The entries of a table's descriptor that new rows change: its gaps, the groups it allows."""
    said = list(REMARKS[name])
    if "ticker" in frame and name != "tickers":
        said += gaps.sentences(frame)
        fresh = set(frame["ticker"]) - set(found.kept)
        said += gaps.carried(descriptor.get("gaps", []), set(found.kept), fresh)
        kept = [t for t in found.kept if (frame["ticker"] == t).any()]
        if kept:
            said.append(f"Taken over from edition {base}, not fetched: {text.listed(kept)}.")
    if name == HOURLY:
        said += gaps.hours(frame)
    changed: dict[str, Any] = {"gaps": list(dict.fromkeys(said))}
    if name == "tickers":
        changed["schema"] = with_other(descriptor["schema"])
    return changed


def listing(
    tickers: pd.DataFrame, tables: Mapping[str, pd.DataFrame], names: Mapping[str, str]
) -> pd.DataFrame:
    """The table `tickers` with the true first and last session of each, and new ones added.

    `names` gives the new ones' names. Tickers without any price are left out.
    """
    spans = gaps.spans({name: tables[name] for name in (ADJUSTED, BARS, HOURLY)})
    new = [t for t in spans.index if t not in set(tickers["ticker"])]
    added = pd.DataFrame(
        {"ticker": new, "name": [names.get(t, t) for t in new], "group": OTHER, "note": None}
    )
    whole = pd.concat([tickers, added.astype(object)], ignore_index=True) if new else tickers.copy()
    whole = whole[whole["ticker"].isin(spans.index)].sort_values("ticker").reset_index(drop=True)
    whole["first_session"] = whole["ticker"].map(spans["first"])
    whole["last_session"] = whole["ticker"].map(spans["last"])
    return whole[list(tickers.columns)]


def with_other(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of `tickers`, which then allows the group of shares that were added."""
    fields = []
    for one in schema["fields"]:
        rules = dict(one.get("constraints", {}))
        if one["name"] == "group" and OTHER not in rules["enum"]:
            rules["enum"] = [*rules["enum"], OTHER]
        fields.append({**one, "constraints": rules})
    return {**schema, "fields": fields}


def _daily_span(
    ticker: str,
    old: Mapping[str, pd.DataFrame],
    listed: pd.DataFrame,
    span: days.Span,
    now: pd.Timestamp,
) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """The days to ask for: those given, within the ticker's listing and what is over.

    None where the ticker was not listed yet. Raises DataError where no session is over.
    """
    table = old[BITCOIN] if ticker == BITCOIN_SYMBOL else old[ADJUSTED]
    start = table["date"].min()
    over = days.last_day(now) if ticker == BITCOIN_SYMBOL else days.last_session(now)
    first, last = span[0] or start, min(span[1] or over, over)
    coin = ticker == BITCOIN_SYMBOL
    if first > last or not (coin or len(calendar.sessions(first, last))):
        raise DataError(
            f"{ticker}: no session from {first:%Y-%m-%d} to {span[1] or last:%Y-%m-%d} is there to "
            f"fetch; the last one that is over is {over:%Y-%m-%d}"
        )
    if ticker in listed.index and listed.loc[ticker, "first_session"] > start:
        # Earlier rows are another security's: a shell company, shares before a Chapter 11.
        first = max(first, listed.loc[ticker, "first_session"])
    return (first, last) if first <= last else None


def _behind(
    closes: pd.DataFrame, answered: Sequence[str], span: days.Span, now: pd.Timestamp
) -> list[str]:
    """A sentence where securities that were answered for end before the last session asked for."""
    over = days.last_session(now)
    last = closes[closes["ticker"].isin(answered)].groupby("ticker")["date"].max()
    if last.empty:
        return []
    due = calendar.sessions(closes["date"].min(), min(span[1] or over, over))[-1]
    behind = [str(ticker) for ticker in last.index[last < due]]
    if not behind:
        return []
    return [
        f"No prices yet of the session {due:%Y-%m-%d}, or none any more: {text.listed(behind)}."
    ]


def _daily(
    ticker: str,
    bars: pd.DataFrame,
    span: tuple[pd.Timestamp, pd.Timestamp],
    old: Mapping[str, pd.DataFrame],
    *,
    explicit: bool,
) -> dict[str, pd.DataFrame]:
    """A ticker's rows of the two daily tables."""
    made = {}
    sessions = calendar.sessions(*span).astype("<M8[us]")
    bars = bars[bars["date"].isin(sessions)]
    for name, value, columns in (
        (ADJUSTED, "adjusted_close", ["adjusted_close"]),
        (BARS, "close", [*OHLC, "volume"]),
    ):
        # Each table keeps the day it starts on, unless an earlier one was asked for.
        start = span[0] if explicit else max(span[0], old[name]["date"].min())
        rows = bars.loc[bars["date"] >= start, ["date", *columns]]
        before = old[name][old[name]["ticker"] == ticker]
        what = f"Yahoo Finance, {ticker}, {name}"
        made[name] = joined(before, rows, span, key="date", value=value, what=what).rows
    return made


def _hourly(
    ticker: str,
    span: tuple[pd.Timestamp, pd.Timestamp],
    now: pd.Timestamp,
    old: Mapping[str, pd.DataFrame],
    found: Found,
    history: yahoo.History,
    session: Any,
    patience: Patience,
) -> pd.DataFrame:
    """Hourly bars as far back as Yahoo has them; older ones stay, if no split lies between."""
    before = old[HOURLY][old[HOURLY]["ticker"] == ticker]
    reach = now.tz_convert(None).normalize() - pd.Timedelta(days=yahoo.HOURLY_DAYS)
    first, last = max(span[0], reach), span[1]
    new = yahoo.hourly(ticker, first, last, session, patience) if first <= last else None

    def split_after(rows: pd.DataFrame) -> bool:
        return bool((history.splits.index > gaps.days_of(rows).max()).any())

    split = not before.empty and split_after(before)
    if new is None or new.empty:
        if split:
            # The daily tables are on the new basis; bars on the old one beside them would mislead.
            found.notes.append(
                f"{ticker}: no hourly bars at Yahoo Finance; the old ones are left out, because "
                "the share was split since."
            )
            return before.iloc[:0]
        if len(before):
            found.notes.append(f"{ticker}: no hourly bars at Yahoo Finance; the old ones stay.")
        return before
    opened = calendar.sessions(first, last)
    hours = zip(calendar.opens(opened), calendar.closes(opened), strict=True)
    within = pd.IntervalIndex.from_tuples(list(hours), closed="left").astype(
        "interval[datetime64[us, UTC], left]"
    )
    starts = pd.DatetimeIndex(new["start_utc"])
    place = within.get_indexer(starts)
    off = (place >= 0) & ((starts - within.left[place]) % pd.Timedelta(hours=1) != pd.Timedelta(0))
    if count := int(off.sum()):
        found.notes.append(
            f"{ticker}: left out, because they start off the session's hours: {count:,} hourly "
            f"bar{'s' * (count != 1)}, the first at {starts[off][0]:%Y-%m-%d %H:%M} UTC."
        )
    new = new[(place >= 0) & ~off]
    made = joined(
        before,
        new,
        (first.tz_localize("UTC"), (last + pd.Timedelta(days=1)).tz_localize("UTC")),
        key="start_utc",
        value="close",
        what=f"Yahoo Finance, {ticker}, {HOURLY}",
        split_after=split_after,
        # Where Yahoo reaches back to no old bar, only a split could have changed their basis.
        alike=not split,
    )
    if len(made.dropped):
        found.notes.append(
            f"{ticker}: {len(made.dropped):,} hourly bars outside Yahoo Finance's reach are left "
            "out, because the share was split since."
        )
    if made.apart:
        size = text.amount(100 * made.apart, "percent", 3)
        found.notes.append(
            f"{ticker}: hourly bars outside Yahoo Finance's reach are those of the old edition; "
            f"where both have bars beside them, its closes differ by {size} now, which no split "
            "that it reports explains."
        )
    return made.rows


def _bitcoin(
    old: pd.DataFrame, bars: pd.DataFrame, span: tuple[pd.Timestamp, pd.Timestamp]
) -> pd.DataFrame:
    rows = bars[["date", *OHLC]]
    what = f"Yahoo Finance, {BITCOIN_SYMBOL}"
    return joined(old, rows, span, key="date", value=None, what=what).rows
