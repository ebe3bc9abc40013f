"""Sets of orientations in which a box may lie round a part: an even covering, hull faces, and how they are tried."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from ...mesh import FloatArray

GOLDEN = np.sqrt(2.0)
SILVER = 1.533751168755204288118041
"""The two constants of super-Fibonacci rotations: Alexa 2022, "Super-Fibonacci Spirals", CVPR, equation 5."""
SAME_NORMAL_COS = np.cos(np.radians(2.0))
"""Hull triangles whose normals differ by less stand for one face of the hull."""
MOST_FACES = 12
"""Faces of the hull, largest first, that a box is laid against; pairs of them are tried as well."""
SQUARE_PAIR_COS = np.cos(np.radians(75.0))
"""Two hull faces nearer to a right angle than this give a pose of their own."""
YAW_STEP_DEG = 10.0
"""Turns tried upon each hull face; the refinement closes what lies between."""


@cache
def covering(count: int) -> FloatArray:
    """Even covering of the orientations of a box, (about ``count``, 3, 3), rows are axes; the identity comes first.

    A box that is turned by one of the 24 rotations of the cube is the same box with its sides exchanged, so one
    representative of each such set is enough.
    """
    total = 24 * count
    s = np.arange(total) + 0.5
    r, big_r = np.sqrt(s / total), np.sqrt(1.0 - s / total)
    a, b = 2.0 * np.pi * s / GOLDEN, 2.0 * np.pi * s / SILVER
    quaternions = np.stack([r * np.sin(a), r * np.cos(a), big_r * np.sin(b), big_r * np.cos(b)], axis=1)
    q = np.sort(np.abs(quaternions), axis=1)
    # |q . g| over the rotations g of the cube: of one axis (0 or 180, 90 degrees) and of three (120 degrees).
    other = np.maximum((q[:, 3] + q[:, 2]) * np.sqrt(0.5), q.sum(axis=1) * 0.5)
    real = np.abs(quaternions[:, 3])
    near = real >= np.maximum(other, q[:, 3]) - 1e-12
    out = np.concatenate([np.eye(3)[None], _matrices(quaternions[near])])
    out.setflags(write=False)
    return out


def turned(vectors: FloatArray) -> FloatArray:
    """Rotation matrices (k, 3, 3) of rotation vectors (k, 3) in radians."""
    angle = np.linalg.norm(vectors, axis=1)
    axis = vectors / np.maximum(angle, np.finfo(float).tiny)[:, None]
    zero = np.zeros(len(vectors))
    x, y, z = axis.T
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + (1.0 - cosine) * (cross @ cross))


def half_sphere(count: int) -> FloatArray:
    """Even directions over the half sphere, (count, 3): a Fibonacci spiral."""
    k = np.arange(count)
    z = 1.0 - (k + 0.5) / count
    turn = k * np.pi * (3.0 - np.sqrt(5.0))
    r = np.sqrt(1.0 - z * z)
    return np.stack([r * np.cos(turn), r * np.sin(turn), z], axis=1)


def face_frames(corners: FloatArray, triangles: npt.NDArray[np.int32]) -> FloatArray:
    """Frames (k, 3, 3) that lie against the largest faces of a hull, turned upon each, and against pairs of faces."""
    normals = face_normals_of(corners, triangles)[:MOST_FACES]
    out = []
    yaws = np.radians(np.arange(0.0, 90.0, YAW_STEP_DEG))
    for normal in normals:
        base = _frame(normal, None)
        for yaw in yaws:
            first = np.cos(yaw) * base[0] + np.sin(yaw) * base[1]
            out.append(np.stack([first, np.cross(normal, first), normal]))
    for one in range(len(normals)):
        for two in range(one + 1, len(normals)):
            if abs(float(normals[one] @ normals[two])) < SQUARE_PAIR_COS:
                out.append(_frame(normals[one], normals[two]))
    return np.array(out).reshape(-1, 3, 3)


def face_normals_of(corners: FloatArray, triangles: npt.NDArray[np.int32]) -> FloatArray:
    """Unit normals (k, 3) of the faces of a hull, the largest first; opposite faces count as one."""
    a, b, c = (corners[triangles[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    size = np.linalg.norm(cross, axis=1)
    order = np.argsort(-size, kind="stable")
    order = order[size[order] > 0.0]
    units = cross[order] / size[order, None]
    found: list[FloatArray] = []
    weights: list[float] = []
    for unit, weight in zip(units[: 40 * MOST_FACES], size[order][: 40 * MOST_FACES].tolist(), strict=True):
        if found:
            near = np.abs(np.array(found) @ unit)
            best = int(near.argmax())
            if near[best] > SAME_NORMAL_COS:
                weights[best] += weight
                continue
        found.append(unit)
        weights.append(weight)
    return np.array(found).reshape(-1, 3)[np.argsort(-np.array(weights), kind="stable")]


def principal_frame(points: FloatArray) -> FloatArray:
    """Principal axes of points, rows, (3, 3)."""
    _, _, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    return np.asarray(axes)


def _frame(normal: FloatArray, towards: FloatArray | None) -> FloatArray:
    seed = np.eye(3)[int(np.abs(normal).argmin())] if towards is None else towards
    first = seed - normal * float(seed @ normal)
    first = first / np.linalg.norm(first)
    return np.stack([first, np.cross(normal, first), normal])


def _matrices(q: FloatArray) -> FloatArray:
    x, y, z, w = q.T
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return np.stack(rows, axis=1).reshape(-1, 3, 3)
