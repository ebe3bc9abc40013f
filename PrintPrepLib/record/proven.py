"""Words on what was held against the scan, and what was changed on purpose after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..receipt import MeshMeasures, Receipt

MOVED = ("mirror", "scale")
"""Steps that transform space: how far they moved points is no change of the shape."""

LAID = ("orient", "place")
"""Steps that lay the model for printing: they change no shape."""


def later_step(number: int, receipt: Receipt) -> dict[str, Any]:
    """What a step changed after the surface that was held against the scan: volume, parts, deviation."""
    before, after, change = receipt.before, receipt.after, receipt.change
    volumes = None
    parts = None
    if isinstance(before, MeshMeasures) and isinstance(after, MeshMeasures):
        volumes = (after.volume_mm3 - before.volume_mm3) / 1000.0
        parts = [before.parts, after.parts]
    return {
        "number": number,
        "operation": receipt.operation,
        "volume_change_ml": volumes,
        "parts": parts,
        "signed_mean_mm": None if change is None else change.signed_mean_mm,
        "p95_mm": None if change is None else change.p95_mm,
        "max_mm": None if change is None else change.max_mm,
        "max_at_mm": None if change is None else change.max_at_mm,
    }


def sentence(proof: Mapping[str, Any], operations: Sequence[str]) -> str:
    """Say in plain words how far the model was held against the scan; empty where all of it was.

    Parameters
    ----------
    proof : mapping
        Block ``proof`` of the record.
    operations : sequence of str
        Names of all steps, in order.
    """
    through = proof.get("proven_through")
    if through is None:
        return ""
    last = f"step {through} ({operations[through - 1]})" if through else "the start"
    names = ", ".join(
        f"{step['number']}. {_told(step)}" for step in proof["later_steps"] if step["operation"] not in LAID
    )
    share = proof.get("on_proven_percent")
    on_it = "" if share is None else f" {share:.1f} % of the final model's surface lies on the surface that was proven."
    return (
        f"Held against the scan is the surface after {last}. What came after is on purpose and is not in the scan: "
        f"{names}.{on_it}"
    )


def _told(step: Mapping[str, Any]) -> str:
    facts: list[str] = []
    if step["volume_change_ml"] is not None and step["operation"] not in MOVED:
        facts.append(f"{step['volume_change_ml']:+.2f} ml")
    if step["max_mm"] is not None and step["operation"] not in MOVED:
        facts.append(f"up to {step['max_mm']:.2f} mm")
    return str(step["operation"]) + (f" ({', '.join(facts)})" if facts else "")
