"""Parts of a cut before judges that share no code with it: OpenSCAD, PrusaSlicer, admesh, MeshLab."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from PrintPrepLib.export import write_mesh
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.profiles.printers import printer
from PrintPrepLib.shape.cut.assembly import Assembly
from PrintPrepLib.shape.cut.step import cut
from PrintPrepLib.shape.pins.kinds import Clearance, Pin, PinShape, PinType
from PrintPrepLib.shape.pins.solids import pin_solids
from Testing.support import judges, shapes

APART_MM = 0.02
"""Kerf of the judged cuts: faces that touch count as a common volume in exact arithmetic."""


def written(assembly: Assembly, folder: Path, ending: str = ".off") -> list[Path]:
    paths = []
    for number, part in enumerate(assembly.parts):
        path = folder / f"part{number}{ending}"
        write_mesh(part.mesh, path)
        paths.append(path)
    return paths


def grown_pin(told: dict[str, object], by_mm: float) -> Mesh:
    """The pin of a cut once more, as wide as its hole and a little wider."""
    clearance = Clearance(0.0, 0.0, "judge")
    pin = Pin(
        kind=PinType.PLUG, shape=PinShape(told["shape"]), diameter_mm=float(told["diameter_mm"]) + 2.0 * by_mm,  # type: ignore[arg-type]
        length_mm=float(told["length_mm"]), at_mm=tuple(told["at_mm"]), axis=tuple(told["axis"]),  # type: ignore[arg-type]
        turn=tuple(told["turn"]), clearance=clearance, kerf_mm=float(told["kerf_mm"]),  # type: ignore[arg-type]
    )  # fmt: skip
    add = pin_solids(pin).add
    assert add is not None
    return Mesh.from_manifold(add)


@pytest.mark.parametrize("shape", [pytest.param(PinShape.ROUND, marks=pytest.mark.slow), PinShape.D])
def test_openscad_finds_no_interference_until_the_pin_outgrows_its_play(shape: PinShape, tmp_path: Path) -> None:
    assembly, _ = cut(shapes.box((16.0, 16.0, 16.0)), plane=(0, 0, 1, 0.1, 0.2, 1), pins="1", kerf_mm=APART_MM,
                      pin_shape=shape)  # fmt: skip
    below, above = written(assembly, tmp_path)
    assert not judges.openscad_meets(below, above)
    (told,) = assembly.pins
    for grown, meets in ((told["clearance"]["across_mm"] - 0.01, False), (told["clearance"]["across_mm"] + 0.01, True)):
        write_mesh(grown_pin(told, grown), tmp_path / "pin.off")
        assert judges.openscad_meets(tmp_path / "pin.off", above) is meets


def test_openscad_finds_dowels_loose_in_both_parts(tmp_path: Path) -> None:
    assembly, _ = cut(shapes.cylinder(6.0, 20.0, sections=48), plane=(0, 0, 1, 0, 0, 1), pins="1", kerf_mm=APART_MM,
                      pin_type=PinType.DOWEL, process="sla")  # fmt: skip
    below, above, dowel = written(assembly, tmp_path)
    for a, b in ((below, above), (dowel, below), (dowel, above)):
        assert not judges.openscad_meets(a, b)


@pytest.mark.parametrize("kind", [PinType.PLUG, PinType.MAGNET, PinType.TONGUE, PinType.DOVETAIL])
def test_printable_parts(kind: PinType, tmp_path: Path) -> None:
    """Each part slices to its full height on the bed that was named, and nothing is to be mended in its file."""
    model = shapes.rotated(shapes.box((50.0, 24.0, 30.0)), 20.0)
    assembly, _ = cut(model, plane=(0, 0, 0, 0, 0, 1), pin_type=kind, marks=True)
    assert assembly.pins
    bed = printer("prusa-mk4").build_volume_mm
    for part, path in zip(assembly.parts, written(assembly, tmp_path, ".stl"), strict=True):
        info = judges.prusa_info(path)
        assert (info.manifold, info.open_edges, info.facets_reversed) == (True, 0, 0)
        np.testing.assert_allclose(info.size_mm, part.mesh.size_mm, atol=1e-3)
        assert all(side <= room for side, room in zip(info.size_mm, bed, strict=True))
        facts = judges.admesh_facts(path)
        assert (facts.disconnected, facts.parts, facts.degenerate, facts.reversed_facets) == (0, 1, 0, 0)
        sliced = judges.prusa_slice(path, options=(f"--bed-shape=0x0,{bed[0]}x0,{bed[0]}x{bed[1]},0x{bed[1]}",
                                                   f"--max-print-height={bed[2]}", "--center=125,105"))  # fmt: skip
        assert sliced.returncode == 0
        assert sliced.top_z_mm == pytest.approx(info.size_mm[2], abs=0.25)


def test_meshlab_finds_no_crossing_in_cut_anatomy(tmp_path: Path) -> None:
    assembly, _ = cut(shapes.bumpy_sphere(5), plane=(0, 0, 3, 0.3, -0.2, 1))
    assert len(assembly.pins) == 3
    for path in written(assembly, tmp_path, ".stl"):
        facts = judges.meshlab_facts(path)
        assert (facts.self_intersecting_faces, facts.boundary_edges, facts.components) == (0, 0, 1)
        assert facts.two_manifold
