"""The direction that points up, and coordinates in which it is the third axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...mesh import FloatArray
from ..strut.column import across

if TYPE_CHECKING:
    import manifold3d


@dataclass(frozen=True, eq=False)
class Frame:
    """``axes`` (3, 3): rows are two directions across and the one up, right-handed, LPS."""

    axes: FloatArray

    @property
    def up(self) -> FloatArray:
        """Unit vector."""
        return np.asarray(self.axes[2])

    def to_local(self, points: FloatArray) -> FloatArray:
        """LPS to across, across, up."""
        return points @ self.axes.T

    def to_world(self, points: FloatArray) -> FloatArray:
        """Back to LPS."""
        return points @ self.axes

    def placed(self, solid: manifold3d.Manifold) -> manifold3d.Manifold:
        """Bring a solid that was made in local coordinates to LPS."""
        return solid.transform(np.ascontiguousarray(np.hstack([self.axes.T, np.zeros((3, 1))])))

    def local(self, solid: manifold3d.Manifold) -> manifold3d.Manifold:
        """Bring a solid from LPS to local coordinates."""
        return solid.transform(np.ascontiguousarray(np.hstack([self.axes, np.zeros((3, 1))])))


def frame_of(up: Sequence[float], what: str = "up") -> Frame:
    """Make a frame; along an axis of the patient it is that axis exactly.

    Raises
    ------
    InputError
        The direction has no length.
    """
    vector = np.asarray(up, np.float64)
    length = float(np.linalg.norm(vector))
    if not length > 0.0 or not np.isfinite(length):
        raise InputError(f"The direction '{what}' has no length. Give three numbers such as 0,0,1.")
    axis = vector / length
    first, second = across(axis)
    return Frame(np.stack([first, second, axis]))
