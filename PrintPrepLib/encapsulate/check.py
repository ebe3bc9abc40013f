"""Reading an encapsulated model back: length, unit, frame of reference, references, place. Validators check none of it.

``dciodvfy`` accepts a wrong document length, a unit that does not exist, and a frame of reference of another patient.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..dicom.quiet import quiet
from ..errors import InputError
from ..export import Units
from ..export.read import read_as_stored
from ..finding import Finding, Severity
from ..mesh import Mesh
from .check_references import reference_findings
from .edges import edges_finding
from .payload import DocumentKind, stl_length
from .placement import placement_finding
from .source import SourceSeries

KINDS = {
    "1.2.840.10008.5.1.4.1.1.104.3": DocumentKind.STL,
    "1.2.840.10008.5.1.4.1.1.104.4": DocumentKind.OBJ,
    "1.2.840.10008.5.1.4.1.1.104.5": DocumentKind.MTL,
}
"""SOP classes of Supplements 205 and 208."""

_TYPE_1 = (
    "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "SeriesNumber", "InstanceNumber",
    "Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions", "BurnedInAnnotation",
    "MIMETypeOfEncapsulatedDocument", "EncapsulatedDocument", "MeasurementUnitsCodeSequence",
)  # fmt: skip
"""Must be there with a value in all three kinds of object (PS3.3 A.85, C.7.5.2, C.24.2, C.35.1)."""

_TYPE_2 = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "ReferringPhysicianName",
    "StudyID", "AccessionNumber", "ContentDate", "ContentTime", "AcquisitionDateTime", "DocumentTitle",
    "ConceptNameCodeSequence",
)  # fmt: skip
"""Must be there, and may be empty."""


@dataclass(frozen=True, eq=False)
class CheckedFile:
    """What was found in an encapsulated model. ``document`` are its bytes without padding."""

    findings: tuple[Finding, ...]
    kind: DocumentKind
    document: bytes

    @property
    def sound(self) -> bool:
        """True where nothing failed."""
        return all(finding.severity is not Severity.FAIL for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values without identity."""
        return {
            "sound": self.sound,
            "contains_identity": True,
            "document": {
                "mime": self.kind.value,
                "bytes": len(self.document),
                "sha256": hashlib.sha256(self.document).hexdigest(),
            },
            "findings": [finding.to_dict() for finding in self.findings],
        }


def check_encapsulated(
    path: Path, *, source: SourceSeries | None = None, payload: bytes | None = None, edges: bool = True
) -> CheckedFile:
    """Read an encapsulated STL, OBJ or MTL and verify what others do not.

    Parameters
    ----------
    path : Path
        The DICOM file.
    source : SourceSeries, optional
        The series that it should belong to; without it the checks against it are reported as not run.
    payload : bytes, optional
        The mesh file that it should hold.
    edges : bool
        Whether the surface is held against the voxels of the source, too, which reads all of them.

    Raises
    ------
    InputError
        Not a DICOM file, or not one of these three kinds.
    """
    dataset, kind = _read(path)
    stored = bytes(dataset.get("EncapsulatedDocument") or b"")
    length = _true_length(dataset, stored, kind)
    document = stored[:length]
    findings = [_attributes(dataset, kind), _type(dataset, kind), *_length(dataset, stored, document, kind)]
    findings.append(_unit(dataset))
    if payload is not None:
        findings.append(_same(document, payload))
    findings += reference_findings(dataset, kind, document, path.parent, source)
    if kind is not DocumentKind.MTL:
        findings += _place(dataset, document, kind, source, edges)
    return CheckedFile(tuple(findings), kind, document)


def _read(path: Path) -> tuple[Any, DocumentKind]:
    import pydicom
    from pydicom.errors import InvalidDicomError

    if not path.is_file():
        raise InputError(f"There is no file '{path.name}'. Check the path.")
    try:
        with quiet():
            dataset = pydicom.dcmread(path)
            kind = KINDS.get(str(dataset.get("SOPClassUID", "")))
            bytes(dataset.get("EncapsulatedDocument") or b"")
    except (InvalidDicomError, OSError, EOFError, ValueError, NotImplementedError, TypeError) as error:
        raise InputError(f"'{path.name}' cannot be read as a DICOM file. Fetch it again from the archive.") from error
    if kind is None:
        raise InputError(f"'{path.name}' is a DICOM file, but holds no model (Encapsulated STL, OBJ or MTL).")
    return dataset, kind


def _true_length(dataset: Any, stored: bytes, kind: DocumentKind) -> int:
    """Length without padding: an STL says it itself, text ends before the zero byte."""
    if kind is DocumentKind.STL:
        own = stl_length(stored)
        return own if 0 < own <= len(stored) else len(stored)
    return len(stored) - 1 if stored.endswith(b"\0") else len(stored)


