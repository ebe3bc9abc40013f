"""The step ``hollow``: an exact wall, drains into every cavity, and what came of both, measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from ...errors import GeometryError
from ...field import distance_inside
from ...mesh import FloatArray, Mesh
from ...parameters import Param
from ...plan.orient.surface import protected_of
from ...progress import Progress, part, silent
from ...receipt import Change, Receipt, Stopwatch, measure_mesh
from ...spatial import SurfaceIndex, exact_weld
from ...spatial.change import change_between, volume_percent_of
from ...spatial.threads import at_once
from ..closed import closed_model
from .achieved import measure_wall
from .cavity import Cavities, find_cavities
from .drains import Chooser
from .drill import Work
from .inside import Hollow, Inside, frame_of
from .settings import Settings, checked, settings_for
from .traps import find_traps
from .vented import Vented, vent
from .voids import closed_voids, without_voids
from .words import Story, details_of, words_of

__all__ = ["Inside", "hollow"]


def hollow(
    mesh: Mesh,
    *,
    wall_mm: Annotated[
        float | None, Param("Thickness of the wall that stays. As the process advises.", unit="mm", low=0.0)
    ] = None,
    drains: Annotated[
        int | None, Param("Drains into each cavity; 0 leaves them closed. As the process needs.", low=0, high=20)
    ] = None,
    drain_diameter_mm: Annotated[
        float | None, Param("Diameter of a drain. As the process needs.", unit="mm", low=0.0, high=100.0)
    ] = None,
    drain_at: Annotated[
        tuple[float, ...] | None,
        Param("Places for drains instead of a search, LPS: x,y,z for each.", unit="mm"),
    ] = None,
    process: Annotated[str | None, Param("Printing process whose figures hold where none is given.")] = None,
    material: Annotated[str | None, Param("Material, to say how many grams are saved.")] = None,
    up: Annotated[
        tuple[float, ...] | None,
        Param("Direction (LPS) that points up while it is printed and drained. The patient's head.", length=3),
    ] = None,
    protect_at: Annotated[
        tuple[float, ...] | None,
        Param("Places without drains: x,y,z and a radius for each.", unit="mm"),
    ] = None,
    protect_box: Annotated[
        tuple[float, ...] | None,
        Param("Boxes without drains: two opposite corners, six numbers each.", unit="mm"),
    ] = None,
    inside: Annotated[Inside, Param("What stays in the hollow: nothing, ribs along the wall, or a lattice.")] = (
        Inside.NONE
    ),
    spacing_mm: Annotated[
        float | None,
        Param("From one rib or bar to the next. By bar, drain and the size of the model.", unit="mm", low=0.0),
    ] = None,
    bar_mm: Annotated[
        float | None, Param("Thickness of ribs and bars. As the process can print.", unit="mm", low=0.0)
    ] = None,
    min_cavity_ml: Annotated[
        float | None, Param("Smaller hollows stay solid. A ball of three drains' diameter.", unit="ml", low=0.0)
    ] = None,
    allow_thin: Annotated[bool, Param("Make a wall that is thinner than the process can print.")] = False,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Hollow a model to a wall of exact thickness, drain every cavity, and measure the wall that came out.

    What lies deeper than the wall under the outer surface becomes hollow; the hollows' surfaces are the level of the
    exact distance at that depth, from a grid of a quarter of the wall or finer (see :mod:`~PrintPrepLib.field`). The
    outer surface keeps every triangle to the bit, but where a drain goes through it. Closed voids that the model had
    are taken away first: they become hollow or solid like all else. A hollow that is too small, or into which no drain
    of the wanted diameter fits, stays solid and is listed.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward, without crossings.
    progress : Progress
        Receiver of progress.

    Returns
    -------
    mesh : Mesh
        The outer surface and the hollows, joined by the drains.
    receipt : Receipt
        ``change`` is that of the outer surface; ``details`` holds ``achieved`` (the measured wall), ``cavities``,
        ``drains``, ``left_solid``, ``traps``,
        ``closed_voids``, ``saved_ml``, and the settings with their sources.

    Raises
    ------
    InputError
        A wall that the process cannot print, unknown words, or a drain by hand where none can go.
    GeometryError
        No closed solid, or one that is too thin to hollow.
    """
    watch = Stopwatch()
    settings = settings_for(
        process=process, material=material, wall_mm=wall_mm, allow_thin=allow_thin, drains=drains,
        drain_diameter_mm=drain_diameter_mm, min_cavity_ml=min_cavity_ml, up=up, inside=inside, spacing_mm=spacing_mm,
        bar_mm=bar_mm, diagonal_mm=0.0 if mesh.is_empty else float(np.linalg.norm(mesh.size_mm)),
    )  # fmt: skip
    model = exact_weld(mesh).without_unused_vertices()
    progress(0.0, "Looking at the model")
    closed_model(model, "Hollowing needs a closed surface", "there is nothing to hollow")
    _, (solid, voids) = at_once(lambda: checked(model, settings.wall_mm), lambda: without_voids(model))
    function = _function(solid, settings)
    found = find_cavities(function, solid, settings.cell_mm, settings.least_mm3, part(progress, 0.1, 0.6))
    if not found.worth:
        raise _too_thin(found, settings)
    keep = protected_of(protect_at, protect_box, None, 0.0)
    chooser = Chooser(
        function, function.depth.index, settings.wall_mm, settings.up, 0.5 * settings.drain_mm, keep.holds
    )
    progress(0.6, "Placing drains")
    vented = vent(solid, found.worth, chooser, settings, drain_at, drains is not None, part(progress, 0.6, 0.75))
    if not vented.hollow:
        raise _not_drainable(vented, settings)
    out = vented.mesh.with_name(mesh.name)
    achieved, (traps, closed) = at_once(
        lambda: measure_wall(
            out, vented.kind == Work.CAVITY, function, function.depth.index, part(progress, 0.75, 0.95)
        ),
        lambda: (find_traps(out, function.frame, settings.drain_mm), closed_voids(out)),
    )
    change = _outer_change(model, solid, out, vented.kind == Work.OUTER, function.depth.index)
    story = Story(solid, out, settings, found, vented, achieved, traps, voids, closed)
    notes, warnings = words_of(story)
    progress(1.0, "Hollow")
    asked: dict[str, Any] = {
        "wall_mm": wall_mm, "drains": drains, "drain_diameter_mm": drain_diameter_mm, "drain_at": drain_at,
        "process": process, "material": material, "up": up, "protect_at": protect_at, "protect_box": protect_box,
        "inside": inside, "spacing_mm": spacing_mm, "bar_mm": bar_mm, "min_cavity_ml": min_cavity_ml,
        "allow_thin": allow_thin,
    }  # fmt: skip
    return out, Receipt(
        "hollow",
        asked,
        watch.seconds,
        measure_mesh(mesh),
        measure_mesh(out),
        change,
        notes,
        warnings,
        details_of(story),
    )


