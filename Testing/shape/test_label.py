"""Labels on shapes whose truth is known: volume by hand, depth, wall left, the right way round, on the right side."""

from __future__ import annotations

import numpy as np
import pytest

from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.receipt import measure_mesh
from PrintPrepLib.shape.label.layout import Content, outline
from PrintPrepLib.shape.label.places import SIDES
from PrintPrepLib.shape.label.step import label
from PrintPrepLib.spatial import self_crossings
from PrintPrepLib.surface.defects import as_stored
from Testing.shape.label_pictures import heights
from Testing.support import shapes

TEXT = "R 42"


def _area(text: str = TEXT, height: float = 7.5) -> float:
    return float(outline(Content(text), letter_mm=height, stroke_mm=0.5, gap_mm=0.5).section.area())


def _sound(before: Mesh, after: Mesh) -> None:
    old, new = measure_mesh(before), measure_mesh(after)
    assert (new.open_edges, new.non_manifold_edges, new.misoriented_edges) == (0, 0, 0)
    assert (new.parts, new.genus) == (old.parts, old.genus)
    assert len(self_crossings(as_stored(after)).faces) == 0


@pytest.mark.parametrize("engrave", [False, True])
def test_on_a_plate_the_volume_is_area_times_depth(engrave: bool) -> None:
    plate = shapes.plate((50.0, 20.0), 6.0, 0)
    out, receipt = label(plate, text=TEXT, at_mm=(0.0, 0.0, 3.0), engrave=engrave, depth_mm=2.5)
    _sound(plate, out)
    added = out.volume_mm3 - plate.volume_mm3
    assert added == pytest.approx((-2.5 if engrave else 2.5) * _area(), rel=1e-6)
    found = receipt.details["labels"][0]
    assert found["depth_measured_mm"]["least"] == pytest.approx(2.5, abs=1e-6)
    assert found["depth_measured_mm"]["most"] == pytest.approx(2.5, abs=1e-6)
    assert out.bounds[1, 2] == pytest.approx(3.0 if engrave else 5.5)
    assert not found["anatomy"]
    if engrave:
        assert found["wall_left_mm"] == pytest.approx(3.5, abs=0.02)


@pytest.mark.parametrize("engrave", [False, True])
def test_on_a_cylinder_letters_are_bent_and_keep_their_widths(engrave: bool) -> None:
    radius, depth = 20.0, 2.0
    body = shapes.cylinder(radius, 40.0, sections=256)
    out, receipt = label(body, text=TEXT, at_mm=(0.0, -radius, 0.0), engrave=engrave, depth_mm=depth)
    _sound(body, out)
    sign = -1.0 if engrave else 1.0
    by_hand = sign * _area() * depth * (1.0 + sign * depth / (2.0 * radius))  # a sector of a ring
    assert out.volume_mm3 - body.volume_mm3 == pytest.approx(by_hand, rel=0.01)
    found = receipt.details["labels"][0]
    assert abs(found["depth_measured_mm"]["median"] - depth) < 0.01
    assert found["surface"] == "curved"
    moved = out.vertices[np.abs(np.hypot(*out.vertices[:, :2].T) - radius - sign * depth) < 0.02]
    width = np.ptp(np.arctan2(moved[:, 0], -moved[:, 1])) * radius
    assert width == pytest.approx(found["width_mm"], abs=0.05)


def test_on_a_sphere_every_depth_is_the_wanted_one() -> None:
    ball = shapes.sphere(30.0, subdivisions=5)
    out, receipt = label(ball, text=TEXT, at_mm=(0.0, 0.0, 30.0), depth_mm=2.0)
    _sound(ball, out)
    top = np.linalg.norm(out.vertices, axis=1).max()
    assert top == pytest.approx(32.0, abs=0.03)
    found = receipt.details["labels"][0]["depth_measured_mm"]
    assert 1.95 < found["least"] <= found["most"] < 2.05


@pytest.mark.parametrize("outward", [(1, 0, 0), (-1, 0, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1), (2, -1, 1)])
@pytest.mark.parametrize("engrave", [False, True])
def test_never_mirrored_seen_from_outside(outward, engrave: bool) -> None:
    """The camera is made by hand; letters without any symmetry are held against freetype's picture of them."""
    text = "FRJ"
    normal = np.array(outward, float) / np.linalg.norm(outward)
    across = np.eye(3)[np.abs(normal).argmin()]
    first = np.cross(across, normal) / np.linalg.norm(np.cross(across, normal))
    axes = np.stack([first, np.cross(normal, first), normal])
    block = shapes.box((36.0, 36.0, 8.0))
    block = Mesh(block.vertices @ axes, block.faces, "block")
    out, receipt = label(block, text=text, at_mm=tuple(4.0 * normal), engrave=engrave, depth_mm=1.0, turn_deg=10.0)
    found = receipt.details["labels"][0]
    up = np.array(found["up"])
    assert np.cross(np.array(found["right"]), up) == pytest.approx(normal, abs=1e-6)
    head = np.array((0.0, -1.0, 0.0) if abs(normal[2]) > 0.9 else (0.0, 0.0, 1.0))
    assert up @ head > 0.7
    seen = heights(out, 4.0 * normal, normal, up, (found["width_mm"], found["box_height_mm"]), 0.1)
    ink = np.abs(seen) > 0.5
    drawn = _drawn(text, ink.shape)
    assert _alike(ink, drawn) > 0.9
    assert _alike(ink[:, ::-1], drawn) < 0.75
    assert _alike(ink[::-1], drawn) < 0.75


