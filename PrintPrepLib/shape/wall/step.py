"""The step ``wall`` as recipes, the command line and the panel call it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np

from ...errors import GeometryError, InputError
from ...mesh import Mesh
from ...parameters import Param
from ...profiles.processes import process_of
from ...progress import Progress, part, silent
from ...receipt import Receipt, Stopwatch, measure_mesh
from ...spatial import Rule, self_crossings
from ...spatial.change import change_between
from ..closed import closed_model, refuse_crossings
from ..pins.options import DEFAULT_PROCESS, points_of
from .build import Request, build_wall
from .ends import OpenEnds
from .outer import Flange
from .thickness import Table, table_of
from .words import details_of, words_of

CELLS_PER_WALL = 4.0
"""Cells of the grid across the thinnest wall: the error of the outer surface is far below a tenth of it then."""
FLANGE_WALLS = 1.5
"""Thickness of a flange in walls, where it is left open: stiff enough to be clamped."""
THICKEST_SHARE = 0.5
"""A wall above this share of the lumen's largest side is a mistake of units."""


def wall(
    mesh: Mesh,
    *,
    thickness_mm: Annotated[
        float | None, Param("Thickness of the wall, everywhere.", unit="mm", low=0.05, high=50.0)
    ] = None,
    by_diameter: Annotated[
        str | None,
        Param(
            "Thickness by the local diameter of the lumen instead: diameter:wall pairs such as 6:0.8,12:1.2, straight "
            "between them and even beyond."
        ),
    ] = None,
    open_end_mm: Annotated[
        tuple[float, ...] | None,
        Param("Open the end of a vessel nearest to this place: x,y,z for each end.", unit="mm"),
    ] = None,
    open_ends: Annotated[
        OpenEnds, Param("Which ends are opened where none are named: none, or auto for all that are found.")
    ] = OpenEnds.NONE,
    flange_mm: Annotated[
        float | None,
        Param("Put a flat rim round every open end that stands out so far.", unit="mm", low=0.1, high=50.0),
    ] = None,
    flange_thickness_mm: Annotated[
        float | None,
        Param("Thickness of that rim along the vessel. 1.5 walls, if left out.", unit="mm", low=0.1, high=50.0),
    ] = None,
    keep_apart_mm: Annotated[
        float,
        Param(
            "Keep a gap of this width between the walls of vessels whose lumens are apart; the walls are thinner "
            "there, down to what the process can print. 0: walls that meet are one, and reported.",
            unit="mm",
            low=0.0,
            high=20.0,
        ),
    ] = 0.0,
    process: Annotated[
        str | None, Param("Printing process whose thinnest wall is the least allowed: fdm, sla, sls, mjf, polyjet.")
    ] = None,
    allow_thin: Annotated[bool, Param("Make the wall even if it is thinner than the process can print.")] = False,
    cell_mm: Annotated[
        float | None,
        Param(
            "Resolution of the outer surface. A quarter of the thinnest wall, which is also the coarsest allowed.",
            unit="mm",
            low=0.01,
            high=10.0,
        ),
    ] = None,
    progress: Progress = silent,
) -> tuple[Mesh, Receipt]:
    """Make a wall round a lumen (a blood pool becomes a vessel): outward only, its ends opened flat and square.

    The inner surface of the wall is the lumen itself, triangle by triangle; only what an opened end takes away is
    missing. The outer surface is everywhere at the wall's thickness from it. Ends are opened by a flat cut square to
    the vessel's middle line, as little inside the end as a full opening needs. Where the walls of two vessels meet
    although the lumens are apart this is reported, or prevented on request. The wall is measured when it is made.

    Parameters
    ----------
    mesh : Mesh
        Closed, outward surface of the lumen; several pieces are allowed.

    Returns
    -------
    mesh : Mesh
        Closed surface of the wall.
    receipt : Receipt
        ``details`` holds the measured wall, the places where it is another than asked for, the proof that the lumen
        did not move, the open ends with flatness and squareness, and where walls of separate vessels are one.

    Raises
    ------
    InputError
        No thickness or two, a wall below what the process can print, or a place that is no end of a vessel.
    GeometryError
        The lumen is not closed, crosses itself, or an end cannot be opened by one flat cut.
    """
    watch = Stopwatch()
    asked = {key: value for key, value in locals().items() if key not in ("mesh", "progress", "watch")}
    table = _table(thickness_mm, by_diameter)
    name = process or DEFAULT_PROCESS
    least = float(process_of(name).wall.value_mm)
    thinnest = min(wall_mm for _, wall_mm in table)
    if thinnest < least and not allow_thin:
        raise InputError(
            f"A wall of {thinnest:g} mm is thinner than {name} can print ({least:g} mm at least). Ask for a thicker "
            "wall, name another process, or say allow_thin to make it all the same."
        )
    progress(0.0, "Looking at the lumen")
    lumen = _checked(mesh, max(wall_mm for _, wall_mm in table))
    if keep_apart_mm > 0.0 and keep_apart_mm < _cell(cell_mm, thinnest):
        raise InputError(
            f"A gap of {keep_apart_mm:g} mm is below the resolution of the outer surface "
            f"({_cell(cell_mm, thinnest):g} mm). Keep a wider gap, or choose a smaller cell_mm."
        )
    picks = tuple(np.array(point) for point in points_of(open_end_mm, "open_end_mm"))
    request = Request(
        thickness_mm=thinnest,
        table=table if len(table) > 1 or by_diameter else (),
        picks=picks,
        which=open_ends,
        flange=_flange(flange_mm, flange_thickness_mm, max(wall_mm for _, wall_mm in table)),
        keep_apart_mm=keep_apart_mm,
        least_mm=least,
        cell_mm=_cell(cell_mm, thinnest),
    )
    if request.flange is not None and not picks and open_ends is OpenEnds.NONE:
        raise InputError("A flange goes round an open end: name the ends to open (open_end_mm or open_ends).")
    built = build_wall(lumen, request, part(progress, 0.1, 0.85))
    out = replace(built.mesh, name=mesh.name)
    # Contacts by rounding are not asked for: the flat rings are full of triangles in one plane.
    crossing = len(self_crossings(out, part(progress, 0.85, 0.95), rule=Rule.CROSSING).faces)
    details = details_of(built, request, name, least)
    notes, warnings = words_of(built, request, details, len(picks) or None)
    if crossing:
        warnings.append(f"{crossing} triangles cross others. Repair the model before printing.")
    after = measure_mesh(out)
    if after.open_edges or after.non_manifold_edges or after.misoriented_edges:
        raise GeometryError(
            "The wall did not come out closed. Repair the lumen and try again, or choose a smaller cell_mm."
        )
    change = change_between(lumen, out, part(progress, 0.95, 1.0))
    return out, Receipt(
        "wall", asked, watch.seconds, measure_mesh(mesh), after, change, tuple(notes), tuple(warnings), details
    )


