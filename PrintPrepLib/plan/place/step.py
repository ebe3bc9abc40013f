"""The step ``place``: lays a model flat on one of its faces, in the middle of the bed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import FloatArray, Mesh, concatenate
from ...parameters import Param
from ...profiles.printers import printer as printer_of
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...shape.split.bed import usable_mm
from ..orient.step import axes_words, patient_axes
from .flat import FLAT_MM, FlatFace, flat_at, flat_faces, flat_on
from .pack import Spot, packed

BACK_MM = 1e-6
"""The way back to the patient must give every point back this exactly: rounding of doubles is a millionth of it."""
SHOWN = 6
"""Flat faces in the receipt."""


def place(
    mesh: Mesh,
    *,
    on_mm: Annotated[
        tuple[float, ...] | None,
        Param("A point on the flat face to lie on, LPS; without it the largest flat face.", unit="mm", length=3),
    ] = None,
    on_plane: Annotated[
        tuple[float, ...] | None,
        Param("Plane of the face to lie on, such as that of a cut: a point and its normal, LPS.", unit="mm", length=6),
    ] = None,
    turn_deg: Annotated[
        float | None,
        Param(
            "Turn about the vertical; without it the model lies along the width of the bed.",
            unit="degrees",
            low=-360.0,
            high=360.0,
        ),
    ] = None,
    printer: Annotated[str | None, Param("Printer that it must fit.")] = None,
    gap_mm: Annotated[float, Param("Between parts that lie beside one another.", unit="mm", low=0.0, high=100.0)] = 5.0,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Lay a model flat on a face: on the largest, on the one with a point, or on that of a cut.

    Where ``orient`` looks for the way that prints best, this lays it as it is told. The shape is not changed; the
    receipt holds the matrix to the printer's coordinates and the way back to the patient's, which is proven by bringing
    every point back.

    Parameters
    ----------
    mesh : Mesh
        LPS mm.

    Returns
    -------
    mesh : Mesh
        Lowest point at height 0, its middle above the origin.
    receipt : Receipt
        ``details["matrix"]`` and ``details["matrix_back"]`` (4, 4), ``details["face"]``, ``details["back_error_mm"]``.

    Raises
    ------
    InputError
        Both a point and a plane, no face on the plane, or an unknown printer.
    GeometryError
        The model is empty, or reaches beyond the face that was asked for.
    """  # fmt: skip
    done = place_all(
        [mesh], on_mm=on_mm, on_plane=on_plane, turn_deg=turn_deg, printer=printer, gap_mm=gap_mm, progress=progress
    )
    return done.meshes[0], done.receipt


@dataclass(frozen=True, eq=False)
class Placed:
    """Models as they lie on their beds, with the matrix (4, 4) to the printer's coordinates of each."""

    meshes: tuple[Mesh, ...]
    beds: tuple[int, ...]
    matrices: tuple[FloatArray, ...]
    receipt: Receipt


def place_all(
    meshes: list[Mesh],
    *,
    on_mm: tuple[float, ...] | None = None,
    on_plane: tuple[float, ...] | None = None,
    turn_deg: float | None = None,
    printer: str | None = None,
    gap_mm: float = 5.0,
    progress: Progress = silent,
) -> Placed:
    """Lay several models, each flat on a face, beside one another; see :func:`place`.

    Raises
    ------
    InputError, GeometryError
        As :func:`place`; also where a part is larger than the bed.
    """
    watch = Stopwatch()
    if on_mm is not None and on_plane is not None:
        raise InputError("Give a point on the face, or its plane, not both.")
    machine = None if printer is None else printer_of(printer)
    room = None if machine is None else usable_mm(machine.build_volume_mm)
    faces, flats = [], []
    for number, mesh in enumerate(meshes):
        share = part(progress, 0.8 * number / len(meshes), 0.8 * (number + 1) / len(meshes))
        found = _faces(mesh, on_mm, on_plane, share)
        flats.append(found)
        faces.append(found[0])
    rotations = [_rotation(mesh, face, turn_deg) for mesh, face in zip(meshes, faces, strict=True)]
    sizes = [_size(mesh, rotation) for mesh, rotation in zip(meshes, rotations, strict=True)]
    one = len(meshes) == 1
    spots = (Spot(0, 0.0, 0.0, False),) if one else packed(
        [(float(size[0]), float(size[1])) for size in sizes], gap_mm, None if room is None else (room[0], room[1])
    )  # fmt: skip
    laid, matrices, errors = [], [], []
    for mesh, rotation, spot in zip(meshes, rotations, spots, strict=True):
        out, matrix, error = _laid(mesh, rotation, spot)
        laid.append(out)
        matrices.append(matrix)
        errors.append(error)
    progress(1.0, "Laid")
    asked: dict[str, Any] = {
        "on_mm": on_mm, "on_plane": on_plane, "turn_deg": turn_deg, "printer": printer, "gap_mm": gap_mm,
    }  # fmt: skip
    notes, warnings = _words(meshes, faces, rotations, laid, spots, None if room is None else room.tolist())
    details: dict[str, Any] = {
        "matrix": matrices[0],
        "matrix_back": np.linalg.inv(matrices[0]),
        "matrix_words": "from the model's coordinates (LPS mm) to the printer's (width, depth, height, mm); rigid",
        "back_error_mm": max(errors),
        "patient_axes": patient_axes(rotations[0]),
        "face": _face_dict(faces[0]),
        "flat_faces": [_face_dict(face) for face in flats[0][:SHOWN]],
        "parts": [
            {"name": mesh.name, "bed": spot.bed + 1, "matrix": matrix, "matrix_back": np.linalg.inv(matrix),
             "face": _face_dict(face), "size_mm": out.size_mm}
            for mesh, spot, matrix, face, out in zip(meshes, spots, matrices, faces, laid, strict=True)
        ],
        "beds": 1 + max(spot.bed for spot in spots),
    }  # fmt: skip
    before, after = (all_[0] if one else concatenate(all_) for all_ in (meshes, laid))
    receipt = Receipt(
        "place", asked, watch.seconds, measure_mesh(before), measure_mesh(after), None, notes, warnings, details
    )
    return Placed(tuple(laid), tuple(spot.bed for spot in spots), tuple(matrices), receipt)


