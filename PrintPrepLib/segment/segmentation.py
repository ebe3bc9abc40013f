"""The segmentation: a label on the structure's own box, with the grey image and the bounds it was taken from.

Pieces are told apart by face neighbors only (6-connectivity), and the background by faces and edges
(18-connectivity). That is what the isosurface extractor does: measured on vtkFlyingEdges3D, two voxels that share
only an edge or a corner give two surfaces, and two holes that share an edge give one. So what is counted here is what
comes out as separate shells, and a dropped piece never shares a grid edge with a kept one: dropping it leaves the
surface of the rest exactly where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..errors import InputError
from ..volume import LabelMap, Volume, image_from_array
from .field import edited_voxels, scalar_field

Mask = npt.NDArray[np.bool_]

STRUCTURE_CONNECTIVITY: npt.NDArray[np.bool_] = ndimage.generate_binary_structure(3, 1)
"""Face neighbors: the connectivity of the structure, as the isosurface extractor sees it."""

BACKGROUND_CONNECTIVITY: npt.NDArray[np.bool_] = ndimage.generate_binary_structure(3, 2)
"""Face and edge neighbors: the connectivity of what is not the structure."""

MARGIN_VOXELS = 2
"""Free voxels round the structure in its box: one for the surface to cross, one for gradients."""

_NO_BORDER = (False,) * 6

_END_NAMES = (
    ("the patient's right side", "the patient's left side"),
    ("the front (anterior) side", "the back (posterior) side"),
    ("the bottom (inferior) end", "the top (superior) end"),
)
"""Names of the two ends of the LPS axes x, y, z, negative end first."""


@dataclass(frozen=True)
class ClippedFace:
    """One face of the scan's field of view that cuts through the structure.

    ``name`` is in words ("the top (superior) end"), ``area_mm2`` the cut area, ``center_mm`` its middle in LPS.
    """

    name: str
    area_mm2: float
    center_mm: tuple[float, float, float]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"name": self.name, "area_mm2": self.area_mm2, "center_mm": list(self.center_mm)}


@dataclass(frozen=True, eq=False)
class Segmentation:
    """A structure, cropped to its box.

    Attributes
    ----------
    labels : LabelMap
        0 and 1, on the voxels of the scan (or, after shape interpolation, on a finer grid).
    grey : Volume or None
        The image on the same grid; None when only a label map is at hand.
    lower, upper : float or None
        Bounds, inclusive, in the units of ``grey``, between which a voxel is structure. Both None: the label does not
        come from bounds, and the surface is taken from the label itself.
    at_border : tuple of six bool
        Which faces of this box are faces of the scan's field of view: i low, i high, j low, j high, k low, k high.
    unit : str
        Unit of the grey values: ``"HU"``, ``"mm"`` (a distance field) or empty.

    Raises
    ------
    InputError
        The grids of label and image differ.
    """

    labels: LabelMap
    grey: Volume | None = None
    lower: float | None = None
    upper: float | None = None
    at_border: tuple[bool, ...] = _NO_BORDER
    unit: str = ""

    def __post_init__(self) -> None:
        if self.grey is not None and not self.grey.same_grid(self.labels):
            raise InputError("The label and the image do not lie on the same grid.")
        if len(self.at_border) != 6:
            raise ValueError(f"at_border needs six flags, got {len(self.at_border)}")

    @property
    def name(self) -> str:
        """Name of the structure."""
        return self.labels.names.get(1, "structure")

    @property
    def mask(self) -> Mask:
        """Voxels of the structure, order k, j, i."""
        return self.labels.mask()

    @property
    def spacing_kji(self) -> tuple[float, float, float]:
        """Voxel size in the order of the arrays."""
        i, j, k = self.labels.spacing_mm
        return k, j, i

    @property
    def volume_ml(self) -> float:
        """Volume by counting voxels."""
        return self.labels.volume_ml()

    @property
    def has_iso(self) -> bool:
        """True when the surface can be taken from the image instead of from the label."""
        return self.grey is not None and (self.lower is not None or self.upper is not None)

    @property
    def edited(self) -> Mask | None:
        """Voxels where the label was decided against the image next to the surface; None without image bounds."""
        if not self.has_iso or self.grey is None:
            return None
        return edited_voxels(self.mask, self.grey.array, self.lower, self.upper)

    @property
    def clipped(self) -> tuple[ClippedFace, ...]:
        """Faces of the scan's field of view that the structure touches, largest cut first."""
        faces = [face for flag in range(6) if self.at_border[flag] and (face := self._cut_face(flag)) is not None]
        return tuple(sorted(faces, key=lambda face: -face.area_mm2))

    def field(self) -> Volume:
        """Return the scalar field whose zero level is the surface: float32, positive exactly inside the label.

        Where the label agrees with the image it is the image's distance from the bound, in the image's units, so that
        the zero level is sub-voxel. Pieces that were dropped lie just below zero. Voxels that were edited carry a value
        from the smoothed label. No value is exactly zero. Without image bounds the field is +0.5 and -0.5.
        A structure at the border of the box is still open there: the extractor pads.
        """
        if not self.has_iso or self.grey is None:
            values = np.where(self.mask, np.float32(0.5), np.float32(-0.5))
        else:
            values = scalar_field(self.mask, self.grey.array, self.lower, self.upper)
        return Volume(image_from_array(values, self.labels.image), self.labels.source)

    def with_mask(self, mask: Mask) -> Segmentation:
        """Return the segmentation with another mask on the same grid, cropped anew to the structure.

        Raises
        ------
        ValueError
            The mask has another shape.
        """
        if mask.shape != self.labels.array.shape:
            raise ValueError(f"mask must have the shape {self.labels.array.shape}, got {mask.shape}")
        low, high = box_of(mask)
        return replace(
            self,
            labels=_crop_labels(mask, self.labels, low, high, self.labels.names),
            grey=None if self.grey is None else _crop_volume(self.grey, low, high),
            at_border=_border_flags(self.at_border, low, high, mask.shape),
        )

    def _cut_face(self, flag: int) -> ClippedFace | None:
        axis_ijk, is_high = divmod(flag, 2)
        axis = 2 - axis_ijk
        index = self.labels.array.shape[axis] - 1 if is_high else 0
        cut = np.take(self.labels.array, index, axis=axis) != 0
        count = int(np.count_nonzero(cut))
        if count == 0:
            return None
        center_kji = np.insert(np.argwhere(cut).mean(axis=0), axis, index)
        area = float(np.delete(np.array(self.spacing_kji), axis).prod()) * count
        x, y, z = self.labels.to_lps(center_kji[None, ::-1])[0].tolist()
        return ClippedFace(end_name(self.labels, axis_ijk, bool(is_high)), area, (x, y, z))


