"""Collect the words that a reader sees, for a translator, and compile what a translator wrote.

    python tools/messages.py                 write tools/claimbook.pot from the code
    python tools/messages.py --check         write nothing; fail where the file is out of date
    python tools/messages.py start LANGUAGE  begin a language's claimbook.po, or bring it up to date
    python tools/messages.py compile         check every claimbook.po and write its claimbook.mo

Messages are the literals given to the functions of `claimbook.language`. They are found in the
syntax tree, since some stand inside f-strings, where Babel's own extraction does not look.
"""

import ast
import io
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "claimbook"
TEMPLATE = Path(__file__).with_name("claimbook.pot")
LOCALE = SOURCE / "locale"
DOMAIN = "claimbook"

# How many of a function's first arguments are the message, and whether one before says its use.
SPEAKERS = {"mark": (1, False), "tell": (1, False), "tell_many": (2, False), "tell_as": (1, True)}
# Records whose arguments at these places are marked by standing there.
RECORDS = {"Input": (1, 2, 5)}
WIDTH = 100


@dataclass(frozen=True)
class Message:
    """A literal in the code: one text, or one and many; `given` are the names of its values."""

    place: str
    line: int
    texts: tuple[str, ...]
    use: str | None
    given: frozenset[str]
    marked: bool

    @property
    def fault(self) -> str:
        """What is wrong with the call; empty where nothing is."""
        asked = set().union(*map(fields, self.texts))
        counted = {"count"} if len(self.texts) == 2 else set()
        # Without values nothing is filled in: such braces are for another program.
        if (asked and not self.given and not counted) or self.marked:
            return ""
        if missing := asked - self.given - counted:
            return f"{self.place}:{self.line}: no value for {', '.join(sorted(missing))}"
        if unused := self.given - asked:
            return f"{self.place}:{self.line}: no place for {', '.join(sorted(unused))}"
        return ""


def main() -> int:
    match sys.argv[1:]:
        case []:
            TEMPLATE.write_text(written(template()), encoding="utf-8")
            return 0
        case ["--check"]:
            return check()
        case ["start", language]:
            start(language)
            return 0
        case ["compile"]:
            return compile_all()
        case _:
            print(__doc__)
            return 2


def check() -> int:
    faults = [message.fault for message in messages() if message.fault]
    if not TEMPLATE.is_file() or TEMPLATE.read_text(encoding="utf-8") != written(template()):
        faults.append("tools/claimbook.pot is out of date; run `python tools/messages.py`")
    print("\n".join(faults), end="\n" * bool(faults))
    return 1 if faults else 0


def start(language: str) -> None:
    """Write a language's file for the translator; what is translated already stays."""
    place = LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_file():
        with place.open("rb") as file:
            catalogue = pofile.read_po(file, locale=language)
    else:
        catalogue = Catalog(locale=language, project=DOMAIN, fuzzy=False)
    catalogue.update(template())
    with place.open("wb") as file:
        pofile.write_po(file, catalogue, width=WIDTH, include_lineno=False)
    print(f"translate {place.relative_to(ROOT)}, then run `python tools/messages.py compile`")


def compile_all() -> int:
    faults = []
    for place in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        with place.open("rb") as file:
            catalogue = pofile.read_po(file, locale=place.parts[-3])
        found = untrue(catalogue)
        faults += [f"{place.relative_to(ROOT)}: {fault}" for fault in found]
        if not found:
            with place.with_suffix(".mo").open("wb") as file:
                mofile.write_mo(file, catalogue)
    print("\n".join(faults), end="\n" * bool(faults))
    return 1 if faults else 0


def untrue(catalogue: Catalog) -> list[str]:
    """A sentence for each translation whose places are not those of its message."""
    faults = []
    for message in catalogue:
        if not message.id or not message.string:
            continue
        texts, said = (
            (one,) if isinstance(one, str) else tuple(one) for one in (message.id, message.string)
        )
        due = set().union(*map(fields, texts))
        for one in filter(None, said):
            # One of several plural forms need not repeat the count.
            if fields(one) | {"count"} != due | {"count"}:
                faults.append(f"the places of {one!r} are not those of {texts[0]!r}")
    return faults


def template() -> Catalog:
    """All messages, without a translation."""
    catalogue = Catalog(project=DOMAIN, fuzzy=False)
    for message in messages():
        one, *many = message.texts
        entry = catalogue.add(
            (one, *many) if many else one, locations=[(message.place, 0)], context=message.use
        )
        # A percent sign is a percent sign here.
        entry.flags.discard("python-format")
    return catalogue


def written(catalogue: Catalog) -> str:
    """A catalogue as text; without a header it says no date, so that equal messages are equal."""
    file = io.BytesIO()
    pofile.write_po(file, catalogue, width=WIDTH, omit_header=True, include_lineno=False)
    return file.getvalue().decode("utf-8")


def messages(folder: Path = SOURCE) -> Iterator[Message]:
    """The messages of all modules below a folder, in order of their place."""
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if not any(f"{name}(" in source for name in (*SPEAKERS, *RECORDS)):
            continue
        tree = ast.parse(source)
        place = path.relative_to(folder.parents[1]).as_posix()
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            yield from _messages(call, place)


def fields(text: str) -> set[str]:
    """The names of the places in a message."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _messages(call: ast.Call, place: str) -> Iterator[Message]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    for position in RECORDS.get(name, ()):
        if position < len(call.args) and isinstance(call.args[position], ast.Constant):
            label = ast.literal_eval(call.args[position])
            yield Message(place, call.lineno, (label,), None, frozenset(), marked=True)
    if name not in SPEAKERS:
        return
    count, has_use = SPEAKERS[name]
    literals = [
        argument.value
        for argument in call.args[: count + has_use]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    if len(literals) != count + has_use:
        raise SystemExit(f"{place}:{call.lineno}: what {name} is given must be a literal")
    use = literals.pop(0) if has_use else None
    given = frozenset(keyword.arg or "**" for keyword in call.keywords)
    yield Message(place, call.lineno, tuple(literals), use, given, marked=name == "mark")


if __name__ == "__main__":
    sys.exit(main())
