"""Fewer triangles within a stated tolerance; pieces, holes and closedness stay what they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError, InputError
from ..mesh import Mesh
from ..parameters import Param
from ..progress import Progress, part, silent
from ..receipt import Receipt, Stopwatch, measure_mesh
from ..spatial import SurfaceIndex, crossings_and_contacts, index_of
from ..spatial.change import change_between
from ..spatial.thin_walls import thin_walls_after
from .collapse import Collapse, broken_topology, collapse, part_of_vertices, with_neighbors
from .proof import Proof

STL_HEADER_BYTES = 84
STL_TRIANGLE_BYTES = 50

FIRST_SHARE = 0.15
"""First try of a simplification by tolerance: voxel-born surfaces at a quarter of a voxel end near there."""

TYPICAL_SHARE_OF_TOLERANCE = 0.4
"""The 99th percentile of the deviation is steered to this share of the tolerance: the few places beyond the tolerance
then get their detail back without adding many triangles."""

WORTH_ANOTHER_TRY = 2.0
"""The simplification is run again when the triangle count should differ by more than this factor."""

PROBE_VERTICES = 30_000
"""Vertices on which the first try is judged."""

LEAST_TRIANGLES = 500
"""No surface is brought below this by tolerance alone."""

ROUNDS = 12
"""Rounds of giving places their detail back; three are usual."""

CONTACT_ROUNDS = 3
"""Rounds spent on triangles that do not cross but that MeshLab, by its rounding, counts as crossing."""

FEW_CONTACTS = 0.001
"""More of them than this share are flat faces that lie oblique in space: MeshLab's rounding, not the surface."""

COUNT_TOLERANCE = 0.05
"""A wanted number of triangles is met when the result is within 5 %."""

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Kept:
    """Places that kept their full detail, by reason."""

    topology: int = 0
    crossing: int = 0
    tolerance: int = 0


