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
OTHER_SIDE = 1.5
"""A wall's other side lies no farther behind its middle than this many times the vertex before it."""
EQUAL = 0.06
"""Two sides whose openness differs by less than this share of the sky are equally open: one ray in sixteen."""


def is_across(mesh: Mesh, centers: FloatArray, across: FloatArray, size: FloatArray) -> npt.NDArray[np.bool_]:
    """Tell where the wall's other side lies behind its middle, (k,); at its end the way to the vertex runs along it.

    Parameters
    ----------
    mesh : Mesh
        The model.
    centers, across, size : (k, 3), (k, 3), (k,) float64
        Middle of the wall, direction from there to the vertex, and how far that is.
    """
    if not len(centers):
        return np.zeros(0, bool)
    distance, _ = index_of(mesh).first_hit(centers, -across, float(OTHER_SIDE * size.max()))
    return np.asarray(distance <= OTHER_SIDE * size)


def outer_directions(
    mesh: Mesh,
    centers: FloatArray,
    across: FloatArray,
    size: FloatArray,
    clean: npt.NDArray[np.bool_],
    progress: Progress = silent,
) -> FloatArray:
    """Direction across the wall towards its outer side, (k, 3) unit vectors; zero where both sides are equally open.

    Parameters
    ----------
    mesh : Mesh
        The model.
    centers, across, size : (k, 3), (k, 3), (k,) float64
        Middle of the wall, direction from there to the vertex, and how far that is.
    clean : (k,) bool
        Vertices from which the center lies straight across the wall; the others (at edges) follow them.
    """
    usable = np.flatnonzero(clean)
    if not len(usable):
        return np.zeros_like(centers)
    probes = usable[:: max(1, -(-len(usable) // MOST_PROBES))]
    difference = _openness(mesh, centers[probes], across[probes], size[probes], progress)
    count = min(NEIGHBORS, len(probes))
    _, near = cKDTree(centers[probes]).query(centers, k=count)
    near = near.reshape(len(centers), count)
    vote = np.einsum("kn,knx->kx", difference[near], across[probes][near]) / count
    strength = np.linalg.norm(vote, axis=1)
    along = vote / np.maximum(strength, np.finfo(float).tiny)[:, None]
    lean = np.einsum("ij,ij->i", along, across)
    # Straight across where the vertex itself says so; at edges as the neighbors have it.
    own = clean & (np.abs(lean) > 0.5)
    along[own] = across[own] * np.sign(lean[own])[:, None]
    along[strength < EQUAL] = 0.0
    return np.asarray(along)


def _openness(mesh: Mesh, centers: FloatArray, across: FloatArray, size: FloatArray, progress: Progress) -> FloatArray:
    """Share of the sky seen from the vertex's side minus the share seen from the other, (k,)."""
    sky = even_directions(RAYS)
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


def even_directions(count: int) -> FloatArray:
    """Even directions, (count, 3), each with its opposite (Fibonacci half sphere)."""
    half = count // 2
    z = (np.arange(half) + 0.5) / half
    turn = np.pi * (1.0 + np.sqrt(5.0)) * np.arange(half)
    flat = np.sqrt(1.0 - z * z)
    up = np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)
    return np.concatenate([up, -up])
