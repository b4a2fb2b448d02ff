"""The command line: a thin door to `claimbook.reports` and `claimbook.data`.

Exit codes: 0 done; 1 something failed or does not match, and is named; 2 the command, a parameter
or the data cannot be used as given, one sentence says why, and nothing was written.
Heavy imports happen inside the commands, so that help and lists come at once.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

from claimbook import __version__
from claimbook.errors import ClaimbookError, DataError, DiskError, ParameterError, RenderError

if TYPE_CHECKING:
    from claimbook.reports import render, shelf

DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
UNHEARD = 141  # as of any program whose output nobody reads to its end: 128 and SIGPIPE

Command = Callable[[argparse.Namespace], int]


class _UnheardError(Exception):
    """Nobody reads the output any more, as with `claimbook list | head -1`."""


def say(line: str) -> None:
    """Print a line at once."""
    try:
        print(line, flush=True)
    except BrokenPipeError as error:
        raise _UnheardError from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    chosen = parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except _UnheardError:
        # Or the interpreter tries once more when it ends, and complains.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNHEARD
    except ClaimbookError as error:
        print(f"claimbook: {error}", file=sys.stderr)
        return FAILED if isinstance(error, DiskError) else UNUSABLE
    except KeyboardInterrupt:
        print("claimbook: interrupted; what was published stays", file=sys.stderr)
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """All commands, with their help."""
    top = argparse.ArgumentParser(
        prog="claimbook",
        description="Executable fact-checks: notebooks that reproduce one claim each, rendered "
        "into versioned, self-contained reports.",
        epilog="`claimbook COMMAND --help` explains a command.",
    )
    top.add_argument("--version", action="version", version=f"claimbook {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "list", list_claims, "list the claims and their notebooks")
    show = _add(commands, "show", show_claim, "show a claim, its printed values and parameters")
    show.add_argument("claim", metavar="CLAIM", help="a claim's id, as `claimbook list` gives it")
    _add_render(commands)
    swept = _add(
        commands,
        "sweep",
        render_sweep,
        "render one notebook with the parameter sets that a file declares, and compare them",
    )
    swept.add_argument("file", type=Path, metavar="FILE", help="such as notebooks/sweeps/*.yml")
    _add_out(swept, "the reports folder to write; default: reports/")
    _add_way(swept)
    bench = _add(commands, "bench", run_benchmark, "time a part of claimbook against its peers")
    bench.add_argument(
        "what",
        choices=["events", "pages", "render"],
        help="events: the event study; pages: first paint and size of the published pages in "
        "headless Chromium; render: reports, beside papermill and nbconvert",
    )
    bench.add_argument(
        "--times", type=_positive, default=5, metavar="N", help="of pages: of each; default: 5"
    )
    _add_out(bench, "of pages: the reports folder; default: reports/")
    bench.add_argument(
        "--reports",
        type=_positive,
        metavar="N",
        help="of render: a sweep of N reports of one notebook; default: every claim's own report",
    )
    bench.add_argument("--claim", metavar="CLAIM", help="of render: the claim to take")
    bench.add_argument(
        "--workers", type=_positive, default=2, metavar="N", help="of render; default: 2"
    )
    notebooks = _add(
        commands,
        "notebooks",
        execute_notebooks,
        "execute the notebooks in place with their defaults and keep normalised outputs",
    )
    notebooks.add_argument(
        "names", nargs="*", metavar="NOTEBOOK", help="file names below notebooks/; default: all"
    )
    verify = _add(
        commands,
        "verify",
        verify_versions,
        "check every published version against its manifest, and the pages made of them",
    )
    _add_out(verify, "the reports folder to check; default: reports/")
    _add_diff(commands)
    _add_prune(commands)
    data = commands.add_parser(
        "data", help="check, refresh, import and choose editions of the tables"
    )
    add_data_commands(data.add_subparsers(required=True, metavar="COMMAND"))
    return top


def add_data_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`claimbook data …`: one line a command."""
    checked = _add(
        commands,
        "check",
        check_data,
        "check every table's recorded hash, schema and figures: of all editions, or of those named",
    )
    checked.add_argument("editions", nargs="*", metavar="EDITION", help="default: all there are")
    refreshed = _add(
        commands,
        "refresh",
        refresh_data,
        "fetch today's prices and network figures as a new edition, check it, report the drift, "
        "and make it the current one; needs a network",
    )
    refreshed.add_argument(
        "--tickers", metavar="A,B", help="securities to fetch, new ones too; default: all listed"
    )
    refreshed.add_argument(
        "--from", dest="start", metavar="DATE", help="default: the first day of the tables"
    )
    refreshed.add_argument("--to", dest="end", metavar="DATE", help="default: the last day over")
    refreshed.add_argument(
        "--only",
        choices=["market", "network"],
        help="market: Yahoo Finance's prices; network: Coin Metrics' figures; default: both",
    )
    imported = _add(
        commands,
        "import",
        import_data,
        "make an edition of your own prices (CSV or Parquet); every bad row is listed",
    )
    imported.add_argument("file", type=Path, metavar="FILE", help="columns: see README.md")
    imported.add_argument("--ticker", help="whose prices they are, where the file does not say")
    imported.add_argument("--name", help="the edition's name; default: the file's")
    used = _add(commands, "use", use_edition, "make another edition the current one")
    used.add_argument("edition", metavar="EDITION", help="a name; `shipped` is the repository's")
    _add(commands, "editions", list_editions, "list the editions and where each comes from")
    _add(
        commands,
        "seal",
        seal_data,
        "record SHA-256, size and rows of every table in data/datapackage.json, schemas checked",
    )
    drift = _add(
        commands,
        "drift",
        compare_live,
        "compare frozen prices with Yahoo Finance's of today; needs a network, writes nothing",
    )
    drift.add_argument("--tickers", metavar="A,B", help="default: the miners")
    drift.add_argument("--from", dest="start", metavar="DATE", help="default: a year before --to")
    drift.add_argument("--to", dest="end", metavar="DATE", help="default: the last frozen day")


