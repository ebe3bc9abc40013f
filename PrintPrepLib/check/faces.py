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
    collapsed = int(subject.collapsed.sum())
    longest = subject.side_mm[subject.edges.of_face].max(axis=1)
    flat = np.flatnonzero(2.0 * subject.area_mm2 <= FLAT_RATIO * longest**2)
    count = collapsed + len(flat)
    if not count:
        return Finding("degenerate-faces", Severity.PASS, "Every triangle has an area.", 0, 0, "triangles")
    if len(flat):
        worst = subject.seen.triangles[flat[0]]
    else:
        worst = subject.welded.triangles[subject.collapsed.argmax()]
    return Finding(
        "degenerate-faces",
        Severity.WARN,
        f"{plural(count, 'triangle has', 'triangles have')} no area ({collapsed} with two corners in one place).",
        count,
        0,
        "triangles",
        place(worst.mean(axis=0)),
        "Print programs drop them, and holes may open there. Repair the model.",
    )


def _duplicate(subject: Subject) -> Finding:
    # Two equal triangles share three edges: either there are more triangles at these, or the two are a shell alone.
    crowded = (subject.edges.face_count[subject.edges.of_face] > 2).any(axis=1)
    alone = np.bincount(subject.shells.of_face)[subject.shells.of_face] == 2
    suspect = np.flatnonzero(crowded | alone)
    faces = np.sort(subject.seen.faces[suspect].astype(np.int64), axis=1)
    key = np.stack([faces[:, 0] * max(len(subject.seen.vertices), 1) + faces[:, 1], faces[:, 2]], axis=1)
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
