"""The page that compares two versions of a claim, and the same for programs.

Made of the two versions' files alone, so equal bytes wherever it is made.
"""

import csv
import dataclasses
import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import nbformat

from claimbook.errors import RenderError
from claimbook.language import word
from claimbook.reports import diff, diff_text, frame, sections, version_text
from claimbook.reports.diff import CONTENT, Difference, FindingPair, QuantityPair
from claimbook.reports.files import INDEX, NOTEBOOK, as_json
from claimbook.reports.sections import Figure
from claimbook.reports.shelf import Shelf, Version


def of(old: Version, new: Version) -> Difference:
    """The difference of two versions on disk."""
    return diff.between(old.manifest, old.results, new.manifest, new.results)


def can_stand(shelf: Shelf, *versions: Version) -> bool:
    """Whether the versions lie on the shelf, so that a page there can link to them."""
    home = shelf.folder.resolve()
    return all(
        # What a manifest calls itself becomes part of a path here, so it must be what it is called.
        v.folder.resolve() == home / v.folder.parent.name / v.name
        and (v.manifest["claim"], v.manifest["version"]) == (v.folder.parent.name, v.name)
        for v in versions
    )


def write(shelf: Shelf, old: Version, new: Version) -> str:
    """Write the page and its JSON on the shelf; the page's path below it.

    The JSON records the page's SHA-256, so that `claimbook verify` can check it.
    """
    found = of(old, new)
    html = render(found, old, new).encode()
    folder = diff.place(found.claim, found.old, found.new)
    # Both at once: the list without its page would hold no version, and miss those that go.
    shelf.put(folder, {CONTENT: as_json(content(found, old, new, html)), INDEX: html})
    return f"{folder}/{INDEX}"


def content(found: Difference, old: Version, new: Version, html: bytes) -> dict[str, Any]:
    """The content of diff.json."""
    return {
        "claim": found.claim,
        "old": found.old,
        "new": found.new,
        "changes": [dataclasses.asdict(change) for change in found.changes],
        **diff.judged(old.results, new.results),
        "page": {INDEX: hashlib.sha256(html).hexdigest()},
    }


def render(found: Difference, old: Version, new: Version) -> str:
    """The page reports/<claim>/diffs/<old>..<new>/index.html."""
    spoken = frame.words()
    w = spoken["diff"]
    title = str(new.results.get("title", found.claim))
    drawn = [main_figures(version) for version in (old, new)]
    pictures = [[figure.image for figure in figures] for figures in drawn]
    same = pictures[0] == pictures[1] and bool(pictures[0])
    headings = (w["old_figure"], w["both_figures"] if same else w["new_figure"])
    page = {
        "title": w["title"].format(title=frame.sentence(title)),
        "description": diff_text.verdict(found, lead=True),
        "home": f"../../../{INDEX}#{found.claim}",
        "heading": title,
        "lead": diff_text.verdict(found, lead=True),
        "name": f"{found.claim}-{found.old}-{found.new}",
        "history": f"../../{INDEX}#v-{quote(found.new)}",
        "json": CONTENT,
        "old": _side(old, w["old_version"], w["read_old"], new),
        "new": _side(new, w["new_version"], w["read_new"], old),
        "turned": [_finding(pair) for pair in found.turned],
        "moved": [_finding(pair) for pair in found.moved],
        "unmoved": [_finding(pair) for pair in found.findings if pair.same],
        "figures_same": same,
        "figures_shown": "alone" if same else "pair",
        "figures": [
            {
                "heading": heading.format(version=version.name),
                "figures": [_named(figure, version) for figure in figures],
            }
            for heading, version, figures in zip(headings, (old, new), drawn, strict=True)
            if any(pictures)
        ][same:],
        "inputs": [
            {"kind": spoken["changes"]["kinds"][change.kind], "said": change.said}
            for change in found.changes
        ],
        "quantities": [_quantity(pair) for pair in found.differing],
        "unchanged": [_quantity(pair) for pair in found.quantities if pair.same],
        "csv": "data:text/csv;charset=utf-8," + quote(table(found.quantities)),
    }
    html = frame.environment().get_template("diff.html.j2").render(page=page)
    return frame.finished(html, f"the comparison {found.old} to {found.new} of {found.claim}")


def table(pairs: Sequence[QuantityPair]) -> str:
    """Every quantity with all its digits, as CSV; empty where a side has no value."""
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(["quantity", "old", "old_unit", "new", "new_unit", "new_less_old"])
    for pair in pairs:
        writer.writerow(
            [pair.name, pair.old, pair.old_unit, pair.new, pair.new_unit, pair.difference]
        )
    return rows.getvalue()


def main_figures(version: Version) -> list[Figure]:
    """The figures of the notebook's main-figure cell, with the words they were published with.

    Raises RenderError where the notebook cannot be read.
    """
    file = version.folder / NOTEBOOK
    try:
        notebook = nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
        parts = sections.parts(notebook)
    except (OSError, ValueError, KeyError, TypeError, nbformat.ValidationError) as error:
        name = f"{version.folder.parent.name}/{version.name}/{NOTEBOOK}"
        raise RenderError(f"{name} cannot be read ({type(error).__name__})") from error
    return [piece.content for piece in parts.of("main-figure") if piece.kind == "figure"]


def _named(figure: Figure, version: Version) -> Figure:
    """Both versions call their figure the same; on one page each needs a name of its own.

    What lets a reader turn a figure stays with the report: here the two are to be set side by side.
    """
    return dataclasses.replace(figure, name=f"{figure.name}-{version.name}", script=None, model="")


def _side(version: Version, heading: str, read: str, other: Version) -> dict[str, Any]:
    mine, theirs = version.manifest["parameters"], other.manifest["parameters"]
    badge = version_text.badge(version.results.get("verdict"))
    return {
        "id": frame.slug(heading),
        "heading": heading,
        "version": version.name,
        "edition": version.manifest["edition"],
        "verdict": badge["label"],
        "badge": badge["badge"],
        "summary": version.results.get("summary", ""),
        "parameters": "; ".join(
            f"{name} = {frame.shown(value)}"
            for name, value in mine.items()
            if name not in theirs or theirs[name] != value
        ),
        "address": f"../../{quote(version.name)}/{INDEX}",
        "read": read,
    }


def _finding(pair: FindingPair) -> Mapping[str, Any]:
    w = frame.words()["diff"]
    return {
        "statement": pair.statement,
        "note": "; ".join(diff_text.notes(pair)),
        "verdicts": [
            version_text.badge(verdict) | {"label": word(verdict)}
            if verdict
            else {"label": w["not_there"], "badge": ""}
            for verdict in (pair.old_verdict, pair.new_verdict)
        ],
        "reproduced": [
            value if value is not None else w["not_there"]
            for value in (pair.old_reproduced, pair.new_reproduced)
        ],
    }


def _quantity(pair: QuantityPair) -> Mapping[str, str]:
    return {
        "name": pair.name,
        "old": diff_text.side(pair, new=False),
        "new": diff_text.side(pair, new=True),
        "difference": diff_text.difference(pair),
    }
