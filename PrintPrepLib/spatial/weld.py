"""Vertices at exactly the same place made one, so that sharing can be told by index."""

from __future__ import annotations

import numpy as np

from ..mesh import Mesh


def exact_weld(mesh: Mesh) -> Mesh:
    """Merge vertices whose coordinates are exactly equal (0.0 and -0.0 are); every triangle stays, in its place."""
    points = mesh.vertices + 0.0
    # A scattered 64-bit key first, since sorting one number is much faster than sorting three.
    bits = points.view(np.uint64)
    key = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    key = (key ^ (key >> np.uint64(29))) + bits[:, 1]
    key = (key ^ (key >> np.uint64(32))) * np.uint64(0xBF58476D1CE4E5B9) + bits[:, 2]
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0x94D049BB133111EB)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    same_key = ordered[1:] == ordered[:-1]
    if not same_key.any():
        return mesh
    same_place = (points[order[1:]] == points[order[:-1]]).all(axis=1)
    if (same_key & ~same_place).any():  # two places with one key: take the slow and certain way
        unique, inverse = np.unique(points, axis=0, return_inverse=True)
        return Mesh(unique, inverse.reshape(-1).astype(np.int32)[mesh.faces], mesh.name)
    first = np.concatenate([[True], ~same_key])
    number = np.empty(len(points), np.int32)
    number[order] = np.cumsum(first) - 1
    return Mesh(points[order[first]], number[mesh.faces], mesh.name)
