"""Every cavity gets its drains, or stays solid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from ...mesh import FloatArray, Mesh, concatenate
from ...progress import Progress, silent
from ...spatial import index_of
from .cavity import Cavity
from .drains import Chooser, Place
from .drill import Work
from .settings import Settings

NUMBERS = 3
"""Numbers of a place given by hand."""


@dataclass(frozen=True, eq=False)
class Drain:
    """A drain that was drilled: which cavity (from 1 on), where, and whether by hand."""

    cavity: int
    place: Place
    diameter_mm: float
    by_hand: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        place = self.place
        return {
            "cavity": self.cavity,
            "at_mm": [round(float(value), 3) for value in place.at_mm],
            "axis": [round(float(value), 5) for value in place.bore.axis],
            "diameter_mm": self.diameter_mm,
            "wall_mm": round(place.wall_mm, 4),
            "height_mm": round(place.height_mm, 2),
            "sky_share": round(place.open_share, 3),
            "by_hand": self.by_hand,
        }


@dataclass(frozen=True, eq=False)
class Vented:
    """The hollow model with its drains.

    Attributes
    ----------
    mesh : Mesh
    kind : (m,) int8
        What each triangle is: see :class:`Work`.
    hollow : tuple of Cavity
        Those that are in the model, in the order of the drains' numbers.
    drains : tuple of Drain
    left : tuple of Cavity
        Those that could not be drained and stay solid.
    short : tuple of int
        Cavities, from 1 on, with fewer drains than wanted.
    outer_cut : int
        Triangles of the outer surface that drains have met.
    """

    mesh: Mesh
    kind: npt.NDArray[np.int8]
    hollow: tuple[Cavity, ...]
    drains: tuple[Drain, ...]
    left: tuple[Cavity, ...]
    short: tuple[int, ...]
    outer_cut: int


def vent(
    solid: Mesh,
    cavities: Sequence[Cavity],
    chooser: Chooser,
    settings: Settings,
    by_hand: tuple[float, ...] | None,
    number_asked: bool,
    progress: Progress = silent,
) -> Vented:
    """Drill the drains.

    Parameters
    ----------
    by_hand : tuple of float, optional
        Places, three numbers each; a cavity that gets one gets others only where ``number_asked``.

    Raises
    ------
    InputError
        A place by hand at which no drain can go.
    """
    given = _by_hand(by_hand, cavities, chooser)
    whole = concatenate([solid, *(cavity.surface.flipped() for cavity in cavities)], solid.name)
    sizes = [len(solid.faces), *(len(cavity.surface.faces) for cavity in cavities)]
    work = Work(whole, np.repeat([Work.OUTER] + [Work.CAVITY] * len(cavities), sizes).astype(np.int8))
    area = np.array([cavity.surface.area_mm2 for cavity in cavities])
    drained: list[list[Place]] = []
    for number, cavity in enumerate(cavities):
        progress(number / len(cavities), "Drilling drains")
        places = given.get(number, [])
        for place in places:
            if not work.drill(place.bore):
                raise _refused(place.at_mm)
        wanted = settings.drains if number_asked or not places else len(places)
        drained.append(places + _drill(work, cavity, chooser, area[number] / area.sum(), wanted - len(places), places))
    keep = [number for number in range(len(cavities)) if drained[number] or not settings.drains]
    left = [number for number in range(len(cavities)) if number not in keep]
    stay = np.ones(len(work.faces), bool)
    start = np.cumsum([len(solid.vertices), *(len(cavity.surface.vertices) for cavity in cavities)])
    for number in left:  # without a drain its surface is a shell of its own, on vertices that nothing else uses
        stay &= (work.faces[:, 0] < start[number]) | (work.faces[:, 0] >= start[number + 1])
    mesh = Mesh(work.vertices, work.faces[stay], solid.name).without_unused_vertices()
    hands = {id(place) for places in given.values() for place in places}
    drains = tuple(
        Drain(row + 1, place, settings.drain_mm, id(place) in hands)
        for row, number in enumerate(keep)
        for place in drained[number]
    )
    short = tuple(row + 1 for row, number in enumerate(keep) if len(drained[number]) < settings.drains)
    return Vented(
        mesh,
        work.kind[stay],
        tuple(cavities[number] for number in keep),
        drains,
        tuple(cavities[number] for number in left),
        () if by_hand else short,
        work.outer_cut,
    )


def _drill(work: Work, cavity: Cavity, chooser: Chooser, share: float, wanted: int, have: list[Place]) -> list[Place]:
    made: list[Place] = []
    if wanted <= 0:
        return made
    survey = chooser.survey(cavity, share)
    while len(made) < wanted:
        others = [place.at_mm for place in (*have, *made)]
        done = next((place for place in chooser.places(survey, others) if work.drill(place.bore)), None)
        if done is None:
            break
        made.append(done)
    return made


def _by_hand(numbers: tuple[float, ...] | None, cavities: Sequence[Cavity], chooser: Chooser) -> dict[int, list[Place]]:
    if not numbers:
        return {}
    if len(numbers) % NUMBERS:
        raise InputError(f"A drain needs x,y,z, so three numbers each; got {len(numbers)} in all.")
    out: dict[int, list[Place]] = {}
    for row in range(0, len(numbers), NUMBERS):
        point = np.array(numbers[row : row + NUMBERS])
        far = [float(index_of(cavity.surface).closest(point[None]).distance_mm[0]) for cavity in cavities]
        nearest = int(np.argmin(far))
        place = chooser.by_hand(point, cavities[nearest])
        if place is None:
            raise _refused(point)
        out.setdefault(nearest, []).append(place)
    return out


def _refused(point: FloatArray) -> InputError:
    x, y, z = point
    return InputError(
        f"No drain fits at ({x:.1f}, {y:.1f}, {z:.1f}) mm: the hollow behind is too narrow for it, or another part of "
        "the model is in its way. Choose another place or a smaller --drain-diameter."
    )
