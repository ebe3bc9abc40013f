"""What a volume or a mesh holds, as one number that anyone can compute again: no name, no identifier goes into it."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from ..mesh import Mesh
from ..receipt import plain
from ..volume import Volume


def voxels_sha256(volume: Volume) -> str:
    """Return the SHA-256 of a volume's grid (size, spacing, origin, direction in mm, kind of number) and voxels.

    It is the same whichever files the volume came from, so that a replay can tell whether it has the same scan.
    """
    array = volume.array
    kind = array.dtype.newbyteorder("<")
    grid = {
        "size": list(volume.shape_ijk),
        "kind": kind.str,
        "matrix": plain(volume.index_to_lps),
    }
    digest = hashlib.sha256(json.dumps(grid, sort_keys=True).encode())
    for layer in array:  # slice by slice: no second copy of the whole scan
        digest.update(np.ascontiguousarray(layer, dtype=kind).data)
    return digest.hexdigest()


def geometry_sha256(mesh: Mesh) -> str:
    """Return the SHA-256 of a mesh's corners (single precision, as STL has them, mm) and triangles, in their order.

    It is the same in whichever format the mesh is written, so that two runs can be told to have made the same model.
    """
    digest = hashlib.sha256(np.ascontiguousarray(mesh.vertices, dtype="<f4").data)
    digest.update(np.ascontiguousarray(mesh.faces, dtype="<i8").data)
    return digest.hexdigest()
