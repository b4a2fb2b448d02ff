"""A second language is a catalogue of messages: no sentence of an analysis stands elsewhere."""

import ast
import contextlib
import datetime as dt
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from babel.messages import mofile
from babel.messages.catalog import Catalog
from matplotlib.text import Text

from claimbook import language, ledger, parameters, paths, show, text
from claimbook.charts.chart import Chart
from claimbook.data import edition
from claimbook.errors import LanguageError
from claimbook.outputs import RESULT_MIME
from claimbook.reports import recipe

LANGUAGE = "qps"
ACCENTS = str.maketrans("aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ")
# A word with a vowel that has no accent.
LEFT = re.compile(r"(?<!\w)(?=[A-Za-z]*[a-z])(?=[A-Za-z]*[aeiouyAEIOUY])[A-Za-z]{2,}(?!\w)")
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


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the compiled messages of the language of accents."""
    folder = tmp_path_factory.mktemp("locale")
    place = folder / LANGUAGE / "LC_MESSAGES" / "claimbook.mo"
    place.parent.mkdir(parents=True)
    with place.open("wb") as file:
        mofile.write_mo(file, translated(tool().template()))
    return folder


@pytest.fixture
def accents(catalogues: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(language, "CATALOGUES", catalogues)
    with spoken(monkeypatch, LANGUAGE):
        yield


def outputs(monkeypatch: pytest.MonkeyPatch, claim: ledger.Claim) -> list[str]:
    """What a claim's notebook says: sentences, cells of tables, captions, words in figures."""
    shown: list[dict[str, Any]] = []
    drawn: list[Chart] = []
    monkeypatch.setattr(show, "_display", lambda bundle, metadata=None: shown.append(dict(bundle)))
    monkeypatch.setattr(show, "figure", lambda chart, explorable=None: drawn.append(chart))
    names: dict[str, Any] = {}
    for code in cells(claim):
        exec(compile(code, str(claim.notebook), "exec"), names)
    said = [part.get_text() for chart in drawn for part in chart.figure.findobj(Text)]
    said += [chart.alt for chart in drawn]
    for bundle in shown:
        if RESULT_MIME in bundle:
            result = bundle[RESULT_MIME]
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


def known(claim: ledger.Claim) -> list[str]:
    """What the ledger, the notebook, its parameters, and the tables of data say, longest first."""
    said = [*ledger.article().values(), *parameters.of(claim), *strings(asdict(claim))]
    for code in cells(claim):
        constants = (n.value for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Constant))
        said += [value for value in constants if isinstance(value, str)]
    _, tables = edition.open_edition(edition.resolve("current"))
    for name in claim.tables:
        said += [name, *strings(tables[name].descriptor)]
        rows = pd.read_csv(tables[name].path, dtype=str, keep_default_na=False)
        said += [value for column in rows for value in rows[column].unique()]
    plain = {part.strip(" .") for part in map(str, said) if LEFT.search(part)}
    return sorted(plain, key=len, reverse=True)


def strings(value: Any) -> list[str]:
    """All texts within a value."""
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def left(part: str, others: list[str]) -> str:
    """What of a part is neither translated nor said by others."""
    for phrase in others:
        if phrase in part:
            part = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", " ", part)
    return " ".join(LEFT.findall(part))


def test_a_whole_claim_speaks_another_language(
    accents: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = ledger.claim("price-pressure")
    said = outputs(monkeypatch, claim)
    assert len(said) > 300
    others = known(claim)
    assert {part: rest for part in said if (rest := left(part, others))} == {}


def test_numbers_dates_and_lists_are_those_of_the_language(accents: None) -> None:
    assert text.number(-1234.5) == "−1’234·50"
    assert text.amount(2.5, "percentage points", 1) == "2·5 pércéntágé póínts"
    assert text.number(None) == "nót knówn"
    assert text.day(dt.date(2025, 3, 26)) == "26 Márch 2025"
    assert text.listed(["a", "b", "c"], "or") == "a, b ór c"
    # A number that is formatted within a message, which no catalogue holds.
    assert language.tell("0.5: {days:g} days, {size:,.1f}", days=0.5, size=1e4) == (
        "0.5: 0·5 days, 10’000·0"
    )


def test_the_count_decides_between_one_and_many(accents: None) -> None:
    said = [language.tell_many("{count} day", "{count} days", count) for count in (1, 2)]
    assert said == ["1 dáý", "2 dáýs"]


def test_english_is_what_the_code_says() -> None:
    assert language.tell("On {day} it fell.", day="Monday") == "On Monday it fell."
    assert language.tell("{gap} stays for another program") == "{gap} stays for another program"
    assert language.tell_as("of a price", "rose") == "rose"
    # The empty text is how a catalogue calls its own header.
    assert language.word("") == ""


def test_a_language_without_a_catalogue_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with spoken(monkeypatch, "xx"), pytest.raises(LanguageError, match=r"'xx'.*claimbook\.po"):
        language.tell("Anything.")


def test_the_language_is_part_of_the_version(accents: None) -> None:
    odd_one = recipe.of(ledger.claim("price-pressure"))
    assert odd_one.ingredients["language"] == LANGUAGE
    plain = {k: v for k, v in odd_one.ingredients.items() if k != "language"}
    assert recipe.version_of(plain) != odd_one.version


def test_the_template_for_translators_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(paths.root() / "tools/messages.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ('tell("It fell by {size}.", size=1)', ""),
        ('tell("It fell by {size}.", sise=1)', "no value for size"),
        ('tell("It fell by {size}.", size=1, day=2)', "no place for day"),
        ('tell_many("{count} day to {end}", "{count} days to {end}", n)', "no value for end"),
        ("f\"{tell('It fell by {size:.1f}.', day=1)}\"", "no value for size"),
        ('tell_as("a price", "rose by {size}", size=1)', ""),
        ('mark("change (%)")', ""),
    ],
)
def test_a_place_without_a_value_is_found(tmp_path: Path, code: str, fault: str) -> None:
    folder = tmp_path / "src" / "package"
    folder.mkdir(parents=True)
    (folder / "module.py").write_text(f"x = {code}\n")
    (found,) = tool().messages(folder)
    assert found.place == "src/package/module.py"
    assert found.fault.partition(": ")[2] == fault


def test_a_message_that_is_no_literal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "module.py").write_text('tell(f"It fell by {size}.")\n')
    with pytest.raises(SystemExit, match=r"module\.py:1: .* must be a literal"):
        list(tool().messages(tmp_path / "a" / "b"))


def test_a_translation_with_other_places_is_not_compiled() -> None:
    catalogue = Catalog(locale="de")
    catalogue.add("It fell by {size}.", "Es fiel um {size}.")
    assert tool().untrue(catalogue) == []
    catalogue.add("It rose by {size}.", "Es stieg um {groesse}.")
    (fault,) = tool().untrue(catalogue)
    assert "{groesse}" in fault
