"""Halving-revenue: what made revenue change, taken apart, and the figures that others published."""

from collections.abc import Sequence

import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import decomposition, published, resampling, revenue
from claimbook.analysis.halving import MEANINGS as MEANT
from claimbook.analysis.halving import PER_HASH, Study
from claimbook.language import mark, tell, word
from claimbook.ledger import Finding
from claimbook.words.revenue import means_table

MEANINGS = {
    "revenue_btc": mark("Did all miners together earn fewer bitcoin?"),
    "revenue_usd": mark("Did all miners together earn fewer dollars?"),
    "hashprice": mark("Did a unit of hash rate earn fewer dollars?"),
    PER_HASH: mark("Did a unit of hash rate earn fewer bitcoin?"),
}
FACTOR_LABELS = {"subsidy": mark("subsidy per block"), "fees": mark("fees per block")}


def account_words(study: Study) -> str:
    """The account of the longest window in one sentence."""
    longest = study.windows[-1]
    found = study.accounts[longest]
    if found is None:
        return tell("The change cannot be taken apart, because a day of the windows is missing.")
    change = found.after - found.before
    digits = 1 if found.before > 1e9 else 3
    parts = [
        f"{word(FACTOR_LABELS.get(factor, factor))} {text.number(effect / 1e9, digits, sign=True)}"
        for factor, effect in found.additive.items()
    ]
    alone = text.amount(100 * found.alone["subsidy"] / found.before, "percent", 0, sign=True)
    return tell(
        "Over {days} days revenue changed by {change}. Of this, in billions of dollars: {parts}. "
        "Had the subsidy alone changed, at the price, blocks and fees of the window before, "
        "revenue would have changed by {alone}.",
        days=longest,
        change=text.amount(change / 1e9, "bn USD", digits, sign=True),
        parts=text.listed(parts),
        alone=alone,
    )


def hash_account_words(study: Study) -> str:
    """What more hash rate did to hashprice, in the longest window."""
    longest = study.windows[-1]
    found = study.hash_accounts[longest]
    if found is None:
        return tell("The change cannot be taken apart, because a day of the windows is missing.")
    unit = "USD per PH/s and day"
    return tell(
        "Over {days} days hashprice changed by {change}: the price did {price} of it, hash rate "
        "{hash_rate}. Hashprice is here the window's summed revenue over its summed hash rate, "
        "which differs a little from the mean of the daily values above.",
        days=longest,
        change=text.amount(found.after - found.before, unit, 1, sign=True),
        price=text.number(found.additive["price"], 1, sign=True),
        hash_rate=text.number(found.additive[decomposition.HASH_RATE], 1, sign=True),
    )


def account_tables(study: Study) -> dict[str, pd.DataFrame]:
    """The accounts of revenue that could be made, by caption."""
    return {
        tell(
            "Change of revenue over {days} days, taken apart (bn USD; column 2: factor)", days=days
        ): account_table(found)
        for days, found in study.accounts.items()
        if found is not None
    }


def account_table(found: decomposition.Account) -> pd.DataFrame:
    """One account in bn USD; the extreme orders in one column."""
    table = decomposition.table(found, 1e9).rename(index=FACTOR_LABELS)
    low, high = table.pop("lowest order"), table.pop("highest order")
    table[mark("range of orders")] = [
        tell("{low} to {high}", low=text.number(lowest, 2), high=text.number(highest, 2))
        for lowest, highest in zip(low, high, strict=True)
    ]
    return table


def hash_rate_tables(study: Study) -> dict[str, tuple[pd.DataFrame, str]]:
    """What hashprice rests on: mean price and hash rate by window, by caption, with the unit."""
    named = {
        mark("Mean price of a bitcoin"): ("price_usd", "USD"),
        mark("Mean hash rate of all miners"): ("hashrate_ehs", "EH/s"),
    }
    return {
        tell("{name}, primary provider", name=word(name)): (
            means_table(study.compared, study.windows, measure),
            unit,
        )
        for name, (measure, unit) in named.items()
    }


def coins_per_hash_words(study: Study) -> str:
    """What the same hash rate earned in bitcoin, and why that is more than the halving."""
    changes = [study.compared["", days]["change"] for days in study.windows]
    coins = [text.number(float(c[PER_HASH]), 0) for c in changes]
    rate = [text.number(float(c["hashrate_ehs"]), 0, sign=True) for c in changes]
    spans = text.listed([str(days) for days in study.windows])
    halved = 100 * study.halving.new_subsidy / study.halving.old_subsidy - 100
    return tell(
        "What the same hash rate earned in bitcoin changed by {changes} % over {spans} days. The "
        "cut of the subsidy by itself is {cut}. The rest of the difference comes with hash rate, "
        "which changed by {hash_rate} %, and with blocks and fees. These are means of daily "
        "values, like those of hashprice.",
        changes=text.listed(coins),
        spans=spans,
        cut=text.amount(halved, "percent", 0),
        hash_rate=text.listed(rate),
    )


