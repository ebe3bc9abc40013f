"""The modules of the DICOM objects (PS3.3 A.85 and C), each as a function that fills its part of a data set."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from .. import __version__
from .color import cielab_of
from .request import EncapsulateRequest, Usage
from .source import SourceSeries

PATIENT = (
    "PatientName", "PatientID", "IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence", "TypeOfPatientID",
    "PatientBirthDate", "PatientBirthTime", "PatientSex", "OtherPatientIDsSequence", "OtherPatientNames",
    "PatientBirthDateInAlternativeCalendar", "PatientDeathDateInAlternativeCalendar", "PatientAlternativeCalendar",
    "QualityControlSubject", "ReferencedPatientSequence", "EthnicGroup", "PatientComments",
    "PatientSpeciesDescription", "PatientSpeciesCodeSequence", "PatientBreedDescription", "PatientBreedCodeSequence",
    "BreedRegistrationSequence", "StrainDescription", "StrainCodeSequence", "ResponsiblePerson",
    "ResponsiblePersonRole", "ResponsibleOrganization", "PatientIdentityRemoved", "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
)  # fmt: skip
"""Patient module (C.7.1.1), with what a veterinary patient needs and what says that identity was taken away."""

STUDY = (
    "StudyInstanceUID", "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber",
    "IssuerOfAccessionNumberSequence", "StudyDescription", "ProcedureCodeSequence", "ReferencedStudySequence",
    "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy",
    "AdmittingDiagnosesDescription", "AdmittingDiagnosesCodeSequence", "PatientAge", "PatientSize", "PatientWeight",
    "Occupation", "AdditionalPatientHistory", "PregnancyStatus", "PatientSexNeutered", "AdmissionID",
)  # fmt: skip
"""General Study (C.7.2.1) and Patient Study (C.7.2.2): facts that must be the same in all objects of the study."""

_TYPE_2 = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "ReferringPhysicianName",
    "StudyID", "AccessionNumber",
)  # fmt: skip
"""Must be there and may be empty."""

SERIES_NUMBER = 9001
"""Behind the scanner's own series in every list; need not be unique (C.7.3.1)."""

NO_SERIAL_NUMBER = "none: software"
"""DeviceSerialNumber must have a value (C.7.5.2). A program has none, and an invented number would be a false fact."""

UNKNOWN_METHOD = "not stated by the source"
"""DeidentificationMethod, where the source says that identity was removed but not how."""

_TITLES = {"CT": "CT3DCAMModel", "MR": "MR3DCAMModel", "US": "US3DCAMModel"}
"""Context group CID 7061, by the modality of the source."""

_USAGES = {
    Usage.EDUCATIONAL: "EducationalIntent",
    Usage.PLANNING: "PlanningIntent",
    Usage.TOOL: "ToolFabrication",
    Usage.PROSTHETIC: "ProstheticFabrication",
    Usage.IMPLANT: "ImplantFabrication",
    Usage.SIMULATION: "SimulationIntent",
    Usage.QUALITY_CONTROL: "QualityControlIntent",
    Usage.DIAGNOSTIC: "DiagnosticIntent",
}
"""Context group CID 7064."""


def add_patient_and_study(out: Any, source: SourceSeries) -> None:
    """Copy the facts of the patient and the study as the source holds them; the rest that must exist stays empty."""
    header = source.header
    for keyword in (*PATIENT, *STUDY):
        if keyword in header and not header[keyword].is_empty:  # what is optional may be left out, but not be empty
            out.add(copy.deepcopy(header[keyword]))
    for keyword in _TYPE_2:
        if keyword not in out:
            setattr(out, keyword, "")
    told = out.get("DeidentificationMethod") or out.get("DeidentificationMethodCodeSequence")
    if str(out.get("PatientIdentityRemoved", "")) == "YES" and not told:
        out.DeidentificationMethod = UNKNOWN_METHOD  # must have a value here, and the source gives none
    if header.get("TimezoneOffsetFromUTC"):
        out.TimezoneOffsetFromUTC = header.TimezoneOffsetFromUTC


def add_series(out: Any, series_uid: str, modality: str, description: str, number: int = SERIES_NUMBER) -> None:
    """Encapsulated Document Series (C.24.1), or General Series for a texture."""
    out.Modality = modality
    out.SeriesInstanceUID = series_uid
    out.SeriesNumber = number
    out.SeriesDescription = description


def add_equipment(out: Any) -> None:
    """General and Enhanced General Equipment (C.7.5): the program, not the scanner."""
    out.Manufacturer = "PrintPrep"
    out.ManufacturerModelName = "PrintPrep"
    out.DeviceSerialNumber = NO_SERIAL_NUMBER
    out.SoftwareVersions = __version__


def add_frame_of_reference(out: Any, source: SourceSeries) -> None:
    """Frame of Reference (C.7.4.1): that of the source, since the coordinates are in it."""
    out.FrameOfReferenceUID = source.frame_of_reference
    out.PositionReferenceIndicator = source.header.get("PositionReferenceIndicator", "") or ""


