"""The command line: what it refuses, what it says, and that a refusal writes nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import small_project

from claimbook import cli

REFUSED = {
    "unknown claim": (["render", "rose"], "no claim 'rose' in the ledger: there are fell,"),
    "claim without a notebook": (["render", "untested"], "untested has no notebook yet"),
    "unknown parameter": (["render", "fell", "-p", "size=1"], "there is no parameter 'size'"),
    "no value": (["render", "fell", "-p", "ticker"], "-p ticker: write it as name=value"),
    "given twice": (["render", "fell", "-p", "times=1", "-p", "times=2"], "times is given twice"),
    "wrong type": (["render", "fell", "-p", "times=much"], "times must be of type float"),
    "out of range": (["render", "fell", "-p", "times=3"], "it must be from 0.5 to 2 times"),
    "no date": (["render", "fell", "-p", "day=yesterday"], "write a date as YYYY-MM-DD"),
    "date outside the data": (
        ["render", "fell", "-p", "day=2024-02-01"],
        "outside the data, which runs from 2024-01-02 to 2024-01-03",
    ),
    "unknown ticker": (["render", "fell", "-p", "ticker=CORK"], "'CORK' is not in the data"),
    "unknown edition": (["render", "fell", "-p", "edition=2020-01-01"], "no edition '2020-01-01'"),
    "parameters of no claim": (["render", "-p", "times=1"], "-p needs exactly one claim"),
    "parameters of two": (["render", "fell", "fell-too", "-p", "times=1"], "-p needs exactly one"),
    "unknown claim to show": (["show", "rose"], "no claim 'rose'"),
    "unknown notebook": (["notebooks", "09-none.ipynb"], "there is no notebook '09-none.ipynb'"),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_is_one_sentence_and_writes_nothing(
    small: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    before = small_project.tree(small)
    assert cli.main(arguments) == cli.UNUSABLE
    out, err = capsys.readouterr()
    assert said in err
    assert err.startswith("claimbook: ")
    assert err.count("\n") == 1
    assert out == ""
    assert small_project.tree(small) == before


@pytest.mark.parametrize("words", [["list"], ["show", "fell"]])
def test_output_that_nobody_reads_ends_quietly(small: Path, words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)  # as `head` does when it has seen enough
    command = [sys.executable, "-m", "claimbook", *words]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (cli.UNHEARD, "")


def test_another_broken_pipe_is_not_hidden(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> int:
        raise BrokenPipeError("a worker's")

    monkeypatch.setattr(cli, "list_claims", broken)
    with pytest.raises(BrokenPipeError):
        cli.main(["list"])


def test_a_table_that_was_changed_is_refused(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = small / "data" / "prices.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",90", ",91"), encoding="utf-8")
    assert cli.main(["render", "fell"]) == cli.UNUSABLE
    assert "table prices: data/prices.csv has SHA-256" in capsys.readouterr().err
    assert not (small / "reports").exists()


def test_packages_other_than_the_locked_ones_are_refused(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = small / "requirements.lock"
    lock.write_text(lock.read_text(encoding="utf-8").replace("pandas==", "pandas==99."), "utf-8")
    assert cli.main(["render", "fell"]) == cli.UNUSABLE
    assert "where requirements.lock says 99." in capsys.readouterr().err
    assert not (small / "reports").exists()


@pytest.mark.parametrize("arguments", [[], ["paint"], ["render", "--workers", "0"], ["data"]])
def test_a_command_that_is_none_exits_with_two(
    small: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == cli.UNUSABLE
    assert "usage: claimbook" in capsys.readouterr().err


def test_list_and_show(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list"]) == cli.DONE
    lines = capsys.readouterr().out.splitlines()
    assert " ".join(lines[0].split()) == "fell Did the share fall by a tenth? [01-fell.ipynb]"
    assert lines[2].endswith("[no notebook yet]")
    assert cli.main(["show", "fell"]) == cli.DONE
    out = capsys.readouterr().out
    assert "by-a-tenth: The share closed a tenth lower." in out
    assert "times (float, default 1.0): multiplies the change; from 0.5 to 2 times" in out
    assert cli.main(["show", "untested"]) == cli.DONE
    assert "This claim has no notebook yet." in capsys.readouterr().out


def test_data_check_and_seal(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["data", "check"]) == cli.DONE
    assert cli.main(["data", "seal"]) == cli.DONE
    assert "every table was as recorded" in capsys.readouterr().out

    table, descriptor = small / "data" / "prices.csv", small / "data" / "datapackage.json"
    table.write_text(small_project.PRICES + "2024-01-04,ACME,80\n", encoding="utf-8")
    assert cli.main(["data", "check"]) == cli.FAILED
    assert "claimbook data seal" in capsys.readouterr().out
    assert cli.main(["data", "seal"]) == cli.DONE
    assert "recorded anew: prices" in capsys.readouterr().out
    assert cli.main(["data", "check"]) == cli.DONE
    recorded = json.loads(descriptor.read_text(encoding="utf-8"))["resources"][0]
    assert recorded["rows"] == 5
    assert recorded["bytes"] == table.stat().st_size
    assert recorded["title"] == "Prices"  # the rest stays as it is

    # What does not fit the schema is not sealed.
    before = descriptor.read_bytes()
    table.write_text(small_project.PRICES + "2024-01-04,ACME,cheap\n", encoding="utf-8")
    assert cli.main(["data", "seal"]) == cli.UNUSABLE
    assert "close in line 6 is 'cheap', not a number" in capsys.readouterr().err
    assert descriptor.read_bytes() == before


def test_a_wrong_count_in_the_descriptor_is_found(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = small / "data" / "datapackage.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"rows": 4', '"rows": 5'), "utf-8")
    assert cli.main(["data", "check"]) == cli.FAILED
    assert "rows are 4 where the descriptor says 5" in capsys.readouterr().out


def test_a_folder_without_a_ledger_is_refused(tmp_path: Path) -> None:
    said = small_project.claimbook("list", root=tmp_path)
    assert said.returncode == cli.UNUSABLE
    assert said.stderr.startswith("claimbook: no ledger at data/claims.yml below")


def test_help_and_lists_import_nothing_heavy() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from claimbook import cli; cli.main(['list']);"
        "sys.exit(any(name in sys.modules for name in ('pandas', 'nbformat', 'papermill')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0


def test_this_projects_tables_are_as_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["data", "check"]) == cli.DONE
