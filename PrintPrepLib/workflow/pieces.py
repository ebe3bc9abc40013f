"""The separate pieces of a segmentation, before anything is made of it: what a person chooses from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..progress import Progress, part, silent
from ..receipt import Receipt
from .chain import completed
from .checkpoints import Checkpoints, run_with_checkpoints
from .load import load_scan
from .recipe import Recipe, StepCall, make_call
from .run import RunRequest, start_state
from .steps import STEPS, Stage

ISLANDS = "islands"


@dataclass(frozen=True, eq=False)
class SegmentedPieces:
    """Receipts of the steps up to the islands step, the last of them its own.

    ``asked`` says whether the recipe has such a step; without one all pieces stay.
    """

    receipts: tuple[Receipt, ...]
    asked: bool

    @property
    def pieces(self) -> dict[str, Any]:
        """All pieces: ``count``, ``total_ml``, ``listed`` (largest first, with place and whether kept), the rest."""
        found: dict[str, Any] = self.receipts[-1].details["pieces"]
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"steps": [receipt.to_dict() for receipt in self.receipts], "pieces": self.pieces, "asked": self.asked}


def segment_pieces(
    scan: Path,
    recipe: Recipe,
    *,
    series: str | None = None,
    labels: Path | None = None,
    label: str | None = None,
    checkpoints: Path | None = None,
    progress: Progress = silent,
) -> SegmentedPieces:
    """Segment a scan as far as the recipe's islands step and list the pieces; no result is written.

    ``checkpoints`` is a folder of kept states, as of a run.

    Raises
    ------
    InputError, GeometryError, RecipeError
        As the steps raise them.
    """
    volume = load_scan(scan, series=series, progress=part(progress, 0.0, 0.3)).volume
    state, _hash = start_state(RunRequest(scan, scan, labels=labels, label=label), volume)
    calls = completed(recipe, has_segmentation=state.segmentation is not None).steps
    kept = _up_to_islands(calls)
    states = None if checkpoints is None else Checkpoints(checkpoints)
    state, _skipped = run_with_checkpoints(
        replace(recipe, steps=kept), state, states, progress=part(progress, 0.3, 1.0)
    )
    return SegmentedPieces(state.receipts, any(call.step.name == ISLANDS for call in calls))


def _up_to_islands(calls: tuple[StepCall, ...]) -> tuple[StepCall, ...]:
    on_labels = [call for call in calls if call.stage in (Stage.SEGMENT, Stage.LABELS)]
    names = [call.step.name for call in on_labels]
    if ISLANDS in names:
        return tuple(on_labels[: names.index(ISLANDS) + 1])
    first = [call for call in on_labels if call.stage is Stage.SEGMENT]
    return (*first, make_call(STEPS[ISLANDS], {"keep": "all"}, ISLANDS))
