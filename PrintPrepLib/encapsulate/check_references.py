"""Whose model is it? Patient, study, frame of reference and images against the source; materials against the text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..dicom.quiet import quiet
from ..finding import Finding, Severity
from .payload import DocumentKind
from .references import material_names, texture_names
from .source import SourceSeries

_IDENTITY = ("PatientID", "PatientName", "PatientBirthDate", "PatientSex")
_ADVICE = "Do not send it. It may belong to another patient or scan; write it again from the right series."


def reference_findings(
    dataset: Any, kind: DocumentKind, document: bytes, folder: Path, source: SourceSeries | None
) -> list[Finding]:
    """Judge whom the object names as its patient, study, space and source, and what its document refers to."""
    findings = []
    if source is None:
        names = ["same-patient", "same-study"]
        names += [] if kind is DocumentKind.MTL else ["frame-of-reference", "source-images"]
        findings += [
            Finding(name, Severity.NOT_RUN, "the source series was not named.", advice="Name it with --source.")
            for name in names
        ]
    else:
        findings += [_patient(dataset, source), _study(dataset, source)]
        if kind is not DocumentKind.MTL:
            findings += [_frame(dataset, source), _images(dataset, source)]
    if kind is DocumentKind.OBJ:
        findings.append(_named(dataset, "ReferencedInstanceSequence", material_names(document), "materials", folder))
    elif kind is DocumentKind.MTL:
        findings.append(_named(dataset, "ReferencedImageSequence", texture_names(document), "textures", folder))
    return findings


def _patient(dataset: Any, source: SourceSeries) -> Finding:
    differ = [
        word
        for word in _IDENTITY
        if str(dataset.get(word, "") or "").strip() != str(source.header.get(word, "") or "").strip()
    ]
    if not differ:
        return Finding("same-patient", Severity.PASS, "The model names the patient of the source series.")
    return Finding(
        "same-patient",
        Severity.FAIL,
        f"The model names another patient than the source series: {', '.join(differ)} differ.",
        advice=_ADVICE,
    )


def _study(dataset: Any, source: SourceSeries) -> Finding:
    in_study = str(dataset.get("StudyInstanceUID", "")) == source.study_uid
    own_series = str(dataset.get("SeriesInstanceUID", "")) != source.series_uid
    if in_study and own_series:
        return Finding(
            "same-study", Severity.PASS, "The model lies in the study of its source, in a series of its own."
        )
    what = "lies in another study than its source" if not in_study else "lies in the scanner's own series"
    return Finding("same-study", Severity.FAIL, f"The model {what}.", advice=_ADVICE)


def _frame(dataset: Any, source: SourceSeries) -> Finding:
    if str(dataset.get("FrameOfReferenceUID", "")) == source.frame_of_reference:
        message = "The model's coordinates are in the frame of reference of its source."
        return Finding("frame-of-reference", Severity.PASS, message)
    message = "The model names another frame of reference than its source: its place in the patient means nothing."
    return Finding("frame-of-reference", Severity.FAIL, message, advice=_ADVICE)


def _images(dataset: Any, source: SourceSeries) -> Finding:
    named = {str(item.ReferencedSOPInstanceUID) for item in dataset.get("SourceInstanceSequence") or []}
    by_series = {
        str(item.ReferencedSOPInstanceUID)
        for series in dataset.get("ReferencedSeriesSequence") or []
        if str(series.get("SeriesInstanceUID", "")) == source.series_uid
        for item in series.get("ReferencedInstanceSequence") or []
    }
    images = {uid for _, uid in source.instances}
    if named and named == by_series and named <= images:
        severity = Severity.PASS if named == images else Severity.WARN
        return Finding(
            "source-images",
            severity,
            f"The model names {len(named)} of the {len(images)} images of its source.",
            len(named),
            len(images),
            "images",
            advice="" if severity is Severity.PASS else "Check that the source folder is complete.",
        )
    return Finding(
        "source-images",
        Severity.FAIL,
        f"Of {len(named)} source images that the model names, {len(named & images)} are in the source series and "
        f"{len(named & by_series)} are listed under it.",
        len(named & images & by_series),
        len(images),
        "images",
        advice=_ADVICE,
    )


def _named(dataset: Any, keyword: str, names: tuple[str, ...], what: str, folder: Path) -> Finding:
    """The document knows a file by its name; the object must say which instance that is, and it must be there."""
    by_name = {
        str(item.get("RelativeURIReferenceWithinEncapsulatedDocument", "")): str(item.ReferencedSOPInstanceUID)
        for item in dataset.get(keyword) or []
    }
    if set(by_name) != set(names):
        lost = sorted(set(names) ^ set(by_name))
        return Finding(
            what,
            Severity.FAIL,
            f"The document and the references disagree on its {what}: {', '.join(lost)}.",
            len(by_name),
            len(names),
            advice=_ADVICE,
        )
    if not names:
        return Finding(what, Severity.PASS, f"The document names no {what}.", 0, 0)
    absent = sorted(name for name, uid in by_name.items() if uid not in _instances(folder))
    if absent:
        return Finding(
            what,
            Severity.WARN,
            f"The {what} are referred to, but {', '.join(absent)} is not in this folder.",
            len(names) - len(absent),
            len(names),
            advice="Keep the files together, and send all of them.",
        )
    return Finding(what, Severity.PASS, f"All {len(names)} {what} are referred to, and there.", len(names), len(names))


def _instances(folder: Path) -> set[str]:
    import pydicom
    from pydicom.errors import InvalidDicomError

    out = set()
    with quiet():
        for path in folder.glob("*.dcm"):
            try:
                header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
            except (InvalidDicomError, OSError, EOFError):
                continue
            out.add(str(header.get("SOPInstanceUID", "")))
    return out
