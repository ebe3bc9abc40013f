"""In which order the parts are put together, and from where each is put on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...mesh import FloatArray
from ..cut.plane import Point
from .plan import Node, PartNode, SplitPlan, parts_of, parts_words

if TYPE_CHECKING:
    import manifold3d

SIDES: tuple[tuple[Point, str, str], ...] = (
    ((1.0, 0.0, 0.0), "from the left", "left"),
    ((-1.0, 0.0, 0.0), "from the right", "right"),
    ((0.0, 1.0, 0.0), "from behind", "posterior"),
    ((0.0, -1.0, 0.0), "from the front", "anterior"),
    ((0.0, 0.0, 1.0), "from above", "superior"),
    ((0.0, 0.0, -1.0), "from below", "inferior"),
)
"""LPS directions as the patient's own sides."""
SECOND_SIDE = 0.38
"""A direction that leans more than this (the sine of 22.5 degrees) to a second side is named by both."""
WAY_STEPS = 12
"""Places along the way in which two bodies on the same side of a cut are tried against each other."""
TOUCH_SHARE = 1e-9
"""Overlap below this share of the smaller body's volume is rounding."""


@dataclass(frozen=True)
class Step:
    """One move: ``moving`` parts (joined before, where several) are put onto ``onto``, coming from ``side``.

    Attributes
    ----------
    number : int
        Starts at 1.
    moving, onto : tuple of int
        Numbers of parts.
    cut : int
        Number of the cut whose faces meet.
    motion : (3,)
        Unit vector of the move, LPS: along the normal of the cut.
    clear : bool
        The way along it is free of everything already in place. Certain for the two sides of a plane; tried by steps
        for bodies on the same side of it.
    """

    number: int
    moving: tuple[int, ...]
    onto: tuple[int, ...]
    cut: int
    motion: Point
    clear: bool = True

    def words(self) -> str:
        """Say it to a person."""
        moving, onto = parts_words(self.moving), parts_words(self.onto)
        joined = ", already joined," if len(self.moving) > 1 else ""
        text = f"Put {moving}{joined} onto {onto} {side_words(-np.array(self.motion))}."
        return text if self.clear else text + " The way may be blocked: try it with the printed parts before gluing."

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "number": self.number,
            "moving": list(self.moving),
            "onto": list(self.onto),
            "cut": self.cut,
            "motion": list(self.motion),
            "clear": self.clear,
            "words": self.words(),
        }


def assembly_order(plan: SplitPlan, solids: tuple[manifold3d.Manifold, ...] | None = None) -> tuple[Step, ...]:
    """Undo the cuts from the last to the first, the smaller group onto the larger one.

    What lies on the two sides of a plane can always be brought together along its normal. Where a side consists of
    several parts that do not touch, they are put on one after the other; whether they pass one another is tried on
    the ``solids`` of the parts (in the order of ``plan.parts``), and not vouched for without these.
    """
    volumes = {part.number: part.volume_mm3 for part in plan.parts}
    steps: list[Step] = []
    for root in plan.roots:
        _join(root, volumes, solids, steps)
    return tuple(steps)


def side_words(direction: FloatArray) -> str:
    """Where a direction comes from, in plain words and in anatomical ones."""
    unit = np.asarray(direction) / np.linalg.norm(direction)
    along = np.array([axis for axis, _, _ in SIDES]) @ unit
    order = np.argsort(-along, kind="stable")
    named = [SIDES[order[0]]] + [SIDES[row] for row in order[1:2] if along[row] > SECOND_SIDE]
    plain = " and ".join(words for _, words, _ in named)
    return f"{plain} ({' and '.join(word for _, _, word in named)})"


def _join(
    node: Node, volumes: dict[int, float], solids: tuple[manifold3d.Manifold, ...] | None, steps: list[Step]
) -> None:
    if isinstance(node, PartNode):
        return
    for child in (*node.below, *node.above):
        _join(child, volumes, solids, steps)
    groups = [(parts_of(child), 1.0) for child in node.below] + [(parts_of(child), -1.0) for child in node.above]
    groups.sort(key=lambda group: (-sum(volumes[number] for number in group[0]), group[0]))
    base, base_sign = groups[0]
    in_place, signs = base, dict.fromkeys(base, base_sign)
    others = sorted(groups[1:], key=lambda group: group[1] == base_sign)  # the other side first: it meets the base
    for moving, sign in others:
        x, y, z = (sign * value for value in node.plane.normal)
        same_side = tuple(number for number in in_place if signs[number] == sign)
        clear = not same_side or (solids is not None and _passes(moving, same_side, (x, y, z), solids))
        steps.append(Step(len(steps) + 1, moving, in_place, node.cut, (x, y, z), clear))
        in_place = tuple(sorted((*in_place, *moving)))
        signs.update(dict.fromkeys(moving, sign))


def _passes(
    moving: tuple[int, ...], fixed: tuple[int, ...], motion: Point, solids: tuple[manifold3d.Manifold, ...]
) -> bool:
    direction = np.array(motion)
    for one in moving:
        for other in fixed:
            a, b = solids[one - 1], solids[other - 1]
            ends = [np.array(solid.bounding_box()).reshape(2, 3) for solid in (a, b)]
            reach = float(np.linalg.norm(np.ptp(np.concatenate(ends), axis=0)))
            least = TOUCH_SHARE * min(a.volume(), b.volume())
            for step in range(1, WAY_STEPS + 1):
                away = -direction * reach * step / WAY_STEPS
                if (a.translate(tuple(away.tolist())) ^ b).volume() > least:
                    return False
    return True
