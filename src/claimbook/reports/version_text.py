"""What lists and pages say of a version, in short: its verdict, parameters, moment and changes.

Pure: entries of catalogue.json or history.json in, texts out.
"""

import re
from collections.abc import Mapping
from typing import Any

from claimbook.language import word
from claimbook.reports import changes, frame

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)")


def moment(iso: str) -> str:
    """`22 November 2026, 14:30 UTC` for a moment in ISO form; `not known` for none."""
    words = frame.words()["claim_page"]
    match = _MOMENT.match(iso)
    if not match:
        return str(words["rendered_unknown"])
    return str(words["moment"].format(day=frame.day(match[1]), time=match[2]))


def altered(report: Mapping[str, Any]) -> str:
    """The parameters of a version that are not the article's, `name = value; …`."""
    values = report.get("altered", report.get("parameters") or {})
    return "; ".join(f"{name} = {frame.brief(value)}" for name, value in values.items())


def findings(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """The findings of a version that differ from the one before, each as one line."""
    none = frame.words()["diff"]["not_there"]
    lines = []
    for pair in report.get("findings", []):
        verdicts, values = (
            [side or none for side in (pair[kind]["old"], pair[kind]["new"])]
            for kind in ("verdict", "reproduced")
        )
        turned = verdicts[0] != verdicts[1]
        said_of = [word(verdict) for verdict in verdicts]
        differing = said_of if turned else values if values[0] != values[1] else []
        said = "; ".join([" → ".join(differing)] if differing else pair.get("notes", []))
        lines.append({"statement": pair["statement"], "said": said, "turned": turned})
    return lines


def badge(verdict: str | None) -> dict[str, str]:
    """A verdict's style and label, first letter large; for none, that of a page without one."""
    if not verdict:
        label = frame.words()["claim_page"]["no_verdict"]
        return {"badge": "badge-open", "label": label}
    label = word(verdict)
    return {
        "badge": f"badge-{verdict.replace(' ', '-')}",
        "label": label[:1].upper() + label[1:],
    }


def changed(report: Mapping[str, Any]) -> str:
    """What a version changed, in one line: findings that turned, then what went into it."""
    spoken = frame.words()
    if not report.get("since"):
        return str(spoken["history_first"]) if "since" in report else ""
    turned = [f["said"] for f in findings(report) if f["turned"]]
    said = list(report["changes"])
    more = len(said) - changes.SHOWN
    said = said[: changes.SHOWN] + [spoken["changes"]["more"].format(count=more)] * (more > 0)
    verdicts = [spoken["history_turned"].format(count=len(turned))] if turned else []
    return "; ".join([*verdicts, *said])
