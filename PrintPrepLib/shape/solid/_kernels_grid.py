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
def spread(grid, most):
    """Turn 0 at walls and ``most`` ** 2 elsewhere into squared distances, in place; grid (z, y, x) uint8.

    Sums of two squares that are looked at must fit into a byte: ``most`` is 9 at most.
    """
    nz, ny, nx = grid.shape
    top = most * most
    plane = np.empty((nz, nx), np.uint8)
    for y in range(ny):
        plane[:] = grid[:, y]
        for z in range(nz):
            for step in range(1, most):
                add = np.uint8(step * step)
                if z >= step:
                    _lower(grid[z, y], plane[z - step], add)
                if z + step < nz:
                    _lower(grid[z, y], plane[z + step], add)
    sheet = np.empty((ny, nx), np.uint8)
    padded = np.full(nx + 2 * most, top, np.uint8)
    for z in range(nz):
        sheet[:] = grid[z]
        for y in range(ny):
            row = grid[z, y]
            for step in range(1, most):
                add = np.uint8(step * step)
                if y >= step:
                    _lower(row, sheet[y - step], add)
                if y + step < ny:
                    _lower(row, sheet[y + step], add)
            padded[most : most + nx] = row
            for step in range(1, most):
                add = np.uint8(step * step)
                _lower(row, padded[most - step : most - step + nx], add)
                _lower(row, padded[most + step : most + step + nx], add)
