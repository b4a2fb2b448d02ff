"""How fast reports are rendered, beside the usual recipe, on the same notebooks in the same run.

The usual recipe is papermill's command line and then nbconvert's, one report after the other. Ours
is measured three ways: each kernel started, each forked from a warm process, and nothing changed.
A part of the usual recipe's runs comes before each of these, so that a machine that grows slower
or faster meanwhile shows in its times. Without a number the reports are the claims' own, with one
they are a sweep of one notebook: its first parameter with a range, evenly spread over it.
"""

import ctypes
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from claimbook import ledger, parameters, paths, text
from claimbook.bench import batch
from claimbook.errors import ClaimbookError, ParameterError
from claimbook.ledger import Claim

USUAL = 4  # reports of a sweep that the usual recipe is measured on: each takes the same
ALONE = 8  # reports of a sweep whose cells are measured alone
_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER


class BenchmarkError(ClaimbookError):
    """A part of the benchmark did not run."""


Report = tuple[str, Mapping[str, Any]]  # a claim's id and the parameters that differ


@dataclass(frozen=True)
class Measured:
    """What one way of rendering took: `count` reports, seconds of wall clock and of processors.

    `each` are the wall-clock seconds of single reports, where they can be told; `memory` what was
    said about it.
    """

    name: str
    count: int
    wall: float
    processor: float
    each: tuple[float, ...] = ()
    memory: str = ""


def run(count: int | None = None, claim_id: str | None = None, workers: int = 2) -> list[Measured]:
    """Measure all ways once: the usual recipe, ours started, forked, unchanged; cells alone.

    Raises ParameterError for a sweep that cannot be made.
    """
    reports = cases(count, claim_id)
    with tempfile.TemporaryDirectory(prefix="cb-bench-") as place:
        folder = Path(place)
        usual = reports if count is None else _sample(reports, USUAL)
        alone = reports if count is None else _sample(reports, ALONE)
        ways = (
            ("claimbook, kernels started", reports, "started", "cold"),
            ("claimbook, kernels forked", reports, "forked", "warm"),
            ("claimbook, nothing changed", reports, "forked", "warm"),
            ("the notebooks' cells alone", alone, batch.OWN, ""),
        )
        others, ours = [], []
        for turn, (name, given, way, out) in enumerate(ways):
            others.append(_usual(usual[turn :: len(ways)], folder))
            ours.append(_ours(name, given, way, folder / out, workers))
    return [_together(others), *ours]


