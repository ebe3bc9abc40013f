"""What of a model is held against the scan: the surface before the first step that changes its shape on purpose.

A stand, a hollow or a mirror image is not in the scan: held against it, the model would fail for what was wanted. So
completeness, handedness, place and deviation are judged on the surface before the first such step, in the patient's
coordinates; whether it can be printed is judged on the final model. The record and the report say which is which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..analysis.deviation import Deviation
from ..analysis.thickness import Thickness
from ..check import CheckResult, check_mesh
from ..check.run import CHECKS
from ..export.model_part import About
from ..export.single import rounded_to_single
from ..finding import Finding, Severity
from ..mesh import FloatArray, Mesh
from ..profiles.printers import Printer
from ..progress import Progress, part, silent
from ..receipt import Receipt, plain
from ..record.proven import later_step, sentence
from ..spatial import index_of
from ..spatial.sampling import area_samples
from .chain import ChainState
from .recipe import Recipe

SCAN_CODES = frozenset({
    "scale", "mirrored", "placement", "completeness-missing", "completeness-extra", "accuracy", "clipped-anatomy",
})  # fmt: skip
"""Checks that ask whether the model shows what the scan shows."""
MODEL_NAME = "model"
"""Of the surface that is held against the scan: it is neither mirrored nor scaled, whatever the model is."""
ON_PROVEN_MM = 0.01
"""Surface nearer than this to the proven one is the proven one: the deviation that the wall round a lumen allows at its
inside, and far above the rounding of a file (0.00001 mm)."""
ON_PROVEN_SAMPLES = 20_000
"""Points by area on which the share of proven surface stands: known to better than 0.4 %."""


@dataclass(frozen=True, eq=False)
class Proof:
    """What is held against the scan.

    Attributes
    ----------
    surface : Mesh
        In the patient's coordinates, rounded as files round it. The model itself where nothing changed it on purpose.
    model : Mesh
        The final model, as its file holds it.
    receipts : tuple of Receipt
        All of them.
    through : int or None
        So many of them led to the surface; None where it is the model itself.
    to_model : (4, 4) array or None
        From the patient's coordinates to the model's; None where they are the same.
    """

    surface: Mesh
    model: Mesh
    receipts: tuple[Receipt, ...]
    through: int | None = None
    to_model: FloatArray | None = None

    @property
    def is_model(self) -> bool:
        """Whether the final model itself is held against the scan."""
        return self.through is None

    @property
    def later(self) -> list[dict[str, Any]]:
        """Steps after the surface that is held against the scan, each with what it changed."""
        if self.through is None:
            return []
        after = enumerate(self.receipts[self.through :], self.through + 1)
        return [later_step(number, receipt) for number, receipt in after]

    def to_dict(self) -> dict[str, Any]:
        """Return what the record says of it."""
        on_it = None if self.is_model else on_proven_percent(self.model, self.surface, self.to_model)
        return {
            "proven_through": self.through,
            "later_steps": self.later,
            "on_proven_percent": on_it,
            "to_model": None if self.to_model is None else self.to_model.tolist(),
            "to_patient": None if self.to_model is None else np.linalg.inv(self.to_model).tolist(),
        }

    def _mirrored_words(self) -> str:
        """What is mirrored: all of it, or one side that was joined with its image."""
        joined = [one for one in self.receipts if one.operation == "mirror" and one.details.get("mirrors") == "both"]
        if joined:
            side = str(plain(joined[-1].parameters)["side"])
            return (
                f"One side of the model is the MIRRORED image of the patient's {side} side, joined with it: the scan "
                "does not show it so."
            )
        return (
            "The model is MIRRORED: the patient's right is its left. It is a mirror image of what the scan shows, and "
            "no model of this side of the patient."
        )

    def findings(self, about: About) -> list[Finding]:
        """Say what was changed on purpose; mirroring and another scale are warnings that a person has to accept."""
        found = []
        if about.mirrored:
            found.append(
                Finding(
                    "mirrored-on-purpose", Severity.WARN,
                    self._mirrored_words(),
                    "MIRRORED", advice="Accept it with the reason, and see to it that the word stays with the print.",
                )
            )  # fmt: skip
        if about.scale != 1.0:
            found.append(
                Finding(
                    "scaled-on-purpose", Severity.WARN,
                    f"The model has {about.scale:.9g} times the size of the patient: nothing measured on it is the "
                    "patient's without dividing by that.",
                    about.scale, 1.0,
                    advice="Accept it with the reason; the factor is in the names of the files and must stay with the "
                    "print.",
                )
            )  # fmt: skip
        if not self.is_model:
            words = sentence(self.to_dict(), [receipt.operation for receipt in self.receipts])
            found.append(Finding("changed-on-purpose", Severity.INFO, words, len(self.later), unit="steps"))
        return found


def proof_of(state: ChainState, model: Mesh) -> Proof:
    """Return what of a finished chain is held against the scan; ``model`` is the final one as its file holds it."""
    if state.proven_in_patient is None:
        return Proof(model, model, state.receipts)
    surface, _ = rounded_to_single(state.proven_in_patient.with_name(MODEL_NAME))
    return Proof(surface, model, state.receipts, state.proven_receipts, state.to_model)


def check_proof(
    proof: Proof,
    state: ChainState,
    *,
    recipe: Recipe,
    printer: Printer | None = None,
    deviation: Deviation | None = None,
    walls: Thickness | None = None,
    progress: Progress = silent,
) -> CheckResult:
    """Check the final model for printing, and the surface before anything on purpose against the scan.

    Parameters
    ----------
    proof : Proof
        As :func:`proof_of` gave it.
    state : ChainState
        With the segmentation and the reference.
    deviation : Deviation or None
        Of ``proof.surface`` from the reference.
    walls : Thickness or None
        Of ``proof.model``.
    """
    assert state.segmentation is not None
    known: dict[str, Any] = {
        "printer": printer,
        "voxel_mm": state.segmentation.labels.spacing_mm,
        "layer_mm": recipe.layer_mm,
        "accuracy_mm": recipe.accuracy_mm,
    }
    scan: dict[str, Any] = {"segmentation": state.segmentation, "against": state.reference, "deviation": deviation}
    if proof.is_model:
        return check_mesh(proof.model, **known, **scan, walls=walls, progress=progress)
    order = [code for _, _, codes in CHECKS for code in codes]
    to_print = check_mesh(
        proof.model, **known, walls=walls, codes=set(order) - SCAN_CODES, progress=part(progress, 0.0, 0.6)
    )
    to_scan = check_mesh(proof.surface, **known, **scan, codes=SCAN_CODES, progress=part(progress, 0.6, 1.0))
    both = [*to_print.findings, *(finding for finding in to_scan.findings if finding.code != "empty")]
    places = {code: number for number, code in enumerate(order)}
    return CheckResult(tuple(sorted(both, key=lambda finding: places.get(finding.code, -1))), to_print.measures)


def on_proven_percent(model: Mesh, surface: Mesh, to_model: FloatArray | None = None) -> float:
    """Share of a model's surface that lies on a surface in the patient's coordinates."""
    points = area_samples(model, ON_PROVEN_SAMPLES)
    if to_model is not None:
        back = np.linalg.inv(to_model)
        points = points @ back[:3, :3].T + back[:3, 3]
    near = index_of(surface).closest(points, ON_PROVEN_MM).faces >= 0
    return round(100.0 * float(near.mean()), 2)
