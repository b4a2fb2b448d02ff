"""How sure a figure is, in the words of the facts' tables."""

import pandas as pd

from claimbook.language import mark, word

CERTAINTIES = (
    mark("primary"),
    mark("quoted"),
    mark("second-hand"),
    mark("derived"),
    mark("not found"),
)


def sure(frame: pd.DataFrame) -> pd.Series:
    """`quoted, CoinDesk`; a page that is not named stays second-hand."""
    source = frame["source"].fillna("")
    said = frame["certainty"].map(word, na_action="ignore")
    return said.where(source.str.contains("unnamed|^$"), said + ", " + source)
