"""Threshold: the structure is what lies between two grey values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError, InputError
from ..parameters import Param
from ..progress import Progress, silent
from ..receipt import Receipt, Stopwatch, measure_labels
from ..scan.units import Calibration, UnitVerdict, judge_units
from ..volume import Volume
from .otsu import otsu_bounds
from .presets import Method, Preset, Tissue, preset_of
from .segmentation import Segmentation, from_mask

LARGE_SHARE = 0.6
"""A structure that fills more of the scan than this is more likely the wrong threshold than anatomy."""


def threshold(
    volume: Volume,
    *,
    preset: Annotated[Tissue | None, Param("Tissue whose usual range is taken.")] = None,
    lower: Annotated[float | None, Param("Lowest value that belongs to the structure (HU for CT).")] = None,
    upper: Annotated[float | None, Param("Highest value that belongs to the structure (HU for CT).")] = None,
    progress: Progress = silent,
) -> tuple[Segmentation, Receipt]:
    """Take the voxels between two bounds, both inclusive, in the image's own units.

    Bounds that are given replace those of the preset.

    Returns
    -------
    Segmentation, Receipt
        The structure in its own box with the grey image; ``details`` of the receipt holds the bounds used, the range
        of the image, and where the field of view cuts the structure.

    Raises
    ------
    InputError
        No bound at all, bounds in the wrong order, or a preset in HU on an image that is not in HU.
    GeometryError
        Nothing lies between the bounds.
    """
    watch = Stopwatch()
    if preset is None and lower is None and upper is None:
        raise InputError("Say what to look for: a preset (bone, vessel, skin, ...), or a lower or an upper bound.")
    progress(0.0, "looking at the grey values")
    verdict = judge_units(volume)
    notes: list[str] = []
    used_lower, used_upper = lower, upper
    name = "structure"
    if preset is not None:
        row = preset_of(preset)
        name = preset.value
        found = _preset_bounds(volume, row, verdict, notes)
        used_lower = found[0] if lower is None else lower
        used_upper = found[1] if upper is None else upper
    if used_lower is not None and used_upper is not None and used_lower > used_upper:
        raise InputError(f"The lower bound {used_lower:g} is above the upper bound {used_upper:g}: exchange them.")
    unit = "HU" if verdict.is_hounsfield else ""
    progress(0.3, "thresholding")
    mask = _between(volume.array, used_lower, used_upper)
    if not mask.any():
        raise GeometryError(_nothing_found(volume, used_lower, used_upper, unit))
    progress(0.6, "cropping to the structure")
    result = from_mask(mask, volume, name=name, lower=used_lower, upper=used_upper, unit=unit)
    warnings = _warnings(result, mask)
    progress(1.0, "thresholded")
    details: Mapping[str, Any] = {
        "lower": used_lower,
        "upper": used_upper,
        "unit": unit,
        "image_range": [verdict.lowest, verdict.highest],
        "volume_ml": result.volume_ml,
        "box_voxels": list(result.labels.shape_ijk),
        "clipped": [face.to_dict() for face in result.clipped],
    }
    return result, Receipt(
        operation="threshold",
        parameters={"preset": preset, "lower": lower, "upper": upper},
        seconds=watch.seconds,
        before=None,
        after=measure_labels(result.labels),
        notes=tuple(notes),
        warnings=warnings,
        details=details,
    )


def _preset_bounds(
    volume: Volume, row: Preset, verdict: UnitVerdict, notes: list[str]
) -> tuple[float | None, float | None]:
    name = row.tissue.value
    if row.method is Method.OTSU:
        bounds = otsu_bounds(volume.array.ravel(), row.classes)
        notes.append(f"Otsu's method found {bounds[-1]:.4g}. It depends on what is in the picture: check it by eye.")
        return bounds[-1], None
    if not verdict.is_hounsfield:
        raise InputError(
            f"The preset '{name}' is in Hounsfield units, but {verdict.reason}. Use the preset mr-outer or mr-bright, "
            "or give lower and upper in the image's own units."
        )
    if verdict.calibration is Calibration.CONE_BEAM:
        notes.append(f"The preset '{name}' is only a rough guide: {verdict.reason}.")
    if row.open_upper and row.upper is not None:
        notes.append(f"{row.upper:g} HU is the end of the 12-bit scale: brighter voxels (metal) are kept as well.")
    return row.lower, None if row.open_upper else row.upper


def _between(array: npt.NDArray[Any], lower: float | None, upper: float | None) -> npt.NDArray[np.bool_]:
    if lower is None:
        return np.asarray(array <= upper)
    mask = np.asarray(array >= lower)
    if upper is not None:
        mask &= array <= upper
    return mask


def _nothing_found(volume: Volume, lower: float | None, upper: float | None, unit: str) -> str:
    low, high = float(volume.array.min()), float(volume.array.max())
    suffix = f" {unit}" if unit else ""
    if lower is None:
        asked = f"at or below {upper:g}{suffix}"
    elif upper is None:
        asked = f"at or above {lower:g}{suffix}"
    else:
        asked = f"between {lower:g} and {upper:g}{suffix}"
    return f"No voxel lies {asked}: this image holds {low:g} to {high:g}{suffix}. Choose bounds inside that range."


def _warnings(result: Segmentation, mask: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    warnings = [
        f"The scan ends inside the structure at {face.name} ({face.area_mm2 / 100:.1f} cm2): the model is cut there."
        for face in result.clipped
    ]
    share = float(np.count_nonzero(mask)) / mask.size
    if share > LARGE_SHARE:
        warnings.append(f"The structure fills {share:.0%} of the scan. Is this the right threshold?")
    return tuple(warnings)
