"""Ticker symbols as a person writes them."""

import re
from collections.abc import Iterable

from claimbook.errors import DataError

# Letters and digits, and what Yahoo joins them with: BRK-B, BTC-USD, ^GSPC, GC=F, 7203.T.
_SYMBOL = re.compile(r"\^?[A-Z0-9][A-Z0-9.=-]{0,19}")


def known(written: str) -> bool:
    """Whether it can be a symbol as these tables write it: capital letters, no blanks."""
    return bool(_SYMBOL.fullmatch(written))


def given(written: Iterable[str]) -> tuple[str, ...]:
    """The symbols, without blanks around them and in capitals, in the order given.

    Raises DataError where none is named, one is empty, stands twice, or can be no symbol.
    """
    found: list[str] = []
    for item in written:
        symbol = item.strip().upper()
        if not symbol:
            raise DataError("a ticker is empty; name one or more, parted by commas: MARA,RIOT")
        if not known(symbol):
            raise DataError(f"{item.strip()!r} is no ticker; part them by commas: MARA,RIOT")
        if symbol in found:
            raise DataError(f"{symbol} is named twice; name each ticker once")
        found.append(symbol)
    if not found:
        raise DataError("no ticker is named; leave out --tickers to take all")
    return tuple(found)
