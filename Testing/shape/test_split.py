"""The step ``split`` as a user has it: few parts that fit with all that is on them, go together, and are told truly."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import manifold3d
import numpy as np
import pytest
import trimesh

from PrintPrepLib.cli import main
from PrintPrepLib.errors import GeometryError, InputError
from PrintPrepLib.export import read_mesh, write_mesh
from PrintPrepLib.mesh import FloatArray, Mesh
from PrintPrepLib.receipt import Receipt
from PrintPrepLib.shape.cut.assembly import Assembly
from PrintPrepLib.shape.pins.kinds import PinType
from PrintPrepLib.shape.split.step import split
from Testing.support.shapes import box, moved, sphere

Answer = Callable[..., tuple[int, dict[str, Any]]]

CUBE = (180.0, 180.0, 180.0)
MARGIN = 2.0
Result = tuple[Mesh, Assembly, Receipt]


def united(*meshes: Mesh) -> Mesh:
    solids = [mesh.to_manifold() for mesh in meshes]
    return Mesh.from_manifold(manifold3d.Manifold.batch_boolean(solids, manifold3d.OpType.Add), "model")


def bar(length: float) -> Mesh:
    return box((length, 100.0, 100.0)).with_name("model")


def angle() -> Mesh:
    return united(box((300.0, 60.0, 60.0)), box((60.0, 200.0, 60.0), (-120.0, 70.0, 0.0)))


def dumbbell() -> Mesh:
    """Two balls of 60 mm radius at x = -90 and 70, and a neck of 12 mm radius between them."""
    neck = trimesh.creation.cylinder(12.0, 120.0, sections=48)
    along = Mesh(neck.vertices[:, (2, 0, 1)], np.asarray(neck.faces))
    return united(
        sphere(60.0, (-90.0, 0.0, 0.0), 3), sphere(60.0, (70.0, 0.0, 0.0), 3), moved(along, (-10.0, 0.0, 0.0))
    )


@cache
def done(shape: str) -> Result:
    mesh, volume = {
        "bar": (bar(300.0), CUBE),
        "angle": (angle(), (210.0, 210.0, 210.0)),
        "dumbbell": (dumbbell(), CUBE),
        "tight bar": (bar(340.0), CUBE),
    }[shape]
    return mesh, *split(mesh, volume_mm=volume)


SHAPES = ("bar", "angle", "dumbbell", "tight bar")
shapes = pytest.mark.parametrize("shape", SHAPES)


def volume_of(shape: str) -> FloatArray:
    return np.array((210.0, 210.0, 210.0) if shape == "angle" else CUBE)


def solids_of(assembly: Assembly) -> list[manifold3d.Manifold]:
    return [part.mesh.to_manifold() for part in assembly.parts]


@shapes
def test_the_fewest_parts_each_fitting_with_its_pins_and_marks_in_the_pose_that_is_told(shape: str) -> None:
    _, assembly, receipt = done(shape)
    assert len(assembly.bodies) == 2  # none of the shapes fits whole, and each may be halved
    assert assembly.pins
    for part, told in zip(assembly.parts, receipt.details["fits"], strict=True):
        turn = np.array(told["rotation"])
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(turn) == pytest.approx(1.0)
        size = np.ptp(part.mesh.vertices @ turn.T, axis=0)
        assert told["fits"]
        assert (size <= volume_of(shape) - 2.0 * MARGIN + 1e-5).all()
        np.testing.assert_allclose(size, told["size_mm"], atol=1e-6)
        np.testing.assert_allclose(volume_of(shape) - 2.0 * MARGIN - size, told["slack_mm"], atol=1e-6)


@shapes
def test_parts_are_closed_share_no_volume_and_lose_none(shape: str) -> None:
    mesh, assembly, receipt = done(shape)
    for part in assembly.parts:
        judge = trimesh.Trimesh(part.mesh.vertices, part.mesh.faces, process=False)
        assert judge.is_watertight
        assert judge.is_winding_consistent
        assert judge.volume > 0.0
        assert part.bodies == 1
    solids = solids_of(assembly)
    for one, other in combinations(solids, 2):
        assert (one ^ other).volume() < 1e-6
    told = assembly.proof["balance"]
    held = sum(solid.volume() for solid in solids)
    expected = mesh.volume_mm3 + told["pins_mm3"] - told["holes_mm3"] - told["marks_mm3"]
    assert held == pytest.approx(expected, rel=1e-4)
    assert told["marks_mm3"] > 0.0
    assert not [text for text in receipt.warnings if "volumes" in text]


def test_pins_stick_out_and_marks_are_cut_in_as_told() -> None:
    mesh, assembly, _ = done("bar")
    plain, _ = split(mesh, volume_mm=CUBE, pins="0", marks=False)
    assert sum(part.mesh.volume_mm3 for part in plain.parts) == pytest.approx(mesh.volume_mm3, rel=1e-9)
    assert not plain.pins
    # By hand: what a part reaches beyond the seam's plane is the pin's length, and what it lacks are holes and marks.
    seam = assembly.seams[0]
    below, above = (assembly.parts[number].mesh for number in (seam.below, seam.above))
    length = max(pin["length_mm"] for pin in assembly.pins)
    assert max(seam.plane.distance(below.vertices).max(), -seam.plane.distance(above.vertices).min()) == pytest.approx(
        length, abs=1e-6
    )


@shapes
def test_letters_of_a_seam_stand_on_both_sides_and_every_part_has_its_number(shape: str) -> None:
    _, assembly, receipt = done(shape)
    marks = receipt.details["marks"]
    assert all("reason" not in mark for mark in marks)  # all of these shapes have room
    for number, seam in enumerate(assembly.seams):
        letters = [mark for mark in marks if mark["meaning"] == "seam" and mark["seam"] == number]
        assert {mark["part"] for mark in letters} == {seam.below, seam.above}
        assert len({mark["text"] for mark in letters}) == 1
    numbers = {mark["part"]: mark["text"] for mark in marks if mark["meaning"] == "part"}
    assert numbers == {k: str(k + 1) for k in range(len(assembly.bodies))}
    for mark in marks:  # the floor of the letter is a face of the part, so deep below its cut face
        mesh = assembly.parts[mark["part"]].mesh
        outward, at = np.array(mark["outward"]), np.array(mark["at_mm"])
        deep = (mesh.vertices - at) @ outward
        near = np.linalg.norm(np.cross(mesh.vertices - at, outward), axis=1) < 2.0 * mark["height_mm"]
        assert np.isclose(deep[near], -mark["depth_mm"], atol=1e-6).any()


@shapes
def test_the_order_names_every_part_and_where_it_comes_from(shape: str) -> None:
    _, assembly, receipt = done(shape)
    assert len(assembly.order) == len(assembly.bodies) - 1
    named = {int(number) for words in assembly.order for number in re.findall(r"\d+", words)}
    assert named == set(range(1, len(assembly.bodies) + 1))
    assert all(re.search(r" from (the left|the right|behind|the front|above|below)", words) for words in assembly.order)
    # Drawn back along the told way, whole against whole, the moving part meets nothing.
    solids = solids_of(assembly)
    for step in receipt.details["order"]:
        assert step["clear"]
        for away in (0.3, 5.0, 100.0):
            for one in step["moving"]:
                back = solids[one - 1].translate(tuple((-away * np.array(step["motion"])).tolist()))
                assert all((back ^ solids[other - 1]).volume() < 1e-6 for other in step["onto"])


def test_plugs_stand_on_the_part_that_has_room_for_them() -> None:
    # Two boxes and a neck: one part fills the usable cube to 1 mm along the way of the pins, the other has much room.
    large, small = box((175.0, 170.0, 170.0)), box((60.0, 60.0, 60.0), (140.0, 0.0, 0.0))
    model = united(large, small, box((60.0, 30.0, 30.0), (100.0, 0.0, 0.0)))
    for turn in (1.0, -1.0):
        turned = Mesh(model.vertices * (turn, turn, 1.0), model.faces, "model")
        assembly, receipt = split(turned, volume_mm=CUBE, marks=False)
        assert len(assembly.bodies) == 2
        assert all(told["fits"] for told in receipt.details["fits"])
        assert {pin["foot_in"] for pin in assembly.pins} == {"model part 2"}
        assert len(receipt.details["plan"]["cuts"]) == 1


def test_plugs_become_shorter_rather_than_a_third_part() -> None:
    # 340 mm in twice 176: 12 mm are left for both parts together, and pins of 15 mm would be usual here.
    _, assembly, receipt = done("tight bar")
    longest = max(pin["length_mm"] for pin in assembly.pins)
    assert longest < 12.0
    assert any(note.startswith("Plugs are ") and f"{longest:.1f} mm long" in note for note in receipt.notes)


def test_where_no_plug_has_room_dowels_are_named_as_the_way_to_fewer_cuts() -> None:
    model = bar(351.5)  # 0.5 mm are left for both
    assembly, receipt = split(model, volume_mm=CUBE, marks=False, pins="1")
    assert len(assembly.bodies) == 3
    assert all(told["fits"] and told["volume_mm"] == list(CUBE) for told in receipt.details["fits"])
    assert "180 x 180 x 180 mm" in receipt.notes[0]
    assert any("with dowels, which do not, 1 would do" in note for note in receipt.notes)
    assembly, receipt = split(model, volume_mm=CUBE, pin_type=PinType.DOWEL, marks=False, pins="1")
    assert len(assembly.bodies) == 2
    assert all(told["fits"] for told in receipt.details["fits"])


def test_a_protected_place_is_kept_free_on_the_finished_faces() -> None:
    center, radius = (-10.0, 0.0, 0.0), 18.0
    assembly, receipt = split(dumbbell(), volume_mm=CUBE, protect_at=(*center, radius))
    cuts = receipt.details["plan"]["cuts"]
    assert receipt.details["protected"] == ["the protected place 1 at (-10.0, 0.0, 0.0) mm, radius 18 mm"]
    nearest = np.inf
    for cut in cuts:
        at, normal = np.array(cut["point_mm"]), np.array(cut["normal"])
        for part in assembly.bodies:
            flat = np.abs((part.mesh.vertices - at) @ normal) < 1e-6
            faces = part.mesh.faces[flat[part.mesh.faces].all(axis=1)]
            if len(faces):
                judge = trimesh.Trimesh(part.mesh.vertices, faces, process=False)
                found = trimesh.proximity.closest_point_naive(judge, np.array([center]))
                nearest = min(nearest, float(found[1][0]))
    assert nearest >= radius
    assert nearest < 80.0  # the cut is told of the same model


def test_bodies_of_the_model_are_told_once_and_those_that_a_cut_makes_with_their_place() -> None:
    # A speck beside the bar is the model's own. Two horns of a fork end in the same part once the fork is cut across.
    speck = box((4.0, 4.0, 4.0), (-100.0, 0.0, 80.0))
    _, receipt = split(united(bar(300.0), speck), volume_mm=CUBE)
    told = [text for text in receipt.warnings if "bodies apart" in text]
    assert len(told) == 1
    assert "consists of 2 bodies apart" in told[0]
    assert "fragments" in told[0]
    assert receipt.details["loose"] == []
    assert not any("separate bodies" in text or "loose bodies" in text for text in (*receipt.notes, *receipt.warnings))
    # The second horn is too thin for any pin: 2 mm, and it is parted from all else wherever the bar is cut.
    horn = united(bar(300.0), box((298.0, 2.0, 2.0), (0.0, 0.0, 60.0)), box((2.0, 2.0, 12.0), (-148.0, 0.0, 55.0)))
    assembly, receipt = split(horn, volume_mm=CUBE)
    loose = receipt.details["loose"]
    assert len(loose) == 1
    seam = assembly.seams[0].plane
    cut_at = float(np.dot(seam.point_mm, seam.normal)) / seam.normal[0]
    assert loose[0]["volume_mm3"] == pytest.approx(4.0 * (149.0 - cut_at), rel=1e-6)
    assert loose[0]["center_mm"] == pytest.approx([0.5 * (149.0 + cut_at), 0.0, 60.0], abs=1e-6)
    assert any("no pin holds it" in text and loose[0]["part"] in text for text in receipt.warnings)


def test_a_model_that_fits_stays_whole() -> None:
    assembly, receipt = split(bar(150.0), volume_mm=CUBE)
    assert len(assembly.parts) == 1
    assert receipt.notes[0].startswith("0 cuts, 1 part for 180 x 180 x 180 mm")
    assert assembly.order == ()


def test_progress_rises_and_moves() -> None:
    seen: list[float] = []
    split(bar(300.0), volume_mm=CUBE, progress=lambda fraction, _: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(np.unique(np.floor(np.array(seen) * 20.0))) >= 10


def test_refusals_say_what_to_do() -> None:
    model = box((200.0, 60.0, 60.0))
    with pytest.raises(InputError, match="either a printer or a build volume"):
        split(model)
    with pytest.raises(InputError, match="either a printer or a build volume"):
        split(model, printer="prusa-mini", volume_mm=CUBE)
    with pytest.raises(InputError, match="prusa-mini"):
        split(model, printer="prusa-mimi")
    with pytest.raises(InputError, match="four numbers"):
        split(model, volume_mm=CUBE, protect_at=(0.0, 0.0, 0.0))
    with pytest.raises(
        GeometryError, match=r"protected place 1 .* must stay whole.*(larger printer|Protect a smaller)"
    ):
        split(model, volume_mm=(120.0, 120.0, 120.0), protect_at=(0.0, 0.0, 0.0, 150.0))
    with pytest.raises(GeometryError, match="whole"):
        split(model, volume_mm=(120.0, 120.0, 120.0), protect=box((190.0, 70.0, 70.0)).with_name("orbit"))


def test_the_command_splits_to_a_printer_by_name(answer: Answer, tmp_path: Path) -> None:
    write_mesh(bar(300.0), tmp_path / "long.stl")
    folder = tmp_path / "parts"
    code, told = answer("split", tmp_path / "long.stl", "--printer", "prusa-mini", "-o", folder, "--no-pictures")
    assert code == 0
    assert len(told["parts"]) == 2
    assert told["pins"]
    assert len(told["order"]) == 1
    assert told["receipt"]["details"]["plan"]["volume_mm"] == list(CUBE)
    for part in told["parts"]:
        assert read_mesh(folder / part["file"]).volume_mm3 / 1000.0 == pytest.approx(part["volume_ml"], rel=1e-5)
    written = {path.name for path in folder.iterdir()}
    assert {"part_01.stl", "part_02.stl", "assembly.3mf"} == written


def test_the_command_refuses_in_one_line_and_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_mesh(box((200.0, 60.0, 60.0)), tmp_path / "long.stl")
    folder = tmp_path / "parts"
    words = ["split", str(tmp_path / "long.stl"), "--volume", "120,120,120", "--protect-at", "0,0,0,150"]
    assert main([*words, "-o", str(folder)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not folder.exists()


LAYER = 0.6
"""Layer height for the slicer, mm: coarse, since only extents are asked for."""


@pytest.mark.parametrize("shape", ["bar", "tight bar"])
def test_a_print_slicer_takes_each_part_on_a_bed_of_that_size(shape: str, tmp_path: Path) -> None:
    _, assembly, receipt = done(shape)
    for number, (part, told) in enumerate(zip(assembly.parts, receipt.details["fits"], strict=True)):
        posed = part.mesh.vertices @ np.array(told["rotation"]).T
        path = tmp_path / f"part_{number}.stl"
        write_mesh(Mesh(posed, part.mesh.faces, "part"), path)
        low, high = sliced(path, told["volume_mm"])
        assert high[2] == pytest.approx(told["size_mm"][2], abs=LAYER + 1e-3)
        assert (low[:2] >= MARGIN).all()  # the middle of the outermost line, half a line within the part
        assert (high[:2] <= np.array(told["volume_mm"])[:2] - MARGIN).all()
        assert (high - low)[:2] == pytest.approx(told["size_mm"][:2], abs=2.0 * NOZZLE)


def test_the_print_slicer_shows_a_bed_that_is_too_small(tmp_path: Path) -> None:
    write_mesh(box((30.0, 30.0, 30.0)), tmp_path / "part.stl")
    low, high = sliced(tmp_path / "part.stl", (20.0, 40.0, 40.0))  # the command line of 2.5 slices it all the same
    assert low[0] < 0.0
    assert high[0] > 20.0
    assert 0.0 < low[1] < high[1] < 40.0
    assert high[2] == pytest.approx(30.0, abs=LAYER + 1e-3)


NOZZLE = 0.8


def sliced(path: Path, volume_mm: tuple[float, float, float]) -> tuple[FloatArray, FloatArray]:
    """Where PrusaSlicer lays lines on a bed of a size: lowest and highest x, y and height, each (3,)."""
    program = shutil.which("prusa-slicer")
    if program is None:
        pytest.skip("prusa-slicer is not installed")
    width, depth, height = volume_mm
    out = path.with_suffix(".gcode")
    options = {
        "layer-height": LAYER, "first-layer-height": LAYER, "nozzle-diameter": NOZZLE, "perimeters": 1, "skirts": 0,
        "fill-density": 0, "top-solid-layers": 0, "bottom-solid-layers": 0, "max-print-height": height,
        "bed-shape": f"0x0,{width}x0,{width}x{depth},0x{depth}", "center": f"{width / 2},{depth / 2}",
        "gcode-comments": 1,
    }  # fmt: skip
    words = [f"--{name}" if name == "gcode-comments" else f"--{name}={value}" for name, value in options.items()]
    subprocess.run(
        [program, *words, f"--output={out}", "--export-gcode", str(path)],
        capture_output=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert out.exists(), f"prusa-slicer made nothing of {path.name}"
    text = out.read_text(errors="replace")
    lines = np.array(re.findall(r"^G1 X(-?[\d.]+) Y(-?[\d.]+) E[\d.]+", text, re.MULTILINE), np.float64)
    heights = np.array(re.findall(r"^;Z:([\d.]+)", text, re.MULTILINE), np.float64)
    return np.append(lines.min(axis=0), heights.min()), np.append(lines.max(axis=0), heights.max())
