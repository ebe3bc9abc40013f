"""Which side of a thin wall is the outer one: the one from which more of the sky is seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..mesh import FloatArray, Mesh
from ..progress import Progress, silent
from ..spatial import index_of

RAYS = 32
"""Directions over the sphere; half of them look away from each side of a wall."""
MOST_PROBES = 6_000
"""Places that are asked; the others follow those next to them."""
NEIGHBORS = 10
"""Probes that decide together: a wall has one outer side, whatever single rays meet."""
EQUAL = 0.06
"""Two sides whose openness differs by less than this share of the sky are equally open: one ray in sixteen."""


def outer_directions(
    mesh: Mesh,
    vertices: npt.NDArray[np.int64],
    centers: FloatArray,
    clean: npt.NDArray[np.bool_],
    progress: Progress = silent,
    whole: Mesh | None = None,
) -> FloatArray:
    """Direction across the wall towards its outer side, (k, 3) unit vectors; zero where both sides are equally open.

    Parameters
    ----------
    mesh : Mesh
        Holds the vertices.
    vertices : (k,) int64
        Vertices on thin walls.
    centers : (k, 3) float64
        Middle of the wall at each.
    clean : (k,) bool
        Vertices from which the center lies straight across the wall; the others (at edges) follow them.
    whole : Mesh, optional
        What the sky is seen past: the whole model, where ``mesh`` is only a piece of it.
    """
    arm = mesh.vertices[vertices] - centers
    size = np.linalg.norm(arm, axis=1)
    across = arm / np.maximum(size, np.finfo(float).tiny)[:, None]
    usable = np.flatnonzero(clean & (size > 0.0))
    if not len(usable):
        usable = np.flatnonzero(size > 0.0)
    if not len(usable):
        return np.zeros((len(vertices), 3))
    probes = usable[:: max(1, -(-len(usable) // MOST_PROBES))]
    difference = _openness(whole or mesh, centers[probes], across[probes], size[probes], progress)
    count = min(NEIGHBORS, len(probes))
    _, near = cKDTree(centers[probes]).query(centers, k=count)
    near = near.reshape(len(centers), count)
    vote = np.einsum("kn,knx->kx", difference[near], across[probes][near]) / count
    strength = np.linalg.norm(vote, axis=1)
    along = vote / np.maximum(strength, np.finfo(float).tiny)[:, None]
    lean = np.einsum("ij,ij->i", along, across)
    # Straight across where the vertex itself says so; at edges as the neighbors have it.
    own = clean & (size > 0.0) & (np.abs(lean) > 0.5)
    along[own] = across[own] * np.sign(lean[own])[:, None]
    along[strength < EQUAL] = 0.0
    return np.asarray(along)


def _openness(mesh: Mesh, centers: FloatArray, across: FloatArray, size: FloatArray, progress: Progress) -> FloatArray:
    """Share of the sky seen from the vertex's side minus the share seen from the other, (k,)."""
    sky = _sphere(RAYS)
    lean = across @ sky.T
    skin = 0.02 * size[:, None] + 1e-6
    front = centers + across * (size[:, None] + skin)
    back = centers - across * (size[:, None] + skin)
    start = np.where((lean > 0.0)[:, :, None], front[:, None], back[:, None])
    towards = np.broadcast_to(sky, (len(centers), *sky.shape))
    distance, _ = index_of(mesh).first_hit(
        np.ascontiguousarray(start.reshape(-1, 3)), np.ascontiguousarray(towards.reshape(-1, 3)), progress=progress
    )
    free = np.isinf(distance).reshape(len(centers), -1)
    weight = np.abs(lean)  # what lies straight ahead counts more than what lies along the wall
    ahead = lean > 0.0
    seen_front = (free * weight * ahead).sum(axis=1) / np.maximum((weight * ahead).sum(axis=1), 1e-9)
    seen_back = (free * weight * ~ahead).sum(axis=1) / np.maximum((weight * ~ahead).sum(axis=1), 1e-9)
    return np.asarray(seen_front - seen_back)


def _sphere(count: int) -> FloatArray:
    """Even directions, (count, 3), each with its opposite (Fibonacci half sphere)."""
    half = count // 2
    z = (np.arange(half) + 0.5) / half
    turn = np.pi * (1.0 + np.sqrt(5.0)) * np.arange(half)
    flat = np.sqrt(1.0 - z * z)
    up = np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)
    return np.concatenate([up, -up])
