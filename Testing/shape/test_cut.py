"""Plane cuts without pins: parts are closed, their faces flat, volumes add up, branches outside a bound stay whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.export.single import rounded_to_single
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.shape.cut.assembly import Assembly
from PrintPrepLib.shape.cut.plane import Anatomical, CutPlane, Disc, Rectangle, plane_through
from PrintPrepLib.shape.cut.step import cut
from PrintPrepLib.shape.cut.where import options_of, planes_of
from PrintPrepLib.shape.identical import is_among
from PrintPrepLib.spatial import crossings_and_contacts
from Testing.support import shapes

BODIES = {
    "box": shapes.box((30.0, 20.0, 10.0), subdivisions=2),
    "ball": shapes.sphere(12.0, subdivisions=3),
    "ring": shapes.torus(15.0, 5.0, 48),
    "pipe": shapes.tube(4.0, 7.0, 30.0),
    "hollow": shapes.shell(8.0, 12.0, 3),
    "anatomy": shapes.bumpy_sphere(4),
}


def sound(assembly: Assembly) -> None:
    for part in assembly.parts:
        measures = measure_mesh(part.mesh)
        assert (measures.open_edges, measures.non_manifold_edges, measures.misoriented_edges) == (0, 0, 0)
        assert measures.volume_mm3 > 0.0
        exact, _ = crossings_and_contacts(rounded_to_single(part.mesh)[0])  # as the file will hold it
        assert not len(exact.faces)


def volume(assembly: Assembly) -> float:
    return sum(part.mesh.volume_mm3 for part in assembly.parts)


@given(
    name=st.sampled_from(sorted(BODIES)),
    normal=st.tuples(*[st.floats(-1.0, 1.0)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1),
    share=st.floats(0.25, 0.75),
    kerf=st.sampled_from([0.0, 0.5]),
)
@settings(max_examples=40, deadline=None)
def test_any_plane_gives_closed_flat_parts(
    name: str, normal: tuple[float, float, float], share: float, kerf: float
) -> None:
    body = BODIES[name]
    heights = body.vertices @ (np.array(normal) / np.linalg.norm(normal))
    point = np.array(normal) / np.linalg.norm(normal) * (heights.min() + share * (heights.max() - heights.min()))
    assembly, receipt = cut(body, plane=(*point.tolist(), *normal), pins="none", kerf_mm=kerf)
    sound(assembly)
    plane = CutPlane(tuple(point.tolist()), normal)
    assert len(assembly.parts) == 2
    size = float(np.linalg.norm(body.size_mm))
    for part, side in zip(assembly.parts, (-1.0, 1.0), strict=True):
        distance = plane.distance(part.mesh.vertices) * side
        assert distance.min() >= kerf / 2.0 - 1e-6 * size
        new = ~is_among(part.mesh, body)
        # A new corner lies on the cut face: nothing else was touched.
        assert np.abs(distance[new] - kerf / 2.0).max(initial=0.0) <= 1e-6 * size
    balance = receipt.details["proof"]["balance"]
    assert volume(assembly) + balance["kerf_mm3"] == pytest.approx(body.volume_mm3, rel=1e-9)
    if kerf == 0.0:
        assert balance["kerf_mm3"] == 0.0
    assert abs(balance["difference_percent"]) < 0.01


def test_face_of_a_pipe_is_a_ring() -> None:
    pipe = shapes.tube(4.0, 6.0, 20.0, 64)
    assembly, _ = cut(pipe, plane=(0, 0, 3, 0, 0, 1), pins="none")
    sound(assembly)
    # A ring between two regular polygons of 64 corners.
    ring = 0.5 * 64 * np.sin(2.0 * np.pi / 64) * (6.0**2 - 4.0**2)
    (seam,) = assembly.seams
    assert seam.area_mm2 == pytest.approx(ring, rel=1e-9)
    assert assembly.parts[0].mesh.volume_mm3 == pytest.approx(13.0 * ring, rel=1e-9)
    assert assembly.parts[1].mesh.volume_mm3 == pytest.approx(7.0 * ring, rel=1e-9)
    assert measure_mesh(assembly.parts[0].mesh).genus == 1


def test_receipt_measures_the_vertices_that_are_gone() -> None:
    box = shapes.box((20.0, 20.0, 20.0), subdivisions=2)
    _, plain = cut(box, plane=(1, 0, 0, 1, 0.1, 0), pins="none")
    assert plain.change is not None
    assert plain.change.samples == len(box.vertices)
    assert plain.change.max_mm < 1e-9  # flat triangles were joined, the surface is where it was
    _, sawn = cut(box, plane=(0, 0, 0, 1, 0, 0), pins="none", kerf_mm=1.0)  # takes the vertices at x = 0
    assert sawn.change is not None
    assert sawn.change.max_mm == pytest.approx(0.5)
    assert sawn.change.signed_mean_mm < 0.0


def test_cavity_stays_a_cavity() -> None:
    ball = shapes.shell(3.0, 12.0, 3)
    assembly, _ = cut(ball, plane=(0, 0, 6, 0, 0, 1), pins="none")
    sound(assembly)
    below, above = assembly.parts
    assert measure_mesh(below.mesh).parts == 2  # outer surface and the wall of the hollow
    assert (below.bodies, above.bodies) == (1, 1)
    assert volume(assembly) == pytest.approx(ball.volume_mm3, rel=1e-9)


def test_several_planes_and_kerf() -> None:
    assembly, receipt = cut(shapes.box((40.0, 30.0, 20.0)), plane=(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0),
                            kerf_mm=1.0, pins="none")  # fmt: skip
    sound(assembly)
    assert len(assembly.parts) == 4
    assert [part.mesh.volume_mm3 for part in assembly.parts] == pytest.approx([19.5 * 14.5 * 20.0] * 4)
    assert receipt.details["proof"]["balance"]["kerf_mm3"] == pytest.approx(40 * 30 * 20 - 4 * 19.5 * 14.5 * 20)
    assert len(assembly.seams) == 4


# ---- bounded ---------------------------------------------------------------------------------------------------------
def fork() -> Mesh:
    """A base with two prongs along z, 22 mm apart."""
    solid = shapes.box((30.0, 10.0, 10.0)).to_manifold()
    for x in (-11.0, 11.0):
        solid = solid + shapes.box((8.0, 10.0, 40.0), (x, 0.0, 20.0)).to_manifold()
    return Mesh.from_manifold(solid, "fork")


@pytest.mark.parametrize("kerf", [0.0, 0.4])
@pytest.mark.parametrize("bound", [{"bound_radius_mm": 9.0}, {"bound_size_mm": (10.0, 12.0)}])
def test_bounded_cut_leaves_the_other_branch(kerf: float, bound: dict[str, float]) -> None:
    model = fork()
    assembly, _ = cut(model, plane=(-11, 0, 25, 0, 0, 1), kerf_mm=kerf, pins="none", **bound)  # type: ignore[arg-type]
    sound(assembly)
    rest, prong = assembly.parts
    assert prong.mesh.volume_mm3 == pytest.approx(8.0 * 10.0 * (15.0 - kerf / 2.0))
    assert rest.mesh.bounds[1, 2] == pytest.approx(40.0)  # the other prong is whole
    assert rest.bodies == 1
    assert volume(assembly) == pytest.approx(model.volume_mm3 - kerf * 80.0)


def slanted_bar() -> Mesh:
    """A base with one prong of 24 x 4 mm, turned by 45 degrees about z."""
    solid = shapes.box((30.0, 30.0, 10.0)).to_manifold()
    return Mesh.from_manifold(solid + shapes.box((24.0, 4.0, 40.0), (0.0, 0.0, 20.0)).to_manifold().rotate((0, 0, 45)))


def test_the_rectangle_is_turned_as_asked() -> None:
    model = slanted_bar()
    asked: dict[str, Any] = {"plane": (0, 0, 25, 0, 0, 1), "bound_size_mm": (26.0, 6.0), "pins": "none"}
    assembly, _ = cut(model, bound_across=(1.0, 1.0, 0.0), **asked)
    assert [part.mesh.volume_mm3 for part in assembly.parts][1] == pytest.approx(24.0 * 4.0 * 15.0)
    assert assembly.seams[0].plane.bound == Rectangle(26.0, 6.0)
    for across in (None, (1.0, -1.0, 0.0), (1.0, 0.0, 0.0)):
        with pytest.raises(GeometryError, match="ends inside the material"):
            cut(model, bound_across=across, **asked)
    slanted, _ = cut(model, bound_across=(1.0, 1.0, 7.0), **asked)  # what stands on the plane does not count
    assert len(slanted.parts) == 2


def test_each_plane_has_its_own_bound() -> None:
    both = (-11.0, 0.0, 25.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    assembly, _ = cut(fork(), plane=both, bound_size_mm=(10.0, 12.0, 0.0, 0.0), pins="none")
    sound(assembly)
    assert len(assembly.parts) == 3  # one prong's end, the base's upper half with both prongs, the lower half
    assert min(part.mesh.volume_mm3 for part in assembly.parts) == pytest.approx(8.0 * 10.0 * 15.0)
    turned, _ = cut(
        fork(), plane=both, bound_size_mm=(12.0, 10.0, 0.0, 0.0), bound_across=(0, 1, 0, 1, 0, 0), pins="none"
    )
    assert sorted(part.mesh.volume_mm3 for part in turned.parts) == pytest.approx(
        sorted(part.mesh.volume_mm3 for part in assembly.parts)
    )


def test_planes_written_as_options_give_the_same_planes() -> None:
    planes = [
        CutPlane((1.0, 2.0, 3.0), (0.2, -0.5, 0.8), Rectangle(20.0, 7.0), (0.9, 0.4, 0.1)),
        CutPlane((-4.0, 0.0, 9.0), (1.0, 1.0, 0.0)),
    ]
    written = {name: None if value is None else tuple(value) for name, value in options_of(planes).items()}
    read = planes_of([], through=None, at_mm=None, points_mm=None, bound_radius_mm=None, **written)
    for one, other in zip(planes, read, strict=True):
        assert one.bound == other.bound
        assert np.allclose([one.point_mm, *one.axes], [other.point_mm, *other.axes], atol=1e-12)
    assert options_of(planes[1:])["bound_size_mm"] is None
    with pytest.raises(InputError, match="disc"):
        options_of([CutPlane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), Disc(3.0))])


def test_bound_that_ends_in_the_material_is_refused() -> None:
    with pytest.raises(GeometryError, match=r"ends inside the material.*larger"):
        cut(fork(), plane=(-11, 0, 25, 0, 0, 1), bound_radius_mm=4.0, pins="none")


def test_ring_cut_once_needs_a_kerf() -> None:
    ring = shapes.torus(20.0, 5.0)
    with pytest.raises(GeometryError, match=r"opens a ring.*kerf"):
        cut(ring, plane=(20, 0, 0, 0, 1, 0), bound_radius_mm=7.0, pins="none")
    assembly, _ = cut(ring, plane=(20, 0, 0, 0, 1, 0), bound_radius_mm=7.0, kerf_mm=0.5, pins="none")
    sound(assembly)
    (opened,) = assembly.parts
    assert measure_mesh(opened.mesh).genus == 0
    assert ring.volume_mm3 - opened.mesh.volume_mm3 == pytest.approx(0.5 * np.pi * 25.0, rel=0.02)


# ---- planes ----------------------------------------------------------------------------------------------------------
def test_ways_of_giving_a_plane() -> None:
    box = shapes.box((20.0, 20.0, 20.0), (5.0, 0.0, 0.0))
    by_name, _ = cut(box, through=Anatomical.SAGITTAL, pins="none")
    assert [part.name for part in by_name.parts] == ["box right", "box left"]
    assert [part.mesh.volume_mm3 for part in by_name.parts] == pytest.approx([4000.0, 4000.0])
    by_points, _ = cut(box, points_mm=(0, 0, 5, 1, 0, 5, 0, 1, 5), pins="none")
    assert by_points.parts[1].mesh.volume_mm3 == pytest.approx(20 * 20 * 5)
    noisy = plane_through([(x, y, 2.0 + 0.1 * (-1) ** (x + y)) for x in range(4) for y in range(4)])
    assert abs(noisy.normal[2]) > 0.999
    assert noisy.point_mm[2] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "exactly one way"),
        ({"plane": (0, 0, 0, 0, 0, 0)}, "no direction"),
        ({"plane": (0, 0, 0, 1, 0)}, "six numbers"),
        ({"points_mm": (0, 0, 0, 1, 1, 1, 2, 2, 2)}, "one line"),
        ({"plane": (0, 0, 0, 0, 0, 1), "bound_radius_mm": 1.0, "bound_size_mm": (1.0, 1.0)}, "not by both"),
        ({"plane": (0, 0, 0, 0, 0, 1), "bound_across": (1.0, 0.0, 0.0)}, "bound_size_mm"),
        ({"plane": (0, 0, 0, 0, 0, 1), "bound_size_mm": (1.0, 1.0, 1.0)}, "2 numbers"),
        ({"plane": (0, 0, 0, 0, 0, 1), "bound_size_mm": (0.0, 0.0)}, "above zero"),
        ({"plane": (0, 0, 0, 0, 0, 1), "bound_size_mm": (9.0, 9.0), "bound_across": (0.0, 0.0, 1.0)}, "stands on"),
        ({"plane": (0, 0, 0, 0, 0, 1), "pins": "many"}, "auto"),
        ({"plane": (0, 0, 0, 0, 0, 1), "process": "fdmm"}, "fdm"),
    ],
)
def test_wrong_input_is_told(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        cut(shapes.box(), **wrong)  # type: ignore[arg-type]


def test_plane_that_misses_says_by_how_much() -> None:
    with pytest.raises(GeometryError, match=r"misses the model.*-15\.0 mm"):
        cut(shapes.box(), plane=(0, 0, 20, 0, 0, 1), pins="none")


# ---- what comes in ---------------------------------------------------------------------------------------------------
def test_open_model_is_repaired_with_a_receipt() -> None:
    assembly, receipt = cut(shapes.open_box(), plane=(1, 0, 0, 1, 0, 0), pins="none")
    sound(assembly)
    assert volume(assembly) == pytest.approx(1000.0)
    assert receipt.details["repairs"]
    assert any("repaired before" in note for note in receipt.notes)


def test_two_aligned_models_get_their_own_faces() -> None:
    inner, shell = shapes.sphere(6.0, subdivisions=3).with_name("core"), shapes.shell(6.0, 12.0, 3).with_name("rind")
    assembly, receipt = cut([inner, shell], plane=(0, 0, 1, 0.1, 0, 1), pins="none")
    sound(assembly)
    assert [part.name for part in assembly.parts] == ["core bottom", "core top", "rind bottom", "rind top"]
    assert volume(assembly) == pytest.approx(inner.volume_mm3 + shell.volume_mm3)
    assert len(assembly.seams) == 2
    assert receipt.details["proof"]["balance"]["difference_percent"] == pytest.approx(0.0, abs=1e-9)


def test_loose_pieces_are_told() -> None:
    model = fork()
    assembly, receipt = cut(model, plane=(0, 0, 25, 0, 0, 1), pins="none")
    assert [part.bodies for part in assembly.parts] == [1, 2]
    assert any("separate bodies" in warning for warning in receipt.warnings)


def test_disc_needs_a_radius() -> None:
    with pytest.raises(InputError):
        Disc(0.0)


def test_parts_that_hook_into_each_other_are_told() -> None:
    """A hook: the bounded cut parts it from its base, but its tip reaches round under the base's lip."""
    solid = shapes.box((30.0, 10.0, 6.0)).to_manifold()  # base
    solid = solid + shapes.box((6.0, 10.0, 20.0), (-12.0, 0.0, 10.0)).to_manifold()  # post
    solid = solid + shapes.box((30.0, 10.0, 4.0), (0.0, 0.0, 18.0)).to_manifold()  # arm over the base
    solid = solid + shapes.box((4.0, 10.0, 26.0), (20.0, 0.0, 7.0)).to_manifold()  # down beside the base
    solid = solid + shapes.box((14.0, 10.0, 3.0), (15.0, 0.0, -7.0)).to_manifold()  # and back under it
    solid = solid + shapes.box((10.0, 10.0, 4.0), (15.0, 0.0, 18.0)).to_manifold()
    model = Mesh.from_manifold(solid, "hook")
    assembly, receipt = cut(model, plane=(-12, 0, 8, 0, 0, 1), bound_radius_mm=8.0, pins="none")
    assert len(assembly.parts) == 2
    assert any("hook into each other" in warning for warning in receipt.warnings)
    assert receipt.details["proof"]["blocked"]
    free, told = cut(fork(), plane=(-11, 0, 25, 0, 0, 1), bound_radius_mm=9.0, pins="none")
    assert told.details["proof"]["blocked"] == []
    assert len(free.parts) == 2
