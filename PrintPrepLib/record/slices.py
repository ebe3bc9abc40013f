"""Proof that the print equals the scan: the model's outline upon three slices of the image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates

from ..analysis.lengths import directions
from ..errors import GeometryError
from ..export.write import WrittenFile
from ..mesh import Mesh
from ..progress import Progress, silent
from ..volume import Volume
from . import canvas
from .canvas import Pixels
from .lettering import bar_length

OUTLINE = (1.0, 0.47, 0.10)
"""Orange: seen against black, gray and white alike."""
_INK = (0.92, 0.94, 0.96)
_BACK = (0.06, 0.07, 0.09)
_MARGIN_MM = 15.0
"""Image shown round the model, so that one sees what was left out."""
_OFF_GRID = 1e-6
"""Share of a voxel by which a slice is moved off vertices that lie exactly in it: a touch is not a crossing."""
_TITLES = ("Sagittal", "Coronal", "Axial")
HEAD, FOOT = 56, 56


@dataclass(frozen=True)
class _Plane:
    """A slice plane of the image: which index is fixed, which run to the right and down, and in which sense."""

    fixed: int
    right: int
    down: int
    right_sign: int
    down_sign: int
    title: str


def render_slice_overlay(
    volume: Volume,
    mesh: Mesh,
    path: Path | str,
    *,
    point_mm: tuple[float, float, float] | None = None,
    window: tuple[float, float] | None = None,
    title: str = "",
    size: tuple[int, int] = (1800, 760),
    progress: Progress = silent,
) -> WrittenFile:
    """Draw three slices with the model's outline as :func:`picture_of_slices` does and write them as PNG.

    Raises
    ------
    GeometryError
        The mesh is empty or lies outside the image.
    ExportError
        The file cannot be written.
    """
    picture = picture_of_slices(
        volume, mesh, point_mm=point_mm, window=window, title=title, size=size, progress=progress
    )
    return canvas.write_png(picture, path)


def picture_of_slices(
    volume: Volume,
    mesh: Mesh,
    *,
    point_mm: tuple[float, float, float] | None = None,
    window: tuple[float, float] | None = None,
    title: str = "",
    size: tuple[int, int] = (1800, 760),
    progress: Progress = silent,
) -> Pixels:
    """Draw three slices along the image's own axes through a point, in radiological orientation.

    The patient's right is on the left of the picture; the outline is the exact section of the mesh with the plane.

    Parameters
    ----------
    volume : Volume
        The grey image.
    mesh : Mesh
        Model in the same space.
    point_mm : (x, y, z), optional
        LPS point that the slices pass through; by default the middle of the model, moved to the slice of each axis
        that cuts the model where it is largest.
    window : (low, high), optional
        Values shown black and white; by default the 1 % and 99.5 % quantiles of the shown region.
    title : str
        Heading; the mesh's name by default.
    size : (width, height)
        Pixels.
    progress : Progress
        Receiver.

    Returns
    -------
    (height, width, 3) float64
        0..1.
    """
    if mesh.is_empty:
        raise GeometryError(f"The model '{mesh.name}' is empty; there is nothing to draw.")
    shape = np.array(volume.shape_ijk)
    ijk = volume.to_ijk(mesh.vertices)
    low, high = volume.to_ijk(mesh.vertices[mesh.faces].reshape(-1, 3)).min(axis=0), ijk.max(axis=0)
    if (high < -0.5).any() or (low > shape - 0.5).any():
        raise GeometryError(f"The model '{mesh.name}' lies outside the image; they do not belong together.")
    center = (low + high) / 2.0 if point_mm is None else volume.to_ijk([point_mm])[0]
    width, height = size
    picture = canvas.blank(width, height, _BACK)
    planes = _planes(volume)
    margin = _MARGIN_MM / np.array(volume.spacing_mm)
    box = np.stack([np.maximum(low - margin, -0.5), np.minimum(high + margin, shape - 0.5)])
    spacing = np.array(volume.spacing_mm)
    panel = (width // 3, height - HEAD - FOOT)
    extent = (box[1] - box[0]) * spacing
    zoom = min(min(panel[0] * 0.92 / extent[p.right], panel[1] * 0.92 / extent[p.down]) for p in planes)
    shown = window if window is not None else _window(volume, box)
    for index, plane in enumerate(planes):
        progress(index / 3, f"Drawing the {plane.title.lower()} slice")
        level = int(np.clip(np.rint(center[plane.fixed]), 0, shape[plane.fixed] - 1))
        part = _panel(volume, ijk, mesh.faces, plane, level, box, zoom, panel, shown)
        canvas.paste(picture, part, index * panel[0], HEAD)
    canvas.draw_text(picture, title or mesh.name, 16, 14, size=27, color=_INK, bold=True)
    canvas.draw_text(
        picture, "Outline: section of the model to be printed", width - 16, 18, size=20, color=OUTLINE, anchor=(1, 0)
    )
    length = bar_length(0.15 * width / zoom)
    y = height - 26
    canvas.draw_box(picture, 16, y - 2, 16 + length * zoom, y + 2, _INK)
    canvas.draw_text(picture, f"{length:g} mm", 28 + length * zoom, y, size=20, color=_INK, anchor=(0.0, 0.5))
    note = f"Gray values {shown[0]:.0f} to {shown[1]:.0f}"
    canvas.draw_text(picture, note, width - 16, y, size=18, color=(0.6, 0.63, 0.67), anchor=(1.0, 0.5))
    return picture


def section(
    ijk: npt.NDArray[np.float64], faces: npt.NDArray[np.int32], axis: int, level: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Cut a mesh with the plane where one coordinate has a value.

    Parameters
    ----------
    ijk : (n, 3) float64
        Vertices in any coordinates.
    faces : (m, 3) int32
        Triangles.
    axis : int
        Which coordinate.
    level : float
        Its value.

    Returns
    -------
    start, stop : (k, 3) float64
        Ends of the segments, one per triangle that crosses the plane.
    """
    height = ijk[:, axis] - level
    height = np.where(np.abs(height) < _OFF_GRID, _OFF_GRID, height)
    above = height > 0
    count = above[faces[:, 0]].astype(np.int8) + above[faces[:, 1]] + above[faces[:, 2]]
    crossing = faces[(count == 1) | (count == 2)]
    side = above[crossing]
    alone = np.argmax(side == (side.sum(axis=1) == 1)[:, None], axis=1)  # the corner on its own side
    row = np.arange(len(crossing))
    tip = crossing[row, alone]
    ends = []
    for step in (1, 2):
        other = crossing[row, (alone + step) % 3]
        t = height[tip] / (height[tip] - height[other])
        ends.append(ijk[tip] + t[:, None] * (ijk[other] - ijk[tip]))
    return ends[0], ends[1]


