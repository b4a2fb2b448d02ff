"""Sentences and tables of what came after the contract: signings, offers, a vote, the shares."""

from collections.abc import Sequence

import pandas as pd

from claimbook import text
from claimbook.analysis.hosting import Study
from claimbook.analysis.megawatt import LAST, SINCE
from claimbook.language import mark, tell, tell_many, word
from claimbook.words.certainty import sure

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
            mark("companies"): int(now["companies"]),
            mark("the company's"): now["company_mw"],
            mark("hosting"): now["hosting_mw"],
            mark("with cloud"): now["all_mw"],
            mark("value, hosting"): now["hosting_busd"],
            mark("value, with cloud"): now["all_busd"],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(mark("by"))


def signed_sentence(study: Study, asserted_on: str) -> str:
    """How many companies had signed by the article and by the end."""
    then = study.signed.loc[: pd.Timestamp(asserted_on)]
    end = study.signed.iloc[-1]
    first = then.iloc[-1] if len(then) else None
    early = study.contracts[study.contracts["date"] <= pd.Timestamp(asserted_on)]
    who = list(dict.fromkeys(early["company"]))
    then_words = (
        tell(
            "By the article's date the table holds contracts of {companies} ({names}) for {size}",
            companies=_companies(len(who)),
            names=text.listed(who),
            size=text.amount(float(first["all_mw"]), "MW", 0),
        )
        if first is not None
        else tell("By the article's date the table holds no contract")
    )
    return tell(
        "{then}; by the end of the data, of {companies} for {size} and {value}. The table is not a "
        "register: it holds what was found, so these are lower bounds. One contract is a joint "
        "venture counted whole.",
        then=then_words,
        companies=_companies(int(end["companies"])),
        size=text.amount(float(end["all_mw"]), "MW", 0),
        value=text.amount(float(end["all_busd"]), "bn USD", 1),
    )


def _companies(count: int) -> str:
    return tell_many("{count} company", "{count} companies", count)


def count_table(study: Study) -> pd.DataFrame:
    """The totals that others counted beside ours."""
    rows = study.counts
    return pd.DataFrame(
        {
            mark("on"): rows["date"],
            mark("counted"): rows["mw"],
            mark("value counted"): rows["busd"],
            mark("our sum"): rows["our_mw"],
            mark("our value"): rows["our_busd"],
            mark("how sure"): rows["certainty"],
            mark("note"): rows["note"],
        }
    )


def event_table(study: Study) -> pd.DataFrame:
    """The dated events that name the company."""
    rows = study.bids.events
    frame = pd.DataFrame(
        {
            mark("time"): rows["time"].fillna(""),
            mark("event"): rows["event"],
            mark("figures as printed"): rows["figures"].fillna(""),
            mark("how sure"): sure(rows),
        }
    )
    return frame.set_index(rows["date"].dt.strftime("%Y-%m-%d").rename(mark("date")))


def offer_table(study: Study) -> pd.DataFrame:
    """The offers for the company against its share's price."""
    rows = study.bids.offers
    return pd.DataFrame(
        {
            mark("paid in"): rows["paid_in"],
            mark("worth as printed"): rows["printed"],
            mark("worth at the bidder's close before"): rows["worth"],
            mark("close before"): rows["close_before"],
            mark("close of the day"): rows["close"],
            mark("premium"): rows["premium"],
        }
    ).rename(index=lambda day: f"{day:%Y-%m-%d}")


def vote_sentence(study: Study) -> str:
    """The vote, and what the offer was worth then."""
    if study.bids.votes.empty:
        return tell("No vote on an offer for {name} is on record.", name=study.name)
    row = study.bids.votes.iloc[-1]
    return tell(
        "On {day:%Y-%m-%d} {against} of the votes for or against were against the merger. At the "
        "closes before, the offer was worth {worth} for a share that stood at {close}.",
        day=study.bids.votes.index[-1],
        against=text.amount(float(row["against_pct"]), "percent", 1),
        worth=text.amount(float(row["worth"]), "USD"),
        close=text.amount(float(row["close_before"]), "USD"),
    )


def since_sentence(study: Study) -> str:
    """Mining revenue since, and the shares to the end of the data."""
    since, last = study.windows.loc[SINCE], study.windows.loc[LAST]
    line = study.over_time.loc[pd.Timestamp(study.contract_date) :, "chosen"]
    said = tell(
        "Since the contract a megawatt mined {mined} a year on average at that efficiency, and "
        "{mined_last} at the rate of the last {days} days.",
        mined=text.amount(float(since["mining"]), "m USD"),
        mined_last=text.number(float(last["mining"])),
        days=study.days,
    )
    between = shares = ""
    if len(line):
        between = tell(
            "It went between {lowest} and {highest}. The rent is a mean over the term; how it "
            "moves from year to year is not in the tables.",
            lowest=text.number(float(line.min())),
            highest=text.number(float(line.max())),
        )
    if not study.path.empty:
        moves = []
        for name in study.path:
            known = study.path[name].dropna()
            moves.append(
                tell(
                    "{share} {change} (to {day:%Y-%m-%d})",
                    share=word(str(name)),
                    change=text.amount(float(known.iloc[-1]), "percent", 0, sign=True),
                    day=known.index[-1],
                )
            )
        shares = tell(
            "Shares from the close before {day}: {moves}.",
            day=study.event_date,
            moves="; ".join(moves),
        )
    return text.sentences(said, between, shares)


def marks(study: Study) -> dict[str, str]:
    """Dates to mark on the chart of the shares: offers and votes."""
    named = {f"{d:%Y-%m-%d}": tell("offer") for d in study.bids.offers.index}
    return named | {f"{d:%Y-%m-%d}": tell("vote") for d in study.bids.votes.index}


def gap_sentence(gaps: Sequence[str]) -> str:
    """What the contracts table says that it lacks; every count made from it is a lower bound."""
    return (
        tell("What the table says of itself: {gaps}", gaps=" ".join(gaps))
        if gaps
        else tell("No gap is recorded.")
    )
