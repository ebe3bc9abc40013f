"""One landing block: where its face lies, how deep it stands in the anatomy, and why there can be none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...analysis.jaws import REACH_MM
from ...mesh import FloatArray, Mesh
from ...spatial import index_of
from ..split.protect import Protect
from .sizes import BlockSize

if TYPE_CHECKING:
    import manifold3d

JAW_ROOM_MM = 15.0
"""Anatomy up to so far above the place, within the jaw's reach, is in its way. Ours: with more a caliper does not come
in at all."""
HIGHEST_MM = 8.0
"""No block is higher than this above its place: a post breaks off, and its face leans. Ours."""
FIRST_BITE_MM = 0.3
"""A block stands at least so deep in the anatomy: faces that only touch are not fused."""
STEP_MM = 0.3
"""Depths are tried in steps of this: about a layer."""
GROOVE_MM = 1.0
"""A block may fill a groove between two hills of the anatomy that is no deeper: that is roughness. Ours."""
LEVELS = 10
"""Levels of a block at which hills are looked for."""
ON_PLANE_MM = 1e-6
"""A boolean in double precision keeps the planes of a block to far less than this."""
PROTECTED_STEP_MM = 0.25
"""Distance between the places of a block from which a protected mesh is looked for."""


@dataclass(frozen=True, eq=False)
class Block:
    """A block as it will be fused.

    Attributes
    ----------
    at_mm : (3,) float64
        Place on the anatomy, LPS mm.
    outward : (3,) float64
        Unit vector from the anatomy to the jaw: the face is square to it.
    side_mm : float
        Of the square face.
    face_mm, sunk_mm : float
        How far the face lies above the place, and the foot below it.
    added_mm3, covered_mm2, joint_mm2 : float
        Material that is no anatomy; surface of the anatomy that it hides; largest section by which both hold together.
    """

    at_mm: FloatArray
    outward: FloatArray
    side_mm: float
    face_mm: float
    sunk_mm: float
    added_mm3: float = 0.0
    covered_mm2: float = 0.0
    joint_mm2: float = 0.0

    @property
    def middle_mm(self) -> FloatArray:
        """Middle of the face, LPS mm."""
        return np.asarray(self.at_mm + self.face_mm * self.outward)

    @cached_property
    def axes(self) -> FloatArray:
        """Rows: the two directions of the face's sides, and outward, (3, 3)."""
        return axes_of(self.outward)

    def raised(self, by_mm: float) -> Block:
        """The same with a higher face."""
        more = by_mm * self.side_mm**2
        return replace(self, face_mm=self.face_mm + by_mm, added_mm3=self.added_mm3 + more)

    def solid(self, grown_mm: float = 0.0) -> manifold3d.Manifold:
        """The block in the patient's coordinates, or grown on all sides but the face."""
        return _column(self.side_mm + 2.0 * grown_mm, -self.sunk_mm - grown_mm, self.face_mm).transform(
            np.column_stack([self.axes.T, self.at_mm])
        )


def axes_of(outward: FloatArray) -> FloatArray:
    """Rows of a right-handed frame whose third is ``outward``; the first leans least from a patient's axis."""
    first = np.eye(3)[int(np.abs(outward).argmin())]
    first = first - (first @ outward) * outward
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(outward, first), outward])


def plan_block(
    model: manifold3d.Manifold, at_mm: FloatArray, outward: FloatArray, size: BlockSize,
    others: Sequence[Block] = (), protect: Protect | None = None,
) -> Block | str:  # fmt: skip
    """Find a block for a place, or say why there can be none.

    The face lies above everything within a jaw's reach. The block goes down until enough anatomy is in it. What of the
    anatomy is in the block must be one piece without a tunnel: then, by inclusion and exclusion of Euler
    characteristics, the union has the parts, tunnels and cavities that the model had, so nothing is bridged and no hole
    is closed; nor may it fill a groove between two hills. The same holds for the block grown by the narrowest gap that
    the process keeps open, so that nothing beside it fuses either.

    Parameters
    ----------
    model : Manifold
        With the blocks that stand already.
    at_mm, outward : (3,)
        The place and the direction to the jaw.
    size : BlockSize
    others : sequence of Block
        Blocks that stand already.
    protect : Protect, optional
        What no block may touch.
    """
    near = _near(model, at_mm, outward, max(size.sides_mm), size.gap_mm)
    why = "there is no anatomy."
    for side in size.sides_mm:
        top = _top(near, max(REACH_MM, side * np.sqrt(0.5)))
        face = top + size.rise_mm
        if face > HIGHEST_MM:
            why = (
                f"anatomy stands {top:.1f} mm higher within {REACH_MM:g} mm: a block above it would be {face:.1f} mm "
                f"high, and {HIGHEST_MM:g} mm is the most."
            )
            continue
        found = _deep_enough(near, Block(at_mm, outward, side, face, 0.0), size)
        if isinstance(found, str):
            why = found
            continue
        crowd = _crowd(found, size, others, protect)
        if crowd:
            why = crowd
            continue
        return found
    return why


def _near(
    model: manifold3d.Manifold, at_mm: FloatArray, outward: FloatArray, side: float, gap: float
) -> manifold3d.Manifold:
    """What of the model lies about a place, in the frame of the block."""
    half = max(REACH_MM, side * np.sqrt(0.5)) + gap + 0.5
    axes = axes_of(outward)
    column = _column(2.0 * half, -side - gap - 1.0, JAW_ROOM_MM)
    here = model ^ column.transform(np.column_stack([axes.T, at_mm]))
    return here.transform(np.column_stack([axes, -axes @ at_mm]))


