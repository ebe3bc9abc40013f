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
MOST_TRIANGLES = 300
"""Hull triangles looked at, largest first."""
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


def face_frames(corners: FloatArray, triangles: npt.NDArray[np.int32], most: int = MOST_FACES) -> FloatArray:
    """Frames (k, 3, 3) that lie against the largest faces of a hull, turned upon each, and against pairs of faces."""
    normals = face_normals_of(corners, triangles)[:most]
    base = _frames(normals, np.eye(3)[np.abs(normals).argmin(axis=1)])
    yaw = np.radians(np.arange(0.0, 90.0, YAW_STEP_DEG))[None, :, None]
    first = np.cos(yaw) * base[:, None, 0] + np.sin(yaw) * base[:, None, 1]
    second = np.cos(yaw) * base[:, None, 1] - np.sin(yaw) * base[:, None, 0]
    third = np.broadcast_to(base[:, None, 2], first.shape)
    yawed = np.stack([first, second, third], axis=2).reshape(-1, 3, 3)
    one, two = np.triu_indices(len(normals), 1)
    square = np.abs((normals[one] * normals[two]).sum(axis=1)) < SQUARE_PAIR_COS
    return np.concatenate([yawed, _frames(normals[one[square]], normals[two[square]])])


def face_normals_of(corners: FloatArray, triangles: npt.NDArray[np.int32]) -> FloatArray:
    """Unit normals (k, 3) of the faces of a hull, the largest first; opposite faces count as one."""
    a, b, c = (corners[triangles[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    size = np.linalg.norm(cross, axis=1)
    order = np.argsort(-size, kind="stable")
    order = order[size[order] > 0.0]
    units = cross[order] / size[order, None]
    units, weights = units[:MOST_TRIANGLES], size[order][:MOST_TRIANGLES]
    alike = np.abs(units @ units.T) > SAME_NORMAL_COS
    free = np.ones(len(units), bool)
    kept, total = [], []
    for row in range(len(units)):
        if free[row]:
            members = free & alike[row]
            kept.append(row)
            total.append(float(weights[members].sum()))
            free &= ~members
    return np.asarray(units[np.array(kept, np.int64)[np.argsort(-np.array(total), kind="stable")]])


def principal_frame(points: FloatArray) -> FloatArray:
    """Principal axes of points, rows, (3, 3)."""
    _, _, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    return np.asarray(axes)


def _frames(normals: FloatArray, towards: FloatArray) -> FloatArray:
    """Right-handed frames (k, 3, 3): the third axis along each normal, the first as near as may be to others."""
    first = towards - normals * (normals * towards).sum(axis=1)[:, None]
    first = first / np.linalg.norm(first, axis=1)[:, None]
    return np.stack([first, np.cross(normals, first), normals], axis=1)


def _matrices(q: FloatArray) -> FloatArray:
    x, y, z, w = q.T
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return np.stack(rows, axis=1).reshape(-1, 3, 3)
