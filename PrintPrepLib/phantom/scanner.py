"""A simulated CT scanner: slices of a shape with partial volume, blur, noise, and the usual mishaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from ..errors import InputError
from ..progress import Progress, silent
from ..volume import Source, Volume
from .shape import HIGH_MM, LOW_MM, PLACE_MM, BoneShape, cell_fraction
from .solids import FloatArray, RoundCone, Solid

AIR_HU = -1000.0
SOFT_HU = 50.0
BONE_HU = 450.0
THRESHOLD_HU = (SOFT_HU + BONE_HU) / 2.0
"""Half-way between soft tissue and bone: there a blurred flat edge crosses exactly where the true edge is."""
METAL_HU = 8000.0
HIGHEST_HU = 3071.0
LOWEST_HU = -1024.0
"""What a 12-bit scanner can store; metal is clipped to the highest."""

FIELD_MM = 154.0
"""Width of the square field of view."""
MARGIN_MM = 5.0
"""Free slices above and below the bone."""
TILT_DEG = 15.0
"""Gantry tilt of that variant; clinical head scans use 10 to 20."""
THICK_FACTOR = 4
"""The thick variant has slices four times as thick."""

_SKIN_RADIUS_MM = 70.0
_BLUR_SIGMA_MM = 0.40
"""In-plane point spread, standard deviation: FWHM 0.94 mm, a standard to sharp body kernel."""
_NOISE_HU = 15.0
"""Standard deviation in soft tissue, as in a good bone scan with a soft kernel."""
_NOISE_GRAIN_PIXELS = 0.7
"""Noise of neighboring pixels is alike, as filtered back-projection leaves it."""
_SUBCELL_MM = 1.0
"""Pixels and slices that are larger are divided before the share of bone in them is computed."""
_MOST_SUBCELLS = 2
"""Parts along a pixel's edge at most, twice that along thickness: coarser scans test geometry, not accuracy."""
_BLOCK = 8
"""Pixels are looked at in blocks of this width first; the shape's value tells which blocks the surface misses."""
_STREAKS = 9
_STREAK_HU = 350.0
_STREAK_REACH_MM = 25.0
_METAL = RoundCone((0.0, -2.0, 14.0), 3.0, (-24.0, -7.5, 27.0), 3.0)
"""A screw along the neck, wholly inside the bone, so that the bone's surface stays the truth."""


class Variant(Enum):
    """What is the matter with the scan."""

    PLAIN = "plain"
    TILT = "tilt"
    UNEVEN = "uneven"
    THICK = "thick"
    METAL = "metal"
    MISSING = "missing"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, eq=False)
class Slice:
    """One image. ``position_mm`` is the middle of its first pixel, LPS; ``pixels`` (rows, columns) are HU."""

    position_mm: FloatArray
    pixels: npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Scan:
    """A stack of images that share orientation and pixel size.

    Attributes
    ----------
    slices : tuple of Slice
        In the order of acquisition.
    row_direction, column_direction : (3,) float64
        Directions in which the column index and the row index grow.
    pixel_mm, thickness_mm : float
        Pixel size and nominal slice thickness.
    tilt_deg : float
        Gantry tilt.
    """

    variant: Variant
    slices: tuple[Slice, ...]
    row_direction: FloatArray
    column_direction: FloatArray
    pixel_mm: float
    thickness_mm: float
    tilt_deg: float

    def volume(self) -> Volume:
        """Return the stack as a volume.

        Raises
        ------
        InputError
            The slices are not evenly spaced along their normal, so that they are no regular grid.
        """
        positions = np.array([s.position_mm for s in self.slices])
        steps = np.diff(positions, axis=0)
        normal = np.cross(self.row_direction, self.column_direction)
        if np.abs(steps - (steps @ normal).mean() * normal).max() > 1e-6:
            raise InputError(f"The scan '{self.variant.value}' is not a regular grid of voxels.")
        image = sitk.GetImageFromArray(np.stack([s.pixels for s in self.slices]))
        image.SetSpacing((self.pixel_mm, self.pixel_mm, float((steps @ normal).mean())))
        image.SetOrigin(positions[0].tolist())
        image.SetDirection(np.stack([self.row_direction, self.column_direction, normal], axis=1).ravel().tolist())
        return Volume(image, Source(kind="array", modality="CT"))


