"""Compare freshly rendered reports with the committed ones, byte for byte.

`python tools/compare.py FRESH COMMITTED` looks at every version below FRESH: the same version must
lie below COMMITTED with the same four files. The version names what went in, so a version that is
missing means that something changed since the reports were committed.
"""

import sys
from pathlib import Path

FILES = ("index.html", "notebook.ipynb", "results.json", "manifest.json")


def main() -> int:
    fresh, committed = map(Path, sys.argv[1:])
    versions = sorted(path.parent for path in fresh.glob("*/*/manifest.json"))
    if not versions:
        print(f"no report was rendered below {fresh}")
        return 1
    problems = [problem for version in versions for problem in compared(version, fresh, committed)]
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{len(versions)} reports are the committed ones, byte for byte")
    return 1 if problems else 0


def compared(version: Path, fresh: Path, committed: Path) -> list[str]:
    """What is wrong with one version; nothing where it is as committed."""
    name = version.relative_to(fresh)
    if not (committed / name).is_dir():
        present = ", ".join(sorted(p.name for p in (committed / name.parent).glob("*-*/")))
        return [
            f"{name} is not committed (there: {present or 'none'}): "
            "something changed since; run `make reports` and commit reports/"
        ]
    return [
        f"{name}/{file} differs from the committed one: the render does not repeat itself here"
        for file in FILES
        if content(version / file) != content(committed / name / file)
    ]


def content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
