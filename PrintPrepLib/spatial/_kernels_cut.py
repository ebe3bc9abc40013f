"""The numba form of asking whether balls are cut: as the search for closest points, but a yes is enough."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit

from ._kernels import _triangle
from .constants import SINGLE_SLACK, STACK


@njit(cache=True, nogil=True, error_model="numpy")
def cut(points, radius2, order, corners, starts, rows, nodes, out):
    """Whether any triangle comes as near to a point as its radius; disks round the triangles spare most exact tests."""
    leaves = len(starts) - 1
    stack = np.empty(STACK, np.int64)
    for i in order:
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        r2 = radius2[i]
        wide2 = r2 * (1.0 + SINGLE_SLACK)
        is_cut = False
        stack[0] = 1
        top = 0
        while top >= 0 and not is_cut:
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
                continue
            for j in range(starts[node - leaves], starts[node - leaves + 1]):
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
                if _triangle(x, y, z, corners[j])[0] <= r2:
                    is_cut = True
                    break
        out[i] = is_cut
