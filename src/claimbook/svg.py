"""A figure's SVG as text, read by pages: its plot, its words, and itself without its letters.

`charts.vector` writes it. Here nothing is drawn, so that a page can be made without Matplotlib.
"""

import re
import xml.etree.ElementTree as ET

SVG = "http://www.w3.org/2000/svg"
FAMILY = "Claimbook Sans"

# The words around a plot, by the id that `chart.title` and `chart.source` give them.
WORDS = ("title", "subtitle", "source")

REFERENCE = re.compile(r"url\(#([^)]+)\)")


def unlettered(svg: str) -> str:
    """What `charts.vector.lettered` was given."""
    return re.sub(r"<style>.*?</style>", "", svg, count=1, flags=re.S)


def inline(svg: str, name: str, label: str) -> str:
    """The plot for a page that has the font: ids begun by `name`, and `label` for those who listen.

    The words around the plot stay in it, outside of the view: a page sets them in its own type, and
    a reader who saves the picture has them. `data-whole` is the viewBox with them.
    """
    root = ET.fromstring(unlettered(svg))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for key, value in element.attrib.items():
            if key == "id" or (key == "href" and value.startswith("#")):
                element.set(key, f"#{name}-{value[1:]}" if key == "href" else f"{name}-{value}")
            elif value.startswith("url(#"):
                element.set(key, REFERENCE.sub(rf"url(#{name}-\1)", value))
    root.set("data-whole", root.attrib["viewBox"])
    root.set("viewBox", root.attrib.pop("data-plot"))
    root.set("role", "img")
    root.set("aria-label", label)
    return ET.tostring(root, encoding="unicode").replace(" />", "/>")


def words(svg: str) -> dict[str, str]:
    """The words around the plot, each in one line: title, subtitle, source, where there are any."""
    root = ET.fromstring(svg)
    return {
        kind: " ".join("".join(text.itertext()) for text in _lines(group))
        for group in root.iter(f"{{{SVG}}}g")
        if (kind := group.get("class", "")) in WORDS
    }


def _lines(group: ET.Element) -> list[ET.Element]:
    return list(group.iter(f"{{{SVG}}}text"))
