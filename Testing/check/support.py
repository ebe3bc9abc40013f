"""Label maps of shapes with known truth, on any grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import SimpleITK as sitk

from PrintPrepLib.check import CheckResult
from PrintPrepLib.finding import Finding, Severity
from PrintPrepLib.mesh import Mesh
from PrintPrepLib.segment.segmentation import Segmentation, from_mask
from PrintPrepLib.surface.from_segmentation import make_surface
from PrintPrepLib.volume import Volume

UPRIGHT = (1, 0, 0, 0, 1, 0, 0, 0, 1)
LEFT_HANDED = (1, 0, 0, 0, -1, 0, 0, 0, 1)
_C, _S = float(np.cos(0.4)), float(np.sin(0.4))
OBLIQUE = (_C, 0, _S, 0, 1, 0, -_S, 0, _C)

Inside = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def segmentation_of(
    inside: Inside,
    spacing: tuple[float, float, float] = (0.5, 0.5, 0.5),
    direction: tuple[float, ...] = UPRIGHT,
    half_mm: float = 22.0,
) -> Segmentation:
    """The voxels whose center (in the grid's own axes, mm from its middle) lies inside a shape."""
    count = [2 * round(half_mm / step) + 1 for step in spacing]
    x, y, z = (step * (np.arange(n) - n // 2) for step, n in zip(spacing, count, strict=True))
    mask = inside(x[None, None, :], y[None, :, None], z[:, None, None])
    mask = np.broadcast_to(mask, (count[2], count[1], count[0])).astype(np.uint8)
    image = sitk.GetImageFromArray(mask)
    image.SetSpacing(spacing)
    image.SetDirection(direction)
    matrix = np.array(direction).reshape(3, 3)
    image.SetOrigin((-matrix @ [x.max(), y.max(), z.max()]).tolist())
    return from_mask(mask.astype(bool), Volume(image), keep_grey=False)


def surface(segmentation: Segmentation) -> Mesh:
    return make_surface(segmentation)[0]


def body(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """A block of 24 x 16 x 20 mm with a 6 mm bump on its +x side towards +y and +z: no mirror image of itself."""
    block = (abs(x) <= 12) & (abs(y) <= 8) & (abs(z) <= 10)
    bump = (x >= 0) & (x <= 18) & (y >= 2) & (y <= 8) & (z >= 4) & (z <= 10)
    return block | bump


def one(result: CheckResult, code: str) -> Finding:
    """The only finding of a code."""
    (found,) = result.of(code)
    return found


def severity(result: CheckResult, code: str) -> Severity:
    return one(result, code).severity
