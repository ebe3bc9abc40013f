"""Candidates for how a model lies, ranked, and the choice in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray, Mesh
from ...profiles.processes import Process
from ...progress import Progress, silent
from ...shape.split.bed import MARGIN_MM, usable_mm
from .directions import EVEN, Direction, candidates, distinct, tilted
from .measure import Measures, measure
from .score import PROTECTED_GRACE, Score, score, support_mm3, weights_of
from .surface import NOTHING, SAMPLES, Protected, Surface, surface_of

REFINED = 3
"""Best candidates round which tilted ones are tried."""
TILTS_DEG = (12.0, 5.0)
"""Tilts of the two rounds: half the spacing of the even directions, then less."""
LEAST_GAIN = 0.02
"""A better score by less than this is no reason to leave the way the model lies, or a flat face."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way to lay the model.

    ``free`` says that no support touches protected surface. ``number`` is its rank, from 1.
    """

    number: int
    direction: Direction
    measures: Measures
    score: Score
    free: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        m = self.measures
        return {
            "number": self.number,
            "name": self.direction.origin,
            "side": self.direction.side,
            "up": [round(float(value), 6) for value in self.direction.up],
            "rotation": m.rotation.tolist(),
            "size_mm": [round(side, 3) for side in m.size_mm],
            "height_mm": round(m.size_mm[2], 3),
            "overhang_cm2": round(m.overhang_mm2 / 100.0, 3),
            "support_space_ml": round(m.support_mm3 / 1000.0, 3),
            "touched_cm2": round(m.touched_mm2 / 100.0, 3),
            "protected_touched_cm2": round(m.protected_mm2 / 100.0, 4),
            "protected_free": self.free,
            "bed_contact_cm2": round(m.bed_mm2 / 100.0, 3),
            "footprint_cm2": round(m.base_mm2 / 100.0, 3),
            "tip_deg": round(m.tip_deg, 2),
            "fits": m.fits,
            "excess_mm": None if m.excess_mm is None else round(m.excess_mm, 3),
            "score": self.score.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class Orientations:
    """All candidates, the best first.

    Attributes
    ----------
    candidates : tuple of Candidate
        Ranked: what fits before what does not, what leaves protected surfaces free before what does not, then by score.
    as_it_lies : Candidate
        The model as it was given.
    process : Process
        What it is printed with.
    surface : Surface
        What was measured.
    words : tuple of str
        The choice, explained.
    warnings : tuple of str
        What is not as it should be.
    """

    candidates: tuple[Candidate, ...]
    as_it_lies: Candidate
    process: Process
    surface: Surface
    words: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def chosen(self) -> Candidate:
        """The best."""
        return self.candidates[0]

    def support_ml(self, candidate: Candidate) -> float:
        """Support material of a candidate by the density of supports of the process."""
        return support_mm3(self.process, candidate.measures) / 1000.0

    def to_dict(self, most: int | None = None) -> dict[str, Any]:
        """Return plain JSON values with the best ``most`` candidates."""
        weights = weights_of(self.process)
        return {
            "chosen": self.chosen.to_dict(),
            "as_it_lies": self.as_it_lies.to_dict(),
            "tried": len(self.candidates),
            "candidates": [candidate.to_dict() for candidate in self.candidates[:most]],
            "weights": {
                "support": weights.support, "touched": weights.touched, "height": weights.height,
                "tipping": weights.tipping, "why": weights.why,
            },
            "support_ml": round(self.support_ml(self.chosen), 3),
            "overhang_deg": overhang_deg(self.process),
            "protected_cm2": round(self.surface.protected_mm2 / 100.0, 3),
            "why": list(self.words),
            "warnings": list(self.warnings),
        }  # fmt: skip


def overhang_deg(process: Process) -> float | None:
    """Angle from the level below which a downward surface needs support; None where nothing does."""
    if not process.needs_supports:
        return None
    if process.overhang is None:
        raise InputError(
            f"Nobody states from which angle on overhangs need support in {process.title}: add 'overhang' with its "
            "source to the lab's own profiles."
        )
    return process.overhang.value


def find_orientations(
    mesh: Mesh,
    process: Process,
    *,
    build_volume_mm: Sequence[float] | None = None,
    margin_mm: float = MARGIN_MM,
    protected: Protected = NOTHING,
    even: int = EVEN,
    samples: int = SAMPLES,
    progress: Progress = silent,
) -> Orientations:
    """Try orientations of a model and rank them.

    Parameters
    ----------
    mesh : Mesh
        LPS mm. Closed, or the center of mass is that of the surface.
    process : Process
        Decides from which angle on overhangs need support, and what weighs.
    build_volume_mm : three floats, optional
        Width, depth and height of the printer.
    margin_mm : float
        Kept free on each side.
    protected : Protected
        Surfaces that no support and not the bed may touch.
    even : int
        Evenly spread directions, besides flat faces, principal axes and the way the model lies.
    samples : int
        Points that stand for the surface.

    Raises
    ------
    GeometryError
        The model is empty.
    InputError
        Nothing of the model is in the protected places, or the build volume cannot be used.
    """
    progress(0.0, "Sampling the surface")
    surface = surface_of(mesh, protected, samples)
    room = None if build_volume_mm is None else usable_mm(build_volume_mm, margin_mm)
    angle = overhang_deg(process)
    grace = PROTECTED_GRACE * surface.share_mm2

    def ranked(found: list[Direction], start: float, stop: float) -> list[Candidate]:
        out = []
        for number, item in enumerate(found):
            progress(start + (stop - start) * number / len(found), "Trying orientations")
            measured = measure(surface, item.up, angle, None if room is None else room.tolist())
            out.append(Candidate(0, item, measured, score(surface, measured, process), measured.protected_mm2 <= grace))
        return out

    tried = ranked(candidates(surface, even), 0.05, 0.7)
    for step, tilt in enumerate(TILTS_DEG):
        best = sorted(tried, key=_order)[:REFINED]
        known = [candidate.direction for candidate in tried]
        new = distinct(known + [item for top in best for item in tilted(top.direction, tilt)])[len(known) :]
        tried += ranked(new, 0.7 + 0.15 * step, 0.85 + 0.15 * step)
    tried.sort(key=_order)
    tried = _simplest_first(tried)
    numbered = tuple(
        Candidate(number, one.direction, one.measures, one.score, one.free) for number, one in enumerate(tried, 1)
    )
    first = next(one for one in numbered if one.direction.origin == "as it lies")
    progress(1.0, "Orientations ranked")
    return Orientations(
        numbered, first, process, surface, _words(numbered, first, process), _warnings(numbered[0], surface, protected)
    )


def laid(mesh: Mesh, rotation: FloatArray) -> tuple[Mesh, FloatArray]:
    """Lay a model: turned, its lowest point on the bed at height 0, its middle above the origin.

    Returns
    -------
    mesh : Mesh
        In the printer's coordinates, mm: no longer in those of the patient.
    matrix : (4, 4) float64
        From the model's coordinates (LPS) to the printer's; rigid, so the model is neither mirrored nor scaled.
    """
    points = mesh.vertices @ rotation.T
    used = points[mesh.used_vertices]
    low, high = used.min(axis=0), used.max(axis=0)
    shift = -np.array([(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0, low[2]])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, shift
    return mesh.with_vertices(points + shift), matrix


def _order(candidate: Candidate) -> tuple[bool, bool, float, float]:
    fits = candidate.measures.fits
    blocked = 0.0 if candidate.free else candidate.measures.protected_mm2
    return fits is False, not candidate.free, blocked, candidate.score.total


def _simplest_first(tried: list[Candidate]) -> list[Candidate]:
    """Prefer the way it lies, then a flat face, to what is hardly better."""
    best = tried[0]
    for simple in ("as it lies", "on flat face"):
        for place, one in enumerate(tried[1:], 1):
            same = _order(one)[:3] == _order(best)[:3]
            if same and one.direction.origin.startswith(simple) and one.score.total - best.score.total <= LEAST_GAIN:
                return [one, *tried[:place], *tried[place + 1 :]]
        if best.direction.origin.startswith(simple):
            break
    return tried


def _words(ranked: tuple[Candidate, ...], first: Candidate, process: Process) -> tuple[str, ...]:
    best = ranked[0]
    m, f = best.measures, first.measures
    lines = [
        f"Chosen of {len(ranked)}: {best.direction.side} ({best.direction.origin}), {m.size_mm[2]:.1f} mm high. "
        f"{weights_of(process).why}"
    ]
    if best is first:
        lines.append("No other orientation tried is better by enough to be worth turning it.")
    else:
        lines.append(
            f"Against the way it lies: height {f.size_mm[2]:.1f} -> {m.size_mm[2]:.1f} mm"
            + (
                f", space under overhangs {f.support_mm3 / 1000.0:.1f} -> {m.support_mm3 / 1000.0:.1f} ml, surface "
                "that "
                f"supports touch {f.touched_mm2 / 100.0:.1f} -> {m.touched_mm2 / 100.0:.1f} cm2"
                if process.needs_supports
                else ""
            )
            + "."
        )
    rejected = [one for one in ranked if one.score.total < best.score.total - LEAST_GAIN]
    reasons = (
        (sum(one.measures.fits is False for one in rejected), "they do not fit the printer"),
        (sum(one.measures.fits is not False and not one.free for one in rejected), "they touch protected surface"),
    )
    lines += [
        f"{count} with a better score {'was' if count == 1 else 'were'} left out: {why}."
        for count, why in reasons
        if count
    ]
    return tuple(lines)


def _warnings(best: Candidate, surface: Surface, protected: Protected) -> tuple[str, ...]:
    out = []
    if best.measures.fits is False:
        out.append(
            f"In no orientation tried does it fit: the best is {best.measures.excess_mm:.1f} mm too long. Split it, "
            "or take "
            "a larger printer."
        )
    if not best.free:
        out.append(
            "No orientation tried leaves the protected surface wholly free: here "
            f"{best.measures.protected_mm2 / 100.0:.2f} of "
            f"{surface.protected_mm2 / 100.0:.2f} cm2 are touched. Protect less, print with a process without "
            "supports, or "
            "split the model."
        )
    elif not protected.is_empty and best.measures.protected_mm2 > 0.0:
        out.append("The rim of the protected surface is touched, within what the samples can tell.")
    if not surface.closed:
        out.append(
            "The surface is not closed: its center of mass, and so how firmly it stands, is a guess. Repair it first."
        )
    return tuple(out)
