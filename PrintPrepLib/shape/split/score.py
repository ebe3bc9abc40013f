"""What a cut costs: its section, room for pins, thin walls, slivers, loose pieces, flat angles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...mesh import FloatArray

PIN_ROOM_MM = 3.5
"""Radius that a pin needs in the section where the caller does not say: half of a 4 mm pin, 0.25 mm play (Blender Rapid
Prototyping tool clearance, peers.md row 57) and a wall of 1.2 mm (three lines of 0.4 mm)."""
SLIVER_SHARE = 0.03
"""A piece below this share of the model is a sliver: it is lost, or breaks."""
ROOM_COST = 2.0
"""A section without room for any pin costs up to as much as two sections through a whole cube: half of it as soon as
no pin fits, the rest by how much is lacking."""
THIN_COST = 0.5
LOOSE_COST = 0.8
OUTLINE_COST = 0.05
MOST_OUTLINES = 10
SLIVER_COST = 2.0
GRAZING_COST = 1.0
TIGHT_COST = 0.3
BALANCE_COST = 0.05
TILT_COST = 0.03
"""The other weights were chosen so that each fault weighs less than a missing pin, and the last two decide only between
cuts that are else alike: halves of equal size, and planes along the patient's axes."""


@dataclass(frozen=True)
class CutScore:
    """One cut in numbers; lengths in mm, areas in mm2.

    ``inscribed_radius_mm`` is that of the greatest circle in the section, ``pin_span_mm`` how far apart two pins may
    stand (0: at most one fits). ``loose`` counts bodies beyond one on each side. ``protected_mm`` is the distance to
    the nearest protected place beyond what must be kept, None where nothing is protected. ``terms`` add up to
    ``cost``; lower is better.
    """

    section_mm2: float
    perimeter_mm: float
    outlines: int
    thickness_mm: float
    inscribed_radius_mm: float
    pin_room_mm: float
    pin_span_mm: float
    grazing: float
    smaller_share: float
    loose: int
    protected_mm: float | None
    terms: tuple[tuple[str, float], ...]

    @property
    def cost(self) -> float:
        """Sum of the terms."""
        return sum(value for _, value in self.terms)

    def words(self) -> str:
        """Say it to a person."""
        out = [f"section of {self.section_mm2 / 100.0:.1f} cm2 in {_count(self.outlines, 'outline')}"]
        if self.inscribed_radius_mm < self.pin_room_mm:
            out.append(
                f"no room for a pin: the largest circle has a radius of {self.inscribed_radius_mm:.1f} mm, and a pin "
                f"with its wall needs {self.pin_room_mm:.1f} mm"
            )
        elif self.pin_span_mm < 2.0 * self.pin_room_mm:
            out.append(f"room for one pin (largest circle of {self.inscribed_radius_mm:.1f} mm radius)")
        else:
            out.append(f"room for pins up to {self.pin_span_mm:.0f} mm apart")
        out.append(f"the smaller side is {100.0 * self.smaller_share:.0f} % of the model")
        if self.loose:
            out.append(f"leaves {_count(self.loose, 'loose piece')}")
        if self.grazing > 0.1:
            out.append(f"{100.0 * self.grazing:.0f} % of its edge meets the surface at a flat angle")
        if self.protected_mm is not None:
            out.append(f"{self.protected_mm:.1f} mm farther from the nearest protected place than asked for")
        return "; ".join(out) + "."

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "section_mm2": self.section_mm2,
            "perimeter_mm": self.perimeter_mm,
            "outlines": self.outlines,
            "thickness_mm": self.thickness_mm,
            "inscribed_radius_mm": self.inscribed_radius_mm,
            "pin_room_mm": self.pin_room_mm,
            "pin_span_mm": self.pin_span_mm,
            "grazing_share": self.grazing,
            "smaller_share": self.smaller_share,
            "loose": self.loose,
            "protected_mm": self.protected_mm,
            "cost": self.cost,
            "terms": dict(self.terms),
            "words": self.words(),
        }


def cost_terms(
    *,
    area_mm2: FloatArray | float,
    thickness_mm: FloatArray | float,
    inscribed_mm: FloatArray | float,
    outlines: FloatArray | float,
    grazing: FloatArray | float,
    smaller_share: FloatArray | float,
    loose: FloatArray | float,
    tilted: FloatArray | float,
    pin_room_mm: float,
    model_mm3: float,
) -> dict[str, FloatArray]:
    """Cost of a cut, or of many at once, by name; ``smaller_share`` is the smaller side's part of the model."""
    return {
        "section": np.asarray(area_mm2) / model_mm3 ** (2.0 / 3.0),
        "no room for a pin": ROOM_COST
        * (0.5 * (np.asarray(inscribed_mm) < pin_room_mm) + 0.5 * lack(inscribed_mm, pin_room_mm)),
        "thin walls": THIN_COST * lack(thickness_mm, pin_room_mm),
        "loose pieces": LOOSE_COST * np.asarray(loose, np.float64),
        "separate outlines": OUTLINE_COST * np.clip(np.asarray(outlines, np.float64) - 1.0, 0.0, MOST_OUTLINES),
        "sliver": SLIVER_COST * lack(smaller_share, SLIVER_SHARE),
        "flat angles": GRAZING_COST * np.asarray(grazing, np.float64),
        "unequal halves": BALANCE_COST * lack(smaller_share, 0.5),
        "oblique": TILT_COST * np.asarray(tilted, np.float64),
    }


def tightness(slack_mm: float, wanted_mm: float) -> float:
    """Cost of a part that leaves less free in the build volume than its pins may stick out."""
    return TIGHT_COST * float(lack(slack_mm, wanted_mm)) if wanted_mm > 0.0 else 0.0


def lack(value: FloatArray | float, wanted: float) -> FloatArray:
    """How much is missing of what is wanted, from 0 (nothing) to 1 (all)."""
    return np.clip(1.0 - np.asarray(value, np.float64) / wanted, 0.0, 1.0)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
