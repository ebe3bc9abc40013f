"""The surface of a model as evenly spread samples, with those that must stay free of supports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ...errors import GeometryError, InputError
from ...mesh import FloatArray, Mesh
from ...spatial.index import SurfaceIndex
from ...spatial.sampling import area_samples_and_faces
from ...topology import edge_counts

SAMPLES = 30_000
"""Points that stand for the surface: on 500 cm2 of bone one for each 1.3 x 1.3 mm, which is half the spacing of usual
supports (PrusaSlicer: 2.5 mm)."""
PLACE_NUMBERS, BOX_NUMBERS = 4, 6
"""Numbers that give one protected place (point, radius) and one protected box (two corners)."""


@dataclass(frozen=True, eq=False)
class Protected:
    """Where no support may touch.

    Attributes
    ----------
    places : tuple of (x, y, z, radius)
        Balls, LPS mm: the surface in them.
    boxes : tuple of (x, y, z, x, y, z)
        Two opposite corners, LPS mm: the surface in them.
    mesh : Mesh or None
        A surface: what of the model lies at most ``distance_mm`` from it, or inside it where it is closed.
    distance_mm : float
        For the mesh.
    """

    places: tuple[tuple[float, ...], ...] = ()
    boxes: tuple[tuple[float, ...], ...] = ()
    mesh: Mesh | None = None
    distance_mm: float = 0.5

    def __post_init__(self) -> None:
        for place in self.places:
            if len(place) != PLACE_NUMBERS or not np.isfinite(place).all() or not place[3] > 0.0:
                raise InputError(f"A protected place needs x,y,z and a radius above zero, got {place}.")
        for box in self.boxes:
            if len(box) != BOX_NUMBERS or not np.isfinite(box).all():
                raise InputError(f"A protected box needs six numbers, its two opposite corners, got {box}.")
        if not 0.0 <= self.distance_mm < np.inf:
            raise InputError(f"The distance from a protected mesh must not be negative, got {self.distance_mm:g} mm.")

    @property
    def is_empty(self) -> bool:
        """Nothing is protected."""
        return not self.places and not self.boxes and self.mesh is None

    def holds(self, points: FloatArray) -> npt.NDArray[np.bool_]:
        """Tell which points are protected, (n,)."""
        out = np.zeros(len(points), bool)
        for x, y, z, radius in self.places:
            out |= np.linalg.norm(points - (x, y, z), axis=1) <= radius
        for box in self.boxes:
            corners = np.reshape(box, (2, 3))
            out |= ((points >= corners.min(axis=0)) & (points <= corners.max(axis=0))).all(axis=1)
        if self.mesh is not None and not self.mesh.is_empty:
            index = SurfaceIndex(self.mesh)
            out |= np.isfinite(index.closest(points, max(self.distance_mm, 1e-9)).distance_mm)
            if not edge_counts(self.mesh).open_edges:
                out |= index.contains(points)
        return out


NOTHING = Protected()
"""No protected surface."""


def protected_of(
    places: Sequence[float] | None, boxes: Sequence[float] | None, mesh: Mesh | None, distance_mm: float
) -> Protected:
    """Put numbers one after the other into places and boxes.

    Raises
    ------
    InputError
        The numbers are not a multiple of four (places) or six (boxes).
    """
    return Protected(
        _rows(places, PLACE_NUMBERS, "A protected place needs x,y,z and a radius"),
        _rows(boxes, BOX_NUMBERS, "A protected box needs six numbers, its two opposite corners"),
        mesh,
        distance_mm,
    )


def _rows(numbers: Sequence[float] | None, each: int, what: str) -> tuple[tuple[float, ...], ...]:
    given = tuple(float(number) for number in numbers or ())
    if len(given) % each:
        raise InputError(f"{what}, so {each} numbers each; got {len(given)} in all.")
    return tuple(given[start : start + each] for start in range(0, len(given), each))


@dataclass(frozen=True, eq=False)
class Surface:
    """What the measures of an orientation are taken on.

    Attributes
    ----------
    points, normals : (n, 3) float64
        Samples, LPS mm, each standing for the same area.
    share_mm2 : float
        That area.
    protected : (n,) bool
        Samples that must stay free of supports.
    corners : (h, 3) float64
        Corners of the convex hull.
    triangles : (t, 3) int
        Its triangles; none where the model is flat.
    center : (3,)
        Center of mass; of the surface where it is not closed.
    volume_mm3, area_mm2 : float
        Of the model.
    closed : bool
        It has an inside.
    """

    points: FloatArray
    normals: FloatArray
    share_mm2: float
    protected: npt.NDArray[np.bool_]
    corners: FloatArray
    triangles: npt.NDArray[np.int32]
    center: FloatArray
    volume_mm3: float
    area_mm2: float
    closed: bool
    name: str = field(default="model")

    @property
    def protected_mm2(self) -> float:
        """Area that is protected."""
        return float(np.count_nonzero(self.protected)) * self.share_mm2


def surface_of(mesh: Mesh, protected: Protected = NOTHING, samples: int = SAMPLES) -> Surface:
    """Sample a model.

    Raises
    ------
    GeometryError
        It is empty or has no area.
    InputError
        Something is protected, but nothing of the model lies there.
    """
    from ...shape.split.bed import hull

    if mesh.is_empty:
        raise GeometryError(f"The model '{mesh.name}' is empty: it cannot be laid.")
    points, face = area_samples_and_faces(mesh, samples)
    if not len(points):
        raise GeometryError(f"The model '{mesh.name}' has no area: it cannot be laid.")
    closed = edge_counts(mesh).open_edges == 0 and mesh.volume_mm3 > 0.0
    corners, triangles = hull(mesh.vertices[mesh.used_vertices])
    kept = protected.holds(points)
    if not protected.is_empty and not kept.any():
        raise InputError(
            "Nothing of the model lies in the protected places. Check that they are in the coordinates of the model "
            "(LPS millimeters), and their radius or distance."
        )
    return Surface(
        points=points,
        normals=mesh.face_normals()[face],
        share_mm2=mesh.area_mm2 / len(points),
        protected=kept,
        corners=corners,
        triangles=triangles,
        center=_center_of_mass(mesh) if closed else points.mean(axis=0),
        volume_mm3=abs(mesh.volume_mm3),
        area_mm2=mesh.area_mm2,
        closed=closed,
        name=mesh.name,
    )


def _center_of_mass(mesh: Mesh) -> FloatArray:
    origin = mesh.vertices[mesh.used_vertices].mean(axis=0)  # near the model, so that far ones keep their digits
    corner = mesh.triangles - origin
    six = np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2]))
    return np.asarray(origin + (six[:, None] * corner.sum(axis=1)).sum(axis=0) / (4.0 * six.sum()))
