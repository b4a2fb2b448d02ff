"""The rules of `hygiene` themselves: each finds its fault, and lets what is allowed pass."""

import pytest
from hygiene import Page

from claimbook.reports import frame


def of_script(code: str) -> list[str]:
    return Page(f"<script>{code}</script>").requests


@pytest.mark.parametrize(
    "code",
    [
        "image.src = address",
        "image.src=`${address}`",
        'image.src = "https:" + rest',
        "image.src ??= address",
        "image.srcset = address",
        'image["src"] = address',
        'image.setAttribute("src", address)',
        "use.setAttributeNS(space, 'xlink:href', address)",
        "Object.assign(new Image(), { src: address })",
        "fetch(address)",
        'new WebSocket("ws:" + rest)',
    ],
)
def test_a_script_that_could_load_something_is_found(code: str) -> None:
    assert len(of_script(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "image.src = `data:image/svg+xml;charset=utf-8,${drawing}`",
        'image.src = "data:image/png;base64," + pixels',
        "save(image.src, name)",
        "image.src === other.src",
        'drawing.setAttribute("width", width)',
    ],
)
def test_a_script_that_draws_its_own_data_is_let_pass(code: str) -> None:
    assert of_script(code) == []


def test_the_pages_own_scripts_load_nothing() -> None:
    scripts = [frame.script(), *frame.explorables().values()]
    assert len(scripts) > 1
    assert [found for code in scripts for found in of_script(code)] == []
