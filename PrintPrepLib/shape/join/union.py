"""Robust union: bodies that touch or overlap become one closed solid, and the result is checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from ...errors import GeometryError, InputError, MissingPackageError
from ...mesh import Mesh, concatenate
from ...parameters import Param
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...spatial import index_of
from ...spatial.change import change_between
from ...spatial.sampling import some_vertices
from .bodies import Bodies, as_clean, as_solid, bodies_of, first_clean
from .near import TOUCH_MM, ContactPair, Nearest, contact_report, in_words, nearest_points, touching
from .offset import BITES_MM, MITER, grown_near

if TYPE_CHECKING:
    import manifold3d

LEAST_JOINT_MM2 = 0.01
"""Bodies that touch over less are not joined: no printer makes a neck of 0.1 x 0.1 mm."""
WEAK_JOINT_MM2 = 1.0
"""A joint of less area is told as weak: a neck of one square millimeter breaks when supports are taken off."""
SAME_PLACE_MM = 1e-6
"""A boolean in double precision keeps vertices to far less than this."""
SLIT_MM = 1e-5
"""A face of the union this near to where two faces met is one of them, as stored in single precision."""
SLIT_SHARE = 0.01
"""Share of places in a contact that may be near a face of the union: those along its border."""
PROBES = 50
"""Vertices of a body that tell which body of the result it went into."""
VOLUME_SHARE = 1e-5
"""Share of the summed volume by which a union may leave its bounds: storing in single precision changes less."""
LISTED = 100
"""Cavities and pairs that a receipt lists; all are counted."""


@dataclass(frozen=True, eq=False)
class _United:
    """The union as it is stored, and its bodies as the boolean gave them, before any mending moved them apart."""

    mesh: Mesh
    bodies: Bodies
    exact_mm3: float
    glue_mm3: float
    bite_mm: float
    mending: Receipt | None


def unite(
    meshes: Sequence[Mesh],
    *,
    allow_separate: Annotated[
        bool, Param("Give the result back even where bodies stay apart, with a warning for each.")
    ] = False,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Unite bodies that touch or overlap into one closed solid.

    Faces that are shared exactly disappear; where bodies touch, faces less than 0.0001 mm apart, which is rounding, are
    joined by a layer of 0.001 mm, a thicker one only where an STL file could not hold the result. Bodies that are
    farther apart, or touch only in a point or along an edge, are never bridged: material
    there would be invented. Cavities that the union encloses are listed and stay.

    Parameters
    ----------
    meshes : sequence of Mesh
        Two or more. One that is not a closed solid goes up the repair ladder first, but for its last rung; its
        receipt is in ``details["repairs"]``.
    allow_separate : bool
        See above.
    progress : Progress
        May cancel.

    Returns
    -------
    mesh : Mesh
        Closed, manifold, outward, without crossings once it stands in an STL file.
    receipt : Receipt
        ``details`` holds ``bodies``, ``cavities`` (volume and place), ``pairs`` (what touched or overlapped what) and
        ``separate`` (bodies that stayed apart, by how much and where). In ``change``, faces that disappeared inside
        the union count with their depth.

    Raises
    ------
    InputError
        Fewer than two meshes.
    GeometryError
        A body is no solid, bodies stay apart, or the result failed its check.
    """
    watch = Stopwatch()
    if len(meshes) < 2:
        raise InputError(f"A union needs two meshes or more, got {len(meshes)}.")
    solids, repairs = [], []
    for number, mesh in enumerate(meshes):
        share = part(progress, 0.2 * number / len(meshes), 0.2 * (number + 1) / len(meshes))
        solid, receipt = as_solid(mesh, f"Body {number + 1} ('{mesh.name}')", share)
        solids.append(solid)
        if receipt is not None:
            repairs.append({"body": number + 1, "receipt": receipt.to_dict()})
    pairs = contact_report(solids, part(progress, 0.2, 0.4))
    united = _unite(solids, pairs, part(progress, 0.4, 0.8))
    apart = _apart(united.bodies, solids, part(progress, 0.8, 0.9))
    if apart and not allow_separate:
        raise GeometryError(" ".join(apart))
    _check_volume(united, solids)
    before = concatenate(solids, meshes[0].name)
    out = united.mesh.with_name(meshes[0].name)
    notes, warnings = _words(united, pairs, repairs, len(solids))
    details: dict[str, Any] = {
        "bodies": len(united.bodies.outer),
        "cavities": [cavity.to_dict() for cavity in united.bodies.cavities[:LISTED]],
        "cavities_total": len(united.bodies.cavities),
        "slits_closed": united.bodies.slits,
        "glue_mm3": united.glue_mm3,
        "glue_each_side_mm": united.bite_mm,
        "volumes_mm3": [solid.volume_mm3 for solid in solids],
        "pairs": [pair.to_dict() for pair in pairs[:LISTED]],
        "separate": apart,
        "repairs": repairs,
        "mending": None if united.mending is None else united.mending.to_dict(),
    }
    change = change_between(before, out, part(progress, 0.9, 1.0))
    return out, Receipt(
        "union", {"bodies": len(meshes), "allow_separate": allow_separate}, watch.seconds,
        measure_mesh(before), measure_mesh(out), change, tuple(notes), (*apart, *warnings), details,
    )  # fmt: skip


