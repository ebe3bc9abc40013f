"""A plan carried out with its kerf: the pieces as the cutting room knows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...mesh import Mesh
from ..cut.bodies import count_bodies
from ..cut.divide import Piece
from ..cut.pieces import Pieces
from ..cut.solid import Solid
from .carve import allotted
from .plan import Node, PartNode, SplitPlan

if TYPE_CHECKING:
    import manifold3d


def pieces_of(solid: Solid, plan: SplitPlan, kerf_mm: float, name: str) -> Pieces:
    """Cut a solid as planned; pieces stand in the order of ``plan.parts``.

    Each piece knows on which side of every cut that made it it lies; cuts are numbered from 0 as ``plan.planes``.
    """
    found = dict(_carved(solid.manifold, plan.roots, kerf_mm, {}))
    pieces = [found[part.number] for part in plan.parts]
    whole = solid.manifold.volume()
    return Pieces(
        name=name,
        whole_mm3=whole,
        pieces=pieces,
        meshes=[Mesh.from_manifold(piece.manifold, name) for piece in pieces],
        kerf_mm3=max(whole - sum(piece.manifold.volume() for piece in pieces), 0.0) if kerf_mm > 0.0 else 0.0,
        repaired=solid.repaired,
        bodies_before=count_bodies(solid.mesh),
        names=tuple(f"{name} part {part.number}" for part in plan.parts),
    )


def _carved(
    solid: manifold3d.Manifold, nodes: tuple[Node, ...], kerf_mm: float, sides: Mapping[int, int]
) -> list[tuple[int, Piece]]:
    out: list[tuple[int, Piece]] = []
    for node, piece in allotted(solid, nodes):
        if isinstance(node, PartNode):
            out.append((node.part, Piece(piece, dict(sides))))
            continue
        below, above = _halves(piece, node.plane.normal, float(np.dot(node.plane.normal, node.plane.point_mm)), kerf_mm)
        number = node.cut - 1
        out += _carved(below, node.below, kerf_mm, {**sides, number: -1})
        out += _carved(above, node.above, kerf_mm, {**sides, number: 1})
    return out


def _halves(
    piece: manifold3d.Manifold, normal: tuple[float, float, float], offset: float, kerf_mm: float
) -> tuple[manifold3d.Manifold, manifold3d.Manifold]:
    if not kerf_mm > 0.0:
        above, below = piece.split_by_plane(normal, offset)
        return below, above
    x, y, z = normal
    half = kerf_mm / 2.0
    return piece.trim_by_plane((-x, -y, -z), -(offset - half)), piece.trim_by_plane((x, y, z), offset + half)
