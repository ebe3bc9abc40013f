"""Do the values of a volume mean Hounsfield units, and are they where they should be?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from ..finding import Finding, Severity
from ..volume import Volume

EIGHT_BIT_VALUES = 256
"""An image of 8-bit pixels holds at most so many values: the Hounsfield scale was given up."""

HU_LOWEST_MAX = -200.0
"""A CT of a body has voxels below this (air, or at least the rim of fat against air); without them it is not HU."""

HU_HIGHEST_MIN = 200.0
"""Nor is an image HU whose brightest voxel is below this: no bone, no contrast."""

UNKNOWN_LOWEST_MAX = -800.0
"""Where the modality is unknown, air must be there before values pass for HU."""

PADDING_BELOW = -1500.0
"""Values below this are padding outside the round field of view (-2000, -3024), not measured tissue."""

AIR_WINDOW = (-1150.0, -850.0)
"""Where the peak of air is sought."""

TISSUE_WINDOW = (-30.0, 130.0)
"""Where the peak of soft tissue is sought: water 0, blood 45, muscle 60, some contrast."""

AIR_TOLERANCE_HU = 50.0
"""Peak of air against -1000. The ACR CT accreditation phantom allows -970 to -1005; wider, since room air in a
patient scan is streaky and some scanners cut at -1024."""

SAMPLE_VOXELS = 3_000_000
"""Voxels looked at for peaks: the peak of a class of 1 % then stands on 30 000 voxels."""

PEAK_SHARE = 0.003
"""A peak needs this share of all voxels within 15 HU of its top, or it is not there."""

CONE_BEAM_WORDS = (
    "cbct", "cone", "newtom", "i-cat", "icat", "planmeca", "promax", "accuitomo", "morita", "carestream", "scanora",
    "kavo", "orthophos", "galileos", "vatech", "pax-i", "gendex", "soredex", "instrumentarium", "3d exam", "o-arm",
    "ziehm", "artis", "cios",
)  # fmt: skip
"""Words in the maker's or model's name that stand for cone-beam devices."""


class Calibration(Enum):
    """What the values are."""

    HOUNSFIELD = "hounsfield"
    CONE_BEAM = "cone beam"
    NOT_HOUNSFIELD = "not hounsfield"


@dataclass(frozen=True)
class UnitVerdict:
    """Whether thresholds in HU make sense, and why.

    ``air_hu`` and ``tissue_hu`` are the measured peaks of air and soft tissue, None where there is none.
    """

    calibration: Calibration
    reason: str
    lowest: float
    highest: float
    air_hu: float | None
    tissue_hu: float | None

    @property
    def is_hounsfield(self) -> bool:
        """True where a threshold in HU means something (on cone beam only roughly)."""
        return self.calibration is not Calibration.NOT_HOUNSFIELD


def sample(volume: Volume, voxels: int = SAMPLE_VOXELS) -> npt.NDArray[Any]:
    """Return an evenly thinned part of the voxels, flat; every slice is in it."""
    array = volume.array
    step = max(1, int(np.ceil(np.sqrt(array.size / voxels))))
    return np.asarray(array[:, ::step, ::step]).ravel()


def is_cone_beam(volume: Volume) -> bool:
    """True when the source's facts name a cone-beam device."""
    facts = volume.source.facts
    names = " ".join(str(facts.get(key, "")) for key in ("manufacturer", "model", "device", "manufacturer_model"))
    return bool(facts.get("cone_beam")) or any(word in names.lower() for word in CONE_BEAM_WORDS)


