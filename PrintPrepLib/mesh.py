"""A triangle mesh in LPS millimetres, and its only doors to VTK, trimesh and manifold3d."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .errors import GeometryError, MissingPackageError
from .triangle_sums import FloatArray, IntArray, face_areas_mm2, face_normals, six_fold_volumes, vertex_normals

if TYPE_CHECKING:
    import manifold3d
    import trimesh
    import vtkmodules.vtkCommonDataModel as vtk_data

__all__ = ["FloatArray", "IntArray", "Mesh", "concatenate", "six_fold_volumes"]


def _no_scalars() -> Mapping[str, FloatArray]:
    return MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Mesh:
    """An indexed triangle surface. Its arrays cannot be written to.

    Attributes
    ----------
    vertices : (n, 3) float64
        Millimetres, LPS (the patient axes of DICOM and SimpleITK).
    faces : (m, 3) int32
        Vertex indices, counter-clockwise seen from outside.
    name : str
        What a person calls it; never a patient's name.
    scalars : mapping of str to (n,) float64
        Values at the vertices, e.g. ``thickness_mm``.

    Raises
    ------
    TypeError
        Wrong kind of array.
    ValueError
        Wrong shape, indices out of range, or coordinates that are not finite.
    """

    vertices: FloatArray
    faces: IntArray
    name: str = "model"
    scalars: Mapping[str, FloatArray] = field(default_factory=_no_scalars)
    _derived: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        vertices = _frozen(np.asarray(self.vertices), np.float64, "vertices")
        faces = np.asarray(self.faces)
        if faces.size == 0:
            faces = faces.reshape(-1, 3).astype(np.int32)
        if faces.dtype.kind not in "iu":
            raise TypeError(f"faces must be integers, got {faces.dtype}")
        faces = _frozen(faces, np.int32, "faces")
        if not np.isfinite(vertices).all():
            raise ValueError("vertices hold values that are not finite")
        if faces.size and (faces.min() < 0 or faces.max() >= len(vertices)):
            raise ValueError(f"faces refer to vertices outside 0..{len(vertices) - 1}")
        scalars = {key: np.asarray(value, np.float64) for key, value in self.scalars.items()}
        for key, value in scalars.items():
            if value.shape != (len(vertices),):
                raise ValueError(
                    f"scalars[{key!r}] must have one value per vertex ({len(vertices)}), got {value.shape}"
                )
            value.setflags(write=False)
        object.__setattr__(self, "vertices", vertices)
        object.__setattr__(self, "faces", faces)
        object.__setattr__(self, "scalars", MappingProxyType(scalars))

    def derived(self, key: str, compute: Callable[[Mesh], Any]) -> Any:
        """Return what follows from the mesh, computed at most once as long as it lives; its arrays never change."""
        if key not in self._derived:
            self._derived[key] = compute(self)
        return self._derived[key]

    @property
    def is_empty(self) -> bool:
        """True when there is no triangle."""
        return len(self.faces) == 0

    @property
    def triangles(self) -> FloatArray:
        """Corner coordinates of every triangle, (m, 3, 3)."""
        return self.vertices[self.faces]

    @property
    def used_vertices(self) -> npt.NDArray[np.int64]:
        """Vertices that triangles use, ascending, (k,); read-only."""
        used: npt.NDArray[np.int64] = self.derived("used_vertices", _used_vertices)
        return used

    @property
    def bounds(self) -> FloatArray:
        """Lowest and highest corner, (2, 3), of the vertices that triangles use.

        Raises
        ------
        GeometryError
            The mesh is empty.
        """
        if self.is_empty:
            raise GeometryError(f"The mesh '{self.name}' has no triangles.")
        bounds: FloatArray = self.derived("bounds", _bounds)
        return bounds

    @property
    def size_mm(self) -> FloatArray:
        """Width along x, y, z, (3,)."""
        low, high = self.bounds
        return np.asarray(high - low)

    @property
    def volume_mm3(self) -> float:
        """Signed enclosed volume (divergence theorem). Positive when faces look outward; meaningless if open."""
        volume: float = self.derived("volume_mm3", _volume_mm3)
        return volume

    @property
    def area_mm2(self) -> float:
        """Total area of the triangles."""
        return float(self.face_areas_mm2().sum())

    def face_areas_mm2(self) -> FloatArray:
        """Area of every triangle, (m,); read-only."""
        areas: FloatArray = self.derived("face_areas_mm2", _face_areas_mm2)
        return areas

    def face_normals(self) -> FloatArray:
        """Unit normal of every triangle, (m, 3); zero for a triangle without area."""
        return face_normals(self.vertices, self.faces)

    def vertex_normals(self) -> FloatArray:
        """Area-weighted unit normal at every vertex, (n, 3); zero where no triangle with area meets."""
        return vertex_normals(self.vertices, self.faces)

    def with_vertices(self, vertices: FloatArray) -> Mesh:
        """Return the same triangles on moved vertices; scalars are dropped, since they described the old shape."""
        if np.shape(vertices) != self.vertices.shape:
            raise ValueError(f"vertices must keep the shape {self.vertices.shape}, got {np.shape(vertices)}")
        return Mesh(vertices, self.faces, self.name)

    def with_name(self, name: str) -> Mesh:
        """Return the same mesh under another name."""
        renamed = Mesh(self.vertices, self.faces, name, self.scalars)
        renamed._derived.update(self._derived)
        return renamed

    def with_scalar(self, name: str, values: FloatArray) -> Mesh:
        """Return the mesh with one more array of values at the vertices."""
        return Mesh(self.vertices, self.faces, self.name, {**self.scalars, name: values})

    def flipped(self) -> Mesh:
        """Return the mesh turned inside out."""
        return Mesh(self.vertices, self.faces[:, ::-1], self.name, self.scalars)

    def submesh(self, face_mask: npt.NDArray[np.bool_]) -> Mesh:
        """Return the chosen triangles with only the vertices that they use, in their old order.

        Parameters
        ----------
        face_mask : (m,) bool
            Triangles to keep.
        """
        mask = np.asarray(face_mask)
        if mask.dtype != bool or mask.shape != (len(self.faces),):
            raise ValueError(f"face_mask must be {len(self.faces)} booleans, got {mask.shape} of {mask.dtype}")
        return Mesh(self.vertices, self.faces[mask], self.name, self.scalars).without_unused_vertices()

    def without_unused_vertices(self) -> Mesh:
        """Return the mesh without vertices that no triangle uses; order is kept."""
        used = self.used_vertices
        if len(used) == len(self.vertices):
            return self
        new_index = np.zeros(len(self.vertices), np.int32)
        new_index[used] = np.arange(len(used), dtype=np.int32)
        return Mesh(
            self.vertices[used],
            new_index[self.faces],
            self.name,
            {key: value[used] for key, value in self.scalars.items()},
        )

    def to_vtk(self) -> vtk_data.vtkPolyData:
        """Return VTK polydata that shares the vertex array with this mesh."""
        from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
        from vtkmodules.vtkCommonCore import vtkPoints
        from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

        points = vtkPoints()
        points.SetDataTypeToDouble()
        points.SetData(numpy_to_vtk(self.vertices))
        cells = vtkCellArray()
        offsets = np.arange(0, 3 * len(self.faces) + 1, 3, dtype=np.int64)
        cells.SetData(
            numpy_to_vtkIdTypeArray(offsets, deep=True),
            numpy_to_vtkIdTypeArray(self.faces.ravel().astype(np.int64), deep=True),
        )
        polydata = vtkPolyData()
        polydata.SetPoints(points)
        polydata.SetPolys(cells)
        polydata.printprep_owner = self  # keeps the shared array alive as long as the polydata object
        for key, value in self.scalars.items():
            array = numpy_to_vtk(value, deep=True)
            array.SetName(key)
            polydata.GetPointData().AddArray(array)
        return polydata

    @classmethod
    def from_vtk(cls, polydata: vtk_data.vtkPolyData, name: str = "model") -> Mesh:
        """Copy the polygons of VTK polydata; polygons with more corners and strips are cut into triangles."""
        from vtkmodules.util.numpy_support import vtk_to_numpy

        cells = polydata.GetPolys()
        strips = polydata.GetStrips()
        if (cells.GetNumberOfCells() and cells.IsHomogeneous() != 3) or strips.GetNumberOfCells():
            from vtkmodules.vtkFiltersCore import vtkTriangleFilter

            cutter = vtkTriangleFilter()
            cutter.SetInputData(polydata)
            cutter.PassVertsOff()
            cutter.PassLinesOff()
            cutter.Update()
            polydata = cutter.GetOutput()
            cells = polydata.GetPolys()
        if polydata.GetNumberOfPoints() == 0:
            return cls(np.empty((0, 3)), np.empty((0, 3), np.int32), name)
        vertices = vtk_to_numpy(polydata.GetPoints().GetData()).astype(np.float64)
        faces = vtk_to_numpy(cells.GetConnectivityArray()).reshape(-1, 3).astype(np.int32)
        scalars = {}
        data = polydata.GetPointData()
        for index in range(data.GetNumberOfArrays()):
            array = data.GetArray(index)
            if array is not None and array.GetNumberOfComponents() == 1 and array.GetName():
                scalars[array.GetName()] = vtk_to_numpy(array).astype(np.float64)
        return cls(vertices, faces, name, scalars)

    def to_trimesh(self) -> trimesh.Trimesh:
        """Return a trimesh with exactly these vertices and faces (nothing merged)."""
        try:
            import trimesh
        except ImportError as error:
            raise MissingPackageError(
                "This step needs the Python package 'trimesh'. Install it and try again."
            ) from error
        return trimesh.Trimesh(self.vertices, self.faces, process=False, validate=False)

    @classmethod
    def from_trimesh(cls, other: Any, name: str = "model") -> Mesh:
        """Copy vertices and faces of a trimesh."""
        return cls(np.asarray(other.vertices, np.float64), np.asarray(other.faces), name)

    def to_manifold(self) -> manifold3d.Manifold:
        """Build a Manifold (double precision). Build it once and keep it through a chain of booleans.

        Raises
        ------
        GeometryError
            The mesh is not a closed, oriented 2-manifold.
        """
        try:
            import manifold3d
        except ImportError as error:
            raise MissingPackageError(
                "This step needs the Python package 'manifold3d'. Install it and try again."
            ) from error
        solid = manifold3d.Manifold(
            manifold3d.Mesh64(vert_properties=self.vertices.copy(), tri_verts=self.faces.astype(np.uint64))
        )
        status = solid.status()
        if status != manifold3d.Error.NoError:
            raise GeometryError(
                f"The mesh '{self.name}' is not a closed, consistently wound surface ({status.name}). Repair it first."
            )
        return solid

    @classmethod
    def from_manifold(cls, solid: manifold3d.Manifold, name: str = "model") -> Mesh:
        """Copy the surface of a Manifold."""
        out = solid.to_mesh64()
        return cls(np.asarray(out.vert_properties)[:, :3].copy(), np.asarray(out.tri_verts).astype(np.int32), name)


def _used_vertices(mesh: Mesh) -> npt.NDArray[np.int64]:
    used = np.zeros(len(mesh.vertices), bool)
    used[mesh.faces.ravel()] = True
    out = np.flatnonzero(used)
    out.setflags(write=False)
    return out


def _bounds(mesh: Mesh) -> FloatArray:
    used = mesh.used_vertices
    points = mesh.vertices if len(used) == len(mesh.vertices) else mesh.vertices[used]
    # Column by column: along the short axis of (n, 3) a reduction is several times slower.
    columns = [np.ascontiguousarray(points[:, axis]) for axis in range(3)]
    out = np.array([[column.min() for column in columns], [column.max() for column in columns]])
    out.setflags(write=False)
    return out


def _volume_mm3(mesh: Mesh) -> float:
    return 0.0 if mesh.is_empty else float(six_fold_volumes(mesh.vertices, mesh.faces).sum() / 6.0)


def _face_areas_mm2(mesh: Mesh) -> FloatArray:
    out = face_areas_mm2(mesh.vertices, mesh.faces)
    out.setflags(write=False)
    return out


def concatenate(meshes: list[Mesh] | tuple[Mesh, ...], name: str | None = None) -> Mesh:
    """Put several meshes into one, without welding or merging anything.

    Raises
    ------
    ValueError
        No mesh was given.
    """
    if not meshes:
        raise ValueError("meshes must hold at least one mesh")
    offsets = np.cumsum([0] + [len(m.vertices) for m in meshes[:-1]])
    return Mesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.faces + np.int32(offset) for m, offset in zip(meshes, offsets, strict=True)]),
        name if name is not None else meshes[0].name,
    )


def _frozen(array: npt.NDArray[Any], dtype: type, name: str) -> Any:
    if array.ndim != 2 or array.shape[1] != 3:
        raise ValueError(f"{name} must have the shape (n, 3), got {array.shape}")
    if array.dtype == dtype and not array.flags.writeable and array.flags.c_contiguous:
        return array
    out: npt.NDArray[Any] = np.ascontiguousarray(array, dtype=dtype)
    if out is array and array.flags.writeable:
        # A view with its own flag: the caller's array stays writable, ours does not change under us by accident.
        out = array.view()
    out.setflags(write=False)
    return out
