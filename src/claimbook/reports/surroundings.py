"""The surroundings of a kernel: the same on every machine, and nothing of the user's own.

Time zone, locale, hash seed, number of threads and processor features are fixed, since each can
change a digit or an order. The environment is written from nothing: no configuration, no start-up
file and no secret of the user's reaches a notebook.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import claimbook
from claimbook import paths
from claimbook.kernels import forked, grammar

KERNEL = "python3"

FIXED = {
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONNOUSERSITE": "1",
    # One thread, so that sums are added in one order.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "JUPYTER_NO_CONFIG": "1",
    "JUPYTER_PLATFORM_DIRS": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "COLUMNS": "80",
    "LINES": "24",
    "NO_COLOR": "1",
}

# Where linear algebra and numpy choose other instructions on newer processors, the last bit
# differs; these hold all x86-64 processors to what the oldest supported one can do.
FIXED_X86 = {
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
}

# What a process needs to start at all.
NEEDED = ("LD_LIBRARY_PATH", "SYSTEMROOT", "COMSPEC", "PATHEXT", "TMPDIR", "TEMP", "TMP")
# With what a command has settled for all that it starts.
PASSED_ON = (*NEEDED, paths.EDITION_VARIABLE)


@contextmanager
def prepared(*, warm: bool = True) -> Iterator[dict[str, str]]:
    """A whole environment for processes that start kernels; its folders go when the context ends.

    With `warm`, kernels are forked from a process that has imported what notebooks import, where
    that is possible; what they output is the same. That process ends with the context.

    The empty folder `HOME/work` is meant as the working directory: a notebook that reads a file
    beside it would not be covered by its version.
    """
    # On macOS the path of a socket may have 104 bytes, so names are short.
    with tempfile.TemporaryDirectory(prefix="cb-", ignore_cleanup_errors=True) as place:
        home = Path(place).resolve()
        for folder in ("work", "run", "ipython"):
            (home / folder).mkdir()
        _write_kernelspec(home / "jupyter" / "kernels" / KERNEL)
        environment = _environment(home)
        _warm_fonts(environment)
        environment[forked.SOCKET] = ""
        with ExitStack() as stack:
            if warm and forked.possible():
                stack.enter_context(forked.server(home / "s", environment))
                environment[forked.SOCKET] = str(home / "s")
            yield environment


def adopt(environment: Mapping[str, str]) -> None:
    """Make this process, and those it starts, live in the given environment alone."""
    os.environ.clear()
    os.environ.update(environment)
    if hasattr(time, "tzset"):
        time.tzset()
    grammar.left_out()


def work_folder() -> Path:
    """The empty working directory of the environment this process lives in."""
    return Path(os.environ["HOME"]) / "work"


def _environment(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    search = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    fixed = FIXED | (FIXED_X86 if platform.machine().lower() in ("x86_64", "amd64") else {})
    return {
        **kept,
        **fixed,
        "PATH": os.pathsep.join(search),
        # The package that was hashed is the package that runs, however it was installed.
        "PYTHONPATH": str(Path(claimbook.__file__).resolve().parents[1]),
        paths.ROOT_VARIABLE: str(paths.root()),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_PATH": str(home / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "run"),
        "MPLCONFIGDIR": str(_matplotlib_folder(home)),
    }


def _write_kernelspec(folder: Path) -> None:
    """A kernel of this very interpreter, found before any other that the machine has."""
    folder.mkdir(parents=True)
    spec: dict[str, Any] = {
        "argv": [
            *(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
            "--log-level=CRITICAL",  # a cell that fails is reported by the notebook
        ],
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    if metadata.entry_points(group=forked.GROUP, name=forked.NAME):
        spec["metadata"] = {"kernel_provisioner": {"provisioner_name": forked.NAME}}
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def _matplotlib_folder(home: Path) -> Path:
    """The interpreter's own folder for matplotlib's list of fonts, kept from run to run."""
    folder = Path(sys.prefix) / "var" / "cache" / "claimbook-matplotlib"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return home / "matplotlib"
    return folder if os.access(folder, os.W_OK) else home / "matplotlib"


def _warm_fonts(environment: Mapping[str, str]) -> None:
    """List the fonts beforehand: a slow first listing would put a warning into a notebook."""
    if not any(Path(environment["MPLCONFIGDIR"]).glob("fontlist-*.json")):
        command = [sys.executable, "-c", "import matplotlib.font_manager"]
        subprocess.run(command, env=dict(environment), check=False, capture_output=True)
