"""The step ``boolean``: a model and another body united, one taken from the other, or what both have in common."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import Mesh
from ...parameters import Param
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...spatial.change import change_between
from ..cut.solid import solid_of
from ..join.bodies import Bodies, first_clean
from .bodies import SIZE_WORDS, SIZES, Body, Shape, bodies, solid_of_bodies

if TYPE_CHECKING:
    import manifold3d

LISTED = 50
"""Cavities and pieces in the receipt; all are counted."""
MIRRORED = "mirrored"
"""Another mesh with this in its name is a mirror image, and so is what comes out."""
LEAST_SHARE = 1e-9
"""A change below this share of the volumes is rounding: the bodies do not meet."""


class Operation(Enum):
    """What is done with model and body."""

    UNION = "union"
    DIFFERENCE = "difference"
    INTERSECTION = "intersection"
    NEGATIVE = "negative"


def boolean(
    mesh: Mesh,
    *,
    operation: Annotated[
        Operation,
        Param("Model and body together, the model without the body, what both share, or the body without the model."),
    ],
    shape: Annotated[
        Shape,
        Param("Body: box, cylinder, ball or half-space; or the anatomy, as it was before any change on purpose."),
    ] = Shape.BOX,
    at_mm: Annotated[
        tuple[float, ...] | None,
        Param(
            "Middle of a box or ball, begin of a cylinder, point on a half-space; x,y,z for each of several.", unit="mm"
        ),
    ] = None,
    size_mm: Annotated[
        tuple[float, ...] | None,
        Param("Box: width,depth,height; cylinder: diameter,length; ball: diameter. Once, or for each.", unit="mm"),
    ] = None,
    along: Annotated[
        tuple[float, ...], Param("Direction of a box's height, a cylinder's axis, or into the half-space.", length=3)
    ] = (0.0, 0.0, 1.0),
    margin_mm: Annotated[
        float | None,
        Param("In place of place and size: a box round the model with this much room.", unit="mm", low=0.0, high=500.0),
    ] = None,
    with_file: Annotated[
        str | None, Param("In place of a shape: another mesh file, named from the folder of the recipe.")
    ] = None,
    with_sha256: Annotated[
        str | None, Param("SHA-256 that the other mesh file must have. What a run writes holds this, and no name.")
    ] = None,
    other: Mesh | None = None,
    proven: Mesh | None = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Combine a model with another body: the base of moulds, negatives, boluses and guides.

    Where faces of the model stay they stay to the bit, and what is cut follows the other body exactly: a bolus lies on
    the skin without a gap. What came out is proven closed and free of crossings as a file holds it; closed cavities
    and separate pieces are listed.

    Parameters
    ----------
    mesh : Mesh
        The model.
    other : Mesh, optional
        The body, where it is another mesh; then ``shape`` is not looked at. Who reads ``with_file`` passes it.
    proven : Mesh, optional
        The body for ``shape`` anatomy.

    Raises
    ------
    InputError
        Place or size are missing or do not fit, or there is no anatomy to take.
    GeometryError
        Model or body are no solids, they do not meet, or nothing is left.
    """  # fmt: skip
    watch = Stopwatch()
    asked: dict[str, Any] = {
        "operation": operation, "shape": Shape.MESH if other is not None else shape, "at_mm": at_mm, "size_mm": size_mm,
        "along": along, "margin_mm": margin_mm, "with_sha256": with_sha256,
    }  # fmt: skip
    if other is None and (with_file or with_sha256):
        raise InputError("The other mesh was not read: give it with --with FILE, or in a recipe that is in a file.")
    solid = solid_of(mesh, part(progress, 0.0, 0.3))
    body, told, repairs = _body(solid.mesh, shape, at_mm, size_mm, along, margin_mm, other, proven, progress)
    if solid.repaired is not None:
        repairs.append({"body": "model", "receipt": solid.repaired.to_dict()})
    progress(0.6, "Combining")
    result = _done(solid.manifold, body, operation)
    _refuse(solid.manifold, body, result, operation)
    clean = first_clean([result], mesh.name)
    if clean is None:
        raise GeometryError(
            "What came out is not clean as an STL file holds it: faces of model and body lie too near to each other. "
            "Move the body by a tenth of a millimeter, or make it a little larger."
        )
    found = clean[1]
    out = found.mesh.with_name(mesh.name)
    change = change_between(mesh, out, part(progress, 0.8, 1.0))
    if with_sha256 is not None:
        told = [{**told[0], "sha256": with_sha256}]
    notes, warnings = _words(operation, told, solid.manifold.volume(), body.volume(), out, found, repairs)
    details: dict[str, Any] = {
        "body": told,
        "body_mirrored": other is not None and MIRRORED in other.name.lower(),
        "body_mm3": body.volume(),
        "bodies": len(found.outer),
        "pieces": [
            {"volume_mm3": piece.volume_mm3, "at_mm": piece.bounds.mean(axis=0)} for piece in found.outer[:LISTED]
        ],
        "cavities": [cavity.to_dict() for cavity in found.cavities[:LISTED]],
        "cavities_total": len(found.cavities),
        "repairs": repairs,
    }
    return out, Receipt(
        "boolean", asked, watch.seconds, measure_mesh(mesh), measure_mesh(out), change, notes, warnings, details
    )


