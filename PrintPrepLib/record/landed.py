"""Rows of the caliper table that lie between landing blocks, measured on the model as it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..analysis.jaws import Landing, landing_mm2, landing_of
from ..analysis.lengths import CaliperKind
from ..finding import Finding, Severity
from ..mesh import FloatArray, Mesh
from ..profiles.accuracy import Accuracy
from ..receipt import Receipt
from ..shape.landing.measured import EXACT_MM, measured_length
from .calipers import Caliper

OPERATION = "landing"
_ORDER = list(Landing)


@dataclass(frozen=True, eq=False)
class Landed:
    """Lengths over landing blocks.

    Attributes
    ----------
    rows : tuple of Caliper
        Without numbers yet.
    faces : tuple of ((3,) float64, float)
        Middle of each block's face, and how far from it the block reaches: other lengths that end there are none of the
        anatomy's.
    findings : tuple of Finding
    """

    rows: tuple[Caliper, ...] = ()
    faces: tuple[tuple[FloatArray, float], ...] = ()
    findings: tuple[Finding, ...] = ()

    def on_block(self, row: Caliper) -> bool:
        """Whether a length ends on a block."""
        ends = np.array([row.from_mm, row.to_mm])
        return any(bool((np.linalg.norm(ends - face, axis=1) <= reach).any()) for face, reach in self.faces)


NOTHING = Landed()
"""No landing blocks."""


def landed_rows(mesh: Mesh, receipts: Sequence[Receipt], accuracy: Accuracy) -> Landed:
    """Measure the lengths over landing blocks on the final model; what a later step changed is told and left out.

    Parameters
    ----------
    mesh : Mesh
        The final model, LPS mm.
    receipts : sequence of Receipt
        Of all steps.
    accuracy : Accuracy
        Of the printing process.
    """
    rows: list[Caliper] = []
    faces: list[tuple[FloatArray, float]] = []
    findings: list[Finding] = []
    total, added = 0, 0.0
    for receipt in receipts:
        if receipt.operation != OPERATION or not receipt.details.get("blocks"):
            continue
        blocks = {row["number"]: row for row in receipt.details["blocks"]}
        total += len(blocks)
        added += sum(row["added_ml"] for row in blocks.values())
        for block in blocks.values():
            reach = block["side_mm"] + block["height_mm"] + block["sunk_mm"]
            faces.append((np.array(block["face_at_mm"]), float(reach)))
        for length in receipt.details["lengths"]:
            measured = measured_length(mesh, length, blocks)
            if abs(measured - length["planned_mm"]) <= EXACT_MM:
                rows.append(_row(mesh, length, blocks, measured, accuracy))
            else:
                findings.append(_changed(length, measured))
    if total:
        findings.append(
            Finding(
                "landing-blocks",
                Severity.INFO,
                f"{total} landing blocks ({added:.3f} ml) are on the model for the jaws of a caliper. They are not "
                "anatomy.",
                measured=total,
                advice="Tell whoever gets the model; the receipt of the step lists place and size of each.",
            )
        )  # fmt: skip
    return Landed(tuple(rows), tuple(faces), tuple(findings))


def _row(
    mesh: Mesh, length: Mapping[str, Any], blocks: Mapping[int, Mapping[str, Any]], measured: float, accuracy: Accuracy
) -> Caliper:
    numbers = [number for number in length["blocks"] if number is not None]
    ends = [np.array(length[key], np.float64) for key in ("from_mm", "to_mm")]
    along = np.array(length["along"], np.float64)
    areas = [landing_mm2(mesh, end, way) for end, way in zip(ends, (-along, along), strict=True)]
    found = [landing_of(area) for area in (areas[1:] if length["flat"] else areas)]
    a, b = (tuple(round(float(value), 3) for value in end) for end in ends)
    planned = round(measured, 3)
    words = "blocks " if len(numbers) > 1 else "block "
    return Caliper(
        "", CaliperKind(length["kind"]), str(length["name"]), (a[0], a[1], a[2]), (b[0], b[1], b[2]), planned,
        round(accuracy.tolerance_mm(planned), 3), accuracy.source, max(found, key=_ORDER.index),
        f"jaws on landing {words}{' and '.join(map(str, numbers))}, which are no anatomy; "
        f"{length['anatomy_mm']:.2f} mm without",
    )  # fmt: skip


def _changed(length: Mapping[str, Any], measured: float) -> Finding:
    now = f"measures {measured:.3f} mm" if np.isfinite(measured) else "has no flat face any more"
    return Finding(
        "landing-changed", Severity.WARN,
        f"'{length['name']}' was planned as {length['planned_mm']:.3f} mm between landing blocks and {now} on the "
        "final model: a later step changed a block. It is not in the caliper table.",
        None if not np.isfinite(measured) else round(measured, 3), round(float(length["planned_mm"]), 3), "mm",
        tuple(length["from_mm"]), "Set landing blocks after all steps that change the shape.",
    )  # fmt: skip
