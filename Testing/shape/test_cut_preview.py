"""The preview of a cut beside the cut itself: same sections, same regions, pins about where they are really set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.shape.cut.plane import CutPlane, Disc, Rectangle
from PrintPrepLib.shape.cut.preview import CutPreview
from PrintPrepLib.shape.cut.quick_section import Fate, Slicer3D
from PrintPrepLib.shape.cut.step import cut
from PrintPrepLib.shape.pins.kinds import PinType
from PrintPrepLib.shape.pins.options import request_of
from PrintPrepLib.shape.pins.request import PinRequest
from Testing.support import shapes


def asked(**options: Any) -> PinRequest | None:
    given: dict[str, Any] = dict.fromkeys(
        ("pin_shape", "pin_diameter_mm", "pin_length_mm", "pin_at_mm", "clearance_mm", "clearance_along_mm", "wall_mm",
         "process", "material"),
    )  # fmt: skip
    return request_of(**{**given, "pins": "auto", "pin_type": PinType.PLUG, "pin_taper_deg": 0.0, **options})


def fork() -> Mesh:
    solid = shapes.box((30.0, 10.0, 10.0)).to_manifold()
    for x in (-11.0, 11.0):
        solid = solid + shapes.box((8.0, 10.0, 40.0), (x, 0.0, 20.0)).to_manifold()
    return Mesh.from_manifold(solid, "fork")


BODIES = {
    "box": shapes.box((30.0, 20.0, 10.0), subdivisions=2),
    "ring": shapes.torus(15.0, 5.0, 48),
    "pipe": shapes.tube(4.0, 7.0, 30.0),
    "hollow": shapes.shell(8.0, 12.0, 3),
    "anatomy": shapes.bumpy_sphere(4),
}


@pytest.mark.parametrize("name", list(BODIES))
@pytest.mark.parametrize("normal", [(0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.3, -0.7, 0.6)])
def test_section_is_that_of_the_cut(name: str, normal: tuple[float, float, float]) -> None:
    mesh = BODIES[name]
    plane = CutPlane((0.3, 0.2, 0.1), normal)
    section = Slicer3D(mesh).section(plane)
    above, below = mesh.to_manifold().split_by_plane(plane.normal, float(np.dot(plane.point_mm, plane.normal)))
    exact = 0.5 * (above.surface_area() + below.surface_area() - mesh.to_manifold().surface_area())
    assert section.area_mm2() == pytest.approx(exact, rel=1e-6)
    assert section.open_ends == 0
    corners = np.concatenate([plane.to_world(loop) for loop in section.loops(Fate.CUT)])
    assert np.abs(plane.distance(corners)).max() < 1e-9


def test_holes_belong_to_the_outline_round_them() -> None:
    rings = [shapes.tube(4.0, 7.0, 30.0), shapes.moved(shapes.tube(1.0, 2.0, 30.0), (0.0, 0.0, 0.0))]
    both = Mesh.from_manifold(rings[0].to_manifold() + rings[1].to_manifold())
    section = Slicer3D(both).section(CutPlane((0.0, 0.0, 1.0), (0.0, 0.0, 1.0)))
    assert [len(region.loops) for region in section.regions] == [2, 2]  # a pipe within a pipe
    assert section.regions[1].area_mm2 == pytest.approx(np.pi * 3.0, rel=0.01)


def test_a_plane_through_corners_and_along_edges() -> None:
    box = shapes.box((10.0, 10.0, 10.0), subdivisions=2)  # corners of triangles lie in the plane
    section = Slicer3D(box).section(CutPlane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
    assert section.area_mm2() == pytest.approx(100.0)
    assert len(section.loops(Fate.CUT)) == 1
    assert not Slicer3D(box).section(CutPlane((0.0, 0.0, 5.0), (0.0, 0.0, 1.0))).regions  # touches the top face


def test_an_open_model_is_told() -> None:
    shown = CutPreview(shapes.open_box()).preview(CutPlane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0)), None)
    assert "open where the plane meets it" in shown.sentence


@pytest.mark.parametrize(
    ("bound", "point", "word"),
    [
        (Rectangle(10.0, 12.0), (-11.0, 0.0, 25.0), ""),
        (Disc(9.0), (-11.0, 0.0, 25.0), ""),
        (Rectangle(6.0, 12.0), (-11.0, 0.0, 25.0), "ends inside"),  # crosses two sides
        (Rectangle(2.0, 2.0), (-11.0, 0.0, 25.0), "ends inside"),  # lies wholly inside
        (Disc(4.5), (-11.0, 0.0, 25.0), "ends inside"),  # no corner in it
        (Rectangle(4.0, 4.0), (0.0, 0.0, 25.0), "no material"),
        (None, (0.0, 0.0, 70.0), "misses"),
        (Rectangle(4.0, 4.0), (0.0, 0.0, 70.0), "misses"),
    ],
)
def test_a_bound_does_what_the_cut_does(bound: Any, point: tuple[float, float, float], word: str) -> None:
    model, plane = fork(), CutPlane(point, (0.0, 0.0, 1.0), bound)
    shown = CutPreview(model).preview(plane, asked())
    assert word in shown.sentence
    assert shown.would_be_refused == bool(word)
    options: dict[str, Any] = {"plane": (*point, 0, 0, 1), "pins": "none"}
    if isinstance(bound, Disc):
        options["bound_radius_mm"] = bound.radius_mm
    elif bound is not None:
        options["bound_size_mm"] = (bound.width_mm, bound.height_mm)
    if word:
        with pytest.raises(GeometryError):
            cut(model, **options)
        assert bool(shown.outlines_mm(Fate.REFUSED)) == (word == "ends inside")
        return
    assembly, _ = cut(model, **options)
    assert shown.area_cm2 * 100.0 == pytest.approx(sum(seam.area_mm2 for seam in assembly.seams))
    assert [len(loops) for loops in (shown.outlines_mm(), shown.outlines_mm(Fate.WHOLE))] == [1, 1]


def test_fill_covers_the_section_and_leaves_holes_free() -> None:
    shown = CutPreview(shapes.tube(4.0, 7.0, 30.0)).preview(CutPlane((0.0, 0.0, 1.0), (0.0, 0.1, 1.0)), None)
    corners, triangles = shown.fill_mm()
    a, b, c = (corners[triangles[:, k]] for k in range(3))
    area = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()
    assert area == pytest.approx(shown.area_cm2 * 100.0)
    assert "No pins were asked for" in shown.sentence


def test_widest_circle() -> None:
    shown = CutPreview(shapes.tube(4.0, 7.0, 30.0, 256)).preview(CutPlane((0.0, 0.0, 1.0), (0.0, 0.0, 1.0)), asked())
    assert shown.widest is not None
    assert shown.widest.diameter_mm == pytest.approx(3.0, abs=0.01)
    assert np.hypot(*shown.widest.at) == pytest.approx(5.5, abs=0.05)
    assert "no pin of" in shown.sentence
    block = CutPreview(shapes.box((30.0, 20.0, 40.0))).preview(CutPlane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)), asked())
    assert block.widest is not None
    assert block.widest.diameter_mm == pytest.approx(20.0, abs=0.01)


@pytest.mark.parametrize(
    "options", [{}, {"pin_diameter_mm": 4.0}, {"pin_type": PinType.DOWEL}, {"pins": "2"}, {"wall_mm": 4.0}]
)
def test_pins_are_those_of_the_cut(options: dict[str, Any]) -> None:
    model, plane = shapes.box((60.0, 40.0, 50.0)), CutPlane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    shown = CutPreview(model).preview(plane, asked(**options))
    assembly, _ = cut(model, plane=(*plane.point_mm, *plane.normal), **options)
    assert len(shown.pins) == len(assembly.pins) == shown.wanted
    assert {pin.diameter_mm for pin in shown.pins} == {assembly.pins[0]["diameter_mm"]}
    assert f"{len(shown.pins)} " in shown.sentence
    assert "exactly" in shown.sentence
    for pin in shown.pins:
        x, y = abs(pin.at_mm[0]), abs(pin.at_mm[1])
        assert max(x - 30.0, y - 20.0) <= -pin.hole_mm / 2.0 + 0.1


def test_a_wide_section_over_a_hollow_gets_no_pin() -> None:
    ball = shapes.shell(12.0, 20.0, 4)
    shown = CutPreview(ball).preview(CutPlane((0.0, 0.0, 12.5), (0.0, 0.0, 1.0)), asked())
    assert shown.widest is not None
    assert shown.widest.diameter_mm > 30.0
    middle = [pin for pin in shown.pins if np.hypot(pin.at_mm[0], pin.at_mm[1]) < 8.0]
    assert middle == []


def test_rails_places_and_tapers_are_told() -> None:
    ready, plane = CutPreview(shapes.box((30.0, 20.0, 40.0))), CutPlane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    assert "tongue is not previewed" in ready.preview(plane, asked(pin_type=PinType.TONGUE)).sentence
    assert "by hand" in ready.preview(plane, asked(pin_at_mm=(0.0, 0.0, 0.0))).sentence
    sharp = ready.preview(plane, asked(pin_diameter_mm=3.0, pin_length_mm=40.0, pin_taper_deg=20.0))
    assert sharp.pins == ()
    assert "taper" in sharp.sentence.lower()