def scan_shape(
    shape: BoneShape,
    *,
    variant: Variant = Variant.PLAIN,
    size: tuple[int, int, int] = (128, 256, 256),
    noise_hu: float = _NOISE_HU,
    blur_sigma_mm: float = _BLUR_SIGMA_MM,
    seed: int = 0,
    progress: Progress = silent,
) -> Scan:
    """Scan the shape, crumbs included, in a round piece of soft tissue.

    A pixel's value is the mean over its area and over the slice's thickness (rectangular slice profile), blurred by a
    Gaussian in the plane, plus noise that depends on seed and slice alone. The metal variant's streaks are drawn, not
    physically simulated.

    Parameters
    ----------
    shape : BoneShape
        What lies in the scanner.
    variant : Variant
        What is the matter with the scan.
    size : (int, int, int)
        Slices, rows, columns; rows and columns are equal. The field of view is fixed, so that this sets the spacing.
        The thick variant has fewer slices, the missing one has one less, the duplicate one has one more.
    noise_hu, blur_sigma_mm : float
        Standard deviations of noise and blur.
    seed : int
        Equal seeds give equal scans.
    progress : Progress
        Is told of every slice; may cancel.

    Raises
    ------
    InputError
        The size is unusable.
    """
    count, rows, columns = size
    if rows != columns or not 32 <= rows <= 1024 or not 12 <= count <= 2000:
        raise InputError(f"The phantom needs 12 to 2000 square slices of 32 to 1024 pixels, not {size}.")
    angle = np.deg2rad(TILT_DEG) if variant is Variant.TILT else 0.0
    row, column = np.array([1.0, 0.0, 0.0]), np.array([0.0, np.cos(angle), np.sin(angle)])
    pixel = FIELD_MM / rows
    heights, thickness = _heights(variant, count, np.tan(angle))
    corner = np.asarray(PLACE_MM) - (row + column) * (FIELD_MM - pixel) / 2.0
    empty = np.empty((0, 0), np.int16)
    plan = Scan(variant, (), row, column, pixel, thickness, float(np.rad2deg(angle)))
    slices = []
    for index, height in enumerate(heights):
        progress(index / len(heights), f"Scanning the phantom, slice {index + 1} of {len(heights)}")
        bare = Slice(corner + np.array([0.0, 0.0, height]), empty)
        exact = _expose(shape, plan, bare, rows, blur_sigma_mm)
        exact += _noise((rows, columns), noise_hu, (seed, index))
        pixels = np.rint(np.clip(exact, LOWEST_HU, HIGHEST_HU)).astype(np.int16)
        slices.append(replace(bare, pixels=pixels))
    middle = len(slices) // 2
    if variant is Variant.MISSING:
        del slices[middle]
    if variant is Variant.DUPLICATE:
        slices.insert(middle, slices[middle])
    progress(1.0, "The phantom is scanned")
    return replace(plan, slices=tuple(slices))


