"""No secret of the user's gets into anything that a render writes, however it is spelled."""

import base64
from pathlib import Path
from urllib.parse import quote

import pytest
import small_project
from conftest import SECRET

# A notebook that looks for what it could give away, and shows what it finds.
PRYING = """\
import os, subprocess
from pathlib import Path
found = dict(os.environ)
for folder in (Path.home(), Path.cwd()):
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            found[file.name] = file.read_bytes().decode(errors="replace")
found["git"] = subprocess.run(["git", "config", "--list"], capture_output=True, text=True).stdout
print(found)
show.coverage(book)"""

FILES = {
    ".netrc": "machine example.org login me password {secret}\n",
    ".gitconfig": "[user]\n\tname = {secret}\n[http]\n\textraheader = {secret}\n",
    ".aws/credentials": "[default]\naws_secret_access_key = {secret}\n",
    ".config/pip/pip.conf": "[global]\nindex-url = https://me:{secret}@example.org/\n",
    ".config/dask/secret.yaml": "token: {secret}\n",
    ".jupyter/jupyter_notebook_config.py": "c.Secret = '{secret}'\n",
    ".jupyter/jupyter_nbconvert_config.json": '{{"TemplateExporter": {{"x": "{secret}"}}}}\n',
    ".ipython/profile_default/startup/00.py": "print('{secret}')\nsecret = '{secret}'\n",
    ".ipython/profile_default/ipython_config.py": "print('{secret}')\n",
    ".local/share/jupyter/kernels/python3/kernel.json": (
        '{{"argv": ["false", "{secret}"], "display_name": "{secret}", "language": "python"}}'
    ),
    ".config/matplotlib/matplotlibrc": "svg.hashsalt: {secret}\n",
}


def spellings(secret: str) -> dict[str, bytes]:
    """A secret as it is, and in the codings that files and addresses use."""
    content = secret.encode()
    # Base64 depends on how many bytes come before; the ends depend on what stands beside.
    shifted = [base64.b64encode(b"\0" * n + content)[4 if n else 0 : -4] for n in range(3)]
    return {
        "plain": content,
        "backwards": content[::-1],
        "hexadecimal": content.hex().encode(),
        "for an address": quote(secret, safe="").replace("-", "%2D").encode(),
        "UTF-16": secret.encode("utf-16-le"),
        **{f"Base64, {n} bytes on": piece for n, piece in enumerate(shifted)},
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All that a good and a failing render write, for a user with secrets all round."""
    root = small_project.write(tmp_path_factory.mktemp("secrets") / "small")
    notebooks = root / "notebooks"
    small_project.change_cell(notebooks / "01-fell.ipynb", "coverage", PRYING)
    failing = f"{PRYING}\nraise ValueError(found)"
    small_project.change_cell(notebooks / "02-fell-too.ipynb", "coverage", failing)
    home = root.parent / "home"
    for name, content in FILES.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(content.format(secret=SECRET), encoding="utf-8")
    variables = {
        "HOME": str(home),
        "API_TOKEN": SECRET,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "JUPYTER_TOKEN": SECRET,
        "PIP_INDEX_URL": f"https://me:{SECRET}@example.org/",
        "HTTPS_PROXY": f"http://me:{SECRET}@example.org/",
        "CLAIMBOOK_TOKEN": SECRET,
        "GIT_AUTHOR_NAME": SECRET,
    }
    done = small_project.claimbook("render", root=root, variables=variables, cwd=home)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "fell: " in done.stdout
    assert "published in" in done.stdout
    assert "fell-too: failed in cell 4: ValueError" in done.stdout
    every = [file for file in (root / "reports").rglob("*") if file.is_file()]
    found = {file.relative_to(root / "reports").as_posix(): file.read_bytes() for file in every}
    return {**found, "what was said": (done.stdout + done.stderr).encode()}


def test_there_is_something_to_look_through(written: dict[str, bytes]) -> None:
    kinds = {Path(name).name for name in written}
    assert kinds >= {*small_project.FOUR, "render.json", "error.json", "journal.jsonl"}
    # The notebooks did look, and show the environment that they had.
    for name in written:
        if name.endswith("notebook.ipynb"):
            assert b"PYTHONHASHSEED" in written[name]


@pytest.mark.parametrize("how", spellings(SECRET))
def test_no_secret_is_in_anything_written(written: dict[str, bytes], how: str) -> None:
    spelled = spellings(SECRET)[how]
    assert len(spelled) >= 16
    assert [name for name, content in written.items() if spelled in content] == []


@pytest.mark.parametrize("how", spellings(SECRET))
def test_a_secret_would_be_found(how: str) -> None:
    """The search finds what each coding makes of a secret among other bytes."""
    around = b"token=" + SECRET.encode() + b" and so on"
    shown = {
        "plain": around,
        "backwards": around[::-1],
        "hexadecimal": around.hex().encode(),
        "for an address": quote(around.decode(), safe="").replace("-", "%2D").encode(),
        "UTF-16": around.decode().encode("utf-16-le"),
    }
    coded = [base64.b64encode(b"x" * n + around) for n in range(3)]
    spelled = spellings(SECRET)[how]
    assert spelled in shown.get(how, b"") or any(spelled in piece for piece in coded)
