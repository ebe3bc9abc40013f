"""Letters, codes and bars as flat shapes, before they are laid on anything."""

from __future__ import annotations

from importlib.resources import files

import manifold3d
import numpy as np
import pytest

from PrintPrepLib.errors import InputError
from PrintPrepLib.shape.label.code import QUIET_MODULES, code_section, qr_modules
from PrintPrepLib.shape.label.font import FONT_FILE, capital_units, glyph
from PrintPrepLib.shape.label.layout import Content, least_letter_mm, outline
from PrintPrepLib.shape.label.strokes import narrowest, narrowest_slit, stroke_share
from PrintPrepLib.shape.marks.gauge import inside

SQUARE = manifold3d.CrossSection.square
PIXELS = 90


def _filled(section: manifold3d.CrossSection, points: np.ndarray) -> np.ndarray:
    lines = [np.asarray(line) for line in section.to_polygons()]
    stop = np.concatenate([np.roll(line, -1, axis=0) for line in lines])
    return inside(points, np.concatenate(lines), stop)


@pytest.mark.parametrize("character", list("RSg8ŻΩЖ"))
def test_glyphs_are_what_freetype_draws(character: str) -> None:
    from PIL import Image, ImageDraw, ImageFont

    path = files("PrintPrepLib.shape.label") / "fonts" / FONT_FILE
    em = PIXELS * 2048.0 / capital_units()
    font = ImageFont.truetype(str(path), round(em))
    unit = PIXELS * round(em) / em  # pixels of a capital's height
    picture = Image.new("L", (3 * PIXELS, 3 * PIXELS), 0)
    ImageDraw.Draw(picture).text((PIXELS, 2 * PIXELS), character, font=font, fill=255, anchor="ls")
    drawn = np.asarray(picture) > 127
    rows, columns = np.mgrid[0 : 3 * PIXELS, 0 : 3 * PIXELS]
    points = np.stack([(columns.ravel() + 0.5 - PIXELS) / unit, (2 * PIXELS - rows.ravel() - 0.5) / unit], axis=1)
    ours = _filled(glyph(character).section(), points).reshape(drawn.shape)
    assert (ours & drawn).sum() / (ours | drawn).sum() > 0.95
    mirrored = ours[:, ::-1]
    assert character in "8ΩЖ" or (mirrored & drawn).sum() / (mirrored | drawn).sum() < 0.9


def test_characters_that_the_font_lacks_are_named() -> None:
    with pytest.raises(InputError, match=r"漢.*zero width space"):
        Content("A漢\u200b").check()


def test_narrowest_stroke_and_slit_by_hand() -> None:
    shape = SQUARE((10.0, 2.0)) + SQUARE((0.7, 6.0)).translate((3.0, 0.0)) + SQUARE((1.5, 6.0)).translate((4.1, 0.0))
    assert narrowest(shape, 5.0) == pytest.approx(0.7, abs=0.01)
    assert narrowest_slit(shape, 5.0) == pytest.approx(0.4, abs=0.01)
    assert narrowest(SQUARE((3.0, 4.0)), 2.0) == 2.0


def test_stem_of_i_is_its_stroke() -> None:
    x0, _, x1, _ = glyph("I").section().bounds()
    assert stroke_share("I") == pytest.approx(x1 - x0, rel=0.01)


@pytest.mark.parametrize("text", ["RTVA", "AVAWL", "fjr11", "ЖЩΔ"])
def test_letters_keep_their_distance(text: str) -> None:
    gap = 1.3
    laid = outline(Content(text), letter_mm=7.5, stroke_mm=0.5, gap_mm=gap)
    assert len(laid.section.decompose()) == sum(len(glyph(c).section().decompose()) for c in text)
    # Grown by nearly half the gap, no two letters may touch.
    assert len(laid.section.offset(0.48 * gap).decompose()) == len(text)
    assert laid.section.bounds()[3] - laid.section.bounds()[1] <= laid.height_mm + 1e-6


def test_least_height_makes_the_narrowest_stroke_as_wide_as_asked() -> None:
    content = Content("Case e4")
    letter = least_letter_mm(content, 0.8)
    assert outline(content, letter_mm=letter, stroke_mm=0.8, gap_mm=0.5).stroke_mm == pytest.approx(0.8)


@pytest.mark.parametrize("ruler", [False, True])
def test_bar_is_as_long_as_it_says(ruler: bool) -> None:
    laid = outline(Content(bar_mm=40.0, ruler=ruler), letter_mm=5.0, stroke_mm=0.5, gap_mm=0.5)
    x0, _, x1, _ = (laid.section ^ SQUARE((200.0, 3.0), True).translate((0.0, laid.height_mm / 2))).bounds()
    if not ruler:
        assert x1 - x0 == pytest.approx(40.0)
        return
    step = laid.items[0]["step_mm"]
    top = laid.section ^ SQUARE((200.0, 0.2), True).translate((0.0, laid.height_mm / 2 - 3.2))
    lefts = sorted(piece.bounds()[0] for piece in top.decompose())
    assert len(lefts) == round(40.0 / step) + 1
    assert np.allclose(np.diff(lefts), step)
    assert lefts[-1] - lefts[0] == pytest.approx(40.0)


def test_only_what_reads_as_another_number_upside_down_is_underlined() -> None:
    for text, wanted in (("16", True), ("6", True), ("8", False), ("20 mm", False), ("R 6", False)):
        item = outline(Content(text), letter_mm=7.5, stroke_mm=0.5, gap_mm=0.5).items[0]
        assert ("underlined" in item) == wanted, text


def test_code_squares_lie_where_the_code_says_and_none_meet_in_a_corner_only() -> None:
    modules = qr_modules("PP-0042")
    assert modules.shape == (21, 21)
    section = code_section(modules, 1.5)
    rows, columns = np.mgrid[0:21, 0:21]
    points = np.stack([(columns.ravel() - 10.0) * 1.5, (10.0 - rows.ravel()) * 1.5], axis=1)
    assert np.array_equal(_filled(section, points).reshape(21, 21), modules)
    solid = section.extrude(1.0)
    edges = np.sort(np.asarray(solid.to_mesh64().tri_verts)[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    places = np.round(np.asarray(solid.to_mesh64().vert_properties)[:, :3], 6)
    _, same = np.unique(places, axis=0, return_inverse=True)
    assert np.unique(np.sort(same[edges], axis=1), axis=0, return_counts=True)[1].max() == 2
    laid = outline(Content(code="PP-0042"), letter_mm=7.5, stroke_mm=0.5, gap_mm=0.5)
    assert laid.width_mm == pytest.approx(21 + 2 * QUIET_MODULES)
    with pytest.raises(InputError, match="too large to print"):
        qr_modules("x" * 121)
