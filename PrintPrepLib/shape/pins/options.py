"""The options of pins as recipes, the command line and the panel show them: described once, used by every step."""

from __future__ import annotations

from typing import Annotated

from ...errors import InputError
from ...parameters import Param
from ...profiles.fits import clearance_for
from ...profiles.processes import process_of
from .kinds import Clearance, PinShape, PinType, Point
from .request import PinRequest

DEFAULT_PROCESS = "fdm"
"""Figures of this process are taken where none is named: its pins are the thickest and its play the widest."""
AUTO, NONE = "auto", "none"

Pins = Annotated[str, Param("How many pins on each seam: auto, none, or a number.")]
KindOfPin = Annotated[
    PinType,
    Param("plug: one with its part; dowel: a loose pin in two holes; magnet: pockets for disc magnets; tongue: a rib "
          "along a long section; dovetail: a rib that slides in from one end."),
]  # fmt: skip
ShapeOfPin = Annotated[
    PinShape | None, Param("Section of the pins: round, hexagon or d. Chosen so that parts fit one way, if left out.")
]
PinDiameter = Annotated[float | None, Param("Diameter of the pins (or magnets). What fits, if left out.",
                                            unit="mm", low=0.5, high=50.0)]  # fmt: skip
PinLength = Annotated[float | None, Param("How far a pin stands into the other part. 1 to 1.5 diameters.",
                                          unit="mm", low=0.5, high=200.0)]  # fmt: skip
PinTaper = Annotated[float, Param("Half angle by which pins narrow towards their end.", unit="degrees",
                                  low=0.0, high=20.0)]  # fmt: skip
PinPlaces = Annotated[tuple[float, ...] | None, Param("Places of pins, x,y,z for each; checked like chosen ones.",
                                                      unit="mm")]  # fmt: skip
PlayAcross = Annotated[float | None, Param("Play per side round a pin. By process and material, if left out.",
                                           unit="mm", low=0.0, high=5.0)]  # fmt: skip
PlayAlong = Annotated[float | None, Param("Play beyond a pin's end. By process, if left out.",
                                          unit="mm", low=0.0, high=10.0)]  # fmt: skip
PinWall = Annotated[float | None, Param("Least wall round a hole. By process, if left out.",
                                        unit="mm", low=0.1, high=50.0)]  # fmt: skip
Process = Annotated[str | None, Param("Printing process that sets play, walls and thinnest pins: fdm, sla, sls, mjf, "
                                      "polyjet.")]  # fmt: skip
Material = Annotated[str | None, Param("Material, where its play differs: pla, petg, abs, tpu, and others.")]


def request_of(
    *,
    pins: str,
    pin_type: PinType,
    pin_shape: PinShape | None,
    pin_diameter_mm: float | None,
    pin_length_mm: float | None,
    pin_taper_deg: float,
    pin_at_mm: tuple[float, ...] | None,
    clearance_mm: float | None,
    clearance_along_mm: float | None,
    wall_mm: float | None,
    process: str | None,
    material: str | None,
) -> PinRequest | None:
    """Turn the options into what the pins' room is asked for; None where no pins are wanted.

    Raises
    ------
    InputError
        A word is not known, or places are not given as triples.
    """
    count = _count(pins)
    places = points_of(pin_at_mm, "pin_at_mm")
    name = process or DEFAULT_PROCESS
    figures = process_of(name)
    fit = clearance_for(name, material)
    if count == 0 and not places:
        return None
    across = clearance_mm if clearance_mm is not None else fit.across.value_mm
    along = clearance_along_mm if clearance_along_mm is not None else fit.along.value_mm
    asked = [word for word, value in (("across", clearance_mm), ("along", clearance_along_mm)) if value is not None]
    source = f"across: {fit.across.source}; along: {fit.along.source}"
    if asked:
        source = f"{' and '.join(asked)} as asked for; else {source}"
    return PinRequest(
        kind=pin_type,
        clearance=Clearance(across, along, source),
        wall_mm=wall_mm if wall_mm is not None else figures.wall.value_mm,
        least_mm=figures.feature.value_mm,
        count=None if count is None or places else count,
        shape=pin_shape,
        diameter_mm=pin_diameter_mm,
        length_mm=pin_length_mm,
        taper_deg=pin_taper_deg,
        places_mm=places,
    )


def points_of(values: tuple[float, ...] | None, name: str) -> tuple[Point, ...]:
    """Group numbers into points.

    Raises
    ------
    InputError
        They are not triples.
    """
    if not values:
        return ()
    if len(values) % 3:
        raise InputError(f"{name} must hold three numbers for each point, got {len(values)}.")
    return tuple((values[k], values[k + 1], values[k + 2]) for k in range(0, len(values), 3))


def _count(word: str) -> int | None:
    if word == AUTO:
        return None
    if word == NONE:
        return 0
    if not word.isdigit() or int(word) > 20:
        raise InputError(f"pins must be 'auto', 'none' or a number up to 20; got '{word}'.")
    return int(word)
