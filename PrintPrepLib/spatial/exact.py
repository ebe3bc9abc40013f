"""Signs of determinants that are always right: doubles with an error bound, whole numbers where that cannot tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray
from .constants import LEAST_PRODUCT, ORIENT2D_BOUND, ORIENT3D_BOUND

Signs = npt.NDArray[np.int8]


def orient3d(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> Signs:
    """Sign of ``det(b - a, c - a, d - a)``, (k,) int8: +1 where d lies on the side that a, b, c turn left round.

    Parameters
    ----------
    a, b, c, d : (k, 3) float64
    """
    u, v, w = b - a, c - a, d - a
    x, y, z = v[:, 1] * w[:, 2], v[:, 2] * w[:, 0], v[:, 0] * w[:, 1]
    x2, y2, z2 = v[:, 2] * w[:, 1], v[:, 0] * w[:, 2], v[:, 1] * w[:, 0]
    det = u[:, 0] * (x - x2) + u[:, 1] * (y - y2) + u[:, 2] * (z - z2)
    size = np.abs(u[:, 0]) * (np.abs(x) + np.abs(x2))
    size += np.abs(u[:, 1]) * (np.abs(y) + np.abs(y2))
    size += np.abs(u[:, 2]) * (np.abs(z) + np.abs(z2))
    sign = np.sign(det).astype(np.int8)
    unsure = np.flatnonzero((np.abs(det) <= ORIENT3D_BOUND * size) | (size < LEAST_PRODUCT))
    if len(unsure):
        p, q, r, s = whole_numbers(a[unsure], b[unsure], c[unsure], d[unsure])
        u, v, w = q - p, r - p, s - p
        exact = (
            u[:, 0] * (v[:, 1] * w[:, 2] - v[:, 2] * w[:, 1])
            + u[:, 1] * (v[:, 2] * w[:, 0] - v[:, 0] * w[:, 2])
            + u[:, 2] * (v[:, 0] * w[:, 1] - v[:, 1] * w[:, 0])
        )
        sign[unsure] = _sign(exact)
    return sign


def orient2d(a: FloatArray, b: FloatArray, c: FloatArray) -> Signs:
    """Sign of ``det(b - a, c - a)`` in the plane, (k,) int8: +1 where a, b, c turn left."""
    u, v = b - a, c - a
    left, right = u[:, 0] * v[:, 1], u[:, 1] * v[:, 0]
    size = np.abs(left) + np.abs(right)
    sign = np.sign(left - right).astype(np.int8)
    unsure = np.flatnonzero((np.abs(left - right) <= ORIENT2D_BOUND * size) | (size < LEAST_PRODUCT))
    if len(unsure):
        p, q, r = whole_numbers(a[unsure], b[unsure], c[unsure])
        u, v = q - p, r - p
        sign[unsure] = _sign(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])
    return sign


def is_collinear(triangles: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether the corners of each triangle (k, 3, 3) lie exactly on one line, (k,) bool."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    out = np.ones(len(triangles), bool)
    for axes in ([0, 1], [1, 2], [2, 0]):
        left = np.flatnonzero(out)
        if not len(left):
            break
        out[left] = orient2d(a[left][:, axes], b[left][:, axes], c[left][:, axes]) == 0
    return out


def whole_numbers(*arrays: FloatArray) -> list[Any]:
    """Give doubles as exact whole numbers of one common unit, in object arrays of Python ints."""
    split = [np.frexp(array) for array in arrays]
    least = min(int(exponent[mantissa != 0].min(initial=2000)) for mantissa, exponent in split)
    out = []
    for mantissa, exponent in split:
        digits = np.ldexp(mantissa, 53).astype(np.int64).astype(object)
        shift = np.where(mantissa == 0, 0, exponent - least).astype(object)
        out.append(digits << shift)
    return out


def _sign(values: Any) -> Signs:
    return np.asarray((values > 0).astype(np.int8) - (values < 0).astype(np.int8), np.int8)
