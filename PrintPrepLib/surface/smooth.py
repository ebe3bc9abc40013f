"""Smoothing with a bound: no vertex moves further than stated, the volume stays, thin walls and gaps stay open."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError, InputError
from ..mesh import FloatArray, Mesh
from ..parameters import Param
from ..progress import Progress, part, silent
from ..receipt import Change, Receipt, Stopwatch, measure_mesh
from ..spatial import SurfaceIndex, index_of
from ..spatial.thin_walls import thin_walls_after
from ..topology import face_parts
from ..triangle_sums import six_fold_volumes
from ..vtk_threads import use_all_cores

PASS_BAND = 0.1
ITERATIONS = 20
"""Pass band 0.1 over 20 rounds takes off the steps of voxels and leaves the volume within 0.01 % (Taubin, Zhang, Golub
1996, as in VTK's windowed sinc filter); lower pass bands crossed walls on a skull."""

WALL_SHARE = 0.25
"""A vertex moves at most this share of the wall, or of the gap, in front of it: two sides together leave half of it."""

WALL_REACH = 1.0 / WALL_SHARE
"""Walls thicker than this many bounds need no looking at: the bound itself is the tighter limit."""

TURN_COSINE = 0.0
"""A triangle that turns by more than a right angle has folded: its vertices go back to where they were."""

START_OFFSET_SHARE = 1e-3
"""Rays start this share of the bound away from the surface, so that they do not meet their own triangle."""

CHANGE_SAMPLES = 50_000
"""Vertices on which the receipt's distances stand."""

VOLUME_ROUNDS = 2
"""Rounds in which each part gets its volume back; each takes off over 90 % of what is left."""


def smooth(
    mesh: Mesh,
    *,
    bound_mm: Annotated[
        float | None, Param("No vertex moves further than this. Replaces bound_voxels.", unit="mm", low=0.0)
    ] = None,
    bound_voxels: Annotated[
        float, Param("No vertex moves further than this share of the smallest voxel edge.", low=0.0, high=2.0)
    ] = 0.5,
    pass_band: Annotated[float, Param("Lower is smoother.", low=0.005, high=1.0)] = PASS_BAND,
    iterations: Annotated[int, Param("Rounds of smoothing.", low=1, high=200)] = ITERATIONS,
    voxel_mm: float | None = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Smooth a surface within a stated bound.

    A windowed sinc filter moves the vertices; then each is held within the bound and within a quarter of the wall or
    gap that it faces, folded triangles go back to where they were, and each part gets its volume back by a tiny offset
    along the normals, within the same limits.

    Parameters
    ----------
    mesh : Mesh
        Any surface; open edges stay where they are.
    bound_mm, bound_voxels, pass_band, iterations
        See their descriptions.
    voxel_mm : float or None
        Smallest voxel edge of the scan behind the mesh. Without it, and without ``bound_mm``, the median edge length
        of the mesh stands for it, and the receipt says so.
    progress : Progress
        Receiver.

    Returns
    -------
    Mesh, Receipt
        The same triangles on moved vertices.

    Raises
    ------
    InputError
        The bound is negative.
    GeometryError
        The mesh is empty.
    """
    if mesh.is_empty:
        raise GeometryError("There is nothing to smooth: the mesh is empty.")
    watch = Stopwatch()
    bound, notes = _bound(mesh, bound_mm, bound_voxels, voxel_mm)
    before = measure_mesh(mesh)
    if bound == 0.0:
        return mesh, Receipt(
            "smooth", {"bound_mm": 0.0}, watch.seconds, before, before, notes=("Nothing moved: the bound is zero.",)
        )
    progress(0.05, "Smoothing")
    target = _windowed_sinc(mesh, pass_band, iterations)
    progress(0.25, "Measuring walls and gaps in front of the surface")
    index = index_of(mesh)
    normals = mesh.vertex_normals()
    limit, narrow = _limits(mesh, normals, target - mesh.vertices, bound, index, part(progress, 0.25, 0.6))
    shift = _held(target - mesh.vertices, limit)
    progress(0.65, "Giving each part its volume back")
    shift, worst_part = _restore_volume(mesh, normals, shift, limit)
    shift, folded = _unfold(mesh, shift)
    result = mesh.with_vertices(mesh.vertices + shift)
    progress(0.8, "Measuring what moved")
    moved = np.linalg.norm(shift, axis=1)
    low, high = result.bounds
    after = replace(  # the triangles are the same, so all counts are
        before,
        volume_mm3=result.volume_mm3,
        area_mm2=result.area_mm2,
        bounds_mm=(tuple(low.tolist()), tuple(high.tolist())),
    )
    result.derived("measures", lambda _: after)
    result.derived("parts", lambda _: face_parts(mesh))
    closed = before.open_edges == 0 and before.volume_mm3 != 0.0
    volume_percent = 100.0 * (after.volume_mm3 / before.volume_mm3 - 1.0) if closed else None
    change = _change(result, shift, normals, index, volume_percent)
    if narrow:
        notes.append(f"{narrow} vertices were held back further because they face a thin wall or a narrow gap.")
    walls = thin_walls_after(mesh, result) if closed else None
    return result, Receipt(
        operation="smooth",
        parameters={
            "bound_mm": bound,
            "pass_band": pass_band,
            "iterations": iterations,
        },
        seconds=watch.seconds,
        before=before,
        after=after,
        change=change,
        notes=tuple(notes),
        warnings=() if walls is None else walls.warnings,
        details={
            "thin_walls": None if walls is None else walls.to_dict(),
            "largest_move_mm": float(moved.max()),
            "mean_move_mm": float(moved.mean()),
            "vertices_at_bound": int(np.count_nonzero(moved > 0.999 * bound)),
            "vertices_held_for_walls": narrow,
            "vertices_put_back_unfolded": folded,
            "part_volume_change_percent_worst": worst_part,
        },
    )


def _bound(mesh: Mesh, bound_mm: float | None, bound_voxels: float, voxel_mm: float | None) -> tuple[float, list[str]]:
    if bound_mm is not None:
        if bound_mm < 0:
            raise InputError(f"bound_mm must not be negative, got {bound_mm}")
        return bound_mm, []
    if voxel_mm is not None:
        bound = bound_voxels * voxel_mm
        return bound, [f"Bound of {bound:.3f} mm: {bound_voxels:g} of the smallest voxel edge, {voxel_mm:.3f} mm."]
    edges = mesh.vertices[mesh.faces[:, 1]] - mesh.vertices[mesh.faces[:, 0]]
    median = float(np.median(np.linalg.norm(edges, axis=1)))
    return bound_voxels * median, [
        f"The voxel size is not known: the bound is {bound_voxels:g} of the median edge length, {median:.3f} mm. "
        "Give bound_mm to state it yourself."
    ]


def _windowed_sinc(mesh: Mesh, pass_band: float, iterations: int) -> FloatArray:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkFiltersCore import vtkWindowedSincPolyDataFilter

    use_all_cores()
    smoother: Any = vtkWindowedSincPolyDataFilter()
    smoother.SetInputData(mesh.to_vtk())
    smoother.SetNumberOfIterations(iterations)
    smoother.SetPassBand(pass_band)
    smoother.NormalizeCoordinatesOn()
    smoother.SetWindowFunctionToNuttall()  # Hamming scaled whole models by up to 1 % (the default before VTK 9.4)
    smoother.NonManifoldSmoothingOff()
    smoother.FeatureEdgeSmoothingOff()
    smoother.BoundarySmoothingOff()
    smoother.Update()
    points: FloatArray = vtk_to_numpy(smoother.GetOutput().GetPoints().GetData()).astype(np.float64)
    used = np.zeros(len(points), bool)
    used[mesh.faces.ravel()] = True
    return np.where(used[:, None], points, mesh.vertices)


def _limits(
    mesh: Mesh, normals: FloatArray, shift: FloatArray, bound: float, index: SurfaceIndex, progress: Progress
) -> tuple[FloatArray, int]:
    """How far each vertex may move, (n,): the bound, or a quarter of the wall or gap that it moves into."""
    limit = np.full(len(mesh.vertices), bound)
    usable = np.flatnonzero(np.linalg.norm(normals, axis=1) > 0.5)
    if len(usable) == 0:
        return limit, 0
    start = START_OFFSET_SHARE * bound
    outward = np.einsum("ij,ij->i", shift[usable], normals[usable]) >= 0.0
    direction = np.where(outward[:, None], normals[usable], -normals[usable])
    hit, _ = index.first_hit(
        mesh.vertices[usable] + start * direction, direction, max_mm=WALL_REACH * bound, progress=progress
    )
    limit[usable] = np.minimum(bound, WALL_SHARE * (hit + start))
    return limit, int(np.count_nonzero(limit < np.minimum(bound, np.linalg.norm(shift, axis=1))))


def _held(shift: FloatArray, limit: FloatArray) -> FloatArray:
    length = np.linalg.norm(shift, axis=1)
    scale = np.ones_like(length)
    long = length > limit
    scale[long] = limit[long] / length[long]
    return np.asarray(shift * scale[:, None])


def _restore_volume(mesh: Mesh, normals: FloatArray, shift: FloatArray, limit: FloatArray) -> tuple[FloatArray, float]:
    """Offset each part along its normals until it has its old volume, within the limits.

    Also returns the largest change of a part's volume that is left, in percent.
    """
    count, of_face = face_parts(mesh)
    of_vertex = np.zeros(len(mesh.vertices), np.int64)
    of_vertex[mesh.faces.ravel()] = np.repeat(of_face, 3)
    wanted = _part_volumes(mesh.vertices, mesh.faces, of_face, count)
    area = np.bincount(of_face, weights=mesh.face_areas_mm2(), minlength=count)
    for _ in range(VOLUME_ROUNDS):
        missing = wanted - _part_volumes(mesh.vertices + shift, mesh.faces, of_face, count)
        offset = np.divide(missing, area, out=np.zeros(count), where=area > 0)
        shift = _held(shift + offset[of_vertex][:, None] * normals, limit)
    left = _part_volumes(mesh.vertices + shift, mesh.faces, of_face, count) - wanted
    percent = 100.0 * np.divide(left, np.abs(wanted), out=np.zeros(count), where=wanted != 0)
    return shift, float(percent[np.abs(percent).argmax()])


def _part_volumes(
    vertices: FloatArray, faces: npt.NDArray[np.int32], of_face: npt.NDArray[np.int64], count: int
) -> FloatArray:
    six_fold = six_fold_volumes(vertices, faces)
    return np.asarray(np.bincount(of_face, weights=six_fold, minlength=count) / 6.0, np.float64)


def _unfold(mesh: Mesh, shift: FloatArray) -> tuple[FloatArray, int]:
    """Put vertices of folded triangles back until no triangle is folded."""
    shift = shift.copy()
    put_back = np.zeros(len(shift), bool)
    old = mesh.face_normals()
    new = mesh.with_vertices(mesh.vertices + shift).face_normals()
    suspects = np.flatnonzero(np.einsum("ij,ij->i", new, old) <= TURN_COSINE)
    while len(suspects):
        back = np.unique(mesh.faces[suspects])
        back = back[~put_back[back]]
        if len(back) == 0:
            break
        put_back[back] = True
        shift[back] = 0.0
        touched = np.flatnonzero(put_back[mesh.faces].any(axis=1))
        corners = mesh.vertices[mesh.faces[touched]] + shift[mesh.faces[touched]]
        turned = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        suspects = touched[np.einsum("ij,ij->i", turned, old[touched]) <= TURN_COSINE]
    return shift, int(put_back.sum())


def _change(
    result: Mesh, shift: FloatArray, normals: FloatArray, index: SurfaceIndex, volume_percent: float | None
) -> Change:
    """True distances at vertices spread over the mesh, the one that moved furthest among them.

    Vertices correspond one to one, so neither surface has a point farther from the other than the largest move.
    """
    step = max(1, len(shift) // CHANGE_SAMPLES)
    furthest = int(np.einsum("ij,ij->i", shift, shift).argmax())
    chosen = np.append(np.arange(0, len(shift), step), furthest)
    size = index.closest(result.vertices[chosen]).distance_mm
    signed = np.where(np.einsum("ij,ij->i", shift[chosen], normals[chosen]) < 0.0, -size, size)
    x, y, z = result.vertices[chosen[size.argmax()]].tolist()
    return Change(
        signed_mean_mm=float(signed.mean()),
        mean_mm=float(size.mean()),
        p95_mm=float(np.percentile(size, 95)),
        max_mm=float(size.max()),
        max_at_mm=(x, y, z),
        volume_percent=volume_percent,
        samples=len(chosen),
    )