def end_name(volume: Volume, axis_ijk: int, is_high: bool) -> str:
    """Return the words for one end of an image axis, e.g. ``"the top (superior) end"``."""
    direction = volume.index_to_lps[:3, axis_ijk]
    axis = int(np.argmax(np.abs(direction)))
    return _END_NAMES[axis][int((direction[axis] > 0) == is_high)]


def from_mask(
    mask: Mask,
    volume: Volume,
    *,
    name: str = "structure",
    lower: float | None = None,
    upper: float | None = None,
    keep_grey: bool = True,
    unit: str = "",
) -> Segmentation:
    """Crop a mask on the whole scan, order k, j, i, to the structure's box.

    Parameters
    ----------
    mask : (k, j, i) bool
        Not empty.
    volume : Volume
        The scan, or the label map, on whose grid the mask lies.
    name : str
        Name of the structure.
    lower, upper : float or None
        The bounds the mask was taken with, in the volume's units.
    keep_grey : bool
        Whether the volume's values belong to the segmentation.
    unit : str
        Unit of the volume's values.
    """
    low, high = box_of(mask)
    return Segmentation(
        labels=_crop_labels(mask, volume, low, high, {1: name}),
        grey=_crop_volume(volume, low, high) if keep_grey else None,
        lower=lower,
        upper=upper,
        at_border=_border_flags((True,) * 6, low, high, mask.shape),
        unit=unit,
    )


def box_of(mask: Mask) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return first and one-past-last index (k, j, i) of the structure with its margin.

    Raises
    ------
    ValueError
        The mask is empty.
    """
    low, high = [], []
    view = mask
    for axis in range(3):
        hit = np.flatnonzero(view.any(axis=tuple(a for a in range(3) if a != axis)))
        if not len(hit):
            raise ValueError("the mask is empty")
        low.append(max(int(hit[0]) - MARGIN_VOXELS, 0))
        high.append(min(int(hit[-1]) + 1 + MARGIN_VOXELS, mask.shape[axis]))
        view = _narrow(view, axis, hit)
    return tuple(low), tuple(high)


def _narrow(view: Mask, axis: int, hit: npt.NDArray[np.intp]) -> Mask:
    index = [slice(None)] * 3
    index[axis] = slice(int(hit[0]), int(hit[-1]) + 1)
    return view[tuple(index)]


def _slices(low: tuple[int, ...], high: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(a, b) for a, b in zip(low, high, strict=True))


def _crop_labels(
    mask: Mask, like: Volume, low: tuple[int, ...], high: tuple[int, ...], names: Mapping[int, str]
) -> LabelMap:
    voxels = mask[_slices(low, high)].astype(np.uint8)
    return LabelMap(image_from_array(voxels, like.image, (low[2], low[1], low[0])), like.source, names)


def _crop_volume(volume: Volume, low: tuple[int, ...], high: tuple[int, ...]) -> Volume:
    if low == (0, 0, 0) and high == volume.array.shape:
        return volume if type(volume) is Volume else Volume(volume.image, volume.source)
    voxels = np.ascontiguousarray(volume.array[_slices(low, high)])
    return Volume(image_from_array(voxels, volume.image, (low[2], low[1], low[0])), volume.source)


def _border_flags(
    before: tuple[bool, ...], low: tuple[int, ...], high: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[bool, ...]:
    flags: list[bool] = []
    for axis in (2, 1, 0):
        flags += [before[len(flags)] and low[axis] == 0, before[len(flags) + 1] and high[axis] == shape[axis]]
    return tuple(flags)
