"""A second language is a catalogue of messages: no sentence of an analysis stands elsewhere."""

import contextlib
import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog

from claimbook import language, ledger, parameters, paths, show, text
from claimbook.data import edition
from claimbook.errors import LanguageError

LANGUAGE = "qps"
PLAIN, ODD = "abcdefghiklmnoprstuvwxyz", "áƀçđéƒǧħíķłḿñóṕɋřšŧúṽŵẋýž".replace("ɋ", "")
ACCENTS = str.maketrans(PLAIN + PLAIN.upper(), ODD + ODD.upper())
LEFT = re.compile(r"[A-Za-z]*[a-z]{2,}[A-Za-z]*")
SIGNS = {"sign before the decimals": "·", "sign between thousands": "’"}


def tool() -> ModuleType:
    """tools/messages.py as a module."""
    spec = importlib.util.spec_from_file_location("messages", paths.root() / "tools/messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def odd(message: str) -> str:
    """The message with an accent on every letter outside the places for values."""
    parts = re.split(r"(\{[^}]*\})", message)
    return "".join(part if part.startswith("{") else part.translate(ACCENTS) for part in parts)


def translated(template: Catalog) -> Catalog:
    """All messages in a language of accents, with signs of its own for numbers."""
    catalogue = Catalog(project="claimbook", fuzzy=False)
    for message in template:
        if message.id:
            ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            said = [SIGNS.get(message.context or "", odd(one)) for one in ids]
            catalogue.add(
                message.id, said[0] if len(said) == 1 else tuple(said), context=message.context
            )
    return catalogue


@contextlib.contextmanager
def spoken(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    """All reports in that language."""
    monkeypatch.setattr(ledger, "language", lambda: name)
    forget()
    yield
    monkeypatch.undo()
    forget()


def forget() -> None:
    language.catalogue.cache_clear()
    language._signs.cache_clear()


@pytest.fixture
def accents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    place = tmp_path / LANGUAGE / "LC_MESSAGES" / "claimbook.mo"
    place.parent.mkdir(parents=True)
    with place.open("wb") as file:
        mofile.write_mo(file, translated(tool().template()))
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    with spoken(monkeypatch, LANGUAGE):
        yield


def outputs(monkeypatch: pytest.MonkeyPatch, claim: ledger.Claim) -> list[str]:
    """What a claim's notebook says: sentences, cells of tables and captions, without figures."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(show, "_display", lambda bundle, metadata=None: shown.append(dict(bundle)))
    monkeypatch.setattr(show, "figure", lambda chart, explorable=None: None)
    names: dict[str, Any] = {}
    for code in cells(claim):
        exec(compile(code, str(claim.notebook), "exec"), names)
    said = []
    for bundle in shown:
        if show.RESULT_MIME in bundle:
            result = bundle[show.RESULT_MIME]
            said += [result["summary"], *(number["label"] for number in result["key_numbers"])]
        else:
            html = bundle.get("text/html") or bundle["text/markdown"]
            html = re.sub(r"<style>.*?</style>", "", html)
            said += [unescape(part) for part in re.split(r"<[^>]+>", html)]
            said += [unescape(label) for label in re.findall(r"aria-label='([^']*)'", html)]
    return [part.strip() for part in said if part.strip()]


def cells(claim: ledger.Claim) -> list[str]:
    notebook = json.loads(paths.notebook(str(claim.notebook)).read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def known(claim: ledger.Claim) -> str:
    """What the ledger, the notebook, its parameters, and the tables of data say themselves."""
    _, tables = edition.open_edition(edition.resolve("current"))
    said = [repr(claim), *cells(claim), *parameters.of(claim), *ledger.article().values()]
    for name in claim.tables:
        said += [repr(dict(tables[name].descriptor)), tables[name].path.read_text("utf-8")]
    return re.sub(r"\s+", " ", " ".join(map(str, said)).replace("\\'", "'"))


def left(said: list[str], others: str) -> list[str]:
    """What is neither translated nor said by others, word by word."""
    words = {word for part in said for word in LEFT.findall(part)}
    return sorted(word for word in words if word not in others)


def test_a_whole_claim_speaks_another_language(
    accents: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = ledger.claim("price-pressure")
    said = outputs(monkeypatch, claim)
    assert len(said) > 300
    # A part that is nobody else's must not hold one plain English word.
    others = known(claim)
    plain = [part for part in said if LEFT.search(part) and part not in others]
    assert left(plain, others) == []
