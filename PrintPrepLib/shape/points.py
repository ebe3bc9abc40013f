"""Places that were given as a row of numbers."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..mesh import FloatArray


def points_of(numbers: tuple[float, ...] | None, name: str) -> FloatArray:
    """Return the points (k, 3) of a row x,y,z,x,y,z, LPS mm; none where nothing was given.

    Raises
    ------
    InputError
        Their number is not a multiple of three; ``name`` is that of the parameter.
    """
    if not numbers:
        return np.empty((0, 3))
    if len(numbers) % 3:
        raise InputError(f"{name} must hold three numbers (x,y,z) for each point; got {len(numbers)} numbers.")
    return np.array(numbers, np.float64).reshape(-1, 3)
