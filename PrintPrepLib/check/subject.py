"""What is checked: the mesh as a program that opens its file sees it, and what it can be held against.

An STL file holds no shared vertices. Every reader merges corners that are exactly equal and drops triangles of which
two corners fell together. Topology is therefore judged on the mesh after exact welding and without collapsed triangles:
two shells that touch in a corner are one to a reader, and are reported so, even where the mesh in memory still tells
them apart. Coordinates are judged as they are: STL rounds them to single precision, so what goes into an STL file is to
be checked after that rounding, or as it was read back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..analysis.deviation import Deviation, compare
from ..analysis.thickness import Side, Thickness, wall_thickness
from ..finding import Finding, Severity
from ..mesh import FloatArray, Mesh
from ..profiles import Printer
from ..profiles.processes import Process
from ..segment.segmentation import ClippedFace, Segmentation
from ..spatial import Crossings, SurfaceIndex, crossings_and_contacts, exact_weld, index_of
from ..topology import EdgeTable, edge_table
from .shells import Shells, find_shells
from .voxel_grid import VoxelGrid, grid_of

Place = tuple[float, float, float]

SAMPLES = 60_000
"""Points by area on each surface: a share is 2 mm2 on a skull of 1200 cm2."""

REACH_LIMITS = 1.2
"""Walls are measured up to so many limits, so that a wall of just the limit is not lost by rounding."""

VERTICES = 60_000
"""Vertices of the reference, evenly over it: tips that points by area miss."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A mesh with all that its checks may be run against; what follows from it is computed at most once.

    Attributes
    ----------
    mesh : Mesh
        As given.
    segmentation, against, printer, voxel_mm, layer_mm, accuracy_mm, clipped, deviation, process, walls
        As in :func:`~PrintPrepLib.check.check_mesh`.
    """

    mesh: Mesh
    segmentation: Segmentation | None = None
    against: Mesh | None = None
    printer: Printer | None = None
    voxel_mm: tuple[float, float, float] | None = None
    layer_mm: float | None = None
    accuracy_mm: float | None = None
    clipped: Sequence[ClippedFace] | None = None
    deviation: Deviation | None = None
    process: Process | None = None
    walls: Thickness | None = None

    @cached_property
    def welded(self) -> Mesh:
        """The mesh with exactly equal vertices merged; every triangle in its place."""
        return exact_weld(self.mesh)

    @cached_property
    def collapsed(self) -> npt.NDArray[np.bool_]:
        """Triangles of :attr:`welded` with two corners in the same place, (m,)."""
        a, b, c = self.welded.faces.T
        return np.asarray((a == b) | (b == c) | (c == a))

    @cached_property
    def seen(self) -> Mesh:
        """The mesh as a file reader keeps it: :attr:`welded` without collapsed triangles."""
        if not self.collapsed.any():
            return self.welded
        return Mesh(self.welded.vertices, self.welded.faces[~self.collapsed], self.mesh.name)

    @cached_property
    def edges(self) -> EdgeTable:
        """Edges of :attr:`seen`."""
        return edge_table(self.seen)

    @cached_property
    def side_mm(self) -> FloatArray:
        """Length of every edge of :attr:`edges`."""
        ends = self.seen.vertices[self.edges.vertices]
        return np.asarray(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1))

    @cached_property
    def area_mm2(self) -> FloatArray:
        """Area of every triangle of :attr:`seen`."""
        return self.seen.face_areas_mm2()

    @cached_property
    def shells(self) -> Shells:
        """Connected surfaces of :attr:`seen`."""
        return find_shells(self.seen, self.edges)

    @property
    def crossings(self) -> Crossings:
        """Triangles of :attr:`seen` that truly pass through others, or are there twice."""
        return self._crossings_and_contacts[0]

    @property
    def contacts(self) -> Crossings:
        """Triangles of :attr:`seen` that programs with rounding call crossing: some of them only touch."""
        return self._crossings_and_contacts[1]

    @cached_property
    def _crossings_and_contacts(self) -> tuple[Crossings, Crossings]:
        return crossings_and_contacts(self.seen)

    @cached_property
    def is_closed(self) -> bool:
        """True when no edge of :attr:`seen` is open."""
        return not self.seen.is_empty and self.edges.open_edges == 0

    @cached_property
    def index(self) -> SurfaceIndex:
        """Search index of :attr:`seen`."""
        return index_of(self.seen)

    @cached_property
    def from_reference(self) -> Deviation | None:
        """How far :attr:`seen` lies from the mesh it is held against, both ways; None without one."""
        if self.deviation is not None:
            return self.deviation
        if self.against is None or not self.against.area_mm2 > 0.0 or not self.seen.area_mm2 > 0.0:
            return None
        return compare_surfaces(self.seen, self.against)

    @cached_property
    def grid(self) -> VoxelGrid | None:
        """The segmentation's voxels with a margin; None without a segmentation."""
        return None if self.segmentation is None else grid_of(self.segmentation)

    @cached_property
    def voxel_size_mm(self) -> tuple[float, float, float] | None:
        """Voxel size as given, else that of the segmentation."""
        if self.voxel_mm is not None:
            return self.voxel_mm
        return None if self.segmentation is None else self.segmentation.labels.spacing_mm

    def thickness(self, limit_mm: float, side: Side = Side.WALL) -> Thickness:
        """Walls or gaps of :attr:`seen`, up to a little more than a limit: thicker ones need no figure."""
        given = self.walls
        if given is not None and side is given.side and limit_mm <= given.max_mm and self.seen is self.mesh:
            return given
        found: Thickness = self.seen.derived(
            f"{side.value} up to {limit_mm!r}",
            lambda mesh: wall_thickness(mesh, max_mm=REACH_LIMITS * limit_mm, side=side),
        )
        return found

    def edge_middle(self, edge: int) -> Place:
        """Middle of one edge of :attr:`edges`."""
        return place(self.seen.vertices[self.edges.vertices[edge]].mean(axis=0))


def compare_surfaces(mesh: Mesh, reference: Mesh) -> Deviation:
    """How far a model lies from a reference, at as many points as the verdict needs."""
    return compare(mesh, reference, samples=SAMPLES, most_vertices_of_b=VERTICES)


def place(point: npt.ArrayLike) -> Place:
    """Return a point as three plain numbers."""
    x, y, z = np.asarray(point, np.float64).tolist()
    return x, y, z


def not_run(code: str, reason: str, advice: str = "") -> Finding:
    """Return the finding of a check that could not be run. It is never a pass."""
    return Finding(code, Severity.NOT_RUN, f"Not checked: {reason}", advice=advice)


def plural(count: int, word: str, words: str | None = None) -> str:
    """Return ``"1 piece"`` or ``"2 pieces"``."""
    return f"{count} {word if count == 1 else words or word + 's'}"
