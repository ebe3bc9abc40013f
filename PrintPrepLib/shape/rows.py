"""Questions to the rows of narrow tables: numpy's own reductions over two or three columns take far longer."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]


def any_in_row(table: npt.NDArray[Any]) -> Bools:
    """Which rows (n,) of a table (n, k) hold anything but zero."""
    out: Bools = table[:, 0] != 0
    for column in range(1, table.shape[1]):
        out |= table[:, column] != 0
    return out


def all_in_row(table: Bools) -> Bools:
    """Which rows (n,) of a table (n, k) of flags are set throughout."""
    out = table[:, 0].copy()
    for column in range(1, table.shape[1]):
        out &= table[:, column]
    return out
