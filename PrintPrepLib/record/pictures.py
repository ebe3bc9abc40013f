"""Pictures of a model: labelled views to one scale, with values in color where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import GeometryError
from ..export.write import WrittenFile
from ..mesh import Mesh
from ..progress import Progress, silent
from . import canvas
from .canvas import Pixels
from .colors import ColorScale, color_of, round_range
from .groups import Groups, write_group_words
from .lettering import (
    FOOT,
    HEAD,
    INK,
    PALE,
    write_color_bar,
    write_directions,
    write_heading,
    write_scale_bar,
)
from .raster import Seen, rasterize
from .shade import rotated, shade

FINE_TRIANGLES = 400_000
"""Up to here pictures are computed at twice their size and averaged; finer meshes are smooth enough without."""
_MARGIN = 0.12
"""Share of a panel left free on each side for the letters."""
BAR_WIDTH = 150


class View(Enum):
    """Where the viewer stands, in the patient's own terms."""

    FRONT = "front"
    BACK = "back"
    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"
    THREE_QUARTER = "three-quarter"


@dataclass(frozen=True)
class _Camera:
    title: str
    forward: tuple[float, float, float]
    up: tuple[float, float, float]

    @property
    def axes(self) -> npt.NDArray[np.float64]:
        """Rows: to the right, down, and away from the viewer."""
        forward = np.array(self.forward) / np.linalg.norm(self.forward)
        right = np.cross(forward, self.up)
        right /= np.linalg.norm(right)
        return np.asarray(np.stack([right, np.cross(forward, right), forward]))


_CAMERAS = {
    View.FRONT: _Camera("From the front", (0, 1, 0), (0, 0, 1)),
    View.BACK: _Camera("From behind", (0, -1, 0), (0, 0, 1)),
    View.LEFT: _Camera("From the patient's left", (-1, 0, 0), (0, 0, 1)),
    View.RIGHT: _Camera("From the patient's right", (1, 0, 0), (0, 0, 1)),
    View.TOP: _Camera("From above", (0, 0, -1), (0, -1, 0)),
    View.BOTTOM: _Camera("From below", (0, 0, 1), (0, -1, 0)),
    View.THREE_QUARTER: _Camera("Three-quarter", (-0.55, 0.72, -0.42), (0, 0, 1)),
}
MARK_DEPTH_MM = 1.0
"""A place counts as seen when at most this much lies before it."""
MARK_APART = 16
"""Pixels between two words."""

FOUR_VIEWS = (View.FRONT, View.LEFT, View.TOP, View.THREE_QUARTER)


@dataclass(frozen=True)
class Mark:
    """A place on the surface, LPS mm, and the word written there."""

    word: str
    at_mm: tuple[float, float, float]


def render_mesh(
    mesh: Mesh,
    path: Path | str,
    *,
    views: Sequence[View] = FOUR_VIEWS,
    scalars: str | npt.NDArray[np.float64] | None = None,
    value_range: tuple[float, float] | None = None,
    scale: ColorScale = ColorScale.DIVERGING,
    label: str = "",
    title: str = "",
    size: tuple[int, int] = (1600, 1200),
    limit: float | None = None,
    marks: Sequence[Mark] = (),
    progress: Progress = silent,
) -> WrittenFile:
    """Draw a mesh as :func:`picture_of_mesh` does and write it as PNG.

    Raises
    ------
    GeometryError
        The mesh is empty.
    ExportError
        The file cannot be written.
    """
    picture = picture_of_mesh(
        mesh, views=views, scalars=scalars, value_range=value_range, scale=scale, label=label, title=title, size=size,
        limit=limit, marks=marks, progress=progress,
    )  # fmt: skip
    return canvas.write_png(picture, path)


