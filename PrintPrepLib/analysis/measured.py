"""Points of a surface with their signed distance from another one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..mesh import FloatArray


@dataclass(frozen=True, eq=False)
class MeasuredPoints:
    """Points of one of two surfaces, A and B, with the deviation there.

    Attributes
    ----------
    points : (n, 3) float64
        Points by area first, then vertices; LPS mm.
    signed_mm : (n,) float64
        Distance from the other surface, positive where A lies outside B.
    by_area : int
        How many of them are points by area.
    share_mm2 : float
        Area that each of these stands for.
    """

    points: FloatArray
    signed_mm: FloatArray
    by_area: int
    share_mm2: float

    def area_mm2(self, chosen: npt.NDArray[np.int64]) -> FloatArray:
        """Area that each chosen point stands for, (k,); a vertex stands for none."""
        return np.where(chosen < self.by_area, self.share_mm2, 0.0)
