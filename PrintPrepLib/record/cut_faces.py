"""Cut faces of parts, kept apart from the rest so that pictures show them flat and with sharp edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..mesh import Mesh, concatenate
from ..shape.cut.plane import CutPlane

FACE_SHARE = 1e-6
"""A corner lies on a face up to this share of the part's size: what cuts promise of their faces."""


def lies_on(mesh: Mesh, face: CutPlane) -> npt.NDArray[np.bool_]:
    """Which triangles (m,) lie in a plane."""
    off = np.abs(face.distance(mesh.vertices)) <= FACE_SHARE * float(mesh.size_mm.max())
    return np.asarray(off[mesh.faces].all(axis=1))


def with_own_corners(mesh: Mesh, faces: Sequence[CutPlane]) -> Mesh:
    """Return the mesh with vertices of their own for the triangles in each of some planes; none is lost.

    Vertex normals are then those of the face at its edges, so that it is shaded flat.
    """
    left = np.ones(len(mesh.faces), bool)
    pieces = []
    for face in faces:
        chosen = lies_on(mesh, face) & left
        left &= ~chosen
        if chosen.any():
            pieces.append(mesh.submesh(chosen))
    if left.any():
        pieces.append(mesh.submesh(left))
    return concatenate(pieces, mesh.name)
