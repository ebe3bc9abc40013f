"""Closed voids: those that a model brings, and those that a result may still have."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...mesh import Mesh
from ...receipt import plain
from ...surface.winding import containers, shells
from ...topology import face_parts


@dataclass(frozen=True)
class Void:
    """A closed void that the model had, with what lay loose in it: air taken out of the list of shells."""

    volume_mm3: float
    at_mm: tuple[float, float, float]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        out: dict[str, Any] = plain(asdict(self))
        return out


def without_voids(mesh: Mesh) -> tuple[Mesh, tuple[Void, ...]]:
    """Return the outer surfaces of a closed mesh, and the closed voids within them, largest first."""
    count, shell = shells(mesh)
    inner = [number for number, around in enumerate(containers(mesh, shell, count)) if len(around)]
    if not inner:
        return mesh, ()
    voids = []
    for number in inner:
        piece = mesh.submesh(shell == number)
        if piece.volume_mm3 < 0.0:
            x, y, z = (float(value) for value in piece.bounds.mean(axis=0))
            voids.append(Void(-piece.volume_mm3, (x, y, z)))
    voids.sort(key=lambda void: -void.volume_mm3)
    return mesh.submesh(~np.isin(shell, inner)), tuple(voids)


def closed_voids(mesh: Mesh) -> tuple[Void, ...]:
    """List the shells of a result that look inward: hollows without a way out, largest first."""
    count, of_face = face_parts(mesh)
    out = []
    for number in range(count):
        piece = mesh.submesh(of_face == number) if count > 1 else mesh
        if piece.volume_mm3 < 0.0:
            x, y, z = (float(value) for value in piece.bounds.mean(axis=0))
            out.append(Void(-piece.volume_mm3, (x, y, z)))
    return tuple(sorted(out, key=lambda void: -void.volume_mm3))
