"""The separate bodies of a solid, each with its cavities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...mesh import Mesh, six_fold_volumes
from ...spatial import SurfaceIndex
from ...topology import face_parts

if TYPE_CHECKING:
    import manifold3d


def count_bodies(mesh: Mesh) -> int:
    """Count the bodies of a closed, outward surface; cavities are none."""
    if mesh.is_empty:
        return 0
    count, part_of = face_parts(mesh)
    if count == 1:
        return 1
    volumes = np.bincount(part_of, weights=six_fold_volumes(mesh.vertices, mesh.faces), minlength=count)
    return int(np.count_nonzero(volumes > 0.0))


def bodies_of(solid: manifold3d.Manifold) -> list[manifold3d.Manifold]:
    """Take a solid apart into bodies that hang together, the largest first; a cavity stays with what is round it.

    manifold3d's own ``decompose`` tells shells apart, and a cavity is a shell of negative volume to it.
    """
    import manifold3d

    shells: list[manifold3d.Manifold] = list(solid.decompose())
    if len(shells) == 1:
        return shells
    outer = sorted((shell for shell in shells if shell.volume() > 0.0), key=lambda shell: -shell.volume())
    cavities = [shell for shell in shells if shell.volume() <= 0.0]
    if not cavities or not outer:
        return outer or shells
    members: list[list[manifold3d.Manifold]] = [[shell] for shell in outer]
    boxes = [_box(shell) for shell in outer]
    indices: dict[int, SurfaceIndex] = {}
    for cavity in cavities:
        low, high = _box(cavity)
        around = [k for k, (a, b) in enumerate(boxes) if (a <= low).all() and (high <= b).all()]
        point = Mesh.from_manifold(cavity).vertices[:1]
        holder = around[-1] if around else 0
        for k in reversed(around):  # the smallest body that contains it
            if k not in indices:
                indices[k] = SurfaceIndex(Mesh.from_manifold(outer[k]))
            if len(around) == 1 or bool(indices[k].contains(point)[0]):
                holder = k
                break
        members[holder].append(cavity)
    return [shells[0] if len(shells) == 1 else manifold3d.Manifold.compose(shells) for shells in members]


def _box(solid: manifold3d.Manifold) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.array(solid.bounding_box()).reshape(2, 3)
    return low, high