def _sample(reports: Sequence[Report], count: int) -> Sequence[Report]:
    return reports[:: max(1, len(reports) // count)][:count]


def _together(parts: Sequence[Measured]) -> Measured:
    """What was measured in several parts."""
    return Measured(
        parts[0].name,
        sum(part.count for part in parts),
        sum(part.wall for part in parts),
        sum(part.processor for part in parts),
        tuple(seconds for part in parts for seconds in part.each),
    )


def cases(count: int | None, claim_id: str | None = None) -> list[Report]:
    """The reports to render: of every claim as it is, or `count` of one with other parameters."""
    if count is None:
        named = [ledger.claim(claim_id)] if claim_id else ledger.claims()
        return [(claim.id, {}) for claim in named if claim.notebook]
    for claim in [ledger.claim(claim_id)] if claim_id else reversed(ledger.claims()):
        for parameter in parameters.of(claim).values() if claim.notebook else ():
            if parameter.limits and parameter.type in ("int", "float"):
                return _spread(claim, parameter, count)
    raise ParameterError("no notebook has a number with a range that a sweep could go through")


def described(found: Sequence[Measured], workers: int) -> str:
    """The measurements as lines of text, with ratios to the usual recipe."""
    usual, cells = found[0], found[-1]
    lines = [
        f"{found[1].count} reports, {workers} worker{'s' * (workers != 1)}; seconds a report; the "
        f"usual recipe (papermill, then nbconvert) on {usual.count} of them, the cells alone on "
        f"{len(cells.each)}",
        f"{'':28s} {'wall':>7s} {'median':>7s} {'processor':>9s} {'times the usual speed':>24s}",
    ]
    for way in found[:-1]:
        wall, processor = way.wall / way.count, way.processor / way.count
        middle = f"{statistics.median(way.each):7.2f}" if way.each else f"{'':7s}"
        ratio = (
            f"{usual.wall / usual.count / wall:6.1f} (wall) "
            f"{usual.processor / usual.count / processor:6.1f} (processor)"
        )
        lines.append(f"{way.name:28s} {wall:7.2f} {middle} {processor:9.2f} {ratio:>24s}")
    own = statistics.median(cells.each)
    beyond = found[2].processor / found[2].count - statistics.mean(cells.each)
    lines += [
        f"{cells.name:28s} {'':7s} {'':7s} {own:9.2f}",
        "the usual recipe, in the order of this run: "
        f"{', '.join(f'{seconds:.1f}' for seconds in usual.each)} s",
        f"beyond the notebooks' cells, forked: {beyond:.2f} processor seconds a report",
        f"nothing changed, all {found[3].count}: {found[3].wall:.2f} s",
        *[way.memory for way in found if way.memory][-1:],
    ]
    return "\n".join(lines)


def _spread(claim: Claim, parameter: parameters.Parameter, count: int) -> list[Report]:
    assert parameter.limits is not None
    low, high = parameter.limits
    digits = 0 if parameter.type == "int" else 6
    if (high - low) * 10**digits < count:  # before as many are made
        raise ParameterError(
            f"{parameter.name} of {claim.id} has fewer than {text.number(count, 0)} values"
        )
    values = [low + (high - low) * (place + 0.5) / count for place in range(count)]
    # A half is rounded up, so that no two are the same.
    plain = [math.floor(v + 0.5) if digits == 0 else round(v, digits) for v in values]
    return [(claim.id, {parameter.name: value}) for value in plain]


def _usual(reports: Sequence[Report], folder: Path) -> Measured:
    each, processor = [], 0.0
    python = [sys.executable, "-m"]
    for place, (claim_id, changed) in enumerate(reports):
        source = paths.notebook(str(ledger.claim(claim_id).notebook))
        made = folder / f"usual-{place}.ipynb"
        given = [word for n, v in changed.items() for word in ("-p", n, str(v))]
        began = time.perf_counter()
        for command in (
            [*python, "papermill", str(source), str(made), *given, "--no-progress-bar"],
            [*python, "nbconvert", "--to", "html", str(made)],
        ):
            processor += _cost(command)[1]
        each.append(time.perf_counter() - began)
    return Measured("papermill, then nbconvert", len(each), sum(each), processor, tuple(each))


def _ours(name: str, reports: Sequence[Report], way: str, out: Path, workers: int) -> Measured:
    asked = {"reports": list(reports), "out": str(out), "way": way, "workers": workers}
    began = time.perf_counter()
    said, processor = _cost([sys.executable, "-m", "claimbook.bench.batch"], json.dumps(asked))
    wall = time.perf_counter() - began
    answer = json.loads(said)
    each = tuple(answer["seconds"])
    return Measured(name, len(reports), wall, processor, each, answer["memory"])


def _cost(command: Sequence[str], given: str = "") -> tuple[str, float]:
    """What a command says, and the processor seconds of it and of all that it started.

    What outlives it for a moment, such as the process that workers are forked from, is waited for.
    """
    here = psutil.Process()
    others = {child.pid for child in here.children()}
    before = _processor()
    _adopt_orphans(True)
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        for orphan in here.children():
            if orphan.pid not in others:
                os.waitpid(orphan.pid, 0)
    finally:
        _adopt_orphans(False)
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command[1:3])} failed: {done.stderr.strip()[-500:]}")
    return done.stdout, _processor() - before


def _adopt_orphans(wanted: bool) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, int(wanted))


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
