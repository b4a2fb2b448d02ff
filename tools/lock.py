"""Resolve the dependencies anew: two lock files with hashes, and environment.yml from them.

Run by `make lock`. Versions already locked stay unless a floor in pyproject.toml forbids them;
`python tools/lock.py --upgrade` takes the newest of all. The files name no index.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNTIME, DEV = "requirements.lock", "requirements-dev.lock"
COMPILE = [
    *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "pyproject.toml"),
    *("--universal", "--python-version", "3.11", "--fork-strategy", "fewest"),
    *("--generate-hashes", "--no-annotate", "--no-header"),
]
ENVIRONMENT = """\
# The same versions for conda users, written by `make lock` from the lock files: do not edit.
# conda brings Python and the direct dependencies, for running and for development; the last line
# adds this checkout itself, whose dependencies are then already met.
#   conda env create -f environment.yml && conda activate claimbook
name: claimbook
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python>=3.11
  - pip
{conda}
  - pip:
{pip}
      - --editable .
"""
# Published on PyPI alone, or not surely on conda-forge; uharfbuzz may be built there with another
# HarfBuzz, which would cut other fonts.
PIP_ONLY = {"axe-playwright-python", "coinmetrics-api-client", "uharfbuzz"}


def main() -> None:
    compile_lock(RUNTIME, *sys.argv[1:])
    compile_lock(DEV, "--extra", "dev", "--constraint", RUNTIME, *sys.argv[1:])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    direct = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = versions((ROOT / DEV).read_text(encoding="utf-8"))
    names = sorted(map(name_of, direct))
    conda = "\n".join(f"  - {name}={locked[name]}" for name in names if name not in PIP_ONLY)
    pip = "\n".join(f"      - {name}=={locked[name]}" for name in names if name in PIP_ONLY)
    text = ENVIRONMENT.format(conda=conda, pip=pip)
    (ROOT / "environment.yml").write_text(text, encoding="utf-8")


def compile_lock(target: str, *options: str) -> None:
    subprocess.run([*COMPILE, "--output-file", target, *options], cwd=ROOT, check=True)


def name_of(requirement: str) -> str:
    """`pandas` of `pandas>=3.0`."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower()


def versions(lock: str) -> dict[str, str]:
    """The locked version by name. Direct dependencies stand once: they have no markers."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE))


if __name__ == "__main__":
    main()