def _attributes(dataset: Any, kind: DocumentKind) -> Finding:
    placed = kind is not DocumentKind.MTL
    missing = [
        word
        for word in (*_TYPE_1, *(("FrameOfReferenceUID",) if placed else ()))
        if dataset.get(word) in (None, "", [])
    ]
    missing += [
        word for word in (*_TYPE_2, *(("PositionReferenceIndicator",) if placed else ())) if word not in dataset
    ]
    return _judged(
        "attributes",
        not missing,
        "All attributes that the standard requires are there.",
        f"Attributes that the standard requires are missing or empty: {', '.join(missing)}.",
        measured=len(missing),
        limit=0,
    )


def _type(dataset: Any, kind: DocumentKind) -> Finding:
    mime, modality = str(dataset.get("MIMETypeOfEncapsulatedDocument", "")), str(dataset.get("Modality", ""))
    return _judged(
        "document-type",
        mime == kind.value and modality == "M3D",
        f"The document says of itself what it is: {kind.value}, modality M3D.",
        f"The document says '{mime}', modality '{modality}'; its kind asks for '{kind.value}', modality M3D.",
        measured=mime,
        limit=kind.value,
    )


def _length(dataset: Any, stored: bytes, document: bytes, kind: DocumentKind) -> list[Finding]:
    findings = []
    if kind is DocumentKind.STL:
        own = stl_length(stored)
        findings.append(
            _judged(
                "binary-stl",
                0 < own <= len(stored) <= own + 1,
                f"The document is a binary STL of {(own - 84) // 50} triangles, whole to its last byte.",
                f"The document is no whole binary STL: it has {len(stored)} bytes, its triangles need {own}.",
                measured=len(stored),
                limit=own,
                unit="bytes",
            )
        )
    said = dataset.get("EncapsulatedDocumentLength")
    padding = stored[len(document) :]
    right = said is not None and int(said) == len(document) and len(stored) % 2 == 0 and padding in (b"", b"\0")
    findings.append(
        _judged(
            "document-length",
            right,
            f"The stated length is the true one: {len(document)} bytes, {len(padding)} of padding.",
            f"The stated length is {said if said is not None else 'missing'}, the document has {len(document)} bytes "
            f"and {len(padding)} of padding.",
            measured=len(document),
            limit=None if said is None else int(said),
            unit="bytes",
        )
    )
    return findings


def _unit(dataset: Any) -> Finding:
    items = dataset.get("MeasurementUnitsCodeSequence") or []
    codes = [(str(i.get("CodeValue", "")), str(i.get("CodingSchemeDesignator", ""))) for i in items]
    shown = ", ".join(f"{value} ({scheme})" for value, scheme in codes) or "none"
    return _judged(
        "measurement-unit",
        codes == [("mm", "UCUM")],
        "The unit is the millimeter.",
        f"The unit is {shown}; only the millimeter (mm, UCUM) is read right by programs that ignore units.",
        measured=shown,
        limit="mm (UCUM)",
    )


def _same(document: bytes, payload: bytes) -> Finding:
    return _judged(
        "same-bytes",
        document == payload,
        "The document is the mesh file, byte for byte.",
        f"The document ({len(document)} bytes) is not the mesh file ({len(payload)} bytes).",
        measured=hashlib.sha256(document).hexdigest()[:16],
        limit=hashlib.sha256(payload).hexdigest()[:16],
    )


def _place(
    dataset: Any, document: bytes, kind: DocumentKind, source: SourceSeries | None, edges: bool
) -> list[Finding]:
    names = ("within-scan", "on-edges") if edges else ("within-scan",)
    if source is None:
        return [
            Finding(name, Severity.NOT_RUN, "the source series was not named.", advice="Name it with --source.")
            for name in names
        ]
    try:
        mesh = _mesh_of(document, kind)
    except InputError:
        message = "The document cannot be read as a model."
        return [Finding("within-scan", Severity.FAIL, message, advice="Write it again.")]
    placed = placement_finding(mesh, source)
    if not edges:
        return [placed]
    if str(dataset.get("ModelMirroring", "")) == "YES":
        return [placed, Finding("on-edges", Severity.NOT_RUN, "a mirrored model follows no edges.")]
    return [placed, edges_finding(mesh, source)]


def _mesh_of(document: bytes, kind: DocumentKind) -> Mesh:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("document.stl" if kind is DocumentKind.STL else "document.obj")
        path.write_bytes(document)
        return read_as_stored(path, units=Units.MM)


def _judged(
    code: str,
    good: bool,
    yes: str,
    no: str,
    *,
    measured: float | str | None = None,
    limit: float | str | None = None,
    unit: str = "",
) -> Finding:
    severity = Severity.PASS if good else Severity.FAIL
    advice = "" if good else "Do not send it. Write it again from the mesh and its source series."
    return Finding(code, severity, yes if good else no, measured, limit, unit, advice=advice)
