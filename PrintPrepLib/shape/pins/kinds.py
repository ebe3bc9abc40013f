"""Words and figures of pins: type, shape, size, clearance, and where a pin stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray

Point = tuple[float, float, float]


class PinType(Enum):
    """How two parts are held together."""

    PLUG = "plug"
    DOWEL = "dowel"
    MAGNET = "magnet"
    TONGUE = "tongue"
    DOVETAIL = "dovetail"


class PinShape(Enum):
    """Cross-section of a pin."""

    ROUND = "round"
    HEXAGON = "hexagon"
    D = "d"


@dataclass(frozen=True)
class Clearance:
    """Play between a pin and its hole, each per side.

    ``across_mm`` all round the pin, ``along_mm`` beyond its end, so that it never bottoms out.
    """

    across_mm: float
    along_mm: float
    source: str

    def __post_init__(self) -> None:
        if not (0.0 <= self.across_mm < np.inf and 0.0 <= self.along_mm < np.inf):
            raise InputError(f"The clearance must not be negative, got {self.across_mm:g} and {self.along_mm:g} mm.")


@dataclass(frozen=True)
class Pin:
    """One pin in its place.

    Attributes
    ----------
    kind : PinType
        Plug, dowel or magnet (rails have a type of their own, see ``rail.py``).
    shape : PinShape
        Cross-section; a magnet is round.
    diameter_mm : float
        Of the circle round the pin's section at its foot (for a hexagon the one through its corners); of the magnet.
    length_mm : float
        How far the pin stands out of its foot's face into the other part. A dowel stands as far into both. Of a
        magnet: its thickness, one magnet in each part.
    at_mm : (3,)
        On the face of the part that carries the foot, LPS.
    axis : (3,)
        Unit vector from the part with the foot to the one with the hole.
    turn : (3,)
        Unit vector across the axis, towards the flat of a D or a corner of a hexagon.
    clearance : Clearance
        Between pin and hole.
    kerf_mm : float
        Distance between both faces, which the pin bridges.
    taper_deg : float
        Half angle by which the pin narrows towards its end; the hole narrows with it.
    """

    kind: PinType
    shape: PinShape
    diameter_mm: float
    length_mm: float
    at_mm: Point
    axis: Point
    turn: Point
    clearance: Clearance
    kerf_mm: float = 0.0
    taper_deg: float = 0.0

    def __post_init__(self) -> None:
        if not (0.0 < self.diameter_mm < np.inf and 0.0 < self.length_mm < np.inf):
            raise InputError(f"A pin needs a diameter and a length above zero, got {self.diameter_mm:g} mm and "
                             f"{self.length_mm:g} mm.")  # fmt: skip
        axis, turn = np.asarray(self.axis, np.float64), np.asarray(self.turn, np.float64)
        axis = axis / np.linalg.norm(axis)
        turn = turn - axis * float(turn @ axis)
        turn = turn / np.linalg.norm(turn)
        object.__setattr__(self, "axis", tuple(axis.tolist()))
        object.__setattr__(self, "turn", tuple(turn.tolist()))

    @property
    def matrix(self) -> FloatArray:
        """Local (x along ``turn``, z along ``axis``, origin at the foot's face) to LPS, (3, 4)."""
        axis, turn = np.array(self.axis), np.array(self.turn)
        return np.stack([turn, np.cross(axis, turn), axis, np.array(self.at_mm)], axis=1)

    @property
    def hole_radius_mm(self) -> float:
        """Radius of the circle round the hole, its lead-in left out."""
        return 0.5 * self.diameter_mm + self.clearance.across_mm

    @property
    def hole_depth_mm(self) -> float:
        """Depth of the hole below the face of its part."""
        return self.length_mm + self.clearance.along_mm

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "type": self.kind.value,
            "shape": self.shape.value,
            "diameter_mm": self.diameter_mm,
            "length_mm": self.length_mm,
            "at_mm": list(self.at_mm),
            "axis": list(self.axis),
            "turn": list(self.turn),
            "taper_deg": self.taper_deg,
            "kerf_mm": self.kerf_mm,
            "clearance": asdict(self.clearance),
        }
