"""The numba forms of bounds round triangles and of the directions that balls start in: one pass, in threads."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def gather(faces, normals, order, begin, end, ids, by_row):
    """Corners' vertices and normals of some triangles in the order of the rows."""
    for j in range(begin, end):
        face = order[j]
        for axis in range(3):
            ids[j, axis] = faces[face, axis]
            by_row[j, axis] = normals[face, axis]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_rows(corners, normals, begin, end, out):
    """Center, radius, normal and thickness of a disk round each of some triangles."""
    for j in range(begin, end):
        for axis in range(3):
            out[j, axis] = (corners[j, axis] + corners[j, 3 + axis] + corners[j, 6 + axis]) / 3.0
            out[j, 4 + axis] = normals[j, axis]
        wide2, off = 0.0, 0.0
        for corner in range(0, 9, 3):
            x, y = corners[j, corner] - out[j, 0], corners[j, corner + 1] - out[j, 1]
            z = corners[j, corner + 2] - out[j, 2]
            wide2 = max(wide2, x * x + y * y + z * z)
            off = max(off, abs(x * out[j, 4] + y * out[j, 5] + z * out[j, 6]))
        out[j, 3], out[j, 7] = math.sqrt(wide2), off


@njit(cache=True, nogil=True, error_model="numpy")
def fill_leaf_cones(normals, starts, begin, end, axis, half):
    """Axis and half angle of a cone round the normals in some leaves."""
    leaves = len(starts) - 1
    for leaf in range(begin, end):
        x, y, z = 0.0, 0.0, 0.0
        for j in range(starts[leaf], starts[leaf + 1]):
            x, y, z = x + normals[j, 0], y + normals[j, 1], z + normals[j, 2]
        x, y, z = _unit(x, y, z)
        low = 1.0
        for j in range(starts[leaf], starts[leaf + 1]):
            low = min(low, normals[j, 0] * x + normals[j, 1] * y + normals[j, 2] * z)
        node = leaves + leaf
        axis[node, 0], axis[node, 1], axis[node, 2], half[node] = x, y, z, math.acos(max(low, -1.0))


@njit(cache=True, nogil=True, error_model="numpy")
def fill_cones(begin, end, axis, half):
    """The same for some nodes whose children are done."""
    for node in range(begin, end):
        a, b = 2 * node, 2 * node + 1
        x, y, z = _unit(axis[a, 0] + axis[b, 0], axis[a, 1] + axis[b, 1], axis[a, 2] + axis[b, 2])
        widest = 0.0
        for child in range(a, b + 1):
            aside = axis[child, 0] * x + axis[child, 1] * y + axis[child, 2] * z
            widest = max(widest, math.acos(max(min(aside, 1.0), -1.0)) + half[child])
        axis[node, 0], axis[node, 1], axis[node, 2], half[node] = x, y, z, min(widest, math.pi)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_nodes(boxes, axis, half, room, never, slack, begin, end, out):
    """Boxes of some nodes in single precision, rounded outward, and their cones."""
    for node in range(begin, end):
        for k in range(3):
            low, high = np.float32(boxes[node, k]), np.float32(boxes[node, 3 + k])
            out[node, k] = low if low <= boxes[node, k] else np.nextafter(low, np.float32(-np.inf))
            out[node, 3 + k] = high if high >= boxes[node, 3 + k] else np.nextafter(high, np.float32(np.inf))
            out[node, 6 + k] = axis[node, k]
        left = room - half[node]
        some = abs(axis[node, 0]) + abs(axis[node, 1]) + abs(axis[node, 2]) > 0.5
        out[node, 9] = math.cos(left) + slack if left > 0.0 and some else never


@njit(cache=True, nogil=True, error_model="numpy")
def _unit(x, y, z):
    """The direction of a vector; zero where it has next to no length."""
    length = math.sqrt(x * x + y * y + z * z)
    if not length > 1e-12:
        return 0.0, 0.0, 0.0
    return x / length, y / length, z / length


@njit(cache=True, nogil=True, error_model="numpy")
def mark_sharp(faces, normals, vertex_normals, cosine, begin, end, sharp):
    """Mark the corners of some triangles that lean from one of their corners' normals."""
    for i in range(begin, end):
        x, y, z = normals[i, 0], normals[i, 1], normals[i, 2]
        if not x * x + y * y + z * z > 0.5:
            continue
        for k in range(3):
            v = faces[i, k]
            if x * vertex_normals[v, 0] + y * vertex_normals[v, 1] + z * vertex_normals[v, 2] < cosine:
                sharp[v] = True


@njit(cache=True, nogil=True, error_model="numpy")
def fans(faces, normals, sharp):
    """Pairs (vertex, triangle with area) of the sharp vertices, by vertex and then by triangle."""
    number = np.full(len(sharp), -1, np.int64)
    many = 0
    for v in range(len(sharp)):
        if sharp[v]:
            number[v] = many
            many += 1
    begin = np.zeros(many + 1, np.int64)
    for i in range(len(faces)):
        for k in range(3):
            at = number[faces[i, k]]
            if at >= 0 and normals[i, 0] ** 2 + normals[i, 1] ** 2 + normals[i, 2] ** 2 > 0.5:
                begin[at + 1] += 1
    for at in range(many):
        begin[at + 1] += begin[at]
    vertex, face = np.empty(begin[many], np.int64), np.empty(begin[many], np.int64)
    where = begin[:-1].copy()
    for i in range(len(faces)):
        for k in range(3):
            at = number[faces[i, k]]
            if at >= 0 and normals[i, 0] ** 2 + normals[i, 1] ** 2 + normals[i, 2] ** 2 > 0.5:
                vertex[where[at]], face[where[at]] = faces[i, k], i
                where[at] += 1
    return vertex, face


@njit(cache=True, nogil=True, error_model="numpy")
def sum_normals(vertices, faces, sums):
    """Sum of the double area vectors of the triangles at each vertex: first corners, then second, then third."""
    for corner in range(3):
        for i in range(len(faces)):
            a, b, c = faces[i, 0], faces[i, 1], faces[i, 2]
            ax, ay, az = vertices[a, 0], vertices[a, 1], vertices[a, 2]
            ux, uy, uz = vertices[b, 0] - ax, vertices[b, 1] - ay, vertices[b, 2] - az
            vx, vy, vz = vertices[c, 0] - ax, vertices[c, 1] - ay, vertices[c, 2] - az
            v = faces[i, corner]
            sums[v, 0] += uy * vz - uz * vy
            sums[v, 1] += uz * vx - ux * vz
            sums[v, 2] += ux * vy - uy * vx


@njit(cache=True, nogil=True, error_model="numpy")
def fill_first(sums, begin, end, normal, first, count):
    """Unit normals of some vertices, which are also their first directions, and whether there is one."""
    for v in range(begin, end):
        x, y, z = sums[v, 0], sums[v, 1], sums[v, 2]
        length = math.sqrt(x * x + y * y + z * z)
        if length > 0.0:
            x, y, z = x / length, y / length, z / length
        normal[v, 0], normal[v, 1], normal[v, 2] = x, y, z
        first[v, 0, 0], first[v, 0, 1], first[v, 0, 2] = x, y, z
        for k in range(3, 3 * first.shape[1]):
            first[v, k // 3, k % 3] = 0.0
        count[v] = 1 if x * x + y * y + z * z > 0.5 else 0
