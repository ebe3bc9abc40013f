"""A DICOM series with a marker of its own in every attribute that could identify somebody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from .dicom_writer import Vector, dataset, stack

KEPT = frozenset(
    {
        "SOPClassUID",
        "SOPInstanceUID",
        "SeriesInstanceUID",
        "FrameOfReferenceUID",
        "Modality",
        "RescaleType",
        "SpecificCharacterSet",
    }
)
"""What makes it a readable CT series; their values are told below where they identify."""
TECHNICAL = frozenset({"Manufacturer", "ManufacturerModelName", "ConvolutionKernel"})
FOLDER, FILE = "KATZENSTEIN_ILSE_19610203", "Zwerenz-Ilse-{:02d}"
"""A patient's name in the folder, another in each file."""
MARKED = (0, 7)
"""Slices whose headers are full; the others hold the patient and what places them, to keep the tests quick."""


@dataclass
class Markers:
    """Where which marker stands: keyword (or private tag) to text."""

    texts: dict[str, str] = field(default_factory=dict)
    uids: list[str] = field(default_factory=list)


def write_marked_series(root: Path, slices: int = 16) -> tuple[Path, Markers]:
    """Write a ball of 12 mm radius, 900 HU in 0 HU, whose headers are full of markers; return folder and markers.

    Every attribute of the dictionary of the kinds PN, LO, SH, ST, LT, UT, UC, UR, AE, DA, TM, DT and UI gets a marker,
    which includes all of these kinds in the confidentiality profile (PS3.15, table E.1-1); so do private elements and
    an item in every sequence that the profile empties.
    """
    folder = root / FOLDER
    (folder / "Ilse Zwerenz").mkdir(parents=True)
    markers = Markers()
    specs = stack(
        [2.0 * number for number in range(slices)], origin=(-15.5, -15.5, 0.0), rows=32, columns=32,
        spacing_xy=(1.0, 1.0), values=_ball((0.0, 0.0, float(slices - 1))),
    )  # fmt: skip
    shared = _marked(markers)
    for number, spec in enumerate(specs):
        data = dataset(spec, number + 1)
        for element in shared if number in MARKED else ():
            if element.keyword not in KEPT:
                data[element.tag] = element
        markers.uids.append(str(data.SOPInstanceUID))
        data.save_as(folder / "Ilse Zwerenz" / FILE.format(number), enforce_file_format=True)
    markers.uids += [specs[0].series_uid, specs[0].frame_of_reference]
    return folder, markers


def _ball(center: tuple[float, float, float]) -> Any:
    def values(points: Vector) -> Vector:
        distance = np.linalg.norm(points - np.array(center), axis=-1)
        return np.asarray(900.0 * np.clip((12.0 - distance) / 1.5 + 0.5, 0.0, 1.0))

    return values


def _marked(markers: Markers) -> Dataset:
    out = Dataset()
    number = 0
    for tag, (vr, multiplicity, *_) in sorted(DicomDictionary.items()):
        keyword = keyword_for_tag(tag)
        if tag >> 16 in (0x0000, 0x0002, 0xFFFE, 0xFFFA) or not keyword or keyword in KEPT | TECHNICAL:
            continue
        if tag >> 16 in (0x5200,) or keyword.endswith("FunctionalGroupsSequence"):
            continue  # they would make it an enhanced image
        number += 1
        if vr == "SQ":
            item = Dataset()
            item.PatientName = f"Inq{number:05d}^Sequenz"
            item.PatientComments = markers.texts[f"{keyword}[0].PatientComments"] = f"qsq{number:05d}x"
            setattr(out, keyword, Sequence([item]))
            continue
        value = _value(vr, number)
        if value is None:
            continue
        if vr == "UI":
            markers.uids.append(value)
        else:
            markers.texts[keyword] = value
        setattr(out, keyword, value if multiplicity in ("1", "1-n") else [value] * int(multiplicity[0]))
    block = out.private_block(0x0099, "SECRET MAKER", create=True)
    for index, (vr, text) in enumerate((("LO", "prv-lo-7731"), ("PN", "Geheimrat^Persohn"), ("UN", "prv-un-7733"))):
        block.add_new(index + 1, vr, text.encode() if vr == "UN" else text)
        markers.texts[f"private {vr}"] = text
    return out


def _value(vr: str, number: int) -> str | None:
    day = date(1801, 1, 1) + timedelta(days=37 * number)
    match vr:
        case "PN":
            return f"Quell{number:04d}^Zarte{number:04d}"
        case "AE" | "SH" | "LO" | "ST" | "LT" | "UT" | "UC" | "UR":
            return f"q{vr.lower()}{number:05d}z"
        case "DA":
            return day.strftime("%Y%m%d")
        case "DT":
            return day.strftime("%Y%m%d") + "131517.250731"
        case "TM":
            return f"{number % 24:02d}{number % 60:02d}{(number * 7) % 60:02d}.{number:06d}"
        case "UI":
            return f"1.2.826.0.1.9876543.{number}.1"
    return None
