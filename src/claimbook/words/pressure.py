"""Sentences and tables of the price-pressure notebook."""

from collections.abc import Sequence

import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import pressure
from claimbook.analysis.pressure import Shares, Split, Study
from claimbook.ledger import Finding

PER_HASH = "USD per PH/s and day"
EFFECT_NAMES = {
    "price": "bitcoin's price",
    "difficulty": "difficulty",
    "subsidy": "subsidy per block",
    "fees": "fees per block",
}
PART_NAMES = {"market": "the market", "bitcoin": "bitcoin", "rest": "everything else"}
CHANGE_UNITS = dict.fromkeys(("to the article", "to the end"), "%")
INDEX_UNITS = dict.fromkeys(
    ("bitcoin", "hashprice", "difficulty", "price's share of hashprice's change"), "%"
)
SPLIT_UNITS = {
    "effect": PER_HASH,
    "of the level before": "%",
    "of the change": "%",
    "lowest order": PER_HASH,
    "highest order": PER_HASH,
}
PART_UNITS = {
    "its own change": "%",
    "part": "log points",
    "from": "log points",
    "to": "log points",
    "share of the fall": "%",
    "share from": "%",
    "share to": "%",
}
GROUP_UNITS = {
    "JPMorgan": "%",
    "by value": "%",
    "equal weights": "%",
    "fund WGMI": "%",
    "JPMorgan, change": "bn USD",
    "by value, change": "bn USD",
}
MONTHLY_UNITS = {
    **dict.fromkeys(("JPMorgan", "ours with fees", "ours, subsidy alone"), "USD per EH/s and day"),
    **dict.fromkeys(("with fees off by", "subsidy alone off by"), "%"),
}