def judge_units(volume: Volume) -> UnitVerdict:
    """Judge whether the values are Hounsfield units, from modality, pixel type, range and peaks."""
    values = sample(volume)
    lowest, highest = float(volume.array.min()), float(volume.array.max())
    air = _peak(values, *AIR_WINDOW)
    tissue = _peak(values, *TISSUE_WINDOW)

    def verdict(calibration: Calibration, reason: str) -> UnitVerdict:
        return UnitVerdict(calibration, reason, lowest, highest, air, tissue)

    modality = volume.source.modality.upper()
    span = f"its values run from {lowest:g} to {highest:g}"
    if modality not in ("", "CT"):
        return verdict(Calibration.NOT_HOUNSFIELD, f"the scan is {modality}, not CT")
    if volume.array.dtype.itemsize == 1:
        return verdict(Calibration.NOT_HOUNSFIELD, f"the image has only 8 bits a voxel; {span}")
    if lowest > HU_LOWEST_MAX or highest < HU_HIGHEST_MIN:
        return verdict(Calibration.NOT_HOUNSFIELD, f"{span}, which is not the range of a CT in HU")
    if not modality and lowest > UNKNOWN_LOWEST_MAX:
        return verdict(Calibration.NOT_HOUNSFIELD, f"the modality is not known and there is no air near -1000; {span}")
    if is_cone_beam(volume):
        return verdict(Calibration.CONE_BEAM, "the device is a cone-beam CT, whose grey values are not calibrated")
    return verdict(Calibration.HOUNSFIELD, f"{span}, as in a CT")


def units_finding(verdict: UnitVerdict) -> Finding:
    """Say whether thresholds in HU make sense."""
    if not verdict.is_hounsfield:
        return Finding(
            "hounsfield-units",
            Severity.WARN,
            f"Thresholds in HU make no sense on this scan: {verdict.reason}.",
            measured=f"{verdict.lowest:g} to {verdict.highest:g}",
            advice="Use an MR preset (Otsu), give bounds in the image's own units, or bring a ready label map.",
        )
    if verdict.calibration is Calibration.CONE_BEAM:
        return Finding(
            "hounsfield-units",
            Severity.WARN,
            f"Thresholds in HU are only a rough guide here: {verdict.reason}.",
            measured=verdict.air_hu,
            limit=-1000.0,
            unit="HU",
            advice="Set the threshold by eye on this scan, compare a known length; presets may be hundreds of HU off.",
        )
    if verdict.air_hu is None:
        seen = "" if verdict.tissue_hu is None else f" Soft tissue peaks at {verdict.tissue_hu:.0f} HU."
        return Finding(
            "hounsfield-units",
            Severity.INFO,
            f"The scan holds no peak of air to check the HU scale on.{seen}",
            measured=verdict.tissue_hu,
            unit="HU",
            advice="Check the threshold by eye on a few slices.",
        )
    off = abs(verdict.air_hu + 1000.0)
    tissue = "no soft-tissue peak" if verdict.tissue_hu is None else f"soft tissue at {verdict.tissue_hu:.0f} HU"
    good = off <= AIR_TOLERANCE_HU
    return Finding(
        "hounsfield-units",
        Severity.PASS if good else Severity.WARN,
        f"Air peaks at {verdict.air_hu:.0f} HU (should be -1000), {tissue}.",
        measured=verdict.air_hu,
        limit=AIR_TOLERANCE_HU,
        unit="HU",
        advice="" if good else "The scale is off: presets in HU will be off by as much. Check the rescale of the scan.",
    )


def _peak(values: npt.NDArray[Any], low: float, high: float) -> float | None:
    """Return the mode within a window, measured on a smoothed histogram of 1 unit; None where nothing peaks."""
    inside = values[(values >= low) & (values < high)]
    if len(inside) < PEAK_SHARE * len(values):
        return None
    counts, edges = np.histogram(inside, bins=int(high - low), range=(low, high))
    lowest = float(values.min())
    if low <= lowest < high:
        counts[int(lowest - low)] = 0  # the scale is cut here (-1024): a spike that is no measured peak
    smooth = np.convolve(counts, np.hanning(31) / np.hanning(31).sum(), mode="same")
    top = int(np.argmax(smooth))
    around = float(counts[max(top - 15, 0) : top + 16].sum())
    is_inner = 5 < top < len(counts) - 5
    return float(edges[top] + 0.5) if is_inner and around >= PEAK_SHARE * len(values) else None
