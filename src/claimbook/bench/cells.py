"""The processor time of a notebook's cells alone, measured where reports are made."""

from claimbook.reports import task
from claimbook.reports.recipe import Recipe
from claimbook.reports.task import Limits, Made

_BEGIN = "import time as _time\n_began = _time.process_time()"
_END = "print(_time.process_time() - _began)"


def make(item: Recipe, limits: Limits) -> Made:
    """Execute a recipe's notebook and make no page of it; `seconds` are what its cells took.

    In a kernel that has everything imported. Whatever goes wrong is in what it returns.
    """
    # Not sooner: what is measured otherwise needs none of it.
    import nbformat

    from claimbook.reports import execution

    notebook = nbformat.reads(item.source, as_version=4)  # type: ignore[no-untyped-call]
    begin, end = (nbformat.v4.new_code_cell(code) for code in (_BEGIN, _END))  # type: ignore[no-untyped-call]
    notebook.cells = [begin, *notebook.cells, end]
    source = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    began = task.now()
    try:
        done = execution.execute(source, item.changed, limits.seconds)
    except execution.NotebookError as failure:
        return task.failed(item.claim, item.parameters, failure.error, failure.notebook, began)
    return Made({}, None, began, float(done.cells[-1].outputs[0].text))