def _faces(
    mesh: Mesh, on_mm: tuple[float, ...] | None, on_plane: tuple[float, ...] | None, progress: Progress
) -> list[FlatFace]:
    progress(0.0, "Looking for flat faces")
    if on_mm is None and on_plane is None:
        return flat_faces(mesh)
    face = flat_at(mesh, on_mm) if on_mm is not None else flat_on(mesh, on_plane or ())
    if not face.holds:
        raise GeometryError(
            f"The model cannot lie on that face: it reaches {face.below_mm:.1f} mm beyond it. Choose another face, or "
            "cut off what stands out."
        )
    return [face]


def _rotation(mesh: Mesh, face: FlatFace, turn_deg: float | None) -> FloatArray:
    """Turn the face down; then along the width of the bed, or as was asked."""
    rows = _down(np.asarray(face.normal))
    angle = _along(mesh, rows) if turn_deg is None else np.radians(turn_deg)
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.asarray(np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]]) @ rows)


def _down(normal: FloatArray) -> FloatArray:
    """The shortest turn (3, 3) that brings a direction to -z."""
    axis = np.cross(normal, [0.0, 0.0, -1.0])
    cosine = -float(normal[2])
    if np.linalg.norm(axis) < 1e-9:
        return np.eye(3) if cosine > 0.0 else np.diag([1.0, -1.0, -1.0])
    cross = np.array([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
    return np.asarray(np.eye(3) + cross + cross @ cross / (1.0 + cosine))


def _along(mesh: Mesh, rows: FloatArray) -> float:
    """Angle that brings the smallest rectangle round the footprint along the axes, its long side along the width."""
    from scipy.spatial import ConvexHull

    flat = (mesh.vertices[mesh.used_vertices] @ rows.T)[:, :2]
    corners = flat[ConvexHull(flat).vertices]
    sides = np.roll(corners, -1, axis=0) - corners
    angles = -np.arctan2(sides[:, 1], sides[:, 0])
    best = 0.0, np.inf
    for angle in angles:
        turned = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        width, depth = np.ptp(turned, axis=0)
        if width * depth < best[1] - 1e-9:
            best = float(angle if width >= depth else angle + np.pi / 2.0), float(width * depth)
    return float(np.arctan(np.tan(best[0]))) if abs(np.cos(best[0])) > 1e-9 else best[0]


def _size(mesh: Mesh, rotation: FloatArray) -> FloatArray:
    return np.asarray(np.ptp(mesh.vertices[mesh.used_vertices] @ rotation.T, axis=0))


def _laid(mesh: Mesh, rotation: FloatArray, spot: Spot) -> tuple[Mesh, FloatArray, float]:
    """Turn and move; the way back is tried on every point."""
    if spot.turned:
        rotation = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]) @ rotation
    points = mesh.vertices @ rotation.T
    used = points[mesh.used_vertices]
    low, high = used.min(axis=0), used.max(axis=0)
    shift = np.array([spot.x_mm - (low[0] + high[0]) / 2.0, spot.y_mm - (low[1] + high[1]) / 2.0, -low[2]])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, shift
    out = mesh.with_vertices(points + shift)
    back = np.linalg.inv(matrix)
    error = float(np.abs(out.vertices @ back[:3, :3].T + back[:3, 3] - mesh.vertices).max())
    if error > BACK_MM:
        raise GeometryError(f"The way back to the patient is off by {error:.3g} mm. Check the units of the model.")
    return out, matrix, error


def _face_dict(face: FlatFace) -> dict[str, Any]:
    return {"normal": face.normal, "area_mm2": face.area_mm2, "at_mm": face.at_mm, "reaches_beyond_mm": face.below_mm}


def _words(
    meshes: list[Mesh],
    faces: list[FlatFace],
    rotations: list[FloatArray],
    laid: list[Mesh],
    spots: tuple[Spot, ...],
    room: list[float] | None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    notes, warnings = [], []
    for mesh, face, out in zip(meshes, faces, laid, strict=True):
        who = "" if len(meshes) == 1 else f"{mesh.name}: "
        at = ", ".join(f"{value:.1f}" for value in face.at_mm)
        size = " x ".join(f"{side:.1f}" for side in out.size_mm)
        if face.area_mm2 > 0.0:
            notes.append(f"{who}Lies on a flat face of {face.area_mm2 / 100.0:.2f} cm2 at ({at}); {size} mm.")
        else:
            notes.append(f"{who}Lies on its hull; {size} mm.")
            warnings.append(
                f"{who}No part of the model is flat to {FLAT_MM:g} mm: it touches the bed in single points. Use a base "
                "or supports."
            )
        if room is not None and (out.size_mm > np.asarray(room)).any():
            limit = " x ".join(f"{side:.0f}" for side in room)
            warnings.append(f"{who}{size} mm is more than the printer takes ({limit} mm).")
    if len(meshes) == 1:
        notes.append(axes_words(rotations[0]))
    else:
        beds = 1 + max(spot.bed for spot in spots)
        notes.append(f"{len(meshes)} parts on {beds} bed{'s' if beds > 1 else ''}.")
    notes.append(
        "The file is in the coordinates of the printer, not of the patient; the matrix back is in the receipt."
    )
    return tuple(notes), tuple(warnings)
