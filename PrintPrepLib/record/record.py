"""The record of a run: what came in, what was done to it, what was found, what came out."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import ExportError
from ..export.temporary import staged
from ..export.write import WrittenFile, describe_file
from ..finding import Finding, worst
from ..receipt import Receipt, plain
from ..volume import Source
from .blocks import changes_shape
from .calipers import Caliper
from .overrides import Acceptance, with_overrides
from .schema import problems
from .scrub import without_paths

SCHEMA = "printprep-record/1"
STATEMENT = (
    "PrintPrep prepares and checks models for printing. It is not a diagnosis, and it is not validated or cleared as a "
    "medical device. Whoever uses the model answers for checking it against the scan."
)
LIBRARIES = (
    "numpy",
    "scipy",
    "vtk",
    "SimpleITK",
    "pydicom",
    "trimesh",
    "manifold3d",
    "fast_simplification",
    "fontTools",
    "segno",
    "pystrich",
    "numba",
)
AFTER_PRINT = (
    "print_start", "print_end", "operator", "material_lot", "deviations", "inspection_photos", "scan_comparison",
    "disposition", "notes",
)  # fmt: skip
"""What people write down once it is printed; disposition is accept, reject or reprint."""
_SIGN_OFF_ROLES = ("prepared", "reviewed", "released")


def build_record(
    *,
    recipe: Mapping[str, Any],
    sources: Sequence[Source],
    receipts: Sequence[Receipt],
    findings: Sequence[Finding],
    outputs: Sequence[WrittenFile],
    ready: bool,
    segmentation: Mapping[str, Any] | None = None,
    plan: Mapping[str, Any] | None = None,
    surface: Mapping[str, Any] | None = None,
    measures: Mapping[str, Any] | None = None,
    proof: Mapping[str, Any] | None = None,
    assembly: Mapping[str, Any] | None = None,
    use: Mapping[str, Any] | None = None,
    calipers: Sequence[Caliper] = (),
    accepted: Sequence[Acceptance] = (),
    grids: Sequence[Mapping[str, Any]] = (),
    options: Mapping[str, Any] | None = None,
    open_holes: Sequence[Mapping[str, Any]] = (),
    case_code: str = "",
    parent_record: str | None = None,
    record_id: str | None = None,
    created: datetime | None = None,
) -> dict[str, Any]:
    """Collect the record of one run as plain JSON values.

    Blocks follow the fields that traceability guidance for printed anatomic models asks for (RSNA special interest
    group 2018; FDA technical considerations 2017). Blocks that people fill (after print, sign-off) are there, empty:
    the program never fills them. Local paths are removed from every text.

    Parameters
    ----------
    recipe : mapping
        The recipe with every default filled in.
    sources : sequence of Source
        Facts of each volume; hashed ids only.
    receipts : sequence of Receipt
        Every step, in order.
    findings : sequence of Finding
        Every check, those not run included.
    outputs : sequence of WrittenFile
        What was written, the record itself excepted.
    ready : bool
        The judgement of the check.
    segmentation, plan, surface, measures, proof, assembly, use : mapping, optional
        What those rooms have to say: see ``record.blocks``. ``plan`` is the block of the print plan.
    calipers : sequence of Caliper
        Lengths to measure on the print.
    accepted : sequence of Acceptance
        Findings that a person accepted; each goes beside its finding, whose verdict stays.
    grids : sequence of mapping
        Of each source ``size`` and ``spacing_mm`` of its voxels as read, and their ``voxels_sha256``.
    options : mapping, optional
        What was asked of the run beside the recipe, for a replay.
    open_holes : sequence of mapping
        Holes that the model still has, and what a repair would do with each.
    case_code : str
        A code that the user chose; never a patient's name or number.
    parent_record : str, optional
        Id of the record that this one revises.
    record_id, created : optional
        For tests; by default a random id and the present time (of making, not of scanning).

    Returns
    -------
    dict
        Keys always in the same order.
    """
    moment = created if created is not None else datetime.now(UTC)
    record = {
        "schema": SCHEMA,
        "record_id": record_id if record_id is not None else str(uuid.uuid4()),
        "created_utc": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "status": "draft",
        "statement": STATEMENT,
        "phi_included": False,
        "case_code": case_code,
        "parent_record": parent_record,
        "ready": ready,
        "worst": worst(findings).value,
        "software": software(),
        "intended_use": use if use is not None else {},
        "source": [
            _source(source, grids[number] if number < len(grids) else {}) for number, source in enumerate(sources)
        ],
        "recipe": recipe,
        "run_options": options if options is not None else {},
        "segmentation": segmentation if segmentation is not None else {},
        "surface": surface if surface is not None else {},
        "steps": [
            {"number": number, "changes_shape": changes_shape(receipt), **receipt.to_dict()}
            for number, receipt in enumerate(receipts, 1)
        ],
        "measures": measures if measures is not None else {},
        "proof": proof if proof is not None else {},
        "findings": with_overrides(findings, accepted),
        "open_holes": list(open_holes),
        "assembly": assembly,
        "print_plan": plan if plan is not None else {},
        "outputs": [output.to_dict() for output in outputs],
        "calipers": [row.to_dict() for row in calipers],
        "after_print": dict.fromkeys(AFTER_PRINT),
        "sign_off": [{"role": role, "initials": None, "time": None, "method": None} for role in _SIGN_OFF_ROLES],
    }
    cleaned: dict[str, Any] = without_paths(plain(record))
    return cleaned


def write_record(record: Mapping[str, Any], path: Path | str) -> WrittenFile:
    """Write a record as indented UTF-8 JSON, beside its name and renamed, after reading it back.

    Raises
    ------
    ExportError
        It does not fit its schema, the disk is full, rights are missing, or the file read back differs.
    """
    final = Path(path)
    wrong = problems(record)
    if wrong:
        raise ExportError(f"The record does not fit its schema and was not written: {wrong[0]}.")
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with staged(final) as item:
        item.file.write(text.encode("utf-8"))
        item.finish_writing()
        if item.path.read_text("utf-8") != text:
            raise ExportError(f"'{final.name}' differs from what was meant when read back. Check the drive.")
    return describe_file(final, "record")


def software() -> dict[str, Any]:
    """Return the versions of everything that computes; no host name, no user."""
    return {
        "printprep": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return _version_of_module(name)


def _version_of_module(name: str) -> str | None:
    """Ask the module: Slicer's own VTK and SimpleITK have no package metadata."""
    if name == "vtk":
        from vtkmodules.vtkCommonCore import vtkVersion

        return str(vtkVersion.GetVTKVersion())
    if name == "SimpleITK":
        import SimpleITK as sitk

        return str(sitk.Version.VersionString())
    return None


def _source(source: Source, grid: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": source.kind,
        "modality": source.modality,
        "series_id": source.series_id,
        "size": plain(grid.get("size")),
        "spacing_mm": plain(grid.get("spacing_mm")),
        "voxels_sha256": grid.get("voxels_sha256"),
        "facts": plain(source.facts),
        "findings": [finding.to_dict() for finding in source.findings],
    }