def _unite(solids: list[Mesh], pairs: list[ContactPair], progress: Progress) -> _United:
    """Unite as they are; where that leaves bodies apart that touch, or no clean solid, with glue between them."""
    try:
        import manifold3d
    except ImportError as error:
        raise MissingPackageError("A union needs the Python package 'manifold3d'. Install it and try again.") from error
    progress(0.0, "Uniting")
    name = solids[0].name
    built = [solid.to_manifold() for solid in solids]
    plain = manifold3d.Manifold.batch_boolean(built, manifold3d.OpType.Add)
    bodies = bodies_of(Mesh.from_manifold(plain, name))
    touching_pairs = [pair for pair in pairs if pair.gap_mm < TOUCH_MM and pair.touching_mm2 >= LEAST_JOINT_MM2]
    exact = float(plain.volume()) + bodies.slit_mm3
    found = first_clean((plain,), name)
    if found is not None:
        whole = len(found[1].outer) == 1 or not touching_pairs
        if whole and not _open_slit(found[1].mesh, solids, touching_pairs):
            return _United(found[1].mesh, found[1], exact, 0.0, 0.0, None)
    progress(0.2, "Joining faces that almost touch")
    glued: list[tuple[manifold3d.Manifold, float]] = []

    def with_glue() -> Iterator[manifold3d.Manifold]:
        for number, bite in enumerate(BITES_MM):
            progress(0.2 + 0.2 * number, "Joining faces that almost touch")
            layers = [_glue(solids[pair.first], solids[pair.second], bite) for pair in touching_pairs]
            volume = sum(max(float(layer.volume()), 0.0) for layer in layers)
            glued.append((manifold3d.Manifold.batch_boolean([*built, *layers], manifold3d.OpType.Add), volume))
            yield glued[-1][0]

    better = first_clean(with_glue(), name) if touching_pairs else None
    if better is not None and (found is None or len(better[1].outer) <= len(found[1].outer)):
        number, joined = better
        solid, volume = glued[number]
        return _United(joined.mesh, joined, float(solid.volume()) + joined.slit_mm3, volume, BITES_MM[number], None)
    if found is not None:
        return _United(found[1].mesh, found[1], exact, 0.0, 0.0, None)
    for number, (solid, volume, bite) in enumerate(
        [*((solid, volume, bite) for (solid, volume), bite in zip(glued, BITES_MM, strict=False)), (plain, 0.0, 0.0)]
    ):
        before = bodies_of(Mesh.from_manifold(solid, name))
        mesh, mending = as_clean(before.mesh)
        if mesh is not None:
            stored = bodies_of(mesh)
            before = replace(before, cavities=stored.cavities, slits=before.slits + stored.slits)
            return _United(stored.mesh, before, float(solid.volume()) + before.slit_mm3, volume, bite, mending)
        progress(0.9 + 0.02 * number, "Mending the union")
    raise GeometryError(
        "The union came out with triangles that cross, and light repair did not cure them. Move one body by a "
        "hundredth of a millimeter and try again."
    )


def _open_slit(mesh: Mesh, solids: list[Mesh], pairs: list[ContactPair]) -> bool:
    """Whether faces that lay on each other are still there: a slit without width, which a boolean may leave."""
    index = index_of(mesh)
    for pair in pairs:
        on = touching(solids[pair.first], solids[pair.second]).faces_on
        left = index.closest(on, SLIT_MM).faces >= 0
        if len(on) and float(left.mean()) > SLIT_SHARE:
            return True
    return False


def _glue(first: Mesh, second: Mesh, bite: float) -> manifold3d.Manifold:
    """What lies in both bodies when each has grown by the bite where the other is near."""
    reach = MITER * bite + TOUCH_MM
    one, two = grown_near(first, second, bite, reach), grown_near(second, first, bite, reach)
    return one.mesh.to_manifold() ^ two.mesh.to_manifold()


