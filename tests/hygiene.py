"""What no page, notebook or record may hold: machine paths, requests to elsewhere, mute images."""

import json
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import small_project

# Attributes that make a browser fetch something. `href` does not on <a>, which waits for a click.
FETCHES = {"src", "srcset", "poster", "data", "background", "action", "formaction", "xlink:href"}
CSS_FETCH = re.compile(r"@import|url\(\s*['\"]?(?!data:|#|['\"]?data:)", re.I)
# An image may be given data that the script itself writes out (`.src = "data:…`), a script the list
# of versions beside a report, and nothing else: neither a variable's address, nor one by another
# way than an assignment.
SCRIPT_FETCH = re.compile(
    r"\bfetch\s*\(|XMLHttpRequest|WebSocket|EventSource|importScripts|import\s*\(|sendBeacon|"
    r"https?://|\.src(?:set)?\s*[-+*/|&?]*=(?!=|\s*[`'\"]data:|\s*\"\.\./versions\.js\";)|\[\s*['\"`]src|"
    r"etAttribute(?:NS)?\([^)]*['\"`](?:src|srcset|xlink:href)['\"`]\s*,|[{,]\s*src(?:set)?\s*:"
)
MACHINE_PATH = re.compile(
    r"(?:^|[\s\"'(=>:])(?:/(?:home|root|Users|tmp|var/folders|private|work|opt|usr|mnt|builds?)/"
    r"|[A-Za-z]:\\{1,2}Users)"
)
BASE64 = re.compile(r"base64,[A-Za-z0-9+/=]+")


class Page(HTMLParser):
    """The parts of a page that these rules are about."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.requests: list[str] = []
        self.alts: list[str | None] = []
        self.ids: list[str] = []
        self.language = ""
        self.titles = 0
        self.mains = 0
        self._inside: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        for name, value in values.items():
            address = (value or "").strip()
            fetches = name in FETCHES or (name == "href" and tag != "a")
            if fetches and address and not address.startswith(("data:", "#")):
                self.requests.append(f"<{tag} {name}={address[:60]!r}>")
            if name == "style" and CSS_FETCH.search(address):
                self.requests.append(f"<{tag} style={address[:60]!r}>")
            if name == "id":
                self.ids.append(address)
        if tag == "meta" and (values.get("http-equiv") or "").lower() == "refresh":
            target = re.search(r"url=(.*)", values.get("content") or "", re.I)
            if target and re.match(r"\s*['\"]?(?:[a-z]+:)?//", target[1]):
                self.requests.append(f"refresh to {target[1]!r}")
        if tag == "img":
            self.alts.append(values.get("alt"))
        if tag == "svg" and values.get("aria-hidden") != "true":
            assert values.get("role") == "img"
            self.alts.append(values.get("aria-label"))
        if tag == "html":
            self.language = values.get("lang") or ""
        self.titles += tag == "title"
        self.mains += tag == "main"
        if tag in ("script", "style"):
            self._inside.append((tag, values))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            return
        tag, values = self._inside[-1]
        if tag == "style" and (found := CSS_FETCH.search(data)):
            self.requests.append(f"style sheet: {data[found.start() : found.end() + 40]!r}")
        is_data = "json" in (values.get("type") or "")
        if tag == "script" and not is_data and (found := SCRIPT_FETCH.search(data)):
            self.requests.append(f"script: {data[found.start() : found.end() + 40]!r}")


def machine_paths(text: str) -> list[str]:
    """Paths of a machine, or of this one, in a text; embedded images and fonts do not count."""
    plain = BASE64.sub("", text)
    found = [plain[m.start() : m.end() + 40] for m in MACHINE_PATH.finditer(plain)]
    own = {str(small_project.REPOSITORY), str(Path.home()), sys.prefix, sys.base_prefix}
    return found + [place for place in own if len(place) > 3 and place in plain]


def texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value but PNG images."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key != "image/png":
                yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def of_json(path: Path) -> str:
    return "\n".join(texts(json.loads(path.read_text(encoding="utf-8"))))