def test_marks_stand_on_their_sides_of_the_patient() -> None:
    body = shapes.box((60.0, 50.0, 40.0), (100.0, -20.0, 30.0), 3)
    out, receipt = label(body, marks="RLAPSI", depth_mm=1.0)
    _sound(body, out)
    found = {one["text"]: one for one in receipt.details["labels"]}
    assert set(found) == set("RLAPSI")
    # DICOM: x grows to the left, y to the back, z to the head.
    at = {letter: np.array(one["at_mm"]) - (100.0, -20.0, 30.0) for letter, one in found.items()}
    assert at["R"][0] == pytest.approx(-30.0)
    assert at["L"][0] == pytest.approx(30.0)
    assert at["A"][1] == pytest.approx(-25.0)
    assert at["P"][1] == pytest.approx(25.0)
    assert at["S"][2] == pytest.approx(20.0)
    assert at["I"][2] == pytest.approx(-20.0)
    assert out.bounds == pytest.approx(np.add(body.bounds, [[-1.0], [1.0]]))
    with pytest.raises(InputError, match="mirrored"):
        label(body.with_name("skull MIRRORED"), marks="R")
    assert set(SIDES) == set("RLAPSI")


def test_wall_of_the_process_is_left_or_nothing_is_done() -> None:
    plate = shapes.plate((50.0, 20.0), 2.0, 0)
    _, receipt = label(plate, text=TEXT, at_mm=(0.0, 0.0, 1.0), engrave=True, process="fdm")
    found = receipt.details["labels"][0]
    assert found["wall_left_mm"] == pytest.approx(0.8, abs=0.002)
    assert found["wall_left_mm"] >= 0.8 - 1e-9
    assert found["depth_mm"] == pytest.approx(1.2, abs=0.002)
    assert any("instead of 3" in warning for warning in receipt.warnings)
    with pytest.raises(GeometryError, match=r"no room.*depth"):
        label(shapes.plate((50.0, 20.0), 1.2, 0), text=TEXT, height_mm=7.5, at_mm=(0.0, 0.0, 0.6), engrave=True)


def test_smaller_where_it_does_not_fit_and_never_below_the_stroke() -> None:
    plate = shapes.plate((18.0, 10.0), 4.0, 0)
    _, receipt = label(plate, text=TEXT, at_mm=(0.0, 0.0, 2.0))
    found = receipt.details["labels"][0]
    assert found["height_mm"] < 7.5
    assert found["narrowest_stroke_mm"] >= 0.5
    assert any("7.5 mm are needed" in warning for warning in receipt.warnings)
    with pytest.raises(InputError, match=r"strokes thinner than 0\.8 mm"):
        label(plate, text=TEXT, height_mm=3.0, process="sls")
    with pytest.raises(GeometryError, match="no room"):
        label(plate, text=TEXT, height_mm=7.5, at_mm=(0.0, 0.0, 2.0))


def test_a_found_place_is_calm_and_away_from_what_is_protected() -> None:
    body = shapes.box((50.0, 40.0, 30.0), subdivisions=3)
    _, first = label(body, text=TEXT)
    at = np.array(first.details["labels"][0]["at_mm"])
    _, second = label(body, text=TEXT, protect_at=(*at, 25.0))
    assert np.linalg.norm(np.array(second.details["labels"][0]["at_mm"]) - at) > 25.0
    with pytest.raises(GeometryError, match="no room"):
        label(body, text=TEXT, height_mm=7.5, protect_at=(0.0, 0.0, 0.0, 100.0))


def test_holes_edges_and_overhangs_are_refused_at_a_given_place() -> None:
    tube = shapes.tube(4.0, 12.0, 20.0)
    with pytest.raises(GeometryError, match="no room"):
        label(tube, text=TEXT, at_mm=(4.5, 0.0, 10.0), height_mm=7.5)
    with pytest.raises(GeometryError, match="from the surface"):
        label(tube, text=TEXT, at_mm=(0.0, 0.0, 40.0))
    with pytest.raises(GeometryError, match="closed surface"):
        label(shapes.open_box(), text="R")
    with pytest.raises(InputError, match="empty"):
        label(tube)
    with pytest.raises(InputError, match="no side"):
        label(tube, marks="RX")


def _drawn(text: str, shape: tuple[int, int]) -> np.ndarray:
    """Freetype's own picture of a text, its ink stretched to a box."""
    from importlib.resources import files

    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(files("PrintPrepLib.shape.label") / "fonts" / "DejaVuSans-Bold-subset.ttf"), 300)
    picture = Image.new("L", (1500, 600), 0)
    ImageDraw.Draw(picture).text((100, 400), text, font=font, fill=255, anchor="ls")
    ink = picture.crop(picture.getbbox()).resize((shape[1], shape[0]))
    return np.asarray(ink) > 127


def _alike(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / (first | second).sum())
