"""Cutting marks into flat faces, with proof that each took what it should and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import GeometryError
from ...mesh import FloatArray
from ...progress import Progress, silent
from ..cut.plane import CutPlane, Point
from .letters import text_outline, text_solid
from .place import Spot

if TYPE_CHECKING:
    import manifold3d

VOLUME_SHARE = 1e-3
"""A mark must take its outline times its depth, to this share. Ours: rounding takes 1e-9; a corner of a letter that
hangs over an edge or breaks through takes more."""


@dataclass(frozen=True)
class FaceMark:
    """A text on a flat face of a part.

    Attributes
    ----------
    text : str
        As it is written.
    part : int
        Number of the part.
    seam : int
        Number of the seam whose face carries it.
    meaning : str
        ``"seam"`` (the other part carries the same) or ``"part"`` (the number of the part).
    at_mm : (3,)
        Middle of its box, on the face, LPS.
    right, outward : (3,)
        Unit vectors along the line and out of the face.
    height_mm, stroke_mm, depth_mm : float
        Size.
    """

    text: str
    part: int
    seam: int
    meaning: str
    at_mm: Point
    right: Point
    outward: Point
    height_mm: float
    stroke_mm: float
    depth_mm: float

    @property
    def matrix(self) -> FloatArray:
        """The text's own frame (x along the line, y up, z outward) to LPS, (3, 4)."""
        right, outward = np.array(self.right), np.array(self.outward)
        return np.stack([right, np.cross(outward, right), outward, np.array(self.at_mm)], axis=1)

    @property
    def volume_mm3(self) -> float:
        """What the mark takes away: area of its outline times its depth."""
        outline = text_outline(self.text, height_mm=self.height_mm, stroke_mm=self.stroke_mm)
        return float(outline.area()) * self.depth_mm

    def solid(self) -> manifold3d.Manifold:
        """The tool that cuts it, in its place; it reaches a little out of the face."""
        tool = text_solid(self.text, height_mm=self.height_mm, depth_mm=self.depth_mm, stroke_mm=self.stroke_mm)
        return tool.transform(self.matrix)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "text": self.text,
            "part": self.part,
            "seam": self.seam,
            "meaning": self.meaning,
            "at_mm": list(self.at_mm),
            "right": list(self.right),
            "outward": list(self.outward),
            "height_mm": self.height_mm,
            "stroke_mm": self.stroke_mm,
            "depth_mm": self.depth_mm,
        }


@dataclass(frozen=True, eq=False)
class Engraved:
    """A part with its marks.

    Attributes
    ----------
    solid : manifold3d.Manifold
        The part.
    removed_mm3 : (k,)
        Measured volume that each mark took.
    expected_mm3 : (k,)
        Area of its outline times its depth.
    """

    solid: manifold3d.Manifold
    removed_mm3: tuple[float, ...]
    expected_mm3: tuple[float, ...]


def on_face(spot: Spot, face: CutPlane, *, above: bool, part: int, seam: int, meaning: str) -> FaceMark:
    """Put a text where it stands in a plane onto a face.

    Parameters
    ----------
    spot : Spot
        In the local coordinates of the plane.
    face : CutPlane
        Plane of the face, its axes those of the spot.
    above : bool
        The part lies above the plane, so that one looks at its face against the first axis: the line runs the other
        way there, and the text reads right on both faces of a seam.
    part, seam : int
        Numbers.
    meaning : str
        See :class:`FaceMark`.
    """
    first, second, normal = face.axes
    turn = np.radians(spot.turn_deg)
    sign = -1.0 if above else 1.0
    right = sign * (np.cos(turn) * first + np.sin(turn) * second)
    at = face.to_world(np.array([spot.at_mm]))[0]
    return FaceMark(
        spot.text, part, seam, meaning, _point(at), _point(right), _point(sign * normal), spot.height_mm,
        spot.stroke_mm, spot.depth_mm,
    )  # fmt: skip


def engrave(part: manifold3d.Manifold, marks: Sequence[FaceMark], progress: Progress = silent) -> Engraved:
    """Cut marks into a part and measure what each took.

    Raises
    ------
    GeometryError
        A mark takes more or less than its outline times its depth (it hangs over an edge, meets another mark, a pin or
        a hole, or the face is not where it should be), or it breaks through the part.
    """
    import manifold3d

    if not marks:
        return Engraved(part, (), ())
    tools = [mark.solid() for mark in marks]
    expected = tuple(mark.volume_mm3 for mark in marks)
    removed = []
    for index, (mark, tool) in enumerate(zip(marks, tools, strict=True)):
        progress(index / (len(marks) + 1), f"Engraving '{mark.text}'")
        removed.append(float((part ^ tool).volume()))
        if not abs(removed[-1] - expected[index]) <= VOLUME_SHARE * expected[index]:
            raise GeometryError(
                f"The mark '{mark.text}' cannot be cut at {_words(mark.at_mm)}: it would take {removed[-1]:.2f} mm3 "
                f"instead of {expected[index]:.2f}, so it hangs over an edge or the face is not flat there. Choose "
                "another place, or make it smaller."
            )
    progress(len(marks) / (len(marks) + 1), "Engraving")
    result = part - manifold3d.Manifold.batch_boolean(tools, manifold3d.OpType.Add)
    taken = float(part.volume() - result.volume())
    names = ", ".join(f"'{mark.text}'" for mark in marks)
    if not abs(taken - sum(expected)) <= VOLUME_SHARE * min(expected):
        raise GeometryError(
            f"The marks {names} together take {taken:.2f} mm3 instead of {sum(expected):.2f}: two of them overlap."
        )
    if result.genus() != part.genus() or len(result.decompose()) != len(part.decompose()):
        raise GeometryError(f"One of the marks {names} breaks through the part. Make it less deep, or leave it out.")
    return Engraved(result, tuple(removed), expected)


def _words(point: Point) -> str:
    return ", ".join(f"{value:.1f}" for value in point)


def _point(values: FloatArray) -> Point:
    x, y, z = (float(value) for value in values)
    return x, y, z
