"""Sentences and tables of the price-pressure notebook."""

from collections.abc import Sequence

import pandas as pd

from claimbook import ledger, text
from claimbook.analysis import pressure
from claimbook.analysis.pressure import Shares, Split, Study
from claimbook.language import mark, tell, tell_as, tell_many, word
from claimbook.ledger import Finding
from claimbook.words.certainty import sure

PER_HASH = "USD per PH/s and day"
EFFECT_NAMES = {
    "price": mark("bitcoin's price"),
    "difficulty": mark("difficulty"),
    "subsidy": mark("subsidy per block"),
    "fees": mark("fees per block"),
}
PART_NAMES = {
    "market": mark("the market"),
    "bitcoin": mark("bitcoin"),
    "rest": mark("everything else"),
}
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
    span = tell("{start:%Y-%m-%d} to {last:%Y-%m-%d}", start=study.start, last=split.last)
    key = [
        (text.amount(coin, "percent", 1), tell("bitcoin's price, {span}", span=span)),
        (text.amount(hashprice, "percent", 1), tell("revenue per unit of hash rate (hashprice)")),
    ]
    if split.after < split.before and share > 0:
        label = tell(
            "of hashprice's fall is bitcoin's price (sums of {window} at each end)",
            window=_days(study.window),
        )
        key.append((text.amount(share, "percent", 0), label))
    summary = [
        tell(
            "From {span} bitcoin {bitcoin_moved} and hashprice {hashprice_moved}. Summed over "
            "{days} at each end: {price_part}",
            span=span,
            bitcoin_moved=_moved(coin),
            hashprice_moved=_moved(hashprice),
            days=_days(study.window),
            price_part=_lower(_price_part(split)),
        )
    ]
    if len(study.steps) == 2:
        whole = study.steps[0].before
        added, before = split.before - split.after, whole - split.before
        if added > 0 and before > 0:
            summary.append(
                tell(
                    "The spell makes {share} of all that hashprice lost since the days before the "
                    "halving.",
                    share=text.amount(100 * added / (added + before), "percent", 0),
                )
            )
    moved = study.shares
    if moved is not None and moved.change_pct < 0:
        summary.append(
            tell(
                "The miners' shares fell by {size} to {last:%Y-%m-%d}; {coin_part}.",
                size=text.amount(-moved.change_pct, "percent", 0),
                last=moved.last,
                coin_part=_coin_part(moved.parts.loc["bitcoin"]),
            )
        )
    if findings[0].verdict == ledger.UNTESTED:
        summary.append(tell("The article says nothing about this span."))
    return key, text.sentences(*summary)


def _coin_part(part: pd.Series) -> str:
    """A share of the fall where it is one; else what bitcoin did by itself."""
    share, alone = float(part["share"]), float(part["percent"])
    if 0 <= share <= 100:
        return tell("bitcoin explains {share} of that fall", share=text.amount(share, "percent", 0))
    return tell(
        "by what bitcoin did alone they would have changed by {alone}",
        alone=text.amount(alone, "percent", 0, sign=True),
    )


def change_table(study: Study) -> pd.DataFrame:
    """Changes of single days, to the article and to the end of the spell."""
    return study.changes.rename(
        columns={"to_article": mark("to the article"), "to_end": mark("to the end")}
    )


def split_table(split: Split) -> pd.DataFrame:
    """One step of hashprice taken apart, with the sum below."""
    names = {
        "usd": mark("effect"),
        "percent": mark("of the level before"),
        "share": mark("of the change"),
        "lowest": mark("lowest order"),
        "highest": mark("highest order"),
    }
    table = split.table[list(names)].rename(columns=names, index=EFFECT_NAMES)
    table.loc[mark("all together")] = [
        split.after - split.before, split.change_pct, 100.0, float("nan"), float("nan"),
    ]  # fmt: skip
    return table.rename_axis(mark("what changed"))


def split_caption(split: Split) -> str:
    """What the table of a step is about."""
    return tell(
        "Hashprice from {first:%Y-%m-%d} to {last:%Y-%m-%d}, taken apart exactly: "
        "{before} before, {after} after",
        first=split.first,
        last=split.last,
        before=text.amount(split.before, PER_HASH),
        after=text.amount(split.after, PER_HASH),
    )


def split_sentence(split: Split) -> str:
    """What did how much, in order of size."""
    order = split.table["usd"].abs().sort_values(ascending=False).index
    parts = [
        f"{word(EFFECT_NAMES[str(e)])} {text.number(float(split.table.at[e, 'usd']), 2, sign=True)}"
        for e in order
    ]
    return tell(
        "Between {first:%Y-%m-%d} and {last:%Y-%m-%d} hashprice went from {before} "
        "to {after}: {parts}. {price_part}",
        first=split.first,
        last=split.last,
        before=text.number(split.before),
        after=text.amount(split.after, PER_HASH),
        parts=", ".join(parts),
        price_part=_price_part(split),
    )


