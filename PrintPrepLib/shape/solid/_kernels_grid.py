"""The numba form of distances on a grid: one pass for each axis, rows of bytes at once."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _lower(row, other, add):
    """Lower a row of bytes to another one plus a number, where that is less; sums stay below 256."""
    for x in range(len(row)):
        far = np.uint8(other[x] + add)
        row[x] = far if far < row[x] else row[x]


@njit(cache=True, nogil=True)
def _least(row):
    out = np.uint8(255)
    for x in range(len(row)):
        out = row[x] if row[x] < out else out
    return out


@njit(cache=True, nogil=True)
def spread(grid, most):
    """Turn 0 at walls and ``most`` ** 2 elsewhere into squared distances, in place; grid (z, y, x) uint8.

    Sums of two squares that are looked at must fit into a byte: ``most`` is 9 at most.
    """
    nz, ny, nx = grid.shape
    top = most * most
    # Most rows have nothing but air round them: they lower nothing.
    walled = np.zeros((nz, ny), np.bool_)
    for z in range(nz):
        for y in range(ny):
            walled[z, y] = _least(grid[z, y]) < top
    plane = np.empty((nz, nx), np.uint8)
    for y in range(ny):
        plane[:] = grid[:, y]
        for z in range(nz):
            for step in range(1, most):
                add = np.uint8(step * step)
                if z >= step and walled[z - step, y]:
                    _lower(grid[z, y], plane[z - step], add)
                if z + step < nz and walled[z + step, y]:
                    _lower(grid[z, y], plane[z + step], add)
    sheet = np.empty((ny, nx), np.uint8)
    near = np.empty(ny, np.bool_)
    padded = np.full(nx + 2 * most, top, np.uint8)
    for z in range(nz):
        sheet[:] = grid[z]
        near[:] = False
        for other in range(max(0, z - most + 1), min(nz, z + most)):
            near |= walled[other]
        for y in range(ny):
            row = grid[z, y]
            lowered = near[y]
            for step in range(1, most):
                add = np.uint8(step * step)
                if y >= step and near[y - step]:
                    lowered = True
                    _lower(row, sheet[y - step], add)
                if y + step < ny and near[y + step]:
                    lowered = True
                    _lower(row, sheet[y + step], add)
            if not lowered:
                continue
            padded[most : most + nx] = row
            for step in range(1, most):
                add = np.uint8(step * step)
                _lower(row, padded[most - step : most - step + nx], add)
                _lower(row, padded[most + step : most + step + nx], add)
