"""The papers of a run: its record, and the report for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..analysis.deviation import Deviation
from ..analysis.thickness import Thickness
from ..export import About, OutputFolder, WrittenFile
from ..finding import Finding
from ..profiles.printers import Printer
from ..progress import Progress, part, silent
from ..record.blocks import (
    assumptions,
    intended_use,
    laid_matrix,
    parts_block,
    plan_block,
    proof_block,
    surface_block,
)
from ..record.calipers import Caliper
from ..record.record import build_record, write_record
from ..record.report import write_report
from ..segment.segmentation import Segmentation
from ..volume import Source, Volume
from .chain import ChainState
from .guard import Guard
from .parts import file_stem
from .proof import Proof
from .recipe import Recipe

RECORD_FILE = "record.json"
REPORT_FILE = "report.html"
PART_ENDING = ".stl"


@dataclass(frozen=True, eq=False)
class Papers:
    """What a run knows when all but its papers is written.

    ``plan`` is what the plan's room advised, where it was asked. ``guard`` has the last hand on the record: salted ids,
    what the search for patient data found, and identity where it was asked for. ``source`` takes the place of the
    volume's own, where more is known.
    """

    volume: Volume
    scan_hash: str
    labels_hash: str | None
    state: ChainState
    recipe: Recipe
    proof: Proof
    about: About
    chosen_printer: Printer | None
    deviation: Deviation | None
    walls: Thickness | None
    wall_limit_mm: float | None
    measures: Mapping[str, Any]
    findings: tuple[Finding, ...]
    calipers: tuple[Caliper, ...]
    ready: bool
    series: str | None = None
    label: str | None = None
    pictures: bool = True
    keep_steps: bool = False
    plan: Mapping[str, Any] | None = None
    open_holes: Sequence[Mapping[str, Any]] = ()
    record_id: str | None = None
    guard: Guard | None = None
    source: Source | None = None
    parent_record: str | None = None

    def write(
        self, out: OutputFolder, outputs: tuple[WrittenFile, ...], *, progress: Progress = silent
    ) -> tuple[WrittenFile, ...]:
        """Write report and record, and return what was written."""
        progress(0.1, "Writing the record")
        source = self.source or self.volume.source
        record = build_record(
            recipe=self.recipe.to_dict(),
            sources=[source],
            grids=[
                {
                    "size": self.volume.shape_ijk,
                    "spacing_mm": self.volume.spacing_mm,
                    "voxels_sha256": self.scan_hash,
                }
            ],
            receipts=self.state.receipts,
            findings=self.findings,
            outputs=outputs,
            ready=self.ready,
            segmentation=None if self.state.segmentation is None else self._segmentation(self.state.segmentation),
            surface=surface_block(self.state.receipts, self.proof.model),
            measures=self.measures,
            proof=proof_block(self.proof.model, self.deviation, self.walls, self.wall_limit_mm) | self.proof.to_dict(),
            assembly=self._assembly(),
            use=intended_use(self.recipe.use, self.recipe.accuracy_mm, self.state.receipts, about=self.about),
            plan=plan_block(
                self.chosen_printer,
                self.recipe.material,
                self.recipe.layer_mm,
                self.plan,
                scale=self.about.scale,
                laid=laid_matrix(self.state.receipts, self.state.to_model),
            ),
            calipers=self.calipers,
            accepted=self.recipe.accepted,
            options={
                "series": self.series,
                "label": self.label,
                "pictures": self.pictures,
                "keep_steps": self.keep_steps,
            },
            case_code=self.recipe.code,
            record_id=self.record_id,
            parent_record=self.parent_record,
            open_holes=self.open_holes,
        )
        if self.guard is not None:
            record = self.guard.record(record, [source.series_id])
        names = {item.name for item in outputs}
        report = write_report(
            record,
            lambda name: out.file(name).read_bytes() if name in names else None,
            out.file(REPORT_FILE),
            progress=part(progress, 0.3, 0.9),
        )
        record["outputs"].append(report.to_dict())
        return report, write_record(record, out.file(RECORD_FILE))

    def _segmentation(self, segmentation: Segmentation) -> dict[str, Any]:
        labels = None
        if self.labels_hash is not None:
            labels = {"label": self.label, "voxels_sha256": self.labels_hash}
        return {
            "name": segmentation.name,
            "method": "threshold" if labels is None else "ready label map",
            "software": "PrintPrep" if labels is None else "not known here",
            "volume_ml": segmentation.volume_ml,
            "voxel_mm": list(segmentation.labels.spacing_mm),
            "lower": segmentation.lower,
            "upper": segmentation.upper,
            "unit": segmentation.unit,
            "clipped": [face.to_dict() for face in segmentation.clipped],
            "labels": labels,
            "assumptions": assumptions(self.state.receipts, labels),
            "editor": None,
            "terminology_code": None,
        }

    def _assembly(self) -> dict[str, Any] | None:
        assembly = self.state.assembly
        if assembly is None:
            return None
        names = [f"{file_stem(assembly, item, self.about.marked('model'))}{PART_ENDING}" for item in assembly.parts]
        return parts_block(assembly, names)
