"""The loose parts of a model: each closed body with the cavities in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import GeometryError
from ...mesh import FloatArray, Mesh
from ...receipt import measure_mesh
from ...surface.winding import containers, shells
from ...triangle_sums import six_fold_volumes


@dataclass(frozen=True, eq=False)
class Piece:
    """A body that hangs together.

    Attributes
    ----------
    number : int
        From 1, the largest first: what people are told.
    mesh : Mesh
        Its outer surface and the walls of its cavities.
    volume_mm3 : float
        Of its material.
    """

    number: int
    mesh: Mesh
    volume_mm3: float

    @property
    def center_mm(self) -> tuple[float, float, float]:
        """Middle of its box."""
        x, y, z = self.mesh.bounds.mean(axis=0).tolist()
        return x, y, z


def closed_model(mesh: Mesh, what: str) -> None:
    """Refuse a surface that has no inside.

    Raises
    ------
    GeometryError
        It is empty, open, not manifold, or inside out.
    """
    if mesh.is_empty:
        raise GeometryError(f"The mesh '{mesh.name}' is empty: there is nothing for {what}.")
    measured = measure_mesh(mesh)
    if measured.open_edges or measured.non_manifold_edges or measured.misoriented_edges:
        raise GeometryError(
            f"{what.capitalize()} needs a closed surface: this one has open, crossing or wrongly turned edges, so it "
            "has no inside. Repair it first."
        )
    if measured.volume_mm3 <= 0.0:
        raise GeometryError("The surface is inside out. Repair it first.")


def pieces_of(mesh: Mesh) -> tuple[Piece, ...]:
    """Return the bodies of a closed, outward model, the largest first; cavities go with the body round them."""
    count, shell = shells(mesh)
    volume = np.bincount(shell, six_fold_volumes(mesh.vertices, mesh.faces), count) / 6.0
    owner = _owners(mesh, shell, count, volume)
    bodies = np.flatnonzero(volume > 0.0)
    material = np.array([volume[owner == body].sum() for body in bodies])
    order = np.argsort(-material, kind="stable")
    return tuple(
        Piece(number, mesh.submesh(owner[shell] == bodies[k]) if len(bodies) > 1 else mesh, float(material[k]))
        for number, k in enumerate(order, 1)
    )


def _owners(mesh: Mesh, shell: npt.NDArray[np.int64], count: int, volume: FloatArray) -> npt.NDArray[np.int64]:
    """For each shell the outer shell that it belongs to: itself, or the smallest one round a cavity."""
    owner = np.arange(count)
    cavities = np.flatnonzero(volume <= 0.0)
    if not len(cavities):
        return owner
    around = containers(mesh, shell, count)
    for cavity in cavities:
        outer = [s for s in around[cavity] if volume[s] > 0.0]
        if outer:
            owner[cavity] = min(outer, key=lambda s: volume[s])
    return owner