def meanings_table(study: Study, findings: Sequence[Finding]) -> pd.DataFrame:
    """One row a meaning of the claim: the change with its interval at each window, the verdict."""
    verdicts = {
        measure: next(
            (f.verdict for f in findings if f.rule.members[0].startswith(f"{stem}.")),
            ledger.UNTESTED,
        )
        for measure, stem in revenue.CHANGES.items()
        if measure in MEANT
    }
    rows = {}
    for measure, question in MEANINGS.items():
        cells = {}
        for days in study.windows:
            row = study.intervals.loc[(measure, days)]
            low, high = (text.number(float(row[side]), 0, sign=True) for side in ("low", "high"))
            cells[tell("{days} days", days=days)] = tell(
                "{change} ({low} to {high})",
                change=text.amount(float(row["change"]), "percent", 0, sign=True),
                low=low,
                high=high,
            )
        rows[question] = cells | {mark("verdict"): verdicts[measure]}
    return pd.DataFrame(rows).T.rename_axis(mark("meaning of “revenue”"))


def interval_words(study: Study) -> str:
    """Which dollar intervals reach beyond zero, and how long the blocks were."""
    table = study.intervals.loc["revenue_usd"]
    unclear = [
        tell("{days} days", days=days)
        for days, row in table.iterrows()
        if row["low"] < 0 < row["high"]
    ]
    used = [
        tell(
            "{length} for {days} days",
            length=resampling.block_length(days, study.block_days),
            days=days,
        )
        for days in study.windows
    ]
    clear = (
        tell(
            "In dollars the interval over {windows} holds zero: days like these could have shown a "
            "rise as well.",
            windows=text.listed(unclear),
        )
        if unclear
        else tell("In dollars none of the intervals holds zero.")
    )
    return tell(
        "In brackets: the middle 95 % of the changes that come out when blocks of neighbouring "
        "days are drawn anew from each window ({lengths}). {zero} The intervals say how much "
        "chance among days matters; they are too narrow where the price drifts for months, and "
        "they say nothing about the cause.",
        lengths=text.listed(used),
        zero=clear,
    )


def coin_metrics_table(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Coin Metrics' published figures beside ours."""
    items = {
        "revenue_busd": mark("revenue (bn USD)"),
        published.QUARTER: mark("change on the quarter before (%)"),
        "fee_share_pct": mark("fee share (%)"),
        "rank_since_2020": mark("rank of the quarter since 2020"),
    }
    beside = published.quarterly(study.first, table)
    named = {item: word(name) for item, name in items.items()}
    beside["figure"] = beside["quarter"] + ": " + beside["item"].map(named)
    beside["exact difference"] = beside["exact"] - beside["published"]
    kept = [
        mark("figure"), mark("published"), mark("ours"), mark("difference"), mark("exact"),
        mark("exact difference"), mark("certainty"),
    ]  # fmt: skip
    return beside[kept].set_index("figure")


def coin_metrics_words(study: Study, table: pd.DataFrame) -> str:
    """How many figures agree; on which day our running total of the last quarter reached theirs."""
    beside = published.quarterly(study.first, table)
    equal = int((beside["difference"].abs() < 1e-9).sum())
    agree = tell(
        "Rounded as published, {equal} of {all} of our figures equal Coin Metrics' and {others} do "
        "not.",
        equal=equal,
        all=len(beside),
        others=len(beside) - equal,
    )
    last = table[table["item"] == "revenue_busd"].iloc[-1]
    day = published.day_reached(study.first, last["quarter"], float(last["value"]))
    value = text.amount(float(last["value"]), "bn USD", 1)
    if day is None:
        short = tell(
            "Our revenue of {quarter} did not reach the published {amount}.",
            quarter=last["quarter"],
            amount=value,
        )
        return text.sentences(agree, short)
    left = (pd.Period(last["quarter"].replace("-", ""), freq="Q").end_time.normalize() - day).days
    reached = tell(
        "Our running total of {quarter} reached {amount} on {day}, {left} days before the quarter "
        "ended. The published figure may be that of an unfinished quarter.",
        quarter=last["quarter"],
        amount=value,
        day=text.day(day),
        left=left,
    )
    return text.sentences(agree, reached)


def jpmorgan_words(study: Study, table: pd.DataFrame) -> str:
    """JPMorgan's own comparison with April 2024, quoted from the facts, beside ours."""
    noted = table[table["note"].fillna("").str.contains("below April 2024")]
    if noted.empty:
        return tell("The facts hold no comparison by JPMorgan with April 2024.")
    entry = noted.iloc[0]
    half = entry["part"] != "month"
    later, _ = published.per_hash(study.first, pd.Timestamp(entry["month"]), half=half)
    base, _ = published.per_hash(study.first, pd.Timestamp("2024-04-01"))
    month = text.month(pd.Timestamp(entry["month"]))
    return tell(
        "JPMorgan on {when}: revenue per EH/s {note}. Ours: {change} against April 2024.",
        when=tell("the first half of {month}", month=month) if half else month,
        note=entry["note"],
        change=text.amount(100 * (later / base - 1), "percent", 1),
    )