def headline(study: Study, findings: Sequence[Finding]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers and the summary of the verdict box."""
    split = study.steps[-1]
    column = "to_article" if split.last == study.article else "to_end"
    coin, hashprice = (float(study.changes.at[r, column]) for r in ("bitcoin", "hashprice"))
    share = float(split.table.at["price", "share"])
    span = f"{study.start:%Y-%m-%d} to {split.last:%Y-%m-%d}"
    key = [
        (text.amount(coin, "percent", 1), f"bitcoin's price, {span}"),
        (text.amount(hashprice, "percent", 1), "revenue per unit of hash rate (hashprice)"),
    ]
    if split.after < split.before and share > 0:
        label = (
            f"of hashprice's fall is bitcoin's price (sums of {_days(study.window)} at each end)"
        )
        key.append((text.amount(share, "percent", 0), label))
    summary = (
        f"From {span} bitcoin {_moved(coin)} and hashprice {_moved(hashprice)}. "
        f"Summed over {_days(study.window)} at each end: {_lower(_price_part(split))}"
    )
    if len(study.steps) == 2:
        whole = study.steps[0].before
        added, before = split.before - split.after, whole - split.before
        if added > 0 and before > 0:
            summary += (
                f" The spell makes {text.amount(100 * added / (added + before), 'percent', 0)} of "
                "all that hashprice lost since the days before the halving."
            )
    moved = study.shares
    if moved is not None and moved.change_pct < 0:
        summary += (
            f" The miners' shares fell by {text.amount(-moved.change_pct, 'percent', 0)} to "
            f"{moved.last:%Y-%m-%d}; {_coin_part(moved.parts.loc['bitcoin'])}."
        )
    if findings[0].verdict == ledger.UNTESTED:
        summary += " The article says nothing about this span."
    return key, summary


def _coin_part(part: pd.Series) -> str:
    """A share of the fall where it is one; else what bitcoin did by itself."""
    share, alone = float(part["share"]), float(part["percent"])
    if 0 <= share <= 100:
        return f"bitcoin explains {text.amount(share, 'percent', 0)} of that fall"
    return (
        "by what bitcoin did alone they would have changed by "
        f"{text.amount(alone, 'percent', 0, sign=True)}"
    )


def change_table(study: Study) -> pd.DataFrame:
    """Changes of single days, to the article and to the end of the spell."""
    return study.changes.rename(columns={"to_article": "to the article", "to_end": "to the end"})


def split_table(split: Split) -> pd.DataFrame:
    """One step of hashprice taken apart, with the sum below."""
    names = {
        "usd": "effect",
        "percent": "of the level before",
        "share": "of the change",
        "lowest": "lowest order",
        "highest": "highest order",
    }
    table = split.table[list(names)].rename(columns=names, index=EFFECT_NAMES)
    table.loc["all together"] = [
        split.after - split.before, split.change_pct, 100.0, float("nan"), float("nan"),
    ]  # fmt: skip
    return table.rename_axis("what changed")


def split_caption(split: Split) -> str:
    """What the table of a step is about."""
    return (
        f"Hashprice from {split.first:%Y-%m-%d} to {split.last:%Y-%m-%d}, taken apart exactly: "
        f"{text.amount(split.before, PER_HASH)} before, {text.amount(split.after, PER_HASH)} after"
    )


def split_sentence(split: Split) -> str:
    """What did how much, in order of size."""
    order = split.table["usd"].abs().sort_values(ascending=False).index
    parts = [
        f"{EFFECT_NAMES[str(e)]} {text.number(float(split.table.at[e, 'usd']), 2, sign=True)}"
        for e in order
    ]
    return (
        f"Between {split.first:%Y-%m-%d} and {split.last:%Y-%m-%d} hashprice went from "
        f"{text.number(split.before)} to {text.amount(split.after, PER_HASH)}: "
        f"{', '.join(parts)}. {_price_part(split)}"
    )


def halving_sentence(study: Study) -> str:
    """What had happened before the spell, and what the spell added."""
    if len(study.steps) < 2:
        return (
            "The spell does not begin after the halving of 2024, so the two cannot be set against "
            "each other."
        )
    before, spell = study.steps
    whole = spell.after - before.before
    share = 100 * (spell.after - spell.before) / whole
    earlier, later = (float(step.table.at["price", "usd"]) for step in study.steps)
    subsidy = float(before.table.at["subsidy", "usd"])
    return (
        f"Of the whole change of hashprice from {before.first:%Y-%m-%d} to {spell.last:%Y-%m-%d}, "
        f"{text.amount(whole, PER_HASH)}, the spell made {text.amount(share, 'percent', 0)}. "
        f"Before it, price had {'added' if earlier > 0 else 'taken'} "
        f"{text.amount(abs(earlier), PER_HASH)}; in the spell it "
        f"{'added' if later > 0 else 'took'} {text.amount(abs(later), PER_HASH)}. The halving of "
        f"the subsidy alone stands for {text.amount(subsidy, PER_HASH)}."
    )


def base_table(study: Study) -> pd.DataFrame:
    """Ways to read “below April 2024”."""
    names = {
        "first": "April from",
        "last": "to",
        "base": "April 2024",
        "march": "first half of March 2025",
        "change": "change",
    }
    return study.bases[list(names)].rename(columns=names)


def base_sentence(study: Study) -> str:
    """Which reading gives the printed figure, and what the printed figure implies."""
    bases = study.bases["change"]
    whole, before = bases[pressure.WHOLE_APRIL], bases[pressure.BEFORE_HALVING]
    said = (
        f"Against the whole of April 2024, fees included, the fall is "
        f"{text.amount(float(whole), 'percent', 1)}; against the days before the halving, without "
        f"fees, {text.amount(float(before), 'percent', 1)}. "
    )
    implied = study.monthly.dropna(subset=["implied_base"])
    if len(implied):
        levels = [
            f"{text.number(float(row.implied_base), 0)} from {row.month} ({row.part})"
            for row in implied.itertuples()
        ]
        ours = float(study.bases.at[pressure.BEFORE_HALVING, "base"])
        said += (
            "JPMorgan's figures and the distances printed with them imply a level before the "
            f"halving of {text.listed(levels)}, in USD per EH/s and day. Ours for the days before "
            f"the halving, without fees, is {text.number(ours, 0)}. "
        )
    return said + (
        "The days of April after the halving hold record fees, which lift its mean. The sources do "
        "not say which days or which revenue JPMorgan took, so every reading is shown."
    )


def monthly_table(study: Study) -> pd.DataFrame:
    """JPMorgan's revenue per EH/s beside ours."""
    names = {
        "published": "JPMorgan",
        "with_fees": "ours with fees",
        "subsidy_alone": "ours, subsidy alone",
        "with_fees_off": "with fees off by",
        "subsidy_alone_off": "subsidy alone off by",
    }
    table = study.monthly.rename(columns=names)[list(names.values())]
    label = study.monthly["month"] + study.monthly["part"].map(
        lambda part: "" if part == "month" else f", {part}"
    )
    return table.assign(**{"how sure": _sure(study.monthly)}).set_axis(
        pd.Index(label, name="month")
    )


def monthly_sentence(study: Study) -> str:
    """How near ours comes, with and without fees."""
    off = study.monthly[["with_fees_off", "subsidy_alone_off"]].abs()
    return (
        f"Over {len(off)} figures the median distance is "
        f"{text.amount(float(off['subsidy_alone_off'].median()), 'percent', 1)} without fees and "
        f"{text.amount(float(off['with_fees_off'].median()), 'percent', 1)} with them; the largest "
        f"are {text.amount(float(off['subsidy_alone_off'].max()), 'percent', 1)} and "
        f"{text.amount(float(off['with_fees_off'].max()), 'percent', 1)}."
    )


def group_table(study: Study) -> pd.DataFrame:
    """JPMorgan's monthly change of the group beside three stand-ins."""
    rows = study.groups
    return pd.DataFrame(
        {
            "JPMorgan": rows["published"],
            "by value": rows["by_value"],
            "shares valued": rows["valued"],
            "equal weights": rows["equal"],
            "shares": rows["members"],
            "fund WGMI": rows["fund"],
            "JPMorgan, change": rows["published_busd"],
            "by value, change": rows["value_busd"],
            "how sure": rows["certainty"],
        }
    )


def group_notes(study: Study) -> pd.DataFrame:
    """What the sources add about each month, contradictions among them."""
    return study.groups[["note"]].dropna().rename(columns={"note": "what the sources say"})


def count_table(study: Study) -> pd.DataFrame:
    """The share counts behind the value of February and March 2025."""
    chosen = study.counts[study.counts["month"].isin(["2025-02", "2025-03"])]
    chosen = chosen.assign(note=chosen["note"].fillna(""))
    return chosen.set_index("ticker")[
        ["month", "as_of", "shares_millions", "start_busd", "certainty", "note"]
    ].rename(
        columns={
            "as_of": "count of",
            "shares_millions": "shares (millions)",
            "start_busd": "value at the month's start (bn USD)",
            "certainty": "how sure",
            "note": "what the source says",
        }
    )


def group_sentence(study: Study) -> str:
    """How near the stand-ins come over all months."""
    off = {
        label: float((study.groups[c] - study.groups["published"]).abs().median())
        for c, label in (
            ("by_value", "weighted by value"),
            ("equal", "equally weighted"),
            ("fund", "the fund"),
        )
    }
    nearest = [f"{n} {text.amount(v, 'percentage points', 1)}" for n, v in off.items()]
    return (
        f"Over {len(study.groups)} months the median distance from JPMorgan's figure is: "
        f"{', '.join(nearest)}. JPMorgan's list of firms is not known, and the counts of shares "
        "are those of one day each, so a few points of difference are to be expected."
    )


def single_table(moved: Shares) -> pd.DataFrame:
    """Each share's change over the spell, bitcoin's beside it."""
    table = moved.single.copy()
    table.loc["bitcoin"] = moved.bitcoin_change_pct
    return table.sort_values("change_pct").rename(columns={"change_pct": "change (%)"})


def part_table(moved: Shares) -> pd.DataFrame:
    """The log change of the basket, part by part."""
    names = {
        "beta": "sensitivity",
        "factor_pct": "its own change",
        "log_points": "part",
        "low": "from",
        "high": "to",
        "share": "share of the fall",
        "share_low": "share from",
        "share_high": "share to",
    }
    return moved.parts[list(names)].rename(columns=names, index=PART_NAMES)


def choice_table(moved: Shares) -> pd.DataFrame:
    """Bitcoin's share of the fall under other fits."""
    names = {
        "beta": "sensitivity to bitcoin",
        "share": "share of the fall",
        "share_low": "share from",
        "share_high": "share to",
    }
    return moved.choices.rename(columns=names)


def share_sentence(study: Study) -> str:
    """What the coin explains of the shares' change, with what it rests on."""
    moved = study.shares
    if moved is None:
        return f"The shares cannot be studied over this span: {study.no_shares}."
    parts = moved.parts["share"]
    row = moved.parts.loc["bitcoin"]
    said = (
        f"Over {moved.sessions} sessions the basket changed by "
        f"{text.amount(moved.change_pct, 'percent', 1)} and bitcoin by "
        f"{text.amount(moved.bitcoin_change_pct, 'percent', 1)}. With a sensitivity of "
        f"{text.number(float(row['beta']))}, bitcoin stands for "
        f"{text.amount(float(parts['bitcoin']), 'percent', 0)} of the basket's change (95 % "
        f"interval {text.number(float(row['share_low']), 0)} to "
        f"{text.amount(float(row['share_high']), 'percent', 0)}), the market for "
        f"{text.amount(float(parts['market']), 'percent', 0)} and everything else for "
        f"{text.amount(float(parts['rest']), 'percent', 0)}. Bitcoin's prices: {moved.coverage}."
    )
    if moved.left_out:
        said += f" Left out for want of closes: {text.listed(list(moved.left_out))}."
    return said


def worst_table(moved: Shares) -> pd.DataFrame:
    """The sessions with the lowest rest, and what is on record for them."""
    names = {"change_pct": "basket (%)", "rest": "beyond market and bitcoin (log points)"}
    return moved.worst.rename(columns={**names, "event": "on record"})


def ends_table(study: Study) -> pd.DataFrame:
    """Other averages at both ends."""
    table = study.ends.rename(columns={"price_share": "price's share of hashprice's change"})
    return table.set_axis(
        pd.Index([f"{d} day{'s' if d != 1 else ''}" for d in study.ends.index], name="averaged")
    )


def choices_sentence(study: Study) -> str:
    """Whether any way to cut the spell turns a direction round."""
    table = pd.concat([study.ends, study.starts[["bitcoin", "hashprice", "difficulty"]]])
    ways = len(table)
    said = []
    for name in ("bitcoin", "hashprice"):
        low, high = float(table[name].min()), float(table[name].max())
        fell = int((table[name] < 0).sum())
        said.append(
            f"{name} fell in {fell} of {ways} ways to cut the spell, with changes from "
            f"{text.amount(low, 'percent', 1)} to {text.amount(high, 'percent', 1)}"
        )
    told = f"{'; '.join(said)}.".capitalize()
    # A share of a change says something only where there was a fall to share out.
    fell = study.ends[study.ends["hashprice"] < 0]["price_share"]
    if fell.empty:
        return told
    low, high = fell.min(), fell.max()
    return (
        f"{told} Price's share of hashprice's fall lies between {text.amount(low, 'percent', 0)} "
        f"({_days(int(fell.idxmin()))} at each end) and {text.amount(high, 'percent', 0)} "
        f"({_days(int(fell.idxmax()))})."
    )


def allowance_sentence(findings: Sequence[Finding]) -> str:
    """By how much the rounded values miss JPMorgan's figures, and what the ledger allows."""
    said = []
    for finding in findings:
        rule, value = finding.rule, finding.reproduced
        if rule.rule == "amount" and rule.tolerance and isinstance(value, float):
            off = abs(text.rounded(value, rule.precision) - float(rule.printed))
            said.append(
                f"{text.number(off, 0)} of {text.number(rule.tolerance, 0)} percentage points for "
                f"“{rule.printed_text}”"
            )
    return f"Of what the ledger allows, the rounded values use {text.listed(said)}." if said else ""


def since_sentence(study: Study) -> str:
    """Where hashprice, its parts, and the shares stood at the end of the data."""
    last = study.to_last
    said = (
        f"From {study.start:%Y-%m-%d} to the last day of the network's data, "
        f"{last.last:%Y-%m-%d}, hashprice changed by {text.amount(last.change_pct, 'percent', 0)}: "
        f"price {text.amount(float(last.table.at['price', 'percent']), 'percentage points', 0)}, "
        f"difficulty "
        f"{text.amount(float(last.table.at['difficulty', 'percent']), 'percentage points', 0)}."
    )
    if study.since is not None:
        both = study.since.dropna().iloc[-1]
        day = study.since.dropna().index[-1]
        said += (
            f" To {day:%Y-%m-%d} equal amounts held in the shares changed by "
            f"{text.amount(float(both['basket']), 'percent', 0, sign=True)} and bitcoin by "
            f"{text.amount(float(both['bitcoin']), 'percent', 0, sign=True)}."
        )
    return said


def source(edition: str, publisher: str) -> str:
    """The source and as-of line under the figures."""
    return f"Source: {publisher}; claimbook edition {edition}"


def _moved(change: float) -> str:
    verb = "fell" if change < 0 else "rose"
    return f"{verb} by {text.amount(abs(change), 'percent', 1)}"


def _days(number: int) -> str:
    return f"{number} day{'s' if number != 1 else ''}"


def _lower(sentence: str) -> str:
    """The sentence as it reads after a colon."""
    return sentence[0].lower() + sentence[1:]


def _price_part(split: Split) -> str:
    """Price's and difficulty's part of the change, by sign."""
    if split.after >= split.before:
        return "Hashprice did not fall between these days."
    price, difficulty = (float(split.table.at[e, "share"]) for e in ("price", "difficulty"))
    if price <= 0:
        return "Bitcoin's price had no part in that fall."
    return (
        f"Bitcoin's price made {text.amount(price, 'percent', 0)} of hashprice's fall and "
        f"difficulty {text.amount(difficulty, 'percent', 0)}."
    )


def _sure(frame: pd.DataFrame) -> pd.Series:
    """`quoted, CoinDesk`; a page that is not named stays second-hand."""
    named = ~frame["source"].fillna("").str.contains("unnamed|^$")
    return frame["certainty"].where(~named, frame["certainty"] + ", " + frame["source"].fillna(""))