def _table(thickness_mm: float | None, by_diameter: str | None) -> Table:
    if (thickness_mm is None) == (by_diameter is None):
        raise InputError("Say how thick the wall shall be in exactly one way: by thickness_mm or by by_diameter.")
    return table_of(by_diameter) if by_diameter is not None else ((1.0, float(thickness_mm or 0.0)),)


def _cell(cell_mm: float | None, thinnest: float) -> float:
    coarsest = thinnest / CELLS_PER_WALL
    if cell_mm is not None and cell_mm > coarsest * (1.0 + 1e-9):
        raise InputError(
            f"A resolution of {cell_mm:g} mm is too coarse for a wall of {thinnest:g} mm: at most {coarsest:g} mm."
        )
    return coarsest if cell_mm is None else cell_mm


def _flange(width: float | None, thickness: float | None, thickest: float) -> Flange | None:
    if width is None:
        if thickness is not None:
            raise InputError("flange_thickness_mm is the thickness of a flange: give its width with flange_mm.")
        return None
    return Flange(width, FLANGE_WALLS * thickest if thickness is None else thickness)


def _checked(mesh: Mesh, thickest: float) -> Mesh:
    lumen = closed_model(mesh, "A wall needs the closed surface of the lumen", "there is no lumen to make a wall round")
    if thickest > THICKEST_SHARE * float(lumen.size_mm.max()):
        raise InputError(
            f"A wall of {thickest:g} mm is too much for a lumen of {lumen.size_mm.max():.3g} mm. Check the units."
        )
    refuse_crossings(lumen, "lumen")
    return lumen