def _top(near: manifold3d.Manifold, radius: float) -> float:
    """Highest of what a jaw could meet, above the place."""
    import manifold3d

    height = JAW_ROOM_MM + 1.0
    reach = near ^ manifold3d.Manifold.cylinder(height, radius, radius, 64).translate((0.0, 0.0, -1.0))
    return 0.0 if reach.is_empty() else max(0.0, float(reach.bounding_box()[5]))


def _deep_enough(near: manifold3d.Manifold, block: Block, size: BlockSize) -> Block | str:
    """The block with the least depth at which it holds, stands in one piece of anatomy, and touches nothing else."""
    why, most = "", 0.0
    deepest = block.side_mm
    for depth in np.arange(FIRST_BITE_MM, deepest + STEP_MM, STEP_MM):
        inside = near ^ _column(block.side_mm, -depth, block.face_mm)
        joint = _widest(inside, -float(depth), block.face_mm)
        if joint < size.joint_of(block.side_mm):
            most = max(most, joint)
            why = (
                f"the anatomy is too thin to hold a block: {most:.2f} mm2 within {deepest:g} mm, and "
                f"{size.joint_of(block.side_mm):.1f} mm2 are needed."
            )
            continue
        pieces = len(inside.decompose())
        if pieces != 1:
            why = f"a block of {block.side_mm:g} mm would bridge a gap between {pieces} pieces of anatomy."
            continue
        if inside.genus() != 0:
            why = f"a block of {block.side_mm:g} mm would close a hole or lie across a tunnel."
            continue
        if _grooves(inside, -float(depth)):
            why = f"a block of {block.side_mm:g} mm would fill a groove deeper than {GROOVE_MM:g} mm between two hills."
            continue
        wide = near ^ _column(block.side_mm + 2.0 * size.gap_mm, -depth - size.gap_mm, block.face_mm)
        if len(wide.decompose()) != 1 or wide.genus() != 0:
            why = (
                f"other anatomy lies nearer than {size.gap_mm:g} mm to a block of {block.side_mm:g} mm and would fuse "
                "with it in the print."
            )
            continue
        whole = block.side_mm**2 * (float(depth) + block.face_mm)
        added = whole - float(inside.volume())
        return replace(
            block, sunk_mm=float(depth), added_mm3=added, covered_mm2=_covered(inside, block, -float(depth)),
            joint_mm2=joint,
        )  # fmt: skip
    return why


def _widest(inside: manifold3d.Manifold, low: float, high: float) -> float:
    """Largest section of what is in the block, square to its axis."""
    if inside.is_empty():
        return 0.0
    levels = np.linspace(low, min(high, float(inside.bounding_box()[5])), 8)[:-1] + 1e-3
    return max(float(inside.slice(float(level)).area()) for level in levels)


def _grooves(inside: manifold3d.Manifold, low: float) -> bool:
    """Whether above some level two separate hills of more than a groove's depth stand in the block."""
    top = float(inside.bounding_box()[5])
    for level in np.linspace(low, top, LEVELS, endpoint=False)[1:]:
        above = inside.trim_by_plane((0.0, 0.0, 1.0), float(level)).decompose()
        if sum(float(hill.bounding_box()[5]) - level > GROOVE_MM for hill in above) > 1:
            return True
    return False


def _covered(inside: manifold3d.Manifold, block: Block, low: float) -> float:
    """Surface of the anatomy that the block hides."""
    mesh = Mesh.from_manifold(inside)
    corner = mesh.triangles
    half = 0.5 * block.side_mm
    own = np.zeros(len(corner), bool)
    for axis, level in ((0, half), (0, -half), (1, half), (1, -half), (2, low)):
        own |= (np.abs(corner[:, :, axis] - level) < ON_PLANE_MM).all(axis=1)
    return float(mesh.face_areas_mm2()[~own].sum())


def _crowd(block: Block, size: BlockSize, others: Sequence[Block], protect: Protect | None) -> str:
    """What a block would come too near to; empty where nothing is."""
    grown = block.solid(size.gap_mm)
    for number, other in enumerate(others, 1):
        if not (grown ^ other.solid()).is_empty():
            return f"block {number} stands there already."
    if protect is None:
        return ""
    for name, distance, least in _protected(block, protect):
        if distance < least:
            return f"{name} is {max(distance, 0.0):.1f} mm away, and nothing may be added within {least:g} mm."
    return ""


def _protected(block: Block, protect: Protect) -> list[tuple[str, float, float]]:
    """Name of each protected thing, its distance from the block, and the one to keep."""
    out = []
    half = np.array([0.5 * block.side_mm, 0.5 * block.side_mm])
    for name, (point, radius) in zip(protect.names, protect.points, strict=False):
        local = block.axes @ (np.array(point) - block.at_mm)
        low, high = np.append(-half, -block.sunk_mm), np.append(half, block.face_mm)
        out.append((name, float(np.linalg.norm(local - np.clip(local, low, high))), radius))
    if protect.mesh is not None:
        lines = [
            np.linspace(low, high, max(2, int(np.ceil((high - low) / PROTECTED_STEP_MM)) + 1))
            for low, high in ((-half[0], half[0]), (-half[1], half[1]), (-block.sunk_mm, block.face_mm))
        ]
        points = np.stack(np.meshgrid(*lines), axis=-1).reshape(-1, 3) @ block.axes + block.at_mm
        index = index_of(protect.mesh)
        distance = float(index.closest(points).distance_mm.min())
        inside = np.count_nonzero(index.contains(points)) > 0
        out.append((protect.names[-1], 0.0 if inside else distance, max(protect.distance_mm, ON_PLANE_MM)))
    return out


def _column(side: float, low: float, high: float) -> manifold3d.Manifold:
    import manifold3d

    return manifold3d.Manifold.cube((side, side, high - low)).translate((-0.5 * side, -0.5 * side, low))
