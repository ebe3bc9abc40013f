"""A plan to split: cuts in their order, parts with the pose in which each fits, and why fewer cuts cannot do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...mesh import FloatArray
from ..cut.plane import CutPlane
from .bed import Fit
from .score import CutScore


@dataclass(frozen=True, eq=False)
class PartNode:
    """A finished part; ``landmarks_mm`` (k, 3) are points on its surface by which its bodies are known."""

    part: int
    landmarks_mm: FloatArray


@dataclass(frozen=True, eq=False)
class CutNode:
    """A piece that a cut divides into those below and those above; several on a side are bodies apart."""

    cut: int
    plane: CutPlane
    below: tuple[PartNode | CutNode, ...]
    above: tuple[PartNode | CutNode, ...]
    landmarks_mm: FloatArray


Node = PartNode | CutNode


@dataclass(frozen=True)
class PlannedCut:
    """One cut. ``below`` and ``above`` are the parts into which the piece that it divides ends up, by number."""

    number: int
    plane: CutPlane
    below: tuple[int, ...]
    above: tuple[int, ...]
    score: CutScore

    def words(self) -> str:
        """Say it to a person."""
        return f"Cut {self.number} parts {parts_words(self.below)} from {parts_words(self.above)}: {self.score.words()}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "number": self.number,
            "point_mm": list(self.plane.point_mm),
            "normal": list(self.plane.normal),
            "below": list(self.below),
            "above": list(self.above),
            "score": self.score.to_dict(),
        }


@dataclass(frozen=True)
class PlannedPart:
    """One part: number (1 is the largest), bodies that it consists of, volume, and the pose in which it fits."""

    number: int
    bodies: int
    volume_mm3: float
    fit: Fit

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "number": self.number,
            "bodies": self.bodies,
            "volume_ml": self.volume_mm3 / 1000.0,
            "fit": self.fit.to_dict(),
        }


@dataclass(frozen=True)
class Rejected:
    """A cut that was carried out in the search and given up, with the reason."""

    plane: CutPlane
    reason: str


@dataclass(frozen=True, eq=False)
class SplitPlan:
    """Where to cut.

    Attributes
    ----------
    cuts : tuple of PlannedCut
        In the order to be made: a piece is cut before its pieces are.
    parts : tuple of PlannedPart
        The largest first.
    roots : tuple of PartNode or CutNode
        The same as a tree, for :func:`~PrintPrepLib.shape.split.carve.carve`. More than one where the model consists
        of bodies that do not fit together.
    least_cuts : int
        Number of cuts that no plan can do without.
    proven : bool
        True when ``least_cuts`` equals the number of cuts. Otherwise fewer cuts were sought in vain, which is no proof.
    reason : str
        Why not fewer, in words.
    rejected : tuple of Rejected
        The first of those given up.
    tried : tuple of int
        Planes looked at, planes carried out.
    notes : tuple of str
        What the user should know: loose pieces, cuts without room for pins.
    """

    volume_mm: tuple[float, float, float]
    margin_mm: float
    cuts: tuple[PlannedCut, ...]
    parts: tuple[PlannedPart, ...]
    roots: tuple[Node, ...]
    least_cuts: int
    proven: bool
    reason: str
    rejected: tuple[Rejected, ...] = ()
    tried: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def planes(self) -> tuple[CutPlane, ...]:
        """Planes of the cuts in their order."""
        return tuple(cut.plane for cut in self.cuts)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "volume_mm": list(self.volume_mm),
            "margin_mm": self.margin_mm,
            "cuts": [cut.to_dict() for cut in self.cuts],
            "parts": [part.to_dict() for part in self.parts],
            "least_cuts": self.least_cuts,
            "proven": self.proven,
            "reason": self.reason,
            "planes_looked_at": self.tried[0],
            "planes_carried_out": self.tried[1],
            "rejected": [
                {"point_mm": list(one.plane.point_mm), "normal": list(one.plane.normal), "reason": one.reason}
                for one in self.rejected
            ],
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
        }


def parts_of(node: Node) -> tuple[int, ...]:
    """Numbers of the parts below a node, ascending."""
    if isinstance(node, PartNode):
        return (node.part,)
    return tuple(sorted(number for child in (*node.below, *node.above) for number in parts_of(child)))


def bodies_words(count: int) -> str:
    """Say that a model consists of several bodies."""
    return (
        f"The model consists of {count} bodies apart before it is cut, and those stay loose in its parts. Run the "
        "command 'fragments' first to keep the largest, unless the others are wanted."
    )


def parts_words(numbers: tuple[int, ...]) -> str:
    """``part 1``, or ``parts 1, 2 and 3``."""
    if len(numbers) == 1:
        return f"part {numbers[0]}"
    return f"parts {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