def _body(
    mesh: Mesh,
    shape: Shape,
    at_mm: tuple[float, ...] | None,
    size_mm: tuple[float, ...] | None,
    along: tuple[float, ...],
    margin_mm: float | None,
    other: Mesh | None,
    proven: Mesh | None,
    progress: Progress,
) -> tuple[manifold3d.Manifold, list[dict[str, Any]], list[dict[str, Any]]]:
    """The body, what it is in plain values, and receipts of repairs."""
    given = other if other is not None else proven if shape is Shape.ANATOMY else None
    if given is not None:
        solid = solid_of(given, part(progress, 0.3, 0.6))
        repaired = [] if solid.repaired is None else [{"body": "other", "receipt": solid.repaired.to_dict()}]
        word = "mesh" if other is not None else "anatomy"
        return solid.manifold, [{"shape": word, "triangles": len(given.faces)}], repaired
    if shape in (Shape.ANATOMY, Shape.MESH):
        raise InputError(
            "There is no other body here: the anatomy is known in a recipe only. Give the other mesh: --with FILE."
        )
    low, high = mesh.bounds
    if margin_mm is not None:
        if at_mm is not None or size_mm is not None or shape is not Shape.BOX:
            raise InputError("A margin makes a box round the model: give it without place, size and other shapes.")
        at_mm, size_mm = tuple(((low + high) / 2.0).tolist()), tuple((high - low + 2.0 * margin_mm).tolist())
    if at_mm is None or (size_mm is None and SIZES[shape]):
        raise InputError(f"Say where the {shape.value} is (x,y,z) and its size ({SIZE_WORDS[shape]}).")
    found: tuple[Body, ...] = bodies(shape, at_mm, size_mm or (), along)
    reach = float(np.linalg.norm(high - low)) + float(np.abs(np.asarray(at_mm).reshape(-1, 3) - low).max())
    return solid_of_bodies(found, reach), [one.to_dict() for one in found], []


def _done(model: manifold3d.Manifold, body: manifold3d.Manifold, operation: Operation) -> manifold3d.Manifold:
    if operation is Operation.UNION:
        return model + body
    if operation is Operation.DIFFERENCE:
        return model - body
    if operation is Operation.INTERSECTION:
        return model ^ body
    return body - model


def _refuse(
    model: manifold3d.Manifold, body: manifold3d.Manifold, result: manifold3d.Manifold, operation: Operation
) -> None:
    own, its, out = model.volume(), body.volume(), result.volume()
    least = LEAST_SHARE * (own + its)
    if out <= least:
        raise GeometryError(f"Nothing is left of this {operation.value}. Look at the place and the size of the body.")
    if operation in (Operation.DIFFERENCE, Operation.NEGATIVE):
        whole = own if operation is Operation.DIFFERENCE else its
        if whole - out <= least:
            raise GeometryError("The body does not meet the model: nothing would be taken away. Look at its place.")


def _words(
    operation: Operation,
    told: list[dict[str, Any]],
    own: float,
    its: float,
    out: Mesh,
    found: Bodies,
    repairs: list[dict[str, Any]],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    what = told[0]["shape"] if len(told) == 1 else f"{len(told)} bodies ({told[0]['shape']})"
    notes = [
        f"{operation.value.capitalize()} with {what}: model {own / 1000:.3f} ml, body {its / 1000:.3f} ml, result "
        f"{out.volume_mm3 / 1000:.3f} ml."
    ]
    if operation is Operation.NEGATIVE:
        notes.append("The result is the body without the model: a hollow in the shape of the anatomy, not the anatomy.")
    warnings = []
    if len(found.outer) > 1:
        small = found.outer[-1]
        at = ", ".join(f"{value:.1f}" for value in small.bounds.mean(axis=0))
        warnings.append(
            f"The result is {len(found.outer)} separate pieces, the smallest of {small.volume_mm3 / 1000:.4f} ml at "
            f"({at})."
        )
    if found.cavities:
        largest = found.cavities[0]
        at = ", ".join(f"{value:.1f}" for value in largest.at_mm)
        warnings.append(
            f"{len(found.cavities)} closed cavities inside, the largest of {largest.volume_mm3 / 1000:.3f} ml at "
            f"({at}): what is in there cannot get out until it is cut open or has a hole."
        )
    warnings += [f"The {row['body']} had to be repaired first; see the receipt." for row in repairs]
    return tuple(notes), tuple(warnings)
