"""Leave a slow grammar out of jsonschema."""

import sys


def left_out() -> None:
    """Tell jsonschema, before it is imported, that an optional package of its is not there.

    With it, it builds a grammar of web addresses that no notebook's schema asks for, and that
    takes longer than a report's page.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
