"""A stand made one with the model, and proof of it: sound as a file stores it, and the model's surface unmoved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...errors import GeometryError
from ...mesh import Mesh
from ...spatial import Rule, index_of, self_crossings
from ...surface.defects import as_stored
from ...topology import edge_counts
from ..identical import is_among
from ..join.bodies import STORED_STEPS

if TYPE_CHECKING:
    import manifold3d

TRIES = 6
"""Times that a stand is made again, a little otherwise, where triangles cross as a file stores them."""
NUDGE_MM = 0.003
"""By how much heights are shifted from try to try: far below any layer."""
ROUND_MM = 1e-6
"""A boolean in double precision errs far less."""


def sound(make: Callable[[int], manifold3d.Manifold], before: Mesh) -> Mesh:
    """Call ``make`` with 0, 1, ... until what it gives is sound as a file stores it.

    Only triangles that are new are asked whether they cross others: the rest is as it was.

    Raises
    ------
    GeometryError
        It never is.
    """
    for out in _tried(make, before.name):
        if out.is_empty or out.volume_mm3 <= 0.0 or edge_counts(out).open_edges:
            continue
        new = ~is_among(out, before)
        fresh: npt.NDArray[np.bool_] = np.asarray(new[out.faces].any(axis=1))
        if not fresh.any():
            return out
        corners = out.triangles
        low, high = corners[fresh].min(axis=(0, 1)), corners[fresh].max(axis=(0, 1))
        close = ((corners.min(axis=1) <= high) & (corners.max(axis=1) >= low)).all(axis=1)
        rows = np.flatnonzero(close)
        stored = as_stored(Mesh(out.vertices, out.faces[rows], out.name))
        crossing = rows[self_crossings(stored, rule=Rule.CROSSING).faces]
        if not fresh[crossing].any():
            return out
    raise GeometryError(
        "The stand could not be joined with the model without triangles that cross where they meet. Repair the model "
        "first (printprep repair), or change a size a little."
    )


def _tried(make: Callable[[int], manifold3d.Manifold], name: str) -> Iterator[Mesh]:
    """What ``make`` gives, as it is and without edges that single precision cannot hold."""
    for number in range(TRIES):
        solid = make(number)
        yield Mesh.from_manifold(solid, name)
        yield Mesh.from_manifold(solid.simplify(STORED_STEPS * float(np.abs(solid.bounding_box()).max())), name)


def kept(before: Mesh, after: Mesh, swallowed: Mesh | None = None) -> tuple[float, int]:
    """Share of the model's vertices that are there still, bit for bit; and how many are gone that a tool did not hold.

    ``swallowed`` is the tool that was united with the model.
    """
    used = np.zeros(len(before.vertices), bool)
    used[before.used_vertices] = True
    gone = used & ~is_among(before, after)
    lost = before.vertices[gone]
    outside = 0
    if swallowed is not None and len(lost):
        outside = int(np.count_nonzero(index_of(swallowed).signed_distance(lost) > ROUND_MM))
    return 1.0 - float(gone.sum()) / max(int(used.sum()), 1), outside
