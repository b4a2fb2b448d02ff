"""Hosting-pivot: what the facts hold of all contracts, printed moves, income and power."""

import pandas as pd

from claimbook import text
from claimbook.analysis import hosting, prints
from claimbook.analysis.contracts import CLOUD, HOSTING
from claimbook.analysis.hosting import Study
from claimbook.analysis.megawatt import (
    MW_YEAR,
    rent_per_mw_year,
)
from claimbook.language import mark, tell, tell_many, word
from claimbook.words.certainty import sure
from claimbook.words.hosting import announced

PRINTED_UNITS = dict.fromkeys(("at the open", "lowest", "highest", "at the close"), "%")
INCOME_UNITS = {
    "revenue": MW_YEAR,
    "income, low": MW_YEAR,
    "income, high": MW_YEAR,
    "building cost, low": "m USD per MW",
    "building cost, high": "m USD per MW",
}
MINING_UNITS = {
    "revenue": MW_YEAR,
    "the same by our hashprice": MW_YEAR,
    "gross profit": MW_YEAR,
    "margin": "%",
    "cost that this implies": "USD per MWh",
}
POWER_UNITS = dict.fromkeys(("signed for AI", "delivered", "operating", "planned"), "MW")


def all_contracts_table(study: Study) -> pd.DataFrame:
    """Every contract with its computed revenue a megawatt and year beside the table's column."""
    rows = study.contracts
    return pd.DataFrame(
        {
            mark("customer"): rows["customer"],
            mark("announced"): announced(rows),
            mark("size"): rows["mw"],
            mark("MW of"): rows["basis"],
            mark("term"): rows["years"],
            mark("value"): rows["busd"],
            mark("revenue, computed"): rows["rent"],
            mark("as the table gives it"): rows["printed"],
            mark("business"): rows["kind"],
            mark("how sure"): sure(rows),
        }
    ).set_axis(pd.Index(rows["company"], name=mark("company")))


def all_contracts_sentence(study: Study) -> str:
    """The range of rents, the cloud contract beside them, and whether our column agrees."""
    rows = study.contracts
    both = rows.dropna(subset=["rent", "printed"])
    off = (both["rent"] - both["printed"]).abs()
    rents = rows.loc[rows["kind"] == HOSTING, "rent"].dropna()
    cloud = rows[rows["kind"] == CLOUD].dropna(subset=["rent"])
    unknown = int(rows["rent"].isna().sum())
    said = [
        tell(
            "{count} hosting contracts bring in {lowest} to {highest}, the middle one {median}.",
            count=len(rents),
            lowest=text.number(float(rents.min())),
            highest=text.amount(float(rents.max()), MW_YEAR),
            median=text.number(float(rents.median())),
        )
    ]
    if len(cloud):
        names = text.listed([f"{r.company} {text.number(r.rent)}" for r in cloud.itertuples()])
        paid = cloud["cost_low"].dropna()
        said.append(
            tell(
                "In the cloud business, where the miner owns the machines, it is {rents}, but the "
                "machines cost {cost} a megawatt, so the two cannot be compared as they stand.",
                rents=names,
                cost=text.amount(float(paid.iloc[0]), "m USD", 0),
            )
            if len(paid)
            else tell(
                "In the cloud business, where the miner owns the machines, it is {rents}, so the "
                "two cannot be compared as they stand.",
                rents=names,
            )
        )
    agree = tell(
        "Our quotient agrees with the table's column for {agreeing} of {all} contracts, to the "
        "last digit printed",
        agreeing=int((off <= 0.005 + 1e-9).sum()),
        all=len(both),
    )
    if unknown:
        agree = tell("{agree}; {unknown} lack a size, a term or both", agree=agree, unknown=unknown)
    said.append(f"{agree}.")
    gross = rows[rows["basis"] == "gross"]
    said += [
        tell(
            "{company}'s of {date:%Y-%m-%d} counts gross megawatts, so its revenue is lower than "
            "on the basis of the others.",
            company=row.company,
            date=row.date,
        )
        for row in gross.itertuples()
    ]
    return text.sentences(*said)


def printed_table(study: Study) -> pd.DataFrame:
    """Moves that sources printed beside contracts, and the prices of the day."""
    rows = study.printed
    wording = []
    for row in rows.itertuples():
        span = _printed_span(row.low, row.high)
        wording.append(tell("{span}, early", span=span) if row.early else span)
    frame = pd.DataFrame(
        {
            mark("share"): rows["ticker"],
            mark("as printed"): wording,
            mark("how sure"): rows["certainty"],
            mark("at the open"): rows["open"],
            mark("lowest"): rows["lowest"],
            mark("highest"): rows["highest"],
            mark("at the close"): rows["close"],
            mark("so the print agrees"): rows["agrees"].fillna(text.MISSING),
        }
    )
    return frame.set_index(pd.Index(rows["date"].dt.strftime("%Y-%m-%d"), name=mark("session")))