def list_claims(_: argparse.Namespace) -> int:
    from claimbook import ledger

    claims = ledger.subjects()
    widest = max(len(claim.id) for claim in claims)
    for claim in claims:
        notebook = claim.notebook or "no notebook yet"
        say(f"{claim.id:<{widest}}  {claim.title}  [{notebook}]")
    return DONE


def show_claim(chosen: argparse.Namespace) -> int:
    from claimbook import ledger, parameters

    claim = ledger.subject(chosen.claim)
    declared = parameters.of(claim) if claim.notebook else {}
    say(f"{claim.title}\n{claim.paraphrase}")
    if claim.collects:
        say(f"All claims of {claim.published_in}. It is no claim: it has no findings, no verdict.")
    else:
        say(f"Asserted by {claim.asserted_by}, {claim.asserted_on}. {claim.published_in}.")
        say("\nFindings:")
    for finding in claim.findings:
        weight = "" if finding.decides else " (cross-check)"
        say(f"  {finding.id}{weight}: {finding.statement}")
        say(f"    as printed: {finding.printed_text}; rule: {ledger.rule_text(finding)}")
    if claim.notebook is None:
        say("\nThis claim has no notebook yet.")
        return DONE
    say(f"\nParameters of notebooks/{claim.notebook} (claimbook render {claim.id} -p name=value):")
    for parameter in declared.values():
        say(f"  {parameters.described(parameter)}")
    return DONE


def _one_edition(run: Command) -> Command:
    """A command that sees one edition from start to end, whichever becomes current meanwhile."""

    @wraps(run)
    def pinned(chosen: argparse.Namespace) -> int:
        from claimbook.data import edition

        with edition.pinned():
            return run(chosen)

    return pinned


