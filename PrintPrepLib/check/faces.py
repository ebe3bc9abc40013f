"""Triangles without area, and triangles that are there twice."""

from __future__ import annotations

import numpy as np

from ..finding import Finding, Severity
from .subject import Subject, place, plural

FLAT_RATIO = 1e-6
"""A triangle whose height is less than this share of its longest side has no area: single precision, in which files
are written, cannot tell such a height from none."""


def check_faces(subject: Subject) -> list[Finding]:
    """Judge the triangles one by one."""
    return [_degenerate(subject), _duplicate(subject)]


def _degenerate(subject: Subject) -> Finding:
    corners = subject.welded.triangles
    sides = np.roll(corners, -1, axis=1) - corners
    longest = np.sqrt(np.einsum("ijk,ijk->ij", sides, sides).max(axis=1))
    twice_area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
    flat = np.flatnonzero(subject.collapsed | (twice_area <= FLAT_RATIO * longest**2))
    if not len(flat):
        return Finding("degenerate-faces", Severity.PASS, "Every triangle has an area.", 0, 0, "triangles")
    collapsed = int(subject.collapsed.sum())
    return Finding(
        "degenerate-faces",
        Severity.WARN,
        f"{plural(len(flat), 'triangle has', 'triangles have')} no area ({collapsed} with two corners in one place).",
        len(flat),
        0,
        "triangles",
        place(corners[flat[0]].mean(axis=0)),
        "Print programs drop them, and holes may open there. Repair the model.",
    )


def _duplicate(subject: Subject) -> Finding:
    faces = np.sort(subject.seen.faces.astype(np.int64), axis=1)
    size = max(len(subject.seen.vertices), 1)
    # Only triangles at an edge of more than two can be there twice; two that are all alone have edges of two each.
    count = subject.edges.face_count[subject.edges.of_face]
    suspect = np.flatnonzero((count >= 2).all(axis=1))
    key = np.stack([faces[suspect, 0] * size + faces[suspect, 1], faces[suspect, 2]], axis=1)
    order = np.lexsort((key[:, 1], key[:, 0]))
    again = (key[order][1:] == key[order][:-1]).all(axis=1)
    twice = suspect[order[1:][again]]
    if not len(twice):
        return Finding("duplicate-faces", Severity.PASS, "No triangle is there twice.", 0, 0, "triangles")
    return Finding(
        "duplicate-faces",
        Severity.FAIL,
        f"{plural(len(twice), 'triangle is', 'triangles are')} there more than once.",
        len(twice),
        0,
        "triangles",
        place(subject.seen.triangles[twice.min()].mean(axis=0)),
        "Repair the model, then check again.",
    )
