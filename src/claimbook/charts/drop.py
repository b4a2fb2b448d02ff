"""Charts of one day's fall: against the printed range, through the day, around it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, HourLocator

from claimbook import text
from claimbook.analysis.moves import whole_percent
from claimbook.charts import chart
from claimbook.charts.chart import Chart, house_style, new_figure
from claimbook.language import tell, word

NEW_YORK = "America/New_York"


def against_range(
    moves: pd.DataFrame,
    path: pd.DataFrame,
    bar_end: str,
    printed: tuple[float, float],
    event_date: str,
    source: str,
) -> Chart:
    """Each share at the close (bar) and at one bar end (open dot), with the printed range shaded.

    `moves` is indexed by ticker with close_to_close (percent); `path` has rows bar ends. The dot is
    left out where there are no hourly bars.
    """
    order = moves["close_to_close"].sort_values(ascending=False).index
    closes = moves["close_to_close"].reindex(order)
    at_end = path.loc[bar_end].reindex(order) if bar_end in path.index else closes * np.nan
    with house_style():
        figure = new_figure(0.52 * len(order) + 1.75)
        ax = figure.subplots()
        _shade(ax, printed, vertical=True)
        y = np.arange(len(order))
        low, high = printed
        whole = whole_percent(closes)
        fits = (whole >= low) & (whole <= high)
        ax.barh(
            y, closes, height=0.55, color=[chart.SUBJECT if f else "white" for f in fits],
            edgecolor=chart.SUBJECT, linewidth=1.2,
        )  # fmt: skip
        ax.scatter(at_end, y, s=34, facecolor="white", edgecolor=chart.INK, linewidth=1.3, zorder=3)
        for position, value in zip(y, closes, strict=True):
            if pd.notna(value):
                ax.annotate(
                    text.amount(value, "percent"), (0, position), xytext=(5, 0),
                    textcoords="offset points", va="center", fontsize=8.5, color=chart.INK,
                )  # fmt: skip
        chart.across(ax, [str(t) for t in order], size=9)
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        reach = float(np.nanmin([closes.min(), at_end.min(), low])) * 1.08
        ax.set_xlim(reach, max(-reach * 0.12, float(np.nanmax([closes.max(), 0])) * 1.3))
        chart.numbers(ax.xaxis, "percent")
        ax.set_ylim(len(order) - 0.4, -0.95)
        ax.annotate(
            tell("printed range"), (np.mean(printed), -0.9), ha="center", va="top", fontsize=8,
            color=chart.PRINTED,
        )  # fmt: skip
        chart.title(
            figure,
            tell("Six shares against the printed range")
            if len(order) == 6
            else tell("The shares against the printed range"),
            tell(
                "Change from the close before to the close of {event_date} (bars) and to "
                "{bar_end} New York (rings); a hollow bar rounds to outside the range",
                event_date=event_date,
                bar_end=bar_end,
            ),
        )
        chart.source(figure, source)
    outside = [str(t) for t in order[~fits & closes.notna()]]
    alt = (
        (tell("Bar chart of the change at the close on {event_date}.", event_date=event_date) + " ")
        + "; ".join(f"{t} {text.amount(v, 'percent')}" for t, v in closes.items())
        + (
            tell(
                ". The printed range runs from {high} to {low}.",
                high=text.amount(high, "percent", 0),
                low=text.amount(low, "percent", 0),
            )
            + " "
        )
        + (
            (tell("Outside it after rounding: {outside}.", outside=text.listed(outside)) + " ")
            if outside
            else (tell("All lie inside it after rounding.") + " ")
        )
        + _rings(at_end, bar_end)
    )
    data = pd.DataFrame({"at_close_pct": closes, f"at_{bar_end.replace(':', '')}_pct": at_end})
    return Chart("against-range", figure, alt, data)


def through_the_day(
    path: pd.DataFrame,
    gap: pd.Series,
    printed: tuple[float, float],
    spotlight: str,
    event_date: str,
    source: str,
) -> Chart:
    """The shares' change since the close before at each bar end, the printed range shaded.

    `path`: rows bar ends (HH:MM New York), columns shares; `gap`: at the opening (percent).
    """
    full = pd.concat([gap.reindex(path.columns).to_frame("09:30").T, path])
    x = np.arange(len(full))
    with house_style():
        figure = new_figure(3.9)
        ax = figure.subplots()
        _shade(ax, printed, vertical=False)
        ends: list[chart.End] = []
        for ticker in full.columns:
            star = ticker == spotlight
            color = chart.SUBJECT if star else chart.OTHER
            ax.plot(
                x,
                full[ticker],
                color=color,
                linewidth=2.3 if star else 1.3,
                marker="o",
                markersize=3,
            )
            ends += _end(str(ticker), full[ticker], color)
        ax.axhline(0, color=chart.INK, linewidth=0.9)
        ax.set_xticks(x, list(full.index))
        ax.set_xlim(-0.2, len(x) - 0.9)
        chart.numbers(ax.yaxis, "percent")
        ax.annotate(
            tell("printed range"), (x[0], printed[0]), xytext=(2, 4), textcoords="offset points",
            ha="left", va="bottom", fontsize=8, color=chart.PRINTED,
        )  # fmt: skip
        chart.title(
            figure,
            tell("The shares through the day"),
            tell(
                "Change since the close before, percent, at the opening and at each bar "
                "end on {event_date}, New York time",
                event_date=event_date,
            ),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends)
    last = full.iloc[-1]
    alt = tell(
        "Line chart of {shares} shares from the opening to the close of {event_date}. "
        "At the opening they stood between {open_low} and {open_high}, at the last bar "
        "between {last_low} and {last_high}. {spotlight} is drawn in front",
        shares=len(full.columns),
        event_date=event_date,
        open_low=text.amount(gap.min(), "percent"),
        open_high=text.amount(gap.max(), "percent"),
        last_low=text.amount(last.min(), "percent"),
        last_high=text.amount(last.max(), "percent"),
        spotlight=spotlight,
    ) + (
        (" " + tell("and ends at {last}.", last=text.amount(last[spotlight], "percent")))
        if spotlight in last
        else "."
    )
    return Chart("through-the-day", figure, alt, full.rename_axis("bar_end"))


def price_path(
    bars: pd.DataFrame, previous_close: float, ticker: str, event_date: str, source: str
) -> Chart:
    """One share's price through the session, in USD: hourly closes, with each bar's range.

    `bars` has start, end (New York), open, high, low, close.
    """
    times = [bars["start"].iloc[0], *bars["end"]]
    prices = [bars["open"].iloc[0], *bars["close"]]
    with house_style():
        figure = new_figure(3.1)
        ax = figure.subplots()
        middle = bars["start"] + (bars["end"] - bars["start"]) / 2
        ax.vlines(middle, bars["low"], bars["high"], color=chart.GRID, linewidth=7)
        ax.plot(times, prices, color=chart.SUBJECT, marker="o", markersize=3.5)
        ax.axhline(previous_close, color=chart.INK, linewidth=0.9, linestyle=chart.DASHES)
        ax.annotate(
            tell("close before: {previous_close} USD", previous_close=text.number(previous_close)),
            (times[-1], previous_close),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            fontsize=8,
            color=chart.INK,
        )
        ax.xaxis.set_major_locator(HourLocator(tz=NEW_YORK))
        ax.xaxis.set_major_formatter(DateFormatter("%H:%M", tz=NEW_YORK))
        chart.numbers(ax.yaxis)
        ax.margins(x=0.03, y=0.1)
        chart.title(
            figure,
            tell("{ticker}'s price through the day", ticker=ticker),
            tell(
                "USD, hourly bars of {event_date}, New York time; line: opening and bar "
                "ends, grey: each bar's low to high",
                event_date=event_date,
            ),
        )
        chart.source(figure, source)
    alt = tell(
        "Line chart of {ticker} on {event_date}: opening at {first} USD, lowest "
        "{lowest} USD, last bar {prices} USD, against {previous_close} USD at the "
        "close before.",
        ticker=ticker,
        event_date=event_date,
        first=text.number(prices[0]),
        lowest=text.number(bars["low"].min()),
        prices=text.number(prices[-1]),
        previous_close=text.number(previous_close),
    )
    data = bars.assign(
        start=bars["start"].dt.strftime("%H:%M"), end=bars["end"].dt.strftime("%H:%M")
    )
    return Chart("price-path", figure, alt, data.set_index("start"))


def beside(table: pd.DataFrame, basis: str, event_date: str, source: str) -> Chart:
    """The shares' mean beside benchmarks and bitcoin, return at the close (percent)."""
    values = table["return_pct"].dropna()
    with house_style():
        figure = new_figure(0.36 * len(values) + 1.45)
        ax = figure.subplots()
        colors = [
            chart.SUBJECT
            if str(n).startswith("Mean")
            else chart.BITCOIN
            if n == "Bitcoin"
            else chart.OTHER
            for n in values.index
        ]
        y = np.arange(len(values))
        ax.barh(y, values, height=0.6, color=colors)
        for position, value in zip(y, values, strict=True):
            ax.annotate(
                text.amount(value, "percent"), (max(value, 0), position), xytext=(5, 0),
                textcoords="offset points", va="center", fontsize=8.5, color=chart.INK,
            )  # fmt: skip
        chart.across(ax, [str(n) for n in values.index], size=9)
        ax.axvline(0, color=chart.INK, linewidth=0.9)
        span = float(values.abs().max())
        ax.set_xlim(
            min(float(values.min()), 0) - 0.04 * span, max(float(values.max()), 0) + 0.16 * span
        )
        chart.numbers(ax.xaxis, "percent")
        chart.title(
            figure,
            tell("The same day elsewhere"),
            tell(
                "Change from close to close on {event_date}, percent; bitcoin: {basis}",
                event_date=event_date,
                basis=basis,
            ),
        )
        chart.source(figure, source)
    alt = (
        (tell("Bar chart of changes on {event_date}:", event_date=event_date) + " ")
        + "; ".join(f"{n} {text.amount(v, 'percent')}" for n, v in values.items())
        + "."
    )
    return Chart("beside", figure, alt, table)


