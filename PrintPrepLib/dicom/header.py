"""Reads the header of one file: is it DICOM, does it hold images, where do they lie, are their bytes all there.

Nothing but the header is read, so a folder of thousands of slices takes seconds.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import pydicom
from pydicom.uid import UID

from .extent import PixelExtent, pixel_extent
from .frame import FileHeader, Frame, Reason, sane_orientation
from .tag_values import first_of, number_of, numbers_of, text_of
from .unknown_sequence import without_unknown_sequences

_PREAMBLE = 128
_MAGIC = b"DICM"
_ZIP = b"PK\x03\x04"
_BARE_GROUPS = (b"\x02\x00", b"\x00\x02", b"\x08\x00", b"\x00\x08")
"""First bytes of a data set without preamble: group 0002 or 0008, either byte order."""

_DICOMDIR = "1.2.840.10008.1.3.10"
_DERIVED_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.66",  # raw data, registrations, fiducials, segmentations, surfaces, tractography
    "1.2.840.10008.5.1.4.1.1.30",  # parametric maps
    "1.2.840.10008.5.1.4.1.1.481.2",  # RT dose
    "1.2.840.10008.5.1.4.1.1.11",  # presentation states
)

# fmt: off
_TAGS = [
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "PatientID",
    "Modality", "ImageType", "Manufacturer", "ManufacturerModelName", "KVP", "ConvolutionKernel", "SliceThickness",
    "SpacingBetweenSlices", "PatientPosition", "GantryDetectorTilt", "BodyPartExamined", "ContrastBolusAgent",
    "ScanningSequence", "MagneticFieldStrength", "LossyImageCompression", "InstanceNumber", "AcquisitionNumber",
    "TemporalPositionIdentifier", "EchoTime", "DiffusionBValue", "TriggerTime", "NominalPercentageOfCardiacPhase",
    "StackID", "AcquisitionTime", "ContentTime", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing",
    "NumberOfFrames", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated",
    "BitsStored", "PixelRepresentation", "RescaleSlope", "RescaleIntercept", "RescaleType", "PixelPaddingValue",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
]
# fmt: on
_MOST_FRAMES = 100_000
"""More frames than any scanner writes in one file: the number itself is damaged."""

_OVERLAY_BIT_POSITION = 0x60000102

_LABELS = (
    "StackID",
    "TemporalPositionIdentifier",
    "EchoTime",
    "DiffusionBValue",
    "NominalPercentageOfCardiacPhase",
    "TriggerTime",
    "AcquisitionNumber",
    "ImageType",
    "AcquisitionTime",
    "ContentTime",
)
"""What tells the blocks of one series apart, the surest first."""


def read_header(path: Path) -> FileHeader | Reason:
    """Read one file's header.

    Parameters
    ----------
    path : Path
        Any file.

    Returns
    -------
    FileHeader or Reason
        The images, or why there are none. Never raises for what the file holds.
    """
    try:
        with path.open("rb") as stream:
            return _parse(path, stream, path.stat().st_size)
    except OSError:
        return _second_try(path)
    except Exception:  # noqa: BLE001, RUF100 - a broken file may break the parser anywhere; the reason is the answer
        return Reason.UNREADABLE


def _second_try(path: Path) -> FileHeader | Reason:
    """Read a file again without what the parser cannot follow; the pixels lie that much further on in the file."""
    try:
        data, removed = without_unknown_sequences(path.read_bytes())
        if removed == 0:
            return Reason.UNREADABLE
        return _parse(path, io.BytesIO(data), len(data), removed)
    except Exception:
        return Reason.UNREADABLE


def _parse(path: Path, stream: BinaryIO, size: int, removed: int = 0) -> FileHeader | Reason:
    head = stream.read(_PREAMBLE + 4)
    if not head:
        return Reason.NOT_DICOM
    if len(head) < _PREAMBLE + 4 and not any(head):
        return Reason.UNREADABLE  # a preamble that was cut off: the beginning of a DICOM file and nothing else
    bare = head[_PREAMBLE:] != _MAGIC
    if bare and head.startswith(_ZIP):
        return Reason.ARCHIVE
    if bare and not head.startswith(_BARE_GROUPS):
        return Reason.NOT_DICOM
    stream.seek(0)
    tags: list[int | str] = [*_TAGS, _OVERLAY_BIT_POSITION]
    dataset = pydicom.dcmread(stream, stop_before_pixels=True, force=True, specific_tags=tags)
    values = _values(dataset)
    meta = dataset.file_meta
    sop_class = str(values.get("SOPClassUID", "") or meta.get("MediaStorageSOPClassUID", ""))
    if sop_class.startswith(_DICOMDIR):
        return Reason.DICOMDIR
    if not sop_class and "Rows" not in values:
        return Reason.NOT_DICOM if bare else Reason.UNREADABLE
    if sop_class.startswith(_DERIVED_CLASSES):
        return Reason.DERIVED_OBJECT
    if "Rows" not in values or "Columns" not in values:
        return Reason.UNREADABLE if UID(sop_class).name.endswith("Image Storage") else Reason.NOT_AN_IMAGE
    if min(values["Rows"], values["Columns"]) < 1 or _frame_count(values) > _MOST_FRAMES:
        return Reason.UNREADABLE
    syntax = str(meta.get("TransferSyntaxUID", "")) or _guessed_syntax(dataset)
    extent = pixel_extent(
        path, stream, syntax, size=size, frame_bytes=_frame_bytes(values), frames=_frame_count(values)
    )
    if removed and extent.offset >= 0:
        extent = replace(extent, offset=extent.offset + removed)
    return _header(path, values, sop_class, syntax, extent)


def _header(path: Path, values: Mapping[str, Any], sop_class: str, syntax: str, extent: PixelExtent) -> FileHeader:
    count = _frame_count(values)
    shared = first_of(values.get("SharedFunctionalGroupsSequence"))
    per_frame = list(values.get("PerFrameFunctionalGroupsSequence") or [])
    enhanced = bool(per_frame) or shared is not None
    frames = tuple(
        _frame(
            path,
            values,
            (per_frame[index] if index < len(per_frame) else None, shared),
            index=index,
            syntax=syntax,
            extent=extent,
        )
        for index in range(count)
    )
    modality = str(values.get("Modality", "") or "")
    series = str(values.get("SeriesInstanceUID", "") or "")
    # Without a series UID the folder and the patient are the best guess of what belongs together.
    key = series or f"{values.get('StudyInstanceUID', '')}|{path.parent}|{values.get('PatientID', '')}"
    facts: dict[str, object] = {
        "manufacturer": text_of(values, "Manufacturer"),
        "model": text_of(values, "ManufacturerModelName"),
        "kernel": text_of(values, "ConvolutionKernel"),
        "kvp": number_of(values.get("KVP")),
        "field_strength_t": number_of(values.get("MagneticFieldStrength")),
        "scanning_sequence": text_of(values, "ScanningSequence"),
        "patient_position": text_of(values, "PatientPosition"),
        "body_part": text_of(values, "BodyPartExamined"),
        "contrast": bool(values.get("ContrastBolusAgent")),
        "gantry_tilt_tag_deg": number_of(values.get("GantryDetectorTilt")),
        "rescale_type": text_of(values, "RescaleType"),
        "sop_class": UID(sop_class).name if sop_class else "",
        "transfer_syntax": UID(syntax).name,
        "lossy": str(values.get("LossyImageCompression", "")) == "01" or "Near" in UID(syntax).name,
        "enhanced": enhanced,
    }
    return FileHeader(key, modality, frames, MappingProxyType(facts))


def _frame(
    path: Path, values: Mapping[str, Any], groups: tuple[Any, Any], *, index: int, syntax: str, extent: PixelExtent
) -> Frame:
    own, shared = groups
    count = _frame_count(values)
    enhanced = shared is not None or own is not None

    def look(sequence: str, keyword: str) -> Any:
        """Value of the frame, else of all frames, else of the file where it cannot be meant for another frame."""
        for group in (own, shared):
            item = first_of(group.get(sequence)) if group is not None else None
            if item is not None and item.get(keyword) is not None:
                return item.get(keyword)
        return values.get(keyword) if not enhanced and (count == 1 or keyword != "ImagePositionPatient") else None

    pixel = numbers_of(look("PixelMeasuresSequence", "PixelSpacing"), 2)
    spacing = (pixel[1], pixel[0]) if pixel and min(pixel) > 0 else None
    padding = number_of(values.get("PixelPaddingValue"))
    image_type = tuple(str(word).strip().upper() for word in values.get("ImageType") or ())
    labels = _labels(values, own)
    return Frame(
        path=path,
        index=index,
        count=count,
        sop_uid=str(values.get("SOPInstanceUID", "") or ""),
        instance=int(number_of(values.get("InstanceNumber")) or 0) * (1 if count == 1 else 0) + index,
        rows=int(values["Rows"]),
        columns=int(values["Columns"]),
        samples=int(values.get("SamplesPerPixel", 1) or 1),
        photometric=str(values.get("PhotometricInterpretation", "MONOCHROME2") or "MONOCHROME2").strip().upper(),
        bits_allocated=int(values.get("BitsAllocated", 16) or 16),
        bits_stored=int(values.get("BitsStored", 0) or values.get("BitsAllocated", 16) or 16),
        signed=bool(values.get("PixelRepresentation", 0)),
        transfer_syntax=syntax,
        big_endian=syntax == pydicom.uid.ExplicitVRBigEndian,
        overlay_bits=bool(values.get("OverlayBitPosition")),
        position=numbers_of(look("PlanePositionSequence", "ImagePositionPatient"), 3),
        orientation=sane_orientation(numbers_of(look("PlaneOrientationSequence", "ImageOrientationPatient"), 6)),
        spacing=spacing,
        thickness=number_of(look("PixelMeasuresSequence", "SliceThickness")),
        slope=number_of(look("PixelValueTransformationSequence", "RescaleSlope")),
        intercept=number_of(look("PixelValueTransformationSequence", "RescaleIntercept")),
        padding=None if padding is None else int(padding),
        image_type=image_type,
        complete=extent.complete(index),
        offset=extent.offset,
        length=extent.length,
        enhanced=enhanced,
        frame_of_reference=str(values.get("FrameOfReferenceUID", "") or ""),
        labels=MappingProxyType(labels),
    )


def _labels(values: Mapping[str, Any], own: Any) -> dict[str, str]:
    labels = {word: text_of(values, word) for word in _LABELS if values.get(word) is not None}
    if own is None:
        return labels
    for sequence, keyword, word in (
        ("FrameContentSequence", "StackID", "StackID"),
        ("FrameContentSequence", "TemporalPositionIndex", "TemporalPositionIdentifier"),
        ("FrameContentSequence", "FrameAcquisitionNumber", "AcquisitionNumber"),
        ("MREchoSequence", "EffectiveEchoTime", "EchoTime"),
        ("MRDiffusionSequence", "DiffusionBValue", "DiffusionBValue"),
        ("MRImageFrameTypeSequence", "FrameType", "ImageType"),
        ("CTImageFrameTypeSequence", "FrameType", "ImageType"),
    ):
        item = first_of(own.get(sequence))
        if item is not None and item.get(keyword) is not None:
            labels[word] = text_of(item, keyword)
    return {word: labels[word] for word in _LABELS if word in labels}


def _values(dataset: Any) -> dict[str, Any]:
    """Convert each value once: a plain dictionary is ten times faster to ask than a data set."""
    values = {}
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
            values[str(element.keyword)] = element.value
        except (ValueError, TypeError, NotImplementedError):  # one badly written value is as good as none
            continue
    return values


def _frame_count(values: Mapping[str, Any]) -> int:
    return max(1, int(number_of(values.get("NumberOfFrames")) or 1))


def _frame_bytes(values: Mapping[str, Any]) -> int:
    pixels = int(values["Rows"]) * int(values["Columns"]) * int(values.get("SamplesPerPixel", 1) or 1)
    bits = pixels * int(values.get("BitsAllocated", 16) or 16)
    if str(values.get("PhotometricInterpretation", "")).strip().upper() == "YBR_FULL_422":
        bits = bits * 2 // 3
    return (bits + 7) // 8


def _guessed_syntax(dataset: Any) -> str:
    """Name the encoding that pydicom recognized in a data set without file meta information."""
    implicit, little = dataset.original_encoding
    if little is False:
        return str(pydicom.uid.ExplicitVRBigEndian)
    return str(pydicom.uid.ImplicitVRLittleEndian if implicit else pydicom.uid.ExplicitVRLittleEndian)
