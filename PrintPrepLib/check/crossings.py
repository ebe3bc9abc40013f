"""Triangles that cross others, counted exactly; and those that only touch, as MeshLab counts them."""

from __future__ import annotations

import numpy as np

from ..finding import Finding, Severity
from .subject import Subject, place, plural


def check_crossings(subject: Subject) -> list[Finding]:
    """Judge whether the surface crosses itself; ``where`` is the triangle that crosses most others."""
    faces, pairs = subject.crossings.faces, subject.crossings.pairs
    contacts = len(subject.contacts.faces)
    if not len(faces) and contacts:
        return [
            Finding(
                "self-intersections",
                Severity.WARN,
                f"No triangle passes through another, but {plural(contacts, 'touches', 'touch')} another closely "
                "enough that programs with rounding (MeshLab) count it as crossing.",
                contacts,
                0,
                "triangles",
                place(subject.seen.triangles[int(subject.contacts.faces[0])].mean(axis=0)),
                "Usually harmless: flat faces oblique in space. If a print program complains, repair the model.",
            )
        ]
    if not len(faces):
        return [Finding("self-intersections", Severity.PASS, "The surface does not cross itself.", 0, 0, "triangles")]
    worst = int(np.bincount(pairs.ravel()).argmax())
    return [
        Finding(
            "self-intersections",
            Severity.FAIL,
            f"The surface crosses itself: {plural(len(faces), 'triangle takes', 'triangles take')} part in "
            f"{plural(len(pairs), 'crossing')}.",
            len(faces),
            0,
            "triangles",
            place(subject.seen.triangles[worst].mean(axis=0)),
            "Join overlapping parts into one solid, or repair the model.",
        )
    ]
