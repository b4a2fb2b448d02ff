"""Counts, sentences and tables of the start page, which shows every claim of the ledger."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from claimbook import ledger, text
from claimbook.language import mark, tell, tell_many
from claimbook.ledger import Quantity
from claimbook.reports import published
from claimbook.reports.published import Entry

COLUMNS = ("claim", "question", "verdict", "finding", "statement", "weight", "outcome")
DECIDES, CROSS_CHECK = mark("decides"), mark("cross-check")
UNKNOWN = text.MISSING


def headline(entries: Sequence[Entry]) -> tuple[list[tuple[str, str]], str]:
    """Key numbers (claims by verdict) and the summary of the box on the first screen."""
    counts = Counter(entry.verdict for entry in entries if entry.verdict)
    known = [verdict for verdict in ledger.VERDICTS if counts[verdict]]
    if not known:
        return [], tell("No report has been published yet, so no verdict can be shown here.")
    key = [
        (
            tell("{part} of {all}", part=counts[verdict], all=len(entries)),
            tell_many(
                "claim that {verdict}",
                "claims that {verdict}",
                counts[verdict],
                verdict=ledger.said_of(verdict, counts[verdict]),
            ),
        )
        for verdict in known
    ]
    parts = [f"{counts[v]} {ledger.said_of(v, counts[v])}" for v in known]
    if without := len(entries) - sum(counts.values()):
        parts.append(tell("for {without} there is no verdict here", without=without))
    counted = quantities(entries)
    deciding = int(counted["findings.deciding"].value or 0)
    checks = int(counted["findings.cross_checks"].value or 0)
    return key, tell(
        "Of {claims} claims, {parts}. Behind them stand {findings} findings, {deciding} of them "
        "deciding.",
        claims=len(entries),
        parts=text.listed(parts),
        findings=deciding + checks,
        deciding=deciding,
    )


def quantities(entries: Sequence[Entry]) -> dict[str, Quantity]:
    """Claims by verdict, and findings by weight, as counts."""
    counts = Counter(entry.verdict for entry in entries)
    grid = findings(entries)
    found = {
        f"claims.{verdict.replace(' ', '_')}": counts[verdict] for verdict in ledger.VERDICTS
    } | {
        "claims.all": len(entries),
        "claims.without_a_verdict": counts[None],
        "findings.deciding": int((grid["weight"] == DECIDES).sum()),
        "findings.cross_checks": int((grid["weight"] == CROSS_CHECK).sum()),
    }
    return {name: Quantity(count, "1") for name, count in found.items()}


def findings(entries: Sequence[Entry]) -> pd.DataFrame:
    """One row a published finding: `COLUMNS`, in the ledger's order, deciding ones first.

    A claim without a result has one row, with nothing but its question.
    """
    rows = []
    for entry in entries:
        about = (entry.claim.id, entry.claim.title, entry.verdict or UNKNOWN)
        listed = entry.results.get("findings", [])
        for item in sorted(listed, key=lambda item: not item["decides"]):
            weight = DECIDES if item["decides"] else CROSS_CHECK
            rows.append((*about, item["id"], item["statement"], weight, item["verdict"]))
        if not listed:
            rows.append((*about, "", "", "", ""))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def versions(entries: Sequence[Entry]) -> pd.DataFrame:
    """Which report each verdict is from, indexed by claim."""
    return pd.DataFrame(
        {
            mark("report"): [entry.version or mark("none") for entry in entries],
            mark("made from"): [made_from(entry) for entry in entries],
        },
        index=pd.Index([entry.claim.id for entry in entries], name=mark("claim")),
    )


def made_from(entry: Entry) -> str:
    """Whether a claim's report was made from what lies here now, in a table's few words."""
    return {
        published.AS_NOW: tell("the code, data and ledger that lie here now"),
        published.OTHER: tell("other code, data or rules than lie here now"),
        published.DAMAGED: tell("unknown: its results are not what its manifest recorded"),
        published.MISSING: tell("no report is published"),
        published.NO_NOTEBOOK: tell("no notebook is written yet"),
    }[entry.state]


def note(entry: Entry) -> str:
    """What a reader must know of a claim's result, and how to mend it; empty where all is well."""
    again = f"claimbook render {entry.claim.id}"
    return {
        published.AS_NOW: "",
        published.OTHER: tell(
            "This report was made from other code, data or rules than lie here now; what it says "
            "may differ from what `{command}` gives.",
            command=again,
        ),
        published.DAMAGED: tell(
            "The results of version {version} are not those that its manifest recorded, so no "
            "verdict is shown; `{command}` makes it anew.",
            version=entry.version,
            command=f"{again} --force",
        ),
        published.MISSING: tell(
            "No report of this claim is published here; `{command}` makes it.", command=again
        ),
        published.NO_NOTEBOOK: tell("Nobody has written the notebook for this claim yet."),
    }[entry.state]


def currency(entries: Sequence[Entry]) -> str:
    """One sentence: are all reports made from what lies here now?"""
    off = [entry.claim.id for entry in entries if entry.state != published.AS_NOW]
    if not off:
        return tell(
            "All {count} reports were made from the code, data and ledger that lie here now.",
            count=len(entries),
        )
    return tell(
        "{part} of {all} reports are missing, damaged, or made from other code, data or rules than "
        "lie here now: {reports}. To bring them up to date: claimbook render.",
        part=len(off),
        all=len(entries),
        reports=text.listed(off),
    )


def source(entries: Sequence[Entry], edition: str) -> str:
    """The line below the figure."""
    there = sum(bool(entry.results) for entry in entries)
    return tell(
        "Source: results of {count} published reports. Data to {edition}.",
        count=there,
        edition=edition,
    )
