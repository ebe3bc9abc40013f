"""The connected surfaces of a mesh: solid pieces, cavities inside them, and what is neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray, Mesh
from ..spatial import SurfaceIndex
from ..topology import EdgeTable, face_parts

FLAT_SHARE = 1e-9
"""A shell that encloses less than this share of its box's diagonal cubed is flat: its sign is rounding."""


@dataclass(frozen=True, eq=False)
class Shells:
    """Every connected surface of a mesh, in the order of its triangles.

    Attributes
    ----------
    of_face : (m,) int64
        Shell of each triangle.
    volume_mm3 : (s,) float64
        Signed volume; meaningless where the shell is open.
    closed, cavity, lost : (s,) bool
        Without open edges; looking inward inside a solid piece; looking inward and in no solid piece.
    low, high : (s, 3) float64
        Boxes, LPS mm.
    """

    of_face: npt.NDArray[np.int64]
    volume_mm3: FloatArray
    closed: npt.NDArray[np.bool_]
    cavity: npt.NDArray[np.bool_]
    lost: npt.NDArray[np.bool_]
    low: FloatArray
    high: FloatArray

    @property
    def count(self) -> int:
        """Number of shells."""
        return len(self.volume_mm3)

    @property
    def pieces(self) -> npt.NDArray[np.int64]:
        """Shells that are not cavities, largest first."""
        number = np.flatnonzero(~self.cavity)
        return number[np.argsort(-np.abs(self.volume_mm3[number]), kind="stable")]

    def center(self, shell: int) -> FloatArray:
        """Middle of a shell's box."""
        return np.asarray((self.low[shell] + self.high[shell]) / 2.0)


def find_shells(mesh: Mesh, edges: EdgeTable) -> Shells:
    """Split a mesh into its shells and tell cavities from pieces that are inside out.

    A closed shell of negative volume is a cavity when a point of it lies in more closed shells of positive volume than
    of negative volume; otherwise it is a solid turned inside out.
    """
    count, of_face = face_parts(mesh)
    corners = mesh.triangles
    order = np.argsort(of_face, kind="stable") if count > 1 else np.arange(len(of_face))
    begin = np.searchsorted(of_face[order], np.arange(count))
    in_order = corners if count == 1 else corners[order]
    low = np.minimum.reduceat(in_order.min(axis=1), begin, axis=0)
    high = np.maximum.reduceat(in_order.max(axis=1), begin, axis=0)
    first = order[begin]
    # From a corner of its own shell, so that small shells far from the origin keep their digits.
    shift = corners[first, 0][of_face]
    six_fold = np.einsum("ij,ij->i", corners[:, 0] - shift, np.cross(corners[:, 1] - shift, corners[:, 2] - shift))
    volume = np.asarray(np.bincount(of_face, weights=six_fold, minlength=count) / 6.0, np.float64)
    open_side = (edges.face_count[edges.of_face] == 1).any(axis=1)
    closed = np.ones(count, bool)
    closed[of_face[open_side]] = False
    flat = np.abs(volume) <= FLAT_SHARE * np.linalg.norm(high - low, axis=1) ** 3
    inward = closed & (volume < 0) & ~flat
    probes = corners[first, 0]
    depth = np.zeros(count, np.int64)
    for container in np.flatnonzero(closed & ~flat) if inward.any() else ():
        held = inward & (np.abs(volume) < abs(volume[container]))
        held &= ((low >= low[container]) & (high <= high[container])).all(axis=1)
        chosen = np.flatnonzero(held)
        if len(chosen):
            solid = mesh.submesh(of_face == container)
            solid = solid if volume[container] > 0 else solid.flipped()
            inside = SurfaceIndex(solid).contains(probes[chosen])
            depth[chosen[inside]] += 1 if volume[container] > 0 else -1
    return Shells(of_face, volume, closed, inward & (depth > 0), inward & (depth <= 0), low, high)
