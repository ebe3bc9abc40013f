"""The numba form of sums over triangles: the same arithmetic as the numpy form, without copies of the corners."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import math

import numpy as np
from numba import njit

MOST_SIDES = 256  # at one vertex: comparing more with one another takes longer than sorting all


@njit(cache=True, nogil=True, error_model="numpy")
def _cross(vertices, a, b, c):
    """Double area vector of a triangle."""
    ax, ay, az = vertices[a, 0], vertices[a, 1], vertices[a, 2]
    ux, uy, uz = vertices[b, 0] - ax, vertices[b, 1] - ay, vertices[b, 2] - az
    vx, vy, vz = vertices[c, 0] - ax, vertices[c, 1] - ay, vertices[c, 2] - az
    return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx


@njit(cache=True, nogil=True, error_model="numpy")
def cross_by_axis(vertices, faces, x, y, z):
    """Double area vector of each triangle, one array an axis."""
    for i in range(len(faces)):
        x[i], y[i], z[i] = _cross(vertices, faces[i, 0], faces[i, 1], faces[i, 2])


@njit(cache=True, nogil=True, error_model="numpy")
def vertex_normals(vertices, faces, begin, end, out):
    """Unit normals of the vertices ``begin`` to ``end``; ``out`` holds zeros there.

    Every thread goes through all triangles and adds only to its own vertices, so that the order of the sum at a vertex
    is the order of the triangles, however many threads there are.
    """
    for i in range(len(faces)):
        a, b, c = faces[i, 0], faces[i, 1], faces[i, 2]
        if max(a, b, c) < begin or min(a, b, c) >= end:
            continue
        x, y, z = _cross(vertices, a, b, c)
        for k in range(3):
            v = faces[i, k]
            if begin <= v < end:
                out[v, 0] += x
                out[v, 1] += y
                out[v, 2] += z
    for v in range(begin, end):
        x, y, z = out[v, 0], out[v, 1], out[v, 2]
        length = math.sqrt(x * x + y * y + z * z)
        if length > 0.0:
            out[v, 0], out[v, 1], out[v, 2] = x / length, y / length, z / length


@njit(cache=True, nogil=True, error_model="numpy")
def is_regular(faces, vertices):
    """Whether every edge has just two triangles, which use it in opposite directions. No: or it was too much to tell.

    Each side is filed at its lower vertex; there are few at one vertex, which are compared with one another.
    """
    begin = np.zeros(vertices + 1, np.int32)
    for i in range(len(faces)):
        for k in range(3):
            begin[min(faces[i, k], faces[i, (k + 1) % 3]) + 1] += 1
    for v in range(vertices):
        begin[v + 1] += begin[v]
    where = begin[:-1].copy()
    other = np.empty(3 * len(faces), np.int32)
    for i in range(len(faces)):
        for k in range(3):
            start, stop = faces[i, k], faces[i, (k + 1) % 3]
            low = min(start, stop)
            other[where[low]] = stop if start == low else -1 - start  # below zero: the side comes back
            where[low] += 1
    for v in range(vertices):
        if (begin[v + 1] - begin[v]) % 2 or begin[v + 1] - begin[v] > MOST_SIDES:
            return False
        for j in range(begin[v], begin[v + 1]):
            same, back = 0, 0
            for k in range(begin[v], begin[v + 1]):
                same += other[k] == other[j]
                back += other[k] == -1 - other[j]
            if same != 1 or back != 1:
                return False
    return True


@njit(cache=True, nogil=True)
def parts(faces, vertices):
    """Part of each triangle, numbered by the lowest vertex in it, and how many parts share no vertex."""
    lower = np.arange(vertices).astype(np.int32)  # a vertex of the same part with a lower number, or itself
    for i in range(len(faces)):
        a = _lowest(lower, faces[i, 0])
        for k in range(1, 3):
            b = _lowest(lower, faces[i, k])
            if a < b:
                lower[b] = a
            else:
                lower[a] = b
                a = b
    number = np.full(vertices, -1, np.int64)
    for i in range(len(faces)):
        number[_lowest(lower, faces[i, 0])] = 0
    count = 0
    for v in range(vertices):
        if number[v] == 0:
            number[v] = count
            count += 1
    label = np.empty(len(faces), np.int64)
    for i in range(len(faces)):
        label[i] = number[_lowest(lower, faces[i, 0])]
    return count, label


@njit(cache=True, nogil=True)
def shells(edge_of, uses):
    """Shell of each triangle, numbered by the first triangle in it, and how many: joined by edges that just two use."""
    lower = np.arange(len(edge_of)).astype(np.int32)  # a triangle of the same shell with a lower number, or itself
    first = np.full(len(uses), -1, np.int32)
    for i in range(len(edge_of)):
        for k in range(3):
            edge = edge_of[i, k]
            if uses[edge] != 2:
                continue
            if first[edge] < 0:
                first[edge] = i
                continue
            a, b = _lowest(lower, first[edge]), _lowest(lower, i)
            if a < b:
                lower[b] = a
            else:
                lower[a] = b
    label = np.empty(len(edge_of), np.int64)
    count = 0
    for i in range(len(edge_of)):
        if lower[i] == i:
            label[i] = count
            count += 1
        else:
            label[i] = label[_lowest(lower, i)]  # a lower number: it has its label
    return count, label


@njit(cache=True, nogil=True)
def _lowest(lower, v):
    """The lowest vertex known to be in a part; shortens the way for those who ask later."""
    while lower[v] != v:
        lower[v] = lower[lower[v]]
        v = lower[v]
    return v


@njit(cache=True, nogil=True)
def several_fans(faces, of_face, edges, odd):
    """Which vertices have triangles in more than one fan, but odd ones, whose edges need not be regular.

    ``of_face`` (m, 3) numbers the edges of each triangle; at the vertices that are not odd, each has two sides.
    """
    first, twin = np.full(edges, -1, np.int32), np.full(3 * len(faces), -1, np.int32)
    start, valence = np.full(len(odd), -1, np.int32), np.zeros(len(odd), np.int32)
    for f in range(len(faces)):
        for s in range(3):
            side, edge, vertex = 3 * f + s, of_face[f, s], faces[f, s]
            if first[edge] < 0:
                first[edge] = side
            else:
                twin[side], twin[first[edge]] = first[edge], side
            start[vertex] = side
            valence[vertex] += 1
    out = np.zeros(len(odd), np.bool_)
    for vertex in range(len(odd)):
        if start[vertex] < 0 or odd[vertex]:
            continue
        # The twin of a side starts at its other end: the side after it starts at the same vertex again.
        met, side = 0, start[vertex]
        while met == 0 or side != start[vertex]:
            other = twin[side]
            side = other - 2 if other % 3 == 2 else other + 1
            met += 1
        out[vertex] = met != valence[vertex]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def edges(faces, vertices, of_face):
    """Edges of a mesh, lower and higher vertex, in their order; triangles of each, and uses backward.

    ``of_face`` (m, 3) takes the edge of each side. Sides are filed at their lower vertex, and the few there are sorted.
    None are given where there are too many at one vertex for that.
    """
    begin = np.zeros(vertices + 1, np.int64)
    for i in range(len(faces)):
        for k in range(3):
            begin[min(faces[i, k], faces[i, (k + 1) % 3]) + 1] += 1
    for v in range(vertices):
        if begin[v + 1] > MOST_SIDES:
            return np.empty((0, 2), np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
        begin[v + 1] += begin[v]
    where = begin[:-1].copy()
    side, other = np.empty(3 * len(faces), np.int64), np.empty(3 * len(faces), np.int64)
    for i in range(len(faces)):
        for k in range(3):
            start, stop = faces[i, k], faces[i, (k + 1) % 3]
            low, high = min(start, stop), max(start, stop)
            at = where[low]
            while at > begin[low] and other[at - 1] > high:
                other[at], side[at] = other[at - 1], side[at - 1]
                at -= 1
            other[at], side[at] = high, 3 * i + k
            where[low] += 1
    count = 0
    for v in range(vertices):
        for at in range(begin[v], begin[v + 1]):
            if at == begin[v] or other[at] != other[at - 1]:
                count += 1
    ends, uses, backward = np.empty((count, 2), np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    number = -1
    for v in range(vertices):
        for at in range(begin[v], begin[v + 1]):
            if at == begin[v] or other[at] != other[at - 1]:
                number += 1
                ends[number, 0], ends[number, 1] = v, other[at]
            i, k = side[at] // 3, side[at] % 3
            of_face[i, k] = number
            uses[number] += 1
            if faces[i, k] > faces[i, (k + 1) % 3]:
                backward[number] += 1
    return ends, uses, backward


@njit(cache=True, nogil=True, error_model="numpy")
def pseudonormals(vertices, faces, edge_of, of_face, of_edge, of_vertex):
    """Add up the normals of edges and corners, weighted by angle at these; all three arrays hold zeros before."""
    sides = np.empty((3, 3))
    for i in range(len(faces)):
        x, y, z = _cross(vertices, faces[i, 0], faces[i, 1], faces[i, 2])
        double_area = math.sqrt(x * x + y * y + z * z)
        if not double_area > 0.0:
            continue
        normal = x / double_area, y / double_area, z / double_area
        for k in range(3):
            for axis in range(3):
                sides[k, axis] = vertices[faces[i, (k + 1) % 3], axis] - vertices[faces[i, k], axis]
        for k in range(3):
            # The cross product of any two sides is twice the area, so one serves all three corners.
            lean = sides[k, 0] * sides[k - 1, 0] + sides[k, 1] * sides[k - 1, 1] + sides[k, 2] * sides[k - 1, 2]
            angle = math.atan2(double_area, -lean)
            for axis in range(3):
                of_edge[edge_of[i, k], axis] += normal[axis]
                of_vertex[faces[i, k], axis] += normal[axis] * angle
        of_face[i, 0], of_face[i, 1], of_face[i, 2] = normal
