"""How much material, time and money a print takes: estimates, with their formula. A slicer knows better.

Fused filament: the skin (walls of ``shells`` lines, lids of ``lids`` layers) is solid, the core is filled to
``infill``, ``overfill`` is added; the space under overhangs is filled to ``support_density``, with ``support_pad``
beneath them. Time is that volume through a line of ``line`` x layer height at ``speed``, and ``layer_time`` for every
layer. Other processes: all of the model, or its hollowed wall, is solid; time is ``layer_time`` for every layer and
``build_overhead``. ``waste`` is added to the material. Cost is material alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..profiles.figures import Figure
from ..profiles.materials import Material
from ..profiles.processes import Process
from .facts import ModelFacts
from .orient.find import Candidate
from .orient.score import support_mm3

LID_COS = 0.7
"""Surface that looks up or down by more than this (up to 45 degrees from the level) gets lids, the rest walls."""
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class Settings:
    """What a slicer would be told.

    Attributes
    ----------
    layer_mm : float
        Layer height.
    infill : float
        Share of the core that is filled, 0..1; 1 is solid.
    wall_mm : float or None
        Wall to which the model is hollowed; None where it is not.
    """

    layer_mm: float
    infill: float = 1.0
    wall_mm: float | None = None


@dataclass(frozen=True)
class Estimate:
    """Material, time and money of a print; None where no figure is known.

    ``part_ml`` is in the part, ``support_ml`` in its supports, ``used_ml`` all that is used, waste included.
    """

    layers: int
    part_ml: float
    support_ml: float
    used_ml: float
    part_g: float
    used_g: float
    hours: float | None
    cost: float | None
    material_formula: str
    time_formula: str
    cost_formula: str
    rough: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "words": "estimates, not what a slicer or a print service would say"}


def estimate(facts: ModelFacts, lying: Candidate, process: Process, material: Material, settings: Settings) -> Estimate:
    """Estimate a print.

    Parameters
    ----------
    facts : ModelFacts
        The model.
    lying : Candidate
        How it lies.
    process, material : Process, Material
        Their figures.
    settings : Settings
        Layer height, infill, hollow wall.
    """
    layers = max(1, int(np.ceil(lying.measures.size_mm[2] / settings.layer_mm - 1e-9)))
    support = support_mm3(process, lying.measures) / 1000.0
    if process.line is not None:
        part, formula = _filled(facts, lying.measures.rotation[2], process, settings)
        hours: float | None = _extruded(part + support, layers, process, settings)
        time = (
            f"Time = material {part + support:.1f} ml / (line {process.line.value:g} mm x layer {settings.layer_mm:g} "
            "mm x "
            f"{_value(process.speed):g} mm/s) + {layers} layers x {_value(process.layer_time):g} s."
        )
    else:
        saved = 0.0 if settings.wall_mm is None else facts.deeper_ml(settings.wall_mm)
        part = facts.volume_ml - saved
        hours = _layered(layers, process)
        formula = f"Part = volume {facts.volume_ml:.1f} ml" + (
            f" less {saved:.1f} ml deeper than the wall of {settings.wall_mm:g} mm." if saved else "."
        )
        time = (
            "Nobody states a time for each layer of this process."
            if hours is None
            else f"Time = {layers} layers x {_value(process.layer_time):g} s + {_value(process.build_overhead):g} h "
            "before and after. A chamber or plate that is shared with other parts takes as long as its highest."
        )
    used = (part + support) * (1.0 + _share(process.waste))
    formula += _support_words(process, lying) + (
        f" Used = (part + supports) x {1.0 + _share(process.waste):.2f}. Mass = volume x {material.density.value:g} "
        "g/cm3."
    )
    price = "No price is known." if material.price is None else f"Cost = material used x {material.price.words()}"
    money = f"{price}; without machine, labor and failures." if material.price is not None else price
    basis = (process.layer_time, process.build_overhead, process.waste, process.support_density)
    figures = (*basis, material.density, material.price)
    return Estimate(
        layers=layers,
        part_ml=part,
        support_ml=support,
        used_ml=used,
        part_g=part * material.density.value,
        used_g=used * material.density.value,
        hours=hours,
        cost=material.cost(used),
        material_formula=formula,
        time_formula=time,
        cost_formula=money,
        rough=any(figure is not None and figure.unverified for figure in figures),
    )


def skin_ml(facts: ModelFacts, up: np.ndarray, wall_mm: float, lid_mm: float) -> float:
    """Volume of the solid skin: as thick as the walls at steep surface, as the lids at level surface."""
    if not len(facts.depth_mm):
        return facts.volume_ml
    level = np.abs(facts.depth_normal @ up) > LID_COS
    return facts.volume_ml * float(np.mean(facts.depth_mm <= np.where(level, lid_mm, wall_mm)))


def _filled(facts: ModelFacts, up: np.ndarray, process: Process, settings: Settings) -> tuple[float, str]:
    if process.shells is None or process.lids is None or process.line is None or process.speed is None:
        raise InputError(
            f"An estimate for {process.title} needs line, shells, lids and speed; the lab's own profiles lack one of "
            "them."
        )
    wall, lid = process.shells.value * process.line.value, process.lids.value * settings.layer_mm
    skin = skin_ml(facts, up, wall, lid)
    core = facts.volume_ml - skin
    part = min((skin + settings.infill * core) * (1.0 + _share(process.overfill)), facts.volume_ml)
    return part, (
        f"Part = skin of {wall:.2g} mm walls and {lid:.2g} mm lids, {skin:.1f} ml, + {settings.infill:.0%} of the "
        "core of "
        f"{core:.1f} ml, x {1.0 + _share(process.overfill):.2f} for solid layers on slopes; never more than its "
        "volume of "
        f"{facts.volume_ml:.1f} ml."
    )


def _support_words(process: Process, lying: Candidate) -> str:
    if not process.needs_supports or process.support_density is None:
        return ""
    m = lying.measures
    if process.support_pad is None:
        return (
            f" Supports = {_share(process.support_density):.0%} of {m.support_mm3 / 1000.0:.1f} ml beneath overhangs."
        )
    return (
        f" Supports = {_share(process.support_density):.0%} of {m.built_mm3 / 1000.0:.1f} ml beneath overhangs on the "
        "grid of "
        f"slicers, + {process.support_pad.value:g} mm solid under {m.overhang_mm2 / 100.0:.1f} cm2."
    )


def _extruded(volume_ml: float, layers: int, process: Process, settings: Settings) -> float:
    assert process.line is not None
    assert process.speed is not None
    flow = process.line.value * settings.layer_mm * process.speed.value
    extra = 0.0 if process.layer_time is None else process.layer_time.value
    return (volume_ml * 1000.0 / flow + layers * extra) / SECONDS_PER_HOUR


def _layered(layers: int, process: Process) -> float | None:
    if process.layer_time is None:
        return None
    overhead = 0.0 if process.build_overhead is None else process.build_overhead.value
    return layers * process.layer_time.value / SECONDS_PER_HOUR + overhead


def _share(figure: Figure | None) -> float:
    return 0.0 if figure is None else figure.value / 100.0


def _value(figure: Figure | None) -> float:
    return 0.0 if figure is None else figure.value
