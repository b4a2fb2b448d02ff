"""Where the project's folders are, whatever the working directory."""

import os
from pathlib import Path

from claimbook.errors import ClaimbookError

ROOT_VARIABLE = "CLAIMBOOK_ROOT"
# What the edition `current` means in a process and those it starts, whatever is chosen meanwhile.
EDITION_VARIABLE = "CLAIMBOOK_EDITION"
# The live edition that a process has met: it stays with it.
LIVE_VARIABLE = "CLAIMBOOK_LIVE"
REPORTS_VARIABLE = "CLAIMBOOK_REPORTS"


def root() -> Path:
    """The project's folder: `CLAIMBOOK_ROOT` if set, else the checkout this package lies in.

    Raises ClaimbookError where neither holds a ledger (`data/claims.yml`).
    """
    stated = os.environ.get(ROOT_VARIABLE)
    place = Path(stated).resolve() if stated else Path(__file__).resolve().parents[2]
    if not (place / "data" / "claims.yml").is_file():
        raise ClaimbookError(
            f"no ledger at data/claims.yml below {place}: run from a checkout of claimbook, "
            f"or set {ROOT_VARIABLE} to one"
        )
    return place


def data_folder() -> Path:
    return root() / "data"


def notebook(name: str) -> Path:
    return root() / "notebooks" / name


def reports_folder() -> Path:
    """Where reports are: `CLAIMBOOK_REPORTS` if set, else `reports/` of the project."""
    stated = os.environ.get(REPORTS_VARIABLE)
    return Path(stated).resolve() if stated else root() / "reports"
