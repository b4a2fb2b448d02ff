"""Run cells in kernels of one set of surroundings, warm or not, and print what they gave.

    python kernel_runs.py < {"warm": true, "steps": [{"cells": ["1 + 1"]}, {"append": [FILE, TEXT]},
                                                     {"kill": "server"}]}

Printed are the notebooks' normal forms, and for each how its kernel was started.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import nbformat
import psutil

from claimbook.kernels import forked
from claimbook.reports import execution, normal, surroundings


def source(cells: list[str]) -> str:
    made = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]  # type: ignore[no-untyped-call]
    )
    return nbformat.writes(made)  # type: ignore[no-untyped-call, no-any-return]


def main() -> None:
    asked = json.load(sys.stdin)
    given: list[dict[str, Any]] = []
    starts: list[str] = []
    plain = forked.Forked.__init__

    def noted(self: forked.Forked, *arguments: Any) -> None:
        plain(self, *arguments)
        starts[-1] = "forked"

    forked.Forked.__init__ = noted  # type: ignore[method-assign, assignment]
    with surroundings.prepared(warm=asked["warm"]) as environment:
        surroundings.adopt(environment)
        for step in asked["steps"]:
            if "append" in step:
                file, text = step["append"]
                with Path(file).open("a", encoding="utf-8") as open_file:
                    open_file.write(text)
            elif "kill" in step:
                for process in psutil.Process().children():
                    if "claimbook.kernels.server" in process.cmdline():
                        os.kill(process.pid, signal.SIGKILL)
                        process.wait()
            else:
                os.environ.update(step.get("set", {}))
                starts.append("started")
                try:
                    made = execution.execute(source(step["cells"]), {})
                except execution.NotebookError as failure:
                    if failure.notebook is None:
                        raise
                    made = failure.notebook
                given.append({"notebook": normal.written(made), "kernel": starts[-1]})
    json.dump(given, sys.stdout)


if __name__ == "__main__":
    main()
