"""A bounded cut: only the cross-sections that lie in the bound are parted, other branches stay whole.

The solid is cut all through, and then put together again at the sections outside the bound: the cut faces there are the
same on both sides, triangle for triangle, so the union is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import GeometryError
from ...mesh import Mesh
from .bodies import bodies_of
from .plane import CutPlane
from .section import bound_outline, contains_2d, faces_in_plane, inner_point, outline_of

if TYPE_CHECKING:
    import manifold3d

WHOLE_SHARE = 1e-6
"""A section counts as wholly within the bound when at most this share of its area lies outside: rounding."""
GLUED_SHARE = 1e-9
"""Volumes before and after putting together again agree to this share."""


def divide_within(
    solid: manifold3d.Manifold, plane: CutPlane, kerf_mm: float
) -> list[tuple[manifold3d.Manifold, int]] | None:
    """Part a solid at the sections inside the plane's bound.

    Returns
    -------
    list of (Manifold, int) or None
        Pieces with their side: -1 below, +1 above, 0 where a piece is on both sides (a ring that was opened). None
        where the bound meets no material.

    Raises
    ------
    GeometryError
        The bound ends inside the material, or the cut would only slit a ring and has no kerf.
    """
    import manifold3d

    bound = bound_outline(plane)
    assert bound is not None
    bodies = bodies_of(solid)
    hit: list[manifold3d.Manifold] = []
    rest: list[manifold3d.Manifold] = []
    for body in bodies:
        (hit if _meets(body, plane, bound) else rest).append(body)
    if not hit:
        return None
    out: list[tuple[manifold3d.Manifold, int]] = []
    for body in hit:
        out += _part(body, plane, bound, kerf_mm)
    if rest:  # loose bodies that the cut does not touch stay with the largest piece
        largest = max(range(len(out)), key=lambda k: out[k][0].volume())
        out[largest] = (manifold3d.Manifold.compose([out[largest][0], *rest]), out[largest][1])
    return sorted(out, key=lambda item: (item[1], -item[0].volume()))


def _meets(body: manifold3d.Manifold, plane: CutPlane, bound: manifold3d.CrossSection) -> bool:
    low, high = np.array(body.bounding_box()).reshape(2, 3)
    corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
    distance = plane.distance(corners)
    if distance.min() >= 0.0 or distance.max() <= 0.0:
        return False
    above, _ = body.split_by_plane(plane.normal, float(np.dot(plane.point_mm, plane.normal)))
    return not (_cap(above, plane, looking_up=False) ^ bound).is_empty()


def _cap(solid: manifold3d.Manifold, plane: CutPlane, *, looking_up: bool) -> manifold3d.CrossSection:
    if solid.is_empty():
        import manifold3d

        return manifold3d.CrossSection()
    mesh = Mesh.from_manifold(solid)
    return outline_of(mesh, faces_in_plane(mesh, plane, looking_up=looking_up), plane)


def _part(
    body: manifold3d.Manifold, plane: CutPlane, bound: manifold3d.CrossSection, kerf_mm: float
) -> list[tuple[manifold3d.Manifold, int]]:
    """Part one connected body."""
    import manifold3d

    offset = float(np.dot(plane.point_mm, plane.normal))
    x, y, z = plane.normal
    half = kerf_mm / 2.0
    # One cut after the other, so that the faces that are put together again have the same corners to the bit.
    above, below = body.split_by_plane((x, y, z), offset + half)
    slab = None
    if half:
        slab, below = below.split_by_plane((x, y, z), offset - half)
    nodes = [(piece, 1) for piece in bodies_of(above)] + [(piece, -1) for piece in bodies_of(below)]
    # Links are what stays whole: slab pieces with a kerf, sections without one.
    uncut, cut = _links(above, slab, plane, bound, half)
    group = list(range(len(nodes) + len(uncut)))

    def root(k: int) -> int:
        while group[k] != k:
            k = group[k]
        return k

    faces = [_cap(piece, plane.moved(half if side > 0 else -half), looking_up=side < 0) for piece, side in nodes]
    for number, (outlines, _) in enumerate(uncut):
        for k, (_, side) in enumerate(nodes):
            outline = outlines[0] if side > 0 else outlines[1]
            if not outline.is_empty() and not (outline ^ faces[k]).is_empty():
                group[root(k)] = root(len(nodes) + number)
    for outline in cut:
        ends = {side: root(k) for k, (_, side) in enumerate(nodes) if not (outline ^ faces[k]).is_empty()}
        if len(ends) == 2 and ends[1] == ends[-1] and not kerf_mm > 0.0:
            place = plane.to_world(inner_point(outline)[None])[0]
            raise GeometryError(
                f"The cut at ({place[0]:.1f}, {place[1]:.1f}, {place[2]:.1f}) opens a ring but parts nothing: both "
                "sides still hang together elsewhere. Give a kerf to make it a slit, or cut the ring in two places."
            )
    out = []
    for name in sorted({root(k) for k in range(len(nodes))}):
        members = [k for k in range(len(nodes)) if root(k) == name]
        solids = [nodes[k][0] for k in members]
        solids += [
            link for number, (_, link) in enumerate(uncut) if link is not None and root(len(nodes) + number) == name
        ]
        glued = solids[0] if len(solids) == 1 else manifold3d.Manifold.batch_boolean(solids, manifold3d.OpType.Add)
        wanted = sum(solid.volume() for solid in solids)
        if abs(glued.volume() - wanted) > GLUED_SHARE * body.volume():
            raise GeometryError(
                "The branches outside the bound could not be put together exactly. Move the plane a little, or cut "
                "with an unbounded plane."
            )
        touching = {nodes[k][1] for k in members if any(not (o ^ faces[k]).is_empty() for o in cut)}
        out.append((glued, touching.pop() if len(touching) == 1 else 0))
    return out


def _links(
    above: manifold3d.Manifold,
    slab: manifold3d.Manifold | None,
    plane: CutPlane,
    bound: manifold3d.CrossSection,
    half: float,
) -> tuple[
    list[tuple[tuple[manifold3d.CrossSection, manifold3d.CrossSection], manifold3d.Manifold | None]],
    list[manifold3d.CrossSection],
]:
    """Sections that stay (outline at the upper and the lower face, and the slab's piece), and those that are cut."""
    uncut, cut = [], []
    if slab is None:
        for outline in _cap(above, plane, looking_up=False).decompose():
            if _is_within(outline, bound, plane):
                cut.append(outline)
            else:
                uncut.append(((outline, outline), None))
        return uncut, cut
    for piece in bodies_of(slab):
        upper = _cap(piece, plane.moved(half), looking_up=True)
        lower = _cap(piece, plane.moved(-half), looking_up=False)
        middle = piece.split_by_plane(plane.normal, float(np.dot(plane.point_mm, plane.normal)))[0]
        outline = _cap(middle, plane, looking_up=False)
        if not outline.is_empty() and any(_is_within(part, bound, plane) for part in outline.decompose()):
            cut.append(upper + lower)
        else:
            uncut.append(((upper, lower), piece))
    return uncut, cut


def _is_within(outline: manifold3d.CrossSection, bound: manifold3d.CrossSection, plane: CutPlane) -> bool:
    """Tell whether a section is cut; one that the bound covers in part only cannot be."""
    area, common = outline.area(), (outline ^ bound).area()
    if common <= WHOLE_SHARE * area:
        return False
    if common >= (1.0 - WHOLE_SHARE) * area:
        return True
    corners = np.concatenate([np.asarray(loop) for loop in outline.to_polygons()])
    outside = corners[~contains_2d(bound, corners)]
    worst = outside[np.linalg.norm(outside, axis=1).argmax()] if len(outside) else corners[0]
    place = plane.to_world(worst[None])[0]
    raise GeometryError(
        f"The bound of the cut ends inside the material: it covers {common / area:.0%} of the section that reaches to "
        f"({place[0]:.1f}, {place[1]:.1f}, {place[2]:.1f}), {float(np.linalg.norm(worst)):.1f} mm from the plane's "
        "point. Make the bound larger, or move it away from this branch."
    )