def halving_sentence(study: Study) -> str:
    """What had happened before the spell, and what the spell added."""
    if len(study.steps) < 2:
        return tell(
            "The spell does not begin after the halving of 2024, so the two cannot "
            "be set against each other."
        )
    before, spell = study.steps
    whole = spell.after - before.before
    share = 100 * (spell.after - spell.before) / whole
    earlier, later = (float(step.table.at["price", "usd"]) for step in study.steps)
    subsidy = float(before.table.at["subsidy", "usd"])
    size_before, size_in = text.amount(abs(earlier), PER_HASH), text.amount(abs(later), PER_HASH)
    return tell(
        "Of the whole change of hashprice from {first:%Y-%m-%d} to {last:%Y-%m-%d}, {whole}, the "
        "spell made {share}. Before it, price had {before_it}; in the spell it {in_it}. The "
        "halving of the subsidy alone stands for {subsidy}.",
        first=before.first,
        last=spell.last,
        whole=text.amount(whole, PER_HASH),
        share=text.amount(share, "percent", 0),
        before_it=(
            tell_as("price had", "added {amount}", amount=size_before)
            if earlier > 0
            else tell_as("price had", "taken {amount}", amount=size_before)
        ),
        in_it=(
            tell_as("in the spell price", "added {amount}", amount=size_in)
            if later > 0
            else tell_as("in the spell price", "took {amount}", amount=size_in)
        ),
        subsidy=text.amount(subsidy, PER_HASH),
    )


def base_table(study: Study) -> pd.DataFrame:
    """Ways to read “below April 2024”."""
    names = {
        "first": mark("April from"),
        "last": mark("to"),
        "base": mark("April 2024"),
        "march": mark("first half of March 2025"),
        "change": mark("change"),
    }
    return study.bases[list(names)].rename(columns=names)


def base_sentence(study: Study) -> str:
    """Which reading gives the printed figure, and what the printed figure implies."""
    bases = study.bases["change"]
    whole, before = bases[pressure.WHOLE_APRIL], bases[pressure.BEFORE_HALVING]
    said = tell(
        "Against the whole of April 2024, fees included, the fall is {whole}; against the days "
        "before the halving, without fees, {before}.",
        whole=text.amount(float(whole), "percent", 1),
        before=text.amount(float(before), "percent", 1),
    )
    implied = study.monthly.dropna(subset=["implied_base"])
    implied_words = ""
    if len(implied):
        levels = [
            tell(
                "{level} from {month} ({part})",
                level=text.number(float(row.implied_base), 0),
                month=row.month,
                part=word(row.part),
            )
            for row in implied.itertuples()
        ]
        ours = float(study.bases.at[pressure.BEFORE_HALVING, "base"])
        implied_words = tell(
            "JPMorgan's figures and the distances printed with them imply a level before the "
            "halving of {levels}, in USD per EH/s and day. Ours for the days before the halving, "
            "without fees, is {ours}.",
            levels=text.listed(levels),
            ours=text.number(ours, 0),
        )
    unknown = tell(
        "The days of April after the halving hold record fees, which lift its mean. The sources do "
        "not say which days or which revenue JPMorgan took, so every reading is shown."
    )
    return text.sentences(said, implied_words, unknown)


def monthly_table(study: Study) -> pd.DataFrame:
    """JPMorgan's revenue per EH/s beside ours."""
    names = {
        "published": mark("JPMorgan"),
        "with_fees": mark("ours with fees"),
        "subsidy_alone": mark("ours, subsidy alone"),
        "with_fees_off": mark("with fees off by"),
        "subsidy_alone_off": mark("subsidy alone off by"),
    }
    table = study.monthly.rename(columns=names)[list(names.values())]
    label = study.monthly["month"] + study.monthly["part"].map(
        lambda part: "" if part == "month" else f", {word(part)}"
    )
    return table.assign(**{mark("how sure"): sure(study.monthly)}).set_axis(
        pd.Index(label, name=mark("month"))
    )


def monthly_sentence(study: Study) -> str:
    """How near ours comes, with and without fees."""
    off = study.monthly[["with_fees_off", "subsidy_alone_off"]].abs()
    return tell(
        "Over {count} figures the median distance is {median_without} without fees and "
        "{median_with} with them; the largest are {largest_without} and {largest_with}.",
        count=len(off),
        median_without=text.amount(float(off["subsidy_alone_off"].median()), "percent", 1),
        median_with=text.amount(float(off["with_fees_off"].median()), "percent", 1),
        largest_without=text.amount(float(off["subsidy_alone_off"].max()), "percent", 1),
        largest_with=text.amount(float(off["with_fees_off"].max()), "percent", 1),
    )