def _printed_span(low: float, high: float) -> str:
    """`+5 %`, or `+5 % to +8 %` where a range was printed."""
    first = text.amount(low, "percent", 0, sign=True)
    if high <= low:
        return first
    return tell("{low} to {high}", low=first, high=text.amount(high, "percent", 0, sign=True))


def printed_sentence(study: Study) -> str:
    """How many printed moves agree with the close, with the day's range, or with neither."""
    found = study.printed["agrees"].value_counts()
    return tell(
        "Of {moves} that the facts print, {at_close} agree with the close, {within} with a price "
        "within the day only, {outside} with neither, and {unchecked} cannot be checked. A move "
        "within the day may have been read off while the market was open.",
        moves=tell_many("{count} move", "{count} moves", len(study.printed)),
        at_close=int(found.get(prints.AT_CLOSE, 0)),
        within=int(found.get(prints.WITHIN, 0)),
        outside=int(found.get(prints.OUTSIDE, 0)),
        unchecked=int(study.printed["agrees"].isna().sum()),
    )


def income_table(study: Study) -> pd.DataFrame:
    """What hosting contracts leave after running costs, as the notes state it."""
    rows = study.hosting_income
    return pd.DataFrame(
        {
            mark("announced"): rows["date"],
            mark("revenue"): rows["rent"],
            mark("income, low"): rows["income_low"],
            mark("income, high"): rows["income_high"],
            mark("building cost, low"): rows["cost_low"],
            mark("building cost, high"): rows["cost_high"],
            mark("years of income that repay it"): _span_text(
                rows["years_low"], rows["years_high"]
            ),
            mark("how sure"): sure(rows),
        }
    )


def mining_income_table(study: Study) -> pd.DataFrame:
    """JPMorgan's revenue and gross profit, a megawatt and year, at the assumed efficiency."""
    rows = study.mining_income
    return pd.DataFrame(
        {
            mark("revenue"): rows["revenue"],
            mark("the same by our hashprice"): rows["ours"],
            mark("gross profit"): rows["income"],
            mark("margin"): rows["margin"],
            mark("cost that this implies"): rows["power_price"],
            mark("how sure"): sure(rows),
        }
    ).rename(index=lambda month: f"{month:%Y-%m}")


def income_sentence(study: Study) -> str:
    """The least that the facts leave between the two after running costs."""
    hosts = study.hosting_income
    hosts = hosts[hosts["kind"] == HOSTING]
    gap = hosting.least_income_gap(study)
    if gap != gap:
        return tell("The two cannot be compared after running costs: one side is not known.")
    mined = study.mining_income
    mined = mined[mined.index >= pd.Timestamp(study.contract_date).replace(day=1)]
    off = 100 * (study.mining_income["ours"] / study.mining_income["revenue"] - 1)
    low, high = float(hosts["income_low"].min()), float(hosts["income_high"].max())
    least, most = float(mined["income"].min()), float(mined["income"].max())
    left = tell(
        "After running costs the hosting contracts that state it leave {low} to {high}; mining "
        "left {least} to {most} in the months known since {month}, by JPMorgan's figures at that "
        "efficiency, which need not be that of all miners. The lowest of the one less the highest "
        "of the other is {gap}.",
        low=text.number(low),
        high=text.amount(high, MW_YEAR),
        least=text.number(least),
        most=text.number(most),
        month=study.contract_date[:7],
        gap=text.number(gap, 2, sign=True),
    )
    buildings = (
        tell("The cost of new buildings is not taken off.")
        if study.name in hosts.index
        else tell(
            "None of these contracts is {name}'s, whose costs are not in the tables, and the cost "
            "of new buildings is not taken off.",
            name=study.name,
        )
    )
    differs = tell(
        "Mining revenue by our hashprice differs from JPMorgan's by {lowest} to {highest} in "
        "single months.",
        lowest=text.amount(float(off.min()), "percent", 1, sign=True),
        highest=text.amount(float(off.max()), "percent", 1, sign=True),
    )
    return text.sentences(left, buildings, differs)


def power_table(study: Study) -> pd.DataFrame:
    """The company's power: signed, delivered, operating and planned."""
    rows = study.power
    return pd.DataFrame(
        {
            mark("signed for AI"): rows["signed"],
            mark("delivered"): rows["delivered"],
            mark("operating"): rows["operating"],
            mark("planned"): rows["planned"],
            mark("how sure"): sure(rows),
            mark("note"): rows["note"].fillna(""),
        }
    ).rename(index=lambda day: f"{day:%Y-%m-%d}")


