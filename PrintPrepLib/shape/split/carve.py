"""A plan carried out on the full solid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from ...mesh import FloatArray
from .plan import CutNode, Node, PartNode, SplitPlan
from .section import surface_of

if TYPE_CHECKING:
    import manifold3d

LANDMARKS = 400
"""Points by which the bodies of one side are told apart where they become parts of their own."""


def carve(solid: manifold3d.Manifold, plan: SplitPlan) -> tuple[manifold3d.Manifold, ...]:
    """Cut a solid as planned: the parts in the order of ``plan.parts``, without kerf and pins."""
    found = dict(carved(solid, plan.roots))
    return tuple(found[part.number] for part in plan.parts)


def carved(solid: manifold3d.Manifold, roots: tuple[Node, ...]) -> list[tuple[int, manifold3d.Manifold]]:
    """Parts with their numbers."""
    out: list[tuple[int, manifold3d.Manifold]] = []
    for node, piece in allotted(solid, roots):
        if isinstance(node, PartNode):
            out.append((node.part, piece))
            continue
        below, above = halves(piece, node)
        out += carved(below, node.below) + carved(above, node.above)
    return out


def halves(piece: manifold3d.Manifold, node: CutNode) -> tuple[manifold3d.Manifold, manifold3d.Manifold]:
    """Below and above the plane of a cut."""
    normal = np.array(node.plane.normal)
    above, below = piece.split_by_plane(node.plane.normal, float(normal @ np.array(node.plane.point_mm)))
    return below, above


def allotted(solid: manifold3d.Manifold, nodes: tuple[Node, ...]) -> list[tuple[Node, manifold3d.Manifold]]:
    """Give each node its bodies: all to a single one, else each body to the node whose landmarks it comes nearest."""
    import manifold3d

    if len(nodes) == 1:
        return [(nodes[0], solid)]
    trees = [cKDTree(node.landmarks_mm) for node in nodes]
    shares: list[list[manifold3d.Manifold]] = [[] for _ in nodes]
    for body in solid.decompose():
        points = _some(surface_of(body).vertices)
        shares[int(np.argmin([np.mean(tree.query(points)[0]) for tree in trees]))].append(body)
    return [
        (node, manifold3d.Manifold.compose(bodies) if bodies else manifold3d.Manifold())
        for node, bodies in zip(nodes, shares, strict=True)
    ]


def landmarks_of(solid: manifold3d.Manifold) -> FloatArray:
    """Points on a solid's surface, (k, 3)."""
    return _some(surface_of(solid).vertices)


def _some(points: FloatArray) -> FloatArray:
    return points[:: max(1, len(points) // LANDMARKS)]
