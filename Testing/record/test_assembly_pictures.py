"""Pictures of an assembly: every part in its color, apart and in the right direction, and both faces of a seam."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import manifold3d
import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk

from PrintPrepLib.errors import Cancelled, ExportError, GeometryError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.record.assembly import (
    clear_views,
    hidden_share,
    moved_apart,
    picture_of_assembly,
    render_assembly,
    render_seam,
)
from PrintPrepLib.record.cut_faces import lies_on, with_own_corners
from PrintPrepLib.record.explode import exploded_offsets
from PrintPrepLib.record.groups import Groups
from PrintPrepLib.record.pictures import View, picture_of_mesh
from PrintPrepLib.record.seam import picture_of_seam
from PrintPrepLib.shape.cut.assembly import COLORS, LOOSE_COLOR, Assembly, Part, PartKind, Seam
from PrintPrepLib.shape.cut.plane import CutPlane
from PrintPrepLib.shape.pins.kinds import Clearance, Pin, PinShape, PinType
from Testing.support import shapes

Flat = manifold3d.CrossSection
Picture = npt.NDArray[np.float64]
SMALL = (640, 420)


def blocks(places: list[tuple[float, float, float]], seams: list[tuple[int, int, int]], side: float = 20.0) -> Assembly:
    """Cubes at places (in sides); seams as (below, above, axis) between neighbors."""
    parts = tuple(
        Part(f"part {k + 1}", shapes.box((side, side, side), tuple(side * np.array(at))), COLORS[k])
        for k, at in enumerate(places)
    )
    rows = []
    for below, above, axis in seams:
        normal = np.eye(3)[axis]
        middle = side * (0.5 * normal + np.array(places[below]))
        rows.append(Seam(CutPlane(tuple(middle), tuple(normal)), below, above, Flat.square((side, side), True)))
    return Assembly(parts, tuple(rows))


def pinned(shape: PinType = PinType.PLUG) -> Assembly:
    """A block of 60 x 40 x 30 mm cut across at x = 0, with two pins of 8 and 5 mm, 8 mm long."""
    plane = CutPlane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    low = manifold3d.Manifold.cube((30.0, 40.0, 30.0)).translate((-30.0, -20.0, -15.0))
    high = manifold3d.Manifold.cube((30.0, 40.0, 30.0)).translate((0.0, -20.0, -15.0))
    pins = []
    for diameter, place in ((8.0, (0.0, -10.0, 5.0)), (5.0, (0.0, 10.0, -5.0))):
        pin = Pin(
            shape, PinShape.ROUND, diameter, 8.0, place, plane.normal, (0.0, 1.0, 0.0), Clearance(0.5, 0.5, "test")
        )
        rod = manifold3d.Manifold.cylinder(10.0, 0.5 * diameter, 0.5 * diameter, 64).translate((0.0, 0.0, -2.0))
        hole = manifold3d.Manifold.cylinder(10.5, pin.hole_radius_mm, pin.hole_radius_mm, 64).translate(
            (0.0, 0.0, -2.0)
        )
        low += rod.transform(pin.matrix)
        high -= hole.transform(pin.matrix)
        pins.append(pin.to_dict())
    parts = tuple(Part(f"part {k + 1}", Mesh.from_manifold(s), COLORS[k]) for k, s in enumerate((low, high)))
    return Assembly(parts, (Seam(plane, 0, 1, Flat.square((40.0, 30.0), True)),), tuple(pins))


def of_color(picture: Picture, color: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Pixels whose hue is that of a color, lit or in shade."""
    unit = np.array(color) / np.linalg.norm(color)
    length = np.linalg.norm(picture, axis=2)
    return np.asarray((length > 0.3) & ((picture @ unit) > 0.9985 * np.maximum(length, 1e-9)))


