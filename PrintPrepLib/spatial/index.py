"""The spatial index of a mesh: closest points, signed distance, inside or outside, first hit of rays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..engine import Engine, is_compiled
from ..errors import GeometryError
from ..mesh import FloatArray, Mesh
from ..progress import Progress, part, silent
from . import search
from .constants import NODE_SLACK, SIGN_DOUBT
from .pseudonormals import Pseudonormals, normals_near, pseudonormals
from .threads import LEAST_CHUNK, LEAST_COMPILED_CHUNK, in_threads, run_chunks
from .tree import Int64Array, build_tree, morton_order
from .weld import exact_weld

CHUNK = 8192  # queries a thread takes at a time with numba: some 30 ms
NUMPY_CHUNK = 2048  # the same with numpy: under a second even far from the surface, so that a cancel is felt
FEW_QUERIES = 2  # triangles per query on an edge or corner from which only the triangles round these are looked at
# Directions for counting crossings: none is along an axis or a diagonal, where voxel-born surfaces have their edges.
_DIRECTIONS = (
    (0.267, 0.534, 0.802),
    (-0.713, 0.416, 0.565),
    (0.387, -0.823, 0.416),
    (0.541, 0.271, -0.796),
    (-0.611, -0.339, -0.715),
)


@dataclass(frozen=True, eq=False)
class ClosestPoints:
    """The nearest point of a surface for each query.

    Attributes
    ----------
    distance_mm : (k,) float64
        Infinite where the surface is farther than the limit.
    points : (k, 3) float64
        On the surface, LPS mm; NaN where the surface is farther than the limit.
    faces : (k,) int64
        Triangle that holds the point, the lowest number where several do; -1 beyond the limit.
    features : (k,) int8
        Part of the triangle: 0-2 its corner, 3-5 its side 0-1, 1-2, 2-0, 6 its inside; -1 beyond the limit.
    """

    distance_mm: FloatArray
    points: FloatArray
    faces: Int64Array
    features: npt.NDArray[np.int8]


class SurfaceIndex:
    """A search tree over the triangles of a mesh.

    Parameters
    ----------
    mesh : Mesh
        Any triangles, open or closed; triangles without area are points or segments to it.
    engine : Engine
        ``AUTO`` takes numba where it is installed and numpy elsewhere.

    Raises
    ------
    GeometryError
        The mesh has no triangles.
    MissingPackageError
        ``Engine.NUMBA`` was asked for and numba is not installed.
    """

    def __init__(self, mesh: Mesh, engine: Engine = Engine.AUTO) -> None:
        if mesh.is_empty:
            raise GeometryError(f"The mesh '{mesh.name}' has no triangles, so nothing can be measured against it.")
        self.mesh = mesh
        self.kernels = load_kernels(engine)
        self.tree = build_tree(mesh.vertices, mesh.faces, compiled=self.kernels is not None)

    def closest(
        self,
        points: FloatArray,
        max_distance_mm: float | FloatArray = np.inf,
        progress: Progress = silent,
        *,
        rough_share: float = 0.0,
        in_order: bool = False,
    ) -> ClosestPoints:
        """Find the exact nearest point of the surface for each query.

        Parameters
        ----------
        points : (k, 3) float64
            LPS mm, in any order.
        max_distance_mm : float or (k,) float64
            Farther surfaces are not sought; a small limit is faster.
        rough_share : float
            A point farther than the nearest by up to this share may be told instead, which is faster where much of
            the surface is about equally far. 0 for the nearest.
        in_order : bool
            Points that follow each other are near each other, as along a grid: they need no sorting.

        Raises
        ------
        ValueError
            Points of the wrong shape or not finite, or a negative limit.
        """
        points = _checked(points, "points")
        count = len(points)
        limit2 = np.ascontiguousarray(np.broadcast_to(np.asarray(max_distance_mm, np.float64) ** 2, (count,)))
        if not (np.asarray(max_distance_mm) >= 0.0).all():
            raise ValueError(f"max_distance_mm must not be negative, got {np.min(max_distance_mm)}")
        d2, where = np.empty(count), np.empty((count, 3))
        row, feature = np.empty(count, np.int64), np.empty(count, np.int8)
        tree, kernels = self.tree, self.kernels
        if kernels is not None:
            from . import _kernels_closest as compiled

            _ = tree.discs  # before the threads ask for them
        slack = NODE_SLACK * (1.0 + rough_share) ** 2
        if kernels is None:
            _ = self._seeds  # built once, before the threads ask for it

        def work(chosen: Int64Array) -> None:
            if kernels is not None:
                compiled.closest(
                    points,
                    chosen,
                    tree.corners,
                    tree.discs,
                    tree.faces,
                    tree.starts,
                    tree.boxes,
                    limit2,
                    slack,
                    d2,
                    where,
                    row,
                    feature,
                )
            else:
                d2[chosen], where[chosen], row[chosen], feature[chosen] = search.closest(
                    points[chosen], tree, self._seeds, limit2[chosen]
                )

        if count:
            order = np.arange(count) if in_order else self._order(points)
            run_chunks(work, order, self._chunk, progress, "Measuring distances", self._least)
        faces = np.where(row >= 0, tree.faces[row], -1)
        return ClosestPoints(np.sqrt(d2), where, faces, feature)

    def signed_distance(self, points: FloatArray, progress: Progress = silent, *, in_order: bool = False) -> FloatArray:
        """Distance of each point, (k,) mm: positive outside, negative inside.

        The side is told by the angle-weighted normal of the nearest triangle, edge or corner (Baerentzen and Aanaes
        2005, doi:10.1109/TVCG.2005.49), and by counting crossings where that normal does not exist or lies flat.
        For a closed, outward mesh without crossings; elsewhere only the size of the figure is meaningful.
        """
        points = _checked(points, "points")
        return self.with_sign(points, self.closest(points, progress=part(progress, 0.0, 0.9), in_order=in_order))

    def with_sign(self, points: FloatArray, found: ClosestPoints) -> FloatArray:
        """Signed distance (k,) from closest points that were found before."""
        side, sure = self.sides(points, found)
        if not sure.all():
            unsure = np.flatnonzero(~sure)
            side[unsure] = np.where(self.contains(points[unsure]), -1.0, 1.0)
        return side * found.distance_mm

    def sides(self, points: FloatArray, found: ClosestPoints) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """Side of the surface by the pseudonormal, +1 outside or -1, and where it is certain; both (k,)."""
        side, sure = np.empty(len(points)), np.empty(len(points), bool)
        rest = np.arange(len(points))
        if self.kernels is not None:
            from . import _kernels_sides as kernels

            points = _checked(points, "points")
            in_threads(
                lambda begin, end: kernels.sides_of_insides(
                    points, found.points, found.distance_mm, found.faces, found.features,
                    self.mesh.vertices, self.mesh.faces, SIGN_DOUBT, begin, end, side, sure,
                ),
                len(points),
            )  # fmt: skip
            rest = np.flatnonzero(found.features != 6)
        if not len(rest):
            return side, sure
        faces, features, distance = found.faces[rest], found.features[rest], found.distance_mm[rest]
        few = int(np.count_nonzero(features < 6)) * FEW_QUERIES < len(self.mesh.faces)
        if few and "_pseudonormals" not in self.__dict__:
            normal = normals_near(self._welded, faces, features)
        else:
            normal = self._pseudonormals.at(faces, features)
        away = points[rest] - found.points[rest]
        lean = np.einsum("ij,ij->i", away, normal)
        size = distance * np.linalg.norm(normal, axis=1)
        side[rest] = np.where(lean < 0.0, -1.0, 1.0)
        sure[rest] = (np.abs(lean) > SIGN_DOUBT * size) | (distance == 0.0)
        return side, sure

    def prepare_sides(self) -> None:
        """Build the normals of all edges and corners at once: for those who ask for sides often, a few at a time."""
        _ = self._pseudonormals

    def contains(self, points: FloatArray, progress: Progress = silent) -> npt.NDArray[np.bool_]:
        """Whether each point lies inside, (k,) bool, by the sum of signed crossings of a ray.

        A ray that passes so near an edge or a corner that rounding could decide is shot again in another direction.
        Points on the surface itself, where no direction decides, count as inside. Right for closed meshes, also when
        their parts cross; cavities wound inward are outside.
        """
        points = _checked(points, "points")
        inside = np.ones(len(points), bool)
        left = np.arange(len(points))
        for attempt, direction in enumerate(_DIRECTIONS):
            if not len(left):
                break
            share = part(progress, attempt / len(_DIRECTIONS), (attempt + 1) / len(_DIRECTIONS))
            _, _, winding, doubt = self._cast(
                points[left], np.broadcast_to(direction, (len(left), 3)), np.inf, share, count_all=True
            )
            inside[left[~doubt]] = winding[~doubt] > 0
            left = left[doubt]
        return inside

    def first_hit(
        self, origins: FloatArray, directions: FloatArray, max_mm: float = np.inf, progress: Progress = silent
    ) -> tuple[FloatArray, Int64Array]:
        """Follow rays to the first triangle, from either side.

        Parameters
        ----------
        origins, directions : (k, 3) float64
            LPS mm; the directions need not have unit length, but none may be zero.
        max_mm : float
            Hits at this distance or beyond are not reported.

        Returns
        -------
        distance_mm : (k,) float64
            Infinite where nothing is hit.
        faces : (k,) int64
            Triangle hit, -1 where none. A start on the surface hits it at distance 0.
        """
        origins, directions = _checked(origins, "origins"), _checked(directions, "directions")
        if len(origins) != len(directions):
            raise ValueError(f"origins and directions must be as many, got {len(origins)} and {len(directions)}")
        length = np.linalg.norm(directions, axis=1, keepdims=True)
        if len(length) and not length.min() > 0.0:
            raise ValueError("directions must not be zero")
        distance, row, _, _ = self._cast(origins, directions / length, float(max_mm), progress, count_all=False)
        return distance, np.where(row >= 0, self.tree.faces[row], -1)

    @cached_property
    def _pseudonormals(self) -> Pseudonormals:
        return pseudonormals(self._welded)

    @property
    def _chunk(self) -> int:
        return NUMPY_CHUNK if self.kernels is None else CHUNK

    @property
    def _least(self) -> int:
        return LEAST_CHUNK if self.kernels is None else LEAST_COMPILED_CHUNK

    def _order(self, points: FloatArray) -> Int64Array:
        return morton_order(points, compiled=self.kernels is not None)

    @cached_property
    def _seeds(self) -> cKDTree:
        return search.seeds(self.tree)

    @cached_property
    def _welded(self) -> Mesh:
        return exact_weld(self.mesh)

    def _cast(
        self, origins: FloatArray, directions: FloatArray, limit: float, progress: Progress, *, count_all: bool
    ) -> tuple[FloatArray, Int64Array, Int64Array, npt.NDArray[np.bool_]]:
        count = len(origins)
        directions = np.ascontiguousarray(directions)
        distance, row = np.empty(count), np.empty(count, np.int64)
        winding, doubt = np.empty(count, np.int64), np.empty(count, bool)
        tree, kernels = self.tree, self.kernels

        def work(chosen: Int64Array) -> None:
            if kernels is not None:
                kernels.rays(
                    origins, directions, chosen, limit, count_all,
                    tree.corners, tree.faces, tree.starts, tree.boxes, distance, row, winding, doubt,
                )  # fmt: skip
            else:
                distance[chosen], row[chosen], winding[chosen], doubt[chosen] = search.rays(
                    origins[chosen], directions[chosen], tree, limit, count_all=count_all
                )

        if count:
            run_chunks(work, self._order(origins), self._chunk, progress, "Following rays", self._least)
        return distance, row, winding, doubt


def load_kernels(engine: Engine) -> ModuleType | None:
    """Return the compiled searches, or None where numpy does the work."""
    if not is_compiled(engine):
        return None
    from . import _kernels

    return _kernels


def _checked(points: FloatArray, name: str) -> FloatArray:
    out = np.ascontiguousarray(points, np.float64)
    if out.ndim != 2 or out.shape[1] != 3:
        raise ValueError(f"{name} must have the shape (k, 3), got {out.shape}")
    if not np.isfinite(out).all():
        raise ValueError(f"{name} hold values that are not finite")
    return out
