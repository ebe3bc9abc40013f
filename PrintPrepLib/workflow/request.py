"""What a run is asked for, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..analysis.deviation import Deviation
from ..check import CheckResult
from ..export import WrittenFile
from ..finding import Finding
from ..mesh import Mesh
from ..receipt import Receipt
from ..record.calipers import CaliperPair
from ..record.overrides import Acceptance
from ..segment.segmentation import Segmentation
from ..shape.cut.assembly import Assembly
from ..volume import Volume
from .origin import Origin
from .papers import RECORD_FILE, REPORT_FILE
from .recipe import Recipe


@dataclass(frozen=True)
class RunRequest:
    """What the user asked for.

    ``recipe`` None lets the scan decide: bone where values are Hounsfield units, soft tissue elsewhere. ``keep_steps``
    writes the label map or the surface after each step as well, for who wants to go back to one. ``checkpoints`` is a
    folder in which what each step made is kept; a run goes on from there where neither its input nor the steps so far
    have changed. ``formats`` of the model: None takes those of the recipe, else STL and 3MF. ``record_id`` None makes a
    random one; it stands in the record and in the model files, so that giving it again gives the same bytes.
    ``include_identity`` puts the patient into the record; ``on_patient_data`` says what happens where patient data
    would be in a file without that; ``salt_file`` keeps the lab's salt for the ids in the record. ``calipers`` and
    ``accepted`` are added to those of the recipe. ``expected_voxels`` are the hashes that scan and label map must have
    (see ``record.hashes``), for a replay. ``origin`` is what is known of the scan where ``input`` is a volume file that
    another program wrote for the run. ``meshes`` are files in which other meshes of the recipe are looked for, by the
    hashes that it has of them.
    """

    input: Path
    output: Path
    recipe: Recipe | None = None
    series: str | None = None
    labels: Path | None = None
    label: str | None = None
    use: str | None = None
    printer: str | None = None
    pictures: bool = True
    keep_steps: bool = False
    checkpoints: Path | None = None
    formats: tuple[str, ...] | None = None
    record_id: str | None = None
    include_identity: bool = False
    on_patient_data: str = "refuse"
    salt_file: Path | None = None
    calipers: tuple[CaliperPair, ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    expected_voxels: tuple[str | None, str | None] | None = None
    origin: Origin | None = None
    meshes: tuple[Path, ...] = ()


@dataclass(frozen=True, eq=False)
class RunResult:
    """What came out.

    ``seconds`` holds the time of each stage beside the steps' own; ``deviation`` is that of the model from the surface
    before anything was smoothed or simplified. ``skipped`` steps were not run again: their results were at hand.
    """

    ready: bool
    outputs: tuple[WrittenFile, ...]
    findings: tuple[Finding, ...]
    receipts: tuple[Receipt, ...]
    check: CheckResult
    mesh: Mesh
    segmentation: Segmentation
    volume: Volume
    recipe: Recipe
    deviation: Deviation | None
    seconds: dict[str, float]
    assembly: Assembly | None = None
    skipped: int = 0
    privacy: dict[str, Any] = field(default_factory=dict)

    @property
    def went_on_from(self) -> dict[str, Any] | None:
        """The last step that was not run again, its number from 1; None where all were run."""
        if self.skipped == 0:
            return None
        return {"number": self.skipped, "step": self.recipe.steps[self.skipped - 1].step.name}

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON contract of ``run``."""
        return {
            "ready": self.ready,
            "outputs": [file.to_dict() for file in self.outputs],
            "record": RECORD_FILE,
            "report": REPORT_FILE,
            "steps": [receipt.to_dict() for receipt in self.receipts],
            "findings": [finding.to_dict() for finding in self.findings],
            "measures": self.check.measures,
            "parts": None if self.assembly is None else [item.to_dict() for item in self.assembly.parts],
            "pins": [] if self.assembly is None else list(self.assembly.pins),
            "deviation": None if self.deviation is None else self.deviation.to_dict(),
            "privacy": self.privacy,
            "seconds": {key: round(value, 3) for key, value in self.seconds.items()},
            "went_on_from": self.went_on_from,
        }