def longest_run(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Where a mask is True without a break, longest: a mixed pixel at the edge of another part is none."""
    at = np.flatnonzero(mask)
    return max(np.split(at, np.flatnonzero(np.diff(at) > 1) + 1), key=len)


def distances(assembly: Assembly, offsets: npt.NDArray[np.float64]) -> list[float]:
    return [float(np.array(s.plane.normal) @ (offsets[s.above] - offsets[s.below])) for s in assembly.seams]


def test_row_moves_apart_along_the_normals_only() -> None:
    row = blocks([(0, 0, 0), (1, 0, 0), (2, 0, 0)], [(0, 1, 0), (1, 2, 0)])
    offsets = exploded_offsets(row, 1.0)
    assert distances(row, offsets) == pytest.approx([20.0, 20.0])  # the side of the seam
    assert offsets == pytest.approx(np.array([[-20.0, 0, 0], [0, 0, 0], [20.0, 0, 0]]), abs=1e-9)
    assert exploded_offsets(row, 0.5) == pytest.approx(0.5 * offsets, abs=1e-9)
    assert np.all(exploded_offsets(row, 0.0) == 0.0)
    with pytest.raises(ValueError, match="negative"):
        exploded_offsets(row, -1.0)


def test_branches_move_with_what_they_hang_on() -> None:
    """A part on top of the last of a row goes along the row with it, and up."""
    tree = blocks([(0, 0, 0), (1, 0, 0), (1, 0, 1)], [(0, 1, 0), (1, 2, 2)])
    offsets = exploded_offsets(tree, 1.0)
    assert offsets[1] - offsets[0] == pytest.approx([20.0, 0, 0], abs=1e-9)
    assert offsets[2] - offsets[1] == pytest.approx([0, 0, 20.0], abs=1e-9)


def test_quarters_open_evenly_and_a_seam_between_brothers_opens_too() -> None:
    square = blocks([(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)], [(0, 1, 0), (2, 3, 0), (0, 2, 1), (1, 3, 1)])
    assert distances(square, exploded_offsets(square, 1.0)) == pytest.approx([20.0] * 4)
    # Half a body, the other half cut once more: all three seams meet.
    three = blocks([(0, 0, 0), (1, 0, 0), (1, 1, 0)], [(0, 1, 0), (0, 2, 0), (1, 2, 1)])
    assert min(distances(three, exploded_offsets(three, 1.0))) > 19.0


def test_loose_parts_stay_and_dowels_keep_to_the_middle() -> None:
    row = blocks([(0, 0, 0), (1, 0, 0), (5, 5, 5)], [(0, 1, 0)])
    dowel = Part("dowel", shapes.box((6.0, 3.0, 3.0), (10.0, 2.0, 2.0)), LOOSE_COLOR, PartKind.DOWEL)
    offsets = exploded_offsets(replace(row, parts=(*row.parts, dowel)), 1.0)
    assert offsets[2] == pytest.approx([0, 0, 0])
    assert offsets[3] == pytest.approx(0.5 * (offsets[0] + offsets[1]), abs=1e-9)
    long = replace(row, pins=({"length_mm": 40.0},))
    assert distances(long, exploded_offsets(long, 1.0)) == pytest.approx([60.0])  # one and a half pins


def test_parts_do_not_hide_each_other_in_the_chosen_views() -> None:
    for axis in range(3):
        places = [tuple(k * np.eye(3)[axis]) for k in range(3)]
        row = blocks(places, [(0, 1, axis), (1, 2, axis)])
        meshes = [part.mesh for part in row.parts]
        apart = moved_apart(meshes, exploded_offsets(row, 1.0))
        views = clear_views(apart, 2)
        assert len(set(views)) == 2
        assert all(hidden_share(apart, view) == 0.0 for view in views)
        along = (View.LEFT, View.FRONT, View.TOP)[axis]
        assert hidden_share(apart, along) == pytest.approx(2.0 / 3.0, abs=0.02)  # three shadows on one place
        assert along not in views


def test_shadow_of_fine_triangles_is_that_of_large_ones() -> None:
    coarse = [shapes.box((20.0, 10.0, 5.0)), shapes.box((20.0, 10.0, 5.0), (12.0, 3.0, 1.0))]
    fine = [
        shapes.box((20.0, 10.0, 5.0), subdivisions=6),
        shapes.box((20.0, 10.0, 5.0), (12.0, 3.0, 1.0), subdivisions=6),
    ]
    for view in (View.FRONT, View.THREE_QUARTER):
        assert hidden_share(fine, view) == pytest.approx(hidden_share(coarse, view), abs=0.03)


def test_every_part_is_seen_in_its_color_on_both_sides() -> None:
    row = blocks([(0, 0, 0), (1, 0, 0), (2, 0, 0)], [(0, 1, 0), (1, 2, 0)])
    picture = picture_of_assembly(row, views=[View.FRONT], size=SMALL)
    middle = SMALL[0] // 2
    together, apart = picture[56 : SMALL[1] - 64, :middle], picture[56 : SMALL[1] - 64, middle:]
    for side, gap in ((together, False), (apart, True)):
        columns = []
        for part in row.parts:
            seen = of_color(side, part.color)
            assert seen.sum() > 400, part.name
            high = seen.sum(axis=0)
            columns.append(longest_run(high > 0.3 * high.max()))
        for left, right in pairwise(columns):  # x grows to the patient's left: to the right
            wide = float(np.ptp(left))
            assert right.min() - left.max() == pytest.approx(wide if gap else 1.0, abs=0.08 * wide + 3.0)


def test_words_are_written_on_their_parts() -> None:
    row = blocks([(0, 0, 0), (1, 0, 0)], [(0, 1, 0)])
    mesh = row.parts[0].mesh
    colors = np.broadcast_to(np.array([0.5, 0.7, 0.9]), mesh.vertices.shape)
    groups = Groups(np.zeros(len(mesh.faces), np.int64), ("8",))
    plain, worded = (
        picture_of_mesh(mesh, views=[View.FRONT], size=SMALL, colors=colors, groups=g) for g in (None, groups)
    )
    rows, columns = np.nonzero(np.abs(plain - worded).max(axis=2) > 0.1)
    assert abs(rows.mean() - (56 + (SMALL[1] - 120) / 2)) < 6
    assert abs(columns.mean() - SMALL[0] / 2) < 6
    with pytest.raises(ValueError, match="colors must be"):
        picture_of_mesh(mesh, colors=np.zeros((3, 3)))


def test_files_are_png_of_the_stated_size(tmp_path: Path) -> None:
    row = blocks([(0, 0, 0), (1, 0, 0)], [(0, 1, 0)])
    steps = ("1. Push part 2 onto part 1.",)
    whole = render_assembly(row, tmp_path / "a.png", views=[View.FRONT], size=SMALL, order=steps)
    seam = render_seam(row, 0, tmp_path / "s.png", size=SMALL)
    assert (whole.kind, seam.kind) == ("png", "png")
    assert sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "s.png"))).shape == (SMALL[1], SMALL[0], 3)
    high, wide, _ = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "a.png"))).shape
    assert (wide, high) == (SMALL[0], SMALL[1] + 24 + 4 * 34)  # two parts, a heading, one step
    without = picture_of_assembly(row, views=[View.FRONT], size=SMALL)
    assert without.shape[0] == SMALL[1] + 24 + 2 * 34


def panels(picture: Picture) -> tuple[Picture, Picture]:
    body = picture[56:-64]
    return body[:, : SMALL[0] // 2], body[:, SMALL[0] // 2 :]


def red_rings(panel: Picture) -> npt.NDArray[np.bool_]:
    return np.asarray((panel[..., 0] - panel[..., 1]) > 0.35)


def test_seam_shows_both_faces_pins_and_holes_as_an_opened_book() -> None:
    assembly = pinned()
    left, right = panels(picture_of_seam(assembly, 0, size=SMALL))
    zoom = min(320 * 0.68 / 40.0, 300 * 0.68 / 30.0)
    for panel, color in ((left, COLORS[0]), (right, COLORS[1])):
        face = of_color(panel, color)
        assert face.sum() > 0.6 * 1200.0 * zoom**2
        columns = np.flatnonzero(face.sum(axis=0) > 30)
        assert np.ptp(columns) == pytest.approx(40.0 * zoom, abs=4)
    assembly_axes = assembly.seams[0].plane.axes
    first = np.array([-10.0, 5.0]) @ np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]) @ assembly_axes[:2].T
    for panel, sign, diameter in ((left, 1.0, 8.0), (right, -1.0, 9.0)):  # half a millimeter of play all round
        x, y = 160 + sign * first[0] * zoom, 150 - first[1] * zoom
        window = red_rings(panel)[int(y) - 40 : int(y) + 40, max(int(x) - 40, 0) : int(x) + 40]
        rows, columns = np.nonzero(window)
        assert np.ptp(rows) + 1 == pytest.approx(diameter * zoom, abs=3.5)
        assert np.ptp(columns) + 1 == pytest.approx(diameter * zoom, abs=3.5)
        assert 0.5 * (rows.max() + rows.min()) == pytest.approx(40, abs=2)


def test_dowels_have_holes_on_both_faces_and_magnets_pockets() -> None:
    """With a loose pin both rings are as large as the hole; with a plug the one round the pin is smaller."""
    size = {}
    for kind in (PinType.PLUG, PinType.DOWEL, PinType.MAGNET):
        left, right = panels(picture_of_seam(pinned(kind), 0, size=SMALL))
        size[kind] = [float(np.ptp(np.nonzero(red_rings(panel))[1])) for panel in (left, right)]
    assert size[PinType.PLUG][0] < size[PinType.PLUG][1]
    assert size[PinType.DOWEL][0] == pytest.approx(size[PinType.DOWEL][1], abs=1.5)
    assert size[PinType.MAGNET] == pytest.approx(size[PinType.DOWEL], abs=1.5)


def test_what_stands_before_a_face_does_not_hide_it() -> None:
    """A roof over the face of the lower part, carried by a post beside it, as the far arm of a C would be."""
    assembly = pinned()
    low = assembly.parts[0].mesh.to_manifold()
    post = manifold3d.Manifold.cube((60.0, 4.0, 30.0)).translate((-30.0, 19.0, -15.0))
    roof = shapes.box((5.0, 60.0, 40.0), (27.0, 0.0, 0.0), subdivisions=3).to_manifold()
    covered = replace(assembly.parts[0], mesh=Mesh.from_manifold(low + post + roof))
    open_left, _ = panels(picture_of_seam(assembly, 0, size=SMALL))
    left, _ = panels(picture_of_seam(replace(assembly, parts=(covered, assembly.parts[1])), 0, size=SMALL))
    assert of_color(left, COLORS[0]).sum() > 0.85 * of_color(open_left, COLORS[0]).sum()


def test_cut_faces_are_found_and_nothing_is_lost() -> None:
    mesh = pinned().parts[0].mesh
    plane = pinned().seams[0].plane
    assert mesh.submesh(lies_on(mesh, plane)).area_mm2 == pytest.approx(1200.0 - np.pi * (16.0 + 6.25), rel=1e-3)
    split = with_own_corners(mesh, [plane, plane])
    assert split.area_mm2 == pytest.approx(mesh.area_mm2, rel=1e-12)
    assert len(split.faces) == len(mesh.faces)
    normals = split.vertex_normals()[np.abs(split.vertices[:, 0]) < 1e-9]
    assert (np.abs(normals[:, 0]) > 1.0 - 1e-9).any()


def test_refusals(tmp_path: Path) -> None:
    row = blocks([(0, 0, 0), (1, 0, 0)], [(0, 1, 0)])
    with pytest.raises(GeometryError, match="no parts"):
        picture_of_assembly(Assembly(()))
    with pytest.raises(GeometryError, match="no seam 2"):
        render_seam(row, 1, tmp_path / "s.png")
    away = replace(row, parts=(row.parts[0], replace(row.parts[1], mesh=shapes.box((5.0, 5.0, 5.0), (90.0, 0.0, 0.0)))))
    with pytest.raises(GeometryError, match="no face at the seam"):
        render_seam(away, 0, tmp_path / "s.png", size=SMALL)
    with pytest.raises(ExportError):
        render_assembly(row, tmp_path / "none" / "a.png", views=[View.FRONT], size=SMALL)

    def stop(fraction: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        render_assembly(row, tmp_path / "a.png", views=[View.FRONT], size=SMALL, progress=stop)
    assert list(tmp_path.iterdir()) == []
