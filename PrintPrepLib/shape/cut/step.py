"""The step ``cut`` as recipes, the command line and the panel call it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from ...mesh import Mesh
from ...parameters import Param
from ...progress import Progress, part, silent
from ...receipt import Receipt
from ..join.contact import ContactMode
from ..marks.sizes import mark_size
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
from .assembly import Assembly
from .contacts import fit_all, with_contacts
from .cut import cut_models
from .plane import Anatomical
from .where import planes_of


def cut(
    mesh: Mesh | Sequence[Mesh],
    *,
    plane: Annotated[
        tuple[float, ...] | None,
        Param("Cutting plane as px,py,pz,nx,ny,nz: a point (mm, LPS) and the normal. Six numbers for each plane."),
    ] = None,
    through: Annotated[Anatomical | None, Param("Cut in this plane of the body instead; see at_mm.")] = None,
    at_mm: Annotated[
        tuple[float, ...] | None,
        Param(
            "Point of the plane named by 'through'. The middle of the model's box, if left out.", unit="mm", length=3
        ),
    ] = None,
    points_mm: Annotated[
        tuple[float, ...] | None,
        Param("Three points of the plane, or more for the plane that fits them best: x,y,z for each.", unit="mm"),
    ] = None,
    bound_radius_mm: Annotated[
        float | None, Param("Cut only what lies within this distance of each plane's point.", unit="mm", low=0.0)
    ] = None,
    bound_size_mm: Annotated[
        tuple[float, ...] | None,
        Param(
            "Cut only what lies in a rectangle of this width and height round each plane's point. Two numbers for all "
            "planes, or two for each; 0, 0 leaves one of several planes without a bound.",
            unit="mm",
            low=0.0,
        ),
    ] = None,
    bound_across: Annotated[
        tuple[float, ...] | None,
        Param(
            "Direction (x,y,z in LPS) of the rectangle's width, for all planes or for each: how the rectangle is "
            "turned. The patient axis that lies most in the plane, if left out."
        ),
    ] = None,
    kerf_mm: Annotated[float, Param("Width that each cut takes away.", unit="mm", low=0.0, high=50.0)] = 0.0,
    pins: Pins = AUTO,
    pin_type: KindOfPin = PinType.PLUG,
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
    marks: Annotated[
        bool, Param("Engrave part numbers and seam letters into the cut faces, where there is room.")
    ] = False,
    contact: Annotated[
        ContactMode | None,
        Param(
            "Of several models: fit the faces where they touch before the cut: shared, overlap or gap. Earlier "
            "models keep their shape under a gap, later ones under an overlap."
        ),
    ] = None,
    contact_mm: Annotated[
        float, Param("Width of that gap or depth of that overlap.", unit="mm", low=0.0, high=20.0)
    ] = 0.0,
    progress: Progress = silent,
) -> tuple[Assembly, Receipt]:
    """Cut the model by planes into closed parts with pins that bring them together in one way only.

    Both sides of every cut are kept. Planes are infinite, or bounded so that other branches stay whole. Pins are set
    where they, their holes and the least wall round them fit into both parts along their whole depth.

    Parameters
    ----------
    mesh : Mesh or sequence of Mesh
        Closed; several models (labels of one scan) are cut by the same planes and stay aligned.

    Returns
    -------
    assembly : Assembly
    receipt : Receipt

    Raises
    ------
    InputError
        No plane, or more than one way of giving it.
    GeometryError
        See :func:`~PrintPrepLib.shape.cut.cut.cut_models`.
    """
    asked = {key: value for key, value in locals().items() if key not in ("mesh", "progress")}
    models = [mesh] if isinstance(mesh, Mesh) else list(mesh)
    planes = planes_of(
        models,
        plane=plane,
        through=through,
        at_mm=at_mm,
        points_mm=points_mm,
        bound_radius_mm=bound_radius_mm,
        bound_size_mm=bound_size_mm,
        bound_across=bound_across,
    )
    request = request_of(
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
    asked["process"] = process or DEFAULT_PROCESS
    size = mark_size(process or DEFAULT_PROCESS) if marks else None
    models, fitted = fit_all(models, contact, contact_mm, part(progress, 0.0, 0.2))
    assembly, receipt = cut_models(
        models, planes, kerf_mm=kerf_mm, pins=request, marks=size, parameters=asked, progress=part(progress, 0.2, 0.9)
    )
    return assembly, with_contacts(
        receipt, assembly, fitted, several=len(models) > 1, progress=part(progress, 0.9, 1.0)
    )