def _planes(volume: Volume) -> list[_Plane]:
    """Sagittal, coronal and axial: image axes by the patient axis that each is nearest to."""
    direction = volume.index_to_lps[:3, :3] / np.array(volume.spacing_mm)
    free = [0, 1, 2]
    axis_of: dict[int, int] = {}
    for _ in range(3):  # the strongest pair first, so that oblique images get three different axes
        pairs = [(abs(direction[p, i]), p, i) for p in range(3) if p not in axis_of for i in free]
        _, patient, image = max(pairs)
        axis_of[patient] = image
        free.remove(image)
    sign = {p: 1 if direction[p, i] >= 0 else -1 for p, i in axis_of.items()}
    return [
        _Plane(axis_of[2], axis_of[0], axis_of[1], sign[0], sign[1], _TITLES[2]),
        _Plane(axis_of[1], axis_of[0], axis_of[2], sign[0], -sign[2], _TITLES[1]),
        _Plane(axis_of[0], axis_of[1], axis_of[2], sign[1], -sign[2], _TITLES[0]),
    ]


def _window(volume: Volume, box: npt.NDArray[np.float64]) -> tuple[float, float]:
    low = np.maximum(np.floor(box[0]).astype(int), 0)
    high = np.ceil(box[1]).astype(int) + 1
    region = volume.array[low[2] : high[2] : 3, low[1] : high[1] : 3, low[0] : high[0] : 3]
    dark, bright = np.percentile(region, (1.0, 99.5))
    return float(dark), float(max(bright, dark + 1e-6))


def _panel(
    volume: Volume,
    ijk: npt.NDArray[np.float64],
    faces: npt.NDArray[np.int32],
    plane: _Plane,
    level: int,
    box: npt.NDArray[np.float64],
    zoom: float,
    panel: tuple[int, int],
    window: tuple[float, float],
) -> Pixels:
    spacing = np.array(volume.spacing_mm)
    middle = box.mean(axis=0)
    per_right = zoom * spacing[plane.right] * plane.right_sign  # pixels per voxel
    per_down = zoom * spacing[plane.down] * plane.down_sign
    columns = middle[plane.right] + (np.arange(panel[0]) + 0.5 - panel[0] / 2) / per_right
    lines = middle[plane.down] + (np.arange(panel[1]) + 0.5 - panel[1] / 2) / per_down
    # numpy's order is k, j, i: the fixed index is taken out, and the two others stand in that order.
    values = np.take(volume.array, level, axis=2 - plane.fixed).astype(np.float64)
    right_first = plane.right > plane.down
    grid = np.meshgrid(lines, columns, indexing="ij")
    sampled = map_coordinates(values, grid[::-1] if right_first else grid, order=1, mode="nearest")
    gray = np.clip((sampled - window[0]) / (window[1] - window[0]), 0.0, 1.0)
    image = np.repeat(gray[..., None], 3, axis=2)
    visible_x = (columns >= box[0, plane.right]) & (columns <= box[1, plane.right])
    visible_y = (lines >= box[0, plane.down]) & (lines <= box[1, plane.down])
    image[~(visible_y[:, None] & visible_x[None, :])] = _BACK
    start, stop = section(ijk, faces, plane.fixed, float(level))

    def to_screen(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        x = (points[:, plane.right] - middle[plane.right]) * per_right + panel[0] / 2
        y = (points[:, plane.down] - middle[plane.down]) * per_down + panel[1] / 2
        return np.asarray(np.stack([x, y], axis=1))

    canvas.draw_segments(image, to_screen(start), to_screen(stop), OUTLINE, 1.8)
    matrix = volume.index_to_lps[:3, :3]
    right = matrix[:, plane.right] * plane.right_sign
    down = matrix[:, plane.down] * plane.down_sign
    for text, x, y, anchor in (
        (directions(right), panel[0] - 12, panel[1] / 2, (1.0, 0.5)),
        (directions(-right), 12, panel[1] / 2, (0.0, 0.5)),
        (directions(-down), panel[0] / 2, 8, (0.5, 0.0)),
        (directions(down), panel[0] / 2, panel[1] - 8, (0.5, 1.0)),
    ):
        canvas.draw_text(image, text, x, y, size=24, color=_INK, anchor=anchor, bold=True)
    place = f"{plane.title}, slice {level + 1} of {volume.shape_ijk[plane.fixed]}"
    canvas.draw_text(image, place, 14, 8, size=19, color=_INK)
    return image
