"""Execute the committed notebooks in place, with their defaults, and keep normalised outputs."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from claimbook import ledger, paths
from claimbook.errors import RenderError
from claimbook.reports import published, surroundings


def refresh(names: Sequence[str] = (), *, say: Callable[[str], None] = print) -> list[str]:
    """Execute the named notebooks (all, if none is named) and write back those that changed.

    A notebook that fails is left as it was. The one that shows all claims comes last, and sees the
    results that the others hold. Returns the names of those that failed. Raises RenderError for a
    name that is not in `notebooks/`.
    """
    folder = paths.root() / "notebooks"
    known = {file.name: file for file in sorted(folder.glob("*.ipynb"))}
    for name in names:
        if name not in known:
            raise RenderError(f"there is no notebook {name!r}: there are {', '.join(known)}")
    whole = ledger.collection()
    last = whole.notebook if whole else None
    failed = []
    with (
        surroundings.prepared() as environment,
        # A worker process, since this one keeps its own surroundings.
        ProcessPoolExecutor(1, get_context("spawn"), surroundings.adopt, (environment,)) as pool,
    ):
        for name in sorted(names or known, key=lambda name: name == last):
            text, error = pool.submit(executed, known[name], collects=name == last).result()
            if error is not None:
                failed.append(name)
                where = f" in cell {error['cell']}" if error["cell"] else ""
                say(f"{name}: failed{where}: {error['name']}: {error['message']}")
            elif text == known[name].read_text(encoding="utf-8"):
                say(f"{name}: executed, outputs unchanged")
            else:
                _replace(known[name], text)
                say(f"{name}: executed, outputs written")
    return failed


def executed(file: Path, *, collects: bool = False) -> tuple[str, dict[str, Any] | None]:
    """A notebook's file after a run with its defaults (its text), and the error if one came.

    One that collects results sees those that the other notebooks hold.
    """
    from claimbook.reports import execution, normal

    try:
        source = file.read_text(encoding="utf-8")
        files = published.of_notebooks().files if collects else {}
        with published.laid_out(files) if collects else nullcontext():
            return normal.written(execution.execute(source, {})), None
    except execution.NotebookError as failure:
        return "", failure.error


def _replace(file: Path, text: str) -> None:
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(file)
