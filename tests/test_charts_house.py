"""The house style: shipped fonts, equal pictures on every machine, colours that can be told."""

import base64
import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import cache
from importlib.resources import files
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pictures
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from numpy.typing import NDArray

from claimbook import paths, svg
from claimbook.charts import capex, chart, drop, exploring, sweep, valuation, vector
from claimbook.charts import ledger as ledger_chart


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


def test_shipped_fonts_are_there_again_when_matplotlib_has_looked_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with chart.house_style():
        pass
    others = [
        entry
        for entry in font_manager.fontManager.ttflist
        if Path(entry.fname).parent != chart.FONTS
    ]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", others)
    with chart.house_style():
        added = {
            Path(e.fname).name for e in font_manager.fontManager.ttflist if e.name == svg.FAMILY
        }
    assert added == set(vector.CUTS.values())


def test_the_style_does_not_depend_on_what_was_set_before() -> None:
    plain = chart.svg(drawn())
    with mpl.rc_context({"axes.spines.top": True, "font.size": 20}):
        assert chart.svg(drawn()) == plain


def test_a_drawing_has_the_pages_width_in_points_and_is_light() -> None:
    root = ET.fromstring(chart.svg(drawn()))
    assert root.attrib["viewBox"] == f"0 0 {chart.WIDTH * 72:g} {2.5 * 72:g}"
    assert chart.size(drawn()) == (640, 250)
    # Matplotlib's own takes more than twice that; without its letters ours is 2 kB.
    assert len(chart.svg(drawn())) < 16_000


def test_words_of_a_drawing_are_text_and_stand_outside_of_the_plot() -> None:
    picture = chart.svg(drawn())
    assert svg.words(picture) == {
        "title": "Six shares on 26 March 2025",
        "subtitle": "Percent, −12 to −4; “quoted” – EH/s · µ",
        "source": "Source: Yahoo Finance. As of 2026-08-21.",
    }
    root = ET.fromstring(picture)
    _, top, _, height = map(float, root.attrib["data-plot"].split())
    heights = {t.text: float(t.get("y", "0")) for t in root.iter(f"{{{svg.SVG}}}text")}
    inside = {text for text, y in heights.items() if top < y < top + height}
    assert heights.keys() - inside == set(svg.words(picture).values())
    assert {"MARA", "3", "−1"} <= inside


def test_letters_are_embedded_and_taken_out_again() -> None:
    with chart.house_style():
        bare = vector.drawn(drawn())
    picture = vector.lettered(bare)
    assert svg.unlettered(picture) == bare
    faces = re.findall(r"font-weight:(\d+);src:url\(data:font/otf;base64,([^)]+)\)", picture)
    fonts = {weight: TTFont(io.BytesIO(base64.b64decode(data))) for weight, data in faces}
    assert set(fonts) == {"400", "600"}
    held = {weight: {chr(code) for code in font.getBestCmap()} for weight, font in fonts.items()}
    assert held["600"] == set("Six shares on 26 March 2025")
    assert {"µ", "−", "“", "R"} <= held["400"]
    assert "Z" not in held["400"]


def test_letters_are_the_fonts_own() -> None:
    """Outline by outline and as wide as in the shipped font, whatever cuts it."""
    picture = chart.svg(drawn())
    (data,) = re.findall(r"font-weight:400;src:url\(data:font/otf;base64,([^)]+)\)", picture)
    cut = TTFont(io.BytesIO(base64.b64decode(data)))
    whole = TTFont(chart.FONTS / "ClaimbookSans-Regular.otf")
    assert cut["head"].unitsPerEm == whole["head"].unitsPerEm
    for code, name in cut.getBestCmap().items():
        ours, theirs = (
            (font.getGlyphSet()[glyph], glyph)
            for font, glyph in ((cut, name), (whole, whole.getBestCmap()[code]))
        )
        pens = []
        for outline, _ in (ours, theirs):
            pens.append(RecordingPen())
            outline.draw(pens[-1])
        assert pens[0].value == pens[1].value, chr(code)
        assert ours[0].width == theirs[0].width, chr(code)


