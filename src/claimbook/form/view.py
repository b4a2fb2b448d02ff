"""What the form shows, as HTML: the outcome of a run, a field's explanation, a sentence."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from claimbook import ledger
from claimbook.form import fields
from claimbook.form.fields import Field
from claimbook.form.trial import Outcome
from claimbook.language import tell, tell_many, word

# A verdict's mark and its colours on light and dark paper; the word always stands beside them.
_MARKS = {
    ledger.HOLDS: ("✓", "holds"),
    ledger.IN_PART: ("½", "part"),
    ledger.FAILS: ("×", "fails"),
    ledger.UNTESTED: ("?", "untested"),
}

STYLE = """\
<style>
.claimbook-form { --holds: #17655a; --part: #825400; --fails: #a2371d; --untested: #4d5760;
  color: var(--jp-ui-font-color1, #16191c); font-size: 14px; line-height: 1.45;
  white-space: normal; }
[data-jp-theme-light="false"] .claimbook-form { --holds: #73cdbd; --part: #e8b95f;
  --fails: #f4a08a; --untested: #b6c0c9; }
.claimbook-form p { margin: 0 0 8px; max-width: 46em; }
.claimbook-form .help { font-size: 13px; line-height: 1.35; margin: 0; max-width: 34em;
  color: var(--jp-ui-font-color2, #4d5760); }
.claimbook-form .refused { border-left: 4px solid var(--fails); padding: 2px 10px; margin: 4px 0; }
.claimbook-form .command { margin: 2px 0 8px; padding: 6px 10px; overflow-x: auto;
  background: var(--jp-layout-color2, #f0f2f4); white-space: pre-wrap; font-size: 13px; }
.claimbook-form .outcome { border-top: 6px solid var(--tone); padding: 8px 0 0; }
.claimbook-form .word { font-size: 24px; font-weight: 600; color: var(--tone); margin: 0 0 6px; }
.claimbook-form .mark { display: inline-block; min-width: 1.25em; text-align: center;
  margin-right: 6px; font-weight: 700; border: 2px solid var(--tone); border-radius: 50%;
  line-height: 1.2; font-size: .72em; vertical-align: .12em; }
.claimbook-form dl { display: flex; flex-wrap: wrap; gap: 6px 32px; margin: 0 0 10px; }
.claimbook-form dl div { display: flex; flex-direction: column-reverse; flex: 0 1 16em;
  justify-content: flex-end; }
.claimbook-form dt, .claimbook-form dd { float: none; width: auto; display: block; }
.claimbook-form dt { font-weight: 400; font-size: 13px; color: var(--jp-ui-font-color2, #4d5760); }
.claimbook-form dd { margin: 0; font-size: 19px; font-weight: 600; }
.claimbook-form img { display: block; max-width: 720px; width: 100%; height: auto; margin: 8px 0;
  background: #fff; }
.claimbook-form table { border-collapse: collapse; margin: 8px 0; font-size: 13px; }
.claimbook-form caption { text-align: left; font-weight: 600; padding: 4px 0; }
.claimbook-form th, .claimbook-form td { text-align: left; vertical-align: top;
  padding: 4px 14px 4px 0; border-bottom: 1px solid var(--jp-border-color2, #d5d9dd);
  white-space: normal; font-weight: 400; }
.claimbook-form thead th { font-weight: 600; }
.claimbook-form .tone-holds { --tone: var(--holds); }
.claimbook-form .tone-part { --tone: var(--part); }
.claimbook-form .tone-fails { --tone: var(--fails); }
.claimbook-form .tone-untested { --tone: var(--untested); }
</style>"""


def framed(html: str) -> str:
    """A piece of the form, in the form's own style."""
    return f"<div class='claimbook-form'>{html}</div>"


def claim(title: str, paraphrase: str, who: str) -> str:
    """What the chosen claim says and who said it."""
    return framed(f"<p><strong>{escape(title)}</strong><br>{escape(paraphrase)} {escape(who)}</p>")


def explained(field: Field) -> str:
    """A field's help: the parameter's comment, its default, and what there is to choose from."""
    help_text = escape(field.explained)
    if field.kind == fields.DAY and field.options:
        span = tell("(from {first} to {last})", first=field.options[0], last=field.options[-1])
        help_text += f" {escape(span)}"
    if field.kind == fields.CHOICES:
        several = tell_many(
            "{count} to choose from; hold Ctrl (⌘ on a Mac) and click for several",
            "{count} to choose from; hold Ctrl (⌘ on a Mac) and click for several",
            len(field.options),
        )
        help_text += f"<br>{escape(several)}"
    return framed(f"<div class='help'>{help_text}</div>")


def refused(sentence: str) -> str:
    """The sentence that says why nothing is run; nothing where there is none."""
    said = f"<p class='refused' role='alert'>× {escape(sentence)}</p>" if sentence else ""
    return framed(said)


def command(line: str) -> str:
    """The command line that makes the same report."""
    return framed(
        f"<p class='help'>{escape(tell('The same on the command line, as a report:'))}</p>"
        f"<pre class='command'>{escape(line)}</pre>"
    )


def status(sentence: str) -> str:
    """One sentence about the run."""
    return framed(f"<span role='status'>{escape(sentence)}</span>")


def outcome(made: Outcome) -> str:
    """Verdict, key numbers, main figure and findings of a run, or the sentence of its error."""
    if made.error:
        return framed(f"<p class='refused' role='alert'>× {escape(made.error)}</p>")
    results = made.results
    changed = ", ".join(f"{n} = {fields.written(v)}" for n, v in made.changed.items())
    under = (
        tell("With {parameters}.", parameters=changed)
        if changed
        else tell("With the defaults, which reproduce the article.")
    )
    mark, tone = _MARKS[results["verdict"]]
    verdict = word(results["verdict"])
    return framed(
        f"<section class='outcome tone-{tone}' aria-label='{escape(tell('Verdict'))}'>"
        f"<p>{escape(results['title'])}<br>{escape(under)}</p>"
        f"<p class='word'><span class='mark' aria-hidden='true'>{mark}</span>"
        f"{escape(verdict[:1].upper() + verdict[1:])}</p>"
        f"<p>{escape(results.get('summary', ''))}</p>"
        f"{_numbers(results.get('key_numbers', []))}"
        f"{''.join(made.figures)}{_findings(results.get('findings', []))}</section>"
    )


def _numbers(items: Sequence[Mapping[str, Any]]) -> str:
    pairs = "".join(
        f"<div><dt>{escape(item['label'])}</dt><dd>{escape(item['value'])}</dd></div>"
        for item in items
    )
    return f"<dl>{pairs}</dl>" if pairs else ""


def _findings(items: Sequence[Mapping[str, Any]]) -> str:
    if not items:
        return ""
    rows = "".join(
        f"<tr><th scope='row'>{escape(item['statement'])}</th><td>{escape(item['printed_text'])}"
        f"</td><td>{escape(item['reproduced_text'])}</td><td>{_outcome(item)}</td>"
        f"<td>{escape(tell('decides') if item['decides'] else tell('cross-check'))}</td></tr>"
        for item in items
    )
    head = "".join(
        f"<th scope='col'>{escape(name)}</th>"
        for name in (
            tell("Finding"),
            tell("Printed"),
            tell("Reproduced"),
            tell("Outcome"),
            tell("Weight"),
        )
    )
    return (
        f"<table><caption>{escape(tell('Findings'))}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _outcome(item: Mapping[str, Any]) -> str:
    mark, _ = _MARKS[item["verdict"]]
    reason = item.get("reason") if item["verdict"] == ledger.UNTESTED else ""
    said = f"{mark} {escape(word(item['verdict']))}"
    return f"{said}: {escape(reason)}" if reason else said