def _apart(bodies: Bodies, solids: list[Mesh], progress: Progress) -> list[str]:
    """One sentence for each body of the result but the largest: how far it is from the nearest other one."""
    outer = bodies.outer
    if len(outer) < 2:
        return []
    names = [_name_of(body, solids) for body in outer]
    out = []
    for number in range(1, len(outer)):
        progress(number / len(outer), "Looking at bodies that stay apart")
        found: list[tuple[Nearest, int]] = [
            (nearest_points(outer[number], other), k) for k, other in enumerate(outer) if k < number
        ]
        nearest, other = min(found, key=lambda item: item[0].distance_mm)
        who = f"{names[other]} and {names[number]}"
        who = who[0].upper() + who[1:]
        at = in_words(nearest.on_first)
        if nearest.distance_mm >= TOUCH_MM:
            out.append(
                f"{who} are {nearest.distance_mm:.3g} mm apart at {at}: move them together, thicken them, or join them "
                "with pins."
            )
            continue
        area = touching(outer[number], outer[other]).area_mm2
        over = "only in a point or along an edge" if area < LEAST_JOINT_MM2 else f"over only {area:.2g} mm2"
        out.append(
            f"{who} touch {over}, at {at}: nothing would hold them together. Move them into each other, or join them "
            "with pins."
        )
    return out


def _name_of(body: Mesh, solids: list[Mesh]) -> str:
    """The inputs that a body of the result holds, by number and name."""
    inside = [
        number for number, solid in enumerate(solids) if any(_holds(body, piece) for piece in bodies_of(solid).outer)
    ]
    if not inside:
        return "a piece"
    listed = " + ".join(f"{number + 1} ('{solids[number].name}')" for number in inside)
    return f"body {listed}"


def _holds(body: Mesh, piece: Mesh) -> bool:
    """Whether a piece went into a body of the union: vertices of it lie on it or in it, wherever one looks."""
    points = some_vertices(piece, PROBES)
    index = index_of(body)
    on = index.closest(points).distance_mm <= SAME_PLACE_MM
    on[~on] = index.contains(points[~on])
    return bool(on.all())


def _check_volume(united: _United, solids: list[Mesh]) -> None:
    """The volume lies between that of the largest part and the sum of all.

    Raises
    ------
    GeometryError
        It does not: the boolean went wrong, and nothing is given back.
    """
    volumes = [solid.volume_mm3 for solid in solids]
    slack = VOLUME_SHARE * sum(volumes)
    for volume in (united.exact_mm3, united.mesh.volume_mm3):
        if not max(volumes) - slack <= volume <= sum(volumes) + united.glue_mm3 + slack or volume <= 0.0:
            raise GeometryError(
                f"The union holds {volume / 1000.0:.4g} ml, which is not between its largest part "
                f"({max(volumes) / 1000.0:.4g} ml) and the sum ({sum(volumes) / 1000.0:.4g} ml). It was not kept: "
                "repair the bodies first."
            )


def _words(
    united: _United, pairs: list[ContactPair], repairs: list[dict[str, Any]], count: int
) -> tuple[list[str], list[str]]:
    bodies = united.bodies
    notes = [
        f"{count} bodies became {len(bodies.outer)}; the volume lies between the largest part and the sum.",
        "The change counts faces that disappeared inside the union with their depth.",
    ]
    if united.glue_mm3 > 0.0:
        notes.append(
            f"Where bodies touch, faces less than {2.0 * united.bite_mm:g} mm apart were joined by a layer that "
            f"reaches {united.bite_mm:g} mm beyond each ({united.glue_mm3:.3g} mm3, with what lay in both)."
        )
    if bodies.slits:
        notes.append(f"{bodies.slits} slits thinner than {TOUCH_MM:g} mm between faces that met were closed.")
    warnings = [f"Body {item['body']} was not a closed solid and was repaired first: see details." for item in repairs]
    if united.mending is not None:
        warnings.append("The union was mended where storing it made triangles cross: see details.")
    if bodies.cavities:
        cavity = bodies.cavities[0]
        warnings.append(
            f"{len(bodies.cavities)} closed cavities lie inside, the largest of {cavity.volume_mm3:.3g} mm3 at "
            f"{in_words(cavity.at_mm)}. They were not filled: resin or powder stays in them."
        )
    warnings += [
        f"Bodies {pair.first + 1} and {pair.second + 1} touch over {pair.touching_mm2:.2g} mm2 only, at "
        f"{in_words(pair.at_mm)}: this neck will break."
        for pair in pairs
        if pair.gap_mm < TOUCH_MM and LEAST_JOINT_MM2 <= pair.touching_mm2 < WEAK_JOINT_MM2
    ]
    return notes, warnings