def _heights(variant: Variant, count: int, slope: float) -> tuple[FloatArray, float]:
    """Heights of the slices' middles along z, relative to the phantom's place, and the slice thickness."""
    lean = slope * max(-LOW_MM[1], HIGH_MM[1])
    low, high = LOW_MM[2] - MARGIN_MM - lean, HIGH_MM[2] + MARGIN_MM + lean
    if variant is Variant.THICK:
        count = max(count // THICK_FACTOR, 4)
    steps = np.ones(count - 1)
    if variant is Variant.UNEVEN:
        # Like a real head protocol: fine steps below, one odd one, coarse steps above.
        steps[count // 2] = 0.3
        steps[count // 2 + 1 :] = 1.75
    steps *= (high - low) / steps.sum()
    return low + np.concatenate([[0.0], np.cumsum(steps)]), float(np.median(steps))


def _expose(shape: BoneShape, plan: Scan, bare: Slice, width: int, blur_sigma_mm: float) -> FloatArray:
    tissue = np.full((width, width), SOFT_HU)
    tissue += (AIR_HU - SOFT_HU) * _outside_skin(plan, bare, width)
    tissue += (BONE_HU - SOFT_HU) * _share(shape.everything, plan, bare, width)
    metal = _share(_METAL, plan, bare, width) if plan.variant is Variant.METAL else np.zeros(())
    if metal.any():
        tissue += (METAL_HU - BONE_HU) * metal
    sigma = blur_sigma_mm / plan.pixel_mm
    out = np.asarray(ndimage.gaussian_filter(tissue, sigma, mode="nearest") if sigma > 0.0 else tissue, np.float64)
    return out + _streaks(metal, plan.pixel_mm) if metal.any() else out


def _share(solid: Solid, plan: Scan, bare: Slice, width: int) -> FloatArray:
    """Share of each pixel's box (area times slice thickness) that lies inside the solid."""
    out = np.zeros((width, width))
    half = np.hypot(plan.pixel_mm / np.sqrt(2.0), plan.thickness_mm / 2.0)
    block = np.arange(0, width, _BLOCK) + (_BLOCK - 1) / 2.0
    u, v = (axis.ravel() for axis in np.meshgrid(block, block))
    value, _ = solid.field(_points(plan, bare, u, v))
    near = value <= half + _BLOCK * plan.pixel_mm / np.sqrt(2.0)
    shift = np.arange(_BLOCK) - (_BLOCK - 1) / 2.0
    du, dv = (axis.ravel() for axis in np.meshgrid(shift, shift))
    u, v = (u[near, None] + du).ravel(), (v[near, None] + dv).ravel()
    keep = (u < width) & (v < width)
    u, v = u[keep], v[keep]
    value, _ = solid.field(_points(plan, bare, u, v))
    share = np.where(value < 0.0, 1.0, 0.0)
    crossed = np.abs(value) <= half
    share[crossed] = _divided_share(solid, plan, bare, u[crossed], v[crossed])
    out[v.astype(int), u.astype(int)] = share
    return out


def _divided_share(solid: Solid, plan: Scan, bare: Slice, u: FloatArray, v: FloatArray) -> FloatArray:
    normal = np.cross(plan.row_direction, plan.column_direction)
    axes = np.stack([plan.row_direction, plan.column_direction, normal])
    across = min(int(np.ceil(plan.pixel_mm / _SUBCELL_MM)), _MOST_SUBCELLS)
    along = min(int(np.ceil(plan.thickness_mm / _SUBCELL_MM)), 2 * _MOST_SUBCELLS)
    cell = (plan.pixel_mm / across, plan.pixel_mm / across, plan.thickness_mm / along)
    total = np.zeros(len(u))
    for a in _middles(across):
        for b in _middles(across):
            for c in _middles(along) * plan.thickness_mm:
                value, gradient = solid.field(_points(plan, bare, u + a, v + b) + c * normal)
                total += cell_fraction(value, gradient @ axes.T, cell)
    return total / (across * across * along)


def _points(plan: Scan, bare: Slice, u: FloatArray, v: FloatArray) -> FloatArray:
    """Places of (column, row) indices relative to the phantom's place."""
    start = bare.position_mm - np.asarray(PLACE_MM)
    along_row = (u * plan.pixel_mm)[:, None] * plan.row_direction
    return np.asarray(start + along_row + (v * plan.pixel_mm)[:, None] * plan.column_direction)


def _middles(count: int) -> FloatArray:
    return (np.arange(count) + 0.5) / count - 0.5


def _outside_skin(plan: Scan, bare: Slice, width: int) -> FloatArray:
    index = np.arange(width, dtype=np.float64)
    u, v = (axis.ravel() for axis in np.meshgrid(index, index))
    points = _points(plan, bare, u, v)
    distance = np.hypot(points[:, 0], points[:, 1]) - _SKIN_RADIUS_MM
    return np.asarray(np.clip(distance / plan.pixel_mm + 0.5, 0.0, 1.0).reshape(width, width))


def _noise(shape: tuple[int, int], noise_hu: float, seed: tuple[int, int]) -> FloatArray:
    if noise_hu <= 0.0:
        return np.zeros(shape)
    white = np.random.default_rng(seed).standard_normal(shape)
    grain = ndimage.gaussian_filter(white, _NOISE_GRAIN_PIXELS, mode="wrap")
    impulse = np.zeros(33)
    impulse[16] = 1.0
    kept = float((ndimage.gaussian_filter1d(impulse, _NOISE_GRAIN_PIXELS) ** 2).sum())  # variance kept per axis
    return np.asarray(grain * (noise_hu / kept))


def _streaks(metal: FloatArray, pixel_mm: float) -> FloatArray:
    rows, columns = np.nonzero(metal > 0.5) if (metal > 0.5).any() else np.nonzero(metal)
    y, x = np.mgrid[: metal.shape[0], : metal.shape[1]].astype(np.float64)
    x, y = (x - columns.mean()) * pixel_mm, (y - rows.mean()) * pixel_mm
    far = np.hypot(x, y)
    size = np.sqrt(metal.sum()) * pixel_mm
    waves = np.cos(2 * _STREAKS * np.arctan2(y, x)) * np.exp(-far / _STREAK_REACH_MM)
    return np.asarray(_STREAK_HU * waves * np.clip((far - size) / size, 0.0, 1.0))