def group_table(study: Study) -> pd.DataFrame:
    """JPMorgan's monthly change of the group beside three stand-ins."""
    rows = study.groups
    return pd.DataFrame(
        {
            mark("JPMorgan"): rows["published"],
            mark("by value"): rows["by_value"],
            mark("shares valued"): rows["valued"],
            mark("equal weights"): rows["equal"],
            mark("shares"): rows["members"],
            mark("fund WGMI"): rows["fund"],
            mark("JPMorgan, change"): rows["published_busd"],
            mark("by value, change"): rows["value_busd"],
            mark("how sure"): rows["certainty"],
        }
    )


def group_notes(study: Study) -> pd.DataFrame:
    """What the sources add about each month, contradictions among them."""
    return study.groups[["note"]].dropna().rename(columns={"note": mark("what the sources say")})


def count_table(study: Study) -> pd.DataFrame:
    """The share counts behind the value of February and March 2025."""
    chosen = study.counts[study.counts["month"].isin(["2025-02", "2025-03"])]
    chosen = chosen.assign(note=chosen["note"].fillna(""))
    return chosen.set_index("ticker")[
        ["month", "as_of", "shares_millions", "start_busd", "certainty", "note"]
    ].rename(
        columns={
            "as_of": mark("count of"),
            "shares_millions": mark("shares (millions)"),
            "start_busd": mark("value at the month's start (bn USD)"),
            "certainty": mark("how sure"),
            "note": mark("what the source says"),
        }
    )


def group_sentence(study: Study) -> str:
    """How near the stand-ins come over all months."""
    off = {
        label: float((study.groups[c] - study.groups["published"]).abs().median())
        for c, label in (
            ("by_value", mark("weighted by value")),
            ("equal", mark("equally weighted")),
            ("fund", mark("the fund")),
        )
    }
    distances = [f"{word(n)} {text.amount(v, 'percentage points', 1)}" for n, v in off.items()]
    return tell(
        "Over {count} months the median distance from JPMorgan's figure is: {distances}. "
        "JPMorgan's list of firms is not known, and the counts of shares are those of one day "
        "each, so a few points of difference are to be expected.",
        count=len(study.groups),
        distances=", ".join(distances),
    )


def part_table(moved: Shares) -> pd.DataFrame:
    """The log change of the basket, part by part."""
    names = {
        "beta": mark("sensitivity"),
        "factor_pct": mark("its own change"),
        "log_points": mark("part"),
        "low": mark("from"),
        "high": mark("to"),
        "share": mark("share of the fall"),
        "share_low": mark("share from"),
        "share_high": mark("share to"),
    }
    return moved.parts[list(names)].rename(columns=names, index=PART_NAMES)


def choice_table(moved: Shares) -> pd.DataFrame:
    """Bitcoin's share of the fall under other fits."""
    names = {
        "beta": mark("sensitivity to bitcoin"),
        "share": mark("share of the fall"),
        "share_low": mark("share from"),
        "share_high": mark("share to"),
    }
    return moved.choices.rename(columns=names)


def share_sentence(study: Study) -> str:
    """What the coin explains of the shares' change, with what it rests on."""
    moved = study.shares
    if moved is None:
        return tell(
            "The shares cannot be studied over this span: {reason}.", reason=word(study.no_shares)
        )
    parts = moved.parts["share"]
    row = moved.parts.loc["bitcoin"]
    said = tell(
        "Over {sessions} sessions the basket changed by {change} and bitcoin by {bitcoin_change}. "
        "With a sensitivity of {sensitivity}, bitcoin stands for {bitcoin} of the basket's change "
        "(95 % interval {low} to {high}), the market for {market} and everything else for {rest}. "
        "Bitcoin's prices: {coverage}.",
        sessions=moved.sessions,
        change=text.amount(moved.change_pct, "percent", 1),
        bitcoin_change=text.amount(moved.bitcoin_change_pct, "percent", 1),
        sensitivity=text.number(float(row["beta"])),
        bitcoin=text.amount(float(parts["bitcoin"]), "percent", 0),
        low=text.number(float(row["share_low"]), 0),
        high=text.amount(float(row["share_high"]), "percent", 0),
        market=text.amount(float(parts["market"]), "percent", 0),
        rest=text.amount(float(parts["rest"]), "percent", 0),
        coverage=word(moved.coverage),
    )
    if moved.left_out:
        said += " " + tell(
            "Left out for want of closes: {left_out}.", left_out=text.listed(list(moved.left_out))
        )
    return said


def worst_table(moved: Shares) -> pd.DataFrame:
    """The sessions with the lowest rest, and what is on record for them."""
    names = {
        "change_pct": mark("basket (%)"),
        "rest": mark("beyond market and bitcoin (log points)"),
    }
    return moved.worst.rename(columns={**names, "event": mark("on record")})


