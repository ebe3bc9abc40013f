"""The demo's data: scan the phantom, write it as DICOM, and say what is true about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..progress import Progress, part, silent
from .dicom_series import write_series
from .scanner import THRESHOLD_HU, Variant, scan_shape
from .shape import BoneShape, Crumb
from .solids import Point

DEFAULT_SIZE = (128, 256, 256)
"""Slices, rows, columns: 0.77 x 0.60 x 0.60 mm, like a thin clinical bone scan, and made in seconds."""
BENCHMARK_SIZE = (140, 512, 512)
"""The size of a full clinical series."""

_SCAN_SHARE = 0.9
"""Share of the time that scanning takes, against writing."""


@dataclass(frozen=True)
class DemoTruth:
    """What is true about the demo's scan. Places are LPS millimetres.

    ``volume_mm3`` is the bone without the crumbs, known to within ``volume_error_mm3``. ``threshold_hu`` is half-way
    between soft tissue and bone. ``shape`` answers for any point how far it is from the true surface.
    """

    variant: Variant
    files: int
    threshold_hu: float
    crumbs: tuple[Crumb, ...]
    plate_thickness_mm: float
    plate_center_mm: Point
    plate_normal: Point
    hole_diameter_mm: float
    hole_center_mm: Point
    hole_axis: Point
    shape: BoneShape = field(repr=False)

    @property
    def volume_mm3(self) -> float:
        """Volume of the bone without crumbs; integrated when first asked for."""
        return self.shape.true_volume_mm3

    @property
    def volume_error_mm3(self) -> float:
        """Stated error of the volume."""
        return self.shape.volume_error_mm3

    def to_dict(self) -> dict[str, Any]:
        """Return the truth as plain JSON values."""
        return {
            "variant": self.variant.value,
            "files": self.files,
            "threshold_hu": self.threshold_hu,
            "volume_mm3": self.volume_mm3,
            "volume_error_mm3": self.volume_error_mm3,
            "crumbs": [{"center_mm": list(c.center_mm), "volume_mm3": c.volume_mm3} for c in self.crumbs],
            "plate": {
                "thickness_mm": self.plate_thickness_mm,
                "center_mm": list(self.plate_center_mm),
                "normal": list(self.plate_normal),
            },
            "hole": {
                "diameter_mm": self.hole_diameter_mm,
                "center_mm": list(self.hole_center_mm),
                "axis": list(self.hole_axis),
            },
        }


def make_demo(
    folder: Path,
    *,
    variant: Variant = Variant.PLAIN,
    size: tuple[int, int, int] = DEFAULT_SIZE,
    seed: int = 0,
    progress: Progress = silent,
) -> DemoTruth:
    """Scan the phantom and write it as a DICOM series into a new folder.

    Parameters
    ----------
    folder : Path
        Made if absent; must be empty.
    variant : Variant
        What is the matter with the scan.
    size : (int, int, int)
        Slices, rows, columns.
    seed : int
        Of the noise. Equal arguments give equal files, byte for byte.
    progress : Progress
        Is told of every slice; may cancel.

    Raises
    ------
    InputError
        The size is unusable.
    ExportError
        The folder is not empty or cannot be written.
    """
    shape = BoneShape()
    scan = scan_shape(shape, variant=variant, size=size, seed=seed, progress=part(progress, 0.0, _SCAN_SHARE))
    files = write_series(scan, folder, part(progress, _SCAN_SHARE, 1.0))
    return DemoTruth(
        variant=variant,
        files=files,
        threshold_hu=THRESHOLD_HU,
        crumbs=shape.crumbs,
        plate_thickness_mm=shape.plate_thickness_mm,
        plate_center_mm=shape.plate_center_mm,
        plate_normal=shape.plate_normal,
        hole_diameter_mm=shape.hole_diameter_mm,
        hole_center_mm=shape.hole_center_mm,
        hole_axis=shape.hole_axis,
        shape=shape,
    )
