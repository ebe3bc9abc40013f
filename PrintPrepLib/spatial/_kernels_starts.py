"""The numba forms of where balls start, and in which directions: the same arithmetic as the numpy form."""

# mypy: disable-error-code="misc, untyped-decorator, no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def fill_first(normal, begin, end, first, count):
    """The unit normals of some vertices as their first directions, and whether there is one."""
    for v in range(begin, end):
        x, y, z = normal[v, 0], normal[v, 1], normal[v, 2]
        first[v, 0, 0], first[v, 0, 1], first[v, 0, 2] = x, y, z
        count[v] = 1 if x * x + y * y + z * z > 0.5 else 0


@njit(cache=True, nogil=True, error_model="numpy")
def order_of_vertices(ids, count):
    """Vertices with a first direction, as the triangles of the rows meet them: each is near the one before."""
    out, seen = np.empty(len(count), np.int64), count < 1
    many = 0
    for j in range(len(ids)):
        for k in range(3):
            v = ids[j, k]
            if not seen[v]:
                seen[v] = True
                out[many] = v
                many += 1
    return out[:many]


@njit(cache=True, nogil=True, error_model="numpy")
def mark_sharp(ids, normals, vertex_normals, cosine, begin, end, sharp):
    """Mark the corners of some triangles that lean from one of their corners' normals."""
    for j in range(begin, end):
        x, y, z = normals[j, 0], normals[j, 1], normals[j, 2]
        if not x * x + y * y + z * z > 0.5:
            continue
        for k in range(3):
            v = ids[j, k]
            if vertex_normals[v, 0] * x + vertex_normals[v, 1] * y + vertex_normals[v, 2] * z < cosine:
                sharp[v] = True


@njit(cache=True, nogil=True, error_model="numpy")
def fans(ids, normals, faces, sharp):
    """Sharp vertices (s,), where the triangles round each begin (s + 1,), and these as rows in the order of faces."""
    number = np.full(len(sharp), -1, np.int32)
    many = 0
    for v in range(len(sharp)):
        if sharp[v]:
            number[v] = many
            many += 1
    owner, begin = np.empty(many, np.int64), np.zeros(many + 1, np.int64)
    for j in range(len(ids)):
        for k in range(3):
            at = number[ids[j, k]]
            if at >= 0 and _has_area(normals, j):
                begin[at + 1] += 1
                owner[at] = ids[j, k]
    for at in range(many):
        begin[at + 1] += begin[at]
    rows = np.empty(begin[many], np.int64)
    filled = begin[:-1].copy()
    for j in range(len(ids)):
        for k in range(3):
            at = number[ids[j, k]]
            if at >= 0 and _has_area(normals, j):
                place = filled[at]
                while place > begin[at] and faces[rows[place - 1]] > faces[j]:
                    rows[place] = rows[place - 1]
                    place -= 1
                rows[place] = j
                filled[at] += 1
    return owner, begin, rows


@njit(cache=True, nogil=True, error_model="numpy")
def _has_area(normals, j):
    return normals[j, 0] * normals[j, 0] + normals[j, 1] * normals[j, 1] + normals[j, 2] * normals[j, 2] > 0.5


@njit(cache=True, nogil=True, error_model="numpy")
def _dot(a, i, b, j):
    return a[i, 0] * b[j, 0] + a[i, 1] * b[j, 1] + a[i, 2] * b[j, 2]


@njit(cache=True, nogil=True, error_model="numpy")
def sharp_starts(vertices, normals, vertex_normals, corners, owner, fan, rows, cosine, begin, end, first, count):
    """Directions that some sharp vertices start with: the normals of up to three of their triangles."""
    for at in range(begin, end):
        v = owner[at]
        behind, lowest, one = 0.0, np.inf, -1
        for place in range(fan[at], fan[at + 1]):
            j = rows[place]
            x = (corners[j, 0] + corners[j, 3] + corners[j, 6]) / 3.0 - vertices[v, 0]
            y = (corners[j, 1] + corners[j, 4] + corners[j, 7]) / 3.0 - vertices[v, 1]
            z = (corners[j, 2] + corners[j, 5] + corners[j, 8]) / 3.0 - vertices[v, 2]
            behind += x * vertex_normals[v, 0] + y * vertex_normals[v, 1] + z * vertex_normals[v, 2]
            closeness = _dot(normals, j, vertex_normals, v)
            if closeness < lowest:
                lowest, one = closeness, j
        if not behind < 0.0:
            continue
        nearness_two, two = np.inf, -1
        for place in range(fan[at], fan[at + 1]):
            closeness = _dot(normals, rows[place], normals, one)
            if closeness < nearness_two:
                nearness_two, two = closeness, rows[place]
        nearness_three, three = np.inf, -1
        for place in range(fan[at], fan[at + 1]):
            j = rows[place]
            closeness = max(_dot(normals, j, normals, one), _dot(normals, j, normals, two))
            if closeness < nearness_three:
                nearness_three, three = closeness, j
        many = 1 + (nearness_two < cosine) + (nearness_three < cosine)
        if many == 1:
            continue
        for axis in range(3):
            first[v, 0, axis], first[v, 1, axis] = normals[one, axis], normals[two, axis]
            if many > 2:
                first[v, 2, axis] = normals[three, axis]
        count[v] = many