def ends_table(study: Study) -> pd.DataFrame:
    """Other averages at both ends."""
    table = study.ends.rename(columns={"price_share": mark("price's share of hashprice's change")})
    return table.set_axis(
        pd.Index([_days(days) for days in study.ends.index], name=mark("averaged"))
    )


def choices_sentence(study: Study) -> str:
    """Whether any way to cut the spell turns a direction round."""
    table = pd.concat([study.ends, study.starts[["bitcoin", "hashprice", "difficulty"]]])
    ways = len(table)
    said = []
    for name in (mark("bitcoin"), mark("hashprice")):
        low, high = float(table[name].min()), float(table[name].max())
        fell = int((table[name] < 0).sum())
        said.append(
            tell(
                "{name} fell in {fell} of {ways} ways to cut the spell, with changes from {low} to "
                "{high}",
                name=word(name),
                fell=fell,
                ways=ways,
                low=text.amount(low, "percent", 1),
                high=text.amount(high, "percent", 1),
            )
        )
    told = f"{'; '.join(said)}.".capitalize()
    # A share of a change says something only where there was a fall to share out.
    fell = study.ends[study.ends["hashprice"] < 0]["price_share"]
    if fell.empty:
        return told
    low, high = fell.min(), fell.max()
    return tell(
        "{ways} Price's share of hashprice's fall lies between {low} ({days_low} at each end) and "
        "{high} ({days_high}).",
        ways=told,
        low=text.amount(low, "percent", 0),
        days_low=_days(int(fell.idxmin())),
        high=text.amount(high, "percent", 0),
        days_high=_days(int(fell.idxmax())),
    )


def allowance_sentence(findings: Sequence[Finding]) -> str:
    """By how much the rounded values miss JPMorgan's figures, and what the ledger allows."""
    said = []
    for finding in findings:
        rule, value = finding.rule, finding.reproduced
        if rule.rule == "amount" and rule.tolerance and isinstance(value, float):
            off = abs(text.rounded(value, rule.precision) - float(rule.printed))
            said.append(
                tell(
                    "{off} of {allowed} percentage points for “{printed}”",
                    off=text.number(off, 0),
                    allowed=text.number(rule.tolerance, 0),
                    printed=rule.printed_text,
                )
            )
    return (
        tell("Of what the ledger allows, the rounded values use {said}.", said=text.listed(said))
        if said
        else ""
    )


def since_sentence(study: Study) -> str:
    """Where hashprice, its parts, and the shares stood at the end of the data."""
    last = study.to_last
    price, difficulty = (
        text.amount(float(last.table.at[effect, "percent"]), "percentage points", 0)
        for effect in ("price", "difficulty")
    )
    said = tell(
        "From {start:%Y-%m-%d} to the last day of the network's data, {last:%Y-%m-%d}, hashprice "
        "changed by {change}: price {price}, difficulty {difficulty}.",
        start=study.start,
        last=last.last,
        change=text.amount(last.change_pct, "percent", 0),
        price=price,
        difficulty=difficulty,
    )
    if study.since is not None:
        both = study.since.dropna().iloc[-1]
        day = study.since.dropna().index[-1]
        said += " " + tell(
            "To {day:%Y-%m-%d} equal amounts held in the shares changed by {basket} "
            "and bitcoin by {bitcoin}.",
            day=day,
            basket=text.amount(float(both["basket"]), "percent", 0, sign=True),
            bitcoin=text.amount(float(both["bitcoin"]), "percent", 0, sign=True),
        )
    return said


def source(edition: str, publisher: str) -> str:
    """The source and as-of line under the figures."""
    return tell(
        "Source: {publisher}; claimbook edition {edition}", publisher=publisher, edition=edition
    )


def _moved(change: float) -> str:
    size = text.amount(abs(change), "percent", 1)
    return tell("fell by {size}", size=size) if change < 0 else tell("rose by {size}", size=size)


def _days(count: int) -> str:
    return tell_many("{count} day", "{count} days", count)


def _lower(sentence: str) -> str:
    """The sentence as it reads after a colon."""
    return sentence[0].lower() + sentence[1:]


def _price_part(split: Split) -> str:
    """Price's and difficulty's part of the change, by sign."""
    if split.after >= split.before:
        return tell("Hashprice did not fall between these days.")
    price, difficulty = (float(split.table.at[e, "share"]) for e in ("price", "difficulty"))
    if price <= 0:
        return tell("Bitcoin's price had no part in that fall.")
    return tell(
        "Bitcoin's price made {price} of hashprice's fall and difficulty {difficulty}.",
        price=text.amount(price, "percent", 0),
        difficulty=text.amount(difficulty, "percent", 0),
    )
