"""Was the model mirrored or turned on its way, or does it lie somewhere else?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import numpy.typing as npt

from ..finding import Finding, Severity
from ..mesh import FloatArray
from ..spatial import index_of
from ..spatial.sampling import area_samples
from .subject import Subject, not_run

SAMPLES = 4000
"""Points on the surface that are tried: a share of them is known to better than 2 %."""

BETTER_BY = 0.05
"""Another position must fit this much more of the surface: twice the uncertainty of the share and more."""

FITS = 0.5
"""A position that fits less than half of the surface is no fit."""

NEAR_SHARE = 0.01
"""Against a mesh, a point fits when it lies nearer than this share of the reference's diagonal."""

Fit = Callable[[FloatArray], float]
_AXES = ("left and right", "front and back", "top and bottom")


def check_mirrored(subject: Subject) -> list[Finding]:
    """Judge whether the surface fits better after mirroring (``mirrored``) or after a half turn (``placement``).

    Points of the model's surface are held against the reference as they are, and after every change of sign of the
    patient's axes about the middle of both. A shape that is its own mirror image passes: no one could tell.
    """
    reference = _reference(subject)
    if reference is None:
        advice = "Check against the segmentation."
        reason = "there is nothing to compare the model with."
        return [not_run("mirrored", reason, advice), not_run("placement", reason, advice)]
    fit, middle = reference
    points = area_samples(subject.seen, SAMPLES)
    own_middle = subject.seen.bounds.mean(axis=0)
    as_is = fit(points)
    trials = {}
    for signs in product((1.0, -1.0), repeat=3):
        turned = (points - own_middle) * signs
        trials[signs] = max(fit(turned + middle), fit(turned + own_middle))
    improper = max((signs for signs in trials if np.prod(signs) < 0), key=lambda signs: trials[signs])
    proper = max((signs for signs in trials if np.prod(signs) > 0), key=lambda signs: trials[signs])
    return [
        _mirrored(as_is, trials[proper], trials[improper], improper),
        _placement(as_is, trials[proper], trials[improper], proper),
    ]


def _mirrored(as_is: float, turned: float, mirrored: float, signs: tuple[float, ...]) -> Finding:
    measured = round(100.0 * mirrored, 1)
    limit = round(100.0 * as_is, 1)
    if mirrored >= FITS and mirrored > max(as_is, turned) + BETTER_BY:
        swapped = [name for name, sign in zip(_AXES, signs, strict=True) if sign < 0]
        which = "about a point" if len(swapped) == 3 else swapped[0]
        return Finding(
            "mirrored",
            Severity.FAIL,
            f"The model is a mirror image: mirrored back ({which}) {measured:g} % of its surface fits, as it is "
            f"{limit:g} %.",
            measured,
            limit,
            "%",
            advice="Mirror it back, and find the step that mirrored it. Never print it as it is.",
        )
    if max(as_is, turned) < FITS:
        reason = f"the model fits what it was made from neither as it is ({limit:g} %) nor mirrored ({measured:g} %)."
        return not_run("mirrored", reason, "Look at both in one view.")
    return Finding(
        "mirrored",
        Severity.PASS,
        f"The model is no mirror image: as it lies {limit:g} % of its surface fits, mirrored {measured:g} %.",
        measured,
        limit,
        "%",
    )


def _placement(as_is: float, turned: float, mirrored: float, signs: tuple[float, ...]) -> Finding:
    measured, limit = round(100.0 * as_is, 1), round(100.0 * FITS, 1)
    if turned >= FITS and turned > max(as_is, mirrored - BETTER_BY) + BETTER_BY:
        kept = [name for name, sign in zip(_AXES, signs, strict=True) if sign > 0]
        how = "moved" if len(kept) == 3 else f"turned by half a turn (only {kept[0]} stay)"
        hint = (
            " Right, anterior, superior coordinates were read as left, posterior, superior."
            if kept == [_AXES[2]]
            else ""
        )
        return Finding(
            "placement",
            Severity.FAIL,
            f"The model does not lie where it was made: {measured:g} % of its surface fits as it is, "
            f"{100 * turned:.1f} % when {how}.{hint}",
            measured,
            limit,
            "%",
            advice="Read the file again with the right coordinate system, or undo the move.",
        )
    if as_is < FITS:
        return Finding(
            "placement",
            Severity.WARN,
            f"Only {measured:g} % of the model's surface lies where it was made from.",
            measured,
            limit,
            "%",
            advice="It was changed much, moved or scaled. Look at both in one view.",
        )
    message = f"The model lies where it was made: {measured:g} % of its surface fits."
    return Finding("placement", Severity.PASS, message, measured, limit, "%")


def _reference(subject: Subject) -> tuple[Fit, FloatArray] | None:
    if subject.segmentation is not None and subject.segmentation.mask.any():
        return _label_fit(subject)
    if subject.against is None or subject.against.is_empty:
        return None
    index = index_of(subject.against)
    low, high = index.mesh.bounds
    near = NEAR_SHARE * float(np.linalg.norm(high - low))
    return lambda points: float((index.closest(points, near).faces >= 0).mean()), np.asarray((low + high) / 2.0)


def _label_fit(subject: Subject) -> tuple[Fit, FloatArray]:
    """Share of points that lie within a voxel of the label's border, and the middle of the label's box."""
    grid = subject.grid
    assert grid is not None
    background = ~grid.label

    def fit(points: FloatArray) -> float:
        voxels = grid.nearest(points)
        voxels = voxels[voxels >= 0]
        at_border = grid.any_near(grid.label, voxels) & grid.any_near(background, voxels)
        return float(np.count_nonzero(at_border)) / max(len(points), 1)

    return fit, _middle(grid.to_lps(_ends(grid.label)))


def _ends(label: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """First and last voxel of the label in every row: among them are its outermost in every direction."""
    rows = np.flatnonzero(label.any(axis=2))
    columns = label.shape[2]
    flat = label.reshape(-1, columns)[rows]
    first = flat.argmax(axis=1)
    last = columns - 1 - flat[:, ::-1].argmax(axis=1)
    return np.concatenate([rows * columns + first, rows * columns + last])


def _middle(points: FloatArray) -> FloatArray:
    return np.asarray((points.min(axis=0) + points.max(axis=0)) / 2.0)