def add_sop_common(out: Any, sop_class: str, sop_uid: str, now: datetime) -> None:
    """SOP Common (C.12.1)."""
    out.SOPClassUID = sop_class
    out.SOPInstanceUID = sop_uid
    out.InstanceCreationDate = now.strftime("%Y%m%d")
    out.InstanceCreationTime = now.strftime("%H%M%S")


def add_document(out: Any, request: EncapsulateRequest, data: bytes, mime: str, now: datetime) -> None:
    """Encapsulated Document (C.24.2), without references. The bytes are padded, the stored length is the true one."""
    out.InstanceNumber = 1
    out.ContentDate = now.strftime("%Y%m%d")
    out.ContentTime = now.strftime("%H%M%S")
    out.BurnedInAnnotation = "YES" if request.identity_on_model else "NO"
    if request.face is not None:
        out.RecognizableVisualFeatures = "YES" if request.face else "NO"
    out.DocumentTitle = request.title.strip()
    out.MIMETypeOfEncapsulatedDocument = mime
    out.EncapsulatedDocumentLength = len(data)
    out.EncapsulatedDocument = data + b"\0" * (len(data) % 2)


def add_times_and_title(out: Any, source: SourceSeries) -> None:
    """When the scan was acquired, and the coded title by its modality; both must exist and may be empty."""
    header = source.header
    acquired = str(header.get("AcquisitionDateTime", "") or "")
    if not acquired and header.get("AcquisitionDate"):
        acquired = f"{header.AcquisitionDate}{header.get('AcquisitionTime', '') or ''}"
    out.AcquisitionDateTime = acquired
    title = _TITLES.get(source.series.modality)
    out.ConceptNameCodeSequence = [] if title is None else [_code(7061, title)]


def add_model(out: Any, request: EncapsulateRequest) -> None:
    """Manufacturing 3D Model (C.35.1): millimeters, and what the user said about the model."""
    out.MeasurementUnitsCodeSequence = [_code(7063, "Millimeter")]
    if request.modified is not None:
        out.ModelModification = "YES" if request.modified else "NO"
    if request.mirrored is not None:
        out.ModelMirroring = "YES" if request.mirrored else "NO"
    if request.usage is not None:
        out.ModelUsageCodeSequence = [_code(7064, _USAGES[request.usage])]
    if request.description.strip():
        out.ContentDescription = request.description.strip()
    if request.color is not None:
        out.RecommendedDisplayCIELabValue = cielab_of(request.color)


def add_sources(out: Any, instances: Sequence[tuple[str, str]]) -> None:
    """Name every image that the model was made from (Source Instance Sequence, C.24.2)."""
    out.SourceInstanceSequence = [reference(*instance) for instance in instances]


def add_reason(out: Any, reason: str) -> None:
    """Keep why a model outside the scan was written all the same, as a contribution of this program (C.12.1)."""
    from pydicom.dataset import Dataset
    from pydicom.sr.codedict import codes

    purpose = codes.DCM.ModifyingEquipment
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = purpose[:3]
    item = Dataset()
    item.PurposeOfReferenceCodeSequence = [code]
    item.Manufacturer = "PrintPrep"
    item.SoftwareVersions = __version__
    item.ContributionDescription = f"The model does not lie within the scan. Reason given: {reason.strip()}"[:1024]
    out.ContributingEquipmentSequence = [item]


def add_common_references(out: Any, series: Iterable[tuple[str, Sequence[tuple[str, str]]]]) -> None:
    """Common Instance Reference (C.12.2): all that is referred to in this study, by series."""
    from pydicom.dataset import Dataset

    items = []
    for uid, instances in series:
        item = Dataset()
        item.SeriesInstanceUID = uid
        item.ReferencedInstanceSequence = [reference(*instance) for instance in instances]
        items.append(item)
    if items:
        out.ReferencedSeriesSequence = items


def reference(sop_class: str, sop_uid: str, uri: str = "") -> Any:
    """Refer to an instance; ``uri`` is the name under which the document itself knows it."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID = sop_class
    item.ReferencedSOPInstanceUID = sop_uid
    if uri:
        item.RelativeURIReferenceWithinEncapsulatedDocument = uri
    return item


def clock_of(source: SourceSeries) -> datetime:
    """Return the time now, in the time zone that the source states, else in that of this computer."""
    offset = str(source.header.get("TimezoneOffsetFromUTC", "") or "").strip()
    if len(offset) == 5 and offset[0] in "+-" and offset[1:].isdigit():
        minutes = int(offset[1:3]) * 60 + int(offset[3:])
        return datetime.now(timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes)))
    return datetime.now()


def _code(group: int, name: str) -> Any:
    from pydicom.dataset import Dataset
    from pydicom.sr.codedict import codes

    code = getattr(getattr(codes, f"cid{group}"), name)
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning
    return item
