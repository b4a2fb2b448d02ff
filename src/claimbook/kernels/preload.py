"""What a warm kernel has imported before it is asked for: what the project's notebooks reach.

A test compares the lists with what the notebooks reach by import, and with what a kernel still had
to import after it was forked.
"""

import contextlib
import importlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import claimbook
from claimbook.data import CURRENT
from claimbook.errors import ClaimbookError
from claimbook.reports import imports

# What a kernel is made of. matplotlib_inline must not be among it: it looks for the kernel's shell
# when it is imported, and without one no figure would be shown.
KERNEL = (
    "IPython.core.completerlib",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
)

# What notebooks reach through this project's packages, for kernels outside of a project.
NOTEBOOKS = (
    "IPython.display",
    "exchange_calendars",
    "matplotlib",
    "matplotlib.backends.backend_svg",
    "numpy",
    "pandas",
    "psutil",
    "scipy.optimize",
    "scipy.stats",
    "seaborn",
    "uharfbuzz",
    "yaml",
)

# What drawing imports only when it is used.
PARTS = (
    "PIL.Image",
    "PIL.PngImagePlugin",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
)


def everything() -> None:
    """Import what the project's notebooks import of this package, with all that this brings.

    Outside of a project, what the notebooks of this one do.
    """
    load((*KERNEL, *(own() or NOTEBOOKS)))
    load(part for part in PARTS if part.split(".")[0] in sys.modules)


def load(names: Iterable[str]) -> None:
    """Import modules; one that cannot be imported is left to the notebook, which will say so."""
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:
            continue


def use() -> None:
    """Use once what is slow the first time: the current tables, their columns, sessions, a drawing.

    Only what is remembered by its content stays of it, so a forked kernel computes the same as a
    started one. What no notebook imports is not used, and what fails here is left to the notebook,
    which will say so.
    """
    for module, once in _USES.items():
        with contextlib.suppress(Exception):
            if module in sys.modules:
                once(sys.modules[module])


def _tables(data: ModuleType) -> None:
    _, tables = data.open_edition()
    for table in tables.values():
        table.read()


def _sessions(calendar: ModuleType) -> None:
    import pandas as pd

    calendar.sessions(pd.Timestamp("2024-01-02"), pd.Timestamp("2024-01-03"))


def _checks(parameters: ModuleType) -> None:
    from claimbook import ledger

    for claim in ledger.subjects():
        with contextlib.suppress(ClaimbookError):
            # Of the current edition, for a notebook's own may be one that is fetched.
            there = parameters.EDITION in parameters.of(claim)
            parameters.check(claim, {parameters.EDITION: CURRENT} if there else {})


def _drawing(chart: ModuleType) -> None:
    with chart.house_style():
        figure = chart.new_figure(2.0)
        figure.subplots().plot([0, 1], [0, 1])
        chart.title(figure, "0123456789", "Abc")
        chart.source(figure, "Source")
    chart.svg(figure)


_USES: dict[str, Callable[[ModuleType], None]] = {
    "claimbook.data": _tables,
    "claimbook.parameters": _checks,
    "claimbook.analysis.calendar": _sessions,
    "claimbook.charts.chart": _drawing,
}


def own() -> list[str]:
    """The names that the project's notebooks import from this package; none outside a project."""
    from claimbook import paths

    names: dict[str, None] = {}
    try:
        notebooks = sorted((paths.root() / "notebooks").glob("*.ipynb"))
    except ClaimbookError:
        return []
    for notebook in notebooks:
        for code in _code(notebook):
            try:
                names.update(dict.fromkeys(imports.of_code(code)))
            except SyntaxError:
                continue
    return list(names)


def state() -> dict[str, tuple[int, int]]:
    """Every place that modules come from, with its time of change (ns) and size (bytes).

    This package's files one by one, its styles and fonts among them; of other packages the folders
    they are installed in.
    """
    package = Path(claimbook.__file__).parent
    libraries = [Path(entry) for entry in sys.path if entry.endswith("-packages")]
    files = (
        file
        for file in package.rglob("[!.]*.*[!~]")
        if file.parent.name != "__pycache__" and file.is_file()
    )
    found = {}
    for place in (*files, *libraries):
        try:
            about = place.stat()
        except OSError:
            continue
        found[str(place)] = (about.st_mtime_ns, about.st_size)
    return found


def changed(before: Mapping[str, tuple[int, int]]) -> bool:
    """Whether what has been imported is no longer what `state` found before."""
    now = state()
    loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    own = str(Path(claimbook.__file__).parent)
    return any(
        before.get(place) != now.get(place)
        for place in {*before, *now}
        # A module of ours that has not been imported is imported as it is when it is.
        if place in loaded or not (place.startswith(own) and place.endswith(".py"))
    )


def _code(notebook: Path) -> Iterator[str]:
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return
    for cell in cells:
        if cell.get("cell_type") == "code":
            lines = "".join(cell["source"]).splitlines()
            yield "\n".join(line for line in lines if not line.startswith(("%", "!")))
