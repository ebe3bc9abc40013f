"""Writing a model as DICOM: built, written, read back and checked before its name stands on the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ExportError, InputError
from ..export import OutputFolder, WrittenFile, describe_file
from ..finding import Finding, Severity
from ..progress import Progress, part, silent
from . import modules
from .check import check_encapsulated
from .edges import edges_finding
from .identity import IDENTITY_NOTICE, choose_character_set
from .payload import DocumentKind, Payload, read_payload
from .placement import accepted, placement_finding
from .request import EncapsulateRequest
from .source import SourceSeries, read_source
from .texture import add_picture, read_picture

PHOTO_CLASS = "1.2.840.10008.5.1.4.1.1.77.1.4"
"""VL Photographic Image Storage."""

CLASSES = {
    DocumentKind.STL: "1.2.840.10008.5.1.4.1.1.104.3",
    DocumentKind.OBJ: "1.2.840.10008.5.1.4.1.1.104.4",
    DocumentKind.MTL: "1.2.840.10008.5.1.4.1.1.104.5",
}
"""SOP classes: Encapsulated STL (Supplement 205), OBJ and MTL (Supplement 208)."""


@dataclass(frozen=True)
class Encapsulated:
    """What was written.

    Attributes
    ----------
    files : tuple of WrittenFile
        The model first, then material libraries and textures.
    findings : tuple of Finding
        What was checked, before and after writing.
    payload_bytes, payload_sha256
        Of the mesh as it is stored, without padding.
    notes : tuple of str
        Sentences for the user.
    """

    files: tuple[WrittenFile, ...]
    findings: tuple[Finding, ...]
    kind: DocumentKind
    payload_bytes: int
    payload_sha256: str
    source_images: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; no identity, and no UID, though the files hold both."""
        return {
            "files": [{key: file.to_dict()[key] for key in ("file", "kind", "bytes", "sha256")} for file in self.files],
            "contains_identity": True,
            "identity_notice": IDENTITY_NOTICE,
            "document": {"mime": self.kind.value, "bytes": self.payload_bytes, "sha256": self.payload_sha256},
            "unit": "mm",
            "space": "LPS",
            "source_images": self.source_images,
            "findings": [finding.to_dict() for finding in self.findings],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class _Object:
    """A data set to write, under its file name; ``data`` is the document in it, None for a texture."""

    name: str
    sop_class: str
    sop_uid: str
    dataset: Any
    data: bytes | None = None


def encapsulate(request: EncapsulateRequest, progress: Progress = silent) -> Encapsulated:
    """Write a model as DICOM objects of the study of its source series, in a new series.

    Parameters
    ----------
    request : EncapsulateRequest
        What to write and where.
    progress : Progress
        Receiver; may raise Cancelled.

    Raises
    ------
    InputError
        The mesh or the source cannot be used, or the model does not lie within the scan and no reason was given.
    ExportError
        The file exists, its folder is not its own, or what was read back is not what was meant.
    """
    _refuse_place(request)
    payload = read_payload(request.mesh, request.units)
    progress(0.1, "Read the mesh")
    source = read_source(request.source, request.series, part(progress, 0.1, 0.3))
    placed = accepted(placement_finding(payload.mesh, source), request.outside_reason)
    if request.mirrored:
        edges = Finding("on-edges", Severity.NOT_RUN, "a mirrored model follows no edges.", advice="Look at both.")
    else:
        edges = accepted(edges_finding(payload.mesh, source, part(progress, 0.3, 0.6)), request.outside_reason)
    objects = _objects(request, payload, source)
    for item in objects:
        if (request.output.parent / item.name).exists():
            raise ExportError(f"'{item.name}' exists already, and a file of the archive is not replaced.")
    findings = [placed, edges, *_unsaid(request)]
    with OutputFolder(request.output.parent) as out:
        for number, item in enumerate(objects):
            progress(0.6 + 0.2 * number / len(objects), f"Writing {item.name}")
            _save(item, out.file(item.name))
        progress(0.8, "Reading back and checking")
        checked = check_encapsulated(out.file(objects[0].name), source=source, payload=payload.data, edges=False)
        others = [
            check_encapsulated(out.file(item.name), source=source, payload=item.data)
            for item in objects[1:]
            if item.data is not None
        ]
        all_findings = [finding for one in (checked, *others) for finding in one.findings]
        bad = [f for f in all_findings if f.severity is Severity.FAIL and f.code != placed.code]
        if bad:
            raise ExportError(f"What was read back is not what was meant: {bad[0].message} Nothing was written.")
        findings += [finding for finding in checked.findings if finding.code != placed.code]
        files = tuple(describe_file(out.file(item.name), "dicom") for item in objects)
    progress(1.0, f"Wrote {request.output.name}")
    digest = hashlib.sha256(payload.data).hexdigest()
    return Encapsulated(
        files, tuple(findings), payload.kind, len(payload.data), digest, len(source.instances), payload.notes
    )


def _refuse_place(request: EncapsulateRequest) -> None:
    """A file with a patient's name must not lie among files without one, nor among the scan itself."""
    final = request.output
    if final.exists():
        raise ExportError(f"'{final.name}' exists already, and a file of the archive is not replaced. Choose another.")
    folder = final.parent.resolve()
    source = request.source.resolve()
    if folder == source or source in folder.parents:
        raise ExportError("The output would lie among the scan's own files. Name a folder of its own with -o.")
    if not folder.is_dir():
        return
    others = [path for path in folder.iterdir() if path.suffix.lower() != ".dcm"]
    if others:
        raise ExportError(
            f"The folder of '{final.name}' holds other files ('{others[0].name}'), and a DICOM file carries the "
            f"patient's name. Name a folder of its own, such as -o dicom/{final.name}."
        )


def _unsaid(request: EncapsulateRequest) -> list[Finding]:
    if request.face is not None:
        return []
    return [
        Finding(
            "recognizable-features",
            Severity.WARN,
            "Nobody said whether a person could be recognized by this model.",
            advice="Say whether it shows a face or skin of the head (--face or --no-face).",
        )
    ]


def _objects(request: EncapsulateRequest, payload: Payload, source: SourceSeries) -> list[_Object]:
    """Build the model, and for an OBJ its material libraries and textures, which refer to one another."""
    from pydicom.uid import generate_uid

    now = modules.clock_of(source)
    series_uid, photo_series = str(generate_uid(prefix=None)), str(generate_uid(prefix=None))
    stem = request.output.stem
    pictures: dict[Path, _Object] = {}
    libraries: list[tuple[str, _Object]] = []
    for number, material in enumerate(payload.materials, start=1):
        uses = []
        for texture in material.textures:
            key = texture.path.resolve()
            if key not in pictures:
                name = f"{stem}_texture_{len(pictures) + 1}.dcm"
                pictures[key] = _photo(request, source, now, texture.path, name, photo_series, len(pictures) + 1)
            uses.append((pictures[key], texture.uri))
        library = _document(
            request, source, now, DocumentKind.MTL, material.data, series_uid, f"{stem}_mtl_{number}.dcm"
        )
        library.dataset.InstanceNumber = number + 1
        if uses:
            library.dataset.ReferencedImageSequence = [
                modules.reference(used.sop_class, used.sop_uid, uri) for used, uri in uses
            ]
            modules.add_common_references(library.dataset, [(photo_series, _names(used for used, _ in uses))])
        libraries.append((material.uri, library))
    model = _document(request, source, now, payload.kind, payload.data, series_uid, request.output.name)
    modules.add_frame_of_reference(model.dataset, source)
    modules.add_sources(model.dataset, source.instances)
    referred: list[tuple[str, Sequence[tuple[str, str]]]] = [(source.series_uid, source.instances)]
    if libraries:
        model.dataset.ReferencedInstanceSequence = [
            modules.reference(library.sop_class, library.sop_uid, uri) for uri, library in libraries
        ]
        referred.append((series_uid, _names(library for _, library in libraries)))
    modules.add_common_references(model.dataset, referred)
    if request.outside_reason.strip():
        modules.add_reason(model.dataset, request.outside_reason)
    objects = [model, *(library for _, library in libraries), *pictures.values()]
    for item in objects:
        choose_character_set(item.dataset, source.header)
    return objects


def _document(
    request: EncapsulateRequest,
    source: SourceSeries,
    now: datetime,
    kind: DocumentKind,
    data: bytes,
    series_uid: str,
    name: str,
) -> _Object:
    out = _blank(source, CLASSES[kind], now)
    modules.add_series(out, series_uid, "M3D", "3D model for printing")
    modules.add_document(out, request, data, kind.value, now)
    modules.add_times_and_title(out, source)
    modules.add_model(out, request)
    return _Object(name, CLASSES[kind], str(out.SOPInstanceUID), out, data)


def _photo(
    request: EncapsulateRequest,
    source: SourceSeries,
    now: datetime,
    path: Path,
    name: str,
    series_uid: str,
    number: int,
) -> _Object:
    out = _blank(source, PHOTO_CLASS, now)
    modules.add_series(out, series_uid, "XC", "Texture of a 3D model", modules.SERIES_NUMBER + 1)
    out.Laterality = ""
    out.ContentDate, out.ContentTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    out.BurnedInAnnotation = "YES" if request.identity_on_model else "NO"
    if request.face is not None:
        out.RecognizableVisualFeatures = "YES" if request.face else "NO"
    pixels = read_picture(path)
    add_picture(out, pixels, lossy_before=path.suffix.lower() != ".png")
    if path.suffix.lower() != ".png":
        out.LossyImageCompressionRatio = round(float(np.prod(pixels.shape)) / path.stat().st_size, 3)
    out.InstanceNumber = number
    return _Object(name, PHOTO_CLASS, str(out.SOPInstanceUID), out)


def _blank(source: SourceSeries, sop_class: str, now: datetime) -> Any:
    from pydicom.dataset import Dataset
    from pydicom.uid import generate_uid

    out = Dataset()
    modules.add_patient_and_study(out, source)
    modules.add_equipment(out)
    modules.add_sop_common(out, sop_class, str(generate_uid(prefix=None)), now)
    return out


def _names(objects: Iterable[_Object]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((item.sop_class, item.sop_uid) for item in objects))


def _save(item: _Object, path: Path) -> None:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = item.sop_class
    meta.MediaStorageSOPInstanceUID = item.sop_uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset(str(path), item.dataset, file_meta=meta, preamble=b"\0" * 128)
    try:
        file.save_as(path, enforce_file_format=True)
    except (ValueError, TypeError, UnicodeError) as error:
        raise InputError(
            "The header of the source series holds a value that DICOM does not allow, so it cannot be written again. "
            "Export the series again from the archive."
        ) from error
