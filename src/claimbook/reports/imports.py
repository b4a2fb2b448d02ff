"""Which modules of this package a piece of code reaches by import, found without running it."""

import ast
import functools
from collections.abc import Iterable
from pathlib import Path

from claimbook import remembered

PACKAGE = "claimbook"


@functools.cache
def of_code(source: str, *, within: str = "") -> tuple[str, ...]:
    """Dotted names of this package that the code imports, anywhere in it.

    `within` is the package that relative imports start from. `from a import b` gives both `a` and
    `a.b`, since `b` may be a module. Raises SyntaxError where the code cannot be parsed.
    """
    names: dict[str, None] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(dict.fromkeys(alias.name for alias in node.names))
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, within)
            names.update(dict.fromkeys([base, *(f"{base}.{a.name}" for a in node.names)]))
    return tuple(name for name in names if name == PACKAGE or name.startswith(f"{PACKAGE}."))


def reached(names: Iterable[str], source_folder: Path) -> list[Path]:
    """The files of the modules named, of their parent packages, and of all that these import.

    `source_folder` holds the package's folder. Names that are no module (a function, a class) count
    for nothing. Sorted by path.
    """
    files: dict[str, Path | None] = {}
    known = remembered.imports()
    waiting = list(names)
    while waiting:
        parts = waiting.pop().split(".")
        for length in range(1, len(parts) + 1):
            name = ".".join(parts[:length])
            if name in files:
                continue
            file = files[name] = _file(parts[:length], source_folder)
            if file is None:
                continue
            within = name if file.name == "__init__.py" else name.rpartition(".")[0]
            code = remembered.content(file)
            found = known.get(code, within)
            if found is None:
                found = of_code(code.decode("utf-8"), within=within)
                known.keep(code, within, found)
            waiting += found
    known.write()
    return sorted(file for file in files.values() if file is not None)


def companions(files: Iterable[Path]) -> list[Path]:
    """The files beside the given modules that are not Python: styles, fonts, templates.

    Subfolders count with the folder they lie in, unless they hold modules of their own.
    """
    folders = {file.parent for file in files}
    found: list[Path] = []
    while folders:
        for entry in folders.pop().iterdir():
            if entry.name.startswith((".", "__")):
                continue
            if entry.is_file() and entry.suffix not in (".py", ".pyc", ".pyi"):
                found.append(entry)
            elif entry.is_dir() and not any(entry.glob("*.py")):
                folders.add(entry)
    return sorted(set(found))


def _absolute(node: ast.ImportFrom, within: str) -> str:
    if not node.level:
        return node.module or ""
    parts = within.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _file(parts: list[str], source_folder: Path) -> Path | None:
    place = source_folder.joinpath(*parts)
    for file in (place / "__init__.py", place.with_suffix(".py")):
        if file.is_file():
            return file
    return None
