"""The caliper table: lengths to measure on the print, with what was planned and by how much it may be off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..analysis.jaws import Landing
from ..analysis.lengths import APART_DEG, CaliperKind, CaliperPair, Length, landmark, lengths_of, longest_diameter
from ..errors import InputError
from ..finding import Finding, Severity
from ..mesh import FloatArray, Mesh
from ..profiles.accuracy import Accuracy
from ..shape.cut.assembly import Assembly

if TYPE_CHECKING:
    from .landed import Landed

__all__ = ["APART_DEG", "Caliper", "CaliperKind", "CaliperPair", "caliper_table", "carried", "on_model"]

MOST_PARTS = 8
"""Parts that get a row of their own, in their order."""


@dataclass(frozen=True)
class Caliper:
    """One row of the table; what was measured is for people to fill in."""

    id: str
    kind: CaliperKind
    name: str
    from_mm: tuple[float, float, float]
    to_mm: tuple[float, float, float]
    planned_mm: float
    tolerance_mm: float
    tolerance_source: str
    landing: Landing
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "name": self.name,
            "from_mm": list(self.from_mm),
            "to_mm": list(self.to_mm),
            "planned_mm": self.planned_mm,
            "tolerance_mm": self.tolerance_mm,
            "tolerance_source": self.tolerance_source,
            "landing": self.landing.value,
            "note": self.note,
            "measured_mm": None,
            "difference_mm": None,
            "within": None,
        }


def caliper_table(
    mesh: Mesh,
    accuracy: Accuracy,
    pairs: Sequence[CaliperPair] = (),
    assembly: Assembly | None = None,
    landed: Landed | None = None,
) -> tuple[Caliper, ...]:
    """Choose lengths that can be measured on the print, the wanted pairs first.

    After the pairs come the extents along the patient's axes, the longest diameters, the least width (on which a
    caliper settles by itself, one jaw flat on three points), and of a model in parts the longest diameter of each.
    Where several diameters serve as well, the one is taken on which the jaws rest best.

    Parameters
    ----------
    mesh : Mesh
        The final model, LPS mm.
    accuracy : Accuracy
        Of the printing process.
    pairs : sequence of CaliperPair
        Brought onto the nearest place of the surface; the row says by how much.
    assembly : Assembly, optional
        The model in parts.
    landed : Landed, optional
        Lengths over landing blocks: they take the place of what ends there.

    Raises
    ------
    InputError
        A place of a pair lies off the model, or both its places are one.
    """
    over = {row.name: row for row in landed.rows} if landed is not None else {}
    rows = [over.pop(pair.name) if pair.name in over else _row(landmark(mesh, pair), accuracy) for pair in pairs]
    rows += over.values()
    chosen = [_row(length, accuracy) for length in lengths_of(mesh)]
    rows += [row for row in chosen if landed is None or not landed.on_block(row)]
    if assembly is not None:
        for part in assembly.bodies[:MOST_PARTS]:
            own = longest_diameter(part.mesh)
            if own is not None:
                row = _row(own, accuracy)
                name = f"{part.name}: {row.name[0].lower()}{row.name[1:]}"
                rows.append(replace(row, kind=CaliperKind.PART, name=name))
    return tuple(replace(row, id=f"M{number}") for number, row in enumerate(rows, 1))


def on_model(mesh: Mesh, pairs: Sequence[CaliperPair]) -> tuple[tuple[CaliperPair, ...], list[Finding]]:
    """Tell pairs that can be measured on a model from those that cannot; a warning says why of each of these."""
    good, wrong = [], []
    for pair in pairs:
        try:
            landmark(mesh, pair)
        except InputError as error:
            wrong.append(Finding("caliper-off-model", Severity.WARN, str(error), pair.name))
        else:
            good.append(pair)
    return tuple(good), wrong


def carried(pairs: Sequence[CaliperPair], to_model: FloatArray | None) -> tuple[CaliperPair, ...]:
    """Return pairs that were given in the patient's coordinates where a model lies that was mirrored or scaled."""
    if to_model is None:
        return tuple(pairs)

    def there(place: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = (to_model[:3, :3] @ np.asarray(place) + to_model[:3, 3]).tolist()
        return x, y, z

    return tuple(replace(pair, from_mm=there(pair.from_mm), to_mm=there(pair.to_mm)) for pair in pairs)


def _row(length: Length, accuracy: Accuracy) -> Caliper:
    a, b = (tuple(round(float(value), 3) for value in end) for end in (length.from_mm, length.to_mm))
    planned = round(length.length_mm, 3)
    return Caliper(
        "", length.kind, length.name, (a[0], a[1], a[2]), (b[0], b[1], b[2]), planned,
        round(accuracy.tolerance_mm(planned), 3), accuracy.source, length.landing, length.note,
    )  # fmt: skip
