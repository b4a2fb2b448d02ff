"""A sweep is checked as a whole before the first report is run, and its page compares the rest."""

import json
from pathlib import Path

import pytest
import small_project

from claimbook.errors import ParameterError
from claimbook.reports import sweep

SWEEP = """\
title: Two shares
about: The same day for both shares.
claim: fell
reports:
  - name: The first
    parameters: {ticker: ACME}
  - name: The second
    parameters: {ticker: BOLT}
compare:
  - {quantity: change_pct, label: Change, digits: 1}
"""


def file(root: Path, text: str) -> Path:
    path = root / "notebooks" / "both.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title: Two shares\n", "", "the entry `title` is missing"),
        ("about:", "abuot:", "no entry `abuot`"),
        ("claim: fell", "claim: flew", "no claim 'flew'"),
        ("name: The second", "name: The first", "two reports have the name 'The first'"),
        ("ticker: BOLT", "ticker: NOPE", "report 'The second': ticker: 'NOPE' is not in the data"),
        ("ticker: BOLT", "tikcer: BOLT", "report 'The second': there is no parameter 'tikcer'"),
        ("ticker: BOLT", "ticker: ACME", "have the same parameters"),
        ("digits: 1", "digits: many", "digits of change_pct must be a whole number"),
        ("quantity: change_pct, ", "", "needs `quantity` and `label`"),
    ],
)
def test_one_sentence_and_nothing_run(small: Path, old: str, new: str, said: str) -> None:
    path = file(small, SWEEP.replace(old, new))
    with pytest.raises(ParameterError, match=r"^both\.yml: ") as error:
        sweep.read(path)
    assert said in str(error.value)
    done = small_project.claimbook("sweep", path, root=small)
    assert done.returncode == 2
    assert not (small / "reports").exists()


def test_the_page_compares_the_reports(small: Path) -> None:
    path = file(small, SWEEP)
    done = small_project.claimbook("sweep", path, root=small)
    assert done.returncode == 0, done.stderr
    content = json.loads((small / "reports" / "sweeps" / "both.json").read_text(encoding="utf-8"))
    changes = [entry["quantities"]["change_pct"]["value"] for entry in content["reports"]]
    # 100 to 90 and 50 to 55, by mental arithmetic.
    assert changes == pytest.approx([-10, 10])
    page = (small / "reports" / "sweeps" / "both.html").read_text(encoding="utf-8")
    for entry in content["reports"]:
        assert f"../fell/{entry['version']}/index.html" in page
        assert (small / "reports" / "fell" / entry["version"] / "index.html").is_file()
    again = small_project.claimbook("sweep", path, root=small)
    assert again.stdout.count("already published") == 2

    # A damaged version is an empty row, and `verify` says what is wrong with it.
    first = content["reports"][0]["version"]
    (small / "reports" / "fell" / first / "results.json").write_text("{", encoding="utf-8")
    damaged = small_project.claimbook("sweep", path, root=small)
    assert "Traceback" not in damaged.stderr
    content = json.loads((small / "reports" / "sweeps" / "both.json").read_text(encoding="utf-8"))
    assert [entry["failed"] for entry in content["reports"]] == [True, False]
    assert small_project.claimbook("verify", root=small).returncode == 1


def test_the_declared_sweep_can_be_read() -> None:
    path = small_project.REPOSITORY / "notebooks" / "sweeps" / "ai-shocks.yml"
    declared = sweep.read(path)
    dates = [made.parameters["event_date"] for made in declared.reports.values()]
    assert dates == [
        "2024-06-04",
        "2025-01-27",
        "2025-02-24",
        "2025-03-06",
        "2025-03-26",
        "2025-11-03",
    ]
