"""Sentences and tables of what came after the contract: signings, offers, a vote, the shares."""

from collections.abc import Sequence

import pandas as pd

from claimbook import text
from claimbook.analysis.hosting import Study
from claimbook.analysis.megawatt import LAST, SINCE
from claimbook.words.hosting import counted, sure

COUNT_UNITS = {
    "counted": "MW",
    "value counted": "bn USD",
    "our sum": "MW",
    "our value": "bn USD",
}
OFFER_UNITS = {
    "worth as printed": "USD a share",
    "worth at the bidder's close before": "USD a share",
    "close before": "USD",
    "close of the day": "USD",
    "premium": "%",
}
SIGNED_UNITS = {
    "the company's": "MW",
    "hosting": "MW",
    "with cloud": "MW",
    "value, hosting": "bn USD",
    "value, with cloud": "bn USD",
}


def signed_table(study: Study, asserted_on: str) -> pd.DataFrame:
    """Running totals of signed contracts at four dates."""
    days = [pd.Timestamp(study.contract_date), pd.Timestamp(asserted_on)]
    last = study.signed.index[-1]
    days += [pd.Timestamp("2025-12-31"), last]
    rows = {}
    for day in sorted({d for d in days if d <= last}):
        held = study.signed.loc[:day]
        if held.empty:
            continue
        now = held.iloc[-1]
        rows[f"{day:%Y-%m-%d}"] = {
            "companies": int(now["companies"]),
            "the company's": now["company_mw"],
            "hosting": now["hosting_mw"],
            "with cloud": now["all_mw"],
            "value, hosting": now["hosting_busd"],
            "value, with cloud": now["all_busd"],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("by")


def signed_sentence(study: Study, asserted_on: str) -> str:
    """How many companies had signed by the article and by the end."""
    then = study.signed.loc[: pd.Timestamp(asserted_on)]
    end = study.signed.iloc[-1]
    first = then.iloc[-1] if len(then) else None
    early = study.contracts[study.contracts["date"] <= pd.Timestamp(asserted_on)]
    who = list(dict.fromkeys(early["company"]))
    said = (
        f"By the article's date the table holds contracts of {counted(len(who), 'company')} "
        f"({text.listed(who)}) for {text.amount(float(first['all_mw']), 'MW', 0)}; "
        if first is not None
        else "By the article's date the table holds no contract; "
    )
    return said + (
        f"by the end of the data, of {counted(int(end['companies']), 'company')} for "
        f"{text.amount(float(end['all_mw']), 'MW', 0)} and "
        f"{text.amount(float(end['all_busd']), 'bn USD', 1)}. The table is not a register: it "
        "holds what was found, so these are lower bounds. One contract is a joint venture counted "
        "whole."
    )


def count_table(study: Study) -> pd.DataFrame:
    """The totals that others counted beside ours."""
    rows = study.counts
    return pd.DataFrame(
        {
            "on": rows["date"],
            "counted": rows["mw"],
            "value counted": rows["busd"],
            "our sum": rows["our_mw"],
            "our value": rows["our_busd"],
            "how sure": rows["certainty"],
            "note": rows["note"],
        }
    )


def event_table(study: Study) -> pd.DataFrame:
    """The dated events that name the company."""
    rows = study.bids.events
    frame = pd.DataFrame(
        {
            "time": rows["time"].fillna(""),
            "event": rows["event"],
            "figures as printed": rows["figures"].fillna(""),
            "how sure": sure(rows),
        }
    )
    return frame.set_index(rows["date"].dt.strftime("%Y-%m-%d").rename("date"))


def offer_table(study: Study) -> pd.DataFrame:
    """The offers for the company against its share's price."""
    rows = study.bids.offers
    return pd.DataFrame(
        {
            "paid in": rows["paid_in"],
            "worth as printed": rows["printed"],
            "worth at the bidder's close before": rows["worth"],
            "close before": rows["close_before"],
            "close of the day": rows["close"],
            "premium": rows["premium"],
        }
    ).rename(index=lambda day: f"{day:%Y-%m-%d}")


def vote_sentence(study: Study) -> str:
    """The vote, and what the offer was worth then."""
    if study.bids.votes.empty:
        return f"No vote on an offer for {study.name} is on record."
    row = study.bids.votes.iloc[-1]
    return (
        f"On {study.bids.votes.index[-1]:%Y-%m-%d} "
        f"{text.amount(float(row['against_pct']), 'percent', 1)} of the votes for or against were "
        f"against the merger. At the closes before, the offer was worth "
        f"{text.amount(float(row['worth']), 'USD')} for a share that stood at "
        f"{text.amount(float(row['close_before']), 'USD')}."
    )


def since_sentence(study: Study) -> str:
    """Mining revenue since, and the shares to the end of the data."""
    since, last = study.windows.loc[SINCE], study.windows.loc[LAST]
    line = study.over_time.loc[pd.Timestamp(study.contract_date) :, "chosen"]
    said = (
        f"Since the contract a megawatt mined {text.amount(float(since['mining']), 'm USD')} a "
        "year on average at that efficiency, and "
        f"{text.number(float(last['mining']))} at the rate of the last {study.days} days."
    )
    if len(line):
        said += (
            f" It went between {text.number(float(line.min()))} and "
            f"{text.number(float(line.max()))}. The rent is a mean over the term; how it moves "
            "from year to year is not in the tables."
        )
    if not study.path.empty:
        moves = []
        for name in study.path:
            known = study.path[name].dropna()
            change = text.amount(float(known.iloc[-1]), "percent", 0, sign=True)
            moves.append(f"{name} {change} (to {known.index[-1]:%Y-%m-%d})")
        said += f" Shares from the close before {study.event_date}: {'; '.join(moves)}."
    return said


def marks(study: Study) -> dict[str, str]:
    """Dates to mark on the chart of the shares: offers and votes."""
    named = {f"{d:%Y-%m-%d}": "offer" for d in study.bids.offers.index}
    return named | {f"{d:%Y-%m-%d}": "vote" for d in study.bids.votes.index}


def gap_sentence(gaps: Sequence[str]) -> str:
    """What the contracts table says that it lacks; every count made from it is a lower bound."""
    return f"What the table says of itself: {' '.join(gaps)}" if gaps else "No gap is recorded."