def simplify(
    mesh: Mesh,
    *,
    tolerance_mm: Annotated[
        float | None, Param("The surface moves nowhere by more than this.", unit="mm", low=0.0)
    ] = None,
    tolerance_voxels: Annotated[
        float | None, Param("The same as a share of the scan's smallest voxel edge.", low=0.0, high=2.0)
    ] = None,
    triangles: Annotated[int | None, Param("Wanted number of triangles.", low=4)] = None,
    megabytes: Annotated[float | None, Param("Wanted size as binary STL.", unit="MB", low=0.001)] = None,
    voxel_mm: float | None = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Simplify a closed surface.

    Edges are collapsed by quadric error (Garland and Heckbert 1997). Wherever the result would touch itself, cross
    itself, lose a piece, open or close a hole, or lie beyond the tolerance, the original triangles come back. That the
    tolerance holds is proven for every triangle of both surfaces as a whole, not at some places. The result has the
    same pieces and the same number of holes and tunnels as the input, or the step refuses.

    Parameters
    ----------
    mesh : Mesh
        A closed, oriented surface.
    tolerance_mm, tolerance_voxels, triangles, megabytes
        Exactly one of them.
    voxel_mm : float or None
        Smallest voxel edge of the scan behind the mesh, for ``tolerance_voxels``.

    Returns
    -------
    Mesh, Receipt

    Raises
    ------
    InputError
        None or more than one target was given.
    GeometryError
        The mesh is not closed, or cannot be brought to the target without changing its pieces or holes.
    """
    if sum(target is not None for target in (tolerance_mm, tolerance_voxels, triangles, megabytes)) != 1:
        raise InputError("Give exactly one of: a tolerance in mm or in voxels, a number of triangles, or megabytes.")
    if tolerance_voxels is not None:
        if voxel_mm is None:
            raise InputError("The voxel size behind this mesh is not known: give the tolerance in mm.")
        tolerance_mm = tolerance_voxels * voxel_mm
    watch = Stopwatch()
    before = measure_mesh(mesh)
    if before.open_edges or before.non_manifold_edges or before.misoriented_edges or not before.triangles:
        raise GeometryError("Only a closed surface can be simplified truthfully. Repair the mesh first.")
    if megabytes is not None:
        wanted = int((megabytes * 1e6 - STL_HEADER_BYTES) // STL_TRIANGLE_BYTES)
        if wanted < LEAST_TRIANGLES:
            raise InputError(f"{megabytes:g} MB hold only {wanted} triangles; ask for more.")
    else:
        wanted = triangles if triangles is not None else 0
    index = index_of(mesh)
    notes: list[str] = []
    if tolerance_mm is not None:
        result, kept = _within_tolerance(mesh, tolerance_mm, index, part(progress, 0.0, 0.9))
        notes.append(f"Proven for whole triangles, both ways: no place lies more than {tolerance_mm:g} mm off.")
    elif wanted >= before.triangles:
        result, kept = mesh, _Kept()
        notes.append(f"The mesh has {before.triangles} triangles already: nothing was changed.")
    else:
        result, kept = _to_count(mesh, wanted, index, part(progress, 0.0, 0.9))
    after = measure_mesh(result)
    if (after.parts, after.genus) != (before.parts, before.genus):
        raise GeometryError(
            f"Simplifying would change the model from {before.parts} pieces with {before.genus} tunnels to "
            f"{after.parts} with {after.genus}. Nothing was changed: ask for more triangles or a smaller tolerance."
        )
    walls = thin_walls_after(mesh, result)
    return result, Receipt(
        operation="simplify",
        parameters={"tolerance_mm": tolerance_mm, "triangles": triangles, "megabytes": megabytes},
        seconds=watch.seconds,
        before=before,
        after=after,
        change=change_between(
            mesh, result, before_index=index, after_index=index_of(result), progress=part(progress, 0.9, 1.0)
        ),
        notes=tuple(notes),
        warnings=walls.warnings,
        details={
            "thin_walls": walls.to_dict(),
            "proven_within_mm": tolerance_mm,
            "full_detail_kept_for_topology": kept.topology,
            "full_detail_kept_for_crossings": kept.crossing,
            "full_detail_kept_for_tolerance": kept.tolerance,
        },
    )


def _within_tolerance(mesh: Mesh, tolerance_mm: float, index: SurfaceIndex, progress: Progress) -> tuple[Mesh, _Kept]:
    count = max(int(len(mesh.faces) * FIRST_SHARE), min(LEAST_TRIANGLES, len(mesh.faces)))
    progress(0.0, "Simplifying")
    state = collapse(mesh, count)
    step = max(1, len(mesh.vertices) // PROBE_VERTICES)
    simplified, _, _ = state.mesh()
    if simplified.is_empty or tolerance_mm == 0.0:
        return mesh, _Kept()
    distance = SurfaceIndex(simplified).closest(mesh.vertices[::step]).distance_mm
    typical = float(np.percentile(distance, 99))
    # The error of a quadric simplification grows in proportion to the area of a triangle.
    better = int(count * typical / (TYPICAL_SHARE_OF_TOLERANCE * tolerance_mm))
    better = min(max(better, LEAST_TRIANGLES), len(mesh.faces))
    if not 1.0 / WORTH_ANOTHER_TRY < better / count < WORTH_ANOTHER_TRY:
        progress(0.3, "Simplifying")
        state = collapse(mesh, better)
    return _sound(state, index, tolerance_mm, part(progress, 0.5, 1.0))


def _to_count(mesh: Mesh, wanted: int, index: SurfaceIndex, progress: Progress) -> tuple[Mesh, _Kept]:
    """Aim lower when places that kept their detail bring the count above the wish."""
    aim = wanted
    best: tuple[Mesh, _Kept] | None = None
    for attempt in range(3):
        progress(attempt / 3.0, "Simplifying")
        result, kept = _sound(collapse(mesh, aim), index, None, part(progress, attempt / 3.0, (attempt + 1) / 3.0))
        best = (result, kept)
        excess = len(result.faces) - wanted
        if excess <= COUNT_TOLERANCE * wanted or excess >= aim:
            break
        aim -= excess
    assert best is not None
    if len(best[0].faces) > (1.0 + COUNT_TOLERANCE) * wanted:
        raise GeometryError(
            f"{wanted} triangles are too few to keep this model's pieces, its holes, and its walls apart. Nothing was "
            "changed: ask for more, or remove small pieces first."
        )
    return best


def _sound(state: Collapse, index: SurfaceIndex, tolerance_mm: float | None, progress: Progress) -> tuple[Mesh, _Kept]:
    """Give places their detail back until the topology is the original's, nothing crosses, and the tolerance holds."""
    original = state.original
    parts = part_of_vertices(original)
    kept = _Kept()
    proof = None if tolerance_mm is None else Proof(index, tolerance_mm)
    number = np.full(len(original.vertices), -1, np.int64)
    contact_rounds = 0
    for round_number in range(ROUNDS):
        share = part(progress, round_number / ROUNDS, (round_number + 1) / ROUNDS)
        share(0.0, "Checking pieces, holes and tolerance")
        simplified, groups, sources = state.mesh()
        bad = broken_topology(state, simplified, groups, parts)
        kept = _Kept(kept.topology + len(bad), kept.crossing, kept.tolerance)
        if len(bad) == 0 and not simplified.is_empty:
            far = bad if proof is None else proof.beyond(state, simplified, groups, sources, share)
            kept = _Kept(kept.topology, kept.crossing, kept.tolerance + len(far))
            crossing = far[:0]
            if len(far) == 0:
                crossing, touching = _crossing(simplified, groups)
                if len(crossing) == 0 and contact_rounds < CONTACT_ROUNDS:
                    contact_rounds += 1
                    crossing = touching
            kept = _Kept(kept.topology, kept.crossing + len(crossing), kept.tolerance)
            bad = np.concatenate([far, crossing])
            if len(bad) == 0:
                return simplified, kept
        number[:] = -1
        number[groups] = np.arange(len(groups))
        seen = number[bad]
        around = groups[with_neighbors(simplified, seen[seen >= 0])] if not simplified.is_empty else bad
        opening = np.union1d(bad, around) if round_number else bad
        if proof is not None:
            proof.forget(state, opening)
        state = state.opened(opening)
    raise GeometryError(
        "The surface could not be simplified without changing its pieces or crossing itself. Nothing was changed: "
        "repair the mesh first, or ask for more triangles."
    )


def _crossing(simplified: Mesh, groups: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Groups whose triangles truly cross, and those that MeshLab counts as well where these are few."""
    exact, as_meshlab = crossings_and_contacts(simplified)
    few = len(as_meshlab.faces) <= FEW_CONTACTS * len(simplified.faces)
    crossing, touching = (
        np.unique(groups[simplified.faces[faces].ravel()]).astype(np.int64)
        for faces in (exact.faces, as_meshlab.faces if few else as_meshlab.faces[:0])
    )
    return crossing, touching
