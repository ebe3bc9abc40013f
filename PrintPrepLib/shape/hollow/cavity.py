"""The hollows of a model: every place deeper than the wall, as closed surfaces, one cavity after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...field import Function, zero_surface
from ...mesh import FloatArray, Mesh
from ...progress import Progress, silent
from ...topology import face_parts
from ...triangle_sums import six_fold_volumes

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Cavity:
    """One connected hollow.

    Attributes
    ----------
    surface : Mesh
        Closed; it looks out of the hollow, toward the wall.
    volume_mm3 : float
    """

    surface: Mesh
    volume_mm3: float

    @property
    def center_mm(self) -> FloatArray:
        """Middle of its box, LPS (3,)."""
        return np.asarray(self.surface.bounds.mean(axis=0))

    @property
    def extent_mm(self) -> float:
        """Diagonal of its box."""
        return float(np.linalg.norm(self.surface.size_mm))


@dataclass(frozen=True, eq=False)
class Cavities:
    """All hollows of a model.

    Attributes
    ----------
    worth : tuple of Cavity
        Largest first.
    small : tuple of (volume_mm3, middle)
        Those below the least volume, largest first: they stay solid.
    loose : int
        Pieces of ribs or bars that would lie loose in a hollow, left out.
    """

    worth: tuple[Cavity, ...]
    small: tuple[tuple[float, FloatArray], ...]
    loose: int


def find_cavities(
    function: Function, solid: Mesh, cell_mm: float, least_mm3: float, progress: Progress = silent
) -> Cavities:
    """Make the surface of every hollow of a model.

    Parameters
    ----------
    function : callable
        Positive in the hollows: see :mod:`~PrintPrepLib.field`.
    solid : Mesh
        The model, for its box.
    cell_mm : float
        Edge of a cell of the grid.
    least_mm3 : float
        Smaller hollows stay solid.
    """
    low, high = solid.bounds
    surface = zero_surface(function, low, high, cell_mm, name="cavity", progress=progress)
    if surface.is_empty:
        return Cavities((), (), 0)
    count, of_face = face_parts(surface)
    volume = np.bincount(of_face, weights=six_fold_volumes(surface.vertices, surface.faces), minlength=count) / 6.0
    order = np.argsort(of_face, kind="stable")
    begin = np.searchsorted(of_face[order], np.arange(count + 1))
    worth, small = [], []
    for number in np.argsort(-volume, kind="stable"):
        faces = order[begin[number] : begin[number + 1]]
        if volume[number] < cell_mm**3:  # the grid's own crumbs
            break
        if volume[number] < least_mm3:
            small.append((float(volume[number]), surface.vertices[surface.faces[faces]].mean(axis=(0, 1))))
            continue
        chosen = np.zeros(len(surface.faces), bool)
        chosen[faces] = True
        worth.append(Cavity(surface.submesh(chosen), float(volume[number])))
    return Cavities(tuple(worth), tuple(small), int(np.count_nonzero(volume < 0.0)))