@_one_edition
def render_reports(chosen: argparse.Namespace) -> int:
    from claimbook import paths
    from claimbook.reports import render

    way = _way(chosen)
    if chosen.failed:
        if chosen.parameters or chosen.force:
            raise ParameterError(
                "--failed has its own parameters; it goes with neither -p nor --force"
            )
        outcome = render.render_failed(chosen.claims, out=chosen.out, way=way, say=say)
    else:
        outcome = render.render(
            chosen.claims,
            chosen.parameters,
            out=chosen.out,
            way=way,
            force=chosen.force,
            say=say,
        )
    index = (chosen.out or paths.reports_folder()) / "index.html"
    say(f"open {os.path.relpath(index)}")
    return _ended(outcome)


@_one_edition
def render_sweep(chosen: argparse.Namespace) -> int:
    from claimbook import paths
    from claimbook.reports import sweep

    declared = sweep.read(chosen.file)
    outcome = sweep.run(declared, out=chosen.out, way=_way(chosen), say=say)
    page = (chosen.out or paths.reports_folder()) / "sweeps" / f"{declared.name}.html"
    say(f"open {os.path.relpath(page)}")
    if not outcome.good:
        print("claimbook: not every report of the sweep could be made", file=sys.stderr)
    return _ended(outcome)


def _way(chosen: argparse.Namespace) -> "render.Way":
    from claimbook.reports import render, task

    memory = None if chosen.memory is None else int(chosen.memory * 1_000_000)
    return render.Way(
        chosen.workers, task.Limits(chosen.limit, memory), chosen.scheduler, chosen.copy_to
    )


def _ended(outcome: "render.Outcome") -> int:
    """Name what went wrong, on the way to the exit code."""
    if outcome.failed:
        print(f"claimbook: failed: {', '.join(outcome.failed)}", file=sys.stderr)
    if outcome.differing:
        print(f"claimbook: not the same bytes: {', '.join(outcome.differing)}", file=sys.stderr)
    for problem in outcome.problems:
        print(f"claimbook: {problem}", file=sys.stderr)
    return DONE if outcome.good else FAILED


def run_benchmark(chosen: argparse.Namespace) -> int:
    if chosen.what == "render":
        from claimbook.bench import render

        found = render.run(chosen.reports, chosen.claim, chosen.workers)
        say(render.described(found, chosen.workers))
        return DONE
    if chosen.what == "pages":
        from claimbook.bench import pages

        opened = pages.run(chosen.out, chosen.times)
        say(pages.described(opened))
        return DONE if all(page.good for page in opened) else FAILED
    from claimbook.bench import events

    say(events.run())
    return DONE


@_one_edition
def execute_notebooks(chosen: argparse.Namespace) -> int:
    from claimbook.reports import notebooks

    failed = notebooks.refresh(chosen.names, say=say)
    if failed:
        print(f"claimbook: failed: {', '.join(failed)}", file=sys.stderr)
    return FAILED if failed else DONE


def verify_versions(chosen: argparse.Namespace) -> int:
    from claimbook.reports import verification

    shelf = _shelf_of(chosen)
    try:
        versions, derived = verification.verified(shelf)
    except RenderError as error:
        print(error, file=sys.stderr)
        return FAILED
    say(f"{versions} published versions match their manifests")
    say(f"{derived} pages and lists made of them agree with them")
    return DONE


def _shelf_of(chosen: argparse.Namespace) -> "shelf.Shelf":
    """The reports folder to read; a name given for one that is not there is a slip."""
    from claimbook import paths
    from claimbook.reports.shelf import Shelf

    if chosen.out is not None and not chosen.out.is_dir():
        raise ParameterError(f"there is no folder {chosen.out}; --out takes a reports folder")
    return Shelf(chosen.out or paths.reports_folder())


def prune_versions(chosen: argparse.Namespace) -> int:
    from claimbook.reports import catalogue, lock, retention

    shelf = _shelf_of(chosen)
    claims = retention.claims(shelf, chosen.claims)

    def plan() -> retention.Plan:
        latest = catalogue.stated(shelf)
        return retention.plan(shelf, claims, chosen.keep, latest, others=chosen.all_parameters)

    if chosen.dry_run or not claims:
        planned = plan()
    else:
        with lock.held(shelf.folder, say):
            planned = plan()
            try:
                retention.carry_out(shelf, planned)
                # Also where nothing goes: an earlier run may have been stopped before this.
                catalogue.refresh(shelf)
            except OSError as error:
                print(f"claimbook: stopped: {error}; run it again", file=sys.stderr)
                return FAILED
    for line in retention.lines(planned, done=not chosen.dry_run):
        say(line)
    return DONE


