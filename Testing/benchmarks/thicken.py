"""How well and how fast thin walls reach a limit of 1 mm: python Testing/benchmarks/thicken.py [model.stl ...]."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PrintPrepLib.export.read import read_mesh
from PrintPrepLib.export.single import rounded_to_single
from PrintPrepLib.mesh import Mesh, concatenate
from PrintPrepLib.shape.thicken import Direction, thicken
from PrintPrepLib.spatial import crossings_and_contacts
from Testing.support import shapes

LIMIT_MM = 1.0


def cases() -> Iterator[tuple[str, Mesh, Direction]]:
    """Shapes with a known truth: what is thin, and what it should become."""
    plate = shapes.plate((12.0, 9.0), 0.3, 0)
    yield "plate 0.3", plate, Direction.BOTH
    drill = shapes.cylinder(1.0, 4.0, sections=48)
    yield "plate 0.3 with a hole", Mesh.from_manifold(plate.to_manifold() - drill.to_manifold()), Direction.BOTH
    yield "shell 0.3, inner side true", shapes.shell(5.7, 6.0, 4), Direction.OUTWARD
    yield "shell 0.3, outer side true", shapes.shell(5.7, 6.0, 4), Direction.INWARD
    body = shapes.box((20.0, 12.0, 4.0), (0.0, 0.0, 2.0)).to_manifold()
    fin = shapes.box((12.0, 0.08, 8.0), (0.0, 0.0, 6.0)).to_manifold()
    yield "fin 0.08 on a body", Mesh.from_manifold(body + fin), Direction.BOTH
    lower = shapes.plate((8.0, 6.0), 0.5, 0)
    yield "plates 0.5, 0.6 apart", concatenate([lower, shapes.moved(lower, (0.0, 0.0, 1.1))]), Direction.BOTH
    bars = [
        shapes.box(size, place).to_manifold()
        for x in (0.0, 4.0, 8.0)
        for size, place in (((0.6, 10.0, 0.6), (x, 4.0, 0.0)), ((10.0, 0.6, 0.6), (4.0, x, 0.0)))
    ]
    yield "lattice of bars 0.6", Mesh.from_manifold(sum(bars[1:], bars[0])), Direction.BOTH
    yield "single bar 0.6, turned", shapes.rotated(shapes.box((10.0, 0.6, 0.6)), 37.0), Direction.BOTH
    yield "bar 0.8 x 0.5", shapes.box((10.0, 0.8, 0.5)), Direction.BOTH
    yield "lattice of bars 0.6 in space, turned", shapes.rotated(_in_space(), 37.0), Direction.BOTH
    for sections in (8, 12, 64):
        yield f"round bar 0.6, {sections} sides", shapes.cylinder(0.3, 10.0, sections=sections), Direction.BOTH
    for sections in (8, 24):
        yield f"joint of three round bars 0.6, {sections} sides", _joint(sections), Direction.BOTH
    for name in sys.argv[1:]:
        yield Path(name).name, read_mesh(Path(name)), Direction.BOTH


def _in_space() -> Mesh:
    """Cubic lattice of square bars, genus 5."""
    bars = []
    for axis in range(3):
        for first in (0.0, 4.0):
            for second in (0.0, 4.0):
                size, place = [0.6, 0.6, 0.6], [first, first, first]
                size[axis], place[axis], place[(axis + 1) % 3] = 6.0, 2.0, second
                bars.append(shapes.box((size[0], size[1], size[2]), (place[0], place[1], place[2])).to_manifold())
    return Mesh.from_manifold(sum(bars[1:], bars[0]))


def _joint(sections: int) -> Mesh:
    """Three round bars that cross at right angles, each turned about its axis."""
    upright = shapes.cylinder(0.3, 6.0, sections=sections)
    bars = [
        Mesh(np.roll(shapes.rotated(upright, 20.0 * turn, (0, 0, 1)).vertices, turn, axis=1), upright.faces, "bar")
        for turn in range(3)
    ]
    solids = [bar.to_manifold() for bar in bars]
    return Mesh.from_manifold(sum(solids[1:], solids[0]))


def main() -> None:
    """Print a row for each case."""
    print("| shape, limit 1 mm | triangles | below before, cm2 | after | thinnest, mm | left places | crossing | s |")
    print("|---|---|---|---|---|---|---|---|")
    for name, mesh, direction in cases():
        start = time.perf_counter()
        out, receipt = thicken(mesh, limit_mm=LIMIT_MM, direction=direction)
        seconds = time.perf_counter() - start
        exact, contacts = crossings_and_contacts(rounded_to_single(out)[0])
        found = receipt.details
        print(
            f"| {name} | {len(mesh.faces)} | {found['thin_area_before_cm2']:.3f} | {found['thin_area_after_cm2']:.3f} "
            f"| {found['thinnest_after_mm']:.3f} | {found['left_total']} | {len(exact.faces) + len(contacts.faces)} "
            f"| {seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
