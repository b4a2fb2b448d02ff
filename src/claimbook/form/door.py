"""Show the form where somebody can use it, and say where that is everywhere else."""

from IPython.core.getipython import get_ipython

from claimbook import ledger, show
from claimbook.language import mark, tell, word

ELSEWHERE = mark(
    "In JupyterLab (`make lab`) a form stands here. Choose a claim, change its parameters, and see "
    "its main figure and verdict at once. A page cannot run anything; the command line does the "
    "same:"
)


def offer() -> None:
    """The form in a front end where somebody sits; elsewhere the commands that do the same.

    A report, papermill and nbval run a notebook with nobody there to use a form, so none of its
    widgets is left behind in their outputs.
    """
    if attended():
        from claimbook.form.panel import Panel

        Panel().show()
    else:
        show.say(f"{word(ELSEWHERE)}\n\n{commands()}")


def attended() -> bool:
    """Whether the front end that runs this cell can ask a person for input.

    JupyterLab and other front ends say so with every cell they run (`allow_stdin` of Jupyter's
    messages); programs that execute notebooks say that they cannot.
    """
    kernel = getattr(get_ipython(), "kernel", None)  # type: ignore[no-untyped-call]
    if kernel is None:
        return False
    return bool(kernel.get_parent("shell").get("content", {}).get("allow_stdin", False))


def commands() -> str:
    """For each claim, the command that lists its parameters (Markdown)."""
    claims = [claim for claim in ledger.claims() if claim.notebook]
    listed = [
        tell("- `{command}` lists its parameters", command=f"claimbook show {claim.id}")
        for claim in claims
    ]
    made = tell("- `{command}` makes the report", command="claimbook render CLAIM -p name=value")
    return "\n".join([*listed, made])
