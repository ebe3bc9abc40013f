"""What single precision does to a mesh: STL knows nothing finer."""

from __future__ import annotations

import numpy as np

from ..errors import ExportError
from ..mesh import Mesh
from ..spatial.weld import places


def rounded_to_single(mesh: Mesh) -> tuple[Mesh, list[str]]:
    """Round coordinates to single precision and drop triangles of which two corners fell together.

    A collapsed triangle has no area and two of its sides are one: the neighbors on both sides meet there, so that a
    closed surface stays closed without it, while programs that meet it in a file report a defect.

    Parameters
    ----------
    mesh : Mesh
        Any mesh.

    Returns
    -------
    mesh : Mesh
        The same vertices rounded, without collapsed triangles; the input itself if nothing changes.
    notes : list of str
        Sentences for the user, empty when no triangle was lost.

    Raises
    ------
    ExportError
        Coordinates too large for single precision, or no triangle left.
    """
    with np.errstate(over="ignore"):
        rounded = mesh.vertices.astype(np.float32).astype(np.float64)
    if not np.isfinite(rounded).all():
        raise ExportError(f"The model '{mesh.name}' has coordinates that STL cannot hold. Check its units.")
    _, place = places(rounded)
    a, b, c = (place[mesh.faces[:, corner]] for corner in range(3))
    same = (a == b) | (b == c) | (c == a)
    lost = int(np.count_nonzero(same))
    if lost == len(mesh.faces):
        raise ExportError(f"The model '{mesh.name}' has only triangles smaller than STL can hold. Check its units.")
    if lost == 0:
        return mesh.with_vertices(rounded), []
    note = (
        f"{lost} triangles were smaller than single precision at this distance from the origin and are not in the "
        "STL; 3MF keeps them."
    )
    return Mesh(rounded, mesh.faces[~same], mesh.name), [note]
