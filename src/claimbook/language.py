"""The words that a reader sees, in the language that the ledger names.

In the code they are English: whole sentences with named places for values. The catalogue of another
language (`locale/<language>/LC_MESSAGES/claimbook.mo`, read by the standard library's gettext)
says what stands in their place. `tools/messages.py` collects them from the code for a translator.
"""

import functools
import gettext
import numbers
import string
from pathlib import Path
from typing import Any

from claimbook.errors import ClaimbookError, LanguageError

ENGLISH = "en"
DOMAIN = "claimbook"
CATALOGUES = Path(__file__).with_name("locale")


def tell(message: str, /, **values: object) -> str:
    """A sentence in the reader's language, its places `{name}` filled by the values.

    The message is a literal, so that it can be collected. Without values nothing is filled in.
    """
    return _filled(catalogue().gettext(message), values)


def tell_many(one: str, many: str, count: int, /, **values: object) -> str:
    """`one` or `many`, by the language's own rule for the count, which fills `{count}`."""
    return _filled(catalogue().ngettext(one, many, int(count)), {"count": count, **values})


def tell_as(use: str, message: str, /, **values: object) -> str:
    """A message that is English for several things; `use` tells a translator which is meant."""
    return _filled(catalogue().pgettext(use, message), values)


def mark(message: str) -> str:
    """The message as it is: a heading or label that `word` looks up where it is shown.

    Until then it is a key like any other.
    """
    return message


def word(marked: str) -> str:
    """A marked heading or label in the reader's language; any other text as it is."""
    return catalogue().gettext(marked) if marked else marked


def written(number: str) -> str:
    """A number written in English signs (`1,234.5`), with the language's own."""
    signs = _signs()
    return number.translate(signs) if signs else number


@functools.cache
def catalogue() -> gettext.NullTranslations:
    """The messages of the ledger's language; those of English are the code's own.

    Raises LanguageError where the language has no catalogue.
    """
    from claimbook import ledger  # which itself speaks

    try:
        language = ledger.language()
    except ClaimbookError:
        language = ENGLISH  # whoever asks for a claim says what is wrong with the ledger
    if language == ENGLISH:
        return gettext.NullTranslations()
    try:
        return gettext.translation(DOMAIN, CATALOGUES, [language])
    except OSError as error:
        place = f"src/claimbook/locale/{language}/LC_MESSAGES/{DOMAIN}.mo"
        raise LanguageError(
            f"data/claims.yml names the language {language!r}, which has no readable catalogue "
            f"{place}; tools/messages.py makes it from {DOMAIN}.po"
        ) from error


@functools.cache
def _signs() -> dict[int, str]:
    """The language's signs by those of English; empty where they are the same."""
    own = {
        ".": tell_as("sign before the decimals", "."),
        ",": tell_as("sign between thousands", ","),
    }
    return str.maketrans(own) if any(ours != theirs for ours, theirs in own.items()) else {}


def _filled(message: str, values: dict[str, object]) -> str:
    if not values:
        return message
    return _Figures().format(message, **values) if _signs() else message.format(**values)


class _Figures(string.Formatter):
    """Fills in as `str.format` does, numbers in the language's signs."""

    def format_field(self, value: Any, format_spec: str) -> str:
        plain = str(super().format_field(value, format_spec))
        return written(plain) if isinstance(value, numbers.Real) else plain
