"""How growing balls meet triangles and where they go then, for many at once: the same arithmetic as the numba form."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray
from .constants import (
    BALL_SLACK,
    CONTACTS,
    CRITICAL_GRADIENT,
    FLAT_TRIPLE,
    LEAST_SPEED,
    ONE_CONTACT,
    RECEDE_SLACK,
    TOUCH_SLACK,
    WALL_COSINE,
)

BoolArray = npt.NDArray[np.bool_]


def sweep(r0: FloatArray, w: FloatArray, best: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sphere round all that each ball fills until it has grown by best: center (k, 3) minus the ball's, radius (k,)."""
    ww = _dot(w.T, w.T)
    cone = ww > ONE_CONTACT  # smaller balls are not inside larger ones: the sphere round the first and the last
    size = np.sqrt(np.where(cone, ww, 1.0))
    along = np.where(cone, 0.5 * best * (1.0 + 1.0 / size), best)
    reach = np.where(cone, r0 + 0.5 * best * (1.0 + size), r0 + best)
    return along[:, None] * w, reach * BALL_SLACK + TOUCH_SLACK


def triangle(
    center: FloatArray, r0: FloatArray, w: FloatArray, best: FloatArray, corners: FloatArray, normals: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """When each growing ball first meets a triangle, (k,), and the direction of the contact from its center, (k, 3).

    Contacts later than best are not told: infinite.
    """
    k = len(center)
    out, direction = np.full(k, np.inf), normals.copy()
    n, c, v = normals.T, center.T, w.T
    p = corners[:, :3].T - c
    height = _dot(n, p)
    speed = 1.0 + n[0] * v[0] + n[1] * v[1] + n[2] * v[2]
    moves = speed > LEAST_SPEED
    plane = np.where(moves, np.maximum(0.0, (height - r0) / np.where(moves, speed, 1.0)), np.inf)
    open_ = np.flatnonzero((height > 0.0) & np.where(moves, plane <= best * BALL_SLACK + TOUCH_SLACK, height <= r0))
    n, v, p, plane, height, r0 = n[:, open_], v[:, open_], p[:, open_], plane[open_], height[open_], r0[open_]
    q, t = corners[open_, 3:6].T - center[open_].T, corners[open_, 6:9].T - center[open_].T
    on_plane = (plane < np.inf) & (height >= r0)
    grown = np.where(on_plane, plane, 0.0)
    f = grown * v + (r0 + grown) * n
    inside = on_plane & (_side(f, p, q, n) >= 0.0) & (_side(f, q, t, n) >= 0.0) & (_side(f, t, p, n) >= 0.0)
    out[open_[inside]] = plane[inside]
    rest = np.flatnonzero(~inside)
    s, m = _features(p[:, rest], q[:, rest], t[:, rest], v[:, rest], r0[rest])
    where = open_[rest]
    met = np.isfinite(s)
    where, s, m, r = where[met], s[met], m[:, met], (r0[rest] + s)[met]
    out[where] = s
    real = r > 0.0
    direction[where[real]] = ((m[:, real] - s[real] * v[:, rest][:, met][:, real]) / r[real]).T
    return out, direction


def _features(
    p: FloatArray, q: FloatArray, t: FloatArray, w: FloatArray, r0: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """First contact with corners and sides, and its place (3, k) against the center."""
    s, m = np.full(len(r0), np.inf), np.zeros((3, len(r0)))
    alpha = _dot(w, w) - 1.0
    for a, b in ((p, q), (q, t), (t, p)):
        at = _root(alpha, a[0] * w[0] + a[1] * w[1] + a[2] * w[2] + r0, _dot(a, a) - r0 * r0)
        earlier = at < s
        s, m = np.where(earlier, at, s), np.where(earlier, a, m)
        e = b - a
        at, along = _edge(a, e, w, r0)
        earlier = at < s
        s, m = np.where(earlier, at, s), np.where(earlier, a + along * e, m)
    return s, m


def _edge(p: FloatArray, e: FloatArray, w: FloatArray, r0: FloatArray) -> tuple[FloatArray, FloatArray]:
    """When growing balls first meet the insides of segments, and where along them. Infinite: never."""
    l2 = _dot(e, e)
    safe = np.where(l2 > 0.0, l2, 1.0)
    pe, we = _dot(p, e) / safe, _dot(w, e) / safe
    a, b = p - pe * e, w - we * e
    s = _root(_dot(b, b) - 1.0, _dot(a, b) + r0, _dot(a, a) - r0 * r0)
    met = (l2 > 0.0) & (s < np.inf)
    t = np.where(met, s, 0.0) * we - pe
    met &= (t > 0.0) & (t < 1.0)
    return np.where(met, s, np.inf), t


def _root(alpha: FloatArray, beta: FloatArray, gamma: FloatArray) -> FloatArray:
    """Smallest root that is not negative of ``alpha s^2 - 2 beta s + gamma``; infinite where there is none."""
    disc = beta * beta - alpha * gamma
    den = beta + np.sqrt(np.maximum(disc, 0.0))
    real = (disc >= 0.0) & (den > 0.0)
    s = np.where(real, gamma / np.where(real, den, 1.0), np.inf)
    return np.asarray(np.where(gamma <= 0.0, 0.0, s))


def _side(f: FloatArray, a: FloatArray, b: FloatArray, n: FloatArray) -> FloatArray:
    """Positive where f lies on the inner side of the directed side a-b of a triangle with normal n."""
    return _dot(n, _cross(b - a, f - a))


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def retreat(u: FloatArray, count: npt.NDArray[np.int8]) -> tuple[FloatArray, BoolArray]:
    """Where centers go, (k, 3), so that balls stay tangent to their contacts' planes, and whether they are at rest.

    The velocity is the point nearest to the origin of the convex hull of the contacts, turned round and scaled.
    """
    w, rests = -u[:, 0], np.zeros(len(u), bool)
    many = np.flatnonzero(count > 1)
    if len(many):
        w[many], rests[many] = _retreat_of_many(np.ascontiguousarray(u[many].transpose(1, 2, 0)), count[many])
    return w, rests


def _retreat_of_many(u: FloatArray, count: npt.NDArray[np.int8]) -> tuple[FloatArray, BoolArray]:
    rests = np.zeros(len(count), bool)
    most = int(count.max())
    for i in range(most):
        for j in range(i):
            rests |= (i < count) & (_dot(u[i], u[j]) <= WALL_COSINE)
    best, w = np.full(len(count), np.inf), np.zeros((3, len(count)))

    def try_(v: FloatArray, fits: BoolArray) -> None:
        nonlocal best, w
        size = _dot(v, v)
        better = fits & (size < best)
        for m in range(most):
            better &= (m >= count) | (_dot(u[m], v) <= -1.0 + RECEDE_SLACK)
        best, w = np.where(better, size, best), np.where(better, v, w)

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # pairs that are at rest anyway
        for i in range(most):
            for j in range(i + 1, most):
                try_(-1.0 / (1.0 + _dot(u[i], u[j])) * (u[i] + u[j]), j < count)
                for k in range(j + 1, most):
                    v, fits = _three(u[i], u[j], u[k])
                    try_(v, fits & (k < count))
    rests |= best * (CRITICAL_GRADIENT * CRITICAL_GRADIENT) >= 1.0
    return np.where(rests, 0.0, w).T, rests


def _three(a: FloatArray, b: FloatArray, c: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Velocity at which three planes recede alike, and whether it lies opposite to all of their normals' cone."""
    x, y, z = _cross(b, c), _cross(c, a), _cross(a, b)
    det = _dot(a, x)
    solid = np.abs(det) >= FLAT_TRIPLE
    det = np.where(solid, det, 1.0)
    w = -(x + y + z) / det
    fits = solid & (_dot(w, x) / det <= 0.0) & (_dot(w, y) / det <= 0.0) & (_dot(w, z) / det <= 0.0)
    return w, fits


def kept(u: FloatArray, w: FloatArray) -> FloatArray:
    """Drop, of CONTACTS contacts, the one from which each ball recedes fastest; (k, CONTACTS + 1, 3)."""
    speed = u[:, :CONTACTS, 0] * w[:, :1] + u[:, :CONTACTS, 1] * w[:, 1:2] + u[:, :CONTACTS, 2] * w[:, 2:]
    worst = speed.argmin(axis=1)
    slot = np.arange(CONTACTS + 1)
    source = np.where(slot[None, :] >= worst[:, None], np.minimum(slot + 1, CONTACTS)[None, :], slot[None, :])
    return np.take_along_axis(u, source[:, :, None], axis=1)