def test_the_layout_is_the_one_that_matplotlib_finds_by_asking_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def picture() -> str:
        with chart.house_style():
            figure = chart.new_figure(4)
            upper, lower = figure.subplots(2, 1)
            upper.plot([0, 1000], [0, 2e5])
            lower.barh([0, 1], [3, -4])
            lower.set_xlabel("USD")
            chart.across(lower, ["a row with a long name", "b"])
            chart.title(figure, "Two parts", "The lower one has a name below")
            chart.source(figure, "Source: nowhere")
            ends: list[chart.End] = [("one", 1000, 2e5, chart.FALL), ("two", 1000, 2e5, chart.RISE)]
            chart.end_labels(upper, ends)
        return chart.svg(figure)

    quick = picture()
    monkeypatch.setattr(chart, "_quieten", lambda figure: None)
    assert picture() == quick


def test_an_axis_named_after_the_layout_is_refused() -> None:
    with chart.house_style():
        figure = chart.new_figure(3)
        ax = figure.subplots()
        ax.plot([0, 1], [0, 1])
        chart.end_labels(ax, [("one", 1, 1.0, chart.FALL)])
        ax.set_xlabel("days")
    with pytest.raises(ValueError, match="'days' got its name after the figure was laid out"):
        chart.svg(figure)


def test_a_figure_is_drawn_once_even_where_seaborn_asks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawings = []
    own = Figure.draw

    def draw(figure: Figure, *given: object) -> None:
        drawings.append(figure)
        own(figure, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Figure, "draw", draw)
    with chart.house_style():
        figure = chart.new_figure(3)
        grid = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]])
        valuation.heatmap(figure.subplots(), grid, 2.5)
    assert drawings == []
    picture = chart.svg(figure)
    assert drawings == [figure]
    assert "<image" in picture


def test_a_drawing_needs_no_style_of_its_own_and_names_only_what_it_refers_to() -> None:
    root = ET.fromstring(svg.inline(chart.svg(drawn()), "falls", "What it shows, in 4 words"))
    ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
    used = set(re.findall(r"#(falls-s\d+)", ET.tostring(root, encoding="unicode")))
    assert set(ids) == used
    assert len(ids) == len(used)
    assert not [e for e in root.iter() if "style" in e.attrib or e.tag.endswith("style")]
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "What it shows, in 4 words"
    assert root.attrib["data-whole"] == "0 0 460.8 180"


numbers = st.floats(-600, 600)


@settings(deadline=None)
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
    paths = ET.fromstring(chart.svg(figure)).iter(f"{{{svg.SVG}}}path")
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


# Machado, Oliveira and Fernandes (2009), table 1: how colours look without one kind of cone.
CONES = {
    "all": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                 [-0.011820, 0.042940, 0.968881]],
}  # fmt: skip
NAMED = {
    name: value
    for name, value in vars(chart).items()
    if name.isupper() and isinstance(value, str) and re.fullmatch(r"#[0-9a-f]{6}", value)
}
# Drawn as lines, bars and dots; the others are inks, grid and areas behind what counts.
DATA = set(NAMED) - {"INK", "MUTED", "GRID", "BAND", "PALE"}
# What a figure must speak of where it uses a colour.
MEANS = {
    "BITCOIN": r"[Bb]itcoin|price",
    "AI": r"AI|[Hh]osting|[Cc]ontract",
    "CLOUD": r"cloud",
    "HASHPRICE": r"[Hh]ashprice|hash rate",
    "FEES": r"fees",
    "MICROSOFT": r"Microsoft|[Ss]pending|capital expenditure",
    "LANDLORDS": r"landlords",
    "PRINTED": r"[Pp]rinted|claimed|published|plan\b|JPMorgan|implied|base \+|dropped",
    "BAND": r"[Pp]rinted|second half",
    "FALL": r"[Ff]all|[Cc]hange|GPUs|taken apart|beyond",
    "RISE": r"[Ff]all|[Cc]hange|revenue|taken apart|beyond",
}
NOTEBOOKS = [path.stem for path in sorted((paths.root() / "notebooks").glob("[0-9]*.ipynb"))]