def around(days: pd.DataFrame, event_date: str, source: str) -> Chart:
    """Each share's change since the last close before the event (percent), session by session."""
    mean = days.mean(axis=1)
    event = pd.Timestamp(event_date)
    with house_style():
        figure = new_figure(3.6)
        ax = figure.subplots()
        ends: list[chart.End] = []
        # Sessions at equal steps: a weekend is no pause in trading.
        x = np.arange(len(days))
        for ticker in days.columns:
            ax.plot(x, days[ticker], color=chart.OTHER, linewidth=1.1)
            ends += _end(str(ticker), days[ticker], chart.OTHER)
        ax.plot(x, mean, color=chart.SUBJECT, linewidth=2.4, marker="o", markersize=3.5)
        ends += _end("mean", mean, chart.SUBJECT)
        ax.axhline(0, color=chart.INK, linewidth=0.9)
        at_event = days.index.get_indexer([event])[0]
        chart.mark_day(ax, at_event, event_date)
        every = max(1, len(days) // 11)
        ax.set_xlim(-0.3, len(days) - 0.9)
        shown = x[at_event % every :: every]
        ax.set_xticks(shown, [_day(days.index[i]) for i in shown])
        chart.numbers(ax.yaxis, "percent")
        chart.title(
            figure,
            tell("The days around"),
            tell(
                "Change since the last close before the event, percent, adjusted closes; "
                "thick: mean"
            ),
        )
        chart.source(figure, source)
        chart.end_labels(ax, ends)
    day = mean.get(event, np.nan)
    alt = tell(
        "Line chart of {shares} shares over {sessions} sessions around {event_date}. "
        "{before} sessions lie before the event. Against the last close before it, "
        "their mean stood at {first} on {first_day:%Y-%m-%d}, {day} on the day and "
        "{last} on {last_day:%Y-%m-%d}.",
        shares=days.shape[1],
        sessions=len(days),
        event_date=event_date,
        before=len(days.index[days.index < event]),
        first=text.amount(float(mean.iloc[0]), "percent"),
        first_day=days.index[0],
        day=text.amount(float(day), "percent"),
        last=text.amount(float(mean.iloc[-1]), "percent"),
        last_day=days.index[-1],
    )
    return Chart("around", figure, alt, days.assign(mean=mean))


def _rings(at_end: pd.Series, bar_end: str) -> str:
    known = at_end.dropna()
    if known.empty:
        return tell("There are no hourly bars for this day.")
    return tell(
        "At {bar_end} New York they stood between {highest} and {lowest}.",
        bar_end=bar_end,
        highest=text.amount(known.max(), "percent"),
        lowest=text.amount(known.min(), "percent"),
    )


def _shade(ax: Axes, printed: tuple[float, float], *, vertical: bool) -> None:
    """The printed range with the half unit that rounding adds on either side."""
    low, high = printed[0] - 0.5, printed[1] + 0.5
    shade = ax.axvspan if vertical else ax.axhspan
    shade(low, high, color=chart.BAND, alpha=0.55, linewidth=0, zorder=0)


def _end(name: str, values: pd.Series, color: str) -> list[chart.End]:
    """The label at a line's end, by the place of its last known value; none where all is missing"""
    known = np.flatnonzero(values.notna())
    if not len(known):
        return []
    value = float(values.iloc[known[-1]])
    return [
        (f"{word(str(name))} {text.amount(value, 'percent', 1)}", float(known[-1]), value, color)
    ]


def _day(day: pd.Timestamp) -> str:
    """`3 Mar`."""
    return tell("{day} {month}", day=day.day, month=text.short_month_name(day))