def compare_versions(chosen: argparse.Namespace) -> int:
    from claimbook import paths
    from claimbook.reports import catalogue, diff_page, diff_text, lock, naming
    from claimbook.reports.shelf import Shelf, problems_of

    shelf = Shelf(chosen.out or paths.reports_folder())
    old, new = naming.pair(shelf, chosen.versions)
    for line in diff_text.lines(diff_page.of(old, new), everything=chosen.all):
        say(line)
    wrong = [
        f"{side.name}: {'; '.join(said)}"
        for side in (old, new)
        if (said := problems_of(side.folder))
    ]
    for line in wrong:
        print(f"claimbook: {line}, so this comparison proves nothing", file=sys.stderr)
    if wrong:
        return FAILED
    if not chosen.page:
        return DONE
    if not diff_page.can_stand(shelf, old, new):
        say("\nno page: it would link to versions that are not in the reports folder (see --out)")
        return DONE
    with lock.held(shelf.folder, say):
        try:
            page = shelf.folder / diff_page.write(shelf, old, new)
            catalogue.refresh(shelf)  # the claim's page leads to it
        except OSError as error:
            print(f"claimbook: the page could not be written ({error})", file=sys.stderr)
            return FAILED
    say(f"\nopen {os.path.relpath(page)}")
    return DONE


def check_data(chosen: argparse.Namespace) -> int:
    from claimbook.data import edition, seal

    code = DONE
    several = [edition.SHIPPED, *edition.names()]
    for name in chosen.editions or several:
        about = f"{name}, " if len(chosen.editions or several) > 1 else ""
        for table, problem in seal.check(name):
            say(f"{about}{problem or f'{table}: as recorded'}")
            code = FAILED if problem else code
    return code


def refresh_data(chosen: argparse.Namespace) -> int:
    from claimbook.data import refresh, symbols

    tickers = None if chosen.tickers is None else symbols.given(chosen.tickers.split(","))
    asked = refresh.Asked(tickers, chosen.start, chosen.end, chosen.only)
    outcome = refresh.refresh(asked, say=say)
    say("\n".join(outcome.drift))
    say(f"edition {outcome.name} is the current one; `claimbook data use` goes back to another")
    return DONE


def import_data(chosen: argparse.Namespace) -> int:
    from claimbook.data import imported

    outcome = imported.bring(chosen.file, name=chosen.name, ticker=chosen.ticker)
    say("\n".join(outcome.drift))
    say(f"edition {outcome.name} is there: claimbook render CLAIM -p edition={outcome.name}")
    return DONE


def use_edition(chosen: argparse.Namespace) -> int:
    from claimbook.data import edition, lock

    with lock.writing():
        say(f"edition {edition.use(chosen.edition)} is the current one")
    return DONE


def list_editions(_: argparse.Namespace) -> int:
    from claimbook.data import edition

    now = edition.resolve(edition.CURRENT)
    for name in [edition.SHIPPED, *edition.names()]:
        try:
            package = edition.package_of(name)
        except DataError as error:
            say(f"{name}: {error}")  # the others are still there to choose from
            continue
        note = package.get(edition.PROVENANCE, {}).get("note", "shipped with the repository")
        say(f"{package.get('version')}{' (current)' if name == now else ''}: {note}")
    return DONE


def seal_data(_: argparse.Namespace) -> int:
    from claimbook.data import seal

    changed = seal.seal()
    say(f"recorded anew: {', '.join(changed)}" if changed else "every table was as recorded")
    return DONE


def compare_live(chosen: argparse.Namespace) -> int:
    from claimbook.data import comparison, symbols

    tickers = None if chosen.tickers is None else symbols.given(chosen.tickers.split(","))
    found = comparison.drift(*comparison.asked(tickers, chosen.start, chosen.end))
    say(comparison.described(found))
    return DONE if (found["outcome"] == comparison.COMPARED).all() else FAILED


