"""What hollowing was asked for, with what the process decides filled in, each figure with its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray, Mesh
from ...profiles.figures import Figure
from ...profiles.materials import material_of
from ...profiles.processes import Process, process_of
from ..closed import closed_model, refuse_crossings
from .inside import Inside

DEFAULT_PROCESS = "sla"
"""Where neither process nor printer is named: models are hollowed for resin more than for anything else."""
SUPERIOR = (0.0, 0.0, 1.0)
"""Toward the patient's head: what points up where no direction is given."""
CELLS_PER_WALL = 4.0
"""Cells of the grid in a wall, at least. The level round a point or sharp groove of the outer surface is a ball of the
wall's radius: a triangle within a cell cuts it short by at most 3 cell^2 / (8 wall), which is 2.3 % of the wall."""
CELLS_PER_BAR = 2.5
"""The same in a bar or rib, which is made thicker by what triangles within a cell cut off it."""
WORTH_DIAMETERS = 3.0
"""A hollow is worth its drains from the volume of a ball of so many drains' diameter on."""
LARGEST_SHARE = 0.25
"""A wall above this share of the model's diagonal is the model's own size."""
SPACING_BARS, SPACING_DRAINS, SPACINGS = 5.0, 2.0, 20.0
"""Distance from bar to bar: so many bars, and so many drains with a bar, whichever is more, so that what is to flow out
flows through the lattice as well as through the drains; and no finer than so many in the model's diagonal."""


@dataclass(frozen=True, eq=False)
class Settings:
    """Figures that hollowing works with; ``sources`` says where those come from that were not asked for."""

    process: Process
    wall_mm: float
    drains: int
    drain_mm: float
    least_mm3: float
    up: FloatArray
    inside: Inside
    spacing_mm: float
    bar_mm: float
    density_g_ml: float | None
    warnings: tuple[str, ...]
    sources: dict[str, str]

    @property
    def cell_mm(self) -> float:
        """Edge of a cell of the grid."""
        cell = self.wall_mm / CELLS_PER_WALL
        return cell if self.inside is Inside.NONE else min(cell, self.bar_mm / CELLS_PER_BAR)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "process": self.process.name,
            "wall_mm": self.wall_mm,
            "drains": self.drains,
            "drain_diameter_mm": self.drain_mm,
            "min_cavity_ml": self.least_mm3 / 1000.0,
            "up": self.up.tolist(),
            "inside": self.inside.value,
            "spacing_mm": None if self.inside is Inside.NONE else self.spacing_mm,
            "bar_mm": None if self.inside is Inside.NONE else self.bar_mm,
            "cell_mm": self.cell_mm,
        }


def settings_for(
    *,
    process: str | None,
    material: str | None,
    wall_mm: float | None,
    allow_thin: bool,
    drains: int | None,
    drain_diameter_mm: float | None,
    min_cavity_ml: float | None,
    up: tuple[float, ...] | None,
    inside: Inside,
    spacing_mm: float | None,
    bar_mm: float | None,
    diagonal_mm: float,
) -> Settings:
    """Fill in what was left open.

    Raises
    ------
    InputError
        Something is out of range, below what the process can print, or not stated by any guide for the process.
    """
    chosen = process_of(process or DEFAULT_PROCESS)
    sources, warnings = {}, []
    if process is None:
        sources["process"] = f"No process was named: the figures are those of {chosen.title}."

    def stated(value: float | None, figure: Figure | None, name: str, option: str) -> float:
        if value is not None:
            if not 0.0 <= value < np.inf:
                raise InputError(f"The {name} must not be negative, got {value:g}.")
            return float(value)
        if figure is None:
            raise InputError(f"No guide states a {name} for {chosen.title}: give one with {option}.")
        sources[name] = f"{figure.words()}: {figure.source}"
        return figure.value

    wall = stated(wall_mm, chosen.hollow_wall, "wall", "--wall")
    least = chosen.wall
    if wall <= 0.0:
        raise InputError(f"The wall must be above zero, got {wall:g} mm.")
    if wall < least.value_mm:
        what = (
            f"A wall of {wall:g} mm is below the {least.value_mm:g} mm that {chosen.title} can print ({least.source})"
        )
        if not allow_thin:
            raise InputError(f"{what}. Ask for a thicker wall, another process, or say --allow-thin.")
        warnings.append(f"{what}. It was made since it was asked for.")
    count = int(stated(drains, chosen.escape_count, "number of drains", "--drains"))
    diameter = stated(drain_diameter_mm, chosen.escape_hole, "drain diameter", "--drain-diameter")
    if count and not diameter > 0.0:
        raise InputError(f"The diameter of a drain must be above zero, got {diameter:g} mm.")
    advised = chosen.escape_hole
    if count and advised is not None and diameter < advised.value_mm:
        warnings.append(
            f"Drains of {diameter:g} mm are narrower than the {advised.value_mm:g} mm that are advised for "
            f"{chosen.title} ({advised.source})."
        )
    direction = np.asarray(SUPERIOR if up is None else up, np.float64)
    if not float(np.linalg.norm(direction)) > 0.0:
        raise InputError("The direction that points up has no length.")
    bar = chosen.feature if chosen.feature.value_mm >= chosen.wall_free.value_mm else chosen.wall_free
    thick = 0.0 if inside is Inside.NONE else stated(bar_mm, bar, "thickness of bars", "--bar")
    spacing = 0.0
    if inside is not Inside.NONE:
        usual = max(SPACING_BARS * thick, SPACING_DRAINS * diameter + thick, diagonal_mm / SPACINGS)
        spacing = usual if spacing_mm is None else float(spacing_mm)
        if not thick > 0.0 or not spacing >= 2.0 * thick:
            raise InputError(
                f"Bars of {thick:g} mm need a thickness above zero and at least twice as much from one to the next, "
                f"got a spacing of {spacing:g} mm."
            )
    known = None if material is None else material_of(material)
    ball = np.pi / 6.0 * (WORTH_DIAMETERS * max(diameter, wall)) ** 3
    return Settings(
        process=chosen,
        wall_mm=wall,
        drains=count,
        drain_mm=diameter if diameter > 0.0 else wall,
        least_mm3=float(ball) if min_cavity_ml is None else 1000.0 * float(min_cavity_ml),
        up=direction / np.linalg.norm(direction),
        inside=inside,
        spacing_mm=spacing,
        bar_mm=thick,
        density_g_ml=None if known is None else known.density.value,
        warnings=tuple(warnings),
        sources=sources,
    )


def checked(mesh: Mesh, wall_mm: float) -> None:
    """Refuse what has no inside, or is too small for the wall.

    Raises
    ------
    GeometryError, InputError
    """
    closed_model(mesh, "Hollowing needs a closed surface", "there is nothing to hollow")
    diagonal = float(np.linalg.norm(mesh.size_mm))
    if wall_mm > LARGEST_SHARE * diagonal:
        raise InputError(
            f"A wall of {wall_mm:g} mm is too much for a model of {diagonal:.3g} mm across: nothing would be left to "
            "hollow. Choose a thinner wall, or check the model's units."
        )
    refuse_crossings(mesh)