@cache
def pictures_of(notebook: str) -> list[pictures.Picture]:
    return pictures.of_notebook(notebook)


def seen(colour: str, cones: str) -> NDArray[np.float64]:
    """A colour in Oklab (Ottosson 2020), times 100, as it looks with these cones."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(CONES[cones]) @ linear, 0, 1)
    to_lms = [[0.4122214708, 0.5363325363, 0.0514459929],
              [0.2119034982, 0.6806995451, 0.1073969566],
              [0.0883024619, 0.2817188376, 0.6299787005]]  # fmt: skip
    to_lab = [[0.2104542553, 0.7936177850, -0.0040720468],
              [1.9779984951, -2.4285922050, 0.4505937099],
              [0.0259040371, 0.7827717662, -0.8086757660]]  # fmt: skip
    return np.asarray(100 * np.array(to_lab) @ np.cbrt(np.array(to_lms) @ linear), dtype=float)


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(colour: str) -> float:
    return 1.05 / (luminance(colour) + 0.05)


def test_every_colour_has_one_name() -> None:
    assert len(set(NAMED.values())) == len(NAMED) >= 15


@pytest.mark.parametrize("name", sorted(DATA))
def test_colours_of_data_stand_out_from_the_page_and_their_words_more(name: str) -> None:
    # WCAG 2.2: graphical objects need 3 to 1, small text 4.5 to 1.
    assert contrast(NAMED[name]) >= 3
    assert contrast(chart.ink(NAMED[name])) >= 4.5
    assert chart.contrast(NAMED[name]) == pytest.approx(contrast(NAMED[name]), abs=1e-9)


def test_what_is_printed_has_one_colour_in_figures_and_in_those_a_reader_can_turn() -> None:
    template = files("claimbook.reports").joinpath("template/style.css").read_text("utf-8")
    by_day = re.search(r"--printed: (#\w{6})", template)
    assert by_day is not None
    assert by_day[1] == chart.PRINTED
    assert re.findall(r"\.target \{ (?:stroke|fill): ([^;]+);", template) == ["var(--printed)"] * 2


def test_a_colour_that_is_dark_enough_is_its_own_ink() -> None:
    assert chart.ink(chart.SUBJECT) == chart.SUBJECT
    assert chart.ink(chart.BITCOIN) != chart.BITCOIN


def test_no_two_colours_look_alike() -> None:
    for one, other in combinations(sorted(DATA), 2):
        apart = np.linalg.norm(seen(NAMED[one], "all") - seen(NAMED[other], "all"))
        # Two hundredths are about what an eye can tell side by side in small areas.
        assert apart >= 6, (one, other, apart)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
@pytest.mark.parametrize("cones", ["no red", "no green"])
def test_colours_that_meet_in_a_figure_can_be_told_apart(notebook: str, cones: str) -> None:
    names = {value: name for name, value in NAMED.items() if name in DATA}
    for picture in pictures_of(notebook):
        _, shapes = picture.drawn
        met = {c for s in shapes for c in (s.stroke, s.fill) if c in names}
        for one, other in combinations(sorted(met), 2):
            apart = np.linalg.norm(seen(one, cones) - seen(other, cones))
            assert apart >= 6, (picture.name, names[one], names[other], apart)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_figure_uses_no_other_colours_and_each_for_what_it_means(notebook: str) -> None:
    plain = {"#ffffff", "#000", "#9aa3ab", capex.LIGHT, "#d98a6f", *ledger_chart.COLOURS.values()}
    known = {*NAMED.values(), *map(chart.ink, NAMED.values()), *plain}
    for picture in pictures_of(notebook):
        assert picture.colors <= known, (picture.name, picture.colors - known)
        said = " ".join([*picture.around.values(), *(w.said for w in picture.words)])
        for name, meaning in MEANS.items():
            if NAMED[name] in picture.colors:
                assert re.search(meaning, said), (picture.name, name)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_every_figure_says_what_it_is_where_from_and_of_when(notebook: str) -> None:
    for picture in pictures_of(notebook):
        assert set(picture.around) == {"title", "subtitle", "source"}, picture.name
        assert len(picture.around["title"]) <= 75, picture.name
        # A title describes; what comes of it may change with the data.
        assert not re.search(r"%|\bUSD \d|[−+]\d|\d\.\d", picture.around["title"]), picture.name
        assert re.match(r"Source: .*\d{4}-\d\d-\d\d", picture.around["source"]), picture.name
        # A dark page turns light and dark round, but keeps the hues.
        said = " ".join([*picture.around.values(), *(w.said for w in picture.words)])
        assert not re.search(r"\b(dark|light|black|white)\b", said), picture.name
        assert re.search(r"\d", picture.alt), picture.name
        assert len(picture.alt) > 80, picture.name
        assert picture.csv.count("\n") > 1, picture.name


def legible(picture: pictures.Picture) -> None:
    """All words lie inside, none on another or under a line, and large enough for a phone."""
    left, top, right, bottom = picture.frame
    for words in picture.words:
        box = pictures.extent(words)
        inside = box[0] > left and box[1] > top and box[2] < right and box[3] < bottom
        assert inside, (picture.name, words.said, box)
        # On a phone a figure is as many pixels wide as it has points, and can be pushed aside.
        assert words.size >= 7, (picture.name, words.said)
    touching = [
        (one.said, other.said)
        for one, other in combinations(picture.words, 2)
        if pictures.touch(one.corners, other.corners)
    ]
    assert not touching, (picture.name, touching)
    assert not list(picture.struck()), picture.name


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_words_of_a_figure_lie_within_it_apart_and_can_be_read(notebook: str) -> None:
    for picture in pictures_of(notebook):
        legible(picture)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_figures_of_few_and_of_many_rows_are_legible(count: int) -> None:
    names = [f"SHR{i}" for i in range(count)]
    falls = pd.Series(np.linspace(-0.4, -11.7, count), index=names)
    values = pd.DataFrame({"value": falls, "low": falls - 2, "high": falls + 2})
    rates = pd.Index(np.arange(2.0, 31.0), name="discount_rate_pct")
    curves = pd.DataFrame(
        {f"inputs as set {i} times": 60 / rates - 4 - i / 9 for i in range(min(count, 5))},
        index=rates,
    )
    line = "Source: made up; edition 2026-08-21"
    for made in (
        sweep.compared(values, "Change by report", "percent", 1, line),
        drop.against_range(
            falls.rename("close_to_close").to_frame(), values[["value"]].T, "value", (-12, -4),
            "2025-03-26", line,
        ),
        exploring.value_curves(curves, 12.0, line),
    ):  # fmt: skip
        legible(pictures.Picture(made.name, chart.svg(made.figure), made.alt, ""))


def test_a_struck_label_is_found() -> None:
    with chart.house_style():
        figure = chart.new_figure(2.0)
        ax = figure.subplots()
        ax.plot([0, 1], [0, 1], color=chart.SUBJECT)
        ax.annotate("on the line", (0.5, 0.5), ha="center", va="center")
        ax.annotate("on a plate", (0.25, 0.25), ha="center", va="center", bbox=chart.PLATE,
                    zorder=3)  # fmt: skip
        ax.annotate("beside it", (0.9, 0.2), ha="center", va="center")
    picture = pictures.Picture("made", chart.svg(figure), "", "")
    assert list(picture.struck()) == [("on the line", chart.SUBJECT)]
    with pytest.raises(AssertionError):
        legible(picture)


def ends_of(figure: Figure) -> list[Annotation]:
    return [a for a in figure.findobj(Annotation) if isinstance(a, Annotation) and a.get_gid()]


@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.floats(-5, 5)),
        min_size=2,
        max_size=7,
        unique_by=lambda p: p,
    )
)
@settings(max_examples=15, deadline=None)
def test_labels_stand_at_the_ends_of_their_own_lines(lines: list[tuple[int, float]]) -> None:
    with chart.house_style():
        figure = chart.new_figure(3.5)
        ax = figure.subplots()
        for steps, height in lines:
            ax.plot(range(steps + 1), np.linspace(0, height, steps + 1), color=chart.SUBJECT)
        chart.title(figure, "Lines that end on different days", "Index")
        chart.source(figure, "Source: none. As of 2026-08-21.")
        ends = [(f"line {i}", float(x), y, chart.SUBJECT) for i, (x, y) in enumerate(lines)]
        chart.end_labels(ax, ends)
        figure.draw_without_rendering()
        boxes = [note.get_window_extent() for note in ends_of(figure)]
        axes = ax.get_window_extent()
        points = ax.transData.transform([(x, y) for _, x, y, _ in ends])
    assert len(boxes) == len(lines)
    for box, (x, _) in zip(boxes, points, strict=True):
        assert 0 < (box.x0 - x) * 72 / figure.dpi < 8
        assert axes.y0 - 1 <= box.y0
        assert box.y1 <= axes.y1 + 1
    order = sorted(range(len(boxes)), key=lambda i: boxes[i].y0)
    for lower, higher in pairwise(order):
        assert boxes[lower].y1 <= boxes[higher].y0
        assert points[lower][1] <= points[higher][1] + 1e-6
    # A label that has room stays where its line ends.
    for i, (box, point) in enumerate(zip(boxes, points, strict=True)):
        others = np.delete(points[:, 1], i)
        alone = np.abs(others - point[1]).min() > 7 * box.height
        if alone and axes.y0 + box.height < point[1] < axes.y1 - box.height:
            assert abs((box.y0 + box.y1) / 2 - point[1]) < 1.5


def test_ticks_of_an_axis_have_as_many_decimals_as_their_steps() -> None:
    for low, high, expected in (
        (-3.4, 0.1, ["−3.5\u00a0%", "−3.0\u00a0%", "−2.5\u00a0%"]),
        (-13.0, 0.0, ["−14\u00a0%", "−12\u00a0%", "−10\u00a0%"]),
        (0.0, 0.31, ["0.00\u00a0%", "0.05\u00a0%", "0.10\u00a0%"]),
    ):
        with chart.house_style():
            figure = chart.new_figure(2.0)
            ax = figure.subplots()
            ax.set_xlim(low, high)
            chart.numbers(ax.xaxis, "percent")
            figure.draw_without_rendering()
            labels = [label.get_text() for label in ax.get_xticklabels()]
        assert labels[:3] == expected
        assert len({len(label.partition(".")[2]) for label in labels}) == 1


def test_two_shares_have_even_ticks() -> None:
    moves = pd.DataFrame({"close_to_close": [-0.7, -2.9]}, index=["MARA", "CORZ"])
    path = pd.DataFrame([[-0.9, -2.6]], index=["15:30"], columns=["MARA", "CORZ"])
    drawn = drop.against_range(moves, path, "15:30", (-3.0, -1.0), "2025-03-26", "Source: a test")
    drawn.figure.draw_without_rendering()
    labels = [label.get_text() for label in drawn.figure.axes[0].get_xticklabels()]
    values = [float(label.replace("−", "-").rstrip(" %\u00a0")) for label in labels]
    assert np.allclose(np.diff(values), values[1] - values[0])
    assert len(values) > 3


def test_the_fonts_licence_is_shipped_with_them() -> None:
    licence = (chart.FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in licence.upper()