def _add_render(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    render = _add(
        commands,
        "render",
        render_reports,
        "execute notebooks and publish their reports; what is already published is not run again",
    )
    render.add_argument(
        "claims", nargs="*", metavar="CLAIM", help="claims to render; default: all with a notebook"
    )
    render.add_argument(
        "-p",
        "--parameter",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the one claim named; repeat for more (lists: a,b,c); "
        "`claimbook show CLAIM` lists them",
    )
    _add_out(render, "the reports folder to write; default: reports/")
    render.add_argument(
        "--failed",
        action="store_true",
        help="render again, with their parameters, the reports that have a failure page",
    )
    _add_way(render)
    render.add_argument(
        "--force",
        action="store_true",
        help="render what is published again and compare the bytes; a published version stays",
    )


def _add_diff(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    diff = _add(
        commands,
        "diff",
        compare_versions,
        "compare two versions of a claim: verdicts that changed, inputs, every quantity, figures",
    )
    diff.add_argument(
        "versions",
        nargs="+",
        metavar="OLD NEW",
        help="CLAIM OLD NEW, CLAIM OLD (with the latest), CLAIM (previous with latest), "
        "CLAIM/OLD CLAIM/NEW, or two folders; a version is its name, the beginning or the digits "
        "of one, latest, previous, or 'NAME=VALUE;NAME=VALUE' for the newest with these parameters",
    )
    diff.add_argument(
        "--all", action="store_true", help="print the quantities that are the same, too"
    )
    diff.add_argument(
        "--no-page",
        dest="page",
        action="store_false",
        help="only print; the page, CLAIM/diffs/OLD..NEW/index.html in the reports folder, keeps "
        "both versions from being pruned",
    )
    _add_out(diff, "the reports folder with the versions; default: reports/")


def _add_prune(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    prune = _add(
        commands,
        "prune",
        prune_versions,
        "take away old versions, never the latest nor one that a page or a text links to",
    )
    prune.add_argument("claims", nargs="*", metavar="CLAIM", help="default: all")
    prune.add_argument(
        "--keep",
        type=_positive,
        required=True,
        metavar="N",
        help="versions of each report that stay in any case, the last rendered ones",
    )
    prune.add_argument(
        "--all-parameters",
        action="store_true",
        help="also of reports with other parameters than the article's, N of each set of them",
    )
    prune.add_argument(
        "--dry-run", action="store_true", help="say what would go and what stays; write nothing"
    )
    _add_out(
        prune,
        "the reports folder; default: reports/. Its pinned.txt names versions to keep whatever "
        "happens, CLAIM/VERSION or its address a line",
    )


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: object,
    explained: str,
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=explained, description=f"{explained.capitalize()}.")
    added.set_defaults(run=run)
    return added


def _add_out(command: argparse.ArgumentParser, explained: str) -> None:
    command.add_argument("--out", type=Path, metavar="DIR", help=explained)


def _add_way(command: argparse.ArgumentParser) -> None:
    """How reports are made: `render` and `sweep` take the same."""
    command.add_argument(
        "--workers",
        type=_positive,
        metavar="N",
        help="reports made at the same time; default: one a processor",
    )
    command.add_argument(
        "--limit",
        type=_above_zero,
        default=600.0,
        metavar="SECONDS",
        help="what one report may take before it counts as failed; default: 600",
    )
    command.add_argument(
        "--memory",
        type=_above_zero,
        metavar="MB",
        help="what one kernel may use of memory (address space; Linux); default: no limit",
    )
    command.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="make the reports on a Dask cluster, such as tcp://host:8786, whose workers have this "
        "project in the same state; needs pip install claimbook[cluster]. The reports come back "
        "to this machine's reports folder",
    )
    command.add_argument(
        "--copy-to",
        metavar="ADDRESS",
        help="also write the published versions of this run to remote storage that papermill "
        "writes to, such as s3://bucket/folder; the four files of each, no index",
    )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)


def _above_zero(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value
