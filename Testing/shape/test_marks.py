"""Marks: readable the right way round, printable strokes, in the free room only, and cut as they were meant."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import manifold3d
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.mesh import FloatArray, Mesh
from PrintPrepLib.profiles.processes import process_names
from PrintPrepLib.shape.cut.assembly import COLORS, Assembly, Part, PartKind, Seam
from PrintPrepLib.shape.cut.plane import CutPlane
from PrintPrepLib.shape.marks.engrave import FaceMark, engrave
from PrintPrepLib.shape.marks.letters import (
    LEAST_STROKES,
    OVERREACH_MM,
    Style,
    reads_otherwise_turned,
    text_outline,
    text_solid,
)
from PrintPrepLib.shape.marks.place import NoSpot, Spot, place_text
from PrintPrepLib.shape.marks.seams import depth_beneath, face_plane, pin_discs, seam_letter, seam_marks
from PrintPrepLib.shape.marks.sizes import MarkSize, Purpose, mark_size, stroke_of
from PrintPrepLib.shape.marks.strokes import CHARACTERS
from PrintPrepLib.shape.pins.kinds import Clearance, Pin, PinShape, PinType
from PrintPrepLib.spatial.crossings import Rule, self_crossings
from PrintPrepLib.topology import is_closed_manifold

Flat = manifold3d.CrossSection
WRITTEN = CHARACTERS.strip()
SIZE = mark_size("fdm")
ROUND = manifold3d.JoinType.Round


def grown(flat: Flat, by: float) -> Flat:
    return flat.offset(by, ROUND, 2.0, 96)


def overlap(one: Flat, other: Flat) -> float:
    """Shared area over joined area."""
    return float((one ^ other).area() / (one + other).area())


def assert_sound(solid: manifold3d.Manifold) -> None:
    mesh = Mesh.from_manifold(solid)
    assert is_closed_manifold(mesh)
    assert len(self_crossings(mesh, rule=Rule.CROSSING).pairs) == 0


@pytest.mark.parametrize("character", WRITTEN)
def test_every_stroke_is_as_wide_as_asked(character: str) -> None:
    for height, stroke in ((3.0, 0.5), (7.5, 0.5), (12.0, 2.0)):
        flat = text_outline(character, height_mm=height, stroke_mm=stroke)
        opened = grown(grown(flat, -0.495 * stroke), 0.495 * stroke)
        assert (opened ^ flat).area() >= 0.98 * flat.area()
        # The gaps too, except in sharp corners, at the smallest height for which text may be asked.
        closed = grown(grown(flat, 0.4 * stroke), -0.4 * stroke)
        assert (closed - flat).area() <= 0.06 * flat.area()
        left, low, right, high = flat.bounds()
        assert high - low <= height + 2.2 * stroke
        assert (left + right) == pytest.approx(0.0, abs=0.06 * height)
        if character.isalnum():
            tall = height + (2.1 * stroke if reads_otherwise_turned(character) else 0.0)
            assert high - low == pytest.approx(tall, rel=0.01)


def test_no_single_mark_reads_as_another_one_upside_down() -> None:
    flat = {c: text_outline(c, height_mm=6.0, stroke_mm=0.8) for c in WRITTEN if c.isalnum()}
    for one, other in permutations(flat, 2):
        assert overlap(flat[one].rotate(180.0), flat[other]) < 0.85, (one, other)
        assert overlap(flat[one], flat[other]) < 0.85, (one, other)
    assert overlap(flat["H"].rotate(180.0), flat["H"]) > 0.99  # the measure sees what is the same
    assert [text for text in ("6", "69", "16", "6A", "88", "8", "M") if reads_otherwise_turned(text)] == [
        "6",
        "16",
        "M",
    ]


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be written in plastic: Ä"):
        text_outline("Ä", height_mm=6.0, stroke_mm=0.5)
    with pytest.raises(InputError, match="no text"):
        text_outline("  ", height_mm=6.0, stroke_mm=0.5)
    with pytest.raises(InputError, match=r"run together at 2 mm height\. Use 3 mm or more"):
        text_outline("A", height_mm=2.0, stroke_mm=0.5)
    with pytest.raises(InputError, match="depth"):
        text_solid("A", height_mm=6.0, depth_mm=0.0, stroke_mm=0.5)
    assert text_outline("a1", height_mm=6.0, stroke_mm=0.5).area() == pytest.approx(
        text_outline("A1", height_mm=6.0, stroke_mm=0.5).area()
    )


@pytest.mark.parametrize("style", list(Style))
def test_solid_takes_or_adds_its_outline_times_its_depth(style: Style) -> None:
    text = "R8-46"
    flat = text_outline(text, height_mm=6.0, stroke_mm=0.8)
    tool = text_solid(text, height_mm=6.0, depth_mm=1.2, stroke_mm=0.8, style=style)
    assert_sound(tool)
    box = manifold3d.Manifold.cube((60.0, 20.0, 10.0), True).translate((0.0, 0.0, -5.0))
    marked = box - tool if style is Style.ENGRAVED else box + tool
    sign = -1.0 if style is Style.ENGRAVED else 1.0
    assert marked.volume() - box.volume() == pytest.approx(sign * flat.area() * 1.2, rel=1e-6)
    assert_sound(marked)
    # Looked at from outside, along -z with x to the right, what is written is the outline, not its mirror image.
    level = marked.slice(sign * 0.6)
    seen = Flat.square((60.0, 20.0), True) - level if style is Style.ENGRAVED else level
    assert overlap(seen, flat) > 1.0 - 1e-6
    assert overlap(seen.mirror((1.0, 0.0)), flat) < 0.6


def test_largest_text_in_a_rectangle_by_hand() -> None:
    """In 40 x 10 mm with 1 mm margin an "H" of 8 mm stands level; its box is 0.6 (8 - 0.5) + 0.5 = 5 mm wide."""
    size = MarkSize(50.0, 3.0, 1.0, 1.0, 0.5, 1.0, 1.0)
    found = place_text("H", Flat.square((40.0, 10.0), True), size=replace(size, height_mm=7.9))
    assert isinstance(found, Spot)
    assert (found.turn_deg, found.height_mm) == (0.0, pytest.approx(7.9))
    tall = place_text("H", Flat.square((40.0, 10.0), True), size=size)  # turned, its width across: (8 - 0.2) / 0.6
    assert isinstance(tall, Spot)
    assert abs(tall.turn_deg) == pytest.approx(90.0, abs=1e-6)
    assert tall.height_mm == pytest.approx(13.0, rel=1e-3)
    width, height = np.ptp(tall.box(), axis=0)
    assert (width, height) == (pytest.approx(13.0, rel=1e-3), pytest.approx(8.0, rel=1e-3))


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_marks_keep_clear_of_edges_and_pins(seed: int) -> None:
    random = np.random.default_rng(seed)
    angle = np.linspace(0.0, 2.0 * np.pi, 90, endpoint=False)
    waves = sum(random.normal(0.0, 1.2) * np.cos(k * angle + random.uniform(0.0, 6.0)) for k in range(2, 6))
    radius = np.maximum(random.uniform(6.0, 12.0) + waves, 2.0)
    face = Flat([np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)])
    face -= Flat.circle(random.uniform(0.5, 3.0), 40).translate(tuple(random.uniform(-4.0, 4.0, 2)))
    pins = Flat.circle(2.0, 40).translate(tuple(random.uniform(-6.0, 6.0, 2)))
    found = place_text("7B", face, size=SIZE, keep_out=pins)
    if isinstance(found, NoSpot):
        assert found.largest_height_mm < found.least_height_mm == SIZE.least_height_mm
        assert f"room for {found.largest_height_mm:.1f} mm" in found.reason
        return
    assert SIZE.least_height_mm <= found.height_mm <= SIZE.height_mm
    assert (found.outline() - Flat([found.box()])).area() < 1e-6
    assert (grown(found.outline(), SIZE.margin_mm * 0.999) - (face - pins)).area() < 1e-6


def test_where_nothing_fits_it_says_how_near_it_came() -> None:
    found = place_text("A", Flat.square((4.0, 4.0), True), size=SIZE)  # 4 - 2 * 0.8 = 2.4 mm are left
    assert isinstance(found, NoSpot)
    assert found.largest_height_mm == pytest.approx(2.4, abs=0.35)  # a little more when turned
    assert found.largest_height_mm >= 2.4 - 1e-3
    assert "must be 3.0 mm high" in found.reason
    whole = place_text("A", Flat.square((4.0, 4.0), True), size=SIZE, keep_out=Flat.circle(5.0))
    assert isinstance(whole, NoSpot)
    assert "whole face" in whole.reason


def test_depth_leaves_the_wall_beneath() -> None:
    face = Flat.square((40.0, 20.0), True)

    def depth(points: FloatArray) -> FloatArray:
        return np.where(points[:, 0] > 6.0, 5.0, 1.4)

    deep = place_text("A", face, size=SIZE, depth_available_mm=depth)
    assert isinstance(deep, Spot)
    assert deep.depth_mm == SIZE.depth_mm
    assert deep.box(SIZE.margin_mm)[:, 0].min() > 6.0 - 1e-9
    shallow = place_text("A", face, size=SIZE, depth_available_mm=1.4)
    assert isinstance(shallow, Spot)
    assert shallow.depth_mm == SIZE.least_depth_mm
    none = place_text("A", face, size=SIZE, depth_available_mm=1.2)
    assert isinstance(none, NoSpot)
    assert "1.2 mm thick at most" in none.reason


def test_sizes_have_sources_and_hold_together() -> None:
    for name in process_names():
        hidden, label = mark_size(name), mark_size(name, Purpose.LABEL)
        assert hidden.least_height_mm >= LEAST_STROKES * stroke_of(name).value_mm * 0.999
        assert (label.least_height_mm, label.least_depth_mm) == (7.5, 3.0)
        assert stroke_of(name).source
    with pytest.raises(InputError, match="run together"):
        MarkSize(5.0, 2.0, 1.0, 0.5, 0.5, 1.0, 1.0)
    with pytest.raises(InputError, match="below the least"):
        MarkSize(2.0, 3.0, 1.0, 0.5, 0.5, 1.0, 1.0)


def two_halves(kerf: float = 0.0, height: float = 30.0, size: float = 24.0) -> Assembly:
    """A tilted block cut across in its middle, with one seam."""
    plane = CutPlane((5.0, -3.0, 12.0), (0.3, -0.5, 0.8))
    parts = []
    for index, low in enumerate((-0.5 * height, 0.5 * kerf)):
        block = manifold3d.Manifold.cube((size, size, 0.5 * (height - kerf)))
        solid = block.translate((-0.5 * size, -0.5 * size, low)).transform(plane.matrix)
        parts.append(Part(f"part {index + 1}", Mesh.from_manifold(solid), COLORS[index]))
    seam = Seam(plane, 0, 1, Flat.square((size, size), True), kerf)
    return Assembly(tuple(parts), (seam,))


@pytest.mark.parametrize("kerf", [0.0, 0.4])
def test_both_faces_of_a_seam_read_the_same_and_meet(kerf: float) -> None:
    assembly = two_halves(kerf)
    found = seam_marks(assembly, size=SIZE)
    assert found.missing == ()
    assert [(m.text, m.part, m.meaning) for m in found.marks] == [
        ("A", 0, "seam"), ("A", 1, "seam"), ("1", 0, "part"), ("2", 1, "part"),
    ]  # fmt: skip
    low, high = found.marks[:2]
    assert np.allclose(np.array(high.at_mm) - np.array(low.at_mm), kerf * np.array(assembly.seams[0].plane.normal))
    flat = text_outline("A", height_mm=low.height_mm, stroke_mm=low.stroke_mm)
    for mark in (low, high):
        solid = assembly.parts[mark.part].mesh.to_manifold()
        result = engrave(solid, found.of_part(mark.part))
        assert_sound(result.solid)
        taken = solid.volume() - result.solid.volume()
        assert taken == pytest.approx(sum(result.expected_mm3), rel=1e-6)
        assert result.removed_mm3 == pytest.approx(result.expected_mm3, rel=1e-6)
        assert result.expected_mm3[0] == pytest.approx(flat.area() * mark.depth_mm, rel=1e-9)
        # In the eyes of who looks at the face (x to the right, y up, z to the viewer) the letter is itself.
        right, up, outward = (mark.matrix[:, k] for k in range(3))
        assert np.linalg.det(mark.matrix[:, :3]) == pytest.approx(1.0)
        assert outward @ np.array(assembly.seams[0].plane.normal) == pytest.approx(1.0 if mark.part == 0 else -1.0)
        turn = np.stack([right, up, outward])
        seen = (solid - result.solid).transform(np.c_[turn, -turn @ np.array(mark.at_mm)]).slice(-0.5 * mark.depth_mm)
        window = Flat([np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 0.55 * mark.height_mm])
        assert overlap(seen ^ window, flat) > 1.0 - 1e-6


def test_marks_of_a_seam_keep_clear_of_its_pins_and_of_each_other() -> None:
    assembly = two_halves()
    plane = assembly.seams[0].plane
    pin = Pin(PinType.PLUG, PinShape.ROUND, 5.0, 8.0, tuple(plane.to_world(np.array([[2.0, 3.0]]))[0].tolist()),
              plane.normal, (1.0, 0.0, 0.0), Clearance(0.2, 0.3, "test"))  # fmt: skip
    discs = pin_discs(plane, [pin], 1.0)
    assert discs.area() >= np.pi * 3.7**2
    marks = seam_marks(assembly, size=SIZE, keep_out={0: discs}).marks
    for mark in marks:
        middle = plane.to_local(np.array([mark.at_mm]))[0, :2]
        assert np.linalg.norm(middle - (2.0, 3.0)) > 3.7 + SIZE.margin_mm + 0.5 * min(mark.height_mm, 2.0)
    for part in (0, 1):
        engraved = engrave(assembly.parts[part].mesh.to_manifold(), [m for m in marks if m.part == part])
        assert len(engraved.removed_mm3) == 2


def test_a_thin_plate_gets_no_mark_and_the_reason() -> None:
    found = seam_marks(two_halves(height=2.4), size=SIZE)  # 1.2 mm each: 0.5 mm of depth leave 0.7 mm, not 0.8
    assert found.marks == ()
    assert len(found.missing) == 3
    assert all("1.2 mm thick at most" in row.why.reason for row in found.missing)
    assert found.missing[0].to_dict()["text"] == "A"


def test_part_without_a_seam_and_dowels() -> None:
    halves = two_halves()
    alone = Part("loose", halves.parts[0].mesh, COLORS[2])
    dowel = Part("dowel", halves.parts[0].mesh, COLORS[3], PartKind.DOWEL)
    found = seam_marks(replace(halves, parts=(*halves.parts, alone, dowel)), size=SIZE)
    assert [(row.part, row.why.text) for row in found.missing] == [(2, "3")]
    assert "no hidden face" in found.missing[0].why.reason
    assert len(found.marks) == 4


def test_depth_is_measured_straight_down() -> None:
    assembly = two_halves(0.4)
    for above in (False, True):
        face = face_plane(assembly.seams[0], above=above)
        depth = depth_beneath(assembly.parts[int(above)].mesh, face, above=above)
        assert depth(np.array([[0.0, 0.0], [3.0, -2.0]])) == pytest.approx(14.8, abs=1e-6)
        assert depth(np.array([[100.0, 0.0]])) == pytest.approx(0.0)


def on_top(text: str, x: float = 0.0, depth: float = 1.0) -> FaceMark:
    return FaceMark(text, 0, 0, "part", (x, 0.0, 5.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), 6.0, 0.8, depth)


def test_engraving_refuses_what_would_not_be_the_mark() -> None:
    box = manifold3d.Manifold.cube((40.0, 20.0, 10.0), True)
    assert engrave(box, [on_top("A"), on_top("6", 8.0)]).solid.genus() == 0
    assert engrave(box, []).solid.volume() == box.volume()
    with pytest.raises(GeometryError, match="hangs over an edge"):
        engrave(box, [on_top("A", 19.0)])
    with pytest.raises(GeometryError, match="overlap"):
        engrave(box, [on_top("A"), on_top("H", 1.0)])
    with pytest.raises(GeometryError, match="not flat"):
        engrave(box, [replace(on_top("A"), at_mm=(0.0, 0.0, 5.1))])
    with pytest.raises(GeometryError, match="hangs over an edge"):
        engrave(box, [on_top("A", depth=12.0)])
    hollow = box - manifold3d.Manifold.cube((10.0, 10.0, 2.0), True).translate((0.0, 0.0, 3.0))  # 1 mm lid
    with pytest.raises(GeometryError, match="instead of"):
        engrave(hollow, [on_top("A", depth=1.5)])
    thin = manifold3d.Manifold.cube((40.0, 20.0, 1.0), True).translate((0.0, 0.0, 4.5))
    with pytest.raises(GeometryError, match="breaks through"):
        engrave(thin, [on_top("A", depth=1.0 + 1e-4)])
    assert OVERREACH_MM > 0.0


def test_letters_of_many_seams() -> None:
    names = [seam_letter(k) for k in range(500)]
    assert names[0] == "A"
    assert names[20:23] == ["Y", "AA", "AB"]
    assert len(set(names)) == 500
    assert not set("IOQSZ") & set("".join(names))
