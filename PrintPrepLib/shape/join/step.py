"""The step ``join`` as recipes, the command line and the panel call it: pins, a union, or a fitted contact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from ...errors import InputError
from ...mesh import Mesh
from ...parameters import Param
from ...progress import Progress, part, silent
from ...receipt import Receipt
from ..cut.assembly import COLORS, Assembly, Part
from ..cut.bodies import bodies_of, count_bodies
from ..cut.solid import solid_of
from ..pins.kinds import PinType
from ..pins.options import (
    AUTO,
    DEFAULT_PROCESS,
    KindOfPin,
    Material,
    PinDiameter,
    PinLength,
    PinPlaces,
    Pins,
    PinTaper,
    PinWall,
    PlayAcross,
    PlayAlong,
    Process,
    ShapeOfPin,
    request_of,
)
from .contact import ContactMode, fit_contact
from .facing import MAX_GAP_MM
from .join import join
from .near import contact_report
from .union import unite


def join_models(
    mesh: Mesh | Sequence[Mesh],
    *,
    union: Annotated[bool, Param("Make one closed solid of bodies that touch or overlap, instead of pins.")] = False,
    contact: Annotated[
        ContactMode | None,
        Param(
            "Fit the faces where the bodies touch, instead of pins: shared, overlap or gap. The first body keeps "
            "its shape under a gap, the second under an overlap."
        ),
    ] = None,
    contact_mm: Annotated[
        float, Param("Width of the gap or depth of the overlap.", unit="mm", low=0.0, high=20.0)
    ] = 0.0,
    pins: Pins = AUTO,
    pin_type: KindOfPin = PinType.DOWEL,
    pin_shape: ShapeOfPin = None,
    pin_diameter_mm: PinDiameter = None,
    pin_length_mm: PinLength = None,
    pin_taper_deg: PinTaper = 0.0,
    pin_at_mm: PinPlaces = None,
    clearance_mm: PlayAcross = None,
    clearance_along_mm: PlayAlong = None,
    wall_mm: PinWall = None,
    process: Process = None,
    material: Material = None,
    max_gap_mm: Annotated[
        float, Param("Widest gap between the bodies that pins bridge.", unit="mm", low=0.0, high=100.0)
    ] = MAX_GAP_MM,
    progress: Progress = silent,
) -> tuple[Assembly, Receipt]:
    """Join bodies that are separate already: by pins where they face each other, or into one closed solid.

    Parameters
    ----------
    mesh : Mesh or sequence of Mesh
        Two bodies; of a single mesh its separate bodies are taken. A union takes any number.

    Returns
    -------
    assembly : Assembly
        The bodies and their dowels; the one body of a union.
    receipt : Receipt

    Raises
    ------
    InputError
        Not two bodies, or a union and a contact at once.
    GeometryError
        See :func:`~PrintPrepLib.shape.join.join.join`, :func:`~PrintPrepLib.shape.join.union.unite` and
        :func:`~PrintPrepLib.shape.join.contact.fit_contact`.
    """
    parameters = {key: value for key, value in locals().items() if key not in ("mesh", "progress")}
    parameters["process"] = process or DEFAULT_PROCESS
    if union and contact is not None:
        raise InputError("Ask either for a union or for a contact between two bodies, not for both.")
    bodies = _bodies(mesh, part(progress, 0.0, 0.1))
    share = part(progress, 0.1, 1.0)
    if union:
        united, receipt = unite(bodies, progress=share)
        return Assembly((Part(united.name, united, COLORS[0], bodies=count_bodies(united)),)), receipt
    if len(bodies) != 2:
        raise InputError(f"Pins and contacts are made between two bodies at a time; there are {len(bodies)}.")
    if contact is not None:
        fitted, receipt = fit_contact(*bodies, mode=contact, amount_mm=contact_mm, progress=share)
        return _side_by_side(fitted), receipt
    asked = request_of(
        pins=pins,
        pin_type=pin_type,
        pin_shape=pin_shape,
        pin_diameter_mm=pin_diameter_mm,
        pin_length_mm=pin_length_mm,
        pin_taper_deg=pin_taper_deg,
        pin_at_mm=pin_at_mm,
        clearance_mm=clearance_mm,
        clearance_along_mm=clearance_along_mm,
        wall_mm=wall_mm,
        process=process,
        material=material,
    )
    if asked is None:
        raise InputError("Joining needs pins: ask for auto or a number. To make one body of both, use a union.")
    first, second = bodies
    return join(first, second, asked, max_gap_mm=max_gap_mm, parameters=parameters, progress=share)


def _bodies(mesh: Mesh | Sequence[Mesh], progress: Progress) -> list[Mesh]:
    if not isinstance(mesh, Mesh):
        return list(mesh)
    found = bodies_of(solid_of(mesh, progress).manifold)
    if len(found) < 2:
        raise InputError(f"'{mesh.name}' is a single body: there is nothing to join. Give two meshes.")
    return [Mesh.from_manifold(body, f"{mesh.name} body {number}") for number, body in enumerate(found, 1)]


def _side_by_side(meshes: tuple[Mesh, Mesh]) -> Assembly:
    parts = tuple(
        Part(mesh.name, mesh, COLORS[number], bodies=count_bodies(mesh)) for number, mesh in enumerate(meshes)
    )
    pairs: list[dict[str, Any]] = [pair.to_dict() for pair in contact_report(meshes)]
    return Assembly(parts, proof={"contacts": pairs})
