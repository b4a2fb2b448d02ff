"""Why a report is rendered: each real change of a project gives its reason, and nothing else."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import made_versions
import pytest
import small_project
from test_reports_render import Worker, worker  # noqa: F401  (a fixture)

from claimbook import cli, ledger
from claimbook.reports import changes, recipe
from claimbook.reports.shelf import Shelf

SOURCE = small_project.REPOSITORY / "src" / "claimbook"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with a copy of the package, whose modules and templates may be changed."""
    shutil.copytree(
        SOURCE, tmp_path / "src" / "claimbook", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path / "src"


def manifest(package: Path, **given: Any) -> dict[str, Any]:
    return dict(recipe.of(ledger.claim("fell"), given, package=package).ingredients)


def append(path: Path, words: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + words, encoding="utf-8")


def table(root: Path, _: Path) -> None:
    small_project.write_prices(root, small_project.PRICES.replace("BOLT,55", "BOLT,56"))


def module(_: Path, package: Path) -> None:
    append(package / "claimbook" / "ledger.py", "# changed\n")


def package_line(root: Path, _: Path) -> None:
    lock = root / "requirements.lock"
    version = recipe.locked()["pandas"]
    changed = lock.read_text("utf-8").replace(f"pandas=={version}", "pandas==9.9.9")
    lock.write_text(changed, "utf-8")


def cells(root: Path, _: Path) -> None:
    small_project.change_cell(
        root / "notebooks" / "01-fell.ipynb", "coverage", "show.coverage(book)  # changed"
    )


def template(_: Path, package: Path) -> None:
    append(package / "claimbook" / "reports" / "template" / "style.css", "p { margin: 0; }\n")


def rule(root: Path, _: Path) -> None:
    path = root / "data" / "claims.yml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("printed_text: fell 10 %", "printed_text: fell a tenth"), "utf-8")


def lock_only(root: Path, _: Path) -> None:
    append(root / "requirements.lock", "# a remark\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (table, "data/prices.csv changed"),
        (module, "src module claimbook/ledger.py changed"),
        (package_line, "package pandas {pandas} → 9.9.9"),
        (cells, "notebook cells changed"),
        (template, "template style.css changed"),
        (rule, "the claim's entry in data/claims.yml changed"),
        (lock_only, "requirements.lock changed, its versions did not"),
    ],
)
def test_one_change_one_reason(
    small: Path, package: Path, change: Callable[[Path, Path], None], said: str
) -> None:
    before = manifest(package)
    expected = said.format(pandas=recipe.locked()["pandas"])
    change(small, package)
    after = manifest(package)
    assert [found.said for found in changes.between(before, after)] == [expected]
    assert changes.why([before], after) == expected
    assert changes.between(after, after) == []


def test_one_parameter_one_reason_and_another_report(small: Path, package: Path) -> None:
    before, after = manifest(package), manifest(package, times=2.0)
    assert [found.said for found in changes.between(before, after)] == [
        "parameter times is 2.0, was 1.0"
    ]
    assert not changes.same_report(before, after)
    assert changes.why([before], after) == "first time with these parameters"
    assert changes.why([], before) == "first time"
    # A parameter that the notebook's author adds makes no other report of either.
    for old in (before, after):
        new = copy.deepcopy(old)
        new["parameters"]["more"] = 3
        assert changes.same_report(old, new)
        assert changes.why([old], new) == "parameter more is new (3)"
    new_default = copy.deepcopy(before)
    new_default["parameters"]["times"] = 1.5
    assert changes.why([before], new_default) == "parameter times is 1.5, was 1.0"


def test_the_newest_of_the_same_report_is_compared_with(small: Path, package: Path) -> None:
    now, other = manifest(package), manifest(package, times=2.0)
    newer, older = copy.deepcopy(now), copy.deepcopy(now)
    newer["edition"] = older["edition"] = "2023-12-31"
    older["packages"]["pandas"] = "1.0"
    assert changes.why([other, newer, older], now) == "edition 2023-12-31 → 2024-01-03"


def test_the_most_telling_comes_first_and_a_line_stays_short(small: Path, package: Path) -> None:
    before = manifest(package)
    for change in (template, package_line, module, table):
        change(small, package)
    found = changes.between(before, manifest(package))
    assert [change.kind for change in found] == ["data", "code", "packages", "page"]
    assert changes.summary(found).endswith("; 1 more")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in entries:
            yield from leaves(item, (*path, key))
    else:
        yield path


