"""The house style: shipped fonts, equal pictures on every machine, colours that can be told."""

import base64
import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

from claimbook.charts import chart, vector


def drawn() -> Figure:
    with chart.house_style():
        figure = chart.new_figure(2.5)
        ax = figure.subplots()
        ax.plot([1, 2, 3], [3, -1, 2], color=chart.SUBJECT)
        ax.set_ylabel("Change (percent)")
        chart.title(
            figure, "Six shares on 26 March 2025", "Percent, −12 to −4; “quoted” – EH/s · µ"
        )
        chart.source(figure, "Source: Yahoo Finance. As of 2026-08-21.")
        chart.label_line(ax, 3, 2, "MARA", chart.FALL)
        figure.canvas.draw()
    return figure


def test_every_text_is_drawn_in_the_shipped_font() -> None:
    figure = drawn()
    texts = [t for t in figure.findobj(Text) if isinstance(t, Text) and t.get_text().strip()]
    texts += [*figure.axes[0].get_xticklabels(), *figure.axes[0].get_yticklabels()]
    assert len(texts) > 12
    for text in texts:
        with chart.house_style():
            used = Path(font_manager.findfont(text.get_fontproperties()))
        assert used.parent == chart.FONTS, (text.get_text(), used)


def test_the_heading_is_drawn_in_the_heavier_cut() -> None:
    with chart.house_style():
        for weight, file in (("normal", "Regular"), ("semibold", "SemiBold")):
            found = font_manager.findfont(
                font_manager.FontProperties(family="Claimbook Sans", weight=weight)
            )
            assert Path(found).name == f"ClaimbookSans-{file}.otf"


def test_no_letter_that_we_use_is_missing_from_the_font(recwarn: pytest.WarningsRecorder) -> None:
    chart.svg(drawn())
    assert not [w for w in recwarn if "missing from font" in str(w.message)]


def test_the_style_ends_with_its_context() -> None:
    before = dict(mpl.rcParams)
    with chart.house_style():
        assert mpl.rcParams["axes.spines.top"] is False
        assert mpl.rcParams["font.family"][0] == "Claimbook Sans"
    assert dict(mpl.rcParams) == before


def test_the_style_does_not_depend_on_what_was_set_before() -> None:
    plain = chart.svg(drawn())
    with mpl.rc_context({"axes.spines.top": True, "font.size": 20}):
        assert chart.svg(drawn()) == plain


def test_a_drawing_has_the_pages_width_in_points_and_is_light() -> None:
    root = ET.fromstring(chart.svg(drawn()))
    assert root.attrib["viewBox"] == f"0 0 {chart.WIDTH * 72:g} {2.5 * 72:g}"
    assert chart.size(drawn()) == (720, 250)
    # Matplotlib's own takes more than twice that; without its letters ours is 2 kB.
    assert len(chart.svg(drawn())) < 16_000


def test_words_of_a_drawing_are_text_and_stand_outside_of_the_plot() -> None:
    svg = chart.svg(drawn())
    assert vector.words(svg) == {
        "title": "Six shares on 26 March 2025",
        "subtitle": "Percent, −12 to −4; “quoted” – EH/s · µ",
        "source": "Source: Yahoo Finance. As of 2026-08-21.",
    }
    root = ET.fromstring(svg)
    _, top, _, height = map(float, root.attrib["data-plot"].split())
    heights = {t.text: float(t.get("y", "0")) for t in root.iter(f"{{{vector.SVG}}}text")}
    inside = {text for text, y in heights.items() if top < y < top + height}
    assert heights.keys() - inside == set(vector.words(svg).values())
    assert {"MARA", "3", "−1"} <= inside


def test_letters_are_embedded_and_taken_out_again() -> None:
    with chart.house_style():
        bare = vector.drawn(drawn())
    svg = vector.lettered(bare)
    assert vector.unlettered(svg) == bare
    faces = re.findall(r"font-weight:(\d+);src:url\(data:font/otf;base64,([^)]+)\)", svg)
    fonts = {weight: TTFont(io.BytesIO(base64.b64decode(data))) for weight, data in faces}
    assert set(fonts) == {"400", "600"}
    held = {weight: {chr(code) for code in font.getBestCmap()} for weight, font in fonts.items()}
    assert held["600"] == set("Six shares on 26 March 2025")
    assert {"µ", "−", "“", "R"} <= held["400"]
    assert "Z" not in held["400"]


def test_a_drawing_needs_no_style_of_its_own_and_names_only_what_it_refers_to() -> None:
    root = ET.fromstring(vector.inline(chart.svg(drawn()), "falls", "What it shows, in 4 words"))
    ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
    used = set(re.findall(r"#(falls-s\d+)", ET.tostring(root, encoding="unicode")))
    assert set(ids) == used
    assert len(ids) == len(used)
    assert not [e for e in root.iter() if "style" in e.attrib or e.tag.endswith("style")]
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "What it shows, in 4 words"
    assert root.attrib["data-whole"] == "0 0 518.4 180"


numbers = st.floats(-600, 600)


@given(st.lists(st.tuples(st.sampled_from("MLQC"), *[numbers] * 6), min_size=1, max_size=30))
def test_a_path_in_steps_ends_where_the_path_did(
    moves: list[tuple[str, float, float, float, float, float, float]],
) -> None:
    written, ends = ["M 1 2"], [(1.0, 2.0)]
    for letter, *values in moves:
        count = {"M": 2, "L": 2, "Q": 4, "C": 6}[letter]
        written.append(f"{letter} " + " ".join(f"{v:.6f}" for v in values[:count]))
        ends.append((values[count - 2], values[count - 1]))
    short = vector.shortened("\n".join([*written, "z"]))
    pen = RecordingPen()
    parse_path(short, pen)
    read = np.array([point for _, points in pen.value for point in points])
    assert short.endswith("z")
    for x, y in ends:
        # Rounded to a hundredth of a point, and no further off however many steps led there.
        assert np.abs(read - (x, y)).max(axis=1).min() <= 0.0051


def test_many_strokes_are_one_path() -> None:
    with chart.house_style():
        figure = chart.new_figure(2.0)
        ax = figure.subplots()
        chart.strokes(ax, np.arange(500.0), np.zeros(500), np.ones(500), chart.GRID, 0.9)
    paths = ET.fromstring(chart.svg(figure)).iter(f"{{{vector.SVG}}}path")
    assert sum(path.attrib["d"].count("M") == 500 for path in paths) == 1


def test_another_process_draws_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_charts_house import drawn; "
        "from claimbook.charts import chart; sys.stdout.buffer.write(chart.svg(drawn()).encode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "MPLCONFIGDIR": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == chart.svg(drawn())


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["FALL", "RISE", "SUBJECT", "AI", "INK", "MUTED"])
def test_colours_of_words_stand_out_from_the_page(name: str) -> None:
    colour = getattr(chart, name)
    assert re.fullmatch(r"#[0-9a-f]{6}", colour)
    # WCAG 2.2, AA for small text.
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


@pytest.mark.parametrize("name", ["BITCOIN", "OTHER"])
def test_colours_of_lines_can_be_seen_on_the_page(name: str) -> None:
    # WCAG 2.2: graphical objects need 3 to 1; these two are never used for small words alone.
    assert 1.05 / (luminance(getattr(chart, name)) + 0.05) >= 2.8


def test_the_fonts_licence_is_shipped_with_them() -> None:
    licence = (chart.FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in licence.upper()
