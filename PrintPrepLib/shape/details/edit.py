"""Small features taken away, filled, thickened or widened: a local body for each, united with the model or cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import MissingPackageError
from ...field import Function, distance_inside
from ...mesh import FloatArray, Mesh
from ...progress import Progress, part, silent
from ...spatial import index_of
from ...spatial.threads import in_turn
from .bodies import balls_along, rests
from .find import Feature, Kind
from .parting import bodies_of, bodies_touched, changed_without_parting

if TYPE_CHECKING:
    import manifold3d

HOLDS = "it holds pieces together; thicken it instead"
HOLDS_OPEN = "widening it would part the model"
LOOSE = "it hangs on nothing thicker: a loose piece, or thin as a whole"
REACHED = "a ball of the least size reaches all of it"
JOINS = "closing it would join two pieces"
JOINS_TOO = "thickening it would join two pieces"
CLEARLY_SHARE = 0.9
"""Where a feature has this share of the limit, a ball of the limit reaches it but for the grid of the made body."""


class Way(Enum):
    """What is done to a feature."""

    LIST = "list"
    REMOVE = "remove"
    THICKEN = "thicken"
    CLOSE = "close"
    WIDEN = "widen"


@dataclass(eq=False)
class Edited:
    """A feature, what was to be done, and what came of it."""

    feature: Feature
    way: Way
    done: bool = False
    reason: str = ""
    size_after_mm: float | None = None
    gone_share: float | None = None
    filled_share: float = 0.0
    small: FloatArray | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        one = self.feature
        return {
            "at_mm": np.round(one.at_mm, 2).tolist(),
            "kind": one.kind.value,
            "size_mm": round(one.size_mm, 3),
            "least_mm": round(one.least_mm, 3),
            "length_mm": round(one.length_mm, 2),
            "area_mm2": round(one.area_mm2, 3),
            "limit_mm": one.limit_mm,
            "location": one.location,
            "way": self.way.value,
            "done": self.done,
            "reason": self.reason,
            "size_after_mm": None if self.size_after_mm is None else round(self.size_after_mm, 3),
            "gone_share": None if self.gone_share is None else round(self.gone_share, 4),
        }


def edit(mesh: Mesh, edits: Sequence[Edited], progress: Progress = silent) -> Mesh:
    """Do what each feature asks for; what cannot be done keeps its reason. The surface elsewhere is not touched.

    A spike is what balls of the limit do not reach inside the solid, a slit or hole what they do not reach in the air;
    to thicken or widen, such balls are put where the measuring balls rest. What would part a body of the model, or
    join two of them, is not done.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward, manifold.

    Returns
    -------
    mesh : Mesh
        The same object where nothing was changed.
    """
    if not find_spec("manifold3d"):
        raise MissingPackageError(
            "Changing small features needs the Python package 'manifold3d'. Install it and try again."
        )
    wanted = [one for one in edits if one.way is not Way.LIST]
    bodies = _bodies(mesh, wanted, part(progress, 0.0, 0.6)) if wanted else []
    tools = [_tool(some) for some in bodies]
    progress(0.6, "Changing small features")
    adding = [k for k, one in enumerate(wanted) if bodies[k] and one.way in (Way.THICKEN, Way.CLOSE)]
    cutting = [k for k, one in enumerate(wanted) if bodies[k] and one.way in (Way.REMOVE, Way.WIDEN)]
    if bodies_of(mesh)[0] > 1:
        for k in adding:
            if max(bodies_touched(mesh, one) for one in bodies[k]) > 1:
                wanted[k].reason = JOINS if wanted[k].way is Way.CLOSE else JOINS_TOO
        adding = [k for k in adding if not wanted[k].reason]
    if not adding and not cutting:
        return mesh
    # What is cut comes first: a spike that is cut off beside one that is thickened must not take from it.
    limit = min(wanted[k].feature.limit_mm for k in (*adding, *cutting))
    out, kept = changed_without_parting(mesh, [tools[k] for k in cutting], [tools[k] for k in adding], limit)
    for number, k in enumerate(cutting):
        if number in kept:
            wanted[k].reason = HOLDS if wanted[k].way is Way.REMOVE else HOLDS_OPEN
    for k in (*adding, *cutting):
        wanted[k].done = not wanted[k].reason
    return out


def _tool(bodies: Sequence[Mesh]) -> manifold3d.Manifold:
    import manifold3d as m3

    return m3.Manifold.batch_boolean([one.to_manifold() for one in bodies], m3.OpType.Add)


def _bodies(mesh: Mesh, wanted: Sequence[Edited], progress: Progress) -> list[list[Mesh]]:
    """What is added or taken away for each feature; none, with the reason, where that cannot be."""
    inside = distance_inside(mesh)
    bodies: list[list[Mesh]] = [[] for _ in wanted]
    groups: dict[tuple[bool, float], list[int]] = {}
    along = [k for k, one in enumerate(wanted) if one.way in (Way.THICKEN, Way.WIDEN)]
    small = _too_small(inside, [wanted[k].feature for k in along])
    made = in_turn(balls_along, [wanted[k].feature for k in along])
    for k, places, body in zip(along, small, made, strict=True):
        wanted[k].small, bodies[k] = places, body
    for k, one in enumerate(wanted):
        if one.way not in (Way.THICKEN, Way.WIDEN):
            groups.setdefault((one.feature.kind is Kind.SPIKE, one.feature.limit_mm), []).append(k)
    for number, members in enumerate(groups.values()):
        share = part(progress, number / len(groups), (number + 1) / len(groups))
        for k, rest in zip(members, rests(inside, [wanted[k].feature for k in members], share), strict=True):
            one = wanted[k]
            if one.feature.kind is Kind.SPIKE and not rest.held:
                one.reason = LOOSE
            elif not rest.bodies or not len(rest.middles):
                one.reason = REACHED
            else:
                bodies[k], one.small = rest.bodies, rest.middles
    return bodies


def _too_small(inside: Function, features: Sequence[Feature]) -> list[FloatArray]:
    """Those middles of each feature where it is below the limit: between them it may be wide enough."""
    if not features:
        return []
    values = inside(np.concatenate([one.middles for one in features]))
    out = []
    for one, value in zip(features, np.split(values, np.cumsum([len(one.middles) for one in features])), strict=False):
        size = 2.0 * value if one.kind is Kind.SPIKE else -2.0 * value
        small = one.middles[(size > 0.0) & (size < CLEARLY_SHARE * one.limit_mm)]
        out.append(small if len(small) else one.middles)
    return out


def measure_after(mesh: Mesh, edits: Sequence[Edited]) -> None:
    """Measure at the middles of each treated feature what is there now."""
    done = [one for one in edits if one.done and one.small is not None]
    if not done:
        return
    places = np.concatenate([one.small for one in done if one.small is not None])
    values = -index_of(mesh).signed_distance(places)
    begin = 0
    for one in done:
        end = begin + len(one.small if one.small is not None else ())
        value = values[begin:end] if one.feature.kind is Kind.SPIKE else -values[begin:end]
        begin = end
        one.gone_share = float((value <= 0.0).mean())
        if one.way in (Way.THICKEN, Way.WIDEN):
            one.size_after_mm = float(2.0 * np.median(value))
        elif one.way is Way.REMOVE and one.gone_share < 1.0:
            # A spike in a slit that was closed is no spike any more: all round it there is as much as in the filling.
            one.filled_share = float((2.0 * value >= one.feature.limit_mm).mean())
            one.size_after_mm = float(2.0 * np.median(value[value > 0.0]))