def test_nothing_that_names_a_version_can_change_unsaid(small: Path) -> None:
    """Each single value of a manifest: where the name changes, a reason is given."""
    before = dict(recipe.of(ledger.claim("fell")).ingredients) | {"kernel": "a", "more": [1, 2]}
    unsaid = []
    for path in leaves(before):
        after = json.loads(json.dumps(before))
        place = after
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = not place[path[-1]] if path == ("default",) else "changed"
        assert recipe.version_of(before) != recipe.version_of(after), path
        if not changes.between(before, after):
            unsaid.append(path)
    # These follow from others: the claim's hash covers its id and title, the parameters `default`.
    assert unsaid == [("claim",), ("title",), ("default",)] or unsaid == [("title",), ("default",)]


def test_a_page_made_of_reports_says_which(small: Path, package: Path) -> None:
    before = manifest(package)
    rows = [{"claim": c, "version": "1", "state": "as now"} for c in ("fell", "fell-too")]
    before["published"] = rows
    after = copy.deepcopy(before)
    after["published"][1]["version"] = "2"
    after["published"][0]["state"] = "damaged"
    assert [found.said for found in changes.between(before, after)] == [
        "what is published of fell changed",
        "report fell-too: 1 → 2",
    ]


def test_render_says_why(
    small: Path,
    worker: Worker,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["render", "fell"]) == cli.DONE
    assert capsys.readouterr().out.count("(first time)") == 1
    table(small, small)
    assert cli.main(["render", "fell"]) == cli.DONE
    assert "s (data/prices.csv changed)\n" in capsys.readouterr().out
    assert cli.main(["render", "fell", "--force"]) == cli.DONE
    assert "(asked for with --force)" in capsys.readouterr().out


def test_a_manifest_of_before_is_understood(small: Path) -> None:
    """One that lacks what later ones have gives reasons, and no error."""
    shelf = Shelf(small / "reports")

    def bare(old: dict[str, Any]) -> None:
        for name in ("packages", "python", "hashes"):
            del old[name]

    made_versions.publish(shelf, 1, change=bare)
    (old,) = shelf.versions("fell")
    found = changes.between(old.manifest, recipe.of(ledger.claim("fell")).ingredients)
    assert {"code", "packages", "page", "claim", "other"} <= {change.kind for change in found}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (1.0, 1, "parameter times is 1, was 1.0"),
        (1, True, "parameter times is True, was 1"),
        (["a", "b"], "a, b", 'parameter times is "a, b", was ["a", "b"]'),
        (["a", "b"], ["b", "a"], "parameter times is b, a, was a, b"),
        (None, "None", 'parameter times is "None", was null'),
    ],
)
def test_values_that_look_alike_are_told_apart_as_the_version_does(
    small: Path, old: Any, new: Any, said: str
) -> None:
    before = dict(recipe.of(ledger.claim("fell")).ingredients)
    before, after = (before | {"parameters": {"times": value}} for value in (old, new))
    assert recipe.version_of(before) != recipe.version_of(after)
    assert [found.said for found in changes.between(before, after)] == [said]


def test_what_is_too_long_to_say_is_named_once(small: Path) -> None:
    before = dict(recipe.of(ledger.claim("fell")).ingredients)
    first = before | {"edition_note": "fetched from one source after another"}
    second = before | {"edition_note": "brought in from a file of somebody's own"}
    note = "Where the edition comes from"
    for old, new, said in [
        (first, second, f"{note} changed"),
        (before, first, f"{note} is recorded now"),
        (first, before, f"{note} is no longer recorded"),
        (before, before | {"python": ">=3.12"}, "Python: >=3.11 → >=3.12"),
    ]:
        assert [found.said for found in changes.between(old, new)] == [said]


def test_exactly_the_same_parameters_go_before_fewer_or_more(small: Path) -> None:
    new = dict(recipe.of(ledger.claim("fell"), {"times": 2.0}).ingredients)
    fewer = new | {"parameters": {"times": 2.0}, "version": "fewer"}
    exactly = new | {"version": "exactly"}
    other = new | {"parameters": new["parameters"] | {"times": 1.5}, "version": "other"}
    assert changes.predecessor([other, fewer, exactly], new) is exactly
    assert changes.predecessor([exactly, other, fewer], exactly) is fewer
    assert changes.predecessor([other], new) is None
