"""Copies of published versions in remote storage, through the handlers that papermill has.

papermill writes text to an address: s3://, gs://, abs://, adl://, hdfs://, and whatever another
package registers under its entry point `papermill.io`. That is all it offers, so this is all there
is: the four files of a version are written, the manifest last, and nothing is listed, compared or
removed. Who reads a manifest there finds the whole version.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from claimbook.errors import RenderError
from claimbook.reports.files import FILES

_SUFFIXES = [".html", ".ipynb", ".json"]


def check(address: str) -> None:
    """Raise RenderError unless papermill can be expected to write below this address."""
    from papermill.exceptions import PapermillOptionalDependencyException
    from papermill.iorw import GithubHandler, HttpHandler, LocalHandler, papermill_io

    kind = urlsplit(address).scheme
    if "://" not in address:
        raise RenderError(
            f"--copy-to takes an address such as s3://bucket/folder, not {address!r}; "
            "for a folder there is --out"
        )
    handler = papermill_io.get_handler(address)
    if handler is HttpHandler or isinstance(handler, GithubHandler):
        raise RenderError(f"--copy-to cannot write to {kind}://: papermill sends only JSON there")
    if isinstance(handler, LocalHandler):
        raise RenderError(
            f"papermill knows no storage {kind}://; it has s3://, gs://, abs://, adl:// and "
            "hdfs://, and those that another package registers as papermill.io"
        )
    try:
        # A question that needs whatever writing needs, whatever the answer.
        papermill_io.read(_below(address, "catalogue.json"))
    except PapermillOptionalDependencyException as error:
        raise RenderError(f"--copy-to {kind}://: {error}") from error
    except Exception:
        return  # most likely there is none yet; if it is more than that, writing will tell


def write(address: str, claim_id: str, version: str, files: Mapping[str, bytes]) -> str | None:
    """Write a version's files to `ADDRESS/claim/version/`; what went wrong, if anything did."""
    from papermill.iorw import papermill_io

    try:
        for name in FILES:  # the manifest is the last
            where = _below(address, f"{claim_id}/{version}/{name}")
            papermill_io.write(files[name].decode(), where, extensions=_SUFFIXES)
    except Exception as error:
        # Any storage raises errors of its own.
        first, *_ = str(error).splitlines() or [""]
        return f"{type(error).__name__}: {_without_secrets(first, address)}"
    return None


def shown(address: str) -> str:
    """An address without what may be secret in it: user, password, query."""
    parts: Any = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _below(address: str, name: str) -> str:
    base, mark, query = address.partition("?")  # where Azure's tokens are
    return f"{base.rstrip('/')}/{name}{mark}{query}"


def _without_secrets(text: str, address: str) -> str:
    parts = urlsplit(address)
    for secret in (parts.query, parts.netloc.rpartition("@")[0], parts.password):
        text = text.replace(secret, "…") if secret else text
    return text
