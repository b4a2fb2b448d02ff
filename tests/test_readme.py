"""README.md keeps its word: verdicts, links, commands and the licence page."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from claimbook import cli, data, ledger, parameters, paths

ROOT = paths.root()
PAGES = ("README.md", "data/README.md")


def commands(page: str) -> list[list[str]]:
    """The commands of a page's shell blocks, without their comments."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    lines = "".join(blocks).splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def test_generated_parts_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "tools/docs.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_changed_verdict_would_be_noticed(tmp_path: Path) -> None:
    for name in ("data", "notebooks"):
        (tmp_path / name).symlink_to(ROOT / name)
    page = (ROOT / "README.md").read_text()
    changed = re.sub(r"\| \*\*[a-z ]+\*\* \|", "| **holds, we hope** |", page, count=1)
    assert changed != page
    (tmp_path / "README.md").write_text(changed)
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/docs.py"), "--check"],
        env={"CLAIMBOOK_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ("out of date: README.md (verdicts); run `python tools/docs.py`\n")


def test_the_verdict_table_has_a_row_a_claim() -> None:
    part = (ROOT / "README.md").read_text().split("end of verdicts")[0].split("## Verdicts")[1]
    rows = [line for line in part.splitlines() if line.startswith("| ")][2:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [
        claim.title for claim in ledger.claims()
    ]
    for row in rows:
        assert re.search(rf"\*\*({'|'.join(ledger.VERDICTS)})\*\*|not examined yet", row), row


def test_the_verdict_words_are_explained() -> None:
    page = (ROOT / "README.md").read_text()
    for verdict in ledger.VERDICTS:
        assert f"| {verdict} | " in page


@pytest.mark.parametrize("page", PAGES)
def test_links_within_the_repository_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    for link in links:
        target, _, anchor = link.partition("#")
        if target.startswith("https://"):
            continue
        path = (ROOT / page).parent / target if target else ROOT / page
        # Reports are rendered at the end of a piece of work; their claim must exist.
        report = re.fullmatch(r"reports/([\w-]+)/index\.html", target)
        if report:
            assert report[1] in {subject.id for subject in ledger.subjects()}
            continue
        assert path.exists(), link
        if anchor:
            page_there = path / "README.md" if path.is_dir() else path
            heads = re.findall(r"^#+ (.+)$", page_there.read_text(), re.MULTILINE)
            slugs = [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads]
            assert anchor in slugs, link


def test_the_commands_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for words in commands("README.md"):
        program, rest = words[0].removeprefix(".venv/bin/"), words[1:]
        if program == "make":
            assert re.search(rf"^{rest[0]}:", makefile, re.MULTILINE), words
        elif program == "claimbook":
            cli.parser().parse_args(rest)
        elif program == "papermill":
            source, _, flag, name, value = rest
            assert flag == "-p"
            claim = next(c for c in ledger.claims() if f"notebooks/{c.notebook}" == source)
            assert parameters.check(claim, {name: value})[name] == value
        else:
            assert program == "pytest", words
            assert (ROOT / rest[-1]).is_dir()


def test_the_parameters_of_the_readme_are_allowed() -> None:
    given = [words for words in commands("README.md") if {"render", "-p"} <= set(words)]
    assert given
    for words in given:
        claim = ledger.claim(words[2])
        parameters.check(claim, parameters.parse(words[4:], parameters.of(claim)))


def test_every_make_target_that_a_reader_needs_is_named() -> None:
    page = (ROOT / "README.md").read_text()
    for target in ("make reports", "make test", "make lab", "make lock", "make notebooks"):
        assert target in page


def test_every_table_has_a_licence_row() -> None:
    text = (ROOT / "data/README.md").read_text()
    part = text.split("## Licences")[1].split("\n## ")[0]
    named = re.findall(r"`(\w+)`", part)
    assert sorted(named) == sorted(data.open_edition()[1])


def test_coverage_of_the_codebook_names_every_column() -> None:
    text = (ROOT / "data/README.md").read_text()
    for name, table in data.open_edition()[1].items():
        part = text.split(f"### `{name}`: ")[1].split("\n### ")[0]
        for field in table.descriptor["schema"]["fields"]:
            assert f"| `{field['name']}` | {field['description']} |" in part


def test_the_project_names_no_machine_and_no_copies_of_others() -> None:
    for page in (*PAGES, "CITATION.cff", "environment.yml", ".ci/run"):
        text = (ROOT / page).read_text()
        assert not re.search(r"/(work|home|root|tmp)/|localhost|githubusercontent", text), page


def test_citation_is_complete() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)
    assert citation["type"] == "software"
    assert citation["license"] == "MIT"
    from claimbook import __version__

    assert citation["version"] == __version__
    licence = (ROOT / "LICENSE").read_text()
    assert citation["authors"] == [{"name": "The claimbook authors"}]
    assert "The claimbook authors" in licence
    assert licence.startswith("MIT License")