def picture_of_mesh(
    mesh: Mesh,
    *,
    views: Sequence[View] = FOUR_VIEWS,
    scalars: str | npt.NDArray[np.float64] | None = None,
    value_range: tuple[float, float] | None = None,
    scale: ColorScale = ColorScale.DIVERGING,
    label: str = "",
    title: str = "",
    size: tuple[int, int] = (1600, 1200),
    limit: float | None = None,
    marks: Sequence[Mark] = (),
    colors: npt.NDArray[np.float64] | None = None,
    groups: Groups | None = None,
    columns: int | None = None,
    facts: str | None = None,
    progress: Progress = silent,
) -> Pixels:
    """Draw a mesh from several sides, all to one scale, parallel projection.

    Faces seen from their inner side are red: holes and inside-out parts show. Letters at the panel's sides are
    patient directions (L, R, A, P, S, I).

    Parameters
    ----------
    mesh : Mesh
        LPS millimeters.
    views : sequence of View
        One panel each.
    scalars : str or (n,) float64, optional
        Name of a scalar of the mesh, or values at its vertices in mm; NaN is gray.
    value_range : (low, high), optional
        Ends of the color scale; by default round numbers, symmetric about 0 for a diverging scale.
    scale : ColorScale
        Kind of color scale.
    label : str
        What the values are, e.g. ``"Deviation"``; written above the color bar, with "mm".
    title : str
        Heading; the mesh's name by default.
    size : (width, height)
        Pixels.
    limit : float, optional
        Where the ``LIMIT`` scale breaks.
    marks : sequence of Mark
        Places with a word, written where they are seen.
    colors : (n, 3) float64, optional
        Colors at the vertices, 0..1, in place of values and a scale. Inner sides are not red then.
    groups : Groups, optional
        Parts of the model with a word each, written where the part is seen best.
    columns : int, optional
        Panels beside each other; by default about as many as there are rows.
    facts : str, optional
        Beside the heading; by default the size and the number of triangles.
    progress : Progress
        Receiver.

    Returns
    -------
    (height, width, 3) float64
        0..1.
    """
    if mesh.is_empty:
        raise GeometryError(f"The model '{mesh.name}' is empty; there is nothing to draw.")
    if not views:
        raise ValueError("views must name at least one view")
    values = mesh.scalars[scalars] if isinstance(scalars, str) else scalars
    if values is not None and np.shape(values) != (len(mesh.vertices),):
        raise ValueError(f"scalars must have one value per vertex ({len(mesh.vertices)}), got {np.shape(values)}")
    if colors is not None and (values is not None or np.shape(colors) != mesh.vertices.shape):
        raise ValueError(f"colors must be {mesh.vertices.shape}, without scalars, got {np.shape(colors)}")
    width, height = size
    picture = canvas.blank(width, height)
    span = value_range or (round_range(np.asarray(values), scale) if values is not None else (0.0, 1.0))
    if values is not None:
        colors = color_of(np.asarray(values, np.float64), *span, scale, limit)
    right = width - (BAR_WIDTH if values is not None else 0)
    columns = columns or int(np.ceil(np.sqrt(len(views))))
    rows = int(np.ceil(len(views) / columns))
    panel = (right // columns, (height - HEAD - FOOT) // rows)
    points, zoom = _common_scale(mesh, views, panel)
    normals = mesh.vertex_normals()
    for index, view in enumerate(views):
        progress(index / len(views), f"Drawing: {_CAMERAS[view].title.lower()}")
        part = _panel(mesh, points, normals, _CAMERAS[view], zoom, panel, colors, marks, groups)
        canvas.paste(picture, part, index % columns * panel[0], HEAD + index // columns * panel[1])
    size_mm = " x ".join(f"{side:.1f}" for side in mesh.size_mm)
    write_heading(picture, title or mesh.name, facts or f"{size_mm} mm,  {len(mesh.faces):,} triangles")
    write_scale_bar(picture, zoom, height)
    if values is not None:
        write_color_bar(picture, right, span, scale, label, limit)
    return picture


def view_title(view: View) -> str:
    """What a view is called, as it stands in its panel."""
    return _CAMERAS[view].title


def camera_axes(view: View) -> npt.NDArray[np.float64]:
    """Axes of a view, rows in LPS: to the right, down, and away from the viewer, (3, 3)."""
    return _CAMERAS[view].axes


def _common_scale(mesh: Mesh, views: Sequence[View], panel: tuple[int, int]) -> tuple[npt.NDArray[np.float64], float]:
    """Vertices about the middle of the model, and pixels per millimeter at which every view fits its panel."""
    low, high = mesh.bounds
    points = mesh.vertices - (low + high) / 2.0
    used_mask = np.zeros(len(points), bool)
    used_mask[mesh.faces.ravel()] = True
    used = points[used_mask]
    zoom = np.inf
    for view in views:
        across = rotated(used, _CAMERAS[view].axes).T[:2]
        reach = np.array([max(2.0 * float(np.abs(line).max()), 1e-6) for line in across])
        zoom = min(zoom, float((np.array(panel) * (1 - 2 * _MARGIN) / reach).min()))
    return points, zoom


def _panel(
    mesh: Mesh,
    points: npt.NDArray[np.float64],
    normals: npt.NDArray[np.float64],
    camera: _Camera,
    zoom: float,
    panel: tuple[int, int],
    colors: npt.NDArray[np.float64] | None,
    marks: Sequence[Mark],
    groups: Groups | None,
) -> Pixels:
    fine = 2 if len(mesh.faces) <= FINE_TRIANGLES else 1
    width, height = panel[0] * fine, panel[1] * fine
    screen = rotated(points, camera.axes * (zoom * fine))
    screen[:, :2] += (width / 2.0, height / 2.0)
    seen: Seen = rasterize(screen, mesh.faces, width, height)
    image = shade(seen, screen, mesh.faces, normals, camera.axes, colors=colors, fine=fine)
    if fine == 2:
        rows = image[0::2] + image[1::2]
        image = (rows[:, 0::2] + rows[:, 1::2]) / 4.0
    _write_marks(image, seen, marks, mesh, camera, zoom, fine)
    if groups is not None:
        write_group_words(image, seen, groups, fine)
    write_directions(image, camera.axes)
    canvas.draw_text(image, camera.title, 16, 10, size=19, color=PALE)
    return image


def _write_marks(
    image: Pixels, seen: Seen, marks: Sequence[Mark], mesh: Mesh, camera: _Camera, zoom: float, fine: int
) -> None:
    """Write the words of places that no nearer surface hides; a word that would cover another is left out."""
    if not marks:
        return
    low, high = mesh.bounds
    screen = rotated(np.array([mark.at_mm for mark in marks]) - (low + high) / 2.0, camera.axes * (zoom * fine))
    height, width = seen.depth.shape
    taken: list[tuple[float, float]] = []
    for mark, (x, y, depth) in zip(marks, screen.tolist(), strict=True):
        column, row = int(x + width / 2.0), int(y + height / 2.0)
        if not (0 <= column < width and 0 <= row < height):
            continue
        if not seen.depth[row, column] >= depth - MARK_DEPTH_MM * zoom * fine:
            continue
        place = (column / fine, row / fine)
        if any(abs(place[0] - a) < MARK_APART and abs(place[1] - b) < MARK_APART for a, b in taken):
            continue
        taken.append(place)
        canvas.draw_box(image, place[0] - 3, place[1] - 3, place[0] + 3, place[1] + 3, INK)
        for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):  # a light rim keeps the word readable on any color
            canvas.draw_text(image, mark.word, place[0] + 7 + dx, place[1] + dy, size=19, color=(1.0, 1.0, 1.0),
                             anchor=(0.0, 0.5), bold=True)  # fmt: skip
        canvas.draw_text(image, mark.word, place[0] + 7, place[1], size=19, color=INK, anchor=(0.0, 0.5), bold=True)
