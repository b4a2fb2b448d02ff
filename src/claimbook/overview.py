"""What the start page puts on the page: the box on its first screen, and one card a claim.

Plain, semantic HTML as in `claimbook.show`: styled by the report's page, readable without it.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from IPython.display import display

from claimbook import ledger
from claimbook.language import tell, word
from claimbook.reports.published import Entry
from claimbook.words import start as words


def box(key_numbers: Sequence[tuple[str, str]], summary: str, basis: str) -> None:
    """The box on the first screen: how many claims hold. It is no verdict, and names none."""
    html = (
        f"<section class='verdict verdict-overview' aria-label='{escape(tell('At a glance'))}'>"
        f"<p class='verdict-summary'>{escape(summary)}</p>"
        f"{_numbers(key_numbers)}<p class='verdict-basis'>{escape(basis)}</p></section>"
    )
    plain = f"{summary} {basis}"
    _display({"text/html": html, "text/plain": plain})


def cards(entries: Sequence[Entry]) -> None:
    """Each claim with who said it, its verdict, its key numbers, and the way to its report."""
    html = f"<ol class='ledger'>{''.join(map(_card, entries))}</ol>"
    plain = "\n".join(
        f"{e.claim.title} {word(e.verdict) if e.verdict else tell('no verdict here')}"
        for e in entries
    )
    _display({"text/html": html, "text/plain": plain})


def badge(verdict: str | None) -> str:
    """A verdict as a word with its mark; the mark is drawn by the page."""
    if verdict not in ledger.VERDICTS:
        return f"<span class='badge badge-open'>{escape(tell('no verdict here'))}</span>"
    mark = verdict.replace(" ", "-")
    return f"<strong class='badge badge-{mark}'>{escape(word(verdict))}</strong>"


def _card(entry: Entry) -> str:
    claim, results = entry.claim, entry.results
    title = escape(claim.title)
    heading = f"<a href='{escape(entry.address)}'>{title}</a>" if entry.address else title
    numbers = [(item["value"], item["label"]) for item in results.get("key_numbers", [])]
    note = words.note(entry)
    # What the notes name in backquotes is typed into a terminal.
    marked = "".join(
        f"<code>{escape(part)}</code>" if i % 2 else escape(part)
        for i, part in enumerate(note.split("`"))
    )
    version = ""
    if entry.address:
        label = escape(tell("Read the report: {title}", title=claim.title))
        which = escape(tell("version"))
        version = (
            f"<p class='ledger-version'><a href='{escape(entry.address)}' "
            f"aria-label='{label}'>{escape(tell('Read the report'))}</a>, "
            f"{which} <code>{escape(entry.version or '')}</code></p>"
        )
    return (
        f"<li class='ledger-claim' id='claim-{escape(claim.id)}'>"
        f"<h3>{heading}</h3>"
        f"<p class='ledger-who'>{escape(claim.asserted_by)}, {escape(claim.asserted_on)}</p>"
        f"<p class='ledger-verdict'>{badge(entry.verdict)}</p>"
        + (f"<p>{escape(results['summary'])}</p>" if results.get("summary") else "")
        + _numbers(numbers)
        + (f"<p class='ledger-note'>{marked}</p>" if note else "")
        + version
        + "</li>"
    )


def _numbers(key_numbers: Sequence[tuple[str, str]]) -> str:
    if not key_numbers:
        return ""
    items = "".join(
        f"<div class='key-number'><dt>{escape(label)}</dt>"
        f"<dd><strong>{escape(value)}</strong></dd></div>"
        for value, label in key_numbers
    )
    return f"<dl class='key-numbers'>{items}</dl>"


def _display(bundle: Mapping[str, Any]) -> None:
    display(dict(bundle), raw=True)  # type: ignore[no-untyped-call]
