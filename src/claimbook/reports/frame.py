"""What every page shares: words, style, script, fonts, policy, and the gate before publication.

A page is one file. Its policy (Content-Security-Policy) names the one style and the scripts it
carries by their SHA-256 and allows nothing else, so the page can load nothing from anywhere. A
report's allows one thing more, a script from where the page itself lies: its own one asks there for
the versions before and after it (see `neighbours`).
"""

import base64
import contextlib
import functools
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup, escape

from claimbook import language, ledger, remembered
from claimbook.errors import LanguageError, LedgerError, RenderError

TEMPLATE = Path(__file__).with_name("template")
EXPLORABLES = Path(__file__).parents[1] / "charts" / "explorables"

# Family, weight, file. The sans is the one that the figures are set in.
FONTS = (
    ("Claimbook Sans", 400, "../charts/fonts/ClaimbookSans-Regular.woff2"),
    ("Claimbook Sans", 600, "../charts/fonts/ClaimbookSans-SemiBold.woff2"),
    ("Claimbook Serif", 600, "template/fonts/ClaimbookSerif-SemiBold.woff2"),
)

_LOADS = {
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "script": ("src",),
    "link": ("href",),
    "iframe": ("src", "srcdoc"),
    "frame": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "input": ("src",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
    "base": ("href",),
}
# A number with its sign of percent, and with the number it is a range with.
_QUANTITY = re.compile(r"(\d[\d.,]*(?: (?:to|and|–) \d[\d.,]*)?(?: %)?)")
_DIGEST = re.compile(r"[0-9a-f]{40,}")
# What Python says of an object that has no text of its own; it differs from run to run.
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")


def words() -> Mapping[str, Any]:
    """The words of the pages in the language that the ledger names, from template/words.yml.

    Raises LanguageError where the file has no entry for it.
    """
    try:
        return _words(ledger.language())
    except LedgerError:
        return _words(language.ENGLISH)  # whoever asks for a claim says what is wrong


@functools.cache
def _words(spoken_in: str) -> Mapping[str, Any]:
    spoken: dict[str, Any] = yaml.safe_load((TEMPLATE / "words.yml").read_text(encoding="utf-8"))
    if spoken_in not in spoken:
        raise LanguageError(
            f"data/claims.yml names the language {spoken_in!r}, for which "
            f"src/claimbook/reports/template/words.yml has no entry; it has {', '.join(spoken)}"
        )
    return dict(spoken[spoken_in])


@functools.cache
def style() -> str:
    """The one style sheet, fonts included."""
    faces = []
    for family, weight, file in FONTS:
        data = base64.b64encode((Path(__file__).parent / file).read_bytes()).decode("ascii")
        faces.append(
            f'@font-face{{font-family:"{family}";font-weight:{weight};font-display:swap;'
            f'src:url("data:font/woff2;base64,{data}") format("woff2")}}'
        )
    return "\n".join([*faces, _without_comments((TEMPLATE / "style.css").read_text("utf-8"))])


@functools.cache
def script() -> str:
    """The one script."""
    return (TEMPLATE / "script.js").read_text(encoding="utf-8").strip()


@functools.cache
def explorables() -> Mapping[str, str]:
    """The scripts that let a reader turn a figure, by name."""
    return {
        file.stem: file.read_text(encoding="utf-8").strip()
        for file in sorted(EXPLORABLES.glob("*.js"))
    }


@functools.cache
def policy(*, beside: bool = False) -> str:
    """The Content-Security-Policy of every page; `beside`, of one that reads a script beside it."""
    allowed = [_sha256(text) for text in (script(), *explorables().values())]
    scripts = " ".join(f"'{source}'" for source in [*allowed, *["self"] * beside])
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_sha256(style())}'",
            f"script-src {scripts}",
            "img-src data:",
            "font-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


