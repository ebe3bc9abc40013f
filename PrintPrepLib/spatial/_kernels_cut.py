"""The numba form of asking whether balls are cut: as the search for closest points, but a yes is enough."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

from numba import njit

from ._kernels import triangle
from .constants import SINGLE_SLACK


@njit(cache=True, nogil=True, error_model="numpy")
def leaf_cuts(x, y, z, r2, begin, end, corners, rows):
    """Whether one of some triangles comes as near to a point as a radius; disks round them spare most exact tests."""
    wide2 = r2 * (1.0 + SINGLE_SLACK)
    for j in range(begin, end):
        dx, dy, dz = rows[j, 0] - x, rows[j, 1] - y, rows[j, 2] - z
        d2 = dx * dx + dy * dy + dz * dz
        height = abs(dx * rows[j, 4] + dy * rows[j, 5] + dz * rows[j, 6])
        off = max(height - rows[j, 7], 0.0)
        disk2 = wide2 + SINGLE_SLACK * d2 - off * off
        if disk2 < 0.0:
            continue
        wide = math.sqrt(disk2) + rows[j, 3]
        if d2 - SINGLE_SLACK * d2 - height * height > wide * wide:
            continue
        if triangle(x, y, z, corners, j)[0] <= r2:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def tree_cuts(x, y, z, r2, corners, starts, rows, nodes, stack):
    """Whether any triangle of a tree does."""
    leaves = len(starts) - 1
    wide2 = r2 * (1.0 + SINGLE_SLACK)
    stack[0] = 1
    top = 0
    while top >= 0:
        node = stack[top]
        top -= 1
        dx = max(nodes[node, 0] - x, x - nodes[node, 3], 0.0)
        dy = max(nodes[node, 1] - y, y - nodes[node, 4], 0.0)
        dz = max(nodes[node, 2] - z, z - nodes[node, 5], 0.0)
        if dx * dx + dy * dy + dz * dz > wide2:
            continue
        if node < leaves:
            stack[top + 1] = 2 * node
            stack[top + 2] = 2 * node + 1
            top += 2
        elif leaf_cuts(x, y, z, r2, starts[node - leaves], starts[node - leaves + 1], corners, rows):
            return True
    return False
