"""The check of steps that need a solid: closed, looking outward and, where that matters, crossing nothing."""

from __future__ import annotations

from ..errors import GeometryError
from ..mesh import Mesh
from ..receipt import measure_mesh
from ..spatial import exact_weld
from ..surface.known import crossings_of


def closed_model(mesh: Mesh, needs: str, aim: str) -> Mesh:
    """Return the mesh with vertices at one place made one, and none unused; refuse one that has no inside.

    Parameters
    ----------
    mesh : Mesh
        The model.
    needs : str
        Who needs what, to begin a sentence: "Hollowing needs a closed surface".
    aim : str
        What an empty mesh leaves undone: "there is nothing to hollow".

    Raises
    ------
    GeometryError
        The mesh is empty, open, not manifold, or inside out; the message says which, and what to do.
    """
    if mesh.is_empty:
        raise GeometryError(f"The mesh '{mesh.name}' is empty: {aim}.")
    model = exact_weld(mesh).without_unused_vertices()
    measured = measure_mesh(model)
    if measured.open_edges or measured.non_manifold_edges or measured.misoriented_edges:
        raise GeometryError(
            f"{needs}: this one has open, crossing or wrongly turned edges, so it has no inside. Repair it first."
        )
    if measured.volume_mm3 <= 0.0:
        raise GeometryError("The surface is inside out. Repair it first.")
    return model


def refuse_crossings(mesh: Mesh, what: str = "model") -> None:
    """Refuse a surface that passes through itself.

    Raises
    ------
    GeometryError
        Triangles cross; the message says how many, of what.
    """
    crossing = len(crossings_of(mesh).faces)
    if crossing:
        raise GeometryError(
            f"{crossing} triangles of the {what} cross others, so inside and outside are not told apart there. Repair "
            "it first."
        )