@functools.cache
def environment() -> jinja2.Environment:
    """Jinja's environment for the pages that are not made from a notebook."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=True, bytecode_cache=compiled()
    )
    configure(made)
    return made


class _Compiled(jinja2.FileSystemBytecodeCache):
    """Jinja's cache on disk; a disk that is full or read-only costs time and nothing else."""

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        with contextlib.suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def compiled() -> jinja2.BytecodeCache | None:
    """Where templates are kept compiled; Jinja looks whether their text is still the same.

    What else their code depends on is set in this file, so its hash is in the folder's name.
    """
    made = f"{remembered.sha256(Path(__file__))[:8]}-{version('jinja2')}"
    place = remembered.PLACE / f"templates-{made}"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return _Compiled(str(place))


def configure(env: jinja2.Environment) -> None:
    """Escape by default, fail on a missing value, and give the templates what all pages need."""
    env.autoescape = True
    env.undefined = jinja2.StrictUndefined
    env.trim_blocks = True
    env.lstrip_blocks = True
    env.filters.update(_filters())
    env.tests["digest"] = lambda value: bool(_DIGEST.fullmatch(str(value)))
    spoken = words()
    env.globals.update(
        w=spoken,
        style=Markup(style()),
        script=Markup(script()),
        policy=policy(),
        policy_beside=policy(beside=True),
        explorables={name: Markup(text) for name, text in explorables().items()},
        script_words=json_block(spoken["script"]),
    )


def finished(html: str, what: str) -> str:
    """The page, if it may be published; RenderError where it may not, naming the page."""
    gate = _Gate()
    gate.feed(html)
    if address := _ADDRESS.search(html):
        gate.faults.append(f"it shows an object without a text of its own ({address[0]})")
    if gate.faults:
        raise RenderError(f"{what} cannot be published: {'; '.join(gate.faults)}")
    return html if html.endswith("\n") else html + "\n"


def json_block(value: Any) -> Markup:
    """JSON that is safe inside a script element."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for sign, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(sign, code)
    return Markup(text)


def day(date: object) -> str:
    """`26 March 2025` for an ISO date; other text as it is."""
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", str(date))
    if not match:
        return str(date)
    spoken = words()
    month = spoken["months"][int(match[2]) - 1]
    return str(spoken["date"].format(day=int(match[3]), month=month, year=match[1]))


def shown(value: object) -> str:
    """A parameter's value as a reader reads it."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def brief(value: object) -> str:
    """The same for a line that must stay short: the length of a long list instead of its items."""
    if isinstance(value, list | tuple) and len(value) > 3:
        return str(words()["values"].format(count=len(value)))
    return shown(value)


def slug(text: str) -> str:
    """A permanent anchor made from a heading."""
    return re.sub(r"[^\w]+", "-", text.lower()).strip("-") or "section"


def sentence(text: str) -> str:
    """Text that ends as a sentence does."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def unbroken(text: str) -> Markup:
    """A headline whose quantities (`4 to 12 %`) do not break at a line's end."""
    pieces = _QUANTITY.split(text)
    return Markup("").join(
        Markup('<span class="nobr">{}</span>').format(piece) if i % 2 else escape(piece)
        for i, piece in enumerate(pieces)
    )


def _filters() -> dict[str, Callable[..., Any]]:
    return {
        "day": day,
        "shown": shown,
        "brief": brief,
        "slug": slug,
        "sentence": sentence,
        "unbroken": unbroken,
        "fill": lambda text, **values: str(text).format(**values),
    }


def _sha256(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/\n?", "", css, flags=re.S).strip()


class _Gate(HTMLParser):
    """Looks for what no page may have: an image without words, a request to elsewhere."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        for name in _LOADS.get(tag, ()):
            address = (values.get(name) or "").strip()
            if address and not address.startswith(("data:", "#")):
                self.faults.append(f"<{tag} {name}> would load {address[:80]!r}")
        words = {"img": "alt", "svg": "aria-label"}.get(tag)
        hidden = values.get("aria-hidden") == "true"
        if words and not hidden and not real_alt(values.get(words)):
            self.faults.append(
                f"an image has no text that says what it shows (its {words} is "
                f"{values.get(words)!r})"
            )


def real_alt(alt: str | None) -> bool:
    """Whether a text says what an image shows, rather than that there is one."""
    text = (alt or "").strip()
    few = len(text.split()) < 4
    return bool(text) and not few and not re.match(r"^\W*(figure size|no description)", text, re.I)
