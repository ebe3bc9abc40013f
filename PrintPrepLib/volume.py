"""An image volume with what is known of its source, and label maps with named labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from .errors import InputError
from .finding import Finding

GEOMETRY_TOLERANCE_MM = 1e-3
"""Two grids are one when no corner differs by more: a thousandth of a millimetre is far below any voxel."""


@dataclass(frozen=True)
class Source:
    """Where a volume came from, without identity.

    Attributes
    ----------
    kind : str
        ``"dicom"``, ``"file"`` or ``"array"``.
    modality : str
        DICOM modality (``"CT"``, ``"MR"``) or empty when unknown.
    series_id : str
        Hash of the series UID, or of the file's bytes; never the UID itself.
    facts : mapping
        Technical facts for the record (kernel, kVp, measured steps); JSON values only, no identity.
    findings : tuple of Finding
        What the reader found.
    """

    kind: str = "array"
    modality: str = ""
    series_id: str = ""
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False)
class Volume:
    """A scalar 3D image in LPS millimetres.

    Attributes
    ----------
    image : SimpleITK.Image
        Three dimensions, one component. Treat it as read-only.
    source : Source
        Where it came from.

    Raises
    ------
    TypeError
        Not a SimpleITK image.
    InputError
        Not a scalar 3D image.
    """

    image: sitk.Image
    source: Source = field(default_factory=Source)

    def __post_init__(self) -> None:
        if not isinstance(self.image, sitk.Image):
            raise TypeError(f"image must be a SimpleITK image, got {type(self.image).__name__}")
        if self.image.GetDimension() != 3:
            raise InputError(f"A 3D volume is needed; this image has {self.image.GetDimension()} dimensions.")
        if self.image.GetNumberOfComponentsPerPixel() != 1:
            raise InputError("A volume with one value per voxel is needed; this one is a color or vector image.")

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Voxel size along the image axes i, j, k."""
        return _triple(self.image.GetSpacing())

    @property
    def shape_ijk(self) -> tuple[int, int, int]:
        """Number of voxels along i, j, k."""
        i, j, k = self.image.GetSize()
        return int(i), int(j), int(k)

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel."""
        return float(np.prod(self.spacing_mm))

    @property
    def array(self) -> npt.NDArray[Any]:
        """Voxels as a read-only view in the order k, j, i."""
        view: npt.NDArray[Any] = np.asarray(_Pixels(self.image))
        view.setflags(write=False)
        return view

    @property
    def index_to_lps(self) -> npt.NDArray[np.float64]:
        """The (4, 4) matrix that takes (i, j, k, 1) to LPS millimetres."""
        matrix = np.eye(4)
        direction = np.array(self.image.GetDirection()).reshape(3, 3)
        matrix[:3, :3] = direction * np.array(self.spacing_mm)
        matrix[:3, 3] = self.image.GetOrigin()
        return matrix

    def to_lps(self, ijk: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Take continuous indices (n, 3) in the order i, j, k to LPS millimetres (n, 3)."""
        matrix = self.index_to_lps
        return np.asarray(np.asarray(ijk, np.float64) @ matrix[:3, :3].T + matrix[:3, 3])

    def to_ijk(self, points_mm: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Take LPS millimetres (n, 3) to continuous indices (n, 3) in the order i, j, k."""
        matrix = self.index_to_lps
        return np.asarray((np.asarray(points_mm, np.float64) - matrix[:3, 3]) @ np.linalg.inv(matrix[:3, :3]).T)

    def same_grid(self, other: Volume) -> bool:
        """True when both have the same size and every corner lies in the same place."""
        if self.shape_ijk != other.shape_ijk:
            return False
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in self.shape_ijk])).reshape(3, -1).T
        return bool(np.abs(self.to_lps(corners) - other.to_lps(corners)).max() <= GEOMETRY_TOLERANCE_MM)

    def with_image(self, image: sitk.Image) -> Volume:
        """Return another image of the same source."""
        return replace(self, image=image)


@dataclass(frozen=True, eq=False)
class LabelMap(Volume):
    """A volume of small integers, 0 being background, with a name for each label."""

    names: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.image.GetPixelID() in (sitk.sitkFloat32, sitk.sitkFloat64):
            raise InputError("A label map holds whole numbers; this image holds fractions. Is it the scan itself?")
        object.__setattr__(self, "names", MappingProxyType({int(k): str(v) for k, v in self.names.items()}))

    def mask(self, label: int | None = None) -> npt.NDArray[np.bool_]:
        """Voxels of one label (or of any label but 0) as booleans, order k, j, i."""
        return np.asarray(self.array != 0 if label is None else self.array == label)

    def volume_ml(self, label: int | None = None) -> float:
        """Volume of the label by counting voxels."""
        return float(np.count_nonzero(self.mask(label))) * self.voxel_volume_mm3 / 1000.0


class _Pixels:
    """Keeps the image alive as long as an array looks at its voxels: SimpleITK's own view does not."""

    def __init__(self, image: sitk.Image) -> None:
        self._image = image
        self.__array_interface__ = sitk.GetArrayViewFromImage(image).__array_interface__


def image_from_array(
    array: npt.NDArray[Any], like: sitk.Image, start_ijk: tuple[int, int, int] = (0, 0, 0)
) -> sitk.Image:
    """Make an image of voxels (k, j, i) on the grid of another, whose voxel ``start_ijk`` it begins at."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(like.GetSpacing())
    image.SetDirection(like.GetDirection())
    image.SetOrigin(like.TransformContinuousIndexToPhysicalPoint([float(v) for v in start_ijk]))
    return image


def _triple(values: Any) -> tuple[float, float, float]:
    a, b, c = values
    return float(a), float(b), float(c)
