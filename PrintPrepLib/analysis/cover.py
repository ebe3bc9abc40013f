"""A surface covered with balls: for steps that protect places named by points and radii."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..mesh import FloatArray, Mesh

MOST_BALLS = 400
"""So many stay readable in a recipe (some 12 kB) and cost steps nothing."""
FINEST_MM = 1.0
SAMPLES_PER_CELL = 4.0
"""The surface is sampled this much finer than the cells: what is between samples is added to the radius."""


def balls_over(mesh: Mesh, margin_mm: float) -> FloatArray:
    """Cover every point of a surface, and all within a margin of it, with balls of one size.

    Space is parted into cubes, larger ones until the surface enters few enough; each cube that it enters gives one
    ball. Balls reach further than the margin by up to the cube's diagonal: the protected room is never
    too small.

    Parameters
    ----------
    mesh : Mesh
        LPS mm.
    margin_mm : float
        At least 0.

    Returns
    -------
    ndarray (n, 4) float64
        Center and radius, mm; n is at most ``MOST_BALLS``.

    Raises
    ------
    InputError
        The mesh is empty, or the margin is below 0.
    """
    if mesh.is_empty:
        raise InputError(f"The model '{mesh.name}' holds no surface: there is nothing to protect.")
    if not margin_mm >= 0.0:
        raise InputError(f"The margin round a protected model must be 0 mm or more; got {margin_mm:g}.")
    cell = max(FINEST_MM, float(np.sqrt(_area_mm2(mesh) / MOST_BALLS)))  # a surface enters about so many cubes, or more
    while True:
        spacing = cell / SAMPLES_PER_CELL
        cubes = np.unique(np.floor(_samples(mesh, spacing) / cell).astype(np.int64), axis=0)
        if len(cubes) <= MOST_BALLS:
            break
        cell *= 1.25
    radius = margin_mm + 0.5 * np.sqrt(3.0) * cell + spacing
    return np.column_stack([(cubes + 0.5) * cell, np.full(len(cubes), radius)])


def _area_mm2(mesh: Mesh) -> float:
    corners = mesh.vertices[mesh.faces]
    return 0.5 * float(
        np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
    )


def _samples(mesh: Mesh, spacing: float) -> FloatArray:
    """Points of the surface, none of which is further than the spacing from a point of it on the same triangle."""
    corners = mesh.vertices[mesh.faces]
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    steps = np.maximum(1, np.ceil(edges / spacing)).astype(np.int64)
    out = []
    for count in np.unique(steps):
        rows = corners[steps == count]
        first, second = (grid.ravel() for grid in np.meshgrid(np.arange(count + 1), np.arange(count + 1)))
        inside = first + second <= count
        a, b = first[inside] / count, second[inside] / count
        weights = np.stack([1.0 - a - b, a, b], axis=1)
        out.append(np.einsum("sk,nkd->nsd", weights, rows).reshape(-1, 3))
    return np.concatenate(out)
