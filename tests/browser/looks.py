"""What axe-core finds on a page in every way it may look: light and dark, on a desk and a phone.

All rules look once. What they find depends on the look only for a few of them, and contrast only on
colours, size and weight of the words: so in every look those few are asked about one place of each
such style. That says the same in a tenth of the time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
LOOKS = [(viewport, scheme) for viewport in (DESKTOP, PHONE) for scheme in ("light", "dark")]

_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_BY_LOOK = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
# A drawing is one image to whoever listens, and the rows of a table are alike, as are the listings
# of code: their thousands only take minutes.
_THIN = """() => {
    document.querySelectorAll('.card svg[role=img]').forEach((one) => one.replaceChildren());
    document.querySelectorAll('tbody').forEach((body) =>
        [...body.rows].slice(2).forEach((row) => row.remove()));
    [...document.querySelectorAll('.highlight')].slice(3).forEach((one) => one.remove());
    document.querySelectorAll('details').forEach((box) => { box.open = true; });
}"""
_STYLES = """() => {
    const ground = (box) => {
        for (; box; box = box.parentElement) {
            const colour = getComputedStyle(box).backgroundColor;
            if (colour !== 'rgba(0, 0, 0, 0)') return colour;
        }
        return '';
    };
    const seen = new Set();
    return [...document.body.querySelectorAll('*')].filter((box) => {
        const said = [...box.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!said || !box.checkVisibility()) return false;
        const { color, fontSize, fontWeight, opacity } = getComputedStyle(box);
        const link = box.tagName === 'A';
        const style = [link, color, fontSize, fontWeight, opacity, ground(box)].join();
        return !seen.has(style) && seen.add(style);
    });
}"""


def drawn(page: Page) -> None:
    """Wait until the page has been drawn anew, and has heard of it.

    On a very busy machine Chromium has stopped drawing a window after its size changed. Asking for
    the window may make it go on; if not, this fails, where a promise would be awaited for ever.
    """
    page.evaluate(
        "() => { globalThis.drawn = false;"
        " requestAnimationFrame(() => setTimeout(() => { globalThis.drawn = true; })); }"
    )
    for look in range(1, 601):
        if page.evaluate("globalThis.drawn"):
            return
        page.wait_for_timeout(50)
        if look % 40 == 0:
            page.bring_to_front()
    raise AssertionError("the browser draws no more")


def faults(page: Page) -> Iterator[tuple[Any, ...]]:
    """Look, rule, first place and number of places of whatever axe-core finds, all unfolded.

    Takes rows and drawings off the page, so it is the last thing to be done with one.
    """
    page.evaluate(_THIN)
    page.evaluate(_AXE)
    yield from _found(page, "all", "document", {"rules": {"color-contrast": {"enabled": False}}})
    for viewport, scheme in LOOKS:
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        look = f"{scheme}, {viewport['width']} pixels wide"
        places = f"{{ include: ({_STYLES})() }}"
        yield from _found(page, look, places, {"runOnly": _BY_LOOK})


def _found(
    page: Page, look: str, places: str, options: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    asked = f"(options) => axe.run({places}, options)"
    result = page.evaluate(asked, {**options, "resultTypes": ["violations"]})
    for violation in result["violations"]:
        nodes = violation["nodes"]
        yield look, violation["id"], nodes[0]["html"][:200], len(nodes)
