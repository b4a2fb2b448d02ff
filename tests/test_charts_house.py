"""The house style: shipped fonts, equal pictures on every machine, colours that can be told."""

import io
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from claimbook.charts import chart


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
    chart.png(drawn())
    assert not [w for w in recwarn if "missing from font" in str(w.message)]


def test_the_style_ends_with_its_context() -> None:
    before = dict(mpl.rcParams)
    with chart.house_style():
        assert mpl.rcParams["axes.spines.top"] is False
        assert mpl.rcParams["font.family"][0] == "Claimbook Sans"
    assert dict(mpl.rcParams) == before


def test_the_style_does_not_depend_on_what_was_set_before() -> None:
    plain = chart.png(drawn())
    with mpl.rc_context({"axes.spines.top": True, "font.size": 20}):
        assert chart.png(drawn()) == plain


def test_pictures_have_the_pages_width_and_few_colours() -> None:
    image = Image.open(io.BytesIO(chart.png(drawn())))
    assert image.size == (round(chart.WIDTH * chart.DPI), round(2.5 * chart.DPI))
    assert image.mode == "P"


def test_another_process_draws_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_charts_house import drawn; "
        "from claimbook.charts import chart; sys.stdout.buffer.write(chart.png(drawn()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "MPLCONFIGDIR": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    assert done.stdout == chart.png(drawn())


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
