"""The catalogue's page: every claim, its verdict, and in short what its versions changed."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from claimbook import ledger
from claimbook.language import word
from claimbook.reports import frame, version_text
from claimbook.reports.files import INDEX

OTHERS = 12  # reports with other parameters that one claim's history lists here

NO_VERDICT = {"failed": "badge-failed"}


def render(catalogue: Mapping[str, Any]) -> str:
    """The page reports/index.html: every claim of the ledger, judged or not.

    `catalogue` is the content of reports/catalogue.json. Paths in it are relative to reports/.
    """
    spoken = frame.words()
    article = catalogue["article"]
    claims = [_claim(entry, catalogue.get("sweeps", [])) for entry in catalogue["claims"]]
    content = {
        "title": spoken["catalogue_title"].format(title=article["title"], count=len(claims)),
        "description": spoken["catalogue_lead"].format(
            publisher=article["publisher"],
            title=article["title"],
            date=frame.day(article["date"]),
        ),
        "home": None,
        "article": article,
        "edition": catalogue["edition"],
        "claims": claims,
        "start": catalogue.get("start"),
        "states": _states(claims),
    }
    html = frame.environment().get_template("catalogue.html.j2").render(page=content)
    return frame.finished(html, "the catalogue")


def _claim(entry: Mapping[str, Any], sweeps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    spoken = frame.words()
    status = str(entry["status"])
    verdict = entry.get("verdict") if status == "published" else None
    state = str(verdict or status)
    reports = [_report(report) for report in entry.get("reports", [])]
    failures = [_failure(failure) for failure in entry.get("failures", [])]
    failed = next((f for f in failures if f["default"]), None) if status == "failed" else None
    label = word(state) if verdict else spoken["status"].get(status, status)
    return {
        **entry,
        "verdict": verdict,
        "summary": entry.get("summary") if verdict else None,
        "key_numbers": entry.get("key_numbers") or [] if verdict else [],
        "state": state,
        "label": label[:1].upper() + label[1:],
        "badge": f"badge-{state.replace(' ', '-')}"
        if verdict
        else NO_VERDICT.get(status, "badge-open"),
        "note": spoken["status_text"].get(status, ""),
        "address": failed["address"] if failed else _address(entry, reports),
        "read": spoken["read_failure"] if failed else spoken["read_report"],
        "error": failed["message"] if failed else "",
        "reports": [*_listed(reports), *failures],
        "count": len(reports) + len(failures),
        "more": len(reports) - len(_listed(reports)),
        "page": f"{quote(str(entry['id']))}/{INDEX}",
        "since": next((r for r in reports if r["version"] == entry["latest"] and r["since"]), None),
        "sweeps": [
            {"title": sweep["title"], "address": quote(sweep["path"])}
            for sweep in sweeps
            if sweep["claim"] == entry["id"]
        ],
    }


def _listed(reports: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """All versions of the article's own report, and the first few with other parameters."""
    own = [report for report in reports if report["default"]]
    others = [report for report in reports if not report["default"]]
    return [*own, *others[:OTHERS]]


def _address(entry: Mapping[str, Any], reports: Sequence[Mapping[str, Any]]) -> str | None:
    """Where the latest report is: by its path where the catalogue has one."""
    latest = entry.get("latest")
    if not latest:
        return None
    paths = [r["address"] for r in reports if r["version"] == latest and r["address"]]
    return paths[0] if paths else f"{quote(str(entry['id']))}/{quote(str(latest))}/index.html"


def _report(report: Mapping[str, Any]) -> dict[str, Any]:
    spoken = frame.words()
    path = str(report.get("path") or "")
    if path and not path.endswith(".html"):
        path = path.rstrip("/") + "/index.html"
    return {
        **report,
        "address": quote(path) or None,
        "badge": f"badge-{str(report['verdict']).replace(' ', '-')}"
        if report.get("verdict")
        else "badge-failed",
        "label": word(report["verdict"]) if report.get("verdict") else spoken["status"]["failed"],
        "parameters": version_text.altered(report),
        "since": report.get("since"),
        "changed": version_text.changed(report),
    }


def _failure(failure: Mapping[str, Any]) -> dict[str, Any]:
    """A failed run, as a row beside the versions."""
    spoken = frame.words()
    error = ": ".join(str(failure[k]) for k in ("name", "message") if failure.get(k))
    row = _report({**failure, "version": spoken["history_failed"], "edition": "", "verdict": None})
    return {**row, "default": bool(failure.get("default")), "message": error}


def _states(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The filter's choices: the states that occur, verdicts first and in the ledger's order."""
    labels = {claim["state"]: claim["label"] for claim in claims}
    order = [v for v in ledger.VERDICTS if v in labels]
    order += [state for state in labels if state not in order]
    return [{"value": state, "label": labels[state]} for state in order]