def power_sentence(study: Study) -> str:
    """What share of its power the company had signed away, and what is not known."""
    known = study.power.dropna(subset=["operating"])
    if known.empty:
        said = tell("No table gives the power that {name} had in operation.", name=study.name)
    else:
        last = known.iloc[-1]
        said = tell(
            "On {day:%Y-%m-%d} {name} had signed {signed} of critical IT load, against {operating} "
            "of power by its own count.",
            day=known.index[-1],
            name=study.name,
            signed=text.amount(float(last["signed"]), "MW", 0),
            operating=text.amount(float(last["operating"]), "MW", 0),
        )
    handed = study.power.dropna(subset=["delivered"])
    if handed.empty:
        return text.sentences(
            said, tell("What had been delivered to tenants by any date is not in the tables.")
        )
    told = [
        tell(
            "{power} by {day:%Y-%m-%d} ({note})",
            power=text.amount(float(r.delivered), "MW", 0),
            day=day,
            note=r.note,
        )
        for day, r in zip(handed.index, handed.itertuples(), strict=True)
    ]
    delivered = tell(
        "Delivered to tenants, each figure in its own sense: {figures}. These differ in what they "
        "count and cannot be read as a series.",
        figures="; ".join(told),
    )
    return text.sentences(said, delivered)


def conflict_table(study: Study) -> pd.DataFrame:
    """Where sources disagree, both sides, and what each would mean."""
    rows: dict[str, tuple[str, str, str]] = {}
    for row in study.contracts.dropna(subset=["other_busd"]).itertuples():
        sides = [rent_per_mw_year(v, row.mw, row.years) for v in (row.busd, row.other_busd)]
        contract = tell(
            "{company}, contract of {date:%Y-%m-%d}", company=row.company, date=row.date
        )
        rows[contract] = (
            tell(
                "{value}, the difference of two totals ({certainty})",
                value=text.amount(row.busd, "bn USD", 1),
                certainty=word(row.certainty),
            ),
            tell(
                "{value}, the company's press by way of a summary",
                value=text.amount(row.other_busd, "bn USD", 1),
            ),
            text.listed([text.number(sides[0]), text.amount(sides[1], MW_YEAR)], "or"),
        )
    one = study.chosen
    if one["yearly_musd"] == one["yearly_musd"]:
        yearly = 1000 * float(one["busd"]) / float(one["years"])
        apart = 100 * (yearly / float(one["yearly_musd"]) - 1)
        rows[tell("A year's revenue of the contract")] = (
            tell("{amount}, value over term", amount=text.amount(yearly, "m USD", 1)),
            tell(
                "{amount}, the table's note",
                amount=text.amount(float(one["yearly_musd"]), "m USD", 0),
            ),
            tell("{share} apart", share=text.amount(apart, "percent", 1)),
        )
    beside = study.printed[study.printed["agrees"].isin([prints.WITHIN, prints.OUTSIDE])]
    for move in beside.itertuples():
        rows[tell("{share} on {day:%Y-%m-%d}", share=move.ticker, day=move.date)] = (
            tell(
                "{change}, close to close", change=text.amount(move.close, "percent", 1, sign=True)
            ),
            f"{_printed_span(move.low, move.high)} ({word(move.certainty)})",
            tell(
                "prices of the day went from {lowest} to {highest}",
                lowest=text.amount(move.lowest, "percent", 1, sign=True),
                highest=text.amount(move.highest, "percent", 1, sign=True),
            ),
        )
    for who, count in study.counts.iterrows():
        all_of_them = tell(
            "All contracts by {day:%Y-%m-%d}, counted by {who}", day=count["date"], who=who
        )
        rows[all_of_them] = (
            f"{_value(count)}, {_megawatts(count['mw'])} ({word(count['certainty'])})",
            tell(
                "{value}, {size}, sum of the contracts table",
                value=text.amount(float(count["our_busd"]), "bn USD", 1),
                size=_megawatts(count["our_mw"]),
            ),
            tell("which contracts the other count holds is not known"),
        )
    columns = [mark("one source says"), mark("another says"), mark("what follows")]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return frame.rename_axis(mark("question"))


def certainty_sentence(study: Study) -> str:
    """How sure the contracts' figures are."""
    kinds = study.contracts["certainty"].value_counts()
    parts = [f"{int(n)} {word(kind)}" for kind, n in kinds.items()]
    return tell(
        "The {count} contracts by how sure their figures are: {parts}. Second-hand "
        "means that the figure was seen only on another page than the company's or a "
        "known outlet's, and derived that it is arithmetic from other figures.",
        count=len(study.contracts),
        parts=text.listed(parts),
    )


def _span_text(low: pd.Series, high: pd.Series) -> list[str]:
    return [
        text.number(a, 1)
        if a == b or a != a
        else tell("{low} to {high}", low=text.number(a, 1), high=text.number(b, 1))
        for a, b in zip(low, high, strict=True)
    ]


def _value(count: pd.Series) -> str:
    """What others counted, with `over` where they said so."""
    value = text.amount(float(count["busd"]), "bn USD", 0)
    return tell("over {value}", value=value) if count["note"].startswith("over ") else value


def _megawatts(value: float) -> str:
    return tell("size not known") if value != value else text.amount(float(value), "MW", 0)