def _outer_change(model: Mesh, solid: Mesh, out: Mesh, outer: npt.NDArray[np.bool_], index: SurfaceIndex) -> Change:
    """How far the outer surface moved, which is at the mouths of the drains alone; the volume is that of the whole."""
    change = change_between(solid, out.submesh(outer), before_index=index)
    return replace(change, volume_percent=volume_percent_of(model, out))


def _function(solid: Mesh, settings: Settings) -> Hollow:
    middle: FloatArray = solid.bounds.mean(axis=0)
    return Hollow(
        distance_inside(solid),
        settings.wall_mm,
        settings.inside,
        settings.spacing_mm,
        settings.bar_mm,
        settings.cell_mm,
        frame_of(settings.up),
        middle,
    )


def _too_thin(found: Cavities, settings: Settings) -> GeometryError:
    if not found.small:
        return GeometryError(
            f"The model is too thin to hollow: no place of it lies deeper than {settings.wall_mm:g} mm under the "
            f"surface on all sides, as a wall of {settings.wall_mm:g} mm needs. Ask for a thinner wall, or print it "
            "solid."
        )
    return GeometryError(
        f"The model is too thin to hollow: with a wall of {settings.wall_mm:g} mm the largest hollow would hold "
        f"{found.small[0][0] / 1000.0:.3g} ml, less than the {settings.least_mm3 / 1000.0:.3g} ml that are worth a "
        "drain. Ask for a thinner wall, allow smaller hollows (--min-cavity-ml), or print it solid."
    )


def _not_drainable(vented: Vented, settings: Settings) -> GeometryError:
    return GeometryError(
        f"None of the {len(vented.left)} hollows could be drained: nowhere is there room for a hole of "
        f"{settings.drain_mm:g} mm with a free way out. Ask for a smaller --drain-diameter, fewer protected places, "
        "or --drains 0 for closed hollows."
    )
