"""Finding room for one label, and putting it there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ...progress import Progress
from ...receipt import plain
from ...spatial import index_of
from .build import Measured, put
from .fit import Fitted, fit_label
from .ground import NoRoom
from .layout import Content, Outline, outline
from .places import SIDES, Away, Surroundings, calm_places, up_of
from .rules import LABEL_DEPTH_MM, LABEL_HEIGHT_MM, Rules
from .smooth import smooth_surface

if TYPE_CHECKING:
    import manifold3d

FAR_MM = 5.0
"""A given place may lie this far from the surface. Ours: what a click through a few voxels misses; more is an error."""
LADDER = 0.85
"""Where the wanted height does not fit, each next try has this share of it."""
LEAST_READABLE_MM = 2.5
"""No letters lower than this are tried: Materialise design guidelines (page on TPU)."""
DEPTH_STROKES = 3.0
"""Where no depth is asked for, at most so many of the narrowest strokes: thinner ridges break, deeper slots stay full
of resin or powder. Ours: at 7.5 mm height it is above 3 mm, so that the reading rule holds."""
SLACK = 0.98
"""A depth this near to the wanted one counts as it."""
MOST_SHALLOW = 8
"""So many places that bear less than the wanted depth are compared before the deepest of them is taken."""
CODE_MODULES = 1.5
"""Depth of a code in modules where none is asked for. Ours: light from the side at 35 degrees fills a square of one
module with shadow, so that an engraved code can be read in one color."""


@dataclass(frozen=True)
class Wishes:
    """What holds for all labels of a step.

    Attributes
    ----------
    rules : Rules
        Of the process.
    height_mm, depth_mm : float or None
        As asked for.
    least_mm : float
        Height below which strokes are too thin.
    engraved : bool
    up : (3,) or None
        Where the tops of the letters point.
    """

    rules: Rules
    height_mm: float | None
    least_mm: float
    depth_mm: float | None
    engraved: bool
    up: Sequence[float] | None


@dataclass(frozen=True, eq=False)
class Job:
    """One label to place; ``at_mm`` None looks for a place, on a side of the patient where one is given."""

    content: Content
    wishes: Wishes
    at_mm: FloatArray | None
    side: str
    turn_deg: float

    def heights(self) -> list[float]:
        """Heights to try, the wanted one first."""
        if self.wishes.height_mm is not None:
            return [self.wishes.height_mm]
        least = max(self.wishes.least_mm, LEAST_READABLE_MM)
        out = [max(LABEL_HEIGHT_MM, least)]
        while out[-1] > least * (1.0 + 1e-9):
            out.append(max(least, LADDER * out[-1]))
        return out

    def depth_for(self, laid: Outline) -> float:
        """Depth to try."""
        if self.wishes.depth_mm is not None:
            return self.wishes.depth_mm
        depth = min(LABEL_DEPTH_MM, DEPTH_STROKES * laid.stroke_mm)
        modules = [float(item["module_mm"]) for item in laid.items if "module_mm" in item]
        return max(self.wishes.rules.depth_mm, min([depth, *(CODE_MODULES * module for module in modules)]))


@dataclass(frozen=True, eq=False)
class Placed:
    """One label on the model."""

    job: Job
    fitted: Fitted
    measured: Measured
    wanted_depth_mm: float
    side_share: float | None
    side_facing: float | None

    @property
    def at_mm(self) -> FloatArray:
        """Its middle."""
        return np.asarray(self.fitted.patch.at(np.zeros(1), np.zeros(1))[0][0])

    @property
    def radius_mm(self) -> float:
        """From its middle to its corners, with its margin."""
        laid = self.fitted.outline
        return 0.5 * float(np.hypot(laid.width_mm, laid.height_mm)) + self.job.wishes.rules.margin_mm

    @property
    def height_mm(self) -> float:
        """Height of its capitals."""
        return self.fitted.outline.letter_mm

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        laid, found = self.fitted.outline, self.measured
        right, up, outward = self.fitted.patch.frame
        out: dict[str, Any] = plain({
            "kind": "mark" if self.job.side else "label",
            "anatomy": False,
            "text": self.job.content.text, "code": self.job.content.code, "bar_mm": self.job.content.bar_mm or None,
            "style": "engraved" if self.fitted.engraved else "raised",
            "place": "given" if self.job.at_mm is not None else "found",
            "at_mm": self.at_mm, "right": right, "up": up, "outward": outward,
            "width_mm": laid.width_mm, "box_height_mm": laid.height_mm, "height_mm": laid.letter_mm,
            "narrowest_stroke_mm": laid.stroke_mm,
            "narrowest_slit_mm": laid.slit_mm,
            "depth_asked_mm": self.wanted_depth_mm, "depth_mm": self.fitted.depth_mm,
            "depth_measured_mm": {"least": found.depth_mm[0], "median": found.depth_mm[1], "most": found.depth_mm[2],
                                  "rays": found.rays},
            "wall_left_mm": found.wall_mm,
            "volume_mm3": found.volume_mm3, "expected_volume_mm3": found.expected_mm3,
            "surface": "flat" if self.fitted.patch.plane is not None else "curved",
            "turn_deg": self.fitted.patch.turn_deg, "roughness_mm": self.fitted.ground.rough_mm,
            "items": laid.items,
            "side": None if not self.job.side else {
                "letter": self.job.side, "from_middle_share": self.side_share, "facing": self.side_facing,
            },
        })  # fmt: skip
        return out


def place_label(
    original: Mesh, mesh: Mesh, solid: manifold3d.Manifold, around: Surroundings | None, job: Job, away: Away,
    progress: Progress,
) -> tuple[manifold3d.Manifold, Mesh, Placed]:  # fmt: skip
    """Put one label onto a model.

    Parameters
    ----------
    original : Mesh
        The model without labels: places are looked for on it.
    mesh, solid : Mesh, Manifold
        The model with the labels before.
    around : Surroundings or None
        Needed where a place is looked for.

    Raises
    ------
    GeometryError
        There is no room, or the result is not what it should be.
    """
    refusals = [""]
    for height in job.heights():
        progress(0.1, "Looking for a place" if job.at_mm is None else "Laying the label on the surface")
        rules = job.wishes.rules
        laid = outline(job.content, letter_mm=height, stroke_mm=rules.stroke_mm, gap_mm=rules.gap_mm)
        wanted = job.depth_for(laid)
        for fitted in _best_first(_fits(original, mesh, around, job, laid, wanted, away, refusals, progress), wanted):
            try:
                new, out, measured = put(mesh, solid, fitted)
            except GeometryError as error:
                if job.at_mm is not None:
                    raise
                refusals.append(str(error))
                continue
            return new, out, _placed(original, job, fitted, measured, wanted)
    raise GeometryError(_no_room(job, refusals[-1]))


def _fits(
    original: Mesh, mesh: Mesh, around: Surroundings | None, job: Job, laid: Outline, wanted: float, away: Away,
    refusals: list[str], progress: Progress,
) -> Iterator[Fitted]:  # fmt: skip
    """Lay the label on one place after the other; why it does not fit is added to the refusals."""
    wishes = job.wishes
    for at, outward in _spots(original, around, job, laid, away):
        progress(0.4, "Laying the label on the surface")
        up = up_of(outward, wishes.up, job.turn_deg)
        try:
            yield fit_label(mesh, at, outward, up, laid, depth_mm=wanted, engraved=wishes.engraved, rules=wishes.rules)
        except NoRoom as reason:
            refusals.append(str(reason))


def _best_first(fits: Iterator[Fitted], wanted: float) -> Iterator[Fitted]:
    """Those that are as deep as wanted as they come; where several in a row are not, the deepest of these first."""
    shallow: list[Fitted] = []
    for fitted in fits:
        if fitted.depth_mm >= SLACK * wanted:
            yield fitted
        else:
            shallow.append(fitted)
            if len(shallow) >= MOST_SHALLOW:
                break
    yield from sorted(shallow, key=lambda fitted: -fitted.depth_mm)


def _spots(
    mesh: Mesh, around: Surroundings | None, job: Job, laid: Outline, away: Away
) -> Iterator[tuple[FloatArray, FloatArray]]:
    if job.at_mm is not None:
        yield _given(mesh, job.at_mm, laid)
        return
    assert around is not None
    margin = 2.0 * job.wishes.rules.margin_mm
    size = (laid.width_mm + margin, laid.height_mm + margin)
    yield from calm_places(around, size, away, up=job.wishes.up, turn_deg=job.turn_deg, side=job.side)


def _given(mesh: Mesh, at: FloatArray, laid: Outline) -> tuple[FloatArray, FloatArray]:
    """The place on the surface nearest to a given one, and the outward direction of the surface round about."""
    found = index_of(mesh).closest(at[None])
    if float(found.distance_mm[0]) > FAR_MM:
        raise GeometryError(
            f"The place {_words(at)} lies {float(found.distance_mm[0]):.1f} mm from the surface. Give a place on it, "
            "in millimeters of the patient's axes (LPS)."
        )
    place, outward = found.points[0], mesh.face_normals()[found.faces[0]]
    surface = smooth_surface(mesh, place, laid.letter_mm, max(1.0, 0.4 * laid.letter_mm))
    if surface is not None:
        _, normals, ok = surface.project(place[None], outward[None])
        if ok.all():
            outward = normals[0]
    return place, outward


def _placed(mesh: Mesh, job: Job, fitted: Fitted, measured: Measured, wanted: float) -> Placed:
    if not job.side:
        return Placed(job, fitted, measured, wanted, None, None)
    direction = np.array(SIDES[job.side])
    low, high = mesh.bounds
    middle, half = 0.5 * (low + high) @ direction, 0.5 * float(np.abs((high - low) @ direction))
    place = fitted.patch.at(np.zeros(1), np.zeros(1))[0][0]
    share, facing = float(place @ direction - middle) / half, float(fitted.patch.frame[2] @ direction)
    if not (share > 0.0 and facing > 0.0):
        raise GeometryError(f"The mark {job.side} would not stand on its side of the model. It was not made.")
    return Placed(job, fitted, measured, wanted, share, facing)


def _no_room(job: Job, why: str) -> str:
    what = f"the mark {job.side}" if job.side else "the label"
    where = "anywhere that was looked at" if job.at_mm is None else f"at {_words(job.at_mm)}"
    reason = f" The last reason: {why}." if why else " No calm piece of surface is large enough."
    low = min(job.heights())
    return (
        f"There is no room for {what} {where}, down to letters of {low:.1f} mm.{reason} Make it shorter, divide it "
        "into lines, give another place with --at, or put it on a stand."
    )


def _words(point: FloatArray) -> str:
    return ", ".join(f"{value:.1f}" for value in point)
