"""Units of a mesh file, and the guard against a model read in the wrong ones."""

from __future__ import annotations

from enum import Enum

import numpy as np
import numpy.typing as npt

from ..errors import InputError

SMALLEST_MODEL_MM = 5.0
"""A file without units whose longest side is shorter is refused: the smallest things that are printed at true size
(ear ossicles, single roots of teeth) exceed it, while any organ saved in meters falls below."""


class Units(Enum):
    """Length units of a file's numbers."""

    MM = "mm"
    CM = "cm"
    M = "m"
    IN = "in"

    @property
    def millimeters(self) -> float:
        """Length of one unit in millimeters."""
        return _MILLIMETERS[self]


_MILLIMETERS = {Units.MM: 1.0, Units.CM: 10.0, Units.M: 1000.0, Units.IN: 25.4}


def refuse_wrong_scale(vertices: npt.NDArray[np.float64], faces: npt.NDArray[np.int64], file_name: str) -> None:
    """Refuse coordinates that can hardly be millimeters.

    The rule: the longest side of the box round all triangles must be at least :data:`SMALLEST_MODEL_MM`.

    Parameters
    ----------
    vertices : (n, 3) float64
        Coordinates as the file has them.
    faces : (m, 3) int64
        Triangles.
    file_name : str
        For the message.

    Raises
    ------
    InputError
        The model is implausibly small; the message says how large it would be in each unit.
    """
    used = np.zeros(len(vertices), bool)
    used[faces.ravel()] = True
    side = max(float(np.ptp(column[used])) for column in vertices.T)
    if side >= SMALLEST_MODEL_MM:
        return
    guesses = ", ".join(f"{unit.value}: {side * unit.millimeters:.3g} mm" for unit in (Units.M, Units.IN, Units.CM))
    raise InputError(
        f"'{file_name}' is only {side:.3g} mm across if its numbers are millimeters; it was probably saved in meters "
        f"or inches. State its units: --units m, in, cm or mm (longest side with {guesses})."
    )
