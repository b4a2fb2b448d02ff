"""Warm kernels: forked or started, a notebook outputs the same, and no kernel knows of another."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import small_project

from claimbook import ledger, parameters
from claimbook.data import edition
from claimbook.kernels import forked, preload

RUNS = Path(__file__).with_name("kernel_runs.py")
linux = pytest.mark.skipif(not forked.possible(), reason="kernels are forked on Linux alone")

# What a notebook could see of how its kernel came about, and what it draws and says.
ASKING = [
    "import os, sys\n"
    "print(sys.path)\n"
    "print(os.getcwd() == os.environ['HOME'] + '/work', os.listdir())\n"
    "print(sorted(n for n in os.environ))\n"
    "print({n: v for n, v in os.environ.items() if n.startswith(('PY', 'LC', 'O', 'N', 'M'))})\n"
    "print(sys.argv[0].endswith('ipykernel_launcher.py'), len(sys.argv), sys.flags)",
    "import signal, time, locale\n"
    "print(time.tzname, locale.getlocale(), sys.stdin, sys.getrecursionlimit())\n"
    "print([signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)])\n"
    "print(hash('a word'), __name__, sys.modules['__main__'].__name__)\n"
    "print(os.getpid() == os.getsid(0))",
    "import random\nimport numpy as np\nrandom.seed(7)\nnp.random.seed(7)\n"
    "print(random.random(), np.random.normal(size=3), np.random.default_rng(7).normal(size=3))",
    "import matplotlib.pyplot as plt\nimport pandas as pd\n"
    "print(plt.rcParams['figure.figsize'], plt.get_backend())\n"
    "plt.plot([1, 3, 2])\nplt.title('drawn')",
    # Alone, for a cell's two streams come in whichever order their buffers are emptied.
    "import warnings\nwarnings.warn('a warning')",
    "import gc, threading\n"
    "print(gc.isenabled(), gc.get_threshold(), [t.name for t in threading.enumerate()])\n"
    "pd.DataFrame({'a': np.linalg.svd(np.arange(9.0).reshape(3, 3))[1]})",
    "print('said', file=sys.stderr)\n{}['missing']",
]

# A notebook that leaves nothing as it found it.
HOSTILE = [
    "import os, random, sys\nimport matplotlib as mpl\nimport numpy as np\nimport pandas as pd\n"
    "mpl.rcParams['figure.figsize'] = (1, 1)\nmpl.rcParams['lines.linewidth'] = 9\n"
    "mpl.rcParams['font.size'] = 30\npd.set_option('display.precision', 1)\n"
    "os.environ['LANGUAGE'] = 'tr'\nos.environ['LEFT_BEHIND'] = 'yes'\nos.chdir('/')\n"
    "sys.path.insert(0, '/nowhere')\nrandom.seed(1)\nnp.random.seed(1)\n"
    "np.random.default_rng = None\nsys.modules['claimbook.text'] = None",
    "from claimbook import ledger\nfrom claimbook.analysis import calendar\n"
    "calendar._exchange.cache_clear()\ncalendar._exchange = None\nledger.HOLDS = 'never'\n"
    "import builtins\nbuiltins.print = None",
]
# One that would show what another left behind.
CHECKING = [
    *ASKING[:-1],
    "from claimbook import ledger, text\nfrom claimbook.analysis import calendar\n"
    "from claimbook.charts import chart\n"
    "print(ledger.HOLDS, text.number(2.5, 1), calendar.session('2025-03-26'))\n"
    "with chart.house_style():\n    figure = chart.new_figure(2)\n"
    "    figure.subplots().plot([1, 2])\n    chart.title(figure, 'A title')\n"
    "print(pd.DataFrame({'a': [1.23456]}))",
    "figure.savefig('drawn.png')\nimport hashlib\n"
    "print(hashlib.sha256(open('drawn.png', 'rb').read()).hexdigest())\nos.remove('drawn.png')",
]


RANDOM = ["import random\nimport numpy as np\nprint(random.random())\nprint(np.random.rand())"]

# Once the cell has run, all that is said of it is held up for longer than nbclient waits by itself.
LATE = [
    "import time\n"
    "kernel = get_ipython().kernel\n"
    "publish = kernel._publish_status\n"
    "def held_up(*status, **about):\n"
    "    kernel._publish_status = publish\n"
    "    kernel.iopub_thread.schedule(lambda: time.sleep(6))\n"
    "    publish(*status, **about)\n"
    "kernel._publish_status = held_up\n"
    "print('said')"
]


def copied(folder: Path) -> Path:
    """A copy of the package in a folder, which nobody else changes while it is imported."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(
        small_project.REPOSITORY / "src" / "claimbook", folder / "claimbook", ignore=ignored
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds such a copy."""
    return copied(tmp_path_factory.mktemp("source")).parent


def runs(
    source: Path,
    steps: list[dict[str, Any]],
    *,
    warm: bool = True,
    root: Path = small_project.REPOSITORY,
) -> list[dict[str, Any]]:
    """What `kernel_runs` gives for some steps: notebooks' texts, and how each kernel came about."""
    said = subprocess.run(
        [sys.executable, RUNS],
        input=json.dumps({"warm": warm, "steps": steps}),
        env={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(source),
            "CLAIMBOOK_ROOT": str(root),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return list(json.loads(said.stdout))


@pytest.fixture(scope="module")
def warm(source: Path) -> list[dict[str, Any]]:
    """Kernels of one server, one after the other; the third leaves nothing as it found it."""
    told = (ASKING, CHECKING, HOSTILE, CHECKING, RANDOM, RANDOM, LATE)
    return runs(source, [{"cells": cells} for cells in told])


@pytest.fixture(scope="module")
def cold(source: Path) -> list[dict[str, Any]]:
    """The first two of them, each in an interpreter of its own."""
    return runs(source, [{"cells": ASKING}, {"cells": CHECKING}], warm=False)


@linux
def test_forked_or_started_a_notebook_outputs_the_same(
    warm: list[dict[str, Any]], cold: list[dict[str, Any]]
) -> None:
    assert {run["kernel"] for run in warm} == {"forked"}
    assert {run["kernel"] for run in cold} == {"started"}
    for ours, usual in zip(warm, cold, strict=False):  # those of both
        assert ours["notebook"] == usual["notebook"]
    # Not equal by being empty: there is a figure, a table, a warning and an error.
    outputs = [o for c in json.loads(warm[0]["notebook"])["cells"] for o in c["outputs"]]
    data = {kind for output in outputs for kind in output.get("data", {})}
    assert {"image/png", "text/html"} <= data
    assert any("a warning" in "".join(o.get("text", "")) for o in outputs)
    assert outputs[-1]["ename"] == "KeyError"


@linux
def test_nothing_of_a_notebook_reaches_the_next(
    warm: list[dict[str, Any]], cold: list[dict[str, Any]]
) -> None:
    before, _, after = warm[1:4]
    assert before["notebook"] == after["notebook"]
    assert after["notebook"] == cold[1]["notebook"]


@linux
def test_outputs_that_come_late_are_waited_for(warm: list[dict[str, Any]]) -> None:
    (cell,) = json.loads(warm[6]["notebook"])["cells"]
    assert [output["text"] for output in cell["outputs"]] == [["said\n"]]


@linux
def test_each_kernel_draws_its_own_random_numbers(warm: list[dict[str, Any]]) -> None:
    one, other = (json.loads(run["notebook"]) for run in warm[4:6])
    drawn = ["".join(n["cells"][0]["outputs"][0]["text"]).split() for n in (one, other)]
    assert drawn[0][0] != drawn[1][0]
    assert drawn[0][1] != drawn[1][1]


@linux
def test_where_it_cannot_fork_it_starts_the_kernel(source: Path, tmp_path: Path) -> None:
    cells = ["import os\nprint(os.environ.get('PYTHONUNBUFFERED'))\n1 + 1"]
    steps: list[dict[str, Any]] = [
        {"cells": cells},
        {"cells": cells, "set": {"PYTHONUNBUFFERED": "1"}},  # acts when an interpreter starts
        {"kill": "server"},
        {"cells": cells, "set": {"PYTHONUNBUFFERED": "1"}},
    ]
    made = runs(source, steps, root=small_project.write(tmp_path / "small"))
    assert [run["kernel"] for run in made] == ["forked", "started", "started"]
    assert '"1\\n"' in made[1]["notebook"]
    assert made[1]["notebook"] == made[2]["notebook"]


@linux
@pytest.mark.parametrize(
    ("file", "added", "cell", "said"),
    [
        (
            "text.py",
            "EDITED = 'edited'",
            "from claimbook import text\nprint(getattr(text, 'EDITED', 'as it was'))",
            ["as it was", "edited"],
        ),
        (  # which is read once, too
            "charts/house.mplstyle",
            "lines.markersize: 7",
            "import matplotlib as mpl\nfrom claimbook.charts import chart\n"
            "with chart.house_style():\n    print(mpl.rcParams['lines.markersize'])",
            ["6.0", "7.0"],
        ),
    ],
)
def test_a_package_edited_while_the_server_runs_is_seen(
    tmp_path: Path, file: str, added: str, cell: str, said: list[str]
) -> None:
    package = copied(tmp_path)
    steps = [{"cells": [cell]}, {"append": [str(package / file), f"\n{added}\n"]}]
    made = runs(tmp_path, [*steps, steps[0]], root=small_project.write(tmp_path / "small"))
    told = [json.loads(run["notebook"])["cells"][0]["outputs"][0]["text"] for run in made]
    assert ["".join(text).strip() for text in told] == said
    assert [run["kernel"] for run in made] == ["forked", "started"]


def test_getting_ready_fetches_nothing(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever edition a notebook names by default, only the current one is read ahead."""
    file = small / "notebooks" / "01-fell.ipynb"
    live = file.read_text("utf-8").replace('= \\"current\\"  #', '= \\"live\\"  #')
    file.write_text(live, encoding="utf-8")
    assert parameters.of(ledger.claim("fell"))["edition"].default == "live"
    resolve, asked = edition.resolve, []

    def noted(name: str, *tables: Any) -> str:
        asked.append(name)
        assert name != edition.LIVE, "it would fetch"
        return resolve(name, *tables)

    monkeypatch.setattr(edition, "resolve", noted)
    preload._checks(parameters)
    assert set(asked) == {edition.CURRENT}


@linux
def test_a_server_with_a_second_thread_forks_nothing(tmp_path: Path) -> None:
    """A package that starts a thread when it is imported stands for any such library."""
    package = copied(tmp_path)
    with (package / "text.py").open("a", encoding="utf-8") as file:
        file.write(
            "\nimport threading, time\n"
            "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        )
    root = small_project.write(tmp_path / "small")
    (made,) = runs(tmp_path, [{"cells": ["1 + 1"]}], root=root)
    assert made["kernel"] == "started"
    assert '"2"' in made["notebook"]


def sleeper(folder: Path, source: Path) -> tuple[list[str], dict[str, str]]:
    """The command and environment of a kernel that nobody talks to."""
    variables = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), **forked.ONE_THREAD}
    variables["PYTHONPATH"] = str(source)
    file = folder / "connection.json"
    return [sys.executable, "-m", "ipykernel_launcher", "-f", str(file)], variables


def gone(pid: int) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


@linux
def test_kernels_are_signalled_and_reaped_through_the_server(tmp_path: Path, source: Path) -> None:
    command, variables = sleeper(tmp_path, source)
    place = tmp_path / "s"
    with forked.server(place, variables):
        kernel = forked.Forked(str(place), command, variables, str(tmp_path), 1, 2)
        assert kernel.poll() is None
        assert psutil.Process(kernel.pid).is_running()
        kernel.send_signal(signal.SIGTERM)
        assert kernel.wait(20) == -signal.SIGTERM
        assert kernel.poll() == -signal.SIGTERM
        assert kernel.peak > 0
        kernel.kill()  # nothing is left to be hit
        assert gone(kernel.pid)

        # Nobody asks for it any more.
        dropped = forked.Forked(str(place), command, variables, str(tmp_path), 1, 2)
        dropped._socket.close()
        assert gone(dropped.pid)

        last = forked.Forked(str(place), command, variables, str(tmp_path), 1, 2)
        server = psutil.Process(last.pid).parent()
        assert server is not None
        server.kill()
        assert gone(last.pid)  # the system sees to it
        assert last.wait(20) == -signal.SIGKILL
        with pytest.raises(forked.RefusedError):
            forked.Forked(str(place), command, variables, str(tmp_path), 1, 2)


@linux
def test_the_server_ends_with_its_owner(tmp_path: Path, source: Path) -> None:
    command, variables = sleeper(tmp_path, source)
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, json, time\nfrom pathlib import Path\n"
            "from claimbook.kernels import forked\n"
            "place, command, variables = json.loads(sys.argv[1])\n"
            "with forked.server(Path(place), variables):\n"
            "    kernel = forked.Forked(place, command, variables, str(Path(place).parent), 1, 2)\n"
            "    print(kernel.pid, flush=True)\n    time.sleep(600)",
            json.dumps([str(tmp_path / "s"), command, variables]),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    server = psutil.Process(pid).ppid()
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert gone(pid)
    assert gone(server)


@linux
def test_another_tool_needs_one_variable(tmp_path: Path, source: Path) -> None:
    """papermill's command line, through the provisioner and as it is: the same outputs."""
    notebook = tmp_path / "asked.ipynb"
    import kernel_runs
    import nbformat

    from claimbook.reports import normal

    cells = [
        "import os\nprint(open(f'/proc/{os.getppid()}/cmdline').read().split('\\0')[2:3])",
        "2 + 3",
    ]
    notebook.write_text(kernel_runs.source(cells), encoding="utf-8")
    said = {}
    for name in ("claimbook-warm", "local-provisioner"):
        out = tmp_path / f"{name}.ipynb"
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "papermill",
            notebook,
            out,
            "-k",
            "python3",
        ]
        command += ["--no-progress-bar", "--cwd", tmp_path]
        variables = {**os.environ, "PYTHONPATH": str(source)}
        variables |= {"JUPYTER_DEFAULT_PROVISIONER_NAME": name}
        subprocess.run(command, check=True, env=variables, capture_output=True)
        said[name] = normal.normalised(nbformat.read(out, as_version=4))  # type: ignore[no-untyped-call]
    warm, usual = said["claimbook-warm"].cells, said["local-provisioner"].cells
    assert "claimbook.kernels.server" in warm[0].outputs[0].text
    assert "papermill" in usual[0].outputs[0].text
    assert warm[1].outputs == usual[1].outputs


def packages(code: str) -> set[str]:
    """The packages of others, and their modules, that are there after some code has run."""
    said = subprocess.run(
        [sys.executable, "-c", f"from claimbook.kernels import preload\nimport sys\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        name
        for name in json.loads(said.stdout)
        if name.split(".")[0] not in {*sys.stdlib_module_names, "claimbook"}
    }


def test_the_list_of_imports_is_what_the_notebooks_import() -> None:
    """Both ways: nothing that they import is missing from the list, and nothing is needless."""
    tell = "import json; print(json.dumps(sorted(sys.modules)))"
    needed = packages(f"preload.load(preload.own())\n{tell}")
    assert [name for name in preload.NOTEBOOKS if name not in needed] == []
    listed = packages(
        f"preload.load((*preload.KERNEL, *preload.NOTEBOOKS, *preload.PARTS))\n{tell}"
    )
    assert sorted({name for name in needed - listed if not name.startswith("_")}) == []


def test_a_worker_imports_what_pages_need_and_nothing_that_draws() -> None:
    look = "import claimbook.kernels.makers\nbefore = set(sys.modules)"
    use = "import claimbook.reports.document, claimbook.reports.execution, claimbook.reports.engine"
    tell = "import json; print(json.dumps(sorted({})))"
    late = packages(f"{look}\n{use}\n{tell.format('set(sys.modules) - before')}")
    assert late == set()
    there = packages(f"{look}\n{use}\n{tell.format('sys.modules')}")
    assert there & {"matplotlib", "pandas", "scipy"} == set()
    assert "papermill" in there


@linux
def test_a_forked_kernel_has_next_to_nothing_left_to_import(source: Path) -> None:
    name = "01-miner-drop.ipynb"
    notebook = json.loads((small_project.REPOSITORY / "notebooks" / name).read_text("utf-8"))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    look = "import sys, json\n_before = set(sys.modules)"
    tell = "print(json.dumps(sorted(set(sys.modules) - _before)))"
    (made,) = runs(source, [{"cells": [look, *cells, tell]}])
    assert made["kernel"] == "forked"
    last = json.loads(made["notebook"])["cells"][-1]["outputs"][0]
    late = json.loads("".join(last["text"]))
    assert len(late) <= 40, late
